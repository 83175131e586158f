//! Reading the audit log.

use chrono::{DateTime, Utc};
use guanhu_domain::{
    CustomerNo, Rule,
    access::{
        Verb,
        audit::{AuditFilter, AuditItem, AuditPage},
    },
};
use serde_json::json;
use sqlx::{Postgres, QueryBuilder};

use super::Entry;
use crate::{Actor, Bank, Error, Result};

/// Rows of the log, newest first. Looking is itself written down.
///
/// # Errors
/// The field `after` when the cursor is none of ours.
pub async fn search(bank: &Bank, actor: &Actor, filter: &AuditFilter) -> Result<AuditPage> {
    actor.require(Verb::AuditSearch)?;
    let limit = filter.limit.unwrap_or(50).clamp(1, 200);
    let mut sql = QueryBuilder::<Postgres>::new(
        "select audit_id as id, at, login, role, verb, subject, outcome, reason, detail, host(ip) as ip from audit_log where true",
    );
    if let Some(from) = filter.from {
        sql.push(" and at >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        sql.push(" and at < ").push_bind(to).push(" + 1");
    }
    let typed = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(actor) = typed(&filter.actor) {
        sql.push(" and login = ").push_bind(actor.to_lowercase());
    }
    if let Some(subject) = typed(&filter.subject) {
        let subject = if subject.parse::<CustomerNo>().is_ok() { format!("customer:{subject}") } else { subject };
        sql.push(" and subject = ").push_bind(subject);
    }
    if let Some(verb) = typed(&filter.verb) {
        sql.push(" and verb = ").push_bind(verb);
    }
    if let Some(outcome) = typed(&filter.outcome) {
        sql.push(" and outcome = ").push_bind(outcome);
    }
    if let Some(after) = typed(&filter.after) {
        let (at, id) = read_cursor(&after).ok_or_else(|| Error::field("after", Rule::BadFormat { expected: "next".into() }))?;
        sql.push(" and (at, audit_id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    sql.push(" order by at desc, audit_id desc limit ").push_bind(limit + 1);
    let mut items: Vec<AuditItem> = sql.build_query_as().fetch_all(bank.pool()).await?;
    let more = items.len() as i64 > limit;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|item| format!("{}-{}", item.at.timestamp_micros(), item.id));
    let asked = json!({"from": filter.from, "to": filter.to, "actor": filter.actor, "subject": filter.subject, "verb": filter.verb});
    bank.audit_soon(actor, Entry::viewed(Verb::AuditSearch, "").detail(asked)).await;
    Ok(AuditPage { items, next })
}

fn read_cursor(text: &str) -> Option<(DateTime<Utc>, i64)> {
    let (micros, id) = text.split_once('-')?;
    Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, id.parse().ok()?))
}
