//! Turns secret indices into rows of which one element is true.

use crate::protocol::basic::input::public;
use crate::protocol::bits::msb::{msb, top_bit};
use crate::protocol::bits::planes::bit_and;
use crate::protocol::composed::arithmetic::joined;
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::{BitShare, Rss};

/// `[index = j]` for `j` from 0 to below `size`, place-major. An index that is negative, or `size` or more, sets a flag.
///
/// - **Holds**: before ring shares, at scale 0; after replicated bits.
/// - **Sends**: two signs of each index; its `ceil(log2 size)` bits in one call; and as many levels of ANDs, in all about
///   `size` for each index.
/// - **Randomness**: that of the calls.
/// - **Correctness**: bit `i` of an index is the top bit of its multiple by `2^(k-1-i)`, modulo `2^k`. From the highest
///   bit down, each place `p` of a level becomes `p b` and `p (1 - b) = p xor p b` at the next; places beyond `size` are
///   left out.
/// - **Leaks**: nothing but flags; the size is public.
///
/// Specification: `docs/spec/conversion.md`, "Secret indices".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn one_hot<R: Ring>(
    ctx: &mut Context,
    index: &Rss<R>,
    size: usize,
) -> Result<BitShare, ProtocolError> {
    let (len, party) = (index.len(), ctx.party());
    let last = R::from_u64((size as u64).wrapping_sub(1));
    let beyond = if index.is_counted() {
        index.clone()
    } else {
        public(party, &vec![last; len]).zip_each(index, ring::sub)
    };
    let outside = msb(ctx, &joined(&[index, &beyond]))?;
    ctx.flag("index", &outside);
    let count = size.next_power_of_two().trailing_zeros();
    if count == 0 {
        return Ok(BitShare::zeros(len * size).not(party.index()));
    }
    let up = |bit: u32| R::BITS - 1 - bit;
    let raised = index.map_to(len * count as usize, |x| {
        let bits = (0..count).rev();
        bits.flat_map(|bit| ring::shl(x, up(bit))).collect()
    });
    // All lower bits of a multiple are zero; the comparison takes two bits at least.
    let bits = top_bit(ctx, &raised, up(count - 1).min(R::BITS - 2))?;
    let of_bit = |bit: usize| bits.pick(&(bit * len..(bit + 1) * len).collect::<Vec<_>>());
    let highest = of_bit(0);
    let mut places = BitShare::concat(&[highest.not(party.index()), highest]);
    for level in 1..count {
        let parents = places.len() / len.max(1);
        // Places that lead to any below `size`; the last parent may have its lower child alone.
        let children = size.div_ceil(1 << (count - 1 - level));
        let pairs = children / 2;
        let repeated: Vec<usize> = (0..pairs).flat_map(|_| 0..len).collect();
        let bit = of_bit(level as usize).pick(&repeated);
        let whole: Vec<usize> = (0..pairs * len).collect();
        let upper = bit_and(ctx, &places.pick(&whole), &bit)?;
        let lower = places.pick(&whole).xor(&upper);
        let mut both = vec![lower, upper];
        let mut order: Vec<usize> = Vec::with_capacity(children * len);
        for parent in 0..pairs {
            for child in 0..2 {
                let start = (child * pairs + parent) * len;
                order.extend(start..start + len);
            }
        }
        if children % 2 == 1 && pairs < parents {
            let start = 2 * pairs * len;
            both.push(places.pick(&(pairs * len..(pairs + 1) * len).collect::<Vec<_>>()));
            order.extend(start..start + len);
        }
        places = BitShare::concat(&both).pick(&order);
    }
    Ok(places)
}
