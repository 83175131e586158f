//! A private Postgres cluster: found or installed, initialised, started, adopted and stopped by
//! the program that needs it.
//!
//! Nothing but the machine's own Postgres ≥ 15 binaries is used. The cluster listens on a Unix
//! socket and on a free loopback port, asks every connection for a password (SCRAM), and has two
//! logins: `guanhu_owner`, who owns the database `guanhu` and the cluster, and `guanhu_app`, who
//! can do only what migrations grant.
//!
//! ```text
//! DATA_DIR/postgres/            the cluster's home (or where DATA_DIR/postgres.location points)
//!   passwords                   of the two logins, mode 0600
//!   lock  users                 starting and stopping happen one at a time; who still uses it
//!   port                        the loopback port of last time, kept while it is free
//!   pgdata/  socket/  log/      Postgres's own
//! ```
//!
//! Several processes may share one data directory: the first starts the cluster, the others adopt
//! it, and the last to leave stops it. A process that is killed leaves the cluster running; the
//! next one adopts it. A cluster that was killed is started again within a second or two by those
//! who use it, or when it is next started. One that an operator stopped with `pg_ctl` stays down.

mod binaries;
mod error;
mod home;
mod postmaster;
mod restore;
mod settings;
mod system;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

pub use error::ClusterError;
pub use restore::{Restoring, check_pages};

use binaries::Binaries;
use home::{Home, Passwords};
use postmaster::Postmaster;
use system::PgUser;

/// The database that both URLs lead to.
pub const DATABASE: &str = "guanhu";
/// Owns the database and the cluster: migrations run as this login.
pub const OWNER: &str = "guanhu_owner";
/// What the application connects as: no superuser, no bypass of row security, no schema changes.
pub const APP: &str = "guanhu_app";

/// Directory of the newest Postgres programs of this machine, for talking to a server elsewhere.
///
/// # Errors
/// When there is none and none can be installed.
pub fn programs(say: &dyn Fn(&str)) -> Result<PathBuf, ClusterError> {
    Ok(binaries::choose(binaries::find_or_install(say)?, None)?.dir().to_owned())
}

/// Are there Postgres programs, new enough, on this machine? Installs nothing.
pub fn is_installed() -> bool {
    !binaries::find().is_empty()
}

/// How a cluster is to be run.
pub struct Options {
    /// For tests: nothing is flushed to disk, and the data directory is removed at the end.
    pub throw_away: bool,
    /// Hears one line about everything that takes long or that an operator should know.
    pub say: Box<dyn Fn(&str) + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        Options { throw_away: false, say: Box::new(|line| eprintln!("{line}")) }
    }
}

impl Options {
    /// For tests: fast, unsafe against power loss, and gone afterwards.
    pub fn throw_away() -> Self {
        Options { throw_away: true, ..Options::default() }
    }
}

/// How often a killed postmaster is looked for.
const WATCH: Duration = Duration::from_secs(1);

/// A running cluster that this process uses. Dropping it stops the cluster, unless another process
/// uses it too.
pub struct Cluster {
    inner: Arc<Inner>,
    adopted: bool,
    /// The watching thread ends when this is dropped.
    _watched: Sender<()>,
}

struct Inner {
    data_dir: PathBuf,
    home: Home,
    binaries: Binaries,
    user: PgUser,
    throw_away: bool,
    say: Box<dyn Fn(&str) + Send + Sync>,
    state: Mutex<State>,
}

struct State {
    passwords: Passwords,
    postmaster: Postmaster,
    /// Holds a shared lock for as long as this process uses the cluster; `None` once it has left.
    users: Option<File>,
}

impl Cluster {
    /// Starts the cluster of `data_dir`, or adopts it when it is already running. Installs and
    /// initialises what is missing.
    ///
    /// # Errors
    /// When there is no Postgres ≥ 15 and none can be installed, or when Postgres cannot be
    /// initialised or started; the message says what to do or quotes Postgres's own log.
    pub fn start(data_dir: &Path, options: Options) -> Result<Cluster, ClusterError> {
        let Options { throw_away, say } = options;
        let data_dir = home::create_data_dir(data_dir)?;
        // Installing brings the system user `postgres`, so it comes before that choice.
        let found = binaries::find_or_install(&say)?;
        let user = PgUser::choose(&data_dir)?;
        let home = Home::open(&data_dir, &user, &say)?;
        let user = home.owner_of_cluster(user)?;
        let one_at_a_time = home.lock()?;
        if home.restoring_file().exists() {
            return Err(ClusterError::RestoreInterrupted { dir: home.path().to_owned() });
        }
        let binaries = binaries::choose(found, home.major()?)?;
        let users = home.join_users()?;
        let state = State { passwords: home.passwords()?, postmaster: Postmaster::default(), users: Some(users) };
        let inner = Arc::new(Inner { data_dir, home, binaries, user, throw_away, say, state: Mutex::new(state) });
        let adopted = inner.adopt_or_start(&mut inner.state())?;
        drop(one_at_a_time);
        Ok(Cluster { _watched: watch(Arc::downgrade(&inner)), inner, adopted })
    }

    /// `postgres://` URL of the owner over the Unix socket.
    pub fn owner_url(&self) -> String {
        let state = self.inner.state();
        socket_url(OWNER, &state.passwords.owner, &state.postmaster)
    }

    /// `postgres://` URL of the application's login over the Unix socket.
    pub fn app_url(&self) -> String {
        let state = self.inner.state();
        socket_url(APP, &state.passwords.app, &state.postmaster)
    }

    /// `postgres://` URL of the owner over loopback TCP, for tools that know no Unix sockets.
    pub fn owner_tcp_url(&self) -> String {
        let state = self.inner.state();
        format!("postgres://{OWNER}:{}@127.0.0.1:{}/{DATABASE}", state.passwords.owner, state.postmaster.port)
    }

    /// The loopback port that the cluster listens on.
    pub fn port(&self) -> u16 {
        self.inner.state().postmaster.port
    }

    /// Whether the cluster was already running.
    pub fn adopted(&self) -> bool {
        self.adopted
    }

    /// Where the cluster lives: under the data directory, or elsewhere if the database's system
    /// user cannot reach that.
    pub fn home(&self) -> &Path {
        self.inner.home.path()
    }

    /// Process id of the postmaster.
    pub fn pid(&self) -> i32 {
        self.inner.state().postmaster.pid
    }

    /// Directory of the Postgres programs in use (`psql`, `pg_dump` and so on).
    pub fn bin_dir(&self) -> &Path {
        self.inner.binaries.dir()
    }

    /// Leaves the cluster, and stops it when no other process uses it (fast shutdown: open
    /// transactions are rolled back).
    ///
    /// # Errors
    /// When Postgres does not stop within two minutes.
    pub fn stop(self) -> Result<(), ClusterError> {
        self.inner.leave()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.inner.leave() {
            eprintln!("The database cluster was not stopped: {error}");
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the cluster was already running. The caller holds the home's lock.
    fn adopt_or_start(&self, state: &mut State) -> Result<bool, ClusterError> {
        let (home, binaries, user, say) = (&self.home, &self.binaries, &self.user, &self.say);
        if let Some(running) = postmaster::running(home, binaries, user, say)? {
            if state.passwords.is_new() {
                return Err(ClusterError::PasswordsLost { file: home.passwords_file() });
            }
            state.postmaster = running;
            return Ok(true);
        }
        if home.major()?.is_none() {
            say("Creating the database cluster…");
            postmaster::initialise(home, binaries, user, &state.passwords, self.throw_away)?;
        } else if state.passwords.is_new() {
            postmaster::reset_passwords(home, binaries, user, &state.passwords)?;
        }
        // Saved only now that the cluster has them, so that an interruption cannot leave a file
        // with passwords that the cluster does not know.
        state.passwords.save(&home.passwords_file())?;
        let socket_dir = home.socket_dir(user, &state.postmaster.socket_dir)?;
        state.postmaster = postmaster::start(home, binaries, user, &socket_dir, self.throw_away, "", say)?;
        Ok(false)
    }

    fn revive_if_killed(&self) -> Result<(), ClusterError> {
        let mut state = self.state();
        if state.users.is_none() || !postmaster::was_killed(&self.home, state.postmaster.pid) {
            return Ok(());
        }
        let _one_at_a_time = self.home.lock()?;
        if !self.adopt_or_start(&mut state)? {
            (self.say)("The database had been killed and is up again");
        }
        Ok(())
    }

    fn leave(&self) -> Result<(), ClusterError> {
        let mut state = self.state();
        let Some(users) = state.users.take() else { return Ok(()) };
        let _one_at_a_time = self.home.lock()?;
        drop(users);
        if !self.home.nobody_uses_it()? {
            return Ok(());
        }
        postmaster::stop(&self.home, &self.binaries, &self.user, self.throw_away)?;
        self.home.remove_socket_dir(&state.postmaster.socket_dir)?;
        if self.throw_away {
            self.home.remove()?;
            std::fs::remove_dir_all(&self.data_dir).map_err(ClusterError::io(|| format!("remove {}", self.data_dir.display())))?;
        }
        Ok(())
    }
}

/// Starts a killed postmaster again, from a thread that ends with the cluster.
fn watch(cluster: Weak<Inner>) -> Sender<()> {
    let (watched, ended) = mpsc::channel();
    thread::spawn(move || {
        let mut said = String::new();
        while ended.recv_timeout(WATCH) == Err(RecvTimeoutError::Timeout) {
            let Some(inner) = cluster.upgrade() else { return };
            // A full disk stays full for a while: the same message once is enough.
            if let Err(error) = inner.revive_if_killed()
                && said != error.to_string()
            {
                said = error.to_string();
                (inner.say)(&format!("The database was killed and cannot be started: {said}"));
            }
        }
    });
    watched
}

fn socket_url(login: &str, password: &str, postmaster: &Postmaster) -> String {
    format!("postgres://{login}:{password}@localhost:{}/{DATABASE}?host={}", postmaster.port, percent_encoded(&postmaster.socket_dir))
}

fn percent_encoded(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str()
        .as_bytes()
        .iter()
        .map(|&byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_in_a_url() {
        assert_eq!(percent_encoded(Path::new("/a b/管")), "/a%20b/%E7%AE%A1");
    }
}
