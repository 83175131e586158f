//! What the log's codes are called: verbs, what a row is about, and the parts of its detail.

use guanhu_domain::Lang;
use serde_json::Value;

macro_rules! names {
    ($($(#[$meta:meta])* $of:ident { $($code:literal $zh:literal | $en:literal;)* })*) => {$(
        $(#[$meta])*
        pub fn $of(code: &str, lang: Lang) -> Option<&'static str> {
            Some(match (code, lang) {
                $(($code, Lang::Zh) => $zh, ($code, Lang::En) => $en,)*
                _ => return None,
            })
        }
    )*};
}

names! {
    /// By its code, such as `customer.reveal`.
    verb {
        "customer.list" "客户列表" | "List customers";
        "customer.view" "查看客户" | "View a customer";
        "customer.create" "新建客户" | "Create a customer";
        "customer.edit" "修改客户" | "Edit a customer";
        "customer.reveal" "查看明文" | "Reveal clear text";
        "activity.log" "记录联系" | "Log a contact";
        "opportunity.list" "查看商机" | "List opportunities";
        "opportunity.change" "变更商机" | "Change an opportunity";
        "task.change" "变更任务" | "Change a task";
        "view.save" "保存视图" | "Save a view";
        "account.own" "本人账户" | "Own account";
        "dictionary.list" "查看字典" | "Read dictionaries";
        "unit.list" "机构列表" | "List units";
        "unit.change" "变更机构" | "Change a unit";
        "user.list" "用户列表" | "List users";
        "user.create" "新建用户" | "Create a user";
        "user.change" "变更用户" | "Change a user";
        "user.approve" "审批用户" | "Decide on a user";
        "user.factor_reset" "解除动态码" | "Take off a second factor";
        "staff.list" "员工列表" | "List staff";
        "staff.change" "变更员工" | "Change staff";
        "session.begin" "登录" | "Log in";
        "session.end" "退出登录" | "Log out";
        "session.revoke" "强制退出" | "End sessions";
        "parameter.change" "变更参数" | "Change a parameter";
        "feed.import" "导入数据" | "Import data";
        "feed.view" "查看导入" | "View imports";
        "demo.generate" "生成演示数据" | "Make demo data";
        "summary.check" "核对汇总" | "Check summaries";
        "audit.search" "查询审计" | "Search the audit log";
        "audit.seal" "封存审计" | "Seal the audit log";
        "backup.take" "备份" | "Take a backup";
        "system.view" "查看系统" | "View the system";
        "transfer.list" "移交列表" | "List transfers";
        "transfer.request" "申请移交" | "Ask for a transfer";
        "transfer.decide" "审批移交" | "Decide on a transfer";
        "pool.pick" "认领待分配客户" | "Pick from the pool";
        "transfer.sign" "签署交接单" | "Sign a handover sheet";
        "share.set" "设定协办份额" | "Set shares";
        "tier.view" "查看分层" | "View tiers";
        "tier.draft" "起草分层" | "Draft tiers";
        "tier.publish" "发布分层" | "Publish tiers";
        "tier.movers" "查看分层变动名单" | "List who would change tier";
        "tier.ask" "申请人工定层" | "Ask for a tier by hand";
        "tier.answer" "审批人工定层" | "Decide on a tier by hand";
        "tier.evaluate" "试算分层" | "Try tiers out";
        "event.follow" "接收动态" | "Follow events";
        "lifecycle.view" "查看生命周期" | "View lifecycle states";
        "lifecycle.change" "变更生命周期规则" | "Change lifecycle rules";
        "group.use" "使用客户群" | "Use groups";
        "dashboard.view" "查看经营看板" | "View dashboards";
        "target.set" "设定目标" | "Set targets";
        "target.decide" "审批目标" | "Decide on targets";
        "product.text" "编辑产品话术" | "Edit a product's words";
        "contribution.close" "核算贡献度" | "Close contribution";
        "page.print" "打印页面" | "Print a page";
        "curve.change" "维护定价曲线" | "Change a price curve";
        "practice.use" "练习" | "Practise";
    }
    /// By what stands before the colon, such as `user` of `user:li.wei`.
    subject {
        "customer" "客户" | "Customer";
        "user" "用户" | "User";
        "login" "登录名" | "Login";
        "unit" "机构" | "Unit";
        "staff" "员工" | "Staff";
        "view" "视图" | "View";
        "group" "客户群" | "Group";
        "transfer" "移交" | "Transfer";
        "tier" "分层" | "Tiers";
        "dashboard" "看板" | "Dashboard";
        "manager" "客户经理" | "Manager";
        "month" "月份" | "Month";
        "curve" "曲线" | "Curve";
        "target" "目标" | "Target";
        "product" "产品" | "Product";
        "import" "导入" | "Import";
        "feed" "数据源" | "Feed";
        "profile" "映射" | "Mapping";
        "upload" "上传文件" | "Upload";
        "seal" "封存" | "Seal";
        "bank" "银行" | "Bank";
        "page" "页面" | "Page";
        "address" "网络地址" | "Address";
        "parameter" "参数" | "Parameter";
        "practice" "练习银行" | "Practice bank";
    }
    /// By its key.
    detail {
        "part" "部分" | "Part";
        "fields" "字段" | "Fields";
        "field" "字段" | "Field";
        "version" "版本" | "Version";
        "after" "新值" | "After";
        "before" "原值" | "Before";
        "state" "状态" | "State";
        "from" "原" | "From";
        "to" "改为" | "To";
        "customer_no" "客户号" | "Customer number";
        "customers" "客户" | "Customers";
        "search" "查找" | "Search";
        "filter" "筛选" | "Filter";
        "org" "机构" | "Unit";
        "role" "角色" | "Role";
        "grant" "授权" | "Grant";
        "staff" "员工号" | "Staff code";
        "asked" "申请" | "Asked for";
        "approval" "审批编号" | "Approval";
        "approved" "批准" | "Approved";
        "password" "密码" | "Password";
        "second_factor" "动态码" | "Second factor";
        "sessions" "会话数" | "Sessions";
        "revoked" "退出" | "Ended";
        "revoked_session" "退出的会话" | "Session ended";
        "recalled" "撤回" | "Taken back";
        "revision" "修订号" | "Revision";
        "removed" "删除" | "Removed";
        "rejects" "拒绝行数" | "Rejected rows";
        "published" "发布" | "Published";
        "submitted" "提交" | "Submitted";
        "reopened" "重开" | "Reopened";
        "month" "月份" | "Month";
        "limit" "上限" | "Limit";
        "left_on" "离职日期" | "Left on";
        "hired_on" "入职日期" | "Joined on";
        "kind" "类别" | "Kind";
        "is_manager" "客户经理" | "Relationship manager";
        "capacity" "容量" | "Capacity";
        "file" "文件" | "File";
        "bytes" "字节" | "Bytes";
        "effective" "生效日" | "Effective";
        "disabled" "停用" | "Disabled";
        "business_date" "数据日期" | "Business date";
        "what" "内容" | "What";
        "made" "新建" | "Made";
        "name" "名称" | "Name";
        "run" "批次" | "Run";
        "points" "节点" | "Points";
        "tier" "层级" | "Tier";
        "login" "登录名" | "Login";
        "title" "职务" | "Title";
        "parent" "上级机构" | "Parent";
        "code" "代码" | "Code";
        "count" "数量" | "Count";
        "rows" "行数" | "Rows";
        "reason" "原因" | "Reason";
        "filters" "条件" | "Conditions";
        "transfer" "移交" | "Transfer";
        "q" "检索词" | "Words";
        "practice" "练习银行" | "Practice bank";
        "targets" "指标" | "Targets";
        "indicator" "指标项" | "Indicator";
        "amount" "金额或数量" | "Amount or number";
        "currency" "币种" | "Currency";
        "difference" "与总目标之差" | "Off the whole";
        "step" "步骤" | "Step";
        "given" "同意" | "Agreed";
        "by" "由" | "By";
    }
}

/// A value of a detail in words: lists by commas, parts of parts by their names.
pub fn value(value: &Value, lang: Lang) -> String {
    let comma = if lang == Lang::Zh { "、" } else { ", " };
    match value {
        Value::Null => "—".to_owned(),
        Value::Bool(true) => if lang == Lang::Zh { "是" } else { "yes" }.to_owned(),
        Value::Bool(false) => if lang == Lang::Zh { "否" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(values) => values.iter().map(|one| self::value(one, lang)).collect::<Vec<_>>().join(comma),
        Value::Object(parts) => parts
            .iter()
            .map(|(key, part)| format!("{} {}", detail(key, lang).unwrap_or(key), self::value(part, lang)))
            .collect::<Vec<_>>()
            .join(comma),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use guanhu_domain::access::Verb;

    #[test]
    fn every_verb_has_a_name() {
        let unnamed: Vec<_> = Verb::ALL.iter().map(|verb| verb.code()).filter(|code| verb(code, Lang::Zh).is_none()).collect();
        assert!(unnamed.is_empty(), "{unnamed:?}");
    }

    #[test]
    fn a_detail_is_said_in_words() {
        let told = serde_json::json!({ "fields": ["name", "phone"], "from": { "role": "manager" }, "approved": true });
        assert_eq!(value(&told, Lang::Zh), "批准 是、字段 name、phone、原 角色 manager");
    }
}
