//! The books by month: how they stand, and opening a closed one again.

use chrono::NaiveDate;
use guanhu_domain::{
    contribution::pricing::{BookMonth, Prices},
    dashboards::MonthState,
};
use guanhu_ui::{
    Badge, Button, ButtonKind, DateText, Field, Section, TextArea, TimeText, Tone, format_month, format_time, t, use_lang, use_toasts,
};
use leptos::prelude::*;

use super::{api, text};
use crate::{
    Asked,
    attempt::{Attempt, Told},
    customers::view::local,
    drafts::{self, Draft},
};

/// The month that is about to be opened again; it outlives the page's being read again.
#[derive(Clone, Copy)]
pub struct Chosen(pub RwSignal<Option<NaiveDate>>);

pub fn months(prices: &Prices) -> AnyView {
    if prices.months.is_empty() {
        return ().into_any();
    }
    let lang = use_lang();
    let Chosen(chosen) = expect_context();
    let row = |known: &BookMonth| {
        let BookMonth { month, state, as_of, computed_at, late_at, progress } = *known;
        let closed = state == MonthState::Closed;
        let late = late_at.map(|at| {
            let words = move || text::late_since(lang.get(), &format_time(local(at), lang.get()));
            view! { " " <Badge tone=Tone::Warn>{words}</Badge> }
        });
        let under_way = progress.map(|done| {
            let words = move || text::computing(lang.get(), done / 100);
            view! { " " <Badge>{words}</Badge> }
        });
        let open = closed.then(|| {
            let label = Signal::derive(move || text::reopen_of(lang.get(), &format_month(month, lang.get())));
            view! {
                <button type="button" class="btn quiet" aria-label=label on:click=move |_| {
                    if chosen.get_untracked() != Some(month) {
                        chosen.set(Some(month));
                    }
                }>
                    {t(text::reopen)}
                </button>
            }
        });
        view! {
            <tr>
                <th scope="row">{move || format_month(month, lang.get())}</th>
                <td>{if closed { t(text::closed) } else { t(text::open) }} {late} {under_way}</td>
                <td><DateText date=as_of /></td>
                <td><TimeText time=local(computed_at) /></td>
                <td>{open}</td>
            </tr>
        }
    };
    let rows = prices.months.iter().map(row).collect_view();
    let form = move || chosen.get().map(|month| reopening(month, chosen));
    view! {
        <Section title=t(text::books) help="contribution#months" note=t(text::books_note)>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::books)>
                <table class="table-plain">
                    <thead>
                        <tr>
                            <th scope="col">{t(text::month)}</th>
                            <th scope="col">{t(text::state)}</th>
                            <th scope="col">{t(text::as_of)}</th>
                            <th scope="col">{t(text::computed_at)}</th>
                            <td></td>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {form}
        </Section>
    }
    .into_any()
}

fn reopening(month: NaiveDate, chosen: RwSignal<Option<NaiveDate>>) -> AnyView {
    let lang = use_lang();
    let (attempt, toasts) = (Attempt::new(), use_toasts());
    let asked = expect_context::<Asked<Prices>>();
    let reason = RwSignal::new(String::new());
    let draft = Draft::of("reopening", month);
    drafts::one_value(draft, RwSignal::new(true), reason);
    let open = move |_| {
        if attempt.has(&[("reason", reason.with_untracked(|reason| !reason.trim().is_empty()))]) {
            let sent = draft.once_sent();
            attempt.run(api::reopen_month(month, reason.get_untracked()), move |()| {
                sent();
                toasts.say(t(text::reopened));
                chosen.set(None);
                asked.refetch();
            });
        }
    };
    let title = Signal::derive(move || text::reopen_of(lang.get(), &format_month(month, lang.get())));
    view! {
        <div class="notice" role="group" aria-label=title>
            <Field name="reopen-reason" help="contribution#months" label=t(text::reopen_reason) hint=t(text::reopen_hint) error=attempt.error("reason") required=true>
                <TextArea value=reason rows=2 maxlength=500 />
            </Field>
            <Told attempt />
            <div class="prices-actions">
                <Button kind=ButtonKind::Primary busy=attempt.busy on_click=open>{title}</Button>
                <Button on_click=move |_| chosen.set(None)>{t(text::cancel)}</Button>
            </div>
        </div>
    }
    .into_any()
}
