//! The board: who has whom in charge in a unit. The heads of its columns come from one statement over the
//! index of leads, whatever the size of the bank.

use guanhu_domain::{
    CustomerNo, Rule,
    access::Verb,
    assignments::{
        ApprovalPolicy, POOL, Portfolio,
        board::{Board, BoardColumn, BoardPage, BoardTier, CardQuery, TierCount},
    },
    customers::{ManagerRef, OrgRef, UnitChoice},
};
use sqlx::types::Json;

use super::cards::{self, Columns};
use crate::{Actor, Bank, Error, Result, Scope, audit::Entry};

/// Columns at once; a larger unit is looked at one of its parts at a time.
const COLUMNS_MAX: i64 = 60;

/// The pool and the managers of a unit, each with what is in charge, and the first cards of each column.
/// Without a unit it is the actor's own or, where that has too many managers for one board, the first
/// below it that has not.
///
/// # Errors
/// `invalid` for a unit that is unknown, out of scope or has more managers than a board can show, and for
/// filters whose code is unknown.
pub async fn board(bank: &Bank, actor: &Actor, query: &CardQuery) -> Result<BoardPage> {
    actor.require(Verb::TransferList)?;
    let place = place(bank, actor, query.unit.as_deref()).await?;
    let scope = match &actor.scope {
        Scope::Units(units) => Some(units),
        // How busy the colleagues are is known in the unit, and what is one's own is in scope wherever it is.
        _ => None,
    };
    let rows: Vec<Row> =
        // Who left and still leads has a column beside theirs.
        sqlx::query_as(HEADS).bind(&place.unit_ids).bind(2 * COLUMNS_MAX).bind(scope).bind(&query.columns).fetch_all(bank.pool()).await?;
    let keys: Vec<(Option<i32>, String)> =
        rows.iter().map(|row| (row.staff_id, row.code.clone().unwrap_or_else(|| POOL.to_owned()))).collect();
    let columns: Vec<BoardColumn> = rows.into_iter().map(|row| row.into_column(actor)).collect();
    let open = |key: &String| columns.iter().any(|column| column.open && column.key() == key);
    let asked = Columns {
        staff: keys.iter().filter(|(_, key)| open(key)).filter_map(|(id, key)| Some(((*id)?, key.clone()))).collect(),
        pool: keys.iter().any(|(id, key)| id.is_none() && open(key)).then(|| place.unit_ids.clone()),
    };
    let cards = match query.limit {
        Some(0) => Vec::new(),
        _ => cards::first(bank, actor, query, &asked).await?,
    };
    let board = Board {
        unit: place.unit,
        units: place.units.0,
        columns,
        tiers: place.tiers.0,
        policy: place.policy.map_or_else(Default::default, |it| it.0),
    };
    let shown: Vec<CustomerNo> = cards.iter().flat_map(|column| &column.cards).map(|card| card.customer_no).collect();
    if !shown.is_empty() {
        bank.audit_soon(actor, Entry::listed(Verb::TransferList, format!("unit:{}", board.unit.code), &shown)).await;
    }
    Ok(BoardPage { board, cards })
}

/// The unit that is looked at and what belongs to every board.
#[derive(sqlx::FromRow)]
pub(super) struct Place {
    #[sqlx(json)]
    pub unit: OrgRef,
    /// The unit and all below it, in the actor's scope.
    pub unit_ids: Vec<i32>,
    pub units: Json<Vec<UnitChoice>>,
    tiers: Json<Vec<BoardTier>>,
    policy: Option<Json<ApprovalPolicy>>,
}

pub(super) async fn place(bank: &Bank, actor: &Actor, unit: Option<&str>) -> Result<Place> {
    let own = match &actor.scope {
        Scope::Units(units) => units.clone(),
        // A manager looks at the colleagues of the own unit, without their customers.
        Scope::Portfolio { .. } => vec![actor.org_id],
        Scope::Nothing => Vec::new(),
    };
    let place: Option<Place> = sqlx::query_as(
        "with mine as (
             select o.org_id, o.code, o.name, o.path from org_unit o where o.org_id = any($2) and o.closed_on is null
         ), counted as (
             select above.org_id, count(*) as managers
             from staff m join mine using (org_id) cross join lateral unnest(mine.path) as above (org_id)
             where m.is_manager and m.left_on is null group by above.org_id
         ), own as (
             select mine.*, coalesce(counted.managers, 0) as managers from mine left join counted using (org_id)
         ), top as (
             select * from own where case when $1::text is null then managers <= $3 else code = $1 end
             order by managers = 0, path limit 1
         )
         select jsonb_build_object('code', top.code, 'name', top.name) as unit,
             array(select o.org_id from org_unit o where o.path @> array[top.org_id] and o.org_id = any($2)) as unit_ids,
             (select jsonb_agg(jsonb_build_object('code', own.code, 'name', own.name,
                 'depth', cardinality(own.path) - (select min(cardinality(path)) from own)) order by own.path) from own where managers > 0) as units,
             (select coalesce(jsonb_agg(jsonb_build_object('code', t.code, 'name', t.name, 'name_en', t.name_en, 'mark', t.mark, 'rank', t.rank,
                 'served_by', t.served_by, 'weight', t.load)
                 order by t.rank desc, t.code), '[]') from tier t) as tiers,
             (select value from parameter where key = 'transfer.approval') as policy
         from top where top.managers <= $3",
    )
    .bind(unit)
    .bind(own)
    .bind(COLUMNS_MAX)
    .fetch_optional(bank.pool())
    .await?;
    place.ok_or_else(|| {
        let rule = Rule::Other {
            zh: format!("没有此机构，或其客户经理超过 {COLUMNS_MAX} 位。请选择其下级机构。"),
            en: format!("There is no such unit, or it has more than {COLUMNS_MAX} managers. Choose a unit below it."),
        };
        Error::field("org", rule)
    })
}

/// `$1` units, `$2` managers at most, `$3` units whose customers count (null: all), `$4` keys of columns (null: all).
/// Sums come from the index of leads: loads by tier, not by customer. How busy a manager is counts every customer.
const HEADS: &str = "with managers as (
         select m.staff_id, m.code, m.name, o.name as unit, coalesce(b.code, o.code) as branch, m.capacity,
             m.left_on is not null or not m.is_manager as closed, coalesce(m.qualification, '') as qualification, row_number() over (order by o.path, m.code) as at
         from staff m join org_unit o using (org_id) left join org_unit b on b.org_id = o.path[2]
         where m.org_id = any($1) and (m.is_manager and m.left_on is null or exists (select from customer_summary s where s.lead_staff_id = m.staff_id))
         order by o.path, m.code limit $2
     ), shown as (
         select * from managers where $4::text[] is null or code = any($4)
     ), held as (
         select m.staff_id, h.* from shown m cross join lateral (
             select s.tier_id, count(*) as all_customers, count(*) filter (where x.within) as customers,
                 coalesce(sum(s.aum) filter (where x.within), 0)::bigint as aum, sum(s.contribution) filter (where x.within)::bigint as contribution
             from customer_summary s cross join lateral (select $3::int[] is null or s.org_id = any($3) as within) x
             where s.lead_staff_id = m.staff_id group by s.tier_id) h
         union all
         select null, s.tier_id, count(*), count(*), sum(s.aum)::bigint, null
         from customer_summary s where s.lead_staff_id is null and s.org_id = any($1) and ($4::text[] is null or 'none' = any($4)) group by s.tier_id
     ), summed as (
         select h.staff_id, sum(h.customers)::bigint as customers, sum(h.aum)::bigint as aum, sum(h.contribution)::bigint as contribution,
             sum(h.all_customers * coalesce(t.load, 1))::bigint as load,
             coalesce(jsonb_agg(jsonb_build_object('code', t.code, 'customers', h.customers) order by t.rank desc, t.code)
                 filter (where t.tier_id is not null and h.customers > 0), '[]') as tiers
         from held h left join tier t using (tier_id) group by h.staff_id
     ), columns as (
         select null::int as staff_id, null as code, null as name, '' as unit, coalesce(b.code, o.code) as branch, 0 as capacity, false as closed, '' as qualification, 0::bigint as at
         from org_unit o left join org_unit b on b.org_id = o.path[2]
         where o.org_id = ($1)[1] and ($4::text[] is null or 'none' = any($4))
         union all
         select * from shown
     )
     select c.*, coalesce(s.customers, 0) as customers, coalesce(s.aum, 0) as aum, s.contribution, coalesce(s.load, 0) as load,
         coalesce(s.tiers, '[]') as tiers
     from columns c left join summed s on s.staff_id is not distinct from c.staff_id order by c.at";

#[derive(sqlx::FromRow)]
struct Row {
    staff_id: Option<i32>,
    code: Option<String>,
    name: Option<String>,
    unit: String,
    branch: String,
    capacity: i32,
    closed: bool,
    qualification: String,
    customers: i64,
    aum: i64,
    contribution: Option<i64>,
    load: i64,
    tiers: Json<Vec<TierCount>>,
}

impl Row {
    fn into_column(self, actor: &Actor) -> BoardColumn {
        let open = match actor.scope {
            Scope::Units(_) => true,
            Scope::Portfolio { staff_id, .. } => self.staff_id == Some(staff_id),
            Scope::Nothing => false,
        };
        let portfolio = Portfolio { customers: self.customers, aum: self.aum, load: self.load, contribution: self.contribution };
        BoardColumn {
            manager: self.code.zip(self.name).map(|(code, name)| ManagerRef { code, name }),
            unit: self.unit,
            branch: self.branch,
            // Of a colleague a manager learns how busy, not how rich.
            portfolio: if open { portfolio } else { Portfolio { aum: 0, contribution: None, ..portfolio } },
            capacity: i64::from(self.capacity),
            tiers: if open { self.tiers.0 } else { Vec::new() },
            closed: self.closed,
            qualification: self.qualification,
            open,
        }
    }
}
