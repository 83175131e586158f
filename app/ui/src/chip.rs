use leptos::{prelude::*, text_prop::TextProp};

use crate::{
    icon::{Glyph, Icon},
    lang::use_lang,
    text,
};

/// A condition in force, said as "field value", that can be taken away or clicked to change.
///
/// `<Chip field=t(text::tier) value="金卡" on_remove=move |_| clear()/>`
#[component]
pub fn Chip(
    #[prop(optional, into)] field: Option<TextProp>,
    #[prop(into)] value: TextProp,
    #[prop(optional)] on: bool,
    #[prop(optional, into)] on_remove: Option<Callback<()>>,
) -> impl IntoView {
    let lang = use_lang();
    let words = value.clone();
    view! {
        <span class="chip" class:on=on>
            {field.map(|field| view! { <span class="chip-field">{move || field.get()}</span> })}
            <span class="clip">{move || value.get()}</span>
            {on_remove.map(|on_remove| view! {
                <button
                    class="chip-remove"
                    type="button"
                    aria-label=move || text::remove_named(lang.get(), &words.get())
                    on:click=move |_| on_remove.run(())
                >
                    <Icon glyph=Glyph::Close/>
                </button>
            })}
        </span>
    }
    .into_any()
}

/// A chip that is switched on and off. `<ChipToggle on=dormant label=t(text::dormant)/>`
#[component]
pub fn ChipToggle(
    on: RwSignal<bool>,
    #[prop(into)] label: TextProp,
    #[prop(optional, into)] on_change: Option<Callback<bool>>,
) -> impl IntoView {
    view! {
        <button
            class="chip"
            type="button"
            aria-pressed=move || on.get().to_string()
            on:click=move |_| {
                let now = !on.get_untracked();
                on.set(now);
                if let Some(on_change) = on_change {
                    on_change.run(now);
                }
            }
        >
            {move || label.get()}
        </button>
    }
    .into_any()
}
