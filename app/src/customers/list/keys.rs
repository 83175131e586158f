//! The page's own keys, and the list of all of them.

use guanhu_domain::Lang;
use guanhu_ui::{Dialog, dom as ui_dom, use_lang};
use leptos::{ev, prelude::*};

use super::{dom, search, text};

/// `/` leads to the search, `?` explains. Returns nothing to listen to on the server.
pub fn listen(help: RwSignal<bool>) {
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            let heard = window_event_listener(ev::keydown, move |event| {
                if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() || dom::on_input(&event) {
                    return;
                }
                match event.key().as_str() {
                    "/" => {
                        event.prevent_default();
                        ui_dom::focus_id(search::BOX);
                    }
                    "?" => {
                        event.prevent_default();
                        help.set(true);
                    }
                    _ => {}
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
