//! In a network on zeros a party receives only pads: none of them may come twice.

use crate::Party;
use crate::net::HEADER_BYTES;
use crate::protocol::testing::{Setup, SplitMix, attempt, mine, seed};
use crate::protocol::{
    Comparison, Context, MatmulShape, Patches, ProtocolError, Truncation, Window, b2a, gate,
    gate_in_lanes, gate_rounds, matmul, maximum, msb_in, multiply, reshare, reshare_halves, star,
    truncate, truncate_lanes,
};
use crate::ring::{self, Ring, Z64};
use crate::share::{Additive, Rss};

const ROWS: usize = 640;
const WIDTH: usize = 64;
const ELEMENTS: usize = ROWS * WIDTH;
const FRAC: u32 = 20;

/// A linear layer.
fn linear(party: Party, x: &Rss<Z64>, w: &Rss<Z64>) -> Additive<Z64> {
    let shape = MatmulShape {
        batch: 1,
        m: ROWS,
        k: WIDTH,
        n: WIDTH,
        shared_rhs: false,
    };
    matmul(party, &shape, x, w)
}

/// Layers with the ReLU of every schedule, patches, pools, truncations.
fn network(ctx: &mut Context, x: &Rss<Z64>, w: &Rss<Z64>) -> Result<(), ProtocolError> {
    let (single, window) = (Patches::single(ELEMENTS), Window::full::<Z64>());
    let party = ctx.party();
    let linear = |x: &Rss<Z64>, w: &Rss<Z64>| linear(party, x, w);
    // Few bytes.
    let gated = gate(ctx, &linear(x, w), &single, FRAC, window)?;
    let x = reshare_halves(ctx, &gated.values)?;
    // In lanes, and truncated afterwards.
    let gated = gate_in_lanes(ctx, &linear(&x, w), &single, 0, window)?;
    let x = truncate_lanes(ctx, &gated.values, FRAC)?;
    // Few rounds.
    let narrow = Window { low: 4, high: 48 };
    let x = gate_rounds(ctx, &linear(&x, w), &single, FRAC, narrow, Comparison::Tree)?.values;
    let x = gate_rounds(
        ctx,
        &linear(&x, w),
        &single,
        FRAC,
        window,
        Comparison::Split,
    )?
    .values;
    // Patches of 8 and of 2.
    for area in [8, 2] {
        let map: Vec<u32> = (0..ELEMENTS as u32).map(|i| i / area).collect();
        let patches = Patches::new(&map, ELEMENTS / area as usize).expect("patches");
        let gated = gate(ctx, &linear(&x, w), &patches, FRAC, window)?;
        let _ = reshare_halves(ctx, &gated.values)?;
    }
    // Classic.
    let z = star(ctx, &linear(&x, w), FRAC)?;
    let positive = msb_in(ctx, &z, 0..64)?.not(ctx.party().index());
    let positive = b2a::<Z64>(ctx, &positive)?;
    let x = reshare(ctx, &multiply(&positive, &z))?;
    // Pools: maxima of four, sums of four.
    let _ = maximum(
        ctx,
        4,
        ELEMENTS / 4,
        x.clone(),
        vec![true; ELEMENTS],
        window,
    )?;
    let fours = |x: &[Z64]| {
        let (half, rest) = x.split_at(x.len() / 2);
        let sums = ring::add(half, rest);
        let (quarter, rest) = sums.split_at(sums.len() / 2);
        ring::add(quarter, rest)
    };
    let _ = truncate(ctx, &linear(&x, w).map_linear(fours), FRAC + 2)?;
    Ok(())
}

/// Per party: the words received, how many of them come twice, and how many differences of neighbours do.
fn received(truncation: Truncation, pieces_repeat: bool) -> [(usize, usize, usize); 3] {
    let mut rng = SplitMix(seed(1901));
    let x = rng.deal(&vec![Z64::ZERO; ELEMENTS]);
    let w = rng.deal(&[Z64::ZERO; WIDTH * WIDTH]);
    let setup = Setup {
        truncation,
        tapped: true,
        pieces_repeat,
        ..Setup::of(rng.next())
    };
    let got = attempt(setup, &|ctx| network(ctx, mine(ctx, &x), mine(ctx, &w)));
    got.map(|(result, facts)| {
        result.expect("a network");
        let (mut words, mut differences) = (Vec::new(), Vec::new());
        for frame in &facts.frames {
            assert_eq!(frame.header.len(), HEADER_BYTES);
            let (message, _) = frame.payload.as_chunks::<8>();
            let message: Vec<u64> = message
                .iter()
                .map(|&word| u64::from_le_bytes(word))
                .collect();
            differences.extend(message.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])));
            words.extend(message);
        }
        let repeated = |values: &mut Vec<u64>| {
            values.sort_unstable();
            values.windows(2).filter(|pair| pair[0] == pair[1]).count()
        };
        (
            words.len(),
            repeated(&mut words),
            repeated(&mut differences),
        )
    })
}

/// Among a million words of 64 uniform bits two are equal with probability `2^-25`; a word of a dozen elements of a
/// small field has 4 bits less.
#[test]
fn no_pad_comes_twice() {
    for truncation in [Truncation::Faithful, Truncation::Probabilistic] {
        for (words, repeated, differences) in received(truncation, false) {
            println!("{truncation:?}: {words} words");
            assert!(
                words > 900_000 || truncation == Truncation::Probabilistic,
                "{words} words"
            );
            assert_eq!((repeated, differences), (0, 0), "MPC_SEED={}", seed(1901));
        }
    }
}

#[test]
fn a_pad_that_starts_again_at_every_piece_is_noticed() {
    for (words, repeated, differences) in received(Truncation::Faithful, true) {
        assert!(
            repeated > 1000 && differences > 1000,
            "{repeated}, {differences} of {words}"
        );
    }
}
