//! Who gets a customer that a feed brings for the first time and that nobody leads.

use std::{cmp::Reverse, collections::BinaryHeap};

use serde::{Deserialize, Serialize};

use super::board::BoardTier;
use crate::customers::{Kind, ManagerRef, UnitChoice, list::coded};

/// Rules in force, at most.
pub const NEWCOMER_RULES_MAX: usize = 100;

coded! {
    /// Among several managers, who gets the next one.
    Sharing {
        Room "room" "余量最大者" | "Whoever has most room left";
        Turns "turns" "轮流" | "One after another";
        Pool "pool" "留在待分配" | "Nobody: it stays unassigned";
    }
}

/// The first rule that fits a new customer says who gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewcomerRule {
    /// Unit code, with all below it; any unit unless told.
    #[serde(default)]
    pub unit: Option<String>,
    #[serde(default)]
    pub kind: Option<Kind>,
    /// Tier code.
    #[serde(default)]
    pub tier: Option<String>,
    pub sharing: Sharing,
    /// Staff codes of who receive; all managers of the customer's own unit unless told.
    #[serde(default)]
    pub managers: Vec<String>,
}

/// The rules as they stand, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewcomerRules {
    /// Grows with every change: whoever saves says which one was changed.
    pub version: i32,
    pub rules: Vec<NewcomerRule>,
}

/// What an administrator needs to change them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewcomerPage {
    pub rules: NewcomerRules,
    pub units: Vec<UnitChoice>,
    pub tiers: Vec<BoardTier>,
    /// Who the rules name.
    pub named: Vec<ManagerRef>,
}

/// Gives work to whoever has most room left for it; among equals, the first.
#[derive(Debug, Default)]
pub struct Rooms(BinaryHeap<(i64, Reverse<usize>)>);

impl Rooms {
    /// `room` of each: capacity less workload, below zero where there is too much already.
    pub fn new(room: impl IntoIterator<Item = i64>) -> Rooms {
        Rooms(room.into_iter().enumerate().map(|(at, room)| (room, Reverse(at))).collect())
    }

    /// Who gets work of this weight, of those who `may`; `None` among nobody.
    pub fn take(&mut self, weight: i64, may: impl Fn(usize) -> bool) -> Option<usize> {
        let (mut passed, mut taken) = (Vec::new(), None);
        while let Some((room, Reverse(at))) = self.0.pop() {
            if may(at) {
                self.0.push((room - weight, Reverse(at)));
                taken = Some(at);
                break;
            }
            passed.push((room, Reverse(at)));
        }
        self.0.extend(passed);
        taken
    }
}

/// Gives work to one after another, beginning after whoever had the last.
#[derive(Debug)]
pub struct Turns {
    count: usize,
    next: usize,
}

impl Turns {
    /// `last` of `count`, if anybody had a turn.
    pub fn new(count: usize, last: Option<usize>) -> Turns {
        Turns { count, next: last.map_or(0, |last| last + 1) }
    }

    /// Whose turn it is, of those who `may`; `None` among nobody. Who is passed over has the next turn that fits.
    pub fn take(&mut self, may: impl Fn(usize) -> bool) -> Option<usize> {
        let first = self.next.checked_rem(self.count)?;
        let at = (first..first + self.count).map(|at| at % self.count).find(|at| may(*at))?;
        if at == first {
            self.next = at + 1;
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_most_room_is_next() {
        let mut rooms = Rooms::new([3, 5, -1]);
        let taken: Vec<_> = std::iter::repeat_with(|| rooms.take(2, |_| true)).take(4).collect();
        assert_eq!(taken, [Some(1), Some(0), Some(1), Some(0)]);
        assert_eq!(rooms.take(2, |at| at == 2), Some(2), "the others may not");
        assert_eq!(rooms.take(2, |at| at == 7), None);
        assert_eq!(rooms.take(2, |_| true), Some(1), "and are where they were");
        assert_eq!(Rooms::default().take(1, |_| true), None);
    }

    #[test]
    fn turns_go_on_where_they_ended() {
        let mut turns = Turns::new(3, Some(1));
        let all = |_| true;
        assert_eq!([turns.take(all), turns.take(all), turns.take(all)], [Some(2), Some(0), Some(1)]);
        assert_eq!(
            [turns.take(|at| at == 1), turns.take(all), turns.take(all)],
            [Some(1), Some(2), Some(0)],
            "whoever was passed over is next"
        );
        assert_eq!(turns.take(|_| false), None);
        assert_eq!(Turns::new(2, Some(7)).take(all), Some(0), "there were more of them then");
        assert_eq!(Turns::new(0, None).take(all), None);
    }
}
