//! What gives a secret away, in the spellings that reach a log: of each, the text with
//! what is to be masked between `«` and `»`.

mod commands;
mod gaps;
mod services;
mod settings;
mod wire;

use std::fmt::Write as _;

use self::{
    commands::{CLOUDS, COMMANDS},
    gaps::GAPS,
    services::SERVICES,
    settings::SETTINGS,
    wire::{CONNECTIONS, HEADERS, KEYS},
};
use super::{PatternLevel, PatternSet, example, merged};

/// A kind of structure and its spellings.
type Table = &'static [(&'static str, &'static [&'static str])];

/// Each spelling on its own: what is marked is masked, and nothing else is.
#[test]
fn every_spelling_is_found() {
    let set = PatternSet::new(PatternLevel::Default, &[], &[]).unwrap();
    let mut wrong = String::new();
    let (mut missed, mut all) = (0, 0);
    let tables = [
        CONNECTIONS,
        HEADERS,
        SETTINGS,
        COMMANDS,
        CLOUDS,
        KEYS,
        GAPS,
        SERVICES,
    ];
    for (kind, spellings) in tables.concat() {
        for template in spellings {
            let (text, spans) = example(template);
            let mut hits = Vec::new();
            set.find(text.as_bytes(), &mut hits);
            let found = merged(&hits);
            all += 1;
            if found != spans {
                missed += 1;
                let masked: Vec<&str> = found.iter().map(|(from, to)| &text[*from..*to]).collect();
                writeln!(wrong, "{kind}: {template:?}: masked {masked:?}").unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{missed} of {all}\n{wrong}");
}
