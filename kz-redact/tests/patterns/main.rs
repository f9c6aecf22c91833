//! What the built-in rules find and what they cry wolf at: samples that other
//! scanners test themselves with, and clean text from this machine's own files.
//!
//! Every run writes `target/tmp/patterns.md`, a table of all rules with what each
//! found in the samples, in what must stay and in the clean text. It names rules
//! and places, never what was found.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test says what is wrong by failing"
)]

mod clean;
mod generated;
mod report;
mod samples;
#[path = "../shared/mod.rs"]
mod shared;

use kz_redact::Redactor;

use self::report::Report;

fn redactor() -> Redactor {
    Redactor::builder().build().unwrap()
}

/// One test, because one table comes of it.
#[test]
fn rules_find_the_samples_and_leave_the_rest() {
    let redactor = redactor();
    let mut report = Report::new(Redactor::rule_ids());
    let mut failures = Vec::new();
    if let Some(samples) = samples::positive() {
        report.samples(&redactor, &samples, &mut failures);
    }
    if let Some(samples) = samples::negative() {
        report.negatives(&redactor, &samples, &mut failures);
    }
    report.clean(&redactor, &mut failures);
    let path = report.write();
    assert!(
        failures.is_empty(),
        "see {}\n{}",
        path.display(),
        failures.join("\n")
    );
}
