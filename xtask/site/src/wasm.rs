//! From the linked frontend to what a browser runs, as `cargo leptos --split` does it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use wasm_bindgen_cli_support::Bindgen;

use crate::{Outcome, files_below, read, rename, write};

/// Leptos looks for this very name: it leaves room for a hash that we keep in the directory.
pub(crate) const LOADER: &str = "./__wasm_split.______________________.js";
pub(crate) const MANIFEST: &str = "__wasm_split_manifest.json";

/// Cuts the chunks of lazy routes out of `wasm`, and generates the JavaScript of the rest.
pub(crate) fn split_and_bind(wasm: &Path, pkg: &Path) -> Outcome {
    let whole = read(wasm)?;
    let rest = pkg.join("rest.wasm");
    let mut options = wasm_split_cli_support::Options::new(&whole);
    options.output_dir = pkg;
    options.main_out_path = &rest;
    options.main_module = "./guanhu.js";
    options.link_name = LOADER;
    let split = wasm_split_cli_support::transform(options).map_err(|error| format!("splitting {}: {error:?}", wasm.display()))?;
    let manifest = serde_json::to_vec(&split.prefetch_map).map_err(|error| error.to_string())?;
    write(&pkg.join(MANIFEST), &manifest)?;

    let failed = |error| format!("wasm-bindgen: {error:?}");
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(&rest)
        .out_name("guanhu")
        .web(true)
        .map_err(failed)?
        .typescript(false)
        // The chunks import what the linker exported, under the names that it gave.
        .keep_lld_exports(true)
        .demangle(false);
    bindgen.generate(pkg).map_err(failed)?;
    std::fs::remove_file(&rest).map_err(|error| format!("{}: {error}", rest.display()))?;
    rename(&pkg.join("guanhu_bg.wasm"), &pkg.join("guanhu.wasm"))
}

/// The optimiser finds nothing in a few functions.
const WORTH_SHRINKING: u64 = 8 * 1024;

/// Shrinks the main module and every chunk of some size with the script `optimiser`, as many at a time as there are
/// processors. `named`: functions keep their names.
pub(crate) fn shrink(pkg: &Path, optimiser: &Path, named: bool) -> Outcome {
    let mut files = files_below(pkg)?;
    let size = |file: &Path| std::fs::metadata(file).map_or(0, |meta| meta.len());
    files.retain(|file| file.extension().is_some_and(|kind| kind == "wasm") && size(file) >= WORTH_SHRINKING);
    // The main module takes longest and starts first.
    files.sort_by_key(|file| std::cmp::Reverse(size(file)));
    let queue = std::sync::Mutex::new(files.into_iter());
    let next = || queue.lock().ok().and_then(|mut files| files.next());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(|| shrink_in_turn(&next, optimiser, named))).collect();
        handles.into_iter().try_for_each(|handle| handle.join().unwrap_or_else(|_| Err("shrinking stopped".into())))
    })
}

/// One optimiser for file after file.
fn shrink_in_turn(next: &(dyn Fn() -> Option<PathBuf> + Sync), optimiser: &Path, named: bool) -> Outcome {
    let failed = |error: std::io::Error| format!("node {}: {error}", optimiser.display());
    let mut node = Command::new("node");
    node.arg(optimiser).args(named.then_some("--names"));
    let mut node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let (Some(mut asks), Some(answers)) = (node.stdin.take(), node.stdout.take()) else { return Err("node has no pipes".into()) };
    let mut answers = BufReader::new(answers).lines();
    while let Some(file) = next() {
        // Where it has stopped, its exit status says so below.
        if writeln!(asks, "{}", file.display()).is_err() || !matches!(answers.next(), Some(Ok(_))) {
            break;
        }
    }
    drop(asks);
    let status = node.wait().map_err(failed)?;
    if status.success() { Ok(()) } else { Err(format!("node {}: {status}", optimiser.display())) }
}
