//! What browsers load: the size of every script as it is transferred, and whose code is in it.
//!
//! The site is made once more with the functions' names left in, and its modules taken apart by crate; sizes over the
//! wire are those of the site that is served.

use std::fs;
use std::path::Path;

use super::bank;
use super::report::{Report, Unit};
use crate::{Build, Outcome, site};

/// Crates that are named of one module.
const NAMED: usize = 6;
/// Modules too small to be taken apart in the table; their sum is told.
const SMALL: f64 = 2_000.0;

pub(crate) fn measure() -> Outcome {
    let folder = bank::folder()?;
    let served = site::make(Build::Release)?;
    let parts = site::contents(&folder.join("site-named"))?;
    let mut report = Report::in_folder("site", 0, &folder);
    let modules = parts["modules"].as_array().cloned().unwrap_or_default();
    let pkg = package(&served)?;
    let brotli = |name: &str| fs::metadata(pkg.join(format!("{name}.br"))).map_or(0.0, |meta| meta.len() as f64);

    println!("\n{:<40} {:>8} {:>8}   whose code, of 100", "script", "kB", "brotli");
    let (mut small, mut small_bytes) = (0, 0.0);
    for module in &modules {
        let name = module["name"].as_str().unwrap_or_default();
        let plain = fs::metadata(pkg.join(name)).map_or(0.0, |meta| meta.len() as f64);
        let sent = brotli(name);
        report.exact(&format!("{name} · brotli"), Unit::Bytes, sent);
        if plain < SMALL {
            small += 1;
            small_bytes += sent;
            continue;
        }
        let whole = module["bytes"].as_f64().unwrap_or(1.0).max(1.0);
        let crates: Vec<(&str, f64)> = module["crates"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|part| Some((part["name"].as_str()?, part["bytes"].as_f64()?)))
            .collect();
        for (part, bytes) in &crates {
            report.exact(&format!("{name} · {part}"), Unit::Bytes, *bytes);
        }
        let named: Vec<String> = crates.iter().take(NAMED).map(|(part, bytes)| format!("{part} {:.0}", 100.0 * bytes / whole)).collect();
        println!("{name:<40} {:>8.0} {:>8.1}   {}", plain / 1e3, sent / 1e3, named.join(" · "));
    }
    println!("{:<40} {:>8} {:>8.1}", format!("{small} smaller ones"), "", small_bytes / 1e3);
    for other in ["guanhu.js", "guanhu.css"] {
        println!("{other:<40} {:>8} {:>8.1}", "", brotli(other) / 1e3);
        report.exact(&format!("{other} · brotli"), Unit::Bytes, brotli(other));
    }
    println!();
    report.keep()
}

/// The directory under the site's fingerprint.
fn package(served: &Path) -> Outcome<std::path::PathBuf> {
    let file = served.join("fingerprint");
    let fingerprint = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(served.join("pkg").join(fingerprint.trim()))
}
