//! What moved: units by how large they are and how they moved, the largest movers, and customers from tier
//! to tier.

use std::cmp::Ordering;

use guanhu_domain::dashboards::{BankBoard, BoardQuery, Counted, TierFlow};
use guanhu_ui::{
    Band, BarChart, BarRow, BarSpec, FlowChart, FlowSpec, Way,
    chart::{Tile, Treemap, TreemapSpec, bar_chart_file, flow_chart_file, treemap_file},
    format_count,
};
use leptos::prelude::*;

use super::{
    bank::{unit_name, unit_page},
    behind::{Of, behind},
    frame::Say,
    page::{Files, Panel, data, table},
    sheet::{Cell, Sheet, wash},
    text,
};

/// Units as tiles of their AUM.
pub fn map(board: &BankBoard, query: &BoardQuery, say: Say) -> AnyView {
    let lang = say.lang;
    if board.units.iter().filter(|unit| unit.aum > 0).count() < 2 {
        return ().into_any();
    }
    let tiles = board
        .units
        .iter()
        .map(|unit| Tile {
            label: unit_name(unit, lang),
            value: unit.aum,
            note: say.change(unit.aum, unit.aum_before).map(|(words, _)| words).unwrap_or_default(),
            moved: unit.aum_before.filter(|before| *before > 0).map(|before| {
                let moved = (i128::from(unit.aum) - i128::from(before)) * 10_000 / i128::from(before);
                i64::try_from(moved).unwrap_or(i64::MAX)
            }),
            href: unit_page(unit, query),
        })
        .collect();
    let spec = TreemapSpec { tiles, measure: say.measure(&board.frame) };
    let sheet = Sheet {
        label: text::map_title(lang).into(),
        heads: [text::unit(lang), text::aum(lang), text::share_of_aum(lang), text::change(lang)]
            .into_iter()
            .enumerate()
            .map(|(at, head)| (head.to_owned(), at > 0))
            .collect(),
        rows: board
            .units
            .iter()
            .map(|unit| {
                vec![
                    Cell::text(&unit_name(unit, lang)).link_to(unit_page(unit, query)),
                    say.money_cell(unit.aum),
                    say.share_cell(unit.aum, board.now.aum),
                    say.change_cell(unit.aum, unit.aum_before),
                ]
            })
            .collect(),
        ..Sheet::default()
    };
    let (html, csv, drawn) = (sheet.html(), sheet.csv(), spec.clone());
    let files = Callback::new(move |()| Files {
        name: "map".into(),
        csv: csv.clone(),
        svg: Some(treemap_file(text::map_title(lang), &drawn, lang)),
    });
    view! {
        <Panel name="bank.map" title=text::map(lang).to_owned() drawn=true files>
            <Treemap title=text::map_title(lang) spec=Signal::stored(spec) data=data(html) />
        </Panel>
    }
    .into_any()
}

/// Most that are shown on either side.
const SIDE: usize = 5;

/// Units whose AUM rose and fell the most since the month before.
pub fn movers(board: &BankBoard, query: &BoardQuery, say: Say) -> AnyView {
    let lang = say.lang;
    let mut moved: Vec<_> =
        board.units.iter().filter_map(|unit| Some((unit, unit.aum - unit.aum_before?))).filter(|(_, by)| *by != 0).collect();
    if moved.is_empty() {
        return ().into_any();
    }
    moved.sort_by_key(|(unit, by)| (-by, unit.code.clone()));
    let risen = moved.iter().filter(|(_, by)| *by > 0).take(SIDE);
    let fallen = moved.iter().filter(|(_, by)| *by < 0).rev().take(SIDE);
    let mut shown: Vec<_> = risen.chain(fallen).copied().collect();
    shown.sort_by_key(|(unit, by)| (-by, unit.code.clone()));
    let spec = BarSpec {
        rows: shown
            .iter()
            .map(|(unit, by)| BarRow { label: unit_name(unit, lang), values: vec![*by], href: unit_page(unit, query) })
            .collect(),
        names: vec![text::moved_by(lang).to_owned()],
        measure: say.measure(&board.frame),
    };
    let sheet = Sheet {
        label: text::movers_title(lang).into(),
        heads: [text::unit(lang), text::moved_by(lang), text::change(lang)]
            .into_iter()
            .enumerate()
            .map(|(at, head)| (head.to_owned(), at > 0))
            .collect(),
        rows: moved
            .iter()
            .map(|(unit, by)| {
                vec![
                    Cell::text(&unit_name(unit, lang)).link_to(unit_page(unit, query)),
                    say.money_cell(*by),
                    say.change_cell(unit.aum, unit.aum_before),
                ]
            })
            .collect(),
        ..Sheet::default()
    };
    let (csv, drawn) = (sheet.csv(), spec.clone());
    let files = Callback::new(move |()| Files {
        name: "movers".into(),
        csv: csv.clone(),
        svg: Some(bar_chart_file(text::movers_title(lang), &drawn, lang)),
    });
    view! {
        <Panel name="bank.movers" title=text::movers(lang).to_owned() drawn=true files>
            <BarChart title=text::movers_title(lang) spec=Signal::stored(spec) />
        </Panel>
    }
    .into_any()
}

/// Customers by the tier they were in a month before and the one they are in: who stayed is plain, who moved
/// is washed.
pub fn flow(board: &BankBoard, say: Say) -> AnyView {
    let lang = say.lang;
    if board.flow.is_empty() {
        let files = Callback::new(|()| Files::default());
        return view! {
            <Panel name="bank.flow" title=text::flow(lang).to_owned() files>
                <p class="faint">{text::no_flow(lang)}</p>
            </Panel>
        }
        .into_any();
    }
    // Tiers in their order, then no tier, then nobody's customer; only those that occur.
    let mut places: Vec<Option<String>> = board.frame.tiers.iter().map(|tier| Some(tier.code.clone())).collect();
    places.extend([Some(String::new()), None]);
    let occurs = |place: &Option<String>, end: fn(&TierFlow) -> &Option<String>| board.flow.iter().any(|step| end(step) == place);
    let rows: Vec<_> = places.iter().filter(|place| occurs(place, |step| &step.before)).collect();
    let columns: Vec<_> = places.iter().filter(|place| occurs(place, |step| &step.now)).collect();
    let name = |place: &Option<String>, gone: &'static str| match place.as_deref() {
        None => gone.to_owned(),
        Some("") => text::no_tier(lang).to_owned(),
        Some(code) => {
            board.frame.tiers.iter().find(|tier| tier.code == code).map_or(code, |tier| say.pick(&tier.name, &tier.name_en)).to_owned()
        }
    };
    let count = |row: &Option<String>, column: &Option<String>| {
        board.flow.iter().filter(|step| step.before == *row && step.now == *column).map(|step| step.customers).sum::<i64>()
    };
    // They are of all tiers, whichever is looked at.
    let step = |row: &Option<String>, column: &Option<String>| {
        let end = |place: &Option<String>| place.clone().unwrap_or_else(|| "-".into());
        let value = format!("{}~{}", end(row), end(column));
        behind(&board.frame, Of { counted: Counted::Flow, value: Some(&value), ..Of::default() })
    };
    let most = board.flow.iter().filter(|step| step.before != step.now).map(|step| step.customers).max().unwrap_or(1).max(1);
    let sheet = Sheet {
        label: text::flow_title(lang).into(),
        heads: std::iter::once((text::flow_from(lang).to_owned(), false))
            .chain(columns.iter().map(|column| (name(column, text::gone(lang)), true)))
            .collect(),
        rows: rows
            .iter()
            .map(|row| {
                let mut line = vec![Cell::text(&name(row, text::new_customers(lang)))];
                line.extend(columns.iter().map(|column| match count(row, column) {
                    0 => Cell::none(),
                    customers if row == column => Cell::number(format_count(customers), customers.to_string()).link(&step(row, column)),
                    customers => {
                        let figure = Cell::number(format_count(customers), customers.to_string());
                        figure.link(&step(row, column)).heat(wash(customers, most))
                    }
                }));
                line
            })
            .collect(),
        is_map: true,
        ..Sheet::default()
    };
    let place_of = |side: &[&Option<String>], end: &Option<String>| side.iter().position(|place| *place == end).unwrap_or(0);
    // The highest tier stands first; no tier comes after all, and whoever is no customer yet or any more after that.
    let rank = |end: &Option<String>| places.iter().position(|place| place == end);
    let known = |step: &&TierFlow| rank(&step.before).is_some() && rank(&step.now).is_some();
    let band = |step: &TierFlow| Band {
        from: place_of(&rows, &step.before),
        to: place_of(&columns, &step.now),
        count: step.customers,
        way: match rank(&step.now).cmp(&rank(&step.before)) {
            Ordering::Less => Way::Up,
            Ordering::Equal => Way::Stay,
            Ordering::Greater => Way::Down,
        },
        label: text::flow_step(
            lang,
            &name(&step.before, text::new_customers(lang)),
            &name(&step.now, text::gone(lang)),
            &format_count(step.customers),
        ),
    };
    let spec = FlowSpec {
        from: rows.iter().map(|row| name(row, text::new_customers(lang))).collect(),
        to: columns.iter().map(|column| name(column, text::gone(lang))).collect(),
        bands: board.flow.iter().filter(known).map(band).collect(),
    };
    let (html, csv, drawn) = (sheet.html(), sheet.csv(), spec.clone());
    let files = Callback::new(move |()| Files {
        name: "tier-flow".into(),
        csv: csv.clone(),
        svg: Some(flow_chart_file(text::flow_drawn(lang), &drawn)),
    });
    view! {
        <Panel name="bank.flow" title=text::flow(lang).to_owned() drawn=true files>
            <FlowChart title=text::flow_drawn(lang) said=text::flow_said(lang) spec=Signal::stored(spec) />
            <p class="faint">{text::flow_title(lang)}</p>
            {table(html, text::flow_title(lang).into())}
        </Panel>
    }
    .into_any()
}
