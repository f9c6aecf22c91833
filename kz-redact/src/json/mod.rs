//! JSON as text: tokens with their places, so that single ones can be replaced
//! while everything else stays as it was written.

mod blocks;
mod edit;
mod lexer;
mod loose;
mod nested;
mod string;
mod unescaped;

#[cfg(target_arch = "x86_64")]
pub(crate) use blocks::{BLOCK, Signs};
pub(crate) use edit::redact;
pub(crate) use lexer::{Kind, Lexed, Token, lex};
pub(crate) use loose::{Loose, decode_loosely, next_escape};
pub(crate) use string::{Decoded, decode};
pub(crate) use unescaped::{Part, Unescaped};
