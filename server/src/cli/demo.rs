//! `guanhu demo`: a made-up bank in an empty database.

use std::{
    io::{IsTerminal, Write},
    str::FromStr,
    sync::atomic::{AtomicU64, Ordering},
};

use chrono::NaiveDate;
use clap::Args;
use guanhu_crm::{
    Actor, Bank,
    demo::{self, DemoOptions, DemoReport, Progress},
};
use nix::sys::resource::{UsageWho, getrusage};
use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::CliResult;
use crate::{Config, database::Database};

#[derive(Args)]
pub struct Demo {
    /// How many customers, persons and companies together.
    #[arg(long, default_value_t = SMALL, value_parser = clap::value_parser!(u64).range(1..=demo::MOST))]
    pub customers: u64,
    /// The same seed, months and date make the same bank.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Whole months of balances and transactions.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=120))]
    pub months: u32,
    /// The day the data speaks for.
    #[arg(long, default_value_t = DAY)]
    pub business_date: NaiveDate,
    /// More than five million customers, which take hours and hundreds of gigabytes.
    #[arg(long)]
    pub large: bool,
}

/// More of them are made only with `--large`.
const LARGE: u64 = 5_000_000;
/// Bytes on the disk for each customer, with the log that is written meanwhile; customers a second. Both roughly.
const BYTES_EACH: u64 = 24_000;
const EACH_SECOND: u64 = 1_300;

/// A day of the calendar and not the clock's: the same command makes the same bank, today and next year.
pub const DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 18).expect("a day of the calendar");

/// What `serve --demo` begins with.
pub const SMALL: u64 = 5_000;

impl Demo {
    pub async fn run(self, config: &Config) -> CliResult {
        if self.customers > LARGE && !self.large {
            let (gigabytes, hours) = (self.customers * BYTES_EACH / 1_000_000_000, self.customers.div_ceil(EACH_SECOND * 3_600));
            return Err(format!(
                "{} customers take about {gigabytes} GB of disk and {hours} hours; add --large to have them made",
                self.customers
            )
            .into());
        }
        let database = Database::open(config).await?;
        let bank = database.bank(config).await?;
        let made = self.make(config, &database, &bank).await;
        bank.flush().await;
        bank.pool().close().await;
        database.close().await?;
        let made = made?;
        tell_stages(&made);
        tell(&made);
        Ok(0)
    }

    async fn make(self, config: &Config, database: &Database, bank: &Bank) -> Result<DemoReport, Box<dyn std::error::Error + Send + Sync>> {
        let options = DemoOptions {
            customers: self.customers,
            seed: self.seed,
            months: self.months,
            business_date: self.business_date,
            password: config.demo_password.clone(),
        };
        // Loading takes as long as it takes: no warnings of slow statements.
        let connect =
            PgConnectOptions::from_str(&database.connection.owner_url)?.application_name("guanhu demo").disable_statement_logging();
        let owner = PgPoolOptions::new().max_connections(6).connect_with(connect).await?;
        let made = demo::generate(bank, &owner, &Actor::system(), &options, &shown()).await;
        owner.close().await;
        if std::io::stderr().is_terminal() {
            eprintln!();
        }
        Ok(made?)
    }
}

/// Fills the bank that is about to be served, if it is empty, and says who may log in.
pub async fn fill_if_empty(config: &Config, database: &Database, bank: &Bank) -> CliResult {
    if demo::is_complete(bank).await? {
        if !demo::is_demo(&mut *bank.pool().acquire().await?).await? {
            return Ok(0);
        }
        println!("logins: {}", demo::LOGINS.join(", "));
        match &config.demo_password {
            Some(password) if demo::set_password(bank, &Actor::system(), password).await? => {
                println!("their password is now that of GUANHU_DEMO_PASSWORD");
            }
            Some(_) => println!("password of each: that of GUANHU_DEMO_PASSWORD"),
            None => println!("password of each: as printed when the bank was made; start with GUANHU_DEMO_PASSWORD=… to set another"),
        }
        return Ok(0);
    }
    let demo = Demo { customers: SMALL, seed: 1, months: 24, business_date: DAY, large: false };
    tell(&demo.make(config, database, bank).await?);
    Ok(0)
}

/// One line that overwrites itself on a terminal; elsewhere a line every tenth part.
fn shown() -> impl Fn(Progress) + Send + Sync {
    let tenths = AtomicU64::new(0);
    move |progress| {
        let (what, done, total) = match progress {
            Progress::Customers { done, total } => ("customers", done, total),
            Progress::Indexes { done, total } => ("indexes", done, total),
            Progress::Months { done, total } => ("months", done, total),
        };
        let mut out = std::io::stderr().lock();
        let tenth = done * 10 / total.max(1);
        let further = tenths.swap(tenth, Ordering::Relaxed) != tenth;
        // Nothing is lost when nobody reads it.
        let _ = match (out.is_terminal(), further) {
            (true, _) => write!(out, "\rdemo bank: {what} {done} of {total}    ").and_then(|()| out.flush()),
            (false, true) => writeln!(out, "demo bank: {what} {done} of {total}"),
            (false, false) => Ok(()),
        };
    }
}

/// How quick each part was, and the most memory that this program ever had.
fn tell_stages(made: &DemoReport) {
    println!("{:<26} {:>12} {:>9} {:>10}", "", "rows", "seconds", "rows/s");
    for stage in &made.stages {
        let rate = if stage.seconds > 0.0 { stage.rows as f64 / stage.seconds } else { 0.0 };
        println!("{:<26} {:>12} {:>9.1} {rate:>10.0}", stage.name, stage.rows, stage.seconds);
    }
    if let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) {
        println!("memory at most {} MB, the database's not counted", usage.max_rss() / 1_024);
    }
}

fn tell(made: &DemoReport) {
    let rows: u64 = made.rows.iter().map(|(_, rows)| rows).sum();
    eprintln!("demo bank: {} customers, {rows} rows, {:.1} s", made.customers, made.seconds);
    println!("logins: {}", demo::LOGINS.join(", "));
    println!("password of each: {}", made.password);
}
