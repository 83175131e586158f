//! Many connections that ask for the same at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::asked::Question;
use super::bank::Bank;
use super::http::Connection;
use super::quantiles::Times;
use super::report::{Report, Unit};
use crate::Outcome;

/// How long a crowd asks, s.
pub(crate) const ASKS: u64 = 3;
/// Into so many parts it is divided to see how even it goes.
const PARTS: usize = 8;
pub(crate) const CROWDS: [usize; 2] = [16, 200];

/// What became of a crowd.
pub(crate) struct Crowd {
    pub(crate) what: String,
    pub(crate) connections: usize,
    pub(crate) times: Times,
    /// Told to come back, or cut off.
    pub(crate) turned_away: usize,
    /// Answers a second in each part of the time.
    pub(crate) rates: Vec<f64>,
}

impl Crowd {
    pub(crate) fn per_second(&self) -> f64 {
        self.rates.iter().sum::<f64>() / self.rates.len().max(1) as f64
    }

    pub(crate) fn report(&self, report: &mut Report) {
        let what = format!("{} · {} at once", self.what, self.connections);
        report.times(&what, &self.times);
        report.mean(&format!("{what} · answers"), Unit::PerSecond, &self.rates);
        report.counted(&format!("{what} · turned away"), self.turned_away);
    }
}

/// So many connections ask as `login` for [`ASKS`] seconds, each as soon as it was answered.
pub(crate) fn crowd(bank: &Bank, login: &str, question: &Question, connections: usize) -> Outcome<Crowd> {
    // One login for all: how quickly passwords are checked is not the question.
    let token = bank.connect(login)?.token;
    let over = AtomicBool::new(false);
    let since = Instant::now();
    let (mut answers, turned_away) = thread::scope(|scope| -> Outcome<(Vec<(Duration, Duration)>, usize)> {
        let asking = || -> Outcome<(Vec<(Duration, Duration)>, usize)> {
            let (mut answers, mut turned_away) = (Vec::new(), 0);
            while !over.load(Ordering::Relaxed) {
                let mut connection = Connection::open(bank.address)?;
                connection.token.clone_from(&token);
                while !over.load(Ordering::Relaxed) {
                    match question.ask(&mut connection) {
                        Ok(answer) if answer.status == 200 => answers.push((since.elapsed(), answer.took)),
                        Ok(answer) if answer.status == 503 => turned_away += 1,
                        Ok(answer) => return Err(format!("{} with {connections} connections: {}", question.what, answer.status)),
                        Err(_) => {
                            turned_away += 1;
                            break;
                        }
                    }
                }
            }
            Ok((answers, turned_away))
        };
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(asking)).collect();
        thread::sleep(Duration::from_secs(ASKS));
        over.store(true, Ordering::Relaxed);
        let (mut all, mut away) = (Vec::new(), 0);
        for thread in threads {
            let (answers, turned_away) = thread.join().map_err(|_| "a connection panicked".to_owned())??;
            all.extend(answers);
            away += turned_away;
        }
        Ok((all, away))
    })?;
    answers.sort();
    let part = ASKS as f64 / PARTS as f64;
    let rates = (0..PARTS).map(|at| {
        let (from, to) = (part * at as f64, part * (at + 1) as f64);
        answers.iter().filter(|(at, _)| (from..to).contains(&at.as_secs_f64())).count() as f64 / part
    });
    let rates = rates.collect();
    let times = Times::new(answers.into_iter().map(|(_, took)| took).collect());
    Ok(Crowd { what: format!("{login} · {}", question.what), connections, times, turned_away, rates })
}

pub(crate) fn print(crowds: &[(Crowd, Option<f64>)]) {
    println!(
        "\n{:<44} {:>11} {:>9} {:>9} {:>8} {:>8} {:>8} {:>11}",
        "at once", "connections", "answers/s", "bare/s", "p50", "p95", "p99", "turned away"
    );
    for (crowd, bare) in crowds {
        let [p50, p95, p99] = [50, 95, 99].map(|percent| crowd.times.quantile(percent));
        let bare = bare.map_or_else(String::new, |bare| format!("{bare:.0}"));
        println!(
            "{:<44} {:>11} {:>9.0} {bare:>9} {p50:>8.1} {p95:>8.1} {p99:>8.1} {:>11}",
            crowd.what,
            crowd.connections,
            crowd.per_second(),
            crowd.turned_away
        );
    }
}
