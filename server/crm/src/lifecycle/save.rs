//! Changing the rules of lifecycle states.

use guanhu_domain::{
    Code, Problem,
    access::Verb,
    lifecycle::{LifecycleDraft, LifecycleRules},
};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::in_force;
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    idempotency, rules,
};

/// Puts other rules in the place of those that were read. Everybody is judged by them within a minute or
/// so; what was before stays, and is gone back to by saving it again.
///
/// # Errors
/// `invalid` with the place of every fault as a JSON pointer; `stale` with the rules as they now are.
pub async fn save(bank: &Bank, actor: &Actor, version: i32, draft: &LifecycleDraft, key: Uuid) -> Result<LifecycleRules> {
    actor.require(Verb::LifecycleChange)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::LifecycleChange, &(version, draft)).await? {
        return Ok(answer);
    }
    let mut faults = draft.check(actor.role.data_class());
    if faults.is_empty() {
        for (at, rule) in draft.rules.iter().enumerate() {
            faults.extend(rules::unknown_codes(&mut tx, &rule.rule, &format!("/rules/{at}/rule")).await?);
        }
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    sqlx::query("select pg_advisory_xact_lock(hashtext('lifecycle.save'))").execute(&mut *tx).await?;
    let now = LifecycleRules::from(in_force(&mut tx).await?);
    if now.version != version {
        let current = serde_json::to_value(now).ok();
        return Err(Problem { current, ..Problem::new(Code::Stale) }.into());
    }
    sqlx::query("insert into lifecycle_rules (version, rules, note, saved_by) values ($1, $2, $3, $4)")
        .bind(version + 1)
        .bind(Json(&draft.rules))
        .bind(draft.note.trim())
        .bind(actor.user_ref())
        .execute(&mut *tx)
        .await?;
    let saved = LifecycleRules::from(in_force(&mut tx).await?);
    let entry = Entry::done(Verb::LifecycleChange, "lifecycle").reason(draft.note.trim()).detail(json!({ "version": saved.version }));
    audit::record(&mut tx, actor, entry).await?;
    idempotency::answer(&mut tx, actor, key, &saved).await?;
    tx.commit().await?;
    Ok(saved)
}
