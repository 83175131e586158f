//! The list's question as an address, and as an order of the table.

use guanhu_domain::{
    CustomerNo,
    customers::{CustomerQuery, Kind, Sort, State},
    tiers::MovementKind,
};
use guanhu_ui as ui;
use leptos_router::{location::Url, params::ParamsMap};

/// The question in an address; what cannot be read is left out.
pub fn read(params: &ParamsMap) -> CustomerQuery {
    let text = |key: &str| params.get(key).filter(|value| !value.is_empty());
    CustomerQuery {
        q: text("q"),
        org: text("org"),
        manager: text("manager"),
        tier: text("tier").map(|codes| codes.split(',').map(str::to_owned).collect()).unwrap_or_default(),
        group: text("group"),
        kind: text("kind").and_then(|code| Kind::from_code(&code)),
        state: text("state").and_then(|code| State::from_code(&code)),
        state_days: text("state_days").and_then(|days| days.parse().ok()),
        tier_move: text("tier_move").and_then(|code| MovementKind::from_code(&code)),
        aum_min: text("aum_min").and_then(|minor| minor.parse().ok()),
        aum_max: text("aum_max").and_then(|minor| minor.parse().ok()),
        product: text("product"),
        quiet_days: text("quiet_days").and_then(|days| days.parse().ok()),
        sort: text("sort").and_then(|code| Sort::from_code(&code)).filter(|sort| *sort != Sort::AumDesc),
        limit: None,
        after: None,
    }
}

/// The query string of a question, with its `?`; empty for everything in the usual order. Words that look
/// like a number of a person stay out of it, and so out of histories and logs.
pub fn write(query: &CustomerQuery) -> String {
    let pairs = [
        ("q", query.q.clone().filter(|q| !is_private(q))),
        ("kind", query.kind.map(|kind| kind.code().to_owned())),
        ("tier", (!query.tier.is_empty()).then(|| query.tier.join(","))),
        ("state", query.state.map(|state| state.code().to_owned())),
        ("state_days", query.state_days.map(|days| days.to_string())),
        ("tier_move", query.tier_move.map(|kind| kind.code().to_owned())),
        ("org", query.org.clone()),
        ("manager", query.manager.clone()),
        ("product", query.product.clone()),
        ("group", query.group.clone()),
        ("aum_min", query.aum_min.map(|minor| minor.to_string())),
        ("aum_max", query.aum_max.map(|minor| minor.to_string())),
        ("quiet_days", query.quiet_days.map(|days| days.to_string())),
        ("sort", query.sort.filter(|sort| *sort != Sort::AumDesc).map(|sort| sort.code().to_owned())),
    ];
    let mut text = String::new();
    for (key, value) in pairs {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push(if text.is_empty() { '?' } else { '&' });
            text.push_str(key);
            text.push('=');
            text.push_str(&Url::escape(&value));
        }
    }
    text
}

/// Might these words be a phone, an ID, an account number or an address?
pub fn is_private(q: &str) -> bool {
    q.contains('@') || q.chars().filter(char::is_ascii_digit).count() >= 5
}

/// How many filters are in force, the words searched apart.
pub fn filters(query: &CustomerQuery) -> usize {
    [
        query.kind.is_some(),
        !query.tier.is_empty(),
        query.state.is_some(),
        query.org.is_some(),
        query.manager.is_some(),
        query.product.is_some(),
        query.group.is_some(),
        query.aum_min.is_some() || query.aum_max.is_some(),
        query.quiet_days.is_some(),
        query.state_days.is_some(),
        query.tier_move.is_some(),
    ]
    .into_iter()
    .filter(|in_force| *in_force)
    .count()
}

/// Do names have to be known to say the filters?
pub fn needs_names(query: &CustomerQuery) -> bool {
    !query.tier.is_empty() || query.org.is_some() || query.manager.is_some() || query.product.is_some() || query.group.is_some()
}

/// The table's order; columns are named as the orders are. The richest come first unless told.
pub fn order(sort: Option<Sort>) -> ui::Sort {
    let code = sort.unwrap_or(Sort::AumDesc).code();
    match code.strip_prefix('-') {
        Some(key) => ui::Sort::descending(key),
        None => ui::Sort::ascending(code),
    }
}

/// The order a head of the table asks for; `None` is the usual one.
pub fn sort(order: Option<&ui::Sort>) -> Option<Sort> {
    let order = order?;
    let code = if order.descending { format!("-{}", order.key) } else { order.key.clone() };
    Sort::from_code(&code).filter(|sort| *sort != Sort::AumDesc)
}

/// What the words typed are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Nothing,
    /// One Chinese character or letter is not searched for.
    TooShort,
    Name,
    /// Pinyin or initials.
    Letters,
    CustomerNumber,
    Phone,
    Identity,
    Account,
    /// Digits that are no whole number of any kind: found only if a bank number is exactly so.
    Digits,
}

/// Reads what was typed as the server does: names in part, numbers only whole.
pub fn reading(typed: &str) -> Reading {
    let plain: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let count = plain.chars().count();
    let digits = plain.chars().filter(char::is_ascii_digit).count();
    match count {
        0 => Reading::Nothing,
        1 => Reading::TooShort,
        12 if plain.parse::<CustomerNo>().is_ok() => Reading::CustomerNumber,
        11 if digits == 11 && plain.starts_with('1') => Reading::Phone,
        18 if digits >= 8 && plain.is_ascii() => Reading::Identity,
        15..=24 if digits == count => Reading::Account,
        _ if digits == count => Reading::Digits,
        _ if plain.is_ascii() => Reading::Letters,
        _ => Reading::Name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_the_whole_question_but_no_numbers_of_people() {
        let mut query = CustomerQuery {
            q: Some("张伟 & co".into()),
            tier: vec!["gold".into(), "platinum".into()],
            kind: Some(Kind::Personal),
            aum_min: Some(50_000_000),
            quiet_days: Some(90),
            sort: Some(Sort::ContactAsc),
            ..CustomerQuery::default()
        };
        let address = write(&query);
        let params: ParamsMap = address[1..].split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.to_owned(), v)).collect();
        assert_eq!(read(&params), query);
        for private in ["13812345678", "110101199003071234", "a.b@example.com", "6222 0212 3456"] {
            query.q = Some(private.into());
            assert!(!write(&query).contains("q="), "{private}");
        }
        assert_eq!(write(&CustomerQuery { sort: Some(Sort::AumDesc), ..CustomerQuery::default() }), "");
    }

    #[test]
    fn numbers_are_taken_for_what_they_are() {
        assert_eq!(reading("13812345678"), Reading::Phone);
        assert_eq!(reading("11010119900307123X"), Reading::Identity);
        assert_eq!(reading(&CustomerNo::from_id(1234).to_string()), Reading::CustomerNumber);
        assert_eq!(reading("6222021234567890123"), Reading::Account);
        assert_eq!(reading("1381234"), Reading::Digits);
        assert_eq!(reading("zs"), Reading::Letters);
        assert_eq!(reading("张"), Reading::TooShort);
        assert_eq!(reading("58同城"), Reading::Name);
    }

    #[test]
    fn every_order_is_a_head_of_the_table_and_back() {
        for wanted in Sort::ALL {
            let expected = Some(*wanted).filter(|sort| *sort != Sort::AumDesc);
            assert_eq!(sort(Some(&order(Some(*wanted)))), expected);
        }
    }
}
