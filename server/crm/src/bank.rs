//! The handle every verb works on: the pools, the keys and the queue of viewed-audits.

mod logins;

use std::{
    str::FromStr,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use chrono::NaiveDate;
use guanhu_domain::{Currency, Problem};
use sqlx::{
    PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    Actor, Error, Keys, MIGRATOR, Result,
    audit::{Entry, ViewQueue},
    customers::Crowded,
    replica::Replica,
};

tokio::task_local! {
    /// The name of the request that is being answered, for failures that are nobody's in particular.
    static REQUEST: uuid::Uuid;
}

/// Does the work of a request that is quoted by this name.
pub async fn quoted<F: Future>(name: uuid::Uuid, work: F) -> F::Output {
    REQUEST.scope(name, work).await
}

/// How long it may take to say whether the database can be asked.
const HEALTH_PATIENCE: Duration = Duration::from_secs(2);

/// One bank, connected as the application's role. Cheap to clone.
#[derive(Clone)]
pub struct Bank {
    pub(crate) pool: PgPool,
    /// One connection for questions about the database itself, which must not wait behind requests.
    pub(crate) health: PgPool,
    pub(crate) keys: Keys,
    pub(crate) views: ViewQueue,
    /// Have all search tokens been given their unit? Until then a search reads them across the bank.
    pub(crate) tokens_by_unit: Arc<AtomicBool>,
    pub(crate) crowded: Arc<Crowded>,
    pub(crate) replica: Option<Replica>,
}

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Used for migrations; needs the right to make roles and tables.
    pub owner_url: String,
    /// Used for everything else. Unset: a login that is made for it or, where the owner's may not make one, the
    /// owner's with the application's role put on.
    pub app_url: Option<String>,
    pub max_connections: u32,
    /// So many are opened beforehand, and none is ever closed. A connection's handshake gives way to other tasks every
    /// few microseconds: between busy ones it would take longer than anybody waits.
    pub kept_open: u32,
}

impl Connection {
    async fn app_options(&self, keys: &Keys) -> Result<PgConnectOptions> {
        let options = match &self.app_url {
            Some(url) => PgConnectOptions::from_str(url)?,
            None => match logins::of_app(&self.owner_url, keys).await? {
                Some(own) => own,
                None => PgConnectOptions::from_str(&self.owner_url)?.options([("role", "guanhu_app")]),
            },
        };
        // Compiling a plan costs more than running it: statements here are short, or run once a day.
        Ok(options.options([("jit", "off")]).application_name("guanhu"))
    }
}

/// Brings the schema up to date, as its owner.
pub async fn migrate(connection: &Connection) -> Result<()> {
    let options = PgConnectOptions::from_str(&connection.owner_url)?.options([("lock_timeout", "5s")]).application_name("guanhu migrate");
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    logins::may_migrate(&pool).await?;
    MIGRATOR.run(&pool).await.map_err(crate::Error::internal)?;
    if connection.app_url.is_none() {
        logins::act_as_app(&pool).await?;
    }
    pool.close().await;
    Ok(())
}

impl Bank {
    /// Connects as the application's role; the schema must be up to date.
    pub async fn connect(connection: &Connection, keys: Keys) -> Result<Bank> {
        let pool = PgPoolOptions::new()
            .max_connections(connection.max_connections)
            .min_connections(connection.kept_open)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with(connection.app_options(&keys).await?);
        if !logins::is_bound(&pool).await? {
            tracing::warn!(
                "the application's login could change the schema or the audit log: give it one of its own, see docs/operations.md"
            );
        }
        Ok(Bank::over(pool, keys))
    }

    /// Over a pool that already connects as the application's role.
    pub fn over(pool: PgPool, keys: Keys) -> Bank {
        let options = pool.connect_options().as_ref().clone();
        let health = PgPoolOptions::new().max_connections(1).acquire_timeout(HEALTH_PATIENCE).connect_lazy_with(options);
        Bank {
            views: ViewQueue::start(pool.clone()),
            pool,
            health,
            keys,
            tokens_by_unit: Arc::default(),
            crowded: Arc::default(),
            replica: None,
        }
    }

    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Waits until every queued view is in the audit log: at shutdown, and in tests.
    pub async fn flush(&self) {
        self.views.flush().await;
    }

    /// Closes its connections: nothing is asked after this.
    pub async fn close(&self) {
        self.health.close().await;
        self.pool.close().await;
    }

    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.pool.begin().await?)
    }

    /// Is every migration of this binary applied?
    pub async fn is_migrated(&self) -> bool {
        let newest = MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0);
        sqlx::query_scalar::<_, bool>("select exists (select from _sqlx_migrations where version = $1 and success)")
            .bind(newest)
            .fetch_one(&self.health)
            .await
            .unwrap_or(false)
    }

    pub async fn facts(&self) -> Result<Facts> {
        Ok(sqlx::query_as(Facts::SELECT).fetch_one(&self.pool).await?)
    }
}

impl Bank {
    /// The boundary between verbs and the world: logs a failure once under the reference the client
    /// gets to quote, and audits a refusal. Never logs what a client sent.
    pub async fn settle<T>(&self, actor: Option<&Actor>, result: Result<T>) -> Result<T, Problem> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let nobody = || REQUEST.try_with(|name| *name).unwrap_or_else(|_| uuid::Uuid::now_v7());
        let reference = actor.map_or_else(nobody, |actor| actor.request_id).to_string();
        match (&error, actor) {
            (Error::Denied { verb, .. }, Some(actor)) => self.audit_soon(actor, Entry::denied(*verb, "")).await,
            (Error::Database(_) | Error::Internal(_), _) => tracing::error!(%reference, %error, "a verb failed"),
            _ => {}
        }
        Err(error.into_problem(&reference))
    }
}

/// Which bank this is. `base_currency` is what totals are in.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Facts {
    pub name: String,
    #[sqlx(try_from = "String")]
    pub base_currency: Currency,
    pub business_date: NaiveDate,
    pub is_demo: bool,
}

impl Facts {
    pub(crate) const SELECT: &'static str = "select name, base_currency::text, business_date, is_demo from bank";
}
