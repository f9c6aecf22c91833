//! Fetches what is declared, all at once, and checks it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use kz_core::{
    AuditEvent, Error as CoreError, ErrorKind, Fetched, Intake, Outcome, Request, Role, SecretRef,
    SecretValue,
};
use kz_providers::Registry;
use kz_redact::Redactor;
use tokio::task::JoinSet;

use crate::{Error, audit::Audit, error::Line, manifest::Declared};

/// A resolved secret.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) value: SecretValue,
    pub(crate) fetched: Instant,
    pub(crate) version: Option<String>,
    pub(crate) lease: Option<Duration>,
    /// What could only be masked in its structure; for the summary.
    pub(crate) notes: Vec<String>,
}

/// Hands what providers receive to the redactor, but for what is declared
/// public: the value itself, and the same field when it arrives beside another.
struct Gate {
    redactor: Redactor,
    public: bool,
    public_fields: BTreeSet<String>,
}

impl Gate {
    /// For the reference of `declared`, of which others may be public.
    fn new(redactor: &Redactor, declared: &[Declared], reference: &SecretRef) -> Self {
        let of = |reference: &SecretRef| {
            declared
                .iter()
                .filter(move |d| d.reference == *reference)
                .all(|d| d.public)
        };
        let same_document = |other: &SecretRef| {
            other.provider() == reference.provider()
                && other.path() == reference.path()
                && other.query() == reference.query()
        };
        Self {
            redactor: redactor.clone(),
            public: of(reference),
            public_fields: declared
                .iter()
                .filter(|d| d.public && same_document(&d.reference) && of(&d.reference))
                .filter_map(|d| d.reference.field().map(str::to_owned))
                .collect(),
        }
    }
}

impl Intake for Gate {
    fn receive(&self, name: &str, role: Role<'_>, bytes: &[u8]) -> Result<(), CoreError> {
        let public = match role {
            Role::Value => self.public,
            Role::Sibling { key } => self.public_fields.contains(key),
            _ => false,
        };
        if public {
            return Ok(());
        }
        self.redactor.receive(name, role, bytes)
    }
}

/// Everything that a resolution needs.
pub(crate) struct Resolver<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) redactor: &'a Redactor,
    pub(crate) audit: &'a Audit,
    pub(crate) deadline: Instant,
}

/// What became of each declared secret: a value, nothing (optional), or why not.
type Results = Vec<Result<Option<Resolved>, Line>>;

impl Resolver<'_> {
    /// One result per declared secret, in order.
    ///
    /// # Errors
    /// When an event cannot be written to the audit log.
    pub(crate) async fn resolve(&self, declared: &[Declared]) -> Result<Results, Error> {
        let mut answers = self.fetch(declared).await;
        let mut results = Vec::with_capacity(declared.len());
        for declared in declared {
            let answer = answers.get_mut(&declared.reference);
            let result = match answer {
                Some(Answer {
                    result: Ok(fetched),
                    took,
                }) => self.accept(declared, fetched, *took),
                Some(Answer {
                    result: Err(error),
                    took,
                }) => self.refuse(declared, error, *took),
                None => self.refuse(declared, &lost(), Duration::ZERO),
            }?;
            results.push(result);
        }
        Ok(results)
    }

    /// Each reference once, all at the same time.
    async fn fetch(&self, all: &[Declared]) -> BTreeMap<SecretRef, Answer> {
        let mut answers = BTreeMap::new();
        let mut tasks = JoinSet::new();
        let mut asked = BTreeSet::new();
        for declared in all {
            if !asked.insert(&declared.reference) {
                continue;
            }
            let provider = match self.registry.provider(&declared.reference) {
                Ok(provider) => provider,
                Err(error) => {
                    answers.insert(
                        declared.reference.clone(),
                        Answer {
                            result: Err(error),
                            took: Duration::ZERO,
                        },
                    );
                    continue;
                }
            };
            let gate = Gate::new(self.redactor, all, &declared.reference);
            let (name, reference, deadline) = (
                declared.name.to_string(),
                declared.reference.clone(),
                self.deadline,
            );
            tasks.spawn(async move {
                let started = Instant::now();
                let request = Request::new(&name, &reference, deadline, &gate);
                let result =
                    match tokio::time::timeout_at(deadline.into(), provider.get(&request)).await {
                        Ok(result) => result,
                        Err(_) => Err(late()),
                    };
                (
                    reference,
                    Answer {
                        result,
                        took: started.elapsed(),
                    },
                )
            });
        }
        // A task that panicked is missing here, and so is its answer.
        while let Some(joined) = tasks.join_next().await {
            if let Ok((reference, answer)) = joined {
                answers.insert(reference, answer);
            }
        }
        answers
    }

    fn accept(
        &self,
        declared: &Declared,
        fetched: &Fetched,
        took: Duration,
    ) -> Result<Result<Option<Resolved>, Line>, Error> {
        let mut value = fetched.value.share();
        let mut notes = Vec::new();
        if !declared.public {
            // Again under its own name, strictly: this time weakness is an error.
            match self.redactor.add_declared(
                declared.name.as_str(),
                value.expose_bytes(),
                declared.weak,
            ) {
                // Held once: where the redactor reads it.
                Ok(registered) => (value, notes) = (registered.value, registered.notes),
                Err(error) => {
                    let mut line = CoreError::new(error.kind(), "open", error.reason().to_owned());
                    if let Some(remedy) = error.remedy() {
                        line = line.with_remedy(remedy.to_owned());
                    }
                    return self.refuse(declared, &line, took);
                }
            }
        }
        if let Err((reason, remedy)) = declared.constraints.check(value.expose_bytes()) {
            let error = CoreError::new(ErrorKind::Invalid, "open", reason).with_remedy(remedy);
            return self.refuse(declared, &error, took);
        }
        self.note(declared, Outcome::Allow, None, took)?;
        Ok(Ok(Some(Resolved {
            value,
            fetched: Instant::now(),
            version: fetched.version.clone(),
            lease: fetched.lease.as_ref().map(|lease| lease.duration),
            notes,
        })))
    }

    fn refuse(
        &self,
        declared: &Declared,
        error: &CoreError,
        took: Duration,
    ) -> Result<Result<Option<Resolved>, Line>, Error> {
        let outcome = if error.kind() == ErrorKind::Denied {
            Outcome::Deny
        } else {
            Outcome::Fail
        };
        self.note(declared, outcome, Some(error.kind()), took)?;
        if declared.optional && error.kind() == ErrorKind::NotFound {
            return Ok(Ok(None));
        }
        let mut line = Line::of(declared.name.as_str(), Some(declared.place.clone()), error);
        line.reference = Some(declared.reference.to_string());
        Ok(Err(line))
    }

    fn note(
        &self,
        declared: &Declared,
        outcome: Outcome,
        rule: Option<ErrorKind>,
        took: Duration,
    ) -> Result<(), Error> {
        let mut event = AuditEvent::new("resolve", self.audit.id());
        event.subject = Some(declared.name.to_string());
        event.path = Some(declared.reference.to_string());
        event.outcome = outcome;
        event.rule = rule.map(|kind| kind.as_str().into());
        event.duration = Some(took);
        self.audit.record(event)
    }
}

struct Answer {
    result: Result<Fetched, CoreError>,
    took: Duration,
}

fn late() -> CoreError {
    CoreError::new(ErrorKind::Timeout, "read", "the deadline passed")
        .with_remedy("see whether the store answers, or allow more time")
}

fn lost() -> CoreError {
    CoreError::new(
        ErrorKind::Internal,
        "read",
        "the provider ended without an answer",
    )
    .with_remedy("this is a defect of kz: please report it")
}
