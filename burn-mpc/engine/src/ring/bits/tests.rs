use super::super::testing::{ForEachRing, SplitMix, on_every_ring};
use super::transpose::{FromPlanes, ToPlanes};
use super::{
    BitPlanes, Isa, Ring, from_planes, pack_bools, plane_bytes, plane_words, planes_from_bytes,
    planes_to_bytes, to_planes, transpose64, unpack_bools,
};

struct PlanesAreBits;
impl ForEachRing for PlanesAreBits {
    fn check<R: Ring>(&self) {
        let mut random = SplitMix(3);
        for len in [0, 1, 63, 64, 65, 200, 512, 1100] {
            let values = random.words::<R>(len);
            for (lo, width) in [
                (0, R::BITS),
                (R::BITS - 1, 1),
                (1, 2),
                (1, 3),
                (0, 0),
                (R::BITS, 0),
            ] {
                for isa in Isa::all() {
                    let mut planes = BitPlanes::zeros(width as usize, len);
                    if width > 0 {
                        let words = &mut planes.words;
                        isa.run(ToPlanes {
                            values: &values,
                            lo,
                            width: width as usize,
                            words,
                        });
                    }
                    assert_eq!(planes, to_planes(&values, lo, width), "{isa:?}");
                    for p in 0..width {
                        let bits = unpack_bools(planes.plane(p as usize), len);
                        for (value, bit) in values.iter().zip(bits) {
                            assert_eq!((value.to_u64() >> (lo + p)) & 1 == 1, bit);
                        }
                    }
                    let mut back = vec![R::ONE; len];
                    isa.run(FromPlanes {
                        planes: &planes,
                        values: &mut back,
                    });
                    assert_eq!(back, from_planes::<R>(&planes));
                    let mask = u64::MAX.checked_shr(64 - width).unwrap_or(0);
                    let cut: Vec<R> = values
                        .iter()
                        .map(|v| R::from_u64(v.to_u64().checked_shr(lo).unwrap_or(0) & mask))
                        .collect();
                    assert_eq!(back, cut);
                }
            }
        }
    }
}

#[test]
fn planes_hold_the_bits() {
    on_every_ring(&PlanesAreBits);
}

#[test]
fn transposes() {
    let mut random = SplitMix(1);
    let original: [u64; 64] = core::array::from_fn(|_| random.next());
    let mut block = original;
    transpose64(&mut block);
    for (i, row) in block.iter().enumerate() {
        for (j, column) in original.iter().enumerate() {
            assert_eq!((row >> j) & 1, (column >> i) & 1);
        }
    }
}

#[test]
fn wire_form_is_inverted_and_clears_tails() {
    let mut random = SplitMix(2);
    for len in [0, 1, 8, 9, 64, 71, 129] {
        let words = (0..3 * plane_words(len)).map(|_| random.next()).collect();
        let planes = BitPlanes::from_words(3, len, words);
        let mut bytes = planes_to_bytes(planes.words(), 3, len);
        assert_eq!(bytes.len(), 3 * plane_bytes(len));
        assert_eq!(planes_from_bytes(&bytes, 3, len), planes.words());
        if !len.is_multiple_of(8) {
            for plane in bytes.chunks_exact_mut(plane_bytes(len)) {
                *plane.last_mut().unwrap() |= 0xff << (len % 8);
            }
            assert_eq!(planes_from_bytes(&bytes, 3, len), planes.words());
        }
    }
}

#[test]
fn bools_round_trip() {
    let mut random = SplitMix(4);
    for len in [0, 1, 64, 65, 300] {
        let bools: Vec<bool> = (0..len).map(|_| random.next() & 1 == 1).collect();
        let words = pack_bools(&bools);
        assert_eq!(words.len(), plane_words(len));
        assert_eq!(unpack_bools(&words, len), bools);
    }
}
