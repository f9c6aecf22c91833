//! `exec://command?arg=…&arg=…`: what a program prints. No shell; the exit
//! status is honoured; its stderr is dropped, because it may quote a secret.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Instant,
};

use async_trait::async_trait;
use kz_core::{Capabilities, Error, ErrorKind, Fetched, Intake, Provider, Request, Role};
use tokio::{
    io::AsyncReadExt as _,
    process::{Child, Command},
};

use crate::{
    Environment,
    buffer::{Buffer, MAX_DOCUMENT},
    deadline::within,
    document, query, read,
};

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

    fn command(&self, request: &Request<'_>) -> Result<Command, Error> {
        let mut command = Command::new(self.program(request.reference.path())?);
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
                .any(|withheld| name == OsStr::new(withheld))
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
        Ok(command)
    }

    /// An absolute path as it stands, a name by PATH. The program starts in the
    /// folder of the manifest, which may be a stranger's: a relative entry of PATH
    /// would run what lies there.
    fn program(&self, name: &str) -> Result<PathBuf, Error> {
        let path = Path::new(name);
        if path.is_absolute() {
            return Ok(path.to_owned());
        }
        if path.components().count() != 1 || name.contains('/') {
            return Err(Error::new(
                ErrorKind::Config,
                "read",
                "the path of the program is relative",
            )
            .with_remedy("give its absolute path, or its name alone"));
        }
        let places = self.environment.get("PATH").unwrap_or_default();
        std::env::split_paths(places)
            .filter(|place| place.is_absolute())
            .map(|place| place.join(name))
            .find(|program| is_executable(program))
            .ok_or_else(no_such_program)
    }
}

#[async_trait]
impl Provider for Exec {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            fields: true,
            spawns: true,
            ..Capabilities::default()
        }
    }

    async fn get(&self, request: &Request<'_>) -> Result<Fetched, Error> {
        within(request, async {
            query::allow(request.reference, &["missing", "raw"], Some("arg"))?;
            let raw = query::flag(request.reference, "raw")?;
            let missing = query::number(request.reference, "missing")?;
            tracing::debug!(target: "kz::exec", reference = %request.reference, "run");
            let child = self
                .command(request)?
                .spawn()
                .map_err(|error| not_started(error.kind()))?;
            let mut group = Group(child);
            let output = read(&mut group.0).await?;
            let status = group.0.wait().await;
            let printed = if raw {
                &output[..]
            } else {
                read::without_newline(&output)
            };
            if let Err(error) = judge(status.ok(), missing) {
                // A program that fails may have printed half of the secret.
                request.intake.receive(request.name, Role::Value, printed)?;
                return Err(error);
            }
            document::pick(request, printed).map(Fetched::new)
        })
        .await
    }

    async fn health(&self, _deadline: Instant, _intake: &dyn Intake) -> Result<(), Error> {
        Ok(())
    }
}

/// The program and all that it started: killed together when dropped, before
/// the program itself is reaped.
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

async fn read(child: &mut Child) -> Result<Buffer, Error> {
    let Some(stdout) = child.stdout.as_mut() else {
        return Err(failed("it has no output".into()));
    };
    let mut output = Buffer::new();
    loop {
        let read = stdout.read(output.room()).await;
        match read.map_err(|_| failed("its output could not be read".into()))? {
            0 => return Ok(output),
            read => output.advance(read),
        }
        if output.len() > MAX_DOCUMENT {
            return Err(Error::new(
                ErrorKind::Invalid,
                "read",
                "the program printed more than 1 MiB",
            )
            .with_remedy("let it print the one value"));
        }
    }
}

/// Programs have no common status for "no such entry", so the reference says
/// which it is: `?missing=1`. Any other failure must not look like an absence.
fn judge(status: Option<ExitStatus>, missing: Option<u32>) -> Result<(), Error> {
    match status.map(|status| status.code()) {
        Some(Some(0)) => Ok(()),
        Some(Some(code)) if u32::try_from(code).ok() == missing && missing.is_some() => {
            Err(Error::new(
                ErrorKind::NotFound,
                "read",
                "the program says that there is no such entry",
            )
            .with_remedy("store it, or mend the arguments"))
        }
        Some(Some(code)) => Err(failed(format!("the program ended with status {code}"))),
        Some(None) => Err(failed("the program was killed by a signal".into())),
        None => Err(failed("its status could not be read".into())),
    }
}

#[cfg(unix)]
fn is_executable(program: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    program
        .metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(program: &Path) -> bool {
    program.is_file()
}

fn no_such_program() -> Error {
    Error::new(ErrorKind::Unavailable, "read", "there is no such program")
        .with_remedy("give its absolute path, or mend PATH")
}

fn not_started(kind: std::io::ErrorKind) -> Error {
    use std::io::ErrorKind as Io;
    let (reason, remedy) = match kind {
        Io::NotFound | Io::NotADirectory => return no_such_program(),
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
