//! What the stages of the process score are worth, and what stands behind each of its items.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use guanhu_domain::{
    Code, CustomerNo, Problem,
    access::Verb,
    dashboards::BoardQuery,
    process::{EVIDENCE_MAX, Evidence, Item, ItemRule, ProcessRules},
};
use serde_json::json;
use sqlx::{PgExecutor, types::Json};
use uuid::Uuid;

use crate::{
    Actor, Bank, Error, Result, Scope, audit,
    audit::Entry,
    dashboards::{resolve, viewed},
    idempotency,
};

const KEY: &str = "process.score";

/// The rules in force; none, of version 0, where they were taken away.
pub(crate) async fn in_force(conn: impl PgExecutor<'_>) -> Result<ProcessRules> {
    let kept: Option<(i32, Json<Vec<ItemRule>>)> =
        sqlx::query_as("select version, value from parameter where key = $1").bind(KEY).fetch_optional(conn).await?;
    Ok(kept.map(|(version, rules)| ProcessRules { version, rules: rules.0 }).unwrap_or_default())
}

/// The rules, for whoever may change them.
pub async fn rules(bank: &Bank, actor: &Actor) -> Result<ProcessRules> {
    actor.require(Verb::ParameterChange)?;
    in_force(bank.pool()).await
}

/// Puts other rules in force, for every month at once: what was counted stays. Answers their version.
///
/// # Errors
/// `Stale` with the rules in force when somebody changed them first; `Invalid` by item.
pub async fn set_rules(bank: &Bank, actor: &Actor, change: &ProcessRules, key: Uuid) -> Result<i32> {
    actor.require(Verb::ParameterChange)?;
    let faults = change.faults();
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::ParameterChange, change).await? {
        return Ok(answer);
    }
    let before = in_force(&mut *tx).await?;
    let rules = serde_json::to_value(&change.rules).map_err(Error::internal)?;
    let version: Option<i32> = sqlx::query_scalar(
        "with kept as (
             update parameter set value = $2, version = version + 1, changed_at = now(), changed_by = $3 where key = $1 and version = $4 returning *
         ), history as (insert into parameter_history (key, version, value, changed_by) select key, version, value, changed_by from kept)
         select version from kept",
    )
    .bind(KEY)
    .bind(&rules)
    .bind(actor.user_ref())
    .bind(change.version)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(version) = version else {
        let current = serde_json::to_value(before).map_err(Error::internal)?;
        return Err(Problem { current: Some(current), ..Problem::new(Code::Stale) }.into());
    };
    let told = json!({ "before": before.rules, "rules": change.rules });
    audit::record(&mut tx, actor, Entry::done(Verb::ParameterChange, format!("parameter:{KEY}")).detail(told)).await?;
    idempotency::answer(&mut tx, actor, key, &version).await?;
    tx.commit().await?;
    Ok(version)
}

/// What an item of a manager's running month was counted from, among the viewer's customers: what is missing
/// first, then what counts. An empty code is the viewer's own.
///
/// # Errors
/// `NotFound` for a month that is over, since customers are led by others by now, for an unknown manager, and
/// for a manager who asks for another's.
pub async fn evidence(bank: &Bank, actor: &Actor, code: &str, query: &BoardQuery, item: Item) -> Result<Vec<Evidence>> {
    actor.require(Verb::DashboardView)?;
    let (frame, place) = resolve(bank, actor, query).await?;
    if !frame.is_running() {
        return Err(Error::not_found());
    }
    let code = if code.is_empty() { actor.me.staff.clone().ok_or_else(Error::not_found)? } else { code.to_owned() };
    let staff: i32 = sqlx::query_scalar("select staff_id from staff where code = $1").bind(&code).fetch_one(bank.pool()).await?;
    let units = match &actor.scope {
        Scope::Units(units) => Some(units.as_slice()),
        Scope::Portfolio { staff_id, .. } if *staff_id == staff => None,
        _ => return Err(Error::not_found()),
    };
    let statement = match item {
        Item::Complete => COMPLETE,
        Item::Planned => PLANNED,
        Item::Sold => SOLD,
        Item::Moved => MOVED,
        Item::OnTime => ON_TIME,
        Item::Reached => REACHED,
    };
    let rows: Vec<(i64, String, String, Option<String>, Option<NaiveDate>, bool)> = sqlx::query_as(statement)
        .bind(staff)
        .bind(units)
        .bind(place.month)
        .bind(frame.month.as_of)
        .bind(EVIDENCE_MAX as i64)
        .fetch_all(bank.pool())
        .await?;
    // A contact, an opportunity or a task is a row: a customer may be in several.
    let shown: BTreeSet<CustomerNo> = rows.iter().map(|(id, ..)| CustomerNo::from_id(*id)).collect();
    let shown: Vec<CustomerNo> = shown.into_iter().collect();
    bank.audit_soon(actor, viewed(&format!("process:{code}:{}", item.code()), &frame).showing(&shown)).await;
    let told =
        |(id, name, what, what_en, on, done)| Evidence { customer_no: CustomerNo::from_id(id).to_string(), name, what, what_en, on, done };
    Ok(rows.into_iter().map(told).collect())
}

/// Customers led by `$1` in the units `$2` (all of them without); `$3` first day, `$4` last day, `$5` how many.
macro_rules! led {
    ($select:literal) => {
        concat!(
            "with led as materialized (
    select customer_id, name, completeness, aum, last_contact_at from customer_summary
    where lead_staff_id = $1 and ($2::int[] is null or org_id = any($2)) and $3::date <= $4::date
)
",
            $select
        )
    };
}

const COMPLETE: &str = led!(
    "select customer_id, name, completeness || '%', null::text, null::date, completeness = 100 from led order by completeness, aum desc, customer_id limit $5"
);

const PLANNED: &str = led!(
    // What a feed brought may hold numbers of papers and accounts.
    "select l.customer_id, l.name, case when a.source = 'guanhu' then a.summary else regexp_replace(a.summary, '[0-9]{6,}', '****', 'g') end, null::text, a.happened_at::date, a.next_step is not null as done
from led l join activity a on a.customer_id = l.customer_id and a.happened_at >= $3 and a.happened_at < $4 + 1
order by done, a.happened_at desc, a.activity_id limit $5"
);

const SOLD: &str = led!(
    "select l.customer_id, l.name, p.names, p.names_en, null::date, true
from led l
join customer_month c on c.customer_id = l.customer_id and c.month = $3
left join customer_month b on b.customer_id = l.customer_id and b.month = ($3 - interval '1 month')::date
join lateral (select string_agg(p.name, '、' order by p.code) as names, string_agg(coalesce(nullif(p.name_en, ''), p.name), ', ' order by p.code) as names_en from product p
    where p.product_id = any(c.product_ids) and not p.product_id = any(coalesce(b.product_ids, '{}'))) p on p.names is not null
order by l.aum desc, l.customer_id limit $5"
);

const MOVED: &str = led!(
    "select l.customer_id, l.name, o.title, null::text, o.since, coalesce(v.moved, false) as done
from led l join opportunity o on o.customer_id = l.customer_id and o.opened_on <= $4 and (o.ended_on is null or o.ended_on >= $3)
left join lateral (select (array_agg(v.to_stage order by v.at desc, v.move_id desc))[1] <> (array_agg(v.from_stage order by v.at, v.move_id))[1] as moved
    from opportunity_move v where v.customer_id = o.customer_id and v.opportunity_id = o.opportunity_id and v.moved_on between $3 and $4) v on true
order by done, o.since, o.opportunity_id limit $5"
);

const ON_TIME: &str = led!(
    "select l.customer_id, l.name, t.title, null::text, t.due_on, t.state = 'done' and t.done_at < t.due_on + 1 as done
from led l join task t on t.customer_id = l.customer_id and t.state <> 'dropped' and t.due_on between $3 and $4
    and (t.state = 'done' or t.due_on < (select business_date from bank))
order by done, t.due_on, t.task_id limit $5"
);

const REACHED: &str = led!(
    "select l.customer_id, l.name, '', null::text, l.last_contact_at::date, coalesce(c.contacts > 0, false) as done
from led l left join customer_month c on c.customer_id = l.customer_id and c.month = $3
order by done, l.aum desc, l.customer_id limit $5"
);
