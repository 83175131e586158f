//! The page's own keys, and the list of all of them.

use guanhu_domain::Lang;
use guanhu_ui::{Dialog, use_lang};
use leptos::{ev, prelude::*};

use super::{super::dom, text};

/// `?` explains. `/` is heard on every page, by the search in the bar.
pub fn listen(help: RwSignal<bool>) {
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            let heard = window_event_listener(ev::keydown, move |event| {
                if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() || dom::on_input(&event) {
                    return;
                }
                if event.key() == "?" {
                    event.prevent_default();
                    help.set(true);
                }
            });
            on_cleanup(move || heard.remove());
        }
    });
}

const KEYS: [(&[&str], fn(Lang) -> &'static str); 8] = [
    (&["/"], text::key_search),
    (&["↓"], text::key_down),
    (&["↑", "↓", "j", "k"], text::key_move),
    (&["Enter"], text::key_open),
    (&["Space", "x"], text::key_select),
    (&["Ctrl A"], text::key_select_all),
    (&["Esc"], text::key_clear),
    (&["?"], text::key_help),
];

#[component]
pub fn Help(open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <Dialog name="customer-keys" open title=move || text::keys_title(lang.get())>
            <dl class="keys">
                {KEYS
                    .map(|(keys, what)| {
                        view! {
                            <div>
                                <dt>{keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view()}</dt>
                                <dd>{move || what(lang.get())}</dd>
                            </div>
                        }
                    })
                    .into_iter()
                    .collect_view()}
            </dl>
        </Dialog>
    }
}
