//! Who would move if a version held, by name: for whoever has these customers.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Version, VersionState};
use crate::{
    CustomerNo,
    customers::{TierRef, list::coded},
    rules::Reason,
};

coded! {
    /// Which way a customer would go.
    MoverWay {
        Up "up" "升级" | "Up";
        Down "down" "降级" | "Down";
    }
}

/// What of the movers is asked for. Empty: both ways.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MoverQuery {
    pub way: Option<MoverWay>,
    /// 1..=200, 50 unless told.
    pub limit: Option<u16>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// A customer whom a version would put into another tier than the present one, without grace and whatever was
/// given by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TierMover {
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub customer_no: CustomerNo,
    pub name: String,
    pub org: String,
    /// Staff name of the lead; null in the pool.
    pub manager: Option<String>,
    /// Minor units of the base currency.
    pub aum: i64,
    pub way: MoverWay,
    /// Null: no tier.
    pub from: Option<TierRef>,
    pub to: Option<TierRef>,
    /// What of the new tier's rule the customer satisfies.
    pub because: Vec<Reason>,
    /// What keeps the customer from the old tier, on the way down.
    pub against: Vec<Reason>,
    /// A rule counts somebody related whom the reader does not see.
    pub beyond: bool,
    /// Last day of a tier given by hand, which holds whatever the rules say.
    pub held_until: Option<NaiveDate>,
}

impl Version {
    /// Can it be told by name who would move: it was tried out and is not in force yet?
    pub fn has_movers(&self, business_date: NaiveDate) -> bool {
        match self.state {
            VersionState::Simulated | VersionState::Submitted => true,
            VersionState::Draft => false,
            VersionState::Published => self.from.is_some_and(|from| from > business_date),
        }
    }
}
