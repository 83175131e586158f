//! What every section of the page shares: the customer as last read, and what is open.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveDateTime, Utc};
use guanhu_domain::{
    Code, Currency, CustomerNo, Lang,
    access::Verb,
    customers::{CurrentFields, Customer360, CustomerPatch, RevealKind, Slice, Transaction},
    tiers::Explanation,
};
use guanhu_ui::{Toasts, use_lang, use_toasts};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

use super::text;
use crate::{
    Fail,
    customers::view_api::{self, CustomerPage, Words},
    drafts::Draft,
    shell::use_me,
};

/// What was typed into a field and not saved, over what stood there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsaved {
    pub over: String,
    pub typed: String,
}

/// The page's state; `Copy`, in context.
#[derive(Clone, Copy)]
pub struct Here {
    pub no: CustomerNo,
    pub customer: RwSignal<Arc<Customer360>>,
    pub words: RwSignal<Words>,
    /// Were all dictionaries asked for?
    pub all_words: StoredValue<bool>,
    pub today: NaiveDate,
    /// The day on the wall alone: what has happened was not after it.
    pub wall: NaiveDate,
    pub lang: Signal<Lang>,
    pub toasts: Toasts,
    /// What was typed into fields and not saved, by field.
    pub unsaved: RwSignal<BTreeMap<String, Unsaved>>,
    draft: Draft,
    /// The sheet that logs a contact.
    pub log: RwSignal<bool>,
    /// The sheet that says who has which part of it.
    pub charge: RwSignal<bool>,
    /// The sheet that gives it to somebody else.
    pub moving: RwSignal<bool>,
    /// The name of the field that is being edited.
    pub editing: RwSignal<Option<&'static str>>,
    /// What somebody else changed meanwhile.
    pub conflict: RwSignal<Option<Conflict>>,
    /// What the dialog asks a reason for.
    pub asks: RwSignal<Option<Masked>>,
    /// Clear values in sight, by [`Masked::key`].
    pub clear: RwSignal<BTreeMap<String, String>>,
    /// The newest transactions, as they came with the page.
    pub transactions: StoredValue<Option<Slice<Transaction>>>,
    /// Why the tier, and what the next one takes; with the page, and again when something was done.
    pub standing: RwSignal<Option<Explanation>>,
    /// Counts what was done, so that the timeline reads again.
    pub changes: RwSignal<u32>,
    /// The account whose transactions are shown.
    pub account: RwSignal<String>,
}

/// A masked value that may be revealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    pub what: RevealKind,
    pub id: String,
    /// As it stands on the page.
    pub shown: String,
}

impl Masked {
    pub fn key(&self) -> String {
        format!("{}:{}", self.what.code(), self.id)
    }
}

/// Mine, theirs and what both began from.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    pub mine: CustomerPatch,
    pub theirs: CurrentFields,
    pub before: BTreeMap<String, Option<String>>,
}

pub fn provide_here(page: CustomerPage) -> Here {
    let no = page.customer.customer_no;
    let here = Here {
        no,
        customer: RwSignal::new(Arc::new(page.customer)),
        words: RwSignal::new(page.words),
        all_words: StoredValue::new(false),
        today: page.today,
        wall: page.wall,
        lang: use_lang(),
        toasts: use_toasts(),
        unsaved: RwSignal::new(BTreeMap::new()),
        draft: Draft::of("field", no),
        log: RwSignal::new(false),
        charge: RwSignal::new(false),
        moving: RwSignal::new(false),
        editing: RwSignal::new(None),
        conflict: RwSignal::new(None),
        asks: RwSignal::new(None),
        clear: RwSignal::new(BTreeMap::new()),
        transactions: StoredValue::new(page.transactions),
        standing: RwSignal::new(page.standing),
        changes: RwSignal::new(0),
        account: RwSignal::new(String::new()),
    };
    provide_context(here);
    here
}

pub fn use_here() -> Here {
    expect_context::<Here>()
}

impl Here {
    /// False once the page was left, when nothing of it may be touched any more.
    pub fn is_here(self) -> bool {
        self.customer.try_with_untracked(|_| ()).is_some()
    }

    /// A part of the customer; what shows it is drawn anew only when that part changes.
    pub fn part<T: PartialEq + Send + Sync + 'static>(self, pick: fn(&Customer360) -> T) -> Memo<T> {
        Memo::new(move |_| self.customer.with(|customer| pick(customer)))
    }

    pub fn business_date(self) -> NaiveDate {
        self.customer.with_untracked(|customer| customer.business_date)
    }

    /// What totals and the money of the profile are in.
    pub fn base(self) -> Currency {
        self.customer.with_untracked(|customer| customer.base_currency)
    }

    pub fn may_edit(self) -> bool {
        self.customer.with_untracked(|customer| customer.may.edit)
    }

    pub fn may_reveal(self) -> bool {
        self.customer.with_untracked(|customer| customer.may.reveal)
    }

    /// Whoever leads it may ask for another lead or an assistant, whoever is its head says who has what.
    pub fn may_change_charge(self) -> Memo<bool> {
        let asks = use_me().is_some_and(|me| me.may(Verb::TransferRequest));
        let may = self.part(|customer| customer.may);
        Memo::new(move |_| asks && may.with(|may| may.share || may.edit))
    }

    pub fn may_log(self) -> bool {
        self.customer.with_untracked(|customer| customer.may.log_activity)
    }

    pub fn version(self) -> i32 {
        self.customer.with_untracked(|customer| customer.version)
    }

    /// Brings back what was typed into fields before the page was opened.
    pub fn bring_back(self) {
        self.draft.restore(move |mut kept: BTreeMap<String, Unsaved>| {
            // Saved after the page was left.
            self.customer.with_untracked(|customer| {
                kept.retain(|name, unsaved| customer.profile.get(name).and_then(Option::as_ref) != Some(&unsaved.typed));
            });
            // What was typed while the answer was on its way is newer.
            self.unsaved.update(|now| {
                kept.append(now);
                *now = kept;
            });
        });
    }

    /// Keeps what is typed into a field until it is saved; nothing forgets it.
    pub fn keep_typed(self, name: &str, unsaved: Option<Unsaved>) {
        let changed = self.unsaved.try_update(|all| match unsaved {
            // It is measured against what stood there as the typing began.
            Some(Unsaved { over, typed }) => {
                let kept = all.entry(name.to_owned()).or_insert_with(|| Unsaved { over, typed: String::new() });
                std::mem::replace(&mut kept.typed, typed.clone()) != typed
            }
            None => all.remove(name).is_some(),
        });
        if changed == Some(true) {
            self.unsaved.with_untracked(|all| if all.is_empty() { self.draft.forget() } else { self.draft.keep(all) });
        }
    }

    /// Reads the customer again after something was done.
    pub fn refresh(self) {
        if !self.is_here() {
            return;
        }
        spawn_local(async move {
            match view_api::read_customer(self.no).await.and_then(crate::Answer::read) {
                Ok(page) => {
                    if self.customer.try_set(Arc::new(page.customer)).is_none() {
                        if !self.all_words.get_value() {
                            self.words.set(page.words);
                        }
                        self.standing.set(page.standing);
                        self.changes.update(|changes| *changes += 1);
                    }
                }
                Err(fail) if self.is_here() => self.failed(&fail),
                Err(_) => {}
            }
        });
    }

    /// Says what went wrong where there is no better place for it.
    pub fn failed(self, fail: &Fail) {
        self.toasts.alarm(untrack(|| self.words_of(fail)));
    }

    /// What went wrong, with the reference to quote.
    pub fn words_of(self, fail: &Fail) -> String {
        let lang = self.lang.get();
        if fail.0.code == Code::NotFound { text::not_found_hint(lang).to_owned() } else { fail.message(lang) }
    }
}

const HOURS_EAST: i32 = 8;

/// The bank's own clock: server and browser write the same minute wherever they stand.
pub fn local(moment: DateTime<Utc>) -> NaiveDateTime {
    FixedOffset::east_opt(HOURS_EAST * 3600).map_or(moment.naive_utc(), |zone| moment.with_timezone(&zone).naive_local())
}

/// The moment at which the bank's clock shows this.
pub fn moment(local: NaiveDateTime) -> DateTime<Utc> {
    (local - Duration::hours(HOURS_EAST.into())).and_utc()
}
