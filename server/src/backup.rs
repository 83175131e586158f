//! Copies of the bank that outlive its machine: a base backup, the write-ahead log since, and what the
//! server keeps beside the database. Everything is sealed with a key that the operator holds.
//!
//! ```text
//! DIR/about.json                                   which database, what is there, until when; nothing of the bank
//!     base/20261126T115959.120034Z.tar.gz.sealed   every file of the database at that moment
//!     wal/000000010000000000000003.gz.sealed       the log, file by file
//!     server.sealed                                the deployment's secret and the seals of the audit log
//! ```

pub mod crypt;
mod fetch;
mod open;

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use guanhu_crm::wal;
use serde::{Deserialize, Serialize};

pub use crypt::BackupKey;
pub use fetch::{Taken, take};
pub use open::{Restored, restore};

/// The key's place unless the operator names another.
pub const KEY_FILE: &str = "backup.key";
const ABOUT: &str = "about.json";
const BASE: &str = "base";
const WAL: &str = "wal";
const SERVER: &str = "server.sealed";
const SEALED: &str = ".sealed";

type Fail = Box<dyn std::error::Error + Send + Sync>;

/// `about.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct About {
    format: u32,
    system_identifier: String,
    major: u32,
    database: String,
    /// Any second from the end of the first base to this one can be restored.
    covers_until: DateTime<Utc>,
    /// The log is there up to this place.
    complete_to: String,
}

impl About {
    fn read(dir: &Path) -> Result<Option<About>, Fail> {
        let path = dir.join(ABOUT);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{}: {error}", path.display()).into()),
        }
    }

    fn write(&self, dir: &Path) -> Result<(), Fail> {
        let text = serde_json::to_vec_pretty(self)?;
        Ok(whole(&dir.join(ABOUT), |file| file.write_all(&text))?)
    }

    fn is_of(&self, found: &wal::About) -> bool {
        self.system_identifier == found.system_identifier
    }
}

/// What the server keeps beside the database.
#[derive(Serialize, Deserialize)]
struct ServerFiles {
    /// `None`: it came from `GUANHU_SECRET`, which is the operator's to keep.
    secret: Option<String>,
    /// Lines of the seals' file.
    seals: String,
}

/// Writes a file under another name, and gives it its own once it is whole and on the disk.
fn whole(path: &Path, write: impl FnOnce(&mut io::BufWriter<fs::File>) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    let mut file = io::BufWriter::new(fs::File::create(&partial)?);
    write(&mut file)?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&partial, path)?;
    match path.parent() {
        Some(dir) => fs::File::open(dir)?.sync_all(),
        None => Ok(()),
    }
}

/// File names in `DIR/folder` that were sealed whole, without the suffix, sorted.
fn sealed_files(dir: &Path, folder: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir.join(folder))? {
        if let Some(name) = entry?.file_name().to_str().and_then(|name| name.strip_suffix(SEALED)) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// A base backup is named by the moment it ended.
fn base_name(ended: DateTime<Utc>) -> String {
    format!("{}.tar.gz", ended.format(MOMENT))
}

/// The moment in the name of a base backup.
fn moment_of(base: &str) -> Option<DateTime<Utc>> {
    let stamp = base.strip_suffix(".tar.gz")?;
    Some(chrono::NaiveDateTime::parse_from_str(stamp, MOMENT).ok()?.and_utc())
}

const MOMENT: &str = "%Y%m%dT%H%M%S%.6fZ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_named_by_its_moment() {
        let ended = "2026-11-26T11:59:59.120034Z".parse().unwrap();
        assert_eq!(base_name(ended), "20261126T115959.120034Z.tar.gz");
        assert_eq!(moment_of(&base_name(ended)), Some(ended));
        assert_eq!(moment_of("arriving"), None);
    }
}
