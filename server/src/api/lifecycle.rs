//! Lifecycle states: their rules, and how many of the caller's customers come and go.

use axum::{Json, extract::State, response::IntoResponse};
use guanhu_crm::lifecycle;
use guanhu_domain::lifecycle::{Lifecycle, LifecycleDraft, LifecycleRules};

use super::{
    Refused,
    extract::{Body, IfMatch, Key, etag},
    settle,
};
use crate::{AppState, session::Caller};

/// The rules in force and before, with the figures of whoever sees customers.
#[utoipa::path(get, path = "/api/v1/lifecycle", tag = "lifecycle", responses((status = 200, body = Lifecycle)))]
pub async fn get(State(state): State<AppState>, caller: Caller) -> Result<impl IntoResponse, Refused> {
    let result = lifecycle::lifecycle(&state.bank, &caller.actor).await;
    let told = settle(&state.bank, &caller, result).await?;
    Ok((etag(told.rules.version), Json(told)))
}

/// Puts other rules in their place; everybody is judged by them soon after.
#[utoipa::path(put, path = "/api/v1/lifecycle", request_body = LifecycleDraft, tag = "lifecycle",
    params(("If-Match" = String, Header), ("Idempotency-Key" = String, Header)), responses((status = 200, body = LifecycleRules)))]
pub async fn save(
    State(state): State<AppState>,
    caller: Caller,
    IfMatch(version): IfMatch,
    Key(key): Key,
    Body(draft): Body<LifecycleDraft>,
) -> Result<impl IntoResponse, Refused> {
    let result = lifecycle::save(&state.bank, &caller.actor, version, &draft, key).await;
    let saved = settle(&state.bank, &caller, result).await?;
    Ok((etag(saved.version), Json(saved)))
}
