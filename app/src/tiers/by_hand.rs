//! On the customer's page: asking for a tier that the rules do not give, agreeing to it, ending it.

use chrono::NaiveDate;
use guanhu_domain::{
    CustomerNo,
    access::Verb,
    tiers::{Explanation, TierAnswer, TierAsked, TierEnd, TierOffer, TierRequest},
};
use guanhu_ui::{Button, ButtonKind, Choice, DateInput, Dialog, Field, Select, TextArea, format_date, t, use_lang, use_toasts};
use leptos::prelude::*;

use super::{api, text};
use crate::{
    attempt::{Attempt, Once, Told},
    drafts::{self, Draft, Parts},
    shell::use_me,
};

/// Nothing for whom it is not. `read` reads the explanation again.
pub fn by_hand(no: CustomerNo, told: &Explanation, business_date: NaiveDate, read: Callback<()>) -> AnyView {
    let may = |verb| use_me().is_some_and(|me| me.may(verb));
    let (may_ask, may_answer) = (may(Verb::TierAsk), may(Verb::TierAnswer));
    let waiting = told.asked.clone().map(|asked| waiting(no, asked, may_ask, may_answer, read));
    let offered = may_ask && told.asked.is_none() && !told.offer.tiers.is_empty();
    let asking = offered.then(|| ask(no, told.offer.clone(), business_date, read));
    let ending = (may_ask && told.held.is_some()).then(|| end(no, "tier-end", text::end_now, read));
    view! {
        {waiting}
        {(offered || told.held.is_some()).then(|| view! { <div class="tiers-actions">{asking} {ending}</div> })}
    }
    .into_any()
}

fn is_given(reason: RwSignal<String>) -> bool {
    reason.with_untracked(|reason| !reason.trim().is_empty())
}

fn ask(no: CustomerNo, offer: TierOffer, business_date: NaiveDate, read: Callback<()>) -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let (attempt, once) = (Attempt::new(), Once::new());
    let tier = RwSignal::new(offer.tiers.first().map(|tier| tier.code.clone()).unwrap_or_default());
    let until = RwSignal::new(Some(offer.until));
    let reason = RwSignal::new(String::new());
    let (approved, last) = (offer.approved, offer.until);
    let tiers = StoredValue::new(offer.tiers);
    let choices = Signal::derive(move || {
        tiers.with_value(|tiers| tiers.iter().map(|tier| Choice::new(&tier.code, tier.name(lang.get()))).collect::<Vec<_>>())
    });
    let kept = Parts::while_open(Draft::of("tier-request", no), open, [tier.into(), until.into(), reason.into()]);
    let send = move |_| {
        if !attempt.has(&[("until", until.with_untracked(Option::is_some)), ("reason", is_given(reason))]) {
            return;
        }
        let asked =
            TierAsked { tier: tier.get_untracked(), until: until.get_untracked().unwrap_or(business_date), reason: reason.get_untracked() };
        let sent = kept.once_sent();
        attempt.run(once.of(move |key| api::ask(no, asked, key)), move |_| {
            sent();
            open.set(false);
            toasts.say(t(if approved { text::ask_sent } else { text::ask_given }));
            read.run(());
        });
    };
    let hint = move || text::until_hint(lang.get(), &format_date(last, lang.get()));
    let footer = move || view! { <Button kind=ButtonKind::Primary busy=attempt.busy on_click=send>{t(text::ask_send)}</Button> };
    let inside = move || {
        view! {
            {kept.notice()}
            <p class="faint">{t(if approved { text::ask_two } else { text::ask_one })}</p>
            <Field name="tier-ask-tier" label=t(text::tier) error=attempt.error("tier")><Select value=tier choices /></Field>
            <Field name="tier-ask-until" help="tiers#by-hand" label=t(text::until) hint=Signal::derive(hint) error=attempt.error("until")><DateInput value=until /></Field>
            <Field name="tier-ask-reason" label=t(text::why) hint=t(text::why_hint) error=attempt.error("reason") required=true help="tiers#by-hand">
                <TextArea value=reason rows=3 maxlength=500 />
            </Field>
            <Told attempt />
        }
    };
    view! {
        <Button kind=ButtonKind::Quiet on_click=move |_| open.set(true)>{t(text::ask)}</Button>
        <Dialog name="tier-ask" open title=t(text::ask_title) footer=footer>{inside}</Dialog>
    }
    .into_any()
}

fn waiting(no: CustomerNo, asked: TierRequest, may_ask: bool, may_answer: bool, read: Callback<()>) -> AnyView {
    let lang = use_lang();
    let mine = asked.mine;
    let id = asked.id;
    let said = move || {
        let lang = lang.get();
        text::asked_by(lang, &asked.asked_by, asked.tier.name(lang), &format_date(asked.until, lang), &asked.reason)
    };
    view! {
        <div class="notice warn" role="status">
            <p>{said}</p>
            <div class="tiers-actions">
                {(may_answer && !mine).then(|| answer(no, id, read))}
                {(may_ask && mine).then(|| end(no, "tier-take-back", text::take_back, read))}
            </div>
        </div>
    }
    .into_any()
}

fn answer(no: CustomerNo, id: uuid::Uuid, read: Callback<()>) -> AnyView {
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    let (attempt, once) = (Attempt::new(), Once::new());
    let draft = Draft::of("decision", format!("tier-{id}"));
    drafts::one_value(draft, open, reason);
    let send = move |approve: bool| {
        if !attempt.has(&[("reason", approve || is_given(reason))]) {
            return;
        }
        // What was begun as a refusal is no reason to agree.
        let answer = TierAnswer { approve, reason: if approve { String::new() } else { reason.get_untracked() } };
        let key = once.key_for(&answer);
        let sent = draft.once_sent();
        attempt.run(once.of(move |_| api::answer_tier(no, id, answer, key)), move |_| {
            sent();
            open.try_set(false);
            toasts.say(t(if approve { text::agreed } else { text::refused }));
            read.try_run(());
        });
    };
    let footer =
        move || view! { <Button kind=ButtonKind::Danger busy=attempt.busy on_click=move |_| send(false)>{t(text::refuse)}</Button> };
    let inside = move || {
        view! {
            <Field name="tier-answer-reason" help="tiers#by-hand" label=t(text::why) hint=t(text::why_hint) error=attempt.error("reason")>
                <TextArea value=reason rows=3 maxlength=500 />
            </Field>
            <Told attempt />
        }
    };
    // Who agrees need not say why.
    view! {
        <Button kind=ButtonKind::Danger on_click=move |_| { attempt.clear(); open.set(true) }>{t(text::refuse)}</Button>
        <Button kind=ButtonKind::Primary busy=attempt.busy on_click=move |_| send(true)>{t(text::agree)}</Button>
        {move || (!open.get()).then(|| view! { <Told attempt /> })}
        <Dialog name="tier-answer" open title=t(text::refuse) footer=footer>{inside}</Dialog>
    }
    .into_any()
}

fn end(no: CustomerNo, name: &'static str, words: fn(guanhu_domain::Lang) -> &'static str, read: Callback<()>) -> AnyView {
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    let (attempt, once) = (Attempt::new(), Once::new());
    let draft = Draft::of("decision", format!("{name}-{no}"));
    drafts::one_value(draft, open, reason);
    let send = move |_| {
        if !attempt.has(&[("reason", is_given(reason))]) {
            return;
        }
        let asked = TierEnd { reason: reason.get_untracked() };
        let sent = draft.once_sent();
        attempt.run(once.of(move |key| api::end(no, asked, key)), move |()| {
            sent();
            open.set(false);
            toasts.say(t(text::ended));
            read.run(());
        });
    };
    let footer = move || view! { <Button kind=ButtonKind::Danger busy=attempt.busy on_click=send>{t(words)}</Button> };
    let inside = move || {
        view! {
            <Field name=format!("{name}-reason") label=t(text::why) hint=t(text::why_hint) error=attempt.error("reason")>
                <TextArea value=reason rows=3 maxlength=500 />
            </Field>
            <Told attempt />
        }
    };
    view! {
        <Button kind=ButtonKind::Quiet on_click=move |_| open.set(true)>{t(words)}</Button>
        <Dialog name open title=t(words) footer=footer>{inside}</Dialog>
    }
    .into_any()
}
