//! Balances of one currency, in that currency, instead of the panels in the base currency.

use guanhu_domain::dashboards::{BoardQuery, Counted, CurrencyFigures, CurrencyLine, CurrencyPoint, Frame};
use guanhu_ui::{Figure, Figures, LineChart, LineSpec, Measure, Series, chart::line_chart_file, format_count};
use leptos::prelude::*;

use super::{
    behind::{Of, behind},
    frame::Say,
    page::{Files, Panel, elsewhere, table},
    product::product_page,
    sheet::{Cell, Sheet},
    text,
};

/// A unit's balances at one glance.
pub fn show(figures: &CurrencyFigures, frame: &Frame, query: &BoardQuery, say: Say) -> AnyView {
    let own = Own { figures, frame, product: None };
    let say = Say { decimals: figures.decimals, ..say };
    view! {
        {head(&own, say)}
        <div class="dash-grid">
            {trend(figures, say)}
            {units(&own, "/dashboards", query, say)}
            {products(&own, query, say)}
        </div>
    }
    .into_any()
}

/// The same by product.
pub fn of_products(figures: &CurrencyFigures, frame: &Frame, query: &BoardQuery, say: Say) -> AnyView {
    let own = Own { figures, frame, product: None };
    let say = Say { decimals: figures.decimals, ..say };
    view! {
        {head(&own, say)}
        <div class="dash-grid">{products(&own, query, say)}</div>
    }
    .into_any()
}

/// What there is of one product.
pub fn of_product(figures: &CurrencyFigures, frame: &Frame, product: &str, query: &BoardQuery, say: Say) -> AnyView {
    let own = Own { figures, frame, product: Some(product) };
    let say = Say { decimals: figures.decimals, ..say };
    view! {
        {head(&own, say)}
        <div class="dash-grid">{trend(figures, say)} {units(&own, &format!("/dashboards/products/{product}"), query, say)}</div>
    }
    .into_any()
}

/// Whose balances they are, of which product.
struct Own<'a> {
    figures: &'a CurrencyFigures,
    frame: &'a Frame,
    product: Option<&'a str>,
}

impl Own<'_> {
    /// The customers with these accounts.
    fn behind(&self, org: Option<&str>, product: Option<&str>, counted: Counted) -> Option<String> {
        let product = product.or(self.product);
        Some(behind(self.frame, Of { org, product, currency: Some(&self.figures.currency), counted, ..Of::default() }))
    }
}

fn head(own: &Own<'_>, say: Say) -> AnyView {
    let lang = say.lang;
    let whole = &own.figures.whole;
    let one = |label: &'static str, shown: String| {
        let href = own.behind(None, None, Counted::All).unwrap_or_default();
        view! { <Figure label href>{shown}</Figure> }.into_any()
    };
    // A product is one of these.
    let all = [
        (text::deposits(lang), whole.deposits),
        (text::deposits_average(lang), whole.deposits_average),
        (text::wealth(lang), whole.wealth),
        (text::loans(lang), whole.loans),
    ]
    .into_iter()
    .filter(|(_, figure)| own.product.is_none() || *figure != 0)
    .map(|(label, figure)| one(label, say.money(figure)))
    .chain(std::iter::once(one(text::accounts(lang), format_count(whole.accounts))))
    .collect::<Vec<_>>();
    view! {
        <p class="notice" role="status">{text::currency_note(lang, &own.figures.currency)}</p>
        <Figures>{all}</Figures>
    }
    .into_any()
}

fn units(own: &Own<'_>, page: &str, query: &BoardQuery, say: Say) -> AnyView {
    let unit = |line: &CurrencyLine| {
        let query = BoardQuery { org: Some(line.code.clone()), lenient: false, ..query.clone() };
        (!line.code.is_empty()).then(|| elsewhere(page, &query))
    };
    let who = |line: &CurrencyLine| match line.code.as_str() {
        "" => own.behind(None, None, Counted::Direct),
        code => own.behind(Some(code), None, Counted::All),
    };
    lines("currency.units", text::ranking(say.lang), text::unit(say.lang), &own.figures.units, &unit, &who, say)
}

fn products(own: &Own<'_>, query: &BoardQuery, say: Say) -> AnyView {
    let product = |line: &CurrencyLine| Some(product_page(&line.code, query));
    let who = |line: &CurrencyLine| own.behind(None, Some(&line.code), Counted::All);
    lines("currency.products", text::by_product(say.lang), text::product(say.lang), &own.figures.products, &product, &who, say)
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
    page: &dyn Fn(&CurrencyLine) -> Option<String>,
    who: &dyn Fn(&CurrencyLine) -> Option<String>,
    say: Say,
) -> AnyView {
    let lang = say.lang;
    if of.is_empty() {
        return ().into_any();
    }
    let heads = [first, text::accounts(lang), text::deposits(lang), text::deposits_average(lang), text::wealth(lang), text::loans(lang)];
    let row = |line: &CurrencyLine| {
        let name = if line.code.is_empty() { text::own_line(lang) } else { say.pick(&line.name, &line.name_en) };
        // Nothing is made of nobody.
        let money = |figure: i64| say.money_cell(figure).link_to((figure != 0).then(|| who(line)).flatten());
        vec![
            Cell::text(name).link_to(page(line)),
            say.count_cell(line.accounts).link_to(who(line)),
            money(line.deposits),
            money(line.deposits_average),
            money(line.wealth),
            money(line.loans),
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
