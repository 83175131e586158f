//! Users, what they are granted, and the second person's decisions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Role;

/// Where a user stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    Active,
    /// Made, but no security officer has approved the role yet.
    Pending,
    Disabled,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserItem {
    pub login: String,
    pub name: String,
    pub role: Role,
    pub org: String,
    pub org_name: String,
    pub staff: Option<String>,
    pub state: UserState,
    pub must_change_password: bool,
    pub has_factor: bool,
    /// Sessions that could still be used.
    pub sessions: i64,
    pub created_at: DateTime<Utc>,
    /// A change of role, unit or staff waits for the security officer.
    pub has_request: bool,
    pub version: i32,
}

/// A page of users, by login.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserPage {
    pub items: Vec<UserItem>,
    pub next: Option<String>,
}

/// Which users.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserFilter {
    /// Part of login or name.
    pub q: Option<String>,
    pub role: Option<Role>,
    /// Code of a unit; its subtree is meant.
    pub org: Option<String>,
    /// At most 200; 50 unless told.
    pub limit: Option<i64>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// What decides whose customers a user sees: changed only by two people together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    pub role: Role,
    /// Code of the unit whose subtree a branch manager or executive sees.
    pub org: String,
    /// Code of the member of staff a manager is. Officers are none.
    #[serde(default)]
    pub staff: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewUser {
    pub login: String,
    pub name: String,
    pub grant: Grant,
    pub reason: String,
}

/// A password that is shown this once and must be changed at the first login, within seven days.
#[derive(Clone, Serialize, Deserialize)]
pub struct OneTimePassword {
    pub login: String,
    pub password: String,
}

/// What is `None` stays. `version` is that of the user who was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserChange {
    pub version: i32,
    pub name: Option<String>,
    pub disabled: Option<bool>,
    pub reason: String,
}

/// Why a leaver cannot be switched off yet: what is still held, or about to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(sqlx::FromRow))]
pub struct Portfolio {
    /// Staff code, by which the handover knows the leaver.
    #[serde(default)]
    pub staff: String,
    pub lead: i64,
    pub assist: i64,
    /// In open transfers to the leaver.
    #[serde(default)]
    pub incoming: i64,
    /// Open tasks on customers of others.
    #[serde(default)]
    pub tasks: i64,
    /// Open opportunities of customers of others.
    #[serde(default)]
    pub opportunities: i64,
    /// Groups of customers owned.
    #[serde(default)]
    pub groups: i64,
    /// Requests for tiers that wait for an answer.
    #[serde(default)]
    pub tier_requests: i64,
}

impl Portfolio {
    pub fn is_empty(&self) -> bool {
        self.lead + self.assist + self.incoming + self.tasks + self.opportunities + self.groups + self.tier_requests == 0
    }
}

/// A request for a grant, as the second person sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrantRequest {
    pub approval_id: Uuid,
    pub login: String,
    pub name: String,
    /// `None` for a new user.
    pub from: Option<Grant>,
    pub to: Grant,
    pub reason: String,
    pub requested_by: String,
    pub requested_at: DateTime<Utc>,
    /// `pending`, `approved`, `rejected` or `recalled`.
    pub state: String,
    pub decided_by: Option<String>,
    pub decided_at: Option<DateTime<Utc>>,
    pub decision_reason: Option<String>,
}
