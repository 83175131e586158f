//! The server that is killed, and the eyes on its database that are not the server's own.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::http::{self, Request};
use crate::Outcome;
use crate::serving::free_address;
use crate::shell::{self, execute, program};

pub(crate) const PASSWORD: &str = "a-demo-password-for-faults";
/// More than change hands in one transaction.
const CUSTOMERS: &str = "8000";
/// How long anything may take to answer again.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at whether it has come.
pub(crate) const GLANCE: Duration = Duration::from_millis(50);

/// A server of a private cluster. Whoever supervises servers starts a dead one again, and so does this.
pub(crate) struct Bank {
    server: PathBuf,
    pub(crate) dir: PathBuf,
    pub(crate) address: SocketAddr,
    child: Mutex<Option<Child>>,
    extra: Mutex<Vec<(&'static str, String)>>,
}

impl Bank {
    pub(crate) fn make(server: &Path, dir: &Path) -> Outcome<Bank> {
        fs::create_dir_all(dir.join("site")).and_then(|()| fs::write(dir.join("site/fingerprint"), "none")).map_err(|e| e.to_string())?;
        let bank = Bank {
            server: server.to_owned(),
            dir: dir.to_owned(),
            address: free_address()?,
            child: Mutex::default(),
            extra: Mutex::default(),
        };
        let mut demo = bank.command(&["demo", "--customers", CUSTOMERS, "--months", "6"]);
        demo.stdout(Stdio::null()).stderr(Stdio::null());
        execute(demo)?;
        bank.start()?;
        bank.wait()?;
        Ok(bank)
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn environment(&self, command: &mut Command) {
        for name in ["DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_REPLICA_URL", "GUANHU_SECRET"] {
            command.env_remove(name);
        }
        command
            .env("GUANHU_ADDR", self.address.to_string())
            .env("GUANHU_DATA_DIR", self.data_dir())
            .env("GUANHU_SITE_DIR", self.dir.join("site"))
            .env("GUANHU_DEMO_PASSWORD", PASSWORD)
            .env("GUANHU_LOG", "warn");
    }

    /// The program beside the running server.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = program(&self.server);
        command.args(args);
        self.environment(&mut command);
        command
    }

    pub(crate) fn output(&self, args: &[&str]) -> Outcome<Output> {
        self.command(args).stdin(Stdio::null()).output().map_err(|error| format!("guanhu {}: {error}", args.join(" ")))
    }

    /// With these variables from the next start on.
    pub(crate) fn set(&self, extra: Vec<(&'static str, String)>) {
        *lock(&self.extra) = extra;
    }

    pub(crate) fn start(&self) -> Outcome {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.dir.parent().unwrap_or(&self.dir).join("server.log"))
            .map_err(|error| format!("server.log: {error}"))?;
        let mut command = self.command(&["serve"]);
        command.envs(lock(&self.extra).clone()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        *lock(&self.child) = Some(command.spawn().map_err(|error| format!("guanhu serve: {error}"))?);
        Ok(())
    }

    /// kill -9, and nothing that the server could do about it.
    pub(crate) fn kill(&self) {
        if let Some(mut child) = lock(&self.child).take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGTERM, and the end that the server makes of it.
    pub(crate) fn stop(&self) {
        if let Some(mut child) = lock(&self.child).take() {
            signal("-TERM", child.id());
            let _ = child.wait();
        }
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        lock(&self.child).as_ref().map(Child::id)
    }

    pub(crate) fn kill_postgres(&self) -> Outcome {
        let file = self.home().join("pgdata/postmaster.pid");
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let pid = text.lines().next().and_then(|pid| pid.trim().parse().ok()).ok_or("no process in postmaster.pid")?;
        signal("-KILL", pid);
        Ok(())
    }

    /// How long until the server answers; one that ended is started again.
    pub(crate) fn wait(&self) -> Outcome<Duration> {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if is_ready(self.address) {
                return Ok(since.elapsed());
            }
            let ended = match lock(&self.child).as_mut() {
                Some(child) => !matches!(child.try_wait(), Ok(None)),
                None => true,
            };
            if ended {
                self.start()?;
            }
            thread::sleep(GLANCE);
        }
        Err(format!("the server does not answer within {} s", PATIENCE.as_secs()))
    }

    fn home(&self) -> PathBuf {
        let elsewhere = fs::read_to_string(self.data_dir().join("postgres.location"));
        elsewhere.map_or_else(|_| self.data_dir().join("postgres"), |text| text.trim().into())
    }

    /// Asks the database as its owner: rows of columns separated by `|`.
    pub(crate) fn sql(&self, statement: &str) -> Outcome<Vec<Vec<String>>> {
        let read = |name: &str| fs::read_to_string(self.home().join(name)).map_err(|error| format!("{name}: {error}"));
        let (passwords, port) = (read("passwords")?, read("port")?);
        let password = passwords.lines().find_map(|line| line.strip_prefix("guanhu_owner=")).ok_or("no password of the owner")?;
        psql(&format!("postgres://guanhu_owner:{password}@127.0.0.1:{}/guanhu", port.trim()), statement)
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        self.stop();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

pub(crate) fn signal(name: &str, pid: u32) {
    let _ = shell::answer(program("kill").args([name, &pid.to_string()]));
}

pub(crate) fn psql(url: &str, statement: &str) -> Outcome<Vec<Vec<String>>> {
    let programs = guanhu_cluster::programs(&|line| eprintln!("{line}")).map_err(|error| error.to_string())?;
    let mut command = program(programs.join("psql"));
    command.args([url, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement]).env("PGCONNECT_TIMEOUT", "5");
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("psql: {error}"))?;
    if !output.status.success() {
        return Err(format!("{}: {statement}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect())
}

pub(crate) fn is_ready(address: SocketAddr) -> bool {
    Request::get("/readyz", "").ask(address).is_ok_and(|answer| answer.status == 200)
}

/// A session of a demo login.
pub(crate) fn log_in(address: SocketAddr, login: &str) -> Outcome<String> {
    let body = format!(r#"{{"login":"{login}","password":"{PASSWORD}"}}"#);
    let request = Request { method: "POST", path: "/api/v1/session", token: "", headers: String::new(), body: &body };
    let answer = request.ask(address).map_err(|error| format!("logging in: {error}"))?;
    http::members(&answer.body, "token")
        .first()
        .map(|token| (*token).to_owned())
        .ok_or_else(|| format!("{login} cannot log in: {}", answer.body))
}
