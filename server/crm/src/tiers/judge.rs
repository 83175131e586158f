//! A definition as SQL: which of its tiers a customer belongs to, and which of two tiers is the higher.

use chrono::NaiveDate;
use guanhu_domain::{rules::Env, tiers::Definition};
use sqlx::{Postgres, QueryBuilder};

use super::part::Part;
use crate::rules::{self, Kin, Rows};

pub fn env(definition: &Definition, business_date: NaiveDate) -> Env {
    Env { business_date, months: definition.settings.months }
}

/// ` left join …`: what the rules read besides `customer_summary s`.
pub fn push_tables(sql: &mut QueryBuilder<Postgres>, definition: &Definition, part: Option<Part<'_>>) {
    let narrow = |alias: &str| part.map(|part| part.narrow(alias)).unwrap_or_default();
    rules::push_tables(sql, definition.tiers.iter().map(|tier| &tier.rule.when), Rows::OUTER, &narrow);
}

/// `case … end`: the first of `values` (one for each tier, the lowest first) from the top whose rule is
/// true; null where none is.
pub fn push_case(sql: &mut QueryBuilder<Postgres>, definition: &Definition, values: &[i32], env: Env) {
    sql.push("case");
    for (tier, value) in definition.tiers.iter().zip(values).rev() {
        sql.push(" when ");
        rules::push_joined(sql, &tier.rule.when, env, Rows::OUTER, &Kin::All);
        sql.push(" then ").push_bind(*value);
    }
    sql.push(" end");
}

/// How high the tier of `alias` (of `tier`, nulls for none) stands in a definition: twice its place from
/// one. A tier that the definition has given up keeps the place it had, just below whoever has it now.
pub fn push_height(sql: &mut QueryBuilder<Postgres>, definition: &Definition, alias: &str) {
    let codes: Vec<String> = definition.tiers.iter().map(|tier| tier.code.clone()).collect();
    sql.push("coalesce(2 * array_position(").push_bind(codes);
    sql.push(format_args!("::text[], {alias}.code), 2 * {alias}.rank - 1, 0)"));
}

/// The same of a place in the definition, from zero.
pub fn height(place: Option<i32>) -> i32 {
    place.map_or(0, |place| 2 * (place + 1))
}
