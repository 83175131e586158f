//! Keeping groups.

use guanhu_domain::{
    Code, CustomerNo, Problem, Rule,
    access::Verb,
    groups::{GroupAdded, GroupDraft, GroupKind, GroupSaved},
    problem::FieldProblem,
    rules::{Limits, check as check_rule},
};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::Row;
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    idempotency, scoped,
};

const NAME_MAX: usize = 60;
const NOTE_MAX: usize = 500;
/// Numbers of one list; groups of one person.
const MEMBERS_MAX: usize = 20_000;
const GROUPS_MAX: i64 = 200;
/// Unknown pieces told back.
const UNKNOWN_MAX: usize = 100;

/// Keeps a new group.
///
/// # Errors
/// `invalid` with the place of every fault.
pub async fn create(bank: &Bank, actor: &Actor, draft: &GroupDraft, key: Uuid) -> Result<GroupSaved> {
    actor.require(Verb::GroupUse)?;
    check(draft)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::GroupUse, draft).await? {
        return Ok(answer);
    }
    let count: i64 =
        sqlx::query_scalar("select count(*) from customer_group where owner_id = $1").bind(actor.user_id).fetch_one(&mut *tx).await?;
    if count >= GROUPS_MAX {
        return Err(Error::field("name", Rule::OutOfRange { min: "1".into(), max: GROUPS_MAX.to_string() }));
    }
    let code = format!("g{}", &key.simple().to_string()[20..]);
    sqlx::query(
        "insert into customer_group (code, name, kind, rule, note, owner_id, shared, expires_on) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&code)
    .bind(draft.name.trim())
    .bind(draft.kind.code())
    .bind(draft.rule.as_ref().map(Json))
    .bind(draft.note.trim())
    .bind(actor.user_id)
    .bind(roles(draft))
    .bind(draft.expires_on)
    .execute(&mut *tx)
    .await?;
    let saved = finish(&mut tx, actor, &code, draft).await?;
    idempotency::answer(&mut tx, actor, key, &saved).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Keeps one's own group again. The kind of a group never changes.
///
/// # Errors
/// `stale` with the group as it now is; `not_found` for another's.
pub async fn change(bank: &Bank, actor: &Actor, code: &str, version: i32, draft: &GroupDraft, key: Uuid) -> Result<GroupSaved> {
    actor.require(Verb::GroupUse)?;
    check(draft)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::GroupUse, &(code, version, draft)).await? {
        return Ok(answer);
    }
    let before = own(&mut tx, actor, code).await?;
    if before.version != version {
        return Err(stale(before, actor));
    }
    if before.kind != draft.kind.code() {
        return Err(Error::field("kind", Rule::NotEditable));
    }
    sqlx::query(
        "update customer_group set name = $2, rule = $3, note = $4, shared = $5, expires_on = $6, version = version + 1, changed_at = now()
         where group_id = $1",
    )
    .bind(before.group_id)
    .bind(draft.name.trim())
    .bind(draft.rule.as_ref().map(Json))
    .bind(draft.note.trim())
    .bind(roles(draft))
    .bind(draft.expires_on)
    .execute(&mut *tx)
    .await?;
    let saved = finish(&mut tx, actor, code, draft).await?;
    idempotency::answer(&mut tx, actor, key, &saved).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Puts customers onto one's own list, beside those who are on it.
///
/// # Errors
/// `not_found` for another's group; `kind` for one by rule; `customers` with the first that is out of scope.
pub async fn add(bank: &Bank, actor: &Actor, code: &str, customers: &[CustomerNo], key: Uuid) -> Result<GroupAdded> {
    actor.require(Verb::GroupUse)?;
    if customers.is_empty() {
        return Err(Error::field("customers", Rule::Required));
    }
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::GroupUse, &(code, "add", customers)).await? {
        return Ok(answer);
    }
    let group = own(&mut tx, actor, code).await?;
    if group.kind != GroupKind::Static.code() {
        return Err(Error::field("kind", Rule::NotEditable));
    }
    let (units, staff) = actor.scope.binds();
    let known: Vec<i64> =
        sqlx::query_scalar(concat!("select s.customer_id from customer_summary s where s.customer_id = any($3) and ", scoped!()))
            .bind(units)
            .bind(staff)
            .bind(customers.iter().map(|no| no.id()).collect::<Vec<_>>())
            .fetch_all(&mut *tx)
            .await?;
    if let Some(unknown) = customers.iter().find(|no| !known.contains(&no.id())) {
        return Err(Error::field("customers", Rule::UnknownCode { value: unknown.to_string() }));
    }
    let before: i64 = sqlx::query_scalar("select count(*) from customer_group_member where group_id = $1")
        .bind(group.group_id)
        .fetch_one(&mut *tx)
        .await?;
    if before as usize + known.len() > MEMBERS_MAX {
        return Err(Error::field("customers", Rule::TooLong { max: MEMBERS_MAX }));
    }
    let added =
        sqlx::query("insert into customer_group_member (customer_id, group_id) select unnest($2::bigint[]), $1 on conflict do nothing")
            .bind(group.group_id)
            .bind(&known)
            .execute(&mut *tx)
            .await?
            .rows_affected() as i64;
    sqlx::query("update customer_group set version = version + 1, changed_at = now() where group_id = $1")
        .bind(group.group_id)
        .execute(&mut *tx)
        .await?;
    let entry = Entry::done(Verb::GroupUse, format!("group:{code}")).detail(serde_json::json!({ "name": group.name, "customers": added }));
    audit::record(&mut tx, actor, entry).await?;
    let answer = GroupAdded { name: group.name, added };
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Takes one's own group away, with its list. Away twice is away once, under the same key.
///
/// # Errors
/// `stale` with the group as it now is; `not_found` for another's.
pub async fn remove(bank: &Bank, actor: &Actor, code: &str, version: i32, key: Uuid) -> Result<()> {
    actor.require(Verb::GroupUse)?;
    let mut tx = bank.begin().await?;
    if idempotency::claim::<()>(&mut tx, actor, key, Verb::GroupUse, &(code, version, "remove")).await?.is_some() {
        return Ok(());
    }
    let group = own(&mut tx, actor, code).await?;
    if group.version != version {
        return Err(stale(group, actor));
    }
    sqlx::query("delete from customer_group where group_id = $1").bind(group.group_id).execute(&mut *tx).await?;
    let entry = Entry::done(Verb::GroupUse, format!("group:{code}")).detail(serde_json::json!({ "removed": group.name }));
    audit::record(&mut tx, actor, entry).await?;
    idempotency::answer(&mut tx, actor, key, &()).await?;
    tx.commit().await?;
    Ok(())
}

fn stale(group: Row, actor: &Actor) -> Error {
    let current = group.into_group(actor).ok().and_then(|group| serde_json::to_value(group).ok());
    Problem { current, ..Problem::new(Code::Stale) }.into()
}

async fn own(conn: &mut PgConnection, actor: &Actor, code: &str) -> Result<Row> {
    Ok(sqlx::query_as(rows_sql!("where g.code = $1 and g.owner_id = $2 for update of g"))
        .bind(code)
        .bind(actor.user_id)
        .fetch_one(conn)
        .await?)
}

fn roles(draft: &GroupDraft) -> Vec<&'static str> {
    draft.shared.iter().map(|role| role.code()).collect()
}

fn check(draft: &GroupDraft) -> Result<()> {
    let mut faults = Vec::new();
    let mut add = |field: &str, rule: Rule| faults.push(FieldProblem { field: field.to_owned(), rule });
    match draft.name.trim().chars().count() {
        0 => add("name", Rule::Required),
        1..=NAME_MAX => {}
        _ => add("name", Rule::TooLong { max: NAME_MAX }),
    }
    if draft.note.chars().count() > NOTE_MAX {
        add("note", Rule::TooLong { max: NOTE_MAX });
    }
    if draft.shared.iter().any(|role| !role.serves_customers()) {
        add("shared", Rule::NotEditable);
    }
    match (draft.kind, &draft.rule) {
        (GroupKind::Dynamic, None) => add("/rule", Rule::Required),
        (GroupKind::Static, Some(_)) => add("/rule", Rule::NotEditable),
        _ => {}
    }
    if let Some(rule) = &draft.rule {
        faults.extend(check_rule(rule, Limits::GROUP, "/rule"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::fields(faults)) }
}

/// The members of a list, the audit row, and what it all came to.
async fn finish(conn: &mut PgConnection, actor: &Actor, code: &str, draft: &GroupDraft) -> Result<GroupSaved> {
    let row = own(conn, actor, code).await?;
    let group_id = row.group_id;
    let unknown = match (&draft.members, draft.kind) {
        (Some(typed), GroupKind::Static) => members(conn, actor, group_id, typed).await?,
        _ => Vec::new(),
    };
    // Of those who are still in the owner's scope.
    let (units, staff) = actor.scope.binds();
    let members: i64 = sqlx::query_scalar(concat!(
        "select count(*) from customer_group_member m join customer_summary s using (customer_id) where m.group_id = $3 and ",
        scoped!()
    ))
    .bind(units)
    .bind(staff)
    .bind(group_id)
    .fetch_one(&mut *conn)
    .await?;
    let detail = serde_json::json!({ "name": row.name, "kind": row.kind, "shared": row.shared, "members": members });
    audit::record(conn, actor, Entry::done(Verb::GroupUse, format!("group:{code}")).detail(detail)).await?;
    Ok(GroupSaved { group: row.into_group(actor)?, unknown, members })
}

/// Makes the list those customers of the author's scope whose numbers were typed; the rest is told back.
async fn members(conn: &mut PgConnection, actor: &Actor, group_id: i32, typed: &str) -> Result<Vec<String>> {
    let pieces: Vec<&str> =
        typed.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '，' | '；' | '、')).filter(|piece| !piece.is_empty()).collect();
    if pieces.len() > MEMBERS_MAX {
        return Err(Error::field("members", Rule::TooLong { max: MEMBERS_MAX }));
    }
    let numbers: Vec<(i64, &str)> = pieces.iter().filter_map(|piece| Some((piece.parse::<CustomerNo>().ok()?.id(), *piece))).collect();
    let (units, staff) = actor.scope.binds();
    let known: Vec<i64> =
        sqlx::query_scalar(concat!("select s.customer_id from customer_summary s where s.customer_id = any($3) and ", scoped!()))
            .bind(units)
            .bind(staff)
            .bind(numbers.iter().map(|(id, _)| *id).collect::<Vec<_>>())
            .fetch_all(&mut *conn)
            .await?;
    sqlx::query("delete from customer_group_member where group_id = $1 and customer_id <> all($2)")
        .bind(group_id)
        .bind(&known)
        .execute(&mut *conn)
        .await?;
    sqlx::query("insert into customer_group_member (customer_id, group_id) select unnest($2::bigint[]), $1 on conflict do nothing")
        .bind(group_id)
        .bind(&known)
        .execute(conn)
        .await?;
    let known: std::collections::HashSet<i64> = known.into_iter().collect();
    let is_known = |piece: &str| piece.parse::<CustomerNo>().is_ok_and(|no| known.contains(&no.id()));
    Ok(pieces.iter().filter(|piece| !is_known(piece)).take(UNKNOWN_MAX).map(|piece| (*piece).to_owned()).collect())
}
