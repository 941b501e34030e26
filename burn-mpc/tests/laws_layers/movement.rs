//! Ops that move elements.

use burn::tensor::module::{interpolate, unfold4d};
use burn::tensor::ops::{InterpolateMode, InterpolateOptions, PadMode, UnfoldOptions};
use burn::tensor::{IndexingUpdateOp, Slice, Tensor, activation, s};
use burn_mpc::testkit::{Bound, Place, World};

pub fn movement<B: Place>(w: &mut World<B>) {
    let same = Bound::of(1.0, 0.0);
    let two = Bound::of(2.0, 0.0).cancelling(2.0);
    for shape in [[2, 3, 4], [1, 3, 4], [17, 3, 4]] {
        w.section(format!("move {shape:?} "));
        let x = w.secret(shape, 1.0);
        let y = w.secret(shape, 1.0);
        let p = w.public(shape, 1.0);
        let n = shape[0];
        w.check(
            "reshape",
            w.local("reshape", || x.clone().reshape([n * 2, 6])),
            same,
        );
        w.check(
            "permute",
            w.local("permute", || x.clone().permute([2, 0, 1])),
            same,
        );
        w.check("swap", x.clone().swap_dims(0, 2), same);
        w.check("flip", w.local("flip", || x.clone().flip([0, 2])), same);
        w.check(
            "expand",
            x.clone().slice([0..1, 0..3, 0..4]).expand([5, 3, 4]),
            same,
        );
        w.check(
            "repeat",
            w.local("repeat", || x.clone().repeat(&[2, 1, 3])),
            same,
        );
        w.check("slice", x.clone().slice([0..n, 1..3, 0..2]), same);
        w.check("empty slice", x.clone().slice([0..n, 1..1, 0..2]), same);
        w.check("steps", x.clone().slice(s![.., ..;2, 1..;2]), same);
        w.check(
            "backwards",
            x.clone().slice([
                Slice::new(0, None, -1),
                Slice::new(0, None, -2),
                Slice::new(1, Some(4), -2),
            ]),
            same,
        );
        w.check("from the end", x.clone().slice(s![.., -2.., ..-1]), same);
        let part = y.clone().slice([0..n, 0..2, 0..2]);
        w.check(
            "assign",
            w.local("assign", || {
                x.clone().slice_assign([0..n, 1..3, 2..4], part.clone())
            }),
            same,
        );
        w.check(
            "assign public",
            x.clone()
                .slice_assign([0..n, 1..3, 0..4], p.clone().slice([0..n, 0..2])),
            same,
        );
        w.check(
            "assign to public",
            p.clone().slice_assign([0..n, 1..3, 2..4], part),
            same,
        );
        w.check(
            "assign in steps",
            x.clone()
                .slice_assign(s![.., ..;2, ..], y.clone().slice([0..n, 0..2])),
            same,
        );
        let at = w.public_ints(&[2, 0, 0, 1], [4]);
        w.check(
            "select",
            w.local("select", || x.clone().select(1, at.clone())),
            same,
        );
        w.check(
            "select assign",
            x.clone().select_assign(
                1,
                at.clone(),
                y.clone().select(1, at),
                IndexingUpdateOp::Add,
            ),
            Bound::of(3.0, 0.0).cancelling(3.0),
        );
        let picks: Vec<i64> = (0..n as i64 * 6).map(|i| i * 5 % 4).collect();
        let at = w.public_ints(&picks, [n, 3, 2]);
        w.check("gather", x.clone().gather(2, at.clone()), same);
        let values = y.clone().slice([0..n, 0..3, 0..2]);
        w.check(
            "scatter",
            x.clone().scatter(2, at, values, IndexingUpdateOp::Add),
            Bound::of(3.0, 0.0).cancelling(3.0),
        );
        w.check(
            "cat",
            Tensor::cat(vec![x.clone(), y.clone().slice([0..n, 0..1]), p.clone()], 1),
            same,
        );
        w.check(
            "cat of states",
            Tensor::cat(
                vec![
                    x.clone() * y.clone(),
                    p.clone() * x.clone(),
                    activation::relu(y.clone()),
                ],
                2,
            ),
            two,
        );
        w.check(
            "stack",
            Tensor::stack::<4>(vec![x.clone(), y.clone()], 1),
            same,
        );
        w.check(
            "pad",
            x.clone().pad((1, 2, 0, 1), PadMode::Constant(0.3)),
            same,
        );
        w.check("pad with zeros", x.clone().pad((1, 2, 0, 1), 0.0), same);
        w.check(
            "reflected",
            x.clone().pad((1, 2, 0, 1), PadMode::Reflect),
            same,
        );
        w.check("edge", x.clone().pad((1, 2, 0, 1), PadMode::Edge), same);
        w.check("windows", x.clone().unfold::<4, _>(2, 2, 1), same);
        w.check("tril", x.clone().tril(0), same);
        w.check("roll", x.clone().roll(&[1, 2], &[1, 2]), same);
        for (i, chunk) in x.clone().chunk(2, 2).into_iter().enumerate() {
            w.check(&format!("chunk {i}"), chunk, same);
        }
        w.check(
            "of a product",
            (x.clone() * y.clone()).permute([1, 2, 0]).reshape([12, n]),
            two,
        );
        let bits = x.clone().greater(y.clone());
        w.check_bool("bits moved", bits.clone().permute([2, 1, 0]).flip([0]));
        w.check_bool("bits sliced", bits.clone().slice([0..n, 1..2]));
        w.check_bool(
            "bits joined",
            Tensor::cat(vec![bits.clone(), bits.clone().bool_not()], 1),
        );
        w.check_bool(
            "bits assigned",
            bits.clone()
                .slice_assign([0..n, 0..1], bits.clone().slice([0..n, 2..3])),
        );
        w.check_bool("bits expanded", bits.slice([0..1, 0..1]).expand([3, 2, 4]));
        let whole = w.integers(shape, 5);
        w.check_int(
            "integers moved",
            whole.clone().permute([1, 0, 2]).repeat_dim(1, 2),
        );
        w.check_int(
            "integers joined",
            Tensor::cat(vec![whole.clone(), whole * 3], 2),
        );
    }
    w.section("images ");
    let image = w.secret([2, 3, 4, 5], 1.0);
    let mode = |mode| InterpolateOptions::new(mode);
    w.check(
        "nearest",
        interpolate(image.clone(), [8, 10], mode(InterpolateMode::Nearest)),
        same,
    );
    w.check(
        "nearest odd",
        interpolate(image.clone(), [3, 7], mode(InterpolateMode::Nearest)),
        same,
    );
    // Two public matrices, each row sums to 1 over two entries: each is a factor of two operands.
    let bilinear = Bound::of(1.0 + 4.0, 1.0).cancelling(1.0);
    w.check(
        "bilinear",
        interpolate(image.clone(), [7, 9], mode(InterpolateMode::Bilinear)),
        bilinear,
    );
    let unaligned = mode(InterpolateMode::Bilinear).with_align_corners(false);
    w.check(
        "bilinear unaligned",
        interpolate(image.clone(), [8, 3], unaligned),
        bilinear,
    );
    w.check(
        "patches",
        unfold4d(image, [2, 3], UnfoldOptions::new([1, 2], [1, 0], [2, 1])),
        same,
    );
    let none = w.secret([0, 3], 1.0);
    w.check("empty moved", none.clone().swap_dims(0, 1).flip([0]), same);
    w.check(
        "empty joined",
        Tensor::cat(vec![none.clone(), none.clone() * 2.0], 0),
        same,
    );
    let some = w.secret([2, 3], 1.0);
    w.check(
        "joined with empty",
        Tensor::cat(vec![none.clone(), some, none], 0),
        same,
    );
}
