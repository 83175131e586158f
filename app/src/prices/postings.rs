//! What serving a posting costs by its kind, and which postings are fees of the bank's own.

use guanhu_domain::contribution::pricing::{COST_MAX, PostingPrice, Prices, PricingChange};
use guanhu_ui::{Button, ButtonKind, Checkbox, Glyph, IconButton, Section, TextInput, format_exact, parse_amount, t, use_lang};
use leptos::prelude::*;

use super::{Sender, Sent, api, text};

#[derive(Clone, Copy)]
struct Row {
    id: u32,
    kind: RwSignal<String>,
    cost: RwSignal<String>,
    is_fee: RwSignal<bool>,
    /// Stands for all other kinds.
    rest: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    NoKind,
    Twice,
    NoAmount,
}

/// The rows as they would be kept, and what is wrong with them by id.
fn read(rows: &[Row], decimals: u32) -> (Vec<PostingPrice>, Vec<(u32, Fault)>) {
    let (mut prices, mut faults) = (Vec::<PostingPrice>::new(), Vec::new());
    for row in rows {
        let kind = row.kind.get().trim().to_owned();
        let cost = row.cost.with(|text| parse_amount(text, decimals)).filter(|cost| (0..=COST_MAX).contains(cost));
        let is_fee = row.is_fee.get();
        if kind.is_empty() && !row.rest {
            faults.push((row.id, Fault::NoKind));
        } else if prices.iter().any(|other| other.kind == kind) {
            faults.push((row.id, Fault::Twice));
        } else if let Some(cost) = cost {
            prices.push(PostingPrice { kind, cost, is_fee });
        } else {
            faults.push((row.id, Fault::NoAmount));
        }
    }
    (prices, faults)
}

pub fn postings(prices: &Prices, revision: RwSignal<i32>) -> AnyView {
    let lang = use_lang();
    let sender = Sender::new(revision);
    let decimals = prices.base_currency.exponent();
    let next = StoredValue::new(0_u32);
    let row = move |price: &PostingPrice, rest: bool| {
        next.update_value(|next| *next += 1);
        Row {
            id: next.get_value(),
            kind: RwSignal::new(price.kind.clone()),
            cost: RwSignal::new(format_exact(price.cost, decimals).replace(',', "")),
            is_fee: RwSignal::new(price.is_fee),
            rest,
        }
    };
    let rows = RwSignal::new(prices.postings.iter().map(|price| row(price, price.kind.is_empty())).collect::<Vec<_>>());
    let seen = RwSignal::new(prices.postings.clone());
    let typed = Memo::new(move |_| rows.with(|rows| read(rows, decimals)));
    let save = move |_| {
        let postings = typed.with_untracked(|(prices, _)| prices.clone());
        let kept = postings.clone();
        let what = format!("{postings:?}");
        let call =
            move |revision, key| api::set_parameters(PricingChange { revision, postings: Some(postings), ..PricingChange::default() }, key);
        sender.send(what, call, move || seen.set(kept));
    };
    let unsound = Signal::derive(move || typed.with(|(prices, faults)| !faults.is_empty() || seen.with(|seen| seen == prices)));
    let line = move |row: Row| {
        let fault = Memo::new(move |_| typed.with(|(_, faults)| faults.iter().find(|(id, _)| *id == row.id).map(|(_, fault)| *fault)));
        let words = move || {
            fault.get().map(|fault| {
                let lang = lang.get();
                let words = match fault {
                    Fault::NoKind => text::no_kind(lang),
                    Fault::Twice => text::kind_twice(lang),
                    Fault::NoAmount => text::no_cost(lang),
                };
                view! { <div class="field-error">{words}</div> }
            })
        };
        let head = match row.rest {
            true => view! { <span>{t(text::other_kinds)}</span> }.into_any(),
            false => view! { <TextInput value=row.kind label=t(text::kind) maxlength=32 autocomplete="off" /> }.into_any(),
        };
        let remove = (!row.rest).then(|| {
            view! { <IconButton glyph=Glyph::Close label=t(text::remove_kind) on_click=move |_| rows.update(|rows| rows.retain(|other| other.id != row.id)) /> }
        });
        view! {
            <tr class:wrong=move || fault.with(Option::is_some)>
                <td>{head}</td>
                <td>
                    <TextInput value=row.cost label=t(text::posting_cost) inputmode="decimal" autocomplete="off" />
                    {words}
                </td>
                <td><Checkbox checked=row.is_fee label=t(text::is_fee) /></td>
                <td>{remove}</td>
            </tr>
        }
    };
    let add = move |_| {
        let new = row(&PostingPrice { kind: String::new(), cost: 0, is_fee: false }, false);
        rows.update(|rows| rows.push(new));
    };
    view! {
        <Section title=t(text::postings) help="contribution#postings" note=t(text::postings_note)>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::postings)>
                <table class="table-plain prices-postings">
                    <thead>
                        <tr>
                            <th scope="col">{t(text::kind)}</th>
                            <th scope="col">{t(text::posting_cost)}</th>
                            <th scope="col">{t(text::fee)}</th>
                            <td></td>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || rows.get() key=|row| row.id children=line />
                    </tbody>
                </table>
            </div>
            <div class="prices-actions">
                <Button icon=Glyph::Plus on_click=add>{t(text::add_kind)}</Button>
                <Button kind=ButtonKind::Primary busy=sender.attempt.busy disabled=unsound on_click=save>{t(text::save_postings)}</Button>
            </div>
            <Sent sender />
        </Section>
    }
    .into_any()
}
