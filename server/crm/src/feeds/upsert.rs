//! From a staged file to its table, in a few statements over the whole set.

use std::collections::HashMap;

use chrono::NaiveDate;
use guanhu_domain::{
    Currency,
    customers::fields,
    feeds::{Counts, RejectReason},
};
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use super::{
    entity::{ColumnKind, KEY_LENGTH},
    months, order,
    plan::Job,
    stage::staged_columns,
    targets::Target,
};
use crate::{Bank, Result, contribution};

/// Rows refused by the database: line, reason, detail.
pub type Refused = Vec<(i64, RejectReason, String)>;

/// What the statements need to know of the run.
pub struct Context<'a> {
    pub source: &'a str,
    pub day: NaiveDate,
    pub base: Currency,
    /// A newer day of the source is loaded already: what is known stays as that day left it.
    pub behind: bool,
    /// Where months may be made apart from the load's transaction.
    pub apart: Option<&'a Bank>,
}

/// A [`Target`] with its placeholders filled and the columns that this load may change.
struct Plan {
    table: &'static str,
    joins: String,
    checks: Vec<(String, RejectReason, String)>,
    ids: Vec<(String, String)>,
    late_ids: Vec<(String, String)>,
    key: Vec<String>,
    matching: Vec<String>,
    found: String,
    /// Column, expression, may an update change it?
    sets: Vec<(String, String, bool)>,
    versioned: bool,
    touches_customer: bool,
    /// No record that is there may be changed.
    behind: bool,
    order: &'static str,
}

pub(super) async fn run(conn: &mut PgConnection, sql: String) -> Result<u64> {
    Ok(sqlx::query(AssertSqlSafe(sql)).persistent(false).execute(conn).await?.rows_affected())
}

pub(super) async fn count(conn: &mut PgConnection, sql: String) -> Result<i64> {
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).persistent(false).fetch_one(conn).await?)
}

/// Makes the empty staging table; returns the COPY statement that fills it.
pub async fn make_stage(conn: &mut PgConnection, job: &Job) -> Result<String> {
    let staged = staged_columns(job);
    let mut columns: Vec<String> = staged.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
    for column in job.entity.columns.iter().filter(|column| !job.maps(column.name)) {
        columns.push(format!("{} {}", column.name, column.kind.sql()));
        if matches!(column.kind, ColumnKind::Hashed(_)) {
            columns.push(format!("{}_hash bytea", column.name));
        }
    }
    if job.extra.is_empty() {
        columns.push("extra jsonb".into());
    }
    run(conn, format!("create temp table feed_stage ({}) on commit drop", columns.join(", "))).await?;
    let names: Vec<&str> = staged.iter().map(|(name, _)| name.as_str()).collect();
    Ok(format!("copy feed_stage ({}) from stdin", names.join(", ")))
}

/// Brings the staged rows into the entity's table and drops the staging table. `read` of the counts is
/// left to the caller.
pub async fn apply(conn: &mut PgConnection, job: &Job, context: &Context<'_>) -> Result<(Counts, Refused)> {
    run(conn, format!("analyze feed_stage ({})", looked_at(job).join(", "))).await?;
    let (mut counts, refused) = match job.entity.name {
        "units" => super::units::apply(conn, job).await?,
        _ => {
            let plan = plan(conn, job, context).await?;
            table(conn, job, &plan).await?
        }
    };
    counts.rejected = refused.len() as u64;
    run(conn, "drop table feed_stage".into()).await?;
    Ok((counts, refused))
}

/// Staged columns that rows are found by: of the others the planner need know nothing.
fn looked_at(job: &Job) -> Vec<String> {
    let mut columns = vec!["line".to_owned()];
    for column in job.columns.iter().map(|mapped| mapped.column) {
        match column.kind {
            ColumnKind::Hashed(_) => columns.extend([column.name.to_owned(), format!("{}_hash", column.name)]),
            ColumnKind::Text(KEY_LENGTH) => columns.push(column.name.to_owned()),
            _ if column.required => columns.push(column.name.to_owned()),
            _ => {}
        }
    }
    columns
}

async fn table(conn: &mut PgConnection, job: &Job, plan: &Plan) -> Result<(Counts, Refused)> {
    let rows = run(conn, resolve(plan)).await?;
    let ids = plan.ids.iter().map(|(column, _)| format!(", i_{column}"));
    run(conn, format!("analyze feed_load (line{})", ids.collect::<String>())).await?;
    run(conn, duplicates(plan)).await?;
    match job.entity.name {
        "assignments" => {
            run(conn, OVERLAPS.into()).await?;
            run(conn, SHARES.into()).await?;
        }
        "identities" => _ = run(conn, TWO_OWNERS.into()).await?,
        "customers" => {
            if !plan.behind {
                run(conn, "update feed_load set changed = true where i_new_key".into()).await?;
            }
            run(conn, ONE_VOICE.into()).await?;
        }
        _ => {}
    }
    let refused = refused(conn).await?;
    let good = rows - refused.len() as u64;
    if job.order_by_balance {
        order::by_balance(conn).await?;
    }
    if job.entity.name == "customers" {
        keep_history(conn, plan).await?;
    }
    if job.entity.name == "assignments" {
        run(conn, SHARE_CHANGES.into()).await?;
    }
    let updated = match update(plan) {
        Some(sql) => run(conn, sql).await?,
        None => 0,
    };
    let inserted = run(conn, insert(plan)).await?;
    after(conn, job.entity.name).await?;
    if plan.touches_customer {
        let sql = "insert into feed_customer select distinct i_customer_id from feed_load where reject is null and (changed or not found)
             on conflict do nothing";
        run(conn, sql.into()).await?;
    }
    if updated + inserted > 0 {
        marks(conn, job.entity.name).await?;
    }
    run(conn, "drop table feed_load".into()).await?;
    Ok((Counts { inserted, updated, unchanged: good - inserted - updated, ..Counts::default() }, refused))
}

/// Marks for the books of the running month what no customer's summary follows: postings that say no balance, and what everybody's
/// figures are made of. Who belongs to whose household is worked out for all.
async fn marks(conn: &mut PgConnection, entity: &str) -> Result<()> {
    let statement = match entity {
        "transactions" => {
            contribution::touching!("select i_customer_id as id from feed_load where reject is null and (changed or not found)")
        }
        "relations" => contribution::touching!(
            "select 0::bigint as id from feed_load where reject is null and (changed or not found) and i_kind in ('household', 'spouse', 'group_member')"
        ),
        "products" | "rates" => contribution::touching!("select 0::bigint as id"),
        _ => return Ok(()),
    };
    run(conn, statement.into()).await?;
    Ok(())
}

/// Fills the placeholders of the entity's target.
async fn plan(conn: &mut PgConnection, job: &Job, context: &Context<'_>) -> Result<Plan> {
    let target = Target::of(job.entity.name).unwrap_or(&CUSTOMERS);
    // Where a table is partitioned by day, a range in plain sight spares the other months.
    let mut days = (context.day, context.day);
    if let Some(column) = match job.entity.name {
        "transactions" => Some("booked_on"),
        "balances" => Some("date"),
        _ => None,
    } {
        let sql = format!("select min({column}), max({column}) from feed_stage");
        let found: (Option<NaiveDate>, Option<NaiveDate>) =
            sqlx::query_as(AssertSqlSafe(sql)).persistent(false).fetch_one(&mut *conn).await?;
        days = (found.0.unwrap_or(context.day).min(context.day), found.1.unwrap_or(context.day).max(context.day));
        let months = format!(
            "select distinct date_trunc('month', day)::date from (select distinct coalesce({column}, date '{}') as day from feed_stage) d",
            context.day
        );
        let months: Vec<NaiveDate> = sqlx::query_scalar(AssertSqlSafe(months)).persistent(false).fetch_all(&mut *conn).await?;
        if let Some(bank) = context.apart
            && let Err(error) = months::make(bank, months.iter().copied()).await
        {
            tracing::debug!(%error, "months are left to the load");
        }
        sqlx::query("select count(ensure_month(m)) from unnest($1::date[]) m").persistent(false).bind(&months).execute(&mut *conn).await?;
    }
    let fill = |text: &str| {
        text.replace("{source}", &format!("'{}'", context.source.replace('\'', "''")))
            .replace("{day}", &format!("date '{}'", context.day))
            .replace("{base}", &format!("'{}'", context.base.code()))
            .replace("{first}", &format!("date '{}'", days.0))
            .replace("{last}", &format!("date '{}'", days.1))
    };
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(column, expr)| ((*column).to_owned(), fill(expr))).collect::<Vec<_>>();
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut sets: Vec<(String, String, bool)> =
        target.sets.iter().map(|set| (set.column.to_owned(), fill(set.expr), set.needs.iter().any(|column| job.maps(column)))).collect();
    let mut checks: Vec<_> = target.checks.iter().map(|(condition, reason, detail)| (fill(condition), *reason, fill(detail))).collect();
    if job.entity.name == "customers" {
        sets.extend(customer_sets(job, context));
        checks.extend(dictionary_checks(job));
    }
    Ok(Plan {
        table: target.table,
        joins: fill(target.joins),
        checks,
        ids: pairs(target.ids),
        late_ids: pairs(target.late_ids),
        key: owned(target.key),
        matching: owned(target.matching),
        found: fill(target.found),
        sets,
        versioned: target.versioned,
        touches_customer: target.touches_customer,
        // These say of which day they are.
        behind: context.behind && !matches!(target.entity, "transactions" | "balances" | "rates"),
        order: target.order,
    })
}

/// Customers have a history and a lineage for each field, so their columns are made in [`customer_sets`].
const CUSTOMERS: Target = Target {
    entity: "customers",
    table: "customer",
    // `p`: who has the ID paper of a key that is new, and has no key of this system yet. Of the rows with one paper
    // only the first asks: a system that lists somebody twice has two customers. `f`: the system that brought the customer.
    // `kind || ''` keeps the index of all source keys out of what is looked up row by row: before a first analyze it looks small.
    joins: "left join org_unit o on o.code = s.unit
         left join customer_identity c on c.kind = 'source_key' and c.system = {source} and c.value = s.source_key
         left join (select distinct on (identity_kind, identity_hash) line from feed_stage where identity_hash is not null
             order by identity_kind, identity_hash, line) asks on asks.line = s.line and c.customer_id is null
         left join lateral (
             select min(x.customer_id) as customer_id, count(distinct x.customer_id) as customers
             from customer_identity i join customer x on x.customer_id = i.customer_id
             where asks.line is not null and i.kind = s.identity_kind and i.kind <> 'source_key' and i.value_hash = s.identity_hash
               and x.kind = s.kind and x.merged_into is null
               and not exists (select from customer_identity k
                   where k.customer_id = x.customer_id and k.kind || '' = 'source_key' and k.system = {source})
         ) p on true
         left join customer t on t.customer_id = coalesce(c.customer_id, p.customer_id)
         left join lateral (select i.system from customer_identity i where i.customer_id = t.customer_id and i.kind || '' = 'source_key'
             order by i.identity_id limit 1) f on true",
    checks: &[
        ("o.org_id is null", RejectReason::UnknownKey, "'unit: ' || s.unit"),
        ("t.kind <> s.kind", RejectReason::Conflict, "'kind: ' || s.kind || ' was ' || t.kind"),
        ("s.identity is not null and s.identity_kind is null", RejectReason::Required, "'identity_kind'"),
        ("s.identity_kind = 'source_key'", RejectReason::UnknownCode, "'identity_kind: source_key'"),
        ("p.customers > 1", RejectReason::Conflict, "'paper: ' || p.customers || ' customers have it'"),
    ],
    ids: &[
        ("customer_id", "coalesce(t.customer_id, nextval('customer_id_seq'))"),
        ("kind", "s.kind"),
        ("source_key", "s.source_key"),
        ("new_key", "c.customer_id is null and t.customer_id is not null"),
    ],
    late_ids: &[],
    key: &["source_key"],
    matching: &["customer_id"],
    found: "t.customer_id is not null",
    sets: &[],
    versioned: true,
    touches_customer: true,
    order: "line",
};

/// An empty value erases nothing, and what a person entered stays. What another system than the one that
/// brought the customer tells fills what is empty, and follows what it filled itself; the unit and the end are
/// the first system's.
fn customer_sets(job: &Job, context: &Context<'_>) -> Vec<(String, String, bool)> {
    let source = format!("'{}'", context.source.replace('\'', "''"));
    let first = format!("coalesce(f.system = {source}, true)");
    let mut sets = vec![("org_id".to_owned(), format!("case when {first} then o.org_id else t.org_id end"), true)];
    let mark = format!("jsonb_build_object('source', {source}, 'business_date', '{}')", context.day);
    let mut marks = vec![format!("'org', case when {first} and o.org_id is distinct from t.org_id then {mark} end")];
    for column in job.entity.columns {
        let name = column.name;
        if matches!(name, "source_key" | "kind" | "unit" | "identity_kind" | "identity") || !job.maps(name) {
            continue;
        }
        if fields::find(name).is_some() {
            let told = format!("coalesce(t.lineage -> '{name}', t.lineage -> '*') ->> 'source'");
            let ours = format!("{told} is distinct from 'guanhu' and ({first} or {told} = {source} or t.{name} is null)");
            sets.push((name.to_owned(), format!("case when {ours} then coalesce(s.{name}, t.{name}) else t.{name} end"), true));
            marks.push(format!(
                "'{name}', case when s.{name} is not null and s.{name} is distinct from t.{name} and {ours} then {mark} end"
            ));
        } else {
            let (filled, ours) = match name {
                "closed_on" => ("t.closed_on".to_owned(), first.clone()),
                _ => (format!("coalesce(t.{name}, s.{name})"), format!("({first} or t.{name} is null)")),
            };
            sets.push((name.to_owned(), format!("case when {first} then coalesce(s.{name}, t.{name}) else {filled} end"), true));
            marks.push(format!(
                "'{name}', case when s.{name} is not null and s.{name} is distinct from t.{name} and {ours} then {mark} end"
            ));
        }
    }
    for (name, _) in &job.extra {
        let key = format!("'{}'", name.replace('\'', "''"));
        marks.push(format!(
            "'extra.' || {key}, case when s.extra -> {key} is not null and s.extra -> {key} is distinct from t.extra -> {key}
                and ({first} or t.extra -> {key} is null) then {mark} end"
        ));
    }
    // A function takes a hundred arguments at most.
    let told = marks.chunks(40).map(|marks| format!(" || jsonb_strip_nulls(jsonb_build_object({}))", marks.join(", ")));
    sets.push(("lineage".to_owned(), format!("coalesce(t.lineage, '{{}}'){}", told.collect::<String>()), true));
    if !job.extra.is_empty() {
        let (known, told) = ("coalesce(t.extra, '{}')", "coalesce(s.extra, '{}')");
        sets.push(("extra".to_owned(), format!("case when {first} then {known} || {told} else {told} || {known} end"), true));
    }
    sets
}

/// Codes that the bank's dictionaries must know.
fn dictionary_checks(job: &Job) -> Vec<(String, RejectReason, String)> {
    let chosen = fields::FIELDS.iter().filter_map(|field| match field.kind {
        fields::FieldKind::Choice(dictionary) if job.maps(field.name) && field.name != "sex" && field.name != "risk_appetite" => {
            Some((field.name, dictionary))
        }
        _ => None,
    });
    let check = |(column, dictionary): (&str, &str)| {
        let unknown = format!(
            "s.{column} is not null and not exists (select from dictionary_entry d where d.dictionary = '{dictionary}' and d.code = s.{column})"
        );
        (unknown, RejectReason::UnknownCode, format!("'{column}: ' || s.{column}"))
    };
    chosen.map(check).collect()
}

/// Finds what rows refer to and what is there already, and says which cannot be loaded.
fn resolve(plan: &Plan) -> String {
    let mut columns = vec!["s.line".to_owned()];
    columns.extend(plan.ids.iter().map(|(column, expr)| format!("{expr} as i_{column}")));
    columns.extend(plan.sets.iter().map(|(column, expr, _)| format!("{expr} as v_{column}")));
    columns.push(format!("{} as found", plan.found));
    let (mut there, mut wanted) = (Vec::new(), Vec::new());
    for (column, expr, _) in plan.sets.iter().filter(|set| set.2) {
        there.push(format!("t.{column}"));
        wanted.push(expr.as_str());
    }
    let changed = match there.is_empty() || plan.behind {
        true => "false".to_owned(),
        false => format!("({}) and row({}) is distinct from row({})", plan.found, there.join(", "), wanted.join(", ")),
    };
    columns.push(format!("{changed} as changed"));
    let cases = |pick: &dyn Fn(&(String, RejectReason, String)) -> String| {
        let whens: Vec<String> = plan.checks.iter().map(|check| format!("when {} then {}", check.0, pick(check))).collect();
        if whens.is_empty() { "null::text".to_owned() } else { format!("case {} end", whens.join(" ")) }
    };
    columns.push(format!("{} as reject", cases(&|check| format!("'{}'", check.1.code()))));
    columns.push(format!("{} as detail", cases(&|check| check.2.clone())));
    columns.push("0 as rank".into());
    format!("create temp table feed_load on commit drop as select {} from feed_stage s {}", columns.join(", "), plan.joins)
}

/// Of rows with the same key the first counts.
fn duplicates(plan: &Plan) -> String {
    let key: Vec<String> = plan.key.iter().map(|column| format!("i_{column}")).collect();
    let same: Vec<String> = key.iter().map(|column| format!("l.{column} = d.{column}")).collect();
    format!(
        "with d as materialized (select {key}, min(line) as first from feed_load where reject is null group by {key} having count(*) > 1)
         update feed_load l set reject = 'duplicate', detail = 'line ' || d.first from d
         where {same} and l.line <> d.first and l.reject is null",
        key = key.join(", "),
        same = same.join(" and "),
    )
}

/// One key of a system is one customer.
const TWO_OWNERS: &str = "update feed_load l set reject = 'conflict', detail = 'line ' || e.line from feed_load e
     where l.i_kind = 'source_key' and e.i_kind = 'source_key' and e.i_system = l.i_system and e.i_value = l.i_value
       and e.i_customer_id <> l.i_customer_id and e.line < l.line and e.reject is null and l.reject is null";

/// Where two keys of a system are one customer, the first row of a file speaks for it.
const ONE_VOICE: &str = "update feed_load l set changed = false from (
         select i_customer_id, min(line) as first from feed_load where found and reject is null group by i_customer_id having count(*) > 1) d
     where l.i_customer_id = d.i_customer_id and l.line <> d.first and l.found";

/// Leads come before assistants, then lines by their number: of what is too much the last is refused.
const SHARES: &str = "with part as (
         select i_customer_id as customer_id, (i_role <> 'lead')::int as later, line, v_valid as valid, v_share as share
         from feed_load where reject is null and (changed or not found)
         union all
         select a.customer_id, 0, 0, a.valid, a.share from assignment a
         where a.customer_id in (select i_customer_id from feed_load where reject is null and (changed or not found))
           and not exists (select from feed_load l where l.i_customer_id = a.customer_id and l.i_assignment_id = a.assignment_id
               and l.changed and l.reject is null)
     ), day as (
         select p.customer_id, p.line, sum(o.share) as share
         from part p join (select distinct customer_id, lower(valid) as day from part) d on d.customer_id = p.customer_id and p.valid @> d.day
         join part o on o.customer_id = p.customer_id and o.valid @> d.day and (o.later, o.line) <= (p.later, p.line)
         where p.line > 0 and p.share > 0
         group by p.customer_id, p.line, d.day
     ), most as (select line, max(share) as share from day group by line having max(share) > 100)
     update feed_load l set reject = 'conflict', detail = 'share: ' || m.share || ' on one day' from most m where l.line = m.line";

/// What a file tells of a share that was another one: both stay to be read, with the system that told it.
const SHARE_CHANGES: &str = "insert into share_change (customer_id, changed_on, reason, shares)
     select l.i_customer_id, f.business_date, f.source,
         jsonb_agg(jsonb_build_object('staff_id', a.staff_id, 'role', a.role, 'before', a.share, 'after', l.v_share) order by a.role desc, a.staff_id)
     from feed_load l join assignment a on a.customer_id = l.i_customer_id and a.assignment_id = l.i_assignment_id cross join feed_run f
     where l.changed and l.reject is null and a.share <> l.v_share
     group by l.i_customer_id, f.business_date, f.source";

const OVERLAPS: &str = "update feed_load l set reject = 'duplicate', detail = 'line ' || e.line from feed_load e
     where e.i_customer_id = l.i_customer_id and e.line < l.line and e.v_valid && l.v_valid
       and (e.i_staff_id = l.i_staff_id or (e.i_role = 'lead' and l.i_role = 'lead')) and e.reject is null and l.reject is null";

async fn refused(conn: &mut PgConnection) -> Result<Refused> {
    let sql = "select line, reject, coalesce(detail, '') from feed_load where reject is not null order by line";
    let rows = sqlx::query(sql).persistent(false).fetch_all(conn).await?;
    let row = |row: &sqlx::postgres::PgRow| -> Result<(i64, RejectReason, String)> {
        let reason: String = row.try_get(1)?;
        Ok((row.try_get(0)?, RejectReason::from_code(&reason).unwrap_or(RejectReason::Conflict), row.try_get(2)?))
    };
    rows.iter().map(row).collect()
}

fn update(plan: &Plan) -> Option<String> {
    let mut sets: Vec<String> = plan.sets.iter().filter(|set| set.2).map(|set| format!("{0} = l.v_{0}", set.0)).collect();
    if sets.is_empty() {
        return None;
    }
    if plan.versioned {
        sets.push("version = t.version + 1".into());
    }
    if plan.table == "customer" {
        sets.push("updated_at = now()".into());
    }
    // Of which day the record speaks. Of a quiet one that is the day on which it was last different.
    if plan.ids.iter().any(|(column, _)| column == "business_date") && !plan.matching.iter().any(|column| column == "business_date") {
        sets.push("business_date = l.i_business_date".into());
    }
    let matching: Vec<String> = plan.matching.iter().map(|column| format!("t.{column} = l.i_{column}")).collect();
    Some(format!(
        "update {} t set {} from feed_load l where l.changed and l.reject is null and {}",
        plan.table,
        sets.join(", "),
        matching.join(" and ")
    ))
}

fn insert(plan: &Plan) -> String {
    let skipped = |column: &str| plan.table == "customer" && matches!(column, "source_key" | "new_key");
    let ids = plan.ids.iter().filter(|(column, _)| !skipped(column));
    let late = plan.late_ids.iter();
    let columns: Vec<&str> = ids
        .clone()
        .map(|id| id.0.as_str())
        .chain(late.clone().map(|id| id.0.as_str()))
        .chain(plan.sets.iter().map(|set| set.0.as_str()))
        .collect();
    let values: Vec<String> = ids
        .map(|(column, _)| format!("l.i_{column}"))
        .chain(late.map(|(_, expr)| expr.clone()))
        .chain(plan.sets.iter().map(|(column, _, _)| format!("l.v_{column}")))
        .collect();
    format!(
        "insert into {} ({}) select {} from (select * from feed_load where reject is null and not found order by {}) l",
        plan.table,
        columns.join(", "),
        values.join(", "),
        plan.order
    )
}

/// Old and new value of every changed field.
async fn keep_history(conn: &mut PgConnection, plan: &Plan) -> Result<()> {
    let mut pairs = HashMap::new();
    for (column, _, _) in plan.sets.iter().filter(|set| fields::find(&set.0).is_some()) {
        pairs.insert(column.as_str(), format!("('{column}', to_jsonb(t.{column}), to_jsonb(l.v_{column}))"));
    }
    if pairs.is_empty() {
        return Ok(());
    }
    let values = pairs.into_values().collect::<Vec<_>>().join(", ");
    let sql = format!(
        "insert into field_change (customer_id, field, old_value, new_value, source)
         select t.customer_id, x.field, x.was, x.becomes, (select source from feed_run)
         from feed_load l join customer t on t.customer_id = l.i_customer_id
         cross join lateral (values {values}) x (field, was, becomes)
         where l.changed and l.reject is null and x.was is distinct from x.becomes"
    );
    run(conn, sql).await?;
    Ok(())
}

/// What follows from new and changed rows besides themselves.
async fn after(conn: &mut PgConnection, entity: &str) -> Result<()> {
    let statements: &[&str] = match entity {
        "customers" => &[
            "insert into customer_identity (customer_id, kind, system, value, value_hash, verified, business_date)
             select l.i_customer_id, 'source_key', f.source, l.i_source_key, s.source_key_hash, true, f.business_date
             from feed_load l join feed_stage s using (line) cross join feed_run f where l.reject is null and (not l.found or l.i_new_key)",
            "insert into customer_identity (customer_id, kind, system, value, value_hash, business_date)
             select l.i_customer_id, s.identity_kind, f.source, s.identity, s.identity_hash, f.business_date
             from feed_load l join feed_stage s using (line) cross join feed_run f
             where l.reject is null and not l.found and s.identity is not null",
            "insert into feed_customer select distinct i_customer_id from feed_load where reject is null and i_new_key on conflict do nothing",
        ],
        "relations" => &[
            "insert into customer_relation as r (customer_id, related_id, kind, inverse, percentage, source, business_date)
             select i_related_id, i_customer_id, i_kind, true, v_percentage, i_source, i_business_date
             from feed_load where reject is null and (changed or not found)
             on conflict (customer_id, related_id, kind, inverse) do update set percentage = excluded.percentage,
                business_date = excluded.business_date where r.percentage is distinct from excluded.percentage",
            "insert into feed_customer select distinct i_related_id from feed_load where reject is null and (changed or not found)
             on conflict do nothing",
        ],
        // Whoever stands for somebody is related to them, on both pages.
        "guarantees" => &[
            "with pair as (
                 select distinct l.v_guarantor_id as guarantor, l.i_customer_id as customer, f.source, f.business_date
                 from feed_load l cross join feed_run f where l.reject is null and (l.changed or not l.found) and l.v_guarantor_id <> l.i_customer_id
             )
             insert into customer_relation (customer_id, related_id, kind, inverse, source, business_date)
             select guarantor, customer, 'guarantor', false, source, business_date from pair
             union all select customer, guarantor, 'guarantor', true, source, business_date from pair
             on conflict do nothing",
            "insert into feed_customer select distinct v_guarantor_id from feed_load where reject is null and (changed or not found) and v_guarantor_id is not null
             on conflict do nothing",
        ],
        "accounts" | "loans" => &["insert into feed_day
             select i_customer_id, i_account_id, v_balance_on, v_balance, true, (select coalesce(max(file), 0) + 1 from feed_day), 0, line
             from feed_load where reject is null and (changed or not found) and v_balance_on is not null"],
        // A new one comes after all that are there: its balance closes the day. What a changed one leaves is looked up.
        "transactions" => &[
            "insert into feed_day
             select i_customer_id, i_account_id, i_booked_on, case when not found then v_balance_after end, false,
                 (select coalesce(max(file), 0) + 1 from feed_day), rank, line
             from feed_load where reject is null and (changed or not found) and v_balance_after is not null",
            "insert into feed_posted select distinct date_trunc('month', day)::date
             from (select distinct i_booked_on as day from feed_load where reject is null and (changed or not found)) d on conflict do nothing",
        ],
        "balances" => &["insert into feed_day
             select i_customer_id, i_account_id, i_business_date, v_balance, true, (select coalesce(max(file), 0) + 1 from feed_day), 0, line
             from feed_load where reject is null and (changed or not found)"],
        _ => &[],
    };
    for statement in statements {
        run(conn, (*statement).into()).await?;
    }
    Ok(())
}
