use std::fmt::Write;

use leptos::{prelude::*, text_prop::TextProp};
use plotters::{
    chart::ChartBuilder,
    drawing::IntoDrawingArea,
    element::Polygon,
    prelude::SVGBackend,
    style::{BLACK, Color},
};

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

/// The drawing's own grid, fine enough that rounding to it is not seen.
const GRID: u32 = 4_000;
const HEIGHT: f64 = GRID as f64;
/// Between two places of a side.
const GAP: f64 = 96.0;
/// A band of few is still seen.
const THIN: f64 = 8.0;
/// Stretches that a band's edge is drawn with.
const STEPS: usize = 32;

/// The flow as markup: an SVG that stretches, and the names of the places at shares of its height.
pub fn flow_chart(spec: &FlowSpec) -> String {
    let total: i64 = spec.bands.iter().map(|band| band.count).sum();
    let places = spec.from.len().max(spec.to.len()).max(1);
    let unit = (HEIGHT - GAP * (places - 1) as f64) / total.max(1) as f64;
    let (left, left_names) = side(&spec.from, &spec.bands, |band| band.from, unit);
    let (right, right_names) = side(&spec.to, &spec.bands, |band| band.to, unit);
    // The still below the moving.
    let mut order: Vec<usize> = (0..spec.bands.len()).collect();
    order.sort_by_key(|at| spec.bands[*at].way != Way::Stay);
    let edges = order.iter().map(|at| (left[*at], right[*at], (spec.bands[*at].count as f64 * unit).max(THIN)));
    let mut svg = String::new();
    if draw(edges, &mut svg).is_err() {
        svg.clear();
    }
    let mut markup = themed(&svg, order.into_iter().map(|at| &spec.bands[at]));
    for (class, names) in [("flow-from", left_names), ("flow-to", right_names)] {
        for (name, middle) in names {
            let _ = write!(markup, r#"<span class="{class}" style="top:{:.2}%">{}</span>"#, middle / HEIGHT * 100.0, escape(&name));
        }
    }
    markup
}

/// Bands, each by where it begins on the left and on the right, and how thick it is.
fn draw(bands: impl Iterator<Item = (f64, f64, f64)>, svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, (GRID, GRID)).into_drawing_area();
    // Upwards, as charts are drawn.
    let mut chart = ChartBuilder::on(&root).build_cartesian_2d(0.0..1.0, 0.0..HEIGHT)?;
    for (left, right, thick) in bands {
        let above = (0..=STEPS).map(|at| along(left, right, at as f64 / STEPS as f64));
        let below = (0..=STEPS).rev().map(|at| along(left + thick, right + thick, at as f64 / STEPS as f64));
        let points: Vec<(f64, f64)> = above.chain(below).map(|(x, y)| (x, HEIGHT - y)).collect();
        chart.draw_series(std::iter::once(Polygon::new(points, BLACK.filled())))?;
    }
    root.present()?;
    Ok(())
}

/// A point of the curve that leaves the left level and reaches the right level.
fn along(left: f64, right: f64, t: f64) -> (f64, f64) {
    let near = (1.0 - t) * (1.0 - t) * (1.0 + 2.0 * t);
    let x = 1.5 * t * (1.0 - t) + t * t * t;
    (x, left * near + right * (1.0 - near))
}

/// Lets the drawing stretch, gives every band its colour, and says what it is to who points at it.
fn themed<'a>(svg: &str, bands: impl Iterator<Item = &'a Band>) -> String {
    let mut markup =
        format!(r#"<svg viewBox="0 0 {GRID} {GRID}" preserveAspectRatio="none" aria-hidden="true" xmlns="http://www.w3.org/2000/svg">"#);
    for (drawn, band) in svg.split("<polygon ").skip(1).zip(bands) {
        let points = drawn.split_once("points=\"").and_then(|(_, rest)| rest.split_once('"')).map_or("", |(points, _)| points.trim());
        let (colour, opacity) = match band.way {
            Way::Up => ("var(--jade)", "0.7"),
            Way::Stay => ("var(--chart-rule)", "1"),
            Way::Down => ("var(--seal)", "0.7"),
        };
        let _ = write!(
            markup,
            r#"<polygon fill="{colour}" fill-opacity="{opacity}" points="{points}"><title>{}</title></polygon>"#,
            escape(&band.label),
        );
    }
    markup.push_str("</svg>");
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
        // 3,904 units for a hundred: sixty end at 2,342, the gap at 2,438; on the right eighty end at 3,123.
        let bands: Vec<&str> = drawn.split("points=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(bands.len(), 3);
        let up: Vec<(i32, i32)> =
            bands[2].split(' ').filter_map(|point| point.split_once(',')).map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).collect();
        let near = |point: (i32, i32), x: i32, y: i32| (point.0 - x).abs() <= 1 && (point.1 - y).abs() <= 2;
        assert!(near(up[0], 0, 2_438) && near(up[STEPS], 4_000, 2_342) && near(up[STEPS + 1], 4_000, 3_123), "{up:?}");
        assert!(drawn.contains(r#"<polygon fill="var(--jade)""#) && !drawn.contains('#'), "{drawn}");
        assert!(drawn.contains("&lt;金卡&gt;") && !drawn.contains("<金卡>"));
        assert_eq!(drawn.matches("flow-from").count(), 2);
        assert!(!flow_chart(&FlowSpec { from: Vec::new(), to: Vec::new(), bands: Vec::new() }).contains("polygon"));
    }
}
