//! Replicated shares of several bit planes at once, and their AND gate.

use crate::Party;
use crate::protocol::context::{Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring;
use crate::share::BitShare;
use crate::step::Step;
use crate::step::and::PRODUCT;

/// `planes` replicated bit vectors of `len` bits, plane-major; this party's two components.
#[derive(Clone)]
pub(crate) struct PlaneShare {
    pub(crate) planes: usize,
    pub(crate) len: usize,
    pub(crate) first: Vec<u64>,
    pub(crate) second: Vec<u64>,
}

impl PlaneShare {
    pub(crate) fn words(&self) -> usize {
        self.len.div_ceil(64)
    }

    /// Planes without content, for protocols that only declare their cost.
    pub(crate) fn counted(planes: usize, len: usize) -> Self {
        Self {
            planes,
            len,
            first: Vec::new(),
            second: Vec::new(),
        }
    }

    /// Whether there are bits, and none of them is here.
    pub(crate) fn is_counted(&self) -> bool {
        self.planes * self.len > 0 && self.first.is_empty()
    }

    /// The planes named by `indices`, in that order.
    pub(crate) fn select(&self, indices: &[usize]) -> Self {
        if self.is_counted() {
            return Self::counted(indices.len(), self.len);
        }
        let words = self.words();
        let take = |component: &[u64]| {
            indices
                .iter()
                .flat_map(|&p| &component[p * words..(p + 1) * words])
                .copied()
                .collect()
        };
        Self {
            planes: indices.len(),
            len: self.len,
            first: take(&self.first),
            second: take(&self.second),
        }
    }

    /// Appends the planes of `other`.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.planes += other.planes;
        self.first.extend_from_slice(&other.first);
        self.second.extend_from_slice(&other.second);
    }

    /// Applies the same map to the words of a plane in both components, with those of plane `from` of `other`. It must
    /// be linear over GF(2).
    pub(crate) fn update(
        &mut self,
        plane: usize,
        other: &Self,
        from: usize,
        map: impl Fn(&mut [u64], &[u64]),
    ) {
        if self.is_counted() || other.is_counted() {
            return;
        }
        let words = self.words();
        let (to, from) = (plane * words, from * words);
        map(
            &mut self.first[to..to + words],
            &other.first[from..from + words],
        );
        map(
            &mut self.second[to..to + words],
            &other.second[from..from + words],
        );
    }

    /// The AND of every plane with public words: local.
    pub(crate) fn masked(mut self, mask: &[u64]) -> Self {
        for component in [&mut self.first, &mut self.second] {
            component.iter_mut().zip(mask).for_each(|(x, m)| *x &= m);
        }
        self
    }

    /// The negation of every bit; `party` is this one. Local.
    pub(crate) fn not(mut self, party: Party) -> Self {
        let flip = |component: &mut Vec<u64>| component.iter_mut().for_each(|x| *x = !*x);
        // Component 0 carries what is public.
        match party {
            Party::P0 => flip(&mut self.first),
            Party::P2 => flip(&mut self.second),
            Party::P1 => {}
        }
        self
    }

    /// One plane as a bit share.
    pub(crate) fn bit(&self, plane: usize) -> BitShare {
        if self.is_counted() {
            return BitShare::counted(self.len);
        }
        let words = self.words();
        let range = plane * words..(plane + 1) * words;
        BitShare::new(
            self.len,
            self.first[range.clone()].to_vec(),
            self.second[range].to_vec(),
        )
    }

    pub(crate) fn from_bit(bit: &BitShare) -> Self {
        Self {
            planes: 1,
            len: bit.len(),
            first: bit.first().to_vec(),
            second: bit.second().to_vec(),
        }
    }
}

/// Declared cost of one level of `planes` ANDs on `len` bits: 3 bits each, 1 round.
pub(crate) fn and_cost(planes: usize, len: usize) -> Cost {
    let bytes = planes * ring::plane_bytes(len);
    Cost::local().round(Party::ALL, &[(0, 2, bytes), (1, 0, bytes), (2, 1, bytes)])
}

/// AND of equally many planes of `x` and `y`, as step `step` of `op`. The caller declares the cost.
///
/// - **Holds**: replicated bits before and after.
/// - **Sends**: 1 round, `P_i -> P_{i-1}`: 1 bit per AND.
/// - **Randomness**: one xor zero share (step `step`).
/// - **Correctness**: `z_i = x_i y_i + x_i y_{i+1} + x_{i+1} y_i + zeta_i` over GF(2).
/// - **Leaks**: nothing; each message carries `F(K_{i+1})`, which `P_{i-1}` does not hold.
///
/// Source: Araki et al., CCS 2016.
pub(crate) fn and(
    ctx: &mut Context,
    op: Op,
    step: Step,
    x: &PlaneShare,
    y: &PlaneShare,
) -> Result<PlaneShare, ProtocolError> {
    let all: Vec<usize> = (0..x.planes).collect();
    debug_assert!(x.planes == y.planes && x.len == y.len);
    and_at(ctx, op, step, [x, y], [&all, &all])
}

/// AND of the planes of `x` and of `y` that `at` names, pair by pair; see [`and`].
pub(crate) fn and_at(
    ctx: &mut Context,
    op: Op,
    step: Step,
    [x, y]: [&PlaneShare; 2],
    at: [&[usize]; 2],
) -> Result<PlaneShare, ProtocolError> {
    let (planes, len, words) = (at[0].len(), x.len, x.words());
    let mut own = ctx.zero_bits(op, step, planes * words)?;
    xor_local_and(&mut own, [x, y], at);
    let party = ctx.party();
    ctx.send_planes(op, party.prev(), step, &own, planes, len)?;
    let next = ctx.recv_planes(op, party.next(), step, planes, len)?;
    Ok(PlaneShare {
        planes,
        len,
        first: own,
        second: next,
    })
}

/// Xors this party's local part of an AND onto `own`, pair by pair.
pub(crate) fn xor_local_and(own: &mut [u64], [x, y]: [&PlaneShare; 2], at: [&[usize]; 2]) {
    let words = x.words();
    if words == 0 {
        return;
    }
    let pairs = at[0].iter().zip(at[1]);
    for (own, (&i, &j)) in own.chunks_exact_mut(words).zip(pairs) {
        let (i, j) = (i * words..(i + 1) * words, j * words..(j + 1) * words);
        let (x, y) = (
            [&x.first[i.clone()], &x.second[i]],
            [&y.first[j.clone()], &y.second[j]],
        );
        ring::xor_and_rss(own, x, y);
    }
}

/// Declared cost of [`bit_and`] of `len` bits: 3 bits each, 1 round.
pub fn bit_and_cost(len: usize) -> Cost {
    and_cost(1, len)
}

/// AND of two shared bit vectors; see `and` for what it sends and why that leaks nothing.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn bit_and(ctx: &mut Context, x: &BitShare, y: &BitShare) -> Result<BitShare, ProtocolError> {
    let op = ctx.begin("and", &[x.len()]);
    ctx.declare(&bit_and_cost(x.len()));
    if !ctx.computes() {
        return Ok(BitShare::counted(x.len()));
    }
    Ok(and(
        ctx,
        op,
        PRODUCT,
        &PlaneShare::from_bit(x),
        &PlaneShare::from_bit(y),
    )?
    .bit(0))
}
