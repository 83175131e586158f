//! Which path leads where.

use std::{path::Path, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::any,
};
use guanhu_app::{App, document, live::Place};
use guanhu_crm::assignments::FILE_BYTES_MAX;
use guanhu_domain::{Code, assignments::BULK_MAX};
use http_body_util::Limited;
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, services::ServeDir, set_header::SetResponseHeaderLayer};

use crate::{AppState, api, health, imports, install, load, metrics, practice, reference, security, session};

/// Bodies of server functions and REST; uploads have a limit of their own.
const BODY_LIMIT: usize = 2 * 1024 * 1024;
/// Where lists of customers arrive, a million at most: a number of twelve digits, quoted, each with a note or a receiver
/// where they are fewer.
const LISTS: [&str; 4] = ["/api/v1/transfers", "/api/transfers/request", "/api/transfers/preview", "/api/handover/submit"];
const LIST_LIMIT: usize = BULK_MAX * 16 + BODY_LIMIT;
/// Bodies that anybody may send: all of one has arrived before it takes a place.
const UNKNOWN_LIMIT: usize = 16 * 1024;
/// Where they are sent to.
const UNKNOWN: [&str; 4] = ["/login", "/logout", "/api/v1/session", "/api/login/welcome"];
/// Where files of customer numbers arrive; the verb has a limit of its own.
const CUSTOMER_FILES: &str = "/api/v1/transfers/files";

/// The whole server over this state.
pub fn router(state: AppState, figures: PrometheusHandle) -> Router {
    let site = state.leptos.site_root.to_string();
    let bounded = bounded(&state).layer(middleware::from_fn_with_state(state.clone(), practice::dispatch));
    Router::new()
        .merge(bounded)
        .merge(install::routes())
        .merge(health::routes())
        .merge(metrics::routes(figures))
        .nest("/pkg", assets(&site))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(reference::quote))
        .layer(middleware::from_fn(security::headers))
        .layer(middleware::from_fn_with_state(state.clone(), load::part))
        .layer(middleware::from_fn(metrics::record))
        .with_state(state)
}

/// What [`practice::dispatch`] hands requests over to.
pub fn within(state: AppState) -> Router {
    bounded(&state).with_state(state)
}

/// Everything that a bank answers, of which only so much is answered at once.
fn bounded(state: &AppState) -> Router<AppState> {
    let pages = generate_route_list(App);
    let context = {
        let (bank, live, practising) = (state.bank.clone(), state.live.clone(), state.practice.seen_from(state.realm));
        move || {
            provide_context(bank.clone());
            provide_context(practising.clone());
            provide_context(Place(live.place()));
        }
    };
    let app = Router::new()
        .nest("/api/v1", api::routes())
        .route("/api/{*function}", any(server_function))
        .merge(session::routes())
        .merge(practice::routes())
        .leptos_routes_with_context(state, pages, context, {
            let options = state.leptos.clone();
            move || document(options.clone())
        })
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(state.clone(), session::to_login))
        .layer(middleware::from_fn_with_state(state.clone(), session::identify))
        // Extractors have a limit of their own, of two million bytes; the bodies they read are cut off already.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(limited))
        .layer(CompressionLayer::new().br(true).gzip(true).quality(tower_http::CompressionLevel::Fastest));
    Router::new().merge(app).merge(imports::routes(state)).layer(middleware::from_fn_with_state(state.clone(), load::admit))
}

/// Cuts a body off that is larger than what is asked for may be.
async fn limited(request: Request, next: Next) -> Response {
    let most = match request.uri().path() {
        CUSTOMER_FILES => BODY_LIMIT + FILE_BYTES_MAX,
        path if LISTS.contains(&path) => LIST_LIMIT,
        path if UNKNOWN.contains(&path) => UNKNOWN_LIMIT,
        _ => BODY_LIMIT,
    };
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|said| said > most) {
        return api::refused(request.headers(), Code::TooLarge).into_response();
    }
    next.run(request.map(|body| Body::new(Limited::new(body, most)))).await
}

async fn server_function(State(state): State<AppState>, request: Request) -> Response {
    let (bank, practising) = (state.bank.clone(), state.practice.seen_from(state.realm));
    let context = move || {
        provide_context(bank.clone());
        provide_context(practising.clone());
    };
    leptos_axum::handle_server_fns_with_context(context, request).await.into_response()
}

/// Fingerprinted and precompressed files: good for a year.
fn assets(site: &str) -> Router<AppState> {
    // While servers of two versions run, a file may be missing on one of them: that must not be remembered.
    let year =
        |response: &Response| response.status().is_success().then_some(HeaderValue::from_static("public, max-age=31536000, immutable"));
    Router::new()
        .fallback_service(ServeDir::new(Path::new(site).join("pkg")).precompressed_br().precompressed_gzip())
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, year))
}

async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    let options = state.leptos.clone();
    let (bank, practising) = (state.bank.clone(), state.practice.seen_from(state.realm));
    let context = move || {
        provide_context(bank.clone());
        provide_context(practising.clone());
    };
    let mut response =
        leptos_axum::render_app_to_stream_with_context(context, move || document(options.clone()))(request).await.into_response();
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// How long requests under way may take once the server is told to stop.
pub const DRAIN: Duration = Duration::from_secs(20);
