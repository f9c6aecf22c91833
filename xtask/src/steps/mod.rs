//! Steps with a progress line each, and the tests that their runners counted.

mod output;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use testbed::tools;

use self::output::{Counted, Failure, closing_lines, closing_report, count, what_failed};
use crate::Result;

/// How often a long step shows that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// The steps of one command.
#[derive(Debug)]
pub(crate) struct Steps {
    started: Instant,
    logs: PathBuf,
    taken: u32,
    failed: Vec<Failure>,
    counted: Counted,
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
