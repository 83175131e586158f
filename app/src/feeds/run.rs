//! `/imports/runs/:run`: one load, its figures, and its rejected rows to repair.

use std::collections::BTreeMap;

use guanhu_domain::{
    Code,
    feeds::{ImportReport, Reject, Repair},
};
use guanhu_ui::{
    Button, ButtonKind, DateText, EmptyState, Fact, Facts, FileDrop, Glyph, Notice, PageHead, Section, TimeText, Tone, t, use_lang,
};
use leptos::{html, prelude::*};
use leptos_router::{components::A, hooks::use_params_map};
use uuid::Uuid;

use super::{
    api::{self, REJECTS, RunPage},
    browser,
    load::Wrong,
    outcome::{CancelLoad, FileTable, RejectTable, StateBadge, Totals, reject_head},
    text,
};
use crate::{
    Asked, Fail,
    attempt::{Attempt, Told},
    customers::view::local,
    drafts::{Draft, Restored},
    loaded::Loaded,
    scripts::LazyPage,
    shell::Protected,
    title::Title,
};

pub struct RunRoute {
    page: Asked<RunPage>,
}

impl LazyPage for RunRoute {
    fn data() -> Self {
        let params = use_params_map();
        let run = Memo::new(move |_| params.with(|params| params.get("run").and_then(|run| run.parse::<Uuid>().ok())));
        let page = Asked::of(run, |run| async move {
            match run {
                Some(run) => api::read_run(run).await,
                None => Err(Fail::new(Code::NotFound)),
            }
        });
        RunRoute { page }
    }

    fn view(this: Self) -> AnyView {
        let page = this.page;
        provide_context(Again { reload: Callback::new(move |()| page.refetch()), outcome: RwSignal::new(None) });
        view! {
            <Title text=t(text::imports) />
            <Protected>
                <div class="page">
                    <Loaded from=page then=show />
                </div>
            </Protected>
        }
        .into_any()
    }
}

/// Reads the page anew, over which it keeps what came of the rows of which run that were sent again.
#[derive(Clone, Copy)]
struct Again {
    reload: Callback<()>,
    outcome: RwSignal<Option<(Uuid, ImportReport)>>,
}

fn show(page: RunPage) -> impl IntoView {
    let RunPage { detail, rejects } = page;
    let lang = use_lang();
    let again = expect_context::<Again>();
    let row = detail.row;
    let (feed, by) = (row.feed.clone(), row.started_by.clone());
    view! {
        <PageHead title=move || feed.clone() above=|| view! { <A href="/imports">{t(text::imports)}</A> }>
            <StateBadge state=row.state />
            {row.can_cancel.then(|| view! { <CancelLoad job=row.run on_asked=again.reload /> })}
        </PageHead>
        <Facts>
            <Fact label=t(text::business_date)>{row.business_date.map(|date| view! { <DateText date /> })}</Fact>
            <Fact label=t(text::started)>
                <TimeText time=local(row.started_at) />
            </Fact>
            <Fact label=t(text::by)>{move || by.clone().unwrap_or_else(|| text::command_line(lang.get()).into())}</Fact>
        </Facts>
        <Totals total=row.total.clone() />
        <Section title=t(text::files)>
            <FileTable files=detail.files />
        </Section>
        <Rejects run=row.run first=rejects can_resubmit=detail.can_resubmit />
    }
}

#[component]
fn Rejects(run: Uuid, first: Vec<Reject>, can_resubmit: bool) -> impl IntoView {
    let lang = use_lang();
    let again = expect_context::<Again>();
    let attempt = Attempt::new();
    let accepted: Vec<i64> = first.iter().filter(|reject| reject.resubmitted).map(|reject| reject.id).collect();
    let open = can_resubmit && first.iter().any(|reject| !reject.resubmitted && !reject.of_whole_file());
    let more_left = RwSignal::new(first.len() as i64 == REJECTS);
    let rejects = RwSignal::new(first);
    let repaired = RwSignal::new(BTreeMap::<i64, String>::new());
    let count = Signal::derive(move || repaired.with(BTreeMap::len));
    let kept = Draft::of("repair", run);
    let restored = RwSignal::new(false);
    if open {
        keep(kept, restored, repaired, accepted);
    }
    let discard = move |()| repaired.set(BTreeMap::new());
    let done = move |report: ImportReport| {
        again.outcome.set(Some((run, report)));
        again.reload.run(());
    };
    let more = move |_| {
        let after = rejects.with_untracked(|rejects| rejects.last().map_or(0, |reject| reject.id));
        attempt.run(api::more_rejects(run, after), move |found| {
            more_left.set(found.len() as i64 == REJECTS);
            rejects.update(|rejects| rejects.extend(found));
        });
    };
    let submit = move |_| {
        let repairs = repaired.with_untracked(|repaired| repaired.iter().map(|(id, raw)| Repair { id: *id, raw: raw.clone() }).collect());
        attempt.run(api::resubmit(run, repairs), move |report| {
            // What was rejected again stays as it was typed.
            let wrong = |reject: &&Reject| report.rejects.iter().any(|again| again.file == reject.file && again.line == reject.line);
            let left: Vec<i64> = rejects.with_untracked(|rejects| rejects.iter().filter(wrong).map(|reject| reject.id).collect());
            repaired.update(|repaired| repaired.retain(|id, _| left.contains(id)));
            done(report);
        });
    };
    let node = NodeRef::<html::Input>::new();
    let send_back = move |()| {
        if attempt.busy.get_untracked() || !browser::has_files(node) {
            return;
        }
        attempt.clear();
        attempt.busy.set(true);
        browser::send_file(format!("/imports/runs/{run}/rejects.csv"), node, move |answer| {
            attempt.busy.set(false);
            match answer {
                Ok(report) => done(report),
                Err(fail) => attempt.refuse(fail),
            }
        });
    };
    let row = move |reject: Reject| {
        let known = reject.clone();
        let why = move || known.why(lang.get());
        let whole = reject.of_whole_file();
        let Reject { id, line, raw, .. } = reject;
        let editable = can_resubmit && !reject.resubmitted && !whole;
        let text = match editable {
            true => {
                let (original, shown) = (raw.clone(), raw.clone());
                view! {
                    <textarea
                        class="input feed-raw"
                        rows="1"
                        spellcheck="false"
                        aria-label=move || text::raw_of(lang.get(), line)
                        prop:value=move || repaired.with(|repaired| repaired.get(&id).cloned()).unwrap_or_else(|| shown.clone())
                        on:input=move |event| {
                            let typed = event_target_value(&event);
                            repaired
                                .update(|repaired| {
                                    if typed == original {
                                        repaired.remove(&id);
                                    } else {
                                        repaired.insert(id, typed);
                                    }
                                });
                        }
                    ></textarea>
                }
                .into_any()
            }
            false => view! { <span class="feed-raw">{raw}</span> }.into_any(),
        };
        let marked = reject.resubmitted.then(|| view! { <div class="faint">{t(text::resubmitted)}</div> });
        view! {
            <tr class:done=reject.resubmitted>
                <td>{reject.file} <div class="faint">{reject.entity}</div></td>
                <td class="num">{(!whole).then_some(line)}</td>
                <td>{why} <div class="faint">{reject.detail}</div> {marked}</td>
                <td class="feed-text">{text}</td>
            </tr>
        }
    };
    view! {
        <Section
            title=t(text::rejects)
            note=t(text::rejects_note)
            tools=move || {
                (!rejects.with(Vec::is_empty))
                    .then(|| view! {
                        <a class="btn" href=format!("/imports/runs/{run}/rejects.csv") download=format!("rejects-{run}.csv") rel="external">
                            {t(text::download)}
                        </a>
                    })
            }
        >
            {(!can_resubmit && !rejects.with_untracked(Vec::is_empty))
                .then(|| view! { <Notice tone=Tone::Warn>{t(text::gone)}</Notice> })}
            <Told attempt />
            <Wrong attempt />
            {move || again.outcome.get().filter(|(of, _)| *of == run).map(|(_, report)| view! { <SentAgain report /> })}
            {open
                .then(|| view! {
                    <div class="feed-back">
                        <FileDrop
                            name="repaired"
                            node
                            accept=".csv,text/csv"
                            label=t(text::send_back)
                            hint=t(text::send_back_hint)
                            disabled=attempt.busy
                            on_change=send_back
                        />
                    </div>
                })}
            <Restored shown=restored on_discard=discard />
            {move || {
                if rejects.with(Vec::is_empty) {
                    return view! { <EmptyState title=t(text::no_rejects) /> }.into_any();
                }
                view! {
                    <div class="table-wrap">
                        <table class="table-plain feed-rejects">
                            {reject_head()}
                            <tbody>
                                <For each=move || rejects.get() key=|reject| (reject.id, reject.resubmitted) children=row />
                            </tbody>
                        </table>
                    </div>
                }
                .into_any()
            }}
            <div class="line feed-submit">
                {can_resubmit
                    .then(|| view! {
                        <Button
                            kind=ButtonKind::Primary
                            icon=Glyph::Import
                            busy=attempt.busy
                            disabled=Signal::derive(move || count.get() == 0)
                            on_click=submit
                        >
                            {move || text::resubmit(lang.get(), count.get())}
                        </Button>
                    })}
                {move || more_left.get().then(|| view! { <Button busy=attempt.busy on_click=more>{t(text::more)}</Button> })}
            </div>
        </Section>
    }
}

/// Keeps what was typed over rejected rows until it is sent, but for those that were `accepted` since.
fn keep(kept: Draft, restored: RwSignal<bool>, repaired: RwSignal<BTreeMap<i64, String>>, accepted: Vec<i64>) {
    let accepted = StoredValue::new(accepted);
    Effect::new(move |_| {
        kept.restore(move |mut before: BTreeMap<i64, String>| {
            accepted.with_value(|accepted| before.retain(|id, _| !accepted.contains(id)));
            if !before.is_empty() {
                repaired.set(before);
                restored.set(true);
            }
        });
    });
    Effect::new(move |before: Option<BTreeMap<i64, String>>| {
        let now = repaired.get();
        if before.is_some_and(|before| before != now) {
            if now.is_empty() {
                restored.set(false);
                kept.forget();
            } else {
                kept.keep(&now);
            }
        }
        now
    });
}

/// What came of rows that were sent again.
#[component]
fn SentAgain(report: ImportReport) -> impl IntoView {
    let lang = use_lang();
    let total = report.total;
    let accepted = total.inserted + total.updated + total.unchanged;
    let tone = if total.rejected == 0 { Tone::Good } else { Tone::Warn };
    let again = (!report.rejects.is_empty()).then(|| view! { <RejectTable rejects=report.rejects /> });
    view! {
        <Notice tone>
            <span>{move || text::accepted(lang.get(), accepted, total.rejected)}</span>
            <A href=format!("/imports/runs/{}", report.run)>{t(text::see_run)}</A>
        </Notice>
        {again}
    }
}
