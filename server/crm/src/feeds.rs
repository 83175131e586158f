//! Feeds: the files of other systems, brought into the bank through a profile.
//!
//! A load is one transaction: either the whole of a feed's directory is in, but for rows refused one by
//! one, or nothing is. A day's files depend on each other (accounts on customers, transactions on
//! accounts), and half a day is worse than yesterday's.

mod control;
mod derive;
pub mod entity;
mod expr;
mod hidden;
mod library;
mod lookup;
mod months;
mod order;
mod plan;
mod profile;
mod reader;
mod record;
mod rejects;
mod repairs;
mod runs;
mod series;
mod stage;
mod targets;
mod units;
mod uploads;
mod upsert;
mod values;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::PathBuf,
    time::{Duration, Instant},
};

use chrono::NaiveDate;
use guanhu_domain::{
    Code, Currency,
    access::Verb,
    feeds::{Counts, FileCounts, ImportReport, Progress, Reject, RejectReason, RunState},
};
use sqlx::PgConnection;
use tokio::sync::mpsc;
use uuid::Uuid;

pub use library::{canonical_profile, draft_profile, entity_shapes, open_profile, profile_tables, profile_text, profiles, save_profile};
pub use months::make_ahead;
pub use profile::{Profile, ProfileError};
pub use rejects::{rejects, rejects_csv};
pub use repairs::{LARGEST_REPAIRS, resubmit_csv};
pub use runs::{cancel, forget, load_state, preview, resubmit, run_detail, runs, start};
pub use uploads::{LARGEST, add_file, begin_upload, uploaded_files};

use self::{
    hidden::{Refusal, Span},
    months::Beforehand,
    plan::{Facts, Job, Planner, Repaired},
    reader::{Record, Records},
    stage::{MOST_KEPT, Rejects},
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry, Outcome},
    outbox, parameters,
};

/// What to load.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    pub profile: Profile,
    /// Where the profile's own files lie.
    pub profile_dir: Option<PathBuf>,
    /// The feed's directory.
    pub dir: PathBuf,
    /// Else the profile's, else the bank's.
    pub business_date: Option<NaiveDate>,
    /// Tells what a load would do, and leaves everything as it was.
    pub dry_run: bool,
    /// Where to write refused rows, if there are any; a dry run writes none.
    pub rejects_dir: Option<PathBuf>,
}

/// So many refused rows are in the report itself.
const SHOWN: usize = 200;

/// Loads a feed. `progress` is called after every chunk of a file and every step. The report has rejects as they stand in the
/// files: whoever runs it has those.
///
/// # Errors
/// `Conflict` while another load runs; `Invalid` on `profile` when the profile, a file's header or a
/// missing file stands in the way, with the place in words.
pub async fn import(bank: &Bank, actor: &Actor, request: ImportRequest, progress: impl FnMut(Progress) + Send) -> Result<ImportReport> {
    perform(bank, actor, Work { request, run: Uuid::now_v7(), upload: None, repaired: None, on_page: false }, progress).await
}

/// A load and where it came from.
pub(crate) struct Work {
    pub request: ImportRequest,
    pub run: Uuid,
    /// The upload its directory was spooled from.
    pub upload: Option<Uuid>,
    /// Rows repaired by hand, in place of the profile's files.
    pub repaired: Option<Repaired>,
    /// It was asked for on the page: rejects of its report hide what says who a customer is. One of an upload may be
    /// cancelled, see [`cancel`].
    pub on_page: bool,
}

pub(crate) async fn perform(bank: &Bank, actor: &Actor, work: Work, progress: impl FnMut(Progress) + Send) -> Result<ImportReport> {
    actor.require(Verb::FeedImport)?;
    let started = Instant::now();
    let dry_run = work.request.dry_run;
    if !dry_run {
        record::start(bank, actor, &work).await?;
    }
    let mut tx = bank.begin().await?;
    let outcome = load(bank, &mut tx, actor, &work, progress).await;
    // Ended by hand: a dropped transaction keeps its lock until its connection is used again.
    let (mut report, hidden) = match outcome {
        Ok(Loaded { report, hidden, .. }) if report.state == RunState::Done && !dry_run => {
            tx.commit().await?;
            (report, hidden)
        }
        Ok(Loaded { report, hidden, hashes }) => {
            tx.rollback().await?;
            if !dry_run {
                let mut tx = bank.begin().await?;
                record::finish(&mut tx, &report, &hidden, &hashes).await?;
                audit::record(&mut tx, actor, entry(&report).reason("refused")).await?;
                tx.commit().await?;
            } else {
                // It shows what stands in the files, and writes nothing else.
                bank.audit_soon(actor, Entry { outcome: Outcome::Viewed, ..entry(&report).reason("dry run") }).await;
            }
            (report, hidden)
        }
        Err(error) => {
            if let Err(cause) = tx.rollback().await {
                tracing::warn!(%cause, "rolling a load back");
            }
            if !dry_run {
                let mut tx = bank.begin().await?;
                record::failed(&mut tx, work.run, &error).await?;
                let subject = format!("feed:{}", work.request.profile.name);
                let mut failed = Entry { outcome: Outcome::Failed, ..Entry::done(Verb::FeedImport, subject) };
                if error.code() == Code::Cancelled {
                    failed = failed.reason("cancelled");
                }
                audit::record(&mut tx, actor, failed.detail(serde_json::json!({ "run": work.run }))).await?;
                tx.commit().await?;
            }
            return Err(error);
        }
    };
    report.seconds = started.elapsed().as_secs_f64();
    if let Some(dir) = work.request.rejects_dir.as_ref().filter(|_| report.total.rejected > 0 && !dry_run) {
        report.rejects_file = Some(record::write_rejects(dir, &report).map_err(Error::internal)?);
    }
    report.rejects.truncate(SHOWN);
    if work.on_page {
        report.rejects.iter_mut().zip(&hidden).for_each(|(reject, hidden)| hidden::veil(reject, hidden));
    }
    Ok(report)
}

/// What came of the transaction, what of each of its rejects is hidden, and what its files hash to.
struct Loaded {
    report: ImportReport,
    hidden: Vec<Vec<Span>>,
    hashes: BTreeMap<String, Vec<u8>>,
}

/// Everything inside the transaction, which the caller commits if the report says done.
async fn load(bank: &Bank, tx: &mut PgConnection, actor: &Actor, work: &Work, progress: impl FnMut(Progress) + Send) -> Result<Loaded> {
    let request = &work.request;
    let profile = &request.profile;
    let alone: bool = sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtext('feeds.import'))").fetch_one(&mut *tx).await?;
    if !alone {
        return Err(Error::new(Code::Conflict));
    }
    let (facts, before) = bank_facts(tx, request).await?;
    // Statements over whole files: sorts in memory, and no time lost on compiling them.
    upsert::run(tx, "set local work_mem = '64MB'".to_owned()).await?;
    upsert::run(tx, "set local jit = off".to_owned()).await?;
    // The planner only has to know how many rows are staged and roughly how many keys; a sample of a tenth says so.
    upsert::run(tx, "set local default_statistics_target = 10".to_owned()).await?;
    for statement in derive::TABLES.split(';') {
        upsert::run(tx, statement.to_owned()).await?;
    }
    sqlx::query("insert into feed_run values ($1, $2)")
        .persistent(false)
        .bind(&profile.source)
        .bind(facts.business_date)
        .execute(&mut *tx)
        .await?;

    let (jobs, cut_off) = plan(work, facts).await?;
    let complete = cut_off.is_empty();
    let steps = jobs.len() + 1;
    let behind = sqlx::query_scalar("select exists (select from import_run where feed = $1 and state = 'done' and business_date > $2)")
        .bind(&profile.name)
        .bind(facts.business_date)
        .fetch_one(&mut *tx)
        .await?;
    let asked = Asked { bank, job: (work.on_page && work.repaired.is_none()).then_some(work.run), looked: Instant::now() };
    let beforehand = if request.dry_run { Beforehand::none() } else { Beforehand::begin(bank, &jobs, facts.business_date) };
    let mut loader = Loader {
        bank,
        facts,
        source: &profile.source,
        behind,
        told: HashMap::new(),
        progress,
        steps,
        asked,
        beforehand,
        apart: !request.dry_run,
    };
    let mut files: Vec<FileCounts> = Vec::new();
    let mut rejects = Rejects::default();
    let mut hashes: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for reject in cut_off {
        let counts = Counts { read: 1, rejected: 1, ..Counts::default() };
        files.push(FileCounts { file: reject.file.clone(), entity: reject.entity.clone(), counts });
        rejects.push(Refusal::of_file(reject));
    }
    for (step, job) in jobs.into_iter().enumerate() {
        let file = job.source.name();
        let entity = job.entity.name.to_owned();
        if !hashes.contains_key(&file) {
            let source = job.source.clone();
            let hash = tokio::task::spawn_blocking(move || source.sha256()).await.map_err(Error::internal)?.map_err(Error::internal)?;
            hashes.insert(file.clone(), hash);
        }
        loader.asked.through().await?;
        let (counts, refused) = loader.job(tx, job, step).await?;
        rejects.append(refused);
        match files.iter_mut().find(|known| known.file == file && known.entity == entity) {
            Some(known) => known.counts += &counts,
            None => files.push(FileCounts { file, entity, counts }),
        }
    }
    loader.asked.through().await?;
    // As somebody reads the file, whichever step refused them.
    rejects.kept.sort_by(|Refusal { reject: a, .. }, Refusal { reject: b, .. }| (&a.file, a.line).cmp(&(&b.file, b.line)));
    let (rejects, hidden): (Vec<Reject>, Vec<Vec<Span>>) = rejects.kept.into_iter().map(|kept| (kept.reject, kept.hidden)).unzip();
    let mut total = Counts::default();
    files.iter().for_each(|file| total += &file.counts);
    let threshold = threshold(tx, profile).await?;
    let refused = !complete || total.read == 0 || total.rejected as f64 > threshold * total.read as f64;
    if refused {
        for counts in files.iter_mut().map(|file| &mut file.counts).chain([&mut total]) {
            (counts.inserted, counts.updated) = (0, 0);
        }
    }
    let report = ImportReport {
        feed: profile.name.clone(),
        run: work.run,
        state: if refused { RunState::Refused } else { RunState::Done },
        business_date: facts.business_date,
        dry_run: request.dry_run,
        total,
        rejects_file: None,
        seconds: 0.0,
        files,
        rejects,
    };
    if refused || request.dry_run {
        return Ok(Loaded { report, hidden, hashes });
    }
    loader.tell_summaries();
    loader.beforehand.ready().await;
    sqlx::query("update bank set business_date = $1 where business_date < $1").bind(facts.business_date).execute(&mut *tx).await?;
    let today: NaiveDate = sqlx::query_scalar("select business_date from bank").fetch_one(&mut *tx).await?;
    derive::refresh(tx, before, today).await?;
    record::finish(tx, &report, &hidden, &hashes).await?;
    audit::record(tx, actor, entry(&report)).await?;
    outbox::publish(tx, "feed.loaded", None, &[], serde_json::json!({ "feed": report.feed, "run": report.run })).await?;
    Ok(Loaded { report, hidden, hashes })
}

/// The jobs, none if files are cut off, of which it tells. Reading files blocks, so it has a thread of its own.
async fn plan(work: &Work, facts: Facts) -> Result<(Vec<Job>, Vec<Reject>)> {
    let request = &work.request;
    let (profile, dir, profile_dir) = (request.profile.clone(), request.dir.clone(), request.profile_dir.clone());
    let repaired = work.repaired.clone();
    let planned = tokio::task::spawn_blocking(move || {
        let mut planner = Planner::new(&profile, &dir, profile_dir.as_deref(), facts);
        planner.replaced = repaired.as_ref();
        let cut_off = planner.cut_off()?;
        let jobs = if cut_off.is_empty() { planner.jobs()? } else { Vec::new() };
        Ok::<_, ProfileError>((jobs, cut_off))
    });
    Ok(planned.await.map_err(Error::internal)??)
}

fn entry(report: &ImportReport) -> Entry {
    Entry::done(Verb::FeedImport, format!("feed:{}", report.feed)).detail(serde_json::json!({
        "run": report.run,
        "business_date": report.business_date,
        "state": report.state,
        "counts": report.total,
    }))
}

/// The bank the rows go to, made from the profile in an empty database, and its business date before.
async fn bank_facts(conn: &mut PgConnection, request: &ImportRequest) -> Result<(Facts, Option<NaiveDate>)> {
    let profile = &request.profile;
    let wanted = match request.business_date {
        Some(date) => Some(date),
        None => profile.default_date()?,
    };
    let there: Option<(String, NaiveDate)> =
        sqlx::query_as("select base_currency::text, business_date from bank for update").fetch_optional(&mut *conn).await?;
    if let Some((currency, date)) = there {
        let base_currency = Currency::new(&currency).ok_or_else(|| Error::internal(format!("base currency {currency}")))?;
        return Ok((Facts { business_date: wanted.unwrap_or(date), base_currency }, Some(date)));
    }
    let missing = |what: &str| Error::from(profile::wrong("", format!("the database has no bank yet, and the profile has no {what}")));
    let made = profile.bank.as_ref().ok_or_else(|| missing("[bank]"))?;
    let base_currency = Currency::new(&made.base_currency).ok_or_else(|| missing("bank.base_currency"))?;
    let business_date = wanted.ok_or_else(|| missing("business_date"))?;
    sqlx::query("insert into bank (name, base_currency, business_date) values ($1, $2, $3)")
        .bind(&made.name)
        .bind(base_currency.code())
        .bind(business_date)
        .execute(conn)
        .await?;
    Ok((Facts { business_date, base_currency }, None))
}

async fn threshold(conn: &mut PgConnection, profile: &Profile) -> Result<f64> {
    if let Some(threshold) = profile.reject_threshold {
        return Ok(threshold);
    }
    parameters::read(conn, "feeds.reject_threshold").await
}

/// Runs jobs one after another in the load's transaction.
struct Loader<'a, P> {
    bank: &'a Bank,
    facts: Facts,
    source: &'a str,
    behind: bool,
    /// Lines refused so far, by file: they are not tried again as another entity.
    told: HashMap<String, HashSet<u64>>,
    progress: P,
    steps: usize,
    asked: Asked<'a>,
    beforehand: Beforehand,
    /// Months may still be made apart: nothing was read of transactions and balances yet, and something may stay.
    apart: bool,
}

/// Whether somebody asked for the end of a load.
struct Asked<'a> {
    bank: &'a Bank,
    /// `None`: nobody can.
    job: Option<Uuid>,
    looked: Instant,
}

/// Between chunks of a file it is looked no more often than this.
const LOOK_EVERY: Duration = Duration::from_millis(300);

impl Asked<'_> {
    /// # Errors
    /// `Cancelled` when somebody did. What the load has written so far is undone with its transaction.
    async fn through(&mut self) -> Result<()> {
        let Some(job) = self.job else { return Ok(()) };
        self.looked = Instant::now();
        // On a connection of its own: the load's is busy with a COPY.
        let asked: bool =
            sqlx::query_scalar("select cancel_requested from job where job_id = $1").bind(job).fetch_one(self.bank.pool()).await?;
        if asked { Err(Error::new(Code::Cancelled)) } else { Ok(()) }
    }

    async fn at_times(&mut self) -> Result<()> {
        if self.looked.elapsed() < LOOK_EVERY { Ok(()) } else { self.through().await }
    }
}

impl<P: FnMut(Progress) + Send> Loader<'_, P> {
    /// The last step has no file.
    fn tell_summaries(&mut self) {
        let steps = self.steps;
        (self.progress)(Progress { file: String::new(), entity: String::new(), rows: 0, bytes: 0, bytes_total: 0, step: steps - 1, steps });
    }

    async fn job(&mut self, conn: &mut PgConnection, job: Job, step: usize) -> Result<(Counts, Rejects)> {
        let file = job.source.name();
        let copy_statement = upsert::make_stage(conn, &job).await?;
        let first = !self.told.contains_key(&file);
        let skip = self.told.entry(file.clone()).or_default().clone();
        let bytes_total = job.source.size().map_err(Error::internal)?;
        let (facts, keys) = (self.facts, self.bank.keys().clone());
        let (sender, mut receiver) = mpsc::channel::<(Vec<u8>, u64, u64)>(4);
        let reading = tokio::task::spawn_blocking(move || {
            let read =
                stage::read(&job, facts, &keys, &skip, first, |chunk, rows, bytes| sender.blocking_send((chunk, rows, bytes)).is_ok());
            (job, read)
        });
        let mut copy = conn.copy_in_raw(&copy_statement).await?;
        while let Some((chunk, rows, bytes)) = receiver.recv().await {
            if let Err(error) = self.asked.at_times().await {
                // The reader finds its channel closed and stops.
                copy.abort("cancelled").await?;
                return Err(error);
            }
            copy.send(chunk).await?;
            (self.progress)(Progress { file: file.clone(), entity: String::new(), rows, bytes, bytes_total, step, steps: self.steps });
        }
        copy.finish().await?;
        let (job, read) = reading.await.map_err(Error::internal)?;
        let mut read = read.map_err(Error::internal)?;
        let books = matches!(job.entity.name, "transactions" | "balances");
        if books {
            self.beforehand.ready().await;
        }
        let context = upsert::Context {
            source: self.source,
            day: facts.business_date,
            base: facts.base_currency,
            behind: self.behind,
            apart: (books && std::mem::take(&mut self.apart)).then_some(self.bank),
        };
        let (mut counts, refused) = upsert::apply(conn, &job, &context).await?;
        read.rejects.append(describe(&job, refused)?);
        counts.read = read.rows;
        counts.rejected = read.rejects.count;
        let told = self.told.entry(file).or_default();
        told.extend(read.rejects.kept.iter().map(|refusal| refusal.reject.line));
        Ok((counts, read.rejects))
    }
}

/// Refused rows with their text, read from the file again: they are few.
fn describe(job: &Job, refused: upsert::Refused) -> Result<Rejects> {
    let mut rejects = Rejects { count: refused.len() as u64, kept: Vec::new() };
    if refused.is_empty() {
        return Ok(rejects);
    }
    let mut wanted: HashMap<u64, (RejectReason, String)> =
        refused.into_iter().take(MOST_KEPT).map(|(line, reason, detail)| (line as u64, (reason, detail))).collect();
    let mut records = Records::new(job.source.open().map_err(Error::internal)?, job.layout.clone());
    let mut record = Record::default();
    while !wanted.is_empty() && records.next(&mut record).map_err(Error::internal)?.is_some() {
        let line = stage::original_line(&job.source, record.line);
        if let Some((reason, detail)) = wanted.remove(&line) {
            rejects.kept.push(Refusal::new(job, line, reason, detail, &record.raw));
        }
    }
    Ok(rejects)
}
