//! From a profile and a directory to jobs: every load with its file opened and its names found.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::NaiveDate;
use guanhu_domain::{
    Currency,
    customers::mask,
    feeds::{FileTable, LoadTable, RejectReason},
};
use sha2::{Digest, Sha256};

use super::{
    entity::{Column, Entity},
    expr::{Expr, ExprError, Value},
    hidden,
    lookup::Lookup,
    profile::{CodeTable, Profile, ProfileError, parse, wrong},
    reader::{Layout, Record, Records},
    values::TextFormat,
};

/// Where rows come from.
#[derive(Clone, Debug)]
pub enum Source {
    File(PathBuf),
    /// Text in UTF-8, as read from the profile itself or repaired by hand.
    Text {
        name: String,
        text: Arc<str>,
        lines: Option<Arc<[u64]>>,
        /// Hidden values that were put back into it.
        secrets: Arc<[String]>,
    },
}

impl Source {
    /// What reports call it.
    pub fn name(&self) -> String {
        match self {
            Source::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            Source::Text { name, .. } => name.clone(),
        }
    }

    /// Values that are shown to nobody wherever they stand in it.
    pub fn secrets(&self) -> &[String] {
        match self {
            Source::File(_) => &[],
            Source::Text { secrets, .. } => secrets,
        }
    }

    pub fn open(&self) -> io::Result<Box<dyn BufRead + Send>> {
        Ok(match self {
            Source::File(path) => Box::new(BufReader::with_capacity(1 << 16, File::open(path)?)),
            Source::Text { text, .. } => Box::new(Cursor::new(text.as_bytes().to_vec())),
        })
    }

    pub fn size(&self) -> io::Result<u64> {
        Ok(match self {
            Source::File(path) => std::fs::metadata(path)?.len(),
            Source::Text { text, .. } => text.len() as u64,
        })
    }

    pub fn sha256(&self) -> io::Result<Vec<u8>> {
        let mut hash = Sha256::new();
        let mut input = self.open()?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            match input.read(&mut buffer)? {
                0 => return Ok(hash.finalize().to_vec()),
                read => hash.update(&buffer[..read]),
            }
        }
    }
}

/// A canonical column and what fills it.
#[derive(Debug)]
pub struct Mapped {
    pub column: &'static Column,
    pub expr: Expr,
    /// The profile does not say it.
    pub implied: bool,
}

/// One file to be loaded as one entity.
#[derive(Debug)]
pub struct Job {
    pub entity: &'static Entity,
    pub source: Source,
    pub layout: Layout,
    pub format: TextFormat,
    /// The file's own columns: a record must have as many.
    pub header: Vec<String>,
    /// Of each of these: it is shown as it is, see [`hidden`].
    pub clear: Vec<bool>,
    pub has_header: bool,
    pub filter: Option<Expr>,
    pub columns: Vec<Mapped>,
    /// Texts without a column of their own, by name: customers only.
    pub extra: Vec<(String, Expr)>,
    pub distinct: bool,
    pub order_by_balance: bool,
}

impl Job {
    pub fn maps(&self, column: &str) -> bool {
        self.columns.iter().any(|mapped| mapped.column.name == column)
    }
}

/// What expressions may name besides columns.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub business_date: NaiveDate,
    pub base_currency: Currency,
}

/// Rows to be read in place of a profile's files, by the profile's name for the file.
pub type Repaired = BTreeMap<String, Vec<Source>>;

/// Finds files and joins.
pub struct Planner<'a> {
    pub profile: &'a Profile,
    pub dir: &'a Path,
    /// Where the profile's own files lie.
    pub profile_dir: Option<&'a Path>,
    pub facts: Facts,
    /// Files to be read in place of those of the directory: rows repaired by hand.
    pub replaced: Option<&'a Repaired>,
    codes: HashMap<String, Arc<CodeTable>>,
    joins: HashMap<String, Arc<Lookup>>,
}

impl<'a> Planner<'a> {
    pub fn new(profile: &'a Profile, dir: &'a Path, profile_dir: Option<&'a Path>, facts: Facts) -> Planner<'a> {
        let codes = profile.codes.iter().map(|(name, table)| (name.clone(), Arc::new(CodeTable::new(table)))).collect();
        Planner { profile, dir, profile_dir, facts, replaced: None, codes, joins: HashMap::new() }
    }

    /// Every job, in the order in which entities refer to each other.
    pub fn jobs(&mut self) -> Result<Vec<Job>, ProfileError> {
        let profile = self.profile;
        let mut jobs = Vec::new();
        for entity in super::entity::ENTITIES {
            for (at, load) in profile.loads.iter().enumerate().filter(|(_, load)| load.entity == entity.name) {
                let sources = match self.replaced {
                    Some(replaced) => replaced.get(&load.file).cloned().unwrap_or_default(),
                    None => self.sources(&load.file)?,
                };
                for source in sources {
                    jobs.push(self.job(&profile.place(at), entity, load, source)?);
                }
            }
        }
        hidden::mark(&mut jobs);
        Ok(jobs)
    }

    /// The files behind a name of the profile, oldest name first.
    pub fn sources(&self, name: &str) -> Result<Vec<Source>, ProfileError> {
        let place = format!("files.{name}");
        let file = self.file(name)?;
        if let Some(text) = &file.inline {
            return Ok(vec![Source::Text {
                name: name.to_owned(),
                text: Arc::from(text.trim_start()),
                lines: None,
                secrets: Arc::default(),
            }]);
        }
        let pattern = file.path.as_deref().unwrap_or_default();
        // A profile saved in the browser has no directory: its own lists come with the feed.
        let beside = self.profile_dir.filter(|dir| file.own && files_in(dir, pattern).is_ok_and(|found| !found.is_empty()));
        let dir = beside.unwrap_or(self.dir);
        let found = files_in(dir, pattern).map_err(|error| wrong(&place, format!("{}: {error}", dir.display())))?;
        if found.is_empty() && !file.optional {
            return Err(ProfileError::missing_file(pattern));
        }
        Ok(found.into_iter().map(Source::File).collect())
    }

    fn file(&self, name: &str) -> Result<&'a FileTable, ProfileError> {
        self.profile.files.get(name).ok_or_else(|| wrong(format!("files.{name}"), "is not described"))
    }

    /// Whether a file's first row has names: one at least that the mapping asks for.
    fn is_header(&self, header: &[String]) -> bool {
        // Numbers stand in expressions of their own accord.
        let is_name = |name: &&String| name.chars().nth(1).is_some() && !name.chars().all(|c| c.is_ascii_digit());
        let asks = |text: &String| header.iter().filter(is_name).any(|name| text.contains(name.as_str()));
        self.profile.loads.iter().any(|load| load.columns.values().chain(load.lets.values()).chain(&load.filter).any(asks))
    }

    fn job(&mut self, place: &str, entity: &'static Entity, load: &LoadTable, source: Source) -> Result<Job, ProfileError> {
        let file = self.file(&load.file)?;
        let (layout, header) = self.header(&load.file, &source)?;
        let mut lets: HashMap<String, Expr> = HashMap::new();
        let mut waiting: Vec<(&String, Expr)> = Vec::new();
        for (name, text) in &load.lets {
            waiting.push((name, parse(place, &format!("let.{name}"), text)?));
        }
        // One `let` may use another; each round finds those whose names are all known.
        while !waiting.is_empty() {
            let before = waiting.len();
            let mut left = Vec::new();
            let names: Vec<&String> = waiting.iter().map(|(name, _)| *name).collect();
            for (name, expr) in std::mem::take(&mut waiting) {
                if mentions(&expr, &names) {
                    left.push((name, expr));
                    continue;
                }
                let bound = self.bind(&format!("{place}: let.{name}"), expr, &header, &lets)?;
                lets.insert(name.clone(), bound);
            }
            if left.len() == before {
                return Err(wrong(format!("{place}: let"), "these refer to each other in a circle"));
            }
            waiting = left;
        }
        let filter = match &load.filter {
            Some(text) => Some(self.bind(&format!("{place}: where"), parse(place, "where", text)?, &header, &lets)?),
            None => None,
        };
        let mut columns = Vec::new();
        let mut extra = Vec::new();
        for (name, text) in &load.columns {
            let expr = parse(place, &format!("columns.{name}"), text)?;
            let expr = self.bind(&format!("{place}: columns.{name}"), expr, &header, &lets)?;
            match entity.column(name) {
                Some(column) => columns.push(Mapped { column, expr, implied: false }),
                None => extra.push((name.trim_start_matches("extra.").to_owned(), expr)),
            }
        }
        // Accounts without a number of their own go by their source key.
        if let Some(number) = entity.column("account_no").filter(|_| !load.columns.contains_key("account_no"))
            && let Some(key) = columns.iter().find(|mapped| mapped.column.name == "source_key")
        {
            let expr = key.expr.clone();
            columns.push(Mapped { column: number, expr, implied: true });
        }
        // The currency comes first: it tells how many decimals amounts have.
        let place_of = |mapped: &Mapped| entity.columns.iter().position(|column| column.name == mapped.column.name);
        columns.sort_by_key(|mapped| (mapped.column.name != "currency", place_of(mapped)));
        Ok(Job {
            entity,
            format: self.profile.text_format(file),
            has_header: self.profile.has_header(file),
            layout,
            header,
            clear: Vec::new(),
            source,
            filter,
            columns,
            extra,
            distinct: load.distinct,
            order_by_balance: load.order_by_balance,
        })
    }

    /// Column names: those of the profile, else those of the file's first line.
    pub(super) fn header(&self, name: &str, source: &Source) -> Result<(Layout, Vec<String>), ProfileError> {
        let file = self.file(name)?;
        let mut layout = self.profile.layout(file);
        if matches!(source, Source::Text { .. }) {
            layout.encoding = None;
            layout.line_end_required = false;
            layout.trailer = None;
        }
        let place = format!("files.{name}");
        let named = file.columns.clone();
        if !self.profile.has_header(file) {
            return Ok((layout, named.unwrap_or_default()));
        }
        let unreadable = |error: io::Error| wrong(&place, format!("{}: {error}", source.name()));
        let mut records = Records::new(source.open().map_err(unreadable)?, Layout { line_end_required: false, ..layout.clone() });
        let mut record = Record::default();
        match records.next(&mut record).map_err(unreadable)? {
            Some(Ok(())) => {}
            Some(Err(fault)) => {
                return Err(wrong(&place, format!("the header of {} cannot be read: {}", source.name(), RejectReason::code(fault.reason))));
            }
            None => return Err(wrong(&place, format!("{} is empty; expected a header", source.name()))),
        }
        let found: Vec<String> = record.row.iter().map(|cell| cell.trim().to_owned()).collect();
        if let Some(named) = named {
            if named.len() != found.len() {
                return Err(wrong(&place, format!("{} has {} columns, the profile names {}", source.name(), found.len(), named.len())));
            }
            return Ok((layout, named));
        }
        Ok((layout, found))
    }

    fn bind(&mut self, place: &str, mut expr: Expr, header: &[String], lets: &HashMap<String, Expr>) -> Result<Expr, ProfileError> {
        let facts = self.facts;
        let is_header = self.is_header(header);
        // Joins are read before binding, since reading them binds too.
        let mut joins = Vec::new();
        expr.bind(&mut |part| {
            if let Expr::Lookup(name, ..) = part {
                joins.push(name.clone());
            }
            Ok(None)
        })
        .map_err(|error| wrong(place, error))?;
        for join in joins {
            self.join(&join)?;
        }
        let (codes, joins) = (&self.codes, &self.joins);
        expr.bind(&mut |part| match part {
            Expr::Name(name) => {
                if let Some(at) = header.iter().position(|column| column == name) {
                    return Ok(Some(Expr::Column(at)));
                }
                if let Some(expr) = lets.get(name) {
                    return Ok(Some(expr.clone()));
                }
                match name.as_str() {
                    "business_date" => Ok(Some(Expr::Const(Value::Date(facts.business_date)))),
                    "base_currency" => Ok(Some(Expr::Const(Value::Text(facts.base_currency.code().to_owned().into())))),
                    // Where the file has no names after all, these are its first row: somebody.
                    _ if !is_header => Err(ExprError(format!("the file has no column `{name}`; it has {} of other names", header.len()))),
                    _ => Err(ExprError(format!("the file has no column `{name}`; it has {}", mask::numbers(&header.join(", "))))),
                }
            }
            Expr::Map(name, _, inner) => Ok(Some(Expr::Map(name.clone(), codes.get(name).cloned(), inner.clone()))),
            Expr::Lookup(name, None, key, column, strict) => {
                let table = joins.get(name).cloned().ok_or_else(|| ExprError(format!("there is no [lookups.{name}]")))?;
                let at = match column {
                    Some(column) => Some(table.column(column).ok_or_else(|| {
                        ExprError(format!("the file of join `{name}` has no column `{column}`; it has {}", table.header.join(", ")))
                    })?),
                    None => None,
                };
                Ok(Some(Expr::Lookup(name.clone(), Some((table, at)), key.clone(), column.clone(), *strict)))
            }
            _ => Ok(None),
        })
        .map_err(|error| wrong(place, error))?;
        Ok(expr)
    }

    fn join(&mut self, name: &str) -> Result<(), ProfileError> {
        if self.joins.contains_key(name) {
            return Ok(());
        }
        let place = format!("lookups.{name}");
        let table = self.profile.lookups.get(name).ok_or_else(|| wrong(&place, "is not described"))?;
        let file = self.file(&table.file)?;
        let unreadable = |error: io::Error| wrong(&place, error);
        let mut lookup: Option<Lookup> = None;
        for source in self.sources(&table.file)? {
            let (layout, header) = self.header(&table.file, &source)?;
            let joined = lookup.get_or_insert_with(|| Lookup::new(header.clone(), self.profile.text_format(file)));
            if joined.header != header {
                let columns = joined.header.join(", ");
                return Err(wrong(&place, format!("{} has other columns than the files before it, which have {columns}", source.name())));
            }
            let key = self.bind(&place, parse(&place, "key", &table.key)?, &header, &HashMap::new())?;
            let filter = match &table.filter {
                Some(text) => Some(self.bind(&place, parse(&place, "where", text)?, &header, &HashMap::new())?),
                None => None,
            };
            let mut records = Records::new(source.open().map_err(unreadable)?, layout);
            if self.profile.has_header(file) {
                let _ = records.next(&mut Record::default()).map_err(unreadable)?;
            }
            joined.read(&mut records, &key, filter.as_ref()).map_err(unreadable)?;
        }
        let lookup = lookup.ok_or_else(|| wrong(&place, "its file is missing"))?;
        self.joins.insert(name.to_owned(), Arc::new(lookup));
        Ok(())
    }
}

fn mentions(expr: &Expr, names: &[&String]) -> bool {
    let mut found = false;
    let _ = expr.clone().bind(&mut |part| {
        if let Expr::Name(name) = part {
            found |= names.contains(&name);
        }
        Ok(None)
    });
    found
}

/// The files of a directory that a pattern names, in the order of their names.
fn files_in(dir: &Path, pattern: &str) -> io::Result<Vec<PathBuf>> {
    if !pattern.contains('*') {
        return Ok(Some(dir.join(pattern)).filter(|path| path.is_file()).into_iter().collect());
    }
    let names = std::fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut found: Vec<PathBuf> =
        names.filter(|path| path.is_file() && path.file_name().is_some_and(|name| matches(&name.to_string_lossy(), pattern))).collect();
    found.sort();
    Ok(found)
}

/// `*` stands for any characters.
fn matches(name: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_for_anything() {
        assert!(matches("trans_20260331.csv", "trans_*.csv"));
        assert!(matches("trans.csv", "trans.csv"));
        assert!(!matches("trans.csv.bak", "trans*.csv"));
        assert!(!matches("a.csv", "aa*.csv"));
    }
}
