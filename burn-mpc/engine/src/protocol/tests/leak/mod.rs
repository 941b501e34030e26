//! Compares whole views for two secrets: a dependence shows as a huge score.
//!
//! A smoke test, not a proof: everything a party draws, receives, sends, holds before and holds after, singly, in
//! pairs, in triples and in linear combinations, mostly on `Z_2^4`; of wide words both ends. There are three looks at
//! every case.
//!
//! - At large: all shares and draws are random, per instance.
//! - Watched: for one party after the other, its own shares and the draws from its two keys are the same in all
//!   instances and for both secrets. So whatever it can subtract by itself is gone, and a message that lacks a pad
//!   unknown to it shows alone or in a pair. All pairs are compared. There are several samples of these constants,
//!   since some leaks show only for some; every other sample is of a random pair of secrets.
//! - Related: like watched, but compares parities of any number of bits, and of products of two bits (`relations`).
//!
//! `mutations` spoils every draw of the cases, one after the other, and demands that this shows.
//!
//! To stay cheap (about four minutes of processor time for all, in the dev profile) watched looks have fewer instances
//! and fewer triples: pairs find a dependence there, and its score grows with the instances.

mod broken;
mod broken_rounds;
mod compositions;
mod exact;
mod gates;
mod integers;
mod masked;
mod mutations;
mod primitives;
mod rounds;

use super::relations;
use super::statistics::{Depth, Sight, worst_difference};
use super::view::{Change, Site, Stage, View};
use crate::Party;
use crate::protocol::testing::{Setup, SplitMix, attempt, mine, seed};
use crate::protocol::{Context, ProtocolError, Truncation};
use crate::ring::Ring;
use crate::share::{BitShare, Rss};

/// Instances at large: whole words of bits.
const INSTANCES: usize = 40_000;
/// Instances of a watched look.
const FEWER: usize = 8192;
/// Samples of watched looks: one sample shows some leaks only half of the time.
const SAMPLES: u64 = 8;

const AT_LARGE: Depth = Depth {
    pairs: 400,
    more: 400,
};
const WATCHED: Depth = Depth {
    pairs: 30_000,
    more: 40,
};

const NOTHING: Depth = Depth { pairs: 0, more: 0 };

/// Instances in which relations are looked for, more where there are more bits.
const RELATED: usize = 1024;

type Outcome = Result<(), ProtocolError>;

fn see_share<R: Ring>(ctx: &mut Context, share: &Rss<R>) {
    ctx.see(share.first());
    ctx.see(share.second());
}

fn see_bits(ctx: &mut Context, share: &BitShare) {
    ctx.see_planes(share.first());
    ctx.see_planes(share.second());
}

/// What a party holds before: shares of some secrets, the same in all instances, and of the two low bits of the first
/// secret.
struct Held<R> {
    shares: Vec<Rss<R>>,
    bits: [BitShare; 2],
    /// The secrets themselves, for the party that owns them.
    secrets: Vec<i64>,
    /// Instances.
    n: usize,
}

/// Which secrets are compared: given ones, and random ones.
struct Secrets {
    given: [Vec<i64>; 2],
    random: Box<Draw>,
}

/// A random pair of secrets.
type Draw = dyn Fn(&mut SplitMix) -> [Vec<i64>; 2];

impl Secrets {
    /// `given`, and random pairs.
    fn any(given: [i64; 2]) -> Self {
        Self {
            given: given.map(|secret| vec![secret]),
            random: Box::new(|rng| {
                let first = rng.next().cast_signed();
                // Different in the small ring, and the lowest bits too.
                [
                    vec![first],
                    vec![first.wrapping_add(3 + 4 * rng.below(3) as i64)],
                ]
            }),
        }
    }

    /// `given`, and the pairs that `random` makes.
    fn such(
        given: [Vec<i64>; 2],
        random: impl Fn(&mut SplitMix) -> [Vec<i64>; 2] + 'static,
    ) -> Self {
        let random = Box::new(random);
        Self { given, random }
    }
}

/// One look at a case.
#[derive(Clone, Copy)]
struct Look {
    instances: usize,
    watched: Option<(Party, u64)>,
    change: Option<Change>,
    depth: Depth,
    /// Whether relations are looked for instead of statistics.
    related: bool,
}

/// A protocol and its inputs.
struct Case {
    name: String,
    /// The parties that must not learn the secret.
    parties: Vec<Party>,
    samples: u64,
    instances: usize,
    look: Box<Looks>,
}

/// What parties see in one look, and the draws that were made.
type Looks = dyn Fn(Look, &[Party]) -> (Sight, Vec<Site>);

/// How a case runs.
#[derive(Clone, Copy, Default)]
struct How {
    truncation: Truncation,
    areas: [usize; 2],
}

impl Case {
    fn new<R: Ring>(
        name: impl Into<String>,
        secrets: Secrets,
        body: impl Fn(&mut Context, &Held<R>) -> Outcome + Sync + 'static,
    ) -> Self {
        Self::which(name, How::default(), secrets, body)
    }

    /// A case on shares of one secret.
    fn on_share<R: Ring>(
        name: impl Into<String>,
        given: [i64; 2],
        body: impl Fn(&mut Context, &Rss<R>) -> Outcome + Sync + 'static,
    ) -> Self {
        Self::new(name, Secrets::any(given), move |ctx, held: &Held<R>| {
            see_share(ctx, &held.shares[0]);
            body(ctx, &held.shares[0])
        })
    }

    /// A case on two shared bits.
    fn on_bits(
        name: impl Into<String>,
        body: impl Fn(&mut Context, &[BitShare; 2]) -> Outcome + Sync + 'static,
    ) -> Self {
        Self::new(
            name,
            Secrets::any([0, 3]),
            move |ctx, held: &Held<crate::ring::Z4>| {
                see_bits(ctx, &held.bits[0]);
                see_bits(ctx, &held.bits[1]);
                body(ctx, &held.bits)
            },
        )
    }

    fn which<R: Ring>(
        name: impl Into<String>,
        how: How,
        secrets: Secrets,
        body: impl Fn(&mut Context, &Held<R>) -> Outcome + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            parties: Party::ALL.to_vec(),
            samples: SAMPLES,
            instances: FEWER,
            look: Box::new(move |look, parties| compare::<R>(look, parties, how, &secrets, &body)),
        }
    }

    /// Uses fewer samples and instances of watched looks, for a case with many items.
    fn wide(self) -> Self {
        Self {
            samples: 2,
            instances: 4096,
            ..self
        }
    }

    /// All draws that the case makes.
    fn sites(&self) -> Vec<Site> {
        // As many instances as are compared: roles depend on the lengths of earlier messages.
        let look = Look {
            instances: RELATED,
            watched: None,
            change: None,
            depth: NOTHING,
            related: false,
        };
        (self.look)(look, &[]).1
    }

    fn at_large(&self) -> Sight {
        let look = Look {
            instances: INSTANCES,
            watched: None,
            change: None,
            depth: AT_LARGE,
            related: false,
        };
        (self.look)(look, &self.parties).0
    }

    /// The worst score of what watched parties see in samples `samples`; stops once there is certainly a leak.
    fn watched(
        &self,
        samples: std::ops::Range<u64>,
        instances: usize,
        change: Option<Change>,
    ) -> Sight {
        let mut sight = Sight::NOTHING;
        for sample in samples {
            for &party in &self.parties {
                let look = Look {
                    instances,
                    watched: Some((party, sample)),
                    change,
                    depth: WATCHED,
                    related: false,
                };
                sight = sight.and((self.look)(look, &[party]).0);
                if sight.is_certain() {
                    return sight;
                }
            }
        }
        sight
    }

    /// The worst score of relations among any number of bits that watched parties see; stops once there is certainly a
    /// leak.
    fn related(&self, samples: std::ops::Range<u64>, change: Option<Change>) -> Sight {
        let mut sight = Sight::NOTHING;
        for sample in samples {
            for &party in &self.parties {
                let look = Look {
                    instances: RELATED,
                    watched: Some((party, sample)),
                    change,
                    depth: NOTHING,
                    related: true,
                };
                sight = sight.and((self.look)(look, &[party]).0);
                if sight.is_certain() {
                    return sight;
                }
            }
        }
        sight
    }

    fn assert_tight(&self) {
        let name = &self.name;
        let looks = [
            self.at_large(),
            self.watched(0..self.samples, self.instances, None),
            self.related(0..self.samples.div_ceil(8), None),
        ];
        for (sight, how) in looks.into_iter().zip(["at large", "watched", "related"]) {
            println!("{name}, {how}: {:.2} of {}", sight.worst, sight.compared);
            let (worst, limit) = (sight.worst, sight.limit());
            assert!(
                sight.is_tight(),
                "{name}, {how}, depends on the secret: {worst} > {limit}; MPC_SEED={}",
                seed(1001)
            );
        }
    }

    fn assert_flagged(&self) {
        let looks = [
            self.at_large(),
            self.watched(0..self.samples, self.instances, None),
        ];
        let worst = looks.map(|sight| sight.worst);
        println!("{}: {worst:?}", self.name);
        assert!(
            worst[0].max(worst[1]) > 10.0,
            "{}: the broken protocol was not noticed: {worst:?}; MPC_SEED={}",
            self.name,
            seed(1001)
        );
    }
}

/// Runs `body` on both secrets and compares the views of `parties`; the shapes of both transcripts
/// must be equal.
fn compare<R: Ring>(
    look: Look,
    parties: &[Party],
    how: How,
    secrets: &Secrets,
    body: &(dyn Fn(&mut Context, &Held<R>) -> Outcome + Sync),
) -> (Sight, Vec<Site>) {
    let sample = look.watched.map_or(0, |(_, sample)| sample);
    let mut rng = SplitMix(seed(1001) ^ sample << 32);
    let pair = if sample % 2 == 1 {
        (secrets.random)(&mut rng)
    } else {
        secrets.given.clone()
    };
    // The same for both secrets.
    let own = rng.next();
    let runs = pair.map(|secrets| run::<R>(look, how, &secrets, (own, rng.next()), body));
    let met = runs.iter().all(|run| run.iter().any(|view| view.spoilt));
    assert!(look.change.is_none() || met, "the draw was not made");
    let mut sight = Sight::NOTHING;
    for party in parties {
        let [a, b] = [0, 1].map(|run| &runs[run][party.index()]);
        assert_eq!(a.shape, b.shape, "transcript shape depends on the secret");
        if !look.related {
            sight = sight.and(worst_difference(a, b, look.depth, &mut rng));
            continue;
        }
        match relations::found(a, b) {
            Ok(found) => sight = sight.and(found.sight),
            Err(instances) => {
                let more = Look { instances, ..look };
                return compare::<R>(more, parties, how, secrets, body);
            }
        }
    }
    let sites = runs[0].iter().flat_map(|view| view.sites.clone());
    let mut found: Vec<Site> = Vec::new();
    for site in sites {
        if !found.contains(&site) {
            found.push(site);
        }
    }
    (sight, found)
}

fn run<R: Ring>(
    look: Look,
    how: How,
    secrets: &[i64],
    (own, other): (u64, u64),
    body: &(dyn Fn(&mut Context, &Held<R>) -> Outcome + Sync),
) -> [View; 3] {
    let n = look.instances;
    let mut rng = SplitMix(other);
    let mut shares: Vec<[Rss<R>; 3]> = Vec::new();
    for &secret in secrets {
        shares.push(rng.deal(&vec![R::from_i64(secret); n]));
    }
    let low = [0, 1].map(|bit| secrets[0] >> bit & 1 == 1);
    let mut bits = low.map(|bit| rng.deal_bits(&vec![bit; n]));
    if let Some((party, _)) = look.watched {
        // The own components are the same for both secrets; the third makes the secret.
        let mut own = SplitMix(own);
        for (share, &secret) in shares.iter_mut().zip(secrets) {
            let [a, b] = [own.next(), own.next()].map(R::from_u64);
            *share = rotated(party, [a, b, R::from_i64(secret) - a - b])
                .map(|[x, y]| Rss::new(vec![x; n], vec![y; n]));
        }
        for (bits, bit) in bits.iter_mut().zip(low) {
            let [a, b] = [own.next(), own.next()].map(|word| word & 1 == 1);
            let words = |bit: bool| vec![if bit { u64::MAX } else { 0 }; n.div_ceil(64)];
            *bits = rotated(party, [a, b, bit ^ a ^ b])
                .map(|[x, y]| BitShare::new(n, words(x), words(y)));
        }
    }
    let setup = Setup {
        record: Some(n),
        truncation: how.truncation,
        stage: Stage {
            watched: look.watched,
            change: look.change,
            areas: how.areas,
            columns: look.related,
        },
        ..Setup::of(rng.next())
    };
    let outcomes = attempt(setup, &|ctx: &mut Context| {
        let held = Held {
            shares: shares
                .iter()
                .map(|share| mine(ctx, share).clone())
                .collect(),
            bits: [mine(ctx, &bits[0]).clone(), mine(ctx, &bits[1]).clone()],
            secrets: secrets.to_vec(),
            n,
        };
        body(ctx, &held)
    });
    outcomes.map(|(result, facts)| {
        result.expect("a run");
        facts.view.expect("recorded")
    })
}

/// The pairs of components of all parties; `party` holds the first two components.
fn rotated<T: Copy>(party: Party, [own, next, missing]: [T; 3]) -> [[T; 2]; 3] {
    let mut components = [own; 3];
    components[party.next().index()] = next;
    components[party.prev().index()] = missing;
    [0, 1, 2].map(|i| [components[i], components[(i + 1) % 3]])
}
