use guanhu_domain::i18n::Lang;
use guanhu_ui::{
    Avatar, Density, Gallery, Glyph, NavItem, SearchBox, Shell, Theme, ToastHost, provide_appearance, provide_lang, provide_toasts,
};
use leptos::prelude::*;

/// The gallery in a frame with made-up places, the same on the server and in the browser.
pub fn page(lang: Lang, theme: Theme) -> AnyView {
    provide_lang(lang);
    provide_appearance(theme, Density::Comfortable);
    provide_toasts().say("已保存 · Saved");
    let zh = lang == Lang::Zh;
    let word = move |zh_word: &'static str, en_word: &'static str| if zh { zh_word } else { en_word };
    let nav = vec![
        NavItem::new("/", word("工作台", "Workbench"), Glyph::Workbench).count(5, false),
        NavItem::new("/gallery", word("客户", "Customers"), Glyph::Customers),
        NavItem::new("/pipeline", word("商机", "Pipeline"), Glyph::Pipeline),
        NavItem::new("/alerts", word("预警", "Alerts"), Glyph::Alert).count(2, true),
        NavItem::new("/assignments", word("管户", "Assignments"), Glyph::Assignment).gap(),
        NavItem::new("/tiers", word("分层", "Tiers"), Glyph::Tier),
        NavItem::new("/reports", word("报表", "Reports"), Glyph::Report),
        NavItem::new("/admin", word("管理", "Admin"), Glyph::Admin).gap(),
    ];
    view! {
        <Shell
            nav
            path="/gallery"
            search=move || view! {
                <SearchBox label=word("搜索客户、页面或操作", "Find customers, pages, actions") keys="Ctrl K" on_open=move |()| ()/>
            }
            tools=move || view! { <span class="faint wide">{word("数据日期", "As of")}" 2026-10-31"</span><Avatar name="王小明"/> }
        >
            <Gallery/>
        </Shell>
        <ToastHost/>
    }
    .into_any()
}
