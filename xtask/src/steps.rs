//! Steps with a progress line each, and the tests that their runners counted.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use testbed::tools;

use crate::Result;

/// How often a long step shows that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// Lines of a failed step's output that are shown at once.
const TAIL: usize = 80;
/// Lines of one panic's or error's message that are shown.
const MESSAGE: usize = 20;

/// The steps of one command.
#[derive(Debug)]
pub(crate) struct Steps {
    started: Instant,
    logs: PathBuf,
    taken: u32,
    failed: Vec<String>,
    counted: Counted,
}

/// Tests as their own runners counted them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counted {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Steps {
    pub(crate) fn new(command: &str) -> Result<Self> {
        let logs = tools::target_directory().join("xtask/logs").join(command);
        if logs.exists() {
            fs::remove_dir_all(&logs)?;
        }
        fs::create_dir_all(&logs)?;
        let counted = Counted::default();
        Ok(Self {
            started: Instant::now(),
            logs,
            taken: 0,
            failed: Vec::new(),
            counted,
        })
    }

    /// Runs a step that later ones can do without; `false` when it failed.
    pub(crate) fn check(&mut self, name: &str, command: &mut Command) -> bool {
        let started = self.begin(name);
        let outcome = self.execute(name, command);
        let (succeeded, output) = match outcome {
            Ok((succeeded, log)) => (
                succeeded,
                String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned(),
            ),
            Err(error) => (false, error.to_string()),
        };
        for line in closing_lines(&output) {
            println!("           {line}");
        }
        self.counted.add(count(&output));
        self.end(name, started, succeeded);
        if !succeeded {
            for line in what_failed(&output) {
                println!("         | {line}");
            }
        }
        succeeded
    }

    /// Runs a step that later ones cannot do without.
    ///
    /// # Errors
    /// When it failed.
    pub(crate) fn need(&mut self, name: &str, command: &mut Command) -> Result<()> {
        if self.check(name, command) {
            Ok(())
        } else {
            Err(format!("{name} failed").into())
        }
    }

    /// A step that is not one command.
    ///
    /// # Errors
    /// What `work` says.
    pub(crate) fn task<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let started = self.begin(name);
        let outcome = work();
        self.end(name, started, outcome.is_ok());
        outcome.map_err(|error| format!("{name}: {error}").into())
    }

    /// Notes a failure that is no step's own, such as a setup that later steps needed.
    pub(crate) fn fail(&mut self, why: impl Into<String>) {
        let why = why.into();
        println!("{} FAILED  {why}", self.clock());
        self.failed.push(why);
    }

    /// Prints what failed and what was counted; the exit code follows from both.
    pub(crate) fn finish(self) -> ExitCode {
        println!();
        for name in &self.failed {
            println!("FAILED: {name}");
        }
        let Counted {
            passed,
            failed,
            skipped,
        } = self.counted;
        let broken = u64::try_from(self.failed.len()).unwrap_or(u64::MAX);
        let steps = u64::from(self.taken);
        println!(
            "{} steps, {broken} failed, {:.0} s; whole output in {}",
            steps,
            self.started.elapsed().as_secs_f32(),
            self.logs.display()
        );
        if passed + failed > 0 {
            println!("{passed} passed, {failed} failed, {skipped} ignored");
        }
        if broken + failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn begin(&mut self, name: &str) -> Instant {
        self.taken += 1;
        println!("{} {name} …", self.clock());
        Instant::now()
    }

    fn end(&mut self, name: &str, started: Instant, succeeded: bool) {
        let seconds = started.elapsed().as_secs_f32();
        if succeeded {
            println!("{} ok      {name} ({seconds:.1} s)", self.clock());
        } else {
            println!("{} FAILED  {name} ({seconds:.1} s)", self.clock());
            self.failed.push(name.to_owned());
        }
    }

    fn clock(&self) -> String {
        format!("[{:5.0} s]", self.started.elapsed().as_secs_f32())
    }

    fn execute(&self, name: &str, command: &mut Command) -> Result<(bool, PathBuf)> {
        let file: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let log = self.logs.join(format!("{:02}-{file}.log", self.taken));
        let output = File::create(&log)?;
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let mut child = command
            .spawn()
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        let (done, wait) = mpsc::channel();
        let waiter = std::thread::spawn(move || {
            let status = child.wait();
            // The receiver waits until this is sent.
            let _ = done.send(());
            status
        });
        while wait.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
            println!("{}         … {}", self.clock(), last_line(&log));
        }
        let status = waiter
            .join()
            .map_err(|_| "the thread that waits panicked")??;
        Ok((status.success(), log))
    }
}

impl Counted {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

fn last_line(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let line = text
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    line.trim().chars().take(100).collect()
}

/// The tests that failed and where they panicked, or else the end of the output.
fn what_failed(output: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = output.lines();
    while let Some(line) = rest.next() {
        if line.contains(" panicked at ") {
            lines.push(line);
            // The message, up to the backtrace.
            lines.extend(
                rest.by_ref()
                    .take(MESSAGE)
                    .take_while(|line| !is_trace(line)),
            );
        } else if line.starts_with("error") || line.starts_with("FAILED ") {
            lines.push(line);
            lines.extend(
                rest.by_ref()
                    .take(MESSAGE)
                    .take_while(|line| !line.trim().is_empty()),
            );
        }
    }
    if lines.is_empty() {
        lines = output.lines().collect();
        lines.drain(..lines.len().saturating_sub(TAIL));
    }
    lines.truncate(3 * TAIL);
    lines
}

fn is_trace(line: &str) -> bool {
    line.starts_with("stack backtrace:") || line.starts_with("note: run with `RUST_BACKTRACE")
}

/// The closing lines of cargo test (with the binary's name), pytest, node, mypy, stubtest,
/// pyright and libFuzzer, as those printed them.
fn closing_lines(output: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut binary = "";
    for line in output.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("Running ") {
            binary = rest.split(" (").next().unwrap_or(rest);
            if let Some(path) = rest
                .rsplit_once('(')
                .map(|(_, path)| path.trim_end_matches(')'))
            {
                binary = path.rsplit('/').next().unwrap_or(path);
            }
        } else if let Some(rest) = line.strip_prefix("Doc-tests ") {
            binary = rest;
        } else if line.starts_with("test result: ") {
            let mut text = String::new();
            let _ = write!(text, "{line}  ({binary})");
            lines.push(text);
        } else if is_pytest_summary(line)
            || node_count(line).is_some()
            || line.starts_with("Success: no issues found")
            || (line.contains(" errors, ") && line.contains(" warnings, "))
            || (line.starts_with("Done ") && line.contains(" runs in "))
        {
            lines.push(line.to_owned());
        }
    }
    lines
}

fn is_pytest_summary(line: &str) -> bool {
    let line = line.trim_matches(['=', ' ']);
    line.starts_with(|c: char| c.is_ascii_digit())
        && line.contains(" in ")
        && [" passed", " failed", " error"]
            .iter()
            .any(|word| line.contains(word))
}

/// Word and number of `# pass 12`, and so on, of `node --test`.
fn node_count(line: &str) -> Option<(&str, u64)> {
    let (word, number) = line.strip_prefix("# ")?.split_once(' ')?;
    let known = ["pass", "fail", "cancelled", "skipped", "todo"].contains(&word);
    Some((word, number.parse().ok()?)).filter(|_| known)
}

fn count(output: &str) -> Counted {
    let mut counted = Counted::default();
    for line in closing_lines(output) {
        if let Some((word, number)) = node_count(&line) {
            match word {
                "pass" => counted.passed += number,
                "fail" | "cancelled" => counted.failed += number,
                _ => counted.skipped += number,
            }
            continue;
        }
        let rust = line.starts_with("test result: ");
        if !rust && !is_pytest_summary(&line) {
            continue;
        }
        let words: Vec<&str> = line
            .split([' ', ';', ',', '=', '.'])
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u64>() else {
                continue;
            };
            match pair[1] {
                "passed" => counted.passed += number,
                "failed" | "error" | "errors" => counted.failed += number,
                "ignored" | "skipped" => counted.skipped += number,
                _ => {}
            }
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_failed() {
        let output = "\
test a ... ok
thread 'b' (17) panicked at src/lib.rs:3:5:
it is so
stack backtrace:
   0: rust_begin_unwind
error[E0499]: cannot borrow
  --> src/lib.rs:1:1

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out
";
        let shown = what_failed(output);
        assert_eq!(shown.len(), 4, "{shown:?}");
        assert_eq!(
            what_failed("nothing that is known"),
            ["nothing that is known"]
        );
    }

    #[test]
    fn counts_what_runners_say() {
        let output = "\
     Running unittests src/lib.rs (target/debug/deps/kz_core-0123)
test result: ok. 13 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.22s
   Doc-tests kz_core
test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s
==== 1 failed, 40 passed, 3 skipped, 2 errors in 1.29s ====
# tests 9
# pass 5
# fail 1
# cancelled 1
# skipped 2
# todo 0
Success: no issues found in 12 source files
0 errors, 0 warnings, 0 informations
Done 2097152 runs in 61 second(s)
";
        assert_eq!(
            count(output),
            Counted {
                passed: 61,
                failed: 6,
                skipped: 7
            }
        );
        let lines = closing_lines(output);
        assert_eq!(lines.len(), 11);
        assert!(lines[0].ends_with("(kz_core-0123)") && lines[1].ends_with("(kz_core)"));
    }
}
