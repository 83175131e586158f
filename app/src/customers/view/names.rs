//! What codes are called. A code nobody thought of is shown as it came: better than nothing.

use chrono::NaiveDate;
use guanhu_domain::{
    Currency, Lang, Money,
    customers::{DictionaryEntry, FieldKind, RelationKind, State, fields, fields::EditableField, transactions},
};
use guanhu_ui::{Tone, format_count, format_date};
use rust_decimal::Decimal;

use super::text;

macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($code:literal $zh:literal | $en:literal ;)* }) => {
        $(#[$meta])*
        pub fn $name(code: &str, lang: Lang) -> String {
            let words = match code {
                $($code => match lang { Lang::Zh => $zh, Lang::En => $en },)*
                other => other,
            };
            words.to_owned()
        }
    };
}

codes! {
    status {
        "active" "正常" | "Active";
        "closed" "已结清" | "Closed";
        "expired" "已到期" | "Expired";
        "overdue" "逾期" | "Overdue";
        "frozen" "冻结" | "Frozen";
        "dormant" "不动户" | "Dormant";
        "stopped" "止付" | "Stopped";
        "lost" "挂失" | "Reported lost";
        "cancelled" "已注销" | "Cancelled";
        "repaid" "已还清" | "Repaid";
        "running" "履行中" | "Running";
        "defaulted" "违约" | "Defaulted";
    }
}

pub fn status_tone(code: &str) -> Tone {
    match code {
        "active" | "running" => Tone::Good,
        "overdue" | "defaulted" => Tone::Alarm,
        "frozen" | "stopped" | "lost" => Tone::Warn,
        _ => Tone::Neutral,
    }
}

pub fn state_tone(state: State) -> Tone {
    match state {
        State::Prospective => Tone::Neutral,
        State::Valuable => Tone::Good,
        State::Dormant => Tone::Warn,
        State::Leaving => Tone::Alarm,
    }
}

codes! {
    contact_kind {
        "mobile" "手机" | "Mobile";
        "phone" "电话" | "Phone";
        "email" "邮箱" | "E-mail";
        "wechat" "微信" | "WeChat";
        "address" "联系地址" | "Address";
        "work_address" "单位地址" | "Work address";
        "website" "网站" | "Website";
    }
}

codes! {
    identity_kind {
        "id_card" "居民身份证" | "Resident ID card";
        "passport" "护照" | "Passport";
        "hk_macau_permit" "港澳居民通行证" | "Hong Kong or Macau permit";
        "taiwan_permit" "台湾居民通行证" | "Taiwan permit";
        "foreigner_permit" "外国人永久居留证" | "Foreigner's residence permit";
        "uscc" "统一社会信用代码" | "Unified social credit code";
        "other_paper" "其他证件" | "Other paper";
        "source_key" "源系统编号" | "Key of a source system";
    }
}

codes! {
    document_kind {
        "id_card" "身份证件" | "Identity paper";
        "business_licence" "营业执照" | "Business licence";
        "loan_contract" "借款合同" | "Loan contract";
        "income_proof" "收入证明" | "Proof of income";
        "risk_assessment" "风险评估" | "Risk assessment";
        "financial_statement" "财务报表" | "Financial statement";
        "articles" "公司章程" | "Articles of association";
        "consent" "授权书" | "Consent";
    }
}

codes! {
    contract_kind {
        "loan" "贷款合同" | "Loan contract";
        "credit_line" "授信合同" | "Credit line";
        "mortgage" "按揭合同" | "Mortgage";
        "acceptance" "承兑合同" | "Acceptance";
    }
}

codes! {
    guarantee_kind {
        "surety" "保证" | "Surety";
        "mortgage" "抵押" | "Mortgage";
        "pledge" "质押" | "Pledge";
        "credit" "信用" | "Unsecured";
    }
}

codes! {
    card_kind {
        "debit" "借记卡" | "Debit card";
        "credit" "信用卡" | "Credit card";
        "junior" "青少年卡" | "Junior card";
        "classic" "普通卡" | "Classic card";
        "gold" "金卡" | "Gold card";
    }
}

codes! {
    frequency {
        "monthly" "每月对账" | "Monthly statement";
        "weekly" "每周对账" | "Weekly statement";
        "after_transaction" "逐笔对账" | "Statement per transaction";
        "quarterly" "每季对账" | "Quarterly statement";
    }
}

/// Why money moved.
pub fn transaction_kind(code: &str, lang: Lang) -> String {
    transactions::kind(code, lang).to_owned()
}

/// What a payment is for: the same words, and whatever the payer wrote.
pub fn purpose(code: &str, lang: Lang) -> String {
    transaction_kind(code, lang)
}

codes! {
    channel {
        "branch" "网点" | "Branch";
        "phone" "电话" | "Phone";
        "hotline" "客服热线" | "Hotline";
        "app" "手机银行" | "Mobile app";
        "web" "网站" | "Website";
        "letter" "来信" | "Letter";
        "regulator" "监管转办" | "Regulator";
    }
}

codes! {
    complaint_state {
        "open" "处理中" | "Open";
        "resolved" "已办结" | "Resolved";
        "escalated" "已升级" | "Escalated";
    }
}

codes! {
    /// Systems that values come from.
    source {
        "guanhu" "管户" | "Guanhu";
        "core" "核心系统" | "Core banking";
        "credit" "信贷系统" | "Credit system";
        "card" "卡系统" | "Card system";
        "wealth" "财富系统" | "Wealth system";
        "hr" "人力系统" | "HR system";
        "service" "客服系统" | "Call centre";
        "ecif" "客户信息系统" | "Customer register";
        "mobile" "手机银行" | "Mobile bank";
        "business_registry" "工商登记" | "Company register";
        "registry" "工商登记" | "Company register";
        "demo" "演示数据" | "Demo data";
        "berka" "Berka" | "Berka";
    }
}

/// `核心系统 · 2026-10-31`.
pub fn lineage(from: &str, on: Option<NaiveDate>, lang: Lang) -> String {
    let system = source(from, lang);
    match on {
        Some(day) => text::source_on(lang, &system, &format_date(day, lang)),
        None => text::source_of(lang, &system),
    }
}

/// An empty item of the checklist: a field, or one of the lists beside the profile.
pub fn missing(name: &str, lang: Lang) -> String {
    match (fields::find(name), name) {
        (Some(field), _) => field.label(lang).to_owned(),
        (None, "identity") => text::an_identity(lang).to_owned(),
        (None, other) => contact_kind(other, lang),
    }
}

/// What a field of the history is called: `contact:mobile` and `identity:id_card` are items of lists.
pub fn field(name: &str, lang: Lang) -> String {
    match name.split_once(':') {
        Some(("contact", kind)) => contact_kind(kind, lang),
        Some(("identity", kind)) => identity_kind(kind, lang),
        Some(("expiry", kind)) => text::expiry_of(lang, &identity_kind(kind, lang)),
        _ => fields::find(name).map_or_else(|| name.to_owned(), |field| field.label(lang).to_owned()),
    }
}

/// A canonical value as people read it; money is in the bank's base currency.
pub fn value(field: &EditableField, canonical: &str, words: &[DictionaryEntry], base: Currency, lang: Lang) -> String {
    match field.kind {
        FieldKind::Text { .. } => canonical.to_owned(),
        FieldKind::Date => canonical.parse().map_or_else(|_| canonical.to_owned(), |day| format_date(day, lang)),
        FieldKind::Integer { .. } => canonical.parse().map_or_else(|_| canonical.to_owned(), format_count),
        FieldKind::Money => canonical.parse().map_or_else(
            |_| canonical.to_owned(),
            |minor| {
                let money = Money::new(minor, base);
                format!("{} {}", money.currency, money.short(lang))
            },
        ),
        FieldKind::Choice(dictionary) => words
            .iter()
            .find(|word| word.dictionary == dictionary && word.code == canonical)
            .map_or_else(|| canonical.to_owned(), |found| found.name(lang).to_owned()),
    }
}

/// What the other end is to this one. The edge reads "this IS kind OF other" unless inverse.
pub const fn relation(kind: RelationKind, inverse: bool, lang: Lang) -> &'static str {
    kind.other_end(inverse, lang)
}

/// `3.85%`; `rate` is in percent.
pub fn rate(rate: Decimal) -> String {
    let rate = rate.normalize();
    let rate = if rate.scale() < 2 { format!("{rate:.2}") } else { rate.to_string() };
    format!("{rate}%")
}

/// `CNY 1,234.00`.
pub fn coded_amount(minor: i64, currency: Currency) -> String {
    format!("{} {}", currency.code(), Money::new(minor, currency).exact())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_of_the_profile_is_in_the_currency_of_the_bank() {
        let income = fields::find("annual_income").expect("a field");
        let said = |code: &str| value(income, "12500000", &[], Currency::new(code).expect("a currency"), Lang::Zh);
        assert_eq!([said("CZK"), said("JPY")], ["CZK 12.50万", "JPY 1,250万"]);
    }
}
