//! The balancer before two servers, set up as docs/scaling.md says: the very text of that guide, with the addresses
//! of this machine and without TLS.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Instant;

use super::bank::{GLANCE, PATIENCE, is_ready, signal};
use crate::Outcome;
use crate::serving::free_address;
use crate::shell::{answer, program};

const GUIDE: &str = include_str!("../../../docs/scaling.md");

pub(crate) struct Balancer {
    pub(crate) address: SocketAddr,
    /// As it calls itself.
    pub(crate) version: String,
    child: Child,
}

impl Balancer {
    /// HAProxy before these servers, once it leads to one of them.
    pub(crate) fn start(haproxy: &Path, servers: [SocketAddr; 2], place: &Path) -> Outcome<Balancer> {
        let (file, log) = (place.join("haproxy.cfg"), place.join("haproxy.log"));
        let address = free_address()?;
        fs::write(&file, config(address, servers)?).map_err(|error| format!("{}: {error}", file.display()))?;
        let output = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let errors = output.try_clone().map_err(|error| format!("{}: {error}", log.display()))?;
        let mut command = program(haproxy);
        // In the foreground, so that it ends with us.
        command.arg("-db").arg("-f").arg(&file).stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = command.spawn().map_err(|error| format!("{}: {error}", haproxy.display()))?;
        let said = answer(program(haproxy).arg("-v")).unwrap_or_default();
        let version = said.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit())).unwrap_or("?").to_owned();
        let mut balancer = Balancer { address, version, child };
        let since = Instant::now();
        while !is_ready(address) {
            let ended = !matches!(balancer.child.try_wait(), Ok(None));
            if ended || since.elapsed() > PATIENCE {
                let said = fs::read_to_string(&log).unwrap_or_default();
                return Err(format!("the balancer does not lead to the servers: {}", said.trim()));
            }
            thread::sleep(GLANCE);
        }
        Ok(balancer)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        signal("-TERM", self.child.id());
        let _ = self.child.wait();
    }
}

/// The guide's configuration, listening at `address`.
fn config(address: SocketAddr, servers: [SocketAddr; 2]) -> Outcome<String> {
    let block = GUIDE.split_once("```haproxy\n").and_then(|(_, rest)| rest.split_once("```")).map(|(block, _)| block);
    let mut servers = servers.into_iter();
    let mut lines = Vec::new();
    for line in block.ok_or("docs/scaling.md has no configuration of HAProxy")?.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        lines.push(match words.as_slice() {
            ["bind", ..] => format!("    bind {address}"),
            ["server", name, _, rest @ ..] => {
                let server = servers.next().ok_or("docs/scaling.md names more than two servers")?;
                format!("    server {name} {server} {}", rest.join(" "))
            }
            _ => line.to_owned(),
        });
    }
    lines.push(String::new());
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_balancer_is_set_up_for_this_machine() {
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let config = config(at(1), [at(2), at(3)]).unwrap();
        for line in ["bind 127.0.0.1:1", "server a 127.0.0.1:2", "server b 127.0.0.1:3", "option httpchk GET /readyz", "mode http"] {
            assert!(config.contains(line), "{line} is not in\n{config}");
        }
        assert!(!config.contains("10.0.0.") && !config.contains("ssl"), "{config}");
    }
}
