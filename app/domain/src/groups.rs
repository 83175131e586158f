//! Customer groups: picked by hand or by a rule.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    CustomerNo,
    access::Role,
    customers::{TierRef, list::coded},
    rules::{RuleChoice, RuleSet},
};

coded! {
    /// How members are told.
    GroupKind {
        Static "static" "名单" | "List";
        Dynamic "dynamic" "规则" | "Rule";
    }
}

/// A group as one of its users sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Group {
    pub code: String,
    pub name: String,
    pub kind: GroupKind,
    /// Of a dynamic group.
    pub rule: Option<RuleSet>,
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
    pub milliseconds: i64,
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
    pub choices: Vec<RuleChoice>,
}
