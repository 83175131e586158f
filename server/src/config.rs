//! Configuration from the environment, read once and checked before anything starts.

use std::{
    env, fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// Ten for every connection to the database: what waits longer than its turn takes helps nobody.
const MAX_REQUESTS: u64 = 256;

/// What `docs/operations.md` lists.
#[derive(Clone)]
pub struct Config {
    /// `DATABASE_URL`; `None` runs a private cluster under `data_dir`.
    pub database_url: Option<String>,
    /// `DATABASE_OWNER_URL`: a login for migrations, where `DATABASE_URL` is only the application's.
    pub database_owner_url: Option<String>,
    /// `DATABASE_REPLICA_URL`: a streaming replica that lists and dashboards are read from.
    pub database_replica_url: Option<String>,
    pub data_dir: PathBuf,
    pub addr: SocketAddr,
    pub site_dir: PathBuf,
    pub demo_password: Option<String>,
    /// `GUANHU_SECRET`: at least 32 characters, the same on every server; else a file of `data_dir`.
    pub secret: Option<String>,
    /// `GUANHU_TRUST_PROXY=1`: only a balancer can reach the port, and its `X-Forwarded-For` is believed.
    pub trust_proxy: bool,
    /// `GUANHU_DRAIN_SECONDS`: so long after SIGTERM the server still takes requests, while `/readyz` tells
    /// the balancer to send it none.
    pub drain: Duration,
    /// `GUANHU_MAX_REQUESTS`: requests answered at once; others are told to come back.
    pub max_requests: usize,
    /// `GUANHU_PRACTICE`: is practice offered? Unless it says otherwise only where the database is the server's own.
    pub practice: bool,
    /// `GUANHU_PRACTICE_IDLE_MINUTES`: after so long without anybody in it the practice bank has no connections.
    pub practice_idle: Duration,
    /// `GUANHU_BACKUP_KEY_FILE`: the key that backups are sealed with; else `backup.key` of `data_dir`.
    pub backup_key_file: Option<PathBuf>,
}

/// A variable that cannot be used, and what it should be.
#[derive(Debug)]
pub struct ConfigError {
    variable: &'static str,
    expected: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variable, self.expected)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    pub fn from_env() -> Result<Config, ConfigError> {
        let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let addr = set("GUANHU_ADDR").unwrap_or_else(|| "127.0.0.1:3000".into());
        let secret = set("GUANHU_SECRET");
        if secret.as_ref().is_some_and(|secret| secret.len() < 32) {
            return Err(ConfigError {
                variable: "GUANHU_SECRET",
                expected: "use at least 32 characters, for example from `openssl rand -hex 32`".into(),
            });
        }
        let number = |name: &'static str, default: u64| match set(name) {
            Some(value) => value.parse().map_err(|_| ConfigError { variable: name, expected: format!("`{value}` is not a whole number") }),
            None => Ok(default),
        };
        Ok(Config {
            drain: Duration::from_secs(number("GUANHU_DRAIN_SECONDS", 0)?),
            max_requests: usize::try_from(number("GUANHU_MAX_REQUESTS", MAX_REQUESTS)?.max(1)).unwrap_or(usize::MAX),
            practice: set("GUANHU_PRACTICE").map_or(set("DATABASE_URL").is_none(), |value| value != "0"),
            practice_idle: Duration::from_secs(60 * number("GUANHU_PRACTICE_IDLE_MINUTES", 30)?.max(1)),
            backup_key_file: set("GUANHU_BACKUP_KEY_FILE").map(PathBuf::from),
            database_replica_url: set("DATABASE_REPLICA_URL"),
            database_url: set("DATABASE_URL"),
            database_owner_url: set("DATABASE_OWNER_URL"),
            data_dir: set("GUANHU_DATA_DIR").map_or_else(|| ".data".into(), PathBuf::from),
            addr: addr.parse().map_err(|_| ConfigError {
                variable: "GUANHU_ADDR",
                expected: format!("`{addr}` is not an address and port such as 127.0.0.1:3000"),
            })?,
            site_dir: set("GUANHU_SITE_DIR").map_or_else(site_beside_executable, PathBuf::from),
            demo_password: set("GUANHU_DEMO_PASSWORD"),
            secret,
            trust_proxy: set("GUANHU_TRUST_PROXY").is_some_and(|value| value != "0"),
        })
    }
}

/// `site/` beside the binary in a built folder, `target/site` while developing.
fn site_beside_executable() -> PathBuf {
    let beside = env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf)).unwrap_or_default();
    [beside.join("site"), beside.join("../site")].into_iter().find(|dir| dir.is_dir()).unwrap_or_else(|| beside.join("site"))
}
