//! Parts of tensors by secret indices.

use burn::tensor::IndexingUpdateOp;
use burn_mpc::testkit::{Bound, Place, World};

use super::M;

pub fn indices<B: Place>(w: &mut World<B>) {
    // The length of the axis: one place, a power of two, between two, and more than a word of places.
    for size in [1, 2, 3, 7, 8, 130] {
        w.section(format!("{size} places: "));
        let last = i64::try_from(size).map_or(0, |size| size - 1);
        let some = [0, last, last / 2, last, 1.min(last)];
        let table = w.dyadic([size, 3], M);
        let index = w.integers_of(&some, [5]);
        // Exact: a selection adds no rounding.
        w.exact("select", table.clone().select(0, index.clone()));
        w.exact(
            "select columns",
            table.clone().transpose().select(1, index.clone()),
        );
        let whole = w.integers([size, 2], 9);
        w.check_int("select integers", whole.select(0, index.clone()));
        let p = w.public([size, 3], M);
        w.check(
            "select of a public table",
            p.select(0, index.clone()),
            Bound::of(1.0, 0.0),
        );
        let rows = w.dyadic([5, 3], M);
        // Up to five rows meet in one place; sums are exact.
        w.exact(
            "select assign",
            table
                .clone()
                .select_assign(0, index, rows, IndexingUpdateOp::Add),
        );
        let places: Vec<i64> = (0..6).map(|i| some[i % 5]).collect();
        let at = w.integers_of(&places, [2, 3]);
        w.exact("gather", table.clone().gather(0, at.clone()));
        w.exact(
            "gather columns",
            table.clone().transpose().gather(1, at.clone().transpose()),
        );
        let values = w.dyadic([2, 3], M);
        let narrow = table.clone().slice([0..size, 0..3]);
        w.exact(
            "scatter",
            narrow.scatter(0, at, values, IndexingUpdateOp::Add),
        );
    }
    w.section("no index: ");
    let table = w.dyadic([4, 3], M);
    let none = w.integers_of(&[], [0]);
    w.exact("select", table.select(0, none));
}

/// Truth values that meet truth values.
pub fn truths<B: Place>(w: &mut World<B>) {
    for size in [1, 3, 8] {
        w.section(format!("{size} places of truths: "));
        let last = i64::try_from(size).map_or(0, |size| size - 1);
        let some = [0, last, last / 2, last, 0];
        let index = w.integers_of(&some, [5]);
        let (table, rows) = (w.truths([size, 3]), w.truths([5, 3]));
        let onto = table.clone();
        w.check_bool(
            "select assign",
            onto.select_assign(0, index.clone(), rows, IndexingUpdateOp::Add),
        );
        let known = table.clone().bool_or(table.clone().bool_not());
        let columns = w.truths([3, 5]);
        w.check_bool(
            "select assign columns of constants",
            known
                .transpose()
                .select_assign(1, index, columns, IndexingUpdateOp::Add),
        );
        let places: Vec<i64> = (0..6).map(|i| some[i % 5]).collect();
        let at = w.integers_of(&places, [2, 3]);
        let values = w.truths([2, 3]);
        w.check_bool(
            "scatter",
            table.scatter(0, at, values, IndexingUpdateOp::Add),
        );
    }
}

/// Axes of the tensors into which coordinates point.
const AXES: [usize; 3] = [3, 2, 4];

/// `count` tuples of `depth` coordinates; with many, all meet others.
fn tuples(count: usize, depth: usize) -> Vec<i64> {
    let at = |i: usize, axis: usize| (i * (i + 3) / 2 + i * axis) % AXES[axis];
    let all = (0..count).flat_map(|i| (0..depth).map(move |axis| at(i, axis)));
    all.map(|at| i64::try_from(at).unwrap_or_default())
        .collect()
}

/// All updates and the selection, at coordinates that name so many axes; values have the dimensions `[$count, $rest..]`.
macro_rules! at_coordinates {
    ($w:ident, $count:expr, $depth:literal, $rank:literal, [$($rest:expr),*]) => {{
        let (count, shape) = ($count, [$count $(, AXES[$rest])*]);
        let names = tuples(count, $depth);
        let secret = $w.integers_of(&names, [count, $depth]);
        let public = $w.public_ints(&names, [count, $depth]);
        let (table, whole) = ($w.dyadic(AXES, 1.0), $w.integers(AXES, 1));
        $w.section(format!("{count} tuples of {} secret coordinates: ", $depth));
        $w.exact("gather", table.clone().gather_nd::<2, $rank>(secret.clone()));
        $w.check_int("gather integers", whole.clone().gather_nd::<2, $rank>(secret.clone()));
        let known = $w.public(AXES, 1.0);
        $w.check("gather of a public table", known.gather_nd::<2, $rank>(secret.clone()), Bound::of(1.0, 0.0));
        for (how, at) in [("secret", secret), ("public", public)] {
            $w.section(format!("{count} tuples of {} {how} coordinates: ", $depth));
            let (values, numbers) = ($w.dyadic(shape, 1.0), $w.integers(shape, 1));
            for update in [
                IndexingUpdateOp::Assign,
                IndexingUpdateOp::Add,
                IndexingUpdateOp::Min,
                IndexingUpdateOp::Max,
                IndexingUpdateOp::Mul,
            ] {
                let name = format!("{update:?}");
                let found = table.clone().scatter_nd(at.clone(), values.clone(), update);
                if update == IndexingUpdateOp::Mul {
                    // Factors of at most 1: each of up to `count` products in a place is truncated once.
                    $w.check(&name, found, Bound::of(0.0, count as f64 + 1.0));
                } else {
                    $w.exact(&name, found);
                }
                let found = whole.clone().scatter_nd(at.clone(), numbers.clone(), update);
                $w.check_int(&format!("{name} of integers"), found);
            }
        }
    }};
}

/// Sub-tensors by coordinates: fewer tuples than places, one for a place, and several.
pub fn coordinates<B: Place>(w: &mut World<B>) {
    for count in [1, 2, 7] {
        at_coordinates!(w, count, 1, 3, [1, 2]);
        at_coordinates!(w, count, 2, 2, [2]);
        at_coordinates!(w, count, 3, 1, []);
    }
}
