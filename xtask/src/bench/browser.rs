//! What a browser sees of a bank: `end2end/bench/browser.mjs` measures, this prints.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use super::bank::Bank;
use super::bare::Bare;
use super::quantiles::Times;
use super::report::{Report, Unit};
use crate::heads::with_heads_of_the_bank;
use crate::shell::{execute, program, root};
use crate::{Outcome, needs};

/// A figure of a page in what was measured, its name, and how it is counted.
const OF_A_PAGE: [(&str, &str, Unit); 7] = [
    ("fcp", "first paint", Unit::Milliseconds),
    ("lcp", "largest paint", Unit::Milliseconds),
    ("alive", "interactive", Unit::Milliseconds),
    ("inp", "interaction to next paint", Unit::Milliseconds),
    ("cls", "layout shift", Unit::Ratio),
    ("paint_bytes", "bytes to first paint", Unit::Bytes),
    ("alive_bytes", "bytes to interactive", Unit::Bytes),
];

pub(crate) fn measure() -> Outcome {
    let bank = Bank::open()?;
    let folder = root().join("end2end");
    let chromium = needs::chromium()?;
    needs::npm_packages(&folder)?;
    let mut report = Report::begin("browser", &bank);
    let out = bank.folder.join("browser.measured.json");
    let mut node = program("node");
    node.arg("bench/browser.mjs")
        .current_dir(&folder)
        .env("GUANHU_URL", format!("http://{}", bank.address))
        .env("GUANHU_DEMO_PASSWORD", super::bank::PASSWORD)
        .env("GUANHU_CHROMIUM", chromium)
        .env("GUANHU_BENCH_OUT", &out);
    // Only whoever heads the bank sees ten thousand customers of one manager.
    let owner = Bare::attach(&bank.data_dir, &bank.folder)?;
    with_heads_of_the_bank(&|sql| owner.owner(sql), || execute(node))?;
    let text = fs::read_to_string(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    let measured: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", out.display()))?;
    let list = |name: &str| measured[name].as_array().cloned().unwrap_or_default();
    let number = |row: &Value, name: &str| row[name].as_f64().unwrap_or_default();

    println!("\n{} customers, processor {} times slower, 1024 × 768; medians, ms and kB\n", bank.customers, measured["slower"]);
    println!("{:<12} {:>8} {:>8} {:>8} {:>6} {:>8} {:>10} {:>10}", "page", "FCP", "LCP", "alive", "CLS", "INP", "to paint", "to alive");
    for row in list("pages") {
        let name = row["name"].as_str().unwrap_or_default();
        println!(
            "{name:<12} {:>8.0} {:>8.0} {:>8.0} {:>6.3} {:>8.0} {:>10.0} {:>10.0}",
            number(&row, "fcp"),
            number(&row, "lcp"),
            number(&row, "alive"),
            number(&row, "cls"),
            number(&row, "inp"),
            number(&row, "paint_bytes") / 1e3,
            number(&row, "alive_bytes") / 1e3,
        );
        for (key, what, unit) in OF_A_PAGE {
            let runs: Vec<f64> = row["runs"].as_array().into_iter().flatten().filter_map(|run| run[key].as_f64()).collect();
            report.mean(&format!("{name} · {what}"), unit, &runs);
        }
    }
    println!(
        "\n{} changes by others, seen on an open board: p50 {:.0} ms, p95 {:.0} ms",
        number(&measured["live"], "times"),
        number(&measured["live"], "p50"),
        number(&measured["live"], "p95")
    );
    report.times("a change by others, seen", &times(&measured["live"]["all"]));
    println!("\n{:<36} {:>7} {:>7} {:>7} {:>7} {:>10} {:>9}", "frames", "number", "p50", "p95", "p99", "over 25 ms", "blank ms");
    for row in list("frames") {
        let name = row["name"].as_str().unwrap_or_default();
        println!(
            "{name:<36} {:>7} {:>7.1} {:>7.1} {:>7.1} {:>9.1}% {:>9.0}",
            number(&row, "frames"),
            number(&row, "p50"),
            number(&row, "p95"),
            number(&row, "p99"),
            number(&row, "late") * 100.0,
            number(&row, "blank"),
        );
        report.times(&format!("{name} · frames"), &times(&row["all"]));
        report.once(&format!("{name} · longest without a row"), Unit::Milliseconds, number(&row, "blank"));
    }
    println!();
    report.keep()
}

/// Milliseconds as they were measured, in their order.
fn times(all: &Value) -> Times {
    let all = all.as_array().into_iter().flatten().filter_map(Value::as_f64);
    Times::new(all.map(|ms| Duration::from_secs_f64(ms.max(0.0) / 1_000.0)).collect())
}
