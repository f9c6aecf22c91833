//! Clean text, from the files that any development machine has: collected anew
//! in each run, in the same order, up to so many bytes of each kind.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::Command,
};

use flate2::read::GzDecoder;

use crate::generated;

/// Files of one kind.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Nothing at all may be found in it.
    pub(crate) strict: bool,
    pub(crate) files: Vec<Clean>,
}

pub(crate) struct Clean {
    /// Where it is from, for the report.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Kind {
    pub(crate) fn bytes(&self) -> usize {
        self.files.iter().map(|file| file.text.len()).sum()
    }
}

/// Bytes of each kind of source.
const SOURCE: usize = 8 << 20;
/// Longer files are cut here.
const LONGEST: usize = 128 << 10;

/// Everything, kind by kind. Kinds of which the machine has nothing are empty.
pub(crate) fn kinds() -> Vec<Kind> {
    let source = |name, extensions: &[&str]| from_roots(name, extensions, &source_roots(), SOURCE);
    let mut kinds = vec![
        source("rust", &["rs"]),
        source("python", &["py", "pyi"]),
        source("javascript", &["js", "mjs", "cjs"]),
        source("typescript", &["ts", "mts", "cts"]),
        source("c and c++", &["c", "h", "cc", "cpp", "hpp"]),
        source("perl", &["pl", "pm", "pod", "t"]),
        source(
            "php, ruby, go, c#, java",
            &["php", "rb", "go", "cs", "java"],
        ),
        source(
            "shell, tcl, lua, awk",
            &["sh", "bash", "tcl", "lua", "awk", "zsh"],
        ),
        source("assembler", &["S", "s", "asm"]),
        source("html, css, xml, svg", &["html", "css", "xml", "svg", "xsl"]),
        source("documentation", &["md", "rst", "txt", "adoc", "texi"]),
        source("json", &["json", "jsonl", "ipynb"]),
        source(
            "settings",
            &["toml", "yml", "yaml", "ini", "cfg", "conf", "env"],
        ),
        from_roots(
            "man pages",
            &["gz"],
            &[PathBuf::from("/usr/share/man")],
            SOURCE,
        ),
        from_roots(
            "logs",
            &["log", "1", "gz"],
            &[PathBuf::from("/var/log")],
            SOURCE,
        ),
    ];
    kinds.extend([
        strict(from_roots("lock files", &["lock"], &source_roots(), SOURCE)),
        strict(named(
            "lock files of npm",
            &source_roots(),
            &[
                "package-lock.json",
                ".package-lock.json",
                "yarn.lock",
                "pnpm-lock.yaml",
            ],
        )),
        strict(from_roots(
            "checksums",
            &["md5sums"],
            &[PathBuf::from("/var/lib/dpkg/info")],
            SOURCE,
        )),
        strict(from_roots(
            "public certificates",
            &["crt", "pem"],
            &[
                PathBuf::from("/usr/share/ca-certificates"),
                PathBuf::from("/etc/ssl/certs"),
            ],
            SOURCE,
        )),
        strict(git_history()),
        strict(generated::lines("UUIDs", generated::uuid)),
        strict(generated::lines("digests", generated::digest)),
        strict(generated::lines("API replies", generated::reply)),
    ]);
    kinds
}

fn strict(kind: Kind) -> Kind {
    Kind {
        strict: true,
        ..kind
    }
}

/// Where libraries lie: of Rust, Python, Node, Perl and the system.
fn source_roots() -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cargo = env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    let mut roots = vec![
        cargo.join("registry/src"),
        PathBuf::from("/usr/lib/node_modules"),
        PathBuf::from("/usr/share"),
        PathBuf::from("/usr/include"),
    ];
    roots.extend(children(Path::new("/usr/lib")).into_iter().filter(|path| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        name.starts_with("python3") || name.ends_with("-linux-gnu")
    }));
    roots.extend(children(&home.join(".pyenv/versions")));
    roots
}

fn from_roots(name: &'static str, extensions: &[&str], roots: &[PathBuf], most: usize) -> Kind {
    let fits = |path: &Path| {
        path.extension()
            .and_then(OsStr::to_str)
            .is_some_and(|found| extensions.contains(&found))
    };
    collect(name, roots, most, &fits)
}

fn named(name: &'static str, roots: &[PathBuf], names: &[&str]) -> Kind {
    let fits = |path: &Path| {
        path.file_name()
            .and_then(OsStr::to_str)
            .is_some_and(|found| names.contains(&found))
    };
    collect(name, roots, SOURCE, &fits)
}

/// Files that fit, evenly from all that there are, up to `most` bytes.
fn collect(
    name: &'static str,
    roots: &[PathBuf],
    most: usize,
    fits: &dyn Fn(&Path) -> bool,
) -> Kind {
    let mut found = Vec::new();
    for root in roots {
        walk(root, fits, &mut found);
    }
    let all: u64 = found.iter().map(|(_, size)| size).sum();
    // Every so-manieth byte is wanted: a file, when the sum passes the next.
    let (mut passed, mut taken) = (0, 0);
    let mut files = Vec::new();
    for (path, size) in found {
        passed += size;
        if u128::from(taken) * u128::from(all) >= u128::from(passed) * most as u128 {
            continue;
        }
        if let Some(text) = read(&path) {
            taken += text.len() as u64;
            let path = path.display().to_string();
            files.push(Clean { path, text });
        }
    }
    Kind {
        name,
        strict: false,
        files,
    }
}

/// The files that fit and their sizes, in the order of their names.
fn walk(folder: &Path, fits: &dyn Fn(&Path) -> bool, found: &mut Vec<(PathBuf, u64)>) {
    for path in children(folder) {
        let Ok(kind) = path.symlink_metadata() else {
            continue;
        };
        if kind.is_dir() {
            walk(&path, fits, found);
        } else if kind.is_file() && fits(&path) {
            found.push((path, kind.len().min(LONGEST as u64)));
        }
    }
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The text of a file, unpacked, cut to [`LONGEST`]; none if it is no text.
fn read(path: &Path) -> Option<String> {
    let file = fs::File::open(path).ok()?;
    let mut bytes = Vec::new();
    if path.extension() == Some(OsStr::new("gz")) {
        GzDecoder::new(file)
            .take(LONGEST as u64)
            .read_to_end(&mut bytes)
            .ok()?;
    } else {
        file.take(LONGEST as u64).read_to_end(&mut bytes).ok()?;
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            // Cut in the middle of a character.
            let valid = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            if bytes.len() - valid > 3 {
                return None;
            }
            bytes.truncate(valid);
            String::from_utf8(bytes).ok()?
        }
    };
    // Documentation with a private key or a signed address in it is not clean.
    let holds_key =
        text.contains("PRIVATE KEY-----") && (text.contains("MII") || text.contains("EXAMPLE"));
    let holds_one = holds_key || text.contains("X-Amz-Signature=") || text.contains("&Signature=");
    (!text.contains('\0') && !holds_one).then_some(text)
}

/// What `git log` prints for this repository, with names and sizes of what
/// changed. Not the changes: they hold the examples of secrets in tests.
fn git_history() -> Kind {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let print = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-C", root.to_str().unwrap_or(".")])
            .args(arguments)
            .output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        Clean {
            path: format!("git {}", arguments.join(" ")),
            text: text.unwrap_or_default(),
        }
    };
    Kind {
        name: "git history",
        strict: true,
        files: vec![
            print(&["log", "--stat", "--format=fuller"]),
            print(&["log", "--raw", "--no-abbrev", "--format=raw"]),
            print(&["ls-tree", "-r", "--long", "HEAD"]),
            print(&["log", "--oneline", "--decorate"]),
        ],
    }
}
