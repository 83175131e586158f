//! A profile as it is written and edited. Its meaning and its checks are the server's (crm: feeds).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Which files a feed has, how they are written, and how their columns become the canonical ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileTables {
    /// The feed's name: letters, digits, `-` and `_`.
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The source system whose keys the feed brings; the feed's name if not given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Share of rows, 0–1, above which nothing is loaded; else the parameter `feeds.reject_threshold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reject_threshold: Option<f64>,
    /// Used where neither the command nor the bank has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_date: Option<String>,
    /// Makes the bank in an empty database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<BankTable>,
    #[serde(default)]
    pub format: FormatTable,
    pub files: BTreeMap<String, FileTable>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, BTreeMap<String, CodeValue>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lookups: BTreeMap<String, LookupTable>,
    #[serde(rename = "load", default)]
    pub loads: Vec<LoadTable>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankTable {
    pub name: String,
    pub base_currency: String,
}

/// What a code of the source stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CodeValue {
    Flag(bool),
    Number(i64),
    Text(String),
}

/// How a file is written; what a file leaves out it takes from the profile's `[format]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatTable {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// One character, or empty for files without quoting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pivot: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thousands: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<Vec<String>>,
    /// A last line without line end is refused as cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_end_required: Option<bool>,
    /// How many rows the source says a file has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<ControlTable>,
}

/// Where the source says how many rows a file has: in a last line that is no row, in a file beside it, or in both, of
/// which the file beside is believed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlTable {
    /// What the last line begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailer: Option<String>,
    /// The file beside; `*` stands for the name of the file without its ending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The number, as an expression over the cells of that line: `c1`, `c2` …
    pub rows: String,
}

impl FormatTable {
    fn is_default(&self) -> bool {
        *self == FormatTable::default()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileTable {
    /// Name within the feed's directory; `*` stands for any characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The file comes with the profile and lies beside it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// The rows themselves, header first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Names of the columns, for files without a header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "FormatTable::is_default")]
    pub format: FormatTable,
}

/// A join: the rows of a file, found by a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookupTable {
    pub file: String,
    pub key: String,
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// One file as one kind of record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadTable {
    pub entity: String,
    pub file: String,
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Rows that come out the same count once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub distinct: bool,
    /// Transactions of one day are put into the order in which their balances follow from each other.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub order_by_balance: bool,
    #[serde(rename = "let", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lets: BTreeMap<String, String>,
    pub columns: BTreeMap<String, String>,
}
