//! Figures of a load, shared by the pages.

use guanhu_domain::feeds::{Counts, FileCounts, ImportReport, Reject, RunState};
use guanhu_ui::{Badge, Button, Figure, Figures, Notice, Tone, format_count, t, use_lang, use_toasts};
use leptos::prelude::*;
use uuid::Uuid;

use super::{api, text};
use crate::attempt::{Attempt, Told};

pub fn tone(state: RunState) -> Tone {
    match state {
        RunState::Running | RunState::Cancelled => Tone::Neutral,
        RunState::Done => Tone::Good,
        RunState::Refused => Tone::Warn,
        RunState::Failed => Tone::Alarm,
    }
}

/// A state with its mark.
#[component]
pub fn StateBadge(state: RunState) -> impl IntoView {
    let lang = use_lang();
    view! { <Badge tone=tone(state)>{move || state.name(lang.get())}</Badge> }
}

pub fn figure(count: u64) -> String {
    format_count(i64::try_from(count).unwrap_or(i64::MAX))
}

#[component]
pub fn Totals(total: Counts) -> impl IntoView {
    view! {
        <Figures>
            <Figure label=t(text::read)>{figure(total.read)}</Figure>
            <Figure label=t(text::inserted)>{figure(total.inserted)}</Figure>
            <Figure label=t(text::updated)>{figure(total.updated)}</Figure>
            <Figure label=t(text::unchanged)>{figure(total.unchanged)}</Figure>
            <Figure label=t(text::rejected)>{figure(total.rejected)}</Figure>
        </Figures>
    }
}

/// Files and entities, row by row.
#[component]
pub fn FileTable(files: Vec<FileCounts>) -> impl IntoView {
    let row = |file: FileCounts| {
        let counts = file.counts;
        view! {
            <tr>
                <td>{file.file}</td>
                <td>{file.entity}</td>
                <td class="num">{figure(counts.read)}</td>
                <td class="num">{figure(counts.inserted)}</td>
                <td class="num">{figure(counts.updated)}</td>
                <td class="num">{figure(counts.unchanged)}</td>
                <td class="num">{figure(counts.rejected)}</td>
            </tr>
        }
    };
    view! {
        <div class="table-wrap">
            <table class="table-plain">
                <thead>
                    <tr>
                        <th>{t(text::file)}</th>
                        <th>{t(text::entity)}</th>
                        <th class="num">{t(text::read)}</th>
                        <th class="num">{t(text::inserted)}</th>
                        <th class="num">{t(text::updated)}</th>
                        <th class="num">{t(text::unchanged)}</th>
                        <th class="num">{t(text::rejected)}</th>
                    </tr>
                </thead>
                <tbody>{files.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// Asks a running load to end; what it has written is undone at its next step.
#[component]
pub fn CancelLoad(job: Uuid, #[prop(optional, into)] on_asked: Option<Callback<()>>) -> impl IntoView {
    let toasts = use_toasts();
    let words = t(text::cancelling);
    let attempt = Attempt::new();
    let asked = RwSignal::new(false);
    let cancel = move |_| {
        attempt.run(api::cancel_load(job), move |()| {
            asked.set(true);
            toasts.say(words);
            if let Some(on_asked) = on_asked {
                on_asked.run(());
            }
        });
    };
    view! {
        <Button busy=attempt.busy disabled=asked on_click=cancel>{t(text::cancel)}</Button>
        <Told attempt />
    }
}

/// How a load or a check ended.
#[component]
pub fn Outcome(report: ImportReport) -> impl IntoView {
    let lang = use_lang();
    let refused = report.state == RunState::Refused;
    let cut_off = report.rejects.iter().any(Reject::of_whole_file);
    let words = move || match (refused, report.dry_run) {
        (true, _) if cut_off => text::cut_off(lang.get()),
        (true, _) => text::refused(lang.get()),
        (false, true) => text::checked(lang.get()),
        (false, false) => text::loaded(lang.get()),
    };
    let tone = if refused { Tone::Alarm } else { Tone::Good };
    let seconds = format!("{:.1}", report.seconds);
    let rejects = report.rejects.clone();
    view! {
        <div class="stack">
            <Notice tone>
                <span>{words}</span>
                <span class="faint">{move || text::seconds(lang.get(), &seconds)}</span>
            </Notice>
            <Totals total=report.total />
            <FileTable files=report.files />
            {(!rejects.is_empty()).then(|| view! { <RejectTable rejects /> })}
        </div>
    }
}

/// The first of the rows that a load rejected, and why.
#[component]
pub fn RejectTable(rejects: Vec<Reject>) -> impl IntoView {
    let lang = use_lang();
    let row = move |reject: Reject| {
        let known = reject.clone();
        let why = move || known.why(lang.get());
        view! {
            <tr>
                <td>{reject.file.clone()}</td>
                <td class="num">{(!reject.of_whole_file()).then_some(reject.line)}</td>
                <td>{why} <div class="faint">{reject.detail}</div></td>
                <td class="feed-raw">{reject.raw}</td>
            </tr>
        }
    };
    view! {
        <div class="table-wrap">
            <table class="table-plain">
                {reject_head()}
                <tbody>{rejects.into_iter().take(50).map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// The head of a table of rejected rows.
pub fn reject_head() -> AnyView {
    view! {
        <thead>
            <tr>
                <th>{t(text::file)}</th>
                <th class="num">{t(text::line)}</th>
                <th>{t(text::reason)}</th>
                <th>{t(text::raw)}</th>
            </tr>
        </thead>
    }
    .into_any()
}
