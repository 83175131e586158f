//! Transfers at `/transfers`: what waits, what was asked for, what was done, and taking it back.

pub mod api;
mod text;

use guanhu_domain::{
    Code, Lang, Page, Problem,
    access::Verb,
    assignments::{Transfer, TransferDetail, TransferFilter, TransferState},
    customers::AssignmentRole,
    live::LiveEvent,
};
use guanhu_ui::{
    Badge, Button, ButtonKind, Dialog, EmptyState, Field, Glyph, PageHead, Section, Sheet, TextArea, TimeText, Toasts, Tone, format_count,
    format_date, t, use_lang, use_toasts,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

use crate::{
    Asked, Fail,
    attempt::{Attempt, Told},
    customers::{list::columns::Figures, view::local},
    live,
    loaded::Failed,
    scripts::LazyPage,
    shell::{Protected, use_me},
};

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Here {
    list: Asked<api::TransfersStart>,
    attempt: Attempt,
    rejecting: RwSignal<Option<Uuid>>,
    detail: RwSignal<Option<TransferDetail>>,
    figures: Figures,
    lang: Signal<Lang>,
    toasts: Toasts,
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
        list,
        attempt: Attempt::new(),
        rejecting: RwSignal::new(None),
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
                    list.refetch();
                }
            });
        }
    });
    let both = me.may(Verb::TransferDecide) && me.may(Verb::TransferRequest);
    let body = move || {
        list.get().map(|answer| match answer {
            Ok(start) => show(here, state, start, me.may(Verb::TransferDecide)),
            Err(fail) => view! { <Failed fail on_retry=move |()| list.refetch() /> }.into_any(),
        })
    };
    view! {
        <div class="page transfers-page">
            <PageHead title=t(text::transfers) note=t(text::note)>
                <Button href="/board" icon=Glyph::Board>{t(text::board)}</Button>
                {both.then(|| view! { <Button href="/handover" icon=Glyph::Leave>{t(text::handover)}</Button> })}
            </PageHead>
            <Told attempt=here.attempt explain=explain />
            <Transition>{body}</Transition>
            <RejectDialog />
            <DetailSheet />
        </div>
    }
    .into_any()
}

fn show(here: Here, state: Memo<Option<TransferState>>, start: api::TransfersStart, decides: bool) -> AnyView {
    let api::TransfersStart { waiting, all } = start;
    let waiting = decides.then(move || {
        let inside = match waiting.items.is_empty() {
            true => view! { <p class="faint">{t(text::nothing_waits)}</p> }.into_any(),
            false => rows(here, waiting.items),
        };
        view! { <Section title=t(text::waiting)>{inside}</Section> }
    });
    view! {
        {waiting}
        <Section title=t(text::all) tools=move || states(state)>
            <All here page=all state />
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
fn All(here: Here, page: Page<Transfer>, state: Memo<Option<TransferState>>) -> impl IntoView {
    let more = RwSignal::new(Vec::<Transfer>::new());
    let next = RwSignal::new(page.next);
    if page.items.is_empty() {
        return view! { <EmptyState title=t(text::nothing) text=t(text::nothing_hint) /> }.into_any();
    }
    let fetch = move |_| {
        let after = next.get_untracked();
        let filter = TransferFilter { state: state.get_untracked(), for_me: false };
        here.attempt.run(api::list(filter, after), move |page| {
            more.update(|more| more.extend(page.items));
            next.set(page.next);
        });
    };
    view! {
        {rows(here, page.items)}
        {move || more.with(|more| (!more.is_empty()).then(|| rows(here, more.clone())))}
        {move || {
            next.with(Option::is_some)
                .then(|| view! { <p class="pager"><Button busy=here.attempt.busy on_click=fetch>{t(text::earlier)}</Button></p> })
        }}
    }
    .into_any()
}

fn rows(here: Here, transfers: Vec<Transfer>) -> AnyView {
    view! { <ul class="transfers">{transfers.into_iter().map(|transfer| row(here, transfer)).collect_view()}</ul> }.into_any()
}

fn row(here: Here, transfer: Transfer) -> AnyView {
    let lang = here.lang;
    let id = transfer.id;
    let tone = match transfer.state {
        TransferState::Pending => Tone::Warn,
        TransferState::Done => Tone::Good,
        TransferState::Rejected => Tone::Alarm,
        _ => Tone::Neutral,
    };
    let (state, aum, customers) = (transfer.state, transfer.aum, i64::from(transfer.customers));
    let (to, receivers) = (transfer.to.clone(), transfer.receivers);
    let to = move || match (&to, receivers) {
        (Some(manager), _) => manager.name.clone(),
        (None, 2..) => text::to_several(lang.get(), receivers),
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
    let effective = transfer.effective;
    let decided = transfer.decided_by.clone().zip(transfer.decided_at).map(|(who, at)| {
        let reason = transfer.decision_reason.clone();
        view! {
            <p class="faint">
                {move || text::decided(lang.get(), &who, &guanhu_ui::format_time(local(at), lang.get()))}
                {(!reason.is_empty()).then(|| format!(" · {reason}"))}
            </p>
        }
    });
    let may = transfer.may;
    let act = move |words: fn(Lang) -> &'static str| {
        move |_| {
            here.list.refetch();
            here.toasts.say(move || words(here.lang.get()));
        }
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
                    {(transfer.role == AssignmentRole::Assist).then(|| view! { <span class="faint">{t(text::as_assist)}</span> })}
                </p>
                <p>{transfer.reason.clone()}</p>
                {because}
                <p class="faint">
                    {transfer.requested_by.clone()} " · " <TimeText time=local(transfer.requested_at) /> " · "
                    {move || format!("{} {}", format_date(effective, lang.get()), text::effective(lang.get()))}
                </p>
                {decided}
            </div>
            <div class="transfer-actions">
                <Button kind=ButtonKind::Quiet on_click=move |_| look(here, id)>{t(text::detail)}</Button>
                {may.decide.then(|| view! {
                    <Button on_click=move |_| here.rejecting.set(Some(id))>{t(text::reject)}</Button>
                    <Button
                        kind=ButtonKind::Primary
                        busy=here.attempt.busy
                        on_click=move |_| here.attempt.run(api::approve(id), act(text::approved))
                    >
                        {t(text::approve)}
                    </Button>
                })}
                {may.recall.then(|| view! {
                    <Button on_click=move |_| here.attempt.run(api::recall(id), act(text::recalled))>{t(text::recall)}</Button>
                })}
                {may.revert.then(|| view! {
                    <Button icon=Glyph::Undo on_click=move |_| here.attempt.run(api::revert(id), act(text::reverted))>{t(text::revert)}</Button>
                })}
            </div>
        </li>
    }
    .into_any()
}

fn look(here: Here, id: Uuid) {
    spawn_local(async move {
        match api::detail(id).await {
            Ok(found) => {
                here.detail.try_set(Some(found));
            }
            Err(fail) => here.toasts.alarm(move || fail.message(here.lang.get())),
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
    let title = move || here.detail.with(|detail| detail.as_ref().map(|detail| detail.transfer.reason.clone()).unwrap_or_default());
    let body = move || {
        here.detail.get().map(|TransferDetail { items, others, .. }| {
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
            view! {
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

#[component]
fn RejectDialog() -> impl IntoView {
    let here = expect_context::<Here>();
    let attempt = Attempt::new();
    let open = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    Effect::new(move |_| {
        if here.rejecting.with(Option::is_some) {
            attempt.clear();
            reason.set(String::new());
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() && here.rejecting.with_untracked(Option::is_some) {
            here.rejecting.set(None);
        }
    });
    let send = move || {
        let Some(id) = here.rejecting.get_untracked() else { return };
        attempt.run(api::reject(id, reason.get_untracked()), move |_| {
            open.set(false);
            here.list.refetch();
            here.toasts.say(move || text::rejected(here.lang.get()));
        });
    };
    let footer = move || {
        view! {
            <Button on_click=move |_| open.set(false)>{t(text::cancel)}</Button>
            <Button kind=ButtonKind::Danger busy=attempt.busy on_click=move |_| send()>{t(text::reject)}</Button>
        }
    };
    let body = move || {
        view! {
            <Field name="reject-reason" label=t(text::reason) hint=t(text::reason_hint) error=attempt.error("reason") required=true>
                <TextArea value=reason rows=3 maxlength=500 />
            </Field>
            <Told attempt explain=explain />
        }
    };
    view! { <Dialog name="reject" open title=t(text::reject_title) footer>{body}</Dialog> }.into_any()
}

fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    (problem.code == Code::Conflict).then(|| text::changed(lang).to_owned())
}
