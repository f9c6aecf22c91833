//! Rules in JSON: in the text as it is written, where a key tells what a string is, and in
//! each string as it is meant.

use super::{
    Hit, LOOK_BEHIND, PatternSet, escaped::Meant, filter::Event, named, rule::Walks, runs,
    scan::End, table,
};
use crate::json::{Part, Unescaped, next_escape};

impl PatternSet {
    /// Calls `visit` with each match in a part of a JSON text as that is meant, by itself,
    /// and with the number of the part, and adds to `out` every match in the text as it is
    /// written that what stands outside of a string may have to do with. Both are read once
    /// to know where rules have to look. Rules that may match
    /// [anywhere](Self::has_custom) look at the text as it is written alone.
    pub(crate) fn find_in_json(
        &self,
        json: &Unescaped<'_>,
        out: &mut Vec<Hit>,
        mut visit: impl FnMut(usize, &Hit),
    ) {
        let (written, meant) = (json.written(), json.meant());
        let (mut walks, mut walks_of_runs) = (Walks::default(), Walks::default());
        let (mut part, mut part_of_runs) = (InPart::default(), InPart::default());
        self.filter.each(meant, 0, End::Last, |event| match event {
            Event::Anchor { at, rule, length } => {
                let find = |text: &[u8], at: usize, walks: &mut Walks| {
                    table()[rule].find_at(rule, text, at, length, walks)
                };
                if let Some((number, start)) = part.at(json, at) {
                    let (text, at) = (json.part(number), at - start);
                    if at + length <= text.len() {
                        if let Some(hit) = find(text, at, &mut part.walks) {
                            visit(number, &hit);
                        }
                        let within = at >= LOOK_BEHIND
                            && table()[rule].ends_within(text, at + length, &mut part.walks);
                        if within {
                            return;
                        }
                    }
                }
                let place = json.place(at);
                if written[place..].starts_with(&meant[at..at + length]) {
                    out.extend(find(written, place, &mut walks));
                }
            }
            Event::Run { at, hinted, marked } => {
                let find = |text: &[u8], at: usize, walks: &mut Walks| {
                    named::find_at(&self.enabled, text, at, hinted, marked, walks)
                };
                if let Some((number, start)) = part_of_runs.at(json, at) {
                    let (text, at) = (json.part(number), at - start);
                    // Nothing names a run with which a string begins, there.
                    if (at > 0 || marked)
                        && let Some(hit) = find(text, at, &mut part_of_runs.walks)
                    {
                        visit(number, &hit);
                    }
                    // The run itself ends with the string.
                    if at >= LOOK_BEHIND {
                        return;
                    }
                }
                let place = run_as_written(written, json.place(at));
                out.extend(find(written, place, &mut walks_of_runs));
            }
        });
        for (offset, rule) in self.custom.iter().enumerate() {
            rule.find(table().len() + offset, written, 0, out);
        }
        self.find_in_escaped(json, visit);
    }

    /// The same in parts that hold escapes of another kind, or one level deeper, with those
    /// undone.
    fn find_in_escaped(&self, json: &Unescaped<'_>, mut visit: impl FnMut(usize, &Hit)) {
        if self.is_empty() {
            return;
        }
        let (mut from, mut found) = (0, Vec::new());
        while let Some(escape) = next_escape(json.meant(), from) {
            let number = json.parts_in(escape, usize::MAX).start;
            let Some(part) = json.parts.get(number) else {
                return;
            };
            from = part.meant.end;
            Meant::each(json.part(number), 0, End::Last, |meant| {
                self.find_as_written(meant.text(), meant.from, &mut found);
                found
                    .drain(..)
                    .for_each(|hit| visit(number, &meant.hit(&hit)));
            });
        }
    }
}

/// The part of a JSON text that rules look at, which are asked about in order.
#[derive(Default)]
struct InPart {
    number: usize,
    walks: Walks,
}

impl InPart {
    /// The part that the byte at `at` of the text as it is meant belongs to, and where that
    /// part begins.
    fn at(&mut self, json: &Unescaped<'_>, at: usize) -> Option<(usize, usize)> {
        let behind = |part: &&Part| part.meant.end <= at;
        let passed = json.parts[self.number..].iter().take_while(behind).count();
        if passed > 0 {
            self.number += passed;
            self.walks = Walks::default();
        }
        let start = json.parts.get(self.number)?.meant.start;
        (start <= at).then_some((self.number, start))
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
