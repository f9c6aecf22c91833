//! `cargo xtask test`: everything that must hold, on real backends.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use testbed::tools;

use crate::artifacts::{self, Programs, Sdk, cargo};
use crate::node::{self, Example, Servers};
use crate::packaging::licences;
use crate::packaging::packages::{self, Packages, Tools};
use crate::python::{self, Venv};
use crate::steps::Steps;
use crate::{Result, demo, system};

pub(crate) fn run() -> Result<ExitCode> {
    let mut steps = Steps::new("test")?;
    if let Err(error) = python::ensure_python(&mut steps) {
        steps.fail(error.to_string());
    }
    if let Err(error) = system::ensure_redis(&mut steps) {
        steps.fail(error.to_string());
    }
    let installed = steps.task("OpenBao and PostgreSQL", || {
        tools::bao()?;
        tools::postgres()
    });
    if let Err(error) = installed {
        steps.fail(error.to_string());
    }

    steps.check("format", &mut cargo(&["fmt", "--all", "--check"]));
    let mut clippy = cargo(&[
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--features",
        "kz-redact/async",
        "--",
        "-D",
    ]);
    steps.check("lints", clippy.arg("warnings"));

    // Built first, because the tests of all languages run what is built.
    let programs = or_note(&mut steps, Programs::build);
    let python = or_note(&mut steps, |steps| Python::build(steps, programs.as_ref()));
    let servers = or_note(&mut steps, Servers::install);
    let node = or_note(&mut steps, |steps| Example::build(steps, "dev-release"));

    // The bindings are libraries for an interpreter; pytest and node test them.
    let mut tests = cargo(&["test", "--locked", "--workspace", "--no-fail-fast"]);
    tests.args(["--features", "kz-redact/async"]);
    tests.args(["--exclude", "kz-python", "--exclude", "kz-node"]);
    tests.env("KZ_REQUIRE_BACKENDS", "1");
    // What is missing here fails the tests that need it.
    if let Some(programs) = &programs {
        programs.name_in(&mut tests);
    }
    if let Some(python) = &python {
        tests.env("KZ_TEST_PYTHON", python.example.python());
    }
    if let Some(servers) = &servers {
        tests.env("KZ_TEST_NPM_EVERYTHING", servers.script("everything"));
        tests.env("KZ_TEST_NPM", servers.directory());
    }
    if let Some(node) = &node {
        node.name_in(&mut tests);
    }
    steps.check("Rust tests, crate table, conformance, canaries", &mut tests);
    steps.check(
        "a million property cases",
        &mut property_cases(PROPERTY_CASES),
    );
    // Optimised, because what is left on stacks differs.
    let profile = ["--profile", "dev-release"];
    let mut memory = cargo(&["test", "--locked", "-p", "kz-mcp", "--test", "memory"]);
    steps.check("nothing is left in memory", memory.args(profile));

    if let Some(python) = &python {
        python_checks(
            &mut steps,
            &python.test,
            programs.as_ref(),
            servers.as_ref(),
        );
        for (sdk, venv) in &python.sdks {
            sdk_checks(&mut steps, *sdk, venv);
        }
    }
    if let Some(node) = &node {
        // A failure is noted by the step itself.
        let _ = or_note(&mut steps, |steps| node::checks(steps, node));
    }
    if let (Some(programs), Some(python), Some(node), Some(servers)) =
        (programs, python, node, servers)
    {
        // As above.
        let _ = or_note(&mut steps, |steps| {
            packages_checks(steps, &programs, &python, &servers)
        });
        let kit = demo::Kit {
            programs,
            python: python.example.python(),
            node,
            servers,
        };
        // Noted by the step itself.
        let _ = steps.task("the demo leaks without kz and not with it", || {
            demo::collect(&kit, |_| ())?.verdict().map(drop)
        });
    }
    Ok(steps.finish())
}

/// How many cases of secrets, forms, surroundings, pieces and overlaps there are.
const PROPERTY_CASES: u64 = 1_000_000;

/// Runs so many cases, and says how many they were; optimised, because they are many.
pub(crate) fn property_cases(cases: u64) -> Command {
    let mut tests = cargo(&["test", "--locked", "-p", "kz-redact", "--lib"]);
    tests
        .args(["--profile", "dev-release", "properties::many"])
        .args(["--", "--nocapture"])
        .env("KZ_PROPERTY_CASES", cases.to_string());
    tests
}

/// The wheel, and the environments that have it.
struct Python {
    wheel: PathBuf,
    test: Venv,
    example: Venv,
    sdks: Vec<(Sdk, Venv)>,
}

impl Python {
    fn build(steps: &mut Steps, programs: Option<&Programs>) -> Result<Self> {
        let test = artifacts::test_venv(steps)?;
        let example = artifacts::example_venv(steps)?;
        let wheels = tools::target_directory().join("xtask/wheels");
        if let Some(programs) = programs {
            let licences = steps.task("licence texts of everything linked in", licences)?;
            packages::prepare_wheel(&programs.kz, &licences)?;
        }
        let wheel = artifacts::wheel(steps, &test, "dev-release", &wheels)?;
        let mut sdks = Vec::new();
        for sdk in artifacts::SDKS {
            sdks.push((sdk, artifacts::sdk_venv(steps, sdk)?));
        }
        for venv in [&test, &example]
            .into_iter()
            .chain(sdks.iter().map(|(_, venv)| venv))
        {
            venv.install_wheel(steps, &wheel)?;
        }
        Ok(Self {
            wheel,
            test,
            example,
            sdks,
        })
    }
}

/// Writes the texts for what is built here.
fn licences() -> Result<PathBuf> {
    let folder = tools::target_directory().join("xtask/licences");
    licences::write(&folder, &artifacts::host()?, None)?;
    Ok(folder)
}

/// The packages as `cargo xtask dist` makes them, around what the tests have built.
fn packages_checks(
    steps: &mut Steps,
    programs: &Programs,
    python: &Python,
    servers: &Servers,
) -> Result<()> {
    let addon = node::addon_in_package();
    let output = tools::target_directory().join("xtask/npm-tarball");
    let licences = tools::target_directory().join("xtask/licences");
    let packages = Packages {
        program: programs.kz.clone(),
        wheel: python.wheel.clone(),
        tarball: packages::tarball(steps, &addon, &programs.kz, &licences, &output)?,
    };
    let tools = Tools {
        python: python.example.python(),
        mypy: python.test.python(),
        pyright: servers.pyright(),
    };
    packages.test(steps, &tools, None);
    Ok(())
}

/// Does some setup; a failure is noted and the rest goes on without it.
fn or_note<T>(steps: &mut Steps, work: impl FnOnce(&mut Steps) -> Result<T>) -> Option<T> {
    match work(steps) {
        Ok(value) => Some(value),
        Err(error) => {
            steps.fail(error.to_string());
            None
        }
    }
}

fn python_checks(
    steps: &mut Steps,
    venv: &Venv,
    programs: Option<&Programs>,
    servers: Option<&Servers>,
) {
    let directory = tools::workspace().join("kz-python");
    let in_package = |mut command: Command, directory: &Path| {
        command
            .current_dir(directory)
            .env("KZ_REQUIRE_BACKENDS", "1");
        if let Some(programs) = programs {
            programs.name_in(&mut command);
        }
        command
    };
    let mut pytest = in_package(venv.module("pytest"), &directory);
    steps.check("Python tests", pytest.args(["-q", "--color=no"]));
    let mut mypy = in_package(venv.module("mypy"), &directory);
    steps.check("mypy --strict", mypy.arg("--strict"));
    if let Some(servers) = servers {
        let mut pyright = in_package(Command::new("node"), &directory);
        pyright
            .arg(servers.pyright())
            .arg("--pythonpath")
            .arg(venv.python());
        steps.check("pyright", &mut pyright);
    }
    // It compares the stubs with the installed wheel, hence not from the source directory.
    let mut stubtest = in_package(venv.module("mypy.stubtest"), &std::env::temp_dir());
    stubtest.args(["kz", "--allowlist"]);
    steps.check(
        "stubtest",
        stubtest.arg(directory.join("tests/stubtest-allowlist.txt")),
    );
}

/// The guard with an SDK that the test environment does not have.
fn sdk_checks(steps: &mut Steps, sdk: Sdk, venv: &Venv) {
    let directory = tools::workspace().join("kz-python");
    let mut pytest = venv.module("pytest");
    pytest.args(["-q", "--color=no", "tests/sdk"]);
    steps.check(
        &format!("Python tests with {}", sdk.name),
        pytest.current_dir(&directory),
    );
    let mut mypy = venv.module("mypy");
    mypy.arg("--strict").args(
        sdk.servers
            .iter()
            .map(|server| format!("tests/sdk/servers/{server}.py")),
    );
    steps.check(
        &format!("mypy --strict with {}", sdk.name),
        mypy.current_dir(&directory),
    );
}
