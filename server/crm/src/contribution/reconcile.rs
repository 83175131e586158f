//! Is every figure what it is made of? Ledger → account → customer → manager → unit → bank, level by
//! level; the first difference is named.

use chrono::{DateTime, NaiveDate, Utc};
use futures::TryStreamExt;
use guanhu_domain::{
    CustomerNo,
    access::Verb,
    contribution::{Lines, Terms, Treatment},
    dashboards::MonthState,
};
use rust_decimal::Decimal;

use super::{cubes, curves, facts};
use crate::{Actor, Bank, Result};

/// What was compared, and the first thing that was not as it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub months: usize,
    pub accounts: u64,
    pub difference: Option<String>,
}

/// Compares all months that were computed, or one. Figures of open months are also compared with the
/// ledger as it is now, and computed from it again; closed ones keep what they were closed with.
pub async fn reconcile(bank: &Bank, actor: &Actor, only: Option<NaiveDate>) -> Result<Verdict> {
    reconcile_of(bank, actor, only, None).await
}

/// As [`reconcile`]; with `sample`, the accounts of these customers alone are computed again. Sums are compared as a whole
/// either way.
pub async fn reconcile_of(bank: &Bank, actor: &Actor, only: Option<NaiveDate>, sample: Option<&[i64]>) -> Result<Verdict> {
    actor.require(Verb::ContributionClose)?;
    let months: Vec<(NaiveDate, MonthState, bool, NaiveDate, DateTime<Utc>)> = sqlx::query_as(
        "select m.month, m.state, m.tree <> b.tree, m.as_of, m.computed_at from contribution_month m, bank b
         where m.ready and m.done_to is null and ($1::date is null or m.month = $1) order by m.month desc",
    )
    .bind(only.map(super::month_of))
    .fetch_all(bank.pool())
    .await?;
    let mut verdict = Verdict { months: months.len(), ..Verdict::default() };
    for (month, state, is_moving, as_of, computed_at) in months {
        if verdict.difference.is_none() && is_moving {
            verdict.difference = Some(format!("{} waits to be rolled up by the tree of units as it is now", month.format("%Y-%m")));
        }
        if verdict.difference.is_none() {
            verdict.difference = arithmetic(bank, month, sample, &mut verdict.accounts).await?;
        }
        if verdict.difference.is_none() && state == MonthState::Open {
            verdict.difference = first(bank, LEDGER, month, "month and ledger differ: account").await?;
            if verdict.difference.is_none() {
                verdict.difference = facts_again(bank, month, as_of, sample).await?;
            }
        }
        for (sql, what) in LEVELS {
            if verdict.difference.is_none() {
                verdict.difference = first(bank, sql, month, what).await?;
            }
        }
        if verdict.difference.is_none() {
            verdict.difference = sums_again(bank, month).await?;
        }
        // What was computed anew meanwhile was compared with itself of before.
        if verdict.difference.is_some() && !is_moving && !stands(bank, month, computed_at).await? {
            verdict.difference = None;
            verdict.months -= 1;
        }
    }
    if verdict.difference.is_none() {
        verdict.difference = sqlx::query_scalar::<_, i64>(SUMMARY)
            .fetch_optional(bank.pool())
            .await?
            .map(|id| format!("the summary of customer {} has another contribution than its months", CustomerNo::from_id(id)));
    }
    Ok(verdict)
}

/// Is the month as it was computed then, with nothing waiting to be computed?
async fn stands(bank: &Bank, month: NaiveDate, computed_at: DateTime<Utc>) -> Result<bool> {
    Ok(sqlx::query_scalar("select done_to is null and computed_at = $2 from contribution_month where month = $1")
        .bind(month)
        .bind(computed_at)
        .fetch_one(bank.pool())
        .await?)
}

/// So many customers, whoever it happens to be.
pub async fn some(bank: &Bank, actor: &Actor, customers: u32) -> Result<Vec<i64>> {
    actor.require(Verb::ContributionClose)?;
    Ok(sqlx::query_scalar("select customer_id from customer where merged_into is null order by random() limit $1")
        .bind(i64::from(customers))
        .fetch_all(bank.pool())
        .await?)
}

/// Customers of one statement when all are computed again.
const PIECE: i64 = 25_000;

/// An open month's accounts, computed again from the ledger, curves and parameters beside those that are kept.
async fn facts_again(bank: &Bank, month: NaiveDate, as_of: NaiveDate, sample: Option<&[i64]>) -> Result<Option<String>> {
    let prices = curves::prices(&mut *bank.pool().acquire().await?, month, as_of, None).await?;
    let pieces: Vec<(i64, i64)> = match sample {
        Some(sample) => sample.iter().map(|id| (id - 1, *id)).collect(),
        None => {
            sqlx::query_as(
                "select min(customer_id) - 1, max(customer_id) from (
                     select customer_id, (row_number() over (order by customer_id) - 1) / $1 as piece from customer) c group by piece order by piece",
            )
            .bind(PIECE)
            .fetch_all(bank.pool())
            .await?
        }
    };
    for (low, high) in pieces {
        let mut tx = bank.begin().await?;
        // Statements find a temporary table before the one that is kept.
        sqlx::raw_sql(
            "set local jit = off; create temp table account_month (like public.account_month including generated) on commit drop",
        )
        .execute(&mut *tx)
        .await?;
        facts::accounts(&mut tx, month, as_of, &prices, low, high).await?;
        let found: Option<(i64, i64)> =
            sqlx::query_as(OTHERWISE).bind(month).bind(low).bind(high).persistent(false).fetch_optional(&mut *tx).await?;
        tx.rollback().await?;
        if let Some((customer, account)) = found {
            let (month, customer) = (month.format("%Y-%m"), CustomerNo::from_id(customer));
            return Ok(Some(format!("{month} account {account} of customer {customer} comes to something else when it is computed again")));
        }
    }
    Ok(None)
}

const OTHERWISE: &str = "
select coalesce(k.customer_id, n.customer_id), coalesce(k.account_id, n.account_id)
from (select * from public.account_month where month = $1 and customer_id > $2 and customer_id <= $3) k
full join account_month n using (customer_id, account_id)
where (k.product_id, k.treatment, k.days, k.day_basis, k.average_balance, k.end_balance, k.charged, k.is_open, k.fx, k.rate, k.ftp_rate, k.fee_rate, k.pd, k.lgd,
       k.average_base, k.end_base, k.contribution)
    is distinct from (n.product_id, n.treatment, n.days, n.day_basis, n.average_balance, n.end_balance, n.charged, n.is_open, n.fx, n.rate, n.ftp_rate, n.fee_rate,
       n.pd, n.lgd, n.average_base, n.end_base, n.contribution)
order by 1, 2 limit 1";

/// A month's sums, made again from its facts beside those that are kept.
async fn sums_again(bank: &Bank, month: NaiveDate) -> Result<Option<String>> {
    let mut tx = bank.begin().await?;
    let differs = cubes::compare_again(&mut tx, month).await?;
    tx.rollback().await?;
    Ok(differs.map(|table| format!("{} {table} is something else when it is made again from the month's facts", month.format("%Y-%m"))))
}

async fn first(bank: &Bank, sql: &'static str, month: NaiveDate, what: &str) -> Result<Option<String>> {
    let found: Option<String> = sqlx::query_scalar(sql).bind(month).persistent(false).fetch_optional(bank.pool()).await?;
    Ok(found.map(|found| format!("{} {what} {found}", month.format("%Y-%m"))))
}

#[derive(sqlx::FromRow)]
struct Fact {
    customer_id: i64,
    account_id: i64,
    treatment: Treatment,
    days: i16,
    day_basis: i16,
    average_balance: i64,
    charged: i64,
    fx: Decimal,
    rate: Decimal,
    ftp_rate: Decimal,
    fee_rate: Decimal,
    pd: Decimal,
    lgd: Decimal,
    spread: i64,
    fees: i64,
    expected_loss: i64,
    cost: i64,
}

/// Every account's lines again, by the formula as the domain has it.
async fn arithmetic(bank: &Bank, month: NaiveDate, sample: Option<&[i64]>, accounts: &mut u64) -> Result<Option<String>> {
    let mut facts = sqlx::query_as::<_, Fact>(
        "select customer_id, account_id, treatment, days, day_basis, average_balance, charged, fx, rate, ftp_rate, fee_rate, pd, lgd,
             spread, fees, expected_loss, cost
         from account_month where month = $1 and ($2::bigint[] is null or customer_id = any($2))",
    )
    .bind(month)
    .bind(sample)
    .persistent(false)
    .fetch(bank.pool());
    while let Some(fact) = facts.try_next().await? {
        *accounts += 1;
        let terms = Terms {
            treatment: fact.treatment,
            days: fact.days.into(),
            day_basis: fact.day_basis.into(),
            average_balance: fact.average_balance,
            charged: fact.charged,
            cost: fact.cost,
            fx: fact.fx,
            rate: fact.rate,
            ftp_rate: fact.ftp_rate,
            fee_rate: fact.fee_rate,
            pd: fact.pd,
            lgd: fact.lgd,
        };
        let kept = Lines { spread: fact.spread, fees: fact.fees, expected_loss: fact.expected_loss, cost: fact.cost };
        if terms.lines() != Some(kept) {
            return Ok(Some(format!(
                "{} account {} of customer {}: kept {kept:?}, computed {:?}",
                month.format("%Y-%m"),
                fact.account_id,
                CustomerNo::from_id(fact.customer_id),
                terms.lines()
            )));
        }
    }
    Ok(None)
}

/// Accounts from the ledger's side: one that was left out is a difference too.
const LEDGER: &str = "
select coalesce(m.account_id, l.account_id)::text
from (select account_id, average_balance, end_balance from account_month where month = $1) m
full join (
    select a.account_id, coalesce(y.average_balance[extract(month from $1)::int], a.balance) as average_balance,
        case when y.customer_id is null then a.balance else coalesce(y.end_balance[extract(month from $1)::int], 0) end as end_balance
    from account a
    join customer c on c.customer_id = a.customer_id and c.merged_into is null
    cross join bank b
    left join account_year y on y.customer_id = a.customer_id and y.account_id = a.account_id and y.year = extract(year from $1)::smallint
    where (a.closed_on is null or a.closed_on >= $1)
      and case when y.customer_id is not null then y.average_balance[extract(month from $1)::int] is not null
            else (a.opened_on is null or a.opened_on <= b.business_date) and date_trunc('month', b.business_date) = $1 end
) l using (account_id)
where (m.average_balance, m.end_balance) is distinct from (l.average_balance, l.end_balance) limit 1";

/// Each level against the one it is made of; a row is a difference.
const LEVELS: [(&str, &str); 11] = [
    (
        "select customer_no(coalesce(c.customer_id, a.customer_id)) from (select * from customer_month where month = $1) c
         full join (select customer_id, sum(spread) as spread, sum(fees) as fees, sum(expected_loss) as expected_loss, sum(cost) as cost
                    from account_month where month = $1 group by customer_id) a using (customer_id)
         where c.customer_id is null or (c.spread, c.fees, c.expected_loss, c.cost) is distinct from
            (coalesce(a.spread, 0), coalesce(a.fees, 0), coalesce(a.expected_loss, 0), coalesce(a.cost, 0)) limit 1",
        "accounts do not sum to their customer",
    ),
    (
        "select customer_no(customer_id) from customer_month where month = $1 and
         (cardinality(staff_ids) <> cardinality(weights) or cardinality(staff_ids) = 0 or 0 >= any(weights)) limit 1",
        "nobody and not even the pool is in charge of",
    ),
    (
        "select coalesce(o.code, '?') from (select org_id, tier_id, sum(spread) as spread, sum(fees) as fees, sum(expected_loss) as expected_loss, sum(cost) as cost
            from customer_month where month = $1 group by org_id, tier_id) c
         full join (select org_id, tier_id, sum(spread) as spread, sum(fees) as fees, sum(expected_loss) as expected_loss, sum(cost) as cost
            from contribution_cube where month = $1 group by org_id, tier_id) k using (org_id, tier_id)
         left join org_unit o using (org_id)
         where (coalesce(c.spread, 0), coalesce(c.fees, 0), coalesce(c.expected_loss, 0), coalesce(c.cost, 0)) is distinct from
            (coalesce(k.spread, 0), coalesce(k.fees, 0), coalesce(k.expected_loss, 0), coalesce(k.cost, 0)) limit 1",
        "managers and products do not sum to the customers of unit",
    ),
    (
        "select coalesce(s.code, 'nobody') from (
            select staff_id, sum(contribution) as contribution from contribution_cube where month = $1 group by staff_id) c
         full join (select m.staff_id, sum(m.contribution) as contribution from manager_cube m join org_unit o using (org_id)
            where m.month = $1 and m.tier_id = -1 and o.parent_id is null group by m.staff_id) k using (staff_id)
         left join staff s using (staff_id)
         where coalesce(c.contribution, 0) <> coalesce(k.contribution, 0) limit 1",
        "products do not sum to manager",
    ),
    (
        "select o.code from org_unit o
         join (select up.id as org_id, count(*) as customers, sum(c.aum) as aum, sum(c.loans) as loans, sum(c.contribution) as contribution
               from customer_month c join org_unit l on l.org_id = c.org_id cross join lateral unnest(l.path) as up (id) where c.month = $1 group by up.id) c using (org_id)
         left join unit_cube u on u.org_id = o.org_id and u.month = $1 and u.tier_id = -1
         where (c.customers, c.aum, c.loans, c.contribution) is distinct from (u.customers, u.aum, u.loans, u.contribution) limit 1",
        "customers do not sum to unit",
    ),
    (
        "select o.code from unit_cube u join org_unit o using (org_id)
         left join (select org_id, sum(customers) as customers, sum(contribution) as contribution from unit_cube where month = $1 and tier_id >= 0 group by org_id) t using (org_id)
         where u.month = $1 and u.tier_id = -1 and (u.customers, u.contribution) is distinct from (t.customers, t.contribution) limit 1",
        "tiers do not sum to unit",
    ),
    (
        "select o.code from unit_cube u join org_unit o using (org_id)
         left join (select org_id, sum(contribution) as contribution, sum(customers) as customers, sum(opened) as opened, sum(contacts) as contacts, sum(visits) as visits,
                    sum(deposits_average) as deposits_average, sum(activated) as activated, sum(crossed) as crossed
                    from manager_cube where month = $1 and tier_id = -1 group by org_id) m using (org_id)
         left join (select org_id, sum(contribution) as contribution from product_cube where month = $1 and tier_id = -1 group by org_id) p using (org_id)
         where u.month = $1 and u.tier_id = -1 and ((u.customers, u.contribution, u.opened, u.contacts, u.visits, u.deposits_average, u.activated, u.crossed)
             is distinct from (m.customers, m.contribution, m.opened, m.contacts, m.visits, m.deposits_average, m.activated, m.crossed)
             or u.contribution <> coalesce(p.contribution, 0)) limit 1",
        "managers or products do not sum to unit",
    ),
    (
        "select o.code from unit_cube u join org_unit o using (org_id)
         left join (select org_id, sum(contribution) as contribution, sum(customers) as customers, sum(aum) as aum from value_cube where month = $1 group by org_id) v using (org_id)
         where u.month = $1 and u.tier_id = -1 and (u.customers, u.contribution, u.aum) is distinct from (v.customers, v.contribution, v.aum) limit 1",
        "deciles do not sum to unit",
    ),
    (
        "select o.code from unit_cube u join org_unit o using (org_id)
         left join (select org_id, sum(customers) filter (where trait = 'age') as by_age, sum(customers) filter (where trait = 'appetite') as by_appetite
                    from trait_cube where month = $1 and product_id = 0 group by org_id) t using (org_id)
         where u.month = $1 and u.tier_id = -1 and (u.personal <> coalesce(t.by_age, 0) or u.personal <> coalesce(t.by_appetite, 0)) limit 1",
        "ages or appetites do not sum to the persons of unit",
    ),
    (
        "select o.code from product_cube c join org_unit o using (org_id)
         left join (select org_id, product_id, sum(gained) as gained from sale_cube where month = $1 group by org_id, product_id) s using (org_id, product_id)
         where c.month = $1 and c.tier_id = -1 and c.gained <> coalesce(s.gained, 0) limit 1",
        "what managers sold does not sum to unit",
    ),
    (
        "select coalesce(c.currency, a.currency) from (
             select c.currency, sum(c.accounts) as accounts, sum(c.end_balance) as end_balance, sum(c.average_balance) as average_balance
             from currency_cube c join org_unit o using (org_id) where c.month = $1 and o.parent_id is null group by c.currency) c
         full join (select currency, count(*) filter (where is_open) as accounts, sum(end_balance) filter (where is_open) as end_balance,
                    sum(average_balance) as average_balance from account_month where month = $1 group by currency) a using (currency)
         where (coalesce(c.accounts, 0), coalesce(c.end_balance, 0), coalesce(c.average_balance, 0))
             is distinct from (coalesce(a.accounts, 0), coalesce(a.end_balance, 0), coalesce(a.average_balance, 0)) limit 1",
        "accounts do not sum to the balances in",
    ),
];

const SUMMARY: &str = "
select s.customer_id from customer_summary s cross join bank b
left join (select customer_id, sum(contribution) as contribution from customer_month c, bank
           where c.month between date_trunc('year', business_date)::date and business_date group by customer_id) c using (customer_id)
where s.contribution is distinct from c.contribution
  and not exists (select from contribution_month m where m.done_to is not null and m.month >= date_trunc('year', b.business_date)::date)
order by 1 limit 1";
