//! What all dashboards share: head, parts, filters, and panels that can be taken along.

use std::collections::BTreeSet;

use guanhu_domain::{
    Code, Lang,
    access::{Me, Role, Verb},
    dashboards::{BoardQuery, COMPARED, Frame, MonthState},
};
use guanhu_ui::{Button, ButtonKind, EmptyState, PageHead, Section, Skeleton, dom, t, use_lang};
use leptos::{html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
    location::Url,
    params::ParamsMap,
};
use serde::de::DeserializeOwned;

use super::{
    frame::Say,
    full,
    home::BOARDS,
    kept, picture,
    sheet::Sheet,
    stage::{self, Stage},
    text,
};
use crate::{
    Asked,
    loaded::Failed,
    shell::{Protected, use_me},
    title::Title,
};

/// The question in the address; where it says neither unit nor tier, those that were chosen last, with the group and the currency
/// unless it names others.
pub fn question() -> Memo<BoardQuery> {
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| {
            let text = |name: &str| query.get(name).filter(|value| !value.is_empty());
            let (org, tier, currency) = (text("org"), text("tier"), text("currency"));
            let asked = BoardQuery { month: text("month"), org, tier, group: text("group"), currency, lenient: false };
            if asked.org.is_some() || asked.tier.is_some() {
                return asked;
            }
            let kept = kept::filters();
            BoardQuery { month: asked.month, group: asked.group.or(kept.group), currency: asked.currency.or(kept.currency), ..kept }
        })
    })
}

/// An address with these parameters; those without a value are left out.
pub fn address(path: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let mut address = path.to_owned();
    for (key, value) in pairs {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            address.push(if address.contains('?') { '&' } else { '?' });
            address.push_str(key);
            address.push('=');
            address.push_str(&Url::escape(value));
        }
    }
    address
}

/// The same place on another dashboard.
pub fn elsewhere(path: &str, query: &BoardQuery) -> String {
    let (month, org, tier) = (query.month.as_deref(), query.org.as_deref(), query.tier.as_deref());
    let (group, currency) = (query.group.as_deref(), query.currency.as_deref());
    address(path, &[("month", month), ("org", org), ("tier", tier), ("group", group), ("currency", currency)])
}

/// The same dashboard with another question: whatever else its address says, who is compared or which
/// indicator is looked at, stays.
pub fn asking(path: &str, query: &BoardQuery, mut rest: ParamsMap) -> String {
    // A list begins anew.
    for key in ["month", "org", "tier", "group", "currency", "after"] {
        rest.remove(key);
    }
    let (mut address, rest) = (elsewhere(path, query), rest.to_query_string());
    if let Some(rest) = rest.strip_prefix('?') {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(rest);
    }
    address
}

/// A page of a dashboard: everything of `show` is made anew when another answer comes.
pub fn page<T: DeserializeOwned + 'static>(
    asked: Asked<T>,
    frame: fn(&T) -> &Frame,
    title: fn(&T, Lang) -> String,
    show: fn(T, BoardQuery) -> AnyView,
) -> AnyView {
    let query = question();
    let lang = use_lang();
    keep_fresh(asked);
    let shown = move || {
        asked.get().map(|answer| match answer {
            Ok(board) => {
                let now = query.get_untracked();
                let of = frame(&board).clone();
                // Read so that everything is said again in the other language.
                let name = title(&board, lang.get());
                view! {
                    <div class="page dash">
                        <Head frame=of name query=now.clone() />
                        {show(board, now)}
                    </div>
                }
                .into_any()
            }
            Err(fail) if fail.0.code == Code::MonthNotComputed && query.with_untracked(|query| query.month.is_none()) => nothing(),
            // Too few or too many were picked to be compared.
            Err(fail) if fail.0.code == Code::Invalid && fail.0.fields.iter().any(|field| field.field == "m") => view! {
                <div class="page dash">
                    <PageHead title=t(text::compare) />
                    <EmptyState title=text::pick_some(lang.get(), *COMPARED.start(), *COMPARED.end())>
                        <a href=elsewhere("/dashboards/managers", &query.get_untracked())>{t(text::managers)}</a>
                    </EmptyState>
                </div>
            }
            .into_any(),
            Err(fail) => view! {
                <div class="page dash">
                    <PageHead title=t(text::title) />
                    <Failed fail on_retry=move |()| asked.refetch() />
                </div>
            }
            .into_any(),
        })
    };
    view! {
        <Title text=t(text::title) />
        <Protected>
            <Transition fallback=|| view! { <div class="page"><Skeleton lines=12 /></div> }>{shown}</Transition>
        </Protected>
    }
    .into_any()
}

/// Who has put a dashboard on a wall sees it read again every so often.
pub fn keep_fresh<T: DeserializeOwned + 'static>(asked: Asked<T>) {
    const EVERY: u64 = 300_000;
    fn wait<T: DeserializeOwned + 'static>(asked: Asked<T>, alive: StoredValue<()>) {
        dom::after(EVERY, move || {
            // Gone with its page.
            if alive.try_get_value().is_none() {
                return;
            }
            if full::is_on() && !stage::is_on() {
                asked.refetch();
            }
            wait(asked, alive);
        });
    }
    let alive = StoredValue::new(());
    Effect::new(move |_| wait(asked, alive));
}

pub fn nothing() -> AnyView {
    view! {
        <div class="page dash">
            <PageHead title=t(text::title) />
            <EmptyState title=t(text::nothing) text=t(text::nothing_hint) />
        </div>
    }
    .into_any()
}

const PARTS: [(&str, fn(Lang) -> &'static str); 6] = [
    ("/dashboards", text::bank),
    ("/dashboards/home", text::home),
    ("/dashboards/managers", text::managers),
    ("/dashboards/products", text::products),
    ("/dashboards/value", text::value),
    ("/dashboards/targets", text::targets),
];

/// For a manager the own page.
const OVERVIEW: &str = "/dashboards";

/// The customers behind a figure.
const BEHIND: &str = "/dashboards/behind";

/// Boards that tell of a customer group.
const OF_GROUPS: [&str; 5] = [OVERVIEW, "/dashboards/managers", "/dashboards/products", "/dashboards/value", BEHIND];

/// Does a page tell of a customer group, and of the balances of one currency? Units have them, and products; a manager's own page does not.
fn tells(path: &str, is_manager: bool) -> (bool, bool) {
    let is_own = is_manager && path == OVERVIEW;
    let of_products = path == "/dashboards/products" || path.starts_with("/dashboards/products/");
    let of_currencies = path == BEHIND || !is_manager && (path == OVERVIEW || of_products);
    (OF_GROUPS.contains(&path) && !is_own, of_currencies)
}

#[component]
pub fn Head(frame: Frame, name: String, query: BoardQuery) -> impl IntoView {
    let lang = use_lang();
    let month = frame.month;
    let note = move || Say::new(lang.get()).as_of(month);
    let me = use_me();
    let is_manager = me.as_ref().is_some_and(|me: &Me| me.role == Role::Manager);
    let may_set = me.is_some_and(|me| me.may(Verb::TargetSet));
    let path = use_location().pathname.get_untracked();
    // Nothing but targets is known of a month to come.
    let known = BoardQuery { month: query.month.clone().filter(|_| month.state != MonthState::Planned), ..query.clone() };
    let parts = PARTS
        .into_iter()
        .filter(|(place, _)| *place != "/dashboards/targets" || may_set)
        .map(|(place, label)| {
            let here = if place == "/dashboards" { path == place } else { path.starts_with(place) };
            let href = elsewhere(place, if place == "/dashboards/targets" { &query } else { &known });
            view! { <a href=href aria-current=here.then_some("page")>{t(label)}</a> }
        })
        .collect_view();
    let (of_groups, of_currencies) = tells(&path, is_manager);
    let group = frame.group.as_ref().filter(|_| !of_groups).map(|group| group.name.clone());
    // Members of a group are told in the base currency but where they are listed.
    let in_base = !of_currencies || of_groups && frame.group.is_some() && path != BEHIND;
    let currency = frame.chosen_currency.clone().filter(|_| in_base).map(|currency| (currency, frame.currency.clone()));
    let cautions = move || {
        let mut words = Say::new(lang.get()).cautions(month);
        words.extend(group.as_deref().map(|group| text::not_by_group(lang.get(), group)));
        words.extend(currency.as_ref().map(|(currency, base)| text::not_by_currency(lang.get(), currency, base)));
        words.into_iter().map(|words| view! { <div class="notice" role="status"><span>{words}</span></div> }).collect_view()
    };
    let nav = (!is_manager).then(|| view! { <nav class="dash-parts" aria-label=t(text::parts)>{parts}</nav> });
    view! {
        <PageHead title=name note>
            <Stage />
            <Button kind=ButtonKind::Quiet on_click=|_| full::turn()>{t(text::full_screen)}</Button>
        </PageHead>
        {cautions}
        <div class="dash-bar">{nav} <Filters frame query path is_manager /></div>
    }
    .into_any()
}

/// One bar of filters; a choice goes to the address at once.
#[component]
fn Filters(frame: Frame, query: BoardQuery, path: String, is_manager: bool) -> impl IntoView {
    let lang = use_lang();
    let (navigate, params) = (use_navigate(), use_query_map());
    // What was kept is said in the address too, so that it can be passed on.
    if query.lenient {
        let (navigate, full) = (navigate.clone(), asking(&path, &query, params.get_untracked()));
        Effect::new(move |_| navigate(&full, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() }));
    }
    let here = StoredValue::new((path, BoardQuery { lenient: false, ..query }));
    let choose = move |key: &'static str, value: String| {
        let to = here.with_value(|(path, query)| {
            let mut query = query.clone();
            let value = (!value.is_empty()).then_some(value);
            match key {
                "month" => query.month = value,
                "org" => query.org = value,
                "group" => query.group = value,
                "currency" => query.currency = value,
                _ => query.tier = value,
            }
            if key != "month" {
                kept::keep_filters(&query);
            }
            asking(path, &query, params.get_untracked())
        });
        navigate(&to, Default::default());
    };
    let choose = StoredValue::new(choose);
    let pick = move |key: &'static str, label: fn(Lang) -> &'static str, options: String| {
        let node = NodeRef::<html::Select>::new();
        // What was chosen before the page came alive counts as well.
        Effect::new(move |_| {
            if let Some(value) = changed(node) {
                choose.with_value(|choose| choose(key, value));
            }
        });
        view! {
            <label class="dash-filter">
                <span>{t(label)}</span>
                <select
                    node_ref=node
                    class="input"
                    name=key
                    autocomplete="off"
                    inner_html=options
                    on:change=move |event| choose.with_value(|choose| choose(key, event_target_value(&event)))
                ></select>
            </label>
        }
    };
    let say = Say::new(lang.get_untracked());
    let months = options(frame.months.iter().map(|known| {
        let code = guanhu_ui::month_code(known.month);
        let label = match known.state {
            MonthState::Open => format!("{} · {}", say.month(known.month), text::running(say.lang)),
            MonthState::Planned => format!("{} · {}", say.month(known.month), text::to_come(say.lang)),
            MonthState::Closed => say.month(known.month),
        };
        (code, label, known.month == frame.month.month)
    }));
    let units = options(frame.units.iter().map(|unit| {
        let indent = "\u{3000}".repeat(unit.depth.max(0) as usize);
        (unit.code.clone(), format!("{indent}{}", unit.name), unit.code == frame.org.code)
    }));
    let no_tier = (String::new(), text::all_tiers(say.lang).to_owned(), frame.tier.is_none());
    let tiers = options(std::iter::once(no_tier).chain(frame.tiers.iter().map(|tier| {
        let chosen = frame.tier.as_ref().is_some_and(|chosen| chosen.code == tier.code);
        (tier.code.clone(), say.pick(&tier.name, &tier.name_en).to_owned(), chosen)
    })));
    // Tenths of the bank and targets are of all tiers.
    let by_tier = here.with_value(|(path, _)| !["/dashboards/value", "/dashboards/targets"].contains(&path.as_str()));
    let tier = by_tier.then(|| pick("tier", text::tier, tiers));
    let no_group = (String::new(), text::all_customers(say.lang).to_owned(), frame.group.is_none());
    let groups = options(std::iter::once(no_group).chain(frame.groups.iter().map(|group| {
        let chosen = frame.group.as_ref().is_some_and(|chosen| chosen.code == group.code);
        (group.code.clone(), group.name.clone(), chosen)
    })));
    let (of_groups, of_currencies) = here.with_value(|(path, _)| tells(path, is_manager));
    // What was chosen can be taken away wherever one is.
    let by_group = !is_manager && !frame.groups.is_empty() && (of_groups || frame.group.is_some());
    let group = by_group.then(|| pick("group", text::group, groups));
    let no_currency = (String::new(), text::all_in(say.lang, &frame.currency), frame.chosen_currency.is_none());
    let currencies = options(std::iter::once(no_currency).chain(
        frame.currencies.iter().map(|code| (code.clone(), text::only_in(say.lang, code), frame.chosen_currency.as_ref() == Some(code))),
    ));
    let by_currency = !is_manager && !frame.currencies.is_empty() && (of_currencies || frame.chosen_currency.is_some());
    let currency = by_currency.then(|| pick("currency", text::currency, currencies));
    let unit = (!is_manager && frame.units.len() > 1).then(|| pick("org", text::unit, units));
    view! { <form class="dash-filters" method="get" aria-label=t(text::filters)>{pick("month", text::month, months)} {unit} {tier} {group} {currency}</form> }
        .into_any()
}

/// What a list says, if that is not what it was drawn with.
fn changed(node: NodeRef<html::Select>) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        let list = node.get()?;
        let drawn = list.query_selector("option[selected]").ok()??.get_attribute("value")?;
        (list.value() != drawn).then(|| list.value())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = node;
        None
    }
}

fn options(all: impl Iterator<Item = (String, String, bool)>) -> String {
    use super::sheet::escape;
    all.map(|(value, label, chosen)| {
        format!(r#"<option value="{}"{}>{}</option>"#, escape(&value), if chosen { " selected" } else { "" }, escape(&label))
    })
    .collect()
}

/// What a panel can be taken along as.
#[derive(Clone, Default)]
pub struct Files {
    /// Part of the files' names.
    pub name: String,
    pub csv: String,
    pub svg: Option<String>,
}

impl Files {
    /// A table, which is its own drawing.
    pub fn of(name: &'static str, sheet: Sheet) -> Callback<(), Files> {
        let sheet = StoredValue::new(sheet);
        Callback::new(move |()| sheet.with_value(|sheet| Files { name: name.into(), csv: sheet.csv(), svg: Some(sheet.svg()) }))
    }
}

/// Only these panels are shown: what is pinned to the own page.
#[derive(Clone, Debug)]
pub struct Only(pub BTreeSet<String>);

/// Is everything of a board shown, or only what is pinned?
pub fn is_whole() -> bool {
    use_context::<Only>().is_none()
}

/// A part of a dashboard with its exports, which can be pinned to the own page.
#[component]
pub fn Panel(
    /// Its name among what is pinned, `bank.tiers`: the board, and the panel on it.
    name: &'static str,
    title: String,
    #[prop(optional)] note: String,
    /// Made when they are asked for.
    files: Callback<(), Files>,
    #[prop(optional)] drawn: bool,
    #[prop(optional)] wide: bool,
    /// The page of the handbook about it; empty for none.
    #[prop(default = "")]
    help: &'static str,
    children: Children,
) -> impl IntoView {
    if use_context::<Only>().is_some_and(|only| !only.0.contains(name)) {
        return ().into_any();
    }
    let lang = use_lang();
    let what = StoredValue::new(title.clone());
    let can_pin =
        use_me().is_some_and(|me: Me| me.role != Role::Manager) && name.split('.').next().is_some_and(|board| BOARDS.contains(&board));
    let pinned = RwSignal::new(kept::pins().contains(name));
    let csv = move |_| {
        let Files { name, csv, .. } = files.run(());
        dom::download(&format!("{name}.csv"), "text/csv", &csv);
    };
    let svg = move |_| {
        let Files { name, svg, .. } = files.run(());
        if let Some(svg) = svg {
            dom::download(&format!("{name}.svg"), "image/svg+xml", &svg);
        }
    };
    let png = move |_| {
        let Files { name, svg, .. } = files.run(());
        if let Some(svg) = svg {
            picture::download(&name, &svg);
        }
    };
    let tools = move || {
        let named = move |words: fn(Lang, &str) -> String| move || what.with_value(|what| words(lang.get(), what));
        let drawing = drawn.then(|| {
            view! {
                <button type="button" class="dash-take" aria-label=named(text::svg_of) on:click=svg>{t(text::svg)}</button>
                <button type="button" class="dash-take" aria-label=named(text::png_of) on:click=png>{t(text::png)}</button>
            }
        });
        let pin = can_pin.then(|| {
            view! {
                <button
                    type="button"
                    class="dash-take"
                    aria-pressed=move || if pinned.get() { "true" } else { "false" }
                    aria-label=named(text::pin_of)
                    on:click=move |_| pinned.set(kept::turn_pin(name))
                >
                    {move || if pinned.get() { text::pinned(lang.get()) } else { text::pin(lang.get()) }}
                </button>
            }
        });
        view! {
            <button type="button" class="dash-take" aria-label=named(text::csv_of) on:click=csv>{t(text::csv)}</button>
            {drawing}
            {pin}
        }
    };
    let class = if wide { "dash-panel wide" } else { "dash-panel" };
    view! {
        <div class=class>
            <Section title note tools help>{children()}</Section>
        </div>
    }
    .into_any()
}

/// A table made by [`Sheet`], which may be wider than the page.
pub fn table(html: String, label: String) -> AnyView {
    view! { <div class="table-wrap" tabindex="0" role="region" aria-label=label inner_html=html></div> }.into_any()
}

/// Such a table behind a chart, which makes it when it is asked for.
pub fn data(html: String) -> ViewFn {
    ViewFn::from(move || view! { <div inner_html=html.clone()></div> }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_does_not_tell_of_is_known() {
        assert_eq!((tells(OVERVIEW, false), tells(OVERVIEW, true)), ((true, true), (false, false)));
        assert_eq!((tells("/dashboards/products/CUR", false), tells("/dashboards/value", false)), ((false, true), (true, false)));
        assert_eq!((tells(BEHIND, true), tells("/dashboards/targets", false)), ((true, true), (false, false)));
    }

    #[test]
    fn another_question_keeps_the_rest_of_the_address() {
        let params: ParamsMap = [("month", "2026-02"), ("m", "A1"), ("m", "B2"), ("tier", "gold"), ("group", "g1")].into_iter().collect();
        let query = BoardQuery { month: Some("2026-03".into()), ..BoardQuery::default() };
        // A server escapes more than a browser.
        let asking = |query: &BoardQuery, params: &ParamsMap| asking("/c", query, params.clone()).replace("%2D", "-");
        assert_eq!(asking(&query, &params), "/c?month=2026-03&m=A1&m=B2");
        assert_eq!(asking(&BoardQuery::default(), &params), "/c?m=A1&m=B2");
        assert_eq!(asking(&query, &ParamsMap::new()), "/c?month=2026-03");
    }
}
