//! The tour of a role: a few places, each with what it is good for. It can be left at any step and goes on
//! from there.

use guanhu_domain::{
    Lang,
    access::{Me, Role, account::Preferences},
};
use guanhu_ui::{Button, ButtonKind, Glyph, IconButton, dom, t, use_lang};
use leptos::{ev, prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use crate::{
    access::{own_preferences, prefer},
    desk::{Desk, Tool},
    tour::{COOKIE, DONE, NAME},
};

type Words = fn(Lang) -> &'static str;

/// A place to look at.
struct Step {
    path: &'static str,
    /// What is marked there.
    target: &'static str,
    title: Words,
    text: Words,
}

const fn step(path: &'static str, target: &'static str, title: Words, text: Words) -> Step {
    Step { path, target, title, text }
}

const MANAGER: [Step; 6] = [
    step("/customers", ".table-frame", text::list, text::list_text),
    step("/customers", ".customer-filters", text::filters, text::filters_text),
    step("/board", ".page-head", text::board, text::board_text),
    step("/opportunities", ".page-head", text::opportunities, text::opportunities_text),
    step("/dashboards", ".page-head", text::figures, text::figures_text),
    step("/dashboards", ".topbar-end", text::palette, text::palette_text),
];
const HEAD: [Step; 7] = [
    step("/customers", ".table-frame", text::list, text::list_head_text),
    step("/board", ".page-head", text::board, text::board_head_text),
    step("/transfers", ".page-head", text::approvals, text::approvals_text),
    step("/handover", ".page-head", text::handover, text::handover_text),
    step("/dashboards", ".page-head", text::figures, text::figures_text),
    step("/dashboards/targets", ".page-head", text::targets, text::targets_text),
    step("/dashboards/targets", ".topbar-end", text::palette, text::palette_text),
];
const EXECUTIVE: [Step; 4] = [
    step("/dashboards", ".page-head", text::figures, text::figures_text),
    step("/dashboards/managers", ".page-head", text::league, text::league_text),
    step("/transfers", ".page-head", text::approvals, text::approvals_text),
    step("/transfers", ".topbar-end", text::palette, text::palette_text),
];
const ADMINISTRATOR: [Step; 6] = [
    step("/admin/users", ".page-head", text::users, text::users_text),
    step("/imports", ".page-head", text::imports, text::imports_text),
    step("/tiers", ".page-head", text::tiers, text::tiers_text),
    step("/admin/prices", ".page-head", text::prices, text::prices_text),
    step("/admin/parameters", ".page-head", text::parameters, text::parameters_text),
    step("/admin/parameters", ".topbar-end", text::palette, text::palette_text),
];
const SECURITY: [Step; 3] = [
    step("/admin/approvals", ".page-head", text::second_person, text::second_person_text),
    step("/tiers", ".page-head", text::publish, text::publish_text),
    step("/tiers", ".topbar-end", text::palette, text::palette_text),
];
const AUDITOR: [Step; 2] =
    [step("/audit", ".page-head", text::audit, text::audit_text), step("/audit", ".topbar-end", text::palette, text::palette_text)];

fn steps(role: Role) -> &'static [Step] {
    match role {
        Role::Manager => &MANAGER,
        Role::BranchManager => &HEAD,
        Role::Executive => &EXECUTIVE,
        Role::Administrator => &ADMINISTRATOR,
        Role::SecurityOfficer => &SECURITY,
        Role::Auditor => &AUDITOR,
    }
}

/// Where one left, as it is kept: the role, since it may be another by then, and the step.
fn place(role: Role, at: usize) -> String {
    format!("{}.{at}", role.code())
}

/// The step that was kept; the first for another role's, for the end and for nothing.
fn resumed(role: Role, kept: &str) -> usize {
    let at = kept.strip_prefix(role.code()).and_then(|rest| rest.strip_prefix('.')).and_then(|at| at.parse().ok()).unwrap_or(0);
    if at < steps(role).len() { at } else { 0 }
}

/// Keeps how far one has come, here and on the server.
fn keep(place: String) {
    dom::set_cookie(COOKIE, &place);
    spawn_local(async move {
        // The cookie has it already; only other machines do not know.
        let _ = prefer(Preferences { lists: [(NAME.to_owned(), place.into())].into(), ..Preferences::default() }).await;
    });
}

#[component]
pub fn Tour(desk: Desk, me: Me) -> impl IntoView {
    let lang = use_lang();
    let role = me.role;
    let at = RwSignal::new(None::<usize>);
    let path = use_location().pathname;
    let navigate = use_navigate();
    Effect::new(move |_| {
        if desk.open.get() == Some(Tool::NoTour) {
            desk.open.set(None);
            keep(DONE.to_owned());
            return;
        }
        if desk.open.get_untracked() != Some(Tool::Tour) {
            at.set(None);
            return;
        }
        spawn_local(async move {
            let kept = own_preferences().await.ok().and_then(|mut kept| kept.lists.remove(NAME));
            at.try_set(Some(resumed(role, kept.as_ref().and_then(|kept| kept.as_str()).unwrap_or_default())));
        });
    });
    Effect::new(move |_| {
        let Some(now) = at.get() else { return mark("") };
        let Step { path: to, target, .. } = &steps(role)[now];
        if path.with(|path| path != to) {
            navigate(to, NavigateOptions::default());
            return;
        }
        keep(place(role, now));
        // The page is drawn by then, or it comes a moment later.
        for millis in [50, 900] {
            dom::after(millis, move || {
                if at.try_get_untracked() == Some(Some(now)) {
                    mark(target);
                }
            });
        }
        dom::after(80, || dom::focus_id("tour-title"));
    });
    let leave = move || {
        desk.open.set(None);
        super::desk::give_back();
    };
    let panel = move || {
        let now = at.get()?;
        let all = steps(role);
        let last = now + 1 == all.len();
        let Step { title, text: words, .. } = &all[now];
        let (title, words) = (*title, *words);
        Some(view! {
            <aside
                class="tour"
                role="dialog"
                aria-labelledby="tour-title"
                aria-describedby="tour-text"
                on:keydown=move |event: ev::KeyboardEvent| {
                    if event.key() == "Escape" {
                        event.prevent_default();
                        leave();
                    }
                }
            >
                <header>
                    <h2 id="tour-title" tabindex="-1">{t(title)}</h2>
                    <IconButton glyph=Glyph::Close label=t(text::leave) on_click=move |_| leave() />
                </header>
                <p id="tour-text">{t(words)}</p>
                <footer>
                    <span class="faint push">{move || text::of(lang.get(), now + 1, all.len())}</span>
                    {(now > 0).then(|| view! { <Button on_click=move |_| at.set(Some(now - 1))>{t(text::back)}</Button> })}
                    <Button
                        kind=ButtonKind::Primary
                        on_click=move |_| {
                            if last {
                                leave();
                                keep(DONE.to_owned());
                            } else {
                                at.set(Some(now + 1));
                            }
                        }
                    >
                        {t(if last { text::finish } else { text::next })}
                    </Button>
                </footer>
            </aside>
        })
    };
    view! { {panel} }.into_any()
}

/// Marks what this finds on the page, and nothing else any more.
fn mark(target: &str) {
    #[cfg(feature = "hydrate")]
    {
        const MARK: &str = "data-tour";
        if let Ok(Some(before)) = document().query_selector("[data-tour]") {
            let _ = before.remove_attribute(MARK);
        }
        if !target.is_empty()
            && let Ok(Some(found)) = document().query_selector(target)
        {
            let _ = found.set_attribute(MARK, "");
        }
    }
    let _ = target;
}

mod text {
    guanhu_domain::texts! {
        of(n: usize, all: usize): "第 {n} 步，共 {all} 步" | "Step {n} of {all}";
        back: "上一步" | "Back";
        next: "下一步" | "Next";
        finish: "完成" | "Done";
        leave: "离开导览" | "Leave the tour";

        list: "您的客户" | "Your customers";
        list_text: "这里是您管户和协办的客户。点开一位，就能看到全部往来；按 c 记录联系。" | "The customers you lead or assist. Open one to see everything; c logs a contact.";
        list_head_text: "这里是本机构及下级的客户。选中几位，可以直接移交或加入名单。" | "The customers of your unit and those below. Select some to move them, or to put them onto a list.";
        filters: "筛选与视图" | "Filters and views";
        filters_text: "例如筛选 90 天未联系的客户，存成视图，以后一点即到。" | "For example those without contact for 90 days: keep it as a view, one click next time.";
        board: "管户看板" | "The board";
        board_text: "同事的客户并排可见。想移交时拖动卡片，由支行行长审批。" | "Colleagues side by side. Drag a card to ask for a transfer; your branch manager decides.";
        board_head_text: "把客户从一位经理拖给另一位，或从待分配池拖出。按 Ctrl Z 撤销。" | "Drag customers from manager to manager, or out of the pool. Ctrl Z undoes.";
        opportunities: "商机" | "Opportunities";
        opportunities_text: "从发现到成交，按阶段排列；拖动或按 Shift → 推进一步。新商机在客户页上添加。" | "From identified to won, by stage: drag, or Shift → moves one on. New ones are added on the customer’s page.";
        approvals: "等您审批" | "Waiting for you";
        approvals_text: "跨分行、高层级或大额的移交由您决定；每一笔都能看到原因和影响。" | "Transfers beyond a branch, of high tiers or large amounts are yours to decide; each says why, and what it changes.";
        handover: "离岗交接" | "Handover";
        handover_text: "经理离开时，在这里一次分配他的全部客户。" | "When a manager leaves, divide the whole portfolio here at once.";
        figures: "经营看板" | "Dashboards";
        figures_text: "点任何数字可看它由什么组成，一直到一位客户。" | "Click any figure to see what it is made of, down to one customer.";
        targets: "任务指标" | "Targets";
        targets_text: "按月为机构和经理制定指标，提交后由另一位负责人批准才计入看板。" | "Set by month for units and managers; they count once another head has agreed.";
        league: "经理业绩" | "Managers";
        league_text: "指标、完成与贡献度放在一起比较；点姓名看他的组合。" | "Targets, actuals and contribution side by side; a name opens the portfolio.";
        users: "用户" | "Users";
        users_text: "新建用户、变更角色。角色由安全员批准后生效。" | "Create users and change roles. A security officer approves before they take effect.";
        imports: "数据导入" | "Imports";
        imports_text: "上传文件、选映射、预览，再导入。被拒绝的行可以下载修正。" | "Upload, choose a mapping, preview, import. Rejected rows can be downloaded and mended.";
        tiers: "客户分层" | "Tiers";
        tiers_text: "在这里起草规则，先对全行试算，再提交发布。" | "Draft the rules here, try them on the whole base, then submit.";
        prices: "内部定价" | "Transfer prices";
        prices_text: "曲线和参数决定贡献度。已关账的月份不受影响。" | "Curves and parameters price contributions. Closed months stay as they are.";
        parameters: "参数" | "Parameters";
        parameters_text: "本行自己决定的限额：何时须审批、何时预警、每天能看多少次明文。保存即生效，留有历史。" | "Limits that the bank sets itself: when a second person is needed, what is warned of, how many reveals a day. They hold once saved, and what was before is kept.";
        second_person: "第二个人" | "The second person";
        second_person_text: "用户和角色的变更在这里等您批准。" | "New users and roles wait here for your approval.";
        publish: "发布分层" | "Publishing tiers";
        publish_text: "管理员提交的版本由您发布或退回，试算结果就在旁边。" | "What the administrator submitted you publish or send back, with its trial beside it.";
        audit: "审计" | "Audit";
        audit_text: "谁在何时看了、改了、打印了什么，都能在这里查到。" | "Who saw, changed or printed what, and when.";
        palette: "命令与帮助" | "Commands and help";
        palette_text: "按 Ctrl K 去任何地方、找任何客户；按 ? 看快捷键；菜单里有使用手册，顶栏的问号讲解当前页面，也可以再看一遍导览。" | "Ctrl K goes anywhere and finds anybody; ? shows the keys; the bar’s question mark explains the page in sight; the menu has the handbook and this tour.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tour_goes_on_where_it_was_left() {
        assert_eq!(resumed(Role::Manager, &place(Role::Manager, 3)), 3);
        for elsewhere in [place(Role::Auditor, 1), place(Role::Manager, 99), DONE.to_owned(), String::new()] {
            assert_eq!(resumed(Role::Manager, &elsewhere), 0, "{elsewhere}");
        }
    }
}
