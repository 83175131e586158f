//! Charts that leave the page: one SVG with its words and colours in it.

use std::fmt::Write;

use guanhu_domain::i18n::Lang;

use super::{
    bars::{BarSpec, bar_chart},
    draw::{escape, line_chart_plain},
    scale::{LineSpec, Scale},
    scatter::{self, ScatterSpec},
    treemap::{self, TreemapSpec},
};

/// The light theme's colours, for paper.
pub(super) const COLOURS: &str = "--chart-1:#0d7a5f;--chart-2:#2f6fb5;--chart-3:#a86a14;--chart-4:#9a4fa8;--chart-5:#5b6270;--chart-6:#c2502f;--seal:#b3361f;--chart-rule:#dddbd6;--chart-ink:#62656d";

fn open(svg: &mut String, height: usize, title: &str) {
    let title = escape(title);
    let _ = write!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="{height}" viewBox="0 0 1000 {height}" font-family="sans-serif" font-size="13" fill="var(--chart-ink)" style="background:#fcfbf9;{COLOURS}"><title>{title}</title><style>svg *{{vector-effect:non-scaling-stroke}}</style><text x="24" y="34" font-size="17" fill="#22252c">{title}</text>"##
    );
}

/// The whole of a line chart, `title` with the unit.
pub fn line_chart_file(title: &str, spec: &LineSpec, lang: Lang) -> String {
    let scale = Scale::of(spec, lang);
    let mut svg = String::new();
    let unit = spec.measure.unit_words(scale.unit, lang);
    open(&mut svg, 400, &if unit.is_empty() { title.to_owned() } else { format!("{title} ({unit})") });
    let (left, top, width, height) = (90.0, 84.0, 880.0, 260.0);
    for (at, series) in spec.series.iter().enumerate() {
        let x = left + 180.0 * at as f64;
        let colour = at % 6 + 1;
        let _ = write!(
            svg,
            r#"<path d="M{x} 58h18" stroke="var(--chart-{colour})" stroke-width="3"/><text x="{}" y="62">{}</text>"#,
            x + 26.0,
            escape(&series.name)
        );
    }
    let plot =
        line_chart_plain(spec, lang).replacen("<svg ", &format!(r#"<svg x="{left}" y="{top}" width="{width}" height="{height}" "#), 1);
    svg.push_str(&plot);
    for mark in &scale.marks {
        let y = top + height * (1.0 - scale.share(*mark)) + 4.0;
        let _ = write!(svg, r#"<text x="{}" y="{y:.1}" text-anchor="end">{}</text>"#, left - 10.0, spec.measure.tick(*mark, scale.unit));
    }
    for at in spec.named(8) {
        let x = left + width * spec.place(at);
        let moment = escape(&spec.moments[at]);
        let _ = write!(svg, r#"<text x="{x:.1}" y="{}" text-anchor="middle">{moment}</text>"#, top + height + 24.0);
    }
    svg.push_str("</svg>");
    svg
}

/// The whole of a bar chart.
pub fn bar_chart_file(title: &str, spec: &BarSpec, lang: Lang) -> String {
    let mut svg = String::new();
    let unit = spec.unit(lang);
    let words = spec.measure.unit_words(unit, lang);
    open(&mut svg, 70 + 26 * spec.rows.len(), &if words.is_empty() { title.to_owned() } else { format!("{title} ({words})") });
    for (at, row) in spec.rows.iter().enumerate() {
        let y = 60 + 26 * at;
        let figures: Vec<String> = row.values.iter().map(|value| spec.measure.bare(*value, unit, lang)).collect();
        let bar = bar_chart(spec, row).replacen("<svg ", &format!(r#"<svg x="220" y="{y}" width="600" height="16" "#), 1);
        let _ = write!(
            svg,
            r#"<text x="208" y="{}" text-anchor="end">{}</text>{bar}<text x="976" y="{}" text-anchor="end">{}</text>"#,
            y + 13,
            escape(&row.label),
            y + 13,
            figures.join(" / ")
        );
    }
    svg.push_str("</svg>");
    svg
}

/// The whole of a treemap.
pub fn treemap_file(title: &str, spec: &TreemapSpec, lang: Lang) -> String {
    let mut svg = String::new();
    open(&mut svg, 550, title);
    svg.push_str(&treemap::body(spec, lang));
    svg.push_str("</svg>");
    svg
}

/// The whole of a scatter, with the names of its dots as titles.
pub fn scatter_chart_file(title: &str, spec: &ScatterSpec, lang: Lang) -> String {
    let mut svg = String::new();
    open(&mut svg, 520, title);
    svg.push_str(&scatter::body(spec, lang));
    svg.push_str("</svg>");
    svg
}
