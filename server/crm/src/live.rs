//! What happened since: the outbox read in an order in which nothing is skipped, and who may hear of it.

use std::collections::{BTreeMap, HashMap};

use guanhu_domain::{
    CustomerNo,
    access::Verb,
    customers::ManagerRef,
    live::{LiveEvent, Moved},
};
use serde::Deserialize;
use uuid::Uuid;

use crate::{Actor, Bank, Result, Scope, actor::UserRow, user_columns, user_tables};

/// Events read at once.
const BATCH: i64 = 1_000;

/// Events are kept so long, and forgotten so many at a time.
const KEPT_DAYS: i32 = 30;
const FORGET: i64 = 50_000;

/// Forgets the oldest events, once nobody can be waiting for them. How many.
pub async fn forget(bank: &Bank) -> Result<u64> {
    let forgotten = sqlx::query(
        "delete from outbox_event where event_id in (
             select event_id from (select event_id, at from outbox_event order by event_id limit $2) oldest
             where at < now() - make_interval(days => $1))",
    )
    .bind(KEPT_DAYS)
    .bind(FORGET)
    .execute(bank.pool())
    .await?;
    Ok(forgotten.rows_affected())
}

/// As [`crate::notices`] writes it.
#[derive(Deserialize)]
struct Told {
    users: Vec<i32>,
}

/// A place in the outbox. An event's id is drawn before its transaction commits, and so is its transaction's
/// number: a smaller one may become visible later. Below the horizon, the oldest transaction still running,
/// nothing new can appear; what lies above it is read at once all the same, and remembered as read, so that
/// one long load does not silence every screen.
pub struct Tail {
    horizon: i64,
    /// Event and transaction of what was read above it.
    read: HashMap<i64, i64>,
}

/// Something to tell, with all that scopes are judged by.
pub enum Event {
    Moved {
        topic: Topic,
        change: Change,
    },
    /// These users have something new to read.
    Notice(Vec<i32>),
}

pub enum Topic {
    Assignment,
    Transfer,
}

/// As [`crate::assignments`] writes it.
#[derive(Deserialize)]
pub struct Change {
    transfer: Uuid,
    state: String,
    by: String,
    more: bool,
    /// Customer, unit, lead before, lead now, assistants.
    customers: Vec<(i64, i32, Option<i32>, Option<i32>, Vec<i32>)>,
    /// Member of staff, code, name, unit.
    people: Vec<(i32, String, String, i32)>,
    /// Units whose pool gave or received.
    pools: Vec<i32>,
}

impl Tail {
    /// From now on.
    pub async fn begin(bank: &Bank) -> Result<Tail> {
        let horizon = sqlx::query_scalar("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint").fetch_one(bank.pool()).await?;
        Ok(Tail::at(horizon))
    }

    /// From where another tail said it was. What happened just before may be told again.
    pub fn at(horizon: i64) -> Tail {
        Tail { horizon, read: HashMap::new() }
    }

    /// Whoever begins here misses nothing that was not told yet.
    pub fn horizon(&self) -> i64 {
        self.horizon
    }

    /// What became visible since the last call, a thousand at most; `true` if there may be more.
    pub async fn next(&mut self, bank: &Bank) -> Result<(Vec<Event>, bool)> {
        let rows: Vec<(i64, Option<i64>, Option<i64>, Option<String>, Option<serde_json::Value>)> = sqlx::query_as(
            "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint, e.event_id, e.xid::text::bigint, e.topic, e.payload
             from (select) one left join lateral (
                 select o.* from outbox_event o
                 where o.topic in ('assignment.changed', 'transfer.changed', 'notice.added') and o.xid >= $1::text::xid8 and o.event_id <> all($2)
                 order by o.xid, o.event_id limit $3) e on true
             order by e.xid, e.event_id",
        )
        .bind(self.horizon.to_string())
        .bind(self.read.keys().copied().collect::<Vec<_>>())
        .bind(BATCH)
        .fetch_all(bank.pool())
        .await?;
        let Some(mut horizon) = rows.first().map(|row| row.0) else { return Ok((Vec::new(), false)) };
        let more = rows.len() as i64 == BATCH;
        let mut seen = Vec::with_capacity(rows.len());
        let mut events = Vec::new();
        for (_, id, xid, topic, payload) in rows {
            let (Some(id), Some(xid), Some(topic), Some(payload)) = (id, xid, topic, payload) else { continue };
            seen.push((id, xid));
            let moved = |topic| move |change| Event::Moved { topic, change };
            let read = match topic.as_str() {
                "assignment.changed" => serde_json::from_value(payload).map(moved(Topic::Assignment)),
                "transfer.changed" => serde_json::from_value(payload).map(moved(Topic::Transfer)),
                "notice.added" => serde_json::from_value(payload).map(|told: Told| Event::Notice(told.users)),
                _ => continue,
            };
            match read {
                Ok(event) => events.push(event),
                Err(error) => tracing::error!(%error, event = id, "an event of the outbox cannot be read"),
            }
        }
        if more {
            // Of the last transaction there may be further events: it is read again from its start.
            horizon = seen.last().map_or(horizon, |(_, xid)| horizon.min(*xid));
        }
        self.read.extend(seen);
        self.read.retain(|_, xid| *xid >= horizon);
        self.horizon = horizon;
        Ok((events, more))
    }
}

/// How much of the bank a listener hears.
pub struct Audience {
    scope: Scope,
    /// A manager's own unit: how busy its managers are is known there.
    home: i32,
    user: i32,
}

/// What this actor may hear.
pub async fn audience(actor: &Actor) -> Result<Audience> {
    actor.require(Verb::EventFollow)?;
    Ok(Audience { scope: actor.scope.clone(), home: actor.org_id, user: actor.user_id })
}

impl Audience {
    /// The part of an event that this audience may know; `None` when that is nothing.
    pub fn hears(&self, event: &Event) -> Option<LiveEvent> {
        let (topic, change) = match event {
            Event::Moved { topic, change } => (topic, change),
            Event::Notice(users) => return users.contains(&self.user).then_some(LiveEvent::Notice),
        };
        let (units, own): (&[i32], Option<i32>) = match &self.scope {
            Scope::Units(units) => (units, None),
            Scope::Portfolio { staff_id, .. } => (&[], Some(*staff_id)),
            Scope::Nothing => return None,
        };
        let code = |id: &Option<i32>| id.and_then(|id| change.people.iter().find(|person| person.0 == id)).map(|person| person.1.clone());
        let mine = |lead: &Option<i32>| own.is_some() && *lead == own;
        let customers: BTreeMap<CustomerNo, Option<String>> = change
            .customers
            .iter()
            .filter(|(_, unit, was, now, assists)| {
                units.contains(unit) || mine(was) || mine(now) || own.is_some_and(|own| assists.contains(&own))
            })
            .map(|(id, _, _, now, _)| (CustomerNo::from_id(*id), code(now)))
            .collect();
        let managers: Vec<ManagerRef> = change
            .people
            .iter()
            .filter(|(_, _, _, unit)| units.contains(unit) || (own.is_some() && *unit == self.home))
            .map(|(_, code, name, _)| ManagerRef { code: code.clone(), name: name.clone() })
            .collect();
        // Managers pick from the pool of their own unit.
        let pool = change.pools.iter().any(|unit| units.contains(unit) || (own.is_some() && *unit == self.home));
        if customers.is_empty() && managers.is_empty() && !pool {
            return None;
        }
        let moved = Moved {
            transfer: change.transfer,
            state: change.state.clone(),
            by: change.by.clone(),
            customers,
            more: change.more,
            managers,
            pool,
        };
        Some(match topic {
            Topic::Assignment => LiveEvent::Assignment(moved),
            Topic::Transfer => LiveEvent::Transfer(moved),
        })
    }
}

/// The actor as it is now, if the session has not ended meanwhile. Unlike a request this does not count as
/// being there.
pub async fn still(bank: &Bank, actor: &Actor) -> Result<Option<Actor>> {
    actor.require(Verb::EventFollow)?;
    let row: Option<UserRow> = sqlx::query_as(concat!(
        "select ",
        user_columns!(),
        " from ",
        user_tables!(),
        " join session s on s.user_id = u.user_id
         where s.session_id = $1 and s.expires_at > now() and s.seen_at > now() - interval '30 minutes'
           and u.disabled_at is null and u.granted_at is not null"
    ))
    .bind(actor.session_id)
    .fetch_optional(bank.pool())
    .await?;
    row.map(|row| row.into_actor(actor.session_id, actor.ip, actor.request_id)).transpose()
}
