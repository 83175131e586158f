//! Targets of units and managers by month, product and indicator.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    customers::list::coded,
    dashboards::{Frame, Indicator},
};

/// The largest target: a hundred trillion of a currency with cents.
pub const AMOUNT_MAX: i64 = 10_000_000_000_000_000;

coded! {
    /// How far is what was proposed on a unit's sheet of a month.
    TargetState {
        Draft "draft" "草稿" | "Draft";
        Submitted "submitted" "待审批" | "Waiting for approval";
        Approved "approved" "已批准" | "Approved";
        /// Can be changed and submitted again.
        Rejected "rejected" "已驳回" | "Rejected";
    }
}

/// A target as it stands or as it should be: minor units, or customers; none is no target. `version` is
/// that of the target which was read, 0 where there never was one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetAmount {
    pub amount: Option<i64>,
    pub version: i32,
}

/// A product that targets are set for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetProduct {
    pub code: String,
    pub name: String,
    /// Empty where there is no other name.
    pub name_en: String,
}

/// A part of a unit's target: a unit right below, or a manager of the unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetLine {
    pub code: String,
    pub name: String,
    pub is_staff: bool,
    /// What is proposed, else what holds.
    pub target: TargetAmount,
    /// Is another amount proposed than the one that holds?
    #[serde(default)]
    pub proposed: bool,
    /// What the dashboards count.
    #[serde(default)]
    pub in_force: Option<i64>,
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
    /// None: of all products together.
    pub product: Option<TargetProduct>,
    /// Products that can be chosen.
    pub products: Vec<TargetProduct>,
    /// Of a product's contribution: what all products' targets of the unit come to, and that of the whole.
    pub of_whole: Option<(i64, i64)>,
    pub whole: TargetAmount,
    pub whole_proposed: bool,
    pub whole_in_force: Option<i64>,
    pub actual: Option<i64>,
    /// The last month before that was computed.
    pub base: Option<NaiveDate>,
    pub lines: Vec<TargetLine>,
    /// May the viewer set the parts, and the whole?
    pub may_set: bool,
    pub may_set_whole: bool,
    /// Everything that is proposed for the unit and month, of all indicators.
    pub set: Option<TargetSet>,
    /// What waits for the viewer, other units and months included.
    pub waiting: Vec<TargetsWait>,
}

/// What was changed on one unit's sheet of a month, which holds once another person agreed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetSet {
    pub state: TargetState,
    /// To be named by whoever submits or decides: what was read.
    pub version: i32,
    /// Name of who submitted it last.
    pub submitted_by: Option<String>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub decided_by: Option<String>,
    /// Why it was rejected.
    pub answer: String,
    pub changes: Vec<TargetProposed>,
    /// Indicators whose parts do not sum to the whole.
    pub off: Vec<TargetOff>,
    /// Names of the nearest who may decide; empty where nobody but who submitted could.
    pub deciders: Vec<String>,
    pub may_submit: bool,
    pub may_decide: bool,
}

/// By how much the parts of a unit's target are over the whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetOff {
    pub indicator: Indicator,
    pub product: Option<TargetProduct>,
    pub off: i64,
}

/// One target that is to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetProposed {
    pub indicator: Indicator,
    pub product: Option<TargetProduct>,
    /// Of the unit or the manager.
    pub name: String,
    pub before: Option<i64>,
    pub amount: Option<i64>,
    /// Name of who proposed it.
    pub by: String,
}

/// A set that waits for a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetsWait {
    pub org: String,
    pub org_name: String,
    pub month: NaiveDate,
    pub by: String,
    pub targets: i32,
}

/// What a proposer does with a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetStep {
    Submit,
    /// Back from submitted, to be changed.
    TakeBack,
    /// Forgets everything that is proposed.
    Discard,
}

/// A step, or a decision, on the set of a unit and month as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetStepAsked {
    /// `2026-03`.
    pub month: String,
    pub org: String,
    pub version: i32,
    pub step: TargetStep,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetDecision {
    /// `2026-03`.
    pub month: String,
    pub org: String,
    pub version: i32,
    pub approve: bool,
    /// Needed to reject.
    #[serde(default)]
    pub reason: String,
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
    /// Code of a product; none: of all together.
    #[serde(default)]
    pub product: Option<String>,
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

/// A line of `GET /targets`: what is to be reached by whom, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TargetItem {
    /// Of the unit or the manager.
    pub code: String,
    pub name: String,
    pub is_staff: bool,
    /// Code of the product; null: of all together.
    pub product: Option<String>,
    /// Its names; empty for all together.
    pub product_name: String,
    pub product_name_en: String,
    pub indicator: Indicator,
    /// Minor units of the base currency, or a number.
    pub amount: i64,
    /// Null where the month does not know it.
    pub actual: Option<i64>,
    /// Where it ends at this pace; of what does not grow with the days, what there is.
    pub forecast: Option<i64>,
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
