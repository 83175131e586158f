//! Two to five managers side by side.

use chrono::Months;
use guanhu_domain::{
    dashboards::{BoardQuery, CompareBoard, Counted, Indicator, Portrait},
    process::Stage,
};
use guanhu_ui::{LineChart, LineSpec, Series, chart::line_chart_file, use_lang};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{
    api,
    bank::{customers, lead},
    behind::{Of, behind},
    frame::Say,
    managers::overdue_cell,
    page::{Files, Panel, elsewhere, page, question, table},
    process::{points_cell, stage_name},
    sheet::{Cell, Sheet},
    text,
};
use crate::{Asked, scripts::LazyPage};

/// `/dashboards/managers/compare?m=…&m=…`.
pub struct CompareRoute(Asked<CompareBoard>);

impl LazyPage for CompareRoute {
    fn data() -> Self {
        let (params, query) = (use_query_map(), question());
        let asked = Memo::new(move |_| (params.with(|params| params.get_all("m").unwrap_or_default()), query.get()));
        CompareRoute(Asked::of(asked, |(codes, query)| api::read_compare(codes, query)))
    }

    fn view(this: Self) -> AnyView {
        page(this.0, |board| &board.frame, |_, lang| text::compare(lang).to_owned(), show)
    }
}

fn show(board: CompareBoard, query: BoardQuery) -> AnyView {
    let say = Say::of(use_lang().get_untracked(), &board.frame);
    view! { <div class="dash-grid">{courses(&board, say)} {figures(&board, &query, say)} {mix(&board, &query, say)}</div> }.into_any()
}

fn courses(board: &CompareBoard, say: Say) -> AnyView {
    let lang = say.lang;
    let months = board.managers.first().map_or(0, |manager| manager.line.trend.len());
    let moments = (0..months)
        .rev()
        .filter_map(|back| board.frame.month.month.checked_sub_months(Months::new(back as u32)))
        .map(guanhu_ui::month_code)
        .collect();
    let series =
        board.managers.iter().map(|manager| Series { name: manager.line.name.clone(), values: manager.line.trend.clone() }).collect();
    let spec = LineSpec { moments, at: Vec::new(), series, measure: say.measure(&board.frame), from_zero: true };
    let mut heads = vec![(text::month(lang).to_owned(), false)];
    heads.extend(board.managers.iter().map(|manager| (manager.line.name.clone(), true)));
    let rows = spec.moments.iter().enumerate().map(|(at, moment)| {
        let figure = |manager: &Portrait| say.money_or_none(manager.line.trend.get(at).copied().flatten());
        std::iter::once(Cell::text(moment)).chain(board.managers.iter().map(figure)).collect()
    });
    let csv = Sheet { label: text::compare(lang).into(), heads, rows: rows.collect(), ..Sheet::default() }.csv();
    let drawn = spec.clone();
    let files = Callback::new(move |()| Files {
        name: "compare-trend".into(),
        csv: csv.clone(),
        svg: Some(line_chart_file(text::compare_title(lang), &drawn, lang)),
    });
    view! {
        <Panel name="compare.trend" title=text::contribution(lang).to_owned() drawn=true files wide=true>
            <LineChart title=text::compare_title(lang) spec=Signal::stored(spec) brush=true />
        </Panel>
    }
    .into_any()
}

/// One line a figure, one column a manager.
fn figures(board: &CompareBoard, query: &BoardQuery, say: Say) -> AnyView {
    let lang = say.lang;
    let line = |name: &str, cell: &dyn Fn(&Portrait) -> Cell| -> Vec<Cell> {
        std::iter::once(Cell::text(name)).chain(board.managers.iter().map(cell)).collect()
    };
    let tier = query.tier.as_deref();
    let to = |manager: &Portrait, indicator: Indicator| lead(indicator, &board.frame, Some(&manager.line.code), tier);
    let own_page = |manager: &Portrait| elsewhere(&format!("/dashboards/managers/{}", manager.line.code), query);
    let quiet =
        |manager: &Portrait| behind(&board.frame, Of { manager: Some(&manager.line.code), tier, counted: Counted::Quiet, ..Of::default() });
    let mut rows = vec![
        line(text::unit(lang), &|m| Cell::text(&m.line.org_name)),
        line(text::contribution(lang), &|m| say.money_cell(m.line.contribution).link_to(to(m, Indicator::Contribution))),
        line(text::target(lang), &|m| say.money_or_none(m.line.target)),
        line(text::attained(lang), &|m| m.line.target.map_or_else(Cell::none, |target| say.share_cell(m.line.actual, target))),
        line(text::forecast(lang), &|m| say.money_cell(m.line.forecast)),
        line(text::customers(lang), &|m| say.count_cell(m.line.customers).link_to(to(m, Indicator::Customers))),
        line(text::aum(lang), &|m| say.money_cell(m.line.aum).link_to(to(m, Indicator::Aum))),
        line(text::deposits(lang), &|m| say.money_cell(m.line.deposits).link_to(to(m, Indicator::Deposits))),
        line(text::loans(lang), &|m| say.money_cell(m.line.loans).link_to(to(m, Indicator::Loans))),
        line(text::average(lang), &|m| {
            if m.line.customers > 0 { say.money_cell(m.line.contribution / m.line.customers) } else { Cell::none() }
        }),
        line(text::contacts(lang), &|m| say.count_cell(m.line.contacts).link_to(to(m, Indicator::Contacts))),
        line(text::coverage(lang), &|m| say.share_cell(m.line.contacted, m.line.customers).link(&quiet(m))),
        line(text::overdue(lang), &|m| overdue_cell(&m.line, &board.frame, say)),
        line(text::load(lang), &|m| match m.line.capacity > 0 {
            true => say.share_cell(m.line.load, m.line.capacity.into()).link_to(to(m, Indicator::Customers)),
            false => Cell::none(),
        }),
    ];
    for (at, stage) in Stage::ALL.into_iter().enumerate() {
        rows.push(line(&format!("{} · {}", text::process(lang), stage_name(stage, lang)), &|m| {
            let points = m.line.stages.get(at).copied().flatten();
            points_cell(points).link_to(points.map(|_| own_page(m)))
        }));
    }
    rows.push(line(text::score(lang), &|m| points_cell(m.line.score).link_to(m.line.score.map(|_| own_page(m)))));
    let mut heads = vec![(String::new(), false)];
    heads.extend(board.managers.iter().map(|manager| (manager.line.name.clone(), true)));
    let sheet = Sheet { label: text::compare_figures(lang).into(), heads, rows, ..Sheet::default() };
    let (html, csv) = (sheet.html(), sheet.csv());
    let files = Callback::new(move |()| Files { name: "compare".into(), csv: csv.clone(), svg: None });
    let pages = board
        .managers
        .iter()
        .map(|manager| view! { <a class="dash-lead" href=own_page(manager)>{manager.line.name.clone()}</a> })
        .collect_view();
    view! {
        <Panel name="compare.figures" title=text::compare_figures(lang).to_owned() files>
            {table(html, text::compare_figures(lang).into())}
            <p class="dash-note">{pages}</p>
        </Panel>
    }
    .into_any()
}

/// Of what the portfolios are made: share of customers by tier, and of contribution by product.
fn mix(board: &CompareBoard, query: &BoardQuery, say: Say) -> AnyView {
    let lang = say.lang;
    let tier = query.tier.as_deref();
    let mut rows = Vec::new();
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for tier in board.managers.iter().flat_map(|manager| &manager.tiers) {
        let name = if tier.code.is_empty() { text::no_tier(lang) } else { say.pick(&tier.name, &tier.name_en) };
        if !seen.iter().any(|(code, _)| *code == tier.code) {
            seen.push((&tier.code, name));
        }
    }
    for (code, name) in seen {
        let mut row = vec![Cell::text(name)];
        row.extend(board.managers.iter().map(|manager| {
            let own = manager.tiers.iter().find(|tier| tier.code == code).map_or(0, |tier| tier.customers);
            let led = Some(manager.line.code.as_str());
            let list = match code {
                "" => Some(behind(&board.frame, Of { manager: led, counted: Counted::NoTier, ..Of::default() })),
                code => customers(&board.frame, None, led, Some(code), None),
            };
            say.share_cell(own, manager.line.customers).link_to(list)
        }));
        rows.push(row);
    }
    let mut products: Vec<(&str, &str)> = Vec::new();
    for product in board.managers.iter().flat_map(|manager| &manager.products) {
        if !products.iter().any(|(code, _)| *code == product.code) {
            products.push((&product.code, say.pick(&product.name, &product.name_en)));
        }
    }
    for (code, name) in products {
        let mut row = vec![Cell::text(name)];
        row.extend(board.managers.iter().map(|manager| {
            let own = manager.products.iter().find(|product| product.code == code);
            let list = customers(&board.frame, None, Some(&manager.line.code), tier, Some(code));
            own.map_or_else(Cell::none, |product| say.share_cell(product.holders, manager.line.customers).link_to(list))
        }));
        rows.push(row);
    }
    let mut heads = vec![(String::new(), false)];
    heads.extend(board.managers.iter().map(|manager| (manager.line.name.clone(), true)));
    let sheet = Sheet { label: text::mix_title(lang).into(), heads, rows, ..Sheet::default() };
    let (html, csv) = (sheet.html(), sheet.csv());
    let files = Callback::new(move |()| Files { name: "compare-mix".into(), csv: csv.clone(), svg: None });
    view! {
        <Panel name="compare.mix" title=text::mix(lang).to_owned() note=text::mix_title(lang).to_owned() files>
            {table(html, text::mix_title(lang).into())}
        </Panel>
    }
    .into_any()
}
