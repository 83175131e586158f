//! What the customers list can be narrowed to.

use serde::{Deserialize, Serialize};

use super::{
    list::{Kind, ManagerRef, TierRef},
    view::Category,
};
use crate::{Lang, groups::GroupRef};

/// The codes a viewer may filter by, with their names. Units come depth first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ListChoices {
    pub tiers: Vec<TierChoice>,
    pub units: Vec<UnitChoice>,
    pub managers: Vec<ManagerRef>,
    /// How each manager's name is typed in Latin letters, pinyin and initials, in their order.
    #[serde(default)]
    pub spelt: Vec<String>,
    pub products: Vec<ProductChoice>,
    #[serde(default)]
    pub groups: Vec<GroupRef>,
}

impl ListChoices {
    /// Managers, each with how the name is typed.
    pub fn people(&self) -> impl Iterator<Item = (&ManagerRef, &str)> {
        self.managers.iter().enumerate().map(move |(at, manager)| (manager, self.spelt.get(at).map_or("", String::as_str)))
    }
}

/// A tier and the kind of customer it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TierChoice {
    pub kind: Kind,
    pub tier: TierRef,
}

/// A unit of the viewer's subtree; `depth` is 0 for the viewer's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct UnitChoice {
    pub code: String,
    pub name: String,
    pub depth: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ProductChoice {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub category: Category,
}

impl ProductChoice {
    pub fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::En if !self.name_en.is_empty() => &self.name_en,
            _ => &self.name,
        }
    }
}
