use std::fmt::Write;

use guanhu_domain::i18n::Lang;
use plotters::{
    element::{Circle, PathElement, Polygon},
    style::Color,
};

use super::{
    ink::Ink,
    pen::{Area, Drawn, Fit, UNSAID, escape, pixels, plane, svg},
    scale::{LineSpec, Scale},
};

/// Units of the drawing, which takes the shape of its box.
const SIZE: (u32, u32) = (400, 120);

/// The plot as markup: an SVG that stretches, and the words of both axes. The same text on the server and
/// in the browser. Returns an empty drawing when there is nothing to draw.
pub(super) fn line_chart(spec: &LineSpec, lang: Lang) -> String {
    let scale = Scale::of(spec, lang);
    let mut markup = svg(UNSAID, SIZE, Fit::Stretched, |area| plot(spec, &scale, area));
    words(spec, &scale, &mut markup);
    markup
}

/// Marks of the figures and lines over the whole of a place. Lines after the first are also told apart by dashes.
pub(super) fn plot(spec: &LineSpec, scale: &Scale, area: &Area) -> Drawn {
    let plane = plane(area, 0.0..1.0, scale.low..scale.high);
    for mark in &scale.marks {
        let ink = if *mark == 0.0 { Ink::AXIS } else { Ink::RULE };
        plane.draw(&PathElement::new([(0.0, *mark), (1.0, *mark)], ink))?;
    }
    let alone = spec.series.len() == 1;
    for (index, series) in spec.series.iter().enumerate().rev() {
        let ink = Ink::series(index);
        for run in runs(&series.values) {
            let points: Vec<(f64, f64)> = run.iter().map(|(i, value)| (spec.place(*i), *value as f64)).collect();
            if alone && spec.from_zero {
                let base = 0f64.clamp(scale.low, scale.high);
                let ends = [points.last(), points.first()].into_iter().flatten().map(|(x, _)| (*x, base));
                let below: Vec<(f64, f64)> = points.iter().copied().chain(ends).collect();
                plane.draw(&Polygon::new(below, ink.mix(0.08)))?;
            }
            // Alone between gaps it would have no length.
            if points.len() == 1 {
                plane.draw(&Circle::new(points[0], pixels(2.0), ink.filled()))?;
            } else {
                plane.draw(&PathElement::new(points, ink.stroke_width(2)))?;
            }
        }
    }
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
        // Two lone figures of the second line are dots.
        assert_eq!(drawn.matches(r#"h.01" stroke="var(--chart-2)""#).count(), 2, "{drawn}");
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
