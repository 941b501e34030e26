//! Signs, comparisons, and conversions of bits.

use super::{Bit, BitParts, Case, Share, Split};
use crate::protocol::context::Context;
use crate::protocol::{
    b2a, bitwise_and, bitwise_and_public, divide, greater, is_zero, lift_halves, lift_split, msb,
    msb_in, msb_parts, msb_split, open_masked, open_split, random_bits, share_split, shift_left,
    shift_right,
};
use crate::ring::{Ring, Z2, Z3, Z4, Z6};

fn signs_of<R: Ring>() -> Vec<Case> {
    vec![
        Case::new::<R>("sign by a tree", &[Share], |ctx, held| {
            msb(ctx, &held.share::<R>(0)).map(drop)
        }),
        Case::new::<R>("sign without its last level", &[Share], |ctx, held| {
            msb_parts(ctx, &held.share::<R>(0), 0..R::BITS).map(drop)
        }),
        Case::new::<R>("test for zero", &[Share], |ctx, held| {
            is_zero(ctx, &held.share::<R>(0)).map(drop)
        }),
        Case::new::<R>("comparison in two rounds", &[Share], |ctx, held| {
            msb_split(ctx, &held.share::<R>(0), 0..R::BITS).map(drop)
        }),
    ]
}

/// Signs, on all bits and in windows.
pub(crate) fn comparisons() -> Vec<Case> {
    let mut cases = signs_of::<Z2>();
    cases.extend(signs_of::<Z3>());
    // Three bits below the top: the largest group of a leaf but one, and one digit of three bits.
    cases.extend(signs_of::<Z4>());
    // Two groups and two digits: a tree with a level, and three slots.
    cases.extend(signs_of::<Z6>());
    for (low, high) in [(0, 2), (1, 3)] {
        let case = |name: &str| format!("{name} in the window {low}..{high}");
        cases.push(Case::new::<Z3>(
            case("sign by a tree"),
            &[Share],
            move |ctx, held| msb_in(ctx, &held.share::<Z3>(0), low..high).map(drop),
        ));
        cases.push(Case::new::<Z3>(
            case("comparison in two rounds"),
            &[Share],
            move |ctx, held| msb_split(ctx, &held.share::<Z3>(0), low..high).map(drop),
        ));
    }
    cases.push(Case::new::<Z2>("greater", &[Share, Share], |ctx, held| {
        greater(ctx, &held.share::<Z2>(0), &held.share(1)).map(drop)
    }));
    cases
}

fn conversions_of<R: Ring>() -> Vec<Case> {
    vec![
        Case::new::<R>("b2a", &[Bit], |ctx, held| {
            b2a::<R>(ctx, &held.bit(0)).map(drop)
        }),
        Case::new::<R>("lift split bits", &[Split], |ctx, held| {
            let bits = held.split(ctx, 0);
            lift_split::<R>(ctx, &bits).map(drop)
        }),
        Case::new::<R>("lift halves", &[Split], |ctx, held| {
            let bits = held.split(ctx, 0);
            lift_halves::<R>(ctx, &bits).map(drop)
        }),
        Case::new::<R>("open masked", &[BitParts], |ctx, held| {
            let (rho, _) = random_bits::<R>(ctx, held.n)?;
            open_masked(ctx, &held.bit_parts(0), &rho).map(drop)
        }),
        Case::new::<R>("open split bits", &[Split], |ctx, held| {
            let (rho, _) = random_bits::<R>(ctx, held.n)?;
            let bits = held.split(ctx, 0);
            open_split(ctx, &bits, &rho).map(drop)
        }),
    ]
}

/// Bit operations and shifts of words, and public divisors.
pub(crate) fn words() -> Vec<Case> {
    let mut cases = vec![
        Case::new::<Z2>(
            "bits of two words, and a word",
            &[Share, Share],
            |ctx, held| bitwise_and(ctx, &held.share::<Z2>(0), &held.share(1)).map(drop),
        ),
        Case::new::<Z2>("shift right by a share", &[Share, Share], |ctx, held| {
            shift_right(ctx, &held.share::<Z2>(0), &held.share(1)).map(drop)
        }),
        Case::new::<Z2>("shift left by a share", &[Share, Share], |ctx, held| {
            shift_left(ctx, &held.share::<Z2>(0), &held.share(1)).map(drop)
        }),
    ];
    cases.extend(words_of::<Z2>());
    cases.extend(words_of::<Z3>());
    cases
}

fn words_of<R: Ring>() -> Vec<Case> {
    let masked = |mask: u64| {
        Case::new::<R>(
            format!("word masked by {mask}"),
            &[Share],
            move |ctx, held| {
                let masks = vec![R::from_u64(mask); held.n];
                bitwise_and_public(ctx, &held.share::<R>(0), &masks).map(drop)
            },
        )
    };
    vec![
        masked(1),
        masked(2),
        masked(6),
        Case::new::<R>("division by a power of two", &[Share], |ctx, held| {
            divide(ctx, &held.share::<R>(0), &[2]).map(drop)
        }),
        Case::new::<R>("division by a public number", &[Share], |ctx, held| {
            let d = if R::BITS > 3 { 3 } else { 1 };
            divide(ctx, &held.share::<R>(0), &[d]).map(drop)
        }),
    ]
}

/// Bits to other forms.
pub(crate) fn conversions() -> Vec<Case> {
    let mut cases = conversions_of::<Z2>();
    cases.extend(conversions_of::<Z3>());
    cases.push(Case::new::<Z2>(
        "share split bits",
        &[Split],
        |ctx, held| {
            let bits = held.split(ctx, 0);
            share_split(ctx, &bits).map(drop)
        },
    ));
    cases.push(Case::new::<Z2>(
        "comparison in two rounds, shared, lifted and opened",
        &[Share],
        |ctx, held| {
            let bits = msb_split(ctx, &held.share::<Z2>(0), 0..2)?;
            let _ = share_split(ctx, &bits)?;
            let _ = lift_split::<Z2>(ctx, &bits)?;
            let (rho, _) = random_bits::<Z2>(ctx, held.n)?;
            open_split(ctx, &bits, &rho).map(drop)
        },
    ));
    cases.push(Case::new::<Z2>(
        "sign and b2a in three lanes",
        &[Share; 3],
        |ctx, held| {
            let values = [0, 1, 2].map(|at| held.share::<Z2>(at)).to_vec();
            let lane = |ctx: &mut Context, x| {
                let bit = msb(ctx, &x)?;
                b2a::<Z2>(ctx, &bit)
            };
            ctx.in_lanes(values, lane).map(drop)
        },
    ));
    cases.push(Case::new::<Z2>("sign and b2a", &[Share], |ctx, held| {
        let bit = msb(ctx, &held.share::<Z2>(0))?;
        b2a::<Z2>(ctx, &bit).map(drop)
    }));
    cases
}
