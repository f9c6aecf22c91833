use std::{
    borrow::Cow,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;
use kz_core::{ErrorKind, Intake, Role, SecretValue};

use crate::{
    Error, Finding, Mode, PatternLevel, Registered, Stats, Stream, Weak, Writer,
    composite::{self, Parts},
    json,
    known::{Known, Part},
    marker,
    request::{OnRequest, Requested},
    settings::{Scan, Settings, Window},
    span::{Label, Span},
    store::Store,
    wiped::Depth,
};

/// Removes registered values and well-known kinds of secrets from text.
///
/// A handle: clones share everything, and what is registered through one is
/// masked by all. Values are wiped when the last handle drops.
///
/// ```
/// let redactor = kz_redact::Redactor::builder()
///     .secret("API_TOKEN", "kz-canary-4711")
///     .build()?;
/// assert_eq!(redactor.redact_str("token kz-canary-4711"), "token [REDACTED:API_TOKEN]");
/// assert_eq!(redactor.redact_str("a3otY2FuYXJ5LTQ3MTE="), "[REDACTED:API_TOKEN]");
/// # Ok::<(), kz_redact::Error>(())
/// ```
#[derive(Clone)]
pub struct Redactor(Arc<Shared>);

struct Shared {
    settings: Settings,
    /// What readers take without waiting, and who registers exchanges.
    known: ArcSwap<Known>,
    /// Held by who registers, one at a time.
    store: Mutex<Store>,
    limit: usize,
    findings: AtomicU64,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("mode", &self.mode())
            .finish_non_exhaustive()
    }
}

/// Builds a [`Redactor`].
#[derive(Default)]
pub struct RedactorBuilder {
    secrets: Vec<(String, zeroize::Zeroizing<Vec<u8>>)>,
    level: PatternLevel,
    mode: Mode,
    disabled: Vec<String>,
    allowed: Vec<String>,
    rules: Vec<(String, String)>,
    requested: Requested,
    limit: Option<usize>,
}

impl fmt::Debug for RedactorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactorBuilder")
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl RedactorBuilder {
    /// Registers a value, as [`Redactor::add`] does.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: impl AsRef<[u8]>) -> Self {
        let value = zeroize::Zeroizing::new(value.as_ref().to_vec());
        self.secrets.push((name.into(), value));
        self
    }

    /// Chooses the rules for unknown secrets.
    #[must_use]
    pub fn patterns(mut self, level: PatternLevel) -> Self {
        self.level = level;
        self
    }

    /// Chooses what is done with what is found.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Switches one rule off.
    #[must_use]
    pub fn disable(mut self, rule: impl Into<String>) -> Self {
        self.disabled.push(rule.into());
        self
    }

    /// Leaves this text alone when a rule matches exactly it.
    #[must_use]
    pub fn allow(mut self, text: impl Into<String>) -> Self {
        self.allowed.push(text.into());
        self
    }

    /// Adds a rule of your own.
    #[must_use]
    pub fn rule(mut self, id: impl Into<String>, regex: impl Into<String>) -> Self {
        self.rules.push((id.into(), regex.into()));
        self
    }

    /// Looks for values in one more form.
    ///
    /// A form that is another way of reading a text, not one more spelling of a value
    /// ([`OnRequest::Fullwidth`], [`OnRequest::Hashes`], [`OnRequest::Reversed`]),
    /// switches the filter off that passes over ordinary text: expect a few
    /// megabytes a second.
    #[must_use]
    pub fn form(mut self, form: OnRequest) -> Self {
        self.requested.add(form);
        self
    }

    /// Refuses values once this many parts are registered; default 100,000. A
    /// value has some three parts, a long text one for each of its lines, and
    /// earlier values of a secret count too: see [`Redactor::stats`].
    #[must_use]
    pub fn limit(mut self, parts: usize) -> Self {
        self.limit = Some(parts);
        self
    }

    /// Builds the redactor.
    ///
    /// # Errors
    /// `config` for an unknown rule id, a regular expression that does not
    /// compile or a bad name; `weak_secret` for a weak value.
    pub fn build(self) -> Result<Redactor, Error> {
        let settings = Settings::new(
            self.mode,
            self.level,
            &self.disabled,
            self.allowed,
            &self.rules,
        )?;
        let redactor = Redactor(Arc::new(Shared {
            settings,
            known: ArcSwap::from_pointee(Known::requesting(self.requested)),
            store: Mutex::default(),
            limit: self.limit.unwrap_or(LIMIT),
            findings: AtomicU64::new(0),
        }));
        for (name, value) in &self.secrets {
            redactor.add(name, value)?;
        }
        Ok(redactor)
    }
}

impl Redactor {
    /// A builder with the default rules and no values.
    pub fn builder() -> RedactorBuilder {
        RedactorBuilder::default()
    }

    /// What is done with what is found.
    pub fn mode(&self) -> Mode {
        self.0.settings.mode()
    }

    /// Whether there is nothing to look for: no value is registered, and no rule is on.
    /// Values may be registered later. For guards, which then need not read a message.
    ///
    /// ```
    /// use kz_redact::{PatternLevel, Redactor};
    ///
    /// let redactor = Redactor::builder().patterns(PatternLevel::Off).build()?;
    /// assert!(redactor.seeks_nothing());
    /// redactor.add("TOKEN", "kz-canary-4711")?;
    /// assert!(!redactor.seeks_nothing());
    /// # Ok::<(), kz_redact::Error>(())
    /// ```
    #[doc(hidden)]
    pub fn seeks_nothing(&self) -> bool {
        self.0.settings.has_no_rules() && self.0.known.load().is_empty()
    }

    /// How much was found so far, by all handles.
    pub fn findings(&self) -> u64 {
        self.0.findings.load(Ordering::Relaxed)
    }

    /// The ids of all rules.
    pub fn rule_ids() -> Vec<&'static str> {
        Settings::rule_ids()
    }

    /// Masks what is found in `text`; borrowed when that is nothing.
    pub fn redact_str<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.redact_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
                Ok(text) => text,
                // A masked stretch may begin inside a character.
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            }),
        }
    }

    /// As [`redact_str`](Self::redact_str), for bytes of any encoding that
    /// contains ASCII. What is not masked leaves byte for byte.
    pub fn redact_bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        if self.seeks_nothing() {
            return Cow::Borrowed(bytes);
        }
        let spans = guarded_as_deep(|| self.spans(bytes));
        match spans {
            Some(spans) => self.apply(bytes, &spans),
            None => Cow::Owned(marker::FAILED.into()),
        }
    }

    /// Masks what is found in the strings, keys and numbers of one JSON value,
    /// and leaves every other byte as it is. A number is replaced by a string;
    /// keys that become equal are told apart by `#2`.
    ///
    /// # Errors
    /// `invalid` when `text` is not one JSON value.
    pub fn redact_json_str<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, Error> {
        let known = self.0.known.load();
        let edited = guarded_as_deep(|| {
            let look = |lexed: &json::Lexed| json::redact(text, lexed, &self.0.settings, &known);
            match json::with_lexed(text, look) {
                Ok((edited, depth)) => (Ok(edited), depth),
                Err(error) => (Err(error), Depth::Deep),
            }
        });
        match edited {
            Some(Ok(None)) => Ok(Cow::Borrowed(text)),
            Some(Ok(Some(edited))) => {
                self.count(edited.findings);
                if self.mode() == Mode::Report {
                    return Ok(Cow::Borrowed(text));
                }
                Ok(Cow::Owned(edited.text))
            }
            Some(Err(_)) => Err(Error::new(ErrorKind::Invalid, "not a JSON value")),
            None => Ok(Cow::Owned(format!("\"{}\"", marker::FAILED))),
        }
    }

    /// Says what is found in `text`, and changes nothing.
    pub fn scan(&self, text: &str) -> Vec<Finding> {
        let known = self.known();
        let spans = guarded_as_deep(|| self.spans(text.as_bytes()));
        let Some(spans) = spans else {
            return vec![Finding {
                rule: Cow::Borrowed("error"),
                name: None,
                start: 0,
                end: text.len(),
            }];
        };
        spans
            .into_iter()
            .map(|span| {
                let (rule, name) = match span.label {
                    Label::Known { name, .. } => (
                        Cow::Borrowed("known-value"),
                        Some(known.name(name).to_owned()),
                    ),
                    Label::Pattern { rule, .. } => (rule, None),
                };
                Finding {
                    rule,
                    name,
                    start: span.start,
                    end: span.end,
                }
            })
            .collect()
    }

    /// Registers a value under a name. Values that were registered before under
    /// the same name stay: nothing is ever dropped while a handle lives.
    ///
    /// Whoever redacts meanwhile does not wait. The value is masked in every call
    /// that begins after this one returns, and in what a [`Stream`] scans from
    /// then on: see there.
    ///
    /// # Errors
    /// `config` when `name` is not a name, `weak_secret` when the value is weak;
    /// what is strong in it is registered all the same. `invalid` when the table
    /// is full ([`RedactorBuilder::limit`]): then nothing of it is registered.
    pub fn add(&self, name: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
        self.add_declared(name, value, Weak::Refuse).map(drop)
    }

    /// As [`add`](Self::add), and says what to do when the value is weak.
    ///
    /// # Errors
    /// As [`add`](Self::add); `weak_secret` only for [`Weak::Refuse`], or when
    /// the value occurs in a marker.
    pub fn add_declared(
        &self,
        name: &str,
        value: impl AsRef<[u8]>,
        weak: Weak,
    ) -> Result<Registered, Error> {
        let value = value.as_ref();
        let mut parts = Parts::of(value, self.known().requested());
        let is_weak = parts.is_empty();
        if is_weak && weak == Weak::Mask {
            parts.force_word(value);
        }
        let entry = self.register(name, value, &parts)?;
        if entry.clash && entry.registered {
            parts.note("a part occurs in a marker: it is not masked");
        } else if entry.clash && weak != Weak::Ignore {
            return Err(Error::new(
                ErrorKind::WeakSecret,
                "the value occurs in a marker that may be written in its place",
            )
            .with_remedy("choose another value, or weak = \"ignore\""));
        }
        if is_weak && weak == Weak::Refuse {
            return Err(Error::new(
                ErrorKind::WeakSecret,
                "the value is too short or too common to be told apart from ordinary text",
            )
            .with_remedy("choose another value, or weak = \"mask\" | \"ignore\""));
        }
        Ok(Registered {
            value: entry.value,
            weak: is_weak,
            notes: parts.notes.iter().map(|&note| note.to_owned()).collect(),
        })
    }

    /// How much is registered.
    ///
    /// ```
    /// let redactor = kz_redact::Redactor::builder().secret("A", "kz-canary-1").build()?;
    /// let stats = redactor.stats();
    /// assert_eq!(stats.names, 1);
    /// assert!(stats.parts >= 1 && stats.parts < stats.limit);
    /// # Ok::<(), kz_redact::Error>(())
    /// ```
    pub fn stats(&self) -> Stats {
        let store = self.0.store.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.known();
        Stats {
            names: known.names().count(),
            parts: known.parts(),
            bytes: store.stored(),
            limit: self.0.limit,
            findings: self.findings(),
        }
    }

    /// A filter for bytes that come in pieces.
    pub fn stream(&self) -> Stream {
        Stream::new(self.clone())
    }

    /// A filter in front of a writer.
    pub fn writer<W: io::Write>(&self, inner: W) -> Writer<W> {
        Writer::new(self.stream(), inner)
    }

    /// A filter in front of an asynchronous writer.
    #[cfg(feature = "async")]
    pub fn async_writer<W>(&self, inner: W) -> crate::AsyncWriter<W> {
        crate::AsyncWriter::new(self.stream(), inner)
    }

    /// A filter for a stream of chunks.
    #[cfg(feature = "async")]
    pub fn bytes_stream<S>(&self, inner: S) -> crate::BytesStream<S> {
        crate::BytesStream::new(self.stream(), inner)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The values of this moment.
    pub(crate) fn known(&self) -> Arc<Known> {
        self.0.known.load_full()
    }

    pub(crate) fn count(&self, findings: usize) {
        self.0
            .findings
            .fetch_add(findings as u64, Ordering::Relaxed);
    }

    /// What is found in `text`, and how deep on the stack that went.
    fn spans(&self, text: &[u8]) -> (Vec<Span>, Depth) {
        let known = self.0.known.load();
        let Scan { spans, depth, .. } = self.settings().scan(&known, Window::whole(text));
        (spans, depth)
    }

    /// Replaces `spans` by their markers, or only counts them.
    fn apply<'t>(&self, text: &'t [u8], spans: &[Span]) -> Cow<'t, [u8]> {
        self.count(spans.len());
        if spans.is_empty() || self.mode() == Mode::Report {
            return Cow::Borrowed(text);
        }
        let known = self.known();
        let mut output = Vec::with_capacity(text.len());
        crate::settings::replace(text, 0, spans, &known, &mut output);
        Cow::Owned(output)
    }

    /// Registers the parts that do not occur in a marker.
    fn register(&self, name: &str, value: &[u8], parts: &Parts) -> Result<Entry, Error> {
        if !marker::is_word(name.as_bytes()) || name.contains('-') {
            return Err(Error::new(ErrorKind::Config, "not a name for a secret")
                .with_remedy("use letters, digits and `_`, at most 64"));
        }
        // One writer at a time; readers never wait.
        let mut store = self.0.store.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.known();
        let own = marker::marker(name);
        if !known.scan(own.as_bytes(), true).0.is_empty() {
            return Err(
                Error::new(ErrorKind::Config, "the name holds a registered value")
                    .with_remedy("choose another name"),
            );
        }
        let fresh = parts
            .drafts
            .iter()
            .filter(|draft| !known.has(draft))
            .count();
        if fresh == 0 {
            return Ok(Entry {
                value: store.value(value),
                registered: !parts.is_empty(),
                clash: false,
            });
        }
        if known.parts() + fresh > self.0.limit || store.stored() > MOST_BYTES {
            return Err(
                Error::new(ErrorKind::Invalid, "the table of registered values is full")
                    .with_remedy(
                        "open anew, which forgets earlier values, or register fewer or shorter ones",
                    ),
            );
        }
        let whole = store.value(value);
        let drafts = parts.drafts.iter();
        let mut fresh: Vec<Part> = drafts
            .map(|draft| Part {
                value: store.part(&whole, &draft.bytes),
                mask: draft.mask.clone(),
                word: draft.word,
                any_case: draft.any_case,
                derived: draft.derived,
            })
            .collect();
        // One behind the other, between bytes over which no value goes on.
        let names = known.names().chain([name, "error"]);
        let markers = names
            .chain(self.settings().ids())
            .map(|label| marker::marker(label) + "\0\n")
            .collect::<String>();
        let occurs = |parts: &[Part]| {
            let mut alone = Known::requesting(known.requested());
            alone.add(name, parts);
            !alone.scan(markers.as_bytes(), true).0.is_empty()
        };
        let clash = occurs(&fresh);
        if clash {
            let mut dropped = false;
            fresh.retain(|part| {
                let clashes = occurs(std::slice::from_ref(part));
                if !part.derived {
                    dropped = clashes;
                }
                !clashes && !dropped
            });
        }
        let registered = !fresh.is_empty();
        if registered {
            store.keep(&whole);
            for part in &fresh {
                store.keep(&part.value);
            }
            let mut more = Known::clone(&known);
            more.add(name, &fresh);
            self.0.known.store(Arc::new(more));
        }
        Ok(Entry {
            value: whole,
            registered,
            clash,
        })
    }
}

/// Most parts that are looked for, unless it is said otherwise.
const LIMIT: usize = 100_000;

/// How many bytes of values may be held before the next one is refused.
const MOST_BYTES: usize = 64 << 20;

/// What became of a value that was to be registered.
struct Entry {
    /// The memory that it is in.
    value: SecretValue,
    /// Some part of it is masked from now on.
    registered: bool,
    /// Some part of it occurs in a marker, and is not.
    clash: bool,
}

/// Lenient registration on receipt: what is weak is passed over, and so are
/// siblings under keys that are known not to be secret.
impl Intake for Redactor {
    fn receive(&self, name: &str, role: Role<'_>, bytes: &[u8]) -> Result<(), kz_core::Error> {
        let parts = match role {
            Role::Sibling { key } if composite::is_plain_key(key) => Parts::of_plain(bytes),
            _ => Parts::of(bytes, self.known().requested()),
        };
        match self.register(name, bytes, &parts) {
            Ok(_) => Ok(()),
            Err(error) => {
                let reason = error.reason().to_owned();
                Err(kz_core::Error::new(error.kind(), "register", reason))
            }
        }
    }
}

/// Runs `work`; a defect of kz must not let text through, so a panic is `None`.
/// What it leaves on the stack is wiped.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Option<T>) -> Option<T> {
    guarded_as_deep(|| (work(), Depth::Deep)).flatten()
}

/// As [`guarded`], of work that says how deep on the stack it went.
fn guarded_as_deep<T>(work: impl FnOnce() -> (T, Depth)) -> Option<T> {
    let (result, depth) = match catch_unwind(AssertUnwindSafe(work)) {
        Ok((result, depth)) => (Some(result), depth),
        Err(_) => (None, Depth::Deep),
    };
    depth.wipe();
    result
}
