//! What serving a posting costs by its kind, and which postings are fees of the bank's own.

use guanhu_domain::contribution::pricing::{COST_MAX, PostingPrice, Prices, PricingChange};
use guanhu_ui::{Button, ButtonKind, Checkbox, Glyph, IconButton, Section, TextInput, format_exact, parse_amount, t, use_lang};
use leptos::{prelude::*, reactive::owner::WeakOwner};

use super::{Sender, api, text, told};
use crate::{
    clash::Side,
    drafts::{Draft, Restored},
};

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

/// What is typed of a row: kind, cost, whether it is a fee, whether it stands for all other kinds.
type Texts = (String, String, bool, bool);

fn shown(prices: &[PostingPrice], decimals: u32) -> Vec<Texts> {
    let row = |price: &PostingPrice| {
        (price.kind.clone(), format_exact(price.cost, decimals).replace(',', ""), price.is_fee, price.kind.is_empty())
    };
    prices.iter().map(row).collect()
}

pub fn postings(prices: &Prices) -> AnyView {
    let lang = use_lang();
    let sender = Sender::new(prices);
    let decimals = prices.base_currency.exponent();
    let next = StoredValue::new(0_u32);
    // Signals made by a button of a notice would go with the notice.
    let owner = StoredValue::new(Owner::current().map(|owner| owner.downgrade()));
    let row = move |(kind, cost, is_fee, rest): Texts| {
        next.update_value(|next| *next += 1);
        let id = next.get_value();
        let make = move || Row { id, kind: RwSignal::new(kind), cost: RwSignal::new(cost), is_fee: RwSignal::new(is_fee), rest };
        match owner.with_value(|owner| owner.as_ref().and_then(WeakOwner::upgrade)) {
            Some(owner) => owner.with(make),
            None => make(),
        }
    };
    let rows = RwSignal::new(shown(&prices.postings, decimals).into_iter().map(row).collect::<Vec<_>>());
    let write = move |texts: Vec<Texts>| rows.set(texts.into_iter().map(row).collect());
    let seen = RwSignal::new(prices.postings.clone());
    let typed = Memo::new(move |_| rows.with(|rows| read(rows, decimals)));
    let (draft, restored, kept) = (Draft::of("postings", "costs"), RwSignal::new(false), StoredValue::new(false));
    let texts = move || {
        rows.with(|rows| rows.iter().map(|row| (row.kind.get(), row.cost.get(), row.is_fee.get(), row.rest)).collect::<Vec<Texts>>())
    };
    let is_seen = move |texts: &Vec<Texts>| seen.with_untracked(|seen| shown(seen, decimals) == *texts);
    Effect::new(move |before: Option<()>| {
        if before.is_some() {
            return;
        }
        draft.restore(move |(revision, texts): (i32, Vec<Texts>)| {
            if !is_seen(&texts) {
                sender.revision.set(revision);
                write(texts);
                restored.set(true);
            }
        });
    });
    Effect::new(move |before: Option<Vec<Texts>>| {
        let now = texts();
        if before.is_some_and(|before| before != now) {
            if !is_seen(&now) {
                kept.set_value(true);
                draft.keep(&(sender.revision.get_untracked(), &now));
            } else if kept.get_value() {
                kept.set_value(false);
                draft.forget();
            }
        }
        now
    });
    let discard = move |()| {
        sender.begin_again();
        write(seen.with_untracked(|seen| shown(seen, decimals)));
        draft.forget();
    };
    let save = move || {
        let postings = typed.with_untracked(|(prices, _)| prices.clone());
        let by_kind = |mut prices: Vec<PostingPrice>| {
            prices.sort_by(|one, other| one.kind.cmp(&other.kind));
            prices
        };
        let (now, before) = (postings.clone(), by_kind(seen.get_untracked()));
        let what = format!("{postings:?}");
        let call = move |revision, key| {
            api::set_parameters(PricingChange { revision, postings: Some(postings.clone()), ..PricingChange::default() }, key)
        };
        let sent = draft.once_sent();
        sender.send(
            what,
            call,
            move |prices: &Prices| by_kind(prices.postings.clone()) == before,
            move || {
                sent();
                restored.set(false);
                seen.set(now);
            },
        );
    };
    let sides = move |now: &Prices, lang| {
        let mine = typed.with(|(prices, _)| prices.clone());
        let mut kinds: Vec<&String> = now.postings.iter().chain(&mine).map(|price| &price.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let said = |prices: &[PostingPrice], kind: &String| {
            let price = prices.iter().find(|price| price.kind == *kind);
            let words = |price: &PostingPrice| {
                let amount = format_exact(price.cost, decimals);
                if price.is_fee { text::costs_fee(lang, &amount) } else { text::costs(lang, &amount) }
            };
            price.map(words).unwrap_or_default()
        };
        let name = |kind: &String| if kind.is_empty() { text::other_kinds(lang).to_owned() } else { kind.clone() };
        kinds.into_iter().map(|kind| Side::new(name(kind), said(&now.postings, kind), said(&mine, kind))).collect::<Vec<_>>()
    };
    let take = move |now: &Prices| {
        seen.set(now.postings.clone());
        write(shown(&now.postings, decimals));
        draft.forget();
        restored.set(false);
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
        let new = row((String::new(), format_exact(0, decimals), false, false));
        rows.update(|rows| rows.push(new));
    };
    view! {
        <Section title=t(text::postings) help="contribution#postings" note=t(text::postings_note)>
            <Restored shown=restored on_discard=discard />
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
                <Button kind=ButtonKind::Primary busy=sender.attempt.busy disabled=unsound on_click=move |_| save()>{t(text::save_postings)}</Button>
            </div>
            {told(sender, sides, take, save)}
        </Section>
    }
    .into_any()
}
