//! One version of a scheme as it reads, and all versions below.

use guanhu_domain::{
    rules::in_words,
    tiers::{Scheme, TierRule, Version, VersionState},
};
use guanhu_ui::{Badge, DateText, Fact, Facts, Section, TierMark, TimeText, Tone, format_count, format_date, t, use_lang};
use leptos::prelude::*;

use super::{HEAD, Here, address, decide, env, movers, say, simulation, text};
use crate::customers::view::local;

pub fn overview(here: Here, scheme: &Scheme, version: &Version) -> AnyView {
    let current = scheme.in_force == Some(version.number);
    let against = scheme.current().filter(|_| !current).map(|now| {
        let changes = say::changes(here, &now.definition, &version.definition);
        view! { <Section title=t(text::changes)>{changes}</Section> }
    });
    let tried = version.simulation.clone().map(|simulation| {
        simulation::simulation(
            here,
            simulation,
            scheme.current().map(|now| now.definition.clone()).unwrap_or_default(),
            version.definition.clone(),
        )
    });
    view! {
        {head(here, scheme, version)}
        {against}
        {tried}
        {movers::movers(here, scheme, version)}
        {versions(scheme, version.number)}
    }
    .into_any()
}

fn head(here: Here, scheme: &Scheme, version: &Version) -> AnyView {
    let lang = use_lang();
    let number = version.number;
    let current = scheme.in_force == Some(number);
    let settings = version.definition.settings.clone();
    let (months, grace, upgrade) = (settings.months, settings.grace_days, settings.upgrade);
    let (from, asked_from) = (version.from, version.asked_from);
    let pending = scheme.pending().is_some_and(|(pending, _)| pending == number);
    let note = version.note.clone();
    let actions = decide::actions(here, scheme, version);
    let evaluated_on = scheme.evaluated_on.filter(|_| current);
    let table = tiers(here, scheme, version, current);
    // A published version that nobody brought into force was taken back.
    let draft = version.state == VersionState::Draft;
    let returned = version.returned.clone().filter(|reason| !reason.is_empty() && (draft || version.from.is_none()));
    view! {
        <section class="section">
            <header class="section-head tiers-head">
                <h2 id=HEAD tabindex="-1">{move || text::version_n(lang.get(), number)}</h2>
                {badge(version.state, current)}
                {from.map(|from| view! {
                    <span class="faint">{move || {
                        let date = format_date(from, lang.get());
                        if pending { text::to_come(lang.get(), &date) } else { text::from_date(lang.get(), &date) }
                    }}</span>
                })}
                {asked_from.map(|from| view! { <span class="faint">{move || text::asked_for(lang.get(), &format_date(from, lang.get()))}</span> })}
                <div class="push">{actions}</div>
            </header>
            {(!note.is_empty()).then(|| view! { <p class="tiers-note">{note}</p> })}
            {returned.map(|reason| view! { <p class="notice warn" role="status">{move || if draft { text::returned(lang.get(), &reason) } else { text::taken_back(lang.get(), &reason) }}</p> })}
            <Facts>
                <Fact label=t(text::months)>{move || text::months_n(lang.get(), months)}</Fact>
                <Fact label=t(text::grace)>{move || text::days_n(lang.get(), grace)}</Fact>
                <Fact label=t(text::upgrade)>{move || upgrade.name(lang.get())}</Fact>
                <Fact label=t(text::by_hand)>{move || say::by_hand(&settings, lang.get())}</Fact>
                {evaluated_on.map(|date| view! { <Fact label=t(text::evaluated_on)><DateText date /></Fact> })}
            </Facts>
            {table}
        </section>
    }
    .into_any()
}

/// The tiers, the highest first.
fn tiers(here: Here, scheme: &Scheme, version: &Version, current: bool) -> AnyView {
    let lang = use_lang();
    let env = env(&version.definition);
    let row = |(at, tier): (usize, &TierRule)| {
        let customers = scheme.customers.get(at).copied().filter(|_| current);
        let service = say::service(tier);
        let (tier, named, ruled) = (tier.clone(), tier.clone(), tier.clone());
        view! {
            <tr>
                <th scope="row"><TierMark rank=tier.mark label=move || named.name(lang.get()).to_owned() /></th>
                <td>{move || here.choices.with_value(|choices| in_words(&ruled.rule.when, lang.get(), choices, env))}</td>
                <td class="tiers-benefits">{service}</td>
                <td class="tiers-benefits">{tier.benefits}</td>
                {current.then(|| view! { <td class="num">{customers.map(format_count)}</td> })}
            </tr>
        }
    };
    let rows = version.definition.tiers.iter().enumerate().rev().map(row).collect_view();
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::tiers)>
            <table class="table-plain tiers-table">
                <thead>
                    <tr>
                        <th scope="col">{t(text::tier)}</th>
                        <th scope="col">{t(text::rule)}</th>
                        <th scope="col">{t(text::service)}</th>
                        <th scope="col">{t(text::benefits)}</th>
                        {current.then(|| view! { <th class="num" scope="col">{t(text::customers)}</th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn badge(state: VersionState, current: bool) -> AnyView {
    let lang = use_lang();
    let tone = match state {
        _ if current => Tone::Good,
        VersionState::Submitted => Tone::Warn,
        _ => Tone::Neutral,
    };
    let second =
        (current && state != VersionState::Published).then(|| view! { <Badge tone=Tone::Warn>{move || state.name(lang.get())}</Badge> });
    view! {
        <Badge tone>{move || if current { text::in_force(lang.get()) } else { state.name(lang.get()) }}</Badge>
        {second}
    }
    .into_any()
}

fn versions(scheme: &Scheme, shown: i32) -> AnyView {
    let lang = use_lang();
    let row = move |version: &Version| {
        let number = version.number;
        let by = |who: Option<String>, at: Option<chrono::DateTime<chrono::Utc>>| {
            view! {
                {who.map(|who| view! { <code>{who}</code> " " })}
                {at.map(|at| view! { <span class="faint"><TimeText time=local(at) /></span> })}
            }
        };
        let drafted = match &version.drafted_by {
            Some(who) => by(Some(who.clone()), Some(version.drafted_at)).into_any(),
            None => view! { <span class="faint">{t(text::shipped)}</span> }.into_any(),
        };
        view! {
            <tr>
                <th scope="row">
                    <a href=address(&scheme.code, Some(number), false) aria-current=(number == shown).then_some("true")>
                        {move || text::version_n(lang.get(), number)}
                    </a>
                </th>
                <td>{badge(version.state, scheme.in_force == Some(number))}</td>
                <td>{drafted}</td>
                <td>{by(version.submitted_by.clone(), version.submitted_at)}</td>
                <td>{by(version.published_by.clone(), version.published_at.filter(|_| version.published_by.is_some()))}</td>
                <td>{version.from.map(|date| view! { <DateText date /> })}</td>
                <td class="tiers-benefits">{version.note.clone()}</td>
            </tr>
        }
    };
    let rows = scheme.versions.iter().map(row).collect_view();
    view! {
        <Section title=t(text::versions)>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::versions)>
                <table class="table-plain">
                    <thead>
                        <tr>
                            <th scope="col">{t(text::versions)}</th>
                            <th scope="col">{t(text::state)}</th>
                            <th scope="col">{t(text::drafted)}</th>
                            <th scope="col">{t(text::submitted)}</th>
                            <th scope="col">{t(text::published)}</th>
                            <th scope="col">{t(text::from)}</th>
                            <th scope="col">{t(text::note_label)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </Section>
    }
    .into_any()
}
