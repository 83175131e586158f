//! Figures as people read them: 万 and 亿 in Chinese, k, M and bn in English. Integers only, rounded half up
//! away from zero, once.

use guanhu_domain::i18n::Lang;

/// The scale in which an amount is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AmountUnit {
    /// Whatever suits the figure.
    #[default]
    Auto,
    One,
    Thousand,
    /// 万, ten thousand.
    Wan,
    Million,
    /// 亿, a hundred million.
    Yi,
    Billion,
}

impl AmountUnit {
    /// How many whole currency units it stands for.
    pub const fn factor(self) -> i64 {
        match self {
            AmountUnit::Auto | AmountUnit::One => 1,
            AmountUnit::Thousand => 1_000,
            AmountUnit::Wan => 10_000,
            AmountUnit::Million => 1_000_000,
            AmountUnit::Yi => 100_000_000,
            AmountUnit::Billion => 1_000_000_000,
        }
    }

    /// The word after the figure, empty for ones.
    pub const fn word(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (AmountUnit::Auto | AmountUnit::One, _) => "",
            (AmountUnit::Thousand, Lang::Zh) => "千",
            (AmountUnit::Wan, Lang::Zh) => "万",
            (AmountUnit::Million, Lang::Zh) => "百万",
            (AmountUnit::Yi, Lang::Zh) => "亿",
            (AmountUnit::Billion, Lang::Zh) => "十亿",
            (AmountUnit::Thousand, Lang::En) => "k",
            (AmountUnit::Wan, Lang::En) => "×10k",
            (AmountUnit::Million, Lang::En) => "M",
            (AmountUnit::Yi, Lang::En) => "×100M",
            (AmountUnit::Billion, Lang::En) => "bn",
        }
    }

    /// The scale that suits the largest figure of a column or an axis; `minor` in minor units of `decimals`.
    pub fn for_largest(minor: i64, decimals: u32, lang: Lang) -> AmountUnit {
        let whole = minor.unsigned_abs() / 10u64.pow(decimals);
        match lang {
            Lang::Zh if whole >= 100_000_000 => AmountUnit::Yi,
            Lang::Zh if whole >= 10_000 => AmountUnit::Wan,
            Lang::En if whole >= 1_000_000_000 => AmountUnit::Billion,
            Lang::En if whole >= 1_000_000 => AmountUnit::Million,
            Lang::En if whole >= 10_000 => AmountUnit::Thousand,
            _ => AmountUnit::One,
        }
    }
}

/// Thousands separated: `1234567` is `1,234,567`.
pub fn group_digits(digits: u128) -> String {
    let plain = digits.to_string();
    let mut grouped = String::with_capacity(plain.len() + plain.len() / 3);
    for (i, digit) in plain.chars().enumerate() {
        if i > 0 && (plain.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count of things: `12,345`.
pub fn format_count(count: i64) -> String {
    let sign = if count < 0 { "−" } else { "" };
    format!("{sign}{}", group_digits(count.unsigned_abs().into()))
}

/// By how much `now` differs from `before`: `12.3%` without a sign, `>999%` beyond; `None` where there was
/// nothing before.
pub fn format_change(now: i64, before: i64) -> Option<String> {
    if before == 0 {
        return None;
    }
    let tenths = change_tenths(now, before);
    Some(if tenths >= 10_000 { ">999%".into() } else { format!("{}.{}%", tenths / 10, tenths % 10) })
}

/// Whether [`format_change`] says nothing but noughts.
pub fn is_unchanged(now: i64, before: i64) -> bool {
    now == before || before != 0 && change_tenths(now, before) == 0
}

fn change_tenths(now: i64, before: i64) -> u128 {
    let base = u128::from(before.unsigned_abs());
    let change = (i128::from(now) - i128::from(before)).unsigned_abs();
    (change * 2000 + base) / (base * 2)
}

/// An amount in full, every digit: minor units of `decimals` places.
pub fn format_exact(minor: i64, decimals: u32) -> String {
    scaled(minor, decimals, 1, decimals)
}

/// An amount in `unit`, with two places (none for [`AmountUnit::One`] from a hundred thousand on), and the
/// word for the unit, empty for ones.
pub fn format_amount(minor: i64, decimals: u32, unit: AmountUnit, lang: Lang) -> (String, &'static str) {
    let unit = if unit == AmountUnit::Auto { AmountUnit::for_largest(minor, decimals, lang) } else { unit };
    let places = match unit {
        AmountUnit::One => decimals.min(2),
        AmountUnit::Thousand => 1,
        _ => 2,
    };
    (scaled(minor, decimals, unit.factor(), places), unit.word(lang))
}

fn scaled(minor: i64, decimals: u32, factor: i64, places: u32) -> String {
    let divisor = 10u128.pow(decimals) * factor as u128;
    let shown = (minor.unsigned_abs() as u128 * 10u128.pow(places) * 2 + divisor) / (divisor * 2);
    let sign = if minor < 0 && shown > 0 { "−" } else { "" };
    let unit = 10u128.pow(places);
    let whole = group_digits(shown / unit);
    if places == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{:0width$}", shown % unit, width = places as usize)
}

/// Reads what people type for money: `12.5万`, `1.2亿`, `125k`, `3.4m`, `1,234.56`, full-width digits too.
/// Returns minor units of `decimals` places; `None` when it is not an amount, is finer than a minor unit,
/// or does not fit.
pub fn parse_amount(typed: &str, decimals: u32) -> Option<i64> {
    let plain: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '\u{ff0c}' | '\u{a5}' | '\u{ffe5}' | '元'))
        .map(|c| match c {
            '\u{ff10}'..='\u{ff19}' => char::from(b'0' + (c as u32 - 0xff10) as u8),
            '\u{ff0e}' | '。' => '.',
            '−' | '\u{ff0d}' => '-',
            other => other.to_ascii_lowercase(),
        })
        .collect();
    let (negative, plain) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.as_str()),
    };
    const SCALES: [(&str, u32); 8] = [("万亿", 12), ("亿", 8), ("百万", 6), ("万", 4), ("千", 3), ("bn", 9), ("m", 6), ("k", 3)];
    let (figure, power) =
        SCALES.iter().find_map(|(word, power)| plain.strip_suffix(word).map(|figure| (figure, *power))).unwrap_or((plain, 0));
    let (whole, fraction) = figure.split_once('.').unwrap_or((figure, ""));
    if whole.is_empty() && fraction.is_empty() || !(whole.chars().chain(fraction.chars())).all(|c| c.is_ascii_digit()) {
        return None;
    }
    let shift = power + decimals;
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() as u32 > shift || whole.len() > 18 {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let rest: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let minor = whole * 10i128.pow(shift) + rest * 10i128.pow(shift - fraction.len() as u32);
    i64::try_from(if negative { -minor } else { minor }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_take_the_unit_of_the_language() {
        let shown = |minor, lang| {
            let (figure, word) = format_amount(minor, 2, AmountUnit::Auto, lang);
            format!("{figure}{word}")
        };
        assert_eq!(shown(123_456_789_00, Lang::Zh), "1.23亿");
        assert_eq!(shown(123_456_789_00, Lang::En), "123.46M");
        assert_eq!(shown(12_345_00, Lang::Zh), "1.23万");
        assert_eq!(shown(-999_99, Lang::Zh), "−999.99");
        assert_eq!(shown(12_350_00, Lang::En), "12.4k");
        assert_eq!(format_exact(i64::MIN, 2), "−92,233,720,368,547,758.08");
        assert_eq!(format_amount(5, 0, AmountUnit::One, Lang::Zh).0, "5");
    }

    #[test]
    fn a_change_is_rounded_once_and_says_when_it_is_none() {
        assert_eq!(format_change(723_5, 1_000_0).as_deref(), Some("27.7%"));
        assert_eq!(format_change(1_000_5, 1_000_0).as_deref(), Some("0.1%"));
        assert_eq!(format_change(1_000_4, 1_000_0).as_deref(), Some("0.0%"));
        assert_eq!(format_change(i64::MAX, i64::MIN).as_deref(), Some("200.0%"));
        assert_eq!(format_change(11, 1).as_deref(), Some(">999%"));
        assert_eq!(format_change(5, 0), None);
        assert!(is_unchanged(1_000_4, 1_000_0) && is_unchanged(0, 0) && !is_unchanged(1, 0) && !is_unchanged(1_000_5, 1_000_0));
    }

    #[test]
    fn typed_amounts_are_understood_or_refused_whole() {
        assert_eq!(parse_amount("12.5万", 2), Some(12_500_000));
        assert_eq!(parse_amount(" 1,234.56 元", 2), Some(123_456));
        assert_eq!(parse_amount("1.2亿", 2), Some(12_000_000_000));
        assert_eq!(parse_amount("-3.4M", 2), Some(-340_000_000));
        assert_eq!(parse_amount("\u{ff11}\u{ff12}\u{ff15}k", 2), Some(12_500_000));
        assert_eq!(parse_amount("0.001", 2), None);
        assert_eq!(parse_amount("1.2.3", 2), None);
        assert_eq!(parse_amount("", 2), None);
        assert_eq!(parse_amount("万", 2), None);
        assert_eq!(parse_amount("99999999999亿", 2), None);
    }
}
