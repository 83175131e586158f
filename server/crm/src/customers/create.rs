//! A customer entered by hand.

use guanhu_domain::{
    CustomerNo, Rule,
    access::{Role, Verb},
    customers::{Changed, CustomerPatch, Kind, NewCustomer, checks},
};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    contacts::{checked_identity, insert_identity, only_one},
    edit, subject,
};
use crate::{
    Actor, Bank, Error, Result, Scope,
    audit::{self, Entry},
    contribution, idempotency, outbox, summary, tiers,
};

/// Enters a customer. A manager's own unit, and the manager leads from the business date on; a branch
/// manager any unit of the subtree, and the customer waits in the pool. Birth date and sex follow from
/// an identity card unless told.
///
/// # Errors
/// `conflict` when somebody has the same paper, naming that customer in `current` if the actor may open it.
pub async fn create(bank: &Bank, actor: &Actor, new: &NewCustomer, key: Uuid) -> Result<Changed> {
    actor.require(Verb::CustomerCreate)?;
    let filled = |value: &Option<String>| value.clone().filter(|value| !value.trim().is_empty());
    let paper = match (filled(&new.identity_kind), filled(&new.identity)) {
        (Some(kind), Some(typed)) => {
            let value = checked_identity(&kind, &typed, "identity")?;
            Some((kind, value))
        }
        (None, Some(_)) => return Err(Error::field("identity_kind", Rule::Required)),
        (Some(_), None) => return Err(Error::field("identity", Rule::Required)),
        (None, None) => None,
    };
    let mobile = match filled(&new.mobile) {
        Some(typed) => Some(checks::contact("mobile", &typed).map_err(|rule| Error::field("mobile", rule))?),
        None => None,
    };
    let mut patch = CustomerPatch(new.profile.clone());
    patch.0.insert("name".into(), Some(new.name.clone()));
    if let (Kind::Personal, Some((kind, number))) = (new.kind, &paper)
        && kind == "id_card"
    {
        let sex = if number.as_bytes().get(16).is_some_and(|digit| (digit - b'0') % 2 == 1) { "male" } else { "female" };
        patch.0.entry("sex".into()).or_insert_with(|| Some(sex.into()));
        patch.0.entry("birth_date".into()).or_insert_with(|| checks::id_card_birth(number).map(|date| date.to_string()));
        patch.0.entry("nationality".into()).or_insert_with(|| Some("CN".into()));
    }

    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::CustomerCreate, new).await? {
        return Ok(answer);
    }
    let org_id = unit(&mut tx, actor, &new.org).await?;
    let wanted = edit::check(&mut tx, actor, new.kind, &patch).await?;
    if let Some((_, number)) = &paper {
        only_one(&mut tx, actor, &bank.keys().hash(number), 0).await?;
    }
    let id: i64 = sqlx::query_scalar(
        "insert into customer (kind, org_id, name, opened_on, lineage)
         values ($1, $2, $3, $4, jsonb_build_object('org', $5::jsonb, 'opened_on', $5::jsonb)) returning customer_id",
    )
    .bind(new.kind.code())
    .bind(org_id)
    .bind(new.name.trim())
    .bind(actor.me.business_date)
    .bind(json!({ "source": "guanhu", "business_date": actor.me.business_date }))
    .fetch_one(&mut *tx)
    .await?;
    let customer = CustomerNo::from_id(id);
    edit::fill(&mut tx, actor, customer, wanted).await?;
    if let Some((kind, number)) = &paper {
        insert_identity(&mut tx, id, kind, number, &bank.keys().hash(number), None).await?;
    }
    if let Some(mobile) = &mobile {
        sqlx::query(
            "insert into customer_contact (customer_id, kind, value, value_hash, is_primary, business_date) values ($1, 'mobile', $2, $3, true, $4)",
        )
        .bind(id)
        .bind(mobile)
        .bind(bank.keys().hash(mobile))
        .bind(actor.me.business_date)
        .execute(&mut *tx)
        .await?;
    }
    if let Scope::Portfolio { staff_id, .. } = actor.scope {
        sqlx::query(
            "insert into assignment (customer_id, staff_id, role, valid, reason, created_by) values ($1, $2, 'lead', daterange($3, null), 'created', $4)",
        )
        .bind(id)
        .bind(staff_id)
        .bind(actor.me.business_date)
        .bind(actor.user_ref())
        .execute(&mut *tx)
        .await?;
    }
    contribution::touched(&mut tx, &[id]).await?;
    summary::refresh(&mut tx, &[id]).await?;
    tiers::evaluate::recheck(&mut tx, &[id]).await?;
    audit::record(&mut tx, actor, Entry::done(Verb::CustomerCreate, subject(customer)).detail(json!({ "org": new.org }))).await?;
    outbox::publish(&mut tx, "customer.created", Some(id), &[org_id], json!({ "customer_no": customer })).await?;
    let answer = Changed { customer_no: customer, version: 1 };
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The unit of this code, where the actor may enter customers.
async fn unit(conn: &mut PgConnection, actor: &Actor, code: &str) -> Result<i32> {
    let unknown = || Error::field("org", Rule::UnknownCode { value: code.to_owned() });
    let org_id: i32 = sqlx::query_scalar("select org_id from org_unit where code = $1 and closed_on is null")
        .bind(code)
        .fetch_optional(conn)
        .await?
        .ok_or_else(unknown)?;
    let within = match (&actor.scope, actor.role) {
        (Scope::Units(units), Role::BranchManager) => units.contains(&org_id),
        (Scope::Portfolio { .. }, _) => org_id == actor.org_id,
        _ => false,
    };
    if within { Ok(org_id) } else { Err(unknown()) }
}
