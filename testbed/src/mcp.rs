//! An MCP server as a client sees it: stdio, JSON-RPC a line, everything with a deadline.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::processes::{self, Process};
use crate::{Result, wait_until};

/// How long a server may take to answer, unless told otherwise.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A started server; killed with its process group when dropped.
#[derive(Debug)]
pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    shared: Arc<Shared>,
    readers: Vec<JoinHandle<()>>,
    next_id: u64,
    deadline: Duration,
}

/// What is left of a server that has ended.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// All bytes of stdout.
    pub stdout: Vec<u8>,
    /// All bytes of stderr.
    pub stderr: Vec<u8>,
}

#[derive(Debug, Default)]
struct Shared {
    output: Mutex<Output>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Output {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// Messages that parsed and were not taken yet.
    messages: Vec<Value>,
    stdout_ended: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// Starts the server in a process group of its own. Says nothing to it yet.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(mut command: Command) -> Result<Self> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.process_group(0);
        let mut child = command.spawn()?;
        let shared: Arc<Shared> = Arc::default();
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().ok_or("stdout is a pipe")?;
        let stderr = child.stderr.take().ok_or("stderr is a pipe")?;
        let readers = vec![
            std::thread::spawn({
                let shared = Arc::clone(&shared);
                move || read_messages(stdout, &shared)
            }),
            std::thread::spawn({
                let shared = Arc::clone(&shared);
                move || read_text(stderr, &shared)
            }),
        ];
        Ok(Self {
            child,
            stdin,
            shared,
            readers,
            next_id: 0,
            deadline: DEADLINE,
        })
    }

    /// Sets the time that each answer may take; [`DEADLINE`] by default.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// `initialize`, then `notifications/initialized`; gives the server's whole answer.
    ///
    /// # Errors
    /// As [`Client::request`].
    pub fn initialize(&mut self) -> Result<Value> {
        let parameters = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": { "name": "kz-testbed", "version": "1" },
        });
        let answer = self.request("initialize", parameters)?;
        if answer.get("result").is_some() {
            self.notify("notifications/initialized", json!({}))?;
        }
        Ok(answer)
    }

    /// `tools/list`; gives the names.
    ///
    /// # Errors
    /// As [`Client::request`], and when the answer is not a list of tools.
    pub fn list_tools(&mut self) -> Result<Vec<String>> {
        let answer = self.request("tools/list", json!({}))?;
        let tools = answer["result"]["tools"].as_array();
        let tools = tools.ok_or_else(|| format!("not a list of tools: {answer}"))?;
        Ok(tools
            .iter()
            .filter_map(|tool| tool["name"].as_str().map(String::from))
            .collect())
    }

    /// `tools/call`; gives the whole answer, be it `result` or `error`.
    ///
    /// # Errors
    /// As [`Client::request`].
    #[expect(clippy::needless_pass_by_value, reason = "callers write `json!(…)`")]
    pub fn call_tool(&mut self, name: &str, arguments: Value) -> Result<Value> {
        self.request(
            "tools/call",
            json!({ "name": name, "arguments": arguments }),
        )
    }

    /// `ping`.
    ///
    /// # Errors
    /// As [`Client::request`].
    pub fn ping(&mut self) -> Result<Value> {
        self.request("ping", json!({}))
    }

    /// Sends a request and waits for the message with its id: `{"jsonrpc": …, "id": …,
    /// "result" or "error": …}`.
    ///
    /// # Errors
    /// When the server ends or the deadline passes first. An `error` of the server is an
    /// answer, not an `Err`.
    #[expect(clippy::needless_pass_by_value, reason = "callers write `json!(…)`")]
    pub fn request(&mut self, method: &str, parameters: Value) -> Result<Value> {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}))?;
        self.wait_message(|message| message["id"] == id && message.get("method").is_none())
            .map_err(|error| format!("{method}: {error}").into())
    }

    /// Sends a notification.
    ///
    /// # Errors
    /// When the server has closed its stdin.
    #[expect(clippy::needless_pass_by_value, reason = "callers write `json!(…)`")]
    pub fn notify(&mut self, method: &str, parameters: Value) -> Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": parameters }))
    }

    /// Sends one message.
    ///
    /// # Errors
    /// When the server has closed its stdin.
    pub fn send(&mut self, message: &Value) -> Result<()> {
        self.send_raw(format!("{message}\n").as_bytes())
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the server has closed its stdin.
    pub fn send_raw(&mut self, bytes: &[u8]) -> Result<()> {
        let stdin = self.stdin.as_mut().ok_or("stdin is closed")?;
        stdin.write_all(bytes)?;
        Ok(stdin.flush()?)
    }

    /// Waits for a message of the server that `wanted` accepts and takes it; others stay.
    ///
    /// # Errors
    /// When the server ends or the deadline passes first.
    pub fn wait_message(&self, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let end = Instant::now() + self.deadline;
        let mut output = self.shared.lock();
        loop {
            if let Some(place) = output.messages.iter().position(&wanted) {
                return Ok(output.messages.remove(place));
            }
            let left = end.saturating_duration_since(Instant::now());
            if output.stdout_ended || left.is_zero() {
                let why = if left.is_zero() {
                    "no answer in time"
                } else {
                    "the server ended"
                };
                let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
                return Err(format!("{why}; its stderr: {stderr}").into());
            }
            let waited = self.shared.changed.wait_timeout(output, left);
            output = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until stderr holds this text.
    ///
    /// # Errors
    /// When the deadline passes first.
    pub fn wait_stderr(&self, text: &str) -> Result<()> {
        let found = wait_until(self.deadline, || {
            let stderr = self.stderr();
            stderr
                .windows(text.len())
                .any(|w| w == text.as_bytes())
                .then_some(())
        });
        found.ok_or_else(|| {
            let stderr = String::from_utf8_lossy(&self.stderr()).into_owned();
            format!("not on stderr: {text}; it has: {stderr}").into()
        })
    }

    /// All bytes of stdout so far.
    pub fn stdout(&self) -> Vec<u8> {
        self.shared.lock().stdout.clone()
    }

    /// All bytes of stderr so far.
    pub fn stderr(&self) -> Vec<u8> {
        self.shared.lock().stderr.clone()
    }

    /// Process id of what was started.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What was started and all its descendants, as `/proc` shows them now.
    pub fn tree(&self) -> Vec<Process> {
        processes::tree(self.pid())
    }

    /// Closes stdin, as a client that leaves, and waits for the end.
    ///
    /// # Errors
    /// When the server does not end before the deadline; it is killed then.
    pub fn close(mut self) -> Result<Ended> {
        drop(self.stdin.take());
        self.wait()
    }

    /// Waits for the server to end by itself.
    ///
    /// # Errors
    /// When it does not end before the deadline; it is killed then.
    pub fn wait(mut self) -> Result<Ended> {
        let ended = wait_until(self.deadline, || self.child.try_wait().ok().flatten());
        let Some(status) = ended else {
            let stderr = String::from_utf8_lossy(&self.stderr()).into_owned();
            return Err(format!("it did not end in time; its stderr: {stderr}").into());
        };
        // Something that it started may hold the pipes still.
        self.kill_group();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        Ok(Ended {
            status,
            stdout: self.stdout(),
            stderr: self.stderr(),
        })
    }

    fn kill_group(&self) {
        let group = i32::try_from(self.child.id()).expect("process ids fit into i32");
        // Gone already is as good as killed.
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.stdin.take());
        self.kill_group();
        let _ = self.child.wait();
    }
}

fn read_messages(stdout: impl Read, shared: &Shared) {
    let mut stdout = BufReader::new(stdout);
    let mut line = Vec::new();
    while let Ok(1..) = stdout.read_until(b'\n', &mut line) {
        let mut output = shared.lock();
        output.stdout.extend_from_slice(&line);
        output
            .messages
            .extend(serde_json::from_slice::<Value>(&line));
        shared.changed.notify_all();
        line.clear();
    }
    shared.lock().stdout_ended = true;
    shared.changed.notify_all();
}

fn read_text(mut stderr: impl Read, shared: &Shared) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stderr.read(&mut buffer) {
        shared.lock().stderr.extend_from_slice(&buffer[..length]);
        shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(script: &str) -> Client {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Client::start(command).unwrap()
    }

    #[test]
    fn speaks_to_a_server_by_the_line() {
        let mut client = server(
            r#"echo starting >&2; read -r _
               echo not json
               echo '{"jsonrpc":"2.0","method":"notifications/message","params":{}}'
               echo '{"jsonrpc":"2.0","id":1,"result":{}}'
               read -r initialized; echo "$initialized" >&2
               read -r _; echo '{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"a"}]}}'
               cat >/dev/null; exit 3"#,
        );
        assert_eq!(client.initialize().unwrap()["result"], json!({}));
        client
            .wait_message(|m| m["method"] == "notifications/message")
            .unwrap();
        assert_eq!(client.list_tools().unwrap(), ["a"]);
        client.wait_stderr("notifications/initialized").unwrap();
        let ended = client.close().unwrap();
        assert_eq!(ended.status.code(), Some(3));
        assert!(ended.stdout.starts_with(b"not json\n"));
        assert!(ended.stderr.starts_with(b"starting\n"));
    }

    #[test]
    fn a_server_that_ends_or_hangs_is_an_error() {
        let mut client = server("echo why >&2; exit 1");
        let error = client.initialize().unwrap_err().to_string();
        assert!(error.contains("ended") || error.contains("pipe"), "{error}");
        let mut client = server("sleep 600").deadline(Duration::from_millis(100));
        assert!(
            client
                .ping()
                .unwrap_err()
                .to_string()
                .contains("no answer in time")
        );
    }
}
