//! Transfers as lists and inboxes show them.

use chrono::{DateTime, NaiveDate, Utc};
use guanhu_domain::{
    Page, Total,
    access::{Role, Verb},
    assignments::{Because, Transfer, TransferRights, TransferState},
    customers::{AssignmentRole, ManagerRef},
};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{Actor, Bank, Error, Result, cursor};

const LIMIT: i64 = 50;

/// Where a page ended.
#[derive(Serialize, Deserialize)]
struct Place {
    at: DateTime<Utc>,
    id: Uuid,
}

/// Transfers that concern the actor's units, portfolio or own requests, newest first; of one state or all.
pub async fn list(bank: &Bank, actor: &Actor, state: Option<TransferState>, after: Option<&str>) -> Result<Page<Transfer>> {
    actor.require(Verb::TransferList)?;
    let place = after.map(cursor::decode::<Place>).transpose()?;
    let mut sql = visible(actor);
    if let Some(state) = state {
        sql.push(" and t.state = ").push_bind(state.code());
    }
    let counted: i64 = {
        let mut count = QueryBuilder::new("select count(*) from (");
        count.push("select from transfer t where ");
        push_scope(&mut count, actor);
        if let Some(state) = state {
            count.push(" and t.state = ").push_bind(state.code());
        }
        count.push(" limit ").push_bind(Total::CAP + 1).push(") x");
        count.build_query_scalar().persistent(false).fetch_one(bank.pool()).await?
    };
    if let Some(place) = place {
        sql.push(" and (t.requested_at, t.transfer_id) < (").push_bind(place.at).push(", ").push_bind(place.id).push(")");
    }
    sql.push(" order by t.requested_at desc, t.transfer_id desc limit ").push_bind(LIMIT + 1);
    let mut rows: Vec<Row> = sql.build_query_as().persistent(false).fetch_all(bank.pool()).await?;
    let more = rows.len() as i64 > LIMIT;
    rows.truncate(LIMIT as usize);
    let next = match rows.last() {
        Some(last) if more => Some(cursor::encode(&Place { at: last.requested_at, id: last.transfer_id })?),
        _ => None,
    };
    let items = rows.into_iter().map(|row| row.into_transfer(actor)).collect::<Result<_>>()?;
    Ok(Page { items, next, total: Total::capped(counted) })
}

/// One transfer.
pub async fn get(bank: &Bank, actor: &Actor, transfer_id: Uuid) -> Result<Transfer> {
    actor.require(Verb::TransferList)?;
    one(&mut *bank.pool().acquire().await?, actor, transfer_id).await
}

pub(super) async fn one(conn: &mut PgConnection, actor: &Actor, transfer_id: Uuid) -> Result<Transfer> {
    let mut sql = visible(actor);
    sql.push(" and t.transfer_id = ").push_bind(transfer_id);
    let row: Row = sql.build_query_as().fetch_one(conn).await?;
    row.into_transfer(actor)
}

fn visible(actor: &Actor) -> QueryBuilder<Postgres> {
    let (units, _) = actor.scope.binds();
    let mut sql = QueryBuilder::new(
        "select t.transfer_id, t.state, t.role, m.code as to_code, m.name as to_name, t.reason, t.effective, t.because, t.customers, t.aum,
            t.requested_by, asker.name as requested_by_name, t.requested_at, decider.name as decided_by_name, t.decided_at,
            t.decision_reason, t.done_at, t.org_ids <@ ",
    );
    sql.push_bind(units).push(
        " as in_scope
         from transfer t left join staff m on m.staff_id = t.to_staff_id join app_user asker on asker.user_id = t.requested_by
         left join app_user decider on decider.user_id = t.decided_by where ",
    );
    push_scope(&mut sql, actor);
    sql
}

fn push_scope(sql: &mut QueryBuilder<Postgres>, actor: &Actor) {
    let (units, staff) = actor.scope.binds();
    sql.push("(t.org_ids && ").push_bind(units).push(" or t.requested_by = ").push_bind(actor.user_id);
    sql.push(" or t.to_staff_id = ").push_bind(staff).push(")");
}

#[derive(sqlx::FromRow)]
struct Row {
    transfer_id: Uuid,
    state: String,
    role: String,
    to_code: Option<String>,
    to_name: Option<String>,
    reason: String,
    effective: NaiveDate,
    because: Vec<String>,
    customers: i32,
    aum: i64,
    requested_by: i32,
    requested_by_name: String,
    requested_at: DateTime<Utc>,
    decided_by_name: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    decision_reason: String,
    done_at: Option<DateTime<Utc>>,
    in_scope: bool,
}

impl Row {
    fn into_transfer(self, actor: &Actor) -> Result<Transfer> {
        let unknown = |what: &str| Error::internal(format!("unknown {what} of a transfer"));
        let state = TransferState::from_code(&self.state).ok_or_else(|| unknown("state"))?;
        let own = self.requested_by == actor.user_id;
        Ok(Transfer {
            id: self.transfer_id,
            state,
            role: AssignmentRole::from_code(&self.role).ok_or_else(|| unknown("role"))?,
            to: self.to_code.zip(self.to_name).map(|(code, name)| ManagerRef { code, name }),
            reason: self.reason,
            effective: self.effective,
            because: self.because.iter().filter_map(|code| Because::from_code(code)).collect(),
            customers: self.customers,
            aum: self.aum,
            requested_by: self.requested_by_name,
            requested_at: self.requested_at,
            decided_by: self.decided_by_name,
            decided_at: self.decided_at,
            decision_reason: self.decision_reason,
            done_at: self.done_at,
            may: TransferRights {
                decide: state == TransferState::Pending && !own && self.in_scope && Verb::TransferDecide.allowed_to(actor.role),
                recall: own && matches!(state, TransferState::Pending | TransferState::Approved),
                revert: state == TransferState::Done && actor.role == Role::BranchManager && (self.in_scope || own),
            },
        })
    }
}
