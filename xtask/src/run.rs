//! From a fresh checkout to a bank in the browser.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use crate::shell::{cargo, execute, free_memory, program, side_by_side, step, target};
use crate::{Build, Outcome, site};

/// What two compilers at once take at most, with room for everything else.
const ROOMY: u64 = 6 << 30;

/// Builds and serves. `rest` goes to `guanhu serve` as it is.
pub(crate) fn run(build: Build, rest: &[&str]) -> Outcome {
    // Each ends with minutes on one core, while the other's crates are compiled on the other one. Their folders differ, so
    // that neither waits for the other's lock.
    let is_roomy = build == Build::Release && free_memory().is_some_and(|bytes| bytes > ROOMY);
    let (server, site) =
        if is_roomy { side_by_side(|| server(build), || site::make(build))? } else { (server(build)?, site::make(build)?) };
    eprintln!("▸ Starting (Ctrl-C stops the server and its database)");
    // The server takes this process's place, so that signals reach it directly.
    let mut serve = program(server);
    serve.args(["serve", "--demo"]).args(rest).env("GUANHU_SITE_DIR", site);
    Err(format!("guanhu serve: {}", serve.exec()))
}

/// Path of the server's program, up to date.
pub(crate) fn server(build: Build) -> Outcome<PathBuf> {
    let (profile, folder) = match build {
        Build::Quick => ("dev", "debug"),
        Build::Release => ("release", "release"),
    };
    step(&format!("Compiling the server ({profile})"), || {
        execute(cargo(["build", "--package=guanhu", "--bin=guanhu", "--profile", profile]))
    })?;
    Ok(target()?.join(folder).join("guanhu"))
}
