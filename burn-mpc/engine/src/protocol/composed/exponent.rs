//! The exponent of a positive value: finds it, and divides by it.

use crate::protocol::basic::product::multiply;
use crate::protocol::basic::reshare::reshare;
use crate::protocol::bits::b2a::b2a;
use crate::protocol::bits::msb::msb_in;
use crate::protocol::composed::arithmetic::{plus, truncated};
use crate::protocol::composed::piecewise::{look_up, minus_each, sum_of_rows};
use crate::protocol::context::{Context, Truncation};
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::{Additive, BitShare, Rss};

/// The result of a function: additive elements that stand for `element / 2^frac`.
#[derive(Debug)]
pub struct Evaluated<R> {
    /// The elements, not yet reshared.
    pub values: Additive<R>,
    /// Fractional bits.
    pub frac: u32,
}

/// The integers `X` whose exponent is found: those in `[2^low, 2^high)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Normalisation {
    /// Smaller values count as `2^low`.
    pub low: u32,
    /// Values must be below `2^high`; even, and at most `k - 2`.
    pub high: u32,
    /// Fractional bits of the value that is divided by its exponent.
    pub work: u32,
    /// Bits of the ring that products must fit: those of the ring of the shares, or fewer in a calibration.
    pub bits: u32,
}

impl Normalisation {
    /// All positive integers that a ring of `bits` bits has room for.
    #[must_use]
    pub fn whole(bits: u32) -> Self {
        Self {
            low: 0,
            high: bits - 2,
            work: if bits >= 64 { 26 } else { 13 },
            bits,
        }
    }

    /// Exponents of a group, if only every `step`-th is told apart: as many as make the fewest thresholds, but all if a
    /// second comparison spares no more than three.
    fn group(self, step: u32) -> u32 {
        let span = (self.high - self.low).next_multiple_of(step);
        let count = |group: u32| span.div_ceil(group) - 1 + group / step - 1;
        let groups = (step..=span).step_by(step as usize);
        let best = groups.min_by_key(|&group| count(group));
        best.filter(|&group| count(group) + 3 < count(span))
            .unwrap_or(span)
    }
}

/// What is checked of a value. A value that fails sets a flag: see [`ProtocolError::Domain`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Domain {
    /// Nothing: it is known to be positive.
    Sure,
    /// Not zero; it is known not to be negative.
    Magnitude,
    /// Zero or positive.
    NotNegative,
    /// Positive.
    Positive,
}

/// A value as `c 2^exponent`, with `c` in `[2^-step, 1)`. The exponent is `high - group a - step b`.
pub(super) struct Normalised<R> {
    /// `c`, at the working scale.
    pub(super) c: Rss<R>,
    size: Normalisation,
    step: u32,
    group: u32,
    /// Which groups of exponents the value reaches, and which exponents of its group: lowest first.
    bits: [Rss<R>; 2],
}

/// `[x >= t]` for the public thresholds `t`, threshold-major, by the bits from `low` on.
fn reached<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    thresholds: &[R],
    low: u32,
) -> Result<BitShare, ProtocolError> {
    let index = ctx.party().index();
    Ok(msb_in(ctx, &minus_each(ctx, x, thresholds), low..R::BITS)?.not(index))
}

/// Exponents of powers; none for zero.
type Exponents = Vec<Option<u32>>;

/// Finds the exponent of every value, and divides by it.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: if the range is long, one sign call and one B2A on a threshold between each two groups of exponents, and
///   a product; then a sign call and a B2A on a threshold between each two exponents of a group, and a truncated
///   product. What is checked costs a sign of each value, and no more messages.
/// - **Randomness**: that of the calls.
/// - **Correctness**: the first call finds the group, of which there are `n`; the value times `2^(group a)` is in the
///   highest group. The second finds the exponent, of which the lowest `work + 2` bits below the group decide nothing:
///   `c` may be off its interval by `2^-(work + 2)` of it. Smaller values than `2^low` count as if they had its exponent.
/// - **Leaks**: nothing; the range is public. Flags: see [`agree_to_open`](crate::protocol::agree).
pub(super) fn normalised<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    size: Normalisation,
    step: u32,
    (function, domain): (&'static str, Domain),
) -> Result<Normalised<R>, ProtocolError> {
    let (len, group, high) = (x.len(), size.group(step), size.high);
    let index = ctx.party().index();
    let power = |exponent: u32| R::ONE.shl(exponent);
    let signed = matches!(domain, Domain::NotNegative | Domain::Positive);
    let nonzero = matches!(domain, Domain::Magnitude | Domain::Positive);

    let groups = (high - size.low).div_ceil(group);
    let borders = (1..groups).rev().map(|a| power(high - group * a));
    let borders: Vec<R> = borders.chain(signed.then_some(R::ZERO)).collect();
    let (mut y, mut coarse) = (x.clone(), x.map_to(0, |_| Vec::new()));
    if !borders.is_empty() {
        let bits = reached(ctx, x, &borders, 0)?;
        let of_groups = (groups as usize - 1) * len;
        if signed {
            ctx.flag(function, &bits.range(of_groups..of_groups + len).not(index));
        }
        if groups > 1 {
            coarse = b2a(ctx, &bits.range(0..of_groups))?;
            let up: Vec<R> = (0..groups).map(|a| power(group * a)).collect();
            y = reshare(ctx, &multiply(x, &chosen(ctx, &coarse, len, &up)))?;
        }
    }

    let lowest = high - group;
    // Low bits are compared where a result must follow from the value alone.
    let ignored = match ctx.truncation() {
        Truncation::Exact => 0,
        _ => lowest.saturating_sub(size.work + 2),
    };
    let inner = (lowest + step..high).step_by(step as usize).map(power);
    // A value of its group is above half of the lowest: of values next to a border, either may be said.
    let missing = power(lowest.saturating_sub(u32::from(ignored > 0)));
    let borders: Vec<R> = inner.chain(nonzero.then_some(missing)).collect();
    let bits = reached(ctx, &y, &borders, ignored)?;
    let of_exponents = ((group / step) as usize - 1) * len;
    if nonzero {
        ctx.flag(
            function,
            &bits.range(of_exponents..of_exponents + len).not(index),
        );
    }
    let fine = b2a(ctx, &bits.range(0..of_exponents))?;
    let up: Vec<R> = (0..group / step).map(|b| power(step * b)).collect();
    let factor = chosen(ctx, &fine, len, &up);
    let c = truncated(ctx, &multiply(&y, &factor), high - size.work)?;
    Ok(Normalised {
        c,
        size,
        step,
        group,
        bits: [coarse, fine],
    })
}

/// The entry of `table` of what a value reaches: the first if it reaches all, the last if none. Local.
fn chosen<R: Ring>(ctx: &Context, bits: &Rss<R>, len: usize, table: &[R]) -> Rss<R> {
    let (&base, reached) = table.split_last().unwrap_or((&R::ZERO, &[]));
    let differences: Vec<R> = reached.iter().rev().map(|&entry| entry - base).collect();
    let sum = if bits.is_counted() {
        Rss::counted(len)
    } else {
        look_up(bits, len, &differences)
    };
    plus(ctx, &sum, base)
}

impl<R: Ring> Normalised<R> {
    /// Groups of exponents, and exponents of a group.
    fn counts(&self) -> [u32; 2] {
        let span = self.size.high - self.size.low;
        [span.div_ceil(self.group), self.group / self.step]
    }

    /// What the exponents were looked for in.
    pub(super) fn size(&self) -> Normalisation {
        self.size
    }

    /// The most that an exponent can be below `high`.
    pub(super) fn lowest(&self) -> u32 {
        let [groups, exponents] = self.counts();
        self.group * (groups - 1) + self.step * (exponents - 1)
    }

    /// For every value `of_group(group a) + of_exponent(step b)`. Local.
    pub(super) fn sum(
        &self,
        ctx: &Context,
        of_group: impl Fn(f64) -> R,
        of_exponent: impl Fn(f64) -> R,
    ) -> Rss<R> {
        let [groups, exponents] = self.counts();
        let of_group = (0..groups).map(|a| of_group(f64::from(self.group * a)));
        let of_exponent = (0..exponents).map(|b| of_exponent(f64::from(self.step * b)));
        let tables: [Vec<R>; 2] = [of_group.collect(), of_exponent.collect()];
        let len = self.c.len();
        let [coarse, fine] = [0, 1].map(|i| chosen(ctx, &self.bits[i], len, &tables[i]));
        coarse.zip_each(&fine, ring::add)
    }

    /// For every value `2^exponent(e)` with `e = group a + step b`, or 0 where there is no exponent.
    ///
    /// - **Sends**: a product and its resharing, if there is more than one group.
    /// - **Correctness**: groups whose powers are multiples of each other share a table of exponents; for them the power is
    ///   that of the group times that of the exponent. There are few kinds of groups, whose products are added up.
    /// - **Leaks**: nothing; the exponents are public.
    pub(super) fn power(
        &self,
        ctx: &mut Context,
        exponent: impl Fn(u32) -> Option<u32>,
    ) -> Result<Rss<R>, ProtocolError> {
        let [groups, exponents] = self.counts();
        let power = |e: Option<u32>| e.map_or(R::ZERO, |e| R::ONE.shl(e));
        // Of each kind: the exponents above the lowest of a group, and the lowest of every group.
        let mut kinds: Vec<(Exponents, Exponents)> = Vec::new();
        for a in 0..groups {
            let row = (0..exponents).map(|b| exponent(self.group * a + self.step * b));
            let row: Exponents = row.collect();
            let Some(lowest) = row.iter().flatten().min().copied() else {
                continue;
            };
            let above: Exponents = row.iter().map(|e| e.map(|e| e - lowest)).collect();
            let kind = kinds.iter().position(|(kind, _)| *kind == above);
            let kind = kind.unwrap_or_else(|| {
                kinds.push((above, vec![None; groups as usize]));
                kinds.len() - 1
            });
            kinds[kind].1[a as usize] = Some(lowest);
        }
        let len = self.c.len();
        let chosen = |bits: usize, table: &Exponents| {
            let table: Vec<R> = table.iter().map(|&e| power(e)).collect();
            chosen(ctx, &self.bits[bits], len, &table)
        };
        if let ([(above, of_groups)], 1) = (&kinds[..], groups) {
            let lowest = of_groups[0].unwrap_or(0);
            return Ok(chosen(1, above).map_each(|power| ring::shl(power, lowest)));
        }
        let pairs = kinds.iter();
        let (coarse, fine): (Vec<_>, Vec<_>) = pairs
            .map(|(above, of_groups)| (chosen(0, of_groups), chosen(1, above)))
            .unzip();
        let products = multiply(&Rss::concat(&coarse), &Rss::concat(&fine));
        reshare(ctx, &products.map_to(len, |rows| sum_of_rows(rows, len)))
    }
}
