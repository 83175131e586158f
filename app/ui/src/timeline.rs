use leptos::{prelude::*, text_prop::TextProp};

use crate::badge::Tone;

/// What happened, newest first. `<Timeline><TimelineItem …>…</TimelineItem></Timeline>`
#[component]
pub fn Timeline(children: Children) -> impl IntoView {
    view! { <ol class="timeline">{children()}</ol> }.into_any()
}

/// One happening: when, what, by whom, and the words below it.
///
/// `<TimelineItem when="10:32" title="电话联系" by="王小明">"已约周四面谈"</TimelineItem>`
#[component]
pub fn TimelineItem(
    #[prop(into)] when: TextProp,
    #[prop(into)] title: TextProp,
    #[prop(optional, into)] by: Option<TextProp>,
    #[prop(optional)] tone: Tone,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <li class=tone.class()>
            <div class="timeline-when">{move || when.get()}</div>
            <div class="timeline-what">
                <span class="timeline-title">{move || title.get()}</span>
                {by.map(|by| view! { <span class="timeline-by">" · "{move || by.get()}</span> })}
                {children.map(|children| view! { <div class="muted">{children()}</div> })}
            </div>
        </li>
    }
    .into_any()
}
