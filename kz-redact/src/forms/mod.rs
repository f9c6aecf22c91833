//! The table of forms in which a known value is found: one row a form, with the
//! views that read it and a generator of examples. Tests make their cases from
//! it, alone and nested, and `docs/forms.md` is written from it.
//!
//! The rows stand in one file for each family of forms.
#![expect(
    clippy::format_push_string,
    clippy::unnecessary_wraps,
    reason = "examples are written to be read, and rows have one signature"
)]

mod broken;
mod cuts;
mod document;
mod dumps;
mod escapes;
mod on_request;
mod random;
mod runs;
mod spellings;
mod views;
mod web;
mod write;

use std::sync::LazyLock;

pub(crate) use on_request::ROWS as ON_REQUEST;
pub(crate) use random::Random;

use crate::request::OnRequest;

/// A text in three parts, of which the middle one is the secret.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) before: Vec<u8>,
    pub(crate) secret: Vec<u8>,
    pub(crate) after: Vec<u8>,
}

/// How firmly a form is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    Must,
    Should,
    /// Found when it is asked for.
    OnRequest(OnRequest),
}

/// A row of the table.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    pub(crate) name: &'static str,
    /// Nothing may be written in another form before it is written in this one.
    pub(crate) innermost: bool,
    /// The length of the shortest value that is found in it.
    pub(crate) shortest: usize,
    /// The views that read it, from the outside in.
    pub(crate) views: &'static [&'static str],
    pub(crate) promise: Promise,
    /// Writes a text in this form. What is then `secret` is what must be masked.
    /// `None` when the text cannot be written so.
    pub(crate) write: fn(&Text, &mut Random) -> Option<Text>,
}

/// Every form that is found by default.
pub(crate) static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    [
        spellings::ROWS,
        escapes::ROWS,
        web::ROWS,
        runs::ROWS,
        dumps::ROWS,
        broken::ROWS,
        cuts::ROWS,
    ]
    .concat()
});

const fn form(
    name: &'static str,
    views: &'static [&'static str],
    write: fn(&Text, &mut Random) -> Option<Text>,
) -> Form {
    Form {
        name,
        views,
        innermost: false,
        shortest: 8,
        promise: Promise::Must,
        write,
    }
}

impl Form {
    const fn on_request(mut self, form: OnRequest) -> Self {
        self.promise = Promise::OnRequest(form);
        self
    }

    const fn should(mut self) -> Self {
        self.promise = Promise::Should;
        self
    }

    const fn shortest(mut self, length: usize) -> Self {
        self.shortest = length;
        self
    }

    const fn innermost(mut self) -> Self {
        self.innermost = true;
        self
    }
}
