//! Maxima by tournament, with the winner's public or shared index.

use crate::protocol::basic::input::public;
use crate::protocol::basic::product::multiply;
use crate::protocol::basic::reshare::reshare;
use crate::protocol::bits::b2a::b2a;
use crate::protocol::bits::msb::msb;
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::{Additive, BitShare, Rss};

/// `[x > y]` for every element: `msb(y - x)`, so that equal values give 0.
///
/// This is one call of [`msb`]; holds, sends, randomness and leaks are the same. Correct while `|x - y| < 2^(k-1)`.
///
/// # Errors
/// Those of [`msb`].
pub fn greater<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    y: &Rss<R>,
) -> Result<BitShare, ProtocolError> {
    msb(ctx, &y.zip_each(x, crate::ring::sub))
}

/// The outcome of a [`tournament`].
#[derive(Debug)]
pub struct Tournament<R> {
    /// The maximum per position, not yet reshared.
    pub values: Additive<R>,
    /// The plane it came from, if asked for, as an integer.
    pub planes: Option<Additive<R>>,
}

/// Plane numbers of the winners during the rounds of a tournament.
enum Winner<R> {
    Public(Vec<R>),
    Shared(Rss<R>),
}

/// The matches of one level.
struct Level {
    /// `(first contestant, second contestant, result)` as flat positions.
    matches: Vec<(usize, usize, usize)>,
    /// `(survivor, result)` where only one contestant exists.
    walkovers: Vec<(usize, usize)>,
    /// Which results exist.
    present: Vec<bool>,
}

impl Level {
    fn draw(planes: usize, len: usize, present: &[bool]) -> Self {
        let results = planes.div_ceil(2);
        let mut level = Self {
            matches: vec![],
            walkovers: vec![],
            present: vec![false; results * len],
        };
        for result in 0..results * len {
            let (pair, position) = (result / len, result % len);
            let a = 2 * pair * len + position;
            let b = if 2 * pair + 1 < planes {
                Some(a + len)
            } else {
                None
            };
            let b = b.filter(|&b| present[b]);
            match (present[a], b) {
                (true, Some(b)) => level.matches.push((a, b, result)),
                (true, None) => level.walkovers.push((a, result)),
                (false, Some(b)) => level.walkovers.push((b, result)),
                (false, None) => continue,
            }
            level.present[result] = true;
        }
        level
    }

    /// Puts winners and walkovers of one component in their places.
    fn place<R: Ring>(&self, old: &[R], won: &[R]) -> Vec<R> {
        let mut out = vec![R::ZERO; self.present.len()];
        for (&(_, b, result), &gain) in self.matches.iter().zip(won) {
            out[result] = old[b] + gain;
        }
        for &(survivor, result) in &self.walkovers {
            out[result] = old[survivor];
        }
        out
    }

    /// `contestant a - contestant b` of every match.
    fn difference<R: Ring>(&self, values: &[R]) -> Vec<R> {
        self.matches
            .iter()
            .map(|&(a, b, _)| values[a] - values[b])
            .collect()
    }
}

/// Which entries of a tournament take part; public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Whether an entry takes part, by plane and place.
    pub pattern: Vec<bool>,
    /// How often the places of each plane are repeated.
    pub outer: usize,
    /// Number of positions of each place.
    pub inner: usize,
}

impl Present {
    /// All of `planes` planes of `len` positions.
    #[must_use]
    pub fn all(planes: usize, len: usize) -> Self {
        Self {
            pattern: vec![true; planes],
            outer: len,
            inner: 1,
        }
    }

    /// Number of places of a plane.
    fn places(&self, planes: usize) -> usize {
        self.pattern.len() / planes.max(1)
    }

    /// Whether each entry takes part, by plane and position.
    fn entries(&self, planes: usize) -> Vec<bool> {
        let places = self.places(planes);
        let mut entries = Vec::with_capacity(self.pattern.len() * self.outer * self.inner);
        for plane in self.pattern.chunks(places.max(1)) {
            for _ in 0..self.outer {
                for &present in plane {
                    entries.resize(entries.len() + self.inner, present);
                }
            }
        }
        entries
    }
}

/// The pattern is by plane and position.
impl From<Vec<bool>> for Present {
    fn from(pattern: Vec<bool>) -> Self {
        Self {
            pattern,
            outer: 1,
            inner: 1,
        }
    }
}

/// Makes the calls of a tournament for their cost alone, with as many matches at every level as the tournament has.
fn declared<R: Ring>(
    ctx: &mut Context,
    mut planes: usize,
    present: Present,
    number: bool,
) -> Result<Tournament<R>, ProtocolError> {
    let places = present.places(planes);
    let repeats = present.outer * present.inner;
    let index = ctx.party().index();
    let (mut pattern, mut is_first) = (present.pattern, true);
    while planes > 1 {
        let level = Level::draw(planes, places, &pattern);
        let matches = level.matches.len() * repeats;
        if matches > 0 {
            let at_least = msb(ctx, &Rss::<R>::counted(matches))?.not(index);
            let _: Rss<R> = b2a(ctx, &at_least)?;
            // The last level stays additive. From the second on, the winner's number is reshared with its value.
            if planes > 2 {
                let sent = if number && !is_first {
                    2 * matches
                } else {
                    matches
                };
                let _ = reshare(ctx, &Additive::<R>::counted(sent))?;
            }
        }
        is_first = false;
        pattern = level.present;
        planes = planes.div_ceil(2);
    }
    let len = places * repeats;
    Ok(Tournament {
        values: Additive::counted(len),
        planes: number.then(|| Additive::counted(len)),
    })
}

/// Maximum over `planes` planes of `len` positions each, plane-major; entries that are not `present` take no part.
///
/// - **Holds**: before `Rss` of all entries; after `Additive` maxima (and plane numbers).
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
    mut planes: usize,
    len: usize,
    mut values: Rss<R>,
    present: impl Into<Present>,
    number: bool,
) -> Result<Tournament<R>, ProtocolError> {
    let present = present.into();
    if !ctx.computes() {
        return declared(ctx, planes, present, number);
    }
    let mut present = present.entries(planes);
    debug_assert_eq!(present.len(), values.len());
    let numbers = (0..planes * len)
        .map(|i| R::from_u64((i / len.max(1)) as u64))
        .collect();
    let mut winner = Winner::Public(numbers);
    let index = ctx.party().index();
    while planes > 1 {
        let level = Level::draw(planes, len, &present);
        let matches = level.matches.len();
        let difference = values.map_to(matches, |component| level.difference(component));
        let last = planes == 2;
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
                    bit.map_each(|b| crate::ring::mul(b, &step)),
                    public(ctx.party(), numbers),
                ))
            }
            Winner::Shared(_) => None,
        };
        if last {
            let planes = number.then(|| match (&winner, &steps) {
                (Winner::Shared(shared), _) => {
                    let step = multiply(&bit, &shared.map_to(matches, |c| level.difference(c)));
                    Additive::new(level.place(shared.first(), step.part()))
                }
                (Winner::Public(_), Some((step, lifted))) => {
                    Additive::new(level.place(lifted.first(), step.first()))
                }
                (Winner::Public(_), None) => Additive::new(Vec::new()),
            });
            return Ok(Tournament {
                values: Additive::new(level.place(values.first(), gains.part())),
                planes,
            });
        }
        let mut sent = gains.part().to_vec();
        if let (true, Winner::Shared(shared)) = (number, &winner) {
            sent.extend_from_slice(
                multiply(&bit, &shared.map_to(matches, |c| level.difference(c))).part(),
            );
        }
        let won = if sent.is_empty() {
            Rss::zeros(0)
        } else {
            reshare(ctx, &Additive::new(sent))?
        };
        if number {
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
        }
        values = Rss::new(
            level.place(values.first(), &won.first()[..matches]),
            level.place(values.second(), &won.second()[..matches]),
        );
        present = level.present;
        planes = planes.div_ceil(2);
    }
    let planes = number.then(|| match &winner {
        Winner::Public(numbers) => public(ctx.party(), numbers).to_additive(),
        Winner::Shared(shared) => shared.to_additive(),
    });
    Ok(Tournament {
        values: values.to_additive(),
        planes,
    })
}
