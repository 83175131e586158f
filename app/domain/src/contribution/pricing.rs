//! What contributions are priced by: curves, terms of categories and products, cost of postings.
//!
//! Rates in per cent a year, PD and LGD in per cent, costs in minor units of the base currency.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Treatment,
    curve::{CurvePoint, PLACES},
};
use crate::{Currency, FieldProblem, Rule, dashboards::MonthState};

/// The longest tenor, in months.
pub const TENOR_MAX: u32 = 600;

/// Points of one curve.
pub const POINTS_MAX: usize = 100;

/// A curve, in force until the next one of its currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Curve {
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub currency: Currency,
    pub valid_from: NaiveDate,
    /// In rising order of tenor.
    pub points: Vec<CurvePoint>,
}

/// What is wrong with the points, by `points` or `points/3`.
pub fn point_faults(points: &[CurvePoint]) -> Vec<FieldProblem> {
    let problem = |field: String, rule: Rule| FieldProblem { field, rule };
    if points.is_empty() {
        return vec![problem("points".into(), Rule::Required)];
    }
    if points.len() > POINTS_MAX {
        return vec![problem("points".into(), Rule::OutOfRange { min: "1".into(), max: POINTS_MAX.to_string() })];
    }
    let mut faults = Vec::new();
    for (at, point) in points.iter().enumerate() {
        let field = format!("points/{at}");
        if !(1..=TENOR_MAX).contains(&point.tenor_months) {
            faults.push(problem(field, Rule::OutOfRange { min: "1".into(), max: TENOR_MAX.to_string() }));
        } else if points[..at].iter().any(|other| other.tenor_months == point.tenor_months) {
            faults.push(problem(field, Rule::NotUnique));
        } else if let Some(rule) = rate_fault(point.rate, PLACES) {
            faults.push(problem(field, rule));
        }
    }
    faults
}

/// Within ±100 per cent, with so many decimals.
fn rate_fault(rate: Decimal, places: u32) -> Option<Rule> {
    if rate.abs() > Decimal::ONE_HUNDRED {
        return Some(Rule::OutOfRange { min: "−100%".into(), max: "100%".into() });
    }
    (rate.normalize().scale() > places).then(|| Rule::BadFormat { expected: format!("{}%", Decimal::new(123_456_789, 8).round_dp(places)) })
}

/// Reads what people type or paste: `tenor rate` a line, apart by tab, comma, semicolon or spaces; a tenor in
/// months, or with `m`/`月`, `y`/`年`; a rate with or without `%`. Lines that are no point are told by their number.
pub fn parse_points(text: &str) -> Result<Vec<CurvePoint>, Vec<usize>> {
    let (mut points, mut wrong) = (Vec::new(), Vec::new());
    for (at, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split([',', ';', '\t', ' ', '，', '\u{3000}']).filter(|word| !word.is_empty()).collect();
        match words[..] {
            [] => {}
            [tenor, rate] => match parse_tenor(tenor).zip(parse_rate(rate)) {
                Some((tenor_months, rate)) => points.push(CurvePoint { tenor_months, rate }),
                // A head, as spreadsheets have it.
                None if at == 0 && !rate.contains(|c: char| c.is_ascii_digit()) => {}
                None => wrong.push(at + 1),
            },
            _ => wrong.push(at + 1),
        }
    }
    points.sort_by_key(|point| point.tenor_months);
    if wrong.is_empty() { Ok(points) } else { Err(wrong) }
}

/// `12`, `12m`, `1年`.
pub fn parse_tenor(text: &str) -> Option<u32> {
    let text = text.trim().to_lowercase();
    let (figure, factor) = match text.strip_suffix(['y', '年']) {
        Some(figure) => (figure, 12),
        None => (text.strip_suffix("个月").or_else(|| text.strip_suffix(['m', '月'])).unwrap_or(&text), 1),
    };
    figure.trim().parse::<u32>().ok()?.checked_mul(factor)
}

/// `1.9`, `1.90%`.
pub fn parse_rate(text: &str) -> Option<Decimal> {
    let text = text.trim().trim_end_matches(['%', '％']).trim().replace('−', "-");
    (!text.is_empty()).then(|| text.parse().ok()).flatten()
}

/// How a category of products is priced, unless a product says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(sqlx::FromRow))]
pub struct CategoryPricing {
    pub category: String,
    pub treatment: Treatment,
    #[serde(flatten)]
    #[cfg_attr(feature = "server", sqlx(flatten))]
    pub terms: PricingTerms,
}

/// A product's own terms; what it does not say is its category's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(sqlx::FromRow))]
pub struct ProductPricing {
    pub product: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub name_en: String,
    #[serde(default)]
    pub category: String,
    #[serde(flatten)]
    #[cfg_attr(feature = "server", sqlx(flatten))]
    pub terms: PricingTerms,
}

/// `tenor_months` is a behavioural tenor; without one the price is that of each account's term.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(sqlx::FromRow))]
pub struct PricingTerms {
    pub day_basis: Option<i16>,
    pub tenor_months: Option<i32>,
    /// Where the account has none of its own.
    pub rate: Option<Decimal>,
    /// On the average balance.
    pub fee_rate: Option<Decimal>,
    pub pd: Option<Decimal>,
    pub lgd: Option<Decimal>,
    /// For keeping an account for a month.
    pub monthly_cost: Option<i64>,
}

impl PricingTerms {
    pub fn is_empty(&self) -> bool {
        *self == PricingTerms::default()
    }

    /// What is wrong, by the name of the term. A category leaves nothing but the tenor open.
    pub fn faults(&self, is_category: bool) -> Vec<(&'static str, Rule)> {
        let mut faults = Vec::new();
        let percent = |value: Decimal| {
            let range = || Rule::OutOfRange { min: "0".into(), max: "100".into() };
            (value < Decimal::ZERO || value > Decimal::ONE_HUNDRED).then(range).or_else(|| rate_fault(value, 4))
        };
        let checks = [
            (
                "day_basis",
                self.day_basis.map(|basis| (![360, 365].contains(&basis)).then(|| Rule::BadFormat { expected: "360 / 365".into() })),
            ),
            ("rate", self.rate.map(|rate| rate_fault(rate, PLACES))),
            ("fee_rate", self.fee_rate.map(|rate| rate_fault(rate, PLACES))),
            ("pd", self.pd.map(percent)),
            ("lgd", self.lgd.map(percent)),
            ("monthly_cost", self.monthly_cost.map(cost_fault)),
        ];
        for (name, check) in checks {
            match check {
                Some(Some(rule)) => faults.push((name, rule)),
                None if is_category => faults.push((name, Rule::Required)),
                _ => {}
            }
        }
        if self.tenor_months.is_some_and(|tenor| !(1..=TENOR_MAX as i32).contains(&tenor)) {
            faults.push(("tenor_months", Rule::OutOfRange { min: "1".into(), max: TENOR_MAX.to_string() }));
        }
        faults
    }
}

/// A million of a currency with cents.
pub const COST_MAX: i64 = 100_000_000;

fn cost_fault(cost: i64) -> Option<Rule> {
    (!(0..=COST_MAX).contains(&cost)).then(|| Rule::OutOfRange { min: "0".into(), max: (COST_MAX / 100).to_string() })
}

/// What serving a posting of a kind costs, and whether it is a fee of the bank's own. The empty kind stands
/// for all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(sqlx::FromRow))]
pub struct PostingPrice {
    pub kind: String,
    pub cost: i64,
    pub is_fee: bool,
}

/// What is to be changed of the parameters; a row that is left out stays as it is. `revision` is the one
/// that was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PricingChange {
    pub revision: i32,
    pub categories: Vec<CategoryPricing>,
    /// A product without terms has only its category's.
    pub products: Vec<ProductPricing>,
    /// All of them, if any.
    pub postings: Option<Vec<PostingPrice>>,
}

impl PricingChange {
    /// What is wrong, by `categories/current/pd`, `products/P01/rate`, `postings/cash_in`.
    pub fn faults(&self) -> Vec<FieldProblem> {
        let of = |list: &str, code: &str, terms: &PricingTerms, is_category: bool| {
            let field = format!("{list}/{code}");
            terms
                .faults(is_category)
                .into_iter()
                .map(move |(name, rule)| FieldProblem { field: format!("{field}/{name}"), rule })
                .collect::<Vec<_>>()
        };
        let mut faults: Vec<FieldProblem> =
            self.categories.iter().flat_map(|row| of("categories", &row.category, &row.terms, true)).collect();
        faults.extend(self.products.iter().flat_map(|row| of("products", &row.product, &row.terms, false)));
        let postings = self.postings.as_deref().unwrap_or_default();
        for (at, row) in postings.iter().enumerate() {
            let long = row.kind.chars().count() > 32;
            let rule = match cost_fault(row.cost) {
                Some(rule) => Some(rule),
                None if postings[..at].iter().any(|other| other.kind == row.kind) => Some(Rule::NotUnique),
                None => long.then_some(Rule::TooLong { max: 32 }),
            };
            faults.extend(rule.map(|rule| FieldProblem { field: format!("postings/{}", row.kind), rule }));
        }
        faults
    }
}

/// Everything that contributions are priced by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    pub revision: i32,
    pub changed_at: DateTime<Utc>,
    /// Login.
    pub changed_by: Option<String>,
    pub base_currency: Currency,
    /// Those the bank has exchange rates or curves for, its own first.
    pub currencies: Vec<Currency>,
    /// By currency, the newest first.
    pub curves: Vec<Curve>,
    pub categories: Vec<CategoryPricing>,
    pub products: Vec<ProductPricing>,
    pub postings: Vec<PostingPrice>,
    /// Months that could not be computed, and why.
    pub stopped: Vec<StoppedMonth>,
    /// The books by month, the newest first.
    pub months: Vec<BookMonth>,
    /// Tenors that accounts of the running month ask for, when it was computed last.
    pub tenors: Vec<TenorUse>,
}

/// How many accounts ask for the transfer price of a tenor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenorUse {
    pub currency: Currency,
    pub tenor_months: u32,
    pub accounts: i64,
}

/// How a month's books stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(sqlx::FromRow))]
pub struct BookMonth {
    pub month: NaiveDate,
    pub state: MonthState,
    /// The last day they speak for.
    pub as_of: NaiveDate,
    pub computed_at: DateTime<Utc>,
    /// Since when there has been data that the closed month does not have.
    pub late_at: Option<DateTime<Utc>>,
    /// While it is computed: customers done, in hundredths of a per cent of all.
    pub progress: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(sqlx::FromRow))]
pub struct StoppedMonth {
    pub month: NaiveDate,
    /// A problem as it is kept.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(tenor_months: u32, rate: &str) -> CurvePoint {
        CurvePoint { tenor_months, rate: rate.parse().unwrap() }
    }

    #[test]
    fn points_are_read_as_people_paste_them() {
        let text = "期限\t利率\n1y\t1.90%\n3\t1.6\n\n3年, 2.25\r\n6月 1.7";
        assert_eq!(parse_points(text), Ok(vec![point(3, "1.6"), point(6, "1.7"), point(12, "1.90"), point(36, "2.25")]));
        assert_eq!(parse_points("3 1.6\nx 2\n12\n36 a"), Err(vec![2, 3, 4]));
        assert_eq!(parse_points(""), Ok(Vec::new()));
    }

    #[test]
    fn what_no_curve_can_hold_is_named_where_it_stands() {
        let faults = |points: &[CurvePoint]| point_faults(points).into_iter().map(|fault| fault.field).collect::<Vec<_>>();
        assert_eq!(faults(&[]), ["points"]);
        assert_eq!(
            faults(&[point(3, "1"), point(0, "1"), point(3, "2"), point(12, "100.1"), point(24, "1.1234567")]),
            ["points/1", "points/2", "points/3", "points/4"]
        );
        assert!(faults(&[point(1, "-0.5"), point(600, "1.123456")]).is_empty());
    }

    #[test]
    fn a_category_says_all_its_terms_and_a_product_what_it_likes() {
        let empty = PricingTerms::default();
        assert!(empty.faults(false).is_empty() && empty.is_empty());
        assert_eq!(empty.faults(true).len(), 6);
        let wrong =
            PricingTerms { day_basis: Some(366), pd: Some(Decimal::NEGATIVE_ONE), tenor_months: Some(0), monthly_cost: Some(-1), ..empty };
        let names: Vec<_> = wrong.faults(false).into_iter().map(|fault| fault.0).collect();
        assert_eq!(names, ["day_basis", "pd", "monthly_cost", "tenor_months"]);
    }
}
