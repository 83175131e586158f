//! How the deployment is, for those who keep it running.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemState {
    pub version: String,
    pub database_version: String,
    pub database_bytes: i64,
    pub schema_version: i64,
    /// From the planner's statistics: exact only after an analyze.
    pub customers_estimate: i64,
    pub sessions: i64,
    pub business_date: NaiveDate,
    pub audit_newest: i64,
    /// Rows after this one are not sealed yet.
    pub audit_sealed_to: i64,
    pub connections: u32,
    pub connections_idle: u32,
    /// Server clock minus database clock.
    pub clock_difference_ms: i64,
    pub jobs: Vec<JobCount>,
    /// The newest run of each feed.
    pub feeds: Vec<FeedRun>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobCount {
    pub kind: String,
    pub state: String,
    pub count: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeedRun {
    pub feed: String,
    pub profile: String,
    pub state: String,
    pub business_date: Option<NaiveDate>,
    pub started_at: DateTime<Utc>,
    pub read_rows: i64,
    pub rejected: i64,
}
