//! Drafting a version and asking for its publication.

use guanhu_domain::{
    Code, Rule,
    access::Verb,
    problem::FieldProblem,
    tiers::{Submission, Version, VersionDraft, VersionState},
};
use serde_json::json;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::{SchemeRow, Sight, lock, sound, stale, subject, version};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    idempotency, rules,
};

const NOTE_MAX: usize = 500;

/// Saves a version: a new one, or a draft again. What was tried out or submitted is a draft once more;
/// what was ever published never changes.
///
/// # Errors
/// `invalid` with the place of every fault as a JSON pointer; `stale` with the version as it now is.
pub async fn save(bank: &Bank, actor: &Actor, scheme: &str, draft: &VersionDraft, key: Uuid) -> Result<Version> {
    actor.require(Verb::TierDraft)?;
    let mut tx = bank.begin().await?;
    let scheme = lock(&mut tx, scheme).await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TierDraft, &(&scheme.code, draft)).await? {
        return Ok(answer);
    }
    check(&mut tx, actor, &scheme, draft).await?;
    let number = match draft.number {
        Some(number) => {
            let before = version(&mut tx, scheme.scheme_id, number).await?;
            if before.revision != draft.revision {
                return Err(stale(before));
            }
            if before.ever_published {
                return Err(Error::new(Code::Conflict));
            }
            sqlx::query(
                "update tier_version set state = 'draft', definition = $3, note = $4, revision = revision + 1, based_on = $5, drafted_by = $6,
                     drafted_at = now(), simulation = null, submitted_by = null, submitted_at = null, asked_from = null, asked_note = '',
                     returned = null
                 where scheme_id = $1 and version = $2",
            )
            .bind(scheme.scheme_id)
            .bind(number)
            .bind(Json(&draft.definition))
            .bind(draft.note.trim())
            .bind(scheme.newest)
            .bind(actor.user_ref())
            .execute(&mut *tx)
            .await?;
            number
        }
        None => {
            sqlx::query_scalar(
                "insert into tier_version (scheme_id, version, state, definition, note, based_on, drafted_by)
                 select $1, coalesce(max(version), 0) + 1, 'draft', $2, $3, $4, $5 from tier_version where scheme_id = $1 returning version",
            )
            .bind(scheme.scheme_id)
            .bind(Json(&draft.definition))
            .bind(draft.note.trim())
            .bind(scheme.newest)
            .bind(actor.user_ref())
            .fetch_one(&mut *tx)
            .await?
        }
    };
    let saved = version(&mut tx, scheme.scheme_id, number).await?.into_version(Sight::Whole)?;
    let entry = Entry::done(Verb::TierDraft, subject(&scheme.code, number)).detail(json!({ "revision": saved.revision }));
    audit::record(&mut tx, actor, entry).await?;
    idempotency::answer(&mut tx, actor, key, &saved).await?;
    tx.commit().await?;
    Ok(saved)
}

/// What only the database knows of a definition, after what it says of itself.
async fn check(conn: &mut PgConnection, actor: &Actor, scheme: &SchemeRow, draft: &VersionDraft) -> Result<()> {
    let mut faults = draft.definition.check(scheme.kind()?, actor.role.data_class());
    if draft.note.chars().count() > NOTE_MAX {
        faults.push(FieldProblem { field: "note".into(), rule: Rule::TooLong { max: NOTE_MAX } });
    }
    let codes: Vec<&str> = draft.definition.tiers.iter().map(|tier| tier.code.as_str()).collect();
    let taken: Vec<String> = sqlx::query_scalar(
        "select code from tier where code = any($1) and scheme_id <> $2
         union select t ->> 'code' from tier_version v, jsonb_array_elements(v.definition -> 'tiers') t where v.scheme_id <> $2 and t ->> 'code' = any($1)",
    )
    .bind(&codes)
    .bind(scheme.scheme_id)
    .fetch_all(&mut *conn)
    .await?;
    if faults.is_empty() {
        for (at, tier) in draft.definition.tiers.iter().enumerate() {
            faults.extend(rules::unknown_codes(conn, &tier.rule, &format!("/tiers/{at}/rule")).await?);
        }
    }
    for (at, code) in codes.iter().enumerate() {
        if taken.iter().any(|taken| taken == code) {
            faults.push(FieldProblem { field: format!("/tiers/{at}/code"), rule: Rule::NotUnique });
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::fields(faults)) }
}

/// Asks a second person to publish a version that was tried out, or one that was published before.
///
/// # Errors
/// `stale` when it was changed since it was read; `conflict` when it has not been tried out, or is in
/// force and nothing else is to come.
pub async fn submit(bank: &Bank, actor: &Actor, scheme: &str, number: i32, asked: &Submission, key: Uuid) -> Result<Version> {
    actor.require(Verb::TierDraft)?;
    let mut tx = bank.begin().await?;
    let scheme = lock(&mut tx, scheme).await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TierDraft, &(&scheme.code, number, asked)).await? {
        return Ok(answer);
    }
    let before = version(&mut tx, scheme.scheme_id, number).await?;
    if before.revision != asked.revision {
        return Err(stale(before));
    }
    let tried = before.state == VersionState::Simulated.code() || (before.ever_published && before.state != VersionState::Submitted.code());
    // One that is to come may be asked for again, from another day.
    if !tried || (scheme.newest == Some(number) && scheme.in_force == Some(number)) {
        return Err(Error::new(Code::Conflict));
    }
    if asked.from.is_some_and(|from| from < scheme.business_date) {
        return Err(Error::field("from", Rule::InThePast));
    }
    if asked.note.chars().count() > NOTE_MAX {
        return Err(Error::field("note", Rule::TooLong { max: NOTE_MAX }));
    }
    sound(actor, &before.definition, scheme.kind()?)?;
    // What a tried-out draft was based on stays: if another version has been published since, its
    // simulation is of a bank that is no more, and publishing refuses it. Going back is from now.
    sqlx::query(
        "update tier_version set state = 'submitted', submitted_by = $3, submitted_at = now(), asked_from = $4, asked_note = $6, returned = null,
             revision = revision + 1, based_on = case when ever_published then $5 else based_on end
         where scheme_id = $1 and version = $2",
    )
    .bind(scheme.scheme_id)
    .bind(number)
    .bind(actor.user_ref())
    .bind(asked.from)
    .bind(scheme.newest)
    .bind(asked.note.trim())
    .execute(&mut *tx)
    .await?;
    let entry = Entry::done(Verb::TierDraft, subject(&scheme.code, number)).detail(json!({ "submitted": true, "from": asked.from }));
    audit::record(&mut tx, actor, entry).await?;
    let saved = version(&mut tx, scheme.scheme_id, number).await?.into_version(Sight::Whole)?;
    idempotency::answer(&mut tx, actor, key, &saved).await?;
    tx.commit().await?;
    Ok(saved)
}
