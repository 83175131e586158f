//! Whose tier has changed lately, and who is about to lose one.

use guanhu_domain::{
    customers::Slice,
    tiers::{Movement, MovementKind, MovementQuery},
};
use guanhu_ui::{Amount, Badge, Button, Section, Tone, format_date, t, use_lang};
use leptos::prelude::*;

use super::{api, text};
use crate::{
    attempt::{Attempt, Told},
    tiers::cell,
};

pub fn movements(first: Slice<Movement>) -> AnyView {
    let lang = use_lang();
    let attempt = Attempt::new();
    let kind = RwSignal::new(None::<MovementKind>);
    let rows = RwSignal::new(first.items);
    let next = RwSignal::new(first.next);
    let choose = move |wanted: Option<MovementKind>| {
        kind.set(wanted);
        attempt.run(api::movements(MovementQuery { kind: wanted, ..MovementQuery::default() }), move |slice| {
            rows.set(slice.items);
            next.set(slice.next);
        });
    };
    let more = move |_| {
        let query = MovementQuery { kind: kind.get_untracked(), after: next.get_untracked(), limit: None };
        attempt.run(api::movements(query), move |slice| {
            rows.update(|rows| rows.extend(slice.items));
            next.set(slice.next);
        });
    };
    let chips = std::iter::once(None)
        .chain(MovementKind::ALL.iter().copied().map(Some))
        .map(|one| {
            view! {
                <button class="chip" type="button" aria-pressed=move || (kind.get() == one).to_string() on:click=move |_| choose(one)>
                    {move || one.map_or(text::all(lang.get()), |kind| kind.name(lang.get()))}
                </button>
            }
        })
        .collect_view();
    let table = move || {
        let rows = rows.get();
        if rows.is_empty() {
            return view! { <p class="faint">{t(text::nobody)}</p> }.into_any();
        }
        view! {
            <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::movements)>
                <table class="table-plain">
                    <thead>
                        <tr>
                            <th scope="col">{t(text::name)}</th>
                            <th scope="col">{t(text::what)}</th>
                            <th scope="col">{t(text::from_to)}</th>
                            <th scope="col">{t(text::since)}</th>
                            <th class="num" scope="col">{t(text::aum)}</th>
                            <th scope="col">{t(text::manager)}</th>
                            <th scope="col">{t(text::unit)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <span id="tier-movements"></span>
        <Section title=t(text::movements) help="lifecycle#movements" note=t(text::movements_note)>
            <div class="tiers-actions groups-new" role="group" aria-label=t(text::what)>{chips}</div>
            <Told attempt />
            {table}
            {move || next.with(Option::is_some).then(|| view! { <Button busy=attempt.busy on_click=more>{t(text::more)}</Button> })}
        </Section>
    }
    .into_any()
}

fn row(one: Movement) -> AnyView {
    let lang = use_lang();
    let tone = match one.kind {
        MovementKind::Up => Tone::Good,
        MovementKind::Down => Tone::Warn,
        MovementKind::Threatened => Tone::Alarm,
    };
    let (kind, since, on, manager) = (one.kind, one.since, one.on, one.manager);
    let when = move || {
        let lang = lang.get();
        match on {
            Some(on) => text::until(lang, &format_date(on, lang)),
            None => format_date(since, lang),
        }
    };
    view! {
        <tr>
            <th scope="row"><a href=format!("/customers/{}", one.customer_no)>{one.name}</a></th>
            <td><Badge tone>{move || kind.name(lang.get())}</Badge></td>
            <td>{cell(one.from)}" → "{cell(one.to)}</td>
            <td>{when}</td>
            <td class="num"><Amount minor=Signal::stored(one.aum) /></td>
            <td>{move || manager.clone().unwrap_or_else(|| text::pool(lang.get()).to_owned())}</td>
            <td>{one.org}</td>
        </tr>
    }
    .into_any()
}
