use std::fmt::Write;

use guanhu_domain::i18n::Lang;
use plotters::prelude::*;

use super::scale::{LineSpec, Scale};

/// The drawing's own grid, fine enough that rounding to it is not seen.
const WIDTH: u32 = 4_000;
const HEIGHT: u32 = 1_200;

/// Colours that stand for others until the drawing is themed: series, then rule, then base line.
const RULE: RGBColor = RGBColor(1, 2, 100);
const BASE: RGBColor = RGBColor(1, 2, 101);

const fn series_colour(index: usize) -> RGBColor {
    RGBColor(1, 2, 10 + (index % 6) as u8)
}

/// The plot as markup: an SVG that stretches, and the words of both axes. The same text on the server and
/// in the browser. Returns an empty drawing when there is nothing to draw.
pub fn line_chart(spec: &LineSpec, lang: Lang) -> String {
    let mut markup = line_chart_plain(spec, lang);
    words(spec, &Scale::of(spec, lang), &mut markup);
    markup
}

/// The drawing without the words.
pub(super) fn line_chart_plain(spec: &LineSpec, lang: Lang) -> String {
    let mut svg = String::new();
    if draw(spec, &Scale::of(spec, lang), &mut svg).is_err() {
        svg.clear();
    }
    themed(&svg, spec.series.len())
}

fn draw(spec: &LineSpec, scale: &Scale, svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, (WIDTH, HEIGHT)).into_drawing_area();
    let mut chart = ChartBuilder::on(&root).build_cartesian_2d(0.0..1.0, scale.low..scale.high)?;
    chart.draw_series(scale.marks.iter().map(|mark| {
        let colour = if *mark == 0.0 { BASE } else { RULE };
        PathElement::new(vec![(0.0, *mark), (1.0, *mark)], colour.stroke_width(1))
    }))?;
    let alone = spec.series.len() == 1;
    for (index, series) in spec.series.iter().enumerate().rev() {
        let colour = series_colour(index);
        for run in runs(&series.values) {
            let points: Vec<(f64, f64)> = run.iter().map(|(i, value)| (spec.place(*i), *value as f64)).collect();
            if alone && spec.from_zero {
                let base = 0f64.clamp(scale.low, scale.high);
                chart.draw_series(AreaSeries::new(points.iter().copied(), base, colour.mix(0.08)))?;
            }
            chart.draw_series(LineSeries::new(points, colour.stroke_width(2)))?;
        }
    }
    root.present()?;
    Ok(())
}

/// The stretches without a gap.
fn runs(values: &[Option<i64>]) -> Vec<Vec<(usize, i64)>> {
    let mut runs: Vec<Vec<(usize, i64)>> = vec![Vec::new()];
    for (i, value) in values.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((i, *value)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            _ => (),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// Lets the drawing stretch and follow the theme. Lines after the first are also told apart by dashes.
fn themed(svg: &str, series: usize) -> String {
    let Some((_, body)) = svg.split_once('>') else { return String::new() };
    let mut themed = format!(
        r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true" xmlns="http://www.w3.org/2000/svg">{}"#,
        body.replace('\n', "")
    );
    const DASHES: [&str; 6] = ["", "6 3", "2 3", "10 3 2 3", "10 4", "1 3"];
    for (index, dashes) in DASHES.into_iter().enumerate().take(series) {
        let colour = hex(series_colour(index));
        let own = format!("var(--chart-{})", index + 1);
        let dashed = match dashes {
            "" => format!(r#"stroke="{own}""#),
            dash => format!(r#"stroke-dasharray="{dash}" stroke="{own}""#),
        };
        themed = themed.replace(&format!(r#"stroke="{colour}""#), &dashed).replace(&colour, &own);
    }
    themed.replace(&hex(RULE), "var(--chart-rule)").replace(&hex(BASE), "var(--chart-ink)")
}

fn hex(RGBColor(r, g, b): RGBColor) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

fn words(spec: &LineSpec, scale: &Scale, markup: &mut String) {
    for mark in &scale.marks {
        let up = scale.share(*mark) * 100.0;
        let text = spec.measure.tick(*mark, scale.unit);
        let _ = write!(markup, r#"<span class="tick-y" aria-hidden="true" style="bottom:{up:.2}%">{text}</span>"#);
    }
    let count = spec.moments.len();
    let named = spec.named(7);
    for (nth, i) in named.iter().copied().enumerate() {
        // Where it is narrow every other word stands, and the one beside the last gives way to it.
        let before_last = nth > 0 && nth + 2 == named.len() && named.last() == Some(&(count - 1));
        let class = match i {
            0 if count > 1 => "tick-x first",
            _ if i + 1 == count && count > 1 => "tick-x last",
            _ if nth % 2 == 1 || before_last => "tick-x minor",
            _ => "tick-x",
        };
        let right = spec.place(i) * 100.0;
        let moment = escape(&spec.moments[i]);
        let _ = write!(markup, r#"<span class="{class}" aria-hidden="true" style="left:{right:.2}%">{moment}</span>"#);
    }
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Measure, Series};

    #[test]
    fn a_drawing_carries_no_colour_of_its_own_and_escapes_its_words() {
        let spec = LineSpec {
            moments: vec!["<1月>".into(), "2月".into(), "3月".into()],
            series: vec![Series::new("存款", [100, 200, 300]), Series { name: "贷款".into(), values: vec![Some(50), None, Some(70)] }],
            at: Vec::new(),
            measure: Measure::CNY,
            from_zero: true,
        };
        let drawn = line_chart(&spec, Lang::Zh);
        assert!(!drawn.contains('#'), "{drawn}");
        assert!(drawn.contains("var(--chart-1)") && drawn.contains("var(--chart-2)") && drawn.contains("var(--chart-rule)"));
        assert!(drawn.contains("&lt;1月&gt;") && !drawn.contains("<1月>"));
        assert_eq!(drawn, line_chart(&spec, Lang::Zh));
    }

    #[test]
    fn a_gap_parts_a_line() {
        assert_eq!(runs(&[None, Some(1), Some(2), None, None, Some(3)]), [vec![(1, 1), (2, 2)], vec![(5, 3)]]);
        assert!(runs(&[None]).is_empty());
    }
}
