//! Sessions: 256 random bits that the browser keeps and the database knows by hash only.

use std::{net::IpAddr, sync::Arc};

use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use guanhu_domain::access::{Verb, account::SessionItem};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Actor, Bank, Error, Result,
    actor::UserRow,
    audit::{self, Entry},
    user_columns, user_tables,
    wal::lsn,
};

/// A browser's session travels in a cookie, a program's as a bearer token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    Browser,
    Api,
}

impl SessionKind {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            SessionKind::Browser => "browser",
            SessionKind::Api => "api",
        }
    }
}

/// Where a request comes from.
#[derive(Clone, Debug)]
pub struct Client {
    pub ip: Option<IpAddr>,
    /// What the browser or program says it is.
    pub agent: Arc<str>,
    pub request_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    #[sqlx(flatten)]
    user: UserRow,
    session_id: Uuid,
    wrote_to: Option<String>,
    is_stale: bool,
}

/// The actor behind a token, in one statement. `None` for a token that is unknown, ended, idle for 30
/// minutes, or whose user was disabled.
pub async fn resolve(bank: &Bank, token: &str, client: &Client) -> Result<Option<Actor>> {
    let row: Option<SessionRow> = sqlx::query_as(concat!(
        "select ",
        user_columns!(),
        ", s.session_id, s.wrote_to::text as wrote_to, s.seen_at < now() - interval '1 minute' as is_stale
         from ",
        user_tables!(),
        " join session s on s.user_id = u.user_id
         where s.token_hash = $1 and s.expires_at > now() and s.seen_at > now() - interval '30 minutes'
           and u.disabled_at is null and u.granted_at is not null"
    ))
    .bind(token_hash(token))
    .fetch_optional(bank.pool())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.is_stale {
        touch(bank, row.session_id);
    }
    let mut actor = row.user.into_actor(Some(row.session_id), client.ip, client.request_id)?;
    actor.seen = row.wrote_to.map_or(0, |place| lsn(&place));
    Ok(Some(actor))
}

/// Marks a session as used, once a minute, beside the request rather than before its answer.
fn touch(bank: &Bank, session_id: Uuid) {
    let pool = bank.pool().clone();
    tokio::spawn(async move {
        let touched = sqlx::query("update session set seen_at = now() where session_id = $1 and seen_at < now() - interval '1 minute'")
            .bind(session_id)
            .execute(&pool)
            .await;
        if let Err(error) = touched {
            tracing::warn!(%error, "a session was not marked as used");
        }
    });
}

fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

/// Begins a session of twelve hours. The token and its end.
pub(crate) async fn begin(
    conn: &mut PgConnection,
    user_id: i32,
    kind: SessionKind,
    client: &Client,
) -> Result<(String, Uuid, DateTime<Utc>)> {
    let token = BASE64URL_NOPAD.encode(&rand::random::<[u8; 32]>());
    let session_id = Uuid::now_v7();
    let expires_at = sqlx::query_scalar(
        "insert into session (session_id, token_hash, user_id, kind, expires_at, client, ip)
         values ($1, $2, $3, $4, now() + interval '12 hours', $5, $6::inet) returning expires_at",
    )
    .bind(session_id)
    .bind(token_hash(&token))
    .bind(user_id)
    .bind(kind.code())
    .bind(client.agent.chars().take(200).collect::<String>())
    .bind(client.ip.map(|ip| ip.to_string()))
    .fetch_one(conn)
    .await?;
    Ok((token, session_id, expires_at))
}

/// Logs out: ends the session that asks.
pub async fn end(bank: &Bank, actor: &Actor) -> Result<()> {
    actor.require(Verb::AccountOwn)?;
    let mut tx = bank.begin().await?;
    sqlx::query("delete from session where session_id = $1").bind(actor.session_id).execute(&mut *tx).await?;
    audit::record(&mut tx, actor, Entry { verb: "session.end", ..Entry::done(Verb::AccountOwn, format!("user:{}", actor.login)) }).await?;
    tx.commit().await?;
    Ok(())
}

/// The own sessions, newest use first.
pub async fn own(bank: &Bank, actor: &Actor) -> Result<Vec<SessionItem>> {
    actor.require(Verb::AccountOwn)?;
    Ok(sqlx::query_as(
        "select session_id, kind, created_at, seen_at, expires_at, client, host(ip) as ip, session_id is not distinct from $2 as is_current
         from session where user_id = $1 and expires_at > now() and seen_at > now() - interval '30 minutes'
         order by is_current desc, seen_at desc",
    )
    .bind(actor.user_id)
    .bind(actor.session_id)
    .fetch_all(bank.pool())
    .await?)
}

/// Ends one of the own sessions.
pub async fn revoke_own(bank: &Bank, actor: &Actor, session_id: Uuid) -> Result<()> {
    actor.require(Verb::AccountOwn)?;
    let mut tx = bank.begin().await?;
    let ended = sqlx::query("delete from session where session_id = $1 and user_id = $2")
        .bind(session_id)
        .bind(actor.user_id)
        .execute(&mut *tx)
        .await?;
    if ended.rows_affected() == 0 {
        return Err(Error::not_found());
    }
    let entry = Entry::done(Verb::AccountOwn, format!("user:{}", actor.login)).detail(json!({"revoked_session": session_id}));
    audit::record(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends the own sessions but the one that asks.
pub async fn revoke_others(bank: &Bank, actor: &Actor) -> Result<()> {
    actor.require(Verb::AccountOwn)?;
    let mut tx = bank.begin().await?;
    end_others(&mut tx, actor).await?;
    audit::record(&mut tx, actor, Entry::done(Verb::AccountOwn, format!("user:{}", actor.login)).detail(json!({"revoked": "others"})))
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Ends every session of a user; how many there were.
pub async fn revoke(bank: &Bank, actor: &Actor, login: &str) -> Result<u64> {
    actor.require(Verb::SessionRevoke)?;
    let mut tx = bank.begin().await?;
    let user_id: i32 = sqlx::query_scalar("select user_id from app_user where login = $1").bind(login).fetch_one(&mut *tx).await?;
    let ended = end_all(&mut tx, user_id).await?;
    audit::record(&mut tx, actor, Entry::done(Verb::SessionRevoke, format!("user:{login}")).detail(json!({"sessions": ended}))).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Ends every session of a user, in the caller's transaction.
pub(super) async fn end_all(conn: &mut PgConnection, user_id: i32) -> Result<u64> {
    Ok(sqlx::query("delete from session where user_id = $1").bind(user_id).execute(conn).await?.rows_affected())
}

/// Ends the actor's sessions but the one that asks.
pub(super) async fn end_others(conn: &mut PgConnection, actor: &Actor) -> Result<()> {
    sqlx::query("delete from session where user_id = $1 and session_id is distinct from $2")
        .bind(actor.user_id)
        .bind(actor.session_id)
        .execute(conn)
        .await?;
    Ok(())
}
