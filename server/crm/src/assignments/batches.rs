//! Carrying out transfers of many customers: batch after batch, each whole in a transaction of its own. Whichever
//! server holds the transfer moves its next batches; if it stops, another goes on with whoever is left.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use futures::future::join_all;
use guanhu_domain::{
    access::Verb,
    assignments::{Stopped, TransferState},
    customers::AssignmentRole,
    live::NAMED_MAX,
};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    apply::{self, Closing, close, first_day},
    give::{self, Giving},
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
};

/// Customers of a batch: short enough that nobody waits for it.
const BATCH: i64 = 1_000;

/// Batches of one transfer that are moved beside each other. Each is bound by what one core of the database does.
const BESIDE: usize = 2;

/// A transfer under way, held for its next batches.
#[derive(sqlx::FromRow)]
struct Run {
    transfer_id: Uuid,
    role: String,
    effective: NaiveDate,
    reason: String,
    requested_by: i32,
    asker: String,
    reverts: Option<Uuid>,
    share: Option<i16>,
    /// How the transfer taken back was dated, and on which day it was brought into effect.
    original_effective: Option<NaiveDate>,
    original_done_on: Option<NaiveDate>,
    run_after: i64,
    business_date: NaiveDate,
}

#[derive(sqlx::FromRow)]
struct Item {
    customer_id: i64,
    from_staff_id: Option<i32>,
    to_staff_id: Option<i32>,
    /// Null: there is no such customer any more.
    there: Option<bool>,
    lead_staff_id: Option<i32>,
}

/// What became of a batch.
enum Outcome {
    Moved { moved: usize, left_out: usize },
    ReceiverLeft,
}

/// What became of a transfer's turn.
struct Turn {
    batches: usize,
    failed: Option<Error>,
}

/// Moves batches until no transfer is under way that another server does not hold, some of each in turn: a few
/// customers do not wait for a million. How many batches.
///
/// # Errors
/// The first failure, after every other transfer was given its turn; the failed batch left nothing behind and is
/// tried again by the next call.
pub async fn run_batches(bank: &Bank) -> Result<usize> {
    let mut failed: Vec<Uuid> = Vec::new();
    let mut first = None;
    let mut batches = 0;
    loop {
        let mut hold = bank.begin().await?;
        let Some(run) = next(&mut hold, &failed).await? else { break };
        let turn = match turn(bank, &mut hold, &run).await {
            Ok(turn) => {
                hold.commit().await?;
                turn
            }
            Err(error) => {
                hold.rollback().await?;
                Turn { batches: 0, failed: Some(error) }
            }
        };
        batches += turn.batches;
        if let Some(error) = turn.failed {
            tracing::error!(%error, transfer = %run.transfer_id, "a batch of a transfer was not moved");
            failed.push(run.transfer_id);
            first.get_or_insert(error);
        }
    }
    first.map_or(Ok(batches), Err)
}

/// Held as anything may be that others only refer to: what a batch writes names its transfer.
async fn next(conn: &mut PgConnection, failed: &[Uuid]) -> Result<Option<Run>> {
    Ok(sqlx::query_as(
        "select t.transfer_id, t.role, t.effective, t.reason, t.requested_by, u.name as asker, t.reverts, t.share, t.run_after, b.business_date,
             o.effective as original_effective, o.done_on as original_done_on
         from transfer t cross join bank b join app_user u on u.user_id = t.requested_by left join transfer o on o.transfer_id = t.reverts
         where t.state = 'running' and t.transfer_id <> all($1) order by t.batch_at nulls first, t.started_at limit 1 for no key update of t skip locked",
    )
    .bind(failed)
    .fetch_optional(conn)
    .await?)
}

/// The next batches of a transfer beside each other, or its end. Each is a transaction of its own, and nobody's customers are
/// held while one waits for another. What stops between a batch and this transaction's end is counted when the transfer
/// [closes](close).
async fn turn(bank: &Bank, hold: &mut PgConnection, run: &Run) -> Result<Turn> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "select customer_id from transfer_item where transfer_id = $1 and customer_id > $2 and is_open order by customer_id limit $3",
    )
    .bind(run.transfer_id)
    .bind(run.run_after)
    .bind(BATCH * BESIDE as i64)
    .fetch_all(&mut *hold)
    .await?;
    let Some(last) = ids.last() else {
        finish(hold, run).await?;
        return Ok(Turn { batches: 1, failed: None });
    };
    let outcomes = join_all(ids.chunks(BATCH as usize).map(|ids| batch(bank, run, ids))).await;
    let mut turn = Turn { batches: 0, failed: None };
    let (mut moved, mut left_out, mut receiver_left) = (0, 0, false);
    for outcome in outcomes {
        match outcome {
            Ok(Outcome::Moved { moved: more, left_out: out }) => {
                turn.batches += 1;
                moved += more;
                left_out += out;
            }
            Ok(Outcome::ReceiverLeft) => receiver_left = true,
            Err(error) => turn.failed = turn.failed.or(Some(error)),
        }
    }
    let run_after = if turn.failed.is_none() { *last } else { run.run_after };
    sqlx::query(
        "update transfer set run_after = $2, moved = moved + $3, left_out = left_out + $4, batch_at = clock_timestamp() where transfer_id = $1",
    )
    .bind(run.transfer_id)
    .bind(run_after)
    .bind(moved as i32)
    .bind(left_out as i32)
    .execute(&mut *hold)
    .await?;
    if receiver_left {
        stop(hold, run).await?;
        turn.batches += 1;
    }
    Ok(turn)
}

async fn batch(bank: &Bank, run: &Run, ids: &[i64]) -> Result<Outcome> {
    let mut tx = bank.begin().await?;
    let outcome = moved(&mut tx, run, ids).await?;
    tx.commit().await?;
    Ok(outcome)
}

async fn moved(conn: &mut PgConnection, run: &Run, ids: &[i64]) -> Result<Outcome> {
    // A server that was given up for lost may still be at them.
    let items: Vec<Item> = sqlx::query_as(
        "with batch as materialized (
             select customer_id, from_staff_id, to_staff_id from transfer_item where transfer_id = $1 and customer_id = any($2) and is_open
             order by customer_id for update
         ), held as (
             select s.customer_id, s.lead_staff_id from customer_summary s where s.customer_id in (select customer_id from batch)
             order by s.customer_id for update
         )
         select b.customer_id, b.from_staff_id, b.to_staff_id, h.customer_id is not null as there, h.lead_staff_id
         from batch b left join held h using (customer_id) order by b.customer_id",
    )
    .bind(run.transfer_id)
    .bind(ids)
    .fetch_all(&mut *conn)
    .await?;
    let role = AssignmentRole::from_code(&run.role).ok_or_else(|| Error::internal("unknown role of a transfer"))?;
    let today = run.business_date;
    let at = match (run.reverts, run.original_effective) {
        // Taken back on the day it took effect it is as if it had not been.
        (Some(_), Some(effective)) if run.original_done_on == Some(today) => first_day(effective, today),
        (Some(_), _) => today,
        (None, _) => first_day(run.effective, today),
    };
    let transfer_id = run.reverts.unwrap_or(run.transfer_id);
    let giving = Giving { transfer_id, role, at, today, reason: &run.reason, by: Some(run.requested_by), share: apply::share(run.share) };
    let Some(fit) = fit(conn, run, &items, &giving).await? else { return Ok(Outcome::ReceiverLeft) };
    let (ids, to): (Vec<i64>, Vec<Option<i32>>) = fit.iter().map(|item| (item.customer_id, item.to_staff_id)).unzip();
    if !ids.is_empty() {
        match run.reverts {
            Some(original) => give::take_back(conn, original, &ids, &giving).await?,
            None => give::give(conn, &ids, &to, &giving).await?,
        }
    }
    let all: Vec<i64> = items.iter().map(|item| item.customer_id).collect();
    sqlx::query(
        "update transfer_item set is_open = false, left_out = customer_id <> all($3) where transfer_id = $1 and customer_id = any($2)",
    )
    .bind(run.transfer_id)
    .bind(&all)
    .bind(&ids)
    .execute(&mut *conn)
    .await?;
    let (moved, left_out) = (ids.len(), all.len() - ids.len());
    let entry = Entry::done(Verb::TransferDecide, format!("transfer:{}", run.transfer_id))
        .detail(json!({ "state": TransferState::Running, "moved": moved, "left_out": left_out }));
    audit::record(conn, &Actor::system(), entry).await?;
    announce(conn, run, &all).await?;
    Ok(Outcome::Moved { moved, left_out })
}

/// The customers of a batch that are still as they were when it was asked for. `None`: the receiver does not serve
/// any more. Of a transfer taken back, customers whose former lead does not serve stay.
async fn fit<'a>(conn: &mut PgConnection, run: &Run, items: &'a [Item], giving: &Giving<'_>) -> Result<Option<Vec<&'a Item>>> {
    let receivers: BTreeSet<i32> = items.iter().filter_map(|item| item.to_staff_id).collect();
    let serving = give::serving(conn, &receivers).await?;
    if run.reverts.is_none() && serving != receivers {
        return Ok(None);
    }
    let same = |item: &&Item| {
        item.there == Some(true)
            && (giving.role == AssignmentRole::Assist || item.lead_staff_id == item.from_staff_id)
            && item.to_staff_id.is_none_or(|to| serving.contains(&to))
    };
    let mut fit: Vec<&Item> = items.iter().filter(same).collect();
    let (ids, leads): (Vec<i64>, Vec<Option<i32>>) = fit.iter().map(|item| (item.customer_id, item.lead_staff_id)).unzip();
    let other = match run.reverts {
        Some(original) => apply::moved_on(conn, original, &ids, &leads).await?,
        None => {
            let to: Vec<Option<i32>> = fit.iter().map(|item| item.to_staff_id).collect();
            let mut other = give::given_later(conn, &ids, giving).await?;
            other.extend(give::shares_taken(conn, &ids, &to, giving).await?);
            other
        }
    };
    let other: BTreeSet<i64> = other.into_iter().collect();
    fit.retain(|item| !other.contains(&item.customer_id));
    Ok(Some(fit))
}

/// Nobody is left to be moved.
async fn finish(conn: &mut PgConnection, run: &Run) -> Result<()> {
    let moved = close(conn, run.transfer_id, TransferState::Done, Closing::By(None, "")).await?;
    // Where everybody was left out nothing was taken back.
    if let Some(original) = run.reverts.filter(|_| moved > 0) {
        apply::reverted(conn, original, Some(run.requested_by), &run.reason).await?;
    }
    ended(conn, run, TransferState::Done, "").await
}

/// The receiver left: what has moved stays, the rest does not begin.
async fn stop(conn: &mut PgConnection, run: &Run) -> Result<()> {
    let some: bool =
        sqlx::query_scalar("select exists (select from transfer_item where transfer_id = $1 and not is_open and not left_out)")
            .bind(run.transfer_id)
            .fetch_one(&mut *conn)
            .await?;
    let state = if some { TransferState::Cancelled } else { TransferState::Rejected };
    close(conn, run.transfer_id, state, Closing::Stopped(Stopped::ReceiverLeft)).await?;
    ended(conn, run, state, Stopped::ReceiverLeft.code()).await
}

async fn ended(conn: &mut PgConnection, run: &Run, state: TransferState, reason: &str) -> Result<()> {
    let entry = Entry::done(Verb::TransferDecide, format!("transfer:{}", run.transfer_id)).reason(reason).detail(json!({ "state": state }));
    audit::record(conn, &Actor::system(), entry).await?;
    apply::announce(conn, &Actor::system(), run.transfer_id, state).await
}

/// Tells the screens of a batch's customers, as [`apply::announce`] does of a whole transfer's.
async fn announce(conn: &mut PgConnection, run: &Run, ids: &[i64]) -> Result<()> {
    sqlx::query(
        "insert into outbox_event (topic, org_ids, payload)
         select 'assignment.changed', t.org_ids, jsonb_build_object('transfer', t.transfer_id, 'state', t.state, 'by', $3::text, 'more', true,
             'customers', coalesce((select jsonb_agg(jsonb_build_array(s.customer_id, s.org_id, i.from_staff_id, s.lead_staff_id, to_jsonb(s.assist_staff_ids)))
                 from transfer_item i join customer_summary s using (customer_id)
                 where i.transfer_id = t.transfer_id and i.customer_id = any($2) and not i.left_out), '[]'),
             'people', coalesce((select jsonb_agg(jsonb_build_array(m.staff_id, m.code, m.name, m.org_id)) from staff m where m.staff_id in (
                 select unnest(array[i.from_staff_id, i.to_staff_id]) from transfer_item i
                 where i.transfer_id = t.transfer_id and i.customer_id = any($4))), '[]'),
             'pools', coalesce((select jsonb_agg(distinct s.org_id) from transfer_item i join customer_summary s using (customer_id)
                 where i.transfer_id = t.transfer_id and i.customer_id = any($4) and (i.from_staff_id is null or i.to_staff_id is null)), '[]'))
         from transfer t where t.transfer_id = $1",
    )
    .bind(run.transfer_id)
    .bind(&ids[..ids.len().min(NAMED_MAX)])
    .bind(&run.asker)
    .bind(ids)
    .execute(conn)
    .await?;
    Ok(())
}
