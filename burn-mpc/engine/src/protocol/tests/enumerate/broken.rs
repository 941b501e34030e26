//! Spoils the draws of every protocol, one after the other: the enumeration must see each, or say why not.
//!
//! A spoilt draw is zero at both holders, as if the pad were dropped or came from a key that the receiver holds; or it
//! is what another draw of its key yields, so that one pad serves twice. It is spoilt in the protocol as it is, and
//! watched by the party that lacks the key.

use super::all;
use super::case::{Case, Watch};
use super::cases;
use super::script::{Drawn, ways};
use crate::Party;
use crate::protocol::testing::seed;
use crate::protocol::tests::view::{Change, Site};

/// Most choices of what the watched party holds and draws itself: some leaks show only for some.
const SAMPLES: u64 = 32;
/// The same for a leak that need not show.
const FEW_SAMPLES: u64 = 6;
/// About how many instances are run for a sample, unless six cells take more.
const INSTANCES: u64 = 1 << 13;

/// The draws from the key that a party lacks.
fn sites(case: &Case, party: Party) -> (Vec<Site>, Drawn) {
    let (drawn, views) = case.look(watch(party, 0, None));
    let mut sites: Vec<Site> = Vec::new();
    for site in views.into_iter().flat_map(|view| view.sites) {
        if site.at.1 == party.prev().index() && !sites.contains(&site) {
            sites.push(site);
        }
    }
    sites.sort_by_key(|site| site.at);
    (sites, drawn)
}

fn watch(party: Party, sample: u64, change: Option<Change>) -> Watch {
    let sample = seed(1302) << 8 | sample;
    Watch {
        party,
        sample,
        change,
    }
}

/// What is spoilt: every draw is zero, and every draw is each that was made before it and has as many values; in the
/// suite only the last of these.
fn changes(sites: &[Site], drawn: &Drawn) -> Vec<(String, Change)> {
    let mut changes = Vec::new();
    for (i, site) in sites.iter().enumerate() {
        let change = |to: Option<&Site>| Change {
            at: site.at,
            role: site.role,
            to: to.map(|to| to.at),
        };
        changes.push((format!("{site} is zero"), change(None)));
        let radix = |site: &Site| drawn[&(site.at, 0)];
        let alike = |other: &&Site| other.form == site.form && radix(other) == radix(site);
        let others = sites[..i].iter().rev().filter(alike);
        for other in others.take(if all() { usize::MAX } else { 1 }) {
            changes.push((format!("{site} is that of {other}"), change(Some(other))));
        }
    }
    changes
}

/// Whether a spoilt draw shows in some samples; nothing if there are too many ways to make the others.
fn shows(case: &Case, party: Party, change: Change, (samples, most): (u64, u64)) -> Option<bool> {
    for sample in 0..samples {
        let watch = watch(party, sample, Some(change));
        let (drawn, views) = case.look(watch);
        let ways = ways(&drawn);
        if ways > most {
            return None;
        }
        assert!(
            views.iter().any(|view| view.spoilt),
            "the draw was not made"
        );
        let cells = (INSTANCES / ways).max(6);
        if case.compare(watch, &drawn, cells).different.is_some() {
            return Some(true);
        }
    }
    Some(false)
}

/// A part of the name of a spoilt draw that may not show, and why.
type Needless = (&'static str, &'static str);

/// Spoils the draws of the cases, but for those that may not show.
fn spoil(cases: impl IntoIterator<Item = Case>, needless: &[Needless]) {
    let most = if all() { 1 << 18 } else { 1 << 13 };
    let (mut unnoticed, mut occurred) = (Vec::new(), vec![false; needless.len()]);
    for case in cases {
        let (mut noticed, mut spoilt, mut left) = (0, 0, 0);
        for party in Party::ALL {
            let (sites, drawn) = sites(&case, party);
            for (name, change) in changes(&sites, &drawn) {
                let name = format!("{}: {party}: {name}", case.name);
                let excused = needless.iter().position(|part| name.contains(part.0));
                let samples = match excused {
                    None => SAMPLES,
                    Some(_) if all() => FEW_SAMPLES,
                    Some(_) => 1,
                };
                spoilt += 1;
                match (shows(&case, party, change, (samples, most)), excused) {
                    (None, _) => left += 1,
                    (Some(true), _) => noticed += 1,
                    (Some(false), Some(at)) => occurred[at] = true,
                    (Some(false), None) => unnoticed.push(name),
                }
            }
        }
        println!(
            "{}: {noticed} of {spoilt} spoilt draws show, {left} have too many ways",
            case.name
        );
        assert!(
            noticed > 0 || left == spoilt,
            "{}: no spoilt draw shows",
            case.name
        );
    }
    let seed = seed(1302);
    assert!(
        unnoticed.is_empty(),
        "{} spoilt draws do not show: {unnoticed:#?}; MPC_SEED={seed}",
        unnoticed.len()
    );
    for ((name, reason), occurred) in needless.iter().zip(occurred) {
        assert!(
            occurred || !all(),
            "'{name}' always shows, left out since {reason}; MPC_SEED={seed}"
        );
    }
}

const CANCELS: &str = "it comes off between B and C, and B alone sees their sum";
const KEPT: &str = "B does not forward its sums, and C sees nothing else of it";
const ONE_RECEIVER: &str = "A alone receives parts of that zero share, and knows this key";
const READER: &str = "a party that reads nothing receives nothing of that zero share, and the reader knows two of its keys";
const MASKED: &str = "the halves of a rounded value that are opened have pads of their own";
const TWICE: &str = "B sees one masked bit twice";
const FLIPPED: &str = "the pad takes the flip off what B sends, and leaves a bit that is 0";
const FRESH: &str = "the sign has no tree, so that its parts are fresh";
const NOTHING: &str = "C's part is 0, and B sees nothing else under this pad";
const OTHER_HALF: &str = "the reader knows the result and its own half of it, hence the other half";
const HELD: &str =
    "the number of one match is a multiple of a lifted bit, so that the receiver holds what comes";
const BY_ONE: &str = "small rings divide by 1: remainders are 0, and what is compared is public";
const SUM: &str = "C sees the sum of a patch, hence of two pads";

#[test]
fn a_spoilt_draw_of_values_shows() {
    spoil(
        cases::values().into_iter().chain(cases::openings()),
        &[
            ("gather 0: K_B at halves.zero", KEPT),
            ("gather 0: K_C at halves.zero", CANCELS),
            ("at reveal.zero is zero", READER),
        ],
    );
}

#[test]
fn a_spoilt_draw_of_a_truncation_shows() {
    spoil(
        cases::truncations().into_iter().chain(cases::roundings()),
        &[
            ("gather 0: K_B at halves.zero is zero", KEPT),
            ("gather 0: K_C at halves.zero", CANCELS),
            ("truncate-faithful 0: K_B at halves.zero is zero", KEPT),
            ("truncate-faithful 0: K_C at halves.zero", CANCELS),
            ("truncate-star 0: K_B at halves.zero is zero", ONE_RECEIVER),
            ("truncate-star 0: K_A at halves.zero", ONE_RECEIVER),
            ("truncate-exact 0: K_C at halves.zero", CANCELS),
            (
                "halves, Exact, by 1, 3 bits: P1: truncate-exact 0: K_A at halves.zero is zero",
                NOTHING,
            ),
            (
                "reveal to P0, 3 bits: P0: truncate-exact 0: K_C at halves.spread_b is zero",
                OTHER_HALF,
            ),
            (
                "reveal to P1, 3 bits: P1: truncate-exact 0: K_A at halves.spread_a is zero",
                OTHER_HALF,
            ),
            (
                "K_A at lift_halves.alpha is that of truncate-exact 1: K_A at leaf.output_a",
                FRESH,
            ),
            (
                "K_C at lift_halves.beta is that of round 0: K_C at compare.flip",
                FLIPPED,
            ),
            (
                "K_C at lift_halves.beta is that of round-replicated 0: K_C at compare.flip",
                FLIPPED,
            ),
            ("at reveal.zero is", MASKED),
        ],
    );
}

#[test]
fn a_spoilt_draw_of_a_comparison_shows() {
    spoil(
        cases::comparisons().into_iter().chain(cases::conversions()),
        &[(
            "random-bits 0: K_A at random_bits.bits is that of share-split 0: K_A at split_bits.part_a",
            TWICE,
        )],
    );
}

#[test]
fn a_spoilt_draw_of_a_word_shows() {
    spoil(
        cases::words(),
        &[
            (
                "division by a public number, 2 bits: P2: divide 1: K_B at dealt.output_b[0] is zero",
                BY_ONE,
            ),
            (
                "division by a public number, 3 bits: P2: divide 1: K_B at dealt.output_b[0] is zero",
                BY_ONE,
            ),
        ],
    );
}

#[test]
fn a_spoilt_draw_of_a_gate_shows() {
    let few_rounds = cases::gates_of_few_rounds();
    let gates = cases::gates().into_iter().chain(few_rounds);
    spoil(
        gates.chain(cases::maxima()),
        &[
            ("gate 0: K_C at halves.zero", CANCELS),
            ("gate-rounds 0: K_C at halves.zero", CANCELS),
            ("truncate-faithful 0: K_B at halves.zero", KEPT),
            ("truncate-faithful 0: K_C at halves.zero", CANCELS),
            ("truncate-star 0: K_B at halves.zero is zero", ONE_RECEIVER),
            ("truncate-star 0: K_A at halves.zero", ONE_RECEIVER),
            ("at open_masked.zero is", FRESH),
            (
                "2 bits: P2: gate-rounds 1: K_B at b2a.output_b is that of gate-rounds 0: K_B at halves.zero",
                SUM,
            ),
            ("maximum of 2, with its number, 2 bits: P2: reshare 1", HELD),
            ("maximum of 2, with its number, 2 bits: P0: reshare 1", HELD),
            ("maximum of 2, with its number, 2 bits: P1: reshare 1", HELD),
        ],
    );
}

#[test]
fn a_spoilt_draw_of_a_masked_gate_shows() {
    spoil(
        cases::gates_by_masks(),
        &[
            ("gate-masked 0: K_B at halves.zero", KEPT),
            ("gate-masked 0: K_C at halves.zero", CANCELS),
        ],
    );
}

/// A result that depends on how its low bits were rounded tells its reader more than itself.
#[test]
fn an_opening_of_a_faithful_truncation_shows() {
    let case = cases::opened_faithful();
    let shows = |sample| {
        let reader = watch(Party::P1, sample, None);
        let (drawn, _) = case.look(reader);
        case.compare(reader, &drawn, u64::MAX).different.is_some()
    };
    assert!((0..SAMPLES).any(shows), "MPC_SEED={}", seed(1302));
}
