//! Many customers at once, at `/transfers/new`: those of a file, or all that the filters in the address find.

use chrono::{Datelike, Days, NaiveDate};
use guanhu_domain::{
    Code, Lang, Problem,
    access::{Me, Verb},
    assignments::{BadLine, NewTransfer, POOL, TransferFile, TransferPreview, TransferState},
    customers::{AssignmentRole, CustomerQuery, ListChoices},
};
use guanhu_ui::{
    Button, ButtonKind, Choice, DateInput, Field, FileDrop, Glyph, NumberInput, PageHead, Progress, Section, Select, TextArea,
    format_count, format_date, t, use_lang, use_toasts,
};
use leptos::{html, prelude::*, task::spawn_local};
use leptos_router::hooks::{use_navigate, use_query_map};
use uuid::Uuid;

use super::{api, moving::what_moves, text};
use crate::{
    Asked, Fail,
    attempt::{Attempt, Told},
    board::sheet::portfolios,
    customers::list::{columns::Figures, question},
    drafts::{self, Draft, Restored},
    loaded::Failed,
    scripts::LazyPage,
    shell::{Protected, use_me},
    title::Title,
};

/// Days ahead that a transfer may be dated.
const AHEAD: u64 = 366;

/// `/transfers/new`.
pub struct ManyRoute {
    query: CustomerQuery,
    choices: Asked<ListChoices>,
}

impl LazyPage for ManyRoute {
    fn data() -> Self {
        let query = use_query_map().with_untracked(question::read);
        let may = use_me().is_some_and(|me| me.may(Verb::TransferRequest));
        let choices = Asked::once(move || async move { if may { api::choices().await } else { Err(Fail::new(Code::Forbidden)) } });
        ManyRoute { query, choices }
    }

    fn view(this: Self) -> AnyView {
        let lang = use_lang();
        let ManyRoute { query, choices } = this;
        let body = move || {
            let me = use_me()?;
            choices.get().map(|answer| match answer {
                Ok(found) => page(&me, query.clone(), found),
                Err(fail) => view! { <Failed fail on_retry=move |()| choices.refetch() /> }.into_any(),
            })
        };
        view! {
            <Title text=move || text::many_title(lang.get()) />
            <Protected>
                <div class="page many-page">
                    <PageHead title=t(text::many) note=t(text::many_note)>
                        <Button href="/transfers" icon=Glyph::Transfer>{t(text::transfers)}</Button>
                    </PageHead>
                    <Transition>{body}</Transition>
                </div>
            </Protected>
        }
        .into_any()
    }
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Here {
    /// Set where the address says filters.
    filter: StoredValue<Option<CustomerQuery>>,
    file: RwSignal<Option<TransferFile>>,
    to: RwSignal<String>,
    role: RwSignal<String>,
    /// Of an assistant, per cent.
    share: RwSignal<Option<i64>>,
    reason: RwSignal<String>,
    effective: RwSignal<Option<NaiveDate>>,
    preview: RwSignal<Option<TransferPreview>>,
    attempt: Attempt,
    figures: Figures,
    lang: Signal<Lang>,
}

impl Here {
    fn role(self) -> AssignmentRole {
        AssignmentRole::from_code(&self.role.get_untracked()).unwrap_or(AssignmentRole::Lead)
    }

    /// What is asked for; nothing while customers or receiver are not chosen.
    fn request(self, reason: String) -> Option<NewTransfer> {
        let filter = self.filter.get_value();
        let file = self.file.with_untracked(|file| file.as_ref().map(|file| file.id)).filter(|_| filter.is_none());
        let to = self.to.get_untracked();
        (!to.is_empty() && (filter.is_some() || file.is_some())).then(|| NewTransfer {
            customers: Vec::new(),
            filter,
            file,
            to,
            role: self.role(),
            share: (self.role() == AssignmentRole::Assist)
                .then(|| self.share.get_untracked().map_or(0, |share| u8::try_from(share).unwrap_or(u8::MAX))),
            reason,
            effective: self.effective.get_untracked(),
            from: None,
            count: None,
            notes: Default::default(),
        })
    }
}

fn page(me: &Me, query: CustomerQuery, found: ListChoices) -> AnyView {
    let here = Here {
        filter: StoredValue::new((question::filters(&query) > 0).then_some(CustomerQuery { q: None, sort: None, ..query })),
        file: RwSignal::new(None),
        to: RwSignal::new(String::new()),
        role: RwSignal::new(AssignmentRole::Lead.code().to_owned()),
        share: RwSignal::new(Some(0)),
        reason: RwSignal::new(String::new()),
        effective: RwSignal::new(Some(me.business_date)),
        preview: RwSignal::new(None),
        attempt: Attempt::new(),
        figures: Figures::of(me),
        lang: use_lang(),
    };
    let whom = match here.filter.get_value() {
        Some(query) => filtered(&query),
        None => file(here),
    };
    // Both sides follow whoever is chosen; an answer to an earlier choice is none.
    Effect::new(move |_| {
        here.file.track();
        here.to.track();
        here.role.track();
        here.preview.set(None);
        here.attempt.clear();
        let Some(asked) = here.request("?".into()) else { return };
        let asked = NewTransfer { effective: None, ..asked };
        spawn_local(async move {
            let answer = api::preview(asked.clone()).await;
            let now = here.to.try_get_untracked().and_then(|_| here.request("?".into()));
            if now.is_none_or(|now| NewTransfer { effective: None, ..now } != asked) {
                return;
            }
            match answer {
                Ok(found) => here.preview.set(Some(found)),
                Err(fail) => here.attempt.refuse(fail),
            }
        });
    });
    view! {
        <Section title=t(text::whom) help="transfers#many">{whom}</Section>
        <Section title=t(text::where_to)>{form(here, found)}</Section>
        <Section title=t(text::preview)>{move || preview(here)}</Section>
    }
    .into_any()
}

fn filtered(query: &CustomerQuery) -> AnyView {
    let back = format!("/customers{}", question::write(query));
    view! {
        <p>{t(text::filtered)}</p>
        <p class="many-ways">
            <a href=back>{t(text::change_filter)}</a>
            <a href="/transfers/new" rel="external">{t(text::use_file)}</a>
        </p>
    }
    .into_any()
}

fn file(here: Here) -> AnyView {
    let node = NodeRef::<html::Input>::new();
    let sending = RwSignal::new(None::<(u64, u64)>);
    let attempt = Attempt::new();
    let refused = attempt.error("file");
    let chosen = move |()| {
        here.file.set(None);
        attempt.clear();
        send(node, sending, move |answer| match answer {
            Ok(file) => {
                here.file.try_set(Some(file));
            }
            Err(fail) => attempt.refuse(fail),
        });
    };
    let progress = move || {
        sending.with(Option::is_some).then(|| {
            let done = Signal::derive(move || sending.get().map_or(0, |(sent, _)| sent));
            let total = Signal::derive(move || sending.get().map(|(_, all)| all));
            view! { <Progress label=t(text::reading) done total /> }
        })
    };
    view! {
        <div class="stack">
            <FileDrop name="customers" node accept=".csv,.txt" label=t(text::file_drop) hint=t(text::file_hint) on_change=chosen />
            {progress}
            <div role="status">{move || here.file.get().map(|file| found(here, file))}</div>
            {move || refused.get().map(|words| view! { <div class="notice alarm" role="alert">{words}</div> })}
            <Told attempt />
            <p class="faint">{t(text::or_filter)} " " <a href="/customers">{t(text::to_list)}</a></p>
        </div>
    }
    .into_any()
}

/// Sends the chosen file; the input is empty afterwards, so that the same file can be chosen again.
fn send(node: NodeRef<html::Input>, sending: RwSignal<Option<(u64, u64)>>, then: impl FnOnce(Result<TransferFile, Fail>) + 'static) {
    #[cfg(feature = "hydrate")]
    {
        let Some(input) = node.get_untracked() else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        sending.set(Some((0, file.size() as u64)));
        let moved = move |sent, all| {
            sending.try_set(Some((sent, all)));
        };
        crate::upload::send("/api/v1/transfers/files", &file, moved, move |answer| {
            sending.try_set(None);
            then(answer);
        });
        input.set_value("");
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (node, sending, then);
}

/// What a file holds, and what of it is nobody.
fn found(here: Here, file: TransferFile) -> AnyView {
    let lang = here.lang;
    let TransferFile { customers, repeated, bad, lines, .. } = file;
    let line = move |bad: BadLine| {
        let words = move || {
            let why = if bad.is_number { text::file_unknown(lang.get()) } else { text::file_not_number(lang.get()) };
            format!("{}{why}", text::file_line(lang.get(), &bad.line.to_string(), &bad.text))
        };
        view! { <li>{words}</li> }
    };
    view! {
        <p><strong>{move || text::file_found(lang.get(), &format_count(customers))}</strong></p>
        {(repeated > 0).then(|| view! { <p>{move || text::file_repeated(lang.get(), &format_count(repeated))}</p> })}
        {(bad > 0)
            .then(|| view! {
                <p class="transfer-because">{move || text::file_bad(lang.get(), &format_count(bad))}</p>
                <ul class="many-bad">{lines.into_iter().map(line).collect_view()}</ul>
            })}
    }
    .into_any()
}

fn form(here: Here, found: ListChoices) -> AnyView {
    let lang = here.lang;
    let managers = StoredValue::new(found.managers);
    let choices = Signal::derive(move || {
        let pool = Choice::new(POOL, text::to_pool(lang.get()));
        let managers = managers.with_value(|managers| {
            managers.iter().map(|manager| Choice::new(&manager.code, &manager.name).hint(&manager.code)).collect::<Vec<_>>()
        });
        std::iter::once(pool).chain(managers).collect()
    });
    let roles = Signal::derive(move || AssignmentRole::ALL.iter().map(|role| Choice::new(role.code(), role.name(lang.get()))).collect());
    let attempt = here.attempt;
    let toasts = use_toasts();
    let navigate = use_navigate();
    // Whom it is about is chosen anew: a file is not kept.
    let kept = Draft::of("transfer", "new");
    let restored = RwSignal::new(false);
    let adopt = move |(to, role, reason): (String, String, String)| {
        let typed = !reason.trim().is_empty();
        if typed {
            here.to.set(to);
            here.role.set(role);
            here.reason.set(reason);
        }
        typed
    };
    drafts::follow(kept, restored, move || (here.to.get(), here.role.get(), here.reason.get()), adopt);
    let discard = move |()| {
        here.to.set(String::new());
        here.role.set(AssignmentRole::Lead.code().to_owned());
        here.reason.set(String::new());
        kept.forget();
    };
    // The same question tried again keeps its key.
    let sent = StoredValue::new(None::<(NewTransfer, Uuid)>);
    let submit = move |_| {
        let Some(mut asked) = here.request(here.reason.get_untracked().trim().to_owned()) else { return };
        asked.count = here.preview.with_untracked(|preview| preview.as_ref().map(|preview| preview.customers));
        let key = sent.get_value().filter(|(last, _)| *last == asked).map_or_else(Uuid::new_v4, |(_, key)| key);
        sent.set_value(Some((asked.clone(), key)));
        let navigate = navigate.clone();
        let forget = kept.once_sent();
        attempt.run(api::request(asked, key), move |transfer| {
            forget();
            let lang = lang.get_untracked();
            toasts.say(match transfer.state {
                TransferState::Pending => text::sent_pending(lang).to_owned(),
                TransferState::Approved => text::sent_later(lang, &format_date(transfer.effective, lang)),
                _ => text::sent_running(lang).to_owned(),
            });
            if attempt.is_here() {
                navigate("/transfers", Default::default());
            }
        });
    };
    let today = here.figures.today;
    let uncounted = Signal::derive(move || here.preview.with(Option::is_none));
    view! {
        <Restored shown=restored on_discard=discard />
        <div class="many-form">
            <Field name="many-to" label=t(text::manager) error=attempt.error("to") required=true>
                <Select value=here.to choices />
            </Field>
            <Field name="many-role" help="transfers#shares" label=t(text::role)>
                <Select value=here.role choices=roles />
            </Field>
            {move || (here.role.get() == AssignmentRole::Assist.code()).then(|| view! {
                <Field name="many-share" help="transfers#shares" label=t(text::share) hint=t(text::share_hint) error=attempt.error("share")>
                    <NumberInput value=here.share unit="%" />
                </Field>
            })}
            <Field name="many-effective" help="transfers#effective" label=t(text::effective_on) error=attempt.error("effective")>
                <DateInput value=here.effective min=today.with_day(1).unwrap_or(today) max=today + Days::new(AHEAD) />
            </Field>
            <Field name="many-reason" help="transfers#reason" label=t(text::reason) hint=t(text::reason_hint) error=attempt.error("reason") required=true>
                <TextArea value=here.reason rows=2 maxlength=500 />
            </Field>
            // Who is not on the screen is counted before it moves.
            <Button kind=ButtonKind::Primary busy=attempt.busy disabled=uncounted on_click=submit>{t(text::send)}</Button>
        </div>
        <Refused attempt />
    }
    .into_any()
}

#[component]
fn Refused(attempt: Attempt) -> impl IntoView {
    let customers = attempt.error("customers");
    let filter = attempt.error("filter");
    let words = move || customers.get().or_else(|| filter.get());
    view! {
        {move || words().map(|words| view! { <div class="notice alarm" role="alert">{words}</div> })}
        <Told attempt explain=explain />
    }
    .into_any()
}

fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    let current = problem.current.as_ref()?;
    if let Some(no) = current.get("in_transfer").and_then(|no| no.as_str()) {
        return Some(text::many_in_transfer(lang, no));
    }
    let count = current.get("count")?.as_i64()?;
    Some(text::many_counted(lang, &format_count(count)))
}

fn preview(here: Here) -> AnyView {
    let lang = here.lang;
    let Some(preview) = here.preview.get() else {
        return view! { <p class="faint">{t(text::preview_wait)}</p> }.into_any();
    };
    let moves = what_moves(lang, here.figures, &preview, None);
    let TransferPreview { because, portfolios: changes, .. } = preview;
    let verdict = move || match &because[..] {
        [] => text::needs_nobody(lang.get()).to_owned(),
        because => {
            let reasons: Vec<_> = because.iter().map(|because| because.name(lang.get())).collect();
            format!("{}{}", text::needs(lang.get()), reasons.join(" · "))
        }
    };
    view! {
        {moves}
        <p class="transfer-because">{verdict}</p>
        {(!changes.is_empty()).then(|| portfolios(lang, here.figures, changes))}
    }
    .into_any()
}
