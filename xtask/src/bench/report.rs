//! What a benchmark found, in one form for all of them: figures, each with the range in which the same machine
//! would find it again, and how fast the machine was meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::bank::Bank;
use super::quantiles::{Times, range_of_mean};
use crate::Outcome;
use crate::shell::{answer, program};

/// What a figure is counted in, which also says which way is better.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    Milliseconds,
    Seconds,
    PerSecond,
    Bytes,
    /// Of one thing to another.
    Ratio,
    Number,
}

impl Unit {
    const ALL: [Unit; 6] = [Unit::Milliseconds, Unit::Seconds, Unit::PerSecond, Unit::Bytes, Unit::Ratio, Unit::Number];

    pub(crate) const fn code(self) -> &'static str {
        match self {
            Unit::Milliseconds => "ms",
            Unit::Seconds => "s",
            Unit::PerSecond => "per_second",
            Unit::Bytes => "bytes",
            Unit::Ratio => "ratio",
            Unit::Number => "number",
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Unit> {
        Unit::ALL.into_iter().find(|unit| unit.code() == code)
    }

    /// What a slower machine makes larger (1), smaller (-1), or leaves as it is (0).
    pub(crate) const fn with_slowness(self) -> i32 {
        match self {
            Unit::Milliseconds | Unit::Seconds => 1,
            Unit::PerSecond => -1,
            Unit::Bytes | Unit::Ratio | Unit::Number => 0,
        }
    }
}

/// One number, and between which it lies in 95 of 100 runs on a machine that is as fast.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) unit: Unit,
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// What was done only once or twice is taken to be good to a tenth.
const TENTH: f64 = 0.1;
/// Fewer than this say nothing about how far they scatter.
const FEW: usize = 5;

pub(crate) struct Report {
    name: &'static str,
    customers: u64,
    folder: PathBuf,
    figures: Vec<Figure>,
    /// The yardstick when the benchmark began, ms.
    began: f64,
}

impl Report {
    pub(crate) fn begin(name: &'static str, bank: &Bank) -> Report {
        Report::in_folder(name, bank.customers, &bank.folder)
    }

    pub(crate) fn in_folder(name: &'static str, customers: u64, folder: &Path) -> Report {
        Report { name, customers, folder: folder.to_owned(), figures: Vec::new(), began: yardstick() }
    }

    /// p50, p95 and p99 of these times.
    pub(crate) fn times(&mut self, what: &str, times: &Times) {
        for percent in [50, 95, 99] {
            let value = times.quantile(percent);
            let (low, high) = match times.count() {
                count if count < FEW => about(value),
                _ => times.range(percent),
            };
            self.figures.push(Figure { what: format!("{what} · p{percent}"), unit: Unit::Milliseconds, value, low, high });
        }
    }

    /// The mean of some parts of a run, such as answers in each second of it.
    pub(crate) fn mean(&mut self, what: &str, unit: Unit, parts: &[f64]) {
        let value = parts.iter().sum::<f64>() / parts.len().max(1) as f64;
        let (low, high) = if parts.len() < FEW { about(value) } else { range_of_mean(parts) };
        self.figures.push(Figure { what: what.to_owned(), unit, value, low, high });
    }

    /// What is the same in every run, such as bytes.
    pub(crate) fn exact(&mut self, what: &str, unit: Unit, value: f64) {
        self.figures.push(Figure { what: what.to_owned(), unit, value, low: value, high: value });
    }

    /// How often something happened, which differs from run to run as chance has it.
    pub(crate) fn counted(&mut self, what: &str, times: usize) {
        let (value, spread) = (times as f64, 2.0 * (times as f64 + 1.0).sqrt());
        self.figures.push(Figure {
            what: what.to_owned(),
            unit: Unit::Number,
            value,
            low: (value - spread).max(0.0),
            high: value + spread,
        });
    }

    /// What was measured once.
    pub(crate) fn once(&mut self, what: &str, unit: Unit, value: f64) {
        let (low, high) = about(value);
        self.figures.push(Figure { what: what.to_owned(), unit, value, low, high });
    }

    /// Leaves everything as `NAME-CUSTOMERS.json` among the results and says where.
    pub(crate) fn keep(self) -> Outcome {
        let figures: Vec<Value> = self
            .figures
            .iter()
            .map(|it| json!({"what": it.what, "unit": it.unit.code(), "value": it.value, "low": it.low, "high": it.high}))
            .collect();
        let kept = json!({
            "benchmark": self.name,
            "customers": self.customers,
            "at": answer(program("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"])),
            "commit": answer(program("git").args(["rev-parse", "--short=12", "HEAD"])),
            "machine": machine(),
            "yardstick_ms": [self.began, yardstick()],
            "figures": figures,
        });
        let file = file(&self.folder, self.name, self.customers);
        fs::write(&file, format!("{kept:#}\n")).map_err(|error| format!("{}: {error}", file.display()))?;
        println!("{}", file.display());
        Ok(())
    }
}

/// Where the result of a benchmark over a bank of so many customers is left.
pub(crate) fn file(folder: &Path, name: &str, customers: u64) -> PathBuf {
    folder.join(format!("{name}-{customers}.json"))
}

fn about(value: f64) -> (f64, f64) {
    (value * (1.0 - TENTH), value * (1.0 + TENTH))
}

/// Processors, their kind, memory in MB, and how busy the machine has been for a minute.
fn machine() -> Value {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let line = |path: &str, name: &str| {
        let text = read(path);
        text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':').map(|(_, value)| value.trim().to_owned()))
    };
    let memory = line("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    json!({
        "processors": std::thread::available_parallelism().map_or(1, usize::from),
        "processor": line("/proc/cpuinfo", "model name"),
        "memory_mb": memory.map(|kib| kib >> 10),
        "load": read("/proc/loadavg").split(' ').next().and_then(|load| load.parse::<f64>().ok()),
    })
}

/// Numbers that are sorted, and how often: the same work in every run, whatever becomes of the product.
const SORTED: usize = 200_000;
const SORTS: usize = 15;

/// How long the same work takes on this machine now, ms: the median of some turns.
pub(crate) fn yardstick() -> f64 {
    let turn = || -> Duration {
        let mut dice = crate::faults::dice::Dice::new(7);
        let mut numbers: Vec<u64> = (0..SORTED).map(|_| dice.next()).collect();
        let since = Instant::now();
        numbers.sort_unstable();
        std::hint::black_box(&numbers);
        since.elapsed()
    };
    Times::new((0..SORTS).map(|_| turn()).collect()).quantile(50)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_kept_with_their_ranges() {
        let folder = std::env::temp_dir().join(format!("guanhu-report-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut report = Report::in_folder("trial", 7, &folder);
        report.times("list", &Times::new(vec![Duration::from_millis(4); 20]));
        report.once("closing", Unit::Seconds, 10.0);
        report.keep().unwrap();
        let kept: Value = serde_json::from_str(&fs::read_to_string(file(&folder, "trial", 7)).unwrap()).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(kept["figures"][1], json!({"what": "list · p95", "unit": "ms", "value": 4.0, "low": 4.0, "high": 4.0}));
        assert_eq!((kept["figures"][3]["low"].as_f64(), kept["customers"].as_u64()), (Some(9.0), Some(7)));
        assert!(kept["yardstick_ms"][0].as_f64().unwrap() > 0.0);
    }
}
