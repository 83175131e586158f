//! What the demo bank sells.

pub struct Offer {
    pub code: &'static str,
    pub name: &'static str,
    pub name_en: &'static str,
    pub category: &'static str,
    /// Empty: both kinds of customer.
    pub of: &'static str,
    /// Empty: any.
    pub currency: &'static str,
    /// 0: none.
    pub risk: i16,
    /// Per cent a year; what a loan costs.
    pub rate: f64,
    /// 0: no term.
    pub months: u32,
    pub script: &'static str,
}

const fn offer(
    code: &'static str,
    names: (&'static str, &'static str),
    category: &'static str,
    of: &'static str,
    currency: &'static str,
    figures: (i16, f64, u32),
    script: &'static str,
) -> Offer {
    let (risk, rate, months) = figures;
    Offer { code, name: names.0, name_en: names.1, category, of, currency, risk, rate, months, script }
}

pub const SHELF: &[Offer] = &[
    offer(
        "CUR-CNY",
        ("活期存款", "Current account"),
        "current",
        "personal",
        "CNY",
        (0, 0.1, 0),
        "日常收支放活期，多出三个月开支的部分可以转成定期或现金管理。",
    ),
    offer(
        "CUR-CORP",
        ("单位活期存款", "Corporate current account"),
        "current",
        "corporate",
        "CNY",
        (0, 0.1, 0),
        "基本户集中结算，可免对公转账手续费。",
    ),
    offer(
        "CUR-FX",
        ("外币活期存款", "Foreign currency account"),
        "current",
        "",
        "",
        (0, 0.05, 0),
        "有出境、留学或收汇需要的客户。没有外币需求的客户请勿推荐。",
    ),
    offer("TD-3M", ("定期存款三个月", "Term deposit, 3 months"), "term", "", "CNY", (0, 0.9, 3), "短期不用的资金，到期自动转存。"),
    offer("TD-6M", ("定期存款六个月", "Term deposit, 6 months"), "term", "", "CNY", (0, 1.1, 6), "半年内有用款计划的客户。"),
    offer(
        "TD-1Y",
        ("定期存款一年", "Term deposit, 1 year"),
        "term",
        "",
        "CNY",
        (0, 1.35, 12),
        "稳健型客户的首选，提前支取按活期计息，请说明。",
    ),
    offer("TD-3Y", ("定期存款三年", "Term deposit, 3 years"), "term", "personal", "CNY", (0, 1.75, 36), "子女教育、养老等长期目标。"),
    offer(
        "TD-USD-1Y",
        ("美元定期存款一年", "US dollar term deposit, 1 year"),
        "term",
        "",
        "USD",
        (0, 3.1, 12),
        "已有美元的客户。先看是否持有美元，再介绍。",
    ),
    offer("LN-MTG", ("个人住房贷款", "Home mortgage"), "loan", "personal", "CNY", (0, 3.6, 0), "先算月供占收入比，不超过一半。"),
    offer(
        "LN-CONS",
        ("个人消费贷款", "Consumer loan"),
        "loan",
        "personal",
        "CNY",
        (0, 4.8, 0),
        "装修、购车、教育等真实用途，资金不得流入楼市股市。",
    ),
    offer("LN-BIZ", ("个人经营贷款", "Small business loan"), "loan", "personal", "CNY", (0, 4.3, 12), "个体工商户与小微企业主，随借随还。"),
    offer(
        "LN-CORP",
        ("流动资金贷款", "Working capital loan"),
        "loan",
        "corporate",
        "CNY",
        (0, 4.1, 12),
        "看订单与回款周期，匹配借款期限。",
    ),
    offer("DC-STD", ("借记卡", "Debit card"), "card", "personal", "CNY", (0, 0.0, 0), "开户即发卡，手机支付绑定有礼。"),
    offer("CC-STD", ("信用卡", "Credit card"), "card", "personal", "CNY", (0, 0.0, 0), "每年刷满六次免年费；提醒客户按时还款。"),
    offer("WM-CASH", ("日日盈现金管理", "Daily cash management"), "wealth", "personal", "CNY", (1, 1.7, 0), "随时赎回，替代活期。"),
    offer("WM-STEADY", ("稳健增利", "Steady income"), "wealth", "personal", "CNY", (2, 2.6, 0), "净值会小幅波动，持有半年以上体验更好。"),
    offer(
        "WM-180D",
        ("稳盈一百八十天", "Steady income, 180 days"),
        "wealth",
        "personal",
        "CNY",
        (2, 2.9, 6),
        "封闭半年，到期自动开放，确认客户这笔钱半年不用。",
    ),
    offer("WM-GROWTH", ("进取优选", "Growth selection"), "wealth", "personal", "CNY", (3, 3.4, 0), "含权益资产，只向平衡型以上客户介绍。"),
    offer("WM-CORP", ("对公周周利", "Corporate weekly"), "wealth", "corporate", "CNY", (2, 2.2, 0), "企业闲置资金按周开放。"),
    offer("FD-BOND", ("安心债券基金", "Bond fund"), "fund", "personal", "CNY", (2, 0.0, 0), "债券为主，波动小于股票基金。"),
    offer("FD-MIXED", ("均衡混合基金", "Balanced fund"), "fund", "personal", "CNY", (3, 0.0, 0), "建议定投，三年以上。"),
    offer("FD-INDEX", ("宽基指数基金", "Index fund"), "fund", "personal", "CNY", (4, 0.0, 0), "跟随大盘，讲清可能的亏损幅度。"),
    offer(
        "IN-ANNUITY",
        ("长青年金保险", "Annuity"),
        "insurance",
        "personal",
        "CNY",
        (1, 0.0, 0),
        "按年交费，退休后领取；犹豫期可退，请当面说明。",
    ),
    offer("IN-LIFE", ("传家增额终身寿", "Whole life insurance"), "insurance", "personal", "CNY", (1, 0.0, 0), "财富传承与指定受益人。"),
];
