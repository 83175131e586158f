//! The dashboards' figures.

use axum::{Json, extract::State};
use guanhu_crm::dashboards;
use guanhu_domain::{
    dashboards::{AdoptionItem, BoardQuery, Figures, Level, LevelItem, ManagerLine},
    targets::TargetItem,
};
use serde::Deserialize;

use super::{Refused, extract::Params, settle};
use crate::{AppState, session::Caller};

/// Month (`2026-03`), unit and tier; the newest month and the caller's own unit unless told.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct PerformanceParams {
    month: Option<String>,
    org: Option<String>,
    tier: Option<String>,
    /// `next` of the answer before.
    after: Option<String>,
}

/// Managers by contribution, with target and actual, five hundred at a time; at the end, without a code, what is
/// in nobody's charge. A manager sees only the own line.
#[utoipa::path(get, path = "/api/v1/managers/performance", params(PerformanceParams), tag = "dashboards", responses((status = 200, body = Figures<ManagerLine>)))]
pub async fn performance(
    State(state): State<AppState>,
    caller: Caller,
    Params(params): Params<PerformanceParams>,
) -> Result<Json<Figures<ManagerLine>>, Refused> {
    let query = BoardQuery { month: params.month, org: params.org, tier: params.tier, ..BoardQuery::default() };
    let result = dashboards::performance(&state.bank, &caller.actor, &query, params.after.as_deref()).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct AdoptionParams {
    month: Option<String>,
    org: Option<String>,
    tier: Option<String>,
    /// `org` for the units right below, `tier`, `age` for persons by band (0 unknown, 1 under 25, then ten years each, 6 from 65 on);
    /// nothing for the whole.
    by: Option<String>,
}

/// Who holds each product, of those who could.
#[utoipa::path(get, path = "/api/v1/products/adoption", params(AdoptionParams), tag = "dashboards", responses((status = 200, body = Figures<AdoptionItem>)))]
pub async fn adoption(
    State(state): State<AppState>,
    caller: Caller,
    Params(params): Params<AdoptionParams>,
) -> Result<Json<Figures<AdoptionItem>>, Refused> {
    let query = BoardQuery { month: params.month, org: params.org, tier: params.tier, ..BoardQuery::default() };
    let result = dashboards::adoption(&state.bank, &caller.actor, &query, params.by.as_deref()).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct LevelParams {
    month: Option<String>,
    org: Option<String>,
    tier: Option<String>,
    level: Level,
}

/// Contribution with its lines at one level; what belongs to nobody has an empty code. Items sum to the whole.
#[utoipa::path(get, path = "/api/v1/contribution", params(LevelParams), tag = "dashboards", responses((status = 200, body = Figures<LevelItem>)))]
pub async fn contribution(
    State(state): State<AppState>,
    caller: Caller,
    Params(params): Params<LevelParams>,
) -> Result<Json<Figures<LevelItem>>, Refused> {
    let query = BoardQuery { month: params.month, org: params.org, tier: params.tier, ..BoardQuery::default() };
    let result = dashboards::levels(&state.bank, &caller.actor, &query, params.level).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct TargetParams {
    /// Also one of the twelve after the running month.
    month: Option<String>,
    org: Option<String>,
    /// Code of a product: targets of it alone.
    product: Option<String>,
    /// `next` of the answer before.
    after: Option<String>,
}

/// Targets in force with what is reached of them, five hundred at a time: of the unit, the units right below and its managers, of all
/// products together and of each. A manager sees the own ones.
#[utoipa::path(get, path = "/api/v1/targets", params(TargetParams), tag = "dashboards", responses((status = 200, body = Figures<TargetItem>)))]
pub async fn targets(
    State(state): State<AppState>,
    caller: Caller,
    Params(params): Params<TargetParams>,
) -> Result<Json<Figures<TargetItem>>, Refused> {
    let query = BoardQuery { month: params.month, org: params.org, ..BoardQuery::default() };
    let result = guanhu_crm::targets::reached(&state.bank, &caller.actor, &query, params.product.as_deref(), params.after.as_deref()).await;
    settle(&state.bank, &caller, result).await.map(Json)
}
