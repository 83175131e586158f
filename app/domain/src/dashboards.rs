//! What the dashboards show: figures of a month within a unit, as the cubes have them.
//!
//! Money is in minor units of the base currency. A figure that is not known is absent, never zero.

mod behind;
mod currency;
mod group;
mod indicator;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

pub use self::{
    behind::{BehindBoard, BehindQuery, BehindRow, Counted},
    currency::{CurrencyFigures, CurrencyLine, CurrencyPoint},
    group::{GroupFigures, GroupLine, GroupManager, GroupManagers, GroupProduct, GroupValue, KinLine},
    indicator::{Indicator, TargetFigure},
};
use crate::{groups::GroupRef, process::ProcessScore, targets::TargetItem};

/// How far a month's books are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(sqlx::Type, utoipa::ToSchema))]
#[cfg_attr(feature = "server", sqlx(type_name = "text", rename_all = "snake_case"))]
pub enum MonthState {
    /// Its days go by; figures are up to date with the business date.
    #[default]
    Open,
    Closed,
    /// Nothing has been computed yet: targets can be set, there is nothing to show.
    Planned,
}

impl MonthState {
    pub const fn code(self) -> &'static str {
        match self {
            MonthState::Open => "open",
            MonthState::Closed => "closed",
            MonthState::Planned => "planned",
        }
    }
}

/// What a dashboard is asked for; codes, and `month` as `2026-03`. Empty: the newest month, the viewer's
/// own unit, all tiers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct BoardQuery {
    pub month: Option<String>,
    pub org: Option<String>,
    pub tier: Option<String>,
    /// Code of a customer group, whose members are those of now. The pages of one manager, comparisons and targets know none.
    pub group: Option<String>,
    /// Balances of one currency, in that currency: Overview, products and the customers behind a figure tell them.
    pub currency: Option<String>,
    /// All but the month were kept from another day: what is no longer there is left out rather than refused.
    pub lenient: bool,
}

/// A month that can be chosen, by its first day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthChoice {
    pub month: NaiveDate,
    pub state: MonthState,
    pub as_of: NaiveDate,
    /// When an open month was computed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed_at: Option<DateTime<Utc>>,
    /// Since when there has been data that a closed month does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_at: Option<DateTime<Utc>>,
    /// Could not be computed again; what is shown is from before.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stopped: bool,
    /// Units have moved since it was rolled up, which is about to be done anew.
    #[serde(default, skip_serializing_if = "is_false")]
    pub moving: bool,
    /// Days that no load spoke for, whose balances are those of the day before; how many, and the first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_days: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_from: Option<NaiveDate>,
    /// Targets of what is looked at wait for a decision; those that hold are shown.
    #[serde(default, skip_serializing_if = "is_false")]
    pub waiting: bool,
}

fn is_false(it: &bool) -> bool {
    !*it
}

/// A unit or a tier that can be chosen. `depth` 0 is the viewer's own unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitChoice {
    pub code: String,
    pub name: String,
    pub depth: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierChoice {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub kind: String,
}

/// What every dashboard says of itself, and what its filters offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub month: MonthChoice,
    pub months: Vec<MonthChoice>,
    pub org: UnitChoice,
    pub units: Vec<UnitChoice>,
    pub tier: Option<TierChoice>,
    pub tiers: Vec<TierChoice>,
    #[serde(default)]
    pub group: Option<GroupRef>,
    /// Groups that the viewer may use.
    #[serde(default)]
    pub groups: Vec<GroupRef>,
    /// Base currency, which all figures are in but those of the chosen one.
    pub currency: String,
    pub decimals: u32,
    /// Currencies in which there are accounts, where there are several.
    #[serde(default)]
    pub currencies: Vec<String>,
    #[serde(default)]
    pub chosen_currency: Option<String>,
    /// Share of the month's days that have passed, in hundredths of a per cent.
    pub elapsed: i64,
}

impl Frame {
    /// Is it the month of the business date? Lists of customers are of today, so only its figures lead there.
    pub fn is_running(&self) -> bool {
        self.month.state == MonthState::Open
            && self.months.iter().all(|other| other.state == MonthState::Planned || other.month <= self.month.month)
    }
}

/// Stocks at the end and flows during a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    pub customers: i64,
    pub opened: Option<i64>,
    /// Who became a customer of value after being dormant or a prospect.
    pub activated: Option<i64>,
    /// Who had a product and took up another.
    pub crossed: Option<i64>,
    pub pooled: i64,
    pub aum: i64,
    pub deposits: i64,
    pub deposits_average: Option<i64>,
    pub wealth: i64,
    pub loans: i64,
    pub spread: i64,
    pub fees: i64,
    pub expected_loss: i64,
    pub cost: i64,
    pub contribution: i64,
    /// Products held, customer by customer.
    pub products: i64,
    pub contacts: i64,
    pub visits: Option<i64>,
    pub contacted: i64,
}

/// One month of a trend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrendPoint {
    pub month: NaiveDate,
    pub customers: i64,
    pub aum: i64,
    pub deposits: i64,
    pub loans: i64,
    pub contribution: i64,
    pub target: Option<i64>,
}

/// A unit right below the one that is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitLine {
    pub code: String,
    pub name: String,
    /// Has units below it.
    pub is_parent: bool,
    pub customers: i64,
    pub aum: i64,
    pub deposits: i64,
    pub loans: i64,
    pub contribution: i64,
    /// A month before; none of these where that is not known.
    pub aum_before: Option<i64>,
    pub deposits_before: Option<i64>,
    pub loans_before: Option<i64>,
    pub contribution_before: Option<i64>,
    /// Of contribution.
    pub target: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierLine {
    /// Empty: no tier.
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub mark: i16,
    pub customers: i64,
    pub customers_before: Option<i64>,
    pub aum: i64,
    pub contribution: i64,
}

/// Customers who were in one tier a month before and are in another now. Empty: no tier; none: not a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierFlow {
    pub before: Option<String>,
    pub now: Option<String>,
    pub customers: i64,
}

/// Number and name are absent where the customer has since left the viewer's units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopCustomer {
    pub customer_no: Option<String>,
    pub name: Option<String>,
    pub aum: i64,
    pub contribution: i64,
}

/// The bank, or a part of it, at one glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BankBoard {
    pub frame: Frame,
    pub now: Totals,
    pub before: Option<Totals>,
    pub year_before: Option<Totals>,
    pub targets: Vec<TargetFigure>,
    pub units: Vec<UnitLine>,
    pub trend: Vec<TrendPoint>,
    pub tiers: Vec<TierLine>,
    /// Empty when the month before was never computed.
    pub flow: Vec<TierFlow>,
    pub top: Vec<TopCustomer>,
    /// Where a group is asked for: what there is of it.
    #[serde(default)]
    pub group: Option<GroupFigures>,
    /// Where a currency is asked for: what there is in it.
    #[serde(default)]
    pub in_currency: Option<CurrencyFigures>,
}

/// Customers of a tier; no tier has an empty code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TierCount {
    pub code: String,
    /// 0 to 5, the highest last.
    pub mark: i16,
    pub customers: i64,
}

/// A manager's month. `code` is empty for what is in nobody's charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ManagerLine {
    pub code: String,
    pub name: String,
    /// Unit of the manager.
    pub org: String,
    pub org_name: String,
    pub customers: i64,
    /// The same by tier within the unit that is looked at, the lowest first.
    pub tiers: Vec<TierCount>,
    /// Sum of tier weights of all customers in charge, to be held against the capacity.
    pub load: i64,
    pub capacity: i32,
    pub aum: i64,
    pub deposits: i64,
    pub loans: i64,
    pub contribution: i64,
    /// Of contribution in the month.
    pub target: Option<i64>,
    pub actual: i64,
    /// What the whole month will bring at this pace.
    pub forecast: i64,
    pub contacts: i64,
    pub visits: i64,
    pub contacted: i64,
    /// On average over the days of the month so far. These four are null where the month does not know them.
    pub deposits_average: Option<i64>,
    pub opened: Option<i64>,
    pub activated: Option<i64>,
    pub crossed: Option<i64>,
    /// What the manager is to reach by indicator, contribution included; none within one tier.
    pub targets: Vec<TargetFigure>,
    /// Open tasks of the manager's whose day is over, whichever unit they are of; null for a month that is over.
    pub overdue: Option<i64>,
    /// Contribution of the last months, oldest first; null before the manager had customers.
    pub trend: Vec<Option<i64>>,
    /// Process score in hundredths of a point; null when nothing of it was measured, and within one tier.
    pub score: Option<i64>,
    /// Its four stages: collect, design, sell, follow up.
    pub stages: Vec<Option<i64>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManagersBoard {
    pub frame: Frame,
    pub items: Vec<ManagerLine>,
    pub unassigned: Option<ManagerLine>,
    /// There are more managers than the items.
    pub capped: bool,
    /// Of contribution, of the unit; none within one tier, and for a manager.
    #[serde(default)]
    pub target: Option<i64>,
    /// Where a group is asked for: its members by manager.
    #[serde(default)]
    pub group: Option<GroupManagers>,
}

/// One manager's own page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManagerBoard {
    pub frame: Frame,
    pub line: ManagerLine,
    pub place: i64,
    pub of: i64,
    /// Within the unit and tier that are looked at.
    pub totals: Totals,
    /// The manager's own; none within one tier.
    pub targets: Vec<TargetFigure>,
    /// Those of one product each.
    pub product_targets: Vec<TargetItem>,
    /// None when the month was counted before there were scores, and within one tier.
    pub process: Option<ProcessScore>,
    pub trend: Vec<TrendPoint>,
    pub tiers: Vec<TierLine>,
    pub products: Vec<ProductShare>,
}

/// What there is to know of one manager's month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Portrait {
    pub line: ManagerLine,
    pub process: Option<ProcessScore>,
    pub tiers: Vec<TierLine>,
    pub products: Vec<ProductShare>,
}

/// Managers side by side that can be: fewer is no comparison, more cannot be taken in.
pub const COMPARED: std::ops::RangeInclusive<usize> = 2..=5;

/// Two to five managers side by side, in the order they were asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompareBoard {
    pub frame: Frame,
    pub managers: Vec<Portrait>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductShare {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub holders: i64,
    pub end_balance: i64,
    pub contribution: i64,
}

/// Who holds a product, of those who could.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ProductLine {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub category: String,
    /// Only for these; null for everybody.
    pub customer_kind: Option<String>,
    /// Customers of the product's kind.
    pub eligible: i64,
    pub holders: i64,
    /// Since the month before.
    pub gained: Option<i64>,
    pub lapsed: Option<i64>,
    pub end_balance: i64,
    pub contribution: i64,
    /// Share of holders in the last months in hundredths of a per cent, oldest first.
    pub trend: Vec<Option<i64>>,
}

/// One field of a heat map: places in the rows and in the products, holders and who could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub row: usize,
    pub column: usize,
    pub holders: i64,
    pub eligible: i64,
}

/// How soon those who came in a year took a product up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CohortPoint {
    /// Place among the products.
    pub product: usize,
    pub cohort: i16,
    /// Months since they came.
    pub step: i16,
    pub holders: i64,
    /// Customers of the cohort who have been here that long.
    pub customers: i64,
}

/// A row of a heat map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeatRow {
    pub code: String,
    pub name: String,
    pub name_en: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProductsBoard {
    pub frame: Frame,
    pub products: Vec<ProductLine>,
    /// What the unit is to reach of each; none within one tier.
    pub targets: Vec<TargetItem>,
    pub units: Vec<HeatRow>,
    pub unit_cells: Vec<Cell>,
    pub tiers: Vec<HeatRow>,
    pub tier_cells: Vec<Cell>,
    /// Persons by age band, of which a row's code is the number; empty within one tier.
    pub ages: Vec<HeatRow>,
    pub age_cells: Vec<Cell>,
    /// Rows and columns are products: of the holders of the row, who holds the column.
    pub pairs: Vec<Cell>,
    /// As of the business date, of all tiers; empty for a month that is over.
    pub cohorts: Vec<CohortPoint>,
    /// Where a group is asked for: what there is of it.
    #[serde(default)]
    pub group: Option<GroupFigures>,
    /// Where a currency is asked for: what there is in it.
    #[serde(default)]
    pub in_currency: Option<CurrencyFigures>,
}

/// A tenth of the bank's customers by contribution, the most valuable first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decile {
    pub decile: i16,
    pub customers: i64,
    pub aum: i64,
    /// Before servicing cost.
    pub income: i64,
    pub cost: i64,
    pub contribution: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueBoard {
    pub frame: Frame,
    pub deciles: Vec<Decile>,
    pub tiers: Vec<TierLine>,
    /// Households, then groups, those that brought the most first; empty for a month that did not know them.
    #[serde(default)]
    pub kin: Vec<KinLine>,
    /// Where a group is asked for: the same of its members.
    #[serde(default)]
    pub group: Option<GroupValue>,
}

/// At this pace a flow of which `elapsed` (hundredths of a per cent of the days) has passed ends at.
pub fn forecast(actual: i64, elapsed: i64) -> i64 {
    if elapsed <= 0 { actual } else { i64::try_from(i128::from(actual) * 10_000 / i128::from(elapsed)).unwrap_or(actual) }
}

/// Part of a whole in hundredths of a per cent, rounded; none of nothing.
pub fn share(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| ((i128::from(part) * 20_000 + i128::from(whole) * i128::from(part.signum())) / (2 * i128::from(whole))) as i64)
}

/// A line of `GET /contribution`. Of households and groups: the fifty that brought the most, by the number and name of the member
/// with most assets where the caller may see it; all others as `others`; and, without a code, who is in none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct LevelItem {
    /// Code of the unit, manager, product or tier; empty for what belongs to none.
    pub code: String,
    pub name: String,
    /// Customers of a household or group within the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers: Option<i64>,
    pub spread: i64,
    pub fees: i64,
    pub expected_loss: i64,
    pub cost: i64,
    pub contribution: i64,
}

/// A line of `GET /products/adoption`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct AdoptionItem {
    pub product: String,
    pub name: String,
    /// Code of the unit or tier, or number of the age band, the line is of; absent without `by`.
    pub by: Option<String>,
    pub eligible: i64,
    pub holders: i64,
    pub gained: Option<i64>,
    pub lapsed: Option<i64>,
    /// Hundredths of a per cent; null where nobody is eligible.
    pub adoption: Option<i64>,
}

/// Items of the REST routes, with the month they are of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Figures<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
    pub month: NaiveDate,
    pub state: MonthState,
}

/// `GET /contribution?level=`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum Level {
    #[default]
    Unit,
    Manager,
    Product,
    Tier,
    Bank,
    /// Not of one tier, and not for managers: theirs are parts of customers.
    Household,
    Group,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_round_and_forecasts_follow_the_pace() {
        assert_eq!((share(1, 3), share(2, 3), share(0, 5), share(1, 0)), (Some(33_33), Some(66_67), Some(0), None));
        assert_eq!((forecast(70, 70_00), forecast(70, 0)), (100, 70));
    }
}
