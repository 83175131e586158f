//! Targets: the whole, its parts, and whether they add up.

use guanhu_domain::{
    dashboards::{BoardQuery, Indicator},
    targets::{TargetChange, TargetPart, TargetSheet},
};
use guanhu_ui::{Button, ButtonKind, Choice, Select, format_count, parse_amount, t, use_lang, use_toasts};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::{
    api,
    frame::Say,
    page::{address, elsewhere, page, question},
    text,
};
use crate::{
    Asked,
    attempt::{Attempt, Told},
    scripts::LazyPage,
};

/// `/dashboards/targets`.
pub struct TargetsRoute(Asked<TargetSheet>);

impl LazyPage for TargetsRoute {
    fn data() -> Self {
        let (query, params) = (question(), use_query_map());
        let asked = Memo::new(move |_| {
            let indicator = params.with(|params| params.get("indicator").and_then(|code| Indicator::from_code(&code)));
            (query.get(), indicator.unwrap_or(Indicator::Contribution))
        });
        TargetsRoute(Asked::of(asked, |(query, indicator)| api::read_targets(query, indicator)))
    }

    fn view(this: Self) -> AnyView {
        provide_context(this.0);
        page(this.0, |sheet| &sheet.frame, |sheet, _| sheet.frame.org.name.clone(), show)
    }
}

fn name(indicator: Indicator, lang: guanhu_domain::Lang) -> &'static str {
    match indicator {
        Indicator::Contribution => text::contribution(lang),
        Indicator::Aum => text::aum(lang),
        Indicator::Deposits => text::deposits(lang),
        Indicator::Loans => text::loans(lang),
        Indicator::Customers => text::customers(lang),
    }
}

fn show(sheet: TargetSheet, query: BoardQuery) -> AnyView {
    let lang = use_lang().get_untracked();
    let say = Say::of(lang, &sheet.frame);
    let counts = sheet.indicator == Indicator::Customers;
    let decimals = if counts { 0 } else { sheet.frame.decimals };
    let shown = move |amount: i64| if counts { format_count(amount) } else { say.money(amount) };
    let typed =
        move |amount: Option<i64>| amount.map(|amount| guanhu_ui::format_exact(amount, decimals).replace(',', "")).unwrap_or_default();
    let whole = RwSignal::new(typed(sheet.amount));
    let parts: Vec<RwSignal<String>> = sheet.lines.iter().map(|line| RwSignal::new(typed(line.amount))).collect();
    let amounts = {
        let parts = parts.clone();
        move || parts.iter().map(|part| part.with(|text| parse_amount(text, decimals))).collect::<Vec<_>>()
    };
    let difference = {
        let amounts = amounts.clone();
        Memo::new(move |_| {
            let amounts = amounts();
            let sum: i64 = amounts.iter().flatten().sum();
            let any = amounts.iter().any(Option::is_some);
            whole.with(|whole| parse_amount(whole, decimals)).filter(|_| any).map(|whole| (sum, sum - whole))
        })
    };
    let attempt = Attempt::new();
    let toasts = use_toasts();
    let asked = expect_context::<Asked<TargetSheet>>();
    let save = {
        let (lines, org, month, indicator) =
            (sheet.lines.clone(), sheet.frame.org.code.clone(), sheet.frame.month.month.format("%Y-%m").to_string(), sheet.indicator);
        let amounts = amounts.clone();
        Callback::new(move |despite_difference: bool| {
            let parts = lines
                .iter()
                .zip(amounts())
                .filter_map(|(line, amount)| amount.map(|amount| TargetPart { code: line.code.clone(), is_staff: line.is_staff, amount }));
            let change = TargetChange {
                month: month.clone(),
                org: org.clone(),
                indicator,
                amount: whole.with_untracked(|whole| parse_amount(whole, decimals)),
                parts: parts.collect(),
                despite_difference,
            };
            attempt.run(api::set_targets(change), move |()| {
                toasts.say(t(text::saved));
                asked.refetch();
            });
        })
    };
    let spread = {
        let (weights, parts): (Vec<u64>, _) =
            (sheet.lines.iter().map(|line| line.before.unwrap_or(line.actual).max(0) as u64).collect(), parts.clone());
        move |_| {
            let Some(amount) = whole.with_untracked(|whole| parse_amount(whole, decimals)) else { return };
            for (part, amount) in parts.iter().zip(guanhu_domain::money::allocate(amount, &weights)) {
                part.set(typed(Some(amount)));
            }
        }
    };
    let indicator = RwSignal::new(sheet.indicator.code().to_owned());
    let choices: Vec<Choice> = Indicator::ALL.iter().map(|indicator| Choice::new(indicator.code(), name(*indicator, lang))).collect();
    let navigate = use_navigate();
    let kept = query.clone();
    let choose = move |code: String| {
        navigate(&address(&elsewhere("/dashboards/targets", &kept), &[("indicator", Some(&code))]), Default::default());
    };
    let rows = sheet
        .lines
        .iter()
        .zip(parts)
        .map(|(line, part)| {
            let label = line.name.clone();
            let below = (!line.is_staff).then(|| {
                let query = BoardQuery { org: Some(line.code.clone()), tier: None, ..query.clone() };
                address(&elsewhere("/dashboards/targets", &query), &[("indicator", Some(sheet.indicator.code()))])
            });
            let head = match below {
                Some(href) => view! { <a href=href>{line.name.clone()}</a> }.into_any(),
                None => line.name.clone().into_any(),
            };
            view! {
                <tr>
                    <th scope="row">{head}</th>
                    <td class="num">{line.before.map(shown)}</td>
                    <td class="num">{shown(line.actual)}</td>
                    <td class="num">
                        <input
                            class="input num"
                            inputmode="decimal"
                            autocomplete="off"
                            aria-label=label
                            disabled=!sheet.may_set
                            prop:value=move || part.get()
                            value=part.get_untracked()
                            on:input=move |event| part.set(event_target_value(&event))
                        />
                    </td>
                </tr>
            }
        })
        .collect_view();
    let verdict = move || {
        difference.get().map(|(sum, difference)| match difference {
            0 => view! { <p class="up">{text::adds_up(lang)}</p> }.into_any(),
            _ => view! { <p class="down">{text::sums_to(lang, &shown(sum), &shown(difference))}</p> }.into_any(),
        })
    };
    let differs = Signal::derive(move || difference.get().is_some_and(|(_, difference)| difference != 0));
    let may_set = sheet.may_set;
    view! {
        <div class="dash-targets">
            <div class="dash-filters">
                <Select value=indicator choices label=t(text::indicator) on_change=Callback::new(choose) />
            </div>
            <label class="dash-filter">
                <span>{text::whole_target(lang)}</span>
                <input
                    class="input num"
                    inputmode="decimal"
                    autocomplete="off"
                    disabled=!may_set
                    prop:value=move || whole.get()
                    value=whole.get_untracked()
                    on:input=move |event| whole.set(event_target_value(&event))
                />
            </label>
            <div class="table-wrap">
                <table class="table-plain">
                    <thead>
                        <tr>
                            <th scope="col">{text::unit(lang)}" / "{text::manager(lang)}</th>
                            <th scope="col" class="num">{text::before(lang)}</th>
                            <th scope="col" class="num">{text::actual(lang)}</th>
                            <th scope="col" class="num">{text::target(lang)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {sheet.lines.is_empty().then(|| view! { <p class="faint">{text::no_parts(lang)}</p> })}
            <div role="status">{verdict}</div>
            <Told attempt />
            {may_set
                .then(|| {
                    view! {
                        <div class="dash-actions">
                            <Button on_click=spread>{t(text::spread_out)}</Button>
                            <Button kind=ButtonKind::Primary disabled=differs on_click=move |_| save.run(false)>{t(text::save)}</Button>
                            {move || differs.get().then(|| view! { <Button kind=ButtonKind::Quiet on_click=move |_| save.run(true)>{t(text::save_anyway)}</Button> })}
                        </div>
                    }
                })}
        </div>
    }
    .into_any()
}
