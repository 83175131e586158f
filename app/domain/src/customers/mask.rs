//! How clear values look to those who may not see them. The same shapes everywhere, so that a masked
//! value is recognised as one.

/// `张**`: the first character only, whatever the length, so that the length tells nothing.
pub fn name(clear: &str) -> String {
    match clear.chars().next() {
        Some(first) => format!("{first}**"),
        None => String::new(),
    }
}

/// `138****1234`; short numbers keep their last two digits.
pub fn phone(clear: &str) -> String {
    middle(clear, 3, 4, "****")
}

/// `110***********1234`: as many stars as there are hidden characters, as ID papers are commonly shown.
pub fn identity(clear: &str) -> String {
    let length = clear.chars().count();
    if length < 10 { last(clear, 2) } else { middle(clear, 3, 4, &"*".repeat(length - 7)) }
}

/// `****1234`.
pub fn account(clear: &str) -> String {
    last(clear, 4)
}

/// `z***@example.com`.
pub fn email(clear: &str) -> String {
    match clear.split_once('@') {
        Some((user, host)) => format!("{}***@{host}", user.chars().next().unwrap_or('*')),
        None => last(clear, 2),
    }
}

/// The province and city; the street is hidden.
pub fn address(clear: &str) -> String {
    let shown: String = clear.chars().take(6.min(clear.chars().count() / 2)).collect();
    format!("{shown}****")
}

/// Free text with every run of six digits or more hidden but for its last four: accounts, phones, papers.
pub fn numbers(clear: &str) -> String {
    let mut text = String::with_capacity(clear.len());
    let mut run = String::new();
    for c in clear.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            run.push(c);
            continue;
        }
        text.push_str(&if run.len() >= 6 { account(&run) } else { std::mem::take(&mut run) });
        run.clear();
        text.push(c);
    }
    text.pop();
    text
}

/// What may be anything: mostly digits keeps its last ones, all else its first character.
pub fn unknown(clear: &str) -> String {
    let (digits, all) = (clear.chars().filter(char::is_ascii_digit).count(), clear.chars().count());
    match digits * 2 > all {
        true => last(clear, if all < 8 { 2 } else { 4 }),
        false => name(clear),
    }
}

/// By the kind of a contact or an identity; kinds nobody thought of are hidden but for two characters.
pub fn of_kind(kind: &str, clear: &str) -> String {
    match kind {
        "mobile" | "phone" => phone(clear),
        "email" => email(clear),
        "address" | "work_address" => address(clear),
        "website" => clear.to_owned(),
        "id_card" | "uscc" => identity(clear),
        "source_key" => clear.to_owned(),
        "name" => name(clear),
        _ => last(clear, 2),
    }
}

/// Kinds whose values are masked at all: a website is public, a source key means nothing outside its system.
pub fn hides(kind: &str) -> bool {
    !matches!(kind, "website" | "source_key")
}

fn last(clear: &str, keep: usize) -> String {
    let length = clear.chars().count();
    let keep = if length > keep { keep } else { 0 };
    format!("****{}", clear.chars().skip(length - keep).collect::<String>())
}

fn middle(clear: &str, head: usize, tail: usize, stars: &str) -> String {
    let length = clear.chars().count();
    if length <= head + tail {
        return last(clear, 2);
    }
    let shown = |from: usize, to: usize| clear.chars().skip(from).take(to - from).collect::<String>();
    format!("{}{stars}{}", shown(0, head), shown(length - tail, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_values_keep_only_what_recognises_them() {
        assert_eq!(phone("13800001234"), "138****1234");
        assert_eq!(phone("110"), "****10");
        assert_eq!(identity("110101199003071234"), "110***********1234");
        assert_eq!(account("6222000012345678"), "****5678");
        assert_eq!(account("12"), "****");
        assert_eq!(email("zhang@example.com"), "z***@example.com");
        assert_eq!(address("浙江省杭州市西湖区文三路1号"), "浙江省杭州市****");
        assert_eq!(name("欧阳锋"), "欧**");
        assert_eq!(numbers("转账至6222000012345678，共12345元"), "转账至****5678，共12345元");
        assert_eq!(of_kind("passport", "E12345678"), "****78");
        assert_eq!(
            (unknown("13800001234"), unknown("12"), unknown("张小伟"), unknown("")),
            ("****1234".into(), "****".into(), "张**".into(), String::new())
        );
    }
}
