//! Speed of the ring kernels on one core: the best of several runs by the wall clock, beside the float product of the
//! crate `gemm` (its AVX2 kernel) and as a percentage of what the multiplier alone does in registers. Ends with some of
//! them on two threads, as a percentage of twice that peak.
//!
//! `cargo bench -p burn-mpc-engine --bench kernels`; `BURN_MPC_ISA=avx2` for another instruction set.

#![allow(unsafe_code, reason = "the crate `gemm` has no safe interface")]

use std::hint::black_box;
use std::time::Instant;

use burn_mpc_engine::ring::{
    ConvGeometry, Ring, Z32, Z64, bits, conv2d_acc, conv2d_rss_acc, elementwise, encode,
    matmul_acc, with_threads,
};

fn words<R: Ring>(len: usize) -> Vec<R> {
    let word = |i: usize| R::from_u64((i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (0..len).map(word).collect()
}

/// Units of `work` per nanosecond, the best of a quarter of a second.
fn best(work: usize, mut run: impl FnMut()) -> f64 {
    let begin = Instant::now();
    let mut best = f64::INFINITY;
    let mut runs = 0;
    while runs < 3 || begin.elapsed().as_millis() < 250 {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed().as_secs_f64());
        runs += 1;
    }
    work as f64 / best * 1e-9
}

/// The product of the crate `gemm` in single precision.
fn float_product([m, k, n]: [usize; 3]) -> f64 {
    let (a, b, mut c) = (
        vec![1.0_f32; m * k],
        vec![1.0_f32; k * n],
        vec![0.0_f32; m * n],
    );
    let [k_stride, n_stride] = [k, n].map(usize::cast_signed);
    best(m * k * n, || {
        // SAFETY: the three matrices are row-major and have the sizes that are passed.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                c.as_mut_ptr(),
                1,
                n_stride,
                true,
                black_box(a.as_ptr()),
                1,
                k_stride,
                b.as_ptr(),
                1,
                n_stride,
                1.0,
                1.0,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    })
}

/// A line of a multiply-accumulate rate, with percentages of the peak.
fn rate(name: &str, speeds: [f64; 2], peak: [f64; 2], float: Option<f64>) {
    let percent = [0, 1].map(|i| 100.0 * speeds[i] / peak[i]);
    let float = float.map_or_else(String::new, |float| format!("{float:>9.2}"));
    println!(
        "{name:<44} {:>9.2} {:>4.0} % {:>9.2} {:>4.0} % {float}",
        speeds[0], percent[0], speeds[1], percent[1]
    );
}

fn row(name: &str, unit: &str, speeds: [f64; 2]) {
    println!("{name:<44} {:>9.2} {:>9.2}  {unit}", speeds[0], speeds[1]);
}

fn product<R: Ring>([m, k, n]: [usize; 3]) -> f64 {
    let (a, b, mut c) = (words::<R>(m * k), words::<R>(k * n), words::<R>(m * n));
    best(m * k * n, || matmul_acc(m, k, n, black_box(&a), &b, &mut c))
}

fn convolution<R: Ring>(g: &ConvGeometry, rss: bool) -> f64 {
    let x = words::<R>(g.input_len());
    let w = words::<R>(g.weight_len());
    let mut out = words::<R>(g.output_len());
    let work = g.output_len() * g.fan_in();
    if rss {
        best(5 * work / 3, || {
            conv2d_rss_acc(g, 0, [black_box(&x), &x], [&w, &w], &mut out);
        })
    } else {
        best(work, || conv2d_acc(g, black_box(&x), &w, &mut out))
    }
}

fn square(channels: [usize; 2], side: usize, kernel: usize, stride: usize) -> ConvGeometry {
    let margin = kernel / 2;
    ConvGeometry {
        batch: 1,
        in_channels: channels[0],
        out_channels: channels[1],
        groups: 1,
        input: [side; 2],
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding: [[margin; 2]; 2],
        dilation: [1; 2],
    }
}

fn elements<R: Ring>(len: usize) -> Vec<(&'static str, f64)> {
    let (x, y) = (words::<R>(len), words::<R>(len));
    let floats = vec![1.5_f32; len];
    let planes = bits::to_planes(&x, 0, R::BITS);
    let packed = bits::pack_low_bits(&x, 23);
    vec![
        (
            "add",
            best(len, || drop(black_box(elementwise::add(&x, &y)))),
        ),
        (
            "mul_rss",
            best(len, || {
                drop(black_box(elementwise::mul_rss(&x, &y, &y, &x)));
            }),
        ),
        (
            "encode",
            best(len, || drop(black_box(encode::<R>(&floats, 12, 30)))),
        ),
        (
            "to_planes, all",
            best(len, || drop(black_box(bits::to_planes(&x, 0, R::BITS)))),
        ),
        ("to_planes, the top bit", {
            best(len, || drop(black_box(bits::to_planes(&x, R::BITS - 1, 1))))
        }),
        (
            "from_planes, all",
            best(len, || drop(black_box(bits::from_planes::<R>(&planes)))),
        ),
        (
            "pack 23 bits",
            best(len, || drop(black_box(bits::pack_low_bits(&x, 23)))),
        ),
        ("unpack 23 bits", {
            best(len, || {
                drop(black_box(bits::unpack_low_bits::<R>(&packed, 23, len)));
            })
        }),
    ]
}

fn main() {
    with_threads(1, on_one_core);
    with_threads(2, on_two_cores);
}

fn on_two_cores() {
    let peak = burn_mpc_engine::ring::peak().map(|peak| 2.0 * peak);
    for shape in [[1024, 1024, 1024], [64, 576, 3136], [512, 4608, 49]] {
        let speeds = [product::<Z64>(shape), product::<Z32>(shape)];
        rate(
            &format!("two threads, product {shape:?}"),
            speeds,
            peak,
            None,
        );
    }
    let depthwise = ConvGeometry {
        groups: 32,
        ..square([32, 32], 112, 3, 1)
    };
    for (name, g) in [
        ("64->64 3x3 56", square([64, 64], 56, 3, 1)),
        ("512->512 3x3 7", square([512, 512], 7, 3, 1)),
        ("64->256 1x1 56", square([64, 256], 56, 1, 1)),
        ("depthwise 32 3x3 112", depthwise),
    ] {
        let speeds = [convolution::<Z64>(&g, true), convolution::<Z32>(&g, true)];
        rate(
            &format!("two threads, conv {name}, shares"),
            speeds,
            peak,
            None,
        );
    }
}

fn on_one_core() {
    let peak = burn_mpc_engine::ring::peak();
    println!("instruction set {}", burn_mpc_engine::ring::isa_name());
    println!(
        "GMAC/s, % of peak {:>44} {:>16} {:>16}",
        "Z64", "Z32", "gemm f32"
    );
    rate("registers only", peak, peak, None);
    for shape in [
        [1024, 1024, 1024],
        [64, 576, 3136],
        [256, 64, 3136],
        [512, 4608, 49],
        [64, 64, 64],
        [197, 64, 197],
        [1, 2048, 1000],
        [4, 2048, 1000],
        [8, 2048, 1000],
        [1000, 2048, 1],
        [1000, 2048, 4],
        [1000, 2048, 8],
    ] {
        let name = format!("product {shape:?}");
        let speeds = [product::<Z64>(shape), product::<Z32>(shape)];
        rate(&name, speeds, peak, Some(float_product(shape)));
    }
    let depthwise = |channels, side, stride| ConvGeometry {
        groups: channels,
        ..square([channels; 2], side, 3, stride)
    };
    let grouped = |channels, groups, side| ConvGeometry {
        groups,
        ..square([channels; 2], side, 3, 1)
    };
    let batch = |batch, g| ConvGeometry { batch, ..g };
    for (name, g) in [
        ("3->64 7x7/2 224", square([3, 64], 224, 7, 2)),
        ("64->64 3x3 56", square([64, 64], 56, 3, 1)),
        ("128->128 3x3 28", square([128, 128], 28, 3, 1)),
        ("256->256 3x3 14", square([256, 256], 14, 3, 1)),
        ("512->512 3x3 7", square([512, 512], 7, 3, 1)),
        (
            "512->512 3x3 7, batch 8",
            batch(8, square([512, 512], 7, 3, 1)),
        ),
        ("64->256 1x1 56", square([64, 256], 56, 1, 1)),
        ("256->512 1x1/2 56", square([256, 512], 56, 1, 2)),
        (
            "16->16 3x3 32, batch 8",
            batch(8, square([16, 16], 32, 3, 1)),
        ),
        (
            "6->16 5x5 14, batch 16",
            batch(16, square([6, 16], 14, 5, 1)),
        ),
        ("depthwise 32 3x3 112", depthwise(32, 112, 1)),
        ("depthwise 144 3x3/2 56", depthwise(144, 56, 2)),
        ("depthwise 960 3x3 7", depthwise(960, 7, 1)),
        ("grouped 128/32 3x3 56", grouped(128, 32, 56)),
        ("grouped 512/32 3x3 14", grouped(512, 32, 14)),
    ] {
        for rss in [false, true] {
            let name = format!("conv {name}{}", if rss { ", shares" } else { "" });
            let speeds = [convolution::<Z64>(&g, rss), convolution::<Z32>(&g, rss)];
            rate(&name, speeds, peak, None);
        }
    }
    for ((name, a), (_, b)) in elements::<Z64>(1 << 16)
        .into_iter()
        .zip(elements::<Z32>(1 << 16))
    {
        row(name, "Gelement/s", [a, b]);
    }
}
