//! Everything that must hold before a change is shared. Later stages run even when earlier ones
//! fail, so that one run shows all there is to mend.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Instant;

use guanhu_cluster::{Cluster, Options};

use crate::shell::{self, cargo, execute, execute_reading, target};
use crate::{Build, Outcome, browser, needs, site};

/// All crates that run natively. `frontend` turns on `hydrate`, which excludes `ssr`; the maker of
/// the site would unify its features with the server's and compile its dependencies twice: it is
/// a part of its own.
const NATIVE: [&str; 3] = ["--workspace", "--exclude=guanhu-frontend", "--exclude=xtask-site"];
const MAKER: [&str; 1] = ["--package=xtask-site"];
const PARTS: [&[&str]; 2] = [&NATIVE, &MAKER];

/// Begins the name of a throw-away data directory; the id of the process that made it follows.
const SCRATCH: &str = "guanhu-test-";

/// What one stage found.
#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

struct Stage {
    name: &'static str,
    seconds: f64,
    counts: Counts,
    error: Option<String>,
}

/// Runs all stages, or only those named in `only` (`format`, `lint`, `rust`, `browser`).
pub(crate) fn test(only: &[&str]) -> Outcome {
    const NAMES: [&str; 4] = ["format", "lint", "rust", "browser"];
    if let Some(unknown) = only.iter().find(|name| !NAMES.contains(name)) {
        return Err(format!("no stage named {unknown}: {}", NAMES.join(", ")));
    }
    let wanted = |name: &str| only.is_empty() || only.contains(&name);
    // From here on Ctrl-C is noticed between and during stages, and databases are stopped.
    let interrupted = shell::interrupted();
    clear_leftovers();

    let mut stages = Vec::new();
    let mut stage = |name: &'static str, work: &mut dyn FnMut() -> Outcome<Counts>| {
        if interrupted.load(Ordering::Relaxed) {
            return;
        }
        eprintln!("\n━━ {name}");
        let since = Instant::now();
        let result = work();
        let seconds = since.elapsed().as_secs_f64();
        let (counts, error) = match result {
            Ok(counts) => (counts, None),
            Err(message) => {
                eprintln!("{message}");
                (Counts::default(), Some(message))
            }
        };
        stages.push(Stage { name, seconds, counts, error });
    };
    if wanted("format") {
        stage("format", &mut || execute(cargo(["fmt", "--all", "--check"])).map(uncounted));
    }
    if wanted("lint") {
        stage("lint", &mut || lint().map(uncounted));
        stage("lint in the browser", &mut || lint_wasm().map(uncounted));
    }
    let mut site = None;
    if wanted("rust") && wanted("browser") {
        // Most of the site is made by one core, most of the tests wait for the database: both at once are sooner done
        // than one after the other. What cargo compiles is compiled before, as it would wait for itself.
        stage("compiling", &mut || compile().map(uncounted));
        stage("tests and site", &mut || {
            let (tests, made) = thread::scope(|scope| {
                let made = scope.spawn(|| site::make(Build::Release));
                (rust(), made.join().unwrap_or_else(|_| Err("the site's maker panicked".into())))
            });
            match made {
                Ok(folder) => {
                    site = Some(folder);
                    tests
                }
                Err(why) => tests.and(Err(why)),
            }
        });
    } else if wanted("rust") {
        stage("tests", &mut rust);
    } else if wanted("browser") {
        stage("site", &mut || {
            site = Some(site::make(Build::Release)?);
            Ok(Counts::default())
        });
    }
    if wanted("browser") {
        stage("browser tests", &mut || {
            let site = site.as_ref().ok_or("there is no site to test")?;
            browser::test(&server()?, site, &Scratch::new("bank")?.0)
        });
    }
    if interrupted.load(Ordering::Relaxed) {
        return Err("Interrupted".into());
    }
    summarise(&stages)
}

fn uncounted(_: ()) -> Counts {
    Counts::default()
}

fn lint() -> Outcome {
    PARTS.iter().try_for_each(|part| {
        let mut clippy = cargo(["clippy", "--all-targets"]);
        clippy.args(*part).args(["--", "-D", "warnings"]);
        execute(clippy)
    })
}

fn lint_wasm() -> Outcome {
    needs::wasm_target()?;
    execute(cargo(["clippy", "--package=guanhu-frontend", "--target=wasm32-unknown-unknown", "--", "-D", "warnings"]))
}

/// Unit, database and request tests, on a database of their own.
fn rust() -> Outcome<Counts> {
    let scratch = Scratch::new("database")?;
    let cluster = Cluster::start(&scratch.0, Options::throw_away()).map_err(|error| format!("the test database: {error}"))?;
    let mut counts = Counts::default();
    for part in PARTS {
        let mut command = cargo(["test", "--no-fail-fast"]);
        command.args(part).env("DATABASE_URL", cluster.owner_url());
        let failed = counts.failed;
        let succeeded = execute_reading(command, |line| {
            if let Some(found) = parse_result(line) {
                counts.passed += found.passed;
                counts.failed += found.failed;
            }
        })?;
        if !succeeded && counts.failed == failed {
            // Not compiled, or ended by a signal: no line tells of those that did not run.
            counts.failed += 1;
        }
    }
    Ok(counts)
}

fn compile() -> Outcome {
    PARTS.iter().try_for_each(|part| {
        let mut build = cargo(["test", "--no-run"]);
        build.args(*part);
        execute(build)
    })
}

/// Reads `test result: ok. 4 passed; 0 failed; …`.
fn parse_result(line: &str) -> Option<Counts> {
    let (_, rest) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |word: &str| rest.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse().ok());
    Some(Counts { passed: number(" passed")?, failed: number(" failed")? })
}

/// The server as the tests compiled it: another build of the same would differ in the features of
/// its dependencies, and compile all of them again.
fn server() -> Outcome<PathBuf> {
    compile()?;
    let built = target()?.join("debug/guanhu");
    if !built.exists() {
        execute(cargo(["build", "--package=guanhu", "--bin=guanhu"]))?;
    }
    // A build that runs beside the tests must not replace the program under them.
    let copy = target()?.join("guanhu-under-test");
    fs::copy(&built, &copy).map_err(|error| format!("{}: {error}", built.display()))?;
    Ok(copy)
}

fn summarise(stages: &[Stage]) -> Outcome {
    let mut total = Counts::default();
    println!();
    for stage in stages {
        let Counts { passed, failed } = stage.counts;
        total.passed += passed;
        // A stage that could not count failed as one.
        total.failed += failed + u64::from(stage.error.is_some());
        let verdict = if failed > 0 || stage.error.is_some() { "FAILED" } else { "ok" };
        let counted = match passed + failed {
            0 => String::new(),
            _ => format!("{passed} passed, {failed} failed"),
        };
        println!("{:22} {:>7.1} s  {verdict:6}  {counted}", stage.name, stage.seconds);
    }
    let seconds: f64 = stages.iter().map(|stage| stage.seconds).sum();
    println!("{:22} {seconds:>7.1} s\n", "together");
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { Ok(()) } else { Err("The tests failed".into()) }
}

/// A data directory that no other run uses and that is gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(what: &str) -> Outcome<Scratch> {
        let parent = std::env::temp_dir().join(format!("{SCRATCH}{}", std::process::id()));
        let dir = parent.join(what);
        fs::create_dir_all(&dir)
            // Postgres, which is another user when we are root, has to pass through.
            .and_then(|()| fs::set_permissions(&parent, Permissions::from_mode(0o711)))
            .and_then(|()| fs::set_permissions(&dir, Permissions::from_mode(0o711)))
            .map_err(|error| format!("{}: {error}", dir.display()))?;
        Ok(Scratch(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.0.join("postgres/pgdata/postmaster.pid").exists() {
            // Its server was killed. Adopted and dropped, the database stops.
            drop(Cluster::start(&self.0, Options::throw_away()));
        }
        let _ = fs::remove_dir_all(&self.0);
        if let Some(parent) = self.0.parent() {
            let _ = fs::remove_dir(parent);
        }
    }
}

/// Stops and removes what earlier runs left that were killed.
fn clear_leftovers() {
    for entry in fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.strip_prefix(SCRATCH)) else {
            continue;
        };
        let lives = Path::new("/proc").join(pid).exists() || !Path::new("/proc/self").exists();
        if !lives {
            for what in ["database", "bank"] {
                drop(Scratch(entry.path().join(what)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::root;

    #[test]
    fn reads_what_the_test_harness_says() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(parse_result(line), Some(Counts { passed: 12, failed: 3 }));
        assert_eq!(parse_result("running 4 tests"), None);
    }

    #[test]
    fn the_root_is_where_the_workspace_is() {
        assert!(root().join("Cargo.lock").exists());
    }
}
