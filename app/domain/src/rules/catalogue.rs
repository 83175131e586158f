//! What rules may ask of a customer: the fields that editors offer and checks accept.

use crate::{
    Lang,
    customers::{DataClass, Kind},
};

/// What a value is, and so how it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Minor units of the base currency.
    Money,
    /// Whole numbers, with a unit in Chinese and English.
    Number(&'static str, &'static str),
    /// Days; moments count by the day they fall on, eight hours east of Greenwich.
    Date,
    /// A code of this list: a dictionary, or `kind`, `state`, `tier`, `unit`, `manager`.
    Choice(&'static str),
    Text,
}

/// Which rules may ask for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Everywhere,
    /// Not in tiers: what follows from the tier, or from who serves the customer, must not decide it.
    Groups,
}

/// A field. `code` is its name in rules and never changes.
#[derive(Debug)]
pub struct Field {
    pub code: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    pub kind: FieldKind,
    pub class: DataClass,
    /// `None`: both kinds of customer have it.
    pub of: Option<Kind>,
    pub used: Use,
}

const P: Option<Kind> = Some(Kind::Personal);
const C: Option<Kind> = Some(Kind::Corporate);
const PER_CENT: FieldKind = FieldKind::Number("%", "%");

const fn field(code: &'static str, zh: &'static str, en: &'static str, kind: FieldKind, of: Option<Kind>) -> Field {
    Field { code, zh, en, kind, class: DataClass::C1, of, used: Use::Everywhere }
}

const fn for_groups(field: Field) -> Field {
    Field { used: Use::Groups, ..field }
}

/// Every field, in the order in which editors offer them.
pub const FIELDS: &[Field] = &[
    field("aum", "金融资产", "AUM", FieldKind::Money, None),
    field("aum_previous", "上月末金融资产", "AUM at last month end", FieldKind::Money, None),
    field("aum_change", "金融资产较上月末变动", "AUM since last month end", PER_CENT, None),
    field("aum_and_loans", "金融资产与贷款合计", "AUM and loans together", FieldKind::Money, None),
    field("deposits", "存款", "Deposits", FieldKind::Money, None),
    field("wealth", "理财、基金与保险", "Wealth products", FieldKind::Money, None),
    field("loans", "贷款", "Loans", FieldKind::Money, None),
    field("contribution", "本年贡献度", "Contribution this year", FieldKind::Money, None),
    field("accounts", "账户数", "Accounts", FieldKind::Number("户", "accounts"), None),
    field("kind", "客户类别", "Kind of customer", FieldKind::Choice("kind"), None),
    field("opened_on", "开户日期", "Customer since", FieldKind::Date, None),
    field("next_maturity_on", "最近到期日", "Next maturity", FieldKind::Date, None),
    field("open_alerts", "未处理预警", "Open alerts", FieldKind::Number("条", "alerts"), None),
    field("completeness", "资料完整度", "Completeness", PER_CENT, None),
    field("age", "年龄", "Age", FieldKind::Number("岁", "years"), P),
    field("sex", "性别", "Sex", FieldKind::Choice("sex"), P),
    field("nationality", "国籍", "Nationality", FieldKind::Choice("nationality"), P),
    field("marital_status", "婚姻状况", "Marital status", FieldKind::Choice("marital_status"), P),
    field("education", "学历", "Education", FieldKind::Choice("education"), P),
    field("occupation", "职业", "Occupation", FieldKind::Text, P),
    field("annual_income", "年收入", "Annual income", FieldKind::Money, P),
    field("risk_appetite", "风险承受能力（1–5）", "Risk appetite (1–5)", FieldKind::Number("级", ""), P),
    field("established_on", "成立日期", "Established", FieldKind::Date, C),
    field("registered_capital", "注册资本", "Registered capital", FieldKind::Money, C),
    field("industry", "行业", "Industry", FieldKind::Choice("industry"), C),
    field("scale", "企业规模", "Scale", FieldKind::Choice("scale"), C),
    field("employees", "员工人数", "Employees", FieldKind::Number("人", "people"), C),
    field("credit_rating", "信用评级", "Credit rating", FieldKind::Choice("credit_rating"), C),
    for_groups(field("tier", "客户分层", "Tier", FieldKind::Choice("tier"), None)),
    for_groups(field("state", "生命周期", "Lifecycle state", FieldKind::Choice("state"), None)),
    for_groups(field("last_contact", "最近联系", "Last contact", FieldKind::Date, None)),
    for_groups(field("next_due_on", "最近待办日", "Next task due", FieldKind::Date, None)),
    for_groups(field("unit", "机构（含下级）", "Unit and below", FieldKind::Choice("unit"), None)),
    for_groups(field("manager", "主办客户经理", "Lead manager", FieldKind::Choice("manager"), None)),
];

/// No bank has it: for tests of what is above everybody's class, as none of [`FIELDS`] is.
#[cfg(feature = "testing")]
pub static ABOVE: Field = Field { class: DataClass::C2, ..field("above", "保密项", "Above", FieldKind::Choice("above"), None) };

pub(super) fn all() -> impl Iterator<Item = &'static Field> {
    #[cfg(feature = "testing")]
    {
        FIELDS.iter().chain([&ABOVE])
    }
    #[cfg(not(feature = "testing"))]
    {
        FIELDS.iter()
    }
}

/// The field of this code.
pub fn find(code: &str) -> Option<&'static Field> {
    all().find(|field| field.code == code)
}

impl Field {
    pub const fn name(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }

    /// What stands behind a number.
    pub const fn unit(&self, lang: Lang) -> &'static str {
        match (self.kind, lang) {
            (FieldKind::Number(zh, _), Lang::Zh) => zh,
            (FieldKind::Number(_, en), Lang::En) => en,
            _ => "",
        }
    }

    /// May a rule for customers of this kind ask for it?
    pub fn applies_to(&self, kind: Option<Kind>) -> bool {
        self.of.is_none() || kind.is_none() || self.of == kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_of_rules_lists_every_field_as_it_is() {
        let book = include_str!("../../../../docs/rules.md");
        for field in FIELDS {
            let used = if field.used == Use::Groups { "groups" } else { "tiers, groups" };
            let line = book.lines().find(|line| line.starts_with(&format!("| `{}` |", field.code)));
            let line = line.unwrap_or_else(|| panic!("docs/rules.md does not know {}", field.code));
            for part in [field.zh, field.en, used, &format!("{:?}", field.class)] {
                assert!(line.contains(part), "docs/rules.md says otherwise of {}: {part}", field.code);
            }
        }
        assert_eq!(book.lines().filter(|line| line.ends_with("| C1 |") || line.ends_with("| C2 |")).count(), FIELDS.len());
        let codes: std::collections::BTreeSet<_> = FIELDS.iter().map(|field| field.code).collect();
        assert_eq!(codes.len(), FIELDS.len(), "codes are unique");
    }
}
