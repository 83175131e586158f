//! Texts of the domain itself: why a value was refused, names of kinds and states.

crate::texts! {
    required: "必填。" | "This is required.";
    too_long(max: usize): "最多 {max} 个字符。" | "At most {max} characters.";
    too_short(min: usize): "至少 {min} 个字符。" | "At least {min} characters.";
    not_a_date: "不是有效日期，请按 2026-03-01 的格式填写。" | "Not a date. Write it as 2026-03-01.";
    not_a_number: "不是数字。" | "Not a number.";
    not_money: "不是有效金额。可以写 1234.56、12.5万、3亿。" | "Not an amount. Write 1234.56, 12.5k or 3M.";
    negative: "不能为负数。" | "This cannot be negative.";
    out_of_range(min: &str, max: &str): "应在 {min} 与 {max} 之间。" | "Must be between {min} and {max}.";
    in_the_future: "日期不能晚于今天。" | "The date cannot be in the future.";
    in_the_past: "日期不能早于今天。" | "The date cannot be in the past.";
    unknown_code(value: &str): "没有代码“{value}”。请从列表中选择。" | "There is no code “{value}”. Choose one from the list.";
    bad_check_digit: "校验位不符，请核对号码。" | "The check digit does not fit. Check the number.";
    bad_format(expected: &str): "格式应为 {expected}。" | "Expected the form {expected}.";
    not_unique: "已被使用。" | "Already in use.";
    not_editable: "此项来自源系统，不能在这里修改。" | "This comes from a source system and cannot be changed here.";
    common_password: "此密码过于常见，请换一个。" | "This password is too common. Choose another.";
    same_password: "不能与最近用过的密码相同。" | "This was one of your recent passwords. Choose another.";
    password_composition: "须包含大写字母、小写字母、数字和符号。" | "Use upper and lower case letters, digits and symbols.";
    reason_picked: "从待分配认领" | "Picked from the pool";
    reason_by_rule(rule: &str): "新客户规则 {rule}" | "By rule {rule} for new customers";
    any_relation: "关系人" | "relative or partner";
    rule_related(kind: &str, who: &str): "有{kind}满足({who})" | "has a {kind} with ({who})";
    rule_contains(field: &str, value: &str): "{field} 含“{value}”" | "{field} contains “{value}”";
    rule_between(field: &str, from: &str, to: &str): "{field} 在 {from} 至 {to} 之间" | "{field} from {from} to {to}";
    rule_one_of(field: &str, values: &str): "{field} 为 {values}" | "{field} is {values}";
    rule_known(field: &str): "{field} 已知" | "{field} is known";
    rule_within(field: &str, days: u16): "{field} 在最近 {days} 天内" | "{field} in the last {days} days";
    rule_ahead(field: &str, days: u16): "{field} 在今后 {days} 天内" | "{field} in the next {days} days";
    rule_not_since(field: &str, days: u16): "{days} 天内无{field}" | "no {field} in {days} days";
    rule_average(months: u8): "近 {months} 个月日均金融资产" | "average AUM over {months} months";
    rule_holds(product: &str): "持有 {product}" | "holds {product}";
    rule_birthday: "本月生日" | "birthday this month";
    rule_birthday_ahead(ahead: u8): "{ahead} 个月后生日" | "birthday {ahead} months ahead";
}
