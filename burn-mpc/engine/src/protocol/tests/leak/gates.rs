//! Gates of all schedules: one element and patches, with and without truncation, in every mode, in windows, in lanes.
//!
//! All instances have the same secret, so that lanes and patches can be cut anywhere between instances.

use super::{Case, How, Secrets, see_bits, see_share};
use crate::protocol::context::Context;
use crate::protocol::{
    Comparison, Patches, Truncation, Window, gate, gate_in_lanes, gate_rounds,
    gate_rounds_in_lanes, multiply, reshare_halves, reshare_lanes, truncate_halves, truncate_lanes,
};
use crate::ring::{self, Ring, Z4, Z6, Z32, Z64};
use crate::share::{Additive, Rss};

/// What a gate is asked to do.
#[derive(Clone, Copy)]
struct Asked {
    mode: Truncation,
    shift: u32,
    /// By how many bits the result of a gate of few bytes is truncated afterwards; 0 for not at all.
    after: u32,
    window: Window,
    /// Elements of the patches of an instance.
    areas: [usize; 2],
    /// Elements that pass.
    passing: usize,
}

impl Asked {
    fn full<R: Ring>() -> Self {
        Self {
            mode: Truncation::Faithful,
            shift: 1,
            after: 1,
            window: Window::full::<R>(),
            areas: [1, 0],
            passing: 0,
        }
    }

    /// Element `e` of instance `i` is at `e n + i`, as views want it.
    fn patches(&self, n: usize) -> Patches {
        if (self.areas, self.passing) == ([1, 0], 0) {
            return Patches::single(n);
        }
        let mut map = Vec::new();
        let mut count = 0_u32;
        for area in self.areas.into_iter().filter(|&area| area > 0) {
            let patch = (count..).take(n);
            (0..area).for_each(|_| map.extend(patch.clone()));
            count += n as u32;
        }
        map.resize(map.len() + self.passing * n, Patches::PASS);
        Patches::new(&map, count as usize).expect("patches")
    }

    fn elements(&self) -> usize {
        self.areas.iter().sum::<usize>() + self.passing
    }

    /// The secret as a product, once per element of an instance. No part of it is known to two parties.
    fn product<R: Ring>(&self, x: &Rss<R>) -> Additive<R> {
        let wide = x.map_linear(|x| x.repeat(self.elements()));
        multiply(&wide, &wide.map_linear(|x| vec![R::ONE; x.len()]))
    }

    fn how(&self) -> How {
        How {
            truncation: self.mode,
            areas: self.areas,
        }
    }
}

fn few_bytes<R: Ring>(name: &str, given: [i64; 2], asked: Asked) -> Case {
    let name = format!("gate {name}, {:?}", asked.mode);
    Case::which::<R>(name, asked.how(), Secrets::any(given), move |ctx, held| {
        let x = &held.shares[0];
        see_share(ctx, x);
        let patches = asked.patches(held.n);
        let gated = gate(ctx, &asked.product(x), &patches, asked.shift, asked.window)?;
        ctx.see(gated.values.part());
        see_bits(ctx, &gated.signs);
        let y = match asked.after {
            0 => reshare_halves(ctx, &gated.values)?,
            after => truncate_halves(ctx, &gated.values, after)?,
        };
        see_share(ctx, &y);
        Ok(())
    })
}

fn few_rounds<R: Ring>(name: &str, given: [i64; 2], asked: Asked, by: Comparison) -> Case {
    let name = format!("gate of few rounds by {by:?} {name}, {:?}", asked.mode);
    Case::which::<R>(name, asked.how(), Secrets::any(given), move |ctx, held| {
        let x = &held.shares[0];
        see_share(ctx, x);
        let (z, patches) = (asked.product(x), asked.patches(held.n));
        let gated = gate_rounds(ctx, &z, &patches, asked.shift, asked.window, by)?;
        see_bits(ctx, &gated.signs);
        see_share(ctx, &gated.values);
        Ok(())
    })
}

fn all<R: Ring>(name: &str, given: [i64; 2], asked: Asked) -> Vec<Case> {
    vec![
        few_bytes::<R>(name, given, asked),
        few_rounds::<R>(name, given, asked, Comparison::Tree),
        few_rounds::<R>(name, given, asked, Comparison::Split),
    ]
}

const MODES: [Truncation; 3] = [
    Truncation::Faithful,
    Truncation::Probabilistic,
    Truncation::Star,
];

/// Gates of one element that truncate, in every mode.
pub(super) fn singles() -> Vec<Case> {
    let case = |mode| {
        let asked = Asked {
            mode,
            ..Asked::full::<Z4>()
        };
        all::<Z4>("of one element", [1, -2], asked)
    };
    MODES.into_iter().flat_map(case).collect()
}

/// Gates that do not truncate, in windows, with an element that passes.
fn windows() -> Vec<Case> {
    let full = Asked {
        shift: 0,
        after: 0,
        ..Asked::full::<Z4>()
    };
    let upper = Asked {
        window: Window { low: 1, high: 4 },
        after: 1,
        ..full
    };
    let lower = Asked {
        window: Window { low: 0, high: 3 },
        ..full
    };
    let passing = Asked {
        shift: 1,
        passing: 1,
        ..full
    };
    [
        all::<Z4>("without truncation", [1, -2], full),
        all::<Z4>("in the window 1..4", [2, -4], upper),
        all::<Z4>("in the window 0..3", [1, -2], lower),
        all::<Z4>("with an element that passes", [1, -2], passing),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Patches that are small enough for pads.
pub(super) fn small_patches() -> Vec<Case> {
    let three = Asked {
        areas: [3, 0],
        after: 0,
        ..Asked::full::<Z4>()
    };
    all::<Z4>("on patches of 3", [1, -1], three)
}

const TWENTY: Asked = Asked {
    mode: Truncation::Faithful,
    shift: 0,
    after: 0,
    window: Window { low: 0, high: 4 },
    areas: [20, 0],
    passing: 0,
};

/// Patches with seeds beside patches with pads.
pub(super) fn seeded() -> Case {
    let mixed = Asked {
        areas: [17, 2],
        ..TWENTY
    };
    few_bytes::<Z4>("on patches of 17 and of 2", [1, 3], mixed).wide()
}

/// Patches with seeds, alone and beside others; of words.
fn large_patches() -> Vec<Case> {
    let wide = Asked {
        areas: [3, 0],
        shift: 9,
        window: Window { low: 2, high: 24 },
        ..TWENTY
    };
    let mut cases = all::<Z32>("on patches of 3 words of 32 bits", [5, -3], wide);
    // Three words of 32 bits are shorter than a seed, five are not.
    let five = Asked {
        areas: [5, 0],
        ..wide
    };
    cases.push(few_bytes::<Z32>(
        "on patches of 5 words of 32 bits",
        [5, -3],
        five,
    ));
    cases.push(few_bytes::<Z4>("on patches of 20", [1, 3], TWENTY));
    cases.push(seeded());
    cases.into_iter().map(Case::wide).collect()
}

/// Gates whose signs have two groups of bits, hence an AND, on the smallest ring where that is so.
pub(super) fn trees() -> Vec<Case> {
    let asked = Asked {
        after: 0,
        ..Asked::full::<Z6>()
    };
    let [a, b] = [5, -3];
    vec![
        few_bytes::<Z6>("of six bits", [a, b], asked),
        few_rounds::<Z6>("of six bits", [a, b], asked, Comparison::Tree),
        few_rounds::<Z6>("of six bits", [a, b], asked, Comparison::Split),
    ]
}

/// A gate whose sign has two groups of bits, hence an AND.
pub(super) fn with_a_tree() -> Case {
    let asked = Asked {
        shift: 9,
        after: 0,
        window: Window { low: 0, high: 6 },
        ..Asked::full::<Z32>()
    };
    few_rounds::<Z32>("on six bits", [5, -3], asked, Comparison::Tree)
}

/// Signs with a tree, and scales in use.
pub(super) fn words() -> Vec<Case> {
    let narrow = Asked {
        shift: 9,
        after: 0,
        ..Asked::full::<Z32>()
    };
    let wide = Asked {
        shift: 20,
        after: 20,
        ..Asked::full::<Z64>()
    };
    let cases = [
        all::<Z32>("of 32 bits", [5, -3], narrow),
        all::<Z64>("of 64 bits", [1 << 40, -(1 << 41)], wide),
    ];
    cases.into_iter().flatten().map(Case::wide).collect()
}

/// A gate in three lanes on multiples of one secret: the masks of one lane must not be known from another.
fn multiples() -> Vec<Case> {
    let of = |x: &Rss<Z4>| {
        let twice = x.zip_linear(x, ring::add);
        let thrice = twice.zip_linear(x, ring::add);
        vec![x.to_additive(), twice.to_additive(), thrice.to_additive()]
    };
    let window = Window::full::<Z4>();
    vec![
        Case::on_share("gates in lanes", [1, -2], move |ctx, x: &Rss<Z4>| {
            let single = Patches::single(x.len());
            for gated in ctx.in_lanes(of(x), |ctx, z| gate(ctx, &z, &single, 1, window))? {
                ctx.see(gated.values.part());
                see_bits(ctx, &gated.signs);
            }
            Ok(())
        }),
        Case::on_share(
            "gates of few rounds in lanes",
            [1, -2],
            move |ctx, x: &Rss<Z4>| {
                let single = Patches::single(x.len());
                let gated = ctx.in_lanes(of(x), |ctx, z| {
                    gate_rounds(ctx, &z, &single, 1, window, Comparison::Split)
                })?;
                for gated in gated {
                    see_bits(ctx, &gated.signs);
                    see_share(ctx, &gated.values);
                }
                Ok(())
            },
        ),
    ]
}

/// Gates that cut themselves into lanes, and the calls that replicate their runs. Every lane has one element of each
/// instance.
fn lanes() -> Vec<Case> {
    let asked = Asked {
        areas: [1, 1],
        passing: 1,
        ..Asked::full::<Z4>()
    };
    // Three elements, each a patch.
    let product = move |ctx: &mut Context, x: &Rss<Z4>| {
        see_share(ctx, x);
        (asked.product(x), Patches::single(3 * x.len()))
    };
    let window = Window::full::<Z4>();
    let mut cases = Vec::new();
    for after in [0, 1] {
        let name = format!("gate cut into lanes, then truncated by {after}");
        cases.push(Case::new::<Z4>(
            name,
            Secrets::any([1, -2]),
            move |ctx, held| {
                let (z, patches) = product(ctx, &held.shares[0]);
                let gated = gate_in_lanes(ctx, &z, &patches, 1, window)?;
                assert!(gated.values.len() == 3 || held.n < super::FEWER, "lanes");
                for run in &gated.values {
                    ctx.see(run.part());
                }
                see_bits(ctx, &gated.signs);
                let y = match after {
                    0 => reshare_lanes(ctx, &gated.values)?,
                    after => truncate_lanes(ctx, &gated.values, after)?,
                };
                see_share(ctx, &y);
                Ok(())
            },
        ));
    }
    for by in [Comparison::Tree, Comparison::Split] {
        let name = format!("gate of few rounds by {by:?} cut into lanes");
        cases.push(Case::new::<Z4>(
            name,
            Secrets::any([1, -2]),
            move |ctx, held| {
                let (z, patches) = product(ctx, &held.shares[0]);
                let gated = gate_rounds_in_lanes(ctx, &z, &patches, 1, window, by)?;
                see_bits(ctx, &gated.signs);
                see_share(ctx, &gated.values);
                Ok(())
            },
        ));
    }
    cases
}

#[test]
fn gates_of_one_element_do_not_depend_on_the_secret() {
    singles().iter().for_each(Case::assert_tight);
}

#[test]
fn gates_in_windows_do_not_depend_on_the_secret() {
    windows().iter().for_each(Case::assert_tight);
}

#[test]
fn gates_on_small_patches_do_not_depend_on_the_secret() {
    small_patches().iter().for_each(Case::assert_tight);
}

#[test]
fn gates_on_large_patches_do_not_depend_on_the_secret() {
    large_patches().iter().for_each(Case::assert_tight);
}

#[test]
fn gates_of_words_do_not_depend_on_the_secret() {
    trees().iter().for_each(Case::assert_tight);
    with_a_tree().assert_tight();
    words().iter().for_each(Case::assert_tight);
}

#[test]
fn lanes_do_not_depend_on_the_secret() {
    multiples().iter().for_each(Case::assert_tight);
}

#[test]
fn gates_cut_into_lanes_do_not_depend_on_the_secret() {
    lanes().iter().for_each(Case::assert_tight);
}
