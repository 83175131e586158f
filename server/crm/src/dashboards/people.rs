//! Managers: the league, and a page of each.

use guanhu_domain::{
    access::Verb,
    dashboards::{BoardQuery, Frame, ManagerBoard, ManagerLine, ManagersBoard, ProductShare, TierLine, TrendPoint, forecast},
};
use serde::Deserialize;
use sqlx::types::Json;

use super::{
    boards::viewed,
    frame::{Place, resolve},
};
use crate::{Actor, Bank, Error, Result, Scope};

/// Managers of one league.
const LIMIT: i64 = 500;

/// The league of a unit; a manager sees only the own line.
pub async fn managers_board(bank: &Bank, actor: &Actor, query: &BoardQuery) -> Result<ManagersBoard> {
    actor.require(Verb::DashboardView)?;
    let (frame, place) = resolve(bank, actor, query).await?;
    let (items, unassigned) = lines(bank, actor, &frame, place, None).await?;
    bank.audit_soon(actor, viewed("managers", &frame)).await;
    let capped = items.len() as i64 >= LIMIT;
    Ok(ManagersBoard { frame, items, unassigned, capped })
}

/// Lines of managers, the one of `only` or all, and what is in nobody's charge.
pub(super) async fn lines(
    bank: &Bank,
    actor: &Actor,
    frame: &Frame,
    place: Place,
    only: Option<&str>,
) -> Result<(Vec<ManagerLine>, Option<ManagerLine>)> {
    let own = match actor.scope {
        Scope::Portfolio { staff_id, .. } => Some(staff_id),
        _ => None,
    };
    let rows: Vec<Json<ManagerRow>> = sqlx::query_scalar(LINES)
        .bind(place.org_id)
        .bind(place.month)
        .bind(place.tier_id)
        .bind(own)
        .bind(only)
        .bind(LIMIT)
        .fetch_all(&mut *bank.read(actor).await?)
        .await?;
    let (mut items, mut unassigned) = (Vec::new(), None);
    for Json(row) in rows {
        let line = row.line(frame);
        if line.code.is_empty() {
            unassigned = Some(line);
        } else {
            items.push(line);
        }
    }
    Ok((items, unassigned))
}

#[derive(Deserialize)]
struct ManagerRow {
    code: String,
    name: String,
    org: String,
    org_name: String,
    customers: i64,
    load: i64,
    capacity: i32,
    aum: i64,
    deposits: i64,
    loans: i64,
    contribution: i64,
    target: Option<i64>,
    contacts: i64,
    visits: i64,
    contacted: i64,
    trend: Vec<Option<i64>>,
}

impl ManagerRow {
    fn line(self, frame: &Frame) -> ManagerLine {
        ManagerLine {
            code: self.code,
            name: self.name,
            org: self.org,
            org_name: self.org_name,
            customers: self.customers,
            load: self.load,
            capacity: self.capacity,
            aum: self.aum,
            deposits: self.deposits,
            loans: self.loans,
            contribution: self.contribution,
            target: self.target,
            actual: self.contribution,
            forecast: forecast(self.contribution, frame.elapsed),
            contacts: self.contacts,
            visits: self.visits,
            contacted: self.contacted,
            trend: self.trend,
        }
    }
}

/// A manager's target of contribution in a month: one was moved, so that of the own unit, else the last that was set.
/// `s` is the manager, `month` the month.
macro_rules! target {
    ($month:literal) => {
        concat!(
            "left join lateral (select t.amount from target t where t.staff_id = s.staff_id and t.staff_id <> 0 and t.month = ",
            $month,
            " and t.indicator = 'contribution' and $3 = -1 and t.amount is not null order by t.org_id = s.org_id desc, t.set_at desc limit 1) g on true"
        )
    };
}

/// `$4` the only staff that may be shown, `$5` the code of the only one that is asked for. A manager is as
/// busy as all customers make, whichever unit is looked at; a tier weighs what it does on the board.
const LINES: &str = concat!(
    "with busy as (
    select n.staff_id, sum(n.customers * greatest(t.rank, 1))::bigint as load
    from manager_cube n left join tier t on t.tier_id = n.tier_id
    where n.org_id = (select path[1] from org_unit where org_id = $1) and n.month = $2 and n.tier_id >= 0 and n.staff_id <> 0
        and ($4::int is null or n.staff_id = $4) and ($5::text is null or n.staff_id = (select staff_id from staff where code = $5))
    group by n.staff_id
)
select jsonb_build_object('code', coalesce(s.code, ''), 'name', coalesce(s.name, ''), 'org', coalesce(o.code, ''), 'org_name', coalesce(o.name, ''),
    'customers', n.customers, 'load', coalesce(w.load, 0), 'capacity', coalesce(s.capacity, 0), 'aum', n.aum, 'deposits', n.deposits, 'loans', n.loans,
    'contribution', n.contribution, 'target', g.amount, 'contacts', n.contacts, 'visits', n.visits, 'contacted', n.contacted,
    'trend', (select jsonb_agg(c.contribution order by m) from generate_series($2 - interval '11 months', $2, interval '1 month') m
        left join manager_cube c on c.org_id = $1 and c.month = m::date and c.tier_id = $3 and c.staff_id = n.staff_id))
from manager_cube n
left join staff s on s.staff_id = n.staff_id
left join org_unit o on o.org_id = s.org_id
left join busy w on w.staff_id = n.staff_id
",
    target!("$2"),
    "
where n.org_id = $1 and n.month = $2 and n.tier_id = $3 and ($4::int is null or n.staff_id = $4) and ($5::text is null or s.code = $5)
order by n.staff_id = 0, n.contribution desc, n.staff_id limit $6"
);

#[derive(Deserialize)]
struct Page {
    place: i64,
    of: i64,
    trend: Vec<TrendPoint>,
    tiers: Vec<TierLine>,
    products: Vec<ProductShare>,
}

/// One manager's page; `code` empty: the viewer's own.
///
/// # Errors
/// `NotFound` for a manager of whom the viewer has no customers in scope.
pub async fn manager_board(bank: &Bank, actor: &Actor, code: &str, query: &BoardQuery) -> Result<ManagerBoard> {
    actor.require(Verb::DashboardView)?;
    let (frame, place) = resolve(bank, actor, query).await?;
    let code = if code.is_empty() { actor.me.staff.clone().ok_or_else(Error::not_found)? } else { code.to_owned() };
    let (mut items, _) = lines(bank, actor, &frame, place, Some(&code)).await?;
    let line = items.pop().ok_or_else(Error::not_found)?;
    let page: Json<Page> = sqlx::query_scalar(PAGE)
        .bind(place.org_id)
        .bind(place.month)
        .bind(place.tier_id)
        .bind(&code)
        .fetch_one(&mut *bank.read(actor).await?)
        .await?;
    bank.audit_soon(actor, viewed(&format!("manager:{code}"), &frame)).await;
    let Page { place, of, trend, tiers, products } = page.0;
    Ok(ManagerBoard { frame, line, place, of, trend, tiers, products })
}

const PAGE: &str = concat!(
    "with me as (select staff_id, org_id from staff where code = $4)
select jsonb_build_object(
    'place', (select count(*) + 1 from manager_cube o, me join manager_cube n on n.staff_id = me.staff_id
        where n.org_id = $1 and n.month = $2 and n.tier_id = $3 and o.org_id = $1 and o.month = $2 and o.tier_id = $3 and o.staff_id <> 0 and o.contribution > n.contribution),
    'of', (select count(*) from manager_cube where org_id = $1 and month = $2 and tier_id = $3 and staff_id <> 0),
    'trend', coalesce((select jsonb_agg(jsonb_build_object('month', c.month, 'customers', c.customers, 'aum', c.aum, 'deposits', c.deposits, 'loans', c.loans,
            'contribution', c.contribution, 'target', g.amount) order by c.month)
        from me s join manager_cube c on c.staff_id = s.staff_id and c.org_id = $1 and c.tier_id = $3 and c.month between ($2 - interval '12 months')::date and $2
        ",
    target!("c.month"),
    "), '[]'),
    'tiers', coalesce((select jsonb_agg(jsonb_build_object('code', coalesce(t.code, ''), 'name', coalesce(t.name, ''), 'name_en', coalesce(t.name_en, ''), 'mark', coalesce(t.mark, 0),
            'customers', c.customers, 'customers_before', b.customers, 'aum', c.aum, 'contribution', c.contribution) order by k.customer_kind desc nulls last, t.rank desc)
        from me join manager_cube c on c.staff_id = me.staff_id and c.org_id = $1 and c.month = $2 and c.tier_id >= 0
        left join manager_cube b on b.org_id = $1 and b.month = ($2 - interval '1 month')::date and b.tier_id = c.tier_id and b.staff_id = c.staff_id
        left join tier t on t.tier_id = c.tier_id left join tier_scheme k using (scheme_id)), '[]'),
    'products', coalesce((select jsonb_agg(jsonb_build_object('code', p.code, 'name', p.name, 'name_en', p.name_en, 'holders', c.holders, 'end_balance', c.end_balance,
            'contribution', c.contribution) order by c.contribution desc, p.code)
        from (select product_id, sum(holders) as holders, sum(end_balance) as end_balance, sum(contribution) as contribution
              from contribution_cube c, me where c.staff_id = me.staff_id and c.month = $2 and ($3 = -1 or c.tier_id = $3)
                and c.org_id in (select u.org_id from org_unit u where u.path @> array[$1::int]) group by product_id) c
        join product p using (product_id)), '[]'))"
);
