//! Rules in words, in both languages.

use super::{
    Condition, Env, Fact, Op, Value,
    catalogue::{self, Field, FieldKind},
};
use crate::{Currency, Lang, Money, text};

/// What codes are called: of a dictionary, or of the lists `product`, `tier`, `unit`, `manager`.
pub trait Names {
    /// `None`: the code speaks for itself.
    fn name(&self, list: &str, code: &str, lang: Lang) -> Option<String>;
}

/// Nobody knows: codes are said as they are.
pub struct NoNames;

impl Names for NoNames {
    fn name(&self, _list: &str, _code: &str, _lang: Lang) -> Option<String> {
        None
    }
}

/// The rule as one sentence. The tree must have passed [`super::check`].
pub fn in_words(condition: &Condition, lang: Lang, names: &dyn Names, env: Env) -> String {
    let mut words = String::new();
    say(condition, lang, names, env, false, &mut words);
    words
}

/// An amount of the base currency as people ask for it: `50万`, `500k`.
pub fn figure(minor: i64, lang: Lang) -> String {
    Money::new(minor, Currency::CNY).short(lang).replacen(".00", "", 1)
}

fn say(condition: &Condition, lang: Lang, names: &dyn Names, env: Env, inside: bool, words: &mut String) {
    match condition {
        Condition::All(of) | Condition::Any(of) => {
            let joint = match (condition, lang) {
                (Condition::All(_), Lang::Zh) => " 且 ",
                (Condition::All(_), Lang::En) => " and ",
                (_, Lang::Zh) => " 或 ",
                (_, Lang::En) => " or ",
            };
            let brackets = inside && of.len() > 1;
            if brackets {
                words.push('(');
            }
            for (at, one) in of.iter().enumerate() {
                if at > 0 {
                    words.push_str(joint);
                }
                say(one, lang, names, env, of.len() > 1, words);
            }
            if brackets {
                words.push(')');
            }
        }
        Condition::Not(of) => {
            words.push_str(if lang == Lang::Zh { "不满足(" } else { "not (" });
            say(of, lang, names, env, false, words);
            words.push(')');
        }
        Condition::Related { kind, reverse, who } => {
            let kind = kind.map_or(text::any_relation(lang), |kind| kind.other_end(!reverse, lang));
            let inner = in_words(who, lang, names, env);
            words.push_str(&text::rule_related(lang, kind, &inner));
        }
        leaf => words.push_str(&self::leaf(leaf, lang, names, env)),
    }
}

fn leaf(leaf: &Condition, lang: Lang, names: &dyn Names, env: Env) -> String {
    if leaf.field().is_some_and(str::is_empty) {
        // Still being chosen.
        return "…".to_owned();
    }
    let field = leaf.field().and_then(catalogue::find);
    let name = || field.map_or_else(|| leaf.field().unwrap_or_default().to_owned(), |field| field.name(lang).to_owned());
    match leaf {
        Condition::Compare { op: Op::Contains, value, .. } => text::rule_contains(lang, &name(), value.text().unwrap_or_default()),
        Condition::Compare { op, value, .. } => format!("{} {} {}", name(), op.sign(), said(field, value, lang)),
        Condition::Range { from, to, .. } => text::rule_between(lang, &name(), &said(field, from, lang), &said(field, to, lang)),
        Condition::OneOf { values, .. } => {
            let list = match field.map(|field| field.kind) {
                Some(FieldKind::Choice(list)) => list,
                _ => "",
            };
            let values: Vec<String> = values.iter().map(|code| called(list, code, lang, names)).collect();
            text::rule_one_of(lang, &name(), &values.join(if lang == Lang::Zh { "、" } else { ", " }))
        }
        Condition::Known { .. } => text::rule_known(lang, &name()),
        Condition::Within { days, .. } => text::rule_within(lang, &name(), *days),
        Condition::Ahead { days, .. } => text::rule_ahead(lang, &name(), *days),
        Condition::NotSince { days, .. } => text::rule_not_since(lang, &name(), *days),
        Condition::AverageAum { months, op, value } => {
            format!("{} {} {}", text::rule_average(lang, months.unwrap_or(env.months)), op.sign(), figure(*value, lang))
        }
        Condition::Holds { product } => text::rule_holds(lang, &called("product", product, lang, names)),
        Condition::HoldsKind { category } => text::rule_holds(lang, category.name(lang)),
        Condition::Birthday { ahead: 0 } => text::rule_birthday(lang).to_owned(),
        Condition::Birthday { ahead } => text::rule_birthday_ahead(lang, *ahead),
        _ => String::new(),
    }
}

fn called(list: &str, code: &str, lang: Lang, names: &dyn Names) -> String {
    use crate::customers::{Kind, State};
    let own = match list {
        "kind" => Kind::from_code(code).map(|kind| kind.name(lang).to_owned()),
        "state" => State::from_code(code).map(|state| state.name(lang).to_owned()),
        _ => names.name(list, code, lang),
    };
    own.unwrap_or_else(|| code.to_owned())
}

fn said(field: Option<&'static Field>, value: &Value, lang: Lang) -> String {
    match (field.map(|field| field.kind), value) {
        (Some(FieldKind::Money), Value::Number(minor)) => figure(*minor, lang),
        (Some(FieldKind::Number(..)), Value::Number(number)) => {
            let unit = field.map_or("", |field| field.unit(lang));
            if unit.is_empty() || unit == "%" || lang == Lang::Zh { format!("{number}{unit}") } else { format!("{number} {unit}") }
        }
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::Text(text)) if text.is_empty() => "…".to_owned(),
        (_, Value::Text(text)) => text.clone(),
    }
}

impl Fact {
    /// The value as the words of `condition` say it.
    pub fn in_words(&self, condition: &Condition, lang: Lang, names: &dyn Names) -> String {
        let field = condition.field().and_then(catalogue::find);
        match (self, field.map(|field| field.kind)) {
            (Fact::Number(minor), None | Some(FieldKind::Money)) => figure(*minor, lang),
            (Fact::Number(number), _) => said(field, &Value::Number(*number), lang),
            (Fact::Date(date), _) => date.to_string(),
            (Fact::Text(code), Some(FieldKind::Choice(list))) => called(list, code, lang, names),
            (Fact::Text(text), _) => text.clone(),
        }
    }

    /// What a number lacks to satisfy a lower bound; `None` when that is not what is asked.
    pub fn lacks(condition: &Condition, actual: Option<&Fact>) -> Option<i64> {
        let wanted = match condition {
            Condition::AverageAum { op: Op::Ge | Op::Gt, value, .. } => *value,
            Condition::Compare { op: Op::Ge | Op::Gt, value, field } => {
                catalogue::find(field).filter(|field| field.kind == FieldKind::Money)?;
                value.number()?
            }
            _ => return None,
        };
        let has = match actual {
            Some(Fact::Number(number)) => *number,
            None => 0,
            _ => return None,
        };
        (has < wanted).then(|| wanted.saturating_sub(has))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_as_a_sentence_in_both_languages() {
        let rule: Condition = serde_json::from_str(
            r#"{"all": [{"average_aum": {"op": "ge", "value": 50000000}},
                {"any": [{"range": {"field": "age", "from": 18, "to": 60}}, {"not": {"one_of": {"field": "kind", "values": ["corporate"]}}}]},
                {"not_since": {"field": "last_contact", "days": 30}}]}"#,
        )
        .unwrap();
        let env = Env { business_date: Default::default(), months: 3 };
        assert_eq!(
            in_words(&rule, Lang::Zh, &NoNames, env),
            "近 3 个月日均金融资产 ≥ 50万 且 (年龄 在 18岁 至 60岁 之间 或 不满足(客户类别 为 对公)) 且 30 天内无最近联系"
        );
        assert_eq!(
            in_words(&rule, Lang::En, &NoNames, env),
            "average AUM over 3 months ≥ 500k and (Age from 18 years to 60 years or not (Kind of customer is Corporate)) and no Last contact in 30 days"
        );
    }
}
