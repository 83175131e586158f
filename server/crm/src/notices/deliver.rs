//! The job behind the bell: looks for what happened since it last looked and tells whom it concerns.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use sqlx::PgConnection;

use crate::{Bank, Result, outbox, targets::may_decide};

/// A transaction may commit so long after the moment it wrote down; what was told already is not told again.
const OVERLAP: &str = "2 minutes";
const KEPT_DAYS: i32 = 90;

/// Forgets what is old, read or not. How many.
pub async fn sweep(bank: &Bank) -> Result<u64> {
    let old = sqlx::query("delete from notice where at < now() - make_interval(days => $1)").bind(KEPT_DAYS).execute(bank.pool()).await?;
    sqlx::query("delete from charge_ended where at < now() - make_interval(days => $1)").bind(KEPT_DAYS).execute(bank.pool()).await?;
    Ok(old.rows_affected())
}

/// Tells what is new. How many notices were written; none when another server is at it.
pub async fn deliver(bank: &Bank) -> Result<u64> {
    let mut tx = bank.begin().await?;
    let place: Option<Place> = sqlx::query_as(
        "select p.seen_until - $1::interval as since, p.tasks_on, p.tiers_on, p.tiers_until, b.business_date as today
         from notice_place p cross join bank b for update of p skip locked",
    )
    .bind(OVERLAP)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(Place { since, tasks_on, tiers_on, tiers_until, today }) = place else { return Ok(0) };
    let mut told: Vec<i32> = Vec::new();
    for statement in [
        WAITING_TRANSFERS,
        DECIDED_TRANSFERS,
        RECEIVED,
        GIVEN,
        WAITING_TIERS,
        ANSWERED_TIERS,
        WAITING_ROLES,
        DECIDED_ROLES,
        WAITING_TARGETS,
        DECIDED_TARGETS,
        POOLED,
    ] {
        told.extend(tell(&mut tx, statement, since).await?);
    }
    if tasks_on != Some(today) {
        let due: Vec<i32> = sqlx::query_scalar(DUE_TASKS).bind(today).fetch_all(&mut *tx).await?;
        told.extend(due);
    }
    if tiers_on != Some(today) && sqlx::query_scalar(JUDGED).bind(today).fetch_one(&mut *tx).await? {
        let first = tiers_on.unwrap_or(today);
        let moved: Vec<i32> = sqlx::query_scalar(TIER_MOVES).bind(today).bind(first).bind(tiers_until).fetch_all(&mut *tx).await?;
        told.extend(moved);
        sqlx::query("update notice_place set tiers_on = $1, tiers_until = now()").bind(today).execute(&mut *tx).await?;
    }
    sqlx::query("update notice_place set seen_until = now(), tasks_on = $1").bind(today).execute(&mut *tx).await?;
    let count = told.len() as u64;
    if count > 0 {
        told.sort_unstable();
        told.dedup();
        outbox::publish(&mut tx, "notice.added", None, &[], json!({ "users": told })).await?;
    }
    tx.commit().await?;
    Ok(count)
}

#[derive(sqlx::FromRow)]
struct Place {
    since: DateTime<Utc>,
    tasks_on: Option<NaiveDate>,
    tiers_on: Option<NaiveDate>,
    tiers_until: DateTime<Utc>,
    today: NaiveDate,
}

async fn tell(conn: &mut PgConnection, statement: &'static str, since: DateTime<Utc>) -> Result<Vec<i32>> {
    Ok(sqlx::query_scalar(statement).bind(since).fetch_all(conn).await?)
}

/// Writes what `select` finds: user, subject, customer, detail, time. Who turned the kind off, has left or
/// cannot log in is not told; nor is anybody told twice, unless what is known already is to follow.
macro_rules! tells {
    ($kind:literal, $select:expr) => {
        tells!($kind, $select, "do nothing")
    };
    ($kind:literal, $select:expr, $known:literal) => {
        concat!(
            "insert into notice (user_id, kind, subject, customer_id, detail, at)
             select w.user_id, '",
            $kind,
            "', w.subject, w.customer_id, w.detail, w.at from (",
            $select,
            ") w
             join app_user u on u.user_id = w.user_id
             where u.disabled_at is null and u.granted_at is not null
               and not coalesce(u.preferences -> 'lists' -> 'notices' -> 'muted' ? '",
            $kind,
            "', false)
             on conflict (user_id, kind, subject) ",
            $known,
            " returning user_id"
        )
    };
}

/// The nearest who may decide: all units concerned lie in their scope, and they did not ask.
const WAITING_TRANSFERS: &str = tells!(
    "transfer_waits",
    "select d.user_id, 'transfer:' || d.transfer_id as subject, null::bigint as customer_id,
            jsonb_build_object('by', d.by, 'count', d.customers) as detail, d.requested_at as at
     from (select u.user_id, t.transfer_id, t.customers, t.requested_at, asker.name as by,
                  rank() over (partition by t.transfer_id order by cardinality(o.path) desc) as distance
           from transfer t join app_user asker on asker.user_id = t.requested_by
           join app_user u on u.role in ('branch_manager', 'executive') and u.user_id <> t.requested_by
           join org_unit o on o.org_id = u.org_id
           where t.state = 'pending' and t.requested_at > $1
             and not exists (select from unnest(t.org_ids) x join org_unit c on c.org_id = x where not c.path @> array[u.org_id])) d
     where d.distance = 1"
);

const DECIDED_TRANSFERS: &str = tells!(
    "transfer_decided",
    "select t.requested_by as user_id, 'transfer:' || t.transfer_id as subject, null::bigint as customer_id,
            jsonb_build_object('by', d.name, 'count', t.customers, 'agreed', t.state <> 'rejected') as detail, t.decided_at as at
     from transfer t join app_user d on d.user_id = t.decided_by
     where t.decided_at > $1 and t.state in ('approved', 'running', 'done', 'rejected')"
);

const RECEIVED: &str = tells!(
    "customers_received",
    "select u.user_id, 'transfer:' || t.transfer_id as subject, null::bigint as customer_id,
            jsonb_build_object('by', asker.name, 'count', count(*)) as detail, t.done_at as at
     from transfer t join transfer_item i using (transfer_id) join app_user u on u.staff_id = i.to_staff_id
     join app_user asker on asker.user_id = t.requested_by
     where t.done_at > $1 and t.state in ('done', 'cancelled') and t.role = 'lead' and not i.left_out and u.user_id not in (t.requested_by, coalesce(t.decided_by, 0))
     group by u.user_id, t.transfer_id, asker.name"
);

const GIVEN: &str = tells!(
    "customers_given",
    "select u.user_id, 'transfer:' || t.transfer_id as subject, null::bigint as customer_id,
            jsonb_build_object('by', asker.name, 'count', count(*)) as detail, t.done_at as at
     from transfer t join transfer_item i using (transfer_id) join app_user u on u.staff_id = i.from_staff_id
     join app_user asker on asker.user_id = t.requested_by
     where t.done_at > $1 and t.state in ('done', 'cancelled') and t.role = 'lead' and not i.left_out and i.from_staff_id is distinct from i.to_staff_id
       and u.user_id not in (t.requested_by, coalesce(t.decided_by, 0))
     group by u.user_id, t.transfer_id, asker.name"
);

const WAITING_TIERS: &str = tells!(
    "tier_waits",
    "select d.user_id, 'tier_request:' || d.request_id as subject, d.customer_id, jsonb_build_object('by', d.by) as detail, d.asked_at as at
     from (select u.user_id, r.request_id, r.customer_id, r.asked_at, asker.name as by,
                  rank() over (partition by r.request_id order by cardinality(o.path) desc) as distance
           from tier_request r join app_user asker on asker.user_id = r.asked_by
           join customer_summary s on s.customer_id = r.customer_id join org_unit c on c.org_id = s.org_id
           join app_user u on u.role in ('branch_manager', 'executive') and u.user_id <> r.asked_by
           join org_unit o on o.org_id = u.org_id and c.path @> array[u.org_id]
           where r.state = 'pending' and r.asked_at > $1) d
     where d.distance = 1"
);

const ANSWERED_TIERS: &str = tells!(
    "tier_answered",
    "select r.asked_by as user_id, 'tier_request:' || r.request_id as subject, r.customer_id,
            jsonb_build_object('by', d.name, 'agreed', r.state <> 'rejected') as detail, r.decided_at as at
     from tier_request r join app_user d on d.user_id = r.decided_by where r.decided_at > $1 and r.state in ('approved', 'rejected')"
);

const WAITING_ROLES: &str = tells!(
    "role_waits",
    "select u.user_id, 'approval:' || a.approval_id as subject, null::bigint as customer_id, jsonb_build_object('by', asker.name) as detail,
            a.requested_at as at
     from approval a join app_user asker on asker.user_id = a.requested_by
     join app_user u on u.role = 'security_officer' and u.user_id <> a.requested_by
     where a.state = 'pending' and a.requested_at > $1"
);

const DECIDED_ROLES: &str = tells!(
    "role_decided",
    "select a.requested_by as user_id, 'approval:' || a.approval_id as subject, null::bigint as customer_id,
            jsonb_build_object('by', d.name, 'agreed', a.state = 'approved') as detail, a.decided_at as at
     from approval a join app_user d on d.user_id = a.decided_by where a.decided_at > $1 and a.state in ('approved', 'rejected')"
);

/// The nearest who may decide. What is submitted again is told again.
const WAITING_TARGETS: &str = tells!(
    "targets_wait",
    concat!(
        "select d.user_id, 'target_set:' || d.set_id || ':' || d.version as subject, null::bigint as customer_id,
            jsonb_build_object('by', d.by, 'count', d.targets, 'org', d.org, 'month', to_char(d.month, 'YYYY-MM')) as detail, d.submitted_at as at
     from (select u.user_id, s.set_id, s.version, s.targets, s.month, c.code as org, s.submitted_at, asker.name as by,
                  rank() over (partition by s.set_id order by cardinality(o.path) desc) as distance
           from target_set s join app_user asker on asker.user_id = s.submitted_by join org_unit c on c.org_id = s.org_id
           cross join app_user u join org_unit o on o.org_id = u.org_id
           where s.state = 'submitted' and s.submitted_at > $1 and ",
        may_decide!(),
        ") d
     where d.distance = 1"
    )
);

const DECIDED_TARGETS: &str = tells!(
    "targets_decided",
    "select t.submitted_by as user_id, 'target_set:' || t.set_id || ':' || t.decided_at as subject, null::bigint as customer_id,
            jsonb_build_object('by', d.name, 'count', t.targets, 'agreed', t.state = 'approved', 'org', c.code, 'month', to_char(t.month, 'YYYY-MM')) as detail,
            t.decided_at as at
     from target_set t join app_user d on d.user_id = t.decided_by join org_unit c on c.org_id = t.org_id
     where t.decided_at > $1 and t.state in ('approved', 'rejected')"
);

/// The nearest heads of units: how many customers nobody leads any more since the business date, one notice a date that
/// follows while there come more.
const POOLED: &str = tells!(
    "pooled",
    "select d.user_id, 'pooled:' || d.business_date as subject, null::bigint as customer_id, jsonb_build_object('count', sum(d.customers)) as detail,
            max(d.at) as at
     from (select u.user_id, e.business_date, e.customers, e.at,
                  rank() over (partition by e.business_date, e.org_id order by cardinality(o.path) desc) as distance
           from charge_ended e join org_unit c on c.org_id = e.org_id
           join app_user u on u.role = 'branch_manager' and u.disabled_at is null and u.granted_at is not null
           join org_unit o on o.org_id = u.org_id and c.path @> array[u.org_id]
           where e.business_date in (select x.business_date from charge_ended x where x.at > $1)) d
     where d.distance = 1 group by d.user_id, d.business_date",
    "do update set detail = excluded.detail, at = excluded.at, read_at = null where notice.detail is distinct from excluded.detail"
);

/// Once a business date: what is due by then, together.
const DUE_TASKS: &str = tells!(
    "tasks_due",
    "select u.user_id, 'tasks:' || $1::date as subject, null::bigint as customer_id, jsonb_build_object('count', count(*)) as detail, now() as at
     from task t join app_user u on u.staff_id = t.owner_staff_id where t.state = 'open' and t.due_on <= $1::date group by u.user_id"
);

/// Has everybody been judged by this date, by the versions in force?
const JUDGED: &str = "select not exists (
    select from tier_scheme c where c.evaluated_on is distinct from $1::date and exists (
        select from tier_publication p where p.scheme_id = c.scheme_id and p.withdrawn_at is null and p.from_date <= $1::date))";

/// Once a business date: whose tiers changed since the last time and who is about to lose one, together. What went by
/// hand or by a publication after the last time is told with the next.
const TIER_MOVES: &str = tells!(
    "tier_moved",
    "select u.user_id, 'tiers:' || $1::date as subject, null::bigint as customer_id,
            jsonb_build_object('count', sum(x.up + x.down + x.threatened),
                'tiers', jsonb_build_object('up', sum(x.up), 'down', sum(x.down), 'threatened', sum(x.threatened))) as detail, now() as at
     from (
         select s.lead_staff_id as staff_id, count(*) filter (where n.rank > p.rank) as up,
             count(*) filter (where n.rank > p.rank is not true) as down, 0::bigint as threatened
         from customer_tier b join tier p on p.tier_id = b.tier_id join customer_summary s on s.customer_id = b.customer_id
         left join customer_tier h on h.customer_id = b.customer_id and lower(h.valid) = upper(b.valid) left join tier n on n.tier_id = h.tier_id
         where upper(b.valid) >= $2::date and upper(b.valid) <= $1::date and s.lead_staff_id is not null
           and coalesce(h.created_at > $3, upper(b.valid) > $2::date or $2::date = $1::date) group by 1
         union all
         select s.lead_staff_id, 0, 0, count(*) from customer_tier_due d join customer_summary s using (customer_id)
         where not d.is_up and d.created_at > $3 and s.lead_staff_id is not null group by 1
     ) x join app_user u on u.staff_id = x.staff_id group by u.user_id"
);
