//! How the deployment is: database, jobs, feeds, versions.

use chrono::{DateTime, NaiveDate, Utc};
use guanhu_domain::{
    access::Verb,
    system::{FeedRun, JobCount, SystemState},
};

use crate::{Actor, Bank, Result};

/// Everything the system page shows, in one statement each for the database's own facts and the bank's.
pub async fn state(bank: &Bank, actor: &Actor) -> Result<SystemState> {
    actor.require(Verb::SystemView)?;
    let row: Row = sqlx::query_as(
        "select current_setting('server_version') as database_version,
            pg_database_size(current_database()) as database_bytes,
            (select max(version) from _sqlx_migrations where success) as schema_version,
            (select greatest(reltuples, 0)::bigint from pg_class where oid = 'customer'::regclass) as customers_estimate,
            (select count(*) from session where expires_at > now()) as sessions,
            (select business_date from bank) as business_date,
            (select max(to_id) from audit_seal) as sealed_to,
            (select max(audit_id) from audit_log) as audit_newest,
            now() as database_time",
    )
    .fetch_one(&bank.pool)
    .await?;
    let jobs: Vec<(String, String, i64)> =
        sqlx::query_as("select kind, state, count(*) from job group by kind, state order by kind, state").fetch_all(&bank.pool).await?;
    let feeds: Vec<(String, String, String, Option<NaiveDate>, DateTime<Utc>, i64, i64)> = sqlx::query_as(
        "select distinct on (feed) feed, profile, state, business_date, started_at, read_rows, rejected
         from import_run where not dry_run order by feed, started_at desc",
    )
    .fetch_all(&bank.pool)
    .await?;
    Ok(SystemState {
        version: env!("CARGO_PKG_VERSION").into(),
        database_version: row.database_version,
        database_bytes: row.database_bytes,
        schema_version: row.schema_version.unwrap_or_default(),
        customers_estimate: row.customers_estimate,
        sessions: row.sessions,
        business_date: row.business_date,
        audit_newest: row.audit_newest.unwrap_or_default(),
        audit_sealed_to: row.sealed_to.unwrap_or_default(),
        connections: bank.pool.size(),
        connections_idle: bank.pool.num_idle() as u32,
        clock_difference_ms: (Utc::now() - row.database_time).num_milliseconds(),
        jobs: jobs.into_iter().map(|(kind, state, count)| JobCount { kind, state, count }).collect(),
        feeds: feeds
            .into_iter()
            .map(|(feed, profile, state, business_date, started_at, read_rows, rejected)| FeedRun {
                feed,
                profile,
                state,
                business_date,
                started_at,
                read_rows,
                rejected,
            })
            .collect(),
    })
}

#[derive(sqlx::FromRow)]
struct Row {
    database_version: String,
    database_bytes: i64,
    schema_version: Option<i64>,
    customers_estimate: i64,
    sessions: i64,
    business_date: NaiveDate,
    sealed_to: Option<i64>,
    audit_newest: Option<i64>,
    database_time: DateTime<Utc>,
}
