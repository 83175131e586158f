//! What assistants have of a customer's contribution, and the end of one of them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use guanhu_domain::{
    Code, CustomerNo, FieldProblem, Problem, Rule,
    access::Verb,
    assignments::{SHARE_MAX, Share, Shares, SharesChange, TransferState},
    customers::{AssignmentRole, ManagerRef},
};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    apply,
    give::{self, Giving},
    plan::refuse_open,
    release,
    request::REASON_MAX,
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    contribution, customers, idempotency, scoped,
};

/// Says what each assistant of a customer has of its contribution from the business date on, and who stops assisting
/// today; the lead has the rest. What was before stands. Who stops leaves a transfer to nobody, and the open tasks to
/// the lead. Of the heads of the customer's unit and of those above; nobody gains a right by it, so that it needs
/// nobody else.
///
/// # Errors
/// `invalid` by `reason`, `assistants` or `assistants/CODE`; `conflict` with the [`Shares`] as they are when somebody
/// assists whom the request does not name, and when the customer is in an open transfer; `stale` with them when
/// somebody has another share than `seen` says.
pub async fn set_shares(bank: &Bank, actor: &Actor, customer: CustomerNo, change: &SharesChange, key: Uuid) -> Result<Shares> {
    actor.require(Verb::ShareSet)?;
    let reason = change.reason.trim();
    check(change, reason)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::ShareSet, &(customer, change)).await? {
        return Ok(answer);
    }
    let today = actor.me.business_date;
    let (units, staff) = actor.scope.binds();
    let (org_id, aum): (i32, i64) = sqlx::query_as(concat!(
        "select s.org_id, s.aum from customer_summary s where s.customer_id = $3 and ",
        scoped!(),
        " for update of s"
    ))
    .bind(units)
    .bind(staff)
    .bind(customer.id())
    .fetch_one(&mut *tx)
    .await?;
    refuse_open(&mut tx, &[customer.id()]).await?;
    let before = parts(&mut tx, customer, today).await?;
    let Some(lead) = before.iter().find(|part| part.leads()) else {
        let rule = Rule::Other {
            zh: "待分配客户没有主办人，不能分配份额。".into(),
            en: "A customer in the pool has no lead, and nothing is shared.".into(),
        };
        return Err(Error::field("assistants", rule));
    };
    let assistants: Vec<&Part> = before.iter().filter(|part| !part.leads()).collect();
    if let Some(stranger) = change.assistants.keys().find(|code| !assistants.iter().any(|part| part.code == **code)) {
        return Err(Error::field(format!("assistants/{stranger}"), Rule::UnknownCode { value: stranger.clone() }));
    }
    if assistants.iter().any(|part| !change.assistants.contains_key(&part.code)) {
        let current = serde_json::to_value(shares(&before)).map_err(Error::internal)?;
        return Err(Problem { current: Some(current), ..Problem::new(Code::Conflict) }.into());
    }
    let is_seen = |part: &&Part| {
        change.seen.as_ref().is_none_or(|seen| seen.get(&part.code).map(|share| Decimal::from(*share)) == Some(part.share.round()))
    };
    if !assistants.iter().all(is_seen) {
        let current = serde_json::to_value(shares(&before)).map_err(Error::internal)?;
        return Err(Problem { current: Some(current), ..Problem::new(Code::Stale) }.into());
    }
    let mut wanted = vec![(lead.staff_id, 100 - sum(change))];
    for part in assistants {
        match change.assistants.get(&part.code).copied().flatten() {
            Some(share) => wanted.push((part.staff_id, share.into())),
            None => end(&mut tx, actor, part.staff_id, (customer.id(), org_id, aum), reason).await?,
        }
    }
    set(&mut tx, actor, customer, &wanted, reason).await?;
    let now = parts(&mut tx, customer, today).await?;
    keep(&mut tx, actor, customer, &before, &now, reason).await?;
    let after = shares(&now);
    let detail = json!({ "before": told(&shares(&before)), "after": told(&after) });
    audit::record(&mut tx, actor, Entry::done(Verb::ShareSet, customers::subject(customer)).reason(reason).detail(detail)).await?;
    apply::announce_charge(&mut tx, &actor.name, &[apply::Charged { customer_id: customer.id(), was: Some(lead.staff_id), known: true }])
        .await?;
    idempotency::answer(&mut tx, actor, key, &after).await?;
    tx.commit().await?;
    Ok(after)
}

fn sum(change: &SharesChange) -> i32 {
    change.assistants.values().flatten().map(|share| i32::from(*share)).sum()
}

fn check(change: &SharesChange, reason: &str) -> Result<()> {
    let mut problems = Vec::new();
    let mut refuse = |field: &str, rule| problems.push(FieldProblem { field: field.into(), rule });
    match reason.chars().count() {
        0 => refuse("reason", Rule::Required),
        long if long > REASON_MAX => refuse("reason", Rule::TooLong { max: REASON_MAX }),
        _ => {}
    }
    if sum(change) > i32::from(SHARE_MAX) {
        refuse("assistants", Rule::OutOfRange { min: "0".into(), max: SHARE_MAX.to_string() });
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::fields(problems)) }
}

/// A part in a customer on the business date.
#[derive(sqlx::FromRow)]
struct Part {
    staff_id: i32,
    code: String,
    name: String,
    role: String,
    share: Decimal,
}

impl Part {
    fn leads(&self) -> bool {
        self.role == AssignmentRole::Lead.code()
    }

    fn share(&self) -> Share {
        Share { manager: ManagerRef { code: self.code.clone(), name: self.name.clone() }, share: self.share.normalize() }
    }
}

async fn parts(conn: &mut PgConnection, customer: CustomerNo, today: NaiveDate) -> Result<Vec<Part>> {
    Ok(sqlx::query_as(
        "select a.staff_id, m.code, m.name, a.role, a.share from assignment a join staff m using (staff_id)
         where a.customer_id = $1 and a.valid @> $2 order by m.code",
    )
    .bind(customer.id())
    .bind(today)
    .fetch_all(conn)
    .await?)
}

fn shares(parts: &[Part]) -> Shares {
    Shares {
        lead: parts.iter().find(|part| part.leads()).map(Part::share),
        assistants: parts.iter().filter(|part| !part.leads()).map(Part::share).collect(),
    }
}

/// Shares by staff code, for the audit log.
fn told(shares: &Shares) -> BTreeMap<&str, String> {
    shares.lead.iter().chain(&shares.assistants).map(|share| (share.manager.code.as_str(), share.share.to_string())).collect()
}

/// Ends one assistant: a transfer to nobody. `held`: the customer, its unit and AUM.
async fn end(conn: &mut PgConnection, actor: &Actor, staff_id: i32, held: (i64, i32, i64), reason: &str) -> Result<()> {
    let transfer_id = Uuid::now_v7();
    let today = actor.me.business_date;
    release::insert(conn, actor, staff_id, &[held], transfer_id, reason).await?;
    release::insert_items(conn, staff_id, &[held], transfer_id).await?;
    let giving = Giving { transfer_id, role: AssignmentRole::Assist, at: today, today, reason, by: actor.user_ref(), share: None };
    give::end_assists(conn, &[held.0], staff_id, &giving).await?;
    apply::announce(conn, actor, transfer_id, TransferState::Done).await
}

/// Keeps whose share was what and became what, also where a later change of the day overwrites the parts.
async fn keep(conn: &mut PgConnection, actor: &Actor, customer: CustomerNo, before: &[Part], now: &[Part], reason: &str) -> Result<()> {
    let after = |part: &Part| now.iter().find(|other| other.staff_id == part.staff_id).map(|other| other.share.normalize());
    let changed: Vec<_> = before
        .iter()
        .filter(|part| after(part) != Some(part.share.normalize()))
        .map(|part| json!({ "staff_id": part.staff_id, "role": part.role, "before": part.share.normalize(), "after": after(part) }))
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    sqlx::query("insert into share_change (customer_id, changed_on, changed_by, reason, shares) values ($1, $2, $3, $4, $5)")
        .bind(customer.id())
        .bind(actor.me.business_date)
        .bind(actor.user_ref())
        .bind(reason)
        .bind(serde_json::Value::from(changed))
        .execute(conn)
        .await?;
    Ok(())
}

/// Parts that began before go on as parts of their own from today; those that began today are put right.
async fn set(conn: &mut PgConnection, actor: &Actor, customer: CustomerNo, wanted: &[(i32, i32)], reason: &str) -> Result<()> {
    let (staff, shares): (Vec<i32>, Vec<i32>) = wanted.iter().copied().unzip();
    sqlx::query(
        "with wanted as (
             select a.assignment_id, a.valid, w.share, lower(a.valid) < $2 as goes_on
             from assignment a join unnest($3::int[], $4::int[]) as w (staff_id, share) using (staff_id)
             where a.customer_id = $1 and a.valid @> $2 and a.share <> w.share
         ), cut as (
             update assignment a set valid = case when w.goes_on then daterange(lower(w.valid), $2) else a.valid end,
                 share = case when w.goes_on then a.share else w.share end
             from wanted w where a.customer_id = $1 and a.assignment_id = w.assignment_id
             returning a.staff_id, a.role, w.share, w.goes_on, upper(w.valid) as until
         )
         insert into assignment (customer_id, staff_id, role, share, valid, reason, created_by)
         select $1, staff_id, role, share, daterange($2, until), $5, $6 from cut where goes_on",
    )
    .bind(customer.id())
    .bind(actor.me.business_date)
    .bind(staff)
    .bind(shares)
    .bind(reason)
    .bind(actor.user_ref())
    .execute(&mut *conn)
    .await
    .map_err(give::raced)?;
    contribution::touched(conn, &[customer.id()]).await?;
    // Leads to come have what is left as well.
    give::balance(conn, &[customer.id()], actor.me.business_date).await
}
