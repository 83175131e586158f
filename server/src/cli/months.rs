//! `guanhu close` and `guanhu reconcile`: the books of the months.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use chrono::NaiveDate;
use clap::Args;
use guanhu_crm::{
    Actor,
    contribution::{self, Due, reconcile},
    summary,
};

use super::CliResult;
use crate::{Config, database::Database};

/// A month as `2026-03`; its first day.
fn month(text: &str) -> Result<NaiveDate, String> {
    format!("{text}-01").parse().map_err(|_| format!("`{text}` is not a month such as 2026-03"))
}

/// Compute every customer's summary and every figure of the months again, level by level, and name the first
/// difference; non-zero when there is one.
#[derive(Args)]
pub struct Reconcile {
    /// Only this month, such as 2026-03.
    #[arg(long, value_parser = month)]
    month: Option<NaiveDate>,
    /// Put right the summaries that differ; they are no difference then.
    #[arg(long, conflicts_with = "sample")]
    mend: bool,
    /// Compute only so many customers again, taken at random; sums are compared as a whole all the same.
    #[arg(long, value_name = "CUSTOMERS", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
}

impl Reconcile {
    pub async fn run(self, config: &Config) -> CliResult {
        let begun = Instant::now();
        let database = Database::open(config).await?;
        let bank = database.bank(config).await?;
        let actor = Actor::system();
        let sample = match self.sample {
            Some(customers) => Some(reconcile::some(&bank, &actor, customers).await?),
            None => None,
        };
        let compared = match &sample {
            Some(sample) => summary::check::compare_some(&bank, &actor, sample).await?,
            None => summary::check::compare(&bank, &actor, self.mend).await?,
        };
        let verdict = reconcile::reconcile_of(&bank, &actor, self.month, sample.as_deref()).await?;
        bank.flush().await;
        bank.pool().close().await;
        database.close().await?;
        let said = if self.mend { "put right" } else { "different" };
        println!("{} summaries, {} {said}", compared.customers, compared.different);
        if let Some((customer, what)) = &compared.first {
            println!("{}: the summary of customer {customer} in {what}", if self.mend { "MENDED" } else { "DIFFERENT" });
        }
        println!("{} accounts in {} months, {:.1} s", verdict.accounts, verdict.months, begun.elapsed().as_secs_f64());
        match verdict.difference {
            None if compared.different > 0 && !self.mend => Ok(1),
            None if verdict.months == 0 => {
                println!("no month has been computed");
                Ok(1)
            }
            None => Ok(0),
            Some(difference) => {
                println!("DIFFERENT: {difference}");
                Ok(1)
            }
        }
    }
}

/// Compute the contributions of a month now, and close it unless it is the running one. Without a month:
/// whatever is due. Non-zero when a month could not be computed, or another server is at it.
#[derive(Args)]
pub struct Close {
    #[arg(long, value_parser = month)]
    month: Option<NaiveDate>,
    /// Restate a month that is closed; the reason is kept in the audit log.
    #[arg(long, requires = "month")]
    reopen: Option<String>,
}

impl Close {
    pub async fn run(self, config: &Config) -> CliResult {
        let begun = Instant::now();
        let database = Database::open(config).await?;
        let bank = database.bank(config).await?;
        let actor = Actor::system();
        if let (Some(month), Some(reason)) = (self.month, &self.reopen) {
            contribution::reopen_month(&bank, &actor, month, reason).await?;
        }
        let shown = Shown::default();
        let told = match self.month {
            Some(month) => {
                let done = contribution::close_month_telling(&bank, &actor, month, &|done, all| shown.tell(month, done, all)).await?;
                Due { closed: vec![done], ..Due::default() }
            }
            None => contribution::run_due_telling(&bank, &|month, done, all| shown.tell(month, done, all)).await?,
        };
        bank.pool().close().await;
        database.close().await?;
        for month in &told.closed {
            let what = if month.computed { "computed" } else { "closed before" };
            println!("{} {}: {} customers, {what}", month.month.format("%Y-%m"), month.state.code(), month.customers);
        }
        println!("{} months, {:.1} s", told.closed.len(), begun.elapsed().as_secs_f64());
        for (month, why) in &told.failed {
            println!("FAILED {}: {why}", month.format("%Y-%m"));
        }
        if told.busy {
            println!("BUSY: another server is computing; what it leaves is due again");
        }
        Ok(if told.failed.is_empty() && !told.busy { 0 } else { 1 })
    }
}

/// How far a month is, on stderr, once a second at most.
#[derive(Default)]
struct Shown(Mutex<Option<Instant>>);

impl Shown {
    fn tell(&self, month: NaiveDate, done: u64, all: u64) {
        let Ok(mut last) = self.0.lock() else { return };
        if done < all && last.is_some_and(|last| last.elapsed() < Duration::from_secs(1)) {
            return;
        }
        *last = Some(Instant::now());
        eprintln!("{}: {done} of {all} customers, {}%", month.format("%Y-%m"), done * 100 / all.max(1));
    }
}
