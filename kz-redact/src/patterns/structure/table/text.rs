//! Tables of lines, whose cells a sign separates.

use std::ops::Range;

use super::{
    super::super::{Close, block::Opening, named, rule::run},
    MAX_TABLE, is_secret,
};

/// How a table separates its cells.
pub(super) struct Kind {
    separator: u8,
    /// Cells are padded with blanks, and a border may stand around and between them.
    drawn: bool,
}

/// `| user | password |`.
pub(super) const PIPES: Kind = Kind {
    separator: b'|',
    drawn: true,
};
/// `user,password`.
pub(super) const COMMAS: Kind = Kind {
    separator: b',',
    drawn: false,
};
/// Tabs in the place of commas.
pub(super) const TABS: Kind = Kind {
    separator: b'\t',
    drawn: false,
};

/// No longer line is one of a table.
const MAX_LINE: usize = 1024;
/// No table has more columns behind the first secret.
const MAX_COLUMNS: usize = 32;
/// The first secret stands in one of so many rows, borders included.
const MAX_ROWS: usize = 16;

impl Kind {
    /// Whether the head of a column goes on behind `before`.
    pub(super) fn begins(&self, before: &[u8]) -> bool {
        let line = before.rsplit(|byte| *byte == b'\n').next();
        let line = line.unwrap_or_default();
        // The first of several columns tells them all.
        let mut cells = line.rsplit(|byte| *byte == self.separator);
        let cell = cells.next().unwrap_or_default();
        if cells.any(named::is_secret_name) {
            return false;
        }
        if self.drawn {
            return cell.iter().all(|byte| self.is_of_head(*byte));
        }
        // What a string of JSON begins with is its first line.
        let line = match memchr::memmem::rfind(line, b":\"") {
            Some(at) => &line[at + 2..],
            None => line,
        };
        // An indented line is none of a file.
        let is_head = |byte: &u8| self.is_of_head(*byte) || *byte == self.separator;
        line.iter().all(is_head) && !line.starts_with(b" ")
    }

    fn is_of_head(&self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric()
            || b"_- \"".contains(&byte)
            || self.drawn && b"*`.".contains(&byte)
    }

    /// Finds the first secret below the head that goes on at the anchor.
    pub(super) fn open(&self, text: &[u8]) -> Opening {
        let text = &text[..text.len().min(MAX_TABLE)];
        let head = match self.line(text, 0) {
            Line::Whole(head) => head,
            Line::Cut if text.len() < MAX_LINE && self.may_be_head(text) => {
                return Opening::Unclear;
            }
            Line::Cut | Line::No => return Opening::No,
        };
        let cells = self.columns(&text[head.clone()]);
        if cells.is_empty() {
            return Opening::No;
        }
        let mut at = head.end;
        for _ in 0..MAX_ROWS {
            at += length_of_break(&text[at..]);
            match self.line(text, at) {
                Line::Whole(row) => match self.secrets(text, row.clone(), &cells).first() {
                    Some(value) => return Opening::After(value.start),
                    None => at = row.end,
                },
                Line::Cut if text.len() < MAX_TABLE => {
                    let row = at..text.len();
                    return match self.secrets(text, row, &cells).first() {
                        Some(value) => Opening::After(value.start),
                        None => Opening::Unclear,
                    };
                }
                Line::Cut | Line::No => return Opening::No,
            }
        }
        Opening::No
    }

    /// Where the rows end that `text` begins within.
    pub(super) fn close(&self, text: &[u8]) -> Close {
        let shown = &text[..text.len().min(MAX_TABLE)];
        let mut end = run(|byte| byte != b'\n', shown);
        loop {
            let next = end + length_of_break(&shown[end..]);
            match self.line(shown, next) {
                Line::Whole(row) => end = row.end,
                _ if shown.len() < text.len() => return Close::At(end),
                Line::Cut => {
                    return Close::NotYet {
                        keep: text.len() - end.min(text.len()),
                    };
                }
                Line::No => return Close::At(end),
            }
        }
    }

    /// The secrets of the rows behind the head.
    pub(super) fn values(&self, text: &[u8], _: usize) -> Vec<Range<usize>> {
        let Line::Whole(head) = self.line(text, 0) else {
            return Vec::new();
        };
        let cells = self.columns(&text[head.clone()]);
        let mut values = Vec::new();
        let mut at = head.end + length_of_break(&text[head.end..]);
        while at < text.len() {
            let end = at + run(|byte| byte != b'\n', &text[at..]);
            values.extend(self.secrets(text, at..end, &cells));
            at = end + 1;
        }
        values
    }

    /// The names of the columns from the anchor on, if they are such.
    fn columns<'t>(&self, head: &'t [u8]) -> Vec<&'t [u8]> {
        let head = self.without_border(head);
        let cells = self.cells(head, 0..head.len());
        let is_name = |cell: &Range<usize>| {
            let name = &head[cell.clone()];
            name.len() <= 40 && name.iter().all(|byte| self.is_of_head(*byte))
        };
        let is_head = cells.len() <= MAX_COLUMNS
            && cells.iter().all(is_name)
            // A blank stands behind no comma.
            && (self.drawn || !cells.iter().any(|cell| head[cell.clone()].starts_with(b" ")));
        let mut names = Vec::new();
        if is_head {
            names.extend(cells.into_iter().map(|cell| &head[cell]));
        }
        names
    }

    fn may_be_head(&self, text: &[u8]) -> bool {
        text.iter()
            .all(|byte| self.is_of_head(*byte) || *byte == self.separator || *byte == b'\r')
    }

    /// The secrets in a row.
    fn secrets(&self, text: &[u8], row: Range<usize>, columns: &[&[u8]]) -> Vec<Range<usize>> {
        let row = row.start..row.start + self.without_border(&text[row.clone()]).len();
        if !text[row.clone()].contains(&self.separator) {
            return Vec::new();
        }
        let cells = self.cells(text, row);
        let Some(behind) = cells.len().checked_sub(columns.len()) else {
            return Vec::new();
        };
        let cells = cells.into_iter().skip(behind);
        let pairs = columns.iter().zip(cells);
        let secrets = pairs.filter(|(name, cell)| {
            named::is_secret_name(name) && is_secret(name, &text[cell.clone()])
        });
        secrets.map(|(_, cell)| cell).collect()
    }

    /// A line without the sign that closes it.
    fn without_border<'t>(&self, line: &'t [u8]) -> &'t [u8] {
        if !self.drawn {
            return line.strip_suffix(b"\r").unwrap_or(line);
        }
        let line = line.trim_ascii_end();
        line.strip_suffix(b"|").unwrap_or(line)
    }

    /// Where the cells of a line stand, without blanks and quotation marks around them.
    fn cells(&self, text: &[u8], line: Range<usize>) -> Vec<Range<usize>> {
        let mut cells = Vec::new();
        let mut start = line.start;
        let mut at = line.start;
        while at <= line.end {
            let quoted = !self.drawn && at == start && text.get(at) == Some(&b'"');
            if quoted
                && let Some(length) = text[at + 1..line.end].iter().position(|byte| *byte == b'"')
            {
                at += 1 + length;
            }
            if at == line.end || text[at] == self.separator {
                cells.push(self.trimmed(text, start..at));
                start = at + 1;
            }
            at += 1;
        }
        cells
    }

    fn trimmed(&self, text: &[u8], cell: Range<usize>) -> Range<usize> {
        let around: &[u8] = if self.drawn { b" `*" } else { b"\"" };
        let mut cell = cell;
        while cell.start < cell.end && around.contains(&text[cell.start]) {
            cell.start += 1;
        }
        while cell.start < cell.end && around.contains(&text[cell.end - 1]) {
            cell.end -= 1;
        }
        cell
    }

    /// The line at `at`, if it is one of a table.
    fn line(&self, text: &[u8], at: usize) -> Line {
        let rest = text.get(at..).unwrap_or_default();
        let length = run(|byte| byte != b'\n', &rest[..rest.len().min(MAX_LINE)]);
        let line = &rest[..length];
        let is_border =
            self.drawn && !line.is_empty() && line.iter().all(|byte| b"|+-: \r".contains(byte));
        let is_of_table = is_border || line.contains(&self.separator) || at == 0;
        match rest.get(length) {
            None => Line::Cut,
            Some(b'\n') if is_of_table => Line::Whole(at..at + length),
            Some(_) => Line::No,
        }
    }
}

/// What stands at a place.
enum Line {
    /// A line, without its end.
    Whole(Range<usize>),
    /// The text ends in it.
    Cut,
    /// None of a table.
    No,
}

fn length_of_break(text: &[u8]) -> usize {
    usize::from(text.first() == Some(&b'\n'))
}
