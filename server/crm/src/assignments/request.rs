//! Asking for a transfer: at once where one may do it alone, else for a second person to decide.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate};
use guanhu_domain::{
    Code, CustomerNo, FieldProblem, Problem, Rule,
    access::{Role, Verb},
    assignments::{
        ApprovalPolicy, Because, Moving, NewTransfer, POOL, Portfolio, PortfolioChange, TRANSFER_MAX, Transfer, TransferPreview,
        TransferState, tier_weight,
    },
    customers::{AssignmentRole, ManagerRef},
};
use serde_json::json;
use sqlx::{PgConnection, QueryBuilder};
use uuid::Uuid;

use super::{
    apply::{self, Giving},
    read,
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    customers::Filter,
    idempotency, scoped,
};

pub(super) const REASON_MAX: usize = 500;
const NOTE_MAX: usize = 1_000;
/// Days ahead that a transfer may be dated.
const AHEAD: u64 = 366;

/// What [`request`] would do; changes nothing.
pub async fn preview(bank: &Bank, actor: &Actor, asked: &NewTransfer) -> Result<TransferPreview> {
    actor.require(Verb::TransferRequest)?;
    let mut conn = bank.pool().acquire().await?;
    let plan = plan(&mut conn, bank, actor, asked).await?;
    let portfolios = if asked.role == AssignmentRole::Lead { portfolios(&mut conn, &plan).await? } else { Vec::new() };
    Ok(TransferPreview { customers: plan.rows.len() as i64, aum: plan.aum(), because: plan.because, portfolios })
}

/// Everybody who gives or receives, as it is and as it would be.
pub(super) async fn portfolios(conn: &mut PgConnection, plan: &Plan) -> Result<Vec<PortfolioChange>> {
    let people: BTreeSet<i32> =
        plan.rows.iter().filter_map(|row| row.lead_staff_id).chain(plan.targets.iter().flatten().copied()).collect();
    let now: Vec<Held> = sqlx::query_as(
        "select m.staff_id, m.code, m.name, m.capacity, count(s.customer_id) as customers, coalesce(sum(s.aum), 0)::bigint as aum,
             coalesce(sum(greatest(s.tier_rank, 1)), 0)::bigint as load, sum(s.contribution)::bigint as contribution
         from staff m left join customer_summary s on s.lead_staff_id = m.staff_id where m.staff_id = any($1) group by m.staff_id
         order by m.code",
    )
    .bind(people.into_iter().collect::<Vec<_>>())
    .fetch_all(&mut *conn)
    .await?;
    let mut changes: Vec<(i32, PortfolioChange)> = now.into_iter().map(Held::into_change).collect();
    for (row, to) in plan.rows.iter().zip(&plan.targets).filter(|(row, to)| row.lead_staff_id != **to) {
        let weight = Portfolio { customers: 1, aum: row.aum, load: tier_weight(row.tier_rank), contribution: row.contribution };
        for (staff_id, sign) in [(row.lead_staff_id, -1), (*to, 1)] {
            if let Some((_, change)) = changes.iter_mut().find(|(id, _)| Some(*id) == staff_id) {
                change.after.shift(weight, sign);
            }
        }
    }
    Ok(changes.into_iter().map(|(_, change)| change).collect())
}

#[derive(sqlx::FromRow)]
struct Held {
    staff_id: i32,
    code: String,
    name: String,
    capacity: i32,
    customers: i64,
    aum: i64,
    load: i64,
    contribution: Option<i64>,
}

impl Held {
    fn into_change(self) -> (i32, PortfolioChange) {
        let before = Portfolio { customers: self.customers, aum: self.aum, load: self.load, contribution: self.contribution };
        let manager = Some(ManagerRef { code: self.code, name: self.name });
        (self.staff_id, PortfolioChange { manager, capacity: i64::from(self.capacity), before, after: before })
    }
}

/// Moves customers, or asks for it. The answer's state says which: `done`, `approved` (waits for its
/// date) or `pending` (waits for a second person).
///
/// # Errors
/// `invalid` names what is wrong with the request; `conflict` when a customer has another lead than
/// `from` by now or is in another open transfer. Nothing is changed then.
pub async fn request(bank: &Bank, actor: &Actor, asked: &NewTransfer, key: Uuid) -> Result<Transfer> {
    actor.require(Verb::TransferRequest)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TransferRequest, asked).await? {
        return Ok(answer);
    }
    let plan = plan(&mut tx, bank, actor, asked).await?;
    expect_lead(&mut tx, &plan, asked.from.as_deref()).await?;
    let notes = plan.rows.iter().map(|row| asked.notes.get(&CustomerNo::from_id(row.customer_id)).cloned().unwrap_or_default()).collect();
    let words = Words { role: asked.role, reason: asked.reason.trim(), to: &asked.to, notes };
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
}

/// Writes a transfer and, where it needs nobody else and no other day, brings it into effect.
pub(super) async fn commit(conn: &mut PgConnection, actor: &Actor, plan: &Plan, words: Words<'_>) -> Result<Transfer> {
    refuse_open(conn, plan).await?;
    let state = match (plan.because.is_empty(), plan.effective <= actor.me.business_date) {
        (false, _) => TransferState::Pending,
        (true, false) => TransferState::Approved,
        (true, true) => TransferState::Done,
    };
    let receivers: BTreeSet<Option<i32>> = plan.targets.iter().copied().collect();
    let only = if receivers.len() == 1 { receivers.first().copied().flatten() } else { None };
    let transfer_id = Uuid::now_v7();
    sqlx::query(
        "insert into transfer (transfer_id, state, role, to_staff_id, receivers, reason, effective, because, org_ids, customers, aum, requested_by, done_at)
         values ($1, $2, $3, $4, $12, $5, $6, $7, $8, $9, $10, $11, case when $2 = 'done' then now() end)",
    )
    .bind(transfer_id)
    .bind(state.code())
    .bind(words.role.code())
    .bind(only)
    .bind(words.reason)
    .bind(plan.effective)
    .bind(plan.because.iter().map(|because| because.code()).collect::<Vec<_>>())
    .bind(plan.units())
    .bind(plan.rows.len() as i32)
    .bind(plan.aum())
    .bind(actor.user_id)
    .bind(receivers.len() as i32)
    .execute(&mut *conn)
    .await?;
    insert_items(conn, plan, &words.notes, transfer_id, state).await?;
    let entry = Entry::done(Verb::TransferRequest, format!("transfer:{transfer_id}"))
        .reason(words.reason)
        .detail(json!({ "customers": plan.rows.len(), "to": words.to, "role": words.role, "state": state, "effective": plan.effective }));
    audit::record(conn, actor, entry).await?;
    if state == TransferState::Done {
        let giving = Giving { transfer_id, role: words.role, at: plan.effective, reason: words.reason, by: actor.user_ref() };
        apply::give(conn, &plan.ids(), &plan.targets, &giving).await?;
    }
    apply::announce(conn, actor, transfer_id, state).await?;
    read::one(conn, actor, transfer_id).await
}

async fn insert_items(conn: &mut PgConnection, plan: &Plan, notes: &[String], transfer_id: Uuid, state: TransferState) -> Result<()> {
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
    .bind(notes)
    .execute(conn)
    .await
    .map_err(|error| Error::from(error).on_constraint("one_open_transfer", || Problem::new(Code::Conflict)))?;
    Ok(())
}

/// A checked request: who moves, to whom, from when, and whether that needs a second person.
pub(super) struct Plan {
    pub rows: Vec<Row>,
    /// The receiver of each row; `None`: the pool.
    pub targets: Vec<Option<i32>>,
    receivers: Vec<Receiver>,
    effective: NaiveDate,
    pub because: Vec<Because>,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub customer_id: i64,
    pub lead_staff_id: Option<i32>,
    pub aum: i64,
    pub tier_rank: i16,
    pub contribution: Option<i64>,
    org_id: i32,
    branch: i32,
}

#[derive(sqlx::FromRow)]
pub(super) struct Receiver {
    pub staff_id: i32,
    pub code: String,
    org_id: i32,
    branch: i32,
    serves: bool,
}

impl Plan {
    /// Weighs a move against the bank's policy. `rows` are in the actor's scope and locked.
    pub async fn new(
        conn: &mut PgConnection,
        actor: &Actor,
        rows: Vec<Row>,
        targets: Vec<Option<i32>>,
        receivers: Vec<Receiver>,
        effective: NaiveDate,
    ) -> Result<Plan> {
        // A manager gives away what is in the own charge, and nobody else's.
        if actor.role == Role::Manager && rows.iter().any(|row| row.lead_staff_id != actor.staff_id) {
            return Err(Error::Denied { verb: Verb::TransferRequest, login: actor.login.clone() });
        }
        let (units, _) = actor.scope.binds();
        let leaves = |row: &Row, to: &Option<i32>| {
            let to = to.and_then(|id| receivers.iter().find(|receiver| receiver.staff_id == id));
            to.is_some_and(|to| to.branch != row.branch || (!units.is_empty() && !units.contains(&to.org_id)))
        };
        let moving = Moving {
            customers: rows.len() as i64,
            aum: rows.iter().map(|row| row.aum).sum(),
            highest_tier_rank: rows.iter().map(|row| row.tier_rank).max().unwrap_or(0),
            leaves_branch: rows.iter().zip(&targets).any(|(row, to)| leaves(row, to)),
            by_manager: actor.role == Role::Manager,
        };
        let because = policy(conn).await?.because(&moving);
        Ok(Plan { rows, targets, receivers, effective, because })
    }

    fn ids(&self) -> Vec<i64> {
        self.rows.iter().map(|row| row.customer_id).collect()
    }

    fn aum(&self) -> i64 {
        self.rows.iter().map(|row| row.aum).sum()
    }

    fn units(&self) -> Vec<i32> {
        let units: BTreeSet<i32> = self.rows.iter().map(|row| row.org_id).chain(self.receivers.iter().map(|to| to.org_id)).collect();
        units.into_iter().collect()
    }
}

async fn plan(conn: &mut PgConnection, bank: &Bank, actor: &Actor, asked: &NewTransfer) -> Result<Plan> {
    check_words(asked)?;
    let effective = effective(actor, asked.effective)?;
    let to = receivers(conn, &[&asked.to], "to").await?;
    let rows = choose(conn, bank, actor, asked).await?;
    let targets = vec![to.first().map(|to| to.staff_id); rows.len()];
    Plan::new(conn, actor, rows, targets, to, effective).await
}

fn check_words(asked: &NewTransfer) -> Result<()> {
    let mut problems = Vec::new();
    let mut refuse = |field: &str, rule| problems.push(FieldProblem { field: field.into(), rule });
    match asked.reason.trim().chars().count() {
        0 => refuse("reason", Rule::Required),
        long if long > REASON_MAX => refuse("reason", Rule::TooLong { max: REASON_MAX }),
        _ => {}
    }
    match (&asked.customers[..], &asked.filter) {
        ([], None) => refuse("customers", Rule::Required),
        (customers, _) if customers.len() > TRANSFER_MAX => {
            refuse("customers", Rule::OutOfRange { min: "1".into(), max: TRANSFER_MAX.to_string() });
        }
        ([_, ..], Some(_)) => {
            refuse("filter", Rule::Other { zh: "列表与筛选条件只能二选一。".into(), en: "Give a list or a filter, not both.".into() })
        }
        _ => {}
    }
    if asked.role == AssignmentRole::Assist && asked.to == POOL {
        refuse("to", Rule::Required);
    }
    if asked.notes.values().any(|note| note.chars().count() > NOTE_MAX) {
        refuse("notes", Rule::TooLong { max: NOTE_MAX });
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::fields(problems)) }
}

/// Closed months stand: a transfer reaches back to the first of the business date's month at most.
pub(super) fn effective(actor: &Actor, asked: Option<NaiveDate>) -> Result<NaiveDate> {
    let today = actor.me.business_date;
    let effective = asked.unwrap_or(today);
    let (first, last) = (today.with_day(1).unwrap_or(today), today + Days::new(AHEAD));
    if effective < first || effective > last {
        return Err(Error::field("effective", Rule::OutOfRange { min: first.to_string(), max: last.to_string() }));
    }
    Ok(effective)
}

/// The managers behind these codes; the pool is nobody.
///
/// # Errors
/// `invalid` names the first who is unknown, has left or is no manager.
pub(super) async fn receivers(conn: &mut PgConnection, codes: &[&str], field: &str) -> Result<Vec<Receiver>> {
    let wanted: Vec<&str> = codes.iter().copied().filter(|code| *code != POOL).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<Receiver> = sqlx::query_as(
        "select m.staff_id, m.code, m.org_id, coalesce(o.path[2], o.path[1]) as branch, m.is_manager and m.left_on is null as serves
         from staff m join org_unit o using (org_id) where m.code = any($1)",
    )
    .bind(&wanted)
    .fetch_all(conn)
    .await?;
    if let Some(unknown) = wanted.iter().find(|code| !found.iter().any(|receiver| receiver.code == **code)) {
        return Err(Error::field(field, Rule::UnknownCode { value: (*unknown).to_owned() }));
    }
    if found.iter().any(|receiver| !receiver.serves) {
        let rule = Rule::Other {
            zh: "此人已离职或不是客户经理，不能接收客户。".into(),
            en: "This person has left or is not a manager, and cannot be given customers.".into(),
        };
        return Err(Error::field(field, rule));
    }
    Ok(found)
}

/// The customers, within the actor's scope, locked in one order so that two transfers never wait for
/// each other in a circle.
async fn choose(conn: &mut PgConnection, bank: &Bank, actor: &Actor, asked: &NewTransfer) -> Result<Vec<Row>> {
    const COLUMNS: &str =
        "s.customer_id, s.lead_staff_id, s.aum, s.tier_rank, s.contribution, s.org_id, coalesce(o.path[2], o.path[1]) as branch
        from customer_summary s join org_unit o using (org_id)";
    if let Some(query) = &asked.filter {
        if query.q.as_ref().is_some_and(|typed| !typed.trim().is_empty()) {
            return Err(Error::field(
                "filter",
                Rule::Other {
                    zh: "按搜索结果移交时请逐个选择客户。".into(), en: "Select the customers of a search one by one.".into()
                },
            ));
        }
        let filter = Filter::resolve(bank, actor, query).await?;
        let mut sql = QueryBuilder::new("select ");
        sql.push(COLUMNS).push(" where ");
        filter.push(&mut sql);
        sql.push(" order by s.customer_id limit ").push_bind(TRANSFER_MAX as i64 + 1).push(" for update of s");
        let rows: Vec<Row> = sql.build_query_as().persistent(false).fetch_all(conn).await?;
        return match rows.len() {
            0 => Err(Error::field("customers", Rule::Required)),
            many if many > TRANSFER_MAX => {
                Err(Error::field("customers", Rule::OutOfRange { min: "1".into(), max: TRANSFER_MAX.to_string() }))
            }
            _ => Ok(rows),
        };
    }
    chosen(conn, actor, &asked.customers.iter().map(|no| no.id()).collect()).await
}

/// As [`chosen`], for a look that changes nothing: without locks, and without those who are out of scope.
pub(super) async fn peek(conn: &mut PgConnection, actor: &Actor, wanted: &BTreeSet<i64>) -> Result<Vec<Row>> {
    let (units, staff) = actor.scope.binds();
    Ok(sqlx::query_as(concat!(
        "select s.customer_id, s.lead_staff_id, s.aum, s.tier_rank, s.contribution, s.org_id, coalesce(o.path[2], o.path[1]) as branch
         from customer_summary s join org_unit o using (org_id) where s.customer_id = any($3) and ",
        scoped!(),
        " order by s.customer_id"
    ))
    .bind(units)
    .bind(staff)
    .bind(wanted.iter().copied().collect::<Vec<_>>())
    .fetch_all(conn)
    .await?)
}

/// These customers, each in the actor's scope, locked in order of their keys.
///
/// # Errors
/// `invalid` names the first that is unknown or out of scope.
pub(super) async fn chosen(conn: &mut PgConnection, actor: &Actor, wanted: &BTreeSet<i64>) -> Result<Vec<Row>> {
    let (units, staff) = actor.scope.binds();
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "select s.customer_id, s.lead_staff_id, s.aum, s.tier_rank, s.contribution, s.org_id, coalesce(o.path[2], o.path[1]) as branch
         from customer_summary s join org_unit o using (org_id)
         where s.customer_id = any($3) and ",
        scoped!(),
        " order by s.customer_id for update of s"
    ))
    .bind(units)
    .bind(staff)
    .bind(wanted.iter().copied().collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    let found: BTreeSet<i64> = rows.iter().map(|row| row.customer_id).collect();
    match wanted.difference(&found).next() {
        Some(missing) => Err(Error::field("customers", Rule::UnknownCode { value: CustomerNo::from_id(*missing).to_string() })),
        None => Ok(rows),
    }
}

/// A customer in an open transfer waits for that to be decided or recalled.
async fn refuse_open(conn: &mut PgConnection, plan: &Plan) -> Result<()> {
    let open: Option<i64> =
        sqlx::query_scalar("select customer_id from transfer_item where is_open and customer_id = any($1) order by 1 limit 1")
            .bind(plan.ids())
            .fetch_optional(conn)
            .await?;
    match open {
        None => Ok(()),
        Some(id) => {
            Err(Problem { current: Some(json!({ "in_transfer": CustomerNo::from_id(id) })), ..Problem::new(Code::Conflict) }.into())
        }
    }
}

/// Nothing moves when the requester saw another lead than there is: says who moved which customer when.
async fn expect_lead(conn: &mut PgConnection, plan: &Plan, from: Option<&str>) -> Result<()> {
    let Some(from) = from else { return Ok(()) };
    let seen: Option<i32> = match from {
        POOL => None,
        code => Some(
            sqlx::query_scalar("select staff_id from staff where code = $1")
                .bind(code)
                .fetch_optional(&mut *conn)
                .await?
                .ok_or_else(|| Error::field("from", Rule::UnknownCode { value: code.to_owned() }))?,
        ),
    };
    let moved: Vec<i64> = plan.rows.iter().filter(|row| row.lead_staff_id != seen).map(|row| row.customer_id).collect();
    if moved.is_empty() { Ok(()) } else { Err(lost_race(conn, &moved).await?) }
}

/// The problem that names whom customers are with by now, and who moved them when.
pub(super) async fn lost_race(conn: &mut PgConnection, moved: &[i64]) -> Result<Error> {
    let now: Vec<(i64, Option<String>, Option<String>, Option<String>, Option<chrono::DateTime<chrono::Utc>>)> = sqlx::query_as(
        "select s.customer_id, m.code, m.name, u.name, a.created_at
         from customer_summary s
         left join staff m on m.staff_id = s.lead_staff_id
         left join assignment a on a.customer_id = s.customer_id and a.role = 'lead' and upper_inf(a.valid)
         left join app_user u on u.user_id = a.created_by
         where s.customer_id = any($1) order by s.customer_id limit 20",
    )
    .bind(moved)
    .fetch_all(conn)
    .await?;
    let now: Vec<_> = now
        .into_iter()
        .map(|(id, code, name, by, at)| json!({ "customer_no": CustomerNo::from_id(id), "manager": code, "manager_name": name, "by": by, "at": at }))
        .collect();
    Ok(Problem { current: Some(json!({ "moved": now })), ..Problem::new(Code::Conflict) }.into())
}

async fn policy(conn: &mut PgConnection) -> Result<ApprovalPolicy> {
    let value: Option<serde_json::Value> =
        sqlx::query_scalar("select value from parameter where key = 'transfer.approval'").fetch_optional(conn).await?;
    value.map_or_else(|| Ok(ApprovalPolicy::default()), |value| serde_json::from_value(value).map_err(Error::internal))
}
