//! The second person's decision.

use guanhu_domain::{
    Code, Problem, Rule,
    access::Verb,
    tiers::{Decision, Version, VersionState, Withdrawal},
};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{SchemeRow, Sight, lock, stale, subject, version};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    idempotency, outbox,
};

pub(super) const REASON_MAX: usize = 500;

/// Publishes what another person submitted, or sends it back with a reason. What was to come into force
/// on that day or later gives way, and so does an earlier decision about the version itself. The evaluation follows: [`super::evaluate_due`].
///
/// # Errors
/// `must_be_another_person`; `stale` when the version was changed since, or another one has been published
/// since it was drafted, in force yet or not (`current` is that one); `conflict` when nothing was
/// submitted; `invalid` when its rules are none by now.
pub async fn publish(bank: &Bank, actor: &Actor, scheme: &str, number: i32, decision: &Decision, key: Uuid) -> Result<Version> {
    actor.require(Verb::TierPublish)?;
    let mut tx = bank.begin().await?;
    let scheme = lock(&mut tx, scheme).await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TierPublish, &(&scheme.code, number, decision)).await? {
        return Ok(answer);
    }
    let before = version(&mut tx, scheme.scheme_id, number).await?;
    if before.revision != decision.revision {
        return Err(stale(before));
    }
    if before.state != VersionState::Submitted.code() {
        return Err(Error::new(Code::Conflict));
    }
    if [before.drafter, before.submitter].contains(&Some(actor.user_id)) {
        return Err(Error::new(Code::SamePerson));
    }
    let reason = checked(&decision.reason)?;
    if decision.publish {
        if before.based_on != scheme.newest {
            let current = match scheme.newest {
                Some(newest) => serde_json::to_value(version(&mut tx, scheme.scheme_id, newest).await?.into_version(Sight::Whole)?).ok(),
                None => None,
            };
            return Err(Problem { current, ..Problem::new(Code::Stale) }.into());
        }
        super::sound(actor, &before.definition, scheme.kind()?)?;
        let from = before.asked_from.filter(|from| *from > scheme.business_date).unwrap_or(scheme.business_date);
        sqlx::query(
            "update tier_publication set withdrawn_at = now(), withdrawn_by = $4
             where scheme_id = $1 and withdrawn_at is null and from_date > $2 and (from_date >= $3 or version = $5)",
        )
        .bind(scheme.scheme_id)
        .bind(scheme.business_date)
        .bind(from)
        .bind(actor.user_ref())
        .bind(number)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "insert into tier_publication (scheme_id, version, from_date, drafted_by, submitted_by, published_by) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(scheme.scheme_id)
        .bind(number)
        .bind(from)
        .bind(before.drafter)
        .bind(before.submitter)
        .bind(actor.user_ref())
        .execute(&mut *tx)
        .await
        .map_err(|error| Error::from(error).on_constraint("publisher_is_not_author", || Problem::new(Code::SamePerson)))?;
        outbox::publish(&mut tx, "tier.published", None, &[], json!({ "scheme": scheme.code, "version": number, "from": from })).await?;
    } else if reason.is_empty() {
        return Err(Error::new(Code::ReasonRequired));
    }
    sqlx::query(
        "update tier_version set asked_from = null, asked_note = '', revision = revision + 1, ever_published = ever_published or $3,
             state = case when ever_published or $3 then 'published' else 'draft' end, returned = case when $3 then null else $4 end
         where scheme_id = $1 and version = $2",
    )
    .bind(scheme.scheme_id)
    .bind(number)
    .bind(decision.publish)
    .bind(reason)
    .execute(&mut *tx)
    .await?;
    let decided = tell(&mut tx, actor, &scheme, number, reason, json!({ "published": decision.publish })).await?;
    idempotency::answer(&mut tx, actor, key, &decided).await?;
    tx.commit().await?;
    Ok(decided)
}

/// Takes a publication back before its day: what is in force stays so.
///
/// # Errors
/// `conflict` for a version that is not to come; `stale` when something was decided about it since.
pub async fn withdraw(bank: &Bank, actor: &Actor, scheme: &str, number: i32, asked: &Withdrawal, key: Uuid) -> Result<Version> {
    actor.require(Verb::TierPublish)?;
    let mut tx = bank.begin().await?;
    let scheme = lock(&mut tx, scheme).await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TierPublish, &(&scheme.code, number, asked)).await? {
        return Ok(answer);
    }
    let before = version(&mut tx, scheme.scheme_id, number).await?;
    if before.revision != asked.revision {
        return Err(stale(before));
    }
    let reason = checked(&asked.reason)?;
    if reason.is_empty() {
        return Err(Error::new(Code::ReasonRequired));
    }
    let withdrawn = sqlx::query(
        "update tier_publication set withdrawn_at = now(), withdrawn_by = $4
         where scheme_id = $1 and version = $2 and withdrawn_at is null and from_date > $3",
    )
    .bind(scheme.scheme_id)
    .bind(number)
    .bind(scheme.business_date)
    .bind(actor.user_ref())
    .execute(&mut *tx)
    .await?;
    if withdrawn.rows_affected() == 0 {
        return Err(Error::new(Code::Conflict));
    }
    sqlx::query("update tier_version set revision = revision + 1, returned = $3 where scheme_id = $1 and version = $2")
        .bind(scheme.scheme_id)
        .bind(number)
        .bind(reason)
        .execute(&mut *tx)
        .await?;
    outbox::publish(&mut tx, "tier.withdrawn", None, &[], json!({ "scheme": scheme.code, "version": number })).await?;
    let decided = tell(&mut tx, actor, &scheme, number, reason, json!({ "withdrawn": true })).await?;
    idempotency::answer(&mut tx, actor, key, &decided).await?;
    tx.commit().await?;
    Ok(decided)
}

pub(super) fn checked(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    match reason.chars().count() {
        0..=REASON_MAX => Ok(reason),
        _ => Err(Error::field("reason", Rule::TooLong { max: REASON_MAX })),
    }
}

async fn tell(
    conn: &mut PgConnection,
    actor: &Actor,
    scheme: &SchemeRow,
    number: i32,
    reason: &str,
    detail: serde_json::Value,
) -> Result<Version> {
    audit::record(conn, actor, Entry::done(Verb::TierPublish, subject(&scheme.code, number)).reason(reason).detail(detail)).await?;
    version(conn, scheme.scheme_id, number).await?.into_version(Sight::Whole)
}
