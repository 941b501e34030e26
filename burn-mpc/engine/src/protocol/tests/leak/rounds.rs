//! The protocols that save rounds: split signs, masked openings, random bits.

use super::{Case, Outcome, see_bits, see_share};
use crate::protocol::context::Context;
use crate::protocol::{
    lift_split, msb_parts, msb_split, open_masked, open_split, random_bits, share_split,
};
use crate::ring::{Ring, Z4, Z32};
use crate::share::{BitShare, Rss, XorBits};

fn split_and_use<R: Ring>(ctx: &mut Context, x: &Rss<R>) -> Outcome {
    let (rho, _) = random_bits::<Z4>(ctx, x.len())?;
    see_bits(ctx, &rho);
    let split = msb_split(ctx, x, 0..R::BITS)?;
    ctx.see_planes(split.part());
    let shared = share_split(ctx, &split)?;
    see_bits(ctx, &shared);
    let lifted = lift_split::<Z4>(ctx, &split)?;
    see_share(ctx, &lifted);
    let opened = open_split(ctx, &split, &rho)?;
    ctx.see_planes(&opened);
    Ok(())
}

fn parts_opened<R: Ring>(ctx: &mut Context, x: &Rss<R>) -> Outcome {
    let (rho, lifted) = random_bits::<Z4>(ctx, x.len())?;
    see_bits(ctx, &rho);
    see_share(ctx, &lifted);
    let parts = msb_parts(ctx, x, 0..R::BITS)?;
    ctx.see_planes(parts.part());
    let opened = open_masked(ctx, &parts, &rho)?;
    ctx.see_planes(&opened);
    Ok(())
}

/// The unmasked parts of `x y`.
pub(super) fn product(x: &BitShare, y: &BitShare) -> XorBits {
    let part = (0..x.first().len()).map(|i| {
        let (x0, x1, y0, y1) = (x.first()[i], x.second()[i], y.first()[i], y.second()[i]);
        (x0 & (y0 ^ y1)) ^ (x1 & y0)
    });
    XorBits::new(x.len(), part.collect())
}

pub(super) fn splits() -> Vec<Case> {
    let name = "two-round sign, shared, lifted and opened";
    vec![
        Case::on_share(name, [5, -3], |ctx, x: &Rss<Z4>| split_and_use(ctx, x)),
        Case::on_share("two-round sign in a window", [4, -4], |ctx, x: &Rss<Z4>| {
            let split = msb_split(ctx, x, 1..4)?;
            ctx.see_planes(split.part());
            Ok(())
        }),
    ]
}

/// On the small ring there is one digit and the guard; here there are a dozen slots.
fn wide_split() -> Case {
    let name = "two-round sign on the ring of 32 bits";
    Case::on_share(name, [5, -3], |ctx, x: &Rss<Z32>| split_and_use(ctx, x)).wide()
}

pub(super) fn sign_opened() -> Case {
    let name = "unshared sign of the small ring, opened under a mask";
    Case::on_share(name, [5, -3], |ctx, x: &Rss<Z4>| parts_opened(ctx, x))
}

fn wide_sign_opened() -> Case {
    let name = "unshared sign of the ring of 32 bits, opened under a mask";
    Case::on_share(name, [5, -3], |ctx, x: &Rss<Z32>| parts_opened(ctx, x)).wide()
}

pub(super) fn product_opened() -> Case {
    Case::on_bits("product of bits, opened under a mask", |ctx, [x, y]| {
        let (rho, _) = random_bits::<Z4>(ctx, x.len())?;
        see_bits(ctx, &rho);
        let opened = open_masked(ctx, &product(x, y), &rho)?;
        ctx.see_planes(&opened);
        Ok(())
    })
}

#[test]
fn two_round_signs_do_not_depend_on_the_secret() {
    splits().iter().for_each(Case::assert_tight);
}

#[test]
fn many_digits_do_not_depend_on_the_secret() {
    wide_split().assert_tight();
}

#[test]
fn masked_openings_do_not_depend_on_the_secret() {
    for case in [sign_opened(), wide_sign_opened(), product_opened()] {
        case.assert_tight();
    }
}
