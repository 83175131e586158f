//! The machine is lost while people are at work, and the bank comes back from its backup: how much of what was
//! acknowledged is gone (RPO), and how long until people are answered again (RTO).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::Line;
use super::bank::{Bank, GLANCE, PATIENCE, log_in};
use super::http::{Request, members};
use crate::Outcome;

/// Seconds between two fetches of the log.
const EVERY: u64 = 5;
/// How long people work before the machine is lost: several fetches, and something since the last.
const WORK: Duration = Duration::from_secs(4 * EVERY + 3);

/// Follows the log until it is dropped.
struct Follower(Child);

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn run(bank: &Bank, place: &Path) -> Outcome<Line> {
    let backup = place.join("backup");
    let dir = backup.display().to_string();
    done(bank, &["backup", &dir])?;
    // What the operator holds, apart from the machine and from the backup.
    let key = place.join("operator.key");
    fs::copy(bank.data_dir().join("backup.key"), &key).map_err(|error| format!("{}: {error}", key.display()))?;
    let mut follow = bank.command(&["backup", &dir, "--log-only", "--follow", "--every", &EVERY.to_string()]);
    follow.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let follower = Follower(follow.spawn().map_err(|error| format!("guanhu backup: {error}"))?);

    let acknowledged = work(bank)?;
    // Nobody who could start the database again outlives it.
    let lost = Instant::now();
    bank.kill();
    drop(follower);
    bank.kill_postgres()?;
    gone(&bank.data_dir())?;

    let begun = Instant::now();
    done(bank, &["restore", &dir, "--key-file", &key.display().to_string()])?;
    let restored = begun.elapsed();
    bank.start()?;
    bank.wait()?;
    let answers = begun.elapsed();

    let (kept, newest_lost) = kept(bank, &acknowledged)?;
    let rpo = newest_lost.map_or(Duration::ZERO, |at| lost - at);
    if rpo > Duration::from_secs(3 * EVERY) {
        return Err(format!("{:.1} s of acknowledged writes are gone, though the log was fetched every {EVERY} s", rpo.as_secs_f64()));
    }
    Ok(Line {
        what: "lose the machine, restore on another".into(),
        writes: kept,
        answers: Some(answers),
        said: format!(
            "RPO {:.1} s with a log fetched every {EVERY} s: {} of {} acknowledged writes gone, the newest; RTO {:.1} s, of which the restore and its checks {:.1} s",
            rpo.as_secs_f64(),
            acknowledged.len() - kept,
            acknowledged.len(),
            answers.as_secs_f64(),
            restored.as_secs_f64()
        ),
    })
}

/// One person at work: what was acknowledged, in its order, and when.
fn work(bank: &Bank) -> Outcome<Vec<(String, Instant)>> {
    let token = log_in(bank.address, "branch")?;
    let list = Request::get("/api/v1/customers?limit=200", &token).ask(bank.address).map_err(|error| format!("the list: {error}"))?;
    let customers = members(&list.body, "customer_no");
    let (begun, mut acknowledged) = (Instant::now(), Vec::new());
    for (at, no) in customers.iter().cycle().enumerate() {
        if begun.elapsed() > WORK {
            break;
        }
        let mark = format!("drill{}n{at}", std::process::id());
        let path = format!("/api/v1/customers/{no}/activities");
        let body = format!(r#"{{"kind":"call","summary":"{mark}"}}"#);
        let headers = format!("Idempotency-Key: 00000000-0000-4000-8000-{:012x}\r\n", u64::from(std::process::id()) << 20 | at as u64);
        let answer = Request { method: "POST", path: &path, token: &token, headers, body: &body }.ask(bank.address);
        let answer = answer.map_err(|error| format!("{path}: {error}"))?;
        if answer.status != 201 {
            return Err(format!("{path}: {} {}", answer.status, answer.body));
        }
        acknowledged.push((mark, Instant::now()));
        thread::sleep(GLANCE);
    }
    Ok(acknowledged)
}

/// How many of the acknowledged writes are there, and since when the others were acknowledged: those are the newest,
/// since a log that is replayed has no holes.
fn kept(bank: &Bank, acknowledged: &[(String, Instant)]) -> Outcome<(usize, Option<Instant>)> {
    let rows = bank.sql(&format!("select summary from activity where summary like 'drill{}n%'", std::process::id()))?;
    let found: BTreeSet<&str> = rows.iter().filter_map(|row| row.first()).map(String::as_str).collect();
    let kept = acknowledged.iter().take_while(|(mark, _)| found.contains(mark.as_str())).count();
    if let Some((mark, _)) = acknowledged[kept..].iter().find(|(mark, _)| found.contains(mark.as_str())) {
        return Err(format!("{mark} is there, and something acknowledged before it is not"));
    }
    if rows.len() != found.len() {
        return Err(format!("{} writes are there twice", rows.len() - found.len()));
    }
    Ok((kept, acknowledged.get(kept).map(|(_, at)| *at)))
}

fn done(bank: &Bank, args: &[&str]) -> Outcome {
    let output = bank.output(args)?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("guanhu {}: {}", args.join(" "), String::from_utf8_lossy(&said).trim()))
}

/// The machine is no more. Processes of a database that was killed take a moment to notice.
fn gone(data: &Path) -> Outcome {
    let since = Instant::now();
    loop {
        match fs::remove_dir_all(data) {
            Ok(()) => return Ok(()),
            Err(_) if since.elapsed() < PATIENCE => thread::sleep(GLANCE),
            Err(error) => return Err(format!("{}: {error}", data.display())),
        }
    }
}
