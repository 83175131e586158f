use leptos::prelude::*;

use super::text;
use crate::*;

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
                <LineChart title=t(text::balance) spec=two/>
                <LineChart title=t(text::one_line) spec=one/>
                <BarChart title=t(text::ranking) spec=ranking/>
                <BarChart title=t(text::plan_actual) spec=grouped/>
            </div>
        </Section>
    }
    .into_any()
}
