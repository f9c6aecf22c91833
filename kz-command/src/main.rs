//! The program `kz`: starts MCP servers with their secrets and keeps those
//! secrets out of what the servers say.
//!
//! One file a command; `run/` supervises the child of `kz run`.

mod check;
mod cli;
mod failure;
mod logging;
mod platform;
mod redact;
mod reference;
#[cfg(unix)]
mod run;
#[cfg(not(unix))]
#[path = "run/unsupported.rs"]
mod run;
mod status;
mod trust;
mod usage;

use std::process::ExitCode;

use cli::{Cli, Command};
use failure::Failure;

fn main() -> ExitCode {
    platform::hide_memory();
    logging::install_panic_hook();
    let arguments: Vec<_> = std::env::args_os().collect();
    #[cfg(unix)]
    if let Some(group) = run::watch::requested(&arguments) {
        return run::watch::watch(group);
    }
    let (runs, outcome) = match usage::parse(&arguments) {
        Ok(cli) => {
            logging::start();
            (matches!(cli.command, Command::Run(_)), dispatch(cli))
        }
        Err(usage::Refused::Shown) => return ExitCode::SUCCESS,
        Err(usage::Refused::Usage { failure, runs }) => (runs, Err(failure)),
    };
    outcome.unwrap_or_else(|failure| {
        failure.print();
        if runs {
            run::refuse::answer_client(&failure);
        }
        failure.exit_code()
    })
}

fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Run(arguments) => run::run(&cli.global, &arguments),
        Command::Redact(arguments) => redact::redact(&cli.global, &arguments),
        Command::Check => check::check(&cli.global),
        Command::Status => status::status(&cli.global),
        Command::Trust(arguments) => trust::trust(&arguments),
    }
}
