//! The one error that crosses the wire: a stable code, what is wrong where, a reference to quote.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{i18n::Lang, text};

macro_rules! codes {
    ($($name:ident $code:literal $status:literal $zh:literal | $en:literal ;)*) => {
        /// What went wrong, by a code that clients may rely on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code { $(#[serde(rename = $code)] $name),* }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$name),*];
            pub const fn code(self) -> &'static str { match self { $(Code::$name => $code),* } }
            /// HTTP status.
            pub const fn status(self) -> u16 { match self { $(Code::$name => $status),* } }
            /// What happened and what to do, for the person at the screen.
            pub const fn message(self, lang: Lang) -> &'static str {
                match (self, lang) { $((Code::$name, Lang::Zh) => $zh, (Code::$name, Lang::En) => $en),* }
            }
        }
    };
}

codes! {
    Unauthenticated "unauthenticated" 401 "请先登录。" | "Please log in first.";
    WrongCredentials "wrong_credentials" 401 "登录名、密码或动态码不正确。请核对后重试。" | "The login, password or one-time code is wrong. Check them and try again.";
    SecondFactorRequired "second_factor_required" 401 "请输入动态码。" | "Enter the one-time code from your authenticator.";
    LockedOut "locked_out" 429 "尝试次数过多，请稍后再试。" | "Too many attempts. Wait a little and try again.";
    PasswordChangeRequired "password_change_required" 403 "请先修改密码。" | "Change your password first.";
    FactorEnrolmentRequired "second_factor_enrolment_required" 403 "您的角色须先绑定动态码。" | "Your role needs a second factor. Set it up on the account page first.";
    Forbidden "forbidden" 403 "您的角色不能执行此操作。如工作需要，请联系管理员。" | "Your role may not do this. If your work needs it, ask an administrator.";
    ForgedRequest "forged_request" 403 "页面已过期，请刷新后重试。" | "This page is out of date. Reload it and try again.";
    NotFound "not_found" 404 "没有找到，或不在您的管理范围内。" | "There is no such record within your scope.";
    Invalid "invalid" 422 "有些内容需要更正。" | "Some of what was entered needs correcting.";
    Malformed "malformed" 400 "请求格式不正确。" | "The request could not be understood.";
    Stale "stale" 412 "他人已先修改了此记录。请比较两个版本后再保存。" | "Somebody else changed this record first. Compare both versions, then save again.";
    VersionRequired "version_required" 428 "缺少版本号（If-Match）。请先读取记录。" | "The version (If-Match) is missing. Read the record first.";
    KeyRequired "idempotency_key_required" 428 "缺少 Idempotency-Key。" | "The Idempotency-Key header is missing.";
    KeyReused "idempotency_key_reused" 422 "同一 Idempotency-Key 已用于另一请求。" | "This Idempotency-Key was used for a different request.";
    Conflict "conflict" 409 "与现有数据冲突，未作任何更改。" | "This conflicts with what is already there; nothing was changed.";
    SamePerson "must_be_another_person" 409 "须由另一人办理：起草或提交的人不能发布。" | "Another person must do this: whoever drafted or submitted it may not publish it.";
    BankNotEmpty "bank_not_empty" 409 "数据库中已有一家银行，演示数据只能装入空库，未作任何更改。" | "This database already holds a bank. Demo data is only loaded into an empty one; nothing was changed.";
    ReasonRequired "reason_required" 422 "请填写原因。" | "Give a reason.";
    MonthNotComputed "month_not_computed" 404 "该月份尚未核算，没有可看的数字。请选择已核算的月份。" | "This month's books have not been computed, so there are no figures to show. Choose a month that has been.";
    FtpCurveMissing "ftp_curve_missing" 409 "缺少资金转移定价曲线，无法核算贡献度。请先维护曲线。" | "A transfer price curve is missing, so contributions cannot be computed. Enter the curve first.";
    RevealLimit "reveal_limit" 403 "今日查看明文的次数已用完。如工作需要，请提交审批。" | "You have used up today's reveals. If your work needs more, ask for approval.";
    TooLarge "too_large" 413 "内容过大，未作任何更改。请分成几份。" | "This is too large; nothing was changed. Send it in parts.";
    Cancelled "cancelled" 409 "已取消，未作任何更改。" | "Cancelled; nothing was changed.";
    Busy "busy" 503 "系统繁忙，请稍后重试。" | "The system is busy. Try again in a moment.";
    Internal "internal" 500 "系统出错，已记录。请把编号告诉管理员。" | "Something failed on our side and has been recorded. Quote the reference to an administrator.";
    Offline "offline" 503 "网络不通，没有得到答复。请不要关闭本页，恢复连接后重试。" | "The network is down and no answer came. Leave this page open and try again when you are connected.";
}

/// Why one field was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Rule {
    Required,
    TooLong { max: usize },
    TooShort { min: usize },
    NotADate,
    NotANumber,
    NotMoney,
    Negative,
    OutOfRange { min: String, max: String },
    InTheFuture,
    InThePast,
    UnknownCode { value: String },
    BadCheckDigit,
    BadFormat { expected: String },
    NotUnique,
    NotEditable,
    CommonPassword,
    SamePassword,
    PasswordComposition,
    Other { zh: String, en: String },
}

impl Rule {
    /// One sentence for beside the field.
    pub fn message(&self, lang: Lang) -> String {
        match self {
            Rule::Required => text::required(lang).into(),
            Rule::TooLong { max } => text::too_long(lang, *max),
            Rule::TooShort { min } => text::too_short(lang, *min),
            Rule::NotADate => text::not_a_date(lang).into(),
            Rule::NotANumber => text::not_a_number(lang).into(),
            Rule::NotMoney => text::not_money(lang).into(),
            Rule::Negative => text::negative(lang).into(),
            Rule::OutOfRange { min, max } => text::out_of_range(lang, min, max),
            Rule::InTheFuture => text::in_the_future(lang).into(),
            Rule::InThePast => text::in_the_past(lang).into(),
            Rule::UnknownCode { value } => text::unknown_code(lang, value),
            Rule::BadCheckDigit => text::bad_check_digit(lang).into(),
            Rule::BadFormat { expected } => text::bad_format(lang, expected),
            Rule::NotUnique => text::not_unique(lang).into(),
            Rule::NotEditable => text::not_editable(lang).into(),
            Rule::CommonPassword => text::common_password(lang).into(),
            Rule::SamePassword => text::same_password(lang).into(),
            Rule::PasswordComposition => text::password_composition(lang).into(),
            Rule::Other { zh, en } => match lang {
                Lang::Zh => zh.clone(),
                Lang::En => en.clone(),
            },
        }
    }
}

/// A field and why it was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    pub field: String,
    #[serde(flatten)]
    pub rule: Rule,
}

/// What the client learns of a failure. The cause stays in the log under the same reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    pub code: Code,
    /// `errors` where it comes from a door that programs use too (RFC 9457).
    #[serde(default, alias = "errors", skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
    /// What to quote; ties the answer to the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// For [`Code::Stale`]: the record as it now is, so that both versions can be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Value>,
    /// For [`Code::LockedOut`] and [`Code::Busy`]: seconds to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl Problem {
    pub const fn new(code: Code) -> Problem {
        Problem { code, fields: Vec::new(), reference: None, current: None, retry_after: None }
    }

    /// [`Code::Invalid`] because of one field.
    pub fn field(field: impl Into<String>, rule: Rule) -> Problem {
        Problem::fields(vec![FieldProblem { field: field.into(), rule }])
    }

    /// [`Code::Invalid`] because of these fields.
    pub fn fields(fields: Vec<FieldProblem>) -> Problem {
        Problem { fields, ..Problem::new(Code::Invalid) }
    }

    pub fn message(&self, lang: Lang) -> &'static str {
        self.code.message(lang)
    }

    /// As it is kept, to be told later in whichever language: [`Problem::kept_words`] reads it.
    pub fn kept(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| self.code.code().to_owned())
    }

    /// What a failure that was [kept](Problem::kept) says; words that are none stand as they are.
    pub fn kept_words(kept: &str, lang: Lang) -> String {
        let Ok(problem) = serde_json::from_str::<Problem>(kept) else { return kept.to_owned() };
        let fields = problem.fields.iter().map(|field| field.rule.message(lang));
        let reference = problem.reference.iter().map(|reference| format!("({reference})"));
        std::iter::once(problem.message(lang).to_owned()).chain(fields).chain(reference).collect::<Vec<_>>().join(" ")
    }

    /// The sentence for one field, if it was refused.
    pub fn of(&self, field: &str, lang: Lang) -> Option<String> {
        self.fields.iter().find(|problem| problem.field == field).map(|problem| problem.rule.message(lang))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code.code())?;
        for field in &self.fields {
            write!(f, " {}: {}", field.field, field.rule.message(Lang::En))?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_told_in_either_language() {
        let rule = Rule::Other { zh: "没有 USD 的汇率".into(), en: "there is no exchange rate for USD".into() };
        let kept = Problem { code: Code::Conflict, ..Problem::field("currency", rule) }.kept();
        assert_eq!(Problem::kept_words(&kept, Lang::Zh), "与现有数据冲突，未作任何更改。 没有 USD 的汇率");
        assert!(Problem::kept_words(&kept, Lang::En).ends_with("there is no exchange rate for USD"));
        assert_eq!(Problem::kept_words("as an older version wrote it", Lang::Zh), "as an older version wrote it");
    }
}
