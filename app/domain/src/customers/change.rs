//! What is sent to change a customer, and what comes back.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{
    list::Kind,
    view::{ActivityKind, Profile},
};
use crate::CustomerNo;

/// A contact to be logged, with what comes next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct NewActivity {
    pub kind: ActivityKind,
    /// Now unless told.
    #[serde(default)]
    pub happened_at: Option<DateTime<Utc>>,
    pub summary: String,
    #[serde(default)]
    pub outcome: String,
    /// Makes a task for the one who logs it.
    #[serde(default)]
    pub next_step: Option<String>,
    #[serde(default)]
    pub next_on: Option<NaiveDate>,
}

/// A change of profile fields: name → canonical text, null empties.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct CustomerPatch(pub BTreeMap<String, Option<String>>);

/// A customer entered by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct NewCustomer {
    pub kind: Kind,
    pub name: String,
    /// Unit code.
    pub org: String,
    /// `id_card`, `passport`, `uscc` …
    #[serde(default)]
    pub identity_kind: Option<String>,
    #[serde(default)]
    pub identity: Option<String>,
    #[serde(default)]
    pub mobile: Option<String>,
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub profile: Profile,
}

/// What every change answers: the number and the version to send with the next change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Changed {
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub customer_no: CustomerNo,
    pub version: i32,
}

/// The record as it now is: `current` of a [`crate::Code::Stale`] problem, masked as in the view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CurrentFields {
    pub version: i32,
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub profile: Profile,
}

/// A contact to add, or, with the `id` of one that exists, to change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ContactChange {
    #[serde(default)]
    pub id: Option<String>,
    /// With `id`: the `mark` that was read.
    #[serde(default)]
    pub seen: Option<String>,
    /// One of [`super::checks::CONTACT_KINDS`].
    pub kind: String,
    /// Of one that exists, nothing keeps the value as it is, and an empty one removes it.
    #[serde(default)]
    pub value: Option<String>,
    #[serde(default)]
    pub is_primary: bool,
}

/// What becomes of an ID paper: another number, another day on which it expires, or nothing more of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct IdentityChange {
    pub id: String,
    /// The `mark` that was read.
    #[serde(default)]
    pub seen: Option<String>,
    /// Nothing keeps the number as it is, an empty one removes the paper.
    #[serde(default)]
    pub value: Option<String>,
    #[serde(default)]
    pub expires_on: Option<NaiveDate>,
}

/// An ID paper to add.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct NewIdentity {
    /// One of [`super::checks::IDENTITY_KINDS`].
    pub kind: String,
    pub value: String,
    #[serde(default)]
    pub expires_on: Option<NaiveDate>,
}

/// Asks for one clear value. `id` is that of an identity, a contact or a holding (its `account`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RevealRequest {
    pub what: RevealKind,
    pub id: String,
    /// At least five characters; kept in the audit log.
    pub reason: String,
}

/// Which list the revealed value stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum RevealKind {
    Identity,
    Contact,
    Account,
    Card,
}

impl RevealKind {
    pub const fn code(self) -> &'static str {
        match self {
            RevealKind::Identity => "identity",
            RevealKind::Contact => "contact",
            RevealKind::Account => "account",
            RevealKind::Card => "card",
        }
    }
}

/// One clear value, and how many reveals are left today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Revealed {
    pub value: String,
    pub left_today: i64,
}

/// What became of an open task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum TaskEnd {
    Done,
    Dropped,
}

impl TaskEnd {
    pub const fn code(self) -> &'static str {
        match self {
            TaskEnd::Done => "done",
            TaskEnd::Dropped => "dropped",
        }
    }
}

/// A task to be made by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct NewTask {
    pub title: String,
    #[serde(default)]
    pub due_on: Option<NaiveDate>,
}

/// A logged contact, and the task that came of its next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Logged {
    pub id: String,
    pub task: Option<String>,
}

/// A task and the version to send with the next change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TaskChanged {
    pub id: String,
    pub version: i32,
}
