//! Texts of the transfers page.

guanhu_domain::texts! {
    transfers: "移交" | "Transfers";
    title: "移交 · 管户" | "Transfers · Guanhu";
    note: "客户由谁转到谁、为什么、谁同意的；生效前可撤回，之后可回退。" | "Who handed whom to whom, why, and who agreed. Recalled before it takes effect, taken back after.";
    board: "管户看板" | "Board";
    handover: "离职交接" | "Handover";
    waiting: "等我审批" | "Waiting for me";
    nothing_waits: "没有等您审批的移交。" | "No transfer waits for you.";
    all: "全部移交" | "All transfers";
    every: "全部" | "All";
    nothing: "没有移交记录" | "No transfers";
    nothing_hint: "在看板上拖动客户，或在此换个状态查看。" | "Drag customers on the board, or look at another state.";
    earlier: "更早的移交" | "Earlier transfers";
    customers_n(n: &str): "{n} 位客户" | "{n} customers";
    to: "移交给" | "to";
    to_pool: "待分配" | "the unassigned";
    to_several(n: i32): "{n} 位客户经理" | "{n} managers";
    to_nobody: "无人（结束协办）" | "nobody (no longer assists)";
    takes_back: "回退" | "takes back";
    as_assist: "协办" | "as assistant";
    effective: "生效" | "in effect";
    decided(who: &str, at: &str): "{who} 于 {at} 处理" | "decided by {who}, {at}";
    detail: "明细" | "Details";
    approve: "同意" | "Approve";
    reject: "驳回" | "Reject";
    recall: "撤回" | "Recall";
    revert: "回退" | "Take back";
    approved: "已同意" | "Approved";
    rejected: "已驳回" | "Rejected";
    recalled: "已撤回" | "Recalled";
    reverted: "客户已回到原主办" | "The customers are back with their former leads";
    revert_asked: "回退需另一人同意，已提交审批" | "Taking it back needs a second person: it awaits approval";
    revert_title: "回退移交" | "Take the transfer back";
    reject_title: "驳回移交" | "Reject the transfer";
    reason: "原因" | "Reason";
    reason_hint: "申请人和审批人会看到。" | "Whoever asked and whoever approves will read it.";
    cancel: "取消" | "Cancel";
    customer: "客户" | "Customer";
    from: "原主办" | "From";
    aum: "金融资产" | "AUM";
    others(n: &str): "另有 {n} 位客户不在此列出（不在您的范围内，或超出显示数量）。" | "{n} more customers are not listed: out of your scope, or beyond what is shown.";
    because: "需审批：" | "Needs approval: ";
    changed: "情况已变：客户已再次移交，或此申请已处理。页面已刷新。" | "It has changed meanwhile: customers moved again, or it was decided. The page is up to date now.";
}
