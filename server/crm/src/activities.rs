//! Contacts with customers, and what comes next.

use chrono::{Duration, Utc};
use guanhu_domain::{
    CustomerNo, FieldProblem, Rule,
    access::Verb,
    customers::{Logged, NewActivity},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    contribution,
    customers::{self, Held},
    idempotency, lifecycle, outbox, tasks,
    tiers::part::Part,
};

const SUMMARY_MAX: usize = 2_000;
const OUTCOME_MAX: usize = 200;
/// Clocks of browsers run ahead a little.
const AHEAD: Duration = Duration::minutes(5);

/// Logs a contact; a next step becomes an open task of whoever logs it. The lead, the branch's manager
/// and, unless the parameter `assist.may_log` is false, those who assist.
pub async fn log_activity(bank: &Bank, actor: &Actor, customer: CustomerNo, activity: &NewActivity, key: Uuid) -> Result<Logged> {
    actor.require(Verb::ActivityLog)?;
    check(actor, activity)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::ActivityLog, &(customer, activity)).await? {
        return Ok(answer);
    }
    let held = customers::hold(&mut tx, actor, customer).await?;
    if !may_log(&held) {
        return Err(Error::Denied { verb: Verb::ActivityLog, login: actor.login.clone() });
    }
    let next_step = activity.next_step.as_deref().map(str::trim).filter(|step| !step.is_empty());
    let activity_id: i64 = sqlx::query_scalar(
        "with logged as (
            insert into activity (customer_id, kind, happened_at, staff_id, user_id, summary, outcome, next_step, next_on)
            values ($1, $2, coalesce($3, now()), $4, $5, $6, $7, $8, $9) returning activity_id, happened_at
         ), seen as (
            update customer_summary set last_contact_at = greatest(last_contact_at, (select happened_at from logged)), refreshed_at = now()
            where customer_id = $1
         )
         select activity_id from logged",
    )
    .bind(customer.id())
    .bind(activity.kind.code())
    .bind(activity.happened_at)
    .bind(actor.staff_id)
    .bind(actor.user_ref())
    .bind(activity.summary.trim())
    .bind(activity.outcome.trim())
    .bind(next_step)
    .bind(activity.next_on)
    .fetch_one(&mut *tx)
    .await?;
    contribution::touched(&mut tx, &[customer.id()]).await?;
    lifecycle::judge_field(&mut tx, Part::Of(&[customer.id()]), "last_contact").await?;
    let task = match next_step {
        Some(title) => Some(tasks::insert(&mut tx, actor, customer, title, activity.next_on, Some(activity_id)).await?),
        None => None,
    };
    let answer = Logged { id: bank.keys().opaque(activity_id), task: task.map(|id| bank.keys().opaque(id)) };
    let detail = json!({ "kind": activity.kind, "task": answer.task.is_some() });
    audit::record(&mut tx, actor, Entry::done(Verb::ActivityLog, customers::subject(customer)).detail(detail)).await?;
    let payload = json!({ "customer_no": customer, "kind": activity.kind });
    outbox::publish(&mut tx, "activity.logged", Some(customer.id()), &[held.org_id], payload).await?;
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

pub(crate) fn may_log(held: &Held) -> bool {
    held.leads || (held.assists && held.assist_may_log)
}

fn check(actor: &Actor, activity: &NewActivity) -> Result<()> {
    let mut problems = Vec::new();
    let mut refuse = |field: &str, rule| problems.push(FieldProblem { field: field.into(), rule });
    let length = |text: &str| text.trim().chars().count();
    match length(&activity.summary) {
        0 => refuse("summary", Rule::Required),
        long if long > SUMMARY_MAX => refuse("summary", Rule::TooLong { max: SUMMARY_MAX }),
        _ => {}
    }
    if length(&activity.outcome) > OUTCOME_MAX {
        refuse("outcome", Rule::TooLong { max: OUTCOME_MAX });
    }
    if activity.happened_at.is_some_and(|at| at > Utc::now() + AHEAD) {
        refuse("happened_at", Rule::InTheFuture);
    }
    match activity.next_step.as_deref().map(length) {
        None | Some(0) if activity.next_on.is_some() => refuse("next_step", Rule::Required),
        Some(long) if long > tasks::TITLE_MAX => refuse("next_step", Rule::TooLong { max: tasks::TITLE_MAX }),
        _ => {}
    }
    if activity.next_on.is_some_and(|on| on < tasks::earliest(actor)) {
        refuse("next_on", Rule::InThePast);
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::fields(problems)) }
}
