//! The opened secrets, as a server holds them.

use std::{
    fmt, io,
    ops::Deref,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kz_engine::{SecretName, SecretRef};
use kz_redact::Redactor;

use crate::{Error, LogWriter, Manifest, panics};

/// Opens the secrets that the manifest declares: [`OpenOptions::open`] with the
/// default options.
///
/// ```no_run
/// # async fn example() -> Result<(), kz_mcp::Error> {
/// let secrets = kz_mcp::open().await?;
/// let dsn = secrets.get("DATABASE_URL")?;
/// # let _ = dsn.expose_str()?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// One error for everything that is wrong: with the manifest (see
/// [`Error::is_configuration`]), or with the secrets, each of which it names.
///
/// # Cancellation
/// Dropping the future opens nothing.
pub async fn open() -> Result<Secrets, Error> {
    OpenOptions::default().open().await
}

/// How to open. The default finds the manifest by itself and takes the
/// environment from `KEYZERO_ENV`.
///
/// ```no_run
/// # async fn example() -> Result<(), kz_mcp::Error> {
/// let secrets = kz_mcp::OpenOptions::new()
///     .path("/etc/notes/keyzero.toml")
///     .environment("production")
///     .open()
///     .await?;
/// # drop(secrets);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct OpenOptions(kz_engine::OpenOptions);

impl OpenOptions {
    /// The default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads this manifest. Naming it means trusting it.
    #[must_use]
    pub fn path(self, path: impl Into<PathBuf>) -> Self {
        Self(self.0.path(path))
    }

    /// Overlays the `[NAME.secrets]` section of this environment.
    #[must_use]
    pub fn environment(self, name: impl Into<String>) -> Self {
        Self(self.0.environment(name))
    }

    /// Opens in the name of this identity.
    #[must_use]
    pub fn identity(self, identity: impl Into<String>) -> Self {
        Self(self.0.identity(identity))
    }

    /// Opens these secrets alone.
    #[must_use]
    pub fn only(self, names: Vec<SecretName>) -> Self {
        Self(self.0.only(names))
    }

    /// Opens a further secret, or one in the place of the manifest's.
    #[must_use]
    pub fn extra(self, name: SecretName, reference: SecretRef) -> Self {
        Self(self.0.extra(name, reference))
    }

    /// Goes on without a manifest when none is found.
    #[must_use]
    pub fn manifest_optional(self, yes: bool) -> Self {
        Self(self.0.manifest_optional(yes))
    }

    /// Looks for the manifest from here upwards; default the working directory.
    #[must_use]
    pub fn directory(self, directory: impl Into<PathBuf>) -> Self {
        Self(self.0.directory(directory))
    }

    /// Gives up after this time, for all secrets together; default 10 s.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        Self(self.0.deadline(deadline))
    }

    /// Resolves and validates every declared secret.
    ///
    /// # Errors
    /// As [`open`](fn@open).
    pub async fn open(self) -> Result<Secrets, Error> {
        // Panic messages are masked before the first provider is asked, and for
        // as long as the opening is under way; then the handle sees to it.
        let masking = Arc::new(Mutex::new(None));
        let prepared = Arc::clone(&masking);
        let options = self.0.prepare(move |redactor| {
            let mut slot = prepared.lock().unwrap_or_else(PoisonError::into_inner);
            *slot = Some(panics::mask(redactor.clone()));
        });
        let opened = options.open().await.map(Secrets::from);
        drop(masking);
        opened
    }

    /// Reads and checks the manifest, offline; resolves nothing.
    ///
    /// # Errors
    /// What is wrong with the manifest.
    pub fn load(&self) -> Result<Manifest, Error> {
        self.0.load()
    }
}

/// The opened secrets. A cheap handle: clones share everything, and values are
/// wiped when the last one drops.
///
/// Everything that [`kz_engine::Secrets`] does, this does too: `get`, `find`,
/// `names`, `summary`, `redact`, `redactor`, `refresh`, `health`, `status`,
/// `on_rotate`, `close`. It adds what a server needs to say nothing that it
/// should not: guards for its transport, and a writer for its log. While a
/// handle lives, secrets are masked in panic messages too, by a panic hook; a
/// hook that is set later replaces it.
#[derive(Clone)]
pub struct Secrets {
    secrets: kz_engine::Secrets,
    masking: Arc<Redactor>,
}

impl Secrets {
    /// A writer for each event of a log, in which secrets are masked:
    /// `tracing_subscriber::fmt().with_writer(secrets.writer(std::io::stderr))`.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::io::Write as _;
    ///
    /// let secrets = kz_mcp::open().await?;
    /// let writer = secrets.writer(std::io::stderr);
    /// writeln!(writer(), "one event")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn writer<W: io::Write>(
        &self,
        make: impl Fn() -> W + Send + Sync + 'static,
    ) -> impl Fn() -> LogWriter<W> + Send + Sync + 'static {
        let redactor = Redactor::clone(&self.masking);
        move || LogWriter::new(make(), redactor.clone())
    }

    #[cfg(feature = "rmcp")]
    pub(crate) fn masking(&self) -> &Arc<Redactor> {
        &self.masking
    }
}

impl From<kz_engine::Secrets> for Secrets {
    fn from(secrets: kz_engine::Secrets) -> Self {
        let masking = panics::mask(secrets.redactor().clone());
        Self { secrets, masking }
    }
}

impl Deref for Secrets {
    type Target = kz_engine::Secrets;

    fn deref(&self) -> &kz_engine::Secrets {
        &self.secrets
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.secrets, f)
    }
}
