//! Which logins reach the database: the owner's, which migrates, and the application's, which owns nothing.

use std::str::FromStr;

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool, postgres::PgConnectOptions};

use crate::{Error, Keys, Result};

/// Says what to type where the owner's login cannot make what the first migration makes.
pub(super) async fn may_migrate(pool: &PgPool) -> Result<()> {
    let (login, makes_roles): (String, bool) =
        sqlx::query_as("select quote_ident(rolname), rolsuper or rolcreaterole from pg_roles where rolname = current_user")
            .fetch_one(pool)
            .await?;
    let begun: bool = sqlx::query_scalar("select to_regclass('public.parameter') is not null").fetch_one(pool).await?;
    if begun || makes_roles {
        return Ok(());
    }
    Err(Error::internal(format!(
        "the login {login} may not make roles, and the first migration makes the application's. Type as a superuser: alter role {login} createrole"
    )))
}

/// Lets the owner's login act as the application's role. A superuser may anyway; whoever made the role may not
/// by that alone.
pub(super) async fn act_as_app(pool: &PgPool) -> Result<()> {
    let mut conn = pool.acquire().await?;
    let mut tx = conn.begin().await?;
    let acts = sqlx::query("set local role guanhu_app").execute(&mut *tx).await.is_ok();
    tx.rollback().await?;
    if acts {
        return Ok(());
    }
    let login: String = sqlx::query_scalar("select quote_ident(current_user)").fetch_one(&mut *conn).await?;
    sqlx::query(AssertSqlSafe(format!("grant guanhu_app to {login}"))).execute(&mut *conn).await.map_err(|error| {
        Error::internal(format!(
            "the login {login} may not act as the application ({error}). Type as a superuser: grant guanhu_app to {login}"
        ))
    })?;
    Ok(())
}

/// The application's own login on the owner's server, made or given its password. A role that is only put on can be
/// taken off again (`reset role`) by whatever statement reaches the server; a login cannot. `None`: the owner's
/// login may not make one, or the server does not let it in.
pub(super) async fn of_app(owner_url: &str, keys: &Keys) -> Result<Option<PgConnectOptions>> {
    let owner = PgConnectOptions::from_str(owner_url)?;
    let mut conn = PgConnection::connect_with(&owner).await?;
    let (database, makes_roles): (String, bool) =
        sqlx::query_as("select current_database()::text, rolsuper or rolcreaterole from pg_roles where rolname = current_user")
            .fetch_one(&mut conn)
            .await?;
    let name: String = format!("guanhu_app_{database}").chars().take(60).collect();
    let password = keys.database_password();
    let login = owner.username(&name).password(&password);
    if login.connect().await.is_ok() {
        return Ok(Some(login));
    }
    if !makes_roles {
        return Ok(None);
    }
    let mut tx = conn.begin().await?;
    sqlx::query("select pg_advisory_xact_lock(hashtext('guanhu.login'))").execute(&mut *tx).await?;
    let (quoted, known): (String, bool) =
        sqlx::query_as("select quote_ident($1), exists (select from pg_roles where rolname = $1)").bind(&name).fetch_one(&mut *tx).await?;
    if !known {
        let made = format!("create role {quoted} nosuperuser nocreatedb nocreaterole noreplication nobypassrls");
        sqlx::query(AssertSqlSafe(made)).execute(&mut *tx).await?;
    }
    // Only what the server compares: a log of statements tells no password.
    let verifier = scram(&password);
    for statement in [format!("grant guanhu_app to {quoted}"), format!("alter role {quoted} login password '{verifier}'")] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(login.connect().await.is_ok().then_some(login))
}

/// Is this login what the application's should be: nothing that it could become may change the schema or the log?
pub(super) async fn is_bound(pool: &PgPool) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select not (rolsuper or rolbypassrls or pg_has_role(session_user, (select relowner from pg_class where oid = 'audit_log'::regclass), 'member')
             or has_table_privilege(session_user, 'audit_log', 'update, delete, truncate'))
         from pg_roles where rolname = session_user",
    )
    .fetch_one(pool)
    .await?)
}

const ROUNDS: u32 = 4096;

/// A password as Postgres keeps it (RFC 5802 and 7677, SCRAM-SHA-256).
fn scram(password: &str) -> String {
    let mut salt = [0; 16];
    rand::rng().fill_bytes(&mut salt);
    salted(password, &salt)
}

fn salted(password: &str, salt: &[u8]) -> String {
    let first = mac(password.as_bytes(), &[salt, &1u32.to_be_bytes()].concat());
    let (mut last, mut key) = (first, first);
    for _ in 1..ROUNDS {
        last = mac(password.as_bytes(), &last);
        key.iter_mut().zip(last).for_each(|(sum, byte)| *sum ^= byte);
    }
    let stored = Sha256::digest(mac(&key, b"Client Key"));
    let server = mac(&key, b"Server Key");
    format!("SCRAM-SHA-256${ROUNDS}:{}${}:{}", BASE64.encode(salt), BASE64.encode(&stored), BASE64.encode(&server))
}

fn mac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
    mac.update(data);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_kept_as_the_standard_says() {
        // The salt and rounds of RFC 7677, section 3, with the password `pencil`: its exchange proves with these keys.
        let salt = BASE64.decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        assert_eq!(
            salted("pencil", &salt),
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
        );
    }
}
