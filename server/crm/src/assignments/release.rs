//! Who leaves stops assisting, and leaves nothing behind.

use std::collections::BTreeSet;

use guanhu_domain::{
    Rule,
    access::{Role, Verb},
    assignments::{Released, Releasing, TRANSFER_MAX, Transfer, TransferState},
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
    groups, idempotency, tiers,
};

/// Ends everything that a member of staff holds beside the customers in the own charge, from the business date on.
/// What is assisted in ends with one transfer to nobody: open tasks and opportunities there and the shares go back to
/// the leads. So do those on other customers; groups get another owner, and requests for tiers that wait are taken back. Nobody
/// gains a right by it, so that it needs nobody else.
///
/// # Errors
/// `not_found` for staff outside the actor's units; `invalid` when there is nothing to end, and on `heir` for somebody
/// without a login in the actor's units or with too many groups.
pub async fn release(bank: &Bank, actor: &Actor, asked: &Releasing, key: Uuid) -> Result<Released> {
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
    let mut released = Released { transfer: None, tasks: 0, opportunities: 0, groups: 0, tier_requests: 0 };
    if !customers.is_empty() {
        released.transfer = Some(end(&mut tx, actor, asked, leaver.staff_id, &customers).await?);
    }
    released.tasks = give_tasks(&mut tx, leaver.staff_id).await?;
    released.opportunities = give_opportunities(&mut tx, leaver.staff_id).await?;
    let user: Option<i32> =
        sqlx::query_scalar("select user_id from app_user where staff_id = $1").bind(leaver.staff_id).fetch_optional(&mut *tx).await?;
    if let Some(user) = user {
        let heir = heir(&mut tx, actor, asked).await?;
        released.groups = groups::hand_over(&mut tx, user, heir).await?;
        released.tier_requests = tiers::withdraw_requests(&mut tx, actor, user).await?;
    }
    let Released { tasks, opportunities, groups, tier_requests, .. } = released;
    if customers.is_empty() && tasks + opportunities + groups + tier_requests == 0 {
        return Err(Error::field("customers", Rule::Required));
    }
    let subject = match &released.transfer {
        Some(transfer) => format!("transfer:{}", transfer.id),
        None => format!("staff:{}", asked.from),
    };
    let entry = Entry::done(Verb::TransferRequest, subject).reason(reason).detail(json!({
        "customers": customers.len(), "from": asked.from, "role": AssignmentRole::Assist, "state": TransferState::Done,
        "tasks": tasks, "opportunities": opportunities, "groups": groups, "heir": asked.heir, "tier_requests": tier_requests,
    }));
    audit::record(&mut tx, actor, entry).await?;
    idempotency::answer(&mut tx, actor, key, &released).await?;
    tx.commit().await?;
    Ok(released)
}

/// The transfer to nobody.
async fn end(conn: &mut PgConnection, actor: &Actor, asked: &Releasing, staff_id: i32, customers: &[(i64, i32, i64)]) -> Result<Transfer> {
    let transfer_id = Uuid::now_v7();
    let today = actor.me.business_date;
    let reason = asked.reason.trim();
    insert(conn, actor, staff_id, customers, transfer_id, reason).await?;
    let giving = Giving { transfer_id, role: AssignmentRole::Assist, at: today, today, reason, by: actor.user_ref(), share: None };
    for part in customers.chunks(TRANSFER_MAX) {
        insert_items(conn, staff_id, part, transfer_id).await?;
        let ids: Vec<i64> = part.iter().map(|(id, ..)| *id).collect();
        give::end_assists(conn, &ids, staff_id, &giving).await?;
    }
    apply::announce(conn, actor, transfer_id, TransferState::Done).await?;
    read::one(conn, actor, transfer_id).await
}

/// Open tasks on customers whom the member of staff does not lead, to whoever leads them. How many.
async fn give_tasks(conn: &mut PgConnection, staff_id: i32) -> Result<i64> {
    let given = sqlx::query(
        "update task t set owner_staff_id = s.lead_staff_id, version = t.version + 1 from customer_summary s
         where t.owner_staff_id = $1 and t.state = 'open' and s.customer_id = t.customer_id and s.lead_staff_id is distinct from $1",
    )
    .bind(staff_id)
    .execute(conn)
    .await?;
    Ok(given.rows_affected() as i64)
}

/// Open opportunities of customers whom the member of staff does not lead, to whoever leads them. How many.
async fn give_opportunities(conn: &mut PgConnection, staff_id: i32) -> Result<i64> {
    let given = sqlx::query(
        "update opportunity o set owner_staff_id = s.lead_staff_id, version = o.version + 1 from customer_summary s
         where o.owner_staff_id = $1 and o.ended_on is null and s.customer_id = o.customer_id and s.lead_staff_id is distinct from $1",
    )
    .bind(staff_id)
    .execute(conn)
    .await?;
    Ok(given.rows_affected() as i64)
}

/// The user who gets the groups.
async fn heir(conn: &mut PgConnection, actor: &Actor, asked: &Releasing) -> Result<i32> {
    let Some(code) = asked.heir.as_deref().filter(|code| !code.is_empty()) else { return Ok(actor.user_id) };
    let (units, _) = actor.scope.binds();
    let found: Option<i32> = sqlx::query_scalar(
        "select u.user_id from app_user u join staff m using (staff_id)
         where m.code = $1 and m.code <> $2 and m.org_id = any($3) and u.granted_at is not null and u.disabled_at is null",
    )
    .bind(code)
    .bind(&asked.from)
    .bind(units)
    .fetch_optional(conn)
    .await?;
    found.ok_or_else(|| Error::field("heir", Rule::UnknownCode { value: code.to_owned() }))
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
