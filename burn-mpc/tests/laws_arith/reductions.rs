//! Reductions, one family in each program.

use burn_mpc::testkit::{Bound, Place, World};

use super::M;

const SHAPES: [[usize; 3]; 3] = [[1, 1, 1], [2, 3, 4], [17, 2, 1]];

/// Sums and means.
pub fn totals<B: Place>(w: &mut World<B>) {
    for shape in SHAPES {
        w.section(format!("{shape:?} "));
        let n = shape.iter().product::<usize>() as f64;
        let a = w.secret(shape, M);
        let sum = Bound::of(n, 0.0).cancelling(M * n);
        w.check("sum", w.local("sum", || a.clone().sum()), sum);
        w.check(
            "mean",
            a.clone().mean(),
            Bound::of(1.0 + M * n, 0.0).cancelling(M),
        );
        for (dim, size) in shape.map(|size| size as f64).into_iter().enumerate() {
            let along = Bound::of(size, 0.0).cancelling(M * size);
            w.check(
                "sum dim",
                w.local("sum dim", || a.clone().sum_dim(dim)),
                along,
            );
            // 1/n is a factor of its own: L = |sum| / n in relative terms
            w.check(
                "mean dim",
                a.clone().mean_dim(dim),
                Bound::of(1.0 + M * size, 0.0),
            );
            w.check("cumsum", a.clone().cumsum(dim), along);
        }
        w.check(
            "sums joined",
            a.clone().sum() + a.clone().mean(),
            Bound::of(2.0 * n * M, 0.0).cancelling(M * n),
        );
    }
    w.section("many ");
    // 65 x 65 places: the sum needs 12 bits more than a value
    let many = w.secret([2, 4225], 100.0) * w.secret([2, 1], 1.0);
    w.check(
        "mean",
        many.mean_dim(1),
        Bound::of(101.0 + 100.0, 1.0).cancelling(100.0),
    );
}

pub fn extrema<B: Place>(w: &mut World<B>) {
    for shape in SHAPES {
        w.section(format!("{shape:?} "));
        let a = w.secret(shape, M);
        for dim in 0..shape.len() {
            w.check("max dim", a.clone().max_dim(dim), Bound::of(1.0, 0.0));
            w.check("min dim", a.clone().min_dim(dim), Bound::of(1.0, 0.0));
            w.check("max abs", a.clone().max_abs_dim(dim), Bound::of(1.0, 0.0));
        }
        w.check("max", a.clone().max(), Bound::of(1.0, 0.0));
        w.check("min", a.clone().min(), Bound::of(1.0, 0.0));
        let (values, at) = a.clone().max_dim_with_indices(1);
        w.check("max and where", values, Bound::of(1.0, 0.0));
        w.check_int("where", at);
    }
    w.section("ties ");
    let ties = w.secret_of(
        &[
            1.0, 2.0, 2.0, -1.0, 0.0, 0.0, 0.0, 0.0, -3.0, -3.5, -3.0, -3.5, 5.0,
        ],
        [1, 13],
    );
    w.check_int("argmax", ties.clone().argmax(1));
    w.check_int("argmin", ties.clone().argmin(1));
    w.check_int(
        "argmax of rows",
        ties.clone().slice([0..1, 4..12]).reshape([2, 4]).argmax(1),
    );
    w.check_int("argmax of one", ties.argmax(0));
}

/// Products along a dimension.
pub fn factors<B: Place>(w: &mut World<B>) {
    for shape in SHAPES {
        w.section(format!("{shape:?} "));
        let a = w.secret(shape, M);
        let unit = a.clone() / 4.0 + 0.5;
        // factors below 1.25, at most four of them in dimension 2, two levels truncated
        w.check("prod dim", unit.clone().prod_dim(2), Bound::of(8.0, 8.0));
    }
}

/// Reductions of nothing.
pub fn empties<B: Place>(w: &mut World<B>) {
    w.section("empty ");
    let none = w.secret([2, 0, 3], M);
    w.exact("sum", none.clone().sum());
    w.exact("sum dim", none.clone().sum_dim(1));
    w.exact("prod dim", none.clone().prod_dim(1));
    w.exact("prod", none.clone().prod());
    w.exact("cumsum", none.clone().cumsum(1));
    w.exact("max along another", none.clone().max_dim(0));
    w.check_bool("any", none.clone().greater_elem(0.0).any());
    w.check_bool("all", none.greater_elem(0.0).all());
}
