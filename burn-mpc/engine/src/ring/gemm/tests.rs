use super::super::simd::Isa;
use super::super::testing::{ForEachRing, SplitMix, for_miri, on_every_ring};
use super::super::{Ring, with_threads};
use super::{batched_matmul_acc, multiply};

fn naive<R: Ring>([m, k, n]: [usize; 3], a: &[R], b: &[R], c: &mut [R]) {
    for i in 0..m {
        for p in 0..k {
            for j in 0..n {
                c[i * n + j] += a[i * k + p] * b[p * n + j];
            }
        }
    }
}

struct EqualsNaive;
impl ForEachRing for EqualsNaive {
    fn check<R: Ring>(&self) {
        let mut random = SplitMix(17);
        let mut shapes = vec![
            [0, 3, 4],
            [3, 0, 4],
            [3, 4, 0],
            [1, 1, 1],
            [1, 300, 1030],
            [40, 300, 1],
            [7, 9, 5],
            [6, 256, 32],
            [97, 257, 33],
            [13, 513, 49],
            [103, 30, 900],
        ];
        for _ in 0..60 {
            shapes.push([
                random.range(1, 40),
                random.range(1, 80),
                random.range(1, 120),
            ]);
        }
        for_miri(&mut shapes, |[m, k, n]| m * k * n);
        for shape in shapes {
            let [m, k, n] = shape;
            let (a, b) = (random.words::<R>(m * k), random.words::<R>(k * n));
            let c = random.words::<R>(m * n);
            let mut expected = c.clone();
            naive(shape, &a, &b, &mut expected);
            for isa in Isa::all() {
                for threads in [1, 2, 3, 5] {
                    let mut found = c.clone();
                    multiply(isa, threads, shape, &a, &b, &mut found);
                    let on = format!("{isa:?}, {threads} threads");
                    assert!(found == expected, "{on}: {shape:?} {} bits", R::BITS);
                }
            }
        }
    }
}

#[test]
fn products_equal_the_naive_ones_on_any_number_of_threads() {
    on_every_ring(&EqualsNaive);
}

struct BatchesBroadcast;
impl ForEachRing for BatchesBroadcast {
    fn check<R: Ring>(&self) {
        let mut random = SplitMix(18);
        let (batch, m, k, n) = (3, 7, 10, 12);
        let (a, b) = (
            random.words::<R>(batch * m * k),
            random.words::<R>(batch * k * n),
        );
        for (a_stride, b_stride) in [(m * k, k * n), (0, k * n), (m * k, 0), (0, 0)] {
            let mut expected = vec![R::ZERO; batch * m * n];
            for t in 0..batch {
                let (a, b) = (&a[t * a_stride..], &b[t * b_stride..]);
                naive([m, k, n], a, b, &mut expected[t * m * n..]);
            }
            let mut found = vec![R::ZERO; batch * m * n];
            batched_matmul_acc(batch, m, k, n, &a, a_stride, &b, b_stride, &mut found);
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn batches_broadcast() {
    on_every_ring(&BatchesBroadcast);
}

struct ThreadsChangeNothing;
impl ForEachRing for ThreadsChangeNothing {
    fn check<R: Ring>(&self) {
        let mut random = SplitMix(19);
        // One large product; few and many in a batch; few rows; few columns.
        for [batch, m, k, n] in [
            [1, 131, 257, 129],
            [2, 129, 150, 223],
            [7, 33, 101, 203],
            [1, 3, 1201, 1203],
            [1, 1307, 1099, 3],
        ] {
            assert!(batch * m * k * n >= 4 << 20, "that is small");
            let (a, b) = (
                random.words::<R>(batch * m * k),
                random.words::<R>(batch * k * n),
            );
            let on = |threads| {
                let mut c = vec![R::ONE; batch * m * n];
                with_threads(threads, || {
                    batched_matmul_acc(batch, m, k, n, &a, m * k, &b, k * n, &mut c);
                });
                c
            };
            let expected = on(1);
            for threads in [2, 3, 5] {
                assert!(
                    on(threads) == expected,
                    "{threads} threads, {batch} {m} {k} {n}"
                );
            }
        }
    }
}

#[test]
fn the_chosen_number_of_threads_changes_no_product() {
    on_every_ring(&ThreadsChangeNothing);
}
