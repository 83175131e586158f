//! One effect per key, however often a request is retried.

use guanhu_domain::{Code, access::Verb};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Actor, Bank, Error, Result};

/// Claims `key` in the caller's transaction. `Some` is the answer given the first time: return it and
/// change nothing. A second request with the same key waits for the first one's transaction.
///
/// # Errors
/// [`Code::KeyReused`] when the key came with a different request before.
pub async fn claim<T: DeserializeOwned>(
    conn: &mut PgConnection,
    actor: &Actor,
    key: Uuid,
    verb: Verb,
    request: &impl Serialize,
) -> Result<Option<T>> {
    // A repeated request may be the first whose answer arrives.
    actor.wrote.set();
    let hash = Sha256::digest(serde_json::to_vec(request).map_err(Error::internal)?).to_vec();
    let claimed =
        sqlx::query("insert into idempotency_key (user_id, key, verb, request_hash) values ($1, $2, $3, $4) on conflict do nothing")
            .bind(actor.user_id)
            .bind(key)
            .bind(verb.code())
            .bind(&hash)
            .execute(&mut *conn)
            .await?
            .rows_affected();
    if claimed == 1 {
        return Ok(None);
    }
    let (first_verb, first_hash, response): (String, Vec<u8>, Option<serde_json::Value>) =
        sqlx::query_as("select verb, request_hash, response from idempotency_key where user_id = $1 and key = $2")
            .bind(actor.user_id)
            .bind(key)
            .fetch_one(conn)
            .await?;
    if first_verb != verb.code() || first_hash != hash {
        return Err(Error::new(Code::KeyReused));
    }
    let response = response.ok_or_else(|| Error::internal("an idempotency key without an answer was committed"))?;
    Ok(Some(serde_json::from_value(response).map_err(Error::internal)?))
}

/// Keeps the answer for retries, in the transaction that claimed the key.
pub async fn answer(conn: &mut PgConnection, actor: &Actor, key: Uuid, response: &impl Serialize) -> Result<()> {
    sqlx::query("update idempotency_key set response = $3 where user_id = $1 and key = $2")
        .bind(actor.user_id)
        .bind(key)
        .bind(serde_json::to_value(response).map_err(Error::internal)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keys are kept so long: nobody retries later. As many are forgotten at a time.
const KEPT_DAYS: i32 = 7;
const FORGET: i64 = 50_000;

/// Forgets the oldest keys with their answers. How many.
pub async fn forget(bank: &Bank) -> Result<u64> {
    let forgotten = sqlx::query(
        "delete from idempotency_key where (user_id, key) in (
             select user_id, key from idempotency_key where created_at < now() - make_interval(days => $1) order by created_at limit $2)",
    )
    .bind(KEPT_DAYS)
    .bind(FORGET)
    .execute(bank.pool())
    .await?;
    Ok(forgotten.rows_affected())
}
