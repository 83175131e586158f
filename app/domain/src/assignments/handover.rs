//! A leaver's portfolio, divided among those who stay.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Because, PortfolioChange, board::BoardTier};
use crate::{
    CustomerNo,
    customers::{ManagerRef, list::coded},
};

coded! {
    /// By what a portfolio is divided evenly.
    SplitRule {
        Customers "customers" "客户数均分" | "Equal numbers";
        Aum "aum" "金融资产均分" | "Equal AUM";
        Weight "weight" "工作量（分层权重）均分" | "Equal tier weight";
        Room "room" "按剩余容量" | "By room left";
    }
}

/// What somebody holds, and who could take it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holdings {
    pub manager: ManagerRef,
    pub unit: String,
    /// Customers of other units included.
    pub lead: i64,
    pub assist: i64,
    /// Of both, those whose unit is outside the viewer's scope: handing them over needs a second person.
    pub elsewhere: i64,
    /// Open tasks of this member of staff, whoever's customers they are on.
    pub tasks: i64,
    /// Customers in a transfer that is not closed: to be decided or recalled first.
    pub waiting: i64,
    /// Customers in open transfers to this member of staff: likewise.
    pub incoming: i64,
    /// The same unit first, then the rest of the branch.
    pub colleagues: Vec<Colleague>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Colleague {
    pub manager: ManagerRef,
    pub unit: String,
    pub customers: i64,
    pub load: i64,
    pub capacity: i64,
}

/// How to divide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitRequest {
    /// Staff code of who gives everything away.
    pub from: String,
    /// Staff codes of who receive.
    pub to: Vec<String>,
    pub rule: SplitRule,
}

/// Who would get whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    pub from: ManagerRef,
    pub items: Vec<ProposedItem>,
    pub tiers: Vec<BoardTier>,
    /// Each receiver as it is and as it would be.
    pub portfolios: Vec<PortfolioChange>,
    /// Why a second person has to agree; empty when nobody has to.
    pub because: Vec<Because>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProposedItem {
    #[serde(rename = "no")]
    pub customer_no: CustomerNo,
    pub name: String,
    pub tier: Option<String>,
    pub aum: i64,
    pub weight: i64,
    /// Staff code.
    pub to: String,
}

/// A portfolio given to several managers in one transfer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewHandover {
    pub from: String,
    /// Every customer and the staff code of the new lead (`none`: the pool).
    pub items: Vec<(CustomerNo, String)>,
    pub reason: String,
    #[serde(default)]
    pub effective: Option<NaiveDate>,
}

/// Divides `sizes` into as many parts as `starts` has entries, each part as near to the others as may be:
/// the largest first, each to the part that is smallest so far, beginning at `starts`. The part of each.
///
/// Longest-processing-time rule: no part exceeds the best possible by more than a third (Graham 1969).
pub fn divide(sizes: &[i64], starts: &[i64]) -> Vec<usize> {
    let mut parts = vec![0; sizes.len()];
    let mut sums: Vec<(i64, usize)> = starts.iter().map(|start| (*start, 0)).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(sizes[*at]));
    for at in order {
        // Of equally full parts the one with fewer entries: a customer without AUM is work all the same.
        if let Some((part, sum)) = sums.iter_mut().enumerate().min_by_key(|(part, (sum, count))| (*sum, *count, *part)) {
            parts[at] = part;
            sum.0 += sizes[at].max(0);
            sum.1 += 1;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::divide;

    proptest! {
        #[test]
        fn parts_differ_by_no_more_than_the_largest(sizes in prop::collection::vec(0i64..1_000, 0..200), parts in 1usize..8) {
            let mut sums = vec![0; parts];
            for (size, part) in sizes.iter().zip(divide(&sizes, &vec![0; parts])) {
                sums[part] += size;
            }
            let (least, most) = (sums.iter().min().copied().unwrap_or(0), sums.iter().max().copied().unwrap_or(0));
            prop_assert!(most - least <= sizes.iter().max().copied().unwrap_or(0));
            prop_assert_eq!(sums.iter().sum::<i64>(), sizes.iter().sum::<i64>());
        }
    }

    #[test]
    fn who_has_more_gets_less_and_nothings_are_shared_too() {
        assert_eq!(divide(&[1, 1, 1], &[2, 0]), [1, 1, 0]);
        assert_eq!(divide(&[0, 0], &[0, 0]), [0, 1]);
    }
}
