//! What an account brings in a month: funds-transfer pricing in exact integers.
//!
//! With balances in minor units and rates in per cent a year, over `days` of a year of `day_basis`:
//!
//! - deposit: average × (FTP − paid) × days ÷ basis
//! - loan: average × (earned − FTP) × days ÷ basis − average × PD × LGD × days ÷ basis, where an average below
//!   zero, a loan or card that was overpaid, has nothing to lose
//! - managed: no spread; the money is not on the bank's books
//! - all: + average × fee rate × days ÷ basis + fees charged − servicing cost
//!
//! Every line is rounded once, half away from zero, to a minor unit of the base currency; whatever is
//! above an account is a sum of lines. `docs/contribution.md` works the golden cases by hand.

pub mod curve;
pub mod kin;
pub mod offer;
pub mod pricing;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// On which side of the bank's books a product stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(sqlx::Type, utoipa::ToSchema))]
#[cfg_attr(feature = "server", sqlx(type_name = "text", rename_all = "snake_case"))]
pub enum Treatment {
    Deposit,
    Loan,
    Managed,
}

impl Treatment {
    pub fn from_code(code: &str) -> Option<Treatment> {
        match code {
            "deposit" => Some(Treatment::Deposit),
            "loan" => Some(Treatment::Loan),
            "managed" => Some(Treatment::Managed),
            _ => None,
        }
    }
}

/// What one account's month is computed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    pub treatment: Treatment,
    pub days: i32,
    /// 360 or 365.
    pub day_basis: i32,
    /// Minor units of the account's currency.
    pub average_balance: i64,
    /// Fees charged in the month, minor units of the account's currency.
    pub charged: i64,
    /// Servicing cost, minor units of the base currency.
    pub cost: i64,
    /// Minor units of the base currency for one of the account's; eight decimals.
    pub fx: Decimal,
    /// Paid or earned; these three in per cent a year, six decimals.
    pub rate: Decimal,
    pub ftp_rate: Decimal,
    pub fee_rate: Decimal,
    /// In per cent, four decimals.
    pub pd: Decimal,
    pub lgd: Decimal,
}

/// The lines, minor units of the base currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Lines {
    pub spread: i64,
    pub fees: i64,
    pub expected_loss: i64,
    pub cost: i64,
}

impl Lines {
    pub const fn contribution(&self) -> i64 {
        self.spread + self.fees - self.expected_loss - self.cost
    }
}

const PERCENT: i128 = 100;

impl Terms {
    /// The lines; `None` when a rate has more decimals than it may, or a figure exceeds what a bank can hold.
    pub fn lines(&self) -> Option<Lines> {
        let (rate, ftp, fee) = (fixed(self.rate, 6)?, fixed(self.ftp_rate, 6)?, fixed(self.fee_rate, 6)?);
        let (pd, lgd, fx) = (fixed(self.pd, 4)?, fixed(self.lgd, 4)?, fixed(self.fx, 8)?);
        let (days, basis) = (i128::from(self.days), i128::from(self.day_basis));
        let average = i128::from(self.average_balance);
        let margin = match self.treatment {
            Treatment::Deposit => ftp - rate,
            Treatment::Loan => rate - ftp,
            Treatment::Managed => 0,
        };
        let yearly = PERCENT * 1_000_000 * basis;
        let weighted = average.checked_mul(days)?.checked_mul(fx)?;
        let spread = ratio(weighted.checked_mul(margin)?, yearly * 100_000_000)?;
        let charged = i128::from(self.charged).checked_mul(fx)?.checked_mul(yearly)?;
        let fees = ratio(weighted.checked_mul(fee)?.checked_add(charged)?, yearly * 100_000_000)?;
        let expected_loss = match self.treatment {
            Treatment::Loan => ratio(weighted.max(0).checked_mul(pd)?.checked_mul(lgd)?, (PERCENT * 10_000).pow(2) * basis * 100_000_000)?,
            _ => 0,
        };
        Some(Lines { spread, fees, expected_loss, cost: self.cost })
    }
}

/// The decimal as an integer of `places`, if it has no more.
fn fixed(value: Decimal, places: u32) -> Option<i128> {
    let value = value.normalize();
    let missing = places.checked_sub(value.scale())?;
    value.mantissa().checked_mul(10_i128.pow(missing))
}

/// Rounded half away from zero.
fn ratio(numerator: i128, denominator: i128) -> Option<i64> {
    let doubled = numerator.checked_abs()?.checked_mul(2)?.checked_add(denominator)?;
    i64::try_from(numerator.signum() * (doubled / (2 * denominator))).ok()
}

/// A day of charge is so many parts, which those in charge share.
pub const DAY: u64 = 10_000;

/// Somebody in charge of a customer: `[from, to)` and a share in hundredths of a per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    pub staff: i32,
    pub share: u64,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
}

/// How a customer's month is divided: staff and weight, by staff; 0 stands for days without anybody.
/// On every day those in charge have the day in proportion to their shares; rounded down to [`DAY`]ths.
pub fn weights(charges: &[Charge], first: NaiveDate, last: NaiveDate) -> Vec<(i32, u64)> {
    let mut parts = std::collections::BTreeMap::<i32, u64>::new();
    for day in first.iter_days().take_while(|day| *day <= last) {
        let there: Vec<&Charge> =
            charges.iter().filter(|charge| charge.share > 0 && charge.from <= day && charge.to.is_none_or(|to| day < to)).collect();
        let all: u64 = there.iter().map(|charge| charge.share).sum();
        if there.is_empty() {
            *parts.entry(0).or_default() += DAY;
        }
        for charge in there {
            *parts.entry(charge.staff).or_default() += charge.share * DAY / all;
        }
    }
    parts.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::allocate;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn terms(treatment: Treatment, average: i64) -> Terms {
        Terms {
            treatment,
            days: 31,
            day_basis: 365,
            average_balance: average,
            charged: 0,
            cost: 0,
            fx: Decimal::ONE,
            rate: Decimal::ZERO,
            ftp_rate: Decimal::ZERO,
            fee_rate: Decimal::ZERO,
            pd: Decimal::ZERO,
            lgd: Decimal::ZERO,
        }
    }

    /// The cases of docs/contribution.md.
    #[test]
    fn golden_cases() {
        let deposit = Terms { rate: decimal("1.35"), ftp_rate: decimal("2.10"), cost: 60, ..terms(Treatment::Deposit, 100_000_00) };
        assert_eq!(deposit.lines(), Some(Lines { spread: 63_70, fees: 0, expected_loss: 0, cost: 60 }));
        assert_eq!(deposit.lines().unwrap().contribution(), 63_10);

        let loan = Terms {
            days: 30,
            day_basis: 360,
            rate: decimal("4.10"),
            ftp_rate: decimal("2.35"),
            pd: decimal("1.2"),
            lgd: decimal("45"),
            charged: 500_00,
            cost: 15_00,
            ..terms(Treatment::Loan, 3_000_000_00)
        };
        assert_eq!(loan.lines(), Some(Lines { spread: 4_375_00, fees: 500_00, expected_loss: 1_350_00, cost: 15_00 }));
        assert_eq!(loan.lines().unwrap().contribution(), 3_510_00);

        let dollars = Terms { fx: decimal("7.1"), rate: decimal("3.1"), ftp_rate: decimal("4.05"), ..terms(Treatment::Deposit, 10_000_00) };
        assert_eq!(dollars.lines().map(|lines| lines.spread), Some(57_29));

        let overpaid = Terms { days: 31, charged: 0, cost: 0, ..loan };
        let overpaid = Terms { day_basis: 365, average_balance: -20_000_00, rate: decimal("12"), ftp_rate: decimal("2"), ..overpaid };
        assert_eq!(overpaid.lines(), Some(Lines { spread: -169_86, fees: 0, expected_loss: 0, cost: 0 }));

        let managed = Terms { fee_rate: decimal("0.4"), rate: decimal("2.6"), cost: 80, ..terms(Treatment::Managed, 50_000_00) };
        assert_eq!(managed.lines(), Some(Lines { spread: 0, fees: 16_99, expected_loss: 0, cost: 80 }));
    }

    #[test]
    fn halves_go_away_from_zero_and_too_fine_rates_are_refused() {
        let half = Terms { days: 1, day_basis: 365, ftp_rate: decimal("1"), ..terms(Treatment::Deposit, 18_250) };
        assert_eq!(half.lines().map(|lines| lines.spread), Some(1), "18250 × 1% ÷ 365 = 0.5");
        let other = Terms { rate: decimal("1"), ftp_rate: Decimal::ZERO, ..half };
        assert_eq!(other.lines().map(|lines| lines.spread), Some(-1));
        assert_eq!(Terms { rate: decimal("1.1234567"), ..half }.lines(), None);
    }

    #[test]
    fn a_month_is_shared_by_days_and_shares() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let charges = [
            Charge { staff: 7, share: 100_00, from: day("2025-01-01"), to: Some(day("2026-03-11")) },
            Charge { staff: 9, share: 70_00, from: day("2026-03-13"), to: None },
            Charge { staff: 4, share: 30_00, from: day("2026-03-22"), to: None },
            Charge { staff: 5, share: 0, from: day("2025-01-01"), to: None },
        ];
        let parts = weights(&charges, day("2026-03-01"), day("2026-03-31"));
        assert_eq!(parts, [(0, 2 * DAY), (4, 10 * DAY * 3 / 10), (7, 10 * DAY), (9, 9 * DAY + 10 * DAY * 7 / 10)]);
    }

    proptest! {
        #[test]
        fn a_spread_is_within_half_a_cent_of_the_true_value(average in -1_000_000_000_000_000i64..1_000_000_000_000_000, ftp in 0i64..20_000_000, days in 1i32..=31) {
            let terms = Terms { days, ftp_rate: Decimal::new(ftp, 6), ..terms(Treatment::Deposit, average) };
            let spread = terms.lines().unwrap().spread;
            let exact = Decimal::from_i128_with_scale(i128::from(average) * i128::from(ftp) * i128::from(days), 8) / Decimal::from(365);
            prop_assert!((Decimal::from(spread) - exact).abs() <= decimal("0.5000001"));
        }

        #[test]
        fn shares_of_every_line_sum_to_the_line(
            lines in prop::collection::vec(-1_000_000_000i64..1_000_000_000, 4),
            shares in prop::collection::vec((1i32..50, 0u64..=100_00, 0u64..40, 0u64..40), 0..6),
        ) {
            let first = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
            let charges: Vec<Charge> = shares.into_iter()
                .map(|(staff, share, from, length)| {
                    let from = first + chrono::Days::new(from);
                    Charge { staff, share, from, to: Some(from + chrono::Days::new(length)) }
                }).collect();
            let parts = weights(&charges, first, first + chrono::Days::new(30));
            prop_assert!(!parts.is_empty());
            let weights: Vec<u64> = parts.iter().map(|(_, weight)| *weight).collect();
            for line in lines {
                prop_assert_eq!(allocate(line, &weights).iter().sum::<i64>(), line);
            }
        }
    }
}
