//! `guanhu import`: a feed from the command line.

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    time::{Duration, Instant},
};

use chrono::NaiveDate;
use clap::Args;
use guanhu_crm::{
    Actor, Error,
    feeds::{self, ImportRequest, Profile},
};
use guanhu_domain::{
    Lang,
    feeds::{BankTable, ImportReport, Progress, Reject, RunState},
};

use super::CliResult;
use crate::{Config, database::Database};

/// Load a feed: the files of a directory, as a profile describes them.
#[derive(Args)]
pub struct Import {
    /// The profile (TOML); its own lists lie beside it. Without one the files are canonical, each called like its
    /// entity: customers.csv, accounts.csv …
    #[arg(long, value_name = "FILE.toml")]
    profile: Option<PathBuf>,
    /// Without a profile: the system whose keys the files hold.
    #[arg(long, value_name = "NAME", default_value = "canonical", conflicts_with = "profile")]
    source: String,
    /// Without a profile: makes a bank of this name in an empty database.
    #[arg(long, value_name = "NAME", conflicts_with = "profile")]
    bank: Option<String>,
    /// The base currency of `--bank`.
    #[arg(long, value_name = "CODE", default_value = "CNY", requires = "bank")]
    currency: String,
    /// The directory with the feed's files.
    dir: PathBuf,
    /// The day the data speaks for; else the profile's, else the bank's.
    #[arg(long, value_name = "DATE")]
    business_date: Option<NaiveDate>,
    /// Report what would happen and write nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    /// Prints the report as the last line of stdout, of a load that failed too. 0: loaded, 3: loaded but for
    /// the rejected rows, 1: nothing was loaded.
    pub async fn run(self, config: &Config) -> CliResult {
        let name = match &self.profile {
            Some(path) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            None => self.source.clone(),
        };
        match self.load(config).await {
            Ok(report) => {
                tell(&report);
                println!("{}", serde_json::to_string(&ImportReport { rejects: Vec::new(), ..report.clone() })?);
                Ok(report.exit_code())
            }
            Err(error) => {
                println!("{}", failure(&name, &error.to_string()));
                Err(error)
            }
        }
    }

    fn mapping(&self) -> Result<Profile, Box<dyn std::error::Error + Send + Sync>> {
        if let Some(path) = &self.profile {
            let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
            return Ok(Profile::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?);
        }
        let mut tables = feeds::canonical_profile(&self.dir, &self.source)?.into_tables();
        tables.bank = self.bank.clone().map(|name| BankTable { name, base_currency: self.currency.clone() });
        Ok(Profile::from_tables(tables)?)
    }

    async fn load(self, config: &Config) -> Result<ImportReport, Box<dyn std::error::Error + Send + Sync>> {
        if !self.dir.is_dir() {
            return Err(format!("{} is not a directory", self.dir.display()).into());
        }
        let profile = self.mapping()?;
        let database = Database::open(config).await?;
        let bank = database.bank(config).await?;
        let request = ImportRequest {
            profile_dir: self.profile.as_ref().map(|path| path.parent().map_or_else(PathBuf::new, PathBuf::from)),
            profile,
            dir: self.dir,
            business_date: self.business_date,
            dry_run: self.dry_run,
            rejects_dir: Some(config.data_dir.join("rejects")),
        };
        let mut line = ProgressLine::new();
        let outcome = feeds::import(&bank, &Actor::system(), request, |progress| line.show(&progress)).await;
        line.end();
        bank.flush().await;
        database.close().await?;
        match outcome {
            Ok(report) => Ok(report),
            Err(Error::Problem(problem)) => {
                let fields: Vec<String> = problem.fields.iter().map(|field| field.rule.message(Lang::En)).collect();
                Err(if fields.is_empty() { problem.message(Lang::En).into() } else { fields.join("\n").into() })
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The last line of a load that came to nothing: the figures of a report, and why.
fn failure(feed: &str, message: &str) -> serde_json::Value {
    serde_json::json!({
        "feed": feed, "state": "failed", "message": message, "read": 0, "inserted": 0, "updated": 0, "unchanged": 0, "rejected": 0,
        "rejects_file": null, "seconds": 0.0,
    })
}

/// The outcome for a person, on stderr.
fn tell(report: &ImportReport) {
    for file in &report.files {
        let counts = &file.counts;
        eprintln!(
            "{:<24} {:<16} {:>9} read {:>9} inserted {:>9} updated {:>9} unchanged {:>7} rejected",
            file.file, file.entity, counts.read, counts.inserted, counts.updated, counts.unchanged, counts.rejected
        );
    }
    for reject in report.rejects.iter().take(10) {
        let line = if reject.of_whole_file() { String::new() } else { format!(":{}", reject.line) };
        eprintln!("{}{line}: {} ({})", reject.file, reject.why(Lang::En), reject.detail);
    }
    if report.total.rejected > 10 {
        eprintln!("… {} rejected rows in all", report.total.rejected);
    }
    if report.state == RunState::Refused {
        let cut_off = report.rejects.iter().any(Reject::of_whole_file);
        eprintln!("{}: nothing was loaded", if cut_off { "files are incomplete" } else { "too many rows were rejected" });
    }
}

/// One line that is written over on a terminal, and written anew every few seconds elsewhere.
struct ProgressLine {
    terminal: bool,
    last: Option<Instant>,
    step: usize,
}

impl ProgressLine {
    fn new() -> ProgressLine {
        ProgressLine { terminal: std::io::stderr().is_terminal(), last: None, step: usize::MAX }
    }

    fn show(&mut self, progress: &Progress) {
        let pause = Duration::from_millis(if self.terminal { 100 } else { 3000 });
        if progress.step == self.step && self.last.is_some_and(|last| last.elapsed() < pause) {
            return;
        }
        (self.last, self.step) = (Some(Instant::now()), progress.step);
        let (step, steps) = (progress.step + 1, progress.steps);
        let text = match progress.file.as_str() {
            "" => format!("[{step}/{steps}] summaries"),
            file => format!("[{step}/{steps}] {file}: {} rows, {}%", progress.rows, progress.bytes * 100 / progress.bytes_total.max(1)),
        };
        if self.terminal {
            eprint!("\r\x1b[K{text}");
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("{text}");
        }
    }

    fn end(&self) {
        if self.terminal && self.last.is_some() {
            eprintln!();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_that_failed_still_ends_with_one_object_that_scripts_read() {
        let line = failure("berka", "the file trans.asc is missing").to_string();
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(!line.contains('\n'));
        for part in ["feed", "read", "inserted", "updated", "unchanged", "rejected", "rejects_file", "seconds"] {
            assert!(told.get(part).is_some(), "{part}");
        }
        assert_eq!((&told["inserted"], &told["message"]), (&serde_json::json!(0), &serde_json::json!("the file trans.asc is missing")));
    }
}
