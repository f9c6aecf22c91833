//! `cargo xtask demo`: what a model reads from real servers, without kz and with it.
//!
//! Every secret here is made up for this run. Those in the left column are shown on
//! purpose: they are what the model would have read.

mod cases;
mod table;
mod world;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use serde_json::{Value, json};
use testbed::canary;
use testbed::mcp::Client;
use testbed::tools;

use self::cases::{Case, Expect};
use self::world::World;
use crate::artifacts::{self, Programs};
use crate::node::{Example, Servers};
use crate::python;
use crate::steps::Steps;
use crate::{Error, Result};

/// What the demo runs.
#[derive(Debug)]
pub(crate) struct Kit {
    pub(crate) programs: Programs,
    /// An interpreter that has `kz` and the Python example's requirements.
    pub(crate) python: PathBuf,
    pub(crate) node: Example,
    pub(crate) servers: Servers,
}

/// What one server said, as a client received it.
#[derive(Debug)]
struct Said {
    /// The text of the tool's result, or the error in its place.
    answer: String,
    stderr: String,
    /// Canaries anywhere in stdout or stderr, with the form in which they are there.
    found: Vec<String>,
}

/// One case, without kz and with it.
#[derive(Debug)]
struct Pair {
    case: Case,
    without: Said,
    with: Said,
}

/// All cases.
#[derive(Debug)]
pub(crate) struct Report(Vec<Pair>);

pub(crate) fn run() -> Result<ExitCode> {
    let mut steps = Steps::new("demo")?;
    python::ensure_python(&mut steps)?;
    steps.task("OpenBao and PostgreSQL", || {
        tools::bao()?;
        tools::postgres()
    })?;
    let servers = Servers::install(&mut steps)?;
    let programs = Programs::build(&mut steps)?;
    let example = artifacts::example_venv(&mut steps)?;
    let builder = artifacts::build_venv(&mut steps)?;
    let wheels = tools::target_directory().join("xtask/wheels-demo");
    let wheel = artifacts::wheel(&mut steps, &builder, "dev", &wheels)?;
    example.install_wheel(&mut steps, &wheel)?;
    let node = Example::build(&mut steps, "dev")?;
    let kit = Kit {
        programs,
        python: example.python(),
        node,
        servers,
    };
    let report = steps.task("call every server as an MCP client does", || {
        collect(&kit, |case| println!("           {case}"))
    })?;
    for pair in &report.0 {
        table::print(pair);
    }
    let verdict = report.verdict();
    match &verdict {
        Ok(summary) => println!("\n{summary}"),
        Err(error) => steps.fail(error.to_string()),
    }
    Ok(steps.finish())
}

/// Starts the backends and runs all cases; `progress` hears the title of each.
///
/// # Errors
/// When a backend or a server does not start or does not answer. That something leaked
/// is for [`Report::verdict`].
pub(crate) fn collect(kit: &Kit, mut progress: impl FnMut(&str)) -> Result<Report> {
    let world = World::start()?;
    let mut pairs = Vec::new();
    for case in cases::all(&world) {
        progress(&format!("{}: {}", case.server.title(), case.title));
        let error = |side: &str, error: Error| format!("{}, {side}: {error}", case.title);
        let without = said(&world, &case, case.server.without(kit, &world, &case))
            .map_err(|e| error("without kz", e))?;
        let with = said(&world, &case, case.server.with(kit, &world, &case)?)
            .map_err(|e| error("with kz", e))?;
        pairs.push(Pair {
            case,
            without,
            with,
        });
    }
    Ok(Report(pairs))
}

fn said(world: &World, case: &Case, command: Command) -> Result<Said> {
    let mut client = Client::start(command)?;
    let initialized = client.initialize()?;
    if let Some(error) = initialized.get("error") {
        return Err(format!("initialize was refused: {error}").into());
    }
    let answer = client.call_tool(case.tool, case.arguments.clone())?;
    let ended = client.close()?;
    let mut canaries = world.canaries();
    canaries.extend(case.canaries.iter().cloned());
    let mut found = canary::find(&canaries, &ended.stdout);
    found.extend(
        canary::find(&canaries, &ended.stderr)
            .into_iter()
            .map(|c| c + " on stderr"),
    );
    found.sort();
    found.dedup();
    Ok(Said {
        answer: text_of(&answer),
        stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
        found,
    })
}

/// What a client hands to the model.
fn text_of(answer: &Value) -> String {
    if let Some(error) = answer.get("error") {
        return format!(
            "error {}: {}",
            error["code"],
            error["message"].as_str().unwrap_or("")
        );
    }
    let content = answer["result"]["content"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let texts: Vec<&str> = content
        .iter()
        .filter_map(|block| block["text"].as_str())
        .collect();
    let is_error = answer["result"]["isError"] == json!(true);
    format!(
        "{}{}",
        if is_error { "tool error: " } else { "" },
        texts.join("\n")
    )
}

impl Report {
    /// A summary, when nothing leaked with kz, everything that should leak without it
    /// did, and what should work is the same with and without.
    ///
    /// # Errors
    /// What is not so, by case. It names canaries, never their values.
    pub(crate) fn verdict(&self) -> Result<String> {
        let mut wrong = Vec::new();
        for Pair {
            case,
            without,
            with,
        } in &self.0
        {
            let name = format!("{}, {}", case.server.title(), case.title);
            if !with.found.is_empty() {
                wrong.push(format!(
                    "{name}: with kz it leaks {}",
                    with.found.join(", ")
                ));
            }
            match case.expect {
                Expect::Leak if without.found.is_empty() => {
                    wrong.push(format!(
                        "{name}: without kz nothing leaks, so it shows nothing"
                    ));
                }
                Expect::Same if without.answer != with.answer => {
                    wrong.push(format!("{name}: kz changes the answer"));
                }
                Expect::Leak | Expect::Same => {}
            }
        }
        if !wrong.is_empty() {
            return Err(wrong.join("; ").into());
        }
        let leaks: usize = self
            .0
            .iter()
            .filter(|pair| !pair.without.found.is_empty())
            .count();
        Ok(format!(
            "{} calls: without kz {leaks} gave a secret away; with kz none did, and what \
             worked still works.",
            self.0.len()
        ))
    }
}
