//! Feeds as the imports page and the command line see them: what was loaded, what was refused and why.

mod profile;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::profile::{BankTable, CodeValue, ControlTable, FileTable, FormatTable, LoadTable, LookupTable, ProfileTables};
use crate::{Lang, Problem, customers::list::coded};

coded! {
    /// Why a row was not loaded.
    RejectReason {
        Encoding "encoding" "编码无效" | "Not in the file's encoding";
        CutOff "cut_off" "行不完整，文件可能被截断" | "Line is incomplete; the file may be cut off";
        ColumnCount "column_count" "列数不符" | "Wrong number of columns";
        Quote "quote" "引号不成对" | "Quotes do not pair";
        TooLong "too_long" "过长" | "Too long";
        Character "character" "含控制字符" | "Contains control characters";
        Formula "formula" "疑似公式" | "Looks like a formula";
        Required "required" "缺少必填项" | "A required value is missing";
        NotADate "not_a_date" "不是日期" | "Not a date";
        NotANumber "not_a_number" "不是数字" | "Not a number";
        NotMoney "not_money" "不是金额" | "Not an amount";
        Negative "negative" "不能为负数" | "Negative where none may be";
        OutOfRange "out_of_range" "超出范围" | "Out of range";
        UnknownCode "unknown_code" "未知代码" | "Unknown code";
        UnknownCurrency "unknown_currency" "未知币种" | "Unknown currency";
        UnknownKey "unknown_key" "引用的记录不存在" | "Refers to a record that does not exist";
        Duplicate "duplicate" "文件内重复" | "Duplicate in the file";
        Conflict "conflict" "与现有数据冲突" | "Conflicts with what is there";
    }
}

coded! {
    /// How a run stands.
    RunState {
        Running "running" "进行中" | "Running";
        Done "done" "已完成" | "Done";
        Refused "refused" "已拒绝，未导入" | "Refused: nothing was loaded";
        Failed "failed" "失败" | "Failed";
        Cancelled "cancelled" "已取消" | "Cancelled";
    }
}

/// Rows of one file as one kind of record. `read = inserted + updated + unchanged + rejected`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Counts {
    pub read: u64,
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub rejected: u64,
}

impl std::ops::AddAssign<&Counts> for Counts {
    fn add_assign(&mut self, other: &Counts) {
        self.read += other.read;
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.rejected += other.rejected;
    }
}

/// [`Counts`] of one file and entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FileCounts {
    pub file: String,
    pub entity: String,
    #[serde(flatten)]
    pub counts: Counts,
}

/// What a load did: the last line that `guanhu import` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ImportReport {
    pub feed: String,
    pub run: Uuid,
    pub state: RunState,
    pub business_date: NaiveDate,
    pub dry_run: bool,
    #[serde(flatten)]
    pub total: Counts,
    /// Where the refused rows were written, if there were any.
    pub rejects_file: Option<String>,
    pub seconds: f64,
    pub files: Vec<FileCounts>,
    /// The first refused rows; all are kept with the run and in the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejects: Vec<Reject>,
}

impl ImportReport {
    /// The exit code of the command: 0, 3 when rows were refused, 1 when nothing was loaded.
    pub fn exit_code(&self) -> u8 {
        match self.state {
            RunState::Done if self.total.rejected == 0 => 0,
            RunState::Done => 3,
            _ => 1,
        }
    }
}

/// A row that was not loaded, as it stood in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Reject {
    /// Its number within the run; 0 before it is kept.
    #[serde(default)]
    pub id: i64,
    pub file: String,
    pub entity: String,
    /// Counted from 1, the header included. 0: the file as a whole, which does not hold as many rows as its source says.
    pub line: u64,
    pub reason: RejectReason,
    /// Which column and value.
    pub detail: String,
    pub raw: String,
    #[serde(default)]
    pub resubmitted: bool,
}

impl Reject {
    /// The whole file was refused, rather than one row of it.
    pub fn of_whole_file(&self) -> bool {
        self.line == 0
    }

    /// Why, in words.
    pub fn why(&self, lang: Lang) -> &'static str {
        match (self.of_whole_file(), lang) {
            (false, lang) => self.reason.name(lang),
            (true, Lang::Zh) => "文件不完整：行数与来源所报不符",
            (true, Lang::En) => "The file is incomplete: rows found, rows announced",
        }
    }
}

/// A line of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    pub run: Uuid,
    pub feed: String,
    pub state: RunState,
    pub business_date: Option<NaiveDate>,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// Name of the user; `None` for the command line.
    pub started_by: Option<String>,
    #[serde(flatten)]
    pub total: Counts,
    pub message: String,
    /// It was begun on the page and runs, so that it can be cancelled.
    pub can_cancel: bool,
}

/// A run with its files, and whether its rejects can be loaded again (its files are still there).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunDetail {
    pub row: RunRow,
    pub files: Vec<FileCounts>,
    pub can_resubmit: bool,
}

/// A profile that may be chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileRow {
    pub name: String,
    pub title: String,
    /// `0`: comes with the product and has not been changed.
    pub version: i32,
    pub saved_at: Option<DateTime<Utc>>,
    pub saved_by: Option<String>,
}

/// A profile opened for editing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileDetail {
    pub version: i32,
    pub text: String,
    pub tables: ProfileTables,
}

/// What an uploaded file is, as far as its first lines tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UploadedFile {
    pub name: String,
    pub bytes: i64,
}

/// A column of a canonical entity, for the mapping editor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityColumn {
    pub name: String,
    pub required: bool,
    /// What it is and how it is checked.
    pub zh: String,
    pub en: String,
}

/// A canonical entity, for the mapping editor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityShape {
    pub name: String,
    pub zh: String,
    pub columns: Vec<EntityColumn>,
}

/// A load that was asked for from the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadRequest {
    pub upload: Uuid,
    pub profile: String,
    pub business_date: Option<NaiveDate>,
    pub dry_run: bool,
}

/// A load under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadState {
    pub progress: Option<Progress>,
    /// How it ended.
    pub report: Option<ImportReport>,
    /// Why it came to nothing.
    pub failure: Option<Problem>,
}

/// A rejected row as it was repaired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    pub id: i64,
    pub raw: String,
}

/// Progress of a load, for a bar and a line of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The file being read, or empty while the database works.
    pub file: String,
    pub entity: String,
    pub rows: u64,
    /// Of the current file.
    pub bytes: u64,
    pub bytes_total: u64,
    /// Loads finished and loads in all.
    pub step: usize,
    pub steps: usize,
}

/// The first rows of a file under a mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub entity: String,
    pub file: String,
    /// The file's own columns.
    pub header: Vec<String>,
    /// Canonical columns that are mapped.
    pub columns: Vec<String>,
    pub rows: Vec<PreviewRow>,
}

/// A row as it would be loaded, or why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewRow {
    pub line: u64,
    pub raw: String,
    pub values: Vec<Option<String>>,
    pub problem: Option<(RejectReason, String)>,
}

/// Text that a spreadsheet would run: begins with `=` or `@` (full width too), or with `+` or `-`
/// before anything that is not a number.
pub fn looks_like_formula(text: &str) -> bool {
    let mut chars = text.chars();
    match chars.next() {
        Some('=' | '@' | '＝' | '＠' | '\t' | '\r') => true,
        Some('+' | '-' | '＋' | '－') => !chars.all(|c| c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '-' | '.' | ',')),
        _ => false,
    }
}

/// What a spreadsheet may take for the beginning of a formula.
const GUARDED: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// A cell of a CSV for spreadsheets: quoted where needed, and what looks like a formula made plain
/// text by a leading apostrophe.
pub fn csv_cell(text: &str) -> String {
    let guard = if text.starts_with(GUARDED) { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// What [`csv_cell`] was given: the cell without the apostrophe that kept it from being a formula.
pub fn plain_cell(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| text.starts_with(GUARDED)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_told_from_numbers_and_phones() {
        for text in ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+HYPERLINK(1)", "＝1"] {
            assert!(looks_like_formula(text), "{text}");
        }
        for text in ["-", "-12.50", "+86 138-0000-0000", "a=b", "张三", ""] {
            assert!(!looks_like_formula(text), "{text}");
        }
        assert_eq!(csv_cell("=1+1"), "\"'=1+1\"");
        assert_eq!(csv_cell("a\"b"), "\"a\"\"b\"");
        assert_eq!((plain_cell("'=1+1"), plain_cell("'quoted'"), plain_cell("-1")), ("=1+1", "'quoted'", "-1"));
    }
}
