//! The pool of a manager's own unit, and picking from it.

use chrono::{Days, NaiveDate};
use guanhu_domain::{
    Code, CustomerNo, Problem, Rule,
    access::Verb,
    assignments::{
        PICKED, Transfer,
        pool::{PickPolicy, PoolItem, PoolPage},
    },
    customers::{AssignmentRole, Kind, mask},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    plan::{self, Plan},
    request::{self, Words},
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    cursor, customers, idempotency, parameters,
};

const LIMIT: i64 = 50;

/// Where a page ended.
#[derive(Serialize, Deserialize)]
struct Place {
    since: NaiveDate,
    id: i64,
}

/// Whom nobody leads in the actor's own unit, who has waited longest first: the masked name, no figure. Who is in a
/// transfer already is left out.
///
/// # Errors
/// `forbidden` for whoever has no portfolio; `malformed` for a cursor of another list.
pub async fn pool(bank: &Bank, actor: &Actor, after: Option<&str>) -> Result<PoolPage> {
    actor.require(Verb::PoolPick)?;
    let own = picker(actor)?;
    let place = after.map(cursor::decode::<Place>).transpose()?;
    let mut conn = bank.pool().acquire().await?;
    let policy = parameters::read::<PickPolicy>(&mut conn, "pool.pick").await?;
    let today = actor.me.business_date;
    let mut rows: Vec<Row> = sqlx::query_as(
        "select s.customer_id, s.name, s.kind, s.pooled_since, (
             select max(upper(a.valid)) from assignment a
             where a.customer_id = s.customer_id and a.staff_id = $2 and a.role = 'lead' and upper(a.valid) > $3) as led_until
         from customer_summary s
         where s.lead_staff_id is null and s.org_id = $1 and s.pooled_since is not null and ($4::date is null or (s.pooled_since, s.customer_id) > ($4, $5))
           and not exists (select from transfer_item i where i.customer_id = s.customer_id and i.is_open)
         order by s.pooled_since, s.customer_id limit $6",
    )
    .bind(actor.org_id)
    .bind(own)
    .bind(earliest(policy, today))
    .bind(place.as_ref().map(|place| place.since))
    .bind(place.map_or(0, |place| place.id))
    .bind(if policy.per_day == 0 { 0 } else { LIMIT + 1 })
    .fetch_all(&mut *conn)
    .await?;
    let more = rows.len() as i64 > LIMIT;
    rows.truncate(LIMIT as usize);
    let next = match rows.last() {
        Some(last) if more => Some(cursor::encode(&Place { since: last.pooled_since, id: last.customer_id })?),
        _ => None,
    };
    let left_today = (policy.per_day - picked(&mut conn, actor, own).await?).max(0);
    let items: Vec<PoolItem> = rows.into_iter().map(|row| row.into_item(policy, today)).collect::<Result<_>>()?;
    let shown: Vec<CustomerNo> = items.iter().map(|item| item.customer_no).collect();
    bank.audit_soon(actor, Entry::listed(Verb::PoolPick, "pool", &shown)).await;
    Ok(PoolPage { items, next, per_day: policy.per_day, left_today })
}

#[derive(sqlx::FromRow)]
struct Row {
    customer_id: i64,
    name: String,
    kind: String,
    pooled_since: NaiveDate,
    led_until: Option<NaiveDate>,
}

impl Row {
    fn into_item(self, policy: PickPolicy, today: NaiveDate) -> Result<PoolItem> {
        Ok(PoolItem {
            customer_no: CustomerNo::from_id(self.customer_id),
            name: mask::name(&self.name),
            kind: Kind::from_code(&self.kind).ok_or_else(|| Error::internal("unknown kind of a customer"))?,
            pooled_since: self.pooled_since,
            days: (today - self.pooled_since).num_days().max(0),
            free_from: self.led_until.map(|until| until + Days::new(policy.cooldown_days.into())),
        })
    }
}

/// Takes a customer out of the pool of the own unit. `done`; or `pending`, where a customer like that needs a second
/// person whoever asks.
///
/// # Errors
/// `not_found` for whoever is not in that pool; `conflict` when somebody was faster, or it is in an open transfer;
/// `invalid` when picking is not open, the day's number is used up, or the actor led it until lately.
pub async fn pick(bank: &Bank, actor: &Actor, customer: CustomerNo, key: Uuid) -> Result<Transfer> {
    actor.require(Verb::PoolPick)?;
    let own = picker(actor)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::PoolPick, &customer).await? {
        return Ok(answer);
    }
    // Two picks of one person at once: the second counts the first.
    sqlx::query("select pg_advisory_xact_lock(hashtext('pool.pick'), $1)").bind(own).execute(&mut *tx).await?;
    let today = actor.me.business_date;
    let Some(row) = plan::pooled(&mut tx, actor.org_id, customer.id()).await? else {
        return Err(gone(&mut tx, actor, customer).await?);
    };
    let policy = parameters::read::<PickPolicy>(&mut tx, "pool.pick").await?;
    allowed(&mut tx, actor, own, policy, customer).await?;
    let receivers = plan::receivers_by_id(&mut tx, &[Some(own)]).await?;
    let to = receivers.first().map(|receiver| receiver.code.clone()).unwrap_or_default();
    let plan = Plan::weighed(&mut tx, actor, vec![row], vec![Some(own)], receivers, today, false).await?;
    let words = Words { role: AssignmentRole::Lead, reason: PICKED, to: &to, notes: vec![String::new()], reverts: None, share: None };
    let answer = request::commit(&mut tx, actor, &plan, words).await?;
    let entry = Entry::done(Verb::PoolPick, customers::subject(customer)).detail(json!({ "transfer": answer.id, "state": answer.state }));
    audit::record(&mut tx, actor, entry).await?;
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The member of staff who picks.
fn picker(actor: &Actor) -> Result<i32> {
    actor.staff_id.ok_or_else(|| Error::Denied { verb: Verb::PoolPick, login: actor.login.clone() })
}

/// Whoever led a customer until after this day does not pick it.
fn earliest(policy: PickPolicy, today: NaiveDate) -> NaiveDate {
    today - Days::new(policy.cooldown_days.into())
}

/// Customers that the actor has picked on the business date, those included that wait for a second person.
async fn picked(conn: &mut PgConnection, actor: &Actor, own: i32) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "select count(*) from transfer t join transfer_item i using (transfer_id)
         where t.requested_by = $1 and t.effective = $2 and t.requested_at > now() - interval '40 days' and t.state not in ('rejected', 'recalled')
           and i.from_staff_id is null and i.to_staff_id = $3",
    )
    .bind(actor.user_id)
    .bind(actor.me.business_date)
    .bind(own)
    .fetch_one(conn)
    .await?)
}

async fn allowed(conn: &mut PgConnection, actor: &Actor, own: i32, policy: PickPolicy, customer: CustomerNo) -> Result<()> {
    let refused = |zh: String, en: String| Err(Error::field("customer_no", Rule::Other { zh, en }));
    if policy.per_day == 0 {
        return refused("本行未开放认领待分配客户。".into(), "Picking from the pool is not open in this bank.".into());
    }
    if picked(conn, actor, own).await? >= policy.per_day {
        let most = policy.per_day;
        return refused(format!("每人每日可认领 {most} 位，今日已用完。"), format!("You have picked the {most} that one may pick a day."));
    }
    let led_until: Option<NaiveDate> = sqlx::query_scalar(
        "select max(upper(valid)) from assignment where customer_id = $1 and staff_id = $2 and role = 'lead' and upper(valid) > $3",
    )
    .bind(customer.id())
    .bind(own)
    .bind(earliest(policy, actor.me.business_date))
    .fetch_one(conn)
    .await?;
    match led_until {
        None => Ok(()),
        Some(until) => {
            let free = until + Days::new(policy.cooldown_days.into());
            refused(
                format!("您此前主办此客户，{free} 起方可认领。"),
                format!("You led this customer until lately, and may pick it from {free} on."),
            )
        }
    }
}

/// Somebody was faster today, or the customer is no such one.
async fn gone(conn: &mut PgConnection, actor: &Actor, customer: CustomerNo) -> Result<Error> {
    let taken: bool = sqlx::query_scalar(
        "select exists (select from assignment a join customer_summary s using (customer_id)
                        where a.customer_id = $1 and s.org_id = $2 and a.role = 'lead' and lower(a.valid) = $3)",
    )
    .bind(customer.id())
    .bind(actor.org_id)
    .bind(actor.me.business_date)
    .fetch_one(conn)
    .await?;
    let conflict = || Problem { current: Some(json!({ "taken": customer })), ..Problem::new(Code::Conflict) }.into();
    Ok(if taken { conflict() } else { Error::not_found() })
}
