//! Texts of the frame around the pages.

guanhu_domain::texts! {
    guanhu: "管户" | "Guanhu";
    customers: "客户" | "Customers";
    board: "管户看板" | "Board";
    transfers: "移交" | "Transfers";
    dashboards: "经营看板" | "Dashboards";
    administration: "管理" | "Administration";
    groups: "客户群" | "Groups";
    tiers: "客户分层" | "Tiers";
    users: "用户" | "Users";
    units: "机构" | "Units";
    staff: "员工" | "Staff";
    approvals: "审批" | "Approvals";
    audit: "审计" | "Audit";
    imports: "数据导入" | "Imports";
    newcomers: "新客户分配" | "New customers";
    prices: "内部定价" | "Prices";
    system: "系统" | "System";
    gallery: "组件" | "Components";
    account: "我的账户" | "My account";
    log_in: "登录" | "Log in";
    log_in_beside: "在新窗口登录" | "Log in in a new window";
    then_again: "内容仍在，登录后回到这里重试。" | "What you typed is still here: come back and try again.";
    log_out: "退出登录" | "Log out";
    language: "语言" | "Language";
    appearance: "外观" | "Appearance";
    navigation: "主导航" | "Main navigation";
    skip_to_content: "跳到正文" | "Skip to content";
    page_not_found: "没有这个页面" | "There is no such page";
    page_not_found_hint: "地址可能已改变，或不在您的权限内。" | "The address may have changed, or it may be outside your rights.";
    page_gone: "页面没有载入" | "The page did not load";
    page_gone_hint: "网络不通，或系统刚刚更新。请稍后重试；还没有保存的内容留在原来的页面上。" | "The network is down, or the system has just been updated. Try again in a moment; use Back for what you had not saved.";
    to_start: "回到首页" | "Back to the start";
    business_date: "数据日期" | "Business date";
    demo_bank: "演示银行" | "Demo bank";
    theme_auto: "跟随系统" | "Follow the system";
    theme_light: "浅色" | "Light";
    theme_dark: "深色" | "Dark";
    theme_contrast: "高对比" | "High contrast";
    compact: "紧凑" | "Compact";
    loading: "正在加载…" | "Loading…";
    retry: "重试" | "Try again";
    reference(reference: &str): "编号 {reference}" | "Reference {reference}";
}
