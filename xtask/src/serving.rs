//! A server of our own to test or to measure.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::shell::{Running, interrupted, program};

/// How long a debug server may take to fill a demo bank on a busy machine.
const BANK_OPENS: Duration = Duration::from_secs(300);

/// Serves the bank in `data_dir`, a demo bank if there is none, and waits until it answers. What the
/// server says goes to `log`; it ends when the result is dropped.
pub(crate) fn start(server: &Path, site: &Path, data_dir: &Path, address: SocketAddr, password: &str, log: &Path) -> Outcome<Running> {
    let failed = |error: std::io::Error| format!("{}: {error}", log.display());
    let output = File::create(log).map_err(failed)?;
    let errors = output.try_clone().map_err(failed)?;
    let mut command = program(server);
    command
        .args(["serve", "--demo"])
        .env_remove("DATABASE_URL")
        .env_remove("DATABASE_REPLICA_URL")
        .env("GUANHU_ADDR", address.to_string())
        .env("GUANHU_DATA_DIR", data_dir)
        .env("GUANHU_SITE_DIR", site)
        .env("GUANHU_DEMO_PASSWORD", password)
        .stdout(output)
        .stderr(errors);
    let mut running = Running::start(command)?;
    wait_until_ready(&mut running, address, log)?;
    Ok(running)
}

fn wait_until_ready(server: &mut Running, address: SocketAddr, log: &Path) -> Outcome {
    let (since, interrupted) = (Instant::now(), interrupted());
    let with_log = |what: &str| {
        let said = fs::read_to_string(log).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        let end = lines[lines.len().saturating_sub(20)..].join("\n");
        format!("{what}; the end of {}:\n{end}", log.display())
    };
    while !is_ready(address) {
        if let Some(status) = server.ended()? {
            return Err(with_log(&format!("the server ended ({status})")));
        }
        if since.elapsed() > BANK_OPENS {
            return Err(with_log("the server does not become ready"));
        }
        if interrupted.load(Ordering::Relaxed) {
            return Err("Interrupted".into());
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Whether `/readyz` answers 200.
fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}

/// A port of this machine that nobody listens on.
pub(crate) fn free_address() -> Outcome<SocketAddr> {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).map_err(|error| format!("finding a free port: {error}"))
}
