//! Tiers given by hand: with a reason, until a day, agreed to by another person where the scheme says so.
//! The evaluation gives and takes them; it follows within a minute, or [`super::evaluate_soon`].

use chrono::{DateTime, Days, NaiveDate, Utc};
use guanhu_domain::{
    Code, CustomerNo, Problem, Rule,
    access::Verb,
    customers::TierRef,
    tiers::{ByHand, Definition, RequestState, TierAnswer, TierAsked, TierEnd, TierRequest},
};
use serde_json::json;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::{SCHEMES, SchemeRow, evaluate::recheck, publish::checked, version};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    idempotency, outbox, scoped,
};

macro_rules! request_sql {
    () => {
        "select r.customer_id, r.request_id, r.until, r.reason, r.state, a.login as asked_by, r.asked_by as asker, r.asked_at, d.login as decided_by, r.answer,
             json_build_object('code', t.code, 'name', t.name, 'name_en', t.name_en, 'mark', t.mark) as tier
         from tier_request r join tier t using (tier_id) join app_user a on a.user_id = r.asked_by
         left join app_user d on d.user_id = r.decided_by"
    };
}

/// Requests told at once.
const WAITING: i64 = 200;

/// Asks for a tier. Where one person is enough, it holds at once.
///
/// # Errors
/// `not_found` for a customer out of scope; `invalid` for a tier that the version in force does not have,
/// a day that has passed or is later than the scheme allows, and where it allows none; `conflict` while
/// another request for the customer waits.
pub async fn ask_tier(bank: &Bank, actor: &Actor, customer: CustomerNo, asked: &TierAsked, key: Uuid) -> Result<TierRequest> {
    actor.require(Verb::TierAsk)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TierAsk, &(customer, asked)).await? {
        return Ok(answer);
    }
    let held = held(&mut tx, actor, customer).await?;
    let reason = needed(&asked.reason)?;
    let rules = rules(&mut tx, &held.kind).await?;
    let tier_id = rules.check(&mut tx, &asked.tier, asked.until).await?;
    let alone = rules.definition.settings.by_hand == ByHand::Alone;
    let id = Uuid::now_v7();
    sqlx::query(
        "insert into tier_request (customer_id, request_id, tier_id, reason, until, state, asked_by, decided_at)
         values ($1, $2, $3, $4, $5, $6, $7, case when $6 = 'approved' then now() end)",
    )
    .bind(customer.id())
    .bind(id)
    .bind(tier_id)
    .bind(reason)
    .bind(asked.until)
    .bind(if alone { RequestState::Approved } else { RequestState::Pending }.code())
    .bind(actor.user_id)
    .execute(&mut *tx)
    .await
    .map_err(|error| Error::from(error).on_constraint("tier_request_pending", || Problem::new(Code::Conflict)))?;
    if alone {
        give(&mut tx, customer, id).await?;
    }
    let topic = if alone { "tier.given" } else { "tier.asked" };
    let payload = json!({ "customer_no": customer, "tier": asked.tier, "until": asked.until });
    outbox::publish(&mut tx, topic, Some(customer.id()), &[held.org_id], payload).await?;
    let detail = json!({ "tier": asked.tier, "until": asked.until, "given": alone });
    audit::record(&mut tx, actor, Entry::done(Verb::TierAsk, subject(customer)).reason(reason).detail(detail)).await?;
    let told = one(&mut tx, actor, customer, id).await?;
    idempotency::answer(&mut tx, actor, key, &told).await?;
    tx.commit().await?;
    Ok(told)
}

/// The second person agrees or refuses.
///
/// # Errors
/// `not_found` for a customer out of scope and for a request that is none; `conflict` when it no longer
/// waits; `must_be_another_person`; `reason_required` for refusing; `invalid` for what may not be given any more.
pub async fn answer_tier(
    bank: &Bank,
    actor: &Actor,
    customer: CustomerNo,
    id: Uuid,
    answer: &TierAnswer,
    key: Uuid,
) -> Result<TierRequest> {
    actor.require(Verb::TierAnswer)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TierAnswer, &(customer, id, answer)).await? {
        return Ok(answer);
    }
    let held = held(&mut tx, actor, customer).await?;
    let (state, asked_by, until, tier): (String, i32, NaiveDate, String) = sqlx::query_as(
        "select r.state, r.asked_by, r.until, t.code from tier_request r join tier t using (tier_id)
         where r.customer_id = $1 and r.request_id = $2 for update of r",
    )
    .bind(customer.id())
    .bind(id)
    .fetch_one(&mut *tx)
    .await?;
    if state != RequestState::Pending.code() {
        return Err(Error::new(Code::Conflict));
    }
    if asked_by == actor.user_id {
        return Err(Error::new(Code::SamePerson));
    }
    let reason = checked(&answer.reason)?;
    if answer.approve {
        rules(&mut tx, &held.kind).await?.check(&mut tx, &tier, until).await?;
    } else if reason.is_empty() {
        return Err(Error::new(Code::ReasonRequired));
    }
    sqlx::query(
        "update tier_request set state = $3, decided_by = $4, decided_at = now(), answer = $5 where customer_id = $1 and request_id = $2",
    )
    .bind(customer.id())
    .bind(id)
    .bind(if answer.approve { RequestState::Approved } else { RequestState::Rejected }.code())
    .bind(actor.user_id)
    .bind(reason)
    .execute(&mut *tx)
    .await
    .map_err(|error| Error::from(error).on_constraint("decider_is_not_asker", || Problem::new(Code::SamePerson)))?;
    if answer.approve {
        give(&mut tx, customer, id).await?;
    }
    let topic = if answer.approve { "tier.given" } else { "tier.refused" };
    let payload = json!({ "customer_no": customer, "tier": tier, "until": until });
    outbox::publish(&mut tx, topic, Some(customer.id()), &[held.org_id], payload).await?;
    let detail = json!({ "tier": tier, "until": until, "given": answer.approve });
    audit::record(&mut tx, actor, Entry::done(Verb::TierAnswer, subject(customer)).reason(reason).detail(detail)).await?;
    let told = one(&mut tx, actor, customer, id).await?;
    idempotency::answer(&mut tx, actor, key, &told).await?;
    tx.commit().await?;
    Ok(told)
}

/// Ends what holds by hand before its day, and takes back what waits.
///
/// # Errors
/// `not_found` for a customer out of scope; `conflict` when there is neither.
pub async fn end_tier(bank: &Bank, actor: &Actor, customer: CustomerNo, end: &TierEnd, key: Uuid) -> Result<()> {
    actor.require(Verb::TierAsk)?;
    let mut tx = bank.begin().await?;
    if idempotency::claim::<()>(&mut tx, actor, key, Verb::TierAsk, &(customer, end)).await?.is_some() {
        return Ok(());
    }
    let held = held(&mut tx, actor, customer).await?;
    let reason = needed(&end.reason)?;
    let ended = sqlx::query("update tier_request set state = 'ended', ended_by = $2, ended_at = now() where customer_id = $1 and state in ('pending', 'approved')")
        .bind(customer.id())
        .bind(actor.user_id)
        .execute(&mut *tx)
        .await?;
    let taken = sqlx::query("delete from customer_tier_override where customer_id = $1").bind(customer.id()).execute(&mut *tx).await?;
    if ended.rows_affected() + taken.rows_affected() == 0 {
        return Err(Error::new(Code::Conflict));
    }
    recheck(&mut tx, &[customer.id()]).await?;
    outbox::publish(&mut tx, "tier.ended", Some(customer.id()), &[held.org_id], json!({ "customer_no": customer })).await?;
    let entry = Entry::done(Verb::TierAsk, subject(customer)).reason(reason).detail(json!({ "ended": true }));
    audit::record(&mut tx, actor, entry).await?;
    idempotency::answer(&mut tx, actor, key, &()).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes back what a user who leaves has asked for and nobody has answered. How many.
pub(crate) async fn withdraw_requests(conn: &mut PgConnection, actor: &Actor, user_id: i32) -> Result<i64> {
    let ended: Vec<(i64, i32)> = sqlx::query_as(
        "update tier_request r set state = 'ended', ended_by = $2, ended_at = now() from customer_summary s
         where r.asked_by = $1 and r.state = 'pending' and s.customer_id = r.customer_id returning r.customer_id, s.org_id",
    )
    .bind(user_id)
    .bind(actor.user_id)
    .fetch_all(&mut *conn)
    .await?;
    for (customer_id, org_id) in &ended {
        let payload = json!({ "customer_no": CustomerNo::from_id(*customer_id) });
        outbox::publish(conn, "tier.ended", Some(*customer_id), &[*org_id], payload).await?;
    }
    Ok(ended.len() as i64)
}

/// What waits for an answer within the actor's scope, the oldest first.
pub async fn tier_requests(bank: &Bank, actor: &Actor) -> Result<Vec<TierRequest>> {
    actor.require(Verb::TierView)?;
    let (units, staff) = actor.scope.binds();
    let rows: Vec<Row> = sqlx::query_as(concat!(
        request_sql!(),
        " join customer_summary s using (customer_id) where r.state = 'pending' and ",
        scoped!(),
        " order by r.asked_at, r.request_id limit $3"
    ))
    .bind(units)
    .bind(staff)
    .bind(WAITING)
    .fetch_all(bank.pool())
    .await?;
    rows.into_iter().map(|row| row.into_request(actor)).collect()
}

/// The request of `customer_summary s` that waits, as JSON; nothing where none does.
pub(super) const WAITING_SQL: &str =
    concat!("(select to_json(w) from (", request_sql!(), " where r.customer_id = s.customer_id and r.state = 'pending') w)");

async fn one(conn: &mut PgConnection, actor: &Actor, customer: CustomerNo, id: Uuid) -> Result<TierRequest> {
    let row: Row = sqlx::query_as(concat!(request_sql!(), " where r.customer_id = $1 and r.request_id = $2"))
        .bind(customer.id())
        .bind(id)
        .fetch_one(conn)
        .await?;
    row.into_request(actor)
}

/// A request as [`request_sql`] tells it.
#[derive(sqlx::FromRow, serde::Deserialize)]
pub(super) struct Row {
    customer_id: i64,
    request_id: Uuid,
    tier: Json<TierRef>,
    until: NaiveDate,
    reason: String,
    state: String,
    asked_by: String,
    asker: i32,
    asked_at: DateTime<Utc>,
    decided_by: Option<String>,
    answer: String,
}

impl Row {
    pub(super) fn into_request(self, actor: &Actor) -> Result<TierRequest> {
        Ok(TierRequest {
            id: self.request_id,
            customer_no: CustomerNo::from_id(self.customer_id),
            tier: self.tier.0,
            until: self.until,
            reason: self.reason,
            state: RequestState::from_code(&self.state)
                .ok_or_else(|| Error::internal(format!("unknown state `{}` of a request", self.state)))?,
            mine: self.asker == actor.user_id,
            asked_by: self.asked_by,
            asked_at: self.asked_at,
            decided_by: self.decided_by,
            answer: self.answer,
        })
    }
}

#[derive(sqlx::FromRow)]
struct Held {
    kind: String,
    org_id: i32,
}

async fn held(conn: &mut PgConnection, actor: &Actor, customer: CustomerNo) -> Result<Held> {
    let (units, staff) = actor.scope.binds();
    Ok(sqlx::query_as(concat!("select s.kind, s.org_id from customer_summary s where s.customer_id = $3 and ", scoped!()))
        .bind(units)
        .bind(staff)
        .bind(customer.id())
        .fetch_one(conn)
        .await?)
}

/// The version in force of the customer's scheme.
struct InForce {
    scheme: SchemeRow,
    definition: Definition,
}

async fn rules(conn: &mut PgConnection, kind: &str) -> Result<InForce> {
    let schemes: Vec<SchemeRow> = sqlx::query_as(SCHEMES).fetch_all(&mut *conn).await?;
    let scheme = schemes.into_iter().find(|scheme| scheme.customer_kind == kind && scheme.in_force.is_some());
    let Some((scheme, number)) = scheme.and_then(|scheme| scheme.in_force.map(|number| (scheme, number))) else {
        return Err(Error::new(Code::Conflict));
    };
    let definition = version(conn, scheme.scheme_id, number).await?.definition.0;
    Ok(InForce { scheme, definition })
}

/// The last day that a tier may be given for.
pub(super) fn last_day(definition: &Definition, business_date: NaiveDate) -> NaiveDate {
    business_date.checked_add_days(Days::new(definition.settings.by_hand_days.into())).unwrap_or(business_date)
}

impl InForce {
    /// The key of the tier, where it may be given until that day.
    async fn check(&self, conn: &mut PgConnection, tier: &str, until: NaiveDate) -> Result<i32> {
        if self.definition.settings.by_hand == ByHand::Never {
            return Err(Error::field("tier", Rule::NotEditable));
        }
        let last = last_day(&self.definition, self.scheme.business_date);
        if until < self.scheme.business_date || until > last {
            let (min, max) = (self.scheme.business_date.to_string(), last.to_string());
            return Err(Error::field("until", Rule::OutOfRange { min, max }));
        }
        let known = self.definition.tiers.iter().any(|one| one.code == tier);
        let key = sqlx::query_scalar("select tier_id from tier where scheme_id = $1 and code = $2 and $3")
            .bind(self.scheme.scheme_id)
            .bind(tier)
            .bind(known)
            .fetch_optional(conn)
            .await?;
        key.ok_or_else(|| Error::field("tier", Rule::UnknownCode { value: tier.to_owned() }))
    }
}

/// What was agreed to takes the place of what held by hand before.
async fn give(conn: &mut PgConnection, customer: CustomerNo, id: Uuid) -> Result<()> {
    sqlx::query(
        "update tier_request set state = 'ended', ended_at = now() where customer_id = $1 and request_id <> $2 and state = 'approved'",
    )
    .bind(customer.id())
    .bind(id)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "insert into customer_tier_override as o (customer_id, tier_id, reason, until, set_by, request_id)
         select customer_id, tier_id, reason, until, asked_by, request_id from tier_request where customer_id = $1 and request_id = $2
         on conflict (customer_id) do update set tier_id = excluded.tier_id, reason = excluded.reason, until = excluded.until,
             set_by = excluded.set_by, set_at = now(), request_id = excluded.request_id",
    )
    .bind(customer.id())
    .bind(id)
    .execute(&mut *conn)
    .await?;
    recheck(conn, &[customer.id()]).await
}

fn needed(reason: &str) -> Result<&str> {
    match checked(reason)? {
        "" => Err(Error::new(Code::ReasonRequired)),
        reason => Ok(reason),
    }
}

fn subject(customer: CustomerNo) -> String {
    format!("customer:{customer}")
}
