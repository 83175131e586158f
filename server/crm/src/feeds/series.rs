//! One account's months out of its days.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};

/// A year of an account as it is kept, or one of its days.
#[derive(sqlx::FromRow)]
pub struct Known {
    pub customer_id: i64,
    pub account_id: i64,
    year: Option<i16>,
    end_balance: Option<Vec<Option<i64>>>,
    average_balance: Option<Vec<Option<i64>>>,
    day: Option<NaiveDate>,
    balance: Option<i64>,
}

/// One account's balances: the months that are kept, and the days on which the balance changed.
pub struct Series {
    pub account: (i64, i64),
    /// The business date that kept months reach to.
    kept_to: Option<NaiveDate>,
    /// By year and month, each since January of year 0.
    kept: BTreeMap<i32, Month>,
    days: Vec<(NaiveDate, i64)>,
}

/// Month end and average daily balance over the days of the month up to the business date, in minor
/// units. Days before the account had a balance count as zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    end: i64,
    average: i64,
}

const fn place(year: i32, month0: u32) -> i32 {
    year * 12 + month0 as i32
}

impl Series {
    pub fn new(account: (i64, i64), kept_to: Option<NaiveDate>) -> Series {
        Series { account, kept_to, kept: BTreeMap::new(), days: Vec::new() }
    }

    /// Takes in a row; years come before days, and days in order.
    pub fn learn(&mut self, row: Known) {
        if let (Some(day), Some(balance)) = (row.day, row.balance) {
            self.days.push((day, balance));
        }
        if let (Some(year), Some(ends), Some(averages)) = (row.year, row.end_balance, row.average_balance) {
            for (month0, (end, average)) in ends.into_iter().zip(averages).enumerate() {
                if let (Some(end), Some(average)) = (end, average) {
                    self.kept.insert(place(year.into(), month0 as u32), Month { end, average });
                }
            }
        }
    }

    /// Appends the account's years from this one on as COPY text.
    pub fn write(&self, year: i32, today: NaiveDate, text: &mut Vec<u8>) {
        let Some(january) = NaiveDate::from_ymd_opt(year, 1, 1) else { return };
        let mut balance = self.kept.get(&(place(year, 0) - 1)).map(|month| month.end);
        let known = balance.is_some() || self.kept.range(place(year, 0)..).next().is_some();
        let first = if known { Some(january) } else { self.days.first().map(|day| day.0) };
        let Some(first) = first else { return };
        for year in first.year()..=today.year() {
            let months = self.year(year, today, &mut balance);
            let cell = |value: Option<i64>| value.map_or("NULL".to_owned(), |value| value.to_string());
            let list = |pick: fn(&Month) -> i64| months.iter().map(|month| cell(month.as_ref().map(pick))).collect::<Vec<_>>().join(",");
            let (customer_id, account_id) = self.account;
            let ends = list(|month| month.end);
            let averages = list(|month| month.average);
            text.extend_from_slice(format!("{customer_id}\t{account_id}\t{year}\t{{{ends}}}\t{{{averages}}}\n").as_bytes());
        }
    }

    /// The twelve months, with the balance carried from one to the next; `None` before the account had one and
    /// after the business date.
    fn year(&self, year: i32, today: NaiveDate, balance: &mut Option<i64>) -> [Option<Month>; 12] {
        let mut months = [const { None }; 12];
        let Some(start) = NaiveDate::from_ymd_opt(year, 1, 1) else { return months };
        for (month, month0) in months.iter_mut().zip(0..) {
            let from = start + Months::new(month0);
            let until = (from + Months::new(1)).min(today + Days::new(1));
            if from > today {
                break;
            }
            let length = (until - from).num_days();
            let (mut sum, mut since) = (0_i128, from);
            if let Some((kept, through)) = self.without_days(place(year, month0), from, until) {
                since = through;
                sum = i128::from(kept.average) * i128::from((since - from).num_days());
                *balance = Some(kept.end);
            }
            let days = &self.days[self.days.partition_point(|(day, _)| *day < since)..];
            for (day, next) in days.iter().take_while(|(day, _)| *day < until) {
                sum += i128::from(balance.unwrap_or(0)) * i128::from((*day - since).num_days());
                (since, *balance) = (*day, Some(*next));
            }
            sum += i128::from(balance.unwrap_or(0)) * i128::from((until - since).num_days());
            *month = balance.map(|end| Month { end, average: rounded(sum, i128::from(length.max(1))) });
        }
        months
    }

    /// A month that came without its days, and the day after the last that it speaks for. Its figures are not those of
    /// a quiet month, and yet nothing is known to have happened in it: what is kept says more than the days.
    fn without_days(&self, place: i32, from: NaiveDate, until: NaiveDate) -> Option<(Month, NaiveDate)> {
        let kept = *self.kept.get(&place)?;
        let through = self.kept_to.map_or(until, |kept_to| (kept_to + Days::new(1)).clamp(from, until));
        let quiet = kept.average == kept.end && self.kept.get(&(place - 1)).is_some_and(|before| before.end == kept.end);
        let told = self.days.iter().any(|(day, _)| (from..through).contains(day));
        (!quiet && !told).then_some((kept, through))
    }
}

/// Half away from zero.
fn rounded(sum: i128, by: i128) -> i64 {
    let half = if sum < 0 { -(by / 2) } else { by / 2 };
    i64::try_from((sum + half) / by).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn series(kept: &[(i32, u32, i64, i64)], days: &[(&str, i64)]) -> Series {
        Series {
            account: (1, 2),
            kept_to: None,
            kept: kept
                .iter()
                .map(|(year, month, end, average)| (place(*year, month - 1), Month { end: *end, average: *average }))
                .collect(),
            days: days.iter().map(|(text, balance)| (day(text), *balance)).collect(),
        }
    }

    fn year(series: &Series, year: i32, today: &str) -> [Option<Month>; 12] {
        let mut opening = series.kept.get(&(place(year, 0) - 1)).map(|month| month.end);
        series.year(year, day(today), &mut opening)
    }

    #[test]
    fn averages_weigh_days_and_stop_at_the_business_date() {
        let months = year(&series(&[], &[("2026-01-11", 310), ("2026-02-15", 0)]), 2026, "2026-03-10");
        // 21 of 31 days at 310; 14 of 28 at 310; then nothing.
        assert_eq!(months[0], Some(Month { end: 310, average: 210 }));
        assert_eq!(months[1], Some(Month { end: 0, average: 155 }));
        assert_eq!(months[2], Some(Month { end: 0, average: 0 }));
        assert_eq!(months[3], None);
    }

    #[test]
    fn a_year_begins_with_what_the_year_before_left() {
        let series = series(&[(2025, 12, -100, -100)], &[("2026-02-01", 50)]);
        let months = year(&series, 2026, "2026-12-31");
        assert_eq!(months[0], Some(Month { end: -100, average: -100 }));
        assert_eq!(months[11], Some(Month { end: 50, average: 50 }));
        let mut text = Vec::new();
        series.write(2026, day("2026-01-31"), &mut text);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "1\t2\t2026\t{-100,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL}\t{-100,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL}\n"
        );
    }

    #[test]
    fn months_that_came_without_days_stay_and_the_running_one_goes_on() {
        let kept = [(2025, 12, 100, 90), (2026, 1, 200, 150), (2026, 2, 200, 200), (2026, 3, 500, 300)];
        let mut series = series(&kept, &[("2026-04-06", 900)]);
        // March was kept as it stood after ten days.
        series.kept_to = Some(day("2026-03-10"));
        let months = year(&series, 2026, "2026-04-10");
        assert_eq!(months[0], Some(Month { end: 200, average: 150 }));
        assert_eq!(months[1], Some(Month { end: 200, average: 200 }));
        // Ten days at 300, twenty-one at 500.
        assert_eq!(months[2], Some(Month { end: 500, average: 435 }));
        // Five days at 500, five at 900.
        assert_eq!(months[3], Some(Month { end: 900, average: 700 }));
        // A day later in the same month goes on from there.
        series.days = vec![(day("2026-03-21"), 0)];
        assert_eq!(year(&series, 2026, "2026-03-31")[2], Some(Month { end: 0, average: 258 }));
    }

    #[test]
    fn a_quiet_month_follows_a_correction_before_it() {
        // July was as June left it, because nothing happened in it; a day of June is corrected.
        let kept = [(2025, 5, 10, 10), (2025, 6, 100, 50), (2025, 7, 100, 100), (2025, 8, 300, 200)];
        let mut series = series(&kept, &[("2025-06-16", 40), ("2025-08-17", 300)]);
        series.kept_to = Some(day("2025-08-31"));
        let months = year(&series, 2025, "2025-08-31");
        assert_eq!(months[6], Some(Month { end: 40, average: 40 }));
        assert_eq!(months[7].map(|month| month.end), Some(300));
    }
}
