//! Bringing a backup back as a private cluster, and doubting it.

use std::{
    fs,
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use chrono::{DateTime, Utc};
use guanhu_cluster::Restoring;
use guanhu_crm::{Actor, audit::seal, contribution::reconcile};

use super::{About, BASE, BackupKey, Fail, SEALED, SERVER, ServerFiles, WAL, crypt, moment_of, sealed_files};
use crate::{Config, database::Database, upkeep::SEALS};

/// What came back and what was compared.
#[derive(Debug, serde::Serialize)]
pub struct Restored {
    pub base: String,
    /// `None`: to the end of the log.
    pub to: Option<DateTime<Utc>>,
    pub wal_files: usize,
    pub audit_rows: i64,
    pub audit_seals: i64,
    /// Months whose figures were computed again; 0 where none had been.
    pub months: i64,
    /// False: the copied database was made without checksums.
    pub pages_checked: bool,
    /// From the first byte read to a database that answers, and to the last comparison.
    pub seconds_to_open: f64,
    pub seconds: f64,
}

/// Makes the private cluster of `config.data_dir` what the bank was at `to`, or at the end of the log.
///
/// # Errors
/// When the key is another, a file was changed, the log does not reach `to`, or the bank that came back is
/// not what its own seals and sums say.
pub async fn restore(config: &Config, dir: &Path, key: &BackupKey, to: Option<DateTime<Utc>>, replace: bool) -> Result<Restored, Fail> {
    let begun = Instant::now();
    let about = About::read(dir)?.ok_or_else(|| format!("{} holds no backup", dir.display()))?;
    let server: ServerFiles = serde_json::from_slice(&opened(dir, key, SERVER, SERVER)?)?;
    if server.secret.is_none() && config.secret.is_none() {
        return Err("the secret is not part of this backup, since it came from GUANHU_SECRET: set that to the same value".into());
    }
    let base = choose_base(dir, &about, to)?;
    let (wal_files, first) = {
        let (dir, data_dir, about, base) = (dir.to_owned(), config.data_dir.clone(), about.clone(), base.clone());
        let key = key.clone();
        tokio::task::spawn_blocking(move || bring(&dir, &data_dir, &key, &about, &base, to, replace)).await??
    };
    tracing::debug!(%first, wal_files, "the log was replayed");
    put_back(config, &server, to.is_some()).await?;

    let config = Config { database_url: None, database_owner_url: None, database_replica_url: None, ..config.clone() };
    let database = Database::open(&config).await?;
    let bank = database.bank(&config).await?;
    let seconds_to_open = begun.elapsed().as_secs_f64();
    let seals = config.data_dir.join(SEALS);
    if to.is_some() {
        only_up_to(&seals, seal::newest(&bank).await?)?;
    }
    let actor = Actor::system();
    let audit = seal::verify(&bank, &actor, Some(&seals)).await?;
    let books = reconcile::reconcile(&bank, &actor, None).await?;
    bank.flush().await;
    bank.pool().close().await;
    database.close().await?;
    if let Some(difference) = audit.difference {
        return Err(format!("the audit log that came back is not what was sealed: {difference}").into());
    }
    if let Some(difference) = books.difference {
        return Err(format!("the figures that came back do not agree: {difference}").into());
    }
    let pages_checked = {
        let data_dir = config.data_dir.clone();
        tokio::task::spawn_blocking(move || guanhu_cluster::check_pages(&data_dir)).await??
    };
    Ok(Restored {
        base,
        to,
        wal_files,
        audit_rows: audit.rows,
        audit_seals: audit.seals,
        months: i64::try_from(books.months)?,
        pages_checked,
        seconds_to_open,
        seconds: begun.elapsed().as_secs_f64(),
    })
}

/// The newest base that ended by then.
fn choose_base(dir: &Path, about: &About, to: Option<DateTime<Utc>>) -> Result<String, Fail> {
    let bases = sealed_files(dir, BASE)?;
    let Some(to) = to else {
        return bases.last().cloned().ok_or_else(|| format!("there is no base backup in {}", dir.display()).into());
    };
    if to > about.covers_until {
        return Err(format!("the backup covers what happened until {}, not {to}", about.covers_until).into());
    }
    let fits = bases.iter().rev().find(|base| moment_of(base).is_some_and(|ended| ended <= to));
    fits.cloned().ok_or_else(|| {
        let first = bases.first().and_then(|base| moment_of(base));
        let from = first.map_or_else(|| "nothing".to_owned(), |first| first.to_string());
        format!("the oldest base backup can be restored from {from} on, not {to}").into()
    })
}

/// How many files of the log were used, and the first of them.
fn bring(
    dir: &Path,
    data_dir: &Path,
    key: &BackupKey,
    about: &About,
    base: &str,
    to: Option<DateTime<Utc>>,
    replace: bool,
) -> Result<(usize, String), Fail> {
    let say = |line: &str| eprintln!("{line}");
    let restoring = Restoring::begin(data_dir, about.major, replace, &say)?;
    say(&format!("Unpacking the base backup {base}"));
    let path = dir.join(BASE).join(format!("{base}{SEALED}"));
    restoring.unpack(&mut crypt::Opened::new(key, "base", io::BufReader::new(fs::File::open(&path)?))?)?;
    let first = restoring.first_segment()?;
    let mut files = 0;
    for name in sealed_files(dir, WAL)? {
        let plain = name.trim_end_matches(".gz");
        // The first eight digits are the timeline: what counts is the place.
        if !plain.ends_with(".history") && plain.get(8..) < first.get(8..) {
            continue;
        }
        let clear = opened(dir, key, &format!("{WAL}/{name}{SEALED}"), &name)?;
        let to = restoring.wal_dir().join(plain);
        if name.ends_with(".gz") {
            gunzip(&clear, &to)?
        } else {
            fs::write(&to, &clear)?
        }
        files += 1;
    }
    say(&format!("Replaying {files} files of the log"));
    restoring.recover(&about.database, to.map(|to| to.format("%Y-%m-%d %H:%M:%S%.6f+00").to_string()).as_deref(), &say)?;
    Ok((files, first))
}

/// A small file of the backup.
fn opened(dir: &Path, key: &BackupKey, path: &str, name: &str) -> Result<Vec<u8>, Fail> {
    let path = dir.join(path);
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    let mut clear = Vec::new();
    let sealed = io::BufReader::new(fs::File::open(&path).map_err(failed)?);
    crypt::Opened::new(key, name, sealed).and_then(|mut opened| opened.read_to_end(&mut clear)).map_err(failed)?;
    Ok(clear)
}

/// A file of the log is 16 MB at most as Postgres is shipped, so it fits in memory.
fn gunzip(compressed: &[u8], to: &Path) -> Result<(), Fail> {
    let mut gzip =
        Command::new("gzip").arg("-dc").stdin(Stdio::piped()).stdout(fs::File::create(to)?).spawn().map_err(|e| format!("gzip: {e}"))?;
    if let Some(mut stdin) = gzip.stdin.take() {
        io::Write::write_all(&mut stdin, compressed)?;
    }
    if gzip.wait()?.success() { Ok(()) } else { Err(format!("gzip could not write {}", to.display()).into()) }
}

/// The secret and the seals beside the database. A secret that is there already must be the same.
async fn put_back(config: &Config, server: &ServerFiles, partly: bool) -> Result<(), Fail> {
    if let (Some(secret), None) = (&server.secret, &config.secret) {
        let path = config.data_dir.join("secret");
        match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => io::Write::write_all(&mut file, secret.as_bytes())?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if fs::read_to_string(&path)? != *secret {
                    return Err(format!("{} is another deployment's secret: move it away", path.display()).into());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    let seals = config.data_dir.join(SEALS);
    if !partly && seals.exists() && !fs::read_to_string(&seals)?.starts_with(&server.seals) {
        return Err(format!("{} does not begin as the one in the backup: move it away after asking why", seals.display()).into());
    }
    keep_aside(&seals, &server.seals)?;
    fs::write(&seals, &server.seals)?;
    Ok(())
}

/// Seals that differ from those in the backup are evidence of what was sealed since: they stay beside them.
fn keep_aside(seals: &Path, coming: &str) -> Result<(), Fail> {
    match fs::read(seals) {
        Ok(here) if here != coming.as_bytes() => {
            let aside = seals.with_file_name(format!("{SEALS}.before-{}", Utc::now().format("%Y%m%dT%H%M%S%.3fZ")));
            fs::copy(seals, &aside)?;
            eprintln!("The seals that were here are kept as {}", aside.display());
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A database that went back in time has lost the seals made since.
fn only_up_to(seals: &Path, newest: i64) -> Result<(), Fail> {
    let text = fs::read_to_string(seals)?;
    let known = |line: &&str| {
        let seal: Option<serde_json::Value> = serde_json::from_str(line).ok();
        seal.and_then(|seal| seal["seal_id"].as_i64()).is_some_and(|id| id <= newest)
    };
    let kept: String = text.lines().filter(known).flat_map(|line| [line, "\n"]).collect();
    fs::write(seals, kept)?;
    Ok(())
}
