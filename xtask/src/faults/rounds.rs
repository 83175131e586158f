//! The rounds: what is done to whom.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use super::bank::{Bank, GLANCE, PATIENCE, log_in};
use super::dice::Dice;
use super::feed::Feed;
use super::http::{Request, members};
use super::verify::verify;
use super::wire::{Weather, Wire};
use super::writers::{Book, Write, Writers};
use super::{Line, Place};
use crate::Outcome;
use crate::heads::{LIFTED, SHIPPED, with_heads_of_the_bank};
use crate::shell::step;

/// Writes before the fault, so that it meets people at work, and after it.
const BEFORE: usize = 15;
const AFTER: usize = 10;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    KillServer,
    KillDatabase,
    KillBoth,
    StopServer,
    CutNetwork,
    SwallowAnswers,
    CutFeed,
    KillLoad,
    KillJob,
    KillTransfer,
    FillDisk,
}

impl Fault {
    const ALL: [Fault; 11] = [
        Fault::KillServer,
        Fault::KillDatabase,
        Fault::KillBoth,
        Fault::FillDisk,
        Fault::CutNetwork,
        Fault::SwallowAnswers,
        Fault::CutFeed,
        Fault::KillLoad,
        Fault::KillJob,
        Fault::KillTransfer,
        Fault::StopServer,
    ];

    fn name(self) -> &'static str {
        match self {
            Fault::KillServer => "kill -9 the server",
            Fault::KillDatabase => "kill -9 the database",
            Fault::KillBoth => "kill -9 the server and the database",
            Fault::StopServer => "SIGTERM, and start again",
            Fault::CutNetwork => "cut the network between clients and server",
            Fault::SwallowAnswers => "let questions through and lose the answers",
            Fault::CutFeed => "cut the feed's file",
            Fault::KillLoad => "kill -9 a load",
            Fault::KillJob => "kill -9 the closing of a month",
            Fault::KillTransfer => "kill -9 the server in a transfer of everybody",
            Fault::FillDisk => "fill the disk",
        }
    }
}

/// Every fault as often as every other, in an order of the dice.
pub(crate) fn run(bank: &Bank, dice: &mut Dice, rounds: usize, lines: &mut Vec<Line>) -> Outcome {
    let book = Book::open(bank.address)?;
    let wire = Wire::to(bank.address)?;
    let mut order: Vec<Fault> = Vec::new();
    while order.len() < rounds {
        let mut all = Fault::ALL;
        dice.shuffle(&mut all);
        order.extend(all);
    }
    let mut writes = Vec::new();
    for (at, fault) in order.into_iter().take(rounds).enumerate() {
        let line =
            step(&format!("Round {} of {rounds}: {}", at + 1, fault.name()), || one(bank, &book, &wire, fault, at, dice, &mut writes));
        match line {
            Ok(line) => lines.push(line),
            Err(error) => {
                lines.push(Line { what: fault.name().into(), writes: writes.len(), answers: None, said: "NOT AS IT SHOULD BE".into() });
                return Err(format!("round {}, {}: {error}", at + 1, fault.name()));
            }
        }
    }
    Ok(())
}

fn one(bank: &Bank, book: &Book, wire: &Wire, fault: Fault, at: usize, dice: &mut Dice, writes: &mut Vec<Write>) -> Outcome<Line> {
    let writers = Writers::begin(book, wire.address, at, dice);
    writers.wait_for(BEFORE)?;
    thread::sleep(Duration::from_millis(dice.below(300) as u64));
    let (answers, said) = inflict(bank, book, wire, fault, at, dice)?;
    let first = writers.wait_for(1)?;
    // The server was there all the time: it is the people who hear of it again.
    let answers = if matches!(fault, Fault::CutNetwork | Fault::SwallowAnswers) { Some(first) } else { answers };
    writers.wait_for(AFTER)?;
    let done = writers.rest()?;
    let count = done.len();
    writes.extend(done);
    verify(bank, book, writes, dice)?;
    Ok(Line { what: fault.name().into(), writes: count, answers, said: if said.is_empty() { "all there, once".into() } else { said } })
}

/// How long until the server answered again, and what else there is to say.
fn inflict(bank: &Bank, book: &Book, wire: &Wire, fault: Fault, at: usize, dice: &mut Dice) -> Outcome<(Option<Duration>, String)> {
    let mut said = String::new();
    let answers = match fault {
        Fault::KillServer => {
            bank.kill();
            Some(bank.wait()?)
        }
        Fault::KillDatabase => {
            bank.kill_postgres()?;
            // Until it has noticed it still says yes.
            thread::sleep(Duration::from_millis(50));
            Some(bank.wait()? + Duration::from_millis(50))
        }
        Fault::KillBoth => {
            bank.kill_postgres()?;
            bank.kill();
            Some(bank.wait()?)
        }
        Fault::StopServer => {
            let since = Instant::now();
            bank.stop();
            said = format!("all there, once; it took {:.1} s to end", since.elapsed().as_secs_f64());
            Some(bank.wait()?)
        }
        Fault::CutNetwork | Fault::SwallowAnswers => {
            wire.set(if fault == Fault::CutNetwork { Weather::Cut } else { Weather::Swallow });
            thread::sleep(Duration::from_millis(500 + dice.below(1_500) as u64));
            wire.set(Weather::Fair);
            None
        }
        Fault::CutFeed => {
            said = Feed::new(bank, &format!("cut{at}"))?.cut(bank, dice)?;
            None
        }
        Fault::KillLoad => {
            said = Feed::new(bank, &format!("kill{at}"))?.killed(bank, dice)?;
            None
        }
        Fault::KillJob => {
            said = kill_job(bank, dice)?;
            None
        }
        Fault::KillTransfer => {
            let (answers, told) = kill_transfer(bank, dice)?;
            said = told;
            Some(answers)
        }
        Fault::FillDisk if !Place::is_small(&bank.dir) => {
            said = "skipped: no small file system could be mounted".into();
            None
        }
        Fault::FillDisk => {
            let (answers, full, refused) = fill(bank, book, dice)?;
            said = format!("all there, once; full for {full:.1} s, {refused} writes refused meanwhile");
            Some(answers)
        }
    };
    Ok((answers, said))
}

/// A month that is being computed again is killed on the way, and then computed to its end.
fn kill_job(bank: &Bank, dice: &mut Dice) -> Outcome<String> {
    let months = bank.sql("select to_char(month, 'YYYY-MM') from contribution_month where state = 'closed' and ready order by month")?;
    let month = months.get(dice.below(months.len().max(1))).and_then(|row| row.first()).ok_or("no month is closed")?;
    let after = killed_early(bank, &["close", "--month", month, "--reopen", "重算"], Duration::from_millis(150 + dice.below(900) as u64))?;
    // The lock of the killed one goes with its connection, and the server may be at it already.
    let since = Instant::now();
    loop {
        let output = bank.output(&["close", "--month", month])?;
        if output.status.success() {
            return Ok(format!("{month} killed after {} ms, then whole", after.as_millis()));
        }
        if since.elapsed() > PATIENCE {
            return Err(format!("{month} cannot be closed again: {}", String::from_utf8_lossy(&output.stderr)));
        }
        thread::sleep(Duration::from_millis(500));
    }
}

/// Whoever waits for a decision is in no transfer of everybody. One statement: a second would see transfers asked for after the
/// first, and end them without letting their customers go.
const RECALLED: &str = "with gone as (update transfer set state = 'recalled' where state in ('pending', 'approved') returning transfer_id)
    update transfer_item set is_open = false where is_open and transfer_id in (select transfer_id from gone)";

/// So often everybody is asked for.
const TURNS: usize = 20;

/// Everybody goes to one manager, batch after batch; the server is killed between the first and the last. It goes on by itself
/// where it was: in the end everybody who was not left out was moved once.
fn kill_transfer(bank: &Bank, dice: &mut Dice) -> Outcome<(Duration, String)> {
    let first = |statement: &str| -> Outcome<String> {
        Ok(bank.sql(statement)?.into_iter().next().and_then(|row| row.into_iter().next()).unwrap_or_default())
    };
    let to = first(&format!(
        "select m.code from staff m, app_user u where u.login = 'branch' and m.is_manager and m.left_on is null
             and not m.org_id = any(select org_id from org_unit where path @> array[u.org_id]) order by md5(m.code || '{}') limit 1",
        dice.next()
    ))?;
    bank.sql(LIFTED)?;
    let done = with_heads_of_the_bank(&first, || killed_half_way(bank, &first, &to, dice));
    bank.sql(SHIPPED)?;
    done
}

fn killed_half_way(bank: &Bank, first: &dyn Fn(&str) -> Outcome<String>, to: &str, dice: &mut Dice) -> Outcome<(Duration, String)> {
    let key = |dice: &mut Dice| format!("Idempotency-Key: {}\r\n", dice.uuid());
    let body = format!(r#"{{"filter":{{}},"to":"{to}","reason":"everybody"}}"#);
    let (asks, agrees) = (log_in(bank.address, "branch")?, log_in(bank.address, "executive")?);
    let mut turns = 0;
    let id = loop {
        bank.sql(RECALLED)?;
        let asked = Request { method: "POST", path: "/api/v1/transfers", token: &asks, headers: key(dice), body: &body }.ask(bank.address);
        let asked = asked.map_err(|error| format!("asking for everybody: {error}"))?;
        if let Some(id) = members(&asked.body, "id").first() {
            break (*id).to_owned();
        }
        turns += 1;
        // A writer may ask for one of them in the same moment, before or while everybody is written down.
        if turns == TURNS || !asked.body.contains(r#""code":"conflict""#) {
            return Err(format!("no transfer: {}", asked.body));
        }
    };
    let path = format!("/api/v1/transfers/{id}/approve");
    let agreed = Request { method: "POST", path: &path, token: &agrees, headers: key(dice), body: "" }.ask(bank.address);
    let agreed = agreed.map_err(|error| format!("agreeing: {error}"))?;
    let of_it = |what: &str| first(&format!("select {what} from transfer where transfer_id = '{id}'"));
    let since = Instant::now();
    let moved = loop {
        let (state, moved) = (of_it("state")?, of_it("moved")?);
        match state.as_str() {
            "running" if moved != "0" => break moved,
            "pending" | "running" if since.elapsed() < PATIENCE => thread::sleep(GLANCE),
            _ => return Err(format!("the transfer is {state} before it could be killed: {} {}", agreed.status, agreed.body)),
        }
    };
    bank.kill();
    let answers = bank.wait()?;
    let since = Instant::now();
    while of_it("state")? != "done" {
        if since.elapsed() > PATIENCE {
            return Err(format!("a transfer killed after {moved} does not go on: {}", of_it("state || ' ' || moved")?));
        }
        thread::sleep(GLANCE);
    }
    // Whoever was moved on meanwhile is in a later transfer.
    let wrong = first(&format!(
        "select count(*) from transfer_item i join transfer own using (transfer_id) where i.transfer_id = '{id}' and not i.left_out and 1 <> (
             select count(*) from assignment a where a.customer_id = i.customer_id and a.transfer_id = i.transfer_id and a.role = 'lead')
         and not exists (select from transfer_item n join transfer t using (transfer_id)
             where n.customer_id = i.customer_id and t.requested_at > own.requested_at)"
    ))?;
    let short = of_it("customers - moved - left_out")?;
    if (wrong.as_str(), short.as_str()) != ("0", "0") {
        return Err(format!("of a transfer killed after {moved}, {wrong} were not moved once and {short} are missing"));
    }
    Ok((answers, format!("killed after {moved} of {}, then all, once", of_it("customers")?)))
}

/// Runs a command of the product and kills it after a while, sooner each time it had ended by then. After how long.
pub(crate) fn killed_early(bank: &Bank, args: &[&str], mut after: Duration) -> Outcome<Duration> {
    loop {
        let mut command = bank.command(args);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|error| error.to_string())?;
        thread::sleep(after);
        let early = matches!(child.try_wait(), Ok(None));
        let _ = child.kill();
        let _ = child.wait();
        if early {
            return Ok(after);
        }
        after /= 2;
        if after < Duration::from_millis(10) {
            return Err(format!("guanhu {} ends before it can be killed", args.join(" ")));
        }
    }
}

/// Fills the file system, keeps it full for a while, and makes room again. Until the first answer after
/// that, how long it was full, in seconds, and how many writes were refused meanwhile: at least one.
fn fill(bank: &Bank, book: &Book, dice: &mut Dice) -> Outcome<(Duration, f64, usize)> {
    let ballast = bank.dir.join("ballast");
    let mut file = File::create(&ballast).map_err(|error| error.to_string())?;
    let block = vec![0; 1 << 20];
    while file.write_all(&block).is_ok() {}
    // Down to the last byte.
    while file.write_all(&block[..512]).is_ok() {}
    let (since, mut refused) = (Instant::now(), 0);
    while since.elapsed() < if refused == 0 { PATIENCE } else { Duration::from_secs(4) } {
        // What is freed meanwhile is taken too.
        let _ = file.write_all(&block[..4096]);
        let headers = format!("Idempotency-Key: {}\r\n", dice.uuid());
        let path = format!("/api/v1/customers/{}/activities", dice.pick(&book.customers));
        // None of the writers' marks: whether it is kept is nobody's promise.
        let body = r#"{"kind":"call","summary":"满盘"}"#;
        let said = Request { method: "POST", path: &path, token: &book.token, headers, body }.ask(bank.address);
        refused += usize::from(!said.is_ok_and(|answer| answer.status < 300));
        thread::sleep(Duration::from_millis(50));
    }
    let full = since.elapsed().as_secs_f64();
    drop(file);
    fs::remove_file(&ballast).map_err(|error| error.to_string())?;
    if refused == 0 {
        return Err("nothing was refused while the disk was full".into());
    }
    Ok((bank.wait()?, full, refused))
}
