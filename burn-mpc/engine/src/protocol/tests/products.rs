//! Local products and resharing.

use super::LENGTHS;
use crate::Party;
use crate::protocol::testing::{Setup, SplitMix, join, join_additive, mine, run, seed, three};
use crate::protocol::{MatmulShape, conv2d, matmul, multiply, reshare};
use crate::ring::{self, ConvGeometry, Ring, Z32, Z64};
use crate::share::Rss;

fn reshared_products<R: Ring>() {
    let mut rng = SplitMix(seed(201));
    for len in LENGTHS {
        let (x, y) = (rng.words::<R>(len), rng.words::<R>(len));
        let (xs, ys) = (rng.deal(&x), rng.deal(&y));
        let body = |ctx: &mut _| reshare(ctx, &multiply(mine(ctx, &xs), mine(ctx, &ys)));
        let run = run(Setup::of(rng.next()), body);
        assert_eq!(join(&run.parties), ring::mul(&x, &y));
        let bits = 3 * u64::from(R::BITS) * len as u64;
        assert_eq!((run.payload_bits, run.rounds), (bits, 1));
    }
}

#[test]
fn a_reshared_product_is_the_product() {
    reshared_products::<Z64>();
    reshared_products::<Z32>();
}

fn matrix_products<R: Ring>() {
    let mut rng = SplitMix(seed(202));
    for (batch, m, k, n, shared_rhs) in [
        (1, 1, 1, 1, true),
        (1, 5, 7, 3, true),
        (3, 4, 9, 5, false),
        (2, 17, 33, 8, true),
        // Cut into thirds.
        (2, 75, 9, 11, true),
        (2, 145, 7, 6, false),
    ] {
        let shape = MatmulShape {
            batch,
            m,
            k,
            n,
            shared_rhs,
        };
        let right = if shared_rhs { 1 } else { batch };
        let (x, y) = (rng.words::<R>(batch * m * k), rng.words::<R>(right * k * n));
        let (xs, ys) = (rng.deal(&x), rng.deal(&y));
        let mut expected = vec![R::ZERO; batch * m * n];
        for (b, row, column, inner) in
            (0..batch).flat_map(|b| (0..m * n * k).map(move |i| (b, i / (n * k), i / k % n, i % k)))
        {
            let y = y[if shared_rhs { 0 } else { b * k * n } + inner * n + column];
            expected[(b * m + row) * n + column] += x[(b * m + row) * k + inner] * y;
        }
        let got = three(rng.next(), |ctx| {
            let product = matmul(ctx.party(), &shape, mine(ctx, &xs), mine(ctx, &ys));
            reshare(ctx, &product)
        });
        assert_eq!(join(&got), expected, "{shape:?}");
    }
}

#[test]
fn a_product_of_shared_matrices_is_the_matrix_product() {
    matrix_products::<Z64>();
    matrix_products::<Z32>();
}

fn convolutions<R: Ring>() {
    let mut rng = SplitMix(seed(203));
    let plain = ConvGeometry {
        batch: 2,
        in_channels: 4,
        out_channels: 6,
        groups: 1,
        input: [7, 6],
        kernel: [3, 3],
        stride: [1, 1],
        padding: [[1, 1], [1, 1]],
        dilation: [1, 1],
    };
    let strided = ConvGeometry {
        stride: [2, 2],
        padding: [[0, 1], [2, 1]],
        ..plain
    };
    let grouped = ConvGeometry {
        groups: 2,
        kernel: [3, 2],
        ..plain
    };
    // Cut into thirds of positions, with and without unfolding, in one group and in two, and of channels.
    let positions = ConvGeometry {
        out_channels: 26,
        input: [11, 13],
        ..plain
    };
    let flat = ConvGeometry {
        kernel: [1, 1],
        padding: [[0; 2]; 2],
        ..positions
    };
    let two = ConvGeometry {
        groups: 2,
        ..positions
    };
    let channels = ConvGeometry {
        batch: 1,
        out_channels: 193,
        input: [3, 5],
        ..plain
    };
    for geometry in [plain, strided, grouped, positions, flat, two, channels] {
        let x = rng.words::<R>(geometry.input_len());
        let w = rng.words::<R>(geometry.weight_len());
        let mut expected = vec![R::ZERO; geometry.output_len()];
        ring::conv2d_acc(&geometry, &x, &w, &mut expected);
        let (xs, ws) = (rng.deal(&x), rng.deal(&w));
        let got = Party::ALL.map(|p| conv2d(p, &geometry, &xs[p.index()], &ws[p.index()]));
        assert_eq!(join_additive(&got), expected, "{geometry:?}");
        assert_eq!(
            conv2d(Party::P0, &geometry, &Rss::counted(xs[0].len()), &ws[0]).len(),
            expected.len()
        );
    }
}

#[test]
fn a_convolution_of_shares_is_the_convolution() {
    convolutions::<Z64>();
    convolutions::<Z32>();
}
