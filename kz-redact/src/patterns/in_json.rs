//! Rules in JSON: in the text as it is written, where a key tells what a string is, and in
//! each string as it is meant.

use std::ops::Range;

use super::{
    Hit, LOOK_BEHIND, PatternSet,
    escaped::{Meant, Noted},
    filter::Event,
    named,
    rule::Walks,
    runs,
    scan::End,
    table,
};
use crate::{
    json::{Part, Unescaped, next_escape},
    wiped::Depth,
};

impl PatternSet {
    /// Calls `visit` with each match in a part of a JSON text as that is meant, by itself,
    /// and with the part, and adds to `out` every match in the text as it is
    /// written that what stands outside of a string may have to do with. Both are read once
    /// to know where rules have to look. Rules that may match
    /// [anywhere](Self::has_custom) look at the text as it is written alone.
    pub(crate) fn find_in_json(
        &self,
        json: &Unescaped<'_>,
        out: &mut Vec<Hit>,
        mut visit: impl FnMut(&Part, &Hit),
    ) -> Depth {
        let (written, meant) = (json.written(), json.meant());
        let (mut walks, mut walks_of_runs) = (Walks::default(), Walks::default());
        let mut walks_of_keys = Walks::default();
        let (mut part, mut part_of_runs) = (InPart::default(), InPart::default());
        let mut find_at = |event| match event {
            Event::Anchor { at, rule, length } => {
                let rule_at = &table()[rule];
                if part.is_at(json, at) {
                    let (text, at) = part.text(meant, at);
                    if at + length <= text.len() {
                        if let Some(hit) = rule_at.find_at(rule, text, at, length, &mut part.walks)
                        {
                            rule_at.each_value(text, at, hit, |value| visit(&part.part, &value));
                        }
                        // Where a line ends as it is meant it goes on as it is written.
                        let within = at >= LOOK_BEHIND
                            && rule_at.ends_in_line(text, at + length, &mut part.walks);
                        if within {
                            return;
                        }
                    }
                }
                let place = json.place(at);
                if written[place..].starts_with(&meant[at..at + length]) {
                    if let Some(hit) = rule_at.find_at(rule, written, place, length, &mut walks) {
                        rule_at.each_value(written, place, hit, |value| out.push(value));
                    }
                } else if part.is_key(json, at)
                    && let Some(hit) = rule_at.find_at(rule, meant, at, length, &mut walks_of_keys)
                    && hit.start > part.part.meant.end
                {
                    out.push(Hit {
                        start: json.place(hit.start),
                        end: json.place(hit.end - 1) + 1,
                        ..hit
                    });
                }
            }
            Event::Run { at, named, marked } => {
                let find = |text: &[u8], at: usize, walks: &mut Walks| {
                    named::find_at(&self.enabled, text, at, named, marked, walks)
                };
                if part_of_runs.is_at(json, at) {
                    let (text, at) = part_of_runs.text(meant, at);
                    // Nothing names a run with which a string begins, there.
                    if (at > 0 || marked)
                        && let Some(hit) = find(text, at, &mut part_of_runs.walks)
                    {
                        visit(&part_of_runs.part, &hit);
                    }
                    // The run itself ends with the string.
                    if at >= LOOK_BEHIND {
                        return;
                    }
                }
                let place = run_as_written(written, json.place(at));
                out.extend(find(written, place, &mut walks_of_runs));
            }
        };
        let mut noted = next_escape(meant, 0).map(|_| Noted::default());
        let depth = self.filter.each(meant, 0, End::Last, |event| {
            if let Some(noted) = &mut noted {
                noted.add(event);
            }
            find_at(event);
        });
        if self.custom.is_empty() && noted.is_none() {
            return depth;
        }
        for (offset, rule) in self.custom.iter().enumerate() {
            rule.find(table().len() + offset, written, 0, out);
        }
        if let Some(mut noted) = noted {
            self.find_in_escaped(json, &mut noted, visit);
        }
        Depth::Deep
    }

    /// The same in parts that hold escapes of another kind, or one level deeper, with those
    /// undone, given what was noted of the text as it is meant.
    pub(super) fn find_in_escaped(
        &self,
        json: &Unescaped<'_>,
        noted: &mut Noted,
        mut visit: impl FnMut(&Part, &Hit),
    ) {
        if self.is_empty() {
            return;
        }
        let noted = noted.all();
        let (mut from, mut found) = (0, Vec::new());
        while let Some(escape) = next_escape(json.meant(), from) {
            let Some(part) = json.part_at(escape) else {
                return;
            };
            from = part.meant.end;
            let mut noted_in_part = None;
            Meant::each(&json.meant()[part.meant.clone()], 0, End::Last, |meant| {
                let noted = noted_in_part.get_or_insert_with(|| Noted::of_part(noted, &part.meant));
                self.find_again(meant, noted, &mut found);
                let found = found.drain(..);
                found.for_each(|hit| visit(&part, &meant.hit(&hit)));
            });
        }
    }
}

/// The part of a JSON text that rules look at, which go through it in order.
#[derive(Default)]
struct InPart {
    part: Part,
    walks: Walks,
}

impl InPart {
    /// Goes on to the part that the byte at `at` of the text as it is meant belongs to, if
    /// it belongs to one.
    fn is_at(&mut self, json: &Unescaped<'_>, at: usize) -> bool {
        if self.part.meant.contains(&at) {
            return true;
        }
        let Some(part) = json.part_at(at) else {
            return false;
        };
        *self = Self {
            part,
            walks: Walks::default(),
        };
        true
    }

    /// Whether the byte at `at` belongs to a key, which then is written with escapes.
    fn is_key(&mut self, json: &Unescaped<'_>, at: usize) -> bool {
        self.is_at(json, at) && json.is_key(&self.part)
    }

    /// The part, and where in it that byte stands.
    fn text<'m>(&self, meant: &'m [u8], at: usize) -> (&'m [u8], usize) {
        let Range { start, end } = self.part.meant;
        (&meant[start..end], at - start)
    }
}

/// Where the run is written that is meant to begin at `place`: the letters and digits with
/// which an escape ends (`\n`, `\u0041`) are no different from those of a key.
fn run_as_written(written: &[u8], place: usize) -> usize {
    match written[..place] {
        [.., b'\\', last] if runs::is_member(last) => place - 1,
        [.., b'\\', b'u', _, _, _, _] => place - 5,
        _ => place,
    }
}
