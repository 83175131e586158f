//! Writing who has whom in charge: validity ranges without gap or overlap, and what follows from it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use guanhu_domain::{
    Code, CustomerNo, Problem, Rule,
    assignments::{SHARE_MAX, Stopped},
    customers::AssignmentRole,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::plan::{lost_race, not_serving};
use crate::{Error, Result, contribution, lifecycle, tiers::part::Part};

/// As what, from when and why.
pub(super) struct Giving<'a> {
    pub transfer_id: Uuid,
    pub role: AssignmentRole,
    /// From this day on, the business date at the latest.
    pub at: NaiveDate,
    /// The business date.
    pub today: NaiveDate,
    pub reason: &'a str,
    pub by: Option<i32>,
    /// Of an assistant: per cent of the contribution. `None` leaves it as it is; who begins has nothing then.
    pub share: Option<u8>,
}

/// Why customers cannot be given away as things are.
pub(super) struct Obstacle {
    pub stopped: Stopped,
    /// The same for whoever asks.
    pub error: Error,
}

/// Looks for what stands in the way of [`give`], and writes nothing: a receiver who does not serve any more,
/// a lead who came after the date from which they are to be given, or assistants who have too much already.
/// Receivers stay as they are until the transaction ends.
pub(super) async fn obstacle(
    conn: &mut PgConnection,
    customers: &[i64],
    to: &[Option<i32>],
    giving: &Giving<'_>,
) -> Result<Option<Obstacle>> {
    if !serve(conn, to).await? {
        return Ok(Some(Obstacle { stopped: Stopped::ReceiverLeft, error: not_serving("to") }));
    }
    let later = given_later(conn, customers, giving).await?;
    if !later.is_empty() {
        return Ok(Some(Obstacle { stopped: Stopped::ChangedHands, error: lost_race(conn, &later).await? }));
    }
    let taken = shares_taken(conn, customers, to, giving).await?;
    Ok(taken.first().map(|id| Obstacle { stopped: Stopped::SharesTaken, error: over_shared(*id) }))
}

/// Customers whose other assistants leave less than the share to be given, on any day from then on: something stays
/// with the lead.
pub(super) async fn shares_taken(conn: &mut PgConnection, customers: &[i64], to: &[Option<i32>], giving: &Giving<'_>) -> Result<Vec<i64>> {
    let Some(share) = giving.share.filter(|share| *share > 0 && giving.role == AssignmentRole::Assist) else { return Ok(Vec::new()) };
    Ok(sqlx::query_scalar(
        "select g.customer_id from unnest($1::bigint[], $2::int[]) as g (customer_id, staff_id)
         where exists (
             select from (select $3::date as day
                          union select lower(a.valid) from assignment a
                          where a.customer_id = g.customer_id and a.role = 'assist' and a.share > 0 and lower(a.valid) > $3) d
             where (select coalesce(sum(a.share), 0) from assignment a
                    where a.customer_id = g.customer_id and a.role = 'assist' and a.staff_id <> g.staff_id and a.valid @> d.day) + $4 > $5)
         order by 1",
    )
    .bind(customers)
    .bind(to)
    .bind(giving.at)
    .bind(i32::from(share))
    .bind(i32::from(SHARE_MAX))
    .fetch_all(conn)
    .await?)
}

pub(super) fn over_shared(customer_id: i64) -> Error {
    let no = CustomerNo::from_id(customer_id);
    let rule = Rule::Other {
        zh: format!("客户 {no} 的协办份额合计将超过 {SHARE_MAX}%，请先调整。"),
        en: format!("The assistants of customer {no} would have more than {SHARE_MAX} % together: change their shares first."),
    };
    Error::field("share", rule)
}

/// Customers whose lead came after the date from which they are to be given. An assistant takes nobody's place.
pub(super) async fn given_later(conn: &mut PgConnection, customers: &[i64], giving: &Giving<'_>) -> Result<Vec<i64>> {
    if giving.role == AssignmentRole::Assist {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_scalar(
        "select customer_id from assignment where customer_id = any($1) and role = 'lead' and lower(valid) > $2 and lower(valid) <= $3",
    )
    .bind(customers)
    .bind(giving.at)
    .bind(giving.today)
    .fetch_all(conn)
    .await?)
}

/// Whether all of these may be given customers; so they stay until the transaction ends.
pub(super) async fn serve(conn: &mut PgConnection, staff: &[Option<i32>]) -> Result<bool> {
    let staff: BTreeSet<i32> = staff.iter().flatten().copied().collect();
    Ok(serving(conn, &staff).await? == staff)
}

/// Those of them who may be given customers; so they stay until the transaction ends.
pub(super) async fn serving(conn: &mut PgConnection, staff: &BTreeSet<i32>) -> Result<BTreeSet<i32>> {
    let staff: Vec<i32> = staff.iter().copied().collect();
    // First held, then looked at: what is seen is what whoever changed them last has left.
    sqlx::query("select from staff where staff_id = any($1) order by staff_id for share").bind(&staff).execute(&mut *conn).await?;
    let serving: Vec<i32> = sqlx::query_scalar(concat!("select m.staff_id from staff m where m.staff_id = any($1) and ", serves!()))
        .bind(&staff)
        .fetch_all(conn)
        .await?;
    Ok(serving.into_iter().collect())
}

/// Gives each customer to its manager (`None`: to the pool) from a date on. The customers' summaries are
/// locked by the caller, the transfer's items are written, and there is no [`obstacle`].
pub(super) async fn give(conn: &mut PgConnection, customers: &[i64], to: &[Option<i32>], giving: &Giving<'_>) -> Result<()> {
    match giving.role {
        AssignmentRole::Lead => give_lead(conn, customers, to, giving).await?,
        AssignmentRole::Assist => give_assist(conn, customers, to, giving).await?,
    }
    balance(conn, customers, giving.at).await?;
    settle(conn, customers, giving.today).await
}

/// Parts `a` that a new lead takes the place of: `$1` customers, `$2` their new leads.
macro_rules! replaced {
    () => {
        "join unnest($1::bigint[], $2::int[]) as g (customer_id, staff_id) on g.customer_id = a.customer_id
         where (a.role = 'lead' or a.staff_id = g.staff_id)"
    };
}

/// What the new lead replaces from then on: every lead, and the own part as an assistant. It is kept with
/// the transfer, so that taking back restores it.
async fn give_lead(conn: &mut PgConnection, customers: &[i64], leads: &[Option<i32>], giving: &Giving<'_>) -> Result<()> {
    // Worked out once: of a transfer that was just asked for, the planner does not know how many rows it has.
    sqlx::query(concat!(
        "with d as materialized (
             select a.customer_id, jsonb_agg(to_jsonb(a) order by lower(a.valid), a.assignment_id) as parts
             from assignment a ",
        replaced!(),
        " and a.valid && daterange($3, null) group by a.customer_id)
         update transfer_item i set displaced = d.parts from d
         where i.transfer_id = $4 and i.customer_id = any($1) and i.customer_id = d.customer_id"
    ))
    .bind(customers)
    .bind(leads)
    .bind(giving.at)
    .bind(giving.transfer_id)
    .execute(&mut *conn)
    .await?;
    for statement in [
        // A part that would have begun that day never was: only its transfer tells of it.
        concat!(
            "delete from assignment x using assignment a ",
            replaced!(),
            " and lower(a.valid) >= $3 and x.customer_id = a.customer_id and x.assignment_id = a.assignment_id"
        ),
        concat!(
            "update assignment x set valid = daterange(lower(a.valid), $3) from assignment a ",
            replaced!(),
            " and a.valid @> $3 and x.customer_id = a.customer_id and x.assignment_id = a.assignment_id"
        ),
    ] {
        sqlx::query(statement).bind(customers).bind(leads).bind(giving.at).execute(&mut *conn).await?;
    }
    // Shares of a day sum to a hundred: the lead has what the assistants leave. Where a feed brought more,
    // they count in proportion. Back on the day it left with the same share, the same part goes on.
    sqlx::query(
        "with given as (
             select g.customer_id, g.staff_id, case when x.rest > 0 then x.rest else 100 end as share
             from unnest($1::bigint[], $2::int[]) as g (customer_id, staff_id) cross join lateral (
                 select 100 - coalesce(sum(a.share), 0) as rest from assignment a
                 where a.customer_id = g.customer_id and a.role = 'assist' and a.valid @> $3) x
             where g.staff_id is not null
         ), resumed as (
             update assignment a set valid = daterange(lower(a.valid), null) from given g
             where a.customer_id = g.customer_id and a.staff_id = g.staff_id and a.role = 'lead' and upper(a.valid) = $3 and a.share = g.share
             returning a.customer_id
         )
         insert into assignment (customer_id, staff_id, role, share, valid, transfer_id, reason, created_by)
         select customer_id, staff_id, 'lead', share, daterange($3, null), $4, $5, $6 from given
         where customer_id not in (select customer_id from resumed)",
    )
    .bind(customers)
    .bind(leads)
    .bind(giving.at)
    .bind(giving.transfer_id)
    .bind(giving.reason)
    .bind(giving.by)
    .execute(conn)
    .await
    .map_err(raced)?;
    Ok(())
}

/// Adds an assisting manager with a share, or gives one who assists already another from then on. Who leads the
/// customer does not also assist. [`balance`] gives the lead the rest.
async fn give_assist(conn: &mut PgConnection, customers: &[i64], to: &[Option<i32>], giving: &Giving<'_>) -> Result<()> {
    keep_assists(conn, customers, to, giving).await?;
    sqlx::query(
        "delete from assignment a using unnest($1::bigint[], $2::int[]) as g (customer_id, staff_id)
         where a.customer_id = g.customer_id and a.staff_id = g.staff_id and a.role = 'assist' and lower(a.valid) > $3",
    )
    .bind(customers)
    .bind(to)
    .bind(giving.at)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "with given as (
             select g.customer_id, g.staff_id from unnest($1::bigint[], $2::int[]) as g (customer_id, staff_id)
             where not exists (select from assignment a where a.customer_id = g.customer_id and a.staff_id = g.staff_id
                               and a.role = 'lead' and a.valid && daterange($3, null))
         ), extended as (
             update assignment a set
                 valid = daterange(lower(a.valid), case when lower(a.valid) < $3 and a.share <> $7::smallint then $3 end),
                 share = case when lower(a.valid) < $3 then a.share else coalesce($7::smallint, a.share) end
             from given g where a.customer_id = g.customer_id and a.staff_id = g.staff_id and a.valid @> $3
             returning a.customer_id, upper_inf(a.valid) as whole
         )
         insert into assignment (customer_id, staff_id, role, share, valid, transfer_id, reason, created_by)
         select customer_id, staff_id, 'assist', coalesce($7::smallint, 0), daterange($3, null), $4, $5, $6 from given
         where customer_id not in (select customer_id from extended where whole)",
    )
    .bind(customers)
    .bind(to)
    .bind(giving.at)
    .bind(giving.transfer_id)
    .bind(giving.reason)
    .bind(giving.by)
    .bind(giving.share.map(i16::from))
    .execute(conn)
    .await
    .map_err(raced)?;
    Ok(())
}

/// Keeps with the transfer what these assistants have from then on, so that taking back restores it.
async fn keep_assists(conn: &mut PgConnection, customers: &[i64], staff: &[Option<i32>], giving: &Giving<'_>) -> Result<()> {
    sqlx::query(
        "with d as materialized (
             select a.customer_id, jsonb_agg(to_jsonb(a) order by lower(a.valid), a.assignment_id) as parts
             from assignment a join unnest($1::bigint[], $2::int[]) as g (customer_id, staff_id) using (customer_id, staff_id)
             where a.role = 'assist' and a.valid && daterange($3, null) group by a.customer_id)
         update transfer_item i set displaced = d.parts from d
         where i.transfer_id = $4 and i.customer_id = any($1) and i.customer_id = d.customer_id",
    )
    .bind(customers)
    .bind(staff)
    .bind(giving.at)
    .bind(giving.transfer_id)
    .execute(conn)
    .await?;
    Ok(())
}

/// Customers of a transfer of assistants whose assistant is not as it left them: whoever was given does not assist any
/// more, whoever ended has a part again, or either was changed since, by another transfer or by shares set by hand.
pub(super) async fn assists_changed(conn: &mut PgConnection, transfer_id: Uuid) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar(
        "select i.customer_id from transfer t join transfer_item i using (transfer_id) cross join bank b
         where t.transfer_id = $1 and (
             exists (select from transfer_item x join transfer l using (transfer_id)
                     where x.customer_id = i.customer_id and not x.left_out and l.state in ('done', 'cancelled') and l.role = 'assist'
                         and l.reverts is null and l.done_at > t.done_at
                         and coalesce(x.to_staff_id, x.from_staff_id) = coalesce(i.to_staff_id, i.from_staff_id))
             or exists (select from share_change c where c.customer_id = i.customer_id and c.at > t.done_at
                        and c.shares @> jsonb_build_array(jsonb_build_object('staff_id', coalesce(i.to_staff_id, i.from_staff_id))))
             or case when i.to_staff_id is null then exists (
                     select from assignment a where a.customer_id = i.customer_id and a.staff_id = i.from_staff_id
                         and a.valid && daterange(b.business_date, null))
                 else not exists (
                     select from assignment a where a.customer_id = i.customer_id and a.staff_id = i.to_staff_id and a.role = 'assist'
                         and a.valid && daterange(b.business_date, null)) end)
         order by 1",
    )
    .bind(transfer_id)
    .fetch_all(conn)
    .await?)
}

/// Parts `a` that taking transfer `$1` back replaces; `$4`: it was one of assistants.
macro_rules! given {
    () => {
        "case when $4 then a.role = 'assist' and exists (
                 select from transfer_item i where i.transfer_id = $1 and i.customer_id = a.customer_id
                     and coalesce(i.to_staff_id, i.from_staff_id) = a.staff_id)
             else a.role = 'lead' or exists (
                 select from transfer_item i cross join lateral jsonb_populate_recordset(null::assignment, i.displaced) p
                 where i.transfer_id = $1 and i.customer_id = a.customer_id and p.staff_id = a.staff_id) end"
    };
}

/// Undoes what a transfer displaced, from a date on: on the day it began everything is as if it had not
/// been, later it is a change of its own. Former assistants who do not serve any more stay out; the others have no more
/// than those who came meanwhile leave.
pub(super) async fn take_back(conn: &mut PgConnection, transfer_id: Uuid, customers: &[i64], giving: &Giving<'_>) -> Result<()> {
    let assists = giving.role == AssignmentRole::Assist;
    for statement in [
        concat!("delete from assignment a where a.customer_id = any($2) and lower(a.valid) >= $3 and ", given!()),
        concat!(
            "update assignment a set valid = daterange(lower(a.valid), $3) where a.customer_id = any($2) and a.valid @> $3 and ",
            given!()
        ),
    ] {
        sqlx::query(statement).bind(transfer_id).bind(customers).bind(giving.at).bind(assists).execute(&mut *conn).await?;
    }
    sqlx::query(concat!(
        "with parts as (
             select p.*, lower(p.valid) >= $3 as whole,
                 case when p.role = 'lead' then p.share else least(p.share, greatest(0, $7 - coalesce((
                     select sum(a.share) from assignment a
                     where a.customer_id = p.customer_id and a.role = 'assist' and a.staff_id <> p.staff_id
                       and a.valid && (p.valid * daterange($3, null))), 0))) end as free
             from transfer_item i cross join lateral jsonb_populate_recordset(null::assignment, i.displaced) p
             join staff m on m.staff_id = p.staff_id
             where i.transfer_id = $1 and i.customer_id = any($2) and p.valid && daterange($3, null) and (p.role = 'lead' or ",
        serves!(),
        ")
         ), resumed as (
             update assignment a set valid = p.valid from parts p
             where a.customer_id = p.customer_id and a.assignment_id = p.assignment_id and upper(a.valid) = $3 and p.free = p.share
             returning a.customer_id, a.assignment_id
         )
         insert into assignment (customer_id, staff_id, role, share, valid, transfer_id, reason, created_by)
         select p.customer_id, p.staff_id, p.role, p.free, p.valid * daterange($3, null), case when p.whole then p.transfer_id else $4 end,
             case when p.whole then p.reason else $5 end, case when p.whole then p.created_by else $6 end
         from parts p where (p.customer_id, p.assignment_id) not in (select customer_id, assignment_id from resumed)"
    ))
    .bind(transfer_id)
    .bind(customers)
    .bind(giving.at)
    .bind(giving.transfer_id)
    .bind(giving.reason)
    .bind(giving.by)
    .bind(i32::from(SHARE_MAX))
    .execute(&mut *conn)
    .await
    .map_err(raced)?;
    balance(conn, customers, giving.at).await?;
    settle(conn, customers, giving.today).await
}

/// Ends what a manager assists in; the share goes back to the lead.
pub(super) async fn end_assists(conn: &mut PgConnection, customers: &[i64], staff_id: i32, giving: &Giving<'_>) -> Result<()> {
    keep_assists(conn, customers, &vec![Some(staff_id); customers.len()], giving).await?;
    // A lead whose share grows today goes on as a part of its own, unless it began today.
    sqlx::query(
        "with freed as (
             select l.customer_id, l.assignment_id, l.valid, lower(l.valid) < $3 as goes_on, least(l.share + a.share, 100) as share
             from assignment a join assignment l on l.customer_id = a.customer_id and l.role = 'lead' and l.valid @> $3
             where a.customer_id = any($1) and a.staff_id = $2 and a.role = 'assist' and a.valid @> $3 and a.share > 0 and l.share < 100
         ), cut as (
             update assignment a set valid = case when f.goes_on then daterange(lower(f.valid), $3) else a.valid end,
                 share = case when f.goes_on then a.share else f.share end
             from freed f where a.customer_id = f.customer_id and a.assignment_id = f.assignment_id
             returning a.customer_id, a.staff_id, f.share, f.goes_on, upper(f.valid) as until
         )
         insert into assignment (customer_id, staff_id, role, share, valid, transfer_id, reason, created_by)
         select customer_id, staff_id, 'lead', share, daterange($3, until), $4, $5, $6 from cut where goes_on",
    )
    .bind(customers)
    .bind(staff_id)
    .bind(giving.at)
    .bind(giving.transfer_id)
    .bind(giving.reason)
    .bind(giving.by)
    .execute(&mut *conn)
    .await
    .map_err(raced)?;
    sqlx::query(
        "update task t set owner_staff_id = s.lead_staff_id, version = t.version + 1 from customer_summary s
         where t.customer_id = any($1) and s.customer_id = t.customer_id and t.state = 'open' and t.owner_staff_id = $2",
    )
    .bind(customers)
    .bind(staff_id)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "update opportunity o set owner_staff_id = s.lead_staff_id, version = o.version + 1 from customer_summary s
         where o.customer_id = any($1) and s.customer_id = o.customer_id and o.ended_on is null and o.owner_staff_id = $2",
    )
    .bind(customers)
    .bind(staff_id)
    .execute(&mut *conn)
    .await?;
    for statement in [
        "delete from assignment where customer_id = any($1) and staff_id = $2 and role = 'assist' and lower(valid) >= $3",
        "update assignment set valid = daterange(lower(valid), $3)
         where customer_id = any($1) and staff_id = $2 and role = 'assist' and valid @> $3",
    ] {
        sqlx::query(statement).bind(customers).bind(staff_id).bind(giving.at).execute(&mut *conn).await?;
    }
    balance(conn, customers, giving.at).await?;
    settle(conn, customers, giving.today).await
}

/// Gives leads what their assistants leave, day by day from a date on: a part is divided where that changes. Where a
/// feed brought assistants who have the whole, the lead's share stays and counts in proportion.
pub(super) async fn balance(conn: &mut PgConnection, customers: &[i64], from: NaiveDate) -> Result<()> {
    sqlx::query(
        "with leads as (
             select l.*, greatest(lower(l.valid), $2) as first from assignment l
             where l.customer_id = any($1) and l.role = 'lead' and l.valid && daterange($2, null)
               and (l.share <> 100 or exists (select from assignment s where s.customer_id = l.customer_id and s.role = 'assist' and s.share > 0
                                              and s.valid && daterange($2, null)))
         ), days as (
             select l.customer_id, l.assignment_id, l.valid, l.share as was, d.day from leads l cross join lateral (
                 select l.first as day
                 union select x.day from assignment s cross join lateral (values (lower(s.valid)), (upper(s.valid))) as x (day)
                 where s.customer_id = l.customer_id and s.role = 'assist' and x.day > l.first and l.valid @> x.day) d
         ), told as (
             select d.*, case when r.rest > 0 then r.rest else d.was end as share from days d cross join lateral (
                 select 100 - coalesce(sum(s.share), 0) as rest from assignment s
                 where s.customer_id = d.customer_id and s.role = 'assist' and s.valid @> d.day) r
         ), changed as (
             select t.* from (select *, lag(share, 1, was) over (partition by customer_id, assignment_id order by day) as before from told) t
             where t.share <> t.before
         ), runs as (
             select *, lead(day) over part as next, row_number() over part as nth from changed
             window part as (partition by customer_id, assignment_id order by day)
         ), cut as (
             update assignment a set
                 valid = daterange(lower(a.valid), case when r.day > lower(a.valid) then r.day else coalesce(r.next, upper(a.valid)) end),
                 share = case when r.day > lower(a.valid) then a.share else r.share end
             from runs r where r.nth = 1 and a.customer_id = r.customer_id and a.assignment_id = r.assignment_id
             returning a.customer_id, a.assignment_id, a.staff_id, a.transfer_id, a.reason, a.created_by
         )
         insert into assignment (customer_id, staff_id, role, share, valid, transfer_id, reason, created_by)
         select c.customer_id, c.staff_id, 'lead', r.share, daterange(r.day, coalesce(r.next, upper(r.valid))), c.transfer_id, c.reason, c.created_by
         from cut c join runs r using (customer_id, assignment_id) where r.day > lower(r.valid)",
    )
    .bind(customers)
    .bind(from)
    .execute(conn)
    .await
    .map_err(raced)?;
    Ok(())
}

/// Brings the customers' summaries in line with who is in charge of them on the business date. Open tasks
/// and opportunities of the lead go with the customer; in the pool they are nobody's. Parts are looked for by an array
/// of one, which only a B-tree answers: of a few thousand rows the index of an exclusion constraint looks as cheap, and
/// on a busy machine it was seen to lack one.
pub(super) async fn settle(conn: &mut PgConnection, customers: &[i64], today: NaiveDate) -> Result<()> {
    sqlx::query(
        "with charge as (
             select s.customer_id, s.lead_staff_id as was, a.lead_id, a.assist_ids, a.until
             from unnest($1::bigint[]) as g (customer_id) join customer_summary s using (customer_id) cross join lateral (
                 select min(a.staff_id) filter (where a.role = 'lead' and a.valid @> $2) as lead_id,
                     array_agg(a.staff_id order by a.staff_id) filter (where a.role = 'assist' and a.valid @> $2) as assist_ids,
                     max(upper(a.valid)) filter (where a.role = 'lead' and upper(a.valid) <= $2) as until
                 from assignment a where a.customer_id = any(array[s.customer_id])) a
         ), tasks as (
             update task t set owner_staff_id = c.lead_id, version = t.version + 1 from charge c
             where t.customer_id = c.customer_id and t.state = 'open' and c.was is distinct from c.lead_id
               and t.owner_staff_id is not distinct from c.was
         ), opportunities as (
             update opportunity o set owner_staff_id = c.lead_id, version = o.version + 1 from charge c
             where o.customer_id = c.customer_id and o.ended_on is null and c.was is distinct from c.lead_id
               and o.owner_staff_id is not distinct from c.was
         )
         update customer_summary s set lead_staff_id = c.lead_id, assist_staff_ids = coalesce(c.assist_ids, '{}'), refreshed_at = now(),
             pooled_since = case when c.lead_id is null then
                 coalesce(c.until, s.opened_on, (select k.created_at::date from customer k where k.customer_id = s.customer_id)) end
         from charge c where s.customer_id = c.customer_id",
    )
    .bind(customers)
    .bind(today)
    .execute(&mut *conn)
    .await?;
    contribution::touched(conn, customers).await?;
    lifecycle::judge_field(conn, Part::Of(customers), "manager").await
}

/// A load wrote the same customers in the same moment.
pub(super) fn raced(error: sqlx::Error) -> Error {
    Error::from(error)
        .on_constraint("one_lead_at_a_time", || Problem::new(Code::Conflict))
        .on_constraint("assignment_open_lead", || Problem::new(Code::Conflict))
        .on_constraint("one_part_each", || Problem::new(Code::Conflict))
}
