//! Balances of one currency, in that currency, instead of the panels in the base currency.

use guanhu_domain::dashboards::{BoardQuery, CurrencyFigures, CurrencyLine, CurrencyPoint};
use guanhu_ui::{Figure, Figures, LineChart, LineSpec, Measure, Series, chart::line_chart_file, format_count};
use leptos::prelude::*;

use super::{
    frame::Say,
    page::{Files, Panel, elsewhere, table},
    product::product_page,
    sheet::{Cell, Sheet},
    text,
};

/// A unit's balances at one glance.
pub fn show(figures: &CurrencyFigures, query: &BoardQuery, say: Say) -> AnyView {
    let say = Say { decimals: figures.decimals, ..say };
    let lang = say.lang;
    let whole = &figures.whole;
    let unit = |line: &CurrencyLine| {
        let query = BoardQuery { org: Some(line.code.clone()), lenient: false, ..query.clone() };
        (!line.code.is_empty()).then(|| elsewhere("/dashboards", &query))
    };
    let product = |line: &CurrencyLine| Some(product_page(&line.code, query));
    let one = |label: &'static str, shown: String| view! { <Figure label>{shown}</Figure> }.into_any();
    let all = vec![
        one(text::deposits(lang), say.money(whole.deposits)),
        one(text::deposits_average(lang), say.money(whole.deposits_average)),
        one(text::wealth(lang), say.money(whole.wealth)),
        one(text::loans(lang), say.money(whole.loans)),
        one(text::accounts(lang), format_count(whole.accounts)),
    ];
    view! {
        <p class="notice" role="status">{text::currency_note(lang, &figures.currency)}</p>
        <Figures>{all}</Figures>
        <div class="dash-grid">
            {trend(figures, say)}
            {lines("currency.units", text::ranking(lang), text::unit(lang), &figures.units, &unit, say)}
            {lines("currency.products", text::by_product(lang), text::product(lang), &figures.products, &product, say)}
        </div>
    }
    .into_any()
}

fn trend(figures: &CurrencyFigures, say: Say) -> AnyView {
    let lang = say.lang;
    let line = |name: &str, pick: fn(&CurrencyPoint) -> i64| Series::new(name, figures.trend.iter().map(pick));
    let spec = LineSpec {
        moments: figures.trend.iter().map(|point| guanhu_ui::month_code(point.month)).collect(),
        at: Vec::new(),
        series: vec![
            line(text::deposits(lang), |p| p.deposits),
            line(text::wealth(lang), |p| p.wealth),
            line(text::loans(lang), |p| p.loans),
        ],
        measure: Measure::Money { currency: "", decimals: figures.decimals },
        from_zero: true,
    };
    let heads = [text::month(lang), text::deposits(lang), text::wealth(lang), text::loans(lang)];
    let sheet = Sheet {
        label: text::trend(lang).into(),
        heads: heads.into_iter().enumerate().map(|(at, head)| (head.to_owned(), at > 0)).collect(),
        rows: figures
            .trend
            .iter()
            .map(|point| {
                let month = Cell::text(&guanhu_ui::month_code(point.month));
                vec![month, say.money_cell(point.deposits), say.money_cell(point.wealth), say.money_cell(point.loans)]
            })
            .collect(),
        ..Sheet::default()
    };
    let (csv, drawn) = (sheet.csv(), spec.clone());
    let files = Callback::new(move |()| Files {
        name: "currency-trend".into(),
        csv: csv.clone(),
        svg: Some(line_chart_file(text::trend_stocks(lang), &drawn, lang)),
    });
    view! {
        <Panel name="currency.trend" title=text::trend(lang).to_owned() drawn=true files wide=true>
            <LineChart title=text::trend_stocks(lang) spec=Signal::stored(spec) brush=true />
        </Panel>
    }
    .into_any()
}

fn lines(
    name: &'static str,
    title: &'static str,
    first: &'static str,
    of: &[CurrencyLine],
    href: &dyn Fn(&CurrencyLine) -> Option<String>,
    say: Say,
) -> AnyView {
    let lang = say.lang;
    if of.is_empty() {
        return ().into_any();
    }
    let heads = [first, text::accounts(lang), text::deposits(lang), text::deposits_average(lang), text::wealth(lang), text::loans(lang)];
    let row = |line: &CurrencyLine| {
        let name = if line.code.is_empty() { text::own_line(lang) } else { say.pick(&line.name, &line.name_en) };
        vec![
            Cell::text(name).link_to(href(line)),
            say.count_cell(line.accounts),
            say.money_cell(line.deposits),
            say.money_cell(line.deposits_average),
            say.money_cell(line.wealth),
            say.money_cell(line.loans),
        ]
    };
    let sum = |pick: fn(&CurrencyLine) -> i64| of.iter().map(pick).sum::<i64>();
    let sheet = Sheet {
        label: title.into(),
        heads: heads.into_iter().enumerate().map(|(at, head)| (head.to_owned(), at > 0)).collect(),
        rows: of.iter().map(row).collect(),
        foot: Some(vec![
            Cell::text(text::whole(lang)),
            say.count_cell(sum(|line| line.accounts)),
            say.money_cell(sum(|line| line.deposits)),
            say.money_cell(sum(|line| line.deposits_average)),
            say.money_cell(sum(|line| line.wealth)),
            say.money_cell(sum(|line| line.loans)),
        ]),
        ..Sheet::default()
    };
    let (html, csv, file) = (sheet.html(), sheet.csv(), name.replace('.', "-"));
    let files = Callback::new(move |()| Files { name: file.clone(), csv: csv.clone(), svg: None });
    view! { <Panel name title=title.to_owned() files wide=true>{table(html, title.into())}</Panel> }.into_any()
}
