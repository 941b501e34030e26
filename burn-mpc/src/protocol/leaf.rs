//! Addends known in the clear to few: the one-hot leaf of carry and equality trees.
//!
//! `u` is known to A alone, `v` to B and C. For a group of `m` bits, any function of `(u_g, v_g)` is
//! linear in the one-hot code of `u_g`, with coefficients that B and C both know.

use crate::Party;
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::planes::PlaneShare;
use crate::ring::{self, BitPlanes};

const ONE_HOT: u16 = 1;
const OUTPUT_A: u16 = 2;
const OUTPUT_B: u16 = 3;

/// What a leaf computes per group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// Generate and propagate of `u_g + v_g`; the lowest group has no propagate.
    Carry,
    /// `[u_g = v_g]`.
    Equal,
}

/// The consecutive bit groups of a leaf, lowest first, and whether a raw top bit follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Groups {
    pub(super) sizes: Vec<u32>,
    pub(super) top: bool,
    pub(super) table: Table,
}

impl Groups {
    /// Groups for the carry into bit `width - 1` of a sum of `width` bits, plus that bit itself.
    ///
    /// Threes, with one four or one two at the bottom: the cheapest choice for every width.
    pub(super) fn carry(width: u32) -> Self {
        let low = width - 1;
        let sizes = match (low % 3, low) {
            (_, 0) => vec![],
            (0, _) => vec![3; (low / 3) as usize],
            (1, 1) => vec![1],
            (1, _) => [4]
                .into_iter()
                .chain(vec![3; (low / 3 - 1) as usize])
                .collect(),
            _ => [2].into_iter().chain(vec![3; (low / 3) as usize]).collect(),
        };
        Self {
            sizes,
            top: true,
            table: Table::Carry,
        }
    }

    /// Groups of two for the equality of `width` bits.
    pub(super) fn equal(width: u32) -> Self {
        let mut sizes = vec![2; (width / 2) as usize];
        if width % 2 == 1 {
            sizes.push(1);
        }
        Self {
            sizes,
            top: false,
            table: Table::Equal,
        }
    }

    fn one_hot_planes(&self) -> usize {
        self.sizes.iter().map(|&m| (1 << m) - 1).sum::<usize>() + usize::from(self.top)
    }

    /// Output planes: for `Carry` G of group 0, then G, P of each further one; for `Equal` one each.
    pub(super) fn outputs(&self) -> usize {
        match self.table {
            Table::Carry => (2 * self.sizes.len()).saturating_sub(1),
            Table::Equal => self.sizes.len(),
        }
    }

    /// Declared cost of the leaf on `len` elements: `sum (2^m - 1) + top` bits, then 2 bits per output.
    pub(super) fn cost(&self, len: usize, roles: [Party; 3]) -> Cost {
        let plane = ring::plane_bytes(len);
        let out = self.outputs() * plane;
        Cost::local()
            .round(roles, &[(A, B, self.one_hot_planes() * plane)])
            .round(roles, &[(B, C, out), (C, B, out)])
    }
}

/// What this party brings: A the bits of `u`, B and C those of `v`.
pub(super) struct LeafOutput {
    /// G/P or equality planes, see [`Groups::outputs`].
    pub(super) planes: PlaneShare,
    /// The raw top bits `u_top xor v_top` as a share, if the groups ask for it.
    pub(super) top: Option<PlaneShare>,
}

impl LeafOutput {
    /// Of no elements.
    pub(super) fn empty() -> Self {
        let planes = PlaneShare {
            planes: 0,
            len: 0,
            first: Vec::new(),
            second: Vec::new(),
        };
        Self { planes, top: None }
    }
}

/// Runs the leaf as part of `op`, with labels from `base` on.
///
/// - **Holds**: before, `u` at A, `v` at B and C; after, replicated bits.
/// - **Sends**: round 1, A -> B: the one-hot code of every group without index 0, and the top bit, each
///   under `F(K_A)` (C derives its half from `K_A`). Round 2, B <-> C: the table look-ups under
///   `F(K_B)` and `F(K_A)`, 2 bits per output.
/// - **Randomness**: `K_A` (one-hot masks, outputs), `K_B` (outputs).
/// - **Correctness**: `sum_j q_j T_v[j]` over the xor-shared code `q`; the constant term is B's.
/// - **Leaks**: nothing: B lacks `K_A`, C lacks `K_B`; components A and B of the outputs are fresh.
///
/// Source: section 4.2 of the project's protocol specification (leaf look-ups in the spirit of
/// `CrypTFlow2`, CCS 2020, and one-time truth tables).
pub(super) fn leaf(
    ctx: &mut Context,
    op: Op,
    base: u16,
    groups: &Groups,
    bits: &BitPlanes,
) -> Result<LeafOutput, ProtocolError> {
    let len = bits.len();
    let words = len.div_ceil(64);
    let hot = groups.one_hot_planes();
    let outputs = groups.outputs();
    let [_, b, c] = op.roles();
    match op.role() {
        A => {
            let mask = ctx.draw_words(op, op.key(A), base + ONE_HOT, hot * words)?;
            let mut code = one_hot(groups, bits);
            code.iter_mut().zip(&mask).for_each(|(x, m)| *x ^= m);
            ctx.send_planes(op, b, base + ONE_HOT, &code, hot, len)?;
            let first = ctx.draw_words(op, op.key(A), base + OUTPUT_A, outputs * words)?;
            let second = ctx.draw_words(op, op.key(B), base + OUTPUT_B, outputs * words)?;
            let top = last(groups, len, &mask, &code);
            Ok(LeafOutput {
                planes: PlaneShare {
                    planes: outputs,
                    len,
                    first,
                    second,
                },
                top,
            })
        }
        B => {
            let code = ctx.recv_planes(op, op.roles()[A], base + ONE_HOT, hot, len)?;
            let first = ctx.draw_words(op, op.key(B), base + OUTPUT_B, outputs * words)?;
            let mut own = look_up(groups, bits, &code, true);
            own.iter_mut().zip(&first).for_each(|(x, m)| *x ^= m);
            let second = swap(ctx, op, base, c, &own, outputs, len)?;
            let top = last(groups, len, &code, bits.words());
            Ok(LeafOutput {
                planes: PlaneShare {
                    planes: outputs,
                    len,
                    first,
                    second,
                },
                top,
            })
        }
        _ => {
            let code = ctx.draw_words(op, op.key(A), base + ONE_HOT, hot * words)?;
            let second = ctx.draw_words(op, op.key(A), base + OUTPUT_A, outputs * words)?;
            let mut own = look_up(groups, bits, &code, false);
            own.iter_mut().zip(&second).for_each(|(x, m)| *x ^= m);
            let first = swap(ctx, op, base, b, &own, outputs, len)?;
            let top = last(groups, len, bits.words(), &code);
            Ok(LeafOutput {
                planes: PlaneShare {
                    planes: outputs,
                    len,
                    first,
                    second,
                },
                top,
            })
        }
    }
}

/// B and C exchange their halves; both end with the xor.
fn swap(
    ctx: &mut Context,
    op: Op,
    base: u16,
    peer: Party,
    own: &[u64],
    planes: usize,
    len: usize,
) -> Result<Vec<u64>, ProtocolError> {
    ctx.send_planes(op, peer, base + OUTPUT_A, own, planes, len)?;
    let mut sum = ctx.recv_planes(op, peer, base + OUTPUT_A, planes, len)?;
    sum.iter_mut().zip(own).for_each(|(x, y)| *x ^= y);
    Ok(sum)
}

/// The share of the top bit from the last planes of both components.
fn last(groups: &Groups, len: usize, first: &[u64], second: &[u64]) -> Option<PlaneShare> {
    let words = len.div_ceil(64);
    let tail = |component: &[u64]| component[component.len() - words..].to_vec();
    groups.top.then(|| PlaneShare {
        planes: 1,
        len,
        first: tail(first),
        second: tail(second),
    })
}

/// `[value of the group = j]` for `j` in `0..2^m`, one word of 64 elements.
fn equalities(bits: &BitPlanes, offset: usize, m: u32, word: usize) -> [u64; 16] {
    let mut eq = [0_u64; 16];
    eq[0] = u64::MAX;
    for i in 0..m as usize {
        let plane = bits.plane(offset + i)[word];
        for j in (0..1 << i).rev() {
            eq[j | 1 << i] = eq[j] & plane;
            eq[j] &= !plane;
        }
    }
    eq
}

/// A's planes: one-hot codes without index 0, then the top bit.
fn one_hot(groups: &Groups, bits: &BitPlanes) -> Vec<u64> {
    let words = bits.len().div_ceil(64);
    let mut code = vec![0; groups.one_hot_planes() * words];
    let (mut plane, mut offset) = (0, 0);
    for &m in &groups.sizes {
        for word in 0..words {
            let eq = equalities(bits, offset, m, word);
            for j in 1..1 << m {
                code[(plane + j - 1) * words + word] = eq[j];
            }
        }
        plane += (1 << m) - 1;
        offset += m as usize;
    }
    if groups.top {
        code[plane * words..].copy_from_slice(bits.plane(offset));
    }
    code
}

/// B's or C's half of the outputs: inner products of the shared code with tables of `v`.
fn look_up(groups: &Groups, bits: &BitPlanes, code: &[u64], constant: bool) -> Vec<u64> {
    let words = bits.len().div_ceil(64);
    let mut out = vec![0; groups.outputs() * words];
    let (mut plane, mut offset, mut at) = (0, 0, 0);
    for (group, &m) in groups.sizes.iter().enumerate() {
        let top = (1_usize << m) - 1;
        for word in 0..words {
            let eq = equalities(bits, offset, m, word);
            let q = |j: usize| code[(plane + j - 1) * words + word];
            match groups.table {
                Table::Carry => {
                    let mut generate = 0;
                    let mut propagate = if constant { eq[top] } else { 0 };
                    // at_least = [v + j > top] = [v >= top + 1 - j], grown with j
                    let mut at_least = 0;
                    for j in 1..=top {
                        at_least |= eq[top + 1 - j];
                        generate ^= q(j) & at_least;
                        propagate ^= q(j) & (eq[top - j] ^ eq[top]);
                    }
                    out[at * words + word] = generate;
                    if group > 0 {
                        out[(at + 1) * words + word] = propagate;
                    }
                }
                Table::Equal => {
                    let mut equal = if constant { eq[0] } else { 0 };
                    for j in 1..=top {
                        equal ^= q(j) & (eq[j] ^ eq[0]);
                    }
                    out[at * words + word] = equal;
                }
            }
        }
        at += match groups.table {
            Table::Carry if group > 0 => 2,
            _ => 1,
        };
        plane += top;
        offset += m as usize;
    }
    out
}
