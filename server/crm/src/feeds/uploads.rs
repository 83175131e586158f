//! Files sent through the browser: kept in the database, so that any server can load them.

use std::path::{Path, PathBuf};

use futures::{Stream, StreamExt, TryStreamExt};
use guanhu_domain::{Code, Rule, access::Verb, feeds::UploadedFile};
use sqlx::{PgExecutor, Row as _};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
};

/// Larger files belong to the command line.
pub const LARGEST: u64 = 512 * 1024 * 1024;
const CHUNK: usize = 1 << 20;

/// Opens an upload. Those older than 30 days are forgotten.
pub async fn begin_upload(bank: &Bank, actor: &Actor) -> Result<Uuid> {
    actor.require(Verb::FeedImport)?;
    let upload = Uuid::now_v7();
    let mut tx = bank.begin().await?;
    sqlx::query("delete from import_upload where uploaded_at < now() - interval '30 days'").execute(&mut *tx).await?;
    sqlx::query("insert into import_upload (upload_id, uploaded_by) values ($1, $2)")
        .bind(upload)
        .bind(actor.user_ref())
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(upload)
}

/// Adds a file, or replaces the one of the same name. `body` is its bytes as they arrive.
///
/// # Errors
/// `Invalid` on `file` for a name with folders; `TooLarge` above [`LARGEST`]; `NotFound` for another's upload.
pub async fn add_file<E: std::fmt::Display>(
    bank: &Bank,
    actor: &Actor,
    upload: Uuid,
    file: &str,
    body: impl Stream<Item = std::result::Result<impl AsRef<[u8]>, E>> + Send,
) -> Result<UploadedFile> {
    actor.require(Verb::FeedImport)?;
    let plain = !file.is_empty() && file.len() <= 200 && !file.starts_with('.') && !file.contains(['/', '\\', '\0']);
    if !plain {
        return Err(Error::field("file", Rule::BadFormat { expected: "name.csv".into() }));
    }
    let mut tx = bank.begin().await?;
    own_upload(&mut *tx, actor, upload).await?;
    sqlx::query("delete from import_upload_file where upload_id = $1 and file = $2").bind(upload).bind(file).execute(&mut *tx).await?;
    sqlx::query("insert into import_upload_file (upload_id, file) values ($1, $2)").bind(upload).bind(file).execute(&mut *tx).await?;
    let mut waiting = Vec::with_capacity(CHUNK);
    let (mut bytes, mut seq) = (0_u64, 0_i32);
    let mut body = std::pin::pin!(body);
    loop {
        let part = body.next().await;
        let ended = part.is_none();
        if let Some(part) = part {
            let part = part.map_err(|_| Error::new(Code::Malformed))?;
            waiting.extend_from_slice(part.as_ref());
            bytes += part.as_ref().len() as u64;
        }
        if bytes > LARGEST {
            return Err(Error::new(Code::TooLarge));
        }
        if waiting.len() >= CHUNK || (ended && !waiting.is_empty()) {
            sqlx::query("insert into import_upload_chunk (upload_id, file, seq, data) values ($1, $2, $3, $4)")
                .bind(upload)
                .bind(file)
                .bind(seq)
                .bind(std::mem::take(&mut waiting))
                .execute(&mut *tx)
                .await?;
            seq += 1;
        }
        if ended {
            break;
        }
    }
    sqlx::query("update import_upload_file set bytes = $3, complete = true where upload_id = $1 and file = $2")
        .bind(upload)
        .bind(file)
        .bind(bytes as i64)
        .execute(&mut *tx)
        .await?;
    let entry = Entry::done(Verb::FeedImport, format!("upload:{upload}")).detail(serde_json::json!({ "file": file, "bytes": bytes }));
    audit::record(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(UploadedFile { name: file.to_owned(), bytes: bytes as i64 })
}

/// The files of an upload, by name.
pub async fn uploaded_files(bank: &Bank, actor: &Actor, upload: Uuid) -> Result<Vec<UploadedFile>> {
    actor.require(Verb::FeedView)?;
    let rows = sqlx::query("select file, bytes from import_upload_file where upload_id = $1 and complete order by file")
        .bind(upload)
        .fetch_all(bank.pool())
        .await?;
    rows.iter().map(|row| Ok(UploadedFile { name: row.try_get(0)?, bytes: row.try_get(1)? })).collect()
}

/// Keeps an upload until the transaction ends.
///
/// # Errors
/// `not_found` for another's, as for one that is not there: its files are read by whoever uploaded them.
pub(super) async fn own_upload(on: impl PgExecutor<'_>, actor: &Actor, upload: Uuid) -> Result<()> {
    sqlx::query("select from import_upload where upload_id = $1 and uploaded_by is not distinct from $2 for update")
        .bind(upload)
        .bind(actor.user_ref())
        .fetch_one(on)
        .await?;
    Ok(())
}

/// An upload's files in a directory of their own, gone when dropped.
pub(super) struct Spool {
    dir: PathBuf,
}

impl Spool {
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// An empty one.
    pub async fn new() -> Result<Spool> {
        let dir = std::env::temp_dir().join(format!("guanhu-feed-{}", Uuid::new_v4().simple()));
        let mut builder = tokio::fs::DirBuilder::new();
        #[cfg(unix)]
        builder.mode(0o700);
        builder.create(&dir).await.map_err(Error::internal)?;
        Ok(Spool { dir })
    }

    /// With the files of the upload.
    pub async fn of(bank: &Bank, upload: Uuid) -> Result<Spool> {
        let spool = Spool::new().await?;
        let files: Vec<String> = sqlx::query_scalar("select file from import_upload_file where upload_id = $1 and complete")
            .bind(upload)
            .fetch_all(bank.pool())
            .await?;
        if files.is_empty() {
            return Err(Error::not_found());
        }
        for file in files {
            let mut out = tokio::fs::File::create(spool.dir.join(&file)).await.map_err(Error::internal)?;
            let mut chunks =
                sqlx::query_scalar::<_, Vec<u8>>("select data from import_upload_chunk where upload_id = $1 and file = $2 order by seq")
                    .bind(upload)
                    .bind(&file)
                    .fetch(bank.pool());
            while let Some(chunk) = chunks.try_next().await? {
                out.write_all(&chunk).await.map_err(Error::internal)?;
            }
            out.flush().await.map_err(Error::internal)?;
        }
        Ok(spool)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.dir) {
            tracing::warn!(%error, dir = %self.dir.display(), "removing a spooled upload");
        }
    }
}
