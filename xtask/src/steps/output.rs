//! What test runners and compilers print: how much they counted, and what failed.

use std::fmt::Write as _;

/// Lines of a failed step's output that are shown at once.
const TAIL: usize = 80;
/// Lines of one panic's or error's message that are shown.
const MESSAGE: usize = 20;
/// Lines by which a red run says at its end what failed: whoever sees only those needs no log.
const CLOSING: usize = 20;
/// Of these, lines for one step, besides its name.
const CLOSING_OF_A_STEP: usize = 13;
/// Characters of one of them.
const CLOSING_WIDTH: usize = 200;

/// Tests as their own runners counted them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
}

impl Counted {
    pub(super) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// A step that failed, and what its output says of it.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) step: String,
    pub(super) output: String,
}

/// The tests that failed and where they panicked, or else the end of the output.
pub(super) fn what_failed(output: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = output.lines();
    while let Some(line) = rest.next() {
        if line.contains(" panicked at ") {
            lines.push(line);
            // The message, up to the backtrace.
            lines.extend(
                rest.by_ref()
                    .take(MESSAGE)
                    .take_while(|line| !is_trace(line)),
            );
        } else if line.starts_with("error") || line.starts_with("FAILED ") {
            lines.push(line);
            lines.extend(
                rest.by_ref()
                    .take(MESSAGE)
                    .take_while(|line| !line.trim().is_empty()),
            );
        } else if line.starts_with("E  ") {
            lines.push(line);
        } else if line.trim_start().starts_with("not ok ") {
            lines.push(line);
            // Its block of YAML.
            lines.extend(
                rest.by_ref()
                    .take(MESSAGE)
                    .take_while(|line| line.trim() != "..."),
            );
        }
    }
    if lines.is_empty() {
        lines = output.lines().collect();
        lines.drain(..lines.len().saturating_sub(TAIL));
    }
    lines.truncate(3 * TAIL);
    lines
}

/// The steps that failed, with the names of their tests and the beginning of what they said.
pub(super) fn closing_report(failed: &[Failure]) -> Vec<String> {
    let mut lines = Vec::new();
    let steps = failed.len().min(CLOSING);
    let each = CLOSING_OF_A_STEP.min((CLOSING - steps) / steps.max(1));
    for Failure { step, output } in &failed[..steps] {
        lines.push(clipped(&format!("FAILED: {step}")));
        let names = failed_tests(output);
        let said = what_failed(output)
            .into_iter()
            .filter(|line| !line.trim().is_empty() && failed_test(line).is_none())
            .map(str::to_owned);
        let named = (!names.is_empty()).then(|| names.join(", "));
        let report = named.into_iter().chain(said).take(each);
        lines.extend(report.map(|line| format!("  | {}", clipped(&line))));
    }
    if failed.len() > steps {
        lines.pop();
        lines.push(format!("and {} more", failed.len() - steps + 1));
    }
    lines
}

fn failed_tests(output: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for name in output.lines().filter_map(failed_test) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The name of a test, from the line by which cargo test, pytest or node says that it failed.
fn failed_test(line: &str) -> Option<&str> {
    let line = line.trim();
    if let Some(test) = line.strip_prefix("test ") {
        return test.strip_suffix(" ... FAILED");
    }
    if let Some(test) = line.strip_prefix("FAILED ") {
        return Some(test.split(" - ").next().unwrap_or(test));
    }
    Some(line.strip_prefix("not ok ")?.split_once(" - ")?.1)
}

fn clipped(line: &str) -> String {
    let mut clipped: String = line.chars().take(CLOSING_WIDTH).collect();
    if clipped.len() < line.len() {
        clipped.push('…');
    }
    clipped
}

fn is_trace(line: &str) -> bool {
    line.starts_with("stack backtrace:") || line.starts_with("note: run with `RUST_BACKTRACE")
}

/// The closing lines of cargo test (with the binary's name), pytest, node, mypy, stubtest,
/// pyright and libFuzzer, as those printed them.
pub(super) fn closing_lines(output: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut binary = "";
    for line in output.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("Running ") {
            binary = rest.split(" (").next().unwrap_or(rest);
            if let Some(path) = rest
                .rsplit_once('(')
                .map(|(_, path)| path.trim_end_matches(')'))
            {
                binary = path.rsplit('/').next().unwrap_or(path);
            }
        } else if let Some(rest) = line.strip_prefix("Doc-tests ") {
            binary = rest;
        } else if line.starts_with("test result: ") {
            let mut text = String::new();
            let _ = write!(text, "{line}  ({binary})");
            lines.push(text);
        } else if is_pytest_summary(line)
            || node_count(line).is_some()
            || line.starts_with("Success: no issues found")
            || line.starts_with("property cases: ")
            || (line.contains(" errors, ") && line.contains(" warnings, "))
            || (line.starts_with("Done ") && line.contains(" runs in "))
        {
            lines.push(line.to_owned());
        }
    }
    lines
}

fn is_pytest_summary(line: &str) -> bool {
    let line = line.trim_matches(['=', ' ']);
    line.starts_with(|c: char| c.is_ascii_digit())
        && line.contains(" in ")
        && [" passed", " failed", " error"]
            .iter()
            .any(|word| line.contains(word))
}

/// Word and number of `# pass 12`, and so on, of `node --test`.
fn node_count(line: &str) -> Option<(&str, u64)> {
    let (word, number) = line.strip_prefix("# ")?.split_once(' ')?;
    let known = ["pass", "fail", "cancelled", "skipped", "todo"].contains(&word);
    Some((word, number.parse().ok()?)).filter(|_| known)
}

pub(super) fn count(output: &str) -> Counted {
    let mut counted = Counted::default();
    for line in closing_lines(output) {
        if let Some((word, number)) = node_count(&line) {
            match word {
                "pass" => counted.passed += number,
                "fail" | "cancelled" => counted.failed += number,
                _ => counted.skipped += number,
            }
            continue;
        }
        let rust = line.starts_with("test result: ");
        if !rust && !is_pytest_summary(&line) {
            continue;
        }
        let words: Vec<&str> = line
            .split([' ', ';', ',', '=', '.'])
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u64>() else {
                continue;
            };
            match pair[1] {
                "passed" => counted.passed += number,
                "failed" | "error" | "errors" => counted.failed += number,
                "ignored" | "skipped" => counted.skipped += number,
                _ => {}
            }
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_failed() {
        let output = "\
test a ... ok
thread 'b' (17) panicked at src/lib.rs:3:5:
it is so
stack backtrace:
   0: rust_begin_unwind
error[E0499]: cannot borrow
  --> src/lib.rs:1:1

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out
";
        let shown = what_failed(output);
        assert_eq!(shown.len(), 4, "{shown:?}");
        assert_eq!(
            what_failed("nothing that is known"),
            ["nothing that is known"]
        );
    }

    #[test]
    fn closes_with_what_failed() {
        let cases = [
            (
                "test a ... ok\ntest b::c ... FAILED\n\nthread 'b::c' (17) panicked at src/lib.rs:3:5:\n\
                 it is so\nnote: run with `RUST_BACKTRACE=1`\n",
                "b::c",
                "it is so",
            ),
            (
                "..F.\n____ test_a ____\n>       assert 1 == 2\nE       assert 1 == 2\n\
                 FAILED tests/test_a.py::test_a[x-y] - assert 1 == 2\n1 failed, 3 passed in 2.00s\n",
                "tests/test_a.py::test_a[x-y]",
                "assert 1 == 2",
            ),
            (
                "ok 1 - a\nnot ok 2 - b\n  ---\n  error: 'it is not so'\n  ...\n",
                "b",
                "error: 'it is not so'",
            ),
            ("mypy.py:3: error: no such name\n", "", "no such name"),
        ];
        for (output, name, message) in cases {
            let failure = || Failure {
                step: "one step".to_owned(),
                output: output.to_owned(),
            };
            let lines = closing_report(&[failure()]);
            assert_eq!(lines[0], "FAILED: one step");
            assert_eq!(failed_tests(output).concat(), name);
            assert!(lines[1].contains(name), "{lines:?}");
            assert!(lines.iter().any(|line| line.contains(message)), "{lines:?}");
            for steps in [2, 7, 19, 20, 21, 50] {
                let failed: Vec<_> = (0..steps).map(|_| failure()).collect();
                assert!(closing_report(&failed).len() <= CLOSING);
            }
        }
        let long = Failure {
            step: "long".to_owned(),
            output: "x".repeat(9000),
        };
        assert_eq!(
            closing_report(&[long])[1].chars().count(),
            4 + CLOSING_WIDTH + 1
        );
        assert!(closing_report(&[]).is_empty());
    }

    #[test]
    fn counts_what_runners_say() {
        let output = "\
     Running unittests src/lib.rs (target/debug/deps/kz_core-0123)
test result: ok. 13 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.22s
   Doc-tests kz_core
test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s
==== 1 failed, 40 passed, 3 skipped, 2 errors in 1.29s ====
# tests 9
# pass 5
# fail 1
# cancelled 1
# skipped 2
# todo 0
Success: no issues found in 12 source files
0 errors, 0 warnings, 0 informations
Done 2097152 runs in 61 second(s)
";
        assert_eq!(
            count(output),
            Counted {
                passed: 61,
                failed: 6,
                skipped: 7
            }
        );
        let lines = closing_lines(output);
        assert_eq!(lines.len(), 11);
        assert!(lines[0].ends_with("(kz_core-0123)") && lines[1].ends_with("(kz_core)"));
    }
}
