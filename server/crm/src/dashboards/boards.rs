//! The bank, its products and its customers' value.

use guanhu_domain::{
    access::Verb,
    dashboards::{BankBoard, BoardQuery, ProductsBoard, UnitLine, ValueBoard},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    currency::in_currency,
    frame::{Place, resolve},
    group::{of_group, value_of_group},
};
use crate::{
    Actor, Bank, Error, Result, Scope,
    audit::Entry,
    targets::{self, Asked, Products, Whose},
};

/// Reads one JSON answer of a statement on `$1` unit, `$2` month, `$3` tier, `$4` the viewer's units.
async fn read<T: DeserializeOwned>(bank: &Bank, actor: &Actor, sql: &'static str, place: Place, units: &[i32]) -> Result<T> {
    let value: serde_json::Value = sqlx::query_scalar(sql)
        .bind(place.org_id)
        .bind(place.month)
        .bind(place.tier_id)
        .bind(units)
        .fetch_one(&mut *bank.read(actor).await?)
        .await?;
    serde_json::from_value(value).map_err(Error::internal)
}

/// These dashboards are of units; a portfolio has a page of its own.
fn of_units(actor: &Actor) -> Result<&[i32]> {
    match &actor.scope {
        Scope::Units(units) => Ok(units),
        _ => Err(Error::not_found()),
    }
}

pub(crate) fn viewed(board: &str, place: &guanhu_domain::dashboards::Frame) -> Entry {
    Entry::viewed(Verb::DashboardView, format!("dashboard:{board}"))
        .detail(serde_json::json!({ "org": place.org.code, "month": place.month.month, "tier": place.tier.as_ref().map(|tier| &tier.code),
            "group": place.group.as_ref().map(|group| &group.code) }))
}

#[derive(Deserialize)]
struct BankFigures {
    now: guanhu_domain::dashboards::Totals,
    before: Option<guanhu_domain::dashboards::Totals>,
    year_before: Option<guanhu_domain::dashboards::Totals>,
    targets: Vec<guanhu_domain::dashboards::TargetFigure>,
    units: Vec<UnitLine>,
    trend: Vec<guanhu_domain::dashboards::TrendPoint>,
    tiers: Vec<guanhu_domain::dashboards::TierLine>,
    flow: Vec<guanhu_domain::dashboards::TierFlow>,
    top: Vec<guanhu_domain::dashboards::TopCustomer>,
}

/// The bank at one glance, or a unit of it.
pub async fn bank_board(bank: &Bank, actor: &Actor, query: &BoardQuery) -> Result<BankBoard> {
    actor.require(Verb::DashboardView)?;
    let units = of_units(actor)?;
    let (frame, place) = resolve(bank, actor, query).await?;
    let mut figures: BankFigures = read(bank, actor, BANK, place, units).await?;
    // Until the month is rolled up by the tree as it is now, what the units leave over is nobody's.
    if !frame.month.moving {
        own_line(&mut figures);
    }
    let group = match &frame.group {
        Some(group) => Some(of_group(bank, actor, place, &group.code).await?),
        None => None,
    };
    let in_currency = match &frame.chosen_currency {
        Some(code) => Some(in_currency(bank, actor, place, frame.month.moving, code, None).await?),
        None => None,
    };
    bank.audit_soon(actor, viewed("bank", &frame)).await;
    let BankFigures { now, before, year_before, targets, units, trend, tiers, flow, top } = figures;
    Ok(BankBoard { frame, now, before, year_before, targets, units, trend, tiers, flow, top, group, in_currency })
}

/// Customers of the unit itself, where it also has units below: without them the lines would not sum
/// to the whole.
fn own_line(figures: &mut BankFigures) {
    let sum = |pick: fn(&UnitLine) -> i64| figures.units.iter().map(pick).sum::<i64>();
    let customers = figures.now.customers - sum(|line| line.customers);
    let contribution = figures.now.contribution - sum(|line| line.contribution);
    if !figures.units.is_empty() && (customers != 0 || contribution != 0) {
        let own = UnitLine {
            code: String::new(),
            name: String::new(),
            is_parent: false,
            customers,
            aum: figures.now.aum - sum(|line| line.aum),
            deposits: figures.now.deposits - sum(|line| line.deposits),
            loans: figures.now.loans - sum(|line| line.loans),
            contribution,
            aum_before: None,
            deposits_before: None,
            loans_before: None,
            contribution_before: None,
            target: None,
        };
        figures.units.push(own);
    }
}

/// Tiers of `$1` in `$2`, and how many customers they had the month before.
macro_rules! tier_lines {
    () => {
        "coalesce((select jsonb_agg(jsonb_build_object('code', coalesce(t.code, ''), 'name', coalesce(t.name, ''), 'name_en', coalesce(t.name_en, ''),
             'mark', coalesce(t.mark, 0), 'customers', n.customers, 'customers_before', b.customers, 'aum', n.aum, 'contribution', n.contribution)
             order by k.customer_kind desc nulls last, t.rank desc)
         from unit_cube n left join tier t on t.tier_id = n.tier_id left join tier_scheme k using (scheme_id)
         left join unit_cube b on b.org_id = n.org_id and b.tier_id = n.tier_id and b.month = ($2 - interval '1 month')::date
         where n.org_id = $1 and n.month = $2 and n.tier_id >= 0), '[]')"
    };
}

const BANK: &str = concat!(
    "with u as materialized (select * from unit_cube where org_id = $1 and tier_id = $3 and month between ($2 - interval '24 months')::date and $2)
select jsonb_build_object(
    'now', coalesce((select to_jsonb(u) from u where month = $2), '{}'),
    'before', (select to_jsonb(u) from u where month = ($2 - interval '1 month')::date),
    'year_before', (select to_jsonb(u) from u where month = ($2 - interval '1 year')::date),
    'targets', coalesce((select jsonb_agg(jsonb_build_object('indicator', indicator, 'amount', amount)) from target
        where month = $2 and org_id = $1 and staff_id = 0 and product_id = 0 and amount is not null and $3 = -1), '[]'),
    'units', coalesce((select jsonb_agg(jsonb_build_object('code', o.code, 'name', o.name, 'is_parent', exists (select from org_unit c where c.parent_id = o.org_id),
            'customers', coalesce(n.customers, 0), 'aum', coalesce(n.aum, 0), 'deposits', coalesce(n.deposits, 0), 'loans', coalesce(n.loans, 0),
            'contribution', coalesce(n.contribution, 0), 'aum_before', b.aum, 'deposits_before', b.deposits, 'loans_before', b.loans,
            'contribution_before', b.contribution, 'target', g.amount)
            order by coalesce(n.contribution, 0) desc, o.code)
        from org_unit o
        left join unit_cube n on n.org_id = o.org_id and n.month = $2 and n.tier_id = $3
        left join unit_cube b on b.org_id = o.org_id and b.month = ($2 - interval '1 month')::date and b.tier_id = $3
        left join target g on g.org_id = o.org_id and g.month = $2 and g.indicator = 'contribution' and g.staff_id = 0 and g.product_id = 0 and $3 = -1
        where o.parent_id = $1 and (o.closed_on is null or n.org_id is not null)), '[]'),
    'trend', coalesce((select jsonb_agg(jsonb_build_object('month', u.month, 'customers', u.customers, 'aum', u.aum, 'deposits', u.deposits, 'loans', u.loans,
            'contribution', u.contribution, 'target', g.amount) order by u.month)
        from u left join target g on g.org_id = $1 and g.month = u.month and g.indicator = 'contribution' and g.staff_id = 0 and g.product_id = 0 and $3 = -1
        where u.month > ($2 - interval '13 months')::date), '[]'),
    'tiers', ",
    tier_lines!(),
    ",
    'flow', coalesce((select jsonb_agg(jsonb_build_object('before', case f.tier_before when -1 then null else coalesce(b.code, '') end,
            'now', case f.tier_id when -1 then null else coalesce(n.code, '') end, 'customers', f.customers))
        from tier_flow f left join tier b on b.tier_id = f.tier_before left join tier n on n.tier_id = f.tier_id where f.org_id = $1 and f.month = $2), '[]'),
    'top', coalesce((select jsonb_agg(jsonb_build_object('customer_no', case when s.customer_id is not null then customer_no(t.customer_id) end, 'name', s.name,
            'aum', t.aum, 'contribution', t.contribution) order by t.place)
        from top_customer t left join customer_summary s on s.customer_id = t.customer_id and s.org_id = any($4)
        where t.org_id = $1 and t.month = $2 and t.aum > 0), '[]'))"
);

#[derive(Deserialize)]
struct ProductFigures {
    products: Vec<guanhu_domain::dashboards::ProductLine>,
    units: Vec<guanhu_domain::dashboards::HeatRow>,
    unit_cells: Vec<guanhu_domain::dashboards::Cell>,
    tiers: Vec<guanhu_domain::dashboards::HeatRow>,
    tier_cells: Vec<guanhu_domain::dashboards::Cell>,
    ages: Vec<guanhu_domain::dashboards::HeatRow>,
    age_cells: Vec<guanhu_domain::dashboards::Cell>,
    pairs: Vec<guanhu_domain::dashboards::Cell>,
    cohorts: Vec<guanhu_domain::dashboards::CohortPoint>,
}

/// Who holds what: by month, unit and tier, and together with what.
pub async fn products_board(bank: &Bank, actor: &Actor, query: &BoardQuery) -> Result<ProductsBoard> {
    actor.require(Verb::DashboardView)?;
    let units = of_units(actor)?;
    let (frame, place) = resolve(bank, actor, query).await?;
    let figures: ProductFigures = read(bank, actor, PRODUCTS, place, units).await?;
    let targets = targets::items(bank, actor, &frame, place, Asked { whose: Whose::Unit, products: Products::Each }).await?;
    let group = match &frame.group {
        Some(group) => Some(of_group(bank, actor, place, &group.code).await?),
        None => None,
    };
    let in_currency = match &frame.chosen_currency {
        Some(code) => Some(in_currency(bank, actor, place, frame.month.moving, code, None).await?),
        None => None,
    };
    bank.audit_soon(actor, viewed("products", &frame)).await;
    let ProductFigures { products, units, unit_cells, tiers, tier_cells, ages, age_cells, pairs, cohorts } = figures;
    Ok(ProductsBoard {
        frame,
        products,
        targets,
        units,
        unit_cells,
        tiers,
        tier_cells,
        ages,
        age_cells,
        pairs,
        cohorts,
        group,
        in_currency,
    })
}

/// Customers of a product's kind; `p` is a product, `u` a row of the unit cube.
macro_rules! eligible {
    () => {
        "case p.customer_kind when 'personal' then u.personal when 'corporate' then u.corporate else u.customers end"
    };
}
pub(super) use eligible;

const PRODUCTS: &str = concat!(
    "with shown as materialized (
    select p.product_id, p.code, p.name, p.name_en, p.category, p.customer_kind, ",
    eligible!(),
    " as eligible, coalesce(c.holders, 0) as holders, c.gained, c.lapsed,
        coalesce(c.end_balance, 0) as end_balance, coalesce(c.contribution, 0) as contribution,
        row_number() over (order by array_position(array['current', 'term', 'wealth', 'fund', 'insurance', 'loan', 'card'], p.category), p.code) - 1 as place
    from unit_cube u cross join product p
    left join product_cube c on c.org_id = $1 and c.month = $2 and c.tier_id = $3 and c.product_id = p.product_id
    where u.org_id = $1 and u.month = $2 and u.tier_id = $3 and (p.active or c.holders > 0) and ",
    eligible!(),
    " > 0
),
whole as materialized (
    select m::date as month, u.personal, u.corporate, u.customers from generate_series($2 - interval '11 months', $2, interval '1 month') m
    left join unit_cube u on u.org_id = $1 and u.month = m::date and u.tier_id = $3
),
held as materialized (
    select month, product_id, holders from product_cube where org_id = $1 and tier_id = $3 and month between ($2 - interval '11 months')::date and $2
),
unit_row as materialized (
    select o.org_id, o.code, o.name, row_number() over (order by u.customers desc, o.code) - 1 as place
    from org_unit o join unit_cube u on u.org_id = o.org_id and u.month = $2 and u.tier_id = $3 where o.parent_id = $1
    order by u.customers desc, o.code limit 40
),
age_row as materialized (
    select value, customers, row_number() over (order by value = 0, value) - 1 as place
    from trait_cube where org_id = $1 and month = $2 and trait = 'age' and product_id = 0 and $3 = -1
),
tier_row as materialized (
    select t.tier_id, t.code, t.name, t.name_en, row_number() over (order by k.customer_kind desc, t.rank desc) - 1 as place
    from tier t join tier_scheme k using (scheme_id) join unit_cube u on u.org_id = $1 and u.month = $2 and u.tier_id = t.tier_id
)
select jsonb_build_object(
    'products', coalesce((select jsonb_agg(to_jsonb(s) || jsonb_build_object('trend', (
            select jsonb_agg(round(10000.0 * coalesce(c.holders, 0) / nullif(case s.customer_kind when 'personal' then u.personal when 'corporate' then u.corporate else u.customers end, 0)) order by u.month)
            from whole u left join held c on c.month = u.month and c.product_id = s.product_id)) order by s.place)
        from shown s), '[]'),
    'units', coalesce((select jsonb_agg(jsonb_build_object('code', code, 'name', name, 'name_en', name) order by place) from unit_row), '[]'),
    'unit_cells', coalesce((select jsonb_agg(jsonb_build_object('row', r.place, 'column', s.place, 'holders', coalesce(c.holders, 0),
            'eligible', case s.customer_kind when 'personal' then u.personal when 'corporate' then u.corporate else u.customers end))
        from unit_row r join unit_cube u on u.org_id = r.org_id and u.month = $2 and u.tier_id = $3 cross join shown s
        left join product_cube c on c.org_id = r.org_id and c.month = $2 and c.tier_id = $3 and c.product_id = s.product_id), '[]'),
    'tiers', coalesce((select jsonb_agg(jsonb_build_object('code', code, 'name', name, 'name_en', name_en) order by place) from tier_row), '[]'),
    'tier_cells', coalesce((select jsonb_agg(jsonb_build_object('row', r.place, 'column', s.place, 'holders', coalesce(c.holders, 0),
            'eligible', case s.customer_kind when 'personal' then u.personal when 'corporate' then u.corporate else u.customers end))
        from tier_row r join unit_cube u on u.org_id = $1 and u.month = $2 and u.tier_id = r.tier_id cross join shown s
        left join product_cube c on c.org_id = $1 and c.month = $2 and c.tier_id = r.tier_id and c.product_id = s.product_id), '[]'),
    'ages', coalesce((select jsonb_agg(jsonb_build_object('code', value::text, 'name', '', 'name_en', '') order by place) from age_row), '[]'),
    'age_cells', coalesce((select jsonb_agg(jsonb_build_object('row', r.place, 'column', s.place, 'holders', coalesce(c.customers, 0), 'eligible', r.customers))
        from age_row r cross join shown s
        left join trait_cube c on c.org_id = $1 and c.month = $2 and c.trait = 'age' and c.value = r.value and c.product_id = s.product_id
        where s.customer_kind is distinct from 'corporate'), '[]'),
    'pairs', coalesce((select jsonb_agg(jsonb_build_object('row', a.place, 'column', b.place, 'holders', p.holders, 'eligible', a.holders))
        from (select product_id, other_id, holders from pair_cube where org_id = $1 and month = $2
              union all select other_id, product_id, holders from pair_cube where org_id = $1 and month = $2) p
        join shown a on a.product_id = p.product_id join shown b on b.product_id = p.other_id where $3 = -1 and $4::int[] is not null), '[]'),
    'cohorts', coalesce((select jsonb_agg(jsonb_build_object('product', s.place, 'cohort', c.cohort, 'step', c.step, 'holders', c.holders, 'customers', c.customers)
            order by s.place, c.cohort, c.step)
        from cohort_cube c join shown s using (product_id)
        where c.org_id = $1 and $3 = -1 and exists (select from bank where date_trunc('month', business_date) = $2)), '[]'))"
);

#[derive(Deserialize)]
struct ValueFigures {
    deciles: Vec<guanhu_domain::dashboards::Decile>,
    tiers: Vec<guanhu_domain::dashboards::TierLine>,
    kin: Vec<guanhu_domain::dashboards::KinLine>,
}

/// How value is spread over customers of all tiers: a tenth of the bank is not one of a tier.
pub async fn value_board(bank: &Bank, actor: &Actor, query: &BoardQuery) -> Result<ValueBoard> {
    actor.require(Verb::DashboardView)?;
    let units = of_units(actor)?;
    let (frame, place) = resolve(bank, actor, &BoardQuery { tier: None, ..query.clone() }).await?;
    let ValueFigures { deciles, tiers, kin } = read(bank, actor, VALUE, place, units).await?;
    let group = match &frame.group {
        Some(group) => Some(value_of_group(bank, actor, place, &group.code).await?),
        None => None,
    };
    bank.audit_soon(actor, viewed("value", &frame)).await;
    Ok(ValueBoard { frame, deciles, tiers, kin, group })
}

const VALUE: &str = concat!(
    "select jsonb_build_object(
    'deciles', coalesce((select jsonb_agg(to_jsonb(v) order by decile) from value_cube v where org_id = $1 and month = $2 and $3 is not null), '[]'),
    'kin', coalesce((select jsonb_agg(jsonb_build_object('kind', k.kind, 'place', k.place, 'customer_no', case when s.customer_id is not null then customer_no(k.head_id) end,
            'name', s.name, 'kin', k.kin, 'customers', k.customers, 'aum', k.aum, 'contribution', k.contribution)
            order by k.kind desc, k.place < 1, k.place < 0, k.place)
        from kin_cube k left join customer_summary s on s.customer_id = k.head_id and s.org_id = any($4)
        where k.org_id = $1 and k.month = $2), '[]'),
    'tiers', ",
    tier_lines!(),
    ")"
);
