//! What targets are set for.

use serde::{Deserialize, Serialize};

use super::Totals;

/// What a target is set for, by the name of its figure in [`Totals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum Indicator {
    Contribution,
    Aum,
    /// At the end.
    Deposits,
    /// On average over the days of the month so far.
    DepositsAverage,
    Loans,
    Customers,
    /// New customers.
    Opened,
    /// Customers of value who were dormant or prospects before.
    Activated,
    /// Customers who had a product and took up another.
    Crossed,
    Contacts,
    Visits,
}

impl Indicator {
    pub const ALL: [Indicator; 11] = [
        Indicator::Contribution,
        Indicator::Aum,
        Indicator::Deposits,
        Indicator::DepositsAverage,
        Indicator::Loans,
        Indicator::Customers,
        Indicator::Opened,
        Indicator::Activated,
        Indicator::Crossed,
        Indicator::Contacts,
        Indicator::Visits,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Indicator::Contribution => "contribution",
            Indicator::Aum => "aum",
            Indicator::Deposits => "deposits",
            Indicator::DepositsAverage => "deposits_average",
            Indicator::Loans => "loans",
            Indicator::Customers => "customers",
            Indicator::Opened => "opened",
            Indicator::Activated => "activated",
            Indicator::Crossed => "crossed",
            Indicator::Contacts => "contacts",
            Indicator::Visits => "visits",
        }
    }

    pub fn from_code(code: &str) -> Option<Indicator> {
        Indicator::ALL.into_iter().find(|indicator| indicator.code() == code)
    }

    /// Counted, and not an amount of money.
    pub const fn is_count(self) -> bool {
        self.is_event() || matches!(self, Indicator::Customers)
    }

    /// A flow grows with the days of a month; a stock, or an average, does not.
    pub const fn is_flow(self) -> bool {
        self.is_event() || matches!(self, Indicator::Contribution)
    }

    const fn is_event(self) -> bool {
        matches!(self, Indicator::Opened | Indicator::Activated | Indicator::Crossed | Indicator::Contacts | Indicator::Visits)
    }

    /// None where the month does not know it.
    pub const fn of(self, totals: &Totals) -> Option<i64> {
        match self {
            Indicator::Contribution => Some(totals.contribution),
            Indicator::Aum => Some(totals.aum),
            Indicator::Deposits => Some(totals.deposits),
            Indicator::DepositsAverage => totals.deposits_average,
            Indicator::Loans => Some(totals.loans),
            Indicator::Customers => Some(totals.customers),
            Indicator::Opened => totals.opened,
            Indicator::Activated => totals.activated,
            Indicator::Crossed => totals.crossed,
            Indicator::Contacts => Some(totals.contacts),
            Indicator::Visits => totals.visits,
        }
    }
}

/// What is to be reached; minor units of the base currency, or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TargetFigure {
    pub indicator: Indicator,
    pub amount: i64,
}
