//! From a checked rule to a boolean SQL expression. Values are bound, columns come from the catalogue.

use guanhu_domain::{
    customers::RelationKind,
    rules::{
        Condition, Env, Field, FieldKind, Op, Value, catalogue,
        evaluate::{ahead, back},
    },
};
use sqlx::{Postgres, QueryBuilder};

use super::{column, keys};
use crate::Scope;

/// Which related customers count.
#[derive(Clone, Debug)]
pub enum Kin {
    All,
    /// Those in a reader's scope.
    Within(Scope),
    /// Those of the customer's own unit so deep in the tree, where the bank is 1: what its head sees.
    Unit(i32),
    /// Those whom the customer's lead leads or assists.
    Lead,
}

/// The aliases under which a customer's rows are known to the statement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    pub summary: &'static str,
    customer: &'static str,
    average: &'static str,
}

impl Rows {
    /// `customer_summary s`, joined by [`push_tables`].
    pub const OUTER: Rows = Rows { summary: "s", customer: "rc", average: "ra" };
    const INNER: Rows = Rows { summary: "rs1", customer: "rc1", average: "ra1" };
}

/// What a rule reads besides the summary, related customers apart.
fn needs(condition: &Condition, customer: &mut bool, average: &mut bool) {
    if let Condition::Related { .. } = condition {
        return;
    }
    *average |= matches!(condition, Condition::AverageAum { .. });
    *customer |= condition.field().and_then(catalogue::find).is_some_and(|field| column(field).contains("{c}"));
    condition.children().iter().for_each(|child| needs(child, customer, average));
}

/// Joins what these rules read to `customer_summary`, which is already in the statement. `narrow` says
/// more of the rows of a joined table, by its alias: ` and …`.
pub fn push_tables<'a>(
    sql: &mut QueryBuilder<Postgres>,
    rules: impl Iterator<Item = &'a Condition>,
    rows: Rows,
    narrow: &dyn Fn(&str) -> String,
) {
    let (mut customer, mut average) = (false, false);
    rules.for_each(|rule| needs(rule, &mut customer, &mut average));
    for (needed, table, alias) in [(customer, "customer", rows.customer), (average, "customer_average", rows.average)] {
        if needed {
            let summary = rows.summary;
            sql.push(format_args!(" left join {table} {alias} on {alias}.customer_id = {summary}.customer_id{}", narrow(alias)));
        }
    }
}

/// A condition on `customer_summary s` that needs no further tables in the statement.
pub fn push_alone(sql: &mut QueryBuilder<Postgres>, rule: &Condition, env: Env, kin: &Kin) {
    let (mut customer, mut average) = (false, false);
    needs(rule, &mut customer, &mut average);
    if !customer && !average {
        push_joined(sql, rule, env, Rows::OUTER, kin);
        return;
    }
    let Rows { customer, average, .. } = Rows::OUTER;
    sql.push(format_args!(
        "exists (select from customer {customer} left join customer_average {average} on {average}.customer_id = {customer}.customer_id
         where {customer}.customer_id = s.customer_id and "
    ));
    push_joined(sql, rule, env, Rows::OUTER, kin);
    sql.push(")");
}

/// The condition over tables that [`push_tables`] joined. The rule must have passed `rules::check`.
pub fn push_joined(sql: &mut QueryBuilder<Postgres>, rule: &Condition, env: Env, rows: Rows, kin: &Kin) {
    Compiler { env, rows, kin }.condition(sql, rule);
}

struct Compiler<'a> {
    env: Env,
    rows: Rows,
    kin: &'a Kin,
}

impl Compiler<'_> {
    fn condition(&self, sql: &mut QueryBuilder<Postgres>, condition: &Condition) {
        let today = self.env.business_date;
        sql.push("(");
        match condition {
            Condition::All(of) => self.several(sql, of, " and "),
            Condition::Any(of) => self.several(sql, of, " or "),
            Condition::Not(of) => {
                sql.push("not ");
                self.condition(sql, of);
            }
            Condition::AverageAum { months, op, value } => {
                self.average(sql, months.unwrap_or(self.env.months));
                sql.push(operator(*op)).push_bind(*value);
            }
            Condition::Holds { product } => {
                sql.push(self.rows.summary).push(".product_ids && array(select p.product_id from product p where p.code = ");
                sql.push_bind(product.clone()).push(")");
            }
            Condition::HoldsKind { category } => {
                sql.push(self.rows.summary).push(".product_ids && array(select p.product_id from product p where p.category = ");
                sql.push_bind(category.code()).push(")");
            }
            Condition::Birthday { ahead } => {
                use chrono::Datelike;
                let month = (today.month0() + u32::from(*ahead)) % 12 + 1;
                sql.push(format_args!("extract(month from {}.birth_date) = ", self.rows.summary)).push_bind(month as i32);
            }
            Condition::Related { kind, reverse, who } => self.related(sql, *kind, *reverse, who),
            leaf => match leaf.field().and_then(catalogue::find) {
                Some(field) => self.leaf(sql, leaf, field),
                // Of what is not known nothing is true, its opposite neither.
                None => {
                    sql.push("null::boolean");
                }
            },
        }
        sql.push(")");
    }

    fn several(&self, sql: &mut QueryBuilder<Postgres>, of: &[Condition], joint: &str) {
        for (at, one) in of.iter().enumerate() {
            if at > 0 {
                sql.push(joint);
            }
            self.condition(sql, one);
        }
    }

    fn leaf(&self, sql: &mut QueryBuilder<Postgres>, leaf: &Condition, field: &Field) {
        let today = self.env.business_date;
        match leaf {
            Condition::Compare { op: Op::Contains, value, .. } => {
                sql.push("strpos(");
                self.column(sql, field);
                sql.push(", ");
                bind(sql, field, value);
                sql.push(") > 0");
            }
            Condition::Compare { op, value, .. } => {
                self.column(sql, field);
                sql.push(operator(*op));
                bind(sql, field, value);
            }
            Condition::Range { from, to, .. } => {
                self.column(sql, field);
                sql.push(" between ");
                bind(sql, field, from);
                sql.push(" and ");
                bind(sql, field, to);
            }
            Condition::OneOf { values, .. } => match keys(field.code) {
                // Of an empty set SQL says "no" even to what is not known.
                Some(keys) => {
                    sql.push("case when ");
                    self.column(sql, field);
                    sql.push(" is not null then ");
                    self.column(sql, field);
                    sql.push(" = any(array(").push(keys).push_bind(values.clone()).push("))) end");
                }
                None => {
                    self.column(sql, field);
                    sql.push(" = any(").push_bind(values.clone()).push(")");
                }
            },
            Condition::Known { .. } => {
                self.column(sql, field);
                sql.push(" is not null");
            }
            Condition::Within { days, .. } => {
                self.column(sql, field);
                sql.push(" > ").push_bind(back(today, *days)).push(" and ");
                self.column(sql, field);
                sql.push(" <= ").push_bind(today);
            }
            Condition::Ahead { days, .. } => {
                self.column(sql, field);
                sql.push(" >= ").push_bind(today).push(" and ");
                self.column(sql, field);
                sql.push(" < ").push_bind(ahead(today, *days));
            }
            Condition::NotSince { days, .. } => {
                sql.push("coalesce(");
                self.column(sql, field);
                sql.push(" <= ").push_bind(back(today, *days)).push(", true)");
            }
            _ => {
                sql.push("null::boolean");
            }
        }
    }

    /// The catalogue's SQL with the aliases of this statement.
    fn column(&self, sql: &mut QueryBuilder<Postgres>, field: &Field) {
        let text = column(field).replace("{s}", self.rows.summary).replace("{c}", self.rows.customer);
        for (at, part) in text.split("{today}").enumerate() {
            if at > 0 {
                sql.push_bind(self.env.business_date);
            }
            sql.push(part);
        }
    }

    fn average(&self, sql: &mut QueryBuilder<Postgres>, months: u8) {
        let each: Vec<String> = (1..=months.max(1)).map(|month| format!("{}.averages[{month}]", self.rows.average)).collect();
        let sum: Vec<String> = each.iter().map(|month| format!("coalesce({month}, 0)")).collect();
        let months = each.len();
        sql.push(format_args!("case when coalesce({}) is not null then ({}) / {months} end", each.join(", "), sum.join(" + ")));
    }

    fn related(&self, sql: &mut QueryBuilder<Postgres>, kind: Option<RelationKind>, reverse: bool, who: &Condition) {
        let inner = Rows::INNER;
        sql.push("exists (select from customer_relation rr join customer_summary ").push(inner.summary);
        sql.push(format_args!(" on {}.customer_id = rr.related_id", inner.summary));
        push_tables(sql, std::iter::once(who), inner, &|_| String::new());
        sql.push(format_args!(" where rr.customer_id = {}.customer_id", self.rows.summary));
        if let Some(kind) = kind {
            sql.push(" and rr.kind = ").push_bind(kind.code());
            if !kind.is_mutual() {
                sql.push(if reverse { " and not rr.inverse" } else { " and rr.inverse" });
            }
        }
        let (own, other) = (self.rows.summary, inner.summary);
        match self.kin {
            Kin::All => {}
            Kin::Within(scope) => {
                sql.push(" and ");
                scope.restrict_as(sql, other);
            }
            Kin::Unit(depth) => {
                sql.push(format_args!(
                    " and (select ko.path[{depth}] from org_unit ko where ko.org_id = {own}.org_id)
                     = (select ko.path[{depth}] from org_unit ko where ko.org_id = {other}.org_id)"
                ));
            }
            Kin::Lead => {
                sql.push(format_args!(
                    " and ({other}.lead_staff_id = {own}.lead_staff_id or {other}.assist_staff_ids @> array[{own}.lead_staff_id])"
                ));
            }
        }
        sql.push(" and ");
        Compiler { rows: inner, ..*self }.condition(sql, who);
        sql.push(")");
    }
}

fn bind(sql: &mut QueryBuilder<Postgres>, field: &Field, value: &Value) {
    match (field.kind, value) {
        (FieldKind::Date, value) => sql.push_bind(value.date()),
        (_, Value::Number(number)) => sql.push_bind(*number),
        (_, Value::Text(text)) => sql.push_bind(text.clone()),
    };
}

const fn operator(op: Op) -> &'static str {
    match op {
        Op::Eq | Op::Contains => " = ",
        Op::Ne => " <> ",
        Op::Lt => " < ",
        Op::Le => " <= ",
        Op::Gt => " > ",
        Op::Ge => " >= ",
    }
}
