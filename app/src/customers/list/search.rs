//! The search box: results while typing, and what the words are taken for.

use guanhu_domain::Lang;
use guanhu_ui::{Glyph, Icon, dom as ui_dom, use_lang};
use leptos::{ev, html, prelude::*};

use super::{
    super::dom,
    FIRST_ROW, PAGE,
    dom::open_first,
    listing::Listing,
    question::{self, Reading},
    text,
};

/// The id of the box, for `/`.
pub const BOX: &str = "customer-search";

/// Long enough for the next key to arrive, too short to be waited for.
const PAUSE_MS: u64 = 120;

#[component]
pub fn Search(listing: Listing) -> impl IntoView {
    let lang = use_lang();
    let typed = RwSignal::new(listing.query.with_untracked(|query| query.q.clone().unwrap_or_default()));
    let timer = StoredValue::new(None);
    let node = NodeRef::<html::Input>::new();

    // Back, a saved view or "clear" may change the words from outside.
    Effect::new(move |before: Option<String>| {
        let asked = listing.query.with(|query| query.q.clone().unwrap_or_default());
        if before.is_some_and(|before| before != asked) && wanted(&typed.get_untracked()).unwrap_or_default() != asked {
            typed.set(asked.clone());
        }
        asked
    });
    ui_dom::bind_value(
        node,
        typed.into(),
        typed.get_untracked(),
        Callback::new(move |text: String| {
            typed.set(text);
            seek(listing, &typed.get_untracked());
        }),
    );

    // Enter is for the answer to what was typed, which may be on its way.
    let opens = RwSignal::new(false);
    Effect::new(move |_| {
        if opens.get() && !listing.busy.get() {
            opens.set(false);
            // What stands there after a failure answers older words.
            if listing.fail.with_untracked(Option::is_none) {
                ui_dom::next_frame(open_first);
            }
        }
    });
    let input = move |text: String, now: bool| {
        opens.set(false);
        typed.set(text);
        dom::debounce(timer, if now { 0 } else { PAUSE_MS }, move || {
            if let Some(typed) = typed.try_get_untracked() {
                seek(listing, &typed);
            }
        });
    };
    let clear = move || input(String::new(), true);
    let on_key = move |event: ev::KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        match event.key().as_str() {
            "ArrowDown" => {
                event.prevent_default();
                ui_dom::move_focus(PAGE, FIRST_ROW, 0);
            }
            "Enter" => {
                event.prevent_default();
                let words = typed.get_untracked();
                seek(listing, &words);
                match wanted(&words) {
                    Some(_) if !listing.is_elsewhere() => opens.set(true),
                    _ => ui_dom::move_focus(PAGE, FIRST_ROW, 0),
                }
            }
            "Escape" if !typed.with_untracked(String::is_empty) => {
                event.prevent_default();
                clear();
            }
            _ => {}
        }
    };
    let hint = move || hint(typed.with(|typed| question::reading(typed)), lang.get());
    view! {
        <div class="customer-search" role="search">
            <div class="search-line">
                <Icon glyph=Glyph::Search />
                <input
                    node_ref=node
                    id=BOX
                    class="input"
                    type="search"
                    inputmode="search"
                    enterkeyhint="search"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    maxlength="64"
                    aria-label=move || text::search(lang.get())
                    aria-controls=PAGE
                    aria-describedby="customer-search-hint"
                    placeholder=move || text::search_placeholder(lang.get())
                    value=typed.get_untracked()
                    on:input=move |event| {
                        // Half-composed pinyin is no question yet; the end of the composition is.
                        if !dom::is_composing(&event) {
                            input(event_target_value(&event), false);
                        }
                    }
                    on:compositionend=move |event| input(event_target_value(&event), false)
                    on:keydown=on_key
                />
                {move || {
                    if typed.with(String::is_empty) {
                        view! { <kbd aria-hidden="true">"/"</kbd> }.into_any()
                    } else {
                        view! {
                            <button
                                class="icon-btn"
                                type="button"
                                aria-label=move || text::clear_search(lang.get())
                                title=move || text::clear_search(lang.get())
                                on:click=move |_| {
                                    clear();
                                    ui_dom::focus_id(BOX);
                                }
                            >
                                <Icon glyph=Glyph::Close />
                            </button>
                        }
                            .into_any()
                    }
                }}
            </div>
            <p class="search-hint" id="customer-search-hint">{hint}</p>
        </div>
    }
}

fn seek(listing: Listing, typed: &str) {
    let words = wanted(typed);
    listing.change(true, |query| query.q = words);
}

/// What is asked for when this was typed.
fn wanted(typed: &str) -> Option<String> {
    let typed = typed.trim();
    match question::reading(typed) {
        Reading::Nothing | Reading::TooShort => None,
        _ => Some(typed.to_owned()),
    }
}

fn hint(reading: Reading, lang: Lang) -> &'static str {
    match reading {
        Reading::Nothing => text::hint_any(lang),
        Reading::TooShort => text::hint_short(lang),
        Reading::Name => text::hint_name(lang),
        Reading::Letters => text::hint_letters(lang),
        Reading::CustomerNumber => text::hint_customer_number(lang),
        Reading::Phone => text::hint_phone(lang),
        Reading::Identity => text::hint_identity(lang),
        Reading::Account => text::hint_account(lang),
        Reading::Digits => text::hint_digits(lang),
    }
}
