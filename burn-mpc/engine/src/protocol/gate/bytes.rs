//! Schedule B of a (Block-)ReLU: fewest bytes, on values that come out of a product.

use crate::Party;
use crate::protocol::basic::two_of_two::{masked, spread_cost};
use crate::protocol::bits::dealt::{dealt_sign, dealt_sign_cost};
use crate::protocol::context::{A, B, C, Context, Truncation};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::gate::conditional::{conditional, conditional_cost};
use crate::protocol::gate::patches::Patches;
use crate::protocol::gate::size::GateSize;
use crate::protocol::gate::truncated::{facts, is_corrected, mergeable, watch};
use crate::protocol::truncate::faithful::{
    correct_at_a, correct_at_b, deal, dealt_at_b, open_at_a, open_at_b,
};
use crate::protocol::truncate::probabilistic::divide_half;
use crate::protocol::window::Window;
use crate::ring::{self, BitPlanes, Ring};
use crate::share::{Additive, BitShare, TwoOfTwo};
use crate::step::gate::SUMS;
use crate::step::halves::GATHER;

/// The result of a gate.
#[derive(Debug)]
pub struct Gated<R> {
    /// `[sum of the patch > 0] x` at the lower scale, held by two parties.
    pub values: TwoOfTwo<R>,
    /// `[sum of the patch > 0]` per patch.
    pub signs: BitShare,
}

/// Declared cost of [`gate`]: per element `k + f + 2` bits, and `2k` more if it has a patch; per patch the sign, its
/// width `w`, and `2 min(128, k area)`. With the `2k` bits of [`reshare_halves`](crate::protocol::reshare_halves) that
/// is `5k + f + 2` per element. Rounds: those of the sign and 2.
pub fn gate_cost<R: Ring>(
    size: GateSize,
    shift: u32,
    window: Window,
    mode: Truncation,
    roles: [Party; 3],
) -> Cost {
    let len = size.elements;
    let window = window.within::<R>();
    let gathered = len * R::BYTES;
    let correction = match mode {
        Truncation::Faithful | Truncation::Star if shift > 0 => {
            let (bit, dealt) = (len.div_ceil(8), ring::low_bits_bytes(shift, len));
            Cost::local()
                .round(roles, &[(C, B, gathered + dealt)])
                .early_part(roles, C, B, dealt)
                .round(roles, &[(A, B, bit), (B, A, bit)])
        }
        _ => Cost::local().round(roles, &[(C, B, gathered)]),
    };
    if size.patches == 0 {
        return correction;
    }
    let sign = dealt_sign_cost(size.patches, window.width(), roles);
    let forwarded = ring::low_bits_bytes(window.width(), size.patches);
    // A's code waits for nothing, and B's sums for the gather alone.
    let forward = Cost::local().round(roles, &[(B, C, forwarded)]);
    let sign = Cost::local()
        .round(roles, &[])
        .then(sign.first_round().beside(forward))
        .then(sign.without_first_round());
    correction
        .beside(sign)
        .then(conditional_cost::<R>(size, roles))
}

/// Truncates by `shift` bits (0: not at all). Keeps the elements of patches of positive sum; those of other patches
/// become zero. Elements without a patch are only truncated.
///
/// - **Holds**: before `Additive`; after `TwoOfTwo` at scale `2^(f - shift)`, and a replicated bit per patch.
/// - **Sends**: round 1, C -> B: `z_C + zeta_C` (gather); A -> B: the leaf code of its sums. Round 2, B -> C: the sums
///   of `v`, `w` bits per patch. Meanwhile the correction of the faithful truncation. Then leaf, tree, and the
///   oblivious transfers of `conditional`.
/// - **Randomness**: that of gather, truncation, leaf, tree and transfers, each under its own steps.
/// - **Correctness**: `-sum z = u + v` with `u` at A and `v` at B and, after round 2, C; its highest bit says that the
///   sum is positive. The window must hold the sums, and `|z| < 2^(k-2)`.
/// - **Leaks**: nothing: through the zero share `v` carries `F(K_B)`, which C does not hold. Patches are disjoint, so C
///   sees uniform sums. The rest is as in the parts.
///
/// Specification: `docs/spec/gate.md`, "Bytes".
///
/// # Errors
/// [`ProtocolError::Shift`]; [`ProtocolError::Unmerged`] under [`Truncation::Exact`]; failure of a link or of the
/// randomness discipline.
pub fn gate<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    patches: &Patches,
    shift: u32,
    window: Window,
) -> Result<Gated<R>, ProtocolError> {
    let len = z.len();
    debug_assert_eq!(len, patches.elements());
    let window = window.within::<R>();
    let mode = mergeable(ctx, "gate", shift)?;
    let facts = facts(len, patches, shift, window);
    let size = patches.size::<R>();
    let cost = |roles| gate_cost::<R>(size, shift, window, mode, roles);
    // Its roles are those of the spread that will follow.
    let with_spread = |roles| cost(roles).then(spread_cost::<R>(len, roles));
    let [op, sign, choice] = ctx.begin_group("gate", &facts, with_spread);
    ctx.declare(&cost(op.roles()));
    watch(ctx, op, z, patches, shift, window)?;
    if !ctx.computes() {
        return Ok(Gated {
            values: TwoOfTwo::counted(len, op.rotation()),
            signs: BitShare::counted(patches.len()),
        });
    }
    let faithful = is_corrected(shift, mode);
    let part = masked(ctx, op, z)?;
    let sums_of = |part: &[R]| ring::neg(&patches.sums(part));
    let planes = |sums: &[R]| ring::to_planes(sums, window.low, window.width());
    let [_, b, c] = op.roles();
    let signs_of = |ctx: &mut Context, planes: &BitPlanes| {
        if patches.is_empty() {
            return Ok(BitShare::zeros(0));
        }
        dealt_sign(ctx, sign, planes)
    };
    let (part, signs) = match op.role() {
        A => {
            let sums = planes(&sums_of(&part));
            if faithful {
                let open = open_at_a(ctx, op, part, shift)?;
                let signs = signs_of(ctx, &sums)?;
                (correct_at_a(ctx, op, open, shift)?, signs)
            } else {
                let mut part = part;
                divide_half(op, &mut part, shift);
                (part, signs_of(ctx, &sums)?)
            }
        }
        B => {
            let mut v = part;
            let c1 = if faithful {
                dealt_at_b(ctx, op, &mut v, shift)?
            } else {
                ctx.recv_onto(op, c, GATHER, &mut v)?;
                Vec::new()
            };
            let sums = sums_of(&v);
            if !patches.is_empty() {
                let low: Vec<R> = sums.iter().map(|x| x.shr(window.low)).collect();
                ctx.send_low(op, c, SUMS, &low, window.width())?;
            }
            let part = if faithful {
                let open = open_at_b(ctx, op, &v)?;
                correct_at_b(ctx, op, open, c1, shift)?
            } else {
                divide_half(op, &mut v, shift);
                v
            };
            (part, signs_of(ctx, &planes(&sums))?)
        }
        _ => {
            if faithful {
                deal(ctx, op, &part, shift)?;
            } else {
                ctx.send(op, b, GATHER, &part)?;
            }
            let low = if patches.is_empty() {
                Vec::new()
            } else {
                ctx.recv_low::<R>(op, b, SUMS, patches.len(), window.width())?
            };
            let planes = ring::to_planes(&low, 0, window.width());
            (Vec::new(), signs_of(ctx, &planes)?)
        }
    };
    let part = if op.role() == C {
        conditional::<R>(ctx, choice, &signs, patches, part)?;
        vec![R::ZERO; len]
    } else {
        let grouped = patches.grouped(part);
        patches.ungrouped(conditional(ctx, choice, &signs, patches, grouped)?)
    };
    Ok(Gated {
        values: TwoOfTwo::new(part, op.rotation()),
        signs,
    })
}
