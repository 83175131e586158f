//! The 360 view: one answer with everything the bank knows, and its longer parts by page.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::list::{Kind, ManagerRef, OrgRef, State, TierRef, coded};
use crate::{Currency, CustomerNo, Lang, opportunities::Opportunity};

coded! {
    /// What kind of thing an account is.
    Category {
        Current "current" "活期" | "Current";
        Term "term" "定期" | "Term deposit";
        Loan "loan" "贷款" | "Loan";
        Card "card" "银行卡" | "Card";
        Wealth "wealth" "理财" | "Wealth product";
        Insurance "insurance" "保险" | "Insurance";
        Fund "fund" "基金" | "Fund";
    }
}

coded! {
    /// How somebody is related; read "customer IS kind OF related", or the reverse if `inverse`.
    RelationKind {
        Spouse "spouse" "配偶" | "Spouse";
        Parent "parent" "父母" | "Parent";
        Household "household" "同一家庭" | "Household";
        Shareholder "shareholder" "股东" | "Shareholder";
        LegalRepresentative "legal_representative" "法定代表人" | "Legal representative";
        ActualController "actual_controller" "实际控制人" | "Actual controller";
        Guarantor "guarantor" "担保人" | "Guarantor";
        GroupMember "group_member" "集团成员" | "Group member";
        KeyPerson "key_person" "关键人" | "Key person";
        Employer "employer" "雇主" | "Employer";
    }
}

impl RelationKind {
    /// Says the same read from either end.
    pub const fn is_mutual(self) -> bool {
        matches!(self, RelationKind::Spouse | RelationKind::Household | RelationKind::GroupMember)
    }

    /// What the other end is to this one; `inverse`: the other one is `self`.
    pub const fn other_end(self, inverse: bool, lang: Lang) -> &'static str {
        use RelationKind::{ActualController, Employer, Guarantor, KeyPerson, LegalRepresentative, Parent, Shareholder};
        if inverse {
            return self.name(lang);
        }
        match (self, lang) {
            (Parent, Lang::Zh) => "子女",
            (Parent, Lang::En) => "Child",
            (Shareholder, Lang::Zh) => "持股企业",
            (Shareholder, Lang::En) => "Holds shares of",
            (LegalRepresentative, Lang::Zh) => "任法定代表人",
            (LegalRepresentative, Lang::En) => "Represents",
            (ActualController, Lang::Zh) => "实际控制",
            (ActualController, Lang::En) => "Controls",
            (Guarantor, Lang::Zh) => "为其担保",
            (Guarantor, Lang::En) => "Guarantees",
            (KeyPerson, Lang::Zh) => "任关键人",
            (KeyPerson, Lang::En) => "Key person of",
            (Employer, Lang::Zh) => "员工",
            (Employer, Lang::En) => "Employee",
            _ => self.name(lang),
        }
    }
}

coded! {
    /// A way the bank and a customer met.
    ActivityKind {
        Call "call" "电话" | "Call";
        Visit "visit" "上门拜访" | "Visit";
        Branch "branch" "到店" | "At the branch";
        Message "message" "消息" | "Message";
        Email "email" "邮件" | "Email";
        Meeting "meeting" "会议" | "Meeting";
        Care "care" "关怀" | "Care";
    }
}

coded! {
    /// A person's part in serving a customer.
    AssignmentRole {
        Lead "lead" "主办" | "Lead";
        Assist "assist" "协办" | "Assist";
    }
}

/// Where a value came from and which day it speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Lineage {
    pub source: String,
    pub business_date: Option<NaiveDate>,
}

/// Profile fields by name (see [`super::fields`]), as text in canonical form; masked ones already masked.
pub type Profile = BTreeMap<String, Option<String>>;

/// Everything on the customer's page that is not a long list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Customer360 {
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub customer_no: CustomerNo,
    pub version: i32,
    pub kind: Kind,
    pub name: String,
    pub state: State,
    /// Business date on which it was entered; null where that was before it was written down.
    #[serde(default)]
    pub state_since: Option<NaiveDate>,
    /// The state before, where it was written down.
    #[serde(default)]
    pub state_before: Option<State>,
    pub org: OrgRef,
    /// Customer since, and until when.
    #[serde(default)]
    pub opened_on: Option<NaiveDate>,
    #[serde(default)]
    pub closed_on: Option<NaiveDate>,
    pub tier: Option<TierRef>,
    pub tier_since: Option<NaiveDate>,
    /// May the viewer edit, log contacts, reveal?
    pub may: Rights,
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub profile: Profile,
    /// What a feed brings beyond the profile (`extra.NAME`), by name; long numbers masked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub extra: BTreeMap<String, String>,
    /// By field; of the unit under `org`, of what a feed brings beyond under `extra.NAME`.
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub lineage: BTreeMap<String, Lineage>,
    /// Percent; `missing` names the empty fields that count.
    pub completeness: i16,
    pub missing: Vec<String>,
    /// Minor units of the base currency.
    pub aum: i64,
    pub aum_previous: i64,
    pub deposits: i64,
    pub wealth: i64,
    pub loans: i64,
    /// Contribution of the year so far; null until a month has been closed.
    pub contribution: Option<i64>,
    pub business_date: NaiveDate,
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub base_currency: Currency,
    pub last_contact_at: Option<DateTime<Utc>>,
    pub assignments: Vec<Assignment>,
    pub holdings: Vec<Holding>,
    pub cards: Vec<Card>,
    pub standing_orders: Vec<StandingOrder>,
    pub contracts: Vec<Contract>,
    pub guarantees: Vec<Guarantee>,
    pub identities: Vec<Identity>,
    pub contacts: Vec<Contact>,
    /// To two steps, for the graph.
    pub relations: Vec<Relation>,
    pub balances: Vec<MonthBalance>,
    pub tasks: Vec<Task>,
    /// The open ones.
    #[serde(default)]
    pub opportunities: Vec<Opportunity>,
    pub alerts: Vec<Alert>,
    pub documents: Vec<Document>,
    /// The first page of the timeline, and where the next begins.
    pub timeline: Vec<TimelineItem>,
    #[serde(default)]
    pub timeline_next: Option<String>,
}

/// What the viewer may do with this customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Rights {
    pub edit: bool,
    pub reveal: bool,
    pub log_activity: bool,
    /// Say what the assistants have of the contribution.
    #[serde(default)]
    pub share: bool,
}

/// `to` is null while it lasts; otherwise the first day it no longer holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Assignment {
    pub manager: ManagerRef,
    pub role: AssignmentRole,
    /// Percent.
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub share: Decimal,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
    /// The system that says so.
    pub source: String,
}

/// An account as a holding. Owned by the customer, or by `owner` who lets the customer use it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Holding {
    /// Masked to the last four digits.
    pub account_no: String,
    /// Opaque; names the account in `/accounts` and `/transactions?account=`.
    pub account: String,
    pub category: Category,
    pub product: String,
    pub product_name: String,
    /// Empty where the bank has none.
    pub product_name_en: String,
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub currency: Currency,
    /// Minor units of `currency`.
    pub balance: i64,
    /// Minor units of the base currency.
    pub balance_base: i64,
    pub limit_amount: Option<i64>,
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub rate: Option<Decimal>,
    pub opened_on: Option<NaiveDate>,
    pub matures_on: Option<NaiveDate>,
    pub closed_on: Option<NaiveDate>,
    pub status: String,
    pub contract_no: Option<String>,
    pub term_months: Option<i32>,
    pub payment: Option<i64>,
    pub overdue_days: i32,
    pub statement_frequency: Option<String>,
    pub owner: Option<Party>,
    /// Others who may use it.
    pub users: Vec<Party>,
    pub source: String,
    pub business_date: Option<NaiveDate>,
}

impl Holding {
    pub fn product_name(&self, lang: Lang) -> &str {
        match lang {
            Lang::En if !self.product_name_en.is_empty() => &self.product_name_en,
            _ => &self.product_name,
        }
    }
}

/// A customer named in passing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Party {
    /// Null when the viewer may not open that customer.
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub customer_no: Option<CustomerNo>,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Card {
    /// Names the card in a reveal.
    pub id: String,
    /// Masked to the last four digits.
    pub card_no: Option<String>,
    pub kind: String,
    pub issued_on: Option<NaiveDate>,
    pub status: String,
    pub account_no: String,
    pub source: String,
    pub business_date: Option<NaiveDate>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct StandingOrder {
    pub account_no: String,
    pub to_bank: Option<String>,
    pub to_account: Option<String>,
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub currency: Currency,
    pub amount: i64,
    pub purpose: Option<String>,
    pub source: String,
    pub business_date: Option<NaiveDate>,
}

/// 合同; its due bills are the loan holdings with the same `contract_no`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Contract {
    pub contract_no: String,
    pub kind: String,
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub currency: Currency,
    pub amount: i64,
    pub signed_on: Option<NaiveDate>,
    pub expires_on: Option<NaiveDate>,
    pub status: String,
    pub source: String,
    pub business_date: Option<NaiveDate>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Guarantee {
    pub kind: String,
    pub description: String,
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub currency: Currency,
    pub amount: i64,
    pub guarantor: Option<Party>,
    pub contract_no: Option<String>,
    pub source: String,
    pub business_date: Option<NaiveDate>,
}

/// `id` names the item in a reveal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Identity {
    pub id: String,
    pub kind: String,
    pub system: String,
    pub value: String,
    pub masked: bool,
    pub expires_on: Option<NaiveDate>,
    pub verified: bool,
    pub business_date: Option<NaiveDate>,
    /// Another one once the paper is changed; sent back with a change as `seen`.
    #[serde(default)]
    pub mark: String,
}

/// `id` names the item in a reveal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Contact {
    pub id: String,
    pub kind: String,
    pub value: String,
    pub masked: bool,
    pub is_primary: bool,
    /// Whether it may be used for marketing, where the customer was asked.
    #[serde(default)]
    pub consent: Option<bool>,
    pub source: String,
    pub business_date: Option<NaiveDate>,
    /// Another one once the contact is changed; sent back with a change as `seen`.
    #[serde(default)]
    pub mark: String,
}

/// An edge of the relation graph. `from` is the customer of the page or one step away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Relation {
    pub from: RelationEnd,
    pub to: RelationEnd,
    pub kind: RelationKind,
    /// Read "from IS kind OF to" unless inverse.
    pub inverse: bool,
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub percentage: Option<Decimal>,
    pub step: i32,
    pub source: String,
    pub business_date: Option<NaiveDate>,
}

/// `key` is stable within one answer; `customer_no` is null when the viewer may not open that customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RelationEnd {
    pub key: String,
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub customer_no: Option<CustomerNo>,
    pub name: String,
    pub kind: Kind,
    pub tier: Option<TierRef>,
    pub aum: Option<i64>,
}

/// Month ends in minor units of the base currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct MonthBalance {
    /// First day of the month.
    pub month: NaiveDate,
    pub aum: i64,
    pub deposits: i64,
    pub loans: i64,
    /// Average daily AUM over the month.
    pub average_aum: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Task {
    pub id: String,
    pub title: String,
    pub due_on: Option<NaiveDate>,
    pub owner: Option<ManagerRef>,
    pub version: i32,
    /// Who made it; null for what came with the bank.
    pub created_by: Option<String>,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Alert {
    pub kind: String,
    pub severity: String,
    pub raised_on: NaiveDate,
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub evidence: serde_json::Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Document {
    pub kind: String,
    pub title: String,
    pub received_on: Option<NaiveDate>,
    pub expires_on: Option<NaiveDate>,
    pub source: String,
    pub business_date: Option<NaiveDate>,
}

/// What [`TimelineItem::what`] may be.
pub const TIMELINE_KINDS: [&str; 10] =
    ["activity", "assignment", "tier", "field", "complaint", "task", "account", "alert", "opportunity", "state"];

/// One thing that happened, of any kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TimelineItem {
    /// One of [`TIMELINE_KINDS`].
    pub what: String,
    pub at: DateTime<Utc>,
    pub by: Option<String>,
    /// What exactly, by `what`:
    /// - `activity` `{kind, summary, outcome, next_step, next_on}`
    /// - `assignment` `{event: begun|ended, manager: {code, name}, role, share, reason?, note?}`; `note`: what the new lead was told;
    ///   or `{event: shares, shares: [{manager: {code, name}, role, before, after?}], reason}`: no `after` of who no longer assists
    /// - `tier` `{event: begun|ended, tier: {code, name, name_en, mark}, rank, previous_rank?, reason?: {scheme, version, given?}, by_hand?, until?}`;
    ///   `ended` where no other tier began; `by_hand` the reason for which one was given, to hold `until`
    /// - `field` `{source, changes: [{field, old, new}]}`, a contact's field being `contact:mobile`, a paper's `identity:id_card`
    ///   and the day it expires `expiry:id_card`
    /// - `complaint` `{subject, channel, state, due_on, detail, resolved_at}`
    /// - `task` `{title, state, due_on}`
    /// - `alert` `{kind, severity, evidence, closed_on?}`
    /// - `opportunity` one that ended: `{title, stage: won|lost, currency, amount, reason?}`
    /// - `state` of the lifecycle: `{state, before}`
    /// - `account` `{event: opened|closed, account_no, category, product_name, product_name_en}`
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub detail: serde_json::Value,
}

/// One booked transaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Transaction {
    pub booked_on: NaiveDate,
    pub account_no: String,
    pub account: String,
    /// `credit` or `debit`.
    pub direction: String,
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub currency: Currency,
    pub amount: i64,
    pub balance_after: Option<i64>,
    pub kind: String,
    pub purpose: String,
    pub counterparty_bank: Option<String>,
    pub counterparty_account: Option<String>,
    pub narrative: Option<String>,
    /// The account's system, and the day it speaks for.
    pub source: Option<String>,
    pub business_date: Option<NaiveDate>,
}

/// Filters and place of a page of transactions, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::IntoParams))]
#[serde(default)]
pub struct TransactionQuery {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub account: Option<String>,
    pub direction: Option<String>,
    /// Minor units.
    pub amount_min: Option<i64>,
    pub q: Option<String>,
    pub limit: Option<u16>,
    pub after: Option<String>,
}

/// A slice of a longer list. `next` is an opaque cursor; `None` at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Slice<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// What the customer brought in one month, by account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ContributionItem {
    /// First day of the month.
    pub month: NaiveDate,
    pub account: String,
    pub account_no: String,
    /// Code of the product.
    pub product: String,
    pub currency: String,
    pub treatment: crate::contribution::Treatment,
    pub days: i16,
    /// 360 or 365.
    pub day_basis: i16,
    /// This and the fees charged in minor units of the account's currency.
    pub average_balance: i64,
    pub charged: i64,
    /// Minor units of the base currency for one of the account's.
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub fx: rust_decimal::Decimal,
    /// Per cent a year: paid or earned, the transfer price, the fee on the balance.
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub rate: rust_decimal::Decimal,
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub ftp_rate: rust_decimal::Decimal,
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub fee_rate: rust_decimal::Decimal,
    /// Per cent: probability of default, loss given default.
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub pd: rust_decimal::Decimal,
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub lgd: rust_decimal::Decimal,
    /// The part of the cost that is of postings, minor units of the base currency, and how many there were; these four are
    /// absent in a month that was computed before they were kept.
    #[serde(default)]
    pub posted_cost: Option<i64>,
    #[serde(default)]
    pub postings: Option<i32>,
    /// Tenor of the transfer price, and the day whose curve it is of.
    #[serde(default)]
    pub tenor_months: Option<i32>,
    #[serde(default)]
    pub priced_on: Option<NaiveDate>,
    /// Where the curve has no point of that tenor: what stands for it. Absent where curves have changed since.
    #[serde(default)]
    pub curve_gap: Option<crate::contribution::curve::Gap>,
    /// The first curve, where there was none on that day.
    #[serde(default)]
    pub curve_from: Option<NaiveDate>,
    /// Minor units of the base currency, and so is their sum.
    #[serde(flatten)]
    pub lines: crate::contribution::Lines,
    pub contribution: i64,
}

/// `closed_through` is the last month whose books are closed; null while none is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Contribution {
    pub items: Vec<ContributionItem>,
    pub next: Option<String>,
    pub closed_through: Option<NaiveDate>,
}
