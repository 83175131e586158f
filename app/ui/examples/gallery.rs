//! Writes the gallery as one static page, to look at without a server:
//! `cargo run -p guanhu-ui --example gallery --features ssr -- zh light out.html`

use std::{env, fs, path::Path};

use guanhu_domain::i18n::Lang;
use guanhu_ui::{Density, Gallery, Glyph, NavItem, SearchBox, Shell, Theme, ToastHost, provide_appearance, provide_lang, provide_toasts};
use leptos::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let lang = args.first().and_then(|code| Lang::from_code(code)).unwrap_or_default();
    let theme = args.get(1).map(|code| Theme::from_code(code)).unwrap_or_default();
    let out = args.get(2).map_or("gallery.html", String::as_str);
    let style = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../style");

    let mut css = String::new();
    for line in fs::read_to_string(style.join("main.css"))?.lines() {
        match line.strip_prefix("@import \"").and_then(|rest| rest.split_once('"')) {
            Some((file, _)) => css += &fs::read_to_string(style.join(file))?,
            None => css += line,
        }
    }
    let page = Owner::new().with(|| {
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
                tools=move || view! { <span class="faint wide">{word("数据日期", "As of")}" 2026-10-31"</span><guanhu_ui::Avatar name="王小明"/> }
            >
                <Gallery/>
            </Shell>
            <ToastHost/>
        }
        .to_html()
    });
    let theme = theme.attribute().map(|theme| format!(" data-theme=\"{theme}\"")).unwrap_or_default();
    fs::write(
        out,
        format!(
            "<!doctype html><html lang=\"{}\"{theme}><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><style>{css}</style></head><body>{page}</body></html>",
            lang.tag()
        ),
    )?;
    Ok(())
}
