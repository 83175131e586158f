//! Moving: at once where that is allowed, asked about where it is not, and taken back.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, Utc};
use guanhu_domain::{
    Code, Lang, Problem,
    assignments::{NewTransfer, POOL, Transfer, TransferState},
    customers::{AssignmentRole, CustomerQuery},
};
use guanhu_ui::{format_date, format_time};
use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    here::{Done, Drag, Going, Here},
    text,
};
use crate::{Fail, customers::list::when::local, transfers::api};

/// Drops what is dragged on a column: moves it, asks first, or says why not.
pub fn drop_on(here: Here, drag: Drag, to: usize) {
    let lang = here.lang.get_untracked();
    match here.verdict(&drag, to) {
        Err(_) if to == drag.from => here.say(text::put_back(lang).to_owned()),
        Err(reason) => {
            here.say(reason(lang).to_owned());
            here.toasts.say(text::failed(lang, reason(lang)));
        }
        // What is not on the screen is looked at before it moves.
        Ok(because) if because.is_empty() && !drag.all => at_once(here, drag, to),
        Ok(_) => here.asks.set(Some((drag, Some(to)))),
    }
}

/// The request that moves what is dragged.
pub fn request(here: Here, drag: &Drag, to: &str, reason: &str) -> NewTransfer {
    let from = here.at(drag.from).key();
    let filter = drag.all.then(|| CustomerQuery {
        manager: Some(from.clone()),
        org: (from == POOL).then(|| here.unit.with_value(|unit| unit.code.clone())),
        q: None,
        sort: None,
        ..here.query.get_value()
    });
    NewTransfer {
        customers: if filter.is_some() { Vec::new() } else { drag.cards.iter().map(|card| card.customer_no).collect() },
        filter,
        file: None,
        to: to.to_owned(),
        role: AssignmentRole::Lead,
        share: None,
        reason: reason.to_owned(),
        effective: None,
        from: Some(from),
        count: None,
        notes: Default::default(),
    }
}

/// Shown at once, and put back if the server will not have it.
fn at_once(here: Here, drag: Drag, to: usize) {
    let lang = here.lang.get_untracked();
    let asked = request(here, &drag, &here.at(to).key(), text::default_reason(lang));
    here.show_moved(&drag, to, false);
    here.clear();
    let who = here.who(&drag, lang);
    // One key for this drop: however often the network makes it arrive, it moves once.
    let key = Uuid::new_v4();
    let back = Arc::new(AtomicBool::new(false));
    here.under_way.update_value(|going| going.push(Going { key, back: Arc::clone(&back) }));
    persist(
        move || api::request(asked.clone(), key),
        move |answer| {
            let back = back.load(Ordering::Relaxed);
            if here.under_way.try_update_value(|going| going.retain(|one| one.key != key)).is_none() {
                // The board was left; what came of it is said all the same.
                match answer {
                    Ok(transfer) if back && transfer.may.revert => {
                        let done = Done { transfer: transfer.id, key: Uuid::new_v4(), who, lang, columns: Default::default() };
                        undo(here, Some(done));
                    }
                    Ok(transfer) => here.toasts.say(words(lang, &who, &transfer)),
                    Err(fail) => here.toasts.alarm(text::failed(lang, &fail.message(lang))),
                }
                return;
            }
            match answer {
                Ok(transfer) => {
                    if transfer.state != TransferState::Done {
                        here.show_moved(&drag, to, true);
                    }
                    match back {
                        // Nothing is offered that is under way already.
                        true if transfer.may.revert => undo(here, Some(to_undo(here, &drag, Some(to), &transfer))),
                        true => {
                            tell(here, &drag, Some(to), &transfer);
                            here.toasts.alarm(text::undo_elsewhere(lang, &who));
                        }
                        false => tell(here, &drag, Some(to), &transfer),
                    }
                }
                Err(fail) => {
                    here.show_moved(&drag, to, true);
                    refused(here, &drag, &fail);
                    // Wherever they are by now.
                    here.refresh_all();
                }
            }
            let who = drag.cards.iter().map(|card| card.customer_no).collect();
            here.changed([here.at(drag.from).key(), here.at(to).key()], who);
        },
    );
}

/// A cut in the network in mid-drop: the same request under the same key, thrice, each time after longer.
fn persist<F: Future<Output = Result<Transfer, Fail>> + 'static>(
    ask: impl Fn() -> F + 'static,
    then: impl FnOnce(Result<Transfer, Fail>) + 'static,
) {
    attempt(ask, Box::new(then), [400, 2_000].into_iter());
}

fn attempt<F: Future<Output = Result<Transfer, Fail>> + 'static>(
    ask: impl Fn() -> F + 'static,
    then: Box<dyn FnOnce(Result<Transfer, Fail>)>,
    mut waits: std::array::IntoIter<u64, 2>,
) {
    spawn_local(async move {
        match (ask().await, waits.next()) {
            (Err(fail), Some(wait)) if fail.0.code == Code::Offline => {
                guanhu_ui::dom::after(wait, move || attempt(ask, then, waits));
            }
            (answer, _) => then(answer),
        }
    });
}

/// What came of a request.
fn words(lang: Lang, who: &str, transfer: &Transfer) -> String {
    match (transfer.state, &transfer.to) {
        (TransferState::Pending, _) => text::asked_for(lang, who),
        (TransferState::Approved, _) => text::scheduled(lang, who, &format_date(transfer.effective, lang)),
        (TransferState::Running, _) => text::begun(lang, who),
        (_, Some(manager)) => text::moved(lang, who, &manager.name),
        (_, None) => text::to_pool(lang, who),
    }
}

/// Says what came of a request, and how to take it back if that is possible.
pub fn tell(here: Here, drag: &Drag, to: Option<usize>, transfer: &Transfer) {
    let lang = here.lang.get_untracked();
    let words = words(lang, &here.who(drag, lang), transfer);
    here.say(words.clone());
    if transfer.may.revert {
        let done = to_undo(here, drag, to, transfer);
        here.toasts.undo(words, move || undo(here, Some(done.clone())));
    } else {
        here.toasts.say(words);
    }
}

/// A move that can be taken back, as the last of them.
fn to_undo(here: Here, drag: &Drag, to: Option<usize>, transfer: &Transfer) -> Done {
    let lang = here.lang.get_untracked();
    let columns = [here.at(drag.from).key(), to.map(|to| here.at(to).key()).unwrap_or_default()];
    let done = Done { transfer: transfer.id, key: Uuid::new_v4(), who: here.who(drag, lang), lang, columns };
    here.done.update_value(|stack| stack.push(done.clone()));
    done
}

/// Takes the last move back that has not arrived, once it has; `false` when all have.
pub fn take_back(here: Here) -> bool {
    let newest = |going: &Vec<Going>| going.iter().rev().find(|one| !one.back.swap(true, Ordering::Relaxed)).is_some();
    let found = here.under_way.try_with_value(newest) == Some(true);
    if found {
        here.say(text::undo_begun(here.lang.get_untracked()).to_owned());
    }
    found
}

/// Takes a move back, or the last one. Once the board was left the toast still does.
pub fn undo(here: Here, done: Option<Done>) {
    let lang = here.lang.try_get_untracked().or(done.as_ref().map(|done| done.lang)).unwrap_or_default();
    let Some(done) = done.or_else(|| here.done.try_with_value(|stack| stack.last().cloned()).flatten()) else {
        here.toasts.say(text::nothing_to_undo(lang));
        return;
    };
    let (transfer, key) = (done.transfer, done.key);
    persist(
        move || api::revert(transfer, text::undo_reason(lang).to_owned(), key),
        move |answer| {
            // What could not be taken back now can be tried again, unless somebody was faster.
            if !matches!(&answer, Err(fail) if fail.0.code == Code::Offline) {
                here.done.update_value(|stack| stack.retain(|other| other.transfer != done.transfer));
            }
            match answer {
                Ok(back) => {
                    let pending = back.state == TransferState::Pending;
                    let words = if pending { text::undo_asked(lang, &done.who) } else { text::undone(lang, &done.who) };
                    here.said.try_set(words.clone());
                    here.toasts.say(words);
                }
                Err(fail) => here.toasts.alarm(why(here, &fail.0, &done.who, lang)),
            }
            here.refresh(done.columns.into_iter().filter(|key| !key.is_empty()));
        },
    );
}

/// Says why nothing moved.
pub fn refused(here: Here, drag: &Drag, fail: &Fail) {
    let lang = here.lang.get_untracked();
    let words = why(here, &fail.0, &here.who(drag, lang), lang);
    here.say(words.clone());
    here.toasts.alarm(words);
}

/// Who has a customer by now, and since when.
#[derive(Deserialize)]
struct Moved {
    customer_no: guanhu_domain::CustomerNo,
    manager_name: Option<String>,
    by: Option<String>,
    at: Option<DateTime<Utc>>,
}

/// A problem in words that name the customer and the other person.
pub fn why(here: Here, problem: &Problem, who: &str, lang: Lang) -> String {
    let current = problem.current.as_ref();
    if let Some(no) = current.and_then(|current| current.get("in_transfer")?.as_str().map(str::to_owned)) {
        return text::in_transfer(lang, &no);
    }
    let moved = current.and_then(|current| crate::wire::of_value::<Vec<Moved>>(current.get("moved")?));
    match (problem.code, moved) {
        (Code::Conflict, Some(moved)) => match &moved[..] {
            [first, ..] => {
                let known = here.columns.try_with_value(|columns| {
                    columns.iter().find_map(|column| {
                        column.cards.with_untracked(|cards| {
                            cards.iter().find(|card| card.customer_no == first.customer_no).map(|card| card.name.clone())
                        })
                    })
                });
                let who = known.flatten().unwrap_or_else(|| who.to_owned());
                let at = first.at.map(|at| format_time(local(at), lang)).unwrap_or_default();
                let to = first.manager_name.clone().unwrap_or_else(|| text::pool(lang).to_owned());
                text::lost(lang, &who, first.by.as_deref().unwrap_or("—"), &at, &to)
            }
            [] => text::lost_plain(lang).to_owned(),
        },
        (Code::Conflict, None) => match current.and_then(|current| current.get("count")?.as_i64()) {
            Some(count) => text::count_changed(lang, &guanhu_ui::format_count(count)),
            None => text::lost_plain(lang).to_owned(),
        },
        _ => text::failed(lang, &Fail(problem.clone()).message(lang)),
    }
}
