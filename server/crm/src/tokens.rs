//! What a name is found by: pairs of characters, pinyin, initials.
//!
//! Two-character Chinese names defeat trigram indexes, so the application makes the tokens and the
//! database compares them with `=` or by prefix.

use std::collections::BTreeSet;

use pinyin::ToPinyin;

/// Tokens longer than this are cut; a prefix of so many characters is selective enough.
const LONGEST: usize = 24;

/// Every token under which a customer with these names is found.
pub fn of_names<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    for name in names {
        let chars: Vec<char> = fold(name).collect();
        for pair in chars.windows(2).filter(|pair| !pair[0].is_ascii() || !pair[1].is_ascii()) {
            tokens.insert(pair.iter().collect());
        }
        if let [only] = chars[..] {
            tokens.insert(only.to_string());
        }
        for word in name.split(|c: char| !c.is_alphanumeric()).filter(|word| word.is_ascii() && !word.is_empty()) {
            tokens.insert(cut(&word.to_ascii_lowercase()));
        }
        let syllables: Vec<&str> = name.chars().filter_map(|c| c.to_pinyin()).map(|syllable| syllable.plain()).collect();
        if !syllables.is_empty() {
            tokens.insert(cut(&syllables.concat()));
            tokens.insert(cut(&syllables.iter().filter_map(|syllable| syllable.chars().next()).collect::<String>()));
        }
    }
    tokens
}

/// How lists order names in Chinese: by pinyin, then by the characters themselves.
pub fn sort_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len() * 3);
    for c in name.chars() {
        match c.to_pinyin() {
            Some(syllable) => {
                key.push_str(syllable.plain());
                key.push(' ');
            }
            None => key.extend(c.to_lowercase()),
        }
    }
    key.push('\u{1}');
    key.push_str(name);
    key
}

/// How a typed query is looked up.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup {
    /// This pair, and then the whole text somewhere in the name.
    Pair { token: String, text: String },
    /// Tokens that begin so: pinyin, initials, Latin words.
    Prefix(String),
}

/// `None` when there is too little to look up.
pub fn lookup(typed: &str) -> Option<Lookup> {
    let chars: Vec<char> = fold(typed).collect();
    match chars[..] {
        [] => None,
        // Given names tell more than surnames, so the last pair finds the fewest.
        [.., a, b] if !a.is_ascii() || !b.is_ascii() => Some(Lookup::Pair { token: [a, b].iter().collect(), text: chars.iter().collect() }),
        _ => Some(Lookup::Prefix(cut(&chars.iter().collect::<String>()))),
    }
}

/// Lower case, without spaces and punctuation, so that "张 伟" and "（集团）" find what they should.
pub fn fold(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

fn cut(token: &str) -> String {
    token.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_found_by_pair_pinyin_and_initials() {
        let tokens = of_names(["张小伟"]);
        for token in ["张小", "小伟", "zhangxiaowei", "zxw"] {
            assert!(tokens.contains(token), "{token} is missing of {tokens:?}");
        }
        assert_eq!(lookup("小伟"), Some(Lookup::Pair { token: "小伟".into(), text: "小伟".into() }));
        assert_eq!(lookup("ZhangX"), Some(Lookup::Prefix("zhangx".into())));
        assert_eq!(lookup(" "), None);
    }

    #[test]
    fn pinyin_orders_names() {
        let mut names = ["张伟", "李娜", "阿黛尔", "Zoe"];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(names, ["阿黛尔", "李娜", "张伟", "Zoe"]);
    }
}
