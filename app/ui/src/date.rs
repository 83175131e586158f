use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use guanhu_domain::i18n::Lang;
use leptos::prelude::*;

use crate::lang::use_lang;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `2026-11-21` in Chinese, `21 Nov 2026` in English: both keep their columns.
pub fn format_date(date: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Zh => date.format("%Y-%m-%d").to_string(),
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

/// Day and minute, in the bank's own time.
pub fn format_time(time: NaiveDateTime, lang: Lang) -> String {
    format!("{} {:02}:{:02}", format_date(time.date(), lang), time.hour(), time.minute())
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
    let machine = time.format("%Y-%m-%dT%H:%M:%S").to_string();
    view! { <time datetime=machine>{move || format_time(time, lang.get())}</time> }.into_any()
}
