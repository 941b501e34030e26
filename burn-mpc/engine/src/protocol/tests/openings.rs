//! Who receives what when something is revealed.

use crate::Party;
use crate::protocol::testing::{Setup, SplitMix, attempt, mine, seed};
use crate::protocol::{Audience, agree_cost, reveal, reveal_additive};
use crate::ring::{Ring, Z64};

/// The parties to which a party sends something after `agree`.
fn receivers(audience: Audience, additive: bool) -> [Vec<Party>; 3] {
    let mut rng = SplitMix(seed(951));
    let shares = rng.deal(&[Z64::from_i64(5); 65]);
    let setup = Setup {
        record: Some(0),
        ..Setup::of(rng.next())
    };
    let got = attempt(setup, &|ctx| {
        let share = mine(ctx, &shares);
        if additive {
            reveal_additive(ctx, &share.to_additive(), audience)
        } else {
            reveal(ctx, share, audience)
        }
    });
    let mut parties = Party::ALL.into_iter();
    got.map(|(result, facts)| {
        let party = parties.next().expect("three");
        let reads = audience == Audience::All || audience == Audience::One(party);
        assert_eq!(result.expect("revealed").is_some(), reads, "{party}");
        let steps = facts.view.expect("recorded").shape;
        // The first messages are those of `agree`, one to each peer and one from each.
        let agree = steps[0].2;
        let (before, after): (Vec<_>, Vec<_>) = steps.into_iter().partition(|step| step.2 == agree);
        assert_eq!(before.len(), 4);
        let agreed: usize = before.iter().filter(|step| step.0).map(|step| step.4).sum();
        let header = crate::net::HEADER_BYTES as u64;
        assert_eq!(
            agreed as u64 + 2 * header,
            agree_cost().sent()[party.index()]
        );
        assert!(reads || after.iter().all(|step| step.0), "{party} receives");
        let sent = after.into_iter().filter(|step| step.0);
        sent.map(|step| step.1).collect()
    })
}

#[test]
fn what_is_revealed_to_one_party_goes_to_that_party_alone() {
    for additive in [false, true] {
        for reader in Party::ALL {
            let sent = receivers(Audience::One(reader), additive);
            for (party, sent) in Party::ALL.into_iter().zip(sent) {
                let expected = if party == reader {
                    vec![]
                } else {
                    vec![reader]
                };
                assert_eq!(sent, expected, "{party} to {reader}");
            }
        }
        let sent = receivers(Audience::All, additive);
        assert!(sent.iter().all(|sent| sent.len() == 2), "everybody reads");
    }
}
