//! Turns secret indices and coordinates into rows of which one element is true.

use crate::protocol::bits::decompose::decompose;
use crate::protocol::bits::planes::bit_and;
use crate::protocol::composed::arithmetic::plus;
use crate::protocol::composed::domain::flag_negative;
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::{BitShare, Rss};

/// `[index = j]` for `j` from 0 to below the number of places, place-major. The index is that of `coordinates` on axes of
/// these `sizes`, row-major: one coordinate for each axis, each of as many elements. A coordinate outside of its own axis
/// sets a flag, even where the index lies inside.
///
/// - **Holds**: before ring shares, at scale 0; after replicated bits.
/// - **Sends**: two signs of each coordinate in one call; the `ceil(log2 n)` bits of each index, for `n` places, in one
///   call; and as many levels of ANDs, in all about `n` for each index.
/// - **Randomness**: that of the calls.
/// - **Correctness**: the index is a public linear map of the coordinates, and lies below `n` if they are inside. From the
///   highest bit down, each place `p` of a level becomes `p b` and `p (1 - b) = p xor p b` at the next; places from `n` on
///   are left out.
/// - **Leaks**: nothing but flags; the sizes are public.
///
/// Specification: `docs/spec/conversion.md`, "Secret indices".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn one_hot<R: Ring>(
    ctx: &mut Context,
    coordinates: &[Rss<R>],
    sizes: &[usize],
) -> Result<BitShare, ProtocolError> {
    let party = ctx.party();
    let size: usize = sizes.iter().product();
    let Some(first) = coordinates.first() else {
        return Ok(BitShare::zeros(0));
    };
    let len = first.len();
    let room = |(coordinate, &size): (&Rss<R>, &usize)| {
        let last = R::from_u64((size as u64).wrapping_sub(1));
        plus(ctx, &coordinate.map_each(ring::neg), last)
    };
    let rooms: Vec<Rss<R>> = coordinates.iter().zip(sizes).map(room).collect();
    let both: Vec<&Rss<R>> = coordinates.iter().chain(&rooms).collect();
    flag_negative(ctx, "index", &Rss::concat(&both))?;
    let index =
        coordinates[1..]
            .iter()
            .zip(&sizes[1..])
            .fold(first.clone(), |index, (next, &size)| {
                let stride = R::from_u64(size as u64);
                index
                    .map_each(|x| ring::scale(x, stride))
                    .zip_each(next, ring::add)
            });
    let count = size.next_power_of_two().trailing_zeros();
    if count == 0 {
        return Ok(BitShare::zeros(len * size).not(party.index()));
    }
    let bits = decompose(ctx, &[(&index, count)])?;
    let highest = bits.planes.bit(count as usize - 1);
    let mut places = BitShare::concat(&[highest.not(party.index()), highest]);
    for level in 1..count {
        let left = count - 1 - level;
        let parents = places.len() / len.max(1);
        // Places that lead to any below `size`; the last parent may have its lower child alone.
        let children = size.div_ceil(1 << left);
        let pairs = children / 2;
        let repeated: Vec<usize> = (0..pairs).flat_map(|_| 0..len).collect();
        let bit = bits.planes.bit(left as usize).pick(&repeated);
        let whole = places.range(0..pairs * len);
        let upper = bit_and(ctx, &whole, &bit)?;
        let lower = whole.xor(&upper);
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
            both.push(places.range(pairs * len..(pairs + 1) * len));
            order.extend(start..start + len);
        }
        places = BitShare::concat(&both).pick(&order);
    }
    Ok(places)
}
