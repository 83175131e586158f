//! A list to pick from inside a filter: narrowed by typing when it is long.

use guanhu_ui::{TierMark, dom as ui_dom, use_lang};
use leptos::{ev, prelude::*};

use super::text;

/// One of the things to pick.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pickable {
    pub code: String,
    pub label: String,
    /// Said in grey behind it.
    pub note: String,
    /// Further words that find it: pinyin, initials.
    pub find: String,
    /// How far it is indented.
    pub depth: usize,
    /// Drawn before it.
    pub mark: Option<i16>,
    /// A heading above it, where it begins a part of the list.
    pub part: Option<String>,
}

impl Pickable {
    pub fn new(code: impl Into<String>, label: impl Into<String>) -> Pickable {
        Pickable { code: code.into(), label: label.into(), ..Pickable::default() }
    }

    fn matches(&self, typed: &str) -> bool {
        typed.is_empty() || [&self.label, &self.code, &self.note, &self.find].iter().any(|text| text.to_lowercase().contains(typed))
    }
}

/// More than so many are narrowed by typing.
const MANY: usize = 12;
/// Nobody reads further; typing narrows.
const SHOWN: usize = 200;

/// `name` is unique on the page. `on_pick` toggles or chooses; the caller knows which.
#[component]
pub fn PickList(
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    #[prop(into)] options: Signal<Vec<Pickable>>,
    #[prop(into)] chosen: Signal<Vec<String>>,
    #[prop(optional)] multiple: bool,
    on_pick: Callback<String>,
) -> impl IntoView {
    let lang = use_lang();
    let typed = RwSignal::new(String::new());
    let many = Memo::new(move |_| options.with(Vec::len) > MANY);
    let shown = Memo::new(move |_| {
        let typed = typed.with(|typed| typed.trim().to_lowercase());
        options.with(|options| options.iter().filter(|option| option.matches(&typed)).take(SHOWN).cloned().collect::<Vec<_>>())
    });
    let list_id = format!("pick-{name}");
    let keys_id = list_id.clone();
    let on_key = move |event: ev::KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            "Home" => 0,
            "End" => i32::MAX,
            _ => return,
        };
        event.prevent_default();
        ui_dom::move_focus(&keys_id, "[role=option]", step);
    };
    let into_id = list_id.clone();
    let narrow = move || {
        let into_id = into_id.clone();
        many.get().then(|| {
            view! {
                <input
                    class="input"
                    type="text"
                    autocomplete="off"
                    spellcheck="false"
                    aria-label=move || text::narrow(lang.get())
                    placeholder=move || text::narrow(lang.get())
                    on:input=move |event| typed.set(event_target_value(&event))
                    on:keydown=move |event: ev::KeyboardEvent| {
                        if matches!(event.key().as_str(), "ArrowDown" | "Enter") && !event.is_composing() {
                            event.prevent_default();
                            ui_dom::move_focus(&into_id, "[role=option]", 0);
                        }
                    }
                />
            }
        })
    };
    let none = Memo::new(move |_| shown.with(Vec::is_empty));
    let lines = move || {
        shown
            .get()
            .into_iter()
            .map(|option| {
                let Pickable { code, label, note, depth, mark, part, .. } = option;
                let own = code.clone();
                let words = match mark {
                    Some(rank) => view! { <TierMark rank label /> }.into_any(),
                    None => view! { <span>{label}</span> }.into_any(),
                };
                view! {
                    {part.map(|part| view! { <p class="pick-part">{part}</p> })}
                    <button
                        type="button"
                        class="pick-option"
                        role="option"
                        style:padding-inline-start=(depth > 0).then(|| format!("calc(var(--s3) + {depth}em)"))
                        aria-selected=move || chosen.with(|chosen| chosen.contains(&own)).to_string()
                        on:click=move |_| on_pick.run(code.clone())
                    >
                        {words}
                        {(!note.is_empty()).then(|| view! { <small>{note}</small> })}
                    </button>
                }
            })
            .collect_view()
            .into_any()
    };
    view! {
        <div class="pick-list">
            {narrow}
            {move || none.get().then(|| view! { <p class="faint" role="status">{move || text::no_choice(lang.get())}</p> })}
            // A list box without options is none.
            <div
                id=list_id
                hidden=move || none.get()
                role="listbox"
                aria-label=move || label.get()
                aria-multiselectable=multiple.then_some("true")
                on:keydown=on_key
            >
                {lines}
            </div>
        </div>
    }
}
