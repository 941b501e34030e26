//! Rotation of roles.

use crate::protocol::testing::{SplitMix, mine, seed, three};
use crate::protocol::{b2a, msb, truncate};
use crate::ring::{Ring, Z32, Z64};

/// Every layer makes three calls. If rotations went by number alone, each kind of call would have the same roles in
/// every layer.
#[test]
fn calls_of_different_kinds_and_sizes_load_the_parties_within_a_tenth() {
    fn check<R: Ring>() {
        let mut rng = SplitMix(seed(1301));
        let x = rng.signed::<R>(R::BITS - 4, 4000);
        let shares = rng.deal(&x);
        let sizes = [4000, 4000, 1000, 2000, 500, 3000, 3000, 3000, 100, 700];
        let sent = three(rng.next(), |ctx| {
            for size in sizes.repeat(2) {
                let x = mine(ctx, &shares).map_linear(|x| x[..size].to_vec());
                let y = truncate(ctx, &x.to_additive(), 12)?;
                let signs = msb(ctx, &y)?;
                let _numbers = b2a::<R>(ctx, &signs)?;
            }
            Ok(ctx.declared().sent())
        });
        for sent in sent {
            let [least, most] = [sent.iter().min(), sent.iter().max()].map(Option::unwrap);
            assert!(most * 10 <= least * 11, "{sent:?}");
        }
    }
    check::<Z64>();
    check::<Z32>();
}
