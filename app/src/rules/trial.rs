//! Trying a rule on one customer while it is written: what is known of the customer comes once, every condition is
//! decided here.

use std::sync::Arc;

use guanhu_domain::{
    Code, CustomerNo, Lang, Problem,
    rules::{Condition, CustomerFacts, Env, Limits, RuleChoices, RuleSet, check, evaluate},
};
use guanhu_ui::{Button, ButtonKind, Field, Glyph, Icon, TextInput, t, use_lang};
use leptos::prelude::*;

use super::{Editing, Node, api, text};
use crate::attempt::{Attempt, Told};

/// The customer a rule is tried on.
pub type Tried = RwSignal<Option<Arc<CustomerFacts>>>;

/// What a condition says of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// Not whole yet.
    Open,
    Holds(String),
    Fails(String),
    /// Neither true nor false.
    Unknown,
}

/// `actual` is added where the condition is of one field.
fn verdict(condition: &Condition, of: &CustomerFacts, limits: Limits, env: Env, lang: Lang, names: &RuleChoices) -> Verdict {
    if !check(&RuleSet::new(condition.clone()), limits, "").is_empty() {
        return Verdict::Open;
    }
    let actual = || match evaluate::explain(condition, &of.facts, env).as_slice() {
        [reason] if reason.condition == *condition => reason.actual.as_ref().map(|actual| actual.in_words(condition, lang, names)),
        _ => None,
    };
    match evaluate::evaluate(condition, &of.facts, env) {
        Some(true) => Verdict::Holds(actual().unwrap_or_default()),
        Some(false) => Verdict::Fails(actual().unwrap_or_default()),
        None => Verdict::Unknown,
    }
}

impl Verdict {
    fn shown(self, lang: Lang) -> AnyView {
        let (class, glyph, words, actual) = match self {
            Verdict::Open => return ().into_any(),
            Verdict::Holds(actual) => ("rule-verdict holds", Some(Glyph::Check), text::holds_of(lang), actual),
            Verdict::Fails(actual) => ("rule-verdict fails", Some(Glyph::Close), text::fails_of(lang), actual),
            Verdict::Unknown => ("rule-verdict", None, text::unknown_of(lang), String::new()),
        };
        let actual = (!actual.is_empty()).then(|| text::actually(lang, &actual));
        view! { <span class=class>{glyph.map(|glyph| view! { <Icon glyph /> })} {words} {actual}</span> }.into_any()
    }
}

/// Beside a node: whether it holds of the customer tried on, if there is one.
pub fn mark(node: Node, editing: Editing) -> AnyView {
    let lang = use_lang();
    let Some(tried) = editing.tried else { return ().into_any() };
    (move || {
        tried.get().map(|of| {
            let (condition, env) = (node.condition(), editing.env.get());
            let said = editing.choices.with_value(|names| verdict(&condition, &of, editing.limits, env, lang.get(), names));
            said.shown(lang.get())
        })
    })
    .into_any()
}

/// Below the rule: a customer's number, and whether the whole rule is true of that customer. `rule` is what would be kept.
#[component]
pub fn TryOut(rule: Signal<Option<RuleSet>>, editing: Editing) -> impl IntoView {
    let lang = use_lang();
    let Some(tried) = editing.tried else { return ().into_any() };
    let attempt = Attempt::new();
    let typed = RwSignal::new(String::new());
    let wrong = RwSignal::new(false);
    let ask = move || {
        let Ok(no) = typed.with_untracked(|typed| typed.parse::<CustomerNo>()) else {
            attempt.clear();
            wrong.set(true);
            return;
        };
        wrong.set(false);
        attempt.run(api::facts(no), move |facts| tried.set(Some(Arc::new(facts))));
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        ask();
    };
    let error = Signal::derive(move || wrong.get().then(|| text::no_number(lang.get()).to_owned()));
    let whole = move || {
        tried.get().map(|of| {
            let lang = lang.get();
            let said = rule.get().map(|rule| {
                editing.choices.with_value(|names| verdict(&rule.when, &of, editing.limits, editing.env.get(), lang, names)).shown(lang)
            });
            view! {
                <p class="rule-words" role="status">
                    <a href=format!("/customers/{}", of.customer_no)>{of.name.clone()}</a>
                    " "
                    {said.unwrap_or_else(|| text::not_whole(lang).into_any())}
                </p>
                <Button kind=ButtonKind::Quiet on_click=move |_| tried.set(None)>{text::stop_trying(lang)}</Button>
            }
        })
    };
    view! {
        <form class="rule-try" on:submit=submit>
            <Field name="rule-try-no" help="groups#rule" label=t(text::try_on) hint=t(text::try_hint) error>
                <TextInput value=typed maxlength=20 autocomplete="off" />
            </Field>
            <Button r#type="submit" busy=attempt.busy>{t(text::try_it)}</Button>
            {whole}
            <Told attempt explain=explain />
        </form>
    }
    .into_any()
}

fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    (problem.code == Code::NotFound).then(|| text::no_such_customer(lang).to_owned())
}

#[cfg(test)]
mod tests {
    use guanhu_domain::rules::{Fact, Facts};

    use super::*;

    #[test]
    fn every_condition_says_whether_it_holds_without_asking_anybody() {
        let facts = Facts { values: [("aum".to_owned(), Fact::Number(6_000_000))].into(), ..Facts::default() };
        let of = CustomerFacts { customer_no: CustomerNo::from_id(700_000), name: "张小伟".into(), facts };
        let env = Env { business_date: "2026-03-31".parse().unwrap(), months: 3 };
        let names = RuleChoices::new(Vec::new());
        let said = |json: &str| {
            verdict(
                &serde_json::from_str(json).unwrap(),
                &of,
                Limits::group(guanhu_domain::customers::DataClass::C1),
                env,
                Lang::En,
                &names,
            )
        };
        let Verdict::Holds(actual) = said(r#"{"compare": {"field": "aum", "op": "ge", "value": 5000000}}"#) else { panic!() };
        assert!(!actual.is_empty());
        assert!(matches!(said(r#"{"compare": {"field": "aum", "op": "lt", "value": 5000000}}"#), Verdict::Fails(_)));
        assert_eq!(said(r#"{"compare": {"field": "age", "op": "ge", "value": 18}}"#), Verdict::Unknown);
        assert_eq!(said(r#"{"compare": {"field": "aum", "op": "ge", "value": ""}}"#), Verdict::Open, "not whole yet");
        assert_eq!(said(r#"{"not": {"holds": {"product": "LOAN"}}}"#), Verdict::Holds(String::new()));
    }
}
