//! Where a manifest is looked for.

use std::path::{Path, PathBuf};

use crate::{
    Error, ErrorKind, OpenOptions,
    files::{Origin, home, is_private_folder, user_folder},
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
    if let Some(path) = tried.iter().find(|path| is_there(path)) {
        return Ok(Some((path.clone(), Origin::WalkedUp)));
    }
    if let Some(folder) = user_folder(&options.variables) {
        let path = folder.join(USER_NAME);
        if is_there(&path) {
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

/// Whether there is something under this name. What cannot be looked at is
/// there: passing it over would open another manifest than the one that is meant.
fn is_there(path: &Path) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    match path.symlink_metadata() {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), NotFound | NotADirectory),
    }
}

/// From the working directory up to the repository's root or home, both
/// included. Outside of both, up to where other users could have put a file.
fn walk_up(options: &OpenOptions) -> Vec<PathBuf> {
    let start = options
        .directory
        .clone()
        .or_else(|| std::env::current_dir().ok());
    let Some(start) = start.map(absolute) else {
        return Vec::new();
    };
    let home = home(&options.variables);
    let ends = |folder: &Path| is_there(&folder.join(".git")) || home.as_deref() == Some(folder);
    let depth = start.ancestors().position(ends).unwrap_or_else(|| {
        let above = start.ancestors().skip(1);
        above.take_while(|folder| is_private_folder(folder)).count()
    });
    start
        .ancestors()
        .take(depth + 1)
        .map(|folder| folder.join(NAME))
        .collect()
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}
