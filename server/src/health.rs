//! What balancers and monitors ask.

use axum::{Router, extract::State, http::StatusCode, routing::get};

use crate::AppState;

pub fn routes() -> Router<AppState> {
    Router::new().route("/healthz", get(|| async { "ok" })).route("/readyz", get(ready))
}

async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    match (state.drain.started(), state.bank.is_migrated().await) {
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "database not reachable or not migrated"),
        (false, true) => (StatusCode::OK, "ready"),
    }
}
