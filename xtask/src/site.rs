//! Makes the site when what it is made from has changed: the compiled frontend, the styles, the
//! public files. The work itself is `xtask/site`'s.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::shell::{cargo, execute, program, root, step, target};
use crate::{Build, Outcome, needs};

/// The directory of the site, up to date.
pub(crate) fn make(build: Build) -> Outcome<PathBuf> {
    needs::wasm_target()?;
    let (profile, folder, name) = match build {
        Build::Quick => ("dev", "debug", "site-dev"),
        Build::Release => ("wasm-release", "wasm-release", "site"),
    };
    let target = target()?;
    step(&format!("Compiling the frontend ({profile})"), || {
        execute(cargo([
            "rustc",
            "--package=guanhu-frontend",
            "--lib",
            "--target=wasm32-unknown-unknown",
            "--profile",
            profile,
            "--",
            // Cutting the module at its lazy routes needs to know what refers to what.
            "-Clink-arg=--emit-relocs",
        ]))
    })?;
    let wasm = target.join("wasm32-unknown-unknown").join(folder).join("guanhu_frontend.wasm");
    let (style, public) = (root().join("style"), root().join("app/public"));
    let out = target.join(name);
    let stamp_file = target.join(format!("{name}.stamp"));
    let stamp = stamp(&[&wasm, &style, &public, &root().join("xtask/site")])?;
    if out.is_dir() && fs::read_to_string(&stamp_file).is_ok_and(|last| last == stamp) {
        eprintln!("  The site is up to date");
        return Ok(out);
    }
    let optimiser = match build {
        Build::Quick => None,
        Build::Release => needs::optimiser()?,
    };
    step("Compiling the maker of the site", || execute(cargo(["build", "--package=xtask-site"])))?;
    step("Making the site", || {
        let mut maker = program(target.join("debug/xtask-site"));
        maker.arg("--wasm").arg(&wasm).arg("--style").arg(&style);
        maker.arg("--public").arg(&public).arg("--out").arg(&out);
        if let Some(optimiser) = &optimiser {
            maker.arg("--optimiser").arg(optimiser);
        }
        if build == Build::Quick {
            maker.arg("--quick");
        }
        execute(maker)
    })?;
    fs::write(&stamp_file, stamp).map_err(|error| format!("{}: {error}", stamp_file.display()))?;
    Ok(out)
}

/// Names, sizes and times of all files that the site is made from.
fn stamp(inputs: &[&Path]) -> Outcome<String> {
    let mut lines = Vec::new();
    for input in inputs {
        collect(input, &mut lines)?;
    }
    lines.sort();
    Ok(lines.concat())
}

fn collect(path: &Path, lines: &mut Vec<String>) -> Outcome {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    if path.ends_with("node_modules") || !path.exists() {
        return Ok(());
    }
    let meta = fs::metadata(path).map_err(failed)?;
    if meta.is_dir() {
        for entry in fs::read_dir(path).map_err(failed)? {
            collect(&entry.map_err(failed)?.path(), lines)?;
        }
        return Ok(());
    }
    let changed = meta.modified().map_err(failed)?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut line = String::new();
    let _ = writeln!(line, "{} {} {}", path.display(), meta.len(), changed.as_nanos());
    lines.push(line);
    Ok(())
}
