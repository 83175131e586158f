//! Who sends a request: the session behind a bearer token or a cookie, and whether the browser was
//! tricked into sending it. Also the login form, which works before any script has arrived.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    Form, Router,
    extract::{ConnectInfo, Extension, FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::post,
};
use guanhu_crm::{
    Actor,
    access::{self, Client, SessionKind},
};
use guanhu_domain::{
    Code, Lang, Problem,
    access::account::{Credentials, Preferences},
};
use serde::Deserialize;
use serde_json::json;

use crate::{AppState, api::Refused, practice, reference, state::Realm};

/// Over https the name itself makes the browser insist on `Secure`, `Path=/` and no `Domain`, so that a
/// neighbouring host cannot plant a session. Whoever practises keeps the bank's session beside the other.
fn cookie_name(realm: Realm, headers: &HeaderMap) -> &'static str {
    match (realm, is_https(headers)) {
        (Realm::Bank, true) => "__Host-guanhu",
        (Realm::Bank, false) => "guanhu",
        (Realm::Practice, true) => "__Host-guanhu-practice",
        (Realm::Practice, false) => "guanhu-practice",
    }
}

/// Finds the [`Actor`], if there is a session, and the [`Client`]; both travel as extensions.
///
/// A request that changes something on the strength of a cookie must come from a page of ours: browsers
/// say so in `Sec-Fetch-Site`, older ones in `Origin`, and neither can be set by a script. One that says
/// neither is no browser and has no business with a cookie.
pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let lang = lang(headers);
    let bearer = bearer(headers).map(str::to_owned);
    let kept = kept(state.realm, headers).map(str::to_owned);
    if bearer.is_none() && !request.method().is_safe() && !is_own_page(headers).unwrap_or(kept.is_none()) {
        return Refused::new(Problem::new(Code::ForgedRequest), lang).into_response();
    }
    let client = client(&request, state.trusts_proxy);
    if let Some(token) = bearer.or(kept) {
        match state.bank.settle(None, access::resolve(&state.bank, &token, &client).await).await {
            Ok(Some(actor)) => {
                state.load.know(&token, actor.role);
                request.extensions_mut().insert(actor);
            }
            Ok(None) => {}
            Err(problem) => return Refused::new(problem, lang).into_response(),
        }
    }
    let path = request.uri().path();
    if path.starts_with("/api/") && !OPEN.contains(&path) && request.extensions().get::<Actor>().is_none() {
        return Refused::new(Problem::new(Code::Unauthenticated), lang).into_response();
    }
    request.extensions_mut().insert(client);
    let actor = request.extensions().get::<Actor>().cloned();
    let response = next.run(request).await;
    // Before the answer, or the next request might read what was before it. The effect is there in any
    // case: whoever is told to come back repeats the key.
    if let Some(actor) = actor
        && let Err(problem) = state.bank.settle(Some(&actor), state.bank.remember_writes(&actor).await).await
    {
        return Refused::new(problem, lang).into_response();
    }
    response
}

/// A page without a session is the login page, which leads back. Of the practice bank it is the one about practice:
/// nobody has a password there.
pub async fn to_login(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_page = request.method().is_safe() && !path.starts_with("/api/") && path != "/login";
    if !is_page || request.extensions().get::<Actor>().is_some() {
        return next.run(request).await;
    }
    if state.realm == Realm::Practice {
        return practice::leave_for("/practice?over", request.headers());
    }
    let here = request.uri().path_and_query().map_or("/", |here| here.as_str());
    see_other(&format!("/login?next={}", percent(here)))
}

/// What is answered to somebody unknown. Everything else below `/api` is refused before it is even read,
/// whatever the function behind it does or forgets.
pub const OPEN: [&str; 3] = ["/api/login/welcome", "/api/v1/session", "/api/v1/openapi.json"];

/// What the request shows of a session in the bank, valid or not.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| kept(Realm::Bank, headers))
}

/// What the browser keeps of a session.
pub fn kept(realm: Realm, headers: &HeaderMap) -> Option<&str> {
    cookie(headers, cookie_name(realm, headers))
}

/// Did this browser enter the practice bank, and not leave it?
pub fn practises(headers: &HeaderMap) -> bool {
    kept(Realm::Practice, headers).is_some()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// `None`: the request does not say.
fn is_own_page(headers: &HeaderMap) -> Option<bool> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return Some(matches!(site, "same-origin" | "none"));
    }
    let origin = text(header::ORIGIN)?;
    let host = origin.split_once("://").map(|(_, host)| host);
    Some(host.is_some() && host == text(header::HOST))
}

/// Behind a balancer that ends TLS, or not at all. A client that lies about it only changes its own cookie.
fn is_https(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https")
}

/// The address is the peer's, or what a trusted balancer says of it: the last entry is the one it added.
fn client(request: &Request, trusts_proxy: bool) -> Client {
    let headers = request.headers();
    let forwarded = || -> Option<IpAddr> {
        let value = headers.get_all("x-forwarded-for").into_iter().next_back()?.to_str().ok()?;
        value.rsplit(',').next()?.trim().parse().ok()
    };
    let peer = || request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    Client {
        ip: if trusts_proxy { forwarded().or_else(peer) } else { peer() },
        agent: headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).map_or_else(|| Arc::from(""), Arc::from),
        request_id: reference::of(headers),
    }
}

/// The language of an answer: the page's, else what the client prefers.
pub fn lang(headers: &HeaderMap) -> Lang {
    let accepted = || headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map(Lang::from_accept_language);
    cookie(headers, "lang").and_then(Lang::from_code).or_else(accepted).unwrap_or_default()
}

/// A handler's first argument: whoever is logged in, and the language to answer in.
pub struct Caller {
    pub actor: Actor,
    pub lang: Lang,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Caller, Refused> {
        let lang = lang(&parts.headers);
        match parts.extensions.get::<Actor>() {
            Some(actor) => Ok(Caller { actor: actor.clone(), lang }),
            None => Err(Refused::new(Problem::new(Code::Unauthenticated), lang)),
        }
    }
}

pub fn routes() -> Router<AppState> {
    Router::new().route("/login", post(log_in)).route("/logout", post(log_out))
}

#[derive(Deserialize)]
struct LoginForm {
    login: String,
    password: String,
    totp: Option<String>,
    /// Where to go afterwards: a path of ours.
    next: Option<String>,
}

/// The login form. A script that asks for JSON gets the problem, or where to go; a plain form is sent
/// back to the page with the problem's code, or on its way.
async fn log_in(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(form): Form<LoginForm>,
) -> Response {
    let next = form.next.filter(|next| is_own_path(next)).unwrap_or_else(|| "/".into());
    let scripted = headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json");
    let given = Credentials { login: form.login, password: form.password, totp: form.totp };
    let result = access::login(&state.bank, &given, SessionKind::Browser, &client).await;
    let session = match state.bank.settle(None, result).await {
        Ok(session) => session,
        Err(problem) if scripted => return Refused::new(problem, lang(&headers)).into_response(),
        Err(problem) => {
            let wait = problem.retry_after.map(|seconds| format!("&wait={seconds}")).unwrap_or_default();
            return see_other(&format!("/login?problem={}{wait}&next={}", problem.code.code(), percent(&next)));
        }
    };
    state.load.know(&session.token, session.me.role);
    let mut answer = match scripted {
        true => axum::Json(json!({"next": next})).into_response(),
        false => see_other(&next),
    };
    set_cookie(&mut answer, &session_cookie(Realm::Bank, &headers, &session.token));
    forget_practice(&mut answer, &headers);
    // Only looks: not worth failing a login for.
    if let Ok(Some(actor)) = access::resolve(&state.bank, &session.token, &client).await
        && let Ok(preferences) = access::account::preferences(&state.bank, &actor).await
    {
        for cookie in looks(&preferences) {
            set_cookie(&mut answer, &cookie);
        }
    }
    answer
}

async fn log_out(State(state): State<AppState>, headers: HeaderMap, actor: Option<Extension<Actor>>) -> Response {
    if let Some(Extension(actor)) = actor {
        let ended = access::session::end(&state.bank, &actor).await;
        if let Err(problem) = state.bank.settle(Some(&actor), ended).await {
            return Refused::new(problem, lang(&headers)).into_response();
        }
    }
    let mut answer = see_other("/login");
    set_cookie(&mut answer, &forget_cookie(Realm::Bank, &headers));
    forget_practice(&mut answer, &headers);
    answer
}

/// Whoever logs in or out is in the bank.
fn forget_practice(answer: &mut Response, headers: &HeaderMap) {
    if practises(headers) {
        set_cookie(answer, &forget_cookie(Realm::Practice, headers));
    }
}

pub fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Err(_) => (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response(),
    }
}

/// Not `//elsewhere`, nor what browsers take for it.
fn is_own_path(path: &str) -> bool {
    path.starts_with('/') && !path[1..].starts_with(['/', '\\']) && !path.contains(|c: char| c.is_control() || c == '\\')
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

/// `Lax`: a link in a mail or another system of the bank opens logged in; nothing is changed by a GET.
pub fn session_cookie(realm: Realm, headers: &HeaderMap, token: &str) -> String {
    let secure = if is_https(headers) { "; Secure" } else { "" };
    format!("{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200{secure}", cookie_name(realm, headers))
}

/// Ends the cookie that [`session_cookie`] set.
pub fn forget_cookie(realm: Realm, headers: &HeaderMap) -> String {
    let secure = if is_https(headers) { "; Secure" } else { "" };
    format!("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}", cookie_name(realm, headers))
}

/// Pages read these before they know who is there, and scripts change them. What a list keeps in words that
/// a cookie can hold is one as well: its first paint has the columns.
fn looks(preferences: &Preferences) -> Vec<String> {
    let lang = preferences.lang.map(|lang| lang.code().to_owned());
    let lists = preferences.lists.iter().map(|(name, kept)| (format!("list_{name}"), kept.as_str().map(str::to_owned)));
    let plain = |text: &str| text.len() <= 1024 && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.~!*^-".contains(c));
    [("lang", lang), ("theme", preferences.theme.clone()), ("density", preferences.density.clone())]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .chain(lists)
        .filter_map(|(name, value)| Some((name, value?)))
        .filter(|(name, value)| plain(name) && plain(value))
        .map(|(name, value)| format!("{name}={value}; Path=/; SameSite=Lax; Max-Age=31536000"))
        .collect()
}

pub fn set_cookie(answer: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_login_brings_what_lists_keep_unless_a_cookie_cannot_hold_it() {
        let kept = |value: &str| {
            let preferences = Preferences { lists: [("board".to_owned(), value.into())].into(), ..Preferences::default() };
            looks(&preferences)
        };
        let board = "*table~*5~none^~M-1!^~M_2";
        assert_eq!(kept(board), [format!("list_board={board}; Path=/; SameSite=Lax; Max-Age=31536000")]);
        assert!(kept("a; Domain=bank").is_empty() && kept(&"a".repeat(1025)).is_empty());
    }

    #[test]
    fn a_page_of_another_site_is_told_from_ours() {
        for (says, expected) in [
            (&[("sec-fetch-site", "same-origin")][..], Some(true)),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://bank"), ("host", "bank")], Some(false)),
            (&[("sec-fetch-site", "same-site")], Some(false)),
            (&[("origin", "https://bank:8443"), ("host", "bank:8443")], Some(true)),
            (&[("origin", "https://bank.evil"), ("host", "bank")], Some(false)),
            (&[("origin", "null"), ("host", "null")], Some(false)),
            (&[("host", "bank")], None),
        ] {
            assert_eq!(is_own_page(&headers(says)), expected, "{says:?}");
        }
    }

    #[test]
    fn logging_in_leads_nowhere_else() {
        assert!(is_own_path("/customers?q=张&sort=aum"));
        for elsewhere in ["https://evil", "//evil", "/\\evil", "/a\r\nb", "", "evil"] {
            assert!(!is_own_path(elsewhere), "{elsewhere}");
        }
    }
}
