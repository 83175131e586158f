//! What a version would change, over the whole base, before anybody publishes it.

use std::{collections::HashMap, time::Instant};

use chrono::Utc;
use guanhu_domain::{
    Code,
    access::Verb,
    rules::evaluate,
    tiers::{BranchMoves, Definition, Move, Mover, Simulation, VersionState},
};
use sqlx::{PgConnection, Postgres, QueryBuilder, types::Json};

use super::{SchemeRow, averages, judge, scheme, stale, subject, version};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    rules,
};

/// Movers shown.
const SAMPLE: i64 = 20;

/// Tries a version out on everybody, and keeps the result with it. Nobody's tier changes, nobody waits.
///
/// # Errors
/// `stale` when the version was saved since it was read; `busy` when it takes longer than a minute.
pub async fn simulate(bank: &Bank, actor: &Actor, code: &str, number: i32, revision: i32) -> Result<Simulation> {
    actor.require(Verb::TierDraft)?;
    let begun = Instant::now();
    let mut tx = bank.begin().await?;
    sqlx::raw_sql("set local statement_timeout = '60s'; set local work_mem = '64MB'").execute(&mut *tx).await?;
    let scheme = scheme(&mut tx, code).await?;
    let before = version(&mut tx, scheme.scheme_id, number).await?;
    if before.revision != revision {
        return Err(stale(before));
    }
    let now = match scheme.in_force {
        Some(number) => version(&mut tx, scheme.scheme_id, number).await?.definition.0,
        None => Definition::default(),
    };
    if !averages::is_current(&mut tx, scheme.business_date).await? {
        averages::refresh(&mut tx, scheme.business_date, None).await?;
    }
    let definition = before.definition.0.clone();
    let rows: Vec<Row> = statement(&scheme, &definition)?.build_query_as().persistent(false).fetch_all(&mut *tx).await.map_err(slow)?;
    let mut simulation = Totals { now: &now, then: &definition }.of(&rows);
    simulation.movers = movers(&mut tx, &scheme, &definition, &rows).await?;
    simulation.business_date = scheme.business_date;
    simulation.at = Utc::now();
    simulation.milliseconds = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
    let kept = sqlx::query(
        "update tier_version set simulation = $4, state = case when state = $5 then $6 else state end
         where scheme_id = $1 and version = $2 and revision = $3",
    )
    .bind(scheme.scheme_id)
    .bind(number)
    .bind(revision)
    .bind(Json(&simulation))
    .bind(VersionState::Draft.code())
    .bind(VersionState::Simulated.code())
    .execute(&mut *tx)
    .await?;
    if kept.rows_affected() == 0 {
        return Err(stale(version(&mut tx, scheme.scheme_id, number).await?));
    }
    let detail = serde_json::json!({ "simulated": true, "milliseconds": simulation.milliseconds });
    audit::record(&mut tx, actor, Entry::done(Verb::TierDraft, subject(&scheme.code, number)).detail(detail)).await?;
    tx.commit().await?;
    Ok(simulation)
}

fn slow(error: sqlx::Error) -> Error {
    match &error {
        sqlx::Error::Database(cause) if cause.code().as_deref() == Some("57014") => Error::new(Code::Busy),
        _ => error.into(),
    }
}

/// A count of customers of one unit with one old and one new tier, or one who moves.
#[derive(sqlx::FromRow)]
struct Row {
    customer_id: Option<i64>,
    /// Code of the tier now; null for none.
    before: Option<String>,
    /// Position in the definition; null for none.
    after: Option<i32>,
    branch: String,
    branch_name: String,
    n: i64,
}

fn statement(scheme: &SchemeRow, definition: &Definition) -> Result<QueryBuilder<Postgres>> {
    let places: Vec<i32> = (0..definition.tiers.len() as i32).collect();
    let codes: Vec<String> = definition.tiers.iter().map(|tier| tier.code.clone()).collect();
    let mut sql = QueryBuilder::new("with judged as materialized (select s.customer_id, s.tier_id, s.org_id, s.aum, ");
    judge::push_case(&mut sql, definition, &places, judge::env(definition, scheme.business_date));
    sql.push(" as after from customer_summary s");
    judge::push_tables(&mut sql, definition);
    sql.push(" where s.kind = ").push_bind(scheme.kind()?.code());
    sql.push(
        "), grouped as (select tier_id, org_id, after, count(*) as n from judged group by 1, 2, 3),
         picked as (select j.customer_id, j.tier_id, j.org_id, j.after, 1::bigint as n from judged j left join tier t on t.tier_id = j.tier_id
             where (",
    );
    sql.push_bind(codes).push("::text[])[j.after + 1] is distinct from t.code order by j.aum desc, j.customer_id limit ").push_bind(SAMPLE);
    sql.push(
        ")
         select x.customer_id, t.code as before, x.after, b.code as branch, b.name as branch_name, x.n
         from (select null::bigint as customer_id, * from grouped union all select customer_id, tier_id, org_id, after, n from picked) x
         join org_unit o on o.org_id = x.org_id join org_unit b on b.org_id = coalesce(o.path[2], o.org_id)
         left join tier t on t.tier_id = x.tier_id",
    );
    Ok(sql)
}

struct Totals<'a> {
    now: &'a Definition,
    then: &'a Definition,
}

impl Totals<'_> {
    fn of(&self, rows: &[Row]) -> Simulation {
        let mut simulation = Simulation::default();
        let mut moves: HashMap<(&str, &str), i64> = HashMap::new();
        // Contacts a year, so that parts of a contact add up before they are cut.
        let mut loads: HashMap<&str, (i64, i64)> = HashMap::new();
        for row in rows.iter().filter(|row| row.customer_id.is_none()) {
            let (from, to) = (row.before.as_deref().unwrap_or_default(), self.code(row.after));
            simulation.customers += row.n;
            *moves.entry((from, to)).or_default() += row.n;
            let at = simulation.branches.iter().position(|branch| branch.code == row.branch).unwrap_or_else(|| {
                let (code, name) = (row.branch.clone(), row.branch_name.clone());
                simulation.branches.push(BranchMoves { code, name, customers: 0, up: 0, down: 0, contacts_now: 0, contacts_then: 0 });
                simulation.branches.len() - 1
            });
            let branch = &mut simulation.branches[at];
            branch.customers += row.n;
            match self.rank(to).cmp(&self.rank(from)) {
                std::cmp::Ordering::Greater => branch.up += row.n,
                std::cmp::Ordering::Less => branch.down += row.n,
                std::cmp::Ordering::Equal => {}
            }
            let load = loads.entry(&row.branch).or_default();
            load.0 += row.n * yearly(self.now, from);
            load.1 += row.n * yearly(self.then, to);
        }
        for branch in &mut simulation.branches {
            let (now, then) = loads.get(branch.code.as_str()).copied().unwrap_or_default();
            (branch.contacts_now, branch.contacts_then) = (now / 1_200, then / 1_200);
        }
        let (now, then) = loads.values().fold((0, 0), |sum, load| (sum.0 + load.0, sum.1 + load.1));
        (simulation.contacts_now, simulation.contacts_then) = (now / 1_200, then / 1_200);
        simulation.branches.sort_by(|a, b| (b.up + b.down).cmp(&(a.up + a.down)).then_with(|| a.code.cmp(&b.code)));
        let mut moves: Vec<Move> =
            moves.into_iter().map(|((from, to), customers)| Move { from: from.into(), to: to.into(), customers }).collect();
        moves.sort_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
        simulation.moves = moves;
        simulation
    }

    fn code(&self, at: Option<i32>) -> &str {
        at.and_then(|at| self.then.tiers.get(at as usize)).map_or("", |tier| &tier.code)
    }

    /// By the new order; a tier that is given up by its place in the old one.
    fn rank(&self, code: &str) -> i32 {
        let place = |tiers: &Definition| tiers.tiers.iter().position(|tier| tier.code == code).map(|at| at as i32 * 2 + 2);
        place(self.then).or_else(|| place(self.now).map(|place| place - 1)).unwrap_or(0)
    }
}

/// Hundredths of contacts a year that the standard of this tier asks for.
fn yearly(definition: &Definition, code: &str) -> i64 {
    let days = definition.tiers.iter().find(|tier| tier.code == code).and_then(|tier| tier.contact_days);
    days.map_or(0, |days| 36_525 / i64::from(days))
}

async fn movers(conn: &mut PgConnection, scheme: &SchemeRow, definition: &Definition, rows: &[Row]) -> Result<Vec<Mover>> {
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.customer_id).collect();
    let facts = rules::load(conn, &ids, scheme.business_date, true, None).await?;
    let env = judge::env(definition, scheme.business_date);
    let mut movers = Vec::new();
    for row in rows {
        let Some(facts) = row.customer_id.and_then(|id| facts.get(&id)) else { continue };
        let after = row.after.and_then(|at| definition.tiers.get(at as usize));
        let before = row.before.clone().unwrap_or_default();
        let next = definition.tiers.get(row.after.map_or(0, |at| at as usize + 1));
        let against = definition
            .tiers
            .iter()
            .find(|tier| tier.code == before)
            .filter(|tier| Some(&tier.code) != after.map(|tier| &tier.code))
            .or(next);
        movers.push(Mover {
            unit: row.branch_name.clone(),
            to: after.map(|tier| tier.code.clone()).unwrap_or_default(),
            because: after.map(|tier| evaluate::explain(&tier.rule.when, facts, env)).unwrap_or_default(),
            against: against
                .map(|tier| evaluate::explain(&tier.rule.when, facts, env))
                .unwrap_or_default()
                .into_iter()
                .filter(|reason| !reason.holds)
                .collect(),
            from: before,
        });
    }
    Ok(movers)
}
