//! The process score of a manager: its stages, the items they are made of, and what stands behind each.

use guanhu_domain::{
    Lang,
    dashboards::{BoardQuery, ManagerLine, ManagersBoard},
    process::{EVIDENCE_MAX, Evidence, Item, ItemScore, ProcessScore, Stage},
};
use guanhu_ui::{
    chart::{ColumnChart, ColumnRow, ColumnSpec, column_chart_file},
    format_date, use_lang,
};
use leptos::prelude::*;

use super::{
    api,
    frame::Say,
    page::{Files, Panel, data, table},
    sheet::{Cell, Sheet},
    text,
};
use crate::attempt::{Attempt, Told};

pub fn stage_name(stage: Stage, lang: Lang) -> &'static str {
    match stage {
        Stage::Collect => text::collect(lang),
        Stage::Design => text::design(lang),
        Stage::Sell => text::sell(lang),
        Stage::Follow => text::follow(lang),
    }
}

pub fn item_name(item: Item, lang: Lang) -> &'static str {
    match item {
        Item::Complete => text::item_complete(lang),
        Item::Planned => text::item_planned(lang),
        Item::Sold => text::item_sold(lang),
        Item::Moved => text::item_moved(lang),
        Item::OnTime => text::item_on_time(lang),
        Item::Reached => text::item_reached(lang),
    }
}

/// `77.7` from hundredths of a point.
pub fn points(points: i64) -> String {
    let tenths = (points + 5) / 10;
    format!("{}.{}", tenths / 10, tenths % 10)
}

pub fn points_cell(value: Option<i64>) -> Cell {
    value.map_or_else(Cell::none, |value| Cell::number(points(value), format!("{}.{:02}", value / 100, value % 100)))
}

/// The score opened into its items, and each item into what it was counted from.
pub fn panel(process: Option<&ProcessScore>, code: &str, query: &BoardQuery, is_running: bool, say: Say) -> AnyView {
    let lang = say.lang;
    let Some(process) = process else {
        return view! {
            <Panel name="mine.process" help="scoring#stages" title=text::process(lang).to_owned() files=Callback::new(|()| Files::default())>
                <p class="faint">{text::not_scored(lang)}</p>
            </Panel>
        }
        .into_any();
    };
    let counted = |score: &ItemScore| match score.count {
        Some(count) if score.rule.item == Item::Complete => {
            Cell::number(text::of_customers(lang, count.of / 100), (count.of / 100).to_string())
        }
        Some(count) => {
            let words = format!("{} / {}", guanhu_ui::format_count(count.done), guanhu_ui::format_count(count.of));
            Cell::number(words, format!("{}/{}", count.done, count.of))
        }
        None => Cell::text(text::not_measured(lang)),
    };
    let row = |score: &ItemScore| {
        vec![
            Cell::text(stage_name(score.rule.item.stage(), lang)),
            Cell::text(item_name(score.rule.item, lang)),
            counted(score),
            score.share.map_or_else(Cell::none, |share| say.share_cell(share, 100_00)),
            say.share_cell(score.rule.full, 100_00),
            points_cell(score.points),
            say.count_cell(score.rule.weight),
        ]
    };
    let sheet = Sheet {
        label: text::process_title(lang).into(),
        heads: [
            (text::stage(lang), false),
            (text::item(lang), false),
            (text::counted(lang), true),
            (text::reached_share(lang), true),
            (text::full_at(lang), true),
            (text::points(lang), true),
            (text::weight(lang), true),
        ]
        .map(|(head, number)| (head.to_owned(), number))
        .into(),
        rows: process.items.iter().map(row).collect(),
        foot: Some(
            [
                Cell::text(text::score(lang)),
                Cell::default(),
                Cell::default(),
                Cell::default(),
                Cell::default(),
                points_cell(process.total),
                Cell::default(),
            ]
            .into(),
        ),
        ..Sheet::default()
    };
    let html = sheet.html();
    let files = Files::of("process", sheet);
    let behind = is_running.then(|| {
        process
            .items
            .iter()
            .filter(|score| score.count.is_some())
            .map(|score| view! { <Behind code=code.to_owned() query=query.clone() item=score.rule.item /> })
            .collect_view()
    });
    view! {
        <Panel name="mine.process" help="scoring#stages" title=text::process(lang).to_owned() note=text::process_note(lang).to_owned() drawn=true files wide=true>
            {table(html, text::process_title(lang).into())}
            <div class="dash-behind">{behind}</div>
        </Panel>
    }
    .into_any()
}

/// What an item was counted from, fetched when it is first opened.
#[component]
fn Behind(code: String, query: BoardQuery, item: Item) -> impl IntoView {
    let lang = use_lang();
    let attempt = Attempt::new();
    let rows = RwSignal::new(None::<Vec<Evidence>>);
    let asked = StoredValue::new((code, query));
    let open = move |_| {
        if rows.with_untracked(Option::is_none) {
            let (code, query) = asked.get_value();
            attempt.run(api::read_evidence(code, query, item), move |found| rows.set(Some(found)));
        }
    };
    let shown = move || {
        rows.with(|rows| {
            let rows = rows.as_ref()?;
            Some(match rows.is_empty() {
                true => view! { <p class="faint">{text::nothing_behind(lang.get())}</p> }.into_any(),
                false => {
                    let first =
                        (rows.len() >= EVIDENCE_MAX).then(|| view! { <p class="faint">{text::first_behind(lang.get(), EVIDENCE_MAX)}</p> });
                    view! { {table(evidence(rows, item, lang.get()), item_name(item, lang.get()).to_owned())} {first} }.into_any()
                }
            })
        })
    };
    view! {
        <details class="chart-data" on:toggle=open>
            <summary>{move || text::behind(lang.get(), item_name(item, lang.get()))}</summary>
            {shown}
            <Told attempt />
        </details>
    }
    .into_any()
}

fn evidence(rows: &[Evidence], item: Item, lang: Lang) -> String {
    let what = match item {
        Item::Complete => text::completeness(lang),
        Item::Planned => text::contact(lang),
        Item::Sold => text::taken_up(lang),
        Item::Moved => text::opportunity(lang),
        Item::OnTime => text::task(lang),
        Item::Reached => "",
    };
    let sheet = Sheet {
        label: item_name(item, lang).into(),
        heads: [text::customer(lang), what, text::day(lang), text::counts(lang)].map(|head| (head.to_owned(), false)).into(),
        rows: rows
            .iter()
            .map(|row| {
                let verdict = if row.done { text::yes(lang) } else { text::no(lang) };
                let class = if row.done { "up" } else { "down" };
                vec![
                    Cell::text(&row.name).link(&format!("/customers/{}", row.customer_no)),
                    Cell::text(row.what(lang)),
                    Cell::text(&row.on.map(|on| format_date(on, lang)).unwrap_or_default()),
                    Cell::drawing(format!(r#"<span class="{class}">{verdict}</span>"#)),
                ]
            })
            .collect(),
        ..Sheet::default()
    };
    sheet.html()
}

/// Managers whose stages are drawn side by side.
const SHOWN: usize = 60;

/// Every manager's four stages, small and side by side: where coaching helps is seen before it is read.
pub fn multiples(board: &ManagersBoard, own_page: impl Fn(&str) -> String, say: Say) -> AnyView {
    let lang = say.lang;
    let scored: Vec<_> = board.items.iter().filter(|line| line.score.is_some()).collect();
    if scored.is_empty() {
        return ().into_any();
    }
    let row = |line: &ManagerLine| {
        let said = Stage::ALL.into_iter().zip(&line.stages).map(|(stage, value)| {
            let value = value.map_or_else(|| text::not_measured(lang).to_owned(), points);
            format!("{} {value}", stage_name(stage, lang))
        });
        ColumnRow {
            label: line.name.clone(),
            said: said.collect::<Vec<_>>().join(" · "),
            values: line.stages.clone(),
            total: line.score.map(points).unwrap_or_default(),
            href: own_page(&line.code),
        }
    };
    let spec = ColumnSpec {
        rows: scored.iter().take(SHOWN).map(|line| row(line)).collect(),
        names: Stage::ALL.map(|stage| stage_name(stage, lang).to_owned()).into(),
        most: 100_00,
    };
    let mut heads = vec![(text::manager(lang).to_owned(), false)];
    heads.extend(Stage::ALL.map(|stage| (stage_name(stage, lang).to_owned(), true)));
    heads.push((text::score(lang).to_owned(), true));
    let sheet = Sheet {
        label: text::multiples_title(lang).into(),
        heads,
        rows: scored
            .iter()
            .map(|line| {
                let page = own_page(&line.code);
                let mut row = vec![Cell::text(&line.name).link(&page)];
                row.extend(line.stages.iter().map(|stage| points_cell(*stage)));
                row.push(points_cell(line.score).link(&page));
                row
            })
            .collect(),
        ..Sheet::default()
    };
    let (html, csv, drawn) = (sheet.html(), sheet.csv(), spec.clone());
    let files = Callback::new(move |()| Files {
        name: "process".into(),
        csv: csv.clone(),
        svg: Some(column_chart_file(text::multiples_title(lang), &drawn)),
    });
    let note = if scored.len() > SHOWN { text::first_shown(lang, SHOWN) } else { String::new() };
    view! {
        <Panel name="managers.process" help="scoring" title=text::process(lang).to_owned() note drawn=true files wide=true>
            <ColumnChart
                title=text::multiples_title(lang)
                unit=text::points_unit(lang)
                spec=Signal::stored(spec)
                data=data(html)
            />
        </Panel>
    }
    .into_any()
}
