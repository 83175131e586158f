//! More than the server can do: thousands of connections, readers who do not read, senders who do not send.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::bank::{Bank, log_in};
use super::http::{Request, header};
use super::{Line, writers::Book};
use crate::Outcome;

/// Places of the server meanwhile: few, so that a debug build on a busy machine is overloaded as well.
const PLACES: &str = "24";
const CONNECTIONS: usize = 2_000;
/// Of them so many begin to send a body and stop.
const SENDERS: usize = 200;
/// Threads that ask as fast as they can.
const ASKING: usize = 48;
const ASKED: Duration = Duration::from_secs(8);
/// MB by which the server may grow, whoever dawdles.
const GROWTH: u64 = 300;
/// What the server's grace for bodies and readers must have ended by.
const CUT: Duration = Duration::from_secs(60);

pub(crate) fn run(bank: &Bank) -> Outcome<Line> {
    bank.stop();
    bank.set(vec![("GUANHU_MAX_REQUESTS", PLACES.into())]);
    bank.wait()?;
    let book = Book::open(bank.address)?;
    let admin = log_in(bank.address, "admin")?;
    let before = memory(bank)?;
    let crowd = crowd(bank, &book)?;

    let (served, shed, other) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let (mut health, mut officer, mut most) = (Vec::new(), Vec::new(), before);
    let since = Instant::now();
    thread::scope(|scope| -> Outcome {
        for _ in 0..ASKING {
            scope.spawn(|| {
                while since.elapsed() < ASKED {
                    match Request::get("/api/v1/customers?limit=200", &book.token).ask(bank.address) {
                        Ok(answer) if answer.status == 200 => served.fetch_add(1, Ordering::Relaxed),
                        Ok(answer) if answer.status == 503 && header(&answer.head, "retry-after").is_some() => {
                            // A client that does as it is told would wait; this one does not.
                            shed.fetch_add(1, Ordering::Relaxed)
                        }
                        _ => other.fetch_add(1, Ordering::Relaxed),
                    };
                }
            });
        }
        while since.elapsed() < ASKED {
            for (path, token, took) in [("/healthz", "", &mut health), ("/api/v1/me", admin.as_str(), &mut officer)] {
                let asked = Instant::now();
                let answer = Request::get(path, token).ask(bank.address).map_err(|error| format!("{path} under load: {error}"))?;
                if answer.status != 200 {
                    return Err(format!("{path} under load was answered {}: {}", answer.status, answer.body));
                }
                took.push(asked.elapsed());
            }
            most = most.max(memory(bank)?);
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    })?;
    let (served, shed, other) = (served.into_inner(), shed.into_inner(), other.into_inner());
    if shed == 0 || served == 0 || other > 0 {
        return Err(format!("{served} answered, {shed} told to come back, {other} neither"));
    }
    if most > before + GROWTH {
        return Err(format!("the server grew from {before} MB to {most} MB"));
    }
    let opened = crowd.len();
    let cut = cut_off(crowd)?;
    bank.set(Vec::new());
    bank.stop();
    let answers = bank.wait()?;
    let worst = |times: &[Duration]| times.iter().max().map_or(0, Duration::as_millis);
    Ok(Line {
        what: format!("{opened} connections that dawdle, {ASKING} that ask"),
        writes: 0,
        answers: Some(answers),
        said: format!(
            "{served} answered, {shed} told to come back; health within {} ms, an administrator within {} ms; {before} MB before, {most} MB at most; \
             all {SENDERS} senders cut off after {:.0} s",
            worst(&health),
            worst(&officer),
            cut.as_secs_f64()
        ),
    })
}

/// Connections that asked and do not read, and the last ones, that do not send what they promised.
fn crowd(bank: &Bank, book: &Book) -> Outcome<Vec<TcpStream>> {
    let files = CONNECTIONS as u64 + 512;
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < files
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, files.min(hard), hard);
    }
    let asks = Request::get("/api/v1/customers?limit=200", &book.token).bytes(bank.address);
    let body = "x".repeat(100_000);
    let path = format!("/api/v1/customers/{}/activities", book.customers[0]);
    let sends = Request { method: "POST", path: &path, token: &book.token, headers: String::new(), body: &body }.bytes(bank.address);
    let sends = &sends[..sends.len() - 99_000];
    let mut crowd = Vec::with_capacity(CONNECTIONS);
    for at in 0..CONNECTIONS {
        let Ok(mut stream) = TcpStream::connect_timeout(&bank.address, Duration::from_secs(5)) else { continue };
        let said = if at < CONNECTIONS - SENDERS { &asks } else { sends };
        if stream.write_all(said.as_bytes()).is_ok() {
            crowd.push(stream);
        }
    }
    if crowd.len() < CONNECTIONS * 9 / 10 {
        return Err(format!("only {} of {CONNECTIONS} connections could be opened", crowd.len()));
    }
    Ok(crowd)
}

/// How long until the server had ended the connections of those who do not send.
fn cut_off(crowd: Vec<TcpStream>) -> Outcome<Duration> {
    let since = Instant::now();
    for mut stream in crowd.into_iter().rev().take(SENDERS) {
        let left = CUT.saturating_sub(since.elapsed()).max(Duration::from_millis(1));
        stream.set_read_timeout(Some(left)).map_err(|error| error.to_string())?;
        let mut said = Vec::new();
        if let Err(error) = stream.read_to_end(&mut said)
            && matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
        {
            return Err(format!("a sender of nothing still has its connection after {} s", CUT.as_secs()));
        }
    }
    Ok(since.elapsed() + ASKED)
}

/// Resident memory of the server in MB.
fn memory(bank: &Bank) -> Outcome<u64> {
    let pid = bank.pid().ok_or("the server is not running")?;
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| format!("/proc/{pid}/status: {error}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).map(|kib| kib / 1024).ok_or_else(|| line.to_owned())
}
