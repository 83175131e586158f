use std::fmt::Write;

use leptos::{prelude::*, text_prop::TextProp};

use super::{draw::escape, frame::ChartFrame};

/// Which way a band goes; drawn in the ink of good news, of alarm, or of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Up,
    Stay,
    Down,
}

/// How many go from a place on the left to one on the right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// Positions in [`FlowSpec::from`] and [`FlowSpec::to`].
    pub from: usize,
    pub to: usize,
    pub count: i64,
    pub way: Way,
    /// Said when it is pointed at.
    pub label: String,
}

/// Places on both sides, from the top, and what flows between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowSpec {
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub bands: Vec<Band>,
}

const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 1_000.0;
/// Between two places of a side.
const GAP: f64 = 24.0;
/// A band of few is still seen.
const THIN: f64 = 2.0;

/// The flow as markup: an SVG that stretches, and the names of the places at shares of its height.
pub fn flow_chart(spec: &FlowSpec) -> String {
    let total: i64 = spec.bands.iter().map(|band| band.count).sum();
    let places = spec.from.len().max(spec.to.len()).max(1);
    let unit = (HEIGHT - GAP * (places - 1) as f64) / total.max(1) as f64;
    let (left, left_names) = side(&spec.from, &spec.bands, |band| band.from, unit);
    let (right, right_names) = side(&spec.to, &spec.bands, |band| band.to, unit);
    let mut markup =
        format!(r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true" xmlns="http://www.w3.org/2000/svg">"#);
    // The still below the moving.
    let mut order: Vec<usize> = (0..spec.bands.len()).collect();
    order.sort_by_key(|at| spec.bands[*at].way != Way::Stay);
    for at in order {
        let band = &spec.bands[at];
        let (a, b, thick) = (left[at], right[at], (band.count as f64 * unit).max(THIN));
        let (colour, opacity) = match band.way {
            Way::Up => ("var(--jade)", "0.7"),
            Way::Stay => ("var(--chart-rule)", "1"),
            Way::Down => ("var(--seal)", "0.7"),
        };
        let half = WIDTH / 2.0;
        let _ = write!(
            markup,
            r#"<path d="M0 {a:.1}C{half} {a:.1} {half} {b:.1} {WIDTH} {b:.1}V{:.1}C{half} {:.1} {half} {:.1} 0 {:.1}Z" fill="{colour}" fill-opacity="{opacity}"><title>{}</title></path>"#,
            b + thick,
            b + thick,
            a + thick,
            a + thick,
            escape(&band.label),
        );
    }
    markup.push_str("</svg>");
    for (class, names) in [("flow-from", left_names), ("flow-to", right_names)] {
        for (name, middle) in names {
            let _ = write!(markup, r#"<span class="{class}" style="top:{:.2}%">{}</span>"#, middle / HEIGHT * 100.0, escape(&name));
        }
    }
    markup
}

/// Where every band begins on a side, and the middle of every place that has any.
fn side(names: &[String], bands: &[Band], place: fn(&Band) -> usize, unit: f64) -> (Vec<f64>, Vec<(String, f64)>) {
    let mut starts = vec![0.0; bands.len()];
    let mut middles = Vec::new();
    let mut y = 0.0;
    for (at, name) in names.iter().enumerate() {
        let top = y;
        for (i, band) in bands.iter().enumerate().filter(|(_, band)| place(band) == at) {
            starts[i] = y;
            y += (band.count as f64 * unit).max(THIN);
        }
        if y > top {
            middles.push((name.clone(), (top + y) / 2.0));
            y += GAP;
        }
    }
    (starts, middles)
}

/// What flows from places on the left to places on the right. The figures stand in the table that goes with
/// it; `said` is what the drawing shows, in a sentence.
///
/// `<FlowChart title=t(text::flow) said spec/>`
#[component]
pub fn FlowChart(#[prop(into)] title: TextProp, #[prop(into)] said: TextProp, #[prop(into)] spec: Signal<FlowSpec>) -> impl IntoView {
    view! {
        <ChartFrame title>
            <div class="flow" role="img" aria-label=move || said.get() inner_html=move || spec.with(flow_chart)></div>
        </ChartFrame>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_fill_both_sides_and_words_are_escaped() {
        let band = |from, to, count, way| Band { from, to, count, way, label: "<金卡>".into() };
        let spec = FlowSpec {
            from: vec!["钻石".into(), "金卡".into()],
            to: vec!["钻石".into(), "金卡".into()],
            bands: vec![band(0, 0, 60, Way::Stay), band(1, 0, 20, Way::Up), band(1, 1, 20, Way::Stay)],
        };
        let drawn = flow_chart(&spec);
        // 976 units for a hundred: sixty end at 585.6, the gap at 609.6; on the right eighty end at 780.8.
        assert!(drawn.contains("M0 609.6C500 609.6 500 585.6 1000 585.6V780.8"), "{drawn}");
        assert!(drawn.contains("&lt;金卡&gt;") && !drawn.contains("<金卡>"));
        assert_eq!(drawn.matches("flow-from").count(), 2);
        assert!(!flow_chart(&FlowSpec { from: Vec::new(), to: Vec::new(), bands: Vec::new() }).contains("path"));
    }
}
