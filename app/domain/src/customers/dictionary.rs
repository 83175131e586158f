//! The codes that fields are chosen from.

use serde::{Deserialize, Serialize};

use crate::i18n::Lang;

/// A code and its names. Inactive ones are shown where they are in use, but not offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema, sqlx::FromRow))]
pub struct DictionaryEntry {
    pub dictionary: String,
    pub code: String,
    pub zh: String,
    pub en: String,
    pub active: bool,
}

impl DictionaryEntry {
    pub fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}
