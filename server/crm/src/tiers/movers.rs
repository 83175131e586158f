//! Who of the actor's customers would move if a version held, one by one with the reasons: what a branch prepares for
//! before the version's day.

use std::time::{Duration, Instant};

use chrono::NaiveDate;
use guanhu_domain::{
    Code, CustomerNo,
    access::Verb,
    customers::{Slice, TierRef},
    rules::{
        Facts, Reason,
        evaluate::{evaluate, explain},
    },
    tiers::{Definition, MoverQuery, MoverWay, TierMover, TierRule, VersionState},
};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Postgres, QueryBuilder, types::Json};

use super::{SchemeRow, VersionRow, averages, explain::reference, judge, part::Part, scheme, subject, version};
use crate::{Actor, Bank, Error, Result, audit::Entry, cursor, rules};

const LIMIT: u16 = 50;
const LIMIT_MAX: u16 = 200;
/// Customers that one statement looks at.
const STEP: i64 = 5_000;
/// After so long a page ends where it is, with as many as were found.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where a page ended: the last customer looked at.
#[derive(Serialize, Deserialize)]
struct Place {
    version: i32,
    id: i64,
}

#[derive(sqlx::FromRow)]
struct Moved {
    customer_id: i64,
    after: Option<i32>,
    up: bool,
}

#[derive(sqlx::FromRow)]
struct Known {
    customer_id: i64,
    name: String,
    org: String,
    manager: Option<String>,
    aum: i64,
    tier: Option<Json<TierRef>>,
    held_until: Option<NaiveDate>,
}

/// In the order of customer numbers' keys. A page may be short, or empty, and still have a `next`: it ends after two
/// seconds of looking.
///
/// # Errors
/// `not_found` for a version that was not tried out, and for one that is or was in force; `malformed` for a cursor of
/// another version; `busy` while the averages of a new month are being brought up, and when a step takes too long.
pub async fn movers(bank: &Bank, actor: &Actor, code: &str, number: i32, query: &MoverQuery) -> Result<Slice<TierMover>> {
    actor.require(Verb::TierMovers)?;
    let after = query.after.as_deref().map(cursor::decode::<Place>).transpose()?;
    if after.as_ref().is_some_and(|place| place.version != number) {
        return Err(Error::new(Code::Malformed));
    }
    let limit = usize::from(query.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX));
    let mut tx = bank.begin().await?;
    sqlx::raw_sql("set local statement_timeout = '5s'").execute(&mut *tx).await?;
    let found = found(&mut tx, actor, code, number, query.way, after.map_or(0, |place| place.id), limit).await;
    // Only read: however it ends.
    tx.rollback().await?;
    let (items, last) = match found {
        Err(error) if error.is_timeout() => return Err(Error::new(Code::Busy)),
        found => found?,
    };
    let shown: Vec<CustomerNo> = items.iter().map(|item| item.customer_no).collect();
    bank.audit_soon(actor, Entry::listed(Verb::TierMovers, subject(code, number), &shown)).await;
    Ok(Slice { items, next: last.map(|id| cursor::encode(&Place { version: number, id })).transpose()? })
}

async fn found(
    tx: &mut PgConnection,
    actor: &Actor,
    code: &str,
    number: i32,
    way: Option<MoverWay>,
    after: i64,
    limit: usize,
) -> Result<(Vec<TierMover>, Option<i64>)> {
    let scheme = scheme(tx, code).await?;
    let version = version(tx, scheme.scheme_id, number).await?;
    if !is_to_come(&version, scheme.business_date) {
        return Err(Error::not_found());
    }
    let definition = version.definition.0;
    super::sound(actor, &definition, scheme.kind()?)?;
    if !averages::is_current(tx, scheme.business_date).await? {
        return Err(Error::new(Code::Busy));
    }
    let begun = Instant::now();
    let mut from = after;
    let mut moved: Vec<Moved> = Vec::new();
    let last = loop {
        let ids: Vec<i64> = own(&scheme, actor, from).build_query_scalar().persistent(false).fetch_all(&mut *tx).await?;
        let Some(last) = ids.last().copied() else { break None };
        let part: Vec<Moved> = judged(&scheme, &definition, way, &ids).build_query_as().persistent(false).fetch_all(&mut *tx).await?;
        moved.extend(part);
        if moved.len() > limit {
            moved.truncate(limit);
            break moved.last().map(|one| one.customer_id);
        }
        if (ids.len() as i64) < STEP {
            break None;
        }
        from = last;
        if begun.elapsed() > PATIENCE {
            break Some(from);
        }
    };
    Ok((told(tx, actor, &scheme, &definition, &moved).await?, last))
}

/// As [`guanhu_domain::tiers::Version::has_movers`] tells the page.
fn is_to_come(version: &VersionRow, business_date: NaiveDate) -> bool {
    match VersionState::from_code(&version.state) {
        Some(VersionState::Simulated | VersionState::Submitted) => true,
        Some(VersionState::Published) => version.from_date.is_some_and(|from| from > business_date),
        Some(VersionState::Draft) | None => false,
    }
}

/// The next of the actor's customers.
fn own(scheme: &SchemeRow, actor: &Actor, after: i64) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new("select s.customer_id from customer_summary s where s.kind = ");
    sql.push_bind(scheme.customer_kind.clone()).push(" and s.customer_id > ").push_bind(after).push(" and ");
    actor.scope.restrict(&mut sql);
    sql.push(" order by s.customer_id limit ").push_bind(STEP);
    sql
}

/// Those of them whom the definition puts elsewhere.
fn judged(scheme: &SchemeRow, definition: &Definition, way: Option<MoverWay>, ids: &[i64]) -> QueryBuilder<Postgres> {
    let places: Vec<i32> = (0..definition.tiers.len() as i32).collect();
    let codes: Vec<String> = definition.tiers.iter().map(|tier| tier.code.clone()).collect();
    let part = Part::Of(ids);
    let mut sql = QueryBuilder::new("select * from (select j.customer_id, j.after, coalesce(2 * (j.after + 1), 0) > ");
    judge::push_height(&mut sql, definition, "t");
    sql.push(" as up from (select s.customer_id, s.tier_id, ");
    judge::push_case(&mut sql, definition, &places, judge::env(definition, scheme.business_date));
    sql.push(" as after from customer_summary s");
    judge::push_tables(&mut sql, definition, Some(part));
    sql.push(" where true");
    part.push(&mut sql, "s");
    sql.push(") j left join tier t on t.tier_id = j.tier_id where (").push_bind(codes);
    sql.push("::text[])[j.after + 1] is distinct from t.code) x");
    if let Some(way) = way {
        sql.push(" where x.up = ").push_bind(way == MoverWay::Up);
    }
    sql.push(" order by x.customer_id");
    sql
}

/// Who they are, and why: rules in memory on what the reader may know.
async fn told(
    tx: &mut PgConnection,
    actor: &Actor,
    scheme: &SchemeRow,
    definition: &Definition,
    moved: &[Moved],
) -> Result<Vec<TierMover>> {
    let ids: Vec<i64> = moved.iter().map(|one| one.customer_id).collect();
    let known: Vec<Known> = sqlx::query_as(
        "select s.customer_id, s.name, o.name as org, m.name as manager, s.aum, h.until as held_until,
             case when t.tier_id is not null then json_build_object('code', t.code, 'name', t.name, 'name_en', t.name_en, 'mark', t.mark) end as tier
         from customer_summary s join org_unit o using (org_id) left join staff m on m.staff_id = s.lead_staff_id
         left join tier t using (tier_id) left join customer_tier_override h on h.customer_id = s.customer_id and h.until >= $2
         where s.customer_id = any($1) order by s.customer_id",
    )
    .bind(&ids)
    .bind(scheme.business_date)
    .fetch_all(&mut *tx)
    .await?;
    let facts = rules::load(tx, &ids, scheme.business_date, true, Some(&actor.scope)).await?;
    let mut items = Vec::with_capacity(known.len());
    for known in known {
        let Some(moved) = moved.iter().find(|one| one.customer_id == known.customer_id) else { continue };
        let Some(facts) = facts.get(&known.customer_id) else { continue };
        let was = known.tier.map(|tier| tier.0);
        let to = moved.after.and_then(|at| definition.tiers.get(at as usize));
        let why = Why { definition, facts, business_date: scheme.business_date };
        let because = to.map(|tier| why.reasons(tier, true)).unwrap_or_default();
        // On the way down it is the old tier that is no longer deserved.
        let old = definition.tiers.iter().find(|tier| !moved.up && was.as_ref().is_some_and(|was| was.code == tier.code));
        let against = old.map(|tier| why.reasons(tier, false)).unwrap_or_default();
        let beyond = [(to, true), (old, false)].into_iter().any(|(tier, holds)| tier.is_some_and(|tier| !why.is(tier, holds)));
        items.push(TierMover {
            customer_no: CustomerNo::from_id(known.customer_id),
            name: known.name,
            org: known.org,
            manager: known.manager,
            aum: known.aum,
            way: if moved.up { MoverWay::Up } else { MoverWay::Down },
            from: was,
            to: to.map(reference),
            because,
            against,
            beyond,
            held_until: known.held_until,
        });
    }
    Ok(items)
}

struct Why<'a> {
    definition: &'a Definition,
    facts: &'a Facts,
    business_date: NaiveDate,
}

impl Why<'_> {
    /// Does the rule say of what the reader knows what it said of everything?
    fn is(&self, tier: &TierRule, holds: bool) -> bool {
        (evaluate(&tier.rule.when, self.facts, judge::env(self.definition, self.business_date)) == Some(true)) == holds
    }

    fn reasons(&self, tier: &TierRule, holds: bool) -> Vec<Reason> {
        if !self.is(tier, holds) {
            return Vec::new();
        }
        let reasons = explain(&tier.rule.when, self.facts, judge::env(self.definition, self.business_date));
        reasons.into_iter().filter(|reason| reason.holds == holds).collect()
    }
}
