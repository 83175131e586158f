//! Reading dates, numbers and amounts as a file writes them.

use std::borrow::Cow;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::expr::Value;

/// How the text of a file is to be read.
#[derive(Clone, Debug)]
pub struct TextFormat {
    /// Tried in turn; see [`parse_date`].
    pub dates: Vec<String>,
    /// Two-digit years below it are 20xx, others 19xx.
    pub pivot: u32,
    pub decimal: char,
    pub thousands: Option<char>,
    /// Cells that mean "nothing", besides the empty one.
    pub empty: Vec<String>,
}

impl TextFormat {
    /// Trimmed; null when it means nothing.
    pub fn cell<'a>(&self, text: Option<&'a str>) -> Value<'a> {
        match text.map(str::trim) {
            None | Some("") => Value::Null,
            Some(text) if self.empty.iter().any(|empty| empty == text) => Value::Null,
            Some(text) => Value::Text(Cow::Borrowed(text)),
        }
    }

    pub fn date(&self, text: &str) -> Option<NaiveDate> {
        self.dates.iter().find_map(|pattern| parse_date(text, pattern, self.pivot))
    }

    /// Plain digits with a decimal point and no separators.
    pub fn plain_number<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let text = text.trim();
        if self.decimal == '.' && self.thousands.is_none_or(|separator| !text.contains(separator)) {
            return Cow::Borrowed(text);
        }
        let digits = text.chars().filter(|c| Some(*c) != self.thousands);
        Cow::Owned(digits.map(|c| if c == self.decimal { '.' } else { c }).collect())
    }

    pub fn decimal(&self, text: &str) -> Option<Decimal> {
        let plain = self.plain_number(text);
        if !plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+')) {
            return None;
        }
        plain.parse().ok()
    }

    /// Minor units; `None` when it is no number, too large, or has more decimals than the currency.
    pub fn minor(&self, text: &str, exponent: u32) -> Option<i64> {
        parse_minor(&self.plain_number(text), exponent)
    }
}

/// `-1234.5` with exponent 2 is -123450. Decimals beyond the exponent must be zeros.
pub fn parse_minor(text: &str, exponent: u32) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && decimals.is_empty() {
        return None;
    }
    let mut minor: i64 = 0;
    for byte in whole.bytes() {
        minor = minor.checked_mul(10)?.checked_add(digit(byte)?)?;
    }
    let mut left = exponent;
    for byte in decimals.bytes() {
        let digit = digit(byte)?;
        if left > 0 {
            minor = minor.checked_mul(10)?.checked_add(digit)?;
            left -= 1;
        } else if digit != 0 {
            return None;
        }
    }
    minor = minor.checked_mul(10_i64.checked_pow(left)?)?;
    Some(if negative { -minor } else { minor })
}

fn digit(byte: u8) -> Option<i64> {
    byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
}

/// Reads a date by a pattern of `%Y %y %m %d %b %H %M %S` and literal characters. All of the text must
/// fit; the time of day is read and dropped.
pub fn parse_date(text: &str, pattern: &str, pivot: u32) -> Option<NaiveDate> {
    let text = text.trim();
    let mut rest = text;
    let (mut year, mut month, mut day) = (None, None, None);
    let mut pattern = pattern.chars().peekable();
    while let Some(c) = pattern.next() {
        if c != '%' {
            rest = rest.strip_prefix(c)?;
            continue;
        }
        let code = pattern.next()?;
        let width = if code == 'Y' { 4 } else { 2 };
        if code == 'b' {
            const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
            let name = rest.get(..3)?.to_ascii_lowercase();
            month = Some(NAMES.iter().position(|known| *known == name)? as u32 + 1);
            rest = &rest[3..];
            continue;
        }
        // One digit is enough where a separator follows: 3/1/2026.
        let loose = matches!(code, 'm' | 'd' | 'H') && pattern.peek().is_none_or(|next| *next != '%');
        let digits = rest.bytes().take(width).take_while(u8::is_ascii_digit).count();
        if digits == 0 || (digits < width && !loose) {
            return None;
        }
        let number: u32 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        match code {
            'Y' => year = Some(number),
            'y' => year = Some(if number < pivot { 2000 + number } else { 1900 + number }),
            'm' => month = Some(number),
            'd' => day = Some(number),
            'H' | 'M' | 'S' => {}
            _ => return None,
        }
    }
    if !rest.is_empty() {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(year?).ok()?, month?, day?)
}

/// Is every `%` of the pattern one that [`parse_date`] knows, with year, month and day among them?
pub fn is_date_pattern(pattern: &str) -> bool {
    let codes: Vec<char> = pattern.split('%').skip(1).filter_map(|part| part.chars().next()).collect();
    codes.iter().all(|code| "YymdbHMS".contains(*code))
        && codes.iter().any(|code| matches!(code, 'Y' | 'y'))
        && codes.iter().any(|code| matches!(code, 'm' | 'b'))
        && codes.contains(&'d')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_banks_write_them() {
        let date = |text, pattern| parse_date(text, pattern, 30).map(|date| date.to_string());
        assert_eq!(date("931107 00:00:00", "%y%m%d %H:%M:%S").as_deref(), Some("1993-11-07"));
        assert_eq!(date("20260331", "%Y%m%d").as_deref(), Some("2026-03-31"));
        assert_eq!(date("3/1/2026", "%m/%d/%Y").as_deref(), Some("2026-03-01"));
        assert_eq!(date("2026年3月1日", "%Y年%m月%d日").as_deref(), Some("2026-03-01"));
        assert_eq!(date("01-Mar-29", "%d-%b-%y").as_deref(), Some("2029-03-01"));
        assert_eq!(date("930230", "%y%m%d"), None);
        assert_eq!(date("9301010", "%y%m%d"), None);
    }

    #[test]
    fn amounts_keep_every_cent_or_are_refused() {
        assert_eq!(parse_minor("1234.5", 2), Some(123_450));
        assert_eq!(parse_minor("-0.05", 2), Some(-5));
        assert_eq!(parse_minor("8033.000", 2), Some(803_300));
        assert_eq!(parse_minor("1.234", 2), None);
        assert_eq!(parse_minor("1e5", 2), None);
        assert_eq!(parse_minor("", 2), None);
        assert_eq!(parse_minor("99999999999999999999", 2), None);
        let german = TextFormat { dates: vec![], pivot: 0, decimal: ',', thousands: Some('.'), empty: vec![] };
        assert_eq!(german.minor("1.234,50", 2), Some(123_450));
    }
}
