//! How the figures of a dashboard are said.

use chrono::{Months, NaiveDate};
use guanhu_domain::{
    Lang,
    dashboards::{Frame, MonthChoice, MonthState, TrendPoint, forecast, share},
};
use guanhu_ui::{AmountUnit, LineSpec, Measure, Series, format_amount, format_count, format_date, format_exact, format_month, format_time};

use super::{sheet::Cell, text};
use crate::customers::view::local;

/// A language and a currency.
#[derive(Clone, Copy, Debug)]
pub struct Say {
    pub lang: Lang,
    pub decimals: u32,
}

impl Say {
    pub fn new(lang: Lang) -> Say {
        Say { lang, decimals: 2 }
    }

    pub fn of(lang: Lang, frame: &Frame) -> Say {
        Say { lang, decimals: frame.decimals }
    }

    pub fn pick<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.lang == Lang::En && !en.is_empty() { en } else { zh }
    }

    pub fn month(&self, month: NaiveDate) -> String {
        format_month(month, self.lang)
    }

    pub fn as_of(&self, month: MonthChoice) -> String {
        match month.state {
            MonthState::Open => {
                let as_of = text::as_of(self.lang, &format_date(month.as_of, self.lang));
                let at = month.computed_at.map(|at| format_time(local(at), self.lang));
                at.map_or(as_of.clone(), |at| text::computed(self.lang, &as_of, &at))
            }
            MonthState::Closed => text::closed(self.lang, &self.month(month.month)),
            MonthState::Planned => text::planned(self.lang, &self.month(month.month)),
        }
    }

    /// What is to be known before the figures of a month are used.
    pub fn cautions(&self, month: MonthChoice) -> Vec<String> {
        let late = month.late_at.map(|at| text::late(self.lang, &format_time(local(at), self.lang)));
        let stopped = month.stopped.then(|| text::stopped(self.lang).to_owned());
        let moving = month.moving.then(|| text::moving(self.lang).to_owned());
        let waiting = month.waiting.then(|| text::targets_wait(self.lang).to_owned());
        let missing = month.missing_days.zip(month.missing_from);
        let missing = missing.map(|(days, from)| text::days_missing(self.lang, days, &format_date(from, self.lang)));
        [stopped, late, missing, moving, waiting].into_iter().flatten().collect()
    }

    /// `1.23亿`.
    pub fn money(&self, minor: i64) -> String {
        let (figure, word) = format_amount(minor, self.decimals, AmountUnit::Auto, self.lang);
        format!("{figure}{word}")
    }

    pub fn exact(&self, minor: i64) -> String {
        plain(minor, self.decimals)
    }

    pub fn money_cell(&self, minor: i64) -> Cell {
        Cell::number(self.money(minor), self.exact(minor))
    }

    pub fn count_cell(&self, count: i64) -> Cell {
        Cell::number(format_count(count), count.to_string())
    }

    pub fn money_or_none(&self, minor: Option<i64>) -> Cell {
        minor.map_or_else(Cell::none, |minor| self.money_cell(minor))
    }

    /// `12.3%` from hundredths of a per cent.
    pub fn per_cent(&self, basis: i64) -> String {
        let tenths = (basis.abs() + 5) / 10;
        let sign = if basis < 0 && tenths > 0 { "−" } else { "" };
        format!("{sign}{}.{}%", tenths / 10, tenths % 10)
    }

    pub fn share_cell(&self, part: i64, whole: i64) -> Cell {
        share(part, whole).map_or_else(Cell::none, |basis| Cell::number(self.per_cent(basis), plain(basis, 2)))
    }

    /// `+1.2%`; none when there was nothing before.
    pub fn change(&self, now: i64, before: Option<i64>) -> Option<(String, bool)> {
        let before = before.filter(|before| *before != 0)?;
        let basis = i64::try_from((i128::from(now) - i128::from(before)) * 10_000 / i128::from(before.unsigned_abs())).ok()?;
        let sign = if basis > 0 { "+" } else { "" };
        Some((format!("{sign}{}", self.per_cent(basis)), basis >= 0))
    }

    pub fn change_cell(&self, now: i64, before: Option<i64>) -> Cell {
        match self.change(now, before) {
            Some((words, up)) => {
                let class = if up { "up" } else { "down" };
                Cell::number(format!(r#"<span class="{class}">{words}</span>"#), words.replace('−', "-").replace('%', ""))
            }
            None => Cell::none(),
        }
    }

    /// Contribution, target and, for a month that is still running, where it is heading.
    pub fn flows(&self, frame: &Frame, trend: &[TrendPoint]) -> LineSpec {
        let running = |point: &TrendPoint| frame.elapsed < 100_00 && point.month == frame.month.month;
        let course = course(trend);
        let known = |point: &Option<&TrendPoint>| point.filter(|point| !running(point)).map(|point| point.contribution);
        let mut series = vec![Series { name: text::contribution(self.lang).into(), values: course.iter().map(known).collect() }];
        if trend.iter().any(|point| point.target.is_some()) {
            let target = |point: &Option<&TrendPoint>| point.and_then(|point| point.target);
            series.push(Series { name: text::target(self.lang).into(), values: course.iter().map(target).collect() });
        }
        if trend.last().is_some_and(running) {
            let last = course.len().saturating_sub(2);
            let ahead = course.iter().enumerate().map(|(at, point)| match point {
                Some(point) if running(point) => Some(forecast(point.contribution, frame.elapsed)),
                point => point.filter(|_| at == last).map(|point| point.contribution),
            });
            series.push(Series { name: text::forecast(self.lang).into(), values: ahead.collect() });
        }
        LineSpec { moments: moments(trend), at: Vec::new(), series, measure: self.measure(frame), from_zero: true }
    }

    pub fn measure(&self, frame: &Frame) -> Measure {
        if frame.currency == "CNY" { Measure::CNY } else { Measure::Money { currency: "", decimals: frame.decimals } }
    }
}

/// A figure for programs: nothing between its digits.
fn plain(minor: i64, decimals: u32) -> String {
    format_exact(minor, decimals).replace('−', "-").replace(',', "")
}

/// Every month from the first to the last, with nothing in those that are not known: a line breaks there.
pub fn course(trend: &[TrendPoint]) -> Vec<Option<&TrendPoint>> {
    months(trend).into_iter().map(|month| trend.iter().find(|point| point.month == month)).collect()
}

fn months(trend: &[TrendPoint]) -> Vec<NaiveDate> {
    let last = trend.last().map(|point| point.month);
    let next = |month: &NaiveDate| month.checked_add_months(Months::new(1));
    std::iter::successors(trend.first().map(|point| point.month), next)
        .take_while(|month| last.is_some_and(|last| *month <= last))
        .collect()
}

/// Months short enough to stand side by side.
pub fn moments(trend: &[TrendPoint]) -> Vec<String> {
    months(trend).into_iter().map(guanhu_ui::month_code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_that_is_not_known_leaves_a_gap() {
        let point = |month: &str, contribution| TrendPoint {
            month: month.parse().unwrap(),
            customers: 1,
            aum: 1,
            deposits: 1,
            loans: 0,
            contribution,
            target: None,
        };
        let trend = [point("2025-11-01", 5), point("2026-01-01", 7)];
        assert_eq!(moments(&trend), ["2025-11", "2025-12", "2026-01"]);
        assert_eq!(course(&trend).iter().map(|point| point.map(|point| point.contribution)).collect::<Vec<_>>(), [Some(5), None, Some(7)]);
        assert!(moments(&[]).is_empty());
    }

    #[test]
    fn a_share_beyond_a_thousand_per_cent_stays_in_its_cell() {
        let say = Say::new(Lang::Zh);
        let sheet = super::super::sheet::Sheet {
            rows: vec![vec![say.share_cell(1_234_567, 10_000), say.money_cell(-1_234_567_89)]],
            ..Default::default()
        };
        assert!(sheet.csv().ends_with("\r\n12345.67,-1234567.89\r\n"), "{}", sheet.csv());
    }
}
