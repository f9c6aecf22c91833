//! Third-party MCP servers and pyright from npm, as `testbed/npm/package-lock.json` pins them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use testbed::tools;

use crate::Result;
use crate::steps::Steps;

/// Where the servers are installed.
#[derive(Debug, Clone)]
pub(crate) struct Servers(PathBuf);

impl Servers {
    /// Installs them below `target/`, or takes what is there already.
    pub(crate) fn install(steps: &mut Steps) -> Result<Self> {
        let from = tools::workspace().join("testbed/npm");
        let directory = tools::target_directory().join("xtask/npm");
        fs::create_dir_all(&directory)?;
        let lock = fs::read(from.join("package-lock.json"))?;
        let stamp = directory.join("lock.installed");
        if !fs::read(&stamp).is_ok_and(|installed| installed == lock) {
            for file in ["package.json", "package-lock.json"] {
                fs::copy(from.join(file), directory.join(file))?;
            }
            // No script of a package runs, and every package has its hash in the lock.
            let mut install = Command::new("npm");
            install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
            steps.need("MCP servers from npm", install.current_dir(&directory))?;
            fs::write(stamp, lock)?;
        }
        Ok(Self(directory))
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
