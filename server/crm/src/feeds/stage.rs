//! Rows of a file, checked one by one and handed over as COPY text, a chunk at a time.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    io,
};

use chrono::{Datelike, NaiveDate};
use guanhu_domain::{
    Currency,
    customers::mask,
    feeds::{Preview, PreviewRow, RejectReason, looks_like_formula},
};
use rust_decimal::Decimal;

use super::{
    entity::{Column, ColumnKind, Mask},
    expr::{Fault, Value},
    hidden::{self, Refusal},
    plan::{Facts, Job, Source},
    reader::{Record, Records, Row},
    values::TextFormat,
};
use crate::Keys;

/// What reading one file as one entity came to.
#[derive(Debug, Default)]
pub struct Read {
    /// Rows that passed the filter, and lines that could not be split.
    pub rows: u64,
    pub rejects: Rejects,
}

/// Refused rows: all are counted, so many are kept.
#[derive(Debug, Default)]
pub struct Rejects {
    pub count: u64,
    pub kept: Vec<Refusal>,
}

/// Beyond this a feed is broken, and more examples of it help nobody.
pub const MOST_KEPT: usize = 100_000;

impl Rejects {
    pub fn push(&mut self, refusal: Refusal) {
        self.count += 1;
        if self.kept.len() < MOST_KEPT {
            self.kept.push(refusal);
        }
    }

    pub fn append(&mut self, other: Rejects) {
        self.count += other.count;
        let room = MOST_KEPT - self.kept.len().min(MOST_KEPT);
        self.kept.extend(other.kept.into_iter().take(room));
    }
}

const CHUNK: usize = 1 << 18;

/// Columns of the staging table that the file fills, in order: `(name, type)`.
pub fn staged_columns(job: &Job) -> Vec<(String, &'static str)> {
    let mut columns = vec![("line".to_owned(), "bigint")];
    for mapped in &job.columns {
        columns.push((mapped.column.name.to_owned(), mapped.column.kind.sql()));
        if matches!(mapped.column.kind, ColumnKind::Hashed(_)) {
            columns.push((format!("{}_hash", mapped.column.name), "bytea"));
        }
    }
    if !job.extra.is_empty() {
        columns.push(("extra".to_owned(), "jsonb"));
    }
    columns
}

/// Reads the whole file. `send` takes chunks of COPY text with rows and bytes so far and says whether
/// to go on. Lines in `skip` were refused when the same file was read as another entity; they are
/// passed over, and so are lines that cannot be split unless `first` says that nobody has told of them.
pub fn read(
    job: &Job,
    facts: Facts,
    keys: &Keys,
    skip: &HashSet<u64>,
    first: bool,
    mut send: impl FnMut(Vec<u8>, u64, u64) -> bool,
) -> io::Result<Read> {
    let mut records = Records::new(job.source.open()?, job.layout.clone());
    let mut record = Record::default();
    let mut result = Read::default();
    let mut chunk = Vec::with_capacity(CHUNK + 4096);
    let mut line = Vec::with_capacity(512);
    let mut seen = HashSet::new();
    let hasher = RandomState::new();
    if job.has_header {
        let _ = records.next(&mut record)?;
    }
    while let Some(outcome) = records.next(&mut record)? {
        let number = original_line(&job.source, record.line);
        if skip.contains(&number) {
            continue;
        }
        let outcome = match outcome {
            Ok(()) if record.row.width() != job.header.len() => Err(width_fault(job, &record, records.at_open_end())),
            other => other,
        };
        if let Err(fault) = outcome {
            if first {
                result.rows += 1;
                result.rejects.push(Refusal::new(job, number, fault.reason, fault.detail, &record.raw));
            }
            continue;
        }
        line.clear();
        match write_row(job, facts, keys, &record.row, &mut line) {
            Ok(false) => continue,
            Ok(true) => {}
            Err(fault) => {
                result.rows += 1;
                result.rejects.push(Refusal::new(job, number, fault.reason, fault.detail, &record.raw));
                continue;
            }
        }
        if job.distinct && !seen.insert(hasher.hash_one(&line)) {
            continue;
        }
        result.rows += 1;
        chunk.extend_from_slice(number.to_string().as_bytes());
        chunk.extend_from_slice(&line);
        chunk.push(b'\n');
        if chunk.len() >= CHUNK && !send(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK + 4096)), result.rows, records.bytes()) {
            return Ok(result);
        }
    }
    send(chunk, result.rows, records.bytes());
    Ok(result)
}

/// The first rows as they would be loaded, without what is [`hidden`].
pub fn preview(job: &Job, facts: Facts, keys: &Keys, rows: usize) -> io::Result<Preview> {
    let mut records = Records::new(job.source.open()?, job.layout.clone());
    let mut record = Record::default();
    let mut found = Vec::new();
    if job.has_header {
        let _ = records.next(&mut record)?;
    }
    while found.len() < rows {
        let Some(outcome) = records.next(&mut record)? else { break };
        let mut line = Vec::new();
        let outcome = match outcome {
            Ok(()) if record.row.width() != job.header.len() => Err(width_fault(job, &record, records.at_open_end())),
            Ok(()) => write_row(job, facts, keys, &record.row, &mut line),
            Err(fault) => Err(fault),
        };
        let (values, problem) = match outcome {
            Ok(false) => continue,
            Ok(true) => (shown(job, facts, &line), None),
            Err(fault) => (
                Vec::new(),
                Some((fault.reason, hidden::detail(job.entity.name, fault.reason, &hidden::quoted(job, fault.reason, fault.detail)))),
            ),
        };
        let raw = hidden::shown(&record.raw, &hidden::of_row(job, &record.raw));
        found.push(PreviewRow { line: record.line, raw, values, problem });
    }
    Ok(Preview {
        entity: job.entity.name.into(),
        file: job.source.name(),
        header: job.header.clone(),
        columns: job.columns.iter().map(|mapped| mapped.column.name.to_owned()).collect(),
        rows: found,
    })
}

/// COPY text back into what a person reads: no hashes, amounts with their decimals, and nothing [`hidden`].
fn shown(job: &Job, facts: Facts, line: &[u8]) -> Vec<Option<String>> {
    let text = String::from_utf8_lossy(line);
    let mut cells = text.split('\t').skip(1);
    let mut currency = facts.base_currency;
    let mut values = Vec::new();
    for mapped in &job.columns {
        let cell =
            cells.next().filter(|cell| *cell != "\\N").map(|cell| cell.replace("\\t", "\t").replace("\\n", "\n").replace("\\\\", "\\"));
        match mapped.column.kind {
            ColumnKind::Hashed(_) => _ = cells.next(),
            ColumnKind::Currency => currency = cell.as_deref().and_then(Currency::new).unwrap_or(currency),
            _ => {}
        }
        let amount = matches!(mapped.column.kind, ColumnKind::Money | ColumnKind::SignedMoney);
        values.push(match cell.as_ref().and_then(|cell| cell.parse().ok()).filter(|_| amount) {
            Some(minor) => Some(guanhu_domain::Money::new(minor, currency).exact()),
            None => {
                // What is hidden in its own column is hidden beside it too.
                let secret = mapped.expr.tells_all() && hidden::reads_hidden(job, &mapped.expr);
                let mask = mapped.column.hidden.or(secret.then_some(mask::unknown as Mask));
                cell.map(|cell| mask.map_or_else(|| cell.clone(), |mask| mask(&cell)))
            }
        });
    }
    values
}

/// Rows repaired by hand keep the numbers they had in their file.
pub fn original_line(source: &Source, line: u64) -> u64 {
    match source {
        Source::Text { lines: Some(lines), .. } => usize::try_from(line).ok().and_then(|at| lines.get(at)).copied().unwrap_or(line),
        _ => line,
    }
}

/// A last line with too few columns was cut off; elsewhere the number of columns is wrong.
fn width_fault(job: &Job, record: &Record, open_end: bool) -> Fault {
    let few = record.row.width() < job.header.len();
    let reason = if few && open_end { RejectReason::CutOff } else { RejectReason::ColumnCount };
    Fault::new(reason, format!("{} / {}", record.row.width(), job.header.len()))
}

/// Appends the row's cells, each after a tab. `false`: the filter leaves the row out.
fn write_row(job: &Job, facts: Facts, keys: &Keys, row: &Row, out: &mut Vec<u8>) -> Result<bool, Fault> {
    let of = |name: &str, fault: Fault| Fault { detail: format!("{name}: {}", short(&fault.detail)), ..fault };
    if let Some(filter) = &job.filter
        && !filter.eval(row, &job.format).map_err(|fault| of("where", fault))?.is_true()
    {
        return Ok(false);
    }
    let mut currency = facts.base_currency;
    for mapped in &job.columns {
        let column = mapped.column;
        let named = |fault: Fault| of(column.name, fault);
        let value = mapped.expr.eval(row, &job.format).map_err(named)?;
        out.push(b'\t');
        if value == Value::Null {
            if column.required {
                return Err(Fault::new(RejectReason::Required, column.name));
            }
            out.extend_from_slice(b"\\N");
            if matches!(column.kind, ColumnKind::Hashed(_)) {
                out.extend_from_slice(b"\t\\N");
            }
            continue;
        }
        write_value(column, value, &job.format, &mut currency, keys, out).map_err(named)?;
    }
    if !job.extra.is_empty() {
        let mut object = serde_json::Map::new();
        for (name, expr) in &job.extra {
            let named = |fault: Fault| of(&format!("extra.{name}"), fault);
            if let Some(text) = expr.eval(row, &job.format).map_err(named)?.as_text() {
                object.insert(name.clone(), checked_text(text.into_owned(), 500).map_err(named)?.into());
            }
        }
        out.push(b'\t');
        escape(&serde_json::Value::Object(object).to_string(), out);
    }
    Ok(true)
}

/// Enough of a value to find it by.
fn short(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

fn write_value(
    column: &Column,
    value: Value<'_>,
    format: &TextFormat,
    currency: &mut Currency,
    keys: &Keys,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    match column.kind {
        ColumnKind::Text(max) => escape(&checked_text(value.as_text().unwrap_or_default().into_owned(), max)?, out),
        ColumnKind::Hashed(max) => {
            let text = checked_text(value.as_text().unwrap_or_default().into_owned(), max)?;
            escape(&text, out);
            out.extend_from_slice(b"\t\\\\x");
            out.extend_from_slice(hex::encode(keys.hash(&text)).as_bytes());
        }
        ColumnKind::Code(codes) => {
            let text = value.as_text().unwrap_or_default();
            let code = codes.iter().find(|code| **code == text).ok_or_else(|| Fault::new(RejectReason::UnknownCode, text))?;
            out.extend_from_slice(code.as_bytes());
        }
        ColumnKind::Date => {
            let date = match value {
                Value::Date(date) => date,
                other => {
                    let text = other.as_text().unwrap_or_default();
                    format.date(&text).ok_or_else(|| Fault::new(RejectReason::NotADate, text))?
                }
            };
            if !(1850..=2200).contains(&date.year()) {
                return Err(Fault::new(RejectReason::OutOfRange, date.to_string()));
            }
            write_date(date, out);
        }
        ColumnKind::Money | ColumnKind::SignedMoney => {
            let text = value.as_text().unwrap_or_default();
            let minor = match &value {
                Value::Number(_) => super::values::parse_minor(&text, currency.exponent()),
                _ => format.minor(&text, currency.exponent()),
            };
            let minor = minor.ok_or_else(|| Fault::new(RejectReason::NotMoney, &*text))?;
            if minor < 0 && column.kind == ColumnKind::Money {
                return Err(Fault::new(RejectReason::Negative, text));
            }
            out.extend_from_slice(minor.to_string().as_bytes());
        }
        ColumnKind::Decimal(min, max, decimals) => {
            let number = decimal(&value, format)?;
            if number < Decimal::ZERO && min == 0 {
                return Err(Fault::new(RejectReason::Negative, number.to_string()));
            }
            if number < Decimal::from(min) || number > Decimal::from(max) || number.normalize().scale() > decimals {
                return Err(Fault::new(RejectReason::OutOfRange, number.to_string()));
            }
            out.extend_from_slice(number.to_string().as_bytes());
        }
        ColumnKind::Integer(min, max) => {
            let number = decimal(&value, format)?;
            if number < Decimal::ZERO && min == 0 {
                return Err(Fault::new(RejectReason::Negative, number.to_string()));
            }
            if !number.fract().is_zero() || number < Decimal::from(min) || number > Decimal::from(max) {
                return Err(Fault::new(RejectReason::OutOfRange, number.to_string()));
            }
            out.extend_from_slice(number.trunc().normalize().to_string().as_bytes());
        }
        ColumnKind::Flag => {
            let text = value.as_text().unwrap_or_default().to_lowercase();
            let flag = match text.as_str() {
                "true" | "1" | "y" | "yes" | "t" | "是" => "t",
                "false" | "0" | "n" | "no" | "f" | "否" => "f",
                _ => return Err(Fault::new(RejectReason::UnknownCode, text)),
            };
            out.extend_from_slice(flag.as_bytes());
        }
        ColumnKind::Currency => {
            let text = value.as_text().unwrap_or_default();
            let known = Currency::new(&text).filter(|currency| is_iso_4217(currency.code()));
            *currency = known.ok_or_else(|| Fault::new(RejectReason::UnknownCurrency, &*text))?;
            out.extend_from_slice(text.as_bytes());
        }
    }
    Ok(())
}

fn decimal(value: &Value<'_>, format: &TextFormat) -> Result<Decimal, Fault> {
    match value {
        Value::Number(number) => Ok(*number),
        other => {
            let text = other.as_text().unwrap_or_default();
            format.decimal(&text).ok_or_else(|| Fault::new(RejectReason::NotANumber, text))
        }
    }
}

fn checked_text(text: String, max: usize) -> Result<String, Fault> {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Fault::new(RejectReason::Character, text.escape_default().to_string()));
    }
    if looks_like_formula(&text) {
        return Err(Fault::new(RejectReason::Formula, text));
    }
    let length = text.chars().count();
    if length > max {
        return Err(Fault::new(RejectReason::TooLong, format!("{length} > {max}")));
    }
    Ok(text)
}

fn write_date(date: NaiveDate, out: &mut Vec<u8>) {
    out.extend_from_slice(date.to_string().as_bytes());
}

/// For the text format of COPY.
fn escape(text: &str, out: &mut Vec<u8>) {
    if !text.bytes().any(|byte| matches!(byte, b'\\' | b'\t' | b'\n' | b'\r')) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            byte => out.push(byte),
        }
    }
}

/// The currencies in use, and the Czech, Slovak and German ones that old files still carry.
fn is_iso_4217(code: &str) -> bool {
    const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DEM DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SKK SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XAG XAU XCD XOF XPF YER ZAR ZMW ZWL";
    CODES.as_bytes().chunks(4).any(|known| &known[..3] == code.as_bytes())
}
