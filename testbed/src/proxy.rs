//! A forward proxy that records where clients went.

use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Result;
use crate::upstream::{Acceptor, Request, read_request};

/// A running proxy; stops when dropped.
///
/// It serves `CONNECT` and requests in absolute form (`GET http://host/path`).
#[derive(Debug)]
pub struct ConnectProxy {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    _acceptor: Acceptor,
}

impl ConnectProxy {
    /// Starts one that anyone may use.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn start() -> Result<Self> {
        Self::listen(None)
    }

    /// Starts one that answers 407 unless `proxy-authorization` is this value, as in
    /// `Basic dXNlcjpwYXNz`.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn start_with_authorization(value: &str) -> Result<Self> {
        Self::listen(Some(value.to_owned()))
    }

    fn listen(authorization: Option<String>) -> Result<Self> {
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let record = Arc::clone(&requests);
        let acceptor = Acceptor::start(move |stream| {
            // A client or server that goes away is not the proxy's failure.
            let _ = serve(stream, authorization.as_deref(), &record);
        })?;
        Ok(Self {
            address: acceptor.address,
            requests,
            _acceptor: acceptor,
        })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All requests so far, refused ones too; never what went through a tunnel.
    pub fn requests(&self) -> Vec<Request> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// `host:port` of each request so far.
    pub fn hosts(&self) -> Vec<String> {
        let host = |request: &Request| {
            let rest = request
                .target
                .strip_prefix("http://")
                .unwrap_or(&request.target);
            rest.split('/').next().unwrap_or_default().to_owned()
        };
        self.requests().iter().map(host).collect()
    }
}

fn serve(
    client: TcpStream,
    authorization: Option<&str>,
    record: &Mutex<Vec<Request>>,
) -> io::Result<()> {
    let mut writer = client.try_clone()?;
    let mut reader = BufReader::new(client);
    let Some(request) = read_request(&mut reader)? else {
        return Ok(());
    };
    record
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(request.clone());
    if authorization.is_some() && request.header("proxy-authorization") != authorization {
        return writer.write_all(
            b"HTTP/1.1 407 Proxy Authentication Required\r\n\
              proxy-authenticate: Basic realm=\"test\"\r\ncontent-length: 0\r\n\r\n",
        );
    }
    let mut server;
    if request.method == "CONNECT" {
        let Ok(stream) = TcpStream::connect(&request.target) else {
            return writer.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
        };
        server = stream;
        writer.write_all(b"HTTP/1.1 200 Connection Established\r\n\r\n")?;
    } else {
        let rest = request.target.strip_prefix("http://").unwrap_or_default();
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = if host.contains(':') {
            host.to_owned()
        } else {
            format!("{host}:80")
        };
        let Ok(stream) = TcpStream::connect(host) else {
            return writer.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
        };
        server = stream;
        let mut head = format!(
            "{} /{path} HTTP/1.1\r\nconnection: close\r\n",
            request.method
        );
        for (name, value) in &request.headers {
            if name != "connection" && !name.starts_with("proxy-") {
                head += &format!("{name}: {value}\r\n");
            }
        }
        server.write_all((head + "\r\n").as_bytes())?;
        server.write_all(&request.body)?;
    }
    let mut from_server = server.try_clone()?;
    let back = std::thread::spawn(move || {
        let _ = io::copy(&mut from_server, &mut writer);
        let _ = writer.shutdown(std::net::Shutdown::Write);
    });
    let _ = io::copy(&mut reader, &mut server);
    let _ = server.shutdown(std::net::Shutdown::Write);
    let _ = back.join();
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::upstream::Upstream;

    fn ask(proxy: &ConnectProxy, message: &str) -> String {
        let mut stream = TcpStream::connect(proxy.address()).unwrap();
        stream.write_all(message.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn tunnels_forwards_and_records() {
        let proxy = ConnectProxy::start().unwrap();
        let upstream = Upstream::start().unwrap();
        let host = upstream.address().to_string();
        let inner = "GET /through HTTP/1.1\r\n\r\n";
        let answer = ask(&proxy, &format!("CONNECT {host} HTTP/1.1\r\n\r\n{inner}"));
        assert!(answer.contains("200 Connection Established") && answer.contains("/through"));
        let answer = ask(&proxy, &format!("GET http://{host}/plain HTTP/1.1\r\n\r\n"));
        assert!(answer.contains("/plain"), "{answer}");
        assert_eq!(proxy.hosts(), [host.clone(), host]);
    }

    #[test]
    fn asks_for_authorization() {
        let proxy = ConnectProxy::start_with_authorization("Basic dXNlcjpwYXNz").unwrap();
        let answer = ask(&proxy, "CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 407"));
        let allowed =
            "CONNECT 127.0.0.1:1 HTTP/1.1\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n";
        assert!(ask(&proxy, allowed).starts_with("HTTP/1.1 502"));
    }
}
