//! Rules that the user wrote.
//!
//! They are ordinary regexes without an anchor, so nothing bounds how far back
//! or ahead one looks. The line does: it is matched by itself.

use regex::bytes::{Regex, RegexBuilder};

use super::{
    Hit, RuleError, markers,
    rule::{align_end, align_start},
    table,
};

#[derive(Debug)]
pub(super) struct CustomRule {
    id: String,
    regex: Regex,
}

impl CustomRule {
    /// Compiles pairs of id and regex.
    pub(super) fn compile_all(rules: &[(String, String)]) -> Result<Vec<Self>, RuleError> {
        let mut compiled: Vec<Self> = Vec::with_capacity(rules.len());
        for (id, source) in rules {
            if !is_id(id) {
                return Err(RuleError(format!(
                    "the rule id {} is not of the form [a-z][a-z0-9-]{{0,63}}",
                    printable(id)
                )));
            }
            let taken = table().iter().any(|rule| rule.id == id)
                || compiled.iter().any(|rule| rule.id == *id);
            if taken {
                return Err(RuleError(format!("the rule id {id} is taken")));
            }
            compiled.push(Self::compile(id, source)?);
        }
        Ok(compiled)
    }

    /// Bytes and ASCII classes; `^` and `$` are the ends of the line.
    fn compile(id: &str, source: &str) -> Result<Self, RuleError> {
        let regex = RegexBuilder::new(source)
            .unicode(false)
            .size_limit(1 << 20)
            .build()
            .map_err(|error| {
                let too_big = matches!(error, regex::Error::CompiledTooBig(_));
                let why = if too_big {
                    "is too big"
                } else {
                    "does not compile"
                };
                RuleError(format!("the regex of rule {id} {why}"))
            })?;
        if regex.is_match(b"") {
            return Err(RuleError(format!(
                "the regex of rule {id} also matches the empty text"
            )));
        }
        Ok(Self {
            id: id.to_owned(),
            regex,
        })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Adds the matches in each line that begins at or after `from`, or holds it.
    pub(super) fn find(&self, rule: usize, text: &[u8], from: usize, out: &mut Vec<Hit>) {
        let mut start = last_line(&text[..from], 0);
        for line in text[start..].split_inclusive(|byte| *byte == b'\n') {
            let body = line.strip_suffix(b"\n").unwrap_or(line);
            let body = body.strip_suffix(b"\r").unwrap_or(body);
            for found in self.regex.find_iter(body) {
                if !found.is_empty() && !markers::is_masked(found.as_bytes()) {
                    out.push(Hit {
                        start: align_start(text, start + found.start()),
                        end: align_end(text, start + found.end()),
                        rule,
                        open: false,
                    });
                }
            }
            start += line.len();
        }
    }
}

/// Where the last line of `text` begins, if it is not complete (its end for one
/// that is), but not before `from`.
pub(super) fn last_line(text: &[u8], from: usize) -> usize {
    memchr::memrchr(b'\n', text)
        .map_or(0, |at| at + 1)
        .max(from)
}

/// An id as it may stand in an error: what a mistyped rule put there instead of
/// an id is not repeated.
pub(super) fn printable(id: &str) -> String {
    if is_id(id) {
        id.to_owned()
    } else {
        format!("(of {} characters)", id.chars().count())
    }
}

fn is_id(id: &str) -> bool {
    let [first, rest @ ..] = id.as_bytes() else {
        return false;
    };
    first.is_ascii_lowercase()
        && rest.len() <= 63
        && rest
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}
