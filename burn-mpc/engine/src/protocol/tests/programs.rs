//! Whole programs: random sequences of calls, empty tensors, passes without links.

use crate::Party;
use crate::protocol::context::{A, B, C, KeyOf};
use crate::protocol::testing::{Setup, SplitMix, attempt, join, mine, run, seed, three};
use crate::protocol::{
    Audience, Context, Execution, Normalisation, Patches, ProtocolError, Sorting, Truncation,
    Window, b2a, bit_and, faithful, gate_masked, greater, inject, input, is_zero, msb, multiply,
    probabilistic, public, reciprocal, relu_replicated, reshare, reveal, reveal_additive,
    scan_maximum, sort, sqrt, tournament, truncate,
};
use crate::ring::{Ring, Z32, Z64};
use crate::share::Rss;
use crate::step::Step;

/// One call on `x`, whose values are 0 and 1 before and after.
fn call<R: Ring>(ctx: &mut Context, x: &Rss<R>, kind: usize) -> Result<Rss<R>, ProtocolError> {
    let len = x.len();
    let scaled = x.map_linear(|component| crate::ring::shl(component, 7));
    let bits = |ctx: &mut Context| is_zero(ctx, x);
    match kind {
        0 => reshare(ctx, &multiply(x, x)),
        1 => faithful(ctx, &scaled.to_additive(), 7),
        2 => probabilistic(ctx, &scaled.to_additive(), 7),
        3 => msb(ctx, &x.map_linear(crate::ring::neg)).and_then(|bit| b2a(ctx, &bit)),
        4 => {
            let zero = bits(ctx)?.not(ctx.party().index());
            b2a(ctx, &zero)
        }
        5 => {
            let (zero, other) = (bits(ctx)?, bits(ctx)?);
            let both = bit_and(ctx, &zero, &other)?.not(ctx.party().index());
            b2a(ctx, &both)
        }
        6 => greater(ctx, x, &Rss::zeros(len)).and_then(|bit| b2a(ctx, &bit)),
        7 => {
            reveal(ctx, x, Audience::One(Party::P2))?;
            Ok(x.clone())
        }
        8 => {
            reveal_additive(ctx, &x.to_additive(), Audience::One(Party::P1))?;
            Ok(x.clone())
        }
        9 => {
            let own = (ctx.party() == Party::P1).then(|| vec![R::ZERO; len]);
            let zero = input(ctx, Party::P1, "zero", len, own)?;
            Ok(x.zip_linear(&zero, crate::ring::add))
        }
        10 => {
            let twice = x.map_linear(|component| component.repeat(2));
            let out = tournament(ctx, 2, len, twice, vec![true; 2 * len])?;
            reshare(ctx, &out.values)
        }
        11 => {
            // No value is zero, so that the next opening opens.
            let size = Normalisation::whole(R::BITS);
            let one = public(ctx.party(), &vec![R::ONE; len]);
            let above = x.zip_linear(&one, crate::ring::add);
            reciprocal(ctx, &above, 2, size)?;
            sqrt(ctx, x, 2, size).map(|_| x.clone())
        }
        12 => {
            let single = Patches::single(len);
            let zero = bits(ctx)?.not(ctx.party().index());
            inject(ctx, &zero, x, &single)
        }
        13 => relu_replicated(ctx, x, &Patches::single(len), Window::full::<R>())
            .map(|gated| gated.values),
        14 => {
            let (single, window) = (Patches::single(len), Window::full::<R>());
            gate_masked(ctx, &scaled.to_additive(), &single, 7, window).map(|gated| gated.values)
        }
        15 => {
            let twice = x.map_linear(|component| component.repeat(2));
            let sorting = Sorting {
                planes: 2,
                descending: len % 2 == 1,
                keep: 1,
                values: true,
                numbers: len.is_multiple_of(3),
            };
            let _ = sort(ctx, &twice, &sorting)?;
            scan_maximum(ctx, 1, x.clone(), Window::full::<R>())
        }
        _ => {
            reveal(ctx, x, Audience::All)?;
            truncate(ctx, &scaled.to_additive(), 7)
        }
    }
}

const KINDS: usize = 17;

fn random_programs<R: Ring>(len: usize) {
    let mut rng = SplitMix(seed(1101));
    for truncation in [Truncation::Faithful, Truncation::Probabilistic] {
        for _ in 0..6 {
            let values: Vec<R> = (0..len).map(|_| R::from_u64(rng.next() & 1)).collect();
            let shares = rng.deal(&values);
            let calls: Vec<usize> = (0..25).map(|_| rng.below(KINDS)).collect();
            let setup = Setup {
                truncation,
                ..Setup::of(rng.next())
            };
            let got = run(setup, |ctx| {
                let mut x = mine(ctx, &shares).clone();
                for &kind in &calls {
                    x = call(ctx, &x, kind)?;
                }
                Ok(x)
            });
            // Probabilistic truncation of 2^7 errs with probability 2^-25 on the small ring.
            assert_eq!(join(&got.parties), values, "{calls:?}");
        }
    }
}

#[test]
fn programs_of_many_calls_cost_what_they_declare() {
    random_programs::<Z64>(13);
    random_programs::<Z32>(67);
}

#[test]
fn empty_tensors_pass_through_every_call() {
    for kind in 0..KINDS {
        let got = three(seed(1102), |ctx| call::<Z64>(ctx, &Rss::zeros(0), kind));
        assert!(got.iter().all(Rss::is_empty), "call {kind}");
    }
}

#[test]
fn a_skipped_pass_sends_and_declares_nothing() {
    let shares = SplitMix(seed(1103)).deal(&[Z64::ONE; 9]);
    let setup = Setup::of(7);
    let got = attempt(setup, &|ctx| {
        assert_eq!(ctx.set_execution(Execution::Skip), Execution::Live);
        for kind in 0..KINDS {
            let _ = call(ctx, mine(ctx, &shares), kind)?;
        }
        assert_eq!(ctx.set_execution(Execution::Live), Execution::Skip);
        assert_eq!(
            (ctx.counters().frames_sent, ctx.declared().rounds()),
            (0, 0)
        );
        reveal(ctx, mine(ctx, &shares), Audience::All)
    });
    for (result, _) in got {
        assert_eq!(result.unwrap(), Some(vec![Z64::ONE; 9]));
    }
}

#[test]
fn an_estimate_cannot_send_or_draw() {
    let mut ctx = Context::estimating(Truncation::Faithful);
    let op = ctx.begin("test", &[]);
    let drawn = ctx.draw::<Z64>(op, KeyOf(Party::P0), Step::made_up(1), 1);
    assert!(matches!(drawn, Err(ProtocolError::NoLinks)));
    let sent = ctx.send(op, Party::P1, Step::made_up(1), &[Z64::ONE]);
    assert!(matches!(sent, Err(ProtocolError::NoLinks)));
}

#[test]
fn every_party_holds_the_keys_of_its_two_components_only() {
    let got = attempt(Setup::of(9), &|ctx| {
        let op = ctx.begin("test", &[]);
        let foreign = [C, A, B][op.role()];
        // Role A holds K_A and K_B, B holds K_B and K_C, C holds K_C and K_A.
        let refused = ctx.draw::<Z64>(op, op.key(foreign), Step::made_up(1), 1);
        assert!(matches!(refused, Err(ProtocolError::ForeignKey { .. })));
        ctx.zero_share::<Z64>(op, Step::made_up(1), 4)
    });
    let [a, b, c] = got.map(|(part, _)| part.unwrap());
    assert!((0..4).all(|i| a[i] + b[i] + c[i] == Z64::ZERO && a[i] != Z64::ZERO));
}

#[test]
fn an_address_is_drawn_once() {
    let got = attempt(Setup::of(11), &|ctx| {
        let op = ctx.begin("test", &[]);
        ctx.zero_share::<Z64>(op, Step::made_up(1), 4)?;
        ctx.zero_share::<Z64>(op, Step::made_up(1), 4)
    });
    assert!(
        got.iter()
            .all(|(part, _)| matches!(part, Err(ProtocolError::Prg(_))))
    );
}
