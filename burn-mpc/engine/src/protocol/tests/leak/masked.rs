//! Injection, dealt signs, and the gates and ReLUs made of them.

use super::{Case, Held, How, Outcome, Secrets, see_bits, see_share};
use crate::protocol::context::{A, B, C, Context};
use crate::protocol::{
    Patches, Truncation, Window, gate_masked, gate_masked_in_lanes, inject, multiply,
    relu_replicated,
};
use crate::ring::{self, Ring, Z4, Z6, Z32, Z64};
use crate::share::{Additive, BitShare, Rss};
use crate::step::Step;

/// Patches of `area` elements of an instance each, and elements that pass. Element `e` of instance `i` is at
/// `e n + i`, as views want it.
fn patches(n: usize, areas: &[usize], passing: usize) -> Patches {
    if (areas, passing) == (&[1], 0) {
        return Patches::single(n);
    }
    let mut map = Vec::new();
    for (number, &area) in (0_u32..).zip(areas) {
        let of_patch = (number * n as u32..).take(n);
        (0..area).for_each(|_| map.extend(of_patch.clone()));
    }
    map.resize(map.len() + passing * n, Patches::PASS);
    Patches::new(&map, areas.len() * n).expect("patches")
}

/// The secret as a product, `times` times. No part of it is known to two parties.
fn product<R: Ring>(x: &Rss<R>, times: usize) -> Additive<R> {
    let wide = x.map_linear(|x| x.repeat(times));
    multiply(&wide, &wide.map_linear(|x| vec![R::ONE; x.len()]))
}

/// Two secrets of which the bits of the first are injected into the second.
fn pair() -> Secrets {
    Secrets::such([vec![1, 5], vec![2, -6]], |rng| {
        [0, 1].map(|_| vec![rng.next().cast_signed(), rng.next().cast_signed()])
    })
}

fn injected(name: &str, areas: &'static [usize], passing: usize) -> Case {
    let name = format!("injection {name}");
    Case::new::<Z4>(name, pair(), move |ctx, held| {
        let x = &held.shares[1];
        see_share(ctx, x);
        held.bits.iter().for_each(|bits| see_bits(ctx, bits));
        let times = areas.iter().sum::<usize>() + passing;
        let bits = BitShare::concat(&held.bits[..areas.len()]);
        let wide = x.map_linear(|x| x.repeat(times));
        let y = inject(ctx, &bits, &wide, &patches(held.n, areas, passing))?;
        see_share(ctx, &y);
        Ok(())
    })
}

pub(super) fn injections() -> Vec<Case> {
    vec![
        injected("into one element", &[1], 0),
        injected("into patches of 2 and 1, and one that passes", &[2, 1], 1),
    ]
}

fn relu<R: Ring>(name: &str, window: Window) -> Case {
    let name = format!("ReLU of a replicated value {name}");
    Case::on_share(name, [5, -3], move |ctx, x: &Rss<R>| {
        let gated = relu_replicated(ctx, x, &Patches::single(x.len()), window)?;
        see_bits(ctx, &gated.signs);
        see_share(ctx, &gated.values);
        Ok(())
    })
}

pub(super) fn relus() -> Vec<Case> {
    vec![
        relu::<Z4>("of four bits", Window::full::<Z4>()),
        relu::<Z6>("of six bits", Window::full::<Z6>()),
    ]
}

/// What a gate is asked to do.
#[derive(Clone, Copy)]
struct Asked {
    mode: Truncation,
    shift: u32,
    window: Window,
    areas: &'static [usize],
    passing: usize,
}

impl Asked {
    fn full<R: Ring>() -> Self {
        Self {
            mode: Truncation::Faithful,
            shift: 1,
            window: Window::full::<R>(),
            areas: &[1],
            passing: 0,
        }
    }
}

fn gated<R: Ring>(name: &str, given: [i64; 2], asked: Asked) -> Case {
    let name = format!("masked gate {name}, {:?}", asked.mode);
    let how = How {
        truncation: asked.mode,
        ..How::default()
    };
    let body = move |ctx: &mut Context, held: &Held<R>| {
        let x = &held.shares[0];
        see_share(ctx, x);
        let times = asked.areas.iter().sum::<usize>() + asked.passing;
        let (z, patches) = (
            product(x, times),
            patches(held.n, asked.areas, asked.passing),
        );
        let gated = gate_masked(ctx, &z, &patches, asked.shift, asked.window)?;
        see_bits(ctx, &gated.signs);
        see_share(ctx, &gated.values);
        Ok(())
    };
    Case::which::<R>(name, how, Secrets::any(given), body)
}

/// Gates of one element, with and without truncation.
pub(super) fn singles() -> Vec<Case> {
    let asked = Asked::full::<Z4>();
    vec![
        gated::<Z4>("of one element", [1, -2], asked),
        gated::<Z4>(
            "of one element",
            [1, -2],
            Asked {
                mode: Truncation::Probabilistic,
                ..asked
            },
        ),
        gated::<Z4>("without truncation", [1, -2], Asked { shift: 0, ..asked }),
    ]
}

pub(super) fn small_patches() -> Case {
    let asked = Asked {
        areas: &[2, 1],
        passing: 1,
        ..Asked::full::<Z4>()
    };
    gated::<Z4>("on patches of 2 and 1, and one that passes", [1, -1], asked)
}

/// A gate whose sign has two groups of bits, hence an AND, on the smallest ring where that is so.
pub(super) fn with_a_tree() -> Case {
    let asked = Asked {
        shift: 0,
        ..Asked::full::<Z6>()
    };
    gated::<Z6>("of six bits", [5, -3], asked)
}

fn windows_and_words() -> Vec<Case> {
    let window = Window { low: 1, high: 3 };
    let small = Asked {
        shift: 0,
        window,
        ..Asked::full::<Z4>()
    };
    let narrow = Asked {
        shift: 9,
        ..Asked::full::<Z32>()
    };
    let wide = Asked {
        shift: 20,
        ..Asked::full::<Z64>()
    };
    let patches = Asked {
        areas: &[3],
        window: Window { low: 2, high: 24 },
        ..narrow
    };
    vec![
        gated::<Z4>("in the window 1..3", [1, -2], small),
        gated::<Z32>("of 32 bits", [5, -3], narrow).wide(),
        gated::<Z64>("of 64 bits", [1 << 40, -(1 << 41)], wide).wide(),
        gated::<Z32>("on patches of 3 words", [5, -3], patches).wide(),
        relu::<Z32>("of 32 bits", Window { low: 0, high: 22 }).wide(),
    ]
}

/// A gate that cuts itself into lanes; every lane has one element of each instance.
fn lanes() -> Case {
    Case::on_share("masked gate cut into lanes", [1, -2], |ctx, x: &Rss<Z4>| {
        see_share(ctx, x);
        let (z, single) = (product(x, 3), Patches::single(3 * x.len()));
        let gated = gate_masked_in_lanes(ctx, &z, &single, 1, Window::full::<Z4>())?;
        see_bits(ctx, &gated.signs);
        see_share(ctx, &gated.values);
        Ok(())
    })
}

/// A gate in three lanes on multiples of one secret: the masks of one lane must not be known from another.
fn multiples() -> Case {
    Case::on_share("masked gates in lanes", [1, -2], |ctx, x: &Rss<Z4>| {
        let twice = x.zip_linear(x, ring::add);
        let thrice = twice.zip_linear(x, ring::add);
        let all = [x, &twice, &thrice].map(Rss::to_additive).to_vec();
        let (single, window) = (Patches::single(x.len()), Window::full::<Z4>());
        for gated in ctx.in_lanes(all, |ctx, z| gate_masked(ctx, &z, &single, 1, window))? {
            see_bits(ctx, &gated.signs);
            see_share(ctx, &gated.values);
        }
        Ok(())
    })
}

#[test]
fn injections_do_not_depend_on_the_secret() {
    injections().iter().for_each(Case::assert_tight);
}

#[test]
fn relus_of_replicated_values_do_not_depend_on_the_secret() {
    relus().iter().for_each(Case::assert_tight);
}

#[test]
fn masked_gates_do_not_depend_on_the_secret() {
    singles().iter().for_each(Case::assert_tight);
    small_patches().assert_tight();
    with_a_tree().assert_tight();
}

#[test]
fn masked_gates_of_words_do_not_depend_on_the_secret() {
    windows_and_words().iter().for_each(Case::assert_tight);
}

#[test]
fn masked_gates_in_lanes_do_not_depend_on_the_secret() {
    lanes().assert_tight();
    multiples().assert_tight();
}

/// What is wrong with an injection by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// A sends its bit without a pad.
    OpenBit,
    /// A sends its product without a pad.
    OpenProduct,
    /// A masks its bit and its product by one draw.
    OnePad,
    /// A masks by the key that it has in common with B.
    PadOfReceiver,
    /// B and C exchange their parts under one pad, which both know.
    PadOfBoth,
    /// C masks its part by what masks A's product.
    PadOfEarlier,
}

/// The messages of [`inject`].
fn broken_injection(ctx: &mut Context, held: &Held<Z4>, fault: Fault) -> Outcome {
    let (x, bits, n) = (&held.shares[1], &held.bits[0], held.n);
    see_share(ctx, x);
    see_bits(ctx, bits);
    let op = ctx.begin("broken", &[]);
    let [a, b, c] = op.roles();
    let [bit, product, to_b, to_c] = [1, 2, 3, 4].map(Step::made_up);
    let pads = if fault == Fault::PadOfReceiver { B } else { A };
    let of = |words: &[u64]| -> Vec<Z4> {
        (0..n)
            .map(|i| Z4::from_u64(words[i / 64] >> (i % 64) & 1))
            .collect()
    };
    let zero = || vec![Z4::ZERO; n];
    let draw = |ctx: &mut Context, step| match fault {
        Fault::OpenBit if step == bit => Ok(zero()),
        Fault::OpenProduct if step == product => Ok(zero()),
        _ => ctx.draw::<Z4>(op, op.key(pads), step, n),
    };
    let holds_pads = op.role() == A || op.role() == if pads == A { C } else { B };
    let (mut r, mut r2) = (zero(), zero());
    if holds_pads {
        r = draw(ctx, bit)?;
        r2 = if fault == Fault::OnePad {
            r.clone()
        } else {
            draw(ctx, product)?
        };
    }
    if op.role() == A {
        let (first, second) = (of(bits.first()), of(bits.second()));
        let beta: Vec<Z4> = first.iter().zip(&second).map(|(&x, &y)| x ^ y).collect();
        ctx.send(op, b, bit, &ring::sub(&beta, &r))?;
        let q = ring::mul(&beta, &x.own_sum());
        return ctx.send(op, b, product, &ring::sub(&q, &r2));
    }
    let (known, m, gamma, p, q);
    if op.role() == B {
        p = ctx.recv::<Z4>(op, a, bit, n)?;
        q = ctx.recv::<Z4>(op, a, product, n)?;
        (m, gamma) = (x.second().to_vec(), of(bits.second()));
        known = x.own_sum();
    } else {
        (p, q) = (r, r2.clone());
        (m, gamma) = (x.first().to_vec(), of(bits.first()));
        known = x.second().to_vec();
    }
    let part: Vec<Z4> = (0..n)
        .map(|i| {
            let sign = Z4::ONE - gamma[i] - gamma[i];
            gamma[i] * known[i] + sign * (m[i] * p[i] + q[i])
        })
        .collect();
    let both = |ctx: &mut Context| ctx.draw::<Z4>(op, op.key(C), to_b, n);
    let (peer, sent, got, pad) = if op.role() == B {
        let pad = match fault {
            Fault::PadOfBoth => both(ctx)?,
            _ => ctx.draw::<Z4>(op, op.key(B), to_c, n)?,
        };
        (c, to_c, to_b, pad)
    } else {
        let pad = match fault {
            Fault::PadOfBoth => both(ctx)?,
            Fault::PadOfEarlier => r2,
            _ => ctx.draw::<Z4>(op, op.key(A), to_b, n)?,
        };
        (b, to_b, to_c, pad)
    };
    ctx.send(op, peer, sent, &ring::sub(&part, &pad))?;
    ctx.recv::<Z4>(op, peer, got, n).map(|_| ())
}

#[test]
fn a_broken_injection_is_noticed() {
    let case = |fault: Fault| {
        let name = format!("injection by hand, fault: {fault:?}");
        Case::new::<Z4>(name, pair(), move |ctx, held| {
            broken_injection(ctx, held, fault)
        })
    };
    case(Fault::None).assert_tight();
    for fault in [
        Fault::OpenBit,
        Fault::OpenProduct,
        Fault::OnePad,
        Fault::PadOfReceiver,
        Fault::PadOfBoth,
        Fault::PadOfEarlier,
    ] {
        case(fault).assert_flagged();
    }
}
