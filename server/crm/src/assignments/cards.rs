//! The cards of the board's columns, by pages.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use guanhu_domain::{
    Code, CustomerNo, Rule,
    access::Verb,
    assignments::{
        POOL, Portfolio,
        board::{Card, CardQuery, ColumnCards, TierCount},
    },
    customers::{CustomerQuery, Kind, Sort},
    live::NAMED_MAX,
};
use sqlx::{Postgres, QueryBuilder};

use super::board::place;
use crate::{
    Actor, Bank, Error, Result, Scope,
    audit::Entry,
    cursor,
    customers::{At, Filter, Place, order},
};

const LIMIT: u16 = 40;
const LIMIT_MAX: u16 = 1_000;

/// Columns to read: managers with their keys, and the pool of these units.
pub(super) struct Columns {
    pub staff: Vec<(i32, String)>,
    pub pool: Option<Vec<i32>>,
}

/// More cards of one column, from where the page before ended.
///
/// # Errors
/// `invalid` unless exactly one column is named; `malformed` for the place of another order. What is not in scope
/// is not in any column.
pub async fn cards(bank: &Bank, actor: &Actor, query: &CardQuery) -> Result<ColumnCards> {
    actor.require(Verb::TransferList)?;
    let Some([column]) = query.columns.as_deref() else { return Err(Error::field("columns", Rule::Required)) };
    let unknown = || Error::field("columns", Rule::UnknownCode { value: column.clone() });
    let columns = if column == POOL {
        if !matches!(actor.scope, Scope::Units(_)) {
            return Err(unknown());
        }
        Columns { staff: Vec::new(), pool: Some(place(bank, actor, query.unit.as_deref()).await?.unit_ids) }
    } else {
        let id: Option<i32> =
            sqlx::query_scalar("select staff_id from staff where code = $1").bind(column).fetch_optional(bank.pool()).await?;
        Columns { staff: vec![(id.ok_or_else(unknown)?, column.clone())], pool: None }
    };
    let place = query.after.as_deref().map(cursor::decode::<Place>).transpose()?;
    let mut pages = read(bank, actor, query, &columns, place.as_ref()).await?;
    let page = pages.pop().ok_or_else(|| Error::new(Code::NotFound))?;
    let shown: Vec<CustomerNo> = page.cards.iter().map(|card| card.customer_no).collect();
    bank.audit_soon(actor, Entry::listed(Verb::TransferList, format!("manager:{column}"), &shown)).await;
    Ok(page)
}

/// The first page of every column, in one round trip.
pub(super) async fn first(bank: &Bank, actor: &Actor, query: &CardQuery, columns: &Columns) -> Result<Vec<ColumnCards>> {
    read(bank, actor, query, columns, None).await
}

async fn read(bank: &Bank, actor: &Actor, query: &CardQuery, columns: &Columns, place: Option<&Place>) -> Result<Vec<ColumnCards>> {
    if query.customers.as_ref().is_some_and(|customers| customers.len() > NAMED_MAX) {
        return Err(Error::field("customers", Rule::TooLong { max: NAMED_MAX }));
    }
    // Who and where are the columns' own; words are for the list.
    let asked = CustomerQuery { q: None, org: None, manager: None, limit: None, after: None, ..query.filter.clone() };
    let sort = order_of(&asked);
    let filter = Filter::resolve(bank, actor, &asked).await?;
    let limit = i64::from(query.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX));
    // Keys first, from the index alone where the filters allow; then the rows of those that are shown.
    let mut sql = QueryBuilder::new("with picked as materialized (");
    let by = order(sort).by;
    push_columns(&mut sql, columns, |sql, pool| {
        sql.push("select s.customer_id from customer_summary s where ");
        push_column(sql, columns, pool, &filter);
        if let Some(customers) = &query.customers {
            let ids: Vec<i64> = customers.iter().map(|no| no.id()).collect();
            sql.push(" and s.customer_id = any(").push_bind(ids).push(")");
        }
        if !query.folded.is_empty() {
            sql.push(" and s.tier_rank <> all(").push_bind(query.folded.clone()).push(")");
        }
        if let Some(place) = place {
            place.push_beyond(sort, sql)?;
        }
        sql.push(" order by ").push(by).push(" limit ").push_bind(limit + 1);
        Ok(())
    })?;
    sql.push(
        ") select picked.staff_id, s.customer_id, s.kind, s.name, s.name_key, s.tier_rank, s.aum, s.contribution, s.last_contact_at,
             s.opened_on, s.open_alerts, s.pooled_since, t.code as tier,
             exists (select from transfer_item i where i.customer_id = s.customer_id and i.is_open) as waits
         from picked join customer_summary s using (customer_id) left join tier t using (tier_id) where ",
    );
    filter.scope.restrict(&mut sql);
    sql.push(" order by picked.staff_id, ").push(by);
    let rows: Vec<Row> = sql.build_query_as().persistent(false).fetch_all(bank.pool()).await?;
    let narrowed = place.is_none() && is_narrowed(&asked);
    let mut matching = if narrowed { matching(bank, columns, &filter).await? } else { BTreeMap::new() };

    let keys = columns.staff.iter().map(|(id, key)| (Some(*id), key.as_str())).chain(columns.pool.as_ref().map(|_| (None, POOL)));
    let mut pages: BTreeMap<Option<i32>, (Vec<Card>, Option<String>)> = keys.clone().map(|(id, _)| (id, (Vec::new(), None))).collect();
    let mut ends: BTreeMap<Option<i32>, Place> = BTreeMap::new();
    for row in rows {
        let Some((cards, next)) = pages.get_mut(&row.staff_id) else { continue };
        if (cards.len() as i64) < limit {
            ends.insert(row.staff_id, row.place(sort));
            cards.push(row.into_card()?);
        } else if let Some(end) = ends.get(&row.staff_id) {
            *next = Some(cursor::encode(end)?);
        }
    }
    Ok(keys
        .filter_map(|(id, key)| {
            let (cards, next) = pages.remove(&id)?;
            let (matching, tiers) = match narrowed.then(|| matching.remove(&id).unwrap_or_default()) {
                Some((matching, tiers)) => (Some(matching), tiers),
                None => (None, Vec::new()),
            };
            Some(ColumnCards { column: key.to_owned(), cards, next, matching, tiers })
        })
        .collect())
}

/// The list has more orders, by what a card does not tell; the board is then as it usually is.
fn order_of(asked: &CustomerQuery) -> Sort {
    use Sort::{AumAsc, AumDesc, ContactAsc, ContactDesc, NameAsc, NameDesc, OpenedAsc, OpenedDesc, TierAsc, TierDesc};
    let known = |sort: &Sort| {
        matches!(sort, AumAsc | AumDesc | NameAsc | NameDesc | TierAsc | TierDesc | ContactAsc | ContactDesc | OpenedAsc | OpenedDesc)
    };
    asked.sort.filter(known).unwrap_or(AumDesc)
}

fn is_narrowed(asked: &CustomerQuery) -> bool {
    CustomerQuery { sort: None, ..asked.clone() } != CustomerQuery::default()
}

/// `select staff_id, s.* from …` over every column; `inside` writes the statement of one.
fn push_columns(
    sql: &mut QueryBuilder<Postgres>,
    columns: &Columns,
    mut inside: impl FnMut(&mut QueryBuilder<Postgres>, bool) -> Result<()>,
) -> Result<()> {
    sql.push("select u.staff_id, s.* from unnest(").push_bind(columns.staff.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    sql.push("::int[]) as u (staff_id) cross join lateral (");
    inside(sql, false)?;
    sql.push(") s");
    if columns.pool.is_some() {
        sql.push(" union all select null::int, s.* from (");
        inside(sql, true)?;
        sql.push(") s");
    }
    Ok(())
}

/// Who is in a column, in scope and not filtered out.
fn push_column(sql: &mut QueryBuilder<Postgres>, columns: &Columns, pool: bool, filter: &Filter) {
    match (&columns.pool, &filter.scope) {
        (Some(units), _) if pool => {
            sql.push("s.lead_staff_id is null and s.org_id = any(").push_bind(units.clone()).push(") and ");
            filter.scope.restrict(sql);
        }
        // Not as the index of units could answer it: a portfolio is judged row by row, where the planner
        // would first look up everybody in the unit.
        (_, Scope::Units(units)) => {
            sql.push("s.lead_staff_id = u.staff_id and (s.org_id + 0) = any(").push_bind(units.clone()).push(")");
        }
        _ => {
            sql.push("s.lead_staff_id = u.staff_id and ");
            filter.scope.restrict(sql);
        }
    }
    filter.push_filters(sql);
}

/// How many of each column match, what they weigh, and how many of them each tier has.
async fn matching(bank: &Bank, columns: &Columns, filter: &Filter) -> Result<BTreeMap<Option<i32>, (Portfolio, Vec<TierCount>)>> {
    let mut sql = QueryBuilder::new("");
    push_columns(&mut sql, columns, |sql, pool| {
        sql.push(
            "select (select t.code from tier t where t.tier_id = s.tier_id) as tier, count(*) as customers, coalesce(sum(s.aum), 0)::bigint as aum,
                 (count(*) * coalesce((select t.load from tier t where t.tier_id = s.tier_id), 1))::bigint as load, sum(s.contribution)::bigint as contribution from customer_summary s where ",
        );
        push_column(sql, columns, pool, filter);
        sql.push(" group by s.tier_id");
        Ok(())
    })?;
    let rows: Vec<(Option<i32>, Option<String>, i64, i64, i64, Option<i64>)> =
        sql.build_query_as().persistent(false).fetch_all(bank.pool()).await?;
    let mut found: BTreeMap<Option<i32>, (Portfolio, Vec<TierCount>)> = BTreeMap::new();
    for (id, tier, customers, aum, load, contribution) in rows {
        let (sum, tiers) = found.entry(id).or_default();
        sum.shift(Portfolio { customers, aum, load, contribution }, 1);
        tiers.extend(tier.map(|code| TierCount { code, customers }));
    }
    Ok(found)
}

#[derive(sqlx::FromRow)]
struct Row {
    staff_id: Option<i32>,
    customer_id: i64,
    kind: String,
    name: String,
    name_key: String,
    tier: Option<String>,
    tier_rank: i16,
    aum: i64,
    contribution: Option<i64>,
    last_contact_at: Option<DateTime<Utc>>,
    opened_on: Option<NaiveDate>,
    pooled_since: Option<NaiveDate>,
    open_alerts: i32,
    waits: bool,
}

impl Row {
    fn place(&self, sort: Sort) -> Place {
        let at = match sort {
            Sort::AumAsc | Sort::AumDesc => At::Aum(self.aum),
            Sort::NameAsc | Sort::NameDesc => At::Name(self.name_key.clone()),
            Sort::TierAsc | Sort::TierDesc => At::Tier(self.tier_rank, self.aum),
            Sort::ContactAsc | Sort::ContactDesc => At::Contact(self.last_contact_at.map(|at| at.timestamp_micros())),
            Sort::OpenedAsc | Sort::OpenedDesc => At::Opened(self.opened_on),
            // The board has no other order (see `order_of`).
            _ => At::Aum(self.aum),
        };
        Place { sort, at, id: self.customer_id, count: 0, capped: false }
    }

    fn into_card(self) -> Result<Card> {
        Ok(Card {
            customer_no: CustomerNo::from_id(self.customer_id),
            kind: Kind::from_code(&self.kind).ok_or_else(|| Error::internal("unknown kind of a customer"))?,
            name: self.name,
            tier: self.tier,
            aum: self.aum,
            contribution: self.contribution,
            last_contact_at: self.last_contact_at,
            pooled_since: self.pooled_since,
            alerts: self.open_alerts,
            waits: self.waits,
        })
    }
}
