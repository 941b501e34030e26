//! Faithful truncation in two rounds, for truncations on the critical path.

use crate::Party;
use crate::protocol::basic::two_of_two::masked;
use crate::protocol::basic::words::low_mask;
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::truncate::own_low::own_low;
use crate::protocol::truncate::shift::check;
use crate::ring::{self, Ring};
use crate::share::{Additive, Rss};
use crate::step::star::{FROM_A, MASK, NU, OUTPUT, RHO_B, RHO_C, SHIFT, TO_A};

/// Declared cost of [`star`] of `len` elements by `shift` bits: `3k + 2f + 2` bits in 2 rounds.
pub fn cost<R: Ring>(len: usize, shift: u32, roles: [Party; 3]) -> Cost {
    let bytes = len * R::BYTES;
    let low = ring::low_bits_bytes(shift, len);
    let dealt = bytes + low;
    let bit = len.div_ceil(8);
    Cost::local()
        .round(roles, &[(B, A, dealt), (C, A, dealt)])
        .early_part(roles, B, A, low)
        .early_part(roles, C, A, low)
        .round(roles, &[(A, B, bytes + bit), (A, C, bit)])
}

/// Faithful truncation in 2 rounds: no gross error while `|z| < 2^(k-2)`.
///
/// The value goes to A, under a mask `w` that B and C know: `z + 2^(k-2) = u - w mod 2^k` with `u` at A.
/// As in the three-round form the left side is in `[0, 2^(k-1))`, so the subtraction borrows iff
/// `a b = 1` with `a = NOT msb(u)`, `b = msb(w)`, and
/// `y = (u >> f) - (w >> f) + a b 2^(k-f) - 2^(k-2-f)`.
///
/// - **Holds**: before `Additive`, after `Rss`.
/// - **Sends**: `3k + 2f + 2` bits. Round 1: B -> A `z_B + zeta_B + w` and
///   `s xor nu xor rho_B D` with `D = s xor (s + b)`, C -> A `z_C + zeta_C` and `nu xor rho_C D` (`s`, `nu`,
///   `D` mod `2^f`). Round 2: A -> B `y_B` below and `abar = a xor rho_B xor rho_C`, A -> C `abar`. The
///   `2f` bits about `w` do not depend on `z`; they travel with round 1.
/// - **Randomness**: a zero share; `w`, `s`, `nu` from `K_C`; the bit `rho_B` from `K_B`; the bit `rho_C`
///   and `y_A` from `K_A`.
/// - **Correctness**: the dealt messages add up (xor) to `m = s + rho b`, `rho = rho_B xor rho_C`. With
///   `g(x) = 1 - 2x`: `a b = abar b + g(abar) rho b = abar b + g(abar) (m - s) mod 2^f`. A's terms make
///   `y_B = (u >> f) - 2^(k-2-f) + g(abar) m 2^(k-f) - y_A`, the others
///   `y_C = (abar b - g(abar) s) 2^(k-f) - (w >> f)`. Error in (-1, 1) ulp, mean 0, and zero stays zero,
///   since `u` and `w` are then equal modulo `2^f`.
/// - **Leaks**: nothing. A lacks `K_C`: the two parts of `u` are under `w` and under `zeta`, the dealt
///   messages under `s` and `nu`. `abar` is under `rho_C` for B and under `rho_B` for C; `y_B` is under
///   `y_A` for B. `y_C` is computed from what B and C both know.
///
/// Specification: `docs/spec/truncation.md`, "Star". The mask is subtracted, so that the rounding is balanced: with a
/// mask that is added, zero would become one ulp with probability `2^-f`.
///
/// # Errors
/// [`ProtocolError::Shift`] unless `1 <= shift <= k - 2`; failure of a link or of the randomness
/// discipline.
pub fn star<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    check::<R>(ctx, shift)?;
    let len = z.len();
    let cost = |roles| cost::<R>(len, shift, roles);
    let op = ctx.begin_costing("truncate-star", &[len, shift as usize], cost);
    ctx.watched(op, len, || z.part().iter().copied());
    if !ctx.computes() {
        return Ok(Rss::counted(len));
    }
    ctx.probe.truncated(ctx.party(), op, z.part());
    let part = masked(ctx, op, z)?;
    if op.role() == A {
        at_a(ctx, op, part, shift)
    } else {
        at_b_or_c(ctx, op, part, shift)
    }
}

fn at_a<R: Ring>(
    ctx: &mut Context,
    op: Op,
    mut u: Vec<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    let (len, k) = (u.len(), R::BITS);
    let [_, b, c] = op.roles();
    let words = len.div_ceil(64);
    let mut rho = ctx.draw_words(op, op.key(B), RHO_B, words)?;
    let rho_c = ctx.draw_words(op, op.key(A), RHO_C, words)?;
    let y_a = ctx.draw::<R>(op, op.key(A), OUTPUT, len)?;
    let offset = R::ONE.shl(k - 2);
    let mut m = vec![R::ZERO; len];
    for from in [b, c] {
        let (part, dealt) = receive(ctx, op, from, shift, len)?;
        for i in 0..len {
            u[i] += part[i];
            m[i] = m[i] ^ dealt[i];
        }
    }
    u.iter_mut().for_each(|u| *u += offset);
    own_low(&u, shift);
    rho.iter_mut().zip(rho_c).for_each(|(x, y)| *x ^= y);
    let mut a_bar = ring::to_planes(&u, k - 1, 1).into_words();
    a_bar
        .iter_mut()
        .zip(&rho)
        .for_each(|(msb, rho)| *msb = !*msb ^ rho);
    let back = R::ONE.shl(k - 2 - shift);
    let y_b: Vec<R> = (0..len)
        .map(|i| {
            let share = sign(bit::<R>(&a_bar, i)) * m[i];
            u[i].shr(shift) - back + share.shl(k - shift) - y_a[i]
        })
        .collect();
    ctx.probe.see(&y_b);
    ctx.probe.see_planes(&a_bar);
    let bits = ring::planes_to_bytes(&a_bar, 1, len);
    let mut payload = bytemuck::cast_slice::<R, u8>(&y_b).to_vec();
    payload.extend_from_slice(&bits);
    ctx.send_bytes(op, b, FROM_A, &payload)?;
    ctx.send_bytes(op, c, FROM_A, &bits)?;
    Ok(Rss::new(y_a, y_b))
}

/// `1 - 2 bit`.
fn sign<R: Ring>(bit: R) -> R {
    R::ONE - bit - bit
}

fn bit<R: Ring>(words: &[u64], index: usize) -> R {
    R::from_u64(words[index / 64] >> (index % 64) & 1)
}

/// `z_B + zeta_B + w` or `z_C + zeta_C`, and the dealt share of `m`.
fn receive<R: Ring>(
    ctx: &mut Context,
    op: Op,
    from: Party,
    shift: u32,
    len: usize,
) -> Result<(Vec<R>, Vec<R>), ProtocolError> {
    let size = len * R::BYTES + ring::low_bits_bytes(shift, len);
    let payload = ctx.recv_bytes(op, from, TO_A, size)?;
    let (part, dealt) = payload.split_at(len * R::BYTES);
    let mut part: Vec<R> = bytemuck::pod_collect_to_vec(part);
    part.iter_mut().for_each(|x| *x = x.canonical());
    let dealt = ring::unpack_low_bits::<R>(dealt, shift, len);
    ctx.probe.see(&part);
    ctx.probe.see(&dealt);
    Ok((part, dealt))
}

fn at_b_or_c<R: Ring>(
    ctx: &mut Context,
    op: Op,
    mut part: Vec<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    let (len, k) = (part.len(), R::BITS);
    let words = len.div_ceil(64);
    let is_b = op.role() == B;
    let low = low_mask::<R>(shift);
    let w = ctx.draw::<R>(op, op.key(C), MASK, len)?;
    let s = ctx.draw::<R>(op, op.key(C), SHIFT, len)?;
    let nu = ctx.draw::<R>(op, op.key(C), NU, len)?;
    let (key, step) = if is_b { (B, RHO_B) } else { (A, RHO_C) };
    let rho = ctx.draw_words(op, op.key(key), step, words)?;
    let dealt: Vec<R> = (0..len)
        .map(|i| {
            let flip = (s[i] ^ (s[i] + w[i].msb())) & -bit::<R>(&rho, i);
            let base = if is_b { s[i] ^ nu[i] } else { nu[i] };
            (base ^ flip) & low
        })
        .collect();
    if is_b {
        part.iter_mut().zip(&w).for_each(|(x, &w)| *x += w);
    }
    ctx.probe.see(&part);
    ctx.probe.see(&dealt);
    let a = op.roles()[A];
    let mut payload = bytemuck::cast_slice::<R, u8>(&part).to_vec();
    payload.extend(ring::pack_low_bits(&dealt, shift));
    ctx.send_bytes(op, a, TO_A, &payload)?;
    let received = if is_b { len * R::BYTES } else { 0 };
    let answer = ctx.recv_bytes(op, a, FROM_A, received + len.div_ceil(8))?;
    let (y_b, bits) = answer.split_at(received);
    let a_bar = ring::planes_from_bytes(bits, 1, len);
    ctx.probe.see_planes(&a_bar);
    let y_c: Vec<R> = (0..len)
        .map(|i| {
            let a_bar = bit::<R>(&a_bar, i);
            let share = a_bar * w[i].msb() - sign(a_bar) * (s[i] & low);
            share.shl(k - shift) - w[i].shr(shift)
        })
        .collect();
    if is_b {
        let y_b: Vec<R> = bytemuck::pod_collect_to_vec(y_b);
        let y_b: Vec<R> = y_b.into_iter().map(R::canonical).collect();
        ctx.probe.see(&y_b);
        return Ok(Rss::new(y_b, y_c));
    }
    let y_a = ctx.draw::<R>(op, op.key(A), OUTPUT, len)?;
    Ok(Rss::new(y_c, y_a))
}
