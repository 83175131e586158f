//! Initialising, finding, starting and stopping the postmaster of one home.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::binaries::Binaries;
use crate::error::ClusterError;
use crate::home::{Home, Passwords};
use crate::system::{self, PgUser};
use crate::{APP, DATABASE, OWNER, settings};

/// How often a state that nobody announces is looked at.
const GLANCE: Duration = Duration::from_millis(50);
/// How long the processes of a killed postmaster may take to notice.
const ORPHANS_LEAVE: Duration = Duration::from_secs(60);

/// A running postmaster, as its lock file describes it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Postmaster {
    pub(crate) pid: i32,
    pub(crate) port: u16,
    pub(crate) socket_dir: PathBuf,
    ready: bool,
}

/// The lines of `postmaster.pid`: pid, data directory, start time, port, socket directory, listen
/// address, shared memory key, status.
fn parse_lock_file(text: &str) -> Option<Postmaster> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    Some(Postmaster {
        pid: lines.first()?.parse().ok()?,
        port: lines.get(3).and_then(|line| line.parse().ok()).unwrap_or_default(),
        socket_dir: lines.get(4).copied().unwrap_or_default().into(),
        ready: lines.get(7) == Some(&"ready"),
    })
}

/// The postmaster of this home if one is running, once it accepts connections. Clears away what a
/// killed one left behind.
pub(crate) fn running(home: &Home, binaries: &Binaries, user: &PgUser, say: &dyn Fn(&str)) -> Result<Option<Postmaster>, ClusterError> {
    let pgdata = home.pgdata();
    let lock_file = pgdata.join("postmaster.pid");
    let mut patience = Patience::new("The database is recovering", say);
    while let Some(found) = fs::read_to_string(&lock_file).ok().as_deref().and_then(parse_lock_file) {
        if !is_postmaster_of(found.pid, &pgdata) {
            wait_for_orphans(&pgdata)?;
            // Postgres removes a dead process's lock file itself, but refuses to start when the
            // process id has since been given to a stranger.
            if system::is_alive(found.pid) {
                fs::remove_file(&lock_file).map_err(ClusterError::io(|| format!("remove {}", lock_file.display())))?;
            }
            break;
        }
        if found.ready {
            // A postmaster that is shutting down still says "ready" for a moment.
            let status = user
                .command(&binaries.program("pg_ctl"), home.path())
                .args(["status", "-D"])
                .arg(&pgdata)
                .output()
                .map_err(ClusterError::io(|| "run pg_ctl".into()))?;
            if status.status.success() {
                return Ok(Some(found));
            }
        }
        patience.wait();
    }
    Ok(None)
}

/// Whether the postmaster ended without removing its lock file, as it does when it is told to stop.
pub(crate) fn was_killed(home: &Home, pid: i32) -> bool {
    let pgdata = home.pgdata();
    !is_postmaster_of(pid, &pgdata) && pgdata.join("postmaster.pid").exists()
}

fn is_postmaster_of(pid: i32, pgdata: &Path) -> bool {
    system::is_alive(pid)
        && system::command_line(pid).is_some_and(|line| line.contains("postgres") && line.contains(&*pgdata.to_string_lossy()))
}

/// The children of a killed postmaster end by themselves, and until then use the files.
fn wait_for_orphans(pgdata: &Path) -> Result<(), ClusterError> {
    let since = Instant::now();
    loop {
        let orphans = system::processes_in(pgdata);
        if orphans.is_empty() {
            return Ok(());
        }
        if since.elapsed() > ORPHANS_LEAVE {
            return Err(ClusterError::Program {
                what: "waiting for a killed database".into(),
                said: format!("its processes {orphans:?} are still there"),
            });
        }
        thread::sleep(GLANCE);
    }
}

/// Creates cluster, logins and database beside their final place and moves them there when they
/// are whole, so that an interruption leaves nothing half-made.
pub(crate) fn initialise(
    home: &Home,
    binaries: &Binaries,
    user: &PgUser,
    passwords: &Passwords,
    throw_away: bool,
) -> Result<(), ClusterError> {
    let half_made = home.path().join("pgdata.new");
    if half_made.exists() {
        fs::remove_dir_all(&half_made).map_err(ClusterError::io(|| format!("remove {}", half_made.display())))?;
    }
    user.give(&system::create_dir(&half_made, 0o700)?)?;
    let password_file = half_made.with_file_name("pgdata.password");
    fs::write(&password_file, "")
        .and_then(|()| {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&password_file, fs::Permissions::from_mode(0o600))
        })
        .and_then(|()| fs::write(&password_file, &passwords.owner))
        .map_err(ClusterError::io(|| format!("write {}", password_file.display())))?;
    user.give(&password_file)?;

    let locale = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };
    let mut initdb = user.command(&binaries.program("initdb"), home.path());
    initdb
        .args(["--encoding=UTF8", "--auth=scram-sha-256", "--data-checksums"])
        .arg(format!("--locale={locale}"))
        .arg(format!("--username={OWNER}"))
        .arg(format!("--pwfile={}", password_file.display()))
        .arg(format!("--pgdata={}", half_made.display()));
    if throw_away {
        initdb.arg("--no-sync");
    }
    let output = initdb.output().map_err(ClusterError::io(|| "run initdb".into()));
    let removed = fs::remove_file(&password_file).map_err(ClusterError::io(|| format!("remove {}", password_file.display())));
    system::check("initdb", &output?)?;
    removed?;

    let conf = half_made.join("postgresql.conf");
    fs::OpenOptions::new()
        .append(true)
        .open(&conf)
        .and_then(|mut file| writeln!(file, "\ninclude_if_exists = '{}'", settings::FILE))
        .map_err(ClusterError::io(|| format!("write {}", conf.display())))?;
    single_user(
        home,
        binaries,
        user,
        &half_made,
        &[
            format!(
                "create role {APP} login nosuperuser nobypassrls nocreatedb nocreaterole noreplication \
             password '{}'",
                passwords.app
            ),
            format!("create database {DATABASE} owner {OWNER}"),
            format!("revoke all on database {DATABASE} from public"),
            format!("grant connect on database {DATABASE} to {APP}"),
        ],
    )?;
    fs::rename(&half_made, home.pgdata()).map_err(ClusterError::io(|| format!("move {}", half_made.display())))
}

/// Gives both logins new passwords, for when the file with the old ones was lost.
pub(crate) fn reset_passwords(home: &Home, binaries: &Binaries, user: &PgUser, passwords: &Passwords) -> Result<(), ClusterError> {
    wait_for_orphans(&home.pgdata())?;
    single_user(
        home,
        binaries,
        user,
        &home.pgdata(),
        &[format!("alter role {OWNER} password '{}'", passwords.owner), format!("alter role {APP} password '{}'", passwords.app)],
    )
}

/// Runs statements without a server, before anybody can connect.
pub(crate) fn single_user(
    home: &Home,
    binaries: &Binaries,
    user: &PgUser,
    pgdata: &Path,
    statements: &[String],
) -> Result<(), ClusterError> {
    let what = "preparing the database";
    let run = || {
        let mut child = user
            .command(&binaries.program("postgres"), home.path())
            .args(["--single", "-c", "logging_collector=off", "-D"])
            .arg(pgdata)
            .arg("postgres")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            for statement in statements {
                writeln!(stdin, "{statement}")?;
            }
        }
        child.wait_with_output()
    };
    let output = run().map_err(ClusterError::io(|| "run postgres".into()))?;
    system::check(what, &output)?;
    // This mode reports a failed statement in its text only.
    let said = String::from_utf8_lossy(&output.stderr);
    if let Some(line) = said.lines().find(|line| line.contains("ERROR:") || line.contains("FATAL:")) {
        return Err(ClusterError::Program { what: what.into(), said: line.into() });
    }
    Ok(())
}

/// Starts the postmaster and waits until it accepts connections, however long recovery takes. `extra` are
/// lines of settings for this start alone.
pub(crate) fn start(
    home: &Home,
    binaries: &Binaries,
    user: &PgUser,
    socket_dir: &Path,
    throw_away: bool,
    extra: &str,
    say: &dyn Fn(&str),
) -> Result<Postmaster, ClusterError> {
    clear_sockets(socket_dir)?;
    let mut port = preferred_port(home)?;
    // Another program may take the port between our asking for a free one and Postgres's using it.
    for _ in 0..4 {
        match try_start(home, binaries, user, throw_away, port, socket_dir, extra, say) {
            Err(ClusterError::Program { said, .. }) if said.contains("Address already in use") => {
                port = free_port()?;
            }
            result => {
                let started = result?;
                fs::write(home.port_file(), started.port.to_string())
                    .map_err(ClusterError::io(|| format!("write {}", home.port_file().display())))?;
                return Ok(started);
            }
        }
    }
    Err(ClusterError::Program { what: "postgres".into(), said: "found no free port".into() })
}

/// Starts the postmaster for a recovery that `extra` describes, and waits until that has ended.
///
/// # Errors
/// Also when recovery gives up, with what Postgres's log says of it.
pub(crate) fn recover(
    home: &Home,
    binaries: &Binaries,
    user: &PgUser,
    socket_dir: &Path,
    extra: &str,
    say: &dyn Fn(&str),
) -> Result<(), ClusterError> {
    let logs_before = log_lengths(&home.log_dir());
    start(home, binaries, user, socket_dir, false, extra, say)?;
    // Without standby connections `pg_ctl` takes the beginning of recovery for a finished start.
    match running(home, binaries, user, say)? {
        Some(_) => Ok(()),
        None => {
            let said = logged_since(&home.log_dir(), &logs_before);
            Err(ClusterError::Program { what: "recovery".into(), said: system::last_lines(&said) })
        }
    }
}

fn try_start(
    home: &Home,
    binaries: &Binaries,
    user: &PgUser,
    throw_away: bool,
    port: u16,
    socket_dir: &Path,
    extra: &str,
    say: &dyn Fn(&str),
) -> Result<Postmaster, ClusterError> {
    let pgdata = home.pgdata();
    let conf = pgdata.join(settings::FILE);
    fs::write(&conf, settings::text(port, socket_dir, &home.log_dir(), throw_away, wal_compression(home, binaries, user)) + extra)
        .map_err(ClusterError::io(|| format!("write {}", conf.display())))?;
    user.give(&conf)?;
    let log = home.log_dir().join("start.log");
    let _ = fs::remove_file(&log);
    let logs_before = log_lengths(&home.log_dir());
    // `pg_ctl` puts the postmaster into a session of its own: Ctrl-C in this terminal and the
    // death of this process do not reach it.
    let mut child = user
        .command(&binaries.program("pg_ctl"), home.path())
        .args(["start", "--silent", "--wait", "--timeout=86400", "--log"])
        .arg(&log)
        .arg("-D")
        .arg(&pgdata)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(ClusterError::io(|| "run pg_ctl".into()))?;
    let mut patience = Patience::new("The database is starting", say);
    let status = loop {
        match child.try_wait().map_err(ClusterError::io(|| "wait for pg_ctl".into()))? {
            Some(status) => break status,
            None => patience.wait(),
        }
    };
    let started = fs::read_to_string(pgdata.join("postmaster.pid")).ok().as_deref().and_then(parse_lock_file);
    match started {
        Some(started) if status.success() => Ok(started),
        _ => {
            let said = logged_since(&home.log_dir(), &logs_before);
            Err(ClusterError::Program { what: "postgres".into(), said: system::last_lines(&said) })
        }
    }
}

/// Postgres's own compression takes most of the time in which an index is built; LZ4 takes next to none, but is not in
/// every build of Postgres.
fn wal_compression(home: &Home, binaries: &Binaries, user: &PgUser) -> &'static str {
    let known = user
        .command(&binaries.program("postgres"), home.path())
        .args(["-C", "wal_compression", "-c", "wal_compression=lz4", "-D"])
        .arg(home.pgdata())
        .output();
    if known.is_ok_and(|output| output.status.success()) { "lz4" } else { "on" }
}

/// Length in bytes of each log.
fn log_lengths(log_dir: &Path) -> BTreeMap<PathBuf, usize> {
    fs::read_dir(log_dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?.len() as usize)))
        .collect()
}

/// What the logs have gained: a failing start first writes `start.log`, then the log of the day.
fn logged_since(log_dir: &Path, before: &BTreeMap<PathBuf, usize>) -> String {
    let mut said = String::new();
    for path in log_lengths(log_dir).into_keys().rev() {
        let text = fs::read(&path).unwrap_or_default();
        let known = before.get(&path).copied().unwrap_or_default().min(text.len());
        said.push_str(&String::from_utf8_lossy(&text[known..]));
    }
    said
}

/// Stops the postmaster and waits until its process has ended.
pub(crate) fn stop(home: &Home, binaries: &Binaries, user: &PgUser, throw_away: bool) -> Result<(), ClusterError> {
    let pgdata = home.pgdata();
    let lock_file = pgdata.join("postmaster.pid");
    let Some(running) = fs::read_to_string(&lock_file).ok().as_deref().and_then(parse_lock_file) else {
        return Ok(());
    };
    if !is_postmaster_of(running.pid, &pgdata) {
        return wait_for_orphans(&pgdata);
    }
    let mode = if throw_away { "immediate" } else { "fast" };
    let output = user
        .command(&binaries.program("pg_ctl"), home.path())
        .args(["stop", "--silent", "--wait", "--timeout=120", "--mode", mode, "-D"])
        .arg(&pgdata)
        .output()
        .map_err(ClusterError::io(|| "run pg_ctl".into()))?;
    if lock_file.exists() {
        system::check("stopping the database", &output)?;
    }
    while is_postmaster_of(running.pid, &pgdata) {
        thread::sleep(GLANCE);
    }
    Ok(())
}

/// Removes what a killed postmaster left in the directory of sockets, which is ours alone: Postgres
/// takes its lock for a living one's while the killed process is not yet reaped.
fn clear_sockets(dir: &Path) -> Result<(), ClusterError> {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(".s.PGSQL.") {
            let path = entry.path();
            fs::remove_file(&path).map_err(ClusterError::io(|| format!("remove {}", path.display())))?;
        }
    }
    Ok(())
}

/// The port of last time while it is free, since people write it into their tools.
fn preferred_port(home: &Home) -> Result<u16, ClusterError> {
    let last = fs::read_to_string(home.port_file()).ok().and_then(|text| text.trim().parse().ok());
    match last {
        Some(port) if TcpListener::bind(("127.0.0.1", port)).is_ok() => Ok(port),
        _ => free_port(),
    }
}

fn free_port() -> Result<u16, ClusterError> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(ClusterError::io(|| "find a free port".into()))
}

/// Waits by glances and says so every ten seconds.
struct Patience<'a> {
    what: &'static str,
    say: &'a dyn Fn(&str),
    since: Instant,
    said: u64,
}

impl<'a> Patience<'a> {
    fn new(what: &'static str, say: &'a dyn Fn(&str)) -> Self {
        Patience { what, say, since: Instant::now(), said: 0 }
    }

    fn wait(&mut self) {
        thread::sleep(GLANCE);
        let tens = self.since.elapsed().as_secs() / 10;
        if tens > self.said {
            self.said = tens;
            (self.say)(&format!("{}… {} s", self.what, tens * 10));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_lock_file_whole_and_half_written() {
        let whole = "4711\n/d\n1700000000\n5433\n/s\n127.0.0.1\n  1 2\nready   \n";
        assert_eq!(parse_lock_file(whole), Some(Postmaster { pid: 4711, port: 5433, socket_dir: "/s".into(), ready: true }));
        let starting = parse_lock_file("4711\n/d\n1700000000\n5433\n/s\n").unwrap();
        assert!(!starting.ready);
        assert_eq!(parse_lock_file(""), None);
    }
}
