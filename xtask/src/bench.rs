//! The benchmarks, by name.

mod asked;
mod bank;
mod bare;
mod browser;
mod compare;
mod crowd;
mod dashboards;
mod data;
mod fresh;
mod http;
mod import;
mod months;
mod moves;
mod plot;
mod quantiles;
mod reads;
mod report;
mod rules;
mod site;
mod sizes;

use std::path::Path;

use crate::Outcome;

/// Name, what it measures, and the benchmark itself, which prints a table and writes
/// `target/bench/NAME-CUSTOMERS.json`.
type Benchmark = (&'static str, &'static str, fn() -> Outcome);

const ALL: &[Benchmark] = &[
    ("fresh", "a clone in an empty home: from `cargo xtask run` to the login page, interrupted once", fresh::measure),
    ("demo", "a bank made anew: rows a second of every stage, memory", data::measure),
    ("sizes", "bytes per row and per customer, and what larger banks would take", sizes::measure),
    ("reads", "lists, search, customers and boards by role, beside their bare statements, alone and many at once", reads::measure),
    ("dashboards", "dashboards, their pages and figures by role, likewise", dashboards::measure),
    ("import", "a feed of some 100,000 rows loaded into an empty bank, and again unchanged, file by file", import::measure),
    ("rules", "tiers tried out and evaluated, groups counted while they are built", rules::measure),
    ("months", "the books of a month closed again, of the running one, and adoption asked for meanwhile", months::measure),
    ("site", "what browsers load: each script's size, and whose code is in it", site::measure),
    ("browser", "first pages on a slow machine, and frames while rows and cards are scrolled and dragged", browser::measure),
    ("moves", "contacts logged and customers moved while boards are open; last, since it moves everybody", moves::measure),
];

/// They make everything, or a bank, anew, which all others have made already.
const ONLY_BY_NAME: [&str; 2] = ["fresh", "demo"];

const USAGE: &str = "\
cargo xtask bench [NAME…] [--customers N] [--compare OLD.json]
cargo xtask bench compare OLD.json NEW.json
cargo xtask bench plot [RESULT.json…]

  --customers N   over a bank of so many (100,000), made once and kept; more than five million take hours and a
                  disk of their own, which is said before
  --compare OLD   measures once more what OLD is of and says what changed beyond noise
  compare         the same of two results that are there
  plot            draws docs/images/growth.svg from results of banks of several sizes, those in target/bench/ unless named
";

/// Runs the named benchmarks, or all of them.
pub(crate) fn bench(words: &[&str]) -> Outcome {
    match words {
        ["compare", old, new] => return compare::print(&compare::read(Path::new(old))?, &compare::read(Path::new(new))?),
        ["plot", results @ ..] => return plot::plot(results),
        _ => {}
    }
    let (mut names, mut old) = (Vec::new(), None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().copied().ok_or_else(list);
        match *word {
            "--customers" => bank::want(value()?)?,
            // Read before it is measured again: it may lie where the new one will.
            "--compare" => old = Some(compare::read(Path::new(value()?))?),
            name if ALL.iter().any(|(known, ..)| *known == name) => names.push(name),
            name => return Err(format!("no benchmark named {name}\n{}", list())),
        }
    }
    if let Some(old) = &old {
        if names.is_empty() {
            names.extend(ALL.iter().map(|(name, ..)| *name).filter(|name| *name == old.benchmark));
        }
        if names != [old.benchmark.as_str()] {
            return Err(format!("that result is of {}, which is compared alone", old.benchmark));
        }
        bank::want(&old.customers.to_string())?;
    }
    let is_in = |list: &[&str], name: &str| list.contains(&name);
    let is_wanted = |name: &str| if names.is_empty() { !is_in(&ONLY_BY_NAME, name) } else { is_in(&names, name) };
    ALL.iter().filter(|(name, ..)| is_wanted(name)).try_for_each(|(_, _, measure)| measure())?;
    match &old {
        Some(old) => compare::print(old, &compare::read(&report::file(&bank::folder()?, &old.benchmark, old.customers))?),
        None => Ok(()),
    }
}

fn list() -> String {
    let lines: Vec<String> = ALL.iter().map(|(name, what, _)| format!("  {name:16} {what}")).collect();
    format!("{USAGE}\nThe benchmarks are:\n{}", lines.join("\n"))
}
