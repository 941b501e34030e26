//! Sorting, the greatest elements, and running products and extrema.

use burn::tensor::{Int, Tensor};
use burn_mpc::testkit::{Bound, Place, World};

/// Rows of up to 20 elements: plaintext sorts them by insertion, so that equal elements keep their order.
const LENGTHS: [usize; 5] = [1, 2, 3, 7, 17];

/// One dimension of every place, of that length.
fn shapes(length: usize) -> [([usize; 3], usize); 3] {
    [
        ([length, 2, 3], 0),
        ([2, length, 1], 1),
        ([1, 3, length], 2),
    ]
}

/// Values and indices of every order, with many ties.
pub fn orders<B: Place>(w: &mut World<B>) {
    for length in LENGTHS {
        for (shape, dim) in shapes(length) {
            w.section(format!("{shape:?} along {dim} "));
            // At most 17 different values.
            let x = w.dyadic(shape, 1.0);
            w.exact("sort", x.clone().sort(dim));
            w.exact("sort descending", x.clone().sort_descending(dim));
            w.check_int("argsort", x.clone().argsort(dim));
            w.check_int("argsort descending", x.clone().argsort_descending(dim));
            let (values, indices) = x.clone().sort_with_indices(dim);
            w.exact("sorted", values);
            w.check_int("where sorted", indices);
            let (values, indices) = x.clone().sort_descending_with_indices(dim);
            w.exact("sorted descending", values);
            w.check_int("where sorted descending", indices);
            w.exact("median", x.clone().median(dim));
            if length > 1 {
                let k = length / 2;
                w.exact("topk", x.clone().topk(k, dim));
                let (values, indices) = x.clone().topk_with_indices(k, dim);
                w.exact("the greatest", values);
                w.check_int("where the greatest are", indices);
            }
            let products = x.clone() * x;
            w.exact("sorted products", products.sort(dim));
        }
    }
}

/// Integers, and a row that is longer.
pub fn integers<B: Place>(w: &mut World<B>) {
    for length in LENGTHS {
        w.section(format!("int {length} "));
        let x = w.integers([2, length], 5);
        w.check_int("sort", x.clone().sort(1));
        w.check_int("argsort descending", x.clone().argsort_descending(1));
        let (values, indices) = x.clone().sort_with_indices(1);
        w.check_int("sorted", values);
        w.check_int("where sorted", indices);
        if length > 1 {
            w.check_int("topk", x.clone().topk(1, 1));
        }
        w.check_int("cummax", x.clone().cummax(1));
        w.check_int("cummin", x.clone().cummin(0));
        w.check_int("cumprod", x.slice([0..2, 0..length.min(7)]).cumprod(1));
    }
    w.section("long ");
    let different: Vec<i64> = (0..66).map(|i| (i * 37) % 101 - 50).collect();
    let x = w.integers_of(&different, [2, 33]);
    w.check_int("sort", x.clone().sort(1));
    w.check_int("argsort", x.argsort(1));
}

/// Running products and extrema.
pub fn running<B: Place>(w: &mut World<B>) {
    for length in [1, 2, 3, 7, 17, 33] {
        for (shape, dim) in shapes(length) {
            w.section(format!("{shape:?} along {dim} "));
            let x = w.dyadic(shape, 3.0);
            w.exact("cummax", x.clone().cummax(dim));
            w.exact("cummin", x.clone().cummin(dim));
            let products = x.clone() * x.clone();
            w.check(
                "cummax of products",
                products.cummax(dim),
                Bound::of(1.0, 1.0),
            );
            // Factors from 0.5 to 1, of which each is a public factor times up to 3, truncated once. So is every product.
            let factors = x / 12.0 + 0.75;
            let count = length as f64;
            let bound = Bound::of(3.0 * count, 2.0 * count);
            w.check("cumprod", factors.cumprod(dim), bound);
        }
    }
}

/// Rows without elements, and no rows.
pub fn empties<B: Place>(w: &mut World<B>) {
    for shape in [[0, 3], [2, 0]] {
        w.section(format!("{shape:?} "));
        let x = w.secret(shape, 1.0);
        w.exact("sort", x.clone().sort(1));
        w.check_int("argsort", x.clone().argsort_descending(1));
        let (values, indices): (Tensor<B, 2>, Tensor<B, 2, Int>) = x.clone().sort_with_indices(1);
        w.exact("sorted", values);
        w.check_int("where sorted", indices);
        w.exact("cummax", x.clone().cummax(1));
        w.exact("cummin", x.clone().cummin(0));
        w.exact("cumprod", x.cumprod(1));
    }
}
