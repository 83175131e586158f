//! What is proposed on a unit's sheet of a month: submitted, and decided by another person.

use chrono::{DateTime, NaiveDate, Utc};
use guanhu_domain::{
    Code, Rule,
    access::Verb,
    dashboards::{BoardQuery, Frame},
    targets::{TargetDecision, TargetOff, TargetProposed, TargetSet, TargetState, TargetStep, TargetStepAsked, TargetsWait},
};
use serde_json::json;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::{AHEAD, Measured, Set, closed, is_head, may_set};
use crate::{
    Actor, Bank, Error, Result, Scope, audit,
    audit::Entry,
    dashboards::{Place, resolve_ahead},
    idempotency,
    tokens::sort_key,
};

/// Whether user `u` may decide what is submitted as `s` for unit `c`: neither who submitted it nor who proposed any amount of it,
/// and of a closed month executives alone.
macro_rules! may_decide {
    () => {
        "u.role in ('branch_manager', 'executive') and u.user_id <> s.submitted_by and u.disabled_at is null and u.granted_at is not null
           and c.path @> array[u.org_id]
           and not exists (select from target_proposal w where w.set_id = s.set_id and w.proposed_by = u.user_id)
           and (u.role = 'executive' or not exists (select from contribution_month m where m.month = s.month and m.state = 'closed'))"
    };
}
pub(crate) use may_decide;

const REASON_MAX: usize = 500;
/// Sets told of at once.
const WAITING: i64 = 50;

/// Submits what is proposed for a unit and month, takes it back, or forgets it.
///
/// # Errors
/// `NotFound` out of scope and where nothing is proposed; `Stale` when it is not what was read any more; `Conflict` when it
/// is not in a state for the step; `Invalid` on `month` for a closed one, on `whole` where the own unit's is among it.
pub async fn step_targets(bank: &Bank, actor: &Actor, asked: &TargetStepAsked, key: Uuid) -> Result<()> {
    actor.require(Verb::TargetSet)?;
    let (frame, place) = placed(bank, actor, &asked.month, &asked.org).await?;
    let mut tx = bank.begin().await?;
    if idempotency::claim::<()>(&mut tx, actor, key, Verb::TargetSet, asked).await?.is_some() {
        return Ok(());
    }
    lock(&mut tx, place.month).await?;
    let open = open(&mut tx, place, asked.version).await?;
    if (open.state == TargetState::Submitted) != (asked.step == TargetStep::TakeBack) {
        return Err(Error::new(Code::Conflict));
    }
    if is_own(&mut tx, actor, place, open.set_id).await? {
        return Err(Error::field("whole", Rule::NotEditable));
    }
    let changes = changes(&mut tx, open.set_id).await?;
    let statement = match asked.step {
        TargetStep::Submit => {
            "update target_set set state = 'submitted', version = version + 1, submitted_by = $2, submitted_at = now(), decided_by = null,
                 decided_at = null, answer = '', targets = (select count(*) from target_proposal where set_id = $1) where set_id = $1"
        }
        TargetStep::TakeBack => "update target_set set state = 'draft', version = version + 1 where set_id = $1 and $2::int is not null",
        TargetStep::Discard => {
            sqlx::query(FORGET).bind(open.set_id).execute(&mut *tx).await?;
            "delete from target_set where set_id = $1 and $2::int is not null"
        }
    };
    sqlx::query(statement).bind(open.set_id).bind(actor.user_id).execute(&mut *tx).await?;
    let entry = Entry::done(Verb::TargetSet, subject(&asked.org, &asked.month));
    audit::record(&mut tx, actor, entry.detail(json!({ "step": asked.step, "currency": frame.currency, "targets": changes }))).await?;
    idempotency::answer(&mut tx, actor, key, &()).await?;
    tx.commit().await?;
    Ok(())
}

/// Agrees to what was submitted, which is in force from then on, or rejects it.
///
/// # Errors
/// `NotFound`, `Stale` and `Invalid` on `month` as for a step; `Conflict` when nothing waits; `must_be_another_person` for who
/// submitted it or proposed any amount of it; `reason_required` to reject; `Invalid` on `reason` for a long one.
pub async fn decide_targets(bank: &Bank, actor: &Actor, decision: &TargetDecision, key: Uuid) -> Result<()> {
    actor.require(Verb::TargetDecide)?;
    let (frame, place) = placed(bank, actor, &decision.month, &decision.org).await?;
    let mut tx = bank.begin().await?;
    if idempotency::claim::<()>(&mut tx, actor, key, Verb::TargetDecide, decision).await?.is_some() {
        return Ok(());
    }
    lock(&mut tx, place.month).await?;
    let open = open(&mut tx, place, decision.version).await?;
    if open.state != TargetState::Submitted {
        return Err(Error::new(Code::Conflict));
    }
    if open.submitted_by == Some(actor.user_id) || has_proposed(&mut tx, actor, open.set_id).await? {
        return Err(Error::new(Code::SamePerson));
    }
    let reason = decision.reason.trim();
    if reason.chars().count() > REASON_MAX {
        return Err(Error::field("reason", Rule::TooLong { max: REASON_MAX }));
    }
    if !decision.approve && reason.is_empty() {
        return Err(Error::new(Code::ReasonRequired));
    }
    let (changes, off) = (changes(&mut tx, open.set_id).await?, off(&mut tx, place, open.set_id).await?);
    if decision.approve {
        sqlx::query(ENFORCE).bind(open.set_id).bind(actor.user_id).execute(&mut *tx).await?;
    }
    sqlx::query(
        "update target_set set state = $3, version = version + 1, decided_by = $2, decided_at = now(), answer = $4 where set_id = $1",
    )
    .bind(open.set_id)
    .bind(actor.user_id)
    .bind(if decision.approve { TargetState::Approved } else { TargetState::Rejected }.code())
    .bind(reason)
    .execute(&mut *tx)
    .await?;
    let entry = Entry::done(Verb::TargetDecide, subject(&decision.org, &decision.month)).reason(reason);
    audit::record(
        &mut tx,
        actor,
        entry.detail(json!({ "given": decision.approve, "currency": frame.currency, "targets": changes, "difference": off })),
    )
    .await?;
    idempotency::answer(&mut tx, actor, key, &()).await?;
    tx.commit().await?;
    Ok(())
}

/// Does it set the target of the actor's own unit? Only who heads the bank hands that in; others agree to what comes from
/// above, or say why not.
async fn is_own(conn: &mut PgConnection, actor: &Actor, place: Place, set_id: Uuid) -> Result<bool> {
    if place.org_id != actor.org_id || is_head(conn, actor).await? {
        return Ok(false);
    }
    Ok(sqlx::query_scalar("select exists (select from target_proposal where set_id = $1 and org_id = $2 and staff_id = 0)")
        .bind(set_id)
        .bind(place.org_id)
        .fetch_one(conn)
        .await?)
}

/// Is any amount of the set the actor's?
async fn has_proposed(conn: &mut PgConnection, actor: &Actor, set_id: Uuid) -> Result<bool> {
    Ok(sqlx::query_scalar("select exists (select from target_proposal where set_id = $1 and proposed_by = $2)")
        .bind(set_id)
        .bind(actor.user_id)
        .fetch_one(conn)
        .await?)
}

/// As the other targets of a unit and month are named in the audit log, with the indicator behind it.
fn subject(org: &str, month: &str) -> String {
    format!("target:{org}:{month}")
}

async fn placed(bank: &Bank, actor: &Actor, month: &str, org: &str) -> Result<(Frame, Place)> {
    let query = BoardQuery { month: Some(month.to_owned()), org: Some(org.to_owned()), ..BoardQuery::default() };
    let (frame, place) = resolve_ahead(bank, actor, &query, AHEAD).await?;
    if !may_set(actor, &frame) {
        return Err(Error::field("month", closed()));
    }
    Ok((frame, place))
}

/// A unit's target is also a part of the one above: whoever sets or decides any of the month waits for the other, so that
/// what adds up when it is checked adds up when it is written.
pub(super) async fn lock(conn: &mut PgConnection, month: NaiveDate) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtext('target:' || $1::text))").bind(month).execute(conn).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Open {
    set_id: Uuid,
    state: TargetState,
    version: i32,
    submitted_by: Option<i32>,
}

const OPEN: &str =
    "select set_id, state, version, submitted_by from target_set where org_id = $1 and month = $2 and state <> 'approved' for update";

async fn open(conn: &mut PgConnection, place: Place, version: i32) -> Result<Open> {
    let open: Open = sqlx::query_as(OPEN).bind(place.org_id).bind(place.month).fetch_one(conn).await?;
    if open.version == version { Ok(open) } else { Err(Error::new(Code::Stale)) }
}

/// The set that changes of a sheet go to.
///
/// # Errors
/// `Invalid` on `month` while it waits for a decision.
pub(super) async fn working(conn: &mut PgConnection, place: Place) -> Result<Uuid> {
    let open: Option<Open> = sqlx::query_as(OPEN).bind(place.org_id).bind(place.month).fetch_optional(&mut *conn).await?;
    match open {
        Some(Open { state: TargetState::Submitted, .. }) => Err(Error::field("month", waits())),
        Some(Open { set_id, .. }) => {
            sqlx::query("update target_set set version = version + 1 where set_id = $1").bind(set_id).execute(conn).await?;
            Ok(set_id)
        }
        None => {
            let set_id = Uuid::now_v7();
            sqlx::query("insert into target_set (set_id, month, org_id, state) values ($1, $2, $3, 'draft')")
                .bind(set_id)
                .bind(place.month)
                .bind(place.org_id)
                .execute(conn)
                .await?;
            Ok(set_id)
        }
    }
}

fn waits() -> Rule {
    Rule::Other {
        zh: "已提交审批，决定之前不能再改".into(), en: "it waits for a decision and stays as it is until then".into()
    }
}

/// What is proposed is forgotten; who read it is told so, because the version moves on.
macro_rules! forget {
    ($which:literal) => {
        concat!(
            "with gone as (delete from target_proposal p where ",
            $which,
            " returning *)
             insert into target as t (month, indicator, org_id, staff_id, product_id, amount, version)
             select month, indicator, org_id, staff_id, product_id, null, version + 1 from gone
             on conflict (month, indicator, org_id, staff_id, product_id) do update set version = t.version + excluded.version"
        )
    };
}

const FORGET: &str = forget!("p.set_id = $1");
const FORGET_ONE: &str = forget!(
    "p.month = $1 and p.indicator = $2 and p.org_id = $3 and p.staff_id = $4 and p.product_id = $5 and not exists (select from target_set s where s.set_id = p.set_id and s.state = 'submitted')"
);

/// What was proposed takes the place of what held.
const ENFORCE: &str = "with given as (delete from target_proposal where set_id = $1 returning *)
insert into target as t (month, indicator, org_id, staff_id, product_id, amount, version, set_by, approved_by)
select month, indicator, org_id, staff_id, product_id, amount, version, proposed_by, $2 from given
on conflict (month, indicator, org_id, staff_id, product_id) do update set amount = excluded.amount, version = t.version + excluded.version,
    set_by = excluded.set_by, approved_by = excluded.approved_by, set_at = now()";

/// Whoever read the set that a proposal leaves for another one's sheet read something else.
const LEAVES: &str = "update target_set s set version = s.version + 1 from target_proposal p
where p.month = $1 and p.indicator = $2 and p.org_id = $3 and p.staff_id = $4 and p.product_id = $5
    and s.set_id = p.set_id and s.set_id <> $6 and s.state <> 'submitted'";

/// Another sheet may have proposed it before, as its whole or as a part.
const PROPOSE: &str =
    "insert into target_proposal as p (month, indicator, org_id, staff_id, product_id, set_id, amount, proposed_by) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (month, indicator, org_id, staff_id, product_id) do update set set_id = excluded.set_id, amount = excluded.amount,
         proposed_by = excluded.proposed_by, proposed_at = now(), version = p.version + 1
     where not exists (select from target_set s where s.set_id = p.set_id and s.state = 'submitted')";

/// Puts one amount into the set, or takes the proposal back where it is what holds anyway.
pub(super) async fn propose(conn: &mut PgConnection, actor: &Actor, set_id: Uuid, of: Measured, set: &Set<'_>) -> Result<()> {
    sqlx::query(LEAVES)
        .bind(of.month)
        .bind(of.indicator.code())
        .bind(set.org_id)
        .bind(set.staff_id)
        .bind(of.product_id)
        .bind(set_id)
        .execute(&mut *conn)
        .await?;
    let statement = match set.to.amount == set.in_force {
        true => FORGET_ONE,
        false => PROPOSE,
    };
    let query = sqlx::query(statement).bind(of.month).bind(of.indicator.code()).bind(set.org_id).bind(set.staff_id).bind(of.product_id);
    let query = match set.to.amount == set.in_force {
        true => query,
        false => query.bind(set_id).bind(set.to.amount).bind(actor.user_ref()),
    };
    match query.execute(conn).await?.rows_affected() {
        0 => Err(Error::field(
            "parts",
            Rule::Other {
                zh: format!("{} 的指标已在另一张表中提交审批", set.code),
                en: format!("the target of {} waits for a decision on another sheet", set.code),
            },
        )),
        _ => Ok(()),
    }
}

/// Sets of which everything was taken back, or proposed elsewhere, are none.
pub(super) async fn tidy(conn: &mut PgConnection, month: NaiveDate) -> Result<()> {
    sqlx::query(
        "delete from target_set s where s.month = $1 and s.state in ('draft', 'rejected') and not exists (select from target_proposal p where p.set_id = s.set_id)",
    )
    .bind(month)
    .execute(conn)
    .await?;
    Ok(())
}

/// The names of product `p`, none for all together.
macro_rules! named {
    () => {
        "case when p.product_id is not null then jsonb_build_object('code', p.code, 'name', p.name, 'name_en', p.name_en) end"
    };
}

async fn changes(conn: &mut PgConnection, set_id: Uuid) -> Result<Vec<TargetProposed>> {
    let changes: Json<Vec<TargetProposed>> = sqlx::query_scalar(concat!(
        "select coalesce(jsonb_agg(jsonb_build_object('indicator', w.indicator, 'product', ",
        named!(),
        ", 'name', coalesce(m.name, o.name), 'before', t.amount, 'amount', w.amount,
                'by', coalesce(u.name, '')) order by w.product_id, w.indicator, cardinality(o.path), o.code, m.code nulls first), '[]')
         from target_proposal w join org_unit o using (org_id) left join staff m on m.staff_id = w.staff_id
         left join product p on p.product_id = w.product_id
         left join app_user u on u.user_id = w.proposed_by
         left join target t on t.month = w.month and t.indicator = w.indicator and t.org_id = w.org_id and t.staff_id = w.staff_id
             and t.product_id = w.product_id
         where w.set_id = $1"
    ))
    .bind(set_id)
    .fetch_one(conn)
    .await?;
    Ok(changes.0)
}

/// Of the indicators that a set changes, those whose parts would not sum to the whole.
async fn off(conn: &mut PgConnection, place: Place, set_id: Uuid) -> Result<Vec<TargetOff>> {
    let off: Json<Vec<TargetOff>> = sqlx::query_scalar(concat!(
        "with own as (select org_id from org_unit where parent_id = $1 and closed_on is null),
         part as (
             select org_id, 0 as staff_id from own union all
             select org_id, staff_id from staff where org_id = $1 and is_manager and left_on is null and not exists (select from own)
         ),
         stands as (
             select a.indicator, a.product_id, k.is_part, case when p.set_id is null then t.amount else p.amount end as amount
             from (select distinct indicator, product_id from target_proposal where set_id = $3) a
             cross join (select $1::int as org_id, 0 as staff_id, false as is_part union all select org_id, staff_id, true from part) k
             left join target t on t.month = $2 and t.indicator = a.indicator and t.org_id = k.org_id and t.staff_id = k.staff_id
                 and t.product_id = a.product_id
             left join target_proposal p on p.month = $2 and p.indicator = a.indicator and p.org_id = k.org_id and p.staff_id = k.staff_id
                 and p.product_id = a.product_id
         ),
         summed as (
             select indicator, product_id, sum(amount) filter (where is_part) - max(amount) filter (where not is_part) as off
             from stands group by indicator, product_id
         )
         select coalesce(jsonb_agg(jsonb_build_object('indicator', s.indicator, 'product', ",
        named!(),
        ", 'off', greatest(least(s.off, 9e18), -9e18)::bigint) order by s.product_id, s.indicator), '[]')
         from summed s left join product p on p.product_id = s.product_id where s.off <> 0"
    ))
    .bind(place.org_id)
    .bind(place.month)
    .bind(set_id)
    .fetch_one(conn)
    .await?;
    Ok(off.0)
}

#[derive(sqlx::FromRow)]
struct Row {
    set_id: Uuid,
    state: TargetState,
    version: i32,
    submitter: Option<i32>,
    submitted_by: Option<String>,
    submitted_at: Option<DateTime<Utc>>,
    decided_by: Option<String>,
    answer: String,
    deciders: Vec<String>,
}

/// What is proposed for a unit and month; else what was approved last.
pub(super) async fn told(conn: &mut PgConnection, actor: &Actor, place: Place, may_change: bool) -> Result<Option<TargetSet>> {
    let row: Option<Row> = sqlx::query_as(concat!(
        "select s.set_id, s.state, s.version, s.submitted_by as submitter, a.name as submitted_by, s.submitted_at, d.name as decided_by, s.answer,
             coalesce((select array_agg(n.name) from (
                 select u.name, rank() over (order by cardinality(o.path) desc) as distance
                 from app_user u join org_unit o on o.org_id = u.org_id join org_unit c on c.org_id = s.org_id
                 where s.state = 'submitted' and ",
        may_decide!(),
        ") n where n.distance = 1), '{}') as deciders
         from target_set s left join app_user a on a.user_id = s.submitted_by left join app_user d on d.user_id = s.decided_by
         where s.org_id = $1 and s.month = $2 order by s.state = 'approved', s.decided_at desc limit 1"
    ))
    .bind(place.org_id)
    .bind(place.month)
    .fetch_optional(&mut *conn)
    .await?;
    let Some(mut row) = row else { return Ok(None) };
    row.deciders.sort_by_cached_key(|name| sort_key(name));
    let (changes, off) = (changes(conn, row.set_id).await?, off(conn, place, row.set_id).await?);
    let submitted = row.state == TargetState::Submitted;
    let is_free = row.submitter != Some(actor.user_id) && !has_proposed(conn, actor, row.set_id).await?;
    let may_submit = may_change && row.state != TargetState::Approved && !is_own(conn, actor, place, row.set_id).await?;
    Ok(Some(TargetSet {
        state: row.state,
        version: row.version,
        submitted_by: row.submitted_by,
        submitted_at: row.submitted_at,
        decided_by: row.decided_by,
        answer: row.answer,
        changes,
        off,
        deciders: row.deciders,
        may_submit,
        may_decide: may_change && submitted && is_free && Verb::TargetDecide.allowed_to(actor.role),
    }))
}

/// What waits for the actor, the oldest first.
pub(super) async fn waiting(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<TargetsWait>> {
    let Scope::Units(units) = &actor.scope else { return Ok(Vec::new()) };
    let rows: Vec<(String, String, NaiveDate, String, i32)> = sqlx::query_as(
        "select c.code, c.name, s.month, a.name, s.targets
         from target_set s join org_unit c using (org_id) join app_user a on a.user_id = s.submitted_by
         where s.state = 'submitted' and s.org_id = any($1) and s.submitted_by <> $2
           and not exists (select from target_proposal p where p.set_id = s.set_id and p.proposed_by = $2) order by s.submitted_at limit $3",
    )
    .bind(units)
    .bind(actor.user_id)
    .bind(WAITING)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(org, org_name, month, by, targets)| TargetsWait { org, org_name, month, by, targets }).collect())
}
