use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use kz_core::{SecretName, SecretRef};
use kz_providers::Environment;
use kz_redact::Redactor;

use crate::{Error, Manifest, Secrets};

/// All of it: finding, logging in, fetching.
const DEADLINE: Duration = Duration::from_secs(10);

/// What is done with the redactor before the first provider is asked.
type Prepare = Arc<dyn Fn(&Redactor) + Send + Sync>;

/// How to open. The default finds the manifest, takes the environment from
/// `KEYZERO_ENV`, and allows 10 seconds in all.
#[derive(Clone)]
#[non_exhaustive]
pub struct OpenOptions {
    /// The manifest. Named by the caller, it is trusted. Without it:
    /// `KEYZERO_CONFIG`, then walking up, then the per-user file.
    pub path: Option<PathBuf>,
    /// The overlay to apply; default `KEYZERO_ENV`.
    pub environment: Option<String>,
    /// On whose behalf, for the audit log.
    pub identity: Option<String>,
    /// Resolve and grant only these names.
    pub only: Option<Vec<SecretName>>,
    /// Further secrets; they replace the manifest's of the same name.
    pub extra: Vec<(SecretName, SecretRef)>,
    /// Where walking up starts; default the working directory.
    pub directory: Option<PathBuf>,
    /// Go on without a manifest when none is found.
    pub manifest_optional: bool,
    /// The time for all of it; default 10 seconds.
    pub deadline: Duration,
    /// The environment variables to read; default those of this process.
    pub variables: Environment,
    /// Gets the redactor before the first provider is asked.
    pub(crate) prepare: Option<Prepare>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            path: None,
            environment: None,
            identity: None,
            only: None,
            extra: Vec::new(),
            directory: None,
            manifest_optional: false,
            deadline: DEADLINE,
            variables: Environment::process(),
            prepare: None,
        }
    }
}

impl fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenOptions")
            .field("path", &self.path)
            .field("environment", &self.environment)
            .field("identity", &self.identity)
            .field("only", &self.only)
            .field("extra", &self.extra)
            .field("directory", &self.directory)
            .field("manifest_optional", &self.manifest_optional)
            .field("deadline", &self.deadline)
            .field("variables", &self.variables)
            .finish_non_exhaustive()
    }
}

impl OpenOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the manifest, which is trusted for that.
    #[must_use]
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Chooses the overlay.
    #[must_use]
    pub fn environment(mut self, name: impl Into<String>) -> Self {
        self.environment = Some(name.into());
        self
    }

    /// Says on whose behalf, for the audit log.
    #[must_use]
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// Resolves and grants only these names.
    #[must_use]
    pub fn only(mut self, names: Vec<SecretName>) -> Self {
        self.only = Some(names);
        self
    }

    /// Adds a secret, or replaces the manifest's of the same name.
    #[must_use]
    pub fn extra(mut self, name: SecretName, reference: SecretRef) -> Self {
        self.extra.push((name, reference));
        self
    }

    /// Goes on without a manifest when none is found.
    #[must_use]
    pub fn manifest_optional(mut self, yes: bool) -> Self {
        self.manifest_optional = yes;
        self
    }

    /// Starts walking up here.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Bounds all of it.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Reads these variables instead of the process's.
    #[must_use]
    pub fn variables(mut self, variables: Environment) -> Self {
        self.variables = variables;
        self
    }

    /// Calls `prepare` with the redactor before the first provider is asked, so
    /// that panic hooks and log layers stand before there is anything to leak.
    #[must_use]
    pub fn prepare(mut self, prepare: impl Fn(&Redactor) + Send + Sync + 'static) -> Self {
        self.prepare = Some(Arc::new(prepare));
        self
    }

    /// Resolves and validates every declared secret, or fails with one error
    /// that lists all that is wrong.
    ///
    /// Cancelling the future ends what is under way. Needs a tokio runtime with
    /// time and I/O enabled.
    ///
    /// # Errors
    /// A configuration error ([`Error::is_configuration`]), or the names that
    /// failed ([`Error::names`]).
    pub async fn open(self) -> Result<Secrets, Error> {
        Secrets::open(self).await
    }

    /// Reads, overlays and checks the manifest; resolves nothing.
    ///
    /// # Errors
    /// Every mistake of the manifest, in one error.
    pub fn load(&self) -> Result<Manifest, Error> {
        Manifest::load(self)
    }

    /// Pins the manifest, and the local file beside it, as they are now, so that
    /// it may be found by walking up and ask for programs and addresses of its
    /// own choice.
    ///
    /// # Errors
    /// When there is none, it is somebody else's to write, or the pin cannot be
    /// written.
    pub fn trust(&self) -> Result<(), Error> {
        Manifest::pin(self)
    }
}

/// Finds the manifest, resolves and validates every declared secret.
///
/// # Errors
/// As [`OpenOptions::open`].
pub async fn open() -> Result<Secrets, Error> {
    OpenOptions::new().open().await
}
