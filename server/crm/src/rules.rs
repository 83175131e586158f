//! Rules against the database: compiled to parameterised SQL, and the facts of customers for the
//! evaluation in memory. A test holds the two equal.

mod choices;
mod compile;
mod facts;

pub use choices::{choices, unknown_codes};
pub(crate) use choices::{names_sql, of_reasons};
pub use compile::{Kin, Rows, push_alone, push_joined, push_tables};
pub(crate) use facts::{Row as FactsRow, facts_sql};
pub use facts::{facts, load};

use guanhu_domain::rules::Field;

/// Where a field's value stands: SQL over `{s}` (customer_summary) and `{c}` (customer), with `{today}`
/// the business date. Never anything that was sent.
pub(crate) fn column(field: &Field) -> &'static str {
    match field.code {
        "aum" => "{s}.aum",
        "aum_previous" => "{s}.aum_previous",
        // Whole per cent, cut; unknown where there was nothing.
        "aum_change" => "case when {s}.aum_previous > 0 then ({s}.aum - {s}.aum_previous) * 100 / {s}.aum_previous end",
        "aum_and_loans" => "({s}.aum + {s}.loans)",
        "deposits" => "{s}.deposits",
        "wealth" => "{s}.wealth",
        "loans" => "{s}.loans",
        "contribution" => "{s}.contribution",
        "accounts" => "{s}.accounts",
        "kind" => "{s}.kind",
        "opened_on" => "{s}.opened_on",
        // Written when something happens to the customer: by today it may have passed.
        "next_maturity_on" => "case when {s}.next_maturity_on >= {today} then {s}.next_maturity_on end",
        "open_alerts" => "{s}.open_alerts",
        "completeness" => "{s}.completeness",
        "age" => {
            "case when {s}.birth_date <= {today} then extract(year from age({today}::timestamp, {s}.birth_date::timestamp))::bigint end"
        }
        "sex" => "{c}.sex",
        "nationality" => "{c}.nationality::text",
        "marital_status" => "{c}.marital_status",
        "education" => "{c}.education",
        "occupation" => "{c}.occupation",
        "annual_income" => "{c}.annual_income",
        "risk_appetite" => "{c}.risk_appetite",
        "established_on" => "{c}.established_on",
        "registered_capital" => "{c}.registered_capital",
        "industry" => "{c}.industry",
        "scale" => "{c}.scale",
        "employees" => "{c}.employees",
        "credit_rating" => "{c}.credit_rating",
        // Keys: sets of codes are resolved to sets of keys, once per statement.
        "tier" => "{s}.tier_id",
        "unit" => "{s}.org_id",
        "manager" => "{s}.lead_staff_id",
        "state" => "{s}.state",
        "last_contact" => "({s}.last_contact_at at time zone 'UTC' + interval '8 hours')::date",
        "next_due_on" => "{s}.next_due_on",
        _ => "null",
    }
}

/// The keys that a set of codes stands for, for the fields kept as keys.
pub(crate) fn keys(field: &str) -> Option<&'static str> {
    match field {
        "tier" => Some("select k.tier_id from tier k where k.code = any("),
        "manager" => Some("select k.staff_id from staff k where k.code = any("),
        "unit" => Some("select k.org_id from org_unit k join org_unit top on k.path @> array[top.org_id] where top.code = any("),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use guanhu_domain::rules::FIELDS;

    use super::*;

    type Classes = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

    #[test]
    fn every_field_has_a_column_of_its_own_class() {
        let registry: Classes = toml::from_str(include_str!("../data_classes.toml")).unwrap();
        let class = |table: &str, column: &str| {
            registry[table].iter().find(|(_, columns)| columns.contains(column)).map(|(class, _)| class.clone()).unwrap_or_default()
        };
        for field in FIELDS {
            let sql = column(field);
            assert_ne!(sql, "null", "{} has no column", field.code);
            for (mark, table) in [("{s}.", "customer_summary"), ("{c}.", "customer")] {
                for part in sql.split(mark).skip(1) {
                    let name: String = part.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                    let class = class(table, &name);
                    assert!(class == "none" || class == format!("{:?}", field.class), "{}: {table}.{name} is {class}", field.code);
                }
            }
        }
    }
}
