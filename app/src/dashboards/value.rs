//! How value is spread over customers.

use guanhu_domain::dashboards::{BoardQuery, Counted, ValueBoard};
use guanhu_ui::{
    BarChart, BarRow, BarSpec, LineChart, LineSpec, Measure, Series,
    chart::{bar_chart_file, line_chart_file},
    use_lang,
};
use leptos::prelude::*;

use super::{
    api,
    bank::tiers_panel,
    behind::{Of, behind},
    frame::Say,
    page::{Files, Panel, page, question, table},
    sheet::{Cell, Sheet},
    text,
};
use crate::{Asked, scripts::LazyPage};

/// `/dashboards/value`.
pub struct ValueRoute(Asked<ValueBoard>);

impl LazyPage for ValueRoute {
    fn data() -> Self {
        ValueRoute(Asked::of(question(), api::read_value))
    }

    fn view(this: Self) -> AnyView {
        page(this.0, |board| &board.frame, |board, _| board.frame.org.name.clone(), show)
    }
}

pub fn show(board: ValueBoard, _query: BoardQuery) -> AnyView {
    let lang = use_lang().get_untracked();
    let say = Say::of(lang, &board.frame);
    let whole: i64 = board.deciles.iter().map(|decile| decile.contribution).sum();
    let customers: i64 = board.deciles.iter().map(|decile| decile.customers).sum();
    let (mut moments, mut at, mut value, mut equal) = (vec!["0%".to_owned()], vec![0], vec![Some(0)], vec![Some(0)]);
    let (mut sum, mut count) = (0_i64, 0_i64);
    for decile in &board.deciles {
        sum += decile.contribution;
        count += decile.customers;
        let so_far = guanhu_domain::dashboards::share(count, customers).unwrap_or(0);
        moments.push(say.per_cent(so_far));
        at.push(so_far);
        value.push((whole != 0).then(|| (i128::from(sum) * 10_000 / i128::from(whole)) as i64));
        equal.push(Some(so_far));
    }
    let lorenz = LineSpec {
        moments,
        // Tenths of the bank are no tenths of a unit: each ends where its customers do.
        at,
        series: vec![
            Series { name: text::contribution(lang).into(), values: value },
            Series { name: text::equal(lang).into(), values: equal },
        ],
        measure: Measure::BasisPoints,
        from_zero: true,
    };
    let who = |decile: &guanhu_domain::dashboards::Decile| {
        behind(&board.frame, Of { counted: Counted::Decile, value: Some(&decile.decile.to_string()), ..Of::default() })
    };
    let row = |decile: &guanhu_domain::dashboards::Decile| BarRow {
        label: text::decile(lang, decile.decile),
        values: vec![decile.income, decile.cost],
        href: Some(who(decile)),
    };
    let bars = BarSpec {
        rows: board.deciles.iter().map(row).collect(),
        names: vec![text::income(lang).into(), text::cost(lang).into()],
        measure: say.measure(&board.frame),
    };
    let sheet = Sheet {
        label: text::deciles_title(lang).into(),
        heads: [
            text::deciles(lang),
            text::customers(lang),
            text::aum(lang),
            text::income(lang),
            text::cost(lang),
            text::contribution(lang),
            text::average(lang),
        ]
        .into_iter()
        .enumerate()
        .map(|(at, head)| (head.to_owned(), at > 0))
        .collect(),
        rows: board
            .deciles
            .iter()
            .map(|decile| {
                vec![
                    Cell::text(&text::decile(lang, decile.decile)).link(&who(decile)),
                    say.count_cell(decile.customers).link(&who(decile)),
                    say.money_cell(decile.aum),
                    say.money_cell(decile.income),
                    say.money_cell(decile.cost),
                    say.money_cell(decile.contribution).link(&who(decile)),
                    say.money_cell(decile.contribution / decile.customers.max(1)),
                ]
            })
            .collect(),
        ..Sheet::default()
    };
    let (html, csv) = (sheet.html(), StoredValue::new(sheet.csv()));
    let (curve, drawn) = (lorenz.clone(), bars.clone());
    let of_lorenz = Callback::new(move |()| Files {
        name: "lorenz".into(),
        csv: csv.get_value(),
        svg: Some(line_chart_file(text::lorenz_title(lang), &curve, lang)),
    });
    let of_deciles = Callback::new(move |()| Files {
        name: "deciles".into(),
        csv: csv.get_value(),
        svg: Some(bar_chart_file(text::deciles_title(lang), &drawn, lang)),
    });
    let tiers = tiers_panel("value.tiers", &board.frame, &board.tiers, None, say, text::by_tier_value(lang));
    view! {
        <div class="dash-columns">
            <div class="dash-column">
            <Panel name="value.lorenz" title=text::lorenz(lang).to_owned() drawn=true files=of_lorenz>
                <LineChart title=text::lorenz_title(lang) spec=Signal::stored(lorenz) />
            </Panel>
            {tiers}
            </div>
            <div class="dash-column">
            <Panel name="value.deciles" title=text::deciles(lang).to_owned() note=text::of_bank(lang).to_owned() drawn=true files=of_deciles>
                <BarChart title=text::deciles_title(lang) spec=Signal::stored(bars) />
                {table(html, text::deciles_title(lang).into())}
            </Panel>
            </div>
        </div>
    }
    .into_any()
}
