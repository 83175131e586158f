//! What operators are told is what there is: every command and every variable stands in the document.

use std::path::{Path, PathBuf};

fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn sources(dir: PathBuf, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(path, found),
            false => found.push(std::fs::read_to_string(path).unwrap()),
        }
    }
}

#[test]
fn every_variable_that_the_server_reads_is_explained() {
    let document = text("../docs/operations.md");
    let mut files = Vec::new();
    sources(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut seen = 0;
    for name in files.iter().flat_map(|file| file.split('"')) {
        let named = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        if name.strip_prefix("GUANHU_").is_some_and(named) {
            seen += 1;
            assert!(document.contains(&format!("| `{name}` |")), "{name} is not in the table of variables");
        }
    }
    assert!(seen > 5, "{seen}");
}

#[test]
fn every_command_is_explained() {
    let program = text("src/cli.rs");
    let document = text("../docs/operations.md");
    let (_, commands) = program.split_once("enum Command {").unwrap();
    let (commands, _) = commands.split_once("\n}").unwrap();
    let mut seen = 0;
    for line in commands.lines().map(str::trim).filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase())) {
        let name = line.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_lowercase();
        seen += 1;
        assert!(document.contains(&format!("| `guanhu {name}")), "guanhu {name} is not in the table of commands");
    }
    assert!(seen > 6, "{seen}");
}
