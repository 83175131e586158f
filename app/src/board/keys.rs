//! The board by keyboard: what is picked up moves from column to column, and every step is said.

use guanhu_domain::Lang;
use leptos::{ev, prelude::*};
use leptos_router::hooks::use_navigate;

use super::{
    dom,
    here::{Drag, Here},
    layout, moves,
    picked::Picked,
    rows::Line,
    text,
};
use crate::desk;

/// Rows of a page up or down.
const PAGE: usize = 10;

/// Keys on a column's list. `open` leads to a customer.
pub fn on_key(here: Here, event: &ev::KeyboardEvent, open: Callback<String>) {
    let Some((column, _)) = dom::hit(event) else { return };
    if event.is_composing() || event.alt_key() {
        return;
    }
    let command = event.ctrl_key() || event.meta_key();
    let taken = match here.drag.get_untracked() {
        Some(drag) if drag.by_keys => carry(here, drag, &event.key()),
        _ => walk(here, column, &event.key(), command, event.shift_key(), open),
    };
    if taken {
        event.prevent_default();
        event.stop_propagation();
    }
}

fn walk(here: Here, column: usize, key: &str, command: bool, shift: bool, open: Callback<String>) -> bool {
    let col = here.at(column);
    let rows = here.rows(column).get_untracked();
    let last = rows.len().saturating_sub(1);
    let active = rows.number_of(col.active.get_untracked()).unwrap_or(0);
    let (card, heading) = match rows.line(active) {
        Some(Line::Card(card)) => (Some(card), None),
        Some(Line::Heading(rank)) => (None, Some(rank)),
        None => (None, None),
    };
    let to = match key {
        "ArrowDown" => active + 1,
        "ArrowUp" => active.saturating_sub(1),
        "PageDown" => active + PAGE,
        "PageUp" => active.saturating_sub(PAGE),
        "Home" => 0,
        "End" => last,
        "ArrowLeft" | "ArrowRight" => {
            let next = if key == "ArrowLeft" { column.checked_sub(1) } else { Some(column + 1).filter(|next| *next < here.count()) };
            if let Some(next) = next {
                here.at(next).folded.set(false);
                guanhu_ui::dom::next_frame(move || dom::show_column(next, true));
            }
            return true;
        }
        " " | "Enter" if heading.is_some() => {
            if let Some(rank) = heading {
                layout::fold_tier(here, rank);
            }
            return true;
        }
        " " if command => {
            if let Some(card) = card {
                here.pick(column, card, false, true);
            }
            return true;
        }
        " " => {
            if let Some(card) = card {
                pick_up(here, column, card);
            }
            return true;
        }
        "a" if command => {
            here.pick_all(column);
            return true;
        }
        "Enter" => {
            if let Some(no) = col.active_card() {
                open.run(no.to_string());
            }
            return true;
        }
        "Escape" => {
            let was = here.picked.with_untracked(|picked| !picked.is_empty());
            here.clear();
            return was;
        }
        _ => return false,
    };
    // A range is of cards: it goes past headings.
    let is_card = |to: usize| matches!(rows.line(to), Some(Line::Card(_)));
    let to = match to.min(last) {
        to if !shift => to,
        to if to < active => (0..=to).rev().find(|to| is_card(*to)).unwrap_or(active),
        to => (to..=last).find(|to| is_card(*to)).unwrap_or(active),
    };
    let Some(line) = rows.line(to) else { return true };
    if let (true, Line::Card(card)) = (shift, line) {
        let anchor = col.active_card();
        here.picked.update(|picked| {
            if picked.column != column || picked.all || picked.nos.is_empty() {
                *picked = Picked { column, anchor, ..Default::default() };
            }
        });
        here.pick(column, card, true, false);
    }
    col.active.set(line);
    if let Some(span) = rows.span_of(line) {
        dom::reveal(column, span);
    }
    true
}

fn pick_up(here: Here, column: usize, card: usize) {
    let lang = here.lang.get_untracked();
    if !here.may {
        here.say(text::reason_read(lang).to_owned());
        return;
    }
    let Some(drag) = here.take(column, Some(card), true) else { return };
    here.say(text::picked_up(lang, &here.who(&drag, lang), &untrack(|| here.at(column).name(lang))));
    here.drag.set(Some(Drag { over: Some(column), ..drag }));
}

fn carry(here: Here, drag: Drag, key: &str) -> bool {
    let lang = here.lang.get_untracked();
    let over = drag.over.unwrap_or(drag.from);
    match key {
        "ArrowLeft" | "ArrowRight" => {
            let next = if key == "ArrowLeft" { over.checked_sub(1) } else { Some(over + 1).filter(|next| *next < here.count()) };
            if let Some(next) = next {
                let name = untrack(|| here.at(next).name(lang));
                here.say(text::over(lang, &name, &verdict(here, &drag, next, lang)));
                here.drag.set(Some(Drag { over: Some(next), ..drag }));
                dom::show_column(next, false);
            }
        }
        " " | "Enter" => {
            here.drag.set(None);
            moves::drop_on(here, drag, over);
        }
        "Escape" => {
            here.drag.set(None);
            here.say(text::put_back(lang).to_owned());
        }
        "Tab" => {
            here.drag.set(None);
            here.say(text::put_back(lang).to_owned());
            return false;
        }
        _ => {}
    }
    true
}

/// Whether it may be dropped there, in words.
pub fn verdict(here: Here, drag: &Drag, to: usize, lang: Lang) -> String {
    match here.verdict(drag, to) {
        Ok(because) if because.is_empty() => text::may_drop(lang).to_owned(),
        Ok(because) => {
            let why: Vec<&str> = because.iter().map(|because| because.name(lang)).collect();
            match lang {
                Lang::Zh => format!("{}（{}）", text::needs(lang), why.join("、")),
                Lang::En => format!("{} ({})", text::needs(lang), why.join(", ")),
            }
        }
        Err(reason) => reason(lang).to_owned(),
    }
}

/// Ctrl-Z takes the last move back, wherever the focus is; while its toast stands there the desk has heard it.
pub fn listen(here: Here) {
    desk::takes_back(move || moves::take_back(here));
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, move |event| {
            let undo = (event.ctrl_key() || event.meta_key()) && !event.shift_key() && event.key() == "z";
            if undo && !event.default_prevented() && !crate::customers::dom::on_input(&event) {
                event.prevent_default();
                moves::undo(here, None);
            }
        });
        on_cleanup(move || handle.remove());
    });
}

/// Opens a customer's page.
pub fn opener() -> Callback<String> {
    let navigate = use_navigate();
    Callback::new(move |no: String| navigate(&format!("/customers/{no}"), Default::default()))
}
