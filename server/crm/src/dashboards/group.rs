//! A customer group on a dashboard: counted from its members as they are now, because the cubes know no groups.

use guanhu_domain::{
    access::Verb,
    dashboards::{GroupFigures, GroupManagers, GroupValue},
};
use serde::de::DeserializeOwned;
use sqlx::{Postgres, QueryBuilder, types::Json};

use super::frame::Place;
use crate::{
    Actor, Bank, Error, Result,
    groups::{self, Members},
};

/// The members within a unit and tier of the actor's. Everybody who counts is somebody whom the actor may look at, so
/// small figures tell nothing that the list does not.
///
/// # Errors
/// `invalid` on `group` for one that the actor may not use; `busy` when it takes longer than anybody waits.
pub(super) async fn of_group(bank: &Bank, actor: &Actor, place: Place, code: &str) -> Result<GroupFigures> {
    actor.require(Verb::DashboardView)?;
    let members = groups::resolve(bank, actor, code).await?;
    one(bank, &members, statement(actor, place, &members)).await
}

/// The members by whose lead they were at the end of the month.
///
/// # Errors
/// As for [`of_group`].
pub(super) async fn managers_of_group(bank: &Bank, actor: &Actor, place: Place, code: &str) -> Result<GroupManagers> {
    in_month(bank, actor, place, code, MANAGERS).await
}

/// Tenths of the members by what they brought in the month, and their tiers.
///
/// # Errors
/// As for [`of_group`].
pub(super) async fn value_of_group(bank: &Bank, actor: &Actor, place: Place, code: &str) -> Result<GroupValue> {
    in_month(bank, actor, place, code, VALUE).await
}

async fn in_month<T: DeserializeOwned + Unpin + Send + 'static>(
    bank: &Bank,
    actor: &Actor,
    place: Place,
    code: &str,
    figures: &'static str,
) -> Result<T> {
    actor.require(Verb::DashboardView)?;
    let members = groups::resolve(bank, actor, code).await?;
    one(bank, &members, of_month(actor, place, &members, figures)).await
}

async fn one<T: DeserializeOwned + Unpin + Send + 'static>(bank: &Bank, members: &Members, mut sql: QueryBuilder<Postgres>) -> Result<T> {
    let mut rows: Vec<(Json<T>,)> = members.patiently(bank, sql.build_query_as().persistent(false)).await?;
    rows.pop().map(|(figures,)| figures.0).ok_or_else(|| Error::internal("no figures of a group"))
}

/// One row of JSON. Members alike in tier, unit, kind and products are one row before anything else is done with them.
fn statement(actor: &Actor, place: Place, members: &Members) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new("with place as (select ");
    sql.push_bind(place.org_id).push(
        "::int as org_id), own as materialized (
             select s.tier_id, s.org_id, s.kind, s.product_ids, count(*) as customers, sum(s.aum) as aum, sum(s.deposits) as deposits,
                 sum(s.wealth) as wealth, sum(s.loans) as loans, sum(s.contribution) as contribution
             from customer_summary s where ",
    );
    actor.scope.restrict(&mut sql);
    sql.push(" and s.org_id in (select o.org_id from place join org_unit o on o.path @> array[place.org_id])");
    if place.tier_id >= 0 {
        sql.push(" and s.tier_id = ").push_bind(place.tier_id);
    }
    sql.push(" and ");
    members.push(&mut sql);
    sql.push(" group by 1, 2, 3, 4) ").push(FIGURES);
    sql
}

/// `own`: members of today with their figures of the month; whoever was no customer then is not among them.
fn of_month(actor: &Actor, place: Place, members: &Members, figures: &'static str) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new(
        "with own as materialized (
             select c.customer_id, c.lead_id, c.tier_id, c.aum, c.spread + c.fees - c.expected_loss as income, c.cost, c.contribution, c.contacts
             from customer_summary s join customer_month c on c.customer_id = s.customer_id and c.month = ",
    );
    sql.push_bind(place.month).push(" where ");
    actor.scope.restrict(&mut sql);
    sql.push(" and c.org_id in (select o.org_id from org_unit o where o.path @> array[").push_bind(place.org_id).push("::int])");
    if place.tier_id >= 0 {
        sql.push(" and c.tier_id = ").push_bind(place.tier_id);
    }
    sql.push(" and ");
    members.push(&mut sql);
    sql.push(") ").push(figures);
    sql
}

/// As many lines as a league has.
const MANAGERS: &str = ", line as materialized (
    select lead_id, count(*) as customers, sum(aum) as aum, sum(contribution) as contribution, sum(contacts) as contacts,
        count(*) filter (where contacts > 0) as contacted
    from own group by 1
), most as (
    (select * from line where lead_id <> 0 order by customers desc, lead_id limit 500) union all (select * from line where lead_id = 0)
)
select jsonb_build_object(
    'managers', coalesce((select jsonb_agg(jsonb_build_object('code', coalesce(m.code, ''), 'name', coalesce(m.name, ''), 'org_name', coalesce(u.name, ''),
            'customers', o.customers, 'aum', o.aum, 'contribution', o.contribution, 'contacts', o.contacts, 'contacted', o.contacted)
            order by m.staff_id is null, o.customers desc, m.staff_id)
        from most o left join staff m on m.staff_id = o.lead_id left join org_unit u on u.org_id = m.org_id), '[]'),
    'whole', (select jsonb_build_object('code', '', 'name', '', 'org_name', '', 'customers', coalesce(sum(customers), 0), 'aum', coalesce(sum(aum), 0),
            'contribution', coalesce(sum(contribution), 0), 'contacts', coalesce(sum(contacts), 0), 'contacted', coalesce(sum(contacted), 0)) from line),
    'capped', (select count(*) > 500 from line where lead_id <> 0))";

const VALUE: &str = "select jsonb_build_object(
    'deciles', coalesce((select jsonb_agg(to_jsonb(d) order by decile)
        from (select decile, count(*) as customers, sum(aum) as aum, sum(income) as income, sum(cost) as cost, sum(contribution) as contribution
              from (select *, ntile(10) over (order by contribution desc, customer_id) as decile from own) o group by 1) d), '[]'),
    'tiers', coalesce((select jsonb_agg(jsonb_build_object('code', coalesce(t.code, ''), 'name', coalesce(t.name, ''), 'name_en', coalesce(t.name_en, ''),
            'customers', c.customers, 'aum', c.aum, 'contribution', c.contribution) order by k.customer_kind desc nulls last, t.rank desc)
        from (select tier_id, count(*) as customers, sum(aum) as aum, sum(contribution) as contribution from own group by 1) c
        left join tier t using (tier_id) left join tier_scheme k using (scheme_id)), '[]'))";

const FIGURES: &str = "select jsonb_build_object(
    'customers', (select coalesce(sum(customers), 0) from own),
    'aum', (select coalesce(sum(aum), 0) from own),
    'deposits', (select coalesce(sum(deposits), 0) from own),
    'wealth', (select coalesce(sum(wealth), 0) from own),
    'loans', (select coalesce(sum(loans), 0) from own),
    'contribution', (select sum(contribution) from own),
    'tiers', coalesce((select jsonb_agg(jsonb_build_object('code', coalesce(t.code, ''), 'name', coalesce(t.name, ''), 'name_en', coalesce(t.name_en, ''),
            'customers', c.customers, 'aum', c.aum, 'contribution', c.contribution) order by k.customer_kind desc nulls last, t.rank desc)
        from (select tier_id, sum(customers) as customers, sum(aum) as aum, sum(contribution) as contribution from own group by 1) c
        left join tier t using (tier_id) left join tier_scheme k using (scheme_id)), '[]'),
    'units', coalesce((select jsonb_agg(jsonb_build_object('code', u.code, 'name', u.name, 'name_en', '',
            'customers', u.customers, 'aum', u.aum, 'contribution', u.contribution) order by u.aum desc, u.code)
        from (select below.code, below.name, sum(c.customers) as customers, sum(c.aum) as aum, sum(c.contribution) as contribution
              from own c join org_unit o using (org_id) cross join place
              join org_unit below on below.org_id = coalesce(o.path[array_position(o.path, place.org_id) + 1], o.org_id) group by 1, 2) u), '[]'),
    'products', coalesce((select jsonb_agg(jsonb_build_object('code', p.code, 'name', p.name, 'name_en', p.name_en, 'holders', h.holders, 'eligible', e.eligible)
            order by array_position(array['current', 'term', 'wealth', 'fund', 'insurance', 'loan', 'card'], p.category), p.code)
        from product p
        cross join lateral (select coalesce(sum(c.customers), 0) as eligible from own c where p.customer_kind is null or c.kind = p.customer_kind) e
        left join (select held.product_id, sum(c.customers) as holders from own c cross join lateral unnest(c.product_ids) held (product_id) group by 1) h_
            on h_.product_id = p.product_id
        cross join lateral (select coalesce(h_.holders, 0) as holders) h
        where e.eligible > 0 and (p.active or h.holders > 0)), '[]'))";
