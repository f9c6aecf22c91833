//! kz's own rules as plain regexes, so that rivals seek the same formats.

use std::{fs, path::Path};

use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    rule: Vec<Rule>,
}

/// As much of a rule as makes a regex.
#[derive(Deserialize)]
struct Rule {
    #[serde(default)]
    format: Vec<String>,
    #[serde(default)]
    regex: Option<String>,
    /// With what its matches begin, if it says so apart.
    #[serde(default)]
    anchors: Vec<String>,
    /// It needs words beside it, and no regex finds those.
    #[serde(default)]
    context: Vec<String>,
    #[serde(default)]
    strict: bool,
}

/// Every format that says by itself what it is. They do without the checks that a rule
/// makes besides: checksums, decodings, what stands before.
pub(crate) fn regexes() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kz-redact/rules");
    let entries = fs::read_dir(folder).expect("the rules are beside the benchmarks");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    paths.sort();
    let mut regexes = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a file of rules is UTF-8");
        let file: File = toml::from_str(&text).expect("the rules are well formed");
        for rule in file.rule {
            if rule.context.is_empty() && !rule.strict {
                regexes.extend(rule.format.iter().map(|format| regex_of(format)));
                let regex = rule.regex.as_deref();
                regexes.extend(regex.map(|regex| behind_anchor(regex, &rule.anchors)));
            }
        }
    }
    regexes
}

/// A regex that begins with a name of any kind, as one that begins with its anchors: kz tries
/// it only there, and without them it would be slow in every engine.
fn behind_anchor(regex: &str, anchors: &[String]) -> String {
    match regex.split_once("]+") {
        Some((class, rest)) if class.starts_with("[A-Z") && !anchors.is_empty() => {
            let anchors: Vec<String> = anchors
                .iter()
                .map(|one| regex_syntax::escape(one))
                .collect();
            format!("(?i:{}){class}]*{rest}", anchors.join("|"))
        }
        _ => regex.to_owned(),
    }
}

/// `glpat-{url:20}` as a regex.
fn regex_of(format: &str) -> String {
    const CLASSES: [(&str, &str); 11] = [
        ("hex", "[0-9a-f]"),
        ("HEX", "[0-9A-F]"),
        ("Hex", "[0-9A-Fa-f]"),
        ("dig", "[0-9]"),
        ("low", "[0-9a-z]"),
        ("up", "[0-9A-Z]"),
        ("az", "[a-z]"),
        ("an", "[0-9A-Za-z]"),
        ("word", "[0-9A-Za-z_]"),
        ("url", "[0-9A-Za-z_-]"),
        ("b64", "[0-9A-Za-z+/]"),
    ];
    let mut regex = String::new();
    let mut rest = format;
    while let Some(start) = rest.find(['{', '[']) {
        regex += &regex_syntax::escape(&rest[..start]);
        let close = if rest[start..].starts_with('{') {
            '}'
        } else {
            ']'
        };
        let end = rest.find(close).expect("a format is closed");
        let inside = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if close == ']' {
            regex += &format!("[{inside}]");
        } else if inside == "uuid" {
            regex += "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}";
        } else {
            let (name, count) = inside.split_once(':').expect("a class has a count");
            let class = CLASSES.iter().find(|(known, _)| *known == name);
            regex += class.expect("the class is known").1;
            regex += &match count.strip_suffix('+') {
                Some(least) => format!("{{{least},}}"),
                None => format!("{{{}}}", count.replace('-', ",")),
            };
        }
    }
    regex + &regex_syntax::escape(rest)
}
