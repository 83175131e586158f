//! A rejects file that comes back, repaired in a spreadsheet or an editor.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use encoding_rs::{Encoding, GB18030, GBK};
use guanhu_domain::{
    Rule,
    access::Verb,
    feeds::{ImportReport, Repair, plain_cell},
};
use uuid::Uuid;

use super::{
    hidden,
    rejects::{Kept, rejects_by_id},
    runs::send_again,
};
use crate::{Actor, Bank, Error, Result};

/// Bytes of a repaired rejects file. More rejects than fit belong into a new load.
pub const LARGEST_REPAIRS: usize = 64 * 1024 * 1024;

/// Loads again what differs in a rejects file from what was rejected, see [`super::resubmit`]. Rows that were accepted since are
/// passed over. The file may have been saved by a spreadsheet: with `,`, `;` or tabs, in UTF-8, UTF-16 or GBK. It may be the one
/// with hidden values.
///
/// # Errors
/// `Invalid` on `file`, with the line in words, for a file that is no rejects file of this run, and when nothing in it differs.
pub async fn resubmit_csv(bank: &Bank, actor: &Actor, run: Uuid, bytes: &[u8]) -> Result<ImportReport> {
    actor.require(Verb::FeedImport)?;
    let repairs = repairs_from_csv(bank, run, bytes).await?;
    send_again(bank, actor, run, repairs, |shown, typed| shown == typed || as_gbk(shown) == typed).await
}

async fn repairs_from_csv(bank: &Bank, run: Uuid, bytes: &[u8]) -> Result<Vec<Repair>> {
    sqlx::query("select from import_run where run_id = $1").bind(run).fetch_one(bank.pool()).await?;
    let sheet = Sheet::read(bytes)?;
    let ids: Vec<i64> = sheet.rows.iter().map(|row| row.id).collect();
    let known = rejects_by_id(bank, run, &ids).await?;
    let known: BTreeMap<i64, Kept> = known.into_iter().map(|kept| (kept.reject.id, kept)).collect();
    let mut repairs = Vec::new();
    for Row { line, id, text } in sheet.rows {
        let Some(Kept { reject, hidden }) = known.get(&id) else {
            return Err(wrong(
                format!("第 {line} 行：编号 {id} 不是此次导入被拒绝的行。请使用在此页面下载的文件。"),
                format!("Line {line}: number {id} is no rejected row of this load. Use the file that was downloaded from this page."),
            ));
        };
        let (raw, shown) = (&reject.raw, &hidden::shown(&reject.raw, hidden));
        let text = if raw.starts_with('\'') { text.as_str() } else { plain_cell(&text) };
        let unchanged = [raw, shown].into_iter().any(|before| text == before || (sheet.gbk && text == as_gbk(before)));
        if reject.resubmitted || unchanged {
            continue;
        }
        if text.trim().is_empty() {
            return Err(wrong(
                format!("第 {line} 行：text 列是空的。不想提交的行请从文件中删去。"),
                format!("Line {line}: the column `text` is empty. Take rows out of the file that are not to be sent."),
            ));
        }
        let before = if hidden::is_veiled(text) && !hidden::is_veiled(raw) { shown } else { raw };
        if let Some(lost) = sheet.gbk.then(|| lost_in_gbk(before, text)).flatten() {
            return Err(wrong(
                format!("第 {line} 行：保存为 GBK 时丢失了字符“{lost}”。请另存为 UTF-8 编码的 CSV。"),
                format!("Line {line}: the character {lost} was lost as the file was saved in GBK. Save it as CSV in UTF-8."),
            ));
        }
        repairs.push(Repair { id, raw: text.to_owned() });
    }
    if repairs.is_empty() {
        return Err(wrong(
            "文件中没有改动过的行。请在 text 列改正原文后再提交。".into(),
            "No row of the file was changed. Correct the column `text`, then send the file.".into(),
        ));
    }
    Ok(repairs)
}

fn wrong(zh: String, en: String) -> Error {
    Error::field("file", Rule::Other { zh, en })
}

struct Row {
    /// Of the sheet, counted from 1.
    line: u64,
    id: i64,
    text: String,
}

struct Sheet {
    rows: Vec<Row>,
    /// What this encoding cannot write has become a question mark.
    gbk: bool,
}

impl Sheet {
    fn read(bytes: &[u8]) -> Result<Sheet> {
        let (text, gbk) = decode(bytes).ok_or_else(|| {
            wrong(
                "文件编码无法识别。请另存为 UTF-8 编码的 CSV。".into(),
                "The file is in no encoding that is known here. Save it as CSV in UTF-8.".into(),
            )
        })?;
        // The reader counts a line that ends in two characters too late.
        let text = text.replace("\r\n", "\n");
        let first = text.lines().next().unwrap_or_default();
        let separator = *b",;\t".iter().max_by_key(|separator| first.bytes().filter(|byte| byte == *separator).count()).unwrap_or(&b',');
        let mut csv = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
        let header = csv.headers().map_err(unreadable)?;
        let place = |name: &str| {
            header.iter().position(|column| column.trim().eq_ignore_ascii_case(name)).ok_or_else(|| {
                wrong(
                    format!("文件没有“{name}”列。请使用在此页面下载的文件，并保留列名。"),
                    format!("The file has no column `{name}`. Use the file that was downloaded from this page, and leave its header."),
                )
            })
        };
        let (id_at, text_at) = (place("id")?, place("text")?);
        let mut rows = Vec::new();
        let mut seen = BTreeSet::new();
        for record in csv.records() {
            let record = record.map_err(unreadable)?;
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let line = record.position().map_or(0, csv::Position::line);
            let number = record.get(id_at).unwrap_or_default().trim();
            let id: i64 = number.parse().map_err(|_| {
                wrong(
                    format!("第 {line} 行：“{number}”不是编号（id 列）。"),
                    format!("Line {line}: `{number}` in the column `id` is no number of a row."),
                )
            })?;
            if !seen.insert(id) {
                return Err(wrong(
                    format!("第 {line} 行：编号 {id} 在文件中出现了两次。"),
                    format!("Line {line}: number {id} stands in the file twice."),
                ));
            }
            let text = record.get(text_at).unwrap_or_default();
            rows.push(Row { line, id, text: text.trim_end_matches('\n').to_owned() });
        }
        Ok(Sheet { rows, gbk })
    }
}

fn unreadable(error: csv::Error) -> Error {
    wrong(format!("文件无法读取：{error}"), format!("The file cannot be read: {error}"))
}

/// The text, and whether it was in GBK.
fn decode(bytes: &[u8]) -> Option<(Cow<'_, str>, bool)> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Some((encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..])?, false));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some((text.into(), false)),
        Err(_) => Some((GB18030.decode_without_bom_handling_and_without_replacement(bytes)?, true)),
    }
}

fn in_gbk(c: char) -> bool {
    !GBK.encode(c.encode_utf8(&mut [0; 4])).2
}

/// As a spreadsheet saves it in GBK.
fn as_gbk(text: &str) -> String {
    text.chars()
        .flat_map(|c| if in_gbk(c) { [Some(c), None] } else { [Some('?'), (c.len_utf16() == 2).then_some('?')] })
        .flatten()
        .collect()
}

/// A character that became a question mark in a row that somebody repaired.
fn lost_in_gbk(raw: &str, text: &str) -> Option<char> {
    raw.chars().find(|c| !in_gbk(*c) && text.contains('?') && !text.contains(*c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(u64, i64, String)> {
        Sheet::read(bytes).unwrap_or_else(|error| panic!("{error:?}")).rows.into_iter().map(|row| (row.line, row.id, row.text)).collect()
    }

    #[test]
    fn what_spreadsheets_save_is_read() {
        let expected = [(2, 7, "C1;\"张\";x\ny".to_owned()), (4, 8, "'=1".to_owned())];
        let comma = "\u{FEFF}id,file,text\n7,c.txt,\"C1;\"\"张\"\";x\ny\"\n8,c.txt,'=1\n";
        assert_eq!(rows(comma.as_bytes()), expected);
        let semicolon = "ID;file;text\r\n7;c.txt;\"C1;\"\"张\"\";x\r\ny\"\r\n8;c.txt;'=1\r\n;;\r\n";
        assert_eq!(rows(&GBK.encode(semicolon).0), expected);
        let tab: Vec<u8> = "\u{FEFF}"
            .encode_utf16()
            .chain(semicolon.replace(";c.txt;", "\tc.txt\t").replace(";file;", "\tfile\t").replace(";;", "\t\t").encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(rows(&tab), expected);
    }

    #[test]
    fn what_gbk_cannot_write_is_missed_only_where_a_row_was_repaired() {
        assert_eq!(as_gbk("C1|\u{2CB5A}|\u{FFFD}|张"), "C1|??|?|张");
        assert_eq!(lost_in_gbk("C1|\u{2CB5A}|x", "C1|??|y"), Some('\u{2CB5A}'));
        assert_eq!(lost_in_gbk("C1|\u{2CB5A}|x", "C1|申|y"), None);
    }
}
