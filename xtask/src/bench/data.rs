//! A demo bank made anew: how many rows a second each part of it comes to.

use std::fs;
use std::path::Path;

use guanhu_cluster::{Cluster, Options};

use super::bank;
use super::report::{Report, Unit};
use crate::{Build, Outcome, run};

pub(crate) fn measure() -> Outcome {
    let (customers, folder) = (bank::customers()?, bank::folder()?);
    let program = run::server(Build::Release)?;
    let mut report = Report::in_folder("demo", customers, &folder);
    // Whatever an interrupted run left there.
    let place = folder.join("bank-anew");
    remove(&place)?;
    let said = bank::fill(&program, &place, customers);
    remove(&place)?;
    let mut stages = 0;
    for (name, [rows, seconds, rate]) in said?.lines().filter_map(stage) {
        stages += 1;
        report.exact(&format!("{name} · rows"), Unit::Number, rows);
        report.once(name, Unit::Seconds, seconds);
        report.once(&format!("{name} · rows a second"), Unit::PerSecond, rate);
    }
    if stages == 0 {
        return Err("guanhu demo told of no stages".into());
    }
    report.keep()
}

/// A line of the table: name, rows, seconds, rows a second.
fn stage(line: &str) -> Option<(&str, [f64; 3])> {
    let numbers: Vec<&str> = line.split_whitespace().rev().take(3).collect();
    let [rate, seconds, rows] = numbers.as_slice() else { return None };
    let name = line.strip_suffix(*rate)?.trim_end().strip_suffix(*seconds)?.trim_end().strip_suffix(*rows)?.trim();
    Some((name, [rows.parse().ok()?, seconds.parse().ok()?, rate.parse().ok()?])).filter(|(name, _)| !name.is_empty())
}

/// Stops the database of a bank that was made or begun, and removes both.
pub(super) fn remove(place: &Path) -> Outcome {
    if place.join("postgres").exists() || place.join("postgres.location").exists() {
        drop(Cluster::start(place, Options::throw_away()));
    }
    match fs::remove_dir_all(place) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {error}", place.display())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_read_from_the_table() {
        let line = format!("{:<26} {:>12} {:>9.1} {:>10.0}", "rows by COPY", 1_200, 2.5, 480.0);
        assert_eq!(stage(&line), Some(("rows by COPY", [1_200.0, 2.5, 480.0])));
        for other in
            ["", "logins: executive, branch", "                                   rows   seconds     rows/s", "memory at most 183 MB"]
        {
            assert_eq!(stage(other), None, "{other}");
        }
    }
}
