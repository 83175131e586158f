//! Pinyin of the commands' names. A dictionary would weigh more than the whole palette: these are the
//! characters that the names are made of, and a test compares them with the dictionary the server has.

/// A syllable and the characters that are read so.
const SYLLABLES: &str = "ban板办 bao保 biao标 bu部 can参 ce册 ceng层 chan产 cheng程 chu出触除 che撤 ci次 cou凑 cun存 dai待 dan单 dao导 de的 deng登 ding定 dong动 du度 dui对 duo多 \
    fen分 fu复 gang岗 gao高 ge个 gen跟 gong工 gou构 guan管观 gui规 guo过 hang行 hao号 hu户 hua话 huan换 hui回 huo或 ji机绩计记 jia价加 jian件建键 jiao交 \
    jie捷接 jin紧 jing经 jiu久 ju据 kan看 ke客 kuai快 kuan宽 li理离 liang量 lian联练 lan览 ling令领 lu录 mian面 ming名命 nei内 pei配 pi批 pin品 ping评 qi期 qian浅 qie切 \
    qing清请 qun群 ren任认 ru入 se色 shai筛 shen审深渗申 sheng生 shi使示试视 shou手 shu数术 song松 sui随 suo所 suan算 tong统同通 tou透 tian添 tu图 tui退 wai外 wei未 wo我 wu务 xi系习 \
    xin新 xiao销 shang上商 xuan选 yan言演 ye业页 yi移一意 yin印银 ying营 yong用 yu语 yuan员 ze则 zeng增 zhang账 zhi值制指知 zhong重 zhou周 zhu助 zu组 zuo作 ben本 da打 bi比";

/// What a name is read as, in full and by initials; characters that are not Chinese stand for themselves.
pub fn of(name: &str) -> (String, String) {
    let (mut full, mut initials) = (String::new(), String::new());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            full.push(c.to_ascii_lowercase());
            initials.push(c.to_ascii_lowercase());
        } else if let Some(syllable) = syllable(c) {
            full.push_str(syllable);
            initials.extend(syllable.chars().next());
        }
    }
    (full, initials)
}

fn syllable(c: char) -> Option<&'static str> {
    SYLLABLES.split_whitespace().find(|word| !c.is_ascii() && word.contains(c)).map(|word| word.trim_end_matches(|c: char| !c.is_ascii()))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use pinyin::ToPinyinMulti;

    use super::*;
    use crate::palette::commands::names;

    #[test]
    fn every_name_can_be_typed_as_the_dictionary_says() {
        let mut wrong = Vec::new();
        for name in names() {
            for c in name.chars().filter(|c| c.to_pinyin_multi().is_some()) {
                let readings: Vec<&str> = c.to_pinyin_multi().into_iter().flatten().map(|reading| reading.plain()).collect();
                if !syllable(c).is_some_and(|ours| readings.contains(&ours)) {
                    wrong.push(format!("{c} of {name}: {readings:?}, not {:?}", syllable(c)));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn a_name_is_read_in_full_and_by_initials() {
        assert_eq!(of("管户看板"), ("guanhukanban".into(), "ghkb".into()));
    }
}
