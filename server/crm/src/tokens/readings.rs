//! How the characters of a name are read aloud, without tones.
//!
//! A dictionary gives a character's commonest reading in words, which often is not how it is read as a
//! surname (曾 is Zēng there and céng elsewhere), and gives one where people use several (乐 lè, yuè).

use pinyin::ToPinyin;

/// Surnames of two characters, with their readings.
const COMPOUND: &[(&str, [&str; 2])] = &[
    ("万俟", ["mo", "qi"]),
    ("尉迟", ["yu", "chi"]),
    ("单于", ["chan", "yu"]),
    ("长孙", ["zhang", "sun"]),
    ("澹台", ["tan", "tai"]),
    ("鲜于", ["xian", "yu"]),
    ("宰父", ["zai", "fu"]),
    ("令狐", ["ling", "hu"]),
    ("公冶", ["gong", "ye"]),
    ("太叔", ["tai", "shu"]),
];

/// Characters that are read in their own way as a surname.
const SURNAMES: &[(char, &str)] = &[
    ('曾', "zeng"),
    ('翟', "zhai"),
    ('覃', "qin"),
    ('单', "shan"),
    ('仇', "qiu"),
    ('解', "xie"),
    ('区', "ou"),
    ('查', "zha"),
    ('任', "ren"),
    ('盖', "ge"),
    ('朴', "piao"),
    ('尉', "wei"),
    ('乐', "yue"),
    ('缪', "miao"),
    ('冼', "xian"),
    ('洗', "xian"),
    ('召', "shao"),
    ('员', "yun"),
    ('黑', "he"),
    ('折', "she"),
    ('隗', "wei"),
    ('种', "chong"),
    ('秘', "bi"),
    ('逄', "pang"),
    ('瞿', "qu"),
    ('柏', "bai"),
    ('褚', "chu"),
    ('祭', "zhai"),
    ('繁', "po"),
    ('郇', "xun"),
    ('阚', "kan"),
    ('燕', "yan"),
    ('车', "che"),
    ('那', "na"),
    ('哈', "ha"),
    ('谌', "chen"),
    ('晁', "chao"),
    ('佴', "nai"),
    ('郗', "xi"),
    ('都', "du"),
    ('干', "gan"),
    ('句', "gou"),
    ('妫', "gui"),
    ('牟', "mu"),
    ('莘', "shen"),
    ('应', "ying"),
    ('於', "yu"),
    ('宓', "mi"),
    ('万', "wan"),
    ('沈', "shen"),
    ('石', "shi"),
    ('叶', "ye"),
    ('贾', "jia"),
    ('俞', "yu"),
    ('卜', "bu"),
    ('薄', "bo"),
    ('曲', "qu"),
    ('葛', "ge"),
    ('訾', "zi"),
    ('逯', "lu"),
    ('贲', "ben"),
    ('佘', "she"),
    ('纪', "ji"),
    ('宁', "ning"),
    ('华', "hua"),
    ('殷', "yin"),
    ('长', "chang"),
    ('隽', "juan"),
    ('过', "guo"),
    ('幺', "yao"),
    ('要', "yao"),
    ('撒', "sa"),
    ('相', "xiang"),
    ('占', "zhan"),
];

/// Characters that people read in more than one way, the commoner first.
const SEVERAL: &[(char, &[&str])] = &[
    ('曾', &["zeng", "ceng"]),
    ('翟', &["zhai", "di"]),
    ('覃', &["qin", "tan"]),
    ('单', &["dan", "shan"]),
    ('仇', &["qiu", "chou"]),
    ('解', &["jie", "xie"]),
    ('区', &["qu", "ou"]),
    ('查', &["cha", "zha"]),
    ('盖', &["gai", "ge"]),
    ('朴', &["pu", "piao"]),
    ('柏', &["bai", "bo"]),
    ('尉', &["wei", "yu"]),
    ('蔚', &["wei", "yu"]),
    ('缪', &["miao", "mou"]),
    ('谌', &["chen", "shen"]),
    ('郗', &["xi", "chi"]),
    ('牟', &["mu", "mou"]),
    ('隗', &["wei", "kui"]),
    ('莘', &["xin", "shen"]),
    ('员', &["yuan", "yun"]),
    ('种', &["zhong", "chong"]),
    ('召', &["zhao", "shao"]),
    ('都', &["du", "dou"]),
    ('乐', &["le", "yue"]),
    ('长', &["chang", "zhang"]),
    ('行', &["hang", "xing"]),
    ('重', &["zhong", "chong"]),
    ('朝', &["chao", "zhao"]),
    ('晟', &["sheng", "cheng"]),
    ('盛', &["sheng", "cheng"]),
    ('茜', &["qian", "xi"]),
    ('偲', &["si", "cai"]),
    ('栖', &["qi", "xi"]),
    ('娜', &["na", "nuo"]),
    ('筠', &["yun", "jun"]),
    ('莞', &["wan", "guan"]),
    ('藏', &["cang", "zang"]),
    ('传', &["chuan", "zhuan"]),
    ('调', &["diao", "tiao"]),
    ('会', &["hui", "kuai"]),
    ('觉', &["jue", "jiao"]),
    ('厦', &["sha", "xia"]),
    ('省', &["sheng", "xing"]),
    ('校', &["xiao", "jiao"]),
    ('贾', &["jia", "gu"]),
    ('车', &["che", "ju"]),
    ('参', &["can", "shen"]),
    ('弹', &["dan", "tan"]),
    ('堡', &["bao", "pu"]),
    ('泊', &["bo", "po"]),
    ('六', &["liu", "lu"]),
    ('奘', &["zang", "zhuang"]),
    ('宿', &["su", "xiu"]),
    ('大', &["da", "dai"]),
    ('系', &["xi", "ji"]),
    ('还', &["huan", "hai"]),
    ('繁', &["fan", "po"]),
    ('折', &["zhe", "she"]),
    ('薄', &["bo", "bao"]),
];

/// Whoever has more characters is a company: its first one is no surname.
const LONGEST_PERSON: usize = 4;

/// The readings of each character that has any, in the order of the name; of each the one it is ordered by
/// comes first. The sound ü is written `v`.
pub fn of_name(name: &str) -> Vec<(char, Vec<String>)> {
    let chars: Vec<char> = name.chars().filter(|c| !c.is_whitespace()).collect();
    let is_person = chars.len() <= LONGEST_PERSON;
    let compound = COMPOUND.iter().find(|(surname, _)| is_person && chars.iter().take(2).copied().eq(surname.chars()));
    let readings = chars.iter().enumerate().filter_map(|(at, c)| {
        let mut readings = of_char(*c);
        let own = match compound {
            Some((_, syllables)) => syllables.get(at).copied(),
            None if at == 0 && is_person => SURNAMES.iter().find(|(surname, _)| surname == c).map(|(_, syllable)| *syllable),
            None => None,
        };
        if let Some(own) = own {
            readings.retain(|reading| reading != own);
            readings.insert(0, own.to_owned());
        }
        (!readings.is_empty()).then_some((*c, readings))
    });
    readings.collect()
}

fn of_char(c: char) -> Vec<String> {
    match SEVERAL.iter().find(|(several, _)| *several == c) {
        Some((_, readings)) => readings.iter().map(|reading| (*reading).to_owned()).collect(),
        None => c.to_pinyin().map(|syllable| syllable.plain().replace('ü', "v")).into_iter().collect(),
    }
}

/// As people type a syllable: lǜ as `lv`, as in most input methods, or `lu`, or `lyu`, as in passports.
pub fn spellings(syllable: &str) -> Vec<String> {
    match syllable.strip_prefix(['l', 'n']).and_then(|rest| rest.strip_prefix('v')) {
        Some(rest) => {
            let initial = &syllable[..1];
            vec![syllable.to_owned(), format!("{initial}u{rest}"), format!("{initial}yu{rest}")]
        }
        None => vec![syllable.to_owned()],
    }
}
