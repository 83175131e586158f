//! What happened, in words.

use guanhu_domain::{
    Currency, Lang, Money,
    assignments::reason_words,
    customers::{ActivityKind, AssignmentRole, Category, DictionaryEntry, FieldKind, State, TimelineItem, fields},
};
use guanhu_ui::{Tone, format_date};
use serde_json::Value;

use super::{here::local, names, text};

/// A happening as the timeline shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    pub title: String,
    pub tone: Tone,
    pub lines: Vec<String>,
}

/// Kinds of happenings, in the order of the filter.
pub const KINDS: &[(&str, fn(Lang) -> &'static str)] = &[
    ("activity", text::kind_activity),
    ("task", text::kind_task),
    ("assignment", text::kind_assignment),
    ("tier", text::kind_tier),
    ("field", text::kind_field),
    ("account", text::kind_account),
    ("complaint", text::kind_complaint),
    ("alert", text::kind_alert),
    ("opportunity", text::kind_opportunity),
    ("state", text::kind_state),
];

/// `base`: what the money of the profile is in.
pub fn happening(item: &TimelineItem, words: &[DictionaryEntry], base: Currency, lang: Lang) -> Said {
    let detail = &item.detail;
    let part = |key: &str| text_of(&detail[key]);
    match item.what.as_str() {
        "activity" => {
            let kind = ActivityKind::from_code(&part("kind")).map_or_else(|| part("kind"), |kind| kind.name(lang).to_owned());
            let mut lines = vec![part("summary")];
            if !part("outcome").is_empty() {
                lines.push(text::outcome_was(lang, &part("outcome")));
            }
            if !part("next_step").is_empty() {
                let on = day_of(&detail["next_on"], lang);
                lines.push(if on.is_empty() {
                    text::next_was(lang, &part("next_step"))
                } else {
                    text::next_was_on(lang, &part("next_step"), &on)
                });
            }
            Said { title: kind, tone: Tone::Good, lines }
        }
        "assignment" if part("event") == "shares" => {
            let share = |share: &Value| {
                let before = text_of(&share["before"]);
                let after = text_of(&share["after"]);
                let after = if after.is_empty() { text::share_ended(lang).to_owned() } else { format!("{after}%") };
                format!("{} {before}% → {after}", text_of(&share["manager"]["name"]))
            };
            let shares = detail["shares"].as_array().map(Vec::as_slice).unwrap_or_default();
            let shares = shares.iter().map(share).collect::<Vec<_>>().join(text::comma(lang));
            Said { title: text::shares_changed(lang).to_owned(), lines: filled([shares, part("reason")]), ..Said::default() }
        }
        "assignment" => {
            let manager = text_of(&detail["manager"]["name"]);
            let role = AssignmentRole::from_code(&part("role")).map_or_else(|| part("role"), |role| role.name(lang).to_owned());
            let title = if part("event") == "ended" {
                text::charge_ended(lang, &manager, &role)
            } else {
                text::charge_begun(lang, &manager, &role)
            };
            let reason = match part("reason").as_str() {
                // Whoever enters a customer by hand takes charge of it.
                "created" => text::charge_created(lang).to_owned(),
                other => reason_words(other, lang),
            };
            let note = part("note");
            let note = if note.is_empty() { note } else { text::charge_note(lang, &note) };
            Said { title, lines: filled([reason, note]), ..Said::default() }
        }
        "tier" => {
            let tier = &detail["tier"];
            let name = text_of(&tier[if lang == Lang::Zh { "name" } else { "name_en" }]);
            if part("event") == "ended" {
                return Said { title: text::tier_lost(lang, &name), tone: Tone::Warn, lines: Vec::new() };
            }
            let title = match (detail["rank"].as_i64(), detail["previous_rank"].as_i64()) {
                (Some(now), Some(before)) if now > before => text::tier_up(lang, &name),
                (Some(now), Some(before)) if now < before => text::tier_down(lang, &name),
                _ => text::tier_is(lang, &name),
            };
            let down = detail["previous_rank"].as_i64() > detail["rank"].as_i64();
            Said { title, tone: if down { Tone::Warn } else { Tone::Neutral }, lines: filled([tier_reason(detail, lang)]) }
        }
        "field" => {
            let changes = detail["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
            let labels: Vec<String> = changes.iter().map(|change| names::field(&text_of(&change["field"]), lang)).collect();
            let lines = changes.iter().map(|change| change_words(change, words, base, lang)).collect();
            let source = part("source");
            let title = text::changed(lang, &labels.join(text::comma(lang)));
            let lines = if source.is_empty() || source == "guanhu" {
                lines
            } else {
                with(lines, text::source_of(lang, &names::source(&source, lang)))
            };
            Said { title, lines, ..Said::default() }
        }
        "complaint" => {
            let mut lines =
                vec![text::by_channel(lang, &names::channel(&part("channel"), lang), &names::complaint_state(&part("state"), lang))];
            let due = day_of(&detail["due_on"], lang);
            if !due.is_empty() && part("state") != "resolved" {
                lines.push(text::answer_by(lang, &due));
            }
            let resolved = detail["resolved_at"].as_str().and_then(|at| at.parse().ok()).map(local);
            if let Some(at) = resolved {
                lines.push(text::resolved_on(lang, &format_date(at.date(), lang)));
            }
            lines.push(part("detail"));
            let tone = if part("state") == "resolved" { Tone::Neutral } else { Tone::Alarm };
            Said { title: text::complained(lang, &part("subject")), tone, lines }
        }
        "task" => {
            let title =
                if part("state") == "dropped" { text::task_dropped(lang, &part("title")) } else { text::task_done(lang, &part("title")) };
            Said { title, tone: Tone::Good, lines: Vec::new() }
        }
        "account" => {
            let category = Category::from_code(&part("category")).map_or_else(String::new, |category| category.name(lang).to_owned());
            let english = Some(part("product_name_en")).filter(|name| lang == Lang::En && !name.is_empty());
            let what = format!("{} {}", english.unwrap_or_else(|| part("product_name")), part("account_no"));
            let title = match part("event").as_str() {
                "closed" => text::account_closed(lang, &category, &what),
                _ => text::account_opened(lang, &category, &what),
            };
            Said { title, ..Said::default() }
        }
        "alert" => {
            let tone = match part("severity").as_str() {
                "critical" => Tone::Alarm,
                "warning" => Tone::Warn,
                _ => Tone::Neutral,
            };
            let closed = day_of(&detail["closed_on"], lang);
            let closed = if closed.is_empty() { closed } else { text::alert_over(lang, &closed) };
            let title = text::alert_raised(lang, &alert_kind(&part("kind"), lang));
            Said { title, tone, lines: filled([evidence(&detail["evidence"], base, lang), closed]) }
        }
        "opportunity" => {
            let currency = Currency::new(&part("currency")).unwrap_or(base);
            let amount = detail["amount"].as_i64().map_or_else(String::new, |minor| Money::new(minor, currency).short(lang));
            let amount = if currency == base || amount.is_empty() { amount } else { format!("{} {amount}", currency.code()) };
            let (title, tone) = match part("stage").as_str() {
                "won" => (text::opportunity_won(lang, &part("title")), Tone::Good),
                _ => (text::opportunity_lost(lang, &part("title")), Tone::Warn),
            };
            Said { title, tone, lines: filled([amount, part("reason")]) }
        }
        "state" => {
            let name = |key: &str| State::from_code(&part(key)).map_or_else(|| part(key), |state| state.name(lang).to_owned());
            let before = name("before");
            let before = if before.is_empty() { before } else { text::state_before(lang, &before) };
            Said { title: text::state_entered(lang, &name("state")), lines: filled([before]), ..Said::default() }
        }
        other => Said { title: other.to_owned(), ..Said::default() },
    }
}

/// Why a tier began: by the rules, or at somebody's request.
fn tier_reason(detail: &Value, lang: Lang) -> String {
    let reason = &detail["reason"];
    if reason["given"] == Value::Bool(true) {
        let until = day_of(&detail["until"], lang);
        return match text_of(&detail["by_hand"]) {
            why if why.is_empty() => text::tier_by_hand(lang).to_owned(),
            why => text::tier_by_hand_for(lang, &why, &until),
        };
    }
    reason["version"].as_i64().map_or_else(String::new, |version| text::tier_by_version(lang, version))
}

/// `企业职员 → 自由职业者`.
fn change_words(change: &Value, words: &[DictionaryEntry], base: Currency, lang: Lang) -> String {
    let name = text_of(&change["field"]);
    let side = |key: &str| match &change[key] {
        Value::Null => text::nothing(lang).to_owned(),
        value => match fields::find(&name) {
            Some(field) => names::value(field, &text_of(value), words, base, lang),
            None => day_of(value, lang),
        },
    };
    format!("{} → {}", side("old"), side("new"))
}

/// Do these happenings speak in codes whose words the page has not got?
pub fn needs_words(items: &[TimelineItem], words: &[DictionaryEntry]) -> bool {
    let changes = items.iter().filter(|item| item.what == "field").filter_map(|item| item.detail["changes"].as_array()).flatten();
    changes.into_iter().any(|change| match change["field"].as_str().and_then(fields::find).map(|field| field.kind) {
        Some(FieldKind::Choice(dictionary)) => ["old", "new"]
            .iter()
            .filter_map(|side| change[side].as_str())
            .any(|code| !words.iter().any(|word| word.dictionary == dictionary && word.code == code)),
        _ => false,
    })
}

pub fn alert_kind(kind: &str, lang: Lang) -> String {
    let words = match kind {
        "large_outflow" | "outflow" => text::alert_outflow,
        "large_movement" | "movement" => text::alert_movement,
        "maturity" => text::alert_maturity,
        "dormancy" | "dormant" => text::alert_dormancy,
        "leaving" | "churn" => text::alert_leaving,
        "overdue" => text::alert_overdue,
        "guarantee_chain" => text::alert_guarantee,
        "document_expired" | "document" => text::alert_document,
        "birthday" => text::alert_birthday,
        _ => return kind.to_owned(),
    };
    words(lang).to_owned()
}

/// The figures behind an alert, each with its name.
pub fn evidence(evidence: &Value, base: Currency, lang: Lang) -> String {
    let Some(facts) = evidence.as_object() else { return text_of(evidence) };
    let currency = facts.get("currency").and_then(Value::as_str).and_then(Currency::new).unwrap_or(base);
    let words = facts
        .iter()
        .filter(|(key, value)| *key != "currency" && !value.is_null())
        .map(|(key, value)| {
            let name = evidence_name(key, lang);
            let figure = match value {
                Value::Number(number) if is_amount(key) => number
                    .as_i64()
                    .map_or_else(|| number.to_string(), |minor| format!("{} {}", currency.code(), Money::new(minor, currency).short(lang))),
                Value::Number(number) if key.contains("percent") || key.ends_with("share") => format!("{number}%"),
                Value::Number(number) if key.contains("days") => text::days(lang, number.as_i64().unwrap_or(0)),
                Value::String(words) => words.parse().map_or_else(|_| words.clone(), |day| format_date(day, lang)),
                other => text_of(other),
            };
            if name.is_empty() { figure } else { format!("{name} {figure}") }
        })
        .collect::<Vec<_>>();
    words.join(text::comma(lang))
}

fn is_amount(key: &str) -> bool {
    ["amount", "balance", "aum", "before", "after", "now", "previous", "due", "principal", "outflow", "inflow", "deposits"]
        .iter()
        .any(|word| key.contains(word))
}

fn evidence_name(key: &str, lang: Lang) -> String {
    let words = match key {
        "amount" | "outflow" => text::evidence_amount,
        "balance" => text::evidence_balance,
        "aum" | "now" | "after" => text::evidence_now,
        "aum_previous" | "before" | "previous" | "aum_before" => text::evidence_before,
        "days" | "overdue_days" | "quiet_days" => text::evidence_days,
        "on" | "date" | "booked_on" | "matures_on" => text::evidence_on,
        "last_on" | "last_transaction_on" | "since" | "latest" => text::evidence_last,
        "product" | "product_name" => text::evidence_product,
        "account" | "account_no" => text::evidence_account,
        "drop_percent" | "percent" => text::evidence_percent,
        _ => return key.replace('_', " "),
    };
    words(lang).to_owned()
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(words) => words.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn day_of(value: &Value, lang: Lang) -> String {
    let words = text_of(value);
    words.parse().map_or(words, |day| format_date(day, lang))
}

fn filled<const N: usize>(lines: [String; N]) -> Vec<String> {
    lines.into_iter().filter(|line| !line.is_empty()).collect()
}

fn with(mut lines: Vec<String>, line: String) -> Vec<String> {
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(what: &str, detail: Value, lang: Lang) -> Said {
        happening(&TimelineItem { what: what.into(), at: Default::default(), by: None, detail }, &[], Currency::CNY, lang)
    }

    #[test]
    fn happenings_are_said_in_both_languages() {
        let call = json!({"kind": "call", "summary": "定期到期", "outcome": "", "next_step": "再提醒", "next_on": "2026-12-01"});
        assert_eq!(said("activity", call.clone(), Lang::Zh).lines, ["定期到期", "下一步：再提醒（2026-12-01）"]);
        assert_eq!(said("activity", call, Lang::En).title, "Call");
        let tier = json!({"tier": {"name": "金卡", "name_en": "Gold"}, "rank": 2, "previous_rank": 3});
        assert_eq!(said("tier", tier, Lang::En).title, "Down to Gold");
        let lost = json!({"event": "ended", "tier": {"name": "金卡", "name_en": "Gold"}, "rank": 2});
        assert_eq!((said("tier", lost.clone(), Lang::Zh).title.as_str(), said("tier", lost, Lang::En).tone), ("不再是金卡", Tone::Warn));
        let ruled = json!({"tier": {"name": "金卡", "name_en": "Gold"}, "rank": 2, "reason": {"scheme": "personal", "version": 3}});
        assert_eq!(said("tier", ruled, Lang::Zh).lines, ["按分层规则第 3 版"]);
        let given = json!({"tier": {"name": "金卡", "name_en": "Gold"}, "rank": 2, "reason": {"scheme": "personal", "version": 3, "given": true},
            "by_hand": "配偶为私行客户", "until": "2026-06-30"});
        assert_eq!(said("tier", given, Lang::Zh).lines, ["人工指定至 2026-06-30：配偶为私行客户"]);
        let created = json!({"event": "begun", "manager": {"name": "爱丽"}, "role": "lead", "reason": "created"});
        assert_eq!(said("assignment", created, Lang::En).lines, ["Entered the customer"]);
        let shared = json!({"event": "shares", "reason": "约定", "shares": [
            {"manager": {"name": "爱丽"}, "role": "lead", "before": "100", "after": "70"},
            {"manager": {"name": "薄文"}, "role": "assist", "before": "30", "after": null}]});
        assert_eq!(said("assignment", shared.clone(), Lang::Zh).lines, ["爱丽 100% → 70%，薄文 30% → 不再协办", "约定"]);
        assert_eq!(said("assignment", shared, Lang::En).title, "Shares changed");
        let noted = json!({"event": "begun", "manager": {"name": "薄文"}, "role": "lead", "reason": "搬迁", "note": "只在下午接电话"});
        assert_eq!(said("assignment", noted, Lang::Zh).lines, ["搬迁", "交接说明：只在下午接电话"]);
        let complaint = json!({"subject": "排队", "channel": "phone", "state": "resolved", "due_on": "2026-02-10", "detail": "等了两小时",
            "resolved_at": "2026-02-05T02:00:00+00:00"});
        assert_eq!(said("complaint", complaint, Lang::Zh).lines, ["电话 · 已办结", "2026-02-05 办结", "等了两小时"]);
        let paper = json!({"source": "guanhu", "changes": [{"field": "expiry:id_card", "old": null, "new": "2036-01-31"}]});
        assert_eq!(said("field", paper, Lang::Zh).title, "居民身份证有效期变更");
        let first = json!({"tier": {"name": "金卡", "name_en": "Gold"}, "rank": 2, "previous_rank": null});
        assert_eq!(said("tier", first, Lang::Zh).tone, Tone::Neutral);
        let field = json!({"source": "guanhu", "changes": [{"field": "annual_income", "old": null, "new": "12500000"}]});
        assert_eq!(said("field", field, Lang::Zh).lines, ["空 → CNY 12.50万"]);
    }

    #[test]
    fn evidence_is_figures_with_names() {
        let words = evidence(&json!({"amount": 123_456_700, "on": "2026-10-03"}), Currency::CNY, Lang::Zh);
        assert_eq!(words, "金额 CNY 123.46万，日期 2026-10-03");
    }
}
