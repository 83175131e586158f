//! Reading a delimited file record by record, so that one bad line never spoils the next.
//!
//! Lines are decoded before they are split: in GBK a separator such as `|` may be half of a character.

use std::{
    collections::VecDeque,
    io::{self, BufRead, Read},
};

use encoding_rs::Encoding;
use guanhu_domain::feeds::RejectReason;

use super::expr::Fault;

/// One record's cells, kept in one buffer that is used again for the next.
#[derive(Clone, Debug, Default)]
pub struct Row {
    buffer: String,
    ends: Vec<usize>,
}

impl Row {
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        self.buffer.get(start..end)
    }

    pub fn width(&self) -> usize {
        self.ends.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.width()).filter_map(|at| self.get(at))
    }

    fn clear(&mut self) {
        self.buffer.clear();
        self.ends.clear();
    }

    fn push(&mut self, cell: &str) {
        self.buffer.push_str(cell);
        self.ends.push(self.buffer.len());
    }
}

/// How a file is cut into records.
#[derive(Clone, Debug)]
pub struct Layout {
    pub separator: String,
    pub quote: Option<char>,
    /// `None` is UTF-8.
    pub encoding: Option<&'static Encoding>,
    /// A last line without a line end counts as cut off.
    pub line_end_required: bool,
    /// A last line that begins with it is no record.
    pub trailer: Option<String>,
}

/// A record as it stood in the file.
#[derive(Debug, Default)]
pub struct Record {
    pub row: Row,
    /// Counted from 1.
    pub line: u64,
    /// Decoded, without the line end.
    pub raw: String,
}

/// Longer lines are refused rather than kept in memory.
const LONGEST_LINE: u64 = 1 << 20;
/// A quoted cell may run over so many lines.
const MOST_LINES: usize = 50;

pub struct Records<R> {
    input: R,
    layout: Layout,
    waiting: VecDeque<Line>,
    line: u64,
    bytes: u64,
    started: bool,
    open_end: bool,
    /// The beginning of the trailer as it is written in the file.
    mark: Option<Vec<u8>>,
    trailer: Option<String>,
}

struct Line {
    bytes: Vec<u8>,
    number: u64,
    ended: bool,
    too_long: bool,
}

impl<R: BufRead> Records<R> {
    pub fn new(input: R, layout: Layout) -> Records<R> {
        let mark = layout.trailer.as_deref().map(|mark| match layout.encoding {
            None => mark.as_bytes().to_vec(),
            Some(encoding) => encoding.encode(mark).0.into_owned(),
        });
        Records { input, layout, waiting: VecDeque::new(), line: 0, bytes: 0, started: false, open_end: false, mark, trailer: None }
    }

    /// Once all records are read: the last line, if it is no record and whole.
    pub fn trailer(&self) -> Option<&str> {
        self.trailer.as_deref()
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The record just read ran into the end of the file without a line end.
    pub fn at_open_end(&self) -> bool {
        self.open_end
    }

    /// Reads the next record into `record`, blank lines skipped. `Ok(None)` at the end; the inner error
    /// is a record that cannot be split, whose `line` and `raw` are set all the same.
    pub fn next(&mut self, record: &mut Record) -> io::Result<Option<Result<(), Fault>>> {
        loop {
            let Some(line) = self.take_line()? else { return Ok(None) };
            if line.bytes.is_empty() && !line.too_long {
                continue;
            }
            if self.is_trailer(&line)? {
                let mut text = String::new();
                let whole = line.ended || !self.layout.line_end_required;
                self.trailer = (whole && self.decode(&line.bytes, &mut text)).then_some(text);
                return Ok(None);
            }
            return self.split(line, record).map(Some);
        }
    }

    /// Begins like the trailer, and nothing follows.
    fn is_trailer(&mut self, line: &Line) -> io::Result<bool> {
        if line.too_long || !self.mark.as_ref().is_some_and(|mark| line.bytes.starts_with(mark)) {
            return Ok(false);
        }
        while let Some(next) = self.take_line()? {
            if !next.bytes.is_empty() || next.too_long {
                self.waiting.push_front(next);
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn split(&mut self, line: Line, record: &mut Record) -> io::Result<Result<(), Fault>> {
        record.line = line.number;
        record.row.clear();
        record.raw.clear();
        if line.too_long {
            record.raw.push_str(&self.lossy(&line.bytes[..line.bytes.len().min(2000)]));
            return Ok(Err(Fault::new(RejectReason::TooLong, format!("line > {LONGEST_LINE}"))));
        }
        if !self.decode(&line.bytes, &mut record.raw) {
            record.raw = self.lossy(&line.bytes);
            return Ok(Err(Fault::new(RejectReason::Encoding, self.layout.encoding.map_or("UTF-8", Encoding::name))));
        }
        let mut ended = line.ended;
        let mut split = split_cells(&record.raw, &self.layout, &mut record.row);
        // An open quote may close on a later line; if it never does, only this line is refused.
        if split == Err(Split::Open) {
            let first = record.raw.clone();
            let mut taken = Vec::new();
            while split == Err(Split::Open) && taken.len() < MOST_LINES {
                let Some(next) = self.take_line()? else { break };
                record.raw.push('\n');
                let decoded = !next.too_long && self.decode(&next.bytes, &mut record.raw);
                ended = next.ended;
                taken.push(next);
                if !decoded {
                    break;
                }
                record.row.clear();
                split = split_cells(&record.raw, &self.layout, &mut record.row);
            }
            if split.is_err() {
                let was_last = taken.is_empty() && !line.ended;
                taken.into_iter().rev().for_each(|next| self.waiting.push_front(next));
                record.raw = first;
                if was_last {
                    return Ok(Err(Fault::new(RejectReason::CutOff, "")));
                }
                return Ok(Err(Fault::new(RejectReason::Quote, "")));
            }
        }
        self.open_end = !ended;
        if split == Err(Split::Stray) {
            return Ok(Err(Fault::new(RejectReason::Quote, "")));
        }
        if !ended && self.layout.line_end_required {
            return Ok(Err(Fault::new(RejectReason::CutOff, "")));
        }
        Ok(Ok(()))
    }

    fn take_line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.waiting.pop_front() {
            return Ok(Some(line));
        }
        let mut bytes = Vec::new();
        let read = self.input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        self.bytes += read as u64;
        let mut ended = bytes.last() == Some(&b'\n');
        let too_long = !ended && read as u64 == LONGEST_LINE;
        while too_long && !ended {
            let buffer = self.input.fill_buf()?;
            let (used, found) = match buffer.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), buffer.is_empty()),
            };
            self.input.consume(used);
            self.bytes += used as u64;
            ended = found;
        }
        while let Some(b'\n' | b'\r') = bytes.last() {
            bytes.pop();
        }
        if !std::mem::replace(&mut self.started, true) && bytes.starts_with(b"\xEF\xBB\xBF") {
            bytes.drain(..3);
        }
        Ok(Some(Line { bytes, number: self.line, ended, too_long }))
    }

    fn decode(&self, bytes: &[u8], text: &mut String) -> bool {
        match self.layout.encoding {
            None => match std::str::from_utf8(bytes) {
                Ok(decoded) => text.push_str(decoded),
                Err(_) => return false,
            },
            Some(encoding) => match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
                Some(decoded) => text.push_str(&decoded),
                None => return false,
            },
        }
        true
    }

    fn lossy(&self, bytes: &[u8]) -> String {
        let text = match self.layout.encoding {
            None => String::from_utf8_lossy(bytes),
            Some(encoding) => encoding.decode_without_bom_handling(bytes).0,
        };
        text.replace('\0', "\u{FFFD}")
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Split {
    /// A quote is not closed.
    Open,
    /// Something stands between a closing quote and the separator.
    Stray,
}

fn split_cells(text: &str, layout: &Layout, row: &mut Row) -> Result<(), Split> {
    let separator = layout.separator.as_str();
    let Some(quote) = layout.quote.filter(|quote| text.contains(*quote)) else {
        text.split(separator).for_each(|cell| row.push(cell));
        return Ok(());
    };
    let mut rest = text;
    loop {
        let Some(inside) = rest.trim_start_matches(' ').strip_prefix(quote) else {
            let end = rest.find(separator);
            row.push(&rest[..end.unwrap_or(rest.len())]);
            match end {
                Some(end) => rest = &rest[end + separator.len()..],
                None => return Ok(()),
            }
            continue;
        };
        let mut from = inside;
        loop {
            let close = from.find(quote).ok_or(Split::Open)?;
            row.buffer.push_str(&from[..close]);
            from = &from[close + quote.len_utf8()..];
            match from.strip_prefix(quote) {
                // A doubled quote stands for one.
                Some(after) => {
                    row.buffer.push(quote);
                    from = after;
                }
                None => break,
            }
        }
        row.ends.push(row.buffer.len());
        let after = from.trim_start_matches(' ');
        if after.is_empty() {
            return Ok(());
        }
        rest = after.strip_prefix(separator).ok_or(Split::Stray)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        Layout { separator: ";".into(), quote: Some('"'), encoding: None, line_end_required: true, trailer: None }
    }

    fn read(bytes: &[u8], layout: Layout) -> Vec<(u64, Result<Vec<String>, RejectReason>)> {
        let mut records = Records::new(bytes, layout);
        let mut record = Record::default();
        let mut all = Vec::new();
        while let Some(outcome) = records.next(&mut record).unwrap() {
            let cells = outcome.map(|()| record.row.iter().map(str::to_owned).collect()).map_err(|fault| fault.reason);
            all.push((record.line, cells));
        }
        all
    }

    fn cells(cells: &[&str]) -> Result<Vec<String>, RejectReason> {
        Ok(cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn quotes_line_ends_and_blanks() {
        let got = read(b"\xEF\xBB\xBFa;\"b;\"\"c\"\"\";\r\n\n\"two\nlines\";x\r\n", layout());
        assert_eq!(got, [(1, cells(&["a", "b;\"c\"", ""])), (3, cells(&["two\nlines", "x"]))]);
    }

    #[test]
    fn a_bad_line_does_not_spoil_the_next() {
        let got = read(b"a;\"open\nb;c\n\xFF;d\ne;\"f\"g\nh;i", layout());
        assert_eq!(
            got,
            [
                (1, Err(RejectReason::Quote)),
                (2, cells(&["b", "c"])),
                (3, Err(RejectReason::Encoding)),
                (4, Err(RejectReason::Quote)),
                (5, Err(RejectReason::CutOff)),
            ]
        );
    }

    #[test]
    fn a_trailer_is_the_last_line_only() {
        let layout = Layout { trailer: Some("T".into()), ..layout() };
        let trailer = |bytes: &[u8]| {
            let mut records = Records::new(bytes, layout.clone());
            let mut rows = 0;
            while records.next(&mut Record::default()).unwrap().is_some() {
                rows += 1;
            }
            (rows, records.trailer().map(str::to_owned))
        };
        assert_eq!(trailer(b"a;b\nT1;x\nT;2\n\n"), (2, Some("T;2".into())));
        assert_eq!(trailer(b"a;b\nT1;x\n"), (1, Some("T1;x".into())));
        assert_eq!(trailer(b"a;b\nT;1"), (1, None), "cut off itself");
        assert_eq!(trailer(b"a;b\nc;d\n"), (2, None));
    }

    #[test]
    fn gbk_is_decoded_before_it_is_split() {
        // The second byte of this character is `|`.
        let (bytes, _, _) = encoding_rs::GBK.encode("亅|張\n");
        assert!(bytes[..2].contains(&b'|'), "{bytes:?}");
        let layout =
            Layout { separator: "|".into(), quote: None, encoding: Some(encoding_rs::GBK), line_end_required: true, trailer: None };
        assert_eq!(read(&bytes, layout), [(1, cells(&["亅", "張"]))]);
    }
}
