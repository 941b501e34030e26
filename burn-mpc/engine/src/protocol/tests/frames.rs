//! The leak tests see what is really sent: frames are the same whether a view is recorded or not.
//!
//! With a view, words are drawn, masked and received whole; without, piece by piece. A pad that went wrong at the
//! border of pieces would be wrong at both of its holders. Values would stay right and not show it.

use crate::Party;
use crate::net::Header;
use crate::protocol::composed::sort::network::by_network;
use crate::protocol::composed::sort::ranks::by_ranks;
use crate::protocol::testing::{Setup, SplitMix, attempt, mine, seed};
use crate::protocol::{
    Audience, Comparison, Context, ERF, Normalisation, Patches, ProtocolError, Sorting, Truncation,
    Window, agree, b2a, bit_and, bitwise_and, bitwise_and_public, divide, exact, gate,
    gate_in_lanes, gate_masked, gate_masked_in_lanes, gate_rounds, inject, input, is_zero,
    lift_halves, lift_split, log_softmax, maximum, msb, msb_parts, msb_split, multiply,
    open_masked, open_split, random_bits, reciprocal, relu_replicated, remainder, reshare,
    reshare_halves, reshare_lanes, reveal, reveal_additive, round_additive, round_replicated,
    scan_maximum, scan_product, share_split, shift_left, shift_right, smooth, softmax, tournament,
    truncate, truncate_halves, whole_quotient,
};
use crate::ring::{Ring, Z32, Z64};
use crate::share::{Additive, Rss};

/// Lengths near the limits of pieces (4 KiB of keystream, 128 KiB of a message), with and without whole words of bits.
const LENGTHS: [usize; 4] = [511, 1024, 16_448, 33_001];

pub(super) type Step<R> = fn(&mut Context, &Rss<R>) -> Result<(), ProtocolError>;

fn doubled<R: Ring>(x: &Rss<R>) -> Additive<R> {
    multiply(x, &x.map_linear(|x| vec![R::ONE; x.len()]))
}

/// Patches of five neighbours, the rest passes.
fn fives(len: usize) -> Patches {
    let patch = |i: usize| {
        if i / 5 < len / 5 {
            (i / 5) as u32
        } else {
            Patches::PASS
        }
    };
    Patches::new(&(0..len).map(patch).collect::<Vec<_>>(), len / 5).expect("patches")
}

pub(super) fn steps<R: Ring>() -> Vec<(&'static str, Step<R>)> {
    vec![
        ("input", |ctx, x| {
            let own = (ctx.party() == Party::P1).then(|| x.first().to_vec());
            input(ctx, Party::P1, "x", x.len(), own).map(|_| ())
        }),
        ("reshare", |ctx, x| {
            reshare(ctx, &multiply(x, x)).map(|_| ())
        }),
        ("truncate", |ctx, x| {
            truncate(ctx, &multiply(x, x), 9).map(|_| ())
        }),
        ("truncate exactly", |ctx, x| {
            exact(ctx, &multiply(x, x), 9).map(|_| ())
        }),
        ("round", |ctx, x| {
            let _ = round_additive(ctx, &multiply(x, x), 9)?;
            round_replicated(ctx, x, 9).map(|_| ())
        }),
        ("lifted halves", |ctx, x| {
            let bits = msb_split(ctx, x, 0..R::BITS)?;
            lift_halves::<R>(ctx, &bits).map(|_| ())
        }),
        ("reciprocal", |ctx, x| {
            reciprocal(ctx, x, 10, Normalisation::whole(R::BITS)).map(|_| ())
        }),
        ("sign", |ctx, x| {
            let bit = msb(ctx, x)?;
            b2a::<R>(ctx, &bit).map(|_| ())
        }),
        ("zero and and", |ctx, x| {
            let bit = is_zero(ctx, x)?;
            bit_and(ctx, &bit, &bit).map(|_| ())
        }),
        ("split sign", |ctx, x| {
            let (rho, _) = random_bits::<R>(ctx, x.len())?;
            let split = msb_split(ctx, x, 0..R::BITS)?;
            let _ = share_split(ctx, &split)?;
            let _ = lift_split::<R>(ctx, &split)?;
            open_split(ctx, &split, &rho).map(|_| ())
        }),
        ("masked opening", |ctx, x| {
            let (rho, _) = random_bits::<R>(ctx, x.len())?;
            let parts = msb_parts(ctx, x, 0..R::BITS)?;
            open_masked(ctx, &parts, &rho).map(|_| ())
        }),
        ("gate", |ctx, x| {
            let (single, window) = (Patches::single(x.len()), Window::full::<R>());
            let gated = gate(ctx, &doubled(x), &single, 9, window)?;
            let _ = reshare_halves(ctx, &gated.values)?;
            truncate_halves(ctx, &gated.values, 3).map(|_| ())
        }),
        ("gate on patches", |ctx, x| {
            let window = Window {
                low: 2,
                high: R::BITS - 4,
            };
            gate(ctx, &doubled(x), &fives(x.len()), 0, window).map(|_| ())
        }),
        ("gate in lanes", |ctx, x| {
            let (single, window) = (Patches::single(x.len()), Window::full::<R>());
            let gated = gate_in_lanes(ctx, &doubled(x), &single, 9, window)?;
            reshare_lanes(ctx, &gated.values).map(|_| ())
        }),
        ("gate of few rounds by a tree", |ctx, x| {
            let window = Window::full::<R>();
            gate_rounds(
                ctx,
                &doubled(x),
                &fives(x.len()),
                9,
                window,
                Comparison::Tree,
            )
            .map(|_| ())
        }),
        ("gate of few rounds by a split sign", |ctx, x| {
            let (single, window) = (Patches::single(x.len()), Window::full::<R>());
            gate_rounds(ctx, &doubled(x), &single, 9, window, Comparison::Split).map(|_| ())
        }),
        ("injection", |ctx, x| {
            let (bits, _) = random_bits::<R>(ctx, x.len())?;
            let _ = inject(ctx, &bits, x, &Patches::single(x.len()))?;
            let fives = fives(x.len());
            let (bits, _) = random_bits::<R>(ctx, fives.len())?;
            inject(ctx, &bits, x, &fives).map(|_| ())
        }),
        ("ReLU of replicated values", |ctx, x| {
            let (single, window) = (Patches::single(x.len()), Window::full::<R>());
            relu_replicated(ctx, x, &single, window).map(|_| ())
        }),
        ("masked gate", |ctx, x| {
            let (single, window) = (Patches::single(x.len()), Window::full::<R>());
            let _ = gate_masked(ctx, &doubled(x), &fives(x.len()), 0, window)?;
            gate_masked(ctx, &doubled(x), &single, 9, window).map(|_| ())
        }),
        ("masked gate in lanes", |ctx, x| {
            let (single, window) = (Patches::single(x.len()), Window::full::<R>());
            gate_masked_in_lanes(ctx, &doubled(x), &single, 9, window).map(|_| ())
        }),
        ("tournament", |ctx, x| {
            let three = x.map_linear(|x| x.repeat(3));
            let present = vec![true; three.len()];
            tournament(ctx, 3, x.len(), three, present).map(|_| ())
        }),
        ("maximum", |ctx, x| {
            let (three, window) = (x.map_linear(|x| x.repeat(3)), Window::full::<R>());
            let present = vec![true; three.len()];
            maximum(ctx, 3, x.len(), three, present, window).map(|_| ())
        }),
        ("bits of words", |ctx, x| {
            let x = x.map_linear(|x| x[..x.len().min(1100)].to_vec());
            let _ = bitwise_and(ctx, &x, &x)?;
            let _ = bitwise_and_public(ctx, &x, &vec![R::from_u64(0x6a); x.len()])?;
            let _ = shift_right(ctx, &x, &x)?;
            shift_left(ctx, &x, &x).map(|_| ())
        }),
        ("public divisors", |ctx, x| {
            let _ = divide(ctx, x, &[64])?;
            divide(ctx, x, &[10]).map(|_| ())
        }),
        ("shared divisors", |ctx, x| {
            let x = x.map_linear(|x| x[..x.len().min(600)].to_vec());
            let _ = whole_quotient(ctx, &x, &x, R::BITS)?;
            remainder(ctx, &x, &x, R::BITS).map(|_| ())
        }),
        ("sorts", |ctx, x| {
            let three = x.map_linear(|x| x.repeat(3));
            let sorting = Sorting {
                planes: 3,
                descending: true,
                keep: 2,
                values: true,
                numbers: true,
            };
            let _ = by_ranks(ctx, &three, &sorting)?;
            by_network(ctx, &three, &sorting).map(|_| ())
        }),
        ("running maximum", |ctx, x| {
            let three = x.map_linear(|x| x.repeat(3));
            scan_maximum(ctx, 3, three, Window::full::<R>()).map(|_| ())
        }),
        ("running product", |ctx, x| {
            let three = x.map_linear(|x| x.repeat(3));
            scan_product(ctx, 3, three, 5).map(|_| ())
        }),
        ("smooth function", |ctx, x| {
            let x = x.map_linear(|x| x[..x.len().min(600)].to_vec());
            smooth(ctx, &x, 10, &ERF, R::BITS).map(|_| ())
        }),
        ("softmax", |ctx, x| {
            let x = x.map_linear(|x| x[..x.len().min(600) / 2 * 2].to_vec());
            let _ = log_softmax(ctx, 2, &x, 10, R::BITS)?;
            softmax(ctx, 2, &x, 10, R::BITS).map(|_| ())
        }),
        ("reveals", |ctx, x| {
            agree(ctx)?;
            reveal(ctx, x, Audience::All)?;
            reveal_additive(ctx, &x.to_additive(), Audience::One(Party::P2)).map(|_| ())
        }),
    ]
}

fn same_frames<R: Ring>(truncation: Truncation, lengths: &[usize]) {
    let mut rng = SplitMix(seed(1801));
    for &len in lengths {
        let values = rng.signed::<R>(R::BITS / 2 - 4, len);
        let shares = rng.deal(&values);
        for (name, step) in steps::<R>() {
            let setup = Setup {
                truncation,
                tapped: true,
                ..Setup::of(rng.next())
            };
            let frames = [None, Some(0)].map(|record| {
                let got = attempt(Setup { record, ..setup }, &|ctx| {
                    step(ctx, mine(ctx, &shares))
                });
                got.map(|(result, facts)| {
                    result.unwrap_or_else(|error| panic!("{name}: {error}"));
                    // Lanes and peers interleave; within a step there is one frame.
                    let address = |record: &crate::net::tap::Record| {
                        let header = Header::decode(&record.header).expect("a header");
                        (record.from.index(), header.op, header.label)
                    };
                    let frames = facts.frames.into_iter();
                    let mut frames: Vec<_> = frames
                        .map(|record| (address(&record), record.payload))
                        .collect();
                    frames.sort();
                    frames
                })
            });
            let [sent, seen] = frames;
            // A dealer may receive nothing, but not all parties.
            let received = sent.iter().any(|frames| !frames.is_empty());
            assert!(received, "{name}: nobody received anything");
            for (party, (sent, seen)) in Party::ALL.into_iter().zip(sent.iter().zip(&seen)) {
                let differs = sent.iter().zip(seen).find(|(a, b)| a != b);
                assert!(
                    sent.len() == seen.len() && differs.is_none(),
                    "{name} of {len}, {truncation:?}: {party} received something else at {:?}; MPC_SEED={}",
                    differs.map(|(a, _)| a.0),
                    seed(1801)
                );
            }
        }
    }
}

#[test]
fn a_recorded_program_sends_what_an_unrecorded_one_sends() {
    same_frames::<Z64>(Truncation::Faithful, &LENGTHS);
    same_frames::<Z32>(Truncation::Star, &LENGTHS[2..]);
    same_frames::<Z64>(Truncation::Probabilistic, &LENGTHS[3..]);
}
