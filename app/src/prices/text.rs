//! Texts of the prices.

use guanhu_domain::Lang;

/// A tenor as the chart names it.
pub fn months(lang: Lang, tenor: u32) -> String {
    match (lang, tenor % 12) {
        (Lang::Zh, 0) => format!("{}年", tenor / 12),
        (Lang::Zh, _) => format!("{tenor}个月"),
        (Lang::En, 0) => format!("{}y", tenor / 12),
        (Lang::En, _) => format!("{tenor}m"),
    }
}

guanhu_domain::texts! {
    title: "内部定价与成本" | "Transfer prices and costs";
    note: "贡献度按此核算；修改后，进行中的月份随即重算，已结账的月份不变" | "What contributions are computed by. The running month follows a change; closed months stay as they are";
    stopped(month: &str, why: &str): "{month}无法核算：{why}" | "{month} could not be computed: {why}";
    books: "各月账务" | "Months";
    books_note: "已结账的月份不再变动；结账后才到的数据不在其中，重新打开后下一分钟起重新核算并结账" | "A closed month stays as it is. What came later is not in it until it is opened again: it is then computed and closed anew, within minutes";
    month: "月份" | "Month";
    state: "状态" | "State";
    open: "未结账" | "open";
    closed: "已结账" | "closed";
    computing(done: i64): "正在核算，已完成 {done}%" | "being computed, {done}% done";
    as_of: "数据截至" | "As of";
    computed_at: "核算时间" | "Computed";
    late_since(at: &str): "{at} 又到数据" | "data came {at}";
    reopen: "重新打开" | "Open again";
    reopen_of(month: &str): "重新打开：{month}" | "Open again: {month}";
    reopen_reason: "重新打开的原因" | "Why it is opened again";
    reopen_hint: "记入审计日志；利率、参数与客户所属机构按今天的取用" | "Kept in the audit log. Rates, parameters and the customers’ units are taken as they are today";
    reopened: "已重新打开，稍后重新核算" | "Opened; it is computed again shortly";
    cancel: "取消" | "Cancel";
    saved: "已保存，进行中的月份将重新核算" | "Saved; the running month will be computed again";
    curves: "资金转移定价曲线" | "Transfer price curves";
    curves_note: "自生效日起，至下一条曲线之前有效" | "Each holds from its day until the next";
    currency: "币种" | "Currency";
    no_curve: "尚无曲线" | "no curve yet";
    valid_from: "生效日" | "Valid from";
    known_curves: "已有曲线" | "Known curves";
    points: "曲线各点" | "Points of the curve";
    tenor: "期限（月）" | "Tenor (months)";
    rate: "年利率（%）" | "Per cent a year";
    add_point: "加一点" | "Add a point";
    remove_point: "去掉此点" | "Remove the point";
    save_curve: "保存曲线" | "Save the curve";
    remove_curve: "删除此日曲线" | "Remove this day's";
    paste: "从表格粘贴" | "Paste from a spreadsheet";
    paste_label: "期限与利率，每行一点" | "Tenor and rate, a point a line";
    paste_hint: "如 12 1.90、1年 1.90%；填入后核对，再保存" | "Such as 12 1.90 or 1y 1.90%; look them over, then save";
    take: "填入上表" | "Put into the table";
    no_points: "还没有一个点" | "There is no point yet";
    wrong_lines(lines: &str): "第 {lines} 行看不懂" | "Cannot read line {lines}";
    chart_title: "各期限的转移价格" | "Transfer price by tenor";
    level_beyond: "两点之间按直线，首尾之外取端点的利率" | "Straight between points, level beyond the ends";
    use_between(tenors: &str, accounts: &str): "账户在用的期限中，{tenors} 没有点（{accounts} 户），按两点之间的直线取价" | "Of the tenors in use, {tenors} have no point ({accounts} accounts) and are priced on the line between two";
    use_beyond(tenors: &str, accounts: &str): "账户在用的期限中，{tenors} 在曲线两端之外（{accounts} 户），取端点的利率；需要时请补点" | "Of the tenors in use, {tenors} lie beyond the ends of the curve ({accounts} accounts) and take the rate of the end; add points where that is not meant";
    typed: "填写中" | "As typed";
    stored(day: &str): "{day} 起" | "From {day}";
    parameters: "产品参数" | "Parameters";
    parameters_note: "类别逐项填写；产品只填与类别不同的" | "Categories say all; a product says only where it differs";
    categories: "类别" | "Category";
    products: "产品" | "Product";
    products_note: "空着的一项随类别" | "What is left open is the category's";
    day_basis: "计息天数" | "Day basis";
    behavioural: "行为期限（月）" | "Behavioural tenor (months)";
    matched: "按账户期限" | "by term";
    own_rate: "利率（%）" | "Rate (%)";
    fee_rate: "费率（%/年）" | "Fee (% a year)";
    pd: "违约概率（%）" | "PD (%)";
    lgd: "违约损失率（%）" | "LGD (%)";
    monthly_cost: "账户月成本" | "Cost a month";
    save_parameters: "保存参数" | "Save parameters";
    postings: "交易成本" | "Cost of postings";
    postings_note: "每笔按类型计；勾选的类型是本行的收费" | "Each by its kind; those marked are the bank's own fees";
    kind: "交易类型" | "Kind of posting";
    other_kinds: "其他各类" | "All other kinds";
    posting_cost: "每笔成本" | "Cost each";
    fee: "收费" | "Fee";
    is_fee: "本行收费" | "A fee of ours";
    add_kind: "加一类" | "Add a kind";
    remove_kind: "去掉此类" | "Remove the kind";
    save_postings: "保存交易成本" | "Save costs";
    no_kind: "请填交易类型" | "Say the kind";
    kind_twice: "此类已有" | "This kind is there already";
    costs(amount: &str): "每笔 {amount}" | "{amount} each";
    costs_fee(amount: &str): "每笔 {amount}，本行收费" | "{amount} each, a fee of ours";
    no_cost: "不是成本金额" | "Not a cost";
}
