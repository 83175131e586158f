//! The browser tests: a demo bank on a server of its own, and Playwright against it.

use std::fs;
use std::path::Path;

use crate::shell::{execute, program, root, target};
use crate::test::Counts;
use crate::{Outcome, needs, serving};

/// Of every demo login, in tests only.
const PASSWORD: &str = "a-demo-password-for-tests";

/// Serves a demo bank from `data_dir` and runs all specs of `end2end` against it.
pub(crate) fn test(server: &Path, site: &Path, data_dir: &Path) -> Outcome<Counts> {
    let chromium = needs::chromium()?;
    let folder = root().join("end2end");
    needs::npm_packages(&folder)?;

    let address = serving::free_address()?;
    let log = target()?.join("end2end-server.log");
    let _running = serving::start(server, site, data_dir, address, PASSWORD, &log)?;

    let report = target()?.join("end2end.json");
    let _ = fs::remove_file(&report);
    let mut playwright = program("npx");
    playwright
        .args(["--no-install", "playwright", "test"])
        .current_dir(&folder)
        .env("GUANHU_URL", format!("http://{address}"))
        .env("GUANHU_DEMO_PASSWORD", PASSWORD)
        .env("GUANHU_CHROMIUM", chromium)
        .env("GUANHU_OUTPUT_DIR", target()?.join("end2end"))
        .env("GUANHU_REPORT", &report);
    let outcome = execute(playwright);
    let counts = fs::read_to_string(&report).ok().as_deref().and_then(parse_report);
    match (outcome, counts) {
        (Ok(()), Some(counts)) => Ok(counts),
        (Err(error), Some(counts)) if counts.failed > 0 => {
            eprintln!("{error}\nThe server's log: {}", log.display());
            Ok(counts)
        }
        (Err(error), _) => Err(format!("{error}\nThe server's log: {}", log.display())),
        (Ok(()), None) => Err(format!("Playwright wrote no {}", report.display())),
    }
}

/// Reads the `stats` of Playwright's JSON report. A flaky test is one that failed.
fn parse_report(report: &str) -> Option<Counts> {
    let (_, stats) = report.rsplit_once("\"stats\"")?;
    let number = |name: &str| -> Option<u64> {
        let (_, rest) = stats.split_once(&format!("\"{name}\":"))?;
        rest.trim_start().split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    Some(Counts { passed: number("expected")?, failed: number("unexpected")? + number("flaky")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_playwrights_report() {
        let report = r#"{"suites": [], "stats": {"startTime": "x", "duration": 1.5,
            "expected": 7, "skipped": 1, "unexpected": 2, "flaky": 1}}"#;
        assert_eq!(parse_report(report), Some(Counts { passed: 7, failed: 3 }));
        assert_eq!(parse_report("{}"), None);
    }
}
