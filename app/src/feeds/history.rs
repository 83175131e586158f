//! `/imports`: what was loaded, and the mappings.

use guanhu_domain::feeds::{ProfileRow, RunRow};
use guanhu_ui::{Button, ButtonKind, DateText, EmptyState, Glyph, PageHead, Section, TimeText, t, use_lang};
use leptos::prelude::*;
use leptos_router::components::A;

use super::{
    api::{self, Overview},
    outcome::{CancelLoad, StateBadge, figure},
    text,
};
use crate::{Asked, customers::view::local, loaded::Loaded, scripts::LazyPage, shell::Protected, title::Title};

pub struct HistoryRoute {
    overview: Asked<Overview>,
}

impl LazyPage for HistoryRoute {
    fn data() -> Self {
        HistoryRoute { overview: Asked::once(api::read_overview) }
    }

    fn view(this: Self) -> AnyView {
        view! {
            <Title text=t(text::imports) />
            <Protected>
                <div class="page">
                    <PageHead title=t(text::imports) note=t(text::imports_note)>
                        <Button kind=ButtonKind::Primary icon=Glyph::Import href="/imports/new">{t(text::new_load)}</Button>
                    </PageHead>
                    <Loaded from=this.overview then=show />
                </div>
            </Protected>
        }
        .into_any()
    }
}

fn show(overview: Overview) -> impl IntoView {
    let runs = overview.runs;
    let history = if runs.is_empty() {
        view! { <EmptyState title=t(text::no_runs) text=t(text::no_runs_hint) /> }.into_any()
    } else {
        view! {
            <div class="table-wrap">
                <table class="table-plain feed-history">
                    <thead>
                        <tr>
                            <th>{t(text::started)}</th>
                            <th>{t(text::feed)}</th>
                            <th>{t(text::business_date)}</th>
                            <th>{t(text::state)}</th>
                            <th class="num">{t(text::read)}</th>
                            <th class="num">{t(text::inserted)}</th>
                            <th class="num">{t(text::updated)}</th>
                            <th class="num">{t(text::rejected)}</th>
                            <th>{t(text::by)}</th>
                        </tr>
                    </thead>
                    <tbody>{runs.into_iter().map(run_row).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <Section title=t(text::history)>{history}</Section>
        <Section title=t(text::profiles) help="imports#mapping">
            <ul class="feed-profiles">{overview.profiles.into_iter().map(profile_row).collect_view()}</ul>
        </Section>
    }
}

fn run_row(row: RunRow) -> impl IntoView {
    let lang = use_lang();
    let by = row.started_by;
    view! {
        <tr>
            <td>
                <A href=format!("/imports/runs/{}", row.run)>
                    <TimeText time=local(row.started_at) />
                </A>
            </td>
            <td>{row.feed}</td>
            <td>{row.business_date.map(|date| view! { <DateText date /> })}</td>
            <td>
                <StateBadge state=row.state />
                {row.can_cancel.then(|| view! { <CancelLoad job=row.run /> })}
                {(!row.message.is_empty()).then(|| view! { <div class="faint">{row.message}</div> })}
            </td>
            <td class="num">{figure(row.total.read)}</td>
            <td class="num">{figure(row.total.inserted)}</td>
            <td class="num">{figure(row.total.updated)}</td>
            <td class="num">{figure(row.total.rejected)}</td>
            <td>{move || by.clone().unwrap_or_else(|| text::command_line(lang.get()).into())}</td>
        </tr>
    }
}

fn profile_row(row: ProfileRow) -> impl IntoView {
    let lang = use_lang();
    let version = row.version;
    let words = move || match version {
        0 => text::built_in(lang.get()).to_owned(),
        version => text::version(lang.get(), version),
    };
    let by = row.saved_by.map(|by| view! { <span class="faint">{by}</span> });
    let at = row.saved_at.map(|at| view! { <span class="faint"><TimeText time=local(at) /></span> });
    view! {
        <li>
            <A href=format!("/imports/mappings/{}", row.name)>{row.name.clone()}</A>
            <span>{row.title}</span>
            <span class="faint">{words}</span>
            {by}
            {at}
        </li>
    }
}
