//! How far the trying out of a version is, and stopping it.

use guanhu_domain::{Code, access::Verb, tiers::Trial};
use serde_json::json;

use super::{SchemeRow, subject};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
};

/// Whether somebody is trying a version out: what a server that died left behind holds no lock.
macro_rules! under_way {
    () => {
        "exists (select from pg_locks l where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
             and (l.classid::bigint << 32 | l.objid::bigint) = hashtext('tiers.simulate')::bigint
             and l.database = (select oid from pg_database where datname = current_database()))"
    };
}

/// How far it is; `None` while nothing is being tried out.
pub async fn trial(bank: &Bank, actor: &Actor, scheme: &str) -> Result<Option<Trial>> {
    actor.require(Verb::TierDraft)?;
    let row: Option<(i32, i64, i64)> = sqlx::query_as(concat!(
        "select t.version, t.done, t.total from tier_trial t join tier_scheme s using (scheme_id) where s.code = $1 and ",
        under_way!()
    ))
    .bind(scheme)
    .fetch_optional(bank.pool())
    .await?;
    Ok(row.map(|(number, done, total)| Trial { number, done: done.min(total), total }))
}

/// Asks whoever is trying a version out to stop. It does after the stretch at hand; nothing is kept of it.
///
/// # Errors
/// `not_found` when nothing of the scheme is being tried out.
pub async fn cancel_trial(bank: &Bank, actor: &Actor, scheme: &str) -> Result<()> {
    actor.require(Verb::TierDraft)?;
    let mut tx = bank.begin().await?;
    let number: i32 = sqlx::query_scalar(concat!(
        "update tier_trial t set cancelled = true from tier_scheme s where s.scheme_id = t.scheme_id and s.code = $1 and ",
        under_way!(),
        " returning t.version"
    ))
    .bind(scheme)
    .fetch_one(&mut *tx)
    .await?;
    audit::record(&mut tx, actor, Entry::done(Verb::TierDraft, subject(scheme, number)).detail(json!({ "cancelled": true }))).await?;
    tx.commit().await?;
    Ok(())
}

/// Begins to tell; whatever an earlier one left is gone.
pub(super) async fn begin(bank: &Bank, scheme: &SchemeRow, number: i32) -> Result<()> {
    sqlx::query(
        "insert into tier_trial (scheme_id, version, total)
         select $1, $2, greatest(reltuples, 1)::bigint from pg_class where oid = 'customer_summary'::regclass
         on conflict (scheme_id) do update set version = excluded.version, done = 0, total = excluded.total, cancelled = false, started_at = now()",
    )
    .bind(scheme.scheme_id)
    .bind(number)
    .execute(bank.pool())
    .await?;
    Ok(())
}

/// So many customers more.
///
/// # Errors
/// `cancelled` when somebody asked for that.
pub(super) async fn step(bank: &Bank, scheme: &SchemeRow, customers: i64) -> Result<()> {
    let cancelled: Option<bool> = sqlx::query_scalar("update tier_trial set done = done + $2 where scheme_id = $1 returning cancelled")
        .bind(scheme.scheme_id)
        .bind(customers)
        .fetch_optional(bank.pool())
        .await?;
    if cancelled == Some(true) { Err(Error::new(Code::Cancelled)) } else { Ok(()) }
}

pub(super) async fn end(bank: &Bank, scheme: &str) -> Result<()> {
    sqlx::query("delete from tier_trial t using tier_scheme s where s.scheme_id = t.scheme_id and s.code = $1")
        .bind(scheme)
        .execute(bank.pool())
        .await?;
    Ok(())
}
