//! Writes the gallery as one static page, to look at without a server:
//! `cargo run -p guanhu-ui --example gallery --features ssr -- zh light out.html`

mod page;

use std::{env, fs, path::Path};

use guanhu_domain::i18n::Lang;
use guanhu_ui::Theme;
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
    let html = Owner::new().with(|| page::page(lang, theme).to_html());
    let theme = theme.attribute().map(|theme| format!(" data-theme=\"{theme}\"")).unwrap_or_default();
    fs::write(
        out,
        format!(
            "<!doctype html><html lang=\"{}\"{theme}><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><style>{css}</style></head><body>{html}</body></html>",
            lang.tag()
        ),
    )?;
    Ok(())
}
