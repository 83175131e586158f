//! The page's title, as the browser shows it.

use leptos::{prelude::*, text_prop::TextProp};

/// As `leptos_meta`'s, but the server reads the text while it makes the page. That one reads it when the head is
/// written, after other requests had their turn: then it finds their signals where this page's were.
#[component]
pub fn Title(#[prop(into)] text: TextProp) -> impl IntoView {
    let text = crate::practice::marked(text);
    #[cfg(feature = "ssr")]
    let text = TextProp::from(text.get().into_owned());
    view! { <leptos_meta::Title text /> }
}
