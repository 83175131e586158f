//! What a server function needs of the request: the bank, the actor, and a way to fail.

use guanhu_crm::{Actor, Bank};
use guanhu_domain::{Code, Lang};
use guanhu_ui::{Density, Theme};
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use serde::Serialize;

use crate::{Answer, Fail};

/// The bank and whoever is logged in.
///
/// # Errors
/// [`Code::Unauthenticated`] without a session.
pub fn acting() -> Result<(Bank, Actor), Fail> {
    match actor() {
        Some(actor) => Ok((bank(), actor)),
        None => Err(status(Fail::new(Code::Unauthenticated))),
    }
}

/// Whoever is logged in.
pub fn actor() -> Option<Actor> {
    use_context::<Parts>()?.extensions.get::<Actor>().cloned()
}

pub fn bank() -> Bank {
    expect_context::<Bank>()
}

/// The end of every server function: settles the result of a verb and sets the HTTP status.
pub async fn settle<T>(bank: &Bank, actor: &Actor, result: guanhu_crm::Result<T>) -> Result<T, Fail> {
    bank.settle(Some(actor), result).await.map_err(|problem| status(Fail(problem)))
}

/// The same for what a page is made of.
pub async fn answer<T: Serialize>(bank: &Bank, actor: &Actor, result: guanhu_crm::Result<T>) -> Result<Answer<T>, Fail> {
    settle(bank, actor, result).await.and_then(|value| Answer::new(value).map_err(status))
}

/// The same where nobody need be known: the login page.
pub async fn settle_unknown<T>(bank: &Bank, result: guanhu_crm::Result<T>) -> Result<T, Fail> {
    bank.settle(None, result).await.map_err(|problem| status(Fail(problem)))
}

/// The status of a page that refuses by itself.
pub fn say_status(code: Code) {
    status(Fail::new(code));
}

/// Gives the response the status of this failure.
pub fn status(fail: Fail) -> Fail {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::from_u16(fail.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        if let Some(seconds) = fail.0.retry_after {
            response.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
    fail
}

/// The page's content security policy: scripts with this response's nonce and what they load, styles
/// and pictures of our own, connections to us alone. Style attributes are allowed, because charts and
/// tables are drawn with them and they can run nothing.
pub fn guard() {
    let (Some(nonce), Some(response)) = (leptos::nonce::use_nonce(), use_context::<ResponseOptions>()) else { return };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Does the browser bring this cookie, whatever is in it?
pub fn has_cookie(name: &str) -> bool {
    let parts = use_context::<Parts>();
    let header = parts.as_ref().and_then(|parts| parts.headers.get(header::COOKIE)).and_then(|value| value.to_str().ok());
    header.is_some_and(|cookies| cookies.split(';').filter_map(|pair| pair.trim().split_once('=')).any(|(key, _)| key == name))
}

/// How this browser wants its pages: cookies first, then what it says of itself.
pub fn manners() -> (Lang, Theme, Density) {
    let parts = use_context::<Parts>();
    let header =
        |name: HeaderName| parts.as_ref().and_then(|parts| parts.headers.get(name)).and_then(|value| value.to_str().ok()).unwrap_or("");
    let cookie = |name: &str| {
        header(header::COOKIE)
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map_or("", |(_, value)| value)
    };
    let lang = Lang::from_code(cookie("lang")).unwrap_or_else(|| match header(header::ACCEPT_LANGUAGE) {
        "" => Lang::default(),
        accepted => Lang::from_accept_language(accepted),
    });
    (lang, Theme::from_code(cookie("theme")), Density::from_code(cookie("density")))
}
