//! Whoever adds a verb adds its row in the audit log: this reads the sources of the verbs and names
//! every public function that acts for an actor and leaves no trace.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Verbs that show only lists, words and states: nobody's data, or rows whose opening is audited.
const LISTS: &[&str] = &["DictionaryList", "EventFollow", "LifecycleView", "StaffList", "SystemView", "TierView", "UnitList", "UserList"];

/// Functions of other verbs that only show, or prepare what another records.
const SHOW: &[&str] = &[
    "access/account.rs: own",
    "access/account.rs: preferences",
    "access/account.rs: prefer",
    "access/factor.rs: offer",
    "access/session.rs: own",
    "assignments/handover.rs: holdings",
    "assignments/newcomers.rs: newcomer_rules",
    "assignments/read.rs: get",
    "assignments/read.rs: list",
    "audit/seal.rs: verify",
    "contribution/curves.rs: curves",
    "contribution/explain.rs: offers",
    "contribution/pricing.rs: prices_now",
    "contribution/reconcile.rs: reconcile_of",
    "contribution/reconcile.rs: some",
    "customers/choices.rs: choices",
    "drafts.rs: keep",
    "drafts.rs: read",
    "feeds/library.rs: draft_profile",
    "feeds/library.rs: entity_shapes",
    "feeds/library.rs: open_profile",
    "feeds/library.rs: profile_tables",
    "feeds/library.rs: profile_text",
    "feeds/library.rs: profiles",
    "feeds/runs.rs: run_detail",
    "feeds/runs.rs: runs",
    "feeds/runs.rs: start",
    "feeds/uploads.rs: begin_upload",
    "feeds/uploads.rs: uploaded_files",
    "groups.rs: list",
    "opportunities.rs: choices",
    "parameters.rs: parameters",
    "practice.rs: page",
    "process.rs: rules",
    "notices.rs: list",
    "notices.rs: mark_read",
    "notices.rs: set",
    "notices.rs: unread",
    "products.rs: product_texts",
    "targets.rs: targets",
    "tiers/movements.rs: moves",
    "tiers/trial.rs: trial",
    "views.rs: views",
];

struct Function {
    file: String,
    name: String,
    head: String,
    body: String,
}

#[test]
fn every_verb_leaves_a_row_in_the_audit_log() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut functions = Vec::new();
    for path in sources(&root) {
        let file = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        collect(&fs::read_to_string(&path).unwrap(), &file, &mut functions);
    }
    let mut silent = BTreeSet::new();
    for function in functions.iter().filter(|function| function.head.starts_with("pub ") && function.head.contains("actor: &Actor")) {
        let asked: Vec<_> = function.body.split("require(Verb::").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        if asked.iter().any(|verb| !LISTS.contains(verb)) && !records(function, &functions, &mut vec![]) {
            silent.insert(format!("{}: {}", function.file, function.name));
        }
    }
    let excused: BTreeSet<_> = SHOW.iter().map(|line| line.to_string()).collect();
    let unaudited: Vec<_> = silent.difference(&excused).collect();
    assert!(unaudited.is_empty(), "write an audit row in, or list in SHOW what only shows: {unaudited:#?}");
    let gone: Vec<_> = excused.difference(&silent).collect();
    assert!(gone.is_empty(), "listed in SHOW and not there, or audited by now: {gone:#?}");
}

/// Writes a row itself or through a function of its own module.
fn records<'a>(function: &'a Function, all: &'a [Function], seen: &mut Vec<&'a str>) -> bool {
    let module = |file: &str| file.split(['/', '.']).next().unwrap_or_default().to_owned();
    if ["audit::record(", "audit_soon(", "super::record("].iter().any(|call| function.body.contains(call)) {
        return true;
    }
    seen.push(&function.name);
    let called: Vec<_> =
        all.iter().filter(|other| module(&other.file) == module(&function.file) && calls(&function.body, &other.name)).collect();
    called.into_iter().any(|other| !seen.contains(&other.name.as_str()) && records(other, all, seen))
}

/// `name(` with nothing before it that makes it another's: a method, or the end of a longer name.
fn calls(body: &str, name: &str) -> bool {
    let call = format!("{name}(");
    body.match_indices(&call)
        .any(|(at, _)| !body[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == '.'))
}

fn collect(source: &str, file: &str, functions: &mut Vec<Function>) {
    let lines: Vec<_> = source.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let Some((before, after)) = line.split_once("fn ") else { continue };
        let indent = line.len() - line.trim_start().len();
        if !before.trim_start().split(' ').all(|word| word.is_empty() || word.starts_with("pub") || word == "async" || word == "const") {
            continue;
        }
        let end = format!("{}}}", " ".repeat(indent));
        let whole = lines[at..].iter().take_while(|line| **line != end).copied().collect::<Vec<_>>().join("\n");
        let (head, body) = whole.split_once('{').unwrap_or((&whole, ""));
        let name = after.split(['(', '<']).next().unwrap_or_default().to_owned();
        functions.push(Function { file: file.to_owned(), name, head: head.trim_start().to_owned(), body: body.to_owned() });
    }
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
