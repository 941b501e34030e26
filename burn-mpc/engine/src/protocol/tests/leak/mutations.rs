//! Spoils every draw of every protocol, one after the other; the leak test must notice each.
//!
//! There are two ways to spoil a draw: all holders of its key use zeros instead, or what another draw from the same key
//! yields, so that one pad serves two messages. Of the second kind one in eight is tried, all with `MPC_SPOIL=all`. The
//! list comes from the draws that a case really makes, so that a new message is included without further work. Draws
//! that may go unnoticed are listed with the reason, and must occur.
//!
//! In compositions and in gates with a carry tree, what a party holds comes from messages and varies, so that a fault
//! shows in many items together. Relations among any number of bits find such faults (`relations`), statistics of
//! singles and pairs the others. Quotients and roots are left out: they have a thousand draws on wide words, and are
//! made of the same parts. Truncated products that are opened are left out too: both secrets have one product there,
//! and the draws are those of a truncation alone.

use super::{Case, compositions, exact, gates, integers, masked, primitives, rounds};
use crate::Party;
use crate::protocol::Audience;
use crate::protocol::testing::whole;
use crate::protocol::tests::view::{Change, Site};

/// Instances and samples of a first look, and of a second one if the first has shown nothing.
const LOOKS: [(usize, u64); 2] = [(2048, 24), (16_384, 24)];

/// Samples of the look for relations, which comes first: one sample shows some faults only half of the time.
const RELATED: u64 = 6;

/// A spoilt draw, and its name.
fn changes(sites: &[Site]) -> Vec<(String, Change)> {
    let mut changes = Vec::new();
    for (i, site) in sites.iter().enumerate() {
        let zero = Change {
            at: site.at,
            role: site.role,
            to: None,
        };
        changes.push((format!("{site} is zero"), zero));
        for other in &sites[..i] {
            // Every call has its own addresses; the calls of a group have one kind.
            let of = |site: &Site| (site.at.1, site.form, site.call.0.clone());
            if of(site) != of(other) {
                continue;
            }
            // Pads of patches and pads of elements are laid out differently, so they are exchanged only within a call.
            if site.areas > 1 && site.at.0 != other.at.0 {
                continue;
            }
            let (from, to) = if site.at.0 >= other.at.0 {
                (site, other)
            } else {
                (other, site)
            };
            let twice = Change {
                at: from.at,
                role: from.role,
                to: Some(to.at),
            };
            changes.push((format!("{from} is that of {to}"), twice));
        }
    }
    changes
}

/// Draws that may go unnoticed, and why.
type Needless = (&'static str, &'static str);

/// Spoils every draw of the cases but the `needless` ones.
fn spoil(cases: Vec<Case>, needless: &[Needless]) {
    spoil_those(cases, needless, |_| true);
}

/// Spoils the draws of the cases in the ways that `which` names, but for the `needless` ones.
fn spoil_those(cases: Vec<Case>, needless: &[Needless], which: impl Fn(&str) -> bool) {
    let mut occurred = vec![false; needless.len()];
    let mut unnoticed = Vec::new();
    for case in cases {
        let mut changes = changes(&case.sites());
        changes.retain(|(name, _)| which(name));
        let total = changes.len();
        let (mut spoilt, mut related, mut twice) = (0, 0, 0);
        // One in so many pads that serve twice is tried.
        let share = if whole("MPC_SPOIL") { 1 } else { 8 };
        for (name, change) in changes {
            if let Some(at) = needless.iter().position(|needless| needless.0 == name) {
                occurred[at] = true;
                continue;
            }
            twice += usize::from(change.to.is_some());
            if change.to.is_some() && twice % share != 1 % share {
                continue;
            }
            spoilt += 1;
            if case.related(0..RELATED, Some(change)).is_certain() {
                related += 1;
                continue;
            }
            let noticed = |(instances, samples)| {
                let sight = case.watched(0..samples, instances, Some(change));
                sight.is_certain()
            };
            if !LOOKS.into_iter().any(noticed) {
                println!("{}: unnoticed: {name}", case.name);
                unnoticed.push(format!("{}: {name}", case.name));
            }
        }
        println!(
            "{}: {spoilt} of {total} draws spoilt, {related} noticed by relations",
            case.name
        );
    }
    let seed = crate::protocol::testing::seed(1001);
    let count = unnoticed.len();
    assert!(
        unnoticed.is_empty(),
        "{count} spoilt draws go unnoticed: {unnoticed:#?}; MPC_SEED={seed}"
    );
    for ((name, reason), occurred) in needless.iter().zip(occurred) {
        assert!(occurred, "no case has '{name}', left out since {reason}");
    }
}

const CANCELS: &str = "it comes off between B and C, and B alone sees their sum";
const KEPT: &str = "B does not forward its sums, and A knows this key";
const ONE_RECEIVER: &str = "A alone receives parts of that zero share, and knows this key";
const READER: &str = "the reader alone receives parts, and knows this key";
const FRESH: &str = "the sign of the small ring has no tree, so that its parts are fresh";
const COPRIME: &str = "one byte modulo two numbers without a common factor gives two values";

#[test]
fn a_spoilt_truncation_is_noticed() {
    spoil(
        primitives::truncated_products(),
        &[
            ("truncate-faithful 0: K_C at halves.zero is zero", CANCELS),
            (
                "truncate-faithful 0: K_C at halves.spread_b is that of truncate-faithful 0: K_C at halves.zero",
                CANCELS,
            ),
            ("truncate-faithful 0: K_B at halves.zero is zero", KEPT),
            ("truncate-star 0: K_A at halves.zero is zero", ONE_RECEIVER),
            (
                "truncate-star 0: K_A at star.output is that of truncate-star 0: K_A at halves.zero",
                ONE_RECEIVER,
            ),
            ("truncate-star 0: K_B at halves.zero is zero", ONE_RECEIVER),
            ("gather 0: K_C at halves.zero is zero", CANCELS),
            (
                "gather 0: K_C at halves.spread_b is that of gather 0: K_C at halves.zero",
                CANCELS,
            ),
            ("gather 0: K_B at halves.zero is zero", KEPT),
        ],
    );
}

#[test]
fn a_spoilt_input_product_or_sign_is_noticed() {
    spoil(primitives::inputs_and_products(), &[]);
    spoil(primitives::signs(), &[]);
}

#[test]
fn a_spoilt_opening_is_noticed() {
    let mut cases = primitives::openings();
    let to_one = cases.split_off(3);
    spoil(cases, &[]);
    spoil(
        to_one,
        &[
            ("reveal-additive 0: K_C at reveal.zero is zero", READER),
            ("reveal-additive 0: K_A at reveal.zero is zero", READER),
        ],
    );
    // Products of bits show the zero share of the opening.
    spoil(vec![rounds::product_opened()], &[]);
    spoil(
        vec![rounds::sign_opened()],
        &[
            ("open-masked 0: K_A at open_masked.zero is zero", FRESH),
            ("open-masked 0: K_B at open_masked.zero is zero", FRESH),
            ("open-masked 0: K_C at open_masked.zero is zero", FRESH),
        ],
    );
}

#[test]
fn a_spoilt_comparison_is_noticed() {
    spoil(
        rounds::splits(),
        &[
            (
                "msb-split 0: K_C at compare.pads[0] is that of msb-split 0: K_C at compare.factors[0]",
                COPRIME,
            ),
            (
                "msb-split 0: K_C at compare.turns[0] is that of msb-split 0: K_C at compare.pads[0]",
                COPRIME,
            ),
        ],
    );
}

/// What may go unnoticed in gates.
const FEW_BYTES: [Needless; 3] = [
    ("gate 0: K_C at halves.zero is zero", CANCELS),
    (
        "gate 2: K_C at conditional.pad_0 is that of gate 0: K_C at halves.zero",
        CANCELS,
    ),
    (
        "gate 2: K_C at conditional.pad_1 is that of gate 0: K_C at halves.zero",
        CANCELS,
    ),
];
const FEW_ROUNDS: [Needless; 2] = [
    ("gate-rounds 0: K_C at halves.zero is zero", CANCELS),
    (
        "gate-rounds 0: K_C at halves.spread_b is that of gate-rounds 0: K_C at halves.zero",
        CANCELS,
    ),
];
const ELEMENTS: [Needless; 1] = [(
    "gate-rounds 3: K_C at gate_rounds.zero is that of gate-rounds 0: K_C at halves.zero",
    CANCELS,
)];
const SPLIT: [Needless; 2] = [
    (
        "gate-rounds 2: K_C at compare.pads[0] is that of gate-rounds 2: K_C at compare.factors[0]",
        COPRIME,
    ),
    (
        "gate-rounds 2: K_C at compare.turns[0] is that of gate-rounds 2: K_C at compare.pads[0]",
        COPRIME,
    ),
];
const NO_TREE: [Needless; 3] = [
    ("gate-rounds 4: K_A at open_masked.zero is zero", FRESH),
    ("gate-rounds 4: K_B at open_masked.zero is zero", FRESH),
    ("gate-rounds 4: K_C at open_masked.zero is zero", FRESH),
];
const NO_TREE_OF_ELEMENTS: [Needless; 3] = [
    (
        "gate-rounds 4: K_A at open_masked.zero is that of gate-rounds 1: K_A at gate_rounds.rho",
        FRESH,
    ),
    (
        "gate-rounds 4: K_A at open_masked.zero is that of gate-rounds 0: K_A at faithful.alpha",
        FRESH,
    ),
    (
        "gate-rounds 4: K_A at open_masked.zero is that of gate-rounds 2: K_A at leaf.one_hot",
        FRESH,
    ),
];

#[test]
fn a_spoilt_gate_of_one_element_is_noticed() {
    let needless = [
        &FEW_BYTES[..],
        &FEW_ROUNDS,
        &ELEMENTS,
        &SPLIT,
        &NO_TREE,
        &NO_TREE_OF_ELEMENTS,
    ];
    // Star is tested as a truncation alone: gates use the faithful truncation for it.
    let cases = gates::singles().into_iter().take(6).collect();
    spoil(cases, &needless.concat());
}

#[test]
fn a_spoilt_gate_on_patches_is_noticed() {
    let needless = [&FEW_BYTES[..1], &FEW_ROUNDS, &SPLIT, &NO_TREE];
    let mut cases = gates::small_patches();
    cases.push(gates::seeded());
    spoil(cases, &needless.concat());
}

const TREE: [Needless; 1] = [(
    "gate 1: K_A at dealt.pad[1] is that of gate 0: K_A at faithful.alpha",
    "a leak that is not seen: B learns a bit of A's half where two bits of the tree are 0, hence from five items that vary",
)];

#[test]
fn a_spoilt_gate_with_a_tree_is_noticed() {
    let needless = [&FEW_BYTES[..], &FEW_ROUNDS, &ELEMENTS, &SPLIT, &TREE];
    spoil(gates::trees(), &needless.concat());
}

/// By one bit there is nothing to notice in the zero share: of these products B's low bit is that of a component which C
/// holds.
const SHIFTS: [u32; 1] = [2];

#[test]
fn a_spoilt_exact_truncation_is_noticed() {
    spoil(
        exact::exact_truncations(&SHIFTS),
        &[
            ("truncate-exact 0: K_C at halves.zero is zero", CANCELS),
            (
                "truncate-exact 0: K_C at halves.spread_b is that of truncate-exact 0: K_C at halves.zero",
                CANCELS,
            ),
            (
                "truncate-exact 2: K_A at lift_halves.alpha is that of truncate-exact 1: K_A at dealt.output_a[0]",
                FRESH,
            ),
            (
                "truncate-exact 1: K_A at dealt.pad[0] is zero",
                "without a tree A deals the top bit of its addend, which is 0 here",
            ),
        ],
    );
}

#[test]
fn a_spoilt_rounding_is_noticed() {
    spoil(
        exact::roundings(&SHIFTS),
        &[
            ("gather 0: K_C at halves.zero is zero", CANCELS),
            (
                "round 0: K_C at compare.pads[0] is that of round 0: K_C at compare.factors[0]",
                COPRIME,
            ),
            (
                "round 0: K_C at compare.turns[0] is that of round 0: K_C at compare.pads[0]",
                COPRIME,
            ),
            (
                "round-replicated 0: K_C at compare.pads[0] is that of round-replicated 0: K_C at compare.factors[0]",
                COPRIME,
            ),
            (
                "round-replicated 0: K_C at compare.turns[0] is that of round-replicated 0: K_C at compare.pads[0]",
                COPRIME,
            ),
            (
                "msb-split 0: K_C at compare.pads[0] is that of msb-split 0: K_C at compare.factors[0]",
                COPRIME,
            ),
            (
                "msb-split 0: K_C at compare.turns[0] is that of msb-split 0: K_C at compare.pads[0]",
                COPRIME,
            ),
        ],
    );
}

#[test]
fn a_spoilt_selection_is_noticed() {
    spoil(compositions::small_selections(), &[]);
}

#[test]
fn a_spoilt_classic_schedule_is_noticed() {
    spoil(
        compositions::classic(),
        &[
            ("truncate-faithful 0: K_C at halves.zero is zero", CANCELS),
            (
                "truncate-faithful 0: K_C at halves.spread_b is that of truncate-faithful 0: K_C at halves.zero",
                CANCELS,
            ),
            ("truncate-faithful 0: K_B at halves.zero is zero", KEPT),
            ("truncate-star 0: K_A at halves.zero is zero", ONE_RECEIVER),
            (
                "truncate-star 0: K_A at star.output is that of truncate-star 0: K_A at halves.zero",
                ONE_RECEIVER,
            ),
            ("truncate-star 0: K_B at halves.zero is zero", ONE_RECEIVER),
        ],
    );
}

const SAME: &str = "the first entry wins with both secrets, so that the bits it hides are the same";

const VARIES: &str =
    "B learns a carry, which depends on many items that vary; noticed in the cases of signs";

/// For an opened index. What shares and lifts bits is spoilt in other cases, where bits differ.
const INDEX: [Needless; 23] = [
    ("reveal-additive 0: K_C at reveal.zero is zero", READER),
    ("reveal-additive 0: K_A at reveal.zero is zero", READER),
    ("b2a 0: K_B at b2a.output_b is zero", SAME),
    ("b2a 1: K_B at b2a.output_b is zero", SAME),
    (
        "b2a 1: K_B at b2a.output_b is that of b2a 0: K_B at b2a.output_b",
        SAME,
    ),
    ("b2a 0: K_A at b2a.beta is zero", SAME),
    ("b2a 0: K_A at b2a.output_a is zero", SAME),
    (
        "b2a 0: K_A at b2a.output_a is that of b2a 0: K_A at b2a.beta",
        SAME,
    ),
    ("b2a 1: K_A at b2a.beta is zero", SAME),
    (
        "b2a 1: K_A at b2a.beta is that of b2a 0: K_A at b2a.beta",
        SAME,
    ),
    (
        "b2a 1: K_A at b2a.beta is that of b2a 0: K_A at b2a.output_a",
        SAME,
    ),
    ("b2a 1: K_A at b2a.output_a is zero", SAME),
    (
        "b2a 1: K_A at b2a.output_a is that of b2a 0: K_A at b2a.beta",
        SAME,
    ),
    (
        "b2a 1: K_A at b2a.output_a is that of b2a 0: K_A at b2a.output_a",
        SAME,
    ),
    (
        "b2a 1: K_A at b2a.output_a is that of b2a 1: K_A at b2a.beta",
        SAME,
    ),
    ("reveal-additive 0: K_B at reveal.zero is zero", SAME),
    ("msb 0: K_A at dealt.output_a[0] is zero", SAME),
    ("msb 0: K_B at dealt.output_b[0] is zero", SAME),
    ("msb 1: K_A at dealt.output_a[0] is zero", SAME),
    ("msb 1: K_B at dealt.output_b[0] is zero", SAME),
    (
        "msb 1: K_B at dealt.output_b[0] is that of msb 0: K_A at dealt.output_a[0]",
        SAME,
    ),
    (
        "msb 1: K_A at dealt.output_a[0] is that of msb 1: K_A at leaf.one_hot",
        VARIES,
    ),
    (
        "msb 1: K_A at dealt.output_a[0] is that of msb 1: K_A at dealt.pad[0]",
        VARIES,
    ),
];

#[test]
fn a_spoilt_maximum_is_noticed() {
    spoil(vec![compositions::padded()], &[]);
    spoil(vec![compositions::argmax(Audience::One(Party::P1))], &INDEX);
}

/// Pads show where the values differ, and orders where these are opened. An order that a pad repeats shows nowhere: the
/// pad hides a part of a share that is uniform itself.
#[test]
fn a_spoilt_shuffle_is_noticed() {
    let is_order = |name: &str| name.contains("shuffle.order");
    spoil_those(vec![compositions::shuffles()], &[], |name| !is_order(name));
    spoil_those(vec![compositions::shuffled()], &[], |name| {
        is_order(name) && name.ends_with(" is zero")
    });
}

#[test]
fn a_spoilt_injection_is_noticed() {
    spoil(masked::injections(), &[]);
    spoil(masked::relus(), &[]);
}

/// What may go unnoticed in masked gates.
const MASKED: [Needless; 6] = [
    ("gate-masked 0: K_C at halves.zero is zero", CANCELS),
    (
        "gate-masked 0: K_C at halves.spread_b is that of gate-masked 0: K_C at halves.zero",
        CANCELS,
    ),
    // C of the truncation is A of the product.
    (
        "gate-masked 2: K_A at inject.beta is that of gate-masked 0: K_C at halves.zero",
        CANCELS,
    ),
    (
        "gate-masked 2: K_A at inject.product is that of gate-masked 0: K_C at halves.zero",
        CANCELS,
    ),
    (
        "gate-masked 2: K_A at inject.output_a is that of gate-masked 0: K_C at halves.zero",
        CANCELS,
    ),
    ("gate-masked 0: K_B at halves.zero is zero", KEPT),
];

#[test]
fn a_spoilt_masked_gate_is_noticed() {
    let mut cases = masked::singles();
    cases.push(masked::small_patches());
    cases.push(masked::with_a_tree());
    spoil(cases, &MASKED);
}

/// Divisions are spoilt where all their draws are enumerated: `enumerate::broken`.
#[test]
fn a_spoilt_word_of_bits_is_noticed() {
    let mut words = integers::words();
    words.retain(|case| !case.name.starts_with("division"));
    let equal = "the conjunctions have equal bits there, for either secret";
    let twice = "compose 0: K_A at compose.beta[3] is that of compose 0: K_A at compose.beta[1]";
    spoil(words, &[(twice, equal)]);
}
