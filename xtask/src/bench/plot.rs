//! The growth of costs with the bank, drawn into the docs from results of banks of several sizes.

use std::fs;
use std::path::{Path, PathBuf};

use super::bank;
use crate::Outcome;
use crate::shell::{cargo, execute, program, root, step, target};

/// Benchmarks whose figures are drawn.
const DRAWN: [&str; 4] = ["reads", "dashboards", "rules", "moves"];

/// Draws `docs/images/growth.svg` from these results, or from all that are there.
pub(crate) fn plot(results: &[&str]) -> Outcome {
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    let results: Vec<PathBuf> = if results.is_empty() { kept()? } else { results.iter().map(|result| here.join(result)).collect() };
    if results.is_empty() {
        return Err("there are no results: cargo xtask bench reads, and again with --customers 1000000".into());
    }
    step("Compiling what draws", || execute(cargo(["build", "--package=xtask-plot"])))?;
    let out = root().join("docs/images/growth.svg");
    let mut plot = program(target()?.join("debug/xtask-plot"));
    plot.arg(&out).args(&results);
    execute(plot)?;
    println!("{}", out.display());
    Ok(())
}

/// Results in `target/bench/`.
fn kept() -> Outcome<Vec<PathBuf>> {
    let folder = bank::folder()?;
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut kept: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| is_drawn(path)).collect();
    kept.sort();
    Ok(kept)
}

/// `reads-100000.json` and the like.
fn is_drawn(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Some((benchmark, customers)) = name.strip_suffix(".json").and_then(|name| name.rsplit_once('-')) else { return false };
    DRAWN.contains(&benchmark) && customers.parse::<u64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_results_of_banks_are_drawn() {
        let drawn = ["reads-100000.json", "moves-7.json", "browser-7.json", "reads.json", "reads-old.json", "branch-list.sql"];
        assert_eq!(drawn.map(|name| is_drawn(Path::new(name))), [true, true, false, false, false, false]);
    }
}
