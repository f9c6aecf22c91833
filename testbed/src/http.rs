//! A small HTTP/1.1 client for talking to backends; one connection a request.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;

use crate::tls;

/// An answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body, with any chunking undone.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as JSON; `null` when it is empty.
    ///
    /// # Panics
    /// When the body is neither empty nor JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        if self.body.is_empty() {
            return serde_json::Value::Null;
        }
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| &**value)
    }
}

/// Sends one request to `http://127.0.0.1:1234/path` or its `https` sibling.
///
/// `ca_pem` is the only authority trusted for `https`.
///
/// # Errors
/// When the connection fails or the answer is not HTTP; everything has a 20 s limit.
pub fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    ca_pem: Option<&str>,
) -> io::Result<Response> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| invalid("no scheme"))?;
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    };
    let stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.set_write_timeout(Some(Duration::from_secs(20)))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {authority}\r\n");
    head += &format!("connection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    let mut message = head.into_bytes();
    message.extend_from_slice(body);
    if scheme == "http" {
        return exchange(stream, &message);
    }
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    let name = ServerName::try_from(host.to_owned()).map_err(|_| invalid("not a server name"))?;
    let config = tls::client_config(ca_pem.ok_or_else(|| invalid("https needs an authority"))?);
    let connection = rustls::ClientConnection::new(Arc::new(config), name).map_err(invalid)?;
    exchange(rustls::StreamOwned::new(connection, stream), &message)
}

fn exchange(mut stream: impl Read + Write, message: &[u8]) -> io::Result<Response> {
    stream.write_all(message)?;
    stream.flush()?;
    let mut answer = Vec::new();
    // Some servers close TLS without a close_notify; the length is checked below instead.
    if let Err(error) = stream.read_to_end(&mut answer)
        && error.kind() != io::ErrorKind::UnexpectedEof
    {
        return Err(error);
    }
    parse(&answer)
}

fn parse(answer: &[u8]) -> io::Result<Response> {
    let end = find(answer, b"\r\n\r\n").ok_or_else(|| invalid("no end of the header"))?;
    let head = std::str::from_utf8(&answer[..end]).map_err(invalid)?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or_else(|| invalid("no status"))?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut response = Response {
        status,
        headers,
        body: answer[end + 4..].to_vec(),
    };
    if response.header("transfer-encoding") == Some("chunked") {
        response.body = dechunk(&response.body)?;
    } else if let Some(length) = response.header("content-length") {
        let length: usize = length.parse().map_err(invalid)?;
        if response.body.len() != length {
            return Err(invalid("the body was cut off"));
        }
    }
    Ok(response)
}

fn dechunk(mut rest: &[u8]) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = find(rest, b"\r\n").ok_or_else(|| invalid("no chunk size"))?;
        let size = std::str::from_utf8(&rest[..end]).map_err(invalid)?;
        let size = usize::from_str_radix(size.trim(), 16).map_err(invalid)?;
        if size == 0 {
            return Ok(body);
        }
        let chunk = rest
            .get(end + 2..end + 2 + size)
            .ok_or_else(|| invalid("a short chunk"))?;
        body.extend_from_slice(chunk);
        rest = rest
            .get(end + 4 + size..)
            .ok_or_else(|| invalid("no end of a chunk"))?;
    }
}

fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len())
        .position(|window| window == needle)
}

fn invalid(why: impl Into<crate::Error>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
