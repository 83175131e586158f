//! The four-stage process score of a manager's month: collect → design → sell → follow up. What is measured
//! is counted with the month's books; what it is worth is the bank's parameter.
//!
//! Shares and points are in hundredths of a per cent. What could not be measured has no points and is left
//! out of the score with its weight: it is never a zero.

use serde::{Deserialize, Serialize};

use crate::{
    Lang,
    dashboards::share,
    problem::{FieldProblem, Rule},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Collect,
    Design,
    Sell,
    Follow,
}

impl Stage {
    pub const ALL: [Stage; 4] = [Stage::Collect, Stage::Design, Stage::Sell, Stage::Follow];
}

/// What is measured, of the customers a manager leads on the month's last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// How complete the customers' data are, on average.
    Complete,
    /// Contacts of the month that ended with a next step.
    Planned,
    /// Customers who took up a product they did not hold a month before.
    Sold,
    /// Opportunities open in the month that are in another stage than they came into it with.
    Moved,
    /// Tasks due in the month and done by the day they were due; tasks that were dropped do not count.
    OnTime,
    /// Customers with a contact in the month.
    Reached,
}

impl Item {
    pub const ALL: [Item; 6] = [Item::Complete, Item::Planned, Item::Sold, Item::Moved, Item::OnTime, Item::Reached];

    pub const fn code(self) -> &'static str {
        match self {
            Item::Complete => "complete",
            Item::Planned => "planned",
            Item::Sold => "sold",
            Item::Moved => "moved",
            Item::OnTime => "on_time",
            Item::Reached => "reached",
        }
    }

    pub const fn stage(self) -> Stage {
        match self {
            Item::Complete => Stage::Collect,
            Item::Planned => Stage::Design,
            Item::Sold | Item::Moved => Stage::Sell,
            Item::OnTime | Item::Reached => Stage::Follow,
        }
    }
}

/// What an item is worth: its weight, and the share from which it has all points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRule {
    pub item: Item,
    pub weight: i64,
    pub full: i64,
}

pub const WEIGHT_MAX: i64 = 1_000;

/// The rules in force; `version` is what a change has to name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRules {
    pub version: i32,
    pub rules: Vec<ItemRule>,
}

impl ProcessRules {
    /// What is wrong with them: every item once, weights that are not all nothing, shares above nothing.
    pub fn faults(&self) -> Vec<FieldProblem> {
        let mut faults = Vec::new();
        let mut refuse = |field: String, rule| faults.push(FieldProblem { field, rule });
        for item in Item::ALL {
            match self.rules.iter().filter(|rule| rule.item == item).count() {
                0 => refuse(item.code().into(), Rule::Required),
                1 => {}
                _ => refuse(item.code().into(), Rule::NotUnique),
            }
        }
        for rule in &self.rules {
            if !(0..=WEIGHT_MAX).contains(&rule.weight) {
                let (min, max) = ("0".into(), WEIGHT_MAX.to_string());
                refuse(format!("{}/weight", rule.item.code()), Rule::OutOfRange { min, max });
            }
            if !(1..=100_00).contains(&rule.full) {
                refuse(format!("{}/full", rule.item.code()), Rule::OutOfRange { min: "0.01".into(), max: "100".into() });
            }
        }
        if !self.rules.is_empty() && self.rules.iter().all(|rule| rule.weight == 0) {
            refuse("weight".into(), Rule::Required);
        }
        faults
    }
}

/// What was counted for an item: so many of so many. Of nothing, or nothing known: not measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub done: i64,
    pub of: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemScore {
    pub rule: ItemRule,
    pub count: Option<Count>,
    /// Hundredths of a per cent; none when it was not measured.
    pub share: Option<i64>,
    pub points: Option<i64>,
}

/// A manager's month by items, stages and as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessScore {
    pub total: Option<i64>,
    /// In the order of [`Stage::ALL`].
    pub stages: [Option<i64>; 4],
    pub items: Vec<ItemScore>,
}

/// The mean of points by weight, half rounded up; none when nothing weighs.
fn mean<'a>(items: impl Iterator<Item = &'a ItemScore>) -> Option<i64> {
    let (mut sum, mut weights) = (0_i64, 0_i64);
    for item in items {
        let Some(points) = item.points else { continue };
        sum += points * item.rule.weight;
        weights += item.rule.weight;
    }
    (weights > 0).then(|| (2 * sum + weights) / (2 * weights))
}

/// Points and score of what was counted. `count` answers for an item.
pub fn score(rules: &[ItemRule], count: impl Fn(Item) -> Option<Count>) -> ProcessScore {
    let items: Vec<ItemScore> = rules
        .iter()
        .map(|rule| {
            let count = count(rule.item).filter(|count| count.of > 0);
            let share = count.and_then(|count| share(count.done, count.of));
            let points = share.map(|share| share.clamp(0, rule.full) * 100_00 / rule.full.max(1));
            ItemScore { rule: *rule, count, share, points }
        })
        .collect();
    let stages = Stage::ALL.map(|stage| mean(items.iter().filter(|item| item.rule.item.stage() == stage)));
    ProcessScore { total: mean(items.iter()), stages, items }
}

/// Things behind an item that are told.
pub const EVIDENCE_MAX: usize = 50;

/// One thing behind an item: a customer, a contact, an opportunity or a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub customer_no: String,
    pub name: String,
    /// What it is about: a task, a contact, an opportunity, products; empty where the customer alone is.
    pub what: String,
    /// In English, where that is known.
    #[serde(default)]
    pub what_en: Option<String>,
    pub on: Option<chrono::NaiveDate>,
    /// Counts for the manager.
    pub done: bool,
}

impl Evidence {
    pub fn what(&self, lang: Lang) -> &str {
        match (lang, &self.what_en) {
            (Lang::En, Some(what)) => what,
            _ => &self.what,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules() -> Vec<ItemRule> {
        let rule = |item, weight, full| ItemRule { item, weight, full };
        vec![
            rule(Item::Complete, 20, 90_00),
            rule(Item::Planned, 20, 60_00),
            rule(Item::Sold, 30, 5_00),
            rule(Item::OnTime, 20, 95_00),
            rule(Item::Reached, 10, 30_00),
            rule(Item::Moved, 0, 50_00),
        ]
    }

    /// By hand, as in `docs/contribution.md`.
    #[test]
    fn golden_score() {
        let count = |item| match item {
            Item::Complete => Some(Count { done: 24_300, of: 30_000 }),
            Item::Planned => Some(Count { done: 27, of: 60 }),
            Item::Sold => Some(Count { done: 9, of: 300 }),
            Item::OnTime => Some(Count { done: 38, of: 40 }),
            Item::Reached => Some(Count { done: 60, of: 300 }),
            Item::Moved => None,
        };
        let score = score(&rules(), count);
        let points: Vec<_> = score.items.iter().filter_map(|item| item.points).collect();
        assert_eq!(points, [90_00, 75_00, 60_00, 100_00, 66_66]);
        // Follow up: (100.00 × 20 + 66.66 × 10) ÷ 30; in all (90 × 20 + 75 × 20 + 60 × 30 + 100 × 20 + 66.66 × 10) ÷ 100.
        assert_eq!(score.stages, [Some(90_00), Some(75_00), Some(60_00), Some(88_89)]);
        assert_eq!(score.total, Some(77_67));
    }

    #[test]
    fn what_was_not_measured_is_left_out_with_its_weight() {
        let count = |item| match item {
            Item::Complete => Some(Count { done: 50, of: 100 }),
            Item::OnTime => Some(Count { done: 0, of: 0 }),
            _ => None,
        };
        let score = score(&rules(), count);
        assert_eq!((score.stages, score.total), ([Some(55_55), None, None, None], Some(55_55)));
        assert_eq!(super::score(&rules(), |_| None).total, None);
    }

    #[test]
    fn rules_are_whole_and_in_range() {
        assert_eq!(ProcessRules { version: 1, rules: rules() }.faults(), []);
        let mut wrong = ProcessRules { version: 1, rules: rules() };
        wrong.rules[0].full = 0;
        wrong.rules[1].weight = -1;
        wrong.rules.pop();
        let fields: Vec<String> = wrong.faults().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["moved", "complete/full", "planned/weight"]);
    }

    proptest! {
        #[test]
        fn a_score_lies_between_its_parts(counts in prop::collection::vec((0i64..1_000, 0i64..1_000), 6), weights in prop::collection::vec(0i64..100, 6)) {
            let rules: Vec<ItemRule> = rules().into_iter().zip(&weights).map(|(rule, weight)| ItemRule { weight: *weight, ..rule }).collect();
            let at = |item| Item::ALL.iter().position(|other| *other == item).unwrap();
            let score = score(&rules, |item| Some(Count { done: counts[at(item)].0, of: counts[at(item)].1 }));
            let weighing = || score.items.iter().filter(|item| item.rule.weight > 0).filter_map(|item| item.points);
            match score.total {
                Some(total) => prop_assert!(weighing().min().unwrap() <= total && total <= weighing().max().unwrap()),
                None => prop_assert_eq!(weighing().count(), 0),
            }
            prop_assert!(weighing().all(|points| (0..=100_00).contains(&points)));
        }
    }
}
