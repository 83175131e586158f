//! Who holds what, of those who could.

use guanhu_domain::dashboards::{BoardQuery, Cell as Field, CohortPoint, Counted, Frame, HeatRow, ProductLine, ProductsBoard, share};
use guanhu_ui::{
    LineChart, LineSpec, Measure, Series,
    chart::{Inline, line_chart_file},
    format_count, use_lang,
};
use leptos::prelude::*;

use super::{
    api,
    bank::customers,
    behind::{Of, behind},
    currency,
    frame::Say,
    group,
    page::{Files, Panel, address, elsewhere, is_whole, page, question, table},
    product::{band_name, product_page},
    progress,
    sheet::{Cell, Sheet, escape, wash},
    text,
};
use crate::{Asked, scripts::LazyPage};

/// `/dashboards/products`.
pub struct ProductsRoute(Asked<ProductsBoard>);

impl LazyPage for ProductsRoute {
    fn data() -> Self {
        ProductsRoute(Asked::of(question(), api::read_products))
    }

    fn view(this: Self) -> AnyView {
        page(this.0, |board| &board.frame, |board, _| board.frame.org.name.clone(), show)
    }
}

pub fn show(board: ProductsBoard, query: BoardQuery) -> AnyView {
    let lang = use_lang().get_untracked();
    let say = Say::of(lang, &board.frame);
    let frame = &board.frame;
    if let Some(figures) = board.group.as_ref().filter(|_| is_whole()) {
        return group::of_products(frame, figures, &query, say);
    }
    if let Some(figures) = board.in_currency.as_ref().filter(|_| is_whole()) {
        return currency::of_products(figures, frame, &query, say);
    }
    let unit = |row: &HeatRow| Some(elsewhere("/dashboards/products", &BoardQuery { org: Some(row.code.clone()), ..query.clone() }));
    let tier = |row: &HeatRow| customers(frame, None, None, Some(&row.code), None);
    let in_unit =
        |row: &HeatRow, product: &ProductLine| customers(frame, Some(&row.code), None, query.tier.as_deref(), Some(&product.code));
    let in_tier = |row: &HeatRow, product: &ProductLine| customers(frame, None, None, Some(&row.code), Some(&product.code));
    let rows: Vec<HeatRow> = board
        .products
        .iter()
        .map(|product| HeatRow { code: product.code.clone(), name: product.name.clone(), name_en: product.name_en.clone() })
        .collect();
    let ages: Vec<HeatRow> = board.ages.iter().map(|band| HeatRow { name: band_name(&band.code, lang).into(), ..band.clone() }).collect();
    let of_age = |row: &HeatRow, product: Option<&str>| {
        Some(behind(frame, Of { product, counted: Counted::Age, value: Some(&row.code), ..Of::default() }))
    };
    let age = |row: &HeatRow| of_age(row, None);
    let in_age = |row: &HeatRow, product: &ProductLine| of_age(row, Some(&product.code));
    let holders = |row: &HeatRow| customers(frame, None, None, query.tier.as_deref(), Some(&row.code));
    let both = |row: &HeatRow, column: &ProductLine| {
        customers(frame, None, None, query.tier.as_deref(), Some(&format!("{},{}", row.code, column.code)))
    };
    view! {
        <div class="dash-grid">
            {adoption(&board, &query, say)}
            {progress::by_product("products.targets", &board.targets, frame, &query, &progress::sheets(&query, None), say)}
            {heat(say, text::by_tier(lang), text::by_tier_title(lang), "products.by-tier", &board, (&board.tiers, &board.tier_cells), &tier, &in_tier)}
            {heat(say, text::by_age(lang), text::by_age_title(lang), "products.by-age", &board, (&ages, &board.age_cells), &age, &in_age)}
            {heat(say, text::by_unit(lang), text::by_unit_title(lang), "products.by-unit", &board, (&board.units, &board.unit_cells), &unit, &in_unit)}
            {heat(say, text::cross(lang), text::cross_title(lang), "products.cross", &board, (&rows, &board.pairs), &holders, &both)}
            {lift(&board, &query, say)}
            {cohorts(&board, say)}
        </div>
    }
    .into_any()
}

/// Those who could hold it and do not.
pub fn lacking(frame: &Frame, tier: Option<&str>, code: &str, kind: Option<&str>) -> Option<String> {
    let not = format!("!{code}");
    customers(frame, None, None, tier, Some(&not)).map(|list| address(&list, &[("kind", kind)]))
}

fn adoption(board: &ProductsBoard, query: &BoardQuery, say: Say) -> AnyView {
    let lang = say.lang;
    let moved = |counted: Counted, product: &ProductLine| {
        behind(&board.frame, Of { tier: query.tier.as_deref(), product: Some(&product.code), counted, ..Of::default() })
    };
    let sheet = Sheet {
        label: text::adoption_title(lang).into(),
        heads: [
            (text::product(lang), false),
            (text::adoption_rate(lang), true),
            (text::holders(lang), true),
            (text::gained(lang), true),
            (text::lapsed(lang), true),
            (text::gap(lang), true),
            (text::balance(lang), true),
            (text::contribution(lang), true),
            (text::last_year(lang), false),
        ]
        .map(|(head, number)| (head.to_owned(), number))
        .into(),
        rows: board
            .products
            .iter()
            .map(|product| {
                let list = customers(&board.frame, None, None, query.tier.as_deref(), Some(&product.code));
                let gap = lacking(&board.frame, query.tier.as_deref(), &product.code, product.customer_kind.as_deref());
                let count = |figure: Option<i64>| figure.map_or_else(Cell::none, |figure| say.count_cell(figure));
                vec![
                    Cell::text(say.pick(&product.name, &product.name_en)).link(&product_page(&product.code, query)),
                    say.share_cell(product.holders, product.eligible).link_to(list.clone()),
                    say.count_cell(product.holders).link_to(list.clone()),
                    count(product.gained).link_to(product.gained.map(|_| moved(Counted::Gained, product))),
                    count(product.lapsed).link_to(product.lapsed.map(|_| moved(Counted::Lapsed, product))),
                    say.count_cell(product.eligible - product.holders).link_to(gap),
                    say.money_cell(product.end_balance).link_to(list),
                    say.money_cell(product.contribution).link(&moved(Counted::All, product)),
                    Cell::inline(Inline::run(&product.trend)),
                ]
            })
            .collect(),
        ..Sheet::default()
    };
    let html = sheet.html();
    let files = Files::of("adoption", sheet);
    view! {
        <Panel name="products.adoption" help="products#adoption" title=text::adoption(lang).to_owned() note=text::adoption_title(lang).to_owned() drawn=true files wide=true>
            {table(html, text::adoption_title(lang).into())}
        </Panel>
    }
    .into_any()
}

type Lead<'a> = &'a dyn Fn(&HeatRow) -> Option<String>;
type CellLead<'a> = &'a dyn Fn(&HeatRow, &ProductLine) -> Option<String>;

/// Units of the map, at most.
const UNITS: usize = 40;

/// Shares as a table whose wash deepens with the figure: the drawing is its own data.
fn heat(
    say: Say,
    title: &'static str,
    note: &'static str,
    name: &'static str,
    board: &ProductsBoard,
    (rows, cells): (&[HeatRow], &[Field]),
    row_link: Lead<'_>,
    cell_link: CellLead<'_>,
) -> AnyView {
    if rows.is_empty() || cells.is_empty() {
        return ().into_any();
    }
    let lang = say.lang;
    let most = cells.iter().filter_map(|cell| share(cell.holders, cell.eligible)).max().unwrap_or(1).max(1);
    let sheet = Sheet {
        label: note.into(),
        heads: std::iter::once((String::new(), false))
            .chain(board.products.iter().map(|product| (say.pick(&product.name, &product.name_en).to_owned(), true)))
            .collect(),
        rows: rows
            .iter()
            .enumerate()
            .map(|(at, row)| {
                let mut line = vec![Cell::default(); board.products.len() + 1];
                line[0] = Cell::text(say.pick(&row.name, &row.name_en)).link_to(row_link(row));
                for cell in cells.iter().filter(|cell| cell.row == at) {
                    let (Some(product), Some(share)) = (board.products.get(cell.column), share(cell.holders, cell.eligible)) else {
                        continue;
                    };
                    let tenths = (share + 5) / 10;
                    let shown = format!(
                        r#"<span title="{} / {}">{}.{}</span>"#,
                        format_count(cell.holders),
                        format_count(cell.eligible),
                        tenths / 10,
                        tenths % 10
                    );
                    let figure = Cell::number(shown, format!("{}.{:02}", share / 100, share % 100));
                    line[cell.column + 1] = figure.link_to(cell_link(row, product)).heat(wash(share, most));
                }
                line
            })
            .collect(),
        is_map: true,
        ..Sheet::default()
    };
    let html = sheet.html();
    // Names of files are those of panels.
    let files = Files::of(name, sheet);
    let cut =
        (name == "products.by-unit" && rows.len() >= UNITS).then(|| view! { <p class="dash-note">{text::largest_units(lang, UNITS)}</p> });
    view! { <Panel name title=title.to_owned() note=note.to_owned() drawn=true files wide=true>{table(html, note.into())} {cut}</Panel> }
        .into_any()
}

/// How much likelier the holders of one product are to hold another than those who could hold it are: in
/// hundredths, 100 is no likelier. None where nothing can be said: fewer than thirty holders of the row
/// say nothing of anybody else.
fn times(together: i64, of_row: i64, of_column: i64, eligible: i64) -> Option<i64> {
    const ENOUGH: i64 = 30;
    let expected = i128::from(of_row) * i128::from(of_column);
    (of_row >= ENOUGH && expected > 0 && eligible > 0).then(|| (i128::from(together) * i128::from(eligible) * 100 / expected) as i64)
}

/// The cross-selling matrix by lift: which product goes with which, whatever is common anyway.
fn lift(board: &ProductsBoard, query: &BoardQuery, say: Say) -> AnyView {
    let lang = say.lang;
    if board.pairs.is_empty() {
        return ().into_any();
    }
    let name = |product: &ProductLine| say.pick(&product.name, &product.name_en).to_owned();
    let sheet = Sheet {
        label: text::lift_title(lang).into(),
        heads: std::iter::once((String::new(), false)).chain(board.products.iter().map(|product| (name(product), true))).collect(),
        rows: board
            .products
            .iter()
            .enumerate()
            .map(|(at, row)| {
                let mut line = vec![Cell::default(); board.products.len() + 1];
                line[0] = Cell::text(&name(row)).link(&product_page(&row.code, query));
                for cell in board.pairs.iter().filter(|cell| cell.row == at) {
                    let Some(column) = board.products.get(cell.column) else { continue };
                    // Both have to be open to the same customers.
                    let eligible = row.eligible.min(column.eligible);
                    line[cell.column + 1] = match times(cell.holders, cell.eligible, column.holders, eligible) {
                        None => Cell::none(),
                        Some(times) => {
                            let shown =
                                format!(r#"<span title="{}">{}.{:02}</span>"#, format_count(cell.holders), times / 100, times % 100);
                            // Only what is likelier than chance is washed: twice as likely is deep.
                            let wash = (times - 100).clamp(0, 100) * 45 / 100;
                            // Whom it could be offered to: who holds the one and not the other.
                            let lacking = format!("{},!{}", row.code, column.code);
                            let list = customers(&board.frame, None, None, query.tier.as_deref(), Some(&lacking));
                            Cell::number(shown, format!("{}.{:02}", times / 100, times % 100)).link_to(list).heat(wash as u32)
                        }
                    };
                }
                line
            })
            .collect(),
        is_map: true,
        ..Sheet::default()
    };
    let html = sheet.html();
    let files = Files::of("products-lift", sheet);
    view! {
        <Panel name="products.lift" help="products#cross" title=text::lift(lang).to_owned() note=text::lift_title(lang).to_owned() drawn=true files wide=true>
            {table(html, text::lift_title(lang).into())}
        </Panel>
    }
    .into_any()
}

/// Curves of one product: of those who came in a year, the share that had taken it up so many months later.
fn curves(points: &[CohortPoint], product: usize) -> LineSpec {
    let own = || points.iter().filter(move |point| point.product == product);
    let mut steps: Vec<i16> = own().map(|point| point.step).collect();
    steps.sort_unstable();
    steps.dedup();
    let mut years: Vec<i16> = own().map(|point| point.cohort).collect();
    years.sort_unstable();
    years.dedup();
    let value = |year: i16, step: i16| {
        let point = own().find(|point| point.cohort == year && point.step == step)?;
        share(point.holders, point.customers)
    };
    LineSpec {
        moments: steps.iter().map(i16::to_string).collect(),
        at: steps.iter().map(|step| i64::from(*step)).collect(),
        // The newest first, so that they keep their colours as older ones drop out.
        series: years
            .iter()
            .rev()
            .take(6)
            .map(|year| Series { name: year.to_string(), values: steps.iter().map(|step| value(*year, *step)).collect() })
            .collect(),
        measure: Measure::BasisPoints,
        from_zero: true,
    }
}

fn cohorts(board: &ProductsBoard, say: Say) -> AnyView {
    let lang = say.lang;
    let known: Vec<usize> = (0..board.products.len()).filter(|at| board.cohorts.iter().any(|point| point.product == *at)).collect();
    // Whoever opens an account has taken that up at once: the curve worth seeing first is another's.
    let first = known.iter().copied().filter(|at| board.products[*at].category != "current").max_by_key(|at| board.products[*at].holders);
    let Some(first) = first.or(known.first().copied()) else { return ().into_any() };
    let options: String = known
        .iter()
        .map(|at| {
            let product = &board.products[*at];
            let name = escape(say.pick(&product.name, &product.name_en));
            format!(r#"<option value="{at}"{}>{name}</option>"#, if *at == first { " selected" } else { "" })
        })
        .collect();
    let chosen = RwSignal::new(first);
    let points = StoredValue::new(board.cohorts.clone());
    let spec = Memo::new(move |_| points.with_value(|points| curves(points, chosen.get())));
    let heads = [
        (text::product(lang), false),
        (text::cohort(lang), true),
        (text::months_since(lang), true),
        (text::holders(lang), true),
        (text::customers(lang), true),
        (text::adoption_rate(lang), true),
    ];
    let sheet = Sheet {
        label: text::cohorts_title(lang).into(),
        heads: heads.map(|(head, number)| (head.to_owned(), number)).into(),
        rows: board
            .cohorts
            .iter()
            .filter_map(|point| {
                let product = board.products.get(point.product)?;
                Some(vec![
                    Cell::text(say.pick(&product.name, &product.name_en)),
                    Cell::number(point.cohort.to_string(), point.cohort.to_string()),
                    Cell::number(point.step.to_string(), point.step.to_string()),
                    say.count_cell(point.holders),
                    say.count_cell(point.customers),
                    say.share_cell(point.holders, point.customers),
                ])
            })
            .collect(),
        ..Sheet::default()
    };
    let csv = sheet.csv();
    let files = Callback::new(move |()| Files {
        name: "cohorts".into(),
        csv: csv.clone(),
        svg: Some(line_chart_file(text::cohorts_title(lang), &spec.get_untracked(), lang)),
    });
    let choose = move |event: leptos::ev::Event| {
        if let Ok(at) = event_target_value(&event).parse() {
            chosen.set(at);
        }
    };
    view! {
        <Panel name="products.cohorts" help="products#cohorts" title=text::cohorts(lang).to_owned() note=text::cohorts_note(lang).to_owned() drawn=true files wide=true>
            <label class="dash-filter">
                <span>{text::product(lang)}</span>
                <select class="input" name="cohort-product" autocomplete="off" inner_html=options on:change=choose></select>
            </label>
            <LineChart title=text::cohorts_title(lang) spec=Signal::derive(move || spec.get()) />
        </Panel>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cohort_is_drawn_as_far_as_it_has_been_seen() {
        let point = |cohort, step, holders| CohortPoint { product: 1, cohort, step, holders, customers: 10 };
        let spec = curves(&[point(2025, 0, 1), point(2025, 12, 4), point(2026, 0, 2), CohortPoint { product: 0, ..point(2024, 24, 9) }], 1);
        assert_eq!((spec.moments, spec.at), (vec!["0".to_owned(), "12".to_owned()], vec![0, 12]));
        let lines: Vec<_> = spec.series.into_iter().map(|series| (series.name, series.values)).collect();
        assert_eq!(lines, [("2026".to_owned(), vec![Some(20_00), None]), ("2025".to_owned(), vec![Some(10_00), Some(40_00)])]);
    }

    #[test]
    fn lift_is_against_what_is_common_anyway() {
        // 40 of 100 holders hold it too; of all 1,000 it is 200: twice as likely.
        assert_eq!(times(40, 100, 200, 1_000), Some(200));
        assert_eq!(times(20, 100, 200, 1_000), Some(100));
        assert_eq!((times(9, 29, 200, 1_000), times(5, 100, 0, 1_000)), (None, None));
    }
}
