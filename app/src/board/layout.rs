//! Which columns are shown, in what order, and which are folded, which tiers are, and whether cards are rows of a
//! table: as each reader arranged it, kept with the user and in a cookie, so that the server draws what the browser goes
//! on with.

use std::collections::BTreeSet;

use guanhu_domain::{
    access::account::Preferences,
    assignments::{POOL, board::BoardColumn},
    customers::{CustomerQuery, Sort},
};
use guanhu_ui::{Button, ButtonKind, Dialog, Glyph, IconButton, dom, t};
use leptos::{prelude::*, task::spawn_local};
use serde_json::Value;

use super::{
    here::{Here, use_here},
    text,
};
use crate::{access, cookies};

/// The name under which it is kept.
const LIST: &str = "board";
/// As the login sets it from what the user kept.
const COOKIE: &str = "list_board";
/// Columns remembered, those of other units included: as many as a cookie holds.
const MAX: usize = 120;
/// Folded tiers remembered.
const RANKS_MAX: usize = 20;
/// What stands for a table there.
const TABLE: &str = "table";

/// One column's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Staff code, or the pool.
    pub key: String,
    pub hidden: bool,
    pub folded: bool,
}

/// How a reader arranged the board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// Customers as rows of a table rather than as cards.
    pub table: bool,
    /// Tier ranks of which only the heading is shown.
    pub folded: BTreeSet<i16>,
    pub places: Vec<Place>,
}

/// In the few characters a cookie allows: `*table~*5~M002~none^~M001!`. What makes no sense is left out.
fn read(text: &str) -> Arrangement {
    let place = |part: &str| {
        let key = part.trim_end_matches(['!', '^']);
        let flags = &part[key.len()..];
        let plain = !key.is_empty() && key.len() <= 40 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        plain.then(|| Place { key: key.to_owned(), hidden: flags.contains('!'), folded: flags.contains('^') })
    };
    let own = || text.split('~').filter_map(|part| part.strip_prefix('*'));
    Arrangement {
        table: own().any(|part| part == TABLE),
        folded: own().filter_map(|part| part.parse().ok()).take(RANKS_MAX).collect(),
        places: text.split('~').filter_map(place).take(MAX).collect(),
    }
}

fn write(kept: &Arrangement) -> String {
    let place = |place: &Place| format!("{}{}{}", place.key, if place.hidden { "!" } else { "" }, if place.folded { "^" } else { "" });
    let table = kept.table.then(|| format!("*{TABLE}"));
    let folded = kept.folded.iter().take(RANKS_MAX).map(|rank| format!("*{rank}"));
    table.into_iter().chain(folded).chain(kept.places.iter().take(MAX).map(place)).collect::<Vec<_>>().join("~")
}

/// As it was kept last.
pub fn kept() -> Arrangement {
    read(&cookies::read(COOKIE).unwrap_or_default())
}

/// Whether a board in this order has headings by tier.
pub fn is_grouped(query: &CustomerQuery) -> bool {
    matches!(query.sort, Some(Sort::TierDesc | Sort::TierAsc))
}

/// The columns in the order kept, each with its place; those without one follow as they came, the pool first.
pub fn arrange(columns: Vec<BoardColumn>, kept: &[Place]) -> Vec<(BoardColumn, Place)> {
    let mut arranged: Vec<(usize, BoardColumn, Place)> = columns
        .into_iter()
        .map(|column| {
            let at = kept.iter().position(|place| place.key == column.key());
            let place = at.and_then(|at| kept.get(at).cloned()).unwrap_or_else(|| Place {
                key: column.key().to_owned(),
                hidden: false,
                // A pool that is not the viewer's to see into is only somewhere to drop.
                folded: !column.open && column.manager.is_none(),
            });
            let rank = at.map_or(if column.key() == POOL { 0 } else { usize::MAX }, |at| at + 1);
            (rank, column, place)
        })
        .collect();
    arranged.sort_by_key(|(rank, ..)| *rank);
    // Whoever hid everything would have nothing to undo it with.
    let none = arranged.iter().all(|(.., place)| place.hidden);
    arranged.into_iter().map(|(_, column, place)| (column, Place { hidden: place.hidden && !none, ..place })).collect()
}

/// Keeps the board as it is, with these places before those of other units' columns.
fn keep(here: Here, places: Vec<Place>) {
    let others: Vec<Place> = kept().places.into_iter().filter(|other| places.iter().all(|place| place.key != other.key)).collect();
    let words = write(&Arrangement {
        table: here.table.get_untracked(),
        folded: here.folded.get_untracked(),
        places: places.into_iter().chain(others).collect(),
    });
    dom::set_cookie(COOKIE, &words);
    let wanted = Preferences { lists: [(LIST.to_owned(), Value::from(words))].into(), ..Preferences::default() };
    spawn_local(async move {
        // The cookie has it already; the next change tries again.
        let _ = access::api::prefer(wanted).await;
    });
}

/// Folds a column or opens it, and remembers that.
pub fn fold(here: Here, at: usize) {
    let column = here.at(at);
    column.folded.update(|folded| *folded = !*folded);
    let (key, folded) = (column.key(), column.folded.get_untracked());
    here.places.update_value(|places| {
        if let Some((place, _)) = places.iter_mut().find(|(place, _)| place.key == key) {
            place.folded = folded;
        }
    });
    keep(here, here.arranged());
}

/// Folds a tier in every column or opens it, and remembers that.
pub fn fold_tier(here: Here, rank: i16) {
    here.fold_tier(rank);
    keep(here, here.arranged());
}

/// The button that makes rows of a table of the cards, and cards of those.
#[component]
pub fn AsTable() -> impl IntoView {
    let here = use_here();
    let turn = move |_| {
        here.table.update(|table| *table = !*table);
        keep(here, here.arranged());
    };
    view! {
        <Button kind=ButtonKind::Quiet icon=Glyph::Menu pressed=Signal::from(here.table) on_click=turn>{t(text::table)}</Button>
    }
    .into_any()
}

/// The button that opens the list of columns, and the list. `on_change` draws the board anew.
#[component]
pub fn Arrange(#[prop(into)] on_change: Callback<()>) -> impl IntoView {
    let here = use_here();
    let lang = here.lang;
    let open = RwSignal::new(false);
    let places = RwSignal::new(Vec::<(Place, String)>::new());
    let begin = move |_| {
        places.set(here.places.get_value());
        open.set(true);
    };
    let save = move |_| {
        keep(here, places.with_untracked(|places| places.iter().map(|(place, _)| place.clone()).collect()));
        open.set(false);
        on_change.run(());
    };
    let row = move |(place, name): (Place, String)| {
        let key = StoredValue::new(place.key);
        let at = Memo::new(move |_| {
            places.with(|places| places.iter().position(|(place, _)| key.with_value(|key| place.key == *key))).unwrap_or(0)
        });
        let last = move || at.get() + 1 >= places.with(Vec::len);
        let swap = move |by: isize| {
            places.update(|places| {
                let from = at.get_untracked();
                if let Some(to) = from.checked_add_signed(by).filter(|to| *to < places.len() && from < places.len()) {
                    places.swap(from, to);
                }
            });
        };
        let show = move |event: leptos::ev::Event| {
            let shown = event_target_checked(&event);
            places.update(|places| {
                if let Some((place, _)) = places.get_mut(at.get_untracked()) {
                    place.hidden = !shown;
                }
            });
        };
        let words = move |name: String, words: fn(guanhu_domain::Lang, &str) -> String| move || words(lang.get(), &name);
        view! {
            <li class="board-place">
                <label class="check">
                    <input type="checkbox" checked=!place.hidden on:change=show />
                    <span>{name.clone()}</span>
                </label>
                <IconButton
                    glyph=Glyph::Up
                    label=words(name.clone(), text::place_before)
                    disabled=Signal::derive(move || at.get() == 0)
                    on_click=move |_| swap(-1)
                />
                <IconButton glyph=Glyph::Down label=words(name, text::place_after) disabled=Signal::derive(last) on_click=move |_| swap(1) />
            </li>
        }
    };
    let body = move || {
        view! {
            <p class="faint">{t(text::columns_note)}</p>
            <ol class="board-places">
                <For each=move || places.get() key=|(place, _)| place.key.clone() let:place>
                    {row(place)}
                </For>
            </ol>
        }
    };
    let footer = move || {
        view! {
            <Button on_click=move |_| open.set(false)>{t(text::cancel)}</Button>
            <Button kind=ButtonKind::Primary on_click=save>{t(text::columns_save)}</Button>
        }
    };
    view! {
        <Button kind=ButtonKind::Quiet icon=Glyph::Columns on_click=begin>{t(text::columns)}</Button>
        <Dialog name="board-columns" open title=t(text::columns) footer>{body}</Dialog>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_survive_the_cookie_and_nonsense_does_not() {
        let text = "*table~*0~*5~M002~none^~M-1!~M_3!^";
        let read_back = read(text);
        assert_eq!(write(&read_back), text);
        assert_eq!(read_back.places[3], Place { key: "M_3".into(), hidden: true, folded: true });
        assert_eq!((read_back.table, read_back.folded), (true, [0, 5].into()));
        assert_eq!(write(&read("~<b>~a b~M1~*~*x~*99999999")), "M1");
    }
}
