//! The proposal: who gets whom, changed row by row or by dragging, and what it comes to for each.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{Datelike, Days};
use guanhu_domain::assignments::{
    Portfolio, TransferState,
    handover::{NewHandover, Proposal, ProposedItem},
};
use guanhu_ui::{
    BarChart, BarRow, BarSpec, Button, ButtonKind, Choice, DateInput, Field, Measure, Section, Select, TextArea, TierMark, format_count,
    format_date, t,
};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use super::{Here, Refused, api, drag::Hand, text};
use crate::attempt::Attempt;

/// Rows of the proposal on a page; the weightiest come first.
const ROWS: usize = 100;
const AHEAD: u64 = 366;

/// Somebody who receives, with what is there now.
#[derive(Clone)]
struct Receiver {
    code: String,
    name: String,
    before: Portfolio,
    capacity: i64,
}

pub fn proposed(here: Here, proposal: Arc<Proposal>) -> AnyView {
    let lang = here.lang;
    let because = proposal.because.clone();
    let tiers = StoredValue::new(proposal.tiers.clone());
    let receivers: Vec<Receiver> = proposal
        .portfolios
        .iter()
        .filter_map(|change| {
            let manager = change.manager.as_ref().filter(|manager| here.from.with_value(|from| *from != manager.code))?;
            let (code, name) = (manager.code.clone(), manager.name.clone());
            Some(Receiver { code, name, before: change.before, capacity: change.capacity.max(1) })
        })
        .collect();
    let receivers = StoredValue::new(receivers);
    let hand = Hand::new(here);
    // One walk over all rows for every receiver at once.
    let gets = Memo::new(move |_| {
        here.items.with(|items| {
            let mut sums: BTreeMap<String, Portfolio> = BTreeMap::new();
            for item in items {
                let more = Portfolio { customers: 1, aum: item.aum, load: item.weight, contribution: None };
                match sums.get_mut(&item.to) {
                    Some(sum) => sum.shift(more, 1),
                    None => {
                        sums.insert(item.to.clone(), more);
                    }
                }
            }
            sums
        })
    });
    let said = Memo::new(move |before: Option<&String>| {
        // Said when rows have come to somebody, not when they are first shown.
        let line = |receiver: &Receiver| {
            let n = gets.with(|gets| gets.get(&receiver.code).map_or(0, |sum| sum.customers));
            format!("{} {}", receiver.name, text::customers_n(lang.get(), &format_count(n)))
        };
        let words = receivers.with_value(|receivers| receivers.iter().take(10).map(line).collect::<Vec<_>>().join("; "));
        before.map_or_else(String::new, |_| words)
    });
    view! {
        <Section title=t(text::proposal) note=t(text::proposal_note)>
            {sums(here, hand, receivers, gets)}
            {chart(here, receivers, gets)}
            {(!because.is_empty())
                .then(|| view! {
                    <p class="transfer-because">
                        {t(text::approval)}
                        {move || because.iter().map(|because| because.name(lang.get())).collect::<Vec<_>>().join(" · ")}
                    </p>
                })}
            {submit(here)}
            <p class="sr-only" role="status">{said}</p>
            {rows(here, hand, receivers, tiers)}
            {dock(here, hand, receivers, gets)}
        </Section>
    }
    .into_any()
}

/// What an input of a row says.
enum Change {
    To(String),
    Note(String),
    Picked(bool),
}

fn rows(
    here: Here,
    hand: Hand,
    receivers: StoredValue<Vec<Receiver>>,
    tiers: StoredValue<Vec<guanhu_domain::assignments::board::BoardTier>>,
) -> AnyView {
    let lang = here.lang;
    let page = RwSignal::new(0_usize);
    let count = here.items.with_untracked(Vec::len);
    let pages = count.div_ceil(ROWS);
    let shown = move || {
        let first = page.get() * ROWS;
        first..(first + ROWS).min(count)
    };
    let row = move |(at, item): (usize, ProposedItem)| {
        let to = item.to.clone();
        let now = Memo::new(move |_| here.items.with(|items| items.get(at).map(|item| item.to.clone()).unwrap_or_default()));
        let tier = tiers.with_value(|tiers| item.tier.as_ref().and_then(|code| tiers.iter().find(|tier| tier.code == *code).cloned()));
        let mark = tier.as_ref().map_or(0, |tier| tier.mark);
        let label = move || tier.as_ref().map_or_else(|| text::no_tier(lang.get()).to_owned(), |tier| tier.name(lang.get()).to_owned());
        let choices = receivers.with_value(|receivers| {
            receivers
                .iter()
                .map(|Receiver { code, name, .. }| view! { <option value=code.clone() selected=*code == to>{name.clone()}</option> })
                .collect_view()
        });
        let (name, about, pick) = (item.name.clone(), item.name.clone(), item.name.clone());
        let note = here.notes.with_untracked(|notes| notes.get(&item.customer_no).cloned());
        let picked = move || hand.selected.with(|selected| selected.contains(&at));
        view! {
            <tr data-row=at class:picked=picked class:carried=move || hand.carried.with(|carried| carried.contains(&at))>
                <td class="handover-grip" aria-hidden="true">"⠿"</td>
                <td>
                    <input
                        type="checkbox"
                        data-i=at
                        data-what="pick"
                        prop:checked=picked
                        aria-label=move || format!("{} {}", text::select(lang.get()), pick)
                    />
                </td>
                <td>
                    <a href=format!("/customers/{}", item.customer_no)>{item.name}</a>
                    {item.circle.map(|circle| view! { " " <span class="faint">{move || text::circle(lang.get(), circle)}</span> })}
                </td>
                <td><TierMark rank=mark label /></td>
                <td class="num">{move || here.figures.short(item.aum, lang.get())}</td>
                <td>
                    <select
                        class="input"
                        data-i=at
                        data-what="to"
                        prop:value=move || now.get()
                        aria-label=move || format!("{} {}", text::to(lang.get()), name)
                    >
                        {choices}
                    </select>
                </td>
                <td>
                    <input
                        class="input"
                        maxlength="1000"
                        data-i=at
                        data-what="note"
                        value=note
                        aria-label=move || format!("{} {}", text::about(lang.get()), about)
                    />
                </td>
            </tr>
        }
    };
    // One listener for all rows.
    let adjust = move |event: leptos::ev::Event| {
        let Some((at, change)) = chosen(&event) else { return };
        match change {
            Change::To(code) => here.items.update(|items| {
                if let Some(item) = items.get_mut(at) {
                    item.to = code;
                }
            }),
            Change::Picked(on) => hand.selected.update(|selected| {
                if on {
                    selected.insert(at)
                } else {
                    selected.remove(&at)
                };
            }),
            Change::Note(note) => {
                let Some(no) = here.items.with_untracked(|items| items.get(at).map(|item| item.customer_no)) else { return };
                here.notes.update(|notes| match note.trim() {
                    "" => drop(notes.remove(&no)),
                    note => drop(notes.insert(no, note.to_owned())),
                });
            }
        }
    };
    // Rows are drawn once: a choice changes the sums, not the row it was made in.
    let body = move || {
        let shown = shown();
        here.items.with_untracked(|items| {
            items.iter().enumerate().skip(shown.start).take(shown.len()).map(|(at, item)| row((at, item.clone()))).collect_view()
        })
    };
    let all = move || hand.selected.with(|selected| shown().all(|at| selected.contains(&at)));
    let pick_all = move |event: leptos::ev::Event| {
        let on = event_target_checked(&event);
        hand.selected.update(|selected| {
            for at in untrack(shown) {
                if on {
                    selected.insert(at)
                } else {
                    selected.remove(&at)
                };
            }
        });
    };
    let place = move || {
        let shown = shown();
        text::rows_of(lang.get(), &format_count(shown.start as i64 + 1), &format_count(shown.end as i64), &format_count(count as i64))
    };
    let pager = (pages > 1).then(|| {
        view! {
            <p class="pager handover-pager">
                <Button disabled=Signal::derive(move || page.get() == 0) on_click=move |_| page.update(|page| *page = page.saturating_sub(1))>
                    {t(text::page_before)}
                </Button>
                <span class="num" role="status">{place}</span>
                <Button
                    disabled=Signal::derive(move || page.get() + 1 >= pages)
                    on_click=move |_| page.update(|page| *page = (*page + 1).min(pages - 1))
                >
                    {t(text::page_after)}
                </Button>
            </p>
        }
    });
    view! {
        {together(here, hand, receivers)}
        <div
            node_ref=hand.root
            class="table-wrap handover-rows"
            class:dragging=move || !hand.carried.with(Vec::is_empty)
            on:pointerdown=move |event| hand.down(&event)
            on:pointermove=move |event| hand.moved(&event)
            on:pointerup=move |event| hand.up(&event)
            on:pointercancel=move |_| hand.cancel()
        >
            <table class="table-plain handover-items">
                <thead>
                    <tr>
                        <th><span class="sr-only">{t(text::drag)}</span></th>
                        <th>
                            <input type="checkbox" prop:checked=all on:change=pick_all aria-label=t(text::select_page) />
                        </th>
                        <th>{t(text::customers)}</th>
                        <th>{t(text::tier)}</th>
                        <th class="num">{t(text::aum)}</th>
                        <th>{t(text::to)}</th>
                        <th>{t(text::about)}</th>
                    </tr>
                </thead>
                <tbody on:change=adjust>{body}</tbody>
            </table>
        </div>
        {pager}
    }
    .into_any()
}

/// What is done with all selected rows at once, also by keyboard.
fn together(here: Here, hand: Hand, receivers: StoredValue<Vec<Receiver>>) -> AnyView {
    let lang = here.lang;
    let to = RwSignal::new(String::new());
    let choices = Signal::derive(move || {
        let first = Choice::new("", text::choose_receiver(lang.get()));
        let others = receivers.with_value(|receivers| receivers.iter().map(|one| Choice::new(&one.code, &one.name)).collect::<Vec<_>>());
        std::iter::once(first).chain(others).collect::<Vec<_>>()
    });
    let give = move |_| {
        let rows: Vec<usize> = hand.selected.with_untracked(|selected| selected.iter().copied().collect());
        hand.give(&rows, &to.get_untracked());
        to.set(String::new());
    };
    let some = Memo::new(move |_| !hand.selected.with(std::collections::BTreeSet::is_empty));
    let inside = move || {
        some.get().then(|| {
            view! {
                <div class="handover-together">
                    <span>{move || text::selected(lang.get(), &format_count(hand.selected.with(std::collections::BTreeSet::len) as i64))}</span>
                    <Select value=to choices label=t(text::to) />
                    <Button disabled=Signal::derive(move || to.with(String::is_empty)) on_click=give>{t(text::give)}</Button>
                    <Button kind=ButtonKind::Quiet on_click=move |_| hand.selected.set(Default::default())>{t(text::unselect)}</Button>
                </div>
            }
        })
    };
    view! { {inside} }.into_any()
}

/// While something is dragged: everybody it can be dropped on, wherever the page is scrolled to.
fn dock(here: Here, hand: Hand, receivers: StoredValue<Vec<Receiver>>, gets: Memo<BTreeMap<String, Portfolio>>) -> AnyView {
    let lang = here.lang;
    let carrying = Memo::new(move |_| hand.carried.with(Vec::len));
    let targets = move || {
        let target = |Receiver { code, name, before, capacity }: Receiver| {
            let (own, over) = (code.clone(), code.clone());
            let load = move || before.load + gets.with(|gets| gets.get(&own).map_or(0, |sum| sum.load));
            view! {
                <div class="handover-target" data-to=code class:over=move || hand.over.with(|now| now.as_deref() == Some(over.as_str()))>
                    <b>{name}</b>
                    <span class="num faint">{move || format!("{} / {}", format_count(load()), format_count(capacity))}</span>
                </div>
            }
        };
        receivers.get_value().into_iter().map(target).collect_view()
    };
    view! {
        {move || (carrying.get() > 0).then(|| view! { <div class="handover-dock" aria-hidden="true">{targets()}</div> })}
        <div node_ref=hand.ghost class="handover-ghost" hidden=move || carrying.get() == 0 aria-hidden="true">
            {move || text::customers_n(lang.get(), &format_count(carrying.get() as i64))}
        </div>
    }
    .into_any()
}

/// Which row was changed, and how.
fn chosen(event: &leptos::ev::Event) -> Option<(usize, Change)> {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let input = event.target()?.dyn_into::<web_sys::Element>().ok()?;
        let change = match input.get_attribute("data-what")?.as_str() {
            "to" => Change::To(event_target_value(event)),
            "note" => Change::Note(event_target_value(event)),
            _ => Change::Picked(event_target_checked(event)),
        };
        Some((input.get_attribute("data-i")?.parse().ok()?, change))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (event, Change::Picked, Change::To, Change::Note);
        None
    }
}

/// How busy each receiver is now and would be, against what each can carry.
fn chart(here: Here, receivers: StoredValue<Vec<Receiver>>, gets: Memo<BTreeMap<String, Portfolio>>) -> AnyView {
    let lang = here.lang;
    let spec = Signal::derive(move || {
        let lang = lang.get();
        let row = |receiver: &Receiver| {
            let more = gets.with(|gets| gets.get(&receiver.code).map_or(0, |sum| sum.load));
            let now = receiver.before.load;
            BarRow { label: receiver.name.clone(), values: vec![now, now + more, receiver.capacity], href: None }
        };
        BarSpec {
            rows: receivers.with_value(|receivers| receivers.iter().map(row).collect()),
            names: [text::before(lang), text::after(lang), text::capacity(lang)].map(str::to_owned).to_vec(),
            measure: Measure::Count,
        }
    });
    view! { <div class="handover-chart"><BarChart title=t(text::load) spec /></div> }.into_any()
}

/// Each receiver now, what comes, and after.
fn sums(here: Here, hand: Hand, receivers: StoredValue<Vec<Receiver>>, gets: Memo<BTreeMap<String, Portfolio>>) -> AnyView {
    let lang = here.lang;
    let line = move |Receiver { code, name, before, capacity }: Receiver| {
        let (own, over) = (code.clone(), code.clone());
        let gets = Memo::new(move |_| gets.with(|gets| gets.get(&own).copied().unwrap_or_default()));
        let level = move || match (before.load + gets.get().load) * 100 / capacity {
            101.. => "bcol-load over",
            91..=100 => "bcol-load tight",
            _ => "bcol-load",
        };
        view! {
            <tr data-to=code class:over=move || hand.over.with(|now| now.as_deref() == Some(over.as_str()))>
                <th scope="row">{name}</th>
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
                    </span>
                </td>
            </tr>
        }
    };
    let lines = receivers.get_value().into_iter().map(line).collect_view();
    view! {
        <div class="table-wrap">
            <table class="table-plain handover-sums">
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
                TransferState::Running => text::submitted_running(lang).to_owned(),
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
