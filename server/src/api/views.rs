//! Saved views, and the dictionaries that fields are chosen from.

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use guanhu_crm::{dictionaries, views};
use guanhu_domain::customers::{DictionaryEntry, SavedView, Slice, ViewDraft};
use serde::Deserialize;

use super::{
    Refused,
    extract::{Body, Id, IfMatch, Key, Params, etag},
    settle,
};
use crate::{AppState, session::Caller};

/// Which page's views.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct OfPage {
    /// `customers` unless told.
    #[serde(default = "customers")]
    page: String,
}

fn customers() -> String {
    "customers".into()
}

/// Own views and those shared with the caller's unit.
#[utoipa::path(get, path = "/api/v1/views", params(OfPage), tag = "views", responses((status = 200, body = Slice<SavedView>)))]
pub async fn list(State(state): State<AppState>, caller: Caller, Params(of): Params<OfPage>) -> Result<Json<Slice<SavedView>>, Refused> {
    let result = views::views(&state.bank, &caller.actor, &of.page).await;
    settle(&state.bank, &caller, result).await.map(|items| Json(Slice { items, next: None }))
}

/// Saves a new view.
#[utoipa::path(post, path = "/api/v1/views", request_body = ViewDraft, params(("Idempotency-Key" = String, Header)), tag = "views", responses((status = 201, body = SavedView)))]
pub async fn save(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(draft): Body<ViewDraft>,
) -> Result<impl IntoResponse, Refused> {
    let result = views::save_view(&state.bank, &caller.actor, &draft, key).await;
    let saved = settle(&state.bank, &caller, result).await?;
    Ok((StatusCode::CREATED, etag(saved.version), Json(saved)))
}

/// Saves one's own view again.
#[utoipa::path(put, path = "/api/v1/views/{id}", request_body = ViewDraft, params(("id" = String, Path), ("If-Match" = String, Header)), tag = "views", responses((status = 200, body = SavedView)))]
pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id,
    IfMatch(version): IfMatch,
    Body(draft): Body<ViewDraft>,
) -> Result<impl IntoResponse, Refused> {
    let result = views::change_view(&state.bank, &caller.actor, &id, version, &draft).await;
    let saved = settle(&state.bank, &caller, result).await?;
    Ok((etag(saved.version), Json(saved)))
}

/// Removes one's own view.
#[utoipa::path(delete, path = "/api/v1/views/{id}", params(("id" = String, Path)), tag = "views", responses((status = 204)))]
pub async fn remove(State(state): State<AppState>, caller: Caller, Id(id): Id) -> Result<StatusCode, Refused> {
    let result = views::remove_view(&state.bank, &caller.actor, &id).await;
    settle(&state.bank, &caller, result).await.map(|()| StatusCode::NO_CONTENT)
}

/// Every code that fields are chosen from, with its names.
#[utoipa::path(get, path = "/api/v1/dictionaries", tag = "views", responses((status = 200, body = Slice<DictionaryEntry>)))]
pub async fn dictionaries(State(state): State<AppState>, caller: Caller) -> Result<Json<Slice<DictionaryEntry>>, Refused> {
    let result = dictionaries::dictionaries(&state.bank, &caller.actor).await;
    settle(&state.bank, &caller, result).await.map(|items| Json(Slice { items, next: None }))
}
