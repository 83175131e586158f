use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use guanhu_domain::i18n::Lang;
use leptos::prelude::*;

use crate::lang::use_lang;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `2026-11-21` in Chinese, `21 Nov 2026` in English: both keep their columns.
pub fn format_date(date: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Zh => date.to_string(),
        Lang::En => format!("{} {} {}", date.day(), MONTHS[date.month0() as usize], date.year()),
    }
}

/// A month: `2026年11月` or `Nov 2026`.
pub fn format_month(date: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}年{}月", date.year(), date.month()),
        Lang::En => format!("{} {}", MONTHS[date.month0() as usize], date.year()),
    }
}

/// A month for programs and addresses: `2026-11`. Patterns such as `%Y-%m` are read when the page runs, by code that the
/// first script would carry.
pub fn month_code(date: NaiveDate) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}

/// A moment for programs: `2026-11-21T09:30:00`.
pub fn time_code(time: NaiveDateTime) -> String {
    format!("{}T{}:{:02}", time.date(), format_hour(time), time.second())
}

/// `09:30`
pub fn format_hour(time: NaiveDateTime) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// Day and minute, in the bank's own time.
pub fn format_time(time: NaiveDateTime, lang: Lang) -> String {
    format!("{} {}", format_date(time.date(), lang), format_hour(time))
}

/// A day in the reader's format. `<DateText date=account.opened_on/>`
#[component]
pub fn DateText(date: NaiveDate) -> impl IntoView {
    let lang = use_lang();
    view! { <time datetime=date.to_string()>{move || format_date(date, lang.get())}</time> }.into_any()
}

/// A moment in the reader's format, to the minute. `<TimeText time=activity.at/>`
#[component]
pub fn TimeText(time: NaiveDateTime) -> impl IntoView {
    let lang = use_lang();
    view! { <time datetime=time_code(time)>{move || format_time(time, lang.get())}</time> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_read_as_they_are_sorted() {
        let time = NaiveDate::from_ymd_opt(2026, 3, 9).and_then(|day| day.and_hms_opt(8, 5, 7)).expect("a moment");
        assert_eq!(format_time(time, Lang::Zh), "2026-03-09 08:05");
        assert_eq!(format_time(time, Lang::En), "9 Mar 2026 08:05");
        assert_eq!((time_code(time), month_code(time.date())), ("2026-03-09T08:05:07".into(), "2026-03".into()));
    }
}
