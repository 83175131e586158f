//! A leaver's portfolio, divided among those who stay.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Because, PortfolioChange, Transfer, board::BoardTier};
use crate::{
    CustomerNo,
    customers::{ManagerRef, TierRef, list::coded},
};

coded! {
    /// Who signs a handover sheet.
    SheetSide {
        From "from" "移交人" | "Handed over by";
        To "to" "接收人" | "Taken over by";
    }
}

/// A side of a part of a transfer, to be signed by the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct NewSignature {
    pub side: SheetSide,
    /// Staff code of who gives; `none` for the pool.
    pub from: String,
    /// Staff code of who receives; `none` for the pool.
    pub to: String,
}

/// That one side of a part has signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Signature {
    pub side: SheetSide,
    /// The name of who signed.
    pub by: String,
    pub at: DateTime<Utc>,
    /// The head of the unit signed, for the pool or for somebody who cannot log in any more.
    pub stands_in: bool,
}

coded! {
    /// By what a portfolio is divided evenly.
    SplitRule {
        Customers "customers" "客户数均分" | "Equal numbers";
        Aum "aum" "金融资产均分" | "Equal AUM";
        Weight "weight" "工作量（分层权重）均分" | "Equal tier weight";
        Room "room" "按剩余容量" | "By room left";
        Outlet "outlet" "按客户所在机构" | "By the customer's unit";
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
    /// Of those, the ones on customers whom the leaver neither leads nor assists.
    #[serde(default)]
    pub others_tasks: i64,
    /// Open opportunities of this member of staff, likewise.
    #[serde(default)]
    pub opportunities: i64,
    #[serde(default)]
    pub others_opportunities: i64,
    /// Groups of customers that the leaver owns.
    #[serde(default)]
    pub groups: i64,
    /// Requests of the leaver for tiers that wait for an answer.
    #[serde(default)]
    pub tier_requests: i64,
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
    /// Members of a household or a group go to one receiver.
    #[serde(default)]
    pub together: bool,
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
    /// The household or group that is kept together, from 1; none where it is the only one of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circle: Option<u32>,
}

/// A portfolio given to several managers in one transfer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewHandover {
    pub from: String,
    /// Every customer and the staff code of the new lead (`none`: the pool).
    pub items: Vec<(CustomerNo, String)>,
    /// What the new lead should know, by customer.
    #[serde(default)]
    pub notes: BTreeMap<CustomerNo, String>,
    pub reason: String,
    #[serde(default)]
    pub effective: Option<NaiveDate>,
}

/// A handover sheet: what goes from one to another, for both to sign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct HandoverSheet {
    pub transfer: Transfer,
    pub bank: String,
    /// Whoever receives, with what: the pool last. Of one part alone that was asked for, that one.
    pub parts: Vec<SheetPart>,
    /// Customers that are in no part, because they are out of the viewer's scope.
    pub others: i32,
}

/// Which part of a sheet, and which page of its customers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::IntoParams))]
#[serde(default)]
pub struct SheetQuery {
    /// Staff code of who gives, `none` for the pool; only with `to`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Likewise of who receives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Which five thousand of the customers of that part, from 1; the first unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SheetPart {
    /// Whoever gives; null: the pool.
    pub from: Option<ManagerRef>,
    /// Null: the pool.
    pub to: Option<ManagerRef>,
    /// All of the part, whether or not they are in `lines`.
    pub customers: i64,
    /// Their AUM when it was asked for, minor units of the base currency; null where some of them are masked.
    pub aum: Option<i64>,
    /// Their open tasks now; null likewise.
    pub tasks: Option<i64>,
    /// Customers on the pages before.
    #[serde(default)]
    pub before: i64,
    /// Of a whole sheet the first five thousand of all parts together, of one part a page of it.
    pub lines: Vec<SheetLine>,
    /// Who has signed it, by time.
    #[serde(default)]
    pub signatures: Vec<Signature>,
    /// For which sides the viewer may sign now.
    #[serde(default)]
    pub may_sign: Vec<SheetSide>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SheetLine {
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub customer_no: CustomerNo,
    pub name: String,
    pub tier: Option<TierRef>,
    /// Minor units of the base currency when it was asked for.
    pub aum: i64,
    /// Open tasks now.
    pub tasks: i64,
    pub note: String,
    /// Who gave it away no longer looks at the customer: the first character of the name, and no figure.
    #[serde(default)]
    pub masked: bool,
}

/// Which of `ids` belong together by `links`: the number of its circle for each, counted from 0 in order of
/// appearance. Links may lead over others that are not in `ids`.
pub fn circles(ids: &[i64], links: &[(i64, i64)]) -> Vec<usize> {
    let mut above: BTreeMap<i64, i64> = BTreeMap::new();
    let top = |above: &BTreeMap<i64, i64>, mut id: i64| {
        while let Some(next) = above.get(&id) {
            id = *next;
        }
        id
    };
    for (a, b) in links {
        let (a, b) = (top(&above, *a), top(&above, *b));
        if a != b {
            above.insert(a.max(b), a.min(b));
        }
    }
    let mut known = BTreeMap::new();
    ids.iter()
        .map(|id| {
            let next = known.len();
            *known.entry(top(&above, *id)).or_insert(next)
        })
        .collect()
}

/// Divides `sizes` into as many parts as `starts` has entries, each part as near to the others as may be:
/// the largest first, each to the part that is smallest so far, beginning at `starts`. The part of each.
///
/// Longest-processing-time rule: no part exceeds the best possible by more than a third (Graham 1969).
pub fn divide(sizes: &[i64], starts: &[i64]) -> Vec<usize> {
    divide_among(sizes, starts, &[])
}

/// The same where some may only go to some: the parts open to each of `sizes`; all where none are named.
pub fn divide_among(sizes: &[i64], starts: &[i64], open: &[Vec<usize>]) -> Vec<usize> {
    let mut parts = vec![0; sizes.len()];
    let mut sums: Vec<(i64, usize)> = starts.iter().map(|start| (*start, 0)).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(sizes[*at]));
    for at in order {
        let open = open.get(at).map(Vec::as_slice).unwrap_or_default();
        // Of equally full parts the one with fewer entries: a customer without AUM is work all the same.
        let least = sums
            .iter_mut()
            .enumerate()
            .filter(|(part, _)| open.is_empty() || open.contains(part))
            .min_by_key(|(part, (sum, count))| (*sum, *count, *part));
        if let Some((part, sum)) = least {
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

    use super::{circles, divide, divide_among};

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
    fn households_are_circles_also_over_somebody_else() {
        assert_eq!(circles(&[5, 6, 7, 8], &[(7, 5), (6, 99), (99, 8)]), [0, 1, 0, 1]);
        assert_eq!(circles(&[3, 2, 1], &[]), [0, 1, 2]);
        assert_eq!(circles(&[1, 2, 3], &[(1, 2), (2, 1), (3, 2)]), [0, 0, 0]);
    }

    #[test]
    fn who_may_only_go_to_one_does_and_the_others_make_up_for_it() {
        assert_eq!(divide_among(&[4, 4, 4, 4], &[0, 0], &[vec![1], vec![1], vec![], vec![]]), [1, 1, 0, 0]);
    }

    #[test]
    fn who_has_more_gets_less_and_nothings_are_shared_too() {
        assert_eq!(divide(&[1, 1, 1], &[2, 0]), [1, 1, 0]);
        assert_eq!(divide(&[0, 0], &[0, 0]), [0, 1]);
    }
}
