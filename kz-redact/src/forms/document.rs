//! `docs/forms.md`, as the table of forms says it.

use std::{fmt::Write as _, fs, path::Path};

use super::{FORMS, Form, ON_REQUEST, Promise, views::VIEWS};

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
         the shortest value that is found in the form, *bytes for one* how many bytes of text one \
         byte of the value may take, with all that may stand between; hexadecimal values and UUIDs are found in \
         either case from 8 on. Views nest in any order, three deep; forms marked *inner* are the \
         first layer only.\n\n\
         | form | views | from | bytes for one | promise | |\n|---|---|---|---|---|---|\n",
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
            "| {name} | {views} | {} | {} | {promise} | {inner} |",
            form.shortest,
            form.stretch(),
        );
    }
    out.push_str(
        "\n## Views\n\nA value is found however its bytes are written and whatever stands for nothing \
         between them, up to 8,192 bytes of text for each of its bytes (64 KiB at least, and 128 KiB \
         for what gzip made); beyond that it is not promised, so that a stream need hold back no \
         more.\n\n\
         | view | a value is found because | bytes for one | between | bound | source |\n\
         |---|---|---|---|---|---|\n",
    );
    for view in VIEWS {
        let [lemma, bound, source] = [view.lemma, view.bound, view.source].map(cell);
        let _ = writeln!(
            out,
            "| {} | {lemma} | {} | {} | {bound} | {source} |",
            view.name, view.growth, view.between
        );
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
