//! What may be done with a version: tried out, submitted, published, sent back.

use guanhu_domain::{
    Code, Lang, Problem,
    tiers::{Decision, Scheme, Submission, Version, VersionState, Withdrawal},
};
use guanhu_ui::{Button, ButtonKind, DateInput, Dialog, Field, Progress, TextArea, dom, t, use_lang, use_toasts};
use leptos::{prelude::*, task::spawn_local};

use super::{Here, address, api, text};
use crate::{
    attempt::{Attempt, Once, Told},
    desk::{self, Offer},
    drafts::{self, Draft},
    palette::text as palette,
};

/// The buttons that fit the viewer and the version.
pub fn actions(here: Here, scheme: &Scheme, version: &Version) -> AnyView {
    let current = scheme.in_force == Some(version.number);
    let editable = version.published_at.is_none() && version.state != VersionState::Published;
    let link = |words: fn(Lang) -> &'static str| {
        let href = address(&scheme.code, Some(version.number), true);
        view! { <Button href=href kind=if current { ButtonKind::Primary } else { ButtonKind::Plain }>{t(words)}</Button> }.into_any()
    };
    let mut parts: Vec<AnyView> = Vec::new();
    if here.may_draft {
        parts.push(link(if editable { text::edit } else { text::new_draft }));
        if editable && version.state != VersionState::Submitted {
            parts.push(simulate(here, scheme, version));
        }
        if version.state == VersionState::Simulated
            || (!editable && (!current || scheme.pending().is_some()) && version.state == VersionState::Published)
        {
            parts.push(submit(here, scheme, version));
        }
    }
    if here.may_publish && version.state == VersionState::Submitted {
        parts.push(decide(here, scheme, version));
    }
    if here.may_publish && scheme.pending().is_some_and(|(number, _)| number == version.number) {
        parts.push(withdraw(here, scheme, version));
    }
    view! { <div class="tiers-actions">{parts}</div> }.into_any()
}

fn simulate(here: Here, scheme: &Scheme, version: &Version) -> AnyView {
    let (code, number, revision) = (scheme.code.clone(), version.number, version.revision);
    let attempt = Attempt::new();
    let toasts = use_toasts();
    let first = version.simulation.is_none();
    let words = move |lang| match (attempt.busy.get(), first) {
        (true, _) => text::simulating(lang),
        (false, true) => text::simulate(lang),
        (false, false) => text::simulate_again(lang),
    };
    let lang = use_lang();
    let (done, total) = (RwSignal::new(0u64), RwSignal::new(None::<u64>));
    let scheme = StoredValue::new(code.clone());
    let run = Callback::new(move |()| {
        done.set(0);
        total.set(None);
        attempt.run(api::simulate(code.clone(), number, revision), move |_| {
            toasts.say(t(text::simulated));
            here.renew();
        });
        follow(attempt, scheme, done, total);
    });
    desk::offer(vec![Offer::new("try-out", palette::try_out, move || run.run(()))]);
    let stop = Attempt::new();
    let cancel = move |_| stop.run(api::cancel_trial(scheme.get_value()), |()| ());
    let progress = move || {
        total.get().filter(|_| attempt.busy.get()).map(|_| {
            view! {
                <div class="tiers-trial">
                    <Progress label=t(text::simulating) done total />
                    <Button busy=stop.busy on_click=cancel>{t(text::stop_trial)}</Button>
                </div>
            }
        })
    };
    view! {
        <Button kind=if first { ButtonKind::Primary } else { ButtonKind::Plain } busy=attempt.busy on_click=move |_| run.run(())>{move || words(lang.get())}</Button>
        {progress}
        <Told attempt explain=explain />
    }
    .into_any()
}

/// Asks how far it is, about twice a second while it lasts. What takes less shows no progress.
fn follow(attempt: Attempt, scheme: StoredValue<String>, done: RwSignal<u64>, total: RwSignal<Option<u64>>) {
    dom::after(500, move || {
        // The page may have been left.
        if attempt.busy.try_get_untracked() != Some(true) {
            return;
        }
        spawn_local(async move {
            let Some(scheme_code) = scheme.try_get_value() else { return };
            if let Ok(Some(trial)) = api::how_far(scheme_code).await {
                let _ = done.try_set(trial.done.unsigned_abs());
                let _ = total.try_set(Some(trial.total.unsigned_abs()));
            }
            follow(attempt, scheme, done, total);
        });
    });
}

fn submit(here: Here, scheme: &Scheme, version: &Version) -> AnyView {
    let open = RwSignal::new(false);
    let from = RwSignal::new(None);
    let note = RwSignal::new(String::new());
    let (attempt, once) = (Attempt::new(), Once::new());
    let toasts = use_toasts();
    let (code, number, revision) = (StoredValue::new(scheme.code.clone()), version.number, version.revision);
    let back = version.published_at.is_some();
    let draft = Draft::of("decision", format!("submit-{}.{number}", scheme.code));
    drafts::one_value(draft, open, note);
    let send = move || {
        let asked = Submission { revision, from: from.get_untracked(), note: note.get_untracked() };
        let sent = draft.once_sent();
        attempt.run(once.of(move |key| api::submit(code.get_value(), number, asked, key)), move |_| {
            sent();
            open.set(false);
            toasts.say(t(text::submitted_done));
            here.renew();
        });
    };
    let words: fn(Lang) -> &'static str = if back { text::go_back } else { text::submit };
    let footer = move || view! { <Button kind=ButtonKind::Primary busy=attempt.busy on_click=move |_| send()>{t(text::submit)}</Button> };
    let inside = move || {
        view! {
            <Field name="tier-from" help="tiers#versions" label=t(text::from) hint=t(text::from_hint) error=attempt.error("from")>
                <DateInput value=from />
            </Field>
            <Field name="tier-note" help="tiers#versions" label=t(text::note_label) hint=t(text::note_hint) error=attempt.error("note")>
                <TextArea value=note rows=3 maxlength=500 />
            </Field>
            <Told attempt explain=explain />
        }
    };
    view! {
        <Button kind=if back { ButtonKind::Plain } else { ButtonKind::Primary } on_click=move |_| open.set(true)>{t(words)}</Button>
        <Dialog name="tier-submit" open title=t(words) footer=footer>{inside}</Dialog>
    }
    .into_any()
}

fn decide(here: Here, scheme: &Scheme, version: &Version) -> AnyView {
    // `Some(true)` publishing, `Some(false)` sending back.
    let asked = RwSignal::new(None::<bool>);
    let open = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    let (attempt, once) = (Attempt::new(), Once::new());
    let toasts = use_toasts();
    let (code, number, revision) = (StoredValue::new(scheme.code.clone()), version.number, version.revision);
    let draft = Draft::of("decision", "");
    drafts::one_value(draft, open, reason);
    let begin = move |publish: bool| {
        attempt.clear();
        // What was begun as a refusal is no reason to publish.
        draft.about(format!("{}-{}.{number}", if publish { "publish" } else { "send-back" }, code.get_value()));
        asked.set(Some(publish));
        open.set(true);
    };
    let send = move || {
        let publish = asked.get_untracked() == Some(true);
        let decision = Decision { revision, publish, reason: reason.get_untracked() };
        let sent = draft.once_sent();
        attempt.run(once.of(move |key| api::publish(code.get_value(), number, decision, key)), move |_| {
            sent();
            open.set(false);
            toasts.say(t(if publish { text::published_done } else { text::sent_back }));
            here.renew();
        });
    };
    let lang = use_lang();
    let is_publish = move || asked.get() == Some(true);
    let title = move || if is_publish() { text::publish(lang.get()) } else { text::send_back(lang.get()) };
    let footer = move || {
        let kind = if is_publish() { ButtonKind::Primary } else { ButtonKind::Danger };
        let words: fn(Lang) -> &'static str = if is_publish() { text::publish_now } else { text::send_back };
        view! { <Button kind busy=attempt.busy on_click=move |_| send()>{t(words)}</Button> }
    };
    let from = version.asked_from;
    let note = StoredValue::new(version.asked_note.clone());
    // What is to come on that day or later gives way.
    let gives_way = scheme.pending().filter(|(pending, on)| *pending == number || from.is_none_or(|from| from <= *on));
    let inside = move || {
        view! {
            {note.with_value(|note| (!note.is_empty()).then(|| view! { <p class="tiers-note">{note.clone()}</p> }))}
            {(is_publish()).then(|| view! { <p>{move || match from {
                Some(from) => text::from_date(lang.get(), &guanhu_ui::format_date(from, lang.get())),
                None => text::on_publication(lang.get()).to_owned(),
            }}</p> })}
            {gives_way.filter(|_| is_publish()).map(|(pending, on)| view! {
                <p class="notice warn">{move || text::gives_way(lang.get(), pending, &guanhu_ui::format_date(on, lang.get()))}</p>
            })}
            <Field name="tier-reason" help="tiers#versions" label=t(text::reason) hint=t(text::reason_hint) error=attempt.error("reason")>
                <TextArea value=reason rows=3 maxlength=500 />
            </Field>
            <Told attempt explain=explain />
        }
    };
    view! {
        <Button kind=ButtonKind::Danger on_click=move |_| begin(false)>{t(text::send_back)}</Button>
        <Button kind=ButtonKind::Primary on_click=move |_| begin(true)>{t(text::publish)}</Button>
        <Dialog name="tier-decide" open title=title footer=footer>{inside}</Dialog>
    }
    .into_any()
}

fn withdraw(here: Here, scheme: &Scheme, version: &Version) -> AnyView {
    let open = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    let (attempt, once) = (Attempt::new(), Once::new());
    let toasts = use_toasts();
    let (code, number, revision) = (StoredValue::new(scheme.code.clone()), version.number, version.revision);
    let draft = Draft::of("decision", format!("withdraw-{}.{number}", scheme.code));
    drafts::one_value(draft, open, reason);
    let send = move || {
        let asked = Withdrawal { revision, reason: reason.get_untracked() };
        let sent = draft.once_sent();
        attempt.run(once.of(move |key| api::withdraw(code.get_value(), number, asked, key)), move |_| {
            sent();
            open.set(false);
            toasts.say(t(text::withdrawn));
            here.renew();
        });
    };
    let footer = move || view! { <Button kind=ButtonKind::Danger busy=attempt.busy on_click=move |_| send()>{t(text::withdraw)}</Button> };
    let inside = move || {
        view! {
            <Field name="tier-withdraw-reason" help="tiers#versions" label=t(text::reason) hint=t(text::reason_hint) error=attempt.error("reason")>
                <TextArea value=reason rows=3 maxlength=500 />
            </Field>
            <Told attempt explain=explain />
        }
    };
    view! {
        <Button kind=ButtonKind::Danger on_click=move |_| open.set(true)>{t(text::withdraw)}</Button>
        <Dialog name="tier-withdraw" open title=t(text::withdraw) footer=footer>{inside}</Dialog>
    }
    .into_any()
}

fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    (problem.code == Code::Stale).then(|| text::out_of_date(lang).to_owned())
}
