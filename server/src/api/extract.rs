//! What handlers take from a request beside the [`Caller`](crate::session::Caller), each refused as a problem.

use std::collections::HashMap;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, HeaderName, StatusCode, header, request::Parts},
    response::IntoResponse,
};
use guanhu_domain::{Code, CustomerNo, Problem, json};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::Refused;
use crate::session::lang;

pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A problem in the language that the request asks for.
pub fn refused(headers: &HeaderMap, code: Code) -> Refused {
    Refused::new(Problem::new(code), lang(headers))
}

/// A JSON body: `malformed` where it is none, `invalid` with the place where it is of another form.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Refused> {
        let headers = request.headers().clone();
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !(kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")) {
            return Err(refused(&headers, Code::Malformed));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => refused(&headers, Code::TooLarge),
            _ => refused(&headers, Code::Malformed),
        })?;
        json::read(&bytes).map(Body).map_err(|problem| Refused::new(problem, lang(&headers)))
    }
}

/// The query string.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Params<T>, Refused> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Params(params)),
            Err(_) => Err(refused(&parts.headers, Code::Malformed)),
        }
    }
}

/// `{customer_no}` of the path. What is no customer number names no customer.
pub struct Customer(pub CustomerNo);

impl<S: Send + Sync> FromRequestParts<S> for Customer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Customer, Refused> {
        let named = Path::<HashMap<String, String>>::from_request_parts(parts, state).await.ok();
        let number = named.and_then(|Path(named)| named.get("customer_no")?.parse().ok());
        number.map(Customer).ok_or_else(|| refused(&parts.headers, Code::NotFound))
    }
}

/// `{id}` of the path: an opaque name that the API itself gave.
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Id, Refused> {
        let named = Path::<HashMap<String, String>>::from_request_parts(parts, state).await.ok();
        let id = named.and_then(|Path(mut named)| named.remove("id"));
        id.map(Id).ok_or_else(|| refused(&parts.headers, Code::NotFound))
    }
}

/// `Idempotency-Key`: a UUID that the client makes for one effect and repeats when it retries.
pub struct Key(pub Uuid);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Key, Refused> {
        let given = parts.headers.get(IDEMPOTENCY_KEY).ok_or_else(|| refused(&parts.headers, Code::KeyRequired))?;
        let key = given.to_str().ok().and_then(|text| text.trim().trim_matches('"').parse().ok());
        key.map(Key).ok_or_else(|| refused(&parts.headers, Code::Malformed))
    }
}

/// `If-Match`: the version that was read, as `ETag` gave it. A tag that was never given matches no version.
pub struct IfMatch(pub i32);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<IfMatch, Refused> {
        let given = parts.headers.get(header::IF_MATCH).ok_or_else(|| refused(&parts.headers, Code::VersionRequired))?;
        let tag = given.to_str().unwrap_or_default().trim().trim_start_matches("W/").trim_matches('"');
        Ok(IfMatch(tag.parse().unwrap_or(-1)))
    }
}

/// The header that [`IfMatch`] sends back.
pub fn etag(version: i32) -> [(HeaderName, String); 1] {
    [(header::ETAG, format!("\"{version}\""))]
}
