//! Where the lines of a column are: cards of one height, and headings between them. Reckoned rather than measured, so
//! that what is not drawn has its place too.

use std::ops::Range;

/// Cards drawn beyond the window, either way.
const BEYOND: i32 = 6;

/// A line of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Above the cards of a tier rank.
    Heading(i16),
    /// A card, by its place among those loaded.
    Card(usize),
}

/// The customers of one tier rank in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    pub rank: i16,
    /// Loaded or not.
    pub customers: i64,
    /// Only its heading is shown.
    pub folded: bool,
}

/// Cards that follow each other, below their heading if they have one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    group: Option<Group>,
    /// Empty where they are folded.
    cards: Range<usize>,
}

/// The lines of a column from top to bottom; heights in CSS pixels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    card: i32,
    heading: i32,
    blocks: Vec<Block>,
}

/// What is to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Where the first line begins.
    pub top: i32,
    pub lines: Vec<Line>,
}

impl Rows {
    /// `cards` without headings.
    pub fn plain(cards: usize, card: i32) -> Rows {
        Rows { card: card.max(1), heading: 0, blocks: vec![Block { group: None, cards: 0..cards }] }
    }

    /// Groups in the order of their cards, each with how many of them are loaded.
    pub fn grouped(groups: impl IntoIterator<Item = (Group, usize)>, card: i32, heading: i32) -> Rows {
        let mut next = 0;
        let blocks = groups
            .into_iter()
            .map(|(group, loaded)| {
                let first = next;
                next += loaded;
                Block { group: Some(group), cards: if group.folded { first..first } else { first..next } }
            })
            .collect();
        Rows { card: card.max(1), heading, blocks }
    }

    fn heading_of(&self, block: &Block) -> i32 {
        if block.group.is_some() { self.heading } else { 0 }
    }

    fn height_of(&self, block: &Block) -> i32 {
        self.heading_of(block) + block.cards.len() as i32 * self.card
    }

    /// Each block with the place of its top.
    fn placed(&self) -> impl Iterator<Item = (i32, &Block)> {
        self.blocks.iter().scan(0, move |next, block| {
            let top = *next;
            *next += self.height_of(block);
            Some((top, block))
        })
    }

    pub fn height(&self) -> i32 {
        self.blocks.iter().map(|block| self.height_of(block)).sum()
    }

    /// Cards and headings.
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.cards.len() + usize::from(block.group.is_some())).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn group(&self, rank: i16) -> Option<Group> {
        self.blocks.iter().filter_map(|block| block.group).find(|group| group.rank == rank)
    }

    /// The group that a card stands in, and its place there from 0.
    pub fn within(&self, card: usize) -> Option<(Group, usize)> {
        let block = self.blocks.iter().find(|block| block.cards.contains(&card))?;
        Some((block.group?, card - block.cards.start))
    }

    /// Which line from the top it is; `None` where it is not shown.
    pub fn number_of(&self, line: Line) -> Option<usize> {
        let mut before = 0;
        for block in &self.blocks {
            let heads = usize::from(block.group.is_some());
            match line {
                Line::Heading(rank) if block.group.is_some_and(|group| group.rank == rank) => return Some(before),
                Line::Card(card) if block.cards.contains(&card) => return Some(before + heads + card - block.cards.start),
                _ => before += heads + block.cards.len(),
            }
        }
        None
    }

    /// The line of that number from the top.
    pub fn line(&self, number: usize) -> Option<Line> {
        let mut left = number;
        for block in &self.blocks {
            if let Some(group) = block.group {
                if left == 0 {
                    return Some(Line::Heading(group.rank));
                }
                left -= 1;
            }
            if left < block.cards.len() {
                return Some(Line::Card(block.cards.start + left));
            }
            left -= block.cards.len();
        }
        None
    }

    /// From where to where a line reaches.
    pub fn span_of(&self, line: Line) -> Option<Range<i32>> {
        self.placed().find_map(|(top, block)| match line {
            Line::Heading(rank) => block.group.is_some_and(|group| group.rank == rank).then(|| top..top + self.heading),
            Line::Card(card) => block.cards.contains(&card).then(|| {
                let at = top + self.heading_of(block) + (card - block.cards.start) as i32 * self.card;
                at..at + self.card
            }),
        })
    }

    /// Cards of a block, whose first stands at `top`, of which some of `low..=high` is covered.
    fn covered(&self, block: &Block, top: i32, low: i32, high: i32) -> Range<usize> {
        let count = block.cards.len() as i32;
        let first = (low - top).div_euclid(self.card).clamp(0, count);
        let end = ((high - top).div_euclid(self.card) + 1).clamp(first, count);
        block.cards.start + first as usize..block.cards.start + end as usize
    }

    /// The lines to draw of a column that is scrolled to `top` and shows no more than `room`. By less than a card it
    /// stays the same.
    pub fn sight(&self, top: i32, room: i32) -> Sight {
        let from = (top.div_euclid(self.card) - BEYOND).max(0) * self.card;
        let until = from + room.max(0) + 2 * BEYOND * self.card;
        let mut sight = Sight::default();
        let mut see = |at: i32, line: Line| {
            if sight.lines.is_empty() {
                sight.top = at;
            }
            sight.lines.push(line);
        };
        for (top, block) in self.placed() {
            if top > until {
                break;
            }
            if let Some(group) = block.group
                && top + self.heading > from
            {
                see(top, Line::Heading(group.rank));
            }
            let cards = top + self.heading_of(block);
            for card in self.covered(block, cards, from, until) {
                see(cards + (card - block.cards.start) as i32 * self.card, Line::Card(card));
            }
        }
        sight
    }

    /// The cards of which some lies from `low` to `high`, both included.
    pub fn between(&self, low: i32, high: i32) -> Vec<Range<usize>> {
        self.placed()
            .map(|(top, block)| self.covered(block, top + self.heading_of(block), low, high))
            .filter(|cards| !cards.is_empty())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const CARD: i32 = 52;
    const HEADING: i32 = 28;
    const ROOM: i32 = 900;

    fn group(rank: i16, customers: i64, folded: bool) -> (Group, usize) {
        (Group { rank, customers, folded }, customers as usize)
    }

    /// Scrolls to the end by a wheel's steps: what was drawn, each at its place, and the most at once.
    fn scrolled(rows: &Rows) -> (BTreeSet<usize>, usize) {
        let (mut seen, mut most) = (BTreeSet::new(), 0);
        let end = (rows.height() - ROOM).max(0);
        for top in (0..=end).step_by(120).chain([end]) {
            let sight = rows.sight(top, ROOM);
            most = most.max(sight.lines.len());
            let mut at = sight.top;
            for line in &sight.lines {
                let span = rows.span_of(*line).unwrap();
                assert_eq!(span.start, at, "drawn one below the other, each where it belongs");
                at = span.end;
                if let Line::Card(card) = line {
                    seen.insert(*card);
                }
            }
            assert!(sight.top <= top && at >= (top + ROOM).min(rows.height()), "no gap in the window at {top}");
        }
        (seen, most)
    }

    #[test]
    fn of_ten_thousand_cards_few_are_drawn_and_none_is_missing() {
        let bound = (ROOM / CARD + 2 * BEYOND + 3) as usize;
        let (seen, most) = scrolled(&Rows::plain(10_000, CARD));
        assert_eq!(seen.len(), 10_000);
        assert!(most <= bound, "{most} cards at once");

        let rows = Rows::grouped([group(6, 3, false), group(4, 4_000, true), group(2, 0, false), group(1, 10_000, false)], CARD, HEADING);
        let (seen, most) = scrolled(&rows);
        assert_eq!(seen, (0..3).chain(4_003..14_003).collect::<BTreeSet<_>>(), "all but those that are folded");
        assert!(most <= bound + 4, "{most} lines at once");
    }

    #[test]
    fn scrolling_by_less_than_a_card_draws_nothing_anew() {
        let rows = Rows::plain(10_000, CARD);
        assert_eq!(rows.sight(52_000, ROOM), rows.sight(52_051, ROOM));
        assert_ne!(rows.sight(52_000, ROOM), rows.sight(52_052, ROOM));
    }

    #[test]
    fn lines_are_walked_in_their_order() {
        let rows = Rows::grouped([group(5, 2, false), group(3, 7, true), group(0, 1, false)], CARD, HEADING);
        let lines = [Line::Heading(5), Line::Card(0), Line::Card(1), Line::Heading(3), Line::Heading(0), Line::Card(9)];
        assert_eq!(rows.len(), lines.len());
        for (number, line) in lines.into_iter().enumerate() {
            assert_eq!((rows.line(number), rows.number_of(line)), (Some(line), Some(number)));
        }
        assert_eq!((rows.line(6), rows.number_of(Line::Card(4)), rows.span_of(Line::Card(4))), (None, None, None));
        assert_eq!(rows.height(), 3 * HEADING + 3 * CARD);
        assert_eq!(rows.within(9).map(|(group, at)| (group.rank, at)), Some((0, 0)));
        assert!(Rows::default().is_empty() && Rows::plain(0, CARD).is_empty());
    }

    #[test]
    fn a_band_touches_what_it_reaches_and_no_heading() {
        let rows = Rows::grouped([group(5, 2, false), group(3, 7, true), group(0, 3, false)], CARD, HEADING);
        let second = HEADING + 2 * CARD + 2 * HEADING;
        let touched = |rows: &Rows, low: i32, high: i32| rows.between(low, high).into_iter().flatten().collect::<Vec<_>>();
        assert!(touched(&rows, 0, HEADING - 1).is_empty());
        assert_eq!(touched(&rows, HEADING, HEADING), [0]);
        assert_eq!(touched(&rows, HEADING + CARD, second + CARD), [1, 9, 10]);
        assert_eq!(touched(&rows, -500, i32::MAX / 2), [0, 1, 9, 10, 11]);
        let plain = Rows::plain(10_000, CARD);
        assert_eq!(touched(&plain, CARD, 520_000), (1..10_000).collect::<Vec<_>>());
        assert!(touched(&plain, 520_000, 520_100).is_empty());
    }
}
