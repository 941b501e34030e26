//! Element-wise ops, reductions, comparisons, masks and casts: secrets give the plaintext results within
//! the bounds of `testkit::Bound`.

mod comparisons;
mod elementwise;
mod integers;
mod quotients;
mod reductions;
mod secret_indices;
mod sorting;
mod whole;

use burn::tensor::{Tensor, activation};
use burn_mpc::testkit::{Bound, Place, World};
use burn_mpc::{SessionConfig, Truncation, Z32, Z64, laws};

/// Inputs of the programs lie in `[-M, M]`.
const M: f64 = 3.0;

/// A term each: `L = 1` by both operands, nothing truncated.
const SUM: Bound = Bound::of(2.0, 0.0).cancelling(2.0 * M);
/// `L = M` by each factor; inputs of scale `F` are multiplied as they are.
const PRODUCT: Bound = Bound::of(2.0 * M, 0.0).cancelling(M * M);

/// Operands in every lazy state and of every scale, each used twice.
fn states<B: Place>(w: &mut World<B>) {
    w.section("state ");
    let x = w.secret([4, 5], 1.0);
    let weight = w.parameter([5, 5], 1.0);
    let y = w.secret([4, 5], 1.0);
    // x w over 5 terms of at most 1: L = 5 by either
    let linear = Bound::of(10.0, 0.0).cancelling(5.0);
    let pending = x.clone().matmul(weight.clone());
    w.check(
        "pending + x",
        pending.clone() + x.clone(),
        Bound::of(11.0, 0.0).cancelling(5.0),
    );
    w.check("pending again", pending.clone(), linear);
    // relu(z) truncated to F for the product
    let rectified = activation::relu(x.clone().matmul(weight.clone()));
    let by_y = rectified.clone() * y.clone();
    w.check(
        "relu pending * y",
        by_y,
        Bound::of(10.0 + 5.0, 1.0).cancelling(5.0),
    );
    w.check(
        "relu after truncation",
        rectified.clone() - y.clone(),
        Bound::of(11.0, 1.0).cancelling(5.0),
    );
    w.check(
        "relu again",
        rectified.clone(),
        Bound::of(10.0, 1.0).cancelling(5.0),
    );
    let additive = x.clone() * y.clone();
    w.check(
        "additive + rss",
        additive.clone() + x.clone(),
        Bound::of(3.0, 0.0).cancelling(1.0),
    );
    w.check(
        "additive * additive",
        additive.clone() * additive.clone(),
        Bound::of(4.0, 2.0),
    );
    w.check("additive after that", additive.clone(), Bound::of(2.0, 1.0));
    w.check_bool(
        "additive compared",
        (additive.clone() + 4.0).greater_elem(0.0),
    );
    let bits = x.clone().greater_elem(0.25);
    w.check(
        "bits * x",
        bits.clone().float() * x.clone(),
        Bound::of(1.0, 0.0),
    );
    w.check(
        "bits * additive",
        bits.clone().float() * additive,
        Bound::of(2.0, 1.0),
    );
    w.check_bool("bits again", bits.clone().bool_not());
    w.check(
        "bits as numbers",
        bits.clone().float() * 0.3 - 0.1,
        Bound::of(2.0, 0.0),
    );
    // a scale-0 float meets fractions
    let unit = bits.float();
    w.check("unit + 0.5", unit.clone() + 0.5, Bound::of(1.0, 0.0));
    w.check(
        "unit clamped",
        unit.clone().clamp_max(0.3),
        Bound::of(1.0, 0.0),
    );
    w.check(
        "unit clamped below",
        unit.clone().clamp(0.25, 0.75),
        Bound::of(1.0, 0.0),
    );
    w.check_bool("unit compared", unit.clone().greater_elem(0.5));
    w.check_bool("unit equal", unit.clone().equal_elem(0.5));
    w.check(
        "unit filled",
        unit.clone().mask_fill(y.clone().greater_elem(0.0), 0.3),
        Bound::of(1.0, 0.0),
    );
    let p = w.public([4, 5], 1.0);
    w.check(
        "unit - public",
        unit.clone() - p.clone(),
        Bound::of(1.0, 0.0).cancelling(1.0),
    );
    w.check(
        "unit joined",
        Tensor::cat(vec![unit.clone(), p, x.clone()], 0),
        Bound::of(1.0, 0.0),
    );
    w.check("unit / 3", unit / 3.0, Bound::of(1.0, 0.0));
    // scales far apart meet
    let fine = x.clone() * (1.0e-6);
    w.check("fine + x", fine.clone() + y.clone(), Bound::of(2.0, 1.0));
    w.check(
        "fine joined",
        Tensor::cat(vec![fine.clone(), y.clone() * 100.0], 1),
        Bound::of(101.0, 2.0),
    );
    let mut halved = x.clone();
    for _ in 0..70 {
        halved = halved / 2.0;
    }
    w.check(
        "halved seventy times",
        halved.clone() + y.clone(),
        Bound::of(2.0, 1.0),
    );
    w.check("halved times y", halved * y.clone(), Bound::of(2.0, 2.0));
    w.check(
        "twice tiny",
        x.clone() * 1.0e-9 * 1.0e-9 + y.clone(),
        Bound::of(4.0, 2.0),
    );
    let mut grown = x.clone() * 1.0e-9;
    for _ in 0..10 {
        grown = grown * 2.0;
    }
    w.check("grown", grown + y.clone(), Bound::of(2.0, 1.0));
    // the same cell under two shapes
    let both = rectified.clone().reshape([20]) + rectified.reshape([20, 1]).reshape([20]);
    w.check("two shapes", both, Bound::of(20.0, 2.0).cancelling(10.0));
}

/// The session's default, and the other truncations. Probabilistic truncation of `z` fails grossly with probability
/// `|z| / 2^k`: at 16 fractional bits below 2^-17 in all of these tests. Not so in roots, whose products of 52 bits fail
/// with probability 2^-12 each: they need faithful truncation.
fn truncations() -> Vec<SessionConfig> {
    let z64 = SessionConfig::z64;
    vec![
        z64(),
        z64()
            .with_frac_bits(16)
            .with_truncation(Truncation::Probabilistic),
        z64().with_truncation(Truncation::Star),
        z64().with_truncation(Truncation::Exact),
    ]
}

/// The session's scale, and a coarser one.
fn scales() -> Vec<SessionConfig> {
    vec![
        SessionConfig::z64(),
        SessionConfig::z64().with_frac_bits(16),
    ]
}

/// [`truncations`] and [`scales`].
fn all() -> Vec<SessionConfig> {
    [truncations(), scales().split_off(1)].concat()
}

fn default() -> Vec<SessionConfig> {
    vec![SessionConfig::z64()]
}

/// One test for each family of ops, in all sessions of a list.
macro_rules! families {
    ($($name:ident: $configs:ident, $program:path;)+) => {
        $(
            #[test]
            fn $name() {
                for config in $configs() {
                    println!("{} fractional bits, {:?}", config.frac_bits, config.truncation);
                    laws!(Z64, config; $program);
                }
            }
        )+
    };
}

families! {
    sums_are_right: all, elementwise::sums;
    products_are_right: all, elementwise::products;
    scalars_scale_and_move: all, elementwise::scalars;
    powers_are_right: all, elementwise::powers;
    clamps_and_relus_are_right: all, elementwise::limits;
    activations_are_right: all, elementwise::activations;
    operands_of_different_shapes_are_broadcast: scales, elementwise::broadcasts;
    operands_may_be_in_any_state_and_at_any_scale: all, states;
    quotients_are_right: default, quotients::quotients;
    roots_are_right: default, quotients::roots;
    sums_and_means_of_all_and_along_a_dimension_are_right: truncations, reductions::totals;
    extrema_are_right_and_the_first_of_equals_wins: truncations, reductions::extrema;
    products_along_a_dimension_are_right: truncations, reductions::factors;
    reductions_of_nothing_are_those_of_plaintext: default, reductions::empties;
    comparisons_and_masks_are_right: default, comparisons::comparisons;
    integers_are_exact: default, integers::integers;
    secret_indices_select_and_scatter: default, secret_indices::indices;
    truths_meet_at_secret_indices: default, secret_indices::truths;
    coordinates_gather_and_update: default, secret_indices::coordinates;
    bits_of_integers_are_exact: default, whole::bits;
    shifts_are_exact: default, whole::shifts;
    integers_are_divided_by_public_numbers_exactly: default, whole::public_divisors;
    integers_are_divided_by_secrets_exactly: default, whole::secret_divisors;
    remainders_and_rounded_quotients_are_exact_at_multiples_too: default, whole::remainders;
    sorts_are_exact_and_keep_the_order_of_equals: default, sorting::orders;
    integers_are_sorted_and_run: default, sorting::integers;
    running_products_and_extrema_are_right: truncations, sorting::running;
    nothing_is_sorted_as_plaintext_does: default, sorting::empties;
}

#[test]
fn bits_shifts_and_divisions_of_integers_are_exact_on_32_bits() {
    laws!(
        Z32,
        SessionConfig::z32();
        whole::bits,
        whole::shifts,
        whole::wrapping_shifts,
        whole::public_divisors,
        whole::secret_divisors,
    );
}

#[test]
fn remainders_are_exact_on_32_bits() {
    laws!(Z32, SessionConfig::z32(); whole::remainders_32);
}

#[test]
fn broadcasts_are_right_on_32_bits() {
    laws!(Z32, SessionConfig::z32(); elementwise::broadcasts);
}

#[test]
fn coordinates_and_truths_at_secret_indices_are_right_on_32_bits() {
    laws!(Z32, SessionConfig::z32(); secret_indices::truths);
    laws!(Z32, SessionConfig::z32(); secret_indices::coordinates);
}

#[test]
fn sorts_and_running_extrema_are_right_on_32_bits() {
    laws!(Z32, SessionConfig::z32(); sorting::orders);
    laws!(Z32, SessionConfig::z32(); sorting::integers);
    laws!(Z32, SessionConfig::z32(); sorting::running);
}

#[test]
fn comparisons_and_masks_are_right_on_32_bits() {
    laws!(Z32, SessionConfig::z32(); comparisons::comparisons);
}

#[test]
fn small_integers_and_numbers_are_right_on_32_bits() {
    laws!(Z32, SessionConfig::z32(); integers::integers_32);
}

/// A truncation errs by less than one unit in every mode, and one comparison corrects that.
#[test]
fn roundings_are_exact_whatever_truncates() {
    for mode in [
        Truncation::Faithful,
        Truncation::Probabilistic,
        Truncation::Star,
        Truncation::Exact,
    ] {
        laws!(Z64, SessionConfig::z64().with_truncation(mode); integers::roundings);
    }
}
