//! Gates on shared bits, and their conversion to ring elements.

use super::LENGTHS;
use crate::protocol::testing::{Setup, SplitMix, join, join_bits, mine, run, seed, three};
use crate::protocol::{b2a, bit_and};
use crate::ring::{Ring, Z4, Z32, Z64};

fn random_bits(rng: &mut SplitMix, len: usize) -> Vec<bool> {
    (0..len).map(|_| rng.next() & 1 == 1).collect()
}

fn ring_bits<R: Ring>() {
    let mut rng = SplitMix(seed(501));
    for len in LENGTHS {
        let bits = random_bits(&mut rng, len);
        let shares = rng.deal_bits(&bits);
        // Three calls, so that every party plays every role.
        let got = three(rng.next(), |ctx| {
            let all = [
                b2a::<R>(ctx, mine(ctx, &shares))?,
                b2a(ctx, mine(ctx, &shares))?,
            ];
            let [first, second] = all;
            let third = b2a(ctx, mine(ctx, &shares))?;
            Ok([first, second, third])
        });
        let expected: Vec<R> = bits
            .iter()
            .map(|&bit| R::from_u64(u64::from(bit)))
            .collect();
        for call in 0..3 {
            assert_eq!(join(&[0, 1, 2].map(|i| got[i][call].clone())), expected);
        }
    }
}

#[test]
fn bits_become_ring_elements() {
    ring_bits::<Z64>();
    ring_bits::<Z32>();
    ring_bits::<Z4>();
}

#[test]
fn and_not_and_xor_follow_their_tables() {
    let mut rng = SplitMix(seed(502));
    for len in LENGTHS {
        let (x, y) = (random_bits(&mut rng, len), random_bits(&mut rng, len));
        let (xs, ys) = (rng.deal_bits(&x), rng.deal_bits(&y));
        let run = run(Setup::of(rng.next()), |ctx| {
            bit_and(ctx, mine(ctx, &xs), mine(ctx, &ys))
        });
        let expected: Vec<bool> = x.iter().zip(&y).map(|(x, y)| x & y).collect();
        assert_eq!(join_bits(&run.parties), expected);
        assert_eq!(
            (run.payload_bits, run.rounds),
            (24 * len.div_ceil(8) as u64, 1)
        );
        let inverse = [0, 1, 2].map(|i| xs[i].not(i));
        assert_eq!(
            join_bits(&inverse),
            x.iter().map(|x| !x).collect::<Vec<bool>>()
        );
        let xor = [0, 1, 2].map(|i| xs[i].xor(&ys[i]));
        assert_eq!(
            join_bits(&xor),
            x.iter().zip(&y).map(|(x, y)| x ^ y).collect::<Vec<bool>>()
        );
    }
}
