//! An HTTP/1.1 server that tests talk to, plain or TLS.
//!
//! | path | answer |
//! |---|---|
//! | `/echo…` and all others | 200, JSON: `method`, `target`, `headers` (pairs), `body` (text, lossy) |
//! | `/status/N` | status N with the echo as its body |
//! | `/redirect/TARGET` | 302 to TARGET, which is taken as it stands (`/redirect/http://…`) |
//! | `/delay/MS` | the echo after MS milliseconds |
//! | `/huge/N` | 200 and N bytes |
//! | `/garbage` | bytes that are not HTTP |
//! | `/cut` | a body shorter than its `content-length` |
//! | `/close` | nothing; the connection is closed |

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;

use crate::Result;
use crate::tls::Authority;

/// A request as it was received.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`.
    pub method: String,
    /// Path and query, or what else stood there.
    pub target: String,
    /// Names in lower case, with their values, in order.
    pub headers: Vec<(String, String)>,
    /// The body (of known length; chunked bodies are not read).
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| &**value)
    }

    /// The whole request as JSON, as `/echo` answers it.
    pub fn echo(&self) -> Vec<u8> {
        let echo = json!({
            "method": self.method,
            "target": self.target,
            "headers": self.headers,
            "body": String::from_utf8_lossy(&self.body),
        });
        echo.to_string().into_bytes()
    }
}

/// What a handler answers.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A proper answer; `content-length` is added.
    Http {
        /// The status code.
        status: u16,
        /// Further headers.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// These bytes as they are, then the connection is closed.
    Raw(Vec<u8>),
}

impl Reply {
    /// A JSON answer.
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self::Http {
            status,
            headers,
            body: body.into(),
        }
    }
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

/// A running server; stops when dropped.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    authority: Option<Authority>,
    requests: Arc<Mutex<Vec<Request>>>,
    acceptor: Acceptor,
}

impl Upstream {
    /// Starts one that answers as the table of this module says.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn start() -> Result<Self> {
        Self::start_with(standard)
    }

    /// Starts one with another handler.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn start_with(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Result<Self> {
        Self::listen(None, Arc::new(handler))
    }

    /// [`Upstream::start`] over TLS, with an authority of its own.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn start_tls() -> Result<Self> {
        Self::listen(Some(Authority::new()), Arc::new(standard))
    }

    /// [`Upstream::start_with`] over TLS, with an authority of its own.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn start_tls_with(
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::listen(Some(Authority::new()), Arc::new(handler))
    }

    fn listen(authority: Option<Authority>, handler: Arc<Handler>) -> Result<Self> {
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let tls = authority.as_ref().map(Authority::server_config);
        let record = Arc::clone(&requests);
        let acceptor = Acceptor::start(move |stream| {
            // A client that goes away in the middle is not this server's failure.
            let _ = match &tls {
                None => serve(stream, &*handler, &record),
                Some(config) => rustls::ServerConnection::new(Arc::clone(config))
                    .map_err(std::io::Error::other)
                    .and_then(|tls| {
                        serve(rustls::StreamOwned::new(tls, stream), &*handler, &record)
                    }),
            };
        })?;
        Ok(Self {
            address: acceptor.address,
            authority,
            requests,
            acceptor,
        })
    }

    /// `http://127.0.0.1:PORT` or `https://localhost:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        match self.authority {
            None => format!("http://127.0.0.1:{}", self.address.port()),
            Some(_) => format!("https://localhost:{}", self.address.port()),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The authority of the TLS listener.
    ///
    /// # Panics
    /// When the server was started without TLS.
    pub fn authority(&self) -> &Authority {
        self.authority.as_ref().expect("started with TLS")
    }

    /// All requests so far, in the order of their arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Stops accepting, as an outage does.
    pub fn stop(&mut self) {
        self.acceptor.stop();
    }
}

fn standard(request: &Request) -> Reply {
    let path = request.target.trim_start_matches('/');
    let (word, rest) = path.split_once('/').unwrap_or((path, ""));
    match word {
        "status" => Reply::json(rest.parse().unwrap_or(400), request.echo()),
        "redirect" => Reply::Http {
            status: 302,
            headers: vec![("location".to_owned(), rest.to_owned())],
            body: request.echo(),
        },
        "delay" => {
            std::thread::sleep(Duration::from_millis(rest.parse().unwrap_or(0)));
            Reply::json(200, request.echo())
        }
        "huge" => Reply::json(200, vec![b'x'; rest.parse().unwrap_or(0)]),
        "garbage" => Reply::Raw(b"\x00\xff\x13\x37 this is not HTTP \r\n\r\n\xfe".to_vec()),
        "cut" => Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"cut\":".to_vec()),
        "close" => Reply::Raw(Vec::new()),
        _ => Reply::json(200, request.echo()),
    }
}

fn serve(
    stream: impl Read + Write,
    handler: &Handler,
    record: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream)? {
        record
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request.clone());
        match handler(&request) {
            Reply::Raw(bytes) => {
                stream.get_mut().write_all(&bytes)?;
                return stream.get_mut().flush();
            }
            Reply::Http {
                status,
                headers,
                body,
            } => {
                let mut head = format!("HTTP/1.1 {status} Status\r\n");
                for (name, value) in headers {
                    head += &format!("{name}: {value}\r\n");
                }
                head += &format!("content-length: {}\r\n\r\n", body.len());
                stream.get_mut().write_all(head.as_bytes())?;
                stream.get_mut().write_all(&body)?;
                stream.get_mut().flush()?;
                if request.header("connection") == Some("close") {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// `None` at the end of the connection.
pub(crate) fn read_request(stream: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_ascii_whitespace().map(String::from);
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request {
        method,
        target,
        headers,
        body: Vec::new(),
    };
    let length = request
        .header("content-length")
        .and_then(|value| value.parse().ok());
    request.body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut request.body)?;
    Ok(Some(request))
}

/// Accepts connections, a thread each, until it is dropped.
#[derive(Debug)]
pub(crate) struct Acceptor {
    pub(crate) address: SocketAddr,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Acceptor {
    pub(crate) fn start(
        serve: impl Fn(TcpStream) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stopping);
        let serve = Arc::new(serve);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if flag.load(Ordering::SeqCst) {
                    return;
                }
                let serve = Arc::clone(&serve);
                std::thread::spawn(move || serve(stream));
            }
        });
        Ok(Self {
            address,
            stopping,
            thread: Some(thread),
        })
    }

    pub(crate) fn stop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // Wakes the accept; when that fails the listener is gone already.
            let _ = TcpStream::connect(self.address);
            let _ = thread.join();
        }
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http;

    #[test]
    fn echoes_over_plain_and_tls() {
        let plain = Upstream::start().unwrap();
        let tls = Upstream::start_tls().unwrap();
        for (server, ca) in [(&plain, None), (&tls, Some(tls.authority().pem()))] {
            let url = format!("{}/echo?q=1", server.url());
            let answer = http::request("POST", &url, &[("x-a", "b")], b"hello", ca).unwrap();
            let echo = answer.json();
            assert_eq!((answer.status, &echo["body"]), (200, &"hello".into()));
            assert!(echo["headers"].to_string().contains(r#"["x-a","b"]"#));
            assert_eq!(server.requests().len(), 1);
        }
    }

    #[test]
    fn misbehaves_on_request() {
        let server = Upstream::start().unwrap();
        let get = |path| http::request("GET", &format!("{}{path}", server.url()), &[], b"", None);
        assert_eq!(get("/status/503").unwrap().status, 503);
        let redirect = get("/redirect/http://127.0.0.1:1/x").unwrap();
        assert_eq!(redirect.header("location"), Some("http://127.0.0.1:1/x"));
        assert_eq!(get("/huge/100000").unwrap().body.len(), 100_000);
        for path in ["/garbage", "/cut", "/close"] {
            assert!(get(path).is_err(), "{path}");
        }
    }

    #[test]
    fn stops() {
        let mut server = Upstream::start().unwrap();
        server.stop();
        assert!(http::request("GET", &server.url(), &[], b"", None).is_err());
    }
}
