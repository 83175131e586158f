use guanhu_domain::i18n::Lang;

use crate::number::{AmountUnit, format_amount, format_count, format_exact};

/// What the figures of a chart are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Minor units of a currency with so many places.
    Money { currency: &'static str, decimals: u32 },
    /// Things counted.
    Count,
    /// Hundredths of a percent.
    BasisPoints,
}

impl Measure {
    /// Minor units of renminbi.
    pub const CNY: Measure = Measure::Money { currency: "CNY", decimals: 2 };

    const fn decimals(self) -> u32 {
        match self {
            Measure::Money { decimals, .. } => decimals,
            Measure::Count => 0,
            Measure::BasisPoints => 2,
        }
    }

    /// The unit that suits a chart whose largest figure is `largest`.
    pub(super) fn unit(self, largest: i64, lang: Lang) -> AmountUnit {
        match self {
            Measure::BasisPoints => AmountUnit::One,
            _ => AmountUnit::for_largest(largest, self.decimals(), lang),
        }
    }

    /// The unit in words, once, in the chart's head.
    pub(super) fn unit_words(self, unit: AmountUnit, lang: Lang) -> String {
        let scale = unit.word(lang);
        match (self, lang) {
            (Measure::BasisPoints, _) => "%".into(),
            (Measure::Count, _) => scale.into(),
            (Measure::Money { currency: "CNY", .. }, Lang::Zh) => format!("{scale}元"),
            (Measure::Money { currency, .. }, Lang::Zh) => format!("{scale} {currency}").trim().into(),
            (Measure::Money { currency, .. }, Lang::En) => format!("{currency} {scale}").trim().into(),
        }
    }

    /// A figure as it is read out.
    pub(super) fn say(self, value: i64, lang: Lang) -> String {
        match self {
            Measure::Count => format_count(value),
            Measure::BasisPoints => format!("{}%", format_exact(value, 2)),
            Measure::Money { decimals, .. } => {
                let (figure, word) = format_amount(value, decimals, AmountUnit::Auto, lang);
                format!("{figure}{word}")
            }
        }
    }

    /// A figure in the chart's own unit, without the word for it.
    pub(super) fn bare(self, value: i64, unit: AmountUnit, lang: Lang) -> String {
        match self {
            Measure::BasisPoints => format_exact(value, 2),
            _ => format_amount(value, self.decimals(), unit, lang).0,
        }
    }

    /// A figure in full, for the table behind.
    pub(super) fn exact(self, value: i64) -> String {
        match self {
            Measure::Count => format_count(value),
            _ => format_exact(value, self.decimals()),
        }
    }

    /// A mark of the axis in `unit`, with no more places than it needs.
    pub(super) fn tick(self, value: f64, unit: AmountUnit) -> String {
        let scaled = value / 10f64.powi(self.decimals() as i32) / unit.factor() as f64;
        let plain = format!("{:.2}", scaled.abs());
        let plain = plain.trim_end_matches('0').trim_end_matches('.');
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let grouped = crate::number::group_digits(whole.parse().unwrap_or(0));
        let sign = if scaled < 0.0 && plain != "0" { "−" } else { "" };
        if fraction.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{fraction}") }
    }
}

/// One line of a chart; `None` is a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    pub name: String,
    pub values: Vec<Option<i64>>,
}

impl Series {
    pub fn new(name: impl Into<String>, values: impl IntoIterator<Item = i64>) -> Series {
        Series { name: name.into(), values: values.into_iter().map(Some).collect() }
    }
}

/// A chart of lines over the same moments, at most six.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineSpec {
    /// What each place on the axis is called.
    pub moments: Vec<String>,
    /// How far along each of them lies, rising; empty: evenly spaced.
    pub at: Vec<i64>,
    pub series: Vec<Series>,
    pub measure: Measure,
    /// Begins the axis at zero. Balances should; rates need not.
    pub from_zero: bool,
}

impl LineSpec {
    /// How far right a moment stands, 0 to 1.
    pub(super) fn place(&self, index: usize) -> f64 {
        match (self.at.first(), self.at.last(), self.at.get(index)) {
            (Some(first), Some(last), Some(at)) if last > first && self.at.len() == self.moments.len() => {
                (at - first) as f64 / (last - first) as f64
            }
            _ => place(index, self.moments.len()),
        }
    }

    /// The moment closest to a place.
    pub(super) fn nearest(&self, share: f64) -> Option<usize> {
        let off = |index: &usize| (self.place(*index) - share).abs();
        (0..self.moments.len()).min_by(|a, b| off(a).total_cmp(&off(b)))
    }

    /// The moments that have room for their name, about so many.
    pub(super) fn named(&self, most: usize) -> Vec<usize> {
        let count = self.moments.len();
        if self.at.is_empty() {
            let every = count.div_ceil(most).max(1);
            // Room for a whole word before the end.
            let crowds = |i: usize| i > 0 && i + every > count && i + 1 < count && count - 1 - i < every.div_ceil(2);
            return (0..count).step_by(every).filter(|i| !crowds(*i)).collect();
        }
        let room = 0.9 / most as f64;
        let mut named: Vec<usize> = Vec::new();
        for index in 0..count {
            let free = named.last().is_none_or(|last| self.place(index) - self.place(*last) >= room);
            if free && (index + 1 == count || 1.0 - self.place(index) >= room) {
                named.push(index);
            }
        }
        named
    }
}

/// The axis of figures: marks at round values that enclose all figures.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    pub low: f64,
    pub high: f64,
    pub marks: Vec<f64>,
    pub unit: AmountUnit,
}

impl Scale {
    pub fn of(spec: &LineSpec, lang: Lang) -> Scale {
        let values = || spec.series.iter().flat_map(|series| series.values.iter().flatten().copied());
        let largest = values().map(i64::unsigned_abs).max().unwrap_or(0);
        let unit = spec.measure.unit(i64::try_from(largest).unwrap_or(i64::MAX), lang);
        let mut low = values().min().unwrap_or(0) as f64;
        let mut high = values().max().unwrap_or(0) as f64;
        if spec.from_zero {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        if high <= low {
            high = low + 10f64.powi(spec.measure.decimals() as i32);
        }
        // Shares of a whole end at the whole; what goes a little beyond it goes beyond the last mark.
        if spec.measure == Measure::BasisPoints && low >= 0.0 && (100_00.0..=125_00.0).contains(&high) {
            let marks = (0..=4).map(|i| f64::from(i) * 25_00.0).collect();
            return Scale { low: 0.0, high, marks, unit };
        }
        let step = round_step((high - low) / 4.0);
        let first = (low / step).floor() as i64;
        let last = (high / step).ceil() as i64;
        let marks: Vec<f64> = (first..=last).map(|i| i as f64 * step).collect();
        Scale { low: first as f64 * step, high: last as f64 * step, marks, unit }
    }

    /// How far up the box a figure stands, from 0 at the foot to 1 at the top.
    pub fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// The next of 1, 2, 2.5, 5, 10 × 10ⁿ.
fn round_step(raw: f64) -> f64 {
    let power = 10f64.powf(raw.log10().floor());
    let lead = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|lead| lead * power >= raw * 0.999_999).unwrap_or(10.0);
    lead * power
}

/// How far right the `index`th of `count` places stands, 0 to 1; a single one in the middle.
pub(super) fn place(index: usize, count: usize) -> f64 {
    if count < 2 { 0.5 } else { index as f64 / (count - 1) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(values: &[i64]) -> LineSpec {
        LineSpec {
            moments: values.iter().map(i64::to_string).collect(),
            series: vec![Series::new("余额", values.iter().copied())],
            at: Vec::new(),
            measure: Measure::CNY,
            from_zero: true,
        }
    }

    #[test]
    fn moments_lie_where_they_are_told_and_are_named_where_there_is_room() {
        let even = spec(&[1, 2, 3]);
        assert_eq!((even.place(1), even.nearest(0.6), even.named(7)), (0.5, Some(1), vec![0, 1, 2]));
        let tenors = LineSpec { at: vec![1, 3, 6, 12, 60], ..spec(&[1, 2, 3, 4, 5]) };
        assert_eq!((tenors.place(0), tenors.place(4), tenors.place(3)), (0.0, 1.0, 11.0 / 59.0));
        assert_eq!((tenors.nearest(0.15), tenors.named(7)), (Some(3), vec![0, 3, 4]));
    }

    #[test]
    fn marks_are_round_and_enclose_all_figures() {
        let scale = Scale::of(&spec(&[1_234_567_00, 8_765_432_00]), Lang::Zh);
        assert_eq!(scale.unit, AmountUnit::Wan);
        let words: Vec<_> = scale.marks.iter().map(|mark| Measure::CNY.tick(*mark, scale.unit)).collect();
        assert_eq!(words, ["0", "250", "500", "750", "1,000"]);
        assert!(scale.high >= 8_765_432_00.0 && scale.low <= 0.0);
    }

    #[test]
    fn shares_of_a_whole_end_at_the_whole() {
        for (most, high) in [(100_00, 100_00.0), (103_40, 103_40.0), (97_00, 100_00.0)] {
            let scale = Scale::of(&LineSpec { measure: Measure::BasisPoints, ..spec(&[0, most]) }, Lang::Zh);
            assert_eq!((scale.marks.last().copied(), scale.high), (Some(100_00.0), high));
        }
    }

    #[test]
    fn flat_negative_and_absent_figures_have_an_axis() {
        for values in [&[][..], &[0, 0], &[-500_00, -500_00], &[i64::MAX, i64::MIN]] {
            let scale = Scale::of(&spec(values), Lang::En);
            assert!(scale.high > scale.low && scale.marks.len() >= 2, "{values:?} {scale:?}");
        }
    }
}
