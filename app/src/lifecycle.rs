//! Lifecycle states and changes of tiers: how many come and go, who they are, and the rules that say so.

mod api;
mod edit;
mod movements;
mod text;

use chrono::NaiveDate;
use guanhu_domain::{
    Lang,
    access::Verb,
    customers::State,
    groups::Growth,
    lifecycle::{Lifecycle, LifecyclePage, LifecycleRules, StateFigures, StateRule},
    rules::{Env, RuleChoices, in_words},
};
use guanhu_ui::{Badge, Button, ButtonKind, LineChart, LineSpec, Measure, Section, Series, format_count, format_date, t, use_lang};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    Asked,
    attempt::Told,
    customers::view::names::state_tone,
    loaded::{Kept, LoadedPage},
    scripts::LazyPage,
    shell::use_me,
};

/// `/lifecycle`; `?edit=VERSION` to change the rules from that version.
pub struct LifecycleRoute(Asked<LifecyclePage>);

impl LazyPage for LifecycleRoute {
    fn data() -> Self {
        LifecycleRoute(Asked::once(api::read_lifecycle))
    }

    fn view(this: Self) -> AnyView {
        view! { <LoadedPage class="tiers lifecycle" title=text::title heading=text::lifecycle note=text::note from=this.0 then=show /> }
            .into_any()
    }
}

/// What every part of the page works with.
#[derive(Clone, Copy)]
pub struct Here {
    kept: Kept<Lifecycle>,
    choices: StoredValue<RuleChoices>,
    env: Env,
    may_change: bool,
}

impl Here {
    /// Reads the states again, then goes on.
    fn reload(self, then: impl FnOnce() + 'static) {
        self.kept.again(api::read_lifecycle(), |page| page.lifecycle, then);
    }

    fn said(self, rules: &LifecycleRules, state: State, lang: Lang) -> String {
        let rule = rules.rules.iter().find(|rule| rule.state == state);
        rule.map_or_else(|| text::otherwise(lang).to_owned(), |rule| self.in_words(rule, lang))
    }

    fn in_words(self, rule: &StateRule, lang: Lang) -> String {
        self.choices.with_value(|choices| in_words(&rule.rule.when, lang, choices, self.env))
    }
}

fn show(page: LifecyclePage) -> AnyView {
    let me = use_me();
    let business_date = me.as_ref().map(|me| me.business_date).unwrap_or_default();
    let here = Here {
        kept: Kept::new(page.lifecycle),
        choices: StoredValue::new(RuleChoices::new(page.choices)),
        env: Env { business_date, months: 3 },
        may_change: me.is_some_and(|me| me.may(Verb::LifecycleChange)),
    };
    let movements = StoredValue::new(page.movements);
    let query = use_query_map();
    let from = Memo::new(move |_| query.with(|query| query.get("edit").and_then(|version| version.parse::<i32>().ok())));
    let body = move || match from.get().filter(|_| here.may_change) {
        Some(version) => edit::edit(here, version),
        None => view! {
            {states(here)}
            {movements.get_value().map(movements::movements)}
            {earlier(here)}
        }
        .into_any(),
    };
    view! {
        <Told attempt=here.kept.attempt />
        {body}
    }
    .into_any()
}

/// The rules from the top, with figures for whoever sees customers.
fn states(here: Here) -> AnyView {
    let lang = use_lang();
    let lifecycle = here.kept.value.get();
    let (version, judged) = (lifecycle.rules.version, lifecycle.judged_on);
    let figures = !lifecycle.states.is_empty();
    let counted = lifecycle.states.iter().find_map(|state| state.now().map(|count| count.on));
    let change = here.may_change.then(|| {
        view! {
            <div class="tiers-actions groups-new">
                <Button kind=ButtonKind::Primary href=format!("/lifecycle?edit={version}")>{t(text::edit)}</Button>
            </div>
        }
    });
    let note = move || match (judged, counted) {
        (None, _) => text::pending(lang.get()).to_owned(),
        (_, Some(day)) => text::as_of(lang.get(), &format_date(day, lang.get())),
        (_, None) if figures => text::not_counted(lang.get()).to_owned(),
        _ => text::order_note(lang.get()).to_owned(),
    };
    let order: Vec<State> = lifecycle.rules.rules.iter().map(|rule| rule.state).chain([State::Prospective]).collect();
    let rows = order
        .into_iter()
        .map(|state| {
            let rules = lifecycle.rules.clone();
            let own = lifecycle.states.iter().find(|figures| figures.state == state).cloned();
            view! {
                <tr>
                    <th scope="row"><Badge tone=state_tone(state)>{move || state.name(lang.get())}</Badge></th>
                    {own.map(cells)}
                    <td>{move || here.said(&rules, state, lang.get())}</td>
                </tr>
            }
        })
        .collect_view();
    let heads = figures.then(|| {
        view! {
            <th class="num" scope="col">{t(text::customers)}</th>
            <th class="num" scope="col">{t(text::change)}</th>
            <th class="num" scope="col">{t(text::entered)}</th>
        }
    });
    let states = lifecycle.states.clone();
    let trend = counted.map(|_| {
        let spec = Signal::derive(move || trend(&states, lang.get()));
        view! { <LineChart title=t(text::trend) spec /> }
    });
    view! {
        {change}
        <Section title=t(text::states) help="lifecycle#states" note=note>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::states)>
                <table class="table-plain">
                    <thead><tr><th scope="col">{t(text::state)}</th>{heads}<th scope="col">{t(text::rule)}</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="faint">{t(text::order_note)}</p>
            {trend}
        </Section>
    }
    .into_any()
}

fn cells(figures: StateFigures) -> AnyView {
    let state = figures.state.code();
    let now = figures.now().map(|count| count.customers);
    let change = now.zip(figures.month_ago()).map(|(now, before)| match now - before.customers {
        more @ 1.. => format!("+{}", format_count(more)),
        less @ ..0 => format!("−{}", format_count(-less)),
        0 => "0".to_owned(),
    });
    let entered = figures.entered;
    let n = format!("{}{}", format_count(entered.count), if entered.capped { "+" } else { "" });
    view! {
        <td class="num"><a href=format!("/customers?state={state}")>{now.map_or_else(|| "–".to_owned(), format_count)}</a></td>
        <td class="num">{change.unwrap_or_else(|| "–".to_owned())}</td>
        <td class="num">{if entered.count == 0 {
            "0".into_any()
        } else {
            view! { <a href=format!("/customers?state={state}&state_days=7")>{n}</a> }.into_any()
        }}</td>
    }
    .into_any()
}

/// One line a state over all days that were counted.
fn trend(states: &[StateFigures], lang: Lang) -> LineSpec {
    let mut days: Vec<NaiveDate> = states.iter().flat_map(|state| state.trend.iter().map(|count| count.on)).collect();
    days.sort_unstable();
    days.dedup();
    let first = days.first().copied().unwrap_or_default();
    let on = |trend: &[Growth], day: NaiveDate| trend.iter().find(|count| count.on == day).map(|count| count.customers);
    let line = |state: &StateFigures| Series {
        name: state.state.name(lang).to_owned(),
        values: days.iter().map(|day| on(&state.trend, *day)).collect(),
    };
    LineSpec {
        moments: days.iter().map(|day| format_date(*day, lang)).collect(),
        at: days.iter().map(|day| (*day - first).num_days()).collect(),
        series: states.iter().map(line).collect(),
        measure: Measure::Count,
        from_zero: true,
    }
}

/// What the rules were before, for who changes them.
fn earlier(here: Here) -> Option<AnyView> {
    let lang = use_lang();
    let earlier = here.kept.value.with(|lifecycle| lifecycle.earlier.clone());
    if earlier.is_empty() || !here.may_change {
        return None;
    }
    let row = move |rules: LifecycleRules| {
        let (version, saved_at) = (rules.version, rules.saved_at.date_naive());
        let who = rules.saved_by.clone();
        let by = move || who.clone().unwrap_or_else(|| text::shipped(lang.get()).to_owned());
        let note = rules.note.clone();
        let said = move || {
            let lang = lang.get();
            let one =
                |rule: &guanhu_domain::lifecycle::StateRule| format!("{}: {}", rule.state.name(lang), here.said(&rules, rule.state, lang));
            rules.rules.iter().map(one).map(|line| view! { <p>{line}</p> }).collect_view()
        };
        view! {
            <tr>
                <th scope="row">{move || text::version(lang.get(), version)}</th>
                <td>{move || format_date(saved_at, lang.get())}" "{by}<p class="faint">{note.clone()}</p></td>
                <td>{said}</td>
                <td class="end"><a href=format!("/lifecycle?edit={version}")>{t(text::restore)}</a></td>
            </tr>
        }
    };
    Some(
        view! {
            <Section title=t(text::earlier)>
                <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::earlier)>
                    <table class="table-plain"><tbody>{earlier.into_iter().map(row).collect_view()}</tbody></table>
                </div>
            </Section>
        }
        .into_any(),
    )
}
