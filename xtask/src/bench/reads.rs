//! What people ask all day: lists, search, one customer, dashboards; over REST, as three roles.
//!
//! The bank has `GUANHU_BENCH_CUSTOMERS` customers (100,000) and is kept in `target/bench/` for the
//! next time. Each question is asked 20 times to warm up and 200 times in turn on one connection;
//! beside it stands the time of an answer that asks no database, from the same run.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::http::{Connection, encoded, member};
use crate::shell::{execute, program, step, target};
use crate::{Build, Outcome, run, serving, site};

const PASSWORD: &str = "a-demo-password-for-benchmarks";
const WARM: usize = 20;
const TIMES: usize = 200;

struct Row {
    role: &'static str,
    what: &'static str,
    /// Sorted.
    took: Vec<Duration>,
    bytes: usize,
}

pub(crate) fn measure() -> Outcome {
    let customers: u64 = match std::env::var("GUANHU_BENCH_CUSTOMERS") {
        Ok(number) => number.parse().map_err(|_| format!("GUANHU_BENCH_CUSTOMERS={number} is not a number"))?,
        Err(_) => 100_000,
    };
    let server = run::server(Build::Release)?;
    let folder = target()?.join("bench");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let bank = bank(&server, &folder, customers)?;

    // Nothing of it is asked for, but a server does not start without one.
    let site = site::make(Build::Quick)?;
    let address = serving::free_address()?;
    let running = serving::start(&server, &site, &bank, address, PASSWORD, &folder.join("reads.log"))?;
    let mut rows = Vec::new();
    for role in ["manager", "branch", "executive"] {
        let mut connection = Connection::open(address)?;
        rows.push(time(&mut connection, role, "no database", "/healthz")?);
        let login = connection.ask("/api/v1/session", Some(&format!(r#"{{"login":"{role}","password":"{PASSWORD}"}}"#)))?;
        let login = String::from_utf8_lossy(&login.body).into_owned();
        connection.token = member(&login, "token").ok_or_else(|| format!("{role} cannot log in: {login}"))?.to_owned();
        for (what, path) in questions(&mut connection)? {
            rows.push(time(&mut connection, role, what, &path)?);
        }
    }
    drop(running);
    print(&rows, customers);
    let file = folder.join("reads.json");
    fs::write(&file, json(&rows, customers)).map_err(|error| format!("{}: {error}", file.display()))?;
    println!("{}", file.display());
    Ok(())
}

/// The bank's folder, filled once.
fn bank(server: &std::path::Path, folder: &std::path::Path, customers: u64) -> Outcome<PathBuf> {
    let bank = folder.join(format!("bank-{customers}"));
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

/// What whoever is logged in asks, with names and numbers of the own customers.
fn questions(connection: &mut Connection) -> Outcome<Vec<(&'static str, String)>> {
    let first = connection.ask("/api/v1/customers?limit=50", None)?;
    let first = String::from_utf8_lossy(&first.body).into_owned();
    let missing = || format!("no customer in {}", first.chars().take(200).collect::<String>());
    let no = member(&first, "customer_no").ok_or_else(missing)?.to_owned();
    let name: String = member(&first, "name").ok_or_else(missing)?.chars().take(2).collect();
    let mut asked = vec![
        ("list", "/api/v1/customers?limit=50".to_owned()),
        ("list by name", "/api/v1/customers?limit=50&sort=name".to_owned()),
        ("list of a tier", "/api/v1/customers?limit=50&tier=gold".to_owned()),
        ("search 2 characters", format!("/api/v1/customers?limit=50&q={}", encoded(&name))),
        ("search pinyin", "/api/v1/customers?limit=50&q=zhang".to_owned()),
        ("customer", format!("/api/v1/customers/{no}")),
        ("transactions", format!("/api/v1/customers/{no}/transactions")),
        ("timeline", format!("/api/v1/customers/{no}/timeline")),
        ("managers", "/api/v1/managers/performance".to_owned()),
        ("products", "/api/v1/products/adoption".to_owned()),
    ];
    if let Some(after) = member(&first, "next") {
        asked.insert(1, ("list, next page", format!("/api/v1/customers?limit=50&after={}", encoded(after))));
    }
    Ok(asked)
}

fn time(connection: &mut Connection, role: &'static str, what: &'static str, path: &str) -> Outcome<Row> {
    let mut took = Vec::with_capacity(TIMES);
    let mut bytes = 0;
    for turn in 0..WARM + TIMES {
        let answer = connection.ask(path, None)?;
        if answer.status != 200 {
            return Err(format!("{path} as {role}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)));
        }
        bytes = answer.body.len();
        if turn >= WARM {
            took.push(answer.took);
        }
    }
    took.sort();
    Ok(Row { role, what, took, bytes })
}

impl Row {
    /// Milliseconds below which `percent` of the answers stayed.
    fn quantile(&self, percent: usize) -> f64 {
        let at = (self.took.len() * percent).div_ceil(100).saturating_sub(1);
        self.took[at].as_secs_f64() * 1_000.0
    }
}

fn print(rows: &[Row], customers: u64) {
    println!("\n{customers} customers, one connection, {TIMES} answers each, milliseconds\n");
    println!("{:<10} {:<20} {:>8} {:>8} {:>8} {:>9}", "role", "question", "p50", "p95", "p99", "bytes");
    for row in rows {
        let [p50, p95, p99] = [50, 95, 99].map(|percent| row.quantile(percent));
        println!("{:<10} {:<20} {p50:>8.2} {p95:>8.2} {p99:>8.2} {:>9}", row.role, row.what, row.bytes);
    }
    println!();
}

fn json(rows: &[Row], customers: u64) -> String {
    let mut text = format!("{{\"customers\":{customers},\"times\":{TIMES},\"rows\":[");
    for (at, row) in rows.iter().enumerate() {
        let [p50, p95, p99] = [50, 95, 99].map(|percent| row.quantile(percent));
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(
            text,
            "{comma}\n  {{\"role\":\"{}\",\"question\":\"{}\",\"p50_ms\":{p50:.3},\"p95_ms\":{p95:.3},\"p99_ms\":{p99:.3},\"bytes\":{}}}",
            row.role, row.what, row.bytes
        );
    }
    text + "\n]}\n"
}
