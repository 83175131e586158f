//! How the deployment is: database, jobs, feeds, versions.

use chrono::{DateTime, NaiveDate, Utc};
use guanhu_domain::{
    access::Verb,
    feeds::RunState,
    system::{Chore, FeedRun, Job, JobKind, JobState, MOST_WAITING, SystemState, Upkeep},
};

use crate::{Actor, Bank, Result, contribution};

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
    let feeds: Vec<(String, String, String, Option<NaiveDate>, DateTime<Utc>, i64, i64)> = sqlx::query_as(
        "select distinct on (feed) feed, profile, state, business_date, started_at, read_rows, rejected
         from import_run where not dry_run order by feed, started_at desc",
    )
    .fetch_all(&bank.pool)
    .await?;
    let upkeep = upkeep(bank, &row).await?;
    let jobs = jobs(bank).await?;
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
        upkeep,
        jobs,
        feeds: feeds
            .into_iter()
            .map(|(feed, profile, state, business_date, started_at, read_rows, rejected)| FeedRun {
                feed,
                profile,
                state: RunState::from_code(&state).unwrap_or(RunState::Failed),
                business_date,
                started_at,
                read_rows,
                rejected,
            })
            .collect(),
    })
}

/// What the servers' chores have done and have before them.
async fn upkeep(bank: &Bank, row: &Row) -> Result<Vec<Upkeep>> {
    let told: Told = sqlx::query_as(
        "select (select max(sealed_at) from audit_seal) as sealed_at,
            (select max(computed_at) from contribution_month where message = '') as computed_at,
            (select max(month) from contribution_month where ready) as computed_month,
            (select message from contribution_month where message <> '' order by month limit 1) as computing_trouble,
            array(select month from contribution_month where late_at is not null order by month desc limit 12) as late,
            (select min(evaluated_on) from tier_scheme where evaluated_publication is not null) as evaluated_on,
            (select count(*) from (select from customer_tier_recheck limit $1) r) as rechecks,
            (select max(done_at) from transfer where state = 'done') as transferred_at,
            (select count(*) from transfer t, bank b where t.state = 'approved' and t.effective <= b.business_date) as transfers",
    )
    .bind(MOST_WAITING)
    .fetch_one(&bank.pool)
    .await?;
    let months = contribution::due(&bank.pool).await?.len() as i64;
    let unsealed = (row.audit_newest.unwrap_or_default() - row.sealed_to.unwrap_or_default()).min(MOST_WAITING);
    let chore = |chore, last_at, through, waiting| Upkeep { chore, last_at, through, waiting, trouble: String::new(), late: Vec::new() };
    Ok(vec![
        chore(Chore::Seal, told.sealed_at, None, unsealed),
        Upkeep {
            trouble: told.computing_trouble.unwrap_or_default(),
            late: told.late,
            ..chore(Chore::Months, told.computed_at, told.computed_month, months)
        },
        chore(Chore::Tiers, None, told.evaluated_on, told.rechecks),
        chore(Chore::Transfers, told.transferred_at, None, told.transfers),
    ])
}

async fn jobs(bank: &Bank) -> Result<Vec<Job>> {
    const NEWEST: i64 = 20;
    type Found = (String, String, bool, Option<String>, Option<DateTime<Utc>>, Option<DateTime<Utc>>);
    let found: Vec<Found> = sqlx::query_as(
        "select j.kind, j.state, coalesce(j.leased_until < now(), false), u.name, j.started_at, j.finished_at
         from job j left join app_user u on u.user_id = j.requested_by order by j.created_at desc, j.job_id desc limit $1",
    )
    .bind(NEWEST)
    .fetch_all(&bank.pool)
    .await?;
    let job = |(kind, state, expired, by, started_at, finished_at): Found| {
        let state = match JobState::from_code(&state).unwrap_or(JobState::Failed) {
            JobState::Running if expired => JobState::Lost,
            state => state,
        };
        Job { kind: JobKind::from_code(&kind).unwrap_or(JobKind::Other), state, by, started_at, finished_at }
    };
    Ok(found.into_iter().map(job).collect())
}

#[derive(sqlx::FromRow)]
struct Told {
    sealed_at: Option<DateTime<Utc>>,
    computed_at: Option<DateTime<Utc>>,
    computed_month: Option<NaiveDate>,
    computing_trouble: Option<String>,
    late: Vec<NaiveDate>,
    evaluated_on: Option<NaiveDate>,
    rechecks: i64,
    transferred_at: Option<DateTime<Utc>>,
    transfers: i64,
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
