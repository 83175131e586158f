//! Texts of the palette, and the names of what it does.

/// How many commands and customers fit what was typed.
pub fn count(lang: guanhu_domain::Lang, n: usize) -> String {
    match (lang, n) {
        (guanhu_domain::Lang::Zh, _) => format!("{n} 项"),
        (_, 1) => "1 result".into(),
        _ => format!("{n} results"),
    }
}

guanhu_domain::texts! {
    title: "命令" | "Commands";
    placeholder: "去哪里、做什么、找哪位客户" | "Where to go, what to do, whom to find";
    none: "没有匹配的命令或客户" | "No command or customer matches";
    close: "关闭" | "Close";
    foot_move: "移动" | "move";
    foot_run: "执行" | "run";
    foot_close: "关闭" | "close";

    recent: "常用" | "Often used";
    on_page: "本页" | "This page";
    go_to: "前往" | "Go to";
    actions: "操作" | "Actions";
    customers: "客户" | "Customers";

    my_board: "我的看板" | "My pinned charts";
    many: "批量移交" | "Move many customers";
    managers_board: "经理业绩" | "Managers' performance";
    products_board: "产品渗透" | "Product adoption";
    value_board: "客户价值" | "Customer value";
    targets: "任务指标" | "Targets";
    handover: "离岗交接" | "Handover of a leaver";
    pending: "待审批移交" | "Transfers awaiting approval";
    new_rule_group: "新建规则客户群" | "New group by rule";
    new_list_group: "新建名单客户群" | "New group from a list";
    new_import: "导入数据" | "Import data";
    unassigned: "待分配客户" | "Unassigned customers";
    pool: "认领客户" | "Customers to pick";
    quiet: "久未联系客户" | "Customers without contact";
    account: "我的账户" | "My account";
    handbook: "使用手册" | "Handbook";
    components: "组件" | "Components";

    language: "切换语言" | "Switch the language";
    light: "浅色外观" | "Light appearance";
    dark: "深色外观" | "Dark appearance";
    contrast: "高对比外观" | "High contrast";
    system_look: "外观跟随系统" | "Appearance as the system's";
    density: "紧凑或宽松" | "Compact or comfortable";
    print: "打印本页" | "Print this page";
    keys: "快捷键" | "Keys";
    tour: "导览" | "Tour";
    log_out: "退出登录" | "Log out";

    log_contact: "记录联系" | "Log a contact";
    move_selected: "移交所选客户" | "Move the selected customers";
    move_customer: "移交本客户" | "Move this customer";
    save_view: "保存视图" | "Save the filters as a view";
    group_selected: "所选客户加入客户群" | "Add the selected to a group";
    copy_selected: "复制所选客户号" | "Copy the selected numbers";
    clear_filters: "清除筛选" | "Clear the filters";
    bell: "通知" | "Notices";
    add_task: "添加待办" | "Add a task";
    add_opportunity: "新增商机" | "Add an opportunity";
    undo_move: "撤销上一次移交" | "Undo the last move";
    approve_one: "同意待审批的移交" | "Approve the transfer that waits";
    recall_one: "撤回移交申请" | "Recall the transfer";
    new_user: "新建用户" | "New user";
    try_out: "试算分层" | "Try the tiers out";
}
