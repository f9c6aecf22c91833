//! Counts, rule by rule.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use kz_redact::Redactor;

use crate::{clean, samples::Sample};

/// What a rule did.
#[derive(Default)]
struct Row {
    samples: usize,
    negatives: usize,
    clean: usize,
}

/// See the module above.
pub(crate) struct Report {
    rules: BTreeMap<String, Row>,
    text: String,
    /// Which of our rules found samples of which rule of other scanners.
    finders: BTreeMap<String, Vec<String>>,
}

impl Report {
    pub(crate) fn new(ids: Vec<&'static str>) -> Self {
        let rules = ids.into_iter().map(|id| (id.to_owned(), Row::default()));
        Self {
            rules: rules.collect(),
            text: "# Built-in rules\n".to_owned(),
            finders: BTreeMap::new(),
        }
    }

    /// Recall: of the samples that identify themselves, and of all.
    pub(crate) fn samples(
        &mut self,
        redactor: &Redactor,
        samples: &[Sample],
        failures: &mut Vec<String>,
    ) {
        let mut by_rule: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let (mut of_all, mut of_plain) = ((0, 0), (0, 0));
        for sample in samples {
            let found = is_found(redactor, sample);
            for finding in redactor.scan(&sample.text) {
                self.row(&finding.rule).samples += 1;
                let finders = self.finders.entry(sample.rule.clone()).or_default();
                if !finders.iter().any(|rule| *rule == finding.rule) {
                    finders.push(finding.rule.into_owned());
                }
            }
            let count = by_rule.entry(&sample.rule).or_default();
            let plain = sample.self_identifying.then_some(&mut of_plain);
            for (hits, all) in [count, &mut of_all].into_iter().chain(plain) {
                *hits += usize::from(found);
                *all += 1;
            }
        }
        writeln!(
            self.text,
            "\nSamples: {} of {} that identify themselves, {} of all {}.\n\n\
             | rule of another scanner | found | of |\n|---|---|---|",
            of_plain.0, of_plain.1, of_all.0, of_all.1
        )
        .unwrap();
        for (rule, (hits, all)) in by_rule {
            if hits < all {
                writeln!(self.text, "| {rule} | {hits} | {all} |").unwrap();
            }
        }
        let mut demand = |what: &str, (hits, all): (usize, usize), least: usize| {
            if hits * 100 < all * least {
                failures.push(format!("{what}: {hits} of {all}, less than {least} %"));
            }
        };
        demand(
            "samples that identify themselves",
            of_plain,
            SELF_IDENTIFYING,
        );
        demand("all samples", of_all, ALL);
    }

    /// What the other scanner's rule must not match, the rules of ours that find
    /// its samples must not match either. Those that go by a name alone know no format
    /// that the text could lack: they are counted, not judged.
    pub(crate) fn negatives(
        &mut self,
        redactor: &Redactor,
        samples: &[Sample],
        failures: &mut Vec<String>,
    ) {
        writeln!(self.text, "\n| negative of | found by |\n|---|---|").unwrap();
        let mut wrong = 0;
        for sample in samples {
            for finding in redactor.scan(&sample.text) {
                self.row(&finding.rule).negatives += 1;
                let finders = self.finders.get(&sample.rule);
                let same = finders.is_some_and(|ids| ids.iter().any(|id| *id == finding.rule));
                let by_name = BY_NAME.contains(&&*finding.rule);
                wrong += usize::from(same && !by_name);
                let mark = match (same, by_name) {
                    (true, false) => " (same)",
                    (true, true) => " (same, by name)",
                    (false, _) => "",
                };
                writeln!(self.text, "| {} | {}{mark} |", sample.rule, finding.rule).unwrap();
            }
        }
        if wrong > 0 {
            failures.push(format!("{wrong} negatives of the same rule are found"));
        }
    }

    pub(crate) fn clean(&mut self, redactor: &Redactor, failures: &mut Vec<String>) {
        let (mut bytes, mut flags) = (0, 0);
        writeln!(
            self.text,
            "\n| clean text | bytes | files | flags |\n|---|---|---|---|"
        )
        .unwrap();
        let mut places = String::new();
        for kind in clean::kinds() {
            let mut count = 0;
            for file in &kind.files {
                for finding in redactor.scan(&file.text) {
                    self.row(&finding.rule).clean += 1;
                    count += 1;
                    let line = file.text[..finding.start].lines().count();
                    writeln!(places, "- {} {}:{line}", finding.rule, file.path).unwrap();
                }
            }
            let (name, files) = (kind.name, kind.files.len());
            writeln!(
                self.text,
                "| {name} | {} | {files} | {count} |",
                kind.bytes()
            )
            .unwrap();
            if kind.strict && count > 0 {
                failures.push(format!("{count} flags in {name}"));
            }
            bytes += kind.bytes();
            flags += count;
        }
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let rate = f64::from(flags) / (bytes as f64 / 1e6);
        writeln!(
            self.text,
            "\n{flags} flags in {bytes} bytes, {rate:.3} a MB.\n\n{places}"
        )
        .unwrap();
        if rate > FLAGS_A_MEGABYTE {
            failures.push(format!("{rate:.3} flags a MB of clean text"));
        }
        if bytes < 50_000_000 {
            failures.push(format!("only {bytes} bytes of clean text on this machine"));
        }
    }

    /// Writes the table and says where it is.
    pub(crate) fn write(mut self) -> PathBuf {
        writeln!(
            self.text,
            "| rule | samples | negatives | clean |\n|---|---|---|---|"
        )
        .unwrap();
        for (id, row) in &self.rules {
            let Row {
                samples,
                negatives,
                clean,
            } = row;
            writeln!(self.text, "| {id} | {samples} | {negatives} | {clean} |").unwrap();
        }
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("patterns.md");
        fs::write(&path, self.text).unwrap();
        path
    }

    fn row(&mut self, rule: &str) -> &mut Row {
        self.rules.entry(rule.to_owned()).or_default()
    }
}

/// Of a hundred samples, how many must be found.
const SELF_IDENTIFYING: usize = 98;
const ALL: usize = 94;
/// The rules that go by the name before a value.
const BY_NAME: [&str; 3] = [
    "assigned-password",
    "assigned-credential",
    "provider-credential",
];
const FLAGS_A_MEGABYTE: f64 = 0.05;

fn is_found(redactor: &Redactor, sample: &Sample) -> bool {
    let output = redactor.redact_str(&sample.text);
    match &sample.secret {
        Some(secret) if sample.text.contains(secret.as_str()) => !output.contains(secret.as_str()),
        _ => output != sample.text,
    }
}
