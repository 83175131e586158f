use guanhu_domain::i18n::Lang;
use leptos::prelude::*;

use super::text;
use crate::{
    chart::{
        ColumnChart, ColumnRow, ColumnSpec, Dot, Inline, ScatterChart, ScatterSpec, Tile, Treemap, TreemapSpec,
        sheet::{Cell, Sheet, wash},
    },
    *,
};

fn moments() -> Vec<String> {
    (0..24).map(|i| format!("{}-{:02}", 2024 + (i + 10) / 12, (i + 10) % 12 + 1)).collect()
}

pub fn charts() -> AnyView {
    let lang = use_lang();
    let deposits = [312, 318, 309, 327, 341, 338, 352, 349, 361, 372, 368, 384, 391, 388, 402, 415, 409, 424, 436, 431, 447, 452, 468, 486];
    let loans = [180, 178, 176, 174, 172, 170, 168, 221, 219, 217, 215, 213, 211, 209, 207, 205, 203, 201, 199, 197, 195, 193, 191, 189];
    let two = Signal::derive(move || LineSpec {
        moments: moments(),
        series: vec![
            Series::new(text::deposit(lang.get()), deposits.map(|v| v * 1_000_000)),
            Series::new(text::loan(lang.get()), loans.map(|v| v * 1_000_000)),
        ],
        measure: Measure::CNY,
        at: Vec::new(),
        from_zero: true,
    });
    let one = Signal::derive(move || LineSpec {
        moments: moments(),
        series: vec![Series::new(text::aum(lang.get()), deposits.map(|v| v * 100_000_000))],
        measure: Measure::CNY,
        at: Vec::new(),
        from_zero: true,
    });
    let row = |label: &str, values: &[i64]| BarRow {
        label: label.into(),
        values: values.iter().map(|v| v * 1_000_000).collect(),
        href: Some("#".into()),
    };
    let ranking = Signal::derive(move || BarSpec {
        rows: vec![
            row(text::linjiang(lang.get()), &[1_284]),
            row(text::binhe(lang.get()), &[967]),
            row(text::jiangzhou(lang.get()), &[705]),
            row(text::wangjiang(lang.get()), &[-138]),
        ],
        names: vec![text::contribution(lang.get()).into()],
        measure: Measure::CNY,
    });
    let grouped = Signal::derive(move || BarSpec {
        rows: vec![row("王小明", &[900, 1_284]), row("李建国", &[900, 967]), row("陈思远", &[800, 512])],
        names: vec![text::target(lang.get()).into(), text::actual(lang.get()).into()],
        measure: Measure::CNY,
    });
    view! {
        <Section title=t(text::charts)>
            <div class="columns wide">
                <LineChart title=t(text::balance) spec=two brush=true/>
                <LineChart title=t(text::one_line) spec=one/>
                <BarChart title=t(text::ranking) spec=ranking/>
                <BarChart title=t(text::plan_actual) spec=grouped/>
                {shares()}
                {places()}
                {stages()}
                {tables()}
            </div>
        </Section>
    }
    .into_any()
}

/// What is behind a chart that makes no table of its own.
fn behind(sheet: impl Fn(Lang) -> Sheet + Send + Sync + 'static) -> ViewFn {
    let lang = use_lang();
    ViewFn::from(move || view! { <div inner_html=sheet(lang.get()).html()></div> }.into_any())
}

fn sheet(label: &str, heads: &[&str], rows: Vec<Vec<Cell>>) -> Sheet {
    let heads = heads.iter().enumerate().map(|(at, head)| ((*head).to_owned(), at > 0)).collect();
    Sheet { label: label.into(), heads, rows, ..Sheet::default() }
}

fn count(figure: i64) -> Cell {
    Cell::number(format_count(figure), figure.to_string())
}

fn money(minor: i64, lang: Lang) -> Cell {
    let (figure, unit) = format_amount(minor, 2, AmountUnit::Auto, lang);
    Cell::number(format!("{figure}{unit}"), format_exact(minor, 2))
}

/// Curves over shares: of a whole, and of who came in a year.
fn shares() -> AnyView {
    let lang = use_lang();
    let lorenz = Signal::derive(move || LineSpec {
        moments: (0..=10).map(|tenth| format!("{}%", tenth * 10)).collect(),
        at: (0..=10).map(|tenth| tenth * 10_00).collect(),
        series: vec![
            Series::new(text::contribution(lang.get()), [0, 48_00, 69_00, 82_00, 91_00, 96_00, 99_00, 101_00, 102_50, 102_00, 100_00]),
            Series::new(text::all_equal(lang.get()), (0..=10).map(|tenth| tenth * 10_00)),
        ],
        measure: Measure::BasisPoints,
        from_zero: true,
    });
    // The newest has been seen once only.
    let cohorts = Signal::derive(move || LineSpec {
        moments: [0, 3, 6, 12, 24].map(|month: i64| month.to_string()).into(),
        at: vec![0, 3, 6, 12, 24],
        series: vec![
            Series { name: "2026".into(), values: vec![Some(6_00), None, None, None, None] },
            Series { name: "2025".into(), values: vec![Some(5_00), Some(11_00), Some(16_00), Some(22_00), None] },
            Series::new("2024", [4_00, 8_00, 12_00, 19_00, 27_00]),
        ],
        measure: Measure::BasisPoints,
        from_zero: true,
    });
    view! {
        <LineChart title=t(text::spread) spec=lorenz/>
        <LineChart title=t(text::cohorts) spec=cohorts/>
    }
    .into_any()
}

/// Areas, dots and flows.
fn places() -> AnyView {
    let lang = use_lang();
    let units: [(fn(Lang) -> &'static str, i64, Option<i64>); 4] = [
        (text::jiangzhou, 486, Some(1_20)),
        (text::linjiang, 213, Some(-8_40)),
        (text::binhe, 96, Some(6_00)),
        (text::wangjiang, 31, None),
    ];
    let change = |moved: Option<i64>| moved.map_or_else(String::new, |moved| format!("{:+.1}%", moved as f64 / 100.0));
    let map = Signal::derive(move || TreemapSpec {
        tiles: units
            .iter()
            .map(|(name, aum, moved)| Tile {
                label: name(lang.get()).into(),
                value: aum * 10_000_000_00,
                note: change(*moved),
                moved: *moved,
                href: Some("#".into()),
            })
            .collect(),
        measure: Measure::CNY,
    });
    let map_behind = behind(move |lang| {
        let row = |(name, aum, moved): &(fn(Lang) -> &'static str, i64, Option<i64>)| {
            vec![Cell::text(name(lang)), money(aum * 10_000_000_00, lang), Cell::number(change(*moved), change(*moved))]
        };
        sheet(text::map(lang), &[text::branch(lang), text::aum(lang), text::change(lang)], units.iter().map(row).collect())
    });
    const MANAGERS: [(&str, i64, i64, bool); 5] =
        [("王小明", 42, 128, false), ("李建国", 31, 96, false), ("陈思远", 12, 51, true), ("周敏", 38, 40, true), ("赵磊", 5, -8, true)];
    let effort = Signal::derive(move || {
        let dot = |(name, contacts, brought, hollow): (&str, i64, i64, bool)| Dot {
            label: name.into(),
            across: contacts,
            up: brought * 1_000_000,
            href: Some("#".into()),
            hollow,
        };
        ScatterSpec {
            dots: MANAGERS.map(dot).into(),
            across: Measure::Count,
            up: Measure::CNY,
            axes: [text::contacts(lang.get()).into(), text::contribution(lang.get()).into()],
            kinds: [text::on_target(lang.get()).into(), text::below_target(lang.get()).into()],
        }
    });
    let effort_behind = behind(|lang| {
        let row = |(name, contacts, brought, _): (&str, i64, i64, bool)| {
            vec![Cell::text(name), count(contacts), money(brought * 1_000_000, lang)]
        };
        let heads = [text::manager(lang), text::contacts(lang), text::contribution(lang)];
        sheet(text::effort(lang), &heads, MANAGERS.map(row).into())
    });
    let flow = Signal::derive(move || {
        let names = [text::tier_4, text::tier_2, text::tier_0].map(|name| name(lang.get()).to_owned());
        let band = |(from, to, count, way): (usize, usize, i64, Way)| Band {
            from,
            to,
            count,
            way,
            label: text::flow_step(lang.get(), &names[from], &names[to], &format_count(count)),
        };
        FlowSpec {
            bands: [(0, 0, 40, Way::Stay), (1, 0, 12, Way::Up), (1, 1, 90, Way::Stay), (1, 2, 20, Way::Down), (2, 2, 120, Way::Stay)]
                .map(band)
                .into(),
            from: names.to_vec(),
            to: names.to_vec(),
        }
    });
    view! {
        <Treemap title=t(text::map) spec=map data=map_behind/>
        <ScatterChart title=t(text::effort) spec=effort data=effort_behind/>
        <FlowChart title=t(text::flow) said=t(text::flow_said) spec=flow/>
    }
    .into_any()
}

/// Small multiples.
fn stages() -> AnyView {
    let lang = use_lang();
    const NAMES: [fn(Lang) -> &'static str; 4] = [text::stage_1, text::stage_2, text::stage_3, text::stage_4];
    const POINTS: [(&str, [Option<i64>; 4], &str); 4] = [
        ("王小明", [Some(90_00), Some(75_00), Some(60_00), Some(88_00)], "77.7"),
        ("李建国", [Some(62_00), Some(40_00), None, Some(71_00)], "57.1"),
        ("陈思远", [Some(35_00), Some(0), Some(20_00), Some(48_00)], "27.8"),
        ("周敏", [Some(100_00), Some(82_00), Some(95_00), Some(64_00)], "85.2"),
    ];
    let spec = Signal::derive(move || {
        let row = |(name, values, total): (&str, [Option<i64>; 4], &str)| ColumnRow {
            label: name.into(),
            values: values.into(),
            total: total.into(),
            said: text::stages_said(lang.get(), name),
            href: "#".into(),
        };
        ColumnSpec { rows: POINTS.map(row).into(), names: NAMES.map(|name| name(lang.get()).to_owned()).into(), most: 100_00 }
    });
    let data = behind(|lang| {
        let mut heads = vec![text::manager(lang)];
        heads.extend(NAMES.map(|name| name(lang)));
        let row = |(name, values, _): (&str, [Option<i64>; 4], &str)| -> Vec<Cell> {
            std::iter::once(Cell::text(name)).chain(values.map(|value| value.map_or_else(Cell::none, |value| count(value / 100)))).collect()
        };
        sheet(text::stages(lang), &heads, POINTS.map(row).into())
    });
    view! { <ColumnChart title=t(text::stages) unit=t(text::points) spec data/> }.into_any()
}

/// What is drawn in the cells of a table, and a table that is its own drawing.
fn tables() -> AnyView {
    let lang = use_lang();
    let cells = move || {
        let lang = lang.get();
        let row = |name: &str, run: [i64; 6], actual: i64, forecast: i64, mix: [(i16, i64); 3]| {
            let said = text::mix_said(lang).to_owned();
            let meter = Inline::Meter { actual, forecast, target: 100 };
            vec![
                Cell::text(name),
                Cell::inline(Inline::run(&run.map(Some))),
                Cell::inline(meter),
                Cell::said(Inline::Mix(mix.into()), said),
            ]
        };
        let heads = [text::manager(lang), text::trend(lang), text::reached(lang), text::mix(lang)];
        let rows = vec![
            row("王小明", [31, 33, 36, 35, 44, 49], 96, 124, [(0, 46), (2, 30), (4, 12)]),
            row("李建国", [49, 43, 44, 36, 33, 30], 58, 81, [(0, 80), (2, 9), (4, 2)]),
        ];
        let mut sheet = sheet(text::trend(lang), &heads, rows);
        sheet.heads = heads.map(|head| (head.to_owned(), false)).into();
        sheet.html()
    };
    let heat = move || {
        let lang = lang.get();
        let row = |(tier, shares): (fn(Lang) -> &'static str, [i64; 4])| -> Vec<Cell> {
            let cell = |share: i64| {
                let figure = format!("{}.{}", share / 100, share % 100 / 10);
                Cell::number(figure.clone(), figure).link("#").heat(wash(share, 74_00))
            };
            std::iter::once(Cell::text(tier(lang))).chain(shares.map(cell)).collect()
        };
        let shares: [(fn(Lang) -> &'static str, [i64; 4]); 3] = [
            (text::tier_4, [74_00, 61_00, 43_00, 58_00]),
            (text::tier_2, [41_00, 28_00, 17_00, 39_00]),
            (text::tier_0, [8_00, 5_00, 2_00, 12_00]),
        ];
        let heads = ["", text::wealth(lang), text::fund(lang), text::insurance(lang), text::card(lang)];
        Sheet { is_map: true, ..sheet(text::adoption(lang), &heads, shares.map(row).into()) }.html()
    };
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::trend) inner_html=cells></div>
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::adoption) inner_html=heat></div>
    }
    .into_any()
}
