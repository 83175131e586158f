//! Texts of the customer's page.

use guanhu_domain::Lang;

/// Why a clear value is mostly wanted.
pub const QUICK_REASONS: [fn(Lang) -> &'static str; 4] = [reason_call, reason_verify, reason_request, reason_paper];

/// English tells one from many.
fn count(n: i64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

pub fn days(lang: Lang, n: i64) -> String {
    match lang {
        Lang::Zh => format!("{n} 天"),
        Lang::En => count(n, "day", "days"),
    }
}

pub fn months(lang: Lang, n: i32) -> String {
    match lang {
        Lang::Zh => format!("{n} 个月"),
        Lang::En => count(n.into(), "month", "months"),
    }
}

pub fn accounts(lang: Lang, n: usize) -> String {
    match lang {
        Lang::Zh => format!("{n} 个账户"),
        Lang::En => count(n as i64, "account", "accounts"),
    }
}

pub fn days_ago(lang: Lang, n: i64) -> String {
    match (n, lang) {
        (0, Lang::Zh) => "今天".into(),
        (0, Lang::En) => "today".into(),
        (_, Lang::Zh) => format!("{n} 天前"),
        (_, Lang::En) => format!("{} ago", days(lang, n)),
    }
}

pub fn days_left(lang: Lang, n: i64) -> String {
    match (n, lang) {
        (0, Lang::Zh) => "今天".into(),
        (0, Lang::En) => "today".into(),
        (_, Lang::Zh) => format!("还有 {n} 天"),
        (_, Lang::En) => format!("in {}", days(lang, n)),
    }
}

pub fn overdue_days(lang: Lang, n: i32) -> String {
    match lang {
        Lang::Zh => format!("逾期 {n} 天"),
        Lang::En => format!("{} overdue", days(lang, n.into())),
    }
}

guanhu_domain::texts! {
    not_found: "没有这位客户" | "There is no such customer";
    not_found_hint: "客户号可能有误，或该客户不在您的管理范围内。请核对后重试，或从客户列表中查找。" | "The number may be mistyped, or the customer is outside your scope. Check it, or look in the list of customers.";
    to_list: "客户列表" | "List of customers";
    sections: "本页内容" | "On this page";

    customer_no: "客户号" | "Customer no.";
    copy_number: "复制客户号" | "Copy the customer number";
    number_copied: "已复制客户号。" | "Customer number copied.";
    print: "打印" | "Print";
    read_only: "只读：不在您的主办或协办范围" | "Read only: not in your charge";
    state_before(state: &str): "此前：{state}" | "{state} before";
    since(day: &str): "{day} 起" | "since {day}";
    in_charge: "管户" | "In charge";
    in_pool: "待分配" | "Unassigned";
    completeness: "完整度" | "Completeness";
    complete_percent(percent: i16): "资料完整度 {percent}%" | "{percent}% complete";
    missing: "缺少" | "missing";
    and_more(n: usize): "等 {n} 项" | "{n} more";
    aum: "金融资产" | "AUM";
    aum_in(currency: &str): "金融资产（{currency}）" | "AUM ({currency})";
    deposits: "存款" | "Deposits";
    wealth: "理财与保险" | "Wealth and insurance";
    loans: "贷款" | "Loans";
    contribution: "本年贡献度" | "Contribution this year";
    contributions: "贡献度" | "Contribution";
    contributions_note: "按月，打开看各账户与算式" | "By month; open for accounts and their formula";
    kin_household: "家庭贡献度" | "Household";
    kin_group: "集团贡献度" | "Group of companies";
    kin_member: "成员" | "Member";
    kin_year: "本年贡献度" | "Contribution this year";
    kin_sum: "合计" | "Total";
    kin_cut(n: i64): "成员很多，只追到前 {n} 位，其余未计入" | "There are many members: {n} were followed, others are not in the sum";
    kin_hidden(n: i64): "另有 {n} 位成员不在您的范围内，未计入" | "{n} more are beyond your scope and not in the sum";
    no_contribution: "还没有核算过贡献度" | "No contribution has been computed yet";
    no_contribution_hint: "本月账目核算之后，这里按账户列出每一项是怎样算出来的。" | "Once the month's books are computed, this shows how every line of every account came about.";
    month_running: "进行中" | "running";
    month_account: "月份、账户" | "Month, account";
    spread: "利差" | "Spread";
    fees_line: "手续费" | "Fees";
    expected_loss: "预期损失" | "Expected loss";
    service_cost: "服务成本" | "Cost to serve";
    contribution_sum: "贡献度" | "Contribution";
    ftp: "FTP" | "FTP";
    paid: "付息" | "paid";
    earned: "收息" | "earned";
    charged: "收费" | "charged";
    overdrawn: "该月日均余额为负（透支）：按负存款计价，利差因此为负；透支利息请以手续费或贷款户入账。" | "Overdrawn on average in this month: priced as a deposit below zero, so its spread turns over. Overdraft interest counts where it is posted as a fee or on a loan account.";
    overpaid: "该月日均余额为负（多还款）：没有可损失的金额，预期损失计为零。" | "Overpaid on average in this month: there is nothing to lose, so the expected loss is zero.";
    earlier_months: "更早的月份" | "Earlier months";
    cost_parts(kept: &str, postings: i32, posted: &str): "账户月成本 {kept} + {postings} 笔交易 {posted}" | "{kept} for keeping the account + {posted} for {postings} postings";
    between_points(below: u32, above: u32): "曲线没有这个期限的点，取 {below} 与 {above} 个月两点之间直线上的利率" | "The curve has no point of this tenor: its rate is on the straight line from {below} to {above} months";
    beyond_points(last: u32): "曲线只到 {last} 个月，取那一点的利率" | "The curve ends at {last} months, whose rate is taken";
    before_points(first: u32): "曲线从 {first} 个月起，取那一点的利率" | "The curve begins at {first} months, whose rate is taken";
    before_curves(day: &str): "当天还没有曲线，按首条曲线（{day} 起）" | "There was no curve on that day yet: the first one is taken, which holds from {day}";
    priced_by(tenor: i32, day: &str): "FTP 为 {tenor} 个月期限，按 {day} 的曲线（没有当天的，取此前最近一条）" | "FTP of {tenor} months, by the curve of {day} (the last one before, where that day has none)";
    cost_of: "账户月成本与各笔交易成本" | "the account's monthly cost and that of its postings";
    what_if: "试算：换个利率或余额" | "What if: another rate or balance";
    what_if_new: "试算：新增一笔存款、贷款或理财" | "What if: a new deposit, loan or wealth product";
    offer_product: "产品" | "Product";
    offer_term: "期限（月）" | "Term (months)";
    no_offers: "没有可选的产品" | "There is no product to choose";
    no_curve: "本位币还没有内部定价曲线" | "There is no transfer-price curve in the base currency yet";
    would_bring_a_year(sum: &str, spread: &str, fees: &str, loss: &str, cost: &str): "一年贡献度约 {sum}：利差 {spread} + 手续费 {fees} − 预期损失 {loss} − 账户成本 {cost}（不含各笔交易成本）" | "About {sum} a year: spread {spread} + fees {fees} − expected loss {loss} − keeping the account {cost} (before postings)";
    rate_percent: "利率（%）" | "Rate (%)";
    average_balance_in(currency: &str): "日均余额（{currency}）" | "Average balance ({currency})";
    as_it_was: "还原" | "As it was";
    would_bring(now: &str, change: &str): "贡献度为 {now}（{change}）" | "Contribution {now} ({change})";
    not_computable: "请填数字" | "Enter figures";
    no_month_closed: "本年尚未结账" | "No month has been closed yet";
    last_contact: "最近联系" | "Last contact";
    never: "从未" | "Never";
    against_month_end: "较上月末" | "against the end of last month";
    trend_label(n: usize): "近 {n} 个月金融资产走势" | "AUM over {n} months";
    alerts: "预警" | "Alerts";

    holdings: "持有产品" | "Holdings";
    as_of(day: &str): "截至 {day}" | "as of {day}";
    no_holdings: "还没有持有任何产品" | "No holdings yet";
    no_holdings_hint: "开户或购买产品后，下一个数据日期会出现在这里。" | "Accounts and products appear here on the business date after they are opened or bought.";
    show_closed(n: usize): "显示已销户 {n} 个" | "Show {n} closed";
    hide_closed: "隐藏已销户" | "Hide closed";
    product_account: "产品与账户" | "Product and account";
    rate: "利率" | "Rate";
    opened: "开立" | "Opened";
    matures: "到期" | "Matures";
    balance_in(currency: &str): "余额（{currency}）" | "Balance ({currency})";
    its_transactions: "流水" | "Transactions";
    closed_on(day: &str): "{day} 销户" | "closed {day}";
    owned_by: "户主" | "Owned by";
    used_by: "授权使用" | "Also used by";
    under_contract(no: &str): "合同 {no}" | "contract {no}";
    limit(amount: &str): "额度 {amount}" | "limit {amount}";
    principal(amount: &str): "本金 {amount}" | "principal {amount}";
    monthly_payment(amount: &str): "月供 {amount}" | "{amount} a month";
    premium(amount: &str): "每期 {amount}" | "{amount} per instalment";
    contracts: "合同与借据" | "Contracts and due bills";
    contract_bill: "合同 / 借据" | "Contract / due bill";
    contract: "合同" | "Contract";
    signed: "签订" | "Signed";
    expires: "到期" | "Expires";
    amount: "金额" | "Amount";
    outstanding: "余额" | "Outstanding";
    guarantees: "担保" | "Guarantees";
    guarantee: "担保方式" | "Guarantee";
    guarantor: "担保人" | "Guarantor";
    cards: "银行卡" | "Cards";
    card: "卡号" | "Card";
    kind: "种类" | "Kind";
    of_account: "账户" | "Account";
    issued: "发卡" | "Issued";
    status: "状态" | "Status";
    standing_orders: "定期转账" | "Standing orders";
    purpose: "用途" | "Purpose";
    payee: "收款方" | "Payee";

    balances: "余额走势" | "Balances";
    month_ends: "月末余额" | "At month ends";
    average_aum: "月日均" | "Daily average";
    range: "期间" | "Range";
    no_balances: "还没有可以画出的余额" | "Not enough balances to draw";
    no_balances_hint: "有两个月的月末余额后，这里会画出走势。" | "With two month ends there will be a line here.";

    transactions: "交易流水" | "Transactions";
    filter_transactions: "筛选交易" | "Filter transactions";
    from: "自" | "From";
    to: "至" | "To";
    last_month: "近一月" | "Month";
    last_quarter: "近三月" | "3 months";
    last_year: "近一年" | "Year";
    account: "账户" | "Account";
    all_accounts: "全部账户" | "All accounts";
    direction: "方向" | "Direction";
    both_directions: "收入与支出" | "In and out";
    money_in: "收入" | "In";
    money_out: "支出" | "Out";
    least: "最低金额" | "At least";
    words_of_transaction: "摘要、对方" | "Words, other party";
    clear_filters: "清除条件" | "Clear";
    what_for: "摘要" | "What for";
    balance_after: "交易后余额" | "Balance after";
    no_match: "没有符合条件的交易" | "No transaction matches";
    no_match_hint: "放宽日期或金额，或清除条件。" | "Widen the dates or the amount, or clear the conditions.";
    no_transactions: "没有交易" | "No transactions";
    no_transactions_hint: "有记账后会出现在这里，最近的在前。" | "What is booked appears here, newest first.";
    load_more: "载入更多" | "Load more";
    all_shown(n: usize): "共 {n} 笔，已全部显示" | "{n} in all, none left";

    timeline: "往来时间线" | "Timeline";
    year(year: i32): "{year} 年" | "{year}";
    filter_timeline: "筛选时间线" | "Filter the timeline";
    kind_all: "全部" | "All";
    kind_activity: "联系" | "Contacts";
    kind_task: "待办" | "Tasks";
    kind_assignment: "管户" | "Charge";
    kind_tier: "分层" | "Tier";
    kind_field: "资料变更" | "Changes";
    kind_account: "账户" | "Accounts";
    kind_complaint: "投诉" | "Complaints";
    logged_before: "先前的一次保存其实已成功，已在时间线中；此后的改动还没有记下。再按保存会另记一条。" | "An earlier save did succeed and stands in the timeline; what was changed since is not saved. Saving again logs another contact.";
    kind_alert: "预警" | "Alerts";
    kind_opportunity: "商机" | "Opportunities";
    kind_state: "生命周期" | "Lifecycle";
    alert_raised(kind: &str): "预警：{kind}" | "Alert: {kind}";
    alert_over(day: &str): "{day} 解除" | "over on {day}";
    opportunity_won(title: &str): "商机成交：{title}" | "Opportunity won: {title}";
    opportunity_lost(title: &str): "商机失败：{title}" | "Opportunity lost: {title}";
    state_entered(state: &str): "进入{state}" | "Became {state}";
    customer_since(day: &str): "{day} 成为客户" | "customer since {day}";
    customer_until(day: &str): "{day} 已销户" | "closed on {day}";
    consents: "可用于营销" | "may be used for marketing";
    consents_not: "不可用于营销" | "not for marketing";
    no_timeline: "还没有往来" | "Nothing has happened yet";
    no_timeline_hint: "按 C 记录第一次联系。" | "Press C to log the first contact.";
    none_of_kind: "没有这一类记录。" | "Nothing of this kind.";
    outcome_was(words: &str): "结果：{words}" | "Outcome: {words}";
    next_was(words: &str): "下一步：{words}" | "Next: {words}";
    next_was_on(words: &str, day: &str): "下一步：{words}（{day}）" | "Next: {words} ({day})";
    charge_begun(who: &str, role: &str): "{who} 开始{role}" | "{who} took charge ({role})";
    charge_ended(who: &str, role: &str): "{who} 结束{role}" | "{who} left charge ({role})";
    change_charge: "份额与协办" | "Shares and assistants";
    move_on: "移交…" | "Move…";
    shares_note: "自今日起每天的业绩按份额分配；协办合计不超过 99%，其余归主办。" | "From today on the contribution of each day is divided by these shares: 99 % at most for the assistants together, the rest for the lead.";
    share_percent: "份额（%）" | "Share (%)";
    share_of(who: &str): "{who} 的份额" | "Share of {who}";
    assistant_share_hint: "0 至 99" | "0 to 99";
    ends: "结束协办" | "Ends";
    stops: "不再协办" | "No longer assists";
    shares_set: "份额已更新" | "Shares are set";
    charge_reason: "原因" | "Reason";
    charge_changed: "协办人刚刚有变化，请核对后再保存。" | "Who assists has just changed: look again, then save.";
    add_assistant: "增加协办人" | "Add an assistant";
    assistant: "协办人" | "Assistant";
    add_one: "增加" | "Add";
    assistant_added: "已增加协办人" | "The assistant is added";
    assistant_asked: "已提交审批" | "It awaits approval";
    shares_changed: "调整份额" | "Shares changed";
    share_ended: "不再协办" | "no longer assists";
    charge_created: "录入该客户" | "Entered the customer";
    charge_note(note: &str): "交接说明：{note}" | "To the new lead: {note}";
    tier_up(name: &str): "升至 {name}" | "Up to {name}";
    tier_down(name: &str): "降至 {name}" | "Down to {name}";
    tier_lost(name: &str): "不再是{name}" | "No longer {name}";
    tier_by_version(version: i64): "按分层规则第 {version} 版" | "By version {version} of the tier rules";
    tier_by_hand: "人工指定" | "Given by hand";
    tier_by_hand_for(why: &str, until: &str): "人工指定至 {until}：{why}" | "Given by hand until {until}: {why}";
    tier_is(name: &str): "分层为 {name}" | "Tier {name}";
    changed(what: &str): "{what}变更" | "{what} changed";
    complained(what: &str): "投诉：{what}" | "Complaint: {what}";
    by_channel(channel: &str, state: &str): "{channel} · {state}" | "{channel} · {state}";
    answer_by(day: &str): "应于 {day} 前答复" | "To be answered by {day}";
    resolved_on(day: &str): "{day} 办结" | "resolved on {day}";
    task_dropped(what: &str): "取消待办：{what}" | "Dropped: {what}";
    task_done(what: &str): "完成待办：{what}" | "Done: {what}";
    account_opened(category: &str, what: &str): "开立{category}：{what}" | "{category} opened: {what}";
    account_closed(category: &str, what: &str): "{category}销户：{what}" | "{category} closed: {what}";
    nothing: "空" | "nothing";
    comma: "，" | ", ";

    alert_outflow: "大额转出" | "Large outflow";
    alert_movement: "大额变动" | "Large movement";
    alert_maturity: "即将到期" | "Maturing soon";
    alert_dormancy: "长期不动" | "Dormant";
    alert_leaving: "流失迹象" | "May be leaving";
    alert_overdue: "贷款逾期" | "Overdue";
    alert_guarantee: "担保链风险" | "Guarantee chain";
    alert_document: "证件到期" | "Paper expired";
    alert_birthday: "生日" | "Birthday";
    evidence_amount: "金额" | "amount";
    evidence_balance: "余额" | "balance";
    evidence_now: "现为" | "now";
    evidence_before: "此前" | "before";
    evidence_days: "持续" | "for";
    evidence_on: "日期" | "on";
    evidence_last: "最近一次" | "last on";
    evidence_product: "产品" | "product";
    evidence_account: "账户" | "account";
    evidence_percent: "变动" | "by";

    relations: "关系" | "Relations";
    no_relations: "没有已知的关系" | "No known relations";
    no_relations_hint: "家庭成员、股东、担保人等会显示在这里。" | "Family, shareholders and guarantors appear here.";
    steps: "层级" | "Steps";
    one_step: "一层" | "One step";
    two_steps: "两层" | "Two steps";
    shown_as: "显示方式" | "Shown as";
    as_graph: "关系图" | "Graph";
    as_list: "列表" | "List";
    left_out(n: usize): "另有 {n} 方，在列表中查看" | "{n} more in the list";
    out_of_scope: "不在您的范围" | "Outside your scope";
    is_of(who: &str, what: &str): "{who}：{what}" | "{who}: {what}";
    party: "关系方" | "Party";
    relation: "关系" | "Relation";
    through: "经由" | "Through";
    share: "比例" | "Share";

    tasks: "待办" | "Tasks";
    no_tasks: "没有待办。可在此添加，或在记录联系时约定下一步。" | "Nothing to do. Add a task here, or agree a next step when a contact is logged.";
    overdue_since(day: &str): "逾期 {day}" | "overdue since {day}";
    due_today: "今天到期" | "due today";
    new_task: "新待办" | "New task";
    task_what: "做什么" | "What";
    task_added(what: &str): "已添加待办：{what}" | "Task added: {what}";
    drop_named(what: &str): "取消：{what}" | "Drop: {what}";
    complete_named(what: &str): "完成：{what}" | "Complete: {what}";

    contacts: "联系方式与证件" | "Contacts and papers";
    no_contacts: "没有联系方式" | "No contacts";
    no_contacts_hint: "请核实客户的手机与证件。" | "Ask the customer for a mobile number and a paper.";
    add: "添加" | "Add";
    add_contact: "添加联系方式或证件" | "Add a contact or a paper";
    added(what: &str): "已添加{what}。" | "{what} added.";
    value: "内容" | "Value";
    make_primary: "设为首选" | "Make it the preferred one";
    primary: "首选" | "preferred";
    verified: "已核实" | "Verified";
    expired_on(day: &str): "{day} 已过期" | "expired {day}";
    valid_to(day: &str): "有效至 {day}" | "valid to {day}";
    expiry_of(paper: &str): "{paper}有效期" | "Expiry of {paper}";
    change_named(what: &str): "修改：{what}" | "Change: {what}";
    change_contact: "修改联系方式或证件" | "Change a contact or a paper";
    keep_value(shown: &str): "留空则保持 {shown}" | "Leave empty to keep {shown}";
    remove: "删除" | "Remove";
    remove_surely: "确认删除" | "Remove for good";
    contact_changed(what: &str): "已修改{what}。" | "{what} changed.";
    contact_removed(what: &str): "已删除{what}。" | "{what} removed.";
    source_keys: "源系统编号" | "Keys of source systems";

    reveal: "显示" | "Show";
    hide: "隐藏" | "Hide";
    reveal_title: "显示完整信息" | "Show the clear value";
    reveal_hint(seconds: u64): "请说明原因。原因与时间会记入审计日志；内容显示 {seconds} 秒后自动隐藏。" | "Say why. The reason and the time go into the audit log; the value hides again after {seconds} seconds.";
    revealed(seconds: u64, left: i64): "已显示 {seconds} 秒，今日还可显示 {left} 次。" | "Shown for {seconds} seconds; {left} more today.";
    reason: "原因" | "Reason";
    quick_reasons: "常用原因" | "Common reasons";
    reason_call: "致电客户联系业务" | "To call the customer";
    reason_verify: "核实客户身份信息" | "To verify the identity";
    reason_request: "应客户本人要求" | "At the customer's request";
    reason_paper: "填写业务申请资料" | "To fill in an application";
    a_contact: "联系方式" | "Contact";
    an_identity: "证件" | "Paper";
    an_account: "账号" | "Account";
    a_card: "卡号" | "Card";

    profile: "基本资料" | "Profile";
    profile_hint: "点击或按 F2 修改，Enter 保存，Esc 取消。停留可看来源。" | "Click or press F2 to edit, Enter saves, Esc cancels. Rest on a value to see its source.";
    profile_read_only: "停留在某项上可看来源与数据日期。" | "Rest on a value to see its source and business date.";
    source_on(system: &str, day: &str): "来源：{system} · {day}" | "From {system} · {day}";
    source_of(system: &str): "来源：{system}" | "From {system}";
    worked_out(day: &str): "管户按 {day} 的账户计算" | "Worked out by Guanhu from the accounts of {day}";
    tier_from(day: &str): "管户分层评定 · {day}" | "Tier evaluated by Guanhu · {day}";
    contribution_from(day: &str): "管户按本年已核算的月份计算 · {day}" | "Worked out by Guanhu from the months of this year · {day}";
    raised_on(day: &str): "来源：管户按数据提示 · {day}" | "Raised by Guanhu from the figures of {day}";
    task_made_by(who: &str, day: &str): "来源：{who} 添加 · {day}" | "Added by {who} on {day}";
    task_made_on(day: &str): "来源：管户 · {day}" | "Added on {day}";
    contact_from: "来源：往来记录" | "From the contacts logged";
    no_source: "尚无来源" | "No source yet";
    wanted: "待补充" | "To be filled in";
    unsaved: "未保存" | "not saved";
    field_put_back(name: &str): "{name}已恢复原值。" | "{name} is as it was.";
    field_changed_since(name: &str): "{name}此后又有修改，未撤销。请在客户页查看。" | "{name} was changed again since, so nothing was undone. See the customer's page.";
    field_saved(name: &str): "已保存{name}。" | "{name} saved.";
    characters(n: usize, max: usize): "{n} / {max} 字 · Ctrl+Enter 保存" | "{n} / {max} · Ctrl+Enter saves";
    save: "保存" | "Save";
    cancel: "取消" | "Cancel";

    conflict_title: "他人已先修改" | "Somebody else changed this first";
    conflict_hint: "请逐项选择保留哪一个。您填写的内容没有丢失。" | "Choose for each field which to keep. What you typed is not lost.";
    field: "字段" | "Field";
    before: "原值" | "Before";
    theirs: "他人的修改" | "Theirs";
    mine: "您的修改" | "Yours";
    not_touched: "未修改" | "not changed by you";
    take_theirs: "全部采用他人的" | "Take theirs";
    save_choice: "按选择保存" | "Save my choice";
    entry_conflict_hint: "您填写的内容没有丢失：可以改动后按选择保存，也可以采用他人的。" | "What you typed is not lost: save it as your choice, changed or not, or take theirs.";
    gone_meanwhile: "已删除" | "Removed";
    merged: "已按您的选择保存。" | "Saved as you chose.";

    log_contact: "记录联系" | "Log a contact";
    kept_while_typing: "边写边存" | "Kept while you type";
    draft_restored: "已恢复上次未保存的内容。" | "What you had not saved is back.";
    discard: "清空" | "Discard";
    summary: "说了什么" | "What was said";
    summary_hint: "一两句话即可。" | "A sentence or two will do.";
    outcome: "结果" | "Outcome";
    next_step: "下一步" | "Next step";
    next_step_hint: "填写后会成为您的待办。" | "Becomes a task of yours.";
    next_on: "何时" | "When";
    happened: "何时发生" | "When it was";
    happened_hint: "不填即为现在。" | "Left empty: just now.";
    happened_day: "日期" | "Day";
    happened_time: "时间" | "Time";
    just_now: "刚才" | "Just now";
    yesterday: "昨天" | "Yesterday";
    quick_days: "常用日期" | "Common days";
    tomorrow: "明天" | "Tomorrow";
    next_week: "下周" | "Next week";
    next_month: "下月" | "Next month";
    contact_logged(kind: &str): "已记录{kind}联系。" | "{kind} logged.";

    documents: "资料文件" | "Documents";
    no_documents: "没有收存的资料。" | "No documents on file.";
    received_on(day: &str): "{day} 收" | "received {day}";
}
