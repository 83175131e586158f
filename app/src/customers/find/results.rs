//! What the search in the bar finds: the first few while typing, the whole list on request.

use guanhu_domain::{
    Code,
    access::Me,
    customers::{CustomerItem, CustomerQuery},
};
use guanhu_ui::{TierMark, dom as ui_dom, use_lang};
use leptos::{ev, prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    super::{
        api, dom,
        list::{
            Figures, hand_over, private,
            question::{self, Reading},
            text,
        },
    },
    Ask, BOX, Finder, LIST,
};

const PAUSE_MS: u64 = 120;
/// As many as are seen at a glance.
const FIRST: u16 = 8;

/// Does what the box asks for, and shows what was found while it is open.
pub fn results(finder: Finder, me: Me) -> AnyView {
    let lang = use_lang();
    let figures = Figures::of(&me);
    let Finder { typed, open, active, lines, asks, .. } = finder;
    let found = RwSignal::new(Vec::<CustomerItem>::new());
    let more = RwSignal::new(false);
    let timer = StoredValue::new(None);
    let turn = StoredValue::new(0u64);
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
                    // One line more than customers: the way to the whole list.
                    lines.set(page.items.len() + 1);
                    found.set(page.items);
                    active.set(0);
                    open.set(true);
                }
                Err(fail) if fail.0.code == Code::Unauthenticated => dom::leave_for_login(),
                _ => {}
            }
        });
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
    Effect::new(move |_| {
        let (_, Some(ask)) = asks.get() else { return };
        // Later: what is asked for changes what others of this turn still read.
        match ask {
            Ask::Seek => dom::debounce(timer, PAUSE_MS, seek),
            Ask::Choose(at) => ui_dom::next_frame(move || choose(at)),
            Ask::Whole => ui_dom::next_frame(whole_list),
        }
    });
    let shown = move || {
        let items = found.get();
        let count = items.len();
        let line = move |(at, item): (usize, CustomerItem)| {
            let tier = item.tier.clone().map(|tier| {
                let rank = tier.mark;
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
    let list = move || open.get().then(shown);
    view! { {list} }.into_any()
}
