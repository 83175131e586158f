//! Contacts and ID papers, entered by hand.

use chrono::NaiveDate;
use guanhu_domain::{
    Code, CustomerNo, Problem, Rule,
    access::Verb,
    customers::{Changed, Contact, ContactChange, Identity, IdentityChange, NewIdentity, checks, mask},
};
use serde::Serialize;
use serde_json::json;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::{
    edit::{Change, Held, hold, record_changes},
    subject,
};
use crate::{
    Actor, Bank, Error, Keys, Result,
    audit::{self, Entry},
    idempotency, outbox, scoped, summary,
};

/// `customer_contact k` as a [`Contact`] in clear.
macro_rules! contact_sql {
    () => {
        "json_build_object('id', k.contact_id::text, 'kind', k.kind, 'value', k.value, 'masked', false, 'is_primary', k.is_primary,
             'consent', k.consent, 'source', k.source, 'business_date', k.business_date)"
    };
}
pub(super) use contact_sql;

/// `customer_identity i` as an [`Identity`] in clear.
macro_rules! identity_sql {
    () => {
        "json_build_object('id', i.identity_id::text, 'kind', i.kind, 'system', i.system, 'value', i.value, 'masked', false,
             'expires_on', i.expires_on, 'verified', i.verified, 'business_date', i.business_date)"
    };
}
pub(super) use identity_sql;

/// A contact as it leaves the server, with the mark of what it says in clear.
pub(super) fn hide_contact(contact: &mut Contact, keys: &Keys) {
    contact.mark = keys.mark(&format!("contact {} {} {}", contact.id, contact.is_primary, contact.value));
    contact.id = contact.id.parse().map(|id| keys.opaque(id)).unwrap_or_default();
    contact.masked = mask::hides(&contact.kind);
    contact.value = mask::of_kind(&contact.kind, &contact.value);
}

/// The same of a paper.
pub(super) fn hide_identity(identity: &mut Identity, keys: &Keys) {
    let Identity { id, expires_on, verified, value, .. } = &*identity;
    identity.mark = keys.mark(&format!("identity {id} {expires_on:?} {verified} {value}"));
    identity.id = identity.id.parse().map(|id| keys.opaque(id)).unwrap_or_default();
    identity.masked = mask::hides(&identity.kind);
    identity.value = mask::of_kind(&identity.kind, &identity.value);
}

/// `current` is what is there, as it leaves the server.
fn stale(current: &impl Serialize) -> Result<Error> {
    let current = serde_json::to_value(current).map_err(Error::internal)?;
    Ok(Problem { current: Some(current), ..Problem::new(Code::Stale) }.into())
}

/// Adds a contact, or changes or removes the one with this `id`. A new primary one takes the place of
/// the old of its kind. The profile's version stays as it is.
///
/// # Errors
/// `invalid` for a value that is not of its kind, one the customer already has, and a change without `seen`;
/// `stale` carries the [`Contact`] where it is no longer what was seen; `not_found` where it is no more.
pub async fn change_contact(bank: &Bank, actor: &Actor, customer: CustomerNo, change: &ContactChange, key: Uuid) -> Result<Changed> {
    actor.require(Verb::CustomerEdit)?;
    let contact_id = change.id.as_deref().map(|id| bank.keys().open(id).ok_or_else(Error::not_found)).transpose()?;
    let typed = match &change.value {
        Some(value) if contact_id.is_some() && value.trim().is_empty() => Typed::Nothing,
        Some(value) => Typed::Value(
            checks::contact(&change.kind, value)
                .map_err(|rule| Error::field(if matches!(rule, Rule::UnknownCode { .. }) { "kind" } else { "value" }, rule))?,
        ),
        None if contact_id.is_some() => Typed::AsItIs,
        None => return Err(Error::field("value", Rule::Required)),
    };
    if contact_id.is_some() && change.seen.is_none() {
        return Err(Error::field("seen", Rule::Required));
    }
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::CustomerEdit, &("contact", customer, change)).await? {
        return Ok(answer);
    }
    let held = hold_to_edit(&mut tx, actor, customer).await?;
    let old = match contact_id {
        Some(id) => {
            let Json(mut there): Json<Contact> = sqlx::query_scalar(concat!(
                "select ",
                contact_sql!(),
                " from customer_contact k where k.customer_id = $1 and k.contact_id = $2 and k.kind = $3 for update"
            ))
            .bind(customer.id())
            .bind(id)
            .bind(&change.kind)
            .fetch_one(&mut *tx)
            .await?;
            let old = there.value.clone();
            hide_contact(&mut there, bank.keys());
            if change.seen.as_ref() != Some(&there.mark) {
                return Err(stale(&there)?);
            }
            Some(old)
        }
        None => None,
    };
    let new = typed.over(old.as_deref());
    if let Some(value) = &new {
        let hash = bank.keys().hash(value);
        let known: bool = sqlx::query_scalar(
            "select exists (select from customer_contact where customer_id = $1 and kind = $2 and value_hash = $3 and contact_id is distinct from $4)",
        )
        .bind(customer.id())
        .bind(&change.kind)
        .bind(&hash)
        .bind(contact_id)
        .fetch_one(&mut *tx)
        .await?;
        if known {
            return Err(Error::field("value", Rule::NotUnique));
        }
        if change.is_primary {
            sqlx::query("update customer_contact set is_primary = false where customer_id = $1 and kind = $2 and is_primary")
                .bind(customer.id())
                .bind(&change.kind)
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query(
            "insert into customer_contact as k (customer_id, contact_id, kind, value, value_hash, is_primary, source, business_date)
             values ($1, coalesce($2, nextval('item_id_seq')), $3, $4, $5, $6, 'guanhu', $7)
             on conflict (customer_id, contact_id) do update set value = excluded.value, value_hash = excluded.value_hash,
                is_primary = excluded.is_primary, source = case when k.value = excluded.value then k.source else excluded.source end,
                business_date = case when k.value = excluded.value then k.business_date else excluded.business_date end",
        )
        .bind(customer.id())
        .bind(contact_id)
        .bind(&change.kind)
        .bind(value)
        .bind(hash)
        .bind(change.is_primary)
        .bind(actor.me.business_date)
        .execute(&mut *tx)
        .await?;
    } else {
        sqlx::query("delete from customer_contact where customer_id = $1 and contact_id = $2")
            .bind(customer.id())
            .bind(contact_id)
            .execute(&mut *tx)
            .await?;
    }
    let field = format!("contact:{}", change.kind);
    finish(&mut tx, actor, customer, &held, vec![Change { field, old, new }]).await?;
    let answer = Changed { customer_no: customer, version: held.version };
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What was typed of a value that may exist already.
enum Typed {
    AsItIs,
    Nothing,
    Value(String),
}

impl Typed {
    fn over(self, old: Option<&str>) -> Option<String> {
        match self {
            Typed::AsItIs => old.map(str::to_owned),
            Typed::Nothing => None,
            Typed::Value(value) => Some(value),
        }
    }
}

/// Changes the number or the last day of an ID paper, or removes it. A changed number is no longer verified.
/// The keys of source systems are theirs.
///
/// # Errors
/// `not_found` for a paper that the customer has not; `stale` carries the [`Identity`] where it is no longer what was
/// seen; `invalid` without `seen`; otherwise as [`add_identity`].
pub async fn change_identity(bank: &Bank, actor: &Actor, customer: CustomerNo, change: &IdentityChange, key: Uuid) -> Result<Changed> {
    actor.require(Verb::CustomerEdit)?;
    let identity_id = bank.keys().open(&change.id).ok_or_else(Error::not_found)?;
    if change.seen.is_none() {
        return Err(Error::field("seen", Rule::Required));
    }
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::CustomerEdit, &("identity", customer, change)).await? {
        return Ok(answer);
    }
    let held = hold_to_edit(&mut tx, actor, customer).await?;
    let Json(mut there): Json<Identity> = sqlx::query_scalar(concat!(
        "select ",
        identity_sql!(),
        " from customer_identity i where i.customer_id = $1 and i.identity_id = $2 and i.kind <> 'source_key' for update"
    ))
    .bind(customer.id())
    .bind(identity_id)
    .fetch_one(&mut *tx)
    .await?;
    let (kind, old, expired) = (there.kind.clone(), there.value.clone(), there.expires_on);
    hide_identity(&mut there, bank.keys());
    if change.seen.as_ref() != Some(&there.mark) {
        return Err(stale(&there)?);
    }
    let typed = match change.value.as_deref().map(str::trim) {
        None => Typed::AsItIs,
        Some("") => Typed::Nothing,
        Some(value) => Typed::Value(checked_identity(&kind, value, "value")?),
    };
    let new = typed.over(Some(&old));
    let mut changes = Vec::new();
    if new.as_deref() != Some(&old) {
        changes.push(Change { field: format!("identity:{kind}"), old: Some(old.clone()), new: new.clone() });
    }
    match &new {
        Some(value) => {
            let hash = bank.keys().hash(value);
            if *value != old {
                only_one(&mut tx, actor, &hash, customer.id()).await?;
            }
            if change.expires_on != expired {
                let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
                changes.push(Change { field: format!("expiry:{kind}"), old: day(expired), new: day(change.expires_on) });
            }
            sqlx::query(
                "update customer_identity set value = $3, value_hash = $4, expires_on = $5, verified = verified and value = $3,
                    system = case when value = $3 then system else 'guanhu' end,
                    business_date = case when value = $3 then business_date else $6 end
                 where customer_id = $1 and identity_id = $2",
            )
            .bind(customer.id())
            .bind(identity_id)
            .bind(value)
            .bind(hash)
            .bind(change.expires_on)
            .bind(actor.me.business_date)
            .execute(&mut *tx)
            .await?;
        }
        None => {
            sqlx::query("delete from customer_identity where customer_id = $1 and identity_id = $2")
                .bind(customer.id())
                .bind(identity_id)
                .execute(&mut *tx)
                .await?;
        }
    }
    if !changes.is_empty() {
        finish(&mut tx, actor, customer, &held, changes).await?;
    }
    let answer = Changed { customer_no: customer, version: held.version };
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Adds an ID paper.
///
/// # Errors
/// `invalid` when the number does not fit its kind; `conflict` when another customer has it, naming
/// that customer in `current` if the actor may open it.
pub async fn add_identity(bank: &Bank, actor: &Actor, customer: CustomerNo, identity: &NewIdentity, key: Uuid) -> Result<Changed> {
    actor.require(Verb::CustomerEdit)?;
    let value = checked_identity(&identity.kind, &identity.value, "value")?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::CustomerEdit, &("identity", customer, identity)).await? {
        return Ok(answer);
    }
    let held = hold_to_edit(&mut tx, actor, customer).await?;
    let hash = bank.keys().hash(&value);
    only_one(&mut tx, actor, &hash, customer.id()).await?;
    insert_identity(&mut tx, customer.id(), &identity.kind, &value, &hash, identity.expires_on).await?;
    let field = format!("identity:{}", identity.kind);
    finish(&mut tx, actor, customer, &held, vec![Change { field, old: None, new: Some(value) }]).await?;
    let answer = Changed { customer_no: customer, version: held.version };
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

async fn hold_to_edit(conn: &mut PgConnection, actor: &Actor, customer: CustomerNo) -> Result<Held> {
    let held = hold(conn, actor, customer).await?;
    if held.leads { Ok(held) } else { Err(Error::Denied { verb: Verb::CustomerEdit, login: actor.login.clone() }) }
}

async fn finish(conn: &mut PgConnection, actor: &Actor, customer: CustomerNo, held: &Held, changes: Vec<Change>) -> Result<()> {
    record_changes(conn, actor, customer, &changes).await?;
    summary::refresh(conn, &[customer.id()]).await?;
    let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    audit::record(conn, actor, Entry::done(Verb::CustomerEdit, subject(customer)).detail(json!({ "fields": fields }))).await?;
    outbox::publish(
        conn,
        "customer.changed",
        Some(customer.id()),
        &[held.org_id],
        json!({ "customer_no": customer, "version": held.version }),
    )
    .await
}

/// The number in canonical form; problems name `field`, or `identity_kind` where the kind is unknown.
pub(super) fn checked_identity(kind: &str, typed: &str, field: &str) -> Result<String> {
    checks::identity(kind, typed).map_err(|rule| match rule {
        Rule::UnknownCode { .. } if field == "value" => Error::field("kind", rule),
        Rule::UnknownCode { .. } => Error::field("identity_kind", rule),
        rule => Error::field(field, rule),
    })
}

/// One paper, one customer: two who enter the same paper at once wait for each other here.
///
/// # Errors
/// `conflict` when somebody has it already.
pub(super) async fn only_one(conn: &mut PgConnection, actor: &Actor, hash: &[u8], but: i64) -> Result<()> {
    let lock = i64::from_be_bytes(std::array::from_fn(|i| hash.get(i).copied().unwrap_or_default()));
    sqlx::query("select pg_advisory_xact_lock($1)").bind(lock).execute(&mut *conn).await?;
    let (units, staff) = actor.scope.binds();
    let taken: Option<(i64, String, bool)> = sqlx::query_as(concat!(
        "select s.customer_id, s.name, ",
        scoped!(),
        " as open from customer_identity i join customer_summary s using (customer_id)
          where i.value_hash = $3 and i.kind <> 'source_key' order by (s.customer_id = $4) desc, 3 desc nulls last limit 1"
    ))
    .bind(units)
    .bind(staff)
    .bind(hash)
    .bind(but)
    .fetch_optional(conn)
    .await?;
    match taken {
        None => Ok(()),
        Some((id, ..)) if id == but => Err(Error::field("value", Rule::NotUnique)),
        Some((id, name, true)) => {
            let current = json!({ "customer_no": CustomerNo::from_id(id), "name": name });
            Err(Problem { current: Some(current), ..Problem::new(Code::Conflict) }.into())
        }
        Some(_) => Err(Error::new(Code::Conflict)),
    }
}

pub(super) async fn insert_identity(
    conn: &mut PgConnection,
    customer_id: i64,
    kind: &str,
    value: &str,
    hash: &[u8],
    expires_on: Option<NaiveDate>,
) -> Result<()> {
    sqlx::query(
        "insert into customer_identity (customer_id, kind, value, value_hash, expires_on, business_date)
         values ($1, $2, $3, $4, $5, (select business_date from bank))",
    )
    .bind(customer_id)
    .bind(kind)
    .bind(value)
    .bind(hash)
    .bind(expires_on)
    .execute(conn)
    .await?;
    Ok(())
}
