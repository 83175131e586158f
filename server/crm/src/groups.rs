//! Customer groups: lists and rules that their owner keeps and roles share. A group never shows anyone
//! customers outside that person's scope, nor counts them.

// Those that were taken away are none.
macro_rules! rows_sql {
    ($tail:expr) => {
        concat!(
            "select g.group_id, g.code, g.name, g.kind, g.rule, g.note, g.owner_id, u.name as owner, g.shared, g.expires_on, g.version, g.changed_at,
                 g.joint, (select coalesce(json_agg(json_build_object('code', x.code, 'name', x.name) order by p.place), '[]')
                     from customer_group_part p join customer_group x on x.group_id = p.part_id where p.group_id = g.group_id) as parts
             from customer_group g join app_user u on u.user_id = g.owner_id and g.removed_at is null ",
            $tail
        )
    };
}

/// Groups `g` that a user may use: own ones, and those that are shared with the role.
macro_rules! usable {
    ($user:literal, $role:literal) => {
        concat!("(g.owner_id = ", $user, " or ", $role, " = any(g.shared))")
    };
}
pub(crate) use usable;

mod count;
mod find;
mod look;
mod save;

pub use count::count_due;
pub(crate) use count::{counted, growth, push_counts, thin};
pub use find::{find, find_combined};
pub use look::look;
pub(crate) use save::hand_over;
pub use save::{add, change, create, freeze, remove, restore, sweep};

use chrono::{DateTime, NaiveDate, Utc};
use guanhu_domain::{
    Code, Rule,
    access::{Role, Verb},
    customers::DataClass,
    groups::{Group, GroupKind, GroupRef, Joint},
    rules::{Env, Limits, RuleSet, check},
};
use sqlx::{
    FromRow, Postgres, QueryBuilder,
    postgres::{PgArguments, PgRow},
    query::QueryAs,
    types::Json,
};

use crate::{
    Actor, Bank, Error, Result,
    rules::{self, Kin},
    tokens::sort_key,
};

/// Own groups and those shared with the actor's role, own ones first, by name as it is read.
pub async fn list(bank: &Bank, actor: &Actor) -> Result<Vec<Group>> {
    actor.require(Verb::GroupUse)?;
    let rows: Vec<Row> =
        sqlx::query_as(rows_sql!(concat!("where ", usable!("$1", "$2"), " order by g.owner_id <> $1, g.name, g.code limit 500")))
            .bind(actor.user_id)
            .bind(actor.role.code())
            .fetch_all(bank.pool())
            .await?;
    let mut groups = rows.into_iter().map(|row| row.into_group(actor)).collect::<Result<Vec<_>>>()?;
    groups.sort_by_cached_key(|group| (!group.mine, sort_key(&group.name), group.code.clone()));
    Ok(groups)
}

#[derive(Clone, sqlx::FromRow)]
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
    joint: Option<String>,
    parts: Json<Vec<GroupRef>>,
}

impl Row {
    fn into_group(self, actor: &Actor) -> Result<Group> {
        Ok(Group {
            kind: GroupKind::from_code(&self.kind).ok_or_else(|| Error::internal(format!("unknown kind `{}` of a group", self.kind)))?,
            code: self.code,
            name: self.name,
            rule: self.rule.map(|rule| rule.0),
            joint: self.joint.as_deref().and_then(Joint::from_code),
            parts: self.parts.0,
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
    /// Related customers count within the reader's own scope, whatever part of it is being looked at.
    Ruled(Box<RuleSet>, Env, Kin),
    Combined(Joint, Vec<Members>),
}

impl Members {
    pub fn push(&self, sql: &mut QueryBuilder<Postgres>) {
        match self {
            Members::Listed(group_id) => {
                sql.push("s.customer_id in (select g.customer_id from customer_group_member g where g.group_id = ").push_bind(*group_id);
                sql.push(")");
            }
            Members::Ruled(rule, env, kin) => rules::push_alone(sql, &rule.when, *env, kin),
            Members::Combined(joint, parts) => {
                sql.push("(");
                for (at, part) in parts.iter().enumerate() {
                    sql.push(match (at, joint) {
                        (0, _) => "(",
                        (_, Joint::Union) => " or (",
                        (_, Joint::Intersection) => " and (",
                        // Of whom it is not known whether they are in the other, they are not.
                        (_, Joint::Difference) => " and not coalesce((",
                    });
                    part.push(sql);
                    sql.push(if at > 0 && *joint == Joint::Difference { "), false)" } else { ")" });
                }
                sql.push(")");
            }
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
        Members::Ruled(Box::new(rule), Env { business_date: actor.me.business_date, months: 3 }, Kin::Within(actor.scope.clone()))
    }
}

/// The members of a group that the actor may use and that has not expired.
///
/// # Errors
/// `invalid` for any other code, for a rule that is none by now, and for a combination that has lost a part.
pub(crate) async fn resolve(bank: &Bank, actor: &Actor, code: &str) -> Result<Members> {
    actor.require(Verb::GroupUse)?;
    let row: Option<Row> = sqlx::query_as(rows_sql!(concat!(
        "where g.code = $1 and ",
        usable!("$2", "$3"),
        " and (g.expires_on is null or g.expires_on >= $4)"
    )))
    .bind(code)
    .bind(actor.user_id)
    .bind(actor.role.code())
    .bind(actor.me.business_date)
    .fetch_optional(bank.pool())
    .await?;
    let row = row.ok_or_else(|| Error::field("group", Rule::UnknownCode { value: code.to_owned() }))?;
    members(bank, row, actor.me.business_date, &Reading::by(actor)).await
}

/// For whom a rule is read: what of it may be asked for, and which related customers count.
#[derive(Clone, Debug)]
struct Reading {
    class: DataClass,
    kin: Kin,
}

impl Reading {
    fn by(actor: &Actor) -> Reading {
        Reading { class: actor.role.data_class(), kin: Kin::Within(actor.scope.clone()) }
    }

    /// For figures that many read: of what nobody is kept from.
    fn by_all(kin: Kin) -> Reading {
        Reading { class: DataClass::C1, kin }
    }
}

/// Who a group's row stands for.
async fn members(bank: &Bank, row: Row, day: NaiveDate, reading: &Reading) -> Result<Members> {
    let Some(joint) = row.joint.as_deref().and_then(Joint::from_code) else { return simple(row, day, reading) };
    let named = row.parts.0.clone();
    let parts = parts(bank, row.owner_id, &named.iter().map(|part| part.code.as_str()).collect::<Vec<_>>(), day).await?;
    if let Some(gone) = named.iter().find(|part| parts.iter().all(|there| there.code != part.code)) {
        return Err(Error::field("group", part_gone(&gone.name)));
    }
    Ok(Members::Combined(joint, parts.into_iter().map(|part| simple(part, day, reading)).collect::<Result<_>>()?))
}

fn part_gone(name: &str) -> Rule {
    Rule::Other {
        zh: format!("其中的客户群“{name}”已到期或不再共享。"),
        en: format!("The group “{name}” in it has expired or is no longer shared."),
    }
}

/// Lists and rules of these codes that a user may make a combination of, in the order of the codes.
async fn parts(bank: &Bank, owner: i32, codes: &[&str], day: NaiveDate) -> Result<Vec<Row>> {
    Ok(sqlx::query_as(rows_sql!(concat!(
        "join app_user o on o.user_id = $2
         where g.code = any($1) and g.kind <> 'combined' and ",
        usable!("$2", "o.role"),
        " and (g.expires_on is null or g.expires_on >= $3)
         order by array_position($1, g.code)"
    )))
    .bind(codes)
    .bind(owner)
    .bind(day)
    .fetch_all(bank.pool())
    .await?)
}

/// A list or a rule.
fn simple(row: Row, day: NaiveDate, reading: &Reading) -> Result<Members> {
    Ok(match row.rule {
        Some(Json(rule)) => {
            let faults = check(&rule, Limits::group(reading.class), "group");
            if !faults.is_empty() {
                return Err(Error::fields(faults));
            }
            Members::Ruled(Box::new(rule), Env { business_date: day, months: 3 }, reading.kin.clone())
        }
        None => Members::Listed(row.group_id),
    })
}
