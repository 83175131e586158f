//! Forms of plain parts: each part is kept as text, so that the draft of any of them is a list of texts.

use chrono::NaiveDate;
use guanhu_ui::{Choice, dom};
use leptos::prelude::*;

use super::{Draft, Restored};

/// One place of a form.
#[derive(Clone, Copy)]
pub enum Part {
    Text(RwSignal<String>),
    Flag(RwSignal<bool>),
    Number(RwSignal<Option<i64>>),
    Day(RwSignal<Option<NaiveDate>>),
    Choice(RwSignal<Option<Choice>>),
    /// The version that was typed over. It comes back with the rest: where somebody saved since, saving shows both.
    Seen(RwSignal<i32>),
}

impl From<RwSignal<String>> for Part {
    fn from(value: RwSignal<String>) -> Part {
        Part::Text(value)
    }
}

impl From<RwSignal<bool>> for Part {
    fn from(value: RwSignal<bool>) -> Part {
        Part::Flag(value)
    }
}

impl From<RwSignal<Option<i64>>> for Part {
    fn from(value: RwSignal<Option<i64>>) -> Part {
        Part::Number(value)
    }
}

impl From<RwSignal<Option<NaiveDate>>> for Part {
    fn from(value: RwSignal<Option<NaiveDate>>) -> Part {
        Part::Day(value)
    }
}

impl From<RwSignal<Option<Choice>>> for Part {
    fn from(value: RwSignal<Option<Choice>>) -> Part {
        Part::Choice(value)
    }
}

impl From<RwSignal<i32>> for Part {
    fn from(value: RwSignal<i32>) -> Part {
        Part::Seen(value)
    }
}

impl Part {
    fn read(self) -> String {
        match self {
            Part::Text(value) => value.get(),
            Part::Flag(value) => value.get().to_string(),
            Part::Number(value) => value.get().map(|number| number.to_string()).unwrap_or_default(),
            Part::Day(value) => value.get().map(|day| day.to_string()).unwrap_or_default(),
            Part::Choice(value) => value.with(|choice| {
                choice.as_ref().map(|Choice { value, label, hint, .. }| format!("{value}\n{label}\n{hint}")).unwrap_or_default()
            }),
            Part::Seen(value) => value.get().to_string(),
        }
    }

    fn write(self, text: &str) {
        match self {
            Part::Text(value) => value.set(text.to_owned()),
            Part::Flag(value) => value.set(text == "true"),
            Part::Number(value) => value.set(text.parse().ok()),
            Part::Day(value) => value.set(text.parse().ok()),
            Part::Choice(value) => {
                let mut lines = text.split('\n');
                let (code, label, hint) = (lines.next().unwrap_or_default(), lines.next(), lines.next());
                value.set(label.map(|label| Choice::new(code, label).hint(hint.unwrap_or_default())));
            }
            Part::Seen(value) => value.set(text.parse().unwrap_or_default()),
        }
    }

    fn is_seen(self) -> bool {
        matches!(self, Part::Seen(_))
    }
}

/// A form of parts, what was kept of it, and the way back to how it began.
#[derive(Clone, Copy)]
pub struct Parts {
    draft: Draft,
    parts: StoredValue<Vec<Part>>,
    began: StoredValue<Vec<String>>,
    /// Is something of it on the server, or on its way there?
    kept: StoredValue<bool>,
    restored: RwSignal<bool>,
}

impl Parts {
    /// Brings back what was kept whenever `open` turns true, and keeps what is typed while it is. Whoever opens the form
    /// fills it, and says what it is about, at the same time.
    pub fn while_open(draft: Draft, open: RwSignal<bool>, parts: impl IntoIterator<Item = Part>) -> Parts {
        let form = Parts {
            draft,
            parts: StoredValue::new(parts.into_iter().collect()),
            began: StoredValue::new(Vec::new()),
            kept: StoredValue::new(false),
            restored: RwSignal::new(false),
        };
        // What the form itself fills in as it opens is not typing.
        let settled = StoredValue::new(false);
        Effect::new(move |_| {
            settled.set_value(false);
            form.restored.set(false);
            form.kept.set_value(false);
            if open.get() {
                dom::next_frame(move || {
                    if open.try_get_untracked() == Some(true) {
                        form.began.set_value(untrack(|| form.read()));
                        settled.set_value(true);
                        draft.restore(move |kept: Vec<String>| form.adopt(&kept));
                    }
                });
            }
        });
        Effect::new(move |_| {
            let now = form.read();
            if settled.get_value() && open.get_untracked() {
                form.keep(&now);
            }
        });
        form
    }

    /// A form that is there as long as its page.
    pub fn always(draft: Draft, parts: impl IntoIterator<Item = Part>) -> Parts {
        Parts::while_open(draft, RwSignal::new(true), parts)
    }

    fn read(self) -> Vec<String> {
        self.parts.with_value(|parts| parts.iter().map(|part| part.read()).collect())
    }

    fn write(self, texts: &[String]) {
        self.parts.with_value(|parts| parts.iter().zip(texts).for_each(|(part, text)| part.write(text)));
    }

    /// Is it what it was, whatever version that was of?
    fn is_as_it_began(self, texts: &[String]) -> bool {
        self.parts.with_value(|parts| {
            self.began.with_value(|began| {
                began.len() == texts.len()
                    && parts.iter().zip(began.iter().zip(texts)).all(|(part, (one, other))| part.is_seen() || one == other)
            })
        })
    }

    /// A form that was only opened says nothing; one that became again what it was takes back what was kept.
    fn keep(self, now: &[String]) {
        if !self.is_as_it_began(now) {
            self.kept.set_value(true);
            self.draft.keep(&now);
        } else if self.kept.get_value() {
            self.kept.set_value(false);
            self.draft.forget();
        }
    }

    fn adopt(self, kept: &[String]) {
        // The page may be gone, and a newer program may have another form.
        let fits = self.parts.try_with_value(|parts| parts.len() == kept.len()) == Some(true);
        if fits && !self.is_as_it_began(kept) {
            self.kept.set_value(true);
            self.write(kept);
            self.restored.set(true);
        }
    }

    fn discard(self) {
        self.kept.set_value(false);
        self.began.with_value(|began| self.write(began));
        self.draft.forget();
    }

    /// What it holds now is what it begins with: nothing of it is one's own any more.
    pub fn settle(self) {
        self.kept.set_value(false);
        self.began.set_value(untrack(|| self.read()));
        self.restored.set(false);
        self.draft.forget();
    }

    /// Forgets it once the server has it, whether or not the form is still there: what it holds by then is its beginning.
    pub fn once_sent(self) -> impl FnOnce() + use<> {
        let sent = self.draft.once_sent();
        move || {
            sent();
            if self.restored.try_set(false).is_none() {
                self.kept.set_value(false);
                self.began.set_value(untrack(|| self.read()));
            }
        }
    }

    /// Says that what stands in the form was never sent, and lets it be thrown away.
    pub fn notice(self) -> AnyView {
        view! { <Restored shown=self.restored on_discard=move |()| self.discard() /> }.into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_reads_as_it_was_written() {
        let owner = Owner::new();
        owner.set();
        let day = NaiveDate::from_ymd_opt(2026, 3, 31);
        let choice = Choice::new("E1", "城东一支行").hint("E1");
        let texts: Vec<String> = [
            Part::from(RwSignal::new("张伟\n二行".to_owned())),
            Part::from(RwSignal::new(true)),
            Part::from(RwSignal::new(Some(-400_i64))),
            Part::from(RwSignal::new(day)),
            Part::from(RwSignal::new(Some(choice.clone()))),
            Part::from(RwSignal::new(7_i32)),
        ]
        .map(|part| untrack(|| part.read()))
        .to_vec();
        let (text, flag, number) = (RwSignal::new(String::new()), RwSignal::new(false), RwSignal::new(None::<i64>));
        let (on, chosen, seen) = (RwSignal::new(None::<NaiveDate>), RwSignal::new(None::<Choice>), RwSignal::new(0_i32));
        let parts = [Part::from(text), flag.into(), number.into(), on.into(), chosen.into(), seen.into()];
        parts.iter().zip(&texts).for_each(|(part, text)| part.write(text));
        assert_eq!((text.get_untracked(), flag.get_untracked(), number.get_untracked()), ("张伟\n二行".to_owned(), true, Some(-400)));
        assert_eq!((on.get_untracked(), chosen.get_untracked(), seen.get_untracked()), (day, Some(choice), 7));
        // Nothing is nothing again.
        parts.iter().for_each(|part| part.write(""));
        assert_eq!((number.get_untracked(), on.get_untracked(), chosen.get_untracked()), (None, None, None));
    }
}
