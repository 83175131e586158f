//! Killing things under load, and counting what was promised.
//!
//! `cargo xtask faults [--seed S] [--rounds N] [--only NAME]` runs a real server on a database of its own.
//! Writers change customers all the while and repeat what was not answered under the same idempotency key.
//! Each round does something bad, waits until the server answers again by itself, and then asks the
//! database: is every acknowledged write there exactly once, does everybody have one lead, do the books
//! and the audit log agree? The same seed does the same things in the same order.

mod balancer;
mod bank;
pub(crate) mod dice;
mod drill;
mod feed;
mod http;
mod overload;
mod pair;
mod pair_checks;
mod rounds;
mod verify;
mod wire;
mod writers;

use std::path::PathBuf;
use std::time::Duration;

use bank::Bank;
use dice::Dice;

use crate::shell::{self, step};
use crate::{Build, Outcome, run};

/// What a person asked for.
struct Asked {
    seed: u64,
    rounds: usize,
    only: Option<String>,
    release: bool,
}

/// Parts that can be had alone.
const PARTS: [&str; 4] = ["rounds", "overload", "restore", "pair"];

const USAGE: &str = "cargo xtask faults [--seed S] [--rounds N] [--only rounds|overload|restore|pair] [--release]";

/// One line of the table.
pub(crate) struct Line {
    what: String,
    /// Acknowledged writes that were looked for.
    writes: usize,
    /// From the fault, or from its end where it lasts, to the first answer.
    answers: Option<Duration>,
    said: String,
}

pub(crate) fn faults(words: &[&str]) -> Outcome {
    let asked = asked(words)?;
    let built = run::server(if asked.release { Build::Release } else { Build::Quick })?;
    let place = Place::make()?;
    // Others may build meanwhile; what is run stays the same.
    let server = place.0.join("guanhu");
    std::fs::copy(&built, &server).map_err(|error| format!("{}: {error}", built.display()))?;
    eprintln!("seed {}, {} rounds, in {}", asked.seed, asked.rounds, place.0.display());
    let wants = |name: &str| asked.only.as_deref().is_none_or(|only| only == name);
    let mut lines = Vec::new();
    let outcome: Outcome = (|| {
        if wants("rounds") || wants("overload") || wants("restore") {
            let bank = step("A bank of its own", || Bank::make(&server, &place.0.join("bank")))?;
            if wants("rounds") {
                rounds::run(&bank, &mut Dice::new(asked.seed), asked.rounds, &mut lines)?;
            }
            if wants("overload") {
                lines.push(step("Overload", || overload::run(&bank))?);
            }
            if wants("restore") {
                lines.push(step("The machine is lost, and the bank restored from its backup", || drill::run(&bank, &place.0))?);
            }
        }
        if wants("pair") {
            step("Two servers, a primary and two standbys", || pair::run(&server, &place.0, &mut Dice::new(asked.seed), &mut lines))?;
        }
        Ok(())
    })();
    print(&lines);
    if outcome.is_err() {
        place.keep();
    }
    outcome
}

fn asked(words: &[&str]) -> Outcome<Asked> {
    let mut asked = Asked { seed: 1, rounds: 20, only: None, release: false };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| USAGE.to_owned());
        match *word {
            "--seed" => asked.seed = value()?.parse().map_err(|_| USAGE)?,
            "--rounds" => asked.rounds = value()?.parse().map_err(|_| USAGE)?,
            "--only" => asked.only = Some((*value()?).to_owned()),
            "--release" => asked.release = true,
            _ => return Err(USAGE.into()),
        }
    }
    if asked.only.as_deref().is_some_and(|only| !PARTS.contains(&only)) {
        return Err(USAGE.into());
    }
    Ok(asked)
}

fn print(lines: &[Line]) {
    println!("\n{:<4} {:<44} {:>8} {:>10}  found", "", "what was done", "writes", "answers in");
    for (at, line) in lines.iter().enumerate() {
        let answers = line.answers.map_or("–".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()));
        println!("{:<4} {:<44} {:>8} {:>10}  {}", at + 1, line.what, line.writes, answers, line.said);
    }
    println!();
}

/// A directory that the database's system user can reach, gone at the end. As root it is a small file
/// system of its own, which can be filled.
struct Place(PathBuf);

/// Enough for the bank and its log, little enough to be filled in a moment.
const SIZE: &str = "2600m";

impl Place {
    fn make() -> Outcome<Place> {
        let dir = std::env::temp_dir().join(format!("guanhu-faults-{}", std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let mut mount = shell::program("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={SIZE},mode=755"), "guanhu-faults"]).arg(&dir);
        if shell::answer(&mut mount).is_none() {
            eprintln!("  no small file system can be mounted (that takes root): the disk will not be filled");
        }
        Ok(Place(dir))
    }

    /// For whoever wants to look.
    fn keep(&self) {
        let kept = std::env::temp_dir().join("guanhu-faults-kept");
        let _ = std::fs::remove_dir_all(&kept);
        let _ = std::fs::create_dir_all(&kept);
        for entry in std::fs::read_dir(&self.0).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "log") {
                let _ = std::fs::copy(entry.path(), kept.join(entry.file_name()));
            }
        }
        eprintln!("  logs are kept in {}", kept.display());
    }

    fn is_small(dir: &std::path::Path) -> bool {
        shell::answer(shell::program("stat").args(["-f", "-c", "%T"]).arg(dir)).is_some_and(|kind| kind == "tmpfs")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if Place::is_small(&self.0) {
            let _ = shell::answer(shell::program("umount").arg("--lazy").arg(&self.0));
        }
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
