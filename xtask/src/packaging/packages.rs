//! The wheel and the npm tarball around what was compiled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use testbed::tools;

use crate::Result;
use crate::artifacts::cargo;
use crate::node;
use crate::steps::Steps;

/// The wheel's programs are named as its package too, for `uvx kz-mcp`. A wheel holds no
/// links, and a second copy of the program would double its size.
const BY_PACKAGE_NAME: &str = r#"#!/bin/sh
# kz under the name of its package. A link leads here from where tools are gathered.
self=$0
[ -L "$self" ] && self=$(readlink -f -- "$self")
exec "${self%/*}/kz" "$@"
"#;

/// Both packages, and the program alone.
#[derive(Debug)]
pub(crate) struct Packages {
    pub(crate) program: PathBuf,
    pub(crate) wheel: PathBuf,
    pub(crate) tarball: PathBuf,
}

/// Puts what maturin is to pack beside the Python sources: the programs and the texts.
pub(crate) fn prepare_wheel(program: &Path, licences: &Path) -> Result<()> {
    let package = tools::workspace().join("kz-python");
    let scripts = package.join("kz._native.data/scripts");
    fs::create_dir_all(&scripts)?;
    fs::copy(program, scripts.join("kz"))?;
    let by_package_name = scripts.join("kz-mcp");
    fs::write(&by_package_name, BY_PACKAGE_NAME)?;
    // maturin keeps the rights of what it packs, and pip those of what it unpacks.
    fs::set_permissions(by_package_name, fs::metadata(program)?.permissions())?;
    copy_folder(licences, &package.join("licences"))
}

/// Packs the npm tarball into the folder; gives its path.
pub(crate) fn tarball(
    steps: &mut Steps,
    addon: &Path,
    program: &Path,
    licences: &Path,
    output: &Path,
) -> Result<PathBuf> {
    remove(output, "tgz")?;
    fs::create_dir_all(output)?;
    let staging = tools::target_directory().join("xtask/npm-package");
    if staging.exists() {
        fs::remove_dir_all(&staging)?;
    }
    let sources = tools::workspace().join("kz-node");
    for folder in ["bin", "js"] {
        copy_folder(&sources.join(folder), &staging.join(folder))?;
    }
    for file in ["README.md", "index.d.mts", "index.d.ts", "package.json"] {
        fs::copy(sources.join(file), staging.join(file))?;
    }
    copy_folder(licences, &staging.join("licences"))?;
    let compiled = staging.join("prebuilt");
    fs::create_dir_all(&compiled)?;
    let name = format!("kz.{}", node::platform());
    fs::copy(program, compiled.join(&name))?;
    fs::copy(addon, compiled.join(format!("{name}.node")))?;

    let npm = |arguments: &[&str]| {
        let mut command = Command::new("npm");
        command.args(arguments).current_dir(&staging);
        command
    };
    // What is for those who build it, and where what is inside does not run.
    let delete = &mut npm(&["pkg", "delete", "devDependencies", "scripts"]);
    steps.need("npm package: what is for its developers", delete)?;
    let mut set = npm(&["pkg", "set", "os[]=linux", "libc[]=glibc"]);
    set.arg(format!("cpu[]={}", node::architecture()));
    steps.need("npm package: where it runs", &mut set)?;
    let mut pack = npm(&["pack", "--ignore-scripts", "--pack-destination"]);
    steps.need("npm pack", pack.arg(output))?;
    only(output, "tgz")
}

/// What `tests/packages.rs` needs besides the packages: tools from environments that are
/// pinned, and installed already.
#[derive(Debug)]
pub(crate) struct Tools {
    /// Python with `mcp`.
    pub(crate) python: PathBuf,
    /// Python with mypy.
    pub(crate) mypy: PathBuf,
    /// The main file of pyright.
    pub(crate) pyright: PathBuf,
}

impl Packages {
    /// Installs them as a user does, and uses them.
    pub(crate) fn test(&self, steps: &mut Steps, tools: &Tools, glibc: Option<&str>) -> bool {
        let mut tests = cargo(&["test", "--locked", "-p", "xtask", "--test", "packages"]);
        tests
            .env("KZ_PACKAGES_PROGRAM", &self.program)
            .env("KZ_PACKAGES_WHEEL", &self.wheel)
            .env("KZ_PACKAGES_TARBALL", &self.tarball)
            .env("KZ_PACKAGES_PYTHON", &tools.python)
            .env("KZ_PACKAGES_MYPY", &tools.mypy)
            .env("KZ_PACKAGES_PYRIGHT", &tools.pyright);
        match glibc {
            Some(version) => tests.env("KZ_PACKAGES_GLIBC", version),
            None => tests.env_remove("KZ_PACKAGES_GLIBC"),
        };
        steps.check("packages, installed and used", &mut tests)
    }
}

/// The one file of the folder with this extension.
pub(crate) fn only(folder: &Path, extension: &str) -> Result<PathBuf> {
    let mut found = with_extension(folder, extension)?;
    match (found.pop(), found.is_empty()) {
        (Some(path), true) => Ok(path),
        _ => Err(format!("{}: not one .{extension}", folder.display()).into()),
    }
}

/// Removes the files of an earlier run.
pub(crate) fn remove(folder: &Path, extension: &str) -> Result<()> {
    if folder.exists() {
        for path in with_extension(folder, extension)? {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn with_extension(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    Ok(found)
}

/// Copies a folder of files and folders; what was there before is removed.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
