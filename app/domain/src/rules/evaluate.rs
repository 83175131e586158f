//! A rule and one customer, in memory. Neither true nor false is `None`, as null in SQL.

use std::{cmp::Ordering, collections::BTreeMap};

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Condition, Env, Op, Value, catalogue};
use crate::{
    CustomerNo,
    customers::{Category, RelationKind},
};

/// A value of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Minor units or a whole number.
    Number(i64),
    Date(NaiveDate),
    Text(String),
}

/// What is known of a customer, by field code; what is not known is not there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub values: BTreeMap<String, Fact>,
    /// Codes from the root to the customer's own unit.
    pub units: Vec<String>,
    /// The category where it is one of those known here.
    pub products: Vec<(String, Option<Category>)>,
    /// Average daily AUM of whole months, the newest first.
    pub averages: Vec<Option<i64>>,
    pub birth_month: Option<u32>,
    pub relatives: Vec<Relative>,
}

/// A related customer, without relations of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relative {
    pub kind: RelationKind,
    /// The relative is `kind` of the customer, not the customer of the relative.
    pub inverse: bool,
    pub facts: Facts,
}

/// A customer whom a rule is tried on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerFacts {
    pub customer_no: CustomerNo,
    pub name: String,
    pub facts: Facts,
}

/// A leaf that decided, with what was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Reason {
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub condition: Condition,
    /// The customer's value; nothing when it is not known.
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub actual: Option<Fact>,
    pub holds: bool,
}

/// Is the condition true of the customer? `None` where that is not known. The tree must have passed
/// [`super::check`].
pub fn evaluate(condition: &Condition, facts: &Facts, env: Env) -> Option<bool> {
    let today = env.business_date;
    match condition {
        Condition::All(of) => of.iter().map(|one| evaluate(one, facts, env)).fold(Some(true), and),
        Condition::Any(of) => of.iter().map(|one| evaluate(one, facts, env)).fold(Some(false), or),
        Condition::Not(of) => evaluate(of, facts, env).map(|truth| !truth),
        Condition::Compare { field, op, value } => compare(&fact(field, facts)?, *op, value),
        Condition::Range { field, from, to } => {
            let fact = fact(field, facts)?;
            and(compare(&fact, Op::Ge, from), compare(&fact, Op::Le, to))
        }
        Condition::OneOf { field, values } if field == "unit" => Some(facts.units.iter().any(|unit| values.contains(unit))),
        Condition::OneOf { field, values } => match fact(field, facts)? {
            Fact::Text(text) => Some(values.contains(&text)),
            _ => None,
        },
        Condition::Known { field } if field == "unit" => Some(!facts.units.is_empty()),
        Condition::Known { field } => Some(fact(field, facts).is_some()),
        Condition::Within { field, days } => {
            let date = date(field, facts)?;
            Some(date > back(today, *days) && date <= today)
        }
        Condition::Ahead { field, days } => {
            let date = date(field, facts)?;
            Some(date >= today && date < ahead(today, *days))
        }
        Condition::NotSince { field, days } => Some(date(field, facts).is_none_or(|date| date <= back(today, *days))),
        Condition::AverageAum { months, op, value } => ordered(average(&facts.averages, months.unwrap_or(env.months))?.cmp(value), *op),
        Condition::Holds { product } => Some(facts.products.iter().any(|(code, _)| code == product)),
        Condition::HoldsKind { category } => Some(facts.products.iter().any(|(_, held)| *held == Some(*category))),
        Condition::Birthday { ahead } => Some(facts.birth_month? == (today.month0() + u32::from(*ahead)) % 12 + 1),
        Condition::Related { kind, reverse, who } => {
            let fits = |one: &Relative| kind.is_none_or(|kind| one.kind == kind && (kind.is_mutual() || one.inverse != *reverse));
            Some(facts.relatives.iter().any(|one| fits(one) && evaluate(who, &one.facts, env) == Some(true)))
        }
    }
}

/// The mean over the newest `months` whole months, cut to minor units; nothing when there was no balance at all.
pub fn average(averages: &[Option<i64>], months: u8) -> Option<i64> {
    let window = &averages[..averages.len().min(months.into())];
    window.iter().any(Option::is_some).then(|| window.iter().flatten().sum::<i64>() / i64::from(months.max(1)))
}

/// The day so many days before.
pub fn back(today: NaiveDate, days: u16) -> NaiveDate {
    today.checked_sub_days(Days::new(days.into())).unwrap_or(today)
}

/// The day so many days after.
pub fn ahead(today: NaiveDate, days: u16) -> NaiveDate {
    today.checked_add_days(Days::new(days.into())).unwrap_or(today)
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

fn fact(field: &str, facts: &Facts) -> Option<Fact> {
    catalogue::find(field)?;
    facts.values.get(field).cloned()
}

fn date(field: &str, facts: &Facts) -> Option<NaiveDate> {
    match facts.values.get(field)? {
        Fact::Date(date) => Some(*date),
        _ => None,
    }
}

fn compare(fact: &Fact, op: Op, value: &Value) -> Option<bool> {
    match fact {
        Fact::Number(number) => ordered(number.cmp(&value.number()?), op),
        Fact::Date(date) => ordered(date.cmp(&value.date()?), op),
        Fact::Text(text) if op == Op::Contains => Some(text.contains(value.text()?)),
        Fact::Text(text) => ordered(text.as_str().cmp(value.text()?), op),
    }
}

fn ordered(ordering: Ordering, op: Op) -> Option<bool> {
    Some(match op {
        Op::Eq => ordering.is_eq(),
        Op::Ne => ordering.is_ne(),
        Op::Lt => ordering.is_lt(),
        Op::Le => ordering.is_le(),
        Op::Gt => ordering.is_gt(),
        Op::Ge => ordering.is_ge(),
        Op::Contains => return None,
    })
}

/// The leaves that decide: what makes a true condition true, what keeps any other from it.
pub fn explain(condition: &Condition, facts: &Facts, env: Env) -> Vec<Reason> {
    let mut reasons = Vec::new();
    gather(condition, facts, env, &mut reasons);
    reasons
}

fn gather(condition: &Condition, facts: &Facts, env: Env, reasons: &mut Vec<Reason>) {
    let holds = evaluate(condition, facts, env) == Some(true);
    match condition {
        Condition::All(of) if holds => of.iter().for_each(|one| gather(one, facts, env, reasons)),
        Condition::All(of) => {
            of.iter().filter(|one| evaluate(one, facts, env) != Some(true)).for_each(|one| gather(one, facts, env, reasons));
        }
        // One way is enough, and said; of a false choice every way is.
        Condition::Any(of) if holds => {
            if let Some(one) = of.iter().find(|one| evaluate(one, facts, env) == Some(true)) {
                gather(one, facts, env, reasons);
            }
        }
        Condition::Any(of) => of.iter().for_each(|one| gather(one, facts, env, reasons)),
        leaf => reasons.push(Reason { condition: leaf.clone(), actual: actual(leaf, facts, env), holds }),
    }
}

fn actual(leaf: &Condition, facts: &Facts, env: Env) -> Option<Fact> {
    match leaf {
        Condition::AverageAum { months, .. } => average(&facts.averages, months.unwrap_or(env.months)).map(Fact::Number),
        leaf => fact(leaf.field()?, facts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env() -> Env {
        Env { business_date: NaiveDate::from_ymd_opt(2026, 3, 31).unwrap(), months: 3 }
    }

    fn facts() -> Facts {
        let values = [
            ("aum", Fact::Number(612_000_00)),
            ("last_contact", Fact::Date("2026-03-01".parse().unwrap())),
            ("occupation", Fact::Text("教师".into())),
        ];
        Facts {
            values: values.map(|(code, fact)| (code.to_owned(), fact)).into(),
            averages: vec![Some(700_000_00), None, Some(500_000_00), Some(9)],
            birth_month: Some(4),
            ..Facts::default()
        }
    }

    fn holds(json: &str) -> Option<bool> {
        evaluate(&serde_json::from_str(json).unwrap(), &facts(), env())
    }

    #[test]
    fn what_is_not_known_is_neither_true_nor_false() {
        assert_eq!(holds(r#"{"compare": {"field": "loans", "op": "ge", "value": 0}}"#), None);
        assert_eq!(holds(r#"{"not": {"compare": {"field": "loans", "op": "ge", "value": 0}}}"#), None);
        let unknown = r#"{"compare": {"field": "loans", "op": "ge", "value": 0}}"#;
        assert_eq!(holds(&format!(r#"{{"any": [{unknown}, {{"known": {{"field": "aum"}}}}]}}"#)), Some(true));
        assert_eq!(holds(&format!(r#"{{"all": [{unknown}, {{"known": {{"field": "loans"}}}}]}}"#)), Some(false));
        assert_eq!(holds(r#"{"not_since": {"field": "next_due_on", "days": 30}}"#), Some(true));
    }

    #[test]
    fn windows_and_averages_are_counted_from_the_business_date() {
        assert_eq!(holds(r#"{"within": {"field": "last_contact", "days": 31}}"#), Some(true));
        assert_eq!(holds(r#"{"within": {"field": "last_contact", "days": 30}}"#), Some(false));
        assert_eq!(holds(r#"{"not_since": {"field": "last_contact", "days": 30}}"#), Some(true));
        assert_eq!(holds(r#"{"average_aum": {"op": "ge", "value": 40000000}}"#), Some(true));
        assert_eq!(holds(r#"{"average_aum": {"op": "gt", "value": 40000000}}"#), Some(false));
        assert_eq!(holds(r#"{"birthday": {"ahead": 1}}"#), Some(true));
        assert_eq!(average(&[None, None], 2), None);
    }

    #[test]
    fn an_explanation_names_what_decided_and_what_was_found() {
        let rule = r#"{"all": [{"average_aum": {"op": "ge", "value": 50000000}}, {"known": {"field": "aum"}}]}"#;
        let told = explain(&serde_json::from_str(rule).unwrap(), &facts(), env());
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].holds, &told[0].actual), (false, &Some(Fact::Number(400_000_00))));
    }
}
