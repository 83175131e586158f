//! Managers: the league, and a page of each.

use chrono::{Datelike, NaiveDate};
use guanhu_domain::{
    access::Verb,
    dashboards::{
        BoardQuery, COMPARED, CompareBoard, Frame, ManagerBoard, ManagerLine, ManagersBoard, Portrait, ProductShare, TargetFigure,
        TierCount, TierLine, Totals, TrendPoint, forecast,
    },
    problem::Rule,
    process::{Count, Item, ProcessRules, ProcessScore, score},
};
use serde::Deserialize;
use sqlx::types::Json;

use super::{
    boards::viewed,
    frame::{Place, resolve},
    group::managers_of_group,
};
use crate::{
    Actor, Bank, Error, Result, Scope, process,
    targets::{self, Asked, Products, Whose},
};

/// Managers of one league.
pub(super) const LIMIT: i64 = 500;
/// Months of a line's course.
const COURSE: usize = 12;

/// The league of a unit; a manager sees only the own line.
pub async fn managers_board(bank: &Bank, actor: &Actor, query: &BoardQuery) -> Result<ManagersBoard> {
    actor.require(Verb::DashboardView)?;
    let (frame, place) = resolve(bank, actor, query).await?;
    let (items, unassigned) = lines(bank, actor, &frame, place, 0).await?;
    let group = match &frame.group {
        Some(group) => Some(managers_of_group(bank, actor, place, &group.code).await?),
        None => None,
    };
    let target = match actor.scope {
        Scope::Units(_) if place.tier_id < 0 => {
            sqlx::query_scalar(TARGET).bind(place.org_id).bind(place.month).fetch_optional(&mut *bank.read(actor).await?).await?
        }
        _ => None,
    };
    bank.audit_soon(actor, viewed("managers", &frame)).await;
    let capped = items.len() as i64 >= LIMIT;
    Ok(ManagersBoard { frame, items, unassigned, capped, target, group })
}

/// What unit `$1` is to bring in month `$2`.
const TARGET: &str = "
select amount from target where org_id = $1 and month = $2 and indicator = 'contribution' and staff_id = 0 and product_id = 0 and amount is not null";

/// Lines of all managers after the first `after` as far as they go, and what is in nobody's charge.
pub(super) async fn lines(
    bank: &Bank,
    actor: &Actor,
    frame: &Frame,
    place: Place,
    after: i64,
) -> Result<(Vec<ManagerLine>, Option<ManagerLine>)> {
    let rules = process::in_force(bank.pool()).await?;
    let (mut items, mut unassigned) = (Vec::new(), None);
    for row in rows(bank, actor, place, None, after).await? {
        let line = row.line(frame, &rules).0;
        if line.code.is_empty() {
            unassigned = Some(line);
        } else {
            items.push(line);
        }
    }
    Ok((items, unassigned))
}

/// Rows of managers, the one of `only` or all that the actor may see.
async fn rows(bank: &Bank, actor: &Actor, place: Place, only: Option<&str>, after: i64) -> Result<Vec<ManagerRow>> {
    let own = match actor.scope {
        Scope::Portfolio { staff_id, .. } => Some(staff_id),
        _ => None,
    };
    let statement = if own.is_some() || only.is_some() { ONE } else { LEAGUE };
    Ok(sqlx::query_as(statement)
        .bind(place.org_id)
        .bind(place.month)
        .bind(place.tier_id)
        .bind(own)
        .bind(only)
        .bind(LIMIT)
        .bind(after)
        .fetch_all(&mut *bank.read(actor).await?)
        .await?)
}

#[derive(sqlx::FromRow)]
struct ManagerRow {
    code: String,
    name: String,
    org: String,
    org_name: String,
    customers: i32,
    load: i64,
    capacity: i32,
    aum: i64,
    deposits: i64,
    loans: i64,
    contribution: i64,
    target: Option<i64>,
    contacts: i32,
    visits: i32,
    contacted: i32,
    deposits_average: Option<i64>,
    opened: Option<i32>,
    activated: Option<i32>,
    crossed: Option<i32>,
    targets: Json<Vec<TargetFigure>>,
    overdue: Option<i32>,
    /// Customers by tier, the lowest first.
    tier_codes: Option<Vec<String>>,
    tier_marks: Option<Vec<i16>>,
    tier_customers: Option<Vec<i32>>,
    /// Months of the course that are known, and the contribution of each.
    months: Option<Vec<NaiveDate>>,
    contributions: Option<Vec<i64>>,
    /// Counts of the process score; none where the month has none.
    led: Option<i32>,
    completeness: Option<i64>,
    reached: Option<i32>,
    sold: Option<i32>,
    met: Option<i32>,
    planned: Option<i32>,
    due: Option<i32>,
    on_time: Option<i32>,
    opportunities: Option<i32>,
    moved: Option<i32>,
}

impl ManagerRow {
    fn process(&self, rules: &ProcessRules) -> Option<ProcessScore> {
        let led = i64::from(self.led?);
        let count = |done: Option<i32>, of: Option<i32>| Some(Count { done: done?.into(), of: of?.into() });
        Some(score(&rules.rules, |item| match item {
            Item::Complete => self.completeness.map(|done| Count { done, of: led * 100 }),
            Item::Planned => count(self.planned, self.met),
            Item::Sold => count(self.sold, self.led),
            Item::Moved => count(self.moved, self.opportunities),
            Item::OnTime => count(self.on_time, self.due),
            Item::Reached => count(self.reached, self.led),
        }))
    }

    fn line(self, frame: &Frame, rules: &ProcessRules) -> (ManagerLine, Option<ProcessScore>) {
        let process = self.process(rules);
        let marks = self.tier_marks.unwrap_or_default().into_iter().zip(self.tier_customers.unwrap_or_default());
        let tiers = self.tier_codes.unwrap_or_default().into_iter().zip(marks);
        let line = ManagerLine {
            tiers: tiers.map(|(code, (mark, customers))| TierCount { code, mark, customers: customers.into() }).collect(),
            score: process.as_ref().and_then(|process| process.total),
            stages: process.as_ref().map(|process| process.stages.to_vec()).unwrap_or_default(),
            code: self.code,
            name: self.name,
            org: self.org,
            org_name: self.org_name,
            customers: self.customers.into(),
            load: self.load,
            capacity: self.capacity,
            aum: self.aum,
            deposits: self.deposits,
            loans: self.loans,
            contribution: self.contribution,
            target: self.target,
            actual: self.contribution,
            forecast: forecast(self.contribution, frame.elapsed),
            contacts: self.contacts.into(),
            visits: self.visits.into(),
            contacted: self.contacted.into(),
            deposits_average: self.deposits_average,
            opened: self.opened.map(i64::from),
            activated: self.activated.map(i64::from),
            crossed: self.crossed.map(i64::from),
            targets: self.targets.0,
            overdue: self.overdue.map(i64::from),
            trend: course(frame.month.month, &self.months.unwrap_or_default(), &self.contributions.unwrap_or_default()),
        };
        (line, process)
    }
}

/// Figures of the twelve months up to `month`, each in its place.
fn course(month: NaiveDate, months: &[NaiveDate], figures: &[i64]) -> Vec<Option<i64>> {
    let number = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
    let mut course = vec![None; COURSE];
    for (known, figure) in months.iter().zip(figures) {
        let back = usize::try_from(number(month) - number(*known)).ok();
        if let Some(at) = back.and_then(|back| (COURSE - 1).checked_sub(back)) {
            course[at] = Some(*figure);
        }
    }
    course
}

/// A manager's target of contribution in a month: one was moved, so that of the own unit, else the last that was set.
/// `s` is the manager, `month` the month.
macro_rules! target {
    ($month:literal) => {
        concat!(
            "left join lateral (select t.amount from target t where t.staff_id = s.staff_id and t.staff_id <> 0 and t.month = ",
            $month,
            " and t.indicator = 'contribution' and t.product_id = 0 and $3 = -1 and t.amount is not null order by t.org_id = s.org_id desc, t.set_at desc limit 1) g on true"
        )
    };
}

/// All of a manager's targets in month `$2`, by the same rule, and that of contribution. `s` is the manager.
macro_rules! targets {
    () => {
        "left join lateral (select coalesce(jsonb_agg(jsonb_build_object('indicator', t.indicator, 'amount', t.amount) order by t.indicator), '[]') as targets,
                max(t.amount) filter (where t.indicator = 'contribution') as amount
            from (
                select distinct on (t.indicator) t.indicator, t.amount from target t
                where t.staff_id = s.staff_id and t.staff_id <> 0 and t.month = $2 and t.product_id = 0 and t.amount is not null and $3 = -1
                order by t.indicator, t.org_id = s.org_id desc, t.set_at desc) t) g on true"
    };
}

/// Lines of the managers that `$shown` picks. `$4` the only staff that may be shown, `$5` the code of the
/// only one that is asked for, `$6` how many, `$7` after how many. A manager is as busy as all customers make, whichever unit is
/// looked at, and so are overdue tasks, which are those of today; a tier weighs what it does on the board. The process score is of all customers as well, so it is
/// told where the manager's own unit is below the one that is looked at, and nowhere else.
///
/// What a line needs is looked up line by line, each time a few neighbours in one index: joined as whole
/// sets, the planner reads every manager's every month to keep a few.
macro_rules! lines {
    ($shown:literal) => {
        concat!(
            "with shown as materialized (",
            $shown,
            "),
whole as materialized (
    select (select path[1] from org_unit where org_id = $1) as root,
        (select array_agg(coalesce(t.load, 1) order by i) from generate_series(1, (select max(tier_id) from tier)) i left join tier t on t.tier_id = i) as weights
)
select coalesce(s.code, '') as code, coalesce(s.name, '') as name, coalesce(s.org, '') as org, coalesce(s.org_name, '') as org_name, n.customers,
    coalesce(w.load, 0) as load, coalesce(s.capacity, 0) as capacity, n.aum, n.deposits, n.loans, n.contribution, g.amount as target, n.contacts, n.visits,
    n.contacted, n.deposits_average, n.opened, n.activated, n.crossed, g.targets, d.overdue, m.tier_codes, m.tier_marks, m.tier_customers, r.months, r.contributions, k.customers as led, k.completeness, k.reached, k.sold, k.contacts as met, k.planned, k.due, k.on_time, k.opportunities, k.moved
from shown n
cross join whole
left join lateral (select s.*, o.code as org, o.name as org_name from staff s join org_unit o using (org_id) where s.staff_id = n.staff_id limit 1) s on true
left join lateral (select sum(b.customers::bigint * coalesce(whole.weights[b.tier_id], 1))::bigint as load from manager_cube b
    where b.staff_id = n.staff_id and b.org_id = whole.root and b.month = $2 and b.tier_id >= 0 and n.staff_id <> 0) w on true
left join lateral (select count(*)::int as overdue from task t
    where t.owner_staff_id = n.staff_id and t.state = 'open' and t.due_on < (select business_date from bank)) d
    on n.staff_id <> 0 and $2 = (select date_trunc('month', business_date)::date from bank)
left join lateral (select array_agg(coalesce(t.code, '') order by z.customer_kind nulls first, t.rank nulls first) as tier_codes,
        array_agg(coalesce(t.mark, 0::smallint) order by z.customer_kind nulls first, t.rank nulls first) as tier_marks,
        array_agg(c.customers order by z.customer_kind nulls first, t.rank nulls first) as tier_customers
    from manager_cube c left join tier t on t.tier_id = c.tier_id left join tier_scheme z using (scheme_id)
    where c.staff_id = n.staff_id and c.org_id = $1 and c.month = $2 and c.tier_id >= 0 and c.customers > 0 and ($3 = -1 or c.tier_id = $3)) m on true
left join lateral (select array_agg(c.month) as months, array_agg(c.contribution) as contributions from manager_cube c
    where c.staff_id = n.staff_id and c.org_id = $1 and c.month between ($2 - interval '11 months')::date and $2 and c.tier_id = $3) r on true
left join lateral (select * from process_cube p where p.staff_id = n.staff_id and p.month = $2 and $3 = -1
    and (select o.path @> array[$1::int] from org_unit o where o.org_id = s.org_id) limit 1) k on true
",
            targets!(),
            "
order by n.staff_id = 0, n.contribution desc, n.staff_id"
        )
    };
}

/// All managers of a unit as far as they go, and what is in nobody's charge.
const LEAGUE: &str = lines!(
    "(select * from manager_cube where org_id = $1 and month = $2 and tier_id = $3 and staff_id <> 0 order by contribution desc, staff_id limit $6 offset $7)
    union all
    (select * from manager_cube where org_id = $1 and month = $2 and tier_id = $3 and staff_id = 0 and $4::int is null and $5::text is null)"
);

const ONE: &str = lines!(
    "select * from manager_cube where org_id = $1 and month = $2 and tier_id = $3
        and staff_id = (select staff_id from staff where ($4::int is null or staff_id = $4) and ($5::text is null or code = $5)) limit $6 offset $7"
);

#[derive(Deserialize)]
struct Page {
    place: i64,
    of: i64,
    totals: Totals,
    targets: Vec<TargetFigure>,
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
    let rules = process::in_force(bank.pool()).await?;
    let row = rows(bank, actor, place, Some(&code), 0).await?.pop().ok_or_else(Error::not_found)?;
    let (line, process) = row.line(&frame, &rules);
    bank.audit_soon(actor, viewed(&format!("manager:{code}"), &frame)).await;
    let asked = Asked { whose: Whose::Staff(&code), products: Products::Each };
    let product_targets = targets::items(bank, actor, &frame, place, asked).await?;
    let Page { place, of, totals, targets, trend, tiers, products } = page(bank, actor, place, &code).await?;
    Ok(ManagerBoard { frame, line, place, of, totals, targets, product_targets, process, trend, tiers, products })
}

async fn page(bank: &Bank, actor: &Actor, place: Place, code: &str) -> Result<Page> {
    let page: Json<Page> = sqlx::query_scalar(PAGE)
        .bind(place.org_id)
        .bind(place.month)
        .bind(place.tier_id)
        .bind(code)
        .fetch_one(&mut *bank.read(actor).await?)
        .await?;
    Ok(page.0)
}

const PAGE: &str = concat!(
    "with me as (select staff_id, org_id from staff where code = $4)
select jsonb_build_object(
    'place', (select count(*) + 1 from manager_cube o, me join manager_cube n on n.staff_id = me.staff_id
        where n.org_id = $1 and n.month = $2 and n.tier_id = $3 and o.org_id = $1 and o.month = $2 and o.tier_id = $3 and o.staff_id <> 0 and o.contribution > n.contribution),
    'of', (select count(*) from manager_cube where org_id = $1 and month = $2 and tier_id = $3 and staff_id <> 0),
    'totals', coalesce((select to_jsonb(c) from me join manager_cube c on c.staff_id = me.staff_id and c.org_id = $1 and c.month = $2 and c.tier_id = $3), '{}'),
    'targets', (select g.targets from me s ",
    targets!(),
    "),
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

/// Two to five managers side by side; codes that come twice count once.
///
/// # Errors
/// `Invalid` on `m` for fewer or more; `NotFound` for one of whom the viewer has no customers in scope.
pub async fn compare_board(bank: &Bank, actor: &Actor, codes: &[String], query: &BoardQuery) -> Result<CompareBoard> {
    actor.require(Verb::DashboardView)?;
    let mut once: Vec<&String> = Vec::new();
    for code in codes {
        if !once.contains(&code) {
            once.push(code);
        }
    }
    if !COMPARED.contains(&once.len()) {
        let (min, max) = (COMPARED.start().to_string(), COMPARED.end().to_string());
        return Err(Error::field("m", Rule::OutOfRange { min, max }));
    }
    let (frame, place) = resolve(bank, actor, query).await?;
    let rules = process::in_force(bank.pool()).await?;
    let mut managers = Vec::with_capacity(once.len());
    for code in once {
        let row = rows(bank, actor, place, Some(code), 0).await?.pop().ok_or_else(Error::not_found)?;
        let (line, process) = row.line(&frame, &rules);
        let Page { tiers, products, .. } = page(bank, actor, place, code).await?;
        managers.push(Portrait { line, process, tiers, products });
    }
    let subject = managers.iter().map(|manager| manager.line.code.as_str()).collect::<Vec<_>>().join(",");
    bank.audit_soon(actor, viewed(&format!("compare:{subject}"), &frame)).await;
    Ok(CompareBoard { frame, managers })
}
