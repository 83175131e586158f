//! Customer groups: lists and rules that their owner keeps and roles share. A group never shows anyone
//! customers outside that person's scope, nor counts them.

macro_rules! rows_sql {
    ($tail:literal) => {
        concat!(
            "select g.group_id, g.code, g.name, g.kind, g.rule, g.note, g.owner_id, u.name as owner, g.shared, g.expires_on, g.version, g.changed_at
             from customer_group g join app_user u on u.user_id = g.owner_id ",
            $tail
        )
    };
}

mod find;
mod save;

pub use find::find;
pub use save::{add, change, create, remove};

use chrono::{DateTime, NaiveDate, Utc};
use guanhu_domain::{
    Code, Rule,
    access::{Role, Verb},
    groups::{Group, GroupKind},
    rules::{Env, Limits, RuleSet, check},
};
use sqlx::{
    FromRow, Postgres, QueryBuilder,
    postgres::{PgArguments, PgRow},
    query::QueryAs,
    types::Json,
};

use crate::{Actor, Bank, Error, Result, Scope, rules};

/// Own groups and those shared with the actor's role, own ones first.
pub async fn list(bank: &Bank, actor: &Actor) -> Result<Vec<Group>> {
    actor.require(Verb::GroupUse)?;
    let rows: Vec<Row> =
        sqlx::query_as(rows_sql!("where g.owner_id = $1 or $2 = any(g.shared) order by g.owner_id <> $1, g.name, g.code limit 500"))
            .bind(actor.user_id)
            .bind(actor.role.code())
            .fetch_all(bank.pool())
            .await?;
    rows.into_iter().map(|row| row.into_group(actor)).collect()
}

#[derive(sqlx::FromRow)]
struct Row {
    group_id: i32,
    code: String,
    name: String,
    kind: String,
    rule: Option<Json<RuleSet>>,
    note: String,
    owner_id: i32,
    owner: String,
    shared: Vec<String>,
    expires_on: Option<NaiveDate>,
    version: i32,
    changed_at: DateTime<Utc>,
}

impl Row {
    fn into_group(self, actor: &Actor) -> Result<Group> {
        Ok(Group {
            kind: GroupKind::from_code(&self.kind).ok_or_else(|| Error::internal(format!("unknown kind `{}` of a group", self.kind)))?,
            code: self.code,
            name: self.name,
            rule: self.rule.map(|rule| rule.0),
            note: self.note,
            mine: self.owner_id == actor.user_id,
            owner: self.owner,
            shared: self.shared.iter().filter_map(|role| Role::from_code(role)).collect(),
            expires_on: self.expires_on,
            version: self.version,
            changed_at: self.changed_at,
        })
    }
}

/// Who belongs to a group, as a condition on `customer_summary s`.
pub(crate) enum Members {
    Listed(i32),
    /// Related customers count within the actor's own scope, whatever part of it is being looked at.
    Ruled(Box<RuleSet>, Env, Scope),
}

impl Members {
    pub fn push(&self, sql: &mut QueryBuilder<Postgres>) {
        match self {
            Members::Listed(group_id) => {
                sql.push("s.customer_id in (select g.customer_id from customer_group_member g where g.group_id = ").push_bind(*group_id);
                sql.push(")");
            }
            Members::Ruled(rule, env, scope) => rules::push_alone(sql, &rule.when, *env, Some(scope)),
        }
    }

    /// Rows of a statement with this condition. A rule that hardly anybody satisfies may ask for the whole bank.
    ///
    /// # Errors
    /// `busy` when that takes longer than anybody waits.
    pub async fn patiently<'q, T>(&self, bank: &Bank, query: QueryAs<'q, Postgres, T, PgArguments>) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let mut tx = bank.begin().await?;
        sqlx::raw_sql("set local statement_timeout = '5s'").execute(&mut *tx).await?;
        let rows = query.fetch_all(&mut *tx).await.map_err(Error::from);
        // Only read: however it ends.
        tx.rollback().await?;
        rows.map_err(|error| if error.is_timeout() { Error::new(Code::Busy) } else { error })
    }

    pub fn of_rule(actor: &Actor, rule: RuleSet) -> Members {
        Members::Ruled(Box::new(rule), Env { business_date: actor.me.business_date, months: 3 }, actor.scope.clone())
    }
}

/// The members of a group that the actor may use and that has not expired.
///
/// # Errors
/// `invalid` for any other code, and for a rule that is none by now.
pub(crate) async fn resolve(bank: &Bank, actor: &Actor, code: &str) -> Result<Members> {
    actor.require(Verb::GroupUse)?;
    let row: Option<Row> = sqlx::query_as(rows_sql!(
        "where g.code = $1 and (g.owner_id = $2 or $3 = any(g.shared)) and (g.expires_on is null or g.expires_on >= $4)"
    ))
    .bind(code)
    .bind(actor.user_id)
    .bind(actor.role.code())
    .bind(actor.me.business_date)
    .fetch_optional(bank.pool())
    .await?;
    let row = row.ok_or_else(|| Error::field("group", Rule::UnknownCode { value: code.to_owned() }))?;
    Ok(match row.rule {
        Some(Json(rule)) => {
            let faults = check(&rule, Limits::GROUP, "group");
            if !faults.is_empty() {
                return Err(Error::fields(faults));
            }
            Members::of_rule(actor, rule)
        }
        None => Members::Listed(row.group_id),
    })
}
