//! JSON as text: tokens with their places, so that single ones can be replaced
//! while everything else stays as it was written.

mod blocks;
mod edit;
mod lexer;
mod loose;
mod nested;
mod shortened;
mod string;
mod twins;
mod unescaped;

#[cfg(all(test, target_arch = "x86_64"))]
pub(crate) use blocks::signs_one_by_one;
#[cfg(target_arch = "x86_64")]
pub(crate) use blocks::{BLOCK, ESCAPABLE, Signs};
pub(crate) use edit::redact;
pub(crate) use lexer::{Kind, Lexed, Token, lex, with_lexed};
#[cfg(all(test, target_arch = "x86_64"))]
pub(crate) use loose::openers_one_by_one;
pub(crate) use loose::{Loose, decode_loosely, next_escape};
pub(crate) use shortened::Shortened;
#[cfg(all(test, target_arch = "x86_64"))]
pub(crate) use shortened::shorten_one_by_one;
#[cfg(target_arch = "x86_64")]
pub(crate) use string::MEANT;
pub(crate) use string::decode;
pub(crate) use unescaped::{Part, Unescaped};
