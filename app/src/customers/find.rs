//! The search in the bar, on every page: the first few while typing, the whole list on request.

use guanhu_domain::{
    access::{Me, Verb},
    customers::{CustomerItem, CustomerQuery},
};
use guanhu_ui::{Glyph, Icon, TierMark, dom as ui_dom, use_lang};
use leptos::{ev, html, prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use super::{
    api, dom,
    list::{
        Figures, hand_over, private,
        question::{self, Reading},
        search_box, text,
    },
};

const BOX: &str = "find-customer";
const LIST: &str = "find-customer-list";
const PAUSE_MS: u64 = 120;
/// As many as are seen at a glance.
const FIRST: u16 = 8;

/// `/` leads here, or to the list's own box on the list. Nothing for those who may not see customers.
#[component]
pub fn Find(me: Me) -> impl IntoView {
    if !me.may(Verb::CustomerList) {
        return ().into_any();
    }
    let lang = use_lang();
    let figures = Figures::of(&me);
    let on_list = {
        let path = use_location().pathname;
        Memo::new(move |_| path.with(|path| path == "/customers"))
    };
    let node = NodeRef::<html::Input>::new();
    let typed = RwSignal::new(String::new());
    let found = RwSignal::new(Vec::<CustomerItem>::new());
    let more = RwSignal::new(false);
    let open = RwSignal::new(false);
    let active = RwSignal::new(0usize);
    let timer = StoredValue::new(None);
    let turn = StoredValue::new(0u64);

    listen(on_list);
    let seek = move || {
        let words = typed.with_untracked(|typed| typed.trim().to_owned());
        turn.update_value(|turn| *turn += 1);
        let asked = turn.get_value();
        if matches!(question::reading(&words), Reading::Nothing | Reading::TooShort) {
            found.set(Vec::new());
            open.set(false);
            return;
        }
        spawn_local(async move {
            let query = CustomerQuery { q: Some(words), limit: Some(FIRST), ..CustomerQuery::default() };
            match api::list_customers(query).await {
                Ok(page) if turn.get_value() == asked => {
                    more.set(page.next.is_some());
                    found.set(page.items);
                    active.set(0);
                    open.set(true);
                }
                Err(fail) if fail.0.code == guanhu_domain::Code::Unauthenticated => dom::leave_for_login(),
                _ => {}
            }
        });
    };
    let input = move |text: String| {
        typed.set(text);
        dom::debounce(timer, PAUSE_MS, seek);
    };
    let leave = {
        let navigate = use_navigate();
        Callback::new(move |to: String| {
            turn.update_value(|turn| *turn += 1);
            open.set(false);
            typed.set(String::new());
            ui_dom::blur_id(BOX);
            navigate(&to, NavigateOptions::default());
        })
    };
    let whole_list = move || {
        let words = typed.with_untracked(|typed| typed.trim().to_owned());
        if private(&words) {
            hand_over(words);
            leave.run("/customers".into());
        } else {
            leave.run(format!("/customers{}", question::write(&CustomerQuery { q: Some(words), ..CustomerQuery::default() })));
        }
    };
    let choose = move |at: usize| match found.with_untracked(|found| found.get(at).map(|item| (item.masked, item.customer_no))) {
        Some((false, number)) => leave.run(format!("/customers/{number}")),
        Some((true, _)) => {}
        None => whole_list(),
    };
    // One line more than customers: the way to the whole list.
    let lines = move || found.with_untracked(Vec::len) + 1;
    let on_key = move |event: ev::KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        match event.key().as_str() {
            "ArrowDown" if open.get_untracked() => active.update(|active| *active = (*active + 1) % lines()),
            "ArrowUp" if open.get_untracked() => active.update(|active| *active = (*active + lines() - 1) % lines()),
            "ArrowDown" => seek(),
            "Enter" if open.get_untracked() => choose(active.get_untracked()),
            "Enter" if !typed.with_untracked(|typed| typed.trim().is_empty()) => whole_list(),
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

    let results = move || {
        let items = found.get();
        let count = items.len();
        let line = move |(at, item): (usize, CustomerItem)| {
            let tier = item.tier.clone().map(|tier| {
                let rank = u8::try_from(tier.mark).unwrap_or(0);
                view! { <TierMark rank label=move || tier.name(lang.get()).to_owned() /> }
            });
            let manager = item.manager.clone().map(|manager| manager.name);
            let (masked, aum) = (item.masked, item.aum);
            let note = move || if masked { text::colleague(lang.get()).to_owned() } else { figures.short(aum, lang.get()) };
            view! {
                <li
                    class="option find-line"
                    class:active=move || active.get() == at
                    id=format!("{LIST}-{at}")
                    role="option"
                    aria-selected=move || (active.get() == at).to_string()
                    aria-disabled=masked.then_some("true")
                    on:mousedown=move |event: ev::MouseEvent| event.prevent_default()
                    on:click=move |_| choose(at)
                >
                    <span class="clip">{item.name}</span>
                    <span class="find-tier">{tier}</span>
                    <span class="faint">{manager}</span>
                    <span class="push">{note}</span>
                </li>
            }
        };
        view! {
            <ul class="listbox" id=LIST role="listbox" aria-label=move || text::search(lang.get())>
                {items.into_iter().enumerate().map(line).collect_view()}
                <li
                    class="option find-all"
                    class:active=move || active.get() == count
                    id=format!("{LIST}-{count}")
                    role="option"
                    aria-selected=move || (active.get() == count).to_string()
                    on:mousedown=move |event: ev::MouseEvent| event.prevent_default()
                    on:click=move |_| whole_list()
                >
                    {move || match (count, more.get()) {
                        (0, _) => text::find_none(lang.get()),
                        (_, true) => text::find_all(lang.get()),
                        _ => text::find_in_list(lang.get()),
                    }}
                </li>
            </ul>
        }
    };
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
            {move || open.get().then(results)}
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
