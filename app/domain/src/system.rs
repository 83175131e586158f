//! How the deployment is, for those who keep it running.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{customers::list::coded, feeds::RunState};

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
    /// What servers do by themselves, each in the order of [`Chore`].
    pub upkeep: Vec<Upkeep>,
    /// The newest jobs that somebody asked for.
    pub jobs: Vec<Job>,
    /// The newest run of each feed.
    pub feeds: Vec<FeedRun>,
}

coded! {
    /// Work that servers do by themselves, every minute if there is any.
    Chore {
        Seal "seal" "封存审计记录" | "Sealing the audit log";
        Months "months" "计算月度贡献度" | "Computing the months' contribution";
        Tiers "tiers" "评定客户分层" | "Evaluating tiers";
        Transfers "transfers" "到期移交生效" | "Bringing transfers into effect";
    }
}

/// How far a chore is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Upkeep {
    pub chore: Chore,
    /// When something was last done; `None` where that is not kept.
    pub last_at: Option<DateTime<Utc>>,
    /// The last day, or month, of which it is done.
    pub through: Option<NaiveDate>,
    /// Rows, months, customers or transfers that are due, counted up to [`MOST_WAITING`].
    pub waiting: i64,
    /// Why it could not be done the last time, a problem as it is kept; empty when it could.
    pub trouble: String,
    /// Months that were closed before all of their data was there.
    #[serde(default)]
    pub late: Vec<NaiveDate>,
}

/// Counting goes no further than this: more is only "more than".
pub const MOST_WAITING: i64 = 10_000;

coded! {
    /// What a job does.
    JobKind {
        Import "feed.import" "导入数据" | "Loading a feed";
        Other "other" "其他" | "Other";
    }
}

coded! {
    /// How a job stands.
    JobState {
        Queued "queued" "排队中" | "Queued";
        Running "running" "进行中" | "Running";
        /// Its server stopped telling of it.
        Lost "lost" "中断" | "Interrupted";
        Done "done" "已完成" | "Done";
        Failed "failed" "失败" | "Failed";
        Cancelled "cancelled" "已取消" | "Cancelled";
    }
}

/// Something long that somebody asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub kind: JobKind,
    pub state: JobState,
    /// Name of who asked for it.
    pub by: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeedRun {
    pub feed: String,
    pub profile: String,
    pub state: RunState,
    pub business_date: Option<NaiveDate>,
    pub started_at: DateTime<Utc>,
    pub read_rows: i64,
    pub rejected: i64,
}
