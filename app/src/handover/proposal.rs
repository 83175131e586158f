//! The proposal: who gets whom, changed row by row, and what it comes to for each.

use std::sync::Arc;

use chrono::{Datelike, Days};
use guanhu_domain::assignments::{
    Portfolio, TransferState,
    handover::{NewHandover, Proposal, ProposedItem},
};
use guanhu_ui::{Button, ButtonKind, DateInput, Field, Section, TextArea, TierMark, format_count, format_date, t};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use super::{Here, Refused, api, text};
use crate::attempt::Attempt;

/// Rows of the proposal shown at once; the weightiest come first.
const SHOWN: usize = 100;
const AHEAD: u64 = 366;

pub fn proposed(here: Here, proposal: Arc<Proposal>) -> AnyView {
    let lang = here.lang;
    let because = proposal.because.clone();
    let tiers = StoredValue::new(proposal.tiers.clone());
    let receivers: Vec<(String, String)> = proposal
        .portfolios
        .iter()
        .filter_map(|change| change.manager.as_ref())
        .filter(|manager| here.from.with_value(|from| *from != manager.code))
        .map(|manager| (manager.code.clone(), manager.name.clone()))
        .collect();
    let options = StoredValue::new(receivers);
    let shown = RwSignal::new(SHOWN);
    let row = move |(at, item): (usize, ProposedItem)| {
        let to = item.to.clone();
        let tier = tiers.with_value(|tiers| item.tier.as_ref().and_then(|code| tiers.iter().find(|tier| tier.code == *code).cloned()));
        let mark = tier.as_ref().map_or(0, |tier| u8::try_from(tier.mark).unwrap_or(0));
        let label = move || tier.as_ref().map_or_else(|| text::no_tier(lang.get()).to_owned(), |tier| tier.name(lang.get()).to_owned());
        let choices = options.with_value(|options| {
            options
                .iter()
                .map(|(code, name)| view! { <option value=code.clone() selected=*code == to>{name.clone()}</option> })
                .collect_view()
        });
        let (name, about) = (item.name.clone(), item.name.clone());
        let note = here.notes.with_untracked(|notes| notes.get(&item.customer_no).cloned());
        view! {
            <tr>
                <td>
                    <a href=format!("/customers/{}", item.customer_no)>{item.name}</a>
                    {item.circle.map(|circle| view! { " " <span class="faint">{move || text::circle(lang.get(), circle)}</span> })}
                </td>
                <td><TierMark rank=mark label /></td>
                <td class="num">{move || here.figures.short(item.aum, lang.get())}</td>
                <td>
                    <select class="input" data-i=at aria-label=move || format!("{} {}", text::to(lang.get()), name)>
                        {choices}
                    </select>
                </td>
                <td>
                    <input
                        class="input"
                        maxlength="1000"
                        data-i=at
                        value=note
                        aria-label=move || format!("{} {}", text::about(lang.get()), about)
                    />
                </td>
            </tr>
        }
    };
    // One listener for all rows.
    let adjust = move |event: leptos::ev::Event| match chosen(&event) {
        Some((at, false, code)) => here.items.update(|items| {
            if let Some(item) = items.get_mut(at) {
                item.to = code;
            }
        }),
        Some((at, true, note)) => {
            let Some(no) = here.items.with_untracked(|items| items.get(at).map(|item| item.customer_no)) else { return };
            here.notes.update(|notes| match note.trim() {
                "" => drop(notes.remove(&no)),
                note => drop(notes.insert(no, note.to_owned())),
            });
        }
        None => {}
    };
    // Rows are drawn once: a choice changes the sums, not the row it was made in.
    let rows = move || {
        let count = shown.get();
        here.items.with_untracked(|items| items.iter().take(count).cloned().enumerate().map(row).collect_view())
    };
    let rest = move || here.items.with(Vec::len).saturating_sub(shown.get());
    view! {
        <Section title=t(text::proposal) note=t(text::proposal_note)>
            {sums(here, proposal)}
            {(!because.is_empty())
                .then(|| view! {
                    <p class="transfer-because">
                        {t(text::approval)}
                        {move || because.iter().map(|because| because.name(lang.get())).collect::<Vec<_>>().join(" · ")}
                    </p>
                })}
            {submit(here)}
            <div class="table-wrap">
                <table class="table-plain handover-items">
                    <thead>
                        <tr>
                            <th>{t(text::customers)}</th>
                            <th>{t(text::tier)}</th>
                            <th class="num">{t(text::aum)}</th>
                            <th>{t(text::to)}</th>
                            <th>{t(text::about)}</th>
                        </tr>
                    </thead>
                    <tbody on:change=adjust>{rows}</tbody>
                </table>
            </div>
            {move || (rest() > 0).then(|| view! {
                <p class="pager">
                    <Button on_click=move |_| shown.update(|shown| *shown += 5 * SHOWN)>
                        {move || text::more(lang.get(), &format_count(rest().min(5 * SHOWN) as i64))}
                    </Button>
                </p>
            })}
        </Section>
    }
    .into_any()
}

/// Which row was changed, whether in its note or its receiver, and to what.
fn chosen(event: &leptos::ev::Event) -> Option<(usize, bool, String)> {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let input = event.target()?.dyn_into::<web_sys::Element>().ok()?;
        let is_note = !input.tag_name().eq_ignore_ascii_case("select");
        Some((input.get_attribute("data-i")?.parse().ok()?, is_note, event_target_value(event)))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
}

/// Each receiver now, what comes, and after: as a table with bars of the load.
fn sums(here: Here, proposal: Arc<Proposal>) -> AnyView {
    let lang = here.lang;
    let lines = proposal
        .portfolios
        .iter()
        .filter(|change| change.manager.as_ref().is_some_and(|manager| here.from.with_value(|from| *from != manager.code)))
        .cloned()
        .map(|change| {
            let code = change.manager.as_ref().map(|manager| manager.code.clone()).unwrap_or_default();
            let gets = Memo::new(move |_| {
                here.items.with(|items| {
                    items.iter().filter(|item| item.to == code).fold(Portfolio::default(), |mut sum, item| {
                        sum.shift(Portfolio { customers: 1, aum: item.aum, load: item.weight, contribution: None }, 1);
                        sum
                    })
                })
            });
            let (before, capacity) = (change.before, change.capacity.max(1));
            let share = move |load: i64| (load * 1_000 / capacity).clamp(0, 1_000) as f64 / 10.0;
            let level = move || match (before.load + gets.get().load) * 100 / capacity {
                101.. => "bcol-load over",
                91..=100 => "bcol-load tight",
                _ => "bcol-load",
            };
            view! {
                <tr>
                    <th scope="row">{change.manager.map(|manager| manager.name)}</th>
                    <td class="num">{format_count(before.customers)}</td>
                    <td class="num">{move || format!("+{}", format_count(gets.get().customers))}</td>
                    <td class="num">{move || format!("+{}", here.figures.short(gets.get().aum, lang.get()))}</td>
                    <td class="num">{move || format_count(before.customers + gets.get().customers)}</td>
                    <td class="num">{move || here.figures.short(before.aum + gets.get().aum, lang.get())}</td>
                    <td>
                        <span class=level>
                            <span class="bcol-load-words">
                                <span class="num">
                                    {move || format!("{} / {}", format_count(before.load + gets.get().load), format_count(capacity))}
                                </span>
                            </span>
                            <span class="bcol-bar" aria-hidden="true">
                                <i style=format!("width:{}%", share(before.load))></i>
                                <b style=move || {
                                    let after = share(before.load + gets.get().load);
                                    format!("left:{}%;width:{}%", share(before.load), after - share(before.load))
                                }></b>
                            </span>
                        </span>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-wrap">
            <table class="table-plain">
                <thead>
                    <tr>
                        <th rowspan="2">{t(text::manager)}</th>
                        <th class="num">{t(text::before)}</th>
                        <th class="num" colspan="2">{t(text::gets)}</th>
                        <th class="num" colspan="2">{t(text::after)}</th>
                        <th rowspan="2">{t(text::load)}</th>
                    </tr>
                    <tr>
                        <th class="num">{t(text::customers)}</th>
                        <th class="num">{t(text::customers)}</th>
                        <th class="num">{t(text::aum)}</th>
                        <th class="num">{t(text::customers)}</th>
                        <th class="num">{t(text::aum)}</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn submit(here: Here) -> AnyView {
    let lang = here.lang;
    let today = here.figures.today;
    let (reason, effective) = (here.reason, here.effective);
    let attempt = Attempt::new();
    let navigate = use_navigate();
    let send = move |_| {
        // A new question needs a new key; the same one, tried again, keeps it.
        let asked = NewHandover {
            from: here.from.get_value(),
            items: here.items.with_untracked(|items| items.iter().map(|item| (item.customer_no, item.to.clone())).collect()),
            notes: here.notes.get_untracked(),
            reason: reason.get_untracked(),
            effective: effective.get_untracked(),
        };
        let last = here.asked.get_value().filter(|(last, _)| *last == asked);
        let key = last.map_or_else(Uuid::new_v4, |(_, key)| key);
        here.asked.set_value(Some((asked.clone(), key)));
        let navigate = navigate.clone();
        let sent = here.draft.once_sent();
        attempt.run(api::submit(asked, key), move |transfer| {
            sent();
            let lang = here.lang.get_untracked();
            here.toasts.say(match transfer.state {
                TransferState::Done => text::submitted(lang).to_owned(),
                TransferState::Approved => text::submitted_later(lang, &format_date(transfer.effective, lang)),
                _ => text::submitted_pending(lang).to_owned(),
            });
            if attempt.is_here() {
                navigate("/transfers", Default::default());
            }
        });
    };
    view! {
        <div class="handover-submit">
            <Field name="handover-reason" label=t(text::reason) hint=t(text::reason_hint) error=attempt.error("reason") required=true help="transfers#reason">
                <TextArea value=reason rows=2 maxlength=500 />
            </Field>
            <Field name="handover-effective" label=t(text::effective) error=attempt.error("effective") help="transfers#effective">
                <DateInput value=effective min=today.with_day(1).unwrap_or(today) max=today + Days::new(AHEAD) />
            </Field>
            <Button kind=ButtonKind::Primary busy=attempt.busy on_click=send>
                {move || text::submit(lang.get())}
            </Button>
        </div>
        <Refused attempt />
    }
    .into_any()
}
