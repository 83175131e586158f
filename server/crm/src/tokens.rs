//! What a name is found by: pairs of characters, pinyin, initials.
//!
//! Two-character Chinese names defeat trigram indexes, so the application makes the tokens and the
//! database compares them with `=` or by prefix.

use std::collections::BTreeSet;

mod readings;
pub mod rebuild;

/// Which tokens and order [`of_names`] and [`sort_key`] make: raised with every change of what they make
/// of a name, so that customers of older days are gone through again (see [`rebuild`]).
pub const VERSION: i32 = 1;

/// Tokens longer than this are cut; a prefix of so many characters is selective enough.
const LONGEST: usize = 24;
/// Ways of reading one name that are kept, the likelier ones.
const WAYS: usize = 8;

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
        for word in name.split(|c: char| !c.is_alphanumeric()) {
            let word: String = fold(word).collect();
            if !word.is_empty() && word.is_ascii() {
                if is_umlaut(name) {
                    tokens.insert(cut(&word.replace('v', "u")));
                }
                tokens.insert(cut(&word));
            }
        }
        for (whole, initials) in ways(name) {
            tokens.insert(cut(&whole));
            tokens.insert(cut(&initials));
        }
    }
    tokens
}

/// Pinyin and initials of a name in each of its readings; nothing of a name without Chinese characters.
fn ways(name: &str) -> Vec<(String, String)> {
    let mut ways = vec![(String::new(), String::new())];
    for (_, readings) in readings::of_name(name) {
        let mut spelt: Vec<String> = readings.iter().flat_map(|reading| readings::spellings(reading)).collect();
        spelt.truncate((WAYS / ways.len()).max(1));
        ways = ways
            .iter()
            .flat_map(|(whole, initials)| {
                spelt.iter().map(move |syllable| (format!("{whole}{syllable}"), initials.chars().chain(syllable.chars().take(1)).collect()))
            })
            .collect();
    }
    ways.retain(|(whole, _)| !whole.is_empty());
    ways
}

/// How a name is typed in Latin letters: pinyin and initials of its readings, with spaces between; empty for one without
/// Chinese characters.
pub fn spelt(name: &str) -> String {
    let all: BTreeSet<String> = ways(name).into_iter().flat_map(|(whole, initials)| [whole, initials]).collect();
    all.into_iter().collect::<Vec<_>>().join(" ")
}

/// How lists order names in Chinese: by pinyin, then by the characters themselves.
pub fn sort_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len() * 3);
    let mut readings = readings::of_name(name).into_iter().peekable();
    for c in name.chars() {
        match readings.next_if(|(read, _)| *read == c) {
            Some((_, syllables)) => {
                key.extend(syllables.into_iter().take(1));
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

/// Lower case, without spaces and punctuation, so that "张 伟" and "（集团）" find what they should; ü as `v`,
/// as it is typed.
pub fn fold(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).map(|c| if "üǖǘǚǜ".contains(c) { 'v' } else { c })
}

fn is_umlaut(text: &str) -> bool {
    text.contains(['ü', 'Ü'])
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
    fn surnames_are_read_as_surnames() {
        for (name, typed) in [
            ("曾伟", ["zengwei", "zw"]),
            ("翟志刚", ["zhaizhigang", "zzg"]),
            ("覃海洋", ["qinhaiyang", "qhy"]),
            ("单田芳", ["shantianfang", "stf"]),
            ("仇和", ["qiuhe", "qh"]),
            ("解晓东", ["xiexiaodong", "xxd"]),
            ("区小明", ["ouxiaoming", "oxm"]),
            ("查良镛", ["zhaliangyong", "zly"]),
            ("尉迟恭", ["yuchigong", "ycg"]),
            ("长孙无忌", ["zhangsunwuji", "zswj"]),
        ] {
            let tokens = of_names([name]);
            for token in typed {
                assert!(tokens.contains(token), "{token} is missing of {name}: {tokens:?}");
            }
            let key: String = sort_key(name).split('\u{1}').next().unwrap_or_default().replace(' ', "");
            assert_eq!(key, typed[0], "{name} is ordered as it is read");
        }
    }

    #[test]
    fn a_name_is_found_in_each_of_its_readings() {
        let tokens = of_names(["王乐"]);
        assert!(tokens.contains("wangle") && tokens.contains("wangyue") && tokens.contains("wl") && tokens.contains("wy"));
        let spelt_ways = spelt("王小明");
        assert!(["wangxiaoming", "wxm"].iter().all(|way| spelt_ways.split(' ').any(|known| known == *way)), "{spelt_ways}");
        assert_eq!(spelt("Zoe"), "");
        assert!(of_names(["重庆长江银行股份有限公司"]).contains(&cut("chongqingchangjiangyinhanggufenyouxiangongsi")));
        // However many readings its characters have, a long name is kept in a few.
        assert!(ways(&"曾单解查".repeat(20)).len() <= WAYS);
    }

    #[test]
    fn the_sound_of_u_umlaut_is_found_as_it_is_typed() {
        let tokens = of_names(["吕薇"]);
        for token in ["lvwei", "luwei", "lyuwei", "lw"] {
            assert!(tokens.contains(token), "{token} is missing of {tokens:?}");
        }
        assert_eq!(lookup("lü"), Some(Lookup::Prefix("lv".into())));
        assert_eq!(lookup("LÜ Wei"), Some(Lookup::Prefix("lvwei".into())));
        let mut names = ["吕薇", "罗薇", "鲁薇", "马薇"];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(names, ["鲁薇", "罗薇", "吕薇", "马薇"], "lü stands after luo");
        let tokens = of_names(["Müller"]);
        assert!(tokens.contains("muller") && tokens.contains("mvller"));
    }

    #[test]
    fn pinyin_orders_names() {
        let mut names = ["张伟", "李娜", "阿黛尔", "Zoe"];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(names, ["阿黛尔", "李娜", "张伟", "Zoe"]);
    }
}
