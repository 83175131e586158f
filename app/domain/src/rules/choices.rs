//! What the codes of rules are chosen from, and called.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Names;
use crate::Lang;

/// One code of a list: of a dictionary, or `product`, `tier`, `unit`, `manager`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(sqlx::FromRow, utoipa::ToSchema))]
pub struct RuleChoice {
    pub list: String,
    pub code: String,
    pub zh: String,
    pub en: String,
}

impl RuleChoice {
    pub fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::En if !self.en.is_empty() => &self.en,
            _ => &self.zh,
        }
    }
}

/// All choices, found by list and code.
#[derive(Clone, Debug, Default)]
pub struct RuleChoices {
    pub all: Vec<RuleChoice>,
    places: HashMap<(String, String), usize>,
}

impl RuleChoices {
    pub fn new(all: Vec<RuleChoice>) -> RuleChoices {
        let places = all.iter().enumerate().map(|(at, one)| ((one.list.clone(), one.code.clone()), at)).collect();
        RuleChoices { all, places }
    }
}

impl Names for RuleChoices {
    fn name(&self, list: &str, code: &str, lang: Lang) -> Option<String> {
        self.places.get(&(list.to_owned(), code.to_owned())).map(|at| self.all[*at].name(lang).to_owned())
    }
}
