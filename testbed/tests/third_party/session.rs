//! Runs a server through its setup, and keeps all that it said.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use testbed::mcp::Client;

use crate::servers::{Ending, Setup};

/// How a server is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As it is, with the secret in its environment.
    Bare,
    /// Under `kz run`, with the secret in kz's environment.
    Inherited,
    /// Under `kz run --as`, with the secret in a file that a manifest names.
    Granted,
}

/// The programs that take part.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) kz: PathBuf,
    /// The server's script.
    pub(crate) script: PathBuf,
}

/// All that a server said.
#[derive(Debug)]
pub(crate) struct Transcript {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// The answers, in the order of the requests; each has its request's id.
    pub(crate) answers: Vec<Value>,
    /// As a shell tells it: 128 + the signal that ended it.
    pub(crate) status: i32,
}

pub(crate) fn run(setup: &Setup, programs: &Programs, way: Way) -> Transcript {
    let place = tempfile::tempdir().unwrap();
    let mut client = Client::start(command(setup, programs, way, place.path())).unwrap();
    let answers = if setup.ending == Ending::ByItself {
        Vec::new()
    } else {
        ask(setup, &mut client)
    };
    if let Some(text) = setup.ready {
        client.wait_stderr(text).unwrap();
    }
    let process = Pid::from_raw(i32::try_from(client.pid()).unwrap());
    let ended = match setup.ending {
        Ending::ByItself => client.wait(),
        Ending::WithInput => client.close(),
        Ending::OnRequest => {
            kill(process, Signal::SIGTERM).unwrap();
            client.wait()
        }
        Ending::Killed => {
            kill(process, Signal::SIGKILL).unwrap();
            client.wait()
        }
    };
    let ended = ended.unwrap_or_else(|error| panic!("{}, {way:?}: {error}", setup.title()));
    Transcript {
        stdout: ended.stdout,
        stderr: ended.stderr,
        answers,
        status: shell_status(ended.status),
    }
}

fn ask(setup: &Setup, client: &mut Client) -> Vec<Value> {
    let mut answers = Vec::new();
    if setup.requests.is_empty() {
        return answers;
    }
    answers.push(client.initialize().unwrap());
    for (method, parameters) in &setup.requests {
        answers.push(client.request(method, parameters.clone()).unwrap());
    }
    answers
}

fn command(setup: &Setup, programs: &Programs, way: Way, place: &Path) -> Command {
    let mut words: Vec<String> = Vec::new();
    let mut variables = setup.variables.clone();
    match (way, &setup.secret) {
        (Way::Granted, Some((name, value))) => {
            let manifest = manifest(name, value, place);
            let kz = [&*programs.kz, "--config".as_ref(), &manifest];
            words.extend(kz.map(|word| word.display().to_string()));
            words.extend(["run", "--as", "server", "--"].map(String::from));
        }
        (Way::Inherited | Way::Granted, secret) => {
            words.push(programs.kz.display().to_string());
            words.extend(["run", "--"].map(String::from));
            variables.extend(secret.clone());
        }
        (Way::Bare, secret) => variables.extend(secret.clone()),
    }
    words.extend(server(setup, &programs.script));
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        // The same in every run: some servers show it.
        .env("HOME", "/nonexistent")
        .envs(variables)
        .current_dir("/");
    command
}

/// How a client would start it. A server that wants its address as an argument gets it
/// from a shell: `kz run` grants variables.
fn server(setup: &Setup, script: &Path) -> Vec<String> {
    let mut node = vec!["node".to_owned()];
    node.extend(setup.node_options.clone());
    node.push(script.display().to_string());
    match setup.argument {
        None => node,
        Some(variable) => {
            let start = format!("exec \"$@\" \"${variable}\"");
            let mut words = ["sh", "-c", &start, "sh"].map(String::from).to_vec();
            words.extend(node);
            words
        }
    }
}

fn manifest(name: &str, value: &str, place: &Path) -> PathBuf {
    let file = place.join("value");
    fs::write(&file, value).unwrap();
    let manifest = place.join("manifest.toml");
    let text = format!(
        "[secrets]\n{name} = \"file://{}\"\n\n[servers.server]\nsecrets = [\"{name}\"]\n",
        file.display()
    );
    fs::write(&manifest, text).unwrap();
    manifest
}

fn shell_status(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap())
}
