//! Days as numbers, and the months a demo bank looks back on.

use chrono::{Datelike, Months, NaiveDate};

/// Days since 2000-01-01, as Postgres counts them.
pub type Day = i32;

const EPOCH_FROM_CE: i32 = 730_120;

pub fn day(date: NaiveDate) -> Day {
    date.num_days_from_ce() - EPOCH_FROM_CE
}

pub fn date(day: Day) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(day + EPOCH_FROM_CE).unwrap_or_default()
}

pub fn ymd(year: i32, month: u32, of_month: u32) -> Day {
    day(NaiveDate::from_ymd_opt(year, month, of_month).unwrap_or_default())
}

/// The same day so many months on, or the last of a shorter month.
pub fn add_months(from: Day, months: u32) -> Day {
    day(date(from).checked_add_months(Months::new(months)).unwrap_or_default())
}

pub fn year(day: Day) -> i32 {
    date(day).year()
}

/// A month of the window; `last` is the business date in the running one.
#[derive(Clone, Debug)]
pub struct Month {
    pub year: i32,
    /// 1..=12
    pub month: u32,
    pub first: Day,
    pub last: Day,
}

impl Month {
    /// Days that have passed in it.
    pub fn days(&self) -> i32 {
        self.last - self.first + 1
    }

    /// The given day of the month, or its last.
    pub fn on(&self, of_month: i32) -> Day {
        (self.first + of_month - 1).min(self.last)
    }
}

/// The window that balances and transactions cover.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub months: Vec<Month>,
    pub business: Day,
}

impl Calendar {
    /// `months` whole months up to the business date, and the running one if it is not over.
    pub fn new(business: NaiveDate, months: u32) -> Calendar {
        let running = business.with_day(1).unwrap_or(business);
        let over = business.succ_opt().is_some_and(|next| next.day() == 1);
        let count = if over { months } else { months + 1 };
        let months = (0..count)
            .rev()
            .filter_map(|back| {
                let first = running.checked_sub_months(Months::new(back))?;
                let last = first.checked_add_months(Months::new(1))?.pred_opt()?.min(business);
                Some(Month { year: first.year(), month: first.month(), first: day(first), last: day(last) })
            })
            .collect();
        Calendar { months, business: day(business) }
    }

    pub fn start(&self) -> Day {
        self.months.first().map_or(self.business, |month| month.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_ends_on_the_business_date() {
        let calendar = Calendar::new(NaiveDate::from_ymd_opt(2026, 3, 31).unwrap(), 24);
        assert_eq!((calendar.months.len(), date(calendar.start()).to_string().as_str()), (24, "2024-04-01"));
        let calendar = Calendar::new(NaiveDate::from_ymd_opt(2026, 3, 10).unwrap(), 24);
        assert_eq!((calendar.months.len(), calendar.months[24].days()), (25, 10));
        assert_eq!(date(0).to_string(), "2000-01-01");
    }
}
