//! Quotients and roots.

use burn_mpc::testkit::{Bound, Place, World};

use super::M;

const SHAPES: [[usize; 2]; 3] = [[0, 2], [1, 1], [3, 5]];

/// `x / y` and `1 / y`, with `|y| >= 0.5`.
pub fn quotients<B: Place>(w: &mut World<B>) {
    for shape in SHAPES {
        w.section(format!("{shape:?} "));
        let a = w.secret(shape, M);
        let sign = (w.secret(shape, 1.0).greater_elem(0.0)).float() * 2.0 - 1.0;
        let b = (w.secret(shape, M).abs() + 0.5) * sign;
        // 1/y: L = 1/0.5^2; relative 2^-20 of a result to 2: two units
        w.check("recip", b.clone().recip(), Bound::of(4.0, 3.0));
        // x/y: y: L = 4 M; x: L = 2; relative 2^-20 of a result to 2 M, and two units of 2^-21
        w.check(
            "div",
            a.clone() / b.clone(),
            Bound::of(4.0 * M + 2.0, 2.0 * M),
        );
        let p = w.public(shape, M);
        w.check(
            "public div",
            p.clone() / b.clone(),
            Bound::of(4.0 * M + 2.0, 2.0 * M),
        );
        let q = w.public(shape, M).abs() + 0.5;
        w.check("div public", a.clone() / q, Bound::of(2.0 + 2.0 * M, 0.0));
    }
    w.section("");
    let edges = w.secret_of(
        &[1.0, -1.0, 65535.0, -65535.0, 1.0 / 65536.0, 0.001, -0.001],
        [7],
    );
    // Relative error 2^-20 of a result up to 2^16: 2^16 units; encoding 0.001: L = 10^6
    w.check(
        "recip at the edges",
        edges.recip(),
        Bound::of(1.0e6, 66000.0),
    );
}

pub fn roots<B: Place>(w: &mut World<B>) {
    for shape in SHAPES {
        w.section(format!("{shape:?} "));
        let a = w.secret(shape, M);
        let positive = a.clone().abs() + 0.25;
        // sqrt: L = 1/(2 sqrt 0.25) = 1
        w.check("sqrt", positive.clone().sqrt(), Bound::of(1.0, 1.0));
        w.check(
            "powf 0.5",
            positive.clone().powf_scalar(0.5),
            Bound::of(1.0, 1.0),
        );
        // x^-1/2: L = 1/2 x^-3/2 = 4; the root is truncated to 2^-24 only
        w.check(
            "powf -0.5",
            positive.clone().powf_scalar(-0.5),
            Bound::of(4.0, 4.0),
        );
        // x^-2: L = 2 x^-3 = 128 (square L = 2 x, then 1/s^2 = 256 at 1/16)
        w.check(
            "powi -2",
            positive.powi_scalar(-2),
            Bound::of(2.0 * 0.25 * 256.0, 16.0),
        );
    }
    w.section("");
    let wide = w.secret_of(&[1.0, 4.0, 65535.0, 1.0 / 65536.0, 0.0], [5]);
    w.check("sqrt at the edges", wide.sqrt(), Bound::of(1.0, 3.0));
}
