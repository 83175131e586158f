//! How many a rule finds, while it is being written: counted to a cap, or estimated from a sample when
//! counting would keep somebody waiting.

use std::time::Instant;

use guanhu_domain::{
    CustomerNo, Total,
    access::Verb,
    customers::TierRef,
    groups::{Counted, Found, FoundCustomer},
    rules::{Limits, RuleSet, check},
};
use sqlx::{Postgres, QueryBuilder};

use super::Members;
use crate::{Actor, Bank, Error, Result, audit::Entry};

/// Customers shown.
const SAMPLE: i64 = 8;
/// Rows an estimate looks at.
const LOOKED_AT: f64 = 8_000.0;

/// Who satisfies a rule within the actor's scope. Nothing is kept, nobody is shown beyond a list's row.
///
/// # Errors
/// `invalid` with the place of every fault as a JSON pointer; `busy` when even an estimate takes too long.
pub async fn find(bank: &Bank, actor: &Actor, rule: &RuleSet) -> Result<Found> {
    actor.require(Verb::GroupUse)?;
    let faults = check(rule, Limits::GROUP, "/rule");
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let begun = Instant::now();
    let members = Members::of_rule(actor, rule.clone());
    let mut found = match exactly(bank, actor, &members).await {
        Err(error) if error.is_timeout() => estimated(bank, actor, &members).await.map_err(|error| match error.is_timeout() {
            true => Error::new(guanhu_domain::Code::Busy),
            false => error,
        })?,
        found => found?,
    };
    let shown: Vec<CustomerNo> = found.sample.iter().map(|one| one.customer_no).collect();
    bank.audit_soon(actor, Entry::listed(Verb::GroupUse, "customers", &shown)).await;
    found.milliseconds = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
    Ok(found)
}

#[derive(sqlx::FromRow)]
struct Row {
    n: i64,
    customer_id: Option<i64>,
    name: Option<String>,
    org: Option<String>,
    aum: Option<i64>,
    code: Option<String>,
    tier_name: Option<String>,
    tier_name_en: Option<String>,
    mark: Option<i16>,
}

const COLUMNS: &str =
    "select (select count(*) from counted) as n, s.customer_id, s.name, o.name as org, s.aum, t.code, t.name as tier_name,
        t.name_en as tier_name_en, t.mark
     from (select) one left join picked on true left join customer_summary s on s.customer_id = picked.customer_id
     left join org_unit o on o.org_id = s.org_id left join tier t on t.tier_id = s.tier_id order by s.aum desc nulls last, s.customer_id";

async fn exactly(bank: &Bank, actor: &Actor, members: &Members) -> Result<Found> {
    let mut sql = QueryBuilder::new("with counted as materialized (select from customer_summary s where ");
    push(&mut sql, actor, members);
    sql.push(" limit ").push_bind(Total::CAP + 1).push("), picked as materialized (select s.customer_id from customer_summary s where ");
    push(&mut sql, actor, members);
    sql.push(" order by s.aum desc, s.customer_id desc limit ").push_bind(SAMPLE).push(") ").push(COLUMNS);
    let rows = run(bank, sql, "set local statement_timeout = '150ms'").await?;
    let count = rows.first().map_or(0, |row| row.n);
    let counted = if count > Total::CAP { Counted::Capped } else { Counted::Exactly };
    Ok(Found { count: count.min(Total::CAP), counted, sample: shown(rows), milliseconds: 0 })
}

/// A share of the table's pages, and as many times the finds as that share goes into the whole.
async fn estimated(bank: &Bank, actor: &Actor, members: &Members) -> Result<Found> {
    let rows: f32 = sqlx::query_scalar("select greatest(reltuples, 1) from pg_class where oid = 'customer_summary'::regclass")
        .fetch_one(bank.pool())
        .await?;
    let share = (LOOKED_AT / f64::from(rows)).min(1.0);
    let mut sql =
        QueryBuilder::new("with counted as materialized (select s.customer_id, s.aum from customer_summary s tablesample system (");
    sql.push_bind(share * 100.0).push(") where ");
    push(&mut sql, actor, members);
    sql.push("), picked as (select customer_id from counted order by aum desc, customer_id desc limit ").push_bind(SAMPLE);
    sql.push(") ").push(COLUMNS);
    let rows = run(bank, sql, "set local statement_timeout = '2s'").await?;
    let count = (rows.first().map_or(0, |row| row.n) as f64 / share).round() as i64;
    let counted = if share < 1.0 { Counted::Estimated } else { Counted::Exactly };
    Ok(Found { count, counted, sample: shown(rows), milliseconds: 0 })
}

fn push(sql: &mut QueryBuilder<Postgres>, actor: &Actor, members: &Members) {
    actor.scope.restrict(sql);
    sql.push(" and ");
    members.push(sql);
}

async fn run(bank: &Bank, mut sql: QueryBuilder<Postgres>, patience: &'static str) -> Result<Vec<Row>> {
    let mut tx = bank.begin().await?;
    sqlx::raw_sql(patience).execute(&mut *tx).await?;
    Ok(sql.build_query_as().persistent(false).fetch_all(&mut *tx).await?)
}

fn shown(rows: Vec<Row>) -> Vec<FoundCustomer> {
    let one = |row: Row| {
        Some(FoundCustomer {
            customer_no: CustomerNo::from_id(row.customer_id?),
            name: row.name?,
            org: row.org?,
            aum: row.aum?,
            tier: row.code.map(|code| TierRef {
                code,
                name: row.tier_name.unwrap_or_default(),
                name_en: row.tier_name_en.unwrap_or_default(),
                mark: row.mark.unwrap_or_default(),
            }),
        })
    };
    rows.into_iter().filter_map(one).collect()
}
