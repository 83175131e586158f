//! The partitions of transactions and end-of-day balances, one a month, made before a load needs them.
//!
//! Making one locks its table against readers until the transaction ends. A load that made its own would keep every customer's
//! page waiting for as long as it takes; made apart, they wait for a moment.

use std::{collections::BTreeSet, io};

use chrono::{Datelike, Months, NaiveDate};
use tokio::task::JoinHandle;

use super::{
    expr::{Expr, Value},
    plan::{Job, Source},
    reader::{Layout, Record, Records},
    values::TextFormat,
};
use crate::{Bank, Result};

/// Months after the one of the business date that are kept ready.
const AHEAD: u32 = 2;
/// Larger files are not read twice for their months.
const LARGEST: u64 = 64 << 20;

/// Makes the months from the business date's on, where they are missing; for servers, beside their work. How many were made.
pub async fn make_ahead(bank: &Bank) -> Result<usize> {
    let day: Option<NaiveDate> = sqlx::query_scalar("select business_date from bank").fetch_optional(bank.pool()).await?;
    let months = day.into_iter().flat_map(|day| (0..=AHEAD).filter_map(move |more| month_of(day).checked_add_months(Months::new(more))));
    make(bank, months).await
}

/// Ten years.
const MOST: usize = 120;

/// Makes those that are missing, each in a transaction of its own. Whoever holds the tables for longer than a moment, such as a
/// load that has written to them, leaves the rest unmade.
pub(super) async fn make(bank: &Bank, months: impl IntoIterator<Item = NaiveDate>) -> Result<usize> {
    let wanted: Vec<NaiveDate> = months.into_iter().filter(|month| (1950..2200).contains(&month.year())).collect();
    let missing: Vec<NaiveDate> = sqlx::query_scalar(
        "select m from unnest($1::date[]) m
         where to_regclass('public.txn' || to_char(m, '_YYYYMM')) is null or to_regclass('public.account_day' || to_char(m, '_YYYYMM')) is null
         order by m",
    )
    .bind(&wanted)
    .fetch_all(bank.pool())
    .await?;
    // So many at once are a column of something else more often than a history: such a load makes its own, and takes them back.
    if missing.len() > MOST {
        return Ok(0);
    }
    for month in &missing {
        let mut tx = bank.begin().await?;
        sqlx::query("set local lock_timeout = '500ms'").execute(&mut *tx).await?;
        sqlx::query("select ensure_month($1)").bind(*month).execute(&mut *tx).await?;
        tx.commit().await?;
    }
    Ok(missing.len())
}

fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// The months of a load's files, made while its first files are loaded.
pub(super) struct Beforehand(Option<JoinHandle<()>>);

impl Beforehand {
    /// For a load that makes its own.
    pub fn none() -> Beforehand {
        Beforehand(None)
    }

    /// Reads the days of the files and makes their months.
    pub fn begin(bank: &Bank, jobs: &[Job], business_date: NaiveDate) -> Beforehand {
        let calendars: Vec<Calendar> = jobs.iter().filter_map(Calendar::of).collect();
        if calendars.is_empty() {
            return Beforehand(None);
        }
        let bank = bank.clone();
        Beforehand(Some(tokio::spawn(async move {
            let read = tokio::task::spawn_blocking(move || {
                let mut months = BTreeSet::from([month_of(business_date)]);
                for calendar in calendars {
                    // A file that cannot be read is told by its load.
                    let _ = calendar.read(&mut months);
                }
                months
            });
            let Ok(months) = read.await else { return };
            // What is not made is left to the load.
            if let Err(error) = make(&bank, months).await {
                tracing::debug!(%error, "months of a load were not made beforehand");
            }
        })))
    }

    /// Waits until they are there.
    pub async fn ready(&mut self) {
        if let Some(making) = self.0.take() {
            let _ = making.await;
        }
    }
}

impl Drop for Beforehand {
    fn drop(&mut self) {
        if let Some(making) = &self.0 {
            making.abort();
        }
    }
}

/// A file whose rows are of days.
struct Calendar {
    source: Source,
    layout: Layout,
    width: usize,
    has_header: bool,
    format: TextFormat,
    filter: Option<Expr>,
    day: Expr,
}

impl Calendar {
    fn of(job: &Job) -> Option<Calendar> {
        let column = match job.entity.name {
            "transactions" => "booked_on",
            "balances" => "date",
            "accounts" | "loans" if job.maps("balance") => "balance_on",
            _ => return None,
        };
        let day = job.columns.iter().find(|mapped| mapped.column.name == column)?.expr.clone();
        if job.source.size().is_ok_and(|bytes| bytes > LARGEST) {
            return None;
        }
        Some(Calendar {
            source: job.source.clone(),
            layout: job.layout.clone(),
            width: job.header.len(),
            has_header: job.has_header,
            format: job.format.clone(),
            filter: job.filter.clone(),
            day,
        })
    }

    /// Adds the months of the rows that can be read.
    fn read(&self, months: &mut BTreeSet<NaiveDate>) -> io::Result<()> {
        let mut records = Records::new(self.source.open()?, self.layout.clone());
        let mut record = Record::default();
        if self.has_header {
            let _ = records.next(&mut record)?;
        }
        while let Some(outcome) = records.next(&mut record)? {
            if outcome.is_err() || record.row.width() != self.width {
                continue;
            }
            if let Some(filter) = &self.filter
                && !filter.eval(&record.row, &self.format).is_ok_and(|value| value.is_true())
            {
                continue;
            }
            let day = match self.day.eval(&record.row, &self.format) {
                Ok(Value::Date(day)) => Some(day),
                Ok(other) => other.as_text().and_then(|text| self.format.date(&text)),
                Err(_) => None,
            };
            months.extend(day.map(month_of));
        }
        Ok(())
    }
}
