//! What protocols declare as early depends on no share: it is the same in two runs with the same keys and other shares
//! of other values. In truncations all else differs.

use std::collections::BTreeMap;

use crate::Party;
use crate::net::{HEADER_BYTES, Header};
use crate::protocol::Truncation;
use crate::protocol::testing::{Setup, SplitMix, attempt, mine, seed};
use crate::protocol::tests::frames::{Step, steps};
use crate::ring::{Ring, Z32, Z64};

/// Enough that frames of single bits are equal by chance once in 2^32 times.
const LENGTH: usize = 259;

/// Bytes at the end of a frame that may be equal by chance: where masks are the same, so are most top bits of a masked
/// value, and 24 bytes of these are equal once in 2^17 times.
const CHANCE: u64 = 24;

/// Steps that declare all their early bytes. Others may have more: a component of a share may happen to be a draw of the
/// call before, as when bits are converted or injected, or counted for zeros; and parties agree before they open.
const COMPLETE: [&str; 3] = ["input", "reshare", "truncate"];

/// Payloads by receiver, sender, call and step.
type Frames = BTreeMap<(usize, usize, u64, u16), Vec<u8>>;

/// The frames of a run, and the early bytes that each party declares.
fn frames<R: Ring>(setup: Setup, step: Step<R>, rng: &mut SplitMix) -> (Frames, [u64; 3]) {
    // Large, so that products change the top bits of what masks them.
    let values = rng.signed::<R>(R::BITS / 2 - 2, LENGTH);
    let shares = rng.deal(&values);
    let outcomes = attempt(setup, &|ctx| step(ctx, mine(ctx, &shares)));
    let (mut frames, mut declared) = (Frames::new(), None);
    for (to, (result, facts)) in outcomes.into_iter().enumerate() {
        result.unwrap_or_else(|error| panic!("{error}; MPC_SEED={}", seed(2901)));
        declared = Some(facts.declared.early());
        for record in facts.frames {
            let header = Header::decode(&record.header).expect("a header");
            let address = (to, record.from.index(), header.op, header.label);
            assert_eq!(frames.insert(address, record.payload), None, "an address");
        }
    }
    (frames, declared.expect("three parties"))
}

/// Bytes that two frames have in common at their end; with the header, if that is all.
fn common(a: &[u8], b: &[u8]) -> u64 {
    let ends = a.iter().rev().zip(b.iter().rev());
    let equal = ends.take_while(|(a, b)| a == b).count();
    let header = if equal == a.len() { HEADER_BYTES } else { 0 };
    (equal + header) as u64
}

fn declares_what_is_early<R: Ring>(truncation: Truncation) {
    let mut rng = SplitMix(seed(2901));
    for (name, step) in steps::<R>() {
        let setup = Setup {
            truncation,
            tapped: true,
            ..Setup::of(rng.next())
        };
        let (one, declared) = frames(setup, step, &mut rng);
        let (other, again) = frames(setup, step, &mut rng);
        assert_eq!(declared, again, "{name}");
        assert!(one.keys().eq(other.keys()), "{name}: other messages");
        let (mut found, mut mixed) = ([0; 3], [0; 3]);
        for ((&(_, from, ..), a), b) in one.iter().zip(other.values()) {
            found[from] += common(a, b);
            mixed[from] += u64::from(a != b);
        }
        for party in Party::ALL {
            let i = party.index();
            let most = declared[i] + CHANCE * mixed[i];
            assert!(
                found[i] >= declared[i] && (found[i] <= most || !COMPLETE.contains(&name)),
                "{name}, {truncation:?}: {} bytes of {party} are early, and {} declared; MPC_SEED={}",
                found[i],
                declared[i],
                seed(2901)
            );
        }
    }
}

#[test]
fn declared_early_bytes_are_those_that_depend_on_no_share() {
    declares_what_is_early::<Z64>(Truncation::Faithful);
    declares_what_is_early::<Z32>(Truncation::Star);
    declares_what_is_early::<Z32>(Truncation::Probabilistic);
}
