//! Targets of units and managers by month and indicator.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::dashboards::{Frame, Indicator};

/// The largest target: a hundred trillion of a currency with cents.
pub const AMOUNT_MAX: i64 = 10_000_000_000_000_000;

/// A target as it stands or as it should be: minor units, or customers; none is no target. `version` is
/// that of the target which was read, 0 where there never was one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetAmount {
    pub amount: Option<i64>,
    pub version: i32,
}

/// A part of a unit's target: a unit right below, or a manager of the unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetLine {
    pub code: String,
    pub name: String,
    pub is_staff: bool,
    pub target: TargetAmount,
    /// None in a month that has not been computed.
    pub actual: Option<i64>,
    /// In the sheet's `base` month: what a spread goes by.
    pub before: Option<i64>,
}

/// A unit's target and its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetSheet {
    pub frame: Frame,
    pub indicator: Indicator,
    pub whole: TargetAmount,
    pub actual: Option<i64>,
    /// The last month before that was computed.
    pub base: Option<NaiveDate>,
    pub lines: Vec<TargetLine>,
    /// May the viewer set the parts, and the whole?
    pub may_set: bool,
    pub may_set_whole: bool,
}

/// What parts come to, and by how much they exceed (or miss) the whole; none while either is not set.
pub fn difference(whole: Option<i64>, parts: impl Iterator<Item = Option<i64>>) -> Option<(i128, i128)> {
    let (sum, any) = parts.flatten().fold((0, false), |(sum, _), part| (sum + i128::from(part), true));
    whole.filter(|_| any).map(|whole| (sum, sum - i128::from(whole)))
}

/// What is to be set. Whatever is left out stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetChange {
    /// `2026-03`.
    pub month: String,
    pub org: String,
    pub indicator: Indicator,
    /// Of the unit itself; only whoever stands above it may change it.
    #[serde(default)]
    pub whole: Option<TargetAmount>,
    #[serde(default)]
    pub parts: Vec<TargetPart>,
    /// Saves although the parts do not sum to the whole.
    #[serde(default)]
    pub despite_difference: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetPart {
    pub code: String,
    pub is_staff: bool,
    pub target: TargetAmount,
}

/// What somebody else made of the targets meanwhile, with the refusal as stale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetsNow {
    pub whole: TargetAmount,
    pub lines: Vec<TargetLine>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_compared_with_the_whole_however_large_they_are() {
        assert_eq!(difference(Some(10), [Some(4), None, Some(7)].into_iter()), Some((11, 1)));
        assert_eq!(difference(None, [Some(4)].into_iter()), None);
        assert_eq!(difference(Some(10), [None].into_iter()), None);
        let most = i128::from(i64::MAX);
        assert_eq!(difference(Some(0), [Some(i64::MAX), Some(i64::MAX)].into_iter()), Some((2 * most, 2 * most)));
    }
}
