//! What a user keeps of the dashboards: the filters but for the month, and what is pinned to the own page. In
//! this browser at once, and with the user for the next one.

use std::collections::BTreeSet;

use guanhu_domain::{access::account::Preferences, dashboards::BoardQuery};
use leptos::task::spawn_local;
use serde_json::Value;

use crate::{access, cookies};

const FILTERS: &str = "dashboards";
const PINS: &str = "pins";
/// Between the words of one cookie.
const APART: char = '~';

fn kept(name: &str) -> String {
    cookies::read(&format!("list_{name}")).unwrap_or_default()
}

fn keep(name: &'static str, words: String) {
    guanhu_ui::dom::set_cookie(&format!("list_{name}"), &words);
    let wanted = Preferences { lists: [(name.to_owned(), Value::from(words))].into(), ..Preferences::default() };
    spawn_local(async move {
        // The cookie has it already; the next change tries again.
        let _ = access::api::prefer(wanted).await;
    });
}

/// A code that a cookie can hold.
fn plain(code: &str) -> bool {
    !code.is_empty() && code.len() <= 64 && code.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c))
}

/// Unit, tier, group and currency as they were last chosen; the month is always the newest.
pub fn filters() -> BoardQuery {
    read(&kept(FILTERS))
}

fn read(words: &str) -> BoardQuery {
    let mut parts = words.split(APART).map(|code| plain(code).then(|| code.to_owned()));
    let mut next = || parts.next().flatten();
    let (org, tier, group, currency) = (next(), next(), next(), next());
    let lenient = [&org, &tier, &group, &currency].into_iter().any(Option::is_some);
    BoardQuery { month: None, lenient, org, tier, group, currency }
}

pub fn keep_filters(query: &BoardQuery) {
    keep(FILTERS, write(query));
}

fn write(query: &BoardQuery) -> String {
    let code = |code: &Option<String>| code.clone().filter(|code| plain(code)).unwrap_or_default();
    [&query.org, &query.tier, &query.group, &query.currency].map(code).join(&APART.to_string())
}

/// Names of the panels on the own page.
pub fn pins() -> BTreeSet<String> {
    kept(PINS).split(APART).filter(|name| plain(name)).map(str::to_owned).collect()
}

/// Pins a panel, or takes it off; answers whether it is pinned now.
pub fn turn_pin(name: &str) -> bool {
    let mut pins = pins();
    let pinned = !pins.remove(name) && pins.insert(name.to_owned());
    keep(PINS, pins.into_iter().collect::<Vec<_>>().join(&APART.to_string()));
    pinned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_come_back_as_they_were_and_nothing_else_does() {
        let query =
            BoardQuery { month: Some("2026-03".into()), org: Some("0101".into()), currency: Some("USD".into()), ..BoardQuery::default() };
        let back = read(&write(&query));
        assert_eq!(back, BoardQuery { month: None, lenient: true, ..query });
        // As they were kept before there were more of them.
        assert_eq!(read("0101~gold").tier.as_deref(), Some("gold"));
        assert_eq!(read(""), BoardQuery::default());
        assert_eq!(read("a b~<x>"), BoardQuery::default());
        assert_eq!(write(&BoardQuery { org: Some("a;b".into()), ..BoardQuery::default() }), "~~~");
    }
}
