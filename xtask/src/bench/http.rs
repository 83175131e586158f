//! One connection that asks and times.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::Outcome;

/// A kept-alive connection to the server.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    /// Sent as a bearer token, when logged in.
    pub token: String,
}

pub(crate) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// From the first byte sent to the last received.
    pub took: Duration,
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
        Ok(Connection { stream: BufReader::new(stream), address, token: String::new() })
    }

    /// Asks for `path`; with a body it is a POST of JSON.
    pub(crate) fn ask(&mut self, path: &str, body: Option<&str>) -> Outcome<Answer> {
        self.exchange(path, body).map_err(|error| format!("{path}: {error}"))
    }

    fn exchange(&mut self, path: &str, body: Option<&str>) -> std::io::Result<Answer> {
        let method = if body.is_some() { "POST" } else { "GET" };
        let authorization = if self.token.is_empty() { String::new() } else { format!("Authorization: Bearer {}\r\n", self.token) };
        let body = body.unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{authorization}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let since = Instant::now();
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let malformed = |what: &str| std::io::Error::other(format!("not understood: {}", what.trim_end()));
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| malformed(&line))?;
        let mut length = None;
        loop {
            let mut header = String::new();
            self.stream.read_line(&mut header)?;
            if header.trim_end().is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok();
            }
        }
        let mut body = vec![0; length.ok_or_else(|| malformed("an answer without a length"))?];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, body, took: since.elapsed() })
    }
}

/// The text of the first member `name` in JSON that the product's own server wrote.
pub(crate) fn member<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = json.split_once(&format!("\"{name}\":\""))?;
    rest.split_once('"').map(|(text, _)| text)
}

/// Percent-encoded, for a query.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
