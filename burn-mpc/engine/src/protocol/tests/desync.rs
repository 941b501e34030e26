//! Parties that run different programs stop before anything is opened.

use std::time::{Duration, Instant};

use crate::Party;
use crate::protocol::context::KeyOf;
use crate::protocol::testing::{Setup, SplitMix, attempt, mine, seed};
use crate::protocol::{
    Audience, Context, ProtocolError, b2a, bit_and, faithful, msb, multiply, probabilistic,
    reshare, reveal, reveal_additive,
};
use crate::ring::{Ring, Z64};
use crate::share::Rss;
use crate::step::Step;

const DEADLINE: Duration = Duration::from_millis(1500);

/// A deviation at one party; the others follow the program.
type Deviation = fn(&mut Context, &Rss<Z64>, bool) -> Result<Rss<Z64>, ProtocolError>;

/// No party may get a value, send an opening, or wait much longer than the deadline.
fn all_stop(name: &str, step: Deviation) {
    let mut rng = SplitMix(seed(801));
    for odd in Party::ALL {
        let shares = rng.deal(&[Z64::from_i64(5); 65]);
        for additive in [false, true] {
            let since = Instant::now();
            let setup = Setup {
                deadline: DEADLINE,
                record: Some(0),
                ..Setup::of(rng.next())
            };
            let got = attempt(setup, &|ctx| {
                let result = step(ctx, mine(ctx, &shares), ctx.party() == odd)?;
                if additive {
                    reveal_additive(ctx, &result.to_additive(), Audience::All)
                } else {
                    reveal(ctx, &result, Audience::All)
                }
            });
            assert!(
                since.elapsed() < 3 * DEADLINE,
                "{name}: {:?}",
                since.elapsed()
            );
            for (party, (result, facts)) in Party::ALL.into_iter().zip(&got) {
                assert!(
                    result.is_err(),
                    "{name}: {odd} deviates, {party} got a value"
                );
                // Whatever is sent after the 64 bytes of `agree` opens something.
                let shape = &facts.view.as_ref().unwrap().shape;
                let sent = || shape.iter().filter(|step| step.0);
                let agree = sent().find(|step| step.4 == 64).map(|step| step.2);
                let opened = agree.is_some_and(|agree| sent().any(|step| step.2 > agree));
                assert!(!opened, "{name}: {odd} deviates, {party} opened its share");
            }
        }
    }
}

/// Three calls that leave the parties with a share.
fn program(ctx: &mut Context, x: &Rss<Z64>) -> Result<Rss<Z64>, ProtocolError> {
    let product = reshare(ctx, &multiply(x, x))?;
    faithful(ctx, &product.to_additive(), 1)
}

#[test]
fn one_surplus_draw_stops_all() {
    all_stop("own key", |ctx, x, odd| {
        let result = program(ctx, x)?;
        let op = ctx.begin("extra", &[]);
        if odd {
            ctx.draw::<Z64>(op, KeyOf(ctx.party()), Step::made_up(77), 1)?;
        }
        Ok(result)
    });
    all_stop("next key", |ctx, x, odd| {
        let result = program(ctx, x)?;
        let op = ctx.begin("extra", &[]);
        if odd {
            ctx.draw::<Z64>(op, KeyOf(ctx.party().next()), Step::made_up(77), 1)?;
        }
        Ok(result)
    });
}

#[test]
fn a_draw_of_another_length_stops_all() {
    all_stop("length", |ctx, x, odd| {
        let result = program(ctx, x)?;
        let op = ctx.begin("extra", &[]);
        ctx.zero_share::<Z64>(op, Step::made_up(77), if odd { 2 } else { 1 })?;
        Ok(result)
    });
}

#[test]
fn a_skipped_call_stops_all() {
    all_stop("skipped", |ctx, x, odd| {
        let result = program(ctx, x)?;
        if odd {
            return Ok(result);
        }
        reshare(ctx, &result.to_additive())
    });
    all_stop("swapped", |ctx, x, odd| {
        let result = program(ctx, x)?;
        let bits = msb(ctx, &result)?;
        if odd {
            reshare(ctx, &result.to_additive())
        } else {
            b2a(ctx, &bits)
        }
    });
}

#[test]
fn another_shift_or_another_fact_stops_all() {
    all_stop("faithful", |ctx, x, odd| {
        faithful(ctx, &x.to_additive(), if odd { 3 } else { 4 })
    });
    all_stop("same bytes", |ctx, x, odd| {
        probabilistic(ctx, &x.to_additive(), if odd { 3 } else { 4 })
    });
    all_stop("fact", |ctx, x, odd| {
        ctx.note("model", &[usize::from(odd)]);
        program(ctx, x)
    });
}

#[test]
fn a_local_program_that_differs_stops_all() {
    all_stop("local", |ctx, x, odd| {
        ctx.note(if odd { "add" } else { "sub" }, &[x.len()]);
        Ok(x.clone())
    });
}

#[test]
fn an_error_names_the_layer_the_protocol_and_both_steps() {
    let mut rng = SplitMix(seed(802));
    for odd in Party::ALL {
        let shares = rng.deal(&[Z64::ONE; 65]);
        let bits = rng.deal_bits(&[true; 65]);
        let setup = Setup {
            deadline: DEADLINE,
            ..Setup::of(rng.next())
        };
        let got = attempt(setup, &|ctx| {
            ctx.set_layer("resnet.layer1.relu");
            if ctx.party() == odd {
                reshare(ctx, &mine(ctx, &shares).to_additive()).map(|_| ())
            } else {
                let bits = mine(ctx, &bits);
                bit_and(ctx, bits, bits).map(|_| ())
            }
        });
        // The first party to notice stops the others.
        let texts =
            got.map(|(result, _)| result.map_or_else(|e| e.to_string(), |()| String::new()));
        let noticed = |text: &&String| text.contains("the parties run different programs");
        let text = texts.iter().find(noticed).expect("somebody notices");
        let (place, found) = text.split_once(": ").expect("a place, and what is wrong");
        let sides = [
            ("and / and.product", "reshare.message"),
            ("reshare / reshare.message", "and.product"),
        ];
        let says = |(own, other): &(&str, &str)| {
            place.contains(&format!(" at resnet.layer1.relu / {own} (op 1) after "))
                && found.starts_with(&format!("the peer is at {other} (op 1), expected "))
        };
        assert!(sides.iter().any(says), "{text}");
    }
}
