//! The line above the table: how many there are, or what can be done with those selected.

use std::collections::BTreeSet;

use guanhu_domain::access::Verb;
use guanhu_ui::{Button, ButtonKind, Density, Glyph, format_count, use_appearance, use_lang};
use leptos::prelude::*;

use super::{bulk, columns::Figures, listing::Listing, question, text};
use crate::{
    desk::{Tool, use_desk},
    shell::use_me,
};

pub fn tools(listing: Listing, figures: Figures) -> AnyView {
    let lang = use_lang();
    let density = use_appearance().density;
    let desk = use_desk();
    let compact = Signal::derive(move || density.get() == Density::Compact);
    // The buttons stay while more are selected.
    let none = Memo::new(move |_| listing.selected.with(BTreeSet::is_empty));
    let left = move || {
        if none.get() {
            view! { <span class="total" role="status">{move || total(listing)}</span> }.into_any()
        } else {
            together(listing, figures)
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
            <Button kind=ButtonKind::Quiet icon=Glyph::Keyboard on_click=move |_| if let Some(desk) = desk { desk.call(Tool::Keys) }>
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
fn together(listing: Listing, figures: Figures) -> AnyView {
    let lang = use_lang();
    let count = move || listing.selected.with(|selected| selected.len());
    let together = move || {
        let selected = listing.selected.get();
        listing.rows.with(|rows| rows.iter().filter(|row| selected.contains(&row.customer_no.to_string())).map(|row| row.aum).sum::<i64>())
    };
    view! {
        <span class="bulk" role="status">
            <strong>{move || text::picked(lang.get(), count())}</strong>
            <span>{move || text::picked_aum(lang.get(), &figures.short(together(), lang.get()))}</span>
        </span>
        {bulk::buttons(listing)}
    }
    .into_any()
}
