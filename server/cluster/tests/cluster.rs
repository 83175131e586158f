//! The cluster on this machine's real Postgres: its life, and the ways it is killed.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use guanhu_cluster::{Cluster, Options};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A data directory that is gone after the test, with the cluster's home elsewhere if it has one.
struct DataDir(PathBuf);

impl DataDir {
    fn new(name: &str) -> DataDir {
        let dir = std::env::temp_dir().join(format!("guanhu-cluster-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).unwrap();
        DataDir(dir)
    }

    fn start(&self) -> Cluster {
        start(&self.0)
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        if let Ok(elsewhere) = std::fs::read_to_string(self.0.join("postgres.location")) {
            let _ = std::fs::remove_dir_all(elsewhere);
        }
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn start(dir: &Path) -> Cluster {
    Cluster::start(dir, Options { say: Box::new(|_| ()), ..Options::default() }).unwrap()
}

/// One statement's answer, or what the database said against it.
fn ask(cluster: &Cluster, url: &str, sql: &str) -> Result<String, String> {
    let output = Command::new(cluster.bin_dir().join("psql"))
        .args([url, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql])
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn kill_hard(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

/// An ended process may stay in the table until somebody asks for its exit code.
fn has_ended(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None).is_err() || std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|words| words.is_empty())
}

#[test]
fn keeps_its_rows_and_its_port_over_a_restart() {
    let dir = DataDir::new("restart");
    let cluster = dir.start();
    assert!(!cluster.adopted());
    let owner = cluster.owner_url();
    ask(&cluster, &owner, "create table kept as select 7 as n").unwrap();
    let (port, pid) = (cluster.port(), cluster.pid());
    cluster.stop().unwrap();
    assert!(has_ended(pid));

    let cluster = dir.start();
    assert_eq!(cluster.port(), port);
    assert_eq!(ask(&cluster, &cluster.owner_url(), "select n from kept").unwrap(), "7");
    assert_eq!(ask(&cluster, &cluster.owner_tcp_url(), "select n from kept").unwrap(), "7");
    assert_eq!(ask(&cluster, &cluster.owner_url(), "show server_encoding").unwrap(), "UTF8");
    assert_eq!(ask(&cluster, &cluster.owner_url(), "show jit").unwrap(), "off");
    let compression = "select (setting = 'lz4') = ('lz4' = any(enumvals)) from pg_settings where name = 'wal_compression'";
    assert_eq!(ask(&cluster, &cluster.owner_url(), compression).unwrap(), "t", "LZ4 wherever Postgres knows it");
}

#[test]
fn the_application_may_do_little_and_strangers_nothing() {
    let dir = DataDir::new("roles");
    let cluster = dir.start();
    ask(&cluster, &cluster.owner_url(), "create table secret as select 7 as n").unwrap();
    let app = cluster.app_url();
    let rights = "select current_user, rolsuper or rolbypassrls or rolcreatedb or rolcreaterole \
                  from pg_roles where rolname = current_user";
    assert_eq!(ask(&cluster, &app, rights).unwrap(), "guanhu_app|f");
    assert!(ask(&cluster, &app, "select n from secret").unwrap_err().contains("permission denied"));
    assert!(ask(&cluster, &app, "create table mine (n int)").unwrap_err().contains("permission"));
    let password = app.split([':', '@']).nth(2).unwrap();
    let stranger = app.replace(password, "guess");
    assert!(ask(&cluster, &stranger, "select 1").unwrap_err().contains("authentication failed"));
    let file = cluster.home().join("passwords");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_last_one_out_stops_it() {
    let dir = DataDir::new("shared");
    let first = dir.start();
    let second = dir.start();
    assert!(second.adopted());
    assert_eq!(second.pid(), first.pid());
    first.stop().unwrap();
    assert_eq!(ask(&second, &second.app_url(), "select 1").unwrap(), "1");
    let pid = second.pid();
    second.stop().unwrap();
    assert!(has_ended(pid));
}

#[test]
fn recovers_after_database_and_starter_were_killed() {
    let dir = DataDir::new("killed");
    let (mut starter, killed) = held(&dir);
    starter.kill().unwrap();
    starter.wait().unwrap();
    kill_hard(killed);
    let cluster = dir.start();
    assert!(!cluster.adopted());
    assert_ne!(cluster.pid(), killed);
    assert_eq!(ask(&cluster, &cluster.owner_url(), "select n from kept").unwrap(), "7");
}

#[test]
fn is_revived_when_the_database_is_killed_while_in_use() {
    let dir = DataDir::new("revived");
    let (up, ups) = std::sync::mpsc::channel();
    let say = Box::new(move |line: &str| {
        if line.contains("up again") {
            up.send(()).unwrap();
        }
    });
    let cluster = Cluster::start(&dir.0, Options { say, ..Options::default() }).unwrap();
    let url = cluster.owner_url();
    ask(&cluster, &url, "create table kept as select 7 as n").unwrap();
    let killed = cluster.pid();
    kill_hard(killed);
    ups.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
    assert_ne!(cluster.pid(), killed);
    assert_eq!(ask(&cluster, &url, "select n from kept").unwrap(), "7");
}

#[test]
fn a_lock_file_with_a_strangers_process_id_is_no_obstacle() {
    let dir = DataDir::new("stranger");
    let cluster = dir.start();
    let lock_file = cluster.home().join("pgdata/postmaster.pid");
    let text = std::fs::read_to_string(&lock_file).unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    let rest = rest.to_owned();
    cluster.stop().unwrap();
    std::fs::write(&lock_file, format!("{}\n{rest}", std::process::id())).unwrap();
    let cluster = dir.start();
    assert_eq!(ask(&cluster, &cluster.app_url(), "select 1").unwrap(), "1");
}

/// A process that has started the cluster of `dir` with a row in it, and the postmaster's id.
fn held(dir: &DataDir) -> (Child, i32) {
    let mut starter = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "holds_a_cluster_for_another_test"])
        .env("GUANHU_CLUSTER_HOLD", &dir.0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(starter.stdout.take().unwrap()).lines();
    let pid = lines.find_map(|line| line.unwrap().strip_prefix("postmaster ").map(str::to_owned)).unwrap();
    (starter, pid.parse().unwrap())
}

#[test]
#[ignore = "the process that another test starts and kills"]
fn holds_a_cluster_for_another_test() {
    let Some(dir) = std::env::var_os("GUANHU_CLUSTER_HOLD") else { return };
    let cluster = start(Path::new(&dir));
    ask(&cluster, &cluster.owner_url(), "create table kept as select 7 as n").unwrap();
    println!("\npostmaster {}", cluster.pid());
    loop {
        std::thread::park();
    }
}

#[test]
fn is_adopted_after_its_starter_was_killed() {
    let dir = DataDir::new("orphan");
    let (mut starter, pid) = held(&dir);
    starter.kill().unwrap();
    starter.wait().unwrap();
    let cluster = dir.start();
    assert!(cluster.adopted());
    assert_eq!(cluster.pid(), pid);
    assert_eq!(ask(&cluster, &cluster.owner_url(), "select n from kept").unwrap(), "7");
    cluster.stop().unwrap();
    assert!(has_ended(pid));
}

#[test]
fn lost_passwords_are_replaced() {
    let dir = DataDir::new("lost");
    let cluster = dir.start();
    let (file, before) = (cluster.home().join("passwords"), cluster.app_url());
    cluster.stop().unwrap();
    std::fs::remove_file(file).unwrap();
    let cluster = dir.start();
    assert_ne!(cluster.app_url(), before);
    assert_eq!(ask(&cluster, &cluster.app_url(), "select 1").unwrap(), "1");
    assert_eq!(ask(&cluster, &cluster.owner_url(), "select 1").unwrap(), "1");
}

#[test]
fn lives_elsewhere_when_its_user_cannot_reach_the_data_directory() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root runs Postgres as somebody else");
        return;
    }
    let dir = DataDir::new("closed");
    std::fs::set_permissions(&dir.0, std::fs::Permissions::from_mode(0o700)).unwrap();
    let cluster = dir.start();
    assert!(!cluster.home().starts_with(&dir.0));
    ask(&cluster, &cluster.owner_url(), "create table kept as select 7 as n").unwrap();
    cluster.stop().unwrap();
    let cluster = dir.start();
    assert_eq!(ask(&cluster, &cluster.owner_url(), "select n from kept").unwrap(), "7");
}

#[test]
fn a_long_path_gets_a_short_socket() {
    let dir = DataDir::new("long");
    let long = dir.0.join("柜员".repeat(16));
    let cluster = start(&long);
    assert_eq!(ask(&cluster, &cluster.app_url(), "select 1").unwrap(), "1");
    assert!(cluster.home().starts_with(long.canonicalize().unwrap()));
}

#[test]
fn a_throw_away_cluster_leaves_nothing() {
    let dir = DataDir::new("thrown");
    let inside = dir.0.join("data");
    let options = Options { say: Box::new(|_| ()), ..Options::throw_away() };
    let cluster = Cluster::start(&inside, options).unwrap();
    assert_eq!(ask(&cluster, &cluster.owner_url(), "show fsync").unwrap(), "off");
    let pid = cluster.pid();
    drop(cluster);
    assert!(!inside.exists());
    assert!(has_ended(pid));
}
