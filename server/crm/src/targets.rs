//! Targets: set from the top down, spread by what was reached before, and checked to add up.

use chrono::NaiveDate;
use guanhu_domain::{
    access::{Role, Verb},
    dashboards::{BoardQuery, Indicator, MonthState},
    problem::Rule,
    targets::{TargetChange, TargetLine, TargetSheet},
};
use serde::Deserialize;
use sqlx::types::Json;

use crate::{
    Actor, Bank, Error, Result, Scope, audit,
    audit::Entry,
    dashboards::{Place, resolve},
};

#[derive(Deserialize)]
struct Sheet {
    amount: Option<i64>,
    actual: Option<i64>,
    lines: Vec<TargetLine>,
}

/// A unit's target and its parts: units below it, or its managers where there are none.
pub async fn targets(bank: &Bank, actor: &Actor, query: &BoardQuery, indicator: Indicator) -> Result<TargetSheet> {
    actor.require(Verb::TargetSet)?;
    let (frame, place) = resolve(bank, actor, &BoardQuery { tier: None, ..query.clone() }).await?;
    let sheet = sheet(bank, place, indicator).await?;
    let may_set = frame.month.state == MonthState::Open || actor.role == Role::Executive;
    Ok(TargetSheet { frame, indicator, amount: sheet.amount, actual: sheet.actual.unwrap_or(0), lines: sheet.lines, may_set })
}

async fn sheet(bank: &Bank, place: Place, indicator: Indicator) -> Result<Sheet> {
    let sheet: Json<Sheet> =
        sqlx::query_scalar(SHEET).bind(place.org_id).bind(place.month).bind(indicator.code()).fetch_one(bank.pool()).await?;
    Ok(sheet.0)
}

/// `$1` unit, `$2` month, `$3` indicator, which is a key of a cube's row.
const SHEET: &str = "
with own as (select org_id from org_unit where parent_id = $1 and closed_on is null),
part as (
    select o.code, o.name, false as is_staff, o.org_id, 0 as staff_id, (to_jsonb(n) ->> $3)::bigint as actual, (to_jsonb(b) ->> $3)::bigint as before
    from org_unit o join own using (org_id)
    left join unit_cube n on n.org_id = o.org_id and n.month = $2 and n.tier_id = -1
    left join unit_cube b on b.org_id = o.org_id and b.month = ($2 - interval '1 month')::date and b.tier_id = -1
    union all
    select s.code, s.name, true, s.org_id, s.staff_id, (to_jsonb(n) ->> $3)::bigint, (to_jsonb(b) ->> $3)::bigint
    from staff s
    left join manager_cube n on n.org_id = $1 and n.month = $2 and n.tier_id = -1 and n.staff_id = s.staff_id
    left join manager_cube b on b.org_id = $1 and b.month = ($2 - interval '1 month')::date and b.tier_id = -1 and b.staff_id = s.staff_id
    where s.org_id = $1 and s.is_manager and s.left_on is null and not exists (select from own)
)
select jsonb_build_object(
    'amount', (select amount from target where month = $2 and indicator = $3 and org_id = $1 and staff_id = 0),
    'actual', (select (to_jsonb(u) ->> $3)::bigint from unit_cube u where u.org_id = $1 and u.month = $2 and u.tier_id = -1),
    'lines', coalesce((select jsonb_agg(jsonb_build_object('code', p.code, 'name', p.name, 'is_staff', p.is_staff, 'amount', t.amount,
            'actual', coalesce(p.actual, 0), 'before', p.before) order by p.is_staff, p.code)
        from part p left join target t on t.month = $2 and t.indicator = $3 and t.org_id = p.org_id and t.staff_id = p.staff_id), '[]'))";

/// Sets a unit's target, its parts, or both. Nobody sets the target of the own unit but who heads the bank.
///
/// # Errors
/// `NotFound` out of scope; `Invalid` on `amount` for the own unit's, on `parts` when they do not sum to
/// the whole (unless that is meant), are negative, or name what is not a part of the unit.
pub async fn set_targets(bank: &Bank, actor: &Actor, change: &TargetChange) -> Result<()> {
    actor.require(Verb::TargetSet)?;
    let query = BoardQuery { month: Some(change.month.clone()), org: Some(change.org.clone()), tier: None };
    let (frame, place) = resolve(bank, actor, &query).await?;
    let now = sheet(bank, place, change.indicator).await?;
    if change.amount.is_some_and(|amount| now.amount != Some(amount)) && place.org_id == actor.org_id && !is_head(bank, actor).await? {
        return Err(Error::field("amount", Rule::NotEditable));
    }
    if change.amount.is_some_and(|amount| amount < 0) || change.parts.iter().any(|part| part.amount < 0) {
        return Err(Error::field("parts", Rule::Negative));
    }
    let known =
        |part: &guanhu_domain::targets::TargetPart| now.lines.iter().any(|line| line.code == part.code && line.is_staff == part.is_staff);
    if let Some(part) = change.parts.iter().find(|part| !known(part)) {
        return Err(Error::field("parts", Rule::UnknownCode { value: part.code.clone() }));
    }
    let sheet = after(&now, change, frame, change.indicator);
    if let Some(difference) =
        sheet.difference().filter(|difference| *difference != 0 && !change.despite_difference && !change.parts.is_empty())
    {
        let decimals = if change.indicator == Indicator::Customers { 0 } else { sheet.frame.decimals };
        return Err(Error::field("parts", adds_up(difference, decimals)));
    }
    let mut tx = bank.begin().await?;
    if let Some(amount) = change.amount {
        upsert(&mut tx, actor, place.month, change.indicator, &change.org, None, amount).await?;
    }
    for part in &change.parts {
        let (org, staff) = if part.is_staff { (change.org.as_str(), Some(part.code.as_str())) } else { (part.code.as_str(), None) };
        upsert(&mut tx, actor, place.month, change.indicator, org, staff, part.amount).await?;
    }
    let entry = Entry::done(Verb::TargetSet, format!("target:{}:{}:{}", change.org, change.month, change.indicator.code()));
    let detail = serde_json::json!({ "amount": change.amount, "before": now.amount,
        "parts": change.parts.iter().map(|part| (part.code.clone(), part.amount)).collect::<Vec<_>>() });
    audit::record(&mut tx, actor, entry.detail(detail)).await?;
    tx.commit().await?;
    Ok(())
}

/// The sheet as it would be.
fn after(now: &Sheet, change: &TargetChange, frame: guanhu_domain::dashboards::Frame, indicator: Indicator) -> TargetSheet {
    let mut lines = now.lines.clone();
    for line in &mut lines {
        if let Some(part) = change.parts.iter().find(|part| part.code == line.code && part.is_staff == line.is_staff) {
            line.amount = Some(part.amount);
        }
    }
    TargetSheet { frame, indicator, amount: change.amount.or(now.amount), actual: 0, lines, may_set: true }
}

fn adds_up(difference: i64, decimals: u32) -> Rule {
    let unit = 10_i64.pow(decimals);
    let figure = difference.abs() / unit;
    match difference > 0 {
        true => Rule::Other {
            zh: format!("各项之和比总目标多 {figure}"), en: format!("the parts come to {figure} more than the whole")
        },
        false => Rule::Other {
            zh: format!("各项之和比总目标少 {figure}"), en: format!("the parts come to {figure} less than the whole")
        },
    }
}

/// Does the actor head the unit at the root?
async fn is_head(bank: &Bank, actor: &Actor) -> Result<bool> {
    if !matches!(actor.scope, Scope::Units(_)) {
        return Ok(false);
    }
    Ok(sqlx::query_scalar("select parent_id is null from org_unit where org_id = $1").bind(actor.org_id).fetch_one(bank.pool()).await?)
}

async fn upsert(
    conn: &mut sqlx::PgConnection,
    actor: &Actor,
    month: NaiveDate,
    indicator: Indicator,
    org: &str,
    staff: Option<&str>,
    amount: i64,
) -> Result<()> {
    sqlx::query(
        "insert into target as t (month, indicator, org_id, staff_id, amount, set_by)
         select $1, $2, o.org_id, coalesce((select s.staff_id from staff s where s.code = $4), 0), $5, $6 from org_unit o where o.code = $3
         on conflict (month, indicator, org_id, staff_id) do update set amount = excluded.amount, set_by = excluded.set_by, set_at = now(), version = t.version + 1
         where t.amount <> excluded.amount",
    )
    .bind(month)
    .bind(indicator.code())
    .bind(org)
    .bind(staff)
    .bind(amount)
    .bind(actor.user_ref())
    .execute(conn)
    .await?;
    Ok(())
}
