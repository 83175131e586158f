//! The way of whatever is sent as a rule: what fuzz targets run, and what `cargo test` runs thousands of times without one.

use guanhu_crm::rules::{Kin, Rows, push_alone, push_joined};
use guanhu_domain::{
    Code, Lang,
    customers::{DataClass, Kind},
    json,
    rules::{
        Condition, Env, FIELDS, Fact, Facts, FieldKind, Limits, NoNames, RuleSet, Value, check,
        evaluate::{evaluate, explain},
        figure, in_words,
    },
};
use sqlx::QueryBuilder;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// No rule: refused with a place.
    Unread,
    /// A rule that may not be kept: refused with a place.
    Refused,
    /// Said, decided and compiled, with nothing of it in the statement.
    Through,
}

/// Refused or meaning something; panics for anything else.
pub fn of(bytes: &[u8]) -> Came {
    let rule = match json::read::<RuleSet>(bytes) {
        Ok(rule) => rule,
        Err(problem) => {
            assert!(matches!(problem.code, Code::Invalid | Code::Malformed), "{problem}");
            let [fault] = &problem.fields[..] else { panic!("no place: {problem}") };
            assert!(fault.field.is_empty() || fault.field.starts_with('/'), "{problem}");
            assert!([Lang::Zh, Lang::En].iter().all(|lang| !fault.rule.message(*lang).is_empty()));
            return Came::Unread;
        }
    };
    let kept = serde_json::to_vec(&rule).expect("a rule can be kept");
    assert_eq!(json::read::<RuleSet>(&kept).expect("what is kept can be read"), rule);
    let mut came = Came::Refused;
    let class = DataClass::C1;
    for limits in [Limits::group(class), Limits::tier(Kind::Personal, class), Limits::tier(Kind::Corporate, class)] {
        let faults = check(&rule, limits, "/rule");
        assert!(faults.iter().all(|fault| fault.field.starts_with("/rule/")), "{faults:?}");
        if faults.is_empty() {
            means_something(&rule.when);
            came = Came::Through;
        }
    }
    came
}

fn means_something(when: &Condition) {
    let env = Env { business_date: "2026-03-31".parse().expect("a date"), months: 3 };
    let money = FIELDS.iter().filter(|field| matches!(field.kind, FieldKind::Money));
    let facts = Facts {
        values: money.map(|field| (field.code.to_owned(), Fact::Number(-5))).collect(),
        averages: vec![Some(-5); 12],
        ..Facts::default()
    };
    evaluate(when, &Facts::default(), env);
    for lang in [Lang::Zh, Lang::En] {
        assert!(!in_words(when, lang, &NoNames, env).is_empty());
        for reason in explain(when, &facts, env) {
            if let Some(lacks) = Fact::lacks(&reason.condition, reason.actual.as_ref()) {
                figure(lacks, lang);
            }
        }
    }
    let mut alone = QueryBuilder::new("");
    push_alone(&mut alone, when, env, &Kin::All);
    let mut joined = QueryBuilder::new("");
    push_joined(&mut joined, when, env, Rows::OUTER, &Kin::All);
    for sql in [alone.sql(), joined.sql()] {
        let quoted = words(when).into_iter().find(|text| !text.is_empty() && sql.as_str().contains(&format!("'{text}'")));
        assert_eq!(quoted, None, "{}", sql.as_str());
    }
}

/// What was sent as text and is no name of a field.
fn words(condition: &Condition) -> Vec<&str> {
    let mut texts: Vec<&str> = match condition {
        Condition::Compare { value: Value::Text(text), .. } => vec![text],
        Condition::Range { from: Value::Text(from), to: Value::Text(to), .. } => vec![from, to],
        Condition::OneOf { values, .. } => values.iter().map(String::as_str).collect(),
        Condition::Holds { product } => vec![product],
        _ => Vec::new(),
    };
    texts.extend(condition.children().iter().flat_map(words));
    texts
}
