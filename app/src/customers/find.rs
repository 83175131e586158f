//! The search in the bar, on every page. The box is part of every first paint; asking and showing what was
//! found come in the script of what is at hand, once somebody types.

pub mod results;

use guanhu_domain::access::{Me, Verb};
use guanhu_ui::{Glyph, Icon, dom as ui_dom, use_lang};
use leptos::{ev, html, prelude::*};
use leptos_router::hooks::use_location;

use super::{
    dom,
    list::{search_box, text},
};
use crate::desk::{self, Hand};

const BOX: &str = "find-customer";
const LIST: &str = "find-customer-list";

/// What the box wants of its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// What was typed is to be looked for.
    Seek,
    /// The line at this place was chosen.
    Choose(usize),
    /// All of them in the list.
    Whole,
}

/// What the box and its results share.
#[derive(Clone, Copy)]
pub struct Finder {
    pub typed: RwSignal<String>,
    pub open: RwSignal<bool>,
    pub active: RwSignal<usize>,
    /// Lines that can be chosen.
    pub lines: RwSignal<usize>,
    /// The latest wish and its number: wishing the same twice is two wishes.
    pub asks: RwSignal<(u32, Option<Ask>)>,
    wanted: RwSignal<bool>,
}

impl Finder {
    fn new() -> Finder {
        Finder {
            typed: RwSignal::new(String::new()),
            open: RwSignal::new(false),
            active: RwSignal::new(0),
            lines: RwSignal::new(0),
            asks: RwSignal::new((0, None)),
            wanted: RwSignal::new(false),
        }
    }

    fn ask(self, ask: Ask) {
        self.wanted.set(true);
        self.asks.update(|(number, asked)| {
            *number += 1;
            *asked = Some(ask);
        });
    }
}

/// `/` leads here, or to the list's own box on the list. Nothing for those who may not see customers.
#[component]
pub fn Find(me: Me) -> impl IntoView {
    if !me.may(Verb::CustomerList) {
        return ().into_any();
    }
    let lang = use_lang();
    let on_list = {
        let path = use_location().pathname;
        Memo::new(move |_| path.with(|path| path == "/customers"))
    };
    let node = NodeRef::<html::Input>::new();
    let finder = Finder::new();
    let Finder { typed, open, active, lines, wanted, .. } = finder;
    listen(on_list);
    let input = move |text: String| {
        typed.set(text);
        finder.ask(Ask::Seek);
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        let count = lines.get_untracked().max(1);
        match event.key().as_str() {
            "ArrowDown" if open.get_untracked() => active.update(|active| *active = (*active + 1) % count),
            "ArrowUp" if open.get_untracked() => active.update(|active| *active = (*active + count - 1) % count),
            "ArrowDown" => finder.ask(Ask::Seek),
            "Enter" if open.get_untracked() => finder.ask(Ask::Choose(active.get_untracked())),
            "Enter" if !typed.with_untracked(|typed| typed.trim().is_empty()) => finder.ask(Ask::Whole),
            "Escape" if open.get_untracked() => open.set(false),
            "Escape" => {
                typed.set(String::new());
                ui_dom::blur_id(BOX);
                return;
            }
            _ => return,
        }
        event.prevent_default();
    };
    ui_dom::bind_value(node, typed.into(), String::new(), Callback::new(input));
    let results = desk::comes(wanted, Hand::Find(finder, me));
    view! {
        <div class="find" class:away=move || on_list.get() role="search">
            <div class="search-line">
                <Icon glyph=Glyph::Search />
                <input
                    node_ref=node
                    id=BOX
                    class="input"
                    type="text"
                    inputmode="search"
                    enterkeyhint="search"
                    role="combobox"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    maxlength="64"
                    aria-autocomplete="list"
                    aria-expanded=move || open.get().to_string()
                    aria-controls=move || open.get().then_some(LIST)
                    aria-activedescendant=move || open.get().then(|| format!("{LIST}-{}", active.get()))
                    aria-label=move || text::search(lang.get())
                    placeholder=move || text::search_placeholder(lang.get())
                    on:input=move |event| {
                        if !dom::is_composing(&event) {
                            input(event_target_value(&event));
                        }
                    }
                    on:compositionend=move |event| input(event_target_value(&event))
                    on:keydown=on_key
                    on:blur=move |_| open.set(false)
                />
                {move || typed.with(String::is_empty).then(|| view! { <kbd aria-hidden="true">"/"</kbd> })}
                // On a phone the box covers the bar while it is used.
                <button
                    class="icon-btn find-close"
                    type="button"
                    aria-label=move || text::clear_search(lang.get())
                    on:mousedown=move |event: ev::MouseEvent| event.prevent_default()
                    on:click=move |_| {
                        typed.set(String::new());
                        open.set(false);
                        ui_dom::blur_id(BOX);
                    }
                >
                    <Icon glyph=Glyph::Close />
                </button>
            </div>
            {results}
        </div>
    }
    .into_any()
}

fn listen(on_list: Memo<bool>) {
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            let heard = window_event_listener(ev::keydown, move |event| {
                let chord = event.ctrl_key() || event.meta_key() || event.alt_key();
                if event.key() == "/" && !chord && !event.default_prevented() && !dom::on_input(&event) {
                    event.prevent_default();
                    ui_dom::focus_id(if on_list.get_untracked() { search_box() } else { BOX });
                }
            });
            on_cleanup(move || heard.remove());
        }
    });
}
