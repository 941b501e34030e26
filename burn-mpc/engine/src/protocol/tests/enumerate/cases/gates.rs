//! Gates of every schedule, and maxima.

use super::{Bit, Case, Held, Outcome, Parts, Share};
use crate::protocol::context::Context;
use crate::protocol::{
    Comparison, Patches, Truncation, Window, b2a, gate, gate_in_lanes, gate_masked, gate_rounds,
    inject, maximum, msb_in, multiply, relu_replicated, reshare, reshare_halves, reshare_lanes,
    tournament, truncate, truncate_halves,
};
use crate::ring::{Ring, Z2, Z3};
use crate::share::{Additive, Rss, TwoOfTwo};

/// What a gate is asked to do.
#[derive(Clone, Copy)]
struct Asked {
    shift: u32,
    window: Window,
    /// Elements of the patch of an instance; 1 for no patches.
    area: usize,
    /// Whether one more element passes.
    passes: bool,
}

impl Asked {
    fn full<R: Ring>() -> Self {
        Self {
            shift: 0,
            window: Window::full::<R>(),
            area: 1,
            passes: false,
        }
    }

    fn elements(self) -> usize {
        self.area + usize::from(self.passes)
    }

    /// One input for each element of an instance.
    fn inputs(self) -> Vec<super::Form> {
        vec![Parts; self.elements()]
    }

    /// Element `e` of instance `i` is at `e n + i`, as views want it.
    fn values<R: Ring>(self, held: &Held) -> Additive<R> {
        let parts = (0..self.elements()).map(|at| held.parts::<R>(at).part().to_vec());
        Additive::new(parts.collect::<Vec<_>>().concat())
    }

    fn patches(self, n: usize) -> Patches {
        if self.elements() == 1 {
            return Patches::single(n);
        }
        let patch = 0..n as u32;
        let mut map = Vec::new();
        (0..self.area).for_each(|_| map.extend(patch.clone()));
        map.resize(self.elements() * n, Patches::PASS);
        Patches::new(&map, n).expect("patches")
    }

    fn few_bytes<R: Ring>(
        self,
        name: &str,
        then: impl Fn(&mut Context, TwoOfTwo<R>) -> Outcome + Sync + 'static,
    ) -> Case {
        let case = Case::new::<R>(name, &self.inputs(), move |ctx, held| {
            let patches = self.patches(held.n);
            let gated = gate(
                ctx,
                &self.values::<R>(held),
                &patches,
                self.shift,
                self.window,
            )?;
            then(ctx, gated.values)
        });
        case.patches(self.area)
    }

    fn few_rounds<R: Ring>(self, name: &str, by: Comparison) -> Case {
        let name = format!("{name} by {by:?}");
        let case = Case::new::<R>(name, &self.inputs(), move |ctx, held| {
            let (z, patches) = (self.values::<R>(held), self.patches(held.n));
            gate_rounds(ctx, &z, &patches, self.shift, self.window, by).map(drop)
        });
        case.patches(self.area)
    }
}

fn replicated<R: Ring>(ctx: &mut Context, values: TwoOfTwo<R>) -> Outcome {
    reshare_halves(ctx, &values).map(drop)
}

/// Gates of few bytes.
pub(crate) fn gates() -> Vec<Case> {
    let two = Asked::full::<Z2>();
    let three = Asked::full::<Z3>();
    let shifted = Asked { shift: 1, ..three };
    let pair = Asked { area: 2, ..two };
    let passing = Asked {
        passes: true,
        ..two
    };
    let window = |low, high| Asked {
        window: Window { low, high },
        ..three
    };
    vec![
        two.few_bytes("gate", replicated::<Z2>),
        three.few_bytes::<Z3>("gate", |_, _| Ok(())),
        shifted.few_bytes::<Z3>("gate, faithful by 1", |_, _| Ok(())),
        shifted
            .few_bytes::<Z3>("gate, probabilistic by 1", |_, _| Ok(()))
            .truncating(Truncation::Probabilistic),
        three
            .few_bytes("gate, then probabilistic by 1", |ctx, values| {
                truncate_halves::<Z3>(ctx, &values, 1).map(drop)
            })
            .truncating(Truncation::Probabilistic),
        window(0, 2).few_bytes::<Z3>("gate in the window 0..2", |_, _| Ok(())),
        window(1, 3).few_bytes::<Z3>("gate in the window 1..3", |_, _| Ok(())),
        pair.few_bytes::<Z2>("gate on patches of 2", |_, _| Ok(())),
        passing.few_bytes::<Z2>("gate with an element that passes", |_, _| Ok(())),
        in_two_lanes(),
        in_lanes(),
    ]
}

/// Gates in two lanes, so that every party is watched in two roles at a time.
fn in_two_lanes() -> Case {
    Case::new::<Z2>("gate in two lanes", &[Parts; 2], |ctx, held| {
        let parts = vec![held.parts::<Z2>(0), held.parts(1)];
        let (single, window) = (Patches::single(held.n), Window::full::<Z2>());
        let lane = |ctx: &mut Context, z| gate(ctx, &z, &single, 0, window);
        ctx.in_lanes(parts, lane).map(drop)
    })
}

/// A gate in three lanes: every instance has one element in each of them.
fn in_lanes() -> Case {
    Case::new::<Z2>("gate in lanes", &[Parts; 3], |ctx, held| {
        let parts = [0, 1, 2].map(|at| held.parts::<Z2>(at).part().to_vec());
        let (z, patches) = (Additive::new(parts.concat()), Patches::single(3 * held.n));
        let gated = gate_in_lanes(ctx, &z, &patches, 0, Window::full::<Z2>())?;
        assert_eq!(gated.values.len(), 3, "lanes");
        reshare_lanes(ctx, &gated.values).map(drop)
    })
}

/// Gates of few rounds, and the schedule that goes step by step.
pub(crate) fn gates_of_few_rounds() -> Vec<Case> {
    let mut cases = Vec::new();
    for by in [Comparison::Tree, Comparison::Split] {
        let two = Asked::full::<Z2>();
        let three = Asked::full::<Z3>();
        let shifted = Asked { shift: 1, ..three };
        let pair = Asked { area: 2, ..two };
        let passing = Asked {
            passes: true,
            ..two
        };
        let upper = Asked {
            window: Window { low: 1, high: 3 },
            ..three
        };
        cases.push(two.few_rounds::<Z2>("gate of few rounds", by));
        cases.push(three.few_rounds::<Z3>("gate of few rounds", by));
        cases.push(shifted.few_rounds::<Z3>("gate of few rounds, faithful by 1", by));
        cases.push(
            shifted
                .few_rounds::<Z3>("gate of few rounds, probabilistic by 1", by)
                .truncating(Truncation::Probabilistic),
        );
        cases.push(upper.few_rounds::<Z3>("gate of few rounds in the window 1..3", by));
        cases.push(pair.few_rounds::<Z2>("gate of few rounds on patches of 2", by));
        cases.push(passing.few_rounds::<Z2>("gate of few rounds with an element that passes", by));
        cases.push(Case::new::<Z2>(
            format!("gate of few rounds in two lanes by {by:?}"),
            &[Parts; 2],
            move |ctx, held| {
                let parts = vec![held.parts::<Z2>(0), held.parts(1)];
                let (single, window) = (Patches::single(held.n), Window::full::<Z2>());
                let lane = |ctx: &mut Context, z| gate_rounds(ctx, &z, &single, 0, window, by);
                ctx.in_lanes(parts, lane).map(drop)
            },
        ));
    }
    for (mode, name) in [
        (Truncation::Faithful, "classic gate, faithful by 1"),
        (Truncation::Star, "classic gate, star by 1"),
    ] {
        cases.push(Case::new::<Z3>(name, &[Share], classic).truncating(mode));
    }
    cases
}

/// Takes signs, lifts them, multiplies, truncates.
fn classic(ctx: &mut Context, held: &Held) -> Outcome {
    let z = held.share::<Z3>(0);
    let positive = msb_in(ctx, &z, 0..3)?.not(ctx.party().index());
    let positive = b2a::<Z3>(ctx, &positive)?;
    truncate(ctx, &multiply(&positive, &z), 1).map(drop)
}

/// Gates by masked shares, ReLUs of replicated values, and products of bits and values.
pub(crate) fn gates_by_masks() -> Vec<Case> {
    fn masked<R: Ring>(name: &str, asked: Asked) -> Case {
        Case::new::<R>(name, &asked.inputs(), move |ctx, held| {
            let (z, patches) = (asked.values::<R>(held), asked.patches(held.n));
            gate_masked(ctx, &z, &patches, asked.shift, asked.window).map(drop)
        })
    }
    let two = Asked::full::<Z2>();
    let shifted = Asked {
        shift: 1,
        ..Asked::full::<Z3>()
    };
    let passing = Asked {
        passes: true,
        ..two
    };
    vec![
        Case::new::<Z2>(
            "product of a bit and a value",
            &[Bit, Share],
            |ctx, held| {
                let single = Patches::single(held.n);
                inject(ctx, &held.bit(0), &held.share::<Z2>(1), &single).map(drop)
            },
        ),
        Case::new::<Z3>("ReLU of a replicated value", &[Share], |ctx, held| {
            let (single, window) = (Patches::single(held.n), Window::full::<Z3>());
            relu_replicated(ctx, &held.share::<Z3>(0), &single, window).map(drop)
        }),
        masked::<Z2>("masked gate", two),
        masked::<Z3>("masked gate, faithful by 1", shifted),
        masked::<Z3>("masked gate, probabilistic by 1", shifted)
            .truncating(Truncation::Probabilistic),
        masked::<Z2>("masked gate with an element that passes", passing),
    ]
}

/// Maxima of two and of three entries, with and without the number of the winner.
pub(crate) fn maxima() -> Vec<Case> {
    let case = |planes: usize, number: bool| {
        let numbered = if number { ", with its number" } else { "" };
        let name = format!("maximum of {planes}{numbered}");
        Case::new::<Z2>(name, &vec![Share; planes], move |ctx, held| {
            let entries: Vec<Rss<Z2>> = (0..planes).map(|at| held.share(at)).collect();
            let present = vec![true; planes * held.n];
            let values = Rss::concat(&entries);
            if !number {
                let window = Window::full::<Z2>();
                return maximum(ctx, planes, held.n, values, present, window).map(drop);
            }
            let out = tournament(ctx, planes, held.n, values, present)?;
            let _ = reshare(ctx, &out.values)?;
            reshare(ctx, &out.planes).map(drop)
        })
    };
    vec![case(2, false), case(2, true), case(3, false), case(3, true)]
}
