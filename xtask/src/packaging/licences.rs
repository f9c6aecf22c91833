//! The licence texts of everything that is linked into what users install, taken from the
//! crates' own sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::MetadataCommand;
use testbed::tools;

use crate::Result;
use crate::artifacts::cargo;

/// Whose dependencies are linked in.
const SHIPPED: &[&str] = &["kz-command", "kz-python", "kz-node"];

/// Crates whose packages hold no text, and the file of `xtask/licences` that has their
/// repository's.
const KEPT_HERE: &[(&str, &str)] = &[("napi", "napi-rs.txt"), ("napi-sys", "napi-rs.txt")];

/// How the files are called that hold one.
const NAMES: &[&str] = &[
    "license",
    "licence",
    "copying",
    "copyright",
    "notice",
    "unlicense",
];

/// Source files are called so too.
const NOT_TEXTS: &[&str] = &["rs", "c", "h", "toml", "py", "pl", "go"];

const RULER: &str =
    "================================================================================";

/// A text, and who it belongs to.
type Texts = BTreeMap<String, BTreeSet<String>>;

/// Writes kz's own texts and those of others into the folder, and nothing else is in it.
///
/// # Errors
/// When a crate has no text.
pub(crate) fn write(folder: &Path, target: &str, linker: Option<&Path>) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for own in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(tools::workspace().join(own), folder.join(own))?;
    }
    let mut texts = of_crates(&linked_in(target)?)?;
    if let Some(zig) = linker {
        add(&mut texts, "zig (compiler runtime)", &zig.join("LICENSE"))?;
        let unwinder = zig.join("lib/libunwind/LICENSE.TXT");
        add(&mut texts, "LLVM libunwind", &unwinder)?;
        let start_up = zig.join("lib/libc/glibc/LICENSES");
        add(&mut texts, "GNU C library (start-up code)", &start_up)?;
    }
    fs::write(folder.join("THIRD-PARTY-LICENSES.txt"), print(&texts))?;
    fs::copy(
        standard_library()?,
        folder.join("rust-standard-library.html"),
    )?;
    Ok(())
}

/// One crate of others.
#[derive(Debug)]
struct Linked {
    name: String,
    version: String,
    licence: String,
    folder: PathBuf,
}

/// The crates that are linked in, without those that only run while it is compiled.
fn linked_in(target: &str) -> Result<Vec<Linked>> {
    let mut tree = cargo(&["tree", "--locked", "--edges", "normal,no-proc-macro"]);
    tree.args(["--prefix", "none", "--format", "{p}", "--target", target]);
    for package in SHIPPED {
        tree.args(["--package", package]);
    }
    let output = tree.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let lines = String::from_utf8(output.stdout)?;
    let named: BTreeSet<(&str, &str)> = lines
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let name = words.next()?;
            Some((name, words.next()?.strip_prefix('v')?))
        })
        .collect();
    let metadata = MetadataCommand::new()
        .current_dir(tools::workspace())
        .other_options(["--locked".to_owned()])
        .exec()?;
    let members = &metadata.workspace_members;
    Ok(metadata
        .packages
        .iter()
        .filter(|package| !members.contains(&package.id))
        .filter(|package| named.contains(&(package.name.as_str(), &*package.version.to_string())))
        .map(|package| Linked {
            name: package.name.to_string(),
            version: package.version.to_string(),
            licence: package.license.clone().unwrap_or_default(),
            folder: package
                .manifest_path
                .parent()
                .map(|folder| folder.to_path_buf().into_std_path_buf())
                .unwrap_or_default(),
        })
        .collect())
}

fn of_crates(crates: &[Linked]) -> Result<Texts> {
    let mut texts = Texts::new();
    let mut without = Vec::new();
    for linked in crates {
        let mut files = Vec::new();
        find(&linked.folder, &mut files)?;
        if files.is_empty() {
            let kept = KEPT_HERE.iter().find(|(name, _)| *name == linked.name);
            files
                .extend(kept.map(|(_, file)| tools::workspace().join("xtask/licences").join(file)));
        }
        if files.is_empty() {
            without.push(format!("{} {}", linked.name, linked.version));
        }
        let owner = format!("{} {} ({})", linked.name, linked.version, linked.licence);
        for file in &files {
            add(&mut texts, &owner, file)?;
        }
    }
    if without.is_empty() {
        return Ok(texts);
    }
    let without = without.join(", ");
    Err(format!(
        "no licence text in {without}: keep that of the repository in xtask/licences and name \
         it in xtask/src/packaging/licences.rs"
    )
    .into())
}

/// The files that hold a text, anywhere in the package: parts of others lie in folders.
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if is_text(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

fn is_text(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|start| name.starts_with(start)) && !NOT_TEXTS.contains(&&*extension)
}

fn add(texts: &mut Texts, owner: &str, file: &Path) -> Result<()> {
    let text = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let text = String::from_utf8_lossy(&text).replace('\r', "");
    let text = text.trim_matches('\n').to_owned();
    texts.entry(text).or_default().insert(owner.to_owned());
    Ok(())
}

fn print(texts: &Texts) -> String {
    let mut sections: Vec<String> = texts
        .iter()
        .map(|(text, owners)| {
            let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
            format!("{}\n\n{text}\n", owners.join("\n"))
        })
        .collect();
    sections.sort();
    sections.insert(
        0,
        "What kz is linked with, and under which terms. Each text stands below the names of \
         those that it belongs to.\n"
            .to_owned(),
    );
    sections.join(&format!("\n{RULER}\n"))
}

/// What the toolchain says about its library, which is linked in as well.
fn standard_library() -> Result<PathBuf> {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()?;
    let root = PathBuf::from(String::from_utf8(output.stdout)?.trim_end());
    let file = root.join("share/doc/rust/COPYRIGHT-library.html");
    if file.exists() {
        Ok(file)
    } else {
        Err(format!("{}: the toolchain lacks it", file.display()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = "x86_64-unknown-linux-gnu";

    #[test]
    fn every_crate_has_a_text() {
        let crates = linked_in(TARGET).unwrap();
        for name in ["ring", "rustls", "napi", "pyo3", "clap", "tokio"] {
            assert!(crates.iter().any(|linked| linked.name == name), "{name}");
        }
        // It writes Rust while kz is compiled; nothing of it is linked in.
        assert!(!crates.iter().any(|linked| linked.name == "syn"));
        let printed = print(&of_crates(&crates).unwrap());
        for linked in crates {
            let line = format!("\n{} {} (", linked.name, linked.version);
            assert!(printed.contains(&line), "{line}");
        }
        assert!(printed.contains("Copyright (c) 2020 LongYinan"));
        // Parts of others lie in folders of their own.
        assert!(printed.contains("fiat-crypto"));
    }

    #[test]
    fn a_crate_without_a_text_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("license.rs"), "mod source;").unwrap();
        let linked = Linked {
            name: "bare".to_owned(),
            version: "1.2.3".to_owned(),
            licence: "MIT".to_owned(),
            folder: folder.path().to_owned(),
        };
        let error = of_crates(&[linked]).unwrap_err().to_string();
        assert!(error.contains("no licence text in bare 1.2.3"), "{error}");
    }

    #[test]
    fn a_text_stands_once_below_all_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("LICENSE-MIT"), "\nas it is\r\n").unwrap();
        let linked = |name: &str| Linked {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: "MIT".to_owned(),
            folder: folder.path().to_owned(),
        };
        let printed = print(&of_crates(&[linked("b"), linked("a")]).unwrap());
        assert!(
            printed.ends_with("\na 1.0.0 (MIT)\nb 1.0.0 (MIT)\n\nas it is\n"),
            "{printed}"
        );
    }
}
