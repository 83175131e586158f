//! The second person's decision.

use guanhu_domain::{
    Code, Problem,
    access::Verb,
    tiers::{Decision, Version, VersionState},
};
use serde_json::json;

use super::{lock, stale, subject, version};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    outbox,
};

/// Publishes what another person submitted, or sends it back with a reason. The evaluation follows:
/// [`super::evaluate_due`].
///
/// # Errors
/// `must_be_another_person`; `stale` when the version was saved since, or another one has come into
/// force since it was drafted (`current` is the one in force); `conflict` when nothing was submitted.
pub async fn publish(bank: &Bank, actor: &Actor, scheme: &str, number: i32, decision: &Decision) -> Result<Version> {
    actor.require(Verb::TierPublish)?;
    let mut tx = bank.begin().await?;
    let scheme = lock(&mut tx, scheme).await?;
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
    let reason = decision.reason.trim();
    if decision.publish {
        if before.based_on != scheme.in_force {
            let current = match scheme.in_force {
                Some(current) => serde_json::to_value(version(&mut tx, scheme.scheme_id, current).await?.into_version(true)?).ok(),
                None => None,
            };
            return Err(Problem { current, ..Problem::new(Code::Stale) }.into());
        }
        let from = before.from_date.filter(|from| *from > scheme.business_date).unwrap_or(scheme.business_date);
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
        "update tier_version set asked_from = null, ever_published = ever_published or $3,
             state = case when ever_published or $3 then 'published' else 'draft' end, returned = case when $3 then null else $4 end
         where scheme_id = $1 and version = $2",
    )
    .bind(scheme.scheme_id)
    .bind(number)
    .bind(decision.publish)
    .bind(reason)
    .execute(&mut *tx)
    .await?;
    let entry =
        Entry::done(Verb::TierPublish, subject(&scheme.code, number)).reason(reason).detail(json!({ "published": decision.publish }));
    audit::record(&mut tx, actor, entry).await?;
    let decided = version(&mut tx, scheme.scheme_id, number).await?.into_version(true)?;
    tx.commit().await?;
    Ok(decided)
}
