use std::fmt;
use std::path::PathBuf;

/// Why there is no cluster. Every message says what to do, or quotes what Postgres said.
#[derive(Debug)]
pub enum ClusterError {
    /// No Postgres ≥ 15 on this machine, and it could not be installed from here.
    NoPostgres { type_this: &'static str, because: String },
    /// The cluster was written by another major version than those found.
    WrongMajor { wanted: u32, found: Vec<u32> },
    /// The passwords file is gone while the cluster runs, so nobody can log in to mend that.
    PasswordsLost { file: PathBuf },
    /// The cluster belongs to another system user.
    NotOurs { dir: PathBuf },
    /// A backup was being restored here and that did not come to its end.
    RestoreInterrupted { dir: PathBuf },
    /// Restoring never overwrites a cluster.
    AlreadyThere { dir: PathBuf },
    /// A Postgres program failed, with its output or the end of its log.
    Program { what: String, said: String },
    /// The operating system refused something.
    Io { doing: String, source: std::io::Error },
}

impl ClusterError {
    /// Names what was being done when the operating system refused.
    pub(crate) fn io(doing: impl FnOnce() -> String) -> impl FnOnce(std::io::Error) -> ClusterError {
        move |source| ClusterError::Io { doing: doing(), source }
    }
}

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClusterError::NoPostgres { type_this, because } => {
                write!(f, "no PostgreSQL 15 or newer was found{because}. Type: {type_this} (or set DATABASE_URL)")
            }
            ClusterError::WrongMajor { wanted, found } => write!(
                f,
                "the database was written by PostgreSQL {wanted}, but this machine has {found:?}: \
                 install PostgreSQL {wanted}, or move the data with pg_dump or pg_upgrade"
            ),
            ClusterError::PasswordsLost { file } => write!(
                f,
                "the cluster is running but {} is missing: stop the cluster (pg_ctl stop) and start \
                 again, which sets new passwords",
                file.display()
            ),
            ClusterError::NotOurs { dir } => write!(f, "{} belongs to another system user: run as that user, or as root", dir.display()),
            ClusterError::RestoreInterrupted { dir } => {
                write!(f, "restoring a backup into {} was interrupted: run `guanhu restore` again, which begins anew", dir.display())
            }
            ClusterError::AlreadyThere { dir } => write!(
                f,
                "there is a database in {} already. Restore with another GUANHU_DATA_DIR, or with --replace, which stops \
                 at a database in use and keeps the old files beside the new",
                dir.display()
            ),
            ClusterError::Program { what, said } => write!(f, "{what} failed: {said}"),
            ClusterError::Io { doing, source } => write!(f, "could not {doing}: {source}"),
        }
    }
}

impl std::error::Error for ClusterError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ClusterError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
