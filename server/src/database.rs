//! Reaching the database: the operator's, or a private cluster of our own.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use guanhu_cluster::Cluster;
use guanhu_crm::{Bank, Keys, bank::Connection};
use rand::RngCore;

use crate::Config;

/// The database a command works on. Dropping it stops a private cluster that nobody else uses.
pub struct Database {
    pub connection: Connection,
    cluster: Option<Cluster>,
}

/// Connections of one server: enough for every core of the database to be busy.
const POOL: u32 = 24;

impl Database {
    pub async fn open(config: &Config) -> Result<Database, Box<dyn std::error::Error + Send + Sync>> {
        if let Some(url) = &config.database_url {
            let connection = match &config.database_owner_url {
                Some(owner) => Connection { owner_url: owner.clone(), app_url: Some(url.clone()), max_connections: POOL, kept_open: 0 },
                None => Connection { owner_url: url.clone(), app_url: None, max_connections: POOL, kept_open: 0 },
            };
            return Ok(Database { connection, cluster: None });
        }
        let data_dir = config.data_dir.clone();
        let cluster = tokio::task::spawn_blocking(move || Cluster::start(&data_dir, guanhu_cluster::Options::default())).await??;
        tracing::info!(home = %cluster.home().display(), port = cluster.port(), adopted = cluster.adopted(), "private Postgres is up");
        let connection =
            Connection { owner_url: cluster.owner_url(), app_url: Some(cluster.app_url()), max_connections: POOL, kept_open: 0 };
        Ok(Database { connection, cluster: Some(cluster) })
    }

    /// As [`Self::bank`], for many requests at once.
    pub async fn bank_to_serve(&mut self, config: &Config) -> Result<Bank, Box<dyn std::error::Error + Send + Sync>> {
        self.connection.kept_open = POOL;
        self.bank(config).await
    }

    /// Brings the schema up to date and connects as the application.
    pub async fn bank(&self, config: &Config) -> Result<Bank, Box<dyn std::error::Error + Send + Sync>> {
        guanhu_crm::bank::migrate(&self.connection).await?;
        let bank = Bank::connect(&self.connection, Keys::derive(&secret(config)?)).await?;
        match config.database_replica_url.as_deref().filter(|_| self.cluster.is_none()) {
            Some(url) => Ok(bank.with_replica(url, self.connection.app_url.is_none(), POOL)?),
            None => Ok(bank),
        }
    }

    /// Directory of Postgres's own programs.
    pub fn programs(&self) -> Result<PathBuf, guanhu_cluster::ClusterError> {
        match &self.cluster {
            Some(cluster) => Ok(cluster.bin_dir().to_owned()),
            None => guanhu_cluster::programs(&|line| eprintln!("{line}")),
        }
    }

    /// Stops a private cluster, waiting for it.
    pub async fn close(self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if let Some(cluster) = self.cluster {
            tokio::task::spawn_blocking(move || cluster.stop()).await??;
        }
        Ok(())
    }
}

/// The deployment's secret: `GUANHU_SECRET`, else a file made on first use and readable by nobody else.
pub(crate) fn secret(config: &Config) -> io::Result<Vec<u8>> {
    if let Some(secret) = &config.secret {
        return Ok(secret.clone().into_bytes());
    }
    let path = config.data_dir.join("secret");
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make_secret(&config.data_dir, &path),
        read => read,
    }
}

fn make_secret(dir: &Path, path: &Path) -> io::Result<Vec<u8>> {
    fs::create_dir_all(dir)?;
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let text = hex::encode(bytes).into_bytes();
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            file.write_all(&text)?;
            file.sync_all()?;
            Ok(text)
        }
        // Another process made it first.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::read(path),
        Err(error) => Err(error),
    }
}
