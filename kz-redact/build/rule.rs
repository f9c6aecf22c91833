//! What may stand in a file of rules.

use std::fmt::Write as _;

use serde::Deserialize;

use super::{format, run::Begin};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    #[serde(default)]
    pub(crate) rule: Vec<Rule>,
    /// Names of services, for values that have no format.
    #[serde(default)]
    pub(crate) providers: Vec<String>,
    /// Such that are words of their own.
    #[serde(default)]
    pub(crate) common: Vec<String>,
}

/// One rule; see `rules/README.md`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) id: String,
    provider: String,
    document: String,
    #[serde(default)]
    format: Vec<String>,
    #[serde(default)]
    regex: Option<String>,
    #[serde(default)]
    anchors: Vec<String>,
    #[serde(default)]
    fold: bool,
    #[serde(default)]
    left: Left,
    #[serde(default)]
    reach: Reach,
    #[serde(default)]
    context: Vec<String>,
    #[serde(default)]
    infix: String,
    #[serde(default)]
    verify: Vec<String>,
    #[serde(default)]
    strict: bool,
    #[serde(default)]
    examples: Vec<String>,
    #[serde(default)]
    near_misses: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum Left {
    Any,
    #[default]
    Word,
    VaultToken,
    BotId,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum Reach {
    #[default]
    Token,
    Word,
    Line,
}

impl Rule {
    /// The expression of a `Rule` of the crate.
    pub(crate) fn code(mut self, family: &str) -> Result<String, String> {
        let formats: Vec<format::Format> = self
            .format
            .iter()
            .map(|source| format::parse(source))
            .collect::<Result<_, _>>()?;
        let matcher = match (&self.regex, formats.as_slice()) {
            (Some(regex), []) => format!("Matcher::Regex({regex:?})"),
            (None, [_, ..]) => {
                let all: Vec<&str> = formats.iter().map(|format| &*format.code).collect();
                format!("Matcher::Format(&[{}])", all.join(", "))
            }
            _ => return Err("it needs either a format or a regex".to_owned()),
        };
        let by_context = !(self.context.is_empty() && self.infix.is_empty());
        let mut heads: Vec<String> = Vec::new();
        if self.anchors.is_empty() && !by_context {
            self.anchors = formats.iter().map(|format| format.prefix.clone()).collect();
            heads = formats.iter().map(|format| format.head.concat()).collect();
        }
        if let Some(short) = self.anchors.iter().find(|anchor| length(anchor) < 3) {
            return Err(format!("the anchor {short} has less than three bytes"));
        }
        let ends_sentence = |anchor: &&String| anchor.starts_with(['.', ',', ' ']);
        if let Some(held) = self.anchors.iter().find(ends_sentence) {
            return Err(format!(
                "the anchor {held:?} begins as a sentence ends: a stream would hold back each"
            ));
        }
        for format in &formats {
            if by_context {
                let name = self.context[0].to_uppercase().replace([' ', '-', '.'], "_");
                let around = |value: &str| format!("{name}_API_TOKEN = \"{value}\"");
                self.examples
                    .push(around(&format!("«{}»", format.template)));
                self.near_misses
                    .push(format!("unrelated = \"{}\"", format.template));
            } else {
                self.examples
                    .push(format!("key: \"«{}»\"", format.template));
                self.near_misses
                    .push(format!("key: \"{}\"", format.too_short));
            }
        }
        let begins = formats.iter().map(|format| format.begin);
        let begin = match &self.regex {
            Some(regex) => Begin::of_regex(regex)?,
            None => begins.reduce(Begin::or).unwrap_or(Begin::of_members(0)),
        };
        let left = match self.left {
            Left::Any => "Left::Any",
            Left::Word => "Left::WordStart",
            Left::VaultToken => "Left::WordAnd(verify::before_a_vault_token)",
            Left::BotId => "Left::Is(verify::ends_with_bot_id)",
        };
        let reach = match self.reach {
            Reach::Token => "Reach::TOKEN",
            Reach::Word => "Reach::WORD",
            Reach::Line => "Reach::LINE",
        };
        let strictness = if self.strict { "Strict" } else { "Default" };
        let mut code = String::new();
        write!(
            code,
            "Rule {{ id: {:?}, provider: {:?}, family: {family:?}, about: {:?}, \
             strictness: Strictness::{strictness}, anchors: &{:?}, heads: &{:?}, fold: {}, run: {}, lead: {}, left: {left}, \
             reach: {reach}, context: &{:?}, infix: {:?}, matcher: {matcher}, \
             check: {}, examples: &{:?}, near_misses: &{:?} }},",
            self.id,
            self.provider,
            self.document,
            self.anchors,
            heads,
            self.fold,
            begin.run,
            begin.lead,
            self.context,
            self.infix,
            check(&self.verify)?,
            self.examples,
            self.near_misses,
        )
        .map_err(|error| error.to_string())?;
        Ok(code)
    }
}

/// How many bytes an anchor has, in which `[…]` is one.
fn length(anchor: &str) -> usize {
    let mut length = 0;
    let mut rest = anchor;
    while let Some(first) = rest.chars().next() {
        let end = if first == '[' { rest.find(']') } else { None };
        rest = &rest[end.unwrap_or_default() + 1..];
        length += 1;
    }
    length
}

/// Any of the named checks suffices; without one, what is not one letter over and
/// over.
fn check(names: &[String]) -> Result<String, String> {
    const KNOWN: [&str; 12] = [
        "digit",
        "mixed",
        "random",
        "crc32-base62",
        "crc32-base36",
        "json",
        "discord",
        "vault",
        "mixed-key",
        "not-example",
        "aws-secret",
        "dotted",
    ];
    let functions: Vec<String> = names
        .iter()
        .map(|name| {
            let known = KNOWN.contains(&name.as_str());
            let function = format!("verify::{}(value)", name.replace('-', "_"));
            known
                .then_some(function)
                .ok_or_else(|| format!("there is no check {name}"))
        })
        .collect::<Result<_, _>>()?;
    Ok(match functions.as_slice() {
        [] => "Some(|value, _| verify::varied(value))".to_owned(),
        [one] if one == "verify::aws_secret(value)" => format!("Some(|value, _| {one})"),
        all => format!(
            "Some(|value, _| verify::varied(value) && ({}))",
            all.join(" || ")
        ),
    })
}
