//! What is asked before a larger move: to whom, why and from when, with both portfolios before and after.

use chrono::{Datelike, Days, NaiveDate};
use guanhu_domain::{
    Lang,
    assignments::{POOL, PortfolioChange, TransferPreview},
};
use guanhu_ui::{Button, ButtonKind, Choice, DateInput, Field, Select, Sheet, TextArea, format_count, t};
use leptos::{prelude::*, task::spawn_local};
use uuid::Uuid;

use super::{
    here::{Drag, Here, use_here},
    moves, text,
};
use crate::{
    attempt::{Attempt, Told},
    transfers::api,
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
    Effect::new(move |_| {
        let Some((drag, column)) = here.asks.get() else { return };
        to.set(column.map(|column| here.at(column).key()).unwrap_or_default());
        asked.set_value(Some(drag));
        key.set_value(Uuid::new_v4());
        reason.set(String::new());
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
        let estimate = moves::request(here, &drag, &target, "?");
        spawn_local(async move {
            match api::preview(estimate).await {
                Ok(found) => {
                    if to.try_get_untracked().as_ref() == Some(&target) {
                        preview.try_set(Some(found));
                    }
                }
                Err(fail) => {
                    preview.try_set(None);
                    attempt.refuse(fail);
                }
            }
        });
    });
    let submit = move || {
        let (Some(drag), target) = (asked.get_value(), to.get_untracked()) else { return };
        let mut request = moves::request(here, &drag, &target, reason.get_untracked().trim());
        request.effective = effective.get_untracked();
        attempt.run(api::request(request, key.get_value()), move |transfer| {
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
                disabled=Signal::derive(move || to.with(String::is_empty))
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
                {move || preview.get().map(|preview| estimate(here, preview))}
                <Field name="move-reason" label=t(text::reason) hint=t(text::reason_hint) error=attempt.error("reason") required=true>
                    <TextArea value=reason rows=3 maxlength=500 />
                </Field>
                <Field name="move-effective" label=t(text::effective) hint=t(text::effective_hint) error=attempt.error("effective")>
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

fn explain(problem: &guanhu_domain::Problem, _lang: Lang) -> Option<String> {
    problem.current.as_ref()?;
    Some(moves::why(use_context::<Here>()?, problem, ""))
}

fn estimate(here: Here, preview: TransferPreview) -> AnyView {
    let lang = here.lang;
    let because = preview.because.clone();
    let verdict = if because.is_empty() {
        view! { <p class="move-verdict free">{t(text::no_approval)}</p> }.into_any()
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
        {verdict}
        {portfolios(here.lang, here.figures, preview.portfolios)}
    }
    .into_any()
}

/// Both sides before and after, as a table.
pub fn portfolios(lang: Signal<Lang>, figures: crate::customers::list::columns::Figures, changes: Vec<PortfolioChange>) -> AnyView {
    let contribution = changes.iter().any(|change| change.before.contribution.is_some());
    let row = move |change: PortfolioChange| {
        let PortfolioChange { manager, capacity, before, after } = change;
        let name = manager.map_or_else(|| POOL.to_owned(), |manager| manager.name);
        let money = move |before: i64, after: i64| {
            view! {
                <td class="num">
                    <span class="was">{move || figures.short(before, lang.get())}</span>
                    <span class="now">{move || figures.short(after, lang.get())}</span>
                </td>
            }
        };
        let over = capacity > 0 && after.load > capacity;
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="num">
                    <span class="was">{format_count(before.customers)}</span>
                    <span class="now">{format_count(after.customers)}</span>
                </td>
                {money(before.aum, after.aum)}
                {contribution.then(|| money(before.contribution.unwrap_or(0), after.contribution.unwrap_or(0)))}
                <td class="num" class:over=over>
                    <span class="was">{text::load_of(Lang::En, &format_count(before.load), &format_count(capacity))}</span>
                    <span class="now">{text::load_of(Lang::En, &format_count(after.load), &format_count(capacity))}</span>
                </td>
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
