use super::super::testing::{ForEachRing, SplitMix, on_every_ring};
use super::super::{Ring, Z64, with_threads};
use super::{ConvGeometry, GeometryError, Isa, Term, conv2d_acc, conv2d_rss_acc, direct, implicit};

/// The definition, element by element.
fn naive<R: Ring>(g: &ConvGeometry, x: &[R], w: &[R], out: &mut [R]) {
    let [oh, ow] = g.output();
    let [ih, iw] = g.input;
    let [kh, kw] = g.kernel;
    let (ci, co) = (g.in_channels / g.groups, g.out_channels / g.groups);
    for (index, out) in out.iter_mut().enumerate() {
        let (ox, oy) = (index % ow, index / ow % oh);
        let (o, b) = (
            index / (ow * oh) % g.out_channels,
            index / (ow * oh * g.out_channels),
        );
        for c in 0..ci {
            for i in 0..kh {
                for j in 0..kw {
                    let y = oy * g.stride[0] + i * g.dilation[0];
                    let z = ox * g.stride[1] + j * g.dilation[1];
                    if y < g.padding[0][0] || z < g.padding[1][0] {
                        continue;
                    }
                    let (y, z) = (y - g.padding[0][0], z - g.padding[1][0]);
                    if y < ih && z < iw {
                        let channel = b * g.in_channels + o / co * ci + c;
                        *out +=
                            x[(channel * ih + y) * iw + z] * w[((o * ci + c) * kh + i) * kw + j];
                    }
                }
            }
        }
    }
}

const PLAIN: ConvGeometry = ConvGeometry {
    batch: 1,
    in_channels: 1,
    out_channels: 1,
    groups: 1,
    input: [1, 1],
    kernel: [1, 1],
    stride: [1, 1],
    padding: [[0, 0], [0, 0]],
    dilation: [1, 1],
};

fn random_geometry(random: &mut SplitMix) -> ConvGeometry {
    loop {
        let groups = random.range(1, 3);
        let g = ConvGeometry {
            batch: random.range(0, 3),
            in_channels: groups * random.range(0, 4),
            out_channels: groups * random.range(0, 9),
            groups,
            input: [random.range(1, 14), random.range(1, 40)],
            kernel: [random.range(1, 4), random.range(1, 4)],
            stride: [random.range(1, 3), random.range(1, 3)],
            padding: [0; 2].map(|_| [random.range(0, 3), random.range(0, 3)]),
            dilation: [random.range(1, 3), random.range(1, 3)],
        };
        if g.validate().is_ok() {
            return g;
        }
    }
}

/// Convolutions with work for several threads: a product for each image, depthwise, grouped, without padding.
fn large_geometries() -> [ConvGeometry; 4] {
    let square = ConvGeometry {
        kernel: [3, 3],
        padding: [[1, 1], [1, 1]],
        ..PLAIN
    };
    [
        ConvGeometry {
            in_channels: 31,
            out_channels: 45,
            input: [29, 19],
            ..square
        },
        ConvGeometry {
            batch: 2,
            in_channels: 140,
            out_channels: 140,
            groups: 140,
            input: [41, 37],
            ..square
        },
        ConvGeometry {
            batch: 3,
            in_channels: 34,
            out_channels: 38,
            groups: 2,
            input: [21, 23],
            stride: [1, 2],
            ..square
        },
        ConvGeometry {
            in_channels: 61,
            out_channels: 97,
            input: [23, 17],
            ..PLAIN
        },
    ]
}

struct ThreadsChangeNothing;
impl ForEachRing for ThreadsChangeNothing {
    fn check<R: Ring>(&self) {
        let mut random = SplitMix(24);
        for g in large_geometries() {
            assert!(2 * g.output_len() * g.fan_in() >= 4 << 20, "{g:?} is small");
            let x = [0; 2].map(|_| random.words::<R>(g.input_len()));
            let w = [0; 2].map(|_| random.words::<R>(g.weight_len()));
            let on = |threads| {
                let mut out = vec![R::ONE; g.output_len()];
                with_threads(threads, || {
                    conv2d_rss_acc(&g, 1, [&x[0], &x[1]], [&w[0], &w[1]], &mut out);
                });
                out
            };
            let expected = on(1);
            for threads in [2, 3, 5] {
                assert!(on(threads) == expected, "{threads} threads, {g:?}");
            }
        }
    }
}

#[test]
fn the_chosen_number_of_threads_changes_no_convolution() {
    on_every_ring(&ThreadsChangeNothing);
}

struct EqualsNaive;
impl ForEachRing for EqualsNaive {
    fn check<R: Ring>(&self) {
        let mut random = SplitMix(23);
        let mut geometries = vec![
            PLAIN,
            ConvGeometry {
                input: [5, 70],
                in_channels: 3,
                out_channels: 20,
                ..PLAIN
            },
            ConvGeometry {
                batch: 5,
                in_channels: 40,
                out_channels: 30,
                input: [7, 7],
                kernel: [3, 3],
                padding: [[1, 1], [1, 1]],
                ..PLAIN
            },
            // The padding is longer than the image and the stride skips it.
            ConvGeometry {
                padding: [[7, 0], [0, 7]],
                stride: [5, 4],
                kernel: [2, 3],
                ..PLAIN
            },
            ConvGeometry {
                in_channels: 70,
                out_channels: 70,
                groups: 70,
                input: [9, 33],
                kernel: [3, 3],
                stride: [2, 2],
                padding: [[0, 1], [0, 1]],
                ..PLAIN
            },
        ];
        for _ in 0..150 {
            geometries.push(random_geometry(&mut random));
        }
        for (index, g) in geometries.iter().enumerate() {
            let x = [0; 2].map(|_| random.words::<R>(g.input_len()));
            let w = [0; 2].map(|_| random.words::<R>(g.weight_len()));
            let out = random.words::<R>(g.output_len());
            for count in [1, 2] {
                let mut expected = out.clone();
                for (x, w) in x.iter().zip(&w).take(count) {
                    naive(g, x, w, &mut expected);
                }
                let terms: Vec<Term<'_, R>> = x
                    .iter()
                    .zip(&w)
                    .take(count)
                    .map(|(x, w)| Term { x, w })
                    .collect();
                let mut found = out.clone();
                super::run(g, &terms, &mut found);
                assert!(found == expected, "{g:?}, {count} terms, {} bits", R::BITS);
                if out.is_empty() || g.in_channels == 0 {
                    continue;
                }
                for isa in Isa::all() {
                    for threads in [1, [2, 3, 5][index % 3]] {
                        let on = format!("{isa:?}, {threads} threads, {g:?}, {count} terms");
                        let mut found = out.clone();
                        direct::run(isa, threads, g, &terms, &mut found);
                        assert!(found == expected, "direct {on}");
                        let mut found = out.clone();
                        implicit::run(isa, threads, g, &terms, &mut found);
                        assert!(found == expected, "implicit {on}");
                    }
                }
            }
        }
    }
}

#[test]
fn convolutions_equal_the_definition_on_any_number_of_threads() {
    on_every_ring(&EqualsNaive);
}

#[test]
fn bad_geometries_are_named() {
    let cases = [
        (
            ConvGeometry {
                stride: [0, 1],
                ..PLAIN
            },
            "stride is [0, 1]",
        ),
        (
            ConvGeometry { groups: 2, ..PLAIN },
            "2 groups do not divide 1 input",
        ),
        (
            ConvGeometry {
                kernel: [1, 3],
                ..PLAIN
            },
            "extending over [1, 3]",
        ),
        (
            ConvGeometry {
                batch: usize::MAX,
                ..PLAIN
            },
            "overflow",
        ),
    ];
    for (g, message) in cases {
        let error = g.validate().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let huge = ConvGeometry {
        kernel: [1, usize::MAX],
        dilation: [1, 3],
        ..PLAIN
    };
    assert!(matches!(
        huge.validate(),
        Err(GeometryError::Overflow { .. })
    ));
}

#[test]
#[should_panic(expected = "x is [batch")]
fn wrong_lengths_panic() {
    conv2d_acc::<Z64>(&PLAIN, &[], &[Z64::ONE], &mut [Z64::ZERO]);
}
