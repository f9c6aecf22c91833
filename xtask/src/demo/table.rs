//! Two columns: without kz, with kz.

use super::{Pair, Said};

/// Columns of text on each side.
const WIDTH: usize = 56;
/// Lines of the original that are shown of an answer, and of stderr.
const ANSWER_LINES: usize = 6;
const STDERR_LINES: usize = 2;
/// Columns' worth of each of them.
const WRAPPED_LINES: usize = 6;

pub(super) fn print(pair: &Pair) {
    let title = format!("── {}: {} ", pair.case.server.title(), pair.case.title);
    println!(
        "\n{title}{}",
        "─".repeat((2 * WIDTH + 3).saturating_sub(title.chars().count()))
    );
    let values: Vec<&str> = pair
        .case
        .canaries
        .iter()
        .map(|canary| &*canary.value)
        .collect();
    let (left, right) = (column(&pair.without, &values), column(&pair.with, &values));
    row("without kz", "with kz");
    row("", "");
    for index in 0..left.len().max(right.len()) {
        let line = |column: &[String]| column.get(index).cloned().unwrap_or_default();
        row(&line(&left), &line(&right));
    }
    row("", "");
    let (left, right) = (verdict(&pair.without), verdict(&pair.with));
    for index in 0..left.len().max(right.len()) {
        let line = |column: &[String]| column.get(index).cloned().unwrap_or_default();
        row(&line(&left), &line(&right));
    }
}

fn row(left: &str, right: &str) {
    println!(
        "{left}{} │ {right}",
        " ".repeat(WIDTH.saturating_sub(left.chars().count()))
    );
}

fn column(said: &Said, values: &[&str]) -> Vec<String> {
    let telling = |line: &&str| {
        line.contains("[REDACTED:") || values.iter().any(|value| line.contains(value))
    };
    let mut lines = Vec::new();
    let answer: Vec<&str> = said.answer.lines().collect();
    if answer.len() <= ANSWER_LINES {
        lines.extend(answer.iter().flat_map(|line| wrap(line)));
    } else {
        // What matters of a long answer are the lines with a secret or its marker.
        let chosen: Vec<&str> = answer
            .iter()
            .copied()
            .filter(telling)
            .take(ANSWER_LINES)
            .collect();
        lines.extend(chosen.iter().flat_map(|line| wrap(line)));
        lines.push(format!("… {} other lines …", answer.len() - chosen.len()));
    }
    let stderr = said
        .stderr
        .lines()
        .filter(|line| !line.starts_with("kz: granted"));
    for line in stderr.filter(telling).take(STDERR_LINES) {
        lines.extend(wrap(&format!("stderr: {line}")));
    }
    lines
}

fn verdict(said: &Said) -> Vec<String> {
    match said.found.as_slice() {
        [] => vec!["→ no canary".to_owned()],
        found => wrap(&format!("→ LEAKS: {}", found.join(", "))),
    }
}

/// Lines of at most `WIDTH` characters.
fn wrap(line: &str) -> Vec<String> {
    // What a server printed must not move the cursor.
    let characters: Vec<char> = line
        .chars()
        .map(|c| if c.is_control() { '·' } else { c })
        .collect();
    let chunks = characters.chunks(WIDTH).map(|chunk| chunk.iter().collect());
    let mut lines: Vec<String> = chunks.take(WRAPPED_LINES + 1).collect();
    if lines.len() > WRAPPED_LINES {
        lines.truncate(WRAPPED_LINES);
        lines.push("…".to_owned());
    }
    lines
}
