//! Picking from the pool: what managers see of whom nobody leads, and how many they may take.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{CustomerNo, customers::Kind};

/// How much managers may help themselves. Parameter `pool.pick`; defaults where a field is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PickPolicy {
    /// Customers that one manager may pick on one business date; 0: nobody picks.
    pub per_day: i64,
    /// Days after giving a customer away in which the former lead does not pick it.
    pub cooldown_days: u32,
}

impl Default for PickPolicy {
    fn default() -> PickPolicy {
        PickPolicy { per_day: 0, cooldown_days: 90 }
    }
}

/// A customer of the pool as a manager of its unit sees it: no figure, and no more of the name than one character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct PoolItem {
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub customer_no: CustomerNo,
    /// Masked.
    pub name: String,
    pub kind: Kind,
    /// Since when nobody leads it.
    pub pooled_since: NaiveDate,
    /// The same in days up to the business date.
    pub days: i64,
    /// The viewer led it lately: from when it may be picked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_from: Option<NaiveDate>,
}

/// A page of the pool, who has waited longest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct PoolPage {
    pub items: Vec<PoolItem>,
    pub next: Option<String>,
    /// Customers that one manager may pick on one business date; 0: nobody picks, and nothing is listed.
    pub per_day: i64,
    /// How many of them are left to the viewer.
    pub left_today: i64,
}
