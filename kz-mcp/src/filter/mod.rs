//! Decides what becomes of one outgoing JSON-RPC message.

mod json;
mod ledger;
mod methods;
#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kz_core::ErrorKind;
use kz_redact::{Finding, Mode, Redactor};

use self::{
    json::{Child, children, opens_with, same_but_for_strings},
    ledger::Ledger,
    methods::is_specified,
};

/// JSON-RPC's code for a failure of the server.
pub(crate) const INTERNAL_ERROR: i64 = -32603;

/// The filter of one connection: it sees each message of the server just before
/// it leaves, and masks what the [`Redactor`] finds in it.
///
/// A message in which nothing is found leaves byte for byte as it came. Where
/// something is found, strings, keys and free-form numbers are masked in place,
/// and the rest of the message stays as it is. What cannot be masked in place
/// is withheld: the client gets a JSON-RPC error under the same id instead of an
/// answer, and a log notification instead of a request or a notification. That
/// is so for
///
/// * a server-made id, method, cursor or request state that holds a registered
///   value (one that only looks like a secret stays as it is),
/// * a number that is a secret and stands where a schema wants a number,
/// * any finding at all, under [`Mode::Block`].
///
/// `jsonrpc`, method names of the specification, and ids and progress tokens
/// that the client itself sent (see [`incoming`](Self::incoming)) are never
/// changed. Under [`Mode::Report`] nothing is.
///
/// ```
/// use kz_mcp::{MessageFilter, Redactor};
///
/// let redactor = Redactor::builder().secret("TOKEN", "kz-canary-4711").build()?;
/// let filter = MessageFilter::new(redactor);
/// filter.incoming(br#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#);
/// let answer = br#"{"jsonrpc":"2.0","id":1,"result":{"text":"is kz-canary-4711"}}"#;
/// assert_eq!(
///     *filter.outgoing(answer),
///     *br#"{"jsonrpc":"2.0","id":1,"result":{"text":"is [REDACTED:TOKEN]"}}"#,
/// );
/// # Ok::<(), kz_redact::Error>(())
/// ```
pub struct MessageFilter {
    redactor: Redactor,
    ledger: Mutex<Ledger>,
}

impl fmt::Debug for MessageFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageFilter")
            .field("redactor", &self.redactor)
            .finish_non_exhaustive()
    }
}

impl MessageFilter {
    /// A filter for one connection. Values that are registered with the
    /// redactor later are masked from then on.
    pub fn new(redactor: Redactor) -> Self {
        if redactor.mode() == Mode::Report {
            tracing::warn!("secrets are counted, but leave as they are: the mode is `report`");
        }
        Self {
            redactor,
            ledger: Mutex::default(),
        }
    }

    /// Notes ids and progress tokens that the client sends. To be called with
    /// each line, before the server sees it. What is no JSON-RPC is ignored, and
    /// of a flood of requests only the last few thousand are remembered.
    pub fn incoming(&self, line: &[u8]) {
        if let Ok(text) = std::str::from_utf8(line) {
            self.ledger().note(text);
        }
    }

    /// Notes a request under an id that is a count, which is what nearly all ids are:
    /// the same as [`incoming`](Self::incoming), without reading the line again.
    ///
    /// ```
    /// use kz_mcp::{MessageFilter, Redactor};
    ///
    /// let filter = MessageFilter::new(Redactor::builder().secret("PIN", "47114711").build()?);
    /// let answer = br#"{"jsonrpc":"2.0","id":47114711,"result":{}}"#;
    /// assert_ne!(*filter.outgoing(answer), *answer);
    /// filter.incoming_count(47_114_711);
    /// assert_eq!(*filter.outgoing(answer), *answer);
    /// # Ok::<(), kz_redact::Error>(())
    /// ```
    pub fn incoming_count(&self, id: u64) {
        self.ledger().note_count(id);
    }

    /// Filters one outgoing message, or batch, without its newline. Borrowed
    /// means that it leaves as it came. What is not JSON is masked as text.
    pub fn outgoing<'m>(&self, message: &'m [u8]) -> Cow<'m, [u8]> {
        self.pass(message).message
    }

    /// A JSON-RPC error in the place of an answer. `id` is the JSON of the id of
    /// the client's request; anything else becomes null. `message` is masked.
    pub fn error(&self, id: Option<&str>, code: i64, message: &str) -> String {
        let message = self.redactor.redact_str(message);
        error_message(id, code, &message, ErrorKind::Internal)
    }

    /// As [`error`](Self::error), with JSON-RPC's code for a failure of the
    /// server and `kind` as `data.kz`: what a client is told of a server that
    /// could not be started.
    pub fn refusal(&self, id: Option<&str>, kind: ErrorKind, message: &str) -> String {
        let message = self.redactor.redact_str(message);
        error_message(id, INTERNAL_ERROR, &message, kind)
    }

    #[cfg(test)]
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    #[cfg(feature = "rmcp")]
    pub(crate) fn note_request(&self, id: &str, token: Option<&str>) {
        self.ledger().note_request(Some(id), token);
    }

    /// Filters a message, and says which request of the server was withheld.
    pub(crate) fn pass<'m>(&self, message: &'m [u8]) -> Passed<'m> {
        let Ok(text) = std::str::from_utf8(message) else {
            return self.redactor.redact_bytes(message).into();
        };
        if self.redactor.seeks_nothing() {
            self.forget_answered(text);
            return Cow::Borrowed(message).into();
        }
        match self.redactor.redact_json_str(text) {
            Err(_) => self.redactor.redact_bytes(message).into(),
            Ok(Cow::Borrowed(_)) => {
                self.forget_answered(text);
                Cow::Borrowed(message).into()
            }
            Ok(Cow::Owned(redacted)) => self.judge(text, redacted),
        }
    }

    /// Decides between a message, its redacted twin and an error.
    fn judge<'m>(&self, text: &'m str, redacted: String) -> Passed<'m> {
        if opens_with(text, b'{') {
            return match self.judge_message(text, &redacted) {
                Verdict::Unchanged => Cow::Borrowed(text.as_bytes()).into(),
                Verdict::Redacted(message) => Cow::<[u8]>::Owned(message.into_bytes()).into(),
                Verdict::Withheld {
                    instead,
                    refused_request,
                } => Passed {
                    message: Cow::Owned(instead.into_bytes()),
                    refused_requests: refused_request.into_iter().collect(),
                },
            };
        }
        if opens_with(text, b'[') {
            return self.judge_batch(text, &redacted);
        }
        Cow::<[u8]>::Owned(redacted.into_bytes()).into()
    }

    fn judge_batch<'m>(&self, text: &'m str, redacted: &str) -> Passed<'m> {
        let before: Vec<Child<'_>> = children(text).collect();
        let after: Vec<Child<'_>> = children(redacted).collect();
        if before.len() != after.len() {
            let error = error_message(
                None,
                INTERNAL_ERROR,
                Reason::Unfit.text(),
                Reason::Unfit.kind(),
            );
            return Cow::<[u8]>::Owned(format!("[{error}]").into_bytes()).into();
        }
        let mut passed = Passed::from(Cow::Borrowed(text.as_bytes()));
        let mut edits = Vec::new();
        for (before, after) in before.iter().zip(&after) {
            if before.value == after.value {
                self.forget_answered(before.value);
                continue;
            }
            let by = match self.judge_message(before.value, after.value) {
                Verdict::Unchanged => continue,
                Verdict::Redacted(message) => message,
                Verdict::Withheld {
                    instead,
                    refused_request,
                } => {
                    passed.refused_requests.extend(refused_request);
                    instead
                }
            };
            edits.push((before.range.clone(), by));
        }
        if !edits.is_empty() {
            let edits = edits.iter().map(|(range, by)| (range.clone(), &**by));
            passed.message = Cow::Owned(edited(text, edits).into_bytes());
        }
        passed
    }

    /// Judges one message that the redactor would change.
    fn judge_message(&self, text: &str, redacted: &str) -> Verdict {
        let before: Vec<Child<'_>> = children(text).collect();
        let after: Vec<Child<'_>> = children(redacted).collect();
        let last = |key: &str| before.iter().rfind(|child| child.key == key);
        let message = Envelope {
            id: last("id").map(|child| child.value),
            method: last("method").map(|child| child.value),
        };
        if last("jsonrpc").is_none() {
            // No message of the protocol: nothing in it is exempt.
            return Verdict::Redacted(redacted.to_owned());
        }
        let unfit =
            before.len() != after.len() || before.iter().zip(&after).any(|(a, b)| a.key != b.key);
        if unfit {
            return self.withhold(&message, redacted, Reason::Unfit);
        }
        let mut restored = Vec::new();
        let mut is_changed = false;
        for (before, after) in before.iter().zip(&after) {
            if before.value == after.value {
                continue;
            }
            let change = match before.key {
                "jsonrpc" if before.value == "\"2.0\"" => Change::Exempt,
                "id" if message.method.is_none() && self.ledger().has_id(before.value) => {
                    Change::Exempt
                }
                "method" if is_specified(before.value.trim_matches('"')) => Change::Exempt,
                "jsonrpc" | "id" | "method" => self.judge_identifier(before.value),
                _ => {
                    let offset = after.range.start;
                    self.judge_payload(before.value, after.value, offset, &mut restored)
                }
            };
            match change {
                Change::Exempt => restored.push((after.range.clone(), before.value)),
                Change::ExemptWithin => {}
                Change::Accept => is_changed = true,
                Change::Withhold(reason) => return self.withhold(&message, redacted, reason),
            }
        }
        if is_changed && self.redactor.mode() == Mode::Block {
            return self.withhold(&message, redacted, Reason::Blocked);
        }
        if message.method.is_none()
            && let Some(id) = message.id
        {
            self.ledger().forget_id(id);
        }
        if is_changed {
            Verdict::Redacted(edited(redacted, restored))
        } else {
            Verdict::Unchanged
        }
    }

    /// Judges a changed `result`, `params` or `error`. `offset` is where the
    /// redacted one stands in its message; what is to be put back is added to
    /// `restored`.
    fn judge_payload<'m>(
        &self,
        before: &'m str,
        after: &str,
        offset: usize,
        restored: &mut Vec<(std::ops::Range<usize>, &'m str)>,
    ) -> Change {
        let (mut one, mut other) = (children(before), children(after));
        if !opens_with(before, b'{') || !opens_with(after, b'{') {
            return fitting(before, after);
        }
        let mut change = Change::ExemptWithin;
        loop {
            let (before, after) = match (one.next(), other.next()) {
                (None, None) => return change,
                (Some(before), Some(after)) => (before, after),
                _ => return Change::Withhold(Reason::Unfit),
            };
            if before.key != after.key {
                change = Change::Accept;
            }
            if before.value == after.value {
                continue;
            }
            match before.key {
                // What the client has to know again, or to send back as it is.
                "progressToken" | "nextCursor" | "requestState" => {
                    let is_exempt =
                        before.key == "progressToken" && self.ledger().has_token(before.value);
                    if !is_exempt
                        && let refusal @ Change::Withhold(_) = self.judge_identifier(before.value)
                    {
                        return refusal;
                    }
                    let range = after.range;
                    restored.push((offset + range.start..offset + range.end, before.value));
                    continue;
                }
                // Free-form: a string is as good as a number.
                "_meta" | "data" => {}
                _ => {
                    if let refusal @ Change::Withhold(_) = fitting(before.value, after.value) {
                        return refusal;
                    }
                }
            }
            change = Change::Accept;
        }
    }

    /// Judges an identifier that the redactor would change. Half an identifier
    /// is of no use, and cursors and states often look like tokens: one that no
    /// registered value is in stays as it is.
    fn judge_identifier(&self, value: &str) -> Change {
        let mut findings = self.redactor.scan(value);
        if value.starts_with('"') {
            match serde_json::from_str::<String>(value) {
                Ok(text) => findings.extend(self.redactor.scan(&text)),
                Err(_) => return Change::Withhold(Reason::Identifier),
            }
        }
        let looks_secret = |finding: &Finding| finding.name.is_none() && finding.rule != "error";
        if !findings.is_empty() && findings.iter().all(looks_secret) {
            Change::Exempt
        } else {
            Change::Withhold(Reason::Identifier)
        }
    }

    fn withhold(&self, message: &Envelope<'_>, redacted: &str, reason: Reason) -> Verdict {
        tracing::error!(reason = reason.text(), "a message was withheld");
        if message.method.is_some() {
            return Verdict::Withheld {
                instead: notice(reason),
                refused_request: message.id.map(str::to_owned),
            };
        }
        // An id that is neither the client's nor free of secrets is not repeated.
        let id = message.id.filter(|id| {
            let mut ledger = self.ledger();
            let known = ledger.has_id(id);
            ledger.forget_id(id);
            known
                || children(redacted)
                    .filter(|child| child.key == "id")
                    .last()
                    .is_some_and(|child| child.value == *id)
        });
        Verdict::Withheld {
            instead: error_message(id, INTERNAL_ERROR, reason.text(), reason.kind()),
            refused_request: None,
        }
    }

    /// Forgets the id that an answer is about to use up.
    fn forget_answered(&self, text: &str) {
        if opens_with(text, b'[') {
            for child in children(text) {
                self.forget_answered_in(child.value);
            }
        } else {
            self.forget_answered_in(text);
        }
    }

    fn forget_answered_in(&self, message: &str) {
        if let Some(id) = count_at_end(message) {
            return self.ledger().forget_id(id);
        }
        // The other SDKs write the id before the result, so this rarely reads far.
        for child in children(message) {
            match child.key {
                "method" => return,
                "id" => return self.ledger().forget_id(child.value),
                _ => {}
            }
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message as it may leave.
pub(crate) struct Passed<'m> {
    pub(crate) message: Cow<'m, [u8]>,
    /// The ids, as JSON, of requests of the server that do not leave.
    pub(crate) refused_requests: Vec<String>,
}

impl<'m> From<Cow<'m, [u8]>> for Passed<'m> {
    fn from(message: Cow<'m, [u8]>) -> Self {
        Self {
            message,
            refused_requests: Vec::new(),
        }
    }
}

/// What tells kinds of messages apart.
struct Envelope<'m> {
    id: Option<&'m str>,
    method: Option<&'m str>,
}

enum Verdict {
    Unchanged,
    Redacted(String),
    Withheld {
        instead: String,
        refused_request: Option<String>,
    },
}

enum Change {
    /// The value stays as it was.
    Exempt,
    /// What changed within it stays as it was.
    ExemptWithin,
    /// The value leaves redacted.
    Accept,
    Withhold(Reason),
}

/// Why a message is withheld.
#[derive(Debug, Clone, Copy)]
enum Reason {
    Blocked,
    Identifier,
    Unfit,
}

impl Reason {
    fn text(self) -> &'static str {
        match self {
            Self::Blocked => "kz withheld this message: it holds a secret",
            Self::Identifier => "kz withheld this message: an identifier in it holds a secret",
            Self::Unfit => {
                "kz withheld this message: without the secret in it, it would not fit its schema"
            }
        }
    }

    fn kind(self) -> ErrorKind {
        match self {
            Self::Blocked => ErrorKind::Denied,
            Self::Identifier | Self::Unfit => ErrorKind::Invalid,
        }
    }
}

/// The id of an answer as the SDKs for TypeScript write it, which is not read to its end
/// for that. A comma before `"id"` is no part of a string: the message is JSON.
fn count_at_end(message: &str) -> Option<&str> {
    let members = message
        .strip_prefix(r#"{"result":"#)?
        .strip_suffix('}')?
        .as_bytes();
    let digits = members
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (before, id) = members.split_at(members.len() - digits);
    before
        .ends_with(br#","id":"#)
        .then(|| std::str::from_utf8(id).ok())?
}

fn fitting(before: &str, after: &str) -> Change {
    if same_but_for_strings(before, after) {
        Change::Accept
    } else {
        Change::Withhold(Reason::Unfit)
    }
}

/// `text` with ranges of it replaced, given in order.
fn edited<'e>(
    text: &str,
    edits: impl IntoIterator<Item = (std::ops::Range<usize>, &'e str)>,
) -> String {
    let mut output = String::with_capacity(text.len());
    let mut at = 0;
    for (range, by) in edits {
        output.push_str(&text[at..range.start]);
        output.push_str(by);
        at = range.end;
    }
    output.push_str(&text[at..]);
    output
}

fn error_message(id: Option<&str>, code: i64, message: &str, kind: ErrorKind) -> String {
    let id = id.filter(|id| is_id(id)).unwrap_or("null");
    let message = serde_json::Value::from(message);
    let kind = kind.as_str();
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{message},"data":{{"kz":"{kind}"}}}}}}"#
    )
}

/// Goes to the client in the place of a request or notification, so that its
/// absence can be seen.
fn notice(reason: Reason) -> String {
    let text = serde_json::Value::from(reason.text());
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/message","params":{{"level":"error","logger":"kz","data":{text}}}}}"#
    )
}

/// Whether a text is the JSON of a string or number, and fits on a line.
fn is_id(id: &str) -> bool {
    let value = id.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit());
    value && !id.contains(['\n', '\r']) && serde_json::from_str::<serde_json::Value>(id).is_ok()
}
