//! Texts of the rules for new customers.

guanhu_domain::texts! {
    newcomers: "新客户分配" | "New customers";
    title: "新客户分配 · 管户" | "New customers · Guanhu";
    note: "数据批次带来、还没有主办的新客户，由第一条符合的规则决定归谁；都不符合的留在待分配。" | "Who gets a customer that a feed brings for the first time and that nobody leads: the first rule that fits says it. Where none fits it stays unassigned.";
    none: "还没有规则" | "No rules yet";
    none_hint: "所有新客户都留在待分配。" | "Every new customer stays unassigned.";
    rule(n: usize): "规则 {n}" | "Rule {n}";
    unit: "机构（含下级）" | "Unit and all below it";
    any_unit: "任何机构" | "Any unit";
    kind: "类型" | "Type";
    any_kind: "任何类型" | "Any type";
    tier: "分层" | "Tier";
    any_tier: "任何分层" | "Any tier";
    sharing: "归谁" | "Who gets it";
    managers: "客户经理" | "Managers";
    managers_hint: "工号，用逗号分开；留空为客户所在机构的全部客户经理。" | "Staff codes with commas between; empty: all managers of the customer’s own unit.";
    up: "上移" | "Move up";
    down: "下移" | "Move down";
    remove: "删除" | "Remove";
    add: "添加规则" | "Add a rule";
    save: "保存" | "Save";
    saved: "已保存，从下一批数据起生效" | "Saved: they hold from the next feed on";
}
