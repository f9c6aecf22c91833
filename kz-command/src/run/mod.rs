//! `kz run`: starts a server with its secrets and stands between it and its client.
//!
//! What goes in: [`grants`] says which secrets, [`environment`] what else.
//! What comes out: [`pump`] carries it through a [`sieve`]. [`supervise`] keeps
//! the [`server`] and all that it starts; [`watch`] ends them if kz is killed;
//! [`refuse`] answers a client when there is no server.

pub(crate) mod credentials;
mod environment;
mod grants;
#[cfg(test)]
mod properties;
mod pump;
pub(crate) mod refuse;
mod server;
pub(crate) mod sieve;
mod supervise;
pub(crate) mod watch;

use std::{ffi::OsString, process::ExitCode, sync::Arc};

use kz_core::AuditEvent;
use kz_engine::Secrets;
use kz_mcp::MessageFilter;
use kz_redact::{Mode, Redactor};

use crate::{
    cli::{Global, RunArguments},
    failure::{Failure, say},
    logging,
};
use credentials::Registered;
use environment::{Base, Inherited};
use grants::Grants;
use supervise::Output;

/// Runs the server and gives its exit status, or says why it was not started.
pub(crate) fn run(global: &Global, arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let mut options = global.open_options().manifest_optional(true);
    for secret in &arguments.secrets {
        options = options.extra(secret.name.clone(), secret.reference.clone());
    }
    let manifest = options.load()?;
    let grants = Grants::choose(&manifest, arguments)?;
    let variables: Vec<_> = std::env::vars_os().collect();
    let base = match (arguments.clean_env, arguments.keep_env) {
        (true, _) => Base::Clean,
        (_, true) => Base::Keep,
        _ => Base::Inherit,
    };
    let inherited = Inherited::choose(&variables, base, &manifest, &grants)?;

    let mut names = grants.names();
    for (name, reference) in inherited.references() {
        options = options.extra(name.clone(), reference.clone());
        names.push(name.clone());
    }
    let runtime = runtime()?;
    let secrets = runtime.block_on(logging::around(options.only(names)))?;
    let redactor = secrets.redactor();
    let mut registered = credentials::register_named(redactor, &variables);
    let environment = environment::complete(inherited, &grants, &secrets)?;
    let report = arguments.report || redactor.mode() == Mode::Report;
    record(&secrets, arguments, report)?;

    let code = runtime.block_on(async {
        let output = Output {
            filter: Arc::new(MessageFilter::new(redactor.clone())),
            redactor: redactor.clone(),
            report,
        };
        let signals = supervise::Signals::listen();
        let server = server::Server::start(&arguments.command, environment.variables)?;
        // What takes time is done while the server starts up; nothing of what it
        // says is carried until then.
        credentials::register_shaped(redactor, &variables, &mut registered);
        announce(&grants, &environment.resolved, &registered);
        warn_of_arguments(redactor, &arguments.command);
        credentials::register_arguments(redactor, &arguments.command);
        let code = supervise::supervise(server, signals, output).await;
        // Its outcome is not the server's; and there is nobody left to wait for it.
        let _ = tokio::time::timeout(supervise::GRACE, secrets.close()).await;
        Ok::<_, Failure>(code)
    })?;
    if report {
        say(&format!(
            "REPORT MODE: {} findings left as they were",
            redactor.findings()
        ));
    }
    runtime.shutdown_background();
    Ok(ExitCode::from(code))
}

/// The runtime that secrets are fetched on. One thread: the server must be
/// started by the thread that lives as long as kz.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| Failure::failed("there are no descriptors or threads left"))
}

/// One line that says what is granted and what is guarded, by name.
fn announce(grants: &Grants, resolved: &[String], registered: &Registered) {
    let granted = grants.variables();
    let parts: Vec<String> = [
        ("granted", granted.as_slice()),
        ("resolved", resolved),
        ("masking", &registered.masked),
        ("too short to mask:", &registered.weak),
    ]
    .iter()
    .filter(|(_, names)| !names.is_empty())
    .map(|(what, names)| format!("{what} {}", names.join(", ")))
    .collect();
    if !parts.is_empty() {
        say(&parts.join("; "));
    }
}

/// A command line can be read by every user of the machine. It is the caller's,
/// so this is no error.
fn warn_of_arguments(redactor: &Redactor, command: &[OsString]) {
    for (index, argument) in command.iter().enumerate() {
        let text = argument.to_string_lossy();
        if let Some(finding) = redactor.scan(&text).first() {
            let what = finding.name.as_deref().unwrap_or(&finding.rule);
            say(&format!(
                "warning: word {} of the server's command holds a secret ({what}), and a command \
                 line can be read by everybody on this machine: grant it by name instead",
                index + 1
            ));
        }
    }
}

/// Writes the start down, and that masking is off if it is.
fn record(secrets: &Secrets, arguments: &RunArguments, report: bool) -> Result<(), Failure> {
    let event = |action: &'static str| {
        let mut event = AuditEvent::new(action, String::new());
        event.subject.clone_from(&arguments.server);
        event
    };
    secrets.audit(event("run"))?;
    if report {
        secrets.audit(event("guard_off"))?;
        say("REPORT MODE: nothing is masked; what the server says may hold secrets");
    }
    Ok(())
}
