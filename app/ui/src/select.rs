use leptos::{ev, html, prelude::*, text_prop::TextProp};

use crate::{
    dom,
    field::use_field,
    icon::{Glyph, Icon},
    lang::use_lang,
    text,
};

/// One of the things to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// Said in grey beside the label.
    pub hint: String,
    /// Further words that find it: pinyin, initials, codes.
    pub find: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Choice {
        Choice { value: value.into(), label: label.into(), ..Choice::default() }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Choice {
        self.hint = hint.into();
        self
    }

    pub fn find(mut self, find: impl Into<String>) -> Choice {
        self.find = find.into();
        self
    }

    fn matches(&self, typed: &str) -> bool {
        let typed = typed.trim().to_lowercase();
        typed.is_empty() || [&self.label, &self.value, &self.hint, &self.find].iter().any(|text| text.to_lowercase().contains(&typed))
    }
}

/// A native choice among few. An empty value is "choose" unless `empty` gives its words.
///
/// `<Select value=kind choices=vec![Choice::new("p", "个人"), Choice::new("c", "对公")]/>`
#[component]
pub fn Select(
    value: RwSignal<String>,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    #[prop(optional, into)] label: Option<TextProp>,
    /// Words for the empty value; without it "choose" is offered only while nothing is chosen.
    #[prop(optional, into)]
    empty: Option<TextProp>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] on_change: Option<Callback<String>>,
) -> impl IntoView {
    let lang = use_lang();
    let field = use_field();
    let node = NodeRef::<html::Select>::new();
    dom::bind_select(
        node,
        Signal::derive(move || {
            choices.track();
            value.get()
        }),
    );
    let always = empty.is_some();
    let empty_words = move || match &empty {
        Some(words) => words.get(),
        None => text::choose(lang.get()).into(),
    };
    let starts_empty = value.with_untracked(String::is_empty);
    view! {
        <select
            node_ref=node
            class="input"
            id=field.as_ref().map(|field| field.id.clone())
            name=field.as_ref().map(|field| field.name.clone())
            required=field.as_ref().is_some_and(|field| field.required)
            aria-describedby=field.as_ref().map(|field| { let by = field.described_by; move || by.get() })
            aria-invalid=field.map(|field| move || field.invalid.get().then_some("true"))
            aria-label=label.map(|label| move || label.get())
            disabled=move || disabled.get()
            on:change=move |event| {
                let chosen = event_target_value(&event);
                value.set(chosen.clone());
                if let Some(on_change) = on_change {
                    on_change.run(chosen);
                }
            }
        >
            {(always || starts_empty).then(|| view! { <option value="">{empty_words}</option> })}
            {move || choices.get().into_iter().map(|choice| {
                let selected = value.with_untracked(|value| *value == choice.value);
                view! { <option value=choice.value selected=selected>{choice.label}</option> }
            }).collect_view()}
        </select>
    }
    .into_any()
}

/// The open list shared by [`Combobox`] and [`MultiSelect`].
fn option_list(
    list_id: String,
    shown: Memo<Vec<Choice>>,
    active: RwSignal<usize>,
    chosen: Signal<Vec<String>>,
    multiple: bool,
    pick: Callback<Choice>,
) -> AnyView {
    let lang = use_lang();
    let id = list_id.clone();
    let rows = move || {
        let choices = shown.get();
        if choices.is_empty() {
            return view! { <li class="option none">{text::no_match(lang.get())}</li> }.into_any();
        }
        choices
            .into_iter()
            .enumerate()
            .map(|(i, choice)| {
                let value = choice.value.clone();
                let (label, hint) = (choice.label.clone(), choice.hint.clone());
                view! {
                    <li
                        class="option"
                        class:active=move || active.get() == i
                        id=format!("{id}-{i}")
                        role="option"
                        aria-selected=move || chosen.with(|chosen| chosen.contains(&value)).to_string()
                        // The input keeps the focus while the list is clicked.
                        on:mousedown=move |event: ev::MouseEvent| event.prevent_default()
                        on:click=move |_| pick.run(choice.clone())
                    >
                        {label}
                        {(!hint.is_empty()).then(|| view! { <small>{hint}</small> })}
                    </li>
                }
            })
            .collect_view()
            .into_any()
    };
    view! { <ul class="listbox" id=list_id role="listbox" aria-multiselectable=multiple.then_some("true")>{rows}</ul> }.into_any()
}

/// Moves the active option; true when the key was one of the list's.
fn list_key(key: &str, open: RwSignal<bool>, active: RwSignal<usize>, count: usize, list_id: &str) -> bool {
    let last = count.saturating_sub(1);
    match key {
        "ArrowDown" | "ArrowUp" if !open.get_untracked() => open.set(true),
        "ArrowDown" => active.update(|active| *active = if *active >= last { 0 } else { *active + 1 }),
        "ArrowUp" => active.update(|active| *active = if *active == 0 { last } else { *active - 1 }),
        "PageDown" => active.update(|active| *active = (*active + 8).min(last)),
        "PageUp" => active.update(|active| *active = active.saturating_sub(8)),
        _ => return false,
    }
    let id = format!("{list_id}-{}", active.get_untracked());
    dom::next_frame(move || dom::reveal_id(&id));
    true
}

/// A choice among many, found by typing (ARIA combobox with a list). With `on_search` the caller fetches
/// `choices` for what is typed; without, they are filtered here by label, hint, value and find words.
///
/// `<Combobox name="manager" value=manager choices=managers/>` with `manager: RwSignal<Option<Choice>>`
#[component]
pub fn Combobox(
    /// Unique on the page; inside a [`Field`](crate::Field) the field's own id labels the input.
    #[prop(into)]
    name: String,
    value: RwSignal<Option<Choice>>,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    #[prop(optional, into)] label: Option<TextProp>,
    #[prop(optional, into)] placeholder: Option<TextProp>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] on_search: Option<Callback<String>>,
    #[prop(optional, into)] on_change: Option<Callback<Option<Choice>>>,
) -> impl IntoView {
    let field = use_field();
    let list_id = format!("{name}-list");
    let node = NodeRef::<html::Input>::new();
    let open = RwSignal::new(false);
    let active = RwSignal::new(0usize);
    let typed = RwSignal::new(None::<String>);
    let local = on_search.is_none();
    let shown = Memo::new(move |_| {
        let filter = typed.get().unwrap_or_default();
        choices.with(|all| all.iter().filter(|c| !local || c.matches(&filter)).take(200).cloned().collect::<Vec<_>>())
    });
    let chosen = Signal::derive(move || value.with(|value| value.iter().map(|choice| choice.value.clone()).collect()));
    let words = Signal::derive(move || match typed.get() {
        Some(typed) => typed,
        None => value.with(|value| value.as_ref().map(|choice| choice.label.clone()).unwrap_or_default()),
    });
    let set = move |to: Option<Choice>| {
        typed.set(None);
        open.set(false);
        if value.with_untracked(|value| *value != to) {
            value.set(to.clone());
            if let Some(on_change) = on_change {
                on_change.run(to);
            }
        }
    };
    let pick = Callback::new(move |choice: Choice| set(Some(choice)));
    let search = Callback::new(move |text: String| {
        active.set(0);
        open.set(true);
        if let Some(on_search) = on_search {
            on_search.run(text.clone());
        }
        typed.set(Some(text));
    });
    dom::bind_value(node, words, words.get_untracked(), search);
    let list_for_keys = list_id.clone();
    let on_key = move |event: ev::KeyboardEvent| {
        let key = event.key();
        let count = shown.with_untracked(Vec::len);
        if event.is_composing() {
            return;
        }
        if list_key(&key, open, active, count, &list_for_keys) {
            event.prevent_default();
        } else if key == "Enter" && open.get_untracked() {
            event.prevent_default();
            if let Some(choice) = shown.with_untracked(|shown| shown.get(active.get_untracked()).cloned()) {
                pick.run(choice);
            }
        } else if key == "Escape" && (open.get_untracked() || typed.with_untracked(Option::is_some)) {
            event.prevent_default();
            event.stop_propagation();
            typed.set(None);
            open.set(false);
        }
    };
    // Leaving with an emptied input clears the choice; anything half typed is dropped, never guessed.
    let on_blur = move |_| {
        if typed.with_untracked(|typed| typed.as_deref() == Some("")) {
            set(None);
        } else {
            typed.set(None);
            open.set(false);
        }
    };
    let (list_a, list_b) = (list_id.clone(), list_id.clone());
    view! {
        <div class="combo">
            <input
                node_ref=node
                class="input"
                type="text"
                role="combobox"
                autocomplete="off"
                id=field.as_ref().map(|field| field.id.clone())
                aria-autocomplete="list"
                aria-expanded=move || open.get().to_string()
                aria-controls=move || open.get().then(|| list_a.clone())
                aria-activedescendant=move || {
                    (open.get() && !shown.with(Vec::is_empty)).then(|| format!("{list_b}-{}", active.get()))
                }
                aria-describedby=field.as_ref().map(|field| { let by = field.described_by; move || by.get() })
                aria-invalid=field.as_ref().map(|field| { let bad = field.invalid; move || bad.get().then_some("true") })
                aria-required=field.as_ref().and_then(|field| field.required.then_some("true"))
                aria-label=label.map(|label| move || label.get())
                placeholder=placeholder.map(|text| move || text.get())
                value=words.get_untracked()
                disabled=move || disabled.get()
                on:input=move |event| search.run(event_target_value(&event))
                on:click=move |_| open.set(true)
                on:keydown=on_key
                on:blur=on_blur
            />
            {move || open.get().then(|| option_list(list_id.clone(), shown, active, chosen, false, pick))}
        </div>
    }
    .into_any()
}

/// Several choices, each a chip, found by typing. Backspace in the empty input takes the last one back.
///
/// `<MultiSelect name="tiers" values=tiers choices=all_tiers/>` with `tiers: RwSignal<Vec<String>>`
#[component]
pub fn MultiSelect(
    #[prop(into)] name: String,
    values: RwSignal<Vec<String>>,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    #[prop(optional, into)] label: Option<TextProp>,
    #[prop(optional, into)] placeholder: Option<TextProp>,
) -> impl IntoView {
    let lang = use_lang();
    let field = use_field();
    let list_id = format!("{name}-list");
    let node = NodeRef::<html::Input>::new();
    let open = RwSignal::new(false);
    let active = RwSignal::new(0usize);
    let typed = RwSignal::new(String::new());
    let shown = Memo::new(move |_| {
        let filter = typed.get();
        choices.with(|all| all.iter().filter(|c| c.matches(&filter)).take(200).cloned().collect::<Vec<_>>())
    });
    let pick = Callback::new(move |choice: Choice| {
        typed.set(String::new());
        values.update(|values| match values.iter().position(|value| *value == choice.value) {
            Some(at) => drop(values.remove(at)),
            None => values.push(choice.value),
        });
    });
    let search = Callback::new(move |text: String| {
        active.set(0);
        open.set(true);
        typed.set(text);
    });
    dom::bind_value(node, typed.into(), String::new(), search);
    let list_for_keys = list_id.clone();
    let on_key = move |event: ev::KeyboardEvent| {
        let key = event.key();
        let count = shown.with_untracked(Vec::len);
        if event.is_composing() {
            return;
        }
        if list_key(&key, open, active, count, &list_for_keys) {
            event.prevent_default();
        } else if key == "Enter" && open.get_untracked() {
            event.prevent_default();
            if let Some(choice) = shown.with_untracked(|shown| shown.get(active.get_untracked()).cloned()) {
                pick.run(choice);
            }
        } else if key == "Escape" && open.get_untracked() {
            event.prevent_default();
            event.stop_propagation();
            open.set(false);
        } else if key == "Backspace" && typed.with_untracked(String::is_empty) {
            values.update(|values| drop(values.pop()));
        }
    };
    let chips = move || {
        let names = choices.get();
        values
            .get()
            .into_iter()
            .map(|value| {
                let words = names.iter().find(|c| c.value == value).map_or_else(|| value.clone(), |c| c.label.clone());
                let remove_words = words.clone();
                view! {
                    <span class="chip">
                        {words}
                        <button
                            class="chip-remove"
                            type="button"
                            aria-label=move || text::remove_named(lang.get(), &remove_words)
                            on:click=move |_| values.update(|values| values.retain(|v| *v != value))
                        >
                            <Icon glyph=Glyph::Close/>
                        </button>
                    </span>
                }
            })
            .collect_view()
    };
    let (list_a, list_b) = (list_id.clone(), list_id.clone());
    view! {
        <div class="combo">
            <div class="multi">
                {chips}
                <input
                    node_ref=node
                    type="text"
                    role="combobox"
                    autocomplete="off"
                    id=field.as_ref().map(|field| field.id.clone())
                    aria-autocomplete="list"
                    aria-expanded=move || open.get().to_string()
                    aria-controls=move || open.get().then(|| list_a.clone())
                    aria-activedescendant=move || {
                        (open.get() && !shown.with(Vec::is_empty)).then(|| format!("{list_b}-{}", active.get()))
                    }
                    aria-describedby=field.as_ref().map(|field| { let by = field.described_by; move || by.get() })
                    aria-label=label.map(|label| move || label.get())
                    placeholder=placeholder.map(|text| move || text.get())
                    on:input=move |event| search.run(event_target_value(&event))
                    on:click=move |_| open.set(true)
                    on:keydown=on_key
                    on:blur=move |_| open.set(false)
                />
            </div>
            {move || open.get().then(|| {
                option_list(list_id.clone(), shown, active, values.into(), true, pick)
            })}
        </div>
    }
    .into_any()
}
