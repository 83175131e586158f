//! One manager's page: place, trend, portfolio.

use guanhu_domain::dashboards::{BoardQuery, Indicator, ManagerBoard, share};
use guanhu_ui::{Figure, Figures, LineChart, chart::line_chart_file, format_count, use_lang};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    api,
    bank::{customers, lead, tiers_panel},
    behind::{Of, behind},
    frame::Say,
    page::{Files, Panel, elsewhere, page, question, table},
    process,
    product::product_page,
    progress,
    sheet::{Cell, Sheet},
    text,
};
use crate::{Asked, scripts::LazyPage};

/// `/dashboards/managers/:code`.
pub struct ManagerRoute(Asked<ManagerBoard>);

impl LazyPage for ManagerRoute {
    fn data() -> Self {
        let (params, query) = (use_params_map(), question());
        let asked = Memo::new(move |_| (params.with(|params| params.get("code").unwrap_or_default()), query.get()));
        ManagerRoute(Asked::of(asked, |(code, query)| api::read_manager(code, query)))
    }

    fn view(this: Self) -> AnyView {
        page(this.0, |board| &board.frame, |board, _| format!("{} · {}", board.line.name, board.line.org_name), show)
    }
}

/// A figure that leads to its customers, where there is a list of them.
pub fn figure(label: &'static str, shown: String, note: Option<String>, href: Option<String>) -> AnyView {
    let note = move || note.clone();
    match href {
        Some(href) => view! { <Figure label note href>{shown}</Figure> }.into_any(),
        None => view! { <Figure label note>{shown}</Figure> }.into_any(),
    }
}

pub fn show(board: ManagerBoard, query: BoardQuery) -> AnyView {
    let lang = use_lang().get_untracked();
    let say = Say::of(lang, &board.frame);
    let line = board.line.clone();
    let list = customers(&board.frame, None, Some(&line.code), query.tier.as_deref(), None);
    let reached = line.target.and_then(|target| share(line.actual, target)).map(|share| text::of_target(lang, &say.per_cent(share)));
    let place = text::place_of(lang, board.place, board.of);
    let covered = share(line.contacted, line.customers).map(|share| say.per_cent(share)).unwrap_or_default();
    let loaded = share(line.load, line.capacity.into()).map(|share| format!("{} {}", text::load(lang), say.per_cent(share)));
    let (contribution, forecast, aum) = (say.money(line.contribution), say.money(line.forecast), say.money(line.aum));
    let (customers_shown, contacts) = (format_count(line.customers), format_count(line.contacts));
    let tier = query.tier.as_deref();
    let to = |indicator: Indicator| lead(indicator, &board.frame, Some(&line.code), tier);
    let all = vec![
        figure(text::aum(lang), aum, None, list.clone()),
        figure(text::customers(lang), customers_shown, loaded, list.clone()),
        figure(text::contacts(lang), contacts, Some(format!("{} {covered}", text::coverage(lang))), to(Indicator::Contacts)),
    ];
    let brought = figure(text::contribution(lang), contribution, Some(place), to(Indicator::Contribution));
    let ahead = figure(text::forecast(lang), forecast, reached, to(Indicator::Contribution));
    let figures = view! {
        <Figures>
            {brought}
            {ahead}
            {all}
        </Figures>
    };
    let spec = say.flows(&board.frame, &board.trend);
    let trend = Sheet {
        label: text::trend(lang).into(),
        heads: vec![
            (text::month(lang).into(), false),
            (text::contribution(lang).into(), true),
            (text::target(lang).into(), true),
            (text::aum(lang).into(), true),
            (text::customers(lang).into(), true),
        ],
        rows: board
            .trend
            .iter()
            .map(|p| {
                let month = Cell::text(&guanhu_ui::month_code(p.month));
                vec![month, say.money_cell(p.contribution), say.money_or_none(p.target), say.money_cell(p.aum), say.count_cell(p.customers)]
            })
            .collect(),
        ..Sheet::default()
    };
    let products = Sheet {
        label: text::own_products_title(lang).into(),
        heads: vec![
            (text::product(lang).into(), false),
            (text::holders(lang).into(), true),
            (text::balance(lang).into(), true),
            (text::contribution(lang).into(), true),
        ],
        rows: board
            .products
            .iter()
            .map(|product| {
                let name = Cell::text(say.pick(&product.name, &product.name_en)).link(&product_page(&product.code, &query));
                let list = customers(&board.frame, None, Some(&line.code), tier, Some(&product.code));
                let brought = behind(&board.frame, Of { manager: Some(&line.code), tier, product: Some(&product.code), ..Of::default() });
                vec![
                    name,
                    say.count_cell(product.holders).link_to(list.clone()),
                    say.money_cell(product.end_balance).link_to(list),
                    say.money_cell(product.contribution).link(&brought),
                ]
            })
            .collect(),
        foot: Some(vec![
            Cell::text(text::whole(lang)),
            Cell::default(),
            Cell::default(),
            say.money_cell(board.products.iter().map(|product| product.contribution).sum()).link_to(to(Indicator::Contribution)),
        ]),
        ..Sheet::default()
    };
    let (trend_csv, drawn) = (trend.csv(), spec.clone());
    let of_trend = Callback::new(move |()| Files {
        name: "manager-trend".into(),
        csv: trend_csv.clone(),
        svg: Some(line_chart_file(text::trend_contribution(lang), &drawn, lang)),
    });
    let (html, csv) = (products.html(), products.csv());
    let of_products = Callback::new(move |()| Files { name: "manager-products".into(), csv: csv.clone(), svg: None });
    // A manager's targets stand on the sheet of the own unit.
    let own_unit = board.frame.units.iter().any(|unit| unit.code == line.org).then(|| progress::sheets(&query, Some(&line.org)));
    let to_sheet = |indicator: Indicator, product: Option<&str>| own_unit.as_ref().and_then(|own_unit| own_unit(indicator, product));
    let certificate = elsewhere(&format!("/dashboards/managers/{}/certificate", line.code), &BoardQuery { tier: None, ..query.clone() });
    view! {
        {figures}
        <a class="dash-lead" href=certificate>{text::certificate(lang)}</a>
        <div class="dash-grid">
            <Panel name="mine.trend" title=text::trend(lang).to_owned() drawn=true files=of_trend wide=true>
                <LineChart title=text::trend_contribution(lang) spec=Signal::stored(spec) brush=true />
            </Panel>
            {progress::panel("mine.progress", &board.frame, &board.totals, &board.targets, say, to, to_sheet)}
            {progress::by_product("mine.product-targets", &board.product_targets, &board.frame, &query, &to_sheet, say)}
            {process::panel(board.process.as_ref(), &line.code, &query, board.frame.is_running(), say)}
            {tiers_panel("mine.tiers", &board.frame, &board.tiers, Some(&line.code), say, text::portfolio_title(lang))}
            <Panel name="mine.products" title=text::own_products(lang).to_owned() files=of_products>{table(html, text::own_products_title(lang).into())}</Panel>
        </div>
    }
    .into_any()
}
