//! Files of customer numbers, read and kept until a transfer asks for them.

use std::{collections::BTreeSet, time::Duration};

use futures::{Stream, StreamExt};
use guanhu_domain::{
    Code, Problem, Rule,
    access::Verb,
    assignments::{BULK_MAX, BadLine, TransferFile, read_numbers},
};
use serde_json::json;
use sqlx::PgConnection;
use tokio::{sync::Semaphore, time::timeout};
use uuid::Uuid;

use super::request::too_many;
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    scoped,
};

/// A million lines of a number and a name.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Files that one server reads at once: each is held in memory whole.
static READING: Semaphore = Semaphore::const_new(4);
/// A file has arrived within this, or does not count.
const ARRIVES_WITHIN: Duration = Duration::from_secs(120);
/// Seconds after which to come again when others are being read.
const AGAIN: u64 = 10;
/// Lines that name nobody and are told.
const BAD_MAX: usize = 50;
const TEXT_MAX: usize = 40;

/// Reads a file of customer numbers, UTF-8, one a line. Lines that name nobody in the actor's scope are told, and
/// are no part of it. Files are forgotten after a day.
///
/// # Errors
/// `busy` while four others are read; `malformed` for one that takes more than two minutes to arrive; `too_large`
/// above [`FILE_BYTES_MAX`]; `invalid` on `file` for what is no text, names nobody, or names more than
/// [`BULK_MAX`].
pub async fn read_file<E: std::fmt::Display>(
    bank: &Bank,
    actor: &Actor,
    body: impl Stream<Item = std::result::Result<impl AsRef<[u8]>, E>> + Send,
) -> Result<TransferFile> {
    actor.require(Verb::TransferRequest)?;
    let busy = |_| Error::from(Problem { retry_after: Some(AGAIN), ..Problem::new(Code::Busy) });
    let _reading = READING.try_acquire().map_err(busy)?;
    let bytes = timeout(ARRIVES_WITHIN, arrived(body)).await.map_err(|_| Error::new(Code::Malformed))??;
    let text = String::from_utf8(bytes).map_err(|_| Error::field("file", Rule::BadFormat { expected: "UTF-8".into() }))?;
    let (mut seen, mut repeated, mut places, mut bad, mut lines) = (BTreeSet::new(), 0, Vec::new(), 0, Vec::new());
    for (line, field, number) in read_numbers(&text) {
        match number {
            Some(no) if seen.insert(no.id()) => places.push((no.id(), line)),
            Some(_) => repeated += 1,
            None => {
                bad += 1;
                if lines.len() < BAD_MAX {
                    lines.push(BadLine { line, text: field.chars().take(TEXT_MAX).collect(), is_number: false });
                }
            }
        }
    }
    if seen.len() > BULK_MAX {
        return Err(Error::field("file", too_many()));
    }
    let keys: Vec<i64> = seen.into_iter().collect();
    let mut tx = bank.begin().await?;
    let known = known(&mut tx, actor, &keys).await?;
    let unknown = places.iter().filter(|(id, _)| known.binary_search(id).is_err());
    for (id, line) in unknown {
        bad += 1;
        if lines.len() < BAD_MAX {
            let text = guanhu_domain::CustomerNo::from_id(*id).to_string();
            lines.push(BadLine { line: *line, text, is_number: true });
        }
    }
    lines.sort_by_key(|bad| bad.line);
    if known.is_empty() {
        return Err(Error::field(
            "file",
            Rule::Other {
                zh: "文件中没有您范围内的客户号。".into(), en: "No line of the file names a customer of yours.".into()
            },
        ));
    }
    let file = TransferFile { id: Uuid::now_v7(), customers: known.len() as i64, repeated, bad, lines };
    sqlx::query("delete from transfer_file where sent_at < now() - interval '1 day'").execute(&mut *tx).await?;
    sqlx::query("insert into transfer_file (file_id, sent_by, customer_ids) values ($1, $2, $3)")
        .bind(file.id)
        .bind(actor.user_id)
        .bind(&known)
        .execute(&mut *tx)
        .await?;
    let entry = Entry::done(Verb::TransferRequest, format!("transfer_file:{}", file.id));
    audit::record(&mut tx, actor, entry.detail(json!({ "customers": file.customers, "repeated": repeated, "bad": bad }))).await?;
    tx.commit().await?;
    Ok(file)
}

async fn arrived<E: std::fmt::Display>(body: impl Stream<Item = std::result::Result<impl AsRef<[u8]>, E>> + Send) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut body = std::pin::pin!(body);
    while let Some(part) = body.next().await {
        bytes.extend_from_slice(part.map_err(|_| Error::new(Code::Malformed))?.as_ref());
        if bytes.len() > FILE_BYTES_MAX {
            return Err(Error::new(Code::TooLarge));
        }
    }
    Ok(bytes)
}

/// Those of these customers that are in the actor's scope, in order.
async fn known(conn: &mut PgConnection, actor: &Actor, keys: &[i64]) -> Result<Vec<i64>> {
    let (units, staff) = actor.scope.binds();
    Ok(sqlx::query_scalar(concat!(
        "select s.customer_id from customer_summary s where s.customer_id = any($3) and ",
        scoped!(),
        " order by s.customer_id"
    ))
    .bind(units)
    .bind(staff)
    .bind(keys)
    .fetch_all(conn)
    .await?)
}

/// The customers of a file that the actor sent.
pub(super) async fn keys(conn: &mut PgConnection, actor: &Actor, file: Uuid) -> Result<Vec<i64>> {
    let keys = sqlx::query_scalar("select customer_ids from transfer_file where file_id = $1 and sent_by = $2")
        .bind(file)
        .bind(actor.user_id)
        .fetch_optional(conn)
        .await?;
    keys.ok_or_else(|| Error::field("file", Rule::UnknownCode { value: file.to_string() }))
}
