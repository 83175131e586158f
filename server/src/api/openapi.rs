//! The API's own description, generated from the handlers and the types they answer with.

use std::sync::OnceLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};

use super::Paths;

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "session", security(()), responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub async fn document() -> Response {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| build().to_json().unwrap_or_default());
    ([(header::CONTENT_TYPE, "application/json")], document.as_str()).into_response()
}

fn build() -> Document {
    let mut document = Paths::openapi();
    document.info.title = "Guanhu".into();
    document.info.version = env!("CARGO_PKG_VERSION").into();
    document.info.description = Some(
        "Failures are application/problem+json (RFC 9457) with a stable `code`, a `reference` to quote, and `errors` by field, \
         in the language of Accept-Language. Money is in minor units."
            .into(),
    );
    Bearer.modify(&mut document);
    document
}

/// Every route but those that say otherwise wants a token.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().security_schemes.insert("token".into(), scheme);
        document.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    }
}
