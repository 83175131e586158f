//! Deciding on transfers: approve, reject, recall before it takes effect, take back after.

use guanhu_domain::{
    Code, Rule,
    access::{Role, Verb},
    assignments::{Decision, Transfer, TransferState},
    customers::AssignmentRole,
};
use serde_json::json;
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::{
    apply::{self, Giving},
    read,
    request::lost_race,
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
};

const REASON_MAX: usize = 500;

/// Agrees to a pending transfer. It takes effect at once or on its date.
///
/// # Errors
/// `not_found` unless every unit concerned is in the actor's scope now; `forbidden` for the own request;
/// `conflict` when it is not pending any more, or a customer has changed hands meanwhile.
pub async fn approve(bank: &Bank, actor: &Actor, transfer_id: Uuid) -> Result<Transfer> {
    actor.require(Verb::TransferDecide)?;
    let mut tx = bank.begin().await?;
    let held = hold(&mut tx, actor, transfer_id).await?;
    held.decidable(actor)?;
    let state = if held.effective <= actor.me.business_date {
        apply::carry_out(&mut tx, actor, transfer_id).await?;
        TransferState::Done
    } else {
        sqlx::query("update transfer set state = 'approved', decided_by = $2, decided_at = now() where transfer_id = $1")
            .bind(transfer_id)
            .bind(actor.user_id)
            .execute(&mut *tx)
            .await?;
        TransferState::Approved
    };
    finish(tx, actor, Verb::TransferDecide, transfer_id, state, "").await
}

/// Refuses a pending transfer, with the reason that the requester will read.
pub async fn reject(bank: &Bank, actor: &Actor, transfer_id: Uuid, decision: &Decision) -> Result<Transfer> {
    actor.require(Verb::TransferDecide)?;
    let reason = reason(decision, true)?;
    let mut tx = bank.begin().await?;
    hold(&mut tx, actor, transfer_id).await?.decidable(actor)?;
    apply::close(&mut tx, transfer_id, TransferState::Rejected, actor.user_ref(), &reason).await?;
    finish(tx, actor, Verb::TransferDecide, transfer_id, TransferState::Rejected, &reason).await
}

/// Takes the own request back before it takes effect.
pub async fn recall(bank: &Bank, actor: &Actor, transfer_id: Uuid, decision: &Decision) -> Result<Transfer> {
    actor.require(Verb::TransferRequest)?;
    let reason = reason(decision, false)?;
    let mut tx = bank.begin().await?;
    let held = hold(&mut tx, actor, transfer_id).await?;
    if held.requested_by != actor.user_id {
        return Err(Error::Denied { verb: Verb::TransferRequest, login: actor.login.clone() });
    }
    if !matches!(held.state()?, TransferState::Pending | TransferState::Approved) {
        return Err(Error::new(Code::Conflict));
    }
    apply::close(&mut tx, transfer_id, TransferState::Recalled, None, &reason).await?;
    finish(tx, actor, Verb::TransferRequest, transfer_id, TransferState::Recalled, &reason).await
}

/// Gives every customer of a transfer back to whom it was taken from, as of the business date: on the day
/// of the transfer as if it had not been, later as a change of its own.
///
/// # Errors
/// `conflict` when it is not done, or a customer has been moved again since.
pub async fn revert(bank: &Bank, actor: &Actor, transfer_id: Uuid, decision: &Decision) -> Result<Transfer> {
    actor.require(Verb::TransferRequest)?;
    let reason = reason(decision, false)?;
    let mut tx = bank.begin().await?;
    let held = hold(&mut tx, actor, transfer_id).await?;
    if !held.may_revert(actor) {
        return Err(Error::Denied { verb: Verb::TransferRequest, login: actor.login.clone() });
    }
    if held.state()? != TransferState::Done || held.role != AssignmentRole::Lead.code() {
        return Err(Error::new(Code::Conflict));
    }
    let items: Vec<(i64, Option<i32>, bool)> = sqlx::query_as(
        "select s.customer_id, i.from_staff_id, s.lead_staff_id is not distinct from i.to_staff_id
            and not exists (select from transfer_item later join transfer l using (transfer_id)
                            where later.customer_id = i.customer_id and l.done_at > t.done_at and l.state = 'done')
         from transfer t join transfer_item i using (transfer_id) join customer_summary s using (customer_id)
         where t.transfer_id = $1 order by s.customer_id for update of s",
    )
    .bind(transfer_id)
    .fetch_all(&mut *tx)
    .await?;
    let moved: Vec<i64> = items.iter().filter(|(_, _, same)| !same).map(|(id, ..)| *id).collect();
    if !moved.is_empty() {
        return Err(lost_race(&mut tx, &moved).await?);
    }
    let giving = Giving {
        transfer_id,
        role: AssignmentRole::Lead,
        at: actor.me.business_date.max(held.effective),
        reason: &reason,
        by: actor.user_ref(),
    };
    let ids: Vec<i64> = items.iter().map(|(id, ..)| *id).collect();
    let leads: Vec<Option<i32>> = items.iter().map(|(_, from, _)| *from).collect();
    apply::give_lead(&mut tx, &ids, &leads, &giving).await?;
    sqlx::query("update transfer set state = 'reverted', reverted_by = $2, reverted_at = now() where transfer_id = $1")
        .bind(transfer_id)
        .bind(actor.user_ref())
        .execute(&mut *tx)
        .await?;
    finish(tx, actor, Verb::TransferRequest, transfer_id, TransferState::Reverted, &reason).await
}

fn reason(decision: &Decision, needed: bool) -> Result<String> {
    let reason = decision.reason.trim();
    match reason.chars().count() {
        0 if needed => Err(Error::field("reason", Rule::Required)),
        long if long > REASON_MAX => Err(Error::field("reason", Rule::TooLong { max: REASON_MAX })),
        _ => Ok(reason.to_owned()),
    }
}

async fn finish(
    mut tx: Transaction<'static, Postgres>,
    actor: &Actor,
    verb: Verb,
    transfer_id: Uuid,
    state: TransferState,
    reason: &str,
) -> Result<Transfer> {
    let entry = Entry::done(verb, format!("transfer:{transfer_id}")).reason(reason).detail(json!({ "state": state }));
    audit::record(&mut tx, actor, entry).await?;
    apply::announce(&mut tx, actor, transfer_id, state).await?;
    let transfer = read::one(&mut tx, actor, transfer_id).await?;
    tx.commit().await?;
    Ok(transfer)
}

/// A transfer, locked until the transaction ends.
#[derive(sqlx::FromRow)]
struct Held {
    state: String,
    role: String,
    effective: chrono::NaiveDate,
    requested_by: i32,
    /// Every customer and the receiver are in the actor's units now.
    in_scope: bool,
}

/// # Errors
/// `not_found` for one that the actor may not see.
async fn hold(conn: &mut PgConnection, actor: &Actor, transfer_id: Uuid) -> Result<Held> {
    let (units, staff) = actor.scope.binds();
    let held: Held = sqlx::query_as(
        "select t.state, t.role, t.effective, t.requested_by,
            not exists (select from transfer_item i join customer_summary s using (customer_id) left join staff m on m.staff_id = i.to_staff_id
                        where i.transfer_id = t.transfer_id and (s.org_id <> all ($2) or m.org_id <> all ($2))) as in_scope
         from transfer t where t.transfer_id = $1 and (t.org_ids && $2 or t.requested_by = $4 or t.to_staff_id = $3)
         for update of t",
    )
    .bind(transfer_id)
    .bind(units)
    .bind(staff)
    .bind(actor.user_id)
    .fetch_one(conn)
    .await?;
    Ok(held)
}

impl Held {
    fn state(&self) -> Result<TransferState> {
        TransferState::from_code(&self.state).ok_or_else(|| Error::internal("unknown state of a transfer"))
    }

    /// Pending, somebody else's, and wholly in scope.
    fn decidable(&self, actor: &Actor) -> Result<()> {
        if !self.in_scope {
            return Err(Error::not_found());
        }
        if self.requested_by == actor.user_id {
            return Err(Error::Denied { verb: Verb::TransferDecide, login: actor.login.clone() });
        }
        if self.state()? == TransferState::Pending { Ok(()) } else { Err(Error::new(Code::Conflict)) }
    }

    fn may_revert(&self, actor: &Actor) -> bool {
        actor.role == Role::BranchManager && (self.in_scope || self.requested_by == actor.user_id)
    }
}
