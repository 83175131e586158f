//! The shipped scheme on a real bank's files against plain SQL over the transactions.

#[path = "../berka/mod.rs"]
mod files;

use std::collections::BTreeMap;

use guanhu_crm::tiers::{self, shipped};
use guanhu_domain::customers::Kind;
use sqlx::PgPool;

/// Everybody's tier from the transactions alone: end-of-day balances, weighed by days over the last three
/// whole months, against the thresholds as they are printed in the price list.
const PLAIN: &str = "
with month as (
    select m::date as first, (m + interval '1 month')::date as next
    from bank, generate_series(date_trunc('month', business_date + 1) - interval '3 months', date_trunc('month', business_date + 1) - interval '1 month', interval '1 month') m
), evening as (
    select distinct on (customer_id, account_id, booked_on) customer_id, account_id, booked_on, balance_after
    from txn where balance_after is not null order by customer_id, account_id, booked_on, txn_id desc
), stretch as (
    select *, lead(booked_on, 1, 'infinity') over (partition by customer_id, account_id order by booked_on) as until from evening
), average as (
    select s.customer_id, s.account_id, m.first,
        round(sum(s.balance_after::numeric * (least(s.until, m.next) - greatest(s.booked_on, m.first))) / (m.next - m.first)) as balance
    from stretch s join month m on s.booked_on < m.next and s.until > m.first
    join account a on a.customer_id = s.customer_id and a.account_id = s.account_id and a.category not in ('loan', 'card')
    group by s.customer_id, s.account_id, m.first, m.next
), wealth as (
    select customer_id, div(sum(balance), 3) as aum from average group by customer_id
)
select c.customer_id, case
    when w.aum >= 6000000.00 * 100 then 'private'
    when w.aum >= 2000000.00 * 100 then 'diamond'
    when w.aum >= 500000.00 * 100 then 'platinum'
    when w.aum >= 50000.00 * 100 then 'gold'
    when w.aum >= 10000.00 * 100 then 'regular'
    when exists (select from account a where a.customer_id = c.customer_id and a.closed_on is null) then 'potential' end as tier
from customer c left join wealth w using (customer_id) where c.kind = 'personal' order by 1";

#[sqlx::test(migrations = false)]
async fn the_shipped_scheme_says_what_plain_sql_says(owner: PgPool) {
    let Some((bank, ..)) = files::loaded(&owner).await else { return };
    shipped::found(&mut owner.acquire().await.unwrap(), Kind::Personal, "1993-01-01".parse().unwrap()).await.unwrap();
    let done = tiers::evaluate_due(&bank).await.unwrap().unwrap();

    let expected: Vec<(i64, Option<String>)> = sqlx::query_as(PLAIN).fetch_all(&owner).await.unwrap();
    let actual: Vec<(i64, Option<String>)> = sqlx::query_as(
        "select s.customer_id, t.code from customer_summary s left join tier t using (tier_id) where s.kind = 'personal' order by 1",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    let mut sizes: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for (_, tier) in &expected {
        *sizes.entry(tier.as_deref()).or_default() += 1;
    }
    println!("{sizes:?}");
    let wrong: Vec<_> = expected.iter().zip(&actual).filter(|(expected, actual)| expected != actual).collect();
    assert_eq!((expected.len(), actual.len(), wrong), (5369, 5369, Vec::new()));
    // Alike because both tell customers apart, not because both say nothing.
    assert!(sizes.len() >= 4, "{sizes:?}");
    assert_eq!(done.entered as usize, expected.iter().filter(|(_, tier)| tier.is_some()).count());
}
