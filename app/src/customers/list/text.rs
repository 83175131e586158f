//! Texts of the customers list.

/// How many customers; `n` as it is shown.
pub fn total(lang: guanhu_domain::Lang, n: &str) -> String {
    match (lang, n) {
        (guanhu_domain::Lang::Zh, _) => format!("{n} 位客户"),
        (_, "1") => "1 customer".into(),
        _ => format!("{n} customers"),
    }
}

guanhu_domain::texts! {
    customers: "客户" | "Customers";
    title: "客户 · 管户" | "Customers · Guanhu";
    as_of(day: &str): "数据日期 {day}" | "Data as of {day}";

    search: "查找客户" | "Find a customer";
    search_placeholder: "姓名、拼音、客户号、手机号、证件号" | "Name, pinyin, number, phone, ID";
    clear_search: "清空查找" | "Clear the search";
    hint_any: "姓名可输任意两字、全拼或首字母；号码须输完整。" | "Any two characters of a name, its pinyin or initials; numbers in full.";
    hint_short: "请再输入一个字。" | "One more character, please.";
    hint_name: "按名称查找：含这些字的客户。" | "By name: customers whose name has these characters.";
    hint_letters: "按拼音、首字母或英文名查找。" | "By pinyin, initials or Latin name.";
    hint_customer_number: "按客户号精确查找。" | "Exactly this customer number.";
    hint_phone: "按手机号精确查找。" | "Exactly this phone number.";
    hint_identity: "按证件号精确查找。" | "Exactly this ID number.";
    hint_account: "按账号精确查找。" | "Exactly this account number.";
    hint_digits: "号码须输完整：客户号 12 位、手机号 11 位、证件号 18 位。" | "Numbers must be whole: customer 12 digits, phone 11, ID 18.";

    find_all: "在列表中查看全部" | "All of them in the list";
    find_in_list: "在列表中查看" | "See them in the list";
    find_none: "没有找到。查看可以怎样查" | "Nothing found. See how one can search";

    filters: "筛选" | "Filters";
    filters_n(n: usize): "筛选 {n}" | "Filters {n}";
    clear_filters: "清除筛选" | "Clear filters";
    clear_filter(field: &str): "清除“{field}”" | "Clear “{field}”";
    field_value(field: &str, value: &str): "{field}：{value}" | "{field}: {value}";
    and_more(first: &str, n: usize): "{first} 等 {n} 项" | "{first} +{n}";
    kind: "类型" | "Kind";
    tier: "分层" | "Tier";
    state: "状态" | "State";
    entered: "进入状态" | "Entered state";
    tier_move: "分层变动" | "Tier change";
    moves: "近 30 天分层变动" | "Tiers within 30 days";
    moves_n(kind: &str, n: i64): "{kind} {n}" | "{kind}: {n}";
    within_days(n: u16): "{n} 天内" | "within {n} days";
    org: "机构" | "Unit";
    manager: "客户经理" | "Manager";
    product: "持有产品" | "Holds";
    group: "客户群" | "Group";
    lacks(product: &str): "未持有 {product}" | "not {product}";
    aum: "金融资产" | "AUM";
    quiet: "未联系" | "No contact";
    pool: "待分配" | "Unassigned";
    pool_hint: "待分配客户池" | "the pool";
    at_least: "不低于" | "At least";
    at_most: "不高于" | "At most";
    from_up(amount: &str): "≥ {amount}" | "≥ {amount}";
    up_to(amount: &str): "≤ {amount}" | "≤ {amount}";
    between(least: &str, most: &str): "{least} – {most}" | "{least} – {most}";
    days_or_more(n: u16): "{n} 天以上" | "{n} days or more";
    quiet_label: "多少天没有联系（含从未联系）" | "Days without contact (never counts)";
    days: "天" | "days";
    narrow: "输入以缩小范围" | "Type to narrow";
    no_choice: "没有匹配的选项" | "Nothing matches";
    personal_tiers: "个人" | "Personal";
    corporate_tiers: "对公" | "Corporate";

    view: "视图" | "View";
    all_customers: "全部客户" | "All customers";
    changed(name: &str): "{name}（已改动）" | "{name} (changed)";
    my_views: "我的视图" | "My views";
    shared_views: "共享给我的" | "Shared with me";
    no_views: "把常用的筛选、排序和列存成视图，下次一点即到。" | "Keep filters, order and columns you use often as a view: one click next time.";
    save_as: "存为新视图…" | "Save as a new view…";
    keep_view: "存为视图" | "Save as view";
    save_changes: "保存改动" | "Save changes";
    view_name: "视图名称" | "Name of the view";
    view_name_hint: "例如：90 天未联系的金卡客户" | "For example: gold customers without contact for 90 days";
    share_view: "共享给本机构及下级" | "Share with my unit and those below";
    share_hint: "同事看到的仍是各自权限内的客户。" | "Colleagues still see only the customers within their own rights.";
    shared_by(name: &str): "{name} 共享" | "Shared by {name}";
    shared: "已共享" | "Shared";
    not_shared: "未共享" | "Not shared";
    asked: "筛选" | "Filters";
    asks(n: usize, words: &str): "{n} 项 {words}" | "{n} of them {words}";
    save: "保存" | "Save";
    cancel: "取消" | "Cancel";
    new_view: "存为新视图" | "Save as a new view";
    edit_view: "修改视图" | "Change the view";
    edit_named(name: &str): "修改“{name}”" | "Change “{name}”";
    remove_named(name: &str): "删除“{name}”" | "Delete “{name}”";
    view_saved(name: &str): "已保存视图“{name}”。" | "The view “{name}” is saved.";
    view_removed(name: &str): "已删除视图“{name}”。" | "The view “{name}” is deleted.";
    private_words: "按号码查找的内容不会存入视图。" | "A search by number is not kept in the view.";

    name: "客户" | "Customer";
    number: "客户号" | "Number";
    aum_in(unit: &str): "金融资产（{unit}）" | "AUM ({unit})";
    deposits_in(unit: &str): "存款（{unit}）" | "Deposits ({unit})";
    contribution_in(unit: &str): "本年贡献度（{unit}）" | "Contribution this year ({unit})";
    wealth_in(unit: &str): "理财（{unit}）" | "Wealth ({unit})";
    loans_in(unit: &str): "贷款（{unit}）" | "Loans ({unit})";
    trend: "较上月" | "Trend";
    trend_title: "与上月末金融资产相比" | "AUM against the end of last month";
    last_contact: "最近联系" | "Last contact";
    next_task: "最近待办" | "Next task";
    next_maturity: "下次到期" | "Next maturity";
    alerts: "预警" | "Alerts";
    completeness: "资料完整" | "Complete";
    accounts: "账户" | "Accounts";
    opened: "开户日" | "Opened";
    new_money: "新增" | "new";
    corporate_tag: "对公" | "Co.";
    never: "从未" | "never";
    today: "今天" | "today";
    yesterday: "昨天" | "yesterday";
    days_ago(n: i64): "{n} 天前" | "{n} d ago";
    months_ago(n: i64): "{n} 个月前" | "{n} mo ago";
    years_ago(n: i64): "{n} 年前" | "{n} y ago";
    overdue: "逾期" | "overdue";
    colleague: "同事的客户" | "a colleague's";
    colleague_hint: "由同网点同事管户，只显示基本信息。需要时请联系其客户经理。" | "In a colleague's charge: only the basics are shown. Ask the manager if you need more.";
    alerts_n(n: i32): "{n} 条未处理预警" | "{n} open alerts";

    found(n: &str): "找到 {n} 位" | "{n} found";
    loaded_of(n: &str, all: &str): "已载入 {n}，共 {all} 位" | "{n} of {all} loaded";
    picked(n: usize): "已选 {n} 位" | "{n} selected";
    picked_aum(amount: &str): "金融资产合计 {amount}" | "AUM together {amount}";
    move_all: "移交全部" | "Move all";
    copy_numbers: "复制客户号" | "Copy numbers";
    copied(n: usize): "已复制 {n} 个客户号。" | "{n} customer numbers are on the clipboard.";
    copy_failed: "浏览器不允许写入剪贴板，请手动复制。" | "The browser does not allow copying; please copy by hand.";
    density: "紧凑" | "Compact";
    keys: "快捷键" | "Keys";

    none_mine: "名下还没有客户" | "No customers in your charge yet";
    none_mine_text: "支行行长把客户分配给您后会出现在这里。也可以用上方的查找框查看同网点的客户由谁管户。" | "They appear here once your branch manager assigns them to you. The search above also tells who serves the other customers of your outlet.";
    none_units: "本机构还没有客户" | "No customers in your units yet";
    none_units_text: "数据导入后客户会出现在这里；如果应当已有客户，请联系系统管理员检查数据导入。" | "They appear after a feed is loaded. If there should be some already, ask an administrator to look at the imports.";
    none_found(q: &str): "没有找到“{q}”" | "Nothing found for “{q}”";
    none_found_number: "没有找到这个号码" | "This number was not found";
    none_found_text: "可以这样查：姓名中任意两个字、全拼（zhangsan）、首字母（zs）；完整的客户号、手机号、证件号或账号；企业可用简称。只显示您权限内的客户。" | "Try any two characters of the name, full pinyin (zhangsan) or initials (zs); a whole customer, phone, ID or account number; short names of companies. Only customers within your rights are shown.";
    none_filtered: "没有符合条件的客户" | "No customer meets the conditions";
    none_filtered_text: "放宽或清除筛选再试。" | "Loosen or clear the filters.";
    search_unfiltered: "不带筛选再找一次" | "Search without the filters";

    move_selected: "移交…" | "Move…";

    group_selected: "加入客户群…" | "Add to a group…";
    group_title(n: usize): "将 {n} 位客户加入名单" | "Add {n} customers to a list";
    which_group: "客户群" | "Group";
    which_group_hint: "只列出您自己的名单；规则客户群的成员由规则决定" | "Your own lists; who is in a group by rule the rule decides";
    new_group: "新建名单…" | "A new list…";
    group_name: "名单名称" | "Name of the list";
    add: "加入" | "Add";
    added(n: i64, name: &str): "已加入 {n} 位，名单“{name}”。" | "{n} were added to “{name}”.";
    added_none(name: &str): "所选客户已全部在“{name}”中。" | "All of them are in “{name}” already.";
    open_group: "查看名单" | "See the list";
}
