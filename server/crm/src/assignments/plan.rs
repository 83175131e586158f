//! A checked move: which customers, to whom, from when, and whether that needs a second person.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate};
use guanhu_domain::{
    Code, CustomerNo, Problem, Rule,
    access::{Role, Verb},
    assignments::{ApprovalPolicy, Because, Moving, NewTransfer, POOL, TRANSFER_MAX},
    customers::{AssignmentRole, CustomerQuery},
};
use serde_json::json;
use sqlx::{PgConnection, QueryBuilder};

use super::{give::serve, standards::Standards};
use crate::{Actor, Bank, Error, Result, Scope, customers::Filter, parameters, scoped, summary};

/// Days ahead that a transfer may be dated.
const AHEAD: u64 = 366;

pub(super) struct Plan {
    pub rows: Vec<Row>,
    /// The receiver of each row; `None`: the pool.
    pub targets: Vec<Option<i32>>,
    pub receivers: Vec<Receiver>,
    pub effective: NaiveDate,
    pub because: Vec<Because>,
}

/// A customer; or, of a move too large to be held in memory, all that are alike in lead and unit.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    /// Of several alike, the first.
    pub customer_id: i64,
    pub lead_staff_id: Option<i32>,
    pub aum: i64,
    pub tier_rank: i16,
    corporate: bool,
    pub contribution: Option<i64>,
    /// How many they are: 1, or all that are alike.
    pub customers: i64,
    /// The sum of their tier weights.
    pub load: i64,
    /// Key of the tier; of several alike each that occurs.
    tiers: Vec<i32>,
    pub org_id: i32,
    branch: i32,
    /// Unit and branch of the lead.
    lead_org: Option<i32>,
    lead_branch: Option<i32>,
}

macro_rules! rows {
    () => {
        "select s.customer_id, s.lead_staff_id, s.aum, s.tier_rank, s.kind = 'corporate' as corporate, s.contribution, 1::bigint as customers,
             coalesce((select t.load from tier t where t.tier_id = s.tier_id), 1)::bigint as load, array_remove(array[s.tier_id], null) as tiers, s.org_id, coalesce(o.path[2], o.path[1]) as branch,
             l.org_id as lead_org, coalesce(lo.path[2], lo.path[1]) as lead_branch
         from customer_summary s join org_unit o using (org_id) left join staff l on l.staff_id = s.lead_staff_id
         left join org_unit lo on lo.org_id = l.org_id where "
    };
}

#[derive(sqlx::FromRow)]
pub(super) struct Receiver {
    pub staff_id: i32,
    pub code: String,
    org_id: i32,
    branch: i32,
    /// As the register of staff has it.
    qualification: String,
}

impl Plan {
    /// Weighs a move against the bank's policy. The actor may see every one of `rows`.
    pub async fn new(
        conn: &mut PgConnection,
        actor: &Actor,
        rows: Vec<Row>,
        targets: Vec<Option<i32>>,
        receivers: Vec<Receiver>,
        effective: NaiveDate,
    ) -> Result<Plan> {
        // A manager gives away what is in the own charge, and nobody else's.
        let by_manager = actor.role == Role::Manager;
        if by_manager && rows.iter().any(|row| row.lead_staff_id != actor.staff_id) {
            return Err(Error::Denied { verb: Verb::TransferRequest, login: actor.login.clone() });
        }
        Plan::weighed(conn, actor, rows, targets, receivers, effective, by_manager).await
    }

    /// The same, `by_manager` or as any other move is.
    pub async fn weighed(
        conn: &mut PgConnection,
        actor: &Actor,
        rows: Vec<Row>,
        targets: Vec<Option<i32>>,
        receivers: Vec<Receiver>,
        effective: NaiveDate,
        by_manager: bool,
    ) -> Result<Plan> {
        let elsewhere = |unit: i32| elsewhere(actor, unit);
        let by_id: BTreeMap<i32, &Receiver> = receivers.iter().map(|receiver| (receiver.staff_id, receiver)).collect();
        // Whoever has a customer of another branch is asked before it is taken away, and so is that branch.
        let leaves = |row: &Row, to: &Option<i32>| {
            let to = to.and_then(|id| by_id.get(&id));
            row.lead_branch.is_some_and(|branch| branch != row.branch)
                || row.lead_org.is_some_and(elsewhere)
                || elsewhere(row.org_id)
                || to.is_some_and(|to| to.branch != row.branch || elsewhere(to.org_id))
        };
        let highest = |corporate: bool| rows.iter().filter(|row| row.corporate == corporate).map(|row| row.tier_rank).max().unwrap_or(0);
        let standards = Standards::read(conn).await?;
        let unqualified = |row: &Row, to: &Option<i32>| {
            let to = to.and_then(|id| by_id.get(&id));
            to.is_some_and(|to| !standards.allow(&row.tiers, &to.qualification))
        };
        let moving = Moving {
            customers: rows.iter().map(|row| row.customers).sum(),
            aum: rows.iter().map(|row| row.aum).sum(),
            highest_tier_rank: highest(false),
            highest_corporate_rank: highest(true),
            leaves_branch: rows.iter().zip(&targets).any(|(row, to)| leaves(row, to)),
            unqualified: rows.iter().zip(&targets).any(|(row, to)| row.lead_staff_id != *to && unqualified(row, to)),
            by_manager,
        };
        let because = parameters::read::<ApprovalPolicy>(conn, "transfer.approval").await?.because(&moving);
        Ok(Plan { rows, targets, receivers, effective, because })
    }

    /// Assistants serve beside the lead, who answers for the standard.
    pub fn of(mut self, role: AssignmentRole) -> Plan {
        if role == AssignmentRole::Assist {
            self.because.retain(|because| *because != Because::Unqualified);
        }
        self
    }

    pub fn ids(&self) -> Vec<i64> {
        self.rows.iter().map(|row| row.customer_id).collect()
    }

    pub fn customers(&self) -> i64 {
        self.rows.iter().map(|row| row.customers).sum()
    }

    pub fn aum(&self) -> i64 {
        self.rows.iter().map(|row| row.aum).sum()
    }

    /// Whoever decides has all of them in scope.
    pub fn units(&self) -> Vec<i32> {
        let customers = self.rows.iter().flat_map(|row| [Some(row.org_id), row.lead_org]).flatten();
        let units: BTreeSet<i32> = customers.chain(self.receivers.iter().map(|to| to.org_id)).collect();
        units.into_iter().collect()
    }
}

/// Whether a unit is beyond the actor's. Who has a portfolio has nobody else's customers at all.
pub(super) fn elsewhere(actor: &Actor, unit: i32) -> bool {
    matches!(&actor.scope, Scope::Units(units) if !units.contains(&unit))
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
/// `invalid` names the first who is unknown, has left, is disabled or is no manager.
pub(super) async fn receivers(conn: &mut PgConnection, codes: &[&str], field: &str) -> Result<Vec<Receiver>> {
    let wanted: Vec<&str> = codes.iter().copied().filter(|code| *code != POOL).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<Receiver> = sqlx::query_as(
        "select m.staff_id, m.code, m.org_id, coalesce(o.path[2], o.path[1]) as branch, coalesce(m.qualification, '') as qualification
         from staff m join org_unit o using (org_id) where m.code = any($1)",
    )
    .bind(&wanted)
    .fetch_all(&mut *conn)
    .await?;
    if let Some(unknown) = wanted.iter().find(|code| !found.iter().any(|receiver| receiver.code == **code)) {
        return Err(Error::field(field, Rule::UnknownCode { value: (*unknown).to_owned() }));
    }
    let staff: Vec<Option<i32>> = found.iter().map(|receiver| Some(receiver.staff_id)).collect();
    if serve(conn, &staff).await? { Ok(found) } else { Err(not_serving(field)) }
}

/// The same by key, whether or not they still serve.
pub(super) async fn receivers_by_id(conn: &mut PgConnection, staff: &[Option<i32>]) -> Result<Vec<Receiver>> {
    let staff: BTreeSet<i32> = staff.iter().flatten().copied().collect();
    Ok(sqlx::query_as(
        "select m.staff_id, m.code, m.org_id, coalesce(o.path[2], o.path[1]) as branch, coalesce(m.qualification, '') as qualification
         from staff m join org_unit o using (org_id) where m.staff_id = any($1)",
    )
    .bind(staff.into_iter().collect::<Vec<_>>())
    .fetch_all(conn)
    .await?)
}

pub(super) fn not_serving(field: &str) -> Error {
    let rule = Rule::Other {
        zh: "此人已离职、停用或不是客户经理，不能接收客户。".into(),
        en: "This person has left, is disabled or is not a manager, and cannot be given customers.".into(),
    };
    Error::field(field, rule)
}

/// The filter of a request with its codes resolved. Before the transaction: it has a connection of its own.
pub(super) async fn filter(bank: &Bank, actor: &Actor, asked: &NewTransfer) -> Result<Option<Filter>> {
    let Some(query) = &asked.filter else { return Ok(None) };
    if query.q.as_ref().is_some_and(|typed| !typed.trim().is_empty()) {
        let rule = Rule::Other {
            zh: "按搜索结果移交时请逐个选择客户。".into(), en: "Select the customers of a search one by one.".into()
        };
        return Err(Error::field("filter", rule));
    }
    Filter::resolve(bank, actor, &CustomerQuery { q: None, ..query.clone() }).await.map(Some)
}

/// Whether rows are to stay as they are until the transaction ends. They are held before they are read: a row that is
/// waited for comes with its lead of now beside the unit of the one before.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Hold {
    Rows,
    Nothing,
}

/// The customers of a request within the actor's scope, in order of their keys: so locked, two transfers
/// never wait for each other in a circle. Of a filter's those who would stay where they are are left out.
pub(super) async fn choose(
    conn: &mut PgConnection,
    actor: &Actor,
    asked: &NewTransfer,
    filter: Option<&Filter>,
    to: Option<i32>,
    hold: Hold,
) -> Result<Vec<Row>> {
    let Some(filter) = filter else {
        return chosen(conn, actor, &asked.customers.iter().map(|no| no.id()).collect(), None, hold).await;
    };
    let mut sql = QueryBuilder::new("select s.customer_id from customer_summary s where ");
    filter.push(&mut sql);
    sql.push(" and s.lead_staff_id is distinct from ").push_bind(to);
    sql.push(" order by s.customer_id limit ").push_bind(TRANSFER_MAX as i64 + 1);
    if hold == Hold::Rows {
        sql.push(" for no key update of s");
    }
    let ids: Vec<i64> = sql.build_query_scalar().persistent(false).fetch_all(&mut *conn).await?;
    match ids.len() {
        0 => Err(Error::field("customers", Rule::Required)),
        many if many > TRANSFER_MAX => Err(Error::field("customers", Rule::OutOfRange { min: "1".into(), max: TRANSFER_MAX.to_string() })),
        _ => Ok(sqlx::query_as(concat!(rows!(), "s.customer_id = any($1) order by s.customer_id")).bind(ids).fetch_all(conn).await?),
    }
}

/// These customers in order of their keys, each in the actor's scope or led by `leaver`.
///
/// # Errors
/// `invalid` names the first that is unknown or out of scope.
pub(super) async fn chosen(
    conn: &mut PgConnection,
    actor: &Actor,
    wanted: &BTreeSet<i64>,
    leaver: Option<i32>,
    hold: Hold,
) -> Result<Vec<Row>> {
    let ids: Vec<i64> = wanted.iter().copied().collect();
    if hold == Hold::Rows {
        summary::hold(conn, &ids).await?;
    }
    let (units, staff) = actor.scope.binds();
    let rows: Vec<Row> =
        sqlx::query_as(concat!(rows!(), "s.customer_id = any($3) and (", scoped!(), " or s.lead_staff_id = $4) order by s.customer_id"))
            .bind(units)
            .bind(staff)
            .bind(ids)
            .bind(leaver)
            .fetch_all(conn)
            .await?;
    let found: BTreeSet<i64> = rows.iter().map(|row| row.customer_id).collect();
    match wanted.difference(&found).next() {
        Some(missing) => Err(Error::field("customers", Rule::UnknownCode { value: CustomerNo::from_id(*missing).to_string() })),
        None => Ok(rows),
    }
}

/// A customer of a unit's pool, locked; `None` where it is not, or not any more.
pub(super) async fn pooled(conn: &mut PgConnection, unit: i32, customer_id: i64) -> Result<Option<Row>> {
    summary::hold(conn, &[customer_id]).await?;
    Ok(sqlx::query_as(concat!(rows!(), "s.customer_id = $1 and s.org_id = $2 and s.lead_staff_id is null"))
        .bind(customer_id)
        .bind(unit)
        .fetch_optional(conn)
        .await?)
}

/// The customers of a transfer with their receivers, locked in order of their keys.
pub(super) async fn of_transfer(conn: &mut PgConnection, transfer_id: uuid::Uuid) -> Result<Vec<Row>> {
    let ids: Vec<i64> =
        sqlx::query_scalar("select customer_id from transfer_item where transfer_id = $1").bind(transfer_id).fetch_all(&mut *conn).await?;
    summary::hold(conn, &ids).await?;
    Ok(sqlx::query_as(concat!(rows!(), "s.customer_id = any($1) order by s.customer_id")).bind(ids).fetch_all(conn).await?)
}

/// A customer in an open transfer waits for that to be decided or recalled.
pub(super) async fn refuse_open(conn: &mut PgConnection, customers: &[i64]) -> Result<()> {
    let open: Option<i64> =
        sqlx::query_scalar("select customer_id from transfer_item where is_open and customer_id = any($1) order by 1 limit 1")
            .bind(customers)
            .fetch_optional(conn)
            .await?;
    open.map_or(Ok(()), |id| Err(in_transfer(id)))
}

pub(super) fn in_transfer(customer_id: i64) -> Error {
    let current = json!({ "in_transfer": CustomerNo::from_id(customer_id) });
    Problem { current: Some(current), ..Problem::new(Code::Conflict) }.into()
}

/// Nothing moves when the requester saw another lead than there is: says who moved which customer when.
pub(super) async fn expect_lead(conn: &mut PgConnection, plan: &Plan, from: Option<&str>) -> Result<()> {
    let Some(from) = from else { return Ok(()) };
    let seen = lead_seen(conn, from).await?;
    let moved: Vec<i64> = plan.rows.iter().filter(|row| row.lead_staff_id != seen).map(|row| row.customer_id).collect();
    if moved.is_empty() { Ok(()) } else { Err(lost_race(conn, &moved).await?) }
}

/// The same of a transfer whose customers are written down.
pub(super) async fn expect_leads(conn: &mut PgConnection, transfer_id: uuid::Uuid, from: Option<&str>) -> Result<()> {
    let Some(from) = from else { return Ok(()) };
    let seen = lead_seen(conn, from).await?;
    let moved: Vec<i64> = sqlx::query_scalar(
        "select customer_id from transfer_item where transfer_id = $1 and from_staff_id is distinct from $2 order by 1 limit 20",
    )
    .bind(transfer_id)
    .bind(seen)
    .fetch_all(&mut *conn)
    .await?;
    if moved.is_empty() { Ok(()) } else { Err(lost_race(conn, &moved).await?) }
}

/// The lead behind a code that a requester saw; the pool is nobody.
async fn lead_seen(conn: &mut PgConnection, from: &str) -> Result<Option<i32>> {
    if from == POOL {
        return Ok(None);
    }
    let found = sqlx::query_scalar("select staff_id from staff where code = $1").bind(from).fetch_optional(conn).await?;
    found.ok_or_else(|| Error::field("from", Rule::UnknownCode { value: from.to_owned() })).map(Some)
}

/// The problem that names whom customers are with by now, and who moved them when.
pub(super) async fn lost_race(conn: &mut PgConnection, moved: &[i64]) -> Result<Error> {
    let now: Vec<(i64, Option<String>, Option<String>, Option<String>, Option<chrono::DateTime<chrono::Utc>>)> = sqlx::query_as(
        // The last transfer that moved it, or moved it back; where somebody leads since a load, that.
        "select s.customer_id, m.code, m.name, case when x.at > coalesce(a.created_at, '-infinity') then x.by else u.name end,
             greatest(x.at, a.created_at)
         from customer_summary s cross join bank b
         left join staff m on m.staff_id = s.lead_staff_id
         left join assignment a on a.customer_id = s.customer_id and a.role = 'lead' and a.valid @> b.business_date
         left join app_user u on u.user_id = a.created_by
         left join lateral (
             select t.at, w.name as by
             from (
                 select coalesce(t.reverted_at, t.done_at, t.batch_at) as at, case when t.reverted_at is null then t.requested_by else t.reverted_by end as who
                 from transfer_item i join transfer t using (transfer_id)
                 where i.customer_id = s.customer_id and not i.left_out and t.role = 'lead' and t.state in ('done', 'reverted', 'cancelled', 'running')
             ) t left join app_user w on w.user_id = t.who
             where t.at is not null order by t.at desc limit 1
         ) x on true
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
