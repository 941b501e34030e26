//! Secret indices.

use crate::Party;
use crate::protocol::testing::{Setup, SplitMix, join_bits, mine, run, seed};
use crate::protocol::{Audience, one_hot, reveal};
use crate::ring::{Ring, Z32, Z64};

fn places<R: Ring>() {
    let mut rng = SplitMix(seed(801));
    for size in [1, 2, 3, 5, 8, 13, 64, 129] {
        for len in [0, 1, 7, 70] {
            let index: Vec<usize> = (0..len).map(|_| rng.below(size)).collect();
            let codes: Vec<R> = index.iter().map(|&i| R::from_u64(i as u64)).collect();
            let shares = rng.deal(&codes);
            let got = run(Setup::of(rng.next()), |ctx| {
                let share = mine(ctx, &shares);
                let bits = one_hot(ctx, share, size)?;
                // All are inside, so that anything may be opened.
                reveal(ctx, share, Audience::One(Party::P0))?;
                Ok(bits)
            });
            let bits = join_bits(&got.parties);
            assert_eq!(bits.len(), size * len);
            for place in 0..size {
                for (i, &index) in index.iter().enumerate() {
                    assert_eq!(bits[place * len + i], place == index, "{index} of {size}");
                }
            }
        }
    }
}

#[test]
fn one_place_is_true() {
    places::<Z64>();
    places::<Z32>();
}

#[test]
fn a_place_costs_little_more_than_a_bit() {
    let (len, size) = (64, 1024);
    let shares = SplitMix(seed(802)).deal(&vec![Z64::ONE; len]);
    let bits = |size| {
        let ran = run(Setup::of(802), |ctx| one_hot(ctx, mine(ctx, &shares), size));
        ran.payload_bits
    };
    // One AND a place, of 3 bits, and what an index costs however many places there are: two signs and ten bits.
    let of_places = bits(size) - bits(2);
    assert!(
        of_places <= (len * (3 * size + 10 * 110)) as u64,
        "{of_places}"
    );
}
