//! Elements of a small prime field as bytes: unbiased draws, their wire form, and lane arithmetic.

use crate::Party;
use crate::prg::PrgError;
use crate::protocol::context::{Context, Form, KeyOf, Op};
use crate::protocol::error::ProtocolError;
use crate::ring;
use crate::step::{ATTEMPTS, Step};

/// The smallest prime above `bound`.
pub(crate) fn prime_above(bound: u8) -> u8 {
    let is_prime = |n: u8| n > 1 && (2..n).all(|d| !n.is_multiple_of(d));
    (bound + 1..=u8::MAX).find(|&n| is_prime(n)).unwrap_or(251)
}

/// Bits of an element on the wire, `ceil(log2 p)`.
pub(crate) fn bits(p: u8) -> u32 {
    u8::BITS - (p - 1).leading_zeros()
}

/// `x` or `x - m`, whichever is in `[0, m)`, for `x < 2m <= 256`.
#[inline]
pub(crate) fn fold(x: u8, m: u8) -> u8 {
    x.min(x.wrapping_sub(m))
}

/// Packs the low `bits` bits of each value without gaps, the first value lowest.
pub(crate) fn pack(values: &[u8], bits: u32) -> Vec<u8> {
    let len = ring::low_bits_bytes(bits, values.len());
    let mut bytes = vec![0; len + 8];
    let mut at = 0;
    let (eights, rest) = values.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    for eight in eights.iter().chain([&last]) {
        let x = u64::from_le_bytes(*eight);
        let x = (x & 0x00ff_00ff_00ff_00ff) | ((x >> 8) & 0x00ff_00ff_00ff_00ff) << bits;
        let x = (x & 0x0000_ffff_0000_ffff) | ((x >> 16) & 0x0000_ffff_0000_ffff) << (2 * bits);
        let x = (x & 0xffff_ffff) | (x >> 32) << (4 * bits);
        bytes[at..at + 8].copy_from_slice(&x.to_le_bytes());
        at += bits as usize;
    }
    bytes.truncate(len);
    bytes
}

/// The `len` elements modulo `p` that [`pack`] packed. Values of `p` and above are reduced.
pub(crate) fn unpack(bytes: &[u8], p: u8, len: usize) -> Vec<u8> {
    let bits = bits(p);
    let mut values = vec![0; len.next_multiple_of(8)];
    let low = |bits: u32| (1_u64 << bits) - 1;
    let (fours, twos, ones) = (
        low(4 * bits),
        low(2 * bits) * 0x0000_0001_0000_0001,
        low(bits) * 0x0001_0001_0001_0001,
    );
    for (i, eight) in values.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let rest = bytes.get(i * bits as usize..).unwrap_or_default();
        let x = if let Some(word) = rest.first_chunk() {
            u64::from_le_bytes(*word)
        } else {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            u64::from_le_bytes(word)
        };
        let x = (x & fours) | ((x >> (4 * bits)) & fours) << 32;
        let x = (x & twos) | ((x >> (2 * bits)) & twos) << 16;
        let x = (x & ones) | ((x >> bits) & ones) << 8;
        *eight = x.to_le_bytes().map(|value| fold(value, p));
    }
    values.truncate(len);
    values
}

/// The largest multiple of `bound` up to 256: bytes of a stream below it are kept.
fn kept_below(bound: u8) -> u16 {
    256 / u16::from(bound) * u16::from(bound)
}

/// How many bytes of a stream to draw for `missing` values, if bytes below `limit` are kept.
fn stream_bytes(missing: usize, limit: u16) -> usize {
    missing * 256 / usize::from(limit) + missing / 32 + 256
}

impl Context {
    /// `len` values below `bound <= 128` known to both holders of `key`, exactly uniform: bytes of
    /// the stream at or above the largest multiple of `bound` are rejected, the others reduced.
    ///
    /// `step` is the first of at least [`ATTEMPTS`] steps: if a stream is too short, it is continued at the next step.
    /// One stream is too short with probability below `2^-30`, whatever `bound` and `len` are, and below `2^-113` for a
    /// bound up to 37; comparisons take no larger one. Streams are independent, so both are too short with probability
    /// below `2^-60`, or `2^-226`. Then both holders of the key get the same error.
    ///
    /// # Errors
    /// Those of [`Self::draw`]; streams that are too short; or a run of too few steps, before anything is drawn.
    pub(crate) fn draw_below(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        bound: u8,
        len: usize,
    ) -> Result<Vec<u8>, ProtocolError> {
        let side = self.side(key)?;
        let too_long = PrgError::TooLong {
            op: op.id(),
            label: step.label(),
            words: len,
        };
        // A continuation must not run into the streams of another step.
        if step.at(usize::from(ATTEMPTS) - 1).is_none() {
            return Err(too_long.into());
        }
        let (id, from) = self.probe.source(op, key, step, Form::Field, len);
        let limit = kept_below(bound);
        let mut table = [(0_u8, 0_u8); 256];
        for (byte, entry) in (0..=u8::MAX).zip(&mut table) {
            *entry = (byte % bound, u8::from(u16::from(byte) < limit));
        }
        let mut kept = vec![0; len];
        let mut at = 0;
        for attempt in 0..ATTEMPTS {
            let missing = len - at;
            if missing == 0 {
                break;
            }
            let mut stream = vec![0; stream_bytes(missing, limit)];
            self.live_prg()?
                .draw_bytes(side, id, from + attempt, &mut stream)?;
            for &byte in &stream {
                let (value, accepted) = table[usize::from(byte)];
                let Some(slot) = kept.get_mut(at) else { break };
                *slot = value;
                at += usize::from(accepted);
            }
        }
        if at < len {
            return Err(too_long.into());
        }
        self.probe
            .drawn_small(op, key, step, (id, from), (&mut kept, bound));
        self.probe.see_small(&kept, bits(bound));
        Ok(kept)
    }

    /// Sends elements of the field of `p`, packed.
    ///
    /// # Errors
    /// Any failure of the link.
    pub(crate) fn send_small(
        &mut self,
        op: Op,
        to: Party,
        step: Step,
        values: &[u8],
        p: u8,
    ) -> Result<(), ProtocolError> {
        self.probe.see_small(values, bits(p));
        self.send_bytes(op, to, step, &pack(values, bits(p)))
    }

    /// Receives `len` elements of the field of `p`; values of `p` and above are reduced.
    ///
    /// # Errors
    /// Any failure of the link.
    pub(crate) fn recv_small(
        &mut self,
        op: Op,
        from: Party,
        step: Step,
        p: u8,
        len: usize,
    ) -> Result<Vec<u8>, ProtocolError> {
        let bytes = self.recv_bytes(op, from, step, ring::low_bits_bytes(bits(p), len))?;
        let values = unpack(&bytes, p, len);
        self.probe.see_small(&values, bits(p));
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::{bits, fold, kept_below, pack, prime_above, stream_bytes, unpack};
    use crate::prg::PrgError;
    use crate::protocol::ProtocolError;
    use crate::protocol::testing::{SplitMix, three};
    use crate::step::Step;

    #[test]
    fn primes_and_their_widths() {
        let of = |bound| (prime_above(bound), bits(prime_above(bound)));
        assert_eq!(
            [of(1), of(2), of(6), of(12), of(18), of(30), of(31), of(65)],
            [
                (2, 1),
                (3, 2),
                (7, 3),
                (13, 4),
                (19, 5),
                (31, 5),
                (37, 6),
                (67, 7)
            ]
        );
    }

    #[test]
    fn packed_elements_come_back_and_take_no_more_than_their_bits() {
        let mut rng = SplitMix(3);
        for p in [2_u8, 3, 5, 7, 13, 31, 37, 67, 127] {
            for len in [0, 1, 7, 8, 9, 64, 65, 1000] {
                let values: Vec<u8> = (0..len)
                    .map(|_| (rng.next() % u64::from(p)) as u8)
                    .collect();
                let bytes = pack(&values, bits(p));
                assert_eq!(bytes.len(), (len * bits(p) as usize).div_ceil(8));
                assert_eq!(unpack(&bytes, p, len), values, "{len} modulo {p}");
            }
            let ones = vec![0xff; 64];
            assert!(
                unpack(&ones, p, 64).iter().all(|&x| x < p),
                "foreign elements"
            );
        }
        assert!((0..62).all(|x| fold(x, 31) == x % 31));
    }
    /// `-log2` of Chernoff's bound on the probability that fewer than `missing` of `stream_bytes` bytes are kept.
    fn bits_against_a_short_stream(missing: usize, bound: u8) -> f64 {
        let limit = kept_below(bound);
        let kept = f64::from(limit) / 256.0;
        let bytes = stream_bytes(missing, limit) as f64;
        let found = (missing - 1) as f64 / bytes;
        if limit == 256 {
            return f64::INFINITY;
        }
        let with = |p: f64, q: f64| if p > 0.0 { p * (p / q).log2() } else { 0.0 };
        assert!(found < kept, "fewer are missing than are found on average");
        bytes * (with(found, kept) + with(1.0 - found, 1.0 - kept))
    }

    #[test]
    fn streams_of_draws_below_a_bound_are_long_enough() {
        for bound in 2..=128 {
            let lens = (1..20_000)
                .step_by(7)
                .chain((20_000..2_000_000).step_by(9973));
            let least = lens.map(|len| bits_against_a_short_stream(len, bound));
            let least = least.fold(f64::INFINITY, f64::min);
            let promised = if bound <= 37 { 113.0 } else { 30.0 };
            assert!(least > promised, "{least} bits for values below {bound}");
        }
    }

    #[test]
    fn a_draw_that_could_run_into_another_step_is_refused() {
        let refused = three(1, |ctx| {
            let op = ctx.begin("draw", &[]);
            let key = op.key(0);
            if !ctx.computes() || ctx.side(key).is_err() {
                return Ok(true);
            }
            let drawn = ctx.draw_below(op, key, Step::made_up(1), 5, 9);
            let short = matches!(drawn, Err(ProtocolError::Prg(PrgError::TooLong { .. })));
            Ok(short && ctx.draw_below(op, key, Step::made_up_run(1), 5, 9).is_ok())
        });
        assert_eq!(refused, [true; 3]);
    }
}
