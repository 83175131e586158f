//! Moving: at once where that is allowed, asked about where it is not, and taken back.

use chrono::{DateTime, Utc};
use guanhu_domain::{
    Code, Problem,
    assignments::{NewTransfer, POOL, Transfer, TransferState},
    customers::{AssignmentRole, CustomerQuery},
};
use guanhu_ui::{format_date, format_time};
use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    here::{Done, Drag, Here},
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
            here.toasts.say(move || text::failed(here.lang.get(), reason(here.lang.get())));
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
        to: to.to_owned(),
        role: AssignmentRole::Lead,
        reason: reason.to_owned(),
        effective: None,
        from: Some(from),
        notes: Default::default(),
    }
}

/// Shown at once, and put back if the server will not have it.
fn at_once(here: Here, drag: Drag, to: usize) {
    let lang = here.lang.get_untracked();
    let asked = request(here, &drag, &here.at(to).key(), text::default_reason(lang));
    here.show_moved(&drag, to, false);
    here.clear();
    here.under_way.update_value(|count| *count += 1);
    // One key for this drop: however often the network makes it arrive, it moves once.
    let key = Uuid::new_v4();
    spawn_local(async move {
        let answer = persist(asked, key).await;
        if here.under_way.try_update_value(|count| *count -= 1).is_none() {
            return;
        }
        match answer {
            Ok(transfer) => {
                if transfer.state != TransferState::Done {
                    here.show_moved(&drag, to, true);
                }
                tell(here, &drag, Some(to), &transfer);
            }
            Err(fail) => {
                here.show_moved(&drag, to, true);
                refused(here, &drag, &fail);
                // Wherever they are by now.
                here.refresh_all();
            }
        }
        here.refresh([here.at(drag.from).key(), here.at(to).key()]);
    });
}

/// A cut in the network in mid-drop: the same request under the same key, thrice.
async fn persist(asked: NewTransfer, key: Uuid) -> Result<Transfer, Fail> {
    for _ in 0..2 {
        match api::request(asked.clone(), key).await {
            Err(fail) if fail.0.code == Code::Offline => {}
            answer => return answer,
        }
    }
    api::request(asked, key).await
}

/// Says what came of a request, and how to take it back.
pub fn tell(here: Here, drag: &Drag, to: Option<usize>, transfer: &Transfer) {
    let lang = here.lang.get_untracked();
    let who = here.who(drag, lang);
    let words = match transfer.state {
        TransferState::Pending => text::asked_for(lang, &who),
        TransferState::Approved => text::scheduled(lang, &who, &format_date(transfer.effective, lang)),
        _ => match &transfer.to {
            Some(manager) => text::moved(lang, &who, &manager.name),
            None => text::to_pool(lang, &who),
        },
    };
    here.say(words.clone());
    if transfer.may.revert {
        let columns = [here.at(drag.from).key(), to.map(|to| here.at(to).key()).unwrap_or_default()];
        let done = Done { transfer: transfer.id, who, columns };
        here.done.update_value(|stack| stack.push(done.clone()));
        here.toasts.undo(words, Callback::new(move |()| undo(here, Some(done.clone()))));
    } else {
        here.toasts.say(words);
    }
}

/// Takes a move back, or the last one.
pub fn undo(here: Here, done: Option<Done>) {
    let lang = here.lang.get_untracked();
    let Some(done) = done.or_else(|| here.done.with_value(|stack| stack.last().cloned())) else {
        here.toasts.say(move || text::nothing_to_undo(here.lang.get()));
        return;
    };
    here.done.update_value(|stack| stack.retain(|other| other.transfer != done.transfer));
    spawn_local(async move {
        match api::revert(done.transfer).await {
            Ok(_) => {
                let words = text::undone(lang, &done.who);
                here.said.try_set(words.clone());
                here.toasts.say(words);
            }
            Err(fail) => here.toasts.alarm(why(here, &fail.0, &done.who)),
        }
        here.refresh(done.columns.into_iter().filter(|key| !key.is_empty()));
    });
}

/// Says why nothing moved.
pub fn refused(here: Here, drag: &Drag, fail: &Fail) {
    let lang = here.lang.get_untracked();
    let words = why(here, &fail.0, &here.who(drag, lang));
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
pub fn why(here: Here, problem: &Problem, who: &str) -> String {
    let lang = here.lang.get_untracked();
    let current = problem.current.as_ref();
    if let Some(no) = current.and_then(|current| current.get("in_transfer")?.as_str().map(str::to_owned)) {
        return text::in_transfer(lang, &no);
    }
    let moved = current.and_then(|current| serde_json::from_value::<Vec<Moved>>(current.get("moved")?.clone()).ok());
    match (problem.code, moved) {
        (Code::Conflict, Some(moved)) => match &moved[..] {
            [first, ..] => {
                let known = here.columns.with_value(|columns| {
                    columns.iter().find_map(|column| {
                        column.cards.with_untracked(|cards| {
                            cards.iter().find(|card| card.customer_no == first.customer_no).map(|card| card.name.clone())
                        })
                    })
                });
                let who = known.unwrap_or_else(|| who.to_owned());
                let at = first.at.map(|at| format_time(local(at), lang)).unwrap_or_default();
                let to = first.manager_name.clone().unwrap_or_else(|| text::pool(lang).to_owned());
                text::lost(lang, &who, first.by.as_deref().unwrap_or("—"), &at, &to)
            }
            [] => text::lost_plain(lang).to_owned(),
        },
        (Code::Conflict, None) => text::lost_plain(lang).to_owned(),
        _ => text::failed(lang, &Fail(problem.clone()).message(lang)),
    }
}
