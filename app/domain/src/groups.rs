//! Customer groups: picked by hand or by a rule.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    CustomerNo, Lang,
    access::Role,
    customers::{TierRef, list::coded},
    rules::{RuleChoice, RuleSet},
};

coded! {
    /// How members are told.
    GroupKind {
        Static "static" "名单" | "List";
        Dynamic "dynamic" "规则" | "Rule";
        Combined "combined" "组合" | "Combination";
    }
}

coded! {
    /// How groups go together.
    Joint {
        Union "union" "任一群" | "In any of them";
        Intersection "intersection" "同属各群" | "In all of them";
        /// The first without the others.
        Difference "difference" "在首个、不在其余" | "In the first, not in the others";
    }
}

/// Groups of a combination.
pub const PARTS_MAX: usize = 6;

/// A group as one of its users sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Group {
    pub code: String,
    pub name: String,
    pub kind: GroupKind,
    /// Of a dynamic group.
    pub rule: Option<RuleSet>,
    /// Of a combined one.
    pub joint: Option<Joint>,
    pub parts: Vec<GroupRef>,
    pub note: String,
    pub owner: String,
    /// Only the owner changes or removes it.
    pub mine: bool,
    /// Roles that may use it too, within their own scope.
    pub shared: Vec<Role>,
    pub expires_on: Option<NaiveDate>,
    pub version: i32,
    pub changed_at: DateTime<Utc>,
}

/// A group to be saved, new or again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct GroupDraft {
    pub name: String,
    pub kind: GroupKind,
    #[serde(default)]
    pub rule: Option<RuleSet>,
    /// Of a combined group, with the codes of two to six lists and rules that its owner may use.
    #[serde(default)]
    pub joint: Option<Joint>,
    #[serde(default)]
    pub parts: Vec<String>,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub shared: Vec<Role>,
    #[serde(default)]
    pub expires_on: Option<NaiveDate>,
    /// Of a list: customer numbers in any form of separation; null leaves the members as they are.
    #[serde(default)]
    pub members: Option<String>,
}

/// What saving did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct GroupSaved {
    pub group: Group,
    /// All pieces that are no number of a customer in the author's scope, each once and cut to forty characters.
    pub unknown: Vec<String>,
    pub members: i64,
}

/// Bytes of a file of customer numbers that a list is read from.
pub const FILE_BYTES_MAX: usize = 10 << 20;

/// The customer numbers of a file, whatever else stands on their lines: the first of each line, in whichever column, and all
/// of a line that is a list of numbers. What stands on a line without one is told as it is; empty lines and a
/// heading are passed over.
pub fn numbers_in_file(text: &str) -> Vec<String> {
    let is_number = |field: &str| field.parse::<CustomerNo>().is_ok();
    let is_digits = |field: &str| field.bytes().all(|byte| byte.is_ascii_digit());
    let bare = |field: &'_ str| -> String { field.trim().trim_matches('"').trim().to_owned() };
    let mut numbers = Vec::new();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let columns: Vec<String> = line.split([',', ';', '\t', '，', '；', '、']).map(bare).filter(|field| !field.is_empty()).collect();
        let Some(first) = columns.first().cloned() else { continue };
        let alone = columns.len() == 1;
        let fields: Vec<String> = if alone { first.split_whitespace().map(str::to_owned).collect() } else { columns };
        let known = fields.iter().filter(|field| is_number(field)).count();
        if fields.iter().all(|field| is_digits(field)) && (alone || known > 1) {
            numbers.extend(fields);
        } else if let Some(number) = fields.iter().find(|field| is_number(field)) {
            numbers.push(number.clone());
        } else if let Some(wrong) = fields.into_iter().find(|field| field.len() > 1 && is_digits(field)) {
            numbers.push(wrong);
        } else if at > 0 {
            // One piece, however many words it has.
            numbers.push(first.split_whitespace().collect());
        }
    }
    numbers
}

/// What adding to a list did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupAdded {
    pub name: String,
    /// Who was not on it before.
    pub added: i64,
}

/// How a count was come by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum Counted {
    #[default]
    Exactly,
    /// There are more.
    Capped,
    /// From a sample, because counting would have taken too long.
    Estimated,
}

/// Who a rule or list finds within the actor's scope.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Found {
    pub count: i64,
    pub counted: Counted,
    /// A few of them, the weightiest first.
    pub sample: Vec<FoundCustomer>,
    /// By tier, the highest first, and by the units below the reader's own, the largest first. From the
    /// sample where the count is not exact.
    pub tiers: Vec<FoundShare>,
    pub units: Vec<FoundShare>,
    pub milliseconds: i64,
}

/// How many of those found have something in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FoundShare {
    /// Of a tier or unit; "" for none.
    pub code: String,
    pub name: String,
    /// Empty where there is no other name.
    pub name_en: String,
    pub customers: i64,
}

impl FoundShare {
    pub fn name(&self, lang: Lang) -> &str {
        if lang == Lang::En && !self.name_en.is_empty() { &self.name_en } else { &self.name }
    }
}

/// A group looked at: who is in it now, and how many were.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct GroupLook {
    pub group: Group,
    /// Null where it cannot be used at present: it has expired, or a part of it is gone.
    pub found: Option<Found>,
    /// Of the reader's own customers by day, the oldest first: daily for two months, then the ends of months.
    pub growth: Vec<Growth>,
}

/// How many there were on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Growth {
    pub on: NaiveDate,
    pub customers: i64,
    /// Minor units of the base currency.
    pub aum: i64,
}

/// A customer whom a group finds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FoundCustomer {
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub customer_no: CustomerNo,
    pub name: String,
    pub tier: Option<TierRef>,
    pub org: String,
    /// Minor units of the base currency.
    pub aum: i64,
}

/// A group by its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct GroupRef {
    pub code: String,
    pub name: String,
}

/// Everything the page of groups shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupsPage {
    pub groups: Vec<Group>,
    /// The one that was asked for.
    pub look: Option<GroupLook>,
    pub choices: Vec<RuleChoice>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_numbers_with_whatever_stands_around_them() {
        let [a, b, c] = [700_000, 700_001, 700_002].map(|id| CustomerNo::from_id(id).to_string());
        let read = |text: &str| numbers_in_file(text);
        assert_eq!(read(&format!("\u{feff}客户号,姓名\r\n{a},陈 晨\r\n\r\n\"{b}\",\"林, 悦\"\r\n")), [a.clone(), b.clone()]);
        assert_eq!(
            read(&format!("姓名\t客户号\t手机号\n陈晨\t{a}\t13800000000\n城东\t12345\t\n无号\t\t\n")),
            [a.as_str(), "12345", "无号"]
        );
        assert_eq!(read(&format!("{a}\n{b}, 12345, {c}\n{b} {c}\n")), [&a, &b, "12345", &c, &b, &c]);
        assert_eq!(read(&format!("1,{a},13800000000\n{b},13800000000\nhello world\n12345 {c}\n")), [&a, &b, "helloworld", "12345", &c]);
        assert!(read("").is_empty() && read("客户号\n").is_empty());
    }
}
