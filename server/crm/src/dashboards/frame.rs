//! Which month, unit and tier a dashboard is of, and what else could be chosen.

use chrono::{Datelike, Months, NaiveDate};
use guanhu_domain::{
    Code, Currency,
    dashboards::{BoardQuery, Frame, MonthChoice, MonthState, TierChoice, UnitChoice},
    groups::GroupRef,
    problem::Rule,
};

use crate::{Actor, Bank, Error, Result, Scope, groups, tokens::sort_key};

/// What a statement on the cubes binds. `tier_id` −1 is all tiers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub org_id: i32,
    pub month: NaiveDate,
    pub tier_id: i32,
}

#[derive(sqlx::FromRow)]
struct Known {
    today: NaiveDate,
    currency: String,
    months: sqlx::types::Json<Vec<MonthChoice>>,
    units: sqlx::types::Json<Vec<UnitChoice>>,
    ids: Vec<i32>,
    tiers: sqlx::types::Json<Vec<TierChoice>>,
    tier_ids: Vec<i32>,
    groups: sqlx::types::Json<Vec<GroupRef>>,
    currencies: Vec<String>,
}

/// `$1` the root, `$2` the units in scope, `$3` the code of the one that is asked for: for a manager, whose
/// scope is a portfolio, the whole bank stands for the root and there is no other unit to choose. `$4` the viewer and `$5` the role: whose groups.
const KNOWN: &str = concat!(
    "
select b.business_date as today, b.base_currency::text as currency,
    coalesce((select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('month', m.month, 'state', m.state, 'as_of', m.as_of,
                  'computed_at', case m.state when 'open' then m.computed_at end, 'late_at', m.late_at, 'stopped', nullif(m.message <> '', false), 'moving', nullif(m.tree <> b.tree, false),
                  'missing_days', nullif(cardinality(m.missing), 0), 'missing_from', m.missing[1],
                  'waiting', nullif(case $5 when 'manager' then exists (select from target_set w join target_proposal p using (set_id)
                          where w.state = 'submitted' and w.month = m.month and p.staff_id = (select v.staff_id from app_user v where v.user_id = $4))
                      else exists (select from target_set w join org_unit o using (org_id), at
                          where w.state = 'submitted' and w.month = m.month and (o.path @> array[at.path[cardinality(at.path)]] or o.org_id = at.path[cardinality(at.path) - 1])) end, false))) order by m.month desc)
              from (select * from contribution_month where ready order by month desc limit 36) m), '[]') as months,
    coalesce((select jsonb_agg(jsonb_build_object('code', u.code, 'name', u.name, 'depth', cardinality(u.path) - cardinality(r.path)) order by u.place) from u), '[]') as units,
    coalesce((select array_agg(u.org_id order by u.place) from u), '{}') as ids,
    coalesce((select jsonb_agg(jsonb_build_object('code', t.code, 'name', t.name, 'name_en', t.name_en, 'kind', k.customer_kind) order by k.customer_kind desc, t.rank desc)
              from tier t join tier_scheme k using (scheme_id)), '[]') as tiers,
    coalesce((select array_agg(t.tier_id order by k.customer_kind desc, t.rank desc) from tier t join tier_scheme k using (scheme_id)), '{}') as tier_ids,
    coalesce((select jsonb_agg(jsonb_build_object('code', g.code, 'name', g.name)) from customer_group g where g.removed_at is null
              and ",
    groups::usable!("$4", "$5"),
    " and (g.expires_on is null or g.expires_on >= b.business_date)), '[]') as groups,
    coalesce((select array_agg(distinct x.currency::text) from currency_cube x
              where x.org_id = r.org_id and x.month = (select max(m.month) from contribution_month m where m.ready)), '{}') as currencies
from bank b, org_unit r
where r.org_id = $1"
);

/// Units on offer: all while they are few, else the tree opened along the one that is asked for. Thousands
/// of them would be most of every answer, and nobody finds one among thousands in a list.
const UNITS: &str = "with at as materialized (
    select coalesce((select path from org_unit where code = $3 and org_id = any($2)), (select path from org_unit where org_id = $1)) as path
),
u as materialized (
    select o.*, row_number() over (order by (select string_agg(a.code, '/' order by p.place) from unnest(o.path) with ordinality p (id, place) join org_unit a on a.org_id = p.id)) as place
    from at, org_unit o where o.org_id = any($2) and (cardinality($2) <= 200 or o.org_id = any(at.path) or o.parent_id = any(at.path)))
";

/// Resolves a question; the unit of a portfolio is the whole bank, of which it shows one manager.
///
/// # Errors
/// `Invalid` on `month` or `tier`, `NotFound` for a unit out of scope, `MonthNotComputed`.
pub(crate) async fn resolve(bank: &Bank, actor: &Actor, query: &BoardQuery) -> Result<(Frame, Place)> {
    resolve_among(bank, actor, query, 0).await
}

/// As [`resolve`], with the running month and so many after it even while nothing is computed for them.
pub(crate) async fn resolve_ahead(bank: &Bank, actor: &Actor, query: &BoardQuery, ahead: u32) -> Result<(Frame, Place)> {
    resolve_among(bank, actor, query, ahead).await
}

async fn resolve_among(bank: &Bank, actor: &Actor, query: &BoardQuery, ahead: u32) -> Result<(Frame, Place)> {
    let (root, units) = match &actor.scope {
        Scope::Units(units) => (actor.org_id, units.clone()),
        Scope::Portfolio { .. } => {
            let root: i32 =
                sqlx::query_scalar("select path[1] from org_unit where org_id = $1").bind(actor.org_id).fetch_one(bank.pool()).await?;
            (root, vec![root])
        }
        Scope::Nothing => return Err(Error::not_found()),
    };
    let asked = query.org.as_deref().filter(|org| !org.is_empty());
    let known: Known = sqlx::query_as(sqlx::AssertSqlSafe([UNITS, KNOWN].concat()))
        .bind(root)
        .bind(&units)
        .bind(asked)
        .bind(actor.user_id)
        .bind(actor.role.code())
        .fetch_one(bank.pool())
        .await?;
    let mut months = known.months.0;
    let newest = months.first().copied();
    if ahead > 0 {
        plan(&mut months, known.today, ahead);
    }
    let newest = newest.or_else(|| months.last().copied());
    let month = match query.month.as_deref().map(str::trim).filter(|month| !month.is_empty()) {
        Some(text) => {
            let wanted = parse(text).ok_or_else(|| Error::field("month", Rule::BadFormat { expected: "2026-03".into() }))?;
            months.iter().find(|known| known.month == wanted).copied()
        }
        None => newest,
    };
    let month = month.ok_or_else(|| Error::new(Code::MonthNotComputed))?;
    let at = match asked {
        Some(code) if !query.lenient || known.units.iter().any(|unit| unit.code == code) => {
            known.units.iter().position(|unit| unit.code == code).ok_or_else(Error::not_found)?
        }
        _ => known.ids.iter().position(|id| *id == root).ok_or_else(Error::not_found)?,
    };
    let tier = match query.tier.as_deref().filter(|tier| !tier.is_empty()) {
        Some(code) => {
            let at = known.tiers.iter().position(|tier| tier.code == code);
            match query.lenient {
                true => at,
                false => Some(at.ok_or_else(|| Error::field("tier", Rule::UnknownCode { value: code.into() }))?),
            }
        }
        None => None,
    };
    let mut groups = known.groups.0;
    groups.sort_by_cached_key(|group| (sort_key(&group.name), group.code.clone()));
    let group = match query.group.as_deref().filter(|group| !group.is_empty()) {
        Some(code) => {
            let known = groups.iter().find(|group| group.code == code).cloned();
            match query.lenient {
                true => known,
                false => Some(known.ok_or_else(|| Error::field("group", Rule::UnknownCode { value: code.into() }))?),
            }
        }
        None => None,
    };
    // One currency is no choice.
    let mut currencies = if known.currencies.len() > 1 { known.currencies } else { Vec::new() };
    currencies.sort_by_key(|code| (*code != known.currency, code.clone()));
    let chosen_currency = match query.currency.as_deref().filter(|code| !code.is_empty()) {
        Some(code) => {
            let known = currencies.iter().find(|known| *known == code).cloned();
            match query.lenient {
                true => known,
                false => Some(known.ok_or_else(|| Error::field("currency", Rule::UnknownCode { value: code.into() }))?),
            }
        }
        None => None,
    };
    let currency = Currency::new(&known.currency).unwrap_or(Currency::CNY);
    let place = Place { org_id: known.ids[at], month: month.month, tier_id: tier.map_or(-1, |at| known.tier_ids[at]) };
    let frame = Frame {
        month,
        months,
        org: known.units[at].clone(),
        units: known.units.0,
        tier: tier.map(|at| known.tiers[at].clone()),
        tiers: known.tiers.0,
        group,
        groups,
        currency: known.currency,
        decimals: currency.exponent(),
        currencies,
        chosen_currency,
        elapsed: elapsed(month, known.today),
    };
    Ok((frame, place))
}

/// Puts the running month, unless it is there, and those to come before the ones that are known.
fn plan(months: &mut Vec<MonthChoice>, today: NaiveDate, ahead: u32) {
    let running = today.with_day(1).unwrap_or(today);
    for step in 0..=ahead {
        let Some(month) = running.checked_add_months(Months::new(step)) else { return };
        if months.iter().all(|known| known.month != month) {
            months.insert(0, MonthChoice { month, state: MonthState::Planned, as_of: today, ..MonthChoice::default() });
        }
    }
}

/// `2026-03`, or any day of the month.
fn parse(text: &str) -> Option<NaiveDate> {
    let day: NaiveDate = text.parse().or_else(|_| format!("{text}-01").parse()).ok()?;
    day.with_day(1)
}

fn elapsed(month: MonthChoice, today: NaiveDate) -> i64 {
    let next = month.month.checked_add_months(Months::new(1)).unwrap_or(today);
    let days = (next - month.month).num_days();
    match month.state {
        MonthState::Closed => 100_00,
        MonthState::Planned => 0,
        MonthState::Open => (i64::from(month.as_of.day()) * 100_00 / days.max(1)).min(100_00),
    }
}
