//! What moved: units by how large they are and how they moved, the largest movers, and customers from tier
//! to tier.

use std::cmp::Ordering;

use guanhu_domain::{
    Lang,
    dashboards::{BankBoard, BoardQuery, Counted, Indicator, TierFlow, UnitLine, forecast},
};
use guanhu_ui::{
    Band, BarChart, BarRow, BarSpec, FlowChart, FlowSpec, Way,
    chart::{Tile, Treemap, TreemapSpec, bar_chart_file, flow_chart_file, treemap_file},
    format_count,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

use super::{
    bank::{customers, unit_name, unit_page},
    behind::{Of, behind},
    frame::Say,
    page::{Files, Panel, address, asking, data, table},
    sheet::{Cell, Sheet, wash},
    targets::name,
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
    let tier = query.tier.as_deref();
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
                    say.money_cell(unit.aum).link_to(match unit.code.as_str() {
                        "" => Some(behind(&board.frame, Of { tier, counted: Counted::Direct, ..Of::default() })),
                        code => customers(&board.frame, Some(code), None, tier, None),
                    }),
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

/// What units are told to have moved by.
const BY: [Indicator; 4] = [Indicator::Aum, Indicator::Deposits, Indicator::Loans, Indicator::Contribution];

/// A unit's figure and that of the month before. A flow of a month that goes by is where it is heading: days are not compared with a
/// month.
fn figures(unit: &UnitLine, by: Indicator, elapsed: i64) -> Option<(i64, i64)> {
    let (now, before) = match by {
        Indicator::Deposits => (unit.deposits, unit.deposits_before),
        Indicator::Loans => (unit.loans, unit.loans_before),
        Indicator::Contribution => (forecast(unit.contribution, elapsed), unit.contribution_before),
        _ => (unit.aum, unit.aum_before),
    };
    before.map(|before| (now, before))
}

fn movers_title(by: Indicator, is_whole_month: bool, lang: Lang) -> &'static str {
    match by {
        Indicator::Deposits => text::movers_deposits(lang),
        Indicator::Loans => text::movers_loans(lang),
        Indicator::Contribution if is_whole_month => text::movers_contribution(lang),
        Indicator::Contribution => text::movers_forecast(lang),
        _ => text::movers_title(lang),
    }
}

/// Units that rose and fell the most since the month before, by what the address says (`movers=deposits`).
pub fn movers(board: &BankBoard, query: &BoardQuery, say: Say) -> AnyView {
    let lang = say.lang;
    let elapsed = board.frame.elapsed;
    if board.units.iter().all(|unit| unit.aum_before.is_none()) {
        return ().into_any();
    }
    let (params, path) = (use_query_map(), use_location().pathname);
    let chosen = Memo::new(move |_| {
        let asked = params.with(|params| params.get("movers").and_then(|code| Indicator::from_code(&code)));
        asked.filter(|by| BY.contains(by)).unwrap_or(BY[0])
    });
    let (units, asked) = (StoredValue::new(board.units.clone()), StoredValue::new(query.clone()));
    let measure = say.measure(&board.frame);
    let drawn = move |by: Indicator| {
        let moved = units.with_value(|units| moved(units, by, elapsed));
        let risen = moved.iter().filter(|(_, now, before)| now > before).take(SIDE);
        let fallen = moved.iter().filter(|(_, now, before)| now < before).rev().take(SIDE);
        let mut shown: Vec<_> = risen.chain(fallen).cloned().collect();
        shown.sort_by_key(|(unit, now, before)| (before - now, unit.code.clone()));
        let row = |(unit, now, before): &(UnitLine, i64, i64)| BarRow {
            label: unit_name(unit, lang),
            values: vec![now - before],
            href: asked.with_value(|query| unit_page(unit, query)),
        };
        BarSpec { rows: shown.iter().map(row).collect(), names: vec![text::moved_by(lang).to_owned()], measure }
    };
    let files = Callback::new(move |()| {
        let by = chosen.get_untracked();
        let title = movers_title(by, elapsed >= 100_00, lang);
        let sheet = Sheet {
            label: title.into(),
            heads: [text::unit(lang), name(by, lang), text::moved_by(lang), text::change(lang)]
                .into_iter()
                .enumerate()
                .map(|(at, head)| (head.to_owned(), at > 0))
                .collect(),
            rows: units
                .with_value(|units| moved(units, by, elapsed))
                .iter()
                .map(|(unit, now, before)| {
                    vec![
                        Cell::text(&unit_name(unit, lang)),
                        say.money_cell(*now),
                        say.money_cell(now - before),
                        say.change_cell(*now, Some(*before)),
                    ]
                })
                .collect(),
            ..Sheet::default()
        };
        Files { name: format!("movers-{}", by.code()), csv: sheet.csv(), svg: Some(bar_chart_file(title, &drawn(by), lang)) }
    });
    let choices = move || {
        let choice = |by: Indicator| {
            let mut rest = params.get();
            rest.remove("movers");
            let here = asked.with_value(|query| asking(&path.get(), query, rest));
            let href = address(&here, &[("movers", Some(by.code()))]);
            // Whoever chooses goes on looking at the same place.
            view! { <a href=href data-noscroll="" aria-current=(chosen.get() == by).then_some("true")>{name(by, lang)}</a> }
        };
        BY.map(choice).into_iter().collect_view()
    };
    let chart = move || {
        let spec = drawn(chosen.get());
        match spec.rows.is_empty() {
            true => view! { <p class="faint">{text::no_movers(lang)}</p> }.into_any(),
            false => {
                let title = movers_title(chosen.get(), elapsed >= 100_00, lang);
                view! { <BarChart title spec=Signal::stored(spec) /> }.into_any()
            }
        }
    };
    view! {
        <Panel name="bank.movers" title=text::movers(lang).to_owned() drawn=true files>
            <nav class="dash-parts" aria-label=text::movers_by(lang)>{choices}</nav>
            {chart}
        </Panel>
    }
    .into_any()
}

/// Units that moved at all, with the figure and that of the month before, what rose the most first.
fn moved(units: &[UnitLine], by: Indicator, elapsed: i64) -> Vec<(UnitLine, i64, i64)> {
    let known = units.iter().filter_map(|unit| figures(unit, by, elapsed).map(|(now, before)| (unit.clone(), now, before)));
    let mut moved: Vec<_> = known.filter(|(_, now, before)| now != before).collect();
    moved.sort_by_key(|(unit, now, before)| (before - now, unit.code.clone()));
    moved
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_ordered_by_what_they_moved_and_days_are_not_compared_with_a_month() {
        let unit = |code: &str, aum, aum_before, contribution, contribution_before| UnitLine {
            code: code.into(),
            name: code.into(),
            is_parent: false,
            customers: 1,
            aum,
            deposits: 0,
            loans: 5,
            contribution,
            aum_before,
            deposits_before: None,
            loans_before: Some(5),
            contribution_before,
            target: None,
        };
        let units = [unit("A", 10, Some(30), 40, Some(90)), unit("B", 50, Some(20), 50, Some(90)), unit("C", 9, None, 1, None)];
        let told =
            |by, elapsed| moved(&units, by, elapsed).into_iter().map(|(unit, now, before)| (unit.code, now - before)).collect::<Vec<_>>();
        assert_eq!(told(Indicator::Aum, 50_00), [("B".to_owned(), 30), ("A".to_owned(), -20)]);
        assert_eq!(told(Indicator::Contribution, 50_00), [("B".to_owned(), 10), ("A".to_owned(), -10)]);
        assert_eq!(told(Indicator::Loans, 50_00), []);
    }
}
