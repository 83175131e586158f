//! Two results of the same benchmark beside each other: what is different beyond noise.
//!
//! A figure has changed when the ranges of the two runs lie apart, and by more than a twentieth. Times and rates
//! are first put onto the same machine: each run measured, before and after, how long the same sorting took there;
//! how far its two measurements are apart widens its ranges.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::report::{Figure, Unit};
use crate::Outcome;

/// What is apart by less is not worth a line.
const WORTH: f64 = 0.05;

/// A result as it was kept.
pub(crate) struct Kept {
    pub(crate) benchmark: String,
    pub(crate) customers: u64,
    at: String,
    commit: String,
    yardstick: [f64; 2],
    figures: BTreeMap<String, Figure>,
}

pub(crate) fn read(file: &Path) -> Outcome<Kept> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let json: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    kept(&json).ok_or_else(|| format!("{} is no result of `cargo xtask bench`", file.display()))
}

fn kept(json: &Value) -> Option<Kept> {
    let text = |name: &str| json[name].as_str().unwrap_or("?").to_owned();
    let figures = json["figures"].as_array()?.iter().filter_map(|it| {
        let number = |name: &str| it[name].as_f64();
        let what = it["what"].as_str()?.to_owned();
        let unit = Unit::from_code(it["unit"].as_str()?)?;
        Some((what.clone(), Figure { what, unit, value: number("value")?, low: number("low")?, high: number("high")? }))
    });
    Some(Kept {
        benchmark: json["benchmark"].as_str()?.to_owned(),
        customers: json["customers"].as_u64()?,
        at: text("at"),
        commit: text("commit"),
        yardstick: [json["yardstick_ms"][0].as_f64()?, json["yardstick_ms"][1].as_f64()?],
        figures: figures.collect(),
    })
}

impl Kept {
    fn slowness(&self) -> f64 {
        (self.yardstick[0] + self.yardstick[1]) / 2.0
    }

    /// By how much the machine's speed changed from the beginning to the end of the run.
    fn drift(&self) -> f64 {
        let [a, b] = self.yardstick;
        if a.min(b) > 0.0 { a.max(b) / a.min(b) - 1.0 } else { 0.0 }
    }
}

/// One figure in both runs.
pub(crate) struct Change<'a> {
    then: &'a Figure,
    now: &'a Figure,
    /// On the same machine, how many times as much as then.
    times: f64,
    is_better: bool,
}

/// What both runs know and what is different beyond noise, the largest change first.
pub(crate) fn changes<'a>(old: &'a Kept, new: &'a Kept) -> Vec<Change<'a>> {
    let slower = if old.slowness() > 0.0 { new.slowness() / old.slowness() } else { 1.0 };
    let mut changes: Vec<Change> = old
        .figures
        .values()
        .filter_map(|then| {
            let now = new.figures.get(&then.what).filter(|now| now.unit == then.unit)?;
            let (speed, drift) = match then.unit.with_slowness() {
                1 => (slower, [old.drift(), new.drift()]),
                -1 => (1.0 / slower, [old.drift(), new.drift()]),
                _ => (1.0, [0.0, 0.0]),
            };
            let range = |it: &Figure, drift: f64, by: f64| (it.low / (1.0 + drift) / by, it.high * (1.0 + drift) / by);
            let (before, after) = (range(then, drift[0], 1.0), range(now, drift[1], speed));
            let value = now.value / speed;
            let is_apart = before.1 < after.0 || after.1 < before.0;
            let is_worth = (value - then.value).abs() > then.value.abs() * WORTH;
            let is_better = (value < then.value) != (then.unit == Unit::PerSecond);
            let times = if then.value == 0.0 { f64::INFINITY } else { value / then.value };
            (is_apart && is_worth).then_some(Change { then, now, times, is_better })
        })
        .collect();
    changes.sort_by(|a, b| distance(b.times).total_cmp(&distance(a.times)).then_with(|| a.then.what.cmp(&b.then.what)));
    changes
}

fn distance(times: f64) -> f64 {
    if times > 0.0 { times.ln().abs() } else { f64::INFINITY }
}

/// Prints what changed from `old` to `new`.
///
/// # Errors
/// When they are of different benchmarks or sizes, and say nothing about each other.
pub(crate) fn print(old: &Kept, new: &Kept) -> Outcome {
    if (&old.benchmark, old.customers) != (&new.benchmark, new.customers) {
        return Err(format!(
            "{} with {} customers and {} with {} say nothing about each other",
            old.benchmark, old.customers, new.benchmark, new.customers
        ));
    }
    let changes = changes(old, new);
    println!("\n{}, {} customers: {} of {} beside {} of {}", new.benchmark, new.customers, new.commit, new.at, old.commit, old.at);
    println!(
        "the machine took {:.2} times as long for the same work; times and rates are set against that",
        new.slowness() / old.slowness().max(f64::MIN_POSITIVE)
    );
    let both = old.figures.keys().filter(|what| new.figures.contains_key(*what)).count();
    println!("{} of {both} figures are different beyond noise\n", changes.len());
    if !changes.is_empty() {
        println!("{:<58} {:>12} {:>12} {:>8}", "", "then", "now", "times");
    }
    for change in &changes {
        println!(
            "{:<58} {:>12} {:>12} {:>7.2}  {}",
            change.then.what,
            shown(change.then),
            shown(change.now),
            change.times,
            if change.is_better { "better" } else { "WORSE" }
        );
    }
    for (what, mine, other) in [("only then", old, new), ("only now", new, old)] {
        let alone: Vec<&str> = mine.figures.keys().filter(|what| !other.figures.contains_key(*what)).map(String::as_str).collect();
        if !alone.is_empty() {
            println!("\n{what}: {}", alone.join(", "));
        }
    }
    println!();
    Ok(())
}

fn shown(it: &Figure) -> String {
    match it.unit {
        Unit::Milliseconds => format!("{:.2} ms", it.value),
        Unit::Seconds => format!("{:.1} s", it.value),
        Unit::PerSecond => format!("{:.0}/s", it.value),
        Unit::Bytes if it.value >= 1e6 => format!("{:.1} MB", it.value / 1e6),
        Unit::Bytes => format!("{:.0} B", it.value),
        Unit::Ratio => format!("{:.2}", it.value),
        Unit::Number => format!("{:.0}", it.value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(yardstick: [f64; 2], figures: &[(&str, &str, f64, f64, f64)]) -> Kept {
        let figures: Vec<Value> = figures
            .iter()
            .map(|(what, unit, value, low, high)| json!({"what": what, "unit": unit, "value": value, "low": low, "high": high}))
            .collect();
        kept(&json!({"benchmark": "reads", "customers": 1, "yardstick_ms": yardstick, "figures": figures})).unwrap()
    }

    fn named<'a>(changes: &'a [Change<'a>]) -> Vec<(&'a str, bool)> {
        changes.iter().map(|change| (change.then.what.as_str(), change.is_better)).collect()
    }

    #[test]
    fn only_what_lies_apart_has_changed() {
        let old = run(
            [10.0, 10.0],
            &[
                ("list", "ms", 10.0, 9.5, 10.5),
                ("search", "ms", 10.0, 7.0, 14.0),
                ("crowd", "per_second", 100.0, 98.0, 102.0),
                ("answer", "bytes", 1_000.0, 1_000.0, 1_000.0),
            ],
        );
        let new = run(
            [10.0, 10.0],
            &[
                ("list", "ms", 13.0, 12.5, 13.5),
                ("search", "ms", 13.0, 9.0, 16.0),
                ("crowd", "per_second", 120.0, 118.0, 122.0),
                ("answer", "bytes", 1_020.0, 1_020.0, 1_020.0),
                ("new", "ms", 1.0, 1.0, 1.0),
            ],
        );
        assert_eq!(named(&changes(&old, &new)), [("list", false), ("crowd", true)]);
    }

    #[test]
    fn a_slower_machine_is_no_change_and_a_moody_one_hides_some() {
        let figures = |times: f64| {
            [("list", "ms", 10.0 * times, 9.5 * times, 10.5 * times), ("crowd", "per_second", 100.0 / times, 99.0 / times, 101.0 / times)]
        };
        let (old, slower) = (run([10.0, 10.0], &figures(1.0)), run([15.0, 15.0], &figures(1.5)));
        assert!(changes(&old, &slower).is_empty());
        let worse = run([15.0, 15.0], &figures(2.0));
        assert_eq!(changes(&old, &worse).len(), 2);
        let moody = run([10.0, 20.0], &figures(2.0));
        assert!(changes(&old, &moody).is_empty(), "it may have been the machine");
        assert!(print(&old, &moody).is_ok());
    }
}
