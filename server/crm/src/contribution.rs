//! What accounts, customers, managers, products and units bring in a month: the books of a month are
//! computed from balances, terms and transfer prices, kept open while its days go by, then closed.

pub mod curves;
pub mod explain;
pub mod reconcile;

mod cubes;
mod facts;

use chrono::{Datelike, Months, NaiveDate};
use guanhu_domain::{Code, access::Verb, dashboards::MonthState, problem::Rule};
use sqlx::{PgPool, Postgres, Transaction};

use crate::{Actor, Bank, Error, Result, audit, audit::Entry};
use facts::Span;

/// How many months before the business date are computed without being asked for.
pub const HISTORY: u32 = 13;

/// What a computation made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    pub month: NaiveDate,
    pub state: MonthState,
    pub customers: u64,
    /// False: the month was closed before, and nothing was touched.
    pub computed: bool,
}

/// The first day of a day's month.
pub fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

fn last_of(month: NaiveDate) -> NaiveDate {
    month.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(month)
}

/// Computes a month: the running one up to the business date, staying open; an earlier one as a whole,
/// then closed for good. Again: the running month is brought up to date, a closed one is left alone. An
/// interrupted computation goes on where it stopped.
///
/// # Errors
/// `Invalid` on `month` for one that has not begun; `Conflict` while another computation runs; `FtpCurveMissing`
/// naming the currency.
pub async fn close_month(bank: &Bank, actor: &Actor, month: NaiveDate) -> Result<Closed> {
    actor.require(Verb::ContributionClose)?;
    close(bank.pool(), actor, month, &|_| {}).await
}

/// As [`close_month`], for whoever has another pool; `progress` is told customers done.
pub(crate) async fn close(pool: &PgPool, actor: &Actor, month: NaiveDate, progress: &(dyn Fn(u64) + Send + Sync)) -> Result<Closed> {
    let lock = alone(pool).await?;
    let outcome = compute(pool, actor, month_of(month), progress).await;
    // Ended by hand: a dropped transaction keeps its lock until its connection is used again.
    lock.rollback().await?;
    outcome
}

/// One computation at a time; the lock lives as long as the transaction.
async fn alone(pool: &PgPool) -> Result<Transaction<'static, Postgres>> {
    let mut tx = pool.begin().await?;
    let alone: bool = sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtext('contribution.close'))").fetch_one(&mut *tx).await?;
    if !alone {
        tx.rollback().await?;
        return Err(Error::new(Code::Conflict));
    }
    Ok(tx)
}

async fn compute(pool: &PgPool, actor: &Actor, month: NaiveDate, progress: &(dyn Fn(u64) + Send + Sync)) -> Result<Closed> {
    let today: NaiveDate = sqlx::query_scalar("select business_date from bank").fetch_one(pool).await?;
    if month > today {
        return Err(Error::field("month", Rule::InTheFuture));
    }
    let known: Option<(String, NaiveDate, Option<i64>, i64)> =
        sqlx::query_as("select state, as_of, done_to, customers from contribution_month where month = $1")
            .bind(month)
            .fetch_optional(pool)
            .await?;
    if let Some((_, _, _, customers)) = known.as_ref().filter(|known| known.0 == "closed") {
        return Ok(Closed { month, state: MonthState::Closed, customers: *customers as u64, computed: false });
    }
    let span = Span { first: month, as_of: last_of(month).min(today) };
    // Goes on only with facts for the same day.
    let from = known.and_then(|(_, as_of, done_to, _)| done_to.filter(|_| as_of == span.as_of)).unwrap_or(0);
    sqlx::query("select ensure_contribution_month($1)").bind(month).execute(pool).await?;
    sqlx::query(
        "insert into contribution_month (month, state, as_of, done_to) values ($1, 'open', $2, $3)
         on conflict (month) do update set as_of = excluded.as_of, done_to = excluded.done_to, computed_at = now()",
    )
    .bind(month)
    .bind(span.as_of)
    .bind(from)
    .execute(pool)
    .await?;
    let prices = match curves::prices(pool, span.as_of).await {
        Ok(prices) => prices,
        Err(error) => {
            sqlx::query("update contribution_month set message = $2 where month = $1")
                .bind(month)
                .bind(error.to_string())
                .execute(pool)
                .await?;
            return Err(error);
        }
    };
    facts::refresh(pool, span, &prices, from, progress).await?;
    let state = if month < month_of(today) { MonthState::Closed } else { MonthState::Open };
    finish(pool, actor, month, state, today).await
}

/// Cubes, the customers' own figure and the month's state, all at once.
async fn finish(pool: &PgPool, actor: &Actor, month: NaiveDate, state: MonthState, today: NaiveDate) -> Result<Closed> {
    let mut tx = pool.begin().await?;
    // Which month was computed decides what counts as gained and lapsed; so the mark comes first.
    let customers: i64 = sqlx::query_scalar(
        "update contribution_month set done_to = null, ready = true, message = '', state = $2, computed_at = now(),
             customers = (select count(*) from customer_month c where c.month = $1),
             closed_at = case when $2 = 'closed' then now() end, closed_by = case when $2 = 'closed' then $3::int end
         where month = $1 returning customers",
    )
    .bind(month)
    .bind(state.code())
    .bind(actor.user_ref())
    .fetch_one(&mut *tx)
    .await?;
    cubes::rebuild(&mut tx, month).await?;
    // While the running month is still to come, it will tell the year so far.
    let running = month_of(today);
    let tells = month == running
        || sqlx::query_scalar("select exists (select from contribution_month where month = $1 and ready)")
            .bind(running)
            .fetch_one(&mut *tx)
            .await?;
    if month.year() == today.year() && tells {
        sqlx::query(
            "update customer_summary s set contribution = c.contribution
             from (select customer_id, sum(contribution)::bigint as contribution from customer_month
                   where month >= date_trunc('year', $1::date)::date and month <= $1 group by customer_id) c
             where c.customer_id = s.customer_id and s.contribution is distinct from c.contribution",
        )
        .bind(running)
        .execute(&mut *tx)
        .await?;
    }
    if state == MonthState::Closed {
        let detail = serde_json::json!({ "customers": customers });
        audit::record(&mut tx, actor, Entry::done(Verb::ContributionClose, format!("month:{}", month.format("%Y-%m"))).detail(detail))
            .await?;
    }
    tx.commit().await?;
    Ok(Closed { month, state, customers: customers as u64, computed: true })
}

/// Opens a closed month again, so that the next computation restates it; the reason is kept in the audit log.
///
/// # Errors
/// `ReasonRequired`; `NotFound` for a month that is not closed.
pub async fn reopen_month(bank: &Bank, actor: &Actor, month: NaiveDate, reason: &str) -> Result<()> {
    actor.require(Verb::ContributionClose)?;
    if reason.trim().is_empty() {
        return Err(Error::new(Code::ReasonRequired));
    }
    let mut tx = bank.begin().await?;
    let opened = sqlx::query("update contribution_month set state = 'open', closed_at = null, closed_by = null, done_to = 0 where month = $1 and state = 'closed'")
        .bind(month_of(month))
        .execute(&mut *tx)
        .await?;
    if opened.rows_affected() == 0 {
        return Err(Error::not_found());
    }
    let entry = Entry::done(Verb::ContributionClose, format!("month:{}", month.format("%Y-%m"))).reason(reason);
    audit::record(&mut tx, actor, entry.detail(serde_json::json!({ "reopened": true }))).await?;
    tx.commit().await?;
    Ok(())
}

/// Computes whatever is due: months before the running one that are not closed, and the running one when
/// the business date has moved or a feed was loaded since. Nothing without transfer prices: a bank that
/// does not use them is not told every minute.
pub async fn run_due(bank: &Bank) -> Result<Vec<Closed>> {
    let pool = bank.pool();
    let due = due(pool).await?;
    let mut closed = Vec::new();
    for month in due {
        closed.push(close(pool, &Actor::system(), month, &|_| {}).await?);
    }
    Ok(closed)
}

async fn due(pool: &PgPool) -> Result<Vec<NaiveDate>> {
    Ok(sqlx::query_scalar(
        "with b as (select business_date as today, date_trunc('month', business_date)::date as running from bank),
         first as (
             select greatest((b.running - make_interval(months => $1))::date,
                 coalesce((select make_date(min(y.year), 1, 1) from account_year y), b.running)) as month from b group by b.running
         )
         select m::date from b, first, generate_series(first.month, b.running, interval '1 month') m
         left join contribution_month k on k.month = m
         where exists (select from ftp_curve)
           and (k.month is null or (k.state = 'open' and (m < b.running or k.done_to is not null or k.as_of < b.today
                or k.computed_at < (select max(finished_at) from import_run where state = 'done' and not dry_run))))
         order by 1",
    )
    .bind(HISTORY as i32)
    .fetch_all(pool)
    .await?)
}
