//! The one-hot leaf of carry and equality trees, on addends that one or two parties know in the clear.
//!
//! `u` is known to A alone, `v` to B and C. For a group of `m` bits, any function of `(u_g, v_g)` is
//! linear in the one-hot code of `u_g`, with coefficients that B and C both know.

use crate::Party;
use crate::protocol::bits::planes::PlaneShare;
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, BitPlanes, GroupTable};
use crate::step::leaf::{ONE_HOT, OUTPUT_A, OUTPUT_B};

/// The consecutive bit groups of a leaf, lowest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Groups {
    pub(crate) sizes: Vec<u32>,
    pub(crate) table: GroupTable,
}

impl Groups {
    /// Groups for the carry into bit `width - 1` of a sum of `width` bits.
    ///
    /// Groups of three, with one group of four or of two at the bottom where needed: the cheapest choice for every
    /// width.
    pub(crate) fn carry(width: u32) -> Self {
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
            table: GroupTable::Carry,
        }
    }

    /// Groups of two for the equality of `width` bits.
    pub(crate) fn equal(width: u32) -> Self {
        let mut sizes = vec![2; (width / 2) as usize];
        if width % 2 == 1 {
            sizes.push(1);
        }
        Self {
            sizes,
            table: GroupTable::Equal,
        }
    }

    pub(crate) fn one_hot_planes(&self) -> usize {
        self.sizes.iter().map(|&m| (1 << m) - 1).sum()
    }

    /// Output planes: for `Carry` G of group 0, then G, P of each further one; for `Equal` one each.
    pub(crate) fn outputs(&self) -> usize {
        match self.table {
            GroupTable::Carry => (2 * self.sizes.len()).saturating_sub(1),
            GroupTable::Equal => self.sizes.len(),
        }
    }

    /// Xors A's planes onto `code`: one-hot codes without index 0.
    pub(crate) fn xor_one_hot(&self, mut bits: &[u64], words: usize, mut code: &mut [u64]) {
        for &m in &self.sizes {
            let (group, above) = bits.split_at(m as usize * words);
            let (target, next) = code.split_at_mut(((1 << m) - 1) * words);
            ring::xor_one_hot(m, words, group, target);
            (bits, code) = (above, next);
        }
        ring::xor_assign(code, &bits[..code.len()]);
    }

    /// Xors B's or C's half of the outputs onto `out`: inner products of the shared code with tables of `v`.
    pub(crate) fn xor_look_up(
        &self,
        mut bits: &[u64],
        words: usize,
        mut code: &[u64],
        constant: bool,
        mut out: &mut [u64],
    ) {
        for (group, &m) in self.sizes.iter().enumerate() {
            let planes = match self.table {
                GroupTable::Carry if group > 0 => 2,
                _ => 1,
            };
            let (v, above) = bits.split_at(m as usize * words);
            let (q, later) = code.split_at(((1 << m) - 1) * words);
            let (target, next) = out.split_at_mut(planes * words);
            ring::xor_look_up(self.table, m, words, v, q, constant, target);
            (bits, code, out) = (above, later, next);
        }
    }

    /// Declared cost of the leaf on `len` elements: `sum (2^m - 1)` bits, then 2 bits per output.
    pub(crate) fn cost(&self, len: usize, roles: [Party; 3]) -> Cost {
        let plane = ring::plane_bytes(len);
        let out = self.outputs() * plane;
        Cost::local()
            .round(roles, &[(A, B, self.one_hot_planes() * plane)])
            .round(roles, &[(B, C, out), (C, B, out)])
    }
}

/// Runs the leaf as part of `op`.
///
/// - **Holds**: before, `u` at A, `v` at B and C; after, replicated bits.
/// - **Sends**: round 1, A -> B: the one-hot code of every group without index 0,
///   under `F(K_A)` (C derives its half from `K_A`). Round 2, B <-> C: the table look-ups under
///   `F(K_B)` and `F(K_A)`, 2 bits per output.
/// - **Randomness**: `K_A` (one-hot masks, outputs), `K_B` (outputs).
/// - **Correctness**: `sum_j q_j T_v[j]` over the xor-shared code `q`; the constant term is B's.
/// - **Leaks**: nothing: B lacks `K_A`, C lacks `K_B`; components A and B of the outputs are fresh.
///
/// Specification: `docs/spec/comparison.md`, "The one-hot leaf". Source: look-ups in the spirit of `CrypTFlow2` (CCS
/// 2020) and of one-time truth tables.
pub(crate) fn leaf(
    ctx: &mut Context,
    op: Op,
    groups: &Groups,
    bits: &BitPlanes,
) -> Result<PlaneShare, ProtocolError> {
    let len = bits.len();
    let words = len.div_ceil(64);
    let hot = groups.one_hot_planes();
    let outputs = groups.outputs();
    let [_, b, c] = op.roles();
    let planes = |first, second| PlaneShare {
        planes: outputs,
        len,
        first,
        second,
    };
    match op.role() {
        A => {
            let mut code = ctx.draw_words(op, op.key(A), ONE_HOT, hot * words)?;
            groups.xor_one_hot(bits.words(), words, &mut code);
            ctx.send_planes(op, b, ONE_HOT, &code, hot, len)?;
            let first = ctx.draw_words(op, op.key(A), OUTPUT_A, outputs * words)?;
            let second = ctx.draw_words(op, op.key(B), OUTPUT_B, outputs * words)?;
            Ok(planes(first, second))
        }
        B => {
            let code = ctx.recv_planes(op, op.roles()[A], ONE_HOT, hot, len)?;
            let first = ctx.draw_words(op, op.key(B), OUTPUT_B, outputs * words)?;
            let mut own = first.clone();
            groups.xor_look_up(bits.words(), words, &code, true, &mut own);
            swap(ctx, op, c, &mut own, outputs, len)?;
            Ok(planes(first, own))
        }
        _ => {
            let code = ctx.draw_words(op, op.key(A), ONE_HOT, hot * words)?;
            let second = ctx.draw_words(op, op.key(A), OUTPUT_A, outputs * words)?;
            let mut own = second.clone();
            groups.xor_look_up(bits.words(), words, &code, false, &mut own);
            swap(ctx, op, b, &mut own, outputs, len)?;
            Ok(planes(own, second))
        }
    }
}

/// B and C exchange their halves; both end with the xor.
fn swap(
    ctx: &mut Context,
    op: Op,
    peer: Party,
    own: &mut [u64],
    planes: usize,
    len: usize,
) -> Result<(), ProtocolError> {
    ctx.send_planes(op, peer, OUTPUT_A, own, planes, len)?;
    ctx.recv_planes_onto(op, peer, OUTPUT_A, own, planes, len)
}
