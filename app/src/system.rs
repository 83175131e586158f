//! The system page: database, jobs, feeds, versions.

mod api;
mod text;

use guanhu_domain::{
    Lang, Problem,
    system::{Chore, FeedRun, Job, JobState, MOST_WAITING, SystemState, Upkeep},
};
use guanhu_ui::{Badge, DateText, Fact, Facts, PageHead, Section, TimeText, Tone, format_count, format_month, t, use_lang};
use leptos::prelude::*;

use crate::{Asked, customers::view::local, feeds::StateBadge, loaded::Loaded, scripts::LazyPage, shell::Protected, title::Title};

/// The page at `/system`.
pub struct SystemRoute(Asked<SystemState>);

impl LazyPage for SystemRoute {
    fn data() -> Self {
        SystemRoute(Asked::once(api::read_system))
    }

    fn view(this: Self) -> AnyView {
        view! {
            <Protected>
                <div class="page">
                    <Title text=t(text::system) />
                    <PageHead title=t(text::system) note=t(text::note) />
                    <Loaded from=this.0 then=show />
                </div>
            </Protected>
        }
        .into_any()
    }
}

fn show(state: SystemState) -> impl IntoView {
    view! {
        <Section title=t(text::database) help="system#database">
            <Facts>
                <Fact label=t(text::version)>{state.version}</Fact>
                <Fact label=t(text::database_version)>"PostgreSQL " {state.database_version}</Fact>
                <Fact label=t(text::schema_version)>{state.schema_version}</Fact>
                <Fact label=t(text::size)>{bytes(state.database_bytes)}</Fact>
                <Fact label=t(text::customers)>{format_count(state.customers_estimate)}</Fact>
                <Fact label=t(text::business_date)>
                    <DateText date=state.business_date />
                </Fact>
                <Fact label=t(text::sessions)>{format_count(state.sessions)}</Fact>
                <Fact label=t(text::connections)>{state.connections} " / " {state.connections_idle}</Fact>
                <Fact label=t(text::clock)>{state.clock_difference_ms} " ms"</Fact>
            </Facts>
        </Section>
        <Section title=t(text::upkeep) help="system#upkeep">{upkeep(state.upkeep)}</Section>
        <Section title=t(text::feeds) help="system#feeds">{feeds(state.feeds)}</Section>
        <Section title=t(text::jobs) help="system#jobs">{jobs(state.jobs)}</Section>
    }
}

fn upkeep(upkeep: Vec<Upkeep>) -> AnyView {
    let lang = use_lang();
    let rows = upkeep
        .into_iter()
        .map(|work| {
            let Upkeep { chore, last_at, through, waiting, trouble, late } = work;
            let through = through.map(|day| match chore {
                Chore::Months => view! { {move || format_month(day, lang.get())} }.into_any(),
                _ => view! { <DateText date=day /> }.into_any(),
            });
            let joint = move || if lang.get() == Lang::Zh { "、" } else { ", " };
            let more = if waiting >= MOST_WAITING { "+" } else { "" };
            view! {
                <tr>
                    <th scope="row">{move || chore.name(lang.get())}</th>
                    <td>{last_at.map(|at| view! { <TimeText time=local(at) /> })}</td>
                    <td>{through}</td>
                    <td class="num">{format_count(waiting)} {more}</td>
                    <td>
                        {(!late.is_empty()).then(|| {
                            let months = move || late.iter().map(|month| format_month(*month, lang.get())).collect::<Vec<_>>().join(joint());
                            view! { <Badge tone=Tone::Warn>{t(text::late)}</Badge> " " {months} " " }
                        })}
                        {if trouble.is_empty() {
                            view! { <Badge tone=Tone::Good>{t(text::fine)}</Badge> }.into_any()
                        } else {
                            let why = move || Problem::kept_words(&trouble, lang.get());
                            view! { <Badge tone=Tone::Alarm>{t(text::trouble)}</Badge> " " {why} }.into_any()
                        }}
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::upkeep)><table class="table-plain">
            <thead>
                <tr>
                    <th scope="col">{t(text::chore)}</th>
                    <th scope="col">{t(text::last_at)}</th>
                    <th scope="col">{t(text::through)}</th>
                    <th scope="col" class="num">{t(text::waiting)}</th>
                    <th scope="col">{t(text::state)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table></div>
    }
    .into_any()
}

fn feeds(feeds: Vec<FeedRun>) -> AnyView {
    let none = feeds.is_empty().then(|| view! { <tr><td colspan="7">{t(text::no_feeds)}</td></tr> });
    let rows = feeds
        .into_iter()
        .map(|run| {
            view! {
                <tr>
                    <th scope="row">{run.feed}</th>
                    <td>{run.profile}</td>
                    <td>{run.business_date.map(|date| view! { <DateText date /> })}</td>
                    <td><TimeText time=local(run.started_at) /></td>
                    <td><StateBadge state=run.state /></td>
                    <td class="num">{format_count(run.read_rows)}</td>
                    <td class="num">{format_count(run.rejected)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::feeds)><table class="table-plain">
            <thead>
                <tr>
                    <th scope="col">{t(text::feed)}</th>
                    <th scope="col">{t(text::profile)}</th>
                    <th scope="col">{t(text::business_date)}</th>
                    <th scope="col">{t(text::started)}</th>
                    <th scope="col">{t(text::state)}</th>
                    <th scope="col" class="num">{t(text::read)}</th>
                    <th scope="col" class="num">{t(text::rejected)}</th>
                </tr>
            </thead>
            <tbody>{rows}{none}</tbody>
        </table></div>
    }
    .into_any()
}

fn jobs(jobs: Vec<Job>) -> AnyView {
    let lang = use_lang();
    let none = jobs.is_empty().then(|| view! { <tr><td colspan="5">{t(text::no_jobs)}</td></tr> });
    let rows = jobs
        .into_iter()
        .map(|job| {
            let (kind, state) = (job.kind, job.state);
            view! {
                <tr>
                    <th scope="row">{move || kind.name(lang.get())}</th>
                    <td>{job.by}</td>
                    <td>{job.started_at.map(|at| view! { <TimeText time=local(at) /> })}</td>
                    <td>{job.finished_at.map(|at| view! { <TimeText time=local(at) /> })}</td>
                    <td><Badge tone=tone(state)>{move || state.name(lang.get())}</Badge></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::jobs)><table class="table-plain">
            <thead>
                <tr>
                    <th scope="col">{t(text::job)}</th>
                    <th scope="col">{t(text::by)}</th>
                    <th scope="col">{t(text::started)}</th>
                    <th scope="col">{t(text::finished)}</th>
                    <th scope="col">{t(text::state)}</th>
                </tr>
            </thead>
            <tbody>{rows}{none}</tbody>
        </table></div>
    }
    .into_any()
}

fn tone(state: JobState) -> Tone {
    match state {
        JobState::Queued | JobState::Running | JobState::Cancelled => Tone::Neutral,
        JobState::Done => Tone::Good,
        JobState::Lost | JobState::Failed => Tone::Alarm,
    }
}

/// Binary units: `1.4 GiB`.
fn bytes(count: i64) -> String {
    let (mut size, mut unit) = (count as f64, 0);
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}
