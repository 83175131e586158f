//! Who leaves stops assisting.

use std::collections::BTreeSet;

use guanhu_domain::{
    Rule,
    access::{Role, Verb},
    assignments::{Releasing, TRANSFER_MAX, Transfer, TransferState},
    customers::AssignmentRole,
};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    apply,
    give::{self, Giving},
    handover::leaver,
    read,
    request::REASON_MAX,
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    idempotency,
};

/// Ends everything that a member of staff assists in, from the business date on: one transfer to nobody. Open
/// tasks there and the shares go back to the leads. Nobody gains a right by it, so that it needs nobody else.
///
/// # Errors
/// `not_found` for staff outside the actor's units; `invalid` when there is nothing to end.
pub async fn release(bank: &Bank, actor: &Actor, asked: &Releasing, key: Uuid) -> Result<Transfer> {
    actor.require(Verb::TransferRequest)?;
    let reason = asked.reason.trim();
    match reason.chars().count() {
        0 => return Err(Error::field("reason", Rule::Required)),
        long if long > REASON_MAX => return Err(Error::field("reason", Rule::TooLong { max: REASON_MAX })),
        _ => {}
    }
    if actor.role != Role::BranchManager {
        return Err(Error::Denied { verb: Verb::TransferRequest, login: actor.login.clone() });
    }
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TransferRequest, asked).await? {
        return Ok(answer);
    }
    let leaver = leaver(&mut tx, actor, &asked.from).await?;
    let customers = assisted(&mut tx, leaver.staff_id).await?;
    if customers.is_empty() {
        return Err(Error::field("customers", Rule::Required));
    }
    let transfer_id = Uuid::now_v7();
    let today = actor.me.business_date;
    insert(&mut tx, actor, leaver.staff_id, &customers, transfer_id, reason).await?;
    let giving = Giving { transfer_id, role: AssignmentRole::Assist, at: today, today, reason, by: actor.user_ref(), share: None };
    for part in customers.chunks(TRANSFER_MAX) {
        insert_items(&mut tx, leaver.staff_id, part, transfer_id).await?;
        let ids: Vec<i64> = part.iter().map(|(id, ..)| *id).collect();
        give::end_assists(&mut tx, &ids, leaver.staff_id, &giving).await?;
    }
    let entry = Entry::done(Verb::TransferRequest, format!("transfer:{transfer_id}"))
        .reason(reason)
        .detail(json!({ "customers": customers.len(), "from": asked.from, "role": AssignmentRole::Assist, "state": TransferState::Done }));
    audit::record(&mut tx, actor, entry).await?;
    apply::announce(&mut tx, actor, transfer_id, TransferState::Done).await?;
    let answer = read::one(&mut tx, actor, transfer_id).await?;
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Whom a member of staff assists with, of any unit: key, unit and AUM; locked in order of their keys.
async fn assisted(conn: &mut PgConnection, staff_id: i32) -> Result<Vec<(i64, i32, i64)>> {
    Ok(sqlx::query_as(
        "select s.customer_id, s.org_id, s.aum from customer_summary s
         where s.assist_staff_ids <> '{}' and s.assist_staff_ids @> array[$1] order by s.customer_id for update of s",
    )
    .bind(staff_id)
    .fetch_all(conn)
    .await?)
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    actor: &Actor,
    staff_id: i32,
    customers: &[(i64, i32, i64)],
    transfer_id: Uuid,
    reason: &str,
) -> Result<()> {
    let units: BTreeSet<i32> = customers.iter().map(|(_, unit, _)| *unit).collect();
    sqlx::query(
        "insert into transfer (transfer_id, state, role, receivers, reason, effective, org_ids, customers, aum, requested_by, done_at, done_on)
         values ($1, 'done', 'assist', 0, $2, $3, array(select unnest($4::int[])
             union select org_id from staff where staff_id = $5), $6, $7, $8, clock_timestamp(), $3)",
    )
    .bind(transfer_id)
    .bind(reason)
    .bind(actor.me.business_date)
    .bind(units.into_iter().collect::<Vec<_>>())
    .bind(staff_id)
    .bind(customers.len() as i32)
    .bind(customers.iter().map(|(.., aum)| aum).sum::<i64>())
    .bind(actor.user_id)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert_items(conn: &mut PgConnection, staff_id: i32, customers: &[(i64, i32, i64)], transfer_id: Uuid) -> Result<()> {
    let (ids, aums): (Vec<i64>, Vec<i64>) = customers.iter().map(|(id, _, aum)| (*id, *aum)).unzip();
    sqlx::query(
        "insert into transfer_item (customer_id, transfer_id, from_staff_id, aum, is_open)
         select customer_id, $1, $2, aum, false from unnest($3::bigint[], $4::bigint[]) as t (customer_id, aum)",
    )
    .bind(transfer_id)
    .bind(staff_id)
    .bind(ids)
    .bind(aums)
    .execute(conn)
    .await?;
    Ok(())
}
