use std::fmt::Write;

use leptos::{prelude::*, text_prop::TextProp};

const WIDTH: f64 = 88.0;
const HEIGHT: f64 = 20.0;

/// The run of a figure in a word's space; `label` says it in words.
///
/// `<Sparkline values=vec![3.0, 4.0, 9.0] label="近 12 月上升"/>`
#[component]
pub fn Sparkline(#[prop(into)] values: Signal<Vec<f64>>, #[prop(into)] label: TextProp) -> impl IntoView {
    let drawn = Memo::new(move |_| values.with(|values| draw(values)));
    view! {
        <svg class="sparkline" viewBox="0 0 88 20" role="img" aria-label=move || label.get()>
            <path d=move || drawn.get().0/>
            <circle r="1.75" cx=move || drawn.get().1.to_string() cy=move || drawn.get().2.to_string()/>
        </svg>
    }
    .into_any()
}

/// The path and its last point. A flat or single series is a line in the middle.
fn draw(values: &[f64]) -> (String, f64, f64) {
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
    let span = if high > low { high - low } else { 1.0 };
    let steps = values.len().saturating_sub(1).max(1) as f64;
    let mut path = String::new();
    let mut last = (0.0, HEIGHT / 2.0);
    for (i, value) in values.iter().enumerate() {
        let x = 2.0 + (WIDTH - 4.0) * i as f64 / steps;
        let y = if high > low { 2.0 + (HEIGHT - 4.0) * (high - value) / span } else { HEIGHT / 2.0 };
        let _ = write!(path, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
        last = ((x * 10.0).round() / 10.0, (y * 10.0).round() / 10.0);
    }
    (path, last.0, last.1)
}
