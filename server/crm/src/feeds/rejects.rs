//! Rows that a run rejected, as they are looked at and handed out.

use guanhu_domain::{
    access::Verb,
    feeds::{Reject, RejectReason, csv_cell},
};
use serde_json::json;
use sqlx::{Row as _, postgres::PgRow, types::Json};
use uuid::Uuid;

use super::{
    hidden::{self, Span},
    runs::run_detail,
};
use crate::{Actor, Bank, Error, Result, audit::Entry};

macro_rules! reject_columns {
    () => {
        "select reject_id, file, entity, line, code, detail, raw, resubmitted_in is not null, hidden from import_reject "
    };
}

/// Rejected rows after the reject with id `after`, at most `limit` (1–5,000), without what says who a customer is. They show
/// customers' data all the same, so looking at them is audited.
pub async fn rejects(bank: &Bank, actor: &Actor, run: Uuid, after: i64, limit: i64) -> Result<Vec<Reject>> {
    actor.require(Verb::FeedView)?;
    let found = some_rejects(bank, run, after, limit).await?;
    bank.audit_soon(actor, Entry::viewed(Verb::FeedView, format!("import:{run}")).detail(json!({ "rejects": found.len() }))).await;
    let veiled = |mut kept: Kept| {
        hidden::veil(&mut kept.reject, &kept.hidden);
        kept.reject
    };
    Ok(found.into_iter().map(veiled).collect())
}

async fn some_rejects(bank: &Bank, run: Uuid, after: i64, limit: i64) -> Result<Vec<Kept>> {
    let rows = sqlx::query(concat!(reject_columns!(), "where run_id = $1 and reject_id > $2 order by reject_id limit $3"))
        .bind(run)
        .bind(after)
        .bind(limit.clamp(1, 5_000))
        .fetch_all(bank.pool())
        .await?;
    rows.iter().map(kept).collect()
}

/// A rejected row as it stood in its file, and what of it is hidden.
pub(super) struct Kept {
    pub reject: Reject,
    pub hidden: Vec<Span>,
}

fn kept(row: &PgRow) -> Result<Kept> {
    let code: String = row.try_get(4)?;
    let reject = Reject {
        id: row.try_get(0)?,
        file: row.try_get(1)?,
        entity: row.try_get(2)?,
        line: row.try_get::<i64, _>(3)? as u64,
        reason: RejectReason::from_code(&code).ok_or_else(|| Error::internal(format!("reject code {code}")))?,
        detail: row.try_get(5)?,
        raw: row.try_get(6)?,
        resubmitted: row.try_get(7)?,
    };
    let hidden: Option<Json<Vec<Span>>> = row.try_get(8)?;
    // Of rows rejected before it was kept nobody knows what their cells are.
    let hidden = hidden.map_or_else(|| hidden::of_any_row(&reject.raw), |hidden| hidden.0);
    Ok(Kept { reject, hidden })
}

/// These rejected rows of a run; fewer where some are not its own.
pub(super) async fn rejects_by_id(bank: &Bank, run: Uuid, ids: &[i64]) -> Result<Vec<Kept>> {
    let rows = sqlx::query(concat!(reject_columns!(), "where run_id = $1 and reject_id = any($2) order by file, line"))
        .bind(run)
        .bind(ids)
        .fetch_all(bank.pool())
        .await?;
    rows.iter().map(kept).collect()
}

/// Every rejected row of a run as CSV for spreadsheets, with what looks like a formula made plain: as it stood in the file
/// for whoever uploaded the files, else without what says who a customer is. Audited like [`rejects`].
pub async fn rejects_csv(bank: &Bank, actor: &Actor, run: Uuid) -> Result<String> {
    actor.require(Verb::FeedView)?;
    let clear = has_files(bank, actor, run).await?;
    let mut text = String::from("\u{FEFF}id,file,entity,line,reason,detail,text\n");
    let (mut after, mut rows) = (0, 0);
    loop {
        let mut page = some_rejects(bank, run, after, 5_000).await?;
        let Some(last) = page.last() else { break };
        after = last.reject.id;
        rows += page.len();
        for Kept { reject, hidden } in &mut page {
            if !clear {
                hidden::veil(reject, hidden);
            }
            let cells = [&reject.file, &reject.entity, &reject.line.to_string(), reject.reason.code(), &reject.detail, &reject.raw];
            text.push_str(&reject.id.to_string());
            for cell in cells {
                text.push(',');
                text.push_str(&csv_cell(cell));
            }
            text.push('\n');
        }
    }
    if after == 0 {
        // Also tells an unknown run from one without rejects.
        run_detail(bank, actor, run).await?;
        return Ok(text);
    }
    let detail = json!({ "rejects": rows, "clear": clear });
    bank.audit_soon(actor, Entry::viewed(Verb::FeedView, format!("import:{run}")).detail(detail)).await;
    Ok(text)
}

/// Whether it was this one who uploaded the files of a run, which are kept for a while.
async fn has_files(bank: &Bank, actor: &Actor, run: Uuid) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select from import_run r join import_upload u on u.upload_id = r.upload_id
             where r.run_id = $1 and u.uploaded_by = $2)",
    )
    .bind(run)
    .bind(actor.user_ref())
    .fetch_one(bank.pool())
    .await?)
}
