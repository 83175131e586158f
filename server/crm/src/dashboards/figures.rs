//! The same figures as lists, for other programs.

use guanhu_domain::{
    access::Verb,
    contribution::kin::KinKind,
    dashboards::{AdoptionItem, BoardQuery, Figures, Frame, Level, LevelItem, ManagerLine, share},
    problem::Rule,
};
use sqlx::types::Json;

use super::{
    boards::{eligible, viewed},
    frame::{Place, resolve},
    people,
};
use crate::{Actor, Bank, Error, Result, Scope};

fn figures<T>(frame: &Frame, items: Vec<T>) -> Figures<T> {
    Figures { items, next: None, month: frame.month.month, state: frame.month.state }
}

/// Managers with target and actual, five hundred at a time, and at the end what is in nobody's charge, whose
/// code is empty: all of them sum to the unit. A manager sees only the own line. `after` is `next` of the answer before.
///
/// # Errors
/// `Invalid` on `after`.
pub async fn performance(bank: &Bank, actor: &Actor, query: &BoardQuery, after: Option<&str>) -> Result<Figures<ManagerLine>> {
    actor.require(Verb::DashboardView)?;
    let after: i64 = match after.filter(|after| !after.is_empty()) {
        Some(text) => text
            .parse()
            .ok()
            .filter(|after| *after >= 0)
            .ok_or_else(|| Error::field("after", Rule::BadFormat { expected: "500".into() }))?,
        None => 0,
    };
    let (frame, place) = resolve(bank, actor, query).await?;
    let (mut items, unassigned) = people::lines(bank, actor, &frame, place, after).await?;
    bank.audit_soon(actor, viewed("performance", &frame)).await;
    let is_last = (items.len() as i64) < people::LIMIT;
    let next = (!is_last).then(|| (after + people::LIMIT).to_string());
    items.extend(unassigned.filter(|_| is_last));
    Ok(Figures { next, ..figures(&frame, items) })
}

fn own(actor: &Actor) -> Option<i32> {
    match actor.scope {
        Scope::Portfolio { staff_id, .. } => Some(staff_id),
        _ => None,
    }
}

/// Who holds each product, of those who could; `by` `org` (units right below), `tier` or `age` (persons by band, see
/// [`guanhu_domain::products::age_band`], and only of all tiers). A manager sees the own portfolio.
///
/// # Errors
/// `Invalid` on `by`.
pub async fn adoption(bank: &Bank, actor: &Actor, query: &BoardQuery, by: Option<&str>) -> Result<Figures<AdoptionItem>> {
    actor.require(Verb::DashboardView)?;
    let (frame, place) = resolve(bank, actor, query).await?;
    let sql = match (own(actor), by.filter(|by| !by.is_empty())) {
        (Some(_), None) => ADOPTION_OWN,
        (Some(_), Some("tier")) => ADOPTION_OWN_TIER,
        (None, None) => ADOPTION,
        (None, Some("org")) => ADOPTION_ORG,
        (None, Some("tier")) => ADOPTION_TIER,
        (None, Some("age")) => ADOPTION_AGE,
        (_, Some(by)) => return Err(Error::field("by", Rule::UnknownCode { value: by.to_owned() })),
    };
    let rows: Vec<(String, String, Option<String>, i64, i64, Option<i64>, Option<i64>)> = sqlx::query_as(sql)
        .bind(place.org_id)
        .bind(place.month)
        .bind(place.tier_id)
        .bind(own(actor))
        .fetch_all(&mut *bank.read(actor).await?)
        .await?;
    bank.audit_soon(actor, viewed("adoption", &frame)).await;
    let item = |(product, name, by, eligible, holders, gained, lapsed)| AdoptionItem {
        product,
        name,
        by,
        eligible,
        holders,
        gained,
        lapsed,
        adoption: share(holders, eligible),
    };
    Ok(figures(&frame, rows.into_iter().map(item).collect()))
}

macro_rules! adoption {
    ($by:literal, $units:literal, $tail:literal) => {
        concat!(
            "select p.code, p.name, ",
            $by,
            ", (",
            eligible!(),
            ")::bigint, coalesce(c.holders, 0)::bigint, c.gained::bigint, c.lapsed::bigint
             from ",
            $units,
            " cross join product p
             left join product_cube c on c.org_id = u.org_id and c.month = $2 and c.tier_id = u.tier_id and c.product_id = p.product_id
             where u.month = $2 and $4::int is null and (p.active or c.holders > 0) and ",
            eligible!(),
            " > 0 ",
            $tail
        )
    };
}

const ADOPTION: &str = adoption!("null::text", "unit_cube u", "and u.org_id = $1 and u.tier_id = $3 order by p.code");
const ADOPTION_ORG: &str = adoption!(
    "o.code",
    "unit_cube u join org_unit o on o.org_id = u.org_id",
    "and o.parent_id = $1 and u.tier_id = $3 order by p.code, o.code"
);
const ADOPTION_TIER: &str = adoption!(
    "coalesce(t.code, '')",
    "unit_cube u left join tier t on t.tier_id = u.tier_id",
    "and u.org_id = $1 and u.tier_id >= 0 and ($3 = -1 or u.tier_id = $3) order by p.code, t.rank"
);

const ADOPTION_AGE: &str = "
select p.code, p.name, a.value::text, a.customers::bigint, coalesce(h.customers, 0)::bigint, null::bigint, null::bigint
from trait_cube a cross join product p
left join trait_cube h on h.org_id = $1 and h.month = $2 and h.trait = 'age' and h.value = a.value and h.product_id = p.product_id
where a.org_id = $1 and a.month = $2 and a.trait = 'age' and a.product_id = 0 and $3 = -1 and $4::int is null
    and p.customer_kind is distinct from 'corporate' and (p.active or h.customers > 0)
order by p.code, a.value";

macro_rules! adoption_own {
    ($by:literal, $tail:literal) => {
        concat!(
            "select p.code, p.name, ",
            $by,
            ", (",
            eligible!(),
            ")::bigint, coalesce(c.holders, 0)::bigint, null::bigint, null::bigint
             from manager_cube u cross join product p left join tier t on t.tier_id = u.tier_id
             left join lateral (select sum(k.holders) as holders from contribution_cube k where k.staff_id = $4 and k.month = $2
                 and k.product_id = p.product_id and (u.tier_id = -1 or k.tier_id = u.tier_id)) c on true
             where u.org_id = $1 and u.month = $2 and u.staff_id = $4 and p.active and ",
            eligible!(),
            " > 0 ",
            $tail
        )
    };
}

const ADOPTION_OWN: &str = adoption_own!("null::text", "and u.tier_id = $3 order by p.code");
const ADOPTION_OWN_TIER: &str =
    adoption_own!("coalesce(t.code, '')", "and u.tier_id >= 0 and ($3 = -1 or u.tier_id = $3) order by p.code, t.rank");

/// Contribution and its lines at one level; the items sum to the bank, or to the viewer's part of it,
/// to the cent. What belongs to nobody has an empty code.
pub async fn levels(bank: &Bank, actor: &Actor, query: &BoardQuery, level: Level) -> Result<Figures<LevelItem>> {
    actor.require(Verb::DashboardView)?;
    let (frame, place) = resolve(bank, actor, query).await?;
    match level {
        Level::Household => return kin(bank, actor, frame, place, KinKind::Household).await,
        Level::Group => return kin(bank, actor, frame, place, KinKind::Group).await,
        _ => {}
    }
    let rows: Vec<Json<LevelItem>> = sqlx::query_scalar(match (level, own(actor)) {
        // Of units there is a cube with every line; a portfolio has to be summed from what it is made of.
        (Level::Unit, None) if !frame.month.moving => UNITS,
        (Level::Tier, None) => UNIT_TIERS,
        (Level::Bank, None) => UNIT,
        (Level::Unit, _) => BY_UNIT,
        (Level::Manager, _) => BY_MANAGER,
        (Level::Product, _) => BY_PRODUCT,
        (Level::Tier, _) => BY_TIER,
        (Level::Bank, _) => BY_BANK,
        (Level::Household | Level::Group, _) => return Err(Error::internal("a level of its own")),
    })
    .bind(place.org_id)
    .bind(place.month)
    .bind(place.tier_id)
    .bind(own(actor))
    .fetch_all(&mut *bank.read(actor).await?)
    .await?;
    bank.audit_soon(actor, viewed("contribution", &frame)).await;
    Ok(figures(&frame, rows.into_iter().map(|Json(item)| item).collect()))
}

/// Households or groups.
///
/// # Errors
/// `NotFound` for a manager, who shares in customers rather than in families; `Invalid` on `tier`: they are not kept by tier.
async fn kin(bank: &Bank, actor: &Actor, frame: Frame, place: Place, kind: KinKind) -> Result<Figures<LevelItem>> {
    let Scope::Units(units) = &actor.scope else { return Err(Error::not_found()) };
    if place.tier_id >= 0 {
        let (zh, en) = ("家庭和集团不按分层统计", "households and groups are not kept by tier");
        return Err(Error::field("tier", Rule::Other { zh: zh.into(), en: en.into() }));
    }
    let rows: Vec<Json<LevelItem>> = sqlx::query_scalar(KIN)
        .bind(place.org_id)
        .bind(place.month)
        .bind(kind.code())
        .bind(units)
        .fetch_all(&mut *bank.read(actor).await?)
        .await?;
    bank.audit_soon(actor, viewed("contribution", &frame)).await;
    Ok(figures(&frame, rows.into_iter().map(|Json(item)| item).collect()))
}

const KIN: &str = "
select jsonb_build_object('code', case k.place when 0 then 'others' when -1 then '' else coalesce(customer_no(s.customer_id), '-') end,
    'name', coalesce(s.name, ''), 'customers', k.customers, 'spread', k.spread, 'fees', k.fees, 'expected_loss', k.expected_loss,
    'cost', k.cost, 'contribution', k.contribution)
from kin_cube k left join customer_summary s on s.customer_id = k.head_id and s.org_id = any($4)
where k.org_id = $1 and k.month = $2 and k.kind = $3
order by k.place < 1, k.place < 0, k.place";

macro_rules! level {
    ($id:literal, $named:literal) => {
        concat!(
            "select jsonb_build_object('code', coalesce(n.code, ''), 'name', coalesce(n.name, ''), 'spread', c.spread, 'fees', c.fees,
                 'expected_loss', c.expected_loss, 'cost', c.cost, 'contribution', c.contribution)
             from (select ",
            $id,
            " as id, sum(spread) as spread, sum(fees) as fees, sum(expected_loss) as expected_loss, sum(cost) as cost, sum(contribution) as contribution
                 from contribution_cube c
                 where month = $2 and org_id in (select o.org_id from org_unit o where o.path @> array[$1::int]) and ($3 = -1 or tier_id = $3)
                   and ($4::int is null or staff_id = $4)
                 group by 1) c
             left join ",
            $named,
            " order by c.contribution desc, n.code"
        )
    };
}

const BY_UNIT: &str = level!("c.org_id", "org_unit n on n.org_id = c.id");
const BY_MANAGER: &str = level!("c.staff_id", "staff n on n.staff_id = c.id");
const BY_PRODUCT: &str = level!("c.product_id", "product n on n.product_id = c.id");
const BY_TIER: &str = level!("c.tier_id", "tier n on n.tier_id = c.id");
const BY_BANK: &str = level!("$1::int", "org_unit n on n.org_id = c.id");

macro_rules! unit_level {
    ($rows:literal, $named:literal) => {
        concat!(
            "select jsonb_build_object('code', coalesce(n.code, ''), 'name', coalesce(n.name, ''), 'spread', c.spread, 'fees', c.fees,
                 'expected_loss', c.expected_loss, 'cost', c.cost, 'contribution', c.contribution)
             from (",
            $rows,
            ") c left join ",
            $named,
            " where $4::int is null order by c.contribution desc, n.code"
        )
    };
}

/// A unit's row has all that is beneath it: its own is what its parts leave over.
const UNITS: &str = unit_level!(
    "select id, sum(spread) as spread, sum(fees) as fees, sum(expected_loss) as expected_loss, sum(cost) as cost, sum(contribution) as contribution
     from (
         select u.org_id as id, u.customers, u.spread, u.fees, u.expected_loss, u.cost, u.contribution
         from unit_cube u join org_unit o using (org_id) where o.path @> array[$1::int] and u.month = $2 and u.tier_id = $3
         union all
         select o.parent_id, -u.customers, -u.spread, -u.fees, -u.expected_loss, -u.cost, -u.contribution
         from unit_cube u join org_unit o using (org_id) where o.path @> array[$1::int] and o.org_id <> $1 and u.month = $2 and u.tier_id = $3
     ) p
     group by id
     having sum(customers) <> 0 or sum(spread) <> 0 or sum(fees) <> 0 or sum(expected_loss) <> 0 or sum(cost) <> 0",
    "org_unit n on n.org_id = c.id"
);
const UNIT_TIERS: &str = unit_level!(
    "select * from unit_cube where org_id = $1 and month = $2 and tier_id >= 0 and ($3 = -1 or tier_id = $3)",
    "tier n on n.tier_id = c.tier_id"
);
const UNIT: &str =
    unit_level!("select * from unit_cube where org_id = $1 and month = $2 and tier_id = $3", "org_unit n on n.org_id = c.org_id");
