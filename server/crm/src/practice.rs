//! The practice bank: a made-up bank where everything may be tried, and a pristine copy of it to begin anew from.
//!
//! ```text
//! guanhu                      the bank
//! guanhu_practice             what people practise in
//! guanhu_practice_template    as it was made; takes no connections
//! ```
//!
//! Databases of their own rather than schemas: statements name no schema, and Postgres lets none reach into
//! another database, so nothing that is tried can touch the bank. A copy of a database takes a second.

use std::{sync::Arc, time::Duration};

use chrono::{Days, Utc};
use guanhu_domain::{
    access::{Role, Verb, account::LoggedIn},
    practice::{Part, PracticePage, Standing},
};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::watch;

use crate::{
    Actor, Bank, Error, Keys, MIGRATOR, Result,
    access::{Client, SessionKind, session},
    actor::UserRow,
    audit::{self, Entry},
    demo::{self, DemoOptions, LOGINS, Progress},
    tokens, user_columns, user_tables,
};

/// Connections of one server to the practice bank, and how long one stays without use.
const POOL: u32 = 4;
const POOL_IDLE: Duration = Duration::from_secs(60);
/// While it is made.
const OWNER_POOL: u32 = 4;
/// Names of databases have 63 bytes.
const NAME_MAX: usize = 63 - "_practice_template".len();
/// How the mark begins of every database made here; no other is ever dropped.
const MARK: &str = "guanhu practice";
/// Stands on one that is being made or taken away.
const UNFINISHED: &str = "guanhu practice unfinished";

/// How large the made-up bank is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub customers: u64,
    /// Whole months of balances and transactions.
    pub months: u32,
}

impl Default for Size {
    fn default() -> Size {
        Size { customers: 2_000, months: 24 }
    }
}

/// The practice bank of a deployment, made or not. Cheap to clone.
#[derive(Clone)]
pub struct Databases(Arc<Inner>);

struct Inner {
    /// The owner's way to the bank's own database, from which others are made.
    owner: PgConnectOptions,
    /// The application's.
    app: PgConnectOptions,
    keys: Keys,
    practice: String,
    pristine: String,
    /// Stands on a database that is whole: which version of what made it.
    mark: String,
    size: Size,
    standing: watch::Sender<Standing>,
}

/// A bank that is certainly not the bank: sessions begin in it without a password.
#[derive(Clone)]
pub struct PracticeBank(Bank);

impl PracticeBank {
    pub fn bank(&self) -> &Bank {
        &self.0
    }
}

impl Databases {
    /// Beside the database that `owner` leads to. `secret` is the deployment's; the practice bank's keys are others.
    ///
    /// # Errors
    /// Internal, with what to type, when the owner may not make databases.
    pub async fn beside(owner: PgConnectOptions, bank: &Bank, secret: &[u8], size: Size) -> Result<Databases> {
        let owner = owner.application_name("guanhu practice").disable_statement_logging();
        let mut conn = PgConnection::connect_with(&owner).await?;
        let (database, login, may): (String, String, bool) = sqlx::query_as(
            "select current_database()::text, quote_ident(rolname)::text, rolsuper or rolcreatedb and rolcreaterole from pg_roles where rolname = current_user",
        )
        .fetch_one(&mut conn)
        .await?;
        conn.close().await?;
        if !may {
            return Err(Error::internal(format!(
                "the login {login} may not make databases and what the first migration makes. Type as a superuser: alter role {login} createdb createrole"
            )));
        }
        let keys = Keys::derive(&[secret, b" for practice"].concat());
        let newest = MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0);
        let mark = format!("{MARK} {newest} {} {} {}", size.customers, size.months, keys.mark("practice"));
        let stem = stem(&database);
        Ok(Databases(Arc::new(Inner {
            owner,
            app: bank.pool().connect_options().as_ref().clone(),
            keys,
            practice: format!("{stem}_practice"),
            pristine: format!("{stem}_practice_template"),
            mark,
            size,
            standing: watch::Sender::new(Standing::Unmade),
        })))
    }

    /// The practice bank, if it is whole and of this version.
    pub async fn connect(&self) -> Result<Option<PracticeBank>> {
        let inner = &self.0;
        let mut conn = PgConnection::connect_with(&inner.owner).await?;
        let whole = inner.is_whole(&mut conn, &inner.practice).await?;
        conn.close().await?;
        if !whole {
            return Ok(None);
        }
        self.stands(Standing::Ready);
        let pool = PgPoolOptions::new()
            .max_connections(POOL)
            .idle_timeout(POOL_IDLE)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with(inner.app.clone().database(&inner.practice));
        Ok(Some(PracticeBank(Bank::over(pool, inner.keys.clone()))))
    }

    /// Claims the work of [`Self::make`]; `false` when it is under way in this server.
    pub fn begin_making(&self) -> bool {
        self.0.standing.send_if_modified(|standing| {
            let free = !matches!(standing, Standing::Making { .. });
            if free {
                *standing = Standing::Making { part: Part::Waiting, done: 0, total: 0 };
            }
            free
        })
    }

    /// Makes what is missing of the practice bank: under a minute, told by its standing. Of any number of servers one does it.
    pub async fn make(&self) -> Result<()> {
        let made = async {
            let mut conn = self.locked().await?;
            self.ensure(&mut conn).await?;
            Ok(conn.close().await?)
        };
        self.settled(made.await)
    }

    /// Puts the pristine copy in the place of what people practised in. Whoever still does has no session any more.
    ///
    /// # Errors
    /// When connections to it cannot be ended; then everything is as before.
    pub async fn reset(&self) -> Result<()> {
        self.stands(Standing::Making { part: Part::Copy, done: 0, total: 0 });
        let reset = async {
            let mut conn = self.locked().await?;
            self.remove(&mut conn, &self.0.practice).await?;
            self.ensure(&mut conn).await?;
            Ok(conn.close().await?)
        };
        self.settled(reset.await)
    }

    /// Takes both databases away.
    pub async fn drop_all(&self) -> Result<()> {
        let mut conn = self.locked().await?;
        self.remove(&mut conn, &self.0.practice).await?;
        self.remove(&mut conn, &self.0.pristine).await?;
        self.stands(Standing::Unmade);
        Ok(conn.close().await?)
    }

    fn stands(&self, standing: Standing) {
        self.0.standing.send_replace(standing);
    }

    fn settled(&self, result: Result<()>) -> Result<()> {
        self.stands(if result.is_ok() { Standing::Ready } else { Standing::Failed });
        result
    }

    /// A connection to the bank's own database that nobody else of this deployment has for this purpose.
    async fn locked(&self) -> Result<PgConnection> {
        let mut conn = PgConnection::connect_with(&self.0.owner).await?;
        sqlx::query("select pg_advisory_lock(hashtext('guanhu.practice'))").execute(&mut conn).await?;
        Ok(conn)
    }

    async fn ensure(&self, conn: &mut PgConnection) -> Result<()> {
        let inner = &self.0;
        if !inner.is_whole(conn, &inner.pristine).await? {
            self.stands(Standing::Making { part: Part::Schema, done: 0, total: 0 });
            self.remove(conn, &inner.practice).await?;
            self.remove(conn, &inner.pristine).await?;
            let locale = locale(conn).await?;
            run(conn, &format!("create database {} template template0 encoding 'UTF8' {locale}", quoted(&inner.pristine))).await?;
            mark(conn, &inner.pristine, UNFINISHED).await?;
            self.fill().await?;
            run(conn, &format!("alter database {} with allow_connections false", quoted(&inner.pristine))).await?;
            mark(conn, &inner.pristine, &inner.mark).await?;
        }
        if !inner.is_whole(conn, &inner.practice).await? {
            self.stands(Standing::Making { part: Part::Copy, done: 0, total: 0 });
            self.remove(conn, &inner.practice).await?;
            let practice = quoted(&inner.practice);
            run(conn, &format!("create database {practice} template {}", quoted(&inner.pristine))).await?;
            mark(conn, &inner.practice, UNFINISHED).await?;
            // What a database grants is not copied.
            run(conn, &format!("grant connect, temporary on database {practice} to guanhu_app")).await?;
            mark(conn, &inner.practice, &inner.mark).await?;
        }
        Ok(())
    }

    /// The schema and a demo bank whose password nobody is told. It speaks for the day before it is made.
    async fn fill(&self) -> Result<()> {
        let inner = &self.0;
        let owner = PgPoolOptions::new().max_connections(OWNER_POOL).connect_with(inner.owner.clone().database(&inner.pristine)).await?;
        MIGRATOR.run(&owner).await.map_err(Error::internal)?;
        let app = PgPoolOptions::new().max_connections(2).connect_lazy_with(inner.app.clone().database(&inner.pristine));
        let bank = Bank::over(app, inner.keys.clone());
        let yesterday = Utc::now().date_naive() - Days::new(1);
        let options =
            DemoOptions { customers: inner.size.customers, seed: 1, months: inner.size.months, business_date: yesterday, password: None };
        let progress = |progress| {
            let (part, done, total) = match progress {
                Progress::Customers { done, total } => (Part::Customers, done, total),
                Progress::Indexes { done, total } => (Part::Indexes, done, total),
                Progress::Months { done, total } => (Part::Months, done, total),
            };
            self.stands(Standing::Making { part, done, total });
        };
        let made = async {
            demo::generate(&bank, &owner, &Actor::system(), &options, &progress).await?;
            // Else the first search after every reset would do it.
            tokens::rebuild::run(&bank).await
        };
        let made = made.await;
        bank.flush().await;
        bank.close().await;
        owner.close().await;
        made.map(drop)
    }

    /// Drops a database, whoever is connected to it. What ends half-way is not whole, and dropped the next time.
    ///
    /// # Errors
    /// Internal for one that was not made here.
    async fn remove(&self, conn: &mut PgConnection, name: &str) -> Result<()> {
        let known: Option<(Option<String>, bool)> =
            sqlx::query_as("select shobj_description(oid, 'pg_database'), datallowconn from pg_database where datname = $1")
                .bind(name)
                .fetch_optional(&mut *conn)
                .await?;
        let Some((before, open)) = known else { return Ok(()) };
        let Some(before) = before.filter(|before| before.starts_with(MARK)) else {
            return Err(Error::internal(format!(
                "the database {name} was not made for practice, and is left alone. Rename it, or drop it, to have a practice bank"
            )));
        };
        let database = quoted(name);
        mark(conn, name, UNFINISHED).await?;
        if open {
            run(conn, &format!("alter database {database} with allow_connections false")).await?;
        }
        // Other servers' connections are the application's, which the owner's login need not be able to end.
        if let Err(error) = self.end_own(name).await {
            tracing::debug!(%error, "connections to the practice bank");
        }
        let dropped = run(conn, &format!("drop database {database} with (force)")).await;
        if dropped.is_err() && open {
            run(conn, &format!("alter database {database} with allow_connections true")).await?;
            mark(conn, name, &before).await?;
        }
        dropped
    }

    async fn end_own(&self, name: &str) -> Result<()> {
        const PATIENCE_MS: i64 = 5_000;
        let mut conn = PgConnection::connect_with(&self.0.app).await?;
        sqlx::query("select pg_terminate_backend(pid, $2) from pg_stat_activity where datname = $1 and usename = session_user")
            .bind(name)
            .bind(PATIENCE_MS)
            .execute(&mut conn)
            .await?;
        Ok(conn.close().await?)
    }
}

impl Inner {
    async fn is_whole(&self, conn: &mut PgConnection, name: &str) -> Result<bool> {
        let mark: Option<Option<String>> =
            sqlx::query_scalar("select shobj_description(oid, 'pg_database') from pg_database where datname = $1")
                .bind(name)
                .fetch_optional(conn)
                .await?;
        Ok(mark.flatten().as_deref() == Some(self.mark.as_str()))
    }
}

async fn mark(conn: &mut PgConnection, name: &str, mark: &str) -> Result<()> {
    run(conn, &format!("comment on database {} is '{mark}'", quoted(name))).await
}

/// The statement names databases, which no parameter can.
async fn run(conn: &mut PgConnection, statement: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(conn).await?;
    Ok(())
}

/// How the names of a database's practice banks begin. Postgres cuts a longer name short, which would be the bank's own: of
/// one that leaves no room a part is said by its hash.
fn stem(database: &str) -> String {
    if database.len() <= NAME_MAX {
        return database.to_owned();
    }
    let hash = hex::encode(&Sha256::digest(database)[..8]);
    format!("{}_{hash}", &database[..database.floor_char_boundary(NAME_MAX - 1 - hash.len())])
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The bank's own order of words, as `create database` takes it.
async fn locale(conn: &mut PgConnection) -> Result<String> {
    // The column that says which was renamed in 17.
    Ok(sqlx::query_scalar(
        "select concat('lc_collate ', quote_literal(d.datcollate), ' lc_ctype ', quote_literal(d.datctype), case d.datlocprovider
             when 'i' then ' locale_provider icu icu_locale ' || quote_literal(l.locale)
             when 'b' then ' locale_provider builtin builtin_locale ' || quote_literal(l.locale)
             else ' locale_provider libc' end)
         from pg_database d cross join lateral (select coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') as locale) l
         where d.datname = current_database()",
    )
    .fetch_one(conn)
    .await?)
}

/// What somebody does about the practice bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Asked for it to be made.
    Make,
    Enter,
    Reset,
}

/// May they? Audited in whichever bank this is, the bank's own log before all.
pub async fn take_step(bank: &Bank, actor: &Actor, step: Step) -> Result<()> {
    actor.require(Verb::Practise)?;
    let told = match step {
        Step::Make => "make",
        Step::Enter => "enter",
        Step::Reset => "reset",
    };
    let mut tx = bank.begin().await?;
    audit::record(&mut tx, actor, Entry::done(Verb::Practise, "practice").detail(json!({ "practice": told }))).await?;
    tx.commit().await?;
    Ok(())
}

/// Begins a session in the practice bank as somebody of this role: whoever is logged in to the bank is vouched for there.
///
/// # Errors
/// `not_found` when nobody of the role is left in the practice bank, until it is reset.
pub async fn begin(practice: &PracticeBank, role: Role, client: &Client) -> Result<LoggedIn> {
    let bank = practice.bank();
    let mut tx = bank.begin().await?;
    let user: UserRow = sqlx::query_as(concat!(
        "select ",
        user_columns!(),
        " from ",
        user_tables!(),
        " where u.role = $1 and u.disabled_at is null and u.granted_at is not null order by u.login <> all($2), u.user_id limit 1"
    ))
    .bind(role.code())
    .bind(&LOGINS[..])
    .fetch_one(&mut *tx)
    .await?;
    let (token, session_id, expires_at) = session::begin(&mut tx, user.user_id, SessionKind::Browser, client).await?;
    let actor = user.into_actor(Some(session_id), client.ip, client.request_id)?;
    let entry = Entry {
        verb: "session.begin",
        ..Entry::done(Verb::Practise, format!("user:{}", actor.login))
            .detail(json!({ "kind": SessionKind::Browser.code(), "session": session_id }))
    };
    audit::record(&mut tx, &actor, entry).await?;
    tx.commit().await?;
    Ok(LoggedIn { token, expires_at, me: actor.me })
}

/// What the page about practice shows. `bank` is the one that the actor is in, `within` whether that is the practice bank.
///
/// # Errors
/// `not_found` where practice is not offered.
pub async fn page(bank: &Bank, actor: &Actor, databases: Option<&Databases>, within: bool) -> Result<PracticePage> {
    actor.require(Verb::Practise)?;
    let databases = databases.ok_or_else(Error::not_found)?;
    if within {
        let practising =
            sqlx::query_scalar("select count(*) from session where expires_at > now() and seen_at > now() - interval '30 minutes'")
                .fetch_one(bank.pool())
                .await?;
        return Ok(PracticePage { standing: Standing::Ready, practising: Some(practising) });
    }
    let mut standing = *databases.0.standing.borrow();
    // Another server, or this one before it was restarted, may have made it.
    if matches!(standing, Standing::Unmade | Standing::Ready) {
        let mut conn = PgConnection::connect_with(&databases.0.owner).await?;
        let whole = databases.0.is_whole(&mut conn, &databases.0.practice).await?;
        conn.close().await?;
        standing = if whole { Standing::Ready } else { Standing::Unmade };
    }
    Ok(PracticePage { standing, practising: None })
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn no_practice_bank_has_the_name_of_a_bank() {
        assert_eq!(stem("guanhu"), "guanhu");
        for long in ["x".repeat(46), "x".repeat(63), format!("{}{}", "x".repeat(27), "客户".repeat(5))] {
            let name = format!("{}_practice_template", stem(&long));
            assert!(name.len() <= 63 && !name.starts_with(&long), "{name}");
        }
        assert_ne!(stem(&"x".repeat(50)), stem(&"x".repeat(51)));
    }
}
