//! A definition as one SQL expression: which of its tiers a customer belongs to.

use chrono::NaiveDate;
use guanhu_domain::{rules::Env, tiers::Definition};
use sqlx::{Postgres, QueryBuilder};

use crate::rules::{self, Rows};

pub fn env(definition: &Definition, business_date: NaiveDate) -> Env {
    Env { business_date, months: definition.settings.months }
}

/// ` left join …`: what the rules read besides `customer_summary s`.
pub fn push_tables(sql: &mut QueryBuilder<Postgres>, definition: &Definition) {
    rules::push_tables(sql, definition.tiers.iter().map(|tier| &tier.rule.when), Rows::OUTER);
}

/// `case … end`: the first of `values` (one for each tier, the lowest first) from the top whose rule is
/// true; null where none is.
pub fn push_case(sql: &mut QueryBuilder<Postgres>, definition: &Definition, values: &[i32], env: Env) {
    sql.push("case");
    for (tier, value) in definition.tiers.iter().zip(values).rev() {
        sql.push(" when ");
        rules::push_joined(sql, &tier.rule.when, env, Rows::OUTER, None);
        sql.push(" then ").push_bind(*value);
    }
    sql.push(" end");
}
