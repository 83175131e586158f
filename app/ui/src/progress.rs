use leptos::{prelude::*, text_prop::TextProp};

use crate::{lang::use_lang, text};

/// How far long work is: `done` of `total`, or unknown without a total.
///
/// `<Progress label=t(text::importing) done=read total=Some(rows)/>`
#[component]
pub fn Progress(
    #[prop(into)] label: TextProp,
    #[prop(into)] done: Signal<u64>,
    #[prop(optional, into)] total: Signal<Option<u64>>,
) -> impl IntoView {
    let share = move || total.get().filter(|total| *total > 0).map(|total| done.get().min(total) as f64 / total as f64);
    let name = label.clone();
    view! {
        <div class="progress" class:unknown=move || share().is_none()>
            <div class="progress-line">
                <span>{move || label.get()}</span>
                <span>{move || share().map(|share| format!("{:.0}%", share * 100.0))}</span>
            </div>
            <div
                class="progress-track"
                role="progressbar"
                aria-label=move || name.get()
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=move || share().map(|share| format!("{:.0}", share * 100.0))
            >
                <div class="progress-fill" style:transform=move || share().map(|share| format!("scaleX({share:.4})"))></div>
            </div>
        </div>
    }
    .into_any()
}

/// Grey lines where words will be, in the height they will have. `<Skeleton lines=5/>`
#[component]
pub fn Skeleton(#[prop(default = 3)] lines: usize) -> impl IntoView {
    let lang = use_lang();
    const WIDTHS: [&str; 5] = ["72%", "94%", "83%", "61%", "89%"];
    view! {
        <div class="skeleton" role="status">
            <span class="sr-only">{move || text::loading(lang.get())}</span>
            {(0..lines).map(|i| view! { <i style:width=WIDTHS[i % WIDTHS.len()]></i> }).collect_view()}
        </div>
    }
    .into_any()
}
