//! The line above the table: how many there are, or what can be done with those selected.

use guanhu_domain::access::Verb;
use guanhu_ui::{Button, ButtonKind, Density, Glyph, dom, format_count, use_appearance, use_lang, use_toasts};
use leptos::prelude::*;

use super::{columns::Figures, listing::Listing, question, text};
use crate::shell::use_me;

pub fn tools(listing: Listing, figures: Figures, help: RwSignal<bool>) -> AnyView {
    let lang = use_lang();
    let density = use_appearance().density;
    let compact = Signal::derive(move || density.get() == Density::Compact);
    let left = move || {
        if listing.selected.with(|selected| selected.is_empty()) {
            view! { <span class="total" role="status">{move || total(listing)}</span> }.into_any()
        } else {
            bulk(listing, figures)
        }
    };
    let moves = use_me().is_some_and(|me| me.may(Verb::TransferRequest));
    let filtered = Memo::new(move |_| listing.query.with(|query| query.q.is_none() && question::filters(query) > 0));
    let to_move = move || {
        (moves && filtered.get()).then(|| {
            let href = move || listing.query.with(|query| format!("/transfers/new{}", question::write(query)));
            view! { <Button kind=ButtonKind::Quiet icon=Glyph::Transfer href=href>{move || text::move_all(lang.get())}</Button> }
        })
    };
    view! {
        {left}
        <span class="push"></span>
        <span class="only-wide">{to_move}</span>
        <Button
            kind=ButtonKind::Quiet
            pressed=compact
            on_click=move |_| density.set(if compact.get_untracked() { Density::Comfortable } else { Density::Compact })
        >
            {move || text::density(lang.get())}
        </Button>
        <span class="only-wide">
            <Button kind=ButtonKind::Quiet icon=Glyph::Keyboard on_click=move |_| help.set(true)>
                {move || text::keys(lang.get())}
            </Button>
        </span>
    }
    .into_any()
}

/// `10,000+ 位客户`, or how many were found.
fn total(listing: Listing) -> String {
    let lang = use_lang().get();
    if listing.fail.with(Option::is_some) && listing.rows.with(Vec::is_empty) {
        return String::new();
    }
    let count = counted(listing);
    if listing.query.with(|query| query.q.is_some()) { text::found(lang, &count) } else { text::total(lang, &count) }
}

fn counted(listing: Listing) -> String {
    let total = listing.total.get();
    format!("{}{}", format_count(total.count), if total.capped { "+" } else { "" })
}

/// Words for the foot of the table: nothing once all are there, which the line above says already.
pub fn loaded(listing: Listing) -> String {
    let lang = use_lang().get();
    if listing.next.with(Option::is_none) {
        return String::new();
    }
    let rows = format_count(listing.rows.with(Vec::len) as i64);
    text::loaded_of(lang, &rows, &counted(listing))
}

/// What the selected have together, and what can be done with them.
fn bulk(listing: Listing, figures: Figures) -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let count = move || listing.selected.with(|selected| selected.len());
    let together = move || {
        let selected = listing.selected.get();
        listing.rows.with(|rows| rows.iter().filter(|row| selected.contains(&row.customer_no.to_string())).map(|row| row.aum).sum::<i64>())
    };
    let copy = move |_| {
        let selected = listing.selected.get_untracked();
        // In the order of the list, which is the order in which they will be worked through.
        let numbers: Vec<String> = listing
            .rows
            .with_untracked(|rows| rows.iter().map(|row| row.customer_no.to_string()).filter(|number| selected.contains(number)).collect());
        if dom::copy(&numbers.join("\n")) {
            let count = numbers.len();
            toasts.say(move || text::copied(lang.get(), count));
        } else {
            toasts.alarm(move || text::copy_failed(lang.get()));
        }
    };
    view! {
        <span class="bulk" role="status">
            <strong>{move || text::picked(lang.get(), count())}</strong>
            <span>{move || text::picked_aum(lang.get(), &figures.short(together(), lang.get()))}</span>
        </span>
        <Button icon=Glyph::Copy on_click=copy>{move || text::copy_numbers(lang.get())}</Button>
    }
    .into_any()
}
