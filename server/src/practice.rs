//! The practice bank beside the bank: the same pages over another database, for browsers that have a cookie of its own.
//!
//! A page that the practice bank made says so with everything that its scripts ask for, and a page of the bank says
//! nothing: whatever a browser has entered or left since, in this window or another, what is done on a page happens in
//! the bank that the page shows. The cookie decides only which bank's page is opened next.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{ConnectInfo, Extension, Request, State},
    http::{Extensions, HeaderMap, HeaderName, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::post,
};
use guanhu_app::practice::Practising;
use guanhu_crm::{
    Actor,
    access::{self, Client},
    practice::{self, Databases, PracticeBank, Step},
};
use guanhu_domain::{Code, Problem};
use tokio::{task::JoinHandle, time::timeout};
use tower::ServiceExt;

use crate::{
    AppState,
    api::Refused,
    live::Live,
    load::Load,
    router,
    session::{self, lang, see_other, set_cookie},
    state::{Drain, Realm},
    upkeep,
};

/// Requests that the practice bank answers at once.
const PLACES: usize = 32;
/// What is under way there may take so long before its connections are cut.
const PATIENCE: Duration = Duration::from_secs(5);
/// Said by scripts of its pages; [`guanhu_app::practice::SAYS`] makes them.
const SAID: HeaderName = HeaderName::from_static("guanhu-practice");
/// The same where no header is set: streams of events, files, what is sent as a page goes away.
const SAID_IN_QUERY: &str = "practice=true";

/// The practice bank of this server, if it is offered. Cheap to clone.
#[derive(Clone, Default)]
pub struct Practice(Option<Arc<Inner>>);

struct Inner {
    databases: Databases,
    /// The bank's own state.
    bank: AppState,
    idle: Duration,
    open: tokio::sync::Mutex<Option<Open>>,
}

/// Connected: somebody practises, or did lately.
#[derive(Clone)]
struct Open {
    bank: PracticeBank,
    router: Router,
    drain: Drain,
    used: Arc<Mutex<Instant>>,
    work: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Practice {
    /// Beside the bank of `bank`; closed when nobody has practised for `idle`.
    pub fn beside(databases: Databases, bank: AppState, idle: Duration) -> Practice {
        Practice(Some(Arc::new(Inner { databases, bank, idle, open: tokio::sync::Mutex::default() })))
    }

    /// What its pages, and the bank's, know of it.
    pub fn seen_from(&self, realm: Realm) -> Practising {
        Practising { databases: self.0.as_ref().map(|inner| inner.databases.clone()), within: realm == Realm::Practice }
    }

    /// Closes what is open, at shutdown. A reset under way is not waited for: what it leaves is made anew.
    pub async fn close(&self) {
        if let Some(inner) = &self.0
            && let Ok(mut open) = timeout(PATIENCE, inner.open.lock()).await
            && let Some(open) = open.take()
        {
            open.close().await;
        }
    }
}

impl Inner {
    /// `None` while there is nothing to connect to.
    async fn open(self: &Arc<Inner>) -> guanhu_crm::Result<Option<Open>> {
        let mut open = self.open.lock().await;
        if open.is_none() {
            *open = self.databases.connect().await?.map(|bank| self.begin(bank));
        }
        Ok(open.clone())
    }

    fn begin(self: &Arc<Inner>, bank: PracticeBank) -> Open {
        let drain = Drain::default();
        let state = AppState {
            bank: bank.bank().clone(),
            live: Live::default(),
            load: Load::new(PLACES),
            drain: drain.clone(),
            realm: Realm::Practice,
            practice: Practice(Some(Arc::clone(self))),
            ..self.bank.clone()
        };
        let work = vec![
            // Its seals live and die with it: no file is kept.
            tokio::spawn(upkeep::run(state.bank.clone(), None, drain.clone())),
            tokio::spawn(state.live.clone().run(state.bank.clone(), drain.clone())),
        ];
        let used = Arc::new(Mutex::new(Instant::now()));
        let open = Open { bank, router: router::within(state), drain, used, work: Arc::new(Mutex::new(work)) };
        tokio::spawn(Arc::clone(self).watch(open.clone()));
        open
    }

    /// Until it is closed, by whomever.
    async fn watch(self: Arc<Inner>, open: Open) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.idle / 4) => {}
                () = open.drain.wait() => return,
                // Those who listen to events there must let go, too.
                () = self.bank.drain.wait() => return open.drain.start(),
            }
            if open.idle() < self.idle {
                continue;
            }
            let mut now = self.open.lock().await;
            if open.idle() >= self.idle {
                *now = None;
                tracing::info!("nobody practises: closed");
                return open.close().await;
            }
        }
    }

    /// Who is in the practice bank meanwhile waits for the new one. It goes on when whoever asked for it does not wait.
    async fn reset(self: &Arc<Inner>) -> guanhu_crm::Result<Option<Open>> {
        let inner = Arc::clone(self);
        tokio::spawn(async move { inner.reset_now().await }).await.map_err(guanhu_crm::Error::internal)?
    }

    async fn reset_now(self: &Arc<Inner>) -> guanhu_crm::Result<Option<Open>> {
        let mut now = self.open.lock().await;
        if let Some(open) = now.take() {
            open.close().await;
        }
        self.databases.reset().await?;
        *now = self.databases.connect().await?.map(|bank| self.begin(bank));
        Ok(now.clone())
    }

    fn make(&self) {
        if self.databases.begin_making() {
            let databases = self.databases.clone();
            tokio::spawn(async move {
                if let Err(error) = databases.make().await {
                    tracing::error!(%error, "the practice bank was not made");
                }
            });
        }
    }
}

impl Open {
    fn idle(&self) -> Duration {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    async fn answer(&self, request: Request) -> Response {
        let (mut parts, body) = request.into_parts();
        // What the router in front has read from the address would be read twice.
        let peer = parts.extensions.remove::<ConnectInfo<SocketAddr>>();
        parts.extensions = Extensions::new();
        if let Some(peer) = peer {
            parts.extensions.insert(peer);
        }
        let answered: Result<Response, Infallible> = self.router.clone().oneshot(Request::from_parts(parts, body)).await;
        let answer = answered.unwrap_or_else(|never| match never {});
        // A forgotten window that asks on without a session keeps nothing open.
        if answer.status() != StatusCode::UNAUTHORIZED {
            *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
        answer
    }

    async fn close(&self) {
        self.drain.start();
        let work = std::mem::take(&mut *self.work.lock().unwrap_or_else(PoisonError::into_inner));
        let ended = async {
            for task in work {
                let _ = task.await;
            }
            self.bank.bank().flush().await;
            self.bank.bank().close().await;
        };
        if timeout(PATIENCE, ended).await.is_err() {
            tracing::warn!("something in the practice bank did not end in time");
        }
    }
}

/// Hands a request that belongs to the practice bank over to it.
pub async fn dispatch(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !is_meant(&request) {
        return next.run(request).await;
    }
    // A page of the practice bank goes on there or not at all, also where a server does not offer it (any more).
    let Some(inner) = state.practice.0.as_ref().filter(|_| session::practises(request.headers())) else {
        return if says_so(&request) { over(&request) } else { next.run(request).await };
    };
    match inner.open().await {
        Ok(Some(open)) => open.answer(request).await,
        Ok(None) => over(&request),
        Err(error) => {
            tracing::error!(%error, "the practice bank cannot be reached");
            over(&request)
        }
    }
}

fn is_meant(request: &Request) -> bool {
    let (headers, path) = (request.headers(), request.uri().path());
    // Programs have the bank's tokens; logging in and out is about the bank.
    if headers.contains_key(header::AUTHORIZATION) || matches!(path, "/login" | "/logout") {
        return false;
    }
    if says_so(request) {
        return true;
    }
    // By a script of one of the bank's own pages, which would say otherwise: whatever changes something, and what
    // the browser says is a script's. A file that a link downloads is asked for like that, but in another mode.
    let says = |name, value: &str| headers.get(name).is_some_and(|said| said == value);
    let scripted = says("sec-fetch-dest", "empty") && !says("sec-fetch-mode", "no-cors") && !says("sec-fetch-mode", "navigate");
    if is_for_scripts(path) && (scripted || !request.method().is_safe()) {
        return false;
    }
    session::practises(headers)
}

fn is_for_scripts(path: &str) -> bool {
    ["/api/", "/imports/files", "/imports/runs/"].iter().any(|start| path.starts_with(start))
}

/// Do scripts say that it is the practice bank's page that asks?
fn says_so(request: &Request) -> bool {
    let uri = request.uri();
    request.headers().contains_key(SAID) || (is_for_scripts(uri.path()) && uri.query().is_some_and(names_it))
}

fn names_it(query: &str) -> bool {
    query.split('&').any(|pair| pair == SAID_IN_QUERY)
}

/// There is no practice bank, or no session in it: back to the bank, saying so.
fn over(request: &Request) -> Response {
    match request.uri().path().starts_with("/api/") {
        true => Refused::new(Problem::new(Code::Unauthenticated), lang(request.headers())).into_response(),
        false => leave_for("/practice?over", request.headers()),
    }
}

/// Without the cookie of the practice bank.
pub fn leave_for(place: &str, headers: &HeaderMap) -> Response {
    let mut answer = see_other(place);
    set_cookie(&mut answer, &session::forget_cookie(Realm::Practice, headers));
    answer
}

pub fn routes() -> Router<AppState> {
    Router::new().route("/practice/enter", post(enter)).route("/practice/reset", post(reset)).route("/practice/leave", post(leave))
}

/// Whoever is logged in to the bank begins a session in the practice bank, without a password; or has it made first.
async fn enter(
    State(state): State<AppState>,
    headers: HeaderMap,
    Extension(client): Extension<Client>,
    actor: Option<Extension<Actor>>,
) -> Response {
    let Some(Extension(actor)) = actor else { return stranger(&headers) };
    if state.realm == Realm::Practice {
        return see_other("/");
    }
    let Some(inner) = &state.practice.0 else { return refused(Code::NotFound, &headers) };
    let entered: guanhu_crm::Result<_> = async {
        let open = inner.open().await?;
        let step = if open.is_some() { Step::Enter } else { Step::Make };
        practice::take_step(&state.bank, &actor, step).await?;
        match open {
            Some(open) => Ok(Some(practice::begin(&open.bank, actor.role, &client).await?)),
            None => {
                inner.make();
                Ok(None)
            }
        }
    }
    .await;
    match state.bank.settle(Some(&actor), entered).await {
        Ok(Some(begun)) => with_session(&begun.token, &headers),
        Ok(None) => see_other("/practice?entering"),
        Err(problem) => not_done(problem, &headers),
    }
}

/// The pristine copy for everybody, and a new session for whoever asked.
async fn reset(
    State(state): State<AppState>,
    headers: HeaderMap,
    Extension(client): Extension<Client>,
    actor: Option<Extension<Actor>>,
) -> Response {
    if actor.is_none() {
        return stranger(&headers);
    }
    let Some(inner) = state.practice.0.as_ref().filter(|_| state.realm == Realm::Practice) else { return see_other("/practice") };
    // The bank's log knows who it was: only whoever is still logged in there takes it away from everybody.
    let bank = &inner.bank.bank;
    let person = match session::kept(Realm::Bank, &headers) {
        Some(token) => access::resolve(bank, token, &client).await,
        None => Ok(None),
    };
    let Ok(Some(person)) = person else { return stranger(&headers) };
    let begun: guanhu_crm::Result<_> = async {
        practice::take_step(bank, &person, Step::Reset).await?;
        let open = inner.reset().await?.ok_or_else(guanhu_crm::Error::not_found)?;
        let begun = practice::begin(&open.bank, person.role, &client).await?;
        if let Some(actor) = access::resolve(open.bank.bank(), &begun.token, &client).await? {
            practice::take_step(open.bank.bank(), &actor, Step::Reset).await?;
        }
        Ok(begun)
    }
    .await;
    // Not over the practice bank that was: a failure is logged, and nothing of it is refused.
    match bank.settle(None, begun).await {
        Ok(begun) => with_session(&begun.token, &headers),
        Err(problem) => not_done(problem, &headers),
    }
}

/// Ends the session there; the bank's was never touched.
async fn leave(State(state): State<AppState>, headers: HeaderMap, actor: Option<Extension<Actor>>) -> Response {
    if let Some(Extension(actor)) = actor.filter(|_| state.realm == Realm::Practice) {
        let ended = access::session::end(&state.bank, &actor).await;
        if let Err(problem) = state.bank.settle(Some(&actor), ended).await {
            return Refused::new(problem, lang(&headers)).into_response();
        }
    }
    leave_for("/", &headers)
}

fn with_session(token: &str, headers: &HeaderMap) -> Response {
    let mut answer = see_other("/");
    set_cookie(&mut answer, &session::session_cookie(Realm::Practice, headers, token));
    answer
}

fn refused(code: Code, headers: &HeaderMap) -> Response {
    Refused::new(Problem::new(code), lang(headers)).into_response()
}

/// A form of a page that outlived its session leads to the login; a program is told.
fn stranger(headers: &HeaderMap) -> Response {
    if is_form(headers) { see_other("/login?next=/practice") } else { refused(Code::Unauthenticated, headers) }
}

fn not_done(problem: Problem, headers: &HeaderMap) -> Response {
    if is_form(headers) { see_other("/practice?failed") } else { Refused::new(problem, lang(headers)).into_response() }
}

fn is_form(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_request_goes_to_the_bank_that_its_page_shows() {
        let cookie = ("cookie", "guanhu=a; guanhu-practice=b");
        let (script, page) = (("sec-fetch-dest", "empty"), ("sec-fetch-dest", "document"));
        let said = ("guanhu-practice", "1");
        for (method, address, headers, expected) in [
            ("GET", "/customers", &[cookie, page][..], true),
            ("GET", "/customers", &[("cookie", "guanhu=a"), page], false),
            ("POST", "/practice/leave", &[cookie, page], true),
            ("POST", "/login", &[cookie, page], false),
            // A page that was opened before the practice bank was entered, and one that was open when it was left.
            ("POST", "/api/drafts/keep", &[cookie, script], false),
            ("POST", "/imports/files?upload=x", &[cookie, script], false),
            ("POST", "/imports/files?upload=x&practice=true", &[("cookie", "guanhu=a"), script], true),
            ("GET", "/customers?practice=true", &[("cookie", "guanhu=a"), page], false),
            ("POST", "/api/drafts/keep", &[("cookie", "guanhu=a"), script, said], true),
            ("GET", "/api/v1/events?after=1&practice=true", &[("cookie", "guanhu=a"), script], true),
            ("GET", "/api/v1/events?after=1", &[cookie, script], false),
            // Browsers that do not say what a request is for: what changes something is the bank's unless the page says.
            ("POST", "/api/drafts/keep", &[cookie], false),
            ("GET", "/api/v1/me", &[cookie], true),
            ("GET", "/api/v1/me", &[cookie, ("authorization", "Bearer a"), said], false),
        ] {
            let mut request = axum::http::Request::builder().method(method).uri(address);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            assert_eq!(is_meant(&request.body(Body::empty()).unwrap()), expected, "{method} {address} {headers:?}");
        }
    }
}
