//! Loads asked for from the page, their history, and rejected rows repaired.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use guanhu_domain::{
    Code, Rule,
    access::Verb,
    feeds::{
        Counts, FileCounts, ImportReport, LoadRequest, LoadState, Preview, ProfileTables, Progress, Repair, RunDetail, RunRow, RunState,
    },
};
use serde_json::json;
use sqlx::{Row as _, postgres::PgRow};
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    Facts, ImportRequest, Planner, Profile, Work, hidden, library, perform,
    plan::{Repaired, Source},
    profile::ProfileError,
    reader::{Layout, Record, Records},
    rejects::{Kept, rejects_by_id},
    stage,
    uploads::{Spool, own_upload},
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
};

/// Starts a load of uploaded files; the job's id. It goes on when the caller is gone.
pub async fn start(bank: &Bank, actor: &Actor, request: LoadRequest) -> Result<Uuid> {
    actor.require(Verb::FeedImport)?;
    own_upload(bank.pool(), actor, request.upload).await?;
    let (_, text) = library::newest(bank, &request.profile).await?;
    let profile = Profile::parse(&text)?;
    let job = Uuid::now_v7();
    sqlx::query(
        "insert into job (job_id, kind, payload, state, requested_by, started_at, leased_until)
         values ($1, 'feed.import', $2, 'running', $3, now(), now() + interval '1 minute')",
    )
    .bind(job)
    .bind(serde_json::to_value(&request).map_err(Error::internal)?)
    .bind(actor.user_ref())
    .execute(bank.pool())
    .await?;
    let (bank, actor) = (bank.clone(), actor.clone());
    tokio::spawn(async move {
        let (sender, receiver) = watch::channel(None);
        let telling = tokio::spawn(tell(bank.clone(), job, receiver));
        let outcome = run(&bank, &actor, job, profile, &request, sender).await;
        telling.abort();
        finish(&bank, &actor, job, outcome).await;
    });
    Ok(job)
}

async fn run(
    bank: &Bank,
    actor: &Actor,
    job: Uuid,
    profile: Profile,
    request: &LoadRequest,
    progress: watch::Sender<Option<Progress>>,
) -> Result<ImportReport> {
    let spool = Spool::of(bank, request.upload).await?;
    let own = Spool::new().await?;
    library::write_own(&profile.name, own.path()).await?;
    let request = ImportRequest {
        profile_dir: Some(own.path().to_owned()),
        profile,
        dir: spool.path().to_owned(),
        business_date: request.business_date,
        dry_run: request.dry_run,
        rejects_dir: None,
    };
    let upload =
        sqlx::query_scalar("select (payload ->> 'upload')::uuid from job where job_id = $1").bind(job).fetch_one(bank.pool()).await?;
    // The job and its run go by one id.
    perform(bank, actor, Work { request, run: job, upload, repaired: None, on_page: true }, |now| {
        progress.send_replace(Some(now));
    })
    .await
}

/// Writes the newest progress into the job, at most three times a second.
async fn tell(bank: Bank, job: Uuid, mut progress: watch::Receiver<Option<Progress>>) {
    // Also without news, so that the lease of a long step is renewed.
    while tokio::time::timeout(Duration::from_secs(20), progress.changed()).await.is_ok_and(|told| told.is_ok())
        || progress.has_changed().is_ok()
    {
        let now = progress.borrow_and_update().clone();
        let state = LoadState { progress: now, report: None, failure: None };
        let written =
            sqlx::query("update job set result = $2, leased_until = now() + interval '1 minute' where job_id = $1 and state = 'running'")
                .bind(job)
                .bind(serde_json::to_value(&state).unwrap_or_default())
                .execute(bank.pool())
                .await;
        if let Err(error) = written {
            tracing::debug!(%error, "progress of a load");
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn finish(bank: &Bank, actor: &Actor, job: Uuid, outcome: Result<ImportReport>) {
    // Its request was answered long ago, and whoever asked reads on when it is done.
    if let Err(error) = bank.remember_writes(actor).await {
        tracing::error!(%error, "what a load wrote may show late");
    }
    let (state, result) = match outcome {
        Ok(report) => ("done", LoadState { progress: None, report: Some(report), failure: None }),
        Err(error) => {
            let state = if error.code() == Code::Cancelled { "cancelled" } else { "failed" };
            let problem = bank.settle::<()>(Some(actor), Err(error)).await.err();
            (state, LoadState { progress: None, report: None, failure: problem })
        }
    };
    let written = sqlx::query("update job set state = $2, result = $3, finished_at = now(), leased_until = null where job_id = $1")
        .bind(job)
        .bind(state)
        .bind(serde_json::to_value(&result).unwrap_or_default())
        .execute(bank.pool())
        .await;
    if let Err(error) = written {
        tracing::error!(%error, "the outcome of a load");
    }
}

/// Asks a load that [`start`] began to end: it stops before the next chunk or file, and nothing of it stays.
///
/// # Errors
/// `Conflict` when it has ended already.
pub async fn cancel(bank: &Bank, actor: &Actor, job: Uuid) -> Result<()> {
    actor.require(Verb::FeedImport)?;
    let mut tx = bank.begin().await?;
    let running: bool = sqlx::query_scalar(
        "select state = 'running' and leased_until >= now() from job where job_id = $1 and kind = 'feed.import' for update",
    )
    .bind(job)
    .fetch_one(&mut *tx)
    .await?;
    if !running {
        return Err(Error::new(Code::Conflict));
    }
    sqlx::query("update job set cancel_requested = true where job_id = $1").bind(job).execute(&mut *tx).await?;
    audit::record(&mut tx, actor, Entry::done(Verb::FeedImport, format!("import:{job}")).reason("cancel")).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes the outcome, which quotes rejected rows, out of jobs that ended more than a day ago. What was loaded
/// and rejected stays with the run, where looking at it is audited. Returns how many jobs.
pub async fn forget(bank: &Bank) -> Result<u64> {
    let done = sqlx::query(
        "update job set result = null where kind = 'feed.import' and result is not null
         and coalesce(finished_at, leased_until, created_at) < now() - interval '1 day'",
    )
    .execute(bank.pool())
    .await?;
    Ok(done.rows_affected())
}

/// How a load stands. One whose server died is told as failed. Rejects in its report show customers' data, so
/// handing them out is audited.
pub async fn load_state(bank: &Bank, actor: &Actor, job: Uuid) -> Result<LoadState> {
    actor.require(Verb::FeedView)?;
    let (result, lost): (Option<serde_json::Value>, bool) =
        sqlx::query_as("select result, state = 'running' and leased_until < now() from job where job_id = $1 and kind = 'feed.import'")
            .bind(job)
            .fetch_one(bank.pool())
            .await?;
    let mut state: LoadState = match result {
        Some(result) => serde_json::from_value(result).map_err(Error::internal)?,
        None => LoadState { progress: None, report: None, failure: None },
    };
    if lost && state.report.is_none() {
        state.failure = Some(guanhu_domain::Problem::new(Code::Busy));
    }
    if let Some(rejects) = state.report.as_ref().map(|report| report.rejects.len()).filter(|rejects| *rejects > 0) {
        bank.audit_soon(actor, Entry::viewed(Verb::FeedView, format!("job:{job}")).detail(json!({ "rejects": rejects }))).await;
    }
    Ok(state)
}

macro_rules! run_columns {
    () => {
        "r.run_id, r.feed, r.state, r.business_date, r.started_at, r.finished_at, u.name as started_by, r.message,
         r.read_rows, r.inserted, r.updated, r.unchanged, r.rejected,
         r.state = 'running' and exists (select from job j where j.job_id = r.run_id and j.state = 'running' and j.leased_until >= now()
             and not j.cancel_requested) as can_cancel
         from import_run r left join app_user u on u.user_id = r.started_by "
    };
}

fn counts(row: &PgRow) -> Result<Counts, sqlx::Error> {
    let figure = |name: &str| row.try_get::<i64, _>(name).map(|figure| figure as u64);
    Ok(Counts {
        read: figure("read_rows")?,
        inserted: figure("inserted")?,
        updated: figure("updated")?,
        unchanged: figure("unchanged")?,
        rejected: figure("rejected")?,
    })
}

fn run_row(row: &PgRow) -> Result<RunRow> {
    let state: String = row.try_get("state")?;
    Ok(RunRow {
        run: row.try_get("run_id")?,
        feed: row.try_get("feed")?,
        state: RunState::from_code(&state).unwrap_or(RunState::Failed),
        business_date: row.try_get("business_date")?,
        started_at: row.try_get("started_at")?,
        finished_at: row.try_get("finished_at")?,
        started_by: row.try_get("started_by")?,
        total: counts(row)?,
        message: row.try_get("message")?,
        can_cancel: row.try_get("can_cancel")?,
    })
}

/// The newest hundred runs.
pub async fn runs(bank: &Bank, actor: &Actor) -> Result<Vec<RunRow>> {
    actor.require(Verb::FeedView)?;
    let rows = sqlx::query(concat!("select ", run_columns!(), "order by r.started_at desc limit 100")).fetch_all(bank.pool()).await?;
    rows.iter().map(run_row).collect()
}

/// One run with its files.
pub async fn run_detail(bank: &Bank, actor: &Actor, run: Uuid) -> Result<RunDetail> {
    actor.require(Verb::FeedView)?;
    let row = sqlx::query(concat!("select ", run_columns!(), "where r.run_id = $1")).bind(run).fetch_one(bank.pool()).await?;
    let files = sqlx::query(
        "select file, entity, read_rows, inserted, updated, unchanged, rejected from import_file where run_id = $1 order by file, entity",
    )
    .bind(run)
    .fetch_all(bank.pool())
    .await?;
    let files = files.iter().map(|row| Ok(FileCounts { file: row.try_get("file")?, entity: row.try_get("entity")?, counts: counts(row)? }));
    let origin = Origin::of(bank, run).await?;
    Ok(RunDetail { row: run_row(&row)?, files: files.collect::<Result<_>>()?, can_resubmit: origin.is_there(bank).await? })
}

/// How a run was mapped and where its files were.
struct Origin {
    definition: String,
    business_date: Option<chrono::NaiveDate>,
    dir: PathBuf,
    profile_dir: PathBuf,
    upload: Option<Uuid>,
}

impl Origin {
    async fn of(bank: &Bank, run: Uuid) -> Result<Origin> {
        let row = sqlx::query("select definition, business_date, dir, profile_dir, upload_id from import_run where run_id = $1")
            .bind(run)
            .fetch_one(bank.pool())
            .await?;
        Ok(Origin {
            definition: row.try_get(0)?,
            business_date: row.try_get(1)?,
            dir: PathBuf::from(row.try_get::<String, _>(2)?),
            profile_dir: PathBuf::from(row.try_get::<String, _>(3)?),
            upload: row.try_get(4)?,
        })
    }

    async fn is_there(&self, bank: &Bank) -> Result<bool> {
        match self.upload {
            Some(upload) => Ok(sqlx::query_scalar("select exists (select from import_upload where upload_id = $1)")
                .bind(upload)
                .fetch_one(bank.pool())
                .await?),
            None => Ok(!self.definition.is_empty() && self.dir.is_dir()),
        }
    }
}

/// Loads rejected rows again as they were repaired; a run of its own. What was left hidden is as it was. Rows that are
/// accepted are marked.
///
/// # Errors
/// `NotFound` for rejects of another run; `Conflict` when the files that its joins need are gone; `Invalid` on `file` where a
/// hidden value was changed in part.
pub async fn resubmit(bank: &Bank, actor: &Actor, run: Uuid, repairs: Vec<Repair>) -> Result<ImportReport> {
    send_again(bank, actor, run, repairs, |shown, typed| shown == typed).await
}

/// [`resubmit`] where `same` tells whether a cell is still what was shown of a hidden one.
pub(super) async fn send_again(
    bank: &Bank,
    actor: &Actor,
    run: Uuid,
    repairs: Vec<Repair>,
    same: fn(&str, &str) -> bool,
) -> Result<ImportReport> {
    actor.require(Verb::FeedImport)?;
    let origin = Origin::of(bank, run).await?;
    if repairs.is_empty() || !origin.is_there(bank).await? {
        return Err(Error::new(Code::Conflict));
    }
    let profile = Profile::parse(&origin.definition)?.with_threshold(Some(1.0));
    let ids: Vec<i64> = repairs.iter().map(|repair| repair.id).collect();
    let mut rejects = rejects_by_id(bank, run, &ids).await?;
    rejects.retain(|kept| !kept.reject.resubmitted && !kept.reject.of_whole_file());
    if rejects.len() != ids.len() {
        return Err(Error::not_found());
    }
    // Kept until the load is over.
    let spools = match origin.upload {
        Some(upload) => Some((Spool::of(bank, upload).await?, Spool::new().await?)),
        None => None,
    };
    let (dir, profile_dir) = match &spools {
        Some((spool, own)) => {
            library::write_own(&profile.name, own.path()).await?;
            (spool.path().to_owned(), own.path().to_owned())
        }
        None => (origin.dir.clone(), origin.profile_dir.clone()),
    };
    let facts = facts(bank, &profile).await?;
    let texts: BTreeMap<i64, String> = repairs.into_iter().map(|repair| (repair.id, repair.raw)).collect();
    let repaired = repaired(&profile, &dir, &profile_dir, facts, &rejects, &texts, same)?;
    let request = ImportRequest {
        profile,
        profile_dir: Some(profile_dir),
        dir,
        business_date: origin.business_date,
        dry_run: false,
        rejects_dir: None,
    };
    let work = Work { request, run: Uuid::now_v7(), upload: origin.upload, repaired: Some(repaired), on_page: true };
    let report = perform(bank, actor, work, |_| {}).await?;
    if report.state == RunState::Done {
        sqlx::query(
            "update import_reject r set resubmitted_in = $3 where r.run_id = $1 and r.reject_id = any($2)
             and not exists (select from import_reject again where again.run_id = $3 and again.file = r.file and again.line = r.line)",
        )
        .bind(run)
        .bind(&ids)
        .bind(report.run)
        .execute(bank.pool())
        .await?;
    }
    Ok(report)
}

/// The repaired lines as small files under the header of the file they came from.
fn repaired(
    profile: &Profile,
    dir: &Path,
    profile_dir: &Path,
    facts: Facts,
    rejects: &[Kept],
    texts: &BTreeMap<i64, String>,
    same: fn(&str, &str) -> bool,
) -> Result<Repaired> {
    let planner = Planner::new(profile, dir, Some(profile_dir), facts);
    let mut result = Repaired::new();
    for (name, table) in &profile.files {
        for source in planner.sources(name)? {
            let file = source.name();
            let of_file: Vec<&Kept> = rejects.iter().filter(|kept| kept.reject.file == file).collect();
            if of_file.is_empty() {
                continue;
            }
            let mut text = String::new();
            let mut lines: Vec<u64> = vec![0];
            let mut secrets: Vec<String> = Vec::new();
            let mut add = |row: &str, line: u64| {
                for part in row.trim_end_matches(['\r', '\n']).split('\n') {
                    text.push_str(part);
                    text.push('\n');
                    lines.push(line);
                }
            };
            if profile.has_header(table) {
                let layout = Layout { line_end_required: false, ..profile.layout(table) };
                let mut record = Record::default();
                let mut records = Records::new(source.open().map_err(Error::internal)?, layout);
                let _ = records.next(&mut record).map_err(Error::internal)?;
                add(&record.raw, 1);
            }
            for Kept { reject, hidden } in of_file {
                let typed = texts.get(&reject.id).map_or(reject.raw.as_str(), |text| text.trim_end_matches(['\r', '\n']));
                let layout = profile.layout(table);
                let (row, back) = hidden::filled(&reject.raw, hidden, typed, &layout, same).ok_or_else(|| in_part(reject.line))?;
                if typed != reject.raw && !is_one(&row, layout).map_err(Error::internal)? {
                    return Err(not_one(reject.line));
                }
                secrets.extend(back);
                add(&row, reject.line);
            }
            let source = Source::Text { name: file, text: Arc::from(text), lines: Some(Arc::from(lines)), secrets: Arc::from(secrets) };
            result.entry(name.clone()).or_default().push(source);
        }
    }
    Ok(result)
}

/// Whether a text is one row, neither several nor one that goes on.
fn is_one(row: &str, layout: Layout) -> std::io::Result<bool> {
    let text = std::io::Cursor::new(format!("{row}\n").into_bytes());
    let layout = Layout { encoding: None, line_end_required: false, trailer: None, ..layout };
    let mut records = Records::new(Box::new(text), layout);
    let mut record = Record::default();
    Ok(matches!(records.next(&mut record)?, Some(Ok(()))) && records.next(&mut record)?.is_none())
}

fn not_one(line: u64) -> Error {
    Error::field(
        "file",
        Rule::Other {
            zh: format!("第 {line} 行：改正后不是一行。请检查引号是否成对，并去掉多余的换行。"),
            en: format!("Line {line}: what was typed is not one row. See that quotes come in pairs, and take line breaks out."),
        },
    )
}

fn in_part(line: u64) -> Error {
    Error::field(
        "file",
        Rule::Other {
            zh: format!("第 {line} 行：遮盖的内容只改了一部分。请保持原样，或完整填写新值。"),
            en: format!("Line {line}: a hidden value was changed in part. Leave it as it is shown, or type the whole value anew."),
        },
    )
}

/// The first rows of every load under a mapping that need not be saved yet, without what says who a customer is. They show
/// customers' data all the same, so looking at them is audited.
pub async fn preview(bank: &Bank, actor: &Actor, upload: Uuid, tables: ProfileTables) -> Result<Vec<Preview>> {
    actor.require(Verb::FeedImport)?;
    let profile = Profile::from_tables(tables)?;
    own_upload(bank.pool(), actor, upload).await?;
    let spool = Spool::of(bank, upload).await?;
    let mapping = profile.to_toml()?;
    let own = Spool::new().await?;
    library::write_own(&profile.name, own.path()).await?;
    let facts = facts(bank, &profile).await?;
    let keys = bank.keys().clone();
    let work = move || -> Result<Vec<Preview>> {
        let jobs = Planner::new(&profile, spool.path(), Some(own.path()), facts).jobs()?;
        drop(own);
        jobs.iter().map(|job| stage::preview(job, facts, &keys, ROWS).map_err(Error::internal)).collect()
    };
    let previews = tokio::task::spawn_blocking(work).await.map_err(Error::internal)??;
    let rows: usize = previews.iter().map(|preview| preview.rows.len()).sum();
    bank.audit_soon(
        actor,
        Entry::viewed(Verb::FeedImport, format!("upload:{upload}")).detail(json!({ "preview": rows, "mapping": mapping })),
    )
    .await;
    Ok(previews)
}

/// Rows of a preview.
const ROWS: usize = 8;

async fn facts(bank: &Bank, profile: &Profile) -> Result<Facts> {
    if let Ok(facts) = bank.facts().await {
        return Ok(Facts { business_date: facts.business_date, base_currency: facts.base_currency });
    }
    let wrong = |what: &str| Error::from(ProfileError { place: what.into(), message: "missing".into(), zh: None });
    let currency = profile.bank.as_ref().and_then(|made| guanhu_domain::Currency::new(&made.base_currency)).ok_or_else(|| wrong("bank"))?;
    let date = profile.default_date()?.ok_or_else(|| wrong("business_date"))?;
    Ok(Facts { business_date: date, base_currency: currency })
}
