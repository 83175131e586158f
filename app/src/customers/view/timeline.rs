//! All that happened, newest first.

use chrono::Datelike;
use guanhu_domain::customers::TimelineItem;
use guanhu_ui::{EmptyState, ErrorState, Section, Skeleton, Timeline as Trail, TimelineItem as Step, format_date, t};
use leptos::{prelude::*, task::spawn_local};

use super::{
    editor::load_words,
    here::{Here, local, use_here},
    say, text,
};
use crate::{Fail, customers::view_api};

#[derive(Clone, Copy)]
struct Story {
    here: Here,
    /// What came after the first page, which is the customer's own; of a chosen kind everything.
    later: RwSignal<Vec<TimelineItem>>,
    next: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
    failed: RwSignal<Option<Fail>>,
    /// The kind in sight; none chosen is all.
    kind: RwSignal<&'static str>,
    /// Counts what was asked for from the beginning: answers to what was asked before it come too late.
    turn: StoredValue<u32>,
}

#[component]
pub fn Timeline() -> impl IntoView {
    let here = use_here();
    let first = here.part(|c| c.timeline.clone());
    let story = Story {
        here,
        later: RwSignal::new(Vec::new()),
        next: RwSignal::new(here.customer.with_untracked(|c| c.timeline_next.clone())),
        busy: RwSignal::new(false),
        failed: RwSignal::new(None),
        kind: RwSignal::new(""),
        turn: StoredValue::new(0),
    };
    // Something was done: the first page is new, and the later ones begin elsewhere.
    Effect::new(move |before: Option<u32>| {
        let now = here.changes.get();
        if before.is_some_and(|before| before != now) {
            story.begin();
        }
        now
    });
    let shown = Memo::new(move |_| {
        let later = story.later.get();
        match story.kind.get() {
            "" => first.with(|first| first.iter().cloned().chain(later).collect::<Vec<_>>()),
            _ => later,
        }
    });
    let chips = move || {
        let lang = here.lang.get();
        std::iter::once(("", text::kind_all as fn(guanhu_domain::Lang) -> &'static str))
            .chain(say::KINDS.iter().copied())
            .map(|(kind, label)| {
                view! {
                    <button type="button" class="chip" aria-pressed=move || (story.kind.get() == kind).to_string() on:click=move |_| story.show(kind)>
                        {label(lang)}
                    </button>
                }
            })
            .collect_view()
    };
    view! {
        <div id="timeline" class="c360-anchor">
            <Section title=t(text::timeline)>
                <div class="line no-print" role="group" aria-label=t(text::filter_timeline)>{chips}</div>
                {move || body(story, &shown.get())}
                {move || foot(story)}
            </Section>
        </div>
    }
    .into_any()
}

impl Story {
    fn show(self, kind: &'static str) {
        if self.kind.get_untracked() == kind {
            return;
        }
        self.later.set(Vec::new());
        self.kind.set(kind);
        self.begin();
    }

    /// From the newest: all kinds came with the customer, one kind is asked for.
    fn begin(self) {
        self.turn.update_value(|turn| *turn += 1);
        self.busy.set(false);
        self.failed.set(None);
        match self.kind.get_untracked() {
            "" => {
                self.later.set(Vec::new());
                self.next.set(self.here.customer.with_untracked(|c| c.timeline_next.clone()));
            }
            _ => {
                self.next.set(None);
                self.ask(None);
            }
        }
    }

    fn load(self) {
        if self.busy.get_untracked() {
            return;
        }
        match self.next.get_untracked() {
            Some(after) => self.ask(Some(after)),
            None => self.begin(),
        }
    }

    fn ask(self, after: Option<String>) {
        self.busy.set(true);
        self.failed.set(None);
        let turn = self.turn.get_value();
        let kind = Some(self.kind.get_untracked().to_owned()).filter(|kind| !kind.is_empty());
        let first = after.is_none();
        spawn_local(async move {
            let answer = view_api::timeline(self.here.no, kind, after).await;
            if self.turn.try_get_value() != Some(turn) || self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(slice) => {
                    if self.here.words.with_untracked(|words| say::needs_words(&slice.items, words)) {
                        load_words(self.here);
                    }
                    self.next.set(slice.next);
                    self.later.update(|later| {
                        if first {
                            later.clear();
                        }
                        later.extend(slice.items);
                    });
                }
                Err(fail) => self.failed.set(Some(fail)),
            }
        });
    }
}

fn body(story: Story, items: &[TimelineItem]) -> AnyView {
    let lang = story.here.lang.get();
    if items.is_empty() {
        if story.busy.get() || story.failed.with(Option::is_some) {
            return ().into_any();
        }
        return match story.kind.get() {
            "" => view! { <EmptyState title=text::no_timeline(lang) text=text::no_timeline_hint(lang) /> }.into_any(),
            _ => view! { <p class="muted">{text::none_of_kind(lang)}</p> }.into_any(),
        };
    }
    let words = story.here.words.get();
    let mut years: Vec<(i32, Vec<&TimelineItem>)> = Vec::new();
    for item in items {
        let year = local(item.at).year();
        match years.last_mut() {
            Some((last, of_year)) if *last == year => of_year.push(item),
            _ => years.push((year, vec![item])),
        }
    }
    years
        .into_iter()
        .map(|(year, items)| {
            let steps = items
                .into_iter()
                .map(|item| {
                    let said = say::happening(item, &words, story.here.base(), lang);
                    let at = local(item.at);
                    let day = format_date(at.date(), lang);
                    // What a feed told has a day and no hour.
                    let has_hour =
                        matches!(item.what.as_str(), "activity" | "task" | "complaint") || item.what == "field" && item.by.is_some();
                    let when = if has_hour { format!("{day} {}", guanhu_ui::format_hour(at)) } else { day };
                    let lines = said.lines.into_iter().filter(|line| !line.is_empty()).map(|line| view! { <p>{line}</p> }).collect_view();
                    match item.by.clone() {
                        Some(by) => view! { <Step when title=said.title tone=said.tone by>{lines}</Step> },
                        None => view! { <Step when title=said.title tone=said.tone>{lines}</Step> },
                    }
                })
                .collect_view();
            view! {
                <h3 class="c360-year">{text::year(lang, year)}</h3>
                <Trail>{steps}</Trail>
            }
        })
        .collect_view()
        .into_any()
}

fn foot(story: Story) -> AnyView {
    let lang = story.here.lang.get();
    if let Some(fail) = story.failed.get() {
        let reference = fail.0.reference.clone().unwrap_or_default();
        return view! { <ErrorState message=fail.words(lang) reference on_retry=move |()| story.load() /> }.into_any();
    }
    if story.busy.get() {
        return view! { <Skeleton lines=2 /> }.into_any();
    }
    if story.next.with(Option::is_some) {
        return view! { <button type="button" class="c360-more no-print" on:click=move |_| story.load()>{text::load_more(lang)}</button> }
            .into_any();
    }
    ().into_any()
}
