//! What the bank sets for itself.

use axum::{Json, extract::State, response::IntoResponse};
use guanhu_crm::parameters;
use guanhu_domain::{
    customers::Slice,
    parameters::{ParameterItem, ParameterValue},
};

use super::{
    Refused,
    extract::{Body, Id, IfMatch, Key, etag},
    settle,
};
use crate::{AppState, session::Caller};

/// Every parameter with its default, its version and what it was before.
#[utoipa::path(get, path = "/api/v1/parameters", tag = "parameters", responses((status = 200, body = Slice<ParameterItem>)))]
pub async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<Slice<ParameterItem>>, Refused> {
    let result = parameters::parameters(&state.bank, &caller.actor).await;
    settle(&state.bank, &caller, result).await.map(|items| Json(Slice { items, next: None }))
}

/// Sets a parameter, all its parts included. `If-Match` is the `version` that was read; 0 for one never set.
#[utoipa::path(put, path = "/api/v1/parameters/{id}", request_body = ParameterValue, tag = "parameters",
    params(("id" = String, Path, description = "The parameter's key"), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ParameterItem), (status = 412), (status = 422)))]
pub async fn set(
    State(state): State<AppState>,
    caller: Caller,
    Id(name): Id,
    IfMatch(version): IfMatch,
    Key(key): Key,
    Body(to): Body<ParameterValue>,
) -> Result<impl IntoResponse, Refused> {
    let result = parameters::set_parameter(&state.bank, &caller.actor, &name, version, &to, key).await;
    let item = settle(&state.bank, &caller, result).await?;
    Ok((etag(item.version), Json(item)))
}
