//! What the operating system has to say: users, permissions, processes, memory.

use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use nix::unistd::User;

use crate::error::ClusterError;

/// The system user that Postgres runs as. Postgres refuses to be root, so root picks another.
#[derive(Debug, Clone)]
pub(crate) struct PgUser {
    uid: u32,
    gid: u32,
    /// Whether this process is root and has to change users to become it.
    switch: bool,
}

impl PgUser {
    /// This process's user; for root: `postgres`, else `guanhu` (created if need be), else `nobody`.
    pub(crate) fn choose(data_dir: &Path) -> Result<PgUser, ClusterError> {
        if !is_root() {
            let (uid, gid) = (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
            return Ok(PgUser { uid, gid, switch: false });
        }
        named("postgres")
            .or_else(|| named("guanhu"))
            .or_else(|| {
                Command::new("useradd")
                    .args(["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "guanhu"])
                    .stderr(Stdio::null())
                    .status()
                    .ok()
                    .and_then(|_| named("guanhu"))
            })
            .or_else(|| named("nobody"))
            .ok_or_else(|| ClusterError::NotOurs { dir: data_dir.to_owned() })
    }

    /// Whoever owns an existing cluster, which only root can become.
    pub(crate) fn owning(&self, dir: &Path) -> Result<PgUser, ClusterError> {
        let owner = fs::metadata(dir).map_err(ClusterError::io(|| format!("look at {}", dir.display())))?;
        if owner.uid() == self.uid {
            return Ok(self.clone());
        }
        if !self.switch || owner.uid() == 0 {
            return Err(ClusterError::NotOurs { dir: dir.to_owned() });
        }
        Ok(PgUser { uid: owner.uid(), gid: owner.gid(), switch: true })
    }

    /// Hands `path` to this user when it is not the one who made it.
    pub(crate) fn give(&self, path: &Path) -> Result<(), ClusterError> {
        if self.switch {
            std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid))
                .map_err(ClusterError::io(|| format!("change the owner of {}", path.display())))?;
        }
        Ok(())
    }

    /// Whether this user can pass through every directory above `path`.
    pub(crate) fn can_reach(&self, path: &Path) -> bool {
        !self.switch
            || path.ancestors().skip(1).filter(|dir| !dir.as_os_str().is_empty()).all(|dir| {
                fs::metadata(dir).is_ok_and(|meta| {
                    let bit = if meta.uid() == self.uid {
                        0o100
                    } else if meta.gid() == self.gid {
                        0o010
                    } else {
                        0o001
                    };
                    meta.mode() & bit != 0
                })
            })
    }

    /// A command that runs as this user in `dir`, with none of the caller's Postgres settings.
    pub(crate) fn command(&self, program: &Path, dir: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.current_dir(dir).env("LC_ALL", "C").stdin(Stdio::null());
        if self.switch {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }
}

fn named(name: &str) -> Option<PgUser> {
    let user = User::from_name(name).ok()??;
    Some(PgUser { uid: user.uid.as_raw(), gid: user.gid.as_raw(), switch: true })
}

pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// An error quoting what the program said, unless it succeeded.
pub(crate) fn check(what: &str, output: &Output) -> Result<(), ClusterError> {
    if output.status.success() {
        return Ok(());
    }
    let said = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
    Err(ClusterError::Program { what: what.into(), said: last_lines(&String::from_utf8_lossy(said)) })
}

/// The end of a program's output, where the reason stands.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

/// Whether a process of this id exists, whoever owns it.
pub(crate) fn is_alive(pid: i32) -> bool {
    !matches!(nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None), Err(nix::errno::Errno::ESRCH))
}

/// The command line of a process, its words separated by spaces; `None` when that cannot be known.
pub(crate) fn command_line(pid: i32) -> Option<String> {
    if let Ok(words) = fs::read(format!("/proc/{pid}/cmdline")) {
        return Some(String::from_utf8_lossy(&words).replace('\0', " "));
    }
    let output = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Processes whose working directory is `dir` (every Postgres process sits in its data directory).
/// Empty where there is no `/proc`.
pub(crate) fn processes_in(dir: &Path) -> Vec<i32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == dir))
        .collect()
}

/// Memory of this machine or container in MiB; 2,048 when that cannot be known.
pub(crate) fn memory_mib() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
    });
    let container = fs::read_to_string("/sys/fs/cgroup/memory.max")
        .ok()
        .and_then(|text| text.trim().parse::<u64>().ok().map(|bytes| bytes / (1024 * 1024)));
    machine.unwrap_or(2_048).min(container.unwrap_or(u64::MAX)).max(256)
}

/// Size of `/dev/shm` in MiB. Containers often have 64, which parallel queries outgrow.
pub(crate) fn shared_memory_mib() -> Option<u64> {
    let stat = nix::sys::statvfs::statvfs("/dev/shm").ok()?;
    Some((stat.blocks() * stat.fragment_size()) / (1024 * 1024))
}

/// `bytes` random bytes from the operating system, in hexadecimal.
pub(crate) fn random_hex(bytes: usize) -> Result<String, ClusterError> {
    let mut buffer = vec![0_u8; bytes];
    fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut buffer))
        .map_err(ClusterError::io(|| "read /dev/urandom".into()))?;
    Ok(buffer.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Creates `dir` and its parents, and gives it exactly these permissions.
pub(crate) fn create_dir(dir: &Path, mode: u32) -> Result<PathBuf, ClusterError> {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(dir)
        .and_then(|()| fs::set_permissions(dir, fs::Permissions::from_mode(mode)))
        .map_err(ClusterError::io(|| format!("create {}", dir.display())))?;
    Ok(dir.to_owned())
}
