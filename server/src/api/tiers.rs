//! Tiers: what they mean, what a change would do, who agreed to it, and why a customer is in one.

use std::collections::HashMap;

use axum::{
    Json,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    response::IntoResponse,
};
use guanhu_crm::tiers;
use guanhu_domain::{
    Code, Problem,
    customers::Slice,
    tiers::{
        Decision, Explanation, Movement, MovementKind, MovementQuery, MoverQuery, MoverWay, Scheme, Simulation, Submission, TierAnswer,
        TierAsked, TierEnd, TierMover, TierRequest, Trial, Version, VersionDraft, Withdrawal,
    },
};

use super::{
    Refused,
    extract::{Body, Customer, Id, IfMatch, Key, Params, etag},
    settle,
};
use crate::{
    AppState,
    session::{Caller, lang},
};

/// `{scheme}` of the path, and `{n}` where there is one.
pub struct Named {
    scheme: String,
    number: i32,
}

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Named, Refused> {
        let named = Path::<HashMap<String, String>>::from_request_parts(parts, state).await.ok();
        let named = named.and_then(|Path(mut named)| {
            let number = named.get("n").map_or(Some(0), |n| n.parse().ok())?;
            Some(Named { scheme: named.remove("scheme")?, number })
        });
        named.ok_or_else(|| Refused::new(Problem::new(Code::NotFound), lang(&parts.headers)))
    }
}

/// Every scheme, its versions and how many customers its tiers have.
#[utoipa::path(get, path = "/api/v1/tiers", tag = "tiers", responses((status = 200, body = Slice<Scheme>)))]
pub async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<Slice<Scheme>>, Refused> {
    let result = tiers::schemes(&state.bank, &caller.actor).await;
    settle(&state.bank, &caller, result).await.map(|items| Json(Slice { items, next: None }))
}

/// Saves a new version, or (with `number` and `revision`) a draft again.
#[utoipa::path(post, path = "/api/v1/tiers/{scheme}/versions", request_body = VersionDraft, tag = "tiers",
    params(("scheme" = String, Path), ("Idempotency-Key" = String, Header)), responses((status = 201, body = Version)))]
pub async fn save(
    State(state): State<AppState>,
    caller: Caller,
    Named { scheme, .. }: Named,
    Key(key): Key,
    Body(draft): Body<VersionDraft>,
) -> Result<impl IntoResponse, Refused> {
    let result = tiers::save(&state.bank, &caller.actor, &scheme, &draft, key).await;
    let saved = settle(&state.bank, &caller, result).await?;
    Ok((StatusCode::CREATED, etag(saved.revision), Json(saved)))
}

/// Tries a version out on the whole base. Nobody's tier changes.
#[utoipa::path(post, path = "/api/v1/tiers/{scheme}/versions/{n}/simulate", tag = "tiers",
    params(("scheme" = String, Path), ("n" = i32, Path), ("If-Match" = String, Header)), responses((status = 200, body = Simulation)))]
pub async fn simulate(
    State(state): State<AppState>,
    caller: Caller,
    Named { scheme, number }: Named,
    IfMatch(revision): IfMatch,
) -> Result<Json<Simulation>, Refused> {
    let result = tiers::simulate(&state.bank, &caller.actor, &scheme, number, revision).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// How far the trying out of a version is.
#[utoipa::path(get, path = "/api/v1/tiers/{scheme}/trial", tag = "tiers", params(("scheme" = String, Path)),
    responses((status = 200, body = Option<Trial>, description = "Null while nothing is being tried out")))]
pub async fn trial(State(state): State<AppState>, caller: Caller, Named { scheme, .. }: Named) -> Result<Json<Option<Trial>>, Refused> {
    let result = tiers::trial(&state.bank, &caller.actor, &scheme).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Stops it; nothing is kept.
#[utoipa::path(delete, path = "/api/v1/tiers/{scheme}/trial", tag = "tiers", params(("scheme" = String, Path)), responses((status = 204)))]
pub async fn cancel_trial(State(state): State<AppState>, caller: Caller, Named { scheme, .. }: Named) -> Result<StatusCode, Refused> {
    let result = tiers::cancel_trial(&state.bank, &caller.actor, &scheme).await;
    settle(&state.bank, &caller, result).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks a second person to publish it.
#[utoipa::path(post, path = "/api/v1/tiers/{scheme}/versions/{n}/submit", request_body = Submission, tag = "tiers",
    params(("scheme" = String, Path), ("n" = i32, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Version)))]
pub async fn submit(
    State(state): State<AppState>,
    caller: Caller,
    Named { scheme, number }: Named,
    IfMatch(revision): IfMatch,
    Key(key): Key,
    Body(asked): Body<Submission>,
) -> Result<impl IntoResponse, Refused> {
    let asked = Submission { revision, ..asked };
    let result = tiers::submit(&state.bank, &caller.actor, &scheme, number, &asked, key).await;
    let saved = settle(&state.bank, &caller, result).await?;
    Ok((etag(saved.revision), Json(saved)))
}

/// Publishes what another person submitted, or sends it back.
#[utoipa::path(post, path = "/api/v1/tiers/{scheme}/versions/{n}/publish", request_body = Decision, tag = "tiers",
    params(("scheme" = String, Path), ("n" = i32, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Version)))]
pub async fn publish(
    State(state): State<AppState>,
    caller: Caller,
    Named { scheme, number }: Named,
    IfMatch(revision): IfMatch,
    Key(key): Key,
    Body(decision): Body<Decision>,
) -> Result<impl IntoResponse, Refused> {
    let decision = Decision { revision, ..decision };
    let result = tiers::publish(&state.bank, &caller.actor, &scheme, number, &decision, key).await;
    let decided = settle(&state.bank, &caller, result).await?;
    tiers::evaluate_soon(&state.bank);
    Ok((etag(decided.revision), Json(decided)))
}

/// Takes back what is to come into force.
#[utoipa::path(post, path = "/api/v1/tiers/{scheme}/versions/{n}/withdraw", request_body = Withdrawal, tag = "tiers",
    params(("scheme" = String, Path), ("n" = i32, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Version)))]
pub async fn withdraw(
    State(state): State<AppState>,
    caller: Caller,
    Named { scheme, number }: Named,
    IfMatch(revision): IfMatch,
    Key(key): Key,
    Body(asked): Body<Withdrawal>,
) -> Result<impl IntoResponse, Refused> {
    let asked = Withdrawal { revision, ..asked };
    let result = tiers::withdraw(&state.bank, &caller.actor, &scheme, number, &asked, key).await;
    let decided = settle(&state.bank, &caller, result).await?;
    Ok((etag(decided.revision), Json(decided)))
}

/// Which movers.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct MoverParams {
    way: Option<MoverWay>,
    /// 1 to 200, 50 unless told.
    limit: Option<u16>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Who of the caller's customers would move, and why, by a version that was tried out and is not in force yet. A page may be
/// short, or empty, and still have a `next`.
#[utoipa::path(get, path = "/api/v1/tiers/{scheme}/versions/{n}/movers", tag = "tiers",
    params(("scheme" = String, Path), ("n" = i32, Path), MoverParams), responses((status = 200, body = Slice<TierMover>)))]
pub async fn movers(
    State(state): State<AppState>,
    caller: Caller,
    Named { scheme, number }: Named,
    Params(params): Params<MoverParams>,
) -> Result<Json<Slice<TierMover>>, Refused> {
    let query = MoverQuery { way: params.way, limit: params.limit, after: params.after };
    let result = tiers::movers(&state.bank, &caller.actor, &scheme, number, &query).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Why the customer is in this tier, since when, and what the next one takes.
#[utoipa::path(get, path = "/api/v1/customers/{customer_no}/tier", params(("customer_no" = String, Path)), tag = "tiers", responses((status = 200, body = Explanation)))]
pub async fn explain(State(state): State<AppState>, caller: Caller, Customer(customer): Customer) -> Result<Json<Explanation>, Refused> {
    let result = tiers::explain(&state.bank, &caller.actor, customer).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Which movements.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct MovementParams {
    kind: Option<MovementKind>,
    /// 1 to 200, 50 unless told.
    limit: Option<u16>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Whose tier changed within thirty days, and who is about to lose one, among the caller's customers; the newest first.
#[utoipa::path(get, path = "/api/v1/tier-movements", params(MovementParams), tag = "tiers", responses((status = 200, body = Slice<Movement>)))]
pub async fn movements(
    State(state): State<AppState>,
    caller: Caller,
    Params(params): Params<MovementParams>,
) -> Result<Json<Slice<Movement>>, Refused> {
    let query = MovementQuery { kind: params.kind, limit: params.limit, after: params.after };
    let result = tiers::movements(&state.bank, &caller.actor, &query).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// What was asked for by hand and waits for another person, within the caller's scope.
#[utoipa::path(get, path = "/api/v1/tier-requests", tag = "tiers", responses((status = 200, body = Slice<TierRequest>)))]
pub async fn requests(State(state): State<AppState>, caller: Caller) -> Result<Json<Slice<TierRequest>>, Refused> {
    let result = tiers::tier_requests(&state.bank, &caller.actor).await;
    settle(&state.bank, &caller, result).await.map(|items| Json(Slice { items, next: None }))
}

/// Asks for a tier that the rules do not give. It holds at once where one person is enough.
#[utoipa::path(post, path = "/api/v1/customers/{customer_no}/tier/requests", request_body = TierAsked, tag = "tiers",
    params(("customer_no" = String, Path), ("Idempotency-Key" = String, Header)), responses((status = 201, body = TierRequest)))]
pub async fn ask(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Key(key): Key,
    Body(asked): Body<TierAsked>,
) -> Result<impl IntoResponse, Refused> {
    let result = tiers::ask_tier(&state.bank, &caller.actor, customer, &asked, key).await;
    let told = settle(&state.bank, &caller, result).await?;
    tiers::evaluate_soon(&state.bank);
    Ok((StatusCode::CREATED, Json(told)))
}

/// The second person agrees or refuses.
#[utoipa::path(post, path = "/api/v1/customers/{customer_no}/tier/requests/{id}", request_body = TierAnswer, tag = "tiers",
    params(("customer_no" = String, Path), ("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = TierRequest)))]
pub async fn answer(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Id(id): Id,
    Key(key): Key,
    Body(answer): Body<TierAnswer>,
) -> Result<Json<TierRequest>, Refused> {
    // What is no name of a request names none.
    let id = id.parse().unwrap_or_default();
    let result = tiers::answer_tier(&state.bank, &caller.actor, customer, id, &answer, key).await;
    let told = settle(&state.bank, &caller, result).await?;
    tiers::evaluate_soon(&state.bank);
    Ok(Json(told))
}

/// Ends what holds by hand, and takes back what waits.
#[utoipa::path(post, path = "/api/v1/customers/{customer_no}/tier/end", request_body = TierEnd, tag = "tiers",
    params(("customer_no" = String, Path), ("Idempotency-Key" = String, Header)), responses((status = 204)))]
pub async fn end(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Key(key): Key,
    Body(asked): Body<TierEnd>,
) -> Result<StatusCode, Refused> {
    let result = tiers::end_tier(&state.bank, &caller.actor, customer, &asked, key).await;
    settle(&state.bank, &caller, result).await?;
    tiers::evaluate_soon(&state.bank);
    Ok(StatusCode::NO_CONTENT)
}
