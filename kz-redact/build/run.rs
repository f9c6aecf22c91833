//! Whether all that a rule finds begins with a run of the bytes of which keys are
//! made: then the rule need not be tried where there is none.

use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind},
};

/// How long a run is; `RUN` of the crate's `patterns::scan`.
pub(crate) const LENGTH: usize = 20;

/// Letters, digits and `_-+/.~`, as the crate's `patterns::runs` has them.
pub(crate) fn is_member(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-+/.~".contains(&byte)
}

/// What all matches of a rule begin with.
#[derive(Clone, Copy)]
pub(crate) struct Begin {
    /// So many members, at least.
    pub(crate) lead: usize,
    /// A run, behind at most one other byte.
    pub(crate) run: bool,
}

impl Begin {
    pub(crate) fn of_members(lead: usize) -> Self {
        let run = lead >= LENGTH;
        Self { lead, run }
    }

    pub(crate) fn of_regex(regex: &str) -> Result<Self, String> {
        let hir = ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .dot_matches_new_line(true)
            .build()
            .parse(regex)
            .map_err(|error| error.to_string())?;
        let lead = lead(&hir).length;
        let run = lead >= LENGTH || self::lead(&without_first(&hir)).length >= LENGTH;
        Ok(Self { lead, run })
    }

    /// What the matches of both begin with.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            lead: self.lead.min(other.lead),
            run: self.run && other.run,
        }
    }
}

/// What the matches of an expression begin with.
struct Lead {
    /// So many members, at least.
    length: usize,
    /// They hold nothing else.
    pure: bool,
}

fn lead(hir: &Hir) -> Lead {
    const NONE: Lead = Lead {
        length: 0,
        pure: false,
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Lead {
            length: 0,
            pure: true,
        },
        HirKind::Literal(literal) => {
            let members = literal.0.iter().take_while(|byte| is_member(**byte));
            let length = members.count();
            Lead {
                length,
                pure: length == literal.0.len(),
            }
        }
        HirKind::Class(class) => {
            if is_of_members(class) {
                Lead {
                    length: 1,
                    pure: true,
                }
            } else {
                NONE
            }
        }
        HirKind::Repetition(repetition) => {
            let one = lead(&repetition.sub);
            let times = usize::try_from(repetition.min).unwrap_or(usize::MAX);
            if one.pure {
                Lead {
                    length: one.length.saturating_mul(times),
                    pure: true,
                }
            } else if times > 0 {
                one
            } else {
                NONE
            }
        }
        HirKind::Capture(capture) => lead(&capture.sub),
        HirKind::Concat(parts) => {
            let mut all = Lead {
                length: 0,
                pure: true,
            };
            for part in parts {
                let next = lead(part);
                all.length = all.length.saturating_add(next.length);
                all.pure = next.pure;
                if !next.pure {
                    break;
                }
            }
            all
        }
        HirKind::Alternation(choices) => {
            let leads = choices.iter().map(lead);
            let both = |one: Lead, other: Lead| Lead {
                length: one.length.min(other.length),
                pure: one.pure && other.pure,
            };
            leads.reduce(both).unwrap_or(NONE)
        }
    }
}

fn is_of_members(class: &Class) -> bool {
    match class {
        Class::Bytes(class) => class
            .ranges()
            .iter()
            .all(|range| (range.start()..=range.end()).all(is_member)),
        Class::Unicode(class) => class.ranges().iter().all(|range| {
            range.end().is_ascii() && (range.start()..=range.end()).all(|c| is_member(c as u8))
        }),
    }
}

/// The expression without the first byte of the literal that it begins with.
fn without_first(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Capture(capture) => without_first(&capture.sub),
        HirKind::Literal(literal) => Hir::literal(literal.0[1..].to_vec()),
        HirKind::Concat(parts) => {
            let mut parts = parts.clone();
            if let Some(first) = parts.first_mut() {
                *first = without_first(first);
            }
            Hir::concat(parts)
        }
        _ => Hir::fail(),
    }
}
