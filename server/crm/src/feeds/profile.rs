//! A profile: which files a feed has, how they are written, and how their columns become the
//! canonical ones. Everything that can be wrong without seeing a file is found here, with its place.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    ops::Deref,
    path::Path,
};

use chrono::NaiveDate;
use guanhu_domain::{
    Currency,
    feeds::{CodeValue, ControlTable, FileTable, FormatTable, LoadTable, ProfileTables},
};

use super::{
    entity::{ENTITIES, Entity},
    expr::{Expr, ExprError, Value},
    reader::Layout,
    values::{TextFormat, is_date_pattern},
};

/// A profile that has been checked, but for what only its files can tell.
#[derive(Clone, Debug)]
pub struct Profile(ProfileTables);

impl Deref for Profile {
    type Target = ProfileTables;

    fn deref(&self) -> &ProfileTables {
        &self.0
    }
}

/// A mistake in a profile and where it stands, such as `load 3 (accounts): columns.balance`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ProfileError {
    pub place: String,
    pub message: String,
    /// The same in Chinese, for mistakes that are not the profile's but of whoever hands in the files.
    pub zh: Option<String>,
}

impl ProfileError {
    /// A file that the profile reads and nobody handed in; `pattern` as the profile names it.
    pub fn missing_file(pattern: &str) -> ProfileError {
        ProfileError {
            place: String::new(),
            message: format!("The file {pattern} is missing. Choose it together with the others, or a mapping that does not need it."),
            zh: Some(format!("缺少文件 {pattern}。请与其他文件一起选择，或改用不需要它的映射。")),
        }
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.place, self.message) }
    }
}

pub(super) fn wrong(place: impl Into<String>, message: impl fmt::Display) -> ProfileError {
    ProfileError { place: place.into(), message: message.to_string(), zh: None }
}

impl From<ProfileError> for crate::Error {
    fn from(error: ProfileError) -> crate::Error {
        let en = error.to_string();
        let zh = error.zh.unwrap_or_else(|| en.clone());
        crate::Error::field("profile", guanhu_domain::Rule::Other { zh, en })
    }
}

impl Profile {
    /// Reads and checks a profile.
    pub fn parse(text: &str) -> Result<Profile, ProfileError> {
        Profile::from_tables(toml::from_str(text).map_err(|error| wrong("", error.to_string().trim_end()))?)
    }

    /// Checks a profile that was put together by hand.
    pub fn from_tables(mut tables: ProfileTables) -> Result<Profile, ProfileError> {
        if tables.source.is_empty() {
            tables.source.clone_from(&tables.name);
        }
        let profile = Profile(tables);
        profile.check()?;
        Ok(profile)
    }

    /// As TOML; what somebody wrote beside it as comments is not in it.
    pub fn to_toml(&self) -> Result<String, ProfileError> {
        toml::to_string_pretty(&self.0).map_err(|error| wrong("", error))
    }

    pub fn into_tables(self) -> ProfileTables {
        self.0
    }

    /// The same with another share of rejected rows above which nothing is loaded.
    pub fn with_threshold(mut self, threshold: Option<f64>) -> Profile {
        self.0.reject_threshold = threshold;
        self
    }

    fn check(&self) -> Result<(), ProfileError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if self.name.is_empty() || self.name.len() > 40 || !self.name.chars().all(plain) {
            return Err(wrong("name", "1 to 40 letters, digits, - and _"));
        }
        if self.source.len() > 40 {
            return Err(wrong("source", "at most 40 characters"));
        }
        if self.reject_threshold.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err(wrong("reject_threshold", "a share between 0 and 1"));
        }
        self.default_date()?;
        if let Some(bank) = &self.bank {
            Currency::new(&bank.base_currency).ok_or_else(|| wrong("bank.base_currency", "three capitals"))?;
        }
        check_format(&self.format, "format")?;
        for (name, file) in &self.files {
            let place = format!("files.{name}");
            check_file(file, &place)?;
            if !self.has_header(file) && file.columns.is_none() {
                return Err(wrong(place, "a file without header needs `columns`"));
            }
        }
        for (name, lookup) in &self.lookups {
            let place = format!("lookups.{name}");
            self.known_file(&place, &lookup.file)?;
            self.check_names(&place, &parse(&place, "key", &lookup.key)?)?;
            if let Some(filter) = &lookup.filter {
                self.check_names(&place, &parse(&place, "where", filter)?)?;
            }
        }
        if self.loads.is_empty() {
            return Err(wrong("load", "there is none; a profile needs at least one [[load]]"));
        }
        for (at, load) in self.loads.iter().enumerate() {
            self.check_load(at, load)?;
        }
        Ok(())
    }

    pub(super) fn place(&self, at: usize) -> String {
        format!("load {} ({})", at + 1, self.loads.get(at).map_or("", |load| &load.entity))
    }

    fn check_load(&self, at: usize, load: &LoadTable) -> Result<(), ProfileError> {
        let place = self.place(at);
        let entity = Entity::find(&load.entity).ok_or_else(|| {
            let known = ENTITIES.iter().map(|entity| entity.name).collect::<Vec<_>>().join(", ");
            wrong(&place, format!("there is no entity `{}`; there are {known}", load.entity))
        })?;
        self.known_file(&place, &load.file)?;
        for name in load.columns.keys() {
            let extra = entity.name == "customers" && name.strip_prefix("extra.").is_some_and(|name| !name.is_empty());
            if entity.column(name).is_none() && !extra {
                let known = entity.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
                return Err(wrong(format!("{place}: columns.{name}"), format!("{} have no such column; there are {known}", entity.name)));
            }
        }
        if let Some(column) = entity.columns.iter().find(|column| column.required && !load.columns.contains_key(column.name)) {
            return Err(wrong(&place, format!("column `{}` is required", column.name)));
        }
        for (name, text) in load
            .lets
            .iter()
            .map(|(name, text)| (format!("let.{name}"), text))
            .chain(load.columns.iter().map(|(name, text)| (format!("columns.{name}"), text)))
        {
            self.check_names(&place, &parse(&place, &name, text)?)?;
        }
        if let Some(filter) = &load.filter {
            self.check_names(&place, &parse(&place, "where", filter)?)?;
        }
        Ok(())
    }

    fn known_file(&self, place: &str, file: &str) -> Result<(), ProfileError> {
        if self.files.contains_key(file) {
            return Ok(());
        }
        Err(wrong(place, format!("there is no [files.{file}]")))
    }

    /// Code tables and joins that an expression names must be there; columns are known with the file.
    fn check_names(&self, place: &str, expr: &Expr) -> Result<(), ProfileError> {
        let mut expr = expr.clone();
        expr.bind(&mut |part| match part {
            Expr::Map(name, _, _) if !self.codes.contains_key(name) => Err(ExprError(format!("there is no [codes.{name}]"))),
            Expr::Lookup(name, ..) if !self.lookups.contains_key(name) => Err(ExprError(format!("there is no [lookups.{name}]"))),
            _ => Ok(None),
        })
        .map_err(|error| wrong(place, error))
    }

    pub(super) fn default_date(&self) -> Result<Option<NaiveDate>, ProfileError> {
        self.business_date.as_deref().map(|text| text.parse().map_err(|_| wrong("business_date", "a date such as 1998-12-31"))).transpose()
    }

    pub(super) fn layout(&self, file: &FileTable) -> Layout {
        let pick = |of: fn(&FormatTable) -> Option<String>| of(&file.format).or_else(|| of(&self.format));
        let encoding = pick(|format| format.encoding.clone()).and_then(|name| find_encoding(&name));
        Layout {
            separator: pick(|format| format.separator.clone()).unwrap_or_else(|| ",".into()),
            quote: pick(|format| format.quote.clone()).unwrap_or_else(|| "\"".into()).chars().next(),
            encoding: encoding.filter(|encoding| *encoding != encoding_rs::UTF_8),
            line_end_required: file.inline.is_none() && file.format.line_end_required.or(self.format.line_end_required).unwrap_or(true),
            trailer: self.control(file).and_then(|control| control.trailer.clone()),
        }
    }

    /// Where the source says how many rows the file has; lists of the profile itself need none.
    pub(super) fn control<'a>(&'a self, file: &'a FileTable) -> Option<&'a ControlTable> {
        if file.own || file.inline.is_some() {
            return None;
        }
        file.format.control.as_ref().or(self.format.control.as_ref())
    }

    pub(super) fn text_format(&self, file: &FileTable) -> TextFormat {
        let (own, all) = (&file.format, &self.format);
        let mut dates = own.dates.clone().or_else(|| all.dates.clone()).unwrap_or_default();
        if !dates.iter().any(|pattern| pattern == "%Y-%m-%d") {
            dates.push("%Y-%m-%d".into());
        }
        TextFormat {
            dates,
            pivot: own.pivot.or(all.pivot).unwrap_or(50),
            decimal: own.decimal.or(all.decimal).unwrap_or('.'),
            thousands: own.thousands.as_ref().or(all.thousands.as_ref()).and_then(|text| text.chars().next()),
            empty: own.empty.clone().or_else(|| all.empty.clone()).unwrap_or_default(),
        }
    }

    pub(super) fn has_header(&self, file: &FileTable) -> bool {
        file.format.header.or(self.format.header).unwrap_or(true)
    }
}

/// `rows` of control totals: its names are the cells of their line.
pub(super) fn control_rows(place: &str, control: &ControlTable) -> Result<Expr, ProfileError> {
    let cell = |name: &str| name.strip_prefix('c')?.parse::<usize>().ok()?.checked_sub(1);
    let mut rows = parse(place, "rows", &control.rows)?;
    rows.bind(&mut |part| match part {
        Expr::Name(name) => match cell(name) {
            Some(at) => Ok(Some(Expr::Column(at))),
            None => Err(ExprError(format!("there is no `{name}`; the cells are called c1, c2 and so on"))),
        },
        Expr::Map(..) | Expr::Lookup(..) => Err(ExprError("only the cells c1, c2 and so on are known here".into())),
        _ => Ok(None),
    })
    .map_err(|error| wrong(format!("{place}: rows"), error))?;
    Ok(rows)
}

pub(super) fn parse(place: &str, name: &str, text: &str) -> Result<Expr, ProfileError> {
    Expr::parse(text).map_err(|error| wrong(format!("{place}: {name}"), error))
}

fn find_encoding(name: &str) -> Option<&'static encoding_rs::Encoding> {
    encoding_rs::Encoding::for_label(name.as_bytes())
        .filter(|encoding| *encoding != encoding_rs::UTF_16LE && *encoding != encoding_rs::UTF_16BE)
}

fn check_format(format: &FormatTable, place: &str) -> Result<(), ProfileError> {
    let at = |name: &str| format!("{place}.{name}");
    if format.separator.as_ref().is_some_and(|text| text.is_empty() || text.contains(['\n', '\r'])) {
        return Err(wrong(at("separator"), "must not be empty nor a line end"));
    }
    if format.quote.as_ref().is_some_and(|text| text.chars().count() > 1) {
        return Err(wrong(at("quote"), "one character, or empty for none"));
    }
    if let Some(name) = &format.encoding
        && find_encoding(name).is_none()
    {
        return Err(wrong(at("encoding"), format!("`{name}` is not one of utf-8, gbk, gb18030 and the like")));
    }
    for pattern in format.dates.iter().flatten() {
        if !is_date_pattern(pattern) {
            return Err(wrong(at("dates"), format!("`{pattern}` needs a year, a month and a day, of %Y %y %m %d %b %H %M %S")));
        }
    }
    if format.pivot.is_some_and(|year| year > 100) {
        return Err(wrong(at("pivot"), "0 to 100"));
    }
    if format.thousands.as_ref().is_some_and(|text| text.chars().count() > 1) {
        return Err(wrong(at("thousands"), "one character, or empty for none"));
    }
    if let Some(control) = &format.control {
        let place = at("control");
        if control.trailer.is_none() && control.file.is_none() {
            return Err(wrong(place, "give `trailer`, `file` or both"));
        }
        if let Some(name) = &control.file {
            check_name(&format!("{place}.file"), name)?;
        }
        control_rows(&place, control)?;
    }
    Ok(())
}

fn check_name(place: &str, name: &str) -> Result<(), ProfileError> {
    let path = Path::new(name);
    if name.is_empty() || path.is_absolute() || path.components().count() != 1 || name.contains("..") {
        return Err(wrong(place, "the name of a file in the feed's directory, without folders"));
    }
    Ok(())
}

fn check_file(file: &FileTable, place: &str) -> Result<(), ProfileError> {
    check_format(&file.format, &format!("{place}.format"))?;
    match (&file.path, &file.inline) {
        (Some(_), Some(_)) | (None, None) => return Err(wrong(place, "give either `path` or `inline`")),
        (Some(path), None) => check_name(&format!("{place}.path"), path)?,
        (None, Some(_)) => {}
    }
    Ok(())
}

/// Codes of the source and what they stand for; `*` for every other, a value of `""` is null.
#[derive(Debug)]
pub struct CodeTable {
    codes: HashMap<String, Value<'static>>,
    other: Option<Value<'static>>,
}

impl CodeTable {
    /// Does it say what all other codes stand for?
    pub fn has_other(&self) -> bool {
        self.other.is_some()
    }

    pub fn new(table: &BTreeMap<String, CodeValue>) -> CodeTable {
        let mut codes = HashMap::new();
        for (code, value) in table {
            let value = match value {
                CodeValue::Text(text) if text.is_empty() => Value::Null,
                CodeValue::Text(text) => Value::Text(text.clone().into()),
                CodeValue::Number(number) => Value::Number((*number).into()),
                CodeValue::Flag(flag) => Value::Flag(*flag),
            };
            codes.insert(code.clone(), value);
        }
        let other = codes.remove("*");
        CodeTable { codes, other }
    }

    /// Null stays null unless the table has an entry for `""`.
    pub fn find(&self, code: Option<&str>) -> Option<Value<'_>> {
        match code {
            None => Some(self.codes.get("").cloned().unwrap_or(Value::Null)),
            Some(code) => self.codes.get(code).or(self.other.as_ref()).cloned(),
        }
    }
}
