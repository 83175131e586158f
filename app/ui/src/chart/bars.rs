use std::fmt::Write;

use guanhu_domain::i18n::Lang;
use leptos::{prelude::*, text_prop::TextProp};

use super::{frame::ChartFrame, scale::Measure};
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

const WIDTH: f64 = 1_000.0;
const THICK: usize = 10;

/// The bars of one row as an SVG that stretches, drawn to the scale of the whole chart.
pub fn bar_chart(spec: &BarSpec, row: &BarRow) -> String {
    let values = || spec.rows.iter().flat_map(|row| row.values.iter().copied());
    let low = values().min().unwrap_or(0).min(0) as f64;
    let high = values().max().unwrap_or(0).max(0) as f64;
    let span = if high > low { high - low } else { 1.0 };
    let zero = -low / span * WIDTH;
    let height = THICK * row.values.len().max(1);
    let mut svg =
        format!(r#"<svg viewBox="0 0 {WIDTH} {height}" preserveAspectRatio="none" aria-hidden="true" xmlns="http://www.w3.org/2000/svg">"#);
    for (i, value) in row.values.iter().enumerate() {
        let length = (*value as f64).abs() / span * WIDTH;
        let start = if *value < 0 { zero - length } else { zero };
        let colour = if *value < 0 { "var(--seal)".to_string() } else { format!("var(--chart-{})", i % 6 + 1) };
        let _ = write!(svg, r#"<rect x="{start:.1}" y="{}" width="{length:.1}" height="{}" fill="{colour}"/>"#, i * THICK + 1, THICK - 2);
    }
    svg.push_str("</svg>");
    svg
}

/// A ranking, with the figures beside the bars; a row with `href` leads to what it is made of.
///
/// `<BarChart title=t(text::by_branch) spec=ranking/>`
#[component]
pub fn BarChart(#[prop(into)] title: TextProp, #[prop(into)] spec: Signal<BarSpec>) -> impl IntoView {
    let lang = use_lang();
    let keys = Signal::derive(move || spec.with(|spec| spec.names.clone()));
    let rows = move || {
        spec.with(|spec| {
            let unit = spec.unit(lang.get());
            spec.rows
                .iter()
                .map(|row| {
                    let figures: Vec<String> = row.values.iter().map(|value| spec.measure.bare(*value, unit, lang.get())).collect();
                    let class = if row.values.len() > 1 { "bar-row group" } else { "bar-row" };
                    let inside = view! {
                        <span class="clip" title=row.label.clone()>{row.label.clone()}</span>
                        <span class="bar" inner_html=bar_chart(spec, row)></span>
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
    view! { <ChartFrame title unit keys blocks=true data><ul class="bars" style:--figures=figures>{rows}</ul></ChartFrame> }.into_any()
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
        assert!(bar_chart(&spec, &spec.rows[0]).contains(r#"x="250.0" y="1" width="750.0""#));
        assert!(bar_chart(&spec, &spec.rows[1]).contains(r#"x="0.0" y="1" width="250.0""#));
    }
}
