use leptos::{prelude::*, text_prop::TextProp};

/// Words that explain what is pointed at or focused. Never the only place of something needed.
///
/// `<Tooltip name="aum-help" text=t(text::aum_help)><abbr tabindex="0">"AUM"</abbr></Tooltip>`
#[component]
pub fn Tooltip(#[prop(into)] name: String, #[prop(into)] text: TextProp, #[prop(optional)] end: bool, children: Children) -> impl IntoView {
    let described = name.clone();
    view! {
        <span class="tip" class:end=end aria-describedby=described>
            {children()}
            <span class="tip-text" role="tooltip" id=name>{move || text.get()}</span>
        </span>
    }
    .into_any()
}
