//! The filter against a search that looks for every anchor and every run at every
//! byte: both must find the same.

use super::{
    End, Event, Hit, PatternSet, Walks, anchor,
    escaped::{Meant, Noted},
    named, rule, table,
    tests::{examples, expand},
};
use crate::{
    PatternLevel,
    forms::Random,
    json::{Unescaped, lex},
};

impl PatternSet {
    /// What [`find_as_written`](Self::find_as_written) finds, without the filter.
    fn find_plainly(&self, text: &[u8], from: usize) -> Vec<Hit> {
        let (mut walks, mut walks_of_runs) = (Walks::default(), Walks::default());
        let mut hits = Vec::new();
        self.filter.each_plainly(text, from, |event| match event {
            Event::Anchor { at, rule, length } => {
                if let Some(hit) = table()[rule].find_at(rule, text, at, length, &mut walks) {
                    table()[rule].each_value(text, at, hit, |value| hits.push(value));
                }
            }
            Event::Run { at, named, marked } => {
                hits.extend(named::find_at(
                    &self.enabled,
                    text,
                    at,
                    named,
                    marked,
                    &mut walks_of_runs,
                ));
            }
        });
        hits
    }
}

fn compare(set: &PatternSet, text: &[u8], from: usize) {
    let mut fast = Vec::new();
    set.find_as_written(text, from, &[], &mut fast);
    let mut slow = set.find_plainly(text, from);
    let key = |hit: &Hit| (hit.start, hit.end, hit.rule, hit.open);
    fast.sort_unstable_by_key(key);
    slow.sort_unstable_by_key(key);
    assert_eq!(
        fast,
        slow,
        "{:?} from {from}",
        String::from_utf8_lossy(text)
    );
}

/// Pieces of texts that lead somewhere, or nearly.
struct Pieces {
    anchors: Vec<Vec<u8>>,
    examples: Vec<String>,
}

impl Pieces {
    fn new() -> Self {
        let anchors = table().iter().flat_map(|rule| rule.anchors);
        Self {
            anchors: anchors.flat_map(|anchor| anchor::expand(anchor)).collect(),
            examples: examples().into_iter().map(|(_, text)| text).collect(),
        }
    }

    /// A text that is dense in anchors, names and runs.
    fn text(&self, random: &mut Random) -> Vec<u8> {
        const JOINTS: [&str; 38] = [
            " ",
            "\n",
            "=",
            ": ",
            "\": \"",
            "'",
            "\"",
            ",",
            ";",
            "&",
            "?",
            "#",
            "/",
            ".",
            "-",
            "_",
            "+",
            "~",
            "\\n",
            "\\t",
            "%20",
            "%3D",
            "\\x20",
            "\\u0026",
            "\\\"",
            "\\\\\\\"",
            "\\\\n",
            "%22",
            "%2522",
            "&quot;",
            "\x1b[1;31m",
            "&amp;",
            "::",
            "[REDACTED:X]",
            "é",
            "\r\n",
            "<b>",
            "",
        ];
        const NAMES: [&str; 24] = [
            "token",
            "secret",
            "apiKey",
            "API_KEY",
            "password",
            "passwd",
            "db_pass",
            "auth",
            "jwt",
            "pat",
            "access_key",
            "credentials",
            "bearer",
            "name",
            "value",
            "VERCEL_TOKEN",
            "heroku",
            "gh",
            "datadog key",
            "psk",
            "private",
            "id",
            "sha256",
            "EXAMPLE",
        ];
        const KEYS: &str = "abcdefgABCDEFG0123456789_-+/.~";
        let mut text = Vec::new();
        for _ in 0..=random.below(12) {
            match random.below(8) {
                0 | 1 => text.extend_from_slice(random.pick::<Vec<u8>>(&self.anchors)),
                2 => text.extend_from_slice(random.pick(&NAMES).as_bytes()),
                3 => {
                    let length = 1 + random.below(40);
                    text.extend_from_slice(random.string(KEYS, length).as_bytes());
                }
                4 => {
                    let example = random.pick(&self.examples).as_bytes();
                    let start = random.below(example.len());
                    let end = start + random.below(example.len() - start + 1);
                    text.extend_from_slice(&example[start..end]);
                }
                5 => text.extend_from_slice(expand("<an40>").as_bytes()),
                _ => text.extend_from_slice(random.pick(&JOINTS).as_bytes()),
            }
        }
        if random.below(4) == 0 && !text.is_empty() {
            let place = random.below(text.len());
            text[place] = u8::try_from(random.below(256)).unwrap_or(0);
        }
        text
    }

    /// Some such texts, with so much between them that most of it is far from all escapes.
    fn padded(&self, random: &mut Random) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..=random.below(4) {
            text.extend(self.text(random));
            // None of this is an escape, and some is a run.
            let plain = *random.pick(&["a word of many ", "0a1b2c3d4e5f6071", r"é x=1 \d "]);
            text.extend(plain.repeat(random.below(60)).bytes());
        }
        text
    }
}

#[test]
fn the_filter_finds_what_a_plain_search_does() {
    let cases = std::env::var("KZ_CASES").map_or(600, |cases| cases.parse().unwrap());
    let pieces = Pieces::new();
    let random = &mut Random::new(23);
    let sets = [PatternLevel::Default, PatternLevel::Strict]
        .map(|level| PatternSet::new(level, &[], &[]).unwrap());
    for _ in 0..cases {
        let text = pieces.text(random);
        for set in &sets {
            compare(set, &text, 0);
            compare(set, &text, random.below(text.len() + 1));
        }
    }
}

#[test]
fn every_example_is_found_at_every_place_of_a_block() {
    let set = PatternSet::new(PatternLevel::Strict, &[], &[]).unwrap();
    for (number, (_, example)) in examples().into_iter().enumerate() {
        // A few places of all, which differ from one example to the next.
        for padding in (number % 13..130).step_by(41) {
            let text = [" ".repeat(padding), example.clone(), "\n".to_owned()].concat();
            compare(&set, text.as_bytes(), 0);
            compare(&set, &text.as_bytes()[padding..], 0);
        }
    }
}

/// Far from all escapes nothing is looked for anew once they are undone: what is noted of the
/// level above is enough.
#[test]
fn what_is_noted_is_what_a_search_of_every_level_finds() {
    let cases = std::env::var("KZ_CASES").map_or(400, |cases| cases.parse().unwrap());
    let pieces = Pieces::new();
    let random = &mut Random::new(31);
    let set = PatternSet::new(PatternLevel::Strict, &[], &[]).unwrap();
    let mut noted = 0;
    for _ in 0..cases {
        let text = pieces.padded(random);
        for from in [0, random.below(text.len() + 1)] {
            let (mut fast, mut slow) = (Vec::new(), Vec::new());
            set.find_beside(&text, from, &[], &mut fast);
            set.find_as_written(&text, from, &[], &mut slow);
            Meant::each(&text, from, End::Last, |meant| {
                noted += usize::from(meant.changed(set.filter.longest(), false).is_some());
                let mut hits = Vec::new();
                set.find_as_written(meant.text(), meant.from, &[], &mut hits);
                slow.extend(hits.iter().map(|hit| meant.hit(hit)));
            });
            for hits in [&mut fast, &mut slow] {
                hits.sort_unstable_by_key(|hit| (hit.start, hit.end, hit.rule, hit.open));
            }
            assert_eq!(
                fast,
                slow,
                "{:?} from {from}",
                String::from_utf8_lossy(&text)
            );
        }
    }
    assert!(noted > cases / 4, "{noted} levels of {cases} texts");
}

/// The same in strings of JSON: what is noted of all of it holds far from the edges of each.
#[test]
fn what_is_noted_of_json_is_what_a_search_of_every_string_finds() {
    let cases = std::env::var("KZ_CASES").map_or(400, |cases| cases.parse().unwrap());
    let pieces = Pieces::new();
    let random = &mut Random::new(37);
    let set = PatternSet::new(PatternLevel::Strict, &[], &[]).unwrap();
    let mut found = 0;
    for _ in 0..cases {
        let mut string = || {
            let text = pieces.padded(random);
            String::from_utf8_lossy(&text).into_owned()
        };
        let text = serde_json::json!([string(), { string(): string() }, string()]).to_string();
        let lexed = lex(&text).unwrap();
        let json = Unescaped::new(&text, &lexed);
        let mut noted = Noted::default();
        set.filter
            .each(json.meant(), 0, End::Last, |event| noted.add(event));
        let [fast, slow] = [noted, Noted::full()].map(|mut noted| {
            let mut hits = Vec::new();
            set.find_in_escaped(&json, &mut noted, |part, hit| {
                hits.push((part.meant.start, hit.start, hit.end, hit.rule, hit.open));
            });
            hits.sort_unstable();
            hits
        });
        found += fast.len();
        assert_eq!(fast, slow, "{text:?}");
    }
    assert!(found > cases / 4, "{found} hits in {cases} texts");
}

/// What is held back by the filter alone is enough: whatever follows, nothing is found
/// that begins before it and was not found without.
#[test]
fn what_is_not_held_back_is_settled() {
    let pieces = Pieces::new();
    let random = &mut Random::new(29);
    let set = PatternSet::new(PatternLevel::Strict, &[], &[]).unwrap();
    for _ in 0..200 {
        let text = pieces.text(random);
        let more = [&text[..], &pieces.text(random)].concat();
        let held = set.hold_back_from(&text, 0);
        let settled = |text: &[u8]| {
            let mut hits = Vec::new();
            set.find_from(text, 0, &mut hits);
            hits.retain(|hit| hit.start < held);
            hits.sort_unstable_by_key(|hit| (hit.start, hit.end, hit.rule));
            // With its escapes undone, the text shows most of it again.
            hits.dedup();
            hits
        };
        assert_eq!(
            settled(&text),
            settled(&more),
            "{:?}",
            String::from_utf8_lossy(&text)
        );
    }
}

/// Where a rule says that its matches begin with a run, they do: the filter relies on it.
#[test]
fn runs_are_where_rules_say() {
    for rule in table()
        .iter()
        .filter(|rule| rule.run && !rule.anchors.is_empty())
    {
        let is_run = |text: &[u8]| {
            let run = |text: &[u8]| rule::run(super::runs::is_member, text) >= super::scan::RUN;
            run(text) || run(text.get(1..).unwrap_or_default())
        };
        for (id, text) in examples().iter().filter(|(id, _)| *id == rule.id) {
            let bytes = text.as_bytes();
            let anchors = rule
                .anchors
                .iter()
                .flat_map(|anchor| anchor::expand(anchor));
            let begins = anchors.into_iter().any(|anchor| {
                let stands = |at: &usize| {
                    let there = bytes.get(*at..at + anchor.len());
                    there.is_some_and(|there| {
                        there == anchor || (rule.fold && there.eq_ignore_ascii_case(&anchor))
                    })
                };
                (0..bytes.len())
                    .filter(stands)
                    .any(|at| is_run(&bytes[at..]))
            });
            assert!(begins, "{id}");
        }
    }
}
