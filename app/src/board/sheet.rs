//! What is asked before a larger move: to whom, why and from when, with both portfolios before and after.

use chrono::{Datelike, Days, NaiveDate};
use guanhu_domain::{
    Lang,
    assignments::{NewTransfer, POOL, PortfolioChange, TransferPreview},
};
use guanhu_ui::{Button, ButtonKind, Choice, DateInput, Field, Select, Sheet, TextArea, format_count, format_date, t};
use leptos::{prelude::*, task::spawn_local};
use uuid::Uuid;

use super::{
    here::{Drag, Here, use_here},
    moves, text,
};
use crate::{
    attempt::{Attempt, Told},
    drafts::{self, Draft},
    transfers::{
        api,
        moving::{Notes, noted, what_moves},
    },
};

/// Days ahead that a transfer may be dated.
const AHEAD: u64 = 366;

#[component]
pub fn MoveSheet() -> impl IntoView {
    let here = use_here();
    let lang = here.lang;
    let open = RwSignal::new(false);
    let to = RwSignal::new(String::new());
    let reason = RwSignal::new(String::new());
    let effective = RwSignal::new(None::<NaiveDate>);
    let preview = RwSignal::new(None::<TransferPreview>);
    let attempt = Attempt::new();
    let asked = StoredValue::new(None::<Drag>);
    let key = StoredValue::new(Uuid::nil());
    let asked_last = StoredValue::new(None::<NewTransfer>);
    let draft = Draft::of("transfer", "board");
    drafts::one_value(draft, open, reason);
    let notes = RwSignal::new(Notes::new());
    let notes_draft = Draft::of("transfer", "board-notes");
    drafts::one_value(notes_draft, open, notes);
    Effect::new(move |_| {
        let Some((drag, column)) = here.asks.get() else { return };
        to.set(column.map(|column| here.at(column).key()).unwrap_or_default());
        asked.set_value(Some(drag));
        asked_last.set_value(None);
        effective.set(Some(here.figures.today));
        preview.set(None);
        attempt.clear();
        open.set(true);
    });
    Effect::new(move |_| {
        if !open.get() && here.asks.with_untracked(Option::is_some) {
            here.asks.set(None);
        }
    });
    // The estimate follows whom it is for.
    Effect::new(move |_| {
        let target = to.get();
        let Some(drag) = asked.get_value().filter(|_| open.get() && !target.is_empty()) else { return };
        // What was said of another choice is not of this one.
        attempt.clear();
        preview.set(None);
        let estimate = moves::request(here, &drag, &target, "?");
        spawn_local(async move {
            let answer = api::preview(estimate).await;
            if to.try_get_untracked().as_ref() != Some(&target) || open.try_get_untracked() != Some(true) {
                return;
            }
            match answer {
                Ok(found) => preview.set(Some(found)),
                Err(fail) => attempt.refuse(fail),
            }
        });
    });
    let submit = move || {
        let (Some(drag), target) = (asked.get_value(), to.get_untracked()) else { return };
        let mut request = moves::request(here, &drag, &target, reason.get_untracked().trim());
        request.effective = effective.get_untracked();
        request.notes = preview.with_untracked(|preview| notes.with_untracked(|notes| noted(preview.as_ref(), notes, &target)));
        if drag.all {
            request.count = preview.with_untracked(|preview| preview.as_ref().map(|preview| preview.customers));
        }
        // The same question tried again keeps its key.
        if asked_last.with_value(|last| last.as_ref() != Some(&request)) {
            key.set_value(Uuid::new_v4());
            asked_last.set_value(Some(request.clone()));
        }
        let (sent, notes_sent) = (draft.once_sent(), notes_draft.once_sent());
        attempt.run(api::request(request, key.get_value()), move |transfer| {
            sent();
            notes_sent();
            if !here.is_here() {
                return;
            }
            open.set(false);
            here.clear();
            let column = here.column_of(&target);
            moves::tell(here, &drag, column, &transfer);
            here.refresh([here.at(drag.from).key(), target.clone()]);
        });
    };
    let choices = Signal::derive(move || {
        let Some(drag) = asked.get_value().filter(|_| open.get()) else { return Vec::new() };
        (0..here.count())
            .filter(|column| *column != drag.from && here.verdict(&drag, *column).is_ok())
            .map(|column| Choice::new(here.at(column).key(), here.at(column).name(lang.get())))
            .collect()
    });
    let title = move || {
        let count = asked.with_value(|drag| drag.as_ref().map_or(0, Drag::count));
        if open.get() { text::sheet_title(lang.get(), &format_count(count)) } else { String::new() }
    };
    let needs = Memo::new(move |_| preview.with(|preview| preview.as_ref().is_some_and(|preview| !preview.because.is_empty())));
    let footer = move || {
        view! {
            <Button on_click=move |_| open.set(false)>{t(text::cancel)}</Button>
            <Button
                kind=ButtonKind::Primary
                busy=attempt.busy
                // Who is not on the screen is counted before it moves.
                disabled=Signal::derive(move || {
                    let uncounted = preview.with(Option::is_none) && asked.with_value(|drag| drag.as_ref().is_some_and(|drag| drag.all));
                    to.with(String::is_empty) || uncounted
                })
                on_click=move |_| submit()
            >
                {move || if needs.get() { text::submit_approval(lang.get()) } else { text::submit(lang.get()) }}
            </Button>
        }
    };
    let today = here.figures.today;
    let body = move || {
        view! {
            <div class="move-sheet">
                <Field name="move-to" label=t(text::to) error=attempt.error("to")>
                    <Select value=to choices />
                </Field>
                {move || {
                    let notes = to.with_untracked(|to| to != POOL).then_some(notes);
                    preview.get().map(|preview| estimate(here, preview, effective, notes))
                }}
                <Field name="move-reason" label=t(text::reason) hint=t(text::reason_hint) error=attempt.error("reason") required=true help="transfers#reason">
                    <TextArea value=reason rows=3 maxlength=500 />
                </Field>
                <Field name="move-effective" help="transfers#effective" label=t(text::effective) hint=t(text::effective_hint) error=attempt.error("effective")>
                    <DateInput value=effective min=today.with_day(1).unwrap_or(today) max=today + Days::new(AHEAD) />
                </Field>
                <Refused attempt />
            </div>
        }
    };
    view! { <Sheet name="move" open title footer>{body}</Sheet> }.into_any()
}

/// What belongs to no field, in words that name who was faster.
#[component]
fn Refused(attempt: Attempt) -> impl IntoView {
    let customers = attempt.error("customers");
    view! {
        {move || customers.get().map(|words| view! { <div class="notice alarm" role="alert">{words}</div> })}
        <Told attempt explain=explain />
    }
    .into_any()
}

fn explain(problem: &guanhu_domain::Problem, lang: Lang) -> Option<String> {
    problem.current.as_ref()?;
    Some(moves::why(use_context::<Here>()?, problem, "", lang))
}

fn estimate(here: Here, preview: TransferPreview, effective: RwSignal<Option<NaiveDate>>, notes: Option<RwSignal<Notes>>) -> AnyView {
    let lang = here.lang;
    let moves = what_moves(lang, here.figures, &preview, notes);
    let because = preview.because.clone();
    let verdict = if because.is_empty() {
        let today = here.figures.today;
        let words = move || match effective.get().filter(|day| *day > today) {
            Some(day) => text::no_approval_on(lang.get(), &format_date(day, lang.get())),
            None => text::no_approval(lang.get()).to_owned(),
        };
        view! { <p class="move-verdict free">{words}</p> }.into_any()
    } else {
        view! {
            <div class="move-verdict">
                <span>{t(text::approval_needed)}</span>
                <ul>{because.into_iter().map(|because| view! { <li>{move || because.name(lang.get())}</li> }).collect_view()}</ul>
            </div>
        }
        .into_any()
    };
    view! {
        {moves}
        {verdict}
        {portfolios(here.lang, here.figures, preview.portfolios)}
    }
    .into_any()
}

/// Both sides before and after, as a table.
pub fn portfolios(lang: Signal<Lang>, figures: crate::customers::list::columns::Figures, changes: Vec<PortfolioChange>) -> AnyView {
    let contribution = changes.iter().any(|change| change.before.contribution.is_some());
    let row = move |change: PortfolioChange| {
        let PortfolioChange { manager, capacity, open, busy, before, after } = change;
        let busy = open || busy;
        let name = move || manager.as_ref().map_or_else(|| text::pool(lang.get()).to_owned(), |manager| manager.name.clone());
        let told = move |told: bool, before: Signal<String>, after: Signal<String>| match told {
            true => view! { <td class="num"><span class="was">{before}</span><span class="now">{after}</span></td> }.into_any(),
            false => view! { <td class="num faint">{t(text::not_told)}</td> }.into_any(),
        };
        let money = move |before: i64, after: i64| {
            let words = move |amount: i64| Signal::derive(move || figures.short(amount, lang.get()));
            told(open, words(before), words(after))
        };
        let plain = |words: String| Signal::stored(words);
        // The pool has no capacity to be full.
        let load = |load: i64| match capacity {
            0 => format_count(load),
            most => text::load_of(Lang::En, &format_count(load), &format_count(most)),
        };
        let over = busy && capacity > 0 && after.load > capacity;
        view! {
            <tr>
                <th scope="row">{name}</th>
                {told(busy, plain(format_count(before.customers)), plain(format_count(after.customers)))}
                {money(before.aum, after.aum)}
                {contribution.then(|| money(before.contribution.unwrap_or(0), after.contribution.unwrap_or(0)))}
                {match busy {
                    true => view! {
                        <td class="num" class:over=over>
                            <span class="was">{load(before.load)}</span>
                            <span class="now">{load(after.load)}</span>
                        </td>
                    }
                        .into_any(),
                    false => view! { <td class="num faint">{t(text::not_told)}</td> }.into_any(),
                }}
            </tr>
        }
    };
    view! {
        <div class="table-wrap">
            <table class="table-plain before-after">
                <caption>{t(text::before_after)}</caption>
                <thead>
                    <tr>
                        <th>{t(text::manager)}</th>
                        <th class="num">{t(text::customers)}</th>
                        <th class="num">{t(text::aum)}</th>
                        {contribution.then(|| view! { <th class="num">{t(text::contribution)}</th> })}
                        <th class="num">{t(text::load)}</th>
                    </tr>
                </thead>
                <tbody>{changes.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
