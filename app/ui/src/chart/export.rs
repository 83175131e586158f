//! Charts that leave the page: one SVG with its words and colours in it, drawn by the same functions as on the page.

use guanhu_domain::i18n::Lang;
use plotters::{
    element::{PathElement, Rectangle, Text},
    style::{Color, text_anchor::HPos},
};

use super::{
    bars::{self, BarSpec},
    columns::{self, ColumnSpec},
    draw,
    flow::{self, Flow, FlowSpec},
    ink::Ink,
    pen::{Area, Drawn, Fit, drawn, escape, fit, letters, part, units},
    scale::{LineSpec, Scale},
    scatter::{self, ScatterSpec},
    treemap::{self, TreemapSpec},
};

const WIDTH: u32 = 1_000;
/// Around everything.
const EDGE: f64 = 24.0;

/// Paper of so many units with a title, and what `draw` puts on it.
pub(super) fn file(title: &str, (width, height): (u32, u32), draw: impl FnOnce(&Area) -> Drawn) -> String {
    let body = drawn((width, height), Fit::File, |area| {
        area.fill(&Ink::PAPER)?;
        units(area).draw(&Text::new(title.to_owned(), (EDGE, 34.0), letters(17.0, Ink::TEXT, HPos::Left)))?;
        draw(area)
    });
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="sans-serif"><title>{}</title>{body}</svg>"#,
        escape(title)
    )
}

/// A title with the unit of its figures.
fn titled(title: &str, unit: String) -> String {
    if unit.is_empty() { title.to_owned() } else { format!("{title} ({unit})") }
}

/// The whole of a line chart.
pub fn line_chart_file(title: &str, spec: &LineSpec, lang: Lang) -> String {
    let scale = Scale::of(spec, lang);
    let title = titled(title, spec.measure.unit_words(scale.unit, lang));
    let (left, top, width, height) = (90.0, 84.0, 880.0, 260.0);
    file(&title, (WIDTH, 400), |area| {
        draw::plot(spec, &scale, &part(area, (left, top), (width, height)))?;
        let units = units(area);
        for (at, series) in spec.series.iter().enumerate() {
            let x = left + 180.0 * at as f64;
            units.draw(&PathElement::new([(x, 58.0), (x + 24.0, 58.0)], Ink::series(at).stroke_width(2)))?;
            units.draw(&Text::new(fit(&series.name, 140.0), (x + 32.0, 62.0), letters(13.0, Ink::AXIS, HPos::Left)))?;
        }
        for mark in &scale.marks {
            let y = top + height * (1.0 - scale.share(*mark)) + 4.0;
            let tick = spec.measure.tick(*mark, scale.unit);
            units.draw(&Text::new(tick, (left - 10.0, y), letters(13.0, Ink::AXIS, HPos::Right)))?;
        }
        for at in spec.named(8) {
            let under = (left + width * spec.place(at), top + height + 24.0);
            units.draw(&Text::new(spec.moments[at].clone(), under, letters(13.0, Ink::AXIS, HPos::Center)))?;
        }
        Ok(())
    })
}

/// The whole of a bar chart.
pub fn bar_chart_file(title: &str, spec: &BarSpec, lang: Lang) -> String {
    let unit = spec.unit(lang);
    let title = titled(title, spec.measure.unit_words(unit, lang));
    let span = spec.span(&[]);
    let top = if spec.names.len() > 1 { 80.0 } else { 60.0 };
    file(&title, (WIDTH, top as u32 + 10 + 26 * spec.rows.len() as u32), |area| {
        let units = units(area);
        for (at, name) in spec.names.iter().enumerate().filter(|_| spec.names.len() > 1) {
            let x = 220.0 + 180.0 * at as f64;
            units.draw(&Rectangle::new([(x, 50.0), (x + 12.0, 62.0)], Ink::series(at).filled()))?;
            units.draw(&Text::new(fit(name, 140.0), (x + 20.0, 61.0), letters(13.0, Ink::AXIS, HPos::Left)))?;
        }
        for (at, row) in spec.rows.iter().enumerate() {
            let y = top + 26.0 * at as f64;
            let figures: Vec<String> = row.values.iter().map(|value| spec.measure.bare(*value, unit, lang)).collect();
            bars::plot(row, &[], &span, &part(area, (220.0, y), (580.0, 18.0)))?;
            units.draw(&Text::new(fit(&row.label, 180.0), (208.0, y + 14.0), letters(13.0, Ink::TEXT, HPos::Right)))?;
            units.draw(&Text::new(figures.join(" / "), (976.0, y + 14.0), letters(13.0, Ink::TEXT, HPos::Right)))?;
        }
        Ok(())
    })
}

/// The whole of a treemap.
pub fn treemap_file(title: &str, spec: &TreemapSpec, lang: Lang) -> String {
    file(title, (WIDTH, 550), |area| treemap::in_file(spec, lang, &part(area, (EDGE, 54.0), (952.0, 476.0))))
}

/// The whole of a scatter, with the names of its dots as titles.
pub fn scatter_chart_file(title: &str, spec: &ScatterSpec, lang: Lang) -> String {
    file(title, (WIDTH, 540), |area| scatter::in_file(spec, lang, &part(area, (EDGE, 48.0), (940.0, 476.0))))
}

/// The whole of small multiples.
pub fn column_chart_file(title: &str, spec: &ColumnSpec) -> String {
    let height = columns::file_height(spec);
    file(title, (WIDTH, 64 + height), |area| columns::in_file(spec, &part(area, (EDGE, 54.0), (952.0, f64::from(height)))))
}

/// The whole of a flow, with what each band is as its title.
pub fn flow_chart_file(title: &str, spec: &FlowSpec) -> String {
    let flow = Flow::of(spec);
    let (left, top, width, height) = (200.0, 60.0, 600.0, 420.0);
    file(title, (WIDTH, 510), |area| {
        flow::plot(&flow, &part(area, (left, top), (width, height)))?;
        let units = units(area);
        for (names, x, side) in [(&flow.from, left - 12.0, HPos::Right), (&flow.to, left + width + 12.0, HPos::Left)] {
            for (name, middle) in names {
                units.draw(&Text::new(fit(name, 160.0), (x, top + height * middle + 4.0), letters(13.0, Ink::TEXT, side)))?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Band, BarRow, Measure, Series, Way};

    #[test]
    fn a_file_is_whole_without_the_page() {
        let lines = LineSpec {
            moments: vec!["2026-01".into(), "2026-02".into()],
            at: Vec::new(),
            series: vec![Series::new("存款", [1_000_000_00, 2_000_000_00]), Series::new("贷款", [500_000_00, 0])],
            measure: Measure::CNY,
            from_zero: true,
        };
        let bars = BarSpec {
            rows: vec![BarRow { label: "<临江支行>".into(), values: vec![3, 4], href: None }],
            names: vec!["收入".into(), "成本".into()],
            measure: Measure::Count,
        };
        let flow = FlowSpec {
            from: vec!["金卡".into()],
            to: vec!["金卡".into()],
            bands: vec![Band { from: 0, to: 0, count: 3, way: Way::Stay, label: "3 位".into() }],
        };
        let files = [
            line_chart_file("余额", &lines, Lang::Zh),
            bar_chart_file("支行", &bars, Lang::Zh),
            flow_chart_file("迁移", &flow),
            column_chart_file("评分", &ColumnSpec { rows: Vec::new(), names: vec!["收集".into()], most: 100 }),
        ];
        for drawn in &files {
            assert!(drawn.starts_with("<svg xmlns") && drawn.ends_with("</svg>") && drawn.contains("<title>"), "{drawn}");
            assert!(!drawn.contains("var(") && !drawn.contains("NaN") && drawn.contains("<rect x=\"0\" y=\"0\" width=\"1000\""), "{drawn}");
        }
        assert!(
            files[0].contains(">余额 (万元)</text>") && files[0].contains(">贷款</text>") && files[0].contains(r##"stroke="#2e64a6""##)
        );
        assert!(files[1].contains("&lt;临江支行&gt;") && files[1].contains(">3 / 4</text>"), "{}", files[1]);
        assert!(files[2].contains("<title>3 位</title>"), "{}", files[2]);
    }
}
