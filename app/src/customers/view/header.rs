//! Who the customer is, in whose charge, and the figures that matter first.

use std::cmp::Ordering;

use guanhu_domain::customers::{Assignment, AssignmentRole, Kind, Rights, fields};
use guanhu_ui::{
    Amount, Avatar, Badge, Button, ButtonKind, Figure, Figures, Glyph, Icon, IconButton, Sparkline, TierMark, Tone, dom, format_change,
    format_date, is_unchanged, t,
};
use leptos::prelude::*;

use super::{
    alerts::Alerts,
    browser, charge,
    here::{local, use_here},
    names, text,
};
use crate::{
    desk::{Tool, use_desk},
    tiers::standing::Standing,
};

#[component]
pub fn Header() -> impl IntoView {
    view! {
        <header class="c360-head" id="top">
            <Who />
            {standing()}
            <Charge />
            <KeyFigures />
            <Alerts />
        </header>
    }
    .into_any()
}

/// Why the tier, and what the next one takes; anew for another customer.
fn standing() -> AnyView {
    let here = use_here();
    view! { <Standing no=here.no business_date=here.business_date() told=here.standing /> }.into_any()
}

#[component]
fn Who() -> impl IntoView {
    let here = use_here();
    let lang = here.lang;
    let customer = here.part(|c| {
        (
            c.name.clone(),
            c.kind,
            (c.state, c.state_since, c.state_before),
            (c.org.clone(), c.opened_on, c.closed_on),
            c.tier.clone(),
            c.tier_since,
            c.may,
            ["name", "org", "opened_on", "closed_on"].map(|field| c.lineage.get(field).cloned()),
        )
    });
    let number = here.no.to_string();
    let copied = number.clone();
    let copy = move |_| {
        if dom::copy(&copied) {
            here.toasts.say(t(text::number_copied));
        }
    };
    view! {
        <div class="c360-who">
            {move || {
                let (name, kind, (state, entered, before), (org, opened, closed), tier, since, _, told) = customer.get();
                let lang = lang.get();
                let [name_from, org_from, opened_from, closed_from] =
                    told.map(|told| told.map(|told| names::lineage(&told.source, told.business_date, lang)));
                let long = name.chars().count() > 24;
                let worked_out = text::worked_out(lang, &format_date(here.business_date(), lang));
                view! {
                    {match kind {
                        Kind::Personal => view! { <Avatar name=name.clone() large=true /> }.into_any(),
                        Kind::Corporate => view! { <span class="avatar large"><Icon glyph=Glyph::Company /></span> }.into_any(),
                    }}
                    <div class="c360-name">
                        <h1 class:long=long title=name_from>{name}</h1>
                        <p class="c360-tags">
                            <span>{kind.name(lang)}</span>
                            {tier.map(|tier| view! {
                                <span class="c360-tier" title=since.map(|since| text::tier_from(lang, &format_date(since, lang)))>
                                    <TierMark rank=tier.mark label=tier.name(lang).to_owned() />
                                    {since.map(|since| view! { <span class="faint">{text::since(lang, &format_date(since, lang))}</span> })}
                                </span>
                            })}
                            <span class="c360-tier" title=worked_out>
                                <Badge tone=names::state_tone(state)>{state.name(lang)}</Badge>
                                {entered.map(|entered| view! {
                                    <span class="faint" title=before.map(|before| text::state_before(lang, before.name(lang)))>
                                        {text::since(lang, &format_date(entered, lang))}
                                    </span>
                                })}
                            </span>
                            <span class="muted" title=org_from>{org.name}</span>
                            {opened.map(|day| view! { <span class="faint" title=opened_from>{text::customer_since(lang, &format_date(day, lang))}</span> })}
                            {closed.map(|day| view! {
                                <span title=closed_from><Badge tone=Tone::Alarm>{text::customer_until(lang, &format_date(day, lang))}</Badge></span>
                            })}
                        </p>
                    </div>
                }
            }}
            <div class="c360-no">
                <span class="faint">{t(text::customer_no)}</span>
                <span class="c360-digits">{number}</span>
                <IconButton glyph=Glyph::Copy label=t(text::copy_number) on_click=copy />
            </div>
            <div class="c360-actions no-print">
                {move || actions(customer.get().6)}
            </div>
        </div>
    }
    .into_any()
}

fn actions(may: Rights) -> impl IntoView {
    let here = use_here();
    let desk = use_desk();
    view! {
        <Button kind=ButtonKind::Quiet icon=Glyph::Print on_click=move |_| if let Some(desk) = desk { desk.call(Tool::Print) }>{t(text::print)}</Button>
        {if may.log_activity {
            view! {
                <Button kind=ButtonKind::Primary icon=Glyph::Phone on_click=move |_| here.log.set(true)>
                    {t(text::log_contact)}
                    <kbd>"C"</kbd>
                </Button>
            }
            .into_any()
        } else {
            view! { <span class="faint">{t(text::read_only)}</span> }.into_any()
        }}
    }
}

/// In whose charge, and how complete the record is.
#[component]
fn Charge() -> impl IntoView {
    let here = use_here();
    let lang = here.lang;
    let assignments = here.part(|c| c.assignments.clone());
    let may_change = here.may_change_charge();
    let complete = here.part(|c| (c.completeness, c.missing.clone(), c.may.edit));
    let people = move || {
        let lang = lang.get();
        let now: Vec<Assignment> = assignments.with(|all| charge::holding(all, here));
        if !now.iter().any(|a| a.role == AssignmentRole::Lead) {
            let pool = view! { <li class="alarm-word">{text::in_pool(lang)}</li> }.into_any();
            return std::iter::once(pool).chain(now.iter().map(|a| person(a, lang))).collect_view();
        }
        now.iter().map(|a| person(a, lang)).collect_view()
    };
    let completeness = move || {
        let (percent, missing, may_edit) = complete.get();
        let lang = lang.get();
        let shown = missing.len().min(4);
        let rest = missing.len() - shown;
        let items = missing
            .iter()
            .take(shown)
            .map(|name| {
                let label = names::missing(name, lang);
                let field = fields::find(name).map(|field| field.name);
                match field {
                    Some(field) if may_edit => view! {
                        <li>
                            <a
                                href=format!("#field-{field}")
                                on:click=move |event| {
                                    event.prevent_default();
                                    here.editing.set(Some(field));
                                    browser::go_to(&format!("row-{field}"));
                                }
                            >
                                {label}
                            </a>
                        </li>
                    }
                    .into_any(),
                    Some(field) => view! { <li><a href=format!("#row-{field}")>{label}</a></li> }.into_any(),
                    None => view! { <li><a href="#contacts">{label}</a></li> }.into_any(),
                }
            })
            .collect_view();
        view! {
            <span class="c360-meter" role="img" aria-label=text::complete_percent(lang, percent)>
                <i style:width=format!("{percent}%")></i>
            </span>
            <b>{format!("{percent}%")}</b>
            {(!missing.is_empty()).then(|| view! {
                <span class="faint">{text::missing(lang)}</span>
                <ul class="c360-missing">
                    {items}
                    {(rest > 0).then(|| view! { <li><a href="#profile">{text::and_more(lang, rest)}</a></li> })}
                </ul>
            })}
        }
    };
    view! {
        <div class="c360-charge">
            <div class="c360-people">
                <span class="faint">{t(text::in_charge)}</span>
                <ul>{people}</ul>
                {move || may_change.get().then(|| view! {
                    <span class="no-print">
                        <Button kind=ButtonKind::Quiet icon=Glyph::Transfer on_click=move |_| here.moving.set(true)>{t(text::move_on)}</Button>
                        <Button kind=ButtonKind::Quiet on_click=move |_| here.charge.set(true)>{t(text::change_charge)}</Button>
                    </span>
                })}
            </div>
            <div class="c360-complete">
                <span class="faint">{t(text::completeness)}</span>
                {completeness}
            </div>
        </div>
    }
    .into_any()
}

fn person(assignment: &Assignment, lang: guanhu_domain::Lang) -> AnyView {
    let share = assignment.share.normalize();
    let whole = share == rust_decimal::Decimal::ONE_HUNDRED;
    let from = names::lineage(&assignment.source, Some(assignment.from), lang);
    let title = format!("{} · {} · {from}", assignment.manager.code, text::since(lang, &format_date(assignment.from, lang)));
    view! {
        <li title=title>
            <span class="c360-role">{assignment.role.name(lang)}</span>
            <span>{assignment.manager.name.clone()}</span>
            {(!whole).then(|| view! { <span class="faint">{format!("{share}%")}</span> })}
        </li>
    }
    .into_any()
}

/// Each figure leads to the rows it is made of.
#[component]
fn KeyFigures() -> impl IntoView {
    let here = use_here();
    let lang = here.lang;
    let money = here.part(|c| (c.aum, c.aum_previous, c.deposits, c.wealth, c.loans, c.contribution, c.last_contact_at, c.kind));
    let trend = here.part(|c| c.balances.iter().map(|month| month.aum).collect::<Vec<_>>());
    let overdue = here.part(|c| c.holdings.iter().map(|h| h.overdue_days).max().unwrap_or(0));
    let base = here.base();
    let worked_out = move || text::worked_out(lang.get(), &format_date(here.business_date(), lang.get()));
    let amount = move |pick: fn(&(i64, i64, i64, i64)) -> i64| {
        let minor = Signal::derive(move || money.with(|m| pick(&(m.0, m.2, m.3, m.4))));
        view! { <Amount minor currency=base.code().to_owned() decimals=base.exponent() from=worked_out /> }
    };
    let change = move || {
        let (now, before, ..) = money.get();
        change_words(now, before, lang.get())
    };
    let contact_note = move || {
        let at = money.with(|m| m.6);
        at.map(|at| {
            let days = (here.today - local(at).date()).num_days();
            text::days_ago(lang.get(), days.max(0))
        })
    };
    let spark = move || {
        let values = trend.get();
        (values.len() > 1).then(|| {
            let label = text::trend_label(lang.get(), values.len());
            let values: Vec<f64> = values.iter().map(|value| *value as f64).collect();
            view! { <Sparkline values label /> }
        })
    };
    let (aum, deposits, wealth, loans) = (amount(|m| m.0), amount(|m| m.1), amount(|m| m.2), amount(|m| m.3));
    view! {
        <Figures>
            <Figure
                label=t(text::aum)
                href="#balances"
                note=move || view! { <span class="c360-trend">{change}{spark}</span> }
            >
                {aum}
            </Figure>
            <Figure label=t(text::deposits) href="#holdings-deposits" note=|| ()>
                {deposits}
            </Figure>
            <Figure label=t(text::wealth) href="#holdings-wealth" note=|| ()>
                {wealth}
            </Figure>
            <Figure
                label=t(text::loans)
                href="#holdings-loans"
                note=move || {
                    move || (overdue.get() > 0).then(|| view! { <Badge tone=Tone::Alarm>{text::overdue_days(lang.get(), overdue.get())}</Badge> })
                }
            >
                {loans}
            </Figure>
            <Figure
                label=t(text::contribution)
                href="#contribution"
                note=move || move || money.with(|m| m.5).is_none().then(|| text::no_month_closed(lang.get()))
            >
                {move || {
                    money
                        .with(|m| m.5)
                        .map_or_else(
                            || view! { <span class="c360-none">"—"</span> }.into_any(),
                            |minor| {
                                let from = move || text::contribution_from(lang.get(), &format_date(here.business_date(), lang.get()));
                                view! { <Amount minor=Signal::stored(minor) currency=base.code().to_owned() decimals=base.exponent() from=from /> }.into_any()
                            },
                        )
                }}
            </Figure>
            <Figure label=t(text::last_contact) href="#timeline" note=move || contact_note>
                {move || {
                    let lang = lang.get();
                    match money.with(|m| m.6) {
                        Some(at) => view! { <span class="c360-when" title=text::contact_from(lang)>{format_date(local(at).date(), lang)}</span> }.into_any(),
                        None => view! { <span class="c360-none">{text::never(lang)}</span> }.into_any(),
                    }
                }}
            </Figure>
        </Figures>
    }
    .into_any()
}

/// `较上月末 +3.2%`, with the sign in a word of colour; nothing to compare with says nothing.
fn change_words(now: i64, before: i64, lang: guanhu_domain::Lang) -> AnyView {
    let Some(figure) = format_change(now, before) else { return ().into_any() };
    let (class, sign) = match now.cmp(&before) {
        _ if is_unchanged(now, before) => ("muted", ""),
        Ordering::Less => ("down", "−"),
        _ => ("up", "+"),
    };
    view! {
        <span class=class title=text::against_month_end(lang)>{sign}{figure}</span>
    }
    .into_any()
}

/// The customer's kind decides what the profile asks for.
pub fn asks_for(kind: Kind) -> impl Iterator<Item = &'static fields::EditableField> {
    fields::FIELDS.iter().filter(move |field| field.applies_to(kind))
}
