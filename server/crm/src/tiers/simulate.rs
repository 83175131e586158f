//! What a version would change, over the whole base, before anybody publishes it.

use std::{collections::BTreeMap, time::Instant};

use chrono::Utc;
use guanhu_domain::{
    Code,
    access::Verb,
    rules::{Condition, evaluate},
    tiers::{BranchMoves, Definition, FEWEST, ManagerMoves, Move, Mover, Service, Simulation, VersionState},
};
use sqlx::{PgConnection, Postgres, QueryBuilder, types::Json};

use super::{
    SCHEMES, SchemeRow, averages,
    evaluate::bring_averages,
    judge,
    part::{Part, STRETCH, Stretches},
    scheme, stale, subject, trial, version,
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    parameters, rules,
};

/// Movers looked at, of each move.
const SAMPLE: i64 = 40;
/// Leads told.
const MANAGERS: usize = 50;

/// Tries a version out on everybody, and keeps the result with it. Nobody's tier changes, nobody waits. It goes on
/// when whoever asked for it does not wait for the answer any more.
///
/// # Errors
/// `stale` when the version was changed since it was read; `busy` while another one is being tried out,
/// and when a part of it takes longer than a minute; `cancelled` when somebody asked for that meanwhile.
pub async fn simulate(bank: &Bank, actor: &Actor, code: &str, number: i32, revision: i32) -> Result<Simulation> {
    actor.require(Verb::TierDraft)?;
    let (bank, actor, code) = (bank.clone(), actor.clone(), code.to_owned());
    tokio::spawn(async move { whole(&bank, &actor, &code, number, revision).await }).await.map_err(Error::internal)?
}

async fn whole(bank: &Bank, actor: &Actor, code: &str, number: i32, revision: i32) -> Result<Simulation> {
    let mut tx = bank.begin().await?;
    let mut begun = false;
    let simulation = tried(bank, actor, &mut tx, code, number, revision, &mut begun).await;
    // Ended by hand either way: a dropped transaction keeps its lock until its connection is used again.
    match simulation.is_ok() {
        true => tx.commit().await?,
        false => tx.rollback().await?,
    }
    // Not another's, which turned this one away.
    if begun {
        trial::end(bank, code).await?;
    }
    simulation
}

async fn tried(
    bank: &Bank,
    actor: &Actor,
    tx: &mut PgConnection,
    code: &str,
    number: i32,
    revision: i32,
    told: &mut bool,
) -> Result<Simulation> {
    let begun = Instant::now();
    let alone: bool = sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtext('tiers.simulate'))").fetch_one(&mut *tx).await?;
    if !alone {
        return Err(Error::new(Code::Busy));
    }
    let scheme = scheme(tx, code).await?;
    let before = version(tx, scheme.scheme_id, number).await?;
    if before.revision != revision {
        return Err(stale(before));
    }
    let now = match scheme.in_force {
        Some(number) => version(tx, scheme.scheme_id, number).await?.definition.0,
        None => Definition::default(),
    };
    // The evaluation's work, and part of it once a version is in force.
    if !averages::is_current(tx, scheme.business_date).await? {
        bring_averages(bank, scheme.business_date).await?;
    }
    sqlx::raw_sql("set local statement_timeout = '60s'; set local work_mem = '64MB'").execute(&mut *tx).await?;
    let definition = before.definition.0.clone();
    super::sound(actor, &definition, scheme.kind()?)?;
    trial::begin(bank, &scheme, number).await?;
    *told = true;
    sqlx::raw_sql(
        "create temp table tier_trial_judged (customer_id bigint, tier_id int, org_id int, lead_staff_id int, after int) on commit drop",
    )
    .execute(&mut *tx)
    .await?;
    let mut stretches = Stretches::new();
    while let Some(part) = stretches.next(tx).await? {
        judged(&scheme, &definition, part)?.build().persistent(false).execute(&mut *tx).await.map_err(slow)?;
        trial::step(bank, &scheme, STRETCH).await?;
    }
    let rows: Vec<Row> = statement(&definition).build_query_as().persistent(false).fetch_all(&mut *tx).await.map_err(slow)?;
    let service = serving(tx, &scheme).await.map_err(slower)?;
    let mut simulation = Totals { now: &now, then: &definition, service: &service }.of(&rows);
    simulation.movers = movers(tx, &scheme, &definition, &rows, &simulation.moves).await.map_err(slower)?;
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
        return Err(stale(version(tx, scheme.scheme_id, number).await?));
    }
    let detail = serde_json::json!({ "simulated": true, "milliseconds": simulation.milliseconds });
    audit::record(tx, actor, Entry::done(Verb::TierDraft, subject(&scheme.code, number)).detail(detail)).await?;
    Ok(simulation)
}

fn slow(error: sqlx::Error) -> Error {
    slower(error.into())
}

fn slower(error: Error) -> Error {
    if error.is_timeout() { Error::new(Code::Busy) } else { error }
}

/// A count of customers of one unit with one old and one new tier, or one who moves.
#[derive(sqlx::FromRow)]
struct Row {
    customer_id: Option<i64>,
    /// Code of the tier now, and how high it stands in the new definition; null for none.
    before: Option<String>,
    height: i32,
    /// Position in the definition; null for none.
    after: Option<i32>,
    branch: String,
    branch_name: String,
    lead: Option<Json<Lead>>,
    n: i64,
}

#[derive(Clone, serde::Deserialize)]
struct Lead {
    code: String,
    name: String,
    unit: String,
    capacity: i32,
}

/// Everybody of a stretch with the tier that the definition gives.
fn judged(scheme: &SchemeRow, definition: &Definition, part: Part<'_>) -> Result<QueryBuilder<Postgres>> {
    let places: Vec<i32> = (0..definition.tiers.len() as i32).collect();
    let mut sql = QueryBuilder::new("insert into tier_trial_judged select s.customer_id, s.tier_id, s.org_id, s.lead_staff_id, ");
    judge::push_case(&mut sql, definition, &places, judge::env(definition, scheme.business_date));
    sql.push(" from customer_summary s");
    judge::push_tables(&mut sql, definition, Some(part));
    sql.push(" where s.kind = ").push_bind(scheme.kind()?.code());
    part.push(&mut sql, "s");
    Ok(sql)
}

fn statement(definition: &Definition) -> QueryBuilder<Postgres> {
    let codes: Vec<String> = definition.tiers.iter().map(|tier| tier.code.clone()).collect();
    let mut sql = QueryBuilder::new(
        "with grouped as (select tier_id, org_id, lead_staff_id, after, count(*) as n from tier_trial_judged group by 1, 2, 3, 4),
         picked as (select customer_id, tier_id, org_id, lead_staff_id, after, 1::bigint as n from (
             select j.*, row_number() over (partition by j.tier_id, j.after order by hashint8(j.customer_id)) as nth
             from tier_trial_judged j left join tier t on t.tier_id = j.tier_id where (",
    );
    sql.push_bind(codes).push("::text[])[j.after + 1] is distinct from t.code) p where nth <= ").push_bind(SAMPLE);
    sql.push(") select x.customer_id, t.code as before, ");
    judge::push_height(&mut sql, definition, "t");
    sql.push(
        " as height, x.after, b.code as branch, b.name as branch_name, m.lead, x.n
         from (select null::bigint as customer_id, * from grouped union all select customer_id, tier_id, org_id, lead_staff_id, after, n from picked) x
         join org_unit o on o.org_id = x.org_id join org_unit b on b.org_id = coalesce(o.path[2], o.org_id)
         left join tier t on t.tier_id = x.tier_id
         left join (
             select m.staff_id, json_build_object('code', m.code, 'name', m.name, 'unit', u.name, 'capacity', m.capacity) as lead
             from staff m join org_unit u using (org_id)
         ) m on m.staff_id = x.lead_staff_id",
    );
    sql
}

/// From tier to tier, "" for none: how many, and which way.
type Cells<'a> = BTreeMap<(&'a str, &'a str), (i64, i8)>;

struct Totals<'a> {
    now: &'a Definition,
    then: &'a Definition,
    service: &'a Serving,
}

/// What the contacts of a scheme's customers come on top of, and who is there to make them.
struct Serving {
    /// Contacts that a manager can make in a month.
    each: i64,
    /// Managers by branch.
    managers: BTreeMap<String, i64>,
    /// Hundredths of contacts a year that customers of other schemes ask for: by branch, and by lead.
    by_branch: BTreeMap<String, i64>,
    by_lead: BTreeMap<String, i64>,
}

impl Serving {
    fn whole(&self) -> Service {
        self.of(self.by_branch.values().sum(), self.managers.values().sum())
    }

    fn branch(&self, code: &str) -> Service {
        self.of(self.by_branch.get(code).copied().unwrap_or(0), self.managers.get(code).copied().unwrap_or(0))
    }

    fn lead(&self, code: &str) -> Service {
        self.of(self.by_lead.get(code).copied().unwrap_or(0), 1)
    }

    fn of(&self, yearly: i64, managers: i64) -> Service {
        Service { contacts_others: yearly / 1_200, contacts_capacity: managers * self.each }
    }
}

async fn serving(conn: &mut PgConnection, scheme: &SchemeRow) -> Result<Serving> {
    let schemes: Vec<SchemeRow> = sqlx::query_as(SCHEMES).fetch_all(&mut *conn).await?;
    let (mut codes, mut standards) = (Vec::new(), Vec::new());
    for other in schemes.iter().filter(|other| other.scheme_id != scheme.scheme_id) {
        let Some(number) = other.in_force else { continue };
        let definition = version(conn, other.scheme_id, number).await?.definition.0;
        for tier in &definition.tiers {
            codes.push(tier.code.clone());
            standards.push(yearly([&definition; 2], &tier.code));
        }
    }
    let asked: Vec<(String, Option<String>, i64)> = sqlx::query_as(
        "select b.code, m.code, sum(c.n * w.yearly)::bigint
         from (select tier_id, org_id, lead_staff_id, count(*) as n from customer_summary where kind <> $3 and tier_id is not null group by 1, 2, 3) c
         join tier t on t.tier_id = c.tier_id join unnest($1::text[], $2::bigint[]) as w (code, yearly) on w.code = t.code
         join org_unit o on o.org_id = c.org_id join org_unit b on b.org_id = coalesce(o.path[2], o.org_id)
         left join staff m on m.staff_id = c.lead_staff_id group by b.code, m.code",
    )
    .bind(codes)
    .bind(standards)
    .bind(&scheme.customer_kind)
    .fetch_all(&mut *conn)
    .await?;
    let managers: Vec<(String, i64)> = sqlx::query_as(
        "select b.code, count(*) from staff m join org_unit o on o.org_id = m.org_id join org_unit b on b.org_id = coalesce(o.path[2], o.org_id)
         where m.is_manager and m.left_on is null group by b.code",
    )
    .fetch_all(&mut *conn)
    .await?;
    let each = parameters::read(conn, "service.contacts_per_month").await?;
    let mut serving = Serving { each, managers: managers.into_iter().collect(), by_branch: BTreeMap::new(), by_lead: BTreeMap::new() };
    for (branch, lead, yearly) in asked {
        *serving.by_branch.entry(branch).or_default() += yearly;
        if let Some(lead) = lead {
            *serving.by_lead.entry(lead).or_default() += yearly;
        }
    }
    Ok(serving)
}

impl<'a> Totals<'a> {
    fn of(&self, rows: &'a [Row]) -> Simulation {
        let mut whole = Cells::new();
        let mut units: BTreeMap<&str, (&str, Cells)> = BTreeMap::new();
        let mut leads: BTreeMap<&str, (&Lead, Cells)> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.customer_id.is_none()) {
            let pair = (row.before.as_deref().unwrap_or_default(), self.code(row.after));
            let step = judge::height(row.after).cmp(&row.height) as i8;
            let unit = units.entry(&row.branch).or_insert_with(|| (&row.branch_name, Cells::new()));
            for cells in [&mut whole, &mut unit.1] {
                cells.entry(pair).or_insert((0, step)).0 += row.n;
            }
            if let Some(Json(lead)) = &row.lead {
                let of = leads.entry(&lead.code).or_insert_with(|| (lead, Cells::new()));
                of.1.entry(pair).or_insert((0, step)).0 += row.n;
            }
        }
        // Who goes from one tier to another, and in a unit who goes up or down.
        let whole = stay(whole, |cells, pair| cells[pair].0 < FEWEST);
        let mut branches: Vec<BranchMoves> = units
            .into_iter()
            .map(|(code, (name, cells))| {
                let cells = one_way(cells);
                let (contacts_now, contacts_then) = self.contacts(&cells);
                BranchMoves {
                    code: code.into(),
                    name: name.into(),
                    customers: sum(&cells, |_| true),
                    up: sum(&cells, |step| step > 0),
                    down: sum(&cells, |step| step < 0),
                    contacts_now,
                    contacts_then,
                    service: self.service.branch(code),
                }
            })
            .collect();
        let mut managers: Vec<ManagerMoves> = leads.into_values().map(|(lead, cells)| self.manager(lead, cells)).collect();
        managers.sort_by(|a, b| (b.up + b.down).cmp(&(a.up + a.down)).then_with(|| a.code.cmp(&b.code)));
        managers.truncate(MANAGERS);
        branches.sort_by(|a, b| (b.up + b.down).cmp(&(a.up + a.down)).then_with(|| a.code.cmp(&b.code)));
        let (contacts_now, contacts_then) = self.contacts(&whole);
        Simulation {
            customers: sum(&whole, |_| true),
            up: sum(&whole, |step| step > 0),
            down: sum(&whole, |step| step < 0),
            moves: whole
                .into_iter()
                .map(|((from, to), (customers, step))| Move { from: from.into(), to: to.into(), customers, step })
                .collect(),
            branches,
            managers,
            contacts_now,
            contacts_then,
            service: self.service.whole(),
            contacts_each: self.service.each,
            ..Simulation::default()
        }
    }

    fn manager(&self, lead: &Lead, cells: Cells<'_>) -> ManagerMoves {
        let cells = one_way(cells);
        let (contacts_now, contacts_then) = self.contacts(&cells);
        let load = |of: &Definition, code: fn(&(&str, &str)) -> String| -> i64 {
            cells.iter().map(|(pair, (n, _))| n * weight(of, &code(pair))).sum()
        };
        ManagerMoves {
            code: lead.code.clone(),
            name: lead.name.clone(),
            unit: lead.unit.clone(),
            customers: sum(&cells, |_| true),
            up: sum(&cells, |step| step > 0),
            down: sum(&cells, |step| step < 0),
            contacts_now,
            contacts_then,
            service: self.service.lead(&lead.code),
            load_now: load(self.now, |pair| pair.0.to_owned()),
            load_then: load(self.then, |pair| pair.1.to_owned()),
            capacity: lead.capacity,
        }
    }

    fn code(&self, at: Option<i32>) -> &'a str {
        at.and_then(|at| self.then.tiers.get(at as usize)).map_or("", |tier| &tier.code)
    }

    /// Contacts a month that the standards ask for, now and then. Parts of a contact add up before they are cut.
    fn contacts(&self, cells: &Cells<'_>) -> (i64, i64) {
        let (now, then) = cells.iter().fold((0, 0), |(now, then), ((from, to), (n, _))| {
            (now + n * yearly([self.now, self.then], from), then + n * yearly([self.then, self.now], to))
        });
        (now / 1_200, then / 1_200)
    }
}

fn sum(cells: &Cells<'_>, of: impl Fn(i8) -> bool) -> i64 {
    cells.values().filter(|(_, step)| of(*step)).map(|(n, _)| n).sum()
}

/// What a customer of this tier weighs on the board; one without a tier.
fn weight(definition: &Definition, code: &str) -> i64 {
    definition.tiers.iter().position(|tier| tier.code == code).map_or(1, |at| definition.tiers[at].weight(at + 1))
}

/// In a part of the bank those are told who go up, and who go down: all of them together.
fn one_way(cells: Cells<'_>) -> Cells<'_> {
    stay(cells, |cells, pair| sum(cells, |step| step == cells[pair].1) < FEWEST)
}

/// Counts those as staying who are too few to be told: rows still add up, so that nothing can be had by
/// taking one figure from another.
fn stay<'a>(cells: Cells<'a>, few: impl Fn(&Cells<'a>, &(&'a str, &'a str)) -> bool) -> Cells<'a> {
    let mut told = Cells::new();
    for (pair, (n, step)) in &cells {
        let (pair, step) = if pair.0 != pair.1 && few(&cells, pair) { ((pair.0, pair.0), 0) } else { (*pair, *step) };
        told.entry(pair).or_insert((0, step)).0 += n;
    }
    told
}

/// Hundredths of contacts a year that the standard of this tier asks for, by the first that knows it.
fn yearly(definitions: [&Definition; 2], code: &str) -> i64 {
    let tier = definitions.into_iter().find_map(|definition| definition.tiers.iter().find(|tier| tier.code == code));
    tier.and_then(|tier| tier.contact_days).map_or(0, |days| 36_525 / i64::from(days))
}

/// What decided for a sample of every move that is told; reasons that fewer share are left out.
async fn movers(conn: &mut PgConnection, scheme: &SchemeRow, definition: &Definition, rows: &[Row], moves: &[Move]) -> Result<Vec<Mover>> {
    let at = |row: &Row| row.after.and_then(|at| definition.tiers.get(at as usize));
    let pair = |row: &Row| (row.before.clone().unwrap_or_default(), at(row).map(|tier| tier.code.clone()).unwrap_or_default());
    let told = |row: &&Row| {
        let (from, to) = pair(row);
        row.customer_id.is_some() && moves.iter().any(|one| one.from == from && one.to == to)
    };
    let rows: Vec<&Row> = rows.iter().filter(told).collect();
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.customer_id).collect();
    let facts = rules::load(conn, &ids, scheme.business_date, true, None).await?;
    let env = judge::env(definition, scheme.business_date);
    let mut alike: Vec<(Mover, i64)> = Vec::new();
    let mut looked: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in rows {
        let Some(facts) = row.customer_id.and_then(|id| facts.get(&id)) else { continue };
        let (after, (from, to)) = (at(row), pair(row));
        let next = definition.tiers.get(row.after.map_or(0, |at| at as usize + 1));
        let against = definition.tiers.iter().find(|tier| tier.code == from && tier.code != to).filter(|_| {
            // On the way down it is the old tier that is no longer deserved.
            judge::height(row.after) < row.height
        });
        let because = |rule: &Condition, holds: bool| -> Vec<Condition> {
            let reasons = evaluate::explain(rule, facts, env);
            reasons.into_iter().filter(|reason| reason.holds == holds).map(|reason| reason.condition).collect()
        };
        *looked.entry((from.clone(), to.clone())).or_default() += 1;
        let mover = Mover {
            from,
            to,
            share: 0,
            because: after.map(|tier| because(&tier.rule.when, true)).unwrap_or_default(),
            against: against.or(next).map(|tier| because(&tier.rule.when, false)).unwrap_or_default(),
        };
        match alike.iter_mut().find(|(one, _)| *one == mover) {
            Some((_, n)) => *n += 1,
            None => alike.push((mover, 1)),
        }
    }
    alike.retain(|(_, n)| *n >= FEWEST);
    alike.sort_by(|(a, n), (b, m)| (&a.from, &a.to, m).cmp(&(&b.from, &b.to, n)));
    let share = |(mover, n): (Mover, i64)| {
        let of = looked.get(&(mover.from.clone(), mover.to.clone())).copied().unwrap_or(n);
        Mover { share: u8::try_from(n * 100 / of).unwrap_or(100), ..mover }
    };
    Ok(alike.into_iter().map(share).collect())
}
