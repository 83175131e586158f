//! Files of another system that arrive cut off, and loads that are killed.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::bank::Bank;
use super::dice::Dice;
use super::http::number;
use super::rounds::killed_early;
use crate::Outcome;

const ROWS: usize = 300;

const PROFILE: &str = r#"name = "faults"
source = "faults"

[files]
customers = { path = "customers.csv" }

[[load]]
entity = "customers"
file = "customers"
[load.columns]
source_key = "no"
kind = '"personal"'
unit = "unit"
name = "name"
"#;

/// A feed of [`ROWS`] customers that no other feed has.
pub(crate) struct Feed {
    dir: PathBuf,
    key: String,
    text: String,
}

impl Feed {
    pub(crate) fn new(bank: &Bank, name: &str) -> Outcome<Feed> {
        let unit =
            bank.sql("select code from org_unit where closed_on is null and kind in ('outlet', 'sub_branch') order by code limit 1")?;
        let unit = unit.first().and_then(|row| row.first()).ok_or("the bank has no unit for customers")?.clone();
        let mut text = String::from("no,unit,name\n");
        for row in 0..ROWS {
            let _ = writeln!(text, "{name}-{row},{unit},来客{row}");
        }
        let dir = bank.dir.join(format!("feed-{name}"));
        fs::create_dir_all(&dir).and_then(|()| fs::write(dir.join("faults.toml"), PROFILE)).map_err(|error| error.to_string())?;
        let feed = Feed { dir, key: name.to_owned(), text };
        feed.write(feed.text.len())?;
        Ok(feed)
    }

    /// Only the first bytes of it, as a transfer leaves it that broke off.
    fn write(&self, bytes: usize) -> Outcome {
        let cut = (0..=bytes).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        fs::write(self.dir.join("customers.csv"), &self.text[..cut]).map_err(|error| error.to_string())
    }

    fn args(&self) -> Vec<String> {
        let profile = self.dir.join("faults.toml");
        ["import".into(), "--profile".into(), profile.display().to_string(), self.dir.display().to_string()].into()
    }

    /// Loads what is there: exit code and report.
    fn load(&self, bank: &Bank) -> Outcome<(i32, String)> {
        let args = self.args();
        let output = bank.output(&args.iter().map(String::as_str).collect::<Vec<_>>())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let report = text.lines().last().unwrap_or_default().to_owned();
        Ok((
            output.status.code().unwrap_or(-1),
            if report.is_empty() { String::from_utf8_lossy(&output.stderr).into_owned() } else { report },
        ))
    }

    /// Loads a part, then the whole, then the whole again.
    pub(crate) fn cut(&self, bank: &Bank, dice: &mut Dice) -> Outcome<String> {
        // Somewhere in the second half, in the middle of a line.
        let half = self.text.len() / 2;
        let at = half + dice.below(half - 40);
        let line_end = self.text[..at].rfind('\n').unwrap_or(at);
        self.write(line_end + 5)?;
        let (code, report) = self.load(bank)?;
        if code != 3 || number(&report, "rejected") != Some(1) {
            return Err(format!("a feed cut at byte {at} ended with {code}: {report}"));
        }
        self.write(self.text.len())?;
        self.whole(bank)?;
        Ok(format!("cut at byte {at}: one row rejected, then whole"))
    }

    /// Kills the load somewhere, then loads the whole.
    pub(crate) fn killed(&self, bank: &Bank, dice: &mut Dice) -> Outcome<String> {
        let args = self.args();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let after = killed_early(bank, &args, Duration::from_millis(100 + dice.below(1_500) as u64))?;
        self.whole(bank)?;
        Ok(format!("load killed after {} ms, then whole", after.as_millis()))
    }

    /// The whole feed is there once, however often it is loaded.
    fn whole(&self, bank: &Bank) -> Outcome {
        for turn in 0..2 {
            let (code, report) = self.load(bank)?;
            if code != 0 || (turn == 1 && number(&report, "inserted") != Some(0)) {
                return Err(format!("the whole feed ended with {code}: {report}"));
            }
            let counted = bank.sql(&format!(
                "select count(*), count(distinct customer_id) from customer_identity where kind = 'source_key' and value like '{}-%'",
                self.key
            ))?;
            let expected = ROWS.to_string();
            if counted != [[expected.clone(), expected]] {
                return Err(format!("{ROWS} customers of the feed became {counted:?}"));
            }
        }
        Ok(())
    }
}
