//! A (Block-)ReLU by masked shares: fewest bytes where every element, or nearly every one, has its own sign.

use crate::party::{Party, Rotation};
use crate::protocol::basic::two_of_two::{gather_cost, gathered, spread, spread_cost};
use crate::protocol::bits::dealt::{dealt_sign, dealt_sign_cost};
use crate::protocol::context::{A, B, C, Context, Op, Truncation};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::gate::inject::{inject_as, inject_cost};
use crate::protocol::gate::patches::Patches;
use crate::protocol::gate::rounds::RoundsGated;
use crate::protocol::gate::size::GateSize;
use crate::protocol::gate::truncated::{facts, is_corrected, mergeable, watch};
use crate::protocol::truncate::faithful::{cost as faithful_cost, faithful_as};
use crate::protocol::truncate::probabilistic::divide_half;
use crate::protocol::window::Window;
use crate::ring::{self, Ring};
use crate::share::{Additive, BitShare, Rss};

/// Declared cost of [`gate_masked`]: per element `3k + f + 2` bits, and `3k` more if it has a patch; per patch the sign
/// and `k` bits. The sign has the width of the window above the `f` bits that are cut off: `k - f` for the whole word.
/// Rounds: 4, and one for each level of the sign's tree: 9 for `k = 64` and `f = 20`, 8 for `k = 32` and `f = 10`.
pub fn gate_masked_cost<R: Ring>(
    size: GateSize,
    shift: u32,
    window: Window,
    mode: Truncation,
    roles: [Party; 3],
) -> Cost {
    let len = size.elements;
    let cost = if is_corrected(shift, mode) {
        faithful_cost::<R>(len, shift, roles)
    } else {
        gather_cost::<R>(len, roles).then(spread_cost::<R>(len, roles))
    };
    // C, which deals the rest, receives nothing. So what it deals takes no round, although it is declared here.
    let [a, b, c] = roles;
    // It deals from draws alone.
    let kept = kept_cost::<R>(size, above::<R>(window, shift), [c, a, b]);
    cost.then(kept.early_from(c))
}

/// Declared cost of [`relu_replicated`]: per patch the sign and `k` bits, per element that has a patch `3k`. For
/// `k = 64` that is 541 bits in 8 rounds where every element is a patch, for 32 it is 264 in 7.
pub fn relu_replicated_cost<R: Ring>(size: GateSize, window: Window, roles: [Party; 3]) -> Cost {
    relu_truncated_cost::<R>(size, 0, window, roles)
}

/// Declared cost of [`relu_truncated`]: that of [`relu_replicated`] with signs of `cut` bits less.
pub fn relu_truncated_cost<R: Ring>(
    size: GateSize,
    cut: u32,
    window: Window,
    roles: [Party; 3],
) -> Cost {
    kept_cost::<R>(size, above::<R>(window, cut), roles)
}

/// Sign and product. A receives nothing, so its messages of the product take no round.
fn kept_cost<R: Ring>(size: GateSize, window: Window, roles: [Party; 3]) -> Cost {
    if size.patches == 0 {
        return Cost::local();
    }
    // A's components of the bits are draws.
    let product = inject_cost::<R>(size, roles);
    let masked_bits = size.patches * R::BYTES;
    dealt_sign_cost(size.patches, window.width(), roles).then(product.early_part(
        roles,
        A,
        B,
        masked_bits,
    ))
}

/// The window of truncated sums. Truncation rounds, so that a value at the limit of `window` may leave it: the window
/// gets one more bit if it has not all of them.
fn above<R: Ring>(window: Window, shift: u32) -> Window {
    let mut window = window.within::<R>();
    if shift > 0 {
        window.high = (window.high + 1).min(R::BITS);
    }
    window.above(shift).within::<R>()
}

/// Truncates by `shift` bits (0: not at all) and replicates. Keeps the elements of patches whose *truncated* elements
/// have a positive sum; those of other patches become zero. Elements without a patch are only truncated.
///
/// C of the truncation is A of the sign and of the product. It draws both its components of the truncated values, so it
/// deals its part of everything in the first round and then is done.
///
/// - **Holds**: before `Additive`; after `Rss` at scale `2^(f - shift)`, and a replicated bit per patch.
/// - **Sends**: the messages of the truncation (gather, correction, spread), of the dealt sign, and of
///   [`inject`](crate::protocol::inject()).
/// - **Randomness**: that of the parts, each under its own addresses.
/// - **Correctness**: for `shift > 0` the sign is that of the sum `S` of the truncated elements of a patch, taken from
///   bits `[low - shift, high + 1 - shift)`. Truncation errs by less than one unit, so for a patch of `n` elements with
///   sum `s`: `|S - s / 2^shift| < n`. The sign of `S` is right from the whole word if `|z| < 2^(k-2)`, `|s| < 2^(k-2)`
///   and `n <= 2^(k-2-shift)`; in a window if `|s| <= 2^(high-1)` and `n 2^shift + 2^low <= 2^(high-1)`. Other values
///   give a **wrong sign without notice**. From a window without ignored bits, `S = 0` gives 0: for patches of one element the bit is `[y > 0]` of the truncated element `y`,
///   and the values are those of [`gate`](crate::protocol::gate()). For larger patches the bit may differ from that of
///   `s` where `|s| < n 2^shift`. For `shift = 0` the sign is that of `s`, as in the other gates.
/// - **Leaks**: nothing; see the parts.
///
/// Specification: `docs/spec/gate.md`, "Masked".
///
/// # Errors
/// [`ProtocolError::Shift`]; [`ProtocolError::Unmerged`] under [`Truncation::Exact`]; failure of a link or of the
/// randomness discipline.
pub fn gate_masked<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    patches: &Patches,
    shift: u32,
    window: Window,
) -> Result<RoundsGated<R>, ProtocolError> {
    let len = z.len();
    debug_assert_eq!(len, patches.elements());
    let window = window.within::<R>();
    let mode = mergeable(ctx, "gate-masked", shift)?;
    let facts = facts(len, patches, shift, window);
    let size = patches.size::<R>();
    let cost = |roles| gate_masked_cost::<R>(size, shift, window, mode, roles);
    let op = ctx.begin_costing("gate-masked", &facts, cost);
    let dealer = Rotation::with_a(op.roles()[C]);
    let ops = [0; 2].map(|_| ctx.begin_as("gate-masked", &[], dealer));
    watch(ctx, op, z, patches, shift, window)?;
    if !ctx.computes() {
        return Ok(counted(len, patches));
    }
    let values = if is_corrected(shift, mode) {
        faithful_as(ctx, op, z, shift)?
    } else {
        let mut part = gathered(ctx, op, z)?;
        divide_half(op, &mut part, shift);
        spread(ctx, op, part, len)?
    };
    keep_positive(ctx, ops, values, patches, above::<R>(window, shift))
}

/// Keeps the elements of patches of positive sum; those of other patches become zero. Elements without a patch stay.
///
/// - **Holds**: before `Rss`; after `Rss`, and a replicated bit per patch.
/// - **Sends**: the messages of the dealt sign, and of [`inject`](crate::protocol::inject()), whose first message
///   travels with the first round.
/// - **Randomness**, **Leaks**: those of the parts.
/// - **Correctness**: the window must hold the sums; the whole word does if they are below `2^(k-1)`.
///
/// Specification: `docs/spec/gate.md`, "Masked".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn relu_replicated<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    patches: &Patches,
    window: Window,
) -> Result<RoundsGated<R>, ProtocolError> {
    relu_truncated(ctx, x, patches, 0, window)
}

/// [`relu_replicated`] of values whose lowest `cut` bits have been cut off by a truncation. The highest `cut` bits repeat
/// the sign.
///
/// - **Holds**, **Sends**, **Randomness**, **Leaks**: as [`relu_replicated`], on fewer bits.
/// - **Correctness**: `window` is that of the sums before the truncation, as in [`gate_masked`]; see there. The whole
///   word does for patches of one element if the value is below `2^(k-1-cut)`.
///
/// Specification: `docs/spec/gate.md`, "Masked".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn relu_truncated<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    patches: &Patches,
    cut: u32,
    window: Window,
) -> Result<RoundsGated<R>, ProtocolError> {
    debug_assert_eq!(x.len(), patches.elements());
    let window = window.within::<R>();
    let facts = facts(x.len(), patches, cut, window);
    let size = patches.size::<R>();
    let cost = |roles| relu_truncated_cost::<R>(size, cut, window, roles);
    let sign = ctx.begin_costing("relu-replicated", &facts, cost);
    let product = ctx.begin_as("relu-replicated", &[], sign.rotation());
    let sums = || ring::shl(&patches.sums(x.first()), cut);
    ctx.watched(sign, patches.len(), sums);
    if !ctx.computes() {
        return Ok(counted(x.len(), patches));
    }
    ctx.probe.signed(ctx.party(), sign, window, || {
        ring::shl(&patches.sums(x.first()), cut)
    });
    let window = above::<R>(window, cut);
    keep_positive(ctx, [sign, product], x.clone(), patches, window)
}

fn counted<R: Ring>(len: usize, patches: &Patches) -> RoundsGated<R> {
    RoundsGated {
        values: Rss::counted(len),
        signs: BitShare::counted(patches.len()),
    }
}

/// The sign of every patch from the bits of its sum in `window`, and the product with it. The caller declares the cost.
fn keep_positive<R: Ring>(
    ctx: &mut Context,
    [sign, product]: [Op; 2],
    values: Rss<R>,
    patches: &Patches,
    window: Window,
) -> Result<RoundsGated<R>, ProtocolError> {
    if patches.is_empty() {
        return Ok(RoundsGated {
            values,
            signs: BitShare::zeros(0),
        });
    }
    // The highest bit of `-sum` says that the sum is positive.
    let planes = |addend: &[R]| {
        let sums = ring::neg(&patches.sums(addend));
        ring::to_planes(&sums, window.low, window.width())
    };
    let addend = match sign.role() {
        A => planes(&values.own_sum()),
        B => planes(values.second()),
        _ => planes(values.first()),
    };
    let signs = dealt_sign(ctx, sign, &addend)?;
    let values = inject_as(ctx, product, &signs, &values, patches)?;
    Ok(RoundsGated { values, signs })
}
