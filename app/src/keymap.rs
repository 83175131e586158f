//! Every key of every page, in one place: the map behind `?` shows it. Whoever hears another key adds it here.

use guanhu_domain::Lang;

type Words = fn(Lang) -> &'static str;

/// The keys of one part of the product.
pub struct Part {
    pub name: Words,
    /// Pages it is for, by the beginning of their address; empty for all.
    pub path: &'static str,
    pub keys: &'static [Shortcut],
}

/// Keys, any of which does it; those of a chord stand in one word with spaces.
pub struct Shortcut {
    pub keys: &'static [&'static str],
    pub does: Words,
}

const fn key(keys: &'static [&'static str], does: Words) -> Shortcut {
    Shortcut { keys, does }
}

pub const KEYMAP: &[Part] = &[
    Part {
        name: text::everywhere,
        path: "",
        keys: &[
            key(&["Ctrl K", "⌘ K"], text::palette),
            key(&["/"], text::search),
            key(&["?"], text::help),
            key(&["Tab", "Shift Tab"], text::next_control),
            key(&["Esc"], text::close),
            key(&["Ctrl Enter", "⌘ Enter"], text::save_form),
            key(&["Ctrl P", "⌘ P"], text::print),
            key(&["Ctrl Z", "⌘ Z"], text::undo),
        ],
    },
    Part {
        name: text::the_list,
        path: "/customers",
        keys: &[
            key(&["Enter"], text::open_found),
            key(&["↓"], text::into_list),
            key(&["↑", "↓", "j", "k"], text::rows),
            key(&["PageUp", "PageDown", "Home", "End"], text::far),
            key(&["Enter"], text::open_customer),
            key(&["Space", "x"], text::select),
            key(&["Shift ↑", "Shift ↓"], text::extend),
            key(&["Ctrl A"], text::select_loaded),
            key(&["Esc"], text::unselect),
        ],
    },
    Part {
        name: text::one_customer,
        path: "/customers/",
        keys: &[
            key(&["c"], text::log_contact),
            key(&["F2"], text::edit_field),
            key(&["Enter"], text::save_field),
            key(&["Esc"], text::leave_field),
            key(&["←", "→"], text::along_chart),
        ],
    },
    Part {
        name: text::the_board,
        path: "/board",
        keys: &[
            key(&["↑", "↓", "←", "→"], text::cards),
            key(&["Space"], text::pick_up),
            key(&["Shift ↑", "Shift ↓"], text::extend),
            key(&["Ctrl Space"], text::toggle),
            key(&["Ctrl A"], text::select_column),
            key(&["Enter"], text::open_customer),
            key(&["Space", "Enter"], text::fold_tier),
            key(&["Ctrl Z"], text::undo_move),
            key(&["Esc"], text::put_back),
        ],
    },
    Part {
        name: text::the_opportunities,
        path: "/opportunities",
        keys: &[
            key(&["↑", "↓", "←", "→"], text::opportunity_cards),
            key(&["Shift ←", "Shift →"], text::move_stage),
            key(&["Enter"], text::open_opportunity),
        ],
    },
    Part {
        name: text::figures,
        path: "/dashboards",
        keys: &[
            key(&["←", "→"], text::along_chart),
            key(&["Home", "End"], text::chart_ends),
            key(&["Esc"], text::leave_chart),
            key(&["←", "→", "PageUp", "PageDown"], text::panels),
        ],
    },
    Part {
        name: text::lists_and_menus,
        path: "",
        keys: &[
            key(&["↑", "↓", "Home", "End"], text::options),
            key(&["Enter"], text::choose),
            key(&["←", "→"], text::tabs_and_widths),
            key(&["Esc"], text::close_list),
        ],
    },
];

/// The parts for a page, those of the page itself first.
pub fn for_page(path: &str) -> Vec<&'static Part> {
    let own = |part: &&Part| !part.path.is_empty() && path.starts_with(part.path) && !(part.path == "/customers" && path != "/customers");
    let mut parts: Vec<&Part> = KEYMAP.iter().filter(own).collect();
    let rest: Vec<&Part> = KEYMAP.iter().filter(|part| !own(part)).collect();
    parts.extend(rest);
    parts
}

mod text {
    guanhu_domain::texts! {
        everywhere: "所有页面" | "On every page";
        palette: "打开命令面板" | "Open the palette of commands";
        search: "查找客户" | "Find a customer";
        help: "显示快捷键" | "Show the keys";
        next_control: "到下一个、上一个控件" | "To the next, the previous control";
        close: "关闭对话框或菜单" | "Close a dialog or menu";
        print: "打印本页" | "Print the page";
        undo: "撤销页脚提示的最近一步" | "Take back the last thing the foot of the page offers to";

        the_list: "客户列表" | "List of customers";
        open_found: "打开查到的第一位客户" | "Open the first that was found";
        into_list: "从查找框进入列表" | "From the search into the list";
        rows: "上下移动" | "Move up and down";
        far: "移动一屏；到开头、末尾" | "Move by a screen; to the start, the end";
        open_customer: "打开客户" | "Open the customer";
        select: "选中；配合 Shift 选一段" | "Select; with Shift a range";
        extend: "扩大选择" | "Extend the selection";
        select_loaded: "选中全部已载入" | "Select all that is loaded";
        unselect: "取消选择，或清空查找" | "Clear the selection, or the search";

        one_customer: "客户页" | "A customer";
        log_contact: "记录联系" | "Log a contact";
        edit_field: "修改焦点所在的字段" | "Edit the field that has the focus";
        save_form: "对话框中：保存、提交" | "In a dialog: save or send it";
        save_field: "保存正在修改的字段" | "Save the field being edited";
        leave_field: "放弃修改" | "Leave the field as it was";
        along_chart: "在图上逐点移动" | "Point by point along a chart";

        the_board: "管户看板" | "Board";
        cards: "在卡片与列之间移动" | "Between cards and columns";
        pick_up: "拿起所选客户；再按放下" | "Pick up what is selected; again to drop";
        toggle: "加入或移出选择" | "Add or take away one";
        select_column: "选择该列全部符合的客户" | "Everything in the column that matches";
        fold_tier: "在分层标题上：收起或展开" | "On a tier's heading: fold or unfold it";
        undo_move: "撤销上一次移交" | "Undo the last move";
        put_back: "放回；取消选择" | "Put back; clear the selection";

        the_opportunities: "商机" | "Opportunities";
        opportunity_cards: "在商机与阶段之间移动" | "Between opportunities and stages";
        move_stage: "移到前一、后一阶段" | "Into the stage before, the stage after";
        open_opportunity: "打开商机" | "Open the opportunity";

        figures: "经营看板" | "Dashboards";
        chart_ends: "到图的开头、末尾" | "To the start, the end of a chart";
        leave_chart: "离开图" | "Leave the chart";
        panels: "演示时：上一张、下一张" | "While presenting: back, next";

        lists_and_menus: "列表框与菜单" | "Boxes and menus";
        options: "在选项之间移动" | "Between options";
        choose: "选定" | "Choose";
        tabs_and_widths: "切换标签；调整列宽" | "Change tabs; widen a column";
        close_list: "收起而不改变" | "Close without a change";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_sight_comes_first() {
        let first = |path: &str| (for_page(path)[0].name)(Lang::En);
        assert_eq!(first("/customers"), "List of customers");
        assert_eq!(first("/customers/100000000001"), "A customer");
        assert_eq!(first("/board"), "Board");
        assert_eq!(first("/audit"), "On every page");
        assert_eq!(for_page("/board").len(), KEYMAP.len());
    }
}
