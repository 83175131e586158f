//! Funds-transfer curves: what money of a tenor costs between the branches and the treasury.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// One point: tenor in months and per cent a year.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CurvePoint {
    pub tenor_months: u32,
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub rate: Decimal,
}

/// Where a curve has no point for a tenor: the points that its rate lies between, on a straight line; with one of them, the end at
/// which it is level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Gap {
    pub below: Option<u32>,
    pub above: Option<u32>,
}

/// None where there is a point, and where there are none at all. `points` in rising order of tenor.
pub fn gap(points: &[CurvePoint], tenor_months: u32) -> Option<Gap> {
    let after = points.partition_point(|point| point.tenor_months < tenor_months);
    let at = |at: usize| points.get(at).map(|point| point.tenor_months);
    let (below, above) = (after.checked_sub(1).and_then(at), at(after));
    (!points.is_empty() && above != Some(tenor_months)).then_some(Gap { below, above })
}

/// Decimals of a rate.
pub const PLACES: u32 = 6;

/// The rate of a tenor: straight lines between the points, level beyond them, rounded to six decimals.
/// `points` in rising order of tenor; `None` when there are none.
pub fn rate(points: &[CurvePoint], tenor_months: u32) -> Option<Decimal> {
    let after = points.partition_point(|point| point.tenor_months < tenor_months);
    let (Some(upper), Some(lower)) = (points.get(after).or(points.last()), points.get(after.saturating_sub(1))) else { return None };
    if upper.tenor_months <= lower.tenor_months {
        return Some(lower.rate);
    }
    let share = Decimal::from(tenor_months.saturating_sub(lower.tenor_months)) * (upper.rate - lower.rate);
    let step = share / Decimal::from(upper.tenor_months - lower.tenor_months);
    Some((lower.rate + step).round_dp_with_strategy(PLACES, RoundingStrategy::MidpointAwayFromZero))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_lies_between_its_neighbours_and_is_level_beyond_the_ends() {
        let point = |tenor_months, rate: &str| CurvePoint { tenor_months, rate: rate.parse().unwrap() };
        let points = [point(3, "1.60"), point(12, "1.90"), point(36, "2.20")];
        let at = |tenor| rate(&points, tenor).unwrap().normalize().to_string();
        assert_eq!((at(3), at(6), at(12)), ("1.6".into(), "1.7".into(), "1.9".into()));
        assert_eq!((at(1), at(24), at(240)), ("1.6".into(), "2.05".into(), "2.2".into()));
        assert_eq!(at(13), "1.9125");
        assert_eq!(rate(&[], 12), None);
    }

    #[test]
    fn a_tenor_without_a_point_says_what_stands_for_it() {
        let points = [3, 12, 36].map(|tenor_months| CurvePoint { tenor_months, rate: Decimal::ONE });
        assert_eq!([3, 36].map(|tenor| gap(&points, tenor)), [None, None]);
        assert_eq!(gap(&points, 6), Some(Gap { below: Some(3), above: Some(12) }));
        assert_eq!(gap(&points, 1), Some(Gap { below: None, above: Some(3) }));
        assert_eq!(gap(&points, 60), Some(Gap { below: Some(36), above: None }));
        assert_eq!(gap(&[], 12), None);
    }
}
