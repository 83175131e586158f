//! Texts of the parameters.

guanhu_domain::texts! {
    title: "参数" | "Parameters";
    note: "保存后立即生效；每次变更留有历史并记入审计" | "In force as soon as they are saved; every change is kept and audited";
    value: "值" | "Value";
    range(min: &str, max: &str): "可填 {min} 至 {max}" | "From {min} to {max}";
    money: "可输入 12.5万、1.2亿" | "You may type 125k or 3.4M";
    on: "启用" | "On";
    yes: "是" | "yes";
    no: "否" | "no";
    default_is(value: &str): "默认：{value}" | "Default: {value}";
    changed_by(who: &str): "{who} 修改于" | "Changed by {who}";
    the_system: "系统" | "the system";
    save: "保存" | "Save";
    saved: "已保存，立即生效" | "Saved and in force";
    to_default: "填入默认值" | "Put in the default";
    history(n: usize): "以前的值（{n}）" | "What it was before ({n})";
    before: "以前的值" | "What it was before";
    version: "版本" | "Version";
    by: "修改人" | "Set by";
    at: "时间" | "At";
}
