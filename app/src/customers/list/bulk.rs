//! What is done with those selected: moved to another manager, put onto a list of one's own.

use guanhu_domain::{
    CustomerNo,
    access::Verb,
    groups::{GroupDraft, GroupKind, GroupRef},
};
use guanhu_ui::{Button, ButtonKind, Choice, Dialog, Field, Glyph, Select, TextInput, dom, t, use_lang};
use leptos::{prelude::*, task::spawn_local};

use super::{columns::Figures, listing::Listing, text};
use crate::{
    attempt::{Attempt, Once, Told},
    desk::{self, Offer},
    drafts::{self, Draft},
    groups::api as groups,
    palette::text as palette,
    shell::use_me,
    transfers::moving::{self, MoveSheet},
};

/// Stands for a list that does not exist yet.
const NEW: &str = "+";

/// What is being asked about the selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Move,
    Group,
}

/// The buttons beside the number of the selected.
pub fn buttons(listing: Listing) -> AnyView {
    let lang = use_lang();
    let me = use_me();
    let moves = me.as_ref().is_some_and(|me| me.may(Verb::TransferRequest));
    let lists = me.is_some_and(|me| me.may(Verb::GroupUse));
    let copy = move || copy(listing);
    let ask = move |ask: Ask| move || listing.asks.set(Some(ask));
    let mut offers = vec![Offer::new("copy-selected", palette::copy_selected, copy)];
    if moves {
        offers.push(Offer::new("move-selected", palette::move_selected, ask(Ask::Move)));
    }
    if lists {
        offers.push(Offer::new("group-selected", palette::group_selected, ask(Ask::Group)));
    }
    desk::offer(offers);
    view! {
        {moves.then(|| view! {
            <Button icon=Glyph::Transfer on_click=move |_| listing.asks.set(Some(Ask::Move))>{move || text::move_selected(lang.get())}</Button>
        })}
        {lists.then(|| view! {
            <Button icon=Glyph::Filter on_click=move |_| listing.asks.set(Some(Ask::Group))>{move || text::group_selected(lang.get())}</Button>
        })}
        <Button icon=Glyph::Copy on_click=move |_| copy()>{move || text::copy_numbers(lang.get())}</Button>
    }
    .into_any()
}

/// In the order of the list, which is the order in which they will be worked through.
fn selected(listing: Listing) -> Vec<CustomerNo> {
    let selected = listing.selected.get_untracked();
    listing.rows.with_untracked(|rows| rows.iter().map(|row| row.customer_no).filter(|no| selected.contains(&no.to_string())).collect())
}

fn copy(listing: Listing) {
    let numbers: Vec<String> = selected(listing).iter().map(CustomerNo::to_string).collect();
    let lang = listing.lang;
    if dom::copy(&numbers.join("\n")) {
        let count = numbers.len();
        listing.toasts.say(move || text::copied(lang.get(), count));
    } else {
        listing.toasts.alarm(move || text::copy_failed(lang.get()));
    }
}

#[component]
pub fn Bulk(listing: Listing, figures: Figures) -> impl IntoView {
    view! {
        <MoveSelected listing figures />
        <GroupDialog listing />
    }
    .into_any()
}

/// Whether the question about the selected is this one; closing takes it back.
fn open_for(listing: Listing, ask: Ask) -> RwSignal<bool> {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(listing.asks.get() == Some(ask)));
    Effect::new(move |_| {
        if !open.get() && listing.asks.get_untracked() == Some(ask) {
            listing.asks.set(None);
        }
    });
    open
}

/// Those selected, to another manager or into the pool.
#[component]
fn MoveSelected(listing: Listing, figures: Figures) -> impl IntoView {
    let open = open_for(listing, Ask::Move);
    let chosen = RwSignal::new(Vec::<CustomerNo>::new());
    Effect::new(move |_| {
        if open.get() {
            chosen.set(selected(listing));
        }
    });
    let people = Signal::derive(move || listing.choices.with(|choices| choices.people().map(moving::choice).collect()));
    let asked = move |()| listing.selected.set(Default::default());
    let moved = move |()| listing.read_again();
    view! { <MoveSheet subject="list" open chosen people figures asked moved /> }
}

#[component]
fn GroupDialog(listing: Listing) -> impl IntoView {
    let lang = listing.lang;
    let open = open_for(listing, Ask::Group);
    let chosen = RwSignal::new(Vec::<CustomerNo>::new());
    let lists = RwSignal::new(Vec::<GroupRef>::new());
    let which = RwSignal::new(String::new());
    let name = RwSignal::new(String::new());
    let attempt = Attempt::new();
    let once = Once::new();
    let draft = Draft::of("picked", "list");
    drafts::one_value(draft, open, name);
    Effect::new(move |_| {
        if !open.get() {
            return;
        }
        chosen.set(selected(listing));
        attempt.clear();
        spawn_local(async move {
            match groups::own_lists().await {
                Ok(own) => {
                    let first = own.first().map_or_else(|| NEW.to_owned(), |list| list.code.clone());
                    lists.set(own);
                    which.set(first);
                }
                Err(fail) => attempt.refuse(fail),
            }
        });
    });
    let is_new = Memo::new(move |_| which.with(|which| which == NEW));
    let choices = Signal::derive(move || {
        let new = Choice::new(NEW, text::new_group(lang.get()));
        lists.get().into_iter().map(|list| Choice::new(list.code, list.name)).chain([new]).collect::<Vec<_>>()
    });
    let submit = move || {
        let customers = chosen.get_untracked();
        let called = name.with_untracked(|name| name.trim().to_owned());
        if is_new.get_untracked() {
            if !attempt.has(&[("name", !called.is_empty())]) {
                return;
            }
            let numbers: Vec<String> = customers.iter().map(CustomerNo::to_string).collect();
            let list = GroupDraft {
                name: called,
                kind: GroupKind::Static,
                rule: None,
                joint: None,
                parts: Vec::new(),
                note: String::new(),
                shared: Vec::new(),
                expires_on: None,
                members: Some(numbers.join("\n")),
            };
            let sent = draft.once_sent();
            attempt.run(once.of(move |key| groups::create(list, key)), move |saved| {
                sent();
                done(listing, open, saved.members, &saved.group.name);
            });
        } else if attempt.has(&[("group", !which.with_untracked(String::is_empty))]) {
            let code = which.get_untracked();
            attempt.run(once.of(move |key| groups::add(code, customers, key)), move |saved| done(listing, open, saved.added, &saved.name));
        }
    };
    let body = move || {
        view! {
            <div class="stack">
                <Field name="bulk-group" help="groups#list" label=t(text::which_group) hint=t(text::which_group_hint) error=attempt.error("group")>
                    <Select value=which choices />
                </Field>
                {move || is_new.get().then(|| view! {
                    <Field name="bulk-name" label=t(text::group_name) error=attempt.error("name") required=true>
                        <TextInput value=name maxlength=60 autocomplete="off" on_enter=move |()| submit() />
                    </Field>
                })}
                <Told attempt />
            </div>
        }
    };
    let footer = move || {
        view! {
            <Button on_click=move |_| open.set(false)>{move || text::cancel(lang.get())}</Button>
            <Button kind=ButtonKind::Primary busy=attempt.busy on_click=move |_| submit()>{move || text::add(lang.get())}</Button>
        }
    };
    view! { <Dialog name="bulk-group" open title=move || text::group_title(lang.get(), chosen.with(Vec::len)) footer>{body}</Dialog> }
        .into_any()
}

fn done(listing: Listing, open: RwSignal<bool>, added: i64, name: &str) {
    let lang = listing.lang.get_untracked();
    open.set(false);
    listing.selected.set(Default::default());
    listing.toasts.say(if added == 0 { text::added_none(lang, name) } else { text::added(lang, added, name) });
}
