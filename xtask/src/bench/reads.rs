//! What people ask all day: lists, search, one customer, dashboards; over REST, as three roles.
//!
//! Each question is asked 20 times to warm up and 200 times in turn on one connection. Beside it
//! stand, from the same run, the statements behind it asked bare through pgbench, and an answer that
//! asks no database. Then many connections ask at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    bank::Bank,
    bare::Bare,
    http::{Connection, encoded},
    quantiles::Times,
};
use crate::Outcome;

const WARM: usize = 20;
const TIMES: usize = 200;
const ROLES: [&str; 3] = ["manager", "branch", "executive"];
/// How long many connections ask at once.
const CROWDED: Duration = Duration::from_secs(5);
const CROWDS: [usize; 2] = [16, 200];

struct Row {
    role: &'static str,
    what: &'static str,
    times: Times,
    /// Of the statements alone; `None` where the answer asks none of its own.
    bare: Option<Times>,
    bytes: usize,
}

/// Many connections asking for the same.
struct Crowd {
    what: &'static str,
    connections: usize,
    times: Times,
    /// Told to come back, or cut off.
    turned_away: usize,
    seconds: f64,
}

pub(crate) fn measure() -> Outcome {
    let bank = Bank::open()?;
    let mut bare = Bare::attach(&bank.data_dir, &bank.folder)?;
    let mut rows = Vec::new();
    for role in ROLES {
        let mut connection = bank.connect(role)?;
        rows.push(time(&mut connection, role, "no database", "/healthz")?);
        bare.know_the_usual(&mut connection)?;
        for (what, path) in questions(&mut connection)? {
            connection.reopen()?;
            let statements = bare.statements(&mut connection, &path)?;
            let mut row = time(&mut connection, role, what, &path)?;
            if !statements.is_empty() {
                let name = format!("{role}-{}", what.replace([' ', ','], "-"));
                match bare.time(&name, &statements, WARM, TIMES) {
                    Ok(took) => row.bare = Some(Times::new(took)),
                    Err(why) => eprintln!("  {role}, {what}: no bare statement beside it: {why}"),
                }
            }
            rows.push(row);
        }
    }
    drop(bare);
    let mut crowds = Vec::new();
    let no = first_customer(&mut bank.connect("branch")?)?;
    for connections in CROWDS {
        for (what, path, browses) in [
            ("no database", "/healthz".to_owned(), false),
            ("list, REST", "/api/v1/customers?limit=50".to_owned(), false),
            ("customer, REST", format!("/api/v1/customers/{no}"), false),
            ("list, page", "/customers".to_owned(), true),
        ] {
            crowds.push(crowd(&bank, what, &path, browses, connections)?);
        }
    }
    let memory = bank.server.memory();
    print(&rows, &crowds, bank.customers, memory);
    bank.keep("reads", &result(&rows, &crowds, bank.customers, memory))
}

/// What whoever is logged in asks, with names and numbers of the own customers.
fn questions(connection: &mut Connection) -> Outcome<Vec<(&'static str, String)>> {
    let first = connection.ask("/api/v1/customers?limit=50", None)?.json()?;
    let (no, name) = (&first["items"][0]["customer_no"], &first["items"][0]["name"]);
    let (Some(no), Some(name)) = (no.as_str(), name.as_str()) else { return Err(format!("no customer in {first}")) };
    let name: String = name.chars().take(2).collect();
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
        ("contribution by unit", "/api/v1/contribution?level=unit".to_owned()),
    ];
    if let Some(after) = first["next"].as_str() {
        asked.insert(1, ("list, next page", format!("/api/v1/customers?limit=50&after={}", encoded(after))));
    }
    Ok(asked)
}

fn first_customer(connection: &mut Connection) -> Outcome<String> {
    let first = connection.ask("/api/v1/customers?limit=1", None)?.json()?;
    first["items"][0]["customer_no"].as_str().map(str::to_owned).ok_or_else(|| format!("no customer in {first}"))
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
    Ok(Row { role, what, times: Times::new(took), bare: None, bytes })
}

fn crowd(bank: &Bank, what: &'static str, path: &str, browses: bool, connections: usize) -> Outcome<Crowd> {
    // One login for all: how quickly passwords are checked is not the question.
    let token = bank.connect("branch")?.token;
    let over = AtomicBool::new(false);
    let since = Instant::now();
    let (took, turned_away) = thread::scope(|scope| -> Outcome<(Vec<Duration>, usize)> {
        let asking = || -> Outcome<(Vec<Duration>, usize)> {
            let (mut took, mut turned_away) = (Vec::new(), 0);
            while !over.load(Ordering::Relaxed) {
                let mut connection = Connection::open(bank.address)?;
                connection.token.clone_from(&token);
                connection.browses = browses;
                while !over.load(Ordering::Relaxed) {
                    match connection.ask(path, None) {
                        Ok(answer) if answer.status == 200 => took.push(answer.took),
                        Ok(answer) if answer.status == 503 => turned_away += 1,
                        Ok(answer) => return Err(format!("{path} with {connections} connections: {}", answer.status)),
                        Err(_) => {
                            turned_away += 1;
                            break;
                        }
                    }
                }
            }
            Ok((took, turned_away))
        };
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(asking)).collect();
        thread::sleep(CROWDED);
        over.store(true, Ordering::Relaxed);
        let (mut all, mut away) = (Vec::new(), 0);
        for thread in threads {
            let (took, turned_away) = thread.join().map_err(|_| "a connection panicked".to_owned())??;
            all.extend(took);
            away += turned_away;
        }
        Ok((all, away))
    })?;
    Ok(Crowd { what, connections, times: Times::new(took), turned_away, seconds: since.elapsed().as_secs_f64() })
}

fn print(rows: &[Row], crowds: &[Crowd], customers: u64, memory: Option<u64>) {
    println!(
        "\n{customers} customers, one connection, {TIMES} answers each; milliseconds of the answer, of its statements alone, and the ratio of their p95\n"
    );
    println!(
        "{:<10} {:<21} {:>8} {:>8} {:>8}   {:>8} {:>8} {:>6} {:>9}",
        "role", "question", "p50", "p95", "p99", "bare p50", "bare p95", "ratio", "bytes"
    );
    for row in rows {
        let [p50, p95, p99] = [50, 95, 99].map(|percent| row.times.quantile(percent));
        let bare = row.bare.as_ref().map_or_else(
            || format!("{:>8} {:>8} {:>6}", "", "", ""),
            |bare| format!("{:>8.2} {:>8.2} {:>6.1}", bare.quantile(50), bare.quantile(95), p95 / bare.quantile(95)),
        );
        println!("{:<10} {:<21} {p50:>8.2} {p95:>8.2} {p99:>8.2}   {bare} {:>9}", row.role, row.what, row.bytes);
    }
    println!("\n{:<16} {:>11} {:>9} {:>8} {:>8} {:>8} {:>11}", "at once", "connections", "answers/s", "p50", "p95", "p99", "turned away");
    for crowd in crowds {
        let [p50, p95, p99] = [50, 95, 99].map(|percent| crowd.times.quantile(percent));
        println!(
            "{:<16} {:>11} {:>9.0} {p50:>8.1} {p95:>8.1} {p99:>8.1} {:>11}",
            crowd.what,
            crowd.connections,
            crowd.per_second(),
            crowd.turned_away
        );
    }
    if let Some(bytes) = memory {
        println!("\nmemory of the server: {} MB\n", bytes >> 20);
    }
}

impl Crowd {
    fn per_second(&self) -> f64 {
        self.times.count() as f64 / self.seconds
    }
}

fn result(rows: &[Row], crowds: &[Crowd], customers: u64, memory: Option<u64>) -> String {
    let quantiles = |times: &Times| json!({"p50_ms": times.quantile(50), "p95_ms": times.quantile(95), "p99_ms": times.quantile(99)});
    let rows: Vec<_> = rows
        .iter()
        .map(|row| json!({"role": row.role, "question": row.what, "answer": quantiles(&row.times), "bare": row.bare.as_ref().map(quantiles), "bytes": row.bytes}))
        .collect();
    let crowds: Vec<_> = crowds
        .iter()
        .map(|crowd| json!({"question": crowd.what, "connections": crowd.connections, "per_second": crowd.per_second(), "turned_away": crowd.turned_away, "answer": quantiles(&crowd.times)}))
        .collect();
    format!("{:#}\n", json!({"customers": customers, "times": TIMES, "rows": rows, "at_once": crowds, "memory_bytes": memory}))
}
