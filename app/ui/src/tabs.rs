use leptos::{ev, prelude::*, text_prop::TextProp};

use crate::dom;

/// One tab.
#[derive(Clone)]
pub struct Tab {
    key: &'static str,
    label: TextProp,
    count: Option<Signal<Option<i64>>>,
}

impl Tab {
    pub fn new(key: &'static str, label: impl Into<TextProp>) -> Tab {
        Tab { key, label: label.into(), count: None }
    }

    /// A figure behind the words, once it is known.
    pub fn count(mut self, count: impl Into<Signal<Option<i64>>>) -> Tab {
        self.count = Some(count.into());
        self
    }
}

/// The row of tabs; arrows move, the panels are [`TabPanel`]s with the same `name`.
///
/// `<Tabs name="c360" label=t(text::parts) active tabs=vec![Tab::new("holdings", t(text::holdings))]/>`
#[component]
pub fn Tabs(
    #[prop(into)] name: String,
    #[prop(into)] label: TextProp,
    active: RwSignal<String>,
    tabs: Vec<Tab>,
    #[prop(optional, into)] on_change: Option<Callback<String>>,
) -> impl IntoView {
    let keys: Vec<&'static str> = tabs.iter().map(|tab| tab.key).collect();
    let choose = move |key: &str| {
        active.set(key.to_string());
        if let Some(on_change) = on_change {
            on_change.run(key.to_string());
        }
    };
    let prefix = name.clone();
    let on_key = move |event: ev::KeyboardEvent| {
        let at = active.with_untracked(|active| keys.iter().position(|key| key == active)).unwrap_or(0);
        let to = match event.key().as_str() {
            "ArrowRight" => (at + 1) % keys.len(),
            "ArrowLeft" => (at + keys.len() - 1) % keys.len(),
            "Home" => 0,
            "End" => keys.len() - 1,
            _ => return,
        };
        event.prevent_default();
        choose(keys[to]);
        dom::focus_id(&format!("{prefix}-tab-{}", keys[to]));
    };
    let row = tabs
        .into_iter()
        .map(|Tab { key, label, count }| {
            let panel = format!("{name}-panel-{key}");
            let on = move || active.with(|active| active == key);
            view! {
                <button
                    type="button"
                    role="tab"
                    id=format!("{name}-tab-{key}")
                    aria-selected=move || on().to_string()
                    aria-controls=move || on().then(|| panel.clone())
                    tabindex=move || if on() { "0" } else { "-1" }
                    on:click=move |_| choose(key)
                >
                    {move || label.get()}
                    {count.map(|count| view! { <span class="tab-count">{move || count.get()}</span> })}
                </button>
            }
        })
        .collect_view();
    view! { <div class="tabs" role="tablist" aria-label=move || label.get() on:keydown=on_key>{row}</div> }.into_any()
}

/// What a tab shows; rendered while its tab is active. `<TabPanel name="c360" tab="holdings" active>…</TabPanel>`
#[component]
pub fn TabPanel(#[prop(into)] name: String, tab: &'static str, active: RwSignal<String>, children: ChildrenFn) -> impl IntoView {
    let on = Memo::new(move |_| active.with(|active| active == tab));
    move || {
        let (name, children) = (name.clone(), children.clone());
        on.get().then(move || {
            view! {
                <div
                    class="tab-panel"
                    role="tabpanel"
                    id=format!("{name}-panel-{tab}")
                    aria-labelledby=format!("{name}-tab-{tab}")
                    tabindex="0"
                >
                    {children()}
                </div>
            }
            .into_any()
        })
    }
}
