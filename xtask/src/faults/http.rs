//! One question over a connection of its own, which may break at any moment.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take before it counts as none.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) token: &'a str,
    /// Further headers, each ended by CRLF.
    pub(crate) headers: String,
    pub(crate) body: &'a str,
}

impl Request<'_> {
    pub(crate) fn get<'a>(path: &'a str, token: &'a str) -> Request<'a> {
        Request { method: "GET", path, token, headers: String::new(), body: "" }
    }

    pub(crate) fn bytes(&self, address: SocketAddr) -> String {
        let Request { method, path, token, headers, body } = self;
        let authorization = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\n{authorization}{headers}Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// # Errors
    /// When there is no whole answer: what was asked for may have happened, or not.
    pub(crate) fn ask(&self, address: SocketAddr) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        stream.write_all(self.bytes(address).as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        parse(&String::from_utf8_lossy(&answer))
    }
}

fn parse(text: &str) -> std::io::Result<Answer> {
    let cut = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
    let length = header(head, "content-length").and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| body.len() < length) {
        return Err(cut());
    }
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// The texts of every member `name` in JSON that the product's own server wrote.
pub(crate) fn members<'a>(json: &'a str, name: &str) -> Vec<&'a str> {
    json.split(&format!("\"{name}\":\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// A number by its name.
pub(crate) fn number(json: &str, name: &str) -> Option<i64> {
    let (_, rest) = json.split_once(&format!("\"{name}\":"))?;
    rest.split(|c: char| !c.is_ascii_digit() && c != '-').next()?.parse().ok()
}
