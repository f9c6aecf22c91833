//! `.keyzero.toml`: found, read strictly, overlaid, checked.

mod binding;
mod discover;
mod expand;
mod model;
mod paste;
mod read;
mod source;
mod suggest;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use kz_core::{ErrorKind, SecretName, SecretRef};
use kz_providers::VaultConfig;

use self::model::Model;
pub(crate) use self::model::{AuditSettings, Declared, RedactSettings};
pub(crate) use self::model::{WantsTrust, unknown};
use crate::{
    Error, OpenOptions,
    files::{self, Origin},
    trust,
};

/// A checked manifest, with its overlays applied.
///
/// ```
/// use kz_engine::OpenOptions;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join(".keyzero.toml");
/// std::fs::write(&path, "[secrets]\nDB = { provider = \"vault\", ref = \"secret/data/dev/db/url\" }\n")?;
/// let manifest = OpenOptions::new().path(&path).load().unwrap();
/// let (name, reference) = manifest.secrets()[0];
/// assert_eq!((name.as_str(), reference.to_string().as_str()), ("DB", "vault://secret/data/dev/db#url"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Manifest(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: Option<PathBuf>,
    environment: Option<String>,
    model: Model,
}

impl Manifest {
    /// Finds, reads, overlays and checks. Resolves nothing.
    pub(crate) fn load(options: &OpenOptions) -> Result<Self, Error> {
        let environment = options
            .environment
            .clone()
            .or_else(|| options.variables.text("KEYZERO_ENV").map(str::to_owned));
        let found = discover::find(options)?;
        let Some((path, origin)) = found else {
            return Ok(Self(Arc::new(Inner {
                path: None,
                environment,
                model: Model::with(options)?,
            })));
        };
        let text = files::read(&path, origin)?;
        let local = match local_twin(&path) {
            Some(twin) => Some((twin.clone(), files::read(&twin, origin)?)),
            None => None,
        };
        let local_text = local.as_ref().map(|(_, text)| text.as_str());
        let mut model = read::manifest(
            &path,
            &text,
            local
                .as_ref()
                .map(|(path, text)| (path.as_path(), text.as_str())),
            environment.as_deref(),
            &options.variables,
        )?;
        if origin == Origin::WalkedUp {
            trust::check(
                &path,
                &text,
                local_text,
                &model.wants_trust,
                &options.variables,
            )?;
        }
        model.apply(options)?;
        Ok(Self(Arc::new(Inner {
            path: Some(path),
            environment,
            model,
        })))
    }

    /// The file, if there is one.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The environment whose overlay was applied.
    pub fn environment(&self) -> Option<&str> {
        self.0.environment.as_deref()
    }

    /// The names of the `[servers]` tables, in order.
    pub fn servers(&self) -> Vec<&str> {
        self.0
            .model
            .servers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// What a server is granted: the variable of the child, and the secret.
    pub fn grants(&self, server: &str) -> Option<Vec<(SecretName, SecretName)>> {
        let (_, grants) = self
            .0
            .model
            .servers
            .iter()
            .find(|(name, _)| name == server)?;
        Some(grants.clone())
    }

    /// The declared secrets and where they live, in order.
    pub fn secrets(&self) -> Vec<(&SecretName, &SecretRef)> {
        self.declared()
            .iter()
            .map(|declared| (&declared.name, &declared.reference))
            .collect()
    }

    /// Environment variables by which kz itself reaches stores: for no child.
    pub fn provider_variables(&self) -> Vec<String> {
        let mut config = kz_providers::ProvidersConfig::default();
        config.vault.clone_from(&self.0.model.vault);
        config.credential_variables()
    }

    /// Pins the file as it is now, so that a manifest found by walking up is
    /// trusted with programs and addresses of its own choice.
    ///
    /// # Errors
    /// When it cannot be read, is somebody else's to write, or the pin cannot be
    /// written.
    pub fn trust(path: &Path) -> Result<(), Error> {
        OpenOptions::new().path(path).trust()
    }

    /// Pins what [`load`](Self::load) finds. It is judged as found by walking up.
    pub(crate) fn pin(options: &OpenOptions) -> Result<(), Error> {
        let Some((path, _)) = discover::find(options)? else {
            return Err(Error::plain(
                ErrorKind::Config,
                "there is no manifest to trust: name one",
            ));
        };
        let text = files::read(&path, Origin::WalkedUp)?;
        let local = local_twin(&path)
            .map(|twin| files::read(&twin, Origin::WalkedUp))
            .transpose()?;
        trust::pin(&path, &text, local.as_deref(), &options.variables)
    }

    pub(crate) fn declared(&self) -> &[Declared] {
        &self.0.model.secrets
    }

    pub(crate) fn vault(&self) -> Option<&VaultConfig> {
        self.0.model.vault.as_ref()
    }

    pub(crate) fn redact(&self) -> &RedactSettings {
        &self.0.model.redact
    }

    pub(crate) fn audit(&self) -> Option<&AuditSettings> {
        self.0.model.audit.as_ref()
    }

    /// What relative paths are taken against.
    pub(crate) fn folder(&self) -> PathBuf {
        self.path()
            .and_then(Path::parent)
            .map(Path::to_owned)
            .unwrap_or_default()
    }

    /// For the headline of an error: `PATH, environment production`.
    pub(crate) fn whence(&self) -> String {
        let path = self.path().map_or_else(
            || "no manifest".to_owned(),
            |path| path.display().to_string(),
        );
        match self.environment() {
            Some(environment) => format!("{path}, environment {environment}"),
            None => path,
        }
    }
}

/// `.keyzero.local.toml` beside `.keyzero.toml`.
fn local_twin(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let twin = path.with_file_name(format!("{}.local.toml", name.strip_suffix(".toml")?));
    twin.exists().then_some(twin)
}
