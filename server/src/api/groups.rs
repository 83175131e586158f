//! Customer groups: kept by their owner, shared with roles, seen by everybody within their own scope.

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use guanhu_crm::groups;
use guanhu_domain::{
    customers::Slice,
    groups::{Group, GroupDraft, GroupLook, GroupSaved},
};

use super::{
    Refused,
    extract::{Body, Id, IfMatch, Key, etag},
    settle,
};
use crate::{AppState, session::Caller};

/// Own groups and those shared with the caller's role, own ones first.
#[utoipa::path(get, path = "/api/v1/groups", tag = "groups", responses((status = 200, body = Slice<Group>)))]
pub async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<Slice<Group>>, Refused> {
    let result = groups::list(&state.bank, &caller.actor).await;
    settle(&state.bank, &caller, result).await.map(|items| Json(Slice { items, next: None }))
}

/// Who of the caller's customers is in a group: how many, by tier and unit, some of them, and how many there were.
#[utoipa::path(get, path = "/api/v1/groups/{id}", tag = "groups", params(("id" = String, Path)), responses((status = 200, body = GroupLook)))]
pub async fn look(State(state): State<AppState>, caller: Caller, Id(code): Id) -> Result<impl IntoResponse, Refused> {
    let result = groups::look(&state.bank, &caller.actor, &code).await;
    let look = settle(&state.bank, &caller, result).await?;
    Ok((etag(look.group.version), Json(look)))
}

/// Keeps today's members as a list of its own.
#[utoipa::path(post, path = "/api/v1/groups/{id}/freeze", tag = "groups",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses((status = 201, body = GroupSaved)))]
pub async fn freeze(State(state): State<AppState>, caller: Caller, Id(code): Id, Key(key): Key) -> Result<impl IntoResponse, Refused> {
    let result = groups::freeze(&state.bank, &caller.actor, &code, key).await;
    let saved = settle(&state.bank, &caller, result).await?;
    Ok((StatusCode::CREATED, etag(saved.group.version), Json(saved)))
}

/// Keeps a new group: by rule, by customer numbers, or made of others.
#[utoipa::path(post, path = "/api/v1/groups", request_body = GroupDraft, tag = "groups",
    params(("Idempotency-Key" = String, Header)), responses((status = 201, body = GroupSaved)))]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(draft): Body<GroupDraft>,
) -> Result<impl IntoResponse, Refused> {
    let result = groups::create(&state.bank, &caller.actor, &draft, key).await;
    let saved = settle(&state.bank, &caller, result).await?;
    Ok((StatusCode::CREATED, etag(saved.group.version), Json(saved)))
}

/// Keeps one's own group again, by its code.
#[utoipa::path(put, path = "/api/v1/groups/{id}", request_body = GroupDraft, tag = "groups",
    params(("id" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = GroupSaved)))]
pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Id(code): Id,
    IfMatch(version): IfMatch,
    Key(key): Key,
    Body(draft): Body<GroupDraft>,
) -> Result<impl IntoResponse, Refused> {
    let result = groups::change(&state.bank, &caller.actor, &code, version, &draft, key).await;
    let saved = settle(&state.bank, &caller, result).await?;
    Ok((etag(saved.group.version), Json(saved)))
}

/// Takes one's own group away.
#[utoipa::path(delete, path = "/api/v1/groups/{id}", tag = "groups",
    params(("id" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)), responses((status = 204)))]
pub async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Id(code): Id,
    IfMatch(version): IfMatch,
    Key(key): Key,
) -> Result<StatusCode, Refused> {
    let result = groups::remove(&state.bank, &caller.actor, &code, version, key).await;
    settle(&state.bank, &caller, result).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Brings back one's own group that was taken away within the last seven days.
#[utoipa::path(post, path = "/api/v1/groups/{id}/restore", tag = "groups",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses((status = 200, body = Group)))]
pub async fn restore(State(state): State<AppState>, caller: Caller, Id(code): Id, Key(key): Key) -> Result<impl IntoResponse, Refused> {
    let result = groups::restore(&state.bank, &caller.actor, &code, key).await;
    let group = settle(&state.bank, &caller, result).await?;
    Ok((etag(group.version), Json(group)))
}
