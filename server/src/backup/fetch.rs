//! Taking a backup, or what the log has gained since.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use chrono::{DateTime, Utc};
use guanhu_crm::wal::{Kept, SLOT, Source, lsn, lsn_text};

use super::{About, BASE, BackupKey, Fail, SEALED, SERVER, ServerFiles, WAL, crypt, sealed_files, whole};
use crate::{Config, database::Database, upkeep::SEALS};

/// What one run of [`take`] brought.
#[derive(Debug, serde::Serialize)]
pub struct Taken {
    /// Name of the new base backup.
    pub base: Option<String>,
    /// Clear bytes of the base, compressed.
    pub base_bytes: u64,
    pub wal_files: usize,
    /// Any second up to this one can be restored.
    pub covers_until: DateTime<Utc>,
    pub seconds: f64,
}

/// Adds to `dir` a base backup (unless only the log is asked for and there is one that it continues) and the
/// log up to now. What was written is read back before it counts.
///
/// # Errors
/// When the database refuses, a program fails, or `dir` holds the backup of another database.
pub async fn take(config: &Config, database: &Database, dir: &Path, key: &BackupKey, log_only: bool) -> Result<Taken, Fail> {
    let begun = Instant::now();
    for folder in [dir.to_owned(), dir.join(BASE), dir.join(WAL)] {
        private_dir(&folder)?;
    }
    let mut source = Source::connect(&database.connection).await.map_err(|error| not_allowed(&error))?;
    let about = source.about().await.map_err(|error| not_allowed(&error))?;
    let before = About::read(dir)?;
    if let Some(other) = before.as_ref().filter(|before| !before.is_of(&about)) {
        return Err(format!("{} holds the backup of another database ({}): choose another directory", dir.display(), other.database).into());
    }
    let gap = match (source.keep().await.map_err(|error| not_allowed(&error))?, &before) {
        // Another directory may have had what is missing here.
        (Kept::From(place), Some(before)) => place > lsn(&before.complete_to),
        (Kept::FromNow | Kept::Lost, Some(_)) => true,
        (_, None) => false,
    };
    if gap {
        eprintln!("The database no longer has the log since the last backup to {}: there is a gap before this moment", dir.display());
    }
    let needs_base = gap || !log_only || before.is_none() || sealed_files(dir, BASE)?.is_empty();
    let pipe = Pipe { programs: database.programs()?, url: database.connection.owner_url.clone(), segment_bytes: about.segment_bytes };

    let mut base_bytes = 0;
    let base = if needs_base {
        let (name, bytes) = pipe.base(&mut source, dir, key).await?;
        base_bytes = bytes;
        Some(name)
    } else {
        None
    };
    source.record(Utc::now(), base.as_deref()).await?;
    let spool = config.data_dir.join("backup-spool");
    private_dir(&spool)?;
    // A base backup may take hours, while another process goes on fetching the log.
    let one_at_a_time = fs::File::create(spool.join("lock"))?;
    one_at_a_time.lock()?;
    // Before the log that covers them: whatever the seals say is in the database that comes back.
    let server = serde_json::to_vec(&beside(config)?)?;
    let complete = source.complete(pipe.segment_bytes).await.map_err(|error| not_allowed(&error))?;
    let wal_files = pipe.log(&spool, dir, key, complete.boundary)?;
    whole(&dir.join(SERVER), |file| crypt::seal(key, SERVER, &mut server.as_slice(), file).map(|_| ()))?;
    About {
        format: 1,
        system_identifier: about.system_identifier,
        major: u32::try_from(about.major)?,
        database: about.database,
        covers_until: complete.at,
        complete_to: lsn_text(complete.boundary),
    }
    .write(dir)?;
    drop(one_at_a_time);
    source.close().await?;
    Ok(Taken { base, base_bytes, wal_files, covers_until: complete.at, seconds: begun.elapsed().as_secs_f64() })
}

/// What the server keeps beside the database.
fn beside(config: &Config) -> Result<ServerFiles, Fail> {
    Ok(ServerFiles {
        secret: match config.secret {
            Some(_) => None,
            None => Some(String::from_utf8(crate::database::secret(config)?)?),
        },
        seals: match fs::read_to_string(config.data_dir.join(SEALS)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read?,
        },
    })
}

/// What Postgres says when a login may not, and what would help.
fn not_allowed(error: &guanhu_crm::Error) -> Fail {
    format!(
        "the database does not let itself be copied: {error}. Besides DATABASE_URL, set DATABASE_OWNER_URL to a login that is a superuser \
         (or has REPLICATION, and may execute pg_switch_wal), and let pg_hba.conf accept it for `replication` from this machine"
    )
    .into()
}

/// Postgres's own programs and where they copy from.
struct Pipe {
    programs: PathBuf,
    url: String,
    segment_bytes: i64,
}

impl Pipe {
    /// Seals a base backup as it arrives; its name, which is the second it ended in, and its bytes.
    async fn base(&self, source: &mut Source, dir: &Path, key: &BackupKey) -> Result<(String, u64), Fail> {
        let mut program = self.program("pg_basebackup");
        program.args(["--pgdata=-", "--format=tar", "--wal-method=fetch", "--compress=client-gzip:1", "--checkpoint=fast"]);
        program.args(["--label=guanhu", "--manifest-checksums=SHA256", "--no-password"]);
        let arriving = dir.join(BASE).join("arriving");
        // The name is part of the key and known at the end: what arrives is sealed under a name of its own.
        let mut bytes = 0;
        run(program, "pg_basebackup", |stdout| {
            whole(&arriving, |file| {
                bytes = crypt::seal(key, "base", stdout, file)?;
                Ok(())
            })
        })?;
        // Its last change is before the boundary that the log is fetched to.
        let ended = source.complete(self.segment_bytes).await?.at;
        let name = super::base_name(ended);
        read_back(key, "base", &arriving, bytes)?;
        fs::rename(&arriving, dir.join(BASE).join(format!("{name}{SEALED}")))?;
        Ok((name, bytes))
    }

    /// Fetches the log up to `boundary` and seals every complete file; how many.
    fn log(&self, spool: &Path, dir: &Path, key: &BackupKey, boundary: u64) -> Result<usize, Fail> {
        for entry in fs::read_dir(spool)? {
            // Of a run that was cut short: fetched again from its beginning.
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "partial") {
                fs::remove_file(path)?;
            }
        }
        let mut program = self.program("pg_receivewal");
        program.arg("--directory").arg(spool).args(["--slot", SLOT, "--no-loop", "--no-password", "--compress=gzip:1", "--synchronous"]);
        program.arg(format!("--endpos={}", lsn_text(boundary - 1)));
        run(program, "pg_receivewal", |_| Ok(()))?;
        let mut names: Vec<String> = Vec::new();
        for entry in fs::read_dir(spool)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".gz") || name.ends_with(".history") {
                names.push(name);
            }
        }
        names.sort();
        for name in &names {
            let (clear, sealed) = (spool.join(name), dir.join(WAL).join(format!("{name}{SEALED}")));
            let mut bytes = 0;
            whole(&sealed, |file| {
                bytes = crypt::seal(key, name, &mut fs::File::open(&clear)?, file)?;
                Ok(())
            })?;
            read_back(key, name, &sealed, bytes)?;
            fs::remove_file(&clear)?;
        }
        Ok(names.len())
    }

    /// The password travels in the environment, where other users of this machine do not see it.
    fn program(&self, name: &str) -> Command {
        let mut program = Command::new(self.programs.join(name));
        let (url, password) = without_password(&self.url);
        program.arg(format!("--dbname={url}")).env("LC_ALL", "C").stdin(Stdio::null());
        if let Some(password) = password {
            program.env("PGPASSWORD", password);
        }
        program
    }
}

fn run(mut program: Command, name: &str, take: impl FnOnce(&mut dyn Read) -> io::Result<()>) -> Result<(), Fail> {
    let mut child: Child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|error| format!("{name}: {error}"))?;
    let stderr = child.stderr.take();
    let said = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stderr.map(|mut stderr| stderr.read_to_string(&mut text));
        text
    });
    let taken = match child.stdout.take() {
        Some(mut stdout) => take(&mut stdout),
        None => Ok(()),
    };
    let status = child.wait()?;
    let said = said.join().unwrap_or_default();
    if !status.success() {
        return Err(format!("{name} failed: {}", said.trim()).into());
    }
    Ok(taken.map_err(|error| format!("{name}: {error}"))?)
}

fn read_back(key: &BackupKey, name: &str, path: &Path, bytes: u64) -> Result<(), Fail> {
    let mut opened = crypt::Opened::new(key, name, io::BufReader::new(fs::File::open(path)?))?;
    let read = io::copy(&mut opened, &mut io::sink()).map_err(|error| format!("{} cannot be read back: {error}", path.display()))?;
    if read == bytes { Ok(()) } else { Err(format!("{} has {read} bytes of {bytes}", path.display()).into()) }
}

fn private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// `postgres://user:pass@host/db` as `postgres://user@host/db` and `pass`.
fn without_password(url: &str) -> (String, Option<String>) {
    let parts = || {
        let (scheme, rest) = url.split_once("://")?;
        let (login, host) = rest.split_once('@')?;
        let (user, password) = login.split_once(':')?;
        Some((format!("{scheme}://{user}@{host}"), percent_decoded(password)))
    };
    parts().map_or_else(|| (url.to_owned(), None), |(url, password)| (url, Some(password)))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        let code = others.get(..2).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match code {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &others[2..];
            }
            _ => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_leaves_the_url_as_it_was_meant() {
        for (url, without, password) in [
            ("postgres://bank:p%40ss%25@db:5432/crm", "postgres://bank@db:5432/crm", Some("p@ss%")),
            ("postgres://bank@db/crm?sslmode=require", "postgres://bank@db/crm?sslmode=require", None),
            ("postgres://o:1@localhost:5/g?host=/a%20b", "postgres://o@localhost:5/g?host=/a%20b", Some("1")),
        ] {
            assert_eq!(without_password(url), (without.to_owned(), password.map(str::to_owned)), "{url}");
        }
    }
}
