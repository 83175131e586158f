//! What targets are set for.

use serde::{Deserialize, Serialize};

use super::Totals;

/// What a target is set for: of all products by the name of its figure in [`Totals`], of one product one of [`Indicator::OF_PRODUCT`].
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
    /// Of a product, at the end.
    Balance,
    /// Of a product, on average over the days of the month so far.
    BalanceAverage,
    /// Customers who hold a product at the end.
    Holders,
    /// Customers who hold a product and did not a month before.
    Gained,
}

impl Indicator {
    /// Of all products together.
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

    /// Of one product.
    pub const OF_PRODUCT: [Indicator; 5] =
        [Indicator::Contribution, Indicator::Balance, Indicator::BalanceAverage, Indicator::Holders, Indicator::Gained];

    /// Those that targets are set for, of one product or of all together.
    pub const fn all(of_product: bool) -> &'static [Indicator] {
        if of_product { &Indicator::OF_PRODUCT } else { &Indicator::ALL }
    }

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
            Indicator::Balance => "balance",
            Indicator::BalanceAverage => "balance_average",
            Indicator::Holders => "holders",
            Indicator::Gained => "gained",
        }
    }

    pub fn from_code(code: &str) -> Option<Indicator> {
        Indicator::ALL.into_iter().chain(Indicator::OF_PRODUCT).find(|indicator| indicator.code() == code)
    }

    /// Counted, and not an amount of money.
    pub const fn is_count(self) -> bool {
        self.is_event() || matches!(self, Indicator::Customers | Indicator::Holders)
    }

    /// A flow grows with the days of a month; a stock, or an average, does not.
    pub const fn is_flow(self) -> bool {
        self.is_event() || matches!(self, Indicator::Contribution)
    }

    const fn is_event(self) -> bool {
        matches!(
            self,
            Indicator::Opened | Indicator::Activated | Indicator::Crossed | Indicator::Contacts | Indicator::Visits | Indicator::Gained
        )
    }

    /// None where the month does not know it, and for what is only of a product.
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
            Indicator::Balance | Indicator::BalanceAverage | Indicator::Holders | Indicator::Gained => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_indicator_is_known_by_its_code() {
        for indicator in Indicator::ALL.into_iter().chain(Indicator::OF_PRODUCT) {
            assert_eq!(Indicator::from_code(indicator.code()), Some(indicator));
            assert_eq!(serde_json::to_value(indicator).unwrap(), indicator.code());
        }
        assert_eq!(Indicator::from_code("pairs"), None);
        assert_eq!((Indicator::Gained.is_flow(), Indicator::Holders.is_flow(), Indicator::Balance.is_count()), (true, false, false));
    }
}
