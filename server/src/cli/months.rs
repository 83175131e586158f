//! `guanhu close` and `guanhu reconcile`: the books of the months.

use std::time::Instant;

use chrono::NaiveDate;
use clap::Args;
use guanhu_crm::{Actor, contribution, contribution::reconcile, summary};

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
    #[arg(long)]
    mend: bool,
}

impl Reconcile {
    pub async fn run(self, config: &Config) -> CliResult {
        let begun = Instant::now();
        let database = Database::open(config).await?;
        let bank = database.bank(config).await?;
        let compared = summary::check::compare(&bank, &Actor::system(), self.mend).await?;
        let verdict = reconcile::reconcile(&bank, &Actor::system(), self.month).await?;
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
/// whatever is due.
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
        let closed = match self.month {
            Some(month) => vec![contribution::close_month(&bank, &actor, month).await?],
            None => contribution::run_due(&bank).await?,
        };
        bank.pool().close().await;
        database.close().await?;
        for month in &closed {
            let what = if month.computed { "computed" } else { "closed before" };
            println!("{} {}: {} customers, {what}", month.month.format("%Y-%m"), month.state.code(), month.customers);
        }
        println!("{} months, {:.1} s", closed.len(), begun.elapsed().as_secs_f64());
        Ok(0)
    }
}
