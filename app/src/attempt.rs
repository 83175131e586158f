//! Trying something that may be refused: busy meanwhile, and the refusal beside what it is about.

use std::future::Future;

use guanhu_domain::{Lang, Problem};
use guanhu_ui::use_lang;
use leptos::{prelude::*, task::spawn_local};

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
                Err(fail) => self.fail.set(Some(fail)),
            }
        });
    }

    pub fn clear(self) {
        self.fail.set(None);
    }

    pub fn refuse(self, fail: Fail) {
        self.fail.set(Some(fail));
    }

    /// Why this field was refused, for beside it.
    pub fn error(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.fail.with(|fail| fail.as_ref().and_then(|fail| fail.0.of(field, self.lang.get()))))
    }
}

impl Default for Attempt {
    fn default() -> Attempt {
        Attempt::new()
    }
}

/// What was refused that belongs to no field. `explain` may say it better than the code does.
///
/// `<Told attempt explain=|problem, lang| …/>`
#[component]
pub fn Told(attempt: Attempt, #[prop(optional)] explain: Option<fn(&Problem, Lang) -> Option<String>>) -> impl IntoView {
    move || {
        let fail = attempt.fail.get().filter(|fail| fail.0.fields.is_empty())?;
        let lang = attempt.lang.get();
        let message = explain.and_then(|explain| explain(&fail.0, lang)).unwrap_or_else(|| fail.0.message(lang).to_owned());
        let reference = fail.0.reference.map(|reference| text::reference(lang, &reference));
        Some(view! {
            <div class="notice alarm" role="alert">
                <span>{message}</span>
                {reference.map(|reference| view! { <span class="faint">{reference}</span> })}
            </div>
        })
    }
}
