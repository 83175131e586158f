use std::ops::Range;

use guanhu_domain::i18n::Lang;
use leptos::{prelude::*, text_prop::TextProp};
use plotters::{element::Rectangle, style::Color};

use super::{
    frame::ChartFrame,
    ink::Ink,
    pen::{Area, Drawn, Fit, UNSAID, plane, svg},
    scale::Measure,
};
use crate::{
    lang::{t, use_lang},
    number::AmountUnit,
    text,
};

/// One thing of a ranking: a bar, or one bar for each name in [`BarSpec::names`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarRow {
    pub label: String,
    pub values: Vec<i64>,
    /// Where its rows are.
    pub href: Option<String>,
}

/// Horizontal bars in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarSpec {
    pub rows: Vec<BarRow>,
    /// What the bars of a row are; one for a simple ranking.
    pub names: Vec<String>,
    pub measure: Measure,
}

impl BarSpec {
    pub(super) fn unit(&self, lang: Lang) -> AmountUnit {
        let values = self.rows.iter().flat_map(|row| &row.values);
        let largest = values.map(|value| value.unsigned_abs()).max().unwrap_or(0);
        self.measure.unit(i64::try_from(largest).unwrap_or(i64::MAX), lang)
    }
}

/// Units of the drawing of a row, which takes the shape of its box: this wide, and so high for every bar.
const WIDTH: u32 = 1_000;
const THICK: u32 = 10;

impl BarSpec {
    /// From the least to the most of what is shown, nothing included: the scale of all rows.
    pub(super) fn span(&self, hidden: &[usize]) -> Range<f64> {
        let values = || self.rows.iter().flat_map(|row| shown(row, hidden)).map(|(_, value)| value);
        let low = values().min().unwrap_or(0).min(0) as f64;
        let high = values().max().unwrap_or(0).max(0) as f64;
        let end = if high > low { high } else { low + 1.0 };
        low..end
    }
}

/// Bars of a row with their places, which are their colours too; those taken away are left out.
pub(super) fn shown<'a>(row: &'a BarRow, hidden: &'a [usize]) -> impl Iterator<Item = (usize, i64)> + 'a {
    row.values.iter().copied().enumerate().filter(|(at, _)| !hidden.contains(at))
}

/// The bars of one row over the whole of a place, the first on top.
pub(super) fn plot(row: &BarRow, hidden: &[usize], span: &Range<f64>, area: &Area) -> Drawn {
    let bars: Vec<_> = shown(row, hidden).collect();
    let plane = plane(area, span.clone(), 0.0..bars.len().max(1) as f64);
    for (above, (at, value)) in bars.iter().rev().enumerate() {
        let ink = if *value < 0 { Ink::ALARM } else { Ink::series(*at) };
        let foot = above as f64;
        plane.draw(&Rectangle::new([(0.0, foot + 0.1), (*value as f64, foot + 0.9)], ink.filled()))?;
    }
    Ok(())
}

/// The bars of one row as an SVG that stretches, drawn to the scale of the whole chart.
fn bar_chart(row: &BarRow, hidden: &[usize], span: &Range<f64>) -> String {
    let height = THICK * shown(row, hidden).count().max(1) as u32;
    svg(UNSAID, (WIDTH, height), Fit::Stretched, |area| plot(row, hidden, span, area))
}

/// A ranking, with the figures beside the bars; a row with `href` leads to what it is made of. Where a row has several bars
/// the legend takes them away and brings them back.
///
/// `<BarChart title=t(text::by_branch) spec=ranking/>`
#[component]
pub fn BarChart(#[prop(into)] title: TextProp, #[prop(into)] spec: Signal<BarSpec>) -> impl IntoView {
    let lang = use_lang();
    let keys = Signal::derive(move || spec.with(|spec| spec.names.clone()));
    let hidden = RwSignal::new(Vec::<usize>::new());
    let rows = move || {
        let hidden = hidden.get();
        spec.with(|spec| {
            let (unit, span) = (spec.unit(lang.get()), spec.span(&hidden));
            spec.rows
                .iter()
                .map(|row| {
                    let figures: Vec<String> = shown(row, &hidden).map(|(_, value)| spec.measure.bare(value, unit, lang.get())).collect();
                    let class = if row.values.len() > 1 { "bar-row group" } else { "bar-row" };
                    let inside = view! {
                        <span class="clip" title=row.label.clone()>{row.label.clone()}</span>
                        <span class="bar" inner_html=bar_chart(row, &hidden, &span)></span>
                        <span class="num">{figures.join(" / ")}</span>
                    };
                    match &row.href {
                        Some(href) => view! { <li><a class=class href=href.clone()>{inside}</a></li> }.into_any(),
                        None => view! { <li class=class>{inside}</li> }.into_any(),
                    }
                })
                .collect_view()
        })
    };
    let unit = move || spec.with(|spec| spec.measure.unit_words(spec.unit(lang.get()), lang.get()));
    // Room for every figure of a row, so that all bars begin at one line.
    let figures = move || spec.with(|spec| format!("{}rem", 4.75 * spec.names.len().max(1) as f32));
    let data = move || spec.with(data_table);
    view! { <ChartFrame title unit keys hidden blocks=true data><ul class="bars" style:--figures=figures>{rows}</ul></ChartFrame> }
        .into_any()
}

fn data_table(spec: &BarSpec) -> AnyView {
    let heads = spec.names.iter().map(|name| view! { <th class="num" scope="col">{name.clone()}</th> }).collect_view();
    let rows = spec
        .rows
        .iter()
        .map(|row| {
            let cells = row.values.iter().map(|value| view! { <td class="num">{spec.measure.exact(*value)}</td> }).collect_view();
            view! { <tr><th scope="row">{row.label.clone()}</th>{cells}</tr> }
        })
        .collect_view();
    view! {
        <table class="table-plain">
            <thead><tr><th scope="col">{t(text::item)}</th>{heads}</tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_share_one_scale_and_one_zero() {
        let row = |values: &[i64]| BarRow { label: "支行".into(), values: values.to_vec(), href: None };
        let spec = BarSpec { rows: vec![row(&[75]), row(&[-25])], names: vec!["贡献度".into()], measure: Measure::Count };
        let span = spec.span(&[]);
        assert!(bar_chart(&spec.rows[0], &[], &span).contains(r#"x="250" y="1" width="750" height="8" fill="var(--chart-1)""#));
        assert!(bar_chart(&spec.rows[1], &[], &span).contains(r#"x="0" y="1" width="250" height="8" fill="var(--seal)""#));
    }

    #[test]
    fn what_is_taken_away_gives_up_its_room_and_nobody_changes_colour() {
        let row = BarRow { label: "支行".into(), values: vec![400, 100], href: None };
        let spec = BarSpec { rows: vec![row.clone()], names: vec!["收入".into(), "成本".into()], measure: Measure::Count };
        let both = bar_chart(&row, &[], &spec.span(&[]));
        assert!(both.contains(r#"viewBox="0 0 1000 20""#) && both.contains(r#"x="0" y="11" width="250""#), "{both}");
        let cost = bar_chart(&row, &[0], &spec.span(&[0]));
        assert!(cost.contains(r#"viewBox="0 0 1000 10""#) && cost.contains(r#"width="1000" height="8" fill="var(--chart-2)""#), "{cost}");
        let none = bar_chart(&row, &[0, 1], &spec.span(&[0, 1]));
        assert!(!none.contains("<rect") && !none.contains("NaN"), "{none}");
    }
}
