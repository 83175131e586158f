//! The one rule language of tiers, groups and lifecycle states: a typed tree of conditions on a customer.
//!
//! The same tree is edited in pages, kept as versioned JSON, said in words, evaluated in memory
//! ([`evaluate`]) and compiled to SQL (crm: `rules`); a test holds the two evaluations equal. Values
//! that are not known follow SQL: a comparison with nothing is neither true nor false, `not` of that
//! is still neither, and a customer belongs where the whole rule is true.

pub mod catalogue;
mod check;
pub mod choices;
pub mod evaluate;
mod words;

use std::fmt;

use chrono::NaiveDate;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Unexpected, Visitor},
};

use crate::customers::{Category, RelationKind};

pub use catalogue::{FIELDS, Field, FieldKind, Use};
pub use check::{DEPTH_MAX, Limits, NODES_MAX, check};
pub use choices::{RuleChoice, RuleChoices};
pub use evaluate::{CustomerFacts, Fact, Facts, Reason, Relative};
pub use words::{Names, NoNames, figure, in_words};

/// The version of the language that [`RuleSet`] is written in.
pub const VERSION: u8 = 1;

/// A rule as it is kept: `{"v": 1, "when": {"all": [...]}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RuleSet {
    pub v: u8,
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub when: Condition,
}

impl RuleSet {
    pub fn new(when: Condition) -> RuleSet {
        RuleSet { v: VERSION, when }
    }
}

/// One node of a rule. Days are counted back from (or on from) the business date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare {
        field: String,
        op: Op,
        value: Value,
    },
    /// From and to are both within.
    Range {
        field: String,
        from: Value,
        to: Value,
    },
    OneOf {
        field: String,
        values: Vec<String>,
    },
    /// The bank knows the value.
    Known {
        field: String,
    },
    /// A day of the last so many, the business date included.
    Within {
        field: String,
        days: u16,
    },
    /// A day of the next so many, the business date included.
    Ahead {
        field: String,
        days: u16,
    },
    /// Never, or before the last so many days. The one condition that holds of what is not known.
    NotSince {
        field: String,
        days: u16,
    },
    /// Mean of the average daily AUM of the last whole months, those before the first balance
    /// counting as nothing; minor units. Without `months` as many as the scheme's settings say.
    AverageAum {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        months: Option<u8>,
        op: Op,
        value: i64,
    },
    Holds {
        product: String,
    },
    HoldsKind {
        category: Category,
    },
    /// Born in the month of the business date, or so many months after it.
    Birthday {
        ahead: u8,
    },
    /// Some related customer of whom the inner condition is true.
    Related {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<RelationKind>,
        /// The customer is `kind` of the other one, rather than the other way round.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        reverse: bool,
        who: Box<Condition>,
    },
}

/// How two values are compared. Codes are sets, so they are asked with `one_of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// Of text alone, as written.
    Contains,
}

impl Op {
    pub const ALL: [Op; 7] = [Op::Ge, Op::Gt, Op::Le, Op::Lt, Op::Eq, Op::Ne, Op::Contains];

    pub const fn code(self) -> &'static str {
        match self {
            Op::Eq => "eq",
            Op::Ne => "ne",
            Op::Lt => "lt",
            Op::Le => "le",
            Op::Gt => "gt",
            Op::Ge => "ge",
            Op::Contains => "contains",
        }
    }

    pub fn from_code(code: &str) -> Option<Op> {
        Op::ALL.into_iter().find(|op| op.code() == code)
    }

    /// As mathematics and SQL write it.
    pub const fn sign(self) -> &'static str {
        match self {
            Op::Eq => "=",
            Op::Ne => "≠",
            Op::Lt => "<",
            Op::Le => "≤",
            Op::Gt => ">",
            Op::Ge => "≥",
            Op::Contains => "∋",
        }
    }
}

/// What a field is compared with: minor units, whole numbers, ISO dates and words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    Number(i64),
    Text(String),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        struct Said;

        impl Visitor<'_> for Said {
            type Value = Value;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str(WHOLE_OR_TEXT)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Number(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
                i64::try_from(number).map(Value::Number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }
        }

        deserializer.deserialize_any(Said)
    }
}

/// What a [`Value`] is, for who sent something else.
pub const WHOLE_OR_TEXT: &str = "a whole number or a text";

impl Value {
    pub fn number(&self) -> Option<i64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Text(_) => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Number(_) => None,
            Value::Text(text) => Some(text),
        }
    }

    pub fn date(&self) -> Option<NaiveDate> {
        self.text()?.parse().ok()
    }
}

/// What a rule is read with: the day the data speaks for, and the months of an average that names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Env {
    pub business_date: NaiveDate,
    pub months: u8,
}

impl Condition {
    /// The conditions directly inside.
    pub fn children(&self) -> &[Condition] {
        match self {
            Condition::All(of) | Condition::Any(of) => of,
            Condition::Not(of) => std::slice::from_ref(of.as_ref()),
            Condition::Related { who, .. } => std::slice::from_ref(who.as_ref()),
            _ => &[],
        }
    }

    /// The place of a child under the place of its parent, as a JSON pointer into the rule.
    pub fn child_path(&self, path: &str, at: usize) -> String {
        match self {
            Condition::All(_) => format!("{path}/all/{at}"),
            Condition::Any(_) => format!("{path}/any/{at}"),
            Condition::Not(_) => format!("{path}/not"),
            _ => format!("{path}/related/who"),
        }
    }

    /// The field that the condition asks for, if it is of one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Condition::Compare { field, .. }
            | Condition::Range { field, .. }
            | Condition::OneOf { field, .. }
            | Condition::Known { field }
            | Condition::Within { field, .. }
            | Condition::Ahead { field, .. }
            | Condition::NotSince { field, .. } => Some(field),
            _ => None,
        }
    }

    /// The name in JSON.
    pub const fn code(&self) -> &'static str {
        match self {
            Condition::All(_) => "all",
            Condition::Any(_) => "any",
            Condition::Not(_) => "not",
            Condition::Compare { .. } => "compare",
            Condition::Range { .. } => "range",
            Condition::OneOf { .. } => "one_of",
            Condition::Known { .. } => "known",
            Condition::Within { .. } => "within",
            Condition::Ahead { .. } => "ahead",
            Condition::NotSince { .. } => "not_since",
            Condition::AverageAum { .. } => "average_aum",
            Condition::Holds { .. } => "holds",
            Condition::HoldsKind { .. } => "holds_kind",
            Condition::Birthday { .. } => "birthday",
            Condition::Related { .. } => "related",
        }
    }
}
