//! What rules read of a customer, for the evaluation in memory.

use std::{collections::HashMap, sync::OnceLock};

use chrono::{Datelike, NaiveDate};
use guanhu_domain::{
    customers::{Category, RelationKind},
    rules::{FIELDS, Fact, Facts, FieldKind, Relative},
};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

use super::column;
use crate::{Result, Scope};

#[derive(sqlx::FromRow)]
struct Row {
    customer_id: i64,
    fields: Value,
    birth_date: Option<NaiveDate>,
    units: Vec<String>,
    products: Vec<String>,
    categories: Vec<String>,
    averages: Vec<Option<i64>>,
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

async fn own(conn: &mut PgConnection, ids: &[i64], today: NaiveDate) -> Result<HashMap<i64, Facts>> {
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(statement())).bind(ids).bind(today).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.customer_id, row.into_facts(today))).collect())
}

/// `$1` the customers, `$2` the business date.
fn statement() -> &'static str {
    static SQL: OnceLock<String> = OnceLock::new();
    SQL.get_or_init(|| {
        let pairs: Vec<String> = FIELDS
            .iter()
            .filter_map(|field| {
                let sql = match field.code {
                    "age" | "unit" => return None,
                    "tier" => "(select t.code from tier t where t.tier_id = s.tier_id)".to_owned(),
                    "manager" => "(select m.code from staff m where m.staff_id = s.lead_staff_id)".to_owned(),
                    _ => column(field).replace("{s}", "s").replace("{c}", "c").replace("{today}", "$2::date"),
                };
                Some(format!("'{}', {sql}", field.code))
            })
            .collect();
        format!(
            "select s.customer_id, jsonb_strip_nulls(jsonb_build_object({})) as fields, s.birth_date,
                 array(select up.code from org_unit o join org_unit up on up.org_id = any(o.path) where o.org_id = s.org_id) as units,
                 array(select p.code from product p where p.product_id = any(s.product_ids) order by p.product_id) as products,
                 array(select p.category from product p where p.product_id = any(s.product_ids) order by p.product_id) as categories,
                 coalesce(a.averages, '{{}}') as averages
             from customer_summary s join customer c using (customer_id) left join customer_average a using (customer_id)
             where s.customer_id = any($1)",
            pairs.join(", ")
        )
    })
}

impl Row {
    fn into_facts(self, today: NaiveDate) -> Facts {
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
            averages: self.averages,
            birth_month: self.birth_date.map(|born| born.month()),
            relatives: Vec::new(),
        }
    }
}
