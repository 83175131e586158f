//! The customers behind a figure of a month, as they were then.

use chrono::{Months, NaiveDate};
use guanhu_domain::{
    Code, CustomerNo,
    access::Verb,
    customers::TierRef,
    dashboards::{BehindBoard, BehindQuery, BehindRow, Counted, Frame},
    problem::Rule,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{Postgres, QueryBuilder, types::Json};

use super::{
    boards::viewed,
    frame::{Place, resolve},
};
use crate::{
    Actor, Bank, Error, Result, Scope, cursor, customers,
    groups::{self, Members},
};

/// Customers of one answer.
const PAGE: usize = 50;
/// Products of one question.
const PRODUCTS_MAX: usize = 8;

/// After whom an answer goes on.
struct After {
    contribution: i64,
    customer: i64,
}

/// The same as clients carry it. It may be somebody whom the viewer may not see: the key is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    contribution: i64,
    customer: String,
}

#[derive(sqlx::FromRow)]
struct Product {
    product_id: i32,
    customer_kind: Option<String>,
    name: String,
    name_en: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    customer_id: i64,
    is_seen: bool,
    name: Option<String>,
    tier: Option<Json<TierRef>>,
    org_name: Option<String>,
    aum: i64,
    deposits: i64,
    loans: i64,
    contribution: i64,
}

/// What a question comes to in keys.
struct Wanted {
    place: Place,
    before: NaiveDate,
    /// 0 is nobody.
    lead: Option<i32>,
    /// Held, or not held by whoever could.
    products: Vec<(bool, Product)>,
    counted: Counted,
    which: Which,
    /// Only members of a group, as they are today.
    group: Option<Members>,
    /// Only who has accounts in it.
    currency: Option<String>,
    after: Option<After>,
}

/// Where the customers of a month are looked for.
#[derive(Clone, Copy)]
enum Source {
    /// Unit by unit, each in the order of its index.
    Units,
    /// Among those whom a manager ever led.
    Led(i32),
    /// Among those with tasks of a manager's whose day is over.
    Owed(i32),
    Members,
    /// Of the household or group of companies of this customer.
    Kin(&'static str, i64),
}

impl Wanted {
    fn source(&self) -> Source {
        match (self.counted, &self.which, self.lead) {
            (Counted::Overdue, _, Some(staff)) => Source::Owed(staff),
            _ if self.group.is_some() => Source::Members,
            (counted, Which::Kin(Some(customer)), _) => Source::Kin(kin_column(counted), *customer),
            (_, _, Some(staff)) if staff != 0 => Source::Led(staff),
            _ => Source::Units,
        }
    }
}

/// Which column of a month says who belongs together.
fn kin_column(counted: Counted) -> &'static str {
    if counted == Counted::CompanyGroup { "group_id" } else { "household_id" }
}

/// What the value of a question says.
enum Which {
    Nothing,
    Number(i32),
    /// Tiers, 0 for none; nothing for not being a customer.
    Step(Option<i32>, Option<i32>),
    /// A customer who is one of them; nothing for who belongs to nobody.
    Kin(Option<i64>),
}

/// What a question names.
struct Named {
    manager: Option<String>,
    member: Option<String>,
}

/// The customers of a month, unit and tier whom a figure counts, fifty at a time, those who brought the most first. A manager
/// sees the own ones. Who has since left the viewer's units is counted and not named. Members of a group are those of today, and only
/// those whom the viewer may look at.
///
/// # Errors
/// `Invalid` on `manager`, `product` or `value` for what is not known, on `month` for tasks of a month that is over;
/// `MonthNotComputed` for what is measured against a month before that is not known; `Busy` when it takes longer than anybody waits.
pub async fn behind_board(bank: &Bank, actor: &Actor, query: &BehindQuery) -> Result<BehindBoard> {
    actor.require(Verb::DashboardView)?;
    let (frame, place) = resolve(bank, actor, &query.board).await?;
    let (wanted, Named { manager, member }) = wanted(bank, actor, query, &frame, place).await?;
    let products = wanted.products.iter().map(|(holds, product)| (*holds, product.name.clone(), product.name_en.clone())).collect();
    let mut sql = statement(actor, &wanted);
    let mut tx = bank.begin().await?;
    sqlx::raw_sql("set local statement_timeout = '5s'; set local jit = off").execute(&mut *tx).await?;
    let rows = sql.build_query_as::<Row>().persistent(false).fetch_all(&mut *tx).await.map_err(Error::from);
    tx.rollback().await?;
    let mut rows = rows.map_err(|error| if error.is_timeout() { Error::new(Code::Busy) } else { error })?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = match rows.last() {
        Some(last) if more => {
            Some(cursor::encode(&Sealed { contribution: last.contribution, customer: bank.keys().opaque(last.customer_id) })?)
        }
        _ => None,
    };
    let shown: Vec<CustomerNo> = rows.iter().filter(|row| row.is_seen).map(|row| CustomerNo::from_id(row.customer_id)).collect();
    let mut viewed = viewed(&format!("behind:{}", query.counted.code()), &frame).showing(&shown);
    for (part, told) in [("manager", &query.manager), ("product", &query.product), ("value", &query.value), ("after", &query.after)] {
        if let Some(told) = told {
            viewed = viewed.with(part, json!(told));
        }
    }
    if let Some(currency) = &frame.chosen_currency {
        viewed = viewed.with("currency", json!(currency));
    }
    bank.audit_soon(actor, viewed).await;
    let item = |row: Row| BehindRow {
        customer_no: row.is_seen.then(|| CustomerNo::from_id(row.customer_id)),
        name: row.name.filter(|_| row.is_seen),
        tier: row.tier.map(|Json(tier)| tier),
        org_name: row.org_name.unwrap_or_default(),
        aum: row.aum,
        deposits: row.deposits,
        loans: row.loans,
        contribution: row.contribution,
    };
    let items = rows.into_iter().map(item).collect();
    Ok(BehindBoard { frame, items, next, counted: query.counted, value: query.value.clone(), manager, member, products })
}

async fn wanted(bank: &Bank, actor: &Actor, query: &BehindQuery, frame: &Frame, place: Place) -> Result<(Wanted, Named)> {
    let filled = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let (mut lead, mut manager) = (None, None);
    match filled(&query.manager).as_deref() {
        None => {}
        Some("none") => (lead, manager) = (Some(0), Some(String::new())),
        Some(code) => {
            let (units, own) = actor.scope.binds();
            let known: Option<(i32, String, bool)> = sqlx::query_as(
                "select staff_id, name, s.staff_id = $3 or s.org_id = any($2)
                     or exists (select from manager_cube m where m.staff_id = s.staff_id and m.org_id = $4 and m.month = $5 and cardinality($2) > 0)
                 from staff s where code = $1",
            )
            .bind(code)
            .bind(units)
            .bind(own)
            .bind(place.org_id)
            .bind(place.month)
            .fetch_optional(bank.pool())
            .await?;
            let (staff_id, name, is_seen) = known.ok_or_else(|| Error::field("manager", Rule::UnknownCode { value: code.into() }))?;
            if !is_seen {
                return Err(Error::not_found());
            }
            (lead, manager) = (Some(staff_id), Some(name));
        }
    }
    if let Scope::Portfolio { staff_id, .. } = actor.scope {
        if lead.is_some_and(|lead| lead != staff_id) {
            return Err(Error::not_found());
        }
        lead = Some(staff_id);
    }
    let asked = filled(&query.product).unwrap_or_default();
    let codes: Vec<&str> = asked.split(',').filter(|code| !code.is_empty()).collect();
    if codes.len() > PRODUCTS_MAX {
        return Err(Error::field("product", Rule::TooLong { max: PRODUCTS_MAX }));
    }
    let mut products = Vec::new();
    for code in codes {
        let (holds, code) = code.strip_prefix('!').map_or((true, code), |code| (false, code));
        let known: Option<Product> = sqlx::query_as("select product_id, customer_kind, name, name_en from product where code = $1")
            .bind(code)
            .fetch_optional(bank.pool())
            .await?;
        products.push((holds, known.ok_or_else(|| Error::field("product", Rule::UnknownCode { value: code.into() }))?));
    }
    if matches!(query.counted, Counted::Gained | Counted::Lapsed) && products.len() != 1 {
        return Err(Error::field("product", Rule::Required));
    }
    if query.counted == Counted::Overdue {
        if !frame.is_running() {
            return Err(Error::field("month", not_running()));
        }
        if lead.is_none_or(|lead| lead == 0) {
            return Err(Error::field("manager", Rule::Required));
        }
    }
    let (which, member) = which(bank, actor, query).await?;
    let before = place.month.checked_sub_months(Months::new(1)).unwrap_or(place.month);
    if matches!(query.counted, Counted::Gained | Counted::Lapsed | Counted::Crossed | Counted::Flow) {
        let is_known: bool = sqlx::query_scalar("select exists (select from contribution_month where month = $1 and ready)")
            .bind(before)
            .fetch_one(bank.pool())
            .await?;
        if !is_known {
            return Err(Error::new(Code::MonthNotComputed));
        }
    }
    let sealed = query.after.as_deref().filter(|after| !after.is_empty()).map(cursor::decode::<Sealed>).transpose()?;
    let after = match sealed {
        None => None,
        Some(Sealed { contribution, customer }) => {
            let customer = bank.keys().open(&customer).ok_or_else(|| Error::new(Code::Malformed))?;
            Some(After { contribution, customer })
        }
    };
    let group = match &frame.group {
        Some(group) => Some(groups::resolve(bank, actor, &group.code).await?),
        None => None,
    };
    let currency = frame.chosen_currency.clone();
    let wanted = Wanted { place, before, lead, products, counted: query.counted, which, group, currency, after };
    Ok((wanted, Named { manager, member }))
}

fn not_running() -> Rule {
    Rule::Other { zh: "逾期任务只看进行中的月份".into(), en: "overdue tasks are those of the running month".into() }
}

/// What the value comes to, and the name of the customer that it names.
async fn which(bank: &Bank, actor: &Actor, query: &BehindQuery) -> Result<(Which, Option<String>)> {
    let value = query.value.as_deref().unwrap_or_default();
    let bad = |expected: &str| Error::field("value", Rule::BadFormat { expected: expected.into() });
    let number = |least: i32, most: i32| {
        let number = value.parse::<i32>().ok().filter(|number| (least..=most).contains(number));
        number.map(Which::Number).ok_or_else(|| bad(&most.to_string()))
    };
    let which = match query.counted {
        Counted::Household | Counted::CompanyGroup if value != "-" => {
            let no: CustomerNo = value.parse().map_err(|_| bad("000000000000"))?;
            customers::find(bank, actor, no).await?;
            let name: String =
                sqlx::query_scalar("select name from customer where customer_id = $1").bind(no.id()).fetch_one(bank.pool()).await?;
            return Ok((Which::Kin(Some(no.id())), Some(name)));
        }
        Counted::Household | Counted::CompanyGroup => Ok(Which::Kin(None)),
        Counted::Decile => number(1, 10),
        Counted::Age => number(0, 6),
        Counted::Appetite => number(0, 5),
        Counted::Flow => {
            let (from, to) = value.split_once('~').ok_or_else(|| bad("gold~silver"))?;
            Ok(Which::Step(place_of(bank, from).await?, place_of(bank, to).await?))
        }
        _ => Ok(Which::Nothing),
    };
    Ok((which?, None))
}

/// A place of a step between tiers.
async fn place_of(bank: &Bank, code: &str) -> Result<Option<i32>> {
    match code {
        "-" => Ok(None),
        "" => Ok(Some(0)),
        code => {
            let tier: Option<i32> =
                sqlx::query_scalar("select tier_id from tier where code = $1").bind(code).fetch_optional(bank.pool()).await?;
            tier.map(Some).ok_or_else(|| Error::field("value", Rule::UnknownCode { value: code.into() }))
        }
    }
}

fn statement(actor: &Actor, wanted: &Wanted) -> QueryBuilder<Postgres> {
    let Wanted { place, group, currency, .. } = wanted;
    let mut sql = QueryBuilder::new("");
    if let Some(group) = group {
        sql.push("with own as materialized (select s.customer_id from customer_summary s where ");
        actor.scope.restrict(&mut sql);
        sql.push(" and ");
        group.push(&mut sql);
        sql.push(") ");
    }
    if wanted.counted == Counted::Decile {
        sql.push(if group.is_some() { ", " } else { "with " });
        sql.push("tenth as materialized (select c.customer_id, ntile(10) over (order by c.contribution desc, c.customer_id) as decile from customer_month c where c.month = ");
        sql.push_bind(place.month);
        if group.is_some() {
            // Of a group they are its own; else as the cube has it, of the whole bank.
            sql.push(" and c.customer_id in (select customer_id from own) and ");
            beneath(&mut sql, place);
        }
        sql.push(") ");
    }
    sql.push("select x.customer_id, s.customer_id is not null as is_seen, s.name, o.name as org_name, x.contribution,");
    match currency {
        Some(_) => sql.push(
            " coalesce(e.aum, 0)::bigint as aum, coalesce(e.deposits, 0)::bigint as deposits, coalesce(e.loans, 0)::bigint as loans,",
        ),
        None => sql.push(" x.aum, x.deposits, x.loans,"),
    };
    sql.push(
        " case when t.tier_id is not null then jsonb_build_object('code', t.code, 'name', t.name, 'name_en', t.name_en, 'mark', t.mark) end as tier
         from (select * from (",
    );
    let (here, gone) = match (wanted.counted, &wanted.which) {
        (Counted::Lapsed, _) => (true, true),
        (Counted::Flow, Which::Step(_, to)) => (to.is_some(), to.is_none()),
        _ => (true, false),
    };
    if here {
        part(&mut sql, actor, wanted, false);
    }
    if here && gone {
        sql.push(" union all ");
    }
    if gone {
        part(&mut sql, actor, wanted, true);
    }
    sql.push(") y order by contribution desc, customer_id limit ").push_bind(PAGE as i64 + 1);
    sql.push(") x left join customer_summary s on s.customer_id = x.customer_id and ");
    actor.scope.restrict(&mut sql);
    if let Some(currency) = currency {
        sql.push(
            " left join lateral (select sum(a.end_balance) filter (where a.treatment <> 'loan') as aum,
                 sum(a.end_balance) filter (where a.treatment = 'deposit') as deposits, sum(a.end_balance) filter (where a.treatment = 'loan') as loans
             from account_month a where a.customer_id = x.customer_id and ",
        );
        kept_in(&mut sql, wanted, currency);
        sql.push(") e on true");
    }
    sql.push(" left join tier t on t.tier_id = x.tier_id left join org_unit o on o.org_id = x.org_id order by x.contribution desc, x.customer_id");
    sql
}

/// Customers `c` of the unit, all below it and the tier.
fn beneath(sql: &mut QueryBuilder<Postgres>, place: &Place) {
    sql.push("c.org_id in (select org_id from org_unit where path @> array[").push_bind(place.org_id).push("])");
    if place.tier_id >= 0 {
        sql.push(" and c.tier_id = ").push_bind(place.tier_id);
    }
}

/// What holds a customer's household or group together in the month.
fn kin_of(sql: &mut QueryBuilder<Postgres>, place: &Place, column: &'static str, customer: i64) {
    sql.push("(select k.").push(column).push(" from customer_month k where k.customer_id = ").push_bind(customer);
    sql.push(" and k.month = ").push_bind(place.month).push(")");
}

/// Accounts `a` that are open and in the currency, of the products that are asked for.
fn kept_in(sql: &mut QueryBuilder<Postgres>, wanted: &Wanted, currency: &str) {
    sql.push("a.month = ").push_bind(wanted.place.month);
    sql.push(" and a.is_open and a.currency = ").push_bind(currency.to_owned());
    let held: Vec<i32> = wanted
        .products
        .iter()
        .filter(|(holds, _)| *holds && wanted.counted != Counted::Lapsed)
        .map(|(_, product)| product.product_id)
        .collect();
    if !held.is_empty() {
        sql.push(" and a.product_id = any(").push_bind(held).push(")");
    }
}

/// The customers of a month from where they are looked for; `gone`: those who are not customers any more and were the month before.
fn part(sql: &mut QueryBuilder<Postgres>, actor: &Actor, wanted: &Wanted, gone: bool) {
    let Wanted { place, before, lead, products, counted, which, after, .. } = wanted;
    let source = wanted.source();
    match source {
        Source::Units => {
            sql.push("(select c.* from org_unit u");
        }
        Source::Led(staff) => {
            sql.push("(select c.* from (select distinct customer_id from assignment where role = 'lead' and staff_id = ")
                .push_bind(staff)
                .push(") u");
        }
        Source::Owed(staff) => {
            sql.push("(select c.* from (select distinct t.customer_id from task t join customer_summary s using (customer_id) where t.owner_staff_id = ");
            sql.push_bind(staff).push(" and t.state = 'open' and t.due_on < (select business_date from bank) and ");
            actor.scope.restrict(sql);
            if wanted.group.is_some() {
                sql.push(" and t.customer_id in (select customer_id from own)");
            }
            sql.push(") u");
        }
        Source::Members => {
            sql.push("(select c.* from own u");
        }
        Source::Kin(column, customer) => {
            sql.push("(select c.* from (select m.customer_id from customer_month m where m.month = ").push_bind(place.month);
            sql.push(" and m.").push(column).push(" = ");
            kin_of(sql, place, column, customer);
            sql.push(") u");
        }
    }
    sql.push(
        " cross join lateral (select c.customer_id, c.org_id, c.tier_id, c.aum, c.deposits, c.loans, c.contribution from customer_month c",
    );
    let compares = matches!(counted, Counted::Gained | Counted::Lapsed | Counted::Crossed | Counted::Flow) && !gone;
    if compares {
        sql.push(" left join customer_month b on b.customer_id = c.customer_id and b.month = ").push_bind(*before);
    }
    let person = matches!(counted, Counted::Age | Counted::Appetite);
    if person {
        sql.push(" join customer k on k.customer_id = c.customer_id join contribution_month m on m.month = c.month");
    }
    match source {
        Source::Units => {
            sql.push(" where c.org_id = u.org_id");
            if place.tier_id >= 0 {
                sql.push(" and c.tier_id = ").push_bind(place.tier_id);
            }
        }
        // Tasks are a manager's wherever their customers are, and told of those whom the viewer may see.
        Source::Owed(_) => {
            sql.push(" where c.customer_id = u.customer_id");
        }
        _ => {
            sql.push(" where c.customer_id = u.customer_id and ");
            beneath(sql, place);
        }
    }
    sql.push(" and c.month = ").push_bind(if gone { *before } else { place.month });
    if gone {
        sql.push(" and not exists (select from customer_month n where n.customer_id = c.customer_id and n.month = ");
        sql.push_bind(place.month).push(")");
    }
    if let Some(lead) = lead.filter(|_| !matches!(source, Source::Owed(_))) {
        sql.push(" and c.lead_id = ").push_bind(lead);
    }
    if let Some(currency) = &wanted.currency {
        sql.push(" and exists (select from account_month a where a.customer_id = c.customer_id and ");
        kept_in(sql, wanted, currency);
        sql.push(")");
    }
    match (counted, products.first()) {
        (Counted::Gained, Some((_, product))) => {
            sql.push(" and c.product_ids @> array[").push_bind(product.product_id).push("]");
            sql.push(" and not coalesce(b.product_ids, '{}') @> array[").push_bind(product.product_id).push("]");
        }
        (Counted::Lapsed, Some((_, product))) if gone => {
            sql.push(" and c.product_ids @> array[").push_bind(product.product_id).push("]");
        }
        (Counted::Lapsed, Some((_, product))) => {
            sql.push(" and not c.product_ids @> array[").push_bind(product.product_id).push("]");
            sql.push(" and b.product_ids @> array[").push_bind(product.product_id).push("]");
        }
        _ => {
            for (holds, product) in products {
                sql.push(if *holds { " and c.product_ids @> array[" } else { " and not c.product_ids @> array[" });
                sql.push_bind(product.product_id).push("]");
                if let Some(kind) = product.customer_kind.clone().filter(|_| !holds) {
                    sql.push(" and c.kind = ").push_bind(kind);
                }
            }
        }
    }
    match (counted, which) {
        (Counted::Opened, _) => {
            sql.push(" and c.opened_now");
        }
        (Counted::Contacted, _) => {
            sql.push(" and c.contacts > 0");
        }
        (Counted::Quiet, _) => {
            sql.push(" and c.contacts = 0");
        }
        (Counted::Visited, _) => {
            sql.push(" and c.visits > 0");
        }
        (Counted::Activated, _) => {
            sql.push(
                " and exists (select from customer_state e join contribution_month m on m.month = c.month where e.customer_id = c.customer_id
                     and e.since between m.month and m.as_of and e.state = 'valuable' and e.before in ('dormant', 'prospective'))",
            );
        }
        (Counted::Crossed, _) => {
            sql.push(" and cardinality(b.product_ids) > 0 and not c.product_ids <@ b.product_ids");
        }
        (Counted::Decile, Which::Number(decile)) => {
            sql.push(" and c.customer_id in (select customer_id from tenth where decile = ").push_bind(*decile).push(")");
        }
        (Counted::Age, Which::Number(band)) => {
            sql.push(
                " and c.kind = 'personal' and case when k.birth_date is null or k.birth_date > m.as_of then 0
                     when k.birth_date > m.as_of - interval '25 years' then 1
                     else least(6, 2 + (extract(year from age(m.as_of, k.birth_date))::int - 25) / 10) end = ",
            );
            sql.push_bind(*band);
        }
        (Counted::Direct, _) => {
            sql.push(" and c.org_id = ").push_bind(place.org_id);
        }
        (Counted::NoTier, _) => {
            sql.push(" and c.tier_id = 0");
        }
        (Counted::Household | Counted::CompanyGroup, Which::Kin(None)) => {
            sql.push(" and c.").push(kin_column(*counted)).push(" is null");
        }
        (Counted::Household | Counted::CompanyGroup, Which::Kin(Some(customer))) => {
            sql.push(" and c.").push(kin_column(*counted)).push(" = ");
            kin_of(sql, place, kin_column(*counted), *customer);
        }
        (Counted::Appetite, Which::Number(level)) => {
            sql.push(" and c.kind = 'personal' and coalesce(k.risk_appetite, 0) = ").push_bind(*level);
        }
        (Counted::Flow, Which::Step(from, to)) => match (from, to) {
            // Who is gone was in the tier that the row of the month before has.
            (Some(from), None) => {
                sql.push(" and c.tier_id = ").push_bind(*from);
            }
            (None, None) => {
                sql.push(" and false");
            }
            (from, Some(to)) => {
                sql.push(" and c.tier_id = ").push_bind(*to);
                match from {
                    Some(from) => sql.push(" and b.tier_id = ").push_bind(*from),
                    None => sql.push(" and b.customer_id is null"),
                };
            }
        },
        _ => {}
    }
    if let Some(after) = after {
        sql.push(" and (c.contribution < ").push_bind(after.contribution);
        sql.push(" or (c.contribution = ").push_bind(after.contribution).push(" and c.customer_id > ").push_bind(after.customer).push("))");
    }
    sql.push(" order by c.contribution desc, c.customer_id limit ").push_bind(PAGE as i64 + 1);
    sql.push(") c");
    match (source, counted) {
        (Source::Units, Counted::Direct) => {
            sql.push(" where u.org_id = ").push_bind(place.org_id);
        }
        (Source::Units, _) => {
            sql.push(" where u.path @> array[").push_bind(place.org_id).push("]");
        }
        _ => {}
    }
    sql.push(")");
}
