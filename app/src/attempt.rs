//! Trying something that may be refused: busy meanwhile, and the refusal beside what it is about.

use std::future::Future;

use guanhu_domain::{Code, FieldProblem, Lang, Problem, Rule};
use guanhu_ui::{dom, t, use_lang};
use leptos::{prelude::*, task::spawn_local};
use serde::Serialize;
use uuid::Uuid;

use crate::{Fail, text};

/// One button's worth of trying.
#[derive(Clone, Copy)]
pub struct Attempt {
    pub busy: RwSignal<bool>,
    fail: RwSignal<Option<Fail>>,
    lang: Signal<Lang>,
}

impl Attempt {
    pub fn new() -> Attempt {
        Attempt { busy: RwSignal::new(false), fail: RwSignal::new(None), lang: use_lang() }
    }

    /// Calls the server unless it is already being called; `then` gets what it answered.
    pub fn run<T: 'static>(self, call: impl Future<Output = Result<T, Fail>> + 'static, then: impl FnOnce(T) + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.fail.set(None);
        spawn_local(async move {
            let answer = call.await;
            self.busy.set(false);
            match answer {
                Ok(value) => then(value),
                Err(fail) => self.refuse(fail),
            }
        });
    }

    /// Whether nothing is missing. `fields` are those that must be filled in, with whether they are; the
    /// first that is not gets the focus.
    pub fn has(self, fields: &[(&str, bool)]) -> bool {
        let missing: Vec<FieldProblem> = fields
            .iter()
            .filter(|(_, filled)| !filled)
            .map(|(field, _)| FieldProblem { field: (*field).to_owned(), rule: Rule::Required })
            .collect();
        let complete = missing.is_empty();
        if !complete {
            self.refuse(Fail(Problem::fields(missing)));
        }
        complete
    }

    /// False once the page it belongs to was left: nothing leads away from the one that is shown by then.
    pub fn is_here(self) -> bool {
        self.busy.try_get_untracked().is_some()
    }

    pub fn clear(self) {
        self.fail.set(None);
    }

    /// Says why not; a field that is to blame gets the focus.
    pub fn refuse(self, fail: Fail) {
        let of_a_field = !fail.0.fields.is_empty();
        self.fail.set(Some(fail));
        if of_a_field {
            dom::next_frame(dom::focus_wrong);
        }
    }

    /// Why this field was refused, for beside it.
    pub fn error(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.why(field))
    }

    /// The same where the field's name changes with its place; whoever reads it follows.
    pub fn why(self, field: &str) -> Option<String> {
        self.fail.with(|fail| fail.as_ref().and_then(|fail| fail.0.of(field, self.lang.get())))
    }
}

impl Default for Attempt {
    fn default() -> Attempt {
        Attempt::new()
    }
}

/// The key of one effect: the same for every try until the server has answered, so that an answer that
/// was lost on its way is not a second effect.
#[derive(Clone, Copy)]
pub struct Once(StoredValue<(Uuid, Option<String>)>);

impl Once {
    pub fn new() -> Once {
        Once(StoredValue::new((Uuid::now_v7(), None)))
    }

    pub fn key(self) -> Uuid {
        self.0.with_value(|(key, _)| *key)
    }

    /// The key to ask for this under, for forms that can be changed between two tries: whoever asks for something
    /// else than before asks under another key.
    pub fn key_for(self, asked: &impl Serialize) -> Uuid {
        let asked = serde_json::to_string(asked).ok();
        if self.0.with_value(|(_, before)| before.is_some() && *before != asked) {
            self.0.set_value((Uuid::now_v7(), asked));
        } else {
            self.0.update_value(|(_, before)| *before = asked);
        }
        self.key()
    }

    /// What is asked for next is another effect, unless nobody knows what became of this one.
    pub fn answered<T>(self, answer: &Result<T, Fail>) {
        if answer.as_ref().err().is_none_or(Fail::is_refusal) {
            self.0.set_value((Uuid::now_v7(), None));
        }
    }

    /// The call, and what it means for the key.
    pub async fn of<T, Fut>(self, call: impl FnOnce(Uuid) -> Fut) -> Result<T, Fail>
    where
        Fut: Future<Output = Result<T, Fail>>,
    {
        let answer = call(self.key()).await;
        self.answered(&answer);
        answer
    }
}

impl Default for Once {
    fn default() -> Once {
        Once::new()
    }
}

/// What was refused that belongs to no field. `explain` may say it better than the code does.
///
/// `<Told attempt explain=|problem, lang| …/>`; `leads` may name a page that helps, with words for it.
#[component]
pub fn Told(
    attempt: Attempt,
    #[prop(optional)] explain: Option<fn(&Problem, Lang) -> Option<String>>,
    #[prop(optional)] leads: Option<fn(&Problem, Lang) -> Option<(String, String)>>,
) -> impl IntoView {
    move || {
        let fail = attempt.fail.get().filter(|fail| fail.0.fields.is_empty())?;
        let lang = attempt.lang.get();
        let message = explain.and_then(|explain| explain(&fail.0, lang)).unwrap_or_else(|| fail.0.message(lang).to_owned());
        let ended = (fail.0.code == Code::Unauthenticated).then(|| view! { <Relogin /> });
        let leads = leads.and_then(|leads| leads(&fail.0, lang)).map(|(href, words)| view! { <a href=href>{words}</a> });
        let reference = fail.0.reference.map(|reference| text::reference(lang, &reference));
        Some(view! {
            <div class="notice alarm" role="alert">
                <span>{message}</span>
                {leads}
                {ended}
                {reference.map(|reference| view! { <span class="faint">{reference}</span> })}
            </div>
        })
    }
}

/// Where to log in again without losing what was typed here: beside this page.
#[component]
pub fn Relogin() -> impl IntoView {
    view! {
        <a href="/login?next=/account" target="_blank" rel="noopener">{t(text::log_in_beside)}</a>
        <span class="faint">{t(text::then_again)}</span>
    }
}

#[cfg(test)]
mod tests {
    use guanhu_domain::Code;

    use super::*;

    #[test]
    fn a_lost_answer_is_asked_for_again_under_the_same_key() {
        let owner = Owner::new();
        owner.set();
        let once = Once::new();
        let first = once.key();
        for lost in [Code::Offline, Code::Busy, Code::Internal] {
            once.answered::<()>(&Err(Fail::new(lost)));
            assert_eq!(once.key(), first, "{lost:?}");
        }
        once.answered::<()>(&Err(Fail::new(Code::Stale)));
        let second = once.key();
        assert_ne!(second, first);
        once.answered(&Ok(()));
        assert_ne!(once.key(), second);
    }

    #[test]
    fn something_else_is_asked_for_under_another_key() {
        let owner = Owner::new();
        owner.set();
        let once = Once::new();
        let first = once.key_for(&"138");
        once.answered::<()>(&Err(Fail::new(Code::Offline)));
        assert_eq!(once.key_for(&"138"), first, "the answer was lost");
        let second = once.key_for(&"139");
        assert_ne!(second, first);
        once.answered::<()>(&Err(Fail::new(Code::Conflict)));
        assert_ne!(once.key_for(&"139"), second, "it was refused");
    }
}
