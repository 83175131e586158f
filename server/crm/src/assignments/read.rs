//! Transfers as lists and inboxes show them.

use chrono::{DateTime, NaiveDate, Utc};
use guanhu_domain::{
    CustomerNo, Page, Total,
    access::{Role, Verb},
    assignments::{
        BULK_MAX, Because, Stopped, TRANSFER_MAX, Trail, Transfer, TransferDetail, TransferFilter, TransferItem, TransferRights,
        TransferState,
        handover::{HandoverSheet, SheetLine, SheetPart, SheetQuery},
    },
    customers::{AssignmentRole, ManagerRef, TierRef, mask},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{apply, sign};
use crate::{Actor, Bank, Error, Result, audit::Entry, cursor, scoped};

/// Whether transfer `t` concerns the actor: `$1` units, `$2` member of staff, `$3` user. Who gives or receives is
/// told of it, also when it is one of several.
macro_rules! sees {
    () => {
        "(t.org_ids && $1 or t.requested_by = $3
          or exists (select from transfer_item own where own.transfer_id = t.transfer_id and (own.to_staff_id = $2 or own.from_staff_id = $2)))"
    };
}
pub(super) use sees;

/// Whether every customer of transfer `t`, who had it and who receives it are in the units `$1` now.
macro_rules! in_scope {
    () => {
        "not exists (select from transfer_item i join customer_summary s using (customer_id)
                     left join staff f on f.staff_id = i.from_staff_id left join staff m on m.staff_id = i.to_staff_id
                     where i.transfer_id = t.transfer_id and (s.org_id <> all ($1) or f.org_id <> all ($1) or m.org_id <> all ($1)))"
    };
}
pub(super) use in_scope;

/// Rows of transfers `t`; `$1` the actor's units. What may be done is told as things are now; of more customers than
/// are looked up for a list, as they were when it was asked for.
macro_rules! columns {
    ($most:literal) => {
        concat!("select t.transfer_id, t.state, t.role, m.code as to_code, m.name as to_name, t.receivers, t.reason, t.effective, t.because, t.customers, t.aum,
            t.requested_by, asker.name as requested_by_name, t.requested_at, decider.name as decided_by_name, t.decided_at,
            t.decision_reason, ender.name as ended_by_name, t.ended_at, t.ended_reason, t.done_at, t.moved, t.left_out, t.stopped, t.reverts,
            reverter.name as reverted_by_name, t.reverted_at, t.revert_reason, t.share, t.batched, t.keeps_assists,
            case when t.customers > ", $most, " then t.org_ids <@ $1 else ", in_scope!(), " end as in_scope
         from transfer t left join staff m on m.staff_id = t.to_staff_id join app_user asker on asker.user_id = t.requested_by
         left join app_user decider on decider.user_id = t.decided_by left join app_user ender on ender.user_id = t.ended_by
         left join app_user reverter on reverter.user_id = t.reverted_by where ")
    };
}

const LIMIT: i64 = 50;
/// Customers of a transfer that are shown.
const ITEMS_MAX: i64 = 500;

/// Where a page ended.
#[derive(Serialize, Deserialize)]
struct Place {
    at: DateTime<Utc>,
    id: Uuid,
}

/// Transfers that concern the actor's units, portfolio or own requests, newest first.
pub async fn list(bank: &Bank, actor: &Actor, filter: TransferFilter, after: Option<&str>) -> Result<Page<Transfer>> {
    actor.require(Verb::TransferList)?;
    let place = after.map(cursor::decode::<Place>).transpose()?;
    let counted: i64 = {
        let mut count = QueryBuilder::new("select count(*) from (");
        push_branches(&mut count, actor, filter, None, Total::CAP + 1);
        count.push(") x");
        count.build_query_scalar().persistent(false).fetch_one(bank.pool()).await?
    };
    let mut picked = QueryBuilder::new("select transfer_id from (");
    push_branches(&mut picked, actor, filter, place.as_ref(), LIMIT + 1);
    picked.push(") x");
    let picked: Vec<Uuid> = picked.build_query_scalar().persistent(false).fetch_all(bank.pool()).await?;
    let (units, _) = actor.scope.binds();
    let mut rows: Vec<Row> =
        sqlx::query_as(concat!(columns!("300"), "t.transfer_id = any($2) order by t.requested_at desc, t.transfer_id desc"))
            .bind(units)
            .bind(picked)
            .fetch_all(bank.pool())
            .await?;
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

/// One transfer and its customers within the actor's scope.
pub async fn detail(bank: &Bank, actor: &Actor, transfer_id: Uuid) -> Result<TransferDetail> {
    actor.require(Verb::TransferList)?;
    let mut conn = bank.pool().acquire().await?;
    let transfer = one(&mut conn, actor, transfer_id).await?;
    let (units, staff) = actor.scope.binds();
    let rows: Vec<ItemRow> = sqlx::query_as(concat!(
        "select s.customer_id, s.name, f.code as from_code, f.name as from_name, m.code as to_code, m.name as to_name, i.aum, i.note
         from transfer_item i join customer_summary s using (customer_id)
         left join staff f on f.staff_id = i.from_staff_id left join staff m on m.staff_id = i.to_staff_id
         where i.transfer_id = $3 and ",
        scoped!(),
        " order by i.aum desc, s.customer_id limit $4"
    ))
    .bind(units)
    .bind(staff)
    .bind(transfer_id)
    .bind(ITEMS_MAX)
    .fetch_all(&mut *conn)
    .await?;
    let others = transfer.customers - rows.len() as i32;
    let items: Vec<TransferItem> = rows.into_iter().map(ItemRow::into_item).collect();
    let shown: Vec<CustomerNo> = items.iter().map(|item| item.customer_no).collect();
    bank.audit_soon(actor, Entry::listed(Verb::TransferList, format!("transfer:{transfer_id}"), &shown)).await;
    Ok(TransferDetail { transfer, items, others })
}

/// The handover sheet of a transfer: its customers within the actor's scope by who gives and who receives, and who has
/// signed. Of customers whom the actor gave away it tells the number and the first character of the name. Of many
/// customers it is read part by part.
///
/// # Errors
/// `not_found` where nothing the actor may see went between those who were asked for; `invalid` for an unknown code.
pub async fn sheet(bank: &Bank, actor: &Actor, transfer_id: Uuid, query: &SheetQuery) -> Result<HandoverSheet> {
    actor.require(Verb::TransferList)?;
    let mut conn = bank.pool().acquire().await?;
    let transfer = one(&mut conn, actor, transfer_id).await?;
    let between = match query.from.as_deref().zip(query.to.as_deref()) {
        Some((from, to)) => Some((sign::key(&mut conn, from, "from").await?, sign::key(&mut conn, to, "to").await?)),
        None => None,
    };
    let page = between.and(query.page).unwrap_or(1).clamp(1, PAGE_LAST);
    let (units, staff) = actor.scope.binds();
    let mut parts: Vec<PartRow> = sqlx::query_as(concat!(
        "select i.from_staff_id, i.to_staff_id, f.code as from_code, f.name as from_name, m.code as to_code, m.name as to_name,
             count(*) as customers, sum(i.aum)::bigint as aum, coalesce(sum(k.tasks), 0)::bigint as tasks, bool_or(not coalesce(",
        scoped!(),
        ", false)) as masked
         from transfer_item i join customer_summary s using (customer_id)
         left join staff f on f.staff_id = i.from_staff_id left join staff m on m.staff_id = i.to_staff_id
         cross join lateral (select count(*) as tasks from task k where k.customer_id = s.customer_id and k.state = 'open') k
         where i.transfer_id = $3 and not i.left_out and (i.from_staff_id = $2 or ",
        scoped!(),
        ") group by i.from_staff_id, i.to_staff_id, f.code, f.name, m.code, m.name order by f.code, m.code"
    ))
    .bind(&units)
    .bind(staff)
    .bind(transfer_id)
    .fetch_all(&mut *conn)
    .await?;
    let others = transfer.customers - transfer.left_out - parts.iter().map(|part| part.customers as i32).sum::<i32>();
    if let Some(between) = between {
        parts.retain(|part| (part.from_staff_id, part.to_staff_id) == between);
        if parts.is_empty() {
            return Err(Error::not_found());
        }
    }
    let rows: Vec<SheetRow> = sqlx::query_as(concat!(
        "select s.customer_id, s.name, f.code as from_code, f.name as from_name, m.code as to_code, m.name as to_name, i.aum, i.note,
             t.code as tier, t.name as tier_name, t.name_en as tier_name_en, t.mark, not coalesce(",
        scoped!(),
        ", false) as masked,
             (select count(*) from task k where k.customer_id = s.customer_id and k.state = 'open') as tasks
         from transfer_item i join customer_summary s using (customer_id) left join tier t on t.tier_id = s.tier_id
         left join staff f on f.staff_id = i.from_staff_id left join staff m on m.staff_id = i.to_staff_id
         where i.transfer_id = $3 and not i.left_out and (i.from_staff_id = $2 or ",
        scoped!(),
        ") and (not $5 or (i.from_staff_id is not distinct from $6 and i.to_staff_id is not distinct from $7))
         order by f.code, m.code, i.aum desc, s.customer_id limit $4 offset $8"
    ))
    .bind(&units)
    .bind(staff)
    .bind(transfer_id)
    .bind(TRANSFER_MAX as i64)
    .bind(between.is_some())
    .bind(between.and_then(|(from, _)| from))
    .bind(between.and_then(|(_, to)| to))
    .bind(before(page))
    .fetch_all(&mut *conn)
    .await?;
    let bank_name: String = sqlx::query_scalar("select name from bank").fetch_one(&mut *conn).await?;
    let shown: Vec<CustomerNo> = rows.iter().map(|row| CustomerNo::from_id(row.item.customer_id)).collect();
    let mut parts: Vec<SheetPart> = parts.into_iter().map(|part| part.into_part(before(page))).collect();
    for row in rows {
        let (from, to, line) = row.into_line();
        if let Some(part) = parts.iter_mut().find(|part| part.from == from && part.to == to) {
            part.lines.push(line);
        }
    }
    sign::put_on(&mut conn, actor, transfer_id, transfer.state, transfer.moved, &mut parts).await?;
    let entry = Entry::viewed(Verb::TransferList, format!("transfer:{transfer_id}")).detail(json!({ "sheet": true }));
    bank.audit_soon(actor, entry.showing(&shown)).await;
    Ok(HandoverSheet { transfer, bank: bank_name, parts, others })
}

/// Pages of a part, at most: those of the largest transfer.
const PAGE_LAST: u32 = (BULK_MAX / TRANSFER_MAX) as u32;

/// Customers on the pages before this one.
fn before(page: u32) -> i64 {
    i64::from(page - 1) * TRANSFER_MAX as i64
}

/// A part of a sheet as a whole.
#[derive(sqlx::FromRow)]
struct PartRow {
    from_staff_id: Option<i32>,
    to_staff_id: Option<i32>,
    from_code: Option<String>,
    from_name: Option<String>,
    to_code: Option<String>,
    to_name: Option<String>,
    customers: i64,
    aum: i64,
    tasks: i64,
    masked: bool,
}

impl PartRow {
    fn into_part(self, before: i64) -> SheetPart {
        SheetPart {
            from: manager(self.from_code, self.from_name),
            to: manager(self.to_code, self.to_name),
            customers: self.customers,
            aum: (!self.masked).then_some(self.aum),
            tasks: (!self.masked).then_some(self.tasks),
            before,
            lines: Vec::new(),
            signatures: Vec::new(),
            may_sign: Vec::new(),
        }
    }
}

fn manager(code: Option<String>, name: Option<String>) -> Option<ManagerRef> {
    code.zip(name).map(|(code, name)| ManagerRef { code, name })
}

#[derive(sqlx::FromRow)]
struct SheetRow {
    #[sqlx(flatten)]
    item: ItemRow,
    tier: Option<String>,
    tier_name: Option<String>,
    tier_name_en: Option<String>,
    mark: Option<i16>,
    masked: bool,
    tasks: i64,
}

impl SheetRow {
    fn into_line(self) -> (Option<ManagerRef>, Option<ManagerRef>, SheetLine) {
        let SheetRow { item, tier, tier_name, tier_name_en, mark, masked, tasks } = self;
        let TransferItem { customer_no, name, from, to, aum, note } = item.into_item();
        let tier = tier.map(|code| TierRef {
            code,
            name: tier_name.unwrap_or_default(),
            name_en: tier_name_en.unwrap_or_default(),
            mark: mark.unwrap_or_default(),
        });
        let line = match masked {
            true => SheetLine { customer_no, name: mask::name(&name), tier: None, aum: 0, tasks: 0, note, masked },
            false => SheetLine { customer_no, name, tier, aum, tasks, note, masked },
        };
        (from, to, line)
    }
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    customer_id: i64,
    name: String,
    from_code: Option<String>,
    from_name: Option<String>,
    to_code: Option<String>,
    to_name: Option<String>,
    aum: i64,
    note: String,
}

impl ItemRow {
    fn into_item(self) -> TransferItem {
        TransferItem {
            customer_no: CustomerNo::from_id(self.customer_id),
            name: self.name,
            from: manager(self.from_code, self.from_name),
            to: manager(self.to_code, self.to_name),
            aum: self.aum,
            note: self.note,
        }
    }
}

pub(super) async fn one(conn: &mut PgConnection, actor: &Actor, transfer_id: Uuid) -> Result<Transfer> {
    let (units, staff) = actor.scope.binds();
    let row: Row = sqlx::query_as(concat!(columns!("5000"), "t.transfer_id = $4 and ", sees!()))
        .bind(units)
        .bind(staff)
        .bind(actor.user_id)
        .bind(transfer_id)
        .fetch_one(conn)
        .await?;
    row.into_transfer(actor)
}

/// Keys of the newest transfers of every way in which one can concern the actor, each read from its own
/// index and no further than needed.
fn push_branches(sql: &mut QueryBuilder<Postgres>, actor: &Actor, filter: TransferFilter, place: Option<&Place>, limit: i64) {
    let (units, staff) = actor.scope.binds();
    let mut first = true;
    let mut branch = |sql: &mut QueryBuilder<Postgres>, condition: &dyn Fn(&mut QueryBuilder<Postgres>)| {
        sql.push(if std::mem::take(&mut first) { "(" } else { " union (" });
        sql.push("select t.transfer_id, t.requested_at from transfer t where ");
        condition(sql);
        push_filter(sql, actor, filter);
        if let Some(place) = place {
            sql.push(" and (t.requested_at, t.transfer_id) < (").push_bind(place.at).push(", ").push_bind(place.id).push(")");
        }
        sql.push(" order by t.requested_at desc, t.transfer_id desc limit ").push_bind(limit).push(")");
    };
    branch(sql, &|sql| {
        sql.push("t.requested_by = ").push_bind(actor.user_id);
    });
    if !units.is_empty() {
        branch(sql, &|sql| {
            sql.push("t.org_ids && ").push_bind(units.clone());
        });
    }
    if staff > 0 {
        branch(sql, &|sql| {
            sql.push("t.transfer_id in (select i.transfer_id from transfer_item i where i.to_staff_id = ").push_bind(staff);
            sql.push(" union select i.transfer_id from transfer_item i where i.from_staff_id = ").push_bind(staff).push(")");
        });
    }
    sql.push(" order by requested_at desc, transfer_id desc limit ").push_bind(limit);
}

fn push_filter(sql: &mut QueryBuilder<Postgres>, actor: &Actor, filter: TransferFilter) {
    if let Some(state) = filter.state {
        sql.push(" and t.state = ").push_bind(state.code());
    }
    if filter.for_me {
        let (units, _) = actor.scope.binds();
        let may = Verb::TransferDecide.allowed_to(actor.role);
        sql.push(" and t.state = 'pending' and t.requested_by <> ").push_bind(actor.user_id);
        sql.push(" and t.org_ids <@ ").push_bind(units).push(" and ").push_bind(may);
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    transfer_id: Uuid,
    state: String,
    role: String,
    to_code: Option<String>,
    to_name: Option<String>,
    receivers: i32,
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
    ended_by_name: Option<String>,
    ended_at: Option<DateTime<Utc>>,
    ended_reason: String,
    done_at: Option<DateTime<Utc>>,
    moved: i32,
    left_out: i32,
    stopped: Option<String>,
    reverts: Option<Uuid>,
    reverted_by_name: Option<String>,
    reverted_at: Option<DateTime<Utc>>,
    revert_reason: String,
    share: Option<i16>,
    batched: bool,
    keeps_assists: bool,
    in_scope: bool,
}

/// Whether a transfer that is done is of a kind that can be taken back: of assistants only what one transaction holds, and
/// with what they had `kept`.
pub(super) fn goes_back(role: AssignmentRole, kept: bool, batched: bool, customers: i32) -> bool {
    role == AssignmentRole::Lead || (kept && !batched && customers as usize <= TRANSFER_MAX)
}

impl Row {
    fn into_transfer(self, actor: &Actor) -> Result<Transfer> {
        let unknown = |what: &str| Error::internal(format!("unknown {what} of a transfer"));
        let state = TransferState::from_code(&self.state).ok_or_else(|| unknown("state"))?;
        let own = self.requested_by == actor.user_id;
        let role = AssignmentRole::from_code(&self.role).ok_or_else(|| unknown("role"))?;
        let trail = |by: Option<String>, at: Option<DateTime<Utc>>, reason: String| by.zip(at).map(|(by, at)| Trail { by, at, reason });
        Ok(Transfer {
            id: self.transfer_id,
            state,
            role,
            to: self.to_code.zip(self.to_name).map(|(code, name)| ManagerRef { code, name }),
            receivers: self.receivers,
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
            ended: trail(self.ended_by_name, self.ended_at, self.ended_reason),
            done_at: self.done_at,
            moved: self.moved,
            left_out: self.left_out,
            stopped: self.stopped.as_deref().and_then(Stopped::from_code),
            reverts: self.reverts,
            reverted: trail(self.reverted_by_name, self.reverted_at, self.revert_reason),
            share: apply::share(self.share),
            may: TransferRights {
                decide: state == TransferState::Pending && !own && self.in_scope && Verb::TransferDecide.allowed_to(actor.role),
                recall: own && matches!(state, TransferState::Pending | TransferState::Approved),
                revert: (state == TransferState::Done || (state == TransferState::Cancelled && self.moved > 0))
                    && goes_back(role, self.keeps_assists, self.batched, self.customers)
                    && self.reverts.is_none()
                    && self.in_scope
                    && actor.role == Role::BranchManager,
                cancel: state == TransferState::Running
                    && Verb::TransferRequest.allowed_to(actor.role)
                    && (own || (self.in_scope && actor.role == Role::BranchManager)),
            },
        })
    }
}
