//! Dragging: mouse, pen and finger by the same pointer events. A mouse drags once it moves; pen and finger
//! after a long press, since before that they scroll. A mouse that is pressed where no card is draws a band, and
//! what that touches is selected.

use std::time::Duration;

use guanhu_domain::CustomerNo;
use guanhu_ui::format_count;
use leptos::{ev, html, leptos_dom::helpers::TimeoutHandle, prelude::*};
use send_wrapper::SendWrapper;

use super::{
    dom,
    here::Here,
    moves,
    picked::{Band, Picked},
    text,
};

/// A mouse that moved so far is dragging, a finger that moved so far is scrolling; CSS pixels.
const DRAGS: i32 = 5;
const SCROLLS: i32 = 10;
const LONG_PRESS: Duration = Duration::from_millis(350);

/// What a pointer went down on.
#[derive(Clone, Copy, PartialEq)]
enum On {
    /// Not its place: others' moves may put another there meanwhile.
    Card(CustomerNo),
    /// Where no card is; the point of the list's content.
    Nothing((i32, i32)),
}

/// A pointer that is down in a column.
#[derive(Clone, Copy)]
struct Press {
    pointer: i32,
    from: (i32, i32),
    at: (i32, i32),
    column: usize,
    on: On,
    by_touch: bool,
    dragging: bool,
}

#[derive(Clone, Copy)]
pub struct Hand {
    here: Here,
    root: NodeRef<html::Div>,
    ghost: NodeRef<html::Div>,
    press: StoredValue<Option<Press>>,
    timer: StoredValue<Option<TimeoutHandle>>,
    touch: StoredValue<Option<SendWrapper<dom::Touch>>>,
    /// What was selected before a band, and what of it the band leaves.
    before: StoredValue<(Picked, Picked)>,
}

impl Hand {
    pub fn new(here: Here, root: NodeRef<html::Div>, ghost: NodeRef<html::Div>) -> Hand {
        Hand {
            here,
            root,
            ghost,
            press: StoredValue::new(None),
            timer: StoredValue::new(None),
            touch: StoredValue::new(None),
            before: StoredValue::new(Default::default()),
        }
    }

    pub fn down(self, event: &ev::PointerEvent) {
        let Some((column, card)) = dom::hit(event) else { return };
        if event.button() != 0 || !event.is_primary() {
            return;
        }
        let at = (event.client_x(), event.client_y());
        let by_touch = event.pointer_type() != "mouse";
        let on = match card {
            Some(card) => self.here.at(column).cards.with_untracked(|cards| cards.get(card).map(|card| card.customer_no)).map(On::Card),
            // A finger scrolls there.
            None if by_touch || !dom::is_empty_part(event) => None,
            None => dom::within(column, at.0, at.1).map(On::Nothing),
        };
        let Some(on) = on else { return };
        if let On::Nothing(_) = on {
            let was = self.here.picked.get_untracked();
            let adds = event.shift_key() || event.ctrl_key() || event.meta_key();
            let stays = if adds { was.clone() } else { Picked::default() };
            self.before.set_value((was, stays));
        }
        self.press.set_value(Some(Press { pointer: event.pointer_id(), from: at, at, column, on, by_touch, dragging: false }));
        if by_touch {
            let press = self.press;
            let held = move || press.try_get_value().flatten().is_some_and(|press| press.dragging);
            self.touch.set_value(dom::Touch::on(event, held).map(SendWrapper::new));
            self.timer.set_value(set_timeout_with_handle(move || self.begin(), LONG_PRESS).ok());
        }
    }

    pub fn moved(self, event: &ev::PointerEvent) {
        let Some(mut press) = self.press.get_value().filter(|press| press.pointer == event.pointer_id()) else { return };
        press.at = (event.client_x(), event.client_y());
        let far = (press.at.0 - press.from.0).abs().max((press.at.1 - press.from.1).abs());
        let is_over = if press.by_touch { far > SCROLLS } else { event.buttons() == 0 };
        if is_over && !press.dragging {
            self.let_go();
            return;
        }
        self.press.set_value(Some(press));
        if press.dragging {
            event.prevent_default();
            self.follow();
        } else if !press.by_touch && far > DRAGS {
            self.begin();
        }
    }

    pub fn up(self, event: &ev::PointerEvent) {
        let Some(press) = self.press.get_value().filter(|press| press.pointer == event.pointer_id()) else { return };
        self.let_go();
        let card = match (press.on, press.dragging) {
            (On::Card(card), _) => card,
            (On::Nothing(_), false) => return,
            (On::Nothing(_), true) => {
                self.here.band.set(None);
                let count = untrack(|| self.here.take(press.column, None, false)).map_or(0, |drag| drag.count());
                self.here.say(text::picked(self.here.lang.get_untracked(), &format_count(count)));
                return;
            }
        };
        if !press.dragging {
            let toggle = press.by_touch || event.ctrl_key() || event.meta_key();
            if let Some(card) = self.here.at(press.column).place_of(card) {
                self.here.pick(press.column, card, event.shift_key(), toggle);
            }
            return;
        }
        let over = dom::column_at(event.client_x(), event.client_y());
        let Some(drag) = self.here.drag.try_update(Option::take).flatten() else { return };
        if let Some(to) = over {
            moves::drop_on(self.here, drag, to);
        }
    }

    pub fn cancel(self) {
        let Some(press) = self.press.get_value() else { return };
        self.let_go();
        match press.on {
            _ if !press.dragging => {}
            On::Card(_) => self.here.drag.set(None),
            On::Nothing(_) => {
                self.here.band.set(None);
                self.here.picked.set(self.before.with_value(|(was, _)| was.clone()));
            }
        }
    }

    /// While dragging the finger does not scroll, and Escape lets go.
    pub fn holds(self) -> bool {
        self.press.get_value().is_some_and(|press| press.dragging)
    }

    /// A long press is ours, not the browser's menu.
    pub fn presses(self) -> bool {
        self.press.get_value().is_some_and(|press| press.by_touch)
    }

    fn let_go(self) {
        if let Some(Some(timer)) = self.timer.try_update_value(Option::take) {
            timer.clear();
        }
        self.press.set_value(None);
    }

    fn begin(self) {
        let Some(Some(mut press)) = self.press.try_get_value() else { return };
        if let On::Card(card) = press.on {
            if !self.here.may {
                return;
            }
            let Some(card) = self.here.at(press.column).place_of(card) else { return };
            let Some(drag) = self.here.take(press.column, Some(card), false) else { return };
            self.here.drag.set(Some(drag));
        }
        press.dragging = true;
        self.press.set_value(Some(press));
        dom::capture(self.root, press.pointer, press.by_touch);
        self.follow();
        self.tick();
    }

    fn follow(self) {
        let Some(press) = self.press.get_value() else { return };
        if let On::Nothing(from) = press.on {
            let Some(to) = dom::within(press.column, press.at.0, press.at.1) else { return };
            let band = Band { column: press.column, from, to };
            if self.here.band.with_untracked(|now| *now != Some(band)) {
                self.here.band.set(Some(band));
                self.before.with_value(|(_, stays)| self.here.pick_within(band, stays));
            }
            return;
        }
        dom::place_ghost(self.ghost, press.at.0, press.at.1);
        let over = dom::column_at(press.at.0, press.at.1);
        let changed = self.here.drag.with_untracked(|drag| drag.as_ref().is_some_and(|drag| drag.over != over));
        if changed {
            self.here.drag.update(|drag| {
                if let Some(drag) = drag {
                    drag.over = over;
                }
            });
        }
    }

    /// Every frame while dragging: what lies beyond the edge comes nearer though the pointer rests.
    fn tick(self) {
        guanhu_ui::dom::next_frame(move || {
            let Some(Some(press)) = self.press.try_get_value() else { return };
            if press.dragging {
                match press.on {
                    On::Card(_) => dom::scroll_at_edge(self.root, press.at.0, press.at.1),
                    On::Nothing(_) => dom::scroll_list_at_edge(press.column, press.at.1),
                }
                self.follow();
                self.tick();
            }
        });
    }
}
