//! The bell: what each user is told, read or not, and what one does not want to hear of.

mod deliver;

pub use deliver::{deliver, sweep};

use chrono::{DateTime, Utc};
use guanhu_domain::{
    CustomerNo,
    access::{Verb, account::Preferences},
    notices::{Notice, NoticeKind, NoticeSettings, Notices, Read},
};
use serde_json::Value;
use sqlx::types::Json;

use crate::{Actor, Bank, Error, Result, access::account};

const PAGE: i64 = 50;
/// The name of the settings among the preferences of lists.
const SETTINGS: &str = "notices";

#[derive(sqlx::FromRow)]
struct Row {
    notice_id: i64,
    kind: String,
    customer_id: Option<i64>,
    detail: Json<Value>,
    at: DateTime<Utc>,
    read: bool,
}

/// What the actor was told, the newest first; `before` the last one that is known.
pub async fn list(bank: &Bank, actor: &Actor, before: Option<i64>) -> Result<Notices> {
    actor.require(Verb::AccountOwn)?;
    let rows: Vec<Row> = sqlx::query_as(
        "select notice_id, kind, customer_id, detail, at, read_at is not null as read
         from notice where user_id = $1 and notice_id < $2 order by notice_id desc limit $3",
    )
    .bind(actor.user_id)
    .bind(before.unwrap_or(i64::MAX))
    .bind(PAGE + 1)
    .fetch_all(bank.pool())
    .await?;
    let more = rows.len() as i64 > PAGE;
    let items: Vec<Notice> = rows.into_iter().take(PAGE as usize).filter_map(Row::into_notice).collect();
    let next = if more { items.last().map(|last| last.id) } else { None };
    let kept = account::preferences(bank, actor).await?;
    Ok(Notices { items, next, unread: unread(bank, actor).await?, settings: settings(kept) })
}

/// How many the actor has not read, [`Notices::CAP`] at most.
pub async fn unread(bank: &Bank, actor: &Actor) -> Result<i64> {
    actor.require(Verb::AccountOwn)?;
    Ok(sqlx::query_scalar("select count(*) from (select from notice where user_id = $1 and read_at is null limit $2) few")
        .bind(actor.user_id)
        .bind(Notices::CAP)
        .fetch_one(bank.pool())
        .await?)
}

/// Marks as read. What came meanwhile stays as it is.
pub async fn mark_read(bank: &Bank, actor: &Actor, read: &Read) -> Result<()> {
    actor.require(Verb::AccountOwn)?;
    let (one, kind, until) = match read {
        Read::One(id) => (Some(*id), None, *id),
        Read::Kind(kind, id) => (None, Some(kind.code()), *id),
        Read::All(id) => (None, None, *id),
    };
    sqlx::query(
        "update notice set read_at = now()
         where user_id = $1 and read_at is null and notice_id <= $2 and ($3::bigint is null or notice_id = $3) and ($4::text is null or kind = $4)",
    )
    .bind(actor.user_id)
    .bind(until)
    .bind(one)
    .bind(kind)
    .execute(bank.pool())
    .await?;
    Ok(())
}

/// Keeps what the actor does not want to hear of.
pub async fn set(bank: &Bank, actor: &Actor, wanted: &NoticeSettings) -> Result<()> {
    actor.require(Verb::AccountOwn)?;
    let value = serde_json::to_value(wanted).map_err(Error::internal)?;
    account::prefer(bank, actor, &Preferences { lists: [(SETTINGS.to_owned(), value)].into(), ..Preferences::default() }).await
}

fn settings(mut kept: Preferences) -> NoticeSettings {
    kept.lists.remove(SETTINGS).and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default()
}

impl Row {
    /// `None` for a kind of another version.
    fn into_notice(self) -> Option<Notice> {
        let kind = NoticeKind::from_code(&self.kind)?;
        let detail = self.detail.0;
        let link = match (kind, self.customer_id) {
            (_, Some(id)) => format!("/customers/{}", CustomerNo::from_id(id)),
            (NoticeKind::RoleWaits | NoticeKind::RoleDecided, _) => "/admin/approvals".to_owned(),
            (NoticeKind::TransferWaits, _) => "/transfers?state=pending".to_owned(),
            (NoticeKind::TargetsWait | NoticeKind::TargetsDecided, _) => {
                let of = |key: &str| detail[key].as_str().unwrap_or_default();
                format!("/dashboards/targets?month={}&org={}", of("month"), of("org"))
            }
            (NoticeKind::TasksDue, _) => "/customers?sort=next_due".to_owned(),
            (NoticeKind::Pooled, _) => "/customers?manager=none".to_owned(),
            (NoticeKind::TierMoved, _) => "/lifecycle#tier-movements".to_owned(),
            (NoticeKind::CustomersReceived | NoticeKind::CustomersGiven, _) => "/board".to_owned(),
            _ => "/transfers".to_owned(),
        };
        Some(Notice {
            id: self.notice_id,
            kind,
            at: self.at,
            read: self.read,
            link,
            by: detail["by"].as_str().unwrap_or_default().to_owned(),
            count: detail["count"].as_i64().unwrap_or(1),
            agreed: detail["agreed"].as_bool(),
            tiers: detail.get("tiers").and_then(|tiers| serde_json::from_value(tiers.clone()).ok()).unwrap_or_default(),
        })
    }
}
