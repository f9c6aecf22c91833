//! Looks through the writable memory of this process.

use std::{
    collections::HashMap,
    fmt,
    fs::{self, File},
    ops::Range,
    os::unix::fs::FileExt as _,
};

use memchr::memmem;
use zeroize::Zeroizing;

use crate::canary::{Canary, FORMS, VEIL};

/// How much of a value tells that it is there: less than what an allocator
/// leaves of a freed buffer when it writes its lists into it.
const PIECE: usize = 12;

/// As much in forms that write several signs for one byte.
const WIDE_PIECE: usize = 20;

/// How much is read at once.
const STEP: usize = 1 << 20;

/// Every piece of some values in every form, XORed.
pub(crate) struct Scanner<'c> {
    canaries: &'c [Canary],
    /// By the first eight bytes.
    pieces: HashMap<[u8; 8], Vec<Piece>>,
    /// Values that are shorter than a piece.
    short: Vec<usize>,
    /// Whether a piece begins with these two bytes.
    begins: Vec<bool>,
}

struct Piece {
    rest: Vec<u8>,
    canary: usize,
    form: &'static str,
    at: usize,
}

/// A piece of a value in memory. Its `Debug` shows where, and never what.
pub(crate) struct Hit {
    pub(crate) canary: &'static str,
    pub(crate) form: &'static str,
    /// Where in the form it begins.
    pub(crate) at: usize,
    /// Where in the form its last piece begins.
    to: usize,
    pub(crate) address: usize,
    /// The mapping: permissions, file or region, flags.
    pub(crate) mapping: String,
    /// Locked, left out of core dumps, and in a forked child.
    pub(crate) is_kept: bool,
}

impl fmt::Debug for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            canary,
            form,
            at,
            to,
            address,
            mapping,
            ..
        } = self;
        write!(
            f,
            "{canary} as {form}, pieces {at} to {to}, at {address:x} in {mapping}"
        )
    }
}

impl<'c> Scanner<'c> {
    pub(crate) fn new(canaries: &'c [Canary]) -> Self {
        let mut scanner = Self {
            canaries,
            pieces: HashMap::new(),
            short: Vec::new(),
            begins: vec![false; 1 << 16],
        };
        for (index, canary) in canaries.iter().enumerate() {
            if canary.veiled.len() < PIECE {
                scanner.short.push(index);
                continue;
            }
            for form in FORMS {
                let mut written = form.write(&canary.plain());
                for byte in written.iter_mut() {
                    *byte ^= VEIL;
                }
                let wide = written.len() >= 2 * canary.veiled.len();
                let length = if wide { WIDE_PIECE } else { PIECE };
                for (at, piece) in written.windows(length).enumerate() {
                    scanner.add(piece, index, form.name, at);
                }
            }
        }
        scanner
    }

    fn add(&mut self, piece: &[u8], canary: usize, form: &'static str, at: usize) {
        let (first, rest) = piece.split_first_chunk::<8>().expect("pieces are longer");
        self.begins[usize::from(first[0]) << 8 | usize::from(first[1])] = true;
        self.pieces.entry(*first).or_default().push(Piece {
            rest: rest.to_vec(),
            canary,
            form,
            at,
        });
    }

    /// Every piece in every writable mapping, but in the scanner's own buffer.
    pub(crate) fn scan(&self) -> Vec<Hit> {
        let memory = File::open("/proc/self/mem").expect("a process may read itself");
        let mut buffer = Zeroizing::new(vec![0; STEP]);
        let own = buffer.as_ptr() as usize..buffer.as_ptr() as usize + STEP;
        let mut hits = Vec::new();
        let mut seen = 0;
        for mapping in mappings() {
            let mut from = mapping.range.start;
            while from < mapping.range.end {
                let length = STEP.min(mapping.range.end - from);
                let window = &mut buffer[..length];
                // What cannot be read (`[vvar]`) holds nothing of ours.
                if memory.read_exact_at(window, from as u64).is_err() {
                    break;
                }
                seen += length;
                for byte in window.iter_mut() {
                    *byte ^= VEIL;
                }
                self.scan_window(window, &mut |canary, form, at, place| {
                    let address = from + place;
                    if !own.contains(&address) {
                        hits.push(Hit {
                            canary: self.canaries[canary].name,
                            form,
                            at,
                            to: at,
                            address,
                            mapping: mapping.line.clone(),
                            is_kept: mapping.is_kept,
                        });
                    }
                });
                // A piece may lie across two windows.
                from += if length < STEP {
                    length
                } else {
                    STEP - WIDE_PIECE
                };
            }
        }
        assert!(seen > 1 << 20, "nothing was scanned");
        joined(hits)
    }

    fn scan_window(&self, window: &[u8], found: &mut dyn FnMut(usize, &'static str, usize, usize)) {
        for place in 0..window.len().saturating_sub(PIECE - 1) {
            let pair = usize::from(window[place]) << 8 | usize::from(window[place + 1]);
            if !self.begins[pair] {
                continue;
            }
            let Some((first, rest)) = window[place..].split_first_chunk::<8>() else {
                continue;
            };
            for piece in self.pieces.get(first).into_iter().flatten() {
                if rest.starts_with(&piece.rest) {
                    found(piece.canary, piece.form, piece.at, place);
                }
            }
        }
        for &canary in &self.short {
            for place in memmem::find_iter(window, &self.canaries[canary].veiled) {
                found(canary, "literal", 0, place);
            }
        }
    }
}

/// Pieces that follow each other become one hit.
fn joined(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| (hit.form, hit.address));
    let mut joined: Vec<Hit> = Vec::new();
    let mut end = (0, "");
    for hit in hits {
        let follows = end.1 == hit.form && (end.0..=end.0 + 1).contains(&hit.address);
        end = (hit.address, hit.form);
        match joined.last_mut() {
            Some(last) if follows => last.to = hit.to.max(last.to),
            _ => joined.push(hit),
        }
    }
    joined
}

struct Mapping {
    range: Range<usize>,
    line: String,
    is_kept: bool,
}

/// The writable mappings of this process (proc_pid_smaps(5)).
fn mappings() -> Vec<Mapping> {
    let text = fs::read_to_string("/proc/self/smaps").expect("a process may read its maps");
    let mut mappings: Vec<Mapping> = Vec::new();
    let mut writable = false;
    for line in text.lines() {
        if let Some(flags) = line.strip_prefix("VmFlags:") {
            if writable && let Some(last) = mappings.last_mut() {
                let has = |flag: &str| flags.split_whitespace().any(|other| other == flag);
                last.is_kept = has("lo") && has("dd") && !has("dc") && !has("wf");
                last.line.push_str(flags);
            }
            continue;
        }
        let mut words = line.split_whitespace();
        let (Some(range), Some(permissions)) = (words.next(), words.next()) else {
            continue;
        };
        let number = |digits| usize::from_str_radix(digits, 16).ok();
        if let Some((Some(start), Some(end))) =
            range.split_once('-').map(|(a, b)| (number(a), number(b)))
        {
            writable = permissions.starts_with("rw");
            if writable {
                mappings.push(Mapping {
                    range: start..end,
                    line: format!("{permissions} {}", words.nth(3).unwrap_or("anonymous")),
                    is_kept: false,
                });
            }
        }
    }
    mappings
}
