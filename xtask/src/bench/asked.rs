//! Questions of every kind, measured alike: alone on one connection beside their statements asked bare, then by
//! many connections at once, and what the server needed for it.

use std::time::Duration;

use super::bank::Bank;
use super::bare::Bare;
use super::crowd::{ASKS, CROWDS, Crowd, crowd, print as print_crowds};
use super::http::{Answer, Connection};
use super::quantiles::Times;
use super::report::{Report, Unit};
use crate::Outcome;

const WARM: usize = 20;
const TIMES: usize = 200;
/// As many clients as `pgbench` has beside the smaller crowd.
const BARE_CLIENTS: usize = CROWDS[0];
pub(crate) const ROLES: [&str; 3] = ["manager", "branch", "executive"];

/// What somebody asks.
pub(crate) struct Question {
    pub(crate) what: String,
    pub(crate) path: String,
    /// Posted as JSON.
    pub(crate) body: Option<String>,
    /// Asked with a browser's cookie: for a page, or what a page asks for.
    pub(crate) browses: bool,
    /// Asked by many at once too.
    pub(crate) by_many: bool,
}

impl Question {
    /// Over REST.
    pub(crate) fn rest(what: &str, path: impl Into<String>) -> Question {
        Question { what: what.to_owned(), path: path.into(), body: None, browses: false, by_many: true }
    }

    /// What a page asks its server for.
    pub(crate) fn of_a_page(what: &str, function: &str, body: &serde_json::Value) -> Question {
        Question { what: what.to_owned(), path: format!("/api/{function}"), body: Some(body.to_string()), browses: true, by_many: true }
    }

    /// A page as it opens.
    pub(crate) fn page(what: &str, path: impl Into<String>) -> Question {
        Question { browses: true, ..Question::rest(what, path) }
    }

    /// Only one at a time.
    pub(crate) fn alone(self) -> Question {
        Question { by_many: false, ..self }
    }

    pub(crate) fn ask(&self, connection: &mut Connection) -> Outcome<Answer> {
        connection.browses = self.browses;
        connection.ask(&self.path, self.body.as_deref())
    }
}

struct Row {
    role: &'static str,
    what: String,
    times: Times,
    /// Of the statements alone; `None` where the answer asks none of its own.
    bare: Option<Times>,
    bytes: usize,
    /// As a browser takes it.
    compressed: usize,
    /// Before it was answered it was told to come back so often.
    came_back: usize,
}

/// Asks what `questions` gives for each role, and keeps what was found under `name`.
pub(crate) fn measure(name: &'static str, questions: &dyn Fn(&mut Connection, &Bare, &str) -> Outcome<Vec<Question>>) -> Outcome {
    let bank = Bank::open()?;
    let mut bare = Bare::attach(&bank.data_dir, &bank.folder)?;
    let mut report = Report::begin(name, &bank);
    let (mut rows, mut crowds) = (Vec::new(), Vec::new());
    for role in ROLES {
        let mut connection = bank.connect(role)?;
        rows.push(time(&mut connection, role, &Question::rest("no database", "/healthz"))?);
        bare.know_the_usual(&mut connection)?;
        for question in questions(&mut connection, &bare, role)? {
            connection.reopen()?;
            let statements = bare.statements(&mut || question.ask(&mut connection).map(drop))?;
            let mut row = time(&mut connection, role, &question)?;
            let mut rate = None;
            if !statements.is_empty() {
                let name = format!("{role}-{}", question.what.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
                match bare.time(&name, &statements, WARM, TIMES) {
                    Ok(took) => row.bare = Some(Times::new(took)),
                    Err(why) => eprintln!("  {role}, {}: no bare statement beside it: {why}", question.what),
                }
                if question.by_many && row.bare.is_some() {
                    rate = bare.throughput(&name, &statements, BARE_CLIENTS, ASKS).ok();
                }
            }
            rows.push(row);
            for connections in CROWDS.into_iter().filter(|_| question.by_many) {
                let beside = rate.filter(|_| connections == BARE_CLIENTS);
                crowds.push((crowd(&bank, role, &question, connections)?, beside));
            }
        }
    }
    let none = Question::rest("no database", "/healthz");
    for connections in CROWDS {
        crowds.push((crowd(&bank, ROLES[1], &none, connections)?, None));
    }
    let needs = Needs::of(&bank)?;
    print(&rows, &bank);
    print_crowds(&crowds);
    needs.print();
    tell(&mut report, &rows, &crowds);
    needs.tell(&mut report);
    report.keep()
}

fn time(connection: &mut Connection, role: &'static str, question: &Question) -> Outcome<Row> {
    let mut took: Vec<Duration> = Vec::with_capacity(TIMES);
    let (mut bytes, mut came_back) = (0, 0);
    connection.browses = question.browses;
    let compressed = connection.compressed(&question.path, question.body.as_deref())?;
    for turn in 0..WARM + TIMES {
        let answer = connection.insist(&question.path, question.body.as_deref(), &mut came_back)?;
        if answer.status != 200 {
            return Err(format!("{} as {role}: {} {}", question.path, answer.status, String::from_utf8_lossy(&answer.body)));
        }
        bytes = answer.body.len();
        if turn >= WARM {
            took.push(answer.took);
        }
    }
    Ok(Row { role, what: question.what.clone(), times: Times::new(took), bare: None, bytes, compressed, came_back })
}

fn print(rows: &[Row], bank: &Bank) {
    println!(
        "\n{} customers, one connection, {TIMES} answers each; milliseconds of the answer, of its statements alone, and the ratio of their p95\n",
        bank.customers
    );
    println!(
        "{:<10} {:<32} {:>8} {:>8} {:>8}   {:>8} {:>8} {:>6} {:>9} {:>9}",
        "role", "question", "p50", "p95", "p99", "bare p50", "bare p95", "ratio", "bytes", "in brotli"
    );
    for row in rows {
        let [p50, p95, p99] = [50, 95, 99].map(|percent| row.times.quantile(percent));
        let bare = row.bare.as_ref().map_or_else(
            || format!("{:>8} {:>8} {:>6}", "", "", ""),
            |bare| format!("{:>8.2} {:>8.2} {:>6.1}", bare.quantile(50), bare.quantile(95), p95 / bare.quantile(95)),
        );
        println!("{:<10} {:<32} {p50:>8.2} {p95:>8.2} {p99:>8.2}   {bare} {:>9} {:>9}", row.role, row.what, row.bytes, row.compressed);
    }
    for row in rows.iter().filter(|row| row.came_back > 0) {
        println!("{}, {}: told to come back {} times, and did", row.role, row.what, row.came_back);
    }
}

fn tell(report: &mut Report, rows: &[Row], crowds: &[(Crowd, Option<f64>)]) {
    for row in rows {
        let what = format!("{} · {}", row.role, row.what);
        report.times(&what, &row.times);
        if let Some(bare) = &row.bare {
            report.times(&format!("{what} · bare"), bare);
            report.once(&format!("{what} · ratio"), Unit::Ratio, row.times.quantile(95) / bare.quantile(95));
        }
        report.exact(&format!("{what} · bytes"), Unit::Bytes, row.bytes as f64);
        report.exact(&format!("{what} · in brotli"), Unit::Bytes, row.compressed as f64);
        report.counted(&format!("{what} · told to come back"), row.came_back);
    }
    for (crowd, bare) in crowds {
        crowd.report(report);
        if let Some(bare) = bare {
            report.once(&format!("{} · bare at {} clients", crowd.what, crowd.connections), Unit::PerSecond, *bare);
        }
    }
}

/// What the server had taken by the time everything had been asked.
struct Needs {
    memory: Option<u64>,
    peak: Option<u64>,
    /// To the database, from the server's own figures.
    connections: Option<f64>,
}

impl Needs {
    fn of(bank: &Bank) -> Outcome<Needs> {
        let told = Connection::open(bank.address)?.ask("/metrics", None)?;
        let told = String::from_utf8_lossy(&told.body).into_owned();
        let connections = told.lines().find_map(|line| line.strip_prefix("guanhu_database_connections ")?.trim().parse().ok());
        Ok(Needs { memory: bank.server.memory(), peak: bank.server.peak_memory(), connections })
    }

    fn print(&self) {
        let megabytes = |bytes: Option<u64>| bytes.map_or_else(|| "?".to_owned(), |bytes| (bytes >> 20).to_string());
        println!(
            "\nmemory of the server: {} MB at the end, {} MB at most, with up to {} connections; {} connections to the database\n",
            megabytes(self.memory),
            megabytes(self.peak),
            CROWDS[1],
            self.connections.map_or_else(|| "?".to_owned(), |number| number.to_string())
        );
    }

    fn tell(&self, report: &mut Report) {
        if let Some(bytes) = self.memory {
            report.once("memory at the end", Unit::Bytes, bytes as f64);
        }
        if let Some(bytes) = self.peak {
            report.once("memory at most", Unit::Bytes, bytes as f64);
        }
        if let Some(number) = self.connections {
            report.once("connections to the database", Unit::Number, number);
        }
    }
}
