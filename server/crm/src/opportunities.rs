//! Opportunities of customers, from the first word to won or lost.

use chrono::{Days, NaiveDate};
use guanhu_domain::{
    Code, Currency, CustomerNo, FieldProblem, Problem, Rule,
    access::Verb,
    customers::{ManagerRef, ProductChoice, UnitChoice},
    opportunities::{
        Column, ENDED_DAYS, Moved, Opportunity, OpportunityCard, OpportunityChoices, OpportunityDetail, OpportunityForm, OpportunityPage,
        OpportunityQuery, PAGE, Pipeline, Stage, StageMove,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder, Row, types::Json};
use uuid::Uuid;

use crate::{
    Actor, Bank, Error, Keys, Result, Scope, activities,
    audit::{self, Entry},
    cursor,
    customers::{self, Held},
    idempotency, outbox, scoped,
    tasks::earliest,
};

/// Managers of the chosen unit that the page offers; of more one chooses a unit below first.
const OWNERS_MAX: i64 = 300;

/// An opportunity `o` of product `p` and owner `m` as JSON; its key is to be made opaque.
macro_rules! opportunity_json {
    () => {
        "json_build_object('id', o.opportunity_id::text, 'version', o.version, 'title', o.title,
             'product', json_build_object('code', p.code, 'name', p.name, 'name_en', p.name_en), 'source', o.source, 'stage', o.stage,
             'currency', o.currency, 'amount', o.amount, 'won_amount', o.won_amount, 'loss_reason', o.loss_reason,
             'expected_on', o.expected_on, 'next_step', o.next_step,
             'owner', case when m.staff_id is not null then json_build_object('code', m.code, 'name', m.name) end,
             'opened_on', o.opened_on, 'since', o.since, 'ended_on', o.ended_on)"
    };
}
pub(crate) use opportunity_json;

/// What [`opportunity_json`] reads from, beside `opportunity o`.
macro_rules! opportunity_tables {
    () => {
        " join product p using (product_id) left join staff m on m.staff_id = o.owner_staff_id "
    };
}
pub(crate) use opportunity_tables;

/// Takes the key out of what the database made.
pub(crate) fn hide(opportunity: &mut Opportunity, keys: &Keys) {
    opportunity.id = opportunity.id.parse().map(|id| keys.opaque(id)).unwrap_or_default();
}

/// The stages side by side, with the first page of each.
///
/// # Errors
/// `not_found` for a unit that is not the actor's.
pub async fn pipeline(bank: &Bank, actor: &Actor, query: &OpportunityQuery) -> Result<Pipeline> {
    actor.require(Verb::OpportunityList)?;
    let mut conn = bank.pool().acquire().await?;
    let units = unit_ids(&mut conn, actor, query.org.as_deref()).await?;
    let mut sql = QueryBuilder::new(
        "select o.stage, count(*), coalesce(sum(round(coalesce(o.won_amount, o.amount) * r.rate)), 0)::bigint
         from opportunity o join customer_summary s using (customer_id) left join rates_on((select business_date from bank)) r on r.currency = o.currency where ",
    );
    narrow(&mut sql, actor, query, units.as_deref());
    sql.push(" and (o.ended_on is null or o.ended_on >= ").push_bind(ended_from(actor)).push(") group by o.stage");
    let counted: Vec<(String, i64, i64)> = sql.build_query_as().fetch_all(&mut *conn).await?;
    let mut columns = Vec::with_capacity(Stage::ALL.len());
    let mut shown = Vec::new();
    for stage in Stage::ALL {
        let count = counted.iter().find(|(code, ..)| code == stage.code());
        let of_stage = OpportunityQuery { stage: Some(*stage), after: None, ..query.clone() };
        let page = match count {
            Some(_) => page(bank, &mut conn, actor, &of_stage, units.as_deref()).await?,
            None => OpportunityPage { items: Vec::new(), next: None },
        };
        shown.extend(page.items.iter().map(|card| card.customer_no));
        columns.push(Column { stage: *stage, count: count.map_or(0, |row| row.1), amount: count.map_or(0, |row| row.2), page });
    }
    let mut pipeline = Pipeline { columns, ..Pipeline::default() };
    if let Scope::Units(own) = &actor.scope {
        pipeline.units = below(&mut conn, actor).await?;
        pipeline.owners = owners_of(&mut conn, units.as_deref().unwrap_or(own)).await?;
    }
    bank.audit_soon(actor, Entry::listed(Verb::OpportunityList, "opportunities", &shown)).await;
    Ok(pipeline)
}

/// One page of a stage, or of all that are open.
///
/// # Errors
/// `not_found` for a unit that is not the actor's; `malformed` for a cursor of another list.
pub async fn opportunities(bank: &Bank, actor: &Actor, query: &OpportunityQuery) -> Result<OpportunityPage> {
    actor.require(Verb::OpportunityList)?;
    let mut conn = bank.pool().acquire().await?;
    let units = unit_ids(&mut conn, actor, query.org.as_deref()).await?;
    let page = page(bank, &mut conn, actor, query, units.as_deref()).await?;
    let shown: Vec<CustomerNo> = page.items.iter().map(|card| card.customer_no).collect();
    bank.audit_soon(actor, Entry::listed(Verb::OpportunityList, "opportunities", &shown)).await;
    Ok(page)
}

/// One opportunity with its history.
pub async fn opportunity(bank: &Bank, actor: &Actor, customer: CustomerNo, id: &str) -> Result<OpportunityDetail> {
    actor.require(Verb::OpportunityList)?;
    let opportunity_id = bank.keys().open(id).ok_or_else(Error::not_found)?;
    let (units, staff) = actor.scope.binds();
    let (name, Json(mut opportunity), Json(moves)): (String, Json<Opportunity>, Json<Vec<Moved>>) = sqlx::query_as(concat!(
        "select s.name, ",
        opportunity_json!(),
        ", (select coalesce(json_agg(json_build_object('from', v.from_stage, 'to', v.to_stage, 'at', v.at, 'by', u.name) order by v.at desc, v.move_id desc), '[]')
             from opportunity_move v left join app_user u on u.user_id = v.moved_by
             where v.customer_id = $3 and v.opportunity_id = $4)
         from opportunity o join customer_summary s using (customer_id)",
        opportunity_tables!(),
        "where o.customer_id = $3 and o.opportunity_id = $4 and ",
        scoped!()
    ))
    .bind(units)
    .bind(staff)
    .bind(customer.id())
    .bind(opportunity_id)
    .fetch_one(bank.pool())
    .await?;
    hide(&mut opportunity, bank.keys());
    bank.audit_soon(actor, Entry::viewed(Verb::OpportunityList, customers::subject(customer)).detail(json!({ "opportunity": id }))).await;
    Ok(OpportunityDetail { card: OpportunityCard { customer_no: customer, customer: name, opportunity }, moves })
}

/// What may be chosen for an opportunity of this customer.
pub async fn choices(bank: &Bank, actor: &Actor, customer: CustomerNo) -> Result<OpportunityChoices> {
    actor.require(Verb::OpportunityChange)?;
    let (units, staff) = actor.scope.binds();
    let (Json(owners), Json(products), currencies): (Json<Vec<ManagerRef>>, Json<Vec<ProductChoice>>, Vec<String>) = sqlx::query_as(concat!(
        "select (select coalesce(json_agg(json_build_object('code', m.code, 'name', m.name) order by m.staff_id is distinct from s.lead_staff_id, m.code), '[]')
                 from staff m where m.staff_id = s.lead_staff_id or s.assist_staff_ids @> array[m.staff_id]),
             (select coalesce(json_agg(json_build_object('code', p.code, 'name', p.name, 'name_en', p.name_en, 'category', p.category) order by p.category, p.code), '[]')
              from product p where p.active and coalesce(p.customer_kind, s.kind) = s.kind),
             array(select r.currency::text from rates_on(b.business_date) r order by r.currency <> b.base_currency, r.currency)
         from customer_summary s cross join bank b where s.customer_id = $3 and ",
        scoped!()
    ))
    .bind(units)
    .bind(staff)
    .bind(customer.id())
    .fetch_one(bank.pool())
    .await?;
    Ok(OpportunityChoices { owners, products, currencies: currencies.iter().filter_map(|code| Currency::new(code)).collect() })
}

/// Opens an opportunity of the customer, in the first stage.
///
/// # Errors
/// `invalid` names every refused field.
pub async fn open_opportunity(bank: &Bank, actor: &Actor, customer: CustomerNo, form: &OpportunityForm, key: Uuid) -> Result<Opportunity> {
    actor.require(Verb::OpportunityChange)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::OpportunityChange, &("open", customer, form)).await? {
        return Ok(answer);
    }
    let held = hold(&mut tx, actor, customer).await?;
    let checked = check(&mut tx, actor, customer, form, None).await?;
    let id: i64 = sqlx::query_scalar(
        "insert into opportunity (customer_id, title, product_id, source, currency, amount, expected_on, next_step, owner_staff_id, opened_on, since, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11) returning opportunity_id",
    )
    .bind(customer.id())
    .bind(form.title.trim())
    .bind(checked.product_id)
    .bind(form.source.code())
    .bind(&checked.currency)
    .bind(form.amount)
    .bind(form.expected_on)
    .bind(form.next_step.trim())
    .bind(checked.owner)
    .bind(actor.me.business_date)
    .bind(actor.user_ref())
    .fetch_one(&mut *tx)
    .await?;
    let answer = locked(&mut tx, bank.keys(), customer, id).await?;
    finish(&mut tx, actor, customer, &held, &answer, json!({ "opportunity": answer.id, "stage": answer.stage })).await?;
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Changes an opportunity, whole. `version` is the one that was read; nothing changed answers the same.
///
/// # Errors
/// `stale` with the [`Opportunity`] as it now is when somebody changed it first; `invalid` names every refused field.
pub async fn change_opportunity(
    bank: &Bank,
    actor: &Actor,
    customer: CustomerNo,
    id: &str,
    version: i32,
    form: &OpportunityForm,
    key: Uuid,
) -> Result<Opportunity> {
    actor.require(Verb::OpportunityChange)?;
    let opportunity_id = bank.keys().open(id).ok_or_else(Error::not_found)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::OpportunityChange, &(customer, id, version, form)).await? {
        return Ok(answer);
    }
    let held = hold(&mut tx, actor, customer).await?;
    let before = current(&mut tx, bank.keys(), customer, opportunity_id, version).await?;
    let checked = check(&mut tx, actor, customer, form, Some(&before)).await?;
    let changed = sqlx::query(
        "update opportunity set title = $3, product_id = $4, source = $5, currency = $6, amount = $7, expected_on = $8, next_step = $9,
             owner_staff_id = $10, version = version + 1
         where customer_id = $1 and opportunity_id = $2 and (title, product_id, source, currency, amount, expected_on, next_step, owner_staff_id)
             is distinct from ($3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(customer.id())
    .bind(opportunity_id)
    .bind(form.title.trim())
    .bind(checked.product_id)
    .bind(form.source.code())
    .bind(&checked.currency)
    .bind(form.amount)
    .bind(form.expected_on)
    .bind(form.next_step.trim())
    .bind(checked.owner)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    let answer = if changed == 0 { before } else { locked(&mut tx, bank.keys(), customer, opportunity_id).await? };
    if changed > 0 {
        finish(&mut tx, actor, customer, &held, &answer, json!({ "opportunity": answer.id, "version": answer.version })).await?;
    }
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Moves an opportunity into another stage, back from an end too. `version` is the one that was read.
///
/// # Errors
/// `stale` with the [`Opportunity`] as it now is when somebody changed it first, or it is in that stage already;
/// `invalid` for one that is lost without a reason.
pub async fn move_opportunity(
    bank: &Bank,
    actor: &Actor,
    customer: CustomerNo,
    id: &str,
    version: i32,
    to: &StageMove,
    key: Uuid,
) -> Result<Opportunity> {
    actor.require(Verb::OpportunityChange)?;
    let opportunity_id = bank.keys().open(id).ok_or_else(Error::not_found)?;
    let faults = to.faults();
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::OpportunityChange, &("move", customer, id, version, to)).await? {
        return Ok(answer);
    }
    let held = hold(&mut tx, actor, customer).await?;
    let before = current(&mut tx, bank.keys(), customer, opportunity_id, version).await?;
    if before.stage == to.to {
        return Err(stale(before)?);
    }
    sqlx::query(
        "with moved as (
             update opportunity set stage = $3, since = $4, version = version + 1,
                 ended_on = case when $3 in ('won', 'lost') then $4 end,
                 won_amount = case when $3 = 'won' then coalesce($5, amount) end,
                 loss_reason = case when $3 = 'lost' then $6 end
             where customer_id = $1 and opportunity_id = $2
         )
         insert into opportunity_move (customer_id, opportunity_id, from_stage, to_stage, moved_on, moved_by) values ($1, $2, $7, $3, $4, $8)",
    )
    .bind(customer.id())
    .bind(opportunity_id)
    .bind(to.to.code())
    .bind(actor.me.business_date)
    .bind(to.won_amount)
    .bind(to.loss_reason.as_deref().map(str::trim))
    .bind(before.stage.code())
    .bind(actor.user_ref())
    .execute(&mut *tx)
    .await?;
    let answer = locked(&mut tx, bank.keys(), customer, opportunity_id).await?;
    let detail = json!({ "opportunity": answer.id, "from": before.stage, "stage": answer.stage });
    finish(&mut tx, actor, customer, &held, &answer, detail).await?;
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Whoever may log a contact may change what comes of it.
async fn hold(conn: &mut PgConnection, actor: &Actor, customer: CustomerNo) -> Result<Held> {
    let held = customers::hold(conn, actor, customer).await?;
    if activities::may_log(&held) { Ok(held) } else { Err(Error::Denied { verb: Verb::OpportunityChange, login: actor.login.clone() }) }
}

/// The opportunity as it is, locked.
async fn locked(conn: &mut PgConnection, keys: &Keys, customer: CustomerNo, id: i64) -> Result<Opportunity> {
    let Json(mut opportunity): Json<Opportunity> = sqlx::query_scalar(concat!(
        "select ",
        opportunity_json!(),
        " from opportunity o",
        opportunity_tables!(),
        "where o.customer_id = $1 and o.opportunity_id = $2 for update of o"
    ))
    .bind(customer.id())
    .bind(id)
    .fetch_one(conn)
    .await?;
    hide(&mut opportunity, keys);
    Ok(opportunity)
}

async fn current(conn: &mut PgConnection, keys: &Keys, customer: CustomerNo, id: i64, version: i32) -> Result<Opportunity> {
    let now = locked(conn, keys, customer, id).await?;
    if now.version == version { Ok(now) } else { Err(stale(now)?) }
}

fn stale(now: Opportunity) -> Result<Error> {
    let current = Some(serde_json::to_value(now).map_err(Error::internal)?);
    Ok(Problem { current, ..Problem::new(Code::Stale) }.into())
}

/// What the codes of a form stand for.
struct Checked {
    product_id: i32,
    currency: String,
    owner: Option<i32>,
}

/// The form looked up, or every reason why not. What was so `before` may stay, though nobody could choose it any more.
async fn check(
    conn: &mut PgConnection,
    actor: &Actor,
    customer: CustomerNo,
    form: &OpportunityForm,
    before: Option<&Opportunity>,
) -> Result<Checked> {
    let mut faults = form.faults();
    let mut refuse = |field: &str, rule| faults.push(FieldProblem { field: field.into(), rule });
    let same_day = before.is_some_and(|before| Some(before.expected_on) == form.expected_on);
    if !same_day && form.expected_on.is_some_and(|on| on < earliest(actor)) {
        refuse("expected_on", Rule::InThePast);
    }
    let currency = form.currency.map_or_else(|| actor.me.base_currency.clone(), |currency| currency.code().to_owned());
    let same_product = before.is_some_and(|before| before.product.code == form.product);
    let (product_id, has_rate, lead, owner): (Option<i32>, bool, Option<i32>, Option<i32>) = sqlx::query_as(
        "select (select p.product_id from product p where p.code = $2 and ($3 or p.active and coalesce(p.customer_kind, s.kind) = s.kind)),
             exists (select from rates_on(b.business_date) r where r.currency = $4),
             s.lead_staff_id,
             (select m.staff_id from staff m where m.code = $5 and (m.staff_id = s.lead_staff_id or s.assist_staff_ids @> array[m.staff_id]))
         from customer_summary s cross join bank b where s.customer_id = $1",
    )
    .bind(customer.id())
    .bind(&form.product)
    .bind(same_product)
    .bind(&currency)
    .bind(&form.owner)
    .fetch_one(conn)
    .await?;
    if product_id.is_none() && !form.product.is_empty() {
        refuse("product", Rule::UnknownCode { value: form.product.clone() });
    }
    if !has_rate {
        refuse("currency", Rule::UnknownCode { value: currency.clone() });
    }
    let named = form.owner.as_deref().filter(|code| !code.is_empty());
    if let Some(code) = named.filter(|_| owner.is_none()) {
        refuse("owner", Rule::UnknownCode { value: code.to_owned() });
    }
    match product_id {
        Some(product_id) if faults.is_empty() => Ok(Checked { product_id, currency, owner: if named.is_some() { owner } else { lead } }),
        _ => Err(Error::fields(faults)),
    }
}

async fn finish(
    conn: &mut PgConnection,
    actor: &Actor,
    customer: CustomerNo,
    held: &Held,
    now: &Opportunity,
    detail: serde_json::Value,
) -> Result<()> {
    audit::record(conn, actor, Entry::done(Verb::OpportunityChange, customers::subject(customer)).detail(detail)).await?;
    let payload = json!({ "customer_no": customer, "opportunity": now.id, "stage": now.stage });
    outbox::publish(conn, "opportunity.changed", Some(customer.id()), &[held.org_id], payload).await
}

/// From which day on what was won and lost is shown.
fn ended_from(actor: &Actor) -> NaiveDate {
    actor.me.business_date.checked_sub_days(Days::new(ENDED_DAYS as u64)).unwrap_or(actor.me.business_date)
}

/// The chosen unit and all below it, within the actor's.
async fn unit_ids(conn: &mut PgConnection, actor: &Actor, org: Option<&str>) -> Result<Option<Vec<i32>>> {
    let Some(org) = org.filter(|org| !org.is_empty()) else { return Ok(None) };
    let (own, _) = actor.scope.binds();
    let units: Vec<i32> = sqlx::query_scalar(
        "select o.org_id from org_unit o, org_unit top where top.code = $1 and o.path @> array[top.org_id] and o.org_id = any($2) and top.org_id = any($2)",
    )
    .bind(org)
    .bind(own)
    .fetch_all(conn)
    .await?;
    if units.is_empty() { Err(Error::not_found()) } else { Ok(Some(units)) }
}

/// Conditions on `opportunity o` and its `customer_summary s`.
fn narrow(sql: &mut QueryBuilder<Postgres>, actor: &Actor, query: &OpportunityQuery, units: Option<&[i32]>) {
    actor.scope.restrict(sql);
    if let Some(units) = units {
        sql.push(" and s.org_id = any(").push_bind(units.to_vec()).push(")");
    }
    if let Some(owner) = query.owner.as_deref().filter(|owner| !owner.is_empty()) {
        sql.push(" and o.owner_staff_id = (select staff_id from staff where code = ").push_bind(owner.to_owned()).push(")");
    }
    if let Some(customer) = query.customer {
        sql.push(" and o.customer_id = ").push_bind(customer.id());
    }
    if query.overdue {
        sql.push(" and o.ended_on is null and o.expected_on < ").push_bind(actor.me.business_date);
    }
}

/// Where a page ended: its last one's day and key.
#[derive(Serialize, Deserialize)]
struct Place {
    on: NaiveDate,
    id: i64,
}

async fn page(
    bank: &Bank,
    conn: &mut PgConnection,
    actor: &Actor,
    query: &OpportunityQuery,
    units: Option<&[i32]>,
) -> Result<OpportunityPage> {
    let place = query.after.as_deref().map(cursor::decode::<Place>).transpose()?;
    let ended = query.stage.is_some_and(|stage| !stage.is_open());
    let day = if ended { "o.ended_on" } else { "o.expected_on" };
    let mut sql = QueryBuilder::new(concat!("select o.customer_id, s.name, o.opportunity_id, ", opportunity_json!(), " as opportunity, "));
    sql.push(day).push(concat!(
        " as on_day from opportunity o join customer_summary s using (customer_id)",
        opportunity_tables!(),
        "where "
    ));
    narrow(&mut sql, actor, query, units);
    if let Some(stage) = query.stage {
        sql.push(" and o.stage = ").push_bind(stage.code());
    }
    if ended {
        sql.push(" and o.ended_on >= ").push_bind(ended_from(actor));
    } else {
        sql.push(" and o.ended_on is null");
    }
    if let Some(Place { on, id }) = place {
        sql.push(" and (").push(day).push(", o.opportunity_id) ").push(if ended { "<" } else { ">" }).push(" (");
        sql.push_bind(on).push(", ").push_bind(id).push(")");
    }
    let order = if ended { " desc" } else { "" };
    sql.push(" order by ").push(day).push(order).push(", o.opportunity_id").push(order).push(" limit ").push_bind(PAGE as i64 + 1);
    let mut rows: Vec<CardRow> = sql.build_query_as().fetch_all(conn).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = match rows.last() {
        Some(last) if more => Some(cursor::encode(&Place { on: last.on_day, id: last.opportunity_id })?),
        _ => None,
    };
    let items = rows
        .into_iter()
        .map(|row| {
            let mut opportunity = row.opportunity.0;
            hide(&mut opportunity, bank.keys());
            OpportunityCard { customer_no: CustomerNo::from_id(row.customer_id), customer: row.name, opportunity }
        })
        .collect();
    Ok(OpportunityPage { items, next })
}

#[derive(FromRow)]
struct CardRow {
    customer_id: i64,
    name: String,
    opportunity_id: i64,
    opportunity: Json<Opportunity>,
    on_day: NaiveDate,
}

/// The units of the actor's subtree, depth first.
async fn below(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<UnitChoice>> {
    let rows = sqlx::query(
        "select o.code, o.name, cardinality(o.path) - cardinality(own.path) as depth
         from org_unit own join org_unit o on o.path @> array[own.org_id] where own.org_id = $1 and o.closed_on is null order by o.path",
    )
    .bind(actor.org_id)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok(UnitChoice { code: row.try_get("code")?, name: row.try_get("name")?, depth: row.try_get("depth")? })).collect()
}

/// Managers of these units; none where there are too many to choose from.
async fn owners_of(conn: &mut PgConnection, units: &[i32]) -> Result<Vec<ManagerRef>> {
    let mut managers: Vec<(String, String)> = sqlx::query_as(
        "select code, name from staff where is_manager and left_on is null and org_id = any($1) order by name, code limit $2",
    )
    .bind(units)
    .bind(OWNERS_MAX + 1)
    .fetch_all(conn)
    .await?;
    if managers.len() as i64 > OWNERS_MAX {
        return Ok(Vec::new());
    }
    managers.sort_by_cached_key(|(code, name)| (crate::tokens::sort_key(name), code.clone()));
    Ok(managers.into_iter().map(|(code, name)| ManagerRef { code, name }).collect())
}
