//! The Chinese calendar beside the common one: lunar days, festivals and public holidays.
//!
//! Lunar years are a table. Public holidays are the days that the law itself names (全国年节及纪念日放假办法, as in
//! force since 2025); the working days that are moved around them are announced a year at a time and not known here.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use crate::Lang;

/// The first lunar year of the table; it began on 31 January 1900.
const FIRST: i32 = 1900;
const FIRST_DAY: (i32, u32, u32) = (1900, 1, 31);

/// A lunar year each, to 2100. Bits 15 to 4: from the first month on, whether it has 30 days rather than 29.
/// The last four: the month that a leap month follows, 0 for none. Bit 16: the leap month has 30 days.
const YEARS: [u32; 201] = [
    0x04bd8, 0x04ae0, 0x0a570, 0x054d5, 0x0d260, 0x0d950, 0x16554, 0x056a0, 0x09ad0, 0x055d2, 0x04ae0, 0x0a5b6, 0x0a4d0, 0x0d250, 0x1d255,
    0x0b540, 0x0d6a0, 0x0ada2, 0x095b0, 0x14977, 0x04970, 0x0a4b0, 0x0b4b5, 0x06a50, 0x06d40, 0x1ab54, 0x02b60, 0x09570, 0x052f2, 0x04970,
    0x06566, 0x0d4a0, 0x0ea50, 0x16a95, 0x05ad0, 0x02b60, 0x186e3, 0x092e0, 0x1c8d7, 0x0c950, 0x0d4a0, 0x1d8a6, 0x0b550, 0x056a0, 0x1a5b4,
    0x025d0, 0x092d0, 0x0d2b2, 0x0a950, 0x0b557, 0x06ca0, 0x0b550, 0x15355, 0x04da0, 0x0a5b0, 0x14573, 0x052b0, 0x0a9a8, 0x0e950, 0x06aa0,
    0x0aea6, 0x0ab50, 0x04b60, 0x0aae4, 0x0a570, 0x05260, 0x0f263, 0x0d950, 0x05b57, 0x056a0, 0x096d0, 0x04dd5, 0x04ad0, 0x0a4d0, 0x0d4d4,
    0x0d250, 0x0d558, 0x0b540, 0x0b6a0, 0x195a6, 0x095b0, 0x049b0, 0x0a974, 0x0a4b0, 0x0b27a, 0x06a50, 0x06d40, 0x0af46, 0x0ab60, 0x09570,
    0x04af5, 0x04970, 0x064b0, 0x074a3, 0x0ea50, 0x06b58, 0x05ac0, 0x0ab60, 0x096d5, 0x092e0, 0x0c960, 0x0d954, 0x0d4a0, 0x0da50, 0x07552,
    0x056a0, 0x0abb7, 0x025d0, 0x092d0, 0x0cab5, 0x0a950, 0x0b4a0, 0x0baa4, 0x0ad50, 0x055d9, 0x04ba0, 0x0a5b0, 0x15176, 0x052b0, 0x0a930,
    0x07954, 0x06aa0, 0x0ad50, 0x05b52, 0x04b60, 0x0a6e6, 0x0a4e0, 0x0d260, 0x0ea65, 0x0d530, 0x05aa0, 0x076a3, 0x096d0, 0x04afb, 0x04ad0,
    0x0a4d0, 0x1d0b6, 0x0d250, 0x0d520, 0x0dd45, 0x0b5a0, 0x056d0, 0x055b2, 0x049b0, 0x0a577, 0x0a4b0, 0x0aa50, 0x1b255, 0x06d20, 0x0ada0,
    0x14b63, 0x09370, 0x049f8, 0x04970, 0x064b0, 0x168a6, 0x0ea50, 0x06b20, 0x1a6c4, 0x0aae0, 0x092e0, 0x0d2e3, 0x0c960, 0x0d557, 0x0d4a0,
    0x0da50, 0x05d55, 0x056a0, 0x0a6d0, 0x055d4, 0x052d0, 0x0a9b8, 0x0a950, 0x0b4a0, 0x0b6a6, 0x0ad50, 0x055a0, 0x0aba4, 0x0a5b0, 0x052b0,
    0x0b273, 0x06930, 0x07337, 0x06aa0, 0x0ad50, 0x14b55, 0x04b60, 0x0a570, 0x054e4, 0x0d160, 0x0e968, 0x0d520, 0x0daa0, 0x16aa6, 0x056d0,
    0x04ae0, 0x0a9d4, 0x0a2d0, 0x0d150, 0x0f252, 0x0d520,
];

const STEMS: [char; 10] = ['甲', '乙', '丙', '丁', '戊', '己', '庚', '辛', '壬', '癸'];
const BRANCHES: [char; 12] = ['子', '丑', '寅', '卯', '辰', '巳', '午', '未', '申', '酉', '戌', '亥'];
const ANIMALS: [char; 12] = ['鼠', '牛', '虎', '兔', '龙', '蛇', '马', '羊', '猴', '鸡', '狗', '猪'];
const ANIMALS_EN: [&str; 12] = ["Rat", "Ox", "Tiger", "Rabbit", "Dragon", "Snake", "Horse", "Goat", "Monkey", "Rooster", "Dog", "Pig"];
const MONTHS: [&str; 12] = ["正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊"];
const DIGITS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];

/// A day of the lunar calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LunarDate {
    /// The common year in which it begins.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 30.
    pub day: u8,
    /// In the month that follows the one of the same number.
    pub leap: bool,
}

impl LunarDate {
    /// `None` before 31 January 1900 and after the lunar year 2100.
    pub fn of(date: NaiveDate) -> Option<LunarDate> {
        let (year, month, day) = FIRST_DAY;
        let mut left = (date - NaiveDate::from_ymd_opt(year, month, day)?).num_days();
        if left < 0 {
            return None;
        }
        for (year, bits) in (FIRST..).zip(YEARS) {
            for (month, leap, days) in months(bits) {
                if left < days {
                    return Some(LunarDate { year, month, day: left as u8 + 1, leap });
                }
                left -= days;
            }
        }
        None
    }

    /// Month and day: `八月十五`, `闰六月初一`; `day 15 of month 8`.
    pub fn words(self, lang: Lang) -> String {
        let LunarDate { month, day, leap, .. } = self;
        match lang {
            Lang::Zh => {
                let leap = if leap { "闰" } else { "" };
                let ten = match day {
                    1..=10 => "初",
                    20 => "二",
                    30 => "三",
                    11..=19 => "十",
                    _ => "廿",
                };
                format!("{leap}{}月{ten}{}", MONTHS[usize::from(month - 1)], DIGITS[usize::from((day - 1) % 10)])
            }
            Lang::En => format!("day {day} of {}month {month}", if leap { "leap " } else { "" }),
        }
    }

    /// The year by stem and branch and its animal: `丙寅虎年`; `year of the Tiger`.
    pub fn year_words(self, lang: Lang) -> String {
        let at = (self.year - 4).rem_euclid(60) as usize;
        match lang {
            Lang::Zh => format!("{}{}{}年", STEMS[at % 10], BRANCHES[at % 12], ANIMALS[at % 12]),
            Lang::En => format!("year of the {}", ANIMALS_EN[at % 12]),
        }
    }
}

/// The months of a year: number, whether it is the leap one, days.
fn months(bits: u32) -> impl Iterator<Item = (u8, bool, i64)> {
    let leap = (bits & 0xf) as u8;
    (1..=12u8).flat_map(move |month| {
        let own = (month, false, 29 + i64::from(bits & (0x1_0000 >> month) != 0));
        let after = (month == leap).then_some((month, true, 29 + i64::from(bits & 0x1_0000 != 0)));
        std::iter::once(own).chain(after)
    })
}

/// A day that people keep, by either calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Festival {
    NewYear,
    Eve,
    Spring,
    Lantern,
    Qingming,
    Labour,
    DragonBoat,
    Qixi,
    MidAutumn,
    DoubleNinth,
    National,
}

impl Festival {
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Festival::NewYear => text::new_year(lang),
            Festival::Eve => text::eve(lang),
            Festival::Spring => text::spring(lang),
            Festival::Lantern => text::lantern(lang),
            Festival::Qingming => text::qingming(lang),
            Festival::Labour => text::labour(lang),
            Festival::DragonBoat => text::dragon_boat(lang),
            Festival::Qixi => text::qixi(lang),
            Festival::MidAutumn => text::mid_autumn(lang),
            Festival::DoubleNinth => text::double_ninth(lang),
            Festival::National => text::national(lang),
        }
    }
}

/// What a day is kept as: by the common calendar, then by the lunar one.
pub fn festivals(date: NaiveDate) -> Vec<Festival> {
    let common = match (date.month(), date.day()) {
        (1, 1) => Some(Festival::NewYear),
        (5, 1) => Some(Festival::Labour),
        (10, 1) => Some(Festival::National),
        _ => is_qingming(date).then_some(Festival::Qingming),
    };
    let lunar = match lunar_month(date) {
        Some((1, 1)) => Some(Festival::Spring),
        Some((1, 15)) => Some(Festival::Lantern),
        Some((5, 5)) => Some(Festival::DragonBoat),
        Some((7, 7)) => Some(Festival::Qixi),
        Some((8, 15)) => Some(Festival::MidAutumn),
        Some((9, 9)) => Some(Festival::DoubleNinth),
        _ => is_eve(date).then_some(Festival::Eve),
    };
    common.into_iter().chain(lunar).collect()
}

/// The public holiday that a day belongs to; nothing is said of years before 2025, when others were in force.
pub fn holiday(date: NaiveDate) -> Option<Festival> {
    if date.year() < 2025 {
        return None;
    }
    let common = match (date.month(), date.day()) {
        (1, 1) => Some(Festival::NewYear),
        (5, 1 | 2) => Some(Festival::Labour),
        (10, 1..=3) => Some(Festival::National),
        _ => is_qingming(date).then_some(Festival::Qingming),
    };
    common.or_else(|| match lunar_month(date) {
        Some((1, 1..=3)) => Some(Festival::Spring),
        Some((5, 5)) => Some(Festival::DragonBoat),
        Some((8, 15)) => Some(Festival::MidAutumn),
        _ => is_eve(date).then_some(Festival::Spring),
    })
}

/// The day itself, or the next one that is neither of a weekend nor a public holiday.
pub fn working_day(date: NaiveDate) -> NaiveDate {
    date.iter_days().find(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && holiday(*day).is_none()).unwrap_or(date)
}

/// The day of the week: `周五`; `Fri`.
pub fn weekday(date: NaiveDate, lang: Lang) -> &'static str {
    text::WEEKDAYS[date.weekday().num_days_from_monday() as usize](lang)
}

/// What to know of a day on which something is to be done: `周五 · 农历八月十五 · 中秋节 · 法定节假日`.
pub fn day_words(date: NaiveDate, lang: Lang) -> String {
    let mut words = vec![weekday(date, lang).to_owned()];
    words.extend(LunarDate::of(date).map(|lunar| text::lunar(lang, &lunar.words(lang))));
    let kept = festivals(date);
    words.extend(kept.iter().map(|festival| festival.name(lang).to_owned()));
    words.extend(
        holiday(date)
            .map(|of| if kept.contains(&of) { text::public_holiday(lang).to_owned() } else { text::holiday_of(lang, of.name(lang)) }),
    );
    words.join(" · ")
}

/// What to know of a birthday: `农历丙寅虎年三月初九`. Empty for days that the table does not have.
pub fn birthday_words(date: NaiveDate, lang: Lang) -> String {
    let Some(lunar) = LunarDate::of(date) else { return String::new() };
    let said = match lang {
        Lang::Zh => format!("{}{}", lunar.year_words(lang), lunar.words(lang)),
        Lang::En => format!("{}, {}", lunar.words(lang), lunar.year_words(lang)),
    };
    let kept = festivals(date).into_iter().map(|festival| festival.name(lang).to_owned());
    std::iter::once(text::lunar(lang, &said)).chain(kept).collect::<Vec<_>>().join(" · ")
}

/// Month and day of a day that is not in a leap month: festivals are not kept twice.
fn lunar_month(date: NaiveDate) -> Option<(u8, u8)> {
    LunarDate::of(date).filter(|lunar| !lunar.leap).map(|lunar| (lunar.month, lunar.day))
}

/// The last day of a lunar year, which has 29 days in its last month or 30.
fn is_eve(date: NaiveDate) -> bool {
    date.checked_add_days(Days::new(1)).and_then(lunar_month) == Some((1, 1))
}

/// The day on which the sun is at 15° of longitude, by the usual approximation, which holds from 1900 to 2100.
fn is_qingming(date: NaiveDate) -> bool {
    let year = date.year();
    let (since, base) = if year < 2000 { (year - 1900, 55_900) } else { (year - 2000, 48_100) };
    let leap_years = since / 4 - i32::from(year == 2100);
    (1900..=2100).contains(&year) && date.month() == 4 && date.day() as i32 == (since * 2_422 + base) / 10_000 - leap_years
}

mod text {
    use crate::Lang;

    pub const WEEKDAYS: [fn(Lang) -> &'static str; 7] = [monday, tuesday, wednesday, thursday, friday, saturday, sunday];

    crate::texts! {
        monday: "周一" | "Mon";
        tuesday: "周二" | "Tue";
        wednesday: "周三" | "Wed";
        thursday: "周四" | "Thu";
        friday: "周五" | "Fri";
        saturday: "周六" | "Sat";
        sunday: "周日" | "Sun";
        lunar(day: &str): "农历{day}" | "lunar calendar: {day}";
        public_holiday: "法定节假日" | "public holiday";
        holiday_of(name: &str): "{name}法定假期" | "{name} public holiday";
        new_year: "元旦" | "New Year’s Day";
        eve: "除夕" | "Lunar New Year’s Eve";
        spring: "春节" | "Spring Festival";
        lantern: "元宵节" | "Lantern Festival";
        qingming: "清明节" | "Tomb-Sweeping Day";
        labour: "劳动节" | "Labour Day";
        dragon_boat: "端午节" | "Dragon Boat Festival";
        qixi: "七夕" | "Qixi Festival";
        mid_autumn: "中秋节" | "Mid-Autumn Festival";
        double_ninth: "重阳节" | "Double Ninth Festival";
        national: "国庆节" | "National Day";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn lunar(text: &str) -> (i32, u8, u8, bool) {
        let LunarDate { year, month, day, leap } = LunarDate::of(day(text)).expect("a lunar day");
        (year, month, day, leap)
    }

    #[test]
    fn new_years_fall_where_they_fell() {
        for date in [
            "1912-02-18",
            "1937-02-11",
            "1949-01-29",
            "1950-02-17",
            "1960-01-28",
            "1970-02-06",
            "1978-02-07",
            "1984-02-02",
            "1985-02-20",
            "1996-02-19",
            "2000-02-05",
            "2008-02-07",
            "2012-01-23",
            "2015-02-19",
            "2020-01-25",
            "2023-01-22",
            "2024-02-10",
            "2025-01-29",
            "2026-02-17",
            "2027-02-06",
            "2028-01-26",
            "2030-02-03",
            "2033-01-31",
            "2034-02-19",
            "2038-02-04",
            "2049-02-02",
            "2050-01-23",
            "2058-01-24",
            "2099-01-21",
            "2100-02-09",
        ] {
            assert_eq!(lunar(date), (date[..4].parse().expect("a year"), 1, 1, false), "{date}");
        }
        assert_eq!(LunarDate::of(day("1900-01-30")), None);
        assert_eq!(LunarDate::of(day("2101-01-29")), None);
        assert_eq!(lunar("2101-01-28").0, 2100, "the last day of the table");
    }

    #[test]
    fn leap_months_follow_the_month_of_their_number() {
        for (date, year, month) in [
            ("1903-06-25", 1903, 5),
            ("1987-07-26", 1987, 6),
            ("1995-09-25", 1995, 8),
            ("2001-05-23", 2001, 4),
            ("2004-03-21", 2004, 2),
            ("2006-08-24", 2006, 7),
            ("2012-05-21", 2012, 4),
            ("2014-10-24", 2014, 9),
            ("2017-07-23", 2017, 6),
            ("2020-05-23", 2020, 4),
            ("2023-03-22", 2023, 2),
            ("2025-07-25", 2025, 6),
            ("2028-06-23", 2028, 5),
            ("2033-12-22", 2033, 11),
        ] {
            assert_eq!(lunar(date), (year, month, 1, true), "{date}");
        }
    }

    #[test]
    fn every_year_has_twelve_or_thirteen_months_and_its_leap_month_once() {
        for bits in YEARS {
            let months: Vec<_> = months(bits).collect();
            assert_eq!(months.len(), if bits & 0xf == 0 { 12 } else { 13 });
            let days: i64 = months.iter().map(|(_, _, days)| days).sum();
            assert!((353..=355).contains(&days) || (383..=385).contains(&days), "{bits:x} has {days} days");
        }
    }

    #[test]
    fn festivals_are_kept_on_their_days() {
        let kept = |date: &str| festivals(day(date)).into_iter().map(|festival| festival.name(Lang::Zh)).collect::<Vec<_>>();
        for (date, name) in [
            ("2024-02-09", "除夕"),
            ("2025-01-28", "除夕"),
            ("2026-03-03", "元宵节"),
            ("1949-04-05", "清明节"),
            ("2024-04-04", "清明节"),
            ("2026-04-05", "清明节"),
            ("2027-06-09", "端午节"),
            ("2026-08-19", "七夕"),
            ("1976-09-08", "中秋节"),
            ("2026-09-25", "中秋节"),
            ("2033-09-08", "中秋节"),
            ("2026-10-18", "重阳节"),
        ] {
            assert_eq!(kept(date), [name], "{date}");
        }
        assert_eq!(kept("2020-10-01"), ["国庆节", "中秋节"]);
        assert!(kept("2025-07-31").is_empty(), "the seventh of a leap sixth month is nothing");
    }

    #[test]
    fn the_law_s_holidays_are_no_working_days() {
        let off = |date: &str| holiday(day(date));
        assert_eq!(off("2025-01-28"), Some(Festival::Spring), "the eve is one since 2025");
        assert_eq!([off("2026-02-19"), off("2026-02-20")], [Some(Festival::Spring), None]);
        assert_eq!([off("2026-05-02"), off("2026-05-03")], [Some(Festival::Labour), None]);
        assert_eq!(off("2024-10-01"), None, "another law");
        assert_eq!(working_day(day("2026-10-01")), day("2026-10-05"), "over the holiday and the weekend behind it");
        assert_eq!(working_day(day("2026-11-27")), day("2026-11-27"));
    }

    #[test]
    fn days_read_well_in_both_languages() {
        assert_eq!(day_words(day("2026-09-25"), Lang::Zh), "周五 · 农历八月十五 · 中秋节 · 法定节假日");
        assert_eq!(day_words(day("2026-10-02"), Lang::Zh), "周五 · 农历八月廿二 · 国庆节法定假期");
        assert_eq!(
            day_words(day("2026-09-25"), Lang::En),
            "Fri · lunar calendar: day 15 of month 8 · Mid-Autumn Festival · public holiday"
        );
        assert_eq!(birthday_words(day("1986-04-17"), Lang::Zh), "农历丙寅虎年三月初九");
        assert_eq!(birthday_words(day("1986-04-17"), Lang::En), "lunar calendar: day 9 of month 3, year of the Tiger");
        assert_eq!(birthday_words(day("1889-12-26"), Lang::Zh), "");
        let words = |date: &str| LunarDate::of(day(date)).map(|lunar| lunar.words(Lang::Zh)).unwrap_or_default();
        assert_eq!([words("2025-07-25"), words("2026-02-16"), words("2026-12-28")].join(" "), "闰六月初一 腊月廿九 冬月二十");
    }
}
