//! What is done with those selected: moved to another manager, put onto a list of one's own.

use chrono::{Datelike, Days, NaiveDate};
use guanhu_domain::{
    CustomerNo, Lang,
    access::Verb,
    assignments::{NewTransfer, POOL, TRANSFER_MAX, Transfer, TransferPreview, TransferState},
    customers::AssignmentRole,
    groups::{GroupDraft, GroupKind, GroupRef},
};
use guanhu_ui::{
    Button, ButtonKind, Choice, Combobox, DateInput, Dialog, Field, Glyph, Select, Sheet, TextArea, TextInput, dom, t, use_lang,
};
use leptos::{prelude::*, task::spawn_local};
use uuid::Uuid;

use super::{columns::Figures, listing::Listing, text};
use crate::{
    attempt::{Attempt, Once, Told},
    desk::{self, Offer},
    drafts::{self, Draft},
    groups::api as groups,
    palette::text as palette,
    shell::use_me,
    transfers::api as transfers,
};

/// Days ahead that a transfer may be dated.
const AHEAD: u64 = 366;
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
        <MoveSheet listing figures />
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

#[component]
fn MoveSheet(listing: Listing, figures: Figures) -> impl IntoView {
    let lang = listing.lang;
    let open = open_for(listing, Ask::Move);
    let chosen = RwSignal::new(Vec::<CustomerNo>::new());
    let to = RwSignal::new(None::<Choice>);
    let reason = RwSignal::new(String::new());
    let effective = RwSignal::new(None::<NaiveDate>);
    let preview = RwSignal::new(None::<TransferPreview>);
    let attempt = Attempt::new();
    let once = Once::new();
    let draft = Draft::of("transfer", "list");
    drafts::one_text(draft, open, reason);
    Effect::new(move |_| {
        if open.get() {
            chosen.set(selected(listing));
            to.set(None);
            effective.set(None);
            preview.set(None);
            attempt.clear();
        }
    });
    let request = move |reason: &str| NewTransfer {
        customers: chosen.get_untracked(),
        filter: None,
        file: None,
        to: to.with_untracked(|to| to.as_ref().map(|to| to.value.clone()).unwrap_or_default()),
        role: AssignmentRole::Lead,
        share: None,
        reason: reason.trim().to_owned(),
        effective: effective.get_untracked(),
        from: None,
        count: None,
        notes: Default::default(),
    };
    // What it would do follows whom it is for.
    Effect::new(move |_| {
        let target = to.get();
        preview.set(None);
        if target.is_none() || !open.get_untracked() {
            return;
        }
        attempt.clear();
        // A reason is not needed to look.
        let asked = request("?");
        spawn_local(async move {
            let answer = transfers::preview(asked).await;
            if to.try_get_untracked() == Some(target) && open.try_get_untracked() == Some(true) {
                match answer {
                    Ok(found) => preview.set(Some(found)),
                    Err(fail) => attempt.refuse(fail),
                }
            }
        });
    });
    let submit = move |_| {
        let name = to.with_untracked(|to| to.as_ref().map(|to| to.label.clone()));
        let filled = [("to", name.is_some()), ("reason", reason.with_untracked(|reason| !reason.trim().is_empty()))];
        if !attempt.has(&filled) {
            return;
        }
        let (asked, name) = (request(&reason.get_untracked()), name.unwrap_or_default());
        let sent = draft.once_sent();
        attempt.run(once.of(move |key| transfers::request(asked, key)), move |transfer| {
            sent();
            open.set(false);
            listing.selected.set(Default::default());
            tell(listing, &transfer, &name);
            listing.read_again();
        });
    };
    let people = Signal::derive(move || {
        let pool = Choice::new(POOL, text::pool(lang.get())).hint(text::pool_hint(lang.get()));
        let managers = listing.choices.with(|choices| {
            choices.managers.iter().map(|manager| Choice::new(&manager.code, &manager.name).hint(&manager.code)).collect::<Vec<_>>()
        });
        managers.into_iter().chain([pool]).collect::<Vec<_>>()
    });
    let needs = Memo::new(move |_| preview.with(|preview| preview.as_ref().is_some_and(|preview| !preview.because.is_empty())));
    let too_many = Memo::new(move |_| chosen.with(Vec::len) > TRANSFER_MAX);
    let estimate = move || {
        let preview = preview.get()?;
        let because = preview.because;
        let free = because.is_empty();
        Some(view! {
            <p class="move-verdict" class:free=free>
                {move || {
                    let lang = lang.get();
                    match &because[..] {
                        [] => text::needs_none(lang).to_owned(),
                        because => {
                            let names: Vec<&str> = because.iter().map(|because| because.name(lang)).collect();
                            format!("{}{}", text::needs_approval(lang), names.join(" · "))
                        }
                    }
                }}
            </p>
            {crate::board::sheet::portfolios(lang, figures, preview.portfolios)}
        })
    };
    let today = figures.today;
    let customers = attempt.error("customers");
    let body = move || {
        view! {
            <div class="move-sheet">
                {move || too_many.get().then(|| view! { <div class="notice alarm" role="alert">{text::too_many(lang.get(), TRANSFER_MAX)}</div> })}
                <Field name="bulk-to" label=t(text::move_to) hint=t(text::move_to_hint) error=attempt.error("to") required=true>
                    <Combobox name="bulk-to" value=to choices=people />
                </Field>
                {estimate}
                <Field name="bulk-reason" label=t(text::reason) hint=t(text::reason_hint) error=attempt.error("reason") required=true help="transfers#reason">
                    <TextArea value=reason rows=3 maxlength=500 />
                </Field>
                <Field name="bulk-effective" label=t(text::effective) hint=t(text::effective_hint) error=attempt.error("effective")>
                    <DateInput value=effective min=today.with_day(1).unwrap_or(today) max=today + Days::new(AHEAD) />
                </Field>
                {move || customers.get().map(|words| view! { <div class="notice alarm" role="alert">{words}</div> })}
                <Told attempt />
            </div>
        }
    };
    let footer = move || {
        view! {
            <Button on_click=move |_| open.set(false)>{move || text::cancel(lang.get())}</Button>
            <Button kind=ButtonKind::Primary busy=attempt.busy disabled=too_many on_click=submit>
                {move || if needs.get() { text::submit_approval(lang.get()) } else { text::submit(lang.get()) }}
            </Button>
        }
    };
    view! { <Sheet name="bulk-move" open title=move || text::move_title(lang.get(), chosen.with(Vec::len)) footer>{body}</Sheet> }
        .into_any()
}

/// Says what came of it, and offers to take it back where that is allowed.
fn tell(listing: Listing, transfer: &Transfer, to: &str) {
    let Listing { lang, toasts, .. } = listing;
    let words = said(lang.get_untracked(), transfer, to);
    if !transfer.may.revert {
        return toasts.say(words);
    }
    let (id, customers, key) = (transfer.id, transfer.customers, Uuid::new_v4());
    toasts.undo(words, move || {
        spawn_local(async move {
            let reason = text::undo_reason(lang.get_untracked()).to_owned();
            match transfers::revert(id, reason, key).await {
                Ok(back) if back.state == TransferState::Pending => toasts.say(move || text::move_undo_asked(lang.get(), customers)),
                Ok(_) => toasts.say(move || text::move_undone(lang.get(), customers)),
                Err(fail) => toasts.alarm(fail.message(lang.get_untracked())),
            }
            listing.read_again();
        });
    });
}

fn said(lang: Lang, transfer: &Transfer, to: &str) -> String {
    match transfer.state {
        TransferState::Done | TransferState::Running => text::moved(lang, transfer.customers, to),
        TransferState::Approved => text::agreed(lang, transfer.customers, to),
        _ => text::asked(lang, transfer.customers, to),
    }
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
    Effect::new(move |_| {
        if !open.get() {
            return;
        }
        chosen.set(selected(listing));
        name.set(String::new());
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
            let draft = GroupDraft {
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
            attempt.run(once.of(move |key| groups::create(draft, key)), move |saved| done(listing, open, saved.members, &saved.group.name));
        } else if attempt.has(&[("group", !which.with_untracked(String::is_empty))]) {
            let code = which.get_untracked();
            attempt.run(once.of(move |key| groups::add(code, customers, key)), move |saved| done(listing, open, saved.added, &saved.name));
        }
    };
    let body = move || {
        view! {
            <div class="stack">
                <Field name="bulk-group" label=t(text::which_group) hint=t(text::which_group_hint) error=attempt.error("group")>
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
