//! What accounts, customers, managers, products and units bring in a month: the books of a month are
//! computed from balances, terms and transfer prices, kept open while its days go by, then closed.

pub mod curves;
pub mod explain;
pub mod kin;
pub mod pricing;
pub mod reconcile;

mod changed;
mod cubes;
mod facts;

use chrono::{Datelike, Months, NaiveDate};
use guanhu_domain::{Code, access::Verb, dashboards::MonthState, problem::Rule};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::{Actor, Bank, Error, Result, audit, audit::Entry, tiers};
pub(crate) use changed::{touched, touching};
pub use facts::Progress;
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
/// then closed for good. Again: the running month is brought up to date by computing all of it (what [`run_due`] does takes less), a
/// closed one is left alone. An interrupted computation goes on where it stopped.
///
/// # Errors
/// `Invalid` on `month` for one that has not begun; `Conflict` while another computation runs; `FtpCurveMissing`
/// naming the currency.
pub async fn close_month(bank: &Bank, actor: &Actor, month: NaiveDate) -> Result<Closed> {
    close_month_telling(bank, actor, month, &|_, _| {}).await
}

/// As [`close_month`], telling how far it is.
///
/// # Errors
/// Those of [`close_month`].
pub async fn close_month_telling(bank: &Bank, actor: &Actor, month: NaiveDate, progress: Progress<'_>) -> Result<Closed> {
    actor.require(Verb::ContributionClose)?;
    close(bank.pool(), actor, month, progress).await
}

/// As [`close_month`], for whoever has another pool.
pub(crate) async fn close(pool: &PgPool, actor: &Actor, month: NaiveDate, progress: Progress<'_>) -> Result<Closed> {
    let lock = alone(pool).await?;
    let outcome = compute(pool, actor, month_of(month), progress).await;
    // Ended by hand: a dropped transaction keeps its lock until its connection is used again.
    lock.rollback().await?;
    outcome
}

/// As [`close`], month after month: while the cubes of one are made, which takes one core, the facts of the next are.
pub(crate) async fn close_in_turn(pool: &PgPool, actor: &Actor, months: &[NaiveDate], progress: Progress<'_>) -> Result<()> {
    let lock = alone(pool).await?;
    let outcome = in_turn(pool, actor, months, progress).await;
    lock.rollback().await?;
    outcome
}

async fn in_turn(pool: &PgPool, actor: &Actor, months: &[NaiveDate], progress: Progress<'_>) -> Result<()> {
    let mut written: Option<(NaiveDate, MonthState)> = None;
    for (at, month) in months.iter().enumerate() {
        let finished = async {
            if let Some((month, state)) = written {
                finish(pool, actor, month, state).await?;
                progress(at as u64, months.len() as u64);
            }
            Ok::<(), Error>(())
        };
        let (begun, ()) = tokio::try_join!(begin(pool, *month, &|_, _| {}), finished)?;
        written = match begun {
            Begun::Written(state) => Some((*month, state)),
            Begun::Known(_) => None,
        };
    }
    if let Some((month, state)) = written {
        finish(pool, actor, month, state).await?;
    }
    progress(months.len() as u64, months.len() as u64);
    Ok(())
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

async fn compute(pool: &PgPool, actor: &Actor, month: NaiveDate, progress: Progress<'_>) -> Result<Closed> {
    match begin(pool, month, progress).await? {
        Begun::Written(state) => finish(pool, actor, month, state).await,
        Begun::Known(closed) => Ok(closed),
    }
}

/// A month whose computation was asked for.
enum Begun {
    /// Its facts are there; cubes and the state that it ends in are to follow.
    Written(MonthState),
    /// There is nothing to compute.
    Known(Closed),
}

/// Writes a month's facts.
async fn begin(pool: &PgPool, month: NaiveDate, progress: Progress<'_>) -> Result<Begun> {
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
        return Ok(Begun::Known(Closed { month, state: MonthState::Closed, customers: known.customers as u64, computed: false }));
    }
    let running = month_of(today);
    if month < running && is_empty(pool, month).await? {
        return Ok(Begun::Known(leave_out(pool, month).await?));
    }
    // Counted before anything is read, so that what is loaded meanwhile makes the month due again.
    let (imports, imports_told): (i64, i64) = sqlx::query_as(IMPORTS).fetch_one(pool).await?;
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
        "insert into contribution_month (month, state, as_of, done_to, imports, imports_told, seen) values ($1, 'open', $2, $3, $4, $5, pg_current_snapshot())
         on conflict (month) do update set state = 'open', as_of = excluded.as_of, done_to = excluded.done_to, imports = excluded.imports,
             imports_told = excluded.imports_told, message = '', computed_at = now(),
             seen = case when excluded.done_to = 0 then excluded.seen else contribution_month.seen end,
             begun_at = case when excluded.done_to = 0 then now() else contribution_month.begun_at end",
    )
    .bind(month)
    .bind(span.as_of)
    .bind(from)
    .bind(imports)
    .bind(imports_told)
    .execute(pool)
    .await?;
    let prices = curves::prices(&mut *pool.acquire().await?, span.first, span.as_of, None).await?;
    if month == running {
        curves::keep_use(pool, &prices).await?;
    }
    if from == 0 {
        kin::refresh(pool).await?;
    }
    facts::refresh(pool, span, &prices, from, progress).await?;
    Ok(Begun::Written(if month < running { MonthState::Closed } else { MonthState::Open }))
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

/// How often the bank's data has changed by a load, and how many of these marked the customers they changed.
const IMPORTS: &str = "select count(*), count(*) filter (where told) from import_run where state = 'done' and not dry_run";

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

/// Days of `contribution_month` up to its last one that no load spoke for, though loads came on at least two of the same days of the
/// week within four weeks of it: their balances are those of the day before. A bank that is not loaded so has no days to miss.
macro_rules! missing_days {
    () => {
        "select d.day from (select day::date from generate_series(contribution_month.month, contribution_month.as_of, interval '1 day') day) d
         where not exists (select from import_run r where r.state = 'done' and not r.dry_run and r.business_date = d.day)
           and (select count(distinct r.business_date) from import_run r where r.state = 'done' and not r.dry_run
                and r.business_date between d.day - 28 and least(d.day + 28, contribution_month.as_of) and (r.business_date - d.day) % 7 = 0) >= 2
         order by d.day"
    };
}
pub(super) use missing_days;

/// Cubes and the month's state, all at once. A month that would be closed stays open, and so due, when
/// something was loaded or a price changed since it was begun: part of its facts is from before.
async fn finish(pool: &PgPool, actor: &Actor, month: NaiveDate, state: MonthState) -> Result<Closed> {
    let mut tx = pool.begin().await?;
    // Which month was computed decides what counts as gained and lapsed; so the mark comes first. The tree is
    // read before anything is rolled up by it: a unit that moves meanwhile is a reason to do so again.
    let customers: i64 = sqlx::query_scalar(concat!(
        "update contribution_month set done_to = null, ready = true, message = '', tree = (select tree from bank),
             customers = (select count(*) from customer_month c where c.month = $1), missing = array(",
        missing_days!(),
        ")
         where month = $1 returning customers"
    ))
    .bind(month)
    .fetch_one(&mut *tx)
    .await?;
    cubes::rebuild(&mut tx, month).await?;
    let next = last_of(month).succ_opt().unwrap_or(month);
    let is_next_ready: bool =
        sqlx::query_scalar("select exists (select from contribution_month where month = $1 and ready and done_to is null)")
            .bind(next)
            .fetch_one(&mut *tx)
            .await?;
    if is_next_ready {
        // What was gained and lapsed in the next month is measured against this one; of a month under way it will be.
        cubes::compare(&mut tx, next).await?;
    }
    tiers::evaluate::recheck_field(&mut tx, "contribution").await?;
    let state: MonthState = sqlx::query_scalar(
        "update contribution_month set computed_at = clock_timestamp(), state = case when $2 = 'closed'
             and imports = (select count(*) from import_run where state = 'done' and not dry_run) then 'closed' else 'open' end
         where month = $1 returning state",
    )
    .bind(month)
    .bind(state.code())
    .fetch_one(&mut *tx)
    .await?;
    changed::forget(&mut tx, month).await?;
    if state == MonthState::Closed {
        sqlx::query("update contribution_month set closed_at = now(), closed_by = $2, late_at = null where month = $1")
            .bind(month)
            .bind(actor.user_ref())
            .execute(&mut *tx)
            .await?;
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
/// the business date has moved, a feed was loaded, or somebody changed what its figures tell since, the last at
/// most every quarter of an hour, and seldom enough for the servers to do something else. Nothing without transfer prices: a bank that
/// does not use them is not told every minute. A month that cannot be computed says why in its row, is
/// tried again after an hour, and keeps no other month from being computed.
pub async fn run_due(bank: &Bank) -> Result<Vec<Closed>> {
    Ok(run_due_telling(bank, &|_, _, _| {}).await?.closed)
}

/// What was due: what was computed of it, and what was not.
#[derive(Debug, Default)]
pub struct Due {
    pub closed: Vec<Closed>,
    /// Months that cannot be computed, and why.
    pub failed: Vec<(NaiveDate, String)>,
    /// Another server is computing: the rest was left to it.
    pub busy: bool,
}

/// As [`run_due`], telling of each month how many customers are done, of how many.
///
/// # Errors
/// Of the database; what keeps one month from being computed is told in [`Due`].
pub async fn run_due_telling(bank: &Bank, progress: &(dyn Fn(NaiveDate, u64, u64) + Send + Sync)) -> Result<Due> {
    let pool = bank.pool();
    let mut told = Due::default();
    // A bank without transfer prices has no books that anything would be marked for.
    sqlx::query("delete from contribution_touch where not exists (select from ftp_curve)").execute(pool).await?;
    for month in due(pool).await? {
        match keep_up(pool, month, &|done, all| progress(month, done, all)).await {
            Ok(done) => told.closed.push(done),
            Err(error) if error.code() == Code::Conflict => {
                told.busy = true;
                return Ok(told);
            }
            Err(error) => {
                let reference = uuid::Uuid::now_v7().to_string();
                tracing::warn!(%reference, %error, %month, "the books of a month were not computed");
                let words = error.to_string();
                sqlx::query("update contribution_month set message = $2, computed_at = now() where month = $1")
                    .bind(month)
                    .bind(error.into_problem(&reference).kept())
                    .execute(pool)
                    .await?;
                told.failed.push((month, words));
            }
        }
    }
    roll_up_due(pool).await?;
    Ok(told)
}

/// As [`close`], of the running month no more than what something happened to since it was computed, where that is enough.
async fn keep_up(pool: &PgPool, month: NaiveDate, progress: Progress<'_>) -> Result<Closed> {
    let lock = alone(pool).await?;
    let outcome = async {
        match changed::keep_up(pool, month).await? {
            Some(closed) => {
                progress(closed.customers, closed.customers);
                Ok(closed)
            }
            None => compute(pool, &Actor::system(), month, progress).await,
        }
    }
    .await;
    lock.rollback().await?;
    outcome
}

/// Rolls up anew the months that were rolled up before a unit moved, newest first: each shows the bank as it is
/// organised now, so that months, targets and sight are of the same units. Facts stay.
async fn roll_up_due(pool: &PgPool) -> Result<()> {
    let months: Vec<NaiveDate> = sqlx::query_scalar(
        "select m.month from contribution_month m, bank b where m.ready and m.done_to is null and m.tree <> b.tree order by m.month desc",
    )
    .fetch_all(pool)
    .await?;
    for month in months {
        let lock = match alone(pool).await {
            // Another server is at it.
            Err(error) if error.code() == Code::Conflict => return Ok(()),
            lock => lock?,
        };
        let outcome = roll_up(pool, month).await;
        lock.rollback().await?;
        outcome?;
    }
    Ok(())
}

async fn roll_up(pool: &PgPool, month: NaiveDate) -> Result<()> {
    let mut tx = pool.begin().await?;
    sqlx::query("update contribution_month set tree = (select tree from bank) where month = $1").bind(month).execute(&mut *tx).await?;
    cubes::roll_up(&mut tx, month).await?;
    tx.commit().await?;
    Ok(())
}

/// A unit has moved: every month is rolled up by another tree.
pub(crate) async fn tree_moved(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("update bank set tree = tree + 1").execute(conn).await?;
    Ok(())
}

/// What people do that the figures of the running month are made of: who is in charge, in which tier, what was
/// contacted and done.
const TELLING: [Verb; 12] = [
    Verb::ActivityLog,
    Verb::TaskChange,
    Verb::OpportunityChange,
    Verb::CustomerCreate,
    Verb::CustomerEdit,
    Verb::TransferRequest,
    Verb::TransferDecide,
    Verb::PoolPick,
    Verb::ShareSet,
    Verb::TierAsk,
    Verb::TierAnswer,
    Verb::TierEvaluate,
];

/// Months that [`run_due`] would compute now.
pub(crate) async fn due(pool: &PgPool) -> Result<Vec<NaiveDate>> {
    Ok(sqlx::query_scalar(
        "with b as (select business_date as today, date_trunc('month', business_date)::date as running from bank)
         select m::date from b, generate_series(b.running - make_interval(months => $1), b.running, interval '1 month') m
         left join contribution_month k on k.month = m
         where exists (select from ftp_curve)
           and (k.month is null or (k.state = 'open' and (m < b.running or k.done_to is not null or k.message <> '' or k.as_of < b.today
                   or k.imports <> (select count(*) from import_run where state = 'done' and not dry_run)
                   -- Marked and seen, and not forgotten: what follows from a computation was interrupted.
                   or (m = b.running and exists (select from contribution_touch t where pg_visible_in_snapshot(t.xid, k.seen)))
                   or (k.begun_at < now() - greatest(interval '15 minutes', 20 * (k.computed_at - k.begun_at))
                       and (exists (select from contribution_touch) or exists (select from audit_log a where a.at > k.begun_at - interval '1 minute' and a.outcome = 'done' and a.verb = any($2)
                           and (a.verb <> 'tier.evaluate' or (a.detail ->> 'upgraded')::bigint + (a.detail ->> 'downgraded')::bigint + (a.detail ->> 'entered')::bigint > 0)))))
               and (k.message = '' or k.computed_at < now() - interval '1 hour')))
         union
         -- One that lies further back and was opened again.
         select k.month from bank b, contribution_month k
         where k.state = 'open' and k.month < b.business_date and exists (select from ftp_curve) and (k.message = '' or k.computed_at < now() - interval '1 hour')
           and k.month < date_trunc('month', b.business_date) - make_interval(months => $1)
         order by 1",
    )
    .bind(HISTORY as i32)
    .bind(TELLING.map(|verb| verb.code().to_owned()).as_slice())
    .fetch_all(pool)
    .await?)
}

/// Marks closed months that a load has other postings for (`feed_posted`) than they were closed with.
pub(crate) async fn late_postings(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("update contribution_month set late_at = now() where state = 'closed' and late_at is null and month in (select month from feed_posted)")
        .persistent(false)
        .execute(conn)
        .await?;
    Ok(())
}

/// Marks closed months that a load has other balances for (`feed_year`) than they were closed with; none is of
/// a day before `first`.
pub(crate) async fn late_balances(conn: &mut PgConnection, first: NaiveDate) -> Result<()> {
    let any: bool = sqlx::query_scalar("select exists (select from contribution_month where state = 'closed' and month >= $1)")
        .bind(month_of(first))
        .fetch_one(&mut *conn)
        .await?;
    if any {
        sqlx::query(LATE).bind(month_of(first)).persistent(false).execute(conn).await?;
    }
    Ok(())
}

const LATE: &str = "
update contribution_month k set late_at = now()
from (
    select distinct make_date(f.year, m.place::int, 1) as month
    from feed_year f left join account_year y using (customer_id, account_id, year)
    cross join lateral unnest(f.average_balance, f.end_balance, y.average_balance, y.end_balance) with ordinality m (average, ending, average_before, ending_before, place)
    where f.year >= extract(year from $1) and (m.average, m.ending) is distinct from (m.average_before, m.ending_before)
) other
where k.month = other.month and k.month >= $1 and k.state = 'closed' and k.late_at is null";

/// The books of open months are computed again: prices or parameters changed.
pub(super) async fn restate(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("update contribution_month set imports = -1, message = '' where state = 'open'").execute(conn).await?;
    Ok(())
}
