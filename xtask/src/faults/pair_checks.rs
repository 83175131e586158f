//! What must hold of two servers that share a database.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::Line;
use super::balancer::Balancer;
use super::bank::{PATIENCE, is_ready};
use super::dice::Dice;
use super::http::Request;
use super::pair::Pair;
use super::verify::counts;
use super::writers::{Book, Write, Writers};
use crate::shell::step;
use crate::{Outcome, needs};

/// Writes each of which is looked for at the other server at once.
const READ_BACK: usize = 60;

pub(crate) fn all(pair: &mut Pair, dice: &mut Dice, lines: &mut Vec<Line>) -> Outcome {
    lines.push(step("What was just written is read back from the other server", || own_writes(pair, dice))?);
    lines.push(step("A change at one server reaches a page of the other", || live(pair, dice))?);
    lines.push(step("Both servers have the same work to do", || jobs_once(pair))?);
    lines.push(step("Both servers are restarted under load", || rolled(pair, dice))?);
    lines.push(step("The primary is killed and the synchronous standby promoted", || promoted(pair, dice))?);
    Ok(())
}

/// Waits until both servers say that they read from `source`, the replica or the primary.
fn reading(pair: &Pair, source: &str) -> Outcome {
    let since = Instant::now();
    let said = match source {
        "replica" => "read from the replica",
        _ => "the primary is read from",
    };
    let last = |log: String| log.lines().rfind(|line| line.contains("replica")).is_some_and(|line| line.contains(said));
    while !pair.servers.iter().all(|server| last(server.log())) {
        if since.elapsed() > PATIENCE {
            return Err(format!("the servers do not read from the {source}"));
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// One writes at a server and reads at the other: what was written is there, though the replica lags.
fn own_writes(pair: &Pair, dice: &mut Dice) -> Outcome<Line> {
    reading(pair, "replica")?;
    let [a, b] = [pair.servers[0].address, pair.servers[1].address];
    let book = Book::open(a)?;
    let mut behind = 0;
    for at in 0..READ_BACK {
        let (here, there) = if at % 2 == 0 { (a, b) } else { (b, a) };
        let (no, mark) = (dice.pick(&book.customers).clone(), format!("own{at}x{}", dice.next() % 1_000_000));
        let path = format!("/api/v1/customers/{no}/activities");
        let body = format!(r#"{{"kind":"call","summary":"{mark}"}}"#);
        let headers = format!("Idempotency-Key: {}\r\n", dice.uuid());
        let wrote = Request { method: "POST", path: &path, token: &book.token, headers, body: &body }
            .ask(here)
            .map_err(|error| error.to_string())?;
        if wrote.status != 201 {
            return Err(format!("{path}: {} {}", wrote.status, wrote.body));
        }
        let timeline = format!("/api/v1/customers/{no}/timeline");
        let read = Request::get(&timeline, &book.token).ask(there).map_err(|error| error.to_string())?;
        if !read.body.contains(&mark) {
            return Err(format!(
                "{mark} was written at {here} and is not read at {there}: {}",
                read.body.chars().take(300).collect::<String>()
            ));
        }
        behind += usize::from(pair.replica.sql(&format!("select count(*) from activity where summary = '{mark}'"))? == [["0"]]);
    }
    if behind == 0 {
        return Err("the replica never lagged, so that nothing was shown".into());
    }
    // Whoever wrote nothing for a while is served by the replica again.
    let since = Instant::now();
    let served = "select count(*) from pg_stat_activity where application_name = 'guanhu reads' and query like '%customer_summary%'";
    while pair.replica.sql(served)? == [["0"]] {
        Request::get("/api/v1/customers?limit=50", &book.token).ask(a).map_err(|error| error.to_string())?;
        if since.elapsed() > PATIENCE {
            return Err("nobody is served by the replica".into());
        }
    }
    Ok(Line {
        what: "write at one server, read at the other".into(),
        writes: READ_BACK,
        answers: None,
        said: format!("every write was read back; the replica did not have {behind} of them yet, and serves others"),
    })
}

/// A listener at the second server hears of a move at the first.
fn live(pair: &Pair, dice: &mut Dice) -> Outcome<Line> {
    let [a, b] = [pair.servers[0].address, pair.servers[1].address];
    let book = Book::open(a)?;
    let mut stream = TcpStream::connect(b).map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).map_err(|error| error.to_string())?;
    stream.write_all(Request::get("/api/v1/events", &book.token).bytes(b).as_bytes()).map_err(|error| error.to_string())?;
    let mut lines = BufReader::new(stream).lines();
    let mut until = |what: &str| -> Outcome<String> {
        for line in lines.by_ref() {
            let line = line.map_err(|error| format!("no event: {error}"))?;
            if line.contains(what) {
                return Ok(line);
            }
        }
        Err("the stream of events ended".into())
    };
    until("\"here\"")?;
    let begun = Instant::now();
    let mut moved = String::new();
    for _ in 0..40 {
        let body = book.a_move(dice, "live");
        let headers = format!("Idempotency-Key: {}\r\n", dice.uuid());
        let answer = Request { method: "POST", path: "/api/v1/transfers", token: &book.token, headers, body: &body }
            .ask(a)
            .map_err(|error| error.to_string())?;
        if answer.status == 201 {
            moved = body;
            break;
        }
    }
    let no = super::http::members(&moved.replace("[\"", "\"no\":\""), "no")
        .first()
        .map(|no| (*no).to_owned())
        .ok_or("no customer could be moved")?;
    until(&no)?;
    let took = begun.elapsed();
    // And whoever reads it there now finds it moved.
    let view = Request::get(&format!("/api/v1/customers/{no}"), &book.token).ask(b).map_err(|error| error.to_string())?;
    let to = super::http::members(&moved, "to").first().map(|code| format!("\"code\":\"{code}\"")).unwrap_or_default();
    if view.status != 200 || !view.body.contains(&to) {
        return Err(format!("{no} was moved by {moved} and is read as {} {}", view.status, view.body));
    }
    Ok(Line {
        what: "a move at one server, a page at the other".into(),
        writes: 1,
        answers: Some(took),
        said: "the event was heard".into(),
    })
}

/// The business date moves on; both servers find months and tiers to compute, and one of them does.
fn jobs_once(pair: &Pair) -> Outcome<Line> {
    let newest = pair.primary.sql("select coalesce(max(audit_id), 0) from audit_log")?;
    let newest = newest.first().and_then(|row| row.first()).cloned().unwrap_or_default();
    pair.primary.sql("update bank set business_date = (date_trunc('month', business_date) + interval '1 month 2 days')::date")?;
    let since = Instant::now();
    let done = |verb: &str| {
        pair.primary.sql(&format!(
            "select subject, count(*) from audit_log where audit_id > {newest} and verb = '{verb}' and detail ->> 'reopened' is null group by 1"
        ))
    };
    while done("contribution.close")?.is_empty() {
        // The servers look once a minute.
        if since.elapsed() > PATIENCE * 2 {
            return Err("no server computed the month".into());
        }
        thread::sleep(Duration::from_millis(500));
    }
    // One further turn of both.
    thread::sleep(Duration::from_secs(65));
    let closed = done("contribution.close")?;
    if let Some(twice) = closed.iter().find(|row| row.get(1).map(String::as_str) != Some("1")) {
        return Err(format!("{} was computed {} times", twice[0], twice[1]));
    }
    Ok(Line {
        what: "a new month, two servers that look for work".into(),
        writes: 0,
        answers: None,
        said: format!("{} closed once each", closed.iter().map(|row| row[0].as_str()).collect::<Vec<_>>().join(", ")),
    })
}

/// Whom people ask while servers are restarted.
enum Door {
    Balancer(Balancer),
    /// Where there is none: whoever said of late that it is ready.
    Ready([AtomicBool; 2]),
}

impl Door {
    /// The balancer of the guide, or our own where HAProxy cannot be had.
    fn of(pair: &Pair) -> Outcome<Door> {
        let addresses = pair.servers.each_ref().map(|server| server.address);
        match needs::haproxy() {
            Ok(haproxy) => Balancer::start(&haproxy, addresses, &pair.place).map(Door::Balancer),
            Err(why) => {
                eprintln!("  {why}\n  until then people ask whichever server says that it is ready");
                Ok(Door::Ready([AtomicBool::new(true), AtomicBool::new(true)]))
            }
        }
    }

    fn name(&self) -> String {
        match self {
            Door::Balancer(balancer) => format!("behind HAProxy {}", balancer.version),
            Door::Ready(_) => "behind a balancer of our own".to_owned(),
        }
    }

    fn address(&self, servers: [SocketAddr; 2], dice: &mut Dice) -> Option<SocketAddr> {
        match self {
            Door::Balancer(balancer) => Some(balancer.address),
            Door::Ready(ready) => {
                let up: Vec<SocketAddr> =
                    servers.into_iter().zip(ready).filter(|(_, ready)| ready.load(Ordering::Relaxed)).map(|(at, _)| at).collect();
                (!up.is_empty()).then(|| *dice.pick(&up))
            }
        }
    }
}

/// People at work through a balancer that asks `/readyz`; both servers are stopped and started in turn.
fn rolled(pair: &mut Pair, dice: &mut Dice) -> Outcome<Line> {
    let addresses = pair.servers.each_ref().map(|server| server.address);
    let book = Book::open(addresses[0])?;
    let door = Door::of(pair)?;
    let (over, asked, failed) = (AtomicBool::new(false), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let seeds: Vec<u64> = (0..4).map(|_| dice.next()).collect();
    thread::scope(|scope| -> Outcome {
        if let Door::Ready(ready) = &door {
            for (address, ready) in addresses.iter().zip(ready) {
                let over = &over;
                scope.spawn(move || {
                    while !over.load(Ordering::Relaxed) {
                        ready.store(is_ready(*address), Ordering::Relaxed);
                        thread::sleep(Duration::from_millis(200));
                    }
                });
            }
        }
        for seed in seeds {
            let (door, over, asked, failed, book) = (&door, &over, &asked, &failed, &book);
            scope.spawn(move || {
                let mut dice = Dice::new(seed);
                while !over.load(Ordering::Relaxed) {
                    let Some(at) = door.address(addresses, &mut dice) else { continue };
                    let no = dice.pick(&book.customers);
                    let said = if dice.below(3) == 0 {
                        let path = format!("/api/v1/customers/{no}/activities");
                        let headers = format!("Idempotency-Key: {}\r\n", dice.uuid());
                        Request { method: "POST", path: &path, token: &book.token, headers, body: r#"{"kind":"call","summary":"轮换"}"# }
                            .ask(at)
                    } else {
                        Request::get(&format!("/api/v1/customers/{no}"), &book.token).ask(at)
                    };
                    asked.fetch_add(1, Ordering::Relaxed);
                    let problem = match said {
                        Ok(answer) if answer.status < 400 => continue,
                        Ok(answer) => format!("{at}: {} {}", answer.status, answer.body),
                        Err(error) => format!("{at}: {error}"),
                    };
                    failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(problem);
                }
            });
        }
        let mut roll = || -> Outcome {
            thread::sleep(Duration::from_secs(1));
            for server in &mut pair.servers {
                server.stop()?;
                server.start()?;
                // The balancer asks twice, a second apart, before it trusts a server again.
                thread::sleep(Duration::from_secs(4));
            }
            Ok(())
        };
        let rolled = roll();
        over.store(true, Ordering::Relaxed);
        rolled
    })?;
    let failed = failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(first) = failed.first() {
        return Err(format!("{} of {} requests failed, the first: {first}", failed.len(), asked.into_inner()));
    }
    Ok(Line {
        what: format!("SIGTERM both servers in turn, {}", door.name()),
        writes: 0,
        answers: None,
        said: format!("0 of {} requests failed", asked.into_inner()),
    })
}

/// Every acknowledged write is on the synchronous standby, and writes go on there.
fn promoted(pair: &mut Pair, dice: &mut Dice) -> Outcome<Line> {
    let address = pair.servers[0].address;
    let book = Book::open(address)?;
    let writers = Writers::begin(&book, address, 900, dice);
    writers.wait_for(25)?;
    pair.primary.kill();
    let since = Instant::now();
    pair.synchronous.sql("select pg_promote()")?;
    pair.to_primary.lead(pair.synchronous.address);
    writers.wait_for(1)?;
    let answers = since.elapsed();
    writers.wait_for(15)?;
    let all: Vec<Write> = writers.rest()?;
    counts(&|statement| pair.synchronous.sql(statement), &all)?;
    // The asynchronous standby follows nobody now: what it knows is old.
    reading(pair, "primary")?;
    Ok(Line {
        what: "kill -9 the primary, promote the standby".into(),
        writes: all.len(),
        answers: Some(answers),
        said: "all there, once; the old replica is not read from".into(),
    })
}
