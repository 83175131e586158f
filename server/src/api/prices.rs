//! Transfer prices.

use std::collections::HashMap;

use axum::{
    Json,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    response::IntoResponse,
};
use chrono::NaiveDate;
use guanhu_crm::contribution::curves;
use guanhu_domain::{
    Code, Currency, Problem, Rule,
    contribution::{curve::CurvePoint, pricing::Curve},
    customers::Slice,
};
use serde::{Deserialize, Serialize};

use super::{
    Refused,
    extract::{Body, IfMatch, Key, Params, etag},
    settle,
};
use crate::{
    AppState,
    session::{Caller, lang},
};

/// `{currency}` and `{valid_from}` of the path.
pub struct Named(Currency, NaiveDate);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Named, Refused> {
        let named = Path::<HashMap<String, String>>::from_request_parts(parts, state).await.ok();
        let named =
            named.and_then(|Path(named)| Some(Named(Currency::new(named.get("currency")?)?, named.get("valid_from")?.parse().ok()?)));
        named.ok_or_else(|| Refused::new(Problem::new(Code::NotFound), lang(&parts.headers)))
    }
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct CurveParams {
    /// ISO 4217; all without it.
    currency: Option<String>,
}

/// The newest curves by currency. `ETag` is the revision that a change names.
#[utoipa::path(get, path = "/api/v1/ftp-curves", params(CurveParams), tag = "prices", responses((status = 200, body = Slice<Curve>)))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Params(params): Params<CurveParams>,
) -> Result<impl IntoResponse, Refused> {
    let currency = match params.currency.as_deref().filter(|code| !code.is_empty()) {
        Some(code) => match Currency::new(code) {
            Some(currency) => Ok(Some(currency)),
            None => Err(Problem::field("currency", Rule::UnknownCode { value: code.to_owned() }).into()),
        },
        None => Ok(None),
    };
    let result = match currency {
        Ok(currency) => curves::curves(&state.bank, &caller.actor, currency).await,
        Err(refused) => Err(refused),
    };
    let (items, revision) = settle(&state.bank, &caller, result).await?;
    Ok((etag(revision), Json(Slice { items, next: None })))
}

/// Points of a curve, in any order.
#[derive(Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct Points {
    points: Vec<CurvePoint>,
}

/// Puts a curve in force from a day on, in place of the one of that day.
#[utoipa::path(put, path = "/api/v1/ftp-curves/{currency}/{valid_from}", request_body = Points, tag = "prices",
    params(("currency" = String, Path), ("valid_from" = NaiveDate, Path), ("Idempotency-Key" = String, Header), ("If-Match" = String, Header)),
    responses((status = 200, body = Curve)))]
pub async fn set(
    State(state): State<AppState>,
    caller: Caller,
    Named(currency, valid_from): Named,
    Key(key): Key,
    IfMatch(revision): IfMatch,
    Body(Points { points }): Body<Points>,
) -> Result<impl IntoResponse, Refused> {
    let mut curve = Curve { currency, valid_from, points };
    let result = curves::set_curve(&state.bank, &caller.actor, &curve, revision, key).await;
    let revision = settle(&state.bank, &caller, result).await?;
    // Not before: faults name points by where they were sent.
    curve.points.sort_by_key(|point| point.tenor_months);
    Ok((etag(revision), Json(curve)))
}

/// Takes a curve away; the one before it holds on.
#[utoipa::path(delete, path = "/api/v1/ftp-curves/{currency}/{valid_from}", tag = "prices",
    params(("currency" = String, Path), ("valid_from" = NaiveDate, Path), ("Idempotency-Key" = String, Header), ("If-Match" = String, Header)),
    responses((status = 204)))]
pub async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Named(currency, valid_from): Named,
    Key(key): Key,
    IfMatch(revision): IfMatch,
) -> Result<impl IntoResponse, Refused> {
    let result = curves::remove_curve(&state.bank, &caller.actor, currency, valid_from, revision, key).await;
    let revision = settle(&state.bank, &caller, result).await?;
    Ok((StatusCode::NO_CONTENT, etag(revision)))
}
