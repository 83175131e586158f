//! What rules read of a customer, for the evaluation in memory.

use std::{collections::HashMap, sync::OnceLock};

use chrono::{Datelike, NaiveDate};
use guanhu_domain::{
    CustomerNo,
    access::Verb,
    customers::{Category, RelationKind},
    rules::{CustomerFacts, FIELDS, Fact, Facts, FieldKind, Relative, catalogue},
};
use serde::Deserialize;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, types::Json};

use super::column;
use crate::{Actor, Bank, Error, Result, Scope, audit::Entry, customers, scoped};

/// What [`facts_sql`] tells of a customer.
#[derive(Deserialize)]
pub struct Row {
    fields: Value,
    birth_date: Option<NaiveDate>,
    units: Vec<String>,
    products: Vec<String>,
    categories: Vec<String>,
    averages: Option<Vec<Option<i64>>>,
}

/// The facts of these customers on `today`, related customers included (those in `scope`, where one is
/// given). The caller has asked who may know them.
pub async fn load(
    conn: &mut PgConnection,
    ids: &[i64],
    today: NaiveDate,
    related: bool,
    scope: Option<&Scope>,
) -> Result<HashMap<i64, Facts>> {
    let mut facts = own(conn, ids, today).await?;
    if !related {
        return Ok(facts);
    }
    let (units, staff) = scope.map(Scope::binds).unwrap_or_default();
    let links: Vec<(i64, i64, String, bool)> = sqlx::query_as(
        "select r.customer_id, r.related_id, r.kind, r.inverse from customer_relation r join customer_summary s on s.customer_id = r.related_id
         where r.customer_id = any($1) and ($4 or s.org_id = any($2) or s.lead_staff_id = $3 or s.assist_staff_ids @> array[$3])",
    )
    .bind(ids)
    .bind(units)
    .bind(staff)
    .bind(scope.is_none())
    .fetch_all(&mut *conn)
    .await?;
    let mut others: Vec<i64> = links.iter().map(|(_, other, ..)| *other).collect();
    others.sort_unstable();
    others.dedup();
    let others = own(conn, &others, today).await?;
    for (id, other, kind, inverse) in links {
        if let (Some(facts), Some(other), Some(kind)) = (facts.get_mut(&id), others.get(&other), RelationKind::from_code(&kind)) {
            facts.relatives.push(Relative { kind, inverse, facts: other.clone() });
        }
    }
    Ok(facts)
}

/// What rules read of a customer, so that one can be tried on it where it is written. Related customers are those in
/// the actor's scope, as in a group.
///
/// # Errors
/// `not_found` for an unknown customer and for one out of scope alike.
pub async fn facts(bank: &Bank, actor: &Actor, customer: CustomerNo) -> Result<CustomerFacts> {
    actor.require(Verb::CustomerView)?;
    let (units, staff) = actor.scope.binds();
    let mut conn = bank.read(actor).await?;
    let name: String = sqlx::query_scalar(concat!("select s.name from customer_summary s where s.customer_id = $3 and ", scoped!()))
        .bind(units)
        .bind(staff)
        .bind(customer.id())
        .fetch_one(&mut *conn)
        .await?;
    let mut known = load(&mut conn, &[customer.id()], actor.me.business_date, true, Some(&actor.scope)).await?;
    let mut facts = known.remove(&customer.id()).ok_or_else(Error::not_found)?;
    let told = |code: &String| catalogue::find(code).is_some_and(|field| field.class <= actor.role.data_class());
    facts.values.retain(|code, _| told(code));
    facts.relatives.iter_mut().for_each(|relative| relative.facts.values.retain(|code, _| told(code)));
    let entry = Entry::viewed(Verb::CustomerView, customers::subject(customer));
    bank.audit_soon(actor, entry.detail(serde_json::json!({ "part": "rule" }))).await;
    Ok(CustomerFacts { customer_no: customer, name, facts })
}

async fn own(conn: &mut PgConnection, ids: &[i64], today: NaiveDate) -> Result<HashMap<i64, Facts>> {
    static SQL: OnceLock<String> = OnceLock::new();
    let sql = SQL.get_or_init(|| {
        format!(
            "select s.customer_id, {} from customer_summary s join customer c using (customer_id) where s.customer_id = any($1)",
            facts_sql("$2::date")
        )
    });
    let rows: Vec<(i64, Json<Row>)> = sqlx::query_as(AssertSqlSafe(sql.as_str())).bind(ids).bind(today).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(id, row)| (id, row.0.into_facts(today))).collect())
}

/// A JSON object that is a [`Row`], of `customer_summary s` and `customer c`; `today` is SQL for the business date.
pub(crate) fn facts_sql(today: &str) -> String {
    let pairs: Vec<String> = FIELDS
        .iter()
        .filter_map(|field| {
            let sql = match field.code {
                "age" | "unit" => return None,
                "tier" => "(select t.code from tier t where t.tier_id = s.tier_id)".to_owned(),
                "manager" => "(select m.code from staff m where m.staff_id = s.lead_staff_id)".to_owned(),
                _ => column(field).replace("{s}", "s").replace("{c}", "c").replace("{today}", today),
            };
            Some(format!("'{}', {sql}", field.code))
        })
        .collect();
    format!(
        "jsonb_build_object('fields', jsonb_strip_nulls(jsonb_build_object({})), 'birth_date', s.birth_date,
             'units', array(select up.code from org_unit o join org_unit up on up.org_id = any(o.path) where o.org_id = s.org_id),
             'products', array(select p.code from product p where p.product_id = any(s.product_ids) order by p.product_id),
             'categories', array(select p.category from product p where p.product_id = any(s.product_ids) order by p.product_id),
             'averages', (select a.averages from customer_average a where a.customer_id = s.customer_id))",
        pairs.join(", ")
    )
}

impl Row {
    pub(crate) fn into_facts(self, today: NaiveDate) -> Facts {
        let mut values: std::collections::BTreeMap<String, Fact> = FIELDS
            .iter()
            .filter_map(|field| {
                let value = self.fields.get(field.code)?;
                let fact = match field.kind {
                    FieldKind::Money | FieldKind::Number(..) => Fact::Number(value.as_i64()?),
                    FieldKind::Date => Fact::Date(value.as_str()?.parse().ok()?),
                    FieldKind::Choice(_) | FieldKind::Text => Fact::Text(value.as_str()?.to_owned()),
                };
                Some((field.code.to_owned(), fact))
            })
            .collect();
        if let Some(age) = self.birth_date.and_then(|born| today.years_since(born)) {
            values.insert("age".into(), Fact::Number(age.into()));
        }
        let categories = self.categories.iter().map(|code| Category::from_code(code));
        Facts {
            values,
            units: self.units,
            products: self.products.into_iter().zip(categories).collect(),
            averages: self.averages.unwrap_or_default(),
            birth_month: self.birth_date.map(|born| born.month()),
            relatives: Vec::new(),
        }
    }
}
