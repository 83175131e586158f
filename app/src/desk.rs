//! What is at hand on every page: the palette of commands, the map of keys, printing. Their own script comes when
//! one of them is called for; this is what every visit begins with.

use std::{mem, sync::Mutex};

use guanhu_domain::{Lang, access::Me};
use guanhu_ui::{Toasts, dom, focus, use_lang, use_toasts};
use leptos::{ev, prelude::*, task::spawn_local_scoped};

use crate::{
    customers::{dom::on_input, find::Finder},
    scripts, text,
};

/// So long after a page is alive the script of what is at hand is fetched, whether it was called for or not.
const BELL_MS: u64 = 2_500;

/// Something at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Palette,
    Keys,
    /// The page in sight on paper.
    Print,
    /// The tour of one's role.
    Tour,
    /// It was declined.
    NoTour,
    /// What one is told.
    Bell,
}

/// Something the page in sight can do, for the palette.
#[derive(Clone)]
pub struct Offer {
    pub id: &'static str,
    pub label: fn(Lang) -> &'static str,
    pub run: Callback<()>,
}

impl Offer {
    pub fn new(id: &'static str, label: fn(Lang) -> &'static str, run: impl Fn() + Send + Sync + 'static) -> Offer {
        Offer { id, label, run: Callback::new(move |()| run()) }
    }
}

/// In context on every page but the login.
#[derive(Clone, Copy)]
pub struct Desk {
    /// What is open.
    pub open: RwSignal<Option<Tool>>,
    /// What the page in sight offers.
    pub offers: RwSignal<Vec<Offer>>,
    /// What one was told and has not read.
    pub unread: RwSignal<i64>,
    wanted: RwSignal<bool>,
    /// Takes back what the page in sight has sent and not heard of; says whether there was something.
    under_way: StoredValue<Option<Callback<(), bool>>>,
}

impl Desk {
    pub fn provide() -> Desk {
        let desk = Desk {
            open: RwSignal::new(None),
            offers: RwSignal::new(Vec::new()),
            unread: RwSignal::new(0),
            wanted: RwSignal::new(false),
            under_way: StoredValue::new(None),
        };
        provide_context(desk);
        desk
    }

    /// Opens it; what is open closes when it is called for again.
    pub fn call(self, tool: Tool) {
        dom::once_hydrated(move || {
            self.wanted.set(true);
            self.open.update(|open| *open = if *open == Some(tool) { None } else { Some(tool) });
        });
    }
}

/// Ctrl-Z asks this before the notes at the foot, for as long as the component lives that calls it: what is newer than
/// all of them may be on its way.
pub fn takes_back(under_way: impl Fn() -> bool + Send + Sync + 'static) {
    let Some(desk) = use_desk() else { return };
    let under_way = Callback::new(move |()| under_way());
    Effect::new(move |_| desk.under_way.set_value(Some(under_way)));
    on_cleanup(move || {
        desk.under_way.try_set_value(None);
    });
}

pub fn use_desk() -> Option<Desk> {
    use_context::<Desk>()
}

/// Offers this in the palette for as long as the component lives that calls it.
pub fn offer(offers: Vec<Offer>) {
    let Some(desk) = use_desk() else { return };
    let offers = StoredValue::new(offers);
    Effect::new(move |_| {
        let mine = offers.get_value();
        let ids: Vec<&str> = mine.iter().map(|offer| offer.id).collect();
        desk.offers.update(|all| all.extend(mine));
        on_cleanup(move || {
            desk.offers.try_update(|all| all.retain(|offer| !ids.contains(&offer.id)));
        });
    });
}

/// What comes in the script of what is at hand.
#[derive(Clone)]
pub enum Hand {
    Tools(Desk, Me),
    Find(Finder, Me),
}

/// A place for what comes once it is wanted. When it does not arrive it is not wanted any more, until it is
/// wanted again.
pub fn comes(wanted: RwSignal<bool>, hand: Hand) -> impl Fn() -> Option<AnyView> + Copy + Send + 'static {
    let here = RwSignal::new(false);
    // Not of one thread's: on the server a page may end on another one than it began on.
    let come = StoredValue::new(Mutex::new(None::<AnyView>));
    let take = move || come.try_with_value(|come| come.lock().ok()?.take()).flatten();
    let asked = StoredValue::new(false);
    let hand = StoredValue::new(hand);
    let owner = StoredValue::new(Owner::current());
    Effect::new(move |_| {
        if !wanted.get() || asked.try_update_value(|asked| mem::replace(asked, true)) != Some(false) {
            return;
        }
        let fetch = move || {
            spawn_local_scoped(async move {
                match scripts::at_hand(hand.get_value()).await {
                    Some(view) => {
                        come.with_value(|come| come.lock().map(|mut come| *come = Some(view)).is_ok());
                        here.set(true);
                    }
                    None => {
                        asked.set_value(false);
                        wanted.set(false);
                    }
                }
            });
        };
        // What comes lives as long as its place, not as long as this effect.
        dom::once_hydrated(move || match owner.try_get_value().flatten() {
            Some(owner) => owner.with(fetch),
            None => fetch(),
        });
    });
    move || here.get().then(take).flatten()
}

/// Hears the keys of every page and shows what is called for.
#[component]
pub fn AtHand(desk: Desk, me: Me) -> impl IntoView {
    let (lang, toasts) = (use_lang(), use_toasts());
    // Whoever has something to put in order first is told of nothing else.
    let restricted = me.is_restricted();
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            let heard = window_event_listener(ev::keydown, move |event| hear(desk, toasts, &event));
            on_cleanup(move || heard.remove());
            // The bell wants to know what is new, once the page has all that it needs itself.
            if !restricted {
                dom::after(BELL_MS, move || {
                    desk.wanted.try_set(true);
                });
            }
        }
    });
    // Said to whoever waits for it.
    Effect::new(move |_| {
        if !desk.wanted.get() && desk.open.get_untracked().is_some() {
            desk.open.set(None);
            toasts.alarm(text::tools_gone(lang.get_untracked()));
        }
    });
    comes(desk.wanted, Hand::Tools(desk, me))
}

fn hear(desk: Desk, toasts: Toasts, event: &ev::KeyboardEvent) {
    if event.default_prevented() || event.is_composing() || event.alt_key() {
        return;
    }
    let command = event.ctrl_key() || event.meta_key();
    let tool = match event.key().as_str() {
        "k" | "K" if command && !event.shift_key() => Tool::Palette,
        "p" | "P" if command && !event.shift_key() => Tool::Print,
        "?" if !command && !on_input(event) => Tool::Keys,
        // Whoever types takes back what was typed.
        "z" if command && !event.shift_key() && !on_input(event) => {
            let newer = desk.under_way.get_value().is_some_and(|under_way| under_way.try_run(()) == Some(true));
            if newer || toasts.undo_newest() {
                event.prevent_default();
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    desk.call(tool);
}

/// Where the focus goes when something at hand closes: back to where it was, or to the page.
pub fn give_back() {
    dom::next_frame(focus::give_back);
}
