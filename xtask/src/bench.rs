//! The benchmarks, by name.

mod bank;
mod bare;
mod browser;
mod http;
mod moves;
mod quantiles;
mod reads;
mod rules;

use crate::Outcome;

/// Name, what it measures, and the benchmark itself, which prints a table and writes
/// `target/bench/NAME.json`.
type Benchmark = (&'static str, &'static str, fn() -> Outcome);

const ALL: &[Benchmark] = &[
    ("reads", "lists, search, customers and dashboards over REST, by role, beside their bare statements", reads::measure),
    ("moves", "contacts logged and customers moved while boards are open", moves::measure),
    ("browser", "first pages on a slow machine, and frames while rows and cards are scrolled and dragged", browser::measure),
    ("rules", "tiers tried out and evaluated, groups counted while they are built", rules::measure),
];

/// Runs the named benchmarks, or all of them.
pub(crate) fn bench(names: &[&str]) -> Outcome {
    for wanted in names {
        if !ALL.iter().any(|(name, ..)| name == wanted) {
            return Err(format!("no benchmarks named {wanted}\n{}", list()));
        }
    }
    ALL.iter().filter(|(name, ..)| names.is_empty() || names.contains(name)).try_for_each(|(_, _, measure)| measure())
}

fn list() -> String {
    let lines: Vec<String> = ALL.iter().map(|(name, what, _)| format!("  {name:16} {what}")).collect();
    format!("The benchmarks are:\n{}", lines.join("\n"))
}
