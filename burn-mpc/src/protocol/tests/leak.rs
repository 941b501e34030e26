//! Whole views for two secrets are compared: a dependence shows as a huge score.
//!
//! A smoke test, not a proof: on `Z_2^4`, everything a party draws, receives, sends, holds before
//! and holds after, singly, in pairs, in triples and in linear combinations.

use super::statistics::worst_difference;
use crate::Party;
use crate::protocol::context::{A, B, C, Context, KeyOf};
use crate::protocol::testing::{Setup, SplitMix, attempt, mine, seed};
use crate::protocol::{
    Audience, Comparison, Patches, ProtocolError, Window, b2a, bit_and, faithful, gate,
    gate_rounds, input, is_zero, msb, multiply, probabilistic, public, reshare, reshare_halves,
    reveal, reveal_additive, star, tournament, truncate_halves,
};
use crate::ring::{Ring, Z4, Z32};
use crate::share::{BitShare, Rss};

pub(super) const INSTANCES: usize = 40_000;
pub(super) type Outcome = Result<(), ProtocolError>;

pub(super) fn see_share<R: Ring>(ctx: &mut Context, share: &Rss<R>) {
    ctx.see(share.first());
    ctx.see(share.second());
}

pub(super) fn see_bits(ctx: &mut Context, share: &BitShare) {
    ctx.see_planes(share.first());
    ctx.see_planes(share.second());
}

/// The worst score over the parties of `watched`; the shapes of both transcripts must be equal.
fn score<R: Ring>(
    secrets: [i64; 2],
    watched: &[Party],
    body: impl Fn(&mut Context, &Rss<R>, &[BitShare; 2], i64) -> Outcome + Sync,
) -> f64 {
    let mut rng = SplitMix(seed(1001));
    let runs = secrets.map(|secret| {
        let shares = rng.deal(&[R::from_i64(secret); INSTANCES]);
        let low = rng.deal_bits(&[secret & 1 == 1; INSTANCES]);
        let high = rng.deal_bits(&[secret & 2 == 2; INSTANCES]);
        let setup = Setup {
            record: Some(INSTANCES),
            ..Setup::of(rng.next())
        };
        let outcomes = attempt(setup, &|ctx: &mut Context| {
            let bits = [mine(ctx, &low).clone(), mine(ctx, &high).clone()];
            body(ctx, mine(ctx, &shares), &bits, secret)
        });
        outcomes.map(|(result, facts)| {
            result.expect("a run");
            facts.view.expect("recorded")
        })
    });
    let scores = watched.iter().map(|party| {
        let [a, b] = [0, 1].map(|i| &runs[i][party.index()]);
        assert_eq!(a.shape, b.shape, "transcript shape depends on the secret");
        worst_difference(a, b, &mut rng)
    });
    scores.fold(f64::MIN, f64::max)
}

pub(super) fn on_share<R: Ring>(
    secrets: [i64; 2],
    body: impl Fn(&mut Context, &Rss<R>) -> Outcome + Sync,
) -> f64 {
    score(secrets, &Party::ALL, |ctx, share, _, _| {
        see_share(ctx, share);
        body(ctx, share)
    })
}

pub(super) fn on_bits(body: impl Fn(&mut Context, &[BitShare; 2]) -> Outcome + Sync) -> f64 {
    score([0, 3], &Party::ALL, |ctx, _: &Rss<Z4>, bits, _| {
        see_bits(ctx, &bits[0]);
        see_bits(ctx, &bits[1]);
        body(ctx, bits)
    })
}

pub(super) fn assert_tight(name: &str, score: f64) {
    println!("{name}: worst score {score:.2}");
    assert!(score < 5.5, "{name} depends on the secret: {score}");
}

pub(super) fn assert_flagged(name: &str, score: f64) {
    println!("{name}: worst score {score:.2}");
    assert!(
        score > 10.0,
        "{name}: the broken protocol was not noticed: {score}"
    );
}

#[test]
fn truncations_do_not_depend_on_the_secret() {
    assert_tight(
        "faithful",
        on_share([3, -4], |ctx, x: &Rss<Z4>| {
            let y = faithful(ctx, &x.to_additive(), 2)?;
            see_share(ctx, &y);
            Ok(())
        }),
    );
    assert_tight(
        "faithful, of a product",
        on_share([1, -2], |ctx, x: &Rss<Z4>| {
            let y = faithful(ctx, &multiply(x, x), 1)?;
            see_share(ctx, &y);
            Ok(())
        }),
    );
    for shift in [1, 2] {
        assert_tight(
            "star",
            on_share([3, -4], |ctx, x: &Rss<Z4>| {
                let y = star(ctx, &x.to_additive(), shift)?;
                see_share(ctx, &y);
                Ok(())
            }),
        );
    }
    assert_tight(
        "star, of a product",
        on_share([1, -2], |ctx, x: &Rss<Z4>| {
            let y = star(ctx, &multiply(x, x), 1)?;
            see_share(ctx, &y);
            Ok(())
        }),
    );
    // Gather and spread are the two halves of the probabilistic one.
    assert_tight(
        "probabilistic",
        on_share([3, -2], |ctx, x: &Rss<Z4>| {
            let y = probabilistic(ctx, &x.to_additive(), 2)?;
            see_share(ctx, &y);
            Ok(())
        }),
    );
}

#[test]
fn gather_and_spread_of_a_product_do_not_depend_on_the_secret() {
    // Of a product, since the parts of a replicated share are known to two parties anyway.
    assert_tight(
        "probabilistic, of a product",
        on_share([1, 2], |ctx, x: &Rss<Z4>| {
            let y = probabilistic(ctx, &multiply(x, x), 2)?;
            see_share(ctx, &y);
            Ok(())
        }),
    );
}

/// On the small ring a sign has one group of bits and no tree; this one has ten.
#[test]
fn a_carry_tree_does_not_depend_on_the_secret() {
    assert_tight(
        "sign on the ring of 32 bits",
        on_share([5, -3], |ctx, x: &Rss<Z32>| {
            let bit = msb(ctx, x)?;
            see_bits(ctx, &bit);
            Ok(())
        }),
    );
}

/// Gates of one element, of four elements and of twenty, whose pads come from seeds. All instances have the same
/// secret, so that patches of neighbours have the same sums for every instance of a view.
#[test]
fn gates_do_not_depend_on_the_secret() {
    let groups = |area: usize| {
        // Element `e` of instance `i` is at `e * INSTANCES + i`, as views want it.
        let map: Vec<u32> = (0..area).flat_map(|_| (0_u32..).take(INSTANCES)).collect();
        Patches::new(&map, INSTANCES).unwrap()
    };
    for (area, secrets) in [(1, [1, -2]), (3, [1, -1]), (20, [1, 3])] {
        let patches = groups(area);
        assert_tight(
            &format!("gate on patches of {area}"),
            on_share(secrets, |ctx, x: &Rss<Z4>| {
                let wide = x.map_linear(|x| x.repeat(area));
                let product = multiply(&wide, &wide.map_linear(|x| vec![Z4::ONE; x.len()]));
                let gated = gate(ctx, &product, &patches, 0, Window::full::<Z4>())?;
                ctx.see(gated.values.part());
                see_bits(ctx, &gated.signs);
                let y = reshare_halves(ctx, &gated.values)?;
                see_share(ctx, &y);
                Ok(())
            }),
        );
    }
    let single = Patches::single(INSTANCES);
    assert_tight(
        "gate that truncates",
        on_share([1, -2], |ctx, x: &Rss<Z4>| {
            let gated = gate(ctx, &x.to_additive(), &single, 1, Window::full::<Z4>())?;
            ctx.see(gated.values.part());
            see_bits(ctx, &gated.signs);
            let y = truncate_halves(ctx, &gated.values, 1)?;
            see_share(ctx, &y);
            Ok(())
        }),
    );
}

#[test]
fn gates_of_few_rounds_do_not_depend_on_the_secret() {
    let single = Patches::single(INSTANCES);
    for (how, shift) in [
        (Comparison::Tree, 0),
        (Comparison::Tree, 1),
        (Comparison::Split, 1),
    ] {
        assert_tight(
            &format!("gate of few rounds, {how:?}"),
            on_share([1, -2], |ctx, x: &Rss<Z4>| {
                let one = x.map_linear(|x| vec![Z4::ONE; x.len()]);
                let (z, window) = (multiply(x, &one), Window::full::<Z4>());
                let gated = gate_rounds(ctx, &z, &single, shift, window, how)?;
                see_bits(ctx, &gated.signs);
                see_share(ctx, &gated.values);
                Ok(())
            }),
        );
    }
}

/// The sums that B forwards to C, without the zero share of the gather.
#[test]
fn a_gate_that_forwards_unmasked_sums_is_flagged() {
    assert_flagged(
        "gate without the zero share",
        on_share([1, -2], |ctx, x: &Rss<Z4>| {
            let op = ctx.begin("broken gate", &[]);
            let [_, b, c] = op.roles();
            match op.role() {
                B => ctx.send(op, c, 1, &x.own_sum())?,
                C => {
                    let v = ctx.recv::<Z4>(op, b, 1, x.len())?;
                    let sum: Vec<Z4> = v.iter().zip(x.second()).map(|(&v, &x)| v + x).collect();
                    ctx.see(&sum);
                }
                _ => {}
            }
            Ok(())
        }),
    );
}

#[test]
fn signs_do_not_depend_on_the_secret() {
    assert_tight(
        "sign and b2a",
        on_share([5, -3], |ctx, x: &Rss<Z4>| {
            let bit = msb(ctx, x)?;
            see_bits(ctx, &bit);
            let y = b2a::<Z4>(ctx, &bit)?;
            see_share(ctx, &y);
            Ok(())
        }),
    );
    assert_tight(
        "zero test",
        on_share([0, 6], |ctx, x: &Rss<Z4>| {
            let bit = is_zero(ctx, x)?;
            see_bits(ctx, &bit);
            Ok(())
        }),
    );
}

#[test]
fn inputs_and_products_do_not_depend_on_the_secret() {
    for owner in Party::ALL {
        let others = [owner.next(), owner.prev()];
        assert_tight(
            "input",
            score([0, 7], &others, |ctx, _: &Rss<Z4>, _, secret| {
                let values = vec![Z4::from_i64(secret); INSTANCES];
                let own = (ctx.party() == owner).then_some(values.as_slice());
                let x = input(ctx, owner, "x", INSTANCES, own)?;
                see_share(ctx, &x);
                Ok(())
            }),
        );
    }
    assert_tight(
        "reshare",
        on_share([2, -3], |ctx, x: &Rss<Z4>| {
            let y = reshare(ctx, &multiply(x, x))?;
            see_share(ctx, &y);
            Ok(())
        }),
    );
    assert_tight(
        "and",
        on_bits(|ctx, [x, y]| {
            let z = bit_and(ctx, x, y)?;
            see_bits(ctx, &z);
            Ok(())
        }),
    );
}

#[test]
fn a_tournament_does_not_depend_on_the_secret() {
    assert_tight(
        "tournament",
        on_share([3, -2], |ctx, x: &Rss<Z4>| {
            let rest = [vec![Z4::ONE; INSTANCES], vec![Z4::ZERO; INSTANCES]].concat();
            let rest = public(ctx.party(), &rest);
            let values = Rss::new(
                [x.first(), rest.first()].concat(),
                [x.second(), rest.second()].concat(),
            );
            let out = tournament(ctx, 3, INSTANCES, values, vec![true; 3 * INSTANCES], true)?;
            ctx.see(out.values.part());
            ctx.see(out.planes.expect("asked for").part());
            Ok(())
        }),
    );
}

/// The product 6 is opened; whether it came from 1 and 6 or from 2 and 3 must stay hidden.
#[test]
fn an_opening_shows_the_value_only() {
    for audience in [Audience::All, Audience::One(Party::P1)] {
        let factors = |ctx: &mut Context, x: &Rss<Z4>, secret| {
            // The other factor as a share of its own: 6 = 1 * 6 = 2 * 3 through public offsets.
            let offset = public(
                ctx.party(),
                &vec![Z4::from_i64(6 / secret - secret); INSTANCES],
            );
            let y = reshare(ctx, &x.to_additive())?;
            Ok::<_, ProtocolError>(y.zip_linear(&offset, crate::ring::add))
        };
        assert_tight(
            "reveal",
            score([1, 2], &Party::ALL, |ctx, x: &Rss<Z4>, _, secret| {
                see_share(ctx, x);
                let y = factors(ctx, x, secret)?;
                let z = reshare(ctx, &multiply(x, &y))?;
                reveal(ctx, &z, audience).map(|_| ())
            }),
        );
        assert_tight(
            "reveal additive",
            score([1, 2], &Party::ALL, |ctx, x: &Rss<Z4>, _, secret| {
                see_share(ctx, x);
                let y = factors(ctx, x, secret)?;
                reveal_additive(ctx, &multiply(x, &y), audience).map(|_| ())
            }),
        );
    }
}

/// A protocol of which one message has lost its pad.
#[test]
fn an_unpadded_message_is_noticed() {
    assert_flagged(
        "spread without a pad",
        on_share([3, -2], |ctx, x: &Rss<Z4>| {
            let op = ctx.begin("broken", &[]);
            let zero = ctx.zero_share::<Z4>(op, 1, INSTANCES)?;
            let mut part = crate::ring::add(&zero, x.first());
            let [a, b, c] = op.roles();
            match op.role() {
                A => ctx.send(op, b, 3, &part)?,
                B => {
                    part = crate::ring::add(&part, &ctx.recv::<Z4>(op, c, 2, INSTANCES)?);
                    ctx.see(&part);
                    ctx.recv::<Z4>(op, a, 3, INSTANCES)?;
                }
                _ => ctx.send(op, b, 2, &part)?,
            }
            Ok(())
        }),
    );
    assert_flagged(
        "star with an open sign bit",
        on_share([3, -2], |ctx, x: &Rss<Z4>| {
            let op = ctx.begin("broken", &[]);
            let mut part = ctx.zero_share::<Z4>(op, 1, INSTANCES)?;
            part = crate::ring::add(&part, x.first());
            let [a, b, c] = op.roles();
            if op.role() == A {
                for from in [b, c] {
                    part = crate::ring::add(&part, &ctx.recv::<Z4>(op, from, 3, INSTANCES)?);
                }
                let sign = crate::ring::to_planes(&part, 3, 1).into_words();
                ctx.send_planes(op, b, 4, &sign, 1, INSTANCES)?;
                return ctx.send_planes(op, c, 4, &sign, 1, INSTANCES);
            }
            let w = ctx.draw::<Z4>(op, op.key(C), 2, INSTANCES)?;
            if op.role() == B {
                part = crate::ring::add(&part, &w);
            }
            ctx.send(op, a, 3, &part)?;
            ctx.recv_planes(op, a, 4, 1, INSTANCES).map(|_| ())
        }),
    );
    assert_flagged(
        "b2a without a pad",
        on_bits(|ctx, [bit, _]| {
            let op = ctx.begin("broken", &[]);
            let read = |words: &[u64], i: usize| Z4::from_u64(words[i / 64] >> (i % 64) & 1);
            let [a, b, c] = op.roles();
            match op.role() {
                A => {
                    let mask = ctx.draw::<Z4>(op, op.key(A), 1, INSTANCES)?;
                    let beta = |i| read(bit.first(), i) ^ read(bit.second(), i);
                    let rest: Vec<Z4> =
                        mask.iter().enumerate().map(|(i, &m)| beta(i) - m).collect();
                    ctx.send(op, b, 1, &rest)
                }
                B => {
                    let rest = ctx.recv::<Z4>(op, a, 1, INSTANCES)?;
                    let product = |(i, &rest): (usize, &Z4)| -(rest + rest) * read(bit.second(), i);
                    let own: Vec<Z4> = rest.iter().enumerate().map(product).collect();
                    ctx.send(op, c, 4, &own)
                }
                _ => {
                    ctx.draw::<Z4>(op, op.key(A), 1, INSTANCES)?;
                    ctx.recv::<Z4>(op, b, 4, INSTANCES).map(|_| ())
                }
            }
        }),
    );
    assert_flagged(
        "reshare without a pad",
        on_share([2, -3], |ctx, x: &Rss<Z4>| {
            let op = ctx.begin("broken", &[]);
            let (part, party) = (multiply(x, x), ctx.party());
            ctx.send(op, party.prev(), 1, part.part())?;
            ctx.recv::<Z4>(op, party.next(), 1, INSTANCES).map(|_| ())
        }),
    );
    assert_flagged(
        "one pad for two messages",
        on_share([2, -3], |ctx, x: &Rss<Z4>| {
            let op = ctx.begin("broken", &[]);
            let party = ctx.party();
            let pad = ctx.draw::<Z4>(op, KeyOf(party.next()), 1, INSTANCES)?;
            for (label, part) in [(1, x.first().to_vec()), (2, x.second().to_vec())] {
                ctx.send(op, party.prev(), label, &crate::ring::sub(&part, &pad))?;
                ctx.recv::<Z4>(op, party.next(), label, INSTANCES)?;
            }
            Ok(())
        }),
    );
}
