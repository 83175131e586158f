//! Control totals: a file that was cut at the end of a line looks whole, unless its source says how many rows it has.

use std::{
    io::{self, Read},
    path::Path,
};

use guanhu_domain::feeds::{ControlTable, FileTable, Reject, RejectReason};
use rust_decimal::prelude::ToPrimitive;

use super::{
    expr::Value,
    plan::{Planner, Source},
    profile::{ProfileError, control_rows, wrong},
    reader::{Layout, Record, Records},
};

/// Of a file with the totals of others no more is read.
const LONGEST: u64 = 1 << 20;

impl Planner<'_> {
    /// The files that do not hold as many rows as their source says, each as a reject of line 0 with both numbers.
    /// Rows that were repaired by hand have none.
    pub fn cut_off(&self) -> Result<Vec<Reject>, ProfileError> {
        let mut rejects: Vec<Reject> = Vec::new();
        if self.replaced.is_some() {
            return Ok(rejects);
        }
        for (name, file) in &self.profile.files {
            let Some(control) = self.profile.control(file) else { continue };
            for source in self.sources(name)? {
                let Source::File(path) = &source else { continue };
                if rejects.iter().any(|reject| reject.file == source.name()) {
                    continue;
                }
                let unreadable = |error: io::Error| wrong(format!("files.{name}"), format!("{}: {error}", source.name()));
                let (layout, _) = self.header(name, &source)?;
                let (rows, trailer) = count(&source, &layout, self.profile.has_header(file)).map_err(unreadable)?;
                let line = match &control.file {
                    // A trailer that is missing tells of a cut all the same.
                    Some(_) if control.trailer.is_some() && trailer.is_none() => None,
                    Some(pattern) => beside(path, pattern, &layout)?,
                    None => trailer,
                };
                let announced = match &line {
                    Some(line) => self.announced(file, control, line, &layout)?,
                    None => None,
                };
                if announced == Some(rows) {
                    continue;
                }
                let loads = &self.profile.loads;
                rejects.push(Reject {
                    id: 0,
                    file: source.name(),
                    entity: loads.iter().find(|load| load.file == *name).map(|load| load.entity.clone()).unwrap_or_default(),
                    line: 0,
                    reason: RejectReason::CutOff,
                    detail: format!("{rows} / {}", announced.map_or_else(|| "?".to_owned(), |rows| rows.to_string())),
                    raw: line.unwrap_or_default(),
                    resubmitted: false,
                });
            }
        }
        Ok(rejects)
    }

    /// The number in a line of totals; `None` where there is none.
    fn announced(&self, file: &FileTable, control: &ControlTable, line: &str, layout: &Layout) -> Result<Option<u64>, ProfileError> {
        let rows = control_rows("format.control", control)?;
        let layout = Layout { encoding: None, line_end_required: false, trailer: None, ..layout.clone() };
        let mut record = Record::default();
        if !matches!(Records::new(line.as_bytes(), layout).next(&mut record), Ok(Some(Ok(())))) {
            return Ok(None);
        }
        let format = self.profile.text_format(file);
        let number = match rows.eval(&record.row, &format) {
            Ok(Value::Number(number)) => Some(number),
            Ok(other) => other.as_text().and_then(|text| format.decimal(text.trim())),
            Err(_) => None,
        };
        Ok(number.filter(|number| number.fract().is_zero()).and_then(|number| number.to_u64()))
    }
}

/// Records of a file, and its trailer where it is whole.
fn count(source: &Source, layout: &Layout, has_header: bool) -> io::Result<(u64, Option<String>)> {
    let mut records = Records::new(source.open()?, layout.clone());
    let mut record = Record::default();
    if has_header {
        let _ = records.next(&mut record)?;
    }
    let mut rows = 0;
    while records.next(&mut record)?.is_some() {
        rows += 1;
    }
    Ok((rows, records.trailer().map(str::to_owned)))
}

/// The line about `path` in the file beside it: the one that names it, or the only one.
fn beside(path: &Path, pattern: &str, layout: &Layout) -> Result<Option<String>, ProfileError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = pattern.replace('*', &stem);
    let open = std::fs::File::open(path.with_file_name(&name)).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ProfileError::missing_file(&name),
        _ => wrong("", format!("{name}: {error}")),
    })?;
    let mut bytes = Vec::new();
    open.take(LONGEST).read_to_end(&mut bytes).map_err(|error| wrong("", format!("{name}: {error}")))?;
    let text = layout.encoding.unwrap_or(encoding_rs::UTF_8).decode(&bytes).0;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let about = path.file_name().unwrap_or_default().to_string_lossy();
    let named = lines.iter().find(|line| line.contains(&*about));
    Ok(named.or(lines.first().filter(|_| lines.len() == 1)).map(|line| (*line).to_owned()))
}
