//! What is started.

use std::path::PathBuf;
use std::process::Command;

use testbed::{backends_are_required, skipped, tools};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject {
    RustGuarded,
    RustUnguarded,
    PythonGuarded,
    PythonUnguarded,
    NodeGuarded,
    NodeUnguarded,
    /// `@modelcontextprotocol/server-everything`, which shows its environment.
    EverythingUnguarded,
    /// The unguarded servers under `kz run`.
    RunRust,
    RunPython,
    RunNode,
    RunEverything,
    /// `kz` itself, with these arguments; it is no server.
    Command(&'static [&'static str]),
}

impl Subject {
    /// Program and arguments; `None`, after a loud line, when one was not built.
    pub(crate) fn program(&self) -> Option<Vec<String>> {
        let python = |script: &str| {
            let script = tools::workspace()
                .join("examples/python-postgres")
                .join(script);
            Some(vec![named("KZ_TEST_PYTHON")?, script.display().to_string()])
        };
        let node = |variable: &str| Some(vec!["node".to_owned(), named(variable)?]);
        let run = |server: Subject| {
            let mut command = vec![named("KZ_TEST_KZ")?, "run".to_owned(), "--".to_owned()];
            command.extend(server.program()?);
            Some(command)
        };
        match self {
            Self::RustGuarded => Some(vec![named("KZ_TEST_RUST_GUARDED")?]),
            Self::RustUnguarded => Some(vec![named("KZ_TEST_RUST_UNGUARDED")?]),
            Self::PythonGuarded => python("guarded.py"),
            Self::PythonUnguarded => python("unguarded.py"),
            Self::NodeGuarded => node("KZ_TEST_NODE_GUARDED"),
            Self::NodeUnguarded => node("KZ_TEST_NODE_UNGUARDED"),
            Self::EverythingUnguarded => node("KZ_TEST_NPM_EVERYTHING"),
            Self::RunRust => run(Self::RustUnguarded),
            Self::RunPython => run(Self::PythonUnguarded),
            Self::RunNode => run(Self::NodeUnguarded),
            Self::RunEverything => run(Self::EverythingUnguarded),
            Self::Command(arguments) => {
                let arguments = arguments.iter().map(|word| (*word).to_owned());
                Some(
                    std::iter::once(named("KZ_TEST_KZ")?)
                        .chain(arguments)
                        .collect(),
                )
            }
        }
    }

    pub(crate) fn is_server(&self) -> bool {
        !matches!(self, Self::Command(_))
    }

    /// Whether kz is in it and reads the vault.
    pub(crate) fn resolves(&self) -> bool {
        match self {
            _ if self.is_bare() => false,
            Self::Command(arguments) => *arguments == ["status"],
            _ => true,
        }
    }

    /// Whether it is `kz run` with a child.
    pub(crate) fn wraps(&self) -> bool {
        matches!(
            self,
            Self::RunRust | Self::RunPython | Self::RunNode | Self::RunEverything
        )
    }

    /// Whether it has the tool `query`; the server from npm has `get-env` instead.
    pub(crate) fn queries(&self) -> bool {
        self.is_server() && !matches!(self, Self::EverythingUnguarded | Self::RunEverything)
    }

    /// Whether the secret is in its own environment, where it reads it.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(
            self,
            Self::RustUnguarded
                | Self::PythonUnguarded
                | Self::NodeUnguarded
                | Self::EverythingUnguarded
        )
    }
}

/// A command in the directory of its scenario with nothing inherited but what finds programs.
pub(crate) fn command(program: &[String]) -> Command {
    let mut command = Command::new(&program[0]);
    command.args(&program[1..]).env_clear();
    for name in ["PATH", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

fn named(variable: &str) -> Option<String> {
    let path = std::env::var(variable)
        .ok()
        .filter(|path| PathBuf::from(path).exists());
    if path.is_none() {
        let why = format!("{variable} names no program; `cargo xtask test` sets it");
        assert!(!backends_are_required(), "{why}");
        skipped(&why);
    }
    path
}
