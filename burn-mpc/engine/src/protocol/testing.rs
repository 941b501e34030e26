//! Three parties on three threads, with every run checked against its declared cost.

use std::sync::Mutex;
use std::time::Duration;

use crate::Party;
use crate::net::tap::{Record, Records, Tap};
use crate::net::{Counters, HEADER_BYTES, Mesh, Transport, memory::mesh3};
use crate::prg::{Prg, agree_from_insecure_seed};
use crate::protocol::tests::view::{Stage, View};
use crate::protocol::{Context, Ledger, ProtocolError, Truncation};
use crate::ring::Ring;
use crate::share::{Additive, BitShare, Rss, dealer};

/// The seed of a test, which `MPC_SEED` overrides.
pub(crate) fn seed(default: u64) -> u64 {
    std::env::var("MPC_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// Whether a long test runs whole instead of in part: the variable is `all`.
pub(crate) fn whole(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| value == "all")
}

/// The `splitmix64` sequence.
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub(crate) fn words<R: Ring>(&mut self, len: usize) -> Vec<R> {
        (0..len).map(|_| R::from_u64(self.next())).collect()
    }

    /// Uniform in `[-2^bits, 2^bits)`.
    pub(crate) fn signed<R: Ring>(&mut self, bits: u32, len: usize) -> Vec<R> {
        let low = |word: u64| (word & ((2 << bits) - 1)).cast_signed() - (1 << bits);
        (0..len).map(|_| R::from_i64(low(self.next()))).collect()
    }

    /// The three parties' shares of `values`.
    pub(crate) fn deal<R: Ring>(&mut self, values: &[R]) -> [Rss<R>; 3] {
        let masks = [self.words(values.len()), self.words(values.len())];
        dealer::split(values, [&masks[0], &masks[1]])
    }

    /// The three parties' parts of `values`.
    pub(crate) fn deal_additive<R: Ring>(&mut self, values: &[R]) -> [Additive<R>; 3] {
        self.deal(values).map(|share| share.to_additive())
    }

    /// The three parties' shares of bits.
    pub(crate) fn deal_bits(&mut self, bits: &[bool]) -> [BitShare; 3] {
        let clear = crate::ring::pack_bools(bits);
        let mut mask = || (0..clear.len()).map(|_| self.next()).collect::<Vec<u64>>();
        let (x, y) = (mask(), mask());
        let z: Vec<u64> = clear
            .iter()
            .zip(&x)
            .zip(&y)
            .map(|((c, x), y)| c ^ x ^ y)
            .collect();
        let share = |a: &[u64], b: &[u64]| BitShare::new(bits.len(), a.to_vec(), b.to_vec());
        [share(&x, &y), share(&y, &z), share(&z, &x)]
    }
}

/// The values of three shares, whose copies must agree.
pub(crate) fn join<R: Ring>(shares: &[Rss<R>; 3]) -> Vec<R> {
    dealer::join([&shares[0], &shares[1], &shares[2]]).expect("replicas agree")
}

/// The values of three additive parts.
pub(crate) fn join_additive<R: Ring>(parts: &[Additive<R>; 3]) -> Vec<R> {
    let [a, b, c] = [0, 1, 2].map(|i| parts[i].part());
    assert!(a.len() == b.len() && b.len() == c.len());
    (0..a.len()).map(|i| a[i] + b[i] + c[i]).collect()
}

/// The bits of three shares, whose copies must agree.
pub(crate) fn join_bits(shares: &[BitShare; 3]) -> Vec<bool> {
    for i in 0..3 {
        assert_eq!(
            shares[i].second(),
            shares[(i + 1) % 3].first(),
            "replicas agree"
        );
    }
    let bit = |i: usize| {
        shares
            .iter()
            .fold(0, |sum, s| sum ^ (s.first()[i / 64] >> (i % 64) & 1))
    };
    (0..shares[0].len()).map(|i| bit(i) == 1).collect()
}

/// How to run three parties.
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) seed: u64,
    pub(crate) truncation: Truncation,
    pub(crate) deadline: Duration,
    /// Instances whose views are recorded, 0 for the shape only.
    pub(crate) record: Option<usize>,
    /// What is staged for a recorded view.
    pub(crate) stage: Stage,
    /// Whether received frames are kept.
    pub(crate) tapped: bool,
    /// Whether the pads of long messages restart at every piece: a fault, for tests that must notice it.
    pub(crate) pieces_repeat: bool,
}

impl Setup {
    pub(crate) fn of(seed: u64) -> Self {
        let deadline = Duration::from_mins(1);
        Self {
            seed,
            truncation: Truncation::Faithful,
            deadline,
            record: None,
            stage: Stage::default(),
            tapped: false,
            pieces_repeat: false,
        }
    }
}

/// What one party did.
pub(crate) struct Facts {
    pub(crate) declared: Ledger,
    pub(crate) counters: Counters,
    pub(crate) view: Option<View>,
    /// The received frames, if they are kept.
    pub(crate) frames: Vec<Record>,
}

/// Runs `body` at three parties and checks nothing.
pub(crate) fn attempt<T: Send>(
    setup: Setup,
    body: &(impl Fn(&mut Context) -> Result<T, ProtocolError> + Sync),
) -> [(Result<T, ProtocolError>, Facts); 3] {
    let results = [(); 3].map(|()| Mutex::new(None));
    let facts = play(setup, &|ctx| {
        let result = body(ctx);
        *results[ctx.party().index()].lock().unwrap() = Some(result);
    });
    let mut results = results.into_iter();
    facts.map(|facts| {
        let result = results.next().and_then(|slot| slot.into_inner().unwrap());
        (result.expect("the party's result"), facts)
    })
}

/// Compiled once for all tests.
fn play(setup: Setup, body: &(dyn Fn(&mut Context) + Sync)) -> [Facts; 3] {
    std::thread::scope(|scope| {
        let handles = mesh3(setup.deadline).map(|transport| {
            scope.spawn(move || {
                let mut transport: Box<dyn Transport> = Box::new(transport);
                let mut records = Records::default();
                if setup.tapped {
                    let tap = Tap::new(transport);
                    records = tap.records();
                    transport = Box::new(tap);
                }
                let mut mesh = Mesh::new(transport, setup.deadline);
                let (keys, session) = agree_from_insecure_seed(&mut mesh, setup.seed);
                let mut prg = Prg::new(&keys);
                if setup.stage.change.is_some() {
                    prg.let_addresses_repeat();
                }
                if setup.pieces_repeat {
                    prg.let_pieces_repeat();
                }
                let mut ctx = Context::new(mesh, prg, session.as_bytes(), setup.truncation);
                ctx.expand_alike();
                ctx.probe
                    .record(setup.record.map(|n| View::of(n, setup.stage)));
                body(&mut ctx);
                Facts {
                    declared: ctx.declared().clone(),
                    counters: ctx.counters(),
                    view: ctx.probe.record(None),
                    frames: records.snapshot(),
                }
            })
        });
        handles.map(|handle| match handle.join() {
            Ok(facts) => facts,
            Err(panic) => {
                eprintln!("a party panicked; MPC_SEED={}", setup.seed);
                std::panic::resume_unwind(panic)
            }
        })
    })
}

/// A run in which every party succeeded at exactly its declared cost.
pub(crate) struct Run<T> {
    pub(crate) parties: [T; 3],
    pub(crate) payload_bits: u64,
    pub(crate) rounds: u32,
}

/// Runs `body` at three parties and in an estimate; bytes, frames and rounds must be as declared.
pub(crate) fn run<T: Send>(
    setup: Setup,
    body: impl Fn(&mut Context) -> Result<T, ProtocolError> + Sync,
) -> Run<T> {
    let note = format!("MPC_SEED={}", setup.seed);
    let mut payload = 0;
    let mut estimate = Context::estimating(setup.truncation);
    body(&mut estimate).unwrap_or_else(|error| panic!("estimate: {error}; {note}"));
    let mut parties = Party::ALL.into_iter();
    let parties = attempt(setup, &body).map(|(result, facts)| {
        let party = parties.next().expect("three parties");
        let value = result.unwrap_or_else(|error| panic!("{party}: {error}; {note}"));
        check(party, &facts, estimate.declared(), &note);
        let measured = facts.counters;
        payload += measured.bytes_sent - HEADER_BYTES as u64 * measured.frames_sent;
        value
    });
    Run {
        parties,
        payload_bits: 8 * payload,
        rounds: estimate.declared().rounds(),
    }
}

/// Checks that a party spent what it and the estimate declare.
fn check(party: Party, facts: &Facts, estimate: &Ledger, note: &str) {
    let (declared, measured, i) = (&facts.declared, facts.counters, party.index());
    assert_eq!(declared, estimate, "{party}: live and estimate; {note}");
    assert_eq!(
        measured.bytes_sent,
        declared.sent()[i],
        "{party}: bytes; {note}"
    );
    assert_eq!(
        measured.frames_sent,
        declared.frames()[i],
        "{party}: frames; {note}"
    );
    assert_eq!(
        measured.round,
        declared.clocks()[i],
        "{party}: rounds; {note}"
    );
}

/// [`run`] in faithful mode, for the results alone.
pub(crate) fn three<T: Send>(
    seed: u64,
    body: impl Fn(&mut Context) -> Result<T, ProtocolError> + Sync,
) -> [T; 3] {
    run(Setup::of(seed), body).parties
}

/// This party's entry.
pub(crate) fn mine<'a, T>(ctx: &Context, shares: &'a [T; 3]) -> &'a T {
    &shares[ctx.party().index()]
}
