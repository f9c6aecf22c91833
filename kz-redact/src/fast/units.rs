use super::{
    Filter, Layer,
    anchors::LONGEST,
    buffer::Buffer,
    grams::eight,
    masks::{KINDS, LIST, SYMBOL},
    openers::opens_mark,
    runs::{begins_as_dump, end_of, is, run_start, skip_break},
};
use crate::{
    needle::Needles,
    oracle::{LEVELS, LONGEST_SIGN, Lattice, Reading, cut},
    views::TRANSPARENT,
};

/// How much text is read at once where units are written by units.
const BLOCK: usize = 160;

/// The longest line of a dump.
const LINE_OF_DUMP: usize = 256;

/// The longest stretch of text that is read for one unit.
const LONGEST_BLOCK: usize = 4096;

/// What a unit stands for and where it ends.
#[derive(Clone, Copy, Default)]
struct Unit {
    bytes: [u8; 4],
    len: usize,
    end: usize,
    /// How many units are read one over the other.
    level: u8,
    /// Whether other units and runs are read over it.
    is_sign: bool,
}

impl Unit {
    /// Whether runs may go on over it: to tell takes longer than to tell what it begins.
    fn may_join(&self) -> bool {
        self.is_sign
            && matches!(self.bytes[..self.len], [byte]
                if is_bar(byte) || KINDS[usize::from(byte)] != 0)
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.end == other.end
            && self.len == other.len
            && self.bytes == other.bytes
            && self.is_sign >= other.is_sign
    }
}

/// What was done up to where, so that it is not done twice.
#[derive(Default)]
struct Done {
    /// Runs that units are part of were lifted.
    joined: usize,
    /// Lists that units are part of were proposed.
    listed: usize,
}

/// A stretch of text that is full of units. There, telling one from the other
/// costs more than it saves: the oracle reads it whole.
#[derive(Default)]
struct Zone {
    start: usize,
    last: usize,
    count: usize,
}

/// How far apart units of a zone stand at most.
const NEAR: usize = 24;

/// How many units make a zone.
const FULL: usize = 24;

impl Zone {
    /// Adds a unit; says whether the oracle will read it.
    fn add(&mut self, at: usize, layer: &mut Layer) -> bool {
        if self.count == 0 || at - self.last > NEAR {
            self.end(layer);
            self.start = at;
        }
        self.last = at;
        self.count += 1;
        self.count > FULL
    }

    fn end(&mut self, layer: &mut Layer) {
        if self.count > FULL {
            layer.zones.push((self.start, self.last));
        }
        self.count = 0;
    }
}

impl Filter<'_> {
    /// Looks at the units that may be part of something: for paths that begin
    /// with bytes as they stand before a unit, and for runs that units join.
    pub(super) fn find_units(
        &self,
        text: &[u8],
        complete: bool,
        layer: &mut Layer,
        with_runs: bool,
    ) {
        let masks = std::mem::take(&mut layer.masks);
        let openers = &*self.anchors.openers;
        let flat = Lattice::read(text, complete, 0);
        let reading = Reading::watching(&flat, openers);
        let mut block: Option<(usize, Lattice<'_>)> = None;
        let mut done = Done::default();
        let mut zone = Zone::default();
        let marks = self.needles.have_ends();
        let mut units: Vec<Unit> = Vec::new();
        for (index, mask) in masks.iter().enumerate() {
            let mut hits = mask.openers;
            while hits != 0 {
                let at = index * 64 + hits.trailing_zeros() as usize;
                hits &= hits - 1;
                let Some(&second) = text.get(at + 1) else {
                    continue;
                };
                if marks && opens_mark(text[at], second) && is_mark(text, at) {
                    self.propose_mark(text, at, at, layer);
                    if let Some(bracket) = bracket_before(text, at) {
                        self.propose_mark(text, bracket, at, layer);
                    }
                }
                if !openers.opens(text[at], second) {
                    continue;
                }
                if self.is_mere_break(text, at) {
                    continue;
                }
                units.clear();
                let is_deep = self.read_units(&reading, text[at], at + 1, &mut units);
                let is_dear = is_deep || units.iter().any(Unit::may_join);
                if is_dear && zone.add(at, layer) {
                    continue;
                }
                if is_deep {
                    let is_open = add_deep(text, complete, at, &mut block, &mut units);
                    if is_open && !complete {
                        let start = at.saturating_sub(LONGEST);
                        layer.regions.push((start, text.len()));
                    }
                }
                for unit in &units {
                    self.follow(text, at, unit, layer);
                    if marks && unit.is_sign {
                        self.follow_mark(text, at, unit, layer);
                    }
                    if with_runs && unit.is_sign {
                        self.join(text, complete, at, unit, layer, &mut done);
                    }
                }
            }
        }
        zone.end(layer);
        layer.masks = masks;
    }

    /// Reads the units that begin with `opener`, whose next byte stands at `next`.
    /// Says whether units may be part of one.
    fn read_units(
        &self,
        reading: &Reading<'_>,
        opener: u8,
        next: usize,
        units: &mut Vec<Unit>,
    ) -> bool {
        let openers = &*self.anchors.openers;
        let read = |opener: u8, next: usize, level: u8, units: &mut Vec<Unit>| {
            openers.each_view(opener, reading.text().get(next).copied(), |view| {
                view.units(reading, opener, next, &mut |bytes, end| {
                    let mut unit = Unit {
                        bytes: [0; 4],
                        len: bytes.len(),
                        end,
                        level,
                        is_sign: view.shortest() == 0,
                    };
                    unit.bytes[..bytes.len()].copy_from_slice(bytes);
                    if !units.iter().any(|known| known.says_the_same(&unit)) {
                        units.push(unit);
                    }
                });
            });
        };
        read(opener, next, 1, units);
        let mut index = 0;
        while let Some(&unit) = units.get(index) {
            index += 1;
            let byte = unit.bytes[0];
            let opens = unit.len == 1 && unit.is_sign && openers.watched()[usize::from(byte)];
            if opens && unit.level < LEVELS {
                read(byte, unit.end, unit.level + 1, units);
            }
        }
        reading.touched_unit()
    }

    /// Whether a line break stands at `at` that cannot lie inside of a needle: what is
    /// before it is no part of an anchor, nor do a few bytes of it and the next line
    /// begin one.
    fn is_mere_break(&self, text: &[u8], at: usize) -> bool {
        let anchors = self.anchors;
        if !matches!(text[at], b'\n' | b'\r') || anchors.bytes.has(b' ') || at < 4 {
            return false;
        }
        if anchors
            .joints
            .may_hold(anchors.hasher.hash::<4>(eight(text, at - 4)))
        {
            return false;
        }
        let rest = &text[at..];
        let white = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
        let line = &rest[white.count()..];
        let signs = anchors.openers.signs();
        let is_plain = |byte: Option<&u8>| byte.is_some_and(|&byte| !signs[usize::from(byte)]);
        is_plain(line.first())
            && !(1..4).any(|count| self.may_head(&text[at - count..at], b"", line))
    }

    /// Looks for paths of which this unit is the first.
    fn follow(&self, text: &[u8], at: usize, unit: &Unit, layer: &mut Layer) {
        let anchors = self.anchors;
        let bytes = &unit.bytes[..unit.len];
        if bytes.first().is_some_and(|&byte| !anchors.bytes.has(byte)) {
            return;
        }
        // Where many bytes of the anchor stand before the unit.
        let before = if bytes.is_empty() { 4 } else { 3 };
        if at >= before {
            let raw = eight(text, at - before);
            let four = match bytes.first() {
                Some(&byte) => raw & 0x00ff_ffff | u64::from(byte) << 24,
                None => raw,
            };
            let hash = anchors.hasher.hash::<4>(four);
            if anchors.joints.may_hold(hash) {
                let mut places = anchors.joints.places(hash);
                while places != 0 {
                    let count = places.trailing_zeros() as usize + usize::from(bytes.is_empty());
                    places &= places - 1;
                    self.propose(text, at, count, bytes, layer);
                }
            }
        }
        // Where few do, what follows has to tell.
        let fewest = usize::from(bytes.is_empty());
        for count in fewest..before.min(at + 1) {
            if self.may_head(&text[at - count..at], bytes, &text[unit.end..]) {
                self.propose(text, at, count, bytes, layer);
            }
        }
    }

    /// Whether a needle may begin with `before`, `bytes` and what follows.
    fn may_head(&self, before: &[u8], bytes: &[u8], after: &[u8]) -> bool {
        let first = before.first().or(bytes.first());
        if first.is_some_and(|&byte| !self.anchors.firsts.has(byte)) {
            return false;
        }
        let mut four = [0; 4];
        let mut count = 0;
        for &byte in before.iter().chain(bytes) {
            if count < 4 {
                four[count] = byte;
                count += 1;
            }
        }
        for &byte in after.iter().take(4 - count) {
            if self.anchors.openers.watched()[usize::from(byte)] {
                return true;
            }
            four[count] = byte;
            count += 1;
        }
        let hash = self.anchors.hasher.hash::<4>(eight(&four, 0));
        count < 4 || self.anchors.heads.may_hold(hash)
    }

    /// Proposes the path that begins `count` bytes before the unit at `at`, if
    /// some needle begins so.
    fn propose(&self, text: &[u8], at: usize, count: usize, bytes: &[u8], layer: &mut Layer) {
        let Some(start) = at.checked_sub(count) else {
            return;
        };
        if begins(self.needles, &text[start..at], bytes) && layer.starts.last() != Some(&start) {
            layer.starts.push(start);
        }
    }

    /// Looks for runs of which this unit is a part.
    fn join(
        &self,
        text: &[u8],
        complete: bool,
        at: usize,
        unit: &Unit,
        layer: &mut Layer,
        done: &mut Done,
    ) {
        let &[byte] = &unit.bytes[..unit.len] else {
            return;
        };
        let kind = KINDS[usize::from(byte)];
        let is_break = matches!(byte, b'\r' | b'\n' | b' ' | b'\t');
        let follows = if matches!(byte, b' ' | b'\t') {
            // An indentation, if a line was broken.
            let before = &text[..at];
            let line = before.trim_ascii_end();
            let broken = before.get(line.len()).copied();
            matches!(broken, Some(b'\r' | b'\n')) && is(line, line.len().wrapping_sub(1), SYMBOL)
        } else {
            at > 0 && is(text, at - 1, SYMBOL)
        };
        if (kind & SYMBOL != 0 || is_break && follows) && at >= done.joined {
            let end = if is_break {
                Self::skip_white(text, unit.end)
            } else {
                unit.end
            };
            let start = if is_break {
                text[..at].trim_ascii_end().len()
            } else {
                at
            };
            if self.may_join(text, start, end) {
                let Layer {
                    lifted, regions, ..
                } = layer;
                done.joined = self.lift_joined(text, complete, start, lifted, regions);
            }
        }
        let before = text[..at].last_chunk::<2>();
        if is_bar(byte) && before == Some(b"  ")
            || matches!(byte, b'\r' | b'\n') && begins_as_dump(text, unit.end)
        {
            let start = at.saturating_sub(LINE_OF_DUMP);
            let end = text.len().min(unit.end + LINE_OF_DUMP);
            layer.regions.push((start, end));
        }
        let goes_on = || {
            let watched = self.anchors.openers.signs();
            is(text, unit.end, LIST)
                || text
                    .get(unit.end)
                    .is_some_and(|&byte| watched[usize::from(byte)])
        };
        let follows = at > 0 && is(text, at - 1, LIST);
        if kind & LIST != 0 && at >= done.listed && (follows || goes_on()) {
            done.listed = self.propose_list(text, complete, (at, unit.end), layer);
        }
    }

    /// Behind the white space at `at`, as it stands.
    fn skip_white(text: &[u8], at: usize) -> usize {
        let mut at = at;
        while matches!(text.get(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        skip_break(text, at)
    }

    /// Proposes the list of numbers through `at`, if there are enough of them;
    /// returns where it ends at the latest.
    fn propose_list(
        &self,
        text: &[u8],
        complete: bool,
        (at, after): (usize, usize),
        layer: &mut Layer,
    ) -> usize {
        let mut start = at;
        while start > 0 && is(text, start - 1, LIST) {
            start -= 1;
        }
        if !self.may_list(text, start, at, after) {
            return at;
        }
        let flat = Lattice::read(text, complete, 0);
        let reading = Reading::watching(&flat, &*self.anchors.openers);
        let mut list = List::default();
        text[start..at].iter().for_each(|&byte| list.add(byte));
        let mut ahead = Ahead {
            text,
            complete,
            reading: &reading,
            units: Vec::new(),
            block: None,
        };
        let mut end = at;
        loop {
            let further = end_of(text, end, LIST);
            text[end..further].iter().for_each(|&byte| list.add(byte));
            end = further;
            if let Some((byte, further)) = self.unit_of_kind(&mut ahead, end, LIST) {
                list.add(byte);
                end = further;
            } else if list.is_wide {
                // The column of characters of a dump.
                match self.end_of_line(&mut ahead, end) {
                    Some(line) => end = line,
                    None => break,
                }
                list.is_wide = false;
            } else {
                break;
            }
        }
        let end = end.min(text.len());
        list.end_line();
        if list.is_dump {
            // The first line may have no unit.
            start = start.saturating_sub(LINE_OF_DUMP);
        }
        let enough = list.numbers >= self.fewest.numbers || list.digits >= self.fewest.digits;
        if enough || list.is_dump || end == text.len() && !complete {
            layer.regions.push((start, end));
        }
        end
    }
}

impl Filter<'_> {
    /// Whether there may be a list from `start` over the unit between `at` and
    /// `after`: most are too short, and no unit goes on with them.
    fn may_list(&self, text: &[u8], start: usize, at: usize, after: usize) -> bool {
        let end = end_of(text, after, LIST);
        let goes_on = end == text.len() || self.may_open(text, end);
        let digits = |text: &[u8]| text.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
        goes_on || 1 + digits(&text[start..at]) + digits(&text[after..end]) >= 6
    }
}

impl Filter<'_> {
    /// Proposes to look around a unit that may be part of a mark: of its signs, or of a
    /// word behind a bracket.
    fn follow_mark(&self, text: &[u8], at: usize, unit: &Unit, layer: &mut Layer) {
        if matches!(unit.bytes[0], b'.' | b'*' | b'[' | b'<' | b'(' | 0xe2) {
            self.propose_mark(text, at, unit.end, layer);
        } else if unit.bytes[0].is_ascii_alphabetic()
            && let Some(bracket) = bracket_before(text, at)
        {
            self.propose_mark(text, bracket, unit.end, layer);
        }
    }

    /// Proposes to look around a mark that says that something was left out, or what
    /// may be one, if something may have been: if an anchor or a run stands before
    /// it, or the end of a value or a run behind it. Where units stand near, anything
    /// may.
    fn propose_mark(&self, text: &[u8], at: usize, behind: usize, layer: &mut Layer) {
        let anchors = self.anchors;
        let signs = anchors.openers.signs();
        let mut before = &text[..at];
        for _ in 0..5 {
            before = before
                .strip_suffix(b" ")
                .or_else(|| before.strip_suffix(b"\n"))
                .or_else(|| before.strip_suffix(b"\r"))
                .or_else(|| before.strip_suffix(b","))
                .unwrap_or(before);
        }
        let near = &before[before.len().saturating_sub(LONGEST)..];
        let after = &text[text.len().min(behind)..text.len().min(behind + MARK)];
        let is_run = |text: &[u8]| {
            text.iter()
                .all(|&byte| KINDS[usize::from(byte)] & (SYMBOL | LIST) != 0)
        };
        let is_near = near.iter().any(|&byte| signs[usize::from(byte)])
            || near.len() >= 4
                && anchors
                    .joints
                    .may_hold(anchors.hasher.hash::<4>(eight(before, before.len() - 4)))
            || near.len() >= RUN && is_run(&near[near.len() - RUN..]);
        let is_after = after
            .iter()
            .take(LONGEST)
            .any(|&byte| signs[usize::from(byte)])
            || self.may_end(after)
            || after.windows(RUN).any(is_run);
        if is_near || is_after {
            let run = run_start(text, before.len());
            let list = before.iter().rev().take(LONGEST_LIST);
            let list = list.take_while(|&&byte| KINDS[usize::from(byte)] & LIST != 0);
            let start = run.min(before.len() - list.count());
            // What follows on the mark belongs to the zone.
            layer.zones.push((start, text.len().min(behind + MARK)));
        }
    }

    /// Whether the end of some needle begins near the front of `text`: behind the rest
    /// of a mark.
    fn may_end(&self, text: &[u8]) -> bool {
        text.windows(4).any(|four| {
            self.needles.ends().into_iter().any(|(mut low, mut high)| {
                for (depth, &byte) in four.iter().enumerate() {
                    if low < high {
                        (low, high) = self.needles.narrow(low, high, depth, byte);
                    }
                }
                low < high
            })
        })
    }
}

/// Whether the column of characters of a dump may stand behind this byte.
fn is_bar(byte: u8) -> bool {
    matches!(byte, b'|' | b'>')
}

/// How much of the text behind the beginning of a mark is looked at: the mark, and
/// what the end of a value begins with.
const MARK: usize = 64;

/// How far back a list is read that a mark follows.
const LONGEST_LIST: usize = 64 * 1024;

/// The length of the shortest run that is looked at beside a mark.
const RUN: usize = 11;

/// Where the bracket stands that may open the mark of which something is at `at`, if
/// none has closed it.
fn bracket_before(text: &[u8], at: usize) -> Option<usize> {
    let from = at.saturating_sub(MARK);
    let is_bracket = |byte: &u8| matches!(byte, b'[' | b'<' | b'(');
    let place = text[from..at].iter().rposition(is_bracket)?;
    let is_closed = text[from + place..at]
        .iter()
        .any(|byte| matches!(byte, b']' | b'>' | b')'));
    (!is_closed).then_some(from + place)
}

/// Whether a mark, or a part of one, stands at `at`.
fn is_mark(text: &[u8], at: usize) -> bool {
    let rest = &text[at..];
    let begins = |mark: &str| {
        rest.get(..mark.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(mark.as_bytes()))
    };
    cut::SIGNS.iter().chain(cut::WORDS).any(|mark| begins(mark))
}

/// What is counted of a list of numbers.
#[derive(Default)]
struct List {
    digits: usize,
    numbers: usize,
    in_number: bool,
    /// The beginning of the line.
    head: Buffer,
    /// Blanks at the end.
    blanks: usize,
    /// There is room behind the numbers of the line, as before a column of
    /// characters.
    is_wide: bool,
    /// Some line is one of a dump.
    is_dump: bool,
}

impl List {
    fn add(&mut self, byte: u8) {
        if matches!(byte, b'\r' | b'\n') {
            self.end_line();
        } else if self.head.len() < TRANSPARENT {
            // A plus belongs to no list but as the blank of a form.
            self.head.push(if byte == b'+' { b' ' } else { byte });
        }
        let is_digit = byte.is_ascii_hexdigit();
        self.digits += usize::from(is_digit);
        self.numbers += usize::from(is_digit && !self.in_number);
        self.in_number = is_digit;
        self.blanks = match byte {
            b' ' | b'\t' | b'+' => self.blanks + 1,
            _ => 0,
        };
        self.is_wide |= self.blanks >= 2 && self.digits >= 6;
    }

    fn end_line(&mut self) {
        // Where the line ends, no bytes follow.
        self.head.push(b'.');
        self.is_dump |= begins_as_dump(&self.head, 0);
        self.head.clear();
        self.blanks = 0;
        self.is_wide = false;
    }
}

/// What it takes to read on from a unit.
struct Ahead<'a> {
    text: &'a [u8],
    complete: bool,
    reading: &'a Reading<'a>,
    units: Vec<Unit>,
    block: Option<(usize, Lattice<'a>)>,
}

impl Filter<'_> {
    /// The longest unit at `at` that stands for a byte of this kind, and the byte.
    fn unit_of_kind(&self, ahead: &mut Ahead<'_>, at: usize, kind: u8) -> Option<(u8, usize)> {
        let &opener = ahead.text.get(at)?;
        ahead.units.clear();
        if self.read_units(ahead.reading, opener, at + 1, &mut ahead.units) {
            add_deep(
                ahead.text,
                ahead.complete,
                at,
                &mut ahead.block,
                &mut ahead.units,
            );
        }
        ahead
            .units
            .iter()
            .filter(|unit| unit.len == 1 && unit.is_sign)
            .filter(|unit| KINDS[usize::from(unit.bytes[0])] & kind != 0)
            .max_by_key(|unit| unit.end)
            .map(|unit| (unit.bytes[0], unit.end))
    }

    /// Where the line ends that goes on at `at`, if its rest is no longer than the
    /// column of characters of a dump.
    fn end_of_line(&self, ahead: &mut Ahead<'_>, at: usize) -> Option<usize> {
        let mut at = at;
        for _ in 0..TRANSPARENT + 2 {
            match self.unit_of_kind(ahead, at, u8::MAX) {
                Some((b'\r' | b'\n', end)) => return Some(end),
                Some((_, end)) => at = end,
                None => {
                    let longest = ahead.units.iter().map(|unit| unit.end).max();
                    match ahead.text.get(at) {
                        Some(b'\r' | b'\n') => return Some(at),
                        Some(_) => at = longest.unwrap_or(at + 1),
                        None => return None,
                    }
                }
            }
        }
        None
    }
}

/// Adds the units at `at` of all levels; says whether there may be more once more
/// text is known.
fn add_deep<'t>(
    text: &'t [u8],
    complete: bool,
    at: usize,
    block: &mut Option<(usize, Lattice<'t>)>,
    units: &mut Vec<Unit>,
) -> bool {
    let (base, lattice) = block_at(text, complete, at, block);
    units.extend(lattice.edges(at - base).iter().map(|edge| Unit {
        bytes: edge.four(),
        len: edge.bytes().len(),
        end: base + edge.to as usize,
        level: edge.level,
        is_sign: edge.shortest == 0,
    }));
    lattice.is_open(at - base)
}

/// Whether some needle begins with these bytes.
fn begins(needles: &Needles, before: &[u8], bytes: &[u8]) -> bool {
    needles.tables().into_iter().any(|(mut low, mut high)| {
        for (depth, &byte) in before.iter().chain(bytes).enumerate() {
            if low < high {
                (low, high) = needles.narrow(low, high, depth, byte);
            }
        }
        low < high
    })
}

/// A lattice in which the units at `at` are read as far as they go.
fn block_at<'b, 't>(
    text: &'t [u8],
    complete: bool,
    at: usize,
    block: &'b mut Option<(usize, Lattice<'t>)>,
) -> (usize, &'b Lattice<'t>) {
    let known = block.as_ref().is_some_and(|(base, lattice)| {
        let end = base + lattice.text().len();
        *base <= at && (end == text.len() || at + LONGEST_SIGN < end)
    });
    if !known {
        let mut length = BLOCK;
        loop {
            let end = text.len().min(at + length);
            let cut = end < text.len();
            let lattice = Lattice::read(&text[at..end], complete && !cut, LEVELS);
            if cut && lattice.is_open(0) && length < LONGEST_BLOCK {
                length *= 4;
                continue;
            }
            *block = Some((at, lattice));
            break;
        }
    }
    let (base, lattice) = block
        .as_ref()
        .expect("a block that was not known was read above");
    (*base, lattice)
}
