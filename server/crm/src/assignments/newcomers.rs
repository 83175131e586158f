//! Rules that say who gets a customer whom a feed brings for the first time and whom nobody leads.

use std::collections::{BTreeMap, BTreeSet};

use guanhu_domain::{
    Code, FieldProblem, Problem, Rule,
    access::Verb,
    assignments::{
        board::BoardTier,
        newcomers::{NEWCOMER_RULES_MAX, NewcomerPage, NewcomerRule, NewcomerRules, Rooms, Sharing, Turns},
    },
    customers::{Kind, ManagerRef, UnitChoice},
};
use serde_json::json;
use sqlx::PgConnection;

use super::{
    apply::{Charged, announce_charge},
    give,
    standards::Standards,
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
};

/// Customers written at once.
const CHUNK: usize = 20_000;

/// The rules, and what one chooses from when changing them.
pub async fn newcomer_rules(bank: &Bank, actor: &Actor) -> Result<NewcomerPage> {
    actor.require(Verb::ParameterChange)?;
    let mut conn = bank.pool().acquire().await?;
    let units: Vec<(String, String, i32)> =
        sqlx::query_as("select code, name, cardinality(path) - 1 from org_unit where closed_on is null order by path")
            .fetch_all(&mut *conn)
            .await?;
    let tiers: Vec<(String, String, String, i16, i16, i64)> =
        sqlx::query_as("select t.code, t.name, t.name_en, t.mark, t.rank, t.load::bigint from tier t where not t.retired order by t.scheme_id, t.rank desc")
            .fetch_all(&mut *conn)
            .await?;
    let named: Vec<(String, String)> =
        sqlx::query_as("select code, name from staff where staff_id in (select unnest(staff_ids) from newcomer_rule) order by code")
            .fetch_all(&mut *conn)
            .await?;
    Ok(NewcomerPage {
        rules: read(&mut conn).await?,
        units: units.into_iter().map(|(code, name, depth)| UnitChoice { code, name, depth }).collect(),
        tiers: tiers
            .into_iter()
            .map(|(code, name, name_en, mark, rank, weight)| BoardTier { code, name, name_en, mark, rank, served_by: Vec::new(), weight })
            .collect(),
        named: named.into_iter().map(|(code, name)| ManagerRef { code, name }).collect(),
    })
}

#[derive(sqlx::FromRow)]
struct RuleRow {
    unit: Option<String>,
    kind: Option<String>,
    tier: Option<String>,
    sharing: String,
    managers: Vec<String>,
}

async fn read(conn: &mut PgConnection) -> Result<NewcomerRules> {
    let version = sqlx::query_scalar("select version from newcomer_version").fetch_one(&mut *conn).await?;
    let rows: Vec<RuleRow> = sqlx::query_as(
        "select o.code as unit, r.kind, t.code as tier, r.sharing,
             array(select m.code from unnest(r.staff_ids) with ordinality as u (staff_id, place) join staff m using (staff_id) order by u.place) as managers
         from newcomer_rule r left join org_unit o using (org_id) left join tier t using (tier_id) order by r.place",
    )
    .fetch_all(conn)
    .await?;
    let rules = rows.into_iter().map(|row| {
        let RuleRow { unit, kind, tier, sharing, managers } = row;
        let sharing = Sharing::from_code(&sharing).ok_or_else(|| Error::internal("unknown sharing of a rule for new customers"))?;
        Ok(NewcomerRule { unit, kind: kind.as_deref().and_then(Kind::from_code), tier, sharing, managers })
    });
    Ok(NewcomerRules { version, rules: rules.collect::<Result<_>>()? })
}

/// Replaces the rules. They hold for customers of the next feed on. Where turns had come to stays with a rule that
/// stays as it was.
///
/// # Errors
/// `stale` with the rules as they are when somebody else changed them first; `invalid` on `rules.N.unit`, `.tier` or
/// `.managers` (N from 0) for codes that are unknown or of somebody who does not serve.
pub async fn set_newcomer_rules(bank: &Bank, actor: &Actor, wanted: &NewcomerRules) -> Result<NewcomerRules> {
    actor.require(Verb::ParameterChange)?;
    if wanted.rules.len() > NEWCOMER_RULES_MAX {
        return Err(Error::field("rules", Rule::OutOfRange { min: "0".into(), max: NEWCOMER_RULES_MAX.to_string() }));
    }
    let mut tx = bank.begin().await?;
    let version: i32 = sqlx::query_scalar("select version from newcomer_version for update").fetch_one(&mut *tx).await?;
    let before = read(&mut tx).await?;
    if version != wanted.version {
        let current = serde_json::to_value(before).map_err(Error::internal)?;
        return Err(Problem { current: Some(current), ..Problem::new(Code::Stale) }.into());
    }
    let keys = resolve(&mut tx, &wanted.rules).await?;
    let turns: Vec<serde_json::Value> = sqlx::query_scalar("select turns from newcomer_rule order by place").fetch_all(&mut *tx).await?;
    sqlx::query("delete from newcomer_rule").execute(&mut *tx).await?;
    for (place, (rule, keys)) in wanted.rules.iter().zip(keys).enumerate() {
        let same = before.rules.iter().position(|before| before == rule);
        sqlx::query(
            "insert into newcomer_rule (place, org_id, kind, tier_id, sharing, staff_ids, turns) values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(place as i32)
        .bind(keys.unit)
        .bind(rule.kind.map(Kind::code))
        .bind(keys.tier)
        .bind(rule.sharing.code())
        .bind(keys.managers)
        .bind(same.and_then(|at| turns.get(at).cloned()).unwrap_or_else(|| json!({})))
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query("update newcomer_version set version = version + 1").execute(&mut *tx).await?;
    let entry = Entry::done(Verb::ParameterChange, "parameter:newcomers");
    audit::record(&mut tx, actor, entry.detail(json!({ "before": before.rules, "after": wanted.rules }))).await?;
    let now = read(&mut tx).await?;
    tx.commit().await?;
    Ok(now)
}

struct RuleKeys {
    unit: Option<i32>,
    tier: Option<i32>,
    managers: Vec<i32>,
}

async fn resolve(conn: &mut PgConnection, rules: &[NewcomerRule]) -> Result<Vec<RuleKeys>> {
    let codes = |of: fn(&NewcomerRule) -> Vec<&String>| rules.iter().flat_map(of).cloned().collect::<Vec<_>>();
    let units: Vec<(String, i32)> = sqlx::query_as("select code, org_id from org_unit where code = any($1) and closed_on is null")
        .bind(codes(|rule| rule.unit.iter().collect()))
        .fetch_all(&mut *conn)
        .await?;
    let tiers: Vec<(String, i32)> = sqlx::query_as("select code, tier_id from tier where code = any($1)")
        .bind(codes(|rule| rule.tier.iter().collect()))
        .fetch_all(&mut *conn)
        .await?;
    let staff: Vec<(String, i32)> =
        sqlx::query_as(concat!("select m.code, m.staff_id from staff m where m.code = any($1) and ", serves!()))
            .bind(codes(|rule| rule.managers.iter().collect()))
            .fetch_all(conn)
            .await?;
    let key = |known: &[(String, i32)], code: &str| known.iter().find(|(known, _)| known == code).map(|(_, key)| *key);
    let mut wrong = Vec::new();
    let mut keys = Vec::with_capacity(rules.len());
    for (at, rule) in rules.iter().enumerate() {
        let mut find = |field: &str, known: &[(String, i32)], code: &String| {
            let found = key(known, code);
            if found.is_none() {
                wrong.push(FieldProblem { field: format!("rules.{at}.{field}"), rule: Rule::UnknownCode { value: code.clone() } });
            }
            found
        };
        let unit = rule.unit.as_ref().and_then(|code| find("unit", &units, code));
        let tier = rule.tier.as_ref().and_then(|code| find("tier", &tiers, code));
        let managers: Vec<i32> = rule.managers.iter().filter_map(|code| find("managers", &staff, code)).collect();
        keys.push(RuleKeys { unit, tier, managers });
    }
    if wrong.is_empty() { Ok(keys) } else { Err(Error::fields(wrong)) }
}

/// A rule made ready: units below its own, and managers who serve.
struct Ready {
    place: i32,
    units: Option<BTreeSet<i32>>,
    kind: Option<String>,
    tier: Option<i32>,
    sharing: Sharing,
    managers: Vec<i32>,
    /// By unit, 0 where the rule names managers: who had the last turn.
    turns: BTreeMap<i32, i32>,
    sharers: BTreeMap<i32, Sharer>,
}

enum Sharer {
    Room(Rooms, Vec<i32>),
    Turns(Turns, Vec<i32>),
}

#[derive(sqlx::FromRow)]
struct Newcomer {
    customer_id: i64,
    org_id: i32,
    kind: String,
    tier_id: Option<i32>,
    weight: i64,
}

/// Gives the customers that the running transaction brought, and that nobody leads, to whom the rules say. Their
/// summaries and tiers are up to date, in `feed_customer` are their keys. How many were given.
pub(crate) async fn place(conn: &mut PgConnection) -> Result<u64> {
    let mut rules = ready(conn).await?;
    if rules.is_empty() {
        return Ok(0);
    }
    // What this transaction wrote has its time.
    let newcomers: Vec<Newcomer> = sqlx::query_as(
        "select s.customer_id, s.org_id, s.kind, s.tier_id,
             coalesce((select t.load from tier t where t.tier_id = s.tier_id), 1)::bigint as weight
         from feed_customer f join customer c using (customer_id) join customer_summary s using (customer_id)
         where c.created_at = now() and c.merged_into is null and s.lead_staff_id is null
           and not exists (select from assignment a where a.customer_id = s.customer_id and a.role = 'lead')
         order by s.tier_rank desc, s.customer_id",
    )
    .persistent(false)
    .fetch_all(&mut *conn)
    .await?;
    if newcomers.is_empty() {
        return Ok(0);
    }
    let mut staff = Staff::read(conn).await?;
    let mut given: Vec<(i64, i32, i32)> = Vec::new();
    for newcomer in &newcomers {
        let fits = |rule: &&mut Ready| {
            rule.units.as_ref().is_none_or(|units| units.contains(&newcomer.org_id))
                && rule.kind.as_ref().is_none_or(|kind| *kind == newcomer.kind)
                && rule.tier.is_none_or(|tier| newcomer.tier_id == Some(tier))
        };
        let Some(rule) = rules.iter_mut().find(fits) else { continue };
        if let Some(staff_id) = rule.next(newcomer, &mut staff) {
            given.push((newcomer.customer_id, staff_id, rule.place));
        }
    }
    // First held, then given: who left meanwhile receives nobody.
    let serving = give::serving(conn, &given.iter().map(|(_, staff_id, _)| *staff_id).collect()).await?;
    given.retain(|(_, staff_id, _)| serving.contains(staff_id));
    for chunk in given.chunks(CHUNK) {
        write(conn, chunk).await?;
    }
    for rule in &rules {
        sqlx::query("update newcomer_rule set turns = $2 where place = $1")
            .bind(rule.place)
            .bind(serde_json::to_value(&rule.turns).map_err(Error::internal)?)
            .execute(&mut *conn)
            .await?;
    }
    let entry = Entry::done(Verb::FeedImport, "newcomers").detail(json!({ "new": newcomers.len(), "given": given.len() }));
    audit::record(conn, &Actor::system(), entry).await?;
    let told: Vec<Charged> = given.iter().map(|&(customer_id, ..)| Charged { customer_id, was: None, known: false }).collect();
    announce_charge(conn, "", &told).await?;
    Ok(given.len() as u64)
}

#[derive(sqlx::FromRow)]
struct ReadyRow {
    place: i32,
    units: Option<Vec<i32>>,
    kind: Option<String>,
    tier_id: Option<i32>,
    sharing: String,
    staff_ids: Vec<i32>,
    turns: serde_json::Value,
}

/// Locked until the load ends: two loads do not give the same turn twice, and rules that are being saved are
/// waited for, or wait.
async fn ready(conn: &mut PgConnection) -> Result<Vec<Ready>> {
    // Saving replaces the rows: a lock on those alone would find them gone, and the new ones unseen.
    sqlx::query("select from newcomer_version for share").execute(&mut *conn).await?;
    let rows: Vec<ReadyRow> = sqlx::query_as(
        "select r.place, case when r.org_id is not null then array(select o.org_id from org_unit o where o.path @> array[r.org_id]) end as units,
             r.kind, r.tier_id, r.sharing, r.staff_ids, r.turns
         from newcomer_rule r order by r.place for update of r",
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Ready {
                place: row.place,
                units: row.units.map(BTreeSet::from_iter),
                kind: row.kind,
                tier: row.tier_id,
                sharing: Sharing::from_code(&row.sharing).ok_or_else(|| Error::internal("unknown sharing of a rule for new customers"))?,
                managers: row.staff_ids,
                turns: serde_json::from_value(row.turns).map_err(Error::internal)?,
                sharers: BTreeMap::new(),
            })
        })
        .collect()
}

/// Everybody who may be given customers, by unit in order of their codes, with the room left.
struct Staff {
    of_unit: BTreeMap<i32, Vec<i32>>,
    room: BTreeMap<i32, i64>,
    qualification: BTreeMap<i32, String>,
    standards: Standards,
}

impl Staff {
    async fn read(conn: &mut PgConnection) -> Result<Staff> {
        let rows: Vec<(i32, i32, i64, String)> = sqlx::query_as(concat!(
            "select m.staff_id, m.org_id, m.capacity - coalesce(h.load, 0), coalesce(m.qualification, '') from staff m left join (
                 select s.lead_staff_id, sum(coalesce(t.load, 1))::bigint as load
                 from customer_summary s left join tier t using (tier_id) where s.lead_staff_id is not null group by s.lead_staff_id) h on h.lead_staff_id = m.staff_id
             where ",
            serves!(),
            " order by m.code"
        ))
        .fetch_all(&mut *conn)
        .await?;
        let standards = Standards::read(conn).await?;
        let mut staff = Staff { of_unit: BTreeMap::new(), room: BTreeMap::new(), qualification: BTreeMap::new(), standards };
        for (staff_id, unit, room, qualification) in rows {
            staff.qualification.insert(staff_id, qualification);
            staff.of_unit.entry(unit).or_default().push(staff_id);
            staff.room.insert(staff_id, room);
        }
        Ok(staff)
    }
}

impl Staff {
    /// May this one lead customers of the newcomer's tier?
    fn may(&self, staff_id: i32, newcomer: &Newcomer) -> bool {
        let qualification = self.qualification.get(&staff_id).map_or("", String::as_str);
        self.standards.allow(newcomer.tier_id.as_slice(), qualification)
    }
}

impl Ready {
    /// Who gets this one; nobody where the rule says so, or nobody serves who may.
    fn next(&mut self, newcomer: &Newcomer, staff: &mut Staff) -> Option<i32> {
        let unit = if self.managers.is_empty() { newcomer.org_id } else { 0 };
        let candidates = || -> Vec<i32> {
            match unit {
                0 => self.managers.iter().copied().filter(|id| staff.room.contains_key(id)).collect(),
                unit => staff.of_unit.get(&unit).cloned().unwrap_or_default(),
            }
        };
        let last = self.turns.get(&unit).copied();
        if !self.sharers.contains_key(&unit) {
            let candidates = candidates();
            let sharer = match self.sharing {
                Sharing::Pool => return None,
                Sharing::Room => Sharer::Room(Rooms::new(candidates.iter().map(|id| staff.room.get(id).copied().unwrap_or(0))), candidates),
                Sharing::Turns => {
                    let last = last.and_then(|last| candidates.iter().position(|id| *id == last));
                    Sharer::Turns(Turns::new(candidates.len(), last), candidates)
                }
            };
            self.sharers.insert(unit, sharer);
        }
        let chosen = match self.sharers.get_mut(&unit)? {
            Sharer::Room(rooms, candidates) => {
                let may = |at: usize| candidates.get(at).is_some_and(|id| staff.may(*id, newcomer));
                candidates.get(rooms.take(newcomer.weight, may)?).copied()?
            }
            Sharer::Turns(turns, candidates) => {
                let may = |at: usize| candidates.get(at).is_some_and(|id| staff.may(*id, newcomer));
                let chosen = candidates.get(turns.take(may)?).copied()?;
                self.turns.insert(unit, chosen);
                chosen
            }
        };
        Some(chosen)
    }
}

/// Leads from the business date on.
async fn write(conn: &mut PgConnection, given: &[(i64, i32, i32)]) -> Result<()> {
    let ids: Vec<i64> = given.iter().map(|(id, ..)| *id).collect();
    let staff: Vec<i32> = given.iter().map(|(_, staff, _)| *staff).collect();
    let rules: Vec<i32> = given.iter().map(|(.., place)| *place + 1).collect();
    let today = sqlx::query_scalar("select business_date from bank").fetch_one(&mut *conn).await?;
    sqlx::query(
        "insert into assignment (customer_id, staff_id, role, share, valid, reason)
         select g.customer_id, g.staff_id, 'lead', case when x.rest > 0 then x.rest else 100 end, daterange($4, null), '新客户规则 ' || g.rule
         from unnest($1::bigint[], $2::int[], $3::int[]) as g (customer_id, staff_id, rule) cross join lateral (
             select 100 - coalesce(sum(a.share), 0) as rest from assignment a
             where a.customer_id = g.customer_id and a.role = 'assist' and a.valid @> $4::date) x",
    )
    .bind(&ids)
    .bind(staff)
    .bind(rules)
    .bind::<chrono::NaiveDate>(today)
    .execute(&mut *conn)
    .await?;
    give::settle(conn, &ids, today).await
}
