//! The facts of a month: one row per account with every line of the formula, one per customer with
//! unit, tier and who was in charge. Computed in pieces, each a transaction of its own.

use chrono::NaiveDate;
use sqlx::{PgConnection, PgPool};

use super::curves::Prices;
use crate::Result;

/// Customers per transaction.
const CHUNK: i64 = 25_000;

/// The month and the last day its facts speak for.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub first: NaiveDate,
    pub as_of: NaiveDate,
}

/// Brings the facts of all customers after `from` up to date, writing only what differs. Where it is
/// stands in `contribution_month.done_to`, for whoever takes over.
pub async fn refresh(pool: &PgPool, span: Span, prices: &Prices, from: i64, progress: &(dyn Fn(u64) + Send + Sync)) -> Result<()> {
    let mut low = from;
    let mut done = 0;
    loop {
        let mut tx = pool.begin().await?;
        let (high, customers): (Option<i64>, i64) = sqlx::query_as(
            "select max(customer_id), count(*) from (select customer_id from customer where customer_id > $1 order by customer_id limit $2) c",
        )
        .bind(low)
        .bind(CHUNK)
        .fetch_one(&mut *tx)
        .await?;
        let Some(high) = high else {
            // Facts of customers that are no more.
            sqlx::query("delete from account_month where month = $1 and customer_id > $2")
                .bind(span.first)
                .bind(low)
                .execute(&mut *tx)
                .await?;
            sqlx::query("delete from customer_month where month = $1 and customer_id > $2")
                .bind(span.first)
                .bind(low)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            return Ok(());
        };
        chunk(&mut tx, span, prices, low, high).await?;
        sqlx::query("update contribution_month set done_to = $2 where month = $1").bind(span.first).bind(high).execute(&mut *tx).await?;
        tx.commit().await?;
        low = high;
        done += customers as u64;
        progress(done);
    }
}

async fn chunk(conn: &mut PgConnection, span: Span, prices: &Prices, low: i64, high: i64) -> Result<()> {
    sqlx::raw_sql(
        // Without statistics on what is made on the way, loops over loops look cheap.
        "set local jit = off; set local work_mem = '64MB'; set local enable_nestloop = off;
         create temp table fresh_account (like account_month including generated) on commit drop;
         create temp table fresh_customer (like customer_month including generated) on commit drop",
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query(ACCOUNTS)
        .bind(span.first)
        .bind(span.as_of)
        .bind(low)
        .bind(high)
        .bind(&prices.currencies)
        .bind(&prices.tenors)
        .bind(&prices.froms)
        .bind(&prices.rates)
        .persistent(false)
        .execute(&mut *conn)
        .await?;
    sqlx::raw_sql("analyze fresh_account").execute(&mut *conn).await?;
    sqlx::query(CUSTOMERS).bind(span.first).bind(span.as_of).bind(low).bind(high).persistent(false).execute(&mut *conn).await?;
    sqlx::raw_sql("analyze fresh_customer").execute(&mut *conn).await?;
    for statement in [GONE_ACCOUNTS, GONE_CUSTOMERS] {
        sqlx::query(statement).bind(span.first).bind(low).bind(high).persistent(false).execute(&mut *conn).await?;
    }
    for statement in [NEW_ACCOUNTS, NEW_CUSTOMERS] {
        sqlx::query(statement).bind(span.first).bind(low).bind(high).persistent(false).execute(&mut *conn).await?;
    }
    Ok(())
}

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

/// `$1` first day, `$2` last day, customers `($3, $4]`, `$5`–`$8` the prices by currency, tenor and day
/// from which they hold. An account that came with its balance and no history is what it is now, in the
/// running month only. What is matched to its term is priced on the day the running term began.
const ACCOUNTS: &str = concat!(
    "with pricing as materialized (",
    pricing!(),
    "),
ftp as materialized (
    select currency, tenor, array_agg(valid_from order by valid_from) as froms, array_agg(rate order by valid_from) as rates
    from unnest($5::text[], $6::int[], $7::date[], $8::numeric[]) as t (currency, tenor, valid_from, rate)
    group by currency, tenor
),
fx as materialized (select currency, round(rate, 8) as rate from rates_on($2)),
posted as materialized (
    select t.customer_id, t.account_id, sum(coalesce(k.cost, other.cost, 0))::bigint as cost,
        coalesce(sum(t.amount) filter (where k.is_fee), 0)::bigint as charged
    from txn t left join txn_pricing k on k.kind = t.kind left join txn_pricing other on other.kind = ''
    where t.booked_on between $1 and $2 and t.customer_id > $3 and t.customer_id <= $4
    group by t.customer_id, t.account_id
),
base as (
    select a.customer_id, a.account_id, a.product_id, p.treatment, a.currency, ($2 - $1 + 1)::smallint as days, p.day_basis,
        coalesce(y.average_balance[extract(month from $1)::int], a.balance) as average_balance,
        case when y.customer_id is null then a.balance else coalesce(y.end_balance[extract(month from $1)::int], 0) end as end_balance,
        coalesce(s.charged, 0) as charged, a.closed_on is null or a.closed_on > $2 as is_open, fx.rate as fx,
        coalesce(a.rate, p.rate) as rate, p.fee_rate, p.pd, p.lgd, p.monthly_cost + coalesce(s.cost, 0) as cost,
        case when p.treatment = 'managed' then 0 else f.rates[greatest(width_bucket(begun.priced_on, f.froms), 1)] end as ftp_rate
    from account a
    join customer c on c.customer_id = a.customer_id and c.merged_into is null and c.customer_id > $3 and c.customer_id <= $4
    left join account_year y on y.customer_id = a.customer_id and y.account_id = a.account_id and y.year = extract(year from $1)::smallint
        and y.customer_id > $3 and y.customer_id <= $4
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
    where a.customer_id > $3 and a.customer_id <= $4 and (case when y.customer_id is null
            then a.opened_on <= $2 and $2 = (select business_date from bank)
            else y.average_balance[extract(month from $1)::int] is not null end)
        and (a.closed_on is null or a.closed_on >= $1)
)
insert into fresh_account (customer_id, account_id, month, product_id, treatment, currency, days, day_basis, average_balance, end_balance, charged,
    is_open, fx, rate, ftp_rate, fee_rate, pd, lgd, average_base, end_base, spread, fees, expected_loss, cost)
select customer_id, account_id, $1, product_id, treatment, currency, days, day_basis, average_balance, end_balance, charged,
    is_open, fx, rate, ftp_rate, fee_rate, pd, lgd, round(average_balance * fx), round(end_balance * fx),
    case treatment when 'deposit' then exact_ratio(average_balance * (ftp_rate - rate) * days * fx, 100 * day_basis)
        when 'loan' then exact_ratio(average_balance * (rate - ftp_rate) * days * fx, 100 * day_basis) else 0 end,
    case when fee_rate = 0 and charged = 0 then 0
        else exact_ratio((average_balance * fee_rate * days + charged::numeric * 100 * day_basis) * fx, 100 * day_basis) end,
    case when treatment = 'loan' then exact_ratio(average_balance * pd * lgd * days * fx, 10000 * day_basis) else 0 end, cost
from base"
);

/// `$1` first day, `$2` last day, customers `($3, $4]`. A day belongs to those in charge in proportion
/// to their shares, in ten-thousandths; a day without anybody to 0.
const CUSTOMERS: &str = "
with charge as materialized (
    select customer_id, staff_id, role, round(share * 100)::bigint as share, valid * daterange($1, $2 + 1) as valid
    from assignment where customer_id > $3 and customer_id <= $4 and valid && daterange($1, $2 + 1)
),
sharing as materialized (select * from charge where share > 0),
leads as (select customer_id, staff_id from charge where role = 'lead' and valid @> $2),
simple as (
    select customer_id, min(staff_id) as staff_id from sharing group by customer_id
    having count(*) = 1 and bool_and(valid = daterange($1, $2 + 1))
),
daily as (
    select s.customer_id, s.staff_id, d.day, s.share * 10000 / (sum(s.share) over (partition by s.customer_id, d.day))::bigint as part
    from sharing s join generate_series(0, $2 - $1) as d (day) on s.valid @> $1 + d.day
    where not exists (select from simple w where w.customer_id = s.customer_id)
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
    from fresh_account group by customer_id
),
contacted as (
    select customer_id, count(*)::int as contacts, (count(*) filter (where kind = 'visit'))::int as visits
    from activity where customer_id > $3 and customer_id <= $4 and happened_at >= $1 and happened_at < $2 + 1
    group by customer_id
)
insert into fresh_customer (customer_id, month, kind, org_id, tier_id, lead_id, staff_ids, weights, product_ids, opened_now, contacts, visits,
    aum, deposits, wealth, loans, spread, fees, expected_loss, cost)
select c.customer_id, $1, c.kind, c.org_id, coalesce(t.tier_id, 0),
    coalesce(l.staff_id, 0),
    coalesce(d.staff_ids, array[0]), coalesce(d.weights, array[($2 - $1 + 1) * 10000::bigint]), coalesce(h.product_ids, '{}'),
    coalesce(c.opened_on >= $1, false), coalesce(k.contacts, 0), coalesce(k.visits, 0),
    coalesce(h.deposits + h.wealth, 0), coalesce(h.deposits, 0), coalesce(h.wealth, 0), coalesce(h.loans, 0),
    coalesce(h.spread, 0), coalesce(h.fees, 0), coalesce(h.expected_loss, 0), coalesce(h.cost, 0)
from customer c
left join held h using (customer_id)
left join divided d using (customer_id)
left join leads l using (customer_id)
left join contacted k using (customer_id)
left join customer_tier t on t.customer_id = c.customer_id and t.customer_id > $3 and t.customer_id <= $4 and t.valid @> $2
where c.customer_id > $3 and c.customer_id <= $4 and c.merged_into is null
  and (h.customer_id is not null or ((c.opened_on is null or c.opened_on <= $2) and (c.closed_on is null or c.closed_on > $2)))";

macro_rules! account_facts {
    ($of:literal) => {
        concat!(
            "row(",
            $of,
            ".product_id, ",
            $of,
            ".treatment, ",
            $of,
            ".currency, ",
            $of,
            ".days, ",
            $of,
            ".day_basis, ",
            $of,
            ".average_balance, ",
            $of,
            ".end_balance, ",
            $of,
            ".charged, ",
            $of,
            ".is_open, ",
            $of,
            ".fx, ",
            $of,
            ".rate, ",
            $of,
            ".ftp_rate, ",
            $of,
            ".fee_rate, ",
            $of,
            ".pd, ",
            $of,
            ".lgd, ",
            $of,
            ".average_base, ",
            $of,
            ".end_base, ",
            $of,
            ".spread, ",
            $of,
            ".fees, ",
            $of,
            ".expected_loss, ",
            $of,
            ".cost)"
        )
    };
}

macro_rules! customer_facts {
    ($of:literal) => {
        concat!(
            "row(",
            $of,
            ".kind, ",
            $of,
            ".org_id, ",
            $of,
            ".tier_id, ",
            $of,
            ".lead_id, ",
            $of,
            ".staff_ids, ",
            $of,
            ".weights, ",
            $of,
            ".product_ids, ",
            $of,
            ".opened_now, ",
            $of,
            ".contacts, ",
            $of,
            ".visits, ",
            $of,
            ".aum, ",
            $of,
            ".deposits, ",
            $of,
            ".wealth, ",
            $of,
            ".loans, ",
            $of,
            ".spread, ",
            $of,
            ".fees, ",
            $of,
            ".expected_loss, ",
            $of,
            ".cost)"
        )
    };
}

const GONE_ACCOUNTS: &str = concat!(
    "delete from account_month a where a.month = $1 and a.customer_id > $2 and a.customer_id <= $3
     and not exists (select from fresh_account f where f.customer_id = a.customer_id and f.account_id = a.account_id and ",
    account_facts!("f"),
    " is not distinct from ",
    account_facts!("a"),
    ")"
);
const GONE_CUSTOMERS: &str = concat!(
    "delete from customer_month a where a.month = $1 and a.customer_id > $2 and a.customer_id <= $3
     and not exists (select from fresh_customer f where f.customer_id = a.customer_id and ",
    customer_facts!("f"),
    " is not distinct from ",
    customer_facts!("a"),
    ")"
);
const NEW_ACCOUNTS: &str = "
insert into account_month (customer_id, account_id, month, product_id, treatment, currency, days, day_basis, average_balance, end_balance, charged,
    is_open, fx, rate, ftp_rate, fee_rate, pd, lgd, average_base, end_base, spread, fees, expected_loss, cost)
select customer_id, account_id, month, product_id, treatment, currency, days, day_basis, average_balance, end_balance, charged,
    is_open, fx, rate, ftp_rate, fee_rate, pd, lgd, average_base, end_base, spread, fees, expected_loss, cost
from fresh_account f where not exists (
    select from account_month a where a.month = $1 and a.customer_id > $2 and a.customer_id <= $3 and a.customer_id = f.customer_id and a.account_id = f.account_id)";
const NEW_CUSTOMERS: &str = "
insert into customer_month (customer_id, month, kind, org_id, tier_id, lead_id, staff_ids, weights, product_ids, opened_now, contacts, visits,
    aum, deposits, wealth, loans, spread, fees, expected_loss, cost)
select customer_id, month, kind, org_id, tier_id, lead_id, staff_ids, weights, product_ids, opened_now, contacts, visits,
    aum, deposits, wealth, loans, spread, fees, expected_loss, cost
from fresh_customer f where not exists (
    select from customer_month a where a.month = $1 and a.customer_id > $2 and a.customer_id <= $3 and a.customer_id = f.customer_id)";
