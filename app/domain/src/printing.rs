//! What stands at the foot of every printed page: who printed it, and when by the server's clock.

use chrono::{DateTime, FixedOffset, Timelike, Utc};
use serde::{Deserialize, Serialize};

use crate::access::Me;

/// A print that was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Printed {
    pub at: DateTime<Utc>,
}

/// The mark: name, login, unit and moment, in the bank's own time. The same in every language.
pub fn mark(me: &Me, at: DateTime<Utc>) -> String {
    const HOURS_EAST: i32 = 8;
    let local = FixedOffset::east_opt(HOURS_EAST * 3_600).map_or(at.naive_utc(), |zone| at.with_timezone(&zone).naive_local());
    let (day, time) = (local.date(), local.time());
    format!("{} ({}) · {} · {day} {:02}:{:02}:{:02}", me.name, me.login, me.org_name, time.hour(), time.minute(), time.second())
}

/// Words as a string of a style sheet, whatever is in them.
pub fn quoted(words: &str) -> String {
    let mut quoted = String::with_capacity(words.len() + 2);
    quoted.push('"');
    for c in words.chars() {
        match c {
            '"' | '\\' | '<' | '>' | '&' | ';' | '{' | '}' => quoted.push_str(&format!("\\{:x} ", u32::from(c))),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_cannot_leave_its_string() {
        assert_eq!(quoted("李\"} x;\n"), "\"李\\22 \\7d  x\\3b  \"");
    }
}
