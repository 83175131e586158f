//! Logging in, and what a user sees and changes of the own account.

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Me, Role};
use crate::Lang;

/// Body of `POST /session`. `totp` is a six-digit code, or a recovery code.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Credentials {
    pub login: String,
    pub password: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

/// A new session. `token` is shown this once.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct LoggedIn {
    pub token: String,
    pub expires_at: DateTime<Utc>,
    #[serde(flatten)]
    pub me: Me,
}

/// What the login page shows of the bank.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    pub bank_name: String,
    pub is_demo: bool,
    /// Whom to try in a demo bank; empty elsewhere.
    pub demo: Vec<DemoLogin>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DemoLogin {
    pub login: String,
    pub name: String,
    pub role: Role,
}

/// One of the own sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(sqlx::FromRow))]
pub struct SessionItem {
    pub session_id: Uuid,
    /// `browser` or `api`.
    pub kind: String,
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// What the browser or program says it is.
    pub client: String,
    pub ip: Option<String>,
    /// The one that asks.
    pub is_current: bool,
}

/// The own account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub me: Me,
    pub password_changed_at: DateTime<Utc>,
    pub password_policy: PasswordPolicy,
    pub factor_since: Option<DateTime<Utc>>,
    pub factor_required: bool,
    pub recovery_codes_left: i64,
    pub preferences: Preferences,
    pub sessions: Vec<SessionItem>,
}

/// Which rules passwords follow: the parameter `access.password_policy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PasswordPolicy {
    /// Long, uncommon, kept until there is a reason to change it (NIST SP 800-63B, OWASP).
    #[default]
    Default,
    /// 等保 2.0: composition, change every 90 days, none of the last five.
    Dengbao,
}

impl PasswordPolicy {
    pub const MAX: usize = 128;

    /// Fewest characters.
    pub const fn min(self) -> usize {
        match self {
            PasswordPolicy::Default => 15,
            PasswordPolicy::Dengbao => 8,
        }
    }

    /// How many passwords, the current one included, may not come back.
    pub const fn history(self) -> i64 {
        match self {
            PasswordPolicy::Default => 1,
            PasswordPolicy::Dengbao => 5,
        }
    }
}

/// Begins the enrolment of a second factor.
#[derive(Clone, Serialize, Deserialize)]
pub struct FactorOffer {
    /// Base32, for typing.
    pub secret: String,
    /// `otpauth://totp/…`, which the picture holds.
    pub uri: String,
    /// The QR code as an SVG element.
    pub svg: String,
}

/// How a user wants the pages: what is `None` is left as it was when merged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<Lang>,
    /// A code of the design system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// A code of the design system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub density: Option<String>,
    /// Per list: columns, widths, sort; the list's own business.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, Value>,
}
