//! What is kept of a load: the run, its files, the rows refused.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::Path,
};

use guanhu_domain::{
    Code,
    feeds::{ImportReport, Reject, RunState},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Work, hidden::Span};
use crate::{Actor, Bank, Error, Result};

/// Notes that a load began, outside its transaction so that others see it. Runs that stopped with
/// their server are marked as failed.
pub async fn start(bank: &Bank, actor: &Actor, work: &Work) -> Result<()> {
    let request = &work.request;
    let mut tx = bank.begin().await?;
    let alone: bool = sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtext('feeds.import'))").fetch_one(&mut *tx).await?;
    if !alone {
        tx.rollback().await?;
        return Err(Error::new(Code::Conflict));
    }
    sqlx::query("update import_run set state = 'failed', finished_at = now(), message = 'interrupted' where state = 'running'")
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "insert into import_run (run_id, feed, profile, business_date, state, started_by, dir, upload_id, definition, profile_dir)
         values ($1, $2, $3, $4, 'running', $5, $6, $7, $8, $9)",
    )
    .bind(work.run)
    .bind(&request.profile.name)
    .bind(&request.profile.name)
    .bind(request.business_date)
    .bind(actor.user_ref())
    .bind(work.upload.map_or_else(|| request.dir.to_string_lossy(), |_| Default::default()))
    .bind(work.upload)
    .bind(request.profile.to_toml()?)
    .bind(match (&request.profile_dir, work.upload) {
        (Some(dir), None) => dir.to_string_lossy(),
        _ => Default::default(),
    })
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Notes why a load came to nothing.
pub async fn failed(conn: &mut PgConnection, run: Uuid, error: &Error) -> Result<()> {
    let state = if error.code() == Code::Cancelled { RunState::Cancelled } else { RunState::Failed };
    sqlx::query("update import_run set state = $3, finished_at = now(), message = $2 where run_id = $1")
        .bind(run)
        .bind(match error {
            _ if state == RunState::Cancelled => String::new(),
            Error::Problem(problem) => problem.to_string(),
            // The cause may quote rows; the log has it.
            _ => "internal".to_owned(),
        })
        .bind(state.code())
        .execute(conn)
        .await?;
    Ok(())
}

/// Files, refused rows with what is `hidden` of each, and the run's end, in the caller's transaction.
pub async fn finish(
    conn: &mut PgConnection,
    report: &ImportReport,
    hidden: &[Vec<Span>],
    hashes: &BTreeMap<String, Vec<u8>>,
) -> Result<()> {
    let total = &report.total;
    sqlx::query(
        "update import_run set state = $2, finished_at = clock_timestamp(), business_date = $3,
             read_rows = $4, inserted = $5, updated = $6, unchanged = $7, rejected = $8, told = true where run_id = $1",
    )
    .bind(report.run)
    .bind(report.state.code())
    .bind(report.business_date)
    .bind(total.read as i64)
    .bind(total.inserted as i64)
    .bind(total.updated as i64)
    .bind(total.unchanged as i64)
    .bind(total.rejected as i64)
    .execute(&mut *conn)
    .await?;
    for file in &report.files {
        sqlx::query(
            "insert into import_file (run_id, file, entity, sha256, read_rows, inserted, updated, unchanged, rejected)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(report.run)
        .bind(&file.file)
        .bind(&file.entity)
        .bind(hashes.get(&file.file).map(Vec::as_slice).unwrap_or_default())
        .bind(file.counts.read as i64)
        .bind(file.counts.inserted as i64)
        .bind(file.counts.updated as i64)
        .bind(file.counts.unchanged as i64)
        .bind(file.counts.rejected as i64)
        .execute(&mut *conn)
        .await?;
    }
    for (rejects, hidden) in report.rejects.chunks(5_000).zip(hidden.chunks(5_000)) {
        let texts = |pick: fn(&Reject) -> &str| rejects.iter().map(|reject| pick(reject).to_owned()).collect::<Vec<_>>();
        sqlx::query(
            "insert into import_reject (run_id, file, entity, line, code, detail, raw, hidden)
             select $1, * from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::jsonb[])",
        )
        .bind(report.run)
        .bind(texts(|reject| &reject.file))
        .bind(texts(|reject| &reject.entity))
        .bind(rejects.iter().map(|reject| reject.line as i64).collect::<Vec<_>>())
        .bind(texts(|reject| reject.reason.code()))
        .bind(texts(|reject| &reject.detail))
        .bind(texts(|reject| &reject.raw))
        .bind(hidden.iter().map(|spans| serde_json::to_value(spans).map_err(Error::internal)).collect::<Result<Vec<_>>>()?)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Refused rows as CSV, the text exactly as it stood in the file. Returns the path.
pub fn write_rejects(dir: &Path, report: &ImportReport) -> io::Result<String> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join(format!("{}-{}-{}.csv", report.feed, report.business_date, report.run.simple()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    // They are customers' data: for whoever runs the load, and nobody else of the machine.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut csv = csv::Writer::from_writer(options.open(&path)?);
    csv.write_record(["file", "entity", "line", "reason", "detail", "text"])?;
    for reject in &report.rejects {
        csv.write_record([&reject.file, &reject.entity, &reject.line.to_string(), reject.reason.code(), &reject.detail, &reject.raw])?;
    }
    csv.flush()?;
    csv.into_inner().map_err(|error| error.into_error())?.flush()?;
    Ok(path.canonicalize()?.to_string_lossy().into_owned())
}
