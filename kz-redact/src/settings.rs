use std::ops::Range;

use kz_core::ErrorKind;

use crate::{
    Error, Mode, PatternLevel,
    json::Unescaped,
    known::Known,
    marker,
    oracle::place,
    patterns::{Close, Hit, PatternSet},
    span::{Label, Span, merge},
    wiped::{Depth, Wiped},
};

/// What a redactor was built with, and the one way of scanning.
pub(crate) struct Settings {
    mode: Mode,
    patterns: PatternSet,
    /// Ids of all rules, switched on or not.
    ids: Vec<String>,
    allowed: Vec<String>,
}

/// A piece of text to be scanned.
#[derive(Clone, Copy)]
pub(crate) struct Window<'w> {
    pub(crate) text: &'w [u8],
    /// The first bytes are settled and only tell what stands before.
    pub(crate) from: usize,
    /// What was written in place of what stands before.
    pub(crate) written: &'w [u8],
    /// No text follows.
    pub(crate) last: bool,
    /// What rules found here by words that stand before, in bytes of the window.
    pub(crate) carried: &'w [Span],
}

impl<'w> Window<'w> {
    /// A text that is scanned as a whole.
    pub(crate) fn whole(text: &'w [u8]) -> Self {
        Self {
            text,
            from: 0,
            written: &[],
            last: true,
            carried: &[],
        }
    }
}

/// What was found in a window.
pub(crate) struct Scan {
    /// Sorted, without overlaps.
    pub(crate) spans: Vec<Span>,
    /// What begins before this place is settled.
    pub(crate) safe: usize,
    /// To be given with the next window, in bytes of this one.
    pub(crate) carried: Vec<Span>,
    /// The rule of a hit that goes on beyond the window, and where it begins.
    pub(crate) open: Option<(usize, usize)>,
    /// How deep on the stack that went.
    pub(crate) depth: Depth,
}

/// What rules find in a JSON text.
pub(crate) struct InJson {
    /// In the text as it is written.
    pub(crate) spans: Vec<Span>,
    /// The first tokens of the parts in which, by themselves, they find or may find something.
    pub(crate) parts: Vec<usize>,
    pub(crate) depth: Depth,
}

impl Settings {
    pub(crate) fn new(
        mode: Mode,
        level: PatternLevel,
        disabled: &[String],
        allowed: Vec<String>,
        rules: &[(String, String)],
    ) -> Result<Self, Error> {
        let patterns = PatternSet::new(level, disabled, rules)
            .map_err(|error| Error::new(ErrorKind::Config, error.reason().to_owned()))?;
        let built_in = Self::rule_ids().into_iter().map(str::to_owned);
        let own = rules.iter().map(|(id, _)| id.clone());
        Ok(Self {
            mode,
            patterns,
            ids: built_in.chain(own).collect(),
            allowed,
        })
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether no rule is on.
    pub(crate) fn has_no_rules(&self) -> bool {
        self.patterns.is_empty()
    }

    pub(crate) fn rule_ids() -> Vec<&'static str> {
        PatternSet::rule_ids()
    }

    /// The ids that a marker of this redactor may say.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(String::as_str)
    }

    /// Where a hit ends that a window left open.
    pub(crate) fn close(&self, rule: usize, text: &[u8]) -> Close {
        self.patterns.close(rule, text)
    }

    /// Finds all that is to be masked in a window.
    pub(crate) fn scan(&self, known: &Known, window: Window<'_>) -> Scan {
        let Window { text, from, .. } = window;
        let (mut spans, mut safe, depth_of_values) = known.scan_as_deep(text, window.last);
        let (hits, depth_of_rules) = self.hits_beside(text, from, &spans);
        let before = window.carried.len() + window.written.len();
        if window.last && spans.len() + hits.len() + before == 0 {
            return Scan {
                spans,
                safe: safe.max(from),
                carried: Vec::new(),
                open: None,
                depth: depth_of_values.max(depth_of_rules),
            };
        }
        // What was found by words before comes first, as in the whole.
        spans.extend_from_slice(window.carried);
        spans.extend(hits.iter().map(|hit| self.span(hit)));
        spans.retain_mut(|span| {
            span.start = span.start.max(from);
            span.start < span.end
        });
        let mut spans = merge(spans);
        if !window.last {
            safe = safe.min(self.patterns.hold_back_from(text, from));
        }
        let mut later = Vec::new();
        self.settle(window, known, &mut spans, &mut safe, &mut later);
        safe = safe.max(from);
        for span in &spans {
            if span.start < safe && safe < span.end {
                safe = span.start;
            }
        }
        later.extend(self.without_anchor(&hits, text, safe));
        later.extend(
            window
                .carried
                .iter()
                .filter(|span| span.end > safe)
                .cloned(),
        );
        let open = hits
            .iter()
            .filter(|hit| hit.open)
            .min_by_key(|hit| hit.start);
        Scan {
            spans,
            safe,
            carried: later,
            open: open.map(|hit| (hit.rule, hit.start)),
            depth: Depth::Deep,
        }
    }

    /// What rules find in a whole JSON value as it is written, and in which of its parts
    /// they find something by themselves. What is open to the end of the text is left to the
    /// string that it stands in: it must not take the rest along.
    // What is on the stack for it is not, while values are sought.
    #[inline(never)]
    pub(crate) fn scan_json(&self, json: &Unescaped<'_>) -> InJson {
        let (mut hits, mut parts) = (Vec::new(), Vec::new());
        let depth = self.patterns.find_in_json(json, &mut hits, |part, hit| {
            if !self.is_left_alone(&json.meant()[part.meant.clone()], hit) {
                parts.push(part.tokens.start);
            }
        });
        if depth == Depth::Filters {
            return InJson {
                spans: Vec::new(),
                parts,
                depth,
            };
        }
        if self.patterns.has_custom() {
            parts = json.parts_in(std::iter::once(0..json.meant().len()));
        }
        self.drop_allowed(json.written(), &mut hits);
        let closed = hits.iter().filter(|hit| !hit.open);
        InJson {
            spans: closed.map(|hit| self.span(hit)).collect(),
            parts,
            depth,
        }
    }

    /// Looks at what the replacements would leave until rules find nothing new in
    /// it: a marker joins what stood apart.
    fn settle(
        &self,
        window: Window<'_>,
        known: &Known,
        spans: &mut Vec<Span>,
        safe: &mut usize,
        later: &mut Vec<Span>,
    ) {
        for _ in 0..ROUNDS {
            if spans.is_empty() && window.written.is_empty() {
                return;
            }
            let replaced = Replaced::new(window, spans, known);
            let from = window.written.len();
            let hits = self.hits(&replaced.text, from);
            if !window.last {
                let held = self.patterns.hold_back_from(&replaced.text, from);
                *safe = (*safe).min(replaced.source(held).start);
            }
            let found = |hit: &Hit| {
                let start = replaced.source(hit.start).start;
                let end = replaced.source(hit.end - 1).end;
                Span {
                    start,
                    end,
                    ..self.span(hit)
                }
            };
            let is_new = |span: &Span| {
                span.start < span.end
                    && !spans
                        .iter()
                        .any(|known| known.start <= span.start && span.end <= known.end)
            };
            let new: Vec<Span> = hits.iter().map(found).filter(is_new).collect();
            if new.is_empty() {
                return;
            }
            let safe_there = replaced.place(*safe);
            later.extend(
                self.without_anchor(&hits, &replaced.text, safe_there)
                    .into_iter()
                    .map(|span| Span {
                        start: replaced.source(span.start).start,
                        end: replaced.source(span.end - 1).end,
                        label: span.label,
                    }),
            );
            *spans = merge(std::mem::take(spans).into_iter().chain(new).collect());
        }
        // It does not come to rest: nothing of it leaves.
        if let Some(span) = spans.first_mut() {
            span.start = window.from;
            span.end = window.text.len();
            spans.truncate(1);
        }
    }

    /// The hits beyond `safe` whose words stand before it: the next window will
    /// not have them.
    fn without_anchor(&self, hits: &[Hit], text: &[u8], safe: usize) -> Vec<Span> {
        if hits.iter().all(|hit| hit.end <= safe) {
            return Vec::new();
        }
        let again = self.hits(text, safe);
        hits.iter()
            .filter(|hit| hit.end > safe && !again.contains(hit))
            .map(|hit| self.span(hit))
            .collect()
    }

    fn hits(&self, text: &[u8], from: usize) -> Vec<Hit> {
        self.hits_beside(text, from, &[]).0
    }

    /// What rules find, and how deep on the stack that went; inside of what is masked anyhow
    /// they need not look.
    // What is on the stack for it is not, while values are sought.
    #[inline(never)]
    fn hits_beside(&self, text: &[u8], from: usize, masked: &[Span]) -> (Vec<Hit>, Depth) {
        let mut masked: Vec<_> = masked.iter().map(|span| span.start..span.end).collect();
        masked.sort_unstable_by_key(|stretch| stretch.start);
        let mut furthest = 0;
        masked.retain(|stretch| {
            let reaches_on = furthest < stretch.end;
            furthest = furthest.max(stretch.end);
            reaches_on
        });
        let mut hits = Vec::new();
        let depth = self.patterns.find_beside(text, from, &masked, &mut hits);
        self.drop_allowed(text, &mut hits);
        (hits, depth)
    }

    /// Drops what somebody allowed, and markers.
    fn drop_allowed(&self, text: &[u8], hits: &mut Vec<Hit>) {
        hits.retain(|hit| !self.is_left_alone(text, hit));
    }

    fn is_left_alone(&self, text: &[u8], hit: &Hit) -> bool {
        let found = &text[hit.start..hit.end];
        let allowed = self.allowed.iter().any(|text| text.as_bytes() == found);
        found.is_empty() || allowed || marker::is_marker(found)
    }

    fn span(&self, hit: &Hit) -> Span {
        Span {
            start: hit.start,
            end: hit.end,
            label: Label::Pattern {
                rule: self.patterns.rule_id(hit.rule).to_owned().into(),
                order: place(self.patterns.order(hit.rule)),
            },
        }
    }
}

/// Most rounds of looking at what replacements leave.
const ROUNDS: usize = 8;

/// A window as it would be written.
struct Replaced {
    text: Wiped<u8>,
    /// Stretches of the text, with where they come from and whether they are
    /// markers.
    pieces: Vec<Piece>,
}

struct Piece {
    start: usize,
    source: Range<usize>,
    is_marker: bool,
}

impl Replaced {
    fn new(window: Window<'_>, spans: &[Span], known: &Known) -> Self {
        let mut text = Wiped::from(window.written);
        let mut pieces = vec![Piece {
            start: 0,
            source: window.from..window.from,
            is_marker: true,
        }];
        let mut at = window.from;
        for span in spans {
            pieces.push(Piece {
                start: text.len(),
                source: at..span.start,
                is_marker: false,
            });
            text.extend_from_slice(&window.text[at..span.start]);
            pieces.push(Piece {
                start: text.len(),
                source: span.start..span.end,
                is_marker: true,
            });
            text.extend_from_slice(marker_of(&span.label, known).as_bytes());
            at = span.end;
        }
        pieces.push(Piece {
            start: text.len(),
            source: at..window.text.len(),
            is_marker: false,
        });
        text.extend_from_slice(&window.text[at..]);
        Self { text, pieces }
    }

    /// What the byte at `place` comes from.
    fn source(&self, place: usize) -> Range<usize> {
        let index = self.pieces.partition_point(|piece| piece.start <= place);
        let piece = &self.pieces[index.saturating_sub(1)];
        if piece.is_marker {
            return piece.source.clone();
        }
        let start = (piece.source.start + place - piece.start).min(piece.source.end);
        start..(start + 1).min(piece.source.end)
    }

    /// Where what comes from `source` stands.
    fn place(&self, source: usize) -> usize {
        let index = self
            .pieces
            .partition_point(|piece| piece.source.start <= source);
        let piece = &self.pieces[index.saturating_sub(1)];
        if piece.is_marker {
            piece.start
        } else {
            piece.start + source - piece.source.start
        }
    }
}

/// Writes `text` from `from` on with markers in place of `spans`.
pub(crate) fn replace(
    text: &[u8],
    from: usize,
    spans: &[Span],
    known: &Known,
    output: &mut Vec<u8>,
) {
    let mut at = from;
    for span in spans {
        output.extend_from_slice(&text[at..span.start]);
        output.extend_from_slice(marker_of(&span.label, known).as_bytes());
        at = span.end;
    }
    output.extend_from_slice(&text[at..]);
}

/// The marker that a label asks for.
pub(crate) fn marker_of(label: &Label, known: &Known) -> String {
    match label {
        Label::Known { name, .. } => marker::marker(known.name(*name)),
        Label::Pattern { rule, .. } => marker::marker(rule),
    }
}
