//! Runs a subject through a scenario and keeps all that could be seen of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use testbed::mcp::Client;
use testbed::processes::{self, Process};

use crate::scenario::Scenario;
use crate::subject::{self, Subject};
use crate::world::World;

/// All that could be seen.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// Whether `initialize` had a result.
    pub(crate) initialized: bool,
    /// Answers to the calls of tools.
    pub(crate) answers: Vec<Value>,
    /// Files that it left, the audit log among them.
    pub(crate) files: Vec<(PathBuf, Vec<u8>)>,
    /// Every state in which a process of the tree was seen.
    pub(crate) processes: Vec<Process>,
    /// Those of `processes` that `kz run` started.
    pub(crate) children: Vec<Process>,
}

impl Observed {
    /// stdout and stderr.
    pub(crate) fn said(&self) -> Vec<u8> {
        [&self.stdout[..], b"\n", &self.stderr].concat()
    }
}

pub(crate) fn observe(
    world: &World,
    subject: &Subject,
    program: &[String],
    scenario: &Scenario,
) -> Observed {
    let given = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    let audit = home.path().join("audit.jsonl");
    let mut command = subject::command(program);
    command.current_dir(given.path()).env("HOME", home.path());
    for name in [
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "XDG_DATA_HOME",
        "XDG_CACHE_HOME",
    ] {
        command.env(name, home.path().join(name));
    }
    command
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full");
    command
        .env("PYTHONDEVMODE", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    if subject.is_bare() {
        // The operating system refuses nothing here: a newline is allowed in a variable.
        command.env("DATABASE_URL", &scenario.dsn);
    } else {
        let (manifest, variables) = world.manifest(scenario, given.path(), &audit);
        command.env("KEYZERO_CONFIG", manifest).envs(variables);
    }

    let mut client = Client::start(command).unwrap();
    let watcher = Watcher::start(client.pid());
    let mut observed = Observed::default();
    if subject.is_server() {
        observed.initialized = client
            .initialize()
            .is_ok_and(|answer| answer.get("result").is_some());
        if observed.initialized {
            let _ = client.list_tools();
            for (tool, arguments) in calls(subject, scenario) {
                observed.answers.extend(client.call_tool(tool, arguments));
            }
        }
    }
    let root = client.pid();
    watcher.look();
    let ended = client.close().unwrap_or_else(|error| {
        panic!("{subject:?}, {}: {error}", scenario.name);
    });
    observed.processes = watcher.stop();
    if subject.wraps() {
        observed.children = children(root, &observed.processes);
    }
    observed.stdout = ended.stdout;
    observed.stderr = ended.stderr;
    for directory in [home.path(), given.path()] {
        collect(directory, &mut observed.files);
    }
    observed
}

/// What `root` started. A process that still has the command line of `root` has not yet
/// become what it will be: until then `/proc` shows the memory of `root` for it.
fn children(root: u32, processes: &[Process]) -> Vec<Process> {
    let own: Vec<&[u8]> = processes
        .iter()
        .filter(|p| p.pid == root)
        .map(|p| &p.command_line[..])
        .collect();
    let others = processes
        .iter()
        .filter(|p| p.pid != root && !p.command_line.is_empty());
    others
        .filter(|p| !own.contains(&&p.command_line[..]))
        .cloned()
        .collect()
}

/// What a client asks for, rightly and wrongly.
fn calls(subject: &Subject, scenario: &Scenario) -> Vec<(&'static str, Value)> {
    if !subject.queries() {
        return vec![("get-env", json!({})), ("no-such-tool", json!({}))];
    }
    let quoted = scenario.dsn.replace('\'', "''");
    vec![
        ("query", json!({ "sql": "select 6 * 7 as answer" })),
        (
            "query",
            json!({ "sql": format!("select '{quoted}' as dsn") }),
        ),
        (
            "query",
            json!({ "sql": format!("select convert_to('{quoted}', 'UTF8') as bytes") }),
        ),
        (
            "query",
            json!({ "sql": format!("select \"{quoted}\" from nowhere") }),
        ),
        ("query", json!({ "sql": format!("select '{quoted}'::int") })),
        ("query", json!({})),
        ("no-such-tool", json!({ "sql": quoted })),
    ]
}

fn collect(directory: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            collect(&path, files);
        } else if let Ok(content) = fs::read(&path) {
            files.push((path, content));
        }
    }
}

/// Looks at a process tree again and again, so that short-lived processes are seen.
struct Watcher {
    stop: Arc<AtomicBool>,
    looked: mpsc::Receiver<()>,
    thread: JoinHandle<Vec<Process>>,
}

impl Watcher {
    fn start(root: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (look, looked) = mpsc::channel();
        let flag = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut seen: BTreeMap<(u32, Vec<u8>, Vec<u8>), Process> = BTreeMap::new();
            while !flag.load(Ordering::SeqCst) {
                for process in processes::tree(root) {
                    let key = (
                        process.pid,
                        process.command_line.clone(),
                        process.environment.clone(),
                    );
                    seen.entry(key).or_insert(process);
                }
                // Nobody may wait for it any more.
                let _ = look.send(());
                std::thread::sleep(Duration::from_millis(5));
            }
            seen.into_values().collect()
        });
        Self {
            stop,
            looked,
            thread,
        }
    }

    /// Waits until a whole look at the tree has begun and ended from now on.
    fn look(&self) {
        while self.looked.try_recv().is_ok() {}
        for _ in 0..2 {
            self.looked
                .recv()
                .expect("the thread looks until it is stopped");
        }
    }

    fn stop(self) -> Vec<Process> {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}
