//! The books of the last months: transfer prices, contributions, and targets to measure them by.

use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use super::{
    PAST_MAX,
    calendar::{Day, date, ymd},
    world::World,
};
use crate::{Actor, Result, contribution};

/// Per cent a year by currency: months and rate at the start of the window.
const CURVES: &[(&str, &[(i32, i64)])] = &[
    ("CNY", &[(1, 135), (3, 145), (6, 155), (12, 175), (24, 192), (36, 208), (60, 225), (120, 248), (240, 262), (360, 270)]),
    ("USD", &[(1, 430), (3, 428), (6, 422), (12, 410), (24, 392), (60, 385)]),
    ("EUR", &[(1, 240), (12, 250), (60, 265)]),
    ("HKD", &[(1, 390), (12, 385), (60, 370)]),
    ("JPY", &[(1, 20), (12, 45), (60, 90)]),
];

/// Closed months that a bank of so many customers begins with.
pub fn months(customers: u64) -> usize {
    match customers {
        ..=10_000 => 13,
        10_001..=60_000 => 6,
        60_001..=300_000 => 3,
        _ => 1,
    }
}

/// One curve long ago for what was priced before the window, and one for every month in it.
pub async fn curves(conn: &mut PgConnection, world: &World) -> Result<()> {
    let mut dice = world.dice(9, 0);
    let (mut currencies, mut froms, mut tenors, mut rates) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let days: Vec<Day> = std::iter::once(ymd(2010, 1, 1)).chain(world.calendar.months.iter().map(|month| month.first)).collect();
    for (currency, points) in CURVES {
        let mut shift = 0.0;
        for (at, day) in days.iter().enumerate() {
            if at > 1 {
                shift += 3.0 * dice.normal() - shift / 12.0;
            }
            for (tenor, rate) in *points {
                currencies.push(*currency);
                froms.push(date(*day));
                tenors.push(*tenor);
                rates.push(Decimal::new((*rate + shift as i64).max(1), 2));
            }
        }
    }
    sqlx::query("insert into ftp_curve (currency, valid_from, tenor_months, rate) select * from unnest($1::text[], $2::date[], $3::int[], $4::numeric[])")
        .bind(currencies)
        .bind(froms)
        .bind(tenors)
        .bind(rates)
        .execute(conn)
        .await?;
    Ok(())
}

/// Computes the last months, closes all but the running one, and sets targets. About how many rows of facts that made.
pub async fn close(owner: &PgPool, world: &World, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<u64> {
    let all = &world.calendar.months;
    // The last of them is the running month, which stays open.
    let (before, wanted) = all.split_at(all.len().saturating_sub(months(world.customers) + 1));
    if world.customers > PAST_MAX {
        // Else the server would spend its first hour on them.
        for month in before.iter().rev().take(contribution::HISTORY as usize) {
            contribution::leave_out(owner, date(month.first)).await?;
        }
    }
    let wanted: Vec<_> = wanted.iter().map(|month| date(month.first)).collect();
    contribution::close_in_turn(owner, &Actor::system(), &wanted, progress).await?;
    sqlx::raw_sql(TARGETS).execute(owner).await?;
    for table in TABLES {
        // Of the many columns of the facts, joins and conditions use these.
        let columns = match *table {
            "account_month" => "(customer_id, account_id, month, product_id)",
            "customer_month" => "(customer_id, month, org_id)",
            _ => "",
        };
        sqlx::query(AssertSqlSafe(format!("analyze {table} {columns}"))).execute(owner).await?;
    }
    sqlx::query("vacuum (analyze) customer_summary").execute(owner).await?;
    let facts: i64 = sqlx::query_scalar(
        "select coalesce(sum(greatest(reltuples, 0)), 0)::bigint from pg_class
         where relkind = 'r' and coalesce(pg_partition_root(oid), oid) in ('account_month'::regclass, 'customer_month'::regclass)",
    )
    .fetch_one(owner)
    .await?;
    Ok(facts.unsigned_abs())
}

/// What the books fill.
pub const TABLES: &[&str] = &[
    "account_month",
    "customer_month",
    "contribution_cube",
    "unit_cube",
    "manager_cube",
    "product_cube",
    "pair_cube",
    "trait_cube",
    "trait_leaf",
    "currency_cube",
    "sale_cube",
    "value_cube",
    "top_customer",
    "kin",
    "kin_cube",
    "process_cube",
    "tier_flow",
    "cohort_cube",
    "target",
    "target_set",
    "target_proposal",
    "contribution_month",
    "ftp_curve",
    "ftp_use",
];

/// A manager's target lies around what is reached by then, in whole ten thousands; a unit's is the sum of
/// its managers'. So it is with products.
const TARGETS: &str = "
with root as (select org_id from org_unit where parent_id is null),
reached as (
    select c.month, s.org_id, s.staff_id, i.indicator, i.amount,
        (88 + ('x' || left(md5(s.code || c.month || i.indicator), 6))::bit(24)::int % 25) as per_cent
    from manager_cube c join root using (org_id) join staff s on s.staff_id = c.staff_id join contribution_month m on m.month = c.month
    cross join lateral (select extract(day from (c.month + interval '1 month - 1 day')) / extract(day from m.as_of) as months) d
    cross join lateral (values ('aum', c.aum), ('deposits', c.deposits), ('deposits_average', c.deposits_average), ('loans', c.loans),
        ('customers', c.customers::bigint), ('contribution', (c.contribution * months)::bigint), ('opened', (c.opened * months)::bigint),
        ('activated', (c.activated * months)::bigint), ('crossed', (c.crossed * months)::bigint), ('contacts', (c.contacts * months)::bigint),
        ('visits', (c.visits * months)::bigint)) as i (indicator, amount)
    where c.tier_id = -1 and i.amount is not null
),
set as (
    select month, indicator, org_id, staff_id,
        case when indicator in ('customers', 'opened', 'activated', 'crossed', 'contacts', 'visits') then amount * per_cent / 100
            else greatest(amount, 0) * per_cent / 100 / 100000 * 100000 end as amount
    from reached
)
insert into target (month, indicator, org_id, staff_id, amount, set_by, approved_by)
select t.*, (select user_id from app_user where login = 'executive'), (select user_id from app_user where login = 'president')
from (
    select month, indicator, org_id, staff_id, amount from set
    union all
    select s.month, s.indicator, up.id, 0, sum(s.amount)
    from set s join org_unit o using (org_id) cross join lateral unnest(o.path) as up (id) group by s.month, s.indicator, up.id
) t;

-- Of products that are sold to whoever has an account already: balances and new holders of the running month.
with running as (select max(month) as month from contribution_month where ready),
sold as (select product_id from product where category in ('term', 'wealth', 'fund', 'insurance') and active),
reached as (
    select c.staff_id, c.product_id, 'balance' as indicator, sum(c.end_balance) as amount
    from contribution_cube c join running using (month) join sold using (product_id) where c.staff_id <> 0 group by c.staff_id, c.product_id
    union all
    select c.staff_id, c.product_id, 'gained', (c.gained * extract(day from r.month + interval '1 month - 1 day') / extract(day from m.as_of))
    from sale_cube c join running r using (month) join contribution_month m using (month) join sold using (product_id)
    join org_unit o on o.org_id = c.org_id and o.parent_id is null where c.staff_id <> 0
),
set as (
    select r.month, x.indicator, s.org_id, s.staff_id, x.product_id, case x.indicator
        when 'balance' then trunc(x.amount * (92 + ('x' || left(md5(s.code || x.product_id), 6))::bit(24)::int % 25) / 100 / 100000)::bigint * 100000
        else ceil(x.amount * (88 + ('x' || left(md5(s.code || x.product_id || 'g'), 6))::bit(24)::int % 25) / 100)::bigint end as amount
    from reached x join staff s using (staff_id) cross join running r where x.amount > 0
)
insert into target (month, indicator, org_id, staff_id, product_id, amount, set_by, approved_by)
select t.*, (select user_id from app_user where login = 'executive'), (select user_id from app_user where login = 'president')
from (
    select month, indicator, org_id, staff_id, product_id, amount from set
    union all
    select s.month, s.indicator, up.id, 0, s.product_id, sum(s.amount)
    from set s join org_unit o using (org_id) cross join lateral unnest(o.path) as up (id) group by s.month, s.indicator, up.id, s.product_id
) t";
