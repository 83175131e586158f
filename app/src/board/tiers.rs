//! Columns in the order of tiers: a heading for each, which folds.

use std::collections::{BTreeMap, BTreeSet};

use guanhu_domain::customers::Sort;
use leptos::prelude::*;

use super::{
    here::Here,
    rows::{Group, Line, Rows},
    text,
};

impl Here {
    /// Where the lines of a column stand, from its cards and, where tiers have headings, their counts.
    pub(super) fn lay_out(self, column: usize) -> Rows {
        let col = self.at(column);
        let row = self.row.get();
        if !self.grouped {
            return Rows::plain(col.cards.with(|cards| cards.len()), row);
        }
        let tiers = self.tiers.get_value();
        let mut loaded: BTreeMap<i16, usize> = BTreeMap::new();
        let last = col.cards.with(|cards| {
            for card in cards.iter() {
                *loaded.entry(card.rank(&tiers)).or_default() += 1;
            }
            cards.last().map(|card| card.rank(&tiers))
        });
        let counts = self.by_rank(column);
        let mut ranks: Vec<i16> = counts.keys().chain(loaded.keys()).copied().collect::<BTreeSet<_>>().into_iter().collect();
        if self.query.with_value(|query| query.sort) != Some(Sort::TierAsc) {
            ranks.reverse();
        }
        // What follows the last card is not known yet.
        if col.next.with(Option::is_some) {
            let known = ranks.iter().position(|rank| Some(*rank) == last).map_or(0, |at| at + 1);
            ranks.truncate(known);
        }
        let folded = self.folded.get();
        let groups = ranks.into_iter().map(|rank| {
            let loaded = loaded.get(&rank).copied().unwrap_or(0);
            let customers = counts.get(&rank).copied().unwrap_or(0).max(loaded as i64);
            (Group { rank, customers, folded: folded.contains(&rank) }, loaded)
        });
        Rows::grouped(groups, row, self.heading.get())
    }

    /// Customers of a column that match, loaded or not, by tier rank.
    fn by_rank(self, column: usize) -> BTreeMap<i16, i64> {
        let col = self.at(column);
        let mut counts: BTreeMap<i16, i64> = BTreeMap::new();
        let mut rest = if col.head.with(|head| head.open) { col.count() } else { 0 };
        self.tiers.with_value(|tiers| {
            for count in col.tiers() {
                if let Some(tier) = tiers.iter().find(|tier| tier.code == count.code) {
                    *counts.entry(tier.rank).or_default() += count.customers;
                    rest -= count.customers;
                }
            }
        });
        if rest > 0 {
            *counts.entry(0).or_default() += rest;
        }
        counts.retain(|_, customers| *customers > 0);
        counts
    }

    /// Whether some of a column that match are folded away, which then are not loaded.
    pub(super) fn hides(self, column: usize) -> bool {
        self.grouped && self.folded.with(|folded| !folded.is_empty() && self.by_rank(column).keys().any(|rank| folded.contains(rank)))
    }

    /// Folds a tier in every column, or opens it.
    pub fn fold_tier(self, rank: i16) {
        for at in 0..self.count() {
            let col = self.at(at);
            let inside = match col.active.get_untracked() {
                Line::Card(card) => self.rows(at).with_untracked(|rows| rows.within(card)).is_some_and(|(group, _)| group.rank == rank),
                Line::Heading(_) => false,
            };
            if inside {
                col.active.set(Line::Heading(rank));
            }
        }
        self.folded.update(|folded| {
            if !folded.remove(&rank) {
                folded.insert(rank);
            }
        });
        let lang = self.lang.get_untracked();
        let words = if self.folded.with_untracked(|folded| folded.contains(&rank)) { text::tier_folded } else { text::tier_opened };
        self.say(words(lang).to_owned());
        self.refresh_all();
    }
}
