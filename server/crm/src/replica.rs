//! Reading from a streaming replica, and when not to.
//!
//! What a person wrote must be in what that person reads next. So a session remembers how far the
//! write-ahead log had come when it last wrote, and reads go to the replica only when it has replayed that
//! much; else to the primary. A replica that is far behind, promoted or gone is not read from at all.

use std::{collections::VecDeque, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use crate::{Actor, Bank, Result, wal::lsn};

/// How often primary and replica are asked where they are.
const EVERY: Duration = Duration::from_millis(100);
/// A replica that is further behind shows others' work too late.
const LAG: Duration = Duration::from_secs(2);
/// An answer or a connection that takes longer comes from the primary.
const PATIENCE: Duration = Duration::from_millis(500);

/// A replica and what is known of it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Replica {
    pool: PgPool,
    known: Arc<watch::Sender<Known>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Replayed up to here at least; 0: not to be read from.
    replayed: u64,
    /// Counts connections: what was learned on an earlier one does not hold for a server that restarted.
    connected: u64,
}

impl Replica {
    /// The replica, and one connection to it for the watcher: it must not wait behind who reads.
    fn connect(options: PgConnectOptions, max_connections: u32) -> (Replica, PgPool) {
        let known = Arc::new(watch::Sender::new(Known::default()));
        let pool = |most: u32| {
            let told = Arc::clone(&known);
            PgPoolOptions::new().max_connections(most).acquire_timeout(PATIENCE).after_connect(move |connection, _| {
                let told = Arc::clone(&told);
                Box::pin(async move {
                    let here = place(connection).await?;
                    told.send_modify(|known| *known = Known { replayed: known.replayed.min(here), connected: known.connected + 1 });
                    Ok(())
                })
            })
        };
        let watcher = pool(1).connect_lazy_with(options.clone());
        let readers = pool(max_connections).connect_lazy_with(options);
        (Replica { pool: readers, known }, watcher)
    }

    /// A connection that shows everything up to `seen`.
    async fn at(&self, seen: u64) -> Option<PoolConnection<Postgres>> {
        let is_there = || {
            let replayed = self.known.borrow().replayed;
            replayed > 0 && replayed >= seen
        };
        if !is_there() {
            return None;
        }
        let connection = self.pool.acquire().await.ok()?;
        // A new connection may have brought worse news.
        is_there().then_some(connection)
    }

    /// Asks both where they are, until the primary's pool is closed; each through a connection that requests do not use.
    async fn watch(self, primary: PgPool, watcher: PgPool) {
        let mut written: VecDeque<(Instant, u64)> = VecDeque::new();
        let mut was_fit = false;
        loop {
            sleep(EVERY).await;
            if primary.is_closed() {
                return;
            }
            if let Ok(Ok(now)) = timeout(PATIENCE, written_to(&primary)).await {
                written.push_back((Instant::now(), now));
            }
            while written.len() > 1 && written[1].0.elapsed() > LAG {
                written.pop_front();
            }
            let connected = self.known.borrow().connected;
            let asked = async {
                let mut connection = watcher.acquire().await?;
                place(&mut connection).await
            };
            let here = match timeout(PATIENCE, asked).await {
                Ok(Ok(here)) => here,
                _ => 0,
            };
            let due = written.front().filter(|(at, _)| at.elapsed() > LAG).map_or(0, |(_, place)| *place);
            let is_fit = here > 0 && here >= due;
            if was_fit && !is_fit {
                tracing::warn!("the replica is behind or away: the primary is read from");
            } else if is_fit && !was_fit {
                tracing::info!("lists and dashboards are read from the replica");
            }
            was_fit = is_fit;
            self.known.send_modify(|known| {
                if !is_fit {
                    known.replayed = 0;
                } else if known.connected == connected {
                    known.replayed = here;
                }
            });
        }
    }
}

/// 0: this is no replica.
async fn place(connection: &mut sqlx::PgConnection) -> Result<u64, sqlx::Error> {
    let place: Option<String> =
        sqlx::query_scalar("select case when pg_is_in_recovery() then pg_last_wal_replay_lsn()::text end").fetch_one(connection).await?;
    Ok(place.map_or(0, |place| lsn(&place)))
}

async fn written_to(primary: &PgPool) -> Result<u64, sqlx::Error> {
    let place: String = sqlx::query_scalar("select pg_current_wal_insert_lsn()::text").fetch_one(primary).await?;
    Ok(lsn(&place))
}

impl Bank {
    /// Reads lists and dashboards from the streaming replica behind `url`, as the application's role.
    ///
    /// # Errors
    /// When the URL cannot be understood. A replica that is away is none: the primary is read from.
    pub fn with_replica(mut self, url: &str, as_owner: bool, max_connections: u32) -> Result<Bank> {
        let options = PgConnectOptions::from_str(url)?.options([("jit", "off")]).application_name("guanhu reads");
        let options = if as_owner { options.options([("role", "guanhu_app")]) } else { options };
        let (replica, watcher) = Replica::connect(options, max_connections);
        tokio::spawn(replica.clone().watch(self.health.clone(), watcher));
        self.replica = Some(replica);
        Ok(self)
    }

    /// A replica that claims to be at `place`, for tests.
    #[cfg(feature = "testing")]
    pub fn with_replica_at(mut self, options: PgConnectOptions, place: u64) -> Bank {
        let known = Arc::new(watch::Sender::new(Known { replayed: place, connected: 0 }));
        self.replica = Some(Replica { pool: PgPoolOptions::new().acquire_timeout(PATIENCE).connect_lazy_with(options), known });
        self
    }

    /// A connection for what may be some moments old, but holds all that this actor has written.
    pub async fn read(&self, actor: &Actor) -> Result<PoolConnection<Postgres>> {
        if let Some(replica) = &self.replica
            && !actor.wrote.is_set()
            && let Some(connection) = replica.at(actor.seen).await
        {
            return Ok(connection);
        }
        Ok(self.pool.acquire().await?)
    }

    /// After a request: what it wrote is in what its session reads from now on, on every server.
    pub async fn remember_writes(&self, actor: &Actor) -> Result<()> {
        if self.replica.is_none() || !actor.wrote.take() {
            return Ok(());
        }
        sqlx::query("update session set wrote_to = pg_current_wal_insert_lsn() where session_id = $1")
            .bind(actor.session_id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Returns once the replica shows what is committed now, so that a page told of a change finds it. At
    /// once when none is read from.
    pub async fn replica_caught_up(&self) -> Result<()> {
        let Some(replica) = &self.replica else { return Ok(()) };
        let mut known = replica.known.subscribe();
        if known.borrow().replayed == 0 {
            return Ok(());
        }
        let now = written_to(&self.pool).await?;
        let _ = timeout(LAG, known.wait_for(|known| known.replayed == 0 || known.replayed >= now)).await;
        Ok(())
    }
}
