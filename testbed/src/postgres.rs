//! A real PostgreSQL over TCP, with SCRAM-SHA-256 and a generated password.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::leash::Leash;
use crate::{Result, canary, free_port, tools};

/// User and group that the server runs as when the test runs as root, which PostgreSQL
/// refuses: `nobody`.
const NOBODY: u32 = 65534;

/// A running PostgreSQL; stops when dropped.
#[derive(Debug)]
pub struct Postgres {
    // First, so that the server is gone before its directory.
    leash: Leash,
    _directory: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
    password: String,
}

impl Postgres {
    /// The superuser's name.
    pub const USER: &str = "kz_test";
    /// A database that exists.
    pub const DATABASE: &str = "postgres";

    /// Starts one.
    ///
    /// # Errors
    /// When the programs cannot be had or it does not become ready in a minute.
    ///
    /// # Panics
    /// Never: one start is tried at least.
    pub fn start() -> Result<Self> {
        let mut last = None;
        for _ in 0..4 {
            match Self::start_once(free_port()) {
                Ok(server) => return Ok(server),
                Err(error) => last = Some(error),
            }
        }
        Err(last.expect("the loop ran at least once, and each round that failed left an error"))
    }

    fn start_once(port: u16) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("kz-postgres-").tempdir()?;
        let root = directory.path();
        let installation = usable_installation(&tools::postgres()?, root)?;
        let programs = installation.join("bin");
        let password = canary::made_up("pg");
        let password_file = root.join("password");
        fs::write(&password_file, &password)?;
        fs::set_permissions(&password_file, fs::Permissions::from_mode(0o600))?;
        if is_root() {
            for path in [root, &password_file] {
                chown(path, Some(NOBODY), Some(NOBODY))?;
            }
        }
        let data = root.join("data");
        let output = as_server_user(&programs.join("initdb"), root)
            .args([
                "--auth=scram-sha-256",
                "--no-sync",
                "--no-instructions",
                "--encoding=UTF8",
            ])
            .args(["--locale=C", "--username", Self::USER])
            .arg(format!("--pwfile={}", password_file.display()))
            .arg("--pgdata")
            .arg(&data)
            .output()?;
        if !output.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        fs::remove_file(&password_file)?;

        let mut command = as_server_user(&programs.join("postgres"), root);
        command.arg("-D").arg(&data).arg("-p").arg(port.to_string());
        for setting in [
            "listen_addresses=127.0.0.1",
            "fsync=off",
            "unix_socket_directories=",
        ] {
            command.arg("-c").arg(setting);
        }
        // QUIT is "immediate shutdown": nobody needs the data any more.
        let leash = Leash::start(&command, "QUIT", &root.join("postgres.log"))?;
        let server = Self {
            leash,
            _directory: directory,
            programs,
            port,
            password,
        };
        server
            .leash
            .wait_ready(Duration::from_mins(1), || server.query("select 1").ok())?;
        Ok(server)
    }

    /// The address, with the user's name and password in it.
    pub fn dsn(&self) -> String {
        self.dsn_with_password(&self.password)
    }

    /// The address with another password, as it is spelled in a URL.
    pub fn dsn_with_password(&self, password: &str) -> String {
        let (user, port, database) = (Self::USER, self.port, Self::DATABASE);
        format!("postgres://{user}:{password}@127.0.0.1:{port}/{database}")
    }

    /// The superuser's password; needs no escaping in a URL.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs a statement with `psql`; gives its rows, unaligned, a line each.
    ///
    /// # Errors
    /// What `psql` says.
    pub fn query(&self, sql: &str) -> Result<String> {
        let output = Command::new(self.programs.join("psql"))
            .args([
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--command",
                sql,
            ])
            .args([
                "--host=127.0.0.1",
                "--username",
                Self::USER,
                "--dbname",
                Self::DATABASE,
            ])
            .arg(format!("--port={}", self.port))
            .env("PGPASSWORD", &self.password)
            .env("PGCONNECT_TIMEOUT", "5")
            .output()?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout)
                .trim_end()
                .to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into())
        }
    }

    /// Process id of the server.
    pub fn pid(&self) -> u32 {
        self.leash.pid()
    }

    /// Stops the server now, as an outage does.
    pub fn stop(&mut self) {
        self.leash.stop();
    }
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// A command that runs as this user, or as `nobody` when this user is root.
fn as_server_user(program: &Path, directory: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args([
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
            "--",
        ]);
        command.arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(directory).env("HOME", directory);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    command
}

/// The installation itself, or a copy of it in `directory` when `nobody` cannot reach it
/// (a checkout below `/root`).
fn usable_installation(installation: &Path, directory: &Path) -> Result<PathBuf> {
    if !is_root() {
        return Ok(installation.to_owned());
    }
    // Of the programs this one has a library beside it: `setpriv` can start what `nobody`
    // cannot read, and only the loader then fails.
    let program = installation.join("bin/initdb");
    let works = as_server_user(&program, Path::new("/"))
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if works {
        return Ok(installation.to_owned());
    }
    // The libraries lie beside the package: `pgserver/pginstall` and `pgserver.libs`.
    let package = installation
        .parent()
        .ok_or("the installation lies in a package")?;
    let libraries = package.with_extension("libs");
    for from in [package, &libraries] {
        let output = Command::new("cp")
            .arg("-R")
            .arg(from)
            .arg(directory)
            .output()?;
        if !output.status.success() {
            return Err(format!("cp: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
    }
    let output = Command::new("chmod")
        .args(["-R", "go+rX"])
        .arg(directory)
        .output()?;
    if !output.status.success() {
        return Err("the copy of PostgreSQL cannot be made readable".into());
    }
    let name = package.file_name().ok_or("the package has a name")?;
    Ok(directory.join(name).join("pginstall"))
}
