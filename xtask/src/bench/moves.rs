//! Customers changing hands over REST, persisted and audited, while sixteen boards are open and told.
//!
//! Everything is moved between two managers of one branch; what needs a second person is lifted for the time
//! of the run. At the end one of the two leads the whole branch: the bank is no good for other benchmarks of
//! portfolios afterwards.
//!
//! A write cannot be run again as a read can: the second time there is nothing to move. What stands beside one as
//! *bare* is what the database says that its statements and the commit took, in turns of their own.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    bank::Bank,
    bare::Bare,
    http::Connection,
    quantiles::Times,
    report::{Report, Unit},
};
use crate::Outcome;
use crate::heads::{LIFTED, SHIPPED, with_heads_of_the_bank};

const BOARDS: usize = 16;
const DROPS: usize = 200;
const CONTACTS: usize = 200;
/// Turns in which the database tells how much of a write was its own.
const TURNS: usize = 20;
/// How many of a transfer's customers move at once, and how often.
const MANY: usize = 1_000;
const MANY_TIMES: usize = 40;
/// Customers of the largest transfer.
const VERY_MANY: usize = 100_000;
/// Longer than any open board may stay stale.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longer than the largest transfer takes.
const LONG: Duration = Duration::from_secs(600);

pub(crate) fn measure() -> Outcome {
    let bank = Bank::open()?;
    let mut owner = Bare::attach(&bank.data_dir, &bank.folder)?;
    let mut report = Report::begin("moves", &bank);
    owner.owner(LIFTED)?;
    let mut branch = bank.connect("branch")?;
    let (first, second) = managers(&mut branch)?;
    let customers = customers(&mut branch, &first)?;
    let thousand = listed(&mut branch, "sort=aum", MANY, Some(&second))?;
    let bare = within(&mut owner, &mut branch, &customers, &thousand, [&second, &first])?;
    branch.reopen()?;
    let boards = Boards::open(bank.address, &branch.token, [&first, &second])?;

    let mut contacts = Vec::new();
    for no in customers.iter().cycle().take(CONTACTS) {
        contacts.push(contact(&mut branch, no)?);
    }
    let (mut drops, mut told) = (Vec::new(), Vec::new());
    for no in customers.iter().cycle().take(DROPS) {
        for to in [&second, &first] {
            let since = Instant::now();
            drops.push(moved(&mut branch, std::slice::from_ref(no), to)?);
            told.push(boards.told(no, since)?);
        }
    }
    let mut many = Vec::new();
    for _ in 0..MANY_TIMES / 2 {
        for to in [&second, &first] {
            many.push(moved(&mut branch, &thousand, to)?);
        }
    }
    // Of one manager's tens of thousands every board would read all again after every batch.
    boards.close();
    branch.reopen()?;
    let whole = all(&mut branch, &first, &second)?;
    let largest = with_heads_of_the_bank(&|sql| owner.owner(sql), || asked_and_agreed(&bank, &first, &second))?;
    owner.owner(SHIPPED)?;

    let many_name = format!("{} customers moved", thousand.len());
    let rows = [
        ("a contact logged", Times::new(contacts)),
        ("one customer moved", Times::new(drops)),
        ("… seen on an open board", Times::new(told)),
        (many_name.as_str(), Times::new(many)),
        (whole.0.as_str(), Times::new(whole.1)),
        (largest.0.as_str(), Times::new(largest.1)),
    ];
    println!("\n{} customers, {BOARDS} open boards, milliseconds; bare: within the database, boards closed\n", bank.customers);
    println!("{:<26} {:>6} {:>8} {:>8} {:>8}   {:>8} {:>8} {:>6}", "", "times", "p50", "p95", "p99", "bare p50", "bare p95", "ratio");
    for (what, times) in &rows {
        let [p50, p95, p99] = [50, 95, 99].map(|percent| times.quantile(percent));
        let beside = bare.iter().find(|(of, _)| of == what).map(|(_, bare)| bare);
        let shown = beside.map_or_else(String::new, |bare| {
            format!("{:>8.2} {:>8.2} {:>6.1}", bare.quantile(50), bare.quantile(95), p50 / bare.quantile(50))
        });
        println!("{what:<26} {:>6} {p50:>8.2} {p95:>8.2} {p99:>8.2}   {shown}", times.count());
        report.times(what, times);
        if let Some(bare) = beside {
            report.times(&format!("{what} · bare"), bare);
            report.once(&format!("{what} · ratio"), Unit::Ratio, p50 / bare.quantile(50));
        }
    }
    println!();
    report.keep()
}

/// What of a contact, of a drop and of many moved at once is the database's, by its own account.
fn within(
    owner: &mut Bare,
    branch: &mut Connection,
    customers: &[String],
    many: &[String],
    to: [&str; 2],
) -> Outcome<[(String, Times); 3]> {
    let (mut contacts, mut drops, mut all) = (Vec::new(), Vec::new(), Vec::new());
    // In turns of both ways, so that everybody is where they were.
    for turn in 0..TURNS {
        for to in to {
            let no = &customers[turn % customers.len()];
            branch.reopen()?;
            contacts.push(owner.within(|| contact(branch, no).map(drop))?);
            drops.push(owner.within(|| moved(branch, std::slice::from_ref(no), to).map(drop))?);
        }
    }
    // By themselves: whoever was moved alone is among them, and nobody is moved to where they are.
    for _ in 0..TURNS / 4 {
        for to in to {
            branch.reopen()?;
            all.push(owner.within(|| moved(branch, many, to).map(drop))?);
        }
    }
    Ok([
        ("a contact logged".to_owned(), Times::new(contacts)),
        ("one customer moved".to_owned(), Times::new(drops)),
        (format!("{} customers moved", many.len()), Times::new(all)),
    ])
}

fn contact(branch: &mut Connection, no: &str) -> Outcome<Duration> {
    let body = json!({"kind": "call", "summary": "benchmark"}).to_string();
    done(branch.change(&format!("/api/v1/customers/{no}/activities"), &body)?, "a contact")
}

/// The two managers of the branch with the most customers.
fn managers(branch: &mut Connection) -> Outcome<(String, String)> {
    let league = branch.ask("/api/v1/managers/performance", None)?.json()?;
    let mut managers: Vec<(i64, &str)> = league["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|line| Some((line["customers"].as_i64()?, line["code"].as_str().filter(|code| !code.is_empty())?)))
        .collect();
    managers.sort_unstable_by(|a, b| b.cmp(a));
    match managers.as_slice() {
        [(_, first), (_, second), ..] => Ok(((*first).to_owned(), (*second).to_owned())),
        _ => Err(format!("the branch has no two managers: {league}")),
    }
}

/// Numbers of some customers that `manager` leads, the smallest first.
fn customers(branch: &mut Connection, manager: &str) -> Outcome<Vec<String>> {
    let numbers = listed(branch, &format!("manager={manager}&sort=aum"), DROPS, None)?;
    if numbers.is_empty() { Err(format!("{manager} leads nobody")) } else { Ok(numbers) }
}

/// Numbers of customers but those of `to`, to whom they are to go: nobody goes where he is.
fn listed(branch: &mut Connection, query: &str, many: usize, to: Option<&str>) -> Outcome<Vec<String>> {
    let mut numbers = Vec::new();
    let mut after = String::new();
    while numbers.len() < many {
        let page = branch.ask(&format!("/api/v1/customers?{query}&limit=200{after}"), None)?.json()?;
        numbers.extend({
            let items = page["items"].as_array().into_iter().flatten().filter(|item| to.is_none_or(|to| item["manager"]["code"] != to));
            items.filter_map(|item| item["customer_no"].as_str()).map(str::to_owned)
        });
        match page["next"].as_str() {
            Some(next) => after = format!("&after={}", super::http::encoded(next)),
            None => break,
        }
    }
    numbers.truncate(many);
    Ok(numbers)
}

fn moved(branch: &mut Connection, customers: &[String], to: &str) -> Outcome<Duration> {
    let body = json!({"customers": customers, "to": to, "role": "lead", "reason": "benchmark"}).to_string();
    done(branch.change("/api/v1/transfers", &body)?, "a transfer")
}

/// Everybody of the branch goes to one manager and then to the other, in batches. What it was called, and the times.
fn all(branch: &mut Connection, first: &str, second: &str) -> Outcome<(String, Vec<Duration>)> {
    let (mut took, mut customers) = (Vec::new(), 0);
    for to in [second, first] {
        let since = Instant::now();
        let body = json!({"filter": {}, "to": to, "role": "lead", "reason": "benchmark"}).to_string();
        let mut transfer = branch.change("/api/v1/transfers", &body)?.json()?;
        let id = transfer["id"].as_str().map(str::to_owned).ok_or_else(|| format!("no transfer: {transfer}"))?;
        while transfer["state"] != "done" {
            if since.elapsed() > LONG || transfer["state"] == "pending" {
                return Err(format!("not done: {transfer}"));
            }
            thread::sleep(Duration::from_millis(50));
            transfer = branch.ask(&format!("/api/v1/transfers/{id}"), None)?.json()?;
        }
        took.push(since.elapsed());
        customers = customers.max(transfer["customers"].as_i64().unwrap_or_default());
    }
    Ok((format!("{customers} customers moved"), took))
}

/// A hundred thousand customers of all branches, or everybody, from the second person's agreement to the last batch; that they
/// are written down comes before.
fn asked_and_agreed(bank: &Bank, first: &str, second: &str) -> Outcome<(String, Vec<Duration>)> {
    let (mut asks, mut agrees) = (bank.connect("branch")?, bank.connect("executive")?);
    let customers = listed(&mut asks, "sort=aum", VERY_MANY, Some(second))?;
    let mut took = Vec::new();
    for to in [second, first] {
        let body = json!({"customers": customers, "to": to, "role": "lead", "reason": "benchmark"}).to_string();
        let asked = asks.change("/api/v1/transfers", &body)?.json()?;
        let id = asked["id"].as_str().ok_or_else(|| format!("no transfer: {asked}"))?;
        // The other one has been silent for longer than the server waits.
        agrees.reopen()?;
        let since = Instant::now();
        let mut transfer = agrees.change(&format!("/api/v1/transfers/{id}/approve"), "")?.json()?;
        while transfer["state"] != "done" {
            if since.elapsed() > LONG || transfer["id"].is_null() {
                return Err(format!("not done: {transfer}"));
            }
            thread::sleep(Duration::from_millis(50));
            transfer = asks.ask(&format!("/api/v1/transfers/{id}"), None)?.json()?;
        }
        took.push(since.elapsed());
    }
    Ok((format!("{} customers moved", customers.len()), took))
}

fn done(answer: super::http::Answer, what: &str) -> Outcome<Duration> {
    match answer.status {
        200 | 201 => Ok(answer.took),
        status => Err(format!("{what} was not done at once: {status} {}", String::from_utf8_lossy(&answer.body))),
    }
}

/// Open boards: each follows the events of its own connection and reads its columns again after them, as a page does; the
/// first is listened to.
struct Boards {
    streams: Vec<TcpStream>,
    events: mpsc::Receiver<(Instant, String)>,
}

/// So long a page waits for further changes before it reads again; pages spread over a quarter of a second.
const PAUSE: Duration = Duration::from_millis(40);
const SPREAD: Duration = Duration::from_millis(255);

impl Boards {
    fn open(address: SocketAddr, token: &str, columns: [&str; 2]) -> Outcome<Boards> {
        let (sender, events) = mpsc::channel();
        let look = json!({"query": {"filter": {}, "columns": columns, "limit": 60}}).to_string();
        let open = || -> std::io::Result<TcpStream> {
            let mut stream = TcpStream::connect(address)?;
            write!(stream, "GET /api/v1/events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n")?;
            Ok(stream)
        };
        let mut streams = Vec::new();
        for board in 0..BOARDS {
            let stream = open().map_err(|error| format!("{address}: {error}"))?;
            let reading = stream.try_clone().map_err(|error| format!("{address}: {error}"))?;
            streams.push(stream);
            let sender = sender.clone();
            let (changed, heard) = mpsc::channel();
            let mut page = Connection::open(address)?;
            (page.token, page.browses) = (token.to_owned(), true);
            // A question that is wrong would be answered fast.
            let answer = page.ask("/api/board/look", Some(&look))?;
            if answer.status != 200 {
                return Err(format!("a board is not read: {} {}", answer.status, String::from_utf8_lossy(&answer.body)));
            }
            let (look, pause) = (look.clone(), PAUSE + SPREAD * board as u32 / BOARDS as u32);
            thread::spawn(move || {
                // Until its stream is closed.
                while heard.recv().is_ok() {
                    thread::sleep(pause);
                    while heard.try_recv().is_ok() {}
                    if page.ask("/api/board/look", Some(&look)).is_err() && page.reopen().is_err() {
                        return;
                    }
                }
            });
            thread::spawn(move || {
                for line in BufReader::new(reading).lines().map_while(Result::ok) {
                    if line.starts_with("data:") {
                        let _ = changed.send(());
                    }
                    if board == 0 && sender.send((Instant::now(), line)).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Boards { streams, events })
    }

    /// How long after `since` the board was told of this customer.
    fn told(&self, no: &str, since: Instant) -> Outcome<Duration> {
        loop {
            let left = PATIENCE.checked_sub(since.elapsed()).ok_or_else(|| format!("no board was told of {no}"))?;
            let (at, line) = self.events.recv_timeout(left).map_err(|_| format!("no board was told of {no}"))?;
            if at >= since && line.contains(no) {
                return Ok(at - since);
            }
        }
    }

    fn close(self) {
        for stream in self.streams {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
