//! The statements behind an answer, asked bare: taken from the database's log while the product
//! answers, and run again by pgbench on the same rows.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use guanhu_cluster::{Cluster, Options};
use serde_json::Value;

use super::http::Connection;
use crate::Outcome;
use crate::shell::{answer, program};

/// How often a question is asked to learn which statements belong to it.
const ASKED: usize = 3;
/// How often the log is looked at before what should stand in it counts as missing.
const LOOKS: usize = 200;

/// A database whose log is open, beside the server that uses it.
pub(crate) struct Bare {
    cluster: Cluster,
    folder: PathBuf,
    /// What is asked with every request and between requests.
    always: BTreeSet<String>,
    marks: usize,
}

impl Bare {
    /// Adopts the database of a running server; scripts and logs go to `folder`.
    pub(crate) fn attach(bank: &Path, folder: &Path) -> Outcome<Bare> {
        let cluster = Cluster::start(bank, Options::default()).map_err(|error| format!("{}: {error}", bank.display()))?;
        Ok(Bare { cluster, folder: folder.to_owned(), always: BTreeSet::new(), marks: 0 })
    }

    /// Learns what is asked whoever asks for what.
    pub(crate) fn know_the_usual(&mut self, connection: &mut Connection) -> Outcome {
        self.always.clear();
        for _ in 0..ASKED {
            let usual = self.while_logging(|| connection.ask("/api/v1/me", None).map(drop))?;
            self.always.extend(usual.into_iter().map(|(sql, _)| sql));
        }
        Ok(())
    }

    /// The statements behind what `ask` asks, with their parameters in place; none where it asks nothing of its own.
    pub(crate) fn statements(&mut self, ask: &mut dyn FnMut() -> Outcome) -> Outcome<Vec<String>> {
        let mut common: Option<Vec<(String, Vec<Option<String>>)>> = None;
        for _ in 0..ASKED {
            let said = self.while_logging(&mut *ask)?;
            common = Some(match common {
                None => said,
                Some(before) => before.into_iter().filter(|(sql, _)| said.iter().any(|(again, _)| again == sql)).collect(),
            });
        }
        let own =
            |(sql, values): (String, Vec<Option<String>>)| (reads(&sql) && !self.always.contains(&sql)).then(|| filled(&sql, &values));
        Ok(common.unwrap_or_default().into_iter().filter_map(own).collect())
    }

    /// What each of `times` runs of all `statements` took, in their order, after `warm` that do not count.
    pub(crate) fn time(&self, name: &str, statements: &[String], warm: usize, times: usize) -> Outcome<Vec<Duration>> {
        let file = self.script(name, statements)?;
        let log = self.folder.join(format!("{name}.log"));
        let output = program(self.cluster.bin_dir().join("pgbench"))
            .args(["--no-vacuum", "--protocol=prepared", "--client=1", "--log"])
            .arg(format!("--transactions={}", warm + times))
            .arg(format!("--log-prefix={}", log.display()))
            .arg(format!("--file={}", file.display()))
            .arg(self.cluster.app_url())
            .output()
            .map_err(|error| format!("pgbench: {error}"))?;
        let written = newest(&self.folder, &format!("{name}.log"))?;
        let text = fs::read_to_string(&written).unwrap_or_default();
        let _ = fs::remove_file(&written);
        let micros = |line: &str| line.split(' ').nth(2)?.parse().ok().map(Duration::from_micros);
        let took: Vec<Duration> = text.lines().filter_map(micros).skip(warm).collect();
        if !output.status.success() || took.len() != times {
            return Err(failed(&file, &output.stderr));
        }
        Ok(took)
    }

    /// How often a second all `statements` are run by so many clients at once.
    pub(crate) fn throughput(&self, name: &str, statements: &[String], clients: usize, seconds: u64) -> Outcome<f64> {
        let file = self.script(name, statements)?;
        let output = program(self.cluster.bin_dir().join("pgbench"))
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
            .arg(format!("--client={clients}"))
            .arg(format!("--time={seconds}"))
            .arg(format!("--file={}", file.display()))
            .arg(self.cluster.app_url())
            .output()
            .map_err(|error| format!("pgbench: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
        rate.filter(|_| output.status.success()).ok_or_else(|| failed(&file, &output.stderr))
    }

    fn script(&self, name: &str, statements: &[String]) -> Outcome<PathBuf> {
        let file = self.folder.join(format!("{name}.sql"));
        let script: String = statements.iter().map(|sql| format!("{};\n", sql.trim().trim_end_matches(';'))).collect();
        fs::write(&file, script).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(file)
    }

    /// How much of `work` was the database's: what it says that all of its statements took, writes and commits
    /// included. Whatever else is asked meanwhile counts too.
    pub(crate) fn within(&mut self, work: impl FnOnce() -> Outcome) -> Outcome<Duration> {
        let lines = self.lines_while(work)?;
        let took = |line: &Line| line.message.strip_prefix("duration: ")?.split(' ').next()?.parse::<f64>().ok();
        Ok(Duration::from_secs_f64(lines.iter().filter_map(took).sum::<f64>() / 1_000.0))
    }

    /// Statements and parameters that the database ran while `work` ran.
    fn while_logging(&mut self, work: impl FnOnce() -> Outcome) -> Outcome<Vec<(String, Vec<Option<String>>)>> {
        let said = self.lines_while(work)?.into_iter().filter_map(|line| {
            let (_, sql) = line.message.split_once("  execute ").and_then(|(_, rest)| rest.split_once(": "))?;
            Some((sql.to_owned(), parameters(&line.detail)))
        });
        Ok(said.collect())
    }

    /// What the database says while `work` runs.
    fn lines_while(&mut self, work: impl FnOnce() -> Outcome) -> Outcome<Vec<Line>> {
        self.log_everything(true)?;
        let begin = self.mark()?;
        let worked = work();
        let end = self.mark()?;
        let said = self.between(&begin, &end);
        self.log_everything(false)?;
        worked.and(said)
    }

    fn log_everything(&self, on: bool) -> Outcome {
        let settings = [("log_destination", "'jsonlog'"), ("log_parameter_max_length", "-1"), ("log_min_duration_statement", "0")];
        for (name, value) in settings {
            self.owner(&if on { format!("alter system set {name} = {value}") } else { format!("alter system reset {name}") })?;
        }
        self.owner("select pg_reload_conf()")?;
        for _ in 0..LOOKS {
            let now = self.owner("show log_min_duration_statement")?;
            if (now == "0") == on {
                return Ok(());
            }
        }
        Err("the database does not take its logging settings".into())
    }

    /// A statement of our own that can be found again in the log, once it stands there.
    fn mark(&mut self) -> Outcome<String> {
        self.marks += 1;
        let mark = format!("guanhu-bench-{}-{}", std::process::id(), self.marks);
        for _ in 0..LOOKS {
            self.owner(&format!("select '{mark}'"))?;
            if self.log()?.contains(&mark) {
                return Ok(mark);
            }
        }
        Err(format!("the database's log in {} says nothing", self.cluster.home().join("log").display()))
    }

    fn between(&self, begin: &str, end: &str) -> Outcome<Vec<Line>> {
        let log = self.log()?;
        let mut said = Vec::new();
        // The mark itself is sought until it stands there, which can be more than once.
        for line in log.lines().skip_while(|line| !line.contains(begin)).take_while(|line| !line.contains(end)) {
            let Ok(Value::Object(json)) = serde_json::from_str(line) else { continue };
            let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            if !line.contains(begin) {
                said.push(Line { message: text("message"), detail: text("detail") });
            }
        }
        Ok(said)
    }

    /// The end of the newest log: what one question says is far less.
    fn log(&self) -> Outcome<String> {
        const END: u64 = 4 << 20;
        let Ok(path) = newest(&self.cluster.home().join("log"), ".json") else { return Ok(String::new()) };
        let read = || -> std::io::Result<String> {
            let mut file = File::open(&path)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        read().map_err(|error| format!("{}: {error}", path.display()))
    }

    /// What the database answers to its owner.
    pub(crate) fn owner(&self, sql: &str) -> Outcome<String> {
        let mut psql = program(self.cluster.bin_dir().join("psql"));
        psql.args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", sql]).arg(self.cluster.owner_url());
        answer(&mut psql).ok_or_else(|| format!("psql failed: {sql}"))
    }
}

/// One line of the database's log.
struct Line {
    message: String,
    detail: String,
}

fn failed(script: &Path, said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said).into_owned();
    format!("{}: {}", script.display(), said.lines().take(3).collect::<Vec<_>>().join(" · "))
}

/// The newest file of `folder` with `part` in its name.
fn newest(folder: &Path, part: &str) -> Outcome<PathBuf> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?.flatten();
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().contains(part));
    let newest = named.max_by_key(|entry| entry.metadata().and_then(|meta| meta.modified()).ok());
    newest.map(|entry| entry.path()).ok_or_else(|| format!("no {part} in {}", folder.display()))
}

fn reads(sql: &str) -> bool {
    let begins = |word: &str| sql.trim_start().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    begins("select") || begins("with") && !sql.contains("insert into")
}

/// Reads `parameters: $1 = 'a', $2 = NULL`; a quote in a value is doubled.
fn parameters(detail: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let mut rest = detail;
    while let Some((_, after)) = rest.split_once(&format!("${} = ", values.len() + 1)) {
        let Some(quoted) = after.strip_prefix('\'') else {
            values.push(None);
            rest = after;
            continue;
        };
        let (mut value, mut characters) = (String::new(), quoted.char_indices().peekable());
        rest = "";
        while let Some((at, character)) = characters.next() {
            if character != '\'' {
                value.push(character);
            } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
                value.push('\'');
            } else {
                rest = &quoted[at + 1..];
                break;
            }
        }
        values.push(Some(value));
    }
    values
}

/// `sql` with its values written into it. Dates say that they are, since arithmetic on them would be
/// taken for that on intervals; everything else is what its place makes it.
fn filled(sql: &str, values: &[Option<String>]) -> String {
    let mut text = sql.to_owned();
    // From the end, so that $1 leaves $10 alone.
    for (at, value) in values.iter().enumerate().rev() {
        let literal = match value {
            None => "null".to_owned(),
            Some(value) => {
                let quoted = format!("'{}'", value.replace('\'', "''"));
                match kind(value) {
                    Some(kind) => format!("{quoted}::{kind}"),
                    None => quoted,
                }
            }
        };
        text = text.replace(&format!("${}", at + 1), &literal);
    }
    text
}

/// The type that a parameter was sent with, as far as its words tell: the log does not.
fn kind(value: &str) -> Option<&'static str> {
    let date = value.len() == 10
        && value.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    // Digits after a zero are a code.
    let whole = |text: &str| text.parse::<i64>().ok().filter(|number| number.to_string() == text);
    let small = |number: i64| i32::try_from(number).is_ok();
    if date {
        return Some("date");
    }
    if let Some(number) = whole(value) {
        return Some(if small(number) { "int" } else { "bigint" });
    }
    let items = value.strip_prefix('{')?.strip_suffix('}')?;
    let numbers: Option<Vec<i64>> = items.split(',').filter(|item| !item.is_empty()).map(whole).collect();
    Some(match numbers {
        Some(numbers) if numbers.iter().copied().all(small) => "int[]",
        Some(_) => "bigint[]",
        None => "text[]",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_back_as_they_were_sent() {
        let detail = "parameters: $1 = 'it''s', $2 = NULL, $3 = '{1,2}', $4 = ''";
        let values = parameters(detail);
        assert_eq!(values, [Some("it's".into()), None, Some("{1,2}".into()), Some(String::new())]);
        assert_eq!(filled("select $1, $2::int, $3::int[], $4", &values), "select 'it''s', null::int, '{1,2}'::int[]::int[], ''");
        assert_eq!(
            filled("select $1, $2, $3", &[Some("7".into()), Some("007".into()), Some("{a,7}".into())]),
            "select '7'::int, '007', '{a,7}'::text[]"
        );
        assert_eq!(filled("select $1 - interval '1 day'", &[Some("2026-11-30".into())]), "select '2026-11-30'::date - interval '1 day'");
    }
}
