//! The audit log, for the auditor.

mod api;
mod names;
mod text;

use std::str::FromStr;

use chrono::NaiveDate;
use guanhu_domain::{
    CustomerNo, Lang,
    access::{
        Role, Verb,
        audit::{AuditFilter, AuditItem, AuditPage as Page},
    },
};
use guanhu_ui::{Badge, Button, Choice, DateInput, EmptyState, Field, Glyph, PageHead, Select, TextInput, TimeText, Tone, t, use_lang};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

use crate::{Asked, customers::view::local, loaded::Loaded, scripts::LazyPage, shell::Protected, title::Title};

const FILTERS: [&str; 6] = ["from", "to", "actor", "subject", "verb", "outcome"];

/// `/audit`.
pub struct AuditRoute {
    filter: Memo<AuditFilter>,
    list: Asked<Page>,
}

impl LazyPage for AuditRoute {
    fn data() -> Self {
        let query = use_query_map();
        let filter = Memo::new(move |_| {
            query.with(|query| {
                let text = |name: &str| query.get(name).filter(|value| !value.trim().is_empty());
                let date = |name: &str| text(name).and_then(|value| NaiveDate::from_str(&value).ok());
                AuditFilter {
                    from: date("from"),
                    to: date("to"),
                    actor: text("actor"),
                    subject: text("subject"),
                    verb: text("verb"),
                    outcome: text("outcome"),
                    limit: None,
                    after: text("after"),
                }
            })
        });
        AuditRoute { filter, list: Asked::of(filter, api::search_audit) }
    }

    fn view(this: Self) -> AnyView {
        view! { <AuditLog filter=this.filter list=this.list /> }.into_any()
    }
}

#[component]
fn AuditLog(filter: Memo<AuditFilter>, list: Asked<Page>) -> impl IntoView {
    let lang = use_lang();
    let now = filter.get_untracked();
    let (from, to) = (RwSignal::new(now.from), RwSignal::new(now.to));
    let [actor, subject, verb, outcome] =
        [now.actor, now.subject, now.verb, now.outcome].map(|value| RwSignal::new(value.unwrap_or_default()));
    let mut codes: Vec<&str> = Verb::ALL.iter().map(|verb| verb.code()).chain(["session.begin", "session.end"]).collect();
    codes.sort_unstable();
    let verbs = Signal::derive(move || {
        let lang = lang.get();
        codes.iter().map(|code| Choice::new(*code, names::verb(code, lang).unwrap_or(code))).collect::<Vec<_>>()
    });
    let outcomes = Signal::derive(move || OUTCOMES.map(|code| Choice::new(code, outcome_words(code, lang.get()))).to_vec());
    view! {
        <Protected>
            <div class="page">
                <Title text=t(text::audit) />
                <PageHead title=t(text::audit) note=t(text::note) />
                <Form method="GET" action="">
                    <div class="filters">
                        <Field name="subject" help="admin#audit" label=t(text::subject)>
                            <TextInput value=subject autocomplete="off" autofocus=true placeholder=t(text::subject_hint) />
                        </Field>
                        <Field name="from" label=t(text::from)><DateInput value=from /></Field>
                        <Field name="to" label=t(text::to)><DateInput value=to /></Field>
                        <Field name="actor" label=t(text::actor)><TextInput value=actor autocomplete="off" /></Field>
                        <Field name="verb" label=t(text::verb)><Select value=verb choices=verbs empty=t(text::every) /></Field>
                        <Field name="outcome" label=t(text::outcome)><Select value=outcome choices=outcomes empty=t(text::every) /></Field>
                        <Button r#type="submit" icon=Glyph::Search>{t(text::find)}</Button>
                    </div>
                </Form>
                <Loaded from=list then=show />
            </div>
        </Protected>
    }
}

fn show(page: Page) -> impl IntoView {
    let query = use_query_map();
    if page.items.is_empty() {
        return view! { <EmptyState title=t(text::nothing) text=t(text::nothing_hint) /> }.into_any();
    }
    let next = page.next.clone().map(|after| {
        query.with_untracked(|query| {
            let kept = FILTERS
                .into_iter()
                .filter_map(|name| query.get(name).map(|value| format!("{name}={}&", leptos_router::location::Url::escape(&value))));
            format!("?{}after={after}", kept.collect::<String>())
        })
    });
    view! {
        <div class="table-wrap">
            <table class="table-plain audit-log">
                <thead>
                    <tr>
                        <th>{t(text::at)}</th>
                        <th>{t(text::actor)}</th>
                        <th>{t(text::role)}</th>
                        <th>{t(text::verb)}</th>
                        <th>{t(text::subject)}</th>
                        <th>{t(text::outcome)}</th>
                        <th>{t(text::detail)}</th>
                        <th>{t(text::address)}</th>
                    </tr>
                </thead>
                <tbody>{page.items.into_iter().map(|item| view! { <Row item /> }).collect_view()}</tbody>
            </table>
        </div>
        {next.map(|next| view! { <p class="pager"><a href=next>{t(text::earlier)}</a></p> })}
    }
    .into_any()
}

#[component]
fn Row(item: AuditItem) -> impl IntoView {
    let lang = use_lang();
    let role = Role::from_code(&item.role);
    let (outcome, words) = (item.outcome.clone(), item.outcome.clone());
    let tone = match outcome.as_str() {
        "denied" => Tone::Warn,
        "failed" => Tone::Alarm,
        "done" => Tone::Good,
        _ => Tone::Neutral,
    };
    let subject = match item.subject.strip_prefix("customer:").and_then(|no| no.parse::<CustomerNo>().ok()) {
        Some(no) => no.to_string(),
        None => item.subject.split_once(':').map_or_else(|| item.subject.clone(), |(_, name)| name.to_owned()),
    };
    let detail = item.detail.as_object().filter(|detail| !detail.is_empty()).cloned();
    let (verb, kind) = (item.verb.clone(), item.subject.split_once(':').map(|(kind, _)| kind.to_owned()));
    let parts = move |detail: &serde_json::Map<String, serde_json::Value>, lang: Lang| {
        detail
            .iter()
            .map(|(key, value)| {
                let name = names::detail(key, lang).unwrap_or(key).to_owned();
                view! { <div><dt>{name}</dt><dd>{names::value(value, lang)}</dd></div> }
            })
            .collect_view()
    };
    view! {
        <tr>
            <td class="audit-at"><TimeText time=local(item.at) /></td>
            <td><a href=format!("?actor={}", item.login)><code>{item.login.clone()}</code></a></td>
            <td>{move || role.map(|role| role.name(lang.get()))}</td>
            <td title=item.verb.clone()>{move || names::verb(&verb, lang.get()).map_or_else(|| verb.clone(), str::to_owned)}</td>
            <td>
                {kind.map(|kind| view! { <span class="faint">{move || names::subject(&kind, lang.get()).map_or_else(|| kind.clone(), str::to_owned)}</span> " " })}
                {(!subject.is_empty()).then(|| view! { <a href=format!("?subject={}", leptos_router::location::Url::escape(&item.subject))>{subject}</a> })}
            </td>
            <td><Badge tone>{move || outcome_words(&words, lang.get())}</Badge></td>
            <td>
                {item.reason.clone()}
                {detail.map(|detail| view! {
                    <details>
                        <summary>{t(text::more)}</summary>
                        <dl class="audit-detail">{move || parts(&detail, lang.get())}</dl>
                    </details>
                })}
            </td>
            <td>{item.ip.clone()}</td>
        </tr>
    }
    .into_any()
}

const OUTCOMES: [&str; 4] = ["done", "viewed", "denied", "failed"];

fn outcome_words(code: &str, lang: Lang) -> &'static str {
    match code {
        "done" => text::done(lang),
        "viewed" => text::viewed(lang),
        "denied" => text::denied(lang),
        _ => text::failed(lang),
    }
}
