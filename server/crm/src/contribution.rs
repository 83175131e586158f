//! What accounts, customers, managers, products and units bring in a month: the books of a month are
//! computed from balances, terms and transfer prices, kept open while its days go by, then closed.

pub mod curves;
pub mod explain;
pub mod kin;
pub mod pricing;
pub mod reconcile;

mod cubes;
mod facts;

use chrono::{Datelike, Months, NaiveDate};
use guanhu_domain::{Code, access::Verb, dashboards::MonthState, problem::Rule};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::{Actor, Bank, Error, Result, audit, audit::Entry, tiers};
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
    let known: Option<Known> =
        sqlx::query_as("select state, ready, as_of, done_to, customers, imports from contribution_month where month = $1")
            .bind(month)
            .fetch_optional(pool)
            .await?;
    if let Some(known) = known.as_ref().filter(|known| known.state == "closed" && known.ready) {
        return Ok(Closed { month, state: MonthState::Closed, customers: known.customers as u64, computed: false });
    }
    let running = month_of(today);
    if month < running && is_empty(pool, month).await? {
        return leave_out(pool, month).await;
    }
    // Counted before anything is read, so that what is loaded meanwhile makes the month due again.
    let imports: i64 = sqlx::query_scalar(IMPORTS).fetch_one(pool).await?;
    // While the running month is still to come, it will tell the year so far.
    let tells = month.year() == today.year()
        && (month == running
            || sqlx::query_scalar("select exists (select from contribution_month where month = $1 and ready)")
                .bind(running)
                .fetch_one(pool)
                .await?);
    let span = Span { first: month, as_of: last_of(month).min(today), running: tells.then_some(running) };
    // Goes on only with facts for the same day and from the same data.
    let is_same = |known: &Known| known.as_of == span.as_of && known.imports == imports;
    let from = known.filter(is_same).and_then(|known| known.done_to).unwrap_or(0);
    sqlx::query("select ensure_contribution_month($1)").bind(month).execute(pool).await?;
    sqlx::query(
        "insert into contribution_month (month, state, as_of, done_to, imports) values ($1, 'open', $2, $3, $4)
         on conflict (month) do update set state = 'open', as_of = excluded.as_of, done_to = excluded.done_to, imports = excluded.imports,
             message = '', computed_at = now()",
    )
    .bind(month)
    .bind(span.as_of)
    .bind(from)
    .bind(imports)
    .execute(pool)
    .await?;
    let prices = curves::prices(pool, span.first, span.as_of).await?;
    facts::refresh(pool, span, &prices, from, progress).await?;
    let state = if month < running { MonthState::Closed } else { MonthState::Open };
    finish(pool, actor, month, state).await
}

/// What is known of a month before it is computed.
#[derive(sqlx::FromRow)]
struct Known {
    state: String,
    ready: bool,
    as_of: NaiveDate,
    done_to: Option<i64>,
    customers: i64,
    imports: i64,
}

/// How often the bank's data has changed by a load.
const IMPORTS: &str = "select count(*) from import_run where state = 'done' and not dry_run";

/// Nothing is known of any balance in this month: it lies before the data begins.
async fn is_empty(pool: &PgPool, month: NaiveDate) -> Result<bool> {
    Ok(sqlx::query_scalar("select not exists (select from account_year where year = $1 and average_balance[$2] is not null)")
        .bind(month.year() as i16)
        .bind(month.month() as i32)
        .fetch_one(pool)
        .await?)
}

/// Closes a month without figures, so that nobody looks at zeros or at it again; it is not ready and
/// never shown. When balances for it come later, it can be computed.
pub(crate) async fn leave_out(pool: &PgPool, month: NaiveDate) -> Result<Closed> {
    sqlx::query(
        "insert into contribution_month (month, state, as_of, closed_at) values ($1, 'closed', $2, now())
         on conflict (month) do update set state = 'closed', message = '', done_to = null, computed_at = now(), closed_at = now()",
    )
    .bind(month)
    .bind(last_of(month))
    .execute(pool)
    .await?;
    Ok(Closed { month, state: MonthState::Closed, customers: 0, computed: false })
}

/// Cubes and the month's state, all at once.
async fn finish(pool: &PgPool, actor: &Actor, month: NaiveDate, state: MonthState) -> Result<Closed> {
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
    let next = last_of(month).succ_opt().unwrap_or(month);
    let is_next_ready: bool = sqlx::query_scalar("select exists (select from contribution_month where month = $1 and ready)")
        .bind(next)
        .fetch_one(&mut *tx)
        .await?;
    if is_next_ready {
        // What was gained and lapsed in the next month is measured against this one.
        cubes::compare(&mut tx, next).await?;
    }
    tiers::evaluate::recheck_field(&mut tx, "contribution").await?;
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
/// does not use them is not told every minute. A month that cannot be computed says why in its row, is
/// tried again after an hour, and keeps no other month from being computed.
pub async fn run_due(bank: &Bank) -> Result<Vec<Closed>> {
    let pool = bank.pool();
    let mut closed = Vec::new();
    for month in due(pool).await? {
        match close(pool, &Actor::system(), month, &|_| {}).await {
            Ok(done) => closed.push(done),
            // Another server is at it.
            Err(error) if error.code() == Code::Conflict => break,
            Err(error) => {
                tracing::warn!(%error, %month, "the books of a month were not computed");
                sqlx::query("update contribution_month set message = $2, computed_at = now() where month = $1")
                    .bind(month)
                    .bind(error.to_string())
                    .execute(pool)
                    .await?;
            }
        }
    }
    Ok(closed)
}

/// Months that [`run_due`] would compute now.
pub(crate) async fn due(pool: &PgPool) -> Result<Vec<NaiveDate>> {
    Ok(sqlx::query_scalar(
        "with b as (select business_date as today, date_trunc('month', business_date)::date as running from bank)
         select m::date from b, generate_series(b.running - make_interval(months => $1), b.running, interval '1 month') m
         left join contribution_month k on k.month = m
         where exists (select from ftp_curve)
           and (k.month is null or (k.state = 'open' and (m < b.running or k.done_to is not null or k.as_of < b.today
                   or k.imports <> (select count(*) from import_run where state = 'done' and not dry_run))
               and (k.message = '' or k.computed_at < now() - interval '1 hour')))
         order by 1",
    )
    .bind(HISTORY as i32)
    .fetch_all(pool)
    .await?)
}

/// The books of open months are computed again: prices or parameters changed.
pub(super) async fn restate(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("update contribution_month set imports = -1, message = '' where state = 'open'").execute(conn).await?;
    Ok(())
}
