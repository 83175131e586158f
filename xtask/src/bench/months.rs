//! The books of the months: a closed one restated, the running one computed again as after every load, a part of them
//! computed a second time to compare; and how long others wait for adoption and their lists meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::bank::Bank;
use super::bare::Bare;
use super::http::Connection;
use super::quantiles::Times;
use super::report::{Report, Unit};
use crate::Outcome;

const TURNS: usize = 3;
const LOOKS: usize = 200;
/// Customers that `reconcile` computes again.
const SAMPLE: &str = "10000";
const ADOPTION: &str = "/api/v1/products/adoption?by=org";
const LIST: &str = "/api/v1/customers?limit=50";

pub(crate) fn measure() -> Outcome {
    let bank = Bank::open()?;
    let owner = Bare::attach(&bank.data_dir, &bank.folder)?;
    let mut report = Report::begin("months", &bank);
    let month = |which: &str| owner.owner(&format!("select to_char({which}, 'YYYY-MM')"));
    let closed = month("(select max(month) from contribution_month where state = 'closed' and ready)")?;
    let running = month("(select business_date from bank)")?;
    if closed.is_empty() {
        return Err("no month of this bank is closed".into());
    }
    let facts = owner.owner(&format!("select count(*) from account_month where month = '{closed}-01'"))?;
    let facts: f64 = facts.parse().map_err(|_| format!("no number of facts: {facts}"))?;

    let mut branch = bank.connect("branch")?;
    let mut asked = Vec::new();
    for (what, path) in [("adoption", ADOPTION), ("a list", LIST)] {
        asked.push((format!("{what}, nobody else there"), looked(&mut branch, path)?));
    }
    let mut took = Vec::new();
    for (what, meanwhile, args) in [
        ("a month closed again", "while a month is closed", vec!["close", "--month", &closed, "--reopen", "benchmark"]),
        ("the running month computed", "while the running month is computed", vec!["close", "--month", &running]),
    ] {
        let (seconds, adoption, list) = while_computing(&bank, &args)?;
        took.push((what, seconds));
        asked.push((format!("adoption {meanwhile}"), adoption));
        asked.push((format!("a list {meanwhile}"), list));
    }
    let since = Instant::now();
    run(&bank, &["reconcile", "--month", &closed, "--sample", SAMPLE])?;
    took.push(("10,000 customers and all sums reconciled", vec![since.elapsed().as_secs_f64()]));

    println!("\n{} customers, {facts} accounts in a month\n", bank.customers);
    println!("{:<46} {:>6} {:>9} {:>14}", "", "times", "seconds", "accounts/s");
    for (what, seconds) in &took {
        let mean = seconds.iter().sum::<f64>() / seconds.len() as f64;
        let rate = if what.contains("reconciled") { String::new() } else { format!("{:.0}", facts / mean) };
        println!("{what:<46} {:>6} {mean:>9.1} {rate:>14}", seconds.len());
        report.mean(what, Unit::Seconds, seconds);
    }
    println!("\n{:<46} {:>6} {:>8} {:>8} {:>8}", "milliseconds", "times", "p50", "p95", "p99");
    for (what, times) in &asked {
        let [p50, p95, p99] = [50, 95, 99].map(|percent| times.quantile(percent));
        println!("{what:<46} {:>6} {p50:>8.2} {p95:>8.2} {p99:>8.2}", times.count());
        report.times(what, times);
    }
    println!();
    report.keep()
}

fn looked(connection: &mut Connection, path: &str) -> Outcome<Times> {
    let took: Outcome<Vec<Duration>> = (0..LOOKS).map(|_| connection.answered(path)).collect();
    Ok(Times::new(took?))
}

/// Runs the command some times; seconds of each, and what somebody waited meanwhile for adoption and for a list.
fn while_computing(bank: &Bank, args: &[&str]) -> Outcome<(Vec<f64>, Times, Times)> {
    let mut branch = bank.connect("branch")?;
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let computing = scope.spawn(|| -> Outcome<Vec<f64>> {
            let turn = |_| {
                let since = Instant::now();
                run(bank, args).map(|()| since.elapsed().as_secs_f64())
            };
            let took = (0..TURNS).map(turn).collect();
            over.store(true, Ordering::Release);
            took
        });
        let (mut adoption, mut list) = (Vec::new(), Vec::new());
        let mut look = || -> Outcome {
            while !over.load(Ordering::Acquire) {
                adoption.push(branch.answered(ADOPTION)?);
                list.push(branch.answered(LIST)?);
            }
            Ok(())
        };
        let looked = look();
        let took = computing.join().unwrap_or_else(|_| Err("the computing thread stopped".into()))?;
        looked?;
        Ok((took, Times::new(adoption), Times::new(list)))
    })
}

fn run(bank: &Bank, args: &[&str]) -> Outcome {
    let output = bank.command(args).output().map_err(|error| format!("guanhu {}: {error}", args.join(" ")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("guanhu {}: {}", args.join(" "), String::from_utf8_lossy(&said).trim()))
}
