//! The sheet that moves customers somebody picked: those selected in a list, or the one whose page is open.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use guanhu_domain::{
    CustomerNo, Lang,
    assignments::{MovingCustomer, NOTED_MAX, NewTransfer, POOL, TRANSFER_MAX, Transfer, TransferPreview, TransferState},
    customers::{AssignmentRole, ManagerRef},
};
use guanhu_ui::{
    Button, ButtonKind, Choice, Combobox, DateInput, Field, Sheet, TextArea, TierMark, Toasts, format_count, t, use_lang, use_toasts,
};
use leptos::{prelude::*, task::spawn_local};
use uuid::Uuid;

use super::api;
use crate::{
    attempt::{Attempt, Once, Told},
    customers::list::columns::Figures,
    drafts::{self, Draft},
};

/// Days ahead that a transfer may be dated.
const AHEAD: u64 = 366;

/// A manager to choose.
pub fn choice((manager, spelt): (&ManagerRef, &str)) -> Choice {
    Choice::new(&manager.code, &manager.name).hint(&manager.code).find(spelt)
}

/// What the new lead should know, by customer.
pub type Notes = BTreeMap<CustomerNo, String>;

/// The notes that go with a move to `to`: of those who are named with room for one.
pub fn noted(preview: Option<&TransferPreview>, notes: &Notes, to: &str) -> Notes {
    let Some(preview) = preview.filter(|preview| to != POOL && preview.customers <= NOTED_MAX as i64) else { return Notes::new() };
    let told = |customer: &MovingCustomer| {
        let note = notes.get(&customer.customer_no)?.trim();
        (!note.is_empty()).then(|| (customer.customer_no, note.to_owned()))
    };
    preview.first.iter().filter_map(told).collect()
}

/// What moves: how many with how much, and the weightiest by name, tier and AUM; where they are few, each with room for
/// a note to the new lead.
pub fn what_moves(lang: Signal<Lang>, figures: Figures, preview: &TransferPreview, notes: Option<RwSignal<Notes>>) -> AnyView {
    let (customers, aum) = (preview.customers, preview.aum);
    let notes = notes.filter(|_| customers <= NOTED_MAX as i64);
    let more = customers - preview.first.len() as i64;
    let line = move |MovingCustomer { customer_no, name, tier, aum }: MovingCustomer| {
        let mark = tier.as_ref().map_or(0, |tier| tier.mark);
        let tier = move || tier.as_ref().map_or_else(|| text::no_tier(lang.get()).to_owned(), |tier| tier.name(lang.get()).to_owned());
        let about = name.clone();
        let note = notes.map(|notes| {
            let write = move |event: leptos::ev::Event| {
                let note = event_target_value(&event);
                notes.update(|notes| match note.is_empty() {
                    true => drop(notes.remove(&customer_no)),
                    false => drop(notes.insert(customer_no, note)),
                });
            };
            view! {
                <input
                    class="input"
                    maxlength="1000"
                    prop:value=move || notes.with(|notes| notes.get(&customer_no).cloned().unwrap_or_default())
                    placeholder=t(text::note)
                    aria-label=move || text::note_on(lang.get(), &about)
                    on:input=write
                />
            }
        });
        view! {
            <li>
                <span class="moves-name">{name}</span>
                <TierMark rank=mark label=tier />
                <span class="num">{move || figures.short(aum, lang.get())}</span>
                {note}
            </li>
        }
    };
    view! {
        <section class="moves">
            <p role="status">
                <strong>{move || text::moves_sum(lang.get(), &format_count(customers), &figures.short(aum, lang.get()))}</strong>
            </p>
            <ul>{preview.first.iter().cloned().map(line).collect_view()}</ul>
            {(more > 0).then(|| view! { <p class="faint">{move || text::moves_more(lang.get(), &format_count(more))}</p> })}
        </section>
    }
    .into_any()
}

/// Asks to whom, why and when `chosen` are moved, shows what it would do, and asks the server for it.
/// `asked` is run when it was, `moved` whenever who has them may have changed, an undo included. What was
/// typed is kept under `subject`.
#[component]
pub fn MoveSheet(
    #[prop(into)] subject: String,
    open: RwSignal<bool>,
    #[prop(into)] chosen: Signal<Vec<CustomerNo>>,
    /// Managers it may go to; the pool is offered as well.
    #[prop(into)]
    people: Signal<Vec<Choice>>,
    figures: Figures,
    #[prop(into)] asked: Callback<()>,
    #[prop(into)] moved: Callback<()>,
) -> impl IntoView {
    let (lang, toasts) = (use_lang(), use_toasts());
    let to = RwSignal::new(None::<Choice>);
    let reason = RwSignal::new(String::new());
    let effective = RwSignal::new(None::<NaiveDate>);
    let preview = RwSignal::new(None::<TransferPreview>);
    let attempt = Attempt::new();
    let once = Once::new();
    let notes = RwSignal::new(Notes::new());
    let notes_draft = Draft::of("transfer", format!("{subject}-notes"));
    drafts::one_value(notes_draft, open, notes);
    let draft = Draft::of("transfer", subject);
    drafts::one_value(draft, open, reason);
    Effect::new(move |_| {
        if open.get() {
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
        let looked = request("?");
        spawn_local(async move {
            let answer = api::preview(looked).await;
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
        let (mut wanted, name) = (request(&reason.get_untracked()), name.unwrap_or_default());
        wanted.notes = preview.with_untracked(|preview| notes.with_untracked(|notes| noted(preview.as_ref(), notes, &wanted.to)));
        let (sent, notes_sent) = (draft.once_sent(), notes_draft.once_sent());
        attempt.run(once.of(move |key| api::request(wanted, key)), move |transfer| {
            sent();
            notes_sent();
            open.try_set(false);
            // The page may have been left meanwhile; what moved is told all the same.
            tell(&transfer, &name, lang, toasts, moved);
            asked.try_run(());
            moved.try_run(());
        });
    };
    let people = Signal::derive(move || {
        let pool = Choice::new(POOL, text::pool(lang.get())).hint(text::pool_hint(lang.get()));
        people.get().into_iter().chain([pool]).collect::<Vec<_>>()
    });
    let needs = Memo::new(move |_| preview.with(|preview| preview.as_ref().is_some_and(|preview| !preview.because.is_empty())));
    let too_many = Memo::new(move |_| chosen.with(Vec::len) > TRANSFER_MAX);
    let estimate = move || {
        let preview = preview.get()?;
        let to_pool = to.with_untracked(|to| to.as_ref().is_some_and(|to| to.value == POOL));
        let moves = what_moves(lang, figures, &preview, (!to_pool).then_some(notes));
        let because = preview.because;
        let free = because.is_empty();
        Some(view! {
            {moves}
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
                <Field name="bulk-effective" help="transfers#effective" label=t(text::effective) hint=t(text::effective_hint) error=attempt.error("effective")>
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
fn tell(transfer: &Transfer, to: &str, lang: Signal<Lang>, toasts: Toasts, moved: Callback<()>) {
    let words = said(lang.get_untracked(), transfer, to);
    if !transfer.may.revert {
        return toasts.say(words);
    }
    let (id, customers, key) = (transfer.id, transfer.customers, Uuid::new_v4());
    toasts.undo(words, move || {
        spawn_local(async move {
            let reason = text::undo_reason(lang.get_untracked()).to_owned();
            match api::revert(id, reason, key).await {
                Ok(back) if back.state == TransferState::Pending => toasts.say(move || text::move_undo_asked(lang.get(), customers)),
                Ok(_) => toasts.say(move || text::move_undone(lang.get(), customers)),
                Err(fail) => toasts.alarm(fail.message(lang.get_untracked())),
            }
            moved.try_run(());
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

mod text {
    guanhu_domain::texts! {
        agreed(n: i32, to: &str): "{n} 位客户将按生效日移交给 {to}。" | "{n} customers will move to {to} on the day.";
        asked(n: i32, to: &str): "已申请将 {n} 位客户移交给 {to}，等待审批。" | "Asked to move {n} customers to {to}; it awaits approval.";
        effective: "生效日" | "Takes effect";
        effective_hint: "留空为今天" | "Today unless told";
        move_title(n: usize): "移交 {n} 位客户" | "Move {n} customers";
        move_to: "移交给" | "To";
        move_to_hint: "输入姓名、拼音或员工号" | "Type a name or staff code";
        move_undo_asked(n: i32): "{n} 位客户的回退已提交审批。" | "Taking {n} customers back awaits approval.";
        move_undone(n: i32): "已撤销：{n} 位客户回到原来的经理。" | "Undone: {n} customers are back with their managers.";
        moves_more(n: &str): "另有 {n} 位" | "and {n} more";
        moves_sum(n: &str, aum: &str): "{n} 位客户，金融资产 {aum}" | "{n} customers with AUM of {aum}";
        no_tier: "未分层" | "No tier";
        note: "新主办需知" | "What the new lead should know";
        note_on(name: &str): "新主办需知：{name}" | "What the new lead should know of {name}";
        moved(n: i32, to: &str): "已将 {n} 位客户移交给 {to}。" | "{n} customers were moved to {to}.";
        needs_approval: "需要审批：" | "Needs approval:";
        needs_none: "无需审批，提交后立即生效。" | "Needs no approval and takes effect at once.";
        reason: "移交原因" | "Reason";
        reason_hint: "接收人和审批人都会看到" | "Read by who receives and by who approves";
        submit: "移交" | "Move";
        submit_approval: "提交审批" | "Ask for approval";
        too_many(n: usize): "一次最多移交 {n} 位，请减少选择。" | "At most {n} customers at once; please select fewer.";
        undo_reason: "撤销刚才的移交" | "Taking the transfer back at once";
        pool: "待分配" | "Unassigned";
        pool_hint: "待分配客户池" | "the pool";
        cancel: "取消" | "Cancel";
    }
}
