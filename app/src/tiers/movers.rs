//! Who of the reader's customers would move by this version, one by one with the reasons.

use guanhu_domain::{
    Lang,
    rules::{Env, Reason},
    tiers::{MoverQuery, MoverWay, Scheme, TierMover, Version},
};
use guanhu_ui::{Amount, Badge, Button, Section, Tone, format_date, t, use_lang};
use leptos::prelude::*;

use super::{Here, api, cell, env, text};
use crate::{
    attempt::{Attempt, Told},
    rules::reason_words,
    shell::use_me,
};

/// Nothing for who has no customers, and where nobody is about to move. Asked for by a button: it takes seconds.
pub fn movers(here: Here, scheme: &Scheme, version: &Version) -> Option<AnyView> {
    let business_date = use_me().map(|me| me.business_date).unwrap_or_default();
    if !here.may_list || !version.has_movers(business_date) {
        return None;
    }
    let lang = use_lang();
    let env = env(&version.definition);
    let (code, number) = (StoredValue::new(scheme.code.clone()), version.number);
    let attempt = Attempt::new();
    let way = RwSignal::new(None::<MoverWay>);
    let rows = RwSignal::new(None::<Vec<TierMover>>);
    let next = RwSignal::new(None::<String>);
    let ask = move |wanted: Option<MoverWay>, after: Option<String>| {
        let fresh = after.is_none();
        if fresh {
            way.set(wanted);
        }
        attempt.run(api::movers(code.get_value(), number, MoverQuery { way: wanted, after, limit: None }), move |slice| {
            rows.update(|rows| match rows {
                Some(rows) if !fresh => rows.extend(slice.items),
                rows => *rows = Some(slice.items),
            });
            next.set(slice.next);
        });
    };
    let chips = move || {
        rows.with(Option::is_some).then(|| {
            let chips = std::iter::once(None)
                .chain(MoverWay::ALL.iter().copied().map(Some))
                .map(|one| {
                    view! {
                        <button class="chip" type="button" aria-pressed=move || (way.get() == one).to_string() on:click=move |_| ask(one, None)>
                            {move || one.map_or(text::movers_all(lang.get()), |way| way.name(lang.get()))}
                        </button>
                    }
                })
                .collect_view();
            view! { <div class="tiers-actions groups-new" role="group" aria-label=t(text::way)>{chips}</div> }
        })
    };
    let table = move || {
        rows.get().map(|rows| match (rows.is_empty(), next.with(Option::is_some)) {
            (true, true) => ().into_any(),
            (true, false) => view! { <p class="faint" role="status">{t(text::movers_none)}</p> }.into_any(),
            (false, _) => table(here, rows, env),
        })
    };
    let on = move || {
        let asked = rows.with(Option::is_some);
        let more = next.get();
        match (asked, more) {
            (false, _) => view! { <Button busy=attempt.busy on_click=move |_| ask(None, None)>{t(text::list_movers)}</Button> }.into_any(),
            (true, Some(more)) => view! {
                <p class="faint" role="status">{t(text::movers_left)}</p>
                <Button busy=attempt.busy on_click=move |_| ask(way.get_untracked(), Some(more.clone()))>{t(text::movers_more)}</Button>
            }
            .into_any(),
            (true, None) => ().into_any(),
        }
    };
    Some(
        view! {
            <Section title=t(text::movers_named) note=t(text::movers_named_note)>
                <p class="faint">{t(text::on_paper)}</p>
                {chips}
                <Told attempt />
                {table}
                {on}
            </Section>
        }
        .into_any(),
    )
}

fn table(here: Here, rows: Vec<TierMover>, env: Env) -> AnyView {
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::movers_named)>
            <table class="table-plain">
                <thead>
                    <tr>
                        <th scope="col">{t(text::name)}</th>
                        <th scope="col">{t(text::way)}</th>
                        <th scope="col">{t(text::from_to)}</th>
                        <th scope="col">{t(text::because)}</th>
                        <th class="num" scope="col">{t(text::aum)}</th>
                        <th scope="col">{t(text::manager)}</th>
                        <th scope="col">{t(text::unit)}</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(|one| row(here, one, env)).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(here: Here, one: TierMover, env: Env) -> AnyView {
    let lang = use_lang();
    let way = one.way;
    let tone = if way == MoverWay::Up { Tone::Good } else { Tone::Warn };
    let (manager, held) = (one.manager.clone(), one.held_until);
    let (from, to, href, name, org, aum) = (
        cell(one.from.clone()),
        cell(one.to.clone()),
        format!("/customers/{}", one.customer_no),
        one.name.clone(),
        one.org.clone(),
        one.aum,
    );
    let why = move || said(here, &one, lang.get(), env);
    view! {
        <tr>
            <th scope="row"><a href=href>{name}</a></th>
            <td>
                <Badge tone>{move || way.name(lang.get())}</Badge>
                {held.map(|date| view! { <p class="faint">{move || text::movers_held(lang.get(), &format_date(date, lang.get()))}</p> })}
            </td>
            <td>{from}" → "{to}</td>
            <td>{why}</td>
            <td class="num"><Amount minor=Signal::stored(aum) /></td>
            <td>{move || manager.clone().unwrap_or_else(|| text::pool(lang.get()).to_owned())}</td>
            <td>{org}</td>
        </tr>
    }
    .into_any()
}

/// What keeps the customer from the old tier, or what earns the new one.
fn said(here: Here, one: &TierMover, lang: Lang, env: Env) -> String {
    let joint = if lang == Lang::Zh { "；" } else { "; " };
    let say = |reasons: &[Reason]| {
        let say = |names: &guanhu_domain::rules::RuleChoices| {
            reasons.iter().map(|reason| reason_words(reason, lang, names, env)).collect::<Vec<_>>().join(joint)
        };
        here.choices.with_value(say)
    };
    let mut words = match (one.against.is_empty(), one.because.is_empty()) {
        (false, _) => format!("{} {}", text::against(lang), say(&one.against)),
        (true, false) => say(&one.because),
        (true, true) => String::new(),
    };
    if one.beyond {
        let beyond = text::beyond(lang);
        words = if words.is_empty() { beyond.to_owned() } else { format!("{words}{joint}{beyond}") };
    }
    words
}
