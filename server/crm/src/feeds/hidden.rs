//! Rows of a file as people see them who load files and have no customers: what says who a customer is, how to reach them, or
//! what was said, is hidden, and comes back unseen when the row is repaired.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use guanhu_domain::{
    customers::mask,
    feeds::{Reject, RejectReason},
};
use serde::{Deserialize, Serialize};

use super::{entity::Entity, expr::Expr, plan::Job, reader::Layout, values::TextFormat};

/// Bytes of a row, and what stands in their place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    from: usize,
    to: usize,
    shown: String,
}

/// A refused row, and how it is shown.
#[derive(Debug)]
pub struct Refusal {
    pub reject: Reject,
    pub hidden: Vec<Span>,
}

impl Refusal {
    pub fn new(job: &Job, line: u64, reason: RejectReason, detail: String, raw: &str) -> Refusal {
        let reject = Reject {
            id: 0,
            file: job.source.name(),
            entity: job.entity.name.to_owned(),
            line,
            reason,
            detail: quoted(job, reason, detail),
            raw: raw.to_owned(),
            resubmitted: false,
        };
        Refusal { reject, hidden: of_row(job, raw) }
    }

    /// A line of totals: no customer's.
    pub fn of_file(reject: Reject) -> Refusal {
        Refusal { reject, hidden: Vec::new() }
    }
}

/// As it is shown.
pub fn veil(reject: &mut Reject, hidden: &[Span]) {
    reject.detail = detail(&reject.entity, reject.reason, &reject.detail);
    reject.raw = shown(&reject.raw, hidden);
}

/// What every part of a hidden value has, and hardly any other.
const STARS: &str = "**";

/// Stands for bytes that are no text of the file's encoding.
const BROKEN: char = '\u{FFFD}';

/// Whether something in it looks hidden.
pub fn is_veiled(text: &str) -> bool {
    text.contains(STARS)
}

/// Says of every cell whether it stays as it is: where a column that hides nothing says all of it, and no job reads it into one
/// that does. What nobody reads may be anything.
pub fn mark(jobs: &mut [Job]) {
    let mut hiding: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for job in jobs.iter() {
        let cells = hiding.entry(job.source.name()).or_default();
        let hides = job.columns.iter().filter(|mapped| mapped.column.hidden.is_some() && !mapped.implied).map(|mapped| &mapped.expr);
        hides.chain(job.extra.iter().map(|(_, expr)| expr)).for_each(|expr| expr.cells(cells));
    }
    for job in jobs.iter_mut() {
        let mut told = BTreeSet::new();
        for mapped in job.columns.iter().filter(|mapped| mapped.column.hidden.is_none() && mapped.expr.tells_all()) {
            mapped.expr.cells(&mut told);
        }
        let hiding = hiding.get(&job.source.name());
        let clear = |cell: usize| told.contains(&cell) && hiding.is_none_or(|hiding| !hiding.contains(&cell));
        job.clear = (0..job.header.len()).map(clear).collect();
    }
}

/// What is hidden of a row of the job's file. Of one that has other cells than the file has columns, all but short numbers and dates.
pub fn of_row(job: &Job, raw: &str) -> Vec<Span> {
    let cells = cells(raw, &job.layout);
    let assigned = cells.len() == job.clear.len();
    let hides = |at: usize, text: &str| match assigned {
        true => !job.clear[at] || says_secret(job, text),
        false => !is_plain(text, Some(&job.format)) || says_secret(job, text),
    };
    spans(raw, &cells, &job.layout, hides)
}

/// Hidden values that a repair put back are hidden wherever they stand now.
fn says_secret(job: &Job, text: &str) -> bool {
    job.source.secrets().iter().any(|secret| text.contains(secret.as_str()))
}

/// The detail of a fault without a value that is read from hidden cells, whatever the column is that asks for it.
pub fn quoted(job: &Job, reason: RejectReason, told: String) -> String {
    let Some((column, value)) = told.split_once(": ").filter(|_| quotes(reason)) else { return told };
    let reads_hidden = job.columns.iter().any(|mapped| mapped.column.name == column && reads_hidden(job, &mapped.expr));
    match reads_hidden || says_secret(job, value) {
        true => format!("{column}: {}", mask::unknown(value)),
        false => told,
    }
}

/// Does an expression say what stands in a hidden cell?
pub fn reads_hidden(job: &Job, expr: &Expr) -> bool {
    let mut read = BTreeSet::new();
    expr.cells(&mut read);
    read.into_iter().any(|cell| !job.clear.get(cell).copied().unwrap_or(false))
}

/// The same of a row whose file is not known any more.
pub fn of_any_row(raw: &str) -> Vec<Span> {
    let separator = ["|", "\t", ";", ","].into_iter().max_by_key(|separator| raw.matches(*separator).count()).unwrap_or(",");
    let layout = Layout { separator: separator.to_owned(), quote: Some('"'), encoding: None, line_end_required: false, trailer: None };
    spans(raw, &cells(raw, &layout), &layout, |_, text| !is_plain(text, None))
}

fn spans(raw: &str, cells: &[Cell], layout: &Layout, hides: impl Fn(usize, &str) -> bool) -> Vec<Span> {
    let mut spans = Vec::new();
    for (at, cell) in cells.iter().enumerate() {
        let text = &raw[cell.text.clone()];
        if text.is_empty() || !hides(at, text) {
            continue;
        }
        let Range { start: from, end: to } = if cell.quoted { cell.written.clone() } else { cell.text.clone() };
        // What stands in its place must not look like the end of a cell.
        let mut shown = mask::unknown(text).replace(&layout.separator, "*").replace(['\r', '\n'], "*");
        if let Some(quote) = layout.quote {
            shown = shown.replace(quote, "*");
        }
        // Which cell is broken is seen.
        if text.contains(BROKEN) && !shown.contains(BROKEN) {
            shown.push(BROKEN);
        }
        spans.push(Span { from, to, shown });
    }
    spans
}

fn is_plain(text: &str, format: Option<&TextFormat>) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let short = digits < 6 && text.chars().all(|c| c.is_ascii_digit() || " -+.:/".contains(c));
    short || format.is_some_and(|format| format.date(text).is_some())
}

/// A row without what is hidden of it.
pub fn shown(raw: &str, hidden: &[Span]) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut at = 0;
    for span in hidden {
        text.push_str(raw.get(at..span.from).unwrap_or_default());
        text.push_str(&span.shown);
        at = span.to;
    }
    text.push_str(raw.get(at..).unwrap_or_default());
    text
}

/// Does the detail of such a reason quote a value?
fn quotes(reason: RejectReason) -> bool {
    use RejectReason::{ColumnCount, CutOff, Duplicate, Encoding, Quote, Required, TooLong};
    !matches!(reason, ColumnCount | CutOff | Duplicate | Encoding | Quote | Required | TooLong)
}

/// A reason's detail without a hidden value.
pub fn detail(entity: &str, reason: RejectReason, detail: &str) -> String {
    let Some((column, value)) = detail.split_once(": ").filter(|_| quotes(reason)) else { return detail.to_owned() };
    let hides = |column: &str| Entity::find(entity).and_then(|entity| entity.column(column)).is_some_and(|column| column.hidden.is_some());
    match column == "where" || column.starts_with("extra.") || hides(column) {
        true => format!("{column}: {}", mask::unknown(value)),
        false => detail.to_owned(),
    }
}

/// A row as it was typed over its shown text, with what was left hidden as it is in `raw`, and the texts that were put back. `same`
/// tells whether a cell is what was shown. `None` where a hidden value was changed in part, where it is broken, or where it cannot
/// be told which of several that look alike was left.
pub fn filled(
    raw: &str,
    hidden: &[Span],
    typed: &str,
    layout: &Layout,
    same: impl Fn(&str, &str) -> bool,
) -> Option<(String, Vec<String>)> {
    let (before, now) = (cells(raw, layout), cells(typed, layout));
    let cell_of = |span: &Span| before.iter().position(|cell| cell.written.start <= span.from && span.to <= cell.written.end);
    let mut text = String::with_capacity(typed.len());
    let mut back = Vec::new();
    let (mut at, mut next) = (0, 0);
    for (place, cell) in now.iter().enumerate() {
        let said = &typed[cell.text.clone()];
        // Where no cell came or went each is what stood in its place, else the next that looks alike.
        let found = match before.len() == now.len() {
            true => hidden.iter().position(|span| cell_of(span) == Some(place) && same(&span.shown, said)),
            false => {
                let alike = hidden.iter().filter(|span| same(&span.shown, said)).count();
                let left = now.iter().filter(|other| &typed[other.text.clone()] == said).count();
                (next..hidden.len()).find(|at| same(&hidden[*at].shown, said)).filter(|_| alike == left)
            }
        };
        let Some(found) = found else {
            if is_veiled(said) && !before.iter().any(|cell| &raw[cell.text.clone()] == said) {
                return None;
            }
            continue;
        };
        let span = &hidden[found];
        let clear = raw.get(span.from..span.to).unwrap_or_default();
        if clear.contains(BROKEN) {
            return None;
        }
        let whole = cell_of(span).and_then(|place| before.get(place)).is_some_and(|cell| cell.quoted);
        let Range { start, end } = if whole { cell.written.clone() } else { cell.text.clone() };
        text.push_str(&typed[at..start]);
        text.push_str(clear);
        let trimmed = clear.trim_matches(|c: char| c == ' ' || Some(c) == layout.quote);
        // One letter would hide everything.
        if trimmed.chars().nth(1).is_some() {
            back.push(trimmed.to_owned());
        }
        (at, next) = (end, found + 1);
    }
    text.push_str(&typed[at..]);
    Some((text, back))
}

/// Where a cell is written, and where within it is what it says.
struct Cell {
    written: Range<usize>,
    text: Range<usize>,
    /// Its quotes open and close.
    quoted: bool,
}

/// A row cut at its separators, whether its quotes pair or not.
fn cells(row: &str, layout: &Layout) -> Vec<Cell> {
    let around = |c: char| c == ' ' || Some(c) == layout.quote;
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let rest = &row[at..];
        let quoted = end_of_quoted(rest, layout);
        let end = at + quoted.or_else(|| rest.find(&layout.separator)).unwrap_or(rest.len());
        let written = &row[at..end];
        let start = at + written.len() - written.trim_start_matches(around).len();
        let text = start..start + row[start..end].trim_end_matches(around).len();
        found.push(Cell { written: at..end, text, quoted: quoted.is_some() });
        if end == row.len() {
            return found;
        }
        at = end + layout.separator.len();
    }
}

/// The length of a cell whose quotes open and close before a separator or the end.
fn end_of_quoted(rest: &str, layout: &Layout) -> Option<usize> {
    let quote = layout.quote?;
    let mut from = rest.trim_start_matches(' ').strip_prefix(quote)?;
    loop {
        from = &from[from.find(quote)? + quote.len_utf8()..];
        match from.strip_prefix(quote) {
            // A doubled quote stands for one.
            Some(after) => from = after,
            None => break,
        }
    }
    let after = from.trim_start_matches(' ');
    (after.is_empty() || after.starts_with(&layout.separator)).then(|| rest.len() - after.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        Layout { separator: ",".into(), quote: Some('"'), encoding: None, line_end_required: true, trailer: None }
    }

    /// Everything hidden but the first and the last cell.
    fn hidden(raw: &str) -> Vec<Span> {
        let cells = cells(raw, &layout());
        let last = cells.len() - 1;
        spans(raw, &cells, &layout(), |at, _| at != 0 && at != last)
    }

    fn typed(raw: &str, change: impl Fn(&str) -> String) -> Option<String> {
        let spans = hidden(raw);
        filled(raw, &spans, &change(&shown(raw, &spans)), &layout(), |shown, said| shown == said).map(|(text, _)| text)
    }

    #[test]
    fn a_row_is_repaired_without_what_is_hidden_of_it() {
        let raw = "C1,张小伟,\"文三路1号, 杭州\",13800001234,1990-02-30";
        assert_eq!(shown(raw, &hidden(raw)), "C1,张**,文**,****1234,1990-02-30");
        let right = typed(raw, |text| text.replace("02-30", "02-28"));
        assert_eq!(right.as_deref(), Some("C1,张小伟,\"文三路1号, 杭州\",13800001234,1990-02-28"));
        // Typed anew, taken out, put in.
        let anew = typed(raw, |text| text.replace("****1234", "13900001234"));
        assert_eq!(anew.as_deref(), Some("C1,张小伟,\"文三路1号, 杭州\",13900001234,1990-02-30"));
        let without = typed(raw, |text| text.replace("张**,", ""));
        assert_eq!(without.as_deref(), Some("C1,\"文三路1号, 杭州\",13800001234,1990-02-30"));
        let more = typed(raw, |text| text.replace("C1,", "C1,personal,"));
        assert_eq!(more.as_deref(), Some("C1,personal,张小伟,\"文三路1号, 杭州\",13800001234,1990-02-30"));
        assert_eq!(typed(raw, |text| text.replace("****1234", "****1235")), None, "changed in part");
        // Which of two that look alike was left nobody can tell; what looks hidden and never stood there is no value.
        let alike = "C1,张小伟,张大伟,13800001234,x";
        assert_eq!(typed(alike, |text| text.replacen("张**,", "", 1)), None);
        assert_eq!(typed("C1,张小伟,138****1234,x", |text| text.replace("张**", "张**六")), None);
        assert_eq!(typed("C1,张\u{FFFD}伟,1,x", |text| text.replace(",x", ",y")), None, "broken text is typed anew");
        // What stands in the way may be a quote.
        let open = "C1,\"张小伟,13800001234,1990-01-01";
        assert_eq!(shown(open, &hidden(open)), "C1,\"张**,****1234,1990-01-01");
        let closed = typed(open, |text| text.replace('"', ""));
        assert_eq!(closed.as_deref(), Some("C1,张小伟,13800001234,1990-01-01"));
    }

    #[test]
    fn of_a_row_that_fits_no_columns_short_numbers_and_dates_stay() {
        let format = TextFormat { dates: vec!["%Y%m%d".into()], pivot: 50, decimal: '.', thousands: None, empty: vec![] };
        for (text, plain) in [("", true), ("-12.50", true), ("19900307", true), ("13800001234", false), ("张三", false), ("C1", false)] {
            assert_eq!(is_plain(text, Some(&format)), plain, "{text}");
        }
        let old = "C1;张小伟;13800001234;7";
        assert_eq!(shown(old, &of_any_row(old)), "C**;张**;****1234;7");
    }

    #[test]
    fn details_quote_no_hidden_value() {
        for (entity, reason, told, expected) in [
            ("customers", RejectReason::Formula, "name: =HYPERLINK(1)", "name: =**"),
            ("customers", RejectReason::TooLong, "name: 201 > 200", "name: 201 > 200"),
            ("customers", RejectReason::NotADate, "birth_date: 19900230", "birth_date: 19900230"),
            ("contacts", RejectReason::Character, "value: 1380000\\u{1}", "value: ****00"),
            ("customers", RejectReason::Formula, "extra.note: @x", "extra.note: @**"),
            ("accounts", RejectReason::Duplicate, "line 3", "line 3"),
        ] {
            let shown = detail(entity, reason, told);
            if told.contains("1380000") {
                assert!(!shown.contains("1380000"), "{shown}");
            } else {
                assert_eq!(shown, expected);
            }
        }
    }
}
