use leptos::{prelude::*, text_prop::TextProp};

use crate::{
    badge::Tone,
    button::Button,
    icon::Glyph,
    lang::{t, use_lang},
    text,
};

/// Nothing is here yet: says what would be, and offers the first step as children.
///
/// `<EmptyState title=t(text::no_tasks) text=t(text::no_tasks_hint)><Button>…</Button></EmptyState>`
#[component]
pub fn EmptyState(
    #[prop(into)] title: TextProp,
    #[prop(optional, into)] text: Option<TextProp>,
    #[prop(optional)] centre: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="state" class:centre=centre>
            // A title, whether or not it was written as a sentence.
            <p class="state-title">{move || title.get().trim_end_matches(['。', '.']).to_owned()}</p>
            {text.map(|text| view! { <p class="state-text">{move || text.get()}</p> })}
            {children.map(|children| view! { <div class="state-actions">{children()}</div> })}
        </div>
    }
    .into_any()
}

/// Something failed: what happened, what to do, a reference to quote, and another try.
///
/// `<ErrorState message=error.message todo="请稍后重试" reference=error.reference on_retry=move |_| reload()/>`
#[component]
pub fn ErrorState(
    #[prop(into)] message: TextProp,
    #[prop(optional, into)] todo: Option<TextProp>,
    #[prop(optional, into)] reference: Option<String>,
    #[prop(optional, into)] on_retry: Option<Callback<()>>,
) -> impl IntoView {
    let lang = use_lang();
    view! {
        <div class="state error" role="alert">
            <p class="state-title">{move || message.get()}</p>
            {todo.map(|todo| view! { <p class="state-text">{move || todo.get()}</p> })}
            {reference.filter(|code| !code.is_empty()).map(|code| view! { <p class="state-ref">{move || text::reference(lang.get(), &code)}</p> })}
            {on_retry.map(|on_retry| view! {
                <div class="state-actions">
                    <Button icon=Glyph::History on_click=move |_| on_retry.run(())>{t(text::retry)}</Button>
                </div>
            })}
        </div>
    }
    .into_any()
}

/// A line above the page that stays: practice mode, a stale feed, read-only. `<Notice tone=Tone::Warn>…</Notice>`
#[component]
pub fn Notice(#[prop(optional)] tone: Tone, children: Children) -> impl IntoView {
    let role = if tone == Tone::Alarm { "alert" } else { "status" };
    view! { <div class=format!("notice {}", tone.class()) role=role>{children()}</div> }.into_any()
}
