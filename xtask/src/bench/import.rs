//! A feed of canonical files, shaped like the Berka bank's: loaded into an empty bank, then again when nothing has changed.
//!
//! `GUANHU_BENCH_IMPORT` says how many customers the files have (5,400, some 100,000 rows).

mod files;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use super::report::{Report, Unit};
use crate::shell::{execute_listening, program, step};
use crate::{Build, Outcome, run};

const TIMES: usize = 3;
/// How the command calls its last step.
const SUMMARIES: &str = "summaries";

/// One load: its files in the order in which they came, with the seconds until the next; the rest is the last.
struct Load {
    seconds: f64,
    read: u64,
    stages: Vec<(String, f64)>,
    rows: BTreeMap<String, u64>,
}

pub(crate) fn measure() -> Outcome {
    let customers: usize = match std::env::var("GUANHU_BENCH_IMPORT") {
        Ok(number) => number.parse().map_err(|_| format!("GUANHU_BENCH_IMPORT={number} is not a number"))?,
        Err(_) => 5_400,
    };
    let server = run::server(Build::Release)?;
    let folder = super::bank::folder()?;
    let mut report = Report::in_folder("import", customers as u64, &folder);
    let (feed, bank) = (folder.join("import-feed"), folder.join("import-bank"));
    let rows = step(&format!("Files of {customers} customers"), || files::write(&feed, customers))?;
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for turn in 1..=TIMES {
        super::data::remove(&bank)?;
        first.push(step(&format!("A first load, {turn} of {TIMES}"), || load(&server, &feed, &bank, "inserted"))?);
        again.push(step("The same again", || load(&server, &feed, &bank, "unchanged"))?);
    }
    super::data::remove(&bank)?;
    if let Some(other) = first.iter().chain(&again).find(|load| load.read != rows as u64) {
        return Err(format!("{rows} rows were written and {} read", other.read));
    }
    print(customers, rows, &first, &again);
    for (what, loads) in [("a first load", &first), ("the same again", &again)] {
        let seconds: Vec<f64> = loads.iter().map(|load| load.seconds).collect();
        let rates: Vec<f64> = seconds.iter().map(|took| rows as f64 / took).collect();
        report.mean(what, Unit::Seconds, &seconds);
        report.mean(&format!("{what}, rows"), Unit::PerSecond, &rates);
    }
    report.keep()
}

/// Loads the feed; all of its rows have to be `counted` alike.
fn load(server: &Path, feed: &Path, bank: &Path, counted: &str) -> Outcome<Load> {
    let mut command = program(server);
    command
        .arg("import")
        .arg(feed)
        .args(["--bank", "基准银行", "--business-date", files::BUSINESS_DATE])
        .env_remove("DATABASE_URL")
        .env_remove("DATABASE_REPLICA_URL")
        .env("GUANHU_DATA_DIR", bank);
    let mut begun: Vec<(String, Instant)> = Vec::new();
    let mut said = Vec::new();
    let (succeeded, output) = execute_listening(command, |line| match step_of(line) {
        Some(what) if begun.last().is_none_or(|(last, _)| last != what) => begun.push((what.to_owned(), Instant::now())),
        Some(_) => {}
        None => said.push(line.to_owned()),
    })?;
    let report: Value = output.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
    let number = |name: &str| report[name].as_u64().unwrap_or(0);
    let read = number("read");
    if !succeeded || read == 0 || number(counted) != read {
        return Err(format!("of {read} rows {} were {counted}:\n{}\n{output}", number(counted), said.join("\n")));
    }
    let seconds = report["seconds"].as_f64().unwrap_or(0.0);
    let mut stages: Vec<(String, f64)> = Vec::new();
    for pair in begun.windows(2) {
        if let [(what, since), (_, until)] = pair {
            stages.push((what.clone(), (*until - *since).as_secs_f64()));
        }
    }
    let rest = seconds - stages.iter().map(|(_, took)| took).sum::<f64>();
    stages.push((SUMMARIES.to_owned(), rest));
    let of_file = |file: &Value| Some((file["file"].as_str()?.to_owned(), file["read"].as_u64()?));
    let rows = report["files"].as_array().into_iter().flatten().filter_map(of_file).collect();
    Ok(Load { seconds, read, stages, rows })
}

/// What `[3/12] customers.csv: 5400 rows, 100%` and `[12/12] summaries` are about.
fn step_of(line: &str) -> Option<&str> {
    let (number, what) = line.strip_prefix('[')?.split_once("] ")?;
    number.split_once('/')?;
    what.split(':').next()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn print(customers: usize, rows: usize, first: &[Load], again: &[Load]) {
    println!("\n{customers} customers, {rows} rows; medians of {TIMES} loads into an empty bank, and of the same again\n");
    println!("{:<44} {:>8} {:>9} {:>9} {:>9} {:>9}", "", "rows", "first, s", "rows/s", "again, s", "rows/s");
    let of = |loads: &[Load], stage: &str| {
        let took = |load: &Load| load.stages.iter().filter(|(name, _)| name == stage).map(|(_, took)| took).sum::<f64>();
        median(loads.iter().map(took))
    };
    let known = first.first().map(|load| (load.stages.as_slice(), &load.rows));
    for (stage, _) in known.map(|(stages, _)| stages).unwrap_or_default() {
        let own = known.and_then(|(_, rows)| rows.get(stage).copied());
        let (once, twice) = (of(first, stage), of(again, stage));
        let words = if stage == SUMMARIES { "before the first file, and what follows the last" } else { stage.as_str() };
        line(words, own, once, twice);
    }
    let [once, twice] = [first, again].map(|loads| median(loads.iter().map(|load| load.seconds)));
    line("all", Some(rows as u64), once, twice);
    println!();
}

fn line(words: &str, rows: Option<u64>, once: f64, twice: f64) {
    let counted = rows.map(|rows| rows.to_string()).unwrap_or_default();
    let speed = |took: f64| match rows {
        Some(rows) if took > 0.0 => format!("{:.0}", rows as f64 / took),
        _ => String::new(),
    };
    println!("{words:<44} {counted:>8} {once:>9.2} {:>9} {twice:>9.2} {:>9}", speed(once), speed(twice));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_tells_which_file() {
        assert_eq!(step_of("[3/12] customers.csv: 5400 rows, 100%"), Some("customers.csv"));
        assert_eq!(step_of("[12/12] summaries"), Some(SUMMARIES));
        assert_eq!(step_of("customers.csv            customers             5400 read"), None);
    }

    #[test]
    fn the_median_is_one_of_them() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median(std::iter::empty()), 0.0);
    }
}
