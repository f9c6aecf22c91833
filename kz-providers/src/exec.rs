//! `exec://command?arg=…&arg=…`: what a program prints. No shell; the exit
//! status is honoured; its stderr is dropped, because it may quote a secret.

use std::{path::PathBuf, process::Stdio, time::Instant};

use async_trait::async_trait;
use kz_core::{
    Capabilities, Error, ErrorKind, Fetched, Intake, Provider, Request, Role, SecretValue,
};
use tokio::{
    io::AsyncReadExt as _,
    process::{Child, Command},
};
use zeroize::Zeroizing;

use crate::{Environment, deadline::within};

/// Most that a program may print, in bytes.
const LARGEST: usize = 1024 * 1024;

pub(crate) struct Exec {
    base: PathBuf,
    environment: Environment,
    /// Variables by which kz itself reaches stores: not for the program.
    withheld: Vec<String>,
}

impl Exec {
    pub(crate) fn new(base: PathBuf, environment: Environment, withheld: Vec<String>) -> Self {
        Self {
            base,
            environment,
            withheld,
        }
    }

    fn command(&self, request: &Request<'_>) -> Command {
        let mut command = Command::new(request.reference.path());
        for (key, value) in request.reference.query() {
            if key == "arg" {
                command.arg(value);
            }
        }
        command.env_clear();
        for (name, value) in self.environment.iter() {
            if !self
                .withheld
                .iter()
                .any(|withheld| name == withheld.as_str())
            {
                command.env(name, value);
            }
        }
        if !self.base.as_os_str().is_empty() {
            command.current_dir(&self.base);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        command
    }
}

#[async_trait]
impl Provider for Exec {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            spawns: true,
            ..Capabilities::default()
        }
    }

    async fn get(&self, request: &Request<'_>) -> Result<Fetched, Error> {
        if let Some((key, _)) = request
            .reference
            .query()
            .iter()
            .find(|(key, _)| key != "arg" && key != "raw")
        {
            return Err(Error::new(
                ErrorKind::Config,
                "read",
                format!("`{key}` is not an option of exec"),
            )
            .with_remedy("use `arg=…`, once for each argument, and `raw=true`")
            .with_reference(request.reference));
        }
        within(request, async {
            let child = self
                .command(request)
                .spawn()
                .map_err(|error| not_started(error.kind()))?;
            let mut group = Group(child);
            let output = read(&mut group.0).await?;
            request
                .intake
                .receive(request.name, Role::Value, trimmed(request, &output))?;
            let status = group
                .0
                .wait()
                .await
                .map_err(|_| failed("its status could not be read".into()))?;
            match status.code() {
                Some(0) => {}
                Some(code) => return Err(failed(format!("the program ended with status {code}"))),
                None => return Err(failed("the program was killed by a signal".into())),
            }
            let value = trimmed(request, &output);
            if value.is_empty() {
                return Err(
                    Error::new(ErrorKind::NotFound, "read", "the program printed nothing")
                        .with_remedy("run it by hand and see"),
                );
            }
            if request.reference.field().is_some() {
                return Err(Error::new(ErrorKind::Config, "read", "exec has no fields")
                    .with_remedy("let the program print the one value"));
            }
            Ok(Fetched::new(SecretValue::copy_from(value)))
        })
        .await
    }

    async fn health(&self, _deadline: Instant, _intake: &dyn Intake) -> Result<(), Error> {
        Ok(())
    }
}

/// The program and all that it started: killed together when dropped.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(pid) = self.0.id().and_then(|pid| i32::try_from(pid).ok())
            && let Some(pid) = rustix::process::Pid::from_raw(pid)
        {
            // Gone already is as good.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}

async fn read(child: &mut Child) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = Zeroizing::new(vec![0; LARGEST + 1]);
    let mut filled = 0;
    let Some(stdout) = child.stdout.as_mut() else {
        return Err(failed("it has no output".into()));
    };
    while filled < bytes.len() {
        let read = stdout.read(&mut bytes[filled..]).await;
        match read.map_err(|_| failed("its output could not be read".into()))? {
            0 => break,
            read => filled += read,
        }
    }
    if filled == bytes.len() {
        return Err(Error::new(
            ErrorKind::Invalid,
            "read",
            "the program printed more than 1 MiB",
        )
        .with_remedy("let it print the one value"));
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn trimmed<'o>(request: &Request<'_>, output: &'o [u8]) -> &'o [u8] {
    if request.reference.query_value("raw") == Some("true") {
        return output;
    }
    let output = output.strip_suffix(b"\n").unwrap_or(output);
    output.strip_suffix(b"\r").unwrap_or(output)
}

fn not_started(kind: std::io::ErrorKind) -> Error {
    use std::io::ErrorKind as Io;
    let (reason, remedy) = match kind {
        Io::NotFound => (
            "there is no such program",
            "give its absolute path, or mend PATH",
        ),
        Io::PermissionDenied => (
            "the program may not be started",
            "make it executable for this user",
        ),
        _ => ("the program could not be started", "run it by hand and see"),
    };
    Error::new(ErrorKind::Unavailable, "read", reason).with_remedy(remedy)
}

fn failed(reason: String) -> Error {
    Error::new(ErrorKind::Unavailable, "read", reason).with_remedy("run it by hand and see")
}
