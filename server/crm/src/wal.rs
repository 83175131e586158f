//! What a backup asks of the database: which one it is, and where its write-ahead log stands.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};

use crate::{
    Actor, Result,
    audit::{self, Entry, Outcome},
    bank::Connection,
};

/// Keeps the log until a backup has it. One backup per database.
pub const SLOT: &str = "guanhu_backup";

/// The owner's connection, which may read the log.
pub struct Source(PgConnection);

/// Which database this is.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct About {
    /// Differs for every cluster that was ever initialised, and stays the same in its copies.
    pub system_identifier: String,
    /// 15 for 15.14.
    pub major: i32,
    pub database: String,
    /// Bytes of one file of the log.
    pub segment_bytes: i64,
}

/// What the database still has of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Everything from this place on, which is where the last backup ended, to whichever directory.
    From(u64),
    /// From now on: there was no slot.
    FromNow,
    /// From now on: the slot kept more than the database allows and was given up, so that there is a gap.
    Lost,
}

/// Where the log is complete to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complete {
    /// First byte after the last complete file.
    pub boundary: u64,
    /// A change committed by then is before the boundary.
    pub at: DateTime<Utc>,
}

impl Source {
    pub async fn connect(connection: &Connection) -> Result<Source> {
        let options = PgConnectOptions::from_str(&connection.owner_url)?.application_name("guanhu backup");
        Ok(Source(PgConnection::connect_with(&options).await?))
    }

    pub async fn about(&mut self) -> Result<About> {
        Ok(sqlx::query_as(
            "select system_identifier::text, current_setting('server_version_num')::int / 10000 as major, current_database()::text as database,
                pg_size_bytes(current_setting('wal_segment_size')) as segment_bytes
             from pg_control_system()",
        )
        .fetch_one(&mut self.0)
        .await?)
    }

    /// Makes the slot unless there is a good one.
    pub async fn keep(&mut self) -> Result<Kept> {
        let status: Option<(Option<String>, Option<String>)> =
            sqlx::query_as("select wal_status, restart_lsn::text from pg_replication_slots where slot_name = $1")
                .bind(SLOT)
                .fetch_optional(&mut self.0)
                .await?;
        let kept = match status {
            Some((Some(status), Some(from))) if status != "lost" => return Ok(Kept::From(lsn(&from))),
            Some(_) => {
                sqlx::query("select pg_drop_replication_slot($1)").bind(SLOT).execute(&mut self.0).await?;
                Kept::Lost
            }
            None => Kept::FromNow,
        };
        sqlx::query("select pg_create_physical_replication_slot($1, true)").bind(SLOT).execute(&mut self.0).await?;
        Ok(kept)
    }

    /// Completes the running file of the log. A commit of its own lets a restore name any second up to it.
    pub async fn complete(&mut self, segment_bytes: i64) -> Result<Complete> {
        // Its own transaction: the commit must be in the log before the file ends.
        let at: DateTime<Utc> = sqlx::query_scalar(
            "select t.at from (select clock_timestamp() as at, pg_logical_emit_message(true, 'guanhu', 'backup') as told) t where t.told is not null",
        )
        .fetch_one(&mut self.0)
        .await?;
        let end: String = sqlx::query_scalar("select pg_switch_wal()::text").fetch_one(&mut self.0).await?;
        let segment = segment_bytes.unsigned_abs();
        Ok(Complete { boundary: lsn(&end).div_ceil(segment) * segment, at })
    }

    /// The audit log tells of every backup.
    pub async fn record(&mut self, covers_until: DateTime<Utc>, base: Option<&str>) -> Result<()> {
        let entry = Entry {
            verb: "backup.take",
            subject: String::new(),
            outcome: Outcome::Done,
            reason: String::new(),
            detail: json!({"base": base, "covers_until": covers_until}),
        };
        audit::record(&mut self.0, &Actor::system(), entry).await
    }

    pub async fn close(self) -> Result<()> {
        Ok(self.0.close().await?)
    }
}

/// `1/4000028` as a number; 0 for what is no place of the log.
pub fn lsn(text: &str) -> u64 {
    let part = |digits: &str| u64::from_str_radix(digits, 16).ok();
    text.split_once('/').and_then(|(high, low)| Some(part(high)? << 32 | part(low)?)).unwrap_or(0)
}

/// The other way round.
pub fn lsn_text(place: u64) -> String {
    format!("{:X}/{:X}", place >> 32, place & 0xFFFF_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_of_the_log_reads_both_ways() {
        for text in ["0/0", "0/3000148", "1A/FF000028"] {
            assert_eq!(lsn_text(lsn(text)), text);
        }
        assert_eq!(lsn("nowhere"), 0);
    }
}
