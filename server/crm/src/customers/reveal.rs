//! One clear value of a masked one: with a reason, audited before it leaves, so many a day.

use guanhu_domain::{
    Code, CustomerNo,
    access::Verb,
    customers::{RevealKind, RevealRequest, Revealed},
};
use serde_json::json;

use super::{edit::hold, subject};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    parameters,
};

const REASON_MIN: usize = 5;
const REASON_MAX: usize = 500;

/// The clear value of an identity, a contact, an account or card number.
///
/// # Errors
/// `reason_required` under five characters; `reveal_limit` once the day's are used up (audited as
/// refused); `forbidden` for whoever does not serve the customer.
pub async fn reveal(bank: &Bank, actor: &Actor, customer: CustomerNo, request: &RevealRequest) -> Result<Revealed> {
    actor.require(Verb::CustomerReveal)?;
    let reason = request.reason.trim();
    if !(REASON_MIN..=REASON_MAX).contains(&reason.chars().count()) {
        return Err(Error::new(Code::ReasonRequired));
    }
    let id = bank.keys().open(&request.id).ok_or_else(Error::not_found)?;
    let mut tx = bank.begin().await?;
    // Counted and used up one at a time, or parallel requests would all be the last.
    sqlx::query("select pg_advisory_xact_lock(hashtext('customer.reveal'), $1)").bind(actor.user_id).execute(&mut *tx).await?;
    let limit: i64 = parameters::read(&mut tx, "reveal.daily_limit").await?;
    let used: i64 = sqlx::query_scalar(
        "select count(*) from audit_log where user_id = $1 and at > clock_timestamp() - interval '24 hours' and verb = $2 and outcome = 'done'",
    )
    .bind(actor.user_id)
    .bind(Verb::CustomerReveal.code())
    .fetch_one(&mut *tx)
    .await?;
    let held = hold(&mut tx, actor, customer).await?;
    if !(held.leads || held.assists) {
        return Err(Error::Denied { verb: Verb::CustomerReveal, login: actor.login.clone() });
    }
    if used >= limit {
        bank.audit_soon(actor, Entry::denied(Verb::CustomerReveal, subject(customer)).reason(reason).detail(json!({ "limit": limit })))
            .await;
        return Err(Error::new(Code::RevealLimit));
    }
    let value: Option<String> = sqlx::query_scalar(match request.what {
        RevealKind::Identity => "select value from customer_identity where customer_id = $1 and identity_id = $2",
        RevealKind::Contact => "select value from customer_contact where customer_id = $1 and contact_id = $2",
        RevealKind::Card => "select card_no from card where customer_id = $1 and card_id = $2",
        RevealKind::Account => {
            "select account_no from account where customer_id = $1 and account_id = $2
             union all
             select a.account_no from account_party u join account a on a.customer_id = u.owner_id and a.account_id = u.account_id
             where u.customer_id = $1 and u.account_id = $2 and u.owner_id <> $1"
        }
    })
    .bind(customer.id())
    .bind(id)
    .fetch_one(&mut *tx)
    .await?;
    let value = value.ok_or_else(Error::not_found)?;
    let detail = json!({ "what": request.what.code(), "id": request.id });
    audit::record(&mut tx, actor, Entry::done(Verb::CustomerReveal, subject(customer)).reason(reason).detail(detail)).await?;
    tx.commit().await?;
    Ok(Revealed { value, left_today: limit - used - 1 })
}
