//! Customers who belong together, and what they bring as one.

use serde::{Deserialize, Serialize};

use crate::CustomerNo;

/// What holds them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KinKind {
    Household,
    /// Companies under one parent.
    Group,
}

impl KinKind {
    pub const fn code(self) -> &'static str {
        match self {
            KinKind::Household => "household",
            KinKind::Group => "group",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KinMember {
    pub customer_no: CustomerNo,
    pub name: String,
    /// Of the year so far, in minor units of the base currency; none until a month of it was computed.
    pub contribution: Option<i64>,
}

/// A household or group of companies, as far as the viewer sees it: members with the one that was asked
/// about, the largest contribution first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kin {
    pub kind: KinKind,
    pub members: Vec<KinMember>,
    /// Members in nobody's sight here: their contribution is not in the sum.
    pub hidden: i64,
    /// There are more members than were followed.
    #[serde(default)]
    pub cut: bool,
}

impl Kin {
    /// The sum of the members that are seen; none when none of them has a figure.
    pub fn contribution(&self) -> Option<i64> {
        self.members.iter().filter_map(|member| member.contribution).reduce(|sum, one| sum + one)
    }
}
