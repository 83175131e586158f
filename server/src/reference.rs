//! Every request has a name to quote: the one its page gave it, which the page can show when no answer comes back, or one
//! that is made for it. What fails, and what nobody waited for, stands in the log under it.

use std::time::Instant;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use guanhu_domain::{Code, Problem};
use uuid::Uuid;

use crate::{api::Refused, metrics, session};

/// Carries the name both ways.
pub const REQUEST_ID: &str = "x-request-id";

/// The name of a request.
pub fn of(headers: &HeaderMap) -> Uuid {
    headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or_else(Uuid::now_v7)
}

/// Sees to it that a request has one name from its door to its answer.
pub async fn quote(mut request: Request, next: Next) -> Response {
    let reference = of(request.headers());
    let Ok(name) = HeaderValue::from_str(&reference.to_string()) else { return next.run(request).await };
    request.headers_mut().insert(REQUEST_ID, name.clone());
    let lang = session::lang(request.headers());
    let mut waited = Waited { reference, route: metrics::route(&request), begun: Instant::now(), for_it: false };
    let mut response = guanhu_crm::quoted(reference, next.run(request)).await;
    waited.for_it = true;
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR && !is_told(&response) {
        tracing::error!(%reference, route = waited.route, "a request panicked");
        let problem = Problem { reference: Some(reference.to_string()), ..Problem::new(Code::Internal) };
        response = Refused::new(problem, lang).into_response();
    }
    response.headers_mut().insert(REQUEST_ID, name);
    response
}

/// Does the answer say what happened? One of a handler that panicked does not.
fn is_told(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    kind.starts_with(b"application/") || kind.starts_with(b"text/html")
}

/// A request whose client goes away, or is cut off by what is in between, is dropped where it stands.
struct Waited {
    reference: Uuid,
    route: String,
    begun: Instant,
    for_it: bool,
}

impl Drop for Waited {
    fn drop(&mut self) {
        if !self.for_it {
            let milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(reference = %self.reference, route = self.route, milliseconds, "nobody waited for the answer");
        }
    }
}
