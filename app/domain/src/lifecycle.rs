//! Lifecycle states: the rules that put customers into them, and how many come and go.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    Total,
    customers::{DataClass, Slice, State},
    groups::Growth,
    problem::{FieldProblem, Rule},
    rules::{self, Limits, RuleChoice, RuleSet},
    tiers::Movement,
};

/// The states that have a rule; whoever satisfies none of them is prospective.
pub const RULED: [State; 3] = [State::Leaving, State::Dormant, State::Valuable];

/// Who is in a state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct StateRule {
    pub state: State,
    pub rule: RuleSet,
}

/// The rules of all states as they were saved once. `version` counts the saves, and is the `ETag`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct LifecycleRules {
    pub version: i32,
    /// In the order in which they are asked: the first that holds decides.
    pub rules: Vec<StateRule>,
    pub note: String,
    /// Login; null for what was shipped.
    pub saved_by: Option<String>,
    pub saved_at: DateTime<Utc>,
}

/// Rules to be saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct LifecycleDraft {
    pub rules: Vec<StateRule>,
    #[serde(default)]
    pub note: String,
}

const NOTE_MAX: usize = 500;

impl LifecycleDraft {
    /// Everything that is wrong, each with its place as a JSON pointer; `class` is that of its author's role.
    pub fn check(&self, class: DataClass) -> Vec<FieldProblem> {
        let mut faults = Vec::new();
        let mut states: Vec<State> = self.rules.iter().map(|rule| rule.state).collect();
        states.sort_unstable();
        let mut ruled = RULED;
        ruled.sort_unstable();
        if states != ruled {
            faults.push(FieldProblem { field: "/rules".into(), rule: Rule::Required });
        }
        if self.note.chars().count() > NOTE_MAX {
            faults.push(FieldProblem { field: "note".into(), rule: Rule::TooLong { max: NOTE_MAX } });
        }
        for (at, rule) in self.rules.iter().take(RULED.len()).enumerate() {
            faults.extend(rules::check(&rule.rule, Limits::state(class), &format!("/rules/{at}/rule")));
        }
        faults
    }
}

/// A state among the reader's customers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct StateFigures {
    pub state: State,
    /// Who entered it within the last seven days, the business date included.
    pub entered: Total,
    /// By day, the oldest first; of a manager those whom he or she led.
    pub trend: Vec<Growth>,
}

impl StateFigures {
    /// On the newest day that was counted.
    pub fn now(&self) -> Option<&Growth> {
        self.trend.last()
    }

    /// On the newest day that is thirty days older.
    pub fn month_ago(&self) -> Option<&Growth> {
        let day = self.now()?.on - chrono::Days::new(30);
        self.trend.iter().rev().find(|count| count.on <= day)
    }
}

/// The rules in force, the ones before, and the figures of whoever sees customers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Lifecycle {
    pub rules: LifecycleRules,
    /// Newest first, ten at most.
    pub earlier: Vec<LifecycleRules>,
    /// Business date on which everybody was judged by the rules in force; null before that.
    pub judged_on: Option<NaiveDate>,
    /// Nothing for whoever sees no customers.
    pub states: Vec<StateFigures>,
}

/// Everything the page of lifecycle states shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LifecyclePage {
    pub lifecycle: Lifecycle,
    /// The first page of whose tier changes; null for whoever sees no customers.
    pub movements: Option<Slice<Movement>>,
    pub choices: Vec<RuleChoice>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(states: &[State], json: &str) -> LifecycleDraft {
        let rule: RuleSet = serde_json::from_str(json).unwrap();
        LifecycleDraft { rules: states.iter().map(|state| StateRule { state: *state, rule: rule.clone() }).collect(), note: String::new() }
    }

    #[test]
    fn every_state_has_its_rule_once_and_none_asks_for_the_state() {
        let known = r#"{"v": 1, "when": {"known": {"field": "last_contact"}}}"#;
        assert_eq!(rules(&[State::Dormant, State::Leaving, State::Valuable], known).check(DataClass::C1), []);
        for wrong in [&[State::Dormant, State::Leaving][..], &[State::Dormant, State::Dormant, State::Valuable], &[State::Prospective]] {
            assert_eq!(rules(wrong, known).check(DataClass::C1)[0].field, "/rules");
        }
        let circular = rules(&RULED, r#"{"v": 1, "when": {"one_of": {"field": "state", "values": ["dormant"]}}}"#).check(DataClass::C1);
        assert_eq!((circular.len(), circular[0].field.as_str()), (3, "/rules/0/rule/when/one_of/field"));
    }

    #[test]
    fn a_month_ago_is_the_newest_day_thirty_days_back() {
        let day = |on: &str, customers| Growth { on: on.parse().unwrap(), customers, aum: 0 };
        let figures = |trend| StateFigures { state: State::Dormant, entered: Total::default(), trend };
        let counts = figures(vec![day("2026-02-27", 7), day("2026-03-01", 8), day("2026-03-02", 9), day("2026-03-31", 4)]);
        assert_eq!((counts.now().unwrap().customers, counts.month_ago().unwrap().customers), (4, 8));
        assert_eq!(figures(vec![day("2026-03-31", 4)]).month_ago(), None);
        assert_eq!(figures(Vec::new()).now(), None);
    }
}
