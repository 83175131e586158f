//! Balances of one currency on the dashboards, in that currency.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Balances in one currency, of a unit or a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyLine {
    pub code: String,
    pub name: String,
    /// Empty where there is no other name.
    pub name_en: String,
    /// Open at the end.
    pub accounts: i64,
    pub deposits: i64,
    pub deposits_average: i64,
    pub wealth: i64,
    pub loans: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyPoint {
    pub month: NaiveDate,
    pub deposits: i64,
    pub wealth: i64,
    pub loans: i64,
}

/// What a unit has in one currency, of all tiers and of all products or one; amounts in its minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyFigures {
    pub currency: String,
    pub decimals: u32,
    pub whole: CurrencyLine,
    /// Right below the unit, the largest first; what is its own has an empty code.
    pub units: Vec<CurrencyLine>,
    pub products: Vec<CurrencyLine>,
    pub trend: Vec<CurrencyPoint>,
}
