//! Where a manifest is looked for.

use std::path::PathBuf;

use crate::{
    Error, ErrorKind, OpenOptions,
    files::{Origin, home, user_folder},
};

const NAME: &str = ".keyzero.toml";
const USER_NAME: &str = "keyzero.toml";

/// The manifest to read; `None` where the caller can go on without one.
pub(super) fn find(options: &OpenOptions) -> Result<Option<(PathBuf, Origin)>, Error> {
    if let Some(path) = &options.path {
        return Ok(Some((absolute(path.clone()), Origin::Named)));
    }
    if let Some(path) = options.variables.text("KEYZERO_CONFIG") {
        return Ok(Some((absolute(PathBuf::from(path)), Origin::Named)));
    }
    let mut tried = walk_up(options);
    if let Some(path) = tried.iter().find(|path| path.exists()) {
        return Ok(Some((path.clone(), Origin::WalkedUp)));
    }
    if let Some(folder) = user_folder(&options.variables) {
        let path = folder.join(USER_NAME);
        if path.exists() {
            return Ok(Some((path, Origin::User)));
        }
        tried.push(path);
    }
    if options.manifest_optional {
        return Ok(None);
    }
    let tried: Vec<_> = tried
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    Err(Error::plain(
        ErrorKind::Config,
        format!(
            "no manifest was found: write one of {}, or name one with --config or KEYZERO_CONFIG",
            tried.join(", ")
        ),
    ))
}

/// From the working directory up to the repository's root or home, both
/// included. Outside of both, only the working directory is looked at: what lies
/// above it may be anybody's.
fn walk_up(options: &OpenOptions) -> Vec<PathBuf> {
    let start = options
        .directory
        .clone()
        .or_else(|| std::env::current_dir().ok());
    let Some(start) = start.map(absolute) else {
        return Vec::new();
    };
    let home = home(&options.variables);
    let ends =
        |folder: &std::path::Path| folder.join(".git").exists() || home.as_deref() == Some(folder);
    let depth = start.ancestors().position(ends).unwrap_or(0);
    start
        .ancestors()
        .take(depth + 1)
        .map(|folder| folder.join(NAME))
        .collect()
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}
