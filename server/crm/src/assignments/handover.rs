//! Handing over everything a leaver has in charge: who could take it, a fair division, one transfer.

use std::collections::{BTreeMap, BTreeSet};

use guanhu_domain::{
    CustomerNo, FieldProblem, Rule,
    access::Verb,
    assignments::{
        HANDOVER_MAX, POOL, TRANSFER_MAX, Transfer,
        board::BoardTier,
        handover::{Colleague, Holdings, NewHandover, Proposal, ProposedItem, SplitRequest, SplitRule, circles, divide_among},
    },
    customers::{AssignmentRole, ManagerRef, mask},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    bulk,
    plan::{self, Hold, Plan, lost_race},
    request::{self, NOTE_MAX, REASON_MAX, Words},
};
use crate::{Actor, Bank, Error, Result, Scope, audit::Entry, idempotency};

/// Colleagues that are offered.
const COLLEAGUES_MAX: i64 = 300;

/// What a member of staff holds and which colleagues of the branch could take it.
///
/// # Errors
/// `not_found` for staff outside the actor's units; a manager may only ask of himself.
pub async fn holdings(bank: &Bank, actor: &Actor, from: &str) -> Result<Holdings> {
    actor.require(Verb::TransferRequest)?;
    let mut conn = bank.pool().acquire().await?;
    let leaver = leaver(&mut conn, actor, from).await?;
    let (own_units, _) = actor.scope.binds();
    let held: HeldRow = sqlx::query_as(concat!(
        "with held as (
             select s.customer_id, s.org_id, true as leads from customer_summary s where s.lead_staff_id = $1
             union all
             select s.customer_id, s.org_id, false from customer_summary s where s.assist_staff_ids <> '{}' and s.assist_staff_ids @> array[$1]
         )
         select count(*) filter (where h.leads) as lead, count(*) filter (where not h.leads) as assist,
             count(*) filter (where h.org_id <> all($2)) as elsewhere,
             (select count(*) from task t where t.owner_staff_id = $1 and t.state = 'open') as tasks,
             (select count(*) from opportunity o where o.owner_staff_id = $1 and o.ended_on is null) as opportunities,
             k.others_tasks, k.others_opportunities, k.groups, k.tier_requests,
             count(*) filter (where h.leads and exists (select from transfer_item i where i.customer_id = h.customer_id and i.is_open)) as waiting,
             (select count(*) from transfer_item i where i.to_staff_id = $1 and i.is_open) as incoming
         from (",
        held_beside!(),
        ") k left join held h on true group by k.others_tasks, k.others_opportunities, k.groups, k.tier_requests"
    ))
    .bind(leaver.staff_id)
    .bind(if own_units.is_empty() { vec![leaver.org_id] } else { own_units })
    .fetch_one(&mut *conn)
    .await?;
    let (units, _) = actor.scope.binds();
    let units = if units.is_empty() { vec![actor.org_id] } else { units };
    let colleagues: Vec<ColleagueRow> = sqlx::query_as(concat!(
        "select m.code, m.name, o.name as unit, m.capacity, coalesce(h.customers, 0) as customers, coalesce(h.load, 0) as load
         from staff m join org_unit o using (org_id) left join lateral (
             select sum(c.customers)::bigint as customers, sum(c.customers * coalesce(t.load, 1))::bigint as load from (
                 select s.tier_id, count(*) as customers from customer_summary s where s.lead_staff_id = m.staff_id group by s.tier_id
             ) c left join tier t using (tier_id)) h on true
         where ",
        serves!(),
        " and m.staff_id <> $1 and m.org_id = any($2)
         order by m.org_id <> $3, m.code limit $4"
    ))
    .bind(leaver.staff_id)
    .bind(units)
    .bind(leaver.org_id)
    .bind(COLLEAGUES_MAX)
    .fetch_all(&mut *conn)
    .await?;
    Ok(Holdings {
        manager: leaver.manager(),
        unit: leaver.unit,
        lead: held.lead,
        assist: held.assist,
        elsewhere: held.elsewhere,
        tasks: held.tasks,
        others_tasks: held.others_tasks,
        opportunities: held.opportunities,
        others_opportunities: held.others_opportunities,
        groups: held.groups,
        tier_requests: held.tier_requests,
        waiting: held.waiting,
        incoming: held.incoming,
        colleagues: colleagues.into_iter().map(ColleagueRow::into_colleague).collect(),
    })
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    lead: i64,
    assist: i64,
    elsewhere: i64,
    tasks: i64,
    others_tasks: i64,
    opportunities: i64,
    others_opportunities: i64,
    groups: i64,
    tier_requests: i64,
    waiting: i64,
    incoming: i64,
}

/// Divides what somebody leads among others, customers of other units included. Changes nothing.
///
/// # Errors
/// `invalid` names who cannot receive, or that there is more than one transfer holds.
pub async fn propose(bank: &Bank, actor: &Actor, asked: &SplitRequest) -> Result<Proposal> {
    actor.require(Verb::TransferRequest)?;
    let mut conn = bank.pool().acquire().await?;
    let leaver = leaver(&mut conn, actor, &asked.from).await?;
    let codes: Vec<&str> = asked.to.iter().map(String::as_str).filter(|code| *code != asked.from && *code != POOL).collect();
    if codes.is_empty() {
        return Err(Error::field("to", Rule::Required));
    }
    let receivers = plan::receivers(&mut conn, &codes, "to").await?;
    let outlets = outlets(&mut conn, &codes).await?;
    let units: Vec<Option<i32>> = codes.iter().map(|code| outlets.get(*code).copied()).collect();
    // In scope by their lead, who is.
    let rows: Vec<Led> = sqlx::query_as(
        "select s.customer_id, s.name, t.code as tier, coalesce(t.load, 1)::bigint as weight, s.aum, s.org_id
         from customer_summary s left join tier t using (tier_id)
         where s.lead_staff_id = $1 and not exists (select from transfer_item i where i.customer_id = s.customer_id and i.is_open)
         order by s.aum desc, s.customer_id limit $2",
    )
    .bind(leaver.staff_id)
    .bind(HANDOVER_MAX as i64 + 1)
    .fetch_all(&mut *conn)
    .await?;
    if rows.len() > HANDOVER_MAX {
        return Err(Error::field("customers", Rule::OutOfRange { min: "1".into(), max: HANDOVER_MAX.to_string() }));
    }
    let ids: BTreeSet<i64> = rows.iter().map(|row| row.customer_id).collect();
    let plan_rows = plan::chosen(&mut conn, actor, &ids, Some(leaver.staff_id), Hold::Nothing).await?;
    let room = if asked.rule == SplitRule::Room { room(&mut conn, &codes).await? } else { BTreeMap::new() };
    let sizes: Vec<i64> = rows
        .iter()
        .map(|row| match asked.rule {
            SplitRule::Customers => 1,
            SplitRule::Aum => row.aum,
            SplitRule::Weight | SplitRule::Room | SplitRule::Outlet => row.weight,
        })
        .collect();
    let keys: Vec<i64> = rows.iter().map(|row| row.customer_id).collect();
    let circle = circles(&keys, &if asked.together { links(&mut conn, &keys).await? } else { Vec::new() });
    // What is divided: customers, or circles of them, each where its weightiest customer may go.
    let mut sums: Vec<i64> = Vec::new();
    let mut open: Vec<Vec<usize>> = Vec::new();
    let mut members: Vec<usize> = Vec::new();
    for ((row, size), at) in rows.iter().zip(&sizes).zip(&circle) {
        if *at == sums.len() {
            sums.push(0);
            members.push(0);
            let near = (0..codes.len()).filter(|part| units[*part] == Some(row.org_id));
            open.push(if asked.rule == SplitRule::Outlet { near.collect() } else { Vec::new() });
        }
        sums[*at] += *size;
        members[*at] += 1;
    }
    // Whoever has most room is the emptiest to begin with.
    let starts: Vec<i64> = codes.iter().map(|code| -room.get(*code).copied().unwrap_or(0)).collect();
    let parts = divide_among(&sums, &starts, &open);
    // Circles of one are none.
    let mut numbers: BTreeMap<usize, u32> = BTreeMap::new();
    for at in circle.iter().filter(|at| members[**at] > 1) {
        let next = numbers.len() as u32 + 1;
        numbers.entry(*at).or_insert(next);
    }
    let items: Vec<ProposedItem> = rows
        .into_iter()
        .map(|row| if plan::elsewhere(actor, row.org_id) { row.masked() } else { row })
        .zip(&circle)
        .map(|(row, circle)| ProposedItem {
            customer_no: CustomerNo::from_id(row.customer_id),
            name: row.name,
            tier: row.tier,
            aum: row.aum,
            weight: row.weight,
            to: codes[parts[*circle]].to_owned(),
            circle: numbers.get(circle).copied(),
        })
        .collect();
    let staff: BTreeMap<&str, i32> = receivers.iter().map(|receiver| (receiver.code.as_str(), receiver.staff_id)).collect();
    let to: BTreeMap<i64, Option<i32>> = items.iter().map(|item| (item.customer_no.id(), staff.get(item.to.as_str()).copied())).collect();
    let targets = plan_rows.iter().map(|row| to.get(&row.customer_id).copied().flatten()).collect();
    let plan = Plan::new(&mut conn, actor, plan_rows, targets, receivers, actor.me.business_date).await?;
    let portfolios = request::portfolios(&mut conn, actor, &plan).await?;
    let tiers: Vec<TierRow> = sqlx::query_as(
        "select t.code, t.name, t.name_en, t.mark, t.rank, t.load::bigint as weight from tier t order by t.rank desc, t.code",
    )
    .fetch_all(&mut *conn)
    .await?;
    let shown: Vec<CustomerNo> = items.iter().map(|item| item.customer_no).collect();
    bank.audit_soon(actor, Entry::listed(Verb::TransferRequest, format!("staff:{}", asked.from), &shown)).await;
    Ok(Proposal {
        from: leaver.manager(),
        items,
        tiers: tiers.into_iter().map(TierRow::into_tier).collect(),
        portfolios,
        because: plan.because,
    })
}

/// Gives a leaver's customers to several managers in one transfer; open tasks move along. More than one transaction
/// should hold are moved in batches.
///
/// # Errors
/// As [`super::request`]; `conflict` when a customer is not led by the leaver any more.
pub async fn handover(bank: &Bank, actor: &Actor, asked: &NewHandover, key: Uuid) -> Result<Transfer> {
    actor.require(Verb::TransferRequest)?;
    let mut wrong = Vec::new();
    let mut refuse = |field: &str, rule| wrong.push(FieldProblem { field: field.into(), rule });
    match asked.reason.trim().chars().count() {
        0 => refuse("reason", Rule::Required),
        long if long > REASON_MAX => refuse("reason", Rule::TooLong { max: REASON_MAX }),
        _ => {}
    }
    match asked.items.len() {
        0 => refuse("customers", Rule::Required),
        many if many > HANDOVER_MAX => refuse("customers", Rule::OutOfRange { min: "1".into(), max: HANDOVER_MAX.to_string() }),
        _ => {}
    }
    if asked.notes.values().any(|note| note.chars().count() > NOTE_MAX) {
        refuse("notes", Rule::TooLong { max: NOTE_MAX });
    }
    if !wrong.is_empty() {
        return Err(Error::fields(wrong));
    }
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TransferRequest, asked).await? {
        return Ok(answer);
    }
    let effective = plan::effective(actor, asked.effective)?;
    let leaver = leaver(&mut tx, actor, &asked.from).await?;
    let to: BTreeMap<i64, &str> = asked.items.iter().map(|(no, to)| (no.id(), to.as_str())).collect();
    let codes: BTreeSet<&str> = to.values().copied().collect();
    if codes.contains(asked.from.as_str()) {
        return Err(Error::field("to", Rule::UnknownCode { value: asked.from.clone() }));
    }
    let codes: Vec<&str> = codes.into_iter().collect();
    let receivers = plan::receivers(&mut tx, &codes, "to").await?;
    let staff: BTreeMap<&str, i32> = receivers.iter().map(|receiver| (receiver.code.as_str(), receiver.staff_id)).collect();
    if to.len() > TRANSFER_MAX {
        let given = to.iter().map(|(id, code)| {
            let note = asked.notes.get(&CustomerNo::from_id(*id)).map(String::as_str).unwrap_or_default();
            (*id, staff.get(code).copied(), note)
        });
        let words = Words {
            role: AssignmentRole::Lead,
            reason: asked.reason.trim(),
            to: &codes.join(","),
            notes: Vec::new(),
            reverts: None,
            share: None,
        };
        let answer = bulk::hand_over(&mut tx, actor, leaver.staff_id, given.collect(), words, effective).await?;
        idempotency::answer(&mut tx, actor, key, &answer).await?;
        tx.commit().await?;
        return Ok(answer);
    }
    let rows = plan::chosen(&mut tx, actor, &to.keys().copied().collect(), Some(leaver.staff_id), Hold::Rows).await?;
    let moved: Vec<i64> = rows.iter().filter(|row| row.lead_staff_id != Some(leaver.staff_id)).map(|row| row.customer_id).collect();
    if !moved.is_empty() {
        return Err(lost_race(&mut tx, &moved).await?);
    }
    let targets = rows.iter().map(|row| to.get(&row.customer_id).and_then(|code| staff.get(code)).copied()).collect();
    let plan = Plan::new(&mut tx, actor, rows, targets, receivers, effective).await?;
    let notes = plan.rows.iter().map(|row| asked.notes.get(&CustomerNo::from_id(row.customer_id)).cloned().unwrap_or_default()).collect();
    let words = Words { role: AssignmentRole::Lead, reason: asked.reason.trim(), to: &codes.join(","), notes, reverts: None, share: None };
    let answer = request::commit(&mut tx, actor, &plan, words).await?;
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Unit of each of these managers.
async fn outlets(conn: &mut PgConnection, codes: &[&str]) -> Result<BTreeMap<String, i32>> {
    let rows: Vec<(String, i32)> =
        sqlx::query_as("select code, org_id from staff where code = any($1)").bind(codes).fetch_all(conn).await?;
    Ok(rows.into_iter().collect())
}

/// Ties of family and of groups of companies that these customers have, whoever the other is.
async fn links(conn: &mut PgConnection, customers: &[i64]) -> Result<Vec<(i64, i64)>> {
    Ok(sqlx::query_as(
        "select customer_id, related_id from customer_relation
         where customer_id = any($1) and kind in ('spouse', 'parent', 'household', 'group_member', 'actual_controller')
         order by customer_id, related_id",
    )
    .bind(customers)
    .fetch_all(conn)
    .await?)
}

/// Capacity less workload of each of these managers.
async fn room(conn: &mut PgConnection, codes: &[&str]) -> Result<BTreeMap<String, i64>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select m.code, m.capacity - coalesce(sum(coalesce(t.load, 1)) filter (where s.customer_id is not null), 0)::bigint
         from staff m left join customer_summary s on s.lead_staff_id = m.staff_id left join tier t on t.tier_id = s.tier_id where m.code = any($1) group by m.staff_id",
    )
    .bind(codes)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

#[derive(sqlx::FromRow)]
pub(super) struct Leaver {
    pub staff_id: i32,
    code: String,
    name: String,
    org_id: i32,
    unit: String,
}

impl Leaver {
    fn manager(&self) -> ManagerRef {
        ManagerRef { code: self.code.clone(), name: self.name.clone() }
    }
}

pub(super) async fn leaver(conn: &mut PgConnection, actor: &Actor, code: &str) -> Result<Leaver> {
    let (units, staff) = match &actor.scope {
        Scope::Units(units) => (units.clone(), -1),
        Scope::Portfolio { staff_id, .. } => (Vec::new(), *staff_id),
        Scope::Nothing => (Vec::new(), -1),
    };
    Ok(sqlx::query_as(
        "select m.staff_id, m.code, m.name, m.org_id, o.name as unit from staff m join org_unit o using (org_id)
         where m.code = $1 and (m.org_id = any($2) or m.staff_id = $3)",
    )
    .bind(code)
    .bind(units)
    .bind(staff)
    .fetch_one(conn)
    .await?)
}

#[derive(sqlx::FromRow)]
struct ColleagueRow {
    code: String,
    name: String,
    unit: String,
    capacity: i32,
    customers: i64,
    load: i64,
}

impl ColleagueRow {
    fn into_colleague(self) -> Colleague {
        let ColleagueRow { code, name, unit, capacity, customers, load } = self;
        Colleague { manager: ManagerRef { code, name }, unit, customers, load, capacity: i64::from(capacity) }
    }
}

#[derive(sqlx::FromRow)]
struct Led {
    customer_id: i64,
    name: String,
    tier: Option<String>,
    weight: i64,
    aum: i64,
    org_id: i32,
}

impl Led {
    /// What is told of a customer whom the actor may not look at, and yet has to hand over.
    fn masked(self) -> Led {
        Led { name: mask::name(&self.name), tier: None, weight: 1, aum: 0, ..self }
    }
}

#[derive(sqlx::FromRow)]
struct TierRow {
    code: String,
    name: String,
    name_en: String,
    mark: i16,
    rank: i16,
    weight: i64,
}

impl TierRow {
    fn into_tier(self) -> BoardTier {
        let TierRow { code, name, name_en, mark, rank, weight } = self;
        BoardTier { code, name, name_en, mark, rank, served_by: Vec::new(), weight }
    }
}
