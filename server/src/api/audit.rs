//! The audit log, for auditors and the systems that watch it.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use guanhu_crm::audit::search;
use guanhu_domain::{
    Code, Problem,
    access::audit::{AuditFilter, AuditPage},
};

use super::{Refused, settle};
use crate::{AppState, session::Caller};

/// Rows of the log, newest first.
#[utoipa::path(get, path = "/api/v1/audit", params(AuditFilter), tag = "audit", responses((status = 200, body = AuditPage)))]
pub async fn search(
    State(state): State<AppState>,
    caller: Caller,
    filter: Result<Query<AuditFilter>, QueryRejection>,
) -> Result<Json<AuditPage>, Refused> {
    let Query(filter) = filter.map_err(|_| Refused::new(Problem::new(Code::Malformed), caller.lang))?;
    let result = search::search(&state.bank, &caller.actor, &filter).await;
    settle(&state.bank, &caller, result).await.map(Json)
}
