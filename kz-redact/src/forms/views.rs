//! What each view guarantees, as data: why a value is found in it, how far it may
//! stretch the value, and what defines it.

use super::{FORMS, Form, ON_REQUEST};
use crate::needle::REACH;

/// A row of the table of views.
pub(super) struct View {
    pub(super) name: &'static str,
    /// Most bytes of text that stand for one byte of the value.
    pub(super) growth: usize,
    /// Most bytes that may stand between these, and stand for nothing.
    pub(super) between: usize,
    /// Why the value is found: what of it stands in a row.
    pub(super) lemma: &'static str,
    /// How often what may be repeated is repeated.
    pub(super) bound: &'static str,
    pub(super) source: &'static str,
}

const fn view(
    name: &'static str,
    (growth, between): (usize, usize),
    lemma: &'static str,
    bound: &'static str,
    source: &'static str,
) -> View {
    View {
        name,
        growth,
        between,
        lemma,
        bound,
        source,
    }
}

#[rustfmt::skip]
pub(super) static VIEWS: &[View] = &[
    view("backslash", (18, 0), "each byte is itself or one escape that opens with a backslash", "`\\u{…}` and `\\x{…}` of 14 digits", "RFC 8259; Python, Rust, Go and Bash references; PCRE2"),
    view("percent", (3, 0), "each byte is itself or three characters that open with `%`", "none repeats", "RFC 3986"),
    view("form space", (1, 0), "a space is one `+`", "none repeats", "WHATWG URL, form encoding"),
    view("entity", (18, 0), "each character is itself or one reference that opens with `&`", "8 leading zeros", "HTML Living Standard; XML 1.0"),
    view("base64", (2, 130), "the symbols that the value alone determines stand in a row, but for line breaks; every phase is decoded", "64 bytes between two symbols", "RFC 4648; RFC 2045"),
    view("hex", (2, 130), "the digits stand in a row, but for line breaks; both phases are decoded", "64 bytes between two digits", "RFC 4648"),
    view("array", (4, 65), "the numbers stand in a row, with commas and white space between", "64 bytes between two numbers", "Node's Buffer, Go's `%v`, JSON arrays"),
    view("spaced hex", (2, 371), "pairs of digits stand in a row, with a separator, or the columns of a dump, between", "groups of 32 digits; 96 characters beside the bytes of a line", "xxd, hexdump -C, od, tcpdump, OpenSSL, .NET BitConverter"),
    view("quote", (5, 0), "each quotation mark is doubled or one sequence of the shell", "none repeats", "SQL:2016; RFC 4180; POSIX shell"),
    view("line", (2, 64), "a line break of the value is written otherwise; what follows has no letters", "64 bytes of prefix", "diff, markdown, indented blocks"),
    view("quoted-printable", (3, 0), "each byte is itself or three characters that open with `=`; a break opens with `=`", "64 bytes between `=` and the line break, which is a gap", "RFC 2045, section 6.7"),
    view("gap", (1, 134), "what stands for nothing lies between two bytes of the value", "64 bytes each; all of them, at four bytes a gap, four times the value", "ECMA-48; Unicode, Default_Ignorable_Code_Point"),
    view("wrap", (1, 64), "a line break and an indentation lie between two bytes of the value, or are one of its spaces", "62 blanks", "YAML 1.2.2, section 6.5; terminals, mailers"),
    view("case", (1, 0), "each letter of ASCII is itself or its other case", "none repeats", "RFC 4122; host names; header printers"),
    view("UTF-16", (2, 0), "the bytes of the value in UTF-16 are a needle of their own", "none repeats", "Unicode; PowerShell `-EncodedCommand`"),
    view("base32", (2, 130), "the symbols that the value alone determines stand in a row, but for line breaks; every phase is decoded", "64 bytes between two symbols", "RFC 4648, sections 6 and 7"),
    view("base85", (2, 130), "groups of five symbols stand in a row, but for line breaks; every phase is decoded, and a group is masked that holds a part of the value", "64 bytes between two symbols; no `z`", "PostScript Language Reference; RFC 1924; ZeroMQ RFC 32"),
    view("character codes", (10, 32), "the numbers stand in a row, with something without digits between", "32 bytes between two numbers", "SQL's CHR, `String.fromCharCode`, Python's `ord`"),
    view("gzip", (0, 0), "the base64 begins where the compressed text does; all of it is masked", "65,536 symbols; 256 KiB and 32 times as much as is compressed are looked at", "RFC 1952; RFC 1950"),
    view("hash", (64, 0), "the digest of the value is a needle of its own", "none repeats", "RFC 1321; FIPS 180-4"),
    view("reversed", (1, 0), "the characters of the value from the last to the first are a needle of their own", "none repeats", "string reversal of any language"),
    view("fullwidth", (3, 0), "the full-width value, and the value with full-width letters and digits, are needles of their own", "none repeats", "Unicode, Halfwidth and Fullwidth Forms"),
    view("space", (1, 4), "what sets letters apart lies between two bytes of the value", "4 bytes each", "`' '.join`, Python's `list`"),
    view("cut", (1, 0), "half of the value, and eight bytes of it, stand in a row beside a mark", "32 characters in brackets; ends of values up to 512 bytes", "reprlib, pandas, Node's Buffer, test reports"),
];

impl Form {
    /// The views that read it, with what each guarantees.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'static View> {
        self.views.iter().map(|name| {
            let mut views = VIEWS.iter();
            views
                .find(|view| view.name == *name)
                .expect("every view has a row")
        })
    }

    /// Most bytes of text for one byte of the value, with what may stand between.
    pub(super) fn stretch(&self) -> usize {
        self.rows().map(View::stretch).product()
    }
}

impl View {
    fn stretch(&self) -> usize {
        self.growth.max(1) + self.between
    }
}

mod tests {
    use super::*;
    use crate::{
        forms::{Random, Text},
        properties::secret,
    };

    #[test]
    fn nothing_is_longer_than_its_row_says() {
        for form in FORMS.iter().chain(ON_REQUEST) {
            // What is unpacked has a bound of its own.
            if form.views.contains(&"gzip") {
                continue;
            }
            let mut longest = 0;
            for case in 0..60 {
                let random = &mut Random::new(case);
                let (_, part) = secret(random);
                let length = part.secret.len();
                if length < form.shortest {
                    continue;
                }
                let Some(Text { secret, .. }) = (form.write)(&part, random) else {
                    continue;
                };
                longest = longest.max(secret.len() / length);
                // A digest has a length of its own.
                let most = (length * form.stretch()).max(128);
                assert!(
                    secret.len() <= most,
                    "{}: {} of {most}",
                    form.name,
                    secret.len()
                );
            }
            assert!(longest > 0 || form.views.contains(&"cut"), "{}", form.name);
        }
    }

    /// What a stream holds back reaches over each form at its full stretch, by itself
    /// and escaped once more, and over any three forms within each other with nothing
    /// between.
    #[test]
    fn the_reach_is_that_of_the_longest_row() {
        let rows = || FORMS.iter().chain(ON_REQUEST);
        let growth = VIEWS.iter().map(|view| view.growth).max().unwrap_or(0);
        let escaped = VIEWS
            .iter()
            .filter(|view| view.between == 0 && view.name != "hash");
        let escaped = escaped.map(|view| view.growth).max().unwrap_or(0);
        for form in rows().filter(|form| form.views.len() == 1) {
            assert!(
                form.stretch() * escaped <= REACH,
                "{}: {}",
                form.name,
                form.stretch()
            );
        }
        for form in rows() {
            assert!(form.stretch() <= REACH, "{}: {}", form.name, form.stretch());
        }
        assert!(escaped.pow(3) <= REACH && growth <= REACH);
    }
}
