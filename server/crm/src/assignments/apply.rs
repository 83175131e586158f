//! Writing who has whom in charge: validity ranges without gap or overlap, and what follows from it.

use chrono::{Datelike, NaiveDate};
use guanhu_domain::{Code, access::Verb, assignments::TransferState, customers::AssignmentRole, live::NAMED_MAX};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::request::lost_race;
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
};

/// As what, from when and why.
pub(super) struct Giving<'a> {
    pub transfer_id: Uuid,
    pub role: AssignmentRole,
    pub at: NaiveDate,
    pub reason: &'a str,
    pub by: Option<i32>,
}

/// Gives each customer to its manager (`None`: to the pool) from a date on. The customers' summaries are
/// locked by the caller.
///
/// # Errors
/// `conflict` when somebody became the lead after that date.
pub(super) async fn give(conn: &mut PgConnection, customers: &[i64], to: &[Option<i32>], giving: &Giving<'_>) -> Result<()> {
    match giving.role {
        AssignmentRole::Lead => give_lead(conn, customers, to, giving).await,
        AssignmentRole::Assist => give_assist(conn, customers, to, giving).await,
    }
}

/// [`give`] as the lead, which also takes a transfer back.
pub(super) async fn give_lead(conn: &mut PgConnection, customers: &[i64], leads: &[Option<i32>], giving: &Giving<'_>) -> Result<()> {
    let later: Vec<i64> =
        sqlx::query_scalar("select customer_id from assignment where customer_id = any($1) and role = 'lead' and lower(valid) > $2")
            .bind(customers)
            .bind(giving.at)
            .fetch_all(&mut *conn)
            .await?;
    if !later.is_empty() {
        return Err(lost_race(conn, &later).await?);
    }
    end(conn, customers, None, giving.at).await?;
    let (mut receiving, mut receivers) = (Vec::new(), Vec::new());
    for (customer_id, lead) in customers.iter().zip(leads) {
        if let Some(lead) = lead {
            receiving.push(*customer_id);
            receivers.push(*lead);
        }
    }
    end(conn, &receiving, Some(&receivers), giving.at).await?;
    // Back on the day it left: the same part goes on, rather than a second one beginning.
    sqlx::query(
        "update assignment a set valid = daterange(lower(a.valid), null)
         from unnest($1::bigint[], $2::int[]) as g (customer_id, staff_id)
         where a.customer_id = g.customer_id and a.staff_id = g.staff_id and a.role = 'lead' and upper(a.valid) = $3",
    )
    .bind(&receiving)
    .bind(&receivers)
    .bind(giving.at)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "insert into assignment (customer_id, staff_id, role, share, valid, transfer_id, reason, created_by)
         select g.customer_id, g.staff_id, 'lead',
             100 - coalesce((select sum(a.share) from assignment a
                             where a.customer_id = g.customer_id and a.role = 'assist' and a.valid @> $3), 0),
             daterange($3, null), $4, $5, $6
         from unnest($1::bigint[], $2::int[]) as g (customer_id, staff_id)
         where not exists (select from assignment a where a.customer_id = g.customer_id and a.role = 'lead' and upper_inf(a.valid))",
    )
    .bind(&receiving)
    .bind(&receivers)
    .bind(giving.at)
    .bind(giving.transfer_id)
    .bind(giving.reason)
    .bind(giving.by)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "with given as (select * from unnest($1::bigint[], $2::int[]) as g (customer_id, staff_id)),
         tasks as (
             update task t set owner_staff_id = g.staff_id, version = t.version + 1
             from given g join customer_summary s using (customer_id)
             where t.customer_id = g.customer_id and t.state = 'open' and g.staff_id is not null
               and t.owner_staff_id is not distinct from s.lead_staff_id
         )
         update customer_summary s set lead_staff_id = g.staff_id, assist_staff_ids = array_remove(s.assist_staff_ids, g.staff_id),
             pooled_since = case when g.staff_id is null then $3::date end, refreshed_at = now()
         from given g where s.customer_id = g.customer_id",
    )
    .bind(customers)
    .bind(leads)
    .bind(giving.at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds an assisting manager. The lead keeps the whole share: an assistant's share is set apart.
async fn give_assist(conn: &mut PgConnection, customers: &[i64], to: &[Option<i32>], giving: &Giving<'_>) -> Result<()> {
    sqlx::query(
        "with added as (
             insert into assignment (customer_id, staff_id, role, share, valid, transfer_id, reason, created_by)
             select c.customer_id, c.staff_id, 'assist', 0, daterange($3, null), $4, $5, $6
             from unnest($1::bigint[], $2::int[]) as c (customer_id, staff_id)
             where not exists (select from assignment a where a.customer_id = c.customer_id and a.staff_id = c.staff_id and upper_inf(a.valid))
             returning customer_id, staff_id
         )
         update customer_summary s set refreshed_at = now(),
             assist_staff_ids = (select array_agg(distinct id order by id) from unnest(s.assist_staff_ids || added.staff_id) as id)
         from added where s.customer_id = added.customer_id",
    )
    .bind(customers)
    .bind(to)
    .bind(giving.at)
    .bind(giving.transfer_id)
    .bind(giving.reason)
    .bind(giving.by)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends the running part of each customer's lead or, with `staff`, of that manager as an assistant. A part
/// that would have begun on the same day never was: only its transfer tells of it.
async fn end(conn: &mut PgConnection, customers: &[i64], staff: Option<&[i32]>, at: NaiveDate) -> Result<()> {
    for statement in [
        "delete from assignment a using unnest($1::bigint[], $2::int[]) as g (customer_id, staff_id)
         where a.customer_id = g.customer_id and upper_inf(a.valid) and lower(a.valid) = $3
           and case when g.staff_id is null then a.role = 'lead' else a.role = 'assist' and a.staff_id = g.staff_id end",
        "update assignment a set valid = daterange(lower(a.valid), $3) from unnest($1::bigint[], $2::int[]) as g (customer_id, staff_id)
         where a.customer_id = g.customer_id and upper_inf(a.valid) and lower(a.valid) < $3
           and case when g.staff_id is null then a.role = 'lead' else a.role = 'assist' and a.staff_id = g.staff_id end",
    ] {
        let staff: Vec<Option<i32>> = staff.map_or_else(|| vec![None; customers.len()], |staff| staff.iter().copied().map(Some).collect());
        sqlx::query(statement).bind(customers).bind(staff).bind(at).execute(&mut *conn).await?;
    }
    Ok(())
}

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
             'customers', coalesce((select jsonb_agg(jsonb_build_array(x.customer_id, x.org_id, x.was, x.now)) from (
                 select i.customer_id, s.org_id, case when $5 then i.to_staff_id else i.from_staff_id end as was,
                     case when $5 or t.role = 'assist' then i.from_staff_id else i.to_staff_id end as now
                 from transfer_item i join customer_summary s using (customer_id)
                 where i.transfer_id = t.transfer_id order by i.customer_id limit $6) x), '[]'),
             'people', coalesce((select jsonb_agg(jsonb_build_array(m.staff_id, m.code, m.name, m.org_id)) from staff m where m.staff_id in (
                 select i.from_staff_id from transfer_item i where i.transfer_id = t.transfer_id
                 union select i.to_staff_id from transfer_item i where i.transfer_id = t.transfer_id)), '[]'),
             'pools', coalesce((select jsonb_agg(distinct s.org_id) from transfer_item i join customer_summary s using (customer_id)
                 where i.transfer_id = t.transfer_id and (i.from_staff_id is null or i.to_staff_id is null)), '[]'))
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

/// Brings into effect what was agreed for a date that has come. How many transfers.
///
/// One whose customers have changed hands meanwhile is rejected with that as the reason, so that it is
/// asked for again by somebody who knows.
pub async fn run_due(bank: &Bank) -> Result<usize> {
    let actor = Actor::system();
    let mut run = 0;
    loop {
        let mut tx = bank.begin().await?;
        let due: Option<Uuid> = sqlx::query_scalar(
            "select t.transfer_id from transfer t, bank b where t.state = 'approved' and t.effective <= b.business_date
             order by t.effective, t.requested_at limit 1 for update of t skip locked",
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(transfer_id) = due else { return Ok(run) };
        let (state, reason) = match carry_out(&mut tx, &actor, transfer_id).await {
            Ok(()) => (TransferState::Done, String::new()),
            Err(error) if error.code() == Code::Conflict => {
                tx.rollback().await?;
                tx = bank.begin().await?;
                close(&mut tx, transfer_id, TransferState::Rejected, None, "在生效前客户已变更管户 / changed hands before the date came")
                    .await?;
                (TransferState::Rejected, "conflict".to_owned())
            }
            Err(error) => return Err(error),
        };
        let entry = Entry::done(Verb::TransferDecide, format!("transfer:{transfer_id}")).reason(reason).detail(json!({ "state": state }));
        audit::record(&mut tx, &actor, entry).await?;
        announce(&mut tx, &actor, transfer_id, state).await?;
        tx.commit().await?;
        run += 1;
    }
}

#[derive(sqlx::FromRow)]
struct Agreed {
    role: String,
    effective: NaiveDate,
    reason: String,
    requested_by: i32,
    business_date: NaiveDate,
}

/// Gives the customers of an agreed transfer, if each still has the lead it had when it was asked for,
/// and closes it as done.
pub(super) async fn carry_out(conn: &mut PgConnection, actor: &Actor, transfer_id: Uuid) -> Result<()> {
    let agreed: Agreed = sqlx::query_as(
        "select t.role, t.effective, t.reason, t.requested_by, b.business_date from transfer t, bank b where t.transfer_id = $1",
    )
    .bind(transfer_id)
    .fetch_one(&mut *conn)
    .await?;
    let items: Vec<(i64, Option<i32>, bool)> = sqlx::query_as(
        "select s.customer_id, i.to_staff_id, s.lead_staff_id is not distinct from i.from_staff_id
         from transfer_item i join customer_summary s using (customer_id) where i.transfer_id = $1 order by s.customer_id for update of s",
    )
    .bind(transfer_id)
    .fetch_all(&mut *conn)
    .await?;
    let moved: Vec<i64> = items.iter().filter(|(.., same)| !same).map(|(id, ..)| *id).collect();
    if !moved.is_empty() {
        return Err(lost_race(conn, &moved).await?);
    }
    let open_month = agreed.business_date.with_day(1).unwrap_or(agreed.business_date);
    let giving = Giving {
        transfer_id,
        role: AssignmentRole::from_code(&agreed.role).ok_or_else(|| Error::internal("unknown role of a transfer"))?,
        // A month that closed while it waited stays as it was closed.
        at: agreed.effective.max(open_month),
        reason: &agreed.reason,
        by: Some(agreed.requested_by),
    };
    let (ids, to): (Vec<i64>, Vec<Option<i32>>) = items.into_iter().map(|(id, to, _)| (id, to)).unzip();
    give(conn, &ids, &to, &giving).await?;
    close(conn, transfer_id, TransferState::Done, actor.user_ref(), "").await
}

/// Ends an open transfer in a state. `by` decides it, unless it was decided before.
pub(super) async fn close(conn: &mut PgConnection, transfer_id: Uuid, state: TransferState, by: Option<i32>, reason: &str) -> Result<()> {
    sqlx::query(
        "with items as (update transfer_item set is_open = false where transfer_id = $1)
         update transfer set state = $2, decided_by = coalesce(decided_by, $3), decided_at = coalesce(decided_at, now()),
             decision_reason = case when $4 = '' then decision_reason else $4 end,
             done_at = case when $2 = 'done' then now() end
         where transfer_id = $1",
    )
    .bind(transfer_id)
    .bind(state.code())
    .bind(by)
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(())
}
