//! Opportunities of customers.

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use guanhu_crm::opportunities;
use guanhu_domain::{
    CustomerNo,
    opportunities::{Opportunity, OpportunityDetail, OpportunityForm, OpportunityPage, OpportunityQuery, Stage, StageMove},
};
use serde::Deserialize;

use super::{
    Params, Refused,
    extract::{Body, Customer, Id, IfMatch, Key, etag},
    settle,
};
use crate::{AppState, session::Caller};

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct OpportunityParams {
    /// All open ones unless told; of `won` and `lost` those of the last ninety days.
    stage: Option<Stage>,
    /// Staff code of the owner.
    owner: Option<String>,
    /// Code of a unit: customers of it and of all below.
    org: Option<String>,
    #[param(value_type = Option<String>)]
    customer: Option<CustomerNo>,
    /// Only those still open after the day they were expected.
    overdue: bool,
    /// `next` of the page before.
    after: Option<String>,
}

/// Open ones by the day they are expected, ended ones the newest first; thirty in a page.
#[utoipa::path(get, path = "/api/v1/opportunities", params(OpportunityParams), tag = "opportunities", responses((status = 200, body = OpportunityPage)))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Params(params): Params<OpportunityParams>,
) -> Result<Json<OpportunityPage>, Refused> {
    let OpportunityParams { stage, owner, org, customer, overdue, after } = params;
    let query = OpportunityQuery { stage, owner, org, customer, overdue, after };
    let result = opportunities::opportunities(&state.bank, &caller.actor, &query).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Opens one, in the first stage.
#[utoipa::path(post, path = "/api/v1/customers/{customer_no}/opportunities", request_body = OpportunityForm, tag = "opportunities",
    params(("customer_no" = String, Path), ("Idempotency-Key" = String, Header)), responses((status = 201, body = Opportunity)))]
pub async fn open(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Key(key): Key,
    Body(form): Body<OpportunityForm>,
) -> Result<impl IntoResponse, Refused> {
    let result = opportunities::open_opportunity(&state.bank, &caller.actor, customer, &form, key).await;
    let made = settle(&state.bank, &caller, result).await?;
    Ok((StatusCode::CREATED, etag(made.version), Json(made)))
}

/// One with its history, the newest move first.
#[utoipa::path(get, path = "/api/v1/customers/{customer_no}/opportunities/{id}", tag = "opportunities",
    params(("customer_no" = String, Path), ("id" = String, Path)), responses((status = 200, body = OpportunityDetail)))]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Id(id): Id,
) -> Result<impl IntoResponse, Refused> {
    let result = opportunities::opportunity(&state.bank, &caller.actor, customer, &id).await;
    let found = settle(&state.bank, &caller, result).await?;
    Ok((etag(found.card.opportunity.version), Json(found)))
}

/// Changes one, whole.
#[utoipa::path(put, path = "/api/v1/customers/{customer_no}/opportunities/{id}", request_body = OpportunityForm, tag = "opportunities",
    params(("customer_no" = String, Path), ("id" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Opportunity), (status = 412, description = "stale: `current` is the opportunity as it now is")))]
pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Id(id): Id,
    IfMatch(version): IfMatch,
    Key(key): Key,
    Body(form): Body<OpportunityForm>,
) -> Result<impl IntoResponse, Refused> {
    let result = opportunities::change_opportunity(&state.bank, &caller.actor, customer, &id, version, &form, key).await;
    let changed = settle(&state.bank, &caller, result).await?;
    Ok((etag(changed.version), Json(changed)))
}

/// Moves one into another stage, back from an end too. Losing takes a reason.
#[utoipa::path(post, path = "/api/v1/customers/{customer_no}/opportunities/{id}/stage", request_body = StageMove, tag = "opportunities",
    params(("customer_no" = String, Path), ("id" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Opportunity), (status = 412, description = "stale: `current` is the opportunity as it now is")))]
pub async fn move_to(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Id(id): Id,
    IfMatch(version): IfMatch,
    Key(key): Key,
    Body(to): Body<StageMove>,
) -> Result<impl IntoResponse, Refused> {
    let result = opportunities::move_opportunity(&state.bank, &caller.actor, customer, &id, version, &to, key).await;
    let moved = settle(&state.bank, &caller, result).await?;
    Ok((etag(moved.version), Json(moved)))
}
