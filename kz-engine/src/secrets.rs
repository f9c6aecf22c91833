use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard},
    time::{Duration, Instant},
};

use kz_core::{AuditEvent, ErrorKind, SecretName};
use kz_providers::{Environment, ProvidersConfig, Registry};
use kz_redact::{Mode, Redactor};

use crate::{
    Error, Manifest, OpenOptions, Secret, Subscription,
    audit::Audit,
    error::Line,
    manifest::{Declared, unknown},
    process::PerProcess,
    resolve::{Resolved, Resolver},
    rotate::Listeners,
};

/// The opened secrets of one manifest: a cheap handle, shared by its clones.
/// Values are wiped when the last handle drops, and at [`close`](Self::close).
#[derive(Clone)]
pub struct Secrets(Arc<Inner>);

struct Inner {
    manifest: Manifest,
    registry: PerProcess<Registry>,
    variables: Environment,
    redactor: Redactor,
    audit: Audit,
    deadline: Duration,
    listeners: Listeners,
    /// `None` once closed.
    values: RwLock<Option<BTreeMap<SecretName, Resolved>>>,
    /// One refresh at a time: an answer must not overtake a later one.
    refreshing: PerProcess<tokio::sync::Mutex<()>>,
    /// Why names kept their old value at the last refresh.
    stale: Mutex<BTreeMap<String, kz_core::Error>>,
}

/// What `kz status` shows of one secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// Its declared name.
    pub name: String,
    /// Where it lives.
    pub reference: String,
    /// As in [`Secrets::summary`].
    pub summary: String,
    /// How long ago it was fetched.
    pub age: Option<Duration>,
    /// How long its lease lasts from now.
    pub expires: Option<Duration>,
    /// The store's version of it.
    pub version: Option<String>,
}

impl Secrets {
    pub(crate) async fn open(options: OpenOptions) -> Result<Self, Error> {
        let started = Instant::now();
        let manifest = options.load()?;
        // Before the first provider is asked: what arrives is masked from then on.
        let redactor = manifest.redact().redactor()?;
        if let Some(prepare) = &options.prepare {
            prepare(&redactor);
        }
        let audit = Audit::open(&manifest, &options, &redactor)?;
        let registry = registry(&manifest, &options.variables)?;
        let resolver = Resolver {
            registry: &registry,
            redactor: &redactor,
            audit: &audit,
            deadline: started + options.deadline,
        };
        let results = resolver.resolve(manifest.declared()).await?;
        let mut values = BTreeMap::new();
        let mut failed = Vec::new();
        for (declared, result) in manifest.declared().iter().zip(results) {
            match result {
                Ok(Some(resolved)) => drop(values.insert(declared.name.clone(), resolved)),
                Ok(None) => {}
                Err(line) => failed.push(line),
            }
        }
        let error = (!failed.is_empty()).then(|| {
            Error::failed(
                manifest.declared().len(),
                &manifest.whence(),
                failed,
                &redactor,
            )
        });
        let mut event = AuditEvent::new("open", audit.id());
        event.path = manifest.path().map(|path| path.display().to_string());
        event.duration = Some(started.elapsed());
        if let Some(error) = &error {
            event.outcome = kz_core::Outcome::Fail;
            event.rule = Some(error.kind().as_str().into());
        }
        audit.record(event)?;
        if let Some(error) = error {
            return Err(error);
        }
        warn_of_mode(&redactor, &audit)?;
        Ok(Self(Arc::new(Inner {
            manifest,
            registry: PerProcess::new(registry),
            variables: options.variables,
            redactor,
            audit,
            deadline: options.deadline,
            listeners: Listeners::default(),
            values: RwLock::new(Some(values)),
            refreshing: PerProcess::new(tokio::sync::Mutex::default()),
            stale: Mutex::default(),
        })))
    }

    /// The secret.
    ///
    /// # Errors
    /// Kind `unknown_secret` when it is not declared, `missing` when it is
    /// optional and absent, `closed` after closing.
    pub fn get(&self, name: &str) -> Result<Secret, Error> {
        self.find(name)?.ok_or_else(|| {
            Error::of_name(
                ErrorKind::Missing,
                name,
                "it is optional and has no value: ask for it with `find`",
            )
        })
    }

    /// The secret; `None` when it is optional and absent.
    ///
    /// # Errors
    /// Kind `unknown_secret` when it is not declared, `closed` after closing.
    pub fn find(&self, name: &str) -> Result<Option<Secret>, Error> {
        let values = self.0.values();
        let Some(values) = values.as_ref() else {
            return Err(closed());
        };
        let declared = self
            .declared()
            .iter()
            .find(|declared| declared.name.as_str() == name);
        let Some(declared) = declared else {
            return Err(unknown(
                name,
                self.declared()
                    .iter()
                    .map(|declared| declared.name.as_str()),
            ));
        };
        let resolved = values.get(&declared.name);
        Ok(resolved.map(|resolved| Secret::new(name, resolved.value.share())))
    }

    /// The declared names, in the manifest's order.
    pub fn names(&self) -> Vec<SecretName> {
        self.declared()
            .iter()
            .map(|declared| declared.name.clone())
            .collect()
    }

    /// For logs: `DATABASE_URL` → `set(52 chars) from vault`, `present` for a
    /// public one, `MISSING` for an optional one that is absent.
    pub fn summary(&self) -> BTreeMap<String, String> {
        let values = self.0.values();
        let resolved = |declared: &Declared| {
            values
                .as_ref()
                .and_then(|values| values.get(&declared.name))
        };
        let lines = self.declared().iter();
        lines
            .map(|declared| {
                (
                    declared.name.to_string(),
                    summary(declared, resolved(declared)),
                )
            })
            .collect()
    }

    /// The manifest that was opened.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// What masks these secrets. It goes on masking after closing, for as long as
    /// a handle of it lives.
    pub fn redactor(&self) -> &Redactor {
        &self.0.redactor
    }

    /// The text with every secret masked.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.0.redactor.redact_str(text)
    }

    /// Ages, expiries and versions, in the manifest's order.
    pub fn status(&self) -> Vec<Status> {
        let values = self.0.values();
        let status = |declared: &Declared| {
            let resolved = values
                .as_ref()
                .and_then(|values| values.get(&declared.name));
            Status {
                name: declared.name.to_string(),
                reference: declared.reference.to_string(),
                summary: summary(declared, resolved),
                age: resolved.map(|resolved| resolved.fetched.elapsed()),
                expires: resolved.and_then(|r| Some(r.lease?.saturating_sub(r.fetched.elapsed()))),
                version: resolved.and_then(|resolved| resolved.version.clone()),
            }
        };
        self.declared().iter().map(status).collect()
    }

    /// Fetches everything again. A new value registers before it is handed out,
    /// and the old one stays masked. What cannot be fetched, or is weak or
    /// invalid, keeps its old value.
    ///
    /// # Errors
    /// The names that kept their old value; `closed` after closing.
    pub async fn refresh(&self) -> Result<(), Error> {
        let inner = &self.0;
        // A child must not wait for a refresh of its parent's.
        let refreshing = inner
            .refreshing
            .get_or_remake(|| Ok::<_, Error>(tokio::sync::Mutex::default()))?;
        let _one_at_a_time = refreshing.lock().await;
        if inner.values().is_none() {
            return Err(closed());
        }
        let registry = inner.registry()?;
        let resolver = Resolver {
            registry: &registry,
            redactor: &inner.redactor,
            audit: &inner.audit,
            deadline: Instant::now() + inner.deadline,
        };
        let results = resolver.resolve(self.declared()).await?;
        let (mut fetched, mut changed, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for (declared, result) in self.declared().iter().zip(results) {
            match result {
                Ok(new) => {
                    if inner.differs(&declared.name, new.as_ref()) {
                        changed.push(&declared.name);
                    }
                    fetched.push((&declared.name, new));
                }
                Err(line) => failed.push(line),
            }
        }
        // A change that cannot be written down does not happen.
        for name in &changed {
            let mut event = AuditEvent::new("rotate", inner.audit.id());
            event.subject = Some(name.to_string());
            inner.audit.record(event)?;
        }
        inner.replace(fetched)?;
        let error = (!failed.is_empty()).then(|| {
            Error::failed(
                self.declared().len(),
                &inner.manifest.whence(),
                failed,
                &inner.redactor,
            )
        });
        let lines = error.as_ref().map(Error::lines).unwrap_or_default();
        *inner.stale.lock().unwrap_or_else(PoisonError::into_inner) = lines
            .iter()
            .map(|line| (line.subject.clone(), line.kept()))
            .collect();
        for name in changed {
            inner.listeners.tell(name.as_str());
        }
        error.map_or(Ok(()), Err)
    }

    /// Asks every provider in use whether it can be reached: its name, and what
    /// is wrong. A secret that kept its old value at the last refresh follows
    /// under its NAME.
    pub async fn health(&self) -> Vec<(String, Result<(), kz_core::Error>)> {
        let deadline = Instant::now() + self.0.deadline;
        let mut answers = Vec::new();
        let registry = match self.0.registry() {
            Ok(registry) => registry,
            Err(error) => {
                let error = kz_core::Error::new(error.kind(), "health", error.to_string());
                return vec![("providers".to_owned(), Err(error))];
            }
        };
        for (scheme, provider) in registry.iter() {
            if self
                .declared()
                .iter()
                .any(|declared| declared.reference.provider() == scheme)
            {
                answers.push((
                    scheme.to_owned(),
                    provider.health(deadline, &self.0.redactor).await,
                ));
            }
        }
        let stale = self.0.stale.lock().unwrap_or_else(PoisonError::into_inner);
        answers.extend(
            stale
                .iter()
                .map(|(name, error)| (name.clone(), Err(error.clone()))),
        );
        answers
    }

    /// Calls back with a name after its value changed.
    pub fn on_rotate(&self, callback: impl Fn(&str) + Send + Sync + 'static) -> Subscription {
        self.0.listeners.add(callback)
    }

    /// Lets the values go. They are wiped once no [`Secret`] holds them either;
    /// masking goes on for as long as a [`Redactor`] handle lives.
    #[expect(
        clippy::unused_async,
        reason = "leases will be revoked here, which waits for their store"
    )]
    pub async fn close(&self) {
        let taken = self
            .0
            .values
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if taken.is_some() {
            // Closing cannot be refused; the event still went to `tracing`.
            let _ = self
                .0
                .audit
                .record(AuditEvent::new("close", self.0.audit.id()));
        }
    }

    /// Writes an event to the audit log, joined to this opening.
    ///
    /// # Errors
    /// When it cannot be written: what it tells of must not go ahead.
    pub fn audit(&self, mut event: AuditEvent) -> Result<(), Error> {
        if event.id.is_empty() {
            self.0.audit.id().clone_into(&mut event.id);
        }
        self.0.audit.record(event)
    }

    fn declared(&self) -> &[Declared] {
        self.0.manifest.declared()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.summary()).finish()
    }
}

impl Inner {
    fn values(&self) -> RwLockReadGuard<'_, Option<BTreeMap<SecretName, Resolved>>> {
        self.values.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `new` is another value than the one there is.
    fn differs(&self, name: &SecretName, new: Option<&Resolved>) -> bool {
        let values = self.values();
        let old = values.as_ref().and_then(|values| values.get(name));
        let bytes = |resolved: &Resolved| resolved.value.share();
        match (old.map(bytes), new.map(bytes)) {
            (Some(old), Some(new)) => old.expose_bytes() != new.expose_bytes(),
            (None, None) => false,
            _ => true,
        }
    }

    /// Puts what was fetched in place of what there was, all at once.
    fn replace(&self, fetched: Vec<(&SecretName, Option<Resolved>)>) -> Result<(), Error> {
        let mut values = self.values.write().unwrap_or_else(PoisonError::into_inner);
        let values = values.as_mut().ok_or_else(closed)?;
        for (name, new) in fetched {
            match new {
                Some(new) => drop(values.insert(name.clone(), new)),
                None => drop(values.remove(name)),
            }
        }
        Ok(())
    }

    fn registry(&self) -> Result<Arc<Registry>, Error> {
        self.registry
            .get_or_remake(|| registry(&self.manifest, &self.variables))
    }
}

fn registry(manifest: &Manifest, variables: &Environment) -> Result<Registry, Error> {
    let mut config = ProvidersConfig::default();
    config.base_directory = manifest.folder();
    config.vault = manifest.vault().cloned();
    config.environment = variables.clone();
    Registry::new(config).map_err(|error| {
        let line = Line::of("providers", None, &error);
        Error::mistakes(&manifest.whence(), vec![line])
    })
}

/// A guard that only counts is a guard that is off.
fn warn_of_mode(redactor: &Redactor, audit: &Audit) -> Result<(), Error> {
    if redactor.mode() != Mode::Report {
        return Ok(());
    }
    tracing::warn!(target: "kz", "redact.mode is \"report\": nothing is masked");
    audit.record(AuditEvent::new("guard_off", audit.id()))
}

fn summary(declared: &Declared, resolved: Option<&Resolved>) -> String {
    let Some(resolved) = resolved else {
        return "MISSING".to_owned();
    };
    if declared.public {
        return "present".to_owned();
    }
    let provider = declared.reference.provider();
    let mut text = match std::str::from_utf8(resolved.value.expose_bytes()) {
        Ok(value) => format!("set({} chars) from {provider}", value.chars().count()),
        Err(_) => format!("set({} bytes) from {provider}", resolved.value.len()),
    };
    for note in &resolved.notes {
        text.push_str("; ");
        text.push_str(note);
    }
    text
}

fn closed() -> Error {
    Error::plain(ErrorKind::Closed, "the secrets are closed: open them again")
}
