//! The suite that every provider passes; for test code only (feature `testing`).
//!
//! A backend describes itself by a [`Backend`], and [`provider_suite`] asks it
//! everything that the contract of [`Provider`] promises. No runtime is needed:
//! run it in whatever the provider needs.

use std::{
    collections::hash_map::RandomState,
    fmt::Debug,
    future::{Future, poll_fn},
    hash::{BuildHasher as _, Hasher as _},
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::{Duration, Instant},
};

use async_trait::async_trait;

use crate::{Error, ErrorKind, Fetched, Intake, Provider, Request, Role, SecretRef};

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many ask at once.
const CROWD: usize = 16;
/// The name under which the suite declares its secret.
const NAME: &str = "SUITE_SECRET";

/// A provider, and how to put secrets where it finds them.
#[async_trait]
pub trait Backend: Send + Sync {
    /// The provider under test.
    fn provider(&self) -> &dyn Provider;

    /// Stores `value` under a place of its own and gives the reference to it.
    /// `None` when this kind of store cannot hold such a value; the suite then
    /// reports the case as [left out](Outcome::left_out).
    async fn store(&self, value: &[u8]) -> Option<SecretRef>;

    /// Stores a document of these fields and gives the reference to the one called
    /// `wanted`, which need not be among them. `None` when the store has no fields.
    async fn store_fields(&self, fields: &[(&str, &str)], wanted: &str) -> Option<SecretRef>;

    /// A reference to what is not there.
    fn missing(&self) -> SecretRef;
}

/// What became of a run of the suite; every case that ran has passed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// Cases that ran.
    pub passed: Vec<&'static str>,
    /// Cases that the backend has no place for. Assert it: what is left out
    /// silently is not tested.
    pub left_out: Vec<&'static str>,
}

/// Asks a backend everything that the contract promises.
///
/// # Panics
/// When a promise is not kept. The message names the case and holds no value.
pub async fn provider_suite(backend: &dyn Backend) -> Outcome {
    let mut outcome = Outcome::default();
    let large = canary("large").repeat(2000);
    let with_newlines = format!("{}\n{}", canary("line-one"), canary("line-two"));
    let binary: Vec<u8> = (1..=255).rev().chain(canary("binary").bytes()).collect();
    for (case, value) in [
        ("present", canary("present").as_bytes()),
        (
            "unicode",
            format!("{}-pässwörd-密码-🔑", canary("unicode")).as_bytes(),
        ),
        (
            "punctuation",
            format!("{}'\"\\ $HOME `x` #&%=;", canary("punctuation")).as_bytes(),
        ),
        ("lines", with_newlines.as_bytes()),
        ("large", large.as_bytes()),
        ("binary", &binary),
    ] {
        match backend.store(value).await {
            None => outcome.left_out.push(case),
            Some(reference) => {
                reads(backend, case, &reference, value).await;
                outcome.passed.push(case);
            }
        }
    }

    match backend.store(b"").await {
        None => outcome.left_out.push("empty"),
        Some(reference) => {
            fails(backend, "empty", &reference, ErrorKind::NotFound, &[]).await;
            outcome.passed.push("empty");
        }
    }

    fails(
        backend,
        "missing",
        &backend.missing(),
        ErrorKind::NotFound,
        &[],
    )
    .await;
    outcome.passed.push("missing");

    let (wanted, beside) = (canary("wanted"), canary("beside"));
    let fields = [("wanted", wanted.as_str()), ("beside", beside.as_str())];
    match backend.store_fields(&fields, "wanted").await {
        None => outcome.left_out.push("field"),
        Some(reference) => {
            let ear = reads(backend, "field", &reference, wanted.as_bytes()).await;
            assert!(
                ear.heard(beside.as_bytes(), Some("beside")),
                "field: the field beside the wanted one was not received as a sibling"
            );
            outcome.passed.push("field");
        }
    }
    match backend.store_fields(&fields, "absent").await {
        None => outcome.left_out.push("missing field"),
        Some(reference) => {
            let secrets = [wanted.as_str(), beside.as_str()];
            let kind = ErrorKind::NotFound;
            let ear = fails(backend, "missing field", &reference, kind, &secrets).await;
            for secret in secrets {
                assert!(
                    ear.heard_at_all(secret.as_bytes()),
                    "missing field: the fields that are there were not received"
                );
            }
            outcome.passed.push("missing field");
        }
    }

    let value = canary("crowd");
    let reference = backend.store(value.as_bytes()).await;
    let reference = reference.expect("a store holds plain text");
    crowd(backend, &reference, value.as_bytes()).await;
    outcome.passed.push("concurrent");
    deadline(backend, &reference, &value).await;
    outcome.passed.push("deadline");
    deaf(backend, &reference, &value).await;
    outcome.passed.push("intake refuses");
    health(backend).await;
    outcome.passed.push("health");
    outcome
}

/// A made-up secret, different in every call: `kz-canary-KIND-` and 16 hex digits.
pub fn canary(kind: &str) -> String {
    // Randomly keyed by the standard library; good enough for what nobody attacks.
    let random = RandomState::new().build_hasher().finish();
    format!("kz-canary-{kind}-{random:016x}")
}

/// An [`Intake`] that remembers what it was told.
#[derive(Default)]
pub struct Ear {
    heard: Mutex<Vec<Heard>>,
    deaf: bool,
}

/// One call of [`Intake::receive`].
struct Heard {
    name: String,
    /// The key, of a sibling.
    key: Option<String>,
    credential: bool,
    bytes: Vec<u8>,
}

impl Ear {
    /// One that hears.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that refuses all it is told.
    pub fn deaf() -> Self {
        Self {
            deaf: true,
            ..Self::default()
        }
    }

    /// Whether exactly these bytes were received: as a sibling under `key`, or as
    /// the value.
    pub fn heard(&self, bytes: &[u8], key: Option<&str>) -> bool {
        self.any(|heard| !heard.credential && heard.bytes == bytes && heard.key.as_deref() == key)
    }

    /// Whether exactly these bytes were received as a credential called `name`.
    pub fn heard_credential(&self, name: &str, bytes: &[u8]) -> bool {
        self.any(|heard| heard.credential && heard.name == name && heard.bytes == bytes)
    }

    /// Whether these bytes were received in whatever role, alone or inside others.
    pub fn heard_at_all(&self, bytes: &[u8]) -> bool {
        self.any(|heard| {
            let mut windows = heard.bytes.windows(bytes.len().max(1));
            windows.any(|window| window == bytes)
        })
    }

    /// How often a credential called `name` was received.
    pub fn credentials(&self, name: &str) -> usize {
        let heard = self.memory();
        let credentials = heard.iter().filter(|heard| heard.credential);
        credentials.filter(|heard| heard.name == name).count()
    }

    fn any(&self, fits: impl Fn(&Heard) -> bool) -> bool {
        self.memory().iter().any(fits)
    }

    fn memory(&self) -> MutexGuard<'_, Vec<Heard>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intake for Ear {
    fn receive(&self, name: &str, role: Role<'_>, bytes: &[u8]) -> Result<(), Error> {
        if self.deaf {
            return Err(Error::new(ErrorKind::Internal, "register", "refused"));
        }
        self.memory().push(Heard {
            name: name.to_owned(),
            key: match role {
                Role::Sibling { key } => Some(key.to_owned()),
                _ => None,
            },
            credential: role == Role::Credential,
            bytes: bytes.to_vec(),
        });
        Ok(())
    }
}

async fn get(
    backend: &dyn Backend,
    reference: &SecretRef,
    patience: Duration,
    ear: &Ear,
) -> Result<Fetched, Error> {
    let request = Request::new(NAME, reference, Instant::now() + patience, ear);
    backend.provider().get(&request).await
}

async fn reads(backend: &dyn Backend, case: &str, reference: &SecretRef, value: &[u8]) -> Ear {
    let ear = Ear::new();
    let fetched = match get(backend, reference, PATIENCE, &ear).await {
        Ok(fetched) => fetched,
        Err(error) => panic!("{case}: {reference}: {error}"),
    };
    assert!(
        fetched.value.expose_bytes() == value,
        "{case}: another value came back"
    );
    // The intake is called before `get` returns, or never.
    assert!(
        ear.heard(value, None),
        "{case}: the value was not received before it was returned"
    );
    says_nothing(case, &fetched, &[&String::from_utf8_lossy(value)]);
    ear
}

async fn fails(
    backend: &dyn Backend,
    case: &str,
    reference: &SecretRef,
    kind: ErrorKind,
    secrets: &[&str],
) -> Ear {
    let ear = Ear::new();
    match get(backend, reference, PATIENCE, &ear).await {
        Ok(_) => panic!("{case}: {reference} has a value"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{case}: {reference}: {error}");
            assert!(
                error.reference().is_some(),
                "{case}: the error names no reference"
            );
            assert!(error.remedy().is_some(), "{case}: the error has no remedy");
            says_nothing(case, &error, secrets);
            says_nothing(case, &error.to_string(), secrets);
        }
    }
    ear
}

fn says_nothing(case: &str, shown: &impl Debug, secrets: &[&str]) {
    let text = format!("{shown:?} {shown:#?}");
    for secret in secrets {
        assert!(!text.contains(secret), "{case}: a value shows in Debug");
    }
    assert!(
        !text.contains("kz-canary-"),
        "{case}: part of a value shows in Debug"
    );
}

async fn crowd(backend: &dyn Backend, reference: &SecretRef, value: &[u8]) {
    let ears: Vec<Ear> = (0..CROWD).map(|_| Ear::new()).collect();
    let questions = ears
        .iter()
        .map(|ear| get(backend, reference, PATIENCE, ear));
    let answers = all(questions).await;
    assert_eq!(answers.len(), CROWD);
    for (answer, ear) in answers.into_iter().zip(&ears) {
        let fetched = answer.unwrap_or_else(|error| panic!("concurrent: {reference}: {error}"));
        assert!(
            fetched.value.expose_bytes() == value,
            "concurrent: another value came back"
        );
        assert!(
            ear.heard(value, None),
            "concurrent: one intake was not told"
        );
    }
}

async fn deadline(backend: &dyn Backend, reference: &SecretRef, value: &str) {
    let ear = Ear::new();
    let Err(error) = get(backend, reference, Duration::ZERO, &ear).await else {
        panic!("deadline: an answer came after the deadline");
    };
    assert_eq!(error.kind(), ErrorKind::Timeout, "deadline: {error}");
    says_nothing("deadline", &error, &[value]);
}

async fn deaf(backend: &dyn Backend, reference: &SecretRef, value: &str) {
    match get(backend, reference, PATIENCE, &Ear::deaf()).await {
        Ok(_) => panic!("intake refuses: the value was handed out although nobody masks it"),
        Err(error) => says_nothing("intake refuses", &error, &[value]),
    }
}

async fn health(backend: &dyn Backend) {
    let ear = Ear::new();
    let health = backend.provider().health(Instant::now() + PATIENCE, &ear);
    if let Err(error) = health.await {
        panic!("health: {error}");
    }
}

/// Waits for all, each polled when any wakes.
async fn all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    enum Question<F, T> {
        Asked(Pin<Box<F>>),
        Answered(T),
    }
    let mut questions: Vec<_> = futures
        .map(|future| Question::Asked(Box::pin(future)))
        .collect();
    poll_fn(|context| {
        let mut pending = false;
        for question in &mut questions {
            if let Question::Asked(future) = question {
                match future.as_mut().poll(context) {
                    Poll::Ready(answer) => *question = Question::Answered(answer),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
    questions
        .into_iter()
        .filter_map(|question| match question {
            Question::Answered(answer) => Some(answer),
            Question::Asked(_) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Capabilities, SecretValue};

    /// A store in memory, in which one promise can be broken.
    #[derive(Default)]
    struct Memory {
        entries: Mutex<Vec<Vec<u8>>>,
        broken: &'static str,
    }

    impl Memory {
        fn read(&self, request: &Request<'_>) -> Result<Fetched, Error> {
            let fail = |kind, reason: String| {
                let error = Error::new(kind, "read", reason).with_remedy("none");
                Err(error.with_reference(request.reference))
            };
            if Instant::now() >= request.deadline && self.broken != "deadline" {
                return fail(ErrorKind::Timeout, "late".into());
            }
            let at = request.reference.path().parse::<usize>().ok();
            let entries = self.entries.lock().unwrap();
            let value = at
                .and_then(|at| entries.get(at).cloned())
                .unwrap_or_default();
            if value.is_empty() {
                let kind = if self.broken == "missing" {
                    ErrorKind::Unavailable
                } else {
                    ErrorKind::NotFound
                };
                return fail(kind, "nothing there".into());
            }
            if self.broken != "received" {
                let heard = request.intake.receive(request.name, Role::Value, &value);
                if self.broken != "intake refuses" {
                    heard?;
                }
            }
            Ok(Fetched::new(SecretValue::from(value)))
        }
    }

    #[async_trait]
    impl Provider for Memory {
        fn capabilities(&self) -> Capabilities {
            Capabilities::default()
        }

        async fn get(&self, request: &Request<'_>) -> Result<Fetched, Error> {
            self.read(request)
        }

        async fn health(&self, _deadline: Instant, _intake: &dyn Intake) -> Result<(), Error> {
            Ok(())
        }
    }

    #[async_trait]
    impl Backend for Memory {
        fn provider(&self) -> &dyn Provider {
            self
        }

        async fn store(&self, value: &[u8]) -> Option<SecretRef> {
            let mut entries = self.entries.lock().unwrap();
            entries.push(value.to_vec());
            Some(format!("memory://{}", entries.len() - 1).parse().unwrap())
        }

        async fn store_fields(&self, _: &[(&str, &str)], _: &str) -> Option<SecretRef> {
            None
        }

        fn missing(&self) -> SecretRef {
            "memory://999".parse().unwrap()
        }
    }

    /// Drives what never waits.
    fn run<T>(future: impl Future<Output = T>) -> T {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match Box::pin(future).as_mut().poll(&mut context) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("nothing waits here"),
        }
    }

    #[test]
    fn a_good_provider_passes() {
        let outcome = run(provider_suite(&Memory::default()));
        assert_eq!(outcome.left_out, ["field", "missing field"]);
        assert!(outcome.passed.contains(&"concurrent"));
    }

    #[test]
    fn each_broken_promise_is_found() {
        for broken in ["deadline", "missing", "received", "intake refuses"] {
            let memory = Memory {
                broken,
                ..Memory::default()
            };
            let run = std::panic::AssertUnwindSafe(|| run(provider_suite(&memory)));
            assert!(
                std::panic::catch_unwind(run).is_err(),
                "{broken} was not found"
            );
        }
    }
}
