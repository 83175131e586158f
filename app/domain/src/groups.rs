//! Customer groups: picked by hand or by a rule.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    CustomerNo, Lang,
    access::Role,
    customers::{TierRef, list::coded},
    rules::{RuleChoice, RuleSet},
};

coded! {
    /// How members are told.
    GroupKind {
        Static "static" "名单" | "List";
        Dynamic "dynamic" "规则" | "Rule";
        Combined "combined" "组合" | "Combination";
    }
}

coded! {
    /// How groups go together.
    Joint {
        Union "union" "任一群" | "In any of them";
        Intersection "intersection" "同属各群" | "In all of them";
        /// The first without the others.
        Difference "difference" "在首个、不在其余" | "In the first, not in the others";
    }
}

/// Groups of a combination.
pub const PARTS_MAX: usize = 6;

/// A group as one of its users sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Group {
    pub code: String,
    pub name: String,
    pub kind: GroupKind,
    /// Of a dynamic group.
    pub rule: Option<RuleSet>,
    /// Of a combined one.
    pub joint: Option<Joint>,
    pub parts: Vec<GroupRef>,
    pub note: String,
    pub owner: String,
    /// Only the owner changes or removes it.
    pub mine: bool,
    /// Roles that may use it too, within their own scope.
    pub shared: Vec<Role>,
    pub expires_on: Option<NaiveDate>,
    pub version: i32,
    pub changed_at: DateTime<Utc>,
}

/// A group to be saved, new or again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct GroupDraft {
    pub name: String,
    pub kind: GroupKind,
    #[serde(default)]
    pub rule: Option<RuleSet>,
    /// Of a combined group, with the codes of two to six lists and rules that its owner may use.
    #[serde(default)]
    pub joint: Option<Joint>,
    #[serde(default)]
    pub parts: Vec<String>,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub shared: Vec<Role>,
    #[serde(default)]
    pub expires_on: Option<NaiveDate>,
    /// Of a list: customer numbers in any form of separation; null leaves the members as they are.
    #[serde(default)]
    pub members: Option<String>,
}

/// What saving did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct GroupSaved {
    pub group: Group,
    /// Pieces that are no number of a customer in the author's scope.
    pub unknown: Vec<String>,
    pub members: i64,
}

/// What adding to a list did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupAdded {
    pub name: String,
    /// Who was not on it before.
    pub added: i64,
}

/// How a count was come by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum Counted {
    #[default]
    Exactly,
    /// There are more.
    Capped,
    /// From a sample, because counting would have taken too long.
    Estimated,
}

/// Who a rule or list finds within the actor's scope.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Found {
    pub count: i64,
    pub counted: Counted,
    /// A few of them, the weightiest first.
    pub sample: Vec<FoundCustomer>,
    /// By tier, the highest first, and by the units below the reader's own, the largest first. From the
    /// sample where the count is not exact.
    pub tiers: Vec<FoundShare>,
    pub units: Vec<FoundShare>,
    pub milliseconds: i64,
}

/// How many of those found have something in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FoundShare {
    /// Of a tier or unit; "" for none.
    pub code: String,
    pub name: String,
    /// Empty where there is no other name.
    pub name_en: String,
    pub customers: i64,
}

impl FoundShare {
    pub fn name(&self, lang: Lang) -> &str {
        if lang == Lang::En && !self.name_en.is_empty() { &self.name_en } else { &self.name }
    }
}

/// A group looked at: who is in it now, and how many were.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct GroupLook {
    pub group: Group,
    /// Null where it cannot be used at present: it has expired, or a part of it is gone.
    pub found: Option<Found>,
    /// Of the reader's own customers by day, the oldest first: daily for two months, then the ends of months.
    pub growth: Vec<Growth>,
}

/// How many there were on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Growth {
    pub on: NaiveDate,
    pub customers: i64,
    /// Minor units of the base currency.
    pub aum: i64,
}

/// A customer whom a group finds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FoundCustomer {
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub customer_no: CustomerNo,
    pub name: String,
    pub tier: Option<TierRef>,
    pub org: String,
    /// Minor units of the base currency.
    pub aum: i64,
}

/// A group by its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct GroupRef {
    pub code: String,
    pub name: String,
}

/// Everything the page of groups shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupsPage {
    pub groups: Vec<Group>,
    /// The one that was asked for.
    pub look: Option<GroupLook>,
    pub choices: Vec<RuleChoice>,
}
