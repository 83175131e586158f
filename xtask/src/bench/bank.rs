//! The bank that is measured, and a server for it.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::http::Connection;
use crate::shell::{Running, execute, program, step, target};
use crate::{Build, Outcome, run, serving, site};

pub(crate) const PASSWORD: &str = "a-demo-password-for-benchmarks";

/// A served demo bank of `GUANHU_BENCH_CUSTOMERS` customers (100,000), kept in `target/bench/` for the
/// next time.
pub(crate) struct Bank {
    pub customers: u64,
    pub address: SocketAddr,
    pub data_dir: PathBuf,
    /// Where results go.
    pub folder: PathBuf,
    pub server: Running,
}

impl Bank {
    /// The release, serving, with nobody logged in.
    pub(crate) fn open() -> Outcome<Bank> {
        let customers: u64 = match std::env::var("GUANHU_BENCH_CUSTOMERS") {
            Ok(number) => number.parse().map_err(|_| format!("GUANHU_BENCH_CUSTOMERS={number} is not a number"))?,
            Err(_) => 100_000,
        };
        let program = run::server(Build::Release)?;
        let folder = target()?.join("bench");
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let data_dir = filled(&program, folder.join(format!("bank-{customers}")), customers)?;
        let site = site::make(Build::Release)?;
        let address = serving::free_address()?;
        let server = serving::start(&program, &site, &data_dir, address, PASSWORD, &folder.join("server.log"))?;
        Ok(Bank { customers, address, data_dir, folder, server })
    }

    /// A connection on which `login` is logged in.
    pub(crate) fn connect(&self, login: &str) -> Outcome<Connection> {
        let mut connection = Connection::open(self.address)?;
        connection.log_in(login, PASSWORD)?;
        Ok(connection)
    }

    /// Leaves `text` as `NAME.json` among the results and says where.
    pub(crate) fn keep(&self, name: &str, text: &str) -> Outcome {
        let file = self.folder.join(format!("{name}.json"));
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        println!("{}", file.display());
        Ok(())
    }
}

fn filled(server: &std::path::Path, bank: PathBuf, customers: u64) -> Outcome<PathBuf> {
    let filled = bank.join("filled");
    if filled.exists() {
        return Ok(bank);
    }
    step(&format!("A bank of {customers} customers"), || {
        let mut demo = program(server);
        demo.args(["demo", "--customers", &customers.to_string()])
            .env_remove("DATABASE_URL")
            .env("GUANHU_DATA_DIR", &bank)
            .env("GUANHU_DEMO_PASSWORD", PASSWORD);
        execute(demo)
    })?;
    fs::write(&filled, "").map_err(|error| format!("{}: {error}", filled.display()))?;
    Ok(bank)
}
