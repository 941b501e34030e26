//! Words cut to their low bits, packed without gaps.

use super::super::Ring;

/// Bytes of `n` values of `bits` bits packed without gaps.
#[must_use]
pub const fn low_bits_bytes(bits: u32, n: usize) -> usize {
    // Whole groups of eight values take `bits` bytes each; this keeps clear of overflow.
    n / 8 * bits as usize + (n % 8 * bits as usize).div_ceil(8)
}

/// Packs the low `bits` bits of each value without gaps, the first value lowest; the last byte is
/// filled up with zeros. The result has [`low_bits_bytes`] bytes.
///
/// # Panics
///
/// If `bits` is not in `1..=64`.
#[must_use]
pub fn pack_low_bits<R: Ring>(values: &[R], bits: u32) -> Vec<u8> {
    assert!((1..=64).contains(&bits), "values of {bits} bits");
    match bits {
        8 => values.iter().map(|v| v.to_u64().to_le_bytes()[0]).collect(),
        16 => pack_whole::<R, 2>(values),
        32 => pack_whole::<R, 4>(values),
        64 => pack_whole::<R, 8>(values),
        _ => pack_any(values, bits),
    }
}

/// The values packed by [`pack_low_bits`].
///
/// # Panics
///
/// If `bits` is not in `1..=64` or there are not [`low_bits_bytes`] bytes.
#[must_use]
pub fn unpack_low_bits<R: Ring>(bytes: &[u8], bits: u32, n: usize) -> Vec<R> {
    assert!((1..=64).contains(&bits), "values of {bits} bits");
    assert_eq!(
        bytes.len(),
        low_bits_bytes(bits, n),
        "bytes of {n} values of {bits} bits"
    );
    match bits {
        8 => bytes.iter().map(|&b| R::from_u64(u64::from(b))).collect(),
        16 => unpack_whole::<R, 2>(bytes),
        32 => unpack_whole::<R, 4>(bytes),
        64 => unpack_whole::<R, 8>(bytes),
        _ => unpack_any(bytes, bits, n),
    }
}

fn pack_whole<R: Ring, const BYTES: usize>(values: &[R]) -> Vec<u8> {
    if R::BYTES == BYTES {
        return bytemuck::cast_slice(values).to_vec();
    }
    let mut bytes = vec![0; values.len() * BYTES];
    for (target, value) in bytes.as_chunks_mut::<BYTES>().0.iter_mut().zip(values) {
        target.copy_from_slice(&value.to_u64().to_le_bytes()[..BYTES]);
    }
    bytes
}

fn unpack_whole<R: Ring, const BYTES: usize>(bytes: &[u8]) -> Vec<R> {
    let word = |source: &[u8; BYTES]| {
        let mut word = [0; 8];
        word[..BYTES].copy_from_slice(source);
        R::from_u64(u64::from_le_bytes(word))
    };
    bytes.as_chunks::<BYTES>().0.iter().map(word).collect()
}

fn pack_any<R: Ring>(values: &[R], bits: u32) -> Vec<u8> {
    let mask = (1_u64 << bits) - 1;
    let len = low_bits_bytes(bits, values.len());
    let mut bytes = Vec::with_capacity(len + 8);
    let (mut pending, mut count) = (0_u64, 0);
    for value in values {
        let value = value.to_u64() & mask;
        pending |= value << count;
        count += bits;
        if count >= 64 {
            bytes.extend_from_slice(&pending.to_le_bytes());
            count -= 64;
            // The bits of this value that did not fit; none if `count` is now 0.
            pending = value.checked_shr(bits - count).unwrap_or(0);
        }
    }
    bytes.extend_from_slice(&pending.to_le_bytes());
    bytes.truncate(len);
    bytes
}

fn unpack_any<R: Ring>(bytes: &[u8], bits: u32, n: usize) -> Vec<R> {
    let mask = (1_u64 << bits) - 1;
    let mut words = Vec::with_capacity(bytes.len().div_ceil(8));
    let (whole, rest) = bytes.as_chunks::<8>();
    words.extend(whole.iter().map(|&word| u64::from_le_bytes(word)));
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        words.push(u64::from_le_bytes(word));
    }
    let mut words = words.into_iter();
    let (mut pending, mut count) = (0_u64, 0);
    let mut next = || {
        let mut value = pending;
        if count >= bits {
            pending >>= bits;
            count -= bits;
        } else {
            let word = words.next().unwrap_or(0);
            value |= word << count;
            let taken = bits - count;
            pending = word >> taken;
            count = 64 - taken;
        }
        R::from_u64(value & mask)
    };
    (0..n).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ForEachRing, SplitMix, on_every_ring};
    use super::{Ring, low_bits_bytes, pack_low_bits, unpack_low_bits};

    struct RoundTrip;
    impl ForEachRing for RoundTrip {
        fn check<R: Ring>(&self) {
            let mut random = SplitMix(5);
            for bits in 1..=64 {
                for n in [0, 1, 2, 7, 8, 9, 63, 64, 65, 130] {
                    let values = random.words::<R>(n);
                    let bytes = pack_low_bits(&values, bits);
                    assert_eq!(bytes.len(), (n * bits as usize).div_ceil(8));
                    assert_eq!(bytes.len(), low_bits_bytes(bits, n));
                    for bit in 0..n * bits as usize {
                        let (i, p) = (bit / bits as usize, bit % bits as usize);
                        let expected = (values[i].to_u64() >> p) & 1;
                        let found = u64::from(bytes[bit / 8] >> (bit % 8)) & 1;
                        assert_eq!(found, expected, "{bits} bits, {n} values, bit {bit}");
                    }
                    let mask = u64::MAX >> (64 - bits);
                    let cut: Vec<R> = values
                        .iter()
                        .map(|v| R::from_u64(v.to_u64() & mask))
                        .collect();
                    assert_eq!(unpack_low_bits::<R>(&bytes, bits, n), cut, "{bits} bits");
                }
            }
        }
    }

    #[test]
    fn unpacking_inverts_packing() {
        on_every_ring(&RoundTrip);
    }
}
