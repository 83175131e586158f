//! How long ago, against the day the data speaks for.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use guanhu_domain::Lang;

use super::text;

/// The bank's own clock: China has kept one time without summer time since 1991.
pub fn local(at: DateTime<Utc>) -> NaiveDateTime {
    (at + TimeDelta::hours(8)).naive_utc()
}

/// `3 天前`; what lies after `today` happened since the data was loaded and counts as today.
pub fn ago(day: NaiveDate, today: NaiveDate, lang: Lang) -> String {
    match (today - day).num_days() {
        ..=0 => text::today(lang).into(),
        1 => text::yesterday(lang).into(),
        days @ 2..=60 => text::days_ago(lang, days),
        days @ 61..=730 => text::months_ago(lang, days / 30),
        days => text::years_ago(lang, days / 365),
    }
}
