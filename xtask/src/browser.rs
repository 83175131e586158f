//! The browser tests: a demo bank on a server of its own, and Playwright against it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use crate::shell::{Running, execute, interrupted, program, root, target};
use crate::test::Counts;
use crate::{Outcome, needs};

/// Of every demo login, in tests only.
const PASSWORD: &str = "a-demo-password-for-tests";
/// How long a debug server may take to fill a demo bank on a busy machine.
const BANK_OPENS: Duration = Duration::from_secs(300);

/// Serves a demo bank from `data_dir` and runs all specs of `end2end` against it.
pub(crate) fn test(server: &Path, site: &Path, data_dir: &Path) -> Outcome<Counts> {
    let chromium = needs::chromium()?;
    let folder = root().join("end2end");
    needs::npm_packages(&folder)?;

    let address = free_address()?;
    let log = target()?.join("end2end-server.log");
    let mut running = serve(server, site, data_dir, address, &log)?;
    wait_until_ready(&mut running, address, &log)?;

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

fn serve(server: &Path, site: &Path, data_dir: &Path, address: SocketAddr, log: &Path) -> Outcome<Running> {
    let failed = |error: std::io::Error| format!("{}: {error}", log.display());
    let output = File::create(log).map_err(failed)?;
    let errors = output.try_clone().map_err(failed)?;
    let mut command = program(server);
    command
        .args(["serve", "--demo"])
        .env_remove("DATABASE_URL")
        .env_remove("DATABASE_REPLICA_URL")
        .env("GUANHU_ADDR", address.to_string())
        .env("GUANHU_DATA_DIR", data_dir)
        .env("GUANHU_SITE_DIR", site)
        .env("GUANHU_DEMO_PASSWORD", PASSWORD)
        .stdout(output)
        .stderr(errors);
    Running::start(command)
}

fn wait_until_ready(server: &mut Running, address: SocketAddr, log: &Path) -> Outcome {
    let (since, interrupted) = (Instant::now(), interrupted());
    let with_log = |what: &str| {
        let said = fs::read_to_string(log).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        let end = lines[lines.len().saturating_sub(20)..].join("\n");
        format!("{what}; the end of {}:\n{end}", log.display())
    };
    while !is_ready(address) {
        if let Some(status) = server.ended()? {
            return Err(with_log(&format!("the server ended ({status})")));
        }
        if since.elapsed() > BANK_OPENS {
            return Err(with_log("the server does not become ready"));
        }
        if interrupted.load(Ordering::Relaxed) {
            return Err("Interrupted".into());
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Whether `/readyz` answers 200.
fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}

fn free_address() -> Outcome<SocketAddr> {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).map_err(|error| format!("finding a free port: {error}"))
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
