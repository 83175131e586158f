//! In whose charge: portfolios, transfers, and when a second person is needed.

use std::collections::BTreeMap;

pub mod board;
pub mod handover;
pub mod newcomers;
pub mod pool;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    CustomerNo, Lang,
    customers::{AssignmentRole, CustomerQuery, ManagerRef, TierRef, list::coded},
    text,
};

/// Where nobody leads a customer: the code that stands for it wherever a manager is asked for.
pub const POOL: &str = "none";

/// Customers that change hands in one transaction, at most. A transfer of more is carried out in batches.
pub const TRANSFER_MAX: usize = 5_000;

/// What the assistants of a customer may have of its contribution together, per cent: something stays with the lead.
pub const SHARE_MAX: u8 = 99;

/// Customers of a move that are all named before it, each with room for a note, at most. Of more the first
/// [`NAMED_MAX`] are.
pub const NOTED_MAX: usize = 20;
pub const NAMED_MAX: usize = 10;

/// Customers of a leaver that are divided among colleagues at once, at most.
pub const HANDOVER_MAX: usize = 50_000;

/// Customers in one transfer, at most.
pub const BULK_MAX: usize = 1_000_000;

coded! {
    /// How far a transfer has come.
    TransferState {
        Pending "pending" "待审批" | "Awaiting approval";
        Approved "approved" "待生效" | "Approved, not yet in effect";
        Running "running" "执行中" | "Under way";
        Done "done" "已生效" | "Done";
        Rejected "rejected" "已驳回" | "Rejected";
        Recalled "recalled" "已撤回" | "Recalled";
        Reverted "reverted" "已回退" | "Reverted";
        Cancelled "cancelled" "已中止" | "Cancelled under way";
    }
}

coded! {
    /// Why a transfer needs a second person.
    Because {
        LeavesBranch "leaves_branch" "跨分行移交" | "Leaves the branch";
        HighTier "high_tier" "含高层级客户" | "High-tier customers";
        ManyCustomers "many_customers" "客户数超过限额" | "More customers than one may move alone";
        LargeAum "large_aum" "金融资产超过限额" | "More AUM than one may move alone";
        Unqualified "unqualified" "接收人不具备该层级要求的资格" | "The receiver lacks a qualification that the tier asks for";
        ByManager "by_manager" "由客户经理本人提出" | "Asked for by a manager";
    }
}

coded! {
    /// Why what was agreed for a date could not be brought into effect on it.
    Stopped {
        ChangedHands "changed_hands" "生效前客户已变更管户，请重新申请" | "The customers changed hands before the date came: ask again";
        SharesTaken "shares_taken" "生效前协办份额合计已满，请重新申请" | "The assistants came to have too much before the date came: ask again";
        ReceiverLeft "receiver_left" "生效前接收人已离职或停用，请重新申请" | "The receiver left before the date came: ask again";
    }
}

/// When a second person is needed, beside what always needs one: leaving the branch, and what a manager asks for.
/// The reason of a transfer by which a manager picked a customer from the pool, as it is kept.
pub const PICKED: &str = "从待分配认领";
/// How the reason begins with which a rule gave a new customer to somebody; the place of the rule follows.
pub const BY_RULE: &str = "新客户规则 ";

/// A reason as it is told: what the product itself gave in the reader's language, what people wrote as they wrote it.
pub fn reason_words(reason: &str, lang: Lang) -> String {
    match reason.strip_prefix(BY_RULE) {
        Some(rule) => text::reason_by_rule(lang, rule),
        None if reason == PICKED => text::reason_picked(lang).to_owned(),
        None => reason.to_owned(),
    }
}

/// Parameter `transfer.approval`; defaults where a field is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApprovalPolicy {
    /// A personal customer of this tier rank or above.
    pub tier_rank: i16,
    /// Likewise of corporate customers, whose scheme has fewer tiers.
    pub corporate_tier_rank: i16,
    /// More customers than this.
    pub customers: i64,
    /// More AUM than this, minor units of the base currency.
    pub aum: i64,
}

impl Default for ApprovalPolicy {
    fn default() -> ApprovalPolicy {
        ApprovalPolicy { tier_rank: 6, corporate_tier_rank: 4, customers: 300, aum: 50_000_000_000 }
    }
}

/// What a policy looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moving {
    pub customers: i64,
    pub aum: i64,
    /// Of the personal customers.
    pub highest_tier_rank: i16,
    pub highest_corporate_rank: i16,
    pub leaves_branch: bool,
    /// Some receiver has no qualification that a customer's tier asks of a lead.
    pub unqualified: bool,
    /// A manager asks, rather than the head of the branch.
    pub by_manager: bool,
}

impl ApprovalPolicy {
    /// Every reason for a second person; empty when one may do it alone.
    pub fn because(&self, moving: &Moving) -> Vec<Because> {
        [
            (moving.leaves_branch, Because::LeavesBranch),
            (moving.highest_tier_rank >= self.tier_rank || moving.highest_corporate_rank >= self.corporate_tier_rank, Because::HighTier),
            (moving.customers > self.customers, Because::ManyCustomers),
            (moving.aum > self.aum, Because::LargeAum),
            (moving.unqualified, Because::Unqualified),
            (moving.by_manager, Because::ByManager),
        ]
        .into_iter()
        .filter_map(|(applies, because)| applies.then_some(because))
        .collect()
    }
}

/// A request that customers change hands: a list, a file sent before, or everybody a filter matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct NewTransfer {
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(value_type = Vec<String>))]
    pub customers: Vec<CustomerNo>,
    /// Everybody these find; `q`, `sort`, `limit` and `after` are not read.
    #[serde(default)]
    pub filter: Option<CustomerQuery>,
    /// The customers of a file that was sent before: its `id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Uuid>,
    /// Staff code of the new manager; `none` for the pool.
    pub to: String,
    #[serde(default = "lead")]
    pub role: AssignmentRole,
    /// Of an assistant: per cent of the contribution from then on, 0 to 99. Without it who begins has nothing, and who
    /// assists already keeps what there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<u8>,
    pub reason: String,
    /// First business date on which it holds; the current one unless told.
    #[serde(default)]
    pub effective: Option<NaiveDate>,
    /// The lead whom the requester saw (`none`: the pool). If it is somebody else by now, nothing moves.
    #[serde(default)]
    pub from: Option<String>,
    /// How many customers the requester saw that the filter finds. If it is another number by now, nothing moves.
    #[serde(default)]
    pub count: Option<i64>,
    /// What the new lead should know, by customer.
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub notes: BTreeMap<CustomerNo, String>,
}

const fn lead() -> AssignmentRole {
    AssignmentRole::Lead
}

/// A transfer as lists and inboxes show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Transfer {
    pub id: Uuid,
    pub state: TransferState,
    pub role: AssignmentRole,
    /// Null: to the pool, or to several.
    pub to: Option<ManagerRef>,
    /// How many receive: more than one when a portfolio was divided.
    #[serde(default)]
    pub receivers: i32,
    pub reason: String,
    pub effective: NaiveDate,
    pub because: Vec<Because>,
    pub customers: i32,
    /// Minor units of the base currency when it was asked for.
    pub aum: i64,
    pub requested_by: String,
    pub requested_at: DateTime<Utc>,
    pub decided_by: Option<String>,
    pub decided_at: Option<DateTime<Utc>>,
    pub decision_reason: String,
    /// Who recalled it before it took effect, or stopped it under way.
    #[serde(default)]
    pub ended: Option<Trail>,
    pub done_at: Option<DateTime<Utc>>,
    /// Of a transfer that is carried out in batches: customers moved so far.
    #[serde(default)]
    pub moved: i32,
    /// Likewise: those left where they are, because they had changed hands before their turn came.
    #[serde(default)]
    pub left_out: i32,
    /// Set where it was agreed to and yet could not be brought into effect.
    #[serde(default)]
    pub stopped: Option<Stopped>,
    /// The transfer that this one takes back.
    #[serde(default)]
    pub reverts: Option<Uuid>,
    /// Who took it back after it took effect.
    #[serde(default)]
    pub reverted: Option<Trail>,
    /// Of an assistant: per cent of the contribution it begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<u8>,
    pub may: TransferRights,
}

/// Who did something to a transfer, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Trail {
    pub by: String,
    pub at: DateTime<Utc>,
    /// Empty where none was given.
    pub reason: String,
}

/// A customer of a transfer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferItem {
    pub customer_no: CustomerNo,
    pub name: String,
    /// Null: from the pool.
    pub from: Option<ManagerRef>,
    /// Null: to the pool.
    pub to: Option<ManagerRef>,
    /// Minor units of the base currency when it was asked for.
    pub aum: i64,
    pub note: String,
}

/// A transfer with its customers as far as the viewer may see them, the weightiest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferDetail {
    pub transfer: Transfer,
    pub items: Vec<TransferItem>,
    /// Customers of it that are not in `items`: out of the viewer's scope, or beyond what is shown.
    pub others: i32,
}

/// Which transfers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransferFilter {
    pub state: Option<TransferState>,
    /// Only those that wait for the viewer's decision.
    pub for_me: bool,
}

/// What the viewer may do with a transfer now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TransferRights {
    pub decide: bool,
    pub recall: bool,
    pub revert: bool,
    /// Stop it while it is under way; what has moved stays moved.
    #[serde(default)]
    pub cancel: bool,
}

/// A file of customer numbers that was read, to be named in [`NewTransfer::file`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TransferFile {
    pub id: Uuid,
    /// Different customers in it.
    pub customers: i64,
    /// Lines that name a customer once more.
    pub repeated: i64,
    /// Lines that name nobody within the sender's scope; the first of them are in `lines`.
    pub bad: i64,
    pub lines: Vec<BadLine>,
}

/// A line of a file that is no customer of the sender's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct BadLine {
    /// Counted from 1.
    pub line: i64,
    /// What stands there, cut to forty characters.
    pub text: String,
    /// Whether it is a customer number at all; then the customer is unknown or out of scope.
    pub is_number: bool,
}

/// The numbers of a file: the first field of each line, be it divided by comma, semicolon or tabulator. Empty
/// lines are passed over, and a first line without a digit is a heading.
pub fn read_numbers(text: &str) -> impl Iterator<Item = (i64, &str, Option<CustomerNo>)> {
    let lines = text.trim_start_matches('\u{feff}').lines().zip(1i64..);
    lines.filter_map(|(line, at)| {
        let field = line.split([',', ';', '\t']).next().unwrap_or_default().trim().trim_matches('"').trim();
        let heading = at == 1 && !field.bytes().any(|byte| byte.is_ascii_digit());
        (!field.is_empty() && !heading).then(|| (at, field, field.parse().ok()))
    })
}

/// A decision with its reason (required to reject).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Decision {
    pub reason: String,
}

/// What a transfer would do, before it is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferPreview {
    pub customers: i64,
    pub aum: i64,
    pub because: Vec<Because>,
    /// Everybody who gives or receives, as it is and as it would be.
    pub portfolios: Vec<PortfolioChange>,
    /// Who moves, the weightiest first: all of at most [`NOTED_MAX`], of more [`NAMED_MAX`].
    #[serde(default)]
    pub first: Vec<MovingCustomer>,
}

/// A customer who would move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MovingCustomer {
    pub customer_no: CustomerNo,
    pub name: String,
    pub tier: Option<TierRef>,
    /// Minor units of the base currency.
    pub aum: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PortfolioChange {
    /// Null: the pool.
    pub manager: Option<ManagerRef>,
    /// 0 for the pool.
    #[serde(default)]
    pub capacity: i64,
    /// Whether the viewer is told of the AUM and the contribution; else both are 0 before and after.
    pub open: bool,
    /// Whether the viewer is told how many customers, and how busy; else those are 0 too.
    pub busy: bool,
    pub before: Portfolio,
    pub after: Portfolio,
}

/// What a manager has in charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portfolio {
    pub customers: i64,
    /// Minor units of the base currency.
    pub aum: i64,
    /// Sum of tier weights, to be held against the capacity.
    pub load: i64,
    /// Contribution of the year so far, minor units; null until a month has been closed.
    #[serde(default)]
    pub contribution: Option<i64>,
}

impl Portfolio {
    /// The same with so much more, or less, in it.
    pub fn shift(&mut self, by: Portfolio, sign: i64) {
        self.customers += sign * by.customers;
        self.aum += sign * by.aum;
        self.load += sign * by.load;
        if let Some(more) = by.contribution {
            self.contribution = Some(self.contribution.unwrap_or(0) + sign * more);
        }
    }
}

/// Ends everything that a leaver holds beside the customers in the own charge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Releasing {
    /// Staff code of who leaves.
    pub from: String,
    /// Staff code of who gets the groups; whoever asks unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heir: Option<String>,
    pub reason: String,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Released {
    /// The transfer to nobody of whom the leaver assisted; null where that was nobody.
    pub transfer: Option<Transfer>,
    /// Open tasks on others' customers that are with their leads now.
    pub tasks: i64,
    /// Open opportunities of others' customers that are with their leads now.
    #[serde(default)]
    pub opportunities: i64,
    /// Groups that have another owner now.
    pub groups: i64,
    /// Requests for tiers that were taken back.
    pub tier_requests: i64,
}

/// Who has which part of a customer's contribution, in per cent: the lead what the assistants leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Shares {
    /// Null: in the pool.
    pub lead: Option<Share>,
    pub assistants: Vec<Share>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Share {
    pub manager: ManagerRef,
    /// Per cent.
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub share: Decimal,
}

/// What every assistant of a customer is to have from the business date on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SharesChange {
    /// By staff code, all who assist: whole per cent, together 99 at most, so that the lead has the rest; null ends
    /// it.
    pub assistants: BTreeMap<String, Option<u8>>,
    /// What each of them was read to have. Where somebody has changed it since, nothing is done; without it what is
    /// there is overwritten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<BTreeMap<String, u8>>,
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_numbers_with_whatever_stands_around_them() {
        let (a, b) = (CustomerNo::from_id(700_000), CustomerNo::from_id(700_001));
        let text = format!("\u{feff}客户号,姓名\r\n{a},陈晨\r\n\r\n\"{b}\"\t城东\n12345\n");
        let read: Vec<_> = read_numbers(&text).collect();
        let (first, second) = (a.to_string(), b.to_string());
        assert_eq!(read, [(2, first.as_str(), Some(a)), (4, second.as_str(), Some(b)), (5, "12345", None)]);
    }

    #[test]
    fn a_second_person_is_asked_for_each_reason_that_applies() {
        let policy = ApprovalPolicy::default();
        assert_eq!(policy.because(&Moving { customers: 1, ..Moving::default() }), []);
        let much = Moving {
            customers: 301,
            aum: i64::MAX,
            highest_tier_rank: 6,
            highest_corporate_rank: 0,
            leaves_branch: true,
            unqualified: true,
            by_manager: true,
        };
        assert_eq!(policy.because(&much), Because::ALL);
        // Nothing that a bank stores, today or before, lets a customer leave its branch by one person's will.
        let lax = r#"{"leaving_branch": false, "tier_rank": 99, "corporate_tier_rank": 99, "customers": 1000000, "aum": 9000000000000000}"#;
        let lax: ApprovalPolicy = serde_json::from_str(lax).unwrap();
        assert_eq!(lax.because(&Moving { customers: 1, leaves_branch: true, ..Moving::default() }), [Because::LeavesBranch]);
        // The highest of four corporate tiers is as high as the highest of six personal ones.
        let company = Moving { customers: 1, highest_corporate_rank: 4, ..Moving::default() };
        assert_eq!(policy.because(&company), [Because::HighTier]);
    }
}
