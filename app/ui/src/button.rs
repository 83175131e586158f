use leptos::{ev, prelude::*, text_prop::TextProp};

use crate::icon::{Glyph, Icon};

/// What a button is for.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum ButtonKind {
    #[default]
    Plain,
    /// The one thing this screen is for; at most one.
    Primary,
    /// An action in passing, without an edge.
    Quiet,
    /// Takes something away.
    Danger,
}

impl ButtonKind {
    const fn class(self) -> &'static str {
        match self {
            ButtonKind::Plain => "btn",
            ButtonKind::Primary => "btn primary",
            ButtonKind::Quiet => "btn quiet",
            ButtonKind::Danger => "btn danger",
        }
    }
}

/// A button, or a link that looks like one when `href` is given. While `busy` it keeps its words and
/// ignores clicks.
///
/// `<Button kind=ButtonKind::Primary on_click=move |_| save() busy=saving>{t(text::save)}</Button>`
#[component]
pub fn Button(
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional)] icon: Option<Glyph>,
    #[prop(optional, into)] busy: Signal<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// For toggles: announced as pressed or not.
    #[prop(optional, into)]
    pressed: Option<Signal<bool>>,
    #[prop(optional, into)] on_click: Option<Callback<ev::MouseEvent>>,
    #[prop(optional, into)] href: Option<TextProp>,
    /// `submit` inside a form.
    #[prop(default = "button")]
    r#type: &'static str,
    /// The name of a screen reader, where the words alone are not enough.
    #[prop(optional, into)]
    label: Option<TextProp>,
    children: Children,
) -> impl IntoView {
    let glyph = icon.map(|glyph| view! { <Icon glyph/> });
    let aria_label = label.map(|label| move || label.get());
    match href {
        Some(href) => view! { <a class=kind.class() href=move || href.get() aria-label=aria_label>{glyph}{children()}</a> }.into_any(),
        None => {
            let click = move |event: ev::MouseEvent| {
                if busy.get_untracked() {
                    event.prevent_default();
                } else if let Some(on_click) = on_click {
                    on_click.run(event);
                }
            };
            view! {
                <button
                    class=kind.class()
                    type=r#type
                    disabled=move || disabled.get()
                    aria-busy=move || busy.get().then_some("true")
                    aria-pressed=pressed.map(|pressed| move || if pressed.get() { "true" } else { "false" })
                    aria-label=aria_label
                    on:click=click
                >
                    {glyph}
                    {children()}
                </button>
            }
            .into_any()
        }
    }
}

/// A button that is only a sign; `label` is its name and its tooltip.
///
/// `<IconButton glyph=Glyph::Edit label=t(text::edit) on_click=move |_| edit()/>`
#[component]
pub fn IconButton(
    glyph: Glyph,
    #[prop(into)] label: TextProp,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] pressed: Option<Signal<bool>>,
    #[prop(optional, into)] on_click: Option<Callback<ev::MouseEvent>>,
    #[prop(optional, into)] id: Option<String>,
) -> impl IntoView {
    let title = label.clone();
    view! {
        <button
            id=id
            class="icon-btn"
            type="button"
            title=move || title.get()
            aria-label=move || label.get()
            aria-pressed=pressed.map(|pressed| move || if pressed.get() { "true" } else { "false" })
            disabled=move || disabled.get()
            on:click=move |event| {
                if let Some(on_click) = on_click {
                    on_click.run(event);
                }
            }
        >
            <Icon glyph/>
        </button>
    }
    .into_any()
}

/// Buttons side by side that choose one of a few. `<ButtonGroup label=…><Button pressed=…>…</ButtonGroup>`
#[component]
pub fn ButtonGroup(#[prop(into)] label: TextProp, children: Children) -> impl IntoView {
    view! { <div class="btn-group" role="group" aria-label=move || label.get()>{children()}</div> }.into_any()
}
