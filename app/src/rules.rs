//! The editor of rules, for tiers and groups: a tree built by choosing, with the sentence it makes.

mod api;
mod editor;
mod node;
mod text;
mod trial;

pub use editor::{Editing, RuleEditor};
pub use node::Node;
pub use trial::TryOut;

use guanhu_domain::{
    Lang,
    customers::DataClass,
    rules::{Env, Names, Reason, in_words},
};

use crate::shell::use_me;

/// The class of data that whoever looks at the page may ask for.
pub fn own_class() -> DataClass {
    use_me().map_or(DataClass::C1, |me| me.role.data_class())
}

/// A reason as `average AUM over 3 months ≥ 500k: 612k`.
pub fn reason_words(reason: &Reason, lang: Lang, names: &dyn Names, env: Env) -> String {
    let words = in_words(&reason.condition, lang, names, env);
    match &reason.actual {
        Some(actual) => text::with_actual(lang, &words, &actual.in_words(&reason.condition, lang, names)),
        None if reason.holds || reason.condition.field().is_none() => words,
        None => text::not_known(lang, &words),
    }
}
