//! Tasks on customers.

use chrono::{NaiveDate, Utc};
use guanhu_domain::{
    Code, CustomerNo, Problem, Rule,
    access::Verb,
    customers::{NewTask, TaskChanged, TaskEnd},
};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Actor, Bank, Error, Result, activities,
    audit::{self, Entry},
    customers::{self, Held},
    idempotency, lifecycle, outbox, summary,
    tiers::part::Part,
};

pub(crate) const TITLE_MAX: usize = 200;

/// Makes a task of the actor's on a customer.
pub async fn create_task(bank: &Bank, actor: &Actor, customer: CustomerNo, task: &NewTask, key: Uuid) -> Result<TaskChanged> {
    actor.require(Verb::TaskChange)?;
    let title = task.title.trim();
    match title.chars().count() {
        0 => return Err(Error::field("title", Rule::Required)),
        long if long > TITLE_MAX => return Err(Error::field("title", Rule::TooLong { max: TITLE_MAX })),
        _ => {}
    }
    if task.due_on.is_some_and(|on| on < earliest(actor)) {
        return Err(Error::field("due_on", Rule::InThePast));
    }
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TaskChange, &("create", customer, task)).await? {
        return Ok(answer);
    }
    let held = hold(&mut tx, actor, customer).await?;
    let id = insert(&mut tx, actor, customer, title, task.due_on, None).await?;
    let answer = TaskChanged { id: bank.keys().opaque(id), version: 1 };
    finish(&mut tx, actor, customer, &held, &answer, "open").await?;
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Ends an open task. `version` is the one that was read.
///
/// # Errors
/// `stale` with `{version, state}` when somebody changed it first.
pub async fn complete_task(
    bank: &Bank,
    actor: &Actor,
    customer: CustomerNo,
    task: &str,
    version: i32,
    end: TaskEnd,
    key: Uuid,
) -> Result<TaskChanged> {
    actor.require(Verb::TaskChange)?;
    turn(bank, actor, customer, task, version, end.code(), key).await
}

/// Takes the end of a task back. `version` is the one that ending it answered.
///
/// # Errors
/// `stale` with `{version, state}` when somebody changed it first.
pub async fn reopen_task(bank: &Bank, actor: &Actor, customer: CustomerNo, task: &str, version: i32, key: Uuid) -> Result<TaskChanged> {
    actor.require(Verb::TaskChange)?;
    turn(bank, actor, customer, task, version, "open", key).await
}

/// From open to an end, or back.
async fn turn(bank: &Bank, actor: &Actor, customer: CustomerNo, task: &str, version: i32, state: &str, key: Uuid) -> Result<TaskChanged> {
    let task_id = bank.keys().open(task).ok_or_else(Error::not_found)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TaskChange, &(customer, task, version, state)).await? {
        return Ok(answer);
    }
    let held = hold(&mut tx, actor, customer).await?;
    // Before its tasks, as those hold them who give the customer away.
    summary::hold(&mut tx, &[customer.id()]).await?;
    let (now, before): (i32, String) = sqlx::query_as("select version, state from task where customer_id = $1 and task_id = $2 for update")
        .bind(customer.id())
        .bind(task_id)
        .fetch_one(&mut *tx)
        .await?;
    if now != version || (before == "open") == (state == "open") {
        let current = Some(json!({ "version": now, "state": before }));
        return Err(Problem { current, ..Problem::new(Code::Stale) }.into());
    }
    sqlx::query("update task set state = $3, done_at = case when $3 <> 'open' then now() end, version = version + 1 where customer_id = $1 and task_id = $2")
        .bind(customer.id())
        .bind(task_id)
        .bind(state)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "update customer_summary set refreshed_at = now(),
            next_due_on = (select min(due_on) from task where customer_id = $1 and state = 'open') where customer_id = $1",
    )
    .bind(customer.id())
    .execute(&mut *tx)
    .await?;
    lifecycle::judge_field(&mut tx, Part::Of(&[customer.id()]), "next_due_on").await?;
    let answer = TaskChanged { id: task.to_owned(), version: version + 1 };
    finish(&mut tx, actor, customer, &held, &answer, state).await?;
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Whoever may log a contact may change the tasks that come of it.
async fn hold(conn: &mut PgConnection, actor: &Actor, customer: CustomerNo) -> Result<Held> {
    let held = customers::hold(conn, actor, customer).await?;
    if activities::may_log(&held) { Ok(held) } else { Err(Error::Denied { verb: Verb::TaskChange, login: actor.login.clone() }) }
}

/// The first day for which a task may be planned: whichever is earlier of today and the business date,
/// which are far apart in a practice bank.
pub(crate) fn earliest(actor: &Actor) -> NaiveDate {
    actor.me.business_date.min(Utc::now().date_naive())
}

/// An open task of the actor's, with the summary's next due day.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    actor: &Actor,
    customer: CustomerNo,
    title: &str,
    due_on: Option<NaiveDate>,
    activity_id: Option<i64>,
) -> Result<i64> {
    let task_id = sqlx::query_scalar(
        "with made as (
            insert into task (customer_id, title, due_on, owner_staff_id, activity_id, created_by) values ($1, $2, $3, $4, $5, $6) returning task_id
         ), due as (
            update customer_summary set next_due_on = least(next_due_on, $3), refreshed_at = now() where customer_id = $1
         )
         select task_id from made",
    )
    .bind(customer.id())
    .bind(title)
    .bind(due_on)
    .bind(actor.staff_id)
    .bind(activity_id)
    .bind(actor.user_ref())
    .fetch_one(&mut *conn)
    .await?;
    lifecycle::judge_field(conn, Part::Of(&[customer.id()]), "next_due_on").await?;
    Ok(task_id)
}

async fn finish(conn: &mut PgConnection, actor: &Actor, customer: CustomerNo, held: &Held, task: &TaskChanged, state: &str) -> Result<()> {
    let detail = json!({ "task": task.id, "state": state });
    audit::record(conn, actor, Entry::done(Verb::TaskChange, customers::subject(customer)).detail(detail)).await?;
    let payload = json!({ "customer_no": customer, "state": state });
    outbox::publish(conn, "task.changed", Some(customer.id()), &[held.org_id], payload).await
}
