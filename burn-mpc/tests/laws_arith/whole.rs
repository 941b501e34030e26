//! Bit operations, shifts, division and remainders: exact, at the ends of the range too.

use burn::tensor::{ElementConversion, Int, Tensor};
use burn_mpc::testkit::{Place, World};

/// Integers of both signs, around zero and at the ends of 32 bits.
const WIDE: [i64; 18] = [
    0,
    1,
    -1,
    5,
    -5,
    7,
    -8,
    9,
    -9,
    1_000_003,
    -1_000_003,
    1 << 20,
    -(1 << 20),
    i32::MAX as i64,
    i32::MIN as i64,
    i32::MAX as i64 - 1,
    i32::MIN as i64 + 1,
    0x5a5a_1234,
];

const DIVISORS: [i64; 12] = [
    1,
    -1,
    2,
    -2,
    3,
    -3,
    10,
    -10,
    641,
    -65_536,
    (1 << 30) - 1,
    1 << 30,
];

/// As large as a ring of 32 bits takes in a division by secrets.
const NARROW: [i64; 13] = [
    0,
    1,
    -1,
    6,
    -6,
    21,
    -22,
    99_999,
    -100_000,
    1 << 28,
    -(1 << 28),
    (1 << 29) - 1,
    1 - (1 << 29),
];

/// A column and a row of secrets, and both in the clear.
struct Pair<B: Place> {
    column: Tensor<B, 2, Int>,
    row: Tensor<B, 2, Int>,
    public_column: Tensor<B, 2, Int>,
    public_row: Tensor<B, 2, Int>,
}

impl<B: Place> Pair<B> {
    fn of(w: &mut World<B>, column: &[i64], row: &[i64]) -> Self {
        let shapes = [[column.len(), 1], [1, row.len()]];
        Self {
            column: w.integers_of(column, shapes[0]),
            row: w.integers_of(row, shapes[1]),
            public_column: w.public_ints(column, shapes[0]),
            public_row: w.public_ints(row, shapes[1]),
        }
    }

    /// Checks an op with both operands secret, and with each one public.
    fn check(
        &self,
        w: &mut World<B>,
        name: &str,
        op: impl Fn(Tensor<B, 2, Int>, Tensor<B, 2, Int>) -> Tensor<B, 2, Int>,
    ) {
        let (x, y) = (self.column.clone(), self.row.clone());
        w.check_int(&format!("{name} of secrets"), op(x.clone(), y.clone()));
        let public = self.public_row.clone();
        w.check_int(&format!("{name} by public"), op(x, public));
        let public = self.public_column.clone();
        w.check_int(&format!("{name} of public"), op(public, y));
    }
}

pub fn bits<B: Place>(w: &mut World<B>) {
    w.section("bits ");
    let pair = Pair::of(w, &WIDE, &WIDE);
    pair.check(w, "and", Tensor::bitwise_and);
    pair.check(w, "or", Tensor::bitwise_or);
    pair.check(w, "xor", Tensor::bitwise_xor);
    let x = pair.column;
    for mask in [0, -1, 1, 5, 255, -256, 0x7fff_fff0, i64::from(i32::MIN)] {
        w.section(format!("mask {mask} "));
        let mask = mask as i32;
        w.check_int("and", x.clone().bitwise_and_scalar(mask.elem()));
        w.check_int("or", x.clone().bitwise_or_scalar(mask.elem()));
        w.check_int("xor", x.clone().bitwise_xor_scalar(mask.elem()));
    }
    w.check_int("not", x.bitwise_not());
    for shape in [[0, 3, 2], [1, 1, 1], [2, 17, 3]] {
        w.section(format!("bits {shape:?} "));
        let (a, b) = (w.integers(shape, 99), w.integers(shape, 99));
        w.check_int("and", a.clone().bitwise_and(b.clone()));
        let total = a.clone().sum_dim(1).bitwise_or(b.clone());
        w.check_int("of sums", total);
        w.check_int("of a product", (a * b.clone()).bitwise_xor(b));
    }
}

/// Results that fit 32 bits, on any ring.
pub fn shifts<B: Place>(w: &mut World<B>) {
    w.section("shifts ");
    let pair = Pair::of(w, &WIDE, &[0, 1, 2, 7, 30, 31, 63, 64, 65]);
    pair.check(w, "right", Tensor::bitwise_right_shift);
    for amount in [0, 1, 13, 31, 40, 63, 64] {
        w.section(format!("shift by {amount} "));
        w.check_int(
            "right",
            pair.column
                .clone()
                .bitwise_right_shift_scalar(amount.elem()),
        );
    }
    w.section("shifts ");
    let pair = Pair::of(w, &[0, 1, -1, 77, -1023], &[0, 1, 2, 7, 16, 64, 67]);
    pair.check(w, "left", Tensor::bitwise_left_shift);
    w.check_int(
        "left by 5",
        pair.column.clone().bitwise_left_shift_scalar(5.elem()),
    );
    let empty = w.integers([0, 4], 9);
    w.check_int(
        "of nothing",
        empty.clone().bitwise_right_shift(empty.clone()),
    );
    w.check_int("left of nothing", empty.clone().bitwise_left_shift(empty));
}

/// Left shifts that wrap, as they do on 32 bits.
pub fn wrapping_shifts<B: Place>(w: &mut World<B>) {
    w.section("wrapping ");
    let pair = Pair::of(w, &WIDE, &[0, 1, 5, 17, 31, 32, 40, 63, 64]);
    pair.check(w, "left", Tensor::bitwise_left_shift);
}

/// By public divisors, for every integer of 32 bits.
pub fn public_divisors<B: Place>(w: &mut World<B>) {
    w.section("public divisors ");
    // The smallest integer has no quotient by -1.
    let values: Vec<i64> = WIDE
        .iter()
        .map(|&x| x.max(i64::from(i32::MIN) + 1))
        .collect();
    let shape = [values.len(), 1];
    let x = w.integers_of(&values, shape);
    let row = w.public_ints(&DIVISORS, [1, DIVISORS.len()]);
    w.check_int("div", x.clone() / row.clone());
    w.check_int("remainder", x.clone() % row);
    let positive = w.public_ints(&[1, 2, 16, 1 << 30], [1, 4]);
    w.check_int("div by powers", x.clone() / positive.clone());
    w.check_int("remainder by powers", x.clone() % positive);
    for d in DIVISORS {
        w.section(format!("divisor {d} "));
        let d = d as i32;
        w.check_int("div", x.clone() / d);
        w.check_int("remainder", x.clone() % d);
    }
    for shape in [[0, 3, 2], [1, 1, 1], [2, 17, 3]] {
        w.section(format!("means {shape:?} "));
        let a = w.integers(shape, 99);
        w.check_int("along", a.clone().mean_dim(1));
        w.check_int("of a product", (a.clone() * a.clone()) / 7);
        w.check_int("of nothing or all", a.clone() % 5);
        if a.dims()[0] > 0 {
            w.check_int("mean", a.mean());
        }
    }
}

pub fn secret_divisors<B: Place>(w: &mut World<B>) {
    w.section("secret divisors ");
    let divisors: Vec<i64> = NARROW[1..].to_vec();
    let pair = Pair::of(w, &NARROW, &divisors);
    pair.check(w, "div", |x, y| x / y);
    pair.check(w, "remainder", |x, y| x % y);
    let empty = w.integers([2, 0], 9);
    w.check_int("of nothing", empty.clone() / empty.clone());
    w.check_int("remainder of nothing", empty.clone() % empty);
}

/// Remainders of numbers, at multiples of the divisor too; `limit` is below what the divisors' ring holds.
fn remainders_below<B: Place>(w: &mut World<B>, limit: f32) {
    w.section("remainders ");
    let steps = [
        0.0, 0.125, 0.5, 0.75, 1.0, 1.5, 2.25, 3.0, 3.75, 6.0, 7.875, 9.0,
    ];
    let column: Vec<f32> = steps
        .iter()
        .copied()
        .chain([limit, limit - 0.75])
        .flat_map(|x| [x, -x])
        .collect();
    let row = [0.75, -0.75, 1.0, 3.0, -3.0, 0.125, 7.5];
    let shapes = [[column.len(), 1], [1, row.len()]];
    let (x, y) = (
        w.secret_of(&column, shapes[0]),
        w.secret_of(&row, shapes[1]),
    );
    let (p, q) = (
        w.public_of(&column, shapes[0]),
        w.public_of(&row, shapes[1]),
    );
    w.exact("of secrets", x.clone() % y.clone());
    w.exact("by public", x.clone() % q.clone());
    w.exact("of public", p % y.clone());
    let both = [column.len(), row.len()];
    w.exact(
        "fmod by public",
        x.clone().expand(both).fmod(q.expand(both)),
    );
    w.exact(
        "fmod of secrets",
        x.clone().expand(both).fmod(y.clone().expand(both)),
    );
    for d in row {
        w.section(format!("remainder by {d} "));
        w.exact("remainder", x.clone().remainder_scalar(d));
        w.exact("fmod", x.clone().fmod_scalar(d));
        w.exact("floor", (x.clone() / d).floor());
        w.exact("ceil", (x.clone() / d).ceil());
        w.check_int("int", (x.clone() / d).int());
    }
    w.section("quotients ");
    w.exact("floor", (x.clone() / y.clone()).floor());
    w.exact("ceil", (x.clone() / y.clone()).ceil());
    w.exact("trunc", (x.clone() / y).trunc());
    let empty = x.slice([0..0, 0..1]);
    w.exact("of nothing", empty.clone() % 2.0);
    w.exact("of nothing by nothing", empty.clone() % empty);
}

pub fn remainders<B: Place>(w: &mut World<B>) {
    remainders_below(w, 2040.0);
}

pub fn remainders_32<B: Place>(w: &mut World<B>) {
    remainders_below(w, 30.0);
}
