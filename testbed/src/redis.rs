//! A real Redis over TCP, with a user and a generated password, or with none.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use crate::leash::Leash;
use crate::{Result, canary, free_port};

/// A running Redis; stops when dropped.
#[derive(Debug)]
pub struct Redis {
    // First, so that the server is gone before its directory.
    _leash: Leash,
    _directory: tempfile::TempDir,
    port: u16,
    password: Option<String>,
}

impl Redis {
    /// The user's name.
    pub const USER: &str = "kz_test";

    /// Starts one that asks for a password.
    ///
    /// # Errors
    /// When `redis-server` is missing or does not become ready in half a minute.
    pub fn start() -> Result<Self> {
        Self::start_with(Some(&canary::made_up("redis")))
    }

    /// Starts one that lets everybody in.
    ///
    /// # Errors
    /// As [`Redis::start`].
    pub fn start_open() -> Result<Self> {
        Self::start_with(None)
    }

    fn start_with(password: Option<&str>) -> Result<Self> {
        let mut last = None;
        for _ in 0..4 {
            match Self::start_once(free_port(), password) {
                Ok(server) => return Ok(server),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| "it was never started".into()))
    }

    fn start_once(port: u16, password: Option<&str>) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("kz-redis-").tempdir()?;
        let root = directory.path();
        let mut settings = format!(
            "bind 127.0.0.1\nport {port}\nsave \"\"\nappendonly no\ndir {}\n",
            root.display()
        );
        if let Some(password) = password {
            settings += &format!(
                "user default off\nuser {} on >{password} ~* &* +@all\n",
                Self::USER
            );
        }
        // A file, because everybody on the machine can read a command line.
        let file = root.join("redis.conf");
        fs::write(&file, settings)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        let mut command = Command::new("redis-server");
        command.arg(&file).current_dir(root);
        let leash = Leash::start(&command, "TERM", &root.join("redis.log"))?;
        leash
            .wait_ready(Duration::from_secs(30), || answers(port, password))
            .map_err(|error| format!("redis-server (apt-get install redis-server): {error}"))?;
        Ok(Self {
            _leash: leash,
            _directory: directory,
            port,
            password: password.map(String::from),
        })
    }

    /// The address, with the user's name and password in it if there is one.
    pub fn dsn(&self) -> String {
        match &self.password {
            Some(password) => self.dsn_with_password(password),
            None => format!("redis://127.0.0.1:{}/0", self.port),
        }
    }

    /// The address with another password, as it is spelled in a URL.
    pub fn dsn_with_password(&self, password: &str) -> String {
        format!(
            "redis://{}:{password}@127.0.0.1:{}/0",
            Self::USER,
            self.port
        )
    }

    /// The user's password; needs no escaping in a URL.
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }
}

fn answers(port: u16, password: Option<&str>) -> Option<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    if let Some(password) = password {
        let login = format!("AUTH {} {password}\r\n", Redis::USER);
        stream.write_all(login.as_bytes()).ok()?;
        expect(&mut stream, b"+OK\r\n")?;
    }
    stream.write_all(b"PING\r\n").ok()?;
    expect(&mut stream, b"+PONG\r\n")
}

fn expect<const N: usize>(stream: &mut TcpStream, answer: &[u8; N]) -> Option<()> {
    let mut read = [0; N];
    stream.read_exact(&mut read).ok()?;
    (read == *answer).then_some(())
}
