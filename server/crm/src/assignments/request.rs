//! Asking for a transfer: at once where one may do it alone, else for a second person to decide.

use std::collections::BTreeSet;

use guanhu_domain::{
    Code, CustomerNo, FieldProblem, Problem, Rule,
    access::Verb,
    assignments::{
        BULK_MAX, MovingCustomer, NAMED_MAX, NOTED_MAX, NewTransfer, POOL, Portfolio, PortfolioChange, SHARE_MAX, Transfer,
        TransferPreview, TransferState,
    },
    customers::{AssignmentRole, ManagerRef, TierRef},
};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    apply, bulk,
    give::{self, Giving},
    plan::{self, Hold, Plan, choose, elsewhere, expect_lead, receivers, refuse_open},
    read,
};
use crate::{
    Actor, Bank, Error, Result, Scope,
    audit::{self, Entry},
    customers::Filter,
    idempotency,
};

pub(super) const REASON_MAX: usize = 500;
pub(super) const NOTE_MAX: usize = 1_000;

/// What [`request`] would do; changes nothing, and waits for nobody.
pub async fn preview(bank: &Bank, actor: &Actor, asked: &NewTransfer) -> Result<TransferPreview> {
    actor.require(Verb::TransferRequest)?;
    check_words(asked)?;
    let filter = plan::filter(bank, actor, asked).await?;
    let mut conn = bank.pool().acquire().await?;
    let named = |customers: i64| if customers <= NOTED_MAX as i64 { NOTED_MAX } else { NAMED_MAX };
    let (plan, weightiest) = match bulk::many(&mut conn, actor, asked, filter.as_ref()).await? {
        Some(many) => {
            let plan = many.plan(&mut conn, actor, asked).await?;
            let weightiest = many.weightiest(&mut conn, actor, &plan, named(plan.customers())).await?;
            (plan, weightiest)
        }
        None => {
            let plan = plan(&mut conn, actor, asked, filter.as_ref(), Hold::Nothing).await?;
            let mut rows: Vec<(i64, i64)> = plan.rows.iter().map(|row| (-row.aum, row.customer_id)).collect();
            rows.sort_unstable();
            rows.truncate(named(plan.customers()));
            let weightiest = rows.into_iter().map(|(_, id)| id).collect();
            (plan, weightiest)
        }
    };
    let portfolios = if asked.role == AssignmentRole::Lead { portfolios(&mut conn, actor, &plan).await? } else { Vec::new() };
    let first = moving(&mut conn, &weightiest).await?;
    let shown: Vec<CustomerNo> = first.iter().map(|customer| customer.customer_no).collect();
    let told = serde_json::json!({ "filter": asked.filter, "file": asked.file, "to": asked.to });
    bank.audit_soon(actor, Entry::listed(Verb::TransferRequest, "transfers/preview", &shown).with("asked", told)).await;
    Ok(TransferPreview { customers: plan.customers(), aum: plan.aum(), because: plan.because, portfolios, first })
}

/// These customers as a preview names them.
async fn moving(conn: &mut PgConnection, ids: &[i64]) -> Result<Vec<MovingCustomer>> {
    let rows: Vec<MovingRow> = sqlx::query_as(
        "select s.customer_id, s.name, s.aum, t.code as tier, t.name as tier_name, t.name_en as tier_name_en, t.mark
         from customer_summary s left join tier t on t.tier_id = s.tier_id
         where s.customer_id = any($1) order by s.aum desc, s.customer_id",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(MovingRow::into_customer).collect())
}

#[derive(sqlx::FromRow)]
struct MovingRow {
    customer_id: i64,
    name: String,
    aum: i64,
    tier: Option<String>,
    tier_name: Option<String>,
    tier_name_en: Option<String>,
    mark: Option<i16>,
}

impl MovingRow {
    fn into_customer(self) -> MovingCustomer {
        let MovingRow { customer_id, name, aum, tier, tier_name, tier_name_en, mark } = self;
        let tier = tier.map(|code| TierRef {
            code,
            name: tier_name.unwrap_or_default(),
            name_en: tier_name_en.unwrap_or_default(),
            mark: mark.unwrap_or_default(),
        });
        MovingCustomer { customer_no: CustomerNo::from_id(customer_id), name, tier, aum }
    }
}

/// Everybody who gives or receives, as it is and as it would be; of colleagues out of scope no more than how
/// busy they are, and of other branches not even that.
pub(super) async fn portfolios(conn: &mut PgConnection, actor: &Actor, plan: &Plan) -> Result<Vec<PortfolioChange>> {
    let people: BTreeSet<i32> =
        plan.rows.iter().filter_map(|row| row.lead_staff_id).chain(plan.targets.iter().flatten().copied()).collect();
    let (units, staff) = actor.scope.binds();
    let now: Vec<Held> = sqlx::query_as(
        "select m.staff_id, m.code, m.name, m.capacity, m.org_id = any($2) or m.staff_id = $3 as open,
             m.org_id = any($2) or coalesce(o.path[2], o.path[1]) = coalesce(home.path[2], home.path[1]) as busy,
             count(s.customer_id) as customers, coalesce(sum(s.aum) filter (where s.org_id = any($2) or m.staff_id = $3), 0)::bigint as aum,
             coalesce(sum(coalesce(t.load, 1)) filter (where s.customer_id is not null), 0)::bigint as load,
             (sum(s.contribution) filter (where s.org_id = any($2) or m.staff_id = $3))::bigint as contribution
         from staff m join org_unit o using (org_id) join org_unit home on home.org_id = $4
         left join customer_summary s on s.lead_staff_id = m.staff_id left join tier t on t.tier_id = s.tier_id
         where m.staff_id = any($1) group by m.staff_id, o.org_id, home.org_id order by m.code",
    )
    .bind(people.into_iter().collect::<Vec<_>>())
    .bind(units)
    .bind(staff)
    .bind(actor.org_id)
    .fetch_all(&mut *conn)
    .await?;
    let mut changes: Vec<(Option<i32>, PortfolioChange)> = now.into_iter().map(Held::into_change).collect();
    if plan.rows.iter().zip(&plan.targets).any(|(row, to)| row.lead_staff_id.is_none() || to.is_none()) {
        changes.push((None, pool_side(conn, actor, plan).await?));
    }
    for (row, to) in plan.rows.iter().zip(&plan.targets).filter(|(row, to)| row.lead_staff_id != **to) {
        let weight = match elsewhere(actor, row.org_id) {
            true => Portfolio { customers: row.customers, load: row.load, ..Portfolio::default() },
            false => Portfolio { customers: row.customers, aum: row.aum, load: row.load, contribution: row.contribution },
        };
        for (staff_id, sign) in [(row.lead_staff_id, -1), (*to, 1)] {
            if let Some((_, change)) = changes.iter_mut().find(|(id, _)| *id == staff_id) {
                change.after.shift(weight, sign);
            }
        }
    }
    Ok(changes.into_iter().map(|(_, change)| blank(change)).collect())
}

/// The pool of the units whose customers come out of it or go into it. Whoever has a portfolio does not look into it.
async fn pool_side(conn: &mut PgConnection, actor: &Actor, plan: &Plan) -> Result<PortfolioChange> {
    let units: BTreeSet<i32> = plan.rows.iter().map(|row| row.org_id).collect();
    let open = matches!(actor.scope, Scope::Units(_)) && !units.iter().any(|unit| elsewhere(actor, *unit));
    let (customers, aum, load, contribution) = sqlx::query_as(
        "select count(*), coalesce(sum(s.aum), 0)::bigint, coalesce(sum(coalesce(t.load, 1)), 0)::bigint, sum(s.contribution)::bigint
         from customer_summary s left join tier t using (tier_id) where s.lead_staff_id is null and s.org_id = any($1)",
    )
    .bind(units.into_iter().collect::<Vec<_>>())
    .fetch_one(conn)
    .await?;
    let before = Portfolio { customers, aum, load, contribution };
    Ok(PortfolioChange { manager: None, capacity: 0, open, busy: open, before, after: before })
}

#[derive(sqlx::FromRow)]
struct Held {
    staff_id: i32,
    code: String,
    name: String,
    capacity: i32,
    open: bool,
    busy: bool,
    customers: i64,
    aum: i64,
    load: i64,
    contribution: Option<i64>,
}

impl Held {
    fn into_change(self) -> (Option<i32>, PortfolioChange) {
        let before = Portfolio { customers: self.customers, aum: self.aum, load: self.load, contribution: self.contribution };
        let manager = Some(ManagerRef { code: self.code, name: self.name });
        let (capacity, open, busy) = (i64::from(self.capacity), self.open, self.busy);
        (Some(self.staff_id), PortfolioChange { manager, capacity, open, busy, before, after: before })
    }
}

fn blank(change: PortfolioChange) -> PortfolioChange {
    let told = |portfolio: Portfolio| match (change.open, change.busy) {
        (true, _) => portfolio,
        (false, true) => Portfolio { aum: 0, contribution: None, ..portfolio },
        (false, false) => Portfolio::default(),
    };
    let capacity = if change.open || change.busy { change.capacity } else { 0 };
    PortfolioChange { before: told(change.before), after: told(change.after), capacity, ..change }
}

/// Moves customers, or asks for it. The answer's state says which: `done`, `running` (more than
/// [`TRANSFER_MAX`](guanhu_domain::assignments::TRANSFER_MAX), moved in batches from now on), `approved` (waits for its date) or `pending` (waits for
/// a second person).
///
/// # Errors
/// `invalid` names what is wrong with the request; `conflict` when a customer has another lead than
/// `from` by now or is in another open transfer. Nothing is changed then.
pub async fn request(bank: &Bank, actor: &Actor, asked: &NewTransfer, key: Uuid) -> Result<Transfer> {
    actor.require(Verb::TransferRequest)?;
    check_words(asked)?;
    let filter = plan::filter(bank, actor, asked).await?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TransferRequest, asked).await? {
        return Ok(answer);
    }
    if let Some(many) = bulk::many(&mut tx, actor, asked, filter.as_ref()).await? {
        let answer = many.request(&mut tx, actor, asked).await?;
        idempotency::answer(&mut tx, actor, key, &answer).await?;
        tx.commit().await?;
        return Ok(answer);
    }
    let plan = plan(&mut tx, actor, asked, filter.as_ref(), Hold::Rows).await?;
    expect_lead(&mut tx, &plan, asked.from.as_deref()).await?;
    let found = plan.rows.len() as i64;
    if asked.count.is_some_and(|count| count != found) {
        return Err(Problem { current: Some(json!({ "count": found })), ..Problem::new(Code::Conflict) }.into());
    }
    let notes = plan.rows.iter().map(|row| asked.notes.get(&CustomerNo::from_id(row.customer_id)).cloned().unwrap_or_default()).collect();
    let words = Words { role: asked.role, reason: asked.reason.trim(), to: &asked.to, notes, reverts: None, share: asked.share };
    let answer = commit(&mut tx, actor, &plan, words).await?;
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What a transfer says beside its plan.
pub(super) struct Words<'a> {
    pub role: AssignmentRole,
    pub reason: &'a str,
    /// For the audit log: the receivers' codes.
    pub to: &'a str,
    /// What the new lead should know, in the order of the plan's rows.
    pub notes: Vec<String>,
    /// The transfer that it takes back: that is left to a second person.
    pub reverts: Option<Uuid>,
    /// Of an assistant: per cent of the contribution.
    pub share: Option<u8>,
}

/// Writes a transfer and, where it needs nobody else and no other day, brings it into effect.
pub(super) async fn commit(conn: &mut PgConnection, actor: &Actor, plan: &Plan, words: Words<'_>) -> Result<Transfer> {
    refuse_open(conn, &plan.ids()).await?;
    refuse_settled(plan)?;
    let state = match (plan.because.is_empty(), plan.effective <= actor.me.business_date) {
        (false, _) => TransferState::Pending,
        (true, false) => TransferState::Approved,
        (true, true) => TransferState::Done,
    };
    let transfer_id = Uuid::now_v7();
    let giving = Giving {
        transfer_id,
        role: words.role,
        at: plan.effective,
        today: actor.me.business_date,
        reason: words.reason,
        by: actor.user_ref(),
        share: words.share,
    };
    if state == TransferState::Done {
        if let Some(obstacle) = give::obstacle(conn, &plan.ids(), &plan.targets, &giving).await? {
            return Err(obstacle.error);
        }
    } else if let Some(id) = give::shares_taken(conn, &plan.ids(), &plan.targets, &giving).await?.first() {
        return Err(give::over_shared(*id));
    }
    insert(conn, actor, plan, &words, transfer_id, state, false).await?;
    insert_items(conn, plan, &words, transfer_id, state).await?;
    audit::record(conn, actor, entry(plan, &words, transfer_id, state)).await?;
    if state == TransferState::Done {
        give::give(conn, &plan.ids(), &plan.targets, &giving).await?;
    }
    apply::announce(conn, actor, transfer_id, state).await?;
    read::one(conn, actor, transfer_id).await
}

/// How the audit log tells of a request.
pub(super) fn entry(plan: &Plan, words: &Words<'_>, transfer_id: Uuid, state: TransferState) -> Entry {
    Entry::done(Verb::TransferRequest, format!("transfer:{transfer_id}")).reason(words.reason).detail(json!({
        "customers": plan.customers(), "to": words.to, "role": words.role, "state": state, "effective": plan.effective, "reverts": words.reverts,
        "share": words.share,
    }))
}

/// The transfer itself, without its customers.
pub(super) async fn insert(
    conn: &mut PgConnection,
    actor: &Actor,
    plan: &Plan,
    words: &Words<'_>,
    transfer_id: Uuid,
    state: TransferState,
    batched: bool,
) -> Result<()> {
    let receivers: BTreeSet<Option<i32>> = plan.targets.iter().copied().collect();
    let only = if receivers.len() == 1 { receivers.first().copied().flatten() } else { None };
    sqlx::query(
        "insert into transfer (transfer_id, state, role, to_staff_id, receivers, reason, effective, because, org_ids, customers, aum, requested_by,
             reverts, done_at, done_on, started_at, batched, share)
         values ($1, $2, $3, $4, $12, $5, $6, $7, $8, $9, $10, $11, $13,
             case when $2 = 'done' then clock_timestamp() end, case when $2 = 'done' then $14::date end,
             case when $2 = 'running' then clock_timestamp() end, $15, $16)",
    )
    .bind(transfer_id)
    .bind(state.code())
    .bind(words.role.code())
    .bind(only)
    .bind(words.reason)
    .bind(plan.effective)
    .bind(plan.because.iter().map(|because| because.code()).collect::<Vec<_>>())
    .bind(plan.units())
    .bind(plan.customers() as i32)
    .bind(plan.aum())
    .bind(actor.user_id)
    .bind(receivers.len() as i32)
    .bind(words.reverts)
    .bind(actor.me.business_date)
    .bind(batched)
    .bind(words.share.map(i16::from))
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert_items(conn: &mut PgConnection, plan: &Plan, words: &Words<'_>, transfer_id: Uuid, state: TransferState) -> Result<()> {
    sqlx::query(
        "insert into transfer_item (customer_id, transfer_id, from_staff_id, to_staff_id, aum, note, is_open)
         select customer_id, $1, from_staff_id, to_staff_id, aum, trim(note), $2
         from unnest($3::bigint[], $4::int[], $5::int[], $6::bigint[], $7::text[]) as t (customer_id, from_staff_id, to_staff_id, aum, note)",
    )
    .bind(transfer_id)
    .bind(matches!(state, TransferState::Pending | TransferState::Approved))
    .bind(plan.ids())
    .bind(plan.rows.iter().map(|row| row.lead_staff_id).collect::<Vec<_>>())
    .bind(&plan.targets)
    .bind(plan.rows.iter().map(|row| row.aum).collect::<Vec<_>>())
    .bind(&words.notes)
    .execute(conn)
    .await
    .map_err(|error| Error::from(error).on_constraint("one_open_transfer", || Problem::new(Code::Conflict)))?;
    Ok(())
}

/// Who is there already cannot be given there: it would only begin a history of its own, and who leads does not assist.
fn refuse_settled(plan: &Plan) -> Result<()> {
    let Some((row, _)) = plan.rows.iter().zip(&plan.targets).find(|(row, to)| row.lead_staff_id == **to) else { return Ok(()) };
    let no = CustomerNo::from_id(row.customer_id);
    let rule = Rule::Other { zh: format!("客户 {no} 已在该处。"), en: format!("Customer {no} is there already.") };
    Err(Error::field("customers", rule))
}

async fn plan(conn: &mut PgConnection, actor: &Actor, asked: &NewTransfer, filter: Option<&Filter>, hold: Hold) -> Result<Plan> {
    let effective = plan::effective(actor, asked.effective)?;
    let to = receivers(conn, &[&asked.to], "to").await?;
    let target = to.first().map(|to| to.staff_id);
    let rows = choose(conn, actor, asked, filter, target, hold).await?;
    let targets = vec![target; rows.len()];
    Ok(Plan::new(conn, actor, rows, targets, to, effective).await?.of(asked.role))
}

/// More customers than one transfer may have.
pub(super) fn too_many() -> Rule {
    Rule::OutOfRange { min: "1".into(), max: BULK_MAX.to_string() }
}

fn check_words(asked: &NewTransfer) -> Result<()> {
    let mut problems = Vec::new();
    let mut refuse = |field: &str, rule| problems.push(FieldProblem { field: field.into(), rule });
    match asked.reason.trim().chars().count() {
        0 => refuse("reason", Rule::Required),
        long if long > REASON_MAX => refuse("reason", Rule::TooLong { max: REASON_MAX }),
        _ => {}
    }
    let sources = [!asked.customers.is_empty(), asked.filter.is_some(), asked.file.is_some()];
    match sources.iter().filter(|given| **given).count() {
        0 => refuse("customers", Rule::Required),
        1 if asked.customers.len() > BULK_MAX => refuse("customers", too_many()),
        1 => {}
        _ => {
            let rule = Rule::Other {
                zh: "列表、文件、筛选条件只能选一种。".into(),
                en: "Give a list, a file or a filter, one of them.".into(),
            };
            refuse(if asked.filter.is_some() { "filter" } else { "file" }, rule);
        }
    }
    if asked.role == AssignmentRole::Assist && asked.to == POOL {
        refuse("to", Rule::Required);
    }
    match asked.share {
        Some(_) if asked.role == AssignmentRole::Lead => {
            let rule = Rule::Other {
                zh: "主办人的份额是协办人之外的其余部分。".into(),
                en: "The lead has what the assistants leave.".into(),
            };
            refuse("share", rule);
        }
        Some(share) if share > SHARE_MAX => refuse("share", Rule::OutOfRange { min: "0".into(), max: SHARE_MAX.to_string() }),
        _ => {}
    }
    if asked.notes.values().any(|note| note.chars().count() > NOTE_MAX) {
        refuse("notes", Rule::TooLong { max: NOTE_MAX });
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::fields(problems)) }
}
