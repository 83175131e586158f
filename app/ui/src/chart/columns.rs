use leptos::{prelude::*, text_prop::TextProp};
use plotters::{
    element::{PathElement, Rectangle, Text},
    style::{Color, text_anchor::HPos},
};

use super::{
    frame::ChartFrame,
    ink::Ink,
    pen::{Area, Drawn, Fit, UNSAID, fit, letters, part, plane, svg, units},
};

/// One of many things, drawn small: a column for each name of [`ColumnSpec::names`]; `None` was not measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnRow {
    pub label: String,
    pub values: Vec<Option<i64>>,
    /// What they come to together, as it is shown.
    pub total: String,
    /// All columns in words.
    pub said: String,
    pub href: String,
}

/// Small multiples: many things side by side, on one scale from nothing to `most`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    pub rows: Vec<ColumnRow>,
    pub names: Vec<String>,
    pub most: i64,
}

/// Units of one drawing, which keeps its shape; every column but the first has a gap before it.
const HIGH: u32 = 32;
const WIDE: u32 = 14;
const GAP: u32 = 4;

/// As wide as so many columns.
fn width(columns: usize) -> u32 {
    (columns as u32 * (WIDE + GAP)).saturating_sub(GAP).max(1)
}

/// The columns of a row on a place of [`width`] × [`HIGH`] units; those taken away leave their places.
fn plot(row: &ColumnRow, hidden: &[usize], most: i64, area: &Area) -> Drawn {
    let plane = plane(area, 0.0..f64::from(width(row.values.len())), 0.0..f64::from(HIGH));
    for (at, value) in row.values.iter().enumerate().filter(|(at, _)| !hidden.contains(at)) {
        let left = f64::from(at as u32 * (WIDE + GAP));
        let right = left + f64::from(WIDE);
        match value {
            Some(value) => {
                // What is measured and nothing is still seen.
                let height = (f64::from(HIGH) * (*value).clamp(0, most.max(0)) as f64 / most.max(1) as f64).max(0.5);
                plane.draw(&Rectangle::new([(left, 0.0), (right, height)], Ink::series(at).filled()))?;
            }
            None => plane.draw(&PathElement::new([(left, 0.5), (right, 0.5)], Ink::UNKNOWN))?,
        }
    }
    Ok(())
}

fn column_chart(row: &ColumnRow, hidden: &[usize], most: i64) -> String {
    svg(UNSAID, (width(row.values.len()), HIGH), Fit::Kept, |area| plot(row, hidden, most, area))
}

/// Where things stand in a file: this many side by side, each so wide and high, in units.
const BESIDE: usize = 4;
const CELL: (f64, f64) = (238.0, 44.0);

/// How high all of them are in a file, with their names.
pub(super) fn file_height(spec: &ColumnSpec) -> u32 {
    30 + CELL.1 as u32 * spec.rows.len().div_ceil(BESIDE) as u32
}

/// The whole in a part of a file, with its words.
pub(super) fn in_file(spec: &ColumnSpec, area: &Area) -> Drawn {
    let words = units(area);
    for (at, name) in spec.names.iter().enumerate() {
        let x = 140.0 * at as f64;
        words.draw(&Rectangle::new([(x, 2.0), (x + 12.0, 14.0)], Ink::series(at).filled()))?;
        words.draw(&Text::new(name.clone(), (x + 18.0, 12.0), letters(13.0, Ink::AXIS, HPos::Left)))?;
    }
    for (at, row) in spec.rows.iter().enumerate() {
        let (left, top) = ((at % BESIDE) as f64 * CELL.0, 30.0 + (at / BESIDE) as f64 * CELL.1);
        let (foot, wide) = (top + f64::from(HIGH), f64::from(width(row.values.len())));
        words.draw(&Text::new(fit(&row.label, 80.0), (left, foot), letters(13.0, Ink::TEXT, HPos::Left)))?;
        plot(row, &[], spec.most, &part(area, (left + 90.0, top), (wide, f64::from(HIGH))))?;
        words.draw(&Text::new(row.total.clone(), (left + 210.0, foot), letters(13.0, Ink::TEXT, HPos::Right)))?;
    }
    Ok(())
}

/// Many things side by side, each a link; the legend takes columns away and brings them back. `data` are the figures behind.
///
/// `<ColumnChart title=t(text::stages) unit=t(text::points) spec data=move || view! { <table>…</table> }/>`
#[component]
pub fn ColumnChart(
    #[prop(into)] title: TextProp,
    #[prop(into)] unit: TextProp,
    #[prop(into)] spec: Signal<ColumnSpec>,
    #[prop(into)] data: ViewFn,
) -> impl IntoView {
    let hidden = RwSignal::new(Vec::<usize>::new());
    let keys = Signal::derive(move || spec.with(|spec| spec.names.clone()));
    let rows = move || {
        let hidden = hidden.get();
        spec.with(|spec| {
            spec.rows
                .iter()
                .map(|row| {
                    view! {
                        <li>
                            <a href=row.href.clone() title=row.said.clone()>
                                <span class="clip">{row.label.clone()}</span>
                                <span class="columns-drawn" inner_html=column_chart(row, &hidden, spec.most)></span>
                                <b class="num">{row.total.clone()}</b>
                            </a>
                        </li>
                    }
                })
                .collect_view()
        })
    };
    view! { <ChartFrame title unit keys hidden blocks=true data><ul class="multiples">{rows}</ul></ChartFrame> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_high_as_their_figures_on_one_scale() {
        let row = ColumnRow {
            label: "王小明".into(),
            values: vec![Some(100_00), Some(25_00), None, Some(0)],
            total: "41.7".into(),
            said: String::new(),
            href: "/m".into(),
        };
        let drawn = column_chart(&row, &[], 100_00);
        assert!(drawn.contains(r#"viewBox="0 0 68 32" aria-hidden="true""#), "{drawn}");
        assert!(drawn.contains(r#"<rect x="0" y="0" width="14" height="32" fill="var(--chart-1)"/>"#), "{drawn}");
        assert!(drawn.contains(r#"<rect x="18" y="24" width="14" height="8" fill="var(--chart-2)"/>"#), "{drawn}");
        assert!(drawn.contains(r#"<path d="M36 31.5L50 31.5" fill="none" stroke="var(--chart-rule)" stroke-dasharray="2 2"/>"#), "{drawn}");
        assert!(drawn.contains(r#"<rect x="54" y="31.5" width="14" height="0.5""#), "{drawn}");
        assert_eq!(column_chart(&row, &[0, 3], 100_00).matches("<rect").count(), 1);
    }
}
