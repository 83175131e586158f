//! What was agreed takes effect: at once or when its date comes, told to everybody concerned.

use chrono::{Datelike, NaiveDate};
use guanhu_domain::{
    Code,
    access::Verb,
    assignments::{Stopped, TransferState},
    customers::AssignmentRole,
    live::NAMED_MAX,
};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    give::{self, Giving, Obstacle},
    plan::{self, Row, lost_race},
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
};

/// Tells the screens of everybody concerned: [`crate::live`] reads it back and tells each listener no more
/// than that listener may know. Keys, not codes: scopes are keys.
pub(super) async fn announce(conn: &mut PgConnection, actor: &Actor, transfer_id: Uuid, state: TransferState) -> Result<()> {
    let (topic, back) = match state {
        TransferState::Done => ("assignment.changed", false),
        TransferState::Reverted => ("assignment.changed", true),
        _ => ("transfer.changed", false),
    };
    sqlx::query(
        "insert into outbox_event (topic, org_ids, payload)
         select $2, t.org_ids, jsonb_build_object('transfer', t.transfer_id, 'state', $3::text, 'by', $4::text, 'more', t.customers > $6,
             'customers', coalesce((select jsonb_agg(jsonb_build_array(x.customer_id, x.org_id, x.was, x.now, to_jsonb(x.assists))) from (
                 select i.customer_id, s.org_id,
                     case when t.role = 'assist' then s.lead_staff_id when $5 then i.to_staff_id else i.from_staff_id end as was,
                     case when t.role = 'assist' then s.lead_staff_id when $5 then i.from_staff_id else i.to_staff_id end as now,
                     case when t.role = 'assist' then s.assist_staff_ids || coalesce(i.to_staff_id, i.from_staff_id) else s.assist_staff_ids end as assists
                 from transfer_item i join customer_summary s using (customer_id)
                 where i.transfer_id = t.transfer_id order by i.customer_id limit $6) x), '[]'),
             'people', coalesce((select jsonb_agg(jsonb_build_array(m.staff_id, m.code, m.name, m.org_id)) from staff m where m.staff_id in (
                 select i.from_staff_id from transfer_item i where i.transfer_id = t.transfer_id
                 union select i.to_staff_id from transfer_item i where i.transfer_id = t.transfer_id
                 union select s.lead_staff_id from transfer_item i join customer_summary s using (customer_id)
                     where i.transfer_id = t.transfer_id and t.role = 'assist')), '[]'),
             'pools', coalesce((select jsonb_agg(distinct s.org_id) from transfer_item i join customer_summary s using (customer_id)
                 where i.transfer_id = t.transfer_id and t.role = 'lead' and (i.from_staff_id is null or i.to_staff_id is null)), '[]'))
         from transfer t where t.transfer_id = $1",
    )
    .bind(transfer_id)
    .bind(topic)
    .bind(state.code())
    .bind(&actor.name)
    .bind(back)
    .bind(NAMED_MAX as i32)
    .execute(conn)
    .await?;
    Ok(())
}

/// A customer who is in another's charge without a transfer, and who led it before.
#[derive(sqlx::FromRow)]
pub(crate) struct Charged {
    pub customer_id: i64,
    pub was: Option<i32>,
    /// Was it there before? A new one comes out of no pool.
    pub known: bool,
}

/// The same of these. Their summaries say who leads them now.
pub(crate) async fn announce_charge(conn: &mut PgConnection, by: &str, changed: &[Charged]) -> Result<()> {
    let ids: Vec<i64> = changed.iter().map(|one| one.customer_id).collect();
    let were: Vec<Option<i32>> = changed.iter().map(|one| one.was).collect();
    let known: Vec<bool> = changed.iter().map(|one| one.known).collect();
    sqlx::query(
        "with changed as materialized (
             select c.at, c.known, s.customer_id, s.org_id, c.was, s.lead_staff_id as now, s.assist_staff_ids
             from unnest($1::bigint[], $2::int[], $6::bool[]) with ordinality c (customer_id, was, known, at) join customer_summary s using (customer_id))
         insert into outbox_event (topic, org_ids, payload)
         select 'assignment.changed', array(select distinct org_id from changed),
             jsonb_build_object('transfer', $3::uuid, 'state', 'done', 'by', $4::text, 'more', cardinality($1) > $5,
             'customers', (select jsonb_agg(jsonb_build_array(customer_id, org_id, was, now, to_jsonb(assist_staff_ids))) from changed where at <= $5),
             'people', coalesce((select jsonb_agg(jsonb_build_array(m.staff_id, m.code, m.name, m.org_id)) from staff m
                 where m.staff_id in (select was from changed union select now from changed)), '[]'),
             'pools', coalesce((select jsonb_agg(distinct org_id) from changed where known and was is distinct from now and (was is null or now is null)), '[]'))
         where exists (select from changed)",
    )
    .bind(ids)
    .bind(were)
    .bind(Uuid::now_v7())
    .bind(by)
    .bind(NAMED_MAX as i32)
    .bind(known)
    .execute(conn)
    .await?;
    Ok(())
}

/// Brings into effect what was agreed for a date that has come. How many transfers.
///
/// One whose customers have changed hands meanwhile, or whose receiver has left, is rejected with that as
/// the reason, so that it is asked for again by somebody who knows. One that fails for another reason is
/// logged and tried again the next time; the others do not wait for it.
pub async fn run_due(bank: &Bank) -> Result<usize> {
    let mut failed: Vec<Uuid> = Vec::new();
    let mut run = 0;
    loop {
        let mut tx = bank.begin().await?;
        let due: Option<Uuid> = sqlx::query_scalar(
            "select t.transfer_id from transfer t, bank b
             where t.state = 'approved' and t.effective <= b.business_date and t.transfer_id <> all($1)
             order by t.effective, t.requested_at limit 1 for update of t skip locked",
        )
        .bind(&failed)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(transfer_id) = due else { return Ok(run) };
        match run_one(&mut tx, transfer_id).await {
            Ok(()) => {
                tx.commit().await?;
                run += 1;
            }
            Err(error) => {
                tracing::error!(%error, transfer = %transfer_id, "a transfer was not brought into effect");
                failed.push(transfer_id);
                tx.rollback().await?;
            }
        }
    }
}

/// The transfer is locked, and approved.
async fn run_one(conn: &mut PgConnection, transfer_id: Uuid) -> Result<()> {
    let actor = Actor::system();
    let batched: bool =
        sqlx::query_scalar("select batched from transfer where transfer_id = $1").bind(transfer_id).fetch_one(&mut *conn).await?;
    if batched {
        start(conn, transfer_id, None).await?;
        let entry = Entry::done(Verb::TransferDecide, format!("transfer:{transfer_id}"));
        audit::record(conn, &actor, entry.detail(json!({ "state": TransferState::Running }))).await?;
        return announce(conn, &actor, transfer_id, TransferState::Running).await;
    }
    let (state, reason) = match carry_out(conn, &actor, transfer_id).await? {
        None => (TransferState::Done, ""),
        Some(Obstacle { stopped, .. }) => {
            close(conn, transfer_id, TransferState::Rejected, Closing::Stopped(stopped)).await?;
            (TransferState::Rejected, stopped.code())
        }
    };
    let entry = Entry::done(Verb::TransferDecide, format!("transfer:{transfer_id}")).reason(reason).detail(json!({ "state": state }));
    audit::record(conn, &actor, entry).await?;
    announce(conn, &actor, transfer_id, state).await
}

/// From now on its batches are moved. `by` agreed to it just now, if anybody.
pub(super) async fn start(conn: &mut PgConnection, transfer_id: Uuid, by: Option<i32>) -> Result<()> {
    sqlx::query(
        "update transfer set state = 'running', started_at = clock_timestamp(), decided_by = coalesce($2, decided_by),
             decided_at = case when $2 is null then decided_at else now() end where transfer_id = $1",
    )
    .bind(transfer_id)
    .bind(by)
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Agreed {
    role: String,
    effective: NaiveDate,
    reason: String,
    requested_by: i32,
    reverts: Option<Uuid>,
    share: Option<i16>,
    business_date: NaiveDate,
}

/// Gives the customers of an agreed transfer and closes it as done. The obstacle instead, with nothing
/// written, where a customer has another lead than when it was asked for, or a receiver does not serve.
pub(super) async fn carry_out(conn: &mut PgConnection, actor: &Actor, transfer_id: Uuid) -> Result<Option<Obstacle>> {
    let agreed: Agreed = sqlx::query_as(
        "select t.role, t.effective, t.reason, t.requested_by, t.reverts, t.share, b.business_date from transfer t, bank b where t.transfer_id = $1",
    )
    .bind(transfer_id)
    .fetch_one(&mut *conn)
    .await?;
    let role = AssignmentRole::from_code(&agreed.role).ok_or_else(|| Error::internal("unknown role of a transfer"))?;
    if let Some(original) = agreed.reverts {
        let undoing = Undoing { original, reason: &agreed.reason, by: Some(agreed.requested_by), today: agreed.business_date };
        if let Some(obstacle) = undo(conn, undoing).await? {
            return Ok(Some(obstacle));
        }
    } else {
        let items: Vec<(i64, Option<i32>, bool)> = sqlx::query_as(
            "select s.customer_id, i.to_staff_id, s.lead_staff_id is not distinct from i.from_staff_id
             from transfer_item i join customer_summary s using (customer_id) where i.transfer_id = $1 order by s.customer_id for update of s",
        )
        .bind(transfer_id)
        .fetch_all(&mut *conn)
        .await?;
        let moved: Vec<i64> = items.iter().filter(|(.., same)| !same).map(|(id, ..)| *id).collect();
        if !moved.is_empty() {
            return Ok(Some(Obstacle { stopped: Stopped::ChangedHands, error: lost_race(conn, &moved).await? }));
        }
        let giving = Giving {
            transfer_id,
            role,
            at: first_day(agreed.effective, agreed.business_date),
            today: agreed.business_date,
            reason: &agreed.reason,
            by: Some(agreed.requested_by),
            share: share(agreed.share),
        };
        let (ids, to): (Vec<i64>, Vec<Option<i32>>) = items.into_iter().map(|(id, to, _)| (id, to)).unzip();
        if let Some(obstacle) = give::obstacle(conn, &ids, &to, &giving).await? {
            return Ok(Some(obstacle));
        }
        give::give(conn, &ids, &to, &giving).await?;
    }
    close(conn, transfer_id, TransferState::Done, Closing::By(actor.user_ref(), "")).await?;
    Ok(None)
}

/// As the table keeps it.
pub(super) fn share(kept: Option<i16>) -> Option<u8> {
    kept.and_then(|share| u8::try_from(share).ok())
}

/// A month that closed while a transfer waited stays as it was closed.
pub(super) fn first_day(effective: NaiveDate, today: NaiveDate) -> NaiveDate {
    effective.max(today.with_day(1).unwrap_or(today))
}

/// Taking a transfer back.
pub(super) struct Undoing<'a> {
    pub original: Uuid,
    pub reason: &'a str,
    pub by: Option<i32>,
    pub today: NaiveDate,
}

/// Gives every customer of a transfer back to whom it was taken from, and marks the transfer: on the business
/// date on which it took effect as if it had not been, later as a change of its own. Of a transfer of assistants: who
/// was given ends, who ended assists again.
pub(super) async fn undo(conn: &mut PgConnection, undoing: Undoing<'_>) -> Result<Option<Obstacle>> {
    let Undoing { original, reason, by, today } = undoing;
    let (effective, done_on, role): (NaiveDate, Option<NaiveDate>, String) =
        sqlx::query_as("select effective, done_on, role from transfer where transfer_id = $1 and state = 'done' for update")
            .bind(original)
            .fetch_one(&mut *conn)
            .await?;
    let role = AssignmentRole::from_code(&role).ok_or_else(|| Error::internal("unknown role of a transfer"))?;
    let rows = plan::of_transfer(conn, original).await?;
    if role == AssignmentRole::Assist {
        if !give::assists_changed(conn, original).await?.is_empty() {
            return Ok(Some(Obstacle { stopped: Stopped::ChangedHands, error: Error::new(Code::Conflict) }));
        }
    } else {
        let moved = moved_since(conn, original, &rows).await?;
        if !moved.is_empty() {
            return Ok(Some(Obstacle { stopped: Stopped::ChangedHands, error: lost_race(conn, &moved).await? }));
        }
    }
    // Who assisted beside a lead does not get anybody back.
    let receivers: Vec<Option<i32>> = sqlx::query_scalar(
        "select distinct i.from_staff_id from transfer t join transfer_item i using (transfer_id)
         where t.transfer_id = $1 and (t.role = 'lead' or i.to_staff_id is null)",
    )
    .bind(original)
    .fetch_all(&mut *conn)
    .await?;
    if !give::serve(conn, &receivers).await? {
        return Ok(Some(Obstacle { stopped: Stopped::ReceiverLeft, error: plan::not_serving("to") }));
    }
    let at = if done_on == Some(today) { first_day(effective, today) } else { today };
    let giving = Giving { transfer_id: original, role, at, today, reason, by, share: None };
    let ids: Vec<i64> = rows.iter().map(|row| row.customer_id).collect();
    give::take_back(conn, original, &ids, &giving).await?;
    reverted(conn, original, by, reason).await?;
    Ok(None)
}

/// Marks a transfer as taken back: by whom and why.
pub(super) async fn reverted(conn: &mut PgConnection, original: Uuid, by: Option<i32>, reason: &str) -> Result<()> {
    sqlx::query("update transfer set state = 'reverted', reverted_by = $2, reverted_at = now(), revert_reason = $3 where transfer_id = $1")
        .bind(original)
        .bind(by)
        .bind(reason)
        .execute(conn)
        .await?;
    Ok(())
}

/// Customers of a transfer who are not with whom it gave them to any more, or were given again since.
/// `rows` are locked.
pub(super) async fn moved_since(conn: &mut PgConnection, transfer_id: Uuid, rows: &[Row]) -> Result<Vec<i64>> {
    let (ids, leads): (Vec<i64>, Vec<Option<i32>>) = rows.iter().map(|row| (row.customer_id, row.lead_staff_id)).unzip();
    moved_on(conn, transfer_id, &ids, &leads).await
}

/// The same by keys and leads.
pub(super) async fn moved_on(conn: &mut PgConnection, transfer_id: Uuid, ids: &[i64], leads: &[Option<i32>]) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar(
        "select i.customer_id from transfer t join transfer_item i using (transfer_id)
         join unnest($2::bigint[], $3::int[]) as s (customer_id, lead) using (customer_id)
         where t.transfer_id = $1 and i.customer_id = any($2) and (s.lead is distinct from i.to_staff_id
             or exists (select from transfer_item x join transfer l using (transfer_id)
                        where x.customer_id = i.customer_id and not x.left_out and l.state in ('done', 'cancelled') and l.role = 'lead' and l.reverts is null and l.done_at > t.done_at))
         order by 1",
    )
    .bind(transfer_id)
    .bind(ids)
    .bind(leads)
    .fetch_all(conn)
    .await?)
}

/// Who ended a transfer and why, or what did.
pub(super) enum Closing<'a> {
    /// Decided it, unless somebody had.
    By(Option<i32>, &'a str),
    /// Recalled or stopped it.
    Ended(Option<i32>, &'a str),
    Stopped(Stopped),
}

/// Ends an open transfer in a state: how many customers its batches moved. Whoever decided it before stays the one who did;
/// customers whose turn did not come are left out.
pub(super) async fn close(conn: &mut PgConnection, transfer_id: Uuid, state: TransferState, closing: Closing<'_>) -> Result<i32> {
    let ended = matches!(closing, Closing::Ended(..));
    let (by, reason, stopped) = match closing {
        Closing::By(by, reason) | Closing::Ended(by, reason) => (by, reason, None),
        Closing::Stopped(stopped) => (None, "", Some(stopped.code())),
    };
    Ok(sqlx::query_scalar(
        "with items as (update transfer_item set is_open = false, left_out = $2 = 'cancelled' where transfer_id = $1 and is_open)
         update transfer t set state = $2, decided_by = case when $6 then decided_by else coalesce(decided_by, $3) end,
             decided_at = case when $6 then decided_at else coalesce(decided_at, now()) end,
             decision_reason = case when $6 or $4 = '' then decision_reason else $4 end, stopped = $5,
             ended_by = case when $6 then $3 end, ended_at = case when $6 then now() end, ended_reason = case when $6 then $4 else '' end,
             moved = n.moved, left_out = case when $2 = 'cancelled' then customers - n.moved else n.left_out end,
             done_at = case when $2 = 'done' or n.moved > 0 then clock_timestamp() end,
             done_on = case when $2 = 'done' or n.moved > 0 then (select business_date from bank) end
         from (select count(*) filter (where not left_out)::int as moved, count(*) filter (where left_out)::int as left_out
               from transfer_item where transfer_id = $1 and not is_open and (select batched from transfer where transfer_id = $1)) n
         where transfer_id = $1 returning n.moved",
    )
    .bind(transfer_id)
    .bind(state.code())
    .bind(by)
    .bind(reason)
    .bind(stopped)
    .bind(ended)
    .fetch_one(conn)
    .await?)
}
