use std::fmt::Write;

use guanhu_domain::i18n::Lang;

use super::{
    draw::escape,
    scale::{LineSpec, Measure, Scale, Series},
};

/// One thing of a scatter: where it lies, what it is called, where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dot {
    pub label: String,
    pub across: i64,
    pub up: i64,
    pub href: Option<String>,
    /// Drawn as a ring in the colour of alarm rather than as a disc.
    pub hollow: bool,
}

/// Things by two measures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScatterSpec {
    pub dots: Vec<Dot>,
    pub across: Measure,
    pub up: Measure,
}

fn scale(values: impl Iterator<Item = i64>, measure: Measure, lang: Lang) -> Scale {
    let spec = LineSpec { moments: Vec::new(), at: Vec::new(), series: vec![Series::new("", values)], measure, from_zero: true };
    Scale::of(&spec, lang)
}

/// The plot as markup: an SVG that stretches (strokes keep their width, so a stroke without length is a
/// round dot at any shape of the box) and the words of both axes at shares of it. Dots are for the pointer,
/// however many they are; the keyboard and screen readers have the table that goes with them.
pub fn scatter_chart(spec: &ScatterSpec, lang: Lang) -> String {
    let across = scale(spec.dots.iter().map(|dot| dot.across), spec.across, lang);
    let up = scale(spec.dots.iter().map(|dot| dot.up), spec.up, lang);
    let mut markup =
        String::from(r#"<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true" xmlns="http://www.w3.org/2000/svg">"#);
    let lies = |dot: &Dot| (1000.0 * across.share(dot.across as f64), 1000.0 * (1.0 - up.share(dot.up as f64)));
    let title = |dot: &Dot| escape(&format!("{} · {} · {}", dot.label, spec.across.say(dot.across, lang), spec.up.say(dot.up, lang)));
    for mark in &up.marks {
        let y = 1000.0 * (1.0 - up.share(*mark));
        let colour = if *mark == 0.0 { "--chart-ink" } else { "--chart-rule" };
        let _ = write!(markup, r#"<path d="M0 {y:.1}H1000" stroke="var({colour})" stroke-width="1"/>"#);
    }
    // A finger's width around every dot lies below all dots, so that of two close ones the nearer is met.
    for dot in &spec.dots {
        let (x, y) = lies(dot);
        let title = title(dot);
        lead(
            &mut markup,
            dot,
            &format!(
                r#"<path d="M{x:.1} {y:.1}h.01" stroke="transparent" stroke-width="44" stroke-linecap="round"/><title>{title}</title>"#
            ),
        );
    }
    for dot in &spec.dots {
        let (x, y) = lies(dot);
        let title = title(dot);
        let colour = if dot.hollow { "--chart-6" } else { "--chart-1" };
        let core = match dot.hollow {
            true => format!(r#"<path d="M{x:.1} {y:.1}h.01" stroke="var(--paper)" stroke-width="5" stroke-linecap="round"/>"#),
            false => String::new(),
        };
        lead(
            &mut markup,
            dot,
            &format!(
                r#"<path d="M{x:.1} {y:.1}h.01" stroke="transparent" stroke-width="16" stroke-linecap="round"/><path d="M{x:.1} {y:.1}h.01" stroke="var({colour})" stroke-width="9" stroke-linecap="round"/>{core}<title>{title}</title>"#
            ),
        );
    }
    markup.push_str("</svg>");
    for mark in &up.marks {
        let _ = write!(
            markup,
            r#"<span class="tick-y" aria-hidden="true" style="bottom:{:.2}%">{}</span>"#,
            up.share(*mark) * 100.0,
            spec.up.tick(*mark, up.unit)
        );
    }
    for mark in &across.marks {
        let _ = write!(
            markup,
            r#"<span class="tick-x" aria-hidden="true" style="left:{:.2}%">{}</span>"#,
            across.share(*mark) * 100.0,
            spec.across.tick(*mark, across.unit)
        );
    }
    markup
}

/// The plot with its words as parts of one SVG, below a title that `open` has drawn.
pub(super) fn body(spec: &ScatterSpec, lang: Lang) -> String {
    let (left, top, width, height) = (90.0, 64.0, 880.0, 400.0);
    let across = scale(spec.dots.iter().map(|dot| dot.across), spec.across, lang);
    let up = scale(spec.dots.iter().map(|dot| dot.up), spec.up, lang);
    let mut svg = String::new();
    for mark in &up.marks {
        let y = top + height * (1.0 - up.share(*mark));
        let colour = if *mark == 0.0 { "--chart-ink" } else { "--chart-rule" };
        let _ = write!(
            svg,
            r#"<path d="M{left} {y:.1}h{width}" stroke="var({colour})"/><text x="{}" y="{:.1}" text-anchor="end">{}</text>"#,
            left - 10.0,
            y + 4.0,
            spec.up.tick(*mark, up.unit)
        );
    }
    for mark in &across.marks {
        let x = left + width * across.share(*mark);
        let _ = write!(
            svg,
            r#"<text x="{x:.1}" y="{}" text-anchor="middle">{}</text>"#,
            top + height + 24.0,
            spec.across.tick(*mark, across.unit)
        );
    }
    for dot in &spec.dots {
        let (x, y) = (left + width * across.share(dot.across as f64), top + height * (1.0 - up.share(dot.up as f64)));
        let looks = if dot.hollow { r#"fill="none" stroke="var(--chart-6)" stroke-width="2""# } else { r#"fill="var(--chart-1)""# };
        let _ = write!(svg, r#"<circle cx="{x:.1}" cy="{y:.1}" r="4" {looks}><title>{}</title></circle>"#, escape(&dot.label));
    }
    svg
}

fn lead(markup: &mut String, dot: &Dot, body: &str) {
    let _ = match &dot.href {
        Some(href) => write!(markup, r#"<a href="{}" tabindex="-1">{body}</a>"#, escape(href)),
        None => write!(markup, "<g>{body}</g>"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_lie_by_their_figures_and_escape_their_names() {
        let dot = |label: &str, across, up| Dot { label: label.into(), across, up, href: Some("/m?a=1&b".into()), hollow: false };
        let spec = ScatterSpec { dots: vec![dot("<甲>", 100, 60), dot("乙", 0, 0)], across: Measure::Count, up: Measure::Count };
        let drawn = scatter_chart(&spec, Lang::Zh);
        assert!(drawn.contains("&lt;甲&gt;") && drawn.contains("/m?a=1&amp;b") && !drawn.contains('#'));
        assert!(drawn.contains(r#"M0.0 1000.0h.01"#) && drawn.contains(r#"M1000.0 0.0h.01"#), "{drawn}");
    }
}
