//! What all dashboards share: head, parts, filters, and panels that can be taken along.

use guanhu_domain::{
    Code, Lang,
    access::{Me, Role, Verb},
    dashboards::{BoardQuery, Frame, MonthState},
};
use guanhu_ui::{EmptyState, PageHead, Section, Skeleton, t, use_lang};
use leptos::{html, prelude::*};
use leptos_meta::Title;
use leptos_router::{
    hooks::{use_location, use_navigate, use_query_map},
    location::Url,
};
use serde::de::DeserializeOwned;

use super::{frame::Say, text};
use crate::{
    Asked,
    loaded::Failed,
    shell::{Protected, use_me},
};

/// The question in the address.
pub fn question() -> Memo<BoardQuery> {
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| {
            let text = |name: &str| query.get(name).filter(|value| !value.is_empty());
            BoardQuery { month: text("month"), org: text("org"), tier: text("tier") }
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
    address(path, &[("month", query.month.as_deref()), ("org", query.org.as_deref()), ("tier", query.tier.as_deref())])
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

fn nothing() -> AnyView {
    view! {
        <div class="page dash">
            <PageHead title=t(text::title) />
            <EmptyState title=t(text::nothing) text=t(text::nothing_hint) />
        </div>
    }
    .into_any()
}

const PARTS: [(&str, fn(Lang) -> &'static str); 5] = [
    ("/dashboards", text::bank),
    ("/dashboards/managers", text::managers),
    ("/dashboards/products", text::products),
    ("/dashboards/value", text::value),
    ("/dashboards/targets", text::targets),
];

#[component]
fn Head(frame: Frame, name: String, query: BoardQuery) -> impl IntoView {
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
    let nav = (!is_manager).then(|| view! { <nav class="dash-parts" aria-label=t(text::parts)>{parts}</nav> });
    view! {
        <PageHead title=name note />
        <div class="dash-bar">{nav} <Filters frame query path is_manager /></div>
    }
    .into_any()
}

/// One bar of filters; a choice goes to the address at once.
#[component]
fn Filters(frame: Frame, query: BoardQuery, path: String, is_manager: bool) -> impl IntoView {
    let lang = use_lang();
    let navigate = use_navigate();
    let kept = StoredValue::new((path, query));
    let choose = move |key: &'static str, value: String| {
        let to = kept.with_value(|(path, query)| {
            let mut query = query.clone();
            let value = (!value.is_empty()).then_some(value);
            match key {
                "month" => query.month = value,
                "org" => query.org = value,
                _ => query.tier = value,
            }
            elsewhere(path, &query)
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
        let code = known.month.format("%Y-%m").to_string();
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
    let by_tier = kept.with_value(|(path, _)| !["/dashboards/value", "/dashboards/targets"].contains(&path.as_str()));
    let tier = by_tier.then(|| pick("tier", text::tier, tiers));
    let unit = (!is_manager && frame.units.len() > 1).then(|| pick("org", text::unit, units));
    view! { <form class="dash-filters" method="get" aria-label=t(text::filters)>{pick("month", text::month, months)} {unit} {tier}</form> }
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

/// A part of a dashboard with its exports.
#[component]
pub fn Panel(
    title: String,
    #[prop(optional)] note: String,
    /// Made when they are asked for.
    files: Callback<(), Files>,
    #[prop(optional)] drawn: bool,
    #[prop(optional)] wide: bool,
    children: Children,
) -> impl IntoView {
    let lang = use_lang();
    let what = StoredValue::new(title.clone());
    let csv = move |_| {
        let Files { name, csv, .. } = files.run(());
        download(&format!("{name}.csv"), "text/csv", &csv);
    };
    let svg = move |_| {
        let Files { name, svg, .. } = files.run(());
        if let Some(svg) = svg {
            download(&format!("{name}.svg"), "image/svg+xml", &svg);
        }
    };
    let tools = move || {
        let drawing = drawn.then(|| {
            view! { <button type="button" class="dash-take" aria-label=move || what.with_value(|what| text::svg_of(lang.get(), what)) on:click=svg>{t(text::svg)}</button> }
        });
        view! {
            <button type="button" class="dash-take" aria-label=move || what.with_value(|what| text::csv_of(lang.get(), what)) on:click=csv>{t(text::csv)}</button>
            {drawing}
        }
    };
    let class = if wide { "dash-panel wide" } else { "dash-panel" };
    view! {
        <div class=class>
            <Section title note tools>{children()}</Section>
        </div>
    }
    .into_any()
}

/// A table made by [`Sheet`](super::sheet::Sheet), which may be wider than the page.
pub fn table(html: String, label: String) -> AnyView {
    view! { <div class="table-wrap" tabindex="0" role="region" aria-label=label inner_html=html></div> }.into_any()
}

/// Gives the browser a file.
fn download(name: &str, kind: &str, text: &str) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let href = format!("data:{kind};charset=utf-8,{}", Url::escape(text));
        let link = leptos::prelude::document().create_element("a").ok().and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(link) = link {
            let _ = link.set_attribute("href", &href);
            let _ = link.set_attribute("download", name);
            link.click();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (name, kind, text);
    }
}
