//! Where a secret lies: the KV engine's version decides whether `data/` belongs
//! between mount and path.

use std::{collections::BTreeMap, sync::Mutex};

use kz_core::{Error, ErrorKind};

use super::{
    api::{Api, Status},
    login::Token,
};
use crate::document::Node;

pub(super) struct Mounts {
    /// What the manifest says of every mount.
    version: Option<u8>,
    /// What was asked before, by reference path.
    known: Mutex<BTreeMap<String, Target>>,
}

/// The path to ask for, and whether the engine keeps versions, where known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) path: String,
    pub(super) versioned: Option<bool>,
}

impl Mounts {
    pub(super) fn new(version: Option<u8>) -> Result<Self, Error> {
        if version.is_some_and(|version| !matches!(version, 1 | 2)) {
            return Err(Error::new(
                ErrorKind::Config,
                "connect",
                "kv_version is neither 1 nor 2",
            ));
        }
        Ok(Self {
            version,
            known: Mutex::new(BTreeMap::new()),
        })
    }

    pub(super) async fn locate(
        &self,
        api: &Api,
        path: &str,
        token: &Token,
    ) -> Result<Target, Error> {
        let known = self
            .known
            .lock()
            .ok()
            .and_then(|known| known.get(path).cloned());
        if let Some(target) = known {
            return Ok(target);
        }
        let target = match self.version {
            Some(version) => in_first_segment(path, version == 2),
            None => ask(api, path, token).await?,
        };
        // What a dead token was not told, a live one may be.
        if target.versioned.is_some()
            && let Ok(mut known) = self.known.lock()
        {
            known.insert(path.to_owned(), target.clone());
        }
        Ok(target)
    }
}

/// Asks which engine is mounted there. A token without any right on the mount
/// is told nothing; then the path is taken as it stands.
async fn ask(api: &Api, path: &str, token: &Token) -> Result<Target, Error> {
    let answer = api
        .get(&format!("sys/internal/ui/mounts/{path}"), &[], Some(token))
        .await?;
    if answer.status != Status::Ok {
        if !matches!(
            answer.status,
            Status::Forbidden | Status::NotFound | Status::Refused | Status::Unauthorized
        ) {
            answer.status.checked()?;
        }
        return Ok(Target {
            path: path.to_owned(),
            versioned: None,
        });
    }
    let document = Node::parse(&answer.body).map_err(|_| super::not_a_vault())?;
    let text = |pointer| {
        let text = document.pointed(pointer).map(Node::text);
        text.and_then(|text| String::from_utf8(text.to_vec()).ok())
            .unwrap_or_default()
    };
    let mount = text("/data/path");
    let versioned = text("/data/options/version") == "2";
    Ok(in_mount(path, mount.trim_end_matches('/'), versioned))
}

/// Where nobody says how long the mount's path is, `data` marks its end, or it is
/// one segment.
fn in_first_segment(path: &str, versioned: bool) -> Target {
    let mount = match path.split_once("/data/") {
        Some((mount, _)) => mount,
        None => path.split('/').next().unwrap_or_default(),
    };
    in_mount(path, mount, versioned)
}

fn in_mount(path: &str, mount: &str, versioned: bool) -> Target {
    let inside = path
        .strip_prefix(mount)
        .and_then(|rest| rest.strip_prefix('/'));
    let path = match inside {
        Some(inside) if versioned && !inside.starts_with("data/") => {
            format!("{mount}/data/{inside}")
        }
        _ => path.to_owned(),
    };
    Target {
        path,
        versioned: Some(versioned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_data_goes_when_told_the_version() {
        for (path, versioned, expected) in [
            ("secret/dev/db", true, "secret/data/dev/db"),
            ("secret/data/dev/db", true, "secret/data/dev/db"),
            ("team/kv/data/dev/db", true, "team/kv/data/dev/db"),
            ("secret/dev/db", false, "secret/dev/db"),
        ] {
            assert_eq!(in_first_segment(path, versioned).path, expected, "{path}");
        }
    }

    #[test]
    fn where_data_goes() {
        for (path, mount, versioned, expected) in [
            ("secret/data/dev/db", "secret", true, "secret/data/dev/db"),
            ("secret/dev/db", "secret", true, "secret/data/dev/db"),
            ("secret/dev/db", "secret", false, "secret/dev/db"),
            ("kv/data/x", "kv", false, "kv/data/x"),
            ("team/kv/dev/db", "team/kv", true, "team/kv/data/dev/db"),
            ("other/x", "secret", true, "other/x"),
        ] {
            assert_eq!(
                in_mount(path, mount, versioned).path,
                expected,
                "{path} in {mount}"
            );
        }
    }
}
