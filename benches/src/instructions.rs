//! Runs one kernel once, for `benches/instructions.sh` to count its instructions under Callgrind.
//!
//! Everything but [`measured_kernel`] is set-up, and is not counted.

use std::hint::black_box;
use std::process::ExitCode;

use burn_mpc_engine::ring::{
    ConvGeometry, Ring, Z32, Z64, bits, conv2d_rss_acc, elementwise, encode, matmul_acc,
    with_threads,
};

/// A kernel with its operands prepared: only the run is left.
type Prepared = Box<dyn FnOnce()>;

/// A kernel's name, and how to prepare it.
type Kernel = (&'static str, fn() -> Prepared);

#[rustfmt::skip] // one line each
const KERNELS: &[Kernel] = &[
    ("product 128x256x512, Z64", || product::<Z64>([128, 256, 512])),
    ("product 128x256x512, Z32", || product::<Z32>([128, 256, 512])),
    ("product 1x2048x1000, Z64", || product::<Z64>([1, 2048, 1000])),
    ("product 1000x2048x1, Z64", || product::<Z64>([1000, 2048, 1])),
    ("conv 64->64 3x3 28, shares, Z64", || conv::<Z64>([64, 64], 28, 3, 1, 1)),
    ("conv 64->64 3x3 28, shares, Z32", || conv::<Z32>([64, 64], 28, 3, 1, 1)),
    ("conv 64->256 1x1 28, shares, Z64", || conv::<Z64>([64, 256], 28, 1, 1, 1)),
    ("conv 3->64 7x7/2 112, shares, Z64", || conv::<Z64>([3, 64], 112, 7, 2, 1)),
    ("conv depthwise 96 3x3 56, shares, Z64", || conv::<Z64>([96, 96], 56, 3, 1, 96)),
    ("conv depthwise 96 3x3 56, shares, Z32", || conv::<Z32>([96, 96], 56, 3, 1, 96)),
    ("encode 65536, Z64", encoding::<Z64>),
    ("add 65536, Z64", || pairwise::<Z64>(elementwise::add)),
    ("mul 65536, Z64", || pairwise::<Z64>(elementwise::mul)),
    ("mul 65536, Z32", || pairwise::<Z32>(elementwise::mul)),
    ("to_planes 65536, Z64", transposition::<Z64>),
    ("from_planes 65536, Z64", back_transposition::<Z64>),
    ("pack 65536 to 23 bits, Z64", packing::<Z64>),
];

const LENGTH: usize = 1 << 16;

fn words<R: Ring>(len: usize) -> Vec<R> {
    let word = |i: usize| R::from_u64((i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (0..len).map(word).collect()
}

fn product<R: Ring>([m, k, n]: [usize; 3]) -> Prepared {
    let (a, b, mut c) = (words::<R>(m * k), words::<R>(k * n), words::<R>(m * n));
    Box::new(move || {
        matmul_acc(m, k, n, &a, &b, &mut c);
        drop(black_box(c));
    })
}

fn conv<R: Ring>(
    channels: [usize; 2],
    side: usize,
    kernel: usize,
    stride: usize,
    groups: usize,
) -> Prepared {
    let g = ConvGeometry {
        batch: 1,
        in_channels: channels[0],
        out_channels: channels[1],
        groups,
        input: [side; 2],
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding: [[kernel / 2; 2]; 2],
        dilation: [1; 2],
    };
    let (x, w) = (words::<R>(g.input_len()), words::<R>(g.weight_len()));
    let mut out = words::<R>(g.output_len());
    Box::new(move || {
        conv2d_rss_acc(&g, 0, [&x, &x], [&w, &w], &mut out);
        drop(black_box(out));
    })
}

fn pairwise<R: Ring>(op: fn(&[R], &[R]) -> Vec<R>) -> Prepared {
    let (x, y) = (words::<R>(LENGTH), words::<R>(LENGTH));
    Box::new(move || drop(black_box(op(&x, &y))))
}

fn encoding<R: Ring>() -> Prepared {
    let floats = vec![1.5_f32; LENGTH];
    Box::new(move || drop(black_box(encode::<R>(&floats, 12, 30))))
}

fn transposition<R: Ring>() -> Prepared {
    let x = words::<R>(LENGTH);
    Box::new(move || drop(black_box(bits::to_planes(&x, 0, R::BITS))))
}

fn back_transposition<R: Ring>() -> Prepared {
    let planes = bits::to_planes(&words::<R>(LENGTH), 0, R::BITS);
    Box::new(move || drop(black_box(bits::from_planes::<R>(&planes))))
}

fn packing<R: Ring>() -> Prepared {
    let x = words::<R>(LENGTH);
    Box::new(move || drop(black_box(bits::pack_low_bits(&x, 23))))
}

/// What Callgrind counts. The script looks for its name.
#[inline(never)]
fn measured_kernel(kernel: Prepared) {
    with_threads(1, kernel);
    black_box(());
}

fn main() -> ExitCode {
    let Some(wanted) = std::env::args().nth(1) else {
        KERNELS.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    };
    match KERNELS.iter().find(|(name, _)| *name == wanted) {
        Some((_, prepare)) => {
            measured_kernel(prepare());
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("no kernel is called `{wanted}`");
            ExitCode::FAILURE
        }
    }
}
