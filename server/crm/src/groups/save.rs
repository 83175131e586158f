//! Keeping groups.

use guanhu_domain::{
    Code, CustomerNo, Problem, Rule,
    access::Verb,
    groups::{Group, GroupAdded, GroupDraft, GroupKind, GroupSaved, PARTS_MAX},
    problem::FieldProblem,
    rules::{Limits, check as check_rule},
};
use sqlx::{PgConnection, QueryBuilder, types::Json};
use uuid::Uuid;

use super::{Members, Row, parts, resolve};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    idempotency, rules, scoped,
};

const NAME_MAX: usize = 60;
const NOTE_MAX: usize = 500;
/// Numbers that are typed or read into one list; groups of one person.
const MEMBERS_MAX: usize = 20_000;
/// Members of a list that another group is kept as.
const FROZEN_MAX: usize = 200_000;
const GROUPS_MAX: i64 = 200;
/// A group that was taken away can be brought back.
const KEPT_DAYS: i32 = 7;
/// Characters of an unknown piece told back.
const UNKNOWN_CHARS: usize = 40;

/// Keeps a new group.
///
/// # Errors
/// `invalid` with the place of every fault.
pub async fn create(bank: &Bank, actor: &Actor, draft: &GroupDraft, key: Uuid) -> Result<GroupSaved> {
    actor.require(Verb::GroupUse)?;
    check(bank, actor, draft).await?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::GroupUse, draft).await? {
        return Ok(answer);
    }
    let code = insert(&mut tx, actor, draft, key).await?;
    let saved = finish(&mut tx, actor, &code, draft).await?;
    idempotency::answer(&mut tx, actor, key, &saved).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Keeps those who are in a group today, of the actor's customers, as a list of its own that stays as it is.
///
/// # Errors
/// `invalid` for a group that the actor may not use, and for one of more members than a list has.
pub async fn freeze(bank: &Bank, actor: &Actor, code: &str, key: Uuid) -> Result<GroupSaved> {
    actor.require(Verb::GroupUse)?;
    let members = resolve(bank, actor, code).await?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::GroupUse, &(code, "freeze")).await? {
        return Ok(answer);
    }
    let name: String = sqlx::query_scalar("select name from customer_group where code = $1").bind(code).fetch_one(&mut *tx).await?;
    let day = format!(" {}", actor.me.business_date);
    let name: String = name.chars().take(NAME_MAX - day.len()).chain(day.chars()).collect();
    let draft = GroupDraft {
        name,
        kind: GroupKind::Static,
        rule: None,
        joint: None,
        parts: Vec::new(),
        note: String::new(),
        shared: Vec::new(),
        expires_on: None,
        members: None,
    };
    let frozen = insert(&mut tx, actor, &draft, key).await?;
    keep(&mut tx, actor, &frozen, &members).await?;
    let saved = finish(&mut tx, actor, &frozen, &draft).await?;
    idempotency::answer(&mut tx, actor, key, &saved).await?;
    tx.commit().await?;
    Ok(saved)
}

async fn keep(conn: &mut PgConnection, actor: &Actor, code: &str, members: &Members) -> Result<()> {
    sqlx::raw_sql("set local statement_timeout = '20s'").execute(&mut *conn).await?;
    let mut sql = QueryBuilder::new(
        "insert into customer_group_member (customer_id, group_id) select s.customer_id, g.group_id from customer_summary s, customer_group g where g.code = ",
    );
    sql.push_bind(code.to_owned()).push(" and ");
    actor.scope.restrict(&mut sql);
    sql.push(" and ");
    members.push(&mut sql);
    sql.push(" limit ").push_bind(FROZEN_MAX as i64 + 1);
    let kept = sql.build().persistent(false).execute(conn).await.map_err(Error::from);
    match kept {
        Err(error) if error.is_timeout() => Err(Error::new(Code::Busy)),
        Err(error) => Err(error),
        Ok(kept) if kept.rows_affected() > FROZEN_MAX as u64 => Err(Error::field(
            "members",
            Rule::Other {
                zh: format!("固定的名单最多 {FROZEN_MAX} 位客户，请先缩小范围。"),
                en: format!("A group of at most {FROZEN_MAX} customers is kept as a list. Narrow it first."),
            },
        )),
        Ok(_) => Ok(()),
    }
}

/// Whether the actor may have another group.
async fn room(conn: &mut PgConnection, actor: &Actor) -> Result<()> {
    let count: i64 = sqlx::query_scalar("select count(*) from customer_group where owner_id = $1 and removed_at is null")
        .bind(actor.user_id)
        .fetch_one(conn)
        .await?;
    if count >= GROUPS_MAX {
        return Err(Error::field("name", Rule::OutOfRange { min: "1".into(), max: GROUPS_MAX.to_string() }));
    }
    Ok(())
}

/// The row of a new group. Returns its code.
async fn insert(conn: &mut PgConnection, actor: &Actor, draft: &GroupDraft, key: Uuid) -> Result<String> {
    room(conn, actor).await?;
    let code = format!("g{}", &key.simple().to_string()[20..]);
    sqlx::query(
        "insert into customer_group (code, name, kind, rule, joint, note, owner_id, shared, expires_on)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&code)
    .bind(draft.name.trim())
    .bind(draft.kind.code())
    .bind(draft.rule.as_ref().map(Json))
    .bind(draft.joint.map(|joint| joint.code()))
    .bind(draft.note.trim())
    .bind(actor.user_id)
    .bind(roles(draft))
    .bind(draft.expires_on)
    .execute(conn)
    .await?;
    Ok(code)
}

/// Keeps one's own group again. The kind of a group never changes.
///
/// # Errors
/// `stale` with the group as it now is; `not_found` for another's.
pub async fn change(bank: &Bank, actor: &Actor, code: &str, version: i32, draft: &GroupDraft, key: Uuid) -> Result<GroupSaved> {
    actor.require(Verb::GroupUse)?;
    check(bank, actor, draft).await?;
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
        "update customer_group set name = $2, rule = $3, note = $4, shared = $5, expires_on = $6, joint = $7, version = version + 1,
             changed_at = now()
         where group_id = $1",
    )
    .bind(before.group_id)
    .bind(draft.name.trim())
    .bind(draft.rule.as_ref().map(Json))
    .bind(draft.note.trim())
    .bind(roles(draft))
    .bind(draft.expires_on)
    .bind(draft.joint.map(|joint| joint.code()))
    .execute(&mut *tx)
    .await?;
    recount(&mut tx, before.group_id).await?;
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
    recount(&mut tx, group.group_id).await?;
    let entry = Entry::done(Verb::GroupUse, format!("group:{code}")).detail(serde_json::json!({ "name": group.name, "customers": added }));
    audit::record(&mut tx, actor, entry).await?;
    let answer = GroupAdded { name: group.name, added };
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Today's count of a changed group, and of those that it is part of, is taken again.
async fn recount(conn: &mut PgConnection, group_id: i32) -> Result<()> {
    sqlx::query(
        "update customer_group set counted_on = null
         where group_id = $1 or group_id in (select group_id from customer_group_part where part_id = $1)",
    )
    .bind(group_id)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes one's own group away, with its list; [`restore`] brings it back. Away twice is away once, under the same key.
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
    let whole: Option<String> = sqlx::query_scalar(
        "select g.name from customer_group_part p join customer_group g using (group_id)
         where p.part_id = $1 and g.removed_at is null order by g.name limit 1",
    )
    .bind(group.group_id)
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(whole) = whole {
        let rule = Rule::Other {
            zh: format!("它是组合群“{whole}”的一部分，不能删除。"),
            en: format!("It is part of the combination “{whole}” and cannot be removed."),
        };
        return Err(Error::field("code", rule));
    }
    sqlx::query("update customer_group set removed_at = now(), version = version + 1 where group_id = $1")
        .bind(group.group_id)
        .execute(&mut *tx)
        .await?;
    let entry = Entry::done(Verb::GroupUse, format!("group:{code}")).detail(serde_json::json!({ "removed": group.name }));
    audit::record(&mut tx, actor, entry).await?;
    idempotency::answer(&mut tx, actor, key, &()).await?;
    tx.commit().await?;
    Ok(())
}

/// Brings back one's own group that was taken away within the last seven days, as it was.
///
/// # Errors
/// `not_found` for another's, for one that is there and for one that is gone for good; `invalid` on `name` where there are
/// too many, on `code` for a combination one of whose parts is away.
pub async fn restore(bank: &Bank, actor: &Actor, code: &str, key: Uuid) -> Result<Group> {
    actor.require(Verb::GroupUse)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::GroupUse, &(code, "restore")).await? {
        return Ok(answer);
    }
    room(&mut tx, actor).await?;
    let group_id: i32 = sqlx::query_scalar(
        "update customer_group set removed_at = null, counted_on = null, version = version + 1, changed_at = now()
         where code = $1 and owner_id = $2 and removed_at >= now() - make_interval(days => $3) returning group_id",
    )
    .bind(code)
    .bind(actor.user_id)
    .bind(KEPT_DAYS)
    .fetch_one(&mut *tx)
    .await?;
    // Nothing kept it from being taken away after the combination was.
    let missing: Option<String> = sqlx::query_scalar(
        "select g.name from customer_group_part p join customer_group g on g.group_id = p.part_id
         where p.group_id = $1 and g.removed_at is not null order by p.place limit 1",
    )
    .bind(group_id)
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(missing) = missing {
        let rule = Rule::Other {
            zh: format!("它的组成部分“{missing}”也已删除，请先恢复该群。"),
            en: format!("Its part “{missing}” was removed as well. Bring that back first."),
        };
        return Err(Error::field("code", rule));
    }
    let group = own(&mut tx, actor, code).await?.into_group(actor)?;
    let entry = Entry::done(Verb::GroupUse, format!("group:{code}")).detail(serde_json::json!({ "restored": group.name }));
    audit::record(&mut tx, actor, entry).await?;
    idempotency::answer(&mut tx, actor, key, &group).await?;
    tx.commit().await?;
    Ok(group)
}

/// Gives a user's groups to another: who sees which members goes by the viewer's own scope, so that nobody is shown
/// more by it. How many.
///
/// # Errors
/// `invalid` on `heir` for whom that would be too many.
pub(crate) async fn hand_over(conn: &mut PgConnection, from: i32, to: i32) -> Result<i64> {
    let given = sqlx::query(
        "update customer_group set owner_id = $2, version = version + 1, changed_at = now() where owner_id = $1 and removed_at is null",
    )
    .bind(from)
    .bind(to)
    .execute(&mut *conn)
    .await?
    .rows_affected() as i64;
    let count: i64 = sqlx::query_scalar("select count(*) from customer_group where owner_id = $1 and removed_at is null")
        .bind(to)
        .fetch_one(conn)
        .await?;
    if given > 0 && count > GROUPS_MAX {
        let rule = Rule::Other {
            zh: format!("接收人将有 {count} 个客户群，超过 {GROUPS_MAX} 个，请选择他人。"),
            en: format!("That would be {count} groups of one person, more than {GROUPS_MAX}: choose somebody else."),
        };
        return Err(Error::field("heir", rule));
    }
    Ok(given)
}

/// Forgets groups that nobody brought back, with their lists and counts. How many.
pub async fn sweep(bank: &Bank) -> Result<u64> {
    // A part of a combination that was taken away as well goes after it.
    let gone: i64 = sqlx::query_scalar(
        "with gone as (
             delete from customer_group g where g.removed_at < now() - make_interval(days => $1)
                 and not exists (select from customer_group_part p where p.part_id = g.group_id) returning g.code),
         counts as (delete from segment_count where segment in (select code from gone))
         select count(*) from gone",
    )
    .bind(KEPT_DAYS)
    .fetch_one(bank.pool())
    .await?;
    Ok(gone.unsigned_abs())
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

async fn check(bank: &Bank, actor: &Actor, draft: &GroupDraft) -> Result<()> {
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
        (GroupKind::Static | GroupKind::Combined, Some(_)) => add("/rule", Rule::NotEditable),
        _ => {}
    }
    match (draft.kind, draft.joint) {
        (GroupKind::Combined, None) => add("joint", Rule::Required),
        (GroupKind::Static | GroupKind::Dynamic, Some(_)) => add("joint", Rule::NotEditable),
        _ => {}
    }
    if draft.kind != GroupKind::Combined && !draft.parts.is_empty() {
        add("parts", Rule::NotEditable);
    }
    if let Some(rule) = &draft.rule {
        let wrong = check_rule(rule, Limits::group(actor.role.data_class()), "/rule");
        faults.extend(match wrong.is_empty() {
            true => rules::unknown_codes(&mut *bank.pool().acquire().await?, rule, "/rule").await?,
            false => wrong,
        });
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    if draft.kind == GroupKind::Combined {
        usable(bank, actor, &draft.parts).await?;
    }
    Ok(())
}

/// The groups of these codes, where the actor may make a combination of them.
pub(super) async fn usable(bank: &Bank, actor: &Actor, codes: &[String]) -> Result<Vec<Row>> {
    let distinct: std::collections::BTreeSet<&String> = codes.iter().collect();
    if !(2..=PARTS_MAX).contains(&codes.len()) {
        return Err(Error::field("parts", Rule::OutOfRange { min: "2".into(), max: PARTS_MAX.to_string() }));
    }
    if distinct.len() < codes.len() {
        return Err(Error::field("parts", Rule::NotUnique));
    }
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let rows = parts(bank, actor.user_id, &codes, actor.me.business_date).await?;
    match codes.iter().find(|code| rows.iter().all(|row| row.code != **code)) {
        Some(unknown) => Err(Error::field("parts", Rule::UnknownCode { value: (*unknown).to_owned() })),
        None => Ok(rows),
    }
}

/// The members of a list, the audit row, and what it all came to.
async fn finish(conn: &mut PgConnection, actor: &Actor, code: &str, draft: &GroupDraft) -> Result<GroupSaved> {
    let group_id = own(conn, actor, code).await?.group_id;
    sqlx::query("delete from customer_group_part where group_id = $1").bind(group_id).execute(&mut *conn).await?;
    sqlx::query(
        "insert into customer_group_part (group_id, place, part_id)
         select $1, p.place, g.group_id from unnest($2::text[]) with ordinality p (code, place) join customer_group g using (code)",
    )
    .bind(group_id)
    .bind(&draft.parts)
    .execute(&mut *conn)
    .await?;
    let row = own(conn, actor, code).await?;
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
    let mut told = std::collections::HashSet::new();
    let unknown = pieces.iter().filter(|piece| !is_known(piece) && told.insert(**piece));
    Ok(unknown.map(|piece| piece.chars().take(UNKNOWN_CHARS).collect()).collect())
}
