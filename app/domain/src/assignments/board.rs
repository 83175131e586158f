//! The board: managers of a unit side by side, each with the customers in charge.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{ApprovalPolicy, Portfolio};
use crate::{
    CustomerNo, Lang,
    customers::{CustomerQuery, Kind, ManagerRef, OrgRef, UnitChoice},
};

/// The columns of one unit's board and what is needed to draw and judge moves on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Board {
    pub unit: OrgRef,
    /// Units that the viewer may look at, depth first.
    pub units: Vec<UnitChoice>,
    /// The pool first, then the managers by unit and code.
    pub columns: Vec<BoardColumn>,
    /// All tiers, the highest first.
    pub tiers: Vec<BoardTier>,
    /// So that the browser can say before a drop whether a second person is needed. The server decides.
    pub policy: ApprovalPolicy,
}

/// A tier by code, with what is needed to draw and to weigh it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardTier {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub mark: i16,
    pub rank: i16,
    /// Qualifications, one of which a lead has to have.
    #[serde(default)]
    pub served_by: Vec<String>,
    /// What a customer of it weighs against a manager's capacity.
    #[serde(default = "one")]
    pub weight: i64,
}

const fn one() -> i64 {
    1
}

impl BoardTier {
    pub fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.name,
            Lang::En => &self.name_en,
        }
    }
}

/// A manager, or the pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardColumn {
    /// Null: the pool.
    pub manager: Option<ManagerRef>,
    /// Name of the manager's unit.
    pub unit: String,
    /// Code of the branch above it: leaving that needs a second person.
    pub branch: String,
    pub portfolio: Portfolio,
    /// 0 for the pool: it has none.
    pub capacity: i64,
    /// Customers by tier code.
    pub tiers: Vec<TierCount>,
    /// Left the bank or may not be given customers.
    pub closed: bool,
    /// As the register of staff has it.
    #[serde(default)]
    pub qualification: String,
    /// Whether the viewer sees the customers in it; only then are they listed.
    pub open: bool,
}

impl BoardColumn {
    /// The manager's staff code, or [`POOL`](super::POOL).
    pub fn key(&self) -> &str {
        self.manager.as_ref().map_or(super::POOL, |manager| &manager.code)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierCount {
    pub code: String,
    pub customers: i64,
}

/// A customer on the board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    #[serde(rename = "no")]
    pub customer_no: CustomerNo,
    pub name: String,
    pub kind: Kind,
    /// Tier code.
    pub tier: Option<String>,
    /// Minor units of the base currency.
    pub aum: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contribution: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_contact_at: Option<DateTime<Utc>>,
    /// Of a card in the pool: since when nobody leads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pooled_since: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub alerts: i32,
    /// In a transfer that waits to be decided or for its date: it stays until then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
}

fn is_zero(count: &i32) -> bool {
    *count == 0
}

impl Card {
    /// What it adds to a portfolio; `tiers` are those of the board.
    pub fn weight(&self, tiers: &[BoardTier]) -> Portfolio {
        Portfolio { customers: 1, aum: self.aum, load: self.load(tiers), contribution: self.contribution }
    }

    /// What it weighs against a manager's capacity: 1 without a tier.
    fn load(&self, tiers: &[BoardTier]) -> i64 {
        let tier = self.tier.as_ref().and_then(|code| tiers.iter().find(|tier| tier.code == *code));
        tier.map_or(1, |tier| tier.weight)
    }

    /// What its tier asks of a lead; nothing without a tier.
    pub fn served_by<'a>(&self, tiers: &'a [BoardTier]) -> &'a [String] {
        let tier = self.tier.as_ref().and_then(|code| tiers.iter().find(|tier| tier.code == *code));
        tier.map_or(&[], |tier| &tier.served_by)
    }

    /// 0 without a tier.
    pub fn rank(&self, tiers: &[BoardTier]) -> i16 {
        self.tier.as_ref().and_then(|code| tiers.iter().find(|tier| tier.code == *code)).map_or(0, |tier| tier.rank)
    }
}

/// Which cards of which columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardQuery {
    /// Unit code; the viewer's own, or the first that is small enough, unless told.
    pub unit: Option<String>,
    /// Filters and order; its unit, manager, words and place are not read.
    pub filter: CustomerQuery,
    /// Keys of columns; all unless told.
    pub columns: Option<Vec<String>>,
    /// `next` of the page before, of one column.
    pub after: Option<String>,
    /// Only these customers' cards, 500 at most; the columns' sums are of everybody all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers: Option<Vec<CustomerNo>>,
    /// Cards of each column, 1..=1,000; 40 unless told. 0: only the columns' heads.
    pub limit: Option<u16>,
    /// Tier ranks whose cards are left out; they still count as matching. 0: without a tier.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folded: Vec<i16>,
}

/// A page of one column's cards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnCards {
    /// The column's key.
    pub column: String,
    pub cards: Vec<Card>,
    pub next: Option<String>,
    /// All that match the filters; absent without filters, where the column's portfolio says it, and after
    /// the first page.
    #[serde(default)]
    pub matching: Option<Portfolio>,
    /// Those by tier code; empty where `matching` is absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<TierCount>,
}

/// The first paint, and what is read again after a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardPage {
    pub board: Board,
    pub cards: Vec<ColumnCards>,
}
