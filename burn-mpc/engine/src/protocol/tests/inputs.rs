//! Input, public constants and the two ways to open.

use super::LENGTHS;
use crate::Party;
use crate::protocol::testing::{Setup, SplitMix, join, mine, run, seed, three};
use crate::protocol::{Audience, ProtocolError, input, public, reveal, reveal_additive};
use crate::ring::{Ring, Z32, Z64};
use crate::share::dealer;

const AUDIENCES: [Audience; 4] = [
    Audience::All,
    Audience::One(Party::P0),
    Audience::One(Party::P1),
    Audience::One(Party::P2),
];

fn reads(audience: Audience, party: Party) -> bool {
    matches!(audience, Audience::All) || audience == Audience::One(party)
}

fn every_owner_every_audience<R: Ring>() {
    let mut rng = SplitMix(seed(101));
    for len in LENGTHS {
        let values = rng.words::<R>(len);
        for owner in Party::ALL {
            for audience in AUDIENCES {
                let got = three(rng.next(), |ctx| {
                    let own = (ctx.party() == owner).then_some(values.as_slice());
                    let share = input(ctx, owner, "x", len, own.map(<[R]>::to_vec))?;
                    let opened = reveal(ctx, &share, audience)?;
                    Ok((share, opened))
                });
                for party in Party::ALL {
                    let expected = reads(audience, party).then(|| values.clone());
                    assert_eq!(
                        got[party.index()].1,
                        expected,
                        "{party} {owner} {audience:?}"
                    );
                }
                assert_eq!(join(&got.map(|(share, _)| share)), values);
            }
        }
    }
}

#[test]
fn input_and_reveal_are_inverse() {
    every_owner_every_audience::<Z64>();
    every_owner_every_audience::<Z32>();
}

fn additive_reveals<R: Ring>() {
    let mut rng = SplitMix(seed(102));
    for len in LENGTHS {
        let values = rng.words::<R>(len);
        let parts = rng.deal_additive(&values);
        for audience in AUDIENCES {
            let got = three(rng.next(), |ctx| {
                reveal_additive(ctx, mine(ctx, &parts), audience)
            });
            for party in Party::ALL {
                let expected = reads(audience, party).then(|| values.clone());
                assert_eq!(got[party.index()], expected, "{party} {audience:?}");
            }
        }
    }
}

#[test]
fn additive_shares_open_to_the_sum() {
    additive_reveals::<Z64>();
    additive_reveals::<Z32>();
}

#[test]
fn input_costs_one_element_and_one_round() {
    let run = run(Setup::of(1), |ctx| {
        input(ctx, Party::P1, "x", 64, Some(vec![Z64::ONE; 64]))
    });
    assert_eq!((run.payload_bits, run.rounds), (64 * 64, 1));
}

#[test]
fn public_constants_are_shares_of_themselves() {
    let values = SplitMix(seed(103)).words::<Z64>(65);
    let shares = Party::ALL.map(|party| public(party, &values));
    assert_eq!(join(&shares), values);
}

#[test]
fn an_owner_without_data_fails_and_takes_the_others_along() {
    let setup = Setup {
        deadline: std::time::Duration::from_secs(5),
        ..Setup::of(3)
    };
    for wrong in [None, Some(vec![Z64::ONE; 3])] {
        let got = crate::protocol::testing::attempt(setup, &|ctx| {
            let share = input::<Z64>(ctx, Party::P1, "x", 4, wrong.clone())?;
            reveal(ctx, &share, Audience::All)
        });
        assert!(matches!(
            got[1].0,
            Err(ProtocolError::Input { expected: 4, .. })
        ));
        assert!(got.iter().all(|(result, _)| result.is_err()));
    }
}

#[test]
fn a_changed_copy_is_found_when_it_is_opened() {
    let mut rng = SplitMix(seed(104));
    let values = rng.words::<Z64>(7);
    for liar in 0..3 {
        let mut shares = rng.deal(&values);
        let mut first = shares[liar].first().to_vec();
        first[6] += Z64::ONE;
        shares[liar] = crate::share::Rss::new(first, shares[liar].second().to_vec());
        assert!(dealer::join([&shares[0], &shares[1], &shares[2]]).is_none());
        let setup = Setup {
            deadline: std::time::Duration::from_secs(5),
            ..Setup::of(4)
        };
        let got = crate::protocol::testing::attempt(setup, &|ctx| {
            ctx.set_layer("logits");
            reveal(ctx, mine(ctx, &shares), Audience::All)
        });
        let found = |result: &Result<_, _>| {
            matches!(result, Err(error @ ProtocolError::Replication { .. })
                if error.to_string().contains("at logits / reveal (op "))
        };
        assert!(got.iter().any(|(result, _)| found(result)));
    }
}
