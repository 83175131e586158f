//! The map of keys behind `?`.

use guanhu_ui::{Dialog, use_lang};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::text;
use crate::{
    desk::{Desk, Tool},
    keymap::{Part, Shortcut, for_page},
};

#[component]
pub fn KeysDialog(desk: Desk) -> impl IntoView {
    let lang = use_lang();
    let path = use_location().pathname;
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(desk.open.get() == Some(Tool::Keys)));
    Effect::new(move |_| {
        if !open.get() && desk.open.get_untracked() == Some(Tool::Keys) {
            desk.open.set(None);
        }
    });
    let shortcut = move |Shortcut { keys, does }: &'static Shortcut| {
        view! {
            <div>
                <dt>{keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view()}</dt>
                <dd>{move || does(lang.get())}</dd>
            </div>
        }
    };
    let part = move |Part { name, keys, .. }: &'static Part| {
        view! {
            <section class="keys-part">
                <h3>{move || name(lang.get())}</h3>
                <dl class="keys">{keys.iter().map(shortcut).collect_view()}</dl>
            </section>
        }
    };
    // Long on a small screen, and nothing in it takes the focus: it does itself, to be scrolled by keys.
    let body =
        move || view! { <div class="keys-map" tabindex="0">{path.with(|path| for_page(path)).into_iter().map(part).collect_view()}</div> };
    view! { <Dialog name="keys" open wide=true title=move || text::keys(lang.get())>{body}</Dialog> }.into_any()
}
