//! What a bank sets for itself, by the catalogue of `guanhu_domain::parameters`.

use chrono::{DateTime, Utc};
use guanhu_domain::{
    Code, Problem,
    access::Verb,
    parameters::{CATALOGUE, Parameter, ParameterItem, ParameterValue, ParameterVersion, parameter},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    idempotency,
};

/// The value in force. Statements that need a flag for every row read the table themselves.
///
/// # Errors
/// `internal` for a key that the catalogue lacks, or another type than it says: a mistake of the program.
pub(crate) async fn read<T: DeserializeOwned>(conn: &mut PgConnection, key: &str) -> Result<T> {
    let of = parameter(key).ok_or_else(|| Error::internal(format!("no parameter `{key}`")))?;
    let stored: Option<Value> = sqlx::query_scalar("select value from parameter where key = $1").bind(key).fetch_optional(conn).await?;
    serde_json::from_value(of.in_force(stored.as_ref())).map_err(Error::internal)
}

/// Every parameter as it stands and as it was, in the order of the catalogue.
pub async fn parameters(bank: &Bank, actor: &Actor) -> Result<Vec<ParameterItem>> {
    actor.require(Verb::ParameterChange)?;
    let keys: Vec<&str> = CATALOGUE.iter().map(|parameter| parameter.key).collect();
    let rows: Vec<Row> = sqlx::query_as(ROWS).bind(&keys).fetch_all(bank.pool()).await?;
    let item = |of: &Parameter| item(of, rows.iter().find(|row| row.key == of.key));
    Ok(CATALOGUE.iter().map(item).collect())
}

/// Sets a parameter, whole, for whoever has seen its `version` (0: never set).
///
/// # Errors
/// `not_found` for an unknown key; `invalid` by `value` or `value/PART`; `stale` with the [`ParameterItem`] when
/// somebody else set it first.
pub async fn set_parameter(bank: &Bank, actor: &Actor, key: &str, version: i32, to: &ParameterValue, once: Uuid) -> Result<ParameterItem> {
    actor.require(Verb::ParameterChange)?;
    let of = parameter(key).ok_or_else(Error::not_found)?;
    let faults = of.faults(&to.value);
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let mut tx = bank.begin().await?;
    let request = json!({ "key": key, "version": version, "value": to.value });
    if let Some(answer) = idempotency::claim(&mut tx, actor, once, Verb::ParameterChange, &request).await? {
        return Ok(answer);
    }
    // One that was never set has no row to lock.
    sqlx::query("select pg_advisory_xact_lock(hashtext('parameter:' || $1))").bind(key).execute(&mut *tx).await?;
    let now = one(&mut tx, of).await?;
    if now.version != version {
        let current = serde_json::to_value(now).map_err(Error::internal)?;
        return Err(Problem { current: Some(current), ..Problem::new(Code::Stale) }.into());
    }
    let answer = if now.version > 0 && now.value == to.value {
        now
    } else {
        write(&mut tx, actor, key, &to.value).await?;
        let told = json!({ "before": now.value, "after": to.value });
        audit::record(&mut tx, actor, Entry::done(Verb::ParameterChange, format!("parameter:{key}")).detail(told)).await?;
        one(&mut tx, of).await?
    };
    idempotency::answer(&mut tx, actor, once, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

async fn one(conn: &mut PgConnection, of: &Parameter) -> Result<ParameterItem> {
    let row: Option<Row> = sqlx::query_as(ROWS).bind(vec![of.key]).fetch_optional(conn).await?;
    Ok(item(of, row.as_ref()))
}

/// The new value, and in the history what was there before, be it set by this verb or by a migration.
async fn write(conn: &mut PgConnection, actor: &Actor, key: &str, value: &Value) -> Result<()> {
    sqlx::query(
        "insert into parameter_history (key, version, value, changed_at, changed_by)
         select key, version, value, changed_at, changed_by from parameter where key = $1 on conflict do nothing",
    )
    .bind(key)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "insert into parameter as p (key, value, changed_by) values ($1, $2, $3)
         on conflict (key) do update set value = excluded.value, changed_by = excluded.changed_by, changed_at = now(), version = p.version + 1",
    )
    .bind(key)
    .bind(value)
    .bind(actor.user_ref())
    .execute(conn)
    .await?;
    Ok(())
}

/// `$1` keys. Those that were never set have no row.
const ROWS: &str = "
    select p.key, p.value, p.version, p.changed_at, u.login as changed_by,
        coalesce((select jsonb_agg(jsonb_build_object('version', h.version, 'value', h.value, 'changed_at', h.changed_at, 'changed_by', w.login)
                order by h.version desc)
            from (select * from parameter_history h where h.key = p.key and h.version < p.version order by h.version desc limit 10) h
            left join app_user w on w.user_id = h.changed_by), '[]') as history
    from parameter p left join app_user u on u.user_id = p.changed_by
    where p.key = any($1)";

#[derive(sqlx::FromRow)]
struct Row {
    key: String,
    value: Value,
    version: i32,
    changed_at: DateTime<Utc>,
    changed_by: Option<String>,
    history: Json<Vec<ParameterVersion>>,
}

fn item(of: &Parameter, row: Option<&Row>) -> ParameterItem {
    ParameterItem {
        key: of.key.to_owned(),
        name: of.words.zh.to_owned(),
        name_en: of.words.en.to_owned(),
        value: of.in_force(row.map(|row| &row.value)),
        default: of.default_value(),
        version: row.map_or(0, |row| row.version),
        changed_at: row.map(|row| row.changed_at),
        changed_by: row.and_then(|row| row.changed_by.clone()),
        history: row.map(|row| row.history.0.clone()).unwrap_or_default(),
    }
}
