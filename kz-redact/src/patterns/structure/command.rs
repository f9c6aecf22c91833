//! Credentials on command lines: options of programs.

mod logins;
mod options;
mod tools;
mod typed;

use super::{
    super::rule::{Left, Reach, Rule},
    is_value,
};

/// What the rules have in common.
const COMMAND: Rule = Rule {
    fold: true,
    reach: Reach::LINE,
    left: Left::WordStart,
    check: Some(|value, _| is_value(value)),
    ..Rule::EMPTY
};

pub(super) fn rules() -> Vec<Rule> {
    let mut rules = options::rules();
    rules.extend(logins::rules());
    rules.extend(typed::rules());
    rules.extend(tools::rules());
    rules
}
