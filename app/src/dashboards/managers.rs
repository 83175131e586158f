//! The league of managers.

use guanhu_domain::{
    Lang,
    dashboards::{BoardQuery, COMPARED, Counted, Frame, Indicator, ManagerLine, ManagersBoard, share},
};
use guanhu_ui::{
    Measure,
    chart::{Dot, Inline, ScatterChart, ScatterSpec, scatter_chart_file},
    format_count, use_lang,
};
use leptos::prelude::*;

use super::{
    api,
    bank::{customers, parts_off},
    behind::{Of, behind},
    frame::Say,
    group,
    page::{Files, Panel, data, elsewhere, is_whole, page, question, table},
    process::{self, points_cell},
    progress,
    sheet::{Cell, Sheet, escape},
    text,
};
use crate::{Asked, scripts::LazyPage};

/// `/dashboards/managers`.
pub struct ManagersRoute(Asked<ManagersBoard>);

impl LazyPage for ManagersRoute {
    fn data() -> Self {
        ManagersRoute(Asked::of(question(), api::read_managers))
    }

    fn view(this: Self) -> AnyView {
        page(this.0, |board| &board.frame, |board, _| board.frame.org.name.clone(), show)
    }
}

pub fn show(board: ManagersBoard, query: BoardQuery) -> AnyView {
    let say = Say::of(use_lang().get_untracked(), &board.frame);
    if let Some(lines) = board.group.as_ref().filter(|_| is_whole()) {
        return group::of_managers(&board.frame, lines, &query, say);
    }
    view! { <div class="dash-grid">{league(&board, &query, say)} {process::multiples(&board, |code| own_page(code, &query), say)} {effort(&board, &query, say)}</div> }.into_any()
}

/// The run of months, a running one where it is heading.
fn ahead(line: &ManagerLine, elapsed: i64) -> Vec<Option<i64>> {
    let mut trend = line.trend.clone();
    if let Some(last) = trend.last_mut().filter(|_| elapsed < 100_00) {
        *last = Some(line.forecast);
    }
    trend
}

fn own_page(code: &str, query: &BoardQuery) -> String {
    elsewhere(&format!("/dashboards/managers/{code}"), query)
}

fn league(board: &ManagersBoard, query: &BoardQuery, say: Say) -> AnyView {
    let lang = say.lang;
    let heads = [
        (text::manager(lang), false),
        (text::place(lang), true),
        (text::unit(lang), false),
        (text::customers(lang), true),
        (text::mix_of_tiers(lang), false),
        (text::aum(lang), true),
        (text::contribution(lang), true),
        (text::target(lang), true),
        (text::attained(lang), true),
        ("", false),
        (text::forecast(lang), true),
        (text::contacts(lang), true),
        (text::coverage(lang), true),
        (text::overdue(lang), true),
        (text::load(lang), true),
        (text::score(lang), true),
        (text::last_year(lang), false),
        (text::compare(lang), false),
    ];
    // A manager's target stands on the sheet of the own unit.
    let to_sheet = |org: &str| {
        let is_seen = board.frame.units.iter().any(|unit| unit.code == org);
        is_seen.then(|| progress::sheets(query, Some(org))(Indicator::Contribution, None)).flatten()
    };
    let row = |place: Option<usize>, line: &ManagerLine| {
        let held_by = if line.code.is_empty() { "none" } else { line.code.as_str() };
        let list = customers(&board.frame, None, Some(held_by), query.tier.as_deref(), None);
        let counted =
            |counted: Counted| behind(&board.frame, Of { manager: Some(held_by), tier: query.tier.as_deref(), counted, ..Of::default() });
        let name = match line.code.is_empty() {
            true => Cell::text(text::unassigned(lang)).link_to(list.clone()),
            false => Cell::text(&line.name).link(&own_page(&line.code, query)),
        };
        vec![
            name,
            place.map_or_else(Cell::none, |place| Cell::number((place + 1).to_string(), (place + 1).to_string())),
            Cell::text(&line.org_name),
            say.count_cell(line.customers).link_to(list.clone()),
            tier_mix(line, &board.frame, say),
            say.money_cell(line.aum).link_to(list.clone()),
            say.money_cell(line.contribution).link_to((!line.code.is_empty()).then(|| own_page(&line.code, query))),
            say.money_or_none(line.target).link_to(line.target.and_then(|_| to_sheet(&line.org))),
            line.target.map_or_else(Cell::none, |target| say.share_cell(line.actual, target)),
            line.target
                .map_or_else(Cell::default, |target| Cell::inline(Inline::Meter { actual: line.actual, forecast: line.forecast, target })),
            say.money_cell(line.forecast),
            say.count_cell(line.contacts).link(&counted(Counted::Contacted)),
            // Coverage leads to whom it is short of.
            say.share_cell(line.contacted, line.customers).link(&counted(Counted::Quiet)),
            overdue_cell(line, &board.frame, say),
            if line.capacity > 0 { say.share_cell(line.load, line.capacity.into()).link_to(list) } else { Cell::none() },
            points_cell(line.score).link_to(line.score.map(|_| own_page(&line.code, query))),
            Cell::inline(Inline::run(&ahead(line, board.frame.elapsed))),
            if line.code.is_empty() { Cell::default() } else { pick(line, lang) },
        ]
    };
    let sum = |pick: fn(&ManagerLine) -> i64| board.items.iter().chain(&board.unassigned).map(pick).sum::<i64>();
    let everybody = customers(&board.frame, None, None, query.tier.as_deref(), None);
    let targets: Vec<i64> = board.items.iter().filter_map(|line| line.target).collect();
    let mut foot = vec![
        Cell::text(text::whole(lang)),
        Cell::default(),
        Cell::default(),
        say.count_cell(sum(|line| line.customers)).link_to(everybody.clone()),
        Cell::default(),
        say.money_cell(sum(|line| line.aum)).link_to(everybody),
        say.money_cell(sum(|line| line.contribution)).link(&behind(&board.frame, Of { tier: query.tier.as_deref(), ..Of::default() })),
        if targets.is_empty() { Cell::none() } else { say.money_cell(targets.iter().sum()) },
    ];
    foot.resize_with(heads.len(), Cell::default);
    let sheet = Sheet {
        label: text::league_title(lang).into(),
        heads: heads.map(|(head, number)| (head.to_owned(), number)).into(),
        rows: board
            .items
            .iter()
            .enumerate()
            .map(|(place, line)| row(Some(place), line))
            .chain(board.unassigned.as_ref().map(|line| row(None, line)))
            .collect(),
        foot: (!board.capped).then_some(foot),
        ..Sheet::default()
    };
    let off = parts_off(board.target.filter(|_| !board.capped), board.items.iter().map(|line| line.target), say);
    let html = sheet.html();
    let note = if board.capped { text::capped(lang).to_owned() } else { String::new() };
    let files = Files::of("managers", sheet);
    let place = [("month", &query.month), ("org", &query.org), ("tier", &query.tier)]
        .into_iter()
        .filter_map(|(name, value)| value.clone().map(|value| view! { <input type="hidden" name=name value=value /> }))
        .collect_view();
    view! {
        <Panel name="managers.league" title=text::league(lang).to_owned() note drawn=true files wide=true>
            // A plain form: whoever is picked stands in the address of the comparison.
            <form class="dash-league" method="get" action="/dashboards/managers/compare">
                {place}
                {off}
                {table(html, text::league_title(lang).into())}
                <div class="dash-actions">
                    <button type="submit" class="btn">{text::compare_picked(lang, *COMPARED.start(), *COMPARED.end())}</button>
                </div>
            </form>
        </Panel>
    }
    .into_any()
}

/// A manager's overdue tasks, which lead to the customers they are of.
pub fn overdue_cell(line: &ManagerLine, frame: &Frame, say: Say) -> Cell {
    let manager = Some(line.code.as_str()).filter(|code| !code.is_empty());
    let of = |overdue: i64| {
        let of = Of { manager, counted: Counted::Overdue, ..Of::default() };
        (overdue > 0 && manager.is_some()).then(|| behind(frame, of))
    };
    line.overdue.map_or_else(Cell::none, |overdue| say.count_cell(overdue).link_to(of(overdue)))
}

/// A manager's customers by tier, drawn, and in words for whoever does not see it.
fn tier_mix(line: &ManagerLine, frame: &Frame, say: Say) -> Cell {
    let name = |code: &str| match frame.tiers.iter().find(|tier| tier.code == code) {
        Some(tier) => say.pick(&tier.name, &tier.name_en).to_owned(),
        None => text::no_tier(say.lang).to_owned(),
    };
    let said: Vec<String> = line.tiers.iter().map(|tier| format!("{} {}", name(&tier.code), format_count(tier.customers))).collect();
    let said = said.join(if say.lang == Lang::Zh { "，" } else { ", " });
    if said.is_empty() {
        return Cell::none();
    }
    Cell::said(Inline::Mix(line.tiers.iter().map(|tier| (tier.mark, tier.customers)).collect()), said)
}

fn pick(line: &ManagerLine, lang: Lang) -> Cell {
    Cell::drawing(format!(
        r#"<label class="dash-pick"><input type="checkbox" name="m" value="{}" aria-label="{}" autocomplete="off"></label>"#,
        escape(&line.code),
        escape(&text::compare_one(lang, &line.name))
    ))
}

fn effort(board: &ManagersBoard, query: &BoardQuery, say: Say) -> AnyView {
    let lang = say.lang;
    if board.items.len() < 2 {
        return ().into_any();
    }
    let dot = |line: &ManagerLine| Dot {
        label: line.name.clone(),
        across: line.contacts,
        up: line.contribution,
        href: Some(own_page(&line.code, query)),
        hollow: line.target.is_some_and(|target| share(line.forecast, target).is_some_and(|share| share < 100_00)),
    };
    let spec = ScatterSpec {
        dots: board.items.iter().map(dot).collect(),
        across: Measure::Count,
        up: say.measure(&board.frame),
        axes: [text::contacts(lang).into(), text::contribution(lang).into()],
        kinds: [text::on_target(lang).into(), text::below_target(lang).into()],
    };
    let sheet = Sheet {
        label: text::effort_title(lang).into(),
        heads: vec![(text::manager(lang).into(), false), (text::contacts(lang).into(), true), (text::contribution(lang).into(), true)],
        rows: board
            .items
            .iter()
            .map(|line| {
                let page = own_page(&line.code, query);
                let contacted = Of { manager: Some(&line.code), tier: query.tier.as_deref(), counted: Counted::Contacted, ..Of::default() };
                vec![
                    Cell::text(&line.name).link(&page),
                    say.count_cell(line.contacts).link(&behind(&board.frame, contacted)),
                    say.money_cell(line.contribution).link(&page),
                ]
            })
            .collect(),
        ..Sheet::default()
    };
    let (html, csv, drawn) = (sheet.html(), sheet.csv(), spec.clone());
    let files = Callback::new(move |()| Files {
        name: "effort".into(),
        csv: csv.clone(),
        svg: Some(scatter_chart_file(text::effort_title(lang), &drawn, lang)),
    });
    view! {
        <Panel name="managers.effort" title=text::effort(lang).to_owned() drawn=true files wide=true>
            <ScatterChart title=text::effort_title(lang) spec=Signal::stored(spec) data=data(html) />
        </Panel>
    }
    .into_any()
}
