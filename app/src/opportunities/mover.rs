//! Moving an opportunity from stage to stage, by whatever means: at once, with the way back offered; to an end after
//! what it asks.

use std::collections::BTreeSet;

use guanhu_domain::{
    Code, CustomerNo, Lang,
    opportunities::{LOSS_REASON_MAX, Opportunity, Stage, StageMove},
};
use guanhu_ui::{Button, ButtonKind, Dialog, Field, MoneyInput, TextArea, Toasts, t, use_lang, use_toasts};
use leptos::{prelude::*, task::spawn_local};
use uuid::Uuid;

use super::{api, text};
use crate::{
    Fail,
    attempt::{Attempt, Once, Told},
    drafts::{self, Draft},
};

/// What is to be won or lost.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ending {
    customer: CustomerNo,
    opportunity: Opportunity,
    to: Stage,
}

/// `Copy`; of one page.
#[derive(Clone, Copy)]
pub struct Mover {
    asks: RwSignal<Option<Ending>>,
    /// Those that are on their way.
    busy: StoredValue<BTreeSet<String>>,
    lang: Signal<Lang>,
    toasts: Toasts,
    changed: Callback<(CustomerNo, Option<Opportunity>)>,
}

impl Mover {
    /// `changed` hears of an opportunity as it now is; of nothing where the page should read again.
    pub fn new(changed: impl Fn(CustomerNo, Option<Opportunity>) + Send + Sync + 'static) -> Mover {
        Mover {
            asks: RwSignal::new(None),
            busy: StoredValue::new(BTreeSet::new()),
            lang: use_lang(),
            toasts: use_toasts(),
            changed: Callback::new(move |(customer, now)| changed(customer, now)),
        }
    }

    pub fn go(self, customer: CustomerNo, opportunity: Opportunity, to: Stage) {
        if opportunity.stage == to {
            return;
        }
        if to.is_open() {
            self.send(customer, opportunity, StageMove::to(to));
        } else {
            self.asks.set(Some(Ending { customer, opportunity, to }));
        }
    }

    /// Tells the page, if it is still there.
    pub fn tell(self, customer: CustomerNo, now: Option<Opportunity>) {
        let _ = self.changed.try_run((customer, now));
    }

    pub fn say(self, words: String) {
        self.toasts.say(words);
    }

    fn send(self, customer: CustomerNo, before: Opportunity, to: StageMove) {
        let id = before.id.clone();
        if self.busy.try_update_value(|busy| busy.insert(id.clone())) != Some(true) {
            return;
        }
        spawn_local(async move {
            let answer = api::move_to(customer, before.id.clone(), before.version, to, Uuid::new_v4()).await;
            self.busy.try_update_value(|busy| busy.remove(&id));
            match answer {
                Ok(now) => self.moved(customer, &before, now),
                Err(fail) => self.failed(customer, &fail),
            }
        });
    }

    fn moved(self, customer: CustomerNo, before: &Opportunity, now: Opportunity) {
        let lang = self.lang.try_get_untracked().unwrap_or_default();
        let said = text::moved(lang, &now.title, now.stage.name(lang));
        let back = StageMove { to: before.stage, won_amount: before.won_amount, loss_reason: before.loss_reason.clone() };
        self.tell(customer, Some(now.clone()));
        let (id, version, toasts) = (now.id, now.version, self.toasts);
        // Also after the page was left.
        self.toasts.undo(said, move || {
            let (id, back) = (id.clone(), back.clone());
            spawn_local(async move {
                match api::move_to(customer, id, version, back, Uuid::new_v4()).await {
                    Ok(now) => {
                        toasts.say(text::taken_back(lang));
                        self.tell(customer, Some(now));
                    }
                    Err(fail) => self.failed(customer, &fail),
                }
            });
        });
    }

    fn failed(self, customer: CustomerNo, fail: &Fail) {
        let lang = self.lang.try_get_untracked().unwrap_or_default();
        if matches!(fail.0.code, Code::Stale | Code::NotFound) {
            self.toasts.alarm(text::stale(lang));
            self.tell(customer, None);
        } else {
            self.toasts.alarm(fail.message(lang));
        }
    }
}

/// What an end asks: the amount that was won, the reason why it was lost.
#[component]
pub fn EndDialog(mover: Mover) -> impl IntoView {
    let lang = mover.lang;
    let open = RwSignal::new(false);
    let amount = RwSignal::new(None::<i64>);
    let reason = RwSignal::new(String::new());
    let (attempt, once) = (Attempt::new(), Once::new());
    let draft = Draft::of("opportunity", "");
    drafts::one_value(draft, open, reason);
    Effect::new(move |_| {
        if let Some(ending) = mover.asks.get() {
            attempt.clear();
            draft.about(format!("{}-lost", ending.opportunity.id));
            amount.set(Some(ending.opportunity.amount));
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() && mover.asks.with_untracked(Option::is_some) {
            mover.asks.set(None);
        }
    });
    // What it was about stays while it closes.
    let about = Memo::new(move |last: Option<&Option<Ending>>| mover.asks.get().or_else(|| last.cloned().flatten()));
    let wins = move || about.with(|about| about.as_ref().is_some_and(|ending| ending.to == Stage::Won));
    let send = move || {
        let Some(Ending { customer, opportunity, to }) = mover.asks.get_untracked() else { return };
        let (won, lost) = (to == Stage::Won, to == Stage::Lost);
        let asked = StageMove {
            to,
            won_amount: amount.get_untracked().filter(|_| won),
            loss_reason: lost.then(|| reason.get_untracked().trim().to_owned()),
        };
        let filled = asked.loss_reason.as_ref().is_none_or(|reason| !reason.is_empty());
        if !attempt.has(&[("won_amount", !won || asked.won_amount.is_some()), ("loss_reason", filled)]) {
            return;
        }
        let key = once.key_for(&(&opportunity.id, &asked));
        let (id, version) = (opportunity.id.clone(), opportunity.version);
        let forget = draft.once_sent();
        let call = async move { api::move_to(customer, id, version, asked, key).await };
        attempt.run(once.of(move |_| call), move |now| {
            forget();
            // Another one may be asked about by now.
            if mover.asks.try_with_untracked(|asks| asks.as_ref().is_some_and(|asked| asked.opportunity.id == opportunity.id)) == Some(true)
            {
                open.set(false);
            }
            mover.moved(customer, &opportunity, now);
        });
    };
    let title = move || if wins() { text::won_title(lang.get()) } else { text::lost_title(lang.get()) };
    let footer = move || {
        view! {
            <Button on_click=move |_| open.set(false)>{t(text::cancel)}</Button>
            <Button kind=ButtonKind::Primary busy=attempt.busy on_click=move |_| send()>{title}</Button>
        }
    };
    let body = move || {
        let Some(Ending { opportunity, .. }) = about.get() else { return ().into_any() };
        let (currency, decimals) = (opportunity.currency.code().to_owned(), opportunity.currency.exponent());
        let asked = if wins() {
            view! {
                <Field name="won-amount" help="opportunities#stages" label=t(text::won_amount) error=attempt.error("won_amount") required=true>
                    <MoneyInput value=amount currency decimals />
                </Field>
            }
            .into_any()
        } else {
            view! {
                <Field name="loss-reason" help="opportunities#stages" label=t(text::loss_reason) error=attempt.error("loss_reason") required=true>
                    <TextArea value=reason rows=3 maxlength=LOSS_REASON_MAX as u32 />
                </Field>
            }
            .into_any()
        };
        view! {
            <p>{opportunity.title}</p>
            {asked}
            <Told attempt />
        }
        .into_any()
    };
    view! { <Dialog name="opportunity-end" open title footer>{body}</Dialog> }.into_any()
}
