//! Hand-written protocols in which one message has lost its pad: the leak test must notice each.

use super::Case;
use crate::protocol::context::{A, B, C, KeyOf};
use crate::protocol::multiply;
use crate::ring::{self, Ring, Z4};
use crate::share::Rss;
use crate::step::Step;

/// The sums that B forwards to C, without the zero share of the gather.
#[test]
fn a_gate_that_forwards_unmasked_sums_is_flagged() {
    Case::on_share(
        "gate without the zero share",
        [1, -2],
        |ctx, x: &Rss<Z4>| {
            let op = ctx.begin("broken gate", &[]);
            let [_, b, c] = op.roles();
            match op.role() {
                B => ctx.send(op, c, Step::made_up(1), &x.own_sum())?,
                C => {
                    let v = ctx.recv::<Z4>(op, b, Step::made_up(1), x.len())?;
                    let sum: Vec<Z4> = v.iter().zip(x.second()).map(|(&v, &x)| v + x).collect();
                    ctx.see(&sum);
                }
                _ => {}
            }
            Ok(())
        },
    )
    .assert_flagged();
}

/// A protocol in which one message has lost its pad.
#[test]
fn an_unpadded_message_is_noticed() {
    Case::on_share("spread without a pad", [3, -2], |ctx, x: &Rss<Z4>| {
        let n = x.len();
        let op = ctx.begin("broken", &[]);
        let zero = ctx.zero_share::<Z4>(op, Step::made_up(1), n)?;
        let mut part = ring::add(&zero, x.first());
        let [a, b, c] = op.roles();
        match op.role() {
            A => ctx.send(op, b, Step::made_up(3), &part)?,
            B => {
                part = ring::add(&part, &ctx.recv::<Z4>(op, c, Step::made_up(2), n)?);
                ctx.see(&part);
                ctx.recv::<Z4>(op, a, Step::made_up(3), n)?;
            }
            _ => ctx.send(op, b, Step::made_up(2), &part)?,
        }
        Ok(())
    })
    .assert_flagged();
    Case::on_share("star with an open sign bit", [3, -2], |ctx, x: &Rss<Z4>| {
        let n = x.len();
        let op = ctx.begin("broken", &[]);
        let mut part = ctx.zero_share::<Z4>(op, Step::made_up(1), n)?;
        part = ring::add(&part, x.first());
        let [a, b, c] = op.roles();
        if op.role() == A {
            for from in [b, c] {
                part = ring::add(&part, &ctx.recv::<Z4>(op, from, Step::made_up(3), n)?);
            }
            let sign = ring::to_planes(&part, 3, 1).into_words();
            ctx.send_planes(op, b, Step::made_up(4), &sign, 1, n)?;
            return ctx.send_planes(op, c, Step::made_up(4), &sign, 1, n);
        }
        let w = ctx.draw::<Z4>(op, op.key(C), Step::made_up(2), n)?;
        if op.role() == B {
            part = ring::add(&part, &w);
        }
        ctx.send(op, a, Step::made_up(3), &part)?;
        ctx.recv_planes(op, a, Step::made_up(4), 1, n).map(|_| ())
    })
    .assert_flagged();
    Case::on_bits("b2a without a pad", |ctx, [bit, _]| {
        let n = bit.len();
        let op = ctx.begin("broken", &[]);
        let read = |words: &[u64], i: usize| Z4::from_u64(words[i / 64] >> (i % 64) & 1);
        let [a, b, c] = op.roles();
        match op.role() {
            A => {
                let mask = ctx.draw::<Z4>(op, op.key(A), Step::made_up(1), n)?;
                let beta = |i| read(bit.first(), i) ^ read(bit.second(), i);
                let rest: Vec<Z4> = mask.iter().enumerate().map(|(i, &m)| beta(i) - m).collect();
                ctx.send(op, b, Step::made_up(1), &rest)
            }
            B => {
                let rest = ctx.recv::<Z4>(op, a, Step::made_up(1), n)?;
                let product = |(i, &rest): (usize, &Z4)| -(rest + rest) * read(bit.second(), i);
                let own: Vec<Z4> = rest.iter().enumerate().map(product).collect();
                ctx.send(op, c, Step::made_up(4), &own)
            }
            _ => {
                ctx.draw::<Z4>(op, op.key(A), Step::made_up(1), n)?;
                ctx.recv::<Z4>(op, b, Step::made_up(4), n).map(|_| ())
            }
        }
    })
    .assert_flagged();
    Case::on_share("reshare without a pad", [2, -3], |ctx, x: &Rss<Z4>| {
        let n = x.len();
        let op = ctx.begin("broken", &[]);
        let (part, party) = (multiply(x, x), ctx.party());
        ctx.send(op, party.prev(), Step::made_up(1), part.part())?;
        ctx.recv::<Z4>(op, party.next(), Step::made_up(1), n)
            .map(|_| ())
    })
    .assert_flagged();
    Case::on_share("one pad for two messages", [2, -3], |ctx, x: &Rss<Z4>| {
        let n = x.len();
        let op = ctx.begin("broken", &[]);
        let party = ctx.party();
        let pad = ctx.draw::<Z4>(op, KeyOf(party.next()), Step::made_up(1), n)?;
        for (label, part) in [(1, x.first().to_vec()), (2, x.second().to_vec())] {
            ctx.send(
                op,
                party.prev(),
                Step::made_up(label),
                &ring::sub(&part, &pad),
            )?;
            ctx.recv::<Z4>(op, party.next(), Step::made_up(label), n)?;
        }
        Ok(())
    })
    .assert_flagged();
}

/// Two lanes that mask with the same zero share: the receiver, who lacks the component, learns it from the difference.
#[test]
fn lanes_that_share_a_mask_are_flagged() {
    Case::on_share("one mask for two lanes", [1, -2], |ctx, x: &Rss<Z4>| {
        let op = ctx.begin("broken lanes", &[]);
        let mask = ctx.zero_share::<Z4>(op, Step::made_up(1), x.len())?;
        let (next, prev) = (ctx.party().next(), ctx.party().prev());
        for (label, multiple) in [(2, 1), (3, 2)] {
            let part = x.to_additive().map_linear(|x| {
                let times =
                    (0..multiple).fold(vec![Z4::ZERO; x.len()], |sum, _| ring::add(&sum, x));
                ring::add(&times, &mask)
            });
            ctx.send(op, next, Step::made_up(label), part.part())?;
            let _: Vec<Z4> = ctx.recv(op, prev, Step::made_up(label), x.len())?;
        }
        Ok(())
    })
    .assert_flagged();
}
