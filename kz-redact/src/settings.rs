use crate::{
    Error, Mode, PatternLevel,
    known::Known,
    marker,
    span::{Label, Span, merge},
};

/// What a redactor was built with, and the one way of scanning.
pub(crate) struct Settings {
    mode: Mode,
}

/// What was found in a window.
pub(crate) struct Scan {
    /// Sorted, without overlaps.
    pub(crate) spans: Vec<Span>,
    /// What begins before this place is settled.
    pub(crate) safe: usize,
}

impl Settings {
    pub(crate) fn new(
        mode: Mode,
        _level: PatternLevel,
        _disabled: &[String],
        _allowed: Vec<String>,
        _rules: &[(String, String)],
    ) -> Result<Self, Error> {
        Ok(Self { mode })
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn rule_ids() -> Vec<&'static str> {
        Vec::new()
    }

    /// The ids of the rules of this redactor.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    /// Finds all that is to be masked in `window`, of which the first `from`
    /// bytes are settled and only tell what stands before.
    pub(crate) fn scan(&self, known: &Known, window: &[u8], from: usize, last: bool) -> Scan {
        let (mut spans, mut safe) = known.scan(window, last);
        spans.retain_mut(|span| {
            span.start = span.start.max(from);
            span.start < span.end
        });
        let spans = merge(spans);
        for span in &spans {
            if span.start < safe && safe < span.end {
                safe = span.start;
            }
        }
        Scan {
            spans,
            safe: safe.max(from),
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
        Label::Pattern(rule) => marker::marker(rule),
    }
}
