//! REST under `/api/v1`: the same verbs as the pages, for other programs.

mod audit;
mod problem;
mod session;

use axum::Router;

use crate::{AppState, session::lang};
pub use problem::{Refused, settle};

macro_rules! routes {
    ($($method:ident $path:literal => $handler:path;)*) => {
        /// Method and path of every route: the authorisation table must know each.
        pub const ROUTES: &[(&str, &str)] = &[$((stringify!($method), $path)),*];

        pub fn routes() -> Router<AppState> {
            Router::new()$(.route($path, axum::routing::$method($handler)))*.route("/{*rest}", axum::routing::any(not_found))
        }
    };
}

routes! {
    post "/session" => session::begin;
    delete "/session" => session::end;
    get "/me" => session::me;
    get "/audit" => audit::search;
}

async fn not_found(headers: axum::http::HeaderMap) -> Refused {
    Refused::new(guanhu_domain::Problem::new(guanhu_domain::Code::NotFound), lang(&headers))
}
