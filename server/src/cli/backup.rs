//! `guanhu backup` and `guanhu restore`.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, NaiveDateTime, Utc};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::CliResult;
use crate::{
    Config,
    backup::{self, BackupKey, KEY_FILE},
    database::Database,
};

/// Copy the running bank into a directory, sealed: a base backup and the log since, so that any second in
/// between can be restored.
#[derive(Args)]
pub struct Backup {
    /// Where the backup is, or is to be. Better on another machine.
    dir: PathBuf,
    /// The key: 64 hexadecimal digits. Without one, `backup.key` of the data directory, made when missing.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Only what the log has gained since the last time.
    #[arg(long)]
    log_only: bool,
    /// Go on fetching the log until stopped.
    #[arg(long)]
    follow: bool,
    /// With --follow: seconds between one fetch and the next, which is what can be lost with the machine.
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
}

impl Backup {
    /// The last line of stdout is one JSON object; non-zero on any doubt.
    pub async fn run(self, config: &Config) -> CliResult {
        let key = self.key(config)?;
        let database = Database::open(config).await?;
        let mut result = backup::take(config, &database, &self.dir, &key, self.log_only).await;
        let mut stop = signal(SignalKind::terminate())?;
        while let Ok(taken) = &result {
            println!("{}", serde_json::to_string(taken)?);
            if !self.follow {
                break;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(self.every)) => {}
                _ = stop.recv() => break,
                _ = tokio::signal::ctrl_c() => break,
            }
            result = backup::take(config, &database, &self.dir, &key, true).await;
        }
        database.close().await?;
        result.map(|_| 0)
    }

    fn key(&self, config: &Config) -> Result<BackupKey, String> {
        let path = key_path(self.key_file.as_deref(), config);
        if path.exists() {
            return BackupKey::read(&path);
        }
        std::fs::create_dir_all(&config.data_dir).map_err(|error| format!("{}: {error}", config.data_dir.display()))?;
        let key = BackupKey::make(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        eprintln!(
            "The key of this backup is {}. Keep a copy of it elsewhere, apart from the backup: without it nothing can be restored",
            path.display()
        );
        Ok(key)
    }
}

/// Bring a backup back as a private database of this machine, and check it: checksums, the audit log's
/// seals, the sums of the books.
#[derive(Args)]
pub struct Restore {
    dir: PathBuf,
    /// The moment to go back to: `2026-11-26 14:30:00` (UTC) or with an offset, `2026-11-26T22:30:00+08:00`.
    /// Without one, to the end of what the backup covers.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<DateTime<Utc>>,
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Put the database that is there aside first. It must be stopped.
    #[arg(long)]
    replace: bool,
}

impl Restore {
    /// The last line of stdout is one JSON object; non-zero on any doubt.
    pub async fn run(self, config: &Config) -> CliResult {
        let key = BackupKey::read(&key_path(self.key_file.as_deref(), config))?;
        let restored = backup::restore(config, &self.dir, &key, self.to, self.replace).await?;
        let data_dir = config.data_dir.display();
        eprintln!("The bank is in {data_dir}: `GUANHU_DATA_DIR={data_dir} guanhu serve` serves it");
        if config.database_url.is_some() {
            eprintln!("The server of DATABASE_URL was not touched; unset DATABASE_URL to serve what was restored");
        }
        if !restored.pages_checked {
            eprintln!("The copied database has no page checksums: damage older than the backup would not show");
        }
        println!("{}", serde_json::to_string(&restored)?);
        Ok(0)
    }
}

fn key_path(named: Option<&Path>, config: &Config) -> PathBuf {
    named.map(Path::to_owned).or_else(|| config.backup_key_file.clone()).unwrap_or_else(|| config.data_dir.join(KEY_FILE))
}

fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    let with_offset = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    with_offset
        .or_else(|_| NaiveDateTime::parse_from_str(&text.replace('T', " "), "%Y-%m-%d %H:%M:%S").map(|at| at.and_utc()))
        .map_err(|_| format!("`{text}` is not a moment such as 2026-11-26 14:30:00 or 2026-11-26T22:30:00+08:00"))
}
