//! The crate table of ARCHITECTURE.md, and what the dependency tree must not hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Crate, and the crates of the workspace that it may name. A crate may use what its
/// dependencies build on, never what stands above or beside it.
const TABLE: &[(&str, &[&str])] = &[
    ("kz-core", &[]),
    ("kz-redact", &["kz-core"]),
    ("kz-providers", &["kz-core"]),
    ("kz-engine", &["kz-core", "kz-redact", "kz-providers"]),
    ("kz-mcp", &["kz-core", "kz-redact", "kz-engine"]),
    (
        "kz-command",
        &["kz-core", "kz-redact", "kz-engine", "kz-mcp"],
    ),
    (
        "kz-python",
        &["kz-core", "kz-redact", "kz-engine", "kz-mcp"],
    ),
    ("kz-node", &["kz-core", "kz-redact", "kz-engine", "kz-mcp"]),
    ("example-rust-postgres", &["kz-mcp"]),
    ("testbed", &[]),
    ("xtask", &["testbed"]),
];

/// Crates that may hold unsafe code: the secret buffer, the scanner, the supervisor, and
/// the binding whose macros expand to calls of Node's C interface.
const ISLANDS: &[&str] = &["kz-core", "kz-redact", "kz-command", "kz-node"];

/// What the contract crate and the redactor must do without.
const TOO_MUCH: &[(&str, &[&str])] = &[
    (
        "kz-core",
        &["tokio", "reqwest", "hyper", "regex", "serde_json"],
    ),
    ("kz-redact", &["tokio", "reqwest", "hyper"]),
    (
        "kz-python",
        &["rmcp", "clap", "tracing-subscriber", "tokio-postgres"],
    ),
    (
        "kz-node",
        &["rmcp", "clap", "tracing-subscriber", "tokio-postgres"],
    ),
];

/// Never in the tree: one TLS stack, one crypto provider.
const BANNED: &[&str] = &[
    "openssl",
    "openssl-sys",
    "native-tls",
    "aws-lc-rs",
    "aws-lc-sys",
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .other_options(["--locked".to_owned()])
        .exec()
        .expect("cargo metadata")
}

fn members(metadata: &Metadata) -> BTreeMap<&str, &Package> {
    metadata
        .workspace_packages()
        .into_iter()
        .map(|p| (p.name.as_str(), p))
        .collect()
}

fn allowed(name: &str) -> &'static [&'static str] {
    TABLE
        .iter()
        .find(|(row, _)| *row == name)
        .unwrap_or_else(|| panic!("{name}: no row"))
        .1
}

#[test]
fn every_crate_has_a_row_and_every_row_a_crate() {
    let metadata = metadata();
    let crates: BTreeSet<&str> = members(&metadata).into_keys().collect();
    let rows: BTreeSet<&str> = TABLE.iter().map(|(name, _)| *name).collect();
    assert_eq!(crates, rows);
}

#[test]
fn crates_depend_downwards_only() {
    let metadata = metadata();
    let members = members(&metadata);
    let mut wrong = Vec::new();
    for (name, package) in &members {
        for dependency in &package.dependencies {
            let target = dependency.name.as_str();
            let for_tests = dependency.kind == DependencyKind::Development;
            // A test may start real backends; nothing else knows of the test bed.
            let fine = !members.contains_key(target)
                || allowed(name).contains(&target)
                || (for_tests && (target == "testbed" || target == *name || target == "kz-core"));
            if !fine {
                wrong.push(format!("{name} -> {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn the_table_agrees_with_the_documentation() {
    let path = testbed::tools::workspace().join("ARCHITECTURE.md");
    let text = fs::read_to_string(path).expect("ARCHITECTURE.md");
    for (name, _) in TABLE.iter().filter(|(name, _)| name.starts_with("kz-")) {
        assert!(
            text.contains(&format!("| `{name}` |")),
            "ARCHITECTURE.md has no row for {name}"
        );
    }
}

#[test]
fn nothing_is_published_by_accident() {
    for (name, package) in members(&metadata()) {
        assert_eq!(package.publish.as_deref(), Some(&[][..]), "{name}");
    }
}

#[test]
fn crates_without_unsafe_forbid_it() {
    for (name, package) in members(&metadata()) {
        for target in &package.targets {
            let kind = target
                .kind
                .first()
                .map(ToString::to_string)
                .unwrap_or_default();
            // Examples are as short as a user would write them; the workspace's lint
            // denies unsafe code in them too.
            let exempt = ISLANDS.contains(&name) || name.starts_with("example-");
            if exempt || !["lib", "bin", "cdylib"].contains(&&*kind) {
                continue;
            }
            let source = fs::read_to_string(&target.src_path).expect("the crate's root");
            assert!(
                source.contains("#![forbid(unsafe_code)]"),
                "{}",
                target.src_path
            );
        }
    }
}

#[test]
fn every_crate_takes_the_workspace_lints() {
    for (name, package) in members(&metadata()) {
        let manifest = fs::read_to_string(&package.manifest_path).expect("Cargo.toml");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name}");
    }
}

#[test]
fn one_tls_stack_and_one_crypto_provider() {
    let metadata = metadata();
    let present: Vec<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    for name in BANNED {
        assert!(!present.contains(name), "{name} is in Cargo.lock");
    }
    for name in ["rustls", "ring"] {
        assert_eq!(
            present.iter().filter(|n| **n == name).count(),
            1,
            "versions of {name}"
        );
    }
}

#[test]
fn bindings_choose_their_features() {
    let metadata = metadata();
    for binding in ["kz-python", "kz-node"] {
        for dependency in &members(&metadata)[binding].dependencies {
            if matches!(&*dependency.name, "kz-engine" | "kz-mcp" | "kz-providers") {
                assert!(
                    !dependency.uses_default_features,
                    "{binding} -> {}",
                    dependency.name
                );
            }
        }
    }
}

/// `cargo tree` resolves features as a build does, which metadata does not.
#[test]
fn base_builds_leave_out_what_they_do_not_need() {
    for (package, unwanted) in TOO_MUCH {
        let tree = tree(package);
        assert!(tree.contains(*package), "cargo tree knows {package}");
        for name in unwanted.iter().chain(BANNED) {
            assert!(!tree.contains(*name), "{package} builds {name}");
        }
    }
}

#[test]
fn licences_are_on_the_list() {
    let allowed = list(&testbed::tools::workspace().join("deny.toml"));
    assert!(allowed.contains("MIT") && allowed.contains("Apache-2.0"));
    for package in &metadata().packages {
        let licence = package.license.as_deref().unwrap_or("none");
        assert!(is_allowed(licence, &allowed), "{}: {licence}", package.name);
    }
}

#[test]
fn licence_expressions() {
    let allowed: BTreeSet<String> = ["MIT", "ISC"].map(String::from).into();
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("MIT AND GPL-3.0", false),
        ("MIT AND (GPL-3.0 OR ISC)", true),
        ("(MIT OR ISC) AND GPL-3.0", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }
}

fn tree(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}",
        ])
        .args(["--package", package])
        .current_dir(testbed::tools::workspace())
        .output()
        .expect("cargo tree");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines()
        .filter_map(|line| line.split(' ').next().map(String::from))
        .collect()
}

/// The quoted words between `allow = [` and `]`.
fn list(deny: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(deny).expect("deny.toml");
    let start = text.find("\nallow = [").expect("a list of licences");
    let rest = &text[start..];
    let list = &rest[..rest.find("\n]").expect("the end of the list")];
    list.split('"')
        .skip(1)
        .step_by(2)
        .map(String::from)
        .collect()
}

/// SPDX expressions as crates spell them: OR (or `/`) binds loosest, then AND.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.replace('/', " OR ");
    split(&expression, " OR ").iter().any(|alternative| {
        split(alternative, " AND ").iter().all(|term| {
            let term = term.trim();
            match term
                .strip_prefix('(')
                .and_then(|rest| rest.strip_suffix(')'))
            {
                Some(inner) => is_allowed(inner, allowed),
                None => allowed.contains(term),
            }
        })
    })
}

/// Splits outside parentheses.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (place, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && place >= start && text[place..].starts_with(separator) => {
                parts.push(&text[start..place]);
                start = place + separator.len();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
