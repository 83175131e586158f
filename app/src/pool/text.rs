//! Texts of the pool.

guanhu_domain::texts! {
    pool: "待分配客户" | "Unassigned customers";
    title: "待分配客户 · 管户" | "Unassigned customers · Guanhu";
    note: "本机构没有主办经理的客户，等候最久的在前；认领后即由您主办。" | "Customers of your unit whom nobody leads, who has waited longest first. Whom you pick is in your charge.";
    closed: "本行未开放认领" | "Picking is not open";
    closed_hint: "由管理员在参数“认领待分配客户”中开放。" | "An administrator opens it by the parameter “Picking from the pool”.";
    left(left: &str, most: &str): "今日还可认领 {left} 位，每日至多 {most} 位。" | "You may pick {left} more today, of {most} a day.";
    nobody: "没有待分配的客户" | "Nobody waits";
    customer: "客户" | "Customer";
    kind: "类型" | "Kind";
    since: "无人主办起" | "Without a lead since";
    days: "天数" | "Days";
    pick: "认领" | "Pick";
    picked: "已认领，现由您主办" | "Picked: in your charge now";
    asked: "已提交，待批准后生效" | "Asked for: it takes effect once approved";
    from(day: &str): "您此前主办，{day} 起可认领" | "You led it lately; free from {day}";
    faster: "已被他人认领，或正在移交中。" | "Somebody was faster, or it is in a transfer.";
    further: "下一页" | "Next page";
}
