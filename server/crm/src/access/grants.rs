//! What a user is granted: role, unit and staff together decide whose customers are seen, so they
//! change only by two people. The administrator asks, the security officer decides; the maker, the
//! checker and the one it is about are never the same.

use chrono::{DateTime, Utc};
use guanhu_domain::{
    Code, Problem, Rule,
    access::{
        Role, Verb,
        users::{Grant, GrantRequest},
    },
    problem::FieldProblem,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::{session, users};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
};

#[derive(Serialize, Deserialize)]
struct Payload {
    login: String,
    from: Option<Grant>,
    to: Grant,
}

/// Is this grant possible? Unit and staff keys.
///
/// # Errors
/// The fields `org` and `staff`, and those already `wrong`.
pub(super) async fn check(
    conn: &mut PgConnection,
    grant: &Grant,
    of_user: Option<i32>,
    mut wrong: Vec<FieldProblem>,
) -> Result<(i32, Option<i32>)> {
    let mut refuse = |field: &str, rule: Rule| wrong.push(FieldProblem { field: field.into(), rule });
    let org: Option<i32> = sqlx::query_scalar("select org_id from org_unit where code = $1 and closed_on is null")
        .bind(&grant.org)
        .fetch_optional(&mut *conn)
        .await?;
    if org.is_none() {
        refuse("org", Rule::UnknownCode { value: grant.org.clone() });
    }
    let code = grant.staff.as_deref().map(str::trim).filter(|code| !code.is_empty());
    let staff: Option<(i32, bool, bool)> = sqlx::query_as(
        "select staff_id, is_manager,
                exists (select from app_user u where u.staff_id = staff.staff_id and u.disabled_at is null and u.user_id is distinct from $2)
         from staff where code = $1 and left_on is null",
    )
    .bind(code)
    .bind(of_user)
    .fetch_optional(&mut *conn)
    .await?;
    match (grant.role, code, staff) {
        (Role::Manager, None, _) => refuse("staff", Rule::Required),
        (role, Some(_), _) if role.is_officer() => refuse(
            "staff",
            Rule::Other {
                zh: "管理员、安全员、审计员不得兼任业务人员。".into(),
                en: "Officers hold no other duty; leave this empty.".into(),
            },
        ),
        (_, Some(code), None) => refuse("staff", Rule::UnknownCode { value: code.into() }),
        (Role::Manager, _, Some((_, false, _))) => {
            refuse("staff", Rule::Other { zh: "此员工不是客户经理。".into(), en: "This member of staff is not a manager.".into() });
        }
        (_, _, Some((_, _, true))) => refuse("staff", Rule::NotUnique),
        _ => {}
    }
    match org {
        Some(org) if wrong.is_empty() => Ok((org, staff.map(|(id, ..)| id))),
        _ => Err(Error::fields(wrong)),
    }
}

/// Asks for another role, unit or staff for a user.
///
/// # Errors
/// `Conflict` when a request for the user is already waiting or the actor means himself.
pub async fn request(bank: &Bank, actor: &Actor, login: &str, to: &Grant, reason: &str) -> Result<Uuid> {
    actor.require(Verb::UserChange)?;
    let reason = users::given(reason)?;
    if login == actor.login {
        return Err(Error::new(Code::Conflict));
    }
    let mut tx = bank.begin().await?;
    let (user_id, from) = current(&mut tx, login).await?;
    check(&mut tx, to, Some(user_id), Vec::new()).await?;
    let approval = ask(&mut tx, actor, login, Some(from), to, reason).await?;
    let entry = Entry::done(Verb::UserChange, format!("user:{login}")).reason(reason).detail(json!({"asked": to, "approval": approval}));
    audit::record(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(approval)
}

async fn current(conn: &mut PgConnection, login: &str) -> Result<(i32, Grant)> {
    let (user_id, role, org, staff): (i32, String, String, Option<String>) = sqlx::query_as(
        "select u.user_id, u.role, o.code, m.code from app_user u join org_unit o on o.org_id = u.org_id
         left join staff m on m.staff_id = u.staff_id where u.login = $1 for update of u",
    )
    .bind(login)
    .fetch_one(conn)
    .await?;
    let role = Role::from_code(&role).ok_or_else(|| Error::internal(format!("unknown role {role}")))?;
    Ok((user_id, Grant { role, org, staff }))
}

/// Puts a request before the second person, in the transaction that holds the user's row.
pub(super) async fn ask(
    conn: &mut PgConnection,
    actor: &Actor,
    login: &str,
    from: Option<Grant>,
    to: &Grant,
    reason: &str,
) -> Result<Uuid> {
    let approval = Uuid::now_v7();
    let asked = sqlx::query(
        "insert into approval (approval_id, kind, payload, reason, requested_by)
         select $1, 'user.grant', $2, $3, $4
         where not exists (select from approval where kind = 'user.grant' and state = 'pending' and payload ->> 'login' = $5)",
    )
    .bind(approval)
    .bind(Json(Payload { login: login.into(), from, to: to.clone() }))
    .bind(reason)
    .bind(actor.user_id)
    .bind(login)
    .execute(conn)
    .await?;
    if asked.rows_affected() == 0 { Err(Error::new(Code::Conflict)) } else { Ok(approval) }
}

#[derive(sqlx::FromRow)]
struct RequestRow {
    approval_id: Uuid,
    payload: Json<Payload>,
    name: String,
    reason: String,
    requested_by: String,
    requested_at: DateTime<Utc>,
    state: String,
    decided_by: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    decision_reason: Option<String>,
}

/// Requests: those waiting first, then the last hundred decided.
pub async fn list(bank: &Bank, actor: &Actor) -> Result<Vec<GrantRequest>> {
    actor.require(Verb::UserList)?;
    let rows: Vec<RequestRow> = sqlx::query_as(
        "select a.approval_id, a.payload, u.name, a.reason, maker.login as requested_by, a.requested_at, a.state,
                checker.login as decided_by, a.decided_at, a.decision_reason
         from approval a
         join app_user u on u.login = a.payload ->> 'login'
         join app_user maker on maker.user_id = a.requested_by
         left join app_user checker on checker.user_id = a.decided_by
         where a.kind = 'user.grant'
         order by a.state <> 'pending', coalesce(a.decided_at, a.requested_at) desc limit 100",
    )
    .fetch_all(bank.pool())
    .await?;
    let request = |row: RequestRow| GrantRequest {
        approval_id: row.approval_id,
        login: row.payload.0.login,
        name: row.name,
        from: row.payload.0.from,
        to: row.payload.0.to,
        reason: row.reason,
        requested_by: row.requested_by,
        requested_at: row.requested_at,
        state: row.state,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        decision_reason: row.decision_reason,
    };
    Ok(rows.into_iter().map(request).collect())
}

/// Approves or rejects a request. An approved grant is checked once more, takes effect and ends the
/// user's sessions.
///
/// # Errors
/// `Conflict` when it was decided already, when the actor asked for it or is the one it is about, or
/// when the user is no longer what the request started from; `ReasonRequired` for a rejection without.
pub async fn decide(bank: &Bank, actor: &Actor, approval: Uuid, approve: bool, reason: &str) -> Result<()> {
    actor.require(Verb::UserApprove)?;
    let reason = if approve { reason.trim() } else { users::given(reason)? };
    let mut tx = bank.begin().await?;
    let (Json(payload), requested_by, state): (Json<Payload>, i32, String) =
        sqlx::query_as("select payload, requested_by, state from approval where approval_id = $1 and kind = 'user.grant' for update")
            .bind(approval)
            .fetch_one(&mut *tx)
            .await?;
    if state != "pending" || requested_by == actor.user_id || payload.login == actor.login {
        return Err(Error::new(Code::Conflict));
    }
    let (user_id, now) = current(&mut tx, &payload.login).await?;
    if approve {
        if payload.from.as_ref().is_some_and(|from| *from != now) {
            return Err(Error::new(Code::Conflict));
        }
        grant(&mut tx, user_id, &now, &payload).await?;
    }
    sqlx::query("update approval set state = $2, decided_by = $3, decided_at = now(), decision_reason = $4 where approval_id = $1")
        .bind(approval)
        .bind(if approve { "approved" } else { "rejected" })
        .bind(actor.user_id)
        .bind(reason)
        .execute(&mut *tx)
        .await?;
    let entry = Entry::done(Verb::UserApprove, format!("user:{}", payload.login))
        .reason(reason)
        .detail(json!({"approved": approve, "from": payload.from, "to": payload.to, "approval": approval}));
    audit::record(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}

async fn grant(conn: &mut PgConnection, user_id: i32, now: &Grant, payload: &Payload) -> Result<()> {
    let (org_id, staff_id) = check(conn, &payload.to, Some(user_id), Vec::new()).await?;
    if payload.to.staff != now.staff {
        let held: Option<i32> =
            sqlx::query_scalar("select staff_id from app_user where user_id = $1").bind(user_id).fetch_one(&mut *conn).await?;
        users::refuse_holding(conn, held, users::Leaving::Charge).await?;
    }
    sqlx::query(
        "update app_user set role = $2, org_id = $3, staff_id = $4, version = version + 1,
                disabled_at = case when granted_at is null then null else disabled_at end, granted_at = coalesce(granted_at, now())
         where user_id = $1",
    )
    .bind(user_id)
    .bind(payload.to.role.code())
    .bind(org_id)
    .bind(staff_id)
    .execute(&mut *conn)
    .await
    .map_err(|error| Error::from(error).on_constraint("app_user_staff", || Problem::field("staff", Rule::NotUnique)))?;
    session::end_all(conn, user_id).await?;
    Ok(())
}

/// The maker takes a waiting request back.
///
/// # Errors
/// `Conflict` when it was decided already; not found when it is another's.
pub async fn recall(bank: &Bank, actor: &Actor, approval: Uuid) -> Result<()> {
    actor.require(Verb::UserChange)?;
    let mut tx = bank.begin().await?;
    let (Json(payload), state): (Json<Payload>, String) = sqlx::query_as(
        "select payload, state from approval where approval_id = $1 and kind = 'user.grant' and requested_by = $2 for update",
    )
    .bind(approval)
    .bind(actor.user_id)
    .fetch_one(&mut *tx)
    .await?;
    if state != "pending" {
        return Err(Error::new(Code::Conflict));
    }
    sqlx::query("update approval set state = 'recalled', decided_by = $2, decided_at = now() where approval_id = $1")
        .bind(approval)
        .bind(actor.user_id)
        .execute(&mut *tx)
        .await?;
    let entry = Entry::done(Verb::UserChange, format!("user:{}", payload.login)).detail(json!({"recalled": approval}));
    audit::record(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}
