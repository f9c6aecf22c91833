//! What comes from npm, pinned by lock files (third-party MCP servers and pyright, the SDKs
//! that kz-node is tested with, what the Node example needs), and the tests of kz-node.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use testbed::tools;

use crate::Result;
use crate::artifacts::cargo;
use crate::steps::Steps;

/// Where the servers are installed.
#[derive(Debug, Clone)]
pub(crate) struct Servers(PathBuf);

impl Servers {
    /// Installs them below `target/`, or takes what is there already.
    pub(crate) fn install(steps: &mut Steps) -> Result<Self> {
        let from = tools::workspace().join("testbed/npm");
        let directory = tools::target_directory().join("xtask/npm");
        install(steps, "MCP servers from npm", &from, &directory)?;
        Ok(Self(directory))
    }

    /// Where `node_modules` lies.
    pub(crate) fn directory(&self) -> &Path {
        &self.0
    }

    /// The main file of `@modelcontextprotocol/server-NAME`, to be run by `node`.
    pub(crate) fn script(&self, name: &str) -> PathBuf {
        let package = format!("node_modules/@modelcontextprotocol/server-{name}/dist/index.js");
        self.0.join(package)
    }

    /// The main file of pyright, to be run by `node`. (The package of that name for
    /// Python would download it at run time.)
    pub(crate) fn pyright(&self) -> PathBuf {
        self.0.join("node_modules/pyright/index.js")
    }
}

/// The Node example, ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Example(PathBuf);

impl Example {
    /// Builds the addon and installs what the example needs beside itself. Its lock links
    /// the package in this repository, so that it runs what was just built.
    pub(crate) fn build(steps: &mut Steps, profile: &str) -> Result<Self> {
        let directory = tools::workspace().join("examples/node-postgres");
        install(steps, "what the Node example needs", &directory, &directory)?;
        addon(steps, profile)?;
        Ok(Self(directory))
    }

    /// `guarded` or `unguarded`, to be run by `node`.
    pub(crate) fn script(&self, name: &str) -> PathBuf {
        self.0.join(name).with_extension("mjs")
    }

    /// Tells a test runner where they are.
    pub(crate) fn name_in(&self, command: &mut Command) {
        command.env("KZ_TEST_NODE_GUARDED", self.script("guarded"));
        command.env("KZ_TEST_NODE_UNGUARDED", self.script("unguarded"));
    }
}

/// Installs what the lock file in `from` pins into `directory`, unless it is there already.
fn install(steps: &mut Steps, what: &str, from: &Path, directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)?;
    let lock = fs::read(from.join("package-lock.json"))?;
    let stamp = directory.join("node_modules/.kz-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    if from != directory {
        for file in ["package.json", "package-lock.json"] {
            fs::copy(from.join(file), directory.join(file))?;
        }
    }
    // No script of a package runs, and every package has its hash in the lock.
    let mut install = Command::new("npm");
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    steps.need(what, install.current_dir(directory))?;
    fs::write(stamp, lock)?;
    Ok(())
}

/// Installs the SDKs and the compiler that kz-node is tested with.
pub(crate) fn sdks(steps: &mut Steps) -> Result<()> {
    let package = tools::workspace().join("kz-node");
    install(steps, "SDKs and TypeScript from npm", &package, &package)
}

/// Builds the addon of kz-node and puts it where the package looks for it.
pub(crate) fn addon(steps: &mut Steps, profile: &str) -> Result<PathBuf> {
    let mut build = cargo(&["build", "--locked", "-p", "kz-node", "--profile", profile]);
    steps.need(
        &format!("build the Node addon (profile {profile})"),
        &mut build,
    )?;
    let library = if cfg!(target_os = "macos") {
        "libkz_node.dylib"
    } else if cfg!(windows) {
        "kz_node.dll"
    } else {
        "libkz_node.so"
    };
    let addon = addon_in_package();
    fs::create_dir_all(addon.parent().unwrap_or(&addon))?;
    let built = if profile == "dev" { "debug" } else { profile };
    fs::copy(tools::target_directory().join(built).join(library), &addon)?;
    Ok(addon)
}

/// Where the package looks for its addon.
pub(crate) fn addon_in_package() -> PathBuf {
    let name = format!("kz-node/prebuilt/kz.{}.node", platform());
    tools::workspace().join(name)
}

/// The processor as Node names it.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// The platform as `kz-node/js/platform.cjs` names it.
pub(crate) fn platform() -> String {
    let architecture = architecture();
    match std::env::consts::OS {
        "linux" if cfg!(target_env = "musl") => format!("linux-{architecture}-musl"),
        "linux" => format!("linux-{architecture}-gnu"),
        "macos" => format!("darwin-{architecture}"),
        "windows" => format!("win32-{architecture}"),
        other => format!("{other}-{architecture}"),
    }
}

/// What the benchmarks of Node need, with the addon as it is released; gives their directory.
pub(crate) fn benches(steps: &mut Steps) -> Result<PathBuf> {
    let directory = tools::workspace().join("benches/node");
    install(
        steps,
        "what Node is measured beside",
        &directory,
        &directory,
    )?;
    addon(steps, "dist")?;
    Ok(directory)
}

/// The tests of kz-node, and its types. The addon was built for the example.
pub(crate) fn checks(steps: &mut Steps, example: &Example) -> Result<()> {
    let package = tools::workspace().join("kz-node");
    sdks(steps)?;
    let mut tests: Vec<_> = fs::read_dir(package.join("test"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    tests.sort();
    let mut node = Command::new("node");
    // Later versions of Node have another default.
    node.args(["--test", "--test-reporter=tap"])
        .args(tests)
        .current_dir(&package);
    example.name_in(&mut node);
    steps.check("Node tests", &mut node);
    let mut types = Command::new("node");
    types.args(["node_modules/typescript/bin/tsc", "--project", "test/types"]);
    steps.check("tsc --strict", types.current_dir(&package));
    Ok(())
}
