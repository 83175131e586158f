//! The catalogue of profile fields: what they are called, how they are checked, who may see them.

use chrono::NaiveDate;

use super::list::Kind;
use crate::{Currency, Lang, Money, problem::Rule};

/// Who may see a value: C1 anybody with the customer in scope, C2 masked unless revealed, C3 never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DataClass {
    C1,
    C2,
    C3,
}

/// How a field is entered and checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Text {
        max: usize,
    },
    Date,
    /// Minor units of the base currency in canonical form; typed with 万/亿 or k/M.
    Money,
    Integer {
        min: i64,
        max: i64,
    },
    /// A code of this dictionary.
    Choice(&'static str),
}

/// A profile field. `name` is the column of `customer` and the key in [`super::Profile`].
#[derive(Debug)]
pub struct EditableField {
    pub name: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    /// `None`: both kinds of customer have it.
    pub of: Option<Kind>,
    pub kind: FieldKind,
    pub class: DataClass,
    /// Counts for completeness.
    pub counts: bool,
}

const P: Option<Kind> = Some(Kind::Personal);
const C: Option<Kind> = Some(Kind::Corporate);

const fn field(name: &'static str, zh: &'static str, en: &'static str, of: Option<Kind>, kind: FieldKind, counts: bool) -> EditableField {
    EditableField { name, zh, en, of, kind, class: DataClass::C1, counts }
}

/// Every profile field, in the order in which forms show them.
pub const FIELDS: &[EditableField] = &[
    field("name", "名称", "Name", None, FieldKind::Text { max: 200 }, true),
    field("short_name", "简称", "Short name", C, FieldKind::Text { max: 100 }, false),
    field("sex", "性别", "Sex", P, FieldKind::Choice("sex"), true),
    field("birth_date", "出生日期", "Date of birth", P, FieldKind::Date, true),
    field("nationality", "国籍", "Nationality", P, FieldKind::Choice("nationality"), true),
    field("marital_status", "婚姻状况", "Marital status", P, FieldKind::Choice("marital_status"), true),
    field("education", "学历", "Education", P, FieldKind::Choice("education"), true),
    field("occupation", "职业", "Occupation", P, FieldKind::Text { max: 100 }, true),
    field("employer", "工作单位", "Employer", P, FieldKind::Text { max: 200 }, true),
    field("annual_income", "年收入", "Annual income", P, FieldKind::Money, true),
    field("risk_appetite", "风险承受能力", "Risk appetite", P, FieldKind::Choice("risk_appetite"), true),
    field("established_on", "成立日期", "Established", C, FieldKind::Date, true),
    field("registered_capital", "注册资本", "Registered capital", C, FieldKind::Money, true),
    field("industry", "行业", "Industry", C, FieldKind::Choice("industry"), true),
    field("scale", "企业规模", "Scale", C, FieldKind::Choice("scale"), true),
    field("employees", "员工人数", "Employees", C, FieldKind::Integer { min: 0, max: 5_000_000 }, true),
    field("listed_code", "股票代码", "Listed code", C, FieldKind::Text { max: 20 }, false),
    field("credit_rating", "信用评级", "Credit rating", C, FieldKind::Choice("credit_rating"), true),
    field("business_scope", "经营范围", "Business scope", C, FieldKind::Text { max: 2000 }, false),
    field("remark", "备注", "Remark", None, FieldKind::Text { max: 2000 }, false),
];

/// The field of this name.
pub fn find(name: &str) -> Option<&'static EditableField> {
    FIELDS.iter().find(|field| field.name == name)
}

impl EditableField {
    pub const fn label(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }

    pub fn applies_to(&self, kind: Kind) -> bool {
        self.of.is_none_or(|of| of == kind)
    }

    /// Checks a canonical text as [`Self::check`] returns it and clients send it. Codes as there.
    pub fn accept(&self, canonical: &str, today: NaiveDate) -> Result<Option<String>, Rule> {
        match self.kind {
            FieldKind::Money if !canonical.trim().is_empty() => match canonical.trim().parse::<i64>() {
                Ok(minor) if minor < 0 => Err(Rule::Negative),
                Ok(minor) => Ok(Some(minor.to_string())),
                Err(_) => Err(Rule::NotMoney),
            },
            FieldKind::Text { .. } if canonical.contains('\0') => Err(Rule::BadFormat { expected: "…".into() }),
            // Money that is not empty is dealt with above.
            _ => self.check(canonical, today, Currency::CNY),
        }
    }

    /// Checks what was typed and returns the canonical text: ISO date, minor units, trimmed words.
    /// Codes of dictionaries are checked by the server, which knows them. `today` bounds dates; money is in
    /// `currency`, the bank's base currency.
    pub fn check(&self, typed: &str, today: NaiveDate, currency: Currency) -> Result<Option<String>, Rule> {
        let typed = typed.trim();
        if typed.is_empty() {
            return match self.name {
                "name" => Err(Rule::Required),
                _ => Ok(None),
            };
        }
        match self.kind {
            FieldKind::Text { max } if typed.chars().count() > max => Err(Rule::TooLong { max }),
            FieldKind::Text { .. } | FieldKind::Choice(_) => Ok(Some(typed.to_owned())),
            FieldKind::Date => {
                let date: NaiveDate = typed.parse().map_err(|_| Rule::NotADate)?;
                if date > today {
                    return Err(Rule::InTheFuture);
                }
                if date < NaiveDate::from_ymd_opt(1850, 1, 1).unwrap_or_default() {
                    return Err(Rule::OutOfRange { min: "1850-01-01".into(), max: today.to_string() });
                }
                Ok(Some(date.to_string()))
            }
            FieldKind::Money => {
                let money = Money::parse(typed, currency).ok_or(Rule::NotMoney)?;
                if money.minor < 0 { Err(Rule::Negative) } else { Ok(Some(money.minor.to_string())) }
            }
            FieldKind::Integer { min, max } => {
                let number: i64 = typed.replace(',', "").parse().map_err(|_| Rule::NotANumber)?;
                if (min..=max).contains(&number) {
                    Ok(Some(number.to_string()))
                } else {
                    Err(Rule::OutOfRange { min: min.to_string(), max: max.to_string() })
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_typed_in_the_currency_of_the_bank() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 31).unwrap_or_default();
        let income = find("annual_income").expect("a field");
        for (code, minor) in [("CZK", "1250000"), ("JPY", "12500"), ("KWD", "12500000")] {
            let currency = Currency::new(code).expect("a currency");
            assert_eq!(income.check("12,500", today, currency), Ok(Some(minor.to_owned())), "{code}");
        }
        assert_eq!(income.check("-1", today, Currency::CNY), Err(Rule::Negative));
        assert_eq!(income.accept("12500", today), Ok(Some("12500".to_owned())), "minor units are taken as they come");
    }
}
