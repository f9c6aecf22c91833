use std::fmt::Write as _;

use super::*;

mod spellings;
mod stay;

/// A template made text: `<class count>` is that many characters of a class, so
/// that no key stands in the source.
pub(super) fn expand(template: &str) -> String {
    const CLASSES: [(&str, &str); 16] = [
        ("an", "4fK9aZ2mQ7xB1nR8cV5tY3wJ6pL0sDgHkE"),
        ("word", "4fK9aZ2m_Q7xB1nR8cV5tY3wJ6pL0sDgHkE"),
        ("url", "4fK9aZ2m_Q7xB1nR8cV5t-Y3wJ6pL0sDgH"),
        ("b", "4fK9aZ2m/Q7xB1nR8cV5t+Y3wJ6pL0sDgH"),
        ("hex", "4f9a2c7e1b8d5036"),
        ("Hex", "4f9A2c7E1b8D5036"),
        ("HEX", "4F9A2C7E1B8D5036"),
        ("low", "4fk9az2mq7xb1nr8cv5ty3wj6pl0sdghke"),
        ("up", "K2QZ7MBX3RVC5TYWJ4PLSDGHEFUA6NI"),
        ("AZ", "KQZMBXRVCTYWJPLSDGHEFUANI"),
        ("az", "kqzmbxrvctywjplsdghefuani"),
        ("base32", "K2QZ7MBX3RVC5TYWJ4PLSDGHEF"),
        ("bech", "K9Q2Z7MX3RVC5TYWJ4PLSDGHEF8UA6N0"),
        ("dig", "4917263580"),
        ("snow", "4MjM0NTY3ODkwMTIzNDU2"),
        ("basic", "YWxhZGRpbjpremNhbmFyeQ=="),
    ];
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let (name, tail) = after.split_once('>').unwrap_or((after, ""));
        let class = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let class = match class {
            "base" => "base32",
            class => class,
        };
        let found = CLASSES.iter().find(|(id, _)| *id == class);
        if name == "jwt" {
            let header = "eyJhbGciOiJIUzI1NiJ9";
            text += &[header, "eyJzdWIiOiJrei1jYW5hcnkifQ", &expand("<url43>")].join(".");
        } else if class == "json" {
            // The base64 of an object, cut off.
            use base64::{Engine as _, engine::general_purpose::STANDARD};
            let count = name["json".len()..].parse().unwrap();
            let object = format!(r#"{{"kind": "canary", "k": "{}"}}"#, expand("<an150>"));
            text += &STANDARD.encode(object)[..count];
        } else if let Some((_, letters)) = found {
            let count = name[class.len()..].parse().unwrap_or(letters.len());
            text.extend(letters.chars().cycle().take(count));
        } else {
            text.push('<');
            rest = after;
            continue;
        }
        rest = tail;
    }
    text + rest
}

fn all() -> PatternSet {
    PatternSet::new(PatternLevel::Strict, &[], &[]).unwrap()
}

impl PatternSet {
    pub(super) fn find_from(&self, text: &[u8], from: usize, out: &mut Vec<Hit>) {
        self.find_beside(text, from, &[], out);
    }

    fn find(&self, text: &[u8], out: &mut Vec<Hit>) {
        self.find_from(text, 0, out);
    }

    fn hold_back(&self, text: &[u8]) -> usize {
        self.hold_back_from(text, 0)
    }
}

/// Ranges of one rule's hits, merged.
fn ranges(set: &PatternSet, rule: &str, text: &str) -> Vec<(usize, usize)> {
    let mut hits = Vec::new();
    set.find(text.as_bytes(), &mut hits);
    hits.retain(|hit| set.rule_id(hit.rule) == rule);
    merged(&hits)
}

fn merged(hits: &[Hit]) -> Vec<(usize, usize)> {
    let mut spans: Vec<_> = hits.iter().map(|hit| (hit.start, hit.end)).collect();
    spans.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (start, end) in spans {
        match merged.last_mut() {
            Some(last) if start < last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// The text of an example and what of it is to be masked.
fn example(template: &str) -> (String, Vec<(usize, usize)>) {
    let marked = expand(template);
    let mut text = String::new();
    let mut spans = Vec::new();
    for character in marked.chars() {
        match character {
            '«' => spans.push((text.len(), 0)),
            '»' => spans.last_mut().unwrap().1 = text.len(),
            other => text.push(other),
        }
    }
    (text, spans)
}

/// Every example of every rule, as text.
pub(super) fn examples() -> Vec<(&'static str, String)> {
    table()
        .iter()
        .flat_map(|rule| {
            rule.examples
                .iter()
                .map(|template| (rule.id, example(template).0))
        })
        .collect()
}

/// Replaces hits by markers, as the engine does.
fn mask(set: &PatternSet, text: &str) -> String {
    let mut hits = Vec::new();
    set.find(text.as_bytes(), &mut hits);
    hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
    let (mut out, mut done) = (String::new(), 0);
    for (start, end) in merged(&hits) {
        let first = hits.iter().find(|hit| hit.start == start).unwrap();
        out.push_str(&text[done..start]);
        out += &crate::marker::marker(set.rule_id(first.rule));
        done = end;
    }
    out + &text[done..]
}

#[test]
fn rules_are_well_formed() {
    let mut ids: Vec<_> = table().iter().map(|rule| rule.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), table().len(), "an id is used twice");
    assert!(table().len() >= 250, "{} rules", table().len());
    for (index, rule) in table().iter().enumerate() {
        assert!(!rule.provider.is_empty() && !rule.family.is_empty());
        assert!(rule.about.len() > 12, "{} says what it is", rule.id);
        assert!(!rule.examples.is_empty(), "{} has an example", rule.id);
        assert!(!rule.near_misses.is_empty(), "{} has near misses", rule.id);
        for anchor in rule
            .anchors
            .iter()
            .flat_map(|anchor| anchor::expand(anchor))
        {
            assert!(anchor.len() >= 3, "{} has short anchors", rule.id);
            assert!(!rule.fold || anchor.is_ascii(), "{} folds ASCII", rule.id);
        }
        if let Matcher::Regex(source) = rule.matcher {
            rule::compile(source).unwrap_or_else(|error| panic!("{}: {error}", rule.id));
            assert!(regex_of(index).is_some());
        }
        let custom = [(rule.id.to_owned(), "x".to_owned())];
        let taken = PatternSet::new(PatternLevel::Off, &[], &custom).unwrap_err();
        assert!(taken.reason().ends_with("is taken"), "{}", taken.reason());
    }
}

#[test]
fn examples_match_and_near_misses_do_not() {
    let set = all();
    let mut wrong = String::new();
    for rule in table() {
        for template in rule.examples {
            let (text, spans) = example(template);
            let found = ranges(&set, rule.id, &text);
            if found != spans {
                writeln!(wrong, "{}: {template}: {found:?}, not {spans:?}", rule.id).unwrap();
            }
        }
        for template in rule.near_misses {
            let found = ranges(&set, rule.id, &expand(template));
            if !found.is_empty() {
                writeln!(wrong, "{}: {template}: {found:?}", rule.id).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn what_is_masked_stays_as_it_is() {
    let set = all();
    for (id, text) in examples() {
        let once = mask(&set, &text);
        assert_ne!(once, text, "{id}");
        assert_eq!(mask(&set, &once), once, "{id}");
    }
    for id in PatternSet::rule_ids() {
        for around in [
            "[REDACTED:{}]",
            "Bearer [REDACTED:{}]",
            "?token=[REDACTED:{}]&",
            "a://[REDACTED:{}]@h",
        ] {
            let text = around.replace("{}", id);
            assert_eq!(mask(&set, &text), text);
        }
    }
}

/// What a stream gives that is fed `chunks` and holds back as it is told to.
fn streamed<'t>(set: &PatternSet, chunks: impl Iterator<Item = &'t [u8]>) -> Vec<(usize, usize)> {
    let mut text = Vec::new();
    let (mut from, mut hits) = (0_usize, Vec::new());
    let take = |text: &[u8], from: usize, until: usize, hits: &mut Vec<Hit>| {
        // No more context than the contract asks for.
        let context = from - context_of(&text[..from]);
        let mut found = Vec::new();
        set.find_from(&text[context..], from - context, &mut found);
        hits.extend(found.into_iter().filter_map(|mut hit| {
            hit.start += context;
            hit.end += context;
            (hit.start < until || until == text.len()).then_some(hit)
        }));
    };
    for chunk in chunks {
        text.extend_from_slice(chunk);
        let context = from - context_of(&text[..from]);
        let hold = context + set.hold_back_from(&text[context..], from - context);
        assert!(hold >= from, "what was released stays released");
        if hold == from {
            continue;
        }
        // What is taken now is taken without the bytes that come later.
        let mut now = Vec::new();
        take(&text, from, text.len(), &mut now);
        // Values of a block that stand behind are not found again from there on.
        let mut again = Vec::new();
        if now.iter().any(|hit| hit.start >= hold) {
            take(&text, hold, text.len(), &mut again);
        }
        now.retain(|hit| hit.start < hold || !again.contains(hit));
        hits.extend(now);
        from = hold;
    }
    take(&text, from, text.len(), &mut hits);
    merged(&hits)
}

#[test]
fn a_stream_finds_what_the_whole_does() {
    let custom = [("internal-key".to_owned(), "itk_[a-z0-9]{8,}".to_owned())];
    let set = PatternSet::new(PatternLevel::Strict, &[], &custom).unwrap();
    let mut texts: Vec<String> = examples().into_iter().map(|(_, text)| text).collect();
    // In strings of strings, where a cut may lie within an escape.
    let escaped = |text: &String| serde_json::to_string(text).unwrap();
    let twice: Vec<String> = texts.iter().map(|text| escaped(&escaped(text))).collect();
    texts.extend(twice.iter().skip(1).step_by(2).map(escaped));
    texts.extend(twice.into_iter().step_by(2));
    // A cut may lie within an escape that stands behind a backslash of another.
    texts.push(r"x\\%22password\\%22:\\%22Kz9!canary\\%22 &amp;quot;pwd&amp;quot;=&amp;quot;Kz9!canary&amp;quot;".to_owned());
    texts.push(
        r"{\u0026quot;password\u0026quot;:\u0026quot;Kz9!canary\u0026quot;} %5C%22".to_owned(),
    );
    texts.push(texts.join(" and then\n"));
    texts.push(texts[..texts.len() - 1].concat());
    texts.push("x itk_abcdefgh12 y\nitk_abcdefghi".to_owned());
    texts.push(format!(
        "{} é {}é",
        expand("glpat-<an20>"),
        expand("?token=<an20>")
    ));
    for text in &texts {
        let mut whole = Vec::new();
        set.find(text.as_bytes(), &mut whole);
        let sizes: &[usize] = if text.len() < 2_000 { &[1, 7] } else { &[1999] };
        for size in sizes {
            let found = streamed(&set, text.as_bytes().chunks(*size));
            let whole = merged(&whole);
            assert_eq!(found, whole, "{size}: {text}");
        }
    }
}

#[test]
fn a_token_longer_than_its_reach_is_masked_to_its_end() {
    let set = all();
    let text = format!("{} end", expand("glpat-<url9000>"));
    assert_eq!(ranges(&set, "gitlab-token", &text), [(0, text.len() - 4)]);
    let cut = &text.as_bytes()[..6000];
    assert_eq!(set.hold_back(cut), 0);
    let mut hits = Vec::new();
    set.find(cut, &mut hits);
    let hit = hits
        .iter()
        .find(|hit| set.rule_id(hit.rule) == "gitlab-token")
        .unwrap();
    assert!(hit.open && hit.end == 6000);
    assert_eq!(
        set.close(hit.rule, &text.as_bytes()[6000..]),
        Close::At(text.len() - 6004)
    );
    assert_eq!(set.close(hit.rule, b"abc"), Close::NotYet { keep: 0 });
    // No rule begins with its last byte.
    let long = "q".repeat(8999) + "9";
    assert_eq!(set.hold_back(format!("glpat_{long}").as_bytes()), 9006);
}

#[test]
fn an_open_private_key_is_closed_by_its_end_alone() {
    let set = all();
    let text =
        expand("-----BEGIN EC PRIVATE KEY-----\n<b64>\n<b64>\n-----END EC PRIVATE KEY-----\nrest");
    let bytes = text.as_bytes();
    let end = text.len() - "\nrest".len();
    // Sixteen characters tell a key from the mention of one.
    for cut in 48..end {
        let mut hits = Vec::new();
        set.find(&bytes[..cut], &mut hits);
        hits.retain(|hit| set.rule_id(hit.rule) == "private-key");
        let [hit] = hits[..] else { panic!("{cut}") };
        assert_eq!((hit.start, hit.end, hit.open), (0, cut, true), "{cut}");
        assert_eq!(set.hold_back(&bytes[..cut]), 0, "{cut}");
        // Byte by byte, with no more context than asked for.
        let mut kept: Vec<u8> = Vec::new();
        let body = 30;
        let closed = (body..bytes.len()).find_map(|at| {
            kept.push(bytes[at]);
            match set.close(hit.rule, &kept) {
                Close::At(length) => Some(at + 1 - kept.len() + length),
                Close::NotYet { keep } => {
                    kept.drain(..kept.len() - keep);
                    None
                }
            }
        });
        assert_eq!(closed, Some(end));
    }
}

#[test]
fn rules_look_at_each_byte_a_bounded_number_of_times() {
    let set = all();
    let begin = "-----BEGIN PRIVATE KEY-----\n";
    // Anchors in one run, and openings without an end.
    for unit in [
        "ghp_",
        "glpat-",
        "eyJ",
        begin,
        "-----BEGIN ",
        "password=",
        "a://b:",
        "?token=",
        "key=a1b2c3d4e5f6 ",
    ] {
        let [short, long] = [8 << 10, 32 << 10].map(|length| {
            let text = unit.repeat(length / unit.len());
            rule::steps::of(|| {
                set.find(text.as_bytes(), &mut Vec::new());
                set.hold_back(text.as_bytes());
            })
        });
        // Four times as long: quadratic is sixteen. What a rule is shown, up to four KiB,
        // is cut off by the end of a text that is short.
        assert!(short > 0, "{unit} leads somewhere");
        assert!(long <= short * 6, "{unit}: {short}, then {long}");
    }
}

/// However long what follows a name is, a stream holds little of it.
#[test]
fn what_decides_nothing_is_not_held() {
    const MOST: usize = 9 * 1024;
    let set = PatternSet::new(PatternLevel::Default, &[], &[]).unwrap();
    for (head, unit) in [
        ("1) \"password\"\n", "2"),
        ("password:\n", " "),
        ("3) \"token\"\n4) ", " "),
        ("$ pass show x\nword", " "),
        ("| password |\n", "| a |\n"),
        ("user,password\n", "a,b\n"),
        ("chpasswd:\n", "  a: b\n"),
        ("INSERT INTO t (password) VALUES ", "(1),"),
        (r#""columns":["password"],"rows":["#, "[1],"),
        (r#""columns":["password","#, r#""a","#),
    ] {
        let text = format!("{head}{}", unit.repeat(40_000 / unit.len()));
        assert!(
            set.hold_back(head.as_bytes()) < head.len(),
            "{head:?} leads somewhere"
        );
        let held = text.len() - set.hold_back(text.as_bytes());
        assert!(held <= MOST, "{head:?}: {held}");
    }
}

#[test]
fn a_configuration_error_names_the_rule_and_quotes_nothing() {
    let custom = |id: &str, regex: &str| {
        let rules = [(id.to_owned(), regex.to_owned())];
        PatternSet::new(PatternLevel::Default, &[], &rules)
    };
    let reason = |set: Result<PatternSet, RuleError>| set.unwrap_err().reason().to_owned();
    assert_eq!(
        reason(custom("my-key", "kz-canary(")),
        "the regex of rule my-key does not compile"
    );
    assert_eq!(
        reason(custom("my-key", "a{1000}{1000}")),
        "the regex of rule my-key is too big"
    );
    assert!(reason(custom("my-key", "x*")).ends_with("matches the empty text"));
    for id in ["", "A", "1a", "a_b", &"a".repeat(65)] {
        assert!(!reason(custom(id, "kz-canary")).contains("kz-canary"));
    }
    assert!(custom(&"a".repeat(64), "kz-canary").is_ok());
    let disabled = PatternSet::new(PatternLevel::Default, &["no-such".to_owned()], &[]);
    assert_eq!(
        reason(disabled),
        "the rule no-such that is disabled does not exist"
    );
}

#[test]
fn levels_and_disabled_rules() {
    let text = expand("glpat-<an20> itk_abcdefgh");
    let custom = [("internal-key".to_owned(), "itk_[a-z]{8}".to_owned())];
    let ids = |level, disabled: &[String]| {
        let set = PatternSet::new(level, disabled, &custom).unwrap();
        let mut hits = Vec::new();
        set.find(text.as_bytes(), &mut hits);
        hits.iter()
            .map(|hit| set.rule_id(hit.rule).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids(PatternLevel::Default, &[]),
        ["gitlab-token", "internal-key"]
    );
    assert_eq!(
        ids(PatternLevel::Default, &["gitlab-token".to_owned()]),
        ["internal-key"]
    );
    assert_eq!(ids(PatternLevel::Off, &[]), ["internal-key"]);
    let assigned = |level| {
        PatternSet::new(level, &[], &[])
            .map(|set| ranges(&set, "assigned-secret", "password: kz-canary-1"))
    };
    assert_eq!(assigned(PatternLevel::Default).unwrap(), []);
    assert_eq!(assigned(PatternLevel::Strict).unwrap(), [(10, 21)]);
    assert_eq!(
        ids(PatternLevel::Off, &["internal-key".to_owned()]),
        [""; 0]
    );
}

/// Each example in a string of JSON in a string of JSON, and so on: as a message, which
/// stays JSON down to the innermost, and as a line of a log.
#[test]
fn examples_are_masked_in_strings_of_json() {
    let redactor = crate::Redactor::builder()
        .patterns(PatternLevel::Strict)
        .build()
        .unwrap();
    let mut wrong = String::new();
    for rule in table() {
        for template in rule.examples {
            let (text, spans) = example(template);
            for (before, after) in [("", ""), ("see:\n", "\n\"so\"")] {
                let mut document = format!("{before}{text}{after}");
                for depth in 1..=3 {
                    let written = serde_json::to_string(&document).unwrap();
                    document = format!(r#"{{"content":[{{"text":{written}}}]}}"#);
                    let output = redactor.redact_json_str(&document).unwrap();
                    let log = redactor.redact_str(&document);
                    assert_eq!(depth, depth_of(&output), "{}: {template}", rule.id);
                    for &(start, end) in &spans {
                        // What reads the same in JSON.
                        let is_plain = |c: char| !c.is_control() && !"\"\\".contains(c);
                        let pieces = text[start..end].split(|c| !is_plain(c));
                        let piece = pieces.max_by_key(|piece| piece.len()).unwrap();
                        // An example that is escaped itself is a level deeper in a log.
                        let in_log = depth < 3 || !text.contains('\\');
                        let logs = in_log.then_some(("log", &log));
                        for (kind, output) in [("message", &output)].into_iter().chain(logs) {
                            if piece.len() >= 6 && output.contains(piece) {
                                let at = format!("{kind} {depth} {}", rule.id);
                                writeln!(wrong, "{at} {before:?}: {template}").unwrap();
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// How deep a text of JSON is found in one.
fn depth_of(text: &str) -> usize {
    let value: serde_json::Result<serde_json::Value> = serde_json::from_str(text);
    let inner = value.ok();
    inner.map_or(0, |value| match value["content"][0]["text"].as_str() {
        Some(text) => 1 + depth_of(text),
        None => 0,
    })
}
