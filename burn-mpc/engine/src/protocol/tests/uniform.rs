//! Every share that one party holds is uniform, whatever the secret.

use super::statistics::uniform;
use crate::Party;
use crate::protocol::context::KeyOf;
use crate::protocol::testing::{SplitMix, seed, three};
use crate::protocol::{input, multiply, public, reshare};
use crate::ring::{Ring, Z32, Z64};
use crate::step::Step;

const SHARINGS: usize = 1 << 16;
const LIMIT: f64 = 5.5;

/// Every byte lane and every bit of the components.
fn assert_uniform<R: Ring>(component: &[R], what: &str) {
    for lane in 0..R::BYTES {
        let mut counts = [0_u32; 256];
        let byte = |word: &R| usize::from(word.to_u64().to_le_bytes()[lane]);
        component.iter().for_each(|word| counts[byte(word)] += 1);
        assert!(
            uniform(&counts).abs() < LIMIT,
            "{what}: byte {lane}: {}",
            uniform(&counts)
        );
    }
    for bit in 0..R::BITS {
        let ones = component
            .iter()
            .filter(|word| word.to_u64() >> bit & 1 == 1)
            .count() as u32;
        let counts = [ones, component.len() as u32 - ones];
        assert!(uniform(&counts) < LIMIT, "{what}: bit {bit}");
    }
}

fn uniform_shares<R: Ring>() {
    let mut rng = SplitMix(seed(901));
    let max = i64::MAX >> (64 - R::BITS);
    for secret in [0, 1, -1, max] {
        for owner in Party::ALL {
            let values = vec![R::from_i64(secret); SHARINGS];
            let got = three(rng.next(), |ctx| {
                let own = (ctx.party() == owner).then(|| values.clone());
                let share = input(ctx, owner, "x", SHARINGS, own)?;
                let one = public(ctx.party(), &[R::ONE; SHARINGS]);
                let fresh = reshare(ctx, &multiply(&share, &one))?;
                Ok((share, fresh))
            });
            // An input has one component that is zero by design, the one that its owner lacks.
            let [own, next, prev] = [owner, owner.next(), owner.prev()].map(|p| &got[p.index()].0);
            assert_uniform(own.first(), "owner's first");
            assert_uniform(own.second(), "owner's second");
            assert_uniform(next.first(), "next party's first");
            assert_uniform(prev.second(), "previous party's second");
            assert!(
                next.second()
                    .iter()
                    .chain(prev.first())
                    .all(|&word| word == R::ZERO)
            );
            for (_, fresh) in &got {
                assert_uniform(fresh.first(), "reshared");
                // The sum and difference of the pair as well: the components are independent.
                assert_uniform(&fresh.own_sum(), "reshared sum");
                assert_uniform(
                    &crate::ring::sub(fresh.first(), fresh.second()),
                    "difference",
                );
            }
        }
    }
}

/// Bounds that do not divide 256: a plain reduction of bytes would show.
#[test]
fn draws_below_a_bound_are_uniform_and_equal_at_both_holders() {
    let mut rng = SplitMix(seed(902));
    for bound in [3_u8, 7, 13, 30, 43, 67] {
        let got = three(rng.next(), |ctx| {
            let op = ctx.begin("draw", &[]);
            if !ctx.computes() {
                return Ok([vec![], vec![]]);
            }
            let party = ctx.party();
            let keys = [KeyOf(party), KeyOf(party.next())];
            let [own, next] =
                keys.map(|key| ctx.draw_below(op, key, Step::made_up_run(1), bound, SHARINGS));
            Ok([own?, next?])
        });
        for i in 0..3 {
            assert_eq!(got[i][1], got[(i + 1) % 3][0], "both holders");
            let mut counts = vec![0_u32; bound.into()];
            got[i][0].iter().for_each(|&x| counts[usize::from(x)] += 1);
            assert!(uniform(&counts) < LIMIT, "below {bound}: {counts:?}");
        }
    }
}

#[test]
fn the_pair_of_every_party_is_uniform_for_every_secret() {
    uniform_shares::<Z64>();
    uniform_shares::<Z32>();
}
