//! Element-wise ops, one family in each program.

use burn::tensor::activation;
use burn_mpc::testkit::{Bound, Place, World};

use super::{M, PRODUCT, SUM};

const SHAPES: [[usize; 2]; 4] = [[0, 3], [1, 1], [2, 3], [17, 5]];

pub fn sums<B: Place>(w: &mut World<B>) {
    for shape in SHAPES {
        w.section(format!("{shape:?} "));
        let (a, b) = (w.secret(shape, M), w.secret(shape, M));
        let p = w.public(shape, M);
        w.check("add", a.clone() + b.clone(), SUM);
        w.check("sub", a.clone() - b.clone(), SUM);
        let sum = w.local("add public", || a.clone() + p.clone());
        w.check("add public", sum, SUM);
        w.check("public sub", p.clone() - a.clone(), SUM);
        w.check(
            "reversed",
            1.0 - a.clone(),
            Bound::of(1.0, 0.0).cancelling(M),
        );
        w.check(
            "neg",
            w.local("neg", || a.clone().neg()),
            Bound::of(1.0, 0.0),
        );
    }
}

pub fn products<B: Place>(w: &mut World<B>) {
    for shape in SHAPES {
        w.section(format!("{shape:?} "));
        let (a, b) = (w.secret(shape, M), w.secret(shape, M));
        let p = w.public(shape, M);
        w.check("mul", a.clone() * b.clone(), PRODUCT);
        let product = w.local("mul public", || a.clone() * p.clone());
        w.check("mul public", product, PRODUCT);
        w.check("public mul", p.clone() * a.clone(), PRODUCT);
    }
}

/// Sums and products with public numbers.
pub fn scalars<B: Place>(w: &mut World<B>) {
    for shape in SHAPES {
        w.section(format!("{shape:?} "));
        let a = w.secret(shape, M);
        let scaled = w.local("scalars", || (a.clone() - 1.3) * 0.7 + 0.1);
        // 0.7 (L M+1.3 as a factor), x and 1.3 by 0.7, 0.1 by 1
        w.check(
            "scalars",
            scaled,
            Bound::of(0.7 * 2.0 + 1.0 + M + 1.3, 0.0).cancelling(M + 2.0),
        );
        w.check(
            "negative power of two",
            a.clone() * -0.25,
            Bound::of(0.25, 0.0),
        );
        w.check("power of two", a.clone() * 8.0, Bound::of(8.0, 0.0));
        w.check(
            "beyond the scale",
            a.clone() * 262_144.0,
            Bound::of(262_144.0, 0.0),
        );
        w.check(
            "tiny factor",
            a.clone() * 1.0e-5,
            Bound::of(1.0e-5 + 1.0, 0.0),
        );
        w.check(
            "large factor",
            a.clone() * 1000.7,
            Bound::of(1000.7 + M, 0.0),
        );
        w.check("zero factor", a.clone() * 0.0, Bound::of(1.0, 0.0));
        w.check(
            "divided by a scalar",
            a.clone() / 3.0,
            Bound::of(1.0 / 3.0 + M, 0.0),
        );
    }
}

pub fn powers<B: Place>(w: &mut World<B>) {
    for shape in SHAPES {
        w.section(format!("{shape:?} "));
        let a = w.secret(shape, M);
        w.check("square", a.clone().powi_scalar(2), Bound::of(2.0 * M, 0.0));
        // x^2 is truncated to F before it meets x: T = M
        w.check("cube", a.clone().powi_scalar(3), Bound::of(3.0 * M * M, M));
        // (x^2)^2: each factor truncated, T = 2 M^2
        w.check(
            "fourth",
            a.clone().powi_scalar(4),
            Bound::of(4.0 * M * M * M, 2.0 * M * M),
        );
        w.check("to the zero", a.clone().powi_scalar(0), Bound::EXACT);
        w.check("to the one", a.clone().powi_scalar(1), Bound::of(1.0, 0.0));
    }
}

/// Clamps, ReLUs and absolute values.
pub fn limits<B: Place>(w: &mut World<B>) {
    for shape in SHAPES {
        w.section(format!("{shape:?} "));
        let a = w.secret(shape, M);
        w.check("abs", a.clone().abs(), Bound::of(1.0, 0.0));
        w.check("clamp", a.clone().clamp(-1.1, 1.3), Bound::of(2.0, 0.0));
        w.check("clamp min", a.clone().clamp_min(-0.3), Bound::of(2.0, 0.0));
        w.check("clamp max", a.clone().clamp_max(0.3), Bound::of(2.0, 0.0));
        w.check("relu", activation::relu(a.clone()), Bound::of(1.0, 0.0));
        let relu6 = activation::relu(a.clone() * 4.0).clamp_max(6.0);
        w.check("relu6", relu6, Bound::of(4.0, 0.0));
    }
}

/// Activations that multiply as well.
pub fn activations<B: Place>(w: &mut World<B>) {
    for shape in SHAPES {
        w.section(format!("{shape:?} "));
        let a = w.secret(shape, M);
        let leaky = activation::leaky_relu(a.clone(), 0.1);
        w.check("leaky relu", leaky, Bound::of(1.0 + M, 0.0));
        let sigmoid = activation::hard_sigmoid(a.clone(), 1.0 / 6.0, 0.5);
        w.check(
            "hard sigmoid",
            sigmoid,
            Bound::of(1.0 + M, 1.0).cancelling(1.0),
        );
        let swish = activation::hard_sigmoid(a.clone(), 1.0 / 6.0, 0.5) * a.clone();
        w.check(
            "hard swish",
            swish,
            Bound::of(1.0 + M * (1.0 + M), M + 1.0).cancelling(M),
        );
    }
}

pub fn broadcasts<B: Place>(w: &mut World<B>) {
    w.section("broadcast ");
    let a = w.secret([2, 3, 4], M);
    let row = w.secret([1, 1, 4], M);
    let column = w.secret([2, 1, 1], M);
    let one = w.secret([1, 1, 1], M);
    let public = w.public([1, 3, 1], M);
    w.check("row", a.clone() + row.clone(), SUM);
    w.check("outer", row.clone() * column.clone(), PRODUCT);
    w.check("one", a.clone() * one.clone(), PRODUCT);
    w.check("public", a.clone() * public.clone(), PRODUCT);
    w.check("public by secret", public.clone() - row.clone(), SUM);
    w.check_bool("compare", column.clone().lower(row.clone()));
    w.check_bool("compare public", public.clone().greater_equal(row.clone()));
    w.check(
        "permuted",
        a.clone().permute([2, 0, 1]) + row.clone().permute([2, 0, 1]),
        SUM,
    );
    let view = a.clone().slice([0..2, 1..3]).swap_dims(0, 1).flip([2]);
    w.check(
        "view",
        view.clone() * view.clone().slice([0..1, 0..2, 0..4]),
        PRODUCT,
    );
    w.check("expanded", one.clone().expand([2, 3, 4]) - a.clone(), SUM);
    let empty = w.secret([0, 1, 4], M);
    w.check("empty", empty.clone() * row.clone(), PRODUCT);
    w.check("empty public", empty + public, SUM);
}
