//! Transfers: asked for, decided, taken back.

use std::collections::HashMap;

use axum::{
    Json,
    body::Body as AxumBody,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    response::IntoResponse,
};
use guanhu_crm::assignments;
use guanhu_domain::{
    Code, Page, Problem,
    assignments::{
        Decision, NewTransfer, Shares, SharesChange, Transfer, TransferFile, TransferFilter, TransferState,
        handover::{HandoverSheet, NewSignature, SheetQuery, Signature},
        pool::PoolPage,
    },
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Refused,
    extract::{Body, Customer, IDEMPOTENCY_KEY, Key, Params},
    settle,
};
use crate::{
    AppState,
    session::{Caller, lang},
};

/// Which transfers, and where the page before ended.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct ListParams {
    state: Option<TransferState>,
    /// `true`: only those that wait for the caller's decision.
    for_me: bool,
    /// `next` of the page before.
    after: Option<String>,
}

impl ListParams {
    fn filter(&self) -> TransferFilter {
        TransferFilter { state: self.state, for_me: self.for_me }
    }
}

/// `{transfer}` of the path.
pub struct Named(Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Named, Refused> {
        let named = Path::<HashMap<String, String>>::from_request_parts(parts, state).await.ok();
        let id = named.and_then(|Path(named)| named.get("transfer")?.parse().ok());
        id.map(Named).ok_or_else(|| Refused::new(Problem::new(Code::NotFound), lang(&parts.headers)))
    }
}

/// The key of a decision: however often it arrives, it is made once. Without one it is made each time.
pub struct OwnKey(Uuid);

impl<S: Send + Sync> FromRequestParts<S> for OwnKey {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<OwnKey, Refused> {
        if !parts.headers.contains_key(IDEMPOTENCY_KEY) {
            return Ok(OwnKey(Uuid::now_v7()));
        }
        Key::from_request_parts(parts, state).await.map(|Key(key)| OwnKey(key))
    }
}

/// Transfers that concern the caller's units, portfolio or own requests, newest first.
#[utoipa::path(get, path = "/api/v1/transfers", params(ListParams), tag = "transfers",
    responses((status = 200, body = Page<Transfer>), (status = 403, description = "forbidden")))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Page<Transfer>>, Refused> {
    let result = assignments::list(&state.bank, &caller.actor, params.filter(), params.after.as_deref()).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Moves customers (201), or asks a second person or a later date for it (202). A million numbers at most, in the list
/// as in a file.
#[utoipa::path(post, path = "/api/v1/transfers", request_body = NewTransfer, params(("Idempotency-Key" = String, Header)), tag = "transfers",
    responses((status = 201, body = Transfer), (status = 202, body = Transfer),
        (status = 403, description = "forbidden: a manager gives away only what is in the own charge"),
        (status = 409, description = "conflict: in another open transfer (`current.in_transfer`), with another lead than `from` by now (`current.moved`), or not as many as `count` (`current.count`)"),
        (status = 413, description = "too_large: send a file of that many numbers"),
        (status = 422, description = "invalid: names the field: unknown customers, who cannot receive, a date beyond the open month or the year ahead, more than a million")))]
pub async fn request(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(asked): Body<NewTransfer>,
) -> Result<impl IntoResponse, Refused> {
    let result = assignments::request(&state.bank, &caller.actor, &asked, key).await;
    let transfer = settle(&state.bank, &caller, result).await?;
    let status = if transfer.state == TransferState::Done { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    Ok((status, Json(transfer)))
}

/// One transfer.
#[utoipa::path(get, path = "/api/v1/transfers/{transfer}", params(("transfer" = String, Path)), tag = "transfers",
    responses((status = 200, body = Transfer), (status = 404, description = "not_found: unknown, or none of the caller's")))]
pub async fn get(State(state): State<AppState>, caller: Caller, Named(id): Named) -> Result<Json<Transfer>, Refused> {
    let result = assignments::get(&state.bank, &caller.actor, id).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Agrees to somebody else's request.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer}/approve", params(("transfer" = String, Path)), tag = "transfers",
    responses((status = 200, body = Transfer), (status = 403, description = "forbidden: the own request, or not the caller's to decide"), (status = 404, description = "not_found: unknown, or none of the caller's"),
        (status = 409, description = "conflict: decided already, or customers changed hands (`current.moved`)"),
        (status = 422, description = "invalid: a receiver does not serve any more")))]
pub async fn approve(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named,
    OwnKey(key): OwnKey,
) -> Result<Json<Transfer>, Refused> {
    let result = assignments::approve(&state.bank, &caller.actor, id, key).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Refuses somebody else's request; the reason is required.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer}/reject", request_body = Decision, params(("transfer" = String, Path)), tag = "transfers",
    responses((status = 200, body = Transfer), (status = 403, description = "forbidden: the own request, or not the caller's to decide"), (status = 404, description = "not_found: unknown, or none of the caller's"),
        (status = 409, description = "conflict: decided already"), (status = 422, description = "invalid: without a reason")))]
pub async fn reject(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named,
    OwnKey(key): OwnKey,
    Body(decision): Body<Decision>,
) -> Result<Json<Transfer>, Refused> {
    let result = assignments::reject(&state.bank, &caller.actor, id, &decision, key).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Takes one's own request back before it takes effect.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer}/recall", request_body = Decision, params(("transfer" = String, Path)), tag = "transfers",
    responses((status = 200, body = Transfer), (status = 403, description = "forbidden: somebody else's request"), (status = 404, description = "not_found: unknown, or none of the caller's"),
        (status = 409, description = "conflict: in effect, or ended already")))]
pub async fn recall(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named,
    OwnKey(key): OwnKey,
    Body(decision): Body<Decision>,
) -> Result<Json<Transfer>, Refused> {
    let result = assignments::recall(&state.bank, &caller.actor, id, &decision, key).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Stops a transfer that is carried out in batches: what has moved stays moved.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer}/cancel", request_body = Decision, params(("transfer" = String, Path)), tag = "transfers",
    responses((status = 200, body = Transfer), (status = 403, description = "forbidden: somebody else's, and not wholly the caller's"), (status = 404, description = "not_found: unknown, or none of the caller's"),
        (status = 409, description = "conflict: not under way")))]
pub async fn cancel(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named,
    OwnKey(key): OwnKey,
    Body(decision): Body<Decision>,
) -> Result<Json<Transfer>, Refused> {
    let result = assignments::cancel(&state.bank, &caller.actor, id, &decision, key).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Reads a file of customer numbers, one a line, a million at most: what `file` of a transfer names. It is kept
/// for a day.
#[utoipa::path(post, path = "/api/v1/transfers/files", request_body(content = String, content_type = "text/csv"), tag = "transfers",
    responses((status = 200, body = TransferFile), (status = 403, description = "forbidden"), (status = 413, description = "too_large"),
        (status = 422, description = "invalid: no customer of the caller's in it, or more than a million")))]
pub async fn file(State(state): State<AppState>, caller: Caller, body: AxumBody) -> Result<Json<TransferFile>, Refused> {
    let result = assignments::read_file(&state.bank, &caller.actor, body.into_data_stream()).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Gives the customers back to whom they were taken from: the transfer, `reverted`. Where that needs a second
/// person it is asked for: a transfer of its own, `pending`, that names this one in `reverts`.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer}/revert", request_body = Decision, params(("transfer" = String, Path)), tag = "transfers",
    responses((status = 200, body = Transfer), (status = 403, description = "forbidden: for heads of units"), (status = 404, description = "not_found: unknown, or none of the caller's"),
        (status = 409, description = "conflict: not done, moved again since (`current.moved`), or in an open transfer"),
        (status = 422, description = "invalid: a former lead does not serve any more, or a reason is needed")))]
pub async fn revert(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named,
    OwnKey(key): OwnKey,
    Body(decision): Body<Decision>,
) -> Result<Json<Transfer>, Refused> {
    let result = assignments::revert(&state.bank, &caller.actor, id, &decision, key).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// The handover sheet: what goes from whom to whom, customer by customer, and who has signed. `may_sign` says for which
/// sides the caller may. Every part is there with its sums; of more than five thousand customers the rest is read part by
/// part, with `from`, `to` and `page`.
#[utoipa::path(get, path = "/api/v1/transfers/{transfer}/sheet", params(("transfer" = String, Path), SheetQuery), tag = "transfers",
    responses((status = 200, body = HandoverSheet), (status = 404, description = "not_found: unknown, none of the caller's, or nothing went between those two")))]
pub async fn sheet(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named,
    Params(query): Params<SheetQuery>,
) -> Result<Json<HandoverSheet>, Refused> {
    let result = assignments::sheet(&state.bank, &caller.actor, id, &query).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Signs a side of a part of a transfer that is done: the giver, the receiver, or the head of the unit for the pool and
/// for whoever cannot log in any more. Nobody signs both.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer}/sign", request_body = NewSignature, params(("transfer" = String, Path)), tag = "transfers",
    responses((status = 200, body = Signature), (status = 403, description = "forbidden: another's side"),
        (status = 409, description = "conflict: not done, or signed already")))]
pub async fn sign(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named,
    OwnKey(key): OwnKey,
    Body(asked): Body<NewSignature>,
) -> Result<Json<Signature>, Refused> {
    let result = assignments::sign(&state.bank, &caller.actor, id, &asked, key).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Where the page before ended.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct PoolParams {
    /// `next` of the page before.
    after: Option<String>,
}

/// Whom nobody leads in the caller's own unit, who has waited longest first: masked names, no figure. Empty where the
/// bank has not opened picking (`per_day` is 0).
#[utoipa::path(get, path = "/api/v1/pool", params(PoolParams), tag = "transfers", responses((status = 200, body = PoolPage)))]
pub async fn pool(State(state): State<AppState>, caller: Caller, Params(params): Params<PoolParams>) -> Result<Json<PoolPage>, Refused> {
    let result = assignments::pool(&state.bank, &caller.actor, params.after.as_deref()).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Takes a customer out of the pool of the own unit (201), or asks a second person where such a customer needs one
/// (202).
#[utoipa::path(post, path = "/api/v1/pool/{customer_no}/pick", tag = "transfers",
    params(("customer_no" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Transfer), (status = 202, body = Transfer),
        (status = 409, description = "conflict: somebody was faster, or it is in an open transfer"),
        (status = 422, description = "invalid: picking is not open, the day's number is used up, or the caller led it until lately")))]
pub async fn pick(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Key(key): Key,
) -> Result<impl IntoResponse, Refused> {
    let result = assignments::pick(&state.bank, &caller.actor, customer, key).await;
    let transfer = settle(&state.bank, &caller, result).await?;
    let status = if transfer.state == TransferState::Done { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    Ok((status, Json(transfer)))
}

/// Says what each assistant of a customer has of its contribution from today on; null ends one. The lead has the rest.
#[utoipa::path(put, path = "/api/v1/customers/{customer_no}/shares", request_body = SharesChange, tag = "transfers",
    params(("customer_no" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Shares), (status = 409, description = "conflict: somebody assists whom the request does not name; `current` has the shares as they are"), (status = 412, description = "stale: somebody has another share than `seen` says")))]
pub async fn shares(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Key(key): Key,
    Body(change): Body<SharesChange>,
) -> Result<Json<Shares>, Refused> {
    let result = assignments::set_shares(&state.bank, &caller.actor, customer, &change, key).await;
    settle(&state.bank, &caller, result).await.map(Json)
}
