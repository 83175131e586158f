//! Profiles that are kept: those that come with the product, and the versions people saved.

use std::{collections::BTreeMap, io::BufRead, path::Path};

use guanhu_domain::{
    Code, Lang, Problem,
    access::Verb,
    feeds::{EntityColumn, EntityShape, FileTable, FormatTable, LoadTable, ProfileDetail, ProfileRow, ProfileTables},
};
use sqlx::Row as _;
use uuid::Uuid;

use super::{
    Profile, ProfileError,
    entity::{ENTITIES, Entity},
    profile::wrong,
    reader::{Layout, Record, Records},
    uploads::{Spool, own_upload},
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
};

/// A profile of the product with the lists that lie beside it.
struct BuiltIn {
    name: &'static str,
    text: &'static str,
    own: &'static [(&'static str, &'static str)],
}

const BUILT_IN: &[BuiltIn] = &[BuiltIn {
    name: "berka",
    text: include_str!("../../../../profiles/berka/berka.toml"),
    own: &[
        ("staff.csv", include_str!("../../../../profiles/berka/staff.csv")),
        ("products.csv", include_str!("../../../../profiles/berka/products.csv")),
    ],
}];

/// Every profile, newest version each.
pub async fn profiles(bank: &Bank, actor: &Actor) -> Result<Vec<ProfileRow>> {
    actor.require(Verb::FeedView)?;
    let rows = sqlx::query(
        "select distinct on (p.name) p.name, p.version, p.definition, p.saved_at, u.name
         from import_profile p left join app_user u on u.user_id = p.saved_by order by p.name, p.version desc",
    )
    .fetch_all(bank.pool())
    .await?;
    let mut found = BTreeMap::new();
    for built_in in BUILT_IN {
        let title = Profile::parse(built_in.text).map(|profile| profile.title.clone()).unwrap_or_default();
        found
            .insert(built_in.name.to_owned(), ProfileRow { name: built_in.name.into(), title, version: 0, saved_at: None, saved_by: None });
    }
    for row in rows {
        let name: String = row.try_get(0)?;
        let definition: String = row.try_get(2)?;
        let title = Profile::parse(&definition).map(|profile| profile.title.clone()).unwrap_or_default();
        let row = ProfileRow { name: name.clone(), title, version: row.try_get(1)?, saved_at: row.try_get(3)?, saved_by: row.try_get(4)? };
        found.insert(name, row);
    }
    Ok(found.into_values().collect())
}

/// The newest version of a profile.
pub async fn open_profile(bank: &Bank, actor: &Actor, name: &str) -> Result<ProfileDetail> {
    actor.require(Verb::FeedView)?;
    let (version, text) = newest(bank, name).await?;
    let profile = Profile::parse(&text)?;
    Ok(ProfileDetail { version, text, tables: profile.into_tables() })
}

pub(super) async fn newest(bank: &Bank, name: &str) -> Result<(i32, String)> {
    let saved: Option<(i32, String)> =
        sqlx::query_as("select version, definition from import_profile where name = $1 order by version desc limit 1")
            .bind(name)
            .fetch_optional(bank.pool())
            .await?;
    let built_in = || BUILT_IN.iter().find(|built_in| built_in.name == name).map(|built_in| (0, built_in.text.to_owned()));
    saved.or_else(built_in).ok_or_else(Error::not_found)
}

/// Puts the lists that come with a built-in profile into the directory.
pub(super) async fn write_own(name: &str, dir: &Path) -> Result<()> {
    for (file, text) in BUILT_IN.iter().find(|built_in| built_in.name == name).map_or(&[][..], |built_in| built_in.own) {
        tokio::fs::write(dir.join(file), text).await.map_err(Error::internal)?;
    }
    Ok(())
}

/// Saves the next version of the profile named in `text`.
///
/// # Errors
/// `Invalid` on `profile` with the place of the mistake; `Stale` with the [`ProfileDetail`] that another saved after
/// `version` was read.
pub async fn save_profile(bank: &Bank, actor: &Actor, text: &str, version: i32) -> Result<ProfileDetail> {
    actor.require(Verb::FeedImport)?;
    let profile = Profile::parse(text)?;
    let mut tx = bank.begin().await?;
    sqlx::query("select pg_advisory_xact_lock(hashtext('import_profile ' || $1))").bind(&profile.name).execute(&mut *tx).await?;
    let last: Option<i32> =
        sqlx::query_scalar("select max(version) from import_profile where name = $1").bind(&profile.name).fetch_one(&mut *tx).await?;
    let last = last.unwrap_or(0);
    if last != version {
        tx.rollback().await?;
        let (version, text) = newest(bank, &profile.name).await?;
        let now = ProfileDetail { version, tables: Profile::parse(&text)?.into_tables(), text };
        let current = serde_json::to_value(now).map_err(Error::internal)?;
        return Err(Problem { current: Some(current), ..Problem::new(Code::Stale) }.into());
    }
    sqlx::query("insert into import_profile (name, version, definition, saved_by) values ($1, $2, $3, $4)")
        .bind(&profile.name)
        .bind(last + 1)
        .bind(text)
        .bind(actor.user_ref())
        .execute(&mut *tx)
        .await?;
    let entry = Entry::done(Verb::FeedImport, format!("profile:{}", profile.name)).detail(serde_json::json!({ "version": last + 1 }));
    audit::record(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(ProfileDetail { version: last + 1, text: text.to_owned(), tables: profile.into_tables() })
}

/// The same as TOML, checked.
pub fn profile_text(actor: &Actor, tables: ProfileTables) -> Result<String> {
    actor.require(Verb::FeedView)?;
    Ok(Profile::from_tables(tables)?.to_toml()?)
}

/// Reads a profile from TOML.
pub fn profile_tables(actor: &Actor, text: &str) -> Result<ProfileTables> {
    actor.require(Verb::FeedView)?;
    Ok(Profile::parse(text)?.into_tables())
}

/// The canonical entities, for the mapping editor.
pub fn entity_shapes(actor: &Actor) -> Result<Vec<EntityShape>> {
    actor.require(Verb::FeedView)?;
    let column = |column: &super::entity::Column| EntityColumn {
        name: column.name.into(),
        required: column.required,
        zh: format!("{} · {}", column.zh, column.kind.words(Lang::Zh)),
        en: match column.about {
            "" => column.kind.words(Lang::En),
            about => format!("{about} · {}", column.kind.words(Lang::En)),
        },
    };
    Ok(ENTITIES
        .iter()
        .map(|entity| EntityShape { name: entity.name.into(), zh: entity.zh.into(), columns: entity.columns.iter().map(column).collect() })
        .collect())
}

/// A first profile for uploaded files: separator, encoding and header as their first lines suggest, an
/// entity where the file is called like one, and every column that is called like a canonical one.
pub async fn draft_profile(bank: &Bank, actor: &Actor, upload: Uuid, name: &str) -> Result<ProfileTables> {
    actor.require(Verb::FeedImport)?;
    own_upload(bank.pool(), actor, upload).await?;
    let spool = Spool::of(bank, upload).await?;
    let mut tables = ProfileTables { name: name.to_owned(), ..ProfileTables::default() };
    for Guessed { file, stem, format, header } in guess_all(spool.path()).map_err(Error::internal)? {
        let entity = Entity::find(&stem).or_else(|| best_entity(&header));
        tables.files.insert(stem.clone(), FileTable { path: Some(file), format, ..FileTable::default() });
        if let Some(entity) = entity {
            let columns = entity.columns.iter().filter(|column| header.iter().any(|name| name == column.name));
            let columns = columns.map(|column| (column.name.to_owned(), column.name.to_owned())).collect();
            tables.loads.push(LoadTable { entity: entity.name.into(), file: stem, columns, ..LoadTable::default() });
        }
    }
    hoist(&mut tables);
    Ok(tables)
}

/// The profile of a directory with canonical files: each is called like its entity, whatever follows after `_`, `-` or
/// `.` (`customers_20260331.csv`), and its header names canonical columns. Files that are not `*.csv` are none of the feed's.
///
/// # Errors
/// Names the first file or column that is not canonical.
pub fn canonical_profile(dir: &Path, source: &str) -> Result<Profile, ProfileError> {
    let mut tables = ProfileTables { name: source.to_owned(), ..ProfileTables::default() };
    let guessed = guess_all(dir).map_err(|error| wrong("", format!("{}: {error}", dir.display())))?;
    for Guessed { file, stem, format, header } in guessed.into_iter().filter(|guessed| guessed.file.ends_with(".csv")) {
        let called =
            |entity: &&Entity| stem.strip_prefix(entity.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', '-', '.']));
        let entity = ENTITIES.iter().find(called).ok_or_else(|| {
            let known = ENTITIES.iter().map(|entity| entity.name).collect::<Vec<_>>().join(", ");
            wrong(&file, format!("is called like no entity; there are {known}"))
        })?;
        let mut columns = BTreeMap::new();
        for name in header {
            let extra = entity.name == "customers" && name.strip_prefix("extra.").is_some_and(|name| !name.is_empty());
            if entity.column(&name).is_none() && !extra {
                let known = entity.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
                return Err(wrong(&file, format!("{} have no column `{name}`; there are {known}", entity.name)));
            }
            columns.insert(name.clone(), format!("`{name}`"));
        }
        tables.files.insert(stem.clone(), FileTable { path: Some(file), format, ..FileTable::default() });
        tables.loads.push(LoadTable { entity: entity.name.into(), file: stem, columns, ..LoadTable::default() });
    }
    if tables.loads.is_empty() {
        return Err(wrong("", format!("{} has no file called like an entity, such as customers.csv", dir.display())));
    }
    hoist(&mut tables);
    Profile::from_tables(tables)
}

/// How files are written is told once where they all agree: a file's own format comes before the profile's.
fn hoist(tables: &mut ProfileTables) {
    let Some(format) = tables.files.values().next().map(|file| file.format.clone()) else { return };
    if tables.files.values().all(|file| file.format == format) {
        tables.files.values_mut().for_each(|file| file.format = FormatTable::default());
        tables.format = format;
    }
}

/// A file and what its first lines suggest.
struct Guessed {
    file: String,
    stem: String,
    format: FormatTable,
    header: Vec<String>,
}

/// The files of a directory, by name.
fn guess_all(dir: &Path) -> std::io::Result<Vec<Guessed>> {
    let mut paths: Vec<_> = std::fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    paths.sort();
    let mut guessed = Vec::new();
    for path in paths {
        let (format, header) = guess(&path)?;
        let name = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        guessed.push(Guessed { file: name(path.file_name()), stem: name(path.file_stem()), format, header });
    }
    Ok(guessed)
}

/// The entity most of whose required columns the header has, if it has any.
fn best_entity(header: &[String]) -> Option<&'static Entity> {
    let share = |entity: &Entity| {
        let required = entity.columns.iter().filter(|column| column.required);
        let there = required.clone().filter(|column| header.iter().any(|name| name == column.name)).count();
        there * 100 / required.count().max(1)
    };
    ENTITIES.iter().max_by_key(|entity| share(entity)).filter(|entity| share(entity) >= 50)
}

fn guess(path: &Path) -> std::io::Result<(FormatTable, Vec<String>)> {
    let mut start = Vec::new();
    let mut input = std::io::BufReader::new(std::fs::File::open(path)?);
    for _ in 0..50 {
        if input.read_until(b'\n', &mut start)? == 0 {
            break;
        }
    }
    let utf8 = std::str::from_utf8(&start).is_ok();
    let encoding = (!utf8).then_some(encoding_rs::GB18030);
    let first = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let separator = [b',', b';', b'|', b'\t'].into_iter().max_by_key(|separator| first.iter().filter(|byte| *byte == separator).count());
    let separator = char::from(separator.unwrap_or(b',')).to_string();
    let layout = Layout { separator: separator.clone(), quote: Some('"'), encoding, line_end_required: false, trailer: None };
    let mut record = Record::default();
    let mut records = Records::new(&start[..], layout);
    let _ = records.next(&mut record)?;
    let header = record.row.iter().map(|cell| cell.trim().to_owned()).collect();
    let format = FormatTable {
        separator: (separator != ",").then_some(separator),
        encoding: encoding.map(|_| "gb18030".to_owned()),
        ..FormatTable::default()
    };
    Ok((format, header))
}
