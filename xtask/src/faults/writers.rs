//! People at work: each changes customers of his own, and repeats what was not answered under the same key
//! until it is.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::bank::{PATIENCE, log_in};
use super::dice::Dice;
use super::http::{Answer, Request, members, number};
use crate::Outcome;

const WRITERS: usize = 4;
/// Between two tries of the same request.
const AGAIN: Duration = Duration::from_millis(200);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Contact,
    Edit,
    Activity,
    Transfer,
}

/// A request that the server has answered with success.
#[derive(Clone)]
pub(crate) struct Write {
    pub(crate) kind: Kind,
    /// In no other write.
    pub(crate) mark: String,
    method: &'static str,
    path: String,
    headers: String,
    body: String,
}

impl Write {
    fn ask(&self, address: SocketAddr, token: &str) -> std::io::Result<Answer> {
        Request { method: self.method, path: &self.path, token, headers: self.headers.clone(), body: &self.body }.ask(address)
    }

    /// Once more, as a client does that never heard the answer.
    ///
    /// # Errors
    /// When it is refused now.
    pub(crate) fn repeat(&self, address: SocketAddr, token: &str) -> Outcome {
        let answer = self.ask(address, token).map_err(|error| format!("repeating {}: {error}", self.mark))?;
        if (200..300).contains(&answer.status) {
            return Ok(());
        }
        Err(format!("repeating {} was answered {}: {}", self.mark, answer.status, answer.body))
    }
}

/// Whom they know and may change.
#[derive(Clone)]
pub(crate) struct Book {
    pub(crate) token: String,
    pub(crate) customers: Vec<String>,
    managers: Vec<String>,
}

impl Book {
    /// The customers of the demo's branch manager.
    pub(crate) fn open(address: SocketAddr) -> Outcome<Book> {
        let token = log_in(address, "branch")?;
        let list = Request::get("/api/v1/customers?limit=200", &token).ask(address).map_err(|error| format!("the list: {error}"))?;
        let customers: Vec<String> = members(&list.body, "customer_no").into_iter().map(str::to_owned).collect();
        // Of a customer the first code is the tier's or the unit's: managers stand under their name.
        let managers: BTreeSet<String> = list
            .body
            .split("\"manager\":{")
            .skip(1)
            .filter_map(|rest| members(rest, "code").first().map(|code| (*code).to_owned()))
            .collect();
        if customers.len() < WRITERS * 4 || managers.len() < 2 {
            return Err(format!("too few customers or managers to work with: {}", list.body.chars().take(300).collect::<String>()));
        }
        Ok(Book { token, customers, managers: managers.into_iter().collect() })
    }

    /// The body of a request that moves somebody to somebody.
    pub(crate) fn a_move(&self, dice: &mut Dice, reason: &str) -> String {
        let (no, to) = (dice.pick(&self.customers).clone(), dice.pick(&self.managers).clone());
        format!(r#"{{"customers":["{no}"],"to":"{to}","reason":"{reason}"}}"#)
    }
}

/// Writers at work until [`Writers::rest`].
pub(crate) struct Writers {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    done: Arc<Mutex<Vec<Write>>>,
    threads: Vec<JoinHandle<Outcome>>,
}

impl Writers {
    pub(crate) fn begin(book: &Book, address: SocketAddr, round: usize, dice: &mut Dice) -> Writers {
        let (stop, answered, done) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default(), Arc::<Mutex<Vec<Write>>>::default());
        let threads = (0..WRITERS)
            .map(|writer| {
                let mine: Vec<String> = book.customers.iter().skip(writer).step_by(WRITERS).cloned().collect();
                let mut person = Person {
                    book: Book { customers: mine, ..book.clone() },
                    address,
                    name: format!("f{round}w{writer}x{}", dice.next() % 100_000),
                    dice: Dice::new(dice.next()),
                    stop: Arc::clone(&stop),
                };
                let (answered, done) = (Arc::clone(&answered), Arc::clone(&done));
                thread::spawn(move || person.work(&answered, &done))
            })
            .collect();
        Writers { stop, answered, done, threads }
    }

    /// Waits until so many more writes were answered.
    pub(crate) fn wait_for(&self, writes: usize) -> Outcome<Duration> {
        let (since, from) = (Instant::now(), self.answered.load(Ordering::Relaxed));
        while self.answered.load(Ordering::Relaxed) < from + writes {
            if since.elapsed() > PATIENCE || self.threads.iter().all(JoinHandle::is_finished) {
                return Err(format!("no further write was answered in {:.0} s", since.elapsed().as_secs_f64()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(since.elapsed())
    }

    /// Everybody finishes what is begun; every write that was answered.
    pub(crate) fn rest(self) -> Outcome<Vec<Write>> {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().map_err(|_| "a writer panicked")??;
        }
        Ok(std::mem::take(&mut *self.done.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

struct Person {
    book: Book,
    address: SocketAddr,
    name: String,
    dice: Dice,
    stop: Arc<AtomicBool>,
}

impl Person {
    fn work(&mut self, answered: &AtomicUsize, done: &Mutex<Vec<Write>>) -> Outcome {
        let mut count = 0;
        while !self.stop.load(Ordering::Relaxed) {
            count += 1;
            let mark = format!("{}n{count}", self.name);
            let Some(write) = self.next(mark)? else { continue };
            if self.until_answered(&write)? {
                done.lock().unwrap_or_else(PoisonError::into_inner).push(write);
                answered.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// `None`: what it needs to know could not be read just now.
    fn next(&mut self, mark: String) -> Outcome<Option<Write>> {
        let no = self.dice.pick(&self.book.customers).clone();
        let mut headers = format!("Idempotency-Key: {}\r\n", self.dice.uuid());
        let customer = format!("/api/v1/customers/{no}");
        let (kind, method, path, body) = match self.dice.below(10) {
            0..3 => (Kind::Contact, "POST", format!("{customer}/contacts"), format!(r#"{{"kind":"email","value":"{mark}@example.test"}}"#)),
            3..6 => (Kind::Activity, "POST", format!("{customer}/activities"), format!(r#"{{"kind":"call","summary":"{mark}"}}"#)),
            6..8 => {
                let Ok(view) = Request::get(&customer, &self.book.token).ask(self.address) else {
                    thread::sleep(AGAIN);
                    return Ok(None);
                };
                let Some(version) = number(&view.body, "version").filter(|_| view.status == 200) else {
                    thread::sleep(AGAIN);
                    return Ok(None);
                };
                headers += &format!("If-Match: \"{version}\"\r\n");
                (Kind::Edit, "PATCH", customer, format!(r#"{{"remark":"{mark}"}}"#))
            }
            _ => {
                let to = self.dice.pick(&self.book.managers).clone();
                (
                    Kind::Transfer,
                    "POST",
                    "/api/v1/transfers".to_owned(),
                    format!(r#"{{"customers":["{no}"],"to":"{to}","reason":"{mark}"}}"#),
                )
            }
        };
        Ok(Some(Write { kind, mark, method, path, headers, body }))
    }

    /// False: it was refused, which is an answer too. A customer who is in another transfer cannot be moved.
    fn until_answered(&self, write: &Write) -> Outcome<bool> {
        let since = Instant::now();
        loop {
            let said = match write.ask(self.address, &self.book.token) {
                Ok(answer) if (200..300).contains(&answer.status) => return Ok(true),
                Ok(answer) if [409, 412, 422].contains(&answer.status) => return Ok(false),
                Ok(answer) if answer.status >= 500 || answer.status == 429 => answer.status.to_string(),
                Ok(answer) => return Err(format!("{} {}: {} {}", write.method, write.path, answer.status, answer.body)),
                Err(error) => error.to_string(),
            };
            if since.elapsed() > PATIENCE {
                return Err(format!(
                    "{} {} was not answered within {} s; the last was {said}",
                    write.method,
                    write.path,
                    PATIENCE.as_secs()
                ));
            }
            thread::sleep(AGAIN);
        }
    }
}
