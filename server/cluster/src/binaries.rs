//! Which Postgres programs to use, and installing them where that is possible.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::ClusterError;
use crate::system;

const OLDEST_MAJOR: u32 = 15;

/// One installation of Postgres.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Binaries {
    pub(crate) major: u32,
    dir: PathBuf,
}

impl Binaries {
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// All installations new enough, newest first; installs the system's package when there is none.
pub(crate) fn find_or_install(say: &dyn Fn(&str)) -> Result<Vec<Binaries>, ClusterError> {
    let found = find();
    if !found.is_empty() {
        forget_interrupted();
        return Ok(found);
    }
    let because = install(say).err().map(|error| format!(" ({error})")).unwrap_or_default();
    let found = find();
    if !found.is_empty() {
        return Ok(found);
    }
    let type_this = if cfg!(target_os = "macos") {
        "brew install postgresql@17"
    } else if Path::new("/usr/bin/dnf").exists() {
        "sudo dnf install postgresql-server"
    } else {
        "sudo apt-get install postgresql"
    };
    Err(ClusterError::NoPostgres { type_this, because })
}

/// The newest installation, or the one that can read a cluster of major version `wanted`.
pub(crate) fn choose(found: Vec<Binaries>, wanted: Option<u32>) -> Result<Binaries, ClusterError> {
    let majors = found.iter().map(|one| one.major).collect();
    found
        .into_iter()
        .find(|one| wanted.is_none_or(|major| one.major == major))
        .ok_or(ClusterError::WrongMajor { wanted: wanted.unwrap_or(OLDEST_MAJOR), found: majors })
}

pub(crate) fn find() -> Vec<Binaries> {
    let mut dirs: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        dirs.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    for (parent, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/usr/local", "pgsql"),
        ("/opt/homebrew/opt", "postgresql"),
        ("/usr/local/opt", "postgresql"),
    ] {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                dirs.push(entry.path().join("bin"));
            }
        }
    }
    let mut found: Vec<Binaries> = dirs
        .into_iter()
        .filter_map(real_dir)
        .filter(|dir| ["postgres", "initdb", "pg_ctl"].iter().all(|name| dir.join(name).is_file()))
        .filter_map(|dir| Some(Binaries { major: major_of(&dir)?, dir }))
        .filter(|one| one.major >= OLDEST_MAJOR)
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.dedup();
    found
}

/// Follows a link such as `/usr/local/bin/postgres` to the installation that it leads to.
fn real_dir(dir: PathBuf) -> Option<PathBuf> {
    Some(dir.join("postgres").canonicalize().ok()?.parent()?.to_owned())
}

fn major_of(dir: &Path) -> Option<u32> {
    let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
    parse_major(&String::from_utf8_lossy(&output.stdout))
}

/// `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)` is 15, `… 18beta1` is 18.
fn parse_major(version: &str) -> Option<u32> {
    let number = version.split(')').nth(1)?.trim_start();
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

/// Where Debian's packages are told to make no cluster, and the file that does.
const CLUSTERS: &str = "/etc/postgresql-common/createcluster.d";
const NO_CLUSTER: &str = "guanhu-installing.conf";

/// An installation that was killed near its end leaves its note behind, and whoever wants a cluster of their own later
/// would get none.
fn forget_interrupted() {
    if system::is_root() {
        let _ = fs::remove_file(Path::new(CLUSTERS).join(NO_CLUSTER));
    }
}

/// Debian's package would also create and start a cluster of its own on port 5432, which nobody
/// asked for: its configuration is told not to, for the time of the installation.
fn install(say: &dyn Fn(&str)) -> Result<(), ClusterError> {
    if !system::is_root() || !Path::new("/usr/bin/apt-get").exists() {
        return Ok(());
    }
    say("Installing PostgreSQL (apt-get install postgresql)…");
    if apt(&["install", "-y", "--no-install-recommends", "postgresql-common"]).is_err() {
        // What another installation that was interrupted left half done stands in the way of every other.
        let _ = Command::new("dpkg").args(["--configure", "-a"]).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).output();
        apt(&["update"])?;
        apt(&["install", "-y", "--no-install-recommends", "postgresql-common"])?;
    }
    let dir = Path::new(CLUSTERS);
    let no_cluster = dir.join(NO_CLUSTER);
    fs::create_dir_all(dir)
        .and_then(|()| fs::write(&no_cluster, "create_main_cluster = false\n"))
        .map_err(ClusterError::io(|| format!("write {}", no_cluster.display())))?;
    let installed = apt(&["install", "-y", "--no-install-recommends", "postgresql"]);
    let removed = fs::remove_file(&no_cluster).map_err(ClusterError::io(|| format!("remove {}", no_cluster.display())));
    installed.and(removed)
}

fn apt(args: &[&str]) -> Result<(), ClusterError> {
    let output = Command::new("apt-get")
        .args(["-qq", "-o", "DPkg::Lock::Timeout=120"])
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .output()
        .map_err(ClusterError::io(|| "run apt-get".into()))?;
    system::check(&format!("apt-get {}", args[0]), &output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_as_postgres_writes_them() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(parse_major("something else"), None);
    }

    #[test]
    fn an_old_cluster_needs_its_own_major() {
        let two = || vec![Binaries { major: 17, dir: "/seventeen".into() }, Binaries { major: 15, dir: "/fifteen".into() }];
        assert_eq!(choose(two(), None).unwrap().major, 17);
        assert_eq!(choose(two(), Some(15)).unwrap().major, 15);
        assert!(matches!(
            choose(two(), Some(16)),
            Err(ClusterError::WrongMajor { wanted: 16, found }) if found == [17, 15]
        ));
    }
}
