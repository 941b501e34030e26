//! The context of protocols: party, randomness, messages, declared cost.

mod balance;
pub(crate) mod checks;
mod draws;
mod execution;
pub(crate) mod flags;
pub(crate) mod lanes;
mod messages;
mod op;
mod probe;
mod program;
mod pulse;
#[cfg(not(test))]
mod recorder;
mod room;
mod wire;

use std::sync::Arc;

use crate::net::{Counters, LinksHandle, Mesh};
use crate::party::{Party, Rotation};
use crate::prg::{Expander, Prg};
use crate::protocol::context::balance::Balance;
use crate::protocol::context::checks::Checks;
use crate::protocol::context::flags::Flags;
use crate::protocol::context::probe::Probe;
use crate::protocol::context::program::Program;
use crate::protocol::context::wire::Wire;
use crate::protocol::cost::{Cost, Ledger};
use crate::protocol::error::ProtocolError;
use crate::protocol::ranges::RangeBoard;
use crate::ring::Ring;
use crate::share::BitShare;

pub use execution::Execution;
pub(crate) use op::Form;
pub use op::{A, B, C, KeyOf, Op};
pub use pulse::Pulse;

/// State of one party in one session, below tensors.
pub struct Context {
    party: Party,
    /// What happens to calls.
    execution: Execution,
    /// How products are truncated.
    truncation: Truncation,
    /// Sends and receives.
    wire: Wire,
    /// Streams of both keys; none in an estimate, or once links are closed.
    prg: Option<Prg>,
    /// Numbers calls, and hashes what must agree.
    program: Program,
    /// Adds up declared costs, and chooses rotations by them.
    balance: Balance,
    /// Observer of values and messages: a calibration, or a test.
    pub(crate) probe: Probe,
    /// Names the public permutation that expands seeds.
    expansion: [u8; 16],
    /// Which values lie where a function is not defined.
    flags: Flags,
    /// Values whose range is to be checked; none in a session that is not checked, and during the check.
    checks: Option<Checks>,
}

/// How products are truncated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Truncation {
    /// No gross error while `|z| < 2^(k-2)`: `docs/spec/truncation.md`, "Faithful".
    #[default]
    Faithful,
    /// Like faithful, with one round less and `f` bits more: `docs/spec/truncation.md`, "Star".
    Star,
    /// Fewer bits, and a gross error with probability `|z| / 2^k`: `docs/spec/truncation.md`, "Probabilistic".
    Probabilistic,
    /// Rounds to the nearest, by the value alone: what a party holds says nothing about the rounding. It takes less
    /// than twice the bits of faithful, and more rounds. (Block-)ReLUs run step by step, as in `Schedule::Classic`:
    /// `docs/spec/truncation.md`, "Exact".
    Exact,
}

impl Context {
    /// A context after set-up, with live links, agreed keys, and the session digest that starts the transcript.
    #[must_use]
    pub fn new(mesh: Mesh, prg: Prg, session: &[u8; 32], truncation: Truncation) -> Self {
        Self {
            party: mesh.party(),
            execution: Execution::Live,
            truncation,
            wire: Wire::of(mesh),
            prg: Some(prg),
            program: Program::new(session),
            balance: Balance::default(),
            probe: Probe::default(),
            expansion: expansion_key(session),
            flags: Flags::new(session),
            checks: None,
        }
    }

    /// A context without peers: every protocol only declares its cost.
    #[must_use]
    pub fn estimating(truncation: Truncation) -> Self {
        Self {
            party: Party::P0,
            execution: Execution::Estimate,
            truncation,
            wire: Wire::default(),
            prg: None,
            program: Program::new(&[]),
            balance: Balance::default(),
            probe: Probe::default(),
            expansion: expansion_key(&[]),
            flags: Flags::new(&[]),
            checks: None,
        }
    }

    /// Expands seeds in the same way in every session: tests compare the views of two sessions, in which a watched party
    /// draws the same seeds.
    #[cfg(test)]
    pub(crate) fn expand_alike(&mut self) {
        self.expansion = expansion_key(b"tests");
    }

    /// Expands seeds that travel in messages, as at both peers.
    pub(crate) fn expander(&self) -> Expander {
        Expander::new(self.expansion)
    }

    /// The streams of both keys.
    pub(crate) fn live_prg(&mut self) -> Result<&mut Prg, ProtocolError> {
        self.prg.as_mut().ok_or(ProtocolError::NoLinks)
    }

    /// This party.
    #[must_use]
    pub fn party(&self) -> Party {
        self.party
    }

    /// The truncation protocol of the session.
    #[must_use]
    pub fn truncation(&self) -> Truncation {
        self.truncation
    }

    /// What happens to calls.
    #[must_use]
    pub fn execution(&self) -> Execution {
        self.execution
    }

    /// Whether calls draw, send and compute; otherwise they return zeros of the right form.
    #[must_use]
    pub fn computes(&self) -> bool {
        self.execution.computes()
    }

    /// Sets what happens to calls from now on; returns the previous setting.
    pub fn set_execution(&mut self, execution: Execution) -> Execution {
        core::mem::replace(&mut self.execution, execution)
    }

    /// Declared totals so far.
    #[must_use]
    pub fn declared(&self) -> &Ledger {
        self.balance.declared()
    }

    /// Measured totals so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.wire.counters()
    }

    /// What set-up cost.
    #[must_use]
    pub fn setup_counters(&self) -> Counters {
        self.wire.setup_counters()
    }

    /// Sends queued frames, closes the links and erases the keys.
    pub fn close(&mut self) {
        self.wire.close();
        self.prg = None;
    }

    /// Records the magnitudes of all truncated, compared and opened values on a board that the three parties of one
    /// process share, for calibration in a process that may see the values.
    pub fn observe_ranges(&mut self, board: Arc<RangeBoard>) {
        self.probe.set_ranges(board);
    }

    /// The board of [`Self::observe_ranges`], if there is one.
    #[must_use]
    pub fn ranges(&self) -> Option<Arc<RangeBoard>> {
        self.probe.ranges()
    }

    /// Names the layer that following calls and values belong to.
    pub fn set_layer(&mut self, name: &str) {
        self.probe.set_layer(name);
    }

    /// The links, for aborting and counting from any thread; none in an estimate.
    #[must_use]
    pub fn handle(&self) -> Option<LinksHandle> {
        self.wire.handle()
    }

    /// What other threads may see of this context.
    #[must_use]
    pub fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(self.balance.pulse())
    }

    /// Advances the number of the next call to a multiple of three and resets the load of each party, so that every
    /// span that begins here has the same rotations.
    pub fn align_roles(&mut self) {
        self.program.align();
        self.balance.align();
    }

    /// Begins a protocol call: assigns its address and rotation and enters it in the transcript.
    ///
    /// `facts` are the public numbers that must agree (lengths, widths, shifts).
    pub fn begin(&mut self, kind: &'static str, facts: &[usize]) -> Op {
        let rotation = self.balance.turn(self.program.next_op());
        self.begin_as(kind, facts, rotation)
    }

    /// Begins and declares a protocol call of a known cost. Its rotation is its number modulo 3, unless the busiest
    /// party would then have sent over 5 percent more than a third of all; then it is the rotation after which it has
    /// sent least. In a lane it is that of the lane.
    pub fn begin_costing(
        &mut self,
        kind: &'static str,
        facts: &[usize],
        cost: impl Fn([Party; 3]) -> Cost,
    ) -> Op {
        let rotation = self.balance.turn_costing(self.program.next_op(), &cost);
        let op = self.begin_as(kind, facts, rotation);
        self.declare(&cost(op.roles()));
        op
    }

    /// Begins a protocol call in given roles: for a value that an earlier call left in them.
    pub fn begin_as(&mut self, kind: &'static str, facts: &[usize], rotation: Rotation) -> Op {
        let id = self.program.take();
        self.balance.pulse().begin(id);
        self.note(kind, facts);
        self.probe.call(id, kind);
        Op::new(id, kind, rotation, self.party)
    }

    /// Begins `N` calls of one rotation that run at the same time: their draws and messages may interleave. `cost` is
    /// that of all of them. Takes the rotation after which the busiest party will have sent least, or that of the lane.
    pub fn begin_group<const N: usize>(
        &mut self,
        kind: &'static str,
        facts: &[usize],
        cost: impl Fn([Party; 3]) -> Cost,
    ) -> [Op; N] {
        let rotation = self.balance.lightest_turn(cost);
        let start = self.program.next_op();
        let group = core::array::from_fn(|_| self.begin_as(kind, facts, rotation));
        if let Some(prg) = &mut self.prg {
            prg.begin_group(start..self.program.next_op());
        }
        group
    }

    /// Enters public facts in the transcript without a protocol call.
    pub fn note(&mut self, kind: &str, facts: &[usize]) {
        self.program.note(kind, facts);
    }

    /// Enters in the transcript which tensors ops looked into: numbers of cells and dimensions.
    pub fn note_seen(&mut self, seen: &[u64]) {
        self.program.note_seen(seen);
    }

    /// Gathers bits that are set where a value lies outside the domain of `function`. The next opening finds out whether
    /// any is set, and opens nothing if so. Local.
    pub(crate) fn flag(&mut self, function: &'static str, outside: &BitShare) {
        self.note("flag", &[outside.len()]);
        if self.execution.declares() && !outside.is_empty() {
            let place = self.probe.place(function);
            self.flags.gather([place], outside);
        }
    }

    /// [`Self::flag`] for values that were used at several places.
    pub(crate) fn flag_at(&mut self, places: &[String], outside: &BitShare) {
        self.note("flag", &[outside.len()]);
        if self.execution.declares() {
            self.flags.gather(places.iter().cloned(), outside);
        }
    }

    /// Checks the range of all values that are truncated or compared from now on: see
    /// [`check_ranges`](crate::protocol::check_ranges).
    pub fn checked(mut self, checked: bool) -> Self {
        self.checks = checked.then(Checks::default);
        self
    }

    /// Notes values that call `op` truncates, compares or opens: `len` of them, with this party's additive part of each.
    /// They must stay below `2^(k-2)`. Called before it is known whether the call computes, so that costs are counted.
    pub(crate) fn watched<R: Ring, I: IntoIterator<Item = R>>(
        &mut self,
        op: Op,
        len: usize,
        parts: impl FnOnce() -> I,
    ) {
        self.watched_at(op.kind(), len, parts);
    }

    /// [`Self::watched`] of a call named `function`.
    pub(crate) fn watched_at<R: Ring, I: IntoIterator<Item = R>>(
        &mut self,
        function: &str,
        len: usize,
        parts: impl FnOnce() -> I,
    ) {
        let Some(checks) = self.checks.as_mut().filter(|_| self.execution.declares()) else {
            return;
        };
        let place = self.probe.place(function);
        if self.execution.computes() {
            checks.gather(place, len, parts().into_iter().map(Ring::to_u64));
        } else {
            checks.gather(place, len, []);
        }
    }

    /// The values to be checked, if any; nothing is noted until [`Self::resume_checks`].
    pub(crate) fn pause_checks(&mut self) -> Option<Checks> {
        self.checks.take_if(|checks| checks.len() > 0)
    }

    pub(crate) fn resume_checks(&mut self) {
        self.checks = Some(Checks::default());
    }

    /// What was gathered since the last opening.
    pub(crate) fn flags(&mut self) -> &mut Flags {
        &mut self.flags
    }

    /// Declares the cost of the call; every protocol does so before its first message. A skipped call declares its cost
    /// when it comes again.
    pub fn declare(&mut self, cost: &Cost) {
        if self.execution.declares() {
            self.balance.declare(cost);
        }
    }

    /// Declares the cost of an input, which roles do not make up for.
    pub(crate) fn declare_input(&mut self, cost: &Cost) {
        if self.execution.declares() {
            self.balance.declare_input(cost);
        }
    }

    /// Makes contexts for `count` lanes. This context will not use their addresses.
    pub(crate) fn fork(&mut self, count: usize) -> Vec<Self> {
        let (own, all) = self.program.take_lanes(count);
        self.note("lanes", &[count]);
        let lane = |(lane, own): (usize, core::ops::Range<u64>)| Self {
            party: self.party,
            execution: self.execution,
            truncation: self.truncation,
            wire: self.wire.lane(own.clone(), all.clone()),
            prg: self.prg.as_mut().map(|prg| prg.lane(own.clone())),
            program: Program::lane(own.start),
            balance: Balance::lane(Rotation::of(lane)),
            probe: self.probe.lane(),
            expansion: self.expansion,
            flags: self.flags.lane(),
            checks: self.checks.as_ref().map(|_| Checks::default()),
        };
        own.into_iter().enumerate().map(lane).collect()
    }

    /// Continues after the lanes of [`Self::fork`] have ended.
    pub(crate) fn join(&mut self, lanes: Vec<Self>) -> Result<(), ProtocolError> {
        let (mut balances, mut wires) = (Vec::new(), Vec::new());
        for lane in lanes {
            self.probe.join(lane.probe);
            self.flags.join(lane.flags);
            if let (Some(checks), Some(lane)) = (&mut self.checks, lane.checks) {
                checks.join(lane);
            }
            self.program.join(&lane.program);
            if let (Some(prg), Some(draws)) = (&mut self.prg, lane.prg) {
                prg.join(&draws);
            }
            balances.push(lane.balance);
            wires.push(lane.wire);
        }
        if self.execution.declares() {
            self.balance.join(balances);
        }
        Ok(self.wire.join(wires)?)
    }

    /// Digest of everything that must agree with a peer: the transcript and the draws from the key
    /// shared with it.
    #[must_use]
    pub fn digest_for(&self, peer: Party) -> [u8; 32] {
        let side = usize::from(peer == self.party.next());
        let draws = self.prg.as_ref().map(|prg| prg.digests()[side]);
        self.program.digest_with(draws)
    }

    /// Digest of the addresses of all draws from the key that `peer` does not hold.
    #[must_use]
    pub fn draws_hidden_from(&self, peer: Party) -> [u8; 32] {
        let side = usize::from(peer != self.party.next());
        self.prg.as_ref().map_or([0; 32], |prg| prg.digests()[side])
    }
}

/// The public key of the permutation that expands seeds: another one in every session, and known to all parties.
fn expansion_key(session: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_derive_key("burn-mpc/v2/expansion of seeds");
    let hash = hasher.update(session).finalize();
    core::array::from_fn(|i| hash.as_bytes()[i])
}
