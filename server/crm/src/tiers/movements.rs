//! Whose tier has changed lately and who is about to lose one, among the actor's customers: what a lead
//! calls about first.

use chrono::{Days, NaiveDate};
use guanhu_domain::{
    CustomerNo,
    access::Verb,
    customers::{Slice, TierRef},
    tiers::{MOVEMENT_DAYS, Movement, MovementKind, MovementQuery, TierMoves},
};
use serde::{Deserialize, Serialize};
use sqlx::{QueryBuilder, types::Json};

use super::{SCHEMES, SchemeRow, version};
use crate::{Actor, Bank, Error, Result, audit::Entry, cursor};

const LIMIT: u16 = 50;
const LIMIT_MAX: u16 = 200;

/// Where a page ended.
#[derive(Serialize, Deserialize)]
struct Place {
    since: NaiveDate,
    threat: bool,
    id: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    customer_id: i64,
    name: String,
    kind: String,
    org: String,
    manager: Option<String>,
    aum: i64,
    since: NaiveDate,
    threat: bool,
    up: bool,
    was: Option<Json<TierRef>>,
    now: Option<Json<TierRef>>,
}

/// The newest first; a page is a keyset.
///
/// # Errors
/// `malformed` for a cursor of another list; `busy` when it takes longer than anybody waits.
pub async fn movements(bank: &Bank, actor: &Actor, query: &MovementQuery) -> Result<Slice<Movement>> {
    actor.require(Verb::CustomerList)?;
    let after = query.after.as_deref().map(cursor::decode::<Place>).transpose()?;
    let limit = i64::from(query.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX));
    let mut sql = statement(actor, query.kind, after.as_ref(), limit);
    let mut tx = bank.begin().await?;
    sqlx::raw_sql("set local statement_timeout = '5s'").execute(&mut *tx).await?;
    let rows = sql.build_query_as::<Row>().persistent(false).fetch_all(&mut *tx).await.map_err(Error::from);
    let graces = graces(&mut tx).await;
    // Only read: however it ends.
    tx.rollback().await?;
    let (mut rows, graces) = match rows {
        Err(error) if error.is_timeout() => return Err(Error::new(guanhu_domain::Code::Busy)),
        rows => (rows?, graces?),
    };
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let next = match rows.last() {
        Some(last) if more => Some(cursor::encode(&Place { since: last.since, threat: last.threat, id: last.customer_id })?),
        _ => None,
    };
    let grace = |kind: &str| graces.iter().find(|(of, _)| of == kind).map_or(0, |(_, days)| *days);
    let item = |row: Row| Movement {
        customer_no: CustomerNo::from_id(row.customer_id),
        on: row.threat.then(|| row.since + Days::new(grace(&row.kind))),
        name: row.name,
        org: row.org,
        manager: row.manager,
        aum: row.aum,
        kind: match (row.threat, row.up) {
            (true, _) => MovementKind::Threatened,
            (false, true) => MovementKind::Up,
            (false, false) => MovementKind::Down,
        },
        from: row.was.map(|tier| tier.0),
        to: row.now.map(|tier| tier.0),
        since: row.since,
    };
    let items: Vec<Movement> = rows.into_iter().map(item).collect();
    let shown: Vec<CustomerNo> = items.iter().map(|item| item.customer_no).collect();
    bank.audit_soon(actor, Entry::listed(Verb::CustomerList, "tiers", &shown)).await;
    Ok(Slice { items, next })
}

/// How many of the actor's customers changed tier within thirty days, and are about to.
pub async fn moves(bank: &Bank, actor: &Actor) -> Result<TierMoves> {
    actor.require(Verb::CustomerList)?;
    let mut sql = QueryBuilder::new("with own as materialized (select s.customer_id from customer_summary s where ");
    actor.scope.restrict(&mut sql);
    sql.push("), x as (");
    push_changes(&mut sql, actor.me.business_date);
    sql.push(
        " and b.customer_id in (select customer_id from own))
         select (select count(*) from x where x.up), (select count(*) from x where not x.up),
             (select count(*) from customer_tier_due d join own using (customer_id) where not d.is_up)",
    );
    let (up, down, threatened) = sql.build_query_as::<(i64, i64, i64)>().persistent(false).fetch_one(&mut *bank.read(actor).await?).await?;
    Ok(TierMoves { up, down, threatened })
}

/// ` and …` on `customer_summary s`: those to whom this happened within thirty days, or is about to.
pub(crate) fn push_moved(sql: &mut QueryBuilder<sqlx::Postgres>, kind: MovementKind, day: NaiveDate) {
    if kind == MovementKind::Threatened {
        sql.push(" and s.customer_id in (select d.customer_id from customer_tier_due d where not d.is_up)");
        return;
    }
    sql.push(" and s.customer_id in (select x.customer_id from (");
    push_changes(sql, day);
    sql.push(") x where x.up = ").push_bind(kind == MovementKind::Up).push(")");
}

/// Whose tier ended within thirty days, and whether a higher one followed; ` and …` on `b` may follow.
fn push_changes(sql: &mut QueryBuilder<sqlx::Postgres>, day: NaiveDate) {
    sql.push(
        "select b.customer_id, coalesce(n.rank > p.rank, false) as up from customer_tier b join tier p on p.tier_id = b.tier_id
         left join customer_tier h on h.customer_id = b.customer_id and lower(h.valid) = upper(b.valid) left join tier n on n.tier_id = h.tier_id
         where upper(b.valid) > ",
    );
    sql.push_bind(day - Days::new(MOVEMENT_DAYS)).push(" and upper(b.valid) <= ").push_bind(day);
}

/// Days of grace by kind of customer, as the versions in force say.
async fn graces(conn: &mut sqlx::PgConnection) -> Result<Vec<(String, u64)>> {
    let schemes: Vec<SchemeRow> = sqlx::query_as(SCHEMES).fetch_all(&mut *conn).await?;
    let mut graces = Vec::new();
    for scheme in schemes {
        if let Some(number) = scheme.in_force {
            let definition = version(conn, scheme.scheme_id, number).await?.definition.0;
            graces.push((scheme.customer_kind, definition.settings.grace_days.into()));
        }
    }
    Ok(graces)
}

const TIER: &str =
    "case when t.tier_id is not null then json_build_object('code', t.code, 'name', t.name, 'name_en', t.name_en, 'mark', t.mark) end";

fn statement(actor: &Actor, kind: Option<MovementKind>, after: Option<&Place>, limit: i64) -> QueryBuilder<sqlx::Postgres> {
    let day = actor.me.business_date;
    // The few of a portfolio first; of many units those whom something happened to.
    let mut sql = QueryBuilder::new("with own as ");
    sql.push(if matches!(actor.scope, crate::Scope::Portfolio { .. }) { "materialized" } else { "not materialized" });
    sql.push(" (select s.* from customer_summary s where ");
    actor.scope.restrict(&mut sql);
    sql.push("), told as (");
    if kind != Some(MovementKind::Threatened) {
        sql.push(
            "select b.customer_id, upper(b.valid) as since, false as threat, coalesce(n.rank > p.rank, false) as up, b.tier_id as was, h.tier_id as now
             from customer_tier b join tier p on p.tier_id = b.tier_id
             left join customer_tier h on h.customer_id = b.customer_id and lower(h.valid) = upper(b.valid) left join tier n on n.tier_id = h.tier_id
             where upper(b.valid) > ",
        );
        sql.push_bind(day - Days::new(MOVEMENT_DAYS)).push(" and upper(b.valid) <= ").push_bind(day);
        sql.push(" and b.customer_id in (select customer_id from own)");
        match kind {
            Some(MovementKind::Up) => sql.push(" and n.rank > p.rank"),
            // Into none as well.
            Some(_) => sql.push(" and n.rank > p.rank is not true"),
            None => sql.push(" union all "),
        };
    }
    if kind.is_none_or(|kind| kind == MovementKind::Threatened) {
        sql.push(
            "select d.customer_id, d.since, true as threat, false as up, o.tier_id as was, d.tier_id as now from customer_tier_due d join own o using (customer_id) where not d.is_up",
        );
    }
    sql.push("), picked as (select * from told x where true");
    if let Some(after) = after {
        sql.push(" and (x.since, x.threat, x.customer_id) < (").push_bind(after.since).push(", ").push_bind(after.threat);
        sql.push(", ").push_bind(after.id).push(")");
    }
    sql.push(" order by x.since desc, x.threat desc, x.customer_id desc limit ").push_bind(limit + 1);
    sql.push(") select s.customer_id, s.name, s.kind, o.name as org, m.name as manager, s.aum, x.since, x.threat, x.up, ");
    sql.push(format_args!(
        "(select {TIER} from tier t where t.tier_id = x.was) as was, (select {TIER} from tier t where t.tier_id = x.now) as now"
    ));
    sql.push(
        " from picked x join own s on s.customer_id = x.customer_id join org_unit o on o.org_id = s.org_id
          left join staff m on m.staff_id = s.lead_staff_id order by x.since desc, x.threat desc, x.customer_id desc",
    );
    sql
}
