//! `GET /api/v1/events`: what others change while a page is open. One task per server reads the outbox;
//! every listener gets the part it may know.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName},
    response::{
        IntoResponse,
        sse::{Event, Sse},
    },
};
use futures::stream;
use guanhu_crm::{
    Actor, Bank,
    live::{self, Audience, Tail},
};
use guanhu_domain::live::LiveEvent;
use serde::Deserialize;
use tokio::sync::{broadcast, mpsc};

use crate::{
    AppState,
    api::{Refused, settle},
    session::Caller,
    state::Drain,
};

/// An event is on the screen of another within a second: this is the largest part of it.
const EVERY: Duration = Duration::from_millis(200);
/// As often when nobody listens.
const EVERY_IDLE: Duration = Duration::from_secs(1);
/// So often a listener is told where it is, and is looked at: is it still logged in, and as what?
const HEARTBEAT: Duration = Duration::from_secs(15);
/// While events flow to a listener it is looked at this often: who was logged out or moved hears no more.
const LOOK: Duration = Duration::from_secs(1);
/// So long after it failed the outbox is read again.
const EVERY_FAILED: Duration = Duration::from_secs(3);
/// Batches that a slow listener may lag behind.
const LAG: usize = 256;
/// Batches of a thousand that are caught up on; whoever missed more reads everything again.
const CATCH_UP: usize = 4;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What one read of the outbox brought, and where whoever has it may begin again.
struct Batch {
    events: Vec<live::Event>,
    horizon: i64,
}

/// The server's listeners. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    batches: broadcast::Sender<Arc<Batch>>,
    horizon: Arc<AtomicI64>,
}

impl Default for Live {
    fn default() -> Live {
        Live { batches: broadcast::Sender::new(LAG), horizon: Arc::default() }
    }
}

impl Live {
    /// Whoever begins to listen here misses nothing that happens from now on. Zero before the outbox was read.
    pub fn place(&self) -> i64 {
        self.horizon.load(Ordering::Acquire)
    }

    /// Reads the outbox until the server drains.
    pub async fn run(self, bank: Bank, drain: Drain) {
        let mut tail = None;
        let mut failing = false;
        loop {
            let every = match (failing, self.batches.receiver_count()) {
                (true, _) => EVERY_FAILED,
                (false, 0) => EVERY_IDLE,
                (false, _) => EVERY,
            };
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = drain.wait() => return,
            }
            match self.read(&bank, &mut tail).await {
                Ok(()) => failing = false,
                // Said once, however long the database is away.
                Err(error) if !failing => {
                    tracing::warn!(%error, "events were not read; trying again");
                    failing = true;
                }
                Err(_) => {}
            }
        }
    }

    async fn read(&self, bank: &Bank, tail: &mut Option<Tail>) -> guanhu_crm::Result<()> {
        let tail = match tail {
            Some(tail) => tail,
            None => tail.insert(Tail::begin(bank).await?),
        };
        loop {
            let (events, more) = tail.next(bank).await?;
            if !events.is_empty() {
                // A page that is told reads again, perhaps from the replica.
                bank.replica_caught_up().await?;
                // Nobody listening is no error.
                let _ = self.batches.send(Arc::new(Batch { events, horizon: tail.horizon() }));
            }
            // After the batch: whoever has heard all batches by then is there.
            self.horizon.store(tail.horizon(), Ordering::Release);
            if !more {
                return Ok(());
            }
        }
    }
}

/// Where to begin, and whether to stay.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct Follow {
    /// The last `id` that was received; so may the header `Last-Event-ID`.
    after: Option<i64>,
    /// `false`: answers with what happened after that and ends.
    wait: Option<bool>,
}

/// Changes within the caller's scope as server-sent events: `data` is a JSON object whose `topic` is
/// `assignment.changed`, `transfer.changed`, `notice.added` (something new on the caller's bell), `reset` (too much was missed: read everything again), `here` (nothing
/// happened; its `id` is where the listener is) or `over` (the session has ended).
#[utoipa::path(get, path = "/api/v1/events", params(Follow), tag = "events", responses((status = 200, content_type = "text/event-stream")))]
pub async fn events(
    State(state): State<AppState>,
    caller: Caller,
    crate::api::Params(follow): crate::api::Params<Follow>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refused> {
    let audience = settle(&state.bank, &caller, live::audience(&caller.actor).await).await?;
    let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok()).or(follow.after);
    let (sender, receiver) = mpsc::channel(64);
    let listener = Listener { state, actor: caller.actor, audience, looked: Instant::now(), sender };
    tokio::spawn(listener.tell(last, follow.wait != Some(false)));
    let told = stream::unfold(receiver, |mut receiver| async { receiver.recv().await.map(|event| (Ok::<_, Infallible>(event), receiver)) });
    Ok(([(HeaderName::from_static("x-accel-buffering"), "no")], Sse::new(told)))
}

/// One open connection.
struct Listener {
    state: AppState,
    actor: Actor,
    audience: Audience,
    /// When the session was last looked at.
    looked: Instant,
    sender: mpsc::Sender<Event>,
}

/// The connection is closed, or is to be.
struct Over;

impl Listener {
    async fn tell(mut self, last: Option<i64>, wait: bool) {
        // Listening before catching up: what happens in between is told twice rather than not at all.
        let batches = self.state.live.batches.subscribe();
        if self.catch_up(last).await.is_ok() && wait {
            let _ = self.follow(batches).await;
        }
    }

    async fn catch_up(&mut self, last: Option<i64>) -> Result<(), Over> {
        let failed = |error: guanhu_crm::Error| {
            tracing::warn!(%error, "a listener could not catch up");
            Over
        };
        let bank = self.state.bank.clone();
        let Some(last) = last else {
            let horizon = Tail::begin(&bank).await.map_err(failed)?.horizon();
            return self.say(&LiveEvent::Here, Some(horizon)).await;
        };
        let mut tail = Tail::at(last);
        for _ in 0..CATCH_UP {
            let (events, more) = tail.next(&bank).await.map_err(failed)?;
            self.hear(&Batch { events, horizon: tail.horizon() }).await?;
            if !more {
                return self.say(&LiveEvent::Here, Some(tail.horizon())).await;
            }
        }
        let horizon = Tail::begin(&bank).await.map_err(failed)?.horizon();
        self.say(&LiveEvent::Reset, Some(horizon)).await
    }

    async fn follow(&mut self, mut batches: broadcast::Receiver<Arc<Batch>>) -> Result<(), Over> {
        let mut beat = tokio::time::interval(HEARTBEAT);
        beat.tick().await;
        let drain = self.state.drain.clone();
        loop {
            tokio::select! {
                batch = batches.recv() => match batch {
                    Ok(batch) => self.hear(&batch).await?,
                    Err(broadcast::error::RecvError::Lagged(_)) => self.say(&LiveEvent::Reset, None).await?,
                    Err(broadcast::error::RecvError::Closed) => return Err(Over),
                },
                _ = beat.tick() => self.beat(&batches).await?,
                () = self.sender.closed() => return Err(Over),
                () = drain.wait() => return Err(Over),
            }
        }
    }

    /// The place goes with the last event of a batch: whoever is cut off before begins before.
    async fn hear(&mut self, batch: &Batch) -> Result<(), Over> {
        if self.looked.elapsed() > LOOK && batch.events.iter().any(|event| self.audience.hears(event).is_some()) {
            self.look().await?;
        }
        let heard: Vec<LiveEvent> = batch.events.iter().filter_map(|event| self.audience.hears(event)).collect();
        let count = heard.len();
        for (at, event) in heard.iter().enumerate() {
            self.say(event, (at + 1 == count).then_some(batch.horizon)).await?;
        }
        Ok(())
    }

    /// A place without anything that happened is data too: an `id` alone never reaches the page.
    async fn beat(&mut self, batches: &broadcast::Receiver<Arc<Batch>>) -> Result<(), Over> {
        self.look().await?;
        let horizon = self.state.live.horizon.load(Ordering::Acquire);
        let known = horizon > 0 && batches.is_empty();
        self.say(&LiveEvent::Here, known.then_some(horizon)).await
    }

    /// Is it still logged in, and as what?
    async fn look(&mut self) -> Result<(), Over> {
        match live::still(&self.state.bank, &self.actor).await {
            Ok(Some(actor)) => {
                self.audience = live::audience(&actor).await.map_err(|_| Over)?;
                self.actor = actor;
                self.looked = Instant::now();
                Ok(())
            }
            Ok(None) => {
                self.say(&LiveEvent::Over, None).await?;
                Err(Over)
            }
            Err(error) => {
                tracing::warn!(%error, "a listener's session could not be looked at");
                Err(Over)
            }
        }
    }

    async fn say(&self, event: &LiveEvent, id: Option<i64>) -> Result<(), Over> {
        let data = Event::default().json_data(event).map_err(|_| Over)?.retry(Duration::from_secs(1));
        let event = match id {
            Some(id) => data.id(id.to_string()),
            None => data,
        };
        let drain = self.state.drain.clone();
        tokio::select! {
            sent = self.sender.send(event) => sent.map_err(|_| Over),
            // Whoever takes nothing for so long catches up when it comes back.
            () = tokio::time::sleep(HEARTBEAT) => Err(Over),
            () = drain.wait() => Err(Over),
        }
    }
}
