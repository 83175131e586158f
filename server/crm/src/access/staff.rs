//! The people of the bank, whether or not they log in.

use guanhu_domain::{
    Code, Problem, Rule,
    access::{
        Verb,
        units::{StaffFilter, StaffForm, StaffItem, StaffPage},
    },
    problem::FieldProblem,
};
use serde_json::json;
use sqlx::{Postgres, QueryBuilder};

use super::users::{Leaving, escape_like, name_problem, refuse_holding};
use crate::{
    Actor, Bank, Error, Result, Scope,
    audit::{self, Entry},
};

const COLUMNS: &str = "select m.code, m.name, o.code as org, o.name as org_name, m.is_manager, m.title, m.phone,
        coalesce(m.qualification, '') as qualification, m.hired_on, m.left_on, m.capacity, m.version
    from staff m join org_unit o on o.org_id = m.org_id";

/// As long as a feed may bring one.
const QUALIFICATION_MAX: usize = 200;

/// Staff by code. A manager sees the own unit, heads see their subtree, officers everybody.
pub async fn list(bank: &Bank, actor: &Actor, filter: &StaffFilter) -> Result<StaffPage> {
    actor.require(Verb::StaffList)?;
    let limit = filter.limit.unwrap_or(50).clamp(1, 200);
    let mut sql = QueryBuilder::<Postgres>::new(COLUMNS);
    sql.push(" where true");
    match &actor.scope {
        Scope::Units(units) => {
            sql.push(" and m.org_id = any(").push_bind(units.clone()).push(")");
        }
        Scope::Portfolio { .. } => {
            sql.push(" and m.org_id = ").push_bind(actor.org_id);
        }
        Scope::Nothing => {}
    }
    if let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        let like = format!("%{}%", escape_like(&q.to_lowercase()));
        sql.push(" and (lower(m.code) like ").push_bind(like.clone()).push(" or lower(m.name) like ").push_bind(like).push(")");
    }
    if let Some(org) = &filter.org {
        sql.push(" and o.path @> (select array[x.org_id] from org_unit x where x.code = ").push_bind(org).push(")");
    }
    if filter.managers_only {
        sql.push(" and m.is_manager");
    }
    if !filter.with_leavers {
        sql.push(" and m.left_on is null");
    }
    if let Some(after) = &filter.after {
        sql.push(" and m.code > ").push_bind(after);
    }
    sql.push(" order by m.code limit ").push_bind(limit + 1);
    let mut items: Vec<StaffItem> = sql.build_query_as().fetch_all(bank.pool()).await?;
    let more = items.len() as i64 > limit;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|item| item.code.clone());
    Ok(StaffPage { items, next })
}

/// Makes or changes a member of staff: `form.version` 0 makes one.
///
/// # Errors
/// The fields of the form; `Stale` with the staff as it now is; `Conflict` with a portfolio when
/// somebody who holds customers is to leave, or to be no manager.
pub async fn save(bank: &Bank, actor: &Actor, form: &StaffForm) -> Result<StaffItem> {
    actor.require(Verb::StaffChange)?;
    let mut wrong: Vec<FieldProblem> = name_problem(&form.name).into_iter().collect();
    let mut refuse = |field: &str, rule: Rule| wrong.push(FieldProblem { field: field.into(), rule });
    let code = form.code.trim();
    if code.is_empty() {
        refuse("code", Rule::Required);
    } else if code.chars().count() > 32 {
        refuse("code", Rule::TooLong { max: 32 });
    }
    if !(0..=100_000).contains(&form.capacity) {
        refuse("capacity", Rule::OutOfRange { min: "0".into(), max: "100000".into() });
    }
    if form.qualification.trim().chars().count() > QUALIFICATION_MAX {
        refuse("qualification", Rule::TooLong { max: QUALIFICATION_MAX });
    }
    let mut tx = bank.begin().await?;
    let org: Option<i32> = sqlx::query_scalar("select org_id from org_unit where code = $1 and closed_on is null")
        .bind(&form.org)
        .fetch_optional(&mut *tx)
        .await?;
    if org.is_none() {
        refuse("org", Rule::UnknownCode { value: form.org.clone() });
    }
    let Some(org_id) = org.filter(|_| wrong.is_empty()) else { return Err(Error::fields(wrong)) };
    if form.version > 0 {
        let (staff_id, version): (i32, i32) =
            sqlx::query_as("select staff_id, version from staff where code = $1 for update").bind(code).fetch_one(&mut *tx).await?;
        if version != form.version {
            let current = serde_json::to_value(get(&mut tx, code).await?).map_err(Error::internal)?;
            return Err(Problem { current: Some(current), ..Problem::new(Code::Stale) }.into());
        }
        if form.left_on.is_some() || !form.is_manager {
            let leaving = if form.left_on.is_some() { Leaving::Everything } else { Leaving::Charge };
            refuse_holding(&mut tx, Some(staff_id), leaving).await?;
        }
    }
    let saved = sqlx::query(
        "insert into staff (code, name, org_id, is_manager, title, phone, hired_on, left_on, capacity, qualification)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $11)
         on conflict (code) do update set name = excluded.name, org_id = excluded.org_id, is_manager = excluded.is_manager, title = excluded.title,
             phone = excluded.phone, hired_on = excluded.hired_on, left_on = excluded.left_on, capacity = excluded.capacity,
             qualification = excluded.qualification, version = staff.version + 1
         where staff.version = $10",
    )
    .bind(code)
    .bind(form.name.trim())
    .bind(org_id)
    .bind(form.is_manager)
    .bind(form.title.trim())
    .bind(form.phone.as_deref().map(str::trim).filter(|phone| !phone.is_empty()))
    .bind(form.hired_on)
    .bind(form.left_on)
    .bind(form.capacity)
    .bind(form.version)
    .bind(Some(form.qualification.trim()).filter(|qualification| !qualification.is_empty()))
    .execute(&mut *tx)
    .await?;
    if saved.rows_affected() == 0 {
        return Err(Error::field("code", Rule::NotUnique));
    }
    let entry = Entry::done(Verb::StaffChange, format!("staff:{code}"))
        .detail(json!({"org": form.org, "is_manager": form.is_manager, "left_on": form.left_on, "capacity": form.capacity,
            "qualification": form.qualification.trim()}));
    audit::record(&mut tx, actor, entry).await?;
    let item = get(&mut tx, code).await?;
    tx.commit().await?;
    Ok(item)
}

async fn get(conn: &mut sqlx::PgConnection, code: &str) -> Result<StaffItem> {
    let mut sql = QueryBuilder::<Postgres>::new(COLUMNS);
    sql.push(" where m.code = ").push_bind(code);
    Ok(sql.build_query_as().fetch_one(conn).await?)
}
