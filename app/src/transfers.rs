//! Transfers at `/transfers`: what waits, what was asked for, what was done, and taking it back.

pub mod api;
mod many;
pub mod moving;
mod row;
mod text;

use std::{collections::BTreeSet, future::Future};

use guanhu_domain::{
    Code, Lang, Problem,
    access::Verb,
    assignments::{Transfer, TransferDetail, TransferFilter, TransferState, reason_words},
    customers::AssignmentRole,
    live::LiveEvent,
};
use guanhu_ui::{
    Badge, Button, ButtonKind, Dialog, EmptyState, Field, Glyph, PageHead, Section, Sheet, TextArea, TimeText, Toasts, format_count, t,
    use_lang, use_toasts,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

pub use self::many::ManyRoute;
use self::row::{row, tone, trail};
use crate::{
    Answer, Asked, Fail,
    attempt::{Attempt, Told},
    customers::{list::columns::Figures, view::local},
    desk::{self, Offer},
    drafts::{self, Draft},
    live,
    loaded::Failed,
    palette::text as palette,
    scripts::LazyPage,
    shell::{Protected, use_me},
    title::Title,
};

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Here {
    /// What waits for the viewer, and everything as far as it is loaded.
    waiting: RwSignal<Vec<Transfer>>,
    all: RwSignal<Vec<Transfer>>,
    next: RwSignal<Option<String>>,
    state: Memo<Option<TransferState>>,
    attempt: Attempt,
    /// What needs a reason first.
    asking: RwSignal<Option<(Ask, Uuid)>>,
    detail: RwSignal<Option<TransferDetail>>,
    figures: Figures,
    lang: Signal<Lang>,
    toasts: Toasts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Reject,
    Revert,
    Cancel,
}

impl Ask {
    /// What a draft of its reason is about.
    fn about(self, id: Uuid) -> String {
        let ask = match self {
            Ask::Reject => "reject",
            Ask::Revert => "revert",
            Ask::Cancel => "cancel",
        };
        format!("{ask}-{id}")
    }
}

/// `/transfers`.
pub struct TransfersRoute {
    state: Memo<Option<TransferState>>,
    list: Asked<api::TransfersStart>,
}

impl LazyPage for TransfersRoute {
    fn data() -> Self {
        let params = use_query_map();
        let state = Memo::new(move |_| params.with(|params| params.get("state").and_then(|code| TransferState::from_code(&code))));
        let may = use_me().is_some_and(|me| me.may(Verb::TransferList));
        let list = Asked::of(state, move |state| async move {
            if may { api::start(TransferFilter { state, for_me: false }).await } else { Err(Fail::new(Code::Forbidden)) }
        });
        TransfersRoute { state, list }
    }

    fn view(this: Self) -> AnyView {
        let lang = use_lang();
        view! {
            <Title text=move || text::title(lang.get()) />
            <Protected>{page(this.state, this.list)}</Protected>
        }
        .into_any()
    }
}

fn page(state: Memo<Option<TransferState>>, list: Asked<api::TransfersStart>) -> AnyView {
    let Some(me) = use_me() else { return ().into_any() };
    let here = Here {
        waiting: RwSignal::new(Vec::new()),
        all: RwSignal::new(Vec::new()),
        next: RwSignal::new(None),
        state,
        attempt: Attempt::new(),
        asking: RwSignal::new(None),
        detail: RwSignal::new(None),
        figures: Figures::of(&me),
        lang: use_lang(),
        toasts: use_toasts(),
    };
    provide_context(here);
    // Many events at once are one look.
    let waits = StoredValue::new(false);
    live::follow(move |event| {
        let about = matches!(event, LiveEvent::Assignment(_) | LiveEvent::Transfer(_) | LiveEvent::Reset);
        if about && waits.try_get_value() == Some(false) {
            waits.set_value(true);
            guanhu_ui::dom::after(80, move || {
                if waits.try_set_value(false).is_none() {
                    here.read_again();
                }
            });
        }
    });
    let asks = me.may(Verb::TransferRequest);
    let both = me.may(Verb::TransferDecide) && me.may(Verb::TransferRequest);
    let body = move || {
        list.get().map(|answer| match answer {
            Ok(start) => show(here, start, me.may(Verb::TransferDecide)),
            Err(fail) => view! { <Failed fail on_retry=move |()| list.refetch() /> }.into_any(),
        })
    };
    view! {
        <div class="page transfers-page">
            <PageHead title=t(text::transfers) note=t(text::note)>
                {asks.then(|| view! { <Button href="/transfers/new" icon=Glyph::Transfer>{t(text::many)}</Button> })}
                <Button href="/board" icon=Glyph::Board>{t(text::board)}</Button>
                {both.then(|| view! { <Button href="/handover" icon=Glyph::Leave>{t(text::handover)}</Button> })}
            </PageHead>
            <live::NotLive />
            <Told attempt=here.attempt explain=explain />
            <Transition>{body}</Transition>
            {offers(here)}
            <AskDialog />
            <DetailSheet />
        </div>
    }
    .into_any()
}

/// What the palette can do while one transfer alone waits, so that there is no question which.
fn offers(here: Here) -> impl IntoView {
    let only = |transfers: &Vec<Transfer>, may: fn(&Transfer) -> bool| {
        let mut found = transfers.iter().filter(|transfer| may(transfer));
        found.next().filter(|_| found.next().is_none()).map(|transfer| transfer.id)
    };
    let approve = Memo::new(move |_| here.waiting.with(|waiting| only(waiting, |transfer| transfer.may.decide)));
    let recall = Memo::new(move |_| here.all.with(|all| only(all, |transfer| transfer.may.recall)));
    move || {
        let (agree, back) = (Uuid::new_v4(), Uuid::new_v4());
        if let Some(id) = approve.get() {
            let run = move || here.decide(here.attempt, api::approve(id, agree), move |_| here.say(text::approved));
            desk::offer(vec![Offer::new("approve-one", palette::approve_one, run)]);
        }
        if let Some(id) = recall.get() {
            let run = move || here.decide(here.attempt, api::recall(id, String::new(), back), move |_| here.say(text::recalled));
            desk::offer(vec![Offer::new("recall-one", palette::recall_one, run)]);
        }
    }
}

impl Here {
    /// Everything that is loaded once more; rows that are as they were stay untouched.
    fn read_again(self) {
        let filter = TransferFilter { state: self.state.get_untracked(), for_me: false };
        let loaded = self.all.with_untracked(Vec::len);
        spawn_local(async move {
            let Ok(Ok(start)) = api::start(filter).await.map(Answer::read) else { return };
            let mut all = start.all;
            while all.items.len() < loaded
                && let Some(after) = all.next.take()
            {
                let Ok(more) = api::list(filter, Some(after)).await else { return };
                all.items.extend(more.items);
                all.next = more.next;
            }
            // Another state was chosen meanwhile, or the page was left.
            if self.state.try_get_untracked() != Some(filter.state) {
                return;
            }
            self.waiting.set(start.waiting.items);
            self.all.set(all.items);
            self.next.set(all.next);
        });
    }

    fn say(self, words: fn(Lang) -> &'static str) {
        self.toasts.say(words(self.lang.get_untracked()));
    }

    /// Decides, and says so; whoever is told that it has changed meanwhile sees how.
    fn decide(self, attempt: Attempt, call: impl Future<Output = Result<Transfer, Fail>> + 'static, then: impl FnOnce(Transfer) + 'static) {
        let call = async move {
            let answer = call.await;
            if self.next.try_get_untracked().is_some() {
                self.read_again();
            }
            answer
        };
        attempt.run(call, then);
    }
}

fn show(here: Here, start: api::TransfersStart, decides: bool) -> AnyView {
    let api::TransfersStart { waiting, all } = start;
    here.waiting.set(waiting.items);
    here.all.set(all.items);
    here.next.set(all.next);
    let nothing = move || here.waiting.with(Vec::is_empty).then(|| view! { <p class="faint">{t(text::nothing_waits)}</p> });
    let waiting = decides.then(move || {
        view! {
            <Section title=t(text::waiting)>
                {nothing}
                <Rows here transfers=here.waiting />
            </Section>
        }
    });
    view! {
        {waiting}
        <Section title=t(text::all) tools=move || states(here.state)>
            <All here />
        </Section>
    }
    .into_any()
}

/// The states as links, so that each has an address.
fn states(state: Memo<Option<TransferState>>) -> AnyView {
    let lang = use_lang();
    let link = move |to: Option<TransferState>| {
        let href = to.map_or_else(|| "/transfers".to_owned(), |to| format!("/transfers?state={}", to.code()));
        let words = move || to.map_or_else(|| text::every(lang.get()), |to| to.name(lang.get()));
        view! {
            <a class="chip" href=href aria-current=move || (state.get() == to).then_some("page")>
                {words}
            </a>
        }
        .into_any()
    };
    let links: Vec<AnyView> = std::iter::once(None).chain(TransferState::ALL.iter().copied().map(Some)).map(link).collect();
    view! { <nav class="transfer-states">{links}</nav> }.into_any()
}

#[component]
fn All(here: Here) -> impl IntoView {
    let fetch = move |_| {
        let after = here.next.get_untracked();
        let filter = TransferFilter { state: here.state.get_untracked(), for_me: false };
        here.attempt.run(api::list(filter, after), move |page| {
            here.all.update(|all| {
                let known: BTreeSet<Uuid> = all.iter().map(|transfer| transfer.id).collect();
                all.extend(page.items.into_iter().filter(|transfer| !known.contains(&transfer.id)));
            });
            here.next.set(page.next);
        });
    };
    view! {
        {move || here.all.with(Vec::is_empty).then(|| view! { <EmptyState title=t(text::nothing) text=t(text::nothing_hint) /> })}
        <Rows here transfers=here.all />
        {move || {
            here.next
                .with(Option::is_some)
                .then(|| view! { <p class="pager"><Button busy=here.attempt.busy on_click=fetch>{t(text::earlier)}</Button></p> })
        }}
    }
    .into_any()
}

/// A row is drawn anew when something of it has changed, and only then.
#[component]
fn Rows(here: Here, transfers: RwSignal<Vec<Transfer>>) -> impl IntoView {
    view! {
        <ul class="transfers">
            <For
                each=move || transfers.get()
                key=|transfer| (transfer.id, transfer.state, transfer.may.decide, transfer.may.recall, transfer.may.revert, transfer.may.cancel)
                let:transfer
            >
                {row(here, transfer)}
            </For>
        </ul>
    }
    .into_any()
}

fn look(here: Here, id: Uuid) {
    spawn_local(async move {
        match api::detail(id).await {
            Ok(found) => {
                here.detail.try_set(Some(found));
            }
            Err(fail) => {
                if here.attempt.is_here() {
                    here.toasts.alarm(fail.message(here.lang.get_untracked()));
                }
            }
        }
    });
}

#[component]
fn DetailSheet() -> impl IntoView {
    let here = expect_context::<Here>();
    let lang = here.lang;
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        if here.detail.with(Option::is_some) {
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() && here.detail.with_untracked(Option::is_some) {
            here.detail.set(None);
        }
    });
    let title = move || {
        here.detail.with(|detail| detail.as_ref().map(|detail| reason_words(&detail.transfer.reason, lang.get())).unwrap_or_default())
    };
    let body = move || {
        here.detail.get().map(|TransferDetail { transfer, items, others }| {
            let lines = items.into_iter().map(|item| {
                let pool = move || text::to_pool(lang.get()).to_owned();
                let name = move |manager: Option<guanhu_domain::customers::ManagerRef>| match manager {
                    Some(manager) => view! { {manager.name} }.into_any(),
                    None => view! { {pool} }.into_any(),
                };
                view! {
                    <tr>
                        <td>
                            <a href=format!("/customers/{}", item.customer_no)>{item.name}</a>
                            {(!item.note.is_empty()).then(|| view! { <p class="faint">{item.note}</p> })}
                        </td>
                        <td class="num">{move || here.figures.short(item.aum, lang.get())}</td>
                        <td>{name(item.from)}</td>
                        <td>{name(item.to)}</td>
                    </tr>
                }
            });
            let state = transfer.state;
            view! {
                <p>
                    <Badge tone=tone(state)>{move || state.name(lang.get())}</Badge>
                    " "
                    <span class="faint">{transfer.requested_by.clone()} " · " <TimeText time=local(transfer.requested_at) /></span>
                </p>
                {trail(lang, &transfer)}
                <div class="table-wrap">
                    <table class="table-plain">
                        <thead>
                            <tr>
                                <th>{t(text::customer)}</th>
                                <th class="num">{t(text::aum)}</th>
                                <th>{t(text::from)}</th>
                                <th>{t(text::to)}</th>
                            </tr>
                        </thead>
                        <tbody>{lines.collect_view()}</tbody>
                    </table>
                </div>
                {(others > 0).then(|| view! { <p class="faint">{move || text::others(lang.get(), &format_count(i64::from(others)))}</p> })}
            }
        })
    };
    view! { <Sheet name="transfer" open title>{body}</Sheet> }.into_any()
}

/// Why it is rejected, cancelled or taken back.
#[component]
fn AskDialog() -> impl IntoView {
    let here = expect_context::<Here>();
    let lang = here.lang;
    let attempt = Attempt::new();
    let open = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    // The same answer tried again keeps its key.
    let sent = StoredValue::new(None::<(String, Uuid)>);
    let draft = Draft::of("decision", "");
    drafts::one_value(draft, open, reason);
    Effect::new(move |_| {
        if let Some((ask, id)) = here.asking.get() {
            attempt.clear();
            draft.about(ask.about(id));
            sent.set_value(None);
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() && here.asking.with_untracked(Option::is_some) {
            here.asking.set(None);
        }
    });
    let ask = Memo::new(move |last: Option<&Ask>| here.asking.get().map(|(ask, _)| ask).or(last.copied()).unwrap_or(Ask::Reject));
    let send = move || {
        let Some((ask, id)) = here.asking.get_untracked() else { return };
        let why = reason.get_untracked();
        let key = sent.get_value().filter(|(last, _)| *last == why).map_or_else(Uuid::new_v4, |(_, key)| key);
        sent.set_value(Some((why.clone(), key)));
        let forget = draft.once_sent();
        let then = move |transfer: Transfer| {
            forget();
            open.try_set(false);
            let words = match (ask, transfer.state) {
                (Ask::Reject, _) => text::rejected,
                (Ask::Revert, TransferState::Pending) => text::revert_asked,
                (Ask::Revert, _) if transfer.role == AssignmentRole::Assist => text::assists_reverted,
                (Ask::Revert, _) => text::reverted,
                (Ask::Cancel, _) => text::cancelled,
            };
            here.say(words);
        };
        match ask {
            Ask::Reject => here.decide(attempt, api::reject(id, why, key), then),
            Ask::Revert => here.decide(attempt, api::revert(id, why, key), then),
            Ask::Cancel => here.decide(attempt, api::cancel(id, why, key), then),
        }
    };
    let words = move |reject: fn(Lang) -> &'static str, revert: fn(Lang) -> &'static str, cancel: fn(Lang) -> &'static str| {
        move || match ask.get() {
            Ask::Reject => reject(lang.get()),
            Ask::Revert => revert(lang.get()),
            Ask::Cancel => cancel(lang.get()),
        }
    };
    let footer = move || {
        let nothing = Signal::derive(move || reason.with(|reason| reason.trim().is_empty()));
        view! {
            <Button on_click=move |_| open.set(false)>{t(text::cancel)}</Button>
            <Button kind=ButtonKind::Danger busy=attempt.busy disabled=nothing on_click=move |_| send()>
                {words(text::reject, text::revert, text::cancel_run)}
            </Button>
        }
    };
    let body = move || {
        let lost = attempt.error("to");
        view! {
            {move || (ask.get() == Ask::Cancel).then(|| view! { <p>{t(text::cancel_note)}</p> })}
            <Field name="ask-reason" help="transfers#recall" label=t(text::reason) hint=t(text::reason_hint) error=attempt.error("reason") required=true>
                <TextArea value=reason rows=3 maxlength=500 />
            </Field>
            {move || lost.get().map(|words| view! { <div class="notice alarm" role="alert">{words}</div> })}
            <Told attempt explain=explain />
        }
    };
    view! { <Dialog name="ask" open title=words(text::reject_title, text::revert_title, text::cancel_title) footer>{body}</Dialog> }
        .into_any()
}

fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    (problem.code == Code::Conflict).then(|| text::changed(lang).to_owned())
}
