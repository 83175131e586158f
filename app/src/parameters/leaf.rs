//! One typed place of a parameter: the parameter itself, or a part of it.

use guanhu_domain::{
    Lang,
    parameters::{Holds, Parameter, Words, share, share_value},
};
use guanhu_ui::{Checkbox, Choice, Field, Select, TextInput, format_count, format_exact, parse_amount, use_lang};
use leptos::prelude::*;
use serde_json::{Map, Value, json};

use super::text;

#[derive(Clone, Copy)]
pub struct Leaf {
    /// Of the part; a parameter that has none is its own only place.
    part: Option<(&'static str, Words)>,
    holds: Holds,
    flag: RwSignal<bool>,
    typed: RwSignal<String>,
}

/// The places of a parameter, in order.
pub fn leaves(of: &Parameter) -> Vec<Leaf> {
    let leaf = |part, holds| Leaf { part, holds, flag: RwSignal::new(false), typed: RwSignal::new(String::new()) };
    match of.holds {
        Holds::Parts(parts) => parts.iter().map(|part| leaf(Some((part.name, part.words)), part.holds)).collect(),
        holds => vec![leaf(None, holds)],
    }
}

/// The value as it would be stored; null where what is typed is no figure.
pub fn together(of: &Parameter, leaves: &[Leaf], decimals: u32) -> Value {
    match (of.holds, leaves) {
        (Holds::Parts(_), leaves) => {
            let part = |leaf: &Leaf| leaf.part.map(|(name, _)| (name.to_owned(), leaf.value(decimals)));
            leaves.iter().filter_map(part).collect::<Map<_, _>>().into()
        }
        (_, leaves) => leaves.first().map_or(Value::Null, |leaf| leaf.value(decimals)),
    }
}

/// A value in words.
pub fn said(of: &Parameter, value: &Value, lang: Lang, currency: &str, decimals: u32) -> String {
    let leaf = |holds: Holds, value: &Value| match holds {
        Holds::Flag { .. } if value.as_bool() == Some(true) => text::yes(lang).to_owned(),
        Holds::Flag { .. } => text::no(lang).to_owned(),
        Holds::Whole { unit, .. } => format!("{} {}", shown(holds, value, decimals), unit.of(lang)).trim().to_owned(),
        Holds::Share { .. } => format!("{}%", shown(holds, value, decimals)),
        Holds::Money { .. } => format!("{currency} {}", format_exact(value.as_i64().unwrap_or_default(), decimals)),
        Holds::Choice(choices) => {
            let code = value.as_str().unwrap_or_default();
            choices.iter().find(|(known, _)| *known == code).map_or_else(|| code.to_owned(), |(_, words)| words.of(lang).to_owned())
        }
        Holds::Parts(_) => value.to_string(),
    };
    match of.holds {
        Holds::Parts(parts) => {
            let part = |part: &guanhu_domain::parameters::Part| match value.get(part.name) {
                Some(value) => format!("{} {}", part.words.of(lang), leaf(part.holds, value)),
                None => String::new(),
            };
            let parts: Vec<String> = parts.iter().map(part).filter(|part| !part.is_empty()).collect();
            parts.join(if lang == Lang::Zh { "；" } else { "; " })
        }
        holds => leaf(holds, value),
    }
}

/// As it stands in an input.
fn shown(holds: Holds, value: &Value, decimals: u32) -> String {
    match holds {
        Holds::Share { .. } => share(value).map(|share| format_exact(share, 2).trim_end_matches('0').trim_end_matches('.').to_owned()),
        Holds::Money { .. } => value.as_i64().map(|amount| format_exact(amount, decimals)),
        Holds::Whole { .. } => value.as_i64().map(|figure| figure.to_string()),
        _ => value.as_str().map(str::to_owned),
    }
    .unwrap_or_default()
}

impl Leaf {
    /// The field that a fault of it names.
    pub fn field(&self) -> String {
        self.part.map_or_else(|| "value".to_owned(), |(name, _)| format!("value/{name}"))
    }

    /// Shows what the parameter's value has for it.
    pub fn put(&self, whole: &Value, decimals: u32) {
        let value = match self.part {
            Some((name, _)) => whole.get(name).unwrap_or(&Value::Null),
            None => whole,
        };
        self.flag.set(value.as_bool().unwrap_or_default());
        self.typed.set(shown(self.holds, value, decimals));
    }

    fn value(&self, decimals: u32) -> Value {
        let figure = |decimals: u32| self.typed.with(|typed| parse_amount(typed, decimals));
        match self.holds {
            Holds::Flag { .. } => Value::Bool(self.flag.get()),
            Holds::Choice(_) => Value::String(self.typed.get()),
            Holds::Whole { .. } => figure(0).map_or(Value::Null, |figure| json!(figure)),
            Holds::Money { .. } => figure(decimals).map_or(Value::Null, |amount| json!(amount)),
            Holds::Share { .. } => figure(2).map_or(Value::Null, share_value),
            Holds::Parts(_) => Value::Null,
        }
    }

    /// `name` makes the input's id, together with the part.
    pub fn view(&self, name: &str, error: Signal<Option<String>>, currency: &str) -> AnyView {
        let lang = use_lang();
        let Leaf { part, holds, flag, typed } = *self;
        let label = move || part.map_or_else(|| text::value(lang.get()), |(_, words)| words.of(lang.get()));
        let id = format!("{}-{}", name.replace('.', "-"), part.map_or("value", |(name, _)| name));
        let range = move || match holds {
            Holds::Whole { min, max, .. } => text::range(lang.get(), &format_count(min), &format_count(max)),
            Holds::Share { .. } => text::range(lang.get(), "0", "100"),
            _ => text::money(lang.get()).to_owned(),
        };
        let affix = |before: Option<String>, after: Option<Words>| {
            view! {
                <Field name=id.clone() label hint=range error>
                    <div class="affix">
                        {before.map(|before| view! { <span class="sign">{before}</span> })}
                        <TextInput value=typed inputmode="decimal" autocomplete="off" maxlength=24 />
                        {after.filter(|words| !words.en.is_empty() || !words.zh.is_empty()).map(|words| view! { <span class="sign">{move || words.of(lang.get())}</span> })}
                    </div>
                </Field>
            }
            .into_any()
        };
        match holds {
            Holds::Flag { .. } => {
                let label = move || part.map_or_else(|| text::on(lang.get()), |(_, words)| words.of(lang.get()));
                view! { <Checkbox checked=flag label /> }.into_any()
            }
            Holds::Choice(choices) => {
                let choices = Signal::derive(move || {
                    choices.iter().map(|(code, words)| Choice::new(*code, words.of(lang.get()))).collect::<Vec<_>>()
                });
                view! { <Field name=id.clone() label error><Select value=typed choices /></Field> }.into_any()
            }
            Holds::Whole { unit, .. } => affix(None, Some(unit)),
            Holds::Share { .. } => affix(None, Some(Words { zh: "%", en: "%" })),
            Holds::Money { .. } => affix(Some(currency.to_owned()), None),
            Holds::Parts(_) => ().into_any(),
        }
    }
}

#[cfg(test)]
mod tests {
    use guanhu_domain::parameters::{CATALOGUE, parameter};

    use super::*;

    #[test]
    fn every_parameter_reads_as_it_is_shown() {
        let owner = Owner::new();
        owner.set();
        for of in CATALOGUE {
            let leaves = leaves(of);
            leaves.iter().for_each(|leaf| leaf.put(&of.default_value(), 2));
            assert_eq!(together(of, &leaves, 2), of.default_value(), "{}", of.key);
            assert!([Lang::Zh, Lang::En].iter().all(|lang| !said(of, &of.default_value(), *lang, "CNY", 2).is_empty()));
        }
    }

    #[test]
    fn what_is_no_figure_is_null_and_shares_are_per_cent() {
        let owner = Owner::new();
        owner.set();
        let of = parameter("feeds.reject_threshold").unwrap();
        let leaves = leaves(of);
        leaves[0].put(&json!(0.125), 2);
        assert_eq!(leaves[0].typed.get_untracked(), "12.5");
        leaves[0].typed.set("12,5x".into());
        assert_eq!(together(of, &leaves, 2), Value::Null);
        assert_eq!(of.faults(&Value::Null).len(), 1);
        assert_eq!(said(of, &json!(0.1), Lang::Zh, "CNY", 2), "10%");
    }
}
