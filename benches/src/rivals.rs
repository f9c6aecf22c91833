//! The ways to redact. Each says what it covers, because they do not do the same:
//! only kz decodes, so only kz finds forms that cannot be listed.

use std::fmt::Write as _;

use aho_corasick::AhoCorasick;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use daachorse::{DoubleArrayAhoCorasick, DoubleArrayAhoCorasickBuilder, MatchKind};
use kz_redact::{PatternLevel, Redactor};
use regex::Regex;

/// One way to redact.
pub(crate) struct Rival {
    pub(crate) name: &'static str,
    pub(crate) covers: &'static str,
    /// Whether it knows the secrets.
    pub(crate) knows: bool,
    pub(crate) redact: Box<dyn Fn(&str) -> String>,
}

/// All of them, ready to use; kz with everything on is the first.
pub(crate) fn all(secrets: &[String]) -> Vec<Rival> {
    const LISTED: &str = "12 listed forms";
    let forms: Vec<String> = secrets
        .iter()
        .flat_map(|secret| listed_forms(secret))
        .collect();
    #[allow(unused_mut, reason = "a feature adds some")]
    let mut rivals = vec![
        rival(
            "kz",
            "every form, patterns",
            kz(secrets, PatternLevel::Default),
        ),
        rival(
            "kz, patterns off",
            "every form",
            kz(secrets, PatternLevel::Off),
        ),
        rival("kz, no secrets", "patterns", kz(&[], PatternLevel::Default)),
        rival("replace loop", "literal", replace_loop(secrets.to_vec())),
        rival("replace loop", LISTED, replace_loop(forms.clone())),
        rival("regex alternation", LISTED, alternation(&forms)),
        rival("aho-corasick", "literal", automaton(secrets)),
        rival("aho-corasick", LISTED, automaton(&forms)),
        rival("daachorse", "literal", double_array(secrets)),
        rival("daachorse", LISTED, double_array(&forms)),
    ];
    #[cfg(feature = "vectorscan")]
    rivals.extend([
        rival("vectorscan", "literal", scanner(secrets)),
        rival("vectorscan", LISTED, scanner(&forms)),
    ]);
    rivals
}

fn rival(
    name: &'static str,
    covers: &'static str,
    redact: impl Fn(&str) -> String + 'static,
) -> Rival {
    Rival {
        name,
        covers,
        knows: covers != "patterns",
        redact: Box::new(redact),
    }
}

const MARKER: &str = "[REDACTED:SECRET]";

fn kz(secrets: &[String], level: PatternLevel) -> impl Fn(&str) -> String + use<> {
    let builder = Redactor::builder().patterns(level);
    let redactor = secrets
        .iter()
        .fold(builder, |builder, secret| builder.secret("SECRET", secret))
        .build()
        .expect("the secrets are strong");
    move |text| redactor.redact_str(text).into_owned()
}

/// What most people write: one replacement after the other.
fn replace_loop(needles: Vec<String>) -> impl Fn(&str) -> String {
    move |text| {
        let mut text = text.to_owned();
        for needle in &needles {
            if text.contains(needle) {
                text = text.replace(needle, MARKER);
            }
        }
        text
    }
}

fn alternation(needles: &[String]) -> impl Fn(&str) -> String + use<> {
    let escaped: Vec<String> = needles.iter().map(|needle| regex::escape(needle)).collect();
    let regex = Regex::new(&escaped.join("|")).expect("escaped needles compile");
    move |text| regex.replace_all(text, MARKER).into_owned()
}

fn automaton(needles: &[String]) -> impl Fn(&str) -> String + use<> {
    let automaton = AhoCorasick::new(needles).expect("the needles fit");
    let markers = vec![MARKER; needles.len()];
    move |text| automaton.replace_all(text, &markers)
}

fn double_array(needles: &[String]) -> impl Fn(&str) -> String + use<> {
    let mut needles: Vec<&String> = needles.iter().collect();
    needles.sort();
    needles.dedup();
    let automaton = DoubleArrayAhoCorasickBuilder::new()
        .match_kind(MatchKind::LeftmostLongest)
        .build(needles)
        .expect("the needles fit");
    let automaton: DoubleArrayAhoCorasick<u32> = automaton;
    move |text| {
        let (mut redacted, mut done) = (String::with_capacity(text.len()), 0);
        for found in automaton.leftmost_find_iter(text) {
            redacted.push_str(&text[done..found.start()]);
            redacted.push_str(MARKER);
            done = found.end();
        }
        redacted + &text[done..]
    }
}

#[cfg(feature = "vectorscan")]
fn scanner(needles: &[String]) -> impl Fn(&str) -> String + use<> {
    let escaped: Vec<String> = needles.iter().map(|needle| regex::escape(needle)).collect();
    let scanner = crate::vectorscan::Scanner::new(&escaped, crate::vectorscan::Report::Spans)
        .expect("vectorscan takes literals");
    move |text| {
        let (mut redacted, mut done) = (String::with_capacity(text.len()), 0);
        let mut spans = scanner.spans(text.as_bytes());
        spans.sort_unstable();
        for (start, end) in spans {
            if start >= done {
                redacted.push_str(&text[done..start]);
                redacted.push_str(MARKER);
                done = end;
            }
        }
        redacted + &text[done..]
    }
}

/// The forms of a value that can be listed beforehand: literal, base64 and
/// base64url at three alignments, hex and percent-encoding in two cases, JSON.
fn listed_forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut forms = vec![secret.to_owned()];
    for skip in 0..3 {
        // Only whole groups depend on the value alone.
        let whole = &bytes[skip..bytes.len() - (bytes.len() - skip) % 3];
        forms.push(STANDARD_NO_PAD.encode(whole));
        forms.push(URL_SAFE_NO_PAD.encode(whole));
    }
    let hex = bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    });
    forms.push(hex.to_uppercase());
    forms.push(hex);
    let percent = bytes.iter().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || *byte == b'-' {
            text.push(char::from(*byte));
        } else {
            write!(text, "%{byte:02X}").expect("a string takes all");
        }
        text
    });
    forms.push(percent.replace("%2F", "%2f"));
    forms.push(percent);
    forms.push(secret.replace('"', "\\\""));
    forms
}
