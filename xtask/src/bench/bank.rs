//! The bank that is measured, and a server for it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::http::Connection;
use crate::shell::{Running, answer, program, step, target};
use crate::{Build, Outcome, run, serving, site};

pub(crate) const PASSWORD: &str = "a-demo-password-for-benchmarks";
/// Customers, unless told.
const USUAL: u64 = 100_000;
/// What `guanhu demo` makes only when it is told to make a large one.
const LARGE: u64 = 5_000_000;
/// Bytes that a demo bank takes for each customer, its log and the making of indexes included.
const BYTES_EACH: u64 = 24_000;

static WANTED: OnceLock<u64> = OnceLock::new();

/// Measures over a bank of so many customers, whatever the environment says.
pub(crate) fn want(customers: &str) -> Outcome {
    let wanted: u64 = customers.replace('_', "").parse().map_err(|_| format!("{customers} is not a number of customers"))?;
    match *WANTED.get_or_init(|| wanted) {
        before if before == wanted => Ok(()),
        before => Err(format!("{wanted} customers and {before} cannot both be measured")),
    }
}

/// `--customers`, else `GUANHU_BENCH_CUSTOMERS`, else a hundred thousand.
pub(crate) fn customers() -> Outcome<u64> {
    if let Some(wanted) = WANTED.get() {
        return Ok(*wanted);
    }
    match std::env::var("GUANHU_BENCH_CUSTOMERS") {
        Ok(number) => number.parse().map_err(|_| format!("GUANHU_BENCH_CUSTOMERS={number} is not a number")),
        Err(_) => Ok(USUAL),
    }
}

/// Where banks and results are.
pub(crate) fn folder() -> Outcome<PathBuf> {
    let folder = target()?.join("bench");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// A served demo bank, kept in `target/bench/` for the next time.
pub(crate) struct Bank {
    pub customers: u64,
    pub address: SocketAddr,
    pub data_dir: PathBuf,
    /// Where results go.
    pub folder: PathBuf,
    pub server: Running,
    /// The product.
    pub program: PathBuf,
}

impl Bank {
    /// The release, serving, with nobody logged in.
    pub(crate) fn open() -> Outcome<Bank> {
        let (customers, folder) = (customers()?, folder()?);
        let program = run::server(Build::Release)?;
        let data_dir = filled(&program, folder.join(format!("bank-{customers}")), customers)?;
        let site = site::make(Build::Release)?;
        let address = serving::free_address()?;
        let server = serving::start(&program, &site, &data_dir, address, PASSWORD, &folder.join("server.log"))?;
        Ok(Bank { customers, address, data_dir, folder, server, program })
    }

    /// A connection on which `login` is logged in.
    pub(crate) fn connect(&self, login: &str) -> Outcome<Connection> {
        let mut connection = Connection::open(self.address)?;
        connection.log_in(login, PASSWORD)?;
        Ok(connection)
    }

    /// The product's command line beside the server.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = program(&self.program);
        command.args(args).env_remove("DATABASE_URL").env_remove("DATABASE_REPLICA_URL").env("GUANHU_DATA_DIR", &self.data_dir);
        command
    }
}

fn filled(server: &Path, bank: PathBuf, customers: u64) -> Outcome<PathBuf> {
    let filled = bank.join("filled");
    if filled.exists() {
        return Ok(bank);
    }
    fill(server, &bank, customers)?;
    fs::write(&filled, "").map_err(|error| format!("{}: {error}", filled.display()))?;
    Ok(bank)
}

/// Makes a demo bank in `bank`, which may be there half; what `guanhu demo` says on standard output.
///
/// # Errors
/// When the disk has too little room for it, before anything is made.
pub(crate) fn fill(server: &Path, bank: &Path, customers: u64) -> Outcome<String> {
    fs::create_dir_all(bank).map_err(|error| format!("{}: {error}", bank.display()))?;
    let needed = customers * BYTES_EACH;
    // Of a machine that does not tell nothing is asked.
    let free = free(bank).unwrap_or(u64::MAX);
    eprintln!("  a bank of {customers} customers takes about {} GB on the disk of {}", needed.div_ceil(1_000_000_000), bank.display());
    if free < needed {
        return Err(format!("only {} GB are free there", free / 1_000_000_000));
    }
    step(&format!("A bank of {customers} customers"), || {
        let mut demo = program(server);
        demo.args(["demo", "--customers", &customers.to_string()])
            .env_remove("DATABASE_URL")
            .env("GUANHU_DATA_DIR", bank)
            .env("GUANHU_DEMO_PASSWORD", PASSWORD);
        if customers > LARGE {
            demo.arg("--large");
        }
        let mut said = String::new();
        let whole = crate::shell::execute_reading(demo, |line| {
            said.push_str(line);
            said.push('\n');
        })?;
        if whole { Ok(said) } else { Err("guanhu demo failed".into()) }
    })
}

/// Bytes that are free on the disk of `dir`.
fn free(dir: &Path) -> Option<u64> {
    let said = answer(program("df").args(["-Pk", "--"]).arg(dir))?;
    said.lines().last()?.split_whitespace().nth(3)?.parse::<u64>().ok().map(|kib| kib << 10)
}
