//! Rows of the proposal, dragged onto whoever is to receive them: one, or all that are selected. A mouse drags a row by
//! any free place, pen and finger by its grip. By keyboard the same is done with the selects.

use std::collections::BTreeSet;

use leptos::{ev, html, prelude::*};

use super::Here;
use crate::board::dom;

/// A pointer that moved so far is dragging; CSS pixels.
const DRAGS: i32 = 5;

/// A pointer that is down on a row.
#[derive(Clone, Copy)]
struct Press {
    pointer: i32,
    from: (i32, i32),
    row: usize,
    by_touch: bool,
    dragging: bool,
}

#[derive(Clone, Copy)]
pub struct Hand {
    here: Here,
    /// Places of the rows that are selected, in the order of the proposal.
    pub selected: RwSignal<BTreeSet<usize>>,
    /// What is being dragged.
    pub carried: RwSignal<Vec<usize>>,
    /// Whom it is held over: a staff code.
    pub over: RwSignal<Option<String>>,
    pub root: NodeRef<html::Div>,
    pub ghost: NodeRef<html::Div>,
    press: StoredValue<Option<Press>>,
}

impl Hand {
    pub fn new(here: Here) -> Hand {
        let hand = Hand {
            here,
            selected: RwSignal::new(BTreeSet::new()),
            carried: RwSignal::new(Vec::new()),
            over: RwSignal::new(None),
            root: NodeRef::new(),
            ghost: NodeRef::new(),
            press: StoredValue::new(None),
        };
        Effect::new(move |_| {
            let handle = window_event_listener(ev::keydown, move |event| {
                if event.key() == "Escape" && hand.press.try_get_value().flatten().is_some_and(|press| press.dragging) {
                    event.prevent_default();
                    hand.cancel();
                }
            });
            on_cleanup(move || handle.remove());
        });
        hand
    }

    pub fn down(self, event: &ev::PointerEvent) {
        if event.button() != 0 || !event.is_primary() {
            return;
        }
        let by_touch = event.pointer_type() != "mouse";
        let Some(row) = row_at(event, by_touch) else { return };
        let from = (event.client_x(), event.client_y());
        self.press.set_value(Some(Press { pointer: event.pointer_id(), from, row, by_touch, dragging: false }));
    }

    pub fn moved(self, event: &ev::PointerEvent) {
        let Some(mut press) = self.press.get_value().filter(|press| press.pointer == event.pointer_id()) else { return };
        if event.buttons() == 0 {
            return self.cancel();
        }
        let at = (event.client_x(), event.client_y());
        if !press.dragging {
            if (at.0 - press.from.0).abs().max((at.1 - press.from.1).abs()) <= DRAGS {
                return;
            }
            press.dragging = true;
            self.press.set_value(Some(press));
            dom::capture(self.root, press.pointer, press.by_touch);
            // A row that is not selected goes alone.
            let selected =
                self.selected.with_untracked(|selected| selected.contains(&press.row).then(|| selected.iter().copied().collect()));
            self.carried.set(selected.unwrap_or_else(|| vec![press.row]));
        }
        event.prevent_default();
        dom::place_ghost(self.ghost, at.0, at.1);
        let over = receiver_at(at.0, at.1);
        if self.over.with_untracked(|now| *now != over) {
            self.over.set(over);
        }
    }

    pub fn up(self, event: &ev::PointerEvent) {
        let Some(press) = self.press.get_value().filter(|press| press.pointer == event.pointer_id()) else { return };
        let (rows, to) = (self.carried.get_untracked(), receiver_at(event.client_x(), event.client_y()));
        self.cancel();
        if let Some(to) = to.filter(|_| press.dragging) {
            self.give(&rows, &to);
        }
    }

    /// Leaves everything where it is.
    pub fn cancel(self) {
        self.press.set_value(None);
        self.over.set(None);
        if !self.carried.with_untracked(Vec::is_empty) {
            self.carried.set(Vec::new());
        }
    }

    /// Gives rows to a receiver; what was selected is done with.
    pub fn give(self, rows: &[usize], to: &str) {
        self.here.items.update(|items| {
            for row in rows {
                if let Some(item) = items.get_mut(*row) {
                    to.clone_into(&mut item.to);
                }
            }
        });
        self.selected.update(|selected| selected.retain(|row| !rows.contains(row)));
    }
}

/// The row that a pointer went down on, where it may be dragged from there.
fn row_at(event: &ev::PointerEvent, by_touch: bool) -> Option<usize> {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
        let controls = if by_touch { "tr > :not(.handover-grip)" } else { "a, select, input, button, label" };
        if target.closest(controls).ok()?.is_some() {
            return None;
        }
        target.closest("tr[data-row]").ok()??.get_attribute("data-row")?.parse().ok()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (event, by_touch);
        None
    }
}

/// The receiver under a point of the window.
fn receiver_at(x: i32, y: i32) -> Option<String> {
    #[cfg(feature = "hydrate")]
    return document().element_from_point(x as f32, y as f32)?.closest("[data-to]").ok()??.get_attribute("data-to");
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (x, y);
        None
    }
}
