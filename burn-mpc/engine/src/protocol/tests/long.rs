//! Messages longer than the pieces in which they are masked, sent and received.

use crate::protocol::testing::{SplitMix, join, mine, seed, three};
use crate::protocol::{Patches, Window, faithful, gate, reshare, reshare_halves};
use crate::ring::{Ring, Z32, Z64};

/// Elements around the limits of pieces of keystreams and of received words.
const LENGTHS: [usize; 5] = [513, 16_383, 16_384, 16_385, 33_001];
const SHIFT: u32 = 9;

/// Whether `found 2^SHIFT` is within one unit of `exact`, and 0 stays 0.
fn close<R: Ring>(found: R, exact: i64) -> bool {
    let error = (i128::from(found.to_i64()) << SHIFT) - i128::from(exact);
    error.abs() < 1 << SHIFT && (exact != 0 || found == R::ZERO)
}

fn laws<R: Ring>() {
    let mut rng = SplitMix(seed(1701));
    for len in LENGTHS {
        let z = rng.signed::<R>(R::BITS - 4, len);
        let parts = rng.deal_additive(&z);
        let reshared = join(&three(rng.next(), |ctx| reshare(ctx, mine(ctx, &parts))));
        assert!(reshared == z, "{len} reshared");
        let truncated = join(&three(rng.next(), |ctx| {
            faithful(ctx, mine(ctx, &parts), SHIFT)
        }));
        let right = |(found, z): (&R, &R)| close(*found, z.to_i64());
        assert!(truncated.iter().zip(&z).all(right), "{len} truncated");
        let patches = Patches::single(len);
        let gated = join(&three(rng.next(), |ctx| {
            let window = Window::full::<R>();
            let gated = gate(ctx, mine(ctx, &parts), &patches, SHIFT, window)?;
            reshare_halves(ctx, &gated.values)
        }));
        let right = |(found, z): (&R, &R)| close(*found, z.to_i64().max(0));
        assert!(gated.iter().zip(&z).all(right), "{len} gated");
    }
}

#[test]
fn long_messages_obey_the_laws_of_short_ones() {
    laws::<Z64>();
    laws::<Z32>();
}
