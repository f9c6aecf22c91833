//! Which manifests the user has pinned, by hash.

use std::path::Path;

use kz_core::ErrorKind;
use kz_providers::Environment;
use ring::digest::{Context, SHA256};

use crate::{
    Error,
    error::Line,
    files::{Existing, read_own, user_folder, write_private},
    manifest::WantsTrust,
};

const FILE: &str = "trusted";

/// Refuses a manifest that was found by walking up, asks for something that a
/// stranger must not decide, and is not pinned as it stands.
pub(crate) fn check(
    path: &Path,
    text: &str,
    local: Option<&str>,
    wants: &[WantsTrust],
    environment: &Environment,
) -> Result<(), Error> {
    if wants.is_empty() || is_pinned(path, text, local, environment)? {
        return Ok(());
    }
    let lines = wants.iter().map(|want| Line {
        subject: want.subject.clone(),
        place: Some(want.place.clone()),
        reference: None,
        kind: ErrorKind::Untrusted,
        reason: format!("the manifest is not trusted, and {}", want.reason),
        remedy: Some(format!(
            "read it, then `kz trust {}`, or name it with --config",
            path.display()
        )),
    });
    Err(Error::mistakes(
        &path.display().to_string(),
        lines.collect(),
    ))
}

/// Adds the manifest as it stands; a former pin of the same path is dropped.
pub(crate) fn pin(
    path: &Path,
    text: &str,
    local: Option<&str>,
    environment: &Environment,
) -> Result<(), Error> {
    let Some(store) = user_folder(environment).map(|folder| folder.join(FILE)) else {
        return Err(Error::plain(
            ErrorKind::Config,
            "there is no home folder to keep trusted manifests in: set HOME",
        ));
    };
    if path.to_string_lossy().contains('\n') {
        return Err(Error::plain(
            ErrorKind::Config,
            "the manifest's path holds a newline: move it",
        ));
    }
    let former = pins_in(&store)?;
    let suffix = format!("  {}", path.display());
    let mut pins: Vec<_> = former
        .lines()
        .filter(|line| !line.ends_with(&suffix))
        .map(str::to_owned)
        .collect();
    pins.push(entry(path, text, local));
    let pins = pins.join("\n") + "\n";
    write_private(&store, pins.as_bytes(), Existing::Replace).map_err(|_| {
        Error::plain(
            ErrorKind::Config,
            format!(
                "the pin cannot be written ({}): let this user write there",
                store.display()
            ),
        )
    })
}

fn is_pinned(
    path: &Path,
    text: &str,
    local: Option<&str>,
    environment: &Environment,
) -> Result<bool, Error> {
    let Some(folder) = user_folder(environment) else {
        return Ok(false);
    };
    let wanted = entry(path, text, local);
    Ok(pins_in(&folder.join(FILE))?
        .lines()
        .any(|line| line == wanted))
}

/// What is pinned, if nobody else can have pinned it.
fn pins_in(store: &Path) -> Result<String, Error> {
    let refuse = |reason: &str| {
        Error::plain(
            ErrorKind::Untrusted,
            format!("the pins are refused ({}): {reason}", store.display()),
        )
    };
    let Some(bytes) = read_own(store).map_err(refuse)? else {
        return Ok(String::new());
    };
    String::from_utf8(bytes.to_vec()).map_err(|_| refuse("they are not text: remove the file"))
}

/// The hash covers the local twin, which can change references too.
fn entry(path: &Path, text: &str, local: Option<&str>) -> String {
    let mut context = Context::new(&SHA256);
    context.update(&(text.len() as u64).to_be_bytes());
    context.update(text.as_bytes());
    context.update(local.unwrap_or_default().as_bytes());
    let hash = crate::audit::hex(context.finish().as_ref());
    format!("{hash}  {}", path.display())
}
