//! How much is answered at once. More than that is told to come back, at once and by a few bytes, so that
//! those who were let in are answered in time. Health and figures are outside of it; officers, who mend
//! what is wrong, and whoever logs in have places of their own.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use futures::StreamExt;
use guanhu_domain::{Code, Lang, Problem, access::Role};
use http_body::{Frame, SizeHint};
use metrics::counter;
use sha2::{Digest, Sha256};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout_at,
};

use crate::{AppState, api::Refused, session};

/// Places that only officers take when the others are gone, and as many that only logins take.
const RESERVED: usize = 16;
/// For each that is answered so many may be sending: they cost a connection and what has arrived.
const SENDING: usize = 8;
/// A session that was an officer's is taken for one so long.
const OFFICER: Duration = Duration::from_secs(30 * 60);
/// Officers' sessions that are remembered: a bank has dozens.
const OFFICERS: usize = 1_024;
/// Seconds after which to come again: one of them, so that not all come at once.
const RETRY: std::ops::RangeInclusive<u64> = 1..=3;
/// A request's body may take so long, and longer by what has arrived at [`PACE`].
const BODY_GRACE: Duration = Duration::from_secs(10);
/// Bytes a second that even a phone at the edge of its network sends.
const PACE: u32 = 2_048;
/// So much of a body is waited for before it takes a place: all of what forms and programs send.
const BUFFERED: usize = 64 * 1024;

/// The places of one server. Cheap to clone.
#[derive(Clone)]
pub struct Load(Arc<Inner>);

struct Inner {
    most: usize,
    places: Arc<Semaphore>,
    reserved: Reserved,
    /// The same for those whose body is still arriving.
    sending: Arc<Semaphore>,
    reserved_sending: Reserved,
    /// By hash of the token: when it was last an officer's.
    officers: Mutex<HashMap<[u8; 32], Instant>>,
}

/// Apart, so that whoever knocks at the login in thousands keeps no officer out.
struct Reserved {
    officers: Arc<Semaphore>,
    logins: Arc<Semaphore>,
}

impl Reserved {
    fn new() -> Reserved {
        Reserved { officers: Arc::new(Semaphore::new(RESERVED)), logins: Arc::new(Semaphore::new(RESERVED)) }
    }
}

impl Load {
    /// `most` requests at once, beside those with places of their own.
    pub fn new(most: usize) -> Load {
        Load(Arc::new(Inner {
            most,
            places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            reserved: Reserved::new(),
            sending: Arc::new(Semaphore::new(most.saturating_mul(SENDING).min(Semaphore::MAX_PERMITS))),
            reserved_sending: Reserved::new(),
            officers: Mutex::default(),
        }))
    }

    /// Requests that have a place now, beside those with places of their own.
    pub fn taken(&self) -> usize {
        self.0.most.saturating_sub(self.0.places.available_permits())
    }

    /// This session is of this role: an officer's gets through when others do not.
    pub fn know(&self, token: &str, role: Role) {
        if !matches!(role, Role::Administrator | Role::SecurityOfficer | Role::Auditor) {
            return;
        }
        let mut officers = self.0.officers.lock().unwrap_or_else(PoisonError::into_inner);
        if officers.len() >= OFFICERS {
            officers.retain(|_, since| since.elapsed() < OFFICER);
        }
        if officers.len() < OFFICERS {
            officers.insert(Sha256::digest(token).into(), Instant::now());
        }
    }

    fn is_officer(&self, headers: &HeaderMap) -> bool {
        let Some(token) = session::token(headers) else { return false };
        let hash: [u8; 32] = Sha256::digest(token).into();
        let officers = self.0.officers.lock().unwrap_or_else(PoisonError::into_inner);
        officers.get(&hash).is_some_and(|since| since.elapsed() < OFFICER)
    }

    fn place(&self, places: &Arc<Semaphore>, reserved: &Reserved, request: &Request) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            return Some(place);
        }
        let path = request.uri().path();
        let is_form = request.method() == Method::GET && path == "/login";
        let is_login = request.method() == Method::POST && matches!(path, "/login" | "/api/v1/session");
        let own = if self.is_officer(request.headers()) {
            &reserved.officers
        } else if is_form || is_login {
            &reserved.logins
        } else {
            return None;
        };
        Arc::clone(own).try_acquire_owned().ok()
    }
}

/// Lets a request in, or tells it to come back. A place is kept until the answer's last byte has been
/// taken by the connection; a stream of events keeps none. Whoever still sends has no place yet: only one
/// among those who send.
pub async fn admit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let load = &state.load.0;
    let headers = request.headers().clone();
    let shed = || {
        counter!("guanhu_requests_shed_total").increment(1);
        come_back(&headers)
    };
    let request = if request.body().is_end_stream() {
        request
    } else {
        let Some(sending) = state.load.place(&load.sending, &load.reserved_sending, &request) else { return shed() };
        let Ok(arrived) = arrive(request).await else {
            return Refused::new(Problem::new(Code::Malformed), session::lang(&headers)).into_response();
        };
        drop(sending);
        arrived
    };
    let Some(place) = state.load.place(&load.places, &load.reserved, &request) else { return shed() };
    let response = next.run(request).await;
    let is_stream = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if is_stream { response } else { response.map(|body| Body::new(Kept { body, _place: place })) }
}

/// The request once its body, or the beginning of a long one, is here. Bodies arrive at a pace, or not at all.
async fn arrive(request: Request) -> Result<Request, axum::Error> {
    let begun = Instant::now();
    let (parts, body) = request.into_parts();
    let arriving = futures::stream::unfold((body.into_data_stream(), 0_u32), move |(mut body, arrived)| async move {
        let deadline = begun + BODY_GRACE + Duration::from_secs(u64::from(arrived / PACE));
        match timeout_at(deadline.into(), body.next()).await {
            Ok(None) => None,
            Ok(Some(chunk)) => {
                let more = chunk.as_ref().map_or(0, |chunk| u32::try_from(chunk.len()).unwrap_or(u32::MAX));
                Some((chunk, (body, arrived.saturating_add(more))))
            }
            Err(_) => Some((Err(axum::Error::new(std::io::Error::from(std::io::ErrorKind::TimedOut))), (body, arrived))),
        }
    });
    let mut arriving = Box::pin(arriving);
    let mut here = Vec::new();
    while here.len() < BUFFERED {
        match arriving.next().await {
            Some(chunk) => here.extend_from_slice(&chunk?),
            None => return Ok(Request::from_parts(parts, Body::from(here))),
        }
    }
    let here = futures::stream::once(std::future::ready(Ok(Bytes::from(here))));
    Ok(Request::from_parts(parts, Body::from_stream(here.chain(arriving))))
}

/// While the server drains, every answer tells the client to use another connection next time.
pub async fn part(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if state.drain.started() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A page tries again by itself; a program is told when.
fn come_back(headers: &HeaderMap) -> Response {
    let seconds = rand::random_range(RETRY);
    let lang = session::lang(headers);
    let is_page = headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"));
    if !is_page {
        return Refused::new(Problem { retry_after: Some(seconds), ..Problem::new(Code::Busy) }, lang).into_response();
    }
    let (code, message) = match lang {
        Lang::Zh => ("zh-CN", Code::Busy.message(lang)),
        Lang::En => ("en", Code::Busy.message(lang)),
    };
    let page = format!(
        "<!doctype html><html lang={code}><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <meta http-equiv=refresh content={seconds}><title>{message}</title><p>{message}</p></html>"
    );
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, HeaderValue::from(seconds))], Html(page)).into_response()
}

/// A body with the place it is answered from.
struct Kept {
    body: Body,
    _place: OwnedSemaphorePermit,
}

impl HttpBody for Kept {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
