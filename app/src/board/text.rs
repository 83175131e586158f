//! Texts of the board.

guanhu_domain::texts! {
    board: "管户看板" | "Board";
    title: "管户看板 · 管户" | "Board · Guanhu";
    note: "拖动客户即可改派；权限随之生效，可撤销。" | "Drag customers to reassign them. Rights follow at once, and it can be undone.";
    note_read: "谁负责哪些客户，实时更新。" | "Who is in charge of whom, as it changes.";
    note_own: "您负责的客户，可拖给同事申请移交。" | "Your customers. Drag them to a colleague to ask for a transfer.";
    transfers: "移交记录" | "Transfers";
    handover: "离职交接" | "Handover";
    pool_of_unit: "待分配客户" | "Unassigned";
    unit: "机构" | "Unit";
    sort: "排序" | "Order";
    pool: "待分配" | "Unassigned";
    pool_hint: "没有主办的客户" | "Customers without a lead";
    customers: "客户" | "Customers";
    aum: "金融资产" | "AUM";
    contribution: "贡献" | "Contribution";
    load: "工作量" | "Workload";
    load_of(load: &str, capacity: &str): "{load} / {capacity}" | "{load} / {capacity}";
    load_title: "客户分层权重之和 / 可承担的上限" | "Sum of tier weights / what the manager can serve";
    matching(n: &str, all: &str): "{n} / {all}" | "{n} / {all}";
    no_tier: "未分层" | "No tier";
    closed: "已离职" | "Has left";
    collapse(name: &str): "收起 {name}" | "Fold {name}";
    unfold(name: &str): "展开 {name}" | "Unfold {name}";
    column_of(name: &str, n: &str): "{name} 的客户，{n} 位" | "Customers of {name}, {n}";
    not_yours: "同事的客户不在您的查看范围内。" | "A colleague's customers are not yours to see.";
    drop_here: "拖到这里，申请移交" | "Drop here to ask for a transfer";
    nobody: "没有客户" | "No customers";
    nobody_matching: "没有符合筛选条件的客户" | "No customer matches the filters";
    never: "从未联系" | "never contacted";
    pooled(days: &str): "待分配 {days} 天" | "unassigned {days} d";
    alerts(n: i32): "{n} 条预警" | "{n} alerts";
    waits: "移交待审批" | "transfer waits";
    corporate: "对公" | "Corporate";

    picked(n: &str): "已选 {n} 位" | "{n} selected";
    picked_aum(amount: &str): "合计 {amount}" | "{amount} together";
    move_to: "移交给…" | "Move to…";
    open: "打开" | "Open";
    clear: "取消选择" | "Clear";
    pick_all: "选择整列" | "Whole column";

    same_column: "松开则不变" | "Stays here";
    may_drop: "可放入" | "May be dropped";
    needs: "需审批" | "Needs approval";
    reason_closed: "已离职，不能接收客户" | "Has left and cannot be given customers";
    reason_waits: "所选客户的移交尚待审批" | "A transfer of the selected customers waits for approval";
    reason_read: "您只能查看" | "You may only look";

    picked_up(n: &str, from: &str): "已拿起 {n}，来自 {from}。左右方向键选择去向，空格放下，Esc 取消。" | "Picked up {n} from {from}. Left and right arrows choose where to, Space drops, Escape cancels.";
    over(name: &str, verdict: &str): "{name}：{verdict}" | "{name}: {verdict}";
    put_back: "已放回原处。" | "Put back.";
    customers_n(n: &str): "{n} 位客户" | "{n} customers";
    moved(who: &str, to: &str): "{who}已移交给 {to}" | "{who} moved to {to}";
    to_pool(who: &str): "{who}已放回待分配" | "{who} moved to the unassigned";
    asked_for(who: &str): "{who}的移交已提交审批" | "The transfer of {who} awaits approval";
    columns: "列" | "Columns";
    columns_note: "勾选要显示的列，按想要的次序排列；为您保留。" | "Tick the columns to show and put them in order. It is kept for you.";
    columns_save: "应用" | "Apply";
    place_before(name: &str): "{name} 往前" | "{name} further to the front";
    place_after(name: &str): "{name} 往后" | "{name} further to the back";
    begun(who: &str): "{who}的移交已开始，将逐批生效" | "The transfer of {who} has begun: they move batch by batch";
    scheduled(who: &str, day: &str): "{who}将于 {day} 移交" | "{who} will move on {day}";
    undone(who: &str): "{who}已回到原处" | "{who} moved back";
    undo_reason: "撤销看板调整" | "Undone on the board";
    undo_asked(who: &str): "{who}的回退已提交审批" | "Taking {who} back awaits approval";
    count_changed(n: &str): "符合条件的客户现有 {n} 位，与所示不同，未作任何更改。请重新确认。" | "{n} customers match by now, not as many as were shown; nothing was changed. Look again.";
    nothing_to_undo: "没有可撤销的移交。" | "There is no move to undo.";
    lost(who: &str, by: &str, at: &str, to: &str): "{who}已由 {by} 于 {at} 移交给 {to}，卡片已回到现在的位置。" | "{by} moved {who} to {to} at {at}. The card is back where it now belongs.";
    lost_plain: "客户刚刚变更了管户，未作任何更改。" | "The customers have just changed hands; nothing was changed.";
    in_transfer(no: &str): "客户 {no} 有一笔移交尚未完结，请先处理。" | "Customer {no} is in a transfer that is not closed yet. Decide or recall that first.";
    failed(why: &str): "没有移交：{why}" | "Not moved: {why}";
    default_reason: "看板调整" | "Moved on the board";

    sheet_title(n: &str): "移交 {n} 位客户" | "Move {n} customers";
    to: "移交给" | "To";
    reason: "原因" | "Reason";
    reason_hint: "审批人和新主办都会看到。" | "The approver and the new lead will read it.";
    effective: "生效日期" | "Effective";
    effective_hint: "当月 1 日起，至多提前一年。" | "From the first of this month, a year ahead at most.";
    approval_needed: "需另一人审批：" | "A second person must agree:";
    no_approval: "无需审批，提交后立即生效。" | "No approval is needed: it takes effect at once.";
    no_approval_on(day: &str): "无需审批，{day} 生效。" | "No approval is needed: it takes effect on {day}.";
    not_told: "—" | "—";
    before_after: "移交前后" | "Before and after";
    manager: "客户经理" | "Manager";
    submit: "移交" | "Move";
    submit_approval: "提交审批" | "Ask for approval";
    cancel: "取消" | "Cancel";

    keys: "快捷键" | "Keys";
    empty_unit: "此机构没有客户经理。" | "This unit has no managers.";
}
