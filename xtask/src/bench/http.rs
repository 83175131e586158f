//! One connection that asks and times.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::Outcome;

/// A kept-alive connection to the server.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    /// Sent as a bearer token, when logged in.
    pub token: String,
    /// The token as a browser has it: pages are asked for, not REST.
    pub browses: bool,
    keys: u64,
}

pub(crate) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// From the first byte sent to the last received.
    pub took: Duration,
    /// Seconds after which whoever was not answered is to come back.
    pub retry_after: Option<u64>,
}

/// So often somebody who is told to come back does.
const PATIENCE: usize = 60;

impl Answer {
    pub(crate) fn json(&self) -> Outcome<Value> {
        serde_json::from_slice(&self.body).map_err(|error| format!("{} {}: {error}", self.status, String::from_utf8_lossy(&self.body)))
    }
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Outcome<Connection> {
        let open = || -> std::io::Result<TcpStream> {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            Ok(stream)
        };
        let stream = open().map_err(|error| format!("{address}: {error}"))?;
        Ok(Connection { stream: BufReader::new(stream), address, token: String::new(), browses: false, keys: 0 })
    }

    /// The same login on a new connection: the server does not keep idle ones for long.
    pub(crate) fn reopen(&mut self) -> Outcome {
        self.stream = Connection::open(self.address)?.stream;
        Ok(())
    }

    /// Asks for `path`; with a body it is a POST of JSON.
    pub(crate) fn ask(&mut self, path: &str, body: Option<&str>) -> Outcome<Answer> {
        self.exchange(path, body, "").map_err(|error| format!("{path}: {error}"))
    }

    /// As [`Connection::ask`], and comes back after as long as it is told to; how often that was is added to `came_back`.
    pub(crate) fn insist(&mut self, path: &str, body: Option<&str>, came_back: &mut usize) -> Outcome<Answer> {
        for _ in 0..PATIENCE {
            let answer = self.ask(path, body)?;
            match answer.retry_after {
                Some(seconds) if answer.status == 503 => thread::sleep(Duration::from_secs(seconds)),
                _ => return Ok(answer),
            }
            *came_back += 1;
        }
        Err(format!("{path}: told to come back {PATIENCE} times"))
    }

    /// How long a good answer takes; whoever is told to come back does.
    pub(crate) fn answered(&mut self, path: &str) -> Outcome<Duration> {
        let answer = self.insist(path, None, &mut 0)?;
        if answer.status == 200 { Ok(answer.took) } else { Err(format!("{path}: {}", answer.status)) }
    }

    /// Bytes of the answer as a browser takes it.
    pub(crate) fn compressed(&mut self, path: &str, body: Option<&str>) -> Outcome<usize> {
        let answer = self.exchange(path, body, "Accept-Encoding: br\r\n").map_err(|error| format!("{path}: {error}"))?;
        Ok(answer.body.len())
    }

    /// Posts JSON that has its effect once, under a key of its own.
    pub(crate) fn change(&mut self, path: &str, body: &str) -> Outcome<Answer> {
        let key = format!("Idempotency-Key: {}\r\n", self.next_key());
        self.exchange(path, Some(body), &key).map_err(|error| format!("{path}: {error}"))
    }

    /// Posts JSON with headers of one's own, each ended by a line end.
    pub(crate) fn post(&mut self, path: &str, body: &str, headers: &str) -> Outcome<Answer> {
        self.exchange(path, Some(body), headers).map_err(|error| format!("{path}: {error}"))
    }

    /// Logs in; whatever is asked from here on is asked as `login`.
    pub(crate) fn log_in(&mut self, login: &str, password: &str) -> Outcome {
        let answer = self.ask("/api/v1/session", Some(&json!({"login": login, "password": password}).to_string()))?;
        let session = answer.json()?;
        let token = session["token"].as_str().ok_or_else(|| format!("{login} cannot log in: {session}"))?;
        self.token = token.to_owned();
        Ok(())
    }

    /// A UUID that no other connection of this or an earlier run makes.
    fn next_key(&mut self) -> String {
        self.keys += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
        format!("{:08x}-{:04x}-4000-8000-{:012x}", (now >> 16) as u32, now as u16, self.keys)
    }

    fn exchange(&mut self, path: &str, body: Option<&str>, headers: &str) -> std::io::Result<Answer> {
        let method = if body.is_some() { "POST" } else { "GET" };
        let authorization = match (self.token.as_str(), self.browses) {
            ("", _) => String::new(),
            (token, false) => format!("Authorization: Bearer {token}\r\n"),
            (token, true) => format!("Cookie: guanhu={token}\r\nSec-Fetch-Site: same-origin\r\n"),
        };
        let body = body.unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{authorization}{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let since = Instant::now();
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let malformed = |what: &str| std::io::Error::other(format!("not understood: {}", what.trim_end()));
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| malformed(&line))?;
        let (mut length, mut chunked, mut retry_after) = (None, false, None);
        loop {
            let mut header = String::new();
            self.stream.read_line(&mut header)?;
            if header.trim_end().is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':') {
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.trim().parse().ok();
                }
                if name.eq_ignore_ascii_case("retry-after") {
                    retry_after = value.trim().parse().ok();
                }
                chunked |= name.eq_ignore_ascii_case("transfer-encoding") && value.trim().eq_ignore_ascii_case("chunked");
            }
        }
        let mut body = Vec::new();
        loop {
            if chunked {
                let mut size = String::new();
                self.stream.read_line(&mut size)?;
                length = usize::from_str_radix(size.trim(), 16).ok();
            }
            let part = length.ok_or_else(|| malformed("an answer without a length"))?;
            let so_far = body.len();
            body.resize(so_far + part, 0);
            self.stream.read_exact(&mut body[so_far..])?;
            if !chunked {
                break;
            }
            self.stream.read_line(&mut String::new())?;
            if part == 0 {
                break;
            }
        }
        Ok(Answer { status, body, took: since.elapsed(), retry_after })
    }
}

/// Percent-encoded, for a query.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
