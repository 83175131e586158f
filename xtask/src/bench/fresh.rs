//! A fresh machine: a clone of what is committed, an empty home and nothing compiled; from `cargo xtask run` to the
//! login page, interrupted on the way and begun again.
//!
//! Rust itself is there, and so are the system's packages that are there already: what is measured is what a second
//! person of the same machine would wait for.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::bank;
use super::http::Connection;
use super::report::{Report, Unit};
use crate::Outcome;
use crate::serving::free_address;
use crate::shell::{answer, cargo, execute, interrupted, program, root, step};

/// When it is interrupted, and how long it may take in all.
const INTERRUPTED: Duration = Duration::from_secs(150);
const PATIENCE: Duration = Duration::from_secs(90 * 60);
/// How long it may take to end, the database included.
const GRACE: Duration = Duration::from_secs(150);
const GLANCE: Duration = Duration::from_millis(500);

/// Gone at the end, with everything that was fetched and compiled.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn measure() -> Outcome {
    let folder = bank::folder()?;
    let place = Place(std::env::temp_dir().join(format!("guanhu-fresh-{}", std::process::id())));
    let (clone, home) = (place.0.join("clone"), place.0.join("home"));
    fs::create_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
    let mut git = program("git");
    git.args(["clone", "--quiet", "--no-local"]).arg(root()).arg(&clone);
    step("Cloning what is committed", || execute(git))?;
    let mut report = Report::in_folder("fresh", 0, &folder);
    let address = free_address()?;
    let log = folder.join("fresh.log");
    let _ = fs::remove_file(&log);
    let fetched = received();

    let since = Instant::now();
    let mut child = start(&clone, &home, address, &log)?;
    let early = until_login(&mut child, address, INTERRUPTED)?;
    if early.is_none() {
        end(&mut child)?;
        eprintln!("  interrupted after {} s, and begun again", since.elapsed().as_secs());
        child = start(&clone, &home, address, &log)?;
    }
    let served = match early {
        Some(()) => Some(()),
        None => until_login(&mut child, address, PATIENCE)?,
    };
    let took = since.elapsed();
    let fetched = received().zip(fetched).map(|(now, before)| now.saturating_sub(before));
    end(&mut child)?;
    if served.is_none() {
        return Err(format!("no login page after {} s; see {}", took.as_secs(), log.display()));
    }
    let disk = used(&place.0);

    println!("\nfrom `cargo xtask run` in a fresh clone to the login page: {:.0} s\n", took.as_secs_f64());
    report.once("to the login page", Unit::Seconds, took.as_secs_f64());
    for (what, seconds) in steps(&fs::read_to_string(&log).unwrap_or_default()) {
        println!("{what:<52} {seconds:>7.1} s");
        report.once(&what, Unit::Seconds, seconds);
    }
    for (what, bytes) in [("fetched", fetched), ("on the disk", disk)] {
        let Some(bytes) = bytes else { continue };
        println!("{what:<52} {:>7.0} MB", bytes as f64 / 1e6);
        report.once(what, Unit::Bytes, bytes as f64);
    }
    println!();
    report.keep()
}

/// `cargo xtask run` in a group of its own, so that it can be interrupted as a terminal does it.
fn start(clone: &Path, home: &Path, address: SocketAddr, log: &Path) -> Outcome<Child> {
    let failed = |error: std::io::Error| format!("{}: {error}", log.display());
    let output = File::options().create(true).append(true).open(log).map_err(failed)?;
    let errors = output.try_clone().map_err(failed)?;
    let mut command = cargo(["xtask", "run"]);
    for name in ["CARGO_TARGET_DIR", "DATABASE_URL", "GUANHU_DATA_DIR", "GUANHU_SITE_DIR"] {
        command.env_remove(name);
    }
    // rustup finds its toolchains by the home, which is another here.
    if let Some(before) = std::env::var_os("HOME") {
        let toolchains = std::env::var_os("RUSTUP_HOME").map_or_else(|| PathBuf::from(before).join(".rustup"), PathBuf::from);
        command.env("RUSTUP_HOME", toolchains);
    }
    command
        .current_dir(clone)
        .env("HOME", home)
        .env("CARGO_HOME", home.join(".cargo"))
        .env("GUANHU_ADDR", address.to_string())
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .process_group(0);
    command.spawn().map_err(|error| format!("cargo xtask run: {error}"))
}

/// Waits for the login page; `None` when the time is over before.
fn until_login(child: &mut Child, address: SocketAddr, patience: Duration) -> Outcome<Option<()>> {
    let (since, interrupted) = (Instant::now(), interrupted());
    while since.elapsed() < patience {
        let page = Connection::open(address).and_then(|mut connection| connection.ask("/login", None));
        if page.is_ok_and(|page| page.status == 200) {
            return Ok(Some(()));
        }
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Err(format!("cargo xtask run ended ({status}); its words are in target/bench/fresh.log"));
        }
        if interrupted.load(Ordering::Relaxed) {
            end(child)?;
            return Err("Interrupted".into());
        }
        thread::sleep(GLANCE);
    }
    Ok(None)
}

/// Ctrl-C to everything that it started.
fn end(child: &mut Child) -> Outcome {
    let _ = answer(program("kill").args(["-INT", "--", &format!("-{}", child.id())]));
    let since = Instant::now();
    while child.try_wait().map_err(|error| error.to_string())?.is_none() {
        if since.elapsed() > GRACE {
            let _ = answer(program("kill").args(["-KILL", "--", &format!("-{}", child.id())]));
            return child.wait().map(drop).map_err(|error| error.to_string());
        }
        thread::sleep(GLANCE);
    }
    Ok(())
}

/// Bytes that this machine has received, but from itself.
fn received() -> Option<u64> {
    let text = fs::read_to_string("/proc/net/dev").ok()?;
    let of = |line: &str| -> Option<u64> {
        let (name, figures) = line.split_once(':')?;
        (name.trim() != "lo").then(|| figures.split_whitespace().next()?.parse().ok()).flatten()
    };
    Some(text.lines().filter_map(of).sum())
}

fn used(place: &Path) -> Option<u64> {
    let said = answer(program("du").args(["-sk", "--"]).arg(place))?;
    said.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib << 10)
}

/// Every step that was done, and how long it took.
fn steps(log: &str) -> Vec<(String, f64)> {
    let done = |line: &str| {
        let (what, took) = line.trim().split_once(": done in ")?;
        Some((what.to_owned(), took.strip_suffix(" s")?.parse().ok()?))
    };
    log.lines().filter_map(done).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_from_what_was_said() {
        let said = "▸ Compiling the server (release)\n  Compiling the server (release): done in 312.4 s\n  splitting: 0.4 s\n";
        assert_eq!(steps(said), [("Compiling the server (release)".to_owned(), 312.4)]);
    }
}
