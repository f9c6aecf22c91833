//! Puts prefixes into buckets, so that little else is let through.

use super::{
    ANYWHERE, AT_WORDS, BEFORE_QUERIES, HINTS, Kind, MARKS, Prefix, RUNS_ANYWHERE, RUNS_AT_WORDS,
    SIEVES,
    prefix::{KINDS, Shape},
};

/// Puts each prefix into a bucket for its kind, of all buckets of all sieves.
pub(super) fn fill(prefixes: &[(Kind, Prefix)]) -> Vec<(usize, Prefix)> {
    let mut all = Vec::with_capacity(prefixes.len());
    for kind in KINDS {
        let free: Vec<usize> = (0..8 * SIEVES)
            .filter(|bucket| places(kind)[bucket / 8] >> (bucket % 8) & 1 == 1)
            .collect();
        let of_kind = prefixes.iter().filter(|(of, _)| *of == kind);
        let mut prefixes: Vec<Prefix> = of_kind.map(|(_, prefix)| *prefix).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        let of_shapes = Groups::new(&prefixes, free.len()).of_shapes;
        let buckets = of_shapes.iter().map(|group| free[*group]);
        all.extend(buckets.zip(prefixes));
    }
    all
}

/// Which buckets of each sieve are for a kind.
fn places(kind: Kind) -> [u8; SIEVES] {
    let [first, second] = ANYWHERE;
    match kind {
        Kind::Anywhere => [first, second, 0, 0, 0],
        Kind::AtWord => [0, AT_WORDS, 0, 0, 0],
        Kind::InQuery => [0, BEFORE_QUERIES, 0, 0, 0],
        Kind::RunAtWord => [0, 0, RUNS_AT_WORDS, 0, 0],
        Kind::RunAnywhere => [0, 0, 0, RUNS_ANYWHERE, 0],
        Kind::Mark => [0, 0, 0, MARKS, 0],
        Kind::Hint => [0, 0, 0, 0, HINTS],
    }
}

/// Shapes in so many groups, of which text has as little as may be.
struct Groups {
    shapes: Vec<Shape>,
    /// The group of each shape.
    of_shapes: Vec<usize>,
    /// What each group lets through.
    all: Vec<Group>,
}

#[derive(Clone, Copy)]
struct Group {
    shape: Shape,
    frequency: f32,
}

/// More shapes are not compared each with each.
const MOST: usize = 440;
/// How often each shape is looked at again.
const ROUNDS: usize = 2;

impl Groups {
    fn new(prefixes: &[Prefix], count: usize) -> Self {
        let shapes: Vec<Shape> = prefixes.iter().map(|prefix| prefix.shape()).collect();
        let mut groups = if shapes.len() > MOST {
            Self::one_by_one(shapes, count)
        } else {
            Self::merged(shapes, count)
        };
        for _ in 0..ROUNDS {
            groups.improve();
        }
        groups
    }

    /// The most frequent first: each group is then taken by one that shares it with what
    /// is rarer.
    fn one_by_one(shapes: Vec<Shape>, count: usize) -> Self {
        let frequencies = shapes.iter().map(|shape| shape.frequency());
        let mut order: Vec<(f32, usize)> = frequencies.zip(0..).collect();
        order.sort_by(|one, other| other.0.total_cmp(&one.0));
        let mut groups = Self {
            of_shapes: vec![0; shapes.len()],
            shapes,
            all: vec![Group::EMPTY; count],
        };
        for (_, at) in order {
            groups.put(at);
        }
        groups
    }

    /// Joins, again and again, the two groups that let the least more through together.
    fn merged(shapes: Vec<Shape>, count: usize) -> Self {
        let mut all: Vec<Group> = shapes.iter().map(|shape| Group::new(*shape)).collect();
        let more = |one: Group, other: Group| {
            let both = Group::new(one.shape.with(other.shape));
            both.frequency - one.frequency - other.frequency
        };
        // What it costs to join each group with each of those before it.
        let mut costs: Vec<Vec<f32>> = (0..all.len())
            .map(|at| (0..at).map(|before| more(all[at], all[before])).collect())
            .collect();
        let mut of_shapes: Vec<usize> = (0..shapes.len()).collect();
        while all.len() > count {
            let (mut least, mut one, mut other) = (f32::INFINITY, 0, 1);
            for (at, costs) in costs.iter().enumerate() {
                for (before, cost) in costs.iter().enumerate() {
                    if *cost < least {
                        (least, one, other) = (*cost, before, at);
                    }
                }
            }
            // One is both from now on, and the last takes the place of the other.
            let last = all.len() - 1;
            all[one] = Group::new(all[one].shape.with(all[other].shape));
            all.swap_remove(other);
            let of_last = costs.pop().unwrap_or_default();
            for at in 0..last {
                let is_before = at < other;
                if is_before && other < last {
                    costs[other][at] = of_last[at];
                } else if at > other {
                    costs[at][other] = of_last[at];
                }
                if at != one {
                    costs[one.max(at)][one.min(at)] = more(all[one], all[at]);
                }
            }
            for group in &mut of_shapes {
                if *group == other {
                    *group = one;
                } else if *group == last {
                    *group = other;
                }
            }
        }
        all.resize(count, Group::EMPTY);
        Self {
            shapes,
            of_shapes,
            all,
        }
    }

    /// Moves each shape to the group that lets the least more through for it.
    fn improve(&mut self) {
        for at in 0..self.shapes.len() {
            let own = self.of_shapes[at];
            let others = self.shapes.iter().zip(&self.of_shapes).enumerate();
            let others = others.filter(|(other, (_, group))| *other != at && **group == own);
            let without = others.fold(Shape::NONE, |all, (_, (shape, _))| all.with(*shape));
            self.all[own] = Group::new(without);
            self.put(at);
        }
    }

    /// Puts a shape into the group that lets the least more through for it.
    fn put(&mut self, at: usize) {
        let with = |group: &Group| Group::new(group.shape.with(self.shapes[at]));
        let groups = self.all.iter().map(|group| (with(group), *group));
        let best = groups.enumerate().min_by(|(_, one), (_, other)| {
            let more = |(with, without): &(Group, Group)| with.frequency - without.frequency;
            more(one).total_cmp(&more(other))
        });
        if let Some((group, (with, _))) = best {
            self.all[group] = with;
            self.of_shapes[at] = group;
        }
    }
}

impl Group {
    const EMPTY: Self = Self {
        shape: Shape::NONE,
        frequency: 0.0,
    };

    fn new(shape: Shape) -> Self {
        Self {
            shape,
            frequency: shape.frequency(),
        }
    }
}
