//! Makes the site when what it is made from has changed: the compiled frontend, the styles, the
//! public files. The work itself is `xtask/site`'s.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use serde_json::Value;

use crate::shell::{cargo, execute, program, root, step, target};
use crate::{Build, Outcome, needs};

/// The directory of the site, up to date.
pub(crate) fn make(build: Build) -> Outcome<PathBuf> {
    let name = match build {
        Build::Quick => "site-dev",
        Build::Release => "site",
    };
    let target = target()?;
    let wasm = compile(build)?;
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
    let mut maker = maker(&wasm, &out, optimiser.as_deref())?;
    if build == Build::Quick {
        maker.arg("--quick");
    }
    step("Making the site", || execute(maker))?;
    fs::write(&stamp_file, stamp).map_err(|error| format!("{}: {error}", stamp_file.display()))?;
    Ok(out)
}

/// Whose code is in each module of the release: it is made once more in `out`, with the names of functions left in.
/// The shape is that of `xtask/site/src/contents.rs`.
pub(crate) fn contents(out: &Path) -> Outcome<Value> {
    let wasm = compile(Build::Release)?;
    let told = out.with_extension("json");
    let mut maker = maker(&wasm, out, needs::optimiser()?.as_deref())?;
    maker.arg("--contents").arg(&told);
    step("Making the site with names", || execute(maker))?;
    let text = fs::read_to_string(&told).map_err(|error| format!("{}: {error}", told.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", told.display()))
}

/// The frontend as cargo links it.
fn compile(build: Build) -> Outcome<PathBuf> {
    needs::wasm_target()?;
    let (profile, folder) = match build {
        Build::Quick => ("dev", "debug"),
        Build::Release => ("wasm-release", "wasm-release"),
    };
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
    Ok(target()?.join("wasm32-unknown-unknown").join(folder).join("guanhu_frontend.wasm"))
}

/// The program that makes a site in `out`, compiled and told of everything that goes into it.
fn maker(wasm: &Path, out: &Path, optimiser: Option<&Path>) -> Outcome<Command> {
    step("Compiling the maker of the site", || execute(cargo(["build", "--package=xtask-site"])))?;
    let mut maker = program(target()?.join("debug/xtask-site"));
    maker.arg("--wasm").arg(wasm).arg("--style").arg(root().join("style"));
    maker.arg("--public").arg(root().join("app/public")).arg("--out").arg(out);
    if let Some(optimiser) = optimiser {
        maker.arg("--optimiser").arg(optimiser);
    }
    Ok(maker)
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
