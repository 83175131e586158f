//! A made-up Chinese city bank, for trying things out: the same options make the same bank.
//!
//! Names, firms, streets and figures come from word lists and chance of our own ([`words`], [`dice`]).
//! Customers are made in blocks that know nothing of each other, so every core makes some, and are
//! written with COPY, summaries and search tokens included.

mod block;
mod books;
mod calendar;
mod cast;
mod credit;
mod dice;
mod estate;
mod figures;
mod holdings;
mod ledger;
mod load;
mod numbers;
mod pipeline;
mod profile;
mod rows;
mod service;
mod shelf;
mod standing;
mod town;
mod words;
mod world;

use std::{sync::Arc, time::Instant};

use guanhu_domain::{Code, access::Verb};
use rand::Rng;
use sqlx::{PgConnection, PgPool};

use crate::{Actor, Bank, Error, Result, access, audit, audit::Entry, lifecycle, tiers};

/// Months of counted lifecycle states before the business date, and the largest bank that has them.
const PAST_MONTHS: u32 = 11;
const PAST_MAX: u64 = 100_000;
pub use {town::LOGINS, world::DemoOptions};

/// What a demo bank was made of.
#[derive(Clone, Debug)]
pub struct DemoReport {
    /// Of all demo logins ([`LOGINS`]).
    pub password: String,
    pub customers: u64,
    /// Rows by table, for those tables that customers fill.
    pub rows: Vec<(&'static str, u64)>,
    /// One after the other.
    pub stages: Vec<Stage>,
    pub seconds: f64,
}

/// A part of the making of a demo bank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    pub name: &'static str,
    /// That were written, or whose indexes were made.
    pub rows: u64,
    pub seconds: f64,
}

struct Stages {
    done: Vec<Stage>,
    since: Instant,
}

impl Stages {
    /// What went on since the last one is over.
    fn over(&mut self, name: &'static str, rows: u64) {
        self.done.push(Stage { name, rows, seconds: self.since.elapsed().as_secs_f64() });
        self.since = Instant::now();
    }
}

/// How far a load is: `done` of `total` customers, then of indexes, then of months whose books are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Customers { done: u64, total: u64 },
    Indexes { done: u64, total: u64 },
    Months { done: u64, total: u64 },
}

/// Is there a whole bank already, so that nothing is to be loaded? An unfinished load is none.
pub async fn is_complete(bank: &Bank) -> Result<bool> {
    let begun = load::unfinished(&mut *bank.pool().acquire().await?).await?.is_some();
    let customers: bool = sqlx::query_scalar("select exists (select from customer)").fetch_one(bank.pool()).await?;
    Ok(customers && !begun)
}

/// At most this many customers: their identity numbers would repeat.
pub const MOST: u64 = numbers::ID_CARDS;

/// Fills an empty database. `owner` may alter the schema: indexes are set aside while rows are loaded.
///
/// Errors: `bank_not_empty` when the bank has customers, units or users, or is not a demo bank.
/// A load that was interrupted is cleared and begun again.
pub async fn generate(
    bank: &Bank,
    owner: &PgPool,
    actor: &Actor,
    options: &DemoOptions,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<DemoReport> {
    actor.require(Verb::DemoGenerate)?;
    let begun = Instant::now();
    if options.customers == 0 || options.customers > MOST || !(1..=120).contains(&options.months) {
        return Err(Error::new(Code::Invalid));
    }
    let left = load::unfinished(&mut *owner.acquire().await?).await?;
    if let Some(back) = left {
        tracing::warn!("an earlier demo bank was not finished; beginning again");
        load::clear(owner, back).await?;
    }
    let password = options.password.clone().unwrap_or_else(random_password);
    let hashes = hashes(&password).await?;

    let mut tx = owner.begin().await?;
    // One load at a time, and none beside an import that begins just now.
    sqlx::query("select pg_advisory_xact_lock(hashtext('demo.generate'))").execute(&mut *tx).await?;
    let taken: bool = sqlx::query_scalar(
        "select exists (select from customer) or exists (select from org_unit) or exists (select from app_user)
             or exists (select from bank where not is_demo)",
    )
    .fetch_one(&mut *tx)
    .await?;
    if taken {
        return Err(Error::new(Code::BankNotEmpty));
    }
    let world = Arc::new(town::found(&mut tx, bank, options, &hashes).await?);
    books::curves(&mut tx, &world).await?;
    let back = load::strip(&mut tx).await?;
    tx.commit().await?;

    let mut stages = Stages { done: Vec::new(), since: Instant::now() };
    let counts = load::fill(owner, world.clone(), &|done, total| progress(Progress::Customers { done, total })).await?;
    let copied: u64 = counts.iter().map(|(_, count)| count).sum();
    stages.over("rows by COPY", copied);
    stages.over("opportunities", pipeline::fill(owner, &world).await?);
    load::restore(owner, back, &|done, total| progress(Progress::Indexes { done, total })).await?;
    stages.over("indexes and constraints", copied);
    stages.over("books of the months", books::close(owner, &world, &|done, total| progress(Progress::Months { done, total })).await?);

    let rows: Vec<(&'static str, u64)> = counts.into_iter().map(|(table, count)| (table.name(), count)).collect();
    let mut tx = owner.begin().await?;
    let detail = serde_json::json!({ "customers": options.customers, "seed": options.seed, "months": options.months });
    // A large made-up bank is for measuring, and begins without a past.
    if options.customers <= PAST_MAX {
        lifecycle::back_counts(&mut tx, options.business_date, PAST_MONTHS).await?;
    }
    tiers::evaluate::loaded(&mut tx, options.business_date).await?;
    audit::record(&mut tx, actor, Entry::done(Verb::DemoGenerate, "bank").detail(detail)).await?;
    tx.commit().await?;
    stages.over("states and tiers", options.customers);
    Ok(DemoReport { password, customers: options.customers, rows, stages: stages.done, seconds: begun.elapsed().as_secs_f64() })
}

/// Was this bank made up?
pub async fn is_demo(conn: &mut PgConnection) -> Result<bool> {
    let is_demo: Option<bool> = sqlx::query_scalar("select is_demo from bank").fetch_optional(conn).await?;
    Ok(is_demo == Some(true))
}

/// Gives the demo logins this password, unless they have it already; says whether it was another. Somebody who
/// forgot the random one gets back in, and sessions begun with the old one end.
///
/// # Errors
/// `conflict` in a bank that is no demo bank.
pub async fn set_password(bank: &Bank, actor: &Actor, password: &str) -> Result<bool> {
    actor.require(Verb::DemoGenerate)?;
    let mut tx = bank.begin().await?;
    if !is_demo(&mut tx).await? {
        return Err(Error::new(Code::Conflict));
    }
    let known: Vec<String> =
        sqlx::query_scalar("select password_hash from app_user where login = any($1)").bind(&LOGINS[..]).fetch_all(&mut *tx).await?;
    let mut same = !known.is_empty();
    for hash in known {
        same = same && access::password::verify(password, Some(hash.as_str())).await?;
    }
    if same {
        return Ok(false);
    }
    for (login, hash) in LOGINS.iter().zip(hashes(password).await?) {
        sqlx::query(
            "with u as (update app_user set password_hash = $2, password_changed_at = now(), version = version + 1 where login = $1 returning user_id)
             delete from session s using u where s.user_id = u.user_id",
        )
        .bind(login)
        .bind(hash)
        .execute(&mut *tx)
        .await?;
    }
    audit::record(&mut tx, actor, Entry::done(Verb::DemoGenerate, "bank").detail(serde_json::json!({ "password": "changed" }))).await?;
    tx.commit().await?;
    Ok(true)
}

/// Twenty characters that cannot be mistaken for one another.
fn random_password() -> String {
    const CHARACTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut rng = rand::rng();
    let mut password = String::new();
    for at in 0..20 {
        if at > 0 && at % 5 == 0 {
            password.push('-');
        }
        password.push(char::from(CHARACTERS[rng.random_range(0..CHARACTERS.len())]));
    }
    password
}

/// Each login has a salt of its own.
async fn hashes(password: &str) -> Result<[String; 7]> {
    let mut hashes: [String; 7] = Default::default();
    for hash in &mut hashes {
        *hash = access::password::hash(password).await?;
    }
    Ok(hashes)
}
