//! The tree of units.

use chrono::NaiveDate;
use guanhu_domain::{
    Code, Problem, Rule, Total,
    access::{
        Verb,
        units::{NewUnit, UnitChange, UnitContents, UnitItem, UnitKind},
    },
    problem::FieldProblem,
};
use serde_json::json;
use sqlx::PgConnection;

use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    contribution,
};

#[derive(sqlx::FromRow)]
struct UnitRow {
    code: String,
    name: String,
    kind: String,
    parent: Option<String>,
    depth: i32,
    closed_on: Option<NaiveDate>,
    staff: i64,
    version: i32,
}

impl TryFrom<UnitRow> for UnitItem {
    type Error = Error;

    fn try_from(row: UnitRow) -> Result<UnitItem> {
        Ok(UnitItem {
            kind: UnitKind::from_code(&row.kind).ok_or_else(|| Error::internal(format!("unknown kind of unit {}", row.kind)))?,
            code: row.code,
            name: row.name,
            parent: row.parent,
            depth: row.depth,
            closed_on: row.closed_on,
            staff: row.staff,
            version: row.version,
        })
    }
}

/// The whole tree, parents before children, siblings by code.
pub async fn list(bank: &Bank, actor: &Actor) -> Result<Vec<UnitItem>> {
    actor.require(Verb::UnitList)?;
    let rows: Vec<UnitRow> = sqlx::query_as(
        "with recursive tree as (
             select o.*, array[o.code] as place from org_unit o where o.parent_id is null
             union all
             select o.*, t.place || o.code from org_unit o join tree t on t.org_id = o.parent_id)
         select t.code, t.name, t.kind, p.code as parent, cardinality(t.path) - 1 as depth, t.closed_on, coalesce(m.staff, 0) as staff, t.version
         from tree t left join org_unit p on p.org_id = t.parent_id
         left join (select org_id, count(*) as staff from staff where left_on is null group by org_id) m on m.org_id = t.org_id
         order by t.place",
    )
    .fetch_all(bank.pool())
    .await?;
    rows.into_iter().map(UnitItem::try_from).collect()
}

async fn get(conn: &mut PgConnection, code: &str) -> Result<UnitItem> {
    let row: UnitRow = sqlx::query_as(
        "select o.code, o.name, o.kind, p.code as parent, cardinality(o.path) - 1 as depth, o.closed_on,
                (select count(*) from staff m where m.org_id = o.org_id and m.left_on is null) as staff, o.version
         from org_unit o left join org_unit p on p.org_id = o.parent_id where o.code = $1",
    )
    .bind(code)
    .fetch_one(conn)
    .await?;
    row.try_into()
}

/// One change of the tree at a time: two moves at once could make a circle.
async fn hold_tree(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtext('org_unit'))").execute(conn).await?;
    Ok(())
}

fn text_problem(field: &str, text: &str, max: usize) -> Option<FieldProblem> {
    let rule = match text.trim().chars().count() {
        0 => Rule::Required,
        length if length > max => Rule::TooLong { max },
        _ => return None,
    };
    Some(FieldProblem { field: field.into(), rule })
}

/// Key, path and kind of a unit that can take others.
async fn parent(conn: &mut PgConnection, code: &str, of: UnitKind) -> Result<(i32, Vec<i32>)> {
    let found: Option<(i32, Vec<i32>, String)> =
        sqlx::query_as("select org_id, path, kind from org_unit where code = $1 and closed_on is null")
            .bind(code)
            .fetch_optional(conn)
            .await?;
    let Some((org_id, path, kind)) = found else {
        return Err(Error::field("parent", Rule::UnknownCode { value: code.into() }));
    };
    if UnitKind::from_code(&kind).is_none_or(|kind| kind > of) {
        return Err(Error::field(
            "parent",
            Rule::Other { zh: "上级机构的层级低于本机构。".into(), en: "The parent ranks below this unit.".into() },
        ));
    }
    Ok((org_id, path))
}

/// Adds a unit below another.
///
/// # Errors
/// The fields `code`, `name`, `kind`, `parent`.
pub async fn create(bank: &Bank, actor: &Actor, new: &NewUnit) -> Result<UnitItem> {
    actor.require(Verb::UnitChange)?;
    let mut wrong: Vec<FieldProblem> = text_problem("code", &new.code, 32).into_iter().chain(text_problem("name", &new.name, 60)).collect();
    if new.kind == UnitKind::HeadOffice {
        wrong.push(FieldProblem {
            field: "kind".into(),
            rule: Rule::Other { zh: "总行只有一个。".into(), en: "There is one head office.".into() },
        });
    }
    if !wrong.is_empty() {
        return Err(Error::fields(wrong));
    }
    let mut tx = bank.begin().await?;
    hold_tree(&mut tx).await?;
    let (parent_id, path) = parent(&mut tx, &new.parent, new.kind).await?;
    sqlx::query(
        "with next as (select nextval(pg_get_serial_sequence('org_unit', 'org_id'))::int as id)
         insert into org_unit (org_id, code, name, kind, parent_id, path) overriding system value
         select id, $1, $2, $3, $4, $5 || id from next",
    )
    .bind(new.code.trim())
    .bind(new.name.trim())
    .bind(new.kind.code())
    .bind(parent_id)
    .bind(path)
    .execute(&mut *tx)
    .await
    .map_err(|error| Error::from(error).on_constraint("org_unit_code_key", || Problem::field("code", Rule::NotUnique)))?;
    audit::record(&mut tx, actor, Entry::done(Verb::UnitChange, format!("unit:{}", new.code.trim())).detail(json!({"made": new}))).await?;
    let item = get(&mut tx, new.code.trim()).await?;
    tx.commit().await?;
    Ok(item)
}

/// Renames, moves, closes or opens a unit. A move takes all below it along, and with it the sight of
/// whoever heads the old and the new parent, from the next request on.
///
/// # Errors
/// `Stale` with the unit as it now is; `Conflict` with [`UnitContents`] when what is to be closed is
/// not empty; the field `parent` when the unit would be below itself.
pub async fn change(bank: &Bank, actor: &Actor, code: &str, change: &UnitChange) -> Result<UnitItem> {
    actor.require(Verb::UnitChange)?;
    if let Some(problem) = change.name.as_deref().and_then(|name| text_problem("name", name, 60)) {
        return Err(Error::fields(vec![problem]));
    }
    let mut tx = bank.begin().await?;
    hold_tree(&mut tx).await?;
    let (org_id, path): (i32, Vec<i32>) =
        sqlx::query_as("select org_id, path from org_unit where code = $1 for update").bind(code).fetch_one(&mut *tx).await?;
    let before = get(&mut tx, code).await?;
    if before.version != change.version {
        let current = serde_json::to_value(before).map_err(Error::internal)?;
        return Err(Problem { current: Some(current), ..Problem::new(Code::Stale) }.into());
    }
    if change.closed == Some(true) {
        refuse_unless_empty(&mut tx, org_id).await?;
    }
    if let Some(to) = change.parent.as_deref().filter(|to| Some(*to) != before.parent.as_deref()) {
        let (parent_id, parent_path) = parent(&mut tx, to, before.kind).await?;
        if before.parent.is_none() || parent_path.contains(&org_id) {
            return Err(Error::field(
                "parent",
                Rule::Other { zh: "机构不能归属于自己或其下级。".into(), en: "A unit cannot be below itself.".into() },
            ));
        }
        sqlx::query("update org_unit set path = $2 || path[$3:] where path @> array[$1]")
            .bind(org_id)
            .bind(parent_path)
            .bind(path.len() as i32)
            .execute(&mut *tx)
            .await?;
        sqlx::query("update org_unit set parent_id = $2 where org_id = $1").bind(org_id).bind(parent_id).execute(&mut *tx).await?;
        contribution::tree_moved(&mut tx).await?;
    }
    sqlx::query(
        "update org_unit set name = coalesce($2, name), version = version + 1,
                closed_on = case when $3 then coalesce(closed_on, (select business_date from bank)) when not $3 then null else closed_on end
         where org_id = $1",
    )
    .bind(org_id)
    .bind(change.name.as_deref().map(str::trim))
    .bind(change.closed)
    .execute(&mut *tx)
    .await?;
    let after = get(&mut tx, code).await?;
    audit::record(&mut tx, actor, Entry::done(Verb::UnitChange, format!("unit:{code}")).detail(json!({"from": before, "to": after})))
        .await?;
    tx.commit().await?;
    Ok(after)
}

async fn refuse_unless_empty(conn: &mut PgConnection, org_id: i32) -> Result<()> {
    let contents: UnitContents = sqlx::query_as(
        "select (select count(*) from org_unit where parent_id = $1 and closed_on is null) as units,
                (select count(*) from staff where org_id = $1 and left_on is null) as staff,
                (select count(*) from app_user where org_id = $1 and disabled_at is null) as users,
                (select count(*) from (select from customer where org_id = $1 and closed_on is null and merged_into is null limit $2) c) as customers",
    )
    .bind(org_id)
    .bind(Total::CAP)
    .fetch_one(conn)
    .await?;
    if contents == (UnitContents { units: 0, staff: 0, users: 0, customers: 0 }) {
        return Ok(());
    }
    let current = serde_json::to_value(contents).map_err(Error::internal)?;
    Err(Problem { current: Some(current), ..Problem::new(Code::Conflict) }.into())
}
