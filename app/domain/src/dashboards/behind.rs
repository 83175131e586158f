//! The customers behind a figure of a month, as they were then.

use serde::{Deserialize, Serialize};

use super::{BoardQuery, Frame};
use crate::{
    CustomerNo,
    customers::list::{TierRef, coded},
};

coded! {
    /// Which customers of a unit, tier, manager and product a figure counts.
    #[derive(Default)]
    Counted {
        #[default]
        All "all" "全部" | "All";
        /// Who came in the month.
        Opened "opened" "本月新增客户" | "New in the month";
        Contacted "contacted" "本月联系过" | "Contacted in the month";
        Quiet "quiet" "本月未联系" | "Not contacted in the month";
        Visited "visited" "本月拜访过" | "Visited in the month";
        /// Who became a customer of value after being dormant or a prospect.
        Activated "activated" "本月激活" | "Activated in the month";
        /// Who had a product and took up another.
        Crossed "crossed" "本月交叉销售" | "Cross-sold in the month";
        /// Who holds the product and did not a month before.
        Gained "gained" "本月新增持有" | "Holders gained in the month";
        /// Who held the product a month before and does not any more.
        Lapsed "lapsed" "本月不再持有" | "Holders lapsed in the month";
        /// Of a tenth of the bank by contribution; the value is its number.
        Decile "decile" "价值分档" | "Decile";
        /// Who went from one tier to another; the value is `from~to`: codes, nothing for no tier, `-` for not being a customer.
        Flow "flow" "分层迁移" | "From tier to tier";
        /// Persons of an age band; the value is its number.
        Age "age" "年龄段" | "Age band";
        /// Persons by appetite for risk; the value is its level, 0 for none.
        Appetite "appetite" "风险承受能力" | "Appetite for risk";
        /// Of the unit itself and of none below it.
        Direct "direct" "本级直属客户" | "Directly in the unit";
        NoTier "no_tier" "未分层" | "No tier";
        /// With open tasks of the manager's whose day is over, whoever leads them and wherever they are; only of the running month.
        Overdue "overdue" "有逾期任务的客户" | "With overdue tasks";
        /// Of one household; the value is the number of one of its members, `-` for who is in none.
        Household "household" "家庭" | "Household";
        /// The same of a group of companies.
        CompanyGroup "company_group" "企业集团" | "Group of companies";
    }
}

/// What is asked: a board's month, unit, tier, group and currency, and which of its customers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct BehindQuery {
    pub board: BoardQuery,
    /// Staff code of the lead on the last day; `none` for those whom nobody led.
    pub manager: Option<String>,
    /// As in [`crate::customers::CustomerQuery::product`]; with [`Counted::Gained`] and [`Counted::Lapsed`] the one product.
    pub product: Option<String>,
    pub counted: Counted,
    pub value: Option<String>,
    /// `next` of the answer before.
    pub after: Option<String>,
}

/// A customer as the month has it, in the base currency; where one currency is asked for, balances are of the accounts in it, in its
/// own minor units. Number and name are absent where the viewer may not see the customer (any more).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BehindRow {
    pub customer_no: Option<CustomerNo>,
    pub name: Option<String>,
    pub tier: Option<TierRef>,
    pub org_name: String,
    pub aum: i64,
    pub deposits: i64,
    pub loans: i64,
    pub contribution: i64,
}

/// Those who brought the most first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BehindBoard {
    pub frame: Frame,
    pub items: Vec<BehindRow>,
    /// To be asked for as `after`.
    pub next: Option<String>,
    pub counted: Counted,
    pub value: Option<String>,
    /// Name of the manager who is asked for; empty: those whom nobody led.
    pub manager: Option<String>,
    /// Name of the customer whose household or group of companies is asked for.
    pub member: Option<String>,
    /// Products that are asked for: held or not, and both names.
    pub products: Vec<(bool, String, String)>,
}
