//! What is to be reached, and how far it is: targets in force with the figures of their month.

use guanhu_domain::{
    access::Verb,
    dashboards::{BoardQuery, Figures, Frame, Indicator, forecast},
    targets::TargetItem,
};
use serde::{Deserialize, Serialize};

use super::{AHEAD, find_product, of_manager, of_unit};
use crate::{
    Actor, Bank, Result, Scope, cursor,
    dashboards::{Place, resolve_ahead, viewed},
};

/// Targets of one answer.
const PAGE: i64 = 500;

/// Of which products targets are asked for.
#[derive(Clone, Copy)]
pub(crate) enum Products {
    /// Of one, and of all together.
    Any,
    /// Of one, whichever it is.
    Each,
    One(i32),
}

/// Whose targets are asked for.
#[derive(Clone, Copy)]
pub(crate) enum Whose<'a> {
    /// The unit's own.
    Unit,
    /// Those of the units right below and of its managers as well.
    Parts,
    /// Of the manager of this staff code, whoever set them.
    Staff(&'a str),
}

/// What a page of targets is asked by.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub whose: Whose<'a>,
    pub products: Products,
}

/// The unit first, then units, then managers; by code, product and indicator.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Key {
    rank: i32,
    code: String,
    product: String,
    indicator: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    rank: i32,
    code: String,
    name: String,
    product: String,
    product_name: String,
    product_name_en: String,
    indicator: String,
    amount: i64,
    actual: Option<i64>,
}

/// Targets in force of a unit, the units right below and its managers in a month, five hundred at a time; of one product where its
/// code is given. A manager sees the own ones. `after` is `next` of the answer before.
///
/// # Errors
/// `Invalid` on `product` for an unknown one; `Malformed` for an `after` that was not told.
pub async fn reached(
    bank: &Bank,
    actor: &Actor,
    query: &BoardQuery,
    product: Option<&str>,
    after: Option<&str>,
) -> Result<Figures<TargetItem>> {
    actor.require(Verb::DashboardView)?;
    let (frame, place) = resolve_ahead(bank, actor, &BoardQuery { tier: None, ..query.clone() }, AHEAD).await?;
    let products = match product.filter(|code| !code.is_empty()) {
        Some(code) => Products::One(find_product(&mut *bank.pool().acquire().await?, code).await?.0),
        None => Products::Any,
    };
    let own = actor.me.staff.clone().unwrap_or_default();
    let whose = if matches!(actor.scope, Scope::Portfolio { .. }) { Whose::Staff(&own) } else { Whose::Parts };
    let after = after.filter(|after| !after.is_empty()).map(cursor::decode::<Key>).transpose()?;
    let (items, next) = page(bank, actor, &frame, place, Asked { whose, products }, after).await?;
    let next = next.map(|key| cursor::encode(&key)).transpose()?;
    bank.audit_soon(actor, viewed("targets", &frame)).await;
    Ok(Figures { items, next, month: frame.month.month, state: frame.month.state })
}

/// The first of them, for a board that records its own opening; none within one tier, which has no targets.
pub(crate) async fn items(bank: &Bank, actor: &Actor, frame: &Frame, place: Place, asked: Asked<'_>) -> Result<Vec<TargetItem>> {
    if place.tier_id >= 0 {
        return Ok(Vec::new());
    }
    Ok(page(bank, actor, frame, place, asked, None).await?.0)
}

async fn page(
    bank: &Bank,
    actor: &Actor,
    frame: &Frame,
    place: Place,
    asked: Asked<'_>,
    after: Option<Key>,
) -> Result<(Vec<TargetItem>, Option<Key>)> {
    let (staff, parts) = match asked.whose {
        Whose::Unit => (None, false),
        Whose::Parts => (None, true),
        Whose::Staff(code) => (Some(code), false),
    };
    let (only, each) = match asked.products {
        Products::Any => (None, false),
        Products::Each => (None, true),
        Products::One(product) => (Some(product), true),
    };
    let after = after.unwrap_or(Key { rank: -1, code: String::new(), product: String::new(), indicator: String::new() });
    let mut rows: Vec<Row> = sqlx::query_as(REACHED)
        .bind(place.org_id)
        .bind(place.month)
        .bind(staff)
        .bind(parts)
        .bind(only)
        .bind(each)
        .bind(after.rank)
        .bind(&after.code)
        .bind(&after.product)
        .bind(&after.indicator)
        .bind(PAGE + 1)
        .fetch_all(&mut *bank.read(actor).await?)
        .await?;
    let more = rows.len() as i64 > PAGE;
    rows.truncate(PAGE as usize);
    let last = rows.last().filter(|_| more);
    let next =
        last.map(|row| Key { rank: row.rank, code: row.code.clone(), product: row.product.clone(), indicator: row.indicator.clone() });
    let item = |row: Row| {
        let indicator = Indicator::from_code(&row.indicator)?;
        let ahead = |actual: i64| if indicator.is_flow() { forecast(actual, frame.elapsed) } else { actual };
        Some(TargetItem {
            code: row.code,
            name: row.name,
            is_staff: row.rank == 2,
            product: Some(row.product).filter(|code| !code.is_empty()),
            product_name: row.product_name,
            product_name_en: row.product_name_en,
            indicator,
            amount: row.amount,
            actual: row.actual,
            forecast: row.actual.map(ahead),
        })
    };
    Ok((rows.into_iter().filter_map(item).collect(), next))
}

/// `$1` unit, `$2` month, `$3` staff code of the only manager, `$4` with the parts, `$5` the only product, `$6` of products alone,
/// `$7`–`$10` after which, `$11` how many. What the month does not know of the bank it knows of nobody.
const REACHED: &str = concat!(
    "with months as (
    select coalesce(bool_or(m.ready), false) as ready,
        exists (select from contribution_month e where e.month = ($2::date - interval '1 month')::date and e.ready) as before
    from contribution_month m where m.month = $2
),
mine as (
    select distinct on (t.indicator, t.product_id) s.code, s.name, t.indicator, t.product_id, t.amount, t.staff_id
    from staff s join target t on t.staff_id = s.staff_id and t.staff_id <> 0 and t.month = $2 and t.amount is not null
    where s.code = $3
    order by t.indicator, t.product_id, t.org_id = s.org_id desc, t.set_at desc
),
told as (
    select 0 as rank, o.code, o.name, t.indicator, t.product_id, t.amount, t.org_id, 0 as staff_id
    from target t join org_unit o using (org_id) where t.org_id = $1 and t.month = $2 and t.staff_id = 0 and $3::text is null
    union all
    select 1, o.code, o.name, t.indicator, t.product_id, t.amount, t.org_id, 0
    from org_unit o join target t using (org_id) where o.parent_id = $1 and t.month = $2 and t.staff_id = 0 and $4 and $3 is null
    union all
    select 2, s.code, s.name, t.indicator, t.product_id, t.amount, t.org_id, t.staff_id
    from target t join staff s using (staff_id) where t.org_id = $1 and t.month = $2 and t.staff_id <> 0 and $4 and $3 is null
    union all
    select 2, code, name, indicator, product_id, amount, $1, staff_id from mine
),
shown as materialized (
    select w.*, coalesce(p.code, '') as product, coalesce(p.name, '') as product_name, coalesce(p.name_en, '') as product_name_en
    from told w left join product p using (product_id)
    where w.amount is not null and ($5::int is null or w.product_id = $5) and (w.product_id <> 0 or not $6)
      and (w.rank, w.code, coalesce(p.code, ''), w.indicator) > ($7, $8, $9, $10)
    order by w.rank, w.code, coalesce(p.code, ''), w.indicator limit $11
)
select w.rank, w.code, w.name, w.product, w.product_name, w.product_name_en, w.indicator, w.amount, case when k.known then coalesce(f.figure, 0) end as actual
from shown w cross join months m
cross join lateral (select case when w.product_id <> 0 then m.ready and (w.indicator <> 'gained' or m.before)
    else exists (select from unit_cube u join org_unit r on r.org_id = u.org_id and r.parent_id is null
        where u.month = $2 and u.tier_id = -1 and (to_jsonb(u) ->> w.indicator) is not null) end as known) k
cross join lateral (select case
    when w.product_id = 0 and w.staff_id = 0
        then (select (to_jsonb(u) ->> w.indicator)::bigint from unit_cube u where u.org_id = w.org_id and u.month = $2 and u.tier_id = -1)
    when w.product_id = 0
        then (select (to_jsonb(u) ->> w.indicator)::bigint from manager_cube u
              where u.org_id = $1 and u.month = $2 and u.tier_id = -1 and u.staff_id = w.staff_id)
    when w.staff_id = 0
        then (select ",
    of_unit!("w.indicator"),
    " from product_cube c where c.org_id = w.org_id and c.month = $2 and c.tier_id = -1 and c.product_id = w.product_id)
    else ",
    of_manager!("w.indicator", "$1", "w.staff_id", "w.product_id", "$2"),
    " end as figure) f
order by w.rank, w.code, w.product, w.indicator"
);
