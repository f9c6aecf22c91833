//! `docs/forms.md`, as the table of forms says it.

use std::{fmt::Write as _, fs, path::Path};

use super::{FORMS, Form, ON_REQUEST, Promise};

/// What a view guarantees: why a value is found in it, how far its repeatable
/// elements go, and what defines it.
struct ViewRow {
    name: &'static str,
    lemma: &'static str,
    bound: &'static str,
    source: &'static str,
}

const fn view(
    name: &'static str,
    lemma: &'static str,
    bound: &'static str,
    source: &'static str,
) -> ViewRow {
    ViewRow {
        name,
        lemma,
        bound,
        source,
    }
}

#[rustfmt::skip]
static VIEWS: &[ViewRow] = &[
    view("backslash", "each byte is itself or one escape that opens with a backslash", "`\\u{…}` and `\\x{…}` of 14 digits", "RFC 8259; Python, Rust, Go and Bash references; PCRE2"),
    view("percent", "each byte is itself or three characters that open with `%`", "none repeats", "RFC 3986"),
    view("form space", "a space is one `+`", "none repeats", "WHATWG URL, form encoding"),
    view("entity", "each character is itself or one reference that opens with `&`", "8 leading zeros", "HTML Living Standard; XML 1.0"),
    view("base64", "the symbols that the value alone determines stand in a row, but for line breaks; every phase is decoded", "64 bytes between two symbols", "RFC 4648; RFC 2045"),
    view("hex", "the digits stand in a row, but for line breaks; both phases are decoded", "64 bytes between two digits", "RFC 4648"),
    view("array", "the numbers stand in a row, with commas and white space between", "64 bytes between two numbers", "Node's Buffer, Go's `%v`, JSON arrays"),
    view("spaced hex", "pairs of digits stand in a row, with a separator, or the columns of a dump, between", "groups of 32 digits; 96 characters beside the bytes of a line", "xxd, hexdump -C, od, tcpdump, OpenSSL, .NET BitConverter"),
    view("quote", "each quotation mark is doubled or one sequence of the shell", "none repeats", "SQL:2016; RFC 4180; POSIX shell"),
    view("line", "a line break of the value is written otherwise; what follows has no letters", "64 bytes of prefix", "diff, markdown, indented blocks"),
    view("quoted-printable", "each byte is itself or three characters that open with `=`; a break opens with `=`", "64 bytes between `=` and the line break", "RFC 2045, section 6.7"),
    view("gap", "what stands for nothing lies between two bytes of the value", "64 bytes each; all of them, at four bytes a gap, four times the value", "ECMA-48; Unicode, Default_Ignorable_Code_Point"),
    view("wrap", "a line break and an indentation lie between two bytes of the value, or are one of its spaces", "62 blanks", "YAML 1.2.2, section 6.5; terminals, mailers"),
    view("case", "each letter of ASCII is itself or its other case", "none repeats", "RFC 4122; host names; header printers"),
    view("UTF-16", "the bytes of the value in UTF-16 are a needle of their own", "none repeats", "Unicode; PowerShell `-EncodedCommand`"),
    view("base32", "the symbols that the value alone determines stand in a row, but for line breaks; every phase is decoded", "64 bytes between two symbols", "RFC 4648, sections 6 and 7"),
    view("base85", "groups of five symbols stand in a row, but for line breaks; every phase is decoded, and a group is masked that holds a part of the value", "64 bytes between two symbols; no `z`", "PostScript Language Reference; RFC 1924; ZeroMQ RFC 32"),
    view("character codes", "the numbers stand in a row, with something without digits between", "32 bytes between two numbers", "SQL's CHR, `String.fromCharCode`, Python's `ord`"),
    view("gzip", "the base64 begins where the compressed text does; all of it is masked", "65,536 symbols; 256 KiB and 32 times as much as is compressed are looked at", "RFC 1952; RFC 1950"),
    view("hash", "the digest of the value is a needle of its own", "none repeats", "RFC 1321; FIPS 180-4"),
    view("reversed", "the characters of the value from the last to the first are a needle of their own", "none repeats", "string reversal of any language"),
    view("fullwidth", "the full-width value, and the value with full-width letters and digits, are needles of their own", "none repeats", "Unicode, Halfwidth and Fullwidth Forms"),
    view("space", "what sets letters apart lies between two bytes of the value", "4 bytes each", "`' '.join`, Python's `list`"),
    view("cut", "half of the value, and eight bytes of it, stand in a row beside a mark", "32 characters in brackets; ends of values up to 512 bytes", "reprlib, pandas, Node's Buffer, test reports"),
];

fn every_form() -> impl Iterator<Item = &'static Form> {
    FORMS.iter().chain(ON_REQUEST)
}

fn document() -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let mut out = String::from(
        "# Forms\n\nIn which ways of writing a registered value is found. This page is written \
         from the table that the tests make their cases from (`kz-redact/src/forms`); \
         `KZ_WRITE_DOCS=1 cargo test -p kz-redact --lib forms::document` renews it.\n\n\
         *Must* is promised, *should* is found by default too; what else stands there is the \
         name by which a form is asked for: `[redact] forms = [\"base32\"]` in the manifest, \
         `forms=[\"base32\"]` in Python, `{ forms: [\"base32\"] }` in Node, \
         `RedactorBuilder::form` in Rust. *From* is the length in bytes of \
         the shortest value that is found in the form; hexadecimal values and UUIDs are found in \
         either case from 8 on. Views nest in any order, three deep; forms marked *inner* are the \
         first layer only.\n\n\
         | form | views | from | promise | |\n|---|---|---|---|---|\n",
    );
    let promised = |promise| FORMS.iter().filter(move |form| form.promise == promise);
    let by_default = promised(Promise::Must).chain(promised(Promise::Should));
    for form in by_default.chain(ON_REQUEST) {
        let views = match form.views {
            [] => "as it stands".to_owned(),
            views => views.join(", "),
        };
        let promise = match form.promise {
            Promise::Must => "must".to_owned(),
            Promise::Should => "should".to_owned(),
            Promise::OnRequest(form) => format!("`{form}`"),
        };
        let inner = if form.innermost { "inner" } else { "" };
        let name = cell(form.name);
        let _ = writeln!(
            out,
            "| {name} | {views} | {} | {promise} | {inner} |",
            form.shortest
        );
    }
    out.push_str(
        "\n## Views\n\n| view | a value is found because | bound | source |\n|---|---|---|---|\n",
    );
    for view in VIEWS {
        let [lemma, bound, source] = [view.lemma, view.bound, view.source].map(cell);
        let _ = writeln!(out, "| {} | {lemma} | {bound} | {source} |", view.name);
    }
    out.push_str("\n## Marks of a cut\n\n");
    let signs = crate::oracle::cut::SIGNS
        .iter()
        .map(|sign| format!("`{sign}`"));
    let words = crate::oracle::cut::WORDS
        .iter()
        .map(|word| format!("`[{word}]`"));
    out.push_str(&signs.chain(words).collect::<Vec<_>>().join(", "));
    out.push_str(
        ", the words with other text beside them and in any brackets. A marker of kz is none.\n",
    );
    out
}

#[test]
fn every_view_of_a_form_is_explained_and_used() {
    for form in every_form() {
        for name in form.views {
            assert!(
                VIEWS.iter().any(|view| view.name == *name),
                "{}: {name}",
                form.name
            );
        }
    }
    for view in VIEWS {
        let is_used = every_form().any(|form| form.views.contains(&view.name));
        assert!(is_used, "{}", view.name);
    }
}

#[test]
fn the_page_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/forms.md");
    if std::env::var_os("KZ_WRITE_DOCS").is_some() {
        fs::write(&path, document()).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == document(),
        "docs/forms.md is stale: run this test with KZ_WRITE_DOCS=1"
    );
}
