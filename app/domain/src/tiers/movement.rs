//! Whose tier has changed lately, and who is about to lose one.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    CustomerNo,
    customers::{TierRef, list::coded},
};

coded! {
    /// What happens to a customer's tier.
    MovementKind {
        Up "up" "升级" | "Upgraded";
        Down "down" "降级" | "Downgraded";
        Threatened "threatened" "将降级" | "About to go down";
    }
}

/// Days that changes are told for.
pub const MOVEMENT_DAYS: u64 = 30;

/// How many of one's customers changed tier lately, and are about to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierMoves {
    pub up: i64,
    pub down: i64,
    pub threatened: i64,
}

impl TierMoves {
    /// Each way that somebody goes, what needs attention first.
    pub fn by_kind(self) -> impl Iterator<Item = (MovementKind, i64)> {
        let all = [(MovementKind::Threatened, self.threatened), (MovementKind::Down, self.down), (MovementKind::Up, self.up)];
        all.into_iter().filter(|(_, customers)| *customers > 0)
    }
}

/// What of the movements is asked for. Empty: all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MovementQuery {
    pub kind: Option<MovementKind>,
    /// 1..=200, 50 unless told.
    pub limit: Option<u16>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// A change of the last thirty days, or a lower tier that is due when the grace ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Movement {
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub customer_no: CustomerNo,
    pub name: String,
    pub org: String,
    /// Staff name of the lead; null in the pool.
    pub manager: Option<String>,
    /// Minor units of the base currency.
    pub aum: i64,
    pub kind: MovementKind,
    pub from: Option<TierRef>,
    pub to: Option<TierRef>,
    /// Business date of the change, or on which the tier was first no longer deserved.
    pub since: NaiveDate,
    /// Of a threat: the day on which the tier goes.
    pub on: Option<NaiveDate>,
}
