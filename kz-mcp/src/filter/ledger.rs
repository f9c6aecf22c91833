//! What the client made up and may get back as it is: ids and progress tokens.

use std::collections::{HashMap, VecDeque};

use super::json::children;

/// How many ids, and how many progress tokens, are remembered.
const CAPACITY: usize = 4096;
/// Longest id or token that is remembered, in bytes.
const LONGEST: usize = 1024;

/// Ids and progress tokens of the client's requests. A progress token outlives
/// the answer to its request, because a task goes on reporting behind it.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The last id, when it is a count: most are answered before the next one comes.
    latest: Option<u64>,
    ids: Recent,
    tokens: Recent,
}

impl Ledger {
    /// Notes a message or a batch of the client.
    pub(super) fn note(&mut self, text: &str) {
        if super::json::opens_with(text, b'[') {
            for child in children(text) {
                self.note_message(child.value);
            }
        } else {
            self.note_message(text);
        }
    }

    fn note_message(&mut self, message: &str) {
        let (mut id, mut params, mut is_request) = (None, None, false);
        for child in children(message) {
            match child.key {
                "id" => id = Some(child.value),
                "params" => params = Some(child.value),
                "method" => is_request = true,
                _ => {}
            }
        }
        if !is_request {
            return;
        }
        let token = params
            .and_then(|params| member(params, "_meta"))
            .and_then(|meta| member(meta, "progressToken"));
        self.note_request(id, token);
    }

    /// Notes the id and the progress token of a request, each as JSON.
    pub(super) fn note_request(&mut self, id: Option<&str>, token: Option<&str>) {
        match id.and_then(key) {
            Some(Key::Count(id)) => self.note_count(id),
            Some(key) => self.ids.insert(key),
            None => {}
        }
        if let Some(key) = token.and_then(key) {
            self.tokens.insert(key);
        }
    }

    /// Notes a request under an id that is a count.
    pub(super) fn note_count(&mut self, id: u64) {
        if let Some(before) = self.latest.replace(id) {
            self.ids.insert(Key::Count(before));
        }
    }

    /// Forgets an id, because its answer leaves.
    pub(super) fn forget_id(&mut self, id: &str) {
        if let Some(key) = key(id) {
            self.latest.take_if(|latest| key == Key::Count(*latest));
            self.ids.remove(&key);
        }
    }

    pub(super) fn has_id(&self, id: &str) -> bool {
        let is_latest = |key: &Key| self.latest.is_some_and(|id| *key == Key::Count(id));
        key(id).is_some_and(|key| is_latest(&key) || self.ids.contains(&key))
    }

    pub(super) fn has_token(&self, token: &str) -> bool {
        key(token).is_some_and(|key| self.tokens.contains(&key))
    }
}

fn member<'t>(object: &'t str, key: &str) -> Option<&'t str> {
    children(object)
        .filter(|child| child.key == key)
        .map(|child| child.value)
        .last()
}

/// An id or token, the same for all its spellings: SDKs parse ids and write them anew.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    /// What nearly all ids are; it takes no memory of its own.
    Count(u64),
    Text(Box<str>),
}

fn key(id: &str) -> Option<Key> {
    if id.len() > LONGEST {
        return None;
    }
    if let Some(count) = count(id) {
        return Some(Key::Count(count));
    }
    if id.starts_with('"') {
        return Some(Key::Text(match serde_json::from_str::<String>(id) {
            Ok(text) => format!("\"{text}").into(),
            // A lone surrogate: only the same spelling is the same.
            Err(_) => id.into(),
        }));
    }
    let number: serde_json::Number = serde_json::from_str(id).ok()?;
    let text = match number.as_f64() {
        Some(float) if !number.is_i64() && !number.is_u64() => float.to_string(),
        _ => number.to_string(),
    };
    Some(count(&text).map_or_else(|| Key::Text(text.into()), Key::Count))
}

/// A number of nothing but digits, as JSON spells it.
fn count(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let leads_with_zero = text.len() > 1 && text.starts_with('0');
    text.parse().ok().filter(|_| is_plain && !leads_with_zero)
}

/// The last [`CAPACITY`] keys that came.
#[derive(Debug, Default)]
struct Recent {
    keys: HashMap<Key, u64>,
    order: VecDeque<(u64, Key)>,
    count: u64,
}

impl Recent {
    fn insert(&mut self, key: Key) {
        self.count += 1;
        self.keys.insert(key.clone(), self.count);
        self.order.push_back((self.count, key));
        if self.order.len() > CAPACITY
            && let Some((count, oldest)) = self.order.pop_front()
            && self.keys.get(&oldest) == Some(&count)
        {
            self.keys.remove(&oldest);
        }
    }

    fn remove(&mut self, key: &Key) {
        // Or the key is hashed for nothing.
        if !self.keys.is_empty() {
            self.keys.remove(key);
        }
    }

    fn contains(&self, key: &Key) -> bool {
        self.keys.contains_key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_compared_by_value() {
        for (sent, asked, expected) in [
            ("1", "1", true),
            ("1", "1.0", true),
            ("1e0", "1", true),
            ("10000000000000000000", "1e19", true),
            ("01", "1", false),
            ("-1", "1", false),
            ("+1", "1", false),
            ("1", "\"1\"", false),
            ("9007199254740993", "9007199254740993", true),
            ("9007199254740993", "9007199254740992", false),
            (r#""ab""#, r#""a\u0062""#, true),
            (r#""\ud800""#, r#""\ud800""#, true),
            (r#""\ud800""#, r#""\udbff""#, false),
            ("null", "null", false),
            ("{}", "{}", false),
        ] {
            let mut ledger = Ledger::default();
            ledger.note(&format!(
                r#"{{"jsonrpc":"2.0","id":{sent},"method":"ping"}}"#
            ));
            assert_eq!(ledger.has_id(asked), expected, "{sent} {asked}");
        }
    }

    #[test]
    fn only_requests_count() {
        let mut ledger = Ledger::default();
        ledger.note(r#"{"jsonrpc":"2.0","id":7,"result":{"_meta":{"progressToken":8}}}"#);
        assert!(!ledger.has_id("7") && !ledger.has_token("8"));
        ledger.note(
            r#"[{"id":1,"method":"a","params":{"_meta":{"progressToken":"t"}}},{"id":2,"method":"b"},3]"#,
        );
        assert!(ledger.has_id("1") && ledger.has_id("2") && ledger.has_token("\"t\""));
        ledger.forget_id("1");
        assert!(!ledger.has_id("1") && ledger.has_token("\"t\""));
    }

    #[test]
    fn an_id_is_forgotten_whenever_it_came() {
        let mut ledger = Ledger::default();
        for id in ["1", "2", "2", "\"2\"", "3"] {
            ledger.note_request(Some(id), None);
        }
        for (id, left) in [
            ("2", ["1", "\"2\"", "3"].as_slice()),
            ("3", &["1", "\"2\""]),
            ("1", &["\"2\""]),
            ("\"2\"", &[]),
        ] {
            assert!(ledger.has_id(id), "{id}");
            ledger.forget_id(id);
            assert!(!ledger.has_id(id), "{id}");
            assert!(left.iter().all(|id| ledger.has_id(id)), "{id}");
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut ledger = Ledger::default();
        for id in 0..3 * CAPACITY {
            ledger.note_request(Some(&id.to_string()), None);
            if id % 2 == 0 {
                ledger.forget_id(&id.to_string());
            }
        }
        assert!(ledger.ids.order.len() <= CAPACITY && ledger.ids.keys.len() <= CAPACITY);
        assert!(!ledger.has_id("1"), "the oldest are forgotten");
        assert!(ledger.has_id(&(3 * CAPACITY - 1).to_string()));
        ledger.note_request(Some(&format!("\"{}\"", "x".repeat(LONGEST))), None);
        assert!(!ledger.has_id(&format!("\"{}\"", "x".repeat(LONGEST))));
    }
}
