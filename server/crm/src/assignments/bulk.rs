//! Asking for a transfer of more customers than one transaction should hold, or of a file's: they are written down
//! in one statement, weighed together, and moved in batches by [`super::batches`].

use chrono::NaiveDate;
use guanhu_domain::{
    Code, CustomerNo, FieldProblem, Problem, Rule,
    assignments::{BULK_MAX, NewTransfer, TRANSFER_MAX, Transfer, TransferState},
};
use serde_json::json;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{
    apply, files,
    plan::{self, Plan, Row, expect_leads, in_transfer, receivers},
    read,
    request::{self, Words, too_many},
};
use crate::{Actor, Error, Result, audit, customers::Filter, scoped};

/// Unknown numbers of a list that are named at once.
const UNKNOWN_MAX: i64 = 20;

/// Many customers, known by a filter or by their keys.
pub(super) struct Many<'a>(Chosen<'a>);

enum Chosen<'a> {
    Filter(&'a Filter),
    /// Each once, in order.
    Keys(Vec<i64>),
}

/// What one row is of a move whose customers are taken together: all that are alike in kind, lead, unit and receiver.
macro_rules! alike {
    ($to:literal, $source:literal) => {
        concat!(
            "select min(s.customer_id) as customer_id, s.lead_staff_id, sum(s.aum)::bigint as aum, max(s.tier_rank) as tier_rank, s.kind = 'corporate' as corporate,
                 sum(s.contribution)::bigint as contribution, count(*) as customers, sum(coalesce(t.load, 1))::bigint as load,
                 array_remove(array_agg(distinct s.tier_id), null) as tiers,
                 s.org_id, coalesce(o.path[2], o.path[1]) as branch, l.org_id as lead_org, coalesce(lo.path[2], lo.path[1]) as lead_branch, ",
            $to,
            " as to_staff_id from ",
            $source
        )
    };
}

/// The rest of it; the source is `s`.
macro_rules! grouped {
    () => {
        " join org_unit o on o.org_id = s.org_id left join staff l on l.staff_id = s.lead_staff_id
          left join org_unit lo on lo.org_id = l.org_id left join tier t on t.tier_id = s.tier_id
          group by s.lead_staff_id, s.kind, s.org_id, o.path, l.org_id, lo.path, to_staff_id"
    };
}

#[derive(sqlx::FromRow)]
struct Alike {
    #[sqlx(flatten)]
    row: Row,
    to_staff_id: Option<i32>,
}

/// The customers of a request that is carried out in batches; `None` where one transaction holds them.
///
/// # Errors
/// `invalid` on `file` for one that the actor did not send, or that is forgotten by now.
pub(super) async fn many<'a>(
    conn: &mut PgConnection,
    actor: &Actor,
    asked: &NewTransfer,
    filter: Option<&'a Filter>,
) -> Result<Option<Many<'a>>> {
    let chosen = match (filter, asked.file) {
        (Some(filter), _) => {
            let mut sql = QueryBuilder::new("select count(*) from (select from customer_summary s where ");
            filter.push(&mut sql);
            sql.push(" limit ").push_bind(TRANSFER_MAX as i64 + 1).push(") x");
            let found: i64 = sql.build_query_scalar().persistent(false).fetch_one(conn).await?;
            if found <= TRANSFER_MAX as i64 {
                return Ok(None);
            }
            Chosen::Filter(filter)
        }
        (None, Some(file)) => Chosen::Keys(files::keys(conn, actor, file).await?),
        (None, None) if asked.customers.len() > TRANSFER_MAX => {
            let mut keys: Vec<i64> = asked.customers.iter().map(|no| no.id()).collect();
            keys.sort_unstable();
            keys.dedup();
            Chosen::Keys(keys)
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(Many(chosen)))
}

impl Many<'_> {
    /// The move weighed as a whole; nothing is written or held. Who is with the receiver already is left out.
    ///
    /// # Errors
    /// `invalid` names what is wrong: the first twenty numbers that are unknown or out of scope, the receiver, or
    /// that there are none or too many.
    pub async fn plan(&self, conn: &mut PgConnection, actor: &Actor, asked: &NewTransfer) -> Result<Plan> {
        let effective = plan::effective(actor, asked.effective)?;
        let to = receivers(conn, &[&asked.to], "to").await?;
        let target = to.first().map(|to| to.staff_id);
        self.refuse_unknown(conn, actor).await?;
        let mut sql = QueryBuilder::new(alike!(
            "null::int",
            "(select s.customer_id, s.lead_staff_id, s.kind, s.aum, s.tier_id, s.tier_rank, s.contribution, s.org_id from customer_summary s where "
        ));
        self.push(&mut sql, actor, target);
        sql.push(" limit ").push_bind(BULK_MAX as i64 + 1).push(") s").push(grouped!());
        let alike: Vec<Alike> = sql.build_query_as().persistent(false).fetch_all(&mut *conn).await?;
        match alike.iter().map(|alike| alike.row.customers).sum::<i64>() {
            0 => return Err(Error::field("customers", Rule::Required)),
            many if many > BULK_MAX as i64 => return Err(Error::field("customers", too_many())),
            _ => {}
        }
        let targets = vec![target; alike.len()];
        let rows = alike.into_iter().map(|alike| alike.row).collect();
        Ok(Plan::new(conn, actor, rows, targets, to, effective).await?.of(asked.role))
    }

    /// Keys of those with the most AUM, so many at most.
    pub async fn weightiest(&self, conn: &mut PgConnection, actor: &Actor, plan: &Plan, most: usize) -> Result<Vec<i64>> {
        let mut sql = QueryBuilder::new("select s.customer_id from customer_summary s where ");
        self.push(&mut sql, actor, plan.receivers.first().map(|to| to.staff_id));
        sql.push(" order by s.aum desc, s.customer_id limit ").push_bind(most as i64);
        Ok(sql.build_query_scalar().persistent(false).fetch_all(conn).await?)
    }

    /// Writes the customers down and asks for their transfer.
    ///
    /// # Errors
    /// As [`Self::plan`]; `conflict` when a customer is in another open transfer, has another lead than `from`, or
    /// there are others than `count` by now.
    pub async fn request(&self, conn: &mut PgConnection, actor: &Actor, asked: &NewTransfer) -> Result<Transfer> {
        let plan = self.plan(conn, actor, asked).await?;
        let counted = |found: i64| Error::from(Problem { current: Some(json!({ "count": found })), ..Problem::new(Code::Conflict) });
        if asked.count.is_some_and(|count| count != plan.customers()) {
            return Err(counted(plan.customers()));
        }
        let target = plan.receivers.first().map(|to| to.staff_id);
        let mut open =
            QueryBuilder::new("select i.customer_id from transfer_item i join customer_summary s using (customer_id) where i.is_open and ");
        self.push(&mut open, actor, target);
        open.push(" limit 1");
        if let Some(id) = open.build_query_scalar().persistent(false).fetch_optional(&mut *conn).await? {
            return Err(in_transfer(id));
        }
        let transfer_id = Uuid::now_v7();
        let mut items = QueryBuilder::new(
            "insert into transfer_item (customer_id, transfer_id, from_staff_id, to_staff_id, aum, is_open) select s.customer_id, ",
        );
        items
            .push_bind(transfer_id)
            .push(", s.lead_staff_id, ")
            .push_bind(target)
            .push("::int, s.aum, true from customer_summary s where ");
        self.push(&mut items, actor, target);
        items.push(" order by s.customer_id");
        let written = items.build().persistent(false).execute(&mut *conn).await.map_err(taken)?.rows_affected() as i64;
        if written != plan.customers() {
            return Err(counted(written));
        }
        expect_leads(conn, transfer_id, asked.from.as_deref()).await?;
        keep_notes(conn, transfer_id, asked).await?;
        // The rows that were weighed were held by nobody: what counts is what was written down, as it is by now.
        let plan = weighed(conn, actor, transfer_id, plan.effective).await?.of(asked.role);
        let words =
            Words { role: asked.role, reason: asked.reason.trim(), to: &asked.to, notes: Vec::new(), reverts: None, share: asked.share };
        commit(conn, actor, &plan, words, transfer_id).await
    }

    /// Scope and choice as a condition on `customer_summary s`, less whoever is with the receiver already.
    fn push(&self, sql: &mut QueryBuilder<Postgres>, actor: &Actor, to: Option<i32>) {
        match &self.0 {
            Chosen::Filter(filter) => filter.push(sql),
            Chosen::Keys(keys) => {
                actor.scope.restrict(sql);
                sql.push(" and s.customer_id = any(").push_bind(keys.clone()).push(")");
            }
        }
        sql.push(" and s.lead_staff_id is distinct from ").push_bind(to);
    }

    async fn refuse_unknown(&self, conn: &mut PgConnection, actor: &Actor) -> Result<()> {
        let Chosen::Keys(keys) = &self.0 else { return Ok(()) };
        let (units, staff) = actor.scope.binds();
        let unknown: Vec<i64> = sqlx::query_scalar(concat!(
            "select k.id from unnest($3::bigint[]) as k (id)
             where not exists (select from customer_summary s where s.customer_id = k.id and ",
            scoped!(),
            ") limit $4"
        ))
        .bind(units)
        .bind(staff)
        .bind(keys)
        .bind(UNKNOWN_MAX)
        .fetch_all(conn)
        .await?;
        if unknown.is_empty() {
            return Ok(());
        }
        let problem =
            |id: i64| FieldProblem { field: "customers".into(), rule: Rule::UnknownCode { value: CustomerNo::from_id(id).to_string() } };
        Err(Error::fields(unknown.into_iter().map(problem).collect()))
    }
}

/// Giving back what a transfer moved in batches: a transfer of its own, weighed as any move is. Who has moved on
/// since, or is in another transfer, stays.
///
/// # Errors
/// `conflict` when nobody is left to be given back.
pub(super) async fn way_back(conn: &mut PgConnection, actor: &Actor, original: Uuid, reason: &str) -> Result<Transfer> {
    if reason.is_empty() {
        return Err(Error::field("reason", Rule::Required));
    }
    let transfer_id = Uuid::now_v7();
    let written = sqlx::query(
        "insert into transfer_item (customer_id, transfer_id, from_staff_id, to_staff_id, aum, is_open)
         select s.customer_id, $2, i.to_staff_id, i.from_staff_id, s.aum, true
         from transfer_item i join customer_summary s using (customer_id)
         where i.transfer_id = $1 and not i.left_out and s.lead_staff_id is not distinct from i.to_staff_id
         order by s.customer_id on conflict (customer_id) where is_open do nothing",
    )
    .bind(original)
    .bind(transfer_id)
    .execute(&mut *conn)
    .await?
    .rows_affected();
    if written == 0 {
        return Err(Error::new(Code::Conflict));
    }
    let plan = weighed(conn, actor, transfer_id, actor.me.business_date).await?;
    let role = guanhu_domain::customers::AssignmentRole::Lead;
    commit(conn, actor, &plan, Words { role, reason, to: "", notes: Vec::new(), reverts: Some(original), share: None }, transfer_id).await
}

/// Giving a leaver's customers each to its own receiver (`None`: the pool), with what the new lead should know. The
/// receivers serve.
///
/// # Errors
/// `conflict` when one of them is not led by the leaver any more, or in another open transfer.
pub(super) async fn hand_over(
    conn: &mut PgConnection,
    actor: &Actor,
    leaver: i32,
    given: Vec<(i64, Option<i32>, &str)>,
    words: Words<'_>,
    effective: NaiveDate,
) -> Result<Transfer> {
    let transfer_id = Uuid::now_v7();
    let ids: Vec<i64> = given.iter().map(|(id, ..)| *id).collect();
    plan::refuse_open(conn, &ids).await?;
    let written = sqlx::query(
        "insert into transfer_item (customer_id, transfer_id, from_staff_id, to_staff_id, aum, note, is_open)
         select s.customer_id, $1, s.lead_staff_id, g.to_staff_id, s.aum, trim(g.note), true
         from unnest($2::bigint[], $3::int[], $4::text[]) as g (customer_id, to_staff_id, note) join customer_summary s using (customer_id)
         where s.lead_staff_id = $5 order by s.customer_id",
    )
    .bind(transfer_id)
    .bind(&ids)
    .bind(given.iter().map(|(_, to, _)| *to).collect::<Vec<_>>())
    .bind(given.iter().map(|(.., note)| *note).collect::<Vec<_>>())
    .bind(leaver)
    .execute(&mut *conn)
    .await
    .map_err(taken)?
    .rows_affected();
    if written != ids.len() as u64 {
        let moved: Vec<i64> = sqlx::query_scalar(
            "select g.id from unnest($1::bigint[]) as g (id)
             where not exists (select from customer_summary s where s.customer_id = g.id and s.lead_staff_id = $2) order by 1 limit 20",
        )
        .bind(&ids)
        .bind(leaver)
        .fetch_all(&mut *conn)
        .await?;
        return Err(plan::lost_race(conn, &moved).await?);
    }
    let plan = weighed(conn, actor, transfer_id, effective).await?;
    commit(conn, actor, &plan, words, transfer_id).await
}

/// The move of customers who are written down, weighed as they are now.
async fn weighed(conn: &mut PgConnection, actor: &Actor, transfer_id: Uuid, effective: NaiveDate) -> Result<Plan> {
    let alike: Vec<Alike> = sqlx::query_as(concat!(
        alike!(
            "s.to_staff_id",
            "(select s.*, i.to_staff_id from transfer_item i join customer_summary s using (customer_id) where i.transfer_id = $1) s"
        ),
        grouped!()
    ))
    .bind(transfer_id)
    .fetch_all(&mut *conn)
    .await?;
    let (rows, targets): (Vec<Row>, Vec<Option<i32>>) = alike.into_iter().map(|alike| (alike.row, alike.to_staff_id)).unzip();
    let receivers = plan::receivers_by_id(conn, &targets).await?;
    Plan::new(conn, actor, rows, targets, receivers, effective).await
}

/// The transfer of customers that are written down already. Batches begin at once where nobody has to agree and
/// the date has come.
async fn commit(conn: &mut PgConnection, actor: &Actor, plan: &Plan, words: Words<'_>, transfer_id: Uuid) -> Result<Transfer> {
    let state = match (plan.because.is_empty(), plan.effective <= actor.me.business_date) {
        (false, _) => TransferState::Pending,
        (true, false) => TransferState::Approved,
        (true, true) => TransferState::Running,
    };
    request::insert(conn, actor, plan, &words, transfer_id, state, true).await?;
    audit::record(conn, actor, request::entry(plan, &words, transfer_id, state)).await?;
    apply::announce(conn, actor, transfer_id, state).await?;
    read::one(conn, actor, transfer_id).await
}

async fn keep_notes(conn: &mut PgConnection, transfer_id: Uuid, asked: &NewTransfer) -> Result<()> {
    if asked.notes.is_empty() {
        return Ok(());
    }
    let (keys, notes): (Vec<i64>, Vec<&str>) = asked.notes.iter().map(|(no, note)| (no.id(), note.trim())).unzip();
    sqlx::query(
        "update transfer_item i set note = n.note from unnest($2::bigint[], $3::text[]) as n (customer_id, note)
         where i.transfer_id = $1 and i.customer_id = n.customer_id",
    )
    .bind(transfer_id)
    .bind(keys)
    .bind(notes)
    .execute(conn)
    .await?;
    Ok(())
}

/// Another request took one of them in the same moment.
fn taken(error: sqlx::Error) -> Error {
    Error::from(error).on_constraint("one_open_transfer", || Problem::new(Code::Conflict))
}
