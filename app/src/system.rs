//! The system page: database, jobs, feeds, versions.

mod api;
mod text;

use guanhu_domain::system::SystemState;
use guanhu_ui::{DateText, Fact, Facts, PageHead, Section, format_count, t};
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{Asked, loaded::Loaded, scripts::LazyPage, shell::Protected};

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
    let unsealed = state.audit_newest - state.audit_sealed_to;
    view! {
        <Section title=t(text::database)>
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
                <Fact label=t(text::unsealed)>{format_count(unsealed)}</Fact>
            </Facts>
        </Section>
        <Section title=t(text::feeds)>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::feeds)><table class="table-plain">
                <thead>
                    <tr>
                        <th>{t(text::feed)}</th>
                        <th>{t(text::profile)}</th>
                        <th>{t(text::business_date)}</th>
                        <th>{t(text::state)}</th>
                        <th class="num">{t(text::read)}</th>
                        <th class="num">{t(text::rejected)}</th>
                    </tr>
                </thead>
                <tbody>
                    {state
                        .feeds
                        .iter()
                        .map(|run| {
                            view! {
                                <tr>
                                    <td>{run.feed.clone()}</td>
                                    <td>{run.profile.clone()}</td>
                                    <td>{run.business_date.map(|date| view! { <DateText date /> })}</td>
                                    <td>{run.state.clone()}</td>
                                    <td class="num">{format_count(run.read_rows)}</td>
                                    <td class="num">{format_count(run.rejected)}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                    {state.feeds.is_empty().then(|| view! { <tr><td colspan="6">{t(text::no_feeds)}</td></tr> })}
                </tbody>
            </table></div>
        </Section>
        <Section title=t(text::jobs)>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::jobs)><table class="table-plain">
                <thead>
                    <tr>
                        <th>{t(text::job)}</th>
                        <th>{t(text::state)}</th>
                        <th class="num">{t(text::count)}</th>
                    </tr>
                </thead>
                <tbody>
                    {state
                        .jobs
                        .iter()
                        .map(|job| {
                            view! {
                                <tr>
                                    <td>{job.kind.clone()}</td>
                                    <td>{job.state.clone()}</td>
                                    <td class="num">{format_count(job.count)}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                    {state.jobs.is_empty().then(|| view! { <tr><td colspan="3">{t(text::no_jobs)}</td></tr> })}
                </tbody>
            </table></div>
        </Section>
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
