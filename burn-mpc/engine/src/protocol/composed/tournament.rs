//! Maxima by tournament, with the winner's index.

use crate::protocol::basic::input::public;
use crate::protocol::basic::product::multiply;
use crate::protocol::basic::reshare::reshare;
use crate::protocol::bits::b2a::b2a;
use crate::protocol::bits::msb::msb;
use crate::protocol::composed::matches::Present;
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::{Additive, Rss};

/// The outcome of a [`tournament`].
#[derive(Debug)]
pub struct Tournament<R> {
    /// The maximum per position, not yet reshared.
    pub values: Additive<R>,
    /// The name of the entry it came from, as an integer, not yet reshared: in a [`tournament`] the plane.
    pub planes: Additive<R>,
}

/// Names of the winners during the rounds of a tournament.
enum Winner<R> {
    Public(Vec<R>),
    Shared(Rss<R>),
}

/// Makes the calls of a tournament for their cost alone, with as many matches at every level as the tournament has.
fn declared<R: Ring>(
    ctx: &mut Context,
    planes: usize,
    present: Present,
) -> Result<Tournament<R>, ProtocolError> {
    let len = present.positions(planes);
    let index = ctx.party().index();
    let levels = present.matches(planes);
    for (level, &matches) in levels.iter().enumerate() {
        if matches > 0 {
            let at_least = msb(ctx, &Rss::<R>::counted(matches))?.not(index);
            let _: Rss<R> = b2a(ctx, &at_least)?;
            // The last level stays additive. From the second on, the winner's number is reshared with its value.
            if level + 1 < levels.len() {
                let sent = if level == 0 { matches } else { 2 * matches };
                let _ = reshare(ctx, &Additive::<R>::counted(sent))?;
            }
        }
    }
    Ok(Tournament {
        values: Additive::counted(len),
        planes: Additive::counted(len),
    })
}

/// Maximum over `planes` planes of `len` positions each, plane-major, and the plane it came from; entries that are not
/// `present` take no part.
///
/// - **Holds**: before `Rss` of all entries; after `Additive` maxima and plane numbers.
/// - **Sends**: per level, one sign call, one B2A and, except on the last level, one reshare, on all matches of the
///   level together: `ceil(log2 planes)` levels.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `max(a, b) = b + [a >= b] (a - b)`; the first of equal entries wins.
/// - **Leaks**: nothing; `present` is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn tournament<R: Ring>(
    ctx: &mut Context,
    planes: usize,
    len: usize,
    values: Rss<R>,
    present: impl Into<Present>,
) -> Result<Tournament<R>, ProtocolError> {
    let plane = |i: usize| R::from_u64((i / len.max(1)) as u64);
    tournament_of(ctx, planes, len, values, present, plane)
}

/// [`tournament`] with public numbers of the entries, by their positions, instead of planes.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn tournament_of<R: Ring>(
    ctx: &mut Context,
    planes: usize,
    len: usize,
    mut values: Rss<R>,
    present: impl Into<Present>,
    number: impl Fn(usize) -> R,
) -> Result<Tournament<R>, ProtocolError> {
    let present = present.into();
    if !ctx.computes() {
        return declared(ctx, planes, present);
    }
    debug_assert_eq!(planes * len, values.len());
    let numbers = (0..planes * len).map(number).collect();
    let mut winner = Winner::Public(numbers);
    let index = ctx.party().index();
    for level in present.levels(planes, len) {
        let matches = level.matches.len();
        let difference = values.map_to(matches, |component| level.difference(component));
        let mut gains = Additive::new(Vec::new());
        let mut bit = Rss::zeros(0);
        if !level.matches.is_empty() {
            let at_least = msb(ctx, &difference)?.not(index);
            bit = b2a(ctx, &at_least)?;
            gains = multiply(&bit, &difference);
        }
        let steps = match &winner {
            Winner::Public(numbers) => {
                let step = level.difference(numbers);
                Some((
                    bit.map_each(|b| ring::mul(b, &step)),
                    public(ctx.party(), numbers),
                ))
            }
            Winner::Shared(_) => None,
        };
        if level.is_last {
            let planes = match (&winner, &steps) {
                (Winner::Shared(shared), _) => {
                    let step = multiply(&bit, &shared.map_to(matches, |c| level.difference(c)));
                    level.place(shared.first(), step.part())
                }
                (Winner::Public(_), Some((step, lifted))) => {
                    level.place(lifted.first(), step.first())
                }
                (Winner::Public(_), None) => Vec::new(),
            };
            return Ok(Tournament {
                values: Additive::new(level.place(values.first(), gains.part())),
                planes: Additive::new(planes),
            });
        }
        let mut sent = gains.part().to_vec();
        if let Winner::Shared(shared) = &winner {
            sent.extend_from_slice(
                multiply(&bit, &shared.map_to(matches, |c| level.difference(c))).part(),
            );
        }
        let won = if sent.is_empty() {
            Rss::zeros(0)
        } else {
            reshare(ctx, &Additive::new(sent))?
        };
        let next = match (&winner, steps) {
            (Winner::Shared(old), _) => Rss::new(
                level.place(old.first(), &won.first()[matches..]),
                level.place(old.second(), &won.second()[matches..]),
            ),
            (Winner::Public(_), Some((step, lifted))) => Rss::new(
                level.place(lifted.first(), step.first()),
                level.place(lifted.second(), step.second()),
            ),
            (Winner::Public(_), None) => Rss::zeros(0),
        };
        winner = Winner::Shared(next);
        values = Rss::new(
            level.place(values.first(), &won.first()[..matches]),
            level.place(values.second(), &won.second()[..matches]),
        );
    }
    let planes = match &winner {
        Winner::Public(numbers) => public(ctx.party(), numbers).to_additive(),
        Winner::Shared(shared) => shared.to_additive(),
    };
    Ok(Tournament {
        values: values.to_additive(),
        planes,
    })
}
