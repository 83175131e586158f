//! A transfer as a row of the list: what moves, what became of it, and what may be done about it.

use chrono::{DateTime, Utc};
use guanhu_domain::{
    Lang,
    assignments::{TRANSFER_MAX, Trail, Transfer, TransferState, reason_words},
    customers::AssignmentRole,
};
use guanhu_ui::{Badge, Button, ButtonKind, Field, Glyph, Progress, TextInput, TimeText, Tone, format_count, format_date, format_time, t};
use leptos::prelude::*;
use uuid::Uuid;

use super::{Ask, Here, api, look, text};
use crate::{
    customers::view::local,
    drafts::{self, Draft},
};

pub fn tone(state: TransferState) -> Tone {
    match state {
        TransferState::Pending => Tone::Warn,
        TransferState::Done => Tone::Good,
        TransferState::Rejected | TransferState::Cancelled => Tone::Alarm,
        _ => Tone::Neutral,
    }
}

pub fn row(here: Here, transfer: Transfer) -> AnyView {
    let lang = here.lang;
    let id = transfer.id;
    let tone = tone(transfer.state);
    let (state, aum, customers) = (transfer.state, transfer.aum, i64::from(transfer.customers));
    let (to, receivers) = (transfer.to.clone(), transfer.receivers);
    let to = move || match (&to, receivers) {
        (Some(manager), _) => manager.name.clone(),
        (None, 2..) => text::to_several(lang.get(), receivers),
        (None, 0) => text::to_nobody(lang.get()).to_owned(),
        (None, _) => text::to_pool(lang.get()).to_owned(),
    };
    let because = (!transfer.because.is_empty()).then(|| {
        let because = transfer.because.clone();
        view! {
            <p class="transfer-because">
                {t(text::because)} {move || because.iter().map(|because| because.name(lang.get())).collect::<Vec<_>>().join(" · ")}
            </p>
        }
    });
    let (effective, reason) = (transfer.effective, transfer.reason.clone());
    let trail = trail(lang, &transfer);
    // Of assistants only what one transaction held is taken back; whoever might wonder is told.
    let in_batches = transfer.moved > 0 || usize::try_from(transfer.customers).is_ok_and(|customers| customers > TRANSFER_MAX);
    let stays = transfer.role == AssignmentRole::Assist
        && in_batches
        && transfer.reverts.is_none()
        && matches!(transfer.state, TransferState::Done | TransferState::Cancelled);
    let stopped = transfer.stopped.map(|stopped| view! { <p class="transfer-because">{move || stopped.name(lang.get())}</p> });
    let progress = batches(here, &transfer);
    let may = transfer.may;
    // One key a row and button: whoever presses again after an answer was lost does nothing twice.
    let keys = [Uuid::new_v4(), Uuid::new_v4()];
    let said = move |words: fn(Lang) -> &'static str| move |_| here.say(words);
    let approve = move |_| here.decide(here.attempt, api::approve(id, keys[0]), said(text::approved));
    // Recalling asks why in the row itself; nothing has to be said.
    let recalling = RwSignal::new(false);
    let why = RwSignal::new(String::new());
    let draft = Draft::of("decision", format!("recall-{id}"));
    if may.recall {
        drafts::one_value(draft, recalling, why);
    }
    let recall = move || {
        let sent = draft.once_sent();
        here.decide(here.attempt, api::recall(id, why.get_untracked().trim().to_owned(), keys[1]), move |_| {
            sent();
            here.say(text::recalled);
        })
    };
    let ask_recall = move |_| {
        recalling.set(true);
        guanhu_ui::dom::next_frame(move || guanhu_ui::dom::focus_id(&format!("f-recall-{id}")));
    };
    let keep = move || {
        recalling.set(false);
        guanhu_ui::dom::next_frame(move || guanhu_ui::dom::focus_id(&format!("recall-{id}")));
    };
    let recall_form = move || {
        recalling.get().then(|| {
            view! {
                <div
                    class="transfer-recall"
                    on:keydown=move |event| {
                        if event.key() == "Escape" && !event.is_composing() {
                            event.stop_propagation();
                            keep();
                        }
                    }
                >
                    <Field name=format!("recall-{id}") label=t(text::recall_why)>
                        <TextInput value=why maxlength=500 on_enter=move |()| recall() />
                    </Field>
                    <Button kind=ButtonKind::Primary busy=here.attempt.busy on_click=move |_| recall()>{t(text::recall)}</Button>
                    <Button on_click=move |_| keep()>{t(text::cancel)}</Button>
                </div>
            }
        })
    };
    view! {
        <li class="transfer">
            <div class="transfer-what">
                <p class="transfer-line">
                    <Badge tone>{move || state.name(lang.get())}</Badge>
                    <strong>{move || text::customers_n(lang.get(), &format_count(customers))}</strong>
                    <span class="num">{move || here.figures.short(aum, lang.get())}</span>
                    <span class="faint">{t(text::to)}</span>
                    <strong>{to}</strong>
                    {(transfer.role == AssignmentRole::Assist && receivers > 0)
                        .then(|| view! {
                            <span class="faint">{t(text::as_assist)} {transfer.share.map(|share| format!(" {share}%"))}</span>
                        })}
                    {transfer.reverts.is_some().then(|| view! { <span class="faint">{t(text::takes_back)}</span> })}
                </p>
                <p>{move || reason_words(&reason, lang.get())}</p>
                {because}
                <p class="faint">
                    {transfer.requested_by.clone()} " · " <TimeText time=local(transfer.requested_at) /> " · "
                    {move || format!("{} {}", format_date(effective, lang.get()), text::effective(lang.get()))}
                </p>
                {trail}
                {stays.then(|| view! { <p class="faint">{t(text::assists_stay)}</p> })}
                {progress}
                {stopped}
                {may.recall.then_some(recall_form)}
            </div>
            <div class="transfer-actions">
                <Button kind=ButtonKind::Quiet on_click=move |_| look(here, id)>{t(text::detail)}</Button>
                <Button kind=ButtonKind::Quiet icon=Glyph::Print href=format!("/transfers/{id}/sheet")>{t(text::sheet)}</Button>
                {may.decide.then(|| view! {
                    <Button on_click=move |_| here.asking.set(Some((Ask::Reject, id)))>{t(text::reject)}</Button>
                    <Button kind=ButtonKind::Primary busy=here.attempt.busy on_click=approve>{t(text::approve)}</Button>
                })}
                {move || (may.recall && !recalling.get()).then(|| view! {
                    <span id=format!("recall-{id}") tabindex="-1">
                        <Button on_click=ask_recall>{t(text::recall)}</Button>
                    </span>
                })}
                {may.cancel.then(|| view! {
                    <Button on_click=move |_| here.asking.set(Some((Ask::Cancel, id)))>{t(text::cancel_run)}</Button>
                })}
                {may.revert.then(|| view! {
                    <Button icon=Glyph::Undo on_click=move |_| here.asking.set(Some((Ask::Revert, id)))>{t(text::revert)}</Button>
                })}
            </div>
        </li>
    }
    .into_any()
}

/// What became of a transfer: who decided it, recalled or stopped it, took it back; when, and why.
pub fn trail(lang: Signal<Lang>, transfer: &Transfer) -> AnyView {
    let line = move |words: fn(Lang, &str, &str) -> String, who: String, at: DateTime<Utc>, reason: String| {
        view! {
            <p class="faint">
                {move || words(lang.get(), &who, &format_time(local(at), lang.get()))}
                {(!reason.is_empty()).then(|| format!(" · {reason}"))}
            </p>
        }
    };
    let ended = match transfer.state {
        TransferState::Recalled => text::recalled_by,
        _ => text::stopped_by,
    };
    let decided = transfer.decided_by.clone().zip(transfer.decided_at);
    view! {
        {decided.map(|(who, at)| line(text::decided, who, at, transfer.decision_reason.clone()))}
        {transfer.ended.clone().map(|Trail { by, at, reason }| line(ended, by, at, reason))}
        {transfer.reverted.clone().map(|Trail { by, at, reason }| line(text::reverted_by, by, at, reason))}
    }
    .into_any()
}

/// How far a transfer that is carried out in batches has come; the row stays as it is while it goes on.
fn batches(here: Here, transfer: &Transfer) -> Option<AnyView> {
    let lang = here.lang;
    let (id, customers) = (transfer.id, i64::from(transfer.customers));
    let words = move |moved: i32, left_out: i32| {
        let (moved, left) = (format_count(i64::from(moved)), format_count(i64::from(left_out)));
        if left_out > 0 {
            text::moved_and_left(lang.get(), &moved, &left)
        } else {
            text::moved(lang.get(), &moved, &format_count(customers))
        }
    };
    let (moved, left_out) = (transfer.moved, transfer.left_out);
    match transfer.state {
        TransferState::Running => {
            let now = Memo::new(move |last: Option<&(i32, i32)>| {
                let find = |transfers: &Vec<Transfer>| {
                    transfers.iter().find(|transfer| transfer.id == id).map(|transfer| (transfer.moved, transfer.left_out))
                };
                here.all.with(find).or_else(|| here.waiting.with(find)).or(last.copied()).unwrap_or((moved, left_out))
            });
            let label = move || {
                let (moved, left_out) = now.get();
                words(moved, left_out)
            };
            let done = Signal::derive(move || {
                let (moved, left_out) = now.get();
                u64::try_from(moved + left_out).unwrap_or(0)
            });
            Some(view! { <Progress label done total=Some(u64::try_from(customers).unwrap_or(0)) /> }.into_any())
        }
        _ if left_out > 0 => Some(view! { <p class="transfer-because">{move || words(moved, left_out)}</p> }.into_any()),
        _ => None,
    }
}
