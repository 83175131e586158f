//! Money in integer minor units, and the ways it is written.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::i18n::Lang;

/// An ISO 4217 currency code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    pub const CNY: Currency = Currency(*b"CNY");

    /// Three ASCII capitals, or `None`.
    pub fn new(code: &str) -> Option<Currency> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Currency(bytes))
    }

    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits after the decimal point (ISO 4217 exponent).
    pub const fn exponent(self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"VND" | b"CLP" | b"ISK" => 0,
            b"KWD" | b"BHD" | b"OMR" | b"TND" | b"JOD" => 3,
            _ => 2,
        }
    }

    /// What stands before the figure; the code where there is no common sign.
    pub fn sign(&self) -> &str {
        match &self.0 {
            b"CNY" | b"JPY" => "¥",
            b"USD" => "$",
            b"EUR" => "€",
            b"GBP" => "£",
            b"HKD" => "HK$",
            _ => self.code(),
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        Currency::new(&code).ok_or_else(|| format!("`{code}` is not a currency code"))
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

/// An amount in minor units (分 for CNY) of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    /// `1,234,567.89`, without the currency: units stand once, in the head.
    pub fn exact(self) -> String {
        exact(self.minor, self.currency.exponent())
    }

    /// A short figure for lists: `123.46万`, `1.20亿` in Chinese; `1.23M`, `120.0M` in English.
    pub fn short(self, lang: Lang) -> String {
        short(self.minor, self.currency.exponent(), lang)
    }

    /// Reads `1234.5`, `1,234.50`, `12.5万`, `3亿`, `1.2M`; more decimals than the currency has are refused.
    pub fn parse(text: &str, currency: Currency) -> Option<Money> {
        let text = text.trim().replace([',', '，', ' ', '_'], "");
        let text = text.trim_start_matches(currency.sign()).trim_start_matches('￥').trim_start_matches(currency.code());
        let last = text.chars().last()?;
        let (digits, zeros) = match last {
            '万' => (text.strip_suffix('万')?, 4),
            '亿' => (text.strip_suffix('亿')?, 8),
            'k' | 'K' => (&text[..text.len() - 1], 3),
            'm' | 'M' => (&text[..text.len() - 1], 6),
            'b' | 'B' => (&text[..text.len() - 1], 9),
            _ => (text, 0),
        };
        let value: Decimal = digits.parse().ok()?;
        let factor = Decimal::from(10_i64.checked_pow(zeros + currency.exponent())?);
        let minor = value.checked_mul(factor)?;
        if !minor.fract().is_zero() {
            return None;
        }
        Some(Money { minor: i64::try_from(minor.mantissa() / 10_i128.pow(minor.scale())).ok()?, currency })
    }
}

fn exact(minor: i64, exponent: u32) -> String {
    let unit = 10_u64.pow(exponent);
    let magnitude = minor.unsigned_abs();
    let mut text = group(magnitude / unit);
    if exponent > 0 {
        text.push_str(&format!(".{:0width$}", magnitude % unit, width = exponent as usize));
    }
    if minor < 0 { format!("−{text}") } else { text }
}

fn short(minor: i64, exponent: u32, lang: Lang) -> String {
    let units = minor as f64 / 10_f64.powi(exponent as i32);
    let magnitude = units.abs();
    let steps: &[(f64, &str)] = match lang {
        Lang::Zh => &[(1e8, "亿"), (1e4, "万")],
        Lang::En => &[(1e9, "bn"), (1e6, "M"), (1e3, "k")],
    };
    let figure = match steps.iter().find(|(step, _)| magnitude >= *step) {
        Some((step, name)) => {
            let scaled = magnitude / step;
            if scaled >= 1000.0 { format!("{}{name}", group(scaled.round() as u64)) } else { format!("{scaled:.2}{name}") }
        }
        None => format!("{magnitude:.0}"),
    };
    if units < 0.0 { format!("−{figure}") } else { figure }
}

/// Thousands separated by commas, in both languages.
pub fn group(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Splits `whole` in proportion to `weights` so that the parts sum to it exactly: every part is
/// rounded towards zero and the cents left over go to the largest remainders, earlier ones first
/// (Hamilton's method). All weights zero or none at all: everything to the first part, if there is one.
pub fn allocate(whole: i64, weights: &[u64]) -> Vec<i64> {
    let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
    let mut parts = vec![0; weights.len()];
    if total == 0 {
        if let Some(first) = parts.first_mut() {
            *first = whole;
        }
        return parts;
    }
    let magnitude = u128::from(whole.unsigned_abs());
    let mut remainders: Vec<(u128, usize)> = Vec::with_capacity(weights.len());
    let mut given: u128 = 0;
    for (i, weight) in weights.iter().enumerate() {
        let product = magnitude * u128::from(*weight);
        let part = product / total;
        given += part;
        parts[i] = part as i64;
        remainders.push((product % total, i));
    }
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, i) in remainders.into_iter().take((magnitude - given) as usize) {
        parts[i] += 1;
    }
    if whole < 0 {
        parts.iter_mut().for_each(|part| *part = -*part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn figures_are_written_as_the_languages_write_them() {
        let money = Money::new(123_456_789_00, Currency::CNY);
        assert_eq!(money.exact(), "123,456,789.00");
        assert_eq!(money.short(Lang::Zh), "1.23亿");
        assert_eq!(money.short(Lang::En), "123.46M");
        assert_eq!(Money::new(-5, Currency::CNY).exact(), "−0.05");
    }

    #[test]
    fn typed_figures_are_understood_and_lost_cents_refused() {
        let read = |text| Money::parse(text, Currency::CNY).map(|money| money.minor);
        assert_eq!(read("12.5万"), Some(12_500_000));
        assert_eq!(read("¥1,234.50"), Some(123_450));
        assert_eq!(read("3亿"), Some(30_000_000_000));
        assert_eq!(read("1.234"), None);
        assert_eq!(read("=1+1"), None);
        assert_eq!(read(""), None);
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole(whole in any::<i32>(), weights in prop::collection::vec(0u64..1_000_000, 1..20)) {
            let parts = allocate(i64::from(whole), &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), i64::from(whole));
        }
    }
}
