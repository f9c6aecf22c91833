//! The layer of unknown values: what is recognised by its shape, not because it
//! was registered.
//!
//! Rules are data, one file a family, in `rules/*.toml` (the formats of services'
//! keys), and code in [`structure`] (connection strings, headers, private keys,
//! JWTs, `password=` pairs). A rule names literal *anchors*; at every anchor in
//! the text one anchored, linear match is tried. A key without a format of its
//! own has no anchor: there the run of key characters is one, and the words
//! before it decide ([`named`]). Entropy alone never matches.
//!
//! # Whole equals stream
//!
//! A match at anchor position `p` is a function of at most [`LOOK_BEHIND`] bytes
//! before `p` and of the *reach* of its rule after it: the longest run, from the
//! end of the anchor, of bytes of the rule's class, cut at the rule's `max`. The
//! matcher sees nothing else. There is no state between anchors: matches may
//! overlap, and merging them is the caller's. So once a byte outside the class
//! (or `max` bytes) has been seen, no later byte can change the match, and
//! [`PatternSet::hold_back_from`] is the first anchor for which neither holds yet, or
//! the first byte of what may still become an anchor.
//!
//! Text with escapes is read again with them undone, up to three levels deep
//! ([`escaped`]). There all of the above holds in bytes as they are meant, and
//! [`context_of`] says how many of the bytes as they are written tell the same.
//!
//! Two things outlast any window. They are *open* hits ([`Hit::open`]): a
//! private key without its END, masked up to END or the end of input, and a
//! token that is longer than its rule's `max`, masked as far as its class goes.
//! A stream that cannot hold them masks what it has and asks
//! [`PatternSet::close`] where the hit ends.
//!
//! Custom rules ([`custom`]) know no anchor; they match inside one line, and
//! hold back the line that is not yet complete.

mod anchor;
mod beyond_ascii;
mod block;
mod custom;
mod escaped;
mod filter;
mod format;
mod in_json;
mod markers;
mod named;
mod rule;
mod runs;
pub(crate) mod scan;
pub(crate) mod sieve;
mod structure;
mod verify;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod twin;

use std::{
    ops::Range,
    sync::{Arc, OnceLock},
};

use regex::bytes::Regex;

pub(crate) use self::escaped::context_of;
use self::{
    custom::CustomRule,
    escaped::{Meant, Noted},
    filter::{Event, Filter},
    rule::{Matcher, Rule, Walks},
    scan::End,
};
use crate::{PatternLevel, wiped::Depth};

/// How many bytes before an anchor a rule may look at.
pub(crate) const LOOK_BEHIND: usize = 64;

/// A span that a rule says is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    /// First byte of the span.
    pub(crate) start: usize,
    /// One past its last byte; never inside a UTF-8 sequence of valid text.
    pub(crate) end: usize,
    /// Which rule: an argument for [`PatternSet::rule_id`].
    pub(crate) rule: usize,
    /// The span ends where the text does, and more text may lengthen it without
    /// bound: see [`PatternSet::close`].
    pub(crate) open: bool,
}

/// Where an open hit ends; the answer of [`PatternSet::close`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Close {
    /// The hit ends before this byte.
    At(usize),
    /// All of the text belongs to the hit, and its last `keep` bytes must be
    /// given again before what comes next.
    NotYet {
        /// May be 0.
        keep: usize,
    },
}

/// Why a set of rules could not be built. It names the rule and quotes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleError(String);

impl RuleError {
    /// What is wrong, for an error of kind `config`.
    pub(crate) fn reason(&self) -> &str {
        &self.0
    }
}

/// The rules that are switched on.
#[derive(Debug)]
pub(crate) struct PatternSet {
    filter: Arc<Filter>,
    /// Which rules of the table are on.
    enabled: Vec<bool>,
    /// None of the table is.
    is_off: bool,
    /// Any of [`named`] is.
    by_name: bool,
    custom: Vec<CustomRule>,
}

impl PatternSet {
    /// The built-in rules of `level` without those `disabled`, and the `custom`
    /// ones as pairs of id and regex. [`PatternLevel::Off`] switches off what is
    /// built in; rules that somebody wrote down stay.
    ///
    /// # Errors
    ///
    /// An unknown id in `disabled`; a custom id that is not
    /// `[a-z][a-z0-9-]{0,63}` or is taken; a regex that does not compile or
    /// matches nothing at all.
    pub(crate) fn new(
        level: PatternLevel,
        disabled: &[String],
        custom: &[(String, String)],
    ) -> Result<Self, RuleError> {
        let custom = CustomRule::compile_all(custom)?;
        for id in disabled {
            let known = table().iter().any(|rule| rule.id == id)
                || custom.iter().any(|rule| rule.id() == id);
            if !known {
                return Err(RuleError(format!(
                    "the rule {} that is disabled does not exist",
                    custom::printable(id)
                )));
            }
        }
        let is_on = |id: &str| !disabled.iter().any(|other| other == id);
        let enabled: Vec<bool> = table()
            .iter()
            .map(|rule| rule.strictness.is_on(level) && is_on(rule.id))
            .collect();
        let indices = || (0..enabled.len()).filter(|index| enabled[*index]);
        Ok(Self {
            filter: filter_of(level, disabled.is_empty(), indices()),
            is_off: indices().next().is_none(),
            by_name: indices().any(|index| table()[index].anchors.is_empty()),
            enabled,
            custom: custom.into_iter().filter(|rule| is_on(rule.id())).collect(),
        })
    }

    /// Adds every match in `text` to `out`, in no particular order and perhaps
    /// overlapping, for anchors at or after `from`. `text[..from]` is context that
    /// was scanned before ([`context_of`] says how much of it). Where the text holds
    /// escapes, what is found when they are undone is masked as well. A match inside of one
    /// of the `masked` stretches, which are sorted, each ending behind those before, may be
    /// left out. Says how deep on the stack that went.
    pub(crate) fn find_beside(
        &self,
        text: &[u8],
        from: usize,
        masked: &[Range<usize>],
        out: &mut Vec<Hit>,
    ) -> Depth {
        if self.is_empty() {
            return self.find_as_written(text, from, masked, out);
        }
        let (mut noted, mut found) = (None, Vec::new());
        Meant::each(text, from, End::Last, |meant| {
            let noted = noted.get_or_insert_with(|| {
                let mut noted = Noted::default();
                self.find_and_note(text, from, masked, &mut noted, out);
                noted
            });
            self.find_again(meant, noted, &mut found);
            out.extend(found.drain(..).map(|hit| meant.hit(&hit)));
        });
        match noted {
            Some(_) => Depth::Deep,
            None => self.find_as_written(text, from, masked, out),
        }
    }

    /// Adds every match in the last level of a text as it is meant to `out`, given what was
    /// noted of the level above, and notes what is found in it.
    fn find_again(&self, meant: &Meant, noted: &mut Noted, out: &mut Vec<Hit>) {
        let text = meant.text();
        let is_part = std::mem::take(&mut noted.is_part);
        let changed = noted
            .all()
            .and_then(|_| meant.changed(self.filter.longest(), is_part));
        if let Some(changed) = changed {
            meant.keep(noted, &changed);
            self.filter
                .each_in(text, &changed, End::Last, |event| noted.add(event));
            if let Some(events) = noted.all() {
                let mut walks = [Walks::default(), Walks::default()];
                for event in events {
                    self.find_at(*event, text, &[], &mut walks, out);
                }
                self.find_custom(text, meant.from, out);
                return;
            }
        }
        *noted = Noted::default();
        self.find_and_note(text, meant.from, &[], noted, out);
    }

    /// Whether no rule is on.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_off && self.custom.is_empty()
    }

    /// As [`find_beside`](Self::find_beside), but no escapes are undone.
    pub(crate) fn find_as_written(
        &self,
        text: &[u8],
        from: usize,
        masked: &[Range<usize>],
        out: &mut Vec<Hit>,
    ) -> Depth {
        let mut walks = [Walks::default(), Walks::default()];
        let depth = self.filter.each(text, from, End::Last, |event| {
            self.find_at(event, text, masked, &mut walks, out);
        });
        depth.max(self.find_custom(text, from, out))
    }

    /// The same, and notes where rules were tried.
    fn find_and_note(
        &self,
        text: &[u8],
        from: usize,
        masked: &[Range<usize>],
        noted: &mut Noted,
        out: &mut Vec<Hit>,
    ) {
        let mut walks = [Walks::default(), Walks::default()];
        self.filter.each(text, from, End::Last, |event| {
            noted.add(event);
            self.find_at(event, text, masked, &mut walks, out);
        });
        self.find_custom(text, from, out);
    }

    /// Tries what an event is of; the walks are of anchors and of runs.
    fn find_at(
        &self,
        event: Event,
        text: &[u8],
        masked: &[Range<usize>],
        [of_anchors, of_runs]: &mut [Walks; 2],
        out: &mut Vec<Hit>,
    ) {
        match event {
            Event::Anchor { at, rule, length } => {
                if let Some(hit) = table()[rule].find_at(rule, text, at, length, of_anchors) {
                    table()[rule].each_value(text, at, hit, |value| out.push(value));
                }
            }
            Event::Run { at, .. } if named::is_inside(masked, text, at, of_runs) => {}
            Event::Run { at, named, marked } => {
                out.extend(named::find_at(
                    &self.enabled,
                    text,
                    at,
                    named,
                    marked,
                    of_runs,
                ));
            }
        }
    }

    fn find_custom(&self, text: &[u8], from: usize, out: &mut Vec<Hit>) -> Depth {
        if self.custom.is_empty() {
            return Depth::Filters;
        }
        for (offset, rule) in self.custom.iter().enumerate() {
            rule.find(table().len() + offset, text, from, out);
        }
        Depth::Deep
    }

    /// Whether there are rules that may match anywhere.
    pub(crate) fn has_custom(&self) -> bool {
        !self.custom.is_empty()
    }

    /// The earliest byte of `text` at which something may still become a match,
    /// or a longer or shorter one, if more text came; `text.len()` if none can.
    /// `text[..from]` was scanned before.
    pub(crate) fn hold_back_from(&self, text: &[u8], from: usize) -> usize {
        let mut earliest = self.hold_back_as_written(text, from);
        if self.is_empty() {
            return earliest;
        }
        Meant::each(text, from, End::Open, |meant| {
            let held = self.hold_back_as_written(meant.text(), meant.from);
            earliest = earliest.min(meant.place(held));
        });
        earliest
    }

    fn hold_back_as_written(&self, text: &[u8], from: usize) -> usize {
        let mut earliest = self.filter.partial_anchor(text, from);
        if self.by_name {
            earliest = earliest.min(named::undecided_from(text, from));
        }
        if !self.custom.is_empty() {
            earliest = earliest.min(custom::last_line(text, from));
        }
        let mut walks = Walks::default();
        self.filter.each(text, from, End::Open, |event| {
            if let Event::Anchor { at, rule, length } = event
                && at < earliest
                && table()[rule].is_undecided(rule, text, at, length, &mut walks)
            {
                earliest = at;
            }
        });
        earliest
    }

    /// Where an open hit of `rule`, of which `text` is what followed, ends.
    pub(crate) fn close(&self, rule: usize, text: &[u8]) -> Close {
        debug_assert!(rule < table().len() + self.custom.len());
        // Matches of custom rules are never open.
        table()
            .get(rule)
            .map_or(Close::At(0), |rule| rule.close(text))
    }

    /// The id of the rule of a [`Hit`].
    pub(crate) fn rule_id(&self, rule: usize) -> &str {
        match table().get(rule) {
            Some(rule) => rule.id,
            None => self.custom[rule - table().len()].id(),
        }
    }

    /// Of two rules that find the same, the one that comes first names it: one that knows
    /// an anchor before one that goes by a name, and what somebody added last.
    pub(crate) fn order(&self, rule: usize) -> usize {
        debug_assert!(rule < table().len() + self.custom.len());
        match table().get(rule) {
            Some(known) if !known.anchors.is_empty() => rule,
            _ => table().len() + rule,
        }
    }

    /// The ids of all built-in rules, of every level.
    pub(crate) fn rule_ids() -> Vec<&'static str> {
        table().iter().map(|rule| rule.id).collect()
    }
}

/// The filter of these rules, one for all sets from which none is missing.
fn filter_of(
    level: PatternLevel,
    complete: bool,
    indices: impl Iterator<Item = usize>,
) -> Arc<Filter> {
    static COMPLETE: [OnceLock<Arc<Filter>>; 2] = [const { OnceLock::new() }; 2];
    let shared = match level {
        PatternLevel::Default if complete => &COMPLETE[0],
        PatternLevel::Strict if complete => &COMPLETE[1],
        _ => return Arc::new(Filter::new(indices)),
    };
    Arc::clone(shared.get_or_init(|| Arc::new(Filter::new(indices))))
}

/// What `build.rs` made of `rules/*.toml`.
mod generated {
    use super::{
        format::{Part, Set},
        rule::{Left, Matcher, Reach, Rule, Strictness},
        verify,
    };

    pub(super) const RULES: &[Rule] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));
    /// Names of services, and whether they are words of their own.
    pub(super) const PROVIDERS: &[(&str, bool)] =
        include!(concat!(env!("OUT_DIR"), "/providers.rs"));
}
use generated::PROVIDERS;

/// All built-in rules; an index into it is the number of the rule.
fn table() -> &'static [Rule] {
    static TABLE: OnceLock<Vec<Rule>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut rules = Vec::new();
        rules.extend(structure::rules());
        rules.extend_from_slice(generated::RULES);
        rules.extend(structure::rules_by_name());
        rules.extend(named::rules());
        rules
    })
}

/// The compiled regex of a built-in rule, made when first needed.
fn regex_of(index: usize) -> Option<&'static Regex> {
    static COMPILED: OnceLock<Vec<OnceLock<Regex>>> = OnceLock::new();
    let Matcher::Regex(source) = table()[index].matcher else {
        return None;
    };
    let slots = COMPILED.get_or_init(|| table().iter().map(|_| OnceLock::new()).collect());
    Some(
        slots[index]
            .get_or_init(|| rule::compile(source).expect("a test compiles every built-in rule")),
    )
}
