//! Texts of the handover.

guanhu_domain::texts! {
    handover: "离职交接" | "Handover";
    title: "离职交接 · 管户" | "Handover · Guanhu";
    note: "把一位客户经理的全部客户公平地分给同事，一次提交，可回退；未完成的待办随客户移交。" | "Divide everything a manager has in charge fairly among colleagues: one transfer, which can be taken back. Open tasks move along.";
    of(name: &str): "交接：{name}" | "Handover: {name}";
    choose: "谁的客户要交接？" | "Whose customers are handed over?";
    other: "换一位" | "Somebody else";
    manager: "客户经理" | "Manager";
    unit: "机构" | "Unit";
    customers: "客户" | "Customers";
    aum: "金融资产" | "AUM";
    load: "工作量" | "Workload";
    tier: "分层" | "Tier";
    no_tier: "未分层" | "No tier";
    lead: "主办客户" | "Leads";
    assist: "协办客户" | "Assists";
    tasks: "未完成待办" | "Open tasks";
    waiting: "移交待审批" | "In open transfers";
    waiting_note: "待审批的移交不在方案内，请先处理。" | "Customers in open transfers are left out: decide or recall those first.";
    nothing: "没有主办的客户，可以直接停用。" | "Leads no customers: the user can be disabled.";
    receivers: "分给谁" | "Who takes over";
    rule: "怎么分" | "How to divide";
    propose: "生成方案" | "Propose";
    again: "重新生成" | "Propose again";
    proposal: "方案" | "Proposal";
    proposal_note: "逐户可改派；上方的汇总随之变化。" | "Every customer can be given to somebody else; the sums follow.";
    before: "现有" | "Now";
    gets: "接收" | "Receives";
    after: "交接后" | "After";
    to: "移交给" | "To";
    more(n: &str): "再显示 {n} 位" | "Show {n} more";
    approval: "需另一人审批：" | "A second person must agree: ";
    reason: "原因" | "Reason";
    reason_hint: "例如：张三离职，客户由支行同事接管。" | "For example: Zhang San leaves, colleagues take over.";
    effective: "生效日期" | "Effective";
    submit: "提交交接" | "Submit the handover";
    submitted: "交接已生效。" | "The handover is in effect.";
    submitted_pending: "交接已提交审批。" | "The handover awaits approval.";
    submitted_later(day: &str): "交接将于 {day} 生效。" | "The handover takes effect on {day}.";
    changed: "有客户刚刚变更了管户，请重新生成方案。" | "Some customers have just changed hands. Propose again.";
    nobody: "没有可接收的同事。" | "No colleague can take over.";
    unknown: "没有此人，或不在您的范围内。" | "There is no such person within your scope.";
}
