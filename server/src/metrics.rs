//! Figures for Prometheus: requests by route and status, and the pool. No path holds personal data,
//! because routes are counted by their pattern.

use std::time::Instant;

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use metrics::{gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::AppState;

/// Upper bounds in seconds; the budgets of most screens are 50 ms.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Starts recording for the whole process; once.
pub fn start() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("seconds".into()), &BUCKETS)?.install_recorder()
}

pub fn routes(handle: PrometheusHandle) -> Router<AppState> {
    Router::new().route(
        "/metrics",
        get(move |State(state): State<AppState>| async move {
            let pool = state.bank.pool();
            gauge!("guanhu_database_connections").set(f64::from(pool.size()));
            gauge!("guanhu_database_connections_idle").set(pool.num_idle() as f64);
            gauge!("guanhu_requests_in_progress").set(state.load.taken() as f64);
            handle.run_upkeep();
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response()
        }),
    )
}

/// The pattern that a request's path fits, and of a server function its path.
pub fn route(request: &Request) -> String {
    request.extensions().get::<MatchedPath>().map_or("other".to_owned(), |path| match path.as_str() {
        "/api/{*function}" => request.uri().path().to_owned(),
        pattern => pattern.to_owned(),
    })
}

/// Times every request.
pub async fn record(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().as_str().to_owned();
    let route = route(&request);
    let response = next.run(request).await;
    let status = response.status().as_u16();
    // A path that is no server function must not become a label: anybody could make up millions.
    let route = if status == 404 { "not found".to_owned() } else { route };
    histogram!("guanhu_request_seconds", "method" => method, "route" => route, "status" => status.to_string())
        .record(started.elapsed().as_secs_f64());
    response
}
