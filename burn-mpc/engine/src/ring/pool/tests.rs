use super::super::Ring;
use super::super::testing::{ForEachRing, SplitMix, on_every_ring};
use super::{
    PoolGeometry, adaptive_pool_counts, adaptive_spread_pool2d, adaptive_sum_pool2d, pool_counts,
    spread_pool2d, sum_pool2d,
};

fn random_geometry(random: &mut SplitMix) -> PoolGeometry {
    loop {
        let g = PoolGeometry {
            planes: random.range(0, 3),
            input: [random.range(1, 9), random.range(1, 9)],
            kernel: [random.range(1, 4), random.range(1, 4)],
            stride: [random.range(1, 4), random.range(1, 4)],
            padding: [0; 2].map(|_| [random.range(0, 2), random.range(0, 2)]),
            ceil_mode: random.range(0, 1) == 1,
        };
        if g.validate().is_ok() {
            return g;
        }
    }
}

/// The element of an output's window at an offset, unless it is padding.
fn element(g: &PoolGeometry, out: [usize; 2], offset: [usize; 2]) -> Option<[usize; 2]> {
    let at = |i: usize| {
        let position = out[i] * g.stride[i] + offset[i];
        position
            .checked_sub(g.padding[i][0])
            .filter(|&p| p < g.input[i])
    };
    Some([at(0)?, at(1)?])
}

struct WindowsAreSummed;
impl ForEachRing for WindowsAreSummed {
    fn check<R: Ring>(&self) {
        let mut random = SplitMix(31);
        for _ in 0..200 {
            let g = random_geometry(&mut random);
            let [h, w] = g.input;
            let [oh, ow] = g.output();
            let x = random.words::<R>(g.planes * h * w);
            let sums = sum_pool2d(&x, &g);
            let counts = pool_counts(&g, false);
            let with_padding = pool_counts(&g, true);
            assert_eq!(sums.len(), g.planes * oh * ow, "{g:?}");
            for index in 0..sums.len() {
                let (plane, y, z) = (index / (oh * ow), index / ow % oh, index % ow);
                let (mut sum, mut count) = (R::ZERO, 0);
                for slot in 0..g.kernel[0] * g.kernel[1] {
                    let offset = [slot / g.kernel[1], slot % g.kernel[1]];
                    let expected = element(&g, [y, z], offset).map(|[i, j]| {
                        count += 1;
                        x[(plane * h + i) * w + j]
                    });
                    sum += expected.unwrap_or(R::ZERO);
                }
                assert_eq!(sums[index], sum, "{g:?} at {index}");
                assert_eq!(counts[y * ow + z], count, "{g:?} at {index}");
                assert!(with_padding[y * ow + z] >= count);
            }
        }
    }
}

#[test]
fn windows_are_summed() {
    on_every_ring(&WindowsAreSummed);
}

#[test]
fn ceil_mode_follows_burn() {
    let plain = PoolGeometry {
        planes: 1,
        input: [6, 5],
        kernel: [3, 2],
        stride: [2, 2],
        padding: [[0, 0], [1, 1]],
        ceil_mode: false,
    };
    assert_eq!(plain.output(), [2, 3]);
    assert_eq!(pool_counts(&plain, true), [6; 6]);
    assert_eq!(pool_counts(&plain, false), [3, 6, 6, 3, 6, 6]);
    let ceil = PoolGeometry {
        ceil_mode: true,
        ..plain
    };
    // The fourth column starts in the right padding: Burn keeps it.
    assert_eq!(ceil.output(), [3, 4]);
    assert_eq!(
        pool_counts(&ceil, true),
        [6, 6, 6, 3, 6, 6, 6, 3, 4, 4, 4, 2]
    );
    assert_eq!(
        pool_counts(&ceil, false),
        [3, 6, 6, 0, 3, 6, 6, 0, 2, 4, 4, 0]
    );
    let shrunk = PoolGeometry {
        input: [1, 1],
        kernel: [5, 1],
        ..plain
    };
    assert!(shrunk.validate().is_err());
}

struct SpreadingIsTheTranspose;
impl ForEachRing for SpreadingIsTheTranspose {
    fn check<R: Ring>(&self) {
        let mut random = SplitMix(41);
        let dot = |a: &[R], b: &[R]| {
            let products = a.iter().zip(b).map(|(&a, &b)| a * b);
            products.fold(R::ZERO, |sum, product| sum + product)
        };
        for _ in 0..100 {
            let g = random_geometry(&mut random);
            let [h, w] = g.input;
            let x = random.words::<R>(g.planes * h * w);
            let sums = sum_pool2d(&x, &g);
            let y = random.words::<R>(sums.len());
            assert_eq!(dot(&sums, &y), dot(&x, &spread_pool2d(&y, &g)), "{g:?}");
            let output = [random.range(0, 6), random.range(0, 6)];
            let sums = adaptive_sum_pool2d(&x, g.planes, g.input, output);
            let y = random.words::<R>(sums.len());
            let spread = adaptive_spread_pool2d(&y, g.planes, g.input, output);
            assert_eq!(dot(&sums, &y), dot(&x, &spread), "{g:?} to {output:?}");
        }
    }
}

#[test]
fn spreading_is_the_transpose_of_summing() {
    on_every_ring(&SpreadingIsTheTranspose);
}

struct AdaptiveWindows;
impl ForEachRing for AdaptiveWindows {
    fn check<R: Ring>(&self) {
        let mut random = SplitMix(37);
        for (input, output) in [
            ([7, 7], [1, 1]),
            ([7, 5], [3, 2]),
            ([2, 3], [5, 3]),
            ([4, 4], [0, 2]),
            ([6, 6], [6, 6]),
        ] {
            let x = random.words::<R>(2 * input[0] * input[1]);
            let sums = adaptive_sum_pool2d(&x, 2, input, output);
            let counts = adaptive_pool_counts(input, output);
            assert_eq!(sums.len(), 2 * output[0] * output[1]);
            for (index, &found) in sums.iter().enumerate() {
                let (y, z) = (index / output[1] % output[0], index % output[1]);
                let plane = &x[index / (output[0] * output[1]) * input[0] * input[1]..];
                let (mut sum, mut count) = (R::ZERO, 0);
                for i in y * input[0] / output[0]..((y + 1) * input[0]).div_ceil(output[0]) {
                    for j in z * input[1] / output[1]..((z + 1) * input[1]).div_ceil(output[1]) {
                        sum += plane[i * input[1] + j];
                        count += 1;
                    }
                }
                assert_eq!((found, counts[y * output[1] + z]), (sum, count));
            }
        }
    }
}

#[test]
fn adaptive_windows_follow_pytorch() {
    on_every_ring(&AdaptiveWindows);
}
