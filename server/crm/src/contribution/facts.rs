//! The facts of a month: one row per account with every line of the formula, one per customer with
//! unit, tier and who was in charge. Computed in pieces, each a transaction of its own.

use chrono::{Datelike, NaiveDate};
use futures::future::try_join_all;
use sqlx::{PgConnection, PgPool};

use super::{curves::Prices, month_of};
use crate::{Result, lifecycle, tiers::part::Part};

/// Customers per transaction, at most.
const PIECE: i64 = 25_000;
/// Below this, what a transaction costs by itself outweighs what a second one gains.
const PIECE_MIN: i64 = 1_000;
/// Pieces at once.
const ABREAST: i64 = 2;

/// The month and the last day its facts speak for.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub first: NaiveDate,
    pub as_of: NaiveDate,
    /// The running month whose year so far the facts change, if they do.
    pub running: Option<NaiveDate>,
}

/// Told how many customers are done, of how many.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// Brings the facts of all customers after `from` up to date. Where it is stands in
/// `contribution_month.done_to`, for whoever takes over.
pub async fn refresh(pool: &PgPool, span: Span, prices: &Prices, from: i64, progress: Progress<'_>) -> Result<()> {
    let (customers, before): (i64, i64) =
        sqlx::query_as("select count(*), count(*) filter (where customer_id <= $1) from customer").bind(from).fetch_one(pool).await?;
    let size = (customers / ABREAST + 1).clamp(PIECE_MIN, PIECE);
    let mut low = from;
    let mut done = before as u64;
    loop {
        let ends: Vec<(i64, i64)> = sqlx::query_as(
            "select max(customer_id), count(*) from (
                 select customer_id, (row_number() over (order by customer_id) - 1) / $2 as piece
                 from (select customer_id from customer where customer_id > $1 order by customer_id limit $2 * $3) c) p
             group by piece order by piece",
        )
        .bind(low)
        .bind(size)
        .bind(ABREAST)
        .fetch_all(pool)
        .await?;
        let Some((high, _)) = ends.last().copied() else {
            // Facts of customers that are no more.
            for statement in [CLEAR_ACCOUNTS, CLEAR_CUSTOMERS] {
                sqlx::query(statement).bind(span.first).bind(low).bind(i64::MAX).execute(pool).await?;
            }
            return Ok(());
        };
        let lows = std::iter::once(low).chain(ends.iter().map(|(high, _)| *high));
        try_join_all(lows.zip(&ends).map(|(low, (high, _))| piece(pool, span, prices, low, *high))).await?;
        sqlx::query("update contribution_month set done_to = $2 where month = $1").bind(span.first).bind(high).execute(pool).await?;
        low = high;
        done += ends.iter().map(|(_, customers)| *customers as u64).sum::<u64>();
        progress(done, customers as u64);
    }
}

/// Writes the facts of the accounts of customers `(low, high]`.
pub(super) async fn accounts(
    conn: &mut PgConnection,
    first: NaiveDate,
    as_of: NaiveDate,
    prices: &Prices,
    low: i64,
    high: i64,
) -> Result<()> {
    write_accounts(conn, ACCOUNTS, (first, as_of), prices, (low, high)).await
}

/// Writes the facts of the customers in the temporary table `touched`, into whichever tables of these names are found first.
pub(super) async fn of_touched(conn: &mut PgConnection, first: NaiveDate, as_of: NaiveDate, prices: &Prices) -> Result<()> {
    write_accounts(conn, ACCOUNTS_AMONG, (first, as_of), prices, (0, i64::MAX)).await?;
    sqlx::query(CUSTOMERS_AMONG).bind(first).bind(as_of).bind(0_i64).bind(i64::MAX).persistent(false).execute(conn).await?;
    Ok(())
}

/// What the customers in the temporary table `touched` brought in the year of the running month.
pub(super) async fn year_of_touched(conn: &mut PgConnection, running: NaiveDate) -> Result<Vec<i64>> {
    let year = running.with_ordinal(1).unwrap_or(running);
    let changed = sqlx::query_scalar(YEAR_AMONG)
        .bind(year)
        .bind(month_of(running))
        .bind(0_i64)
        .bind(i64::MAX)
        .persistent(false)
        .fetch_all(conn)
        .await?;
    Ok(changed)
}

async fn write_accounts(
    conn: &mut PgConnection,
    statement: &'static str,
    (first, as_of): (NaiveDate, NaiveDate),
    prices: &Prices,
    (low, high): (i64, i64),
) -> Result<()> {
    sqlx::query(statement)
        .bind(first)
        .bind(as_of)
        .bind(low)
        .bind(high)
        .bind(&prices.currencies)
        .bind(&prices.tenors)
        .bind(&prices.froms)
        .bind(&prices.rates)
        .persistent(false)
        .execute(conn)
        .await?;
    Ok(())
}

async fn piece(pool: &PgPool, span: Span, prices: &Prices, low: i64, high: i64) -> Result<()> {
    let mut tx = pool.begin().await?;
    // Without statistics on what was just written, loops over loops look cheap.
    sqlx::raw_sql("set local jit = off; set local work_mem = '64MB'; set local enable_nestloop = off").execute(&mut *tx).await?;
    for statement in [CLEAR_ACCOUNTS, CLEAR_CUSTOMERS] {
        sqlx::query(statement).bind(span.first).bind(low).bind(high).persistent(false).execute(&mut *tx).await?;
    }
    accounts(&mut tx, span.first, span.as_of, prices, low, high).await?;
    sqlx::query(CUSTOMERS).bind(span.first).bind(span.as_of).bind(low).bind(high).persistent(false).execute(&mut *tx).await?;
    if let Some(running) = span.running {
        let year = running.with_ordinal(1).unwrap_or(running);
        sqlx::query(YEAR).bind(year).bind(month_of(running)).bind(low).bind(high).persistent(false).execute(&mut *tx).await?;
        lifecycle::judge_field(&mut tx, Part::Between(low + 1, high), "contribution").await?;
    }
    tx.commit().await?;
    Ok(())
}

const CLEAR_ACCOUNTS: &str = "delete from account_month where month = $1 and customer_id > $2 and customer_id <= $3";
const CLEAR_CUSTOMERS: &str = "delete from customer_month where month = $1 and customer_id > $2 and customer_id <= $3";

/// Customers `($3, $4]`.
macro_rules! between {
    ($id:literal) => {
        concat!($id, " > $3 and ", $id, " <= $4")
    };
}

/// The same among those in the temporary table `touched`.
macro_rules! among {
    ($id:literal) => {
        concat!($id, " in (select customer_id from touched where customer_id > $3 and customer_id <= $4)")
    };
}

/// What customers brought in this year, up to the running month; nothing for who has no figure in it.
macro_rules! year {
    ($within:ident) => {
        concat!(
            "
update customer_summary s set contribution = c.contribution
from (
    select s.customer_id, sum(m.contribution)::bigint as contribution
    from customer_summary s
    left join customer_month m on m.customer_id = s.customer_id and ",
            $within!("m.customer_id"),
            " and m.month between $1 and $2
    where ",
            $within!("s.customer_id"),
            "
    group by s.customer_id
) c
where ",
            $within!("s.customer_id"),
            " and c.customer_id = s.customer_id and s.contribution is distinct from c.contribution returning s.customer_id"
        )
    };
}

const YEAR: &str = year!(between);
/// Of `touched` customers alone.
const YEAR_AMONG: &str = year!(among);

/// How an account is priced: the product's own parameters before those of its category. `p` is a product.
macro_rules! pricing {
    () => {
        "select p.product_id, k.treatment, coalesce(o.day_basis, k.day_basis) as day_basis, coalesce(o.tenor_months, k.tenor_months) as tenor_months,
             coalesce(o.rate, k.rate) as rate, coalesce(o.fee_rate, k.fee_rate) as fee_rate, coalesce(o.pd, k.pd) as pd,
             coalesce(o.lgd, k.lgd) as lgd, coalesce(o.monthly_cost, k.monthly_cost) as monthly_cost
         from product p join category_pricing k using (category) left join product_pricing o using (product_id)"
    };
}
pub(super) use pricing;

/// Months of the transfer price that an account asks for; `a` is an account, `p` its pricing.
macro_rules! tenor {
    () => {
        "coalesce(p.tenor_months, nullif(a.term_months, 0),
             nullif(greatest(0, (extract(year from a.matures_on) - extract(year from a.opened_on)) * 12
                 + extract(month from a.matures_on) - extract(month from a.opened_on)), 0)::int, 1)"
    };
}
pub(super) use tenor;

/// A quotient rounded half away from zero, exactly.
macro_rules! exact_ratio {
    ($dividend:literal, $divisor:literal) => {
        concat!("(sign(", $dividend, ") * div(2 * abs(", $dividend, ") + ", $divisor, ", 2 * ", $divisor, "))::bigint")
    };
}

/// `$1` first day, `$2` last day, customers `($3, $4]`, `$5`–`$8` the prices by currency, tenor and day
/// from which they hold. An account that came with its balance and no history is what it is now, in the
/// running month only. What is matched to its term is priced on the day the running term began.
macro_rules! accounts {
    ($within:ident) => {
        concat!(
    "with pricing as materialized (
    -- Of what a month costs, as much as has passed of it.
    select p.*, round(p.monthly_cost::numeric * ($2 - $1 + 1) / extract(day from $1 + interval '1 month' - interval '1 day'))::bigint as cost_so_far from (",
    pricing!(),
    ") p
),
ftp as materialized (
    select currency, tenor, array_agg(valid_from order by valid_from) as froms, array_agg(rate order by valid_from) as rates
    from unnest($5::text[], $6::int[], $7::date[], $8::numeric[]) as t (currency, tenor, valid_from, rate)
    group by currency, tenor
),
fx as materialized (select currency, round(rate, 8) as rate from rates_on($2)),
posted as materialized (
    -- A fee is known by its kind or, where that says only how it was paid, by its purpose; one that is given back is taken off.
    select t.customer_id, t.account_id, sum(coalesce(f.cost, k.cost, other.cost, 0))::bigint as cost, count(*)::int as postings,
        coalesce(sum(case t.direction when 'debit' then t.amount else -t.amount end) filter (where k.is_fee or f.is_fee), 0)::bigint as charged
    from txn t left join txn_pricing k on k.kind = t.kind left join txn_pricing f on f.kind = t.purpose and f.is_fee and t.purpose <> ''
    left join txn_pricing other on other.kind = ''
    where t.booked_on between $1 and $2 and ",
            $within!("t.customer_id"),
            "
    group by t.customer_id, t.account_id
),
base as materialized (
    select a.customer_id, a.account_id, a.product_id, p.treatment, a.currency, ($2 - $1 + 1)::smallint as days, p.day_basis,
        coalesce(y.average_balance[extract(month from $1)::int], a.balance) as average_balance,
        case when y.customer_id is null then a.balance else coalesce(y.end_balance[extract(month from $1)::int], 0) end as end_balance,
        coalesce(s.charged, 0) as charged, a.closed_on is null or a.closed_on > $2 as is_open, fx.rate as fx,
        coalesce(a.rate, p.rate) as rate, p.fee_rate, p.pd, p.lgd, p.cost_so_far + coalesce(s.cost, 0) as cost,
        coalesce(s.cost, 0) as posted_cost, coalesce(s.postings, 0) as postings, t.tenor as tenor_months, begun.priced_on::date as priced_on,
        case when p.treatment = 'managed' then 0 else f.rates[greatest(width_bucket(begun.priced_on, f.froms), 1)] end as ftp_rate
    from account a
    join customer c on c.customer_id = a.customer_id and c.merged_into is null and ",
            $within!("c.customer_id"),
            "
    left join account_year y on y.customer_id = a.customer_id and y.account_id = a.account_id and y.year = extract(year from $1)::smallint
        and ",
            $within!("y.customer_id"),
            "
    join pricing p on p.product_id = a.product_id
    join fx on fx.currency = a.currency
    left join posted s on s.customer_id = a.customer_id and s.account_id = a.account_id
    cross join lateral (select ",
    tenor!(),
    " as tenor) t
    left join ftp f on f.currency = a.currency and f.tenor = t.tenor
    cross join lateral (select case when p.tenor_months is not null then $1
        when a.matures_on is not null and a.term_months > 0 then greatest(coalesce(a.opened_on, '-infinity'), (a.matures_on - make_interval(months => a.term_months * (1 + greatest(0, ceil(
            (extract(year from a.matures_on) * 12 + extract(month from a.matures_on) - a.term_months
             - extract(year from $2) * 12 - extract(month from $2) + case when extract(day from a.matures_on) > extract(day from $2) then 1 else 0 end)
            / a.term_months))::int)))::date)
        else coalesce(a.opened_on, $1) end as priced_on) begun
    where ",
            $within!("a.customer_id"),
            " and (case when y.customer_id is null
            then coalesce(a.opened_on <= $2, true) and $2 = (select business_date from bank)
            else y.average_balance[extract(month from $1)::int] is not null end)
        and (a.closed_on is null or a.closed_on >= $1)
),
-- Quotients are kept apart until they are rounded: a division would cut digits first.
lines as materialized (
    select *,
        case treatment when 'deposit' then average_balance * (ftp_rate - rate) * days * fx
            when 'loan' then average_balance * (rate - ftp_rate) * days * fx else 0 end as spread_dividend,
        case when fee_rate = 0 and charged = 0 then 0 else (average_balance * fee_rate * days + charged::numeric * 100 * day_basis) * fx end as fees_dividend,
        case when treatment = 'loan' then greatest(average_balance, 0) * pd * lgd * days * fx else 0 end as loss_dividend,
        100::numeric * day_basis as per_cent, 10000::numeric * day_basis as per_cent_squared
    from base
)
insert into account_month (customer_id, account_id, month, product_id, treatment, currency, days, day_basis, average_balance, end_balance, charged,
    is_open, fx, rate, ftp_rate, fee_rate, pd, lgd, average_base, end_base, spread, fees, expected_loss, cost,
    posted_cost, postings, tenor_months, priced_on)
select customer_id, account_id, $1, product_id, treatment, currency, days, day_basis, average_balance, end_balance, charged,
    is_open, fx, rate, ftp_rate, fee_rate, pd, lgd, round(average_balance * fx), round(end_balance * fx),
    ",
    exact_ratio!("spread_dividend", "per_cent"),
    ", ",
    exact_ratio!("fees_dividend", "per_cent"),
    ", ",
    exact_ratio!("loss_dividend", "per_cent_squared"),
    ", cost, posted_cost, postings, tenor_months, priced_on
from lines"
)
    };
}

const ACCOUNTS: &str = accounts!(between);
/// Of `touched` customers alone.
const ACCOUNTS_AMONG: &str = accounts!(among);

/// `$1` first day, `$2` last day, customers `($3, $4]`. A day belongs to those in charge in proportion
/// to their shares, in ten-thousandths; a day without anybody to 0.
macro_rules! customers {
    ($within:ident) => {
        concat!(
            "
with charge as materialized (
    select customer_id, staff_id, role, round(share * 100)::bigint as share, valid * daterange($1, $2 + 1) as valid
    from assignment where ",
            $within!("customer_id"),
            " and valid && daterange($1, $2 + 1)
),
sharing as materialized (select * from charge where share > 0),
leads as (select customer_id, staff_id from charge where role = 'lead' and valid @> $2),
simple as (
    select customer_id, min(staff_id) as staff_id from sharing group by customer_id
    having count(*) = 1 and bool_and(valid = daterange($1, $2 + 1))
),
mixed as materialized (
    select * from sharing s where not exists (select from simple w where w.customer_id = s.customer_id)
),
daily as (
    select s.customer_id, s.staff_id, d.day, s.share * 10000 / (sum(s.share) over (partition by s.customer_id, d.day))::bigint as part
    from mixed s join generate_series(0, $2 - $1) as d (day) on s.valid @> $1 + d.day
),
parts as (
    select customer_id, staff_id, sum(part)::bigint as weight from daily group by customer_id, staff_id
    union all
    select customer_id, 0, ($2 - $1 + 1 - count(distinct day)) * 10000 from daily group by customer_id having count(distinct day) < $2 - $1 + 1
),
divided as materialized (
    select customer_id, array_agg(staff_id order by staff_id) as staff_ids, array_agg(weight order by staff_id) as weights
    from parts where weight > 0 group by customer_id
    union all
    select customer_id, array[staff_id], array[($2 - $1 + 1) * 10000::bigint] from simple
),
held as materialized (
    select customer_id, coalesce(array_agg(distinct product_id order by product_id) filter (where is_open), '{}') as product_ids,
        coalesce(sum(end_base) filter (where treatment = 'deposit' and is_open), 0)::bigint as deposits,
        coalesce(sum(end_base) filter (where treatment = 'managed' and is_open), 0)::bigint as wealth,
        coalesce(sum(end_base) filter (where treatment = 'loan' and is_open), 0)::bigint as loans,
        sum(spread)::bigint as spread, sum(fees)::bigint as fees, sum(expected_loss)::bigint as expected_loss, sum(cost)::bigint as cost
    from account_month where month = $1 and ",
            $within!("customer_id"),
            " group by customer_id
),
contacted as (
    select customer_id, count(*)::int as contacts, (count(*) filter (where kind = 'visit'))::int as visits
    from activity where ",
            $within!("customer_id"),
            " and happened_at >= $1 and happened_at < $2 + 1
    group by customer_id
)
insert into customer_month (customer_id, month, kind, org_id, tier_id, lead_id, staff_ids, weights, product_ids, opened_now, contacts, visits,
    aum, deposits, wealth, loans, spread, fees, expected_loss, cost, household_id, group_id)
select c.customer_id, $1, c.kind, c.org_id, coalesce(t.tier_id, 0),
    coalesce(l.staff_id, 0),
    coalesce(d.staff_ids, array[0]), coalesce(d.weights, array[($2 - $1 + 1) * 10000::bigint]), coalesce(h.product_ids, '{}'),
    coalesce(c.opened_on between $1 and $2, false), coalesce(k.contacts, 0), coalesce(k.visits, 0),
    coalesce(h.deposits + h.wealth, 0), coalesce(h.deposits, 0), coalesce(h.wealth, 0), coalesce(h.loans, 0),
    coalesce(h.spread, 0), coalesce(h.fees, 0), coalesce(h.expected_loss, 0), coalesce(h.cost, 0), f.head_id, g.head_id
from customer c
left join held h using (customer_id)
left join divided d using (customer_id)
left join leads l using (customer_id)
left join contacted k using (customer_id)
left join kin f on f.customer_id = c.customer_id and ",
            $within!("f.customer_id"),
            " and f.kind = 'household'
left join kin g on g.customer_id = c.customer_id and ",
            $within!("g.customer_id"),
            " and g.kind = 'group'
left join customer_tier t on t.customer_id = c.customer_id and ",
            $within!("t.customer_id"),
            " and t.valid @> $2
where ",
            $within!("c.customer_id"),
            " and c.merged_into is null
  and (h.customer_id is not null or ((c.opened_on is null or c.opened_on <= $2) and (c.closed_on is null or c.closed_on > $2)))"
        )
    };
}

const CUSTOMERS: &str = customers!(between);
/// Of `touched` customers alone.
const CUSTOMERS_AMONG: &str = customers!(among);
