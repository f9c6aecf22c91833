//! Two columns: without kz, with kz.

use super::{Pair, Said};

/// Columns of text on each side.
const WIDTH: usize = 56;
/// Lines of stderr that are shown; a traceback says it in its last ones.
const STDERR_LINES: usize = 6;

pub(super) fn print(pair: &Pair) {
    let title = format!(" {}: {} ", pair.case.server.title(), pair.case.title);
    println!(
        "\n──{title}{}",
        "─".repeat((2 * WIDTH + 3).saturating_sub(title.chars().count() + 2))
    );
    row("without kz", "with kz");
    row("", "");
    let (left, right) = (column(&pair.without), column(&pair.with));
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

fn column(said: &Said) -> Vec<String> {
    let mut lines = wrap(&said.answer, 12);
    let stderr: Vec<&str> = said
        .stderr
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    if !stderr.is_empty() {
        lines.push("stderr:".to_owned());
        let last = &stderr[stderr.len().saturating_sub(STDERR_LINES)..];
        lines.extend(wrap(&last.join("\n"), 12));
    }
    lines.push(String::new());
    lines.extend(match said.found.as_slice() {
        [] => vec!["→ no canary".to_owned()],
        found => wrap(&format!("→ LEAKS: {}", found.join(", ")), usize::MAX),
    });
    lines
}

/// Lines of at most `WIDTH` characters; of more than `limit` lines the middle is left out.
fn wrap(text: &str, limit: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        // What a server printed must not move the cursor.
        let characters: Vec<char> = line
            .chars()
            .map(|c| if c.is_control() { '·' } else { c })
            .collect();
        lines.extend(
            characters
                .chunks(WIDTH)
                .map(|chunk| chunk.iter().collect::<String>()),
        );
    }
    if lines.len() > limit {
        let left_out = lines.len() - limit;
        let tail = lines.split_off(lines.len() - limit / 2);
        lines.truncate(limit - limit / 2);
        lines.push(format!("… {left_out} lines …"));
        lines.extend(tail);
    }
    lines
}
