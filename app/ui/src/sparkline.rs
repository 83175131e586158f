use leptos::{prelude::*, text_prop::TextProp};

use crate::chart::Inline;

/// The run of a figure in a word's space; `label` says it in words.
///
/// `<Sparkline values=vec![3.0, 4.0, 9.0] label="近 12 月上升"/>`
#[component]
pub fn Sparkline(#[prop(into)] values: Signal<Vec<f64>>, #[prop(into)] label: TextProp) -> impl IntoView {
    let drawn = move || {
        let run = Inline::Spark(values.with(|values| values.iter().copied().map(Some).collect()));
        run.markup(Some(label.get().as_str()))
    };
    view! { <span class="spark" inner_html=drawn></span> }.into_any()
}
