//! A product's own page: what it is, how it is sold, whom it suits and who sells it best.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    dashboards::{CurrencyFigures, Frame, ProductLine},
    problem::{FieldProblem, Rule},
    targets::TargetItem,
};

pub const DESCRIPTION_MAX: usize = 2_000;
pub const SCRIPT_MAX: usize = 4_000;

/// Bands of [`age_band`], 0 for an unknown birthday.
pub const AGE_BANDS: i16 = 6;
/// The highest appetite for risk; 0 is one that was never assessed.
pub const APPETITE_MAX: i16 = 5;

/// Under 25, then ten years each, and from 65 on: 1 to [`AGE_BANDS`].
pub const fn age_band(age: i32) -> i16 {
    match age {
        ..25 => 1,
        25..35 => 2,
        35..45 => 3,
        45..55 => 4,
        55..65 => 5,
        _ => 6,
    }
}

/// May a product of this risk level be offered to somebody of this appetite?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    Suits,
    TooRisky,
    /// Only after an assessment.
    NotAssessed,
}

/// A product without a risk level suits everybody.
pub const fn offer(risk_level: Option<i16>, appetite: i16) -> Offer {
    match risk_level {
        None => Offer::Suits,
        Some(_) if appetite <= 0 => Offer::NotAssessed,
        Some(level) if level > appetite => Offer::TooRisky,
        Some(_) => Offer::Suits,
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductInfo {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub category: String,
    /// Only for these; null for everybody.
    pub customer_kind: Option<String>,
    /// 1 to 5; null: it asks nothing of the buyer.
    pub risk_level: Option<i16>,
    pub description: String,
    pub script: String,
    /// When and by whom they were changed; null where a feed brought them.
    pub changed_by: Option<String>,
    pub changed_at: Option<DateTime<Utc>>,
}

/// Persons who have something in common, and who of them holds the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraitLine {
    /// An age band or an appetite for risk.
    pub value: i16,
    pub customers: i64,
    pub holders: i64,
}

/// A unit or a manager by how many took the product up there lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    pub code: String,
    pub name: String,
    /// Of a manager.
    pub org_name: Option<String>,
    pub gained: i64,
    pub holders: i64,
    /// Customers of the product's kind.
    pub eligible: i64,
}

/// Months that best sellers are counted over, the one that is looked at included.
pub const SELLING_MONTHS: i32 = 3;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProductBoard {
    pub frame: Frame,
    pub product: ProductInfo,
    /// None to a manager, and where nobody could hold it.
    pub line: Option<ProductLine>,
    /// What is to be reached of it: by the unit, the units right below and its managers, or by the manager who looks.
    pub targets: Vec<TargetItem>,
    /// Empty within one tier, and for products that are not for persons.
    pub appetites: Vec<TraitLine>,
    pub ages: Vec<TraitLine>,
    pub units: Vec<Seller>,
    pub managers: Vec<Seller>,
    /// Where a currency is asked for: what there is of the product in it.
    #[serde(default)]
    pub in_currency: Option<CurrencyFigures>,
}

/// One version of what is said of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductTextVersion {
    /// 0: what a feed brought.
    pub version: i32,
    pub description: String,
    pub script: String,
    pub by: Option<String>,
    pub at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductName {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub version: i32,
}

/// All products, and the versions of the one that was asked for, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductTexts {
    pub products: Vec<ProductName>,
    pub chosen: Option<String>,
    pub versions: Vec<ProductTextVersion>,
}

/// Other words for a product; `version` is the one that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductTextChange {
    pub code: String,
    pub version: i32,
    pub description: String,
    pub script: String,
}

impl ProductTextChange {
    pub fn faults(&self) -> Vec<FieldProblem> {
        [("description", &self.description, DESCRIPTION_MAX), ("script", &self.script, SCRIPT_MAX)]
            .into_iter()
            .filter(|(_, text, max)| text.chars().count() > *max)
            .map(|(field, _, max)| FieldProblem { field: field.to_owned(), rule: Rule::TooLong { max } })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_offered_more_risk_than_was_assessed() {
        assert_eq!(
            [0, 2, 3, 5].map(|appetite| offer(Some(3), appetite)),
            [Offer::NotAssessed, Offer::TooRisky, Offer::Suits, Offer::Suits]
        );
        assert_eq!(offer(None, 0), Offer::Suits);
        assert_eq!([18, 24, 25, 34, 64, 65, 99].map(age_band), [1, 1, 2, 2, 5, 6, 6]);
    }
}
