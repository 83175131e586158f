//! Sealing the audit log, and telling whether somebody touched it since.
//!
//! A seal covers the rows after the seal before it. Its digest is an HMAC, under the deployment's key,
//! of that seal's digest and the digests of its rows; it is written to the database and to a file
//! outside it. Whoever changes a row must change every later seal, and can do so only with the key, and
//! unnoticed only with the file.
//!
//! **Which rows are settled.** Ids are handed out when a row is written and appear when its transaction
//! commits, so a row may turn up below ids already seen. [`horizon`] reads the last id handed out, then
//! which transactions hold the lock that writing to the log takes. A transaction takes that lock before
//! it draws an id and keeps it to its end, so once those transactions have ended every id up to the one
//! read has its row or never will. Nobody waits for the sealer, and it needs no clock.

use std::{fmt, io::Write, path::Path, time::Duration};

use futures::TryStreamExt;
use guanhu_domain::access::Verb;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::Entry;
use crate::{Actor, Bank, Error, Result};

/// Rows of one seal at most.
const BATCH: i64 = 10_000;
/// Bytes of a row's digest that are kept beside the seal.
const LEAF: usize = 8;

/// What one run of [`seal`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    pub seals: u64,
    pub rows: u64,
    /// A long transaction is still writing; the rest is for the next run.
    pub is_waiting: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    audit_id: i64,
    at: i64,
    user_id: Option<i32>,
    login: String,
    role: String,
    verb: String,
    subject: String,
    outcome: String,
    reason: String,
    detail: String,
    ip: Option<String>,
    request_id: Option<Uuid>,
}

impl Row {
    /// SHA-256 over the fields in order, each led by its length, so that no two rows read alike.
    fn digest(&self) -> [u8; 32] {
        let number = |n: i64| Some(n.to_string());
        let fields = [
            number(self.audit_id),
            number(self.at),
            self.user_id.map(|id| id.to_string()),
            Some(self.login.clone()),
            Some(self.role.clone()),
            Some(self.verb.clone()),
            Some(self.subject.clone()),
            Some(self.outcome.clone()),
            Some(self.reason.clone()),
            Some(self.detail.clone()),
            self.ip.clone(),
            self.request_id.map(|id| id.to_string()),
        ];
        let mut hash = Sha256::new();
        for field in fields {
            hash.update(field.as_ref().map_or(-1, |text| text.len() as i64).to_be_bytes());
            hash.update(field.unwrap_or_default());
        }
        hash.finalize().into()
    }
}

macro_rules! rows {
    ($tail:literal) => {
        concat!(
            "select audit_id, (extract(epoch from at) * 1000000)::bigint as at, user_id, login, role, verb, subject, outcome, reason,
                    detail::text as detail, ip::text as ip, request_id
             from audit_log where ",
            $tail
        )
    };
}

#[derive(Clone, Default, sqlx::FromRow)]
struct Seal {
    seal_id: i64,
    from_id: i64,
    to_id: i64,
    row_count: i64,
    digest: Vec<u8>,
    leaves: Vec<u8>,
}

impl Seal {
    /// The seal over these rows after that one.
    fn over(bank: &Bank, before: &Seal, rows: &[Row]) -> Seal {
        let digests: Vec<[u8; 32]> = rows.iter().map(Row::digest).collect();
        let mut seal = Seal {
            seal_id: before.seal_id + 1,
            from_id: before.to_id + 1,
            to_id: rows.last().map_or(before.to_id, |row| row.audit_id),
            row_count: rows.len() as i64,
            digest: Vec::new(),
            leaves: digests.iter().flat_map(|digest| &digest[..LEAF]).copied().collect(),
        };
        seal.digest = seal.sign(bank, before, &digests);
        seal
    }

    fn sign(&self, bank: &Bank, before: &Seal, digests: &[[u8; 32]]) -> Vec<u8> {
        // HMAC takes a key of any length, so this cannot fail.
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(bank.keys().seal_key()).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
        mac.update(b"audit seal");
        mac.update(&before.digest);
        for number in [self.from_id, self.to_id, self.row_count] {
            mac.update(&number.to_be_bytes());
        }
        for digest in digests {
            mac.update(digest);
        }
        mac.finalize().into_bytes().to_vec()
    }
}

/// A line of the file outside the database.
#[derive(Serialize, Deserialize)]
struct Line {
    seal_id: i64,
    from_id: i64,
    to_id: i64,
    rows: i64,
    digest: String,
}

/// Seals every settled row. `outside` is the file that takes the digests; lines it lacks are added.
/// One server at a time does it; another gets an empty answer.
pub async fn seal(bank: &Bank, actor: &Actor, outside: Option<&Path>) -> Result<Sealed> {
    if !actor.is_system() {
        actor.require(Verb::AuditSeal)?;
    }
    let Some(horizon) = horizon(bank.pool()).await? else {
        return Ok(Sealed { is_waiting: true, ..Sealed::default() });
    };
    let mut done = Sealed::default();
    let mut tx = bank.begin().await?;
    let first: bool = sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtext('audit_seal'))").fetch_one(&mut *tx).await?;
    if !first {
        return Ok(done);
    }
    let mut last: Seal =
        sqlx::query_as("select seal_id, from_id, to_id, row_count, digest, leaves from audit_seal order by seal_id desc limit 1")
            .fetch_optional(&mut *tx)
            .await?
            .unwrap_or_default();
    loop {
        let rows: Vec<Row> = sqlx::query_as(rows!("audit_id > $1 and audit_id <= $2 order by audit_id limit $3"))
            .bind(last.to_id)
            .bind(horizon)
            .bind(BATCH)
            .fetch_all(&mut *tx)
            .await?;
        if rows.is_empty() {
            break;
        }
        last = Seal::over(bank, &last, &rows);
        sqlx::query(
            "insert into audit_seal (seal_id, from_id, to_id, row_count, digest, leaves) overriding system value values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(last.seal_id)
        .bind(last.from_id)
        .bind(last.to_id)
        .bind(last.row_count)
        .bind(&last.digest)
        .bind(&last.leaves)
        .execute(&mut *tx)
        .await?;
        done.seals += 1;
        done.rows += rows.len() as u64;
    }
    if !actor.is_system() {
        super::record(&mut tx, actor, Entry::done(Verb::AuditSeal, format!("seal:{}", last.seal_id))).await?;
    }
    tx.commit().await?;
    if let Some(path) = outside {
        append(bank.pool(), path).await?;
    }
    Ok(done)
}

/// The id up to which every row is decided; `None` while a transaction takes too long.
async fn horizon(pool: &PgPool) -> Result<Option<i64>> {
    const WAITS: u32 = 40;
    const WAIT: Duration = Duration::from_millis(50);
    let mut conn = pool.acquire().await?;
    let handed_out: i64 = sqlx::query_scalar("select case when is_called then last_value else 0 end from audit_log_audit_id_seq")
        .fetch_one(&mut *conn)
        .await?;
    let writers = writers(&mut conn).await?;
    for _ in 0..WAITS {
        let now = self::writers(&mut conn).await?;
        if !writers.iter().any(|writer| now.contains(writer)) {
            return Ok(Some(handed_out));
        }
        tokio::time::sleep(WAIT).await;
    }
    Ok(None)
}

async fn writers(conn: &mut PgConnection) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "select virtualtransaction from pg_locks
         where locktype = 'relation' and mode = 'RowExclusiveLock' and relation = 'audit_log'::regclass
           and database = (select oid from pg_database where datname = current_database())",
    )
    .fetch_all(conn)
    .await?)
}

/// Adds to the file the seals it lacks.
async fn append(pool: &PgPool, path: &Path) -> Result<()> {
    let known = lines(path)?.last().map_or(0, |line| line.seal_id);
    let missing: Vec<Seal> =
        sqlx::query_as("select seal_id, from_id, to_id, row_count, digest, leaves from audit_seal where seal_id > $1 order by seal_id")
            .bind(known)
            .fetch_all(pool)
            .await?;
    if missing.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    for seal in missing {
        let line = Line {
            seal_id: seal.seal_id,
            from_id: seal.from_id,
            to_id: seal.to_id,
            rows: seal.row_count,
            digest: hex::encode(seal.digest),
        };
        text += &serde_json::to_string(&line).map_err(Error::internal)?;
        text.push('\n');
    }
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).map_err(Error::internal)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::internal)
}

/// A line cut off by a crash is the last one, and is written again.
fn lines(path: &Path) -> Result<Vec<Line>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().map_while(|line| serde_json::from_str(line).ok()).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::internal(error)),
    }
}

/// Where the log stops being what was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    RowChanged {
        audit_id: i64,
    },
    RowAdded {
        audit_id: i64,
    },
    /// One or more rows are gone between these two ids.
    RowsRemoved {
        after: i64,
        before: i64,
    },
    /// The rows are as their leaves say, but the seal does not fit them or the seal before it.
    SealChanged {
        seal_id: i64,
    },
    /// The file knows a seal that the database does not have, or has with another digest.
    NotAsOutside {
        seal_id: i64,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::RowChanged { audit_id } => write!(f, "row {audit_id} was changed after it was sealed"),
            Difference::RowAdded { audit_id } => write!(f, "row {audit_id} was added after its neighbours were sealed"),
            Difference::RowsRemoved { after, before } => write!(f, "one or more rows between {after} and {before} are gone"),
            Difference::SealChanged { seal_id } => write!(f, "seal {seal_id} does not fit its rows or the seal before it"),
            Difference::NotAsOutside { seal_id } => write!(f, "seal {seal_id} is not as the file outside the database has it"),
        }
    }
}

/// What [`verify`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub seals: i64,
    pub rows: i64,
    /// Rows that no seal covers yet.
    pub unsealed: i64,
    /// The first one, if any.
    pub difference: Option<Difference>,
}

/// Number of the newest seal; 0 when there is none.
pub async fn newest(bank: &Bank) -> Result<i64> {
    Ok(sqlx::query_scalar("select coalesce(max(seal_id), 0) from audit_seal").fetch_one(bank.pool()).await?)
}

/// Computes every seal again and compares, rows first, then the file outside.
pub async fn verify(bank: &Bank, actor: &Actor, outside: Option<&Path>) -> Result<Verdict> {
    if !actor.is_system() {
        actor.require(Verb::AuditSeal)?;
    }
    let mut verdict = Verdict::default();
    let mut kept = outside.map(lines).transpose()?.unwrap_or_default().into_iter().peekable();
    let mut before = Seal::default();
    let pool = bank.pool().clone();
    let mut seals = sqlx::query_as::<_, Seal>("select seal_id, from_id, to_id, row_count, digest, leaves from audit_seal order by seal_id")
        .fetch(&pool);
    while let Some(seal) = seals.try_next().await? {
        let rows: Vec<Row> = sqlx::query_as(rows!("audit_id > $1 and audit_id <= $2 order by audit_id"))
            .bind(before.to_id)
            .bind(seal.to_id)
            .fetch_all(bank.pool())
            .await?;
        verdict.seals += 1;
        verdict.rows += rows.len() as i64;
        verdict.difference = difference(bank, &before, &seal, &rows);
        if let Some(line) = kept.next_if(|line| line.seal_id == seal.seal_id)
            && line.digest != hex::encode(&seal.digest)
            && verdict.difference.is_none()
        {
            verdict.difference = Some(Difference::NotAsOutside { seal_id: seal.seal_id });
        }
        if verdict.difference.is_some() {
            return Ok(verdict);
        }
        before = seal;
    }
    verdict.difference = kept.next().map(|line| Difference::NotAsOutside { seal_id: line.seal_id });
    verdict.unsealed =
        sqlx::query_scalar("select count(*) from audit_log where audit_id > $1").bind(before.to_id).fetch_one(bank.pool()).await?;
    Ok(verdict)
}

fn difference(bank: &Bank, before: &Seal, seal: &Seal, rows: &[Row]) -> Option<Difference> {
    let again = Seal::over(bank, before, rows);
    let (was, is): (Vec<&[u8]>, Vec<&[u8]>) = (seal.leaves.chunks(LEAF).collect(), again.leaves.chunks(LEAF).collect());
    let Some(at) = (0..was.len().max(is.len())).find(|at| was.get(*at) != is.get(*at)) else {
        let fits = seal.digest == again.digest
            && seal.seal_id == again.seal_id
            && seal.from_id == again.from_id
            && seal.row_count == again.row_count;
        return (!fits).then_some(Difference::SealChanged { seal_id: seal.seal_id });
    };
    let id = |at: usize| rows.get(at).map(|row| row.audit_id);
    let after = at.checked_sub(1).and_then(id).unwrap_or(before.to_id);
    Some(match (id(at), is.get(at)) {
        (Some(audit_id), Some(leaf)) if was[at.min(was.len())..].contains(leaf) => Difference::RowsRemoved { after, before: audit_id },
        (Some(audit_id), _) if was.get(at).is_none_or(|leaf| is[at..].contains(leaf)) => Difference::RowAdded { audit_id },
        (Some(audit_id), _) => Difference::RowChanged { audit_id },
        (None, _) => Difference::RowsRemoved { after, before: seal.to_id + 1 },
    })
}
