guanhu_domain::texts! {
    audit: "审计" | "Audit";
    note: "谁看过、改过、导出过什么。查询本身也会留下记录。" | "Who saw, changed or exported what. Searching leaves a row of its own.";
    from: "自" | "From";
    to: "至" | "To";
    actor: "操作人" | "Who";
    subject: "对象" | "About";
    subject_hint: "客户号，或 user:li.wei" | "Customer number, or user:li.wei";
    verb: "操作" | "What";
    outcome: "结果" | "Outcome";
    every: "全部" | "Any";
    find: "查询" | "Search";
    at: "时间" | "When";
    role: "角色" | "Role";
    detail: "原因与内容" | "Reason and detail";
    address: "地址" | "Address";
    more: "内容" | "Detail";
    earlier: "更早的记录" | "Earlier rows";
    nothing: "没有符合条件的记录。" | "No row fits.";
    nothing_hint: "放宽条件再试。" | "Widen the conditions and try again.";
    done: "完成" | "Done";
    viewed: "查看" | "Viewed";
    denied: "拒绝" | "Refused";
    failed: "失败" | "Failed";
}
