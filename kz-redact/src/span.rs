use std::{borrow::Cow, cmp::Reverse};

/// A stretch of text that is masked as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) label: Label,
}

/// What a marker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Label {
    /// A registered value.
    Known {
        /// Index of its name.
        name: u32,
        /// Which of two was registered first.
        order: u32,
    },
    /// A rule.
    Pattern {
        rule: Cow<'static, str>,
        /// Of two that find the same, the first names it.
        order: u32,
    },
}

impl Span {
    /// What decides whose label a merged span takes: known before pattern, then
    /// leftmost, then longest, then first registered.
    fn rank(&self) -> (bool, usize, Reverse<usize>, u32) {
        let (pattern, order) = match self.label {
            Label::Known { order, .. } => (false, order),
            Label::Pattern { order, .. } => (true, order),
        };
        (pattern, self.start, Reverse(self.end - self.start), order)
    }
}

/// Joins spans that overlap; the result is sorted. Spans that only touch stay
/// two.
pub(crate) fn merge(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.start, Reverse(span.end)));
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    let mut best: Option<Span> = None;
    for span in spans {
        match (merged.last_mut(), best.as_mut()) {
            (Some(last), Some(leader)) if span.start < last.end => {
                last.end = last.end.max(span.end);
                if span.rank() < leader.rank() {
                    last.label = span.label.clone();
                    *leader = span;
                }
            }
            _ => {
                best = Some(span.clone());
                merged.push(span);
            }
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(start: usize, end: usize, name: u32) -> Span {
        Span {
            start,
            end,
            label: Label::Known { name, order: name },
        }
    }

    fn pattern(start: usize, end: usize) -> Span {
        Span {
            start,
            end,
            label: Label::Pattern {
                rule: "rule".into(),
                order: 0,
            },
        }
    }

    #[test]
    fn names_of_merged_spans() {
        for (spans, expected) in [
            (
                vec![known(0, 4, 1), known(4, 8, 2)],
                vec![known(0, 4, 1), known(4, 8, 2)],
            ),
            (vec![known(2, 8, 0), known(0, 4, 1)], vec![known(0, 8, 1)]),
            (vec![known(0, 4, 0), known(0, 8, 1)], vec![known(0, 8, 1)]),
            (vec![known(0, 4, 3), known(0, 4, 2)], vec![known(0, 4, 2)]),
            (vec![pattern(0, 9), known(3, 5, 7)], vec![known(0, 9, 7)]),
            (
                vec![
                    pattern(0, 3),
                    pattern(2, 5),
                    known(4, 9, 1),
                    known(8, 10, 0),
                ],
                vec![known(0, 10, 1)],
            ),
        ] {
            let merged = merge(spans.clone());
            let places = |spans: &[Span]| -> Vec<_> {
                spans
                    .iter()
                    .map(|span| match &span.label {
                        Label::Known { name, .. } => (span.start, span.end, Some(*name)),
                        Label::Pattern { .. } => (span.start, span.end, None),
                    })
                    .collect()
            };
            assert_eq!(places(&merged), places(&expected), "{spans:?}");
        }
    }
}
