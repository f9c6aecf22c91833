//! The program through every name under which the packages install it: the same exit
//! statuses, the same signals.

use std::{
    fs,
    os::unix::{fs::symlink, process::ExitStatusExt as _},
    path::PathBuf,
    process::{Command, ExitStatus},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use testbed::{
    mcp::Client,
    processes::{Process, with_default_signals},
    wait_until,
};

use crate::installed::{INSTALLED, given, succeeds};

/// How long something may take that takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A name, and how it is started.
type Way = (&'static str, fn() -> Command);

/// Those that hand every signal over themselves.
const DIRECT: &[Way] = &[
    ("bin/kz of the wheel", || in_venv("kz")),
    ("bin/kz-mcp of the wheel", || in_venv("kz-mcp")),
    ("kz of the npm package", || in_project("kz")),
    ("kz-mcp of the npm package", || in_project("kz-mcp")),
];

fn in_venv(name: &str) -> Command {
    Command::new(INSTALLED.venv.join("bin").join(name))
}

fn in_project(name: &str) -> Command {
    let programs = INSTALLED.project.join("node_modules/.bin");
    Command::new(programs.join(name))
}

fn npx() -> Command {
    let mut npx = INSTALLED.npm("npx");
    npx.args(["--offline", "kz-mcp"]);
    npx
}

/// Starts `kz run` around a server, at home nowhere.
fn start(mut command: Command, server: &[&str]) -> Client {
    let home = INSTALLED.project.join("home");
    fs::create_dir_all(&home).unwrap();
    command.env("HOME", home);
    command.args(["run", "--"]).args(server);
    Client::start(with_default_signals(&command)).unwrap()
}

/// The same around a shell's script.
fn run(command: Command, script: &str) -> Client {
    start(command, &["sh", "-c", script])
}

fn ended(command: Command, script: &str) -> (ExitStatus, String) {
    let ended = run(command, script).close().unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
    (ended.status, stderr)
}

#[test]
fn every_name_is_the_program() {
    let version = succeeds(Command::new(given("KZ_PACKAGES_PROGRAM")).arg("--version"));
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    for (name, command) in DIRECT {
        assert_eq!(succeeds(command().arg("--version")), version, "{name}");
    }
    assert_eq!(succeeds(npx().arg("--version")), version, "npx");
}

#[test]
fn a_link_leads_to_the_program_of_its_package() {
    let folder = tempfile::tempdir().unwrap();
    // Another one, that happens to lie beside the link.
    symlink("/bin/false", folder.path().join("kz")).unwrap();
    let link = folder.path().join("kz-mcp");
    symlink(INSTALLED.venv.join("bin/kz-mcp"), &link).unwrap();
    let version = succeeds(Command::new(given("KZ_PACKAGES_PROGRAM")).arg("--version"));
    assert_eq!(succeeds(Command::new(link).arg("--version")), version);
}

#[test]
fn the_exit_status_is_the_servers() {
    for (script, code) in [
        ("exit 0", 0),
        ("exit 7", 7),
        ("exit 255", 255),
        ("kill -TERM $$", 128 + 15),
    ] {
        for (name, command) in DIRECT {
            let (status, stderr) = ended(command(), script);
            assert_eq!(status.code(), Some(code), "{name}: {script}: {stderr}");
        }
    }
    let (status, stderr) = ended(npx(), "exit 7");
    assert_eq!(status.code(), Some(7), "npx: {stderr}");
}

#[test]
fn stdin_and_stderr_are_the_servers() {
    for (name, command) in DIRECT {
        let mut client = run(command(), "read -r line; echo \"heard $line\" >&2");
        client.send_raw(b"this\n").unwrap();
        client.wait_stderr("heard this").unwrap();
        assert!(client.close().unwrap().status.success(), "{name}");
    }
}

/// Counts a signal until its input ends, and exits with the status that it is given.
const COUNTS: &str = "
import signal, sys
count = 0
def heard(*_):
    global count
    count += 1
    print('heard', file=sys.stderr, flush=True)
signal.signal(int(sys.argv[1]), heard)
print('ready', file=sys.stderr, flush=True)
sys.stdin.read()
print(f'in all {count}.', file=sys.stderr, flush=True)
sys.exit(20 + count)
";

#[test]
fn a_signal_reaches_the_server_once() {
    for signal in [
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGUSR1,
    ] {
        for (name, command) in DIRECT {
            let number = (signal as i32).to_string();
            let client = start(command(), &["python3", "-c", COUNTS, &number]);
            client.wait_stderr("ready").unwrap();
            send(client.pid(), signal);
            client.wait_stderr("heard").unwrap();
            let ended = client.close().unwrap();
            let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(21), "{name}: {signal}: {stderr}");
        }
    }
}

#[test]
fn who_kills_the_program_kills_the_launcher() {
    for (name, command) in &DIRECT[2..] {
        let client = run(command(), "echo ready >&2; read -r line");
        client.wait_stderr("ready").unwrap();
        let program: PathBuf = INSTALLED.package().join("prebuilt");
        let program = program.canonicalize().unwrap();
        let running = client
            .tree()
            .into_iter()
            .filter(|process| {
                let executable = fs::read_link(format!("/proc/{}/exe", process.pid));
                executable.is_ok_and(|path| path.starts_with(&program))
            })
            .map(|process| process.pid)
            .min()
            .unwrap_or_else(|| panic!("{name}: kz does not run"));
        send(running, Signal::SIGKILL);
        let status = client.wait().unwrap().status;
        assert_eq!(status.signal(), Some(9), "{name}: {status}");
    }
}

#[test]
fn npx_hands_over_what_ends_it() {
    let client = run(npx(), "echo \"ready $$\" >&2; read -r line");
    client.wait_stderr("\n").unwrap();
    let stderr = String::from_utf8_lossy(&client.stderr()).into_owned();
    let server = stderr.split_once("ready ").unwrap().1;
    let server: u32 = server.trim_end().parse().unwrap();
    send(client.pid(), Signal::SIGTERM);
    // Its input is open still: the signal ends it and nothing else.
    wait_until(PATIENCE, || runs(server).is_none().then_some(())).unwrap();
    let status = client.wait().unwrap().status;
    assert!(!status.success(), "{status}");
}

/// A process that has not ended.
fn runs(process: u32) -> Option<Process> {
    // One that nobody has asked about yet has no command line any more.
    Process::read(process).filter(|process| !process.command_line.is_empty())
}

#[test]
fn without_its_program_the_launcher_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["bin/kz.cjs", "js/platform.cjs"] {
        let copy = folder.path().join(path);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(INSTALLED.package().join(path), copy).unwrap();
    }
    let mut command = Command::new("node");
    let output = command
        .arg(folder.path().join("bin/kz.cjs"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(126), "{stderr}");
    assert!(
        stderr.starts_with("kz: kz-mcp has no program for linux-"),
        "{stderr}"
    );
}

fn send(process: u32, signal: Signal) {
    let process = Pid::from_raw(i32::try_from(process).unwrap());
    kill(process, signal).unwrap();
}
