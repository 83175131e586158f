//! Rules over the whole bank: a tier scheme tried out while others look at their customers, those evaluated
//! who changed, and the count that a builder of groups sees.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    asked::Question,
    bank::Bank,
    bare::Bare,
    crowd::{CROWDS, crowd, print as print_crowds},
    quantiles::Times,
    report::{Report, Unit},
};
use crate::Outcome;

const COUNTS: usize = 20;
/// Counts before those that are measured: what a bank that was just opened has to read first is not the question, and
/// whoever builds a group is told `busy` until it is read.
const WARM: usize = 5;
const LOOKS: usize = 400;
const TRIALS: usize = 5;
/// A trial that is `busy` is asked for again so often.
const TRIES: u32 = 60;
/// How often a hundredth changes, another one each time.
const CHANGES: u32 = 5;
/// Longer than the evaluation of a hundredth of the largest bank takes, and the wait for its turn.
const PATIENCE: Duration = Duration::from_secs(120);
const SCHEME: &str = "personal";
const LIST: &str = "/api/v1/customers?limit=50";

pub(crate) fn measure() -> Outcome {
    let bank = Bank::open()?;
    let mut owner = Bare::attach(&bank.data_dir, &bank.folder)?;
    let mut report = Report::begin("rules", &bank);
    let counted = counts(&bank, &mut owner)?;
    let mut rows: Vec<(String, Times)> = trial(&bank)?;
    rows.push(("1 % evaluated again".to_owned(), evaluated(&owner)?));

    println!("\n{} customers, milliseconds\n", bank.customers);
    println!("{:<50} {:>6} {:>9} {:>9} {:>9} {:>9} {:>6} {:>9}", "", "times", "p50", "p95", "p99", "bare p95", "ratio", "came back");
    for Count { what, found, times, bare, came_back } in &counted {
        let [p50, p95, p99] = [50, 95, 99].map(|percent| times.quantile(percent));
        let beside = bare
            .as_ref()
            .map_or_else(|| format!("{:>16}", ""), |bare| format!("{:>9.2} {:>6.1}", bare.quantile(95), p95 / bare.quantile(95)));
        let line = format!("{what} ({found})");
        println!("{line:<50} {:>6} {p50:>9.2} {p95:>9.2} {p99:>9.2} {beside} {came_back:>9}", times.count());
        report.times(what, times);
        report.counted(&format!("{what} · told to come back"), *came_back);
        if let Some(bare) = bare {
            report.times(&format!("{what} · bare"), bare);
            report.once(&format!("{what} · ratio"), Unit::Ratio, p95 / bare.quantile(95));
        }
    }
    for (what, times) in &rows {
        let [p50, p95, p99] = [50, 95, 99].map(|percent| times.quantile(percent));
        println!("{what:<50} {:>6} {p50:>9.2} {p95:>9.2} {p99:>9.2}", times.count());
        report.times(what, times);
    }
    let came_back: usize = counted.iter().map(|count| count.came_back).sum();
    if came_back > 0 {
        println!("\nwhoever counted was told `busy` {came_back} times, the warming up included, and came back after as long as was said");
    }
    let mut crowds = Vec::new();
    let (what, rule) = &rules()[0];
    let question = Question::of_a_page(&format!("count: {what}"), "groups/find", &asked(rule));
    for connections in CROWDS {
        crowds.push((crowd(&bank, "branch", &question, connections)?, None));
    }
    print_crowds(&crowds);
    crowds.iter().for_each(|(crowd, _)| crowd.report(&mut report));
    println!();
    report.keep()
}

/// How quickly a rule is counted while it is built.
struct Count {
    what: String,
    /// What the builder says of how exactly it was counted.
    found: String,
    times: Times,
    /// Of the statements alone.
    bare: Option<Times>,
    /// How often it was `busy`.
    came_back: usize,
}

fn rules() -> [(&'static str, Value); 6] {
    [
        ("one condition on assets", json!({"compare": {"field": "aum", "op": "ge", "value": 50_000_000}})),
        ("average of three months", json!({"average_aum": {"months": 3, "op": "ge", "value": 50_000_000}})),
        ("who holds a kind of product", json!({"holds_kind": {"category": "wealth"}})),
        ("nobody spoke to them lately", json!({"not_since": {"field": "last_contact", "days": 90}})),
        (
            "born this month and wealthy",
            json!({"all": [{"birthday": {"ahead": 0}}, {"compare": {"field": "aum", "op": "ge", "value": 5_000_000}}]}),
        ),
        ("related to somebody wealthy", json!({"related": {"who": {"compare": {"field": "aum", "op": "ge", "value": 100_000_000}}}})),
    ]
}

fn asked(rule: &Value) -> Value {
    json!({"rule": {"v": 1, "when": rule}})
}

/// What the builder asks after each click.
fn counts(bank: &Bank, owner: &mut Bare) -> Outcome<Vec<Count>> {
    let mut counted = Vec::new();
    for login in ["branch", "executive"] {
        let mut connection = bank.connect(login)?;
        owner.know_the_usual(&mut connection)?;
        for (what, rule) in rules() {
            let question = Question::of_a_page(&format!("{login}: {what}"), "groups/find", &asked(&rule));
            let (mut took, mut came_back, mut found) = (Vec::new(), 0, String::new());
            connection.browses = true;
            for turn in 0..WARM + COUNTS {
                let answer = connection.insist(&question.path, question.body.as_deref(), &mut came_back)?;
                if answer.status != 200 {
                    return Err(format!("{what}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)));
                }
                if turn >= WARM {
                    took.push(answer.took);
                }
                found = answer.json()?["counted"].as_str().unwrap_or("?").to_owned();
            }
            let statements = owner.statements(&mut || question.ask(&mut connection).map(drop))?;
            let name = format!("{login}-count-{}", what.replace(' ', "-"));
            let bare = match owner.time(&name, &statements, WARM, COUNTS) {
                Ok(took) => Some(Times::new(took)),
                Err(why) => {
                    eprintln!("  {}: no bare statement beside it: {why}", question.what);
                    None
                }
            };
            counted.push(Count { what: question.what, found, times: Times::new(took), bare, came_back });
        }
    }
    Ok(counted)
}

/// The scheme in force with its thresholds of assets a third higher, tried out; meanwhile a branch manager pages through the list.
fn trial(bank: &Bank) -> Outcome<Vec<(String, Times)>> {
    let mut admin = bank.connect("admin")?;
    let mut branch = bank.connect("branch")?;
    branch.insist(LIST, None, &mut 0)?;
    let alone = (0..LOOKS / 4).map(|_| branch.answered(LIST)).collect::<Outcome<Vec<_>>>()?;
    let schemes = admin.ask("/api/v1/tiers", None)?.json()?;
    let scheme = schemes["items"].as_array().into_iter().flatten().find(|scheme| scheme["code"] == SCHEME);
    let mut definition =
        scheme.map(|scheme| scheme["versions"][0]["definition"].clone()).ok_or_else(|| format!("no scheme {SCHEME}: {schemes}"))?;
    raise(&mut definition);
    let draft = json!({"number": null, "definition": definition, "note": "benchmark"}).to_string();
    let saved = admin.change(&format!("/api/v1/tiers/{SCHEME}/versions"), &draft)?;
    let version = saved.json()?;
    let (Some(number), Some(revision)) = (version["number"].as_i64(), version["revision"].as_i64()) else {
        return Err(format!("a draft was not saved: {} {version}", saved.status));
    };
    let over = AtomicBool::new(false);
    let path = format!("/api/v1/tiers/{SCHEME}/versions/{number}/simulate");
    let header = format!("If-Match: \"{revision}\"\r\n");
    thread::scope(|scope| {
        let trials = scope.spawn(|| -> Outcome<Vec<Duration>> {
            let tried = (0..TRIALS).map(|_| {
                let mut answer = admin.post(&path, "{}", &header)?;
                let mut tries = 1;
                while let (503, Some(seconds), 1..TRIES) = (answer.status, answer.retry_after, tries) {
                    tries += 1;
                    eprintln!("  a trial was `busy`, and is asked for again in {seconds} s");
                    thread::sleep(Duration::from_secs(seconds));
                    answer = admin.post(&path, "{}", &header)?;
                }
                let moved = answer.json().map(|told| moved(&told)).unwrap_or(0);
                match answer.status {
                    200 if moved > 0 => Ok(answer.took),
                    200 => Err("nobody would move: there is nothing to measure".into()),
                    status => Err(format!("{path}: {status} {}", String::from_utf8_lossy(&answer.body))),
                }
            });
            let tried = tried.collect();
            over.store(true, Ordering::Release);
            tried
        });
        let mut meanwhile = Vec::new();
        while !over.load(Ordering::Acquire) && meanwhile.len() < LOOKS * 100 {
            meanwhile.push(branch.answered(LIST)?);
        }
        let trials = trials.join().unwrap_or_else(|_| Err("the trial's thread stopped".into()))?;
        Ok(vec![
            ("a version tried out on the whole base".to_owned(), Times::new(trials)),
            ("a list, nobody else there".to_owned(), Times::new(alone)),
            ("a list during a trial".to_owned(), Times::new(meanwhile)),
        ])
    })
}

/// Averages of assets that are asked for become a third higher, wherever they stand.
fn raise(it: &mut Value) {
    match it {
        Value::Object(members) => {
            if let Some(value) = members.get_mut("average_aum").and_then(|average| average.get_mut("value"))
                && let Some(amount) = value.as_i64()
            {
                *value = json!(amount / 3 * 4);
            }
            members.values_mut().for_each(raise);
        }
        Value::Array(items) => items.iter_mut().for_each(raise),
        _ => {}
    }
}

/// Customers who would go up or down, wherever a trial tells of them.
fn moved(it: &Value) -> i64 {
    match it {
        Value::Object(members) => {
            let here = ["up", "down"].iter().filter_map(|way| members.get(*way)?.as_i64()).sum::<i64>();
            here + members.values().map(moved).sum::<i64>()
        }
        Value::Array(items) => items.iter().map(moved).sum(),
        _ => 0,
    }
}

/// A hundredth of the bank has changed its averages; from when the evaluation takes its lock until nobody waits.
fn evaluated(owner: &Bare) -> Outcome<Times> {
    let left = "select count(*) from customer_tier_recheck";
    let busy =
        "select count(*) from pg_locks where locktype = 'advisory' and objid = (hashtext('tiers.evaluate')::bigint & 4294967295)::oid";
    let told = || -> Outcome<i64> {
        owner
            .owner("select count(*) from outbox_event where topic in ('tier.upgraded', 'tier.downgraded')")?
            .parse()
            .map_err(|_| "no number".to_owned())
    };
    let mut took = Vec::new();
    for change in 0..CHANGES {
        let who = format!("customer_id % 100 = {}", 7 + change);
        let times = |what: &str| {
            format!(
                "update account_year y set average_balance = (select array_agg(v {what} order by at) from unnest(y.average_balance) with ordinality as u (v, at))
                 where {who} and year >= (select extract(year from business_date) - 1 from bank)"
            )
        };
        let queue = format!(
            "insert into customer_tier_recheck (customer_id) select customer_id from customer_summary where {who} on conflict do nothing"
        );
        for (what, counts) in [("* 5", true), ("/ 5", false)] {
            let before = told()?;
            owner.owner(&times(what))?;
            owner.owner(&queue)?;
            let asked = Instant::now();
            let mut began = None;
            while owner.owner(left)? != "0" {
                if began.is_none() && owner.owner(busy)? != "0" {
                    began = Some(Instant::now());
                }
                if asked.elapsed() > PATIENCE {
                    return Err("customers still wait to be evaluated".into());
                }
            }
            if counts {
                took.push(began.unwrap_or(asked).elapsed());
                if told()? == before {
                    return Err("nobody's tier changed: there is nothing to measure".into());
                }
            }
        }
    }
    Ok(Times::new(took))
}
