//! Users: made, changed, disabled, given a new password. What they are granted is in `grants`.

use chrono::{DateTime, Utc};
use guanhu_domain::{
    Code, Problem, Rule,
    access::{
        Role, Verb,
        users::{NewUser, OneTimePassword, Portfolio, UserChange, UserFilter, UserItem, UserPage, UserState},
    },
    problem::FieldProblem,
};
use serde_json::json;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::{account::set_password, grants, password, session, throttle};
use crate::{
    Actor, Bank, Error, Result,
    assignments::held_beside,
    audit::{self, Entry},
};

#[derive(sqlx::FromRow)]
struct UserRow {
    login: String,
    name: String,
    role: String,
    org: String,
    org_name: String,
    staff: Option<String>,
    is_disabled: bool,
    is_granted: bool,
    must_change_password: bool,
    has_factor: bool,
    sessions: i64,
    created_at: DateTime<Utc>,
    has_request: bool,
    version: i32,
}

const COLUMNS: &str = "select u.login, u.name, u.role, o.code as org, o.name as org_name, m.code as staff, u.disabled_at is not null as is_disabled,
    u.granted_at is not null as is_granted, u.must_change_password, u.totp_confirmed_at is not null as has_factor,
    (select count(*) from session s where s.user_id = u.user_id and s.expires_at > now() and s.seen_at > now() - interval '30 minutes') as sessions,
    u.created_at, exists (select from approval a where a.kind = 'user.grant' and a.state = 'pending' and a.payload ->> 'login' = u.login) as has_request,
    u.version
    from app_user u join org_unit o on o.org_id = u.org_id left join staff m on m.staff_id = u.staff_id";

impl TryFrom<UserRow> for UserItem {
    type Error = Error;

    fn try_from(row: UserRow) -> Result<UserItem> {
        Ok(UserItem {
            role: Role::from_code(&row.role).ok_or_else(|| Error::internal(format!("unknown role {}", row.role)))?,
            state: match (row.is_granted, row.is_disabled) {
                (false, _) => UserState::Pending,
                (true, true) => UserState::Disabled,
                (true, false) => UserState::Active,
            },
            login: row.login,
            name: row.name,
            org: row.org,
            org_name: row.org_name,
            staff: row.staff,
            must_change_password: row.must_change_password,
            has_factor: row.has_factor,
            sessions: row.sessions,
            created_at: row.created_at,
            has_request: row.has_request,
            version: row.version,
        })
    }
}

/// Users by login.
pub async fn list(bank: &Bank, actor: &Actor, filter: &UserFilter) -> Result<UserPage> {
    actor.require(Verb::UserList)?;
    let limit = filter.limit.unwrap_or(50).clamp(1, 200);
    let mut sql = QueryBuilder::<Postgres>::new(COLUMNS);
    sql.push(" where true");
    if let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        let like = format!("%{}%", escape_like(&q.to_lowercase()));
        sql.push(" and (u.login like ").push_bind(like.clone()).push(" or lower(u.name) like ").push_bind(like).push(")");
    }
    if let Some(role) = filter.role {
        sql.push(" and u.role = ").push_bind(role.code());
    }
    if let Some(org) = &filter.org {
        sql.push(" and o.path @> (select array[x.org_id] from org_unit x where x.code = ").push_bind(org).push(")");
    }
    if let Some(after) = &filter.after {
        sql.push(" and u.login > ").push_bind(after);
    }
    sql.push(" order by u.login limit ").push_bind(limit + 1);
    let mut rows: Vec<UserRow> = sql.build_query_as().fetch_all(bank.pool()).await?;
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|row| row.login.clone());
    Ok(UserPage { items: rows.into_iter().map(UserItem::try_from).collect::<Result<_>>()?, next })
}

pub(crate) fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// One user.
pub async fn get(bank: &Bank, actor: &Actor, login: &str) -> Result<UserItem> {
    actor.require(Verb::UserList)?;
    let mut sql = QueryBuilder::<Postgres>::new(COLUMNS);
    sql.push(" where u.login = ").push_bind(login);
    sql.build_query_as::<UserRow>().fetch_one(bank.pool()).await?.try_into()
}

/// Makes a user who can do nothing until a security officer approves the grant.
///
/// # Errors
/// The fields `login`, `name`, `role`, `org`, `staff`, `reason`.
pub async fn create(bank: &Bank, actor: &Actor, new: &NewUser) -> Result<OneTimePassword> {
    actor.require(Verb::UserCreate)?;
    let reason = given(&new.reason)?;
    let password = one_time_password();
    let hash = password::hash(&password).await?;
    let mut tx = bank.begin().await?;
    insert(&mut tx, new, &hash, false).await?;
    grants::ask(&mut tx, actor, &new.login, None, &new.grant, reason).await?;
    let entry = Entry::done(Verb::UserCreate, format!("user:{}", new.login)).reason(reason).detail(json!({"grant": new.grant}));
    audit::record(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(OneTimePassword { login: new.login.clone(), password })
}

/// Makes a user who can log in at once with this password: for the command line, whose user is the
/// second person by having the server.
///
/// # Errors
/// As [`create`], and the field `password`.
pub async fn add(bank: &Bank, actor: &Actor, new: &NewUser, password: &str) -> Result<()> {
    actor.require(Verb::UserCreate)?;
    if !actor.is_system() {
        return Err(Error::Denied { verb: Verb::UserCreate, login: actor.login.clone() });
    }
    let policy = password::policy(&mut *bank.pool().acquire().await?).await?;
    if let Some(rule) = password::weakness(policy, password, &[&new.login, &new.name, "guanhu"]) {
        return Err(Error::field("password", rule));
    }
    let hash = password::hash(password).await?;
    let mut tx = bank.begin().await?;
    let mut new = new.clone();
    if new.grant.role == Role::Manager && new.grant.staff.is_none() {
        new.grant.staff = Some(hire(&mut tx, &new).await?);
    }
    insert(&mut tx, &new, &hash, true).await?;
    let entry = Entry::done(Verb::UserCreate, format!("user:{}", new.login)).reason(&new.reason).detail(json!({"grant": new.grant}));
    audit::record(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// The member of staff behind a manager for whom none was named: who has the login as staff number, or a new one.
/// Whether that one may manage is decided with the grant.
async fn hire(conn: &mut PgConnection, new: &NewUser) -> Result<String> {
    sqlx::query(
        "insert into staff (code, name, org_id, is_manager) select $1, $2, org_id, true from org_unit where code = $3 and closed_on is null
         on conflict (code) do nothing",
    )
    .bind(&new.login)
    .bind(new.name.trim())
    .bind(&new.grant.org)
    .execute(conn)
    .await?;
    Ok(new.login.clone())
}

async fn insert(conn: &mut PgConnection, new: &NewUser, hash: &str, at_once: bool) -> Result<()> {
    let mut wrong = Vec::new();
    if !is_login(&new.login) {
        wrong.push(FieldProblem { field: "login".into(), rule: Rule::BadFormat { expected: "li.wei (a-z 0-9 . _ -)".into() } });
    }
    wrong.extend(name_problem(&new.name));
    let (org_id, staff_id) = grants::check(&mut *conn, &new.grant, None, wrong).await?;
    sqlx::query(
        "insert into app_user (login, name, role, org_id, staff_id, password_hash, must_change_password, granted_at, disabled_at)
         values ($1, $2, $3, $4, $5, $6, not $7, case when $7 then now() end, case when not $7 then now() end)",
    )
    .bind(&new.login)
    .bind(new.name.trim())
    .bind(new.grant.role.code())
    .bind(org_id)
    .bind(staff_id)
    .bind(hash)
    .bind(at_once)
    .execute(conn)
    .await
    .map_err(|error| {
        Error::from(error)
            .on_constraint("app_user_login_key", || Problem::field("login", Rule::NotUnique))
            .on_constraint("app_user_staff", || Problem::field("staff", Rule::NotUnique))
    })?;
    Ok(())
}

fn is_login(login: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (2..=32).contains(&login.len()) && login.starts_with(fits) && login.chars().all(|c| fits(c) || matches!(c, '.' | '_' | '-'))
}

pub(super) fn name_problem(name: &str) -> Option<FieldProblem> {
    let rule = match name.trim().chars().count() {
        0 => Rule::Required,
        1..=60 => return None,
        _ => Rule::TooLong { max: 60 },
    };
    Some(FieldProblem { field: "name".into(), rule })
}

/// A reason that says something.
///
/// # Errors
/// [`Code::ReasonRequired`] without one.
pub(crate) fn given(reason: &str) -> Result<&str> {
    match reason.trim() {
        "" => Err(Error::new(Code::ReasonRequired)),
        reason if reason.chars().count() > 500 => Err(Error::field("reason", Rule::TooLong { max: 500 })),
        reason => Ok(reason),
    }
}

/// Twenty characters nobody mistakes for one another, in groups of five: 98 bits.
fn one_time_password() -> String {
    const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut text = String::with_capacity(23);
    for place in 0..20 {
        if place > 0 && place % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]));
    }
    text
}

/// Renames, disables or enables a user. A disabled user's sessions end at once.
///
/// # Errors
/// `Stale` with the user as it now is; `Conflict` with a [`Portfolio`] when something is still in
/// charge, without when the actor means himself, or the grant was never approved.
pub async fn change(bank: &Bank, actor: &Actor, login: &str, change: &UserChange) -> Result<UserItem> {
    actor.require(Verb::UserChange)?;
    if let Some(problem) = change.name.as_deref().and_then(name_problem) {
        return Err(Error::fields(vec![problem]));
    }
    let mut tx = bank.begin().await?;
    let (user_id, staff_id, version, is_granted): (i32, Option<i32>, i32, bool) =
        sqlx::query_as("select user_id, staff_id, version, granted_at is not null from app_user where login = $1 for update")
            .bind(login)
            .fetch_one(&mut *tx)
            .await?;
    if version != change.version {
        tx.rollback().await?;
        let current = serde_json::to_value(get(bank, actor, login).await?).map_err(Error::internal)?;
        return Err(Problem { current: Some(current), ..Problem::new(Code::Stale) }.into());
    }
    if let Some(disabled) = change.disabled {
        given(&change.reason)?;
        if user_id == actor.user_id || (!disabled && !is_granted) {
            return Err(Error::new(Code::Conflict));
        }
        if disabled {
            refuse_holding(&mut tx, staff_id, Leaving::Everything).await?;
            session::end_all(&mut tx, user_id).await?;
        }
    }
    sqlx::query(
        "update app_user set name = coalesce($2, name), version = version + 1,
                disabled_at = case when $3 then coalesce(disabled_at, now()) when not $3 then null else disabled_at end
         where user_id = $1",
    )
    .bind(user_id)
    .bind(change.name.as_deref().map(str::trim))
    .bind(change.disabled)
    .execute(&mut *tx)
    .await
    .map_err(|error| Error::from(error).on_constraint("app_user_staff", || Problem::new(Code::Conflict)))?;
    let entry = Entry::done(Verb::UserChange, format!("user:{login}"))
        .reason(change.reason.trim())
        .detail(json!({"name": change.name, "disabled": change.disabled}));
    audit::record(&mut tx, actor, entry).await?;
    tx.commit().await?;
    get(bank, actor, login).await
}

/// What somebody stops being.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
    /// In charge of customers, and nothing else.
    Charge,
    /// A user, or with the bank at all: nothing is left to anybody by that.
    Everything,
}

/// A member of staff who holds something hands it over before leaving.
pub(super) async fn refuse_holding(conn: &mut PgConnection, staff_id: Option<i32>, leaving: Leaving) -> Result<()> {
    let Some(staff_id) = staff_id else { return Ok(()) };
    // Who gives customers away looks at the receiver under a lock: from here on there is nothing to receive.
    sqlx::query("select from staff where staff_id = $1 for update").bind(staff_id).execute(&mut *conn).await?;
    let mut held: Portfolio = sqlx::query_as(concat!(
        "select (select code from staff where staff_id = $1) as staff, p.lead, p.assist,
             (select count(*) from transfer_item i where i.to_staff_id = $1 and i.is_open) as incoming,
             k.others_tasks as tasks, k.others_opportunities as opportunities, k.groups, k.tier_requests
         from (select count(*) filter (where a.role = 'lead') as lead, count(*) filter (where a.role = 'assist') as assist
               from assignment a, bank b where a.staff_id = $1 and a.valid && daterange(b.business_date, null)) p
         cross join (",
        held_beside!(),
        ") k"
    ))
    .bind(staff_id)
    .fetch_one(conn)
    .await?;
    if leaving == Leaving::Charge {
        held = Portfolio { tasks: 0, opportunities: 0, groups: 0, tier_requests: 0, ..held };
    }
    if held.is_empty() {
        return Ok(());
    }
    let current = serde_json::to_value(held).map_err(Error::internal)?;
    Err(Problem { current: Some(current), ..Problem::new(Code::Conflict) }.into())
}

/// Gives another user a one-time password. Sessions end and a lock is lifted; the second factor stays.
pub async fn reset_password(bank: &Bank, actor: &Actor, login: &str, reason: &str) -> Result<OneTimePassword> {
    actor.require(Verb::UserChange)?;
    let reason = given(reason)?;
    if login == actor.login {
        return Err(Error::new(Code::Conflict));
    }
    let password = one_time_password();
    let hash = password::hash(&password).await?;
    let mut tx = bank.begin().await?;
    let user_id: i32 =
        sqlx::query_scalar("select user_id from app_user where login = $1 for update").bind(login).fetch_one(&mut *tx).await?;
    set_password(&mut tx, user_id, &hash, true).await?;
    session::end_all(&mut tx, user_id).await?;
    throttle::forget(bank, &mut tx, login).await?;
    let entry = Entry::done(Verb::UserChange, format!("user:{login}")).reason(reason).detail(json!({"password": "reset"}));
    audit::record(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(OneTimePassword { login: login.to_owned(), password })
}
