//! Searching the audit log.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema, sqlx::FromRow))]
pub struct AuditItem {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub login: String,
    pub role: String,
    /// Code of the verb, such as `customer.reveal`.
    pub verb: String,
    /// What it was about, such as `customer:000000010009` or `user:li.wei`.
    pub subject: String,
    /// `done`, `viewed`, `denied` or `failed`.
    pub outcome: String,
    pub reason: String,
    pub detail: Value,
    pub ip: Option<String>,
}

/// Newest first. Every condition narrows; dates are days of the database's time zone, both included.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "server", derive(utoipa::IntoParams))]
pub struct AuditFilter {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// A login.
    pub actor: Option<String>,
    /// As in the row; a bare customer number is understood.
    pub subject: Option<String>,
    pub verb: Option<String>,
    pub outcome: Option<String>,
    /// At most 200; 50 unless told.
    pub limit: Option<i64>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// A page of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct AuditPage {
    pub items: Vec<AuditItem>,
    pub next: Option<String>,
}
