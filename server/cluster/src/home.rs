//! Where a cluster lives and what lies there beside Postgres's own files.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::ClusterError;
use crate::system::{self, PgUser};

/// Longest path of a Unix socket on Linux, without the final zero.
const SOCKET_PATH_MAX: usize = 107;

/// Makes the data directory, if need be such that another system user can pass through it, and
/// returns its absolute path.
pub(crate) fn create_data_dir(dir: &Path) -> Result<PathBuf, ClusterError> {
    if !dir.exists() {
        system::create_dir(dir, if system::is_root() { 0o711 } else { 0o700 })?;
    }
    dir.canonicalize().map_err(ClusterError::io(|| format!("open {}", dir.display())))
}

/// The directory of one cluster.
pub(crate) struct Home {
    path: PathBuf,
    /// Written in the data directory when the home lies elsewhere.
    location: PathBuf,
}

impl Home {
    /// Finds or makes the home of the cluster of `data_dir`: inside it, or, when `user` cannot
    /// reach that (root's own directories are closed to others), below `/var/lib/guanhu`.
    pub(crate) fn open(data_dir: &Path, user: &PgUser, say: &dyn Fn(&str)) -> Result<Home, ClusterError> {
        let location = data_dir.join("postgres.location");
        let inside = data_dir.join("postgres");
        let path = match fs::read_to_string(&location) {
            Ok(text) => PathBuf::from(text.trim()),
            Err(_) if inside.exists() || user.can_reach(&inside) => inside,
            Err(_) => elsewhere(data_dir, &location, say)?,
        };
        // Others may pass through but not look around: the passwords are readable by their owner
        // only, and Postgres closes its own directories.
        system::create_dir(&path, 0o711)?;
        let home = Home { path, location };
        user.give(&system::create_dir(&home.log_dir(), 0o700)?)?;
        Ok(home)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn pgdata(&self) -> PathBuf {
        self.path.join("pgdata")
    }

    /// There while a backup is being restored: what `pgdata` holds then is not whole.
    pub(crate) fn restoring_file(&self) -> PathBuf {
        self.path.join("restoring")
    }

    pub(crate) fn log_dir(&self) -> PathBuf {
        self.path.join("log")
    }

    pub(crate) fn passwords_file(&self) -> PathBuf {
        self.path.join("passwords")
    }

    pub(crate) fn port_file(&self) -> PathBuf {
        self.path.join("port")
    }

    /// Major version of the cluster; `None` when there is none yet.
    pub(crate) fn major(&self) -> Result<Option<u32>, ClusterError> {
        let file = self.pgdata().join("PG_VERSION");
        match fs::read_to_string(&file) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(_) => Err(ClusterError::NotOurs { dir: self.pgdata() }),
        }
    }

    /// The user that an existing cluster belongs to, else `user`.
    pub(crate) fn owner_of_cluster(&self, user: PgUser) -> Result<PgUser, ClusterError> {
        if self.pgdata().exists() { user.owning(&self.pgdata()) } else { Ok(user) }
    }

    /// Waits until no other process is starting or stopping this cluster.
    pub(crate) fn lock(&self) -> Result<File, ClusterError> {
        let file = self.open_lock("lock")?;
        file.lock().map_err(ClusterError::io(|| format!("lock {}", self.path.display())))?;
        Ok(file)
    }

    /// Counts this process among those using the cluster for as long as the file stays open.
    pub(crate) fn join_users(&self) -> Result<File, ClusterError> {
        let file = self.open_lock("users")?;
        file.lock_shared().map_err(ClusterError::io(|| format!("lock {}", self.path.display())))?;
        Ok(file)
    }

    /// Whether every process that used the cluster has left or died.
    pub(crate) fn nobody_uses_it(&self) -> Result<bool, ClusterError> {
        match self.open_lock("users")?.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(source)) => Err(ClusterError::Io { doing: format!("lock {}", self.path.display()), source }),
        }
    }

    fn open_lock(&self, name: &str) -> Result<File, ClusterError> {
        let path = self.path.join(name);
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(ClusterError::io(|| format!("open {}", path.display())))
    }

    /// The saved passwords, or new ones that are yet to be given to the cluster and saved.
    pub(crate) fn passwords(&self) -> Result<Passwords, ClusterError> {
        match fs::read_to_string(self.passwords_file()) {
            Ok(text) => {
                let of = |login: &str| {
                    text.lines()
                        .filter_map(|line| line.split_once('='))
                        .find(|(name, _)| *name == login)
                        .map(|(_, password)| password.to_owned())
                };
                match (of(crate::OWNER), of(crate::APP)) {
                    (Some(owner), Some(app)) => Ok(Passwords { owner, app, new: false }),
                    _ => Passwords::generate(),
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Passwords::generate(),
            Err(_) => Err(ClusterError::NotOurs { dir: self.passwords_file() }),
        }
    }

    /// A directory for the socket: inside the home, or a short one where that is too long for a
    /// socket's address. The one of `last` time while it is there, since clients know it.
    pub(crate) fn socket_dir(&self, user: &PgUser, last: &Path) -> Result<PathBuf, ClusterError> {
        if last.is_dir() {
            return Ok(last.to_owned());
        }
        let inside = self.path.join("socket");
        let longest = inside.as_os_str().len() + "/.s.PGSQL.65535".len();
        let dir = if longest <= SOCKET_PATH_MAX {
            inside
        } else {
            // A new random name each time, so that nobody can prepare a directory for us.
            PathBuf::from(format!("/tmp/guanhu-{}", system::random_hex(8)?))
        };
        system::create_dir(&dir, 0o700)?;
        user.give(&dir)?;
        Ok(dir)
    }

    /// Removes a socket directory that lies outside the home; the next start makes another.
    pub(crate) fn remove_socket_dir(&self, dir: &Path) -> Result<(), ClusterError> {
        if dir.starts_with(&self.path) || !dir.exists() {
            return Ok(());
        }
        fs::remove_dir_all(dir).map_err(ClusterError::io(|| format!("remove {}", dir.display())))
    }

    /// Removes the cluster and everything in it.
    pub(crate) fn remove(&self) -> Result<(), ClusterError> {
        fs::remove_dir_all(&self.path).map_err(ClusterError::io(|| format!("remove {}", self.path.display())))?;
        if self.location.exists() {
            fs::remove_file(&self.location).map_err(ClusterError::io(|| format!("remove {}", self.location.display())))?;
        }
        Ok(())
    }
}

/// A home outside the data directory. Its name is random and kept in the data directory, so that a
/// data directory that is moved keeps its bank, and one that is removed starts with an empty one.
fn elsewhere(data_dir: &Path, location: &Path, say: &dyn Fn(&str)) -> Result<PathBuf, ClusterError> {
    let base = ["/var/lib/guanhu", "/var/tmp/guanhu"]
        .into_iter()
        .find_map(|dir| system::create_dir(Path::new(dir), 0o711).ok())
        .unwrap_or_else(|| PathBuf::from("/tmp/guanhu"));
    let owner = data_dir.display().to_string();
    for entry in fs::read_dir(&base).into_iter().flatten().flatten() {
        if fs::read_to_string(entry.path().join("belongs-to")).is_ok_and(|text| text == owner) {
            say(&format!("An earlier database of {owner} remains in {}; remove it if it is not needed", entry.path().display()));
        }
    }
    let path = system::create_dir(&base.join(system::random_hex(8)?), 0o711)?;
    fs::write(path.join("belongs-to"), &owner)
        .and_then(|()| fs::write(location, path.display().to_string()))
        .map_err(ClusterError::io(|| format!("write {}", location.display())))?;
    say(&format!(
        "The database cannot live in {owner}, which the database's system user cannot reach: it is \
         kept in {}",
        path.display()
    ));
    Ok(path)
}

/// The passwords of the two logins.
pub(crate) struct Passwords {
    pub(crate) owner: String,
    pub(crate) app: String,
    new: bool,
}

impl Passwords {
    pub(crate) fn generate() -> Result<Passwords, ClusterError> {
        Ok(Passwords { owner: system::random_hex(24)?, app: system::random_hex(24)?, new: true })
    }

    /// Whether the cluster has yet to learn them.
    pub(crate) fn is_new(&self) -> bool {
        self.new
    }

    pub(crate) fn save(&mut self, file: &Path) -> Result<(), ClusterError> {
        if !self.new {
            return Ok(());
        }
        let beside = file.with_extension("new");
        let _ = fs::remove_file(&beside);
        OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut open| {
                write!(open, "{}={}\n{}={}\n", crate::OWNER, self.owner, crate::APP, self.app)?;
                open.sync_all()
            })
            .and_then(|()| fs::rename(&beside, file))
            .map_err(ClusterError::io(|| format!("write {}", file.display())))?;
        self.new = false;
        Ok(())
    }
}
