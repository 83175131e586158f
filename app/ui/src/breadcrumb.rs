use leptos::{prelude::*, text_prop::TextProp};

use crate::{lang::t, text};

/// The way here, from the root down: words and addresses. The last is where one is and has none.
///
/// `<Breadcrumb path=vec![(t(text::customers).into(), Some("/customers".into())), ("王小明".into(), None)]/>`
#[component]
pub fn Breadcrumb(path: Vec<(TextProp, Option<String>)>) -> impl IntoView {
    let steps = path
        .into_iter()
        .map(|(words, href)| match href {
            Some(href) => view! { <li><a href=href>{move || words.get()}</a></li> }.into_any(),
            None => view! { <li aria-current="page">{move || words.get()}</li> }.into_any(),
        })
        .collect_view();
    view! { <nav class="breadcrumb" aria-label=t(text::breadcrumb)><ol>{steps}</ol></nav> }.into_any()
}

/// Steps of a longer job; `at` counts from zero. `<Stepper at=step steps=vec!["上传".into(), "核对".into()]/>`
#[component]
pub fn Stepper(#[prop(into)] at: Signal<usize>, steps: Vec<TextProp>) -> impl IntoView {
    let items = steps
        .into_iter()
        .enumerate()
        .map(|(i, words)| {
            view! {
                <li class:done=move || i < at.get() aria-current=move || (i == at.get()).then_some("step")>
                    {move || words.get()}
                </li>
            }
        })
        .collect_view();
    view! { <ol class="stepper">{items}</ol> }.into_any()
}
