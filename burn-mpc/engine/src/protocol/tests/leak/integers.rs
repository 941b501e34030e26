//! Bit operations, shifts and divisions of integers.

use super::{Case, Secrets, see_share};
use crate::protocol::{
    bitwise_and, bitwise_and_public, divide, remainder, shift_left, shift_right,
};
use crate::ring::{Ring, Z4, Z32};
use crate::share::Rss;

fn pair() -> Secrets {
    Secrets::such([vec![5, 1], vec![-3, 6]], |rng| {
        [0, 1].map(|_| vec![rng.next().cast_signed(), rng.next().cast_signed()])
    })
}

/// Protocols that send something themselves: the bits of words, words of bits, divisions by public numbers.
pub(super) fn words() -> Vec<Case> {
    let divided = |d: u64| {
        let name = format!("division by {d}");
        Case::on_share(name, [5, -3], move |ctx, x: &Rss<Z4>| {
            let y = divide(ctx, x, &[d])?;
            ctx.see(y.part());
            Ok(())
        })
    };
    vec![
        Case::new::<Z4>("conjunction of words", pair(), |ctx, held| {
            let [x, y] = [0, 1].map(|i| &held.shares[i]);
            see_share(ctx, x);
            see_share(ctx, y);
            let z = bitwise_and(ctx, x, y)?;
            see_share(ctx, &z);
            Ok(())
        })
        .wide(),
        Case::on_share("masked word", [5, -3], |ctx, x: &Rss<Z4>| {
            let y = bitwise_and_public(ctx, x, &vec![Z4::from_u64(6); x.len()])?;
            see_share(ctx, &y);
            Ok(())
        }),
        divided(2),
        divided(3),
    ]
}

/// What is made of these.
fn composed() -> Vec<Case> {
    let shifts = Case::new::<Z4>("shifts by shares", pair(), |ctx, held| {
        let [x, y] = [0, 1].map(|i| &held.shares[i]);
        see_share(ctx, x);
        see_share(ctx, y);
        let right = shift_right(ctx, x, y)?;
        see_share(ctx, &right);
        let left = shift_left(ctx, x, y)?;
        ctx.see(left.part());
        Ok(())
    });
    let division = Case::new::<Z32>("remainder by a share", pair(), |ctx, held| {
        let [x, y] = [0, 1].map(|i| &held.shares[i]);
        see_share(ctx, x);
        see_share(ctx, y);
        let rest = remainder(ctx, x, y, 32)?;
        ctx.see(rest.part());
        Ok(())
    });
    let division = Case {
        instances: 2048,
        samples: 1,
        ..division
    };
    vec![shifts.wide(), division]
}

#[test]
fn bits_of_words_and_public_divisors_do_not_depend_on_the_secret() {
    words().iter().for_each(Case::assert_tight);
}

#[test]
fn shifts_and_divisions_by_shares_do_not_depend_on_the_secret() {
    composed().iter().for_each(Case::assert_tight);
}
