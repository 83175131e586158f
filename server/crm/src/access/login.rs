//! Logging in.

use guanhu_domain::{
    Code,
    access::{
        Role,
        account::{Credentials, DemoLogin, LoggedIn, PasswordPolicy, Welcome},
    },
};
use serde_json::json;

use super::{
    factor, password,
    session::{self, Client, SessionKind},
    throttle,
};
use crate::{
    Bank, Error, Result,
    actor::UserRow,
    audit::{self, Entry, Outcome},
    user_columns, user_tables,
};

#[derive(sqlx::FromRow)]
struct LoginRow {
    #[sqlx(flatten)]
    user: UserRow,
    password_hash: String,
    has_factor: bool,
    /// Nobody took up the one-time password in time.
    is_lapsed: bool,
}

/// Begins a session.
///
/// # Errors
/// [`Code::WrongCredentials`], in the same words and time whether the login, the password or the code
/// was wrong or the user is disabled; [`Code::SecondFactorRequired`] when the password was right and a
/// code is wanted; [`Code::LockedOut`] after too many failures.
pub async fn login(bank: &Bank, given: &Credentials, kind: SessionKind, client: &Client) -> Result<LoggedIn> {
    let login = given.login.trim().to_lowercase();
    let mut conn = bank.pool().acquire().await?;
    let attempt = throttle::attempt(bank, &mut conn, &login, client.ip).await?;
    let row: Option<LoginRow> = sqlx::query_as(concat!(
        "select ",
        user_columns!(),
        ", u.password_hash, u.totp_confirmed_at is not null as has_factor,
         u.must_change_password and u.password_changed_at < now() - interval '7 days' as is_lapsed
         from ",
        user_tables!(),
        " where u.login = $1 and u.disabled_at is null and u.granted_at is not null"
    ))
    .bind(&login)
    .fetch_optional(&mut *conn)
    .await?;
    // Hashing takes a core for a while; the connection is for others meanwhile.
    drop(conn);
    let hash = row.as_ref().map(|row| row.password_hash.as_str());
    // A longer one cannot be right, and need not be hashed at its full length.
    let typed: String = given.password.chars().take(PasswordPolicy::MAX + 1).collect();
    let fits = password::verify(&typed, hash).await?;
    let mut tx = bank.begin().await?;
    let Some(row) = row.filter(|row| fits && !row.is_lapsed) else {
        let known: Option<String> =
            sqlx::query_scalar("select role from app_user where login = $1").bind(&login).fetch_optional(&mut *tx).await?;
        refused(&mut tx, client, &login, known.as_deref()).await?;
        tx.commit().await?;
        return Err(Error::new(Code::WrongCredentials));
    };
    if row.has_factor {
        let Some(code) = given.totp.as_deref().filter(|code| !code.trim().is_empty()) else {
            attempt.undecided(&mut tx).await?;
            tx.commit().await?;
            return Err(Error::new(Code::SecondFactorRequired));
        };
        if !factor::accept(bank, &mut tx, row.user.user_id, code).await? {
            refused(&mut tx, client, &login, Some(&row.user.role)).await?;
            tx.commit().await?;
            return Err(Error::new(Code::WrongCredentials));
        }
    }
    attempt.succeeded(&mut tx).await?;
    let (token, session_id, expires_at) = session::begin(&mut tx, row.user.user_id, kind, client).await?;
    let actor = row.user.into_actor(Some(session_id), client.ip, client.request_id)?;
    let entry = Entry {
        verb: "session.begin",
        subject: format!("user:{login}"),
        outcome: Outcome::Done,
        reason: String::new(),
        detail: json!({"kind": kind.code(), "session": session_id}),
    };
    audit::record(&mut tx, &actor, entry).await?;
    tx.commit().await?;
    Ok(LoggedIn { token, expires_at, me: actor.me })
}

/// Writes down a refusal. An unknown login is not written: people type their password there.
async fn refused(conn: &mut sqlx::PgConnection, client: &Client, login: &str, role: Option<&str>) -> Result<()> {
    sqlx::query(
        "insert into audit_log (user_id, login, role, verb, subject, outcome, ip, request_id)
         select (select user_id from app_user where login = $1), case when $2 = '' then '?' else $1 end, $2, 'session.begin',
                case when $2 = '' then '' else 'user:' || $1 end, 'denied', $3::inet, $4",
    )
    .bind(login)
    .bind(role.unwrap_or(""))
    .bind(client.ip.map(|ip| ip.to_string()))
    .bind(client.request_id)
    .execute(conn)
    .await?;
    Ok(())
}

/// What the login page says before anybody is known: the bank, and in a demo bank whom to try.
pub async fn welcome(bank: &Bank) -> Result<Welcome> {
    let rows: Vec<(String, bool, Option<String>, Option<String>, Option<String>)> = sqlx::query_as(
        "select bank.name, bank.is_demo, u.login, u.name, u.role
         from bank left join app_user u on bank.is_demo and u.disabled_at is null
              and u.login in ('executive', 'president', 'branch', 'manager', 'admin', 'security', 'auditor')
         order by array_position(array['manager', 'branch', 'executive', 'president', 'admin', 'security', 'auditor'], u.login)",
    )
    .fetch_all(bank.pool())
    .await?;
    let (bank_name, is_demo) = rows.first().map(|(name, is_demo, ..)| (name.clone(), *is_demo)).unwrap_or_default();
    let demo = rows
        .into_iter()
        .filter_map(|(_, _, login, name, role)| Some(DemoLogin { login: login?, name: name?, role: Role::from_code(&role?)? }));
    Ok(Welcome { bank_name, is_demo, demo: demo.collect() })
}
