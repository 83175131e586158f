//! What a person is told: what waits for a decision, and what came of what was asked for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    Lang,
    customers::list::coded,
    tiers::{MovementKind, TierMoves},
};

coded! {
    /// What it is about; each can be turned off.
    NoticeKind {
        TransferWaits "transfer_waits" "移交等您审批" | "Transfers waiting for you";
        TransferDecided "transfer_decided" "移交已审批" | "Transfers decided";
        CustomersReceived "customers_received" "客户移入" | "Customers received";
        CustomersGiven "customers_given" "客户移出" | "Customers given away";
        TierWaits "tier_waits" "人工定层等您审批" | "Tiers waiting for you";
        TierAnswered "tier_answered" "人工定层已审批" | "Tiers answered";
        TierMoved "tier_moved" "客户分层变动" | "Tiers that change";
        RoleWaits "role_waits" "角色变更等您审批" | "Roles waiting for you";
        RoleDecided "role_decided" "角色变更已审批" | "Roles decided";
        TargetsWait "targets_wait" "任务指标等您审批" | "Targets waiting for you";
        TargetsDecided "targets_decided" "任务指标已审批" | "Targets decided";
        Pooled "pooled" "客户无人主办" | "Customers without a lead";
        TasksDue "tasks_due" "今日待办" | "Tasks due";
    }
}

/// One thing told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// A place in the order of telling.
    pub id: i64,
    pub kind: NoticeKind,
    pub at: DateTime<Utc>,
    pub read: bool,
    /// The page it leads to.
    pub link: String,
    /// Who asked or decided; empty where nobody did.
    pub by: String,
    /// Customers or tasks concerned.
    pub count: i64,
    /// Of a decision: whether it was agreed to.
    pub agreed: Option<bool>,
    /// Of tiers that change: which way.
    #[serde(default)]
    pub tiers: TierMoves,
}

/// Some of them, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notices {
    pub items: Vec<Notice>,
    /// The id to go on before.
    pub next: Option<i64>,
    /// Not read yet, [`Notices::CAP`] at most.
    pub unread: i64,
    pub settings: NoticeSettings,
}

impl Notices {
    /// Where counting stops.
    pub const CAP: i64 = 100;
}

/// What one does not want to hear of, and whether the browser itself may tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NoticeSettings {
    pub muted: Vec<NoticeKind>,
    pub browser: bool,
}

/// Which ones were read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    One(i64),
    /// All of a kind up to this one.
    Kind(NoticeKind, i64),
    /// All up to this one.
    All(i64),
}

impl Notice {
    /// In one line, without anybody's name but a colleague's.
    pub fn words(&self, lang: Lang) -> String {
        let (by, n) = (&self.by, self.count);
        let agreed = self.agreed == Some(true);
        match lang {
            Lang::Zh => match self.kind {
                NoticeKind::TransferWaits => format!("{by} 申请移交 {n} 位客户"),
                NoticeKind::TransferDecided if agreed => format!("{by} 已同意移交 {n} 位客户"),
                NoticeKind::TransferDecided => format!("{by} 驳回了 {n} 位客户的移交"),
                NoticeKind::CustomersReceived => format!("{n} 位客户移交给您（{by}）"),
                NoticeKind::CustomersGiven => format!("您的 {n} 位客户已移交他人（{by}）"),
                NoticeKind::TierWaits => format!("{by} 申请人工定层"),
                NoticeKind::TierAnswered if agreed => format!("{by} 已同意人工定层"),
                NoticeKind::TierAnswered => format!("{by} 驳回了人工定层"),
                NoticeKind::TierMoved => self.moves(lang, "客户分层：", "，"),
                NoticeKind::RoleWaits => format!("{by} 申请变更角色"),
                NoticeKind::RoleDecided if agreed => format!("{by} 已批准角色变更"),
                NoticeKind::RoleDecided => format!("{by} 驳回了角色变更"),
                NoticeKind::TargetsWait => format!("{by} 提交了 {n} 项任务指标"),
                NoticeKind::TargetsDecided if agreed => format!("{by} 已批准 {n} 项任务指标"),
                NoticeKind::TargetsDecided => format!("{by} 驳回了 {n} 项任务指标"),
                NoticeKind::Pooled => format!("{n} 位客户的主办到期，已进入待分配"),
                NoticeKind::TasksDue => format!("{n} 项待办到期"),
            },
            Lang::En => match self.kind {
                NoticeKind::TransferWaits => format!("{by} asks to move {n}"),
                NoticeKind::TransferDecided if agreed => format!("{by} agreed to move {n}"),
                NoticeKind::TransferDecided => format!("{by} rejected a transfer of {n}"),
                NoticeKind::CustomersReceived => format!("{n} came into your charge ({by})"),
                NoticeKind::CustomersGiven => format!("{n} left your charge ({by})"),
                NoticeKind::TierWaits => format!("{by} asks for a tier by hand"),
                NoticeKind::TierAnswered if agreed => format!("{by} agreed to a tier by hand"),
                NoticeKind::TierAnswered => format!("{by} refused a tier by hand"),
                NoticeKind::TierMoved => self.moves(lang, "Tiers: ", ", "),
                NoticeKind::RoleWaits => format!("{by} asks for a role"),
                NoticeKind::RoleDecided if agreed => format!("{by} approved a role"),
                NoticeKind::RoleDecided => format!("{by} rejected a role"),
                NoticeKind::TargetsWait => format!("{by} asks for {n} targets"),
                NoticeKind::TargetsDecided if agreed => format!("{by} approved {n} targets"),
                NoticeKind::TargetsDecided => format!("{by} rejected {n} targets"),
                NoticeKind::Pooled => format!("{n} fell into the pool: their lead ended"),
                NoticeKind::TasksDue => format!("{n} tasks are due"),
            },
        }
    }

    fn moves(&self, lang: Lang, head: &str, joint: &str) -> String {
        let part = |(kind, n): (MovementKind, i64)| match lang {
            Lang::Zh => format!("{n} 位{}", kind.name(lang)),
            Lang::En => format!("{n} {}", kind.name(lang).to_lowercase()),
        };
        format!("{head}{}", self.tiers.by_kind().map(part).collect::<Vec<_>>().join(joint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_that_change_are_told_in_one_line() {
        let notice = Notice {
            id: 1,
            kind: NoticeKind::TierMoved,
            at: Utc::now(),
            read: false,
            link: "/lifecycle#tier-movements".into(),
            by: String::new(),
            count: 5,
            agreed: None,
            tiers: TierMoves { up: 3, down: 0, threatened: 2 },
        };
        assert_eq!(notice.words(Lang::Zh), "客户分层：2 位将降级，3 位升级");
        assert_eq!(notice.words(Lang::En), "Tiers: 2 about to go down, 3 upgraded");
    }
}
