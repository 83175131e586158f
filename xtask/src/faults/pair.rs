//! Two servers over one primary with a synchronous and an asynchronous standby. The second lags on purpose,
//! and both servers read from it.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use guanhu_cluster::{Cluster, Options};

use super::bank::{PASSWORD, PATIENCE, is_ready, psql, signal};
use super::dice::Dice;
use super::wire::Wire;
use super::{Line, pair_checks};
use crate::Outcome;
use crate::serving::free_address;
use crate::shell::{execute, program};

/// So far the replica is behind, always.
const LAG: &str = "400ms";
/// How long a server that was told to stop still takes requests.
const DRAIN: &str = "3";

/// A Postgres of the machine's programs, run by the user that its files belong to.
pub(crate) struct Postgres {
    pgdata: PathBuf,
    pub(crate) address: SocketAddr,
    login: String,
    child: Child,
}

impl Postgres {
    fn start(pgdata: &Path, login: &str, settings: &[&str]) -> Outcome<Postgres> {
        let address = free_address()?;
        let owner = fs::metadata(pgdata).map_err(|error| format!("{}: {error}", pgdata.display()))?;
        let programs = guanhu_cluster::programs(&|line| eprintln!("{line}")).map_err(|error| error.to_string())?;
        let log = pgdata.with_extension("log");
        let log = fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let mut command = Command::new(programs.join("postgres"));
        command.current_dir(pgdata).env("LC_ALL", "C").arg("-D").arg(pgdata).args(["-p", &address.port().to_string()]);
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "logging_collector=off", "hot_standby_feedback=on"]
            .iter()
            .chain(settings)
        {
            command.args(["-c", setting]);
        }
        if nix::unistd::geteuid().is_root() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().map_err(|error| format!("postgres: {error}"))?;
        let postgres = Postgres { pgdata: pgdata.to_owned(), address, login: login.to_owned(), child };
        let since = Instant::now();
        while postgres.sql("select 1").is_err() {
            if since.elapsed() > PATIENCE {
                return Err(format!("{} does not start", pgdata.display()));
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(postgres)
    }

    /// A standby of this one, following it.
    fn standby(&self, dir: &Path, name: &str, settings: &[&str]) -> Outcome<Postgres> {
        let programs = guanhu_cluster::programs(&|line| eprintln!("{line}")).map_err(|error| error.to_string())?;
        let mut copy = program(programs.join("pg_basebackup"));
        let conninfo = format!("{} application_name={name}", self.conninfo());
        copy.arg(format!("--dbname={conninfo}")).arg("-D").arg(dir).args(["-R", "-X", "stream", "--checkpoint=fast"]);
        execute(copy)?;
        if nix::unistd::geteuid().is_root() {
            let mut give = program("chown");
            give.arg("-R").arg(format!("--reference={}", self.pgdata.display())).arg(dir);
            execute(give)?;
        }
        let follows = format!("primary_conninfo={conninfo}");
        Postgres::start(dir, &self.login, &[settings, &[&follows]].concat())
    }

    pub(crate) fn url_at(&self, address: SocketAddr) -> String {
        format!("postgres://{}@{address}/guanhu", self.login)
    }

    fn conninfo(&self) -> String {
        let (user, password) = self.login.split_once(':').unwrap_or((&self.login, ""));
        format!("host=127.0.0.1 port={} user={user} password={password} dbname=guanhu", self.address.port())
    }

    pub(crate) fn sql(&self, statement: &str) -> Outcome<Vec<Vec<String>>> {
        psql(&self.url_at(self.address), statement)
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        signal("-INT", self.child.id());
        let _ = self.child.wait();
    }
}

/// One of the two servers.
pub(crate) struct Server {
    program: PathBuf,
    pub(crate) address: SocketAddr,
    dir: PathBuf,
    database: String,
    replica: String,
    child: Option<Child>,
}

impl Server {
    pub(crate) fn start(&mut self) -> Outcome {
        fs::create_dir_all(self.dir.join("site"))
            .and_then(|()| fs::write(self.dir.join("site/fingerprint"), "none"))
            .map_err(|e| e.to_string())?;
        let log = fs::File::options().create(true).append(true).open(self.dir.with_extension("log")).map_err(|error| error.to_string())?;
        let mut command = program(&self.program);
        command
            .arg("serve")
            .env("DATABASE_URL", &self.database)
            .env_remove("DATABASE_OWNER_URL")
            .env("DATABASE_REPLICA_URL", &self.replica)
            .env("GUANHU_SECRET", "the same secret on both servers, for faults")
            .env("GUANHU_ADDR", self.address.to_string())
            .env("GUANHU_DATA_DIR", &self.dir)
            .env("GUANHU_SITE_DIR", self.dir.join("site"))
            .env("GUANHU_DRAIN_SECONDS", DRAIN)
            .env("GUANHU_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        self.child = Some(command.spawn().map_err(|error| format!("guanhu serve: {error}"))?);
        self.wait()
    }

    pub(crate) fn wait(&self) -> Outcome {
        let since = Instant::now();
        while !is_ready(self.address) {
            if since.elapsed() > PATIENCE {
                return Err(format!("the server at {} does not answer", self.address));
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// SIGTERM; when it has ended.
    pub(crate) fn stop(&mut self) -> Outcome {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        signal("-TERM", child.id());
        let status = child.wait().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("a server that was told to stop ended with {status}")) }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.dir.with_extension("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

/// Everything that the checks are made on. Servers end before their database.
pub(crate) struct Pair {
    pub(crate) servers: [Server; 2],
    /// From the servers to whichever is the primary.
    pub(crate) to_primary: Wire,
    pub(crate) primary: Postgres,
    pub(crate) synchronous: Postgres,
    pub(crate) replica: Postgres,
    /// Where everything of this run lies.
    pub(crate) place: PathBuf,
}

pub(crate) fn run(server: &Path, place: &Path, dice: &mut Dice, lines: &mut Vec<Line>) -> Outcome {
    let mut pair = set_up(server, place)?;
    pair_checks::all(&mut pair, dice, lines)
}

fn set_up(server: &Path, place: &Path) -> Outcome<Pair> {
    // A private cluster is made, filled and put to rest; from then on it is run by hand.
    let dir = place.join("pair");
    let mut demo = program(server);
    demo.args(["demo", "--customers", "3000", "--months", "6"])
        .env_remove("DATABASE_URL")
        .env("GUANHU_DATA_DIR", &dir)
        .env("GUANHU_SECRET", "the same secret on both servers, for faults")
        .env("GUANHU_DEMO_PASSWORD", PASSWORD)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    execute(demo)?;
    let cluster = Cluster::start(&dir, Options { throw_away: false, say: Box::new(|_| ()) }).map_err(|error| error.to_string())?;
    let url = cluster.owner_tcp_url();
    let login = url.trim_start_matches("postgres://").split('@').next().unwrap_or_default().to_owned();
    let pgdata = cluster.home().join("pgdata");
    cluster.stop().map_err(|error| error.to_string())?;

    let mut primary = Postgres::start(&pgdata, &login, &[])?;
    let synchronous = primary.standby(&place.join("synchronous"), "synchronous", &[])?;
    let replica = primary.standby(&place.join("replica"), "replica", &[&format!("recovery_min_apply_delay={LAG}")])?;
    primary.sql("alter system set synchronous_standby_names = 'synchronous'")?;
    primary.sql("select pg_reload_conf()")?;
    let since = Instant::now();
    while primary.sql("select count(*) from pg_stat_replication where sync_state = 'sync'")? != [["1"]] {
        if since.elapsed() > PATIENCE {
            primary.kill();
            return Err("the synchronous standby does not follow".into());
        }
        thread::sleep(Duration::from_millis(100));
    }
    let to_primary = Wire::to(primary.address)?;
    let mut servers = [("a", free_address()?), ("b", free_address()?)].map(|(name, address)| Server {
        program: server.to_owned(),
        address,
        dir: place.join(format!("server-{name}")),
        database: primary.url_at(to_primary.address),
        replica: replica.url_at(replica.address),
        child: None,
    });
    for server in &mut servers {
        server.start()?;
    }
    Ok(Pair { servers, to_primary, primary, synchronous, replica, place: place.to_owned() })
}
