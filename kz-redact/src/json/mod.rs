//! JSON as text: tokens with their places, so that single ones can be replaced
//! while everything else stays as it was written.

mod edit;
mod lexer;
mod loose;
mod nested;
mod string;

pub(crate) use edit::redact;
pub(crate) use lexer::{Kind, Token, lex};
pub(crate) use loose::{Loose, decode_loosely, next_escape};
pub(crate) use string::{Decoded, decode};
