//! What is selected on the board, and how it becomes something to move.

use std::collections::BTreeSet;

use guanhu_domain::{
    CustomerNo,
    assignments::{Portfolio, board::Card},
};
use leptos::prelude::*;

use super::{
    here::{Drag, Here},
    rows::Line,
    text,
};

/// The selected cards, all of one column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picked {
    pub column: usize,
    pub nos: BTreeSet<CustomerNo>,
    /// Everything in the column that matches, also what is not loaded.
    pub all: bool,
    /// Where a range begins.
    pub anchor: Option<CustomerNo>,
}

impl Picked {
    pub fn has(&self, column: usize, no: CustomerNo) -> bool {
        self.column == column && (self.all || self.nos.contains(&no))
    }

    pub fn is_empty(&self) -> bool {
        !self.all && self.nos.is_empty()
    }
}

/// A rectangle that is being drawn over cards, in CSS pixels of what the column's list scrolls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    pub column: usize,
    pub from: (i32, i32),
    pub to: (i32, i32),
}

impl Here {
    /// Selects one card; `extend` everything between it and where selecting began, `toggle` beside the others.
    pub fn pick(self, column: usize, at: usize, extend: bool, toggle: bool) {
        let cards = self.at(column).cards.get_untracked();
        let Some(card) = cards.get(at) else { return };
        self.at(column).active.set(Line::Card(at));
        self.picked.update(|picked| {
            if picked.column != column || picked.all {
                *picked = Picked { column, anchor: Some(card.customer_no), ..Picked::default() };
            }
            if extend {
                let anchor = cards.iter().position(|card| Some(card.customer_no) == picked.anchor).unwrap_or(at);
                picked.nos = cards[anchor.min(at)..=anchor.max(at)].iter().map(|card| card.customer_no).collect();
            } else if toggle {
                picked.anchor = Some(card.customer_no);
                if !picked.nos.remove(&card.customer_no) {
                    picked.nos.insert(card.customer_no);
                }
            } else {
                picked.anchor = Some(card.customer_no);
                picked.nos = [card.customer_no].into();
            }
        });
    }

    /// Selects what a band touches, beside what was selected before it.
    pub fn pick_within(self, band: Band, before: &Picked) {
        let col = self.at(band.column);
        let cards = col.cards.get_untracked();
        let touched = self.rows(band.column).with_untracked(|rows| rows.between(band.from.1.min(band.to.1), band.from.1.max(band.to.1)));
        let mut now = before.clone();
        if now.column != band.column {
            now = Picked { column: band.column, ..Picked::default() };
        }
        if !now.all {
            now.nos.extend(touched.iter().cloned().flatten().filter_map(|at| cards.get(at)).map(|card| card.customer_no));
        }
        let ends = touched.first().zip(touched.last()).map(|(first, last)| (first.start, last.end - 1));
        if let Some((first, last)) = ends {
            let (near, far) = if band.from.1 <= band.to.1 { (first, last) } else { (last, first) };
            now.anchor = cards.get(near).map(|card| card.customer_no);
            col.active.set(Line::Card(far));
        }
        if self.picked.with_untracked(|picked| *picked != now) {
            self.picked.set(now);
        }
    }

    pub fn pick_all(self, column: usize) {
        if self.at(column).cards.with_untracked(|cards| !cards.is_empty()) {
            self.picked.set(Picked { column, all: true, ..Picked::default() });
            let lang = self.lang.get_untracked();
            self.say(text::picked(lang, &guanhu_ui::format_count(self.at(column).count())));
        }
    }

    pub fn clear(self) {
        self.picked.set(Picked::default());
    }

    /// The selection as something to move, or only this card where it is not selected.
    pub fn take(self, column: usize, at: Option<usize>, by_keys: bool) -> Option<Drag> {
        let col = self.at(column);
        let cards = col.cards.get_untracked();
        if let Some(card) = at.and_then(|at| cards.get(at))
            && !self.picked.with_untracked(|picked| picked.has(column, card.customer_no))
        {
            self.pick(column, at.unwrap_or(0), false, false);
        }
        let picked = self.picked.get_untracked();
        if picked.is_empty() || picked.column != column {
            return None;
        }
        let chosen: Vec<Card> = cards.iter().filter(|card| picked.has(column, card.customer_no)).cloned().collect();
        let all = picked.all && untrack(|| col.next.with(Option::is_some) || self.hides(column));
        let weight = if all {
            untrack(|| col.matching.get().unwrap_or_else(|| col.head.with(|head| head.portfolio)))
        } else {
            self.tiers.with_value(|tiers| {
                chosen.iter().fold(Portfolio::default(), |mut sum, card| {
                    sum.shift(card.weight(tiers), 1);
                    sum
                })
            })
        };
        (!chosen.is_empty()).then_some(Drag { from: column, cards: chosen, all, weight, over: None, by_keys })
    }
}
