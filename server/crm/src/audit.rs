//! The audit log: what was done, in the transaction that did it; what was viewed, soon after.

pub mod seal;
pub mod search;

use guanhu_domain::{CustomerNo, access::Verb};
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use tokio::sync::{mpsc, oneshot};

use crate::{Actor, Result};

/// How a row ends: changed something, showed something, was refused, broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Viewed,
    Denied,
    Failed,
}

impl Outcome {
    const fn code(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Viewed => "viewed",
            Outcome::Denied => "denied",
            Outcome::Failed => "failed",
        }
    }
}

/// Customers whom the row of a list names; of more it says how many.
const NAMED_MAX: usize = 10;

/// A row of the log. `subject` is a public code such as `customer:000000010009`; `detail` never holds clear C2 values.
#[derive(Clone, Debug)]
pub struct Entry {
    pub verb: &'static str,
    pub subject: String,
    pub outcome: Outcome,
    pub reason: String,
    pub detail: Value,
}

impl Entry {
    pub fn done(verb: Verb, subject: impl Into<String>) -> Entry {
        Entry {
            verb: verb.code(),
            subject: subject.into(),
            outcome: Outcome::Done,
            reason: String::new(),
            detail: Value::Object(Default::default()),
        }
    }

    pub fn viewed(verb: Verb, subject: impl Into<String>) -> Entry {
        Entry { outcome: Outcome::Viewed, ..Entry::done(verb, subject) }
    }

    /// A list that showed these customers: how many, and which where they are few. One alone is what the row is about,
    /// rather than `place`.
    pub fn listed(verb: Verb, place: impl Into<String>, shown: &[CustomerNo]) -> Entry {
        let place: String = place.into();
        match shown {
            [only] => Entry::viewed(verb, format!("customer:{only}")).detail(json!({ "part": place })),
            few if few.len() <= NAMED_MAX => Entry::viewed(verb, place).detail(json!({ "customers": few })),
            many => Entry::viewed(verb, place).detail(json!({ "customers": many.len() })),
        }
    }

    /// Whom it showed, beside what it is about.
    pub fn showing(self, shown: &[CustomerNo]) -> Entry {
        let told = if shown.len() <= NAMED_MAX { json!(shown) } else { json!(shown.len()) };
        self.with("customers", told)
    }

    /// One more part of the detail.
    pub fn with(mut self, key: &str, value: Value) -> Entry {
        if let Value::Object(detail) = &mut self.detail {
            detail.insert(key.to_owned(), value);
        }
        self
    }

    pub fn denied(verb: Verb, subject: impl Into<String>) -> Entry {
        Entry { outcome: Outcome::Denied, ..Entry::done(verb, subject) }
    }

    pub fn reason(mut self, reason: impl Into<String>) -> Entry {
        self.reason = reason.into();
        self
    }

    pub fn detail(mut self, detail: Value) -> Entry {
        self.detail = detail;
        self
    }
}

/// Writes a row with the change it tells of. The caller commits both or neither.
pub async fn record(conn: &mut PgConnection, actor: &Actor, entry: Entry) -> Result<()> {
    actor.wrote.set();
    insert(conn, &[(actor.clone(), entry)]).await?;
    Ok(())
}

async fn insert(conn: &mut PgConnection, rows: &[(Actor, Entry)]) -> Result<(), sqlx::Error> {
    let column = |pick: &dyn Fn(&(Actor, Entry)) -> String| rows.iter().map(pick).collect::<Vec<_>>();
    sqlx::query(
        "insert into audit_log (user_id, login, role, verb, subject, outcome, reason, detail, ip, request_id)
         select nullif(user_id, 0), login, role, verb, subject, outcome, reason, detail::jsonb, nullif(ip, '')::inet, request_id
         from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::uuid[])
           as t (user_id, login, role, verb, subject, outcome, reason, detail, ip, request_id)",
    )
    .bind(rows.iter().map(|(actor, _)| actor.user_id).collect::<Vec<_>>())
    .bind(column(&|(actor, _)| actor.login.clone()))
    .bind(column(&|(actor, _)| actor.role.code().to_owned()))
    .bind(column(&|(_, entry)| entry.verb.to_owned()))
    .bind(column(&|(_, entry)| entry.subject.clone()))
    .bind(column(&|(_, entry)| entry.outcome.code().to_owned()))
    .bind(column(&|(_, entry)| entry.reason.clone()))
    .bind(column(&|(_, entry)| entry.detail.to_string()))
    .bind(column(&|(actor, _)| actor.ip.map(|ip| ip.to_string()).unwrap_or_default()))
    .bind(rows.iter().map(|(actor, _)| actor.request_id).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Views wait here and are written many at a time: a view need not wait for its own audit row,
/// but when the queue is full it does, so none is dropped.
#[derive(Clone)]
pub struct ViewQueue(mpsc::Sender<Queued>);

enum Queued {
    Row(Box<(Actor, Entry)>),
    Flush(oneshot::Sender<()>),
}

const QUEUE: usize = 10_000;
const BATCH: usize = 500;
/// So long a view's row waits for others: a commit each would cost as much as the views themselves.
const LINGER: std::time::Duration = std::time::Duration::from_millis(100);

impl ViewQueue {
    pub(crate) fn start(pool: PgPool) -> ViewQueue {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(drain(pool, receiver));
        ViewQueue(sender)
    }

    pub(crate) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.0.send(Queued::Flush(done)).await.is_ok() {
            let _ = flushed.await;
        }
    }
}

async fn drain(pool: PgPool, mut receiver: mpsc::Receiver<Queued>) {
    let mut batch = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        let until = tokio::time::Instant::now() + LINGER;
        while batch.len() < BATCH && !batch.iter().any(|item| matches!(item, Queued::Flush(_))) {
            let room = BATCH - batch.len();
            if !matches!(tokio::time::timeout_at(until, receiver.recv_many(&mut batch, room)).await, Ok(1..)) {
                break;
            }
        }
        let mut rows = Vec::with_capacity(batch.len());
        let mut waiting = Vec::new();
        for item in batch.drain(..) {
            match item {
                Queued::Row(row) => rows.push(*row),
                Queued::Flush(done) => waiting.push(done),
            }
        }
        while !rows.is_empty() {
            let written = async {
                let mut conn = pool.acquire().await?;
                insert(&mut conn, &rows).await
            };
            match written.await {
                Ok(()) => rows.clear(),
                Err(sqlx::Error::PoolClosed) => return,
                Err(error) => {
                    tracing::error!(%error, rows = rows.len(), "audit rows of views not written yet; trying again");
                    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                }
            }
        }
        for done in waiting {
            let _ = done.send(());
        }
    }
}

impl crate::Bank {
    /// Queues the audit row of a view or of a refusal.
    pub async fn audit_soon(&self, actor: &Actor, entry: Entry) {
        if self.views.0.send(Queued::Row(Box::new((actor.clone(), entry)))).await.is_err() {
            tracing::error!("the audit queue is closed");
        }
    }
}
