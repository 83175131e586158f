//! The board: who has whom in charge in a unit.

use guanhu_domain::{
    Rule,
    access::Verb,
    assignments::{BoardColumn, Portfolio, TierCount},
    customers::ManagerRef,
};
use sqlx::types::Json;

use crate::{Actor, Bank, Error, Result, Scope};

/// Columns at once; a larger unit is looked at one of its parts at a time.
const COLUMNS_MAX: i64 = 60;

/// The pool and the managers of a unit (the actor's own unless told), each with what is in charge. Cards
/// are read by [`crate::customers::list`] with the column's manager.
///
/// # Errors
/// `invalid` for a unit that is unknown, out of scope or has more managers than a board can show.
pub async fn board(bank: &Bank, actor: &Actor, unit: Option<&str>) -> Result<Vec<BoardColumn>> {
    actor.require(Verb::TransferList)?;
    let unit = unit.unwrap_or(&actor.me.org);
    let own = match &actor.scope {
        Scope::Units(units) => units.clone(),
        // A manager looks at the colleagues of the own unit, without their customers.
        Scope::Portfolio { .. } => vec![actor.org_id],
        Scope::Nothing => Vec::new(),
    };
    let units: Vec<i32> = sqlx::query_scalar(
        "select o.org_id from org_unit o, org_unit top where top.code = $1 and o.path @> array[top.org_id] and o.org_id = any($2)",
    )
    .bind(unit)
    .bind(own)
    .fetch_all(bank.pool())
    .await?;
    if units.is_empty() {
        return Err(Error::field("org", Rule::UnknownCode { value: unit.to_owned() }));
    }
    let rows: Vec<Row> = sqlx::query_as(
        "with managers as (
             select m.staff_id, m.code, m.name, o.name as unit, m.capacity, m.left_on is not null as closed
             from staff m join org_unit o using (org_id)
             where m.org_id = any($1) and (m.is_manager or exists (select from customer_summary s where s.lead_staff_id = m.staff_id))
               and (m.left_on is null or exists (select from customer_summary s where s.lead_staff_id = m.staff_id))
             order by o.path, m.code limit $2
         ), held as (
             select s.lead_staff_id as staff_id, s.tier_id, count(*) as customers, sum(s.aum)::bigint as aum, sum(greatest(s.tier_rank, 1))::bigint as load
             from customer_summary s where s.lead_staff_id in (select staff_id from managers) group by 1, 2
             union all
             select null, s.tier_id, count(*), sum(s.aum)::bigint, sum(greatest(s.tier_rank, 1))::bigint
             from customer_summary s where s.lead_staff_id is null and s.org_id = any($1) group by 2
         ), summed as (
             select h.staff_id, sum(h.customers)::bigint as customers, sum(h.aum)::bigint as aum, sum(h.load)::bigint as load,
                 coalesce(jsonb_agg(jsonb_build_object('name', t.name, 'name_en', t.name_en, 'mark', t.mark, 'customers', h.customers)
                     order by t.rank desc, t.tier_id) filter (where t.tier_id is not null), '[]') as tiers
             from held h left join tier t using (tier_id) group by h.staff_id
         )
         select null as code, null as name, '' as unit, 0 as capacity, false as closed, 0 as at,
             coalesce(p.customers, 0) as customers, coalesce(p.aum, 0) as aum, coalesce(p.load, 0) as load, coalesce(p.tiers, '[]') as tiers
         from (select) one left join summed p on p.staff_id is null
         union all
         select m.code, m.name, m.unit, m.capacity, m.closed, row_number() over (order by m.unit, m.code)::int,
             coalesce(s.customers, 0), coalesce(s.aum, 0), coalesce(s.load, 0), coalesce(s.tiers, '[]')
         from managers m left join summed s using (staff_id)
         order by at",
    )
    .bind(&units)
    .bind(COLUMNS_MAX + 1)
    .fetch_all(bank.pool())
    .await?;
    if rows.len() as i64 > COLUMNS_MAX + 1 {
        let rule = Rule::Other {
            zh: format!("此机构的客户经理超过 {COLUMNS_MAX} 位，请选择其下级机构。"),
            en: format!("This unit has more than {COLUMNS_MAX} managers. Choose a unit below it."),
        };
        return Err(Error::field("org", rule));
    }
    Ok(rows.into_iter().map(Row::into_column).collect())
}

#[derive(sqlx::FromRow)]
struct Row {
    code: Option<String>,
    name: Option<String>,
    unit: String,
    capacity: i32,
    closed: bool,
    customers: i64,
    aum: i64,
    load: i64,
    tiers: Json<Vec<TierCount>>,
}

impl Row {
    fn into_column(self) -> BoardColumn {
        BoardColumn {
            manager: self.code.zip(self.name).map(|(code, name)| ManagerRef { code, name }),
            unit: self.unit,
            portfolio: Portfolio { customers: self.customers, aum: self.aum, load: self.load },
            capacity: i64::from(self.capacity),
            tiers: self.tiers.0,
            closed: self.closed,
        }
    }
}
