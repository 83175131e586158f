//! Files to and from the imports page: what a server function is too small for.

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, Query, State},
    http::header,
    middleware,
    response::IntoResponse,
    routing::{get, post},
};
use guanhu_crm::feeds;
use guanhu_domain::feeds::{ImportReport, UploadedFile};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    AppState,
    api::{Refused, settle},
    session::{self, Caller},
};

/// Outside the limit of other bodies: the verb has its own.
pub fn routes(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/imports/files", post(add_file))
        .route("/imports/runs/{run}/rejects.csv", get(rejects).post(repair).layer(DefaultBodyLimit::max(feeds::LARGEST_REPAIRS)))
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(state.clone(), session::identify))
}

#[derive(Deserialize)]
struct Into {
    upload: Uuid,
    name: String,
}

/// The body is the file itself, stored as it arrives.
async fn add_file(
    State(state): State<AppState>,
    caller: Caller,
    Query(into): Query<Into>,
    body: Body,
) -> Result<Json<UploadedFile>, Refused> {
    let added = feeds::add_file(&state.bank, &caller.actor, into.upload, &into.name, body.into_data_stream()).await;
    Ok(Json(settle(&state.bank, &caller, added).await?))
}

async fn rejects(State(state): State<AppState>, caller: Caller, Path(run): Path<Uuid>) -> Result<impl IntoResponse, Refused> {
    let text = feeds::rejects_csv(&state.bank, &caller.actor, run).await;
    let text = settle(&state.bank, &caller, text).await?;
    let disposition = format!("attachment; filename=\"rejects-{}.csv\"", run.simple());
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, disposition)], text))
}

/// The body is the same file, repaired.
async fn repair(State(state): State<AppState>, caller: Caller, Path(run): Path<Uuid>, body: Bytes) -> Result<Json<ImportReport>, Refused> {
    let loaded = feeds::resubmit_csv(&state.bank, &caller.actor, run, &body).await;
    Ok(Json(settle(&state.bank, &caller, loaded).await?))
}
