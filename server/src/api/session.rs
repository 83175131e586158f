//! Sessions of programs: a bearer token of twelve hours, thirty minutes idle.

use axum::{
    Json,
    extract::{Extension, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use guanhu_crm::access::{self, Client, SessionKind};
use guanhu_domain::access::{
    Me,
    account::{Credentials, LoggedIn},
};

use super::{Refused, extract::Body, settle};
use crate::{
    AppState,
    session::{Caller, forget_cookie, lang, set_cookie},
};

/// Logs in.
#[utoipa::path(post, path = "/api/v1/session", request_body = Credentials, tag = "session", security(()),
    responses((status = 201, body = LoggedIn), (status = 401, description = "wrong_credentials or second_factor_required"), (status = 429, description = "locked_out, with Retry-After")))]
pub async fn begin(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Body(given): Body<Credentials>,
) -> Result<(StatusCode, Json<LoggedIn>), Refused> {
    let lang = lang(&headers);
    let result = access::login(&state.bank, &given, SessionKind::Api, &client).await;
    let session = state.bank.settle(None, result).await.map_err(|problem| Refused::new(problem, lang))?;
    state.load.know(&session.token, session.me.role);
    Ok((StatusCode::CREATED, Json(session)))
}

/// Logs out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 204)))]
pub async fn end(State(state): State<AppState>, caller: Caller, headers: HeaderMap) -> Result<Response, Refused> {
    let ended = access::session::end(&state.bank, &caller.actor).await;
    settle(&state.bank, &caller, ended).await?;
    let mut answer = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut answer, &forget_cookie(state.realm, &headers));
    Ok(answer)
}

/// Who is logged in.
#[utoipa::path(get, path = "/api/v1/me", tag = "session", responses((status = 200, body = Me)))]
pub async fn me(caller: Caller) -> Json<Me> {
    Json(caller.actor.me)
}
