//! Where the files of the Berka bank are. The server's tests read this too.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// `GUANHU_BERKA_DIR`, else `data/berka` in a folder beside the project; `none` is nowhere.
pub fn find() -> Option<PathBuf> {
    let there = |dir: PathBuf| Some(dir).filter(|dir| dir.join("trans.asc").is_file());
    if let Some(dir) = std::env::var_os("GUANHU_BERKA_DIR").filter(|dir| dir != "none") {
        let named = there(dir.clone().into());
        assert!(named.is_some(), "GUANHU_BERKA_DIR has no files of the Berka bank: {}", dir.display());
        return named;
    }
    if std::env::var_os("GUANHU_BERKA_DIR").is_some() {
        not_run();
        return None;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().ok()?;
    let neighbours =
        root.ancestors().skip_while(|dir| !dir.join("migrations").is_dir()).take(3).filter_map(|dir| std::fs::read_dir(dir).ok()).flatten();
    let found = neighbours.filter_map(|entry| there(entry.ok()?.path().join("data/berka"))).next();
    if found.is_none() {
        not_run();
    }
    found
}

/// Past what a test that passes keeps to itself.
fn not_run() {
    let test = std::thread::current().name().unwrap_or("a test of the Berka bank").to_owned();
    let _ = writeln!(std::io::stderr(), "NOT RUN: {test}: no data/berka nearby; set GUANHU_BERKA_DIR");
}
