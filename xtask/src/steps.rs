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
/// Lines by which a red run says at its end what failed: whoever sees only those needs no log.
const CLOSING: usize = 20;
/// Of these, lines for one step, besides its name.
const CLOSING_OF_A_STEP: usize = 13;
/// Characters of one of them.
const CLOSING_WIDTH: usize = 200;

/// The steps of one command.
#[derive(Debug)]
pub(crate) struct Steps {
    started: Instant,
    logs: PathBuf,
    taken: u32,
    failed: Vec<Failure>,
    counted: Counted,
}

/// A step that failed, and what its output says of it.
#[derive(Debug)]
struct Failure {
    step: String,
    output: String,
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
            self.note(name, output);
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
        if let Err(error) = &outcome {
            self.note(name, error.to_string());
        }
        outcome.map_err(|error| format!("{name}: {error}").into())
    }

    /// Notes a failure that is no step's own, such as a setup that later steps needed.
    pub(crate) fn fail(&mut self, why: impl Into<String>) {
        let why = why.into();
        println!("{} FAILED  {why}", self.clock());
        // A step that later ones cannot do without has noted itself.
        let noted = |failure: &Failure| why.starts_with(&failure.step);
        if !self.failed.iter().any(noted) {
            self.note(&why, String::new());
        }
    }

    /// Prints what failed and what was counted; the exit code follows from both.
    pub(crate) fn finish(self) -> ExitCode {
        println!();
        for line in closing_report(&self.failed) {
            println!("{line}");
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
        }
    }

    fn note(&mut self, step: &str, output: String) {
        self.failed.push(Failure {
            step: step.to_owned(),
            output,
        });
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
        } else if line.starts_with("E  ") {
            lines.push(line);
        } else if line.trim_start().starts_with("not ok ") {
            lines.push(line);
            // Its block of YAML.
            lines.extend(
                rest.by_ref()
                    .take(MESSAGE)
                    .take_while(|line| line.trim() != "..."),
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

/// The steps that failed, with the names of their tests and the beginning of what they said.
fn closing_report(failed: &[Failure]) -> Vec<String> {
    let mut lines = Vec::new();
    let steps = failed.len().min(CLOSING);
    let each = CLOSING_OF_A_STEP.min((CLOSING - steps) / steps.max(1));
    for Failure { step, output } in &failed[..steps] {
        lines.push(clipped(&format!("FAILED: {step}")));
        let names = failed_tests(output);
        let said = what_failed(output)
            .into_iter()
            .filter(|line| !line.trim().is_empty() && failed_test(line).is_none())
            .map(str::to_owned);
        let named = (!names.is_empty()).then(|| names.join(", "));
        let report = named.into_iter().chain(said).take(each);
        lines.extend(report.map(|line| format!("  | {}", clipped(&line))));
    }
    if failed.len() > steps {
        lines.pop();
        lines.push(format!("and {} more", failed.len() - steps + 1));
    }
    lines
}

fn failed_tests(output: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for name in output.lines().filter_map(failed_test) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The name of a test, from the line by which cargo test, pytest or node says that it failed.
fn failed_test(line: &str) -> Option<&str> {
    let line = line.trim();
    if let Some(test) = line.strip_prefix("test ") {
        return test.strip_suffix(" ... FAILED");
    }
    if let Some(test) = line.strip_prefix("FAILED ") {
        return Some(test.split(" - ").next().unwrap_or(test));
    }
    Some(line.strip_prefix("not ok ")?.split_once(" - ")?.1)
}

fn clipped(line: &str) -> String {
    let mut clipped: String = line.chars().take(CLOSING_WIDTH).collect();
    if clipped.len() < line.len() {
        clipped.push('…');
    }
    clipped
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
    fn closes_with_what_failed() {
        let cases = [
            (
                "test a ... ok\ntest b::c ... FAILED\n\nthread 'b::c' (17) panicked at src/lib.rs:3:5:\n\
                 it is so\nnote: run with `RUST_BACKTRACE=1`\n",
                "b::c",
                "it is so",
            ),
            (
                "..F.\n____ test_a ____\n>       assert 1 == 2\nE       assert 1 == 2\n\
                 FAILED tests/test_a.py::test_a[x-y] - assert 1 == 2\n1 failed, 3 passed in 2.00s\n",
                "tests/test_a.py::test_a[x-y]",
                "assert 1 == 2",
            ),
            (
                "ok 1 - a\nnot ok 2 - b\n  ---\n  error: 'it is not so'\n  ...\n",
                "b",
                "error: 'it is not so'",
            ),
            ("mypy.py:3: error: no such name\n", "", "no such name"),
        ];
        for (output, name, message) in cases {
            let failure = || Failure {
                step: "one step".to_owned(),
                output: output.to_owned(),
            };
            let lines = closing_report(&[failure()]);
            assert_eq!(lines[0], "FAILED: one step");
            assert_eq!(failed_tests(output).concat(), name);
            assert!(lines[1].contains(name), "{lines:?}");
            assert!(lines.iter().any(|line| line.contains(message)), "{lines:?}");
            for steps in [2, 7, 19, 20, 21, 50] {
                let failed: Vec<_> = (0..steps).map(|_| failure()).collect();
                assert!(closing_report(&failed).len() <= CLOSING);
            }
        }
        let long = Failure {
            step: "long".to_owned(),
            output: "x".repeat(9000),
        };
        assert_eq!(
            closing_report(&[long])[1].chars().count(),
            4 + CLOSING_WIDTH + 1
        );
        assert!(closing_report(&[]).is_empty());
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
