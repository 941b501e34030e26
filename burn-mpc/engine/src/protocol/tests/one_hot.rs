//! Secret indices.

use crate::Party;
use crate::protocol::testing::{Setup, SplitMix, attempt, join_bits, mine, run, seed};
use crate::protocol::{Audience, ProtocolError, one_hot, reveal};
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
                let bits = one_hot(ctx, core::slice::from_ref(share), &[size])?;
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

/// Each place of these axes, and a place outside of every axis whose index lies inside.
fn coordinates<R: Ring>(sizes: &[usize]) {
    let size: usize = sizes.iter().product();
    let mut rng = SplitMix(seed(803));
    let strides: Vec<usize> = (1..=sizes.len())
        .map(|axis| sizes[axis..].iter().product())
        .collect();
    let on_axis = |axis: usize| -> Vec<R> {
        let at = |index: usize| index / strides[axis] % sizes[axis];
        (0..size).map(|i| R::from_u64(at(i) as u64)).collect()
    };
    let axes: Vec<_> = (0..sizes.len())
        .map(|axis| rng.deal(&on_axis(axis)))
        .collect();
    let got = run(Setup::of(rng.next()), |ctx| {
        let shares: Vec<_> = axes.iter().map(|axis| mine(ctx, axis).clone()).collect();
        let bits = one_hot(ctx, &shares, sizes)?;
        reveal(ctx, &shares[0], Audience::One(Party::P0))?;
        Ok(bits)
    });
    let bits = join_bits(&got.parties);
    for place in 0..size {
        for index in 0..size {
            assert_eq!(bits[place * size + index], place == index, "{sizes:?}");
        }
    }
}

#[test]
fn coordinates_make_one_index() {
    for sizes in [&[1, 1][..], &[2, 3], &[3, 1, 5], &[2, 2, 2, 2]] {
        coordinates::<Z64>(sizes);
        coordinates::<Z32>(sizes);
    }
}

/// Coordinates whose index is inside, though one of them is not: also where the index wraps around the ring.
#[test]
fn each_coordinate_is_checked_on_its_own_axis() {
    let wrapping = Z64::from_u64(1 << 62);
    let outside = [
        [Z64::ZERO, Z64::from_u64(5)],
        [Z64::ONE, Z64::from_i64(-1)],
        [wrapping, Z64::ONE],
    ];
    for pair in outside {
        let mut rng = SplitMix(seed(804));
        let axes = pair.map(|code| rng.deal(&[code]));
        let outcome = attempt(Setup::of(804), &|ctx| {
            let shares: Vec<_> = axes.iter().map(|axis| mine(ctx, axis).clone()).collect();
            let places = one_hot(ctx, &shares, &[3, 4])?;
            assert_eq!(places.len(), 12);
            reveal(ctx, &shares[0], Audience::All)
        });
        for (result, _) in outcome {
            let is_flagged = matches!(result, Err(ProtocolError::Domain { .. }));
            assert!(is_flagged, "{pair:?}");
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
        let ran = run(Setup::of(802), |ctx| {
            let share = mine(ctx, &shares);
            one_hot(ctx, core::slice::from_ref(share), &[size])
        });
        ran.payload_bits
    };
    // One AND a place, of 3 bits, and what an index costs however many places there are: two signs and ten bits.
    let of_places = bits(size) - bits(2);
    assert!(
        of_places <= (len * (3 * size + 10 * 110)) as u64,
        "{of_places}"
    );
}
