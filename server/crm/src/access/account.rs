//! What every user does with the own account.

use chrono::{DateTime, Utc};
use guanhu_domain::{
    Code, Rule,
    access::{
        Verb,
        account::{Account, Preferences},
    },
};
use serde_json::{Value, json};
use sqlx::types::Json;

use super::{password, session, throttle};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
};

#[derive(sqlx::FromRow)]
struct AccountRow {
    password_changed_at: DateTime<Utc>,
    factor_since: Option<DateTime<Utc>>,
    recovery_codes_left: i64,
    preferences: Json<Value>,
}

/// The account page: profile, password, second factor, preferences, sessions.
pub async fn own(bank: &Bank, actor: &Actor) -> Result<Account> {
    actor.require(Verb::AccountOwn)?;
    let mut conn = bank.pool().acquire().await?;
    let row: AccountRow = sqlx::query_as(
        "select u.password_changed_at, u.totp_confirmed_at as factor_since,
                (select count(*) from recovery_code r where r.user_id = u.user_id and r.used_at is null) as recovery_codes_left,
                u.preferences
         from app_user u where u.user_id = $1",
    )
    .bind(actor.user_id)
    .fetch_one(&mut *conn)
    .await?;
    let password_policy = password::policy(&mut conn).await?;
    drop(conn);
    Ok(Account {
        me: actor.me.clone(),
        password_changed_at: row.password_changed_at,
        password_policy,
        factor_since: row.factor_since,
        factor_required: actor.role.is_officer() && !actor.me.is_demo,
        recovery_codes_left: row.recovery_codes_left,
        preferences: read(row.preferences.0),
        sessions: session::own(bank, actor).await?,
    })
}

/// The own preferences, for the first page after logging in.
pub async fn preferences(bank: &Bank, actor: &Actor) -> Result<Preferences> {
    actor.require(Verb::AccountOwn)?;
    let kept: Json<Value> =
        sqlx::query_scalar("select preferences from app_user where user_id = $1").bind(actor.user_id).fetch_one(bank.pool()).await?;
    Ok(read(kept.0))
}

/// What an older version kept and this one does not know is left out, not an error.
fn read(kept: Value) -> Preferences {
    serde_json::from_value(kept).unwrap_or_default()
}

const MOST_PREFERENCES: usize = 64 * 1024;

/// Merges preferences: what is `None` stays, lists are merged one by one. Not audited: it changes
/// nothing but how pages look to their user.
///
/// # Errors
/// `TooLarge` beyond 64 kB.
pub async fn prefer(bank: &Bank, actor: &Actor, wanted: &Preferences) -> Result<()> {
    actor.require(Verb::AccountOwn)?;
    let wanted = serde_json::to_value(wanted).map_err(Error::internal)?;
    let kept = sqlx::query(
        "update app_user set preferences = (preferences || ($2 - 'lists'))
             || jsonb_build_object('lists', coalesce(preferences -> 'lists', '{}') || coalesce($2 -> 'lists', '{}'))
         where user_id = $1 and length(preferences::text) + length($2::text) <= $3",
    )
    .bind(actor.user_id)
    .bind(wanted)
    .bind(MOST_PREFERENCES as i32)
    .execute(bank.pool())
    .await?;
    if kept.rows_affected() == 0 { Err(Error::new(Code::TooLarge)) } else { Ok(()) }
}

/// Gives the own account a new password. Other sessions end.
///
/// # Errors
/// The field `current` when it is wrong, `new` when the rules refuse it.
pub async fn change_password(bank: &Bank, actor: &Actor, current: &str, new: &str) -> Result<()> {
    actor.require(Verb::AccountOwn)?;
    reauthenticate(bank, actor, current).await.map_err(|error| match error {
        Error::Problem(problem) if problem.code == Code::Invalid => Error::field("current", wrong_password()),
        error => error,
    })?;
    let mut conn = bank.pool().acquire().await?;
    let policy = password::policy(&mut conn).await?;
    if let Some(rule) = password::weakness(policy, new, &[&actor.login, &actor.name, &actor.me.bank_name, "guanhu"]) {
        return Err(Error::field("new", rule));
    }
    let former: Vec<String> = sqlx::query_scalar(
        "(select password_hash from app_user where user_id = $1)
         union all
         (select password_hash from password_history where user_id = $1 order by changed_at desc limit $2)",
    )
    .bind(actor.user_id)
    .bind(policy.history() - 1)
    .fetch_all(&mut *conn)
    .await?;
    drop(conn);
    for hash in &former {
        if password::verify(new, Some(hash)).await? {
            return Err(Error::field("new", Rule::SamePassword));
        }
    }
    let hash = password::hash(new).await?;
    let mut tx = bank.begin().await?;
    set_password(&mut tx, actor.user_id, &hash, false).await?;
    session::end_others(&mut tx, actor).await?;
    audit::record(&mut tx, actor, Entry::done(Verb::AccountOwn, format!("user:{}", actor.login)).detail(json!({"password": "changed"})))
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps the old hash for the history and puts the new one in force.
pub(super) async fn set_password(conn: &mut sqlx::PgConnection, user_id: i32, hash: &str, one_time: bool) -> Result<()> {
    sqlx::query(
        "with old as (select user_id, clock_timestamp() as at, password_hash from app_user where user_id = $1),
              kept as (insert into password_history (user_id, changed_at, password_hash) select * from old where password_hash <> '')
         update app_user set password_hash = $2, password_changed_at = now(), must_change_password = $3, version = version + 1 where user_id = $1",
    )
    .bind(user_id)
    .bind(hash)
    .bind(one_time)
    .execute(conn)
    .await?;
    Ok(())
}

fn wrong_password() -> Rule {
    Rule::Other { zh: "密码不正确。".into(), en: "The password is wrong.".into() }
}

/// Asks for the password once more before something that a borrowed screen should not do.
///
/// # Errors
/// The field `password` when it is wrong; `LockedOut` after too many.
pub(super) async fn reauthenticate(bank: &Bank, actor: &Actor, typed: &str) -> Result<()> {
    let mut conn = bank.pool().acquire().await?;
    let attempt = throttle::attempt(bank, &mut conn, &actor.login, actor.ip).await?;
    let hash: String =
        sqlx::query_scalar("select password_hash from app_user where user_id = $1").bind(actor.user_id).fetch_one(&mut *conn).await?;
    drop(conn);
    if !password::verify(typed, Some(&hash)).await? {
        return Err(Error::field("password", wrong_password()));
    }
    attempt.succeeded(&mut *bank.pool().acquire().await?).await
}
