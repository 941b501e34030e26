//! A protocol, its inputs, and the comparison of what a party receives in all cells.

use std::collections::HashMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use super::heard::assert_heard;
use super::held::{Form, Held, Pieces};
use super::script::{Drawn, Script, ways};
use crate::Party;
use crate::net::Mesh;
use crate::net::memory::mesh3;
use crate::net::tap::{Record, Tap};
use crate::prg::{Prg, agree_from_insecure_seed};
use crate::protocol::testing::SplitMix;
use crate::protocol::tests::view::{Change, Stage, View};
use crate::protocol::{Context, ProtocolError, Truncation};
use crate::ring::Ring;

pub(super) type Outcome = Result<(), ProtocolError>;

/// What the result tells a party, from all pieces.
type Told = dyn Fn(Party, &[u64]) -> u64 + Sync;

/// Instances of a run: whole words of bits, one chunk of a comparison, and enough for gates to be cut into lanes.
///
/// Always the same number, since roles depend on how long messages are: in a program of several calls the three parties
/// together must be watched in all roles.
const TOGETHER: usize = 1 << 13;

/// A protocol and the form of its inputs.
pub(super) struct Case {
    pub(super) name: String,
    pieces: Pieces,
    truncation: Truncation,
    /// Elements of the patches of an instance.
    areas: [usize; 2],
    told: Box<Told>,
    body: Box<Body>,
}

/// What the three parties saw, and the frames that came.
type Seen = [(View, Vec<Record>); 3];

type Body = dyn Fn(&mut Context, &Held) -> Outcome + Sync;

impl Case {
    /// A protocol on the ring `R`. To add one to the lists takes this line.
    pub(super) fn new<R: Ring>(
        name: impl Into<String>,
        inputs: &[Form],
        body: impl Fn(&mut Context, &Held) -> Outcome + Sync + 'static,
    ) -> Self {
        Self {
            name: format!("{}, {} bits", name.into(), R::BITS),
            pieces: Pieces::of(inputs, R::BITS),
            truncation: Truncation::Faithful,
            areas: [0; 2],
            told: Box::new(|_, _| 0),
            body: Box::new(body),
        }
    }

    /// In a session that truncates like this.
    pub(super) fn truncating(self, truncation: Truncation) -> Self {
        Self { truncation, ..self }
    }

    /// With one patch of so many elements in an instance.
    pub(super) fn patches(self, area: usize) -> Self {
        let areas = [area, 0];
        Self { areas, ..self }
    }

    /// With a result that tells a party something: cells are compared that tell it the same.
    pub(super) fn telling(self, told: impl Fn(Party, &[u64]) -> u64 + Sync + 'static) -> Self {
        Self {
            told: Box::new(told),
            ..self
        }
    }

    /// Runs instances in the three parties.
    fn run(&self, watch: Watch, script: &Arc<Script>, instances: &[&[u64]]) -> Seen {
        let deadline = Duration::from_mins(1);
        let n = instances.len();
        let stage = Stage {
            watched: Some((watch.party, watch.sample)),
            change: watch.change,
            areas: self.areas,
            columns: false,
        };
        std::thread::scope(|scope| {
            let handles = mesh3(deadline).map(|transport| {
                scope.spawn(move || {
                    let tap = Tap::new(Box::new(transport));
                    let records = tap.records();
                    let mut mesh = Mesh::new(Box::new(tap), deadline);
                    // All draws are replaced by those of the script and of the stage.
                    let (keys, session) = agree_from_insecure_seed(&mut mesh, 1);
                    let mut prg = Prg::new(&keys);
                    if watch.change.is_some() {
                        prg.let_addresses_repeat();
                    }
                    let mut ctx = Context::new(mesh, prg, session.as_bytes(), self.truncation);
                    let watched = ctx.party() == watch.party;
                    let view = View::scripted(n, stage, Arc::clone(script), watched);
                    ctx.probe.record(Some(view));
                    let held = self.pieces.held(ctx.party(), instances);
                    (self.body)(&mut ctx, &held).expect("a run");
                    let view = ctx.probe.record(None).expect("a view");
                    (view, records.snapshot())
                })
            });
            handles.map(|handle| handle.join().expect("a party"))
        })
    }

    /// Runs instances of which all draws from the missing key are 0, to see which draws there are.
    pub(super) fn look(&self, watch: Watch) -> (Drawn, [View; 3]) {
        let script = Arc::new(Script::default());
        let pieces = self.pieces.in_cell(watch.party, watch.sample, 0);
        let views = self.run(watch, &script, &[&pieces[..]; TOGETHER]);
        let views = views.map(|(view, _)| view);
        (script.found(), views)
    }

    /// Calls `take` with every cell and all that the watched party receives in it, one entry for each way to draw, in
    /// order. Returns how many bits it receives in an instance.
    fn each_cell(
        &self,
        watch: Watch,
        drawn: &Drawn,
        cells: &[u64],
        mut take: impl FnMut(u64, &[u128]) -> ControlFlow<()>,
    ) -> u32 {
        let per_cell = ways(drawn);
        let total = per_cell * cells.len() as u64;
        let pieces: Vec<Vec<u64>> = cells
            .iter()
            .map(|&cell| self.pieces.in_cell(watch.party, watch.sample, cell))
            .collect();
        let mut received = Vec::new();
        let (mut cell, mut bits) = (0, 0);
        for first in (0..total).step_by(TOGETHER) {
            let script = Arc::new(Script::of(drawn, first));
            // The last run is filled up with instances that are then left out.
            let of = |number: u64| &pieces[(number / per_cell) as usize % pieces.len()][..];
            let instances: Vec<&[u64]> = (first..).take(TOGETHER).map(of).collect();
            let views = self.run(watch, &script, &instances);
            assert!(script.found() == *drawn, "{}: other draws", self.name);
            let used = (total - first).min(TOGETHER as u64) as usize;
            let (view, frames) = &views[watch.party.index()];
            if first == 0 && watch.change.is_none() {
                assert_heard(&self.name, view, frames, self.areas);
            }
            bits = view.items.iter().map(|item| item.bits).sum();
            let mut tuples = tuples(view, used).into_iter();
            while tuples.len() > 0 {
                let missing = per_cell as usize - received.len();
                received.extend(tuples.by_ref().take(missing));
                if received.len() as u64 == per_cell {
                    received.sort_unstable();
                    if take(cells[cell], &received).is_break() {
                        return bits;
                    }
                    received.clear();
                    cell += 1;
                }
            }
        }
        bits
    }

    /// Compares what the watched party receives in some cells, over all ways to draw what it does not know. Stops if
    /// that differs between two cells that tell the party the same.
    pub(super) fn compare(&self, watch: Watch, drawn: &Drawn, most: u64) -> Compared {
        let cells = self.pieces.cells(watch.party);
        let some = self.some_cells(watch, most);
        let mut compared = Compared {
            cells,
            looked: some.len() as u64,
            bits: 0,
            pairs: 0,
            different: None,
        };
        let mut before: HashMap<u64, (u64, Vec<u128>)> = HashMap::new();
        let bits = self.each_cell(watch, drawn, &some, |cell, received| {
            let pieces = self.pieces.in_cell(watch.party, watch.sample, cell);
            let told = (self.told)(watch.party, &pieces);
            let Some((other, reference)) = before.get(&told) else {
                before.insert(told, (cell, received.to_vec()));
                return ControlFlow::Continue(());
            };
            compared.pairs += 1;
            if reference == received {
                return ControlFlow::Continue(());
            }
            let other = self.pieces.in_cell(watch.party, watch.sample, *other);
            compared.different = Some(Difference::of([other, pieces], [reference, received]));
            ControlFlow::Break(())
        });
        compared.bits = bits;
        compared
    }

    /// At most so many cells: all, or some at random.
    fn some_cells(&self, watch: Watch, most: u64) -> Vec<u64> {
        let all = self.pieces.cells(watch.party);
        if all <= most {
            return (0..all).collect();
        }
        let mut rng = SplitMix(watch.sample ^ 0x6365_6c6c);
        let mut some = std::collections::BTreeSet::new();
        while (some.len() as u64) < most {
            some.insert(rng.next() % all);
        }
        some.into_iter().collect()
    }
}

/// Who is watched, which constants it holds and draws, and which draw is spoilt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    pub(super) party: Party,
    pub(super) sample: u64,
    pub(super) change: Option<Change>,
}

/// All items that a party received in each instance, side by side.
fn tuples(view: &View, used: usize) -> Vec<u128> {
    let bits: u32 = view.items.iter().map(|item| item.bits).sum();
    assert!(bits <= u128::BITS, "{bits} bits in an instance");
    let mut tuples = vec![0_u128; used];
    for item in &view.items {
        let values = tuples.iter_mut().zip(&item.values);
        values.for_each(|(tuple, &value)| *tuple = *tuple << item.bits | u128::from(value));
    }
    tuples
}

/// The result of a comparison.
#[derive(Debug)]
pub(super) struct Compared {
    /// Ways to choose what it does not know of the inputs, and how many of them were looked at.
    pub(super) cells: u64,
    pub(super) looked: u64,
    /// Bits that it receives in an instance.
    pub(super) bits: u32,
    /// Cells that were compared with another that tells the party the same.
    pub(super) pairs: u64,
    pub(super) different: Option<Difference>,
}

/// Two cells in which a party receives something not equally often.
#[derive(Debug)]
pub(super) struct Difference {
    pieces: [Vec<u64>; 2],
    received: u128,
    times: [usize; 2],
}

impl Difference {
    fn of(pieces: [Vec<u64>; 2], sorted: [&[u128]; 2]) -> Self {
        let times = |tuple: u128| {
            sorted
                .map(|of| of.partition_point(|&x| x <= tuple) - of.partition_point(|&x| x < tuple))
        };
        let differs = |&tuple: &u128| times(tuple)[0] != times(tuple)[1];
        let received = sorted[0].iter().copied().find(differs);
        let received = received.expect("as many tuples in both cells");
        Self {
            pieces,
            received,
            times: times(received),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([a, b], [m, n]) = (&self.pieces, self.times);
        let received = self.received;
        write!(
            f,
            "{received:#x} comes {m} times for the pieces {a:?}, {n} times for {b:?}"
        )
    }
}
