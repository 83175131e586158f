//! Products one by one: what is said of them, whom they suit, who sells them.

use guanhu_domain::{
    Code, Problem,
    access::Verb,
    dashboards::{BoardQuery, ProductLine},
    products::{
        ProductBoard, ProductInfo, ProductName, ProductTextChange, ProductTextVersion, ProductTexts, SELLING_MONTHS, Seller, TraitLine,
    },
};
use serde::Deserialize;
use serde_json::json;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    Actor, Bank, Error, Result, Scope, audit,
    audit::Entry,
    dashboards::{in_currency, resolve, viewed},
    idempotency,
    targets::{self, Asked, Products, Whose},
};

/// Versions of a text that are told.
const VERSIONS: i64 = 20;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Figures {
    line: Option<ProductLine>,
    appetites: Vec<TraitLine>,
    ages: Vec<TraitLine>,
    units: Vec<Seller>,
    managers: Vec<Seller>,
}

/// A product's page. Figures are of units: a manager reads what it is, how it is sold and whom it suits.
///
/// # Errors
/// `NotFound` for a code that no product has.
pub async fn product_board(bank: &Bank, actor: &Actor, code: &str, query: &BoardQuery) -> Result<ProductBoard> {
    actor.require(Verb::DashboardView)?;
    let (frame, place) = resolve(bank, actor, query).await?;
    let (id, Json(product)): (i32, Json<ProductInfo>) = sqlx::query_as(INFO).bind(code).fetch_one(bank.pool()).await?;
    let figures = match actor.scope {
        Scope::Units(_) => {
            let figures: Json<Figures> = sqlx::query_scalar(FIGURES)
                .bind(place.org_id)
                .bind(place.month)
                .bind(place.tier_id)
                .bind(id)
                .bind(SELLING_MONTHS - 1)
                .fetch_one(&mut *bank.read(actor).await?)
                .await?;
            figures.0
        }
        _ => Figures::default(),
    };
    let in_currency = match (&frame.chosen_currency, &actor.scope) {
        (Some(code), Scope::Units(_)) => Some(in_currency(bank, actor, place, frame.month.moving, code, Some(id)).await?),
        _ => None,
    };
    let own = actor.me.staff.clone().unwrap_or_default();
    let whose = if matches!(actor.scope, Scope::Units(_)) { Whose::Parts } else { Whose::Staff(&own) };
    let targets = targets::items(bank, actor, &frame, place, Asked { whose, products: Products::One(id) }).await?;
    bank.audit_soon(actor, viewed(&format!("product:{code}"), &frame)).await;
    let Figures { line, appetites, ages, units, managers } = figures;
    Ok(ProductBoard { frame, product, line, targets, appetites, ages, units, managers, in_currency })
}

const INFO: &str = "
select p.product_id, jsonb_build_object('code', p.code, 'name', p.name, 'name_en', p.name_en, 'category', p.category, 'customer_kind', p.customer_kind,
    'risk_level', p.risk_level, 'description', coalesce(t.description, ''), 'script', coalesce(t.script, p.script), 'changed_by', u.name, 'changed_at', t.changed_at)
from product p
left join lateral (select * from product_text t where t.product_id = p.product_id order by t.version desc limit 1) t on true
left join app_user u on u.user_id = t.changed_by
where p.code = $1";

/// `$1` unit, `$2` month, `$3` tier, `$4` product, `$5` months before.
const FIGURES: &str = "
with p as (select * from product where product_id = $4),
own as (
    select u.*, c.holders, c.gained, c.lapsed, c.end_balance, c.contribution as brought,
        case p.customer_kind when 'personal' then u.personal when 'corporate' then u.corporate else u.customers end as eligible
    from p cross join unit_cube u left join product_cube c on c.org_id = u.org_id and c.month = u.month and c.tier_id = u.tier_id and c.product_id = $4
    where u.org_id = $1 and u.tier_id = $3 and u.month between ($2 - interval '11 months')::date and $2
),
sold as (
    select s.staff_id, sum(s.gained) as gained from sale_cube s
    where s.org_id = $1 and s.product_id = $4 and s.month between ($2 - make_interval(months => $5))::date and $2 and s.staff_id <> 0
    group by s.staff_id order by 2 desc, 1 limit 10
),
selling as (
    select o.org_id, o.code, o.name, sum(s.gained) as gained from org_unit o join sale_cube s on s.org_id = o.org_id
    where o.parent_id = $1 and s.product_id = $4 and s.month between ($2 - make_interval(months => $5))::date and $2
    group by o.org_id order by 4 desc, 2 limit 10
),
persons as (
    select a.trait, a.value, a.customers, coalesce(h.customers, 0) as holders
    from p join trait_cube a on a.org_id = $1 and a.month = $2 and a.product_id = 0
    left join trait_cube h on h.org_id = $1 and h.month = $2 and h.trait = a.trait and h.value = a.value and h.product_id = $4
    where $3 = -1 and p.customer_kind is distinct from 'corporate'
)
select jsonb_build_object(
    'line', (select jsonb_build_object('code', p.code, 'name', p.name, 'name_en', p.name_en, 'category', p.category, 'customer_kind', p.customer_kind,
            'eligible', o.eligible, 'holders', coalesce(o.holders, 0), 'gained', o.gained, 'lapsed', o.lapsed, 'end_balance', coalesce(o.end_balance, 0),
            'contribution', coalesce(o.brought, 0),
            'trend', (select jsonb_agg(round(10000.0 * coalesce(t.holders, 0) / nullif(t.eligible, 0)) order by m)
                from generate_series($2 - interval '11 months', $2, interval '1 month') m left join own t on t.month = m::date))
        from p, own o where o.month = $2 and o.eligible > 0),
    'appetites', coalesce((select jsonb_agg(to_jsonb(persons) - 'trait' order by value) from persons where trait = 'appetite'), '[]'),
    'ages', coalesce((select jsonb_agg(to_jsonb(persons) - 'trait' order by value) from persons where trait = 'age'), '[]'),
    'units', coalesce((select jsonb_agg(jsonb_build_object('code', s.code, 'name', s.name, 'gained', s.gained, 'holders', coalesce(c.holders, 0),
            'eligible', case p.customer_kind when 'personal' then u.personal when 'corporate' then u.corporate else u.customers end) order by s.gained desc, s.code)
        from p cross join selling s join unit_cube u on u.org_id = s.org_id and u.month = $2 and u.tier_id = -1
        left join product_cube c on c.org_id = s.org_id and c.month = $2 and c.tier_id = -1 and c.product_id = $4), '[]'),
    'managers', coalesce((select jsonb_agg(jsonb_build_object('code', f.code, 'name', f.name, 'org_name', o.name, 'gained', s.gained,
            'holders', (select coalesce(sum(c.holders), 0) from contribution_cube c where c.staff_id = s.staff_id and c.month = $2 and c.product_id = $4
                and c.org_id in (select w.org_id from org_unit w where w.path @> array[$1::int])),
            'eligible', case p.customer_kind when 'personal' then m.personal when 'corporate' then m.corporate else m.customers end) order by s.gained desc, f.code)
        from p cross join sold s join staff f on f.staff_id = s.staff_id join org_unit o on o.org_id = f.org_id
        join manager_cube m on m.staff_id = s.staff_id and m.org_id = $1 and m.month = $2 and m.tier_id = -1), '[]'))";

/// All products, with the versions of what is said of one of them.
///
/// # Errors
/// `NotFound` for a code that no product has.
pub async fn product_texts(bank: &Bank, actor: &Actor, code: Option<&str>) -> Result<ProductTexts> {
    actor.require(Verb::ProductText)?;
    let products: Json<Vec<ProductName>> = sqlx::query_scalar(
        "select coalesce(jsonb_agg(jsonb_build_object('code', p.code, 'name', p.name, 'name_en', p.name_en,
                'version', (select coalesce(max(t.version), 0) from product_text t where t.product_id = p.product_id))
             order by array_position(array['current', 'term', 'wealth', 'fund', 'insurance', 'loan', 'card'], p.category), p.code), '[]')
         from product p where p.active",
    )
    .fetch_one(bank.pool())
    .await?;
    let mut conn = bank.pool().acquire().await?;
    let versions = match code {
        Some(code) => versions(&mut conn, code).await?,
        None => Vec::new(),
    };
    Ok(ProductTexts { products: products.0, chosen: code.map(str::to_owned), versions })
}

/// The newest first, and at the end what a feed brought.
async fn versions(conn: &mut PgConnection, code: &str) -> Result<Vec<ProductTextVersion>> {
    let (id, script): (i32, String) =
        sqlx::query_as("select product_id, script from product where code = $1").bind(code).fetch_one(&mut *conn).await?;
    let rows: Vec<(i32, String, String, Option<String>, chrono::DateTime<chrono::Utc>)> = sqlx::query_as(
        "select t.version, t.description, t.script, u.name, t.changed_at from product_text t left join app_user u on u.user_id = t.changed_by
         where t.product_id = $1 order by t.version desc limit $2",
    )
    .bind(id)
    .bind(VERSIONS)
    .fetch_all(conn)
    .await?;
    let version = |(version, description, script, by, at)| ProductTextVersion { version, description, script, by, at: Some(at) };
    let mut versions: Vec<ProductTextVersion> = rows.into_iter().map(version).collect();
    versions.push(ProductTextVersion { version: 0, description: String::new(), script, by: None, at: None });
    Ok(versions)
}

/// Says something else of a product; answers the version it is.
///
/// # Errors
/// `NotFound` for a code that no product has; `Invalid` on `description` or `script` for a long one; `Stale` with the
/// [`ProductTextVersion`] that stands there now when somebody was first.
pub async fn set_product_text(bank: &Bank, actor: &Actor, change: &ProductTextChange, key: Uuid) -> Result<i32> {
    actor.require(Verb::ProductText)?;
    let faults = change.faults();
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::ProductText, change).await? {
        return Ok(answer);
    }
    let id: i32 =
        sqlx::query_scalar("select product_id from product where code = $1 for update").bind(&change.code).fetch_one(&mut *tx).await?;
    let before = versions(&mut tx, &change.code).await?.into_iter().next();
    if let Some(now) = before.as_ref().filter(|now| now.version != change.version) {
        let current = serde_json::to_value(now).map_err(Error::internal)?;
        return Err(Problem { current: Some(current), ..Problem::new(Code::Stale) }.into());
    }
    let (description, script) = (change.description.trim(), change.script.trim());
    let version = change.version + 1;
    sqlx::query("insert into product_text (product_id, version, description, script, changed_by) values ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(version)
        .bind(description)
        .bind(script)
        .bind(actor.user_ref())
        .execute(&mut *tx)
        .await?;
    let before = before.map(|before| json!({ "description": before.description, "script": before.script }));
    let told = json!({ "version": version, "before": before, "after": { "description": description, "script": script } });
    audit::record(&mut tx, actor, Entry::done(Verb::ProductText, format!("product:{}", change.code)).detail(told)).await?;
    idempotency::answer(&mut tx, actor, key, &version).await?;
    tx.commit().await?;
    Ok(version)
}
