//! Integers, which are exact, and results derived from them.

use burn::tensor::activation;
use burn_mpc::testkit::{Bound, Place, World};

pub fn integers<B: Place>(w: &mut World<B>) {
    for shape in [[0, 2], [1, 1], [17, 3]] {
        w.section(format!("int {shape:?} "));
        let (a, b) = (w.integers(shape, 9), w.integers(shape, 9));
        w.check_int("add", a.clone() + b.clone());
        w.check_int("sub scalar", a.clone() - 3);
        w.check_int("mul", a.clone() * b.clone());
        w.check_int("mul scalar", a.clone() * -12);
        w.check_int("power of two", a.clone() * 8);
        w.check_int("mul of mul", a.clone() * b.clone() * a.clone() * b.clone());
        w.check_int("neg", a.clone().neg());
        w.check_int("abs", a.clone().abs());
        w.check_int("sign", a.clone().sign());
        w.check_int("powi", a.clone().powi_scalar(3));
        w.check_int("powi 0", a.clone().powi_scalar(0));
        w.check_int("clamp", a.clone().clamp(-2, 5));
        w.check_int("sum", a.clone().sum());
        w.check_int("sum dim", a.clone().sum_dim(1));
        w.check_int("cumsum", a.clone().cumsum(0));
        w.check_int("prod", a.clone().prod_dim(1));
        w.check_int("max", a.clone().max_dim(1));
        w.check_int("matmul", a.clone().matmul(b.clone().transpose()));
        w.check_int(
            "matmul is an integer",
            a.clone().matmul(b.clone().transpose()) * 3 + 1,
        );
        w.check_bool("equal", a.clone().equal(b.clone()));
        w.check_bool("greater", a.clone().greater_elem(2));
        w.check_bool("lower", a.clone().lower(b.clone()));
        w.check_bool("any", a.clone().any());
        let mask = a.clone().greater_elem(0);
        w.check_int("mask where", a.clone().mask_where(mask.clone(), b.clone()));
        w.check_int("mask fill", a.clone().mask_fill(mask, -4));
        w.exact("float", a.clone().float());
        w.check("float times", a.clone().float() * 0.3, Bound::of(9.0, 0.0));
        w.check("float plus", a.clone().float() + 0.3, Bound::of(1.0, 0.0));
        let x = w.secret(shape, 1.0);
        w.check(
            "float times secret",
            a.clone().float() * x.clone(),
            Bound::of(9.0, 0.0),
        );
        w.check("float / 7", a.clone().float() / 7.0, Bound::of(9.0, 0.0));
        w.check_bool("fraction compared", a.clone().float().greater_elem(2.5));
        w.check_bool("fraction equal", a.float().equal_elem(2.5));
    }
    roundings(w);
}

/// Whole parts of numbers close to whole ones, of both signs and at several scales.
pub fn roundings<B: Place>(w: &mut World<B>) {
    w.section("");
    let edges: Vec<f32> = [
        0.0, 1.0, -1.0, 0.5, -0.5, 0.999_98, -0.999_98, 1.5, -2.0, 2.999_98, -3.000_02, 100.25,
        -8191.75, 16383.0,
    ]
    .into();
    let edges = w.secret_of(&edges, [14]);
    w.check_int("into int", edges.clone().int());
    w.exact("trunc", edges.clone().trunc());
    w.exact("floor", edges.clone().floor());
    w.exact("ceil", edges.clone().ceil());
    w.exact("round", edges.clone().round());
    let halves = w.secret_of(
        &[0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, 2.0, 2.25, -2.75],
        [10],
    );
    w.exact("round halves", halves.round());
    w.check_int(
        "into int at a fine scale",
        (edges.clone() * 0.5 * 0.75).int(),
    );
    w.check(
        "trunc and clamp",
        edges.floor().clamp(-0.3, 0.7),
        Bound::of(1.0, 0.0),
    );
    for (name, factor) in [
        ("", 1.0),
        (" at a fine scale", 0.375),
        (" at a coarse scale", 4.0),
    ] {
        let x = w.dyadic([5, 17], 3.0) * factor;
        w.check_int(&format!("into int{name}"), x.clone().int());
        w.exact(&format!("trunc{name}"), x.clone().trunc());
        w.exact(&format!("floor{name}"), x.clone().floor());
        w.exact(&format!("ceil{name}"), x.clone().ceil());
        w.exact(&format!("round{name}"), x.clone().round());
        let product = x.clone() * x.clone();
        w.exact(&format!("floor of a product{name}"), product.floor());
        let empty = x.slice([0..0, 0..17]);
        w.exact(&format!("floor of nothing{name}"), empty.floor());
    }
}

/// What ten integer bits and a sign leave.
pub fn integers_32<B: Place>(w: &mut World<B>) {
    let a = w.integers([17, 3], 9);
    w.check_int("mul", a.clone() * a.clone());
    w.check_int("powi", a.clone().powi_scalar(5));
    w.check("float", a.clone().float() * 0.3, Bound::of(9.0, 0.0));
    let x = w.secret([17, 3], 2.0);
    w.check("relu", activation::relu(x.clone()), Bound::of(1.0, 0.0));
    // x^2 is at twice the scale and truncated once; x^3 once more
    w.check("cube", x.clone().powi_scalar(3), Bound::of(12.0, 2.0));
    w.check(
        "scaled",
        x.clone() * x.clone() * 0.7,
        Bound::of(4.0 * 0.7 + 4.0, 1.0),
    );
    w.check(
        "mean",
        x.clone().mean_dim(0),
        Bound::of(3.0, 1.0).cancelling(2.0),
    );
    w.check(
        "mean of products",
        (x.clone() * 4.0 * x.clone()).mean_dim(0),
        Bound::of(16.0 + 16.0, 4.0),
    );
    w.check("recip", (x.abs() + 1.0).recip(), Bound::of(1.0, 2.0));
}
