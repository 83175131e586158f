//! A customer group on the dashboards, and households and groups of companies.

use serde::{Deserialize, Serialize};

use super::Decile;
use crate::contribution::kin::KinKind;

/// Members of a group that have something in common. Empty code: no tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupLine {
    pub code: String,
    pub name: String,
    /// Empty where there is no other name.
    pub name_en: String,
    pub customers: i64,
    pub aum: i64,
    /// Of the year so far, unless told otherwise; null before any month was computed.
    pub contribution: Option<i64>,
}

/// Members of a group who hold a product, of those who could.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupProduct {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub holders: i64,
    pub eligible: i64,
}

/// A group within a unit and tier, counted from its members as they are on the business date.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupFigures {
    pub customers: i64,
    pub aum: i64,
    pub deposits: i64,
    pub wealth: i64,
    pub loans: i64,
    /// Of the year so far; null before any month was computed.
    pub contribution: Option<i64>,
    /// The highest first.
    pub tiers: Vec<GroupLine>,
    /// Right below the unit, the largest first.
    pub units: Vec<GroupLine>,
    pub products: Vec<GroupProduct>,
}

/// Members of a group by the manager they had at the end of a month, with the month's figures. Empty code: nobody's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupManager {
    pub code: String,
    pub name: String,
    pub org_name: String,
    pub customers: i64,
    pub aum: i64,
    /// Of these customers as a whole, whoever shares in them.
    pub contribution: i64,
    pub contacts: i64,
    /// Customers among them who were spoken to.
    pub contacted: i64,
}

/// The members of a group by manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupManagers {
    /// Those with the most of them first, five hundred at most; nobody's last.
    pub managers: Vec<GroupManager>,
    /// Of all of them; without a code.
    pub whole: GroupManager,
    pub capped: bool,
}

/// How a month's value is spread over the members of a group: tenths are of the group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupValue {
    pub deciles: Vec<Decile>,
    /// The highest first; contribution is the month's.
    pub tiers: Vec<GroupLine>,
}

/// A household or a group with what its customers within the unit brought in the month. `place` 0: all others together; -1:
/// customers who are in none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KinLine {
    pub kind: KinKind,
    pub place: i16,
    /// Of the member with most assets; absent where the viewer may not see it.
    pub customer_no: Option<String>,
    pub name: Option<String>,
    /// Households or groups of the line.
    pub kin: i64,
    pub customers: i64,
    pub aum: i64,
    pub contribution: i64,
}
