use std::{ops::Range, sync::Arc};

use kz_core::SecretValue;
use memchr::{memchr, memmem};

use crate::{
    composite::Draft,
    fast::Fast,
    needle::{Needle, Needles},
    request::Requested,
    span::{Label, Span, merge},
    wiped::Depth,
};

/// The registered values of one moment. A redactor holds the latest; a new value
/// makes a new table, which shares the bytes of the old one.
#[derive(Clone, Default)]
pub(crate) struct Known {
    names: Vec<Arc<str>>,
    needles: Needles,
    /// Values that are looked for as they stand, at token boundaries.
    words: Vec<Arc<Needle>>,
    have_backslashes: bool,
    count: u32,
}

impl Known {
    /// No values yet, to be looked for in these forms too.
    pub(crate) fn requesting(requested: Requested) -> Self {
        Self {
            needles: Needles::requesting(requested),
            ..Self::default()
        }
    }

    /// In which forms values are looked for on request.
    pub(crate) fn requested(&self) -> Requested {
        self.needles.requested()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether such a part is looked for already.
    pub(crate) fn has(&self, draft: &Draft) -> bool {
        if draft.word {
            self.words.iter().any(|word| word.bytes() == &**draft.bytes)
        } else {
            self.needles.has(&draft.bytes, &draft.mask, draft.any_case)
        }
    }

    /// Whether some value has a backslash.
    pub(crate) fn have_backslashes(&self) -> bool {
        self.have_backslashes
    }

    /// How many parts are looked for.
    pub(crate) fn parts(&self) -> usize {
        self.needles.len() + self.words.len()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    pub(crate) fn name(&self, index: u32) -> &str {
        self.names.get(index as usize).map_or("error", |name| name)
    }

    /// Registers parts under `name`.
    pub(crate) fn add(&mut self, name: &str, parts: &[Part]) {
        let name = if let Some(index) = self.names.iter().position(|known| &**known == name) {
            index
        } else {
            self.names.push(name.into());
            self.names.len() - 1
        };
        let name = crate::oracle::place(name);
        for part in parts {
            let needle = Needle::new(part.value.share(), part.mask.clone(), name, self.count);
            self.count += 1;
            self.have_backslashes |= memchr(b'\\', needle.bytes()).is_some();
            let needle = if part.derived {
                needle
            } else {
                needle.in_part()
            };
            if part.any_case {
                self.needles.add(needle.in_any_case());
            } else if !part.word {
                self.needles.add(needle);
            } else if !self.words.iter().any(|word| word.bytes() == needle.bytes()) {
                self.words.push(Arc::new(needle));
            }
        }
    }

    /// Finds registered values in `window`. Returns the spans, not merged, and
    /// the earliest place where something could still become one.
    pub(crate) fn scan(&self, window: &[u8], last: bool) -> (Vec<Span>, usize) {
        let (spans, safe, _) = self.scan_as_deep(window, last);
        (spans, safe)
    }

    /// As [`scan`](Self::scan), and says how deep on the stack that went.
    pub(crate) fn scan_as_deep(&self, window: &[u8], last: bool) -> (Vec<Span>, usize, Depth) {
        let (matches, mut safe, depth) = Fast::scan_as_deep(&self.needles, window, last);
        if last && self.words.is_empty() && matches.is_empty() {
            return (Vec::new(), safe, depth);
        }
        let reach = self.needles.reach();
        if !last {
            safe = safe.max(window.len().saturating_sub(reach));
        }
        let mut spans: Vec<Span> = matches
            .iter()
            .filter(|found| (found.end - found.start) as usize <= reach)
            .map(|found| {
                let needle = self.needles.get(found.needle as usize);
                Span {
                    start: found.start as usize,
                    end: found.end as usize,
                    label: label(needle),
                }
            })
            .collect();
        if !self.words.is_empty() {
            safe = self.scan_words(window, last, safe, &mut spans);
        }
        (spans, safe, Depth::Deep)
    }

    /// Adds the words to `spans`. A masked neighbour is a token boundary, since
    /// its marker will be one: so words are looked for until none is new.
    fn scan_words(&self, window: &[u8], last: bool, safe: usize, spans: &mut Vec<Span>) -> usize {
        let mut safe = safe;
        let mut found: Vec<Span> = Vec::new();
        for word in &self.words {
            for start in memmem::find_iter(window, word.bytes()) {
                found.push(Span {
                    start,
                    end: start + word.bytes().len(),
                    label: label(word),
                });
            }
            if !last {
                let tail = (1..word.bytes().len())
                    .rev()
                    .find(|&len| window.ends_with(&word.bytes()[..len]));
                if let Some(len) = tail {
                    safe = safe.min(window.len() - len);
                }
            }
        }
        found.sort_by_key(|span| span.start);
        loop {
            let masked = merge(spans.clone());
            let is_bound = |at: usize, is_start: bool| {
                let is_edge = masked.iter().any(|span| span.start <= at && at <= span.end);
                is_edge
                    || at == if is_start { 0 } else { window.len() }
                    || !is_token(window[at - 1])
                    || !is_token(window[at])
            };
            let before = spans.len();
            found.retain(|word| {
                let (start, end) = (is_bound(word.start, true), is_bound(word.end, false));
                if start && end {
                    spans.push(word.clone());
                }
                // What follows may still become a masked neighbour, or a token.
                if start && !last && word.end >= safe {
                    safe = safe.min(word.start);
                }
                !(start && end)
            });
            if spans.len() == before {
                return safe;
            }
        }
    }
}

/// A part of a registered value, in the memory that it is to be read from.
pub(crate) struct Part {
    pub(crate) value: SecretValue,
    pub(crate) mask: Range<usize>,
    /// Looked for as it stands only, at token boundaries.
    pub(crate) word: bool,
    /// Looked for in either case of ASCII.
    pub(crate) any_case: bool,
    /// Another spelling of the nearest part before that is none.
    pub(crate) derived: bool,
}

fn label(needle: &Needle) -> Label {
    Label::Known {
        name: needle.name(),
        order: needle.order(),
    }
}

/// Whether `byte` belongs to a word or number.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
