//! Whatever is sent as a rule is refused or means something: no panic on the way from bytes to words,
//! to a decision and to SQL, and nothing of what was sent stands in the statement.

#![no_main]

use guanhu_crm::rules::{Rows, push_alone, push_joined};
use guanhu_domain::{
    Lang,
    customers::Kind,
    rules::{Env, Facts, Limits, NoNames, RuleSet, Value, Condition, check, evaluate, in_words},
};
use libfuzzer_sys::fuzz_target;
use sqlx::QueryBuilder;

fuzz_target!(|bytes: &[u8]| {
    let Ok(rule) = serde_json::from_slice::<RuleSet>(bytes) else { return };
    let kept = serde_json::to_vec(&rule).expect("a rule can be kept");
    assert_eq!(serde_json::from_slice::<RuleSet>(&kept).expect("what is kept can be read"), rule);
    for limits in [Limits::GROUP, Limits::tier(Kind::Personal), Limits::tier(Kind::Corporate)] {
        let faults = check(&rule, limits, "");
        assert!(faults.iter().all(|fault| fault.field.starts_with("/when") || fault.field == "/v"));
        if !faults.is_empty() {
            continue;
        }
        let env = Env { business_date: "2026-03-31".parse().expect("a date"), months: 3 };
        for lang in [Lang::Zh, Lang::En] {
            assert!(!in_words(&rule.when, lang, &NoNames, env).is_empty());
        }
        evaluate::explain(&rule.when, &Facts::default(), env);
        let mut alone = QueryBuilder::new("");
        push_alone(&mut alone, &rule.when, env, None);
        let mut joined = QueryBuilder::new("");
        push_joined(&mut joined, &rule.when, env, Rows::OUTER, None);
        for sql in [alone.sql(), joined.sql()] {
            for sent in words(&rule.when) {
                assert!(sent.len() < 6 || !sql.as_str().contains(&format!("'{sent}'")), "{sent} stands in {}", sql.as_str());
            }
        }
    }
});

/// What was sent as text and is no name of a field.
fn words(condition: &Condition) -> Vec<&str> {
    let mut sent: Vec<&str> = match condition {
        Condition::Compare { value: Value::Text(text), .. } => vec![text],
        Condition::OneOf { values, .. } => values.iter().map(String::as_str).collect(),
        Condition::Holds { product } => vec![product],
        _ => Vec::new(),
    };
    sent.extend(condition.children().iter().flat_map(words));
    sent
}
