use std::fmt::Write;

use leptos::{prelude::*, text_prop::TextProp};
use plotters::{element::Polygon, style::Color};

use super::{
    frame::ChartFrame,
    ink::Ink,
    pen::{Area, Drawn, Fit, Said, UNSAID, escape, plane, svg},
};

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

/// Units of the drawing, which takes the shape of its box.
const SIZE: (u32, u32) = (400, 400);
/// Between two places of a side, as a share of its height.
const GAP: f64 = 0.024;
/// A band of few is still seen.
const THIN: f64 = 0.002;
/// Stretches that a band's edge is drawn with.
const STEPS: usize = 32;

/// Where everything of a flow lies, from 0 at the top to 1 at the foot.
pub(super) struct Flow<'a> {
    /// The still below the moving, each by where it begins on the left and on the right, and how thick it is.
    bands: Vec<(&'a Band, f64, f64, f64)>,
    /// Names of places and their middles.
    pub from: Vec<(&'a str, f64)>,
    pub to: Vec<(&'a str, f64)>,
}

impl Flow<'_> {
    pub fn of(spec: &FlowSpec) -> Flow<'_> {
        let total: i64 = spec.bands.iter().map(|band| band.count).sum();
        let places = spec.from.len().max(spec.to.len()).max(1);
        let unit = (1.0 - GAP * (places - 1) as f64) / total.max(1) as f64;
        let (left, from) = side(&spec.from, &spec.bands, |band| band.from, unit);
        let (right, to) = side(&spec.to, &spec.bands, |band| band.to, unit);
        let thick = |band: &Band| (band.count as f64 * unit).max(THIN);
        let mut bands: Vec<_> = spec.bands.iter().enumerate().map(|(at, band)| (band, left[at], right[at], thick(band))).collect();
        bands.sort_by_key(|(band, ..)| band.way != Way::Stay);
        Flow { bands, from, to }
    }
}

/// The flow as markup: an SVG that stretches, and the names of the places at shares of its height.
fn flow_chart(spec: &FlowSpec) -> String {
    let flow = Flow::of(spec);
    let mut markup = svg(UNSAID, SIZE, Fit::Stretched, |area| plot(&flow, area));
    for (class, names) in [("flow-from", &flow.from), ("flow-to", &flow.to)] {
        for (name, middle) in names {
            let _ = write!(markup, r#"<span class="{class}" style="top:{:.2}%">{}</span>"#, middle * 100.0, escape(name));
        }
    }
    markup
}

/// The bands over the whole of a place.
pub(super) fn plot(flow: &Flow<'_>, area: &Area) -> Drawn {
    let plane = plane(area, 0.0..1.0, 0.0..1.0);
    for (band, left, right, thick) in &flow.bands {
        let above = (0..=STEPS).map(|at| along(*left, *right, at as f64 / STEPS as f64));
        let below = (0..=STEPS).rev().map(|at| along(left + thick, right + thick, at as f64 / STEPS as f64));
        let points: Vec<(f64, f64)> = above.chain(below).map(|(x, y)| (x, 1.0 - y)).collect();
        let ink = match band.way {
            Way::Up => Ink::GOOD.mix(0.7),
            Way::Stay => Ink::RULE.to_rgba(),
            Way::Down => Ink::ALARM.mix(0.7),
        };
        plane.draw(&Said { inner: Polygon::new(points, ink), words: band.label.clone() })?;
    }
    Ok(())
}

/// A point of the curve that leaves the left level and reaches the right level.
fn along(left: f64, right: f64, t: f64) -> (f64, f64) {
    let near = (1.0 - t) * (1.0 - t) * (1.0 + 2.0 * t);
    let x = 1.5 * t * (1.0 - t) + t * t * t;
    (x, left * near + right * (1.0 - near))
}

/// Where every band begins on a side, and the middle of every place that has any.
fn side<'a>(names: &'a [String], bands: &[Band], place: fn(&Band) -> usize, unit: f64) -> (Vec<f64>, Vec<(&'a str, f64)>) {
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
            middles.push((name.as_str(), (top + y) / 2.0));
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
        // 390.4 units for a hundred: sixty end at 234.2, the gap at 243.8; on the right eighty end at 312.3.
        let bands: Vec<&str> = drawn.split(" d=\"M").skip(1).filter_map(|rest| rest.split("Z\"").next()).collect();
        assert_eq!(bands.len(), 3);
        let up: Vec<(f64, f64)> =
            bands[2].split('L').filter_map(|point| point.split_once(' ')).map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).collect();
        let near = |point: (f64, f64), x: f64, y: f64| (point.0 - x).abs() <= 0.1 && (point.1 - y).abs() <= 0.2;
        assert!(near(up[0], 0.0, 243.8) && near(up[STEPS], 400.0, 234.2) && near(up[STEPS + 1], 400.0, 312.3), "{up:?}");
        assert!(drawn.contains(r#"fill="var(--jade)" fill-opacity="0.70""#) && !drawn.contains('#'), "{drawn}");
        assert!(drawn.contains("&lt;金卡&gt;") && !drawn.contains("<金卡>"));
        assert_eq!(drawn.matches("flow-from").count(), 2);
        assert!(!flow_chart(&FlowSpec { from: Vec::new(), to: Vec::new(), bands: Vec::new() }).contains("path"));
    }
}
