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
    apply::{self, Closing, Undoing, moved_since},
    bulk, give,
    plan::{self, Plan, lost_race},
    read::{self, in_scope, sees},
    request::{self, Words},
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    idempotency,
};

const REASON_MAX: usize = 500;

/// Agrees to a pending transfer. It takes effect at once, in batches from now on, or on its date.
///
/// # Errors
/// `not_found` unless every unit concerned is in the actor's scope now; `forbidden` for the own request;
/// `conflict` when it is not pending any more, or a customer has changed hands meanwhile.
pub async fn approve(bank: &Bank, actor: &Actor, transfer_id: Uuid, key: Uuid) -> Result<Transfer> {
    actor.require(Verb::TransferDecide)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TransferDecide, &("approve", transfer_id)).await? {
        return Ok(answer);
    }
    let held = hold(&mut tx, actor, transfer_id).await?;
    held.decidable(actor)?;
    let state = if held.effective <= actor.me.business_date && held.batched {
        apply::start(&mut tx, transfer_id, Some(actor.user_id)).await?;
        TransferState::Running
    } else if held.effective <= actor.me.business_date {
        if let Some(obstacle) = apply::carry_out(&mut tx, actor, transfer_id).await? {
            return Err(obstacle.error);
        }
        TransferState::Done
    } else {
        sqlx::query("update transfer set state = 'approved', decided_by = $2, decided_at = now() where transfer_id = $1")
            .bind(transfer_id)
            .bind(actor.user_id)
            .execute(&mut *tx)
            .await?;
        TransferState::Approved
    };
    finish(tx, actor, Verb::TransferDecide, transfer_id, state, "", key).await
}

/// Refuses a pending transfer, with the reason that the requester will read.
pub async fn reject(bank: &Bank, actor: &Actor, transfer_id: Uuid, decision: &Decision, key: Uuid) -> Result<Transfer> {
    actor.require(Verb::TransferDecide)?;
    let reason = reason(decision, true)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TransferDecide, &("reject", transfer_id, &reason)).await? {
        return Ok(answer);
    }
    hold(&mut tx, actor, transfer_id).await?.decidable(actor)?;
    apply::close(&mut tx, transfer_id, TransferState::Rejected, Closing::By(actor.user_ref(), &reason)).await?;
    finish(tx, actor, Verb::TransferDecide, transfer_id, TransferState::Rejected, &reason, key).await
}

/// Takes the own request back before it takes effect.
pub async fn recall(bank: &Bank, actor: &Actor, transfer_id: Uuid, decision: &Decision, key: Uuid) -> Result<Transfer> {
    actor.require(Verb::TransferRequest)?;
    let reason = reason(decision, false)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TransferRequest, &("recall", transfer_id, &reason)).await? {
        return Ok(answer);
    }
    let held = hold(&mut tx, actor, transfer_id).await?;
    if held.requested_by != actor.user_id {
        return Err(Error::Denied { verb: Verb::TransferRequest, login: actor.login.clone() });
    }
    if !matches!(held.state()?, TransferState::Pending | TransferState::Approved) {
        return Err(Error::new(Code::Conflict));
    }
    apply::close(&mut tx, transfer_id, TransferState::Recalled, Closing::Ended(actor.user_ref(), &reason)).await?;
    finish(tx, actor, Verb::TransferRequest, transfer_id, TransferState::Recalled, &reason, key).await
}

/// Stops a transfer while it is under way: what has moved stays moved, the others stay where they are. For whoever
/// asked for it, and for the head of a branch with every unit concerned in scope.
///
/// # Errors
/// `conflict` when it is not under way any more.
pub async fn cancel(bank: &Bank, actor: &Actor, transfer_id: Uuid, decision: &Decision, key: Uuid) -> Result<Transfer> {
    actor.require(Verb::TransferRequest)?;
    let reason = reason(decision, false)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TransferRequest, &("cancel", transfer_id, &reason)).await? {
        return Ok(answer);
    }
    let held = hold(&mut tx, actor, transfer_id).await?;
    if held.requested_by != actor.user_id && !(actor.role == Role::BranchManager && held.in_scope) {
        return Err(Error::Denied { verb: Verb::TransferRequest, login: actor.login.clone() });
    }
    if held.state()? != TransferState::Running {
        return Err(Error::new(Code::Conflict));
    }
    apply::close(&mut tx, transfer_id, TransferState::Cancelled, Closing::Ended(actor.user_ref(), &reason)).await?;
    finish(tx, actor, Verb::TransferRequest, transfer_id, TransferState::Cancelled, &reason, key).await
}

/// Gives every customer of a transfer back to whom it was taken from: the transfer, `reverted`. Where moving
/// them back needs a second person, as any move would, it is asked for instead: a transfer of its own, `pending`.
/// So it is where they were moved in batches, as far as they were: they are given back in batches. Of a transfer of
/// assistants that was not moved in batches who was given ends, and who ended assists again; tasks and opportunities
/// that went to the lead stay there.
///
/// # Errors
/// `not_found` unless every unit concerned is in the actor's scope now; `conflict` when it is not done, or a
/// customer has been moved again or is in an open transfer; `invalid` when a former lead does not serve any more.
pub async fn revert(bank: &Bank, actor: &Actor, transfer_id: Uuid, decision: &Decision, key: Uuid) -> Result<Transfer> {
    actor.require(Verb::TransferRequest)?;
    let reason = reason(decision, false)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TransferRequest, &("revert", transfer_id, &reason)).await? {
        return Ok(answer);
    }
    let held = hold(&mut tx, actor, transfer_id).await?;
    if actor.role != Role::BranchManager {
        return Err(Error::Denied { verb: Verb::TransferRequest, login: actor.login.clone() });
    }
    if !held.in_scope {
        return Err(Error::not_found());
    }
    let moved = match held.state()? {
        TransferState::Done => true,
        TransferState::Cancelled => held.moved > 0,
        _ => false,
    };
    let role = AssignmentRole::from_code(&held.role).ok_or_else(|| Error::internal("unknown role of a transfer"))?;
    if !moved || held.reverts.is_some() || !read::goes_back(role, held.keeps_assists, held.batched, held.customers) {
        return Err(Error::new(Code::Conflict));
    }
    if held.batched {
        let asked = bulk::way_back(&mut tx, actor, transfer_id, &reason).await?;
        idempotency::answer(&mut tx, actor, key, &asked).await?;
        tx.commit().await?;
        return Ok(asked);
    }
    let plan = match role {
        AssignmentRole::Lead => way_back(&mut tx, actor, transfer_id).await?,
        AssignmentRole::Assist => assists_back(&mut tx, actor, transfer_id).await?,
    };
    if plan.because.is_empty() {
        let undoing = Undoing { original: transfer_id, reason: &reason, by: actor.user_ref(), today: actor.me.business_date };
        if let Some(obstacle) = apply::undo(&mut tx, undoing).await? {
            return Err(obstacle.error);
        }
        return finish(tx, actor, Verb::TransferRequest, transfer_id, TransferState::Reverted, &reason, key).await;
    }
    if reason.is_empty() {
        return Err(Error::field("reason", Rule::Required));
    }
    let notes = vec![String::new(); plan.rows.len()];
    let words = Words { role, reason: &reason, to: "", notes, reverts: Some(transfer_id), share: None };
    let asked = request::commit(&mut tx, actor, &plan, words).await?;
    idempotency::answer(&mut tx, actor, key, &asked).await?;
    tx.commit().await?;
    Ok(asked)
}

/// Moving a transfer's customers back, weighed as any move is.
async fn way_back(conn: &mut PgConnection, actor: &Actor, transfer_id: Uuid) -> Result<Plan> {
    let rows = plan::of_transfer(conn, transfer_id).await?;
    let moved = moved_since(conn, transfer_id, &rows).await?;
    if !moved.is_empty() {
        return Err(lost_race(conn, &moved).await?);
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.customer_id).collect();
    plan::refuse_open(conn, &ids).await?;
    let leads: Vec<Option<i32>> =
        sqlx::query_scalar("select from_staff_id from transfer_item where transfer_id = $1 and customer_id = any($2) order by customer_id")
            .bind(transfer_id)
            .bind(&ids)
            .fetch_all(&mut *conn)
            .await?;
    let receivers = plan::receivers_by_id(conn, &leads).await?;
    Plan::new(conn, actor, rows, leads, receivers, actor.me.business_date).await
}

/// Taking back a transfer of assistants: whoever assists again is weighed as who is made an assistant; that somebody
/// ends needs nobody else.
async fn assists_back(conn: &mut PgConnection, actor: &Actor, transfer_id: Uuid) -> Result<Plan> {
    let rows = plan::of_transfer(conn, transfer_id).await?;
    if !give::assists_changed(conn, transfer_id).await?.is_empty() {
        return Err(Error::new(Code::Conflict));
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.customer_id).collect();
    plan::refuse_open(conn, &ids).await?;
    let again: Vec<Option<i32>> = sqlx::query_scalar(
        "select case when to_staff_id is null then from_staff_id end from transfer_item
         where transfer_id = $1 and customer_id = any($2) order by customer_id",
    )
    .bind(transfer_id)
    .bind(&ids)
    .fetch_all(&mut *conn)
    .await?;
    let effective = actor.me.business_date;
    if again.iter().all(Option::is_none) {
        return Ok(Plan { rows, targets: again, receivers: Vec::new(), effective, because: Vec::new() });
    }
    let receivers = plan::receivers_by_id(conn, &again).await?;
    Ok(Plan::new(conn, actor, rows, again, receivers, effective).await?.of(AssignmentRole::Assist))
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
    key: Uuid,
) -> Result<Transfer> {
    let entry = Entry::done(verb, format!("transfer:{transfer_id}")).reason(reason).detail(json!({ "state": state }));
    audit::record(&mut tx, actor, entry).await?;
    apply::announce(&mut tx, actor, transfer_id, state).await?;
    let transfer = read::one(&mut tx, actor, transfer_id).await?;
    idempotency::answer(&mut tx, actor, key, &transfer).await?;
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
    reverts: Option<Uuid>,
    batched: bool,
    keeps_assists: bool,
    customers: i32,
    moved: i32,
    /// Every customer, who had it and who receives it are in the actor's units now.
    in_scope: bool,
}

/// # Errors
/// `not_found` for one that the actor may not see.
async fn hold(conn: &mut PgConnection, actor: &Actor, transfer_id: Uuid) -> Result<Held> {
    let (units, staff) = actor.scope.binds();
    let held: Held = sqlx::query_as(concat!(
        "select t.state, t.role, t.effective, t.requested_by, t.reverts, t.batched, t.keeps_assists, t.customers, t.moved, ",
        in_scope!(),
        " as in_scope
         from transfer t where t.transfer_id = $4 and ",
        sees!(),
        " for update of t"
    ))
    .bind(units)
    .bind(staff)
    .bind(actor.user_id)
    .bind(transfer_id)
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
}
