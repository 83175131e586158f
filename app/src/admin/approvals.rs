//! Requests for roles, and the second person's decision.

use guanhu_domain::{
    Code, Lang, Problem,
    access::{
        Verb,
        users::{Grant, GrantRequest},
    },
};
use guanhu_ui::{
    Badge, Button, ButtonKind, Dialog, EmptyState, Field, PageHead, Section, TextArea, TimeText, Tone, t, use_lang, use_toasts,
};
use leptos::prelude::*;
use uuid::Uuid;

use super::{api, text};
use crate::{
    Asked,
    attempt::{Attempt, Told},
    customers::view::local,
    drafts::{self, Draft},
    loaded::Loaded,
    scripts::LazyPage,
    shell::{Protected, use_me},
    title::Title,
};

#[derive(Clone, Copy)]
struct Requests {
    list: Asked<Vec<GrantRequest>>,
    attempt: Attempt,
    rejecting: RwSignal<Option<Uuid>>,
}

/// `/admin/approvals`.
pub struct ApprovalsRoute(Requests);

impl LazyPage for ApprovalsRoute {
    fn data() -> Self {
        let list = Asked::once(api::list_requests);
        ApprovalsRoute(Requests { list, attempt: Attempt::new(), rejecting: RwSignal::new(None) })
    }

    fn view(this: Self) -> AnyView {
        provide_context(this.0);
        view! { <ApprovalsPage list=this.0.list /> }.into_any()
    }
}

#[component]
fn ApprovalsPage(list: Asked<Vec<GrantRequest>>) -> impl IntoView {
    view! {
        <Protected>
            <div class="page">
                <Title text=t(text::approvals) />
                <PageHead title=t(text::approvals) note=t(text::approvals_note) />
                <Loaded from=list then=show />
                <RejectDialog />
            </div>
        </Protected>
    }
}

fn show(requests: Vec<GrantRequest>) -> impl IntoView {
    let here = expect_context::<Requests>();
    let (waiting, done): (Vec<_>, Vec<_>) = requests.into_iter().partition(|request| request.state == "pending");
    let rows = |requests: Vec<GrantRequest>, none: fn(Lang) -> &'static str| match requests.is_empty() {
        true => view! { <EmptyState title=t(none) /> }.into_any(),
        false => view! { <ul class="requests">{requests.into_iter().map(|request| view! { <RequestRow request /> }).collect_view()}</ul> }
            .into_any(),
    };
    view! {
        <Told attempt=here.attempt explain=explain />
        <Section title=t(text::waiting)>{rows(waiting, text::nothing_waits)}</Section>
        <Section title=t(text::done)>{rows(done, text::nothing_done)}</Section>
    }
    .into_any()
}

#[component]
fn RequestRow(request: GrantRequest) -> impl IntoView {
    let here = expect_context::<Requests>();
    let toasts = use_toasts();
    let me = use_me();
    let is_pending = request.state == "pending";
    let may_decide = is_pending
        && me.as_ref().is_some_and(|me| me.may(Verb::UserApprove) && me.login != request.requested_by && me.login != request.login);
    let may_recall = is_pending && me.is_some_and(|me| me.login == request.requested_by);
    let id = request.approval_id;
    let finish = move |words: fn(Lang) -> &'static str| {
        here.list.refetch();
        toasts.say(t(words));
    };
    let (tone, state): (_, fn(Lang) -> &'static str) = match request.state.as_str() {
        "approved" => (Tone::Good, text::approved),
        "rejected" => (Tone::Alarm, text::rejected),
        "recalled" => (Tone::Neutral, text::recalled),
        _ => (Tone::Warn, text::waiting),
    };
    let decided = request.decided_by.clone().zip(request.decided_at).map(|(who, at)| {
        view! {
            <p class="faint">
                {t(text::decided_by)} " " <code>{who}</code> " " <TimeText time=local(at) /> " "
                {request.decision_reason.clone()}
            </p>
        }
    });
    view! {
        <li class="request">
            <div class="request-what">
                <p>
                    <strong>{request.name.clone()}</strong> " " <code>{request.login.clone()}</code> " " <Badge tone>{t(state)}</Badge>
                </p>
                <dl class="request-grants">
                    <div>
                        <dt>{t(text::from)}</dt>
                        <dd>
                            {match request.from.clone() {
                                Some(grant) => view! { <GrantWords grant /> }.into_any(),
                                None => view! { {t(text::new_one)} }.into_any(),
                            }}
                        </dd>
                    </div>
                    <div>
                        <dt>{t(text::to)}</dt>
                        <dd><strong><GrantWords grant=request.to.clone() /></strong></dd>
                    </div>
                </dl>
                <p>{request.reason.clone()}</p>
                <p class="faint">{t(text::asked_by)} " " <code>{request.requested_by.clone()}</code> " " <TimeText time=local(request.requested_at) /></p>
                {decided}
            </div>
            <div class="request-actions">
                {may_decide.then(|| view! {
                    <Button kind=ButtonKind::Danger on_click=move |_| here.rejecting.set(Some(id))>{t(text::reject)}</Button>
                    <Button
                        kind=ButtonKind::Primary
                        busy=here.attempt.busy
                        on_click=move |_| here.attempt.run(api::decide_request(id, true, String::new()), move |()| finish(text::approved))
                    >
                        {t(text::approve)}
                    </Button>
                })}
                {may_recall.then(|| view! {
                    <Button on_click=move |_| here.attempt.run(api::recall_request(id), move |()| finish(text::recalled))>{t(text::recall)}</Button>
                })}
            </div>
        </li>
    }
    .into_any()
}

#[component]
fn GrantWords(grant: Grant) -> impl IntoView {
    let lang = use_lang();
    let Grant { role, org, staff } = grant;
    let rest = [Some(org), staff].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    view! { {move || role.name(lang.get())} " · " {rest} }
}

#[component]
fn RejectDialog() -> impl IntoView {
    let here = expect_context::<Requests>();
    let toasts = use_toasts();
    let attempt = Attempt::new();
    let open = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    let draft = Draft::of("decision", "");
    drafts::one_value(draft, open, reason);
    Effect::new(move |_| {
        if let Some(id) = here.rejecting.get() {
            attempt.clear();
            draft.about(format!("grant-{id}"));
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
        let sent = draft.once_sent();
        attempt.run(api::decide_request(id, false, reason.get_untracked()), move |()| {
            sent();
            open.set(false);
            here.list.refetch();
            toasts.say(t(text::rejected));
        });
    };
    let footer = move || view! { <Button kind=ButtonKind::Danger busy=attempt.busy on_click=move |_| send()>{t(text::reject)}</Button> };
    let body = move || {
        view! {
            <Field name="reject-reason" help="admin#approvals" label=t(text::reason) hint=t(text::reason_hint) error=attempt.error("reason")>
                <TextArea value=reason rows=3 maxlength=500 />
            </Field>
            <Told attempt explain=explain />
        }
    };
    view! { <Dialog name="reject" open title=t(text::reject) footer=footer>{body}</Dialog> }.into_any()
}

fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    (problem.code == Code::Conflict).then(|| text::cannot_decide(lang).into())
}
