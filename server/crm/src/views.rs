//! Saved views of lists: one's own, and those that a unit above or one's own shares.

use guanhu_domain::{
    Code, Problem, Rule,
    access::Verb,
    customers::{SavedView, ViewDraft},
};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    idempotency,
    tokens::sort_key,
};

const NAME_MAX: usize = 60;
const PAGE_MAX: usize = 40;
/// Bytes of JSON: filters, order and columns, nothing else.
const DEFINITION_MAX: usize = 16_384;
/// Of one person on one page.
const VIEWS_MAX: i64 = 100;

/// Views of a page that the actor has or shares in, own ones first, by name as it is read.
pub async fn views(bank: &Bank, actor: &Actor, page: &str) -> Result<Vec<SavedView>> {
    actor.require(Verb::ViewSave)?;
    let rows: Vec<Row> = sqlx::query_as(
        "select v.view_id, v.page, v.name, v.shared, v.owner_id = $1 as mine, u.name as owner, v.definition, v.version
         from saved_view v join app_user u on u.user_id = v.owner_id
         where v.page = $2 and (v.owner_id = $1
            or (v.shared and u.org_id = any((select path from org_unit where org_id = $3)::int[])))
         order by v.view_id",
    )
    .bind(actor.user_id)
    .bind(page)
    .bind(actor.org_id)
    .fetch_all(bank.pool())
    .await?;
    let mut views: Vec<SavedView> = rows.into_iter().map(Row::into_view).collect();
    views.sort_by_cached_key(|view| (!view.mine, sort_key(&view.name)));
    Ok(views)
}

/// Saves a new view.
pub async fn save_view(bank: &Bank, actor: &Actor, draft: &ViewDraft, key: Uuid) -> Result<SavedView> {
    actor.require(Verb::ViewSave)?;
    check(draft)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::ViewSave, draft).await? {
        return Ok(answer);
    }
    let count: i64 = sqlx::query_scalar("select count(*) from saved_view where owner_id = $1 and page = $2")
        .bind(actor.user_id)
        .bind(&draft.page)
        .fetch_one(&mut *tx)
        .await?;
    if count >= VIEWS_MAX {
        return Err(Error::field("name", Rule::OutOfRange { min: "1".into(), max: VIEWS_MAX.to_string() }));
    }
    let id = Uuid::now_v7();
    sqlx::query("insert into saved_view (view_id, page, name, owner_id, shared, definition) values ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(&draft.page)
        .bind(draft.name.trim())
        .bind(actor.user_id)
        .bind(draft.shared)
        .bind(&draft.definition)
        .execute(&mut *tx)
        .await?;
    let answer = mine(actor, id, draft, 1);
    record(&mut tx, actor, id, "saved").await?;
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Saves one's own view again.
///
/// # Errors
/// `stale` with the view as it now is; `not_found` for another's.
pub async fn change_view(bank: &Bank, actor: &Actor, id: &str, version: i32, draft: &ViewDraft) -> Result<SavedView> {
    actor.require(Verb::ViewSave)?;
    check(draft)?;
    let id: Uuid = id.parse().map_err(|_| Error::not_found())?;
    let mut tx = bank.begin().await?;
    let row: Row = sqlx::query_as(
        "select v.view_id, v.page, v.name, v.shared, true as mine, $3 as owner, v.definition, v.version
         from saved_view v where v.view_id = $1 and v.owner_id = $2 for update",
    )
    .bind(id)
    .bind(actor.user_id)
    .bind(&actor.name)
    .fetch_one(&mut *tx)
    .await?;
    if row.version != version {
        let current = serde_json::to_value(row.into_view()).map_err(Error::internal)?;
        return Err(Problem { current: Some(current), ..Problem::new(Code::Stale) }.into());
    }
    sqlx::query("update saved_view set page = $2, name = $3, shared = $4, definition = $5, version = version + 1 where view_id = $1")
        .bind(id)
        .bind(&draft.page)
        .bind(draft.name.trim())
        .bind(draft.shared)
        .bind(&draft.definition)
        .execute(&mut *tx)
        .await?;
    record(&mut tx, actor, id, "changed").await?;
    tx.commit().await?;
    Ok(mine(actor, id, draft, version + 1))
}

/// Removes one's own view. Removing it twice is not an error.
pub async fn remove_view(bank: &Bank, actor: &Actor, id: &str) -> Result<()> {
    actor.require(Verb::ViewSave)?;
    let id: Uuid = id.parse().map_err(|_| Error::not_found())?;
    let mut tx = bank.begin().await?;
    let removed = sqlx::query("delete from saved_view where view_id = $1 and owner_id = $2")
        .bind(id)
        .bind(actor.user_id)
        .execute(&mut *tx)
        .await?
        .rows_affected();
    if removed > 0 {
        record(&mut tx, actor, id, "removed").await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn record(conn: &mut PgConnection, actor: &Actor, id: Uuid, what: &str) -> Result<()> {
    audit::record(conn, actor, Entry::done(Verb::ViewSave, format!("view:{id}")).detail(json!({ "what": what }))).await
}

fn check(draft: &ViewDraft) -> Result<()> {
    let name = draft.name.trim().chars().count();
    if name == 0 {
        return Err(Error::field("name", Rule::Required));
    }
    if name > NAME_MAX {
        return Err(Error::field("name", Rule::TooLong { max: NAME_MAX }));
    }
    let named = |c: char| c.is_ascii_lowercase() || c == '_' || c == '-';
    if draft.page.is_empty() || draft.page.len() > PAGE_MAX || !draft.page.chars().all(named) {
        return Err(Error::field("page", Rule::BadFormat { expected: "customers".into() }));
    }
    if !draft.definition.is_object() || draft.definition.to_string().len() > DEFINITION_MAX {
        return Err(Error::field("definition", Rule::TooLong { max: DEFINITION_MAX }));
    }
    Ok(())
}

fn mine(actor: &Actor, id: Uuid, draft: &ViewDraft, version: i32) -> SavedView {
    SavedView {
        id: id.to_string(),
        page: draft.page.clone(),
        name: draft.name.trim().to_owned(),
        shared: draft.shared,
        mine: true,
        owner: actor.name.clone(),
        definition: draft.definition.clone(),
        version,
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    view_id: Uuid,
    page: String,
    name: String,
    shared: bool,
    mine: bool,
    owner: String,
    definition: Value,
    version: i32,
}

impl Row {
    fn into_view(self) -> SavedView {
        SavedView {
            id: self.view_id.to_string(),
            page: self.page,
            name: self.name,
            shared: self.shared,
            mine: self.mine,
            owner: self.owner,
            definition: self.definition,
            version: self.version,
        }
    }
}
