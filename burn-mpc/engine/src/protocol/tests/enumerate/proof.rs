//! What every watched party receives does not depend on what it does not hold.

use std::time::Instant;

use super::all;
use super::case::{Case, Watch};
use super::cases;
use super::script::ways;
use crate::Party;
use crate::protocol::testing::seed;

/// How much is enumerated.
#[derive(Clone, Copy)]
struct Effort {
    /// The most ways to draw in a cell; beyond, a party is left out.
    draws: u64,
    /// About how many instances are run for a party, unless one sample of three cells takes more.
    instances: u64,
    /// The most choices of what the watched party holds and draws itself.
    samples: u64,
}

/// What the suite runs, in seconds.
const SOME: Effort = Effort {
    draws: 1 << 15,
    instances: 1 << 15,
    samples: 2,
};

/// What `MPC_ENUMERATE=all` runs, in minutes.
const ALL: Effort = Effort {
    draws: 1 << 23,
    instances: 1 << 20,
    samples: 8,
};

/// Fewer cells are not enough, if there are as many.
const CELLS: u64 = 3;

/// Compares the cells of every case, for every party.
fn prove(cases: impl IntoIterator<Item = Case>) {
    let effort = if all() { ALL } else { SOME };
    for case in cases {
        let proved = Party::ALL.map(|party| prove_for(&case, party, effort));
        assert!(
            proved.contains(&true) || !all(),
            "{}: not compared",
            case.name
        );
    }
}

/// Whether something was compared.
fn prove_for(case: &Case, party: Party, effort: Effort) -> bool {
    let (name, start, seed) = (&case.name, Instant::now(), seed(1301));
    let watch = |sample| Watch {
        party,
        sample: seed << 8 | sample,
        change: None,
    };
    // Neither roles nor lengths depend on the sample.
    let (drawn, _) = case.look(watch(0));
    let draws = ways(&drawn);
    if draws > effort.draws {
        let later = if all() {
            "too many"
        } else {
            "left to MPC_ENUMERATE=all"
        };
        println!("{name}, {party}: {draws} ways to draw, {later}");
        return false;
    }
    let most = (effort.instances / draws).max(CELLS);
    let (mut cells, mut pairs, mut samples) = ((0, 0), 0, 0);
    let mut bits = 0;
    while samples < effort.samples && (samples + 1) * most.min(cells.1) * draws <= effort.instances
    {
        let compared = case.compare(watch(samples), &drawn, most);
        if let Some(difference) = compared.different {
            panic!("{name}: what {party} receives tells secrets: {difference}; MPC_SEED={seed}");
        }
        (cells, bits) = ((compared.looked, compared.cells), compared.bits);
        pairs += compared.pairs;
        samples += 1;
    }
    println!(
        "{name}, {party}: {draws} ways to draw, {} of {} cells, {samples} samples, {bits} bits received, {:.2?}",
        cells.0,
        cells.1,
        start.elapsed()
    );
    // With one cell a party knows all inputs.
    assert!(
        pairs > 0 || cells.1 == 1,
        "{name}, {party}: no two cells tell the party the same; MPC_SEED={seed}"
    );
    pairs > 0
}

#[test]
fn what_a_party_receives_of_values_does_not_depend_on_them() {
    prove(cases::values().into_iter().chain(cases::openings()));
}

#[test]
fn what_a_party_receives_of_a_truncation_does_not_depend_on_the_value() {
    prove(cases::truncations().into_iter().chain(cases::roundings()));
}

#[test]
fn views_of_words_and_divisions_do_not_depend_on_secrets() {
    prove(cases::words());
}

#[test]
fn what_a_party_receives_of_a_comparison_does_not_depend_on_the_value() {
    prove(cases::comparisons().into_iter().chain(cases::conversions()));
}

#[test]
fn what_a_party_receives_of_a_gate_does_not_depend_on_the_value() {
    let few_rounds = cases::gates_of_few_rounds();
    let gates = cases::gates().into_iter().chain(few_rounds);
    prove(gates.chain(cases::maxima()));
}

#[test]
fn what_a_party_receives_of_a_masked_gate_does_not_depend_on_the_value() {
    prove(cases::gates_by_masks());
}
