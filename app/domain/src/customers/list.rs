//! The customers list: what it asks and what it gets.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{CustomerNo, i18n::Lang};

macro_rules! coded {
    ($(#[$meta:meta])* $name:ident { $($(#[$tag:meta])* $variant:ident $code:literal $zh:literal | $en:literal ;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "server", derive(sqlx::Type, utoipa::ToSchema))]
        #[cfg_attr(feature = "server", sqlx(type_name = "text"))]
        pub enum $name {
            $($(#[$tag])* #[serde(rename = $code)] #[cfg_attr(feature = "server", sqlx(rename = $code))] $variant),*
        }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            /// As stored and sent.
            pub const fn code(self) -> &'static str { match self { $($name::$variant => $code),* } }
            pub fn from_code(code: &str) -> Option<$name> { $name::ALL.iter().copied().find(|it| it.code() == code) }
            pub const fn name(self, lang: $crate::i18n::Lang) -> &'static str {
                match (self, lang) { $(($name::$variant, $crate::i18n::Lang::Zh) => $zh, ($name::$variant, $crate::i18n::Lang::En) => $en),* }
            }
        }
    };
}
pub(crate) use coded;

coded! {
    /// Personal 个人 or corporate 对公.
    Kind {
        Personal "personal" "个人" | "Personal";
        Corporate "corporate" "对公" | "Corporate";
    }
}

coded! {
    /// Lifecycle state.
    State {
        Prospective "prospective" "潜在" | "Prospective";
        Valuable "valuable" "优势" | "Valuable";
        Dormant "dormant" "睡眠" | "Dormant";
        Leaving "leaving" "流失" | "Leaving";
    }
}

coded! {
    /// What a list may be ordered by; each has an index of its own, but for those of [`Sort::is_of_portfolios`].
    Sort {
        AumDesc "-aum" "金融资产 ↓" | "AUM ↓";
        AumAsc "aum" "金融资产 ↑" | "AUM ↑";
        NameAsc "name" "姓名 ↑" | "Name ↑";
        NameDesc "-name" "姓名 ↓" | "Name ↓";
        TierDesc "-tier" "分层 ↓" | "Tier ↓";
        TierAsc "tier" "分层 ↑" | "Tier ↑";
        ContactAsc "last_contact" "最久未联系" | "Longest without contact";
        ContactDesc "-last_contact" "最近联系" | "Last contact ↓";
        OpenedDesc "-opened" "开户日 ↓" | "Opened ↓";
        OpenedAsc "opened" "开户日 ↑" | "Opened ↑";
        DepositsDesc "-deposits" "存款 ↓" | "Deposits ↓";
        DepositsAsc "deposits" "存款 ↑" | "Deposits ↑";
        LoansDesc "-loans" "贷款 ↓" | "Loans ↓";
        LoansAsc "loans" "贷款 ↑" | "Loans ↑";
        MaturityAsc "next_maturity" "最近到期" | "Next maturity ↑";
        MaturityDesc "-next_maturity" "最晚到期" | "Next maturity ↓";
        TaskAsc "next_due" "最近待办" | "Next task ↑";
        TaskDesc "-next_due" "最晚待办" | "Next task ↓";
        WealthDesc "-wealth" "理财 ↓" | "Wealth ↓";
        WealthAsc "wealth" "理财 ↑" | "Wealth ↑";
        ContributionDesc "-contribution" "贡献度 ↓" | "Contribution ↓";
        ContributionAsc "contribution" "贡献度 ↑" | "Contribution ↑";
        TrendAsc "trend" "流出最多" | "Largest loss of AUM";
        TrendDesc "-trend" "流入最多" | "Largest gain of AUM";
        AlertsDesc "-alerts" "预警 ↓" | "Alerts ↓";
        AlertsAsc "alerts" "预警 ↑" | "Alerts ↑";
        AccountsDesc "-accounts" "账户 ↓" | "Accounts ↓";
        AccountsAsc "accounts" "账户 ↑" | "Accounts ↑";
        CompletenessAsc "completeness" "资料完整 ↑" | "Complete ↑";
        CompletenessDesc "-completeness" "资料完整 ↓" | "Complete ↓";
    }
}

impl Sort {
    /// Only a portfolio is so ordered: it is read whole, where a unit's customers would be too many.
    pub const fn is_of_portfolios(self) -> bool {
        use Sort::{
            AccountsAsc, AccountsDesc, AlertsAsc, AlertsDesc, CompletenessAsc, CompletenessDesc, ContributionAsc, ContributionDesc,
            TaskAsc, TaskDesc, TrendAsc, TrendDesc, WealthAsc, WealthDesc,
        };
        matches!(
            self,
            TaskAsc
                | TaskDesc
                | WealthDesc
                | WealthAsc
                | ContributionDesc
                | ContributionAsc
                | TrendAsc
                | TrendDesc
                | AlertsDesc
                | AlertsAsc
                | AccountsDesc
                | AccountsAsc
                | CompletenessAsc
                | CompletenessDesc
        )
    }
}

/// Filters, order and place of a page. Empty means "all within my scope".
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CustomerQuery {
    /// Name (two characters anywhere, pinyin, initials), customer number, phone, ID, account number, source key.
    /// Finds the five hundred weightiest; `total` is then capped there.
    pub q: Option<String>,
    /// Unit code; its subtree.
    pub org: Option<String>,
    /// Staff code of the lead; `none` for the pool.
    pub manager: Option<String>,
    /// Tier codes; any of them.
    pub tier: Vec<String>,
    /// Group code.
    pub group: Option<String>,
    pub kind: Option<Kind>,
    pub state: Option<State>,
    /// Entered the state within so many days, the business date included.
    pub state_days: Option<u16>,
    /// Whose tier went that way within thirty days, or is about to go down.
    pub tier_move: Option<crate::tiers::MovementKind>,
    /// Minor units of the base currency, inclusive.
    pub aum_min: Option<i64>,
    pub aum_max: Option<i64>,
    /// Code of a product held; with `!` before it, of one not held. Several with commas between them have to be
    /// true together: `CUR,!WEALTH`.
    pub product: Option<String>,
    /// Not contacted for this many days (or never).
    pub quiet_days: Option<u16>,
    pub sort: Option<Sort>,
    /// 1..=200, 50 unless told.
    pub limit: Option<u16>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// A tier by its code, with what is needed to draw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TierRef {
    pub code: String,
    pub name: String,
    pub name_en: String,
    /// Which mark of the design system stands for it.
    pub mark: i16,
}

impl TierRef {
    pub fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.name,
            Lang::En => &self.name_en,
        }
    }
}

/// A manager by staff code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ManagerRef {
    pub code: String,
    pub name: String,
}

/// A unit by code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct OrgRef {
    pub code: String,
    pub name: String,
}

/// One row of the customers list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CustomerItem {
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub customer_no: CustomerNo,
    pub kind: Kind,
    pub name: String,
    /// A colleague's customer, shown by its masked basics only: no figures, no link.
    #[serde(default)]
    pub masked: bool,
    pub tier: Option<TierRef>,
    pub state: State,
    pub org: OrgRef,
    /// The lead; `None` while in the pool.
    pub manager: Option<ManagerRef>,
    /// Minor units of the base currency.
    pub aum: i64,
    pub aum_previous: i64,
    pub deposits: i64,
    pub wealth: i64,
    pub loans: i64,
    /// Of the year so far; null before any month was computed.
    #[serde(default)]
    pub contribution: Option<i64>,
    pub accounts: i32,
    pub last_contact_at: Option<DateTime<Utc>>,
    /// The earliest day by which an open task is to be done.
    pub next_due_on: Option<NaiveDate>,
    pub next_maturity_on: Option<NaiveDate>,
    pub open_alerts: i32,
    /// Percent of the profile that is filled in.
    pub completeness: i16,
    pub opened_on: Option<NaiveDate>,
}
