//! Values that the words before them give away: `DATADOG_API_KEY = "…"`,
//! `<clientSecret>…</clientSecret>`, `heroku token …`.
//!
//! The value leads: at each run of the characters of a key ([`runs`]) that holds
//! a digit, the up to [`LOOK_BEHIND`](super::LOOK_BEHIND) bytes before it are read for a
//! name ([`words`]). So nothing is spent on the word `token` where no value is.

mod endings;
mod gap;
mod shape;
mod vocabulary;
mod words;

use std::{ops::Range, sync::OnceLock};

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem;

use self::{
    endings::Endings,
    gap::{Call, Gap, Glance},
    words::{Around, Letters},
};
pub(super) use self::{
    shape::{
        is_by_chance, is_joined_words, is_likely, is_memorable, is_password, is_restless,
        is_untidy, is_words_and_number, is_wordy,
    },
    vocabulary::{hints, is_password_name, is_secret_name},
};
use super::{
    Hit, LOOK_BEHIND, PROVIDERS, format, markers, regex_of,
    rule::{self, Matcher, Reach, Rule, Walks},
    runs,
    sieve::Before,
    table,
};

/// How far a value may go; no longer one is a key that words give away.
const REACH: Reach = Reach {
    max: 2048,
    ..Reach::TOKEN
};

/// The rules that know no format.
pub(super) fn rules() -> Vec<Rule> {
    const NAMED: Rule = Rule {
        family: "named",
        reach: REACH,
        matcher: Matcher::Named(Named::Assigned),
        ..Rule::EMPTY
    };
    vec![
        Rule {
            id: "provider-credential",
            provider: "the services named in rules/providers.toml",
            about: "A value that looks like a key behind the name of a service and a word like \
                    token, key or secret; the services' own references name their settings so",
            matcher: Matcher::Named(Named::Provider),
            examples: &[
                "VERCEL_TOKEN=«<an24>»",
                "<vercelToken>\n    «<an24>»\n</vercelToken>",
                "vercel_token ::= \"«<hex32>»\"",
                "vercel secret «<an24>» and more",
                r#"System.setProperty("VERCEL_TOKEN", "«<an24>»")"#,
            ],
            near_misses: &[
                "VERCEL_TOKEN=<up4>",
                "VERCEL_ENVIRONMENT=<an24>",
                "VERCEL_TOKEN=vercel-token-of-the-application-1",
                "vercel_public_key = \"<hex32>\"",
                "vercel deployment <hex32>",
                "VERCEL_TOKEN=[REDACTED:VERCEL_TOKEN]",
            ],
            ..NAMED
        },
        Rule {
            id: "assigned-credential",
            provider: "any",
            about: "A value that looks random, assigned to a name that ends in token, secret, \
                    api key or the like; RFC 6749 and the settings of most programs",
            matcher: Matcher::Named(Named::Assigned),
            examples: &[
                "access_token: «<an32>»",
                r#"{"clientSecret": "«<an32>»"}"#,
                "{\"name\":\"DB_PASSWORD\",\"value\":\"«<an24>»\"}",
                "<add key=\"ApiKey\" value=\"«<an24>»\" />",
                "const encryptionKey: string = '«<hex32>»'",
                "<SessionToken>«<an40>»</SessionToken>",
                "acme_key = '«<an24>»'",
            ],
            near_misses: &[
                "access_token = get_access_token_2_for(request)",
                "next_page_token: <an32>",
                "public_key: <an32>",
                "token_type = application/x-www-form-urlencoded2",
                "secret_name = prod/app2/database-credentials-v1",
                "etag: \"<hex32>\"",
                "acme_key = '<hex32>'",
                "map_key = '<an24>'",
                "ValidateKey: X509CertificateTemplatePrivateKeyFlag = 2048",
                "nid_key = lib.NID_pbe_WithSHA1And3_Key_TripleDES_CBC",
            ],
            ..NAMED
        },
    ]
}

/// Which names lead to a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// That of a service.
    Provider,
    /// That of a credential, alone.
    Assigned,
}

/// What stands inside of keys of some rules.
pub(super) fn marks() -> impl Iterator<Item = &'static str> {
    let marks = table().iter().map(|rule| rule.infix);
    marks.filter(|mark| !mark.is_empty())
}

/// Whether what stands before the run at `start` may name a credential, or a service to
/// which the run is assigned. Nearly all runs end here.
pub(super) fn may_be_named(text: &[u8], start: usize, before: &Before) -> bool {
    // In a colour code the value may begin behind it.
    if matches!(text[..start].last(), Some(b'[' | b';')) {
        return true;
    }
    let endings = &Names::all().endings;
    if let Some(hints) = endings.hints_that_matter(text, start, before) {
        return is_hinted(text, start, hints);
    }
    let is_hinted = || is_hinted(text, start, before.hints);
    match Glance::at(&text[..start], before) {
        Glance::Unassigned => is_hinted(),
        Glance::Assigned(name) => endings.may_end(name) || is_hinted(),
        Glance::Unclear => {
            is_hinted()
                || match Gap::before_value(self::before(text, start)) {
                    Some(gap) => {
                        (gap.assigned && endings.may_end(gap.rest))
                            || (gap.call != Call::No && may_make_client(gap.rest))
                    }
                    // In a string of JSON all lines are written on one.
                    None => before.breaks.count_ones() > 1 && before.assigns != 0,
                }
        }
    }
}

/// Whether a name may be that of what makes a client of a service.
fn may_make_client(name: &[u8]) -> bool {
    let words = vocabulary::split(name);
    let last = words.last().unwrap_or_default();
    let lower = zeroize::Zeroizing::new(last.to_ascii_lowercase());
    vocabulary::makes_client(&lower)
}

/// Whether one of the words that may begin up to 64 bytes before `at` says that a
/// credential follows.
fn is_hinted(text: &[u8], at: usize, mut words: u64) -> bool {
    while words != 0 {
        let back = LOOK_BEHIND - words.trailing_zeros() as usize;
        words &= words - 1;
        if vocabulary::begins_with_hint(&text[at - back..at]) {
            return true;
        }
    }
    false
}

/// What stands behind a name, if it is the run at `start`. A name may stand before it only
/// if it is `named`, and one of [`marks`] in its head only if it is `marked`.
pub(super) fn find_at(
    enabled: &[bool],
    text: &[u8],
    start: usize,
    named: bool,
    marked: bool,
    walks: &mut Walks,
) -> Option<Hit> {
    let run = start;
    let start = behind_colour(text, run);
    if start > run && runs::head(&text[start..]).len() < runs::MIN {
        return None;
    }
    let names = Names::all();
    let marked = marked && {
        let head = runs::head(&text[start..]);
        head.len() >= names.least_marked && is_mixed_early(head) && names.marks.is_match(head)
    };
    if !named && !marked {
        return None;
    }
    let mut letters = Letters::new([0; LOOK_BEHIND]);
    let before_it = before(text, start);
    let around = named
        .then(|| Around::read(before_it, &mut letters))
        .flatten();
    if around.is_none() && !marked {
        return None;
    }
    let reach = REACH.end(text, start, walks);
    if reach - start == REACH.max {
        return None;
    }
    let value = Value {
        bytes: &text[start..reach],
        // What stands between `>` and `<` is the text of an element.
        next: text
            .get(reach)
            .copied()
            .filter(|next| *next != b'<' || !text[..start].ends_with(b">")),
    };
    let by_mark = marked.then(|| names.by_mark(enabled, &value)).flatten();
    let by_name = || {
        let (rule, length) = matched(enabled, &around?, &value)?;
        // Documentation says so in capitals.
        let line = before_it.rsplit(|byte| *byte == b'\n').next();
        let is_example = line.is_some_and(|line| memmem::find(line, b"EXAMPLE").is_some());
        (!is_example).then_some((rule, 0..length))
    };
    let (rule, place) = by_mark.or_else(by_name)?;
    let (start, end) = (start + place.start, start + place.end);
    (!markers::is_masked(&text[start..end])).then_some(Hit {
        start,
        end,
        rule,
        open: false,
    })
}

/// Whether whatever is found at the run at `start` lies in one of these stretches, which
/// are sorted, each ending behind those before.
pub(super) fn is_inside(
    stretches: &[Range<usize>],
    text: &[u8],
    start: usize,
    walks: &mut Walks,
) -> bool {
    let count = stretches.partition_point(|stretch| stretch.start <= start);
    stretches[..count]
        .last()
        .is_some_and(|stretch| start < stretch.end && REACH.end(text, start, walks) <= stretch.end)
}

/// Where the run at `start` begins, if it is that of a value behind a colour code:
/// `ESC [ 32 m`.
fn behind_colour(text: &[u8], start: usize) -> usize {
    if !matches!(text[..start].last(), Some(b'[' | b';')) {
        return start;
    }
    let codes = text[..start].iter().rev();
    let before = codes
        .take_while(|byte| byte.is_ascii_digit() || **byte == b';')
        .count();
    let digits = rule::run(|byte| byte.is_ascii_digit(), &text[start..]);
    let is_colour = text[..start - before].ends_with(b"\x1b[");
    match text.get(start + digits) {
        Some(b'm') if is_colour => start + digits + 1,
        _ => start,
    }
}

/// The first byte at or after `from` at which a run begins that may still become
/// a value or a longer one.
pub(super) fn undecided_from(text: &[u8], from: usize) -> usize {
    // Only the run that the text ends with, and what is joined to it by `=`.
    let tail = &text[from..];
    let joined = tail
        .iter()
        .rev()
        .take_while(|byte| REACH.class.holds(**byte))
        .count();
    let mut at = text.len() - joined;
    while at < text.len() {
        let begins = runs::is_member(text[at]) && (at == 0 || !runs::is_member(text[at - 1]));
        if begins && text.len() - at < REACH.max && may_match(text, at) {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// Whether a value may begin at `at`, however the text goes on.
fn may_match(text: &[u8], at: usize) -> bool {
    let is_in_colour = text[..at].ends_with(b"\x1b[") || text[..at].ends_with(b";");
    if is_in_colour && text[at..].iter().all(u8::is_ascii_digit) {
        return true;
    }
    let at = behind_colour(text, at);
    // A mark may still come, as long as the run is short.
    let run = &text[at..];
    let marked = run.len() < 4 || is_mixed_early(run);
    let mut letters = Letters::new([0; LOOK_BEHIND]);
    (marked && run.len() <= runs::HEAD)
        || Around::read(before(text, at), &mut letters).is_some_and(|around| {
            let mut named = around.is_assigned() && (around.is_secret() || around.is_some_key());
            Names::all().each(&around, |_, _, _| named = true);
            named
        })
}

/// Whether one of the first four characters is a digit or a capital, as in all but a few
/// keys and in few words within a sentence, or a key may stand behind a slash.
fn is_mixed_early(run: &[u8]) -> bool {
    run.iter()
        .take(4)
        .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        || run.contains(&b'/')
}

/// A run, and what follows it.
struct Value<'t> {
    bytes: &'t [u8],
    next: Option<u8>,
}

/// What is read for a name.
fn before(text: &[u8], start: usize) -> &[u8] {
    markers::behind(&text[start.saturating_sub(LOOK_BEHIND)..start])
}

/// The rule that matches, and how much of the value.
fn matched(enabled: &[bool], around: &Around<'_>, value: &Value<'_>) -> Option<(usize, usize)> {
    let names = Names::all();
    let mut by_provider = None;
    let mut by_word = false;
    let mut found = None;
    names.each(around, |name, first, gap| {
        if let Some(kind) = name.provider {
            if kind == Kind::Name || around.is_in_name(first) {
                by_provider = by_provider.or(Some(gap));
            } else if !words::is_digest(value.bytes) {
                by_word |= around.says_nothing_but_secret(gap);
            }
        }
        for index in &name.rules {
            if found.is_none() && enabled[*index] && around.leads(gap, value.bytes) {
                found = with_format(*index, value).map(|length| (*index, length));
            }
        }
    });
    if found.is_some() {
        return found;
    }
    let by_provider = by_provider.filter(|_| enabled[names.provider]);
    let by_client = by_provider.is_some_and(|gap| around.makes_client(gap));
    let by_provider = by_provider.is_some_and(|gap| around.says_secret(gap));
    let by_name = enabled[names.assigned]
        && around.is_assigned()
        && (around.is_secret()
            || (around.is_some_key()
                && !words::is_digest(value.bytes)
                && shape::is_no_name(value.bytes)));
    let by_client = by_client || by_word && enabled[names.provider];
    if !by_provider && !by_client && !by_name {
        return None;
    }
    let shape = shape::of(value.bytes, value.next)?;
    let is_random = shape.strength == shape::Strength::Random;
    match (by_provider, by_name) {
        (true, _) => Some((names.provider, shape.length)),
        (false, _) if by_client && is_random => Some((names.provider, shape.length)),
        (false, true) if is_random => Some((names.assigned, shape.length)),
        _ => None,
    }
}

fn with_format(index: usize, value: &Value<'_>) -> Option<usize> {
    let range = match table()[index].matcher {
        Matcher::Format(formats) => 0..format::length(formats, value.bytes)?,
        _ => regex_of(index)?.captures(value.bytes)?.get(1)?.range(),
    };
    let found = &value.bytes[range.clone()];
    let is_code = matches!(value.next, Some(b'(' | b'[')) && range.end == value.bytes.len();
    let checked = table()[index].check.is_none_or(|check| check(found, b""));
    (!is_code && checked && shape::is_varied(found)).then_some(range.end)
}

/// The names of all services, and what stands inside values.
struct Names {
    marks: AhoCorasick,
    by_mark: Vec<usize>,
    /// No shorter run has a mark in its head and is a value.
    least_marked: usize,
    automaton: AhoCorasick,
    list: Vec<Name>,
    /// With what names that have rules end.
    endings: Endings,
    provider: usize,
    assigned: usize,
}

struct Name {
    length: usize,
    /// The rules that know the format of its keys.
    rules: Vec<usize>,
    /// Whether any value that looks like a key counts.
    provider: Option<Kind>,
}

/// What the name of a service is besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing.
    Name,
    /// A word of the language.
    Word,
}

impl Names {
    fn all() -> &'static Self {
        static NAMES: OnceLock<Names> = OnceLock::new();
        NAMES.get_or_init(|| {
            let mut words: Vec<String> = Vec::new();
            let mut names: Vec<Name> = Vec::new();
            let mut name = |word: &str| {
                let word = vocabulary::joined(word);
                words
                    .iter()
                    .position(|known| *known == word)
                    .unwrap_or_else(|| {
                        names.push(Name {
                            length: word.len(),
                            rules: Vec::new(),
                            provider: None,
                        });
                        words.push(word);
                        words.len() - 1
                    })
            };
            let by_rule: Vec<(usize, usize)> = table()
                .iter()
                .enumerate()
                .flat_map(|(index, rule)| rule.context.iter().map(move |word| (index, *word)))
                .map(|(index, word)| (name(word), index))
                .collect();
            let providers: Vec<(usize, bool)> = PROVIDERS
                .iter()
                .map(|(word, common)| (name(word), *common))
                .collect();
            for (name, rule) in by_rule {
                names[name].rules.push(rule);
            }
            for (provider, common) in providers {
                names[provider].provider = Some(if common { Kind::Word } else { Kind::Name });
            }
            let index = |kind: Named| {
                let is = |rule: &Rule| matches!(rule.matcher, Matcher::Named(of) if of == kind);
                table().iter().position(is).unwrap_or_default()
            };
            let by_mark: Vec<usize> = (0..table().len())
                .filter(|index| !table()[*index].infix.is_empty())
                .collect();
            let with_rules = words.iter().zip(&names);
            let with_rules = with_rules.filter(|(_, name)| !name.rules.is_empty());
            let endings = Endings::new(with_rules.map(|(word, _)| word.as_str()));
            let least = by_mark.iter().map(|index| table()[*index].lead);
            let marks = by_mark.iter().map(|index| table()[*index].infix);
            Self {
                marks: AhoCorasick::new(marks).expect(
                    "the marks of the rules make a few states, of two thousand million that may be",
                ),
                least_marked: least.min().unwrap_or(0).min(runs::HEAD),
                by_mark,
                automaton: AhoCorasick::builder()
                    .match_kind(MatchKind::Standard)
                    .build(&words)
                    .expect("the words of the rules make a few thousand states, as above"),
                list: names,
                endings,
                provider: index(Named::Provider),
                assigned: index(Named::Assigned),
            }
        })
    }

    /// The rule whose mark stands inside, and where in the value what it takes does: at its
    /// beginning or behind a slash, as in a path.
    fn by_mark(&self, enabled: &[bool], value: &Value<'_>) -> Option<(usize, Range<usize>)> {
        let rules = self.by_mark.iter().filter(|index| enabled[**index]);
        rules.into_iter().find_map(|index| {
            let head = runs::head(value.bytes);
            let mark = memmem::find(head, table()[*index].infix.as_bytes())?;
            let slashes = memchr::memchr_iter(b'/', &head[..mark]).map(|at| at + 1);
            std::iter::once(0).chain(slashes).find_map(|start| {
                let value = Value {
                    bytes: &value.bytes[start..],
                    ..*value
                };
                let length = with_format(*index, &value)?;
                Some((*index, start..start + length))
            })
        })
    }

    /// Calls `visit` with each name in the words before a value, with the number of
    /// its first word and of the first word behind it.
    fn each(&self, around: &Around<'_>, mut visit: impl FnMut(&Name, usize, usize)) {
        for found in self.automaton.find_overlapping_iter(around.letters()) {
            let name = &self.list[found.pattern().as_usize()];
            let Some(first) = around.word_at(found.start()) else {
                continue;
            };
            // A short name is a whole word; a longer one may begin a word.
            let gap = match around.word_ending_at(found.end()) {
                Some(last) => last + 1,
                None if name.length >= 5 => first,
                None => continue,
            };
            visit(name, first, gap);
        }
    }
}
