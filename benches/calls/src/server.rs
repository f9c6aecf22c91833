//! A server as its client sees it.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// How many secrets the servers with kz know.
pub(crate) const SECRETS: usize = 10;

/// A started server, past its `initialize`.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    next: u64,
}

impl Server {
    /// Starts a command with the secrets in its environment and the manifest named.
    pub(crate) fn start(name: &'static str, words: &[&str], manifest: &Path) -> Self {
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", manifest.parent().expect("it lies in a folder"))
            .env("KEYZERO_CONFIG", manifest);
        for number in 0..SECRETS {
            command.env(format!("SECRET_{number}"), secret(number));
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {}: {error}", words[0]));
        let mut server = Self {
            name,
            stdin: child.stdin.take().expect("a pipe"),
            stdout: BufReader::new(child.stdout.take().expect("a pipe")),
            child,
            next: 1,
        };
        server.say(
            r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#,
        );
        server.hear(r#""id":0"#, "capabilities");
        server.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        server
    }

    /// The time of so many calls, of which up to `ahead` are under way at once.
    pub(crate) fn calls(&mut self, count: u64, ahead: u64, text: &str) -> Duration {
        let start = Instant::now();
        let first = self.next;
        let mut sent = 0;
        let mut heard = 0;
        while heard < count {
            while sent < count && sent - heard < ahead {
                let id = first + sent;
                self.say(&format!(
                    r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"echo","arguments":{{"text":"{text}"}}}}}}"#
                ));
                sent += 1;
            }
            self.hear(r#""result""#, text);
            heard += 1;
        }
        self.next += count;
        start.elapsed()
    }

    /// What it makes of the value of a secret.
    pub(crate) fn echo(&mut self, text: &str) -> String {
        let id = self.next;
        self.next += 1;
        self.say(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"echo","arguments":{{"text":"{text}"}}}}}}"#
        ));
        self.line()
    }

    /// The processors' time that its processes have taken so far.
    pub(crate) fn cpu(&self) -> Duration {
        tree(self.child.id()).into_iter().map(cpu).sum()
    }

    fn say(&mut self, message: &str) {
        // In one write, as a client does.
        let line = format!("{message}\n");
        self.stdin.write_all(line.as_bytes()).expect(self.name);
    }

    /// Reads one message, which must be the one that is waited for.
    fn hear(&mut self, one: &str, other: &str) {
        let line = self.line();
        assert!(
            line.contains(one) && line.contains(other),
            "{}: {line}",
            self.name
        );
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect(self.name);
        line
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends with its input; a benchmark does not wait for that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process and those that it started.
fn tree(process: u32) -> Vec<u32> {
    let mut all = vec![process];
    let tasks = std::fs::read_dir(format!("/proc/{process}/task"));
    for task in tasks.into_iter().flatten().flatten() {
        let children = std::fs::read_to_string(task.path().join("children"));
        for child in children.unwrap_or_default().split_ascii_whitespace() {
            all.extend(child.parse().map(tree).unwrap_or_default());
        }
    }
    all
}

/// User and system time from the process table, which counts in hundredths of a second.
fn cpu(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

/// Made-up values of 32 characters.
pub(crate) fn secret(number: usize) -> String {
    format!("kz/bench\"canary+{number:016}").replace('"', "%")
}

/// A manifest that grants all of them.
pub(crate) fn manifest() -> String {
    let lines: Vec<String> = (0..SECRETS)
        .map(|number| format!("SECRET_{number} = \"env://SECRET_{number}\"\n"))
        .collect();
    format!("[secrets]\n{}", lines.concat())
}
