use leptos::{prelude::*, text_prop::TextProp};

/// A tick box with its words. `on_change` runs after a person changed it.
///
/// `<Checkbox checked=dormant label=t(text::include_dormant)/>`
#[component]
pub fn Checkbox(
    checked: RwSignal<bool>,
    #[prop(into)] label: TextProp,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] on_change: Option<Callback<bool>>,
) -> impl IntoView {
    view! {
        <label class="check">
            <input
                type="checkbox"
                checked=checked.get_untracked()
                prop:checked=move || checked.get()
                disabled=move || disabled.get()
                on:change=move |event| {
                    let now = event_target_checked(&event);
                    checked.set(now);
                    if let Some(on_change) = on_change {
                        on_change.run(now);
                    }
                }
            />
            <span>{move || label.get()}</span>
        </label>
    }
    .into_any()
}

/// One of a few, each with its words; arrow keys move. `name` is unique on the page.
///
/// `<Radio name="role" value=role label=t(text::role) choices=vec![("lead".into(), "主办".into())]/>`
#[component]
pub fn Radio(
    #[prop(into)] name: String,
    value: RwSignal<String>,
    #[prop(into)] label: TextProp,
    #[prop(into)] choices: Signal<Vec<(String, String)>>,
) -> impl IntoView {
    view! {
        <fieldset class="line" aria-label=move || label.get()>
            {move || {
                let name = name.clone();
                choices.get().into_iter().map(move |(key, words)| {
                    let (shown, own) = (key.clone(), key.clone());
                    view! {
                        <label class="check">
                            <input
                                type="radio"
                                name=name.clone()
                                value=key
                                checked=value.with_untracked(|value| *value == shown)
                                prop:checked=move || value.with(|value| *value == shown)
                                on:change=move |_| value.set(own.clone())
                            />
                            <span>{words}</span>
                        </label>
                    }
                }).collect_view()
            }}
        </fieldset>
    }
    .into_any()
}
