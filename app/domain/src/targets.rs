//! Targets of units and managers by month and indicator.

use serde::{Deserialize, Serialize};

use crate::dashboards::{Frame, Indicator};

/// A part of a unit's target: a unit right below, or a manager of the unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetLine {
    pub code: String,
    pub name: String,
    pub is_staff: bool,
    /// Minor units, or customers.
    pub amount: Option<i64>,
    pub actual: i64,
    /// A month before: what a spread goes by.
    pub before: Option<i64>,
}

/// A unit's target and its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetSheet {
    pub frame: Frame,
    pub indicator: Indicator,
    pub amount: Option<i64>,
    pub actual: i64,
    pub lines: Vec<TargetLine>,
    /// May the viewer set them?
    pub may_set: bool,
}

impl TargetSheet {
    /// What the parts come to.
    pub fn sum(&self) -> i64 {
        self.lines.iter().filter_map(|line| line.amount).sum()
    }

    /// By how much the parts exceed (or miss) the whole; none while either is not set.
    pub fn difference(&self) -> Option<i64> {
        let any = self.lines.iter().any(|line| line.amount.is_some());
        self.amount.filter(|_| any).map(|amount| self.sum() - amount)
    }
}

/// What is to be set. A part that is left out stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetChange {
    /// `2026-03`.
    pub month: String,
    pub org: String,
    pub indicator: Indicator,
    /// Of the unit itself; only whoever stands above it may change it.
    pub amount: Option<i64>,
    pub parts: Vec<TargetPart>,
    /// Saves although the parts do not sum to the whole.
    pub despite_difference: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetPart {
    pub code: String,
    pub is_staff: bool,
    pub amount: i64,
}
