//! How many a rule finds, while it is being written: counted to a cap, or estimated from a sample when
//! counting would keep somebody waiting.

use std::time::Instant;

use guanhu_domain::{
    CustomerNo, Total,
    access::Verb,
    customers::TierRef,
    groups::{Counted, Found, FoundCustomer, FoundShare, Joint},
    rules::{Limits, RuleSet, check},
};
use sqlx::{Postgres, QueryBuilder, types::Json};

use super::{Members, Reading, save};
use crate::{Actor, Bank, Error, Result, audit::Entry, rules};

/// Customers shown.
const SAMPLE: i64 = 8;

/// How long somebody waits for an answer, in milliseconds of the database's: first for the exact count, then for one
/// estimate after the other, each from so many rows of a sample.
pub(super) struct Patience {
    exactly: u16,
    estimates: &'static [(f64, u16)],
}

/// While a rule is typed: with what goes on around the statements, three tenths of a second in all.
const TYPING: Patience = Patience { exactly: 120, estimates: &[(8_000.0, 100), (1_000.0, 40)] };
/// A page that is opened.
pub(super) const OPENING: Patience = Patience { exactly: 150, estimates: &[(8_000.0, 2_000)] };

/// Who satisfies a rule within the actor's scope. Nothing is kept, nobody is shown beyond a list's row.
///
/// # Errors
/// `invalid` with the place of every fault as a JSON pointer; `busy` when even an estimate takes too long.
pub async fn find(bank: &Bank, actor: &Actor, rule: &RuleSet) -> Result<Found> {
    actor.require(Verb::GroupUse)?;
    let faults = check(rule, Limits::group(actor.role.data_class()), "/rule");
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let faults = rules::unknown_codes(&mut *bank.pool().acquire().await?, rule, "/rule").await?;
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    found(bank, actor, &Members::of_rule(actor, rule.clone()), &TYPING).await
}

/// Who a combination of these groups has within the actor's scope.
///
/// # Errors
/// `invalid` for groups that the actor may not make one of; `busy` as [`find`].
pub async fn find_combined(bank: &Bank, actor: &Actor, joint: Joint, parts: &[String]) -> Result<Found> {
    actor.require(Verb::GroupUse)?;
    let rows = save::usable(bank, actor, parts).await?;
    let day = actor.me.business_date;
    let reading = Reading::by(actor);
    let parts = rows.into_iter().map(|row| super::simple(row, day, &reading)).collect::<Result<_>>()?;
    found(bank, actor, &Members::Combined(joint, parts), &TYPING).await
}

/// Counted, or estimated where that would take too long.
pub(super) async fn found(bank: &Bank, actor: &Actor, members: &Members, patience: &Patience) -> Result<Found> {
    let begun = Instant::now();
    let busy = |error: Error| if error.is_timeout() { Error::new(guanhu_domain::Code::Busy) } else { error };
    let mut found = match exactly(bank, actor, members, patience.exactly).await {
        Err(error) if error.is_timeout() => estimated(bank, actor, members, patience).await.map_err(busy)?,
        found => found?,
    };
    if found.counted == Counted::Capped {
        // The first ten thousand that come are no fair sample.
        (found.tiers, found.units) = match estimated(bank, actor, members, patience).await {
            Ok(sample) => (sample.tiers, sample.units),
            Err(error) if error.is_timeout() => Default::default(),
            Err(error) => return Err(error),
        };
    }
    let shown: Vec<CustomerNo> = found.sample.iter().map(|one| one.customer_no).collect();
    bank.audit_soon(actor, Entry::listed(Verb::GroupUse, "customers", &shown)).await;
    found.milliseconds = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
    Ok(found)
}

#[derive(sqlx::FromRow)]
struct Row {
    n: i64,
    tiers: Json<Vec<FoundShare>>,
    units: Json<Vec<FoundShare>>,
    customer_id: Option<i64>,
    name: Option<String>,
    org: Option<String>,
    aum: Option<i64>,
    code: Option<String>,
    tier_name: Option<String>,
    tier_name_en: Option<String>,
    mark: Option<i16>,
}

/// After `counted` and `picked`; the actor's unit is bound where it ends.
const COLUMNS: &str = "select (select count(*) from counted) as n,
        (select coalesce(json_agg(json_build_object('code', coalesce(t.code, ''), 'name', coalesce(t.name, ''), 'name_en', coalesce(t.name_en, ''),
             'customers', c.n) order by t.rank desc nulls last, t.code), '[]')
         from (select tier_id, count(*) as n from counted group by tier_id) c left join tier t using (tier_id)) as tiers,
        (select coalesce(json_agg(json_build_object('code', code, 'name', name, 'name_en', '', 'customers', n) order by n desc, code), '[]') from (
             select below.code, below.name, sum(c.n)::bigint as n from (select org_id, count(*) as n from counted group by org_id) c
             join org_unit o using (org_id)
             join org_unit below on below.org_id = coalesce(o.path[array_position(o.path, (select org_id from own)) + 1], o.org_id)
             group by below.code, below.name) u) as units,
        s.customer_id, s.name, o.name as org, s.aum, t.code, t.name as tier_name, t.name_en as tier_name_en, t.mark
     from own left join picked on true left join customer_summary s on s.customer_id = picked.customer_id
     left join org_unit o on o.org_id = s.org_id left join tier t on t.tier_id = s.tier_id order by s.aum desc nulls last, s.customer_id";

async fn exactly(bank: &Bank, actor: &Actor, members: &Members, patience: u16) -> Result<Found> {
    let mut sql = QueryBuilder::new("with own as (select ");
    sql.push_bind(actor.org_id)
        .push("::int as org_id), counted as materialized (select s.tier_id, s.org_id from customer_summary s where ");
    push(&mut sql, actor, members);
    sql.push(" limit ").push_bind(Total::CAP + 1).push("), picked as materialized (select s.customer_id from customer_summary s where ");
    push(&mut sql, actor, members);
    sql.push(" order by s.aum desc, s.customer_id desc limit ").push_bind(SAMPLE).push(") ").push(COLUMNS);
    let rows = run(bank, sql, patience).await?;
    let found = shown(rows, 1.0);
    let counted = if found.count > Total::CAP { Counted::Capped } else { Counted::Exactly };
    Ok(Found { count: found.count.min(Total::CAP), counted, ..found })
}

/// From a sample, and where that takes too long from a smaller one.
async fn estimated(bank: &Bank, actor: &Actor, members: &Members, patience: &Patience) -> Result<Found> {
    let mut last = Error::new(guanhu_domain::Code::Busy);
    for (looked_at, patience) in patience.estimates {
        match sampled(bank, actor, members, *looked_at, *patience).await {
            Err(error) if error.is_timeout() => last = error,
            found => return found,
        }
    }
    Err(last)
}

/// A share of the table's pages, and as many times the finds as that share goes into the whole.
async fn sampled(bank: &Bank, actor: &Actor, members: &Members, looked_at: f64, patience: u16) -> Result<Found> {
    let rows: f32 = sqlx::query_scalar("select greatest(reltuples, 1) from pg_class where oid = 'customer_summary'::regclass")
        .fetch_one(bank.pool())
        .await?;
    let share = (looked_at / f64::from(rows)).min(1.0);
    let mut sql = QueryBuilder::new("with own as (select ");
    sql.push_bind(actor.org_id)
        .push("::int as org_id), counted as materialized (select s.customer_id, s.aum, s.tier_id, s.org_id from customer_summary s tablesample system (");
    sql.push_bind(share * 100.0).push(") where ");
    push(&mut sql, actor, members);
    sql.push("), picked as (select customer_id from counted order by aum desc, customer_id desc limit ").push_bind(SAMPLE);
    sql.push(") ").push(COLUMNS);
    let rows = run(bank, sql, patience).await?;
    let counted = if share < 1.0 { Counted::Estimated } else { Counted::Exactly };
    Ok(Found { counted, ..shown(rows, share) })
}

fn push(sql: &mut QueryBuilder<Postgres>, actor: &Actor, members: &Members) {
    actor.scope.restrict(sql);
    sql.push(" and ");
    members.push(sql);
}

async fn run(bank: &Bank, mut sql: QueryBuilder<Postgres>, patience: u16) -> Result<Vec<Row>> {
    let mut tx = bank.begin().await?;
    sqlx::query("select set_config('statement_timeout', $1::text, true)").bind(patience.to_string()).execute(&mut *tx).await?;
    Ok(sql.build_query_as().persistent(false).fetch_all(&mut *tx).await?)
}

/// What the rows say, which are of this share of the customers.
fn shown(rows: Vec<Row>, share: f64) -> Found {
    let whole = |n: i64| (n as f64 / share).round() as i64;
    let shares = |shares: &Json<Vec<FoundShare>>| -> Vec<FoundShare> {
        shares.0.iter().map(|one| FoundShare { customers: whole(one.customers), ..one.clone() }).collect()
    };
    let mut found = rows.first().map_or_else(Found::default, |row| Found {
        count: whole(row.n),
        tiers: shares(&row.tiers),
        units: shares(&row.units),
        ..Found::default()
    });
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
    found.sample = rows.into_iter().filter_map(one).collect();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_types_waits_three_tenths_of_a_second_at_most() {
        // Beside the statements go six round trips and what the server does itself.
        let around = 40;
        let estimates: u16 = TYPING.estimates.iter().map(|(_, patience)| patience).sum();
        assert!(TYPING.exactly + estimates + around <= 300);
    }
}
