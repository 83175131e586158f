//! Pinyin of the names of commands and of the pages' own buttons. A dictionary would weigh more than the whole palette:
//! these are the characters that such names are made of, and a test compares them with the dictionary the server has.
//! A character that is missing is not typed.

/// A syllable and the characters that are read so.
const SYLLABLES: &str = "an安按案 ao澳 bai拜白败 ban办板版 bang帮榜绑 bao保包报 bei备被 ben本 bi比币必笔闭 bian变编边遍 biao标表 bie别 bin滨 bing并 bo驳 bu部不布步补 cai才菜财采 \
    can参 cang藏 cao操草 ce册侧 ceng层 cha叉差查 chai拆 chan产 chang尝常长 chao抄超 che撤 cheng程成承称 chi持池迟 chong充冲 chou抽 chu出触除处 \
    chuan传 chuang窗 ci次此词 cong从 cou凑 cun存 cuo错 da打大达 dai待代带贷 dan单担 dang当档 dao导倒到 de的得 deng登等 di低地底抵第 dian典店点电 diao掉 \
    ding定订顶 diu丢 dong动东冻 dou都 du度独读 duan断段 dui对兑队 duo多 e额 er二而 fa发法 fan范返 fang放方访 fei费 fen分份 feng封风 fou否 \
    fu复付富服浮父符覆负 gai改概盖该 gang岗刚港 gao高告稿 ge个各格隔 gei给 gen跟 geng更 gong工供公共贡 gou构 gu估固股雇 gua挂 guan管观关冠 gui规归 guo过国果 \
    hai还 han含 hang行航 hao号好 he何合核河荷 hou后 hu户护 hua话化 huai怀 huan换唤 hui回会恢汇 huo或活 ji机绩计记几即及基季激级继辑迹际集 jia价加家 \
    jian件建键减检监间 jiang将江降 jiao交教角较 jie捷接介借截揭界结节解阶 jin紧今近进金 jing经净径精警 jiu久就 ju据具句居拒距 jue决绝 jun均 ka卡 kai开 kan看 ke客可 \
    kong控空 kou口 ku库 kua跨 kuai快块 kuan宽款 kuang框 kuo扩 lai来 lan览 le了 lei类 li理离例利力历李立 lian练联链 liang量两 liao料 lie列 lin临 \
    ling令领另菱龄 liu六流留 lou漏 lu录路 lun轮 luo络 lv履率 ma码 man满 mang芒 me么 mei每没 men门 mi密 mian面眠 min民 ming名命明 mo末默 mu母目 na哪 \
    nei内 neng能 ni拟 nian年 nin您 niu钮 ou偶 pai排派 pan判 pei配 pi批匹 pin品 ping评屏 pu普 qi期企其启器弃起 qian浅前千潜签迁 qiang强 qie切 \
    qing清请青 qiu求 qu去取曲 quan全权 que确缺 qun群 ran然 re热 ren任认人 reng仍 ri日 rong容融 ru入 san三 se色 sha沙 shai筛 shan删 shang上商尚 \
    shao少稍绍 she射社设 shen审深渗申什身 sheng生剩升 shi使示视试事势十史失始实师式时是石适 shou手受售授收首 shu数术书属束疏署舒输 shua刷 shui水睡谁 shuo说 si似司四私 \
    song松 su诉 suan算 sui随岁 sun损 suo所索缩 ta他 tai台态 tan谈 ti体提题 tian添填天 tiao条调跳 tie贴 ting停庭 tong同统通 tou透头投 tu图突途 tuan团 \
    tui退推 tuo拖 wai外 wan万完晚湾 wang往望王网 wei未为位围尾微维违 wen文 wo我 wu务五无误 xi习系息析细 xia下 xian先显献现线限险 xiang享向相箱象项 xiao销小效消 \
    xie些写协 xin新信心 xing型姓形性星醒 xiu修 xu序绪续虚许需须 xuan选 xue学 xun询 ya押牙 yan演言 yang样 yao要 ye业页 yi一意移义亿以依已异易疑益议 yin印银因引隐 \
    ying营应映英 yong用永 you优右有由邮 yu语与于余逾预 yuan员元原圆源 yue月约 yun允 zai再在载 zao早 ze则择责 zen怎 zeng增 zhai摘 zhan占展站粘 zhang账张章 \
    zhao找照 zhe着者这 zheng整正证 zhi值制指知之只址志执支止直置职至致质 zhong重中种钟 zhou周州骤 zhu助主注逐 zhuan转 zhuang状装 zhun准 zi字自资 zong总踪 zou走 \
    zu组足 zuan钻 zui最 zuo作做左昨";

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
        for name in names().into_iter().chain(SYLLABLES.split_whitespace()) {
            for c in name.chars().filter(|c| c.to_pinyin_multi().is_some()) {
                // As it is typed: lv.
                let readings: Vec<String> =
                    c.to_pinyin_multi().into_iter().flatten().map(|reading| reading.plain().replace('ü', "v")).collect();
                if !syllable(c).is_some_and(|ours| readings.iter().any(|reading| reading == ours)) {
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
