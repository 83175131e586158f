//! What a deposit or loan that a customer does not have yet would bring.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Lines, Terms, Treatment,
    curve::{self, CurvePoint},
};

/// How a product is priced now; rates in per cent a year, cost a month in minor units of the base currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub treatment: Treatment,
    pub day_basis: i32,
    /// Behavioural; none: by the term that is agreed on.
    pub tenor_months: Option<i32>,
    pub rate: Decimal,
    pub fee_rate: Decimal,
    pub pd: Decimal,
    pub lgd: Decimal,
    pub monthly_cost: i64,
}

/// Products that a customer could take up, and the transfer prices in the base currency; no points while there is no curve.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Offers {
    pub offers: Vec<Offer>,
    pub points: Vec<CurvePoint>,
}

/// Days and months of the year that is tried out.
const DAYS: i32 = 365;
const MONTHS: i64 = 12;

impl Offers {
    /// What `amount` minor units of the base currency at `rate` would bring in a year, before postings; `None` without a curve, or for
    /// what cannot be computed.
    pub fn year(&self, offer: &Offer, amount: i64, rate: Decimal, term_months: u32) -> Option<Lines> {
        let tenor = offer.tenor_months.and_then(|tenor| u32::try_from(tenor).ok()).unwrap_or(term_months).max(1);
        let ftp_rate = match offer.treatment {
            Treatment::Managed => Decimal::ZERO,
            _ => curve::rate(&self.points, tenor)?,
        };
        let terms = Terms {
            treatment: offer.treatment,
            days: DAYS,
            day_basis: offer.day_basis,
            average_balance: amount,
            charged: 0,
            cost: offer.monthly_cost.checked_mul(MONTHS)?,
            fx: Decimal::ONE,
            rate,
            ftp_rate,
            fee_rate: offer.fee_rate,
            pd: offer.pd,
            lgd: offer.lgd,
        };
        terms.lines()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_of_a_new_deposit_is_priced_at_its_term() {
        let decimal = |text: &str| text.parse::<Decimal>().unwrap();
        let offer = Offer {
            code: "TRM".into(),
            name: "定期".into(),
            name_en: "Term".into(),
            treatment: Treatment::Deposit,
            day_basis: 365,
            tenor_months: None,
            rate: decimal("1.35"),
            fee_rate: Decimal::ZERO,
            pd: Decimal::ZERO,
            lgd: Decimal::ZERO,
            monthly_cost: 60,
        };
        let point = |tenor_months, rate: &str| CurvePoint { tenor_months, rate: decimal(rate) };
        let offers = Offers { offers: vec![offer.clone()], points: vec![point(12, "2.10"), point(36, "2.50")] };
        // 1,000,000.00 × 0.75% for a year, less 12 × 0.60; two years lie between the points.
        let year = offers.year(&offer, 1_000_000_00, decimal("1.35"), 12).unwrap();
        assert_eq!((year.spread, year.cost, year.contribution()), (7_500_00, 7_20, 7_492_80));
        assert_eq!(offers.year(&offer, 1_000_000_00, decimal("1.35"), 24).unwrap().spread, 9_500_00);
        let behavioural = Offer { tenor_months: Some(36), ..offer.clone() };
        assert_eq!(offers.year(&behavioural, 1_000_000_00, decimal("1.35"), 12).unwrap().spread, 11_500_00);
        assert_eq!(Offers::default().year(&offer, 1_00, decimal("1"), 12), None, "there is no curve");
    }
}
